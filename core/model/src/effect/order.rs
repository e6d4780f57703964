//! Orders, positions, and what leaves for a broker.

use crate::ids::{AccountId, BotId, ClOrdId, InstrumentId};
use crate::input::Route;
use crate::record::journaled;
use crate::text::Text;
use crate::units::{Money, Price, Side};
use rkyv::{Archive, Deserialize, Serialize};

/// Why risk refused an order. The names and numbers are RISK.md's.
#[derive(
    Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug, Hash, PartialOrd, Ord,
)]
#[repr(u8)]
pub enum RejectCode {
    /// R1: the order is larger than the bot or the instrument may send.
    OrderQuantity = 0,
    /// R3: the bot would hold too much.
    BotPosition = 1,
    /// R3: the instrument would be held too much.
    InstrumentPosition = 2,
    /// R3: the account would hold too much.
    AccountPosition = 3,
    /// R4: the price is too far from the reference.
    PriceCollar = 4,
    /// R4: there is no reference price.
    NoReferencePrice = 5,
    /// R8: too many messages.
    MessageRate = 6,
    /// R9: outside the bot's session, on a holiday, or the calendar does not reach so far.
    SessionClosed = 7,
    /// R9: the instrument is halted, in pre-open or closed.
    TradingHalted = 8,
    /// R11: the market data is too old.
    StaleMarketData = 9,
    /// R11: messages were lost and the book is not rebuilt yet, or the feed is down.
    GappedMarketData = 10,
    /// R11: the book is crossed or locked.
    CrossedBook = 11,
    /// R14: a limit is missing, zero or not a number.
    MissingLimit = 12,
    /// R14: no run has started, or the configuration changed and nobody accepted it.
    ConfigurationChanged = 13,
    /// R14: the risk self-test failed.
    SelfTestFailed = 14,
    /// R15: over the cap of the bot's stage.
    StageCap = 15,
    /// R18: a kill is in force.
    Killed = 16,
    /// The broker session is not logged on.
    RouteDown = 17,
    /// An order of the bot is in an unknown state and is being asked about.
    UnknownOrderState = 18,
    /// A table of bounded size is full.
    TableFull = 19,
    /// The bot, account or instrument is not defined or not enabled.
    NotDefined = 20,
    /// What the account holds in the instrument is in doubt until it is reconciled.
    InDoubt = 21,
    /// R2: the order is worth more than one may be.
    OrderValue = 22,
    /// R5: the price is outside of the band in which the venue takes orders.
    PriceBand = 23,
    /// R6: the bot sent the same order a moment ago.
    DuplicateOrder = 24,
    /// R7: the bot opened too often within the window: a person lets it on.
    RepeatedExecutions = 25,
    /// R12: the instrument is on no list of what may be opened.
    NotAllowed = 26,
    /// R3: all accounts together would hold too much.
    PlatformPosition = 27,
    /// R10: it could trade with an order of another bot of the account.
    SelfTrade = 28,
    /// R13: initial margins would take too much of the account's equity.
    BuyingPower = 29,
    /// R16: the day's loss is past its limit.
    DailyLoss = 30,
    /// R31: the contract is too near to its end.
    ContractEnd = 31,
    /// R22: messages were refused in a row: a breaker is open until a person resets it.
    Breaker = 32,
    /// R25: the broker's drop copy differs there, or is down and required.
    DropCopy = 33,
    /// R26: the account's cash is another at the broker.
    CashDiffers = 34,
    /// R17: more than is left of its parent, or to close of what that brought.
    ParentQuantity = 35,
}

impl RejectCode {
    /// Every code, in order.
    pub const ALL: [RejectCode; 36] = [
        RejectCode::OrderQuantity,
        RejectCode::BotPosition,
        RejectCode::InstrumentPosition,
        RejectCode::AccountPosition,
        RejectCode::PriceCollar,
        RejectCode::NoReferencePrice,
        RejectCode::MessageRate,
        RejectCode::SessionClosed,
        RejectCode::TradingHalted,
        RejectCode::StaleMarketData,
        RejectCode::GappedMarketData,
        RejectCode::CrossedBook,
        RejectCode::MissingLimit,
        RejectCode::ConfigurationChanged,
        RejectCode::SelfTestFailed,
        RejectCode::StageCap,
        RejectCode::Killed,
        RejectCode::RouteDown,
        RejectCode::UnknownOrderState,
        RejectCode::TableFull,
        RejectCode::NotDefined,
        RejectCode::InDoubt,
        RejectCode::OrderValue,
        RejectCode::PriceBand,
        RejectCode::DuplicateOrder,
        RejectCode::RepeatedExecutions,
        RejectCode::NotAllowed,
        RejectCode::PlatformPosition,
        RejectCode::SelfTrade,
        RejectCode::BuyingPower,
        RejectCode::DailyLoss,
        RejectCode::ContractEnd,
        RejectCode::Breaker,
        RejectCode::DropCopy,
        RejectCode::CashDiffers,
        RejectCode::ParentQuantity,
    ];

    /// The code's name, as programs and people see it.
    pub fn name(self) -> &'static str {
        match self {
            RejectCode::OrderQuantity => "order_quantity",
            RejectCode::BotPosition => "bot_position",
            RejectCode::InstrumentPosition => "instrument_position",
            RejectCode::AccountPosition => "account_position",
            RejectCode::PriceCollar => "price_collar",
            RejectCode::NoReferencePrice => "no_reference_price",
            RejectCode::MessageRate => "message_rate",
            RejectCode::SessionClosed => "session_closed",
            RejectCode::TradingHalted => "trading_halted",
            RejectCode::StaleMarketData => "stale_market_data",
            RejectCode::GappedMarketData => "gapped_market_data",
            RejectCode::CrossedBook => "crossed_book",
            RejectCode::MissingLimit => "missing_limit",
            RejectCode::ConfigurationChanged => "configuration_changed",
            RejectCode::SelfTestFailed => "self_test_failed",
            RejectCode::StageCap => "stage_cap",
            RejectCode::Killed => "killed",
            RejectCode::RouteDown => "route_down",
            RejectCode::UnknownOrderState => "unknown_order_state",
            RejectCode::TableFull => "table_full",
            RejectCode::NotDefined => "not_defined",
            RejectCode::InDoubt => "in_doubt",
            RejectCode::OrderValue => "order_value",
            RejectCode::PriceBand => "price_band",
            RejectCode::DuplicateOrder => "duplicate_order",
            RejectCode::RepeatedExecutions => "repeated_executions",
            RejectCode::NotAllowed => "not_allowed",
            RejectCode::PlatformPosition => "platform_position",
            RejectCode::SelfTrade => "self_trade",
            RejectCode::BuyingPower => "buying_power",
            RejectCode::DailyLoss => "daily_loss",
            RejectCode::ContractEnd => "contract_end",
            RejectCode::ParentQuantity => "parent_quantity",
            RejectCode::Breaker => "breaker",
            RejectCode::DropCopy => "drop_copy",
            RejectCode::CashDiffers => "cash_differs",
        }
    }
}

journaled! {
    /// An order that risk refused.
    pub struct Reject {
        /// Whose.
        pub bot: BotId,
        /// Why.
        pub code: RejectCode,
        /// The side asked for.
        pub side: Side,
        /// Contracts asked for.
        pub qty: u32,
        /// The price asked for.
        pub price: Price,
        /// The limit that was met, in the unit of the check; 0 when it was missing.
        pub limit: i64,
        /// The value that met it.
        pub value: i64,
    }
}

/// An order's state as the order manager knows it.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum OrderState {
    /// Sent, not yet acknowledged.
    PendingNew = 0,
    /// Working, nothing filled.
    New = 1,
    /// Working, part filled.
    PartiallyFilled = 2,
    /// A cancel was sent.
    PendingCancel = 3,
    /// A replace was sent.
    PendingReplace = 4,
    /// Filled. Final.
    Filled = 5,
    /// Cancelled. Final.
    Canceled = 6,
    /// Refused by the broker. Final.
    Rejected = 7,
    /// Expired, or done for the day. Final.
    Expired = 8,
    /// Not known: being asked about. Blocks its bot.
    Unknown = 9,
    /// Kept by us until its stop price is met: its broker has not heard of it.
    Held = 10,
}

impl OrderState {
    /// Whether nothing more can happen to the order.
    pub fn is_final(self) -> bool {
        matches!(
            self,
            OrderState::Filled | OrderState::Canceled | OrderState::Rejected | OrderState::Expired
        )
    }

    /// The state's name.
    pub fn name(self) -> &'static str {
        match self {
            OrderState::PendingNew => "pending_new",
            OrderState::New => "new",
            OrderState::PartiallyFilled => "partially_filled",
            OrderState::PendingCancel => "pending_cancel",
            OrderState::PendingReplace => "pending_replace",
            OrderState::Filled => "filled",
            OrderState::Canceled => "canceled",
            OrderState::Rejected => "rejected",
            OrderState::Expired => "expired",
            OrderState::Unknown => "unknown",
            OrderState::Held => "held",
        }
    }
}

journaled! {
    /// An order's state changed.
    pub struct OrderChanged {
        /// The order, by the identity it was first sent under.
        pub order: ClOrdId,
        /// The identity it has at the broker now.
        pub cl_ord_id: ClOrdId,
        /// Whose.
        pub bot: BotId,
        /// What it trades.
        pub instrument: InstrumentId,
        /// Its side.
        pub side: Side,
        /// Its state now.
        pub state: OrderState,
        /// The route it went by.
        pub route: Route,
        /// Its quantity.
        pub qty: u32,
        /// Its limit price.
        pub price: Price,
        /// Contracts filled in all.
        pub cum_qty: u32,
        /// Contracts working.
        pub leaves_qty: u32,
        /// Contracts filled by this change.
        pub last_qty: u32,
        /// At this price; where contracts were taken back, the price of those.
        pub last_px: Price,
    }

    /// A bot's position changed.
    pub struct PositionChanged {
        /// Whose.
        pub bot: BotId,
        /// Its account.
        pub account: AccountId,
        /// In what.
        pub instrument: InstrumentId,
        /// Contracts held, signed.
        pub qty: i32,
        /// What was paid for them in all: Σ signed contracts × price, in [`Price`] units × contracts.
        pub cost: i64,
        /// Profit taken so far.
        pub realized: Money,
        /// Contracts bought or sold so far.
        pub volume: u64,
    }
}

/// What a message to a broker asks for.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum OutboundKind {
    /// A new order (FIX `D`).
    New = 0,
    /// A cancel (FIX `F`).
    Cancel = 1,
    /// A replace (FIX `G`).
    Replace = 2,
    /// A question (FIX `H`).
    StatusRequest = 3,
}

/// How long an order lives. The numbers are FIX's (tag 59).
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug, Hash)]
#[repr(u8)]
pub enum TimeInForce {
    /// Until the end of the day.
    Day = 0,
    /// At once, the rest cancelled.
    ImmediateOrCancel = 3,
    /// Until somebody cancels it: over sessions, and over our own runs.
    GoodTillCancel = 1,
    /// At once and whole, or not at all.
    FillOrKill = 4,
    /// Until a date.
    GoodTillDate = 6,
}

impl TimeInForce {
    /// Every one, in FIX's order.
    pub const ALL: [TimeInForce; 5] = [
        TimeInForce::Day,
        TimeInForce::GoodTillCancel,
        TimeInForce::ImmediateOrCancel,
        TimeInForce::FillOrKill,
        TimeInForce::GoodTillDate,
    ];

    /// Its name, as people and programs write it.
    pub fn name(self) -> &'static str {
        match self {
            TimeInForce::Day => "day",
            TimeInForce::ImmediateOrCancel => "ioc",
            TimeInForce::GoodTillCancel => "gtc",
            TimeInForce::FillOrKill => "fok",
            TimeInForce::GoodTillDate => "gtd",
        }
    }

    /// The one of a name.
    pub fn named(name: &str) -> Option<TimeInForce> {
        TimeInForce::ALL.into_iter().find(|each| each.name() == name)
    }

    /// FIX's code (tag 59).
    pub fn code(self) -> u8 {
        b'0' + self as u8
    }

    /// Whether what is not filled at once waits in the book.
    pub fn rests(self) -> bool {
        !matches!(self, TimeInForce::ImmediateOrCancel | TimeInForce::FillOrKill)
    }

    /// Whether it outlives the session that it was sent in.
    pub fn outlives_session(self) -> bool {
        matches!(self, TimeInForce::GoodTillCancel | TimeInForce::GoodTillDate)
    }
}

journaled! {
    /// A message to a broker.
    pub struct OutboundRecord {
        /// The route it takes.
        pub route: Route,
        /// What it asks for.
        pub kind: OutboundKind,
        /// Its identity (tag 11).
        pub cl_ord_id: ClOrdId,
        /// The identity that it cancels or replaces (tag 41).
        pub orig_cl_ord_id: ClOrdId,
        /// Of a status request: its own identity (tag 790), which is the number of the input that it is
        /// sent on. 0 for anything else.
        pub ord_status_req_id: u64,
        /// Whose.
        pub bot: BotId,
        /// For which account.
        pub account: AccountId,
        /// In what.
        pub instrument: InstrumentId,
        /// Buy or sell.
        pub side: Side,
        /// Contracts.
        pub qty: u32,
        /// Limit price.
        pub price: Price,
        /// How long it lives.
        pub time_in_force: TimeInForce,
    }

    /// A message that a broker session is about to send: kept beside the effects so that the session's
    /// sequence numbers can be rebuilt from the journal. It is a fact of the wire, not a decision, and
    /// takes no part in the comparison of replays.
    pub struct MessageSent {
        /// By which session.
        pub route: Route,
        /// The message's sequence number (tag 34).
        pub msg_seq_num: u64,
        /// Its type (tag 35).
        pub msg_type: Text<4>,
        /// The order message it carries; [`ClOrdId::NONE`] for session messages.
        pub cl_ord_id: ClOrdId,
    }
}
