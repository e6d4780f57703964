//! Everything that the core does about an input, as one type: the effect.
//!
//! Effects are recomputed from inputs alone, and two runs are equal when their effects are equal
//! byte for byte. As with inputs, a type once journaled by a release is frozen.

use crate::ids::{AccountId, BotId, ClOrdId, InstrumentId};
pub use crate::input::SignalSource;
use crate::input::{BarKind, OrdStatus, Route, SOURCES, Scope, SessionMode, TopOfBook};
use crate::text::Text;
use crate::units::{Money, Price, Side, UnixNanos};
use rkyv::{Archive, Deserialize, Serialize};

/// What the core did.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Effect {
    /// A bar was finished. Published once, final.
    Bar(Bar),
    /// A source has an opinion.
    Signal(Signal),
    /// How a bot came to want what it wants, or nothing.
    Decision(Decision),
    /// A bot wants a position.
    Intent(Intent),
    /// The prices at which a bot gives its position back changed.
    Exits(ExitLevels),
    /// Risk refused an order.
    Reject(Reject),
    /// An order's state changed.
    Order(OrderChanged),
    /// A bot's position or its realised profit changed.
    Position(PositionChanged),
    /// A message for a broker; it leaves after this is in the journal.
    Outbound(OutboundRecord),
    /// A kill was set or lifted.
    Kill(KillChanged),
    /// Trading in an instrument was blocked or allowed by the state of its market data.
    MarketBlock(MarketBlock),
    /// The market as the core sees it, once a second and only when it changed.
    Mark(Mark),
    /// What was odd about an instrument's data so far, once a second and only when it changed.
    Quality(MarketQuality),
    /// Something that a person should know.
    Alert(Alert),
}

/// A finished bar.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Debug)]
pub struct Bar {
    /// Which instrument.
    pub instrument: InstrumentId,
    /// What ends bars of its series.
    pub kind: BarKind,
    /// The hours of its series. One-minute bars of [`SessionMode::Full24x5`] are made whenever there
    /// are trades.
    pub session: SessionMode,
    /// Whether records were lost at some time after the bar before in its series ended and before
    /// this one did: it may lack trades, and bars may be missing before it.
    pub gap: bool,
    /// When a time bar began by the clock; the time of a volume or tick bar's first trade.
    pub ts_open: UnixNanos,
    /// The first moment that is not part of a time bar; the time of a volume or tick bar's last trade.
    pub ts_close: UnixNanos,
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

/// An opinion on an instrument, for one bot.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Debug)]
pub struct Signal {
    /// For which bot.
    pub bot: BotId,
    /// From where.
    pub source: SignalSource,
    /// −1 short, 0 out of the market, +1 long.
    pub direction: i8,
    /// How strong, 0 to 1.
    pub strength: f64,
    /// How sure, 0 to 1.
    pub confidence: f64,
    /// Until when it counts.
    pub expires: UnixNanos,
}

/// Why a bot wants what it wants.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum IntentReason {
    /// Fused signals.
    Signal = 0,
    /// The stop loss was met.
    StopLoss = 1,
    /// The take profit was met.
    TakeProfit = 2,
    /// The position was held long enough.
    TimeStop = 3,
    /// The session ends.
    SessionEnd = 4,
    /// A kill with flatten, or an orderly stop.
    Flatten = 5,
    /// The trailing stop was met.
    TrailingStop = 6,
    /// The stop that had moved to the entry price was met.
    BreakEven = 7,
}

impl IntentReason {
    /// The reason in words.
    pub fn name(self) -> &'static str {
        match self {
            IntentReason::Signal => "signal",
            IntentReason::StopLoss => "stop_loss",
            IntentReason::TakeProfit => "take_profit",
            IntentReason::TimeStop => "time_stop",
            IntentReason::SessionEnd => "session_end",
            IntentReason::Flatten => "flatten",
            IntentReason::TrailingStop => "trailing_stop",
            IntentReason::BreakEven => "break_even",
        }
    }
}

/// How soon a bot wants it.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Urgency {
    /// Join the best price and wait.
    Passive = 0,
    /// Cross the spread now.
    Aggressive = 1,
}

/// Which predicate of a bot's rules spoke.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Said {
    /// None.
    Nothing = 0,
    /// To go long.
    LongEntry = 1,
    /// To go short.
    ShortEntry = 2,
    /// To leave a long position.
    LongExit = 3,
    /// To leave a short position.
    ShortExit = 4,
}

impl Said {
    /// The predicate in words.
    pub fn name(self) -> &'static str {
        match self {
            Said::Nothing => "nothing",
            Said::LongEntry => "long",
            Said::ShortEntry => "short",
            Said::LongExit => "exit long",
            Said::ShortExit => "exit short",
        }
    }
}

/// What came of a bot's signals, and why.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Outcome {
    /// It wants another position than before.
    Acts = 0,
    /// It has what it wants.
    Stays = 1,
    /// Its rules have not seen enough bars yet.
    WarmingUp = 2,
    /// No source has an opinion that counts.
    Quiet = 3,
    /// The score is too small.
    Weak = 4,
    /// Two strong sources contradict each other.
    Conflict = 5,
    /// It may not trade: disabled, or its definition was refused.
    Disabled = 6,
    /// It is outside of its hours, or they are about to end.
    OutOfSession = 7,
    /// It is on its way out of the market, or was in this bar.
    GoingOut = 8,
    /// A value that its stop, target or size needs is not known yet.
    NoValue = 9,
    /// Less than one contract is wanted.
    TooSmall = 10,
    /// No source that may lead an entry agrees.
    Unled = 11,
}

impl Outcome {
    /// Every outcome, in order.
    pub const ALL: [Outcome; 12] = [
        Outcome::Acts,
        Outcome::Stays,
        Outcome::WarmingUp,
        Outcome::Quiet,
        Outcome::Weak,
        Outcome::Conflict,
        Outcome::Disabled,
        Outcome::OutOfSession,
        Outcome::GoingOut,
        Outcome::NoValue,
        Outcome::TooSmall,
        Outcome::Unled,
    ];

    /// The outcome's name.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Acts => "acts",
            Outcome::Stays => "stays",
            Outcome::WarmingUp => "warming_up",
            Outcome::Quiet => "quiet",
            Outcome::Weak => "weak",
            Outcome::Conflict => "conflict",
            Outcome::Disabled => "disabled",
            Outcome::OutOfSession => "out_of_session",
            Outcome::GoingOut => "going_out",
            Outcome::NoValue => "no_value",
            Outcome::TooSmall => "too_small",
            Outcome::Unled => "unled",
        }
    }
}

/// One source's part in a decision. The numbers are single floats, for people: a score is not
/// recomputed from them.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Debug, Default)]
pub struct Voice {
    /// Whether its last signal still counts.
    pub live: bool,
    /// −1, 0 or +1.
    pub direction: i8,
    /// How strong, 0 to 1.
    pub strength: f32,
    /// How sure, 0 to 1.
    pub confidence: f32,
    /// What its word counts with this bot now.
    pub weight: f32,
    /// Its part of the score, signed: the shares of all sources add up to the score.
    pub share: f32,
}

/// What made a size smaller than its rule wanted.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum SizeCap {
    /// Nothing.
    None = 0,
    /// The bot's `order_qty`.
    OrderQty = 1,
    /// The bot's `max_order_qty`.
    BotOrder = 2,
    /// The bot's `max_position`.
    BotPosition = 3,
    /// The instrument's `max_order_qty`.
    InstrumentOrder = 4,
    /// The instrument's `max_position`.
    InstrumentPosition = 5,
    /// The cap of the bot's stage.
    Stage = 6,
}

impl SizeCap {
    /// Every cap, in order.
    pub const ALL: [SizeCap; 7] = [
        SizeCap::None,
        SizeCap::OrderQty,
        SizeCap::BotOrder,
        SizeCap::BotPosition,
        SizeCap::InstrumentOrder,
        SizeCap::InstrumentPosition,
        SizeCap::Stage,
    ];

    /// The cap's name.
    pub fn name(self) -> &'static str {
        match self {
            SizeCap::None => "none",
            SizeCap::OrderQty => "order_qty",
            SizeCap::BotOrder => "bot max_order_qty",
            SizeCap::BotPosition => "bot max_position",
            SizeCap::InstrumentOrder => "instrument max_order_qty",
            SizeCap::InstrumentPosition => "instrument max_position",
            SizeCap::Stage => "stage cap",
        }
    }
}

/// How a bot came to want what it wants. Said when signals were fused, and when the reason why
/// nothing comes of them is another one than before.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Debug)]
pub struct Decision {
    /// Which bot.
    pub bot: BotId,
    /// The end of the last bar that its rules saw; 0 before the first.
    pub bar_end: UnixNanos,
    /// Which of its predicates spoke in that bar.
    pub said: Said,
    /// Which of several of that kind, from 0.
    pub said_place: u8,
    /// What came of it.
    pub outcome: Outcome,
    /// The fused score, −1 to 1; 0 when no source has an opinion.
    pub score: f64,
    /// Contracts that it wants to hold from now on, signed.
    pub target: i32,
    /// How soon.
    pub urgency: Urgency,
    /// Contracts that its sizing wanted before any cap; 0 when nothing was to be entered.
    pub sized: u32,
    /// What made them fewer.
    pub cap: SizeCap,
    /// Money that one contract was reckoned to risk: to the stop, or by a day's volatility; 0 when
    /// the sizing does not ask.
    pub risk: Money,
    /// The sources' parts, by [`SignalSource`].
    pub voices: [Voice; SOURCES],
}

impl Decision {
    /// That of a bot that has seen nothing.
    pub fn nothing(bot: BotId) -> Decision {
        Decision {
            bot,
            bar_end: UnixNanos(0),
            said: Said::Nothing,
            said_place: 0,
            outcome: Outcome::Disabled,
            score: 0.0,
            target: 0,
            urgency: Urgency::Passive,
            sized: 0,
            cap: SizeCap::None,
            risk: Money(0),
            voices: Default::default(),
        }
    }
}

/// The prices at which a bot gives its position back; [`Price::NONE`] where there is none. Said when
/// the position changes, and after a bar in which they moved; in between, the trailing stop follows
/// the market without a word.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Debug)]
pub struct ExitLevels {
    /// Which bot.
    pub bot: BotId,
    /// The stop loss.
    pub stop: Price,
    /// The take profit.
    pub target: Price,
    /// The trailing stop.
    pub trailing: Price,
    /// Where the stop has moved to, or will move, at break-even.
    pub break_even: Price,
    /// Whether it has.
    pub break_even_armed: bool,
    /// Bars that the position may still be held; 0 without a limit.
    pub bars_left: u32,
}

/// The position that a bot wants from now on.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Debug)]
pub struct Intent {
    /// Which bot.
    pub bot: BotId,
    /// Contracts it wants to hold, signed.
    pub target: i32,
    /// How soon.
    pub urgency: Urgency,
    /// Why.
    pub reason: IntentReason,
    /// The fused score that led here, −1 to 1; 0 for exits.
    pub score: f64,
}

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
}

impl RejectCode {
    /// Every code, in order.
    pub const ALL: [RejectCode; 21] = [
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
        }
    }
}

/// An order that risk refused.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Debug)]
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
        }
    }
}

/// An order's state changed.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Debug)]
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
    /// At this price.
    pub last_px: Price,
}

/// A bot's position changed.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Debug)]
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

/// How an order is to be priced and how long it lives.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum TimeInForce {
    /// Until the end of the day.
    Day = 0,
    /// At once, the rest cancelled.
    ImmediateOrCancel = 3,
}

/// A message to a broker.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Debug)]
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

/// A kill was set or lifted.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Debug)]
pub struct KillChanged {
    /// Where.
    pub scope: Scope,
    /// Whether it is in force now.
    pub active: bool,
    /// Whether positions are closed too.
    pub flatten: bool,
    /// Who.
    pub actor: Text<32>,
    /// Why.
    pub reason: Text<64>,
    /// Working orders that it cancels.
    pub orders: u32,
}

/// What is wrong with an instrument's market data.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum MarketFault {
    /// The feed is down, or nothing came yet.
    NoFeed = 0,
    /// Messages were lost.
    Gap = 1,
    /// Too old.
    Stale = 2,
    /// The bid is at or above the ask.
    Crossed = 3,
    /// Halted, in pre-open or closed.
    Halted = 4,
    /// The book has more orders than its table holds.
    BookFull = 5,
    /// Prices are far from where they were, and the market has not confirmed it.
    OffBand = 6,
    /// A price is off the tick grid, or not above zero where it must be.
    BadPrice = 7,
    /// The exchange's clock runs backwards.
    TimeBackwards = 8,
    /// The exchange defines the instrument otherwise than we do, or it has expired.
    Definition = 9,
}

impl MarketFault {
    /// Every fault, in order.
    pub const ALL: [MarketFault; 10] = [
        MarketFault::NoFeed,
        MarketFault::Gap,
        MarketFault::Stale,
        MarketFault::Crossed,
        MarketFault::Halted,
        MarketFault::BookFull,
        MarketFault::OffBand,
        MarketFault::BadPrice,
        MarketFault::TimeBackwards,
        MarketFault::Definition,
    ];

    /// The fault in words.
    pub fn name(self) -> &'static str {
        match self {
            MarketFault::NoFeed => "no_feed",
            MarketFault::Gap => "gap",
            MarketFault::Stale => "stale",
            MarketFault::Crossed => "crossed",
            MarketFault::Halted => "halted",
            MarketFault::BookFull => "book_full",
            MarketFault::OffBand => "off_band",
            MarketFault::BadPrice => "bad_price",
            MarketFault::TimeBackwards => "time_backwards",
            MarketFault::Definition => "definition",
        }
    }
}

/// Trading in an instrument was blocked or allowed.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Debug)]
pub struct MarketBlock {
    /// Which instrument.
    pub instrument: InstrumentId,
    /// Why.
    pub fault: MarketFault,
    /// Whether it is blocked now for that reason.
    pub blocked: bool,
}

/// The market as the core sees it.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Debug)]
pub struct Mark {
    /// Which instrument.
    pub instrument: InstrumentId,
    /// The best bid and ask.
    pub top: TopOfBook,
    /// The last trade's price.
    pub last: Price,
    /// The vendor's last sequence number.
    pub sequence: u32,
    /// Market-data messages so far.
    pub messages: u64,
}

/// What was odd about an instrument's data so far, told once a second when it changed. All are
/// counts of records since the instrument was defined.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Debug)]
pub struct MarketQuality {
    /// Which instrument.
    pub instrument: InstrumentId,
    /// Left out since a richer schema tells the same.
    pub ignored: u64,
    /// Whose vendor sequence ran backwards.
    pub out_of_sequence: u64,
    /// Trades and tops far from where prices were.
    pub off_band: u64,
    /// Trades and tops off the tick grid, or not above zero where they must be.
    pub bad_prices: u64,
    /// Whose exchange time is earlier than one before.
    pub backward_times: u64,
    /// Whose exchange time is too far ahead of the stream's clock.
    pub implausible_times: u64,
    /// Without a price or size that they need.
    pub malformed: u64,
    /// Trades that came after their bar was published.
    pub late_trades: u64,
    /// Of the book: cancels and changes of orders that it does not know.
    pub unknown_orders: u64,
}

/// What an alert is about.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum AlertKind {
    /// A report on an order that nobody sent.
    UnknownOrder = 0,
    /// More was filled than was ordered.
    Overfill = 1,
    /// A report that does not fit the order's state; what it says about fills was kept.
    UnexpectedReport = 2,
    /// A fill was corrected or busted by the broker: positions need a person.
    TradeBust = 3,
    /// An order got no answer in time and is asked about.
    NoAcknowledgement = 4,
    /// The broker refused an order.
    BrokerReject = 5,
    /// A command was refused.
    CommandRefused = 6,
    /// A table of bounded size is full.
    TableFull = 7,
    /// A message of ours was refused by the session layer.
    SessionReject = 8,
    /// R14: the configuration changed since it was last accepted, or a person accepted the change.
    ConfigurationChanged = 9,
    /// The exchange defines an instrument otherwise than we do, or it has expired.
    Definition = 10,
}

impl AlertKind {
    /// The alert in words.
    pub fn name(self) -> &'static str {
        match self {
            AlertKind::UnknownOrder => "unknown_order",
            AlertKind::Overfill => "overfill",
            AlertKind::UnexpectedReport => "unexpected_report",
            AlertKind::TradeBust => "trade_bust",
            AlertKind::NoAcknowledgement => "no_acknowledgement",
            AlertKind::BrokerReject => "broker_reject",
            AlertKind::CommandRefused => "command_refused",
            AlertKind::TableFull => "table_full",
            AlertKind::SessionReject => "session_reject",
            AlertKind::ConfigurationChanged => "configuration_changed",
            AlertKind::Definition => "definition",
        }
    }
}

/// Something that a person should know.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Debug)]
pub struct Alert {
    /// What about.
    pub kind: AlertKind,
    /// Where.
    pub scope: Scope,
    /// The order concerned, if one is.
    pub cl_ord_id: ClOrdId,
    /// The broker's word on its state, if it gave one.
    pub ord_status: Option<OrdStatus>,
    /// In words.
    pub text: Text<64>,
}

/// A message that a broker session is about to send: kept beside the effects so that the session's
/// sequence numbers can be rebuilt from the journal. It is a fact of the wire, not a decision, and
/// takes no part in the comparison of replays.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Debug)]
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
