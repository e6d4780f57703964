//! The records that are not market data, in the layouts of DBN versions 1 to 3.
//!
//! They are read by their bytes, not by a reference to their type: version 1 has fields that are
//! Rust enums, which no byte from a wire may be taken for unchecked.

use super::wire::{c_text, le_i64, too_short};
use super::{BadRecord, Mismatch, Note};
use crate::symbols::FeedInstrument;
use dbn::RecordRef;
use gauntlet_core::units::{PRICE_SCALE, Price};
use std::mem::{offset_of, size_of};

/// The names that a symbol mapping gives to a vendor identity.
pub(super) struct Names<'a> {
    /// As it was asked for.
    pub asked: &'a [u8],
    /// As the exchange has it.
    pub raw: &'a [u8],
}

pub(super) fn mapping<'a>(record: &'a RecordRef<'_>) -> Result<Names<'a>, BadRecord> {
    use dbn::{v1::SymbolMappingMsg as V1, v2::SymbolMappingMsg as V2};
    let bytes = record.as_ref();
    let (asked, raw, len) = if bytes.len() >= size_of::<V2>() {
        let (asked, raw) = (offset_of!(V2, stype_in_symbol), offset_of!(V2, stype_out_symbol));
        (asked, raw, dbn::v2::SYMBOL_CSTR_LEN)
    } else if bytes.len() >= size_of::<V1>() {
        let (asked, raw) = (offset_of!(V1, stype_in_symbol), offset_of!(V1, stype_out_symbol));
        (asked, raw, dbn::v1::SYMBOL_CSTR_LEN)
    } else {
        return Err(too_short(record));
    };
    Ok(Names { asked: c_text(bytes, asked, len), raw: c_text(bytes, raw, len) })
}

/// The fields of an instrument definition that we check.
pub(super) struct Definition<'a> {
    /// The exchange's symbol.
    pub symbol: &'a [u8],
    tick: i64,
    display_factor: i64,
    unit_qty: i64,
    tick_amount: i64,
}

impl<'a> Definition<'a> {
    pub(super) fn of(record: &'a RecordRef<'_>) -> Result<Definition<'a>, BadRecord> {
        use dbn::{v1, v2, v3};
        let bytes = record.as_ref();
        macro_rules! read {
            ($version:ident) => {{
                use $version::InstrumentDefMsg as Layout;
                let symbol = offset_of!(Layout, raw_symbol);
                Definition {
                    symbol: c_text(bytes, symbol, $version::SYMBOL_CSTR_LEN),
                    tick: le_i64(bytes, offset_of!(Layout, min_price_increment)),
                    display_factor: le_i64(bytes, offset_of!(Layout, display_factor)),
                    unit_qty: le_i64(bytes, offset_of!(Layout, unit_of_measure_qty)),
                    tick_amount: le_i64(bytes, offset_of!(Layout, min_price_increment_amount)),
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

    /// Compares the tick, and the multiplier in the two ways that CME's definitions tell it: as the
    /// units of a contract (FIX tag 1147), which is so for all that is priced in dollars a unit, or
    /// by the value of a tick (tag 1146), which Databento scales by the display factor as if it were
    /// a price. What a definition leaves open is not compared.
    pub(super) fn mismatch(&self, ours: FeedInstrument) -> Option<Mismatch> {
        const UNIT: i128 = PRICE_SCALE as i128;
        let given = |value: i64| value != i64::MAX && value != 0;
        let (tick, multiplier) = (i128::from(ours.tick.0), i128::from(ours.multiplier.0));
        let tick_differs = ours.tick.is_some() && given(self.tick) && self.tick != ours.tick.0;
        let factor =
            if given(self.display_factor) { i128::from(self.display_factor) } else { UNIT };
        // Multipliers are in 1e-6 dollars, all else is in units of 1e-9.
        let by_units = given(self.unit_qty) && i128::from(self.unit_qty) == multiplier * 1_000;
        let by_tick = given(self.tick_amount)
            && ours.tick.is_some()
            && i128::from(self.tick_amount) * 1_000_000 * UNIT == tick * multiplier * factor;
        let told = given(self.unit_qty) || given(self.tick_amount);
        let multiplier_differs = multiplier != 0 && told && !by_units && !by_tick;
        (tick_differs || multiplier_differs).then_some(Mismatch {
            instrument: ours,
            tick: Price(self.tick),
            unit_qty: Price(self.unit_qty),
            tick_amount: Price(self.tick_amount),
            display_factor: Price(self.display_factor),
        })
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
