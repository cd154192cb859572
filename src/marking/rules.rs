//! The rules, pure.
