//! A journal goes on when the process has run out of file descriptors. Alone in its program, since the
//! limit is that of the whole process.

mod support;

use gauntlet_journal::{Journal, JournalConfig, verify};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::fs::File;
use support::{SEGMENT, sequenced};

/// Takes every descriptor that is left.
fn take_all() -> Vec<File> {
    std::iter::from_fn(|| File::open("/dev/null").ok()).collect()
}

#[test]
fn segments_are_made_while_no_descriptor_is_free() {
    let limit = Rlimit { current: Some(128), maximum: getrlimit(Resource::Nofile).maximum };
    setrlimit(Resource::Nofile, limit).expect("it may be lowered");
    let dir = tempfile::tempdir().expect("a directory");
    let config = JournalConfig { segment_bytes: SEGMENT, max_bytes: None, epoch: Some(77) };
    let mut journal = Journal::create_or_open(dir.path(), &config).expect("opens");

    let taken = take_all();
    assert!(taken.len() > 32, "the rest of the process has some already");
    assert!(File::open(dir.path()).is_err(), "there is none left");
    // With the other side at work, then with the writer alone.
    for seq in 1..=4_000 {
        journal.inputs.append_input(&sequenced(seq)).expect("the next segment is made");
        if seq < 2_000 {
            journal.sync.do_work().expect("what was written becomes durable");
        }
    }
    assert!(!journal.inputs.is_short());
    journal.sync.finish().expect("durable");
    drop(taken);

    let segments = std::fs::read_dir(dir.path().join("inputs")).expect("a folder").count();
    assert!(segments > 4, "{segments} segments");
    drop(journal);
    assert!(verify(dir.path()).expect("readable").is_whole());
}
