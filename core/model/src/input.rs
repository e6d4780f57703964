//! Everything that can happen to the platform, as one type: the sequenced input.
//!
//! Inputs are fixed-size and carry no strings longer than a [`Text`](crate::text::Text). [`table`] lists
//! them: from it come [`Input`], and the journal's kinds with what they are read and written by. A type,
//! once journaled by a release, is frozen, but for definitions that are
//! [tagged records](crate::record), which may gain fields; any other change is a new kind.

mod adoption;
mod alert_delay;
mod archetype;
mod bar_text;
mod bars;
mod before;
mod bot;
mod broker;
mod cash;
mod command;
mod correction;
mod definition;
mod drop_copy;
mod ends;
mod limit_change;
mod market;
mod numbers_set;
mod protection;
mod reconcile;
mod risk_limits;
mod route;
mod stated;
mod stated_order;
pub mod table;
mod terms;
mod ticket;
mod user_kill;
mod watch;

use crate::units::UnixNanos;
pub use adoption::{Adoption, ForeignOrder};
pub use alert_delay::{AlertDelay, AlertWay};
pub use archetype::{Archetype, UnknownArchetype};
pub use bar_text::BarKindError;
pub use bars::{BarKind, SessionMode, Timeframe};
pub use before::{BotDefinition1, Exits1};
pub use bot::{BotDefinition, BrokerDefinition, CalendarDay};
pub use broker::{CancelReject, ExecType, ExecutionReport, OrdStatus, SessionChange, SessionEvent};
pub use cash::{BrokerBalance, CashRule, CashTerms};
pub use command::{Command, CommandKind, ExternalSignal, OrderKill, RunStart, Scope, Timer};
pub use correction::{Correction, CorrectionKind, UnusableReport};
pub use definition::{
    AccountDefinition, InstrumentDefinition, InstrumentLimits, RULE_PART_BYTES, RULE_TEXT_MAX,
    RuleText, Stage,
};
pub use drop_copy::{CopiedReport, CopySession, CopyTerms};
pub use ends::{BotRoll, ContractRule};
pub use limit_change::{LimitChange, LimitKind, LimitStep};
pub use market::{
    BookAction, FeedChange, FeedEvent, Level, Listing, Mbo, Ohlcv, Quote, TopOfBook, Trade,
    TradingState, TradingStatus, flags,
};
pub use numbers_set::NumbersSet;
pub use protection::Protection;
pub use reconcile::{BrokerOrder, BrokerPosition, BrokerTerms, EnquiryAnswer, Reconcile};
pub use risk_limits::{ContractTerms, RiskLimits};
pub use route::{ROUTES_MAX, Route, RouteTable};
pub use stated::{DecisionsAccepted, Stated, StatedKind};
pub use stated_order::{StatedLoss, StatedOrder, StatedParent, StatedRole};
pub use terms::{
    Distance, EQUAL_WEIGHTS, Exits, FACTOR_SCALE, Factor, SOURCES, SignalSource, Sizing,
    TERM_PERIOD_MAX, TermError, Trailing, break_even,
};
pub use ticket::{Ticket, TicketKind};
pub use user_kill::UserKill;
pub use watch::{AccountWatch, BotIdentity};

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

/// Whose word an input is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A market-data feed's.
    Feed,
    /// A broker's, or a simulator's in its place.
    Broker,
    /// A person's, or that of a source outside of the platform.
    Outside,
    /// The platform's own: its clock, its definitions, the start of a run.
    Platform,
}

macro_rules! define_input {
    (
        written {$(
            $(#[doc = $doc:literal])+
            $number:literal $constant:ident $name:literal
                $variant:ident($type:ident) of $origin:ident;
        )+}
        read {$($read:tt)*}
    ) => {
        /// What can happen.
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub enum Input {$(
            $(#[doc = $doc])+
            $variant($type),
        )+}

        impl Input {
            /// Whose word it is.
            #[inline]
            pub fn origin(&self) -> Origin {
                match self {
                    $(Input::$variant(_) => Origin::$origin,)+
                }
            }
        }
    };
}

crate::input_table!(define_input);
