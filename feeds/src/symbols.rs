//! From the vendor's numeric instrument identities to our own.

use gauntlet_model::ids::{INSTRUMENTS_MAX, InstrumentId};
use gauntlet_model::input::InstrumentDefinition;
use gauntlet_model::text::Text;
use gauntlet_model::units::{Money, Price};

/// What a feed must know of an instrument: its names, and what to check the exchange's own
/// definition against.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FeedInstrument {
    /// The symbol by which the feed knows it, such as `ESH4`.
    pub symbol: Text<24>,
    /// Ours.
    pub instrument: InstrumentId,
    /// Smallest price step; [`Price::NONE`] leaves it unchecked.
    pub tick: Price,
    /// Dollars per whole unit of price and contract; zero leaves it unchecked.
    pub multiplier: Money,
}

impl FeedInstrument {
    /// An instrument that is taken as it comes, without a check of its definition.
    pub fn unchecked(symbol: &str, instrument: InstrumentId) -> FeedInstrument {
        FeedInstrument {
            symbol: Text::new(symbol),
            instrument,
            tick: Price::NONE,
            multiplier: Money(0),
        }
    }

    /// Instruments numbered in the order of a DBN header's symbols, without a check of their
    /// definitions. Symbols past [`INSTRUMENTS_MAX`] are left out.
    pub fn from_metadata(metadata: &dbn::Metadata) -> Vec<FeedInstrument> {
        let symbols = metadata.symbols.iter().take(INSTRUMENTS_MAX);
        symbols
            .enumerate()
            .map(|(at, symbol)| FeedInstrument::unchecked(symbol, InstrumentId(at as u16)))
            .collect()
    }
}

impl From<&InstrumentDefinition> for FeedInstrument {
    fn from(definition: &InstrumentDefinition) -> Self {
        FeedInstrument {
            symbol: definition.symbol,
            instrument: definition.instrument,
            tick: definition.tick,
            multiplier: definition.multiplier,
        }
    }
}

/// Most vendor identities that a feed follows: several for each instrument, since the vendor may
/// give a symbol a new one over time.
pub const VENDOR_IDS_MAX: usize = 4 * INSTRUMENTS_MAX;

const SLOTS: usize = 2 * VENDOR_IDS_MAX;
const EMPTY: u16 = u16::MAX;
const NOT_OURS: u16 = u16::MAX - 1;

/// No room for another vendor identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TableFull;

/// Vendor identity → place among the feed's instruments. Open addressing over a fixed array, at most
/// half full, so a look-up ends after a few neighbours and nothing allocates.
#[derive(Clone, Debug)]
pub(crate) struct VendorIds {
    keys: Box<[u32; SLOTS]>,
    places: Box<[u16; SLOTS]>,
    used: usize,
}

impl VendorIds {
    pub(crate) fn new() -> VendorIds {
        VendorIds { keys: Box::new([0; SLOTS]), places: Box::new([EMPTY; SLOTS]), used: 0 }
    }

    fn slot(&self, vendor_id: u32) -> usize {
        // Fibonacci hashing: the high bits of the product are well mixed.
        const SHIFT: u32 = 32 - SLOTS.trailing_zeros();
        let mut slot = (vendor_id.wrapping_mul(0x9e37_79b1) >> SHIFT) as usize;
        while self.places[slot] != EMPTY && self.keys[slot] != vendor_id {
            slot = (slot + 1) % SLOTS;
        }
        slot
    }

    pub(crate) fn get(&self, vendor_id: u32) -> Option<usize> {
        let place = self.places[self.slot(vendor_id)];
        (place < NOT_OURS).then_some(place as usize)
    }

    /// Maps an identity to an instrument, or (`None`) away from any: vendors use identities again.
    pub(crate) fn set(&mut self, vendor_id: u32, place: Option<usize>) -> Result<(), TableFull> {
        let slot = self.slot(vendor_id);
        if self.places[slot] == EMPTY {
            if place.is_none() {
                return Ok(());
            }
            if self.used == VENDOR_IDS_MAX {
                return Err(TableFull);
            }
            self.used += 1;
            self.keys[slot] = vendor_id;
        }
        self.places[slot] = place.map_or(NOT_OURS, |p| p as u16);
        Ok(())
    }

    pub(crate) fn clear(&mut self) {
        self.places.fill(EMPTY);
        self.used = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn the_table_agrees_with_a_map_until_it_is_full_and_then_refuses() {
        let mut table = VendorIds::new();
        let mut model = BTreeMap::new();
        for n in 0..VENDOR_IDS_MAX as u32 {
            // A stride that piles onto few slots before mixing.
            let id = n.wrapping_mul(4096);
            table.set(id, Some(n as usize % 64)).expect("room");
            model.insert(id, n as usize % 64);
        }
        for (id, place) in &model {
            assert_eq!(table.get(*id), Some(*place));
        }
        assert_eq!(table.get(1), None);
        assert_eq!(table.set(1, Some(0)), Err(TableFull));
        assert_eq!(table.set(0, Some(5)), Ok(()), "a known identity can always be moved");
        assert_eq!(table.get(0), Some(5));
    }

    #[test]
    fn an_identity_that_the_vendor_gives_to_another_symbol_is_no_longer_ours() {
        let mut table = VendorIds::new();
        table.set(17077, Some(0)).expect("room");
        table.set(17077, None).expect("room");
        assert_eq!(table.get(17077), None);
        table.set(17077, Some(3)).expect("room");
        assert_eq!(table.get(17077), Some(3));
    }
}
