//! Definitions that grow: bots, brokers and days of the calendar.

use super::{
    Archetype, BarKind, Exits, Factor, Protection, Route, SOURCES, SessionMode, Sizing, Stage,
};
use crate::ids::{AccountId, BotId, InstrumentId};
use crate::order::Capabilities;
use crate::record::tagged;
use crate::text::Text;

tagged! {
    /// A bot: one strategy on one instrument for one account. Zero limits mean missing, and missing
    /// blocks.
    pub struct BotDefinition {
        /// Its place in the table.
        1 bot: BotId,
        /// Its name.
        2 name: Text<32>,
        /// Whether it may trade; a bot taken out of the configuration is disabled, not forgotten.
        3 enabled: bool,
        /// Its account.
        4 account: AccountId,
        /// What it trades.
        5 instrument: InstrumentId,
        /// Its family.
        6 archetype: Archetype,
        /// Its stage, which decides the route of its orders.
        7 stage: Stage,
        /// The bars that it reads; `None` for those of its rules.
        8 bars: Option<BarKind> = None,
        /// R9: its hours.
        9 session: SessionMode,
        /// How many [`RuleText`](super::RuleText)s before this definition hold its rules; 0 for those
        /// of its archetype.
        10 rule_parts: u16 = 0,
        /// Contracts it wants when it is in the market, or the most of them if `sizing` wants fewer.
        11 order_qty: u32,
        /// How many contracts it wants.
        12 sizing: Sizing = Sizing::Fixed,
        /// When it gives a position back; what is not given here comes from its rules.
        13 exits: Exits = Exits::NONE,
        /// What each source's word counts before results change it, by
        /// [`SignalSource`](super::SignalSource).
        14 weights: [Factor; SOURCES] = [Factor::ONE; SOURCES],
        /// R1: most contracts in one order.
        15 max_order_qty: u32,
        /// R3: most contracts held, working orders counted as filled.
        16 max_position: u32,
        /// R15: the cap of contracts for its stage, from `MAX_CONTRACTS_*`.
        17 stage_cap: u32,
        /// Parameters of the archetype, in the order that it documents; `NaN` for its default.
        18 parameters: [f64; 8] = [f64::NAN; 8],
        /// The route to its account's broker, which its orders take when they are real.
        19 broker: Route = Route::BROKER,
        /// Whether its archetype may stand in for a direction of its own rules that cannot be read.
        /// For generated candidates: no stage beyond [`Stage::Paper`] has it.
        20 fallback: bool = false,
        /// What of its exits rests at its broker.
        40 protection: Protection = Protection::NONE,
    }
}

impl BotDefinition {
    /// The route of its orders.
    #[inline]
    pub fn route(&self) -> Route {
        Route::of(self.stage, self.broker)
    }
}

tagged! {
    /// A broker, as the run knows it.
    #[derive(Eq)]
    pub struct BrokerDefinition {
        /// The route to it.
        1 route: Route,
        /// Its name in the configuration.
        2 name: Text<24>,
        /// The order types and lives that it takes.
        3 capabilities: Capabilities = Capabilities::ALL,
    }
}

tagged! {
    /// A day that ends otherwise than the calendars know, as an operator says.
    #[derive(Eq)]
    pub struct CalendarDay {
        /// The date on which the trading day ends: year times 10,000 plus month times 100 plus day.
        1 date: u32,
        /// Whose: the number of a group of products, [`CalendarDay::OF_PRODUCT`] or
        /// [`CalendarDay::OF_US_STOCKS`].
        2 scope: u8,
        /// The product's code; empty for anything else.
        3 product: Text<8> = Text::EMPTY,
        /// Minutes from midnight in New York to the close; [`CalendarDay::CLOSED`] when no trading day
        /// ends on the date.
        4 close_minute: u16,
        /// Why.
        5 reason: Text<64>,
    }
}

impl CalendarDay {
    /// The scope of one product.
    pub const OF_PRODUCT: u8 = 254;
    /// The scope of the stock exchanges.
    pub const OF_US_STOCKS: u8 = 255;
    /// The minute that says that no trading day ends on the date.
    pub const CLOSED: u16 = u16::MAX;
}
