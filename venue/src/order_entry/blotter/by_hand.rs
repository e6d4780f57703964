//! What people do at the exchange's own screens, past the session: orders entered and cancelled by hand,
//! and positions moved. The session's client is told of nothing: what it learns, it learns by asking, or by
//! the drop copy.

use super::Blotter;
use crate::market::{Market, OrderEvent};
use crate::order_entry::OrderEntry;
use crate::order_entry::report::Report;
use crate::order_entry::request::{ClientId, Expiry, Request, Terms};
use crate::order_entry::table::OrderStage;
use dbn::RecordRef;
use gauntlet_model::text::Text;
use gauntlet_model::units::{Money, Price, Side, UnixNanos};
use std::collections::VecDeque;

/// An order for the day that somebody enters by hand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ByHand<'a> {
    /// Whose.
    pub account: &'a str,
    /// In what.
    pub symbol: &'a str,
    /// Buy or sell.
    pub side: Side,
    /// Contracts.
    pub qty: u32,
    /// Limit price.
    pub price: Price,
    /// The identity that it goes by, which is no session's.
    pub id: &'a str,
}

fn code(side: Side) -> u8 {
    if side == Side::Buy { b'1' } else { b'2' }
}

impl Blotter {
    /// Does something of which the client is not told; gives what it would have been.
    fn quietly<T>(&mut self, act: impl FnOnce(&mut Blotter) -> T) -> (T, VecDeque<Report>) {
        let waiting = self.reports.len();
        let done = act(self);
        (done, self.reports.split_off(waiting))
    }

    fn cancel_by_hand(
        &mut self,
        id: &str,
        market: &mut dyn Market,
        records: &mut dyn FnMut(RecordRef<'_>),
    ) -> bool {
        let found = self.orders.find(&ClientId::new(id));
        let Some((number, market_id)) = found.and_then(|o| Some((o.number, o.market_id?))) else {
            return false;
        };
        let mut events = Vec::new();
        let mut sink = super::Collect { records, events: &mut events };
        let done = market.cancel(market_id, &mut sink).is_ok();
        if done {
            self.orders.end(number, OrderStage::Canceled);
            self.tell(number, b'4', market.now(), |_| {});
        }
        done
    }
}

impl OrderEntry {
    /// Somebody enters an order at the exchange's own screen. Gives whether it works or traded.
    pub fn enter_by_hand(
        &mut self,
        order: &ByHand<'_>,
        market: &mut dyn Market,
        records: &mut dyn FnMut(RecordRef<'_>),
    ) -> bool {
        let terms = Terms {
            cl_ord_id: ClientId::new(order.id),
            account: Text::new(order.account),
            symbol: Text::new(order.symbol),
            side: code(order.side),
            ord_type: b'2',
            time_in_force: b'0',
            qty: order.qty,
            price: order.price,
            stop_px: Price::NONE,
            expiry: Expiry::None,
            self_match_id: Text::EMPTY,
            gives_way: None,
        };
        let request = Request::New { terms, poss_dup: false };
        self.quietly(|desk| desk.handle(&request, market, records));
        let entered = self.desk.orders.find(&terms.cl_ord_id);
        entered.is_some_and(|order| order.stage != OrderStage::Rejected)
    }

    /// Somebody cancels an order at the exchange's own screen, by any identity of it. Gives whether it
    /// worked.
    pub fn cancel_by_hand(
        &mut self,
        id: &str,
        market: &mut dyn Market,
        records: &mut dyn FnMut(RecordRef<'_>),
    ) -> bool {
        self.quietly(|desk| desk.cancel_by_hand(id, market, records))
    }

    /// Does something of which the session's client is not told, but its drop copy.
    fn quietly<T>(&mut self, act: impl FnOnce(&mut Blotter) -> T) -> T {
        let (done, reports) = self.desk.quietly(act);
        if let Some(copies) = &mut self.copies {
            reports.iter().for_each(|report| copies.take(report));
        }
        done
    }

    /// Takes in the market's news of an order, as [`OrderEntry::on_order`] does, and loses the report on it:
    /// its client is never told.
    pub fn on_order_unheard(&mut self, event: OrderEvent, at: UnixNanos) {
        self.quietly(|desk| desk.on_event(event, at));
    }

    /// The clearing firm books contracts, signed, into an account. Gives whether there was room.
    pub fn book_by_hand(
        &mut self,
        (account, symbol): (&str, &str),
        contracts: i32,
        price: Price,
    ) -> bool {
        let (account, symbol) = (Text::new(account), Text::new(symbol));
        let positions = &mut self.desk.positions;
        let Some(side) = Side::of(i64::from(contracts)) else { return true };
        let has_room = positions.reserve(account, symbol);
        positions.fill(account, symbol, code(side), contracts.unsigned_abs(), price);
        self.desk.cash.fill(account, symbol, code(side), contracts.unsigned_abs(), price);
        has_room
    }

    /// Money comes into an account, or goes out of it.
    pub fn deposit_by_hand(&mut self, account: &str, money: Money) {
        self.desk.cash.deposit(Text::new(account), money);
    }
}
