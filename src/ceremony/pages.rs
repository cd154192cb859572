//! Pages: the draws of an examination, and one draw step by step, for everybody; forms for those
//! whose turn it is.

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;
use serde_json::Value;

use super::Gate;
use super::rules::{BeaconWish, DrawState, NewCustodian, Purpose, StandsBack, Step};
use super::service::{self, CustodianView, DrawView, Duty, MarkerPool, NewDraw, PersonView, Seen};
use crate::access::{Actor, On};
use crate::draw::ceremony::CUSTODIANS_MIN;
use crate::http::{Answer, NoFields, Page, PageForm, html, see_other};
use crate::kernel::{Id, Problem};
use crate::regulation::Phase;
use crate::regulation::pages::local_time;
use crate::regulation::service::Examination;
use crate::store::Store;

/// Rows for custodians in the form.
const CUSTODIAN_ROWS: usize = 5;

/// Adds the room's pages.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/draws", web::get().to(duties))
        .service(
            web::resource("/examinations/{id}/draws")
                .get(list)
                .post(open),
        )
        .route("/draws/{id}", web::get().to(show))
        .route("/draws/{id}/commitment", web::post().to(commit))
        .route("/draws/{id}/pool/markers", web::post().to(fix_markers))
        .route("/draws/{id}/contributions", web::post().to(contribute))
        .route("/draws/{id}/beacon", web::post().to(beacon))
        .route("/draws/{id}/secret", web::post().to(reveal))
        .route("/draws/{id}/result", web::post().to(draw_list))
        .route("/draws/{id}/substitutions", web::post().to(substitute))
        .route("/draws/{id}/void", web::post().to(void));
}

#[derive(Template)]
#[template(path = "ceremony/templates/duties.html")]
struct DutiesPage {
    page: Page,
    duties: Vec<Duty>,
    /// Those that are over.
    done: Vec<Duty>,
}

/// The draws in which the visitor keeps a secret.
async fn duties(page: Page, store: web::Data<Store>, actor: Actor) -> Answer<HttpResponse> {
    let all = store
        .read(move |view| service::duties(view, &actor))
        .await?;
    let (done, duties) = all
        .into_iter()
        .partition(|duty| duty.draw.step >= Step::Done);
    html(&DutiesPage { page, duties, done })
}

#[derive(Template)]
#[template(path = "ceremony/templates/draws.html")]
struct DrawsPage {
    page: Page,
    examination: Examination,
    draws: Vec<DrawView>,
    /// Those who may be made custodians, for the organiser.
    people: Option<Vec<PersonView>>,
    gate_open: bool,
    rehearsal: bool,
    now: String,
}

impl DrawsPage {
    /// What may still be drawn: nothing of it is under way or done.
    fn purposes(&self) -> Vec<Purpose> {
        let stands = |purpose| {
            let mut draws = self.draws.iter();
            draws.any(|draw| draw.purpose == purpose && !draw.state.makes_room())
        };
        let all = Purpose::ALL.into_iter();
        all.filter(|purpose| !stands(*purpose)).collect()
    }

    fn may_open(&self) -> bool {
        self.people.is_some() && self.examination.phase < Phase::Published
    }

    fn rows(&self) -> std::ops::RangeInclusive<usize> {
        1..=CUSTODIAN_ROWS
    }

    fn is_needed(&self, row: &usize) -> bool {
        *row <= CUSTODIANS_MIN
    }
}

async fn list(
    page: Page,
    store: web::Data<Store>,
    gate: web::Data<Gate>,
    actor: Option<Actor>,
    id: web::Path<Id>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    let (examination, draws, people, now) = store
        .read(move |view| {
            let (examination, draws) = service::draws(view, actor.as_ref(), id)?;
            let people = actor.and_then(|actor| service::people(view, &actor).ok());
            Ok((examination, draws, people, view.now))
        })
        .await?;
    html(&DrawsPage {
        now: page.local(&now.plus_seconds(3600)),
        page,
        examination,
        draws,
        people,
        gate_open: gate.rehearsal || gate.policy.asks_for_witnesses(),
        rehearsal: gate.rehearsal,
    })
}

#[derive(Deserialize)]
struct OpenFields {
    purpose: Purpose,
    source: String,
    #[serde(default)]
    lottery_name: String,
    #[serde(default)]
    lottery_draw: String,
    #[serde(default)]
    lottery_groups: String,
    #[serde(default)]
    rolls: Option<usize>,
    beacon_at: String,
    account: Vec<String>,
    office: Vec<String>,
}

impl OpenFields {
    fn new_draw(self) -> Result<NewDraw, Problem> {
        let beacon_at = local_time("beacon_at", &self.beacon_at);
        Ok(NewDraw {
            purpose: self.purpose,
            beacon: self.beacon()?,
            beacon_at: beacon_at.map_err(|fault| Problem::invalid(vec![fault]))?,
            custodians: self.custodians()?,
        })
    }

    fn beacon(&self) -> Result<BeaconWish, Problem> {
        Ok(match self.source.as_str() {
            "drand" => BeaconWish::Drand,
            "dice" => BeaconWish::Dice {
                rolls: self.rolls.unwrap_or_default(),
            },
            "lottery" => BeaconWish::Lottery {
                name: self.lottery_name.trim().to_owned(),
                draw: self.lottery_draw.trim().to_owned(),
                groups: groups(&self.lottery_groups)?,
            },
            _ => return Err(Problem::field("source", "required")),
        })
    }

    /// The rows in which somebody was chosen.
    fn custodians(&self) -> Result<Vec<NewCustodian>, Problem> {
        let rows = self.account.iter().zip(&self.office);
        rows.filter(|(account, _)| !account.is_empty())
            .map(|(account, office)| {
                let id = serde_json::from_value(Value::String(account.clone()));
                Ok(NewCustodian {
                    account: id.map_err(|_| Problem::field("account", "no-such-custodian"))?,
                    office: office.clone(),
                })
            })
            .collect()
    }
}

/// `6 1`: six numbers, then one.
fn groups(text: &str) -> Result<Vec<usize>, Problem> {
    let numbers = text.split([' ', ',', '，', '+', '、']);
    let numbers = numbers.filter(|part| !part.is_empty());
    let parsed: Result<Vec<usize>, _> = numbers.map(str::parse).collect();
    parsed.map_err(|_| Problem::field("lottery_groups", "not-a-number"))
}

async fn open(
    store: web::Data<Store>,
    gate: web::Data<Gate>,
    actor: Actor,
    id: web::Path<Id>,
    PageForm(fields): PageForm<OpenFields>,
) -> Answer<HttpResponse> {
    let (id, new) = (id.into_inner(), fields.new_draw()?);
    let draw = store
        .write(move |tx| service::open(tx, &actor, &gate, id, &new))
        .await?;
    Ok(see_other(&format!("/draws/{draw}?done=draw-opened")))
}

#[derive(Template)]
#[template(path = "ceremony/templates/draw.html")]
struct DrawPage {
    page: Page,
    seen: Seen,
    due: bool,
}

impl DrawPage {
    fn draw(&self) -> &DrawView {
        &self.seen.draw
    }

    fn is_at(&self, step: &str) -> bool {
        self.seen.draw.step.as_str() == step
    }

    /// `done`, `now` or nothing, for the line of steps.
    fn class_of(&self, step: &Step) -> &'static str {
        let now = self.seen.draw.step;
        match now {
            Step::Void => "",
            _ if now == *step => "now",
            _ if *step < now => "done",
            _ => "",
        }
    }

    fn steps(&self) -> [Step; 5] {
        Step::ALL
    }

    fn is_own(&self, custodian: &CustodianView) -> bool {
        Some(custodian.number) == self.seen.own
    }

    fn own(&self) -> Option<&CustodianView> {
        let mut custodians = self.seen.draw.custodians.iter();
        custodians.find(|one| self.is_own(one))
    }

    fn may_commit(&self) -> bool {
        self.is_at("commit") && self.own().is_some_and(|own| own.commitment.is_none())
    }

    fn may_reveal(&self) -> bool {
        self.is_at("reveal") && self.own().is_some_and(|own| !own.revealed)
    }

    fn may_void(&self) -> bool {
        self.seen.leads && self.seen.draw.step < Step::Done
    }

    fn is(&self, purpose: &str) -> bool {
        self.seen.draw.purpose.as_str() == purpose
    }

    fn is_rehearsal(&self) -> bool {
        self.seen.draw.state != DrawState::Open && !self.seen.is_witnessed && self.due
    }

    fn may_contribute(&self) -> bool {
        self.is("interviews") && self.seen.draw.contributions.is_empty()
    }

    /// How the beacon is read, in words.
    fn beacon(&self) -> String {
        let beacon = &self.seen.draw.beacon;
        let text = |key: &str| match &beacon[key] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        match beacon["source"].as_str() {
            Some("drand") => self.page.t1("draw-beacon-drand", "round", text("round")),
            Some("lottery") => {
                let (name, draw) = (text("name"), text("draw"));
                self.page
                    .t2("draw-beacon-lottery", "name", name, "draw", draw)
            }
            _ => self.page.t1("draw-beacon-dice", "rolls", text("rolls")),
        }
    }

    /// Where a round of drand can be read, for the person who enters it.
    fn round(&self) -> Option<String> {
        let round = self.seen.draw.beacon["round"].as_u64()?;
        Some(format!(
            "https://api.drand.sh/{}/public/{round}",
            crate::draw::beacon::QUICKNET
        ))
    }

    fn reasons(&self) -> [StandsBack; 3] {
        StandsBack::ALL
    }

    /// The panel of each post, once drawn.
    fn post_panels(&self) -> Vec<(String, u64)> {
        let posts = self.seen.draw.result.as_ref();
        let posts = posts.and_then(|result| result["posts"].as_object());
        posts
            .into_iter()
            .flatten()
            .filter_map(|(post, panel)| Some((post.clone(), panel.as_u64()?)))
            .collect()
    }
}

async fn show(
    page: Page,
    store: web::Data<Store>,
    gate: web::Data<Gate>,
    actor: Option<Actor>,
    id: web::Path<Id>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    let (seen, now) = store
        .read(move |view| {
            let seen = service::draw(view, actor.as_ref(), &gate, id)?;
            Ok((seen, view.now))
        })
        .await?;
    let due = now >= seen.draw.beacon_at;
    html(&DrawPage { page, seen, due })
}

/// Back to the draw, where it says what was done.
fn back(draw: Id, done: &str) -> Answer<HttpResponse> {
    Ok(see_other(&format!("/draws/{draw}?done={done}")))
}

#[derive(Deserialize)]
struct CommitmentFields {
    commitment: String,
}

async fn commit(
    on: On,
    PageForm(CommitmentFields { commitment }): PageForm<CommitmentFields>,
) -> Answer<HttpResponse> {
    let draw = on.id;
    on.write(move |tx, actor, id| service::commit_secret(tx, actor, id, &commitment))
        .await?;
    back(draw, "secret-committed")
}

#[derive(Deserialize)]
struct MarkerFields {
    count: usize,
}

async fn fix_markers(
    on: On,
    gate: web::Data<Gate>,
    PageForm(MarkerFields { count }): PageForm<MarkerFields>,
) -> Answer<HttpResponse> {
    let draw = on.id;
    on.write(move |tx, actor, id| service::fix_markers(tx, actor, &gate, id, MarkerPool { count }))
        .await?;
    back(draw, "pool-fixed")
}

#[derive(Deserialize)]
struct ContributionFields {
    contributions: String,
}

async fn contribute(
    on: On,
    PageForm(fields): PageForm<ContributionFields>,
) -> Answer<HttpResponse> {
    let draw = on.id;
    let lines = fields.contributions.lines().map(str::trim);
    let lines = lines.filter(|line| !line.is_empty());
    let given: Vec<String> = lines.map(str::to_owned).collect();
    on.write(move |tx, actor, id| service::contribute(tx, actor, id, &given))
        .await?;
    back(draw, "contributed")
}

#[derive(Deserialize)]
struct BeaconFields {
    value: String,
}

async fn beacon(
    on: On,
    gate: web::Data<Gate>,
    PageForm(BeaconFields { value }): PageForm<BeaconFields>,
) -> Answer<HttpResponse> {
    let draw = on.id;
    on.write(move |tx, actor, id| service::enter_beacon(tx, actor, &gate, id, &value))
        .await?;
    back(draw, "beacon-entered")
}

#[derive(Deserialize)]
struct SecretFields {
    secret: String,
}

async fn reveal(
    on: On,
    PageForm(SecretFields { secret }): PageForm<SecretFields>,
) -> Answer<HttpResponse> {
    let draw = on.id;
    on.write(move |tx, actor, id| service::reveal_secret(tx, actor, id, &secret))
        .await?;
    back(draw, "secret-shown")
}

async fn draw_list(on: On, PageForm(NoFields {}): PageForm<NoFields>) -> Answer<HttpResponse> {
    let draw = on.id;
    on.write(service::draw_list).await?;
    back(draw, "drawn")
}

#[derive(Deserialize)]
struct SubstitutionFields {
    member: Id,
    reason: StandsBack,
}

async fn substitute(
    on: On,
    PageForm(SubstitutionFields { member, reason }): PageForm<SubstitutionFields>,
) -> Answer<HttpResponse> {
    let draw = on.id;
    on.write(move |tx, actor, id| service::substitute(tx, actor, id, member, reason))
        .await?;
    back(draw, "substituted")
}

#[derive(Deserialize)]
struct VoidFields {
    reason: String,
}

async fn void(
    on: On,
    PageForm(VoidFields { reason }): PageForm<VoidFields>,
) -> Answer<HttpResponse> {
    let draw = on.id;
    on.write(move |tx, actor, id| service::void(tx, actor, id, &reason))
        .await?;
    back(draw, "draw-void")
}
