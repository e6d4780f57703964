//! What the desk knows, written down and taken up again.

use super::{Blotter, kind_of, time_in_force_of};
use crate::market::{Market, NewOrder, OrderId, OrderKind, Refusal};
use crate::order_entry::report::Report;
use crate::order_entry::request::Terms;
use crate::order_entry::store::{Counts, Record};
use crate::order_entry::table::{Order, OrderStage, TableNews};
use gauntlet_model::calendar::trading_date;
use gauntlet_model::text::Text;
use gauntlet_model::units::{Side, UnixNanos};
use std::collections::BTreeSet;

type Holder = (Text<24>, Text<24>);

impl Blotter {
    /// From now on it takes note of what changes, for [`Blotter::write_changes`].
    pub fn note_changes(&mut self) {
        self.orders.note_news();
        self.settled = Some(Vec::new());
    }

    /// The numbers that it gave, and the market's time.
    pub fn counts(&self, market_time: UnixNanos) -> Counts {
        Counts {
            order: self.orders.last_number(),
            exec: self.last_exec,
            position: self.last_position,
            entered: self.entered,
            market_time,
        }
    }

    /// Reports that wait.
    pub fn reports(&self) -> impl Iterator<Item = &Report> {
        self.reports.iter()
    }

    /// Writes down what changed since the last time.
    pub fn write_changes(&mut self, to: &mut Vec<u8>) {
        let TableNews { mut orders, names } = self.orders.take_news();
        orders.sort_unstable();
        orders.dedup();
        let mut holders = BTreeSet::new();
        for order in orders.iter().filter_map(|number| self.orders.get(*number)) {
            Record::Order(*order).write(to);
            let key = |text: &Text<24>| text.as_str().to_owned();
            holders.insert((key(&order.account), key(&order.symbol)));
        }
        for (order, name) in names {
            Record::Name { order, name }.write(to);
        }
        let settled = self.settled.as_mut().map(std::mem::take).unwrap_or_default();
        for symbol in &settled {
            Record::Settled { symbol: *symbol }.write(to);
        }
        for (account, symbol) in holders {
            self.write_holder((Text::new(&account), Text::new(&symbol)), to);
        }
        if !settled.is_empty() {
            self.write_moved(to);
        }
    }

    fn write_holder(&self, (account, symbol): Holder, to: &mut Vec<u8>) {
        if let Some(holding) = self.positions.get(account, symbol) {
            Record::Holding(*holding).write(to);
        }
        if let Some(position) = self.cash.taken(account, symbol) {
            Record::Taken { account, symbol, position: *position }.write(to);
        }
        if let Some(micros) = self.cash.moved(account) {
            Record::Moved { account, micros }.write(to);
        }
        if let Some(price) = self.cash.last_fill(symbol) {
            Record::LastFill { symbol, price }.write(to);
        }
    }

    fn write_moved(&self, to: &mut Vec<u8>) {
        for (account, micros) in self.cash.all_moved() {
            Record::Moved { account, micros }.write(to);
        }
    }

    /// Writes down all that it knows.
    pub fn write_all(&mut self, to: &mut Vec<u8>) {
        self.orders.take_news();
        self.settled.iter_mut().for_each(Vec::clear);
        for order in self.orders.all() {
            Record::Order(*order).write(to);
        }
        for (order, name) in self.orders.names() {
            Record::Name { order, name }.write(to);
        }
        for holding in self.positions.all() {
            Record::Holding(*holding).write(to);
        }
        for ((account, symbol), position) in self.cash.all_taken() {
            let (account, symbol, position) = (*account, *symbol, *position);
            Record::Taken { account, symbol, position }.write(to);
        }
        self.write_moved(to);
        for (symbol, price) in self.cash.last_fills() {
            Record::LastFill { symbol, price }.write(to);
        }
    }

    /// Takes up what was written down.
    pub fn restore(&mut self, record: &Record<'_>) {
        match *record {
            Record::Order(order) => self.orders.restore(&order),
            Record::Name { order, name } => self.orders.restore_name(order, name),
            Record::Holding(holding) => self.positions.restore(holding),
            Record::Taken { account, symbol, position } => {
                self.cash.restore_taken(account, symbol, position);
            }
            Record::Moved { account, micros } => self.cash.restore_moved(account, micros),
            Record::LastFill { symbol, price } => self.cash.restore_last_fill(symbol, price),
            Record::Settled { symbol } => {
                self.positions.settle(symbol.as_str());
                self.cash.restore_settled(symbol);
            }
            Record::Counts(counts) => {
                (self.last_exec, self.last_position) = (counts.exec, counts.position);
                self.entered = counts.entered;
                self.orders.restore_last_number(counts.order);
            }
            _ => {}
        }
    }

    /// Gives the market the orders that worked when the last life of the exchange ended, at `before` by the market.
    /// Those whose time is over expire, those that the market does not take are cancelled, and both are told of.
    pub fn enter_again(&mut self, before: UnixNanos, market: &mut dyn Market) {
        self.orders.restored();
        let all = self.orders.all();
        let working: Vec<Order> = all.into_iter().filter(|o| o.is_working()).copied().collect();
        for order in working {
            let at = market.now();
            match self.enter_one_again(&order, before, market) {
                Ok(id) => self.orders.entered_again(order.number, id),
                Err(stage) => {
                    self.orders.end(order.number, stage);
                    let is_expired = stage == OrderStage::Expired;
                    let text =
                        if is_expired { "" } else { "cancelled by a restart of the exchange" };
                    let exec_type = if is_expired { b'C' } else { b'4' };
                    self.tell(order.number, exec_type, at, |report| {
                        report.text = Text::new(text);
                    });
                }
            }
        }
    }

    /// Otherwise gives what becomes of the order.
    fn enter_one_again(
        &mut self,
        order: &Order,
        before: UnixNanos,
        market: &mut dyn Market,
    ) -> Result<OrderId, OrderStage> {
        let gone = OrderStage::Canceled;
        let mut listings = market.listings().iter();
        let listing = listings.position(|listing| listing.symbol == order.symbol.as_str());
        let listing = listing.ok_or(gone)?;
        let terms = terms_of(order);
        let time_in_force = time_in_force_of(&terms, listing, market).map_err(|_| gone)?;
        let is_over = |close: UnixNanos| close <= market.now();
        if order.time_in_force == b'0'
            && market.close_of(listing, trading_date(before)).is_some_and(is_over)
        {
            return Err(OrderStage::Expired);
        }
        let kind = if order.waits { kind_of(&terms).ok_or(gone)? } else { OrderKind::Limit };
        self.ticks.insert(order.symbol, market.listings()[listing].tick);
        let self_match = self.groups.of(&terms).ok_or(gone)?;
        let side = if order.side == b'1' { Side::Buy } else { Side::Sell };
        let (qty, price) = (order.qty.saturating_add(order.busted), order.price);
        let entered = NewOrder { listing, side, qty, kind, price, time_in_force, self_match };
        let filled = order.filled.saturating_add(order.busted);
        market.take_up(&entered, filled).map_err(|refusal| match refusal {
            Refusal::TooLate => OrderStage::Expired,
            _ => gone,
        })
    }
}

/// The terms that an order came with, as far as they still count.
fn terms_of(order: &Order) -> Terms {
    Terms {
        cl_ord_id: order.cl_ord_id,
        account: order.account,
        symbol: order.symbol,
        side: order.side,
        ord_type: order.ord_type,
        time_in_force: order.time_in_force,
        qty: order.qty,
        price: order.price,
        stop_px: order.stop_px,
        expiry: order.expiry,
        self_match_id: order.self_match_id,
        gives_way: order.gives_way,
    }
}
