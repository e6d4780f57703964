//! What is counted of an instrument's data.

use gauntlet_model::effect::{MarketFault, MarketQuality};
use gauntlet_model::ids::InstrumentId;

/// How often each thing happened to an instrument's data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MarketCounters {
    /// Market-data records.
    pub messages: u64,
    /// Records left out because a richer schema of the same instrument tells the same.
    pub ignored: u64,
    /// Times each [`MarketFault`] came, by its number.
    pub faults: [u64; MarketFault::ALL.len()],
    /// Trades and tops off their band.
    pub off_band: u64,
    /// Trades and tops off the tick grid, or not above zero where they must be.
    pub bad_prices: u64,
    /// Records whose exchange time is earlier than one before.
    pub backward_times: u64,
    /// Records whose vendor sequence ran backwards.
    pub out_of_sequence: u64,
    /// Records whose exchange time is too far ahead of the stream's clock.
    pub implausible_times: u64,
    /// Trades without a price or a size, levels without a price, and events that the book cannot
    /// use.
    pub malformed: u64,
    /// Trades that came after their minute was over: left out of every bar.
    pub late_trades: u64,
    /// Minutes of the vendor's that came after a larger bar that they belong to.
    pub late_minutes: u64,
    /// Cancels and changes of orders that the book does not know.
    pub unknown_orders: u64,
    /// Minutes told after the fact that completed the bars.
    pub history: u64,
}

impl MarketCounters {
    /// What was odd, as it is told to people.
    pub(super) fn quality(&self, instrument: InstrumentId) -> MarketQuality {
        MarketQuality {
            instrument,
            ignored: self.ignored,
            out_of_sequence: self.out_of_sequence,
            off_band: self.off_band,
            bad_prices: self.bad_prices,
            backward_times: self.backward_times,
            implausible_times: self.implausible_times,
            malformed: self.malformed,
            late_trades: self.late_trades,
            unknown_orders: self.unknown_orders,
        }
    }
}
