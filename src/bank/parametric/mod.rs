//! Parametric items (参数化试题): a template whose variables are drawn gives as many items of one
//! difficulty as are wanted, each with a key that is computed.
//!
//! An instance is named by its number. Its variables are drawn from the stream of
//! `seed.sub("instance/" ‖ id ‖ "/" ‖ number)` (`crate::draw`): in the order of their names, one of the
//! values of each, again and again until every condition holds; then the place of the key among the
//! options. All arithmetic is on whole fractions. `docs/papers.md` has the language of the files.

mod expression;
mod template;
mod text;

pub use expression::{Expression, ExpressionError, Number, Numbers};
pub use template::{Instance, Template, instances, read};
pub use text::{Text, Values};
