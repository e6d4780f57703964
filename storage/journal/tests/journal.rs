//! A journal on disk: what is written is read again, by whoever reads it and whenever.

mod support;

use gauntlet_journal::*;
use gauntlet_model::input::Sequenced;
use gauntlet_model::units::UnixNanos;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use support::*;

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
                let effect = Numbers::new(seq).effect(seq);
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
#[should_panic(expected = "the sequencer's time never runs back")]
fn a_sequencer_whose_time_runs_back_is_a_fault_of_the_program() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut journal = open(dir.path());
    append_some(&mut journal, 3);
    let input = Sequenced { time: UnixNanos(1), ..sequenced(4) };
    let _ = journal.inputs.append_input(&input);
}

#[test]
fn records_out_of_order_are_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut journal = open(dir.path());
    let refused = journal.inputs.append_input(&sequenced(2)).expect_err("a gap");
    assert!(matches!(refused, AppendError::OutOfOrder { seq: 2, last_seq: 0, .. }));
    append_some(&mut journal, 3);
    let at = journal.effects.position();
    let effect = Numbers::new(1).effect(1);
    let time = UnixNanos(1);
    assert!(journal.effects.append_effect(3, 1, time, &effect).is_err());
    assert!(journal.effects.append_effect(2, 5, time, &effect).is_err());
    assert!(journal.effects.append_effect(3, 3, time, &effect).is_err(), "an index is left out");
    let refused = journal.effects.append_effect(4, 1, time, &effect).expect_err("not the first");
    let AppendError::OutOfOrder { last_seq, last_index, .. } = refused else { panic!("{refused}") };
    assert_eq!((last_seq, last_index), (3, 1), "what it had to follow is told");
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

/// `journal.hdr` of a journal whose segments have a length.
fn header(segment_len: u64) -> Vec<u8> {
    let mut bytes = b"GNTLTJNL".to_vec();
    bytes.extend(u64::from(FORMAT_VERSION).to_le_bytes());
    bytes.extend(77u64.to_le_bytes());
    bytes.extend(segment_len.to_le_bytes());
    bytes.extend(crc32c::crc32c(&bytes).to_le_bytes());
    bytes
}

#[test]
fn a_header_whose_segments_no_journal_has_is_refused_before_the_disk_is_filled() {
    for segment_len in [0, 4_096, SEGMENT as u64 + 1, (1 << 32) + 4_096, u64::MAX - 4_095] {
        let dir = tempfile::tempdir().expect("a directory");
        std::fs::write(dir.path().join("journal.hdr"), header(segment_len)).expect("writes");
        assert!(verify(dir.path()).is_err(), "{segment_len}");
        assert!(Journal::create_or_open(dir.path(), &config()).is_err(), "{segment_len}");
    }
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::write(dir.path().join("journal.hdr"), header(SEGMENT as u64)).expect("writes");
    assert!(Journal::create_or_open(dir.path(), &config()).is_ok());
}

#[test]
fn an_effect_of_the_last_number_there_is_leaves_a_number_for_the_next_input() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut journal = open(dir.path());
    append_some(&mut journal, 5);
    let effect = Numbers::new(1).effect(1);
    let time = UnixNanos(9_000);
    journal.effects.append_effect(u64::MAX - 1, 0, time, &effect).expect("appends");
    drop(journal);
    // Its cause is lost, and marked so. There is no number behind the next one.
    let mut journal = open(dir.path());
    assert_eq!(journal.recovery.next_seq, u64::MAX);
    let input = Sequenced { seq: u64::MAX, ..sequenced(6) };
    assert!(journal.inputs.append_input(&input).is_err());
}
