//! How contracts end: by what rule each may be traded near its end.

use crate::ids::InstrumentId;
use crate::record::tagged;

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

impl ContractRule {
    /// So many days as the product's own rule says.
    pub const OF_PRODUCT: u8 = u8::MAX;

    /// A rule that leaves everything to the product.
    pub fn of_product(instrument: InstrumentId) -> ContractRule {
        let days = ContractRule::OF_PRODUCT;
        ContractRule { instrument, year: 0, no_opening_days: days, out_days: days, warn_days: days }
    }
}
