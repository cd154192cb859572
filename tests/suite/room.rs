//! The exam room in a real browser.

use keju::access::service as access;
use keju::app::demo::{House, PASSWORD, prepare_sitting, small_course};
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
