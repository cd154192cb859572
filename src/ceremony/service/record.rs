//! What the public record of an examination has of its draws.

use super::seed::Candidates;
use super::view::seed_is_open;
use crate::ceremony::rules::{DrawState, Purpose};
use crate::ceremony::store::{self, DrawRow};
use crate::kernel::{Id, Problem};
use crate::regulation::service::Examination;
use crate::store::View;

/// A draw, as far as its decisions do not say it.
#[derive(Debug, Clone)]
pub struct DrawRecord {
    /// Its name.
    pub code: String,
    /// What it decides.
    pub purpose: Purpose,
    /// Which try.
    pub number: i32,
    /// How far it has come.
    pub state: DrawState,
    /// The secrets, by custodian, once everybody may know them.
    pub secrets: Option<Vec<Vec<u8>>>,
    /// The members of a drawn list, by stratum and place.
    pub members: Vec<MemberRecord>,
}

/// A member of a drawn list. It is named only where everybody may know who it is.
#[derive(Debug, Clone)]
pub struct MemberRecord {
    /// The commitment.
    pub commitment: Vec<u8>,
    /// The stratum.
    pub stratum: String,
    /// `chosen`, `reserve` or `replaced`.
    pub state: &'static str,
    /// Place in the stratum, from one.
    pub place: i32,
    /// Of a candidate, the ticket number and the salt that opens the commitment.
    pub ticket: Option<(String, [u8; 32])>,
}

/// The draws of an examination, by purpose and number.
pub fn record(view: &mut View<'_>, examination: &Examination) -> Result<Vec<DrawRecord>, Problem> {
    let mut rows = store::of_examination(view.db, examination.id)?;
    rows.sort_by_key(|row| (row.purpose.as_str(), row.number));
    rows.into_iter()
        .map(|row| draw(view, examination, row))
        .collect()
}

fn draw(
    view: &mut View<'_>,
    examination: &Examination,
    row: DrawRow,
) -> Result<DrawRecord, Problem> {
    let secrets = if seed_is_open(row.purpose, row.state, examination.phase) {
        let custodians = store::custodians(view.db, row.id)?.into_iter();
        let sealed = custodians.map(|one| one.secret_sealed.unwrap_or_default());
        Some(
            sealed
                .map(|one| view.vault.open_bytes(&one))
                .collect::<Result<_, _>>()?,
        )
    } else {
        None
    };
    let members = if row.purpose.is_list() && row.state == DrawState::Drawn {
        members(view, &row)?
    } else {
        Vec::new()
    };
    Ok(DrawRecord {
        code: row.code,
        purpose: row.purpose,
        number: row.number,
        state: row.state,
        secrets,
        members,
    })
}

fn members(view: &mut View<'_>, row: &DrawRow) -> Result<Vec<MemberRecord>, Problem> {
    let candidates = Candidates::of(view, row)?;
    let members = store::members(view.db, row.id)?.into_iter();
    members
        .map(|one| {
            let ticket = if row.purpose == Purpose::Interviews {
                let content = view.vault.open_text(&one.content_sealed)?;
                Some((content, candidates.salt(one.id)))
            } else {
                None
            };
            Ok(MemberRecord {
                commitment: one.commitment,
                stratum: one.stratum,
                state: one.state.as_str(),
                place: one.place.unwrap_or_default(),
                ticket,
            })
        })
        .collect()
}

/// How the members of the drawn draw of this purpose are committed to; none if none is drawn.
pub fn drawn_candidates(
    view: &mut View<'_>,
    examination: Id,
    purpose: Purpose,
) -> Result<Option<Candidates>, Problem> {
    let row = store::standing(view.db, examination, purpose)?;
    let row = row.filter(|row| row.state == DrawState::Drawn);
    row.map(|row| Candidates::of(view, &row)).transpose()
}
