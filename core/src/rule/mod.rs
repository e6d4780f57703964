//! The rule language: one text that says when a strategy goes long, goes short and leaves.
//!
//! Traders, archetypes and language models all write the same language, and everything that runs,
//! tests or prints a strategy reads the same tree of it ([`ast::RuleSet`]).

pub mod ast;
pub mod json;
