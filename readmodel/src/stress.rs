//! The record of a stress run (R29), in the data folder, and how old it is.

use crate::load::Load;
use gauntlet_model::units::{NANOS_PER_SECOND, UnixNanos};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::{fs, io};

/// The name of the record in a data folder.
pub const RECORD_NAME: &str = "stress.json";
/// Days after which a run is to be made again: six months.
pub const VALID_DAYS: u64 = 184;
const NANOS_PER_DAY: u64 = 86_400 * NANOS_PER_SECOND;

/// How long something took.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    /// From where to where.
    pub name: String,
    /// Samples.
    pub count: u64,
    /// Median, in nanoseconds.
    pub p50_ns: u64,
    /// 99th percentile, in nanoseconds.
    pub p99_ns: u64,
    /// The longest, in nanoseconds.
    pub max_ns: u64,
}

/// A stress run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StressRecord {
    /// When it ended, in nanoseconds since the epoch.
    pub at: u64,
    /// The version of the program.
    pub version: String,
    /// The SHA-256 of the program, in hexadecimal.
    pub binary_hash: String,
    /// The highest load seen in six months.
    pub seen: Load,
    /// What was to be reached: twice as much.
    pub target: Load,
    /// What was reached.
    pub reached: Load,
    /// Records of market data a second in the mean of the run.
    pub messages_mean: u64,
    /// Seconds that counted.
    pub seconds: u64,
    /// Records that the venue sent, and that the node took.
    pub records: [u64; 2],
    /// Order messages that the node sent, and that the venue took.
    pub orders: [u64; 2],
    /// Reports that the venue sent, and that the node took.
    pub reports: [u64; 2],
    /// Most bytes of market data that waited at the venue for the node.
    pub data_waiting_max: u64,
    /// Most words of the broker's that waited for the sequencer.
    pub words_waiting_max: u64,
    /// How long each part took.
    pub segments: Vec<Segment>,
    /// What was not as it must be; empty when it passed.
    pub broken: Vec<String>,
}

impl StressRecord {
    /// Whether everything was as it must be.
    pub fn passed(&self) -> bool {
        self.broken.is_empty()
    }

    /// Keeps it in a data folder, whole or not at all.
    ///
    /// # Errors
    /// The system's.
    pub fn keep(&self, data: &Path) -> io::Result<()> {
        let (path, part) = (path(data), data.join("stress.json.part"));
        fs::write(&part, serde_json::to_vec_pretty(self)?)?;
        fs::rename(part, path)
    }

    /// The record of a data folder; `None` when there is none that can be read.
    pub fn read(data: &Path) -> Option<StressRecord> {
        serde_json::from_slice(&fs::read(path(data)).ok()?).ok()
    }
}

fn path(data: &Path) -> PathBuf {
    data.join(RECORD_NAME)
}

/// The last stress run in words, with what is to be done about it.
pub fn in_words(record: Option<&StressRecord>, now: UnixNanos) -> String {
    let Some(record) = record else {
        return "none: run `gauntlet stress --data` with this folder".to_owned();
    };
    let days = now.0.saturating_sub(record.at) / NANOS_PER_DAY;
    let verdict = match record.passed() {
        true => "passed".to_owned(),
        false => format!("FAILED: {}", record.broken.join("; ")),
    };
    let old = match days > VALID_DAYS {
        true => ", OLDER THAN SIX MONTHS: run `gauntlet stress` again",
        false => "",
    };
    format!(
        "{verdict}, {} at {} messages/s (seen {}) and {} orders/s (seen {}){old}",
        UnixNanos(record.at),
        record.messages_mean,
        record.seen.messages.per_second,
        record.reached.orders.per_second,
        record.seen.orders.per_second,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(broken: &[&str]) -> StressRecord {
        StressRecord {
            at: NANOS_PER_DAY,
            version: "1".to_owned(),
            binary_hash: String::new(),
            seen: Load::default(),
            target: Load::default(),
            reached: Load::default(),
            messages_mean: 7,
            seconds: 10,
            records: [1, 1],
            orders: [2, 2],
            reports: [3, 3],
            data_waiting_max: 0,
            words_waiting_max: 0,
            segments: Vec::new(),
            broken: broken.iter().map(|what| (*what).to_owned()).collect(),
        }
    }

    #[test]
    fn a_record_is_kept_and_read_and_a_damaged_one_is_none() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(StressRecord::read(folder.path()), None);
        let kept = record(&["a record was lost"]);
        kept.keep(folder.path()).expect("room");
        assert_eq!(StressRecord::read(folder.path()), Some(kept));
        fs::write(path(folder.path()), b"{").expect("room");
        assert_eq!(StressRecord::read(folder.path()), None);
    }

    #[test]
    fn a_run_is_good_for_six_months_and_a_failed_one_says_why() {
        let words = |days: u64, broken: &[&str]| {
            in_words(Some(&record(broken)), UnixNanos((1 + days) * NANOS_PER_DAY))
        };
        assert!(!words(VALID_DAYS, &[]).contains("OLDER"));
        assert!(words(VALID_DAYS + 1, &[]).contains("OLDER"));
        assert!(words(1, &["lost"]).contains("FAILED: lost"));
        assert!(in_words(None, UnixNanos(0)).contains("none"));
    }
}
