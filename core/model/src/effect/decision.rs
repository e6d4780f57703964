//! What bots think and want, and why.

use crate::ids::BotId;
use crate::input::{SOURCES, SignalSource};
use crate::record::journaled;
use crate::units::{Money, Price, UnixNanos};
use rkyv::{Archive, Deserialize, Serialize};

journaled! {
    /// An opinion on an instrument, for one bot.
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
    /// R31: the contract nears its end.
    ContractEnd = 8,
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
            IntentReason::ContractEnd => "contract_end",
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

journaled! {
    /// One source's part in a decision. The numbers are single floats, for people: a score is not
    /// recomputed from them.
    #[derive(Default)]
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

journaled! {
    /// How a bot came to want what it wants. Said when signals were fused, and when the reason why
    /// nothing comes of them is another one than before.
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

journaled! {
    /// The prices at which a bot gives its position back; [`Price::NONE`] where there is none. Said when
    /// the position changes, and after a bar in which they moved; in between, the trailing stop follows
    /// the market without a word.
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
}
