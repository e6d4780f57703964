//! The self-test's ways out: three contracts are held, and a stop is met. What refuses an entry must not
//! refuse this.

use gauntlet_model::effect::RejectCode::{self, *};
use gauntlet_model::input::{
    CommandKind, ExecType, Input, OrdStatus, Scope, SessionChange, Timer, TradingState,
};
use gauntlet_model::market_view::MarketView;
use gauntlet_model::units::{Money, NANOS_PER_SECOND};

use super::scenario::{BOT, Layers, Scenario, Setup, top};
use super::self_test::{Trial, kill, restart, unreadable};

const fn leaves(name: &'static str, change: fn(&mut Setup)) -> Trial {
    Trial { name, expect: None, change, before: |_, _| {}, exit: true }
}

const fn leaves_after(name: &'static str, before: fn(&mut Scenario, &Setup)) -> Trial {
    Trial { name, expect: None, change: |_| {}, before, exit: true }
}

const fn stays(
    code: RejectCode,
    name: &'static str,
    change: fn(&mut Setup),
    before: fn(&mut Scenario, &Setup),
) -> Trial {
    Trial { name, expect: Some(code), change, before, exit: true }
}

const DAY: u64 = 24 * 3_600 * NANOS_PER_SECOND;

#[rustfmt::skip]
pub(super) const EXITS: [Trial; 27] = [
    leaves("a way out within every limit", |s| { s.layers(); }),
    leaves("a way out without limits of order and position", |s| {
        (s.bot.max_order_qty, s.bot.max_position, s.bot.stage_cap) = (0, 0, 0);
        (s.instrument.limits.max_order_qty, s.instrument.limits.max_position) = (0, 0);
        s.account.max_position = 0;
    }),
    leaves("a way out without a message rate", |s| s.account.messages_per_second = 0),
    leaves("a way out without a collar", |s| s.instrument.limits.collar_ticks = 0),
    leaves("a way out without an age of market data", |s| s.instrument.limits.stale_after_ms = 0),
    leaves("a way out of a quiet market", |s| s.data_age = 600 * NANOS_PER_SECOND),
    leaves("a way out of a gap", |s| s.view.gapped = true),
    leaves("a way out of a locked book", |s| s.view.top = top(20_000, 20_000)),
    leaves("a way out without a bid", |s| s.view.top = top(0, 20_001)),
    leaves("a way out through a wide spread", |s| { s.view.top = top(19_900, 20_100); s.instrument.limits.collar_ticks = 1 }),
    leaves("a way out after the bot's hours", |s| s.at = s.at.plus(DAY / 4)),
    leaves("a way out of a disabled bot", |s| s.bot.enabled = false),
    leaves("a way out after a failed self-test", |s| s.run.self_test_passed = false),
    leaves_after("a way out under a changed configuration", |s, setup| restart(s, setup, 9)),
    leaves_after("a way out under a platform kill", |s, _| kill(s, Scope::Platform)),
    leaves_after("a way out under a bot kill", |s, _| kill(s, Scope::Bot(BOT))),
    leaves_after("a way out of a place in doubt", unreadable),
    leaves("a way out without limits of value, repeats and loss", |s| {
        let platform = &mut s.layers().platform;
        (platform.max_order_value, platform.max_daily_loss) = (Money(0), Money(0));
        (platform.max_executions, platform.duplicate_window_ms) = (0, 0);
    }),
    leaves("a way out of what is on no list", |s| s.layers().bot.instruments = 0),
    leaves("a way out beyond a platform's position", |s| s.layers().platform.max_position = 1),
    leaves("a way out without margins", |s| s.layers().account.equity = Money(1)),
    Trial { change: |s| s.layers().platform.max_daily_loss = Money(1), ..leaves_after("a way out past the day's loss", |s, setup| fall(s, setup, 0)) },
    Trial { change: close_at_once, ..leaves_after("a way out where positions are closed for a loss", |s, setup| fall(s, setup, 1)) },

    stays(Killed, "a frozen way out", |_| {}, |s, _| { s.command(CommandKind::Freeze, Scope::Platform); }),
    stays(RouteDown, "a way out without a session", |_| {}, |s, _| { s.session(SessionChange::Disconnected); }),
    stays(TradingHalted, "a way out in a halt", |s| s.view.state = TradingState::Halted, |_, _| {}),
    stays(StaleMarketData, "a way out by a dead line", |s| s.view.live = false, |_, _| {}),
];

fn close_at_once(setup: &mut Setup) {
    let Layers { platform, .. } = setup.layers();
    (platform.max_daily_loss, platform.flat_daily_loss) = (Money(1), Money(2));
}

/// The market falls and a second passes; an exit that this makes comes to nothing if `sent`.
fn fall(scenario: &mut Scenario, setup: &Setup, sent: usize) {
    scenario.now = scenario.now.plus(NANOS_PER_SECOND);
    scenario.market(MarketView { top: top(19_990, 19_991), ..setup.view });
    scenario.input(Input::Timer(Timer { second: scenario.now.0 / NANOS_PER_SECOND }));
    for order in scenario.approved().into_iter().take(sent) {
        let ended = scenario.report_on(&order, ExecType::Canceled, OrdStatus::Canceled);
        scenario.input(Input::Execution(ended));
    }
}
