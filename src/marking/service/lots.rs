//! Draws by lot around the interview: in which order candidates come, and who examines them.

use serde_json::json;

use super::candidates;
use crate::access::{Actor, Role};
use crate::ceremony::rules::PanelPool;
use crate::ceremony::service as ceremony;
use crate::ceremony::{Gate, Purpose};
use crate::establishment::service::standing_posts;
use crate::kernel::{Id, Problem};
use crate::regulation::service::{Examination, load};
use crate::regulation::{ComponentKind, Phase};
use crate::store::{Tx, View};

/// Fixes who is interviewed: everybody on the shortlist, by post.
pub fn fix_interviews(
    tx: &mut Tx<'_>,
    actor: &Actor,
    gate: &Gate,
    draw: Id,
) -> Result<(), Problem> {
    let fixing = ceremony::begin_fixing(tx, actor, gate, draw, Purpose::Interviews)?;
    must_have_interview(&fixing.examination)?;
    fixing
        .examination
        .phase
        .must_be(&[Phase::WrittenPublished])?;
    let posts = standing_posts(tx, fixing.examination.id)?;
    let code = |post| {
        posts
            .iter()
            .find(|one| one.id == post)
            .map(|one| one.code.clone())
    };
    let members = candidates(tx, &fixing.examination)?.into_iter();
    let members = members
        .filter_map(|one| Some((code(one.post)?, one.application, one.ticket_no.into_bytes())));
    let members = members.collect();
    ceremony::fix_list(tx, &fixing, members, &json!({ "content": "ticket number" }))
}

/// Fixes the examiners that the interview panels are drawn from.
pub fn fix_panels(
    tx: &mut Tx<'_>,
    actor: &Actor,
    gate: &Gate,
    draw: Id,
    pool: &PanelPool,
) -> Result<(), Problem> {
    actor.acting_as(&[Role::Organiser])?;
    let posts = interview_posts(tx, draw)?;
    ceremony::fix_panels(tx, actor, gate, draw, pool, &posts)
}

/// The codes of the posts that a draw of panels is for.
fn interview_posts(view: &mut View<'_>, draw: Id) -> Result<Vec<String>, Problem> {
    let examination = ceremony::examination_of(view, draw)?;
    let examination = load(view, examination)?;
    must_have_interview(&examination)?;
    let posts = standing_posts(view, examination.id)?;
    Ok(posts.into_iter().map(|post| post.code).collect())
}

fn must_have_interview(examination: &Examination) -> Result<(), Problem> {
    let mut interviews = examination.profile.components_of(ComponentKind::Interview);
    match interviews.next() {
        Some(_) => Ok(()),
        None => Err(Problem::conflict("no-interview")),
    }
}
