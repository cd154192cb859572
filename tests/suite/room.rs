//! The exam room in a real browser.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keju::access::{Role, service as access};
use keju::app::demo::{House, PASSWORD, prepare_sitting, small_course};
use keju::bank::item::Item;
use keju::bank::rich::Markup;
use keju::bank::search::ItemSearch;
use keju::bank::service::{self as bank, ItemFilter};
use keju::draw::Seed;
use keju::regulation::service as regulation;

use crate::support::{Chrome, Database, TestApp};

#[test]
fn a_candidate_answers_reloads_marks_for_later_and_hands_in() {
    let app = TestApp::start(Database::Sqlite).unwrap();
    let house = House::build(&app.store, &|_| {}).unwrap();
    let (seed, course) = (Seed::new([3; 32]), small_course());
    let (examination, sitters) =
        prepare_sitting(&app.store, &app.clock, &house, &seed, &course, &|_| {}).unwrap();
    let subjects = app
        .store
        .read_blocking(|v| regulation::subjects(v, examination))
        .unwrap();
    let account = sitters[0].actor.account;
    let email = app
        .store
        .read_blocking(|view| access::email_of(view, account))
        .unwrap();
    let Some(chrome) = Chrome::open(&app.base) else {
        return;
    };

    // Too early there is no way in.
    chrome.sign_in_with(&email, PASSWORD);
    let lobby = format!("/my/room/{}", sitters[0].application);
    chrome.go(&lobby);
    chrome.sees("main", "未开始");
    chrome.picture("room-waiting");

    // A week later the session has ended too.
    app.clock.set(subjects[0].opens_at.plus_seconds(60));
    chrome.sign_in_with(&email, PASSWORD);
    chrome.go(&lobby);
    chrome.click("main form button");
    chrome.sees("#room h1", "行政职业能力测验");
    chrome.picture("room-open");

    // The first item with options: the choice is saved at once, and said only when it is durable.
    let first = "section.question[data-kind=single_choice]:not([hidden])";
    let place = chrome.run(
        "return document.querySelector('section.question[data-kind=single_choice]').dataset.position",
    );
    let place = place.as_str().unwrap().to_owned();
    chrome.click(&format!("button[data-goto='{place}']"));
    chrome.click(&format!("{first} label.option:nth-child(2)"));
    chrome.sees("#saved", "已保存");
    chrome.click(&format!("{first} button[data-flag]"));
    chrome.sees("#saved", "已保存");

    // A reload, or another computer, finds the answer and the mark again.
    let here = chrome.path();
    chrome.go(&here);
    chrome.click(&format!("button[data-goto='{place}']"));
    let checked = format!(
        "return document.querySelector(\"{first} label.option:nth-child(2) input\").checked"
    );
    assert_eq!(chrome.run(&checked), true);
    let flag = format!("return document.querySelector(\"{first} button[data-flag]\").ariaPressed");
    assert_eq!(chrome.run(&flag), "true");

    // On a phone nothing runs off the side.
    chrome.size(390, 844);
    assert_eq!(chrome.overflow(), 0);
    chrome.picture("room-phone");
    chrome.size(1280, 900);

    chrome.click("#hand-in");
    chrome.sees("#confirm", "确定交卷");
    chrome.click("#confirm-yes");
    chrome.sees("main", "已交卷");
    chrome.picture("room-closed");
    assert_eq!(chrome.errors(), [""; 0]);
}

/// Two bars, 120 by 60 pixels.
const BARS: &str = "iVBORw0KGgoAAAANSUhEUgAAAHgAAAA8AQMAAACXY+zrAAAABlBMVEX///+MHRhR7cXQAAAAHUlEQVR42mNgGJyA\
    /////wdG+UBgD2SN8kf52PkAkFUvrE1N/ZAAAAAASUVORK5CYII=";

/// Writes every question of a section anew with a table, a formula and a picture, reviewed as others
/// are.
fn made_rich(app: &TestApp, house: &House, bank: &str, section: &'static str, picture: &str) {
    let author = house.the(Role::Author).unwrap().clone();
    let reviewer = house.the(Role::Reviewer).unwrap().clone();
    let search = ItemSearch::default();
    search.catch_up_blocking(&app.store).unwrap();
    let filter = ItemFilter {
        bank: Some(bank.to_owned()),
        section: Some(section.to_owned()),
        ..ItemFilter::default()
    };
    let found = app
        .store
        .read_blocking(|view| bank::find(view, &search, &author, &filter, None, 200))
        .unwrap();
    let more = format!(
        "<table><tr><th>甲</th><th>乙</th></tr><tr><td>1</td><td>2</td></tr></table>\
         <p>其中 <math><msqrt><mn>2</mn></msqrt></math>，见图 \
         <img src=\"{picture}\" alt=\"示意图\"></p>"
    );
    for one in found.items {
        let (author, reviewer, more) = (author.clone(), reviewer.clone(), more.clone());
        let id = one.item.id;
        app.store
            .write_blocking(move |tx| {
                let item = bank::item(tx, &author, id)?.item;
                let words = item.stem.replace('&', "&amp;").replace('<', "&lt;");
                let rich = Item {
                    stem: format!("<p>{words}</p>{more}"),
                    markup: Markup::Html,
                    ..item
                };
                bank::edit(tx, &author, id, &rich)?;
                bank::submit(tx, &author, id)?;
                bank::approve(tx, &reviewer, id)
            })
            .unwrap();
    }
}

#[test]
fn a_rich_question_is_shown_in_the_room_with_its_table_formula_and_picture() {
    let app = TestApp::start(Database::Sqlite).unwrap();
    let house = House::build(&app.store, &|_| {}).unwrap();
    let author = app.acting(house.the(Role::Author).unwrap());
    let png = STANDARD.decode(BARS).unwrap();
    let path = "/banks/administrative_aptitude/pictures";
    let added = author.send("POST", path, &[("content-type", "image/png")], png);
    let picture = added.json["source"].as_str().unwrap().to_owned();
    made_rich(
        &app,
        &house,
        "administrative_aptitude",
        "quantitative",
        &picture,
    );
    let (seed, course) = (Seed::new([3; 32]), small_course());
    let (examination, sitters) =
        prepare_sitting(&app.store, &app.clock, &house, &seed, &course, &|_| {}).unwrap();
    let (subjects, email) = app
        .store
        .read_blocking(|view| {
            let subjects = regulation::subjects(view, examination)?;
            Ok((subjects, access::email_of(view, sitters[0].actor.account)?))
        })
        .unwrap();
    let Some(chrome) = Chrome::open(&app.base) else {
        return;
    };
    app.clock.set(subjects[0].opens_at.plus_seconds(60));
    chrome.sign_in_with(&email, PASSWORD);
    chrome.go(&format!("/my/room/{}", sitters[0].application));
    chrome.click("main form button");
    chrome.sees("#room h1", "行政职业能力测验");
    let place = chrome.run(
        "return document.querySelector('.question .stem.rich table').closest('.question').dataset.position",
    );
    chrome.click(&format!("button[data-goto='{}']", place.as_str().unwrap()));
    let shown = ".question:not([hidden]) .stem.rich";
    chrome.sees(shown, "见图");
    assert_eq!(
        chrome.run(&format!(
            "return document.querySelector('{shown} img').naturalWidth"
        )),
        120
    );
    assert_eq!(
        chrome.run(&format!(
            "return document.querySelectorAll('{shown} msqrt').length"
        )),
        1
    );
    chrome.picture("room-rich");
    chrome.size(390, 844);
    assert_eq!(chrome.overflow(), 0);
    chrome.picture("room-rich-phone");
    assert_eq!(chrome.errors(), [""; 0]);
}
