//! A ceremony held by one program, with dice that are not rolled and secrets that are not secret:
//! for demonstrations, rehearsals and tests. It goes through the same acts as people do.

use super::Gate;
use super::rules::{BeaconWish, NewCustodian, Purpose};
use super::service::{self, NewDraw};
use crate::access::Actor;
use crate::draw::ceremony::{Secret, secret_commitment};
use crate::kernel::{Id, Instant, Problem};
use crate::store::{Store, Tx};

/// Rolls of the dice.
const ROLLS: usize = 40;
/// What they show.
const ROLLED: &str = "0123456789012345678901234567890123456789";

/// What custodian `number` keeps secret.
pub fn secret_of(number: u8) -> Secret {
    [number; 32]
}

/// Holds a whole ceremony but for the result, on a clock that is set by hand; `fix` is the act by
/// which the room fixes what is drawn from. The first custodian leads it.
pub fn hold<F>(
    store: &Store,
    custodians: &[Actor; 3],
    examination: Id,
    purpose: Purpose,
    fix: F,
) -> Result<Id, Problem>
where
    F: FnOnce(&mut Tx<'_>, &Actor, &Gate, Id) -> Result<(), Problem> + Send + 'static,
{
    let [leader, ..] = custodians;
    let (draw, code) = open(store, leader, custodians, examination, purpose)?;
    for (number, custodian) in (1..).zip(custodians.clone()) {
        let secret = secret_of(number);
        let commitment = hex::encode(secret_commitment(&code, u64::from(number), &secret));
        store
            .write_blocking(move |tx| service::commit_secret(tx, &custodian, draw, &commitment))?;
    }
    let organiser = leader.clone();
    store.write_blocking(move |tx| fix(tx, &organiser, &Gate::rehearsal(), draw))?;
    let organiser = leader.clone();
    store.clock().set(beacon_at(store, &organiser, draw)?);
    store.write_blocking(move |tx| {
        service::enter_beacon(tx, &organiser, &Gate::rehearsal(), draw, ROLLED)
    })?;
    for (number, custodian) in (1..).zip(custodians.clone()) {
        let secret = hex::encode(secret_of(number));
        store.write_blocking(move |tx| service::reveal_secret(tx, &custodian, draw, &secret))?;
    }
    Ok(draw)
}

fn open(
    store: &Store,
    leader: &Actor,
    custodians: &[Actor; 3],
    examination: Id,
    purpose: Purpose,
) -> Result<(Id, String), Problem> {
    let offices = ["考试机构", "纪检监察机构", "公证机构"];
    let custodians = custodians.iter().zip(offices);
    let new = NewDraw {
        purpose,
        beacon: BeaconWish::Dice { rolls: ROLLS },
        beacon_at: store.clock().now().plus_seconds(1),
        custodians: custodians
            .map(|(actor, office)| NewCustodian {
                account: actor.account,
                office: office.to_owned(),
            })
            .collect(),
    };
    let organiser = leader.clone();
    let draw = store.write_blocking(move |tx| {
        service::open(tx, &organiser, &Gate::rehearsal(), examination, &new)
    })?;
    let seen =
        store.read_blocking(|view| service::draw(view, Some(leader), &Gate::rehearsal(), draw))?;
    Ok((draw, seen.draw.code))
}

fn beacon_at(store: &Store, leader: &Actor, draw: Id) -> Result<Instant, Problem> {
    let seen =
        store.read_blocking(|view| service::draw(view, Some(leader), &Gate::rehearsal(), draw))?;
    Ok(seen.draw.beacon_at)
}
