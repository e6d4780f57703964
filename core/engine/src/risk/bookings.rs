//! Where reports and positions part: places come into doubt, and brokers' words put things right.

use crate::message::ToOrders;
use gauntlet_model::effect::{AlertKind, Booking, DoubtCause, DoubtChanged, Effect};
use gauntlet_model::ids::{BotId, ClOrdId, INSTRUMENTS_MAX, InstrumentId};
use gauntlet_model::input::{
    CorrectionKind, ExecType, ExecutionReport, OrdStatus, Route, Scope, UnusableReport,
};
use gauntlet_model::order::{Order, is_news};
use gauntlet_model::position::FillError;
use gauntlet_model::text::Text;
use gauntlet_model::units::Price;

use super::doubts::Doubt;
use super::exposure::Place;
use super::fills::Fill;
use super::working::{WorkingOrder, orders_per};
use super::{Risk, alert_on};

/// Where an order is in the table of working orders.
type Located = Option<(BotId, usize)>;

/// What is to be known of an order from before a report.
#[derive(Clone, Copy)]
pub(super) struct Before {
    first_id: ClOrdId,
    place: Place,
    cum_qty: u32,
}

impl Before {
    pub fn of(known: &WorkingOrder) -> Before {
        let order = &known.order;
        Before { first_id: order.first_id(), place: known.place(), cum_qty: order.cum_qty() }
    }
}

impl Risk {
    /// Puts a place in doubt.
    pub(super) fn raise(
        &mut self,
        place: Place,
        cause: DoubtCause,
        order: ClOrdId,
        contracts: i64,
        out: &mut impl FnMut(ToOrders),
    ) {
        if let Some(doubt) = self.doubts.raise(place, Doubt { cause, order, contracts }) {
            tell_doubt(place, &doubt, true, (Text::EMPTY, cause.text()), out);
        }
    }

    pub(super) fn settle(
        &mut self,
        place: Place,
        who: (Text<32>, &str),
        out: &mut impl FnMut(ToOrders),
    ) -> bool {
        let settled = self.doubts.settle(place);
        if let Some(doubt) = &settled {
            tell_doubt(place, doubt, false, who, out);
        }
        settled.is_some()
    }

    /// Tells of a doubt that the broker's list brought about.
    pub(super) fn tell_raised(&self, place: Place, doubt: &Doubt, out: &mut impl FnMut(ToOrders)) {
        tell_doubt(place, doubt, true, (Text::EMPTY, doubt.cause.text()), out);
    }

    /// Tells that a rule ended a doubt.
    pub(super) fn tell_settled(
        &self,
        place: Place,
        doubt: &Doubt,
        rule: &str,
        out: &mut impl FnMut(ToOrders),
    ) {
        tell_doubt(place, doubt, false, (Text::EMPTY, rule), out);
    }

    /// Whether anything within a scope is in doubt.
    pub(super) fn doubts_in(&self, scope: Scope) -> bool {
        let mut at = 0;
        while let Some((place, _, next)) = self.doubts.next(at) {
            at = next;
            let covered = match scope {
                Scope::Platform => true,
                Scope::Account(account) => account == place.account,
                Scope::Instrument(instrument) => instrument == place.instrument,
                Scope::Route(route) => route == place.route,
                Scope::Bot(bot) => self.registry.bot(bot).is_some_and(|bot| bot.place() == place),
            };
            if covered {
                return true;
            }
        }
        false
    }

    /// Whether a fill's side is its order's, as far as that is remembered.
    pub(super) fn is_of_its_order(&self, report: &ExecutionReport, located: Located) -> bool {
        match located.and_then(|(bot, slot)| self.working.get(bot, slot)) {
            Some(known) => known.order.agrees_with(report),
            None => self.ended_order(report).is_none_or(|ended| ended.side == report.side),
        }
    }

    fn ended_order(&self, report: &ExecutionReport) -> Option<super::fills::Ended> {
        self.ended.get(report.cl_ord_id).or_else(|| self.ended.get(report.orig_cl_ord_id))
    }

    pub(super) fn first_id(&self, located: Located) -> ClOrdId {
        let known = located.and_then(|(bot, slot)| self.working.get(bot, slot));
        known.map_or(ClOrdId::NONE, |known| known.order.first_id())
    }

    /// A fill on one of our orders that is not of its side: counted nowhere. Fusion, which knows no
    /// orders, has counted it and takes it back.
    pub(super) fn on_fill_against_order(
        &mut self,
        bot: BotId,
        place: Place,
        report: &ExecutionReport,
        located: Located,
        out: &mut impl FnMut(ToOrders),
    ) {
        let order = self.first_id(located);
        let volume = self.registry.bot(bot).map_or(0, |bot| bot.position.volume());
        out(ToOrders::Effect(Effect::Booking(Booking {
            kind: CorrectionKind::Retract,
            cause: DoubtCause::Disagreement,
            route: report.route,
            bot,
            account: place.account,
            instrument: place.instrument,
            order,
            newest: report.cl_ord_id,
            exec_id: report.exec_id,
            side: report.side,
            qty: report.last_qty,
            price: report.last_px,
            cum_qty: 0,
            volume,
        })));
        self.raise(place, DoubtCause::Disagreement, order, signed(report), out);
    }

    /// A fill that names an order of a bot, in another instrument or by another route than the bot's:
    /// it is where it says, and nobody's.
    pub(super) fn on_fill_elsewhere(
        &mut self,
        bot: BotId,
        report: &ExecutionReport,
        located: Located,
        out: &mut impl FnMut(ToOrders),
    ) {
        let text = "a fill outside of the bot's instrument: check positions";
        alert_on(AlertKind::UnknownOrder, Scope::Bot(bot), report.cl_ord_id, text, out);
        self.doubt_elsewhere(bot, DoubtCause::Disagreement, report, signed(report), out);
        if let Some(known) = located.and_then(|(bot, slot)| self.working.get(bot, slot)) {
            let (place, order) = (known.place(), known.order.first_id());
            self.raise(place, DoubtCause::Disagreement, order, 0, out);
        }
    }

    /// What a report says of a bot's account where that bot does not trade.
    pub(super) fn doubt_elsewhere(
        &mut self,
        bot: BotId,
        cause: DoubtCause,
        report: &ExecutionReport,
        contracts: i64,
        out: &mut impl FnMut(ToOrders),
    ) {
        let Some(known) = self.registry.bot(bot).map(|bot| bot.place()) else { return };
        let instrument = report.instrument.unwrap_or(known.instrument);
        let place = Place { route: report.route, account: known.account, instrument };
        self.raise(place, cause, ClOrdId::NONE, contracts, out);
    }

    /// A fill that names no order of ours.
    pub(super) fn on_foreign_fill(
        &mut self,
        report: &ExecutionReport,
        out: &mut impl FnMut(ToOrders),
    ) {
        let text = "a fill of no order of ours: check positions";
        alert_on(AlertKind::UnknownOrder, Scope::Platform, report.cl_ord_id, text, out);
        let (cause, contracts) = (DoubtCause::ForeignFill, signed(report));
        self.raise_by_route(report.route, report.instrument, cause, contracts, out);
    }

    /// Puts in doubt what trades by a route: in one instrument, or in all where it is not known which.
    pub(super) fn raise_by_route(
        &mut self,
        route: Route,
        instrument: Option<InstrumentId>,
        cause: DoubtCause,
        contracts: i64,
        out: &mut impl FnMut(ToOrders),
    ) {
        for bot in self.registry.owners() {
            let Some(place) = self.registry.bot(bot).map(|bot| bot.place()) else { continue };
            if place.route != route || self.is_repeated(bot, place) {
                continue;
            }
            for at in (0..INSTRUMENTS_MAX as u16).map(InstrumentId) {
                let known = self.registry.instrument(at).is_some();
                if known && instrument.is_none_or(|of| of == at) {
                    let contracts = if instrument.is_some() { contracts } else { 0 };
                    let place = Place { instrument: at, ..place };
                    self.raise(place, cause, ClOrdId::NONE, contracts, out);
                }
            }
        }
    }

    /// Whether a bot before this one trades for the same account by the same route.
    fn is_repeated(&self, bot: BotId, place: Place) -> bool {
        (0..bot.0).any(|before| {
            let before = self.registry.bot(BotId(before)).map(|bot| bot.place());
            before.is_some_and(|p| p.route == place.route && p.account == place.account)
        })
    }

    /// A fill of which nobody can tell whether it was counted: it is not, and its order is asked about.
    pub(super) fn on_maybe_counted(
        &mut self,
        report: &ExecutionReport,
        located: Located,
        out: &mut impl FnMut(ToOrders),
    ) {
        let Some(bot) = self.registry.owner(report.cl_ord_id) else { return };
        let Some(place) = self.place_of(bot, report) else { return };
        let order = self.first_id(located);
        if let Some((bot, slot)) = located.filter(|_| self.is_of_its_order(report, located)) {
            self.change_order(bot, slot, |order, moment| order.on_unusable(moment));
        }
        self.raise(place, DoubtCause::MaybeCounted, order, 0, out);
    }

    /// A fill that the position cannot take.
    pub(super) fn on_uncountable(
        &mut self,
        place: Place,
        error: FillError,
        report: &ExecutionReport,
        located: Located,
        out: &mut impl FnMut(ToOrders),
    ) {
        let text = match error {
            FillError::NoPrice => "a fill without a price: check positions",
            FillError::Overflow => "a fill that overflows: check positions",
        };
        alert_on(
            AlertKind::UnexpectedReport,
            Scope::Bot(report.cl_ord_id.bot()),
            report.cl_ord_id,
            text,
            out,
        );
        // The broker's status tells at what price it was; nothing tells how to hold what overflows.
        let (order, contracts) = match error {
            FillError::NoPrice => (self.first_id(located), 0),
            FillError::Overflow => (ClOrdId::NONE, signed(report)),
        };
        self.raise(place, DoubtCause::Uncountable, order, contracts, out);
    }

    /// A fill of an order that was called over by the calendar or a person: it is counted, and somebody
    /// should look what else was missed.
    pub(super) fn doubt_after_end(
        &mut self,
        place: Place,
        report: &ExecutionReport,
        out: &mut impl FnMut(ToOrders),
    ) {
        if self.ended_order(report).is_some_and(|ended| ended.unheard) {
            self.raise(place, DoubtCause::AfterEnd, ClOrdId::NONE, 0, out);
        }
    }

    /// The broker takes a fill back, or corrects it. The fill that it names is booked so.
    pub(super) fn on_bust(
        &mut self,
        report: &ExecutionReport,
        located: Located,
        out: &mut impl FnMut(ToOrders),
    ) {
        let Some(bot) = self.registry.owner(report.cl_ord_id) else {
            return self.on_foreign_fill(report, out);
        };
        let Some(place) = self.registry.bot(bot).map(|bot| bot.place()) else { return };
        let busted = self.fills.find(report.route, Text::new(report.text.as_str()), bot);
        let Some(fill) = busted.filter(|fill| self.is_bust_of(report, fill)) else {
            let text = "a bust or correction of a fill that is not remembered";
            alert_on(AlertKind::TradeBust, Scope::Bot(bot), report.cl_ord_id, text, out);
            return self.raise(place, DoubtCause::Busted, ClOrdId::NONE, 0, out);
        };
        let volume = self.registry.bot(bot).map_or(0, |bot| bot.position.volume());
        let order = self.first_id(located);
        let booking = Booking {
            kind: CorrectionKind::TakeBack,
            cause: DoubtCause::Busted,
            route: report.route,
            bot,
            account: place.account,
            instrument: place.instrument,
            order: if order.is_some() { order } else { fill.order },
            newest: report.cl_ord_id,
            exec_id: fill.exec_id,
            side: fill.side,
            qty: fill.qty,
            price: fill.price,
            cum_qty: 0,
            volume,
        };
        out(ToOrders::Effect(Effect::Booking(booking)));
        let corrects = report.exec_type == ExecType::TradeCorrect;
        if corrects && report.last_qty > 0 && report.last_px.is_some() {
            out(ToOrders::Effect(Effect::Booking(Booking {
                kind: CorrectionKind::Book,
                exec_id: report.exec_id,
                qty: report.last_qty,
                price: report.last_px,
                cum_qty: report.cum_qty,
                volume: volume.saturating_sub(u64::from(fill.qty)),
                ..booking
            })));
        }
        self.raise(place, DoubtCause::Busted, order, 0, out);
    }

    /// Whether a bust can be one of a fill: it has its side, and takes all of it.
    fn is_bust_of(&self, report: &ExecutionReport, fill: &Fill) -> bool {
        let whole = report.exec_type == ExecType::TradeCorrect
            || report.last_qty == 0
            || report.last_qty == fill.qty;
        report.side == fill.side && whole
    }

    /// After a report on an order: fills that its status counts and that did not come are booked from
    /// it, and a doubt about this order ends when the broker's word agrees with ours.
    pub(super) fn hold_against(
        &mut self,
        (bot, slot): (BotId, usize),
        before: Before,
        report: &ExecutionReport,
        fresh: bool,
        out: &mut impl FnMut(ToOrders),
    ) {
        if !is_news(report, fresh) {
            return;
        }
        let Before { first_id, place, cum_qty } = before;
        let is_status = report.exec_type == ExecType::OrderStatus;
        let counts_less =
            is_status && report.ord_status != OrdStatus::Rejected && report.cum_qty < cum_qty;
        let known = self.working.get(bot, slot);
        let Some(known) = known.filter(|known| known.order.first_id() == first_id) else {
            if counts_less {
                return self.raise(place, DoubtCause::Overcounted, ClOrdId::NONE, 0, out);
            }
            return self.settle_by_rule(bot, first_id, out);
        };
        if !known.order.agrees_with(report) {
            return self.raise(place, DoubtCause::Disagreement, first_id, 0, out);
        }
        if !is_status || known.found {
            return;
        }
        if let Some((qty, price)) = known.order.missing_fill() {
            let order = known.order;
            self.raise(place, DoubtCause::MissingFills, first_id, 0, out);
            return self.book_missing(bot, &order, (qty, price), out);
        }
        let is_in_doubt = known.is_in_doubt();
        if counts_less {
            return self.raise(place, DoubtCause::Overcounted, first_id, 0, out);
        }
        if !is_in_doubt {
            self.settle_by_rule(bot, first_id, out);
        }
    }

    fn book_missing(
        &mut self,
        bot: BotId,
        order: &Order,
        (qty, price): (u32, Price),
        out: &mut impl FnMut(ToOrders),
    ) {
        let Some(volume) = self.registry.bot(bot).map(|bot| bot.position.volume()) else { return };
        out(ToOrders::Effect(Effect::Booking(Booking {
            kind: CorrectionKind::Book,
            cause: DoubtCause::MissingFills,
            route: order.route(),
            bot,
            account: order.account(),
            instrument: order.instrument(),
            order: order.first_id(),
            newest: order.newest_id(),
            exec_id: Text::EMPTY,
            side: order.side(),
            qty,
            price,
            cum_qty: order.cum_qty().saturating_add(qty),
            volume,
        })));
    }

    /// Ends the doubt about an order in its bot's place, if every contract told of it is booked.
    pub(super) fn settle_by_rule(
        &mut self,
        bot: BotId,
        order: ClOrdId,
        out: &mut impl FnMut(ToOrders),
    ) {
        let Some(place) = self.registry.bot(bot).map(|bot| bot.place()) else { return };
        if let Some(doubt) = self.doubts.settle_order(place, order) {
            let who = (Text::EMPTY, "the broker's word on the order agrees");
            tell_doubt(place, &doubt, false, who, out);
        }
    }

    /// A report that could not be used: its order is asked about, and its place is in doubt.
    pub(super) fn on_unusable(&mut self, report: &UnusableReport, out: &mut impl FnMut(ToOrders)) {
        let cause = DoubtCause::UnusableReport;
        let located = self.locate(report.cl_ord_id, report.orig_cl_ord_id);
        let signed = report.side.map_or(0, |side| side.sign() * i64::from(report.last_qty));
        if let Some(known) = located.and_then(|(bot, slot)| self.working.get(bot, slot)) {
            let (place, first_id, bot) = (known.place(), known.order.first_id(), known.order.bot());
            if let Some((bot, slot)) = located {
                self.change_order(bot, slot, |order, moment| order.on_unusable(moment));
                self.count_question(bot, slot);
            }
            if let Some(instrument) = report.instrument.filter(|of| *of != place.instrument) {
                let there = Place { instrument, ..place };
                self.raise(there, DoubtCause::Disagreement, ClOrdId::NONE, signed, out);
            }
            self.raise(place, cause, first_id, 0, out);
            return self.reconcile(bot, out);
        }
        let bot = self.registry.owner(report.cl_ord_id).and_then(|bot| self.registry.bot(bot));
        if let Some(place) = bot.map(|bot| bot.place()) {
            let instrument = report.instrument.unwrap_or(place.instrument);
            let place = Place { route: report.route, instrument, ..place };
            return self.raise(place, cause, ClOrdId::NONE, signed, out);
        }
        if report.instrument.is_none() && !report.symbol.is_empty() {
            // In what nobody here trades nothing can be opened.
            return;
        }
        match (report.account, report.instrument) {
            (Some(account), Some(instrument)) => {
                let place = Place { route: report.route, account, instrument };
                self.raise(place, cause, ClOrdId::NONE, signed, out);
            }
            (_, instrument) => self.raise_by_route(report.route, instrument, cause, signed, out),
        }
    }

    /// Orders for the day whose session is over and of which the broker says nothing.
    pub(super) fn end_with_session(&mut self) {
        let now = self.now;
        let mut from = 0;
        while let Some(bot) = self.working.next_busy(from) {
            from = bot.0 + 1;
            for slot in 0..orders_per(bot) {
                let outlived = |order: &Order| order.has_outlived_its_session(now);
                if self.working.get(bot, slot).is_some_and(|known| outlived(&known.order)) {
                    self.change_order(bot, slot, |order, moment| {
                        order.on_timer(moment);
                    });
                    self.ended.mark_last_unheard();
                }
            }
        }
    }
}

fn signed(report: &ExecutionReport) -> i64 {
    report.side.sign() * i64::from(report.last_qty)
}

fn tell_doubt(
    place: Place,
    doubt: &Doubt,
    active: bool,
    (actor, reason): (Text<32>, &str),
    out: &mut impl FnMut(ToOrders),
) {
    let Place { route, account, instrument } = place;
    let Doubt { cause, order, contracts } = *doubt;
    out(ToOrders::Effect(Effect::Doubt(DoubtChanged {
        route,
        account,
        instrument,
        active,
        cause,
        order,
        contracts,
        actor,
        reason: Text::new(reason),
    })));
}
