//! What a journal's effects led to is taken over, where this build would have come to something else.

use crate::message::ToOrders;
use gauntlet_model::calendar::trading_date;
use gauntlet_model::effect::{AlertKind, DoubtCause};
use gauntlet_model::ids::ClOrdId;
use gauntlet_model::input::{
    DecisionsAccepted, Protection, Scope, SessionMode, Stated, StatedKind, StatedLoss, StatedOrder,
    StatedRole,
};
use gauntlet_model::order::Order;
use gauntlet_model::position::Position;
use gauntlet_model::text::Text;

use super::exposure::Place;
use super::registry::Instrument;
use super::shelter::Child;
use super::tickets::BY_HAND;
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
            StatedKind::Order => self.on_stated_order(&StatedOrder::of(stated), out),
            StatedKind::NoOrder => {
                if let Some((bot, slot)) = self.locate(stated.order, stated.cl_ord_id) {
                    self.change_order(bot, slot, Order::write_off);
                }
                self.drop_held(stated.order, out);
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

    /// An order of any type is as a journal says: it may work at its broker, or is held here.
    pub(super) fn on_stated_order(&mut self, stated: &StatedOrder, out: &mut impl FnMut(ToOrders)) {
        let known = self.locate(stated.order, stated.cl_ord_id).is_some();
        if known || self.registry.bot(stated.bot).is_none() {
            return;
        }
        if stated.role == StatedRole::Held {
            return self.hold_as_stated(stated, out);
        }
        self.held.forget(stated.order);
        let session = |known: &Instrument| {
            let session = known.calendar.session_at(SessionMode::Full24x5, stated.sent_at);
            session.map(|session| session.close)
        };
        let ends_at = self.registry.instrument(stated.instrument).and_then(session);
        let order = Order::taken_over(stated, self.now).until(ends_at);
        let child = child_of(stated);
        let closes = i64::from(order.may_fill()) <= self.closable(stated.bot, stated.side);
        let working = WorkingOrder {
            order,
            found: false,
            cancelled_at: None,
            placed_at: self.now,
            repriced: true,
            reducing: child.is_some() || closes,
            target: match (child, stated.bot.is_desk()) {
                (Some(child), _) => child.mark(),
                (None, true) => BY_HAND,
                (None, false) => 0,
            },
        };
        self.shelter_as_stated(stated);
        if self.working.insert(stated.bot, working) {
            self.exposures.work(working.place(), working.side(), working.open() as i64);
        } else {
            let text = "too many orders of the bot: look at the broker";
            alert_on(AlertKind::TableFull, Scope::Bot(stated.bot), stated.order, text, out);
            self.raise(working.place(), DoubtCause::TooManyOrders, ClOrdId::NONE, 0, out);
        }
    }

    /// What rests for a position is for it at the level where it rests, until a bot's own is told.
    fn shelter_as_stated(&mut self, stated: &StatedOrder) {
        let Some(child) = child_of(stated) else { return };
        let Some(bot) = self.registry.bot_mut(stated.bot) else { return };
        if bot.shelter.level(child).is_some() {
            return;
        }
        let level = match child {
            Child::Stop => stated.stop_px,
            Child::Target => stated.price,
        };
        if stated.bot.is_desk() {
            let known = bot.definition.protection;
            bot.definition.protection = match child {
                Child::Stop => Protection::stop(1).and_target(known.is_target()),
                Child::Target => known.and_target(true),
            };
        }
        bot.shelter.set(child, level, stated.parent);
        if stated.bot.is_desk() && child == Child::Target {
            self.targeted |= 1 << (stated.instrument.0 & 63);
        }
    }

    /// The day's loss of a scope is as a journal says, if it is still that day: its limits bar what they
    /// barred, and no loss is forgotten.
    pub(super) fn on_stated_loss(&mut self, stated: &StatedLoss, out: &mut impl FnMut(ToOrders)) {
        if trading_date(stated.at) == trading_date(self.now) {
            self.state_loss(stated, out);
        }
    }
}

/// Which of those it is that rest for a position, if it is one.
fn child_of(stated: &StatedOrder) -> Option<Child> {
    match stated.role {
        StatedRole::Protects => Some(Child::Stop),
        StatedRole::Takes => Some(Child::Target),
        StatedRole::Asked | StatedRole::Held => None,
    }
}
