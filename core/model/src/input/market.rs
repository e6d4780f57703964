//! Market data as inputs: what feeds tell of instruments, and of themselves.

use crate::ids::InstrumentId;
use crate::record::journaled;
use crate::text::Text;
use crate::units::{Price, Side, UnixNanos};
use rkyv::{Archive, Deserialize, Serialize};

/// What a market-by-order event does (DBN `action`).
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum BookAction {
    /// Insert an order.
    Add = 0,
    /// Change an order's price or size.
    Modify = 1,
    /// Cancel an order, in part or whole: `size` is what is taken away.
    Cancel = 2,
    /// Empty the book.
    Clear = 3,
    /// An aggressing order traded; the book is not changed by this.
    Trade = 4,
    /// A resting order was filled; the book is not changed by this (a cancel follows).
    Fill = 5,
    /// Nothing but flags.
    None = 6,
}

/// Flag bits of market data, as in DBN's `flags` field.
pub mod flags {
    /// Last record of its event.
    pub const LAST: u8 = 1 << 7;
    /// From a snapshot, not from an increment.
    pub const SNAPSHOT: u8 = 1 << 5;
    /// The receive time is not accurate.
    pub const BAD_TS_RECV: u8 = 1 << 3;
    /// An unrecoverable gap was detected in the channel.
    pub const MAYBE_BAD_BOOK: u8 = 1 << 2;
}

journaled! {
    /// A market-by-order event.
    pub struct Mbo {
        /// Which instrument.
        pub instrument: InstrumentId,
        /// What it does.
        pub action: BookAction,
        /// The side of the order, or of the aggressor for trades; `None` when not given.
        pub side: Option<Side>,
        /// See [`flags`].
        pub flags: u8,
        /// The order's price.
        pub price: Price,
        /// The order's size in contracts.
        pub size: u32,
        /// The exchange's order identity.
        pub order_id: u64,
        /// When the matching engine received it.
        pub ts_event: UnixNanos,
        /// The vendor's sequence number.
        pub sequence: u32,
    }

    /// The best bid and ask.
    pub struct TopOfBook {
        /// Best bid; [`Price::NONE`] if there is none.
        pub bid: Price,
        /// Best ask; [`Price::NONE`] if there is none.
        pub ask: Price,
        /// Contracts at the best bid.
        pub bid_size: u32,
        /// Contracts at the best ask.
        pub ask_size: u32,
    }
}

impl TopOfBook {
    /// An empty book.
    pub const EMPTY: TopOfBook =
        TopOfBook { bid: Price::NONE, ask: Price::NONE, bid_size: 0, ask_size: 0 };

    /// Whether both sides have a price.
    pub fn is_two_sided(&self) -> bool {
        self.bid.is_some() && self.ask.is_some()
    }

    /// Whether the bid is at or above the ask.
    pub fn is_crossed_or_locked(&self) -> bool {
        self.is_two_sided() && self.bid >= self.ask
    }

    /// The mean of bid and ask; [`Price::NONE`] unless two-sided.
    pub fn mid(&self) -> Price {
        if !self.is_two_sided() {
            return Price::NONE;
        }
        Price(self.bid.0.midpoint(self.ask.0))
    }
}

journaled! {
    /// A top-of-book update (MBP-1, or the first level of MBP-10).
    pub struct Quote {
        /// Which instrument.
        pub instrument: InstrumentId,
        /// What caused the update; `Trade` makes `price` and `size` a trade.
        pub action: BookAction,
        /// The side of the causing order; the aggressor for trades.
        pub side: Option<Side>,
        /// See [`flags`].
        pub flags: u8,
        /// The causing order's price.
        pub price: Price,
        /// The causing order's size.
        pub size: u32,
        /// The book's top after the event.
        pub top: TopOfBook,
        /// When the matching engine received it.
        pub ts_event: UnixNanos,
        /// The vendor's sequence number.
        pub sequence: u32,
    }

    /// One price level as it is from now on (from MBP-10). An event's levels come before its [`Quote`],
    /// which ends the event, and only those come that changed.
    pub struct Level {
        /// Which instrument.
        pub instrument: InstrumentId,
        /// Bids or asks.
        pub side: Side,
        /// See [`flags`]; never [`flags::LAST`].
        pub flags: u8,
        /// The level's price.
        pub price: Price,
        /// Contracts at the price; 0 when there are none any more, or it is too deep to be told.
        pub size: u32,
        /// Orders at the price.
        pub count: u32,
        /// When the matching engine received it.
        pub ts_event: UnixNanos,
        /// The vendor's sequence number.
        pub sequence: u32,
    }

    /// A trade.
    pub struct Trade {
        /// Which instrument.
        pub instrument: InstrumentId,
        /// The aggressor's side; `None` when not given.
        pub side: Option<Side>,
        /// See [`flags`].
        pub flags: u8,
        /// The price.
        pub price: Price,
        /// Contracts.
        pub size: u32,
        /// When the matching engine received it.
        pub ts_event: UnixNanos,
        /// The vendor's sequence number.
        pub sequence: u32,
    }

    /// A finished bar from the vendor.
    pub struct Ohlcv {
        /// Which instrument.
        pub instrument: InstrumentId,
        /// Length in seconds.
        pub seconds: u32,
        /// When the bar began.
        pub ts_open: UnixNanos,
        /// First price.
        pub open: Price,
        /// Highest price.
        pub high: Price,
        /// Lowest price.
        pub low: Price,
        /// Last price.
        pub close: Price,
        /// Contracts traded.
        pub volume: u64,
    }
}

/// Whether an instrument trades (reduced from DBN's `status` schema).
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum TradingState {
    /// Orders match.
    Open = 0,
    /// Orders may be entered but do not match.
    PreOpen = 1,
    /// Trading is halted or paused.
    Halted = 2,
    /// The session is over.
    Closed = 3,
}

journaled! {
    /// A change of an instrument's trading state.
    pub struct TradingStatus {
        /// Which instrument.
        pub instrument: InstrumentId,
        /// The new state.
        pub state: TradingState,
        /// When it took effect.
        pub ts_event: UnixNanos,
    }

    /// What the exchange says of an instrument (DBN's `definition` schema). What it leaves open is
    /// [`Price::NONE`], an empty text or time zero.
    pub struct Listing {
        /// Which instrument.
        pub instrument: InstrumentId,
        /// Smallest price step.
        pub tick: Price,
        /// Units of the underlying in a contract (FIX tag 1147), in 1e-9.
        pub unit_qty: Price,
        /// Value of a price step (FIX tag 1146) times the display factor, in 1e-9 of the currency.
        pub tick_amount: Price,
        /// What the vendor multiplied the exchange's prices by, in 1e-9.
        pub display_factor: Price,
        /// Currency of the price (ISO 4217).
        pub currency: Text<4>,
        /// When it trades last.
        pub expiration: UnixNanos,
        /// Highest price at which orders are accepted.
        pub high_limit: Price,
        /// Lowest price at which orders are accepted.
        pub low_limit: Price,
        /// When the exchange said so.
        pub ts_event: UnixNanos,
    }
}

/// What happened to a market-data feed.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum FeedChange {
    /// Connected and subscribed: books start empty and unknown.
    Connected = 0,
    /// The connection is gone: nothing is known until it is back.
    Disconnected = 1,
    /// Messages were lost; books are suspect until rebuilt.
    Gap = 2,
    /// Nothing, not even a heartbeat, came for too long.
    Stale = 3,
    /// A recorded stream ended.
    Ended = 4,
}

journaled! {
    /// A change of a feed's state. It concerns every instrument of the feed.
    pub struct FeedEvent {
        /// Which feed, by its place in the configuration.
        pub feed: u8,
        /// What happened.
        pub change: FeedChange,
        /// Why, for people.
        pub detail: Text<64>,
    }
}
