//! What a journal keeps, cuts and refuses, whatever happens to the process, the machine or the disk.

mod support;

use gauntlet_journal::*;
use std::fs::{self, OpenOptions};
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::thread;
use support::*;

#[test]
fn a_journal_cut_anywhere_keeps_the_records_before_the_cut() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut journal = open(dir.path());
    append_some(&mut journal, 12);
    let end = journal.inputs.position().0;
    drop(journal);
    let path = segment(dir.path(), Stream::Inputs, 0);
    let whole = fs::read(&path).expect("reads");
    let mut ends = vec![SEGMENT_HEADER as u64];
    let mut reader = InputReader::open(dir.path(), Position::START).expect("opens");
    while reader.next().expect("reads").is_some() {
        ends.push(reader.position().0);
    }
    for cut in (SEGMENT_HEADER as u64..end).step_by(13) {
        fs::write(&path, &whole[..cut as usize]).expect("writes");
        fs::remove_dir_all(dir.path().join("effects")).expect("removes");
        let records = ends.iter().filter(|e| **e <= cut).count() as u64 - 1;
        let before = verify(dir.path()).expect("a torn tail is no damage");
        let mut journal = open(dir.path());
        let found = &journal.recovery.inputs;
        assert_eq!(found.records, records, "cut at {cut}");
        let torn = found.torn.as_ref().map_or(0, |torn| torn.bytes);
        // Zeros at the end of a payload may be missing from the count.
        assert!(torn <= cut - ends[records as usize], "cut at {cut}");
        assert_eq!((&before.inputs.torn, before.inputs.records), (&found.torn, records));
        // Goes on right behind the last whole record.
        append_some(&mut journal, 2);
        drop(journal);
        assert_eq!(read_inputs(dir.path()), (1..=records + 2).collect::<Vec<_>>(), "cut at {cut}");
        assert!(verify(dir.path()).expect("whole").inputs.torn.is_none());
    }
}

#[test]
fn a_tail_half_written_by_a_dying_process_is_cut_and_told() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut journal = open(dir.path());
    append_some(&mut journal, 5);
    let end = journal.inputs.position().0;
    drop(journal);
    // A body without its commit word.
    let path = segment(dir.path(), Stream::Inputs, 0);
    write_at(&path, end + 8, b"JR half a record");
    let journal = open(dir.path());
    let torn = journal.recovery.inputs.torn.clone().expect("is told");
    assert_eq!((torn.offset, torn.bytes, torn.whole_records), (end, 24, 0));
    assert!(torn.file.ends_with("inputs/00000000.seg"));
    assert_eq!(journal.recovery.next_seq, 6);
    drop(journal);
    let bytes = fs::read(&path).expect("reads");
    assert!(bytes[end as usize..].iter().all(|b| *b == 0));
}

#[test]
fn a_flipped_bit_before_the_durable_mark_is_refused_and_nothing_changed() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut journal = open(dir.path());
    append_some(&mut journal, 6);
    let checked = journal.inputs.position().0;
    append_some(&mut journal, 1);
    journal.sync.finish().expect("syncs");
    drop(journal);
    let path = segment(dir.path(), Stream::Inputs, 0);
    for offset in (SEGMENT_HEADER as u64..checked).step_by(3) {
        let mask = 1 << (offset % 8);
        flip(&path, offset, mask);
        let before = fs::read(&path).expect("reads");
        let error = Journal::create_or_open(dir.path(), &config()).expect_err("damaged");
        let JournalError::Damaged { path: file, offset: at, .. } = &error else {
            panic!("unexpected {error}");
        };
        assert_eq!((file, *at <= offset), (&path, true));
        assert!(error.to_string().contains("restore the directory from a copy"), "{error}");
        assert!(matches!(verify(dir.path()), Err(JournalError::Damaged { .. })));
        let mut reader = InputReader::open(dir.path(), Position::START).expect("opens");
        let read = std::iter::from_fn(|| match reader.next() {
            Ok(Some(_)) => Some(()),
            Ok(None) | Err(_) => None,
        });
        assert!(read.count() < 6, "a flipped record was read");
        assert_eq!(fs::read(&path).expect("reads"), before);
        flip(&path, offset, mask);
    }
    verify(dir.path()).expect("whole again");
}

#[test]
fn a_reader_tells_damage_from_the_live_end() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut journal = open(dir.path());
    append_some(&mut journal, 3);
    let third = journal.inputs.position().0;
    append_some(&mut journal, 1);
    let path = segment(dir.path(), Stream::Inputs, 0);
    flip(&path, third + 40, 1);
    let mut reader = InputReader::open(dir.path(), Position(third)).expect("opens");
    assert_eq!(reader.next().expect("not yet"), None);
    assert_eq!(reader.next().expect("not yet"), None);
    append_some(&mut journal, 1);
    let mut reader = InputReader::open(dir.path(), Position(third)).expect("opens");
    assert!(matches!(reader.next(), Err(JournalError::Damaged { .. })));
}

#[test]
fn pages_that_a_crash_of_the_machine_kept_behind_a_hole_are_cut() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut journal = open(dir.path());
    append_some(&mut journal, 10);
    journal.sync.finish().expect("syncs");
    let durable = journal.inputs.position().0;
    append_some(&mut journal, 10);
    drop(journal);
    let path = segment(dir.path(), Stream::Inputs, 0);
    write_at(&path, durable, &[0; 64]);
    fs::remove_dir_all(dir.path().join("effects")).expect("removes");
    let journal = open(dir.path());
    let torn = journal.recovery.inputs.torn.as_ref().expect("is told");
    assert_eq!(torn.offset, durable);
    assert!(torn.whole_records >= 8, "{torn:?}");
    assert_eq!(journal.recovery.next_seq, 11);
    drop(journal);
    assert!(verify(dir.path()).expect("whole").inputs.torn.is_none());
}

#[test]
fn durable_records_that_are_gone_are_told() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut journal = open(dir.path());
    append_some(&mut journal, 9);
    let kept = journal.inputs.position().0;
    append_some(&mut journal, 1);
    let end = journal.inputs.position().0;
    journal.sync.finish().expect("syncs");
    drop(journal);
    let path = segment(dir.path(), Stream::Inputs, 0);
    OpenOptions::new().write(true).open(&path).expect("opens").set_len(kept).expect("cuts");
    let report = verify(dir.path()).expect("no damage");
    assert!(!report.is_whole());
    assert_eq!(report.inputs.durable_bytes_missing, end - kept);
    assert_eq!(open(dir.path()).recovery.inputs.durable_bytes_missing, end - kept);
    assert_eq!(open(dir.path()).recovery.inputs.durable_bytes_missing, 0);
}

#[test]
fn sequence_numbers_of_inputs_lost_with_the_machine_are_not_used_again() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut journal = open(dir.path());
    append_some(&mut journal, 7);
    let kept = journal.inputs.position().0;
    append_some(&mut journal, 2);
    drop(journal);
    let path = segment(dir.path(), Stream::Inputs, 0);
    OpenOptions::new().write(true).open(&path).expect("opens").set_len(kept).expect("cuts");

    let orphans = verify(dir.path()).expect("no damage").orphans.expect("are told");
    assert_eq!((orphans.first_cause, orphans.last_cause), (8, 9));
    let mut journal = open(dir.path());
    assert_eq!(journal.recovery.orphans, Some(orphans));
    assert_eq!(journal.recovery.next_seq, 10);
    journal.inputs.append_input(&sequenced(8)).expect_err("was used");
    append_some(&mut journal, 5);
    drop(journal);

    assert_eq!(read_inputs(dir.path()), [1, 2, 3, 4, 5, 6, 7, 10, 11, 12, 13, 14]);
    let mut reader = InputReader::open(dir.path(), Position::START).expect("opens");
    while reader.next().expect("reads").is_some() {}
    assert_eq!(reader.lost(), [LostInputs { first: 8, last: 9 }]);
    let report = verify(dir.path()).expect("whole");
    assert_eq!((report.orphans, report.inputs.lost.len()), (None, 1));
    assert_eq!(open(dir.path()).recovery.next_seq, 15);
}

#[test]
fn after_a_failed_sync_nothing_is_called_durable_again() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut journal = open(dir.path());
    append_some(&mut journal, 3_000);
    let positions = journal.sync.positions();
    let durable = positions.inputs();
    // The names of the new segments cannot be made durable while their directory is elsewhere.
    let (inputs, elsewhere) = (dir.path().join("inputs"), dir.path().join("elsewhere"));
    fs::rename(&inputs, &elsewhere).expect("renames");
    let error = journal.sync.do_work().expect_err("cannot sync");
    assert!(matches!(error, SyncError::Failed { .. }), "{error}");
    fs::rename(&elsewhere, &inputs).expect("renames");
    assert!(matches!(journal.sync.do_work(), Err(SyncError::Poisoned)));
    assert!(matches!(journal.sync.finish(), Err(SyncError::Poisoned)));
    assert_eq!(positions.inputs(), durable);
}

#[test]
fn a_reader_that_came_before_the_repair_goes_on_after_it() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut journal = open(dir.path());
    append_some(&mut journal, 4);
    let end = journal.inputs.position().0;
    drop(journal);
    let path = segment(dir.path(), Stream::Inputs, 0);
    OpenOptions::new().write(true).open(&path).expect("opens").set_len(end).expect("cuts");
    let mut reader = InputReader::open(dir.path(), Position::START).expect("opens");
    for seq in 1..=4 {
        assert_eq!(reader.next().expect("reads").expect("is there").sequenced.seq, seq);
    }
    assert_eq!(reader.next().expect("reads"), None);
    let mut journal = open(dir.path());
    append_some(&mut journal, 1);
    assert_eq!(reader.next().expect("reads").expect("is there").sequenced.seq, 5);
}

#[test]
fn a_segment_that_is_missing_or_foreign_is_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut journal = open(dir.path());
    append_some(&mut journal, 3_000);
    journal.sync.finish().expect("syncs");
    drop(journal);
    let (first, second) =
        (segment(dir.path(), Stream::Inputs, 1), segment(dir.path(), Stream::Inputs, 2));
    let bytes = fs::read(&first).expect("reads");
    fs::remove_file(&first).expect("removes");
    let error = Journal::create_or_open(dir.path(), &config()).expect_err("is missing");
    assert!(error.to_string().contains("missing"), "{error}");
    fs::copy(&second, &first).expect("copies");
    Journal::create_or_open(dir.path(), &config()).expect_err("is another one");
    fs::write(&first, bytes).expect("writes");
    open(dir.path());
}

#[test]
fn what_is_no_journal_is_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    assert!(matches!(verify(dir.path()), Err(JournalError::NotAJournal { .. })));
    assert!(matches!(
        JournalReader::open(dir.path(), Stream::Inputs, Position::START),
        Err(JournalError::NotAJournal { .. })
    ));
    drop(open(dir.path()));
    fs::remove_file(dir.path().join("journal.hdr")).expect("removes");
    let error = Journal::create_or_open(dir.path(), &config()).expect_err("no header");
    assert!(matches!(error, JournalError::Damaged { .. }), "{error}");
    let error = verify(dir.path()).expect_err("no header");
    assert!(matches!(error, JournalError::Damaged { .. }), "{error}");
    fs::write(dir.path().join("journal.hdr"), b"something else").expect("writes");
    let error = Journal::create_or_open(dir.path(), &config()).expect_err("another header");
    assert!(matches!(error, JournalError::Damaged { .. }), "{error}");
    for segment_bytes in [0, 4_096, SEGMENT + 1] {
        let config = JournalConfig { segment_bytes, ..config() };
        let error = Journal::create_or_open(dir.path(), &config).expect_err("settings");
        assert!(matches!(error, JournalError::Settings(_)));
    }
}

const CHILD: &str = "GAUNTLET_TEST_JOURNAL";

/// Not a test of its own: what the next test runs as another process.
#[test]
#[ignore = "run by a_process_killed_at_any_moment_loses_nothing_that_it_had_appended"]
fn append_until_killed() {
    let Some(dir) = std::env::var_os(CHILD) else { return };
    let mut journal = open(dir.as_ref());
    let positions = journal.sync.positions();
    thread::scope(|scope| {
        let sync = &mut journal.sync;
        scope.spawn(move || {
            loop {
                sync.do_work().expect("works");
            }
        });
        loop {
            let seq = journal.inputs.last_seq() + 1;
            let input = sequenced(seq);
            journal.inputs.append_input(&input).expect("appends");
            let effect = Numbers::new(seq).effect(seq);
            journal.effects.append_effect(seq, 0, input.time, &effect).expect("appends");
            println!("appended {seq} {}", positions.segments_made_late());
        }
    });
}

#[test]
fn a_process_killed_at_any_moment_loses_nothing_that_it_had_appended() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut known = 0;
    for round in 0..12 {
        let mut child = Command::new(std::env::current_exe().expect("this program"))
            .args(["--exact", "append_until_killed", "--ignored", "--nocapture"])
            .env(CHILD, dir.path())
            .stdout(Stdio::piped())
            .spawn()
            .expect("starts");
        let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let mut told = lines.filter_map(|line| {
            let line = line.ok()?;
            line.split_once("appended ")?.1.split(' ').next()?.parse::<u64>().ok()
        });
        known = told.nth(40 + round * 97).expect("appends");
        child.kill().expect("kills");
        child.wait().expect("ends");
        known = told.last().unwrap_or(known);

        let report = verify(dir.path()).expect("no damage");
        assert!(report.inputs.last_seq >= known, "input {known} is lost: {report:?}");
        assert!(report.effects.last_effect >= Some((known, 0)), "{report:?}");
        assert_eq!((report.inputs.durable_bytes_missing, report.orphans), (0, None));
        let next_seq = open(dir.path()).recovery.next_seq;
        assert_eq!(next_seq, report.inputs.last_seq + 1);
        assert!(verify(dir.path()).expect("whole").is_whole());
    }
    assert!(read_inputs(dir.path()).last() >= Some(&known));
}
