//! Opening-range breakout.
//!
//! The first minutes of a session settle the overnight news: orders that waited for the open meet,
//! and the range in which they trade is where buyers and sellers agree for the moment. A close
//! outside of it says that one side is not done, and those who leaned on the range's edge must buy
//! or sell back, which carries the move on. The idea is old floor practice, written down by Toby
//! Crabel (*Day Trading with Short Term Price Patterns and Opening Range Breakout*, 1990). It
//! lives off days that trend from the open, and pays for them with small losses on days that do
//! not: hence one attempt per direction and session, and none near the close, when there is no time
//! left for a trend.
//!
//! The range counts only when the session's first minute was seen: a strategy whose data begins, or
//! comes back, inside of the range sits the session out.

use super::{Observation, Parameter, Verdict};
use crate::calendar::SessionSpan;
use crate::units::{NANOS_PER_MINUTE, UnixNanos};

pub(super) const PARAMETERS: [Parameter; 4] = [
    Parameter {
        name: "range_minutes",
        meaning: "length of the opening range, in minutes from the session's open",
        default: 5.0,
        min: 1.0,
        max: 240.0,
        whole: true,
    },
    Parameter {
        name: "buffer_ticks",
        meaning: "how far beyond the range a bar must close, in ticks",
        default: 1.0,
        min: 0.0,
        max: 1_000.0,
        whole: true,
    },
    Parameter {
        name: "volume_factor",
        meaning: "least volume of the breaking bar, in mean volumes of the range's bars; 0 asks none",
        default: 0.0,
        min: 0.0,
        max: 100.0,
        whole: false,
    },
    Parameter {
        name: "quiet_minutes",
        meaning: "minutes before the session's close in which nothing is entered any more",
        default: 30.0,
        min: 0.0,
        max: 1_440.0,
        whole: true,
    },
];

/// Any break at all is half of full strength; a break as large as the range is full strength.
const STRENGTH_FLOOR: f64 = 0.5;
/// How sure it is of a break that volume did not have to confirm.
const CONFIDENCE_PLAIN: f64 = 0.75;
/// How sure it is of a break that volume confirmed.
const CONFIDENCE_CONFIRMED: f64 = 1.0;

/// Buys a close above the session's opening range, sells a close below.
#[derive(Clone, Debug)]
pub struct OrbBreakout {
    range_nanos: u64,
    buffer: f64,
    volume_factor: f64,
    quiet_nanos: u64,
    today: Option<Today>,
}

/// What it knows of the session it is in.
#[derive(Clone, Copy, Debug)]
struct Today {
    session: SessionSpan,
    first_minute_seen: bool,
    bars: u32,
    high: f64,
    low: f64,
    volume: f64,
    long_done: bool,
    short_done: bool,
}

impl Today {
    fn new(session: SessionSpan, first_bar: UnixNanos) -> Today {
        Today {
            session,
            first_minute_seen: first_bar == session.open,
            bars: 0,
            high: f64::NEG_INFINITY,
            low: f64::INFINITY,
            volume: 0.0,
            long_done: false,
            short_done: false,
        }
    }
}

impl OrbBreakout {
    /// From resolved parameters and the size of a tick in whole units of price.
    pub(super) fn new(values: &[f64], tick: f64) -> OrbBreakout {
        OrbBreakout {
            range_nanos: values[0] as u64 * NANOS_PER_MINUTE,
            buffer: values[1] * tick,
            volume_factor: values[2],
            quiet_nanos: values[3] as u64 * NANOS_PER_MINUTE,
            today: None,
        }
    }

    /// One bar of range and one that breaks it, at the least.
    pub(super) fn warm_up_bars(&self) -> usize {
        2
    }

    pub(super) fn on_bar(&mut self, seen: &Observation) -> Option<Verdict> {
        let candle = &seen.candle;
        let session = seen.session?;
        if self.today.is_none_or(|today| today.session != session) {
            self.today = Some(Today::new(session, candle.start));
        }
        let today = self.today.as_mut()?;
        if candle.end <= session.open.plus(self.range_nanos) {
            today.bars += 1;
            today.high = today.high.max(candle.high);
            today.low = today.low.min(candle.low);
            today.volume += candle.volume;
            return None;
        }
        let quiet = candle.end.plus(self.quiet_nanos) > session.close;
        if quiet || !today.first_minute_seen {
            return None;
        }
        let mean_volume = today.volume / f64::from(today.bars);
        if candle.volume < self.volume_factor * mean_volume {
            return None;
        }
        let above = candle.close - (today.high + self.buffer);
        let below = (today.low - self.buffer) - candle.close;
        let (direction, distance) = if above > 0.0 && !today.long_done {
            today.long_done = true;
            (1, above)
        } else if below > 0.0 && !today.short_done {
            today.short_done = true;
            (-1, below)
        } else {
            return None;
        };
        let range = today.high - today.low;
        let reach = if range > 0.0 { (distance / range).min(1.0) } else { 1.0 };
        let confirmed = self.volume_factor > 0.0;
        Some(Verdict {
            direction,
            strength: STRENGTH_FLOOR + (1.0 - STRENGTH_FLOOR) * reach,
            confidence: if confirmed { CONFIDENCE_CONFIRMED } else { CONFIDENCE_PLAIN },
        })
    }
}
