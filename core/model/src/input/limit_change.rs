//! Limits that people change while the platform runs.

use super::Scope;
use crate::record::journaled;
use crate::text::Text;
use crate::units::Money;
use rkyv::{Archive, Deserialize, Serialize};

/// A limit that can be changed while the platform runs.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum LimitKind {
    /// R1: contracts in one order.
    OrderQty = 0,
    /// R3: contracts held.
    Position = 1,
    /// R2: what one order may be worth, in micro-dollars.
    OrderValue = 2,
    /// R7: openings within the window.
    Executions = 3,
    /// R16: loss of a day past which nothing opens, in micro-dollars.
    DailyLoss = 4,
    /// R16: loss of a day past which positions are closed, in micro-dollars.
    FlatLoss = 5,
    /// R24: the part of the positions in force that may be held in the contracts of an instrument's product,
    /// in percent; all of it until it is lowered.
    PositionPercent = 6,
}

impl LimitKind {
    /// Every kind, in order.
    pub const ALL: [LimitKind; 7] = [
        LimitKind::OrderQty,
        LimitKind::Position,
        LimitKind::OrderValue,
        LimitKind::Executions,
        LimitKind::DailyLoss,
        LimitKind::FlatLoss,
        LimitKind::PositionPercent,
    ];

    /// Its name in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            LimitKind::OrderQty => "max_order_qty",
            LimitKind::Position => "max_position",
            LimitKind::OrderValue => "max_order_value",
            LimitKind::Executions => "max_executions",
            LimitKind::DailyLoss => "max_daily_loss",
            LimitKind::FlatLoss => "flat_daily_loss",
            LimitKind::PositionPercent => "max_position_percent",
        }
    }

    /// The kind of a name.
    pub fn of(name: &str) -> Option<LimitKind> {
        LimitKind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether its values are micro-dollars.
    pub fn is_money(self) -> bool {
        matches!(self, LimitKind::OrderValue | LimitKind::DailyLoss | LimitKind::FlatLoss)
    }

    /// A value for people: dollars, or a count.
    pub fn shown(self, value: i64) -> String {
        if self.is_money() { Money(value).to_string() } else { value.to_string() }
    }
}

/// What somebody does about a limit.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum LimitStep {
    /// Makes it tighter, at once and until somebody else ends that.
    Lower = 0,
    /// Asks for a looser one, for a time.
    Ask = 1,
    /// Allows what another person asked for.
    Allow = 2,
    /// Ends a change: one's own raise or question, or what somebody else has lowered.
    End = 3,
}

impl LimitStep {
    /// Every step, in order.
    pub const ALL: [LimitStep; 4] =
        [LimitStep::Lower, LimitStep::Ask, LimitStep::Allow, LimitStep::End];

    /// The step's name.
    pub fn name(self) -> &'static str {
        match self {
            LimitStep::Lower => "lower",
            LimitStep::Ask => "raise",
            LimitStep::Allow => "allow",
            LimitStep::End => "end",
        }
    }

    /// The step of a name.
    pub fn of(name: &str) -> Option<LimitStep> {
        LimitStep::ALL.into_iter().find(|step| step.name() == name)
    }
}

journaled! {
    /// R28: somebody changes a limit, or asks for that.
    #[derive(Eq)]
    pub struct LimitChange {
        /// What is done.
        pub step: LimitStep,
        /// Whose limit: the platform's, an account's or a bot's; of [`LimitKind::PositionPercent`] alone an
        /// instrument's.
        pub scope: Scope,
        /// Which.
        pub limit: LimitKind,
        /// What it is to be; of [`LimitStep::Allow`], what was asked for. Contracts, orders or
        /// micro-dollars.
        pub value: i64,
        /// For how long a raise is asked for, in seconds from now.
        pub seconds: u32,
        /// Who.
        pub actor: Text<32>,
        /// Why.
        pub reason: Text<64>,
    }
}
