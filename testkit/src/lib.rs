//! What tests share. A dev-dependency of the other crates, never part of a program.

pub mod morning;
