//! When a position is given back, whatever its signals say.
//!
//! All exits of a bot stand beside one another. When several are met in one event, the first of this
//! list is the reason: stop loss, trailing stop, break-even, take profit, end of the session, longest
//! time held, signal. The first four are prices ([`Stops`]), worked out before the market comes there
//! and compared as integers with every view of it: the price that counts is the one that closing would
//! get, the bid for a long position and the ask for a short one, or the last trade where that side is
//! empty. While the book cannot be trusted (gapped, crossed, locked, overflowed) on a line that lives, what
//! trades since says where the market is: a stop must not wait for a book. A market that is not open, or
//! whose line is dead, says nothing.
//!
//! A distance in average true ranges is measured when the bot decides to enter, and stays what it was
//! then for the stop loss, the take profit and the break-even; that of a trailing stop is measured
//! again after every bar. Percents are of the mean entry price. A distance that cannot be measured is
//! never taken for none: the entry is not made, and a position that is held all the same is given back.

mod gap;
mod stops;

#[cfg(test)]
mod tests;

pub(super) use gap::{Gap, Gaps};
pub(super) use stops::Stops;

use gauntlet_model::calendar::SessionSpan;
use gauntlet_model::input::{BarKind, Timeframe};
use gauntlet_model::units::{NANOS_PER_MINUTE, NANOS_PER_SECOND, UnixNanos};

/// How long before the close of its session a bot goes flat, in nanoseconds.
pub const FLAT_BEFORE_CLOSE_NS: u64 = NANOS_PER_MINUTE;

/// Whether a bot's session is over, about to be, or was over since a position was entered.
pub(super) fn session_ends(
    session: Option<SessionSpan>,
    now: UnixNanos,
    entered: Option<UnixNanos>,
) -> bool {
    session.is_none_or(|session| {
        now.plus(FLAT_BEFORE_CLOSE_NS) >= session.close
            || entered.is_some_and(|entered| entered < session.open)
    })
}

/// How long a position may still be held.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct TimeStop {
    /// Bars that may still end; 0 without a limit or when none may.
    bars_left: u32,
    /// When as many bars of time are over; none for a day's and for bars that time does not end.
    until: Option<UnixNanos>,
    limited: bool,
}

impl TimeStop {
    /// No limit.
    pub const NONE: TimeStop = TimeStop { bars_left: 0, until: None, limited: false };

    /// The limit of a position entered now: so many bars, the one it is entered in included. Bars of
    /// time are counted by the clock too, so that a market without trades, and so without bars, does
    /// not hold it for longer.
    pub fn begin(
        bars: u32,
        kind: BarKind,
        session: Option<SessionSpan>,
        now: UnixNanos,
    ) -> TimeStop {
        let until = match kind {
            BarKind::Time(Timeframe::D1) | BarKind::Volume(_) | BarKind::Ticks(_) => None,
            BarKind::Time(timeframe) => {
                let length = u64::from(timeframe.seconds()) * NANOS_PER_SECOND;
                let origin = session.map_or(UnixNanos(0), |session| session.open);
                let begun = origin.plus(now.since(origin) / length * length);
                Some(begun.plus(length.saturating_mul(u64::from(bars))))
            }
        };
        TimeStop { until: until.filter(|_| bars > 0), ..TimeStop::of_bars(bars) }
    }

    /// The limit of so many bars from now on, whatever the clock says.
    pub fn of_bars(bars: u32) -> TimeStop {
        TimeStop { bars_left: bars, until: None, limited: bars > 0 }
    }

    /// A bar that ended after the entry is over.
    pub fn bar_ended(&mut self) {
        self.bars_left = self.bars_left.saturating_sub(1);
    }

    /// Whether the time is up.
    pub fn is_up(&self, now: UnixNanos) -> bool {
        self.limited && (self.bars_left == 0 || self.until.is_some_and(|until| now >= until))
    }

    /// Bars that may still end; 0 without a limit.
    pub fn bars_left(&self) -> u32 {
        self.bars_left
    }
}
