//! Generated files through everything that reads market data: what is tested on recorded data is
//! tested on these in any clone.

mod indicators;
mod lean;
mod markets;
mod readers;

use dbn::Schema;
use gauntlet_core::units::UnixNanos;
use gauntlet_venue::generated::files::{FileConfig, FilePlan, Length, write_file};
use std::path::PathBuf;

fn at(text: &str) -> UnixNanos {
    UnixNanos::parse_rfc3339(text).expect("a time")
}

/// The open of a New York day of ES.
fn morning(schema: Schema) -> FileConfig {
    FileConfig {
        start: Some(at("2026-11-17T14:00:00Z")),
        length: Length::Until(at("2026-11-17T15:30:00Z")),
        rate: 2.0,
        ..FileConfig::new("ESZ6", schema)
    }
}

fn with(config: FileConfig, faults: &[&str]) -> FileConfig {
    let faults = faults.iter().map(|fault| fault.parse().expect("a fault")).collect();
    FileConfig { faults, ..config }
}

/// A folder with files in it, which goes with this value.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Folder {
        Folder(tempfile::tempdir().expect("a folder"))
    }

    fn write(&self, name: &str, config: &FileConfig) -> PathBuf {
        let path = self.0.path().join(name);
        let plan = FilePlan::new(config).expect("a good configuration");
        write_file(&plan, &path, false, &mut |_| true).expect("written");
        path
    }
}
