//! Types of kinds that are not written any more, as they were frozen.

#![allow(missing_docs, reason = "rkyv's derive gives its resolvers' fields no comment")]

use super::{
    Archetype, BarKind, BotDefinition, Distance, Exits, Factor, Protection, Route, SOURCES,
    SessionMode, Sizing, Stage, Trailing,
};
use crate::ids::{AccountId, BotId, InstrumentId};
use crate::record::journaled;
use crate::text::Text;

journaled! {
    /// [`BotDefinition`] while its settings were counted.
    pub struct BotDefinition1 {
        /// As there.
        pub bot: BotId,
        /// As there.
        pub name: Text<32>,
        /// As there.
        pub enabled: bool,
        /// As there.
        pub account: AccountId,
        /// As there.
        pub instrument: InstrumentId,
        /// As there.
        pub archetype: Archetype,
        /// As there.
        pub stage: Stage,
        /// As there.
        pub bars: Option<BarKind>,
        /// As there.
        pub session: SessionMode,
        /// As there.
        pub rule_parts: u16,
        /// As there.
        pub order_qty: u32,
        /// As there.
        pub sizing: Sizing,
        /// As there.
        pub exits: Exits1,
        /// As there.
        pub weights: [Factor; SOURCES],
        /// As there.
        pub max_order_qty: u32,
        /// As there.
        pub max_position: u32,
        /// As there.
        pub stage_cap: u32,
        /// As there.
        pub parameters: [f64; 8],
    }

    /// [`Exits`] while they were counted.
    #[derive(Eq)]
    pub struct Exits1 {
        /// As there.
        pub stop_loss: Distance,
        /// As there.
        pub take_profit: Distance,
        /// As there.
        pub trailing: Trailing,
        /// As there.
        pub break_even_after: Distance,
        /// As there.
        pub break_even_plus: Distance,
        /// As there.
        pub time_stop_bars: u32,
        /// As there.
        pub hold_over_session: bool,
    }
}

impl From<BotDefinition1> for BotDefinition {
    fn from(old: BotDefinition1) -> BotDefinition {
        BotDefinition {
            bot: old.bot,
            name: old.name,
            enabled: old.enabled,
            account: old.account,
            instrument: old.instrument,
            archetype: old.archetype,
            stage: old.stage,
            bars: old.bars,
            session: old.session,
            rule_parts: old.rule_parts,
            order_qty: old.order_qty,
            sizing: old.sizing,
            exits: old.exits.into(),
            weights: old.weights,
            max_order_qty: old.max_order_qty,
            max_position: old.max_position,
            stage_cap: old.stage_cap,
            parameters: old.parameters,
            broker: Route::BROKER,
            fallback: false,
            protection: Protection::NONE,
        }
    }
}

impl From<Exits1> for Exits {
    fn from(old: Exits1) -> Exits {
        Exits {
            stop_loss: old.stop_loss,
            take_profit: old.take_profit,
            trailing: old.trailing,
            break_even_after: old.break_even_after,
            break_even_plus: old.break_even_plus,
            time_stop_bars: old.time_stop_bars,
            hold_over_session: old.hold_over_session,
        }
    }
}
