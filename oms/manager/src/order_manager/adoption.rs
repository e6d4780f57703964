//! Orders that only their broker knew and that a person takes over: from then on they are orders like any other,
//! but for their names at the broker, which gateways are told.

use super::{FromOrders, OrderManager, tell_terms};
use gauntlet_model::effect::{AlertKind, Effect, OrderAdopted};
use gauntlet_model::ids::ClOrdId;
use gauntlet_model::input::{Adoption, Input, Scope};
use gauntlet_model::order::Order;
use gauntlet_model::units::Price;

/// Names that are kept: for one more, one of an order that is over is forgotten, else the oldest.
pub const ADOPTED_MAX: usize = 256;

impl OrderManager {
    /// What brokers tell of orders that are none of ours.
    pub(super) fn note_foreign(&mut self, input: &Input) {
        self.foreign.on_input(input);
    }

    /// A person takes an order over; `adoptable` by the chain's head. Risk tells what is refused.
    pub(super) fn on_adoption(
        &mut self,
        adoption: &Adoption,
        adoptable: bool,
        out: &mut impl FnMut(FromOrders),
    ) {
        self.desks.on_input(&Input::Adoption(*adoption));
        let owner = adoption.bot.or_else(|| self.desks.find(adoption.place()));
        let id = owner.and_then(|owner| Some((owner, Adoption::identity(self.seq, owner)?)));
        let known = self.foreign.judge(adoption, self.now);
        let (Some((owner, id)), Ok(known), true) = (id, known, adoptable) else { return };
        self.foreign.forget(adoption.route, adoption.order_id);
        let ends_at = self.sessions.end_of(adoption.instrument, self.now);
        let order = known.order((id, owner, adoption.place()), ends_at, self.now);
        let Some(slot) = self.table.insert(order) else {
            let text = "too many live orders: one that was taken over is not followed";
            return super::emit_alert(
                super::Alert {
                    kind: AlertKind::TableFull,
                    scope: Scope::Bot(owner),
                    cl_ord_id: id,
                    ord_status: None,
                    text: super::Text::new(text),
                },
                out,
            );
        };
        let (route, order_id, client_id) = (adoption.route, adoption.order_id, known.client_id());
        let adopted = OrderAdopted { order: id, bot: owner, route, order_id, client_id };
        self.keep_name(adopted);
        tell_terms(&order, id, out);
        out(FromOrders::Effect(Effect::Order(order.change(0, Price::NONE))));
        out(FromOrders::Effect(Effect::Adopted(adopted)));
        self.update(slot, None, out, Order::on_enquiry);
        self.ask_all_due(out);
    }

    fn keep_name(&mut self, adopted: OrderAdopted) {
        if self.adopted.len() == ADOPTED_MAX {
            let over = self.adopted.iter().position(|known| !self.is_live(known.order));
            self.adopted.remove(over.unwrap_or(0));
        }
        self.adopted.push(adopted);
    }

    fn is_live(&self, order: ClOrdId) -> bool {
        self.find(order).is_some_and(|known| !known.is_final())
    }

    /// A run begins: gateways have to know the names of what works.
    pub(super) fn tell_names(&self, out: &mut impl FnMut(FromOrders)) {
        for known in self.adopted.iter().filter(|known| self.is_live(known.order)) {
            out(FromOrders::Effect(Effect::Adopted(*known)));
        }
    }
}
