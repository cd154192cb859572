//! Marking (阅卷): keys, blind double marking, arbitration.

pub mod rules;
