//! `keju demo`: a whole season with made-up people, through the real services.
//!
//! Nothing here writes a row by itself: every act is the one that a page or the API would call, on
//! a clock that is moved by hand through the weeks. Afterwards the server runs on the real clock.

pub mod cast;
mod house;
mod lots;
mod season;
mod sitters;

use std::fs;
use std::path::Path;
use std::time::Instant as Stopwatch;

use serde_json::json;

pub use house::{House, PASSWORD};
pub use season::{
    Course, PostPlan, draw_and_lock, hold, hold_on, leave_in_marking, prepare_sitting,
};
pub use sitters::{Sitter, sit_everybody};

use crate::config::Settings;
use crate::draw::Seed;
use crate::kernel::{Clock, Id, Instant, Problem};
use crate::regulation::Track;
use crate::store::Store;

use super::commands::{lock_data, open_store, serve_store};

/// The seed from which the people of the demonstration follow. Papers and seats are drawn freshly.
pub const SEED: Seed = Seed::new(*b"Keju demonstration, not secret..");

/// Says on standard error what is going on.
pub type Say<'a> = &'a (dyn Fn(&str) + Sync);

/// Sets up the demonstration if the data directory has none yet, serves it, and leaves the
/// accounts in `demo-accounts.json`.
pub fn demo(mut settings: Settings) -> Result<(), Problem> {
    // Nobody watches a demonstration; its pages say so.
    settings.rehearsal_draws = true;
    let _lock = lock_data(&settings.data)?;
    let accounts = settings.data.join("demo-accounts.json");
    if accounts.exists() {
        eprintln!(
            "The demonstration is there already; serving it. 演示数据已经存在，直接提供服务。"
        );
    } else {
        must_be_new(&settings.data)?;
        set_up(&settings, &accounts)?;
    }
    print_accounts(&accounts)?;
    let store = open_store(&settings, Clock::system())?;
    serve_store(settings, store)
}

/// A demonstration that was interrupted cannot go on, and no other data are to be mixed with one.
fn must_be_new(data: &Path) -> Result<(), Problem> {
    if !data.join("keju.db").exists() {
        return Ok(());
    }
    Err(Problem::internal(format!(
        "{} holds an unfinished demonstration or other data; remove it, or name another directory with --data",
        data.display()
    )))
}

fn set_up(settings: &Settings, accounts: &Path) -> Result<(), Problem> {
    let begun = Stopwatch::now();
    let say = |text: &str| eprintln!("{:6.1} s  {text}", begun.elapsed().as_secs_f64());
    let clock = Clock::manual(start());
    let store = open_store(settings, clock.clone())?;
    let house = House::build(&store, &say)?;
    for course in season() {
        hold(&store, &clock, &house, &SEED, &course, &say)?;
    }
    let now = Clock::system().now();
    clock.set(now.plus_seconds(-IN_MARKING_SINCE));
    leave_in_marking(&store, &clock, &house, &SEED, &in_marking(), &say)?;
    let live = season::open_for_visitors(&store, &clock, &house, &SEED, now, &say)?;
    let site = settings.public_url.clone();
    store.write_blocking(crate::ledger::sequence)?;
    store.write_blocking(move |tx| crate::ledger::fix_all(tx, &site))?;
    store.close();
    say("done 完成");
    write_accounts(accounts, &house, &live)
}

/// Nine in the morning of 2 March 2026 in Shanghai.
const fn start() -> Instant {
    Instant::from_micros(1_772_413_200_000_000)
}

/// The season: one large examination and a smaller one of each other track.
fn season() -> Vec<Course> {
    vec![
        Course {
            group: "gwy",
            code: "2026-gwy",
            track: Track::CivilService,
            title_zh: "2026年度考试录用公务员",
            title_en: "Civil-service entry examination 2026",
            candidates: 600,
            overrides: "",
            posts: vec![
                PostPlan::new("GW01", "综合管理岗", "General administration", 12),
                PostPlan::new("GW02", "行政执法岗", "Administrative enforcement", 16),
                PostPlan::new("GW03", "财务管理岗", "Financial management", 6).bachelor(),
                PostPlan::new("GW04", "信息化建设岗", "Information systems", 5).bachelor(),
                PostPlan::new("GW05", "基层服务项目人员岗", "Grass-roots programme", 4)
                    .category("grassroots"),
            ],
            blueprints: vec![
                ("xingce", "administrative_aptitude"),
                ("shenlun", "policy_essay"),
            ],
            trial: 0,
        },
        Course {
            group: "sydw",
            code: "2026-sydw",
            track: Track::Institution,
            title_zh: "2026年上半年事业单位公开招聘",
            title_en: "Public-institution hiring, first half of 2026",
            candidates: 60,
            overrides: "",
            posts: vec![
                PostPlan::new("SY01", "档案管理员", "Archivist", 3),
                PostPlan::new("SY02", "科研助理", "Research assistant", 4).bachelor(),
            ],
            blueprints: vec![("knowledge", "public_basics")],
            trial: 0,
        },
        Course {
            group: "jsks",
            code: "2026-jsks",
            track: Track::Promotion,
            title_zh: "2026年科级领导职务竞争上岗",
            title_en: "Promotion to section head 2026",
            candidates: 24,
            overrides: "",
            posts: vec![PostPlan::new(
                "JS01",
                "办公室副主任",
                "Deputy office director",
                2,
            )],
            blueprints: vec![("regulations", "promotion_regulations")],
            trial: 0,
        },
        Course {
            group: "zcps",
            code: "2026-zcps",
            track: Track::Title,
            title_zh: "2026年档案系列中级职称评审",
            title_en: "Archives, intermediate title 2026",
            candidates: 24,
            overrides: "",
            posts: vec![PostPlan::new(
                "ZC01",
                "馆员",
                "Archivist (intermediate)",
                10,
            )],
            blueprints: vec![("exam", "title_archives")],
            trial: 0,
        },
    ]
}

/// Seconds before the visit at which the examination that is in marking was announced: its sittings
/// are over then, and what follows is announced after them.
const IN_MARKING_SINCE: i64 = 20 * 24 * 3600;

/// The course of an examination whose essays wait for markers.
fn in_marking() -> Course {
    Course {
        group: "marking",
        code: "in-marking",
        title_zh: "公务员招录（正在阅卷）",
        title_en: "Civil-service entry, being marked",
        candidates: 24,
        ..small_course()
    }
}

/// A finished examination with a handful of candidates.
pub struct SmallSeason {
    /// The examination.
    pub examination: Id,
    /// Who runs it.
    pub house: House,
}

/// A small civil-service examination from its draft to the merit list, in moments: twelve
/// candidates, two posts, both written subjects, essays, panels.
pub fn small_season(store: &Store, clock: &Clock) -> Result<SmallSeason, Problem> {
    let quiet = |_: &str| {};
    let house = House::build(store, &quiet)?;
    let examination = hold(store, clock, &house, &SEED, &small_course(), &quiet)?;
    Ok(SmallSeason { examination, house })
}

/// A small examination of each track, one after the other, each from its draft to the merit list.
pub fn small_seasons(store: &Store, clock: &Clock) -> Result<Vec<Id>, Problem> {
    let quiet = |_: &str| {};
    let house = House::build(store, &quiet)?;
    let others = season()
        .into_iter()
        .filter(|course| course.track != Track::CivilService);
    let courses = std::iter::once(small_course()).chain(others.map(|course| Course {
        candidates: 12,
        ..course
    }));
    courses
        .map(|course| hold(store, clock, &house, &SEED, &course, &quiet))
        .collect()
}

/// The course of a small examination, for those who want to stop on the way.
pub fn small_course() -> Course {
    Course {
        group: "small",
        code: "2026-small",
        track: Track::CivilService,
        title_zh: "小型演练",
        title_en: "Small rehearsal",
        candidates: 12,
        overrides: "[min_applicants]\nratio = 1\n",
        posts: vec![
            PostPlan::new("P1", "综合管理岗", "General administration", 1),
            PostPlan::new("P2", "行政执法岗", "Administrative enforcement", 1),
        ],
        blueprints: vec![
            ("xingce", "administrative_aptitude"),
            ("shenlun", "policy_essay"),
        ],
        trial: 0,
    }
}

fn write_accounts(path: &Path, house: &House, live: &season::Live) -> Result<(), Problem> {
    let staff: Vec<_> = house
        .staff
        .iter()
        .map(|person| json!({ "role": person.role, "email": person.email, "password": PASSWORD }))
        .collect();
    let candidates: Vec<_> = live
        .visitors
        .iter()
        .map(|email| json!({ "role": "candidate", "email": email, "password": PASSWORD }))
        .chain(season().into_iter().map(|course| {
            let email = cast::candidate(&SEED, course.group, 0).email;
            json!({ "role": "candidate", "email": email, "password": PASSWORD, "sat": course.code })
        }))
        .collect();
    let all: Vec<_> = staff.into_iter().chain(candidates).collect();
    let text = serde_json::to_vec_pretty(&json!({ "accounts": all })).map_err(Problem::internal)?;
    fs::write(path, text).map_err(Problem::internal)
}

fn print_accounts(path: &Path) -> Result<(), Problem> {
    let text = fs::read(path).map_err(Problem::internal)?;
    let file: serde_json::Value = serde_json::from_slice(&text).map_err(Problem::internal)?;
    eprintln!(
        "\nAccounts 账号 (password 密码: {PASSWORD}), also in {}:",
        path.display()
    );
    for account in file["accounts"].as_array().into_iter().flatten() {
        let field = |name: &str| account[name].as_str().unwrap_or_default().to_owned();
        let sat = account["sat"]
            .as_str()
            .map(|code| format!("(sat {code})"))
            .unwrap_or_default();
        eprintln!("  {:<15} {} {sat}", field("role"), field("email"));
    }
    eprintln!();
    Ok(())
}
