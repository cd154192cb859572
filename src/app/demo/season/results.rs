//! From the last hand-in to the objections: marks, interviews, votes.

use super::*;

pub(super) fn mark(
    store: &Store,
    clock: &Clock,
    house: &House,
    seed: &Seed,
    examination: Id,
    say: Say<'_>,
) -> Result<(), Problem> {
    begin_marking(store, clock, house, (examination, 1), say)?;
    let markers: Vec<Actor> = house.markers().cloned().collect();
    for marker in markers.iter().cycle().take(markers.len() * 6) {
        mark_open(store, seed, marker, usize::MAX)?;
    }
    clock.set(clock.now().plus_seconds(DAY));
    let hr = house.the(Role::Hr)?.clone();
    store.write_blocking(move |tx| ranking::publish_written(tx, &hr, examination))?;
    say("written results and shortlist published");
    Ok(())
}

/// An hour after the last sitting the markers are drawn, all but a reserve of so many, and what has a
/// key is marked by it.
pub(super) fn begin_marking(
    store: &Store,
    clock: &Clock,
    house: &House,
    (examination, reserve): (Id, usize),
    say: Say<'_>,
) -> Result<(), Problem> {
    clock.set(clock.now().plus_seconds(HOUR));
    store.write_blocking(move |tx| sitting::close_overdue(tx, examination))?;
    lots::markers(store, house, examination, reserve)?;
    let organiser = house.the(Role::Organiser)?.clone();
    let prepared = store.read_blocking(|view| marking::prepare(view, &organiser, examination))?;
    let begun = store.write_blocking(move |tx| marking::begin(tx, &organiser, &prepared))?;
    say(&format!(
        "marking: {} attempts by key, {} essays blind",
        begun.attempts, begun.scripts
    ));
    Ok(())
}

/// A marker marks so many scripts, or until there is nothing for her to do.
pub(super) fn mark_open(
    store: &Store,
    seed: &Seed,
    marker: &Actor,
    most: usize,
) -> Result<(), Problem> {
    for _ in 0..most {
        let script = store.read_blocking(|view| marking::next_script(view, marker))?;
        let Some(script) = script else {
            break;
        };
        let label = format!("mark/{}/{}", marker.account, script.blind_code);
        let mut stream = seed.sub(label).stream();
        let mark = sitters::essay_mark(&script.answer, script.max, script.step, &mut stream);
        let marker = marker.clone();
        store.write_blocking(move |tx| marking::mark_script(tx, &marker, script.id, mark, ""))?;
    }
    Ok(())
}

/// Two candidates object in the publicity period; one has her answer already.
pub(super) fn object(store: &Store, house: &House, sitters: &[Sitter]) -> Result<(), Problem> {
    let mut filed = Vec::new();
    for sitter in sitters.iter().take(2) {
        let (candidate, application) = (sitter.actor.clone(), sitter.application);
        let new = NewObjection {
            text: "请核对我的成绩合成。".to_owned(),
        };
        filed
            .push(store.write_blocking(move |tx| {
                appointment::object(tx, &candidate, application, &new)
            })?);
    }
    let hr = house.the(Role::Hr)?.clone();
    if let Some(first) = filed.first().copied() {
        let answer = appointment::Answer {
            uphold: false,
            reason: "经复核，各科成绩和合成无误。".to_owned(),
        };
        store.write_blocking(move |tx| appointment::answer(tx, &hr, first, &answer))?;
    }
    Ok(())
}

/// Everything that is entered by hand: interview panels, assessments, votes.
pub(super) fn interview(
    store: &Store,
    clock: &Clock,
    house: &House,
    seed: &Seed,
    examination: Id,
    say: Say<'_>,
) -> Result<(), Problem> {
    clock.set(clock.now().plus_seconds(3 * DAY));
    lots::interviews(store, house, examination)?;
    let hr = house.the(Role::Hr)?.clone();
    let profile = store
        .read_blocking(|view| regulation::load(view, examination))?
        .profile;
    let mut sheets = 0;
    for post in store.read_blocking(|view| marking::panel_posts(view, &hr, examination))? {
        let sheet =
            store.read_blocking(|view| marking::panel_sheet(view, &hr, examination, post.post))?;
        for part in sheet.components {
            for candidate in part.candidates {
                let label = format!("panel/{}/{}", part.component.code, candidate.ticket_no);
                let mut stream = seed.sub(label).stream();
                enter(
                    store,
                    &hr,
                    &profile,
                    &part.component.code,
                    candidate.application,
                    &mut stream,
                )?;
                sheets += 1;
            }
        }
    }
    say(&format!(
        "interviews, assessments and votes: {sheets} sheets entered"
    ));
    Ok(())
}

pub(super) fn enter(
    store: &Store,
    hr: &Actor,
    profile: &Profile,
    component: &str,
    application: Id,
    stream: &mut Stream,
) -> Result<(), Problem> {
    let kind = profile.component(component).map(|component| component.kind);
    let (hr, code) = (hr.clone(), component.to_owned());
    if kind == Some(ComponentKind::Vote) {
        let yes = 6 + u32::try_from(stream.below(6)).unwrap_or_default();
        let count = crate::marking::BallotCount {
            yes,
            attending: 11,
            members: 13,
        };
        return store.write_blocking(move |tx| {
            marking::enter_ballot(tx, &hr, application, &code, count, None)
        });
    }
    let seats = match kind {
        Some(ComponentKind::Interview) => profile
            .interview
            .as_ref()
            .map_or(1, |interview| interview.panel),
        _ => 1,
    };
    let level = 70 + stream.below(18);
    let marks: BTreeMap<u8, Score> = (1..=seats)
        .map(|examiner| {
            let cents = (level * 100 + stream.below(700)).min(10_000);
            let micros = i64::try_from(cents).unwrap_or_default() * 10_000;
            (
                u8::try_from(examiner).unwrap_or(u8::MAX),
                Score::from_micros(micros),
            )
        })
        .collect();
    store.write_blocking(move |tx| {
        marking::enter_panel_marks(tx, &hr, application, &code, &marks, None)
    })
}
