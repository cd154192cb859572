//! Moodle XML: the questions of a Moodle question bank, as described by the Moodle documentation
//! (<https://docs.moodle.org/en/Moodle_XML_format>) and read by `question/format/xml`.
//!
//! Texts are written as `plain_text`, which Moodle shows as it is. Codes are `idnumber`s, labels
//! are tags. A stimulus stands before the question about it, in an element of its own by whose
//! class, `id` and `title` it is read back; a rubric and a model answer stand likewise in the
//! information for graders.

mod read;
mod write;

pub use read::read;
pub use write::write;

#[cfg(test)]
mod tests;
