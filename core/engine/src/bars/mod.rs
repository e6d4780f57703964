//! Bars from trades: the one-minute bars that every instrument has, and every series made of them.
//!
//! [`InstrumentBars`] is fed what happens to an instrument and gives out finished bars. Each is
//! published once and never changed.
//!
//! **One-minute bars** cover minutes of the exchange's clock, counted from the Unix epoch, whatever
//! the calendar says. A minute without trades has no bar.
//!
//! **Series** are the bars of one [`BarKind`] in one [`SessionMode`]:
//!
//! - Time bars are made of one-minute bars. They are aligned to the session's opening, and the last
//!   one ends with the session, so it may be shorter. A `1d` bar is a trading day's whole session, from
//!   its first opening to its last close where it is in parts. A minute belongs to the session that
//!   its beginning is in; minutes outside of every session count nowhere.
//! - Volume and tick bars are made of the session's trades in the order of their arrival. A trade is
//!   never split: the one that brings a bar to its contracts or trades, or past them, is the bar's
//!   last. The session's end closes what is left, so a bar never spans two sessions.
//!
//! **When a bar is over.** The exchange's clock is the latest event time that any record of the
//! instrument has told. A minute is over when that clock reaches its end; in a market that falls
//! silent, when the stream's clock is [`GRACE_NS`] past its end and nothing came for as long. Where
//! the vendor makes the minutes, their ends are the clock, and the stream's clock has to be
//! [`VENDOR_GRACE_NS`] past. Larger bars end with their last minute. Volume and tick bars end with a
//! trade, or with the session.
//!
//! **Late and out-of-order trades.** A trade of a minute that is over is counted and left out, of the
//! one-minute bars and of every series. Within its minute a trade counts in the order of its arrival:
//! the close is the price of the trade that came last.
//!
//! **Gaps.** When records are lost, the time between the last record before and the first one after
//! is not known, as is the time before the very first one. [`Bar::gap`] tells that some of that time
//! lies between the end of the bar before it in its series and its own end, session time only. Such a
//! bar may lack trades, and bars may be missing before it.
//!
//! **History** is what the vendor tells after the fact: minutes from before the first record, and
//! over a loss. They take the place of minutes that were not published, in order, and say no gap
//! where they reach back to what is known; a minute that history leaves out has no trades. Where
//! there is history, a minute in which records were lost is not published as it was seen, but waits
//! for the vendor's whole one: until the market is heard again, and then [`VENDOR_GRACE_NS`] past
//! the end of the minute in which it was. Of volume and tick bars history tells nothing.
//!
//! **The tape** of a bar counts aggressors' contracts; for what stands in the book it takes the book as
//! it was before the record that ended the bar. It is not known for bars that the vendor made.

mod building;
mod instrument;
mod minutes;
mod series;

#[cfg(test)]
mod oracle;
#[cfg(test)]
mod tests;

pub use instrument::{BarCounters, InstrumentBars, SERIES_MAX, SeriesError};

use gauntlet_model::calendar::{Calendar, SessionSpan};
#[cfg(doc)]
use gauntlet_model::effect::Bar;
#[cfg(doc)]
use gauntlet_model::input::BarKind;
use gauntlet_model::input::SessionMode;
use gauntlet_model::units::{NANOS_PER_SECOND, Price, Side, UnixNanos};
use gauntlet_strategy::sample::Tape;

/// How long after its end a bar waits for trades still on their way, when no record of the
/// instrument tells that its time is over.
pub const GRACE_NS: u64 = NANOS_PER_SECOND;

/// As [`GRACE_NS`], where the vendor makes the one-minute bars: they come some time after their
/// end.
pub const VENDOR_GRACE_NS: u64 = 10 * NANOS_PER_SECOND;

/// A trade, as bars see it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Print {
    /// When the matching engine received it.
    pub ts_event: UnixNanos,
    /// The price.
    pub price: Price,
    /// Contracts.
    pub size: u32,
    /// The aggressor's side; `None` when not given.
    pub aggressor: Option<Side>,
}

/// What stands in the book. Each value is `NaN` where it is not known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BookState {
    /// Best ask less best bid, in whole units of price.
    pub spread: f64,
    /// Contracts at the best bid.
    pub bid_size: f64,
    /// Contracts at the best ask.
    pub ask_size: f64,
    /// Contracts on the best five bid levels.
    pub bid_depth: f64,
    /// Contracts on the best five ask levels.
    pub ask_depth: f64,
}

impl BookState {
    /// Nothing is known.
    pub const UNKNOWN: BookState = BookState {
        spread: f64::NAN,
        bid_size: f64::NAN,
        ask_size: f64::NAN,
        bid_depth: f64::NAN,
        ask_depth: f64::NAN,
    };

    fn put(&self, tape: &mut Tape) {
        tape.spread = self.spread;
        (tape.bid_size, tape.ask_size) = (self.bid_size, self.ask_size);
        (tape.bid_depth, tape.ask_depth) = (self.bid_depth, self.ask_depth);
    }
}

/// What the makers of bars ask of the world around them.
pub trait Surroundings {
    /// The session of a mode that holds a moment.
    fn session_at(&self, mode: SessionMode, at: UnixNanos) -> Option<SessionSpan>;

    /// The next opening of a mode later than a moment.
    fn next_open(&self, mode: SessionMode, at: UnixNanos) -> Option<UnixNanos>;

    /// The session of a mode in the whole trading day that holds a moment: where it is in parts, from
    /// the first one's opening to the last one's close.
    fn day_at(&self, mode: SessionMode, at: UnixNanos) -> Option<SessionSpan>;

    /// What stands in the book before the record in hand. Asked only when a bar is finished.
    fn book(&self) -> BookState;
}

/// A calendar alone: there is no book.
impl Surroundings for Calendar {
    fn session_at(&self, mode: SessionMode, at: UnixNanos) -> Option<SessionSpan> {
        Calendar::session_at(self, mode, at)
    }

    fn next_open(&self, mode: SessionMode, at: UnixNanos) -> Option<UnixNanos> {
        Calendar::next_open(self, mode, at)
    }

    fn day_at(&self, mode: SessionMode, at: UnixNanos) -> Option<SessionSpan> {
        let day = self.trading_day_at(at)?;
        let spans = self.spans(mode);
        let of_day = spans.partition_point(|span| span.open < day.open)
            ..spans.partition_point(|span| span.open < day.close);
        let of_day = spans.get(of_day)?;
        Some(SessionSpan { open: of_day.first()?.open, close: of_day.last()?.close })
    }

    fn book(&self) -> BookState {
        BookState::UNKNOWN
    }
}
