//! Who may open nothing, for a kill, a loss or a breaker: what that ends, and that it costs nobody else.

use super::super::scenario::top;
use super::super::self_test_watch::watched;
use super::*;
use gauntlet_model::ids::AccountId;
use gauntlet_model::market_view::MarketView;
use gauntlet_model::units::Money;

const DOLLAR: i64 = 1_000_000;
const OTHER: BotId = BotId(1);

/// Two bots of one account with a limit of the day's loss of each.
fn two(most: i64) -> (Scenario, Setup) {
    let (mut scenario, setup) =
        start(|setup| setup.layers().bot.max_daily_loss = Money(most * DOLLAR));
    scenario.input(Input::Bot(BotDefinition { bot: OTHER, ..setup.bot }));
    let bot = RiskLimits { scope: Scope::Bot(OTHER), ..setup.limits.expect("told").bot };
    scenario.input(Input::RiskLimits(bot));
    (scenario, setup)
}

fn hold(scenario: &mut Scenario, bot: BotId, setup: &Setup) {
    scenario.input(Input::Execution(holding(bot, Side::Buy, 1, setup)));
}

fn at(setup: &Setup, bid: i64, state: TradingState) -> MarketView {
    MarketView { top: top(bid, bid + 1), last: ticks(bid), state, ..setup.view }
}

fn open(setup: &Setup, bid: i64) -> MarketView {
    at(setup, bid, TradingState::Open)
}

#[test]
fn nobody_is_barred_at_first_nor_once_what_barred_somebody_is_lifted() {
    let (mut scenario, setup) = two(100);
    assert!(!scenario.risk.bars_any());
    scenario.command(CommandKind::Kill { flatten: false }, Scope::Bot(OTHER));
    assert!(scenario.risk.bars_any());
    scenario.command(CommandKind::Unkill, Scope::Bot(OTHER));
    assert!(!scenario.risk.bars_any());

    scenario.input(Input::AccountWatch(watched(1, 9, 99)));
    scenario.enter(1);
    let order = scenario.only();
    scenario.tell(&order, ExecType::Rejected, OrdStatus::Rejected);
    assert!(scenario.risk.breaker(Scope::Bot(BOT)).is_some() && scenario.risk.bars_any());
    scenario.command(CommandKind::ResetBreaker, Scope::Bot(BOT));
    assert!(scenario.risk.breaker(Scope::Bot(BOT)).is_none() && !scenario.risk.bars_any());

    hold(&mut scenario, BOT, &setup);
    scenario.pass(1, open(&setup, 19_900));
    assert!(scenario.risk.bars_any());
}

#[test]
fn a_bot_that_lost_too_much_gives_up_what_it_wanted_to_open_and_no_other_does() {
    let (mut scenario, setup) = two(100);
    for bot in [BOT, OTHER] {
        hold(&mut scenario, bot, &setup);
    }
    // The other bot holds nothing at the price to which the market falls.
    scenario.want(OTHER, 0, Urgency::Aggressive, IntentReason::StopLoss);
    let exit = scenario.only();
    scenario.fill(&exit, 1, 0);
    let mut orders = vec![];
    for bot in [BOT, OTHER] {
        scenario.want(bot, 3, Urgency::Passive, IntentReason::Signal);
        let order = scenario.only();
        scenario.acknowledge(&order);
        orders.push(order);
    }
    let cancels = scenario.pass(1, open(&setup, 19_990));
    assert_eq!(cancels.len(), 1, "{cancels:?}");
    assert_eq!(cancels[0].orig_cl_ord_id, orders[0].cl_ord_id);
    let wants = |bot: BotId| scenario.risk.registry.bot(bot).expect("defined").want;
    assert!(wants(BOT).is_none(), "given up");
    assert_eq!(wants(OTHER).map(|want| want.target), Some(3));
}

#[test]
fn two_that_lose_too_much_in_one_second_are_both_stopped_in_it() {
    let (mut scenario, setup) = two(100);
    let mut orders = vec![];
    for bot in [BOT, OTHER] {
        hold(&mut scenario, bot, &setup);
        scenario.want(bot, 3, Urgency::Passive, IntentReason::Signal);
        let order = scenario.only();
        scenario.acknowledge(&order);
        orders.push(order.cl_ord_id);
    }
    let cancels = scenario.pass(1, open(&setup, 19_990));
    let cancelled: Vec<ClOrdId> = cancels.iter().map(|cancel| cancel.orig_cl_ord_id).collect();
    assert_eq!(cancelled, orders);
}

#[test]
fn a_person_hears_whether_positions_are_closed_or_nothing_opens() {
    for (flat, words) in [(0, "nothing opens today"), (100, "positions are closed today")] {
        let (mut scenario, setup) = start_holding(1, |setup| {
            setup.layers().bot.max_daily_loss = Money(50 * DOLLAR);
            setup.layers().bot.flat_daily_loss = Money(flat * DOLLAR);
        });
        scenario.pass(1, open(&setup, 19_900));
        let told = scenario.out.iter().find_map(|message| match message {
            ToOrders::Effect(Effect::Alert(alert)) if alert.kind == AlertKind::LossLimit => {
                Some(alert.text.to_string())
            }
            _ => None,
        });
        assert!(told.as_ref().is_some_and(|told| told.starts_with(words)), "{told:?}");
    }
}

#[test]
fn only_a_raised_limit_of_losses_lets_a_scope_lose_more() {
    let (mut scenario, setup) = two(100);
    hold(&mut scenario, BOT, &setup);
    scenario.pass(1, open(&setup, 19_990));
    let state = |scenario: &Scenario| scenario.risk.loss(Scope::Bot(BOT), setup.bot.route()).0;
    assert_eq!(state(&scenario), LossState::ReduceOnly);
    let mut change = |step, limit, who: &str, value| {
        scenario.input(Input::LimitChange(LimitChange {
            step,
            scope: Scope::Bot(BOT),
            limit,
            value,
            seconds: if step == LimitStep::Ask { 60 } else { 0 },
            actor: Text::new(who),
            reason: Text::new("looked at"),
        }));
        assert_eq!(scenario.alerts(), [], "{limit:?}");
        // It would be found again with the next look: the price comes back first.
        let told = state(&scenario);
        scenario.pass(1, open(&setup, 20_000));
        (told, state(&scenario))
    };
    let (stopped, trading) = (LossState::ReduceOnly, LossState::Trading);
    let qty = LimitKind::OrderQty;
    for (step, who) in [(LimitStep::Ask, "ann"), (LimitStep::Allow, "bob")] {
        assert_eq!(change(step, qty, who, 11), (stopped, stopped), "of another limit");
    }
    let loss = LimitKind::DailyLoss;
    assert_eq!(change(LimitStep::Ask, loss, "ann", 900 * DOLLAR), (stopped, stopped));
    assert_eq!(change(LimitStep::Allow, loss, "bob", 900 * DOLLAR), (trading, trading));
}

#[test]
fn what_reduces_stays_wanted_as_it_was_and_a_reversal_only_closes() {
    // How many are sold under a kill, and what is wanted after it.
    for (target, sold) in [(1, 1), (0, 2), (-1, 2), (3, 0)] {
        let (mut scenario, setup) = start_holding(2, |_| {});
        scenario.market(at(&setup, 20_000, TradingState::Halted));
        scenario.want(BOT, target, Urgency::Aggressive, IntentReason::StopLoss);
        assert_eq!(scenario.approved(), []);
        scenario.command(CommandKind::Kill { flatten: false }, Scope::Bot(BOT));
        let mut left = sold;
        for _ in 0..10 {
            for order in scenario.pass(1, setup.view) {
                assert_eq!(order.side, Side::Sell, "{target}");
                scenario.fill(&order, order.qty, 0);
                left -= order.qty as i32;
            }
        }
        assert_eq!(left, 0, "{target}");
        scenario.command(CommandKind::Unkill, Scope::Bot(BOT));
        assert_eq!(scenario.pass(3, setup.view), [], "nothing of it opens afterwards");
    }
}

#[test]
fn the_next_day_tells_of_each_account_that_may_trade_again_and_sums_are_of_accounts_as_they_are() {
    let (mut scenario, setup) = start(|setup| {
        setup.layers().account.max_daily_loss = Money(100 * DOLLAR);
        setup.bot.session = SessionMode::Full24x5;
    });
    let account = AccountId(1);
    scenario.input(Input::Account(AccountDefinition { account, ..setup.account }));
    let limits = setup.limits.expect("told");
    let scope = Scope::Account(account);
    scenario.input(Input::RiskLimits(RiskLimits { scope, ..limits.account }));
    scenario.input(Input::Bot(BotDefinition { bot: OTHER, account, ..setup.bot }));
    let order = OrderRequest {
        account,
        bot: OTHER,
        ..{
            hold(&mut scenario, BOT, &setup);
            scenario.want(OTHER, 2, Urgency::Aggressive, IntentReason::Signal);
            scenario.only()
        }
    };
    scenario.fill(&order, 2, 0);
    scenario.pass(60, open(&setup, 19_980));
    let route = setup.bot.route();
    let states = [AccountId(0), account].map(|of| scenario.risk.loss(Scope::Account(of), route));
    assert_eq!(states.map(|(state, _)| state), [LossState::ReduceOnly; 2]);
    scenario.now = scenario.now.plus(24 * 3_600 * NANOS_PER_SECOND);
    scenario.pass(1, open(&setup, 19_980));
    let told: Vec<_> = scenario
        .out
        .iter()
        .filter_map(|message| match message {
            ToOrders::Effect(Effect::Loss(of)) => Some((of.scope, of.state)),
            _ => None,
        })
        .collect();
    let again = |of| (Scope::Account(of), LossState::Trading);
    assert_eq!(told, [again(AccountId(0)), again(account)]);
    assert!(!scenario.risk.bars_any());
}

#[test]
fn what_a_bot_made_counts_for_the_account_that_it_trades_for() {
    let (mut scenario, setup) = two(1_000_000);
    let account = AccountId(1);
    scenario.input(Input::Account(AccountDefinition { account, ..setup.account }));
    scenario.enter(1);
    let entry = scenario.only();
    scenario.fill(&entry, 1, 0);
    scenario.stop_out();
    let exit = scenario.only();
    let sold = ExecutionReport { last_px: entry.price, ..filled(&exit, 1, 0) };
    let sold = ExecutionReport { last_px: Price(sold.last_px.0 - 8 * 250_000_000), ..sold };
    scenario.input(Input::Execution(sold));
    let made = |scenario: &Scenario, of| {
        scenario.risk.loss(Scope::Account(of), setup.bot.route()).1.0 / DOLLAR
    };
    scenario.pass(1, setup.view);
    assert_eq!((made(&scenario, AccountId(0)), made(&scenario, account)), (-100, 0));
    scenario.input(Input::Bot(BotDefinition { account, ..setup.bot }));
    scenario.pass(1, setup.view);
    assert_eq!((made(&scenario, AccountId(0)), made(&scenario, account)), (0, -100));
}
