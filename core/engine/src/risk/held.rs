//! Stops that we hold because their route takes none.
//!
//! A held stop is checked as if it were sent when it is entered, works with nobody until the market comes to
//! its stop price, and then goes as what a stop becomes: a market or a limit order, through every check of
//! that moment. The price is the last trade's, as exchanges have it; where nothing traded yet, the best that
//! the order would meet. One that reduces is cut to what there is to close by then and tried again at each
//! timer until it goes; one that opens is refused for good if a check refuses it.
//!
//! It outlives a stop of the node and a restart, but while the node is down nobody holds it: its view says
//! so.

use crate::message::ToOrders;
use gauntlet_model::effect::{
    AlertKind, Effect, Emulation, OrderChanged, OrderState, OrderTerms, RejectCode, TimeInForce,
};
use gauntlet_model::ids::{BotId, ClOrdId, InstrumentId};
use gauntlet_model::input::{Scope, SessionMode, StatedOrder, Ticket};
use gauntlet_model::market_view::MarketView;
use gauntlet_model::order::{OrderRequest, Terms};
use gauntlet_model::text::Text;
use gauntlet_model::units::{Price, Side, UnixNanos};

use super::checks::{Question, Refusal};
use super::planner::passive_price;
use super::round::MESSAGES_PER_ROUND;
use super::tickets::Why;
use super::{Risk, alert_on};

/// Most stops that are held at once.
pub const HELD_MAX: usize = 256;

/// A stop that is held.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct HeldOrder {
    /// What is sent when its price is met, with the identity that it has from the beginning.
    request: OrderRequest,
    reducing: bool,
    /// When it ends; `None` if a person has to.
    ends_at: Option<UnixNanos>,
    /// Whether its price was met, and it waits for a check to let it go.
    met: bool,
    /// Why it was refused last.
    refused: Option<RejectCode>,
    /// It is not sent before this.
    not_before: UnixNanos,
}

impl HeldOrder {
    /// One that goes as soon as it may.
    pub fn due(
        request: OrderRequest,
        reducing: bool,
        ends_at: Option<UnixNanos>,
        not_before: UnixNanos,
    ) -> HeldOrder {
        HeldOrder { request, reducing, ends_at, met: true, refused: None, not_before }
    }

    /// Whose it is.
    pub fn owner(&self) -> BotId {
        self.request.bot
    }

    /// The identity that it has.
    pub fn order(&self) -> ClOrdId {
        self.request.cl_ord_id
    }

    /// The order that it goes on from; itself if it goes on from none.
    pub fn origin(&self) -> ClOrdId {
        self.request.terms.origin(self.request.cl_ord_id)
    }

    /// Whether it waits for its next session.
    fn is_carried(&self) -> bool {
        self.request.terms.emulation.has(Emulation::CARRIED)
    }
}

/// The stops that are held.
#[derive(Clone, Debug)]
pub(super) struct HeldOrders {
    orders: Vec<Option<HeldOrder>>,
    /// A bit for each instrument in which one is held.
    instruments: u64,
}

impl HeldOrders {
    pub fn new() -> HeldOrders {
        HeldOrders { orders: vec![None; HELD_MAX], instruments: 0 }
    }

    /// Whether a change of an instrument's market may meet one.
    #[inline]
    pub fn watches(&self, instrument: InstrumentId) -> bool {
        self.instruments >> (instrument.0 & 63) & 1 == 1
    }

    pub fn find(&self, order: ClOrdId) -> Option<usize> {
        let is_it = |held: &HeldOrder| held.request.cl_ord_id == order;
        self.orders.iter().position(|held| held.as_ref().is_some_and(is_it))
    }

    /// Those that are held.
    pub fn iter(&self) -> impl Iterator<Item = &OrderRequest> {
        self.orders.iter().flatten().map(|held| &held.request)
    }

    /// Whether something that goes on from an order waits for its session.
    pub fn has_left_of(&self, origin: ClOrdId) -> bool {
        let goes_on = |held: &HeldOrder| held.is_carried() && held.origin() == origin;
        self.orders.iter().flatten().any(goes_on)
    }

    /// One of these is no stop that is held any more.
    pub fn forget(&mut self, order: ClOrdId) {
        if let Some(at) = self.find(order) {
            self.remove(at);
        }
    }

    pub fn insert(&mut self, held: HeldOrder) -> bool {
        let free = self.orders.iter_mut().find(|held| held.is_none());
        let fits = free.map(|free| *free = Some(held)).is_some();
        self.count();
        fits
    }

    fn remove(&mut self, at: usize) -> Option<HeldOrder> {
        let removed = self.orders.get_mut(at)?.take();
        self.count();
        removed
    }

    fn count(&mut self) {
        let held = self.orders.iter().flatten();
        self.instruments = held.fold(0, |bits, held| bits | 1 << (held.request.instrument.0 & 63));
    }
}

impl Risk {
    /// Holds a stop, if it could be sent now.
    pub(super) fn hold(
        &mut self,
        request: OrderRequest,
        reducing: bool,
        out: &mut impl FnMut(ToOrders),
    ) -> Result<(), Why> {
        let question = as_if_sent(&request, reducing);
        if let Err(refusal) = self.verdict(&question) {
            self.refuse_request(&question, &refusal, out);
            return Err(refusal.into());
        }
        let cl_ord_id = ClOrdId::new(self.seq, request.bot, self.ordinal)
            .ok_or(Refusal::plain(RejectCode::TableFull))?;
        let request = OrderRequest { cl_ord_id, ..request };
        let ends_at = self.end_of(&request, self.now);
        let not_before = UnixNanos(0);
        let held = HeldOrder { request, reducing, ends_at, met: false, refused: None, not_before };
        if !self.held.insert(held) {
            return Err(Text::new("as many stops are held as can be: cancel one"));
        }
        self.ordinal += 1;
        tell(&held, OrderState::Held, out);
        Ok(())
    }

    /// Holds a stop that was held when a journal ended.
    pub(super) fn hold_as_stated(&mut self, stated: &StatedOrder, out: &mut impl FnMut(ToOrders)) {
        if self.held.find(stated.order).is_some() {
            return;
        }
        let request = stated.request();
        let ends_at = self.end_of(&request, stated.sent_at);
        let reducing = self.may_close(&request);
        let Terms { emulation, parent, .. } = request.terms;
        // One that goes on from another waits for its session; any other for its price.
        let met = emulation.has(Emulation::CARRIED) && parent.is_some();
        let not_before = UnixNanos(0);
        let held = HeldOrder { request, reducing, ends_at, met, refused: None, not_before };
        match self.held.insert(held) {
            true => tell(&held, OrderState::Held, out),
            false => {
                let text = "as many stops are held as can be: one is not";
                alert_on(AlertKind::TableFull, Scope::Bot(stated.bot), stated.order, text, out);
            }
        }
    }

    /// When a held order that was entered at a time ends by itself.
    fn end_of(&self, request: &OrderRequest, entered: UnixNanos) -> Option<UnixNanos> {
        match request.time_in_force {
            TimeInForce::GoodTillDate => Some(request.terms.expires),
            TimeInForce::GoodTillCancel => None,
            _ => {
                let calendar = &self.registry.instrument(request.instrument)?.calendar;
                calendar.session_at(SessionMode::Full24x5, entered).map(|session| session.close)
            }
        }
    }

    /// Ends a held order by a person's word; says whether there was one.
    pub(super) fn drop_held(&mut self, order: ClOrdId, out: &mut impl FnMut(ToOrders)) -> bool {
        let at = self.held.find(order);
        at.is_some_and(|at| self.end_held(at, OrderState::Canceled, out))
    }

    fn end_held(&mut self, at: usize, state: OrderState, out: &mut impl FnMut(ToOrders)) -> bool {
        let Some(held) = self.held.remove(at) else { return false };
        tell(&held, state, out);
        if held.is_carried() {
            self.forget_levels_of(held.owner(), held.origin());
        }
        true
    }

    /// Changes a held order as a ticket says.
    pub(super) fn replace_held(
        &mut self,
        ticket: &Ticket,
        out: &mut impl FnMut(ToOrders),
    ) -> Result<(), Why> {
        let missing = || Text::new("no held order has this identity");
        let at = self.held.find(ticket.order).ok_or_else(missing)?;
        let held = self.held.orders[at].ok_or_else(missing)?;
        let request = self.changed(held.request, ticket)?;
        let reducing = held.reducing && self.may_close(&request);
        let question = as_if_sent(&request, reducing);
        if let Err(refusal) = self.verdict(&question) {
            self.refuse_request(&question, &refusal, out);
            return Err(refusal.into());
        }
        let changed = HeldOrder { request, reducing, ..held };
        self.held.orders[at] = Some(changed);
        tell(&changed, OrderState::Held, out);
        Ok(())
    }

    /// The market of an instrument in which stops are held changed.
    pub(super) fn meet_held(&mut self, view: &MarketView, out: &mut impl FnMut(ToOrders)) {
        for at in 0..HELD_MAX {
            let Some(held) = &mut self.held.orders[at] else { continue };
            let is_there = held.request.instrument == view.instrument;
            if is_there && !held.met && is_met(&held.request, view) {
                held.met = true;
                self.send_held(at, out);
            }
        }
    }

    /// What a timer makes due of held orders: their ends, and those that a check held back.
    pub(super) fn tend_held(&mut self, out: &mut impl FnMut(ToOrders)) {
        for at in 0..HELD_MAX {
            let Some(held) = self.held.orders[at] else { continue };
            if held.ends_at.is_some_and(|end| end <= self.now) {
                self.end_held(at, OrderState::Expired, out);
            } else if held.met && held.is_carried() {
                self.place_carried(at, out);
            } else if held.met {
                self.send_held(at, out);
            }
        }
    }

    /// Places an order again whose session ended, once every check lets it go. Why it waits is told once.
    fn place_carried(&mut self, at: usize, out: &mut impl FnMut(ToOrders)) {
        let Some(held) = self.held.orders[at] else { return };
        let waits = self.now < held.not_before
            || !self.is_in_session(held.request.route, held.request.instrument);
        if self.ordinal >= MESSAGES_PER_ROUND || waits {
            return;
        }
        let request = self.priced(held.request, held.reducing);
        let added = i64::from(request.qty);
        let question = Question { request, reducing: held.reducing, added, killing: false };
        match self.verdict(&question) {
            Ok(()) => self.send_held(at, out),
            Err(refusal) => {
                if let Some(known) = &mut self.held.orders[at] {
                    known.refused = Some(refusal.code);
                }
                if held.refused != Some(refusal.code) {
                    self.refuse_request(&question, &refusal, out);
                }
            }
        }
    }

    /// Sends a held order whose price was met, through every check.
    fn send_held(&mut self, at: usize, out: &mut impl FnMut(ToOrders)) {
        let Some(held) = self.held.orders[at] else { return };
        if self.ordinal >= MESSAGES_PER_ROUND {
            // It is met, so the next timer goes on.
            return;
        }
        let OrderRequest { bot, side, .. } = held.request;
        let qty = match held.reducing {
            true => i64::from(held.request.qty).min(self.closable(bot, side)),
            false => i64::from(held.request.qty),
        };
        let Ok(qty @ 1..) = u32::try_from(qty) else {
            self.end_held(at, OrderState::Canceled, out);
            return;
        };
        let request = self.priced(OrderRequest { qty, ..held.request }, held.reducing);
        match self.submit(request, held.reducing, out) {
            Ok(_) => {
                self.held.remove(at);
            }
            Err(refusal) if held.reducing => {
                if let Some(known) = &mut self.held.orders[at] {
                    known.refused = Some(refusal.code);
                }
                if held.refused != Some(refusal.code) {
                    self.alert_stuck(bot, refusal.code, out);
                }
            }
            Err(_) => {
                self.end_held(at, OrderState::Rejected, out);
            }
        }
    }

    /// Ends what kills and breakers want gone of a desk's held orders: those that open, and under a freeze all.
    pub(super) fn kill_held(&mut self, id: BotId, out: &mut impl FnMut(ToOrders)) {
        let Some(bot) = self.registry.bot(id) else { return };
        let (of, frozen) = (&bot.definition, self.kills.is_frozen(&bot.definition));
        let killed = self.kills.is_killed(of) || self.breakers.blocks(of);
        for at in 0..HELD_MAX {
            let of_it = |held: &HeldOrder| held.request.bot == id && (frozen || !held.reducing);
            if killed && self.held.orders[at].as_ref().is_some_and(of_it) {
                self.end_held(at, OrderState::Canceled, out);
            }
        }
    }
}

/// The question whether a stop that is to be held could be sent to a venue that takes it.
fn as_if_sent(request: &OrderRequest, reducing: bool) -> Question {
    let emulation = request.terms.emulation.without(Emulation::HELD);
    let terms = Terms { emulation, ..request.terms };
    let request = OrderRequest { terms, ..*request };
    Question { request, reducing, added: i64::from(request.qty), killing: false }
}

/// Whether the market came to a stop's price.
fn is_met(request: &OrderRequest, view: &MarketView) -> bool {
    let OrderRequest { side, terms: Terms { stop_px, .. }, .. } = *request;
    let seen = match view.last.is_some() {
        true => view.last,
        false => passive_price(&view.top, side.opposite()),
    };
    seen.is_some()
        && match side {
            Side::Buy => seen >= stop_px,
            Side::Sell => seen <= stop_px,
        }
}

pub(super) fn tell(held: &HeldOrder, state: OrderState, out: &mut impl FnMut(ToOrders)) {
    let OrderRequest {
        cl_ord_id,
        bot,
        instrument,
        side,
        route,
        qty,
        price,
        time_in_force,
        terms,
        ..
    } = held.request;
    if state == OrderState::Held {
        let Terms { order_type, stop_px, expires, emulation, parent } = terms;
        out(ToOrders::Effect(Effect::Terms(OrderTerms {
            order: cl_ord_id,
            cl_ord_id,
            order_type,
            time_in_force,
            stop_px,
            expires,
            emulation,
            parent,
        })));
    }
    out(ToOrders::Effect(Effect::Order(OrderChanged {
        order: cl_ord_id,
        cl_ord_id,
        bot,
        instrument,
        side,
        state,
        route,
        qty,
        price,
        cum_qty: 0,
        leaves_qty: if state == OrderState::Held { qty } else { 0 },
        last_qty: 0,
        last_px: Price::NONE,
    })));
}
