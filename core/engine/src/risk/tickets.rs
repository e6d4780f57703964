//! What people ask of orders and positions: tickets.
//!
//! A person's order belongs to the desk of its account, instrument and route ([`gauntlet_model::desk`]) and
//! passes the checks that a bot's order passes, under the limits of its account and its instrument: a desk
//! has none of its own. One that only reduces what the desk holds has the policy of ways out
//! ([`exits`](super::exits)). What the route lacks is emulated where something stands for it
//! ([`Capabilities::emulation`]), or refused by name.
//!
//! A person may also cancel what a bot opens, which gives up what the bot wanted, but not its way out: that
//! is a freeze. Closing a position sends the bot or the desk out the way that a kill which flattens does,
//! once; the bot is free to open again afterwards.
//!
//! [`Capabilities::emulation`]: gauntlet_model::order::Capabilities::emulation

use crate::message::ToOrders;
use gauntlet_model::desk::{DeskPlace, definition};
use gauntlet_model::effect::{
    AlertKind, DeskOpened, Effect, Emulation, OrderType, OutboundKind, TimeInForce,
};
use gauntlet_model::ids::{BotId, ClOrdId};
use gauntlet_model::input::{Protection, Scope, Ticket, TicketKind, TopOfBook};
use gauntlet_model::order::{OrderRequest, Terms, check_terms};
use gauntlet_model::text::Text;
use gauntlet_model::units::Price;

use super::checks::{Question, Refusal};
use super::planner::{Plan, Want, aggressive_price, passive_price};
use super::shelter::Child;
use super::working::WorkingOrder;
use super::{Risk, alert};

/// The target of an order that no bot's want asks for: no want has it.
pub(super) const BY_HAND: i32 = i32::MIN;

/// Why a ticket is refused, in words.
pub(super) type Why = Text<64>;

fn why(text: &str) -> Why {
    Text::new(text)
}

impl From<Refusal> for Why {
    fn from(Refusal { code, limit, value }: Refusal) -> Why {
        match (limit, value) {
            (0, 0) => Text::format(format_args!("refused: {}", code.name())),
            _ => Text::format(format_args!("refused: {}, {value} beyond {limit}", code.name())),
        }
    }
}

impl Risk {
    /// A person asks. What is refused is told, and nothing of it has happened.
    pub(super) fn on_ticket(&mut self, ticket: &Ticket, out: &mut impl FnMut(ToOrders)) {
        let desk = ticket.desk_place().and_then(|place| self.open_desk(place, out));
        let answer = match ticket.kind {
            _ if !ticket.is_signed() => Err(why("a ticket needs an actor and a reason")),
            TicketKind::New => self.enter_ticket(ticket, desk, out),
            TicketKind::Cancel => self.cancel_by_hand(ticket.order, out),
            TicketKind::Replace => self.replace_by_hand(ticket, out),
            TicketKind::Close => self.close_by_hand(ticket, out),
            TicketKind::Parent => self.open_parent(ticket, desk, out),
        };
        if let Err(why) = answer {
            let scope = match (ticket.bot, ticket.account) {
                (Some(bot), _) => Scope::Bot(bot),
                (None, Some(account)) => Scope::Account(account),
                (None, None) => Scope::Platform,
            };
            alert(AlertKind::CommandRefused, scope, why.as_str(), out);
        }
    }

    /// The desk of a place, opened if this is the first that is for it.
    pub(super) fn open_desk(
        &mut self,
        place: DeskPlace,
        out: &mut impl FnMut(ToOrders),
    ) -> Option<BotId> {
        let (desk, is_new) = self.desks.open_at(place)?;
        if is_new {
            self.registry.define_desk(&definition(desk, place));
            self.limits.refresh(desk, &self.registry);
            let DeskPlace { account, instrument, route } = place;
            out(ToOrders::Effect(Effect::Desk(DeskOpened { desk, account, instrument, route })));
        }
        Some(desk)
    }

    fn enter_ticket(
        &mut self,
        ticket: &Ticket,
        desk: Option<BotId>,
        out: &mut impl FnMut(ToOrders),
    ) -> Result<(), Why> {
        let desk =
            desk.ok_or(why("name an account at a broker and a symbol; or no desk is left"))?;
        let request = self.asked_order(ticket, desk)?;
        let reducing = self.may_close(&request);
        self.check_stop_loss(ticket, &request)?;
        self.check_take_profit(ticket, &request)?;
        if request.terms.emulation.has(Emulation::HELD) {
            return self.hold(request, reducing, out);
        }
        let request = self.priced(request, reducing);
        if reducing && self.clears_way(&request, out) {
            return Err(why("bots' orders in its way are being cancelled: send it again"));
        }
        let order = self.submit(request, reducing, out)?;
        if ticket.stop_loss.is_some()
            && let Some(bot) = self.registry.bot_mut(desk)
        {
            let rests = bot.definition.protection.is_target();
            bot.definition.protection = Protection::stop(1).and_target(rests);
            bot.shelter.set(Child::Stop, ticket.stop_loss, order);
        }
        self.aim_at(desk, ticket, order, out);
        self.shelter(desk, out);
        Ok(())
    }

    /// The stop that is to protect what an order brings: below what is bought, above what is sold, on a tick,
    /// and where the broker keeps one.
    fn check_stop_loss(&self, ticket: &Ticket, request: &OrderRequest) -> Result<(), Why> {
        let stop_loss = ticket.stop_loss;
        if !stop_loss.is_some() {
            return Ok(());
        }
        let price = self.price_at_stake(request);
        let beyond = request.side.sign() * (price.0.saturating_sub(stop_loss.0));
        let tick = self.registry.instrument(request.instrument).map_or(1, |i| i.definition.tick.0);
        if !price.is_some() || beyond <= 0 || stop_loss.0 % tick != 0 {
            return Err(why("the stop loss is on the wrong side of the order, or off its tick"));
        }
        if !self.capabilities_of(request.bot).takes(OrderType::Stop) {
            return Err(why("the broker takes no stops: none can rest there"));
        }
        match request.terms.emulation.has(Emulation::HELD) {
            true => Err(why("a stop that is held here takes no stop loss along")),
            false => Ok(()),
        }
    }

    /// The order that a ticket asks for, with what has to be done for its route.
    fn asked_order(&self, ticket: &Ticket, desk: BotId) -> Result<OrderRequest, Why> {
        let Ticket {
            side, qty, order_type, price, stop_px, time_in_force, expires, parent, ..
        } = *ticket;
        let place = self.registry.bot(desk).map(|bot| bot.place()).ok_or(why("no such desk"))?;
        let instrument =
            self.registry.instrument(place.instrument).ok_or(why("no such instrument"))?;
        let terms = Terms { order_type, stop_px, expires, ..Terms::LIMIT };
        check_terms(&terms, (qty, price, side.sign()), time_in_force, self.now)
            .map_err(|error| Text::format(format_args!("{error}")))?;
        let tick = instrument.definition.tick;
        let on_tick = |px: Price| !px.is_some() || px.0 % tick.0 == 0;
        if !on_tick(price) || !on_tick(stop_px) {
            return Err(Text::format(format_args!("prices go by ticks of {tick}")));
        }
        let emulation = self
            .capabilities_of(desk)
            .emulation(order_type, time_in_force)
            .map_err(|error| Text::format(format_args!("{error}")))?;
        let request = OrderRequest {
            kind: OutboundKind::New,
            cl_ord_id: ClOrdId::NONE,
            orig_cl_ord_id: ClOrdId::NONE,
            bot: desk,
            account: place.account,
            instrument: place.instrument,
            route: place.route,
            side,
            qty,
            price,
            time_in_force,
            terms: Terms { emulation, parent, ..terms },
        };
        self.check_child(&request)?;
        self.check_stop_side(&request)?;
        Ok(request)
    }

    /// A stop that the market has passed already would be a market order: somebody has mistaken its side.
    fn check_stop_side(&self, request: &OrderRequest) -> Result<(), Why> {
        let OrderRequest { side, terms, .. } = request;
        let view = self.registry.instrument(request.instrument).and_then(|known| known.view);
        let Some(view) = view.filter(|_| terms.order_type.is_stop()) else { return Ok(()) };
        let met = |px: Price| px.is_some() && side.sign() * (px.0 - terms.stop_px.0) >= 0;
        if met(view.last) || met(passive_price(&view.top, side.opposite())) {
            return Err(why("the market is past the stop price: mind its side"));
        }
        Ok(())
    }

    /// Whether an order only takes from what its owner holds.
    pub(super) fn may_close(&self, request: &OrderRequest) -> bool {
        i64::from(request.qty) <= self.closable(request.bot, request.side)
    }

    /// A request with the price and the life of what stands for it by its route.
    pub(super) fn priced(&self, request: OrderRequest, reducing: bool) -> OrderRequest {
        let Some(instrument) = self.registry.instrument(request.instrument) else { return request };
        let OrderRequest { side, terms: Terms { emulation, order_type, .. }, .. } = request;
        let top = instrument.view.map_or(TopOfBook::EMPTY, |view| view.top);
        let at_once = TimeInForce::ImmediateOrCancel;
        if emulation.has(Emulation::AT_COLLAR) {
            let price = match reducing {
                true => instrument.exit_price(side, at_once, 0),
                false => aggressive_price(&top, side, instrument),
            };
            let whole = request.time_in_force == TimeInForce::FillOrKill;
            let time_in_force = if whole { request.time_in_force } else { at_once };
            return OrderRequest { price, time_in_force, ..request };
        }
        if emulation.has(Emulation::AT_BEST) {
            return OrderRequest { price: passive_price(&top, side.opposite()), ..request };
        }
        match order_type {
            // What a held stop becomes when its price is met.
            OrderType::Stop if emulation.has(Emulation::HELD) => {
                OrderRequest { time_in_force: TimeInForce::Day, ..request }
            }
            _ => request,
        }
    }

    /// Asks for a person's order, and sends it if it is approved; gives its identity.
    pub(super) fn submit(
        &mut self,
        request: OrderRequest,
        reducing: bool,
        out: &mut impl FnMut(ToOrders),
    ) -> Result<ClOrdId, Refusal> {
        self.submit_for(request, reducing, BY_HAND, out)
    }

    /// Asks for an order that no want asks for, under a target that no want has.
    pub(super) fn submit_for(
        &mut self,
        request: OrderRequest,
        reducing: bool,
        target: i32,
        out: &mut impl FnMut(ToOrders),
    ) -> Result<ClOrdId, Refusal> {
        let OrderRequest { side, qty, time_in_force, .. } = request;
        let plan = Plan { side, qty, time_in_force, reducing, target, sliced: false };
        let question = Question { request, reducing, added: i64::from(qty), killing: false };
        match self.ask(&question) {
            Ok(approved) => {
                let id = approved.get().cl_ord_id;
                self.enter(approved, &question, &plan, out);
                Ok(id)
            }
            Err(refusal) => {
                self.refuse_request(&question, &refusal, out);
                Err(refusal)
            }
        }
    }

    /// Cancels an order that a person names: a desk's, a held one, or one by which a bot opens.
    fn cancel_by_hand(
        &mut self,
        order: ClOrdId,
        out: &mut impl FnMut(ToOrders),
    ) -> Result<(), Why> {
        if self.drop_held(order, out) || self.cancel_parent(order, out) {
            return Ok(());
        }
        let (id, slot) =
            self.locate(order, ClOrdId::NONE).ok_or(why("no working order has this identity"))?;
        let known = *self.working.get(id, slot).ok_or(why("no working order"))?;
        if known.order.is_being_cancelled() && !known.is_in_doubt() {
            return Err(why("a cancel of it is on its way already"));
        }
        if !id.is_desk() && known.reducing {
            return Err(why("it is a bot's way out: kill --freeze stops those"));
        }
        if !id.is_desk() {
            self.give_up(id);
        }
        self.cancel(id, slot, false, out).map_err(Why::from)
    }

    fn replace_by_hand(
        &mut self,
        ticket: &Ticket,
        out: &mut impl FnMut(ToOrders),
    ) -> Result<(), Why> {
        if self.held.find(ticket.order).is_some() {
            return self.replace_held(ticket, out);
        }
        let (id, slot) = self
            .locate(ticket.order, ClOrdId::NONE)
            .filter(|(id, _)| id.is_desk())
            .ok_or(why("no working order of a person has this identity"))?;
        let known = *self.working.get(id, slot).ok_or(why("no working order"))?;
        let (request, reducing, added) = self.replaced_by_hand(ticket, id, &known)?;
        let question = Question { request, reducing, added, killing: false };
        match self.ask(&question) {
            Ok(approved) if self.enter_request(id, slot, approved.get()) => {
                self.release(approved, out);
                Ok(())
            }
            Ok(_) => Err(why("too many requests about it are unanswered: wait for its broker")),
            Err(refusal) => {
                self.refuse_request(&question, &refusal, out);
                Err(refusal.into())
            }
        }
    }

    /// The replace that a ticket asks for, whether it only reduces, and the contracts that it adds.
    fn replaced_by_hand(
        &self,
        ticket: &Ticket,
        id: BotId,
        known: &WorkingOrder,
    ) -> Result<(OrderRequest, bool, i64), Why> {
        if known.found || known.is_in_doubt() || known.order.is_being_cancelled() {
            return Err(why("what it is at its broker is not known: it can only be cancelled"));
        }
        let before = super::desk::request_about(known, OutboundKind::Replace, known.price());
        let request = self.changed(before, ticket)?;
        if request.qty <= known.order.cum_qty() {
            return Err(why("no fewer than are filled: cancel what is left instead"));
        }
        let open = i64::from(request.qty - known.order.cum_qty());
        let added = (open - i64::from(known.open())).max(0);
        let reducing = known.reducing && added <= self.closable(id, request.side);
        Ok((request, reducing, added))
    }

    /// A request with what a replace ticket changes of it.
    pub(super) fn changed(
        &self,
        before: OrderRequest,
        ticket: &Ticket,
    ) -> Result<OrderRequest, Why> {
        let or = |asked: Price, known: Price| if asked.is_some() { asked } else { known };
        let qty = if ticket.qty > 0 { ticket.qty } else { before.qty };
        let price = or(ticket.price, before.price);
        let terms = Terms { stop_px: or(ticket.stop_px, before.terms.stop_px), ..before.terms };
        let request = OrderRequest { qty, price, terms, ..before };
        if request == before {
            return Err(why("nothing of it would change"));
        }
        if terms.emulation.has(Emulation::AT_COLLAR) && !terms.emulation.has(Emulation::HELD) {
            return Err(why("a market order is not replaced"));
        }
        let instrument =
            self.registry.instrument(request.instrument).ok_or(why("no such instrument"))?;
        let tick = instrument.definition.tick.0;
        if [price, terms.stop_px].iter().any(|px| px.is_some() && px.0 % tick != 0) {
            return Err(why("prices go by ticks"));
        }
        // What a market-to-limit order became has a price.
        let bare = if terms.order_type.is_limited() { price } else { ticket.price };
        let asked = (qty, bare, request.side.sign());
        check_terms(&terms, asked, request.time_in_force, self.now)
            .map_err(|error| Text::format(format_args!("{error}")))?;
        if terms.stop_px != before.terms.stop_px {
            self.check_stop_side(&request)?;
        }
        Ok(request)
    }

    /// Closes what a bot holds, or what all hold for an account in an instrument.
    fn close_by_hand(
        &mut self,
        ticket: &Ticket,
        out: &mut impl FnMut(ToOrders),
    ) -> Result<(), Why> {
        if ticket.bot.is_none() && (ticket.account.is_none() || ticket.instrument.is_none()) {
            return Err(why("name a bot, or an account and an instrument"));
        }
        let mut closing = 0;
        for id in self.registry.owners() {
            let Some(bot) = self.registry.bot(id) else { continue };
            let place = bot.place();
            let meant = match ticket.bot {
                Some(named) => named == id,
                None => {
                    place.route.is_broker()
                        && ticket.account == Some(place.account)
                        && ticket.instrument == Some(place.instrument)
                }
            };
            if !meant || bot.position.qty() == 0 {
                continue;
            }
            if self.kills.freezes(&bot.definition) {
                return Err(why("frozen or stopped: nothing leaves"));
            }
            closing += 1;
            self.send_out(id, Want::flat(self.now), out);
        }
        if closing == 0 { Err(why("nothing is held there")) } else { Ok(()) }
    }

    /// Sends a bot or a desk out, now, by what it wants from here on.
    pub(super) fn send_out(&mut self, id: BotId, want: Want, out: &mut impl FnMut(ToOrders)) {
        let Some(bot) = self.registry.bot_mut(id) else { return };
        bot.attempted = false;
        bot.persistence.forget_exits();
        (bot.want, bot.refused) = (Some(want), None);
        self.reconcile(id, out);
    }

    /// Looks after a desk's orders at a timer: dates that we keep, and orders that would reduce more than
    /// is held by now.
    pub(super) fn tend_desk(&mut self, id: BotId, slot: usize, out: &mut impl FnMut(ToOrders)) {
        let Some(known) = self.working.get(id, slot).copied() else { return };
        if known.found || !known.is_idle() {
            return;
        }
        let Terms { emulation, expires, .. } = *known.order.terms();
        let over = emulation.has(Emulation::UNTIL_DATE) && expires <= self.now;
        // One after the other, since what is being cancelled may be all that was too much.
        let cancelling = self.working.of(id).any(|order| order.order.is_being_cancelled());
        // What rests for the position follows it by itself.
        let may_go = known.reducing && known.child().is_none() && !cancelling;
        let too_much = may_go && self.closable(id, known.side()) < 0;
        let wanted = self.registry.bot(id).is_some_and(|bot| bot.want.is_some());
        let forgotten = !known.time_in_force().rests() && !wanted;
        if over || too_much || forgotten && self.is_overdue(&known) {
            // A refusal is on record, and the next timer tries again.
            let _refused = self.cancel(id, slot, false, out);
        }
    }

    fn is_overdue(&self, known: &WorkingOrder) -> bool {
        self.now.since(known.placed_at) >= gauntlet_model::order::ANSWER_WITHIN_NS
    }

    /// The price that a check holds against the market: the limit; of a stop its stop price; of an order
    /// at the market what it meets.
    pub(super) fn price_at_stake(&self, request: &OrderRequest) -> Price {
        let OrderRequest { price, side, terms, .. } = request;
        let top = || self.registry.instrument(request.instrument)?.view.map(|view| view.top);
        match terms.order_type {
            _ if price.is_some() => *price,
            OrderType::Stop | OrderType::StopLimit => terms.stop_px,
            _ => top().map_or(Price::NONE, |top| passive_price(&top, side.opposite())),
        }
    }
}

/// Whether an order rests until the market comes to its stop: nobody trades it now.
pub(super) fn waits_for_stop(request: &OrderRequest) -> bool {
    let Terms { order_type, emulation, .. } = request.terms;
    order_type.is_stop() && !emulation.has(Emulation::HELD)
}

/// How far a stop-limit order's limit is beyond its stop, in ticks; 0 for a stop without one.
pub(super) fn beyond_stop(request: &OrderRequest, tick: Price) -> i64 {
    let OrderRequest { price, terms, .. } = request;
    match price.is_some() && terms.stop_px.is_some() {
        true => price.0.abs_diff(terms.stop_px.0).div_ceil(tick.0 as u64) as i64,
        false => 0,
    }
}
