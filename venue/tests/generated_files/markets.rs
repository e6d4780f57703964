//! The core's view of a market: its bars, and the faults that it finds.

use super::{Folder, morning, with};
use dbn::Schema;
use gauntlet_core::effect::{Bar, MarketFault};
use gauntlet_core::ids::InstrumentId;
use gauntlet_core::input::{
    BarKind, Input, InstrumentDefinition, InstrumentLimits, Sequenced, SessionMode, Timeframe,
    Timer,
};
use gauntlet_core::instrument::product_of_code;
use gauntlet_core::market::{MarketOutput, Markets};
use gauntlet_core::text::Text;
use gauntlet_core::units::{NANOS_PER_SECOND, UnixNanos};
use gauntlet_feeds::{BarOptions, DbnFile, FeedInstrument, read_bars};
use gauntlet_venue::generated::files::FileConfig;

const MINUTES: BarKind = BarKind::Time(Timeframe::M1);
const ES: InstrumentId = InstrumentId(0);

/// What the markets make of a file.
struct Seen {
    bars: Vec<Bar>,
    /// How often each fault came, by its number.
    faults: [u64; MarketFault::ALL.len()],
}

fn run(config: &FileConfig) -> Seen {
    let folder = Folder::new();
    let path = folder.write("es.dbn", config);
    let es = product_of_code("ES").expect("known");
    let definition = Input::Instrument(InstrumentDefinition {
        instrument: ES,
        symbol: Text::new("ESZ6"),
        product: Text::new("ES"),
        feed: 0,
        tick: es.tick,
        multiplier: es.multiplier,
        limits: InstrumentLimits::default(),
    });
    let instrument = FeedInstrument::unchecked("ESZ6", ES);
    let mut file = DbnFile::open(&path).expect("opens").with_instruments(&[instrument]);
    let mut markets = Markets::with_book_capacity(1 << 14);
    let mut seen = Seen { bars: Vec::new(), faults: [0; MarketFault::ALL.len()] };
    let (mut seq, mut now) = (0, UnixNanos(0));
    let mut send = |input: Input, time: UnixNanos| {
        seq += 1;
        markets.on(&Sequenced { seq, time, input }, &mut |output| {
            if let MarketOutput::Bar(bar, _) = output
                && (bar.kind, bar.session) == (MINUTES, SessionMode::Full24x5)
            {
                seen.bars.push(bar);
            }
        });
    };
    send(definition, now);
    while let Some(received) = file.next_input().expect("a sound file") {
        // One timer a second, as live.
        let (from, to) = (now.0 / NANOS_PER_SECOND + 1, received.ts.0 / NANOS_PER_SECOND);
        if now.0 > 0 && received.ts.0 < u64::MAX / 2 {
            (from..=to).for_each(|second| {
                send(Input::Timer(Timer { second }), UnixNanos(second * NANOS_PER_SECOND));
            });
        }
        if received.ts.0 < u64::MAX / 2 {
            now = now.max(received.ts);
        }
        send(received.input, now);
    }
    let second = now.0 / NANOS_PER_SECOND + 61;
    send(Input::Timer(Timer { second }), UnixNanos(second * NANOS_PER_SECOND));
    seen.faults = markets.counters(ES).expect("defined").faults;
    seen
}

#[test]
fn quotes_trades_and_orders_make_the_files_own_bars_and_nothing_is_wrong() {
    let folder = Folder::new();
    let path = folder.write("bars.dbn", &morning(Schema::Ohlcv1M));
    let vendor = read_bars(&path, &BarOptions::default()).expect("a good file");
    for schema in [Schema::Trades, Schema::Mbp1, Schema::Mbo] {
        let seen = run(&morning(schema));
        let told = |bar: &Bar| (bar.ts_open, bar.open, bar.high, bar.low, bar.close, bar.volume);
        let ours: Vec<_> = seen.bars.iter().filter(|bar| bar.volume > 0).map(told).collect();
        let vendors: Vec<_> = vendor
            .bars
            .iter()
            .map(|bar| (bar.ts_open, bar.open, bar.high, bar.low, bar.close, bar.volume))
            .collect();
        // That a market begins is no fault of its data.
        let mut faults = seen.faults;
        faults[MarketFault::NoFeed as usize] = 0;
        faults[MarketFault::Gap as usize] -= u64::from(schema == Schema::Mbo);
        assert_eq!(faults, [0; MarketFault::ALL.len()], "{schema}");
        // The first minute is cut where the file begins; the market tells it or not.
        let both = ours.len().min(vendors.len());
        assert!(both > 80, "{schema}");
        assert_eq!(ours[ours.len() - both..], vendors[vendors.len() - both..], "{schema}");
        assert!(vendors.len() - both <= 1, "{schema}");
    }
}

#[test]
fn each_fault_is_found_for_what_it_is() {
    let when = "2026-11-17T14:45:00Z";
    for (schema, fault, found) in [
        (Schema::Mbp1, "gap", MarketFault::Gap),
        (Schema::Mbo, "gap", MarketFault::Gap),
        (Schema::Trades, "gap", MarketFault::Gap),
        (Schema::Mbp1, "crossed", MarketFault::Crossed),
        (Schema::Mbo, "crossed", MarketFault::Crossed),
        (Schema::Trades, "off-band", MarketFault::OffBand),
        (Schema::Mbp1, "off-band", MarketFault::OffBand),
        (Schema::Mbo, "off-band", MarketFault::OffBand),
        (Schema::Trades, "off-tick", MarketFault::BadPrice),
        (Schema::Mbp1, "off-tick", MarketFault::BadPrice),
        (Schema::Mbp1, "time-backwards", MarketFault::TimeBackwards),
        (Schema::Mbo, "time-backwards", MarketFault::TimeBackwards),
    ] {
        let seen = run(&with(morning(schema), &[&format!("{fault}@{when}")]));
        let sound = run(&morning(schema));
        let count = |seen: &Seen| seen.faults[found as usize];
        assert!(count(&seen) > count(&sound), "{fault} of {schema}: {:?}", seen.faults);
    }
}
