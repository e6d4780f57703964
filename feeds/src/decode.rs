//! DBN records to inputs, in place and without allocation.
//!
//! Records are read as they are on the wire, in the layout of the DBN version that wrote them (1 to
//! 3): market-data records are the same in all three, and the few fields needed of the others are
//! read where their version puts them. Nothing is trusted: a record too short for its type, of an
//! unknown type or with an impossible field is an error, never a panic.

mod depth;
mod reference;
mod wire;

use crate::mapping::{is_continuous, mapped};
use crate::symbols::{FeedInstrument, Validity, VendorIds};
use dbn::{RecordRef, rtype};
use depth::{Changes, Stamp, Ten};
use gauntlet_model::ids::InstrumentId;
use gauntlet_model::input::{
    BookAction, Input, Level, Listing, Mbo, Ohlcv, Quote, Trade, TradingStatus,
};
use gauntlet_model::listing::Disagreement;
use gauntlet_model::units::{NANOS_PER_SECOND, Price, UnixNanos};
pub(crate) use reference::{Definition, mapping as symbol_mapping};
use wire::{action, side, top, trading_state};
pub(crate) use wire::{check_length, known_at, view};

/// What a record means to us.
#[derive(Clone, Debug, PartialEq)]
pub enum Decoded {
    /// Something for the sequenced stream, and the time at which the data says that it became known.
    Input(Input, UnixNanos),
    /// A quote of a record with ten levels, as [`Decoded::Input`]. The levels that it changed,
    /// [`Decoder::changes`], come before it.
    Depth(Quote, UnixNanos),
    /// News about the feed, for its owner.
    Note(Note),
    /// Nothing: another instrument, or a type of record that is not used.
    Ignored,
}

/// News about the feed that is not market data.
#[derive(Clone, Debug, PartialEq)]
pub enum Note {
    /// The line is alive.
    Heartbeat,
    /// One of our symbols has a vendor identity now.
    Mapped(FeedInstrument),
    /// A message from the gateway that is not an error, with its code (DBN `SystemCode`).
    System(u8, String),
    /// An error from the gateway, with its code (DBN `ErrorCode`; 255 where it has none).
    Error(u8, String),
    /// A vendor identity of one of our symbols found no room: its data cannot be told apart.
    TableFull(FeedInstrument),
}

/// The exchange's definition of an instrument disagrees with ours.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error(
    "the exchange defines {} with tick {}, {} units a contract and {} a tick (display factor {}, \
     currency {:?}), the configuration has tick {} and multiplier {}: {disagreement}, correct it",
    instrument.symbol, listing.tick, listing.unit_qty, listing.tick_amount, listing.display_factor,
    listing.currency.as_str(), instrument.tick, instrument.multiplier
)]
pub struct Mismatch {
    /// Which instrument, as we have it.
    pub instrument: FeedInstrument,
    /// In what they disagree.
    pub disagreement: Disagreement,
    /// What the exchange says.
    pub listing: Listing,
}

/// A record that cannot be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadRecord {
    /// Its type is not one of DBN's.
    #[error("unknown record type {0:#04x}")]
    UnknownType(u8),
    /// Every DBN record is a multiple of eight bytes long; this one would put the next one, and all
    /// that follow, where they cannot be read in place.
    #[error(
        "record type {rtype:#04x} with a length of {length} bytes, which is not a multiple of 8"
    )]
    Misaligned {
        /// The type.
        rtype: u8,
        /// Its length in bytes.
        length: usize,
    },
    /// It is shorter than its type.
    #[error("record type {rtype:#04x} with only {length} bytes")]
    TooShort {
        /// The type.
        rtype: u8,
        /// Its length in bytes.
        length: usize,
    },
    /// A field has a value that DBN does not know.
    #[error("record type {rtype:#04x} with an impossible {field} of {value:#04x}")]
    BadField {
        /// The type.
        rtype: u8,
        /// Which field.
        field: &'static str,
        /// Its value.
        value: u8,
    },
}

/// Turns records into inputs, and keeps what is needed to do so: which vendor identity is which of
/// our instruments.
#[derive(Clone, Debug)]
pub struct Decoder {
    instruments: Vec<FeedInstrument>,
    /// By instrument, the last ten levels.
    tens: Vec<Ten>,
    changes: Changes,
    ids: VendorIds,
    /// Whether a header told when each identity holds: then no record tells it otherwise.
    is_dated: bool,
    /// By instrument, whether it is a series of contracts that are to be kept apart.
    series: Vec<bool>,
    /// By instrument, the vendor identity of its last record.
    contracts: Vec<u32>,
    /// The latest time that a record of ours told.
    latest: UnixNanos,
    unknown: u64,
    unused: u64,
}

impl Decoder {
    /// A decoder for these instruments. Until a mapping or a definition names an instrument's vendor
    /// identity, its records are ignored.
    pub fn new(instruments: &[FeedInstrument]) -> Decoder {
        Decoder {
            instruments: instruments.to_vec(),
            tens: vec![Ten::NONE; instruments.len()],
            changes: Changes::new(),
            ids: VendorIds::new(),
            is_dated: false,
            series: vec![false; instruments.len()],
            contracts: vec![0; instruments.len()],
            latest: UnixNanos(0),
            unknown: 0,
            unused: 0,
        }
    }

    /// A decoder for these instruments of a file with this header. It has room for every identity
    /// that the header gives them, and begins anew with each contract of a continuous symbol.
    pub fn of_file(instruments: &[FeedInstrument], metadata: &dbn::Metadata) -> Decoder {
        let mut decoder = Decoder::new(instruments);
        decoder.series =
            instruments.iter().map(|i| is_continuous(metadata, i.symbol.as_str())).collect();
        let ours = mapped(metadata).filter(|m| decoder.place(m.symbol.as_bytes()).is_some());
        decoder.ids = VendorIds::with_room_for(ours.count());
        decoder.map_metadata(metadata, &mut |_| {});
        decoder
    }

    /// One more instrument of ours.
    pub fn add(&mut self, instrument: FeedInstrument) {
        self.instruments.push(instrument);
        self.tens.push(Ten::NONE);
        self.series.push(false);
        self.contracts.push(0);
    }

    /// Records ignored so far since their instrument is not one of ours.
    pub fn unknown_instruments(&self) -> u64 {
        self.unknown
    }

    /// Records ignored so far since their type is not used.
    pub fn unused_types(&self) -> u64 {
        self.unused
    }

    /// Forgets the vendor identities and the levels of books: a new session tells its own, to
    /// somebody who knows of none.
    pub fn forget_session(&mut self) {
        self.ids.clear();
        self.is_dated = false;
        self.tens.fill(Ten::NONE);
    }

    /// The levels that the last [`Decoded::Depth`] changed.
    pub fn changes(&self) -> &[Level] {
        self.changes.as_slice()
    }

    /// What the exchange defines otherwise than we do, if anything.
    pub fn mismatch(&self, listing: &Listing) -> Option<Mismatch> {
        let ours = *self.instruments.iter().find(|i| i.instrument == listing.instrument)?;
        listing.disagreement(ours.tick, ours.multiplier).map(|disagreement| Mismatch {
            instrument: ours,
            disagreement,
            listing: *listing,
        })
    }

    /// Takes the vendor identities from a DBN header, where it has any, each for its days.
    pub fn map_metadata(&mut self, metadata: &dbn::Metadata, note: &mut impl FnMut(Note)) {
        for one in mapped(metadata) {
            self.is_dated = true;
            if let Some(place) = self.place(one.symbol.as_bytes()) {
                note(self.map(one.id, place, one.validity));
            }
        }
    }

    /// What a record means.
    ///
    /// # Errors
    /// [`BadRecord`]: the stream that it came by cannot be trusted any more.
    #[inline]
    pub fn decode(&mut self, record: RecordRef<'_>) -> Result<Decoded, BadRecord> {
        match record.header().rtype {
            rtype::MBO => self.mbo(view(&record)?),
            rtype::MBP_1 | rtype::TBBO => self.mbp1(view(&record)?),
            rtype::MBP_0 => self.trade(view(&record)?),
            rtype::MBP_10 => self.mbp10(view(&record)?),
            rtype::BBO_1S | rtype::BBO_1M => self.bbo(view(&record)?),
            rtype::OHLCV_1S => self.ohlcv(view(&record)?, 1),
            rtype::OHLCV_1M => self.ohlcv(view(&record)?, 60),
            rtype::OHLCV_1H => self.ohlcv(view(&record)?, 3_600),
            rtype::OHLCV_1D => self.ohlcv(view(&record)?, 86_400),
            rtype::STATUS => self.status(view(&record)?),
            rtype::INSTRUMENT_DEF => self.definition(record),
            rtype::SYMBOL_MAPPING => self.symbol_mapping(record),
            rtype::SYSTEM => Ok(Decoded::Note(reference::system(&record)?)),
            rtype::ERROR => Ok(Decoded::Note(reference::error(&record)?)),
            other if dbn::RType::try_from(other).is_ok() => {
                self.unused += 1;
                Ok(Decoded::Ignored)
            }
            other => Err(BadRecord::UnknownType(other)),
        }
    }

    #[inline]
    fn instrument(&mut self, header: &dbn::RecordHeader, at: UnixNanos) -> Option<InstrumentId> {
        self.place_of(header, at).map(|place| self.instruments[place].instrument)
    }

    /// Whose a record is. `at` is when it became known; a record that does not say comes after the
    /// one before it.
    #[inline]
    fn place_of(&mut self, header: &dbn::RecordHeader, at: UnixNanos) -> Option<usize> {
        let at = if at.0 == 0 { self.latest } else { at };
        let id = header.instrument_id;
        let Some(place) = self.ids.get(id, at) else {
            self.unknown += 1;
            return None;
        };
        self.latest = at;
        if self.contracts[place] != id {
            self.turn(place, id);
        }
        Some(place)
    }

    /// An instrument has another identity than before.
    #[cold]
    fn turn(&mut self, place: usize, id: u32) {
        self.contracts[place] = id;
        if self.series[place] {
            self.tens[place] = Ten::NONE;
        }
    }

    fn place(&self, symbol: &[u8]) -> Option<usize> {
        self.instruments.iter().position(|i| i.symbol.as_bytes() == symbol)
    }

    fn map(&mut self, vendor_id: u32, place: usize, validity: Validity) -> Note {
        match self.ids.set(vendor_id, Some(place), validity) {
            Ok(()) => Note::Mapped(self.instruments[place]),
            Err(_) => Note::TableFull(self.instruments[place]),
        }
    }

    fn mbo(&mut self, record: &dbn::MboMsg) -> Result<Decoded, BadRecord> {
        let at = known_at(record.ts_recv, record.hd.ts_event);
        let Some(instrument) = self.instrument(&record.hd, at) else {
            return Ok(Decoded::Ignored);
        };
        let input = Input::Mbo(Mbo {
            instrument,
            action: action(record.action as u8, rtype::MBO)?,
            side: side(record.side as u8, rtype::MBO)?,
            flags: record.flags.raw(),
            price: Price(record.price),
            size: record.size,
            order_id: record.order_id,
            ts_event: UnixNanos(record.hd.ts_event),
            sequence: record.sequence,
        });
        Ok(Decoded::Input(input, at))
    }

    fn mbp1(&mut self, record: &dbn::Mbp1Msg) -> Result<Decoded, BadRecord> {
        let at = known_at(record.ts_recv, record.hd.ts_event);
        let Some(instrument) = self.instrument(&record.hd, at) else {
            return Ok(Decoded::Ignored);
        };
        let input = Input::Quote(Quote {
            instrument,
            action: action(record.action as u8, record.hd.rtype)?,
            side: side(record.side as u8, record.hd.rtype)?,
            flags: record.flags.raw(),
            price: Price(record.price),
            size: record.size,
            top: top(&record.levels[0]),
            ts_event: UnixNanos(record.hd.ts_event),
            sequence: record.sequence,
        });
        Ok(Decoded::Input(input, at))
    }

    fn mbp10(&mut self, record: &dbn::Mbp10Msg) -> Result<Decoded, BadRecord> {
        let at = known_at(record.ts_recv, record.hd.ts_event);
        let Some(place) = self.place_of(&record.hd, at) else { return Ok(Decoded::Ignored) };
        let instrument = self.instruments[place].instrument;
        let (flags, sequence) = (record.flags.raw(), record.sequence);
        let ts_event = UnixNanos(record.hd.ts_event);
        let quote = Quote {
            instrument,
            action: action(record.action as u8, rtype::MBP_10)?,
            side: side(record.side as u8, rtype::MBP_10)?,
            flags,
            price: Price(record.price),
            size: record.size,
            top: top(&record.levels[0]),
            ts_event,
            sequence,
        };
        let stamp = Stamp { instrument, flags, ts_event, sequence };
        self.changes.follow(&mut self.tens[place], &record.levels, stamp);
        Ok(Decoded::Depth(quote, at))
    }

    /// A quote sampled at the end of an interval. Its price and size are of the interval's last
    /// trade, which is not news, so the action is none; its event time is that trade's, so the
    /// quote's is the end of the interval.
    fn bbo(&mut self, record: &dbn::BboMsg) -> Result<Decoded, BadRecord> {
        let at = known_at(record.ts_recv, record.hd.ts_event);
        let Some(instrument) = self.instrument(&record.hd, at) else {
            return Ok(Decoded::Ignored);
        };
        let input = Input::Quote(Quote {
            instrument,
            action: BookAction::None,
            side: side(record.side as u8, record.hd.rtype)?,
            flags: record.flags.raw(),
            price: Price(record.price),
            size: record.size,
            top: top(&record.levels[0]),
            ts_event: at,
            sequence: record.sequence,
        });
        Ok(Decoded::Input(input, at))
    }

    fn trade(&mut self, record: &dbn::TradeMsg) -> Result<Decoded, BadRecord> {
        let at = known_at(record.ts_recv, record.hd.ts_event);
        let Some(instrument) = self.instrument(&record.hd, at) else {
            return Ok(Decoded::Ignored);
        };
        if action(record.action as u8, rtype::MBP_0)? != BookAction::Trade {
            self.unused += 1;
            return Ok(Decoded::Ignored);
        }
        let input = Input::Trade(Trade {
            instrument,
            side: side(record.side as u8, rtype::MBP_0)?,
            flags: record.flags.raw(),
            price: Price(record.price),
            size: record.size,
            ts_event: UnixNanos(record.hd.ts_event),
            sequence: record.sequence,
        });
        Ok(Decoded::Input(input, at))
    }

    /// A bar is stamped with its beginning, and known at its end: a clock that took the stamp would
    /// look ahead.
    fn ohlcv(&mut self, record: &dbn::OhlcvMsg, seconds: u32) -> Result<Decoded, BadRecord> {
        let at = known_at(0, record.hd.ts_event);
        let Some(instrument) = self.instrument(&record.hd, at) else {
            return Ok(Decoded::Ignored);
        };
        let ts_open = UnixNanos(record.hd.ts_event);
        let input = Input::Ohlcv(Ohlcv {
            instrument,
            seconds,
            ts_open,
            open: Price(record.open),
            high: Price(record.high),
            low: Price(record.low),
            close: Price(record.close),
            volume: record.volume,
        });
        let seconds = u64::from(seconds) * NANOS_PER_SECOND;
        // One without a time has no end either.
        Ok(Decoded::Input(input, if at.0 == 0 { at } else { at.plus(seconds) }))
    }

    fn status(&mut self, record: &dbn::StatusMsg) -> Result<Decoded, BadRecord> {
        let at = known_at(record.ts_recv, record.hd.ts_event);
        let Some(instrument) = self.instrument(&record.hd, at) else {
            return Ok(Decoded::Ignored);
        };
        let Some(state) = trading_state(record.action) else {
            self.unused += 1;
            return Ok(Decoded::Ignored);
        };
        let ts_event = UnixNanos(record.hd.ts_event);
        let input = Input::Status(TradingStatus { instrument, state, ts_event });
        Ok(Decoded::Input(input, at))
    }

    /// Maps the instrument, where nothing else does, and passes on what the exchange says of it.
    fn definition(&mut self, record: RecordRef<'_>) -> Result<Decoded, BadRecord> {
        let definition = Definition::of(&record)?;
        let vendor_id = record.header().instrument_id;
        let ts_event = record.header().ts_event;
        let at = known_at(definition.ts_recv, ts_event);
        let named = self.place(definition.symbol).filter(|_| !self.is_dated);
        if let Some(place) = named
            && self.ids.get(vendor_id, at) != Some(place)
            && let Note::TableFull(instrument) = self.name(vendor_id, place, at.0, u64::MAX)
        {
            return Ok(Decoded::Note(Note::TableFull(instrument)));
        }
        // An instrument that was asked for by another name is known by its mapping.
        let Some(place) = self.place_of(record.header(), at) else { return Ok(Decoded::Ignored) };
        let listing = definition.listing(self.instruments[place].instrument, ts_event);
        Ok(Decoded::Input(Input::Listing(listing), at))
    }

    fn symbol_mapping(&mut self, record: RecordRef<'_>) -> Result<Decoded, BadRecord> {
        let said = symbol_mapping(&record)?;
        let vendor_id = record.header().instrument_id;
        Ok(match self.place(said.raw).or_else(|| self.place(said.asked)) {
            Some(place) => Decoded::Note(self.name(vendor_id, place, said.start, said.end)),
            None => {
                let validity = Validity { from: said.start, until: said.end };
                // Taking an identity away takes room only where it splits a span of ours.
                let _ = self.ids.set(vendor_id, None, validity);
                Decoded::Ignored
            }
        })
    }

    /// A record names an instrument from a moment on. Of an identity and an instrument that nothing
    /// was said of, it tells what they were before too: a stream names them as it begins, and may
    /// tell of the past then.
    fn name(&mut self, vendor_id: u32, place: usize, from: u64, until: u64) -> Note {
        let from = if self.ids.knows(vendor_id, place) { from } else { 0 };
        self.map(vendor_id, place, Validity { from, until })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_definition_names_the_instrument_and_says_what_the_exchange_says() {
        let mut es = FeedInstrument::unchecked("ESH4", InstrumentId(4));
        es.tick = Price(250_000_000);
        let mut decoder = Decoder::new(&[es]);
        let mut definition = dbn::InstrumentDefMsg::default();
        definition.hd.instrument_id = 17;
        for (to, from) in definition.raw_symbol.iter_mut().zip(b"ESH4") {
            *to = *from as _;
        }
        let mut trade = dbn::TradeMsg::default();
        (trade.action, trade.side, trade.hd.instrument_id) = (b'T' as _, b'N' as _, 17);
        assert_eq!(decoder.decode((&trade).into()), Ok(Decoded::Ignored), "not named yet");
        for (tick, agrees) in [(250_000_000, true), (100_000_000, false)] {
            definition.min_price_increment = tick;
            let said = decoder.decode((&definition).into());
            let Ok(Decoded::Input(Input::Listing(listing), _)) = said else { panic!("{said:?}") };
            assert_eq!((listing.instrument, listing.tick), (InstrumentId(4), Price(tick)));
            assert_eq!((listing.expiration, listing.high_limit), (UnixNanos(0), Price::NONE));
            assert_eq!(decoder.mismatch(&listing).is_none(), agrees);
            let said = decoder.decode((&trade).into()).expect("a trade");
            assert!(matches!(said, Decoded::Input(Input::Trade(_), _)), "the data goes on");
        }
        assert_eq!(decoder.unknown_instruments(), 1);
    }
}
