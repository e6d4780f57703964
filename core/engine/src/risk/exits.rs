//! Getting out is not getting in: what an order that only reduces is priced from, how large it may be,
//! and whom it tells when it cannot leave.
//!
//! No check of an entry refuses one. It is bounded by the position and by what works on the closing side
//! already, by what the venue allows (its session, its trading state, its price limits, its message
//! rate) and by its freeze, a person's word. Its price comes from the first of these that is known:
//!
//! | price | when | how far beyond it the order reaches |
//! |---|---|---|
//! | the opposite best | there is one | the instrument's protection ([`AGGRESSION_TICKS`] unless it is told), twice as far after each that came to nothing, the collar at most |
//! | the last trade | that side of the book is empty, or the book cannot be trusted | the collar |
//! | the venue's limit | nothing traded yet | not at all |
//!
//! Its data is fresh while its line lives ([`MarketView::live`]): a quiet book on a live line is where it
//! was. It waits for the end of its bot's other orders, which might trade with it, but only for
//! [`ANSWER_WITHIN_NS`]; an order in doubt it does not wait for at all.
//!
//! [`AGGRESSION_TICKS`]: super::AGGRESSION_TICKS
//! [`MarketView::live`]: gauntlet_model::market_view::MarketView::live

use crate::message::ToOrders;
use gauntlet_model::effect::{
    Alert, AlertKind, Effect, OrderType, OutboundKind, RejectCode, TimeInForce,
};
use gauntlet_model::ids::{BotId, ClOrdId};
use gauntlet_model::input::{Listing, Scope};
use gauntlet_model::order::{ANSWER_WITHIN_NS, OrderRequest};
use gauntlet_model::text::Text;
use gauntlet_model::units::{Price, Side, UnixNanos};

use super::Risk;
use super::checks::{OrderContext, Refusal, Verdict};
use super::planner::{Leg, passive_price};
use super::registry::Instrument;
use super::tickets::{beyond_stop, waits_for_stop};
use super::working::WorkingOrder;

/// What an order that only reduces is priced from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ExitReference {
    /// The price.
    pub price: Price,
    /// How many ticks beyond it the order may reach.
    pub reach: i64,
}

impl Instrument {
    /// The reference of an order that closes on a side, after so many that came to nothing; `None` when
    /// no price is known at all.
    pub fn exit_reference(&self, side: Side, futile: u32) -> Option<ExitReference> {
        let collar = match self.definition.limits.collar_ticks {
            0 => self.reach,
            ticks => i64::from(ticks),
        };
        let view = self.view.as_ref();
        let top = view.filter(|view| !view.book_full).map(|view| view.top);
        let best = top.map_or(Price::NONE, |top| match top.is_crossed_or_locked() {
            // Which of the two is over is not known: the worse one meets both.
            true => passive_price(&top, side),
            false => passive_price(&top, side.opposite()),
        });
        let last = view.map_or(Price::NONE, |view| view.last);
        let (low, high) = self.venue_limits;
        let limit = if side == Side::Buy { high } else { low };
        let reach = (self.reach << futile.min(16)).min(collar);
        [(best, reach), (last, collar), (limit, 0)]
            .into_iter()
            .find(|(price, _)| price.is_some())
            .map(|(price, reach)| ExitReference { price, reach })
    }

    /// The price of an order that closes on a side; [`Price::NONE`] when none is known. One for the day
    /// joins its own side's best, where there is one.
    pub fn exit_price(&self, side: Side, time_in_force: TimeInForce, futile: u32) -> Price {
        let top = self.view.map(|view| view.top).filter(|top| !top.is_crossed_or_locked());
        let own = top.map_or(Price::NONE, |top| passive_price(&top, side));
        if time_in_force == TimeInForce::Day && own.is_some() {
            return own;
        }
        let Some(ExitReference { price, reach }) = self.exit_reference(side, futile) else {
            return Price::NONE;
        };
        let price = price.offset_ticks(side.sign() * reach, self.definition.tick);
        let (low, high) = self.venue_limits;
        match side {
            // No price is above all that there are, so that one which is not told bounds nothing.
            Side::Buy => price.min(high),
            Side::Sell if low.is_some() && price.is_some() => price.max(low),
            _ => price,
        }
    }
}

impl Risk {
    /// R5, for what reduces: beyond these prices the venue takes no order.
    pub(super) fn on_listing(&mut self, listing: &Listing) {
        if let Some(known) = self.registry.instrument_mut(listing.instrument) {
            known.venue_limits = (listing.low_limit, listing.high_limit);
        }
    }

    /// R3, for what reduces: never more than there is to close.
    pub(super) fn check_reduces(&self, question: &OrderContext) -> Verdict {
        let limit = self.closable(question.request.bot, question.request.side);
        let value = question.added;
        if value > limit.max(0) {
            return Err(Refusal { code: RejectCode::BotPosition, limit, value });
        }
        Ok(())
    }

    /// R11, for what reduces: the line lives.
    pub(super) fn check_line(&self, question: &OrderContext) -> Verdict {
        match question.instrument.view {
            None => Err(Refusal::plain(RejectCode::GappedMarketData)),
            Some(view) if !view.live => Err(Refusal::plain(RejectCode::StaleMarketData)),
            Some(_) => Ok(()),
        }
    }

    /// R4, for what reduces: how far it reaches beyond its reference.
    pub(super) fn check_exit_price(&self, question: &OrderContext) -> Verdict {
        let instrument = question.instrument;
        let OrderRequest { side, price, terms, .. } = question.request;
        if !price.is_some() && terms.order_type != OrderType::Limit {
            // At the market, now or at its stop: it takes what there is.
            return Ok(());
        }
        if waits_for_stop(&question.request) {
            return self.check_stop_limit(question, instrument);
        }
        if question.added == 0 && self.keeps_its_price(&question.request) {
            return Ok(());
        }
        let futile = question.bot.persistence.futile;
        let reference = instrument.exit_reference(side, futile).filter(|_| price.is_some());
        let Some(ExitReference { price: from, reach }) = reference else {
            return Err(Refusal::plain(RejectCode::NoReferencePrice));
        };
        let beyond = i128::from(side.sign()) * (i128::from(price.0) - i128::from(from.0));
        let tick = i128::from(instrument.definition.tick.0);
        if beyond > i128::from(reach) * tick {
            let value = i64::try_from(beyond / tick).unwrap_or(i64::MAX);
            return Err(Refusal { code: RejectCode::PriceCollar, limit: reach, value });
        }
        Ok(())
    }

    /// Whether a replace leaves its order at the price that it has.
    fn keeps_its_price(&self, request: &OrderRequest) -> bool {
        let replaced = match request.kind {
            OutboundKind::Replace => self.locate(request.orig_cl_ord_id, ClOrdId::NONE),
            _ => None,
        };
        let known = replaced.and_then(|(bot, slot)| self.working.get(bot, slot));
        known.is_some_and(|known| known.price() == request.price)
    }

    /// R4, for a stop-limit order that reduces: how far its limit is beyond its stop.
    fn check_stop_limit(&self, question: &OrderContext, instrument: &Instrument) -> Verdict {
        let value = beyond_stop(&question.request, instrument.definition.tick);
        let limit = i64::from(instrument.definition.limits.collar_ticks);
        match limit > 0 && value > limit {
            true => Err(Refusal { code: RejectCode::PriceCollar, limit, value }),
            false => Ok(()),
        }
    }

    /// Contracts of a bot that work on a side, those in doubt among them.
    pub(super) fn open_on(&self, id: BotId, side: Side) -> i64 {
        let of_side = self.working.of(id).filter(|order| order.side() == side);
        of_side.map(|order| i64::from(order.open())).sum()
    }

    /// Contracts of a bot that an order on a side may still close, beside those that work there.
    pub(super) fn closable(&self, id: BotId, side: Side) -> i64 {
        let held = self.registry.bot(id).map_or(0, |bot| i64::from(bot.position.qty()));
        let held = if held.signum() == -side.sign() { held.abs() } else { 0 };
        held - self.closing_on(id, side)
    }

    /// Whether a working order can only bring its bot nearer to zero. What rests for a position is made smaller with it:
    /// while that is on its way it still is no order that opens.
    pub(super) fn only_reduces(&self, id: BotId, order: &WorkingOrder) -> bool {
        if order.child().is_some() {
            let held = self.registry.bot(id).map_or(0, |bot| bot.position.qty());
            return i64::from(held.signum()) == -order.side().sign();
        }
        self.closable(id, order.side()) >= 0
    }

    /// What a bot's orders leave to a leg that reduces, if it waits for them no longer.
    pub(super) fn overdue_leg(&self, id: BotId, since: UnixNanos, leg: Leg) -> Option<Leg> {
        let doubted = self.working.of(id).any(WorkingOrder::is_in_doubt);
        if !leg.reducing || !(doubted || self.now.since(since) >= ANSWER_WITHIN_NS) {
            return None;
        }
        let left = i64::from(leg.qty) - self.open_on(id, leg.side);
        let qty = u32::try_from(left).ok().filter(|qty| *qty > 0)?;
        Some(Leg { qty, ..leg })
    }

    /// Tells a person that a bot cannot get out. Whoever stops the platform knows, and is told by name what
    /// stays.
    pub(super) fn alert_stuck(&self, id: BotId, code: RejectCode, out: &mut impl FnMut(ToOrders)) {
        if code == RejectCode::Killed && self.kills.stopped {
            return;
        }
        let text = Text::<64>::format(format_args!("an exit cannot leave: {}", code.name()));
        self.alert_exit(id, text.as_str(), out);
    }

    /// Tells a person of a bot's way out.
    pub(super) fn alert_exit(&self, id: BotId, text: &str, out: &mut impl FnMut(ToOrders)) {
        out(ToOrders::Effect(Effect::Alert(Alert {
            kind: AlertKind::ExitStuck,
            scope: Scope::Bot(id),
            cl_ord_id: ClOrdId::NONE,
            ord_status: None,
            text: Text::new(text),
        })));
    }
}
