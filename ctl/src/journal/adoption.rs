//! Orders that only a broker knew, in words.

use super::tickets::{at, until};
use super::words::Names;
use gauntlet_model::effect::OrderAdopted;
use gauntlet_model::input::{Adoption, ForeignOrder};

/// What a broker's list tells of an order of nobody's.
pub(super) fn foreign_order(order: &ForeignOrder) -> String {
    let ForeignOrder { route, order_id, client_id, order_type, time_in_force, .. } = order;
    let unknown = "of an unknown kind";
    let order_type = order_type.map_or(unknown, |order_type| order_type.name());
    let life = time_in_force.map_or(unknown, |life| life.name());
    let stop = at("stop", order.stop_px);
    let (route, until) = (route.name(), until(order.expires));
    format!(
        "{route} order {order_id}, {client_id:?} to its client: {order_type}{stop} {life}{until}"
    )
}

/// An order of nobody's is somebody's.
pub(super) fn adopted(names: &Names, adopted: &OrderAdopted) -> String {
    let OrderAdopted { order, bot, order_id, .. } = adopted;
    format!("the broker's order {order_id} is order {order} of {}", names.bot(*bot))
}

impl Names {
    pub(super) fn adoption(&self, adoption: &Adoption) -> String {
        let Adoption { order_id, actor, approver, reason, .. } = adoption;
        let symbol = self.symbol(adoption.instrument);
        let owner = match adoption.bot {
            Some(bot) => self.bot(bot),
            None => format!("manual:{}/{symbol}", self.account(adoption.account)),
        };
        let second = match approver.is_empty() {
            true => String::new(),
            false => format!(", allowed by {approver}"),
        };
        format!(
            "take over the broker's order {order_id} in {symbol} for {owner}, by {actor}{second}: {reason}"
        )
    }
}
