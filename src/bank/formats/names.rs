//! Codes for what comes without one.

use std::collections::HashSet;

use crate::bank::rules::{CODE_MAX, is_code};

use super::draft::clip;
use super::foreign::Loss;

/// Gives out codes: the one a format has, if it can be used and is not taken, or the next free one.
pub(super) struct Names {
    given: HashSet<String>,
    taken: HashSet<String>,
    prefix: String,
    width: usize,
    next: usize,
}

impl Names {
    pub(super) fn new<'a>(
        given: impl Iterator<Item = &'a str>,
        prefix: String,
        width: usize,
    ) -> Self {
        Self {
            given: given.map(str::to_owned).collect(),
            taken: HashSet::new(),
            prefix,
            width,
            next: 0,
        }
    }

    pub(super) fn name(
        &mut self,
        at: usize,
        own: Option<&str>,
        place: &str,
        losses: &mut Vec<Loss>,
    ) -> String {
        if let Some(own) = own.filter(|own| !own.is_empty()) {
            if usable(own) && self.taken.insert(own.to_owned()) {
                return own.to_owned();
            }
            losses.push(Loss::new(place, "identifier").with("found", clip(own)));
        }
        self.next = self.next.max(at) + 1;
        loop {
            let code = format!("{}{:0width$}", self.prefix, self.next, width = self.width);
            if !self.given.contains(&code) && self.taken.insert(code.clone()) {
                return code;
            }
            self.next += 1;
        }
    }
}

/// Whether a foreign identifier can be a code.
pub(super) fn usable(code: &str) -> bool {
    code.len() <= CODE_MAX && is_code(code)
}
