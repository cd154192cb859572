//! Rules of a bank: what a sound item is, and the states it passes through.
