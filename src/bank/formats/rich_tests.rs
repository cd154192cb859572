//! Rich texts and pictures in all forms.

use super::exchange::{self, Form};
use super::samples::{defaults, kinds};
use super::{Batch, moodle};
use crate::bank::item::{Body, Item, Stimulus};
use crate::bank::picture;
use crate::bank::picture::tests::png;
use crate::bank::rich::{self, Markup};
use crate::bank::rules::{check_item, check_stimulus};

fn shown(bytes: &[u8], alt: &str) -> String {
    let picture = picture::read(bytes).unwrap();
    let source = rich::source_of(&picture.hash);
    format!("<img src=\"{source}\" alt=\"{alt}\">")
}

const FRACTION: &str = "<math><mfrac><mn>1</mn><mi>x</mi></mfrac></math>";

/// An item of every kind with rich texts, the first about a chart.
fn batch() -> Batch {
    let (chart, figure) = (png(320, 200), png(64, 64));
    let mut batch = kinds();
    for item in &mut batch.items {
        item.markup = Markup::Html;
        item.stem = format!(
            "{}<p>求 {FRACTION} &lt; 1</p>",
            "<p>如 <em>加点</em> 所示：</p>"
        );
        item.stem
            .push_str(&format!("<p>{}{}</p>", item.code, shown(&figure, "图形")));
        item.explanation = "见<u>第二段</u>".to_owned();
        match &mut item.body {
            Body::SingleChoice { options, .. } | Body::MultipleChoice { options, .. } => {
                options[0] = FRACTION.to_owned();
                options[1] = shown(&figure, "甲图");
            }
            Body::Essay { reference, .. } => {
                *reference = "<p>其一</p><ul><li>甲</li></ul>".to_owned()
            }
            _ => {}
        }
    }
    batch.items[0].stimulus = Some("s-1".to_owned());
    batch.stimuli.push(Stimulus {
        code: "s-1".to_owned(),
        title: "用水量".to_owned(),
        text: format!(
            "<p>见图：</p><p>{}</p><ol><li>甲</li></ol>",
            shown(&chart, "柱形图")
        ),
        table: Vec::new(),
        markup: Markup::Html,
    });
    for bytes in [chart, figure] {
        batch
            .pictures
            .insert(picture::read(&bytes).unwrap().hash, bytes);
    }
    assert!(
        batch.items.iter().all(|item| check_item(item).is_empty()),
        "{:?}",
        batch.items.iter().map(check_item).collect::<Vec<_>>()
    );
    assert!(
        batch
            .stimuli
            .iter()
            .all(|one| check_stimulus(one).is_empty())
    );
    batch
}

fn name(form: Form) -> &'static str {
    match form {
        Form::Csv => "a.csv",
        Form::Xlsx => "a.xlsx",
        Form::Toml => "a.toml",
        Form::Aiken => "a.txt",
        Form::Gift => "a.gift",
        Form::Moodle => "a.xml",
        Form::Qti22 | Form::Qti30 => "a.zip",
    }
}

fn codes(losses: &[super::Loss]) -> Vec<&'static str> {
    let mut codes: Vec<&str> = losses.iter().map(|loss| loss.code).collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}

#[test]
fn rich_texts_and_pictures_come_back_from_every_form_that_can_hold_them() {
    for form in [Form::Moodle, Form::Qti22, Form::Qti30] {
        let batch = batch();
        let (bytes, losses) = exchange::write(form, &batch).unwrap();
        assert_eq!(codes(&losses), [""; 0], "{form}");
        let (again, losses) = exchange::read(name(form), &bytes, &defaults()).unwrap();
        assert_eq!(codes(&losses), [""; 0], "{form}");
        for (again, item) in again.items.iter().zip(&batch.items) {
            assert_eq!(again, item, "{form}");
        }
        assert_eq!(again, batch, "{form}");
    }
}

#[test]
fn tables_hold_rich_texts_and_the_names_of_pictures() {
    for form in [Form::Csv, Form::Xlsx, Form::Toml] {
        let batch = batch();
        let (bytes, _) = exchange::write(form, &batch).unwrap();
        let (again, _) = exchange::read(name(form), &bytes, &defaults()).unwrap();
        assert_eq!(
            (again.items, again.stimuli),
            (batch.items, batch.stimuli),
            "{form}"
        );
    }
}

#[test]
fn gift_holds_rich_texts_with_their_pictures_and_aiken_says_what_it_drops() {
    let mut batch = batch();
    batch.items[0].stimulus = None;
    batch.stimuli.clear();
    let (bytes, losses) = exchange::write(Form::Gift, &batch).unwrap();
    assert!(!codes(&losses).contains(&"image"), "{losses:?}");
    let (again, _) = exchange::read("a.gift", &bytes, &defaults()).unwrap();
    let choices = |batch: &Batch| -> Vec<Item> {
        let mut items = batch.items.clone();
        items.retain(|item| {
            matches!(
                item.body,
                Body::SingleChoice { .. } | Body::MultipleChoice { .. } | Body::FillIn { .. }
            )
        });
        items
    };
    assert_eq!(choices(&again), choices(&batch));
    assert_eq!(again.pictures.len(), 1);
    let (bytes, losses) = exchange::write(Form::Aiken, &batch).unwrap();
    assert!(codes(&losses).contains(&"formatting") && codes(&losses).contains(&"image"));
    assert!(!String::from_utf8(bytes).unwrap().contains("<em>"));
}

fn question(stem: &str, more: &str) -> String {
    let stem = stem.replace('&', "&amp;").replace('<', "&lt;");
    format!(
        "<quiz><question type=\"truefalse\"><name><text>q1</text></name>\
         <questiontext format=\"html\"><text>{stem}</text>{more}</questiontext>\
         <answer fraction=\"100\"><text>true</text></answer>\
         <answer fraction=\"0\"><text>false</text></answer></question></quiz>"
    )
}

#[test]
fn a_question_as_an_editor_leaves_it_keeps_what_it_shows() {
    let bytes = png(40, 30);
    let base64 = {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode(&bytes)
    };
    let stem = "<p dir=\"ltr\" style=\"text-align: left;\">如图 <img src=\"@@PLUGINFILE@@/%E5%9B%BE%201.png\" \
                alt=\"图\" width=\"40\" height=\"30\" class=\"img-responsive\"> 与 <b>粗体</b></p>\
                <div>第二行<script>alert(1)</script></div>";
    let file = format!("<file name=\"图 1.png\" path=\"/\" encoding=\"base64\">{base64}</file>");
    let (batch, losses) = moodle::read(&question(stem, &file), &defaults()).unwrap();
    let source = rich::source_of(&picture::read(&bytes).unwrap().hash);
    assert_eq!(
        batch.items[0].stem,
        format!(
            "<p dir=\"ltr\">如图 <img src=\"{source}\" alt=\"图\" width=\"40\" height=\"30\"> 与 <b>粗体</b></p><p>第二行</p>"
        )
    );
    assert_eq!(batch.pictures.len(), 1);
    assert!(
        codes(&losses).is_empty() || codes(&losses) == ["formatting"],
        "{losses:?}"
    );
}

#[test]
fn a_picture_that_is_not_there_is_a_loss_and_what_it_shows_is_said() {
    let stem = "<p>甲<img src=\"@@PLUGINFILE@@/x.png\" alt=\"某图\"><b>乙</b></p>";
    let (batch, losses) = moodle::read(&question(stem, ""), &defaults()).unwrap();
    assert_eq!(batch.items[0].stem, "甲某图<b>乙</b>");
    assert_eq!(codes(&losses), ["image"]);
    // A file that is no picture is none.
    let file = "<file name=\"x.png\" path=\"/\" encoding=\"base64\">PHN2Zz4=</file>";
    let (batch, losses) = moodle::read(&question(stem, file), &defaults()).unwrap();
    assert_eq!(batch.pictures.len(), 0);
    assert_eq!(codes(&losses), ["image"]);
}

#[test]
fn what_plain_text_can_say_stays_plain() {
    for stem in [
        "<p>甲</p><p>乙<br>丙</p>",
        "x<sup>2</sup>",
        "<p><span style=\"color: red\">甲</span></p>",
    ] {
        let (batch, _) = moodle::read(&question(stem, ""), &defaults()).unwrap();
        assert_eq!(batch.items[0].markup, Markup::Plain, "{stem}");
    }
}

#[test]
fn a_table_says_what_in_a_cell_is_not_kept() {
    let rows = |stem: &str| {
        let head = "编号,题型,部分,考点,难度,题干,答案,格式";
        format!("{head}\nck-001,判断题,common_knowledge,ck.law,易,\"{stem}\",对,html\n")
    };
    let read = |stem: &str| super::read("a.csv", rows(stem).as_bytes());
    assert_eq!(read("<b>甲</b>").unwrap().items[0].stem, "<b>甲</b>");
    let faults = read("甲<script>1</script>").unwrap_err();
    let said = |at: usize| (faults[at].place.as_str(), faults[at].code);
    assert_eq!(said(0), ("row 2, column F", "markup-not-allowed"));
    let faults = read("<img src='http://a.example/b.png'>甲").unwrap_err();
    assert_eq!(faults[0].code, "image-source");
}
