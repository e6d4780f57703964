//! What a node keeps is its owner's alone, and says where it is to nobody else.

use gauntlet_readmodel::node_file::{NODE_FILE, NODE_HEADER, NodeFile};
use gauntlet_tests::process::Process;
use gauntlet_tests::{program, wait_for, wait_until};
use std::fs::{self, Permissions};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A demo on ports that the system chooses, started under a umask.
fn demo(umask: &str, data: &Path) -> Process {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("umask {umask}; exec \"$0\" \"$@\"")]).arg(program!());
    command.args(["demo", "--http-port", "0", "--feed-port", "0", "--fix-port", "0", "--data"]);
    command.arg(data);
    Process::spawn(command)
}

/// Every path in a folder and the folder itself, with what it is and its permissions.
fn modes(path: &Path) -> Vec<(PathBuf, bool, u32)> {
    // Segments are renamed while the journal is written.
    let Ok(found) = fs::symlink_metadata(path) else { return Vec::new() };
    let mut modes = vec![(path.to_owned(), found.is_dir(), found.mode() & 0o777)];
    if found.is_dir() {
        for entry in fs::read_dir(path).expect("its owner lists it") {
            modes.extend(modes_of(entry));
        }
    }
    modes
}

fn modes_of(entry: std::io::Result<fs::DirEntry>) -> Vec<(PathBuf, bool, u32)> {
    modes(&entry.expect("an entry").path())
}

fn assert_private(data: &Path, names: &[&str]) {
    let found = modes(data);
    for (path, is_dir, mode) in &found {
        let right = if *is_dir { 0o700 } else { 0o600 };
        assert_eq!(*mode, right, "{} has {mode:o}", path.display());
    }
    for name in names {
        assert!(found.iter().any(|(path, ..)| path.ends_with(name)), "{name} is not there");
    }
}

#[test]
fn everything_in_the_data_folder_is_private_under_any_umask() {
    for umask in ["000", "022", "777"] {
        let dir = tempfile::tempdir().expect("a folder");
        let data = dir.path().join("data");
        let mut process = demo(umask, &data);
        wait_until("it runs", || {
            process.assert_running();
            process.stderr().contains("running")
        });
        let running = ["control.sock", NODE_FILE, "configuration.accepted", "journal.hdr", "lock"];
        assert_private(&data, &running);
        process.stop().expect_code(0);
        assert_private(&data, &["latency.hlog", "inputs/00000000.seg", "effects/00000000.seg"]);
    }
}

#[test]
fn a_folder_that_an_earlier_release_left_open_is_closed() {
    let dir = tempfile::tempdir().expect("a folder");
    let data = dir.path().join("data");
    let run = || {
        let process = demo("022", &data);
        wait_until("it runs", || process.stderr().contains("running"));
        process.stop()
    };
    run().expect_code(0);
    for (path, is_dir, _) in modes(&data) {
        let open = if is_dir { 0o755 } else { 0o644 };
        fs::set_permissions(path, Permissions::from_mode(open)).expect("ours");
    }
    run().expect_code(0);
    assert_private(&data, &["journal.before/journal.hdr", "journal/journal.hdr"]);
}

#[test]
fn a_folder_that_holds_other_things_is_left_alone_and_told() {
    let dir = tempfile::tempdir().expect("a folder");
    fs::write(dir.path().join("letter"), "not ours").expect("written");
    fs::set_permissions(dir.path(), Permissions::from_mode(0o755)).expect("ours");
    let process = demo("022", dir.path());
    wait_until("it runs", || process.stderr().contains("running"));
    process.stop().expect_code(0).expect_told(&["other users can list", "a folder of its own"]);
    assert_eq!(fs::metadata(dir.path()).expect("there").mode() & 0o777, 0o755);
    assert_private(&dir.path().join("journal"), &[]);
}

#[test]
fn a_node_says_in_its_folder_where_it_is_and_answers_under_that_name() {
    let dir = tempfile::tempdir().expect("a folder");
    let data = dir.path().join("data");
    let process = demo("022", &data);
    let node = wait_for("the node says where it is", || NodeFile::read(&data));
    assert_eq!(node.pid, process.id());
    let address = node.page.as_deref().and_then(|page| page.strip_prefix("http://"));
    let address = address.expect("its page");
    let answer = |meant: &str| {
        let mut stream = TcpStream::connect(address).expect("it listens");
        let head = format!("GET /api/status HTTP/1.1\r\nhost: {address}\r\nconnection: close");
        write!(stream, "{head}\r\n{NODE_HEADER}: {meant}\r\n\r\n").expect("sent");
        let mut text = String::new();
        stream.read_to_string(&mut text).expect("an answer");
        text
    };
    let right = answer(&node.identity);
    assert!(right.starts_with("HTTP/1.1 200") && right.contains(&node.identity), "{right}");
    assert!(answer("another").starts_with("HTTP/1.1 421"));
    process.stop().expect_code(0);
    assert_eq!(NodeFile::read(&data), None);
}
