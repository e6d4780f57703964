//! The crates and what they use, against the table in `docs/architecture.md`.

use crate::{manifest, members, read, root, rust_files, shown};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// A crate's folder and package with the short names of our crates that it uses.
type Graph = BTreeMap<(String, String), BTreeSet<String>>;

/// A package's name without the prefix that most of ours have.
fn short(package: &str) -> String {
    package.strip_prefix("gauntlet-").unwrap_or(package).to_owned()
}

/// The packages of the workspace by name.
fn packages() -> BTreeMap<String, String> {
    let name = |folder: &String| {
        manifest(folder)["package"]["name"].as_str().expect("a package's name").to_owned()
    };
    members().iter().map(|folder| (name(folder), folder.clone())).collect()
}

fn dependencies(manifest: &toml::Table, section: &str) -> BTreeSet<String> {
    let table = manifest.get(section).and_then(toml::Value::as_table);
    table.map(|table| table.keys().cloned().collect()).unwrap_or_default()
}

fn graph_of_manifests() -> Graph {
    let ours = packages();
    let uses = |folder: &str| {
        let all = dependencies(&manifest(folder), "dependencies");
        all.iter().filter(|name| ours.contains_key(*name)).map(|name| short(name)).collect()
    };
    ours.iter().map(|(name, folder)| ((folder.clone(), name.clone()), uses(folder))).collect()
}

/// The rows of the table under "Rooms": folder, package, (what it holds), uses.
fn graph_of_page() -> Graph {
    let page = read(&root().join("docs/architecture.md"));
    let mut graph = Graph::new();
    for line in page.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [folder, package, _, uses] = cells[..] else { continue };
        let uses = uses.split(',').map(str::trim).filter(|one| *one != "nothing");
        let plain = |cell: &str| cell.trim_matches('`').to_owned();
        graph.insert((plain(folder), plain(package)), uses.map(str::to_owned).collect());
    }
    graph
}

#[test]
fn the_crates_use_each_other_as_the_page_on_architecture_says() {
    let (page, manifests) = (graph_of_page(), graph_of_manifests());
    for (place, uses) in &manifests {
        let granted = page.get(place);
        let granted =
            granted.unwrap_or_else(|| panic!("docs/architecture.md has no row {place:?}"));
        assert_eq!(uses, granted, "{place:?}: left by its manifest, right by docs/architecture.md");
    }
    for place in page.keys() {
        assert!(manifests.contains_key(place), "docs/architecture.md tells of {place:?}");
    }
}

#[test]
fn the_hot_path_links_no_server_and_no_asynchronous_runtime() {
    let ours = packages();
    for hot in ["model", "runtime", "strategy", "engine", "manager", "gateways", "journal"] {
        let folder = &ours[&format!("gauntlet-{hot}")];
        let used = dependencies(&manifest(folder), "dependencies");
        for heavy in ["tokio", "axum", "reqwest", "sqlx", "hyper", "tower-http"] {
            assert!(!used.contains(heavy), "{folder} depends on {heavy}");
        }
    }
}

#[test]
fn the_testkit_is_a_dependency_of_tests_alone() {
    for folder in members() {
        let used = dependencies(&manifest(&folder), "dependencies");
        let whole = matches!(folder.as_str(), "tests" | "testkit");
        assert!(whole || !used.contains("gauntlet-testkit"), "{folder} uses it outside of tests");
    }
}

/// Whether a text names a crate: as `name::`, or in `use name`, or as an attribute's path.
fn names(text: &str, package: &str) -> bool {
    let name = package.replace('-', "_");
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(&name).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = &text[at + name.len()..];
        let ends = after.starts_with("::") || after.starts_with(';') || after.starts_with(" as ");
        !before.is_some_and(is_word) && ends
    })
}

/// The text of all files of a folder; of its programs and libraries alone, `#[cfg(test)]` modules at
/// their ends and files of tests are left out.
fn text_of(folder: &Path, with_tests: bool) -> String {
    let mut all = String::new();
    if !folder.is_dir() {
        return all;
    }
    for file in rust_files(folder) {
        let name = shown(&file);
        let is_test = name.contains("/tests/")
            || name.ends_with("tests.rs")
            || name.ends_with("fixtures.rs")
            || name.ends_with("oracle.rs");
        let text = read(&file);
        if with_tests {
            all.push_str(&text);
            // A test may look at a file of another crate from within (a model of its threads).
            let inner = text
                .lines()
                .filter_map(|line| line.strip_prefix("#[path = \"")?.strip_suffix("\"]"));
            inner.for_each(|path| all.push_str(&read(&file.with_file_name(path))));
        } else if !is_test {
            let end = text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len());
            all.push_str(&text[..end]);
        }
    }
    all
}

#[test]
fn every_dependency_is_used_where_its_manifest_says() {
    let mut unused = vec![];
    for folder in members() {
        let manifest = manifest(&folder);
        let place = root().join(&folder);
        // The crates of tests and benchmarks are tests from end to end.
        let library = match folder.as_str() {
            "tests" | "benches" => text_of(&place, true),
            _ => text_of(&place.join("src"), false),
        };
        let everything = text_of(&place, true);
        for package in dependencies(&manifest, "dependencies") {
            if !names(&library, &package) {
                unused.push(format!("{folder}: {package} is not used outside of tests"));
            }
        }
        for package in dependencies(&manifest, "dev-dependencies") {
            // What is listed in both places is there for a feature.
            let also = dependencies(&manifest, "dependencies").contains(&package);
            let by_feature = manifest["dev-dependencies"][&package].get("features").is_some();
            if !also && !by_feature && !names(&everything, &package) {
                unused.push(format!("{folder}: {package} is not used by its tests"));
            }
        }
        for package in dependencies(&manifest, "build-dependencies") {
            if !names(&read(&place.join("build.rs")), &package) {
                unused.push(format!("{folder}: {package} is not used by its build script"));
            }
        }
    }
    assert!(unused.is_empty(), "remove from the manifests:\n{}", unused.join("\n"));
}
