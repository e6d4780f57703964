//! From the vendor's numeric instrument identities to our own.

use crate::mapping::mapped_symbols;
use gauntlet_model::ids::{INSTRUMENTS_MAX, InstrumentId};
use gauntlet_model::input::InstrumentDefinition;
use gauntlet_model::text::Text;
use gauntlet_model::units::{Money, Price, UnixNanos};

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

    /// Instruments numbered in the order of the symbols that a DBN header maps, or of those that it
    /// was asked for where it maps none, without a check of their definitions. Symbols past
    /// [`INSTRUMENTS_MAX`] are left out.
    pub fn from_metadata(metadata: &dbn::Metadata) -> Vec<FeedInstrument> {
        let mapped = mapped_symbols(metadata);
        let symbols = if mapped.is_empty() { &metadata.symbols } else { &mapped };
        let symbols = symbols.iter().take(INSTRUMENTS_MAX);
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

/// Most spans of time for each vendor identity that a table has room for.
const SPANS_PER_ID: usize = 4;

const EMPTY: u16 = u16::MAX;
const NOT_OURS: u16 = u16::MAX - 1;

/// No room for another vendor identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TableFull;

/// A span of time: from a moment on, until another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Validity {
    /// The first nanosecond since the Unix epoch.
    pub from: u64,
    /// The first one after it.
    pub until: u64,
}

impl Validity {
    /// All of time.
    #[cfg(test)]
    pub(crate) const ALWAYS: Validity = Validity { from: 0, until: u64::MAX };

    fn holds(&self, at: u64) -> bool {
        self.from <= at && at < self.until
    }
}

/// When a vendor identity is which instrument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span {
    id: u32,
    place: u16,
    validity: Validity,
}

/// What was looked up last of an identity.
#[derive(Clone, Copy, Debug)]
struct Slot {
    id: u32,
    place: u16,
    validity: Validity,
}

impl Slot {
    const EMPTY: Slot = Slot { id: 0, place: EMPTY, validity: Validity { from: 0, until: 0 } };
}

/// Vendor identity and time → place among the feed's instruments. Vendors give an identity to one
/// symbol today and to another tomorrow, so each holds for its span of time alone.
///
/// Open addressing over a fixed array, at most half full, so a look-up ends after a few neighbours;
/// each slot keeps the span that was asked for last, and only a record outside of it is looked up
/// among all spans. Nothing allocates after the making.
#[derive(Clone, Debug)]
pub(crate) struct VendorIds {
    slots: Box<[Slot]>,
    /// Bits of a hash that choose the slot.
    bits: u32,
    used: usize,
    /// By identity and time; those of an identity do not overlap.
    spans: Vec<Span>,
}

impl VendorIds {
    /// Room for [`VENDOR_IDS_MAX`] identities.
    pub(crate) fn new() -> VendorIds {
        VendorIds::with_room_for(VENDOR_IDS_MAX)
    }

    /// Room for so many identities, and never less than [`VENDOR_IDS_MAX`].
    pub(crate) fn with_room_for(ids: usize) -> VendorIds {
        let slots = (2 * ids.max(VENDOR_IDS_MAX)).next_power_of_two();
        VendorIds {
            slots: vec![Slot::EMPTY; slots].into_boxed_slice(),
            bits: slots.trailing_zeros(),
            used: 0,
            spans: Vec::with_capacity(slots / 2 * SPANS_PER_ID),
        }
    }

    #[inline]
    fn slot(&self, id: u32) -> usize {
        // Fibonacci hashing: the high bits of the product are well mixed.
        let mut slot = (id.wrapping_mul(0x9e37_79b1) >> (32 - self.bits)) as usize;
        while self.slots[slot].place != EMPTY && self.slots[slot].id != id {
            slot = (slot + 1) % self.slots.len();
        }
        slot
    }

    /// The instrument that an identity is at a moment.
    #[inline]
    pub(crate) fn get(&mut self, id: u32, at: UnixNanos) -> Option<usize> {
        let slot = self.slot(id);
        let Slot { place, validity, .. } = self.slots[slot];
        let place = match place {
            EMPTY => return None,
            place if validity.holds(at.0) => place,
            _ => self.look_up(slot, at.0),
        };
        (place < NOT_OURS).then_some(usize::from(place))
    }

    /// Finds the span, or the time between two of them, that holds a moment, and keeps it.
    #[cold]
    fn look_up(&mut self, slot: usize, at: u64) -> u16 {
        let id = self.slots[slot].id;
        let next = self.spans.partition_point(|s| (s.id, s.validity.from) <= (id, at));
        let before = next.checked_sub(1).map(|last| self.spans[last]).filter(|s| s.id == id);
        if let Some(span) = before.filter(|span| span.validity.holds(at)) {
            (self.slots[slot].place, self.slots[slot].validity) = (span.place, span.validity);
            return span.place;
        }
        let after = self.spans.get(next).filter(|span| span.id == id);
        self.slots[slot].place = NOT_OURS;
        self.slots[slot].validity = Validity {
            from: before.map_or(0, |span| span.validity.until),
            until: after.map_or(u64::MAX, |span| span.validity.from),
        };
        NOT_OURS
    }

    /// Says that an identity is an instrument for a span of time, or (`None`) that it is none of
    /// ours. What was said before of that time holds no more; an instrument has one identity at a
    /// time, so others that it had then are not it.
    pub(crate) fn set(
        &mut self,
        id: u32,
        place: Option<usize>,
        validity: Validity,
    ) -> Result<(), TableFull> {
        if validity.from >= validity.until {
            return Ok(());
        }
        let slot = self.slot(id);
        if self.slots[slot].place == EMPTY {
            if place.is_none() {
                return Ok(());
            }
            if self.used == self.slots.len() / 2 {
                return Err(TableFull);
            }
        }
        let place = place.map(|place| place as u16);
        let touches = |span: &Span| span.id == id || Some(span.place) == place;
        let touched = self.spans.iter().filter(|span| touches(span)).count();
        // Each of them may be cut in two, and one comes.
        if self.spans.len() + touched + 1 > self.spans.capacity() {
            return Err(TableFull);
        }
        if self.slots[slot].place == EMPTY {
            self.used += 1;
            self.slots[slot] = Slot { id, place: NOT_OURS, ..Slot::EMPTY };
        }
        self.cut(touches, validity);
        if let Some(place) = place {
            self.insert(Span { id, place, validity });
        }
        for slot in self.slots.iter_mut().filter(|slot| slot.place != EMPTY) {
            slot.validity = Slot::EMPTY.validity;
        }
        Ok(())
    }

    /// Takes a span of time out of some of the spans.
    fn cut(&mut self, touches: impl Fn(&Span) -> bool, out: Validity) {
        let mut at = 0;
        while at < self.spans.len() {
            let span = self.spans[at];
            let Validity { from, until } = span.validity;
            if !touches(&span) || until <= out.from || from >= out.until {
                at += 1;
                continue;
            }
            let before = Validity { from, until: out.from.min(until) };
            let after = Validity { from: out.until.max(from), until };
            match (before.from < before.until, after.from < after.until) {
                (true, true) => {
                    self.spans[at].validity = before;
                    self.spans.insert(at + 1, Span { validity: after, ..span });
                    at += 2;
                }
                (true, false) => (self.spans[at].validity, at) = (before, at + 1),
                (false, true) => (self.spans[at].validity, at) = (after, at + 1),
                (false, false) => drop(self.spans.remove(at)),
            }
        }
    }

    /// Puts a span into its place, joined to a neighbour that says the same.
    fn insert(&mut self, span: Span) {
        let at =
            self.spans.partition_point(|s| (s.id, s.validity.from) < (span.id, span.validity.from));
        let joins = |a: &Span, b: &Span| {
            (a.id, a.place, a.validity.until) == (b.id, b.place, b.validity.from)
        };
        self.spans.insert(at, span);
        if self.spans.get(at + 1).is_some_and(|next| joins(&span, next)) {
            self.spans[at].validity.until = self.spans[at + 1].validity.until;
            self.spans.remove(at + 1);
        }
        if at > 0 && joins(&self.spans[at - 1], &self.spans[at]) {
            self.spans[at - 1].validity.until = self.spans[at].validity.until;
            self.spans.remove(at);
        }
    }

    /// Whether anything was ever said of an identity or of an instrument.
    pub(crate) fn knows(&self, id: u32, place: usize) -> bool {
        self.spans.iter().any(|span| span.id == id || usize::from(span.place) == place)
    }

    pub(crate) fn clear(&mut self) {
        self.slots.fill(Slot::EMPTY);
        self.spans.clear();
        self.used = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    const AT: UnixNanos = UnixNanos(1);

    #[test]
    fn the_table_agrees_with_a_map_until_it_is_full_and_then_refuses() {
        let mut table = VendorIds::new();
        let mut model = BTreeMap::new();
        for n in 0..VENDOR_IDS_MAX as u32 {
            // A stride that piles onto few slots before mixing.
            let id = n.wrapping_mul(4096);
            table.set(id, Some(n as usize), Validity::ALWAYS).expect("room");
            model.insert(id, n as usize);
        }
        for (id, place) in &model {
            assert_eq!(table.get(*id, AT), Some(*place));
        }
        assert_eq!(table.get(1, AT), None);
        assert_eq!(table.set(1, Some(0), Validity::ALWAYS), Err(TableFull));
        assert_eq!(table.set(0, Some(5), Validity::ALWAYS), Ok(()), "a known one can be moved");
        assert_eq!(table.get(0, AT), Some(5));
    }

    #[test]
    fn an_identity_that_the_vendor_gives_to_another_symbol_is_no_longer_ours() {
        let mut table = VendorIds::new();
        table.set(17077, Some(0), Validity::ALWAYS).expect("room");
        table.set(17077, None, Validity::ALWAYS).expect("room");
        assert_eq!(table.get(17077, AT), None);
        table.set(17077, Some(3), Validity::ALWAYS).expect("room");
        assert_eq!(table.get(17077, AT), Some(3));
    }

    #[test]
    fn an_instrument_has_one_identity_at_a_time() {
        let mut table = VendorIds::new();
        table.set(100, Some(0), Validity::ALWAYS).expect("room");
        table.set(200, Some(0), Validity { from: 50, until: u64::MAX }).expect("room");
        let found =
            |table: &mut VendorIds, at| [100, 200].map(|id| table.get(id, UnixNanos(at)).is_some());
        assert_eq!(found(&mut table, 49), [true, false]);
        assert_eq!(found(&mut table, 50), [false, true]);
        assert_eq!(found(&mut table, 49), [true, false], "and it does not matter what was asked");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]
        #[test]
        fn spans_agree_with_a_table_of_every_moment(
            said in prop::collection::vec(
                (0u32..4, prop::option::of(0usize..3), 0u64..20, 0u64..20),
                1..24,
            ),
        ) {
            let mut table = VendorIds::new();
            let mut model = [[None; 20]; 4];
            for (id, place, a, b) in said {
                let validity = Validity { from: a.min(b), until: a.max(b) };
                table.set(id, place, validity).expect("room");
                for at in validity.from..validity.until {
                    for row in &mut model {
                        if place.is_some() && row[at as usize] == place {
                            row[at as usize] = None;
                        }
                    }
                    model[id as usize][at as usize] = place;
                }
                for (id, row) in model.iter().enumerate() {
                    for (at, place) in row.iter().enumerate() {
                        prop_assert_eq!(table.get(id as u32, UnixNanos(at as u64)), *place);
                    }
                }
            }
        }
    }
}
