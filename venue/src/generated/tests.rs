mod life;

use super::schedule::PRE_OPEN_NS;
use super::*;
use crate::market::{Change, OrderEvent, TimeInForce};
use gauntlet_model::units::NANOS_PER_SECOND;

/// Prints of one instrument: (time, price in ticks, contracts), and how often a spread was seen.
#[derive(Default)]
struct Tape {
    tick: i64,
    id: u32,
    prints: Vec<(u64, i64, u32)>,
    mids: Vec<(u64, f64)>,
    spreads: Vec<(u64, i64)>,
    messages: u64,
}

#[derive(Default)]
struct Tapes(Vec<Tape>);

impl MarketSink for Tapes {
    fn record(&mut self, record: RecordRef<'_>) {
        let id = record.header().instrument_id;
        let Some(tape) = self.0.iter_mut().find(|tape| tape.id == id) else { return };
        if let Some(trade) = record.get::<dbn::TradeMsg>() {
            tape.prints.push((trade.hd.ts_event, trade.price / tape.tick, trade.size));
        } else if let Some(quote) = record.get::<dbn::Mbp1Msg>() {
            let [level] = &quote.levels;
            if level.bid_px != dbn::UNDEF_PRICE && level.ask_px != dbn::UNDEF_PRICE {
                let spread = (level.ask_px - level.bid_px) / tape.tick;
                tape.spreads.push((quote.hd.ts_event, spread));
                let mid = (level.bid_px + level.ask_px) as f64 / 2.0 / tape.tick as f64;
                tape.mids.push((quote.hd.ts_event, mid));
            }
        } else if record.get::<dbn::MboMsg>().is_some_and(|mbo| mbo.flags.is_last()) {
            tape.messages += 1;
        }
    }

    fn order(&mut self, _: OrderEvent) {}
}

fn run(symbols: &[&str], seed: u64, rate: f64, minutes: u64) -> (Tapes, UnixNanos) {
    let symbols = symbols.iter().map(|symbol| symbol.to_string()).collect();
    let config = GeneratedConfig { seed, rate, symbols, ..GeneratedConfig::default() };
    let mut market = GeneratedMarket::new(&config).expect("a good configuration");
    let open = config.start.plus(PRE_OPEN_NS);
    let end = open.plus(minutes * 60 * NANOS_PER_SECOND);
    let tape = |listing: &Listing| Tape {
        tick: listing.tick.0,
        id: listing.instrument_id,
        ..Tape::default()
    };
    let mut tapes = Tapes(market.listings().iter().map(tape).collect());
    while market.next_event().is_some_and(|at| at < end) {
        market.step(&mut tapes);
    }
    (tapes, open)
}

/// Changes of the middle price over intervals of so many seconds from the open, in ticks.
fn changes(tape: &Tape, open: UnixNanos, seconds: u64) -> Vec<f64> {
    let mut marks = Vec::new();
    let mut next = open.0 + seconds * NANOS_PER_SECOND;
    let mut last = None;
    for (at, mid) in &tape.mids {
        while *at >= next {
            marks.extend(last);
            next += seconds * NANOS_PER_SECOND;
        }
        last = Some(*mid);
    }
    marks.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    sum / count
}

fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let n = a.len().min(b.len());
    let (a, b) = (&a[..n], &b[..n]);
    let (mean_a, mean_b) = (mean(a.iter().copied()), mean(b.iter().copied()));
    let product = a.iter().zip(b).map(|(x, y)| (x - mean_a) * (y - mean_b)).sum::<f64>();
    let square = |v: &[f64], m: f64| v.iter().map(|x| (x - m) * (x - m)).sum::<f64>();
    product / libm::sqrt(square(a, mean_a) * square(b, mean_b))
}

/// Ninety minutes of ES and NQ from the open: the run that the tests of its statistics share.
fn morning() -> &'static (Tapes, UnixNanos) {
    static MORNING: OnceLock<(Tapes, UnixNanos)> = OnceLock::new();
    MORNING.get_or_init(|| run(&["ESZ6", "NQZ6"], 1, 40.0, 90))
}

fn es() -> (&'static Tape, UnixNanos) {
    (&morning().0.0[0], morning().1)
}

#[test]
fn absolute_returns_are_autocorrelated_and_returns_are_not() {
    let (tape, open) = es();
    let returns = changes(tape, open, 10);
    let sizes: Vec<f64> = returns.iter().map(|change| change.abs()).collect();
    for lag in [1, 6] {
        let clustering = correlation(&sizes[lag..], &sizes);
        assert!(clustering > 0.08, "lag {lag}: {clustering}");
    }
    let drift = correlation(&returns[1..], &returns);
    assert!(drift.abs() < 0.15, "{drift}");
}

#[test]
fn returns_have_fat_tails() {
    let (tape, open) = es();
    let returns = changes(tape, open, 10);
    let square = mean(returns.iter().map(|x| x * x));
    let kurtosis = mean(returns.iter().map(|x| x * x * x * x)) / (square * square);
    assert!(kurtosis > 3.8, "{kurtosis}");
}

#[test]
fn the_spread_of_es_is_mostly_one_or_two_ticks() {
    let (tape, _) = es();
    let share = |ticks: i64| {
        tape.spreads.iter().filter(|(_, spread)| *spread <= ticks).count() as f64
            / tape.spreads.len() as f64
    };
    assert!(share(0) == 0.0, "locked or crossed");
    assert!(share(1) > 0.35 && share(2) > 0.75 && share(6) > 0.98, "{} {}", share(1), share(2));
}

#[test]
fn the_spread_widens_when_the_market_moves() {
    let (tape, open) = es();
    let by_interval = |values: &[(u64, f64)], reduce: &dyn Fn(&[f64]) -> f64| -> Vec<f64> {
        let interval = 60 * NANOS_PER_SECOND;
        (0..90)
            .map(|minute| {
                let from = open.0 + minute * interval;
                let inside = values.iter().filter(|v| v.0 >= from && v.0 < from + interval);
                reduce(&inside.map(|v| v.1).collect::<Vec<_>>())
            })
            .collect()
    };
    let spreads: Vec<_> = tape.spreads.iter().map(|(at, spread)| (*at, *spread as f64)).collect();
    let spreads = by_interval(&spreads, &|v| mean(v.iter().copied()));
    let range = |v: &[f64]| {
        v.iter().fold(f64::MIN, |a, b| a.max(*b)) - v.iter().fold(f64::MAX, |a, b| a.min(*b))
    };
    let ranges = by_interval(&tape.mids, &range);
    let link = correlation(&spreads, &ranges);
    assert!(link > 0.3, "{link}");
}

#[test]
fn the_open_is_a_burst() {
    let (tape, open) = es();
    let prints = |from: u64, to: u64| {
        let minute = 60 * NANOS_PER_SECOND;
        let inside = open.0 + from * minute..open.0 + to * minute;
        let count = tape.prints.iter().filter(|print| inside.contains(&print.0)).count();
        count as f64 / (to - from) as f64
    };
    assert!(prints(0, 3) > 1.5 * prints(60, 90), "{} {}", prints(0, 3), prints(60, 90));
    assert!(tape.prints.iter().all(|print| print.0 >= open.0), "nothing matches before the open");
}

#[test]
fn equity_indices_move_together_and_crude_oil_hardly() {
    let (tapes, open) = morning();
    let [es, nq] = [0, 1].map(|at| changes(&tapes.0[at], *open, 60));
    let together = correlation(&es, &nq);
    assert!((0.6..0.98).contains(&together), "{together}");
    let (tapes, open) = run(&["ESZ6", "CLF7"], 2, 15.0, 120);
    let [es, cl] = [0, 1].map(|at| changes(&tapes.0[at], open, 60));
    let apart = correlation(&es, &cl);
    assert!((-0.3..0.6).contains(&apart), "{apart}");
}

#[test]
fn a_minute_of_es_ranges_over_one_to_six_points() {
    let (tape, open) = es();
    let minute = 60 * NANOS_PER_SECOND;
    let mut ranges: Vec<i64> = (0..90)
        .map(|at| {
            let from = open.0 + at * minute;
            let inside = tape.prints.iter().filter(|p| p.0 >= from && p.0 < from + minute);
            let (low, high) =
                inside.fold((i64::MAX, i64::MIN), |(l, h), p| (l.min(p.1), h.max(p.1)));
            high - low
        })
        .collect();
    ranges.sort_unstable();
    assert!((4..=24).contains(&ranges[45]), "median {} ticks", ranges[45]);
    assert!(ranges[4] >= 2 && ranges[85] <= 80, "{ranges:?}");
}

#[test]
fn the_rate_is_what_was_asked_for() {
    let (tapes, _) = run(&["ESZ6"], 5, 4.0, 390);
    let rate = tapes.0[0].messages as f64 / (391.0 * 60.0);
    assert!((2.8..5.6).contains(&rate), "{rate}");
}

/// Every byte that a market emits, in a hash.
#[derive(Default)]
struct Digest(u64, u64);

impl MarketSink for Digest {
    fn record(&mut self, record: RecordRef<'_>) {
        self.1 += 1;
        for byte in record.as_ref() {
            self.0 = (self.0 ^ *byte as u64).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn order(&mut self, _: OrderEvent) {}
}

fn digest(seed: u64) -> (u64, u64) {
    let mut market = small(seed);
    let mut digest = Digest::default();
    for _ in 0..5_000 {
        market.step(&mut digest);
    }
    (digest.0, digest.1)
}

fn small(seed: u64) -> GeneratedMarket {
    let symbols = vec!["ESZ6".to_string(), "GCG7".to_string()];
    let config = GeneratedConfig { seed, rate: 20.0, symbols, ..GeneratedConfig::default() };
    GeneratedMarket::new(&config).expect("a good configuration")
}

#[test]
fn a_seed_reproduces_a_run_byte_for_byte_and_another_does_not() {
    let first = digest(1);
    assert!(first.1 > 5_000);
    assert_eq!(first, digest(1));
    assert_ne!(first.0, digest(2).0);
}

/// Demos, recordings and figures are told by their seeds, so a seed keeps its meaning.
#[test]
fn a_seed_means_the_same_market_for_ever() {
    let mut past = Digest::default();
    let market = small(1);
    for bar in [market.history(0), market.history(1)].concat() {
        past.record(RecordRef::from(&bar));
    }
    assert_eq!(digest(1), (7_032_251_922_890_574_423, 10_674));
    assert_eq!((past.0, past.1), (7_515_872_282_712_086_010, 27_598));
}

/// Keeps the news of orders, the states that were announced, and counts of records.
#[derive(Default)]
struct Notes {
    news: Vec<OrderEvent>,
    states: Vec<u16>,
    mbo: Vec<(u8, u8, u64)>,
    definitions: usize,
}

impl MarketSink for Notes {
    fn record(&mut self, record: RecordRef<'_>) {
        if let Some(status) = record.get::<dbn::StatusMsg>() {
            self.states.push(status.action);
        } else if let Some(mbo) = record.get::<dbn::MboMsg>() {
            self.mbo.push((mbo.action as u8, mbo.flags.raw(), mbo.order_id));
        } else if record.get::<dbn::InstrumentDefMsg>().is_some() {
            self.definitions += 1;
        }
    }

    fn order(&mut self, event: OrderEvent) {
        self.news.push(event);
    }
}

fn opened(seed: u64) -> GeneratedMarket {
    let mut market = small(seed);
    let mut notes = Notes::default();
    while market.instruments[0].phase != TradingState::Open {
        market.step(&mut notes);
    }
    market
}

fn order(market: &GeneratedMarket, side: Side, qty: u32, away: i64) -> NewOrder {
    let best = market.instruments[0].engine.book().best(side.opposite()).expect("a quote");
    let price = best.price.offset_ticks(away * side.sign(), market.listings[0].tick);
    NewOrder::limit(0, side, qty, price, TimeInForce::Day)
}

#[test]
fn a_marketable_order_trades_with_the_book_it_meets() {
    let mut market = opened(3);
    let mut notes = Notes::default();
    let order = order(&market, Side::Buy, 2, 0);
    let id = market.submit(&order, &mut notes).expect("open");
    let wanted = OrderEvent::Filled { order: id, qty: 2, price: order.price, leaves_qty: 0 };
    assert_eq!(notes.news, [wanted]);
    assert_eq!(notes.mbo[0].0, b'T');
}

#[test]
fn a_large_order_moves_the_market_and_leaves_other_products_alone() {
    let (mut moved, mut left) = (opened(4), opened(4));
    let fair = moved.latent.price(0);
    let big = order(&moved, Side::Buy, 500, 40);
    moved.submit(&big, &mut Notes::default()).expect("open");
    assert!(moved.latent.price(0) > fair);
    for market in [&mut moved, &mut left] {
        (0..2_000).for_each(|_| market.step(&mut Notes::default()));
    }
    let day = moved.instruments[0].day.expect("under way");
    let later = moved.now.max(left.now).plus(NANOS_PER_SECOND);
    moved.latent.advance(&|at| day.volatility(at), later);
    left.latent.advance(&|at| day.volatility(at), later);
    assert!(moved.latent.price(0) > left.latent.price(0));
    assert_eq!(moved.latent.price(1), left.latent.price(1));
}

#[test]
fn a_resting_order_works_until_it_is_cancelled_once() {
    let mut market = opened(5);
    let mut notes = Notes::default();
    let id = market.submit(&order(&market, Side::Buy, 1, -80), &mut notes).expect("open");
    market
        .replace(id, &Change::limit(2, order(&market, Side::Buy, 1, -90).price), &mut notes)
        .expect("works");
    assert_eq!(market.cancel(id, &mut notes), Ok(()));
    assert_eq!(market.cancel(id, &mut notes), Err(Refusal::UnknownOrder));
    assert!(notes.news.is_empty());
}

#[test]
fn nobody_outside_touches_the_crowds_orders() {
    let mut market = opened(6);
    let (_, theirs) = market.instruments[0].engine.book().first(Side::Buy).expect("a bid");
    let id = OrderId(theirs.id);
    assert_eq!(market.cancel(id, &mut Notes::default()), Err(Refusal::UnknownOrder));
}

#[test]
fn the_close_expires_orders_and_the_next_day_opens_after_its_pre_open() {
    let symbols = vec!["ESZ6".to_string()];
    let config = GeneratedConfig { rate: 0.2, symbols, ..GeneratedConfig::default() };
    let mut market = GeneratedMarket::new(&config).expect("a good configuration");
    let mut notes = Notes::default();
    let first = market.instruments[0].day.expect("a day");
    let too_early = NewOrder::limit(0, Side::Buy, 1, Price(1_000_000_000), TimeInForce::Day);
    assert_eq!(market.submit(&too_early, &mut notes), Err(Refusal::Closed));
    while market.now() < first.open {
        market.step(&mut notes);
    }
    let id = market.submit(&too_early, &mut notes).expect("open");
    while market.instruments[0].phase != TradingState::Closed {
        market.step(&mut notes);
    }
    assert_eq!(
        (notes.news.clone(), market.now()),
        (vec![OrderEvent::Expired { order: id }], first.close)
    );
    assert_eq!(notes.mbo.last().map(|mbo| mbo.0), Some(b'R'));
    market.step(&mut notes);
    assert_eq!(market.now().since(first.pre_open), 24 * 3_600 * NANOS_PER_SECOND);
    use dbn::StatusAction::{Close, PreOpen, Trading};
    assert_eq!(notes.states, [PreOpen, Trading, Close, PreOpen].map(|state| state as u16));
    assert!(market.next_event() > Some(market.now()));
}

#[test]
fn a_late_joiner_gets_the_definition_the_state_and_the_whole_book() {
    let market = opened(7);
    let mut notes = Notes::default();
    market.snapshot(0, true, &mut notes);
    let book = market.instruments[0].engine.book();
    let resting = book.order_count(Side::Buy) + book.order_count(Side::Sell);
    assert!(resting > 50, "the pre-open has built a book");
    assert_eq!((notes.definitions, notes.states.len()), (1, 1));
    assert_eq!(notes.mbo.len() as u32, 1 + resting);
    let (first, last) = (notes.mbo[0], notes.mbo[notes.mbo.len() - 1]);
    assert_eq!((first.0, first.1), (b'R', dbn::flags::SNAPSHOT));
    assert_eq!((last.0, last.1), (b'A', dbn::flags::SNAPSHOT | dbn::flags::LAST));
}

#[test]
fn a_start_inside_a_session_gets_a_pre_open_of_its_own() {
    let start = UnixNanos(1_794_839_340 * NANOS_PER_SECOND).plus(3_600 * NANOS_PER_SECOND);
    let config = GeneratedConfig { start, ..GeneratedConfig::default() };
    let market = GeneratedMarket::new(&config).expect("a good configuration");
    assert_eq!(market.next_event(), Some(start));
    assert_eq!(market.instruments[0].day.map(|day| day.open), Some(start.plus(PRE_OPEN_NS)));
}

#[test]
fn a_bad_configuration_is_refused_with_its_reason() {
    let with = |change: &dyn Fn(&mut GeneratedConfig)| {
        let mut config = GeneratedConfig::default();
        change(&mut config);
        GeneratedMarket::new(&config).err().map(|error| error.to_string())
    };
    let text = with(&|c| c.symbols = vec!["ABCZ6".into()]).expect("refused");
    assert!(text.contains("ABCZ6") && text.contains("ES, NQ"), "{text}");
    assert!(with(&|c| c.symbols = vec!["ESZ6".into(), "ESZ6".into()]).is_some());
    assert!(with(&|c| c.symbols.clear()).is_some());
    for rate in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(with(&|c| c.rate = rate).is_some());
    }
    assert!(with(&|c| c.start = UnixNanos(u64::MAX)).is_some());
}
