//! Stories of what is read.

use super::package::{MANIFEST, pack};
use super::read;
use crate::bank::formats::bodies::{WORDS_DEFAULT, essay};
use crate::bank::formats::samples::{defaults, lost, texts};
use crate::bank::formats::testing::said;
use crate::bank::item::{Body, Difficulty, Item};

/// An item of QTI 2.1 with what stands in it.
pub(super) fn item21(id: &str, declared: &str, body: &str, rest: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>
        <assessmentItem xmlns=\"http://www.imsglobal.org/xsd/imsqti_v2p1\" identifier=\"{id}\"
          title=\"题\" adaptive=\"false\" timeDependent=\"false\">
        {declared}<itemBody>{body}</itemBody>{rest}</assessmentItem>"
    )
}

pub(super) fn response(cardinality: &str, base: &str, correct: &[&str]) -> String {
    let values = correct
        .iter()
        .map(|value| format!("<value>{value}</value>"));
    let values: String = values.collect();
    format!(
        "<responseDeclaration identifier=\"RESPONSE\" cardinality=\"{cardinality}\" baseType=\"{base}\">
        <correctResponse>{values}</correctResponse></responseDeclaration>"
    )
}

/// The choices of an interaction: identifiers and texts.
fn choices(kind: &str, choices: &[(&str, &str)]) -> String {
    let choice = |(id, text): &(&str, &str)| format!("<{kind} identifier=\"{id}\">{text}</{kind}>");
    choices.iter().map(choice).collect()
}

fn interaction(name: &str, inner: &str) -> String {
    format!("<{name} responseIdentifier=\"RESPONSE\">{inner}</{name}>")
}

const FOUR: [(&str, &str); 4] = [("a", "甲"), ("b", "<p>乙</p>"), ("c", "丙"), ("d", "丁")];

/// A file with one item, read.
fn only(text: &str) -> (Item, Vec<String>) {
    let (mut batch, losses) = read(text.as_bytes(), &defaults()).unwrap();
    assert_eq!(batch.items.len(), 1);
    (batch.items.remove(0), lost(&losses))
}

fn manifest(resources: &str) -> (String, String) {
    let manifest = format!(
        "<manifest xmlns=\"http://www.imsglobal.org/xsd/imscp_v1p1\" identifier=\"m\">
        <resources>{resources}</resources></manifest>"
    );
    (MANIFEST.to_owned(), manifest)
}

pub(super) fn listed(kind: &str, href: &str) -> String {
    format!("<resource identifier=\"r\" type=\"imsqti_{kind}\" href=\"{href}\"/>")
}

pub(super) fn package(files: &[(&str, &str)], resources: &str) -> Vec<u8> {
    let own = files
        .iter()
        .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
    pack(
        &[manifest(resources)]
            .into_iter()
            .chain(own)
            .collect::<Vec<_>>(),
    )
    .unwrap()
}

/// A sound single choice.
pub(super) fn sound(id: &str) -> String {
    let body = format!(
        "<p>题 {id}</p>{}",
        interaction("choiceInteraction", &choices("simpleChoice", &FOUR))
    );
    item21(id, &response("single", "identifier", &["b"]), &body, "")
}

#[test]
fn a_choice_of_2_1_with_a_prompt() {
    let inner =
        "<prompt>下列<span>正确</span>的是：</prompt>".to_owned() + &choices("simpleChoice", &FOUR);
    let body = format!(
        "<div><p>阅读后作答。</p></div>{}",
        interaction("choiceInteraction", &inner)
    );
    let (item, losses) = only(&item21(
        "q.1",
        &response("single", "identifier", &["b"]),
        &body,
        "",
    ));
    assert_eq!(
        (item.code.as_str(), item.stem.as_str()),
        ("q.1", "阅读后作答。\n下列正确的是：")
    );
    let options = texts(&["甲", "乙", "丙", "丁"]);
    assert_eq!(
        item.body,
        Body::SingleChoice {
            options: options.clone(),
            key: 1
        }
    );
    assert_eq!(losses, Vec::<String>::new());
    let (item, _) = only(&item21(
        "q",
        &response("multiple", "identifier", &["a", "d"]),
        &body,
        "",
    ));
    assert_eq!(
        item.body,
        Body::MultipleChoice {
            options,
            key: vec![0, 3]
        }
    );
}

#[test]
fn an_item_of_3_0_is_read_by_its_own_names() {
    let text = "<qti-assessment-item xmlns=\"http://www.imsglobal.org/xsd/imsqtiasi_v3p0\"
        identifier=\"q3\" title=\"t\" adaptive=\"false\" time-dependent=\"false\">
        <qti-response-declaration identifier=\"R\" cardinality=\"single\" base-type=\"identifier\">
        <qti-correct-response><qti-value>F</qti-value></qti-correct-response></qti-response-declaration>
        <qti-item-body><p>地球是平的。</p>
        <qti-choice-interaction response-identifier=\"R\" max-choices=\"1\">
        <qti-simple-choice identifier=\"T\">是的</qti-simple-choice>
        <qti-simple-choice identifier=\"F\">不是</qti-simple-choice></qti-choice-interaction>
        </qti-item-body>
        <qti-modal-feedback outcome-identifier=\"FB\" identifier=\"SOLUTION\" show-hide=\"show\">
        <qti-content-body><p>是球。</p></qti-content-body></qti-modal-feedback>
        </qti-assessment-item>";
    let (item, losses) = only(text);
    assert_eq!(item.body, Body::TrueFalse { key: false });
    assert_eq!(
        (item.stem.as_str(), item.explanation.as_str()),
        ("地球是平的。", "是球。")
    );
    assert_eq!(losses, Vec::<String>::new());
}

#[test]
fn a_blank_takes_what_earns_all_marks() {
    let mapped =
        "<responseDeclaration identifier=\"RESPONSE\" cardinality=\"single\" baseType=\"string\">
        <correctResponse><value>十六</value></correctResponse><mapping defaultValue=\"0\">
        <mapEntry mapKey=\"十六\" mappedValue=\"2\"/><mapEntry mapKey=\"16\" mappedValue=\"2\"/>
        <mapEntry mapKey=\"15\" mappedValue=\"1\"/></mapping></responseDeclaration>";
    let body = format!(
        "<p>8 的两倍是{}。</p>",
        interaction("textEntryInteraction", "")
    );
    let (item, losses) = only(&item21("q", mapped, &body, ""));
    assert_eq!(item.stem, "8 的两倍是_____。");
    assert_eq!(
        item.body,
        Body::FillIn {
            accepted: texts(&["十六", "16"])
        }
    );
    assert_eq!(losses, ["file: weights"]);
}

#[test]
fn a_number_has_the_tolerance_of_its_processing() {
    let processing = |mode: &str, tolerance: &str| {
        format!(
        "<responseProcessing><responseCondition><responseIf><equal toleranceMode=\"{mode}\"
        tolerance=\"{tolerance}\"><variable identifier=\"RESPONSE\"/><correct identifier=\"RESPONSE\"/>
        </equal><setOutcomeValue identifier=\"SCORE\"><baseValue baseType=\"float\">1</baseValue>
        </setOutcomeValue></responseIf></responseCondition></responseProcessing>"
    )
    };
    let body = format!(
        "<p>重力加速度：{} <span class=\"keju-unit\">N/kg</span></p>",
        interaction("textEntryInteraction", "")
    );
    let number = |rest: &str| {
        only(&item21(
            "q",
            &response("single", "float", &["9.8"]),
            &body,
            rest,
        ))
    };
    let numeric = |value: &str, tolerance: &str| Body::Numeric {
        value: value.parse().unwrap(),
        tolerance: tolerance.parse().unwrap(),
        unit: "N/kg".to_owned(),
    };
    let (item, losses) = number(&processing("absolute", "0.1"));
    assert_eq!((item.stem.as_str(), losses), ("重力加速度：", vec![]));
    assert_eq!(item.body, numeric("9.8", "0.1"));
    assert_eq!(
        number(&processing("relative", "10 10")).0.body,
        numeric("9.8", "0.98")
    );
    assert_eq!(
        number(&processing("absolute", "0.2 0.4")).0.body,
        numeric("9.9", "0.3")
    );
    assert_eq!(number("").0.body, numeric("9.8", "0"));
}

#[test]
fn matches_associations_and_orders() {
    let sets = |first: &[(&str, &str)], second: &[(&str, &str)]| {
        let set = |entries| {
            format!(
                "<simpleMatchSet>{}</simpleMatchSet>",
                choices("simpleAssociableChoice", entries)
            )
        };
        interaction("matchInteraction", &(set(first) + &set(second)))
    };
    let poets = [
        ("p1", "李白"),
        ("p2", "苏轼"),
        ("p3", "曹操"),
        ("p4", "屈原"),
    ];
    let times = [("t1", "宋"), ("t2", "唐"), ("t3", "汉")];
    let expected = Body::Matching {
        left: texts(&["宋", "唐", "汉"]),
        right: texts(&["李白", "苏轼", "曹操", "屈原"]),
        key: vec![1, 0, 2],
    };
    let body = format!("<p>连线</p>{}", sets(&times, &poets));
    let pairs = response("multiple", "directedPair", &["t2 p1", "t1 p2", "t3 p3"]);
    let read = only_body(&item21("q", &pairs, &body, ""));
    assert_eq!(read, Ok(expected.clone()));
    // The other way round: it is the second set whose entries have one partner each.
    let body = format!("<p>连线</p>{}", sets(&poets, &times));
    let pairs = response("multiple", "directedPair", &["p1 t2", "p2 t1", "p3 t3"]);
    let read = only_body(&item21("q", &pairs, &body, ""));
    assert_eq!(read, Ok(expected.clone()));
    let all = [
        times[0], poets[0], poets[1], times[1], poets[2], poets[3], times[2],
    ];
    let entries = choices("simpleAssociableChoice", &all);
    let body = format!(
        "<p>连线</p>{}",
        interaction("associateInteraction", &entries)
    );
    let pairs = response("multiple", "pair", &["t2 p1", "t1 p2", "t3 p3"]);
    let read = only_body(&item21("q", &pairs, &body, ""));
    assert_eq!(read, Ok(expected));
    let body = format!(
        "<p>排序</p>{}",
        interaction("orderInteraction", &choices("simpleChoice", &FOUR))
    );
    let order = response("ordered", "identifier", &["d", "b", "a", "c"]);
    let parts = texts(&["丁", "乙", "甲", "丙"]);
    assert_eq!(
        only_body(&item21("q", &order, &body, "")),
        Ok(Body::Ordering { parts })
    );
}

fn only_body(text: &str) -> Result<Body, Vec<String>> {
    match read(text.as_bytes(), &defaults()) {
        Ok((batch, _)) => Ok(batch.items[0].body.clone()),
        Err(faults) => Err(said(&faults)),
    }
}

#[test]
fn an_essay_is_worth_what_the_item_is_worth() {
    let declared = response("single", "string", &[])
        + "<outcomeDeclaration identifier=\"MAXSCORE\" cardinality=\"single\" baseType=\"float\">
        <defaultValue><value>20</value></defaultValue></outcomeDeclaration>";
    let body = "<p>论述。</p><rubricBlock view=\"scorer tutor\"><p>言之成理。</p></rubricBlock>"
        .to_owned()
        + &interaction("extendedTextInteraction", "");
    let (item, losses) = only(&item21("q", &declared, &body, ""));
    let reference = "言之成理。".to_owned();
    assert_eq!(
        item.body,
        essay("20".parse().unwrap(), WORDS_DEFAULT, reference)
    );
    assert_eq!(losses, ["file: words-max", "file: rubric-assumed"]);
}

#[test]
fn a_package_shares_stimuli_and_says_where_its_items_belong() {
    let about = |id: &str| {
        sound(id).replace(
            "<itemBody>",
            "<assessmentStimulusRef identifier=\"s\" href=\"../texts/s%201.xml\"/><itemBody>",
        )
    };
    let text =
        "<assessmentStimulus xmlns=\"http://www.imsglobal.org/xsd/imsqti_v2p2\" identifier=\"s1\"
        title=\"用水量\"><stimulusBody><p>见<b>表</b>。</p><table><tr><th>年</th><th>量</th></tr>
        <tr><td>2023</td><td>50</td></tr></table></stimulusBody></assessmentStimulus>";
    let labels = "<metadata><lom><general><keyword><string>topic:da.growth</string></keyword>
        <keyword><string>统计</string></keyword></general><educational><difficulty><value>very easy</value>
        </difficulty></educational></lom></metadata>";
    let resources = listed("item_xmlv2p2", "items/a.xml")
        .replace("/>", &format!(">{labels}</resource>"))
        + &listed("item_xmlv2p2", "items/b.xml")
        + &listed("stimulus_xmlv2p2", "texts/s 1.xml")
        + &listed("test_xmlv2p2", "test.xml");
    let (a, b) = (about("a"), about("b"));
    let files = [
        ("items/a.xml", a.as_str()),
        ("items/b.xml", &b),
        ("texts/s 1.xml", text),
    ];
    let (batch, losses) = read(&package(&files, &resources), &defaults()).unwrap();
    assert_eq!(batch.stimuli.len(), 1);
    let text = "<p>见<b>表</b>。</p><table><tbody><tr><th>年</th><th>量</th></tr>";
    assert!(batch.stimuli[0].text.starts_with(text));
    assert_eq!(
        (batch.stimuli[0].code.as_str(), batch.stimuli[0].table.len()),
        ("s1", 0)
    );
    assert!(
        batch
            .items
            .iter()
            .all(|item| item.stimulus.as_deref() == Some("s1"))
    );
    assert_eq!(batch.items[0].topic, "da.growth");
    assert_eq!(
        (batch.items[0].difficulty, batch.items[1].difficulty),
        (Difficulty::Easy, Difficulty::Hard)
    );
    assert_eq!(
        lost(&losses),
        ["imsmanifest.xml: test", "items/a.xml: tag",]
    );
}

#[test]
fn what_a_label_says_of_length_counts_more_than_the_size_of_a_field() {
    let field = "<p>论述</p><extendedTextInteraction responseIdentifier=\"RESPONSE\" expectedLength=\"2000\"/>";
    let essay = item21("q", &response("single", "string", &[]), field, "");
    let labels = "<metadata><lom><general><keyword><string>characters:300</string></keyword></general>\
                  </lom></metadata>";
    let resource = listed("item_xmlv2p1", "q.xml").replace("/>", &format!(">{labels}</resource>"));
    let (batch, losses) = read(&package(&[("q.xml", &essay)], &resource), &defaults()).unwrap();
    let words_max = match &batch.items[0].body {
        Body::Essay { words_max, .. } => *words_max,
        other => panic!("{other:?}"),
    };
    assert_eq!(words_max, 300);
    assert_eq!(lost(&losses), ["q.xml: rubric-assumed"]);
}

#[test]
fn a_word_to_choose_within_a_sentence_is_a_single_choice() {
    let inner = choices("inlineChoice", &[("a", "唐"), ("b", "宋"), ("c", "元")]);
    let field = interaction("inlineChoiceInteraction", &inner);
    let body = format!("<p>苏轼是{field}代诗人。</p>");
    let (item, losses) = only(&item21(
        "q",
        &response("single", "identifier", &["b"]),
        &body,
        "",
    ));
    assert_eq!(item.stem, "苏轼是_____代诗人。");
    assert_eq!((item.body.options().len(), losses), (3, vec![]));
}

#[test]
fn items_that_change_as_they_are_answered_are_left_out() {
    let adaptive = sound("a").replace("adaptive=\"false\"", "adaptive=\"true\"");
    let declared = "<templateDeclaration identifier=\"x\" cardinality=\"single\"/><itemBody>";
    let template = sound("b").replace("<itemBody>", declared);
    let files = [
        ("a.xml", adaptive.as_str()),
        ("b.xml", &template),
        ("c.xml", &sound("c")),
    ];
    let resources = files.map(|(href, _)| listed("item_xmlv2p1", href)).concat();
    let (batch, losses) = read(&package(&files, &resources), &defaults()).unwrap();
    assert_eq!(batch.items.len(), 1);
    let kinds: Vec<&str> = losses.iter().map(|loss| loss.args[0].1.as_str()).collect();
    assert_eq!(kinds, ["adaptive", "template"]);
}

#[test]
fn a_block_for_candidates_or_an_object_is_a_stimulus() {
    let block = "<rubricBlock view=\"candidate\"><p>材料文字。</p></rubricBlock>";
    let with =
        |text: String, block: &str| text.replace("<itemBody>", &format!("<itemBody>{block}"));
    let (a, b) = (with(sound("a"), block), with(sound("b"), block));
    let object = "<object type=\"text/html\" data=\"text.html\"/>";
    let c = with(sound("c"), object);
    let resources = ["a.xml", "b.xml", "c.xml"]
        .map(|href| listed("item_xmlv2p1", href))
        .concat();
    let files = [
        ("a.xml", a.as_str()),
        ("b.xml", &b),
        ("c.xml", &c),
        ("text.html", "<h1>题</h1>文"),
    ];
    let (batch, losses) = read(&package(&files, &resources), &defaults()).unwrap();
    let codes: Vec<_> = batch
        .items
        .iter()
        .map(|item| item.stimulus.as_deref().unwrap())
        .collect();
    assert_eq!(codes, ["im-s01", "im-s01", "im-s02"]);
    assert_eq!(batch.stimuli[1].text, "<h3>题</h3>文");
    assert_eq!(lost(&losses), [""; 0]);
}

#[test]
fn a_package_whose_manifest_stands_in_a_folder_is_read() {
    let files = [
        (
            format!("out/{MANIFEST}"),
            manifest(&listed("item_xmlv2p1", "a.xml")).1,
        ),
        ("out/a.xml".to_owned(), sound("a")),
    ];
    assert_eq!(
        read(&pack(&files).unwrap(), &defaults())
            .unwrap()
            .0
            .items
            .len(),
        1
    );
}

#[test]
fn what_is_left_behind_is_named() {
    let two = interaction("textEntryInteraction", "").repeat(2);
    let composite = item21("a", "", &format!("<p>{two}</p>"), "");
    let drawing = item21(
        "b",
        "",
        &format!("<p>画</p>{}", interaction("drawingInteraction", "")),
        "",
    );
    let text = item21("c", "", "<p>说明</p>", "");
    let inner = choices("simpleChoice", &FOUR).replacen(
        "甲",
        "甲<feedbackInline outcomeIdentifier=\"F\" identifier=\"a\">不对</feedbackInline>",
        1,
    );
    let body = format!(
        "<p>如<b>图</b><img src=\"a.png\" alt=\"\"/></p>{}",
        interaction("choiceInteraction", &inner)
    );
    let declared = response("single", "identifier", &["b"])
        + "<outcomeDeclaration identifier=\"SCORE\" cardinality=\"single\" baseType=\"float\" normalMaximum=\"2\"/>";
    let rest = "<responseProcessing><responseCondition><responseIf><gt/></responseIf></responseCondition></responseProcessing>";
    let full = item21("d", &declared, &body, rest);
    let files = [
        ("a.xml", composite.as_str()),
        ("b.xml", &drawing),
        ("c.xml", &text),
        ("d.xml", &full),
    ];
    let resources = files.map(|(href, _)| listed("item_xmlv2p1", href)).concat();
    let (batch, losses) = read(&package(&files, &resources), &defaults()).unwrap();
    assert_eq!(batch.items.len(), 1);
    assert_eq!(
        lost(&losses),
        [
            "a.xml: question-type",
            "b.xml: question-type",
            "c.xml: description",
            "d.xml: image",
            "d.xml: feedback",
            "d.xml: scoring",
            "d.xml: marks",
        ]
    );
}
