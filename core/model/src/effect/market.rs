//! Bars, and the market as the core sees it.

use crate::ids::InstrumentId;
use crate::input::{BarKind, SessionMode, TopOfBook};
use crate::record::journaled;
use crate::units::{Price, UnixNanos};
use rkyv::{Archive, Deserialize, Serialize};

journaled! {
    /// A finished bar.
    pub struct Bar {
        /// Which instrument.
        pub instrument: InstrumentId,
        /// What ends bars of its series.
        pub kind: BarKind,
        /// The hours of its series. One-minute bars of [`SessionMode::Full24x5`] are made whenever there
        /// are trades.
        pub session: SessionMode,
        /// Whether records were lost at some time after the bar before in its series ended and before
        /// this one did: it may lack trades, and bars may be missing before it.
        pub gap: bool,
        /// When a time bar began by the clock; the time of a volume or tick bar's first trade.
        pub ts_open: UnixNanos,
        /// The first moment that is not part of a time bar; the time of a volume or tick bar's last trade.
        pub ts_close: UnixNanos,
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

/// What is wrong with an instrument's market data.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum MarketFault {
    /// The feed is down, or nothing came yet.
    NoFeed = 0,
    /// Messages were lost.
    Gap = 1,
    /// Too old.
    Stale = 2,
    /// The bid is at or above the ask.
    Crossed = 3,
    /// Halted, in pre-open or closed.
    Halted = 4,
    /// The book has more orders than its table holds.
    BookFull = 5,
    /// Prices are far from where they were, and the market has not confirmed it.
    OffBand = 6,
    /// A price is off the tick grid, or not above zero where it must be.
    BadPrice = 7,
    /// The exchange's clock runs backwards.
    TimeBackwards = 8,
    /// The exchange defines the instrument otherwise than we do, or it has expired.
    Definition = 9,
}

impl MarketFault {
    /// Every fault, in order.
    pub const ALL: [MarketFault; 10] = [
        MarketFault::NoFeed,
        MarketFault::Gap,
        MarketFault::Stale,
        MarketFault::Crossed,
        MarketFault::Halted,
        MarketFault::BookFull,
        MarketFault::OffBand,
        MarketFault::BadPrice,
        MarketFault::TimeBackwards,
        MarketFault::Definition,
    ];

    /// The fault in words.
    pub fn name(self) -> &'static str {
        match self {
            MarketFault::NoFeed => "no_feed",
            MarketFault::Gap => "gap",
            MarketFault::Stale => "stale",
            MarketFault::Crossed => "crossed",
            MarketFault::Halted => "halted",
            MarketFault::BookFull => "book_full",
            MarketFault::OffBand => "off_band",
            MarketFault::BadPrice => "bad_price",
            MarketFault::TimeBackwards => "time_backwards",
            MarketFault::Definition => "definition",
        }
    }
}

journaled! {
    /// Trading in an instrument was blocked or allowed.
    pub struct MarketBlock {
        /// Which instrument.
        pub instrument: InstrumentId,
        /// Why.
        pub fault: MarketFault,
        /// Whether it is blocked now for that reason.
        pub blocked: bool,
    }

    /// The market as the core sees it.
    pub struct Mark {
        /// Which instrument.
        pub instrument: InstrumentId,
        /// The best bid and ask.
        pub top: TopOfBook,
        /// The last trade's price.
        pub last: Price,
        /// The vendor's last sequence number.
        pub sequence: u32,
        /// Market-data messages so far.
        pub messages: u64,
    }

    /// What was odd about an instrument's data so far, told once a second when it changed. All are
    /// counts of records since the instrument was defined.
    pub struct MarketQuality {
        /// Which instrument.
        pub instrument: InstrumentId,
        /// Left out since a richer schema tells the same.
        pub ignored: u64,
        /// Whose vendor sequence ran backwards.
        pub out_of_sequence: u64,
        /// Trades and tops far from where prices were.
        pub off_band: u64,
        /// Trades and tops off the tick grid, or not above zero where they must be.
        pub bad_prices: u64,
        /// Whose exchange time is earlier than one before.
        pub backward_times: u64,
        /// Whose exchange time is too far ahead of the stream's clock.
        pub implausible_times: u64,
        /// Without a price or size that they need.
        pub malformed: u64,
        /// Trades that came after their bar was published.
        pub late_trades: u64,
        /// Of the book: cancels and changes of orders that it does not know.
        pub unknown_orders: u64,
    }
}
