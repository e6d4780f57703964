//! From records to inputs, events and failures.

use super::{FeedError, LiveConfig, LiveStats};
use crate::Received;
use crate::decode::{Decoded, Decoder, Note, check_length};
use dbn::{ErrorCode, RecordRef};
use gauntlet_core::input::{FeedChange, FeedEvent, Input};
use gauntlet_core::text::Text;
use gauntlet_core::units::UnixNanos;
use std::io;

/// How an attempt or a session ends.
pub(super) enum Failure {
    /// Try again.
    Lost(String),
    /// No attempt can help.
    Fatal(FeedError),
}

impl Failure {
    pub(super) fn lost(what: &str, error: &io::Error) -> Failure {
        Failure::Lost(format!("{what}: {error}"))
    }
}

/// Passes on what a record means.
pub(super) fn on_record(
    record: RecordRef<'_>,
    arrived: u64,
    decoder: &mut Decoder,
    stats: &mut LiveStats,
    config: &LiveConfig,
    sink: &mut impl FnMut(Received),
) -> Result<(), Failure> {
    stats.records += 1;
    match check_length(&record).and_then(|()| decoder.decode(record)) {
        Ok(Decoded::Input(input, ts)) => {
            stats.inputs += 1;
            sink(Received { input, ts, arrived });
            Ok(())
        }
        Ok(Decoded::Note(note)) => on_note(note, stats, config, sink),
        Ok(Decoded::Ignored) => Ok(()),
        Err(bad) => Err(Failure::Lost(format!("garbage: {bad}"))),
    }
}

fn on_note(
    note: Note,
    stats: &mut LiveStats,
    config: &LiveConfig,
    sink: &mut impl FnMut(Received),
) -> Result<(), Failure> {
    let first_session = stats.sessions <= 1;
    match note {
        Note::Heartbeat | Note::Mapped(_) => {}
        Note::System(code, _) => {
            stats.slow_warnings += u64::from(code == dbn::SystemCode::SlowReaderWarning as u8);
        }
        Note::Mismatch(mismatch) if first_session => {
            return Err(Failure::Fatal(FeedError::Definition(Box::new(mismatch))));
        }
        // The instrument's data is ignored from here on, so it goes stale and is not traded.
        Note::Mismatch(mismatch) => {
            sink(event(config.feed, FeedChange::Gap, &mismatch.to_string()));
        }
        Note::TableFull(instrument) => {
            let detail = format!("no room to follow {}", instrument.symbol);
            sink(event(config.feed, FeedChange::Gap, &detail));
        }
        Note::Error(code, reason) => {
            let (addr, dataset) = (config.addr.clone(), config.dataset.clone());
            let reason = printable(&reason);
            return match ErrorCode::try_from(code) {
                Ok(ErrorCode::AuthFailed | ErrorCode::ApiKeyDeactivated) if first_session => {
                    Err(Failure::Fatal(FeedError::Refused { addr, dataset, reason }))
                }
                Ok(ErrorCode::InvalidSubscription) if first_session => {
                    Err(Failure::Fatal(FeedError::Subscription { addr, reason }))
                }
                Ok(ErrorCode::SymbolResolutionFailed) if first_session => {
                    Err(Failure::Fatal(FeedError::Symbol { addr, reason }))
                }
                // The session goes on, but not all that was asked for comes.
                Ok(
                    ErrorCode::SymbolResolutionFailed
                    | ErrorCode::SkippedRecordsAfterSlowReading
                    | ErrorCode::Unset,
                )
                | Err(_) => {
                    sink(event(config.feed, FeedChange::Gap, &reason));
                    Ok(())
                }
                Ok(_) => Err(Failure::Lost(format!("gateway error: {reason}"))),
            };
        }
    }
    Ok(())
}

pub(super) fn event(feed: u8, change: FeedChange, detail: &str) -> Received {
    let detail = Text::new(detail);
    let input = Input::Feed(FeedEvent { feed, change, detail });
    Received { input, ts: UnixNanos(0), arrived: 0 }
}

/// Words of a stranger, fit to be shown.
pub(super) fn printable(text: &str) -> String {
    let clean = |c: char| if c.is_ascii_graphic() || c == ' ' { c } else { '?' };
    text.chars().take(200).map(clean).collect()
}
