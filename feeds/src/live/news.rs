//! From records to inputs, events and failures.

use super::mending::Mending;
use super::{FeedError, LiveConfig, LiveStats};
use crate::Received;
use crate::decode::{Decoded, Decoder, Note, check_length};
use dbn::{ErrorCode, RecordRef, Schema};
use gauntlet_model::input::{FeedChange, FeedEvent, Input};
use gauntlet_model::text::Text;
use gauntlet_model::units::UnixNanos;
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

/// What is kept of a session's news beside the stream.
pub(super) struct Ledger<'a> {
    pub config: &'a LiveConfig,
    pub stats: &'a mut LiveStats,
    pub warning: &'a mut String,
    pub mending: &'a mut Mending,
    pub now: UnixNanos,
}

impl Ledger<'_> {
    pub(super) fn warn(&mut self, warning: String) {
        self.stats.warnings += 1;
        *self.warning = warning;
    }
}

/// Passes on what a record means.
pub(super) fn on_record(
    record: RecordRef<'_>,
    arrived: u64,
    decoder: &mut Decoder,
    ledger: &mut Ledger<'_>,
    sink: &mut impl FnMut(Received),
) -> Result<(), Failure> {
    ledger.stats.records += 1;
    match check_length(&record).and_then(|()| decoder.decode(record)) {
        Ok(Decoded::Input(input, ts)) => {
            ledger.stats.inputs += 1;
            match &input {
                Input::Mbo(event) => ledger.mending.hear(event, ledger.now),
                // The core blocks the instrument; here it is told in full.
                Input::Listing(listing) => {
                    if let Some(mismatch) = decoder.mismatch(listing) {
                        ledger.warn(mismatch.to_string());
                    }
                }
                _ => {}
            }
            sink(Received { input, ts, arrived });
            Ok(())
        }
        Ok(Decoded::Depth(quote, ts)) => {
            for level in decoder.changes() {
                sink(Received { input: Input::Level(*level), ts, arrived });
            }
            ledger.stats.inputs += 1 + decoder.changes().len() as u64;
            sink(Received { input: Input::Quote(quote), ts, arrived });
            Ok(())
        }
        Ok(Decoded::Note(note)) => on_note(note, ledger, sink),
        Ok(Decoded::Ignored) => Ok(()),
        Err(bad) => Err(Failure::Lost(format!("garbage: {bad}"))),
    }
}

fn on_note(
    note: Note,
    ledger: &mut Ledger<'_>,
    sink: &mut impl FnMut(Received),
) -> Result<(), Failure> {
    match note {
        Note::Heartbeat | Note::Mapped(_) => Ok(()),
        Note::System(code, text) => {
            if code == dbn::SystemCode::SlowReaderWarning as u8 {
                ledger.stats.slow_warnings += 1;
                ledger.warn(printable(&text));
            }
            Ok(())
        }
        // The instrument's data is ignored from here on: it goes stale, and so is not traded. The other
        // instruments are as good as before.
        Note::TableFull(instrument) => {
            ledger.warn(format!("no room to follow {}", instrument.symbol));
            Ok(())
        }
        Note::Error(code, reason) => on_error(code, printable(&reason), ledger, sink),
    }
}

fn on_error(
    code: u8,
    reason: String,
    ledger: &mut Ledger<'_>,
    sink: &mut impl FnMut(Received),
) -> Result<(), Failure> {
    let config = ledger.config;
    // What the gateway refuses later than that is no mistake of the configuration.
    let first_session = ledger.stats.sessions <= 1 && ledger.stats.snapshots_asked == 0;
    let (addr, dataset) = (config.addr.clone(), config.dataset.clone());
    match ErrorCode::try_from(code) {
        Ok(ErrorCode::AuthFailed | ErrorCode::ApiKeyDeactivated) if first_session => {
            Err(Failure::Fatal(FeedError::Refused { addr, dataset, reason }))
        }
        Ok(ErrorCode::InvalidSubscription) if first_session => {
            Err(Failure::Fatal(FeedError::Subscription { addr, reason }))
        }
        Ok(ErrorCode::SymbolResolutionFailed) if first_session => {
            Err(Failure::Fatal(FeedError::Symbol { addr, reason }))
        }
        // The session goes on without that symbol.
        Ok(ErrorCode::SymbolResolutionFailed) => {
            ledger.warn(reason);
            Ok(())
        }
        // Quotes mend themselves with the next one. A book of orders is only had anew with a new
        // session's snapshot.
        Ok(ErrorCode::SkippedRecordsAfterSlowReading)
            if config.subscriptions.iter().all(|s| s.schema != Schema::Mbo) =>
        {
            sink(event(config.feed, FeedChange::Gap, &reason));
            ledger.warn(reason);
            Ok(())
        }
        _ => Err(Failure::Lost(format!("gateway error: {reason}"))),
    }
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
