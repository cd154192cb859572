//! `keju demo`: a whole season with made-up people, through the real services.

pub mod cast;
