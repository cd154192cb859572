//! What a reviewer has looked at before an item is let in (审题要点). Pure.

use crate::kernel::Fault;

/// The points, in the order in which they are asked; the sentence of each is `item-check-<code>`.
pub const CHECKLIST: [&str; 6] = ["key", "stem", "options", "clue", "topic", "fairness"];

/// What keeps an item from being let in with these points checked: one that is left out, or one
/// that there is not.
pub fn faults(checked: &[String]) -> Vec<Fault> {
    let has = |code: &str| checked.iter().any(|one| one == code);
    let left_out = CHECKLIST.iter().filter(|code| !has(code));
    let left_out: Vec<&str> = left_out.copied().collect();
    let incomplete = (!left_out.is_empty()).then(|| {
        let fault = Fault::new("checked", "checklist-incomplete");
        fault.with("count", left_out.len())
    });
    incomplete.into_iter().chain(strays(checked)).collect()
}

/// Points that there are not.
pub fn strays(checked: &[String]) -> impl Iterator<Item = Fault> {
    let stray = |one: &&String| !CHECKLIST.contains(&one.as_str());
    let strays = checked.iter().filter(stray);
    strays.map(|one| Fault::new("checked", "checklist-unknown").with("found", one))
}

/// The points checked, each once and in their order, for the decision to name.
pub fn in_order(checked: &[String]) -> Vec<&'static str> {
    let has = |code: &&str| checked.iter().any(|one| one == code);
    CHECKLIST.into_iter().filter(has).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(checked: &[&str]) -> Vec<&'static str> {
        let checked: Vec<String> = checked.iter().map(ToString::to_string).collect();
        faults(&checked)
            .into_iter()
            .map(|fault| fault.code)
            .collect()
    }

    #[test]
    fn all_points_are_checked_and_no_others() {
        assert_eq!(said(&CHECKLIST), Vec::<&str>::new());
        assert_eq!(said(&CHECKLIST[1..]), ["checklist-incomplete"]);
        assert_eq!(said(&[]), ["checklist-incomplete"]);
        let mut more = CHECKLIST.to_vec();
        more.push("luck");
        assert_eq!(said(&more), ["checklist-unknown"]);
        // The same point twice stands for no other.
        let twice = ["key", "key", "stem", "options", "clue", "topic"];
        assert_eq!(said(&twice), ["checklist-incomplete"]);
    }

    #[test]
    fn points_are_named_in_their_order() {
        let checked = ["stem".to_owned(), "key".to_owned(), "stem".to_owned()];
        assert_eq!(in_order(&checked), ["key", "stem"]);
    }
}
