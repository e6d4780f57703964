//! Which listing a vendor's number is, and when.
//!
//! A header maps each symbol to a number for some days, and a vendor gives numbers out again: the
//! number of one contract may be another's on the next day. Clients are told one number for a symbol,
//! so each listing keeps its first, or one that nobody has, and records are renumbered where the file
//! has another.

use dbn::MappingInterval;
use gauntlet_model::units::{NANOS_PER_SECOND, UnixNanos};

/// The number of an instrument on some days.
#[derive(Clone, Copy, Debug)]
struct Span {
    id: u32,
    from: u64,
    until: u64,
    listing: usize,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Identities {
    spans: Vec<Span>,
    /// The span of the last look-up: the next record is most often in it too.
    last: usize,
}

impl Identities {
    /// A listing has a number for the days of an interval, in UTC.
    pub fn add(&mut self, listing: usize, id: u32, interval: &MappingInterval) {
        let midnight =
            |seconds: i64| u64::try_from(seconds).unwrap_or(0).saturating_mul(NANOS_PER_SECOND);
        let [from, until] = [interval.start_date, interval.end_date]
            .map(|date| midnight(date.midnight().assume_utc().unix_timestamp()));
        self.spans.push(Span { id, from, until, listing });
    }

    /// The listing that a record's number is at a moment.
    pub fn listing(&mut self, id: u32, at: UnixNanos) -> Option<usize> {
        let holds = |span: &Span| span.id == id && span.from <= at.0 && at.0 < span.until;
        if let Some(span) = self.spans.get(self.last).filter(|span| holds(span)) {
            return Some(span.listing);
        }
        self.last = self.spans.iter().position(holds)?;
        Some(self.spans[self.last].listing)
    }
}
