//! `ctl journal verify`.

use crate::failure::Failure;
use crate::format::{many, time};
use crate::output::Output;
use crate::progress;
use gauntlet_journal::{StreamReport, VerifyReport};
use gauntlet_model::units::UnixNanos;
use serde::Serialize;
use std::path::Path;

#[derive(Serialize)]
struct Verified {
    /// Whether the journal is whole to its last byte.
    whole: bool,
    #[serde(flatten)]
    report: VerifyReport,
}

/// Reads and checks everything. A torn end is what a crash leaves and the next start cuts off: told,
/// but no damage. Bytes that had been durable and are gone are damage.
pub fn verify(dir: &Path, out: &mut Output) -> Result<(), Failure> {
    let progress = progress::waiting("reading and checking");
    let report = gauntlet_journal::verify(dir);
    progress.finish_and_clear();
    let verified = report.map(|report| Verified { whole: report.is_whole(), report })?;
    out.answer(&verified, || text(&verified))?;
    let report = &verified.report;
    let missing = report.inputs.durable_bytes_missing + report.effects.durable_bytes_missing;
    if missing > 0 {
        return Err(Failure::Damaged(format!(
            "damaged journal: {missing} bytes in {} had been durable and are gone: restore the \
             directory from a copy, or move it away to begin a new journal and reconcile with the \
             broker",
            dir.display()
        )));
    }
    Ok(())
}

fn text(verified: &Verified) -> String {
    let report = &verified.report;
    let mut text = format!(
        "{}: {}{}\n  format {}, made {}\n",
        report.directory.display(),
        if verified.whole { "whole" } else { "not whole" },
        if report.live { ", being written" } else { "" },
        report.format_version,
        time(&UnixNanos(report.epoch.saturating_mul(1_000_000_000)).to_string())
    );
    for (name, stream) in [("inputs", &report.inputs), ("effects", &report.effects)] {
        text += &stream_text(name, stream);
    }
    if let Some(orphans) = report.orphans {
        text += &format!(
            "  {} of inputs {} to {}, which were lost with the machine: the next start marks \
             them as lost; reconcile with the broker\n",
            many(orphans.count, "effect"),
            orphans.first_cause,
            orphans.last_cause
        );
    }
    text
}

fn stream_text(name: &str, stream: &StreamReport) -> String {
    let mut text = format!(
        "  {name:<7} {}, {} in {}",
        many(stream.records, "record"),
        many(stream.bytes, "byte"),
        many(stream.segments, "segment")
    );
    if stream.records > 0 {
        text += &format!(
            ", seq {} to {}, {} to {}",
            stream.first_seq,
            stream.last_seq,
            time(&UnixNanos(stream.first_time_ns).to_string()),
            time(&UnixNanos(stream.last_time_ns).to_string())
        );
    }
    text += "\n";
    if let Some(torn) = &stream.torn {
        text += &format!(
            "          torn end: {} in {} at byte {}, which the next start cuts off\n",
            many(torn.bytes, "byte"),
            torn.file.display(),
            torn.offset
        );
    }
    for lost in &stream.lost {
        text += &format!(
            "          inputs {} to {} were lost with the machine\n",
            lost.first, lost.last
        );
    }
    text
}
