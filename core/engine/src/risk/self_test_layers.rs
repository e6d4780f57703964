//! The self-test's trials of what a run is told of limits: each at its limit, beyond it, and missing.

use gauntlet_model::effect::RejectCode::*;
use gauntlet_model::effect::{IntentReason, Urgency};
use gauntlet_model::ids::BotId;
use gauntlet_model::input::{BotDefinition, ExecType, ExecutionReport, Input, OrdStatus};
use gauntlet_model::market_view::MarketView;
use gauntlet_model::units::{Money, NANOS_PER_SECOND, Price};

use super::scenario::{BOT, Layers, Scenario, Setup, ticks, top};
use super::self_test::{Trial, passes, refuses};

/// What three contracts at the price of the scenario's order are worth.
const VALUE: Money = Money(750_187_500_000);
/// The price of the scenario's order, in ticks.
const PRICE_TICKS: i64 = 20_005;
const NANOS_PER_MILLI: u64 = 1_000_000;

#[rustfmt::skip]
pub(super) const LAYERED: [Trial; 50] = [
    passes("an order within all layers", |s| { s.layers(); }),

    passes("account order quantity at its limit", |s| s.layers().account.max_order_qty = 3),
    refuses(OrderQuantity, "account order quantity beyond", |s| s.layers().account.max_order_qty = 2),
    passes("platform order quantity at its limit", |s| s.layers().platform.max_order_qty = 3),
    refuses(OrderQuantity, "platform order quantity beyond", |s| s.layers().platform.max_order_qty = 2),
    passes("platform position at its limit", |s| s.layers().platform.max_position = 3),
    refuses(PlatformPosition, "platform position beyond", |s| s.layers().platform.max_position = 2),

    passes("order value at its limit", |s| s.layers().platform.max_order_value = VALUE),
    refuses(OrderValue, "order value beyond", |s| s.layers().platform.max_order_value = Money(VALUE.0 - 1)),
    refuses(OrderValue, "account order value beyond", |s| s.layers().account.max_order_value = Money(VALUE.0 - 1)),
    refuses(OrderValue, "bot order value beyond", |s| s.layers().bot.max_order_value = Money(VALUE.0 - 1)),
    passes("a bot's looser order value counts for nothing", |s| s.layers().bot.max_order_value = Money(i64::MAX)),
    refuses(MissingLimit, "order value missing", |s| s.layers().platform.max_order_value = Money(0)),

    passes("upper price limit at the price", |s| s.band = Some((ticks(1), ticks(PRICE_TICKS)))),
    refuses(PriceBand, "upper price limit below the price", |s| s.band = Some((ticks(1), ticks(PRICE_TICKS - 1)))),
    passes("lower price limit at the price", |s| s.band = Some((ticks(PRICE_TICKS), ticks(30_000)))),
    refuses(PriceBand, "lower price limit above the price", |s| s.band = Some((ticks(PRICE_TICKS + 1), ticks(30_000)))),
    passes("no price limits told", |s| s.band = Some((Price::NONE, Price::NONE))),

    Trial { before: |s, _| again(s, 1_000), ..passes("the same order after the window", |s| { s.layers(); }) },
    Trial { before: |s, _| again(s, 999), ..refuses(DuplicateOrder, "the same order within the window", |s| { s.layers(); }) },
    Trial { before: |s, _| again(s, 1_500), ..refuses(DuplicateOrder, "the same order within a bot's longer window", |s| s.layers().bot.duplicate_window_ms = 2_000) },
    refuses(MissingLimit, "duplicate window missing", |s| s.layers().platform.duplicate_window_ms = 0),

    Trial { before: |s, _| open_often(s, 2), ..passes("openings at their limit", |s| often(s.layers(), 3)) },
    Trial { before: |s, _| open_often(s, 3), ..refuses(RepeatedExecutions, "openings beyond", |s| often(s.layers(), 3)) },
    Trial { before: |s, _| { open_often(s, 3); pass(s, 17_000) }, ..passes("openings beyond, after the window", |s| often(s.layers(), 3)) },
    Trial { before: |s, _| { open_often(s, 3); pass(s, 16_999) }, ..refuses(RepeatedExecutions, "openings beyond, at the window's end", |s| often(s.layers(), 3)) },
    refuses(MissingLimit, "openings missing", |s| s.layers().platform.max_executions = 0),
    refuses(MissingLimit, "window of openings missing", |s| s.layers().platform.executions_window_ms = 0),

    passes("an instrument on the account's list", |s| s.layers().account.instruments = 1),
    refuses(NotAllowed, "an instrument off the account's list", |s| s.layers().account.instruments = 2),
    refuses(NotAllowed, "an instrument off the bot's list", |s| s.layers().bot.instruments = 2),
    refuses(NotAllowed, "an instrument off the platform's list", |s| s.layers().platform.instruments = 2),
    refuses(NotAllowed, "an empty list", |s| s.layers().bot.instruments = 0),
    passes("margins at the equity", |s| equity(s.layers(), 300)),
    refuses(BuyingPower, "margins beyond the equity", |s| equity(s.layers(), 299)),
    passes("margins at their part of the equity", |s| { equity(s.layers(), 600); s.layers().bot.margin_percent = 50 }),
    refuses(BuyingPower, "margins beyond their part of the equity", |s| { equity(s.layers(), 599); s.layers().bot.margin_percent = 50 }),
    refuses(MissingLimit, "margin of the contract missing", |s| { equity(s.layers(), 300); s.layers().terms.initial_margin = Money(0) }),
    refuses(MissingLimit, "part of the equity missing", |s| { equity(s.layers(), 300); s.layers().platform.margin_percent = 0 }),
    passes("an account whose equity nobody told", |s| { equity(s.layers(), 1); s.layers().account.equity = Money(0) }),

    Trial { before: lose, ..passes("a loss of the day at its limit", |s| s.layers().platform.max_daily_loss = LOSS) },
    Trial { before: lose, ..refuses(DailyLoss, "a loss of the day beyond", |s| s.layers().platform.max_daily_loss = Money(LOSS.0 - 1)) },
    Trial { before: lose, ..refuses(DailyLoss, "an account's loss beyond", |s| s.layers().account.max_daily_loss = Money(LOSS.0 - 1)) },
    Trial { before: lose, ..refuses(DailyLoss, "a bot's loss beyond", |s| s.layers().bot.max_daily_loss = Money(LOSS.0 - 1)) },
    Trial { before: lose, ..refuses(DailyLoss, "a loss beyond by its fees", |s| { s.layers().platform.max_daily_loss = LOSS; s.layers().account.commission = Money(1) }) },
    Trial { before: lose, ..refuses(DailyLoss, "a loss beyond by the exchange's fees", |s| { s.layers().platform.max_daily_loss = LOSS; s.layers().terms.fee = Money(1) }) },
    refuses(MissingLimit, "loss of the day missing", |s| s.layers().platform.max_daily_loss = Money(0)),

    Trial { before: |s, setup| resting(s, setup, PRICE_TICKS + 1), ..passes("another bot's order beyond the price", |s| { s.layers(); }) },
    Trial { before: |s, setup| resting(s, setup, PRICE_TICKS), ..refuses(SelfTrade, "another bot's order at the price", |s| { s.layers(); }) },

    passes("limits that a run before there were any is not told", |s| s.limits = None),
];

/// What the bot loses by [`lose`]: one contract, ten ticks of 12.50 dollars.
const LOSS: Money = Money(125_000_000);

/// A contract's margin is a hundred dollars.
fn equity(layers: &mut Layers, dollars: i64) {
    layers.terms.initial_margin = Money(100_000_000);
    layers.account.equity = Money(dollars * 1_000_000);
}

/// The bot loses.
fn lose(scenario: &mut Scenario, setup: &Setup) {
    scenario.market(setup.view);
    for (target, ticks_filled) in [(1, 20_000), (0, 19_990)] {
        scenario.want(BOT, target, Urgency::Aggressive, IntentReason::Signal);
        let Some(order) = scenario.approved().pop() else { return };
        let filled = ExecutionReport {
            last_qty: order.qty,
            last_px: ticks(ticks_filled),
            cum_qty: order.qty,
            ..scenario.report_on(&order, ExecType::Trade, OrdStatus::Filled)
        };
        scenario.input(Input::Execution(filled));
    }
    pass(scenario, 2_000);
}

/// Another bot of the account sells at a price, and waits.
fn resting(scenario: &mut Scenario, setup: &Setup, at: i64) {
    let other = BotId(1);
    scenario.input(Input::Bot(BotDefinition { bot: other, ..setup.bot }));
    scenario.market(MarketView { top: top(at - 1, at), ..setup.view });
    scenario.want(other, -1, Urgency::Passive, IntentReason::Signal);
    scenario.market(setup.view);
}

fn often(layers: &mut Layers, most: u32) {
    layers.platform.max_executions = most;
    layers.platform.executions_window_ms = 20_000;
    layers.platform.duplicate_window_ms = 1;
}

/// Lets milliseconds pass.
fn pass(scenario: &mut Scenario, millis: u64) {
    scenario.now = scenario.now.plus(millis * NANOS_PER_MILLI);
}

/// The order was sent already and came to nothing, so many milliseconds ago.
fn again(scenario: &mut Scenario, millis: u64) {
    scenario.enter(3);
    come_to_nothing(scenario);
    pass(scenario, millis);
}

/// The bot opened so many times, a second after the other.
fn open_often(scenario: &mut Scenario, times: u64) {
    for _ in 0..times {
        scenario.enter(3);
        come_to_nothing(scenario);
        scenario.now = scenario.now.plus(NANOS_PER_SECOND);
    }
}

/// The venue ends the order that was sent last without a fill.
fn come_to_nothing(scenario: &mut Scenario) {
    let Some(order) = scenario.approved().pop() else { return };
    let ended = scenario.report_on(&order, ExecType::Canceled, OrdStatus::Canceled);
    scenario.input(Input::Execution(ended));
}
