//! The sessions of one mode, and the look-up that every order and bar makes.

use super::SessionSpan;
use crate::units::{NANOS_PER_SECOND, UnixNanos};

const NANOS_PER_DAY: u64 = 86_400 * NANOS_PER_SECOND;

/// The sessions of one mode, in order.
#[derive(Clone, Debug)]
pub(super) struct Sessions {
    spans: Vec<SessionSpan>,
    /// The UTC day, counted from the epoch, of the first opening.
    first_day: u64,
    /// For each day from the first on, how many sessions opened before it. Every order looks its
    /// session up, mostly with cold caches: two reads beat the dozen of a binary search.
    opened_before: Vec<u32>,
}

impl Sessions {
    pub fn new(spans: Vec<SessionSpan>) -> Sessions {
        let day = |span: &SessionSpan| span.open.0 / NANOS_PER_DAY;
        let first_day = spans.first().map_or(0, day);
        let days = spans.last().map_or(0, day) + 1 - first_day;
        let mut opened_before = Vec::with_capacity(days as usize);
        let mut before = 0;
        for today in first_day..first_day + days {
            before += spans[before..].iter().take_while(|span| day(span) < today).count();
            opened_before.push(before as u32);
        }
        Sessions { spans, first_day, opened_before }
    }

    pub fn spans(&self) -> &[SessionSpan] {
        &self.spans
    }

    pub fn at(&self, at: UnixNanos) -> Option<SessionSpan> {
        let span = self.spans[self.opened_by(at).checked_sub(1)?];
        span.contains(at).then_some(span)
    }

    pub fn next_open(&self, at: UnixNanos) -> Option<UnixNanos> {
        self.spans.get(self.opened_by(at)).map(|span| span.open)
    }

    /// How many opened until a moment.
    fn opened_by(&self, at: UnixNanos) -> usize {
        let Some(day) = (at.0 / NANOS_PER_DAY).checked_sub(self.first_day) else { return 0 };
        let before = usize::try_from(day).ok().and_then(|day| self.opened_before.get(day));
        let before = before.map_or(self.spans.len(), |before| *before as usize);
        before + self.spans[before..].iter().take_while(|span| span.open <= at).count()
    }
}
