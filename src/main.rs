//! The command line: `keju serve`, `keju demo`, `keju verify` and the rest.

fn main() {}
