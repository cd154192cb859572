//! What later rooms read of sittings.

use std::collections::BTreeMap;

use diesel::prelude::*;

use crate::bank::item::Answer;
use crate::kernel::{Id, Problem};
use crate::store::schema::{attempt, response};
use crate::store::{View, sha256};

/// An attempt that is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Closed {
    /// The attempt.
    pub attempt: Id,
    /// The application it belongs to.
    pub application: Id,
    /// The subject sat.
    pub subject: Id,
    /// The paper sat.
    pub paper: Id,
}

/// The attempts at a subject that are over, by id.
pub fn closed(view: &mut View<'_>, subject: Id) -> Result<Vec<Closed>, Problem> {
    let rows: Vec<(Id, Id, Id, Id)> = attempt::table
        .filter(attempt::subject_id.eq(subject))
        .filter(attempt::state.eq("closed"))
        .order(attempt::id)
        .select((
            attempt::id,
            attempt::application_id,
            attempt::subject_id,
            attempt::paper_id,
        ))
        .load(view.db)?;
    let closed = |(attempt, application, subject, paper)| Closed {
        attempt,
        application,
        subject,
        paper,
    };
    Ok(rows.into_iter().map(closed).collect())
}

/// The answers of an attempt, by position in its paper. Positions left blank are absent.
pub fn answers(view: &mut View<'_>, attempt: Id) -> Result<BTreeMap<u32, Answer>, Problem> {
    let rows: Vec<(i32, Option<String>)> = response::table
        .filter(response::attempt_id.eq(attempt))
        .select((response::position, response::answer))
        .load(view.db)?;
    let mut answers = BTreeMap::new();
    for (position, answer) in rows {
        if let Some(text) = answer {
            let position = u32::try_from(position).map_err(Problem::internal)?;
            answers.insert(
                position,
                serde_json::from_str(&text).map_err(Problem::internal)?,
            );
        }
    }
    Ok(answers)
}

/// SHA-256 of the canonical JSON (RFC 8785) of `[[position, answer], …]` in ascending order: what
/// the closing of a script commits to.
pub fn digest(answers: &BTreeMap<u32, Answer>) -> Result<[u8; 32], Problem> {
    let pairs: Vec<(&u32, &Answer)> = answers.iter().collect();
    let json = serde_json_canonicalizer::to_vec(&pairs).map_err(Problem::internal)?;
    Ok(sha256(json))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_changed_answer_changes_the_digest() {
        let answers = |chosen| {
            BTreeMap::from([(
                1,
                Answer::Options {
                    chosen: vec![chosen],
                },
            )])
        };
        assert_eq!(digest(&answers(1)).unwrap(), digest(&answers(1)).unwrap());
        assert_ne!(digest(&answers(1)).unwrap(), digest(&answers(2)).unwrap());
        // Computed by hand: SHA-256 of [[1,{"chosen":[1],"kind":"options"}]].
        let text = r#"[[1,{"chosen":[1],"kind":"options"}]]"#;
        assert_eq!(digest(&answers(1)).unwrap(), sha256(text));
    }
}
