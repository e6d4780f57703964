//! What was accepted of another build, in words.

use super::words::{Names, order_of, side, why};
use gauntlet_model::input::{DecisionsAccepted, Stated, StatedKind};

pub(super) fn decisions_accepted(accepted: &DecisionsAccepted) -> String {
    let DecisionsAccepted { first, last, stated, actor, reason } = accepted;
    format!(
        "effects of inputs {first} to {last} accepted as they are written by {actor}{}, {stated} stated",
        why(reason)
    )
}

impl Names {
    pub(super) fn stated(&self, stated: &Stated) -> String {
        let Stated { qty, cum_qty, price, held, realized, .. } = stated;
        let (bot, symbol) = (self.bot(stated.bot), self.symbol(stated.instrument));
        match stated.kind {
            StatedKind::Position => format!("{bot} holds {held:+} {symbol}, {realized} realized"),
            StatedKind::Order => format!(
                "{bot} {} {qty} {symbol} @ {price}, {cum_qty} filled, may work{}",
                side(stated.side),
                order_of(stated.order)
            ),
            StatedKind::NoOrder => format!("{bot} has no such order{}", order_of(stated.order)),
            StatedKind::Doubt => {
                format!("{} {symbol} in doubt, {held:+} contracts", self.account(stated.account))
            }
        }
    }
}
