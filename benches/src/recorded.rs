//! The recorded market data that benchmarks run on.

use std::path::{Path, PathBuf};
use std::{fs, io};

/// The market-by-order files of ESH4's Christmas of 2023, in their order.
pub const ESH4_MBO: [&str; 2] = ["esh4-20231224.mbo.dbn.zst", "esh4-20231225.mbo.dbn.zst"];

/// Recorded files, uncompressed, in a folder that goes with this value: what is measured is neither
/// decompression nor the disk.
pub struct Recorded {
    folder: tempfile::TempDir,
    files: Vec<PathBuf>,
    compressed: Vec<PathBuf>,
}

impl Recorded {
    /// Takes files of `shared/data/cme` beside the repository, or of the folder that
    /// `GAUNTLET_BENCH_DATA` names.
    ///
    /// # Errors
    /// What is missing, for people.
    pub fn open(names: &[&str]) -> Result<Recorded, String> {
        let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/cme");
        let from =
            std::env::var_os("GAUNTLET_BENCH_DATA").map_or_else(|| beside.into(), PathBuf::from);
        let folder = tempfile::tempdir().map_err(|e| format!("no temporary folder: {e}"))?;
        let (mut files, mut compressed) = (Vec::new(), Vec::new());
        for name in names {
            let source = from.join(name);
            let target = folder.path().join(name.trim_end_matches(".zst"));
            expand(&source, &target).map_err(|e| format!("{}: {e}", source.display()))?;
            files.push(target);
            compressed.push(source);
        }
        Ok(Recorded { folder, files, compressed })
    }

    /// The uncompressed files, in the order of their names.
    pub fn files(&self) -> &[PathBuf] {
        &self.files
    }

    /// The same files as they were recorded, compressed.
    pub fn compressed(&self) -> &[PathBuf] {
        &self.compressed
    }

    /// The folder that the uncompressed files are in.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

fn expand(source: &Path, target: &Path) -> io::Result<()> {
    let reader = dbn::decode::DynReader::new_inferred(fs::File::open(source)?);
    let mut reader = reader.map_err(io::Error::other)?;
    io::copy(&mut reader, &mut fs::File::create(target)?)?;
    Ok(())
}
