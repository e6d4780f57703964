//! Every order of the session that is still remembered: all that work, and the last that ended.

use super::request::{ClientId, Expiry, Terms};
use crate::market::OrderId;
use gauntlet_model::effect::{OrderType, TimeInForce};
use gauntlet_model::order::Capabilities;
use gauntlet_model::text::Text;
use gauntlet_model::units::Price;
use std::collections::{HashMap, VecDeque};

/// Identities remembered. An order has one, and one more for each replacement or cancellation.
const NAMES_MAX: usize = 1 << 14;
/// Orders that may work at once.
pub(super) const WORKING_MAX: usize = 1 << 13;

/// Where an order is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OrderStage {
    Working,
    Filled,
    Canceled,
    Expired,
    Rejected,
}

/// Whether orders of an `OrdType` wait for a trigger.
pub(super) fn is_stop(ord_type: u8) -> bool {
    matches!(ord_type, b'3' | b'4')
}

/// Whether they come with a limit of their own.
pub(super) fn has_limit(ord_type: u8) -> bool {
    matches!(ord_type, b'2' | b'4')
}

/// An order as the client knows it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Order {
    /// The exchange's number of it.
    pub number: u64,
    /// The identity that it came with.
    pub first_cl_ord_id: ClientId,
    /// Its last accepted identity, and the one before.
    pub cl_ord_id: ClientId,
    pub orig_cl_ord_id: ClientId,
    pub account: Text<24>,
    pub symbol: Text<24>,
    pub side: u8,
    pub ord_type: u8,
    pub time_in_force: u8,
    pub qty: u32,
    /// Its limit; none until an order without one has been given it by the market.
    pub price: Price,
    /// What triggers or triggered it.
    pub stop_px: Price,
    pub expiry: Expiry,
    /// With what it is not to trade, as in [`Terms`].
    pub self_match_id: Text<24>,
    pub gives_way: Option<bool>,
    /// Whether it waits for its trigger.
    pub waits: bool,
    pub filled: u32,
    /// Contracts whose fills were busted: they do not work again.
    pub busted: u32,
    /// Sum of price times quantity over its fills.
    pub notional: i128,
    pub stage: OrderStage,
    /// The market's identity of it, while it works.
    pub market_id: Option<OrderId>,
    /// Identities of it that are remembered.
    pub names: u32,
}

impl Order {
    pub fn is_working(&self) -> bool {
        self.stage == OrderStage::Working
    }

    /// Whether its type and its life are both among these.
    pub fn is_of(&self, which: Capabilities) -> bool {
        let order_type = match self.ord_type {
            b'1' => OrderType::Market,
            b'3' => OrderType::Stop,
            b'4' => OrderType::StopLimit,
            b'K' => OrderType::MarketToLimit,
            _ => OrderType::Limit,
        };
        let life = match self.time_in_force {
            b'1' => TimeInForce::GoodTillCancel,
            b'3' => TimeInForce::ImmediateOrCancel,
            b'4' => TimeInForce::FillOrKill,
            b'6' => TimeInForce::GoodTillDate,
            _ => TimeInForce::Day,
        };
        which.takes(order_type) && which.keeps(life)
    }

    /// `OrdStatus` (tag 39).
    pub fn status(&self) -> u8 {
        match self.stage {
            OrderStage::Working if self.filled > 0 => b'1',
            OrderStage::Working => b'0',
            // Of a bust nothing comes back to life.
            OrderStage::Filled if self.busted > 0 => b'4',
            OrderStage::Filled => b'2',
            OrderStage::Canceled => b'4',
            OrderStage::Rejected => b'8',
            OrderStage::Expired => b'C',
        }
    }

    /// `LeavesQty` (tag 151).
    pub fn leaves_qty(&self) -> u32 {
        match self.is_working() {
            true => self.qty.saturating_sub(self.filled).saturating_sub(self.busted),
            false => 0,
        }
    }

    /// `AvgPx` (tag 6), to the nearest billionth; 0 before the first fill.
    pub fn avg_px(&self) -> Price {
        if self.filled == 0 {
            return Price(0);
        }
        let filled = i128::from(self.filled);
        let rounded = (self.notional * 2 + filled).div_euclid(filled * 2);
        i64::try_from(rounded).map_or(Price::NONE, Price)
    }

    /// Takes back a fill.
    pub fn bust(&mut self, qty: u32, price: Price) {
        self.filled = self.filled.saturating_sub(qty);
        self.busted = self.busted.saturating_add(qty);
        self.notional -= i128::from(price.0) * i128::from(qty);
    }

    /// Gives a fill another price.
    pub fn reprice(&mut self, qty: u32, from: Price, to: Price) {
        self.notional += i128::from(to.0 - from.0) * i128::from(qty);
    }

    pub fn fill(&mut self, qty: u32, price: Price) {
        self.filled = self.filled.saturating_add(qty);
        self.notional += i128::from(price.0) * i128::from(qty);
    }
}

/// The orders, found by each of their identities. The oldest identities are forgotten when there are
/// too many, except for the one that a working order goes by.
pub(super) struct OrderTable {
    orders: HashMap<u64, Order>,
    by_name: HashMap<ClientId, u64>,
    by_market_id: HashMap<OrderId, u64>,
    /// In the order of their arrival.
    names: VecDeque<ClientId>,
    names_max: usize,
    last_number: u64,
    news: Option<Box<TableNews>>,
}

/// What changed in a table since it was last asked for.
#[derive(Debug, Default)]
pub(super) struct TableNews {
    /// The numbers of orders, some twice.
    pub orders: Vec<u64>,
    /// Identities that orders got.
    pub names: Vec<(u64, ClientId)>,
}

impl OrderTable {
    pub fn new() -> OrderTable {
        OrderTable::with_names_max(NAMES_MAX)
    }

    fn with_names_max(names_max: usize) -> OrderTable {
        OrderTable {
            orders: HashMap::new(),
            by_name: HashMap::new(),
            by_market_id: HashMap::new(),
            names: VecDeque::new(),
            names_max,
            last_number: 0,
            news: None,
        }
    }

    /// From now on it takes note of what changes, for [`OrderTable::take_news`].
    pub fn note_news(&mut self) {
        self.news = Some(Box::default());
    }

    /// What changed since the last time.
    pub fn take_news(&mut self) -> TableNews {
        self.news.as_deref_mut().map(std::mem::take).unwrap_or_default()
    }

    fn note(&mut self, number: u64) {
        if let Some(news) = &mut self.news {
            news.orders.push(number);
        }
    }

    /// The number of the last order.
    pub fn last_number(&self) -> u64 {
        self.last_number
    }

    pub fn get(&self, number: u64) -> Option<&Order> {
        self.orders.get(&number)
    }

    /// Identities that are remembered, with their order's number, in the order of their arrival.
    pub fn names(&self) -> impl Iterator<Item = (u64, ClientId)> + '_ {
        self.names.iter().filter_map(|name| Some((*self.by_name.get(name)?, *name)))
    }

    /// Takes up an order that another process left, as it is; it works nowhere yet.
    pub fn restore(&mut self, order: &Order) {
        let names = self.orders.get(&order.number).map_or(0, |known| known.names);
        self.orders.insert(order.number, Order { names, market_id: None, ..*order });
        self.last_number = self.last_number.max(order.number);
    }

    /// Takes up an identity that another process left.
    pub fn restore_name(&mut self, number: u64, name: ClientId) {
        self.name(number, name);
    }

    /// Takes up the number of the last order.
    pub fn restore_last_number(&mut self, last_number: u64) {
        self.last_number = self.last_number.max(last_number);
    }

    /// Once all is taken up: what no identity leads to is forgotten.
    pub fn restored(&mut self) {
        self.orders.retain(|_, order| order.names > 0);
    }

    /// An order that works has this identity at the market from now on.
    pub fn entered_again(&mut self, number: u64, id: OrderId) {
        if let Some(order) = self.orders.get_mut(&number) {
            order.market_id = Some(id);
            self.by_market_id.insert(id, number);
        }
    }

    /// Orders that work.
    pub fn working(&self) -> usize {
        self.by_market_id.len()
    }

    /// Every order that is remembered, in the order of their arrival.
    pub fn all(&self) -> Vec<&Order> {
        let mut orders: Vec<&Order> = self.orders.values().collect();
        orders.sort_unstable_by_key(|order| order.number);
        orders
    }

    pub fn find(&self, cl_ord_id: &ClientId) -> Option<&Order> {
        self.by_name.get(cl_ord_id).and_then(|number| self.orders.get(number))
    }

    pub fn find_by_market_id(&self, id: OrderId) -> Option<u64> {
        self.by_market_id.get(&id).copied()
    }

    pub fn get_mut(&mut self, number: u64) -> Option<&mut Order> {
        self.note(number);
        self.orders.get_mut(&number)
    }

    /// Takes in an order: a working one, or one that was refused. Its identity must be new.
    pub fn insert(&mut self, terms: &Terms, market_id: Option<OrderId>) -> Order {
        self.last_number += 1;
        let number = self.last_number;
        let order = Order {
            number,
            first_cl_ord_id: terms.cl_ord_id,
            cl_ord_id: terms.cl_ord_id,
            orig_cl_ord_id: ClientId::EMPTY,
            account: terms.account,
            symbol: terms.symbol,
            side: terms.side,
            ord_type: terms.ord_type,
            time_in_force: terms.time_in_force,
            qty: terms.qty,
            price: if has_limit(terms.ord_type) { terms.price } else { Price::NONE },
            stop_px: if is_stop(terms.ord_type) { terms.stop_px } else { Price::NONE },
            expiry: terms.expiry,
            self_match_id: terms.self_match_id,
            gives_way: terms.gives_way,
            waits: market_id.is_some() && is_stop(terms.ord_type),
            filled: 0,
            busted: 0,
            notional: 0,
            stage: if market_id.is_some() { OrderStage::Working } else { OrderStage::Rejected },
            market_id,
            names: 0,
        };
        self.orders.insert(number, order);
        self.note(number);
        if let Some(id) = market_id {
            self.by_market_id.insert(id, number);
        }
        self.name(number, terms.cl_ord_id);
        order
    }

    /// Gives an order the identity of the request that changed it.
    pub fn rename(&mut self, number: u64, cl_ord_id: ClientId) {
        self.note(number);
        if let Some(order) = self.orders.get_mut(&number) {
            order.orig_cl_ord_id = std::mem::replace(&mut order.cl_ord_id, cl_ord_id);
            self.name(number, cl_ord_id);
        }
    }

    /// Ends an order. It is remembered for as long as its identities are.
    pub fn end(&mut self, number: u64, stage: OrderStage) {
        self.note(number);
        if let Some(order) = self.orders.get_mut(&number) {
            order.stage = stage;
            if let Some(id) = order.market_id.take() {
                self.by_market_id.remove(&id);
            }
        }
    }

    fn name(&mut self, number: u64, name: ClientId) {
        while self.names.len() >= self.names_max {
            self.forget_oldest();
        }
        if let Some(order) = self.orders.get_mut(&number) {
            order.names += 1;
            self.by_name.insert(name, number);
            self.names.push_back(name);
            if let Some(news) = &mut self.news {
                news.names.push((number, name));
            }
        }
    }

    /// Ends soon: far fewer orders work than identities are remembered.
    fn forget_oldest(&mut self) {
        let Some(name) = self.names.pop_front() else { return };
        let Some(number) = self.by_name.get(&name).copied() else { return };
        let Some(order) = self.orders.get_mut(&number) else { return };
        if order.is_working() && order.cl_ord_id == name {
            self.names.push_back(name);
            return;
        }
        self.by_name.remove(&name);
        order.names -= 1;
        if order.names == 0 {
            self.orders.remove(&number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(name: u64) -> Terms {
        Terms {
            cl_ord_id: Text::new(&name.to_string()),
            account: Text::EMPTY,
            symbol: Text::new("ESH4"),
            side: b'1',
            ord_type: b'2',
            time_in_force: b'0',
            qty: 3,
            price: Price(0),
            stop_px: Price::NONE,
            expiry: Expiry::None,
            self_match_id: Text::EMPTY,
            gives_way: None,
        }
    }

    #[test]
    fn what_works_is_never_forgotten_and_what_ended_is_forgotten_oldest_first() {
        let mut table = OrderTable::with_names_max(8);
        let working = table.insert(&terms(1), Some(OrderId(1))).number;
        table.rename(working, Text::new("1b"));
        for name in 2..=20 {
            let number = table.insert(&terms(name), Some(OrderId(name))).number;
            table.end(number, OrderStage::Canceled);
        }
        assert_eq!(table.find(&Text::new("1b")).map(|order| order.number), Some(working));
        assert!(table.find(&Text::new("1")).is_none(), "an identity that it went by before");
        assert!(table.find(&Text::new("13")).is_none());
        assert!((14..=20).all(|name: u64| table.find(&Text::new(&name.to_string())).is_some()));
        assert_eq!((table.orders.len(), table.by_name.len(), table.names.len()), (8, 8, 8));
        assert_eq!(table.working(), 1);
        let first = |order: &&Order| order.first_cl_ord_id.as_str().to_owned();
        assert_eq!(table.all().iter().map(first).next(), Some("1".to_owned()));
        assert!(table.all().is_sorted_by_key(|order| order.number));
    }

    #[test]
    fn the_average_price_is_exact_to_the_nearest_billionth() {
        let mut table = OrderTable::new();
        let mut order = table.insert(&terms(1), Some(OrderId(1)));
        assert_eq!(order.avg_px(), Price(0));
        order.fill(1, Price(1));
        order.fill(2, Price(2));
        assert_eq!(order.avg_px(), Price(2), "five thirds");
        let mut order = table.insert(&terms(2), Some(OrderId(2)));
        order.fill(2, Price(-4));
        order.fill(1, Price(-5));
        assert_eq!(order.avg_px(), Price(-4), "minus thirteen thirds");
    }
}
