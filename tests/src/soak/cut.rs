//! What a loss of power takes: bytes of the journal that were written and not synced.

use super::chance::Chance;
use gauntlet_journal::SEGMENT_HEADER;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// Where a segment's durable mark is: see docs/journal.md.
const DURABLE_MARK: u64 = 48;

/// Takes away what was not synced, from a byte on that chance decides, of each stream for itself: all, some or none
/// of it. Returns how many bytes were lost.
///
/// # Panics
/// When the journal cannot be read or written.
pub(super) fn lose_unsynced(journal: &Path, chance: &mut Chance) -> u64 {
    let mut lost = 0;
    for stream in ["inputs", "effects"] {
        lost += lose_tail(&journal.join(stream), chance);
    }
    lost
}

fn segments(stream: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(stream) else { return Vec::new() };
    let paths = entries.map(|entry| entry.expect("a folder of segments").path());
    let mut paths: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|ext| ext == "seg")).collect();
    paths.sort();
    paths
}

fn lose_tail(stream: &Path, chance: &mut Chance) -> u64 {
    let paths = segments(stream);
    let files: Vec<File> = paths
        .iter()
        .map(|path| OpenOptions::new().read(true).write(true).open(path).expect("a segment"))
        .collect();
    let Some(first) = files.first() else { return 0 };
    let segment_len = first.metadata().expect("known").len();
    // Positions run over all segments of the stream.
    let durable = files.iter().map(durable_mark).max().unwrap_or(0);
    let ends = (0u64..).zip(&files).map(|(index, file)| index * segment_len + written_end(file));
    let written = ends.filter(|end| end % segment_len > SEGMENT_HEADER as u64).max().unwrap_or(0);
    if durable == 0 || written <= durable {
        return 0;
    }
    let from = chance.between(durable, written);
    for (index, file) in (0u64..).zip(&files) {
        let (begins, ends) = (index * segment_len, (index + 1) * segment_len);
        let from = from.max(begins + SEGMENT_HEADER as u64);
        if from < ends {
            let zeros = vec![0; (ends - from) as usize];
            file.write_all_at(&zeros, from - begins).expect("a segment can be written");
        }
    }
    written - from
}

fn durable_mark(file: &File) -> u64 {
    let mut mark = [0; 8];
    file.read_exact_at(&mut mark, DURABLE_MARK).expect("a segment's header");
    u64::from_le_bytes(mark)
}

/// Behind the last byte that is not zero, as all of a segment is that was not written.
fn written_end(file: &File) -> u64 {
    let len = file.metadata().expect("known").len();
    let mut bytes = vec![0; len as usize];
    file.read_exact_at(&mut bytes, 0).expect("a segment");
    bytes.iter().rposition(|byte| *byte != 0).map_or(0, |at| at as u64 + 1)
}
