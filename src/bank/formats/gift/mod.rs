//! GIFT: questions in plain text with their answers in braces, as described by the Moodle
//! documentation (<https://docs.moodle.org/en/GIFT_format>) and, for what it leaves open, as read
//! by `question/format/gift` and `question/type/ordering` of Moodle.
//!
//! ```text
//! // [id:vb-001] [tag:section:verbal] [tag:topic:vb.cloze] [tag:difficulty:easy]
//! ::vb-001::[plain]下列属于直辖市的是\:{
//!     =重庆
//!     ~南京
//!     ~苏州
//!     ####重庆1997年设为直辖市。
//! }
//! ```
//!
//! Codes and labels stand in the comment before a question, where Moodle keeps them since 3.10.

mod read;
mod write;

pub use read::read;
pub use write::write;

#[cfg(test)]
mod tests;
