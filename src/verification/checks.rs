//! The checks that belong to one examination, in the order in which it passes through them.

mod answers;
mod components;
mod counts;
pub(super) mod draws;
mod frozen;
mod items;
mod lists;
mod lots;
mod marks;
mod objections;
mod results;

use super::case::Case;
use super::rules::Difference;
use crate::regulation::Phase;
use crate::store::View;

/// A check: the number of things that agree, or the first that does not.
type Run = fn(&mut View<'_>, &Case) -> Result<usize, Difference>;

/// A check of one examination.
pub(super) struct Check {
    pub number: u8,
    pub name: &'static str,
    /// From which phase on there is something to check.
    pub since: Phase,
    pub run: Run,
}

const fn check(number: u8, name: &'static str, since: Phase, run: Run) -> Check {
    Check {
        number,
        name,
        since,
        run,
    }
}

/// All of them. The first check, of the log, belongs to no examination.
pub(super) const CHECKS: [Check; 12] = [
    check(2, "rules", Phase::Announced, frozen::rules),
    check(3, "tickets", Phase::Ticketed, draws::tickets),
    check(4, "items", Phase::Locked, items::items),
    check(5, "papers", Phase::Locked, draws::papers),
    check(6, "answers", Phase::Locked, answers::answers),
    check(7, "objective marks", Phase::Marking, marks::objective),
    check(8, "scripts", Phase::Marking, marks::scripts),
    check(
        9,
        "components",
        Phase::WrittenPublished,
        components::components,
    ),
    check(10, "ranking", Phase::WrittenPublished, lists::ranking),
    check(11, "completeness", Phase::Announced, counts::completeness),
    check(13, "draws", Phase::Announced, lots::draws),
    check(15, "objections", Phase::Published, objections::objections),
];
