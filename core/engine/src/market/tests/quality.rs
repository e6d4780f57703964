//! What is wrong with data, and when it is no longer.

use super::super::band::{CONFIRM_NS, CONFIRMATIONS};
use super::*;
use gauntlet_model::book::Continuity;
use gauntlet_model::effect::{Alert, MarketQuality};
use gauntlet_model::input::{Level, Listing};

pub(super) fn level(side: Side, price: i64, size: u32) -> Level {
    Level {
        instrument: ES,
        side,
        flags: 0,
        price: Price(price * WHOLE),
        size,
        count: 1,
        ts_event: UnixNanos(1_000 * NANOS_PER_SECOND),
        sequence: 1,
    }
}

/// What the exchange would say of [`definition`], in the numbers of ES.
pub(super) fn listing() -> Listing {
    Listing {
        instrument: ES,
        tick: Price(WHOLE / 1_000),
        unit_qty: Price(50 * WHOLE),
        tick_amount: Price::NONE,
        display_factor: Price::NONE,
        currency: Text::new("USD"),
        expiration: UnixNanos(0),
        high_limit: Price::NONE,
        low_limit: Price::NONE,
        ts_event: UnixNanos(0),
    }
}

fn alerts(out: &[MarketOutput]) -> Vec<Alert> {
    let alert = |output: &MarketOutput| match output {
        MarketOutput::Effect(Effect::Alert(alert)) => Some(*alert),
        _ => None,
    };
    out.iter().filter_map(alert).collect()
}

#[test]
fn a_market_that_moved_far_is_believed_once_it_has_stayed_there() {
    let mut bench = Bench::with_quote();
    for n in 0..CONFIRMATIONS * 2 {
        bench.quote(130, 131, 20 + n);
    }
    assert_eq!(bench.faults(), [MarketFault::OffBand], "many, but all at once");
    bench.wait(CONFIRM_NS / NANOS_PER_SECOND);
    let out = bench.quote(130, 131, 60);
    assert_eq!(out[0], block(MarketFault::OffBand, false));
    assert_eq!((bench.faults(), bench.view().top), (vec![], top(130, 1, 131, 1)));
    let counters = bench.markets.counters(ES).expect("defined");
    assert_eq!(counters.off_band, u64::from(CONFIRMATIONS) * 2, "counted all the same");
    assert_eq!(counters.faults[MarketFault::OffBand as usize], 1);
}

#[test]
fn a_market_locked_at_its_limit_is_believed_by_its_trades() {
    let mut bench = Bench::with_book();
    bench.mbo(BookAction::Cancel, 2, Side::Sell, 101, 7);
    bench.mbo(BookAction::Add, 3, Side::Buy, 120, 5);
    assert_eq!(bench.faults(), [MarketFault::OffBand], "bid only, and far away");
    for _ in 0..CONFIRMATIONS {
        bench.wait(1);
        bench.mbo(BookAction::Trade, 0, Side::Sell, 120, 1);
    }
    let bid_only = TopOfBook { ask: Price::NONE, ask_size: 0, ..top(120, 5, 0, 0) };
    assert_eq!((bench.faults(), bench.view().top), (vec![], bid_only));
    assert_eq!(bench.view().last, Price(120 * WHOLE));
}

#[test]
fn a_price_that_cannot_be_hides_the_top_until_the_next_whole_one() {
    let mut bench = Bench::with_quote();
    let odd = |bench: &mut Bench, bid: i64| {
        let top = TopOfBook { bid: Price(bid), ..top(0, 1, 101, 1) };
        bench.send(Input::Quote(Quote { top, ..bench.quote_event(100, 101, 0) }))
    };
    for bid in [100 * WHOLE + 1, 0, -WHOLE] {
        assert_eq!(odd(&mut bench, bid)[0], block(MarketFault::BadPrice, true));
        assert_eq!(bench.view().top, TopOfBook::EMPTY);
        bench.quote(100, 101, 0);
        assert_eq!((bench.faults(), bench.view().top), (vec![], top(100, 1, 101, 1)));
    }
    // A trade that cannot be moves nothing either.
    let quote = bench.quote_event(100, 101, 0);
    let price = Price(100 * WHOLE + 1);
    bench.send(Input::Quote(Quote { action: BookAction::Trade, price, flags: 0, ..quote }));
    assert_eq!((bench.faults(), bench.view().last), (vec![MarketFault::BadPrice], Price::NONE));
    assert_eq!(bench.markets.counters(ES).map(|c| c.bad_prices), Some(4));
}

#[test]
fn one_record_from_the_past_is_counted_and_many_in_a_row_block() {
    let mut bench = Bench::with_quote();
    let past = UnixNanos(bench.time.0 - NANOS_PER_SECOND);
    let early = |bench: &mut Bench| {
        let quote = bench.quote_event(100, 101, 0);
        bench.send(Input::Quote(Quote { ts_event: past, ..quote }));
    };
    early(&mut bench);
    assert_eq!(bench.faults(), []);
    for _ in 0..20 {
        early(&mut bench);
    }
    assert_eq!(bench.faults(), [MarketFault::TimeBackwards]);
    assert!(bench.view().gapped);
    bench.quote(100, 101, 0);
    assert_eq!(bench.faults(), []);
    assert_eq!(bench.markets.counters(ES).map(|c| c.backward_times), Some(21));
}

#[test]
fn a_snapshots_old_times_are_not_a_clock_that_runs_backwards() {
    let mut bench = Bench::with_book();
    for order_id in 0..10 {
        let event = bench.mbo_event(BookAction::Add, order_id, Side::Buy, 90, 1);
        let marks = flags::SNAPSHOT | flags::BAD_TS_RECV;
        bench.send(Input::Mbo(Mbo { ts_event: UnixNanos(1), flags: marks, ..event }));
    }
    assert_eq!(bench.markets.counters(ES).map(|c| c.backward_times), Some(0));
}

#[test]
fn poorer_data_does_not_mend_what_the_richer_one_lacks() {
    let mut bench = Bench::with_quote();
    bench.feed(FeedChange::Stale);
    bench.trade(100, 1);
    assert_eq!(bench.faults(), [MarketFault::Stale], "trades go on, quotes do not");
    bench.quote(100, 101, 50);
    assert_eq!(bench.faults(), []);
}

#[test]
fn another_definition_by_the_exchange_blocks_until_both_agree() {
    let mut bench = Bench::with_quote();
    assert_eq!(bench.send(Input::Listing(listing())), []);
    let other_tick = Listing { tick: Price(WHOLE / 4), ..listing() };
    let out = bench.send(Input::Listing(other_tick));
    assert_eq!(alerts(&out)[0].text.as_str(), "exchange has tick 0.25, configured 0.001");
    assert_eq!(alerts(&out)[0].kind, AlertKind::Definition);
    assert_eq!((bench.faults(), bench.view().gapped), (vec![MarketFault::Definition], true));
    // The configuration is corrected.
    bench.send(Input::Instrument(InstrumentDefinition { tick: Price(WHOLE / 4), ..definition() }));
    assert_eq!(bench.faults(), []);
    let out = bench.send(Input::Listing(Listing { unit_qty: Price(20 * WHOLE), ..other_tick }));
    assert_eq!(
        alerts(&out)[0].text.as_str(),
        "exchange has 20 units or - a tick, configured 50.00"
    );
    bench.send(Input::Listing(Listing { unit_qty: Price::NONE, ..other_tick }));
    assert_eq!(bench.faults(), [], "what it does not say is not compared");
    bench.send(Input::Listing(Listing { currency: Text::new("EUR"), ..other_tick }));
    assert_eq!(bench.faults(), [MarketFault::Definition]);
}

#[test]
fn an_expired_contract_is_blocked_when_its_time_has_come() {
    let mut bench = Bench::with_quote();
    let expiration = UnixNanos(bench.time.0 + 5 * NANOS_PER_SECOND);
    bench.send(Input::Listing(Listing { expiration, ..listing() }));
    bench.wait(4);
    bench.timer();
    assert_eq!(bench.faults(), []);
    bench.wait(1);
    assert_eq!(alerts(&bench.timer()).len(), 1);
    assert_eq!(bench.faults(), [MarketFault::Definition]);
    assert_eq!(alerts(&bench.timer()), [], "said once");
}

#[test]
fn prices_beyond_the_exchanges_limits_are_off_their_band() {
    let mut bench = Bench::with_quote();
    let high_limit = Price(103 * WHOLE);
    bench.send(Input::Listing(Listing { high_limit, ..listing() }));
    bench.quote(104, 105, 20);
    assert_eq!(bench.faults(), [MarketFault::OffBand]);
    bench.quote(102, 103, 21);
    assert_eq!(bench.faults(), []);
}

#[test]
fn what_was_odd_is_told_once_a_second_when_it_changed() {
    let mut bench = Bench::with_quote();
    let told = |out: Vec<MarketOutput>| -> Vec<MarketQuality> {
        let quality = |output: &MarketOutput| match output {
            MarketOutput::Effect(Effect::Quality(quality)) => Some(*quality),
            _ => None,
        };
        out.iter().filter_map(quality).collect()
    };
    assert_eq!(told(bench.timer()), []);
    bench.quote(100, 101, 5);
    bench.trade(100, 1);
    let quality = told(bench.timer())[0];
    assert_eq!((quality.out_of_sequence, quality.ignored), (1, 1));
    assert_eq!(told(bench.timer()), []);
}

#[test]
fn levels_give_the_depth_of_the_quote_that_ends_their_event() {
    let mut bench = Bench::with_quote();
    assert_eq!(bench.markets.depth(ES, 5), None, "a top alone has no depth");
    for (side, price, size) in
        [(Side::Buy, 100, 1), (Side::Buy, 99, 4), (Side::Sell, 101, 1), (Side::Sell, 103, 6)]
    {
        assert_eq!(bench.send(Input::Level(level(side, price, size))), []);
    }
    bench.quote(100, 101, 20);
    assert_eq!(bench.markets.depth(ES, 5), Some((5, 7)));
    assert_eq!(bench.markets.depth(ES, 1), Some((1, 1)));
    bench.quote(100, 102, 21);
    assert_eq!(bench.markets.depth(ES, 5), None, "the levels are not those of the quote");
    bench.feed(FeedChange::Connected);
    assert_eq!(bench.markets.depth_book(ES).map(|book| book.top()), Some(TopOfBook::EMPTY));
    let messages = bench.markets.counters(ES).map(|c| c.messages);
    assert_eq!(messages, Some(3), "a quote and its levels are one record of the vendor");
}

#[test]
fn orders_give_the_depth_of_their_book_while_it_is_whole() {
    let mut bench = Bench::with_book();
    bench.mbo(BookAction::Add, 3, Side::Buy, 98, 2);
    assert_eq!(bench.markets.depth(ES, 5), Some((7, 7)));
    bench.feed(FeedChange::Gap);
    assert_eq!(bench.markets.depth(ES, 5), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn whoever_follows_the_events_alone_knows_when_the_book_is_in_doubt(
        inputs in prop::collection::vec(any_input(), 1..120),
    ) {
        let (mut bench, mut continuity) = (Bench::new(), Continuity::new());
        for input in inputs {
            let Input::Mbo(event) = input else { continue };
            bench.send(input);
            continuity.on(&event);
            let in_doubt = bench.markets.has_fault(ES, MarketFault::Gap);
            prop_assert_eq!(continuity.is_whole(), !in_doubt);
            prop_assert!(!continuity.is_broken() || in_doubt);
        }
    }
}
