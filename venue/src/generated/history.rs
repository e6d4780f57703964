//! What came before a generated market: one-minute bars from the opening of the tenth day session
//! before its start up to the start. Real gateways keep a day; two weeks let every strategy that comes
//! with the platform settle, also those on bars of a quarter of an hour.
//!
//! The same kind of world as the market itself, drawn with a coarser pen: returns follow one mood, a
//! factor for each group and what is each product's own, their size follows the time of the day and
//! clusters. The night is quiet. The walk is drawn forwards and then shifted as a whole, so that it
//! ends where the market begins. The seed decides it, and products that share a fair price share it
//! here as well.

use super::products::{Behaviour, Factor};
use super::rng::Rng;
use super::schedule::{Day, SESSION_SECONDS, day_at};
use dbn::{OhlcvMsg, RecordHeader, rtype};
use gauntlet_model::calendar::Calendar;
use gauntlet_model::input::SessionMode;
use gauntlet_model::units::{NANOS_PER_MINUTE, Price, UnixNanos};

/// Day sessions that it reaches back over.
const SESSIONS: usize = 10;
/// Steps of the walk in a minute.
const STEPS: usize = 12;
const STEP_SECONDS: f64 = 60.0 / STEPS as f64;
/// The night's activity and size of moves, relative to a session's mean.
const NIGHT: (f64, f64) = (0.08, 0.3);
/// Time constant of the clusters of volatility in minutes, and their standard deviation in logarithm.
const CLUSTER: (f64, f64) = (30.0, 0.4);
/// Contracts that trade in a minute for each message a second of the market's rate, resting orders
/// being one contract large: so many trade in the market itself.
const CONTRACTS: f64 = 6.9;
/// Random numbers of the market itself come from the streams below.
const STREAM: u64 = 1 << 32;

/// What is to be drawn of one instrument.
pub struct Sketch<'a> {
    pub instrument_id: u32,
    pub tick: Price,
    pub behaviour: &'a Behaviour,
    /// Its price relative to the product's fair price.
    pub carry: f64,
    /// Its share of the product's trading.
    pub share: f64,
}

/// The shape of a fair price before the market began: its logarithm at each step, relative to its end.
struct Walk {
    root: &'static str,
    steps: Vec<f64>,
}

/// The bars of each sketch, oldest first.
pub fn history(
    seed: u64,
    (start, rate): (UnixNanos, f64),
    calendar: &Calendar,
    sketches: &[Sketch<'_>],
) -> Vec<Vec<OhlcvMsg>> {
    let minutes = minutes_before(calendar, start);
    let walks = walks(seed, &minutes, sketches);
    let bars = sketches.iter().enumerate().map(|(at, sketch)| {
        let walk = walks.iter().find(|walk| walk.root == sketch.behaviour.root);
        let steps = walk.map_or(&[][..], |walk| &walk.steps);
        let mut rng = Rng::new(seed, STREAM + 1 + at as u64);
        let mut before = steps.first().copied();
        let bars = minutes.iter().zip(steps.chunks_exact(STEPS)).map(|(minute, steps)| {
            let path = before.replace(steps[STEPS - 1]).into_iter().chain(steps.iter().copied());
            let prices = path.map(|step| price(sketch, step));
            let contracts = CONTRACTS * sketch.behaviour.order_size * sketch.behaviour.activity;
            let mean = rate * sketch.share * contracts;
            let volume = mean * minute.activity * libm::exp(0.4 * rng.normal());
            bar(sketch.instrument_id, minute.begins, prices, (volume as u64).max(1))
        });
        bars.collect()
    });
    bars.collect()
}

/// A minute in which the exchange is open.
struct Minute {
    begins: UnixNanos,
    activity: f64,
    volatility: f64,
}

fn minutes_before(calendar: &Calendar, start: UnixNanos) -> Vec<Minute> {
    let sessions = calendar.spans(SessionMode::RthUs);
    let over = sessions.partition_point(|span| span.close <= start);
    let Some(first) = sessions.get(over.saturating_sub(SESSIONS)..over).and_then(<[_]>::first)
    else {
        return vec![];
    };
    let whole = |at: UnixNanos| at.0.div_ceil(NANOS_PER_MINUTE);
    let open = calendar.spans(SessionMode::Full24x5).iter().filter(|span| span.close > first.open);
    let mut minutes = Vec::new();
    for span in open.take_while(|span| span.open < start) {
        let (from, to) = (span.open.max(first.open), span.close.min(start));
        for minute in whole(from)..to.0 / NANOS_PER_MINUTE {
            let begins = UnixNanos(minute * NANOS_PER_MINUTE);
            let day: Option<Day> = day_at(calendar, begins).filter(|day| begins >= day.open);
            let (activity, volatility) =
                day.map_or(NIGHT, |day| (day.activity(begins), day.volatility(begins)));
            minutes.push(Minute { begins, activity, volatility });
        }
    }
    minutes
}

fn walks(seed: u64, minutes: &[Minute], sketches: &[Sketch<'_>]) -> Vec<Walk> {
    let mut rng = Rng::new(seed, STREAM);
    let mut walks: Vec<(Walk, f64, &Behaviour)> = Vec::new();
    for Sketch { behaviour, .. } in sketches {
        if walks.iter().all(|(walk, ..)| walk.root != behaviour.root) {
            let steps = Vec::with_capacity(minutes.len() * STEPS);
            walks.push((Walk { root: behaviour.root, steps }, 0.0, *behaviour));
        }
    }
    let mut cluster = 0.0;
    for minute in minutes {
        cluster += CLUSTER.1 * libm::sqrt(2.0 / CLUSTER.0) * rng.normal() - cluster / CLUSTER.0;
        let size = minute.volatility
            * libm::exp(cluster - CLUSTER.1 * CLUSTER.1)
            * libm::sqrt(STEP_SECONDS / SESSION_SECONDS);
        for _ in 0..STEPS {
            let mood = rng.normal();
            let factors = Factor::ALL.map(|factor| {
                let share = factor.mood();
                share * mood + libm::sqrt(1.0 - share * share) * rng.normal()
            });
            for (walk, at, behaviour) in &mut walks {
                let own = libm::sqrt(1.0 - behaviour.load * behaviour.load) * rng.normal();
                let normal = behaviour.load * factors[behaviour.factor as usize] + own;
                *at += behaviour.daily_volatility * size * normal;
                walk.steps.push(*at);
            }
        }
    }
    let shifted = walks.into_iter().map(|(mut walk, end, _)| {
        walk.steps.iter_mut().for_each(|step| *step -= end);
        walk
    });
    shifted.collect()
}

/// On the grid, and not below its first tick.
fn price(sketch: &Sketch<'_>, step: f64) -> i64 {
    let tick = sketch.tick.to_f64();
    let start = sketch.behaviour.start * sketch.carry;
    let ticks = libm::round(start * libm::exp(step) / tick).max(1.0);
    ticks as i64 * sketch.tick.0
}

fn bar(
    instrument_id: u32,
    begins: UnixNanos,
    mut prices: impl Iterator<Item = i64>,
    volume: u64,
) -> OhlcvMsg {
    let open = prices.next().unwrap_or(0);
    let mut bar = OhlcvMsg {
        hd: RecordHeader::new::<OhlcvMsg>(rtype::OHLCV_1M, 1, instrument_id, begins.0),
        open,
        high: open,
        low: open,
        close: open,
        volume,
    };
    for price in prices {
        bar.high = bar.high.max(price);
        bar.low = bar.low.min(price);
        bar.close = price;
    }
    bar
}

#[cfg(test)]
mod tests {
    use super::super::{GeneratedConfig, GeneratedMarket};
    use super::*;
    use crate::market::Market;

    fn market(seed: u64, symbols: &[&str]) -> GeneratedMarket {
        let symbols = symbols.iter().map(|symbol| symbol.to_string()).collect();
        let config = GeneratedConfig { seed, symbols, ..GeneratedConfig::default() };
        GeneratedMarket::new(&config).expect("a market")
    }

    #[test]
    fn history_reaches_over_ten_day_sessions_and_ends_where_the_market_begins() {
        let market = market(3, &["ESZ6", "MESZ6", "NQZ6"]);
        let bars = market.history(0);
        let now = market.now().0;
        assert_eq!(bars.len(), 10 * 1_380 - 1);
        let last = bars.last().expect("bars");
        assert_eq!(last.hd.ts_event + NANOS_PER_MINUTE, now);
        assert!((last.close as f64 / 1e9 - 6_650.0).abs() <= 0.25, "{last:?}");
        // A Monday's reaches back to the open of the Monday two weeks before.
        let back = now - bars[0].hd.ts_event;
        assert_eq!(back / NANOS_PER_MINUTE, 14 * 24 * 60 - 1);
        for pair in bars.windows(2) {
            assert!(pair[0].hd.ts_event < pair[1].hd.ts_event);
            assert_eq!(pair[0].close, pair[1].open);
        }
        for bar in &bars {
            let inside = |price| bar.low <= price && price <= bar.high;
            assert!(inside(bar.open) && inside(bar.close) && bar.volume > 0, "{bar:?}");
            assert!([bar.open, bar.high, bar.low].iter().all(|price| price % 250_000_000 == 0));
        }
        // A day session moved as much as one does, and more was traded than at night.
        let day: Vec<_> = bars[..390].iter().collect();
        let high = day.iter().map(|bar| bar.high).max().expect("bars") as f64;
        let low = day.iter().map(|bar| bar.low).min().expect("bars") as f64;
        assert!((0.003..0.04).contains(&(high / low - 1.0)), "{high} {low}");
        let volume = |bars: &[OhlcvMsg]| bars.iter().map(|bar| bar.volume).sum::<u64>() / 300;
        assert!(volume(&bars[..300]) > 5 * volume(&bars[500..800]));
        let closes = |listing| market.history(listing).iter().map(|b| b.close).collect::<Vec<_>>();
        assert_eq!(closes(0), closes(1), "the micro shares the price");
        assert_ne!(closes(0), closes(2));
    }

    #[test]
    fn a_seed_gives_the_same_history() {
        let bars = |seed| market(seed, &["ESZ6"]).history(0);
        assert_eq!(bars(1), bars(1));
        assert_ne!(bars(1), bars(2));
    }

    #[test]
    fn the_history_is_about_as_busy_as_the_market_after_it() {
        struct Volume(u64);
        impl crate::market::MarketSink for Volume {
            fn record(&mut self, record: dbn::RecordRef<'_>) {
                let trade = record.get::<dbn::TradeMsg>().filter(|t| t.hd.rtype == rtype::MBP_0);
                self.0 += trade.map_or(0, |trade| u64::from(trade.size));
            }
            fn order(&mut self, _: crate::market::OrderEvent) {}
        }
        let mut market = market(1, &["ESZ6"]);
        let before: u64 = market.history(0)[30..60].iter().map(|bar| bar.volume).sum();
        let open = market.now().plus(NANOS_PER_MINUTE);
        let (mut warm, mut volume) = (Volume(0), Volume(0));
        while market.now() < open.plus(30 * NANOS_PER_MINUTE) {
            market.step(&mut warm);
        }
        while market.now() < open.plus(60 * NANOS_PER_MINUTE) {
            market.step(&mut volume);
        }
        let ratio = volume.0 as f64 / before as f64;
        assert!((0.5..2.0).contains(&ratio), "{} against {before}", volume.0);
    }
}
