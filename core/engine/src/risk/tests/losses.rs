//! R16: what a loss of the day stops, closes and leaves alone; R13's equity.

use super::super::scenario::{Layers, top};
use super::*;
use gauntlet_model::market_view::MarketView;
use gauntlet_model::units::{Money, UnixNanos};

const DOLLAR: i64 = 1_000_000;
/// Seconds of a day.
const DAY: u64 = 24 * 3_600;

fn refused(scenario: &Scenario) -> Option<RejectCode> {
    scenario.rejected().map(|reject| reject.code)
}

fn losses(scenario: &Scenario) -> Vec<(Scope, LossState, i64)> {
    let loss = |message: &ToOrders| match message {
        ToOrders::Effect(Effect::Loss(loss)) => {
            Some((loss.scope, loss.state, loss.result.0 / DOLLAR))
        }
        _ => None,
    };
    scenario.out.iter().filter_map(loss).collect()
}

/// A bot that holds `held` contracts bought at 20,000 ticks, with limits.
fn holding_under(held: i32, change: impl FnOnce(&mut Layers)) -> (Scenario, Setup) {
    start_holding(held, |setup| change(setup.layers()))
}

/// The market goes to a bid, in ticks, and a second passes; gives what was approved.
fn falls(scenario: &mut Scenario, setup: &Setup, bid: i64) -> Vec<OrderRequest> {
    scenario.pass(1, at(setup, bid))
}

fn at(setup: &Setup, bid: i64) -> MarketView {
    MarketView { top: top(bid, bid + 1), last: ticks(bid), ..setup.view }
}

#[test]
fn a_marked_loss_past_the_limit_stops_what_opens_cancels_it_and_tells_once() {
    // Two contracts lose 25 dollars a tick.
    let (mut scenario, setup) =
        holding_under(2, |layers| layers.platform.max_daily_loss = Money(250 * DOLLAR));
    let order = scenario.enter_passively(4);
    scenario.acknowledge(&order);
    assert_eq!(falls(&mut scenario, &setup, 19_990), vec![], "at the limit");
    assert_eq!(losses(&scenario), []);
    let cancels = falls(&mut scenario, &setup, 19_989);
    assert_eq!((cancels.len(), cancels[0].kind), (1, OutboundKind::Cancel));
    assert_eq!(losses(&scenario), [(Scope::Platform, LossState::ReduceOnly, -275)]);
    assert_eq!(scenario.alerts(), [AlertKind::LossLimit]);
    scenario.end(&order, 0);
    assert_eq!(falls(&mut scenario, &setup, 19_980), vec![]);
    assert_eq!((losses(&scenario), scenario.alerts()), (vec![], vec![]), "told once");
    scenario.enter(4);
    let reject = scenario.rejected().expect("refused");
    assert_eq!((reject.code, reject.limit), (RejectCode::DailyLoss, 250 * DOLLAR));
    assert_eq!(reject.value, 500 * DOLLAR);
    // Nothing that comes back undoes it.
    falls(&mut scenario, &setup, 20_100);
    scenario.enter(4);
    assert_eq!(refused(&scenario), Some(RejectCode::DailyLoss));
}

#[test]
fn a_loss_taken_by_a_fill_counts_at_once_and_not_only_with_the_next_second() {
    for (tick, stops) in [(19_990, false), (19_989, true)] {
        let (mut scenario, setup) =
            holding_under(2, |layers| layers.platform.max_daily_loss = Money(250 * DOLLAR));
        scenario.enter(0);
        let order = scenario.only();
        let report = ExecutionReport { last_px: ticks(tick), ..filled(&order, order.qty, 0) };
        scenario.input(Input::Execution(report));
        let expected = [(Scope::Platform, LossState::ReduceOnly, -275)];
        assert_eq!(losses(&scenario), expected[..usize::from(stops)]);
        scenario.risk.assert_sums_of_losses(setup.bot.route(), setup.bot.account);
        scenario.enter(1);
        assert_eq!(refused(&scenario), stops.then_some(RejectCode::DailyLoss));
    }
}

#[test]
fn exits_go_on_past_the_limit_and_a_reversal_only_closes() {
    let (mut scenario, setup) =
        holding_under(2, |layers| layers.bot.max_daily_loss = Money(DOLLAR));
    falls(&mut scenario, &setup, 19_900);
    assert_eq!(losses(&scenario), [(Scope::Bot(BOT), LossState::ReduceOnly, -2_500)]);
    scenario.want(BOT, -2, Urgency::Aggressive, IntentReason::Signal);
    let exit = scenario.only();
    assert_eq!((exit.side, exit.qty), (Side::Sell, 2));
    scenario.fill(&exit, 2, 0);
    assert_eq!(scenario.held(), 0);
    assert_eq!(refused(&scenario), Some(RejectCode::DailyLoss));
}

#[test]
fn past_the_second_limit_positions_are_closed() {
    let (mut scenario, setup) = holding_under(2, |layers| {
        layers.platform.max_daily_loss = Money(250 * DOLLAR);
        layers.platform.flat_daily_loss = Money(500 * DOLLAR);
    });
    assert_eq!(falls(&mut scenario, &setup, 19_980), vec![], "at the second limit");
    let exits = falls(&mut scenario, &setup, 19_979);
    assert_eq!(losses(&scenario), [(Scope::Platform, LossState::Flat, -525)]);
    assert_eq!((exits.len(), exits[0].side, exits[0].qty), (1, Side::Sell, 2));
    // One that finds nobody is followed by the next.
    scenario.end(&exits[0], 0);
    assert_eq!(falls(&mut scenario, &setup, 19_979).len(), 1);
}

#[test]
fn after_the_stated_time_positions_are_closed_though_the_loss_grew_no_more() {
    let (mut scenario, setup) = holding_under(1, |layers| {
        layers.account.max_daily_loss = Money(DOLLAR);
        layers.account.flat_after_seconds = 3;
    });
    falls(&mut scenario, &setup, 19_990);
    assert_eq!(losses(&scenario)[0].1, LossState::ReduceOnly);
    for _ in 0..2 {
        assert_eq!(falls(&mut scenario, &setup, 19_999), vec![]);
    }
    let exits = falls(&mut scenario, &setup, 19_999);
    assert_eq!((exits.len(), exits[0].side), (1, Side::Sell));
    assert_eq!(losses(&scenario)[0].1, LossState::Flat);
}

#[test]
fn a_loss_of_one_bot_stops_the_bot_one_of_all_stops_all_and_pools_stay_apart() {
    let (mut scenario, setup) = start(|setup| {
        let layers = setup.layers();
        layers.bot.max_daily_loss = Money(100 * DOLLAR);
        layers.account.max_daily_loss = Money(250 * DOLLAR);
    });
    let paper = BotDefinition { bot: BotId(2), stage: Stage::Paper, ..setup.bot };
    scenario.input(Input::Bot(BotDefinition { bot: BotId(1), ..setup.bot }));
    scenario.input(Input::Bot(paper));
    let hold = |scenario: &mut Scenario, bot: BotId| {
        let held = holding(bot, Side::Buy, 1, &setup);
        scenario.input(Input::Execution(held));
    };
    hold(&mut scenario, BOT);
    falls(&mut scenario, &setup, 19_990);
    assert_eq!(losses(&scenario), [(Scope::Bot(BOT), LossState::ReduceOnly, -125)]);
    let wants = |scenario: &mut Scenario, bot: BotId, target: i32| {
        scenario.want(bot, target, Urgency::Aggressive, IntentReason::Signal);
        refused(scenario)
    };
    assert_eq!(wants(&mut scenario, BOT, 2), Some(RejectCode::DailyLoss));
    assert_eq!(wants(&mut scenario, BotId(1), 2), None);
    let order = scenario.only();
    scenario.fill(&order, 2, 0);
    falls(&mut scenario, &setup, 19_980);
    assert_eq!(losses(&scenario)[0].0, Scope::Account(setup.account.account));
    assert_eq!(wants(&mut scenario, BotId(1), 3), Some(RejectCode::DailyLoss));
    assert_eq!(wants(&mut scenario, BotId(2), 2), None, "what simulators make is another sum");
}

#[test]
fn the_exchanges_next_trading_day_begins_anew_from_what_is_held() {
    let (mut scenario, setup) = holding_under(2, |layers| {
        layers.platform.max_daily_loss = Money(250 * DOLLAR);
    });
    falls(&mut scenario, &setup, 19_900);
    assert_eq!(losses(&scenario)[0].1, LossState::ReduceOnly);
    // 10:00 to 16:59:59 in New York, then 17:00.
    let seven_hours = UnixNanos(scenario.now.0 - NANOS_PER_SECOND + 7 * 3_600 * NANOS_PER_SECOND);
    scenario.now = UnixNanos(seven_hours.0 - 2 * NANOS_PER_SECOND);
    falls(&mut scenario, &setup, 19_900);
    assert_eq!(losses(&scenario), []);
    falls(&mut scenario, &setup, 19_900);
    assert_eq!(losses(&scenario), [(Scope::Platform, LossState::Trading, 0)]);
    // The next morning the loss of the day before is none of today's.
    scenario.now = UnixNanos(super::super::scenario::IN_SESSION.0 + DAY * NANOS_PER_SECOND);
    falls(&mut scenario, &setup, 19_890);
    assert_eq!(losses(&scenario), [], "250 dollars today, at the limit");
    scenario.enter(3);
    assert_eq!(scenario.only().qty, 1);
    falls(&mut scenario, &setup, 19_889);
    assert_eq!(losses(&scenario)[0].1, LossState::ReduceOnly);
}

#[test]
fn a_loss_outlives_a_restart_and_a_run_that_is_told_no_limits_is_checked_as_before_there_were_any()
{
    let (mut scenario, setup) =
        holding_under(2, |layers| layers.platform.max_daily_loss = Money(250 * DOLLAR));
    falls(&mut scenario, &setup, 19_900);
    scenario.input(Input::RunStart(RunStart { run: 2, ..setup.run }));
    scenario.input(Input::RiskLimits(Layers::new().platform));
    scenario.session(SessionChange::LoggedOn);
    scenario.market(at(&setup, 19_900));
    scenario.enter(3);
    assert_eq!(refused(&scenario), Some(RejectCode::DailyLoss));
    scenario.input(Input::RunStart(RunStart { run: 3, ..setup.run }));
    scenario.session(SessionChange::LoggedOn);
    scenario.market(at(&setup, 19_900));
    scenario.enter(3);
    assert_eq!(scenario.only().qty, 1);
}

#[test]
fn without_a_price_the_last_known_one_counts() {
    let (mut scenario, setup) =
        holding_under(2, |layers| layers.platform.max_daily_loss = Money(250 * DOLLAR));
    falls(&mut scenario, &setup, 19_990);
    let empty = MarketView { top: top(0, 20_001), ..setup.view };
    scenario.pass(1, empty);
    assert_eq!(losses(&scenario), []);
    falls(&mut scenario, &setup, 19_989);
    assert_eq!(losses(&scenario)[0].2, -275);
}

#[test]
fn commissions_and_fees_count_for_each_contract_and_what_was_traded_before_does_not() {
    let (mut scenario, setup) = start_holding(3, |_| {});
    let mut layers = Layers::new();
    layers.terms.fee = Money(2 * DOLLAR);
    (layers.account.commission, layers.bot.max_daily_loss) = (Money(3 * DOLLAR), Money(9 * DOLLAR));
    scenario.input(Input::ContractTerms(layers.terms));
    for told in [layers.account, layers.bot, layers.platform] {
        scenario.input(Input::RiskLimits(told));
    }
    assert_eq!(losses(&scenario), [], "three contracts were bought before");
    scenario.market(at(&setup, 20_000));
    scenario.stop_out();
    let order = scenario.only();
    let report = ExecutionReport { last_px: ticks(20_000), ..filled(&order, 2, 1) };
    scenario.input(Input::Execution(report));
    assert_eq!(losses(&scenario), [(Scope::Bot(BOT), LossState::ReduceOnly, -10)]);
}

#[test]
fn what_is_made_is_added_to_an_equity_and_another_figure_begins_anew() {
    let hundred = Money(100 * DOLLAR);
    let told = |scenario: &mut Scenario, dollars: i64| {
        let scope = Scope::Account(gauntlet_model::ids::AccountId(0));
        let equity = Money(dollars * DOLLAR);
        scenario.input(Input::RiskLimits(RiskLimits { equity, ..RiskLimits::none(scope) }));
    };
    // Margins of three contracts take 300 dollars.
    let (mut scenario, setup) = start_holding(2, |setup| {
        setup.layers().terms.initial_margin = hundred;
        setup.layers().account.equity = Money(300 * DOLLAR);
        setup.layers().platform.max_daily_loss = Money(100_000 * DOLLAR);
    });
    falls(&mut scenario, &setup, 19_999);
    scenario.enter(3);
    let reject = scenario.rejected().expect("25 dollars are lost");
    assert_eq!((reject.code, reject.value), (RejectCode::BuyingPower, 300 * DOLLAR));
    assert_eq!(reject.limit, 275 * DOLLAR);
    told(&mut scenario, 300);
    scenario.enter(3);
    assert_eq!(refused(&scenario), Some(RejectCode::BuyingPower), "the same figure");
    told(&mut scenario, 301);
    falls(&mut scenario, &setup, 19_999);
    scenario.enter(3);
    assert_eq!(scenario.only().qty, 1);
    // What works counts as filled, and an account that owes opens nothing.
    let order = scenario.only();
    scenario.end(&order, 0);
    falls(&mut scenario, &setup, 19_000);
    scenario.enter(3);
    assert_eq!(scenario.rejected().map(|reject| reject.limit), Some(0));
}

mod oracle {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// A plain ledger of cash: what was paid and received, fees, and what is held at the price of
        /// now.
        #[test]
        fn the_days_result_is_that_of_a_plain_ledger(
            steps in prop::collection::vec((-40i64..40, -3i32..4), 1..40),
            most in 1i64..3_000,
        ) {
            let (mut scenario, setup) = start(|setup| {
                let layers = setup.layers();
                layers.account.commission = Money(DOLLAR);
                layers.terms.fee = Money(DOLLAR / 2);
                layers.platform.max_daily_loss = Money(most * DOLLAR);
                (layers.platform.duplicate_window_ms, layers.platform.max_executions) = (1, 64);
            });
            let (mut cash, mut fees) = (0i64, 0i64);
            for (bid, want) in steps {
                falls(&mut scenario, &setup, 20_000 + bid);
                scenario.enter(want);
                while let [order] = scenario.approved()[..] {
                    let tick = 20_000 + bid + if order.side == Side::Buy { 1 } else { 0 };
                    let report =
                        ExecutionReport { last_px: ticks(tick), ..filled(&order, order.qty, 0) };
                    let contracts = i64::from(order.qty);
                    cash -= order.side.sign() * contracts * tick * 12_500_000;
                    fees += contracts * 1_500_000;
                    scenario.input(Input::Execution(report));
                    scenario.risk.assert_sums_of_losses(setup.bot.route(), setup.bot.account);
                }
                let held = i64::from(scenario.held());
                let mark = 20_000 + bid + i64::from(held < 0);
                let result = cash - fees + held * mark * 12_500_000;
                falls(&mut scenario, &setup, 20_000 + bid);
                let is_past = result < -most * DOLLAR;
                let told = losses(&scenario).len() + usize::from(scenario.risk.losses.bars(&setup.bot));
                prop_assert_eq!(is_past, told > 0, "{} of {}", result, most);
                if is_past {
                    break;
                }
            }
        }
    }
}

#[test]
fn what_is_used_is_told_once_a_minute_and_only_when_it_changed() {
    let (mut scenario, setup) = start_holding(2, |setup| {
        setup.layers().terms.initial_margin = Money(100 * DOLLAR);
        setup.layers().account.equity = Money(1_000 * DOLLAR);
    });
    let used = |scenario: &mut Scenario| {
        let mut told = vec![];
        for _ in 0..60 {
            falls(scenario, &setup, 19_990);
            for message in &scenario.out {
                if let ToOrders::Effect(Effect::Usage(usage)) = message {
                    told.push(*usage);
                }
            }
        }
        told
    };
    let told = used(&mut scenario);
    let scopes: Vec<Scope> = told.iter().map(|usage| usage.scope).collect();
    let account = Scope::Account(setup.account.account);
    // The account's equity is told for what its simulators make, too.
    assert_eq!(scopes, [Scope::Bot(BOT), account, Scope::Platform, account, account]);
    assert!(told[..3].iter().all(|usage| usage.position == 2), "{told:?}");
    assert!(told[..3].iter().all(|usage| usage.result == Money(-250 * DOLLAR)), "{told:?}");
    assert_eq!((told[1].margin, told[1].equity), (Money(200 * DOLLAR), Money(750 * DOLLAR)));
    assert_eq!(used(&mut scenario), []);
}
