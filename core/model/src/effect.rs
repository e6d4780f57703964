//! Everything that the core does about an input, as one type: the effect.
//!
//! Effects are recomputed from inputs alone, and two runs are equal when their effects are equal
//! byte for byte. [`table`] lists them, as [`input::table`](crate::input::table) does inputs, and a type
//! once journaled by a release is frozen.

mod alert;
mod decision;
mod doubt;
mod limit;
mod loss;
mod market;
mod order;
mod parent;
mod reconcile;
mod ruling;
pub mod table;
mod terms;
mod watch;

pub use crate::input::SignalSource;
pub use alert::{Alert, AlertKind, FreezeChanged, KillChanged};
pub use decision::{
    Decision, ExitLevels, Intent, IntentReason, Outcome, Said, Signal, SizeCap, Urgency, Voice,
};
pub use doubt::{Booking, DoubtCause, DoubtChanged};
pub use limit::{LimitChanged, LimitState};
pub use loss::{LossChanged, LossState, RiskUsage};
pub use market::{Bar, Mark, MarketBlock, MarketFault, MarketQuality};
pub use order::{
    MessageSent, OrderChanged, OrderState, OutboundKind, OutboundRecord, PositionChanged, Reject,
    RejectCode, TimeInForce,
};
pub use parent::{ParentChanged, ParentState};
pub use reconcile::{Break, BreakClass, Enquired, Enquiry, EnquiryEnded, EnquiryOutcome};
pub use ruling::{BotRuling, Ruling};
pub use terms::{DeskOpened, Emulation, OrderAdopted, OrderTerms, OrderType};
pub use watch::{BreakerCause, BreakerChanged, MessageUsage, OrderIdentity};

macro_rules! define_effect {
    ($(
        $(#[doc = $doc:literal])+
        $number:literal $constant:ident $name:literal $variant:ident($type:ident);
    )+) => {
        /// What the core did.
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub enum Effect {$(
            $(#[doc = $doc])+
            $variant($type),
        )+}
    };
}

crate::effect_table!(define_effect);
