//! What was accepted of another build, in words.

use super::tickets::{at, until};
use super::words::{Names, order_of, side, why};
use gauntlet_model::input::{
    DecisionsAccepted, Stated, StatedKind, StatedLoss, StatedOrder, StatedParent, StatedRole,
};

pub(super) fn decisions_accepted(accepted: &DecisionsAccepted) -> String {
    let DecisionsAccepted { first, last, stated, actor, reason } = accepted;
    format!(
        "effects of inputs {first} to {last} accepted as they are written by {actor}{}, {stated} stated",
        why(reason)
    )
}

impl Names {
    pub(super) fn stated_order(&self, stated: &StatedOrder) -> String {
        let StatedOrder { qty, cum_qty, order_type, time_in_force, .. } = stated;
        let (owner, symbol) = (self.bot(stated.bot), self.symbol(stated.instrument));
        let role = match stated.role {
            StatedRole::Asked => "may work",
            StatedRole::Protects => "may work as the stop at the broker",
            StatedRole::Takes => "may work as the target at the broker",
            StatedRole::Held => "is held here",
        };
        format!(
            "{owner} {} {qty} {symbol} {}{}{} {}{}, {cum_qty} filled, {role}{}",
            side(stated.side),
            order_type.name(),
            at("@", stated.price),
            at("stop", stated.stop_px),
            time_in_force.name(),
            until(stated.expires),
            order_of(stated.order)
        )
    }

    pub(super) fn stated_loss(&self, stated: &StatedLoss) -> String {
        let StatedLoss { scope, state, result, .. } = stated;
        format!("{} made {result} on the day, {}", self.scope(*scope), state.name())
    }

    pub(super) fn stated_parent(&self, stated: &StatedParent) -> String {
        let StatedParent { parent, qty, filled, state, .. } = stated;
        format!(
            "{} {} {qty} in all by parent {parent}, {filled} filled, {}{}",
            self.bot(stated.bot),
            side(stated.side),
            state.name(),
            until(stated.ends_at)
        )
    }

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
