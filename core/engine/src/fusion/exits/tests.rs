use super::*;
use crate::fusion::fixtures::view;
use gauntlet_model::effect::IntentReason;
use gauntlet_model::input::{Distance, Exits, Factor, TradingState, Trailing};
use gauntlet_model::market_view::MarketView;
use gauntlet_model::position::Position;
use gauntlet_model::units::{Money, Price, Side};
use proptest::prelude::*;

const TICK: Price = Price(10);

fn position(side: Side, fills: &[(u32, i64)]) -> Position {
    let mut position = Position::default();
    for &(qty, price) in fills {
        position.apply(side, qty, Price(price), Money(50_000_000)).expect("fits");
    }
    position
}

fn no_atr(_: u16) -> f64 {
    f64::NAN
}

fn ticks(stop_loss: u32, take_profit: u32) -> Exits {
    let distance = |ticks| if ticks > 0 { Distance::Ticks(ticks) } else { Distance::None };
    let (stop_loss, take_profit) = (distance(stop_loss), distance(take_profit));
    Exits { stop_loss, take_profit, ..Exits::NONE }
}

fn stops(position: &Position, exits: &Exits, atr: f64) -> Stops {
    let mut stops = Stops::NONE;
    stops.adopt(position, &Gaps::measure(exits, TICK, &|_| atr));
    stops
}

fn at(bid: i64, ask: i64) -> MarketView {
    view(Price(bid), Price(ask))
}

/// A market that is as wide as a tick.
fn bid(price: i64) -> MarketView {
    at(price, price + 1)
}

/// Meets and follows, as a bot does.
fn see(stops: &mut Stops, view: &MarketView) -> Option<IntentReason> {
    let met = stops.met(view);
    stops.follow(view);
    met
}

#[test]
fn a_long_position_is_closed_by_the_bid_and_a_short_one_by_the_ask() {
    let long = stops(&position(Side::Buy, &[(2, 1_000)]), &ticks(4, 8), f64::NAN);
    assert_eq!(long.met(&at(961, 971)), None);
    assert_eq!(long.met(&at(960, 970)), Some(IntentReason::StopLoss));
    assert_eq!(long.met(&at(1_079, 1_089)), None);
    assert_eq!(long.met(&at(1_080, 1_090)), Some(IntentReason::TakeProfit));
    let short = stops(&position(Side::Sell, &[(2, 1_000)]), &ticks(4, 8), f64::NAN);
    assert_eq!(short.met(&at(1_029, 1_039)), None);
    assert_eq!(short.met(&at(1_030, 1_040)), Some(IntentReason::StopLoss));
    assert_eq!(short.met(&at(911, 921)), None);
    assert_eq!(short.met(&at(910, 920)), Some(IntentReason::TakeProfit));
}

#[test]
fn levels_lie_around_the_mean_entry_and_round_past_it() {
    // Mean entry 1001 1/3.
    let fills = [(1, 1_000), (2, 1_002)];
    let (stop, target, ..) = stops(&position(Side::Buy, &fills), &ticks(1, 1), f64::NAN).levels();
    assert_eq!((stop, target), (Price(991), Price(1_012)));
    let (stop, target, ..) = stops(&position(Side::Sell, &fills), &ticks(1, 1), f64::NAN).levels();
    assert_eq!((stop, target), (Price(1_012), Price(991)));
}

#[test]
fn negative_prices_have_levels_like_any_other() {
    let exits = Exits { trailing: Trailing::By(Distance::Ticks(3)), ..ticks(2, 2) };
    let (stop, target, trailing, ..) =
        stops(&position(Side::Buy, &[(3, -500)]), &exits, f64::NAN).levels();
    assert_eq!((stop, target, trailing), (Price(-520), Price(-480), Price(-530)));
    let (stop, target, trailing, ..) =
        stops(&position(Side::Sell, &[(3, -500)]), &exits, f64::NAN).levels();
    assert_eq!((stop, target, trailing), (Price(-480), Price(-520), Price(-470)));
    let exits = Exits { stop_loss: Distance::Percent(Factor::ONE), ..Exits::NONE };
    let (stop, ..) = stops(&position(Side::Buy, &[(3, -500)]), &exits, f64::NAN).levels();
    assert_eq!(stop, Price(-505));
}

#[test]
fn percents_are_of_the_mean_entry_and_ranges_of_the_bars_before_it() {
    let exits = Exits {
        stop_loss: Distance::Percent(Factor(5_000)),
        take_profit: Distance::Atr { period: 14, multiple: Factor(15_000) },
        ..Exits::NONE
    };
    let long = position(Side::Buy, &[(1, 10_000), (1, 10_100)]);
    // Half a percent of 20100 is 100.5, rounded to 100 for both; one and a half ranges of 2e-8 are 30.
    let (stop, target, ..) = stops(&long, &exits, 2e-8).levels();
    assert_eq!((stop, target), (Price(10_000), Price(10_080)));
}

#[test]
fn an_empty_side_is_replaced_by_the_last_trade_and_an_untrusted_market_says_nothing() {
    let long = stops(&position(Side::Buy, &[(1, 1_000)]), &ticks(4, 0), f64::NAN);
    let stopped = at(900, 910);
    assert_eq!(long.met(&stopped), Some(IntentReason::StopLoss));
    let mut no_bid = at(i64::MAX, 910);
    assert_eq!(long.met(&no_bid), None);
    no_bid.last = Price(905);
    assert_eq!(long.met(&no_bid), Some(IntentReason::StopLoss));
    assert_eq!(long.met(&at(910, 910)), None);
    assert_eq!(long.met(&MarketView { gapped: true, ..stopped }), None);
    assert_eq!(long.met(&MarketView { book_full: true, ..stopped }), None);
    assert_eq!(long.met(&MarketView { state: TradingState::Halted, ..stopped }), None);
}

#[test]
fn while_the_book_cannot_be_trusted_only_a_new_trade_on_a_live_line_meets_a_stop() {
    let broken: [fn(MarketView) -> MarketView; 3] = [
        |view| MarketView { gapped: true, ..view },
        |view| MarketView { book_full: true, ..view },
        |view| MarketView { top: at(910, 910).top, ..view },
    ];
    for broken in broken {
        let mut long = stops(&position(Side::Buy, &[(1, 1_000)]), &ticks(4, 0), f64::NAN);
        assert_eq!(see(&mut long, &MarketView { last: Price(950), ..at(1_000, 1_010) }), None);
        let stopped = broken(MarketView { last: Price(950), ..at(900, 910) });
        assert_eq!(long.met(&stopped), None, "that trade is older than the book was");
        let printed = MarketView { last: Price(955), ..stopped };
        assert_eq!(long.met(&printed), Some(IntentReason::StopLoss));
        assert_eq!(long.met(&MarketView { live: false, ..printed }), None);
        assert_eq!(long.met(&MarketView { state: TradingState::Closed, ..printed }), None);
    }
}

#[test]
fn without_a_position_there_is_nothing_to_meet() {
    let none = stops(&Position::default(), &ticks(1, 1), f64::NAN);
    assert_eq!(none, Stops::NONE);
    assert_eq!(none.met(&at(1, 2)), None);
}

#[test]
fn a_trailing_stop_follows_the_best_price_and_never_goes_back() {
    let exits = Exits { trailing: Trailing::By(Distance::Ticks(2)), ..ticks(10, 0) };
    let mut long = stops(&position(Side::Buy, &[(1, 1_000)]), &exits, f64::NAN);
    for price in [1_000, 990, 1_030, 1_015, 1_011] {
        assert_eq!(see(&mut long, &bid(price)), None, "{price}");
    }
    assert_eq!(see(&mut long, &bid(1_010)), Some(IntentReason::TrailingStop));
    // More contracts move the mean, not what was won.
    let mut more = position(Side::Buy, &[(1, 1_000), (1, 1_020)]);
    long.adopt(&more, &Gaps::measure(&exits, TICK, &no_atr));
    assert_eq!(long.levels().2, Price(1_010));
    // The other side begins anew.
    more.apply(Side::Sell, 3, Price(1_000), Money(1)).expect("fits");
    long.adopt(&more, &Gaps::measure(&exits, TICK, &no_atr));
    assert_eq!(long.levels().2, Price(1_020));
}

#[test]
fn a_trailing_stop_in_ranges_takes_the_range_of_every_bar() {
    let by = Distance::Atr { period: 14, multiple: Factor(20_000) };
    let exits = Exits { trailing: Trailing::By(by), ..ticks(100, 0) };
    let mut long = stops(&position(Side::Buy, &[(1, 1_000)]), &exits, 2e-8);
    assert_eq!(long.levels().2, Price(960));
    let measure = |atr: f64| Gap::measure(by, TICK, &|_| atr);
    long.trail_by(measure(1e-8));
    assert_eq!(long.levels().2, Price(980));
    // A wider range does not give back what a narrower one had won, nor does an unknown one.
    long.trail_by(measure(5e-8));
    long.trail_by(measure(f64::NAN));
    assert_eq!(long.levels().2, Price(980));
    see(&mut long, &bid(1_200));
    assert_eq!(long.levels().2, Price(1_100));
}

#[test]
fn a_chandelier_moves_in_favour_only() {
    let exits = ticks(100, 0);
    let mut short = stops(&position(Side::Sell, &[(1, 1_000)]), &exits, f64::NAN);
    for (level, trailing) in [(1_050, 1_050), (1_060, 1_050), (1_020, 1_020)] {
        short.trail_to(Price(level));
        assert_eq!(short.levels().2, Price(trailing));
    }
    short.trail_to(Price::NONE);
    assert_eq!(see(&mut short, &at(1_009, 1_019)), None);
    assert_eq!(see(&mut short, &at(1_010, 1_020)), Some(IntentReason::TrailingStop));
}

#[test]
fn break_even_waits_for_its_profit() {
    let exits = Exits {
        break_even_after: Distance::Ticks(5),
        break_even_plus: Distance::Ticks(1),
        ..ticks(10, 0)
    };
    let mut long = stops(&position(Side::Buy, &[(1, 1_000)]), &exits, f64::NAN);
    for price in [1_010, 1_000, 1_049, 950, 1_050, 1_011] {
        assert_eq!(see(&mut long, &bid(price)), None, "{price}");
    }
    assert!(long.levels().4);
    assert_eq!(see(&mut long, &bid(1_010)), Some(IntentReason::BreakEven));
}

#[test]
fn the_stop_goes_before_the_trailing_stop_and_that_before_break_even_and_the_target() {
    let exits = Exits {
        trailing: Trailing::By(Distance::Ticks(3)),
        break_even_after: Distance::Ticks(1),
        ..ticks(5, 1)
    };
    let mut long = stops(&position(Side::Buy, &[(1, 1_000)]), &exits, f64::NAN);
    see(&mut long, &bid(1_010));
    assert_eq!(long.met(&bid(950)), Some(IntentReason::StopLoss));
    assert_eq!(long.met(&bid(960)), Some(IntentReason::TrailingStop));
    assert_eq!(long.met(&bid(990)), Some(IntentReason::BreakEven));
    assert_eq!(long.met(&bid(1_010)), Some(IntentReason::TakeProfit));
}

#[test]
fn a_stop_that_cannot_be_measured_is_no_leave_to_hold() {
    let exits =
        Exits { stop_loss: Distance::Atr { period: 14, multiple: Factor::ONE }, ..Exits::NONE };
    for atr in [f64::NAN, 0.0, -1.0, f64::INFINITY] {
        let gaps = Gaps::measure(&exits, TICK, &|_| atr);
        assert!(!gaps.are_known(), "{atr}");
        let long = stops(&position(Side::Buy, &[(1, 1_000)]), &exits, atr);
        assert_eq!(long.met(&bid(1_000)), Some(IntentReason::StopLoss));
    }
    assert!(!Gaps::measure(&Exits::NONE, TICK, &no_atr).are_known());
    assert!(Gaps::measure(&exits, TICK, &|_| 1e-8).are_known());
}

#[test]
fn a_session_ends_a_minute_before_its_close_and_carries_nothing_over() {
    let minute = |m: u64| UnixNanos(m * NANOS_PER_MINUTE);
    let session = SessionSpan { open: minute(100), close: minute(200) };
    let ends = |now, entered| session_ends(Some(session), now, entered);
    assert!(!ends(UnixNanos(199 * NANOS_PER_MINUTE - 1), Some(minute(150))));
    assert!(ends(minute(199), Some(minute(150))));
    assert!(ends(minute(120), Some(minute(99))));
    assert!(!ends(minute(120), None));
    assert!(session_ends(None, minute(120), None));
}

#[test]
fn the_time_stop_counts_the_bar_of_entry_by_clock_or_by_bars() {
    let minute = |m: u64| UnixNanos(m * NANOS_PER_MINUTE);
    let entered = UnixNanos(12 * NANOS_PER_MINUTE + 59);
    let one = TimeStop::begin(2, BarKind::Time(Timeframe::M1), None, entered);
    assert!(!one.is_up(UnixNanos(minute(14).0 - 1)) && one.is_up(minute(14)));
    // Five-minute bars from the session's opening at minute 11: this one ends at minute 16.
    let session = SessionSpan { open: minute(11), close: minute(200) };
    let mut five = TimeStop::begin(2, BarKind::Time(Timeframe::M5), Some(session), entered);
    assert!(!five.is_up(UnixNanos(minute(21).0 - 1)) && five.is_up(minute(21)));
    five.bar_ended();
    assert!(!five.is_up(minute(16)) && five.bars_left() == 1);
    five.bar_ended();
    assert!(five.is_up(minute(16)));
    let mut volume = TimeStop::begin(1, BarKind::Volume(100), Some(session), entered);
    assert!(!volume.is_up(minute(100_000)));
    volume.bar_ended();
    assert!(volume.is_up(minute(13)));
    assert!(!TimeStop::begin(0, BarKind::Ticks(1), None, entered).is_up(minute(100_000)));
}

/// What a bot's exits are by their description, worked out anew from everything that happened.
struct Naive<'a> {
    long: bool,
    entry: i64,
    exits: [i64; 5],
    /// Closing prices seen, and the trailing distances that bars brought in between.
    happened: &'a [Happening],
}

#[derive(Clone, Copy, Debug)]
enum Happening {
    Price(i64),
    Range(i64),
}

impl Naive<'_> {
    /// How much a price has won.
    fn won(&self, price: i64) -> i64 {
        if self.long { price - self.entry } else { self.entry - price }
    }

    fn met(&self, price: i64) -> Option<IntentReason> {
        let [stop, target, trail, after, plus] = self.exits;
        let (mut best, mut trailed, mut range, mut armed) = (0, -trail, trail, false);
        for happening in self.happened {
            match *happening {
                Happening::Price(price) => {
                    best = best.max(self.won(price));
                    armed |= self.won(price) >= after;
                }
                Happening::Range(width) => range = width,
            }
            trailed = trailed.max(best - range);
        }
        let won = self.won(price);
        let checks = [
            (won <= -stop, IntentReason::StopLoss),
            (won <= trailed, IntentReason::TrailingStop),
            (armed && won <= plus, IntentReason::BreakEven),
            (won >= target, IntentReason::TakeProfit),
        ];
        checks.into_iter().find(|(met, _)| *met).map(|(_, reason)| reason)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn every_price_meets_what_the_whole_history_says(
        long: bool,
        entry in -500i64..2_000,
        exits in prop::array::uniform5(1u32..40),
        happened in prop::collection::vec(
            prop_oneof![
                4 => (-400i64..400).prop_map(Happening::Price),
                1 => (1i64..400).prop_map(Happening::Range),
            ],
            1..60,
        ),
    ) {
        let side = if long { Side::Buy } else { Side::Sell };
        let [stop, target, trail, after, plus] = exits.map(Distance::Ticks);
        let happened: Vec<Happening> = happened
            .into_iter()
            .map(|happening| match happening {
                Happening::Price(away) => Happening::Price(entry + away),
                range => range,
            })
            .collect();
        let mut stops = stops(&position(side, &[(1, entry)]), &Exits {
            stop_loss: stop,
            take_profit: target,
            trailing: Trailing::By(trail),
            break_even_after: after,
            break_even_plus: plus,
            ..Exits::NONE
        }, f64::NAN);
        for (now, happening) in happened.iter().enumerate() {
            match *happening {
                Happening::Range(width) => stops.trail_by(Gap::Price(width)),
                Happening::Price(price) => {
                    let naive = Naive {
                        long,
                        entry,
                        exits: exits.map(|ticks| i64::from(ticks) * TICK.0),
                        happened: &happened[..now],
                    };
                    let view = if long { at(price, price + 1) } else { at(price - 1, price) };
                    prop_assert_eq!(see(&mut stops, &view), naive.met(price), "at {}", now);
                }
            }
        }
    }
}

#[test]
fn a_percentage_of_nothing_is_no_distance_that_can_be_measured() {
    let measured = |percent| Gap::measure(Distance::Percent(percent), TICK, &no_atr);
    assert_eq!(measured(Factor::ZERO), Gap::Unknown);
    let least = Factor(Factor::ZERO.0 + 1);
    assert_eq!(measured(least), Gap::Percent(least));
}

#[test]
fn there_is_no_break_even_where_no_profit_that_arms_it_is_asked_for_or_known() {
    let level = |break_even_after| {
        let break_even_plus = Distance::Ticks(2);
        let exits = Exits { break_even_after, break_even_plus, ..ticks(4, 8) };
        let (.., break_even, armed) =
            stops(&position(Side::Buy, &[(1, 1_000)]), &exits, f64::NAN).levels();
        assert!(!armed);
        break_even
    };
    assert_eq!(level(Distance::Ticks(3)), Price(1_020));
    assert_eq!(level(Distance::None), Price::NONE);
    assert_eq!(level(Distance::Ticks(0)), Price::NONE, "it cannot be measured");
}

#[test]
fn a_trade_while_the_book_cannot_be_trusted_moves_what_follows_the_market() {
    let exits = Exits { trailing: Trailing::By(Distance::Ticks(3)), ..ticks(40, 0) };
    for (side, traded, trailing) in [(Side::Buy, 1_100, 1_070), (Side::Sell, 900, 930)] {
        let mut stops = stops(&position(side, &[(1, 1_000)]), &exits, f64::NAN);
        let gapped = MarketView { gapped: true, last: Price(traded), ..at(1_000, 1_001) };
        stops.follow(&gapped);
        assert_eq!(stops.levels().2, Price(trailing), "{side:?}");
    }
}

#[test]
fn a_rule_that_knows_no_price_leaves_the_trailing_stop_where_it_is() {
    for (side, level, worse) in [(Side::Buy, 990, 980), (Side::Sell, 1_010, 1_020)] {
        let mut stops = stops(&position(side, &[(1, 1_000)]), &ticks(40, 0), f64::NAN);
        stops.trail_to(Price::NONE);
        assert_eq!(stops.levels().2, Price::NONE);
        for price in [Price(level), Price::NONE, Price(worse)] {
            stops.trail_to(price);
            assert_eq!(stops.levels().2, Price(level), "{side:?} {price:?}");
        }
    }
    let mut flat = Stops::NONE;
    flat.trail_to(Price(990));
    assert_eq!(flat, Stops::NONE, "there is nothing to give back");
}
