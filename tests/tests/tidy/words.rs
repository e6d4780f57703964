//! One thing, one name.

use crate::{read, root, rust_files, shown};
use gauntlet_readmodel::environment::VARIABLES;

#[test]
fn durations_in_nanoseconds_say_so_in_the_same_way() {
    for file in rust_files(root()) {
        let text = read(&file);
        for (at, line) in text.lines().enumerate() {
            let constant =
                line.trim_start().trim_start_matches("pub ").trim_start_matches("pub(super) ");
            let Some(rest) = constant.strip_prefix("const ") else { continue };
            let Some((name, rest)) = rest.split_once(':') else { continue };
            let place = format!("{}:{}: {name}", shown(&file), at + 1);
            assert!(!name.ends_with("_NANOS"), "{place} ends in _NS");
            let duration = rest.starts_with(" u64 =") && rest.contains("NANOS_PER_");
            // A unit of time is named by itself.
            let is_unit = name.ends_with("_SECONDS")
                || ["MILLI", "SECOND", "MINUTE", "HOUR", "DAY"].contains(&name);
            let named = name.contains("_NS") || name.starts_with("NANOS_PER_") || is_unit;
            assert!(!duration || named, "{place} is in nanoseconds: name it so, _NS");
        }
    }
}

/// Words that once were the names of several things, and of none that the field knows.
const RETIRED: [&str; 7] = ["Desk", "Moment", "Told", "Asked", "Back", "Stake", "Around"];

#[test]
fn a_word_of_the_vocabulary_names_one_thing() {
    let mut stages = 0;
    let mut bounds = 0;
    for file in rust_files(root()) {
        let name = shown(&file);
        if name.contains("tests/") || name.ends_with("tests.rs") {
            continue;
        }
        for (at, line) in read(&file).lines().enumerate() {
            let mut words = line.split(|c: char| !c.is_alphanumeric() && c != '_');
            let defines = words.any(|word| ["struct", "enum", "trait"].contains(&word));
            let name = words.next().unwrap_or_default();
            let is_code = !line.trim_start().starts_with("//");
            let place = format!("{}:{}", shown(&file), at + 1);
            assert!(
                !(is_code && defines && RETIRED.contains(&name)),
                "{place}: {name} says nothing"
            );
            stages += usize::from(is_code && defines && name == "Stage");
            bounds += usize::from(line.trim_start().starts_with("pub const BOTS_MAX:"));
        }
    }
    assert_eq!((stages, bounds), (1, 1), "the stage of a bot, and the most bots of a run");
}

#[test]
fn every_environment_variable_of_ours_stands_in_the_table_of_them() {
    // The programs refuse one that does not, and they run in the environment of the tests.
    let mut files = rust_files(&root().join("testkit/src"));
    files.push(root().join("Makefile"));
    let scripts = std::fs::read_dir(root().join("scripts")).expect("the scripts");
    files
        .extend(scripts.map(|script| script.expect("an entry").path()).filter(|one| one.is_file()));
    let mut known = 0;
    for file in files {
        let text = read(&file);
        let words = text.split(|c: char| !c.is_ascii_uppercase() && c != '_');
        for name in words.filter(|word| word.starts_with("GAUNTLET_")) {
            let stands = VARIABLES.iter().any(|variable| variable.name == name);
            assert!(stands, "{}: {name} is missing in readmodel's environment.rs", shown(&file));
            known += 1;
        }
    }
    assert!(known > 0, "no name of ours was found");
}

#[test]
fn a_path_that_a_page_names_is_there() {
    let folders: Vec<String> = std::fs::read_dir(root())
        .expect("the root")
        .map(|entry| entry.expect("an entry"))
        .filter(|entry| entry.path().is_dir())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| name != "target" && !name.starts_with('.'))
        .collect();
    let mut pages: Vec<_> = std::fs::read_dir(root().join("docs"))
        .expect("the pages")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    pages
        .extend(["README.md", "CONTRIBUTING.md", "benches/RESULTS.md"].map(|one| root().join(one)));
    let mut named = 0;
    for page in pages.iter().filter(|page| page.extension().is_some_and(|kind| kind == "md")) {
        let text = read(page);
        for quoted in text.split('`').skip(1).step_by(2) {
            let Some((folder, rest)) = quoted.split_once('/') else { continue };
            let plain = |c: char| c.is_ascii_alphanumeric() || "_-./".contains(c);
            if !folders.iter().any(|name| name == folder) || !rest.chars().all(plain) {
                continue;
            }
            // `a/b::c` and the like name something inside of a file.
            assert!(root().join(quoted).exists(), "{}: there is no {quoted}", shown(page));
            named += 1;
        }
    }
    assert!(named > 0, "no page names a path");
}
