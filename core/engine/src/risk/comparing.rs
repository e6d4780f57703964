//! What a broker's lists say, against what we know: orders that are none of ours, orders of ours that are
//! missing or other than we think, positions that differ. What differs is told, and what may make us open
//! too much puts its place in doubt until a later list agrees.

use crate::message::ToOrders;
use gauntlet_model::effect::{AlertKind, Break, BreakClass, DoubtCause, Effect, Enquired, Enquiry};
use gauntlet_model::ids::{ACCOUNTS_MAX, AccountId, ClOrdId};
use gauntlet_model::ids::{INSTRUMENTS_MAX, InstrumentId};
use gauntlet_model::input::{BrokerOrder, Route, Scope};
use gauntlet_model::order::Order;
use gauntlet_model::text::Text;
use gauntlet_model::units::NANOS_PER_SECOND;

use super::exposure::Place;
use super::reconciliation::PATIENCE;
use super::working::{WorkingOrder, orders_per};
use super::{Risk, alert};

impl Risk {
    /// What an order's line says, against what we know of it before it is taken as its status.
    pub(super) fn hold_order_against(
        &mut self,
        line: &BrokerOrder,
        id: u64,
        out: &mut impl FnMut(ToOrders),
    ) {
        let located = self.locate(line.cl_ord_id, line.orig_cl_ord_id);
        let Some(known) = located.and_then(|(bot, slot)| self.working.get(bot, slot)) else {
            return;
        };
        let (order, place) = (known.order, known.place());
        let settled = order.open_requests().is_empty() && !known.found;
        let of_terms = |given: bool| given && settled;
        let differences = [
            (
                BreakClass::FilledDiffers,
                line.cum_qty != order.cum_qty(),
                [i64::from(order.cum_qty()), i64::from(line.cum_qty)],
            ),
            (
                BreakClass::QuantityDiffers,
                of_terms(line.order_qty > 0) && line.order_qty != order.qty(),
                [i64::from(order.qty()), i64::from(line.order_qty)],
            ),
            (
                BreakClass::PriceDiffers,
                of_terms(line.price.is_some()) && line.price != order.price(),
                [order.price().0, line.price.0],
            ),
        ];
        for (class, differs, [ours, theirs]) in differences {
            if differs {
                let what = Break {
                    route: line.route,
                    account: Some(place.account),
                    instrument: Some(place.instrument),
                    symbol: Text::EMPTY,
                    active: true,
                    class,
                    order: order.first_id(),
                    order_id: line.order_id,
                    ours,
                    theirs,
                };
                self.differ(what, id, true, out);
            }
        }
    }

    /// An order that works at the broker and is none of ours: its contracts may fill at any time.
    pub(super) fn on_foreign_order(
        &mut self,
        line: &BrokerOrder,
        id: u64,
        out: &mut impl FnMut(ToOrders),
    ) {
        if line.leaves_qty == 0 {
            return;
        }
        let what = Break {
            route: line.route,
            account: line.account,
            instrument: line.instrument,
            symbol: line.symbol,
            active: true,
            class: BreakClass::ForeignOrder,
            order: ClOrdId::NONE,
            order_id: line.order_id,
            ours: 0,
            theirs: line.side.sign() * i64::from(line.leaves_qty),
        };
        // What nobody here trades blocks nothing.
        let known = line.instrument.filter(|of| self.registry.instrument(*of).is_some());
        self.differ(what, id, known.is_some(), out);
        let Some(instrument) = known else { return };
        for account in (0..ACCOUNTS_MAX as u16).map(AccountId) {
            let here = line
                .account
                .map_or_else(|| self.trades_by(line.route, account), |of| of == account);
            if here && self.registry.account(account).is_some() {
                let place = Place { route: line.route, account, instrument };
                self.raise_break(place, DoubtCause::ForeignOrder, 0, out);
            }
        }
    }

    /// Tells a difference, once and when its numbers change. A person is told of what blocks.
    pub(super) fn differ(
        &mut self,
        what: Break,
        id: u64,
        blocks: bool,
        out: &mut impl FnMut(ToOrders),
    ) {
        let desk = &mut self.reconciliation.desks[what.route];
        if let Some((asked_for, account)) = desk.find(id)
            && let Some(asked) = desk.asked(asked_for, account)
        {
            asked.breaks = asked.breaks.saturating_add(1);
        }
        let noted = self.reconciliation.note(what, id, blocks);
        if noted.is_news {
            out(ToOrders::Effect(Effect::Break(what)));
        }
        if noted.blocks_now {
            let text = Text::<64>::format(format_args!(
                "{}: ours {}, theirs {}",
                what.class.name(),
                what.ours,
                what.theirs
            ));
            let scope = what.account.map_or(Scope::Platform, Scope::Account);
            alert(AlertKind::Break, scope, text.as_str(), out);
        }
        if noted.is_full && !std::mem::replace(&mut self.reconciliation.told_full, true) {
            let text = "more differences from the brokers than can be listed";
            alert(AlertKind::TableFull, Scope::Platform, text, out);
        }
    }

    /// Orders of ours that are on no line: each is asked about.
    pub(super) fn compare_orders(&mut self, route: Route, id: u64, out: &mut impl FnMut(ToOrders)) {
        let question = Enquiry::seq_of(id);
        let mut from = 0;
        while let Some(bot) = self.working.next_busy(from) {
            from = bot.0 + 1;
            for slot in 0..orders_per(bot) {
                let Some(known) = self.working.get(bot, slot) else { continue };
                let order = &known.order;
                if known.found || order.route() != route || !order.is_untold(question) {
                    continue;
                }
                let place = known.place();
                let what = Break {
                    route,
                    account: Some(place.account),
                    instrument: Some(place.instrument),
                    symbol: Text::EMPTY,
                    active: true,
                    class: BreakClass::OrderMissing,
                    order: order.first_id(),
                    order_id: Text::EMPTY,
                    ours: order.side().sign() * i64::from(order.leaves_qty()),
                    theirs: 0,
                };
                self.differ(what, id, true, out);
                self.change_order(bot, slot, Order::on_enquiry);
            }
        }
    }

    /// What the broker says an account holds, against what we say. While an order there is in doubt a
    /// difference may be its fill, whose report is under way: it is looked at again a few times first.
    pub(super) fn compare_positions(
        &mut self,
        route: Route,
        account: AccountId,
        id: u64,
        out: &mut impl FnMut(ToOrders),
    ) {
        let at = usize::from(account.0);
        let patience = self.reconciliation.desks[route].patience[at];
        let mut waits = false;
        for instrument in (0..INSTRUMENTS_MAX as u16).map(InstrumentId) {
            let place = Place { route, account, instrument };
            if self.registry.instrument(instrument).is_none() {
                continue;
            }
            let (ours, theirs) =
                (self.exposures.held(place).position, self.reconciliation.theirs(place));
            let difference = theirs.saturating_sub(ours);
            if difference == 0 {
                self.reconciliation.set_apart(place, 0);
                self.settle_copies_by_list(place, Enquiry::seq_of(id), out);
                continue;
            }
            let stands = difference == self.reconciliation.apart(place);
            let may_be_told = patience < PATIENCE && self.has_doubted_orders(place);
            waits |= may_be_told && !stands;
            let blocks = !stands && !may_be_told;
            let what = Break {
                route,
                account: Some(account),
                instrument: Some(instrument),
                symbol: Text::EMPTY,
                active: true,
                class: BreakClass::PositionDiffers,
                order: ClOrdId::NONE,
                order_id: Text::EMPTY,
                ours,
                theirs,
            };
            self.differ(what, id, blocks, out);
            if blocks {
                self.raise_break(place, DoubtCause::PositionDiffers, difference, out);
            } else if stands {
                self.settle_break(place, DoubtCause::PositionDiffers, out);
            }
        }
        self.settle_copies_elsewhere(route, Enquiry::seq_of(id), out);
        let desk = &mut self.reconciliation.desks[route];
        desk.patience[at] = if waits { patience + 1 } else { 0 };
        if waits {
            desk.look_again = Some(self.now.plus(NANOS_PER_SECOND));
        }
    }

    fn has_doubted_orders(&self, place: Place) -> bool {
        self.registry.owners().any(|owner| {
            let doubted = |known: &WorkingOrder| known.place() == place && known.is_in_doubt();
            self.working.of(owner).any(doubted)
        })
    }

    /// What an answer does not show any more is settled.
    pub(super) fn settle_gone(
        &mut self,
        question: (Route, Enquired, Option<AccountId>),
        id: u64,
        out: &mut impl FnMut(ToOrders),
    ) {
        while let Some(gone) = self.reconciliation.take_gone(question, id) {
            out(ToOrders::Effect(Effect::Break(Break { active: false, ..gone.what })));
            let cause = match gone.what.class {
                BreakClass::PositionDiffers => DoubtCause::PositionDiffers,
                BreakClass::ForeignOrder => DoubtCause::ForeignOrder,
                _ => continue,
            };
            let Some(instrument) = gone.what.instrument else { continue };
            for account in (0..ACCOUNTS_MAX as u16).map(AccountId) {
                let place = Place { route: question.0, account, instrument };
                let about = gone.what.account.is_none_or(|of| of == account);
                if about && !self.reconciliation.blocks(place, gone.what.class) {
                    self.settle_break(place, cause, out);
                }
            }
        }
    }

    /// A person settles a place: what differs there stands, and the next difference is measured from it.
    pub(super) fn let_stand(&mut self, place: Place, out: &mut impl FnMut(ToOrders)) {
        let mut stands = None;
        for known in &mut self.reconciliation.breaks {
            let of = &known.what;
            if of.class == BreakClass::PositionDiffers
                && (of.route, of.account, of.instrument)
                    == (place.route, Some(place.account), Some(place.instrument))
            {
                known.blocks = false;
                stands = Some(of.theirs.saturating_sub(of.ours));
            }
        }
        if let Some(stands) = stands {
            self.reconciliation.set_apart(place, stands);
            self.ask_broker(place.route, out);
        }
    }

    fn raise_break(
        &mut self,
        place: Place,
        cause: DoubtCause,
        contracts: i64,
        out: &mut impl FnMut(ToOrders),
    ) {
        if let Some(doubt) = self.doubts.raise_break(place, cause, contracts) {
            self.tell_raised(place, &doubt, out);
        }
    }

    /// The order of nobody's that put a place in doubt is somebody's now.
    pub(super) fn settle_adopted_doubt(&mut self, place: Place, out: &mut impl FnMut(ToOrders)) {
        if let Some(doubt) = self.doubts.settle_break(place, DoubtCause::ForeignOrder) {
            self.tell_settled(place, &doubt, "the order was taken over", out);
        }
    }

    fn settle_break(&mut self, place: Place, cause: DoubtCause, out: &mut impl FnMut(ToOrders)) {
        if let Some(doubt) = self.doubts.settle_break(place, cause) {
            self.tell_settled(place, &doubt, "the broker's list agrees", out);
        }
    }
}
