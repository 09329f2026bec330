//! The simulator itself: that it repeats itself, that it finds mistakes, that it makes them short, and what it says of
//! ours.

mod mutants;
mod runs;
mod stories;
