//! The rule language: one text that says when a strategy goes long, goes short and leaves.
//!
//! Traders, archetypes and language models all write the same language, and everything that runs,
//! tests or prints a strategy reads the same tree of it ([`ast::RuleSet`]). `docs/rules.md` teaches
//! it. There are three ways in, and all end in [`parse`], so that a tree is always a checked one
//! and its spans are always of [`ast::RuleSet::text`]:
//!
//! - text: [`parse`];
//! - the same tree as JSON: [`json::from_json`], [`json::to_json`];
//! - loose English: [`prose::read_prose`].
//!
//! `to_string` prints a tree in its canonical text.

pub mod ast;
mod check;
mod diagnostic;
mod fallback;
pub mod json;
mod lexer;
mod parser;
mod print;
pub mod prose;
mod read;
#[cfg(test)]
mod tests;
pub mod walk;
mod words;

pub(crate) use diagnostic::nearest;
pub use diagnostic::{DIAGNOSTICS_MAX, Diagnostic, Severity};
pub use fallback::{FALLBACK_CONFIDENCE, WithFallback, with_fallback};
pub use read::{Parsed, RulesError, parse};
