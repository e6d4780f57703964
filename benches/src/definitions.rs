//! Instruments, accounts and bots with room to spare: no limit is near.

use gauntlet_model::ids::{AccountId, BotId, ClOrdId, InstrumentId};
use gauntlet_model::input::{
    AccountDefinition, Archetype, BotDefinition, EQUAL_WEIGHTS, Exits, Input, InstrumentDefinition,
    InstrumentLimits, Protection, Route, RunStart, SessionChange, SessionEvent, SessionMode,
    Sizing, Stage,
};
use gauntlet_model::text::Text;
use gauntlet_model::units::{Money, NANOS_PER_SECOND, Price, UnixNanos};

/// The tick of every instrument here.
pub const TICK: Price = Price(250_000_000);
/// Tuesday 2 January 2024, 10:00 in New York.
pub const BEGIN: UnixNanos = UnixNanos(1_704_207_600 * NANOS_PER_SECOND);

/// A contract by its symbol, such as `ESH4`.
pub fn instrument(id: InstrumentId, symbol: &str) -> Input {
    Input::Instrument(InstrumentDefinition {
        instrument: id,
        symbol: Text::new(symbol),
        product: Text::new(&symbol[..symbol.len() - 2]),
        feed: 0,
        tick: TICK,
        multiplier: Money(50_000_000),
        limits: InstrumentLimits {
            max_order_qty: 10,
            max_position: 10_000,
            collar_ticks: 100,
            stale_after_ms: 60_000,
        },
    })
}

/// An account that may send so many messages a second.
pub fn account(id: AccountId, messages_per_second: u32) -> Input {
    Input::Account(AccountDefinition {
        account: id,
        name: Text::new(&format!("ACCOUNT{}", id.0)),
        max_position: 10_000,
        messages_per_second,
        cancel_headroom: 10,
    })
}

/// A live bot.
pub fn bot(id: BotId, account: AccountId, instrument: InstrumentId) -> Input {
    Input::Bot(BotDefinition {
        bot: id,
        name: Text::new(&format!("bot-{}", id.0)),
        enabled: true,
        account,
        instrument,
        archetype: Archetype::MeanReversion,
        stage: Stage::Live,
        session: SessionMode::Full24x5,
        order_qty: 1,
        bars: None,
        rule_parts: 0,
        sizing: Sizing::Fixed,
        weights: EQUAL_WEIGHTS,
        exits: Exits::NONE,
        max_order_qty: 2,
        max_position: 10,
        stage_cap: 10,
        parameters: [f64::NAN; 8],
        broker: Route::BROKER,
        fallback: false,
        protection: Protection::NONE,
    })
}

/// The start of a run.
pub fn run_start() -> Input {
    Input::RunStart(RunStart {
        epoch: 1,
        run: 1,
        config_hash: [1; 32],
        binary_hash: [2; 32],
        version: Text::new("bench"),
        self_test_passed: true,
    })
}

/// The state of the first broker's session changes.
pub fn session(change: SessionChange) -> Input {
    Input::Session(SessionEvent {
        route: Route::BROKER,
        change,
        msg_seq_num: 1,
        reset: false,
        cl_ord_id: ClOrdId::NONE,
        detail: Text::EMPTY,
    })
}
