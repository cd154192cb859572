//! What later rooms read of assembly.

use diesel::prelude::*;

use super::Paper;
use crate::kernel::{Id, Problem};
use crate::store::View;
use crate::store::schema::paper;

/// The locked paper of a candidate for a subject, with its id.
pub fn paper(
    view: &mut View<'_>,
    subject: Id,
    application: Id,
) -> Result<Option<(Id, Paper)>, Problem> {
    let row: Option<(Id, Vec<u8>)> = paper::table
        .filter(paper::subject_id.eq(subject))
        .filter(paper::application_id.eq(application))
        .select((paper::id, paper::content_sealed))
        .first(view.db)
        .optional()?;
    row.map(|(id, content)| {
        let content = view.vault.open_bytes(&content)?;
        Ok((
            id,
            serde_json::from_slice(&content).map_err(Problem::internal)?,
        ))
    })
    .transpose()
}
