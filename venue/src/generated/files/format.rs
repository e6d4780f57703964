//! How records become bytes: DBN or CSV, as they are or compressed.

use super::plan::FilePlan;
use super::record::Rec;
use dbn::encode::{
    CsvEncoder, DbnMetadataEncoder, DbnRecordEncoder, EncodeRecordRef, EncodeRecordTextExt,
};
use gauntlet_core::units::UnixNanos;
use std::io::{self, Write};
use std::path::Path;

/// Compression level: the library's default, fast and small enough.
const LEVEL: i32 = 3;

/// What a file's name says of its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Databento's binary encoding.
    Dbn {
        /// Whether it is compressed with zstd.
        zstd: bool,
    },
    /// Text with a header, prices in whole units and times in RFC 3339.
    Csv {
        /// Whether it is compressed with zstd.
        zstd: bool,
    },
}

impl Format {
    /// The format of a file by its name: `.dbn`, `.dbn.zst`, `.csv` or `.csv.zst`.
    pub fn of(path: &Path) -> Option<Format> {
        let name = path.file_name()?.to_str()?.to_ascii_lowercase();
        let (bare, zstd) = match name.strip_suffix(".zst") {
            Some(bare) => (bare, true),
            None => (name.as_str(), false),
        };
        if bare.ends_with(".dbn") {
            Some(Format::Dbn { zstd })
        } else if bare.ends_with(".csv") {
            Some(Format::Csv { zstd })
        } else {
            None
        }
    }
}

/// Takes records and makes bytes of them.
pub(super) trait Encoder {
    /// # Errors
    /// Of the writer.
    fn encode(&mut self, rec: &Rec, plan: &FilePlan) -> io::Result<()>;
}

/// Writes the header, gives an encoder to `write`, and writes what is held back.
///
/// # Errors
/// Of the writer, of `write`, or that the plan's header cannot be encoded.
pub(super) fn with_encoder<W: Write, E: From<io::Error>>(
    format: Format,
    plan: &FilePlan,
    writer: W,
    write: impl FnOnce(&mut dyn Encoder) -> Result<(), E>,
) -> Result<W, E> {
    let (Format::Dbn { zstd } | Format::Csv { zstd }) = format;
    if zstd {
        let mut compressed = zstd::stream::write::Encoder::new(writer, LEVEL)?;
        compressed.include_checksum(true)?;
        let compressed = plain(format, plan, compressed, write)?;
        Ok(compressed.finish()?)
    } else {
        plain(format, plan, writer, write)
    }
}

fn plain<W: Write, E: From<io::Error>>(
    format: Format,
    plan: &FilePlan,
    mut writer: W,
    write: impl FnOnce(&mut dyn Encoder) -> Result<(), E>,
) -> Result<W, E> {
    match format {
        Format::Dbn { .. } => {
            DbnMetadataEncoder::new(&mut writer).encode(&plan.metadata()).map_err(plainly)?;
            write(&mut DbnRecordEncoder::new(&mut writer))?;
            Ok(writer)
        }
        Format::Csv { .. } => {
            let builder = CsvEncoder::builder(writer).use_pretty_px(true).use_pretty_ts(true);
            let builder = builder.with_symbol(true).schema(Some(plan.schema)).write_header(true);
            let mut encoder = builder.build().map_err(plainly)?;
            write(&mut encoder)?;
            Ok(encoder.into_inner().map_err(plainly)?)
        }
    }
}

impl<W: Write> Encoder for DbnRecordEncoder<W> {
    fn encode(&mut self, rec: &Rec, _: &FilePlan) -> io::Result<()> {
        self.encode_record_ref(rec.as_ref()).map_err(plainly)
    }
}

impl<W: Write> Encoder for CsvEncoder<W> {
    fn encode(&mut self, rec: &Rec, plan: &FilePlan) -> io::Result<()> {
        let at = UnixNanos(rec.header().ts_event);
        let symbol = plan.symbol_of(rec.header().instrument_id, at);
        self.encode_ref_with_sym(rec.as_ref(), symbol).map_err(plainly)
    }
}

/// The operating system's error, where it is one.
fn plainly(error: dbn::Error) -> io::Error {
    match error {
        dbn::Error::Io { source, .. } => source,
        other => io::Error::other(other),
    }
}
