//! The session that a series is in, and the one before it.

use crate::rule::ast::{RangeSide, SessionTerm};
use crate::sample::{Candle, Sample};
use gauntlet_model::calendar::SessionSpan;
use gauntlet_model::units::{NANOS_PER_MINUTE, UnixNanos};

/// How late the very first bar of a series may begin for its session to count as seen whole. Bars
/// of time begin with their session; bars of volume and of trades with the first trade.
const FIRST_BAR_LATE_NS_MAX: u64 = NANOS_PER_MINUTE;

fn minutes(from: UnixNanos, to: UnixNanos) -> f64 {
    (to.0 as i64 - from.0 as i64) as f64 / NANOS_PER_MINUTE as f64
}

/// First, highest, lowest and last price of a session.
#[derive(Clone, Copy, Debug)]
struct Prices {
    open: f64,
    high: f64,
    low: f64,
    close: f64,
}

/// What is known of the session after a bar.
#[derive(Clone, Debug, Default)]
pub(super) struct Day {
    span: Option<SessionSpan>,
    any_bar: bool,
    inside: bool,
    first_bar: bool,
    whole: bool,
    bars: u32,
    prices: Option<Prices>,
    prior: Option<Prices>,
    weekday: u8,
    seen_one: bool,
    seen_two: bool,
}

impl Day {
    /// Takes the next bar.
    pub fn update(&mut self, sample: &Sample) {
        let candle = &sample.candle;
        let any_before = std::mem::replace(&mut self.any_bar, true);
        self.inside = sample.session.is_some();
        let opened = |span: Option<SessionSpan>| span.map(|span| span.open);
        // The close of a session may be moved while it lasts; its opening makes it another one.
        self.first_bar = self.inside && opened(sample.session) != opened(self.span);
        let Some(session) = sample.session else { return };
        self.span = sample.session;
        let Candle { open, high, low, close, .. } = *candle;
        if self.first_bar {
            self.prior = self.prices.filter(|_| self.whole);
            // With bars before it, a session that begins late was quiet at first.
            self.whole = any_before || candle.start.since(session.open) < FIRST_BAR_LATE_NS_MAX;
            self.bars = 0;
            self.prices = Some(Prices { open, high, low, close });
            // A session ends with the date that it belongs to; one that ends at midnight belongs
            // to the date before.
            self.weekday = super::clock::weekday(UnixNanos(session.close.0.saturating_sub(1)));
        }
        self.whole &= !sample.gap;
        if self.first_bar {
            self.seen_one |= self.whole;
            self.seen_two |= self.prior.is_some();
        }
        self.bars = self.bars.saturating_add(1);
        if let Some(prices) = &mut self.prices {
            prices.high = prices.high.max(high);
            prices.low = prices.low.min(low);
            prices.close = close;
        }
    }

    /// Whether the bar lies in a session.
    pub fn is_inside(&self) -> bool {
        self.inside
    }

    /// Whether the bar is the first of its session.
    pub fn is_first_bar(&self) -> bool {
        self.first_bar
    }

    /// Whether the session was seen from its beginning without a gap.
    pub fn is_whole(&self) -> bool {
        self.whole
    }

    /// Whether the session before was seen whole.
    pub fn has_prior(&self) -> bool {
        self.prior.is_some()
    }

    /// The day of the week that the session belongs to, Monday 0; `None` outside of the hours.
    pub fn weekday(&self) -> Option<u8> {
        self.inside.then_some(self.weekday)
    }

    /// A term of the session; `NaN` where it is undefined.
    pub fn term(&self, term: SessionTerm, candle: &Candle) -> f64 {
        let Some(session) = self.span.filter(|_| self.inside) else { return f64::NAN };
        let now = self.prices.filter(|_| self.whole);
        let value = |prices: Option<Prices>, read: fn(&Prices) -> f64| {
            prices.as_ref().map_or(f64::NAN, read)
        };
        match term {
            SessionTerm::Open => value(now, |prices| prices.open),
            SessionTerm::High => value(now, |prices| prices.high),
            SessionTerm::Low => value(now, |prices| prices.low),
            SessionTerm::Minutes => minutes(session.open, candle.end),
            SessionTerm::MinutesLeft => minutes(candle.end, session.close),
            SessionTerm::Bars if self.whole => f64::from(self.bars),
            SessionTerm::Bars => f64::NAN,
            SessionTerm::PriorOpen => value(self.prior, |prices| prices.open),
            SessionTerm::PriorHigh => value(self.prior, |prices| prices.high),
            SessionTerm::PriorLow => value(self.prior, |prices| prices.low),
            SessionTerm::PriorClose => value(self.prior, |prices| prices.close),
            SessionTerm::Gap => {
                value(now, |prices| prices.open) - value(self.prior, |prices| prices.close)
            }
        }
    }

    /// Whether enough was seen once for a term to have its value in every whole session.
    pub fn is_settled(&self, term: SessionTerm) -> bool {
        match term {
            SessionTerm::Minutes | SessionTerm::MinutesLeft => true,
            SessionTerm::Open | SessionTerm::High | SessionTerm::Low | SessionTerm::Bars => {
                self.seen_one
            }
            SessionTerm::PriorOpen
            | SessionTerm::PriorHigh
            | SessionTerm::PriorLow
            | SessionTerm::PriorClose
            | SessionTerm::Gap => self.seen_two,
        }
    }
}

/// An extreme of a session's first minutes: of the bars that end within them.
#[derive(Clone, Debug)]
pub(super) struct OpeningRange {
    minutes: u32,
    side: RangeSide,
    /// Whether it has seen the beginning of a session.
    begun: bool,
    extreme: f64,
}

impl OpeningRange {
    pub fn new(minutes: u32, side: RangeSide) -> OpeningRange {
        OpeningRange { minutes, side, begun: false, extreme: f64::NAN }
    }

    /// Takes the next bar; the extreme once the minutes are over, in a session that was seen from
    /// its beginning.
    pub fn next(&mut self, day: &Day, candle: &Candle) -> f64 {
        let Some(session) = day.span.filter(|_| day.inside) else { return f64::NAN };
        if day.first_bar {
            self.begun = true;
            self.extreme = f64::NAN;
        }
        let over = session.open.plus(u64::from(self.minutes) * NANOS_PER_MINUTE);
        if candle.end <= over {
            // The other number where one is NaN: the first bar's.
            self.extreme = match self.side {
                RangeSide::High => self.extreme.max(candle.high),
                RangeSide::Low => self.extreme.min(candle.low),
            };
        }
        if self.begun && day.whole && candle.end >= over { self.extreme } else { f64::NAN }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{Candle, Tape};

    fn minute(at: u64, price: f64, close: u64) -> Sample {
        let moment = |minute: u64| UnixNanos(minute * NANOS_PER_MINUTE);
        let [open, high, low, close_price] = [price; 4];
        let candle = Candle {
            start: moment(at),
            end: moment(at + 1),
            open,
            high,
            low,
            close: close_price,
            volume: 1.0,
        };
        let session = Some(SessionSpan { open: moment(0), close: moment(close) });
        Sample { candle, tape: Tape::UNKNOWN, session, gap: false }
    }

    #[test]
    fn a_close_that_is_moved_while_the_session_lasts_begins_no_other_session() {
        let mut day = Day::default();
        day.update(&minute(0, 10.0, 390));
        day.update(&minute(1, 12.0, 390));
        day.update(&minute(2, 11.0, 210));
        assert!(!day.first_bar && day.whole && day.prior.is_none());
        assert_eq!(day.bars, 3);
        assert_eq!(day.term(SessionTerm::MinutesLeft, &minute(2, 11.0, 210).candle), 207.0);
    }
}
