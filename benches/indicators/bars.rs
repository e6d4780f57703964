//! Bars that wander on a grid of ticks, with a tape and sessions of twenty hours.

use gauntlet_model::calendar::SessionSpan;
use gauntlet_model::units::{NANOS_PER_MINUTE, UnixNanos};
use gauntlet_strategy::sample::{Candle, Sample, Tape};

const TICK: f64 = 0.25;

/// The same bars every time.
pub fn samples(count: usize) -> Vec<Sample> {
    let mut noise = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = move |among: u64| {
        noise ^= noise << 13;
        noise ^= noise >> 7;
        noise ^= noise << 17;
        noise % among
    };
    let mut price = 20_000i64;
    let mut sample = |minute: usize| {
        let open = price + next(5) as i64 - 2;
        let close = open + next(13) as i64 - 6;
        let high = open.max(close) + next(4) as i64;
        let low = open.min(close) - next(4) as i64;
        price = close.max(4_000);
        let start = UnixNanos(minute as u64 * NANOS_PER_MINUTE);
        let day = minute as u64 / 1_440 * 1_440;
        let session = SessionSpan {
            open: UnixNanos((day + 120) * NANOS_PER_MINUTE),
            close: UnixNanos((day + 1_320) * NANOS_PER_MINUTE),
        };
        let [open, high, low, close] = [open, high, low, close].map(|ticks| ticks as f64 * TICK);
        let [bought, sold] = [next(900), next(900)].map(|contracts| (1 + contracts) as f64);
        let [bid, ask] = [next(90), next(90)].map(|contracts| (1 + contracts) as f64);
        Sample {
            candle: Candle {
                start,
                end: start.plus(NANOS_PER_MINUTE),
                open,
                high,
                low,
                close,
                volume: bought + sold,
            },
            tape: Tape {
                buy_volume: bought,
                sell_volume: sold,
                trades: 1.0 + next(300) as f64,
                spread: TICK,
                bid_size: bid,
                ask_size: ask,
                bid_depth: 6.0 * bid,
                ask_depth: 5.0 * ask,
            },
            session: session.contains(start).then_some(session),
            gap: false,
        }
    };
    (0..count).map(&mut sample).collect()
}

/// The columns of bars, as TA-Lib takes them.
pub struct Columns {
    pub high: Vec<f64>,
    pub low: Vec<f64>,
    pub close: Vec<f64>,
    pub volume: Vec<f64>,
}

impl Columns {
    pub fn of(samples: &[Sample]) -> Columns {
        let column = |of: fn(&Candle) -> f64| samples.iter().map(|one| of(&one.candle)).collect();
        Columns {
            high: column(|candle| candle.high),
            low: column(|candle| candle.low),
            close: column(|candle| candle.close),
            volume: column(|candle| candle.volume),
        }
    }
}
