//! The style as a program: walls between crates, dependencies that are used, functions of a length
//! that can be read at once, fixtures that a person wrote.

mod sources;
mod walls;
mod words;

use std::path::{Path, PathBuf};

/// The root of the repository.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this crate is a folder of it")
}

/// The text of a file of the repository.
fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The folders of the workspace's crates, as its manifest lists them.
fn members() -> Vec<String> {
    let manifest: toml::Table = read(&root().join("Cargo.toml")).parse().expect("a manifest");
    let members = manifest["workspace"]["members"].as_array().expect("a list of members");
    members.iter().map(|one| one.as_str().expect("a folder").to_owned()).collect()
}

/// The manifest of a crate.
fn manifest(folder: &str) -> toml::Table {
    read(&root().join(folder).join("Cargo.toml")).parse().expect("a manifest")
}

/// Every Rust file below a folder of the repository, build results aside.
fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = vec![];
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder);
        let entries = entries.unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        for entry in entries {
            let path = entry.expect("an entry").path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if path.is_dir() && name != "target" && !name.starts_with('.') {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// A file's path as people write it, from the root of the repository.
fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}
