//! How contracts end: by what rule each may be traded near its end, and where its bots go.

use crate::ids::{BotId, InstrumentId};
use crate::record::tagged;
use crate::units::UnixNanos;

tagged! {
    /// R31: how near to its end an instrument's contract may be traded. A run in which one is told
    /// opens nothing in an instrument without.
    #[derive(Eq)]
    pub struct ContractRule {
        /// Which instrument.
        1 instrument: InstrumentId,
        /// The contract's year; 0 for the one that its symbol means at the stream's time.
        2 year: u16 = 0,
        /// Business days before its end from which nothing opens; [`ContractRule::OF_PRODUCT`] for
        /// those of its product.
        3 no_opening_days: u8,
        /// Business days before its end from which whoever holds it goes out, as there. Zero is
        /// missing, and missing blocks.
        4 out_days: u8,
        /// Business days before the end of opening on which people are warned of it, as there.
        5 warn_days: u8,
    }
}

tagged! {
    /// A bot goes on in another contract of its product. From a moment on, or from when nothing opens any
    /// more in its contract if that is sooner, it opens nothing, gives back what it holds, and stands on
    /// the new contract as soon as it is flat. The last one told of a bot counts; a run forgets it.
    #[derive(Eq)]
    pub struct BotRoll {
        /// Which bot.
        1 bot: BotId,
        /// Where it goes on: a defined instrument of the same product.
        2 to: InstrumentId,
        /// From when on, by the stream's time.
        3 from: UnixNanos,
    }
}

impl ContractRule {
    /// So many days as the product's own rule says.
    pub const OF_PRODUCT: u8 = u8::MAX;

    /// A rule that leaves everything to the product.
    pub fn of_product(instrument: InstrumentId) -> ContractRule {
        let days = ContractRule::OF_PRODUCT;
        ContractRule { instrument, year: 0, no_opening_days: days, out_days: days, warn_days: days }
    }
}
