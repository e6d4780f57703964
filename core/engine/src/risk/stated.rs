//! What a journal's effects led to is taken over, where this build would have come to something else.

use crate::message::ToOrders;
use gauntlet_model::effect::{AlertKind, DoubtCause};
use gauntlet_model::ids::ClOrdId;
use gauntlet_model::input::{DecisionsAccepted, Scope, Stated, StatedKind};
use gauntlet_model::order::Order;
use gauntlet_model::position::Position;
use gauntlet_model::text::Text;

use super::exposure::Place;
use super::working::WorkingOrder;
use super::{Risk, alert, alert_on};

impl Risk {
    /// A person accepts the decisions of another build.
    pub(super) fn on_decisions_accepted(
        &mut self,
        accepted: &DecisionsAccepted,
        out: &mut impl FnMut(ToOrders),
    ) {
        let text = Text::<64>::format(format_args!(
            "from input {} on by {}, {} stated",
            accepted.first, accepted.actor, accepted.stated
        ));
        alert(AlertKind::DecisionsAccepted, Scope::Platform, text.as_str(), out);
    }

    /// Something is as the journal says.
    pub(super) fn on_stated(&mut self, stated: &Stated, out: &mut impl FnMut(ToOrders)) {
        let Stated { route, account, instrument, .. } = *stated;
        let place = Place { route, account, instrument };
        match stated.kind {
            StatedKind::Position => self.state_position(stated, out),
            StatedKind::Order => self.state_order(stated, out),
            StatedKind::NoOrder => {
                if let Some((bot, slot)) = self.locate(stated.order, stated.cl_ord_id) {
                    self.change_order(bot, slot, Order::write_off);
                }
            }
            StatedKind::Doubt => {
                let cause = DoubtCause::Disagreement;
                self.raise(place, cause, ClOrdId::NONE, stated.held, out);
            }
        }
    }

    fn state_position(&mut self, stated: &Stated, out: &mut impl FnMut(ToOrders)) {
        let Some(bot) = self.registry.bot_mut(stated.bot) else { return };
        let (place, before) = (bot.place(), bot.position.qty());
        let Some(position) = Position::stated(stated) else { return };
        bot.position = position;
        let moved = i64::from(position.qty()) - i64::from(before);
        if self.registry.instrument(place.instrument).is_some()
            && self.registry.account(place.account).is_some()
        {
            self.exposures.fill(place, moved);
        }
        self.tell_position(stated.bot, place, out);
    }

    fn state_order(&mut self, stated: &Stated, out: &mut impl FnMut(ToOrders)) {
        let known = self.locate(stated.order, stated.cl_ord_id).is_some();
        if known || self.registry.bot(stated.bot).is_none() {
            return;
        }
        let order = Order::taken_over(stated, self.now);
        let working = WorkingOrder {
            order,
            found: false,
            cancelled_at: None,
            placed_at: self.now,
            repriced: true,
            reducing: false,
            target: 0,
        };
        if self.working.insert(stated.bot, working) {
            self.exposures.work(working.place(), working.side(), working.open() as i64);
        } else {
            let text = "too many orders of the bot: look at the broker";
            alert_on(AlertKind::TableFull, Scope::Bot(stated.bot), stated.order, text, out);
            self.raise(working.place(), DoubtCause::TooManyOrders, ClOrdId::NONE, 0, out);
        }
    }
}
