//! A journal on disk: what is written is read again, whatever happens to the process, the machine or
//! the disk.

mod support;

use gauntlet_core::units::UnixNanos;
use gauntlet_storage::journal::*;
use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use support::{Numbers, mbo, sequenced};

const SEGMENT: usize = 64 << 10;

fn config() -> JournalConfig {
    JournalConfig { segment_bytes: SEGMENT, max_bytes: None, epoch: Some(77) }
}

fn open(dir: &Path) -> OpenedJournal {
    Journal::create_or_open(dir, &config()).expect("opens")
}

fn segment(dir: &Path, stream: Stream, index: u64) -> PathBuf {
    dir.join(stream.name()).join(format!("{index:08}.seg"))
}

fn write_at(path: &Path, offset: u64, bytes: &[u8]) {
    let file = OpenOptions::new().write(true).open(path).expect("opens");
    file.write_all_at(bytes, offset).expect("writes");
}

fn flip(path: &Path, offset: u64, mask: u8) {
    let file = OpenOptions::new().read(true).write(true).open(path).expect("opens");
    let mut byte = [0];
    file.read_exact_at(&mut byte, offset).expect("reads");
    file.write_all_at(&[byte[0] ^ mask], offset).expect("writes");
}

/// Inputs 1 to `count`, each with two effects and a sent message; every tenth without effects.
fn append_some(journal: &mut OpenedJournal, count: u64) {
    let first = journal.inputs.last_seq() + 1;
    for seq in first..first + count {
        let input = sequenced(seq);
        journal.inputs.append_input(&input).expect("appends");
        if seq % 10 != 0 {
            let mut numbers = Numbers(seq);
            for index in 0..2 {
                let effect = numbers.effect(seq + u64::from(index));
                journal.effects.append_effect(seq, index, input.time, &effect).expect("appends");
            }
            journal.effects.append_sent(seq, input.time, &numbers.sent()).expect("appends");
        }
    }
}

fn read_inputs(dir: &Path) -> Vec<u64> {
    let mut reader = InputReader::open(dir, Position::START).expect("opens");
    let mut seqs = Vec::new();
    while let Some(record) = reader.next().expect("reads") {
        let expected = sequenced(record.sequenced.seq);
        assert_eq!(format!("{:?}", record.sequenced), format!("{expected:?}"));
        seqs.push(record.sequenced.seq);
    }
    seqs
}

fn read_effects(dir: &Path) -> Vec<(u64, u32)> {
    let mut reader = EffectReader::open(dir, Position::START).expect("opens");
    let mut effects = Vec::new();
    while let Some(record) = reader.next().expect("reads") {
        if matches!(record.entry, EffectEntry::Effect(_)) {
            effects.push((record.cause, record.index));
        }
    }
    effects
}

#[test]
fn what_was_appended_is_read_again_after_reopening() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut journal = open(dir.path());
    assert!(journal.recovery.created);
    assert_eq!((journal.recovery.next_seq, journal.recovery.epoch), (1, 77));
    append_some(&mut journal, 100);
    journal.sync.finish().expect("syncs");
    drop(journal);

    let mut journal = open(dir.path());
    let recovery = &journal.recovery;
    assert!(!recovery.created);
    assert_eq!((recovery.next_seq, recovery.epoch), (101, 77));
    assert_eq!((recovery.inputs.records, recovery.effects.records), (100, 270));
    assert_eq!((recovery.inputs.first_time_ns, recovery.inputs.last_time_ns), (1_000, 100_000));
    assert_eq!((&recovery.inputs.torn, &recovery.effects.torn), (&None, &None));
    assert_eq!(journal.effects.last_effect(), Some((99, 1)));
    append_some(&mut journal, 50);
    assert_eq!(read_inputs(dir.path()), (1..=150).collect::<Vec<_>>());
    let effects = read_effects(dir.path());
    assert_eq!(effects.len(), 270);
    assert!(effects.is_sorted());
}

#[test]
fn a_second_writer_is_told_who_has_the_journal() {
    let dir = tempfile::tempdir().expect("a directory");
    let journal = open(dir.path());
    let error = Journal::create_or_open(dir.path(), &config()).expect_err("locked");
    assert!(matches!(error, JournalError::Locked { .. }));
    assert!(error.to_string().contains(&format!("(pid {})", std::process::id())), "{error}");
    let OpenedJournal { inputs, effects, sync, .. } = journal;
    drop((inputs, sync));
    Journal::create_or_open(dir.path(), &config()).expect_err("a part is still held");
    drop(effects);
    open(dir.path());
}

#[test]
fn verifying_never_keeps_a_writer_out() {
    let dir = tempfile::tempdir().expect("a directory");
    drop(open(dir.path()));
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                verify(dir.path()).expect("whole");
            }
        });
        let opened = (0..30).all(|_| Journal::create_or_open(dir.path(), &config()).is_ok());
        done.store(true, Ordering::Relaxed);
        assert!(opened);
    });
}

#[test]
fn records_go_on_in_the_next_segment() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut journal = open(dir.path());
    for _ in 0..30 {
        append_some(&mut journal, 100);
        journal.sync.do_work().expect("works");
    }
    let positions = journal.sync.positions();
    journal.sync.finish().expect("syncs");
    assert_eq!(positions.inputs(), journal.inputs.position());
    assert_eq!(positions.effects(), journal.effects.position());
    assert_eq!((positions.inputs_lag_bytes(), positions.effects_lag_bytes()), (0, 0));
    let report = verify(dir.path()).expect("whole");
    assert!(report.live && report.is_whole());
    assert!(report.inputs.segments > 3 && report.effects.segments > 6, "{report:?}");
    assert_eq!(read_inputs(dir.path()), (1..=3_000).collect::<Vec<_>>());
    drop(journal);

    let journal = open(dir.path());
    assert_eq!(journal.recovery.next_seq, 3_001);
    assert_eq!(journal.recovery.inputs.records, 3_000);
}

#[test]
fn a_writer_that_finds_no_segment_ready_makes_one_itself() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut journal = open(dir.path());
    append_some(&mut journal, 3_000);
    let positions = journal.sync.positions();
    assert!(positions.segments_made_late() > 5);
    assert!(positions.inputs_lag_bytes() > 0);
    // The other side catches up with all of them, and makes the next ones ready.
    journal.sync.finish().expect("syncs");
    assert_eq!(positions.inputs_lag_bytes(), 0);
    while journal.sync.do_work().expect("works") > 0 {}
    let made_late = positions.segments_made_late();
    for _ in 0..10 {
        append_some(&mut journal, 100);
        while journal.sync.do_work().expect("works") > 0 {}
    }
    assert_eq!(positions.segments_made_late(), made_late);
    drop(journal);
    assert_eq!(open(dir.path()).recovery.next_seq, 4_001);
}

#[test]
fn a_reader_goes_on_from_its_cursor() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut journal = open(dir.path());
    append_some(&mut journal, 1_500);
    let mut reader = InputReader::open(dir.path(), Position::START).expect("opens");
    for _ in 0..700 {
        reader.next().expect("reads").expect("is there");
    }
    let mut later = InputReader::open(dir.path(), reader.position()).expect("opens");
    assert_eq!(later.next().expect("reads").expect("is there").sequenced.seq, 701);
    let mut end = InputReader::open(dir.path(), journal.inputs.position()).expect("opens");
    assert_eq!(end.next().expect("reads"), None);
    append_some(&mut journal, 1);
    assert_eq!(end.next().expect("reads").expect("is there").sequenced.seq, 1_501);
}

#[test]
fn readers_follow_two_writers_live() {
    const COUNT: u64 = 20_000;
    let dir = tempfile::tempdir().expect("a directory");
    let OpenedJournal { mut inputs, mut effects, mut sync, .. } = open(dir.path());
    let deadline = Instant::now() + Duration::from_secs(60);
    thread::scope(|scope| {
        let writing_inputs = scope.spawn(move || {
            for seq in 1..=COUNT {
                inputs.append_input(&mbo(seq)).expect("appends");
            }
            inputs
        });
        let writing_effects = scope.spawn(move || {
            for seq in 1..=COUNT {
                let effect = Numbers(seq).effect(seq);
                effects.append_effect(seq, 0, UnixNanos(seq), &effect).expect("appends");
            }
            effects
        });
        scope.spawn(|| {
            let mut reader = InputReader::open(dir.path(), Position::START).expect("opens");
            let mut next = 1;
            while next <= COUNT {
                assert!(Instant::now() < deadline, "input {next} does not come");
                match reader.next().expect("reads") {
                    Some(record) => {
                        assert_eq!(record.sequenced, mbo(next));
                        next += 1;
                    }
                    None => thread::yield_now(),
                }
            }
        });
        scope.spawn(|| {
            let mut reader = EffectReader::open(dir.path(), Position::START).expect("opens");
            let mut next = 1;
            while next <= COUNT {
                assert!(Instant::now() < deadline, "effect {next} does not come");
                match reader.next().expect("reads") {
                    Some(record) => {
                        assert_eq!(record.cause, next);
                        next += 1;
                    }
                    None => thread::yield_now(),
                }
            }
        });
        let verifying = scope.spawn(|| {
            for _ in 0..5 {
                let report = verify(dir.path()).expect("a live journal verifies");
                assert!(report.is_whole(), "{report:?}");
            }
        });
        while !writing_inputs.is_finished()
            || !writing_effects.is_finished()
            || !verifying.is_finished()
        {
            sync.do_work().expect("works");
        }
        let _held = (writing_inputs.join(), writing_effects.join());
        sync.finish().expect("syncs");
    });
    drop(sync);
    let report = verify(dir.path()).expect("whole");
    assert!(!report.live && report.is_whole());
    assert_eq!((report.inputs.records, report.effects.records), (COUNT, COUNT));
}

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
fn records_out_of_order_are_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut journal = open(dir.path());
    let refused = journal.inputs.append_input(&sequenced(2)).expect_err("a gap");
    assert!(matches!(refused, AppendError::OutOfOrder { seq: 2, last_seq: 0, .. }));
    append_some(&mut journal, 3);
    let at = journal.effects.position();
    let effect = Numbers(1).effect(1);
    let time = UnixNanos(1);
    assert!(journal.effects.append_effect(3, 1, time, &effect).is_err());
    assert!(journal.effects.append_effect(2, 5, time, &effect).is_err());
    assert_eq!(journal.effects.position(), at);
    journal.effects.append_effect(3, 2, time, &effect).expect("follows");
}

#[test]
fn a_full_disk_leaves_room_for_the_halt_and_then_refuses_cleanly() {
    let dir = tempfile::tempdir().expect("a directory");
    // Room for two segments of the inputs and one of the effects.
    let config = JournalConfig { max_bytes: Some(3 * SEGMENT as u64), ..config() };
    let mut journal = Journal::create_or_open(dir.path(), &config).expect("opens");
    let mut seq = 0;
    let mut short_at = None;
    let error = loop {
        seq += 1;
        if journal.inputs.is_short() && short_at.is_none() {
            short_at = Some((seq, journal.inputs.remaining()));
        }
        if let Err(error) = journal.inputs.append_input(&mbo(seq)) {
            break error;
        }
    };
    assert!(matches!(
        error,
        AppendError::Full { stream: Stream::Inputs, kind: std::io::ErrorKind::QuotaExceeded }
    ));
    let (short_at, remaining) = short_at.expect("was told in time");
    assert!(remaining > SEGMENT / 16 && seq - short_at >= (remaining / 72) as u64);
    assert!(journal.inputs.remaining() < 72);
    while journal.sync.do_work().expect("works") > 0 {}
    assert!(journal.sync.disk_refuses().is_some());
    journal.sync.finish().expect("syncs");
    drop(journal);

    let report = verify(dir.path()).expect("whole");
    assert!(report.is_whole());
    assert_eq!(report.inputs.last_seq, seq - 1);
    // With room again it goes on.
    let mut journal = open(dir.path());
    assert_eq!(journal.recovery.next_seq, seq);
    journal.inputs.append_input(&mbo(seq)).expect("appends");
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
    assert!(matches!(error, JournalError::NotAJournal { .. }));
    fs::write(dir.path().join("journal.hdr"), b"something else").expect("writes");
    let error = Journal::create_or_open(dir.path(), &config()).expect_err("another header");
    assert!(matches!(error, JournalError::NotAJournal { .. }));
    for segment_bytes in [0, 4_096, SEGMENT + 1] {
        let config = JournalConfig { segment_bytes, ..config() };
        let error = Journal::create_or_open(dir.path(), &config).expect_err("settings");
        assert!(matches!(error, JournalError::Settings(_)));
    }
}

#[test]
fn a_journal_keeps_its_own_segment_length_and_epoch() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut journal = open(dir.path());
    append_some(&mut journal, 5);
    drop(journal);
    let other = JournalConfig { segment_bytes: 2 * SEGMENT, max_bytes: None, epoch: Some(1) };
    let journal = Journal::create_or_open(dir.path(), &other).expect("opens");
    assert_eq!((journal.recovery.epoch, journal.recovery.next_seq), (77, 6));
    assert_eq!(verify(dir.path()).expect("whole").segment_bytes, SEGMENT as u64);
}

#[test]
#[ignore = "a measurement: cargo test --release -p gauntlet-storage -- --ignored --nocapture"]
fn append_takes_well_under_200_nanoseconds() {
    const BATCH: u64 = 10_000;
    let dir = tempfile::tempdir().expect("a directory");
    let mut journal =
        Journal::create_or_open(dir.path(), &JournalConfig::default()).expect("opens");
    let OpenedJournal { inputs, sync, .. } = &mut journal;
    let samples: Vec<_> = (0..16).map(mbo).collect();
    let mut batches: Vec<f64> = (0..100)
        .map(|batch| {
            let begin = Instant::now();
            for i in 0..BATCH {
                let mut input = samples[(i % 16) as usize];
                input.seq = batch * BATCH + i + 1;
                inputs.append_input(&input).expect("appends");
            }
            let taken = begin.elapsed().as_nanos() as f64 / BATCH as f64;
            sync.do_work().expect("works");
            taken
        })
        .collect();
    batches.sort_by(f64::total_cmp);
    println!("72-byte records, ns each: median {:.1}, worst batch {:.1}", batches[50], batches[99]);
    assert!(batches[50] < 200.0);
}
