//! A person takes over an order that only its broker knows: from then on it is counted, cancelled and killed
//! like any other of its owner, and its fills are the owner's.
//!
//! It goes through no entry check: it works already, and what is not counted is worse than what is too much.
//! Limits hold for what is opened after it. Its broker is asked about it at once, since its list may be old by
//! now; fills from before the list are nobody's here and show in the position.
//!
//! Given to a bot it is the bot's as one of its own: kept while it is what the bot wants, else cancelled. One
//! that is to rest belongs to the desk.

use crate::message::ToOrders;
use gauntlet_model::desk::DeskPlace;
use gauntlet_model::effect::{AlertKind, Break, BreakClass, DoubtCause, Effect};
use gauntlet_model::ids::{ACCOUNTS_MAX, AccountId, BotId, ClOrdId};
use gauntlet_model::input::{Adoption, Scope, SessionMode};
use gauntlet_model::order::Order;
use gauntlet_model::text::Text;

use super::exposure::Place;
use super::registry::Instrument;
use super::tickets::{BY_HAND, Why};
use super::working::WorkingOrder;
use super::{Risk, alert, alert_on};

impl Risk {
    /// A person takes an order over; `adoptable` by the chain's head. What is refused is told.
    pub(super) fn on_adoption(
        &mut self,
        adoption: &Adoption,
        adoptable: bool,
        out: &mut impl FnMut(ToOrders),
    ) {
        let desk = adoption.desk_place().and_then(|place| self.open_desk(place, out));
        if let Err(why) = self.take_over(adoption, desk.filter(|_| adoptable), adoptable, out) {
            let scope = Scope::Account(adoption.account);
            alert(AlertKind::CommandRefused, scope, why.as_str(), out);
        }
    }

    fn take_over(
        &mut self,
        adoption: &Adoption,
        desk: Option<BotId>,
        adoptable: bool,
        out: &mut impl FnMut(ToOrders),
    ) -> Result<(), Why> {
        let known = self.foreign.judge(adoption, self.now);
        let known = known.map_err(|error| Text::format(format_args!("{error}")))?;
        let owner = adoption.bot.or(desk).filter(|_| adoptable);
        let named = owner.and_then(|owner| Some((owner, Adoption::identity(self.seq, owner)?)));
        let (owner, id) = named.ok_or(Text::new("the bot trades elsewhere, or no desk is left"))?;
        let DeskPlace { account, instrument, route } = adoption.place();
        let traded = self.registry.instrument(instrument);
        if traded.is_none() || self.registry.account(account).is_none() {
            return Err(Text::new("the account or the symbol is not defined"));
        }
        self.foreign.forget(route, adoption.order_id);
        // The identity is of the first message that this input makes.
        self.ordinal = self.ordinal.max(1);
        let session = |known: &Instrument| {
            known.calendar.session_at(SessionMode::Full24x5, self.now).map(|session| session.close)
        };
        let ends_at = traded.and_then(session);
        let order = known.order((id, owner, adoption.place()), ends_at, self.now);
        self.enter_adopted(owner, order, out);
        self.settle_adopted(adoption, out);
        self.count_questions();
        Ok(())
    }

    fn enter_adopted(&mut self, owner: BotId, order: Order, out: &mut impl FnMut(ToOrders)) {
        let reducing = i64::from(order.may_fill()) <= self.closable(owner, order.side());
        let working = WorkingOrder {
            order,
            found: false,
            cancelled_at: None,
            placed_at: self.now,
            repriced: true,
            reducing,
            target: BY_HAND,
        };
        if !self.working.insert(owner, working) {
            let text = "as many orders of its owner as can be: cancel some";
            alert_on(AlertKind::TableFull, Scope::Bot(owner), order.first_id(), text, out);
            let cause = DoubtCause::TooManyOrders;
            return self.raise(working.place(), cause, ClOrdId::NONE, 0, out);
        }
        self.exposures.work(working.place(), working.side(), i64::from(working.open()));
        if let Some(slot) = self.working.find(owner, order.first_id()) {
            self.change_order(owner, slot, Order::on_enquiry);
        }
    }

    /// The difference that its order was is none any more.
    fn settle_adopted(&mut self, adoption: &Adoption, out: &mut impl FnMut(ToOrders)) {
        let Adoption { route, order_id, instrument, .. } = *adoption;
        while let Some(gone) = self.reconciliation.take_foreign(route, order_id) {
            out(ToOrders::Effect(Effect::Break(Break { active: false, ..gone.what })));
        }
        self.forget_adopted_copy(route, order_id, out);
        for account in (0..ACCOUNTS_MAX as u16).map(AccountId) {
            let place = Place { route, account, instrument };
            if !self.reconciliation.blocks(place, BreakClass::ForeignOrder) {
                self.settle_adopted_doubt(place, out);
            }
        }
    }
}
