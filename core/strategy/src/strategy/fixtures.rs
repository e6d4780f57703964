//! Bars for tests: recorded ones and made ones.

use crate::recorded::minute_candles;
use crate::sample::{Candle, Sample, Tape};
use gauntlet_model::calendar::Calendar;
use gauntlet_model::input::{BarKind, SessionMode};
use gauntlet_model::units::{NANOS_PER_SECOND, UnixNanos};

/// Tuesday 2 January 2024, 09:30 New York.
pub const OPEN: UnixNanos = UnixNanos(1_704_205_800_000_000_000);

/// The smallest price step of the euro future.
pub const EURO_TICK: f64 = 0.00005;

/// A month of one-minute bars of the euro future; `None`, said aloud, where it is not at hand.
pub fn recorded() -> Option<Vec<Candle>> {
    minute_candles()
}

/// Bars of a series from one-minute bars, grouped in the plainest way: minutes of one session whose
/// place in it falls into the same bar.
pub fn samples(minutes: &[Candle], bars: BarKind, session: SessionMode) -> Vec<Sample> {
    let BarKind::Time(timeframe) = bars else { panic!("bars of time") };
    let calendar = Calendar::of_product("6E");
    let length = u64::from(timeframe.seconds()) * NANOS_PER_SECOND;
    let mut out: Vec<Sample> = vec![];
    for minute in minutes {
        let Some(session) = calendar.session_at(session, minute.start) else { continue };
        let start = session.open.plus(minute.start.since(session.open) / length * length);
        let end = start.plus(length).min(session.close);
        match out.last_mut() {
            Some(last) if last.candle.start == start => {
                let candle = &mut last.candle;
                candle.high = candle.high.max(minute.high);
                candle.low = candle.low.min(minute.low);
                candle.close = minute.close;
                candle.volume += minute.volume;
            }
            _ => out.push(Sample {
                candle: Candle { start, end, ..*minute },
                tape: Tape::UNKNOWN,
                session: Some(session),
                gap: false,
            }),
        }
    }
    for sample in &mut out {
        sample.tape = made_up_tape(&sample.candle);
    }
    out
}

/// A tape such as the bar could have had, where nothing else is known: aggression by where the bar
/// closed, and a book that leans by the last digits of the time.
pub fn made_up_tape(candle: &Candle) -> Tape {
    let range = candle.high - candle.low;
    let bought = if range > 0.0 { (candle.close - candle.low) / range } else { 0.5 };
    let lean = (candle.start.0 / 60_000_000_000 * 7_919 % 97) as f64;
    Tape {
        buy_volume: candle.volume * bought,
        sell_volume: candle.volume * (1.0 - bought),
        trades: candle.volume,
        spread: EURO_TICK,
        bid_size: 3.0 + lean,
        ask_size: 100.0 - lean,
        bid_depth: 30.0 + lean,
        ask_depth: 130.0 - lean,
    }
}
