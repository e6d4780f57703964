//! The orders that a journal's effects leave: those that work, or may work, at brokers, and the stops that are
//! held here.

use super::NOTHING;
use gauntlet_manager::chain::Chain;
use gauntlet_model::effect::{
    Effect, Emulation, OrderChanged, OrderState, OrderTerms, OrderType, OutboundKind,
    OutboundRecord, TimeInForce,
};
use gauntlet_model::ids::ClOrdId;
use gauntlet_model::input::{Input, Stated, StatedKind, StatedOrder, StatedRole};
use gauntlet_model::order::{Order, OrderRequest};
use gauntlet_model::units::{Price, UnixNanos};
use std::collections::BTreeMap;

/// Orders of a journal that are followed at once; live ones are never dropped.
const SENT_MAX: usize = 1 << 16;

/// What the effects tell of one order.
struct Recorded {
    change: OrderChanged,
    /// When it was told of first.
    since: UnixNanos,
    /// Contracts of its fills, and what was paid for them: contracts × price.
    fills: (u64, i128),
}

impl Recorded {
    /// The mean price of its fills, where each was told.
    fn paid_px(&self) -> Price {
        let (qty, paid) = self.fills;
        let told = qty > 0 && qty == u64::from(self.change.cum_qty);
        let mean = told.then(|| i64::try_from(paid / i128::from(qty)).ok()).flatten();
        mean.map_or(Price::NONE, Price)
    }
}

/// See the module.
#[derive(Default)]
pub(super) struct RecordedOrders {
    /// Those at brokers that are not over, by the identity they were first sent under.
    live: BTreeMap<u64, Recorded>,
    /// How orders were sent first.
    sent: BTreeMap<u64, OutboundRecord>,
    /// What orders ask for beyond a limit price: by the message that asked for it, and what was told last of
    /// each order.
    terms: BTreeMap<u64, OrderTerms>,
    newest_terms: BTreeMap<u64, OrderTerms>,
}

impl RecordedOrders {
    pub fn take(&mut self, effect: &Effect, time: UnixNanos) {
        match effect {
            Effect::Outbound(sent) if sent.kind == OutboundKind::New && sent.route.is_broker() => {
                self.sent.insert(sent.cl_ord_id.0, *sent);
                self.forget();
            }
            Effect::Terms(terms) => {
                self.terms.insert(terms.cl_ord_id.0, *terms);
                self.newest_terms.insert(terms.order.0, *terms);
            }
            Effect::Order(change) if change.route.is_broker() => self.change(change, time),
            _ => {}
        }
    }

    fn change(&mut self, change: &OrderChanged, time: UnixNanos) {
        if change.state.is_final() {
            self.live.remove(&change.order.0);
            return;
        }
        let fresh = Recorded { change: *change, since: time, fills: (0, 0) };
        let known = self.live.entry(change.order.0).or_insert(fresh);
        known.change = *change;
        if change.last_qty > 0 {
            known.fills.0 += u64::from(change.last_qty);
            known.fills.1 += i128::from(change.last_qty) * i128::from(change.last_px.0);
        }
    }

    /// Keeps what is needed of orders that are over within bounds.
    fn forget(&mut self) {
        if self.sent.len() > SENT_MAX {
            let live = &self.live;
            let newest = self.sent.last_key_value().map_or(0, |(id, _)| *id);
            self.sent.retain(|id, _| live.contains_key(id) || *id == newest);
            self.terms.retain(|_, terms| live.contains_key(&terms.order.0));
            self.newest_terms.retain(|id, _| live.contains_key(id));
        }
    }

    /// The statements by which `chain` comes to the same orders.
    pub fn stated(&self, chain: &Chain) -> Vec<Input> {
        let mut stated: Vec<Input> = Vec::new();
        for order in chain.orders().live().filter(|order| order.route().is_broker()) {
            let told = self.live.get(&order.first_id().0);
            if !told.is_some_and(|told| told.change.state != OrderState::Held) {
                stated.push(no_order(order));
            }
        }
        for held in chain.risk().held_stops() {
            let told = self.live.get(&held.cl_ord_id.0);
            if told.is_none() {
                stated.push(not_held(held));
            }
        }
        let missing = self.live.values().filter(|known| !is_known(chain, &known.change));
        stated.extend(missing.filter_map(|known| self.state(known, chain)).map(Input::StatedOrder));
        stated
    }

    fn state(&self, known: &Recorded, chain: &Chain) -> Option<StatedOrder> {
        let change = &known.change;
        let sent = self.sent.get(&change.order.0);
        let of_owner = || chain.risk().bot(change.bot).map(|bot| bot.account);
        let account = sent.map(|sent| sent.account).or_else(of_owner)?;
        let terms = self.terms.get(&change.cl_ord_id.0);
        let terms = terms.or_else(|| self.newest_terms.get(&change.order.0));
        let order_type = terms.map_or(OrderType::Limit, |terms| terms.order_type);
        let parent = terms.map_or(ClOrdId::NONE, |terms| terms.parent);
        let life = sent.map_or(TimeInForce::Day, |sent| sent.time_in_force);
        // A bot sends limit orders alone, and a person's stop with a parent is what his order brought along.
        let emulates = |what| terms.is_some_and(|terms| terms.emulation.has(what));
        let (carried, paired) = (emulates(Emulation::CARRIED), emulates(Emulation::PAIRED));
        let protects = order_type == OrderType::Stop
            && !carried
            && (!change.bot.is_desk() || parent.is_some());
        Some(StatedOrder {
            route: change.route,
            bot: change.bot,
            account,
            instrument: change.instrument,
            order: change.order,
            cl_ord_id: change.cl_ord_id,
            side: change.side,
            qty: change.qty,
            cum_qty: change.cum_qty,
            paid_px: known.paid_px(),
            price: change.price,
            order_type,
            stop_px: terms.map_or(Price::NONE, |terms| terms.stop_px),
            time_in_force: terms.map_or(life, |terms| terms.time_in_force),
            expires: terms.map_or(UnixNanos(0), |terms| terms.expires),
            emulation: terms.map(|terms| terms.emulation).unwrap_or_default(),
            parent,
            sent_at: known.since,
            role: match change.state {
                OrderState::Held => StatedRole::Held,
                _ if paired => StatedRole::Takes,
                _ if protects => StatedRole::Protects,
                _ => StatedRole::Asked,
            },
        })
    }
}

/// Whether the chain has an order in the same hands: at its broker, or held here.
fn is_known(chain: &Chain, change: &OrderChanged) -> bool {
    match change.state {
        OrderState::Held => chain.risk().held_stops().any(|held| held.cl_ord_id == change.order),
        _ => chain.orders().find(change.order).is_some_and(|order| !order.is_final()),
    }
}

fn no_order(order: &Order) -> Input {
    Input::Stated(Stated {
        kind: StatedKind::NoOrder,
        route: order.route(),
        bot: order.bot(),
        account: order.account(),
        instrument: order.instrument(),
        order: order.first_id(),
        cl_ord_id: order.cl_ord_id(),
        side: order.side(),
        ..NOTHING
    })
}

fn not_held(held: &OrderRequest) -> Input {
    Input::Stated(Stated {
        kind: StatedKind::NoOrder,
        route: held.route,
        bot: held.bot,
        account: held.account,
        instrument: held.instrument,
        order: held.cl_ord_id,
        cl_ord_id: held.cl_ord_id,
        side: held.side,
        ..NOTHING
    })
}
