//! What a market is to the venue's servers: something with a clock that emits market data in
//! Databento's own records and matches orders. The generated market and the replayed market are the
//! two implementations.

mod order;

pub use order::{Change, NewOrder, OrderKind, SelfMatch, TimeInForce};

use crate::matching::records::year_of;
use gauntlet_model::calendar::{Calendar, trading_date};
use gauntlet_model::units::{Price, UnixNanos};

/// An instrument that the venue lists.
#[derive(Clone, Debug, PartialEq)]
pub struct Listing {
    /// The exchange's symbol, such as `ESH4`.
    pub symbol: String,
    /// The numeric identity that market-data records carry.
    pub instrument_id: u32,
    /// Smallest price step.
    pub tick: Price,
}

/// The exchange's identity of an order, unique for the life of the market.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OrderId(pub u64);

/// What happened to an order that entered by [`Market::submit`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum OrderEvent {
    /// It traded.
    Filled {
        /// The order.
        order: OrderId,
        /// Contracts of this fill.
        qty: u32,
        /// Price of this fill.
        price: Price,
        /// Contracts still working.
        leaves_qty: u32,
    },
    /// What was left of it is gone without a request: it was to trade at once, or its time is over.
    Expired {
        /// The order.
        order: OrderId,
    },
    /// What was left of it is gone so that it would not trade with another of its group.
    SelfMatched {
        /// The order.
        order: OrderId,
    },
    /// The price that it waited for has traded: it is in the market now.
    Triggered {
        /// The order.
        order: OrderId,
    },
    /// An order without a price of its own has this limit from now on.
    Priced {
        /// The order.
        order: OrderId,
        /// Its limit price.
        price: Price,
    },
}

impl OrderEvent {
    /// The order that it is about.
    pub fn order(&self) -> OrderId {
        match self {
            OrderEvent::Filled { order, .. }
            | OrderEvent::Expired { order }
            | OrderEvent::SelfMatched { order }
            | OrderEvent::Triggered { order }
            | OrderEvent::Priced { order, .. } => *order,
        }
    }
}

/// Why the market refuses an order or a change of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No such order, or it is not working any more.
    #[error("unknown order, or it is not working any more")]
    UnknownOrder,
    /// Zero contracts, or fewer than are filled already.
    #[error("quantity is zero or not above what is filled")]
    BadQuantity,
    /// Not on the tick grid, or no price.
    #[error("price is not on the tick grid")]
    BadPrice,
    /// The instrument is not open for orders.
    #[error("the market is closed")]
    Closed,
    /// Trading in the instrument is halted.
    #[error("trading is halted")]
    Halted,
    /// The instrument's last trading time is over.
    #[error("the contract has expired")]
    Expired,
    /// The price reaches farther beyond the last one than the exchange allows.
    #[error("price is outside of the price band")]
    OutOfBand,
    /// Nothing is offered on the other side that an order without a price could trade with.
    #[error("there is nothing on the other side to trade with")]
    NoOpposite,
    /// The order would have to wait and to trade at once.
    #[error("a stop order cannot be immediate")]
    ImmediateStop,
    /// The market has no such orders.
    #[error("this market has no self-match prevention")]
    NotOffered,
    /// A good-till-date order whose date is over.
    #[error("the order would have expired already")]
    TooLate,
    /// The book's table is full.
    #[error("the book is full")]
    BookFull,
}

/// Where a market's output goes.
pub trait MarketSink {
    /// A market-data record, in order.
    fn record(&mut self, record: dbn::RecordRef<'_>);
    /// News of an order that entered by [`Market::submit`].
    fn order(&mut self, event: OrderEvent);
    /// An instrument has ended for good and was settled at a price: who held it does no more.
    fn settled(&mut self, listing: &Listing, price: Price) {
        let _ = (listing, price);
    }
    /// An instrument is listed from now on, at the next place of [`Market::listings`]. Its records
    /// follow.
    fn listed(&mut self, listing: &Listing, at: UnixNanos) {
        let _ = (listing, at);
    }
}

/// A market: a clock, market data, and a matching engine.
pub trait Market {
    /// What it lists, and what it listed: contracts come to be listed over its life, each at the next
    /// place, and one that has expired keeps its own.
    fn listings(&self) -> &[Listing];

    /// The time of its next event by its own clock; `None` when it has ended.
    fn next_event(&self) -> Option<UnixNanos>;

    /// Runs the next event: every record up to the one flagged last. Some events change nothing
    /// that anyone can see and emit nothing.
    fn step(&mut self, sink: &mut dyn MarketSink);

    /// Its clock: the time of the last event.
    fn now(&self) -> UnixNanos;

    /// Why it ended before its data did: `None` while it goes on and when all is well.
    fn failure(&self) -> Option<&(dyn std::error::Error + 'static)> {
        None
    }

    /// Enters an order. The identity is returned before any event of the order is emitted to the
    /// sink's owner: callers must acknowledge before they forward the events they collected.
    ///
    /// # Errors
    /// The [`Refusal`] that applies.
    fn submit(&mut self, order: &NewOrder, sink: &mut dyn MarketSink) -> Result<OrderId, Refusal>;

    /// Cancels an order whole.
    ///
    /// # Errors
    /// [`Refusal::UnknownOrder`].
    fn cancel(&mut self, order: OrderId, sink: &mut dyn MarketSink) -> Result<(), Refusal>;

    /// Replaces an order's total quantity and prices. Less quantity at the same price keeps its
    /// place in the queue; anything else loses it.
    ///
    /// # Errors
    /// The [`Refusal`] that applies.
    fn replace(
        &mut self,
        order: OrderId,
        change: &Change,
        sink: &mut dyn MarketSink,
    ) -> Result<(), Refusal>;

    /// Takes up an order that worked when an earlier life of the exchange ended, with so many contracts that count as
    /// filled: it is back in its turn with the
    /// next session, or at once if one has begun, and nobody is told of it anew. To be called before the first
    /// event, in the order in which they entered. Markets that follow a recording take up none.
    ///
    /// # Errors
    /// The [`Refusal`] that applies.
    fn take_up(&mut self, order: &NewOrder, filled: u32) -> Result<OrderId, Refusal> {
        let _ = (order, filled);
        Err(Refusal::NotOffered)
    }

    /// The last price in an instrument; [`Price::NONE`] before the first, and where nobody keeps it.
    fn last_price(&self, listing: usize) -> Price {
        let _ = listing;
        Price::NONE
    }

    /// An earlier life of the exchange ended at this price: the market goes on from there, if it can choose. To be
    /// called before the first event.
    fn go_on_from(&mut self, listing: usize, price: Price) {
        let _ = (listing, price);
    }

    /// When the trading day of a date is over for an instrument; `None` when it has no such day.
    fn close_of(&self, listing: usize, date: chrono::NaiveDate) -> Option<UnixNanos> {
        let listing = self.listings().get(listing)?;
        let contract = gauntlet_model::instrument::contract(&listing.symbol, year_of(self.now()))?;
        close_of(Calendar::of(contract.product.group), date)
    }

    /// Halts trading in an instrument that is open, or lets it go on. In a halt nothing trades and no
    /// order is taken; what works can be cancelled. Markets that follow a recording cannot be halted.
    fn set_halted(&mut self, listing: usize, is_halted: bool, sink: &mut dyn MarketSink) {
        let _ = (listing, is_halted, sink);
    }

    /// Emits one instrument's definition, trading status and, with `mbo`, its book as snapshot
    /// records, for a subscriber who joins late.
    fn snapshot(&self, listing: usize, mbo: bool, sink: &mut dyn MarketSink);

    /// One-minute bars of one instrument from before its first event, oldest first; none where
    /// nothing is known of that time.
    fn history(&self, listing: usize) -> Vec<dbn::OhlcvMsg> {
        let _ = listing;
        Vec::new()
    }
}

/// When the trading day of a date is over by a calendar.
pub(crate) fn close_of(calendar: &Calendar, date: chrono::NaiveDate) -> Option<UnixNanos> {
    let days = calendar.trading_days();
    let at = days.partition_point(|day| trading_date(day.open) < date);
    days.get(at).filter(|day| trading_date(day.open) == date).map(|day| day.close)
}

#[cfg(test)]
mod tests {
    use super::Market;
    use crate::generated::GeneratedMarket;
    use crate::replayed::ReplayedMarket;

    #[test]
    fn markets_can_run_on_a_thread_of_their_own() {
        fn check<T: Market + Send>() {}
        check::<GeneratedMarket>();
        check::<ReplayedMarket>();
    }
}
