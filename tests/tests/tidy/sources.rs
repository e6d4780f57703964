//! What every Rust file keeps to.

use crate::{members, read, root, rust_files, shown};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Functions of more than 70 lines (`clippy.toml`), by file. The list may only shrink: a new long
/// function is a compile error under `make lint`, and an entry that is not needed any more fails here.
const LONG_FUNCTIONS: &[(&str, usize)] = &[
    ("core/strategy/src/indicator/tests/naive.rs", 1),
    ("core/strategy/src/strategy/compile.rs", 1),
    ("core/strategy/src/strategy/tests/oracle.rs", 2),
    ("core/strategy/src/strategy/tests/random.rs", 1),
    ("ctl/src/journal/words.rs", 1),
    ("ctl/src/lib.rs", 1),
    ("oms/gateways/src/fix/gateway/report.rs", 1),
    ("oms/gateways/src/fix/session/logon.rs", 1),
    ("readmodel/src/projection/mod.rs", 1),
    ("storage/journal/tests/payloads.rs", 2),
];

/// The attribute that lets a function be longer.
const LONG: &str = "clippy::too_many_lines";

#[test]
fn long_functions_are_those_of_a_list_that_only_shrinks() {
    let clippy = read(&root().join("clippy.toml"));
    assert!(clippy.contains("too-many-lines-threshold = 70"), "clippy.toml: {clippy}");
    let workspace = read(&root().join("Cargo.toml"));
    assert!(workspace.contains("too_many_lines = \"warn\""), "the workspace's lints");
    let mut found = BTreeMap::new();
    let others = |file: &PathBuf| !shown(file).starts_with("tests/tests/tidy");
    for file in rust_files(root()).into_iter().filter(others) {
        let text = read(&file);
        assert!(!text.contains("allow(clippy::too_many_lines"), "{}", shown(&file));
        let count = text.matches(LONG).count();
        if count > 0 {
            found.insert(shown(&file), count);
        }
    }
    let listed: BTreeMap<String, usize> =
        LONG_FUNCTIONS.iter().map(|(file, count)| ((*file).to_owned(), *count)).collect();
    assert_eq!(found, listed, "left what there is, right the list");
}

/// Crates in which some module has a reason for `unsafe`; all others forbid it.
const UNSAFE: [&str; 3] = ["core/runtime", "storage/journal", "testkit"];

#[test]
fn unsafe_code_is_forbidden_but_where_it_has_a_reason() {
    for folder in members() {
        let place = root().join(&folder).join("src");
        let head = ["lib.rs", "main.rs"].map(|name| place.join(name));
        let Some(head) = head.iter().find(|path| path.is_file()) else { continue };
        let text = read(head);
        let wanted = match UNSAFE.contains(&folder.as_str()) {
            true => "#![deny(unsafe_code)]",
            false => "#![forbid(unsafe_code)]",
        };
        assert!(text.contains(wanted), "{} must say {wanted}", shown(head));
    }
}

#[test]
fn every_unsafe_block_says_why_it_is_sound() {
    for file in rust_files(root()) {
        if shown(&file).starts_with("tests/tests/tidy") {
            continue;
        }
        let text = read(&file);
        let lines: Vec<&str> = text.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            let begins = code.contains("unsafe {") || code.contains("unsafe impl");
            if !begins {
                continue;
            }
            let reasons = lines[at.saturating_sub(6)..=at].iter();
            let said = reasons.filter(|line| line.contains("SAFETY")).count() > 0;
            assert!(said, "{}:{} has no SAFETY line", shown(&file), at + 1);
        }
    }
}

#[test]
fn no_mark_of_unfinished_work_is_left() {
    let marks = ["todo!(", "unimplemented!(", "dbg!(", concat!("FIX", "ME"), concat!("TO", "DO")];
    for file in rust_files(root()) {
        let text = read(&file);
        for mark in marks {
            let is_this = shown(&file).starts_with("tests/tests/tidy");
            assert!(is_this || !text.contains(mark), "{} has {mark}", shown(&file));
        }
    }
}

/// Lines in a row that hold nothing but literals: above this, a table was written by a program and
/// belongs into a data file that says how it was made.
const LITERAL_LINES_MAX: usize = 60;

/// Whether a line holds literals and punctuation alone.
fn is_literals(line: &str) -> bool {
    let line = line.trim();
    let digits = line.chars().filter(char::is_ascii_digit).count();
    let plain = |c: char| c.is_ascii_digit() || "[](){},.-_+:;xabcdefui \"".contains(c);
    digits > 0 && line.chars().all(plain)
}

#[test]
fn no_fixture_looks_like_generated_code() {
    for file in rust_files(root()) {
        let text = read(&file);
        let mut run = 0;
        for (at, line) in text.lines().enumerate() {
            run = if is_literals(line) { run + 1 } else { 0 };
            let place = format!("{}:{}", shown(&file), at + 1);
            assert!(run <= LITERAL_LINES_MAX, "{place}: a long table of literals");
            let is_comment = line.trim_start().starts_with("//");
            assert!(
                is_comment || line.chars().count() <= 250,
                "{place}: a line of {} characters",
                line.len()
            );
        }
    }
}
