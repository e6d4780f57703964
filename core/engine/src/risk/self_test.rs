//! R14: the self-test. Before a run, every check is tried on a canned scenario: at its limit, one
//! beyond it, and with the limit missing. And a way out is tried wherever an entry is refused: it must
//! leave, unless nobody is there to send it to.

use gauntlet_model::effect::RejectCode::{self, *};
use gauntlet_model::effect::{IntentReason, Urgency};
use gauntlet_model::ids::{AccountId, BotId, ClOrdId, InstrumentId};
use gauntlet_model::input::TradingState;
use gauntlet_model::input::{
    BotDefinition, CashRule, CommandKind, ContractRule, Input, RunStart, Scope, SessionChange,
    UnusableReport,
};
use gauntlet_model::text::Text;
use gauntlet_model::units::{NANOS_PER_SECOND, Price};

use super::scenario::{BOT, Scenario, Setup, top};
use super::self_test_copies::{cash, copied_order, copy};
use super::self_test_exits::EXITS;
use super::self_test_layers::LAYERED;
use super::self_test_watch::WATCHED;

/// A trial: an order that buys three contracts under a changed setup, and the code that must refuse
/// it, or none when it must pass.
pub(super) struct Trial {
    pub name: &'static str,
    pub expect: Option<RejectCode>,
    pub change: fn(&mut Setup),
    /// What happens after the setup is told and before the order.
    pub before: fn(&mut Scenario, &Setup),
    /// Whether the order is a way out of three contracts that the bot holds, and not an entry.
    pub exit: bool,
}

/// Every trial.
pub(super) fn trials() -> impl Iterator<Item = &'static Trial> {
    TRIALS.iter().chain(&LAYERED).chain(&WATCHED).chain(&EXITS)
}

pub(super) const fn passes(name: &'static str, change: fn(&mut Setup)) -> Trial {
    Trial { name, expect: None, change, before: |_, _| {}, exit: false }
}

pub(super) const fn refuses(code: RejectCode, name: &'static str, change: fn(&mut Setup)) -> Trial {
    Trial { name, expect: Some(code), change, before: |_, _| {}, exit: false }
}

pub(super) const fn after(
    expect: Option<RejectCode>,
    name: &'static str,
    before: fn(&mut Scenario, &Setup),
) -> Trial {
    Trial { name, expect, change: |_| {}, before, exit: false }
}

const DAY: u64 = 24 * 3_600 * NANOS_PER_SECOND;

#[rustfmt::skip]
const TRIALS: [Trial; 67] = [
    passes("an order within every limit", |_| {}),

    passes("bot order quantity at its limit", |s| s.bot.max_order_qty = 3),
    refuses(OrderQuantity, "bot order quantity beyond", |s| s.bot.max_order_qty = 2),
    refuses(MissingLimit, "bot order quantity missing", |s| s.bot.max_order_qty = 0),
    passes("instrument order quantity at its limit", |s| s.instrument.limits.max_order_qty = 3),
    refuses(OrderQuantity, "instrument order quantity beyond", |s| s.instrument.limits.max_order_qty = 2),
    refuses(MissingLimit, "instrument order quantity missing", |s| s.instrument.limits.max_order_qty = 0),

    passes("stage cap at its limit", |s| s.bot.stage_cap = 3),
    refuses(StageCap, "stage cap beyond", |s| s.bot.stage_cap = 2),
    refuses(MissingLimit, "stage cap missing", |s| s.bot.stage_cap = 0),

    passes("bot position at its limit", |s| s.bot.max_position = 3),
    refuses(BotPosition, "bot position beyond", |s| s.bot.max_position = 2),
    refuses(MissingLimit, "bot position missing", |s| s.bot.max_position = 0),
    passes("instrument position at its limit", |s| s.instrument.limits.max_position = 3),
    refuses(InstrumentPosition, "instrument position beyond", |s| s.instrument.limits.max_position = 2),
    refuses(MissingLimit, "instrument position missing", |s| s.instrument.limits.max_position = 0),
    passes("account position at its limit", |s| s.account.max_position = 3),
    refuses(AccountPosition, "account position beyond", |s| s.account.max_position = 2),
    refuses(MissingLimit, "account position missing", |s| s.account.max_position = 0),
    after(None, "another bot's working order within the limits", |s, setup| others(s, setup, 1, 17)),
    after(Some(InstrumentPosition), "another bot's working order beyond", |s, setup| others(s, setup, 2, 9)),

    passes("collar at its limit", |s| { s.view.top = top(20_000, 20_010); s.instrument.limits.collar_ticks = 5 }),
    refuses(PriceCollar, "collar beyond", |s| { s.view.top = top(20_000, 20_010); s.instrument.limits.collar_ticks = 4 }),
    refuses(MissingLimit, "collar missing", |s| s.instrument.limits.collar_ticks = 0),
    refuses(NoReferencePrice, "no bid", |s| s.view.top = top(0, 20_001)),
    refuses(NoReferencePrice, "no ask", |s| s.view.top = top(20_000, 0)),

    passes("market data as old as allowed", |s| s.data_age = 30_000_000_000),
    refuses(StaleMarketData, "market data older than allowed", |s| s.data_age = 30_000_000_001),
    refuses(MissingLimit, "age of market data missing", |s| s.instrument.limits.stale_after_ms = 0),
    refuses(GappedMarketData, "a gap", |s| s.view.gapped = true),
    refuses(GappedMarketData, "a full book", |s| s.view.book_full = true),
    refuses(CrossedBook, "a locked book", |s| s.view.top = top(20_000, 20_000)),
    refuses(TradingHalted, "a halt", |s| s.view.state = TradingState::Halted),
    refuses(TradingHalted, "pre-open", |s| s.view.state = TradingState::PreOpen),

    Trial { change: |s| s.account.messages_per_second = 13, ..after(None, "message rate at its limit", |s, setup| others(s, setup, 2, 1)) },
    Trial { change: |s| s.account.messages_per_second = 12, ..after(Some(MessageRate), "message rate beyond", |s, setup| others(s, setup, 2, 1)) },
    refuses(MissingLimit, "message rate missing", |s| s.account.messages_per_second = 0),
    refuses(MissingLimit, "cancel headroom missing", |s| s.account.cancel_headroom = 0),

    refuses(SessionClosed, "a Saturday", |s| s.at = s.at.plus(3 * DAY)),
    refuses(SessionClosed, "the night, for regular hours", |s| s.at = s.at.plus(DAY / 2)),
    Trial { change: |s| s.at = s.at.plus(2 * DAY), ..after(None, "the last day of opening", |s, _| ends(s, 255, 255)) },
    Trial { change: |s| s.at = s.at.plus(5 * DAY), ..after(Some(ContractEnd), "the first day without", |s, _| ends(s, 255, 255)) },
    Trial { change: |s| s.at = s.at.plus(2 * DAY), ..after(Some(ContractEnd), "the first day without, by a longer rule", |s, _| ends(s, 5, 255)) },
    after(Some(MissingLimit), "days to go out missing", |s, _| ends(s, 255, 0)),
    after(Some(MissingLimit), "an end that only another contract has", |s, _| end_of(s, InstrumentId(1), 255, 255)),
    refuses(RouteDown, "no logon", |s| s.logged_on = false),
    after(Some(RouteDown), "a disconnect", |s, _| { s.session(SessionChange::Disconnected); }),

    refuses(SelfTestFailed, "a failed self-test", |s| s.run.self_test_passed = false),
    after(Some(ConfigurationChanged), "a changed configuration", |s, setup| restart(s, setup, 9)),
    after(None, "the same configuration", |s, setup| restart(s, setup, setup.run.config_hash[0])),
    refuses(NotDefined, "a disabled bot", |s| s.bot.enabled = false),
    refuses(NotDefined, "an undefined instrument", |s| s.bot.instrument = InstrumentId(1)),
    refuses(NotDefined, "an undefined account", |s| s.bot.account = AccountId(1)),
    after(Some(UnknownOrderState), "an order in doubt", |s, _| doubt(s)),
    after(Some(InDoubt), "a report that cannot be read", unreadable),
    after(Some(DropCopy), "a required drop copy that is down", |s, _| copy(s, true, false)),
    after(None, "a drop copy that is down and not required", |s, _| copy(s, false, false)),
    after(None, "a required drop copy that is up", |s, _| copy(s, true, true)),
    after(Some(DropCopy), "a drop copy with an order that nobody here placed", |s, _| copied_order(s)),
    after(None, "cash that differs by its tolerance", |s, setup| cash(s, setup, CashRule::Block, 1_000_000)),
    after(Some(CashDiffers), "cash that differs by more", |s, setup| cash(s, setup, CashRule::Block, 1_000_001)),
    after(None, "cash that differs and only warns", |s, setup| cash(s, setup, CashRule::Warn, 1_000_001)),
    after(None, "cash that is not compared", |s, setup| cash(s, setup, CashRule::Off, 1_000_001)),

    after(Some(Killed), "a platform kill", |s, _| kill(s, Scope::Platform)),
    after(Some(Killed), "an account kill", |s, setup| kill(s, Scope::Account(setup.account.account))),
    after(Some(Killed), "a bot kill", |s, _| kill(s, Scope::Bot(BOT))),
    after(Some(Killed), "an instrument kill", |s, setup| kill(s, Scope::Instrument(setup.instrument.instrument))),
];

/// Other bots of the account have orders working.
pub(super) fn others(scenario: &mut Scenario, setup: &Setup, bots: u16, qty: u32) {
    for index in 1..=bots {
        let bot = BotId(index);
        let definition = BotDefinition {
            bot,
            max_order_qty: qty,
            max_position: qty,
            stage_cap: qty,
            ..setup.bot
        };
        scenario.input(Input::Bot(definition));
        scenario.want(bot, qty as i32, Urgency::Passive, IntentReason::Signal);
    }
}

/// How near to its end the contract may be traded, in business days.
fn ends(scenario: &mut Scenario, no_opening_days: u8, out_days: u8) {
    end_of(scenario, InstrumentId(0), no_opening_days, out_days);
}

fn end_of(scenario: &mut Scenario, instrument: InstrumentId, no_opening_days: u8, out_days: u8) {
    let rule = ContractRule { no_opening_days, out_days, ..ContractRule::of_product(instrument) };
    scenario.input(Input::ContractRule(rule));
}

pub(super) fn restart(scenario: &mut Scenario, setup: &Setup, hash: u8) {
    scenario.input(Input::RunStart(RunStart { run: 2, config_hash: [hash; 32], ..setup.run }));
    scenario.session(SessionChange::LoggedOn);
    scenario.market(setup.view);
}

fn doubt(scenario: &mut Scenario) {
    scenario.want(BOT, 1, Urgency::Passive, IntentReason::Signal);
    scenario.session(SessionChange::Disconnected);
    scenario.session(SessionChange::LoggedOn);
}

pub(super) fn unreadable(scenario: &mut Scenario, setup: &Setup) {
    scenario.input(Input::Unusable(UnusableReport {
        route: setup.bot.route(),
        msg_seq_num: 1,
        poss_dup: false,
        cl_ord_id: ClOrdId::NONE,
        orig_cl_ord_id: ClOrdId::NONE,
        exec_id: Text::EMPTY,
        account: None,
        instrument: Some(setup.instrument.instrument),
        symbol: setup.instrument.symbol,
        side: None,
        last_qty: 0,
        last_px: Price::NONE,
        cum_qty: 0,
        detail: Text::EMPTY,
    }));
}

pub(super) fn kill(scenario: &mut Scenario, scope: Scope) {
    scenario.command(CommandKind::Kill { flatten: false }, scope);
}

impl Trial {
    /// Runs the trial; gives the code that refused the order, or none.
    ///
    /// # Errors
    /// When the order was neither approved nor refused.
    pub fn run(&self) -> Result<Option<RejectCode>, String> {
        let mut setup = Setup::new();
        (self.change)(&mut setup);
        let mut scenario = setup.start();
        if self.exit {
            scenario.hold(&setup, 3);
        }
        (self.before)(&mut scenario, &setup);
        match self.exit {
            true => scenario.want(BOT, 0, Urgency::Aggressive, IntentReason::StopLoss),
            false => scenario.enter(3),
        };
        match (scenario.rejected(), scenario.approved().is_empty()) {
            (Some(reject), true) => Ok(Some(reject.code)),
            (None, false) => Ok(None),
            _ => Err(format!("{}: neither approved nor refused", self.name)),
        }
    }
}

/// How one trial of the self-test ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// What was tried.
    pub name: &'static str,
    /// Whether the order was a way out, and not an entry.
    pub exit: bool,
    /// The code that must refuse it; `None` when it must pass.
    pub expect: Option<RejectCode>,
    /// What came of it: the code that refused it, or that nothing did; else what went wrong.
    pub got: Result<Option<RejectCode>, String>,
}

impl Tried {
    /// Whether it ended as it must.
    pub fn passed(&self) -> bool {
        self.got == Ok(self.expect)
    }
}

/// Tries every check of the risk stage, one after the other.
pub fn self_test_trials() -> impl Iterator<Item = Tried> {
    trials().map(|trial| Tried {
        name: trial.name,
        exit: trial.exit,
        expect: trial.expect,
        got: trial.run(),
    })
}

/// Tries every check of the risk stage. The result belongs into `RunStart.self_test_passed`.
///
/// # Errors
/// Which trial did not end as it must, in words.
pub fn self_test() -> Result<(), String> {
    let Some(failed) = self_test_trials().find(|tried| !tried.passed()) else { return Ok(()) };
    let word = |code: Option<RejectCode>| code.map_or("approval", RejectCode::name);
    let Tried { name, expect, got, .. } = failed;
    let got = got?;
    Err(format!("{name}: expected {}, got {}", word(expect), word(got)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_self_test_passes() {
        assert_eq!(self_test(), Ok(()));
    }

    #[test]
    fn every_code_is_tried_but_a_full_table_and_a_parents() {
        for code in RejectCode::ALL {
            let tried = trials().any(|trial| trial.expect == Some(code));
            // A bot's order has no parent: `tests/brackets.rs` tries that.
            let elsewhere = [TableFull, ParentQuantity].contains(&code);
            assert!(tried || elsewhere, "{} is not tried", code.name());
        }
    }
}
