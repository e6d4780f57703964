//! `ctl journal`.

use crate::fixture::{Step, append, arg, ctl, morning, open, run, write};
use gauntlet_model::effect::Effect;
use std::fs::OpenOptions;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::mpsc;
use std::time::Duration;

fn effects(steps: &[Step]) -> usize {
    steps.iter().map(|step| step.effects.len()).sum()
}

#[test]
fn a_whole_journal_is_verified_and_replays_equal_by_either_of_its_directories() {
    let data = tempfile::tempdir().expect("a directory");
    let steps = morning();
    write(&data.path().join("journal"), &steps);
    let journal = data.path().join("journal");
    for args in [
        vec!["journal", "verify", arg(data.path()), "--json"],
        vec!["journal", "verify", arg(&journal), "--json"],
        vec!["journal", "verify", "--data", arg(data.path()), "--json"],
    ] {
        let verified = run(args);
        assert_eq!((verified.code, verified.err.as_str()), (0, ""), "{verified}");
        assert_eq!(verified.json()["whole"], true);
        assert_eq!(verified.json()["inputs"]["records"], steps.len());
    }
    let text = run(["journal", "verify", arg(data.path())]);
    assert!(text.out.contains(": whole\n") && text.out.contains("in 1 segment,"), "{text}");

    let replayed = run(["journal", "replay", arg(data.path()), "--json"]);
    assert_eq!(replayed.code, 0, "{replayed}");
    let report = replayed.json();
    assert_eq!((&report["equal"], &report["missing"]), (&true.into(), &0.into()));
    assert_eq!(report["inputs"], steps.len());
    assert_eq!(report["effects"], effects(&steps));
    let text = run(["journal", "replay", arg(&journal)]);
    assert!(text.out.starts_with("equal: "), "{text}");
}

#[test]
fn an_effect_that_this_build_does_not_make_ends_a_replay_with_9() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut steps = morning();
    let (at, bar) = steps
        .iter_mut()
        .enumerate()
        .find_map(|(at, step)| {
            step.effects.iter_mut().find_map(|effect| match effect {
                Effect::Bar(bar) => Some((at, bar)),
                _ => None,
            })
        })
        .expect("a morning has bars");
    bar.volume += 1;
    write(dir.path(), &steps);
    let replayed = run(["journal", "replay", arg(dir.path())]);
    assert_eq!((replayed.code, replayed.out.as_str()), (9, ""), "{replayed}");
    for word in ["input ", "recorded Bar", "computed Bar", "volume: "] {
        assert!(replayed.err.contains(word), "{word}: {replayed}");
    }
    let replayed = run(["--json", "journal", "replay", arg(dir.path())]);
    assert_eq!(replayed.code, 9, "{replayed}");
    let difference = replayed.json();
    assert_eq!((&difference["equal"], &difference["cause"]), (&false.into(), &(at + 1).into()));
    assert_ne!(difference["recorded"], difference["computed"]);
}

#[test]
fn damage_ends_verify_replay_and_tail_with_3() {
    let dir = tempfile::tempdir().expect("a directory");
    write(dir.path(), &morning());
    let segment = dir.path().join("inputs").join("00000000.seg");
    let mut file = OpenOptions::new().read(true).write(true).open(segment).expect("the segment");
    let mut byte = [0];
    file.seek(SeekFrom::Start(1_000)).expect("seeks");
    file.read_exact(&mut byte).expect("reads");
    file.seek(SeekFrom::Start(1_000)).expect("seeks");
    file.write_all(&[!byte[0]]).expect("writes");
    for what in ["verify", "replay", "tail"] {
        let damaged = run(["journal", what, arg(dir.path())]);
        assert_eq!(damaged.code, 3, "{what}: {damaged}");
        assert!(damaged.err.contains("damaged journal: "), "{damaged}");
        assert!(damaged.err.contains("00000000.seg at byte "), "{damaged}");
    }
    let told = run(["--json", "journal", "verify", arg(dir.path())]);
    let error: serde_json::Value = serde_json::from_str(&told.err).expect("JSON on stderr");
    assert_eq!((told.code, &error["exit_code"]), (3, &3.into()));
}

#[test]
fn a_damaged_or_missing_header_is_damage_as_a_damaged_record_is() {
    let data = tempfile::tempdir().expect("a directory");
    let journal = data.path().join("journal");
    write(&journal, &morning());
    let header = journal.join("journal.hdr");
    let whole = std::fs::read(&header).expect("a header");
    let cut = whole[..whole.len() - 1].to_vec();
    let mut flipped = whole.clone();
    flipped[20] ^= 1;
    for bytes in [Some(cut), Some(flipped), Some(b"a letter".to_vec()), Some(Vec::new()), None] {
        match &bytes {
            Some(bytes) => std::fs::write(&header, bytes).expect("written"),
            None => std::fs::remove_file(&header).expect("removed"),
        }
        for what in ["verify", "replay", "tail"] {
            for dir in [data.path(), &journal] {
                let damaged = run(["journal", what, arg(dir)]);
                assert_eq!(damaged.code, 3, "{what} of {bytes:?}: {damaged}");
                assert!(damaged.err.contains("journal.hdr"), "{damaged}");
            }
        }
        let status = run(["status", "--data", arg(data.path())]);
        assert_eq!(status.code, 3, "{bytes:?}: {status}");
    }
}

#[test]
fn a_directory_without_a_journal_is_named() {
    let dir = tempfile::tempdir().expect("a directory");
    for what in ["verify", "replay", "tail"] {
        let none = run(["journal", what, arg(dir.path())]);
        assert_eq!(none.code, 1, "{none}");
        assert!(none.err.contains(arg(dir.path())), "{none}");
        assert!(none.err.contains("is not a journal"), "{none}");
    }
}

#[test]
fn the_tail_is_the_last_records_of_both_streams_in_their_order() {
    let dir = tempfile::tempdir().expect("a directory");
    let steps = morning();
    write(dir.path(), &steps);
    let all = run(["journal", "tail", arg(dir.path()), "-n", "1000000", "--json"]);
    assert_eq!(all.code, 0, "{all}");
    let records: Vec<serde_json::Value> =
        all.out.lines().map(|line| serde_json::from_str(line).expect("a record a line")).collect();
    let sent: usize = steps.iter().map(|step| step.sent.len()).sum();
    assert_eq!(records.len(), steps.len() + effects(&steps) + sent);
    let place =
        |record: &serde_json::Value| (record["seq"].as_u64(), record["stream"] == "effects");
    assert!(records.is_sorted_by_key(place), "an input stands before what was made of it");

    let last = run(["journal", "tail", arg(dir.path())]);
    assert_eq!(last.out.lines().count(), 20, "{last}");
    let end = last.out.lines().last().expect("a record");
    let input = steps.iter().rposition(|s| !s.effects.is_empty()).expect("effects") + 1;
    let seq = input.max(steps.len());
    assert!(end.contains(&format!("  {seq}")), "{end}");

    let of_orders = ["--kind", "outbound,message_sent"];
    let tail = [&["journal", "tail", arg(dir.path()), "-n", "1000000"][..], &of_orders].concat();
    let orders = run(tail);
    let lines: Vec<&str> = orders.out.lines().take(4).collect();
    assert_eq!(lines.len(), 4, "{orders}");
    for (line, words) in lines.iter().zip([
        "broker es-orb new: buy 2 ESH4 @ 50",
        "paper es-paper new: buy 2 ESH4 @ 50",
        "broker type D, message 1, order ",
        "paper type D, message 2, order ",
    ]) {
        assert!(line.contains(words), "{line} lacks {words:?}");
    }
}

struct Following(Child);

impl Drop for Following {
    fn drop(&mut self) {
        self.0.kill().expect("it still follows");
        self.0.wait().expect("it ends");
    }
}

fn follow(dir: &Path) -> (Following, mpsc::Receiver<String>) {
    let mut command = ctl(["journal", "tail", arg(dir), "--follow", "-n", "1"]);
    let mut child = command.stdout(Stdio::piped()).spawn().expect("ctl runs");
    let stdout = BufReader::new(child.stdout.take().expect("piped"));
    let (send, lines) = mpsc::channel();
    std::thread::spawn(move || {
        stdout.lines().map_while(Result::ok).try_for_each(|line| send.send(line))
    });
    (Following(child), lines)
}

#[test]
fn a_tail_that_follows_shows_what_is_written_meanwhile() {
    let dir = tempfile::tempdir().expect("a directory");
    let steps = morning();
    let mut journal = open(dir.path());
    append(&mut journal, &steps[0]);
    append(&mut journal, &steps[1]);
    let (_following, lines) = follow(dir.path());
    let next = || lines.recv_timeout(Duration::from_secs(20)).expect("a line in time");
    assert!(next().contains("account       DEMO: most 10 held"));
    append(&mut journal, &steps[2]);
    assert!(next().contains("bot_settings  es-orb LIVE orb_breakout on ESH4 for DEMO"));
}
