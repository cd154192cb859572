//! Stories of draws, on a database of their own.

use super::rules::{
    BeaconWish, Examiner, Need, NewCustodian, PanelPool, Purpose, StandsBack, Step,
};
use super::service::{self, MarkerPool, NewDraw, Seen};
use super::{Gate, rehearsal};
use crate::access::{Actor, Role, service as access};
use crate::draw::ceremony::secret_commitment;
use crate::kernel::{Clock, Id, Instant, Problem};
use crate::ledger;
use crate::ledger::policy::Policy;
use crate::regulation::service::{self as regulation, NewExamination};
use crate::regulation::{Phase, Track};
use crate::store::{Store, Tx};

const START: Instant = Instant::from_micros(1_800_000_000_000_000);
const DIGITS: &str = "0123456789012345678901234567890123456789";

/// An announced examination and its staff.
struct World {
    store: Store,
    clock: Clock,
    examination: Id,
    organiser: Actor,
    supervisor: Actor,
    hr: Actor,
    markers: Vec<Actor>,
}

impl World {
    fn new() -> Self {
        let clock = Clock::manual(START);
        let store = Store::scratch(clock.clone());
        let hired = |name: &str, role| hired(&store, name, role);
        let organiser = hired("organiser", Role::Organiser);
        let supervisor = hired("supervisor", Role::Supervisor);
        let hr = hired("hr", Role::Hr);
        let markers = (0..5)
            .map(|n| hired(&format!("marker{n}"), Role::Marker))
            .collect();
        let opening = organiser.clone();
        let examination = store
            .write_blocking(move |tx| opened(tx, &opening))
            .unwrap();
        Self {
            store,
            clock,
            examination,
            organiser,
            supervisor,
            hr,
            markers,
        }
    }

    fn act<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut Tx<'_>) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        self.store.write_blocking(act)
    }

    fn custodians(&self) -> [Actor; 3] {
        [&self.organiser, &self.supervisor, &self.hr].map(Clone::clone)
    }

    fn new_draw(&self, purpose: Purpose) -> NewDraw {
        NewDraw {
            purpose,
            beacon: BeaconWish::Dice { rolls: 40 },
            beacon_at: self.clock.now().plus_seconds(3600),
            custodians: self
                .custodians()
                .iter()
                .map(|actor| NewCustodian {
                    account: actor.account,
                    office: "某单位".to_owned(),
                })
                .collect(),
        }
    }

    fn open(&self, gate: &Gate, new: NewDraw) -> Result<Id, Problem> {
        let (organiser, gate, examination) =
            (self.organiser.clone(), gate.clone(), self.examination);
        self.act(move |tx| service::open(tx, &organiser, &gate, examination, &new))
    }

    fn seen(&self, draw: Id) -> Seen {
        let gate = Gate::rehearsal();
        let organiser = Some(&self.organiser);
        let seen = self
            .store
            .read_blocking(|view| service::draw(view, organiser, &gate, draw));
        seen.unwrap()
    }

    fn commit(&self, draw: Id, actor: &Actor, number: u8) -> Result<(), Problem> {
        let code = self.seen(draw).draw.code;
        let secret = rehearsal::secret_of(number);
        let commitment = hex::encode(secret_commitment(&code, u64::from(number), &secret));
        let actor = actor.clone();
        self.act(move |tx| service::commit_secret(tx, &actor, draw, &commitment))
    }

    fn commit_all(&self, draw: Id) {
        for (number, actor) in (1..).zip(self.custodians()) {
            self.commit(draw, &actor, number).unwrap();
        }
    }

    fn fix_markers(&self, gate: &Gate, draw: Id, count: usize) -> Result<(), Problem> {
        let (organiser, gate) = (self.organiser.clone(), gate.clone());
        self.act(move |tx| service::fix_markers(tx, &organiser, &gate, draw, MarkerPool { count }))
    }

    fn beacon(&self, gate: &Gate, draw: Id, value: &'static str) -> Result<(), Problem> {
        let (organiser, gate) = (self.organiser.clone(), gate.clone());
        self.act(move |tx| service::enter_beacon(tx, &organiser, &gate, draw, value))
    }

    fn reveal(&self, draw: Id, actor: &Actor, secret: [u8; 32]) -> Result<(), Problem> {
        let (actor, secret) = (actor.clone(), hex::encode(secret));
        self.act(move |tx| service::reveal_secret(tx, &actor, draw, &secret))
    }

    fn result(&self, draw: Id) -> Result<(), Problem> {
        let organiser = self.organiser.clone();
        self.act(move |tx| service::draw_list(tx, &organiser, draw))
    }

    fn void(&self, draw: Id, reason: &'static str) -> Result<(), Problem> {
        let organiser = self.organiser.clone();
        self.act(move |tx| service::void(tx, &organiser, draw, reason))
    }

    /// A draw of two markers, all steps but the last.
    fn markers_ready(&self) -> Id {
        let fix = |tx: &mut Tx<'_>, organiser: &Actor, gate: &Gate, draw| {
            service::fix_markers(tx, organiser, gate, draw, MarkerPool { count: 2 })
        };
        let purpose = Purpose::Markers;
        rehearsal::hold(
            &self.store,
            &self.custodians(),
            self.examination,
            purpose,
            fix,
        )
        .unwrap()
    }

    fn barred(&self, marker: &Actor) -> bool {
        let closed = self
            .store
            .read_blocking(|view| service::not_drawn_to_mark(view, marker.account));
        closed.unwrap().contains(&self.examination)
    }
}

fn hired(store: &Store, name: &str, role: Role) -> Actor {
    let new = access::NewAccount {
        email: format!("{name}@example.org"),
        name: name.to_owned(),
        password_hash: String::new(),
        must_change_password: false,
    };
    let account = store
        .write_blocking(move |tx| access::open_account(tx, new, role, None))
        .unwrap();
    Actor {
        account,
        session: account,
        roles: vec![role],
    }
}

fn opened(tx: &mut Tx<'_>, organiser: &Actor) -> Result<Id, Problem> {
    let new = NewExamination {
        code: "2027-title".to_owned(),
        year: 2027,
        track: Track::Title,
        title_zh: "职称考试".to_owned(),
        title_en: String::new(),
        registration_opens: START,
        registration_closes: START.plus_seconds(1000),
    };
    let id = regulation::open(tx, organiser, &new)?;
    let examination = regulation::hold_alone(tx, id)?;
    regulation::advance(tx, &examination, Phase::Announced)?;
    Ok(id)
}

fn code<T>(result: Result<T, Problem>) -> &'static str {
    match result {
        Ok(_) => "no problem",
        Err(problem) => problem
            .faults
            .first()
            .map_or(problem.code, |fault| fault.code),
    }
}

#[test]
fn a_draw_goes_its_steps_in_their_order_and_no_other() {
    let (world, gate) = (World::new(), Gate::rehearsal());
    let draw = world.open(&gate, world.new_draw(Purpose::Markers)).unwrap();
    assert_eq!(world.seen(draw).draw.code, "2027-title/markers/1");
    let [first, second, third] = world.custodians();

    assert_eq!(code(world.fix_markers(&gate, draw, 2)), "draw-other-step");
    world.commit(draw, &first, 1).unwrap();
    assert_eq!(code(world.commit(draw, &first, 1)), "secret-committed");
    assert_eq!(code(world.commit(draw, &world.markers[0], 2)), "forbidden");
    world.commit(draw, &second, 2).unwrap();
    assert_eq!(code(world.reveal(draw, &first, [1; 32])), "draw-other-step");
    world.commit(draw, &third, 3).unwrap();

    assert_eq!(world.seen(draw).draw.step, Step::Fix);
    assert_eq!(code(world.fix_markers(&gate, draw, 6)), "out-of-range");
    world.fix_markers(&gate, draw, 2).unwrap();
    assert_eq!(code(world.fix_markers(&gate, draw, 2)), "draw-other-step");

    assert_eq!(code(world.beacon(&gate, draw, DIGITS)), "beacon-not-yet");
    assert_eq!(code(world.reveal(draw, &first, [1; 32])), "draw-other-step");
    world.clock.set(world.seen(draw).draw.beacon_at);
    assert_eq!(code(world.beacon(&gate, draw, "0123")), "beacon-form");
    world.beacon(&gate, draw, DIGITS).unwrap();
    assert_eq!(code(world.beacon(&gate, draw, DIGITS)), "draw-other-step");

    world.reveal(draw, &first, [1; 32]).unwrap();
    assert_eq!(code(world.reveal(draw, &first, [1; 32])), "secret-revealed");
    assert_eq!(
        code(world.reveal(draw, &second, [1; 32])),
        "not-the-committed-secret"
    );
    assert_eq!(code(world.result(draw)), "draw-other-step");
    world.reveal(draw, &second, [2; 32]).unwrap();
    world.reveal(draw, &third, [3; 32]).unwrap();
    // Nobody knows the seed before the result is decided.
    assert_eq!(world.seen(draw).draw.seed, None);
    world.result(draw).unwrap();
    let seen = world.seen(draw).draw;
    assert_eq!(seen.step, Step::Done);
    assert!(seen.seed.is_some() && seen.custodians[0].secret == Some("01".repeat(32)));
    assert_eq!(code(world.void(draw, "再抽一次")), "draw-is-over");
}

#[test]
fn a_draw_needs_three_custodians_of_the_house_and_one_of_them_a_supervisor() {
    let (world, gate) = (World::new(), Gate::rehearsal());
    let with = |custodians: [&Actor; 3]| {
        let mut new = world.new_draw(Purpose::Seats);
        for (one, actor) in new.custodians.iter_mut().zip(custodians) {
            one.account = actor.account;
        }
        code(world.open(&gate, new))
    };
    let second = hired(&world.store, "hr2", Role::Hr);
    let (organiser, hr) = (&world.organiser, &world.hr);
    assert_eq!(
        with([organiser, hr, &second]),
        "custodians-without-supervisor"
    );
    assert_eq!(
        with([organiser, hr, &world.markers[0]]),
        "no-such-custodian"
    );
    assert_eq!(with([organiser, &world.supervisor, hr]), "no problem");
    assert_eq!(with([organiser, &world.supervisor, hr]), "draw-under-way");
}

/// Two custodians with one commitment would be one custodian.
/// Such a draw could never be fixed, only given up, and that is counted for ever.
#[test]
fn seats_are_not_drawn_from_those_who_may_still_apply() {
    let (world, gate) = (World::new(), Gate::rehearsal());
    let mut new = world.new_draw(Purpose::Seats);
    new.beacon_at = START.plus_seconds(1000);
    let refused = world.open(&gate, new.clone()).unwrap_err();
    assert_eq!(refused.faults[0].code, "before-the-close");
    new.beacon_at = START.plus_seconds(1060);
    world.open(&gate, new).unwrap();
}

#[test]
fn nobody_repeats_the_commitment_of_another() {
    let (world, gate) = (World::new(), Gate::rehearsal());
    let draw = world.open(&gate, world.new_draw(Purpose::Seats)).unwrap();
    let [first, second, _] = world.custodians();
    world.commit(draw, &first, 1).unwrap();
    assert_eq!(
        code(world.commit(draw, &second, 1)),
        "commitment-of-another"
    );
}

#[test]
fn without_witnesses_nothing_is_drawn_except_in_a_rehearsal() {
    let world = World::new();
    let nobody = Gate {
        policy: Policy::default(),
        rehearsal: false,
    };
    let new = || world.new_draw(Purpose::Markers);
    assert_eq!(code(world.open(&nobody, new())), "draw-without-witnesses");

    let (_, witness) = ledger::note::log_key("w.example", &[5; 32]);
    assert!(Policy::parse(&format!("witness w {witness}\nquorum w\n")).is_err());
    let witness = ledger::note::Cosigner::new("w.example", &[5; 32]).unwrap();
    let policy = format!("witness w {}\nquorum w\n", witness.witness().vkey());
    let watched = Gate {
        policy: Policy::parse(&policy).unwrap(),
        rehearsal: false,
    };
    let draw = world.open(&watched, new()).unwrap();
    world.commit_all(draw);
    // Ten minutes must be left for the witnesses.
    world
        .clock
        .set(world.seen(draw).draw.beacon_at.plus_seconds(-599));
    assert_eq!(
        code(world.fix_markers(&watched, draw, 2)),
        "beacon-too-near"
    );
    world
        .clock
        .set(world.seen(draw).draw.beacon_at.plus_seconds(-600));
    world.fix_markers(&watched, draw, 2).unwrap();
    world.clock.set(world.seen(draw).draw.beacon_at);
    assert_eq!(
        code(world.beacon(&watched, draw, DIGITS)),
        "draw-not-witnessed"
    );
    assert!(!world.seen(draw).is_witnessed);
    world.beacon(&Gate::rehearsal(), draw, DIGITS).unwrap();
}

#[test]
fn a_draw_that_is_given_up_is_counted_and_its_reason_is_read_by_everybody() {
    let (world, gate) = (World::new(), Gate::rehearsal());
    let draw = world.open(&gate, world.new_draw(Purpose::Markers)).unwrap();
    assert_eq!(code(world.void(draw, " ")), "required");
    world.void(draw, "一位保管人遗失了密数").unwrap();
    assert_eq!(code(world.void(draw, "再次")), "draw-is-over");
    let again = world.open(&gate, world.new_draw(Purpose::Markers)).unwrap();
    assert_eq!(world.seen(again).draw.number, 2);
    let anybody = world
        .store
        .read_blocking(|view| service::draws(view, None, world.examination));
    let (_, draws) = anybody.unwrap();
    assert_eq!(
        draws[0].void_reason.as_deref(),
        Some("一位保管人遗失了密数")
    );
    let newest = world
        .store
        .read_blocking(|view| ledger::recent(view, 2027, None, None, 2));
    let void = newest.unwrap().pop().unwrap().payload;
    assert_eq!(
        (void.kind.as_str(), &void.inputs["number"]),
        ("draw.void", &1.into())
    );
}

#[test]
fn who_was_not_drawn_does_not_mark_and_the_reserve_steps_in_by_its_order() {
    let world = World::new();
    assert!(world.markers.iter().all(|marker| !world.barred(marker)));
    let draw = world.markers_ready();
    // From the moment in which the pool is fixed nobody marks who is not drawn.
    assert!(world.markers.iter().all(|marker| world.barred(marker)));
    world.result(draw).unwrap();
    let free = |world: &World| {
        world
            .markers
            .iter()
            .filter(|one| !world.barred(one))
            .count()
    };
    assert_eq!(free(&world), 2);

    let members = world.seen(draw).members;
    assert_eq!(
        members.iter().map(|one| one.state).collect::<Vec<_>>(),
        ["chosen", "chosen", "reserve", "reserve", "reserve"]
    );
    let (out, next) = (members[1].id, members[2].id);
    let substitute = |member: Id| {
        let organiser = world.organiser.clone();
        world.act(move |tx| service::substitute(tx, &organiser, draw, member, StandsBack::Conflict))
    };
    assert_eq!(code(substitute(next)), "member-without-place");
    substitute(out).unwrap();
    let states: Vec<_> = world
        .seen(draw)
        .members
        .iter()
        .map(|one| one.state)
        .collect();
    assert_eq!(
        states,
        ["chosen", "replaced", "chosen", "reserve", "reserve"]
    );
    assert_eq!(code(substitute(out)), "member-without-place");
    assert_eq!(free(&world), 2);
    substitute(next).unwrap();
    substitute(members[3].id).unwrap();
    assert_eq!(code(substitute(members[4].id)), "reserve-empty");
}

#[test]
fn examiners_are_drawn_for_every_panel_by_stratum() {
    let world = World::new();
    let examiner = |stratum: &str, n: usize| Examiner {
        stratum: stratum.to_owned(),
        name: format!("考官{stratum}{n}"),
        unit: "某局".to_owned(),
    };
    let need = |stratum: &str, count| Need {
        stratum: stratum.to_owned(),
        count,
    };
    let mut examiners: Vec<_> = (0..3).map(|n| examiner("chief", n)).collect();
    examiners.extend((0..5).map(|n| examiner("external", n)));
    let pool = PanelPool {
        panels: 2,
        needs: vec![need("chief", 1), need("external", 2)],
        examiners,
    };
    let posts = ["001", "002", "003"].map(str::to_owned);
    let fix = move |tx: &mut Tx<'_>, organiser: &Actor, gate: &Gate, draw| {
        service::fix_panels(tx, organiser, gate, draw, &pool, &posts)
    };
    let custodians = world.custodians();
    let draw = rehearsal::hold(
        &world.store,
        &custodians,
        world.examination,
        Purpose::Panels,
        fix,
    )
    .unwrap();
    world.result(draw).unwrap();
    let seen = world.seen(draw);
    let on_panel = |panel, stratum: &str| {
        let members = seen.members.iter();
        members
            .filter(|one| one.panel == Some(panel) && one.stratum == stratum)
            .count()
    };
    for panel in [1, 2] {
        assert_eq!(
            (on_panel(panel, "chief"), on_panel(panel, "external")),
            (1, 2)
        );
    }
    let posts = seen.draw.result.unwrap()["posts"].clone();
    assert_eq!(posts.as_object().unwrap().len(), 3);

    // Whoever steps in sits on the panel of whom she or he replaces.
    let out = seen
        .members
        .iter()
        .find(|one| one.stratum == "chief" && one.panel == Some(2));
    let (out, organiser) = (out.unwrap().id, world.organiser.clone());
    world
        .act(move |tx| service::substitute(tx, &organiser, draw, out, StandsBack::Absent))
        .unwrap();
    let seen = world.seen(draw);
    let chief = |state| {
        let mut members = seen.members.iter();
        members.find(|one| one.stratum == "chief" && one.panel == Some(2) && one.state == state)
    };
    assert!(chief("chosen").is_some() && chief("replaced").is_some());

    // The public reads commitments and no name.
    let public = world
        .store
        .read_blocking(|view| service::draw(view, None, &Gate::rehearsal(), draw))
        .unwrap();
    assert!(public.members.is_empty());
    let text = serde_json::to_string(&public.draw).unwrap();
    assert!(!text.contains("考官") && !text.contains("某局"), "{text}");
}
