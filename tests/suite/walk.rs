//! One examination from the organisation that needs somebody to the name on its merit list, by
//! nothing but the REST API.

use std::time::{Duration, Instant};

use keju::access::Role;
use keju::app::demo::{House, SEED, cast};
use keju::draw::ceremony::secret_commitment;
use keju::ledger;
use serde_json::{Value, json};

use crate::support::{Client, PASSWORD, TestApp, on_both};

/// Tokens last ten minutes and the story takes weeks: everybody gets a new one for each act.
struct Walk {
    app: TestApp,
    house: House,
    examination: String,
    office: String,
    post: String,
    unwanted: String,
}

impl Walk {
    fn by(&self, role: Role) -> Client {
        self.app.acting(self.house.the(role).unwrap())
    }

    fn candidate(&self, number: usize) -> Client {
        self.app.token_for(&person(number).email)
    }

    fn path(&self, what: &str) -> String {
        format!("/examinations/{}/{what}", self.examination)
    }

    fn at(&self, time: &str) {
        self.app
            .clock
            .set(serde_json::from_value(json!(time)).unwrap());
    }

    fn done(&self, role: Role, act: &str) {
        let reply = self.by(role).post(&self.path(act), &json!({}));
        assert!(reply.status < 300, "{act}: {reply:?}");
    }

    /// The subject of a component, as everybody sees it.
    fn subject(&self, component: &str) -> String {
        let shown = self
            .app
            .anybody()
            .get(&format!("/examinations/{}", self.examination));
        let sittings = shown.json["sittings"].as_array().unwrap();
        let sitting = sittings
            .iter()
            .find(|s| s["component"] == component)
            .unwrap();
        sitting["id"].as_str().unwrap().to_owned()
    }
}

fn person(number: usize) -> cast::Candidate {
    cast::candidate(&SEED, "walk", number)
}

/// An organisation with one free slot, a post for it, and the examination announced.
fn announced(app: TestApp) -> Walk {
    let house = House::build(&app.store, &|_| {}).unwrap();
    let hr = app.signed_in("officer", &[Role::Hr]);
    let organiser = app.signed_in("organiser", &[Role::Organiser]);
    let office = json!({ "code": "WLJ", "name_zh": "市文化和旅游局" });
    let office = hr.post("/organisations", &office).id();
    let approval = json!({ "approved": 22, "occupied": 20, "reason": "编办〔2026〕3号" });
    let path = format!("/organisations/{office}/headcount/administrative");
    assert_eq!(hr.put(&path, &approval).status, 204);
    let examination = organiser.post("/examinations", &json!({
        "code": "2026-walk", "year": 2026, "track": "civil_service", "title_zh": "公务员招录",
        "registration_opens": "2026-03-03T01:00:00Z", "registration_closes": "2026-03-08T10:00:00Z",
    }));
    let examination = examination.id();
    let rules = "[min_applicants]\non_fail = [\"cancel\", \"transfer\", \"keep_with_approval\"]\n";
    let overrides = json!({ "overrides": rules, "reason": "本省惯例" });
    let path = format!("/examinations/{examination}/profile-overrides");
    assert_eq!(organiser.post(&path, &overrides).status, 204);
    let post = |code: &str| {
        hr.post(
            &format!("/examinations/{examination}/posts"),
            &json!({
                "organisation": office, "code": code, "title_zh": "法制审核岗", "quota": 1,
                "headcount_kind": "administrative",
                "requirements": { "education": "bachelor", "majors": ["法学"] },
            }),
        )
        .id()
    };
    let (post, unwanted) = (post("001"), post("002"));
    for (component, from, to) in [("xingce", "01", "03"), ("shenlun", "06", "09")] {
        let sitting = json!({
            "component": component,
            "opens_at": format!("2026-03-15T{from}:00:00Z"),
            "closes_at": format!("2026-03-15T{to}:00:00Z"),
        });
        let reply = organiser.put(&format!("/examinations/{examination}/sittings"), &sitting);
        assert_eq!(reply.status, 200, "{reply:?}");
    }
    let walk = Walk {
        app,
        house,
        examination,
        office,
        post,
        unwanted,
    };
    walk.done(Role::Organiser, "announcement");
    walk
}

/// Signs up, follows the mailed link, signs in with the password and applies.
fn applies(walk: &Walk, number: usize, major: &str) -> String {
    let (app, person) = (&walk.app, person(number));
    let sign_up = json!({
        "name": person.name, "resident_id": person.resident_id, "email": person.email,
    });
    assert_eq!(app.anybody().post("/candidates", &sign_up).status, 202);
    let link = app.mailed_link(&person.email, "verify-email");
    let (_, token) = link.split_once("token=").unwrap();
    let verification = json!({ "token": token, "password": PASSWORD });
    app.anybody()
        .post("/candidates/verifications", &verification)
        .id();
    let candidate = app.sign_in(&person.email);
    let facts = json!({ "education": "bachelor", "degree": true, "major": major });
    assert_eq!(candidate.put("/candidates/me", &facts).status, 204);
    let portrait = include_bytes!("../../src/app/demo/portrait_one.png").to_vec();
    let png = [("content-type", "image/png")];
    assert_eq!(
        candidate
            .send("PUT", "/candidates/me/photo", &png, portrait)
            .status,
        204
    );
    let choice = json!({ "post": walk.post });
    let application = candidate.post(&walk.path("applications"), &choice).id();
    candidate
        .post(&walk.path("applications"), &choice)
        .refused(409, "already-applied");
    application
}

/// The officer follows the screening; whoever is refused reads why.
fn reviewed(walk: &Walk, fitting: &[String], unfit: (usize, &String)) {
    let hr = walk.by(Role::Hr);
    for application in fitting {
        let path = format!("/applications/{application}/review");
        let seen = &hr.get(&path).json["seen"];
        let verdict = json!({ "approve": true, "seen": seen });
        assert_eq!(hr.post(&path, &verdict).status, 204);
    }
    let (number, application) = unfit;
    let review = format!("/applications/{application}/review");
    let read = hr.get(&review).json;
    let (findings, seen) = (read["application"]["findings"].clone(), &read["seen"]);
    let unmet = findings
        .as_array()
        .unwrap()
        .iter()
        .filter(|f| f["met"] == false);
    assert_eq!(
        unmet.map(|f| &f["criterion"]).collect::<Vec<_>>(),
        ["major"]
    );
    assert_eq!(
        hr.post(&review, &json!({ "approve": false, "seen": seen }))
            .status,
        422,
        "no reason given"
    );
    let reason = "所学专业不符合职位要求";
    let verdict = json!({ "approve": false, "reason": reason, "seen": seen });
    assert_eq!(hr.post(&review, &verdict).status, 204);
    let again = json!({ "approve": true, "reason": "改判", "seen": seen });
    hr.post(&review, &again).refused(409, "already-decided");
    let own = walk
        .candidate(number)
        .get(&format!("/applications/{application}"))
        .json;
    let last = own["steps"].as_array().unwrap().last().unwrap();
    assert_eq!(
        (&own["state"], &last["reason"]),
        (&json!("refused"), &json!(reason))
    );
}

/// Nobody wants the second post, and its slot is free again; the first is kept under an approval.
fn short_of_applicants(walk: &Walk) {
    let hr = walk.by(Role::Hr);
    let short = hr.get(&walk.path("shortfalls")).json;
    let counted = |at: usize| (&short[at]["post"]["code"], &short[at]["applicants"]);
    assert_eq!(counted(0), (&json!("001"), &json!(2)));
    assert_eq!(counted(1), (&json!("002"), &json!(0)));
    let free = || {
        let office = hr.get(&format!("/organisations/{}", walk.office)).json;
        let headcount = office["headcount"][0].clone();
        headcount["approved"].as_i64().unwrap()
            - headcount["occupied"].as_i64().unwrap()
            - headcount["planned"].as_i64().unwrap()
    };
    assert_eq!(free(), 0);
    let cancellation = format!("/posts/{}/cancellation", walk.unwanted);
    let reason = json!({ "reason": "无人报考", "transfer_until": "2026-03-10T10:00:00Z" });
    assert_eq!(hr.post(&cancellation, &reason).status, 204);
    hr.post(&cancellation, &reason).refused(409, "no-shortfall");
    assert_eq!(free(), 1);
    let retention = format!("/posts/{}/retention", walk.post);
    let approval = json!({ "approval": "人社函〔2026〕8号", "reason": "艰苦边远地区" });
    assert_eq!(hr.post(&retention, &approval).status, 204);
    let reduction = format!("/posts/{}/reduction", walk.post);
    let fewer = json!({ "places": 1, "reason": "晚了" });
    hr.post(&reduction, &fewer).refused(409, "no-shortfall");
}

/// Tickets, then blueprints and papers: not the other way round.
fn locked(walk: &Walk) {
    let organiser = walk.by(Role::Organiser);
    let papers = walk.path("papers");
    organiser
        .post(&papers, &json!({}))
        .refused(409, "stage-out-of-order");
    let tickets = walk.path("tickets");
    organiser
        .post(&tickets, &json!({}))
        .refused(409, "too-few-applicants");
    short_of_applicants(walk);
    organiser
        .post(&tickets, &json!({}))
        .refused(409, "draw-missing");
    drawn(walk, "seats");
    let issued = organiser.post(&tickets, &json!({}));
    assert_eq!(
        (issued.status, &issued.json["count"]),
        (201, &json!(2)),
        "{issued:?}"
    );
    for (component, bank) in [
        ("xingce", "administrative_aptitude"),
        ("shenlun", "policy_essay"),
    ] {
        let text = keju::assembly::shipped(bank).unwrap();
        let subject = walk.subject(component);
        let path = format!("/subjects/{subject}/blueprint");
        tried_out(&organiser, &path, bank, text);
        organiser
            .get(&format!("/subjects/{subject}/assembly-report"))
            .refused(404, "not-found");
        let set = organiser.put(&path, &json!({ "bank": bank, "blueprint": text }));
        assert_eq!(set.status, 204, "{set:?}");
    }
    organiser
        .post(&papers, &json!({}))
        .refused(409, "draw-missing");
    drawn(walk, "papers");
    walk.done(Role::Organiser, "papers");
    let report = format!("/subjects/{}/assembly-report", walk.subject("xingce"));
    let supervisor = walk.by(Role::Supervisor).get(&report).json;
    assert_eq!(supervisor["issued"], 2);
    assert_eq!(supervisor["items_per_paper"], 60);
    assert_eq!(supervisor["score_tolerance"], 0.5);
    for ability in supervisor["abilities"].as_array().unwrap() {
        assert!(ability["issued"]["max"].as_f64().unwrap() <= 0.5);
        assert!(ability["issued"]["min"].as_f64().unwrap() >= -0.5);
    }
}

/// A blueprint is looked at before it is set: the one that ships is sound, and one that asks for too
/// much is told where.
fn tried_out(organiser: &Client, path: &str, bank: &str, text: &str) {
    let trial = format!("{path}/trial");
    let body = json!({ "bank": bank, "blueprint": text });
    let sound = organiser.post(&trial, &body).json;
    assert_eq!(sound["problems"], json!([]));
    assert_eq!(sound["total"], "100");
    assert!(sound["worst"].as_f64().unwrap() <= 0.5);
    let greedy = text.replacen("count = 1", "count = 900", 1);
    let body = json!({ "bank": bank, "blueprint": greedy });
    let refused = organiser.post(&trial, &body).json;
    assert_eq!(refused["cells"][0]["short"], true);
    let codes = refused["problems"].as_array().unwrap().iter();
    assert!(
        codes
            .clone()
            .any(|p| p["code"].as_str().unwrap().starts_with("too-few"))
    );
    assert!(
        codes
            .clone()
            .all(|p| !p["detail"].as_str().unwrap().is_empty())
    );
    assert_eq!(organiser.get(path).json["blueprint"], Value::Null);
}

/// Holds a draw by lot with three custodians, up to its seed.
fn drawn(walk: &Walk, purpose: &str) {
    let roles = [Role::Organiser, Role::Supervisor, Role::Hr];
    let organiser = walk.by(Role::Organiser);
    let custodian = |role: &Role| {
        let account = walk.house.the(*role).unwrap().account;
        json!({ "account": account, "office": role.as_str() })
    };
    let at = walk.app.clock.now().plus_seconds(60);
    let new = json!({
        "purpose": purpose, "beacon": { "source": "dice", "rolls": 40 }, "beacon_at": at,
        "custodians": roles.iter().map(custodian).collect::<Vec<_>>(),
    });
    let id = organiser.post(&walk.path("draws"), &new).id();
    let draw = format!("/draws/{id}");
    let code = organiser.get(&draw).json["code"]
        .as_str()
        .unwrap()
        .to_owned();
    let secret = |number: u8| [number + 1; 32];
    for (number, role) in (0..).zip(roles) {
        let commitment = secret_commitment(&code, u64::from(number) + 1, &secret(number));
        let body = json!({ "commitment": hex::encode(commitment) });
        assert_eq!(
            walk.by(role)
                .post(&format!("{draw}/commitment"), &body)
                .status,
            204
        );
    }
    let fixed = organiser.post(&format!("{draw}/pool/{purpose}"), &json!({}));
    assert_eq!(fixed.status, 204, "{fixed:?}");
    let rolled = json!({ "value": "0123456789".repeat(4) });
    let beacon = format!("{draw}/beacon");
    organiser
        .post(&beacon, &rolled)
        .refused(409, "beacon-not-yet");
    walk.app.clock.set(at);
    assert_eq!(walk.by(Role::Organiser).post(&beacon, &rolled).status, 204);
    for (number, role) in (0..).zip(roles) {
        let body = json!({ "secret": hex::encode(secret(number)) });
        assert_eq!(
            walk.by(role).post(&format!("{draw}/secret"), &body).status,
            204
        );
    }
    let shown = walk.app.anybody().get(&draw).json;
    assert_eq!(
        (&shown["step"], &shown["seed"]),
        (&json!("draw"), &Value::Null)
    );
}

/// Opens the attempt, answers every place of the paper, and gives the attempt.
fn answers(walk: &Walk, number: usize, component: &str) -> String {
    let candidate = walk.candidate(number);
    let subject = walk.subject(component);
    let attempt = candidate
        .post(&format!("/subjects/{subject}/attempt"), &json!({}))
        .id();
    let paper = candidate.get(&format!("/attempts/{attempt}")).json;
    let sections = paper["sections"].as_array().unwrap();
    for item in sections
        .iter()
        .flat_map(|section| section["items"].as_array().unwrap())
    {
        let path = format!("/attempts/{attempt}/responses/{}", item["position"]);
        let body = json!({ "answer": answer(item), "revision": 1 });
        let saved = candidate.put(&path, &body);
        assert_eq!(saved.status, 200, "{item}: {saved:?}");
    }
    attempt
}

fn answer(item: &Value) -> Value {
    match item["kind"].as_str().unwrap() {
        "single_choice" => json!({ "kind": "options", "chosen": [0] }),
        "multiple_choice" => json!({ "kind": "options", "chosen": [0, 1] }),
        "true_false" => json!({ "kind": "judgement", "holds": true }),
        _ => json!({ "kind": "text", "text": "应当理顺职责，把服务清单公开到位。" }),
    }
}

/// The first candidate hands both papers in; the second writes no essay and lets time run out.
fn sat(walk: &Walk) {
    walk.at("2026-03-15T00:59:00Z");
    let xingce = walk.subject("xingce");
    let early = walk
        .candidate(0)
        .post(&format!("/subjects/{xingce}/attempt"), &json!({}));
    assert_eq!(early.status, 409, "{early:?}");
    walk.at("2026-03-15T01:01:00Z");
    let attempt = answers(walk, 0, "xingce");
    let unfinished = answers(walk, 1, "xingce");
    let candidate = walk.candidate(0);
    let path = format!("/attempts/{attempt}/responses/1");
    let newer = json!({ "answer": null, "flagged": true, "revision": 3 });
    assert_eq!(candidate.put(&path, &newer).json["revision"], 3);
    let stale = json!({ "answer": null, "flagged": false, "revision": 2 });
    let stored = candidate.put(&path, &stale).json;
    assert_eq!(
        (&stored["revision"], &stored["flagged"]),
        (&json!(3), &json!(true))
    );
    let hand_in = format!("/attempts/{attempt}/hand-in");
    let receipt = candidate.post(&hand_in, &json!({}));
    assert_eq!(receipt.status, 200, "{receipt:?}");
    assert_eq!(
        candidate.post(&hand_in, &json!({})).json,
        receipt.json,
        "another receipt"
    );
    walk.candidate(1)
        .get(&format!("/attempts/{attempt}"))
        .refused(404, "not-found");
    walk.at("2026-03-15T06:01:00Z");
    let late = walk.candidate(1).put(
        &format!("/attempts/{unfinished}/responses/1"),
        &json!({ "answer": null, "revision": 9 }),
    );
    assert_eq!(late.status, 409, "{late:?}");
    answers(walk, 0, "shenlun");
    walk.at("2026-03-15T09:00:01Z");
}

/// Begins as soon as the server has closed the papers that nobody handed in.
fn marked(walk: &Walk) {
    let until = Instant::now() + Duration::from_secs(10);
    let begun = loop {
        let reply = walk
            .by(Role::Organiser)
            .post(&walk.path("marking"), &json!({}));
        if reply.status == 201 {
            break reply.json;
        }
        reply.refused(409, "attempts-still-open");
        assert!(Instant::now() < until, "the papers stay open");
        std::thread::sleep(Duration::from_millis(50));
    };
    // Three attempts, three essays of one candidate, and one who did not come to the second.
    let counts = ["attempts", "scripts", "absences"].map(|what| begun[what].clone());
    assert_eq!(counts, [json!(3), json!(3), json!(1)]);
    let early = walk
        .by(Role::Hr)
        .post(&walk.path("written-results"), &json!({}));
    early.refused(409, "scripts-unmarked");
    let name = person(0).name;
    for marker in walk.house.markers() {
        let marker = walk.app.acting(marker);
        loop {
            let script = marker.get("/marking/next");
            if script.status == 204 {
                break;
            }
            assert!(
                !script.text.contains(&name),
                "a marker sees whose essay it is"
            );
            let path = format!("/scripts/{}/marks", script.json["id"].as_str().unwrap());
            let mark = json!({ "mark": script.json["max"], "comment": "切题" });
            assert_eq!(marker.post(&path, &mark).status, 201);
            assert_eq!(
                marker.post(&path, &mark).status,
                409,
                "the same marker twice"
            );
        }
    }
    walk.done(Role::Hr, "written-results");
}

/// Seven examiners mark the only candidate on the shortlist.
fn interviewed(walk: &Walk, application: &str) {
    let hr = walk.by(Role::Hr);
    let merit = hr.post(&walk.path("merit-list"), &json!({}));
    assert_eq!(merit.status, 409, "a list without interviews: {merit:?}");
    for (examiner, mark) in (1..=7).zip(["81", "82.5", "80", "85", "79", "83", "84"]) {
        let path = format!("/applications/{application}/components/interview/marks/{examiner}");
        let entered = hr.put(&path, &json!({ "mark": mark }));
        assert_eq!(entered.status, 204, "{entered:?}");
    }
    walk.done(Role::Hr, "merit-list");
}

/// The candidate sees her own result, everybody the list without names, the officer the table.
fn read_by_all(walk: &Walk) {
    let own = walk.candidate(0).get(&walk.path("my-result")).json;
    assert_eq!(
        (&own["merit"]["rank"], &own["merit"]["outcome"]),
        (&json!(1), &json!("proposed"))
    );
    let components = own["components"].as_array().unwrap();
    // 79 and 85 are left out; the others make 82.1 on the mean.
    assert_eq!(components[2]["decided"]["mark"], "82.1", "{own}");
    assert_eq!(components[1]["decided"]["mark"], "100", "{own}");
    let absent = walk.candidate(1).get(&walk.path("my-result")).json;
    assert_eq!(
        (&absent["written"]["outcome"], &absent["merit"]),
        (&json!("absent"), &json!(null))
    );
    let refused = walk.candidate(2).get(&walk.path("my-result"));
    assert_eq!(refused.status, 404, "{refused:?}");

    let list = walk.path(&format!("posts/{}/ranking?list=final", walk.post));
    let list = walk.app.anybody().get(&list);
    assert_eq!(list.json["items"][0]["ticket_no"], own["ticket_no"]);
    let page = walk.app.browser().get(&walk.path("results"));
    assert_eq!(page.status, 200);
    assert!(page.text.contains(own["ticket_no"].as_str().unwrap()));
    let table = walk.by(Role::Hr).get(&walk.path("results.csv")).text;
    assert!(table.starts_with('\u{feff}'), "no byte-order mark");
    for secret in [person(0).name, person(0).resident_id] {
        assert!(
            !list.text.contains(&secret) && !page.text.contains(&secret),
            "{secret} is public"
        );
        assert!(table.contains(&secret), "{secret} is missing: {table}");
    }
    walk.by(Role::Organiser)
        .get(&walk.path("results.csv"))
        .refused(403, "forbidden");
}

on_both! {
fn a_post_is_filled_by_merit_over_the_api_alone(app: TestApp) {
    let walk = announced(app);
    walk.at("2026-03-03T01:00:01Z");
    let fitting = [applies(&walk, 0, "法学"), applies(&walk, 1, "法学")];
    let unfit = applies(&walk, 2, "会计学");
    reviewed(&walk, &fitting, (2, &unfit));
    walk.at("2026-03-08T10:00:01Z");
    locked(&walk);
    sat(&walk);
    marked(&walk);
    interviewed(&walk, &fitting[0]);
    read_by_all(&walk);

    walk.app.settle_log();
    walk.app.store.write_blocking(|tx| ledger::fix_all(tx, "http://exam.example")).unwrap();
    let entries = walk.app.store.read_blocking(ledger::check).unwrap();
    let logs = walk.app.anybody().get("/logs").json;
    assert_eq!(logs.as_array().unwrap().len(), 1);
    assert_eq!(entries, Ok(logs[0]["size"].as_i64().unwrap()));
}}
