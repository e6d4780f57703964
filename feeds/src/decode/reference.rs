//! The records that are not market data, in the layouts of DBN versions 1 to 3.
//!
//! They are read by their bytes, not by a reference to their type: version 1 has fields that are
//! Rust enums, which no byte from a wire may be taken for unchecked.

use super::wire::{c_text, le_i64, too_short};
use super::{BadRecord, Note};
use dbn::RecordRef;
use gauntlet_model::ids::InstrumentId;
use gauntlet_model::input::Listing;
use gauntlet_model::text::Text;
use gauntlet_model::units::{Price, UnixNanos};
use std::mem::{offset_of, size_of};

/// Length of a currency with its NUL, in every version.
const CURRENCY_LEN: usize = 4;

/// The names that a symbol mapping gives to a vendor identity.
pub(crate) struct Names<'a> {
    /// As it was asked for.
    pub asked: &'a [u8],
    /// As the exchange has it.
    pub raw: &'a [u8],
    /// From when on, in nanoseconds since the Unix epoch; 0 where it does not say.
    pub start: u64,
    /// Until when; the greatest number where it does not say.
    pub end: u64,
}

pub(crate) fn mapping<'a>(record: &'a RecordRef<'_>) -> Result<Names<'a>, BadRecord> {
    use dbn::{v1::SymbolMappingMsg as V1, v2::SymbolMappingMsg as V2};
    let bytes = record.as_ref();
    macro_rules! read {
        ($layout:ty, $len:expr) => {{
            let text = |offset| c_text(bytes, offset, $len);
            let time = |offset| le_i64(bytes, offset) as u64;
            (
                text(offset_of!($layout, stype_in_symbol)),
                text(offset_of!($layout, stype_out_symbol)),
                time(offset_of!($layout, start_ts)),
                time(offset_of!($layout, end_ts)),
            )
        }};
    }
    let (asked, raw, start, end) = match bytes.len() {
        n if n >= size_of::<V2>() => read!(V2, dbn::v2::SYMBOL_CSTR_LEN),
        n if n >= size_of::<V1>() => read!(V1, dbn::v1::SYMBOL_CSTR_LEN),
        _ => return Err(too_short(record)),
    };
    let start = if start == dbn::UNDEF_TIMESTAMP { 0 } else { start };
    let end = if end == 0 { dbn::UNDEF_TIMESTAMP } else { end };
    Ok(Names { asked, raw, start, end })
}

/// The fields of an instrument definition that we use.
pub(crate) struct Definition<'a> {
    /// The exchange's symbol.
    pub symbol: &'a [u8],
    /// When the vendor received it.
    pub ts_recv: u64,
    currency: &'a [u8],
    tick: i64,
    display_factor: i64,
    unit_qty: i64,
    tick_amount: i64,
    high_limit: i64,
    low_limit: i64,
    expiration: u64,
}

impl<'a> Definition<'a> {
    pub(crate) fn of(record: &'a RecordRef<'_>) -> Result<Definition<'a>, BadRecord> {
        use dbn::{v1, v2, v3};
        let bytes = record.as_ref();
        macro_rules! read {
            ($version:ident) => {{
                use $version::InstrumentDefMsg as Layout;
                let symbol = offset_of!(Layout, raw_symbol);
                let number = |offset| le_i64(bytes, offset);
                Definition {
                    symbol: c_text(bytes, symbol, $version::SYMBOL_CSTR_LEN),
                    ts_recv: number(offset_of!(Layout, ts_recv)) as u64,
                    currency: c_text(bytes, offset_of!(Layout, currency), CURRENCY_LEN),
                    tick: number(offset_of!(Layout, min_price_increment)),
                    display_factor: number(offset_of!(Layout, display_factor)),
                    unit_qty: number(offset_of!(Layout, unit_of_measure_qty)),
                    tick_amount: number(offset_of!(Layout, min_price_increment_amount)),
                    high_limit: number(offset_of!(Layout, high_limit_price)),
                    low_limit: number(offset_of!(Layout, low_limit_price)),
                    expiration: number(offset_of!(Layout, expiration)) as u64,
                }
            }};
        }
        match bytes.len() {
            n if n >= size_of::<v3::InstrumentDefMsg>() => Ok(read!(v3)),
            n if n >= size_of::<v2::InstrumentDefMsg>() => Ok(read!(v2)),
            n if n >= size_of::<v1::InstrumentDefMsg>() => Ok(read!(v1)),
            _ => Err(too_short(record)),
        }
    }

    /// The definition as an input. Limits that leave no room between them are none.
    pub(super) fn listing(&self, instrument: InstrumentId, ts_event: u64) -> Listing {
        let has_limits = self.low_limit < self.high_limit;
        let limit = |price| if has_limits { Price(price) } else { Price::NONE };
        let expiration = if self.expiration == dbn::UNDEF_TIMESTAMP { 0 } else { self.expiration };
        Listing {
            instrument,
            tick: Price(self.tick),
            unit_qty: Price(self.unit_qty),
            tick_amount: Price(self.tick_amount),
            display_factor: Price(self.display_factor),
            currency: Text::from_wire(self.currency),
            expiration: UnixNanos(expiration),
            high_limit: limit(self.high_limit),
            low_limit: limit(self.low_limit),
            ts_event: UnixNanos(ts_event),
        }
    }
}

pub(super) fn system(record: &RecordRef<'_>) -> Result<Note, BadRecord> {
    use dbn::{v1::SystemMsg as V1, v2::SystemMsg as V2};
    const TEXT: usize = offset_of!(V2, msg);
    let bytes = record.as_ref();
    let (code, text) = if bytes.len() >= size_of::<V2>() {
        let code = offset_of!(V2, code);
        (bytes[code], c_text(bytes, TEXT, code - TEXT))
    } else if bytes.len() >= size_of::<V1>() {
        (dbn::SystemCode::Unset as u8, c_text(bytes, TEXT, size_of::<V1>() - TEXT))
    } else {
        return Err(too_short(record));
    };
    // Version 1 has no codes: there a heartbeat is known by its text.
    if code == dbn::SystemCode::Heartbeat as u8 || text == b"Heartbeat" {
        return Ok(Note::Heartbeat);
    }
    Ok(Note::System(code, String::from_utf8_lossy(text).into_owned()))
}

pub(super) fn error(record: &RecordRef<'_>) -> Result<Note, BadRecord> {
    use dbn::{v1::ErrorMsg as V1, v2::ErrorMsg as V2};
    const TEXT: usize = offset_of!(V2, err);
    let bytes = record.as_ref();
    let (code, text) = if bytes.len() >= size_of::<V2>() {
        let code = offset_of!(V2, code);
        (bytes[code], c_text(bytes, TEXT, code - TEXT))
    } else if bytes.len() >= size_of::<V1>() {
        (dbn::ErrorCode::Unset as u8, c_text(bytes, TEXT, size_of::<V1>() - TEXT))
    } else {
        return Err(too_short(record));
    };
    Ok(Note::Error(code, String::from_utf8_lossy(text).into_owned()))
}
