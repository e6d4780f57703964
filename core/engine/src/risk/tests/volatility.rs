//! R24: a market that moves too much halves what may be held in its product, and a person ends that.

use super::super::scenario::Layers;
use super::super::{ALL_CHANGES_MAX, CHANGES_MAX, RealisedVolatility, VOLATILITY_MINUTES_MAX};
use super::*;
use crate::message::ToRisk;
use gauntlet_model::ids::{INSTRUMENTS_MAX, InstrumentId};
use gauntlet_model::market_view::MarketView;
use gauntlet_model::units::{NANOS_PER_MINUTE, UnixNanos};
use proptest::prelude::*;

/// Ten ticks a minute are usual, twice as much is too much, over four minutes.
fn told(setup: &mut Setup) {
    let terms = &mut setup.layers().terms;
    (terms.volatility_reference, terms.volatility_percent) = (10_000, 200);
    terms.volatility_minutes = 4;
}

/// A market whose one-minute closes go by changes in ticks.
struct Minutes {
    scenario: Scenario,
    instrument: InstrumentId,
    close: i64,
}

impl Minutes {
    fn new(change: impl FnOnce(&mut Setup)) -> Minutes {
        let (scenario, setup) = start(change);
        Minutes { scenario, instrument: setup.instrument.instrument, close: 20_000 }
    }

    /// A minute that ends so many ticks from the one before; gives what may be held in percent, if that is
    /// lowered.
    fn change(&mut self, ticks_up: i64) -> Option<i64> {
        self.close += ticks_up;
        self.scenario.now = self.scenario.now.plus(NANOS_PER_MINUTE);
        let scenario = &mut self.scenario;
        scenario.market(MarketView { instrument: self.instrument, ..Setup::new().view });
        let bar = minute(self.instrument, scenario.now, ticks(self.close));
        let effect = ToRisk::Effect(Effect::Bar(bar));
        scenario.risk.on(&effect, &mut |message| scenario.out.extend(message.detached()));
        lowered(&self.scenario)
    }

    fn changes<const N: usize>(&mut self, all: [i64; N]) -> [Option<i64>; N] {
        all.map(|ticks| self.change(ticks))
    }

    fn ask(&mut self, step: LimitStep, value: i64) -> Vec<AlertKind> {
        self.scenario.input(Input::LimitChange(LimitChange {
            step,
            scope: Scope::Instrument(self.instrument),
            limit: LimitKind::PositionPercent,
            value,
            seconds: 60,
            actor: Text::new("ann"),
            reason: Text::new("seen the news"),
        }));
        self.scenario.alerts()
    }

    fn percent(&self) -> i64 {
        let scope = Scope::Instrument(self.instrument);
        self.scenario.risk.limit(scope, LimitKind::PositionPercent)
    }
}

fn minute(instrument: InstrumentId, ends: UnixNanos, close: Price) -> Bar {
    Bar {
        instrument,
        kind: BarKind::Time(Timeframe::M1),
        session: SessionMode::Full24x5,
        gap: false,
        ts_open: UnixNanos(ends.0 - NANOS_PER_MINUTE),
        ts_close: ends,
        open: close,
        high: close,
        low: close,
        close,
        volume: 1,
    }
}

fn lowered(scenario: &Scenario) -> Option<i64> {
    let value = |message: &ToOrders| match message {
        ToOrders::Effect(Effect::Limit(limit)) if limit.state == LimitState::Lowered => {
            assert_eq!((limit.actor.as_str(), limit.limit), ("risk", LimitKind::PositionPercent));
            Some(limit.value)
        }
        _ => None,
    };
    let found: Vec<i64> = scenario.out.iter().filter_map(value).collect();
    assert!(found.len() <= 1);
    found.first().copied()
}

#[test]
fn past_its_limit_volatility_halves_what_may_be_held_and_past_twice_as_much_again() {
    let mut market = Minutes::new(told);
    assert_eq!(market.changes([0, 20, -20, 20]), [None; 4]);
    assert_eq!(market.change(-20), None, "four changes of 20 ticks: at the limit");
    assert_eq!(market.change(21), Some(50), "one tick more");
    assert_eq!(market.scenario.alerts(), [AlertKind::Volatility]);
    market.scenario.enter(6);
    let reject = market.scenario.rejected().expect("more than half of ten");
    assert_eq!((reject.code, reject.limit), (RejectCode::BotPosition, 5));
    assert_eq!(market.changes([40, -40, 40]), [None; 3]);
    assert_eq!(market.change(-40), None, "twice as much: at the limit");
    assert_eq!(market.change(41), Some(25), "one tick more");
    market.scenario.enter(2);
    assert_eq!(market.scenario.only().qty, 2);
}

#[test]
fn one_jump_is_as_many_steps_as_it_is_large_and_one_contract_is_left() {
    let mut market = Minutes::new(told);
    // A jump of n ticks in four minutes is n / 2 a minute.
    assert_eq!(market.changes([0, 81]), [None, Some(25)]);
    assert_eq!(market.change(10_000_000), Some(1));
    market.scenario.enter(2);
    assert_eq!(market.scenario.rejected().map(|reject| reject.limit), Some(1));
    market.scenario.enter(1);
    assert_eq!(market.scenario.only().qty, 1);
}

#[test]
fn what_is_held_gets_out_and_nothing_opens_beside_it() {
    let mut market = Minutes::new(told);
    let setup = Setup::new();
    market.scenario.hold(&setup, 8);
    assert_eq!(market.changes([0, 41]), [None, Some(50)]);
    market.scenario.enter(9);
    assert_eq!(market.scenario.rejected().map(|reject| reject.limit), Some(5));
    market.scenario.stop_out();
    let order = market.scenario.only();
    assert_eq!((order.side, order.qty), (Side::Sell, 8));
}

#[test]
fn a_quiet_market_moves_nothing_up_and_a_person_does() {
    let mut market = Minutes::new(told);
    market.changes([0, 41]);
    assert_eq!(market.changes([0; 8]), [None; 8]);
    assert_eq!(market.percent(), 50);
    assert_eq!(market.ask(LimitStep::Ask, 100), [AlertKind::CommandRefused], "ended, not raised");
    assert_eq!(market.ask(LimitStep::End, 0), [], "by a person alone");
    assert_eq!(market.percent(), 100);
    market.scenario.enter(10);
    assert_eq!(market.scenario.only().qty, 10);
    assert_eq!(market.change(41), Some(50), "the next storm is news");
}

#[test]
fn a_person_who_ends_it_in_the_storm_is_believed_until_it_grows() {
    let mut market = Minutes::new(told);
    assert_eq!(market.changes([0, 41]), [None, Some(50)]);
    market.ask(LimitStep::End, 0);
    assert_eq!(market.changes([0, 0]), [None; 2], "still as much");
    assert_eq!(market.change(80), Some(25), "a step higher");
    market.ask(LimitStep::End, 0);
    assert_eq!(market.changes([0; 4]), [None; 4], "quiet again");
    assert_eq!(market.change(41), Some(50), "and again");
}

#[test]
fn another_contract_of_the_product_holds_as_little_and_is_ended_by_any_of_them() {
    let next = |setup: &Setup| InstrumentDefinition {
        instrument: InstrumentId(1),
        symbol: Text::new("ESM4"),
        ..setup.instrument
    };
    let mut market = Minutes::new(told);
    let setup = Setup::new();
    market.scenario.input(Input::Instrument(next(&setup)));
    let terms = ContractTerms {
        instrument: InstrumentId(1),
        volatility_reference: 10_000,
        volatility_percent: 200,
        volatility_minutes: 4,
        ..ContractTerms::none(InstrumentId(1))
    };
    market.scenario.input(Input::ContractTerms(terms));
    assert_eq!(market.changes([0, 41]), [None, Some(50)]);
    // The bot goes on in the next contract.
    let bot = BotDefinition { instrument: InstrumentId(1), ..setup.bot };
    market.scenario.input(Input::Bot(bot));
    market.scenario.market(MarketView { instrument: InstrumentId(1), ..setup.view });
    market.scenario.enter(6);
    assert_eq!(market.scenario.rejected().map(|reject| reject.limit), Some(5));
    // The next one's own storm is told in the same place, and either ends it.
    market.instrument = InstrumentId(1);
    assert_eq!(market.changes([0, 41]), [None; 2], "no lower than it is");
    assert_eq!(market.change(80), Some(25));
    assert_eq!(market.ask(LimitStep::End, 0), []);
    for instrument in [0, 1].map(InstrumentId) {
        let scope = Scope::Instrument(instrument);
        assert_eq!(market.scenario.risk.limit(scope, LimitKind::PositionPercent), 100);
    }
}

#[test]
fn nothing_is_watched_where_nothing_is_said_and_a_part_of_it_blocks() {
    let mut market = Minutes::new(|setup| {
        setup.layers();
    });
    assert_eq!(market.changes([0, 1_000_000]), [None; 2]);
    market.scenario.enter(10);
    assert_eq!(market.scenario.only().qty, 10);
    for missing in 0..3 {
        let mut market = Minutes::new(|setup| {
            told(setup);
            let terms = &mut setup.layers().terms;
            match missing {
                0 => terms.volatility_reference = 0,
                1 => terms.volatility_percent = 0,
                _ => terms.volatility_minutes = 0,
            }
        });
        market.scenario.enter(1);
        let code = market.scenario.rejected().map(|reject| reject.code);
        assert_eq!(code, Some(RejectCode::MissingLimit));
    }
}

#[test]
fn a_night_between_two_days_is_no_change_and_prices_below_zero_are_prices() {
    let mut market = Minutes::new(told);
    market.close = 3;
    assert_eq!(market.changes([0, -20, -20]), [None; 3], "below zero");
    market.scenario.now = market.scenario.now.plus(24 * 60 * NANOS_PER_MINUTE);
    assert_eq!(market.change(10_000), None, "the next day");
    assert_eq!(market.change(41), Some(50));
}

#[test]
fn a_new_run_goes_on_from_what_was_measured_and_lowered() {
    let mut market = Minutes::new(told);
    market.changes([0, 30]);
    let mut setup = Setup::new();
    told(&mut setup);
    let (terms, first) = (setup.layers().terms, setup.run);
    let begin = |market: &mut Minutes, run: u32, terms: ContractTerms| {
        market.scenario.input(Input::RunStart(RunStart { run, ..first }));
        market.scenario.session(SessionChange::LoggedOn);
        market.scenario.input(Input::ContractTerms(terms));
        market.scenario.input(Input::RiskLimits(Layers::new().platform));
    };
    begin(&mut market, 2, terms);
    assert_eq!(market.change(-30), Some(50), "30 and 30 in four minutes");
    begin(&mut market, 3, terms);
    assert_eq!(market.percent(), 50);
    // Nothing is watched in this run: what is lowered stays so.
    begin(&mut market, 4, ContractTerms::none(terms.instrument));
    assert_eq!(market.changes([0, 1_000]), [None; 2]);
    assert_eq!(market.percent(), 50);
}

#[test]
fn a_person_lowers_it_too_and_the_limit_is_a_symbols_alone() {
    let mut market = Minutes::new(told);
    assert_eq!(market.ask(LimitStep::Ask, 200), [AlertKind::CommandRefused], "no more than all");
    assert_eq!(market.ask(LimitStep::Lower, 0), [AlertKind::CommandRefused]);
    assert_eq!(market.ask(LimitStep::Lower, 30), []);
    market.scenario.enter(4);
    assert_eq!(market.scenario.rejected().map(|reject| reject.limit), Some(3));
    assert_eq!(market.ask(LimitStep::End, 0), [AlertKind::CommandRefused], "a second person");
    for (scope, limit) in [
        (Scope::Instrument(market.instrument), LimitKind::Position),
        (Scope::Bot(BOT), LimitKind::PositionPercent),
        (Scope::Platform, LimitKind::PositionPercent),
    ] {
        market.scenario.input(Input::LimitChange(LimitChange {
            step: LimitStep::Lower,
            scope,
            limit,
            value: 1,
            seconds: 0,
            actor: Text::new("ann"),
            reason: Text::new("why not"),
        }));
        assert_eq!(market.scenario.alerts(), [AlertKind::CommandRefused]);
    }
}

#[test]
fn people_cannot_take_the_room_that_risk_needs() {
    use super::super::changes::Changes;
    let mut changes = Changes::new();
    let by = |actor: &str, place: usize, limit: LimitKind| LimitChanged {
        scope: Scope::Bot(BotId(place as u16)),
        limit,
        state: LimitState::Lowered,
        value: 1,
        until: UnixNanos(0),
        actor: Text::new(actor),
        approver: Text::EMPTY,
        reason: Text::EMPTY,
    };
    let mut put = |actor, limit| {
        (0..2 * ALL_CHANGES_MAX).filter(|place| changes.put(by(actor, *place, limit))).count()
    };
    assert_eq!(put("ann", LimitKind::OrderQty), CHANGES_MAX);
    assert_eq!(put("risk", LimitKind::Position), ALL_CHANGES_MAX - CHANGES_MAX);
}

#[test]
fn every_place_of_the_table_of_instruments_has_a_measure() {
    let mut scenario = Setup::new().start();
    for place in [INSTRUMENTS_MAX - 1, INSTRUMENTS_MAX] {
        let instrument = InstrumentId(place as u16);
        let terms = ContractTerms { instrument, ..ContractTerms::none(instrument) };
        let terms = ContractTerms {
            volatility_reference: 1,
            volatility_percent: 1,
            volatility_minutes: u32::MAX,
            ..terms
        };
        scenario.input(Input::ContractTerms(terms));
        let bar = minute(instrument, scenario.now, ticks(1));
        let effect = ToRisk::Effect(Effect::Bar(bar));
        scenario.risk.on(&effect, &mut |_| {});
    }
}

/// The measure from nothing: the root of the mean square of the last changes.
fn naive(closes: &[i64], minutes: usize) -> u64 {
    let changes = closes.windows(2).map(|two| i128::from(two[1] - two[0]));
    let squares: Vec<i128> = changes.map(|change| change * change).collect();
    let last = &squares[squares.len().saturating_sub(minutes)..];
    let mean = last.iter().sum::<i128>() * 1_000_000 / minutes as i128;
    u64::try_from((mean as u128).isqrt()).expect("small")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn the_measure_is_the_root_of_the_mean_square_of_the_last_changes(
        changes in prop::collection::vec(-400i64..400, 1..60),
        minutes in 1..20u32,
    ) {
        let mut measure = RealisedVolatility::new(minutes);
        let (mut closes, mut now) = (vec![], IN_SESSION);
        for change in changes {
            closes.push(closes.last().copied().unwrap_or(0) + change);
            now = now.plus(NANOS_PER_MINUTE);
            let close = ticks(closes[closes.len() - 1]);
            measure.follow(&minute(InstrumentId(0), now, close), ticks(1));
            prop_assert_eq!(measure.thousandths(), naive(&closes, minutes as usize));
        }
    }
}

#[test]
fn a_window_of_no_minutes_and_of_more_than_there_may_be_are_measured_without_a_panic() {
    for minutes in [0, 1, VOLATILITY_MINUTES_MAX, u32::MAX] {
        let mut measure = RealisedVolatility::new(minutes);
        for close in [i64::MIN, i64::MAX, 0] {
            let bar = minute(InstrumentId(0), IN_SESSION, Price(close));
            measure.follow(&bar, Price(1));
        }
        measure.thousandths();
    }
}
