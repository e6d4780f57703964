//! R25, beyond fills: orders as the drop copy tells them, reports that cannot be read, and how a list of
//! positions or a person settles what differs.

use crate::message::ToOrders;
use gauntlet_model::effect::{AlertKind, Break, BreakClass, DoubtCause};
use gauntlet_model::ids::ClOrdId;
use gauntlet_model::input::{CopiedReport, ExecType, OrdStatus, Route, Scope};
use gauntlet_model::text::Text;
use gauntlet_model::units::Side;

use super::copies::CopiedOrder;
use super::exposure::Place;
use super::{Risk, alert};

impl Risk {
    /// A report on an order that nobody here placed: what works or is filled of it is a difference, until
    /// it is over with nothing filled.
    pub(super) fn on_foreign_copy(
        &mut self,
        report: &CopiedReport,
        out: &mut impl FnMut(ToOrders),
    ) {
        // The answer to a question is no event, and nobody here asked.
        if report.exec_type == ExecType::OrderStatus {
            return;
        }
        let order_id = if report.order_id.is_empty() { report.exec_id } else { report.order_id };
        let is_over = matches!(
            report.ord_status,
            OrdStatus::Filled | OrdStatus::Canceled | OrdStatus::Rejected | OrdStatus::Expired
        );
        let told = CopiedOrder {
            route: report.route,
            order_id,
            account: report.account,
            instrument: report.instrument,
            symbol: report.symbol,
            side: report.side,
            leaves_qty: if is_over { 0 } else { report.leaves_qty },
            cum_qty: report.cum_qty.max(match report.exec_type {
                ExecType::Trade => report.last_qty,
                _ => 0,
            }),
            seq: self.seq,
            settled: false,
        };
        let what = foreign(&told);
        let Some(at) = self.copies.find_order(report.route, order_id) else {
            if told.signed() == 0 {
                return;
            }
            if self.copies.make_room_for_order() {
                self.copies.orders.push(told);
            } else {
                // Its end would not be known for its: a person settles it.
                self.doubt_foreign_copy(&what, out);
            }
            return self.list_copy_break(what, self.seq, out);
        };
        if told.signed() == 0 {
            self.copies.orders.remove(at);
            return self.settle_foreign_copy(&what, "the order is over", out);
        }
        // It stays where it was told first.
        let known = &mut self.copies.orders[at];
        let may_fill = |order: &CopiedOrder| order.signed().unsigned_abs();
        known.settled &= told.cum_qty == known.cum_qty && may_fill(&told) <= may_fill(known);
        (known.leaves_qty, known.cum_qty, known.seq) = (told.leaves_qty, told.cum_qty, told.seq);
        let known = *known;
        if !known.settled {
            self.list_copy_break(foreign(&known), known.seq, out);
        }
    }

    /// An order that nobody here placed is one of ours from now on.
    pub(super) fn forget_adopted_copy(
        &mut self,
        route: Route,
        order_id: Text<32>,
        out: &mut impl FnMut(ToOrders),
    ) {
        if let Some(at) = self.copies.find_order(route, order_id) {
            let what = foreign(&self.copies.orders.remove(at));
            self.settle_foreign_copy(&what, "the order was taken over", out);
        }
    }

    fn settle_foreign_copy(&mut self, what: &Break, rule: &str, out: &mut impl FnMut(ToOrders)) {
        let key = (what.route, what.order_id);
        let same =
            |of: &Break| of.class == BreakClass::CopyForeign && (of.route, of.order_id) == key;
        self.settle_copy_breaks(same, rule, out);
    }

    fn doubt_foreign_copy(&mut self, what: &Break, out: &mut impl FnMut(ToOrders)) {
        let text = "more orders of others on the drop copy than can be followed";
        alert(AlertKind::TableFull, Scope::Route(what.route), text, out);
        let (cause, route) = (DoubtCause::DropCopy, what.route);
        match (what.account, what.instrument) {
            (Some(account), Some(instrument)) => {
                let place = Place { route, account, instrument };
                self.raise(place, cause, ClOrdId::NONE, 0, out);
            }
            (_, instrument) => self.raise_by_route(route, instrument, cause, 0, out),
        }
    }

    /// A report that cannot be used. What it is about is in doubt, as far as it tells.
    pub(super) fn on_unreadable_copy(
        &mut self,
        report: &CopiedReport,
        out: &mut impl FnMut(ToOrders),
    ) {
        let owner = self.registry.owner(report.cl_ord_id).and_then(|bot| self.registry.bot(bot));
        let own = owner.map(|bot| bot.place());
        let is_named = report.instrument.is_some() || !report.symbol.is_empty();
        if own.is_none() && !is_named {
            self.raise_by_route(report.route, None, DoubtCause::DropCopy, 0, out);
        }
        let instrument = match is_named {
            true => report.instrument,
            false => own.map(|place| place.instrument),
        };
        let what = Break {
            route: report.route,
            account: report.account.or(own.map(|place| place.account)),
            instrument,
            symbol: report.symbol,
            active: true,
            class: BreakClass::CopyUnreadable,
            order: report.cl_ord_id,
            order_id: report.exec_id,
            ours: 0,
            theirs: report.side.sign() * i64::from(report.last_qty),
        };
        self.list_copy_break(what, self.seq, out);
    }

    /// An order of ours by the copy, against what its order session agreed to. Each identity has its own
    /// terms, so only the newest is compared, when nothing is asked for.
    pub(super) fn hold_copied_order(
        &mut self,
        report: &CopiedReport,
        out: &mut impl FnMut(ToOrders),
    ) {
        let located = self.locate(report.cl_ord_id, ClOrdId::NONE);
        let Some(known) = located.and_then(|(bot, slot)| self.working.get(bot, slot)) else {
            return;
        };
        let (order, place) = (known.order, known.place());
        let is_newest = order.newest_id() == report.cl_ord_id;
        if known.found || !is_newest || !order.open_requests().is_empty() {
            return;
        }
        let theirs = match report.order_qty {
            0 => order.qty(),
            told => told,
        };
        let same_place = report.instrument == Some(place.instrument)
            && report.account.is_none_or(|of| of == place.account);
        let is_same = same_place && report.side == order.side() && theirs == order.qty();
        let prices = (order.price(), report.price);
        let same_price = !prices.0.is_some() || !prices.1.is_some() || prices.0 == prices.1;
        let signed = |side: Side, qty: u32| side.sign() * i64::from(qty);
        let (class, ours, theirs) = match (is_same, same_price) {
            (true, true) => {
                let same = |of: &Break| is_of_order(of, order.first_id());
                return self.settle_copy_breaks(same, "the drop copy agrees", out);
            }
            (true, false) => (BreakClass::CopyOrderPrice, prices.0.0, prices.1.0),
            (false, _) => {
                let ours = signed(order.side(), order.qty());
                (BreakClass::CopyOrderDiffers, ours, signed(report.side, theirs))
            }
        };
        let what = Break {
            route: report.route,
            account: Some(place.account),
            instrument: Some(place.instrument),
            symbol: if same_place { Text::EMPTY } else { report.symbol },
            active: true,
            class,
            order: order.first_id(),
            order_id: report.order_id,
            ours,
            theirs,
        };
        self.list_copy_break(what, self.seq, out);
    }

    /// What differed in the terms of an order ends with it: its fills are compared one by one.
    pub(super) fn settle_copied_orders(&mut self, out: &mut impl FnMut(ToOrders)) {
        let breaks = &self.reconciliation.breaks;
        let mut orders = breaks.iter().filter(|known| is_of_any_order(&known.what));
        let over = orders.find(|known| self.locate(known.what.order, ClOrdId::NONE).is_none());
        if let Some(order) = over.map(|known| known.what.order) {
            self.settle_copy_breaks(|of| is_of_order(of, order), "the order is over", out);
        }
    }

    /// The broker's list of positions agrees in a place. It settles what was told before the list was asked
    /// for with the input `asked`: but not at what price a fill was, nor an order that works.
    pub(super) fn settle_copies_by_list(
        &mut self,
        place: Place,
        asked: u64,
        out: &mut impl FnMut(ToOrders),
    ) {
        if self.copies.blocking == 0 {
            return;
        }
        let rule = "the broker's list of positions agrees";
        self.settle_copies_in(place, Some(asked), rule, out);
    }

    /// The broker listed what an account holds: what is not defined here and still held is told anew.
    pub(super) fn settle_copies_elsewhere(
        &mut self,
        route: Route,
        asked: u64,
        out: &mut impl FnMut(ToOrders),
    ) {
        for at in (0..self.reconciliation.breaks.len()).rev() {
            let Some(known) = self.reconciliation.breaks.get(at).copied() else { continue };
            let what = known.what;
            let is_known = what.instrument.is_some_and(|of| self.registry.instrument(of).is_some());
            let here = what.class.is_of_copies() && what.route == route && !is_known;
            if here && known.seen < asked && self.is_settled_by_positions(&what) {
                self.mark_copy_settled(&what);
                let rule = "the broker's list of positions has it, or not";
                self.settle_copy_breaks(|of| *of == what, rule, out);
            }
        }
    }

    /// A person settles a place.
    pub(super) fn let_copies_stand(
        &mut self,
        place: Place,
        reason: &str,
        out: &mut impl FnMut(ToOrders),
    ) {
        self.settle_copies_in(place, None, reason, out);
    }

    fn settle_copies_in(
        &mut self,
        place: Place,
        asked: Option<u64>,
        rule: &str,
        out: &mut impl FnMut(ToOrders),
    ) {
        for at in (0..self.reconciliation.breaks.len()).rev() {
            let Some(known) = self.reconciliation.breaks.get(at).copied() else { continue };
            let what = known.what;
            let here = what.class.is_of_copies()
                && (what.route, what.instrument) == (place.route, Some(place.instrument))
                && what.account.is_none_or(|of| of == place.account);
            let may_be =
                asked.is_none_or(|asked| known.seen < asked && self.is_settled_by_positions(&what));
            if here && may_be {
                self.mark_copy_settled(&what);
                // A person settles a fill wherever it is told; a list speaks of one place.
                let is_fill = what.class.is_of_copied_fills() && !what.order_id.is_empty();
                let fill = (what.route, what.order_id);
                let same = |of: &Break| {
                    let same_fill =
                        of.class.is_of_copied_fills() && (of.route, of.order_id) == fill;
                    *of == what || (asked.is_none() && is_fill && same_fill)
                };
                self.settle_copy_breaks(same, rule, out);
            }
        }
    }

    /// Whether what is held says whether a difference is one.
    fn is_settled_by_positions(&self, what: &Break) -> bool {
        match what.class {
            BreakClass::CopyUnbooked
            | BreakClass::CopyMissing
            | BreakClass::CopyTermsDiffer
            | BreakClass::CopyUnreadable => true,
            BreakClass::CopyForeign => {
                let at = self.copies.find_order(what.route, what.order_id);
                at.is_none_or(|at| self.copies.orders[at].leaves_qty == 0)
            }
            _ => false,
        }
    }

    /// The fills or the order of a difference count as settled until something else is told of them.
    fn mark_copy_settled(&mut self, what: &Break) {
        if let Some(at) = self.copies.find(what.route, what.order_id)
            && what.class.is_of_copied_fills()
        {
            let known = self.copies.fill_mut(at);
            (known.settled, known.told) = (true, None);
        }
        if what.class == BreakClass::CopyForeign
            && let Some(at) = self.copies.find_order(what.route, what.order_id)
        {
            self.copies.orders[at].settled = true;
        }
        if what.order_id.is_empty() {
            let order = (what.route, what.order, what.class);
            self.copies.nameless.retain(|of| (of.route, of.named_order(), of.class()) != order);
        }
    }
}

/// An order that nobody here placed, as a difference.
fn foreign(order: &CopiedOrder) -> Break {
    Break {
        route: order.route,
        account: order.account,
        instrument: order.instrument,
        symbol: order.symbol,
        active: true,
        class: BreakClass::CopyForeign,
        order: ClOrdId::NONE,
        order_id: order.order_id,
        ours: 0,
        theirs: order.signed(),
    }
}

fn is_of_any_order(of: &Break) -> bool {
    matches!(of.class, BreakClass::CopyOrderDiffers | BreakClass::CopyOrderPrice)
}

fn is_of_order(of: &Break, order: ClOrdId) -> bool {
    is_of_any_order(of) && of.order == order
}
