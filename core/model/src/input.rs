//! Everything that can happen to the platform, as one type: the sequenced input.
//!
//! Inputs are fixed-size and carry no strings longer than a [`Text`]. What is here is what the
//! journal keeps: a type, once journaled by a release, is frozen; a change is a new kind.

mod archetype;
mod bar_text;
mod terms;

use crate::ids::{AccountId, BotId, ClOrdId, InstrumentId};
use crate::text::Text;
use crate::units::{Money, Price, Side, UnixNanos};
pub use archetype::{Archetype, UnknownArchetype};
pub use bar_text::BarKindError;
use rkyv::{Archive, Deserialize, Serialize};
pub use terms::{
    Distance, EQUAL_WEIGHTS, Exits, FACTOR_SCALE, Factor, SOURCES, SignalSource, Sizing,
    TERM_PERIOD_MAX, TermError, Trailing, break_even,
};

/// An input with its place in the one stream.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sequenced {
    /// Place in the stream, from 1, without gaps.
    pub seq: u64,
    /// The sequencer's time, which never runs backwards. All decisions use this clock and no other.
    pub time: UnixNanos,
    /// What happened.
    pub input: Input,
}

/// What can happen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Input {
    /// A market-by-order event.
    Mbo(Mbo),
    /// A top-of-book update, with the trade that caused it if one did.
    Quote(Quote),
    /// One price level of a book that is told by price.
    Level(Level),
    /// A trade alone.
    Trade(Trade),
    /// A finished bar made by the vendor.
    Ohlcv(Ohlcv),
    /// A finished minute of the vendor's that is told after the fact, to complete series of bars: it
    /// moves nothing else, no clock, price, fault or position.
    History(Ohlcv),
    /// The trading state of an instrument changed.
    Status(TradingStatus),
    /// What the exchange says of an instrument.
    Listing(Listing),
    /// The state of a market-data feed changed.
    Feed(FeedEvent),
    /// A broker's report on an order.
    Execution(ExecutionReport),
    /// A broker's refusal to cancel or replace.
    CancelReject(CancelReject),
    /// The state of a broker session changed.
    Session(SessionEvent),
    /// Time passed.
    Timer(Timer),
    /// An operator, or the platform itself on someone's behalf, asks for something.
    Command(Command),
    /// An instrument is defined or redefined.
    Instrument(InstrumentDefinition),
    /// An account and its limits are defined or redefined.
    Account(AccountDefinition),
    /// A part of a bot's own rules, before its definition.
    RuleText(RuleText),
    /// A bot is defined or redefined.
    Bot(BotDefinition),
    /// A source outside of the platform has an opinion.
    External(ExternalSignal),
    /// A run of the platform begins: nothing may trade before it.
    RunStart(RunStart),
}

/// What a market-by-order event does (DBN `action`).
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum BookAction {
    /// Insert an order.
    Add = 0,
    /// Change an order's price or size.
    Modify = 1,
    /// Cancel an order, in part or whole: `size` is what is taken away.
    Cancel = 2,
    /// Empty the book.
    Clear = 3,
    /// An aggressing order traded; the book is not changed by this.
    Trade = 4,
    /// A resting order was filled; the book is not changed by this (a cancel follows).
    Fill = 5,
    /// Nothing but flags.
    None = 6,
}

/// Flag bits of market data, as in DBN's `flags` field.
pub mod flags {
    /// Last record of its event.
    pub const LAST: u8 = 1 << 7;
    /// From a snapshot, not from an increment.
    pub const SNAPSHOT: u8 = 1 << 5;
    /// The receive time is not accurate.
    pub const BAD_TS_RECV: u8 = 1 << 3;
    /// An unrecoverable gap was detected in the channel.
    pub const MAYBE_BAD_BOOK: u8 = 1 << 2;
}

/// A market-by-order event.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Debug)]
pub struct Mbo {
    /// Which instrument.
    pub instrument: InstrumentId,
    /// What it does.
    pub action: BookAction,
    /// The side of the order, or of the aggressor for trades; `None` when not given.
    pub side: Option<Side>,
    /// See [`flags`].
    pub flags: u8,
    /// The order's price.
    pub price: Price,
    /// The order's size in contracts.
    pub size: u32,
    /// The exchange's order identity.
    pub order_id: u64,
    /// When the matching engine received it.
    pub ts_event: UnixNanos,
    /// The vendor's sequence number.
    pub sequence: u32,
}

/// The best bid and ask.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Debug)]
pub struct TopOfBook {
    /// Best bid; [`Price::NONE`] if there is none.
    pub bid: Price,
    /// Best ask; [`Price::NONE`] if there is none.
    pub ask: Price,
    /// Contracts at the best bid.
    pub bid_size: u32,
    /// Contracts at the best ask.
    pub ask_size: u32,
}

impl TopOfBook {
    /// An empty book.
    pub const EMPTY: TopOfBook =
        TopOfBook { bid: Price::NONE, ask: Price::NONE, bid_size: 0, ask_size: 0 };

    /// Whether both sides have a price.
    pub fn is_two_sided(&self) -> bool {
        self.bid.is_some() && self.ask.is_some()
    }

    /// Whether the bid is at or above the ask.
    pub fn is_crossed_or_locked(&self) -> bool {
        self.is_two_sided() && self.bid >= self.ask
    }

    /// The mean of bid and ask; [`Price::NONE`] unless two-sided.
    pub fn mid(&self) -> Price {
        if !self.is_two_sided() {
            return Price::NONE;
        }
        Price(self.bid.0.midpoint(self.ask.0))
    }
}

/// A top-of-book update (MBP-1, or the first level of MBP-10).
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Debug)]
pub struct Quote {
    /// Which instrument.
    pub instrument: InstrumentId,
    /// What caused the update; `Trade` makes `price` and `size` a trade.
    pub action: BookAction,
    /// The side of the causing order; the aggressor for trades.
    pub side: Option<Side>,
    /// See [`flags`].
    pub flags: u8,
    /// The causing order's price.
    pub price: Price,
    /// The causing order's size.
    pub size: u32,
    /// The book's top after the event.
    pub top: TopOfBook,
    /// When the matching engine received it.
    pub ts_event: UnixNanos,
    /// The vendor's sequence number.
    pub sequence: u32,
}

/// One price level as it is from now on (from MBP-10). An event's levels come before its [`Quote`],
/// which ends the event, and only those come that changed.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Debug)]
pub struct Level {
    /// Which instrument.
    pub instrument: InstrumentId,
    /// Bids or asks.
    pub side: Side,
    /// See [`flags`]; never [`flags::LAST`].
    pub flags: u8,
    /// The level's price.
    pub price: Price,
    /// Contracts at the price; 0 when there are none any more, or it is too deep to be told.
    pub size: u32,
    /// Orders at the price.
    pub count: u32,
    /// When the matching engine received it.
    pub ts_event: UnixNanos,
    /// The vendor's sequence number.
    pub sequence: u32,
}

/// A trade.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Debug)]
pub struct Trade {
    /// Which instrument.
    pub instrument: InstrumentId,
    /// The aggressor's side; `None` when not given.
    pub side: Option<Side>,
    /// See [`flags`].
    pub flags: u8,
    /// The price.
    pub price: Price,
    /// Contracts.
    pub size: u32,
    /// When the matching engine received it.
    pub ts_event: UnixNanos,
    /// The vendor's sequence number.
    pub sequence: u32,
}

/// A finished bar from the vendor.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Debug)]
pub struct Ohlcv {
    /// Which instrument.
    pub instrument: InstrumentId,
    /// Length in seconds.
    pub seconds: u32,
    /// When the bar began.
    pub ts_open: UnixNanos,
    /// First price.
    pub open: Price,
    /// Highest price.
    pub high: Price,
    /// Lowest price.
    pub low: Price,
    /// Last price.
    pub close: Price,
    /// Contracts traded.
    pub volume: u64,
}

/// Whether an instrument trades (reduced from DBN's `status` schema).
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum TradingState {
    /// Orders match.
    Open = 0,
    /// Orders may be entered but do not match.
    PreOpen = 1,
    /// Trading is halted or paused.
    Halted = 2,
    /// The session is over.
    Closed = 3,
}

/// A change of an instrument's trading state.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Debug)]
pub struct TradingStatus {
    /// Which instrument.
    pub instrument: InstrumentId,
    /// The new state.
    pub state: TradingState,
    /// When it took effect.
    pub ts_event: UnixNanos,
}

/// What the exchange says of an instrument (DBN's `definition` schema). What it leaves open is
/// [`Price::NONE`], an empty text or time zero.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Debug)]
pub struct Listing {
    /// Which instrument.
    pub instrument: InstrumentId,
    /// Smallest price step.
    pub tick: Price,
    /// Units of the underlying in a contract (FIX tag 1147), in 1e-9.
    pub unit_qty: Price,
    /// Value of a price step (FIX tag 1146) times the display factor, in 1e-9 of the currency.
    pub tick_amount: Price,
    /// What the vendor multiplied the exchange's prices by, in 1e-9.
    pub display_factor: Price,
    /// Currency of the price (ISO 4217).
    pub currency: Text<4>,
    /// When it trades last.
    pub expiration: UnixNanos,
    /// Highest price at which orders are accepted.
    pub high_limit: Price,
    /// Lowest price at which orders are accepted.
    pub low_limit: Price,
    /// When the exchange said so.
    pub ts_event: UnixNanos,
}

/// What happened to a market-data feed.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum FeedChange {
    /// Connected and subscribed: books start empty and unknown.
    Connected = 0,
    /// The connection is gone: nothing is known until it is back.
    Disconnected = 1,
    /// Messages were lost; books are suspect until rebuilt.
    Gap = 2,
    /// Nothing, not even a heartbeat, came for too long.
    Stale = 3,
    /// A recorded stream ended.
    Ended = 4,
}

/// A change of a feed's state. It concerns every instrument of the feed.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Debug)]
pub struct FeedEvent {
    /// Which feed, by its place in the configuration.
    pub feed: u8,
    /// What happened.
    pub change: FeedChange,
    /// Why, for people.
    pub detail: Text<64>,
}

/// The way an order takes out of the platform, decided by the bot's stage and by nothing else.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug, Hash)]
#[repr(u8)]
pub enum Route {
    /// The broker's FIX session: CANARY and LIVE.
    Broker = 0,
    /// Our simulator, filling against the live book: LAB, TRIALS and PAPER.
    Paper = 1,
    /// Encoded as for the broker but never on the wire, then filled as on paper: SHADOW.
    Shadow = 2,
}

impl Route {
    /// Every route, in order.
    pub const ALL: [Route; 3] = [Route::Broker, Route::Paper, Route::Shadow];

    /// The route of a stage.
    pub fn of(stage: Stage) -> Route {
        match stage {
            Stage::Lab | Stage::Trials | Stage::Paper => Route::Paper,
            Stage::Shadow => Route::Shadow,
            Stage::Canary | Stage::Live => Route::Broker,
        }
    }

    /// The route's name.
    pub fn name(self) -> &'static str {
        match self {
            Route::Broker => "broker",
            Route::Paper => "paper",
            Route::Shadow => "shadow",
        }
    }
}

/// What an execution report reports (FIX `ExecType`, tag 150).
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum ExecType {
    /// `0`: accepted.
    New = 0,
    /// `3`: done for the day.
    DoneForDay = 1,
    /// `4`: cancelled.
    Canceled = 2,
    /// `5`: replaced.
    Replaced = 3,
    /// `6`: cancel is pending.
    PendingCancel = 4,
    /// `8`: rejected.
    Rejected = 5,
    /// `A`: received, not yet accepted.
    PendingNew = 6,
    /// `C`: expired.
    Expired = 7,
    /// `E`: replace is pending.
    PendingReplace = 8,
    /// `F` (and 4.2's `1`, `2`): a trade.
    Trade = 9,
    /// `G`: a trade was corrected.
    TradeCorrect = 10,
    /// `H`: a trade was busted.
    TradeCancel = 11,
    /// `I`: answer to a status request.
    OrderStatus = 12,
    /// `D`: restated by the broker.
    Restated = 13,
    /// `9`: suspended.
    Suspended = 14,
    /// `7`: stopped.
    Stopped = 15,
}

/// The state of an order as the broker tells it (FIX `OrdStatus`, tag 39).
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum OrdStatus {
    /// `0`.
    New = 0,
    /// `1`.
    PartiallyFilled = 1,
    /// `2`.
    Filled = 2,
    /// `3`.
    DoneForDay = 3,
    /// `4`.
    Canceled = 4,
    /// `6`.
    PendingCancel = 5,
    /// `7`.
    Stopped = 6,
    /// `8`.
    Rejected = 7,
    /// `9`.
    Suspended = 8,
    /// `A`.
    PendingNew = 9,
    /// `C`.
    Expired = 10,
    /// `E`.
    PendingReplace = 11,
}

/// A broker's report on an order, as it came; duplicates too. Only `last_qty` of a report whose
/// `exec_id` was not seen before moves a position.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Debug)]
pub struct ExecutionReport {
    /// Which route it came by.
    pub route: Route,
    /// The session's message sequence number (FIX tag 34); 0 where there is none.
    pub msg_seq_num: u64,
    /// Whether the session says that it may have been sent before (tags 43, 97).
    pub poss_dup: bool,
    /// Our identity of the order (tag 11); [`ClOrdId::NONE`] when it is not ours.
    pub cl_ord_id: ClOrdId,
    /// The identity before a cancel or replace (tag 41).
    pub orig_cl_ord_id: ClOrdId,
    /// Which status request it answers (tag 790), see
    /// [`OutboundRecord::ord_status_req_id`](crate::effect::OutboundRecord::ord_status_req_id);
    /// 0 when the broker does not say or it answers none.
    pub ord_status_req_id: u64,
    /// The broker's identity of the order (tag 37).
    pub order_id: Text<32>,
    /// The broker's identity of this report (tag 17).
    pub exec_id: Text<32>,
    /// What is reported (tag 150).
    pub exec_type: ExecType,
    /// The order's state after it (tag 39).
    pub ord_status: OrdStatus,
    /// Which instrument; `None` when the symbol is not one of ours.
    pub instrument: Option<InstrumentId>,
    /// The order's side (tag 54).
    pub side: Side,
    /// Contracts filled by this report (tag 32).
    pub last_qty: u32,
    /// At this price (tag 31); [`Price::NONE`] unless a fill.
    pub last_px: Price,
    /// Contracts still working (tag 151).
    pub leaves_qty: u32,
    /// Contracts filled in all (tag 14).
    pub cum_qty: u32,
    /// The order's quantity (tag 38); 0 when not given.
    pub order_qty: u32,
    /// The order's limit price (tag 44); [`Price::NONE`] when not given.
    pub price: Price,
    /// When it happened, by the broker (tag 60).
    pub transact_time: UnixNanos,
    /// Why it was rejected (tag 103); 0 otherwise.
    pub reject_reason: u16,
    /// Free text (tag 58).
    pub text: Text<40>,
}

/// A broker's refusal to cancel or replace (FIX `9`).
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Debug)]
pub struct CancelReject {
    /// See [`ExecutionReport::route`].
    pub route: Route,
    /// See [`ExecutionReport::msg_seq_num`].
    pub msg_seq_num: u64,
    /// See [`ExecutionReport::poss_dup`].
    pub poss_dup: bool,
    /// The refused request (tag 11).
    pub cl_ord_id: ClOrdId,
    /// The order it was about (tag 41).
    pub orig_cl_ord_id: ClOrdId,
    /// The order's state (tag 39).
    pub ord_status: OrdStatus,
    /// Whether a replace was refused, not a cancel (tag 434).
    pub to_replace: bool,
    /// 0 too late, 1 unknown order, 3 already pending, … (tag 102).
    pub reason: u16,
    /// Free text (tag 58).
    pub text: Text<40>,
}

/// What happened to a broker session.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum SessionChange {
    /// Logged on: messages flow; working orders are asked about.
    LoggedOn = 0,
    /// Logged out in order.
    LoggedOut = 1,
    /// The connection is gone.
    Disconnected = 2,
    /// A message of ours was refused by the session layer (FIX `3` or `j`).
    MessageRejected = 3,
}

/// A change of a broker session's state.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Debug)]
pub struct SessionEvent {
    /// See [`ExecutionReport::route`].
    pub route: Route,
    /// What happened.
    pub change: SessionChange,
    /// The session's message sequence number of the message that told so; 0 where there is none.
    pub msg_seq_num: u64,
    /// Whether both sides' sequence numbers were reset to 1.
    pub reset: bool,
    /// The order message that was refused, if one was.
    pub cl_ord_id: ClOrdId,
    /// Why, for people.
    pub detail: Text<64>,
}

/// Time passed: one a second of the sequencer's clock.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Debug)]
pub struct Timer {
    /// Whole seconds since the epoch that this timer marks.
    pub second: u64,
}

/// How far a command reaches.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Scope {
    /// Everything.
    Platform,
    /// One account.
    Account(AccountId),
    /// One bot.
    Bot(BotId),
    /// One instrument.
    Instrument(InstrumentId),
}

pub use command_kind::CommandKind;

mod command_kind {
    #![allow(missing_docs, reason = "rkyv's derive gives its resolver's fields no comment")]

    use rkyv::{Archive, Deserialize, Serialize};

    /// What is asked for.
    #[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
    #[repr(u8)]
    pub enum CommandKind {
        /// Block new orders, cancel working ones, and, if `flatten`, close positions. Latches.
        Kill {
            /// Whether positions are closed too.
            flatten: bool,
        },
        /// Lift a kill of exactly this scope.
        Unkill,
        /// Cancel working orders and block new ones for the rest of this run: an orderly stop.
        Stop,
        /// Trade under a changed configuration: lifts the block that [`super::RunStart`] sets on a
        /// change.
        AcceptConfiguration,
    }
}

/// A request by an operator or by the platform itself.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Debug)]
pub struct Command {
    /// What.
    pub kind: CommandKind,
    /// Where.
    pub scope: Scope,
    /// Who asks.
    pub actor: Text<32>,
    /// Why. A command without a reason is refused where one is needed.
    pub reason: Text<64>,
}

/// An instrument as the run knows it. Money per whole price unit is `multiplier`.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Debug)]
pub struct InstrumentDefinition {
    /// Its place in the table.
    pub instrument: InstrumentId,
    /// The exchange's symbol, such as `ESH4`.
    pub symbol: Text<24>,
    /// The product, such as `ES`.
    pub product: Text<8>,
    /// The feed it comes by.
    pub feed: u8,
    /// Smallest price step.
    pub tick: Price,
    /// Dollars per whole unit of price and contract, in micro-dollars.
    pub multiplier: Money,
    /// Limits of the instrument; a missing one (`0`) blocks.
    pub limits: InstrumentLimits,
}

/// Limits of one instrument. Zero means missing, and missing blocks.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct InstrumentLimits {
    /// R1: most contracts in one order.
    pub max_order_qty: u32,
    /// R3: most contracts held in the instrument over all bots, working orders counted as filled.
    pub max_position: u32,
    /// R4: farthest a limit price may be from the reference, in ticks.
    pub collar_ticks: u32,
    /// R11: oldest market data that an order may rest on, in milliseconds of the stream's time.
    pub stale_after_ms: u32,
}

/// An account. Zero limits mean missing, and missing blocks.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Debug)]
pub struct AccountDefinition {
    /// Its place in the table.
    pub account: AccountId,
    /// The broker's name of it (FIX tag 1).
    pub name: Text<24>,
    /// R3: most contracts held over all its bots and instruments, working orders counted as filled.
    pub max_position: u32,
    /// R8: order messages a second that the venue allows the account.
    pub messages_per_second: u32,
    /// R8: how many of those are kept for cancels.
    pub cancel_headroom: u32,
}

/// Where a bot stands in its life.
#[derive(
    Archive,
    Serialize,
    Deserialize,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Debug,
    PartialOrd,
    Ord,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(rename_all = "UPPERCASE")]
#[repr(u8)]
pub enum Stage {
    /// Research: fills in our simulator.
    Lab = 0,
    /// A candidate: fills in our simulator.
    Trials = 1,
    /// Live data, fills in our simulator.
    Paper = 2,
    /// Everything but the wire.
    Shadow = 3,
    /// The broker, with small caps.
    Canary = 4,
    /// The broker.
    Live = 5,
}

impl Stage {
    /// Every stage, in order.
    pub const ALL: [Stage; 6] =
        [Stage::Lab, Stage::Trials, Stage::Paper, Stage::Shadow, Stage::Canary, Stage::Live];

    /// The stage's name in capitals.
    pub fn name(self) -> &'static str {
        match self {
            Stage::Lab => "LAB",
            Stage::Trials => "TRIALS",
            Stage::Paper => "PAPER",
            Stage::Shadow => "SHADOW",
            Stage::Canary => "CANARY",
            Stage::Live => "LIVE",
        }
    }
}

/// The hours that a bot may trade in, of those in which its instrument trades. Text gives a mode by
/// its name or an alias ([`SessionMode::parse`]).
#[derive(
    Archive,
    Serialize,
    Deserialize,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Debug,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(try_from = "String", into = "String")]
#[repr(u8)]
pub enum SessionMode {
    /// Whenever the instrument trades: for most Sunday 18:00 to Friday 17:00 New York, less the
    /// daily break.
    Full24x5 = 0,
    /// 09:30 to 16:00 New York: the stock exchanges' hours.
    RthUs = 1,
    /// 04:00 to 20:00 New York, less the daily break.
    ExtUs = 2,
    /// The main hours of the instrument's own group, such as 09:00 to 14:30 New York for energy.
    RthProduct = 3,
    /// 09:00 to 15:00 Tokyo.
    Asia = 4,
    /// 08:00 to 16:30 London.
    Europe = 5,
}

impl SessionMode {
    /// The mode's name, as in configuration.
    pub fn name(self) -> &'static str {
        match self {
            SessionMode::Full24x5 => "FULL_24x5",
            SessionMode::RthUs => "RTH_US",
            SessionMode::ExtUs => "EXT_US",
            SessionMode::RthProduct => "RTH_PRODUCT",
            SessionMode::Asia => "ASIA",
            SessionMode::Europe => "EUROPE",
        }
    }
}

/// How long a time bar is.
#[derive(
    Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug,
)]
#[repr(u8)]
pub enum Timeframe {
    /// One minute.
    M1 = 0,
    /// Five minutes.
    M5 = 1,
    /// Fifteen minutes.
    M15 = 2,
    /// Thirty minutes.
    M30 = 3,
    /// One hour.
    H1 = 4,
    /// Four hours.
    H4 = 5,
    /// One trading day: a whole session.
    D1 = 6,
}

impl Timeframe {
    /// Every timeframe, shortest first.
    pub const ALL: [Timeframe; 7] = [
        Timeframe::M1,
        Timeframe::M5,
        Timeframe::M15,
        Timeframe::M30,
        Timeframe::H1,
        Timeframe::H4,
        Timeframe::D1,
    ];

    /// The timeframe's name, as in configuration.
    pub fn name(self) -> &'static str {
        match self {
            Timeframe::M1 => "1m",
            Timeframe::M5 => "5m",
            Timeframe::M15 => "15m",
            Timeframe::M30 => "30m",
            Timeframe::H1 => "1h",
            Timeframe::H4 => "4h",
            Timeframe::D1 => "1d",
        }
    }

    /// Its length in seconds; a day's, which ends with its session, is a day.
    pub fn seconds(self) -> u32 {
        match self {
            Timeframe::M1 => 60,
            Timeframe::M5 => 300,
            Timeframe::M15 => 900,
            Timeframe::M30 => 1_800,
            Timeframe::H1 => 3_600,
            Timeframe::H4 => 14_400,
            Timeframe::D1 => 86_400,
        }
    }
}

pub use bar_kind::BarKind;

mod bar_kind {
    #![allow(missing_docs, reason = "rkyv's derive gives its resolver's fields no comment")]

    use super::Timeframe;
    use rkyv::{Archive, Deserialize, Serialize};

    /// What ends a bar.
    #[derive(
        Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug,
    )]
    #[repr(u8)]
    pub enum BarKind {
        /// Time.
        Time(Timeframe),
        /// So many contracts traded.
        Volume(u32),
        /// So many trades.
        Ticks(u32),
    }
}

/// A bot: one strategy on one instrument for one account. Zero limits mean missing, and missing
/// blocks.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Debug)]
pub struct BotDefinition {
    /// Its place in the table.
    pub bot: BotId,
    /// Its name.
    pub name: Text<32>,
    /// Whether it may trade; a bot taken out of the configuration is disabled, not forgotten.
    pub enabled: bool,
    /// Its account.
    pub account: AccountId,
    /// What it trades.
    pub instrument: InstrumentId,
    /// Its family.
    pub archetype: Archetype,
    /// Its stage, which decides the route of its orders.
    pub stage: Stage,
    /// The bars that it reads; `None` for those of its rules.
    pub bars: Option<BarKind>,
    /// R9: its hours.
    pub session: SessionMode,
    /// How many [`RuleText`]s before this definition hold its rules; 0 for those of its archetype.
    pub rule_parts: u16,
    /// Contracts it wants when it is in the market, or the most of them if `sizing` wants fewer.
    pub order_qty: u32,
    /// How many contracts it wants.
    pub sizing: Sizing,
    /// When it gives a position back; what is not given here comes from its rules.
    pub exits: Exits,
    /// What each source's word counts before results change it, by [`SignalSource`].
    pub weights: [Factor; SOURCES],
    /// R1: most contracts in one order.
    pub max_order_qty: u32,
    /// R3: most contracts held, working orders counted as filled.
    pub max_position: u32,
    /// R15: the cap of contracts for its stage, from `MAX_CONTRACTS_*`.
    pub stage_cap: u32,
    /// Parameters of the archetype, in the order that it documents; `NaN` for its default.
    pub parameters: [f64; 8],
}

/// Longest text of a bot's own rules, in bytes.
pub const RULE_TEXT_MAX: usize = 16 * 1_024;

/// Bytes of a bot's rules that one [`RuleText`] carries.
pub const RULE_PART_BYTES: usize = 128;

/// A part of the rules of a bot. All parts come in order, the first one begins the text anew, and the
/// definition that uses them follows.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
pub struct RuleText {
    /// Whose.
    pub bot: BotId,
    /// Which part, from 0.
    pub part: u16,
    /// How many parts there are.
    pub parts: u16,
    /// Its text; only the last part may be short of more than the end of a character.
    pub text: Text<RULE_PART_BYTES>,
}

impl RuleText {
    /// The parts of a text, in order.
    pub fn split(bot: BotId, text: &str) -> Vec<RuleText> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let piece = Text::new(rest);
            // A NUL ends a `Text`; it is no part of any rule and is left out.
            let taken = piece.as_bytes().len();
            rest = rest[taken..].trim_start_matches('\0');
            pieces.push(piece);
        }
        let parts = pieces.len().min(usize::from(u16::MAX)) as u16;
        let number = |(part, text)| RuleText { bot, part, parts, text };
        (0..parts).zip(pieces).map(number).collect()
    }
}

/// The opinion of a source outside of the platform, as it came.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Debug)]
pub struct ExternalSignal {
    /// From where.
    pub source: SignalSource,
    /// On which instrument; `None` for all.
    pub instrument: Option<InstrumentId>,
    /// −1 short, 0 out of the market, +1 long.
    pub direction: i8,
    /// How strong, 0 to 1.
    pub strength: f64,
    /// How sure, 0 to 1.
    pub confidence: f64,
    /// When its source published it.
    pub published: UnixNanos,
    /// Seconds from then for which it counts.
    pub ttl_seconds: u32,
    /// Its source's identity of it, by which a second copy is known; empty when it has none.
    pub id: Text<32>,
    /// What it is about, for people.
    pub text: Text<64>,
}

/// A run of the platform begins.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Debug)]
pub struct RunStart {
    /// Tells this journal's orders from any other's: seconds since the epoch when the journal was
    /// made. Part of every `ClOrdID` on the wire.
    pub epoch: u64,
    /// Counts the runs of this journal from 1.
    pub run: u32,
    /// SHA-256 of the configuration in force.
    pub config_hash: [u8; 32],
    /// SHA-256 of the program.
    pub binary_hash: [u8; 32],
    /// The program's version.
    pub version: Text<24>,
    /// R14: whether the risk self-test passed.
    pub self_test_passed: bool,
}
