//! Fields of DBN records, checked.

use super::BadRecord;
use dbn::RecordRef;
use gauntlet_model::input::{BookAction, TopOfBook, TradingState};
use gauntlet_model::units::{Price, Side, UnixNanos};
use std::mem::size_of;

/// Checks that the record leaves the one after it aligned. dbn's decoder does not, and would make
/// an unaligned reference of the next: so no record is asked for past one that fails this.
#[inline]
pub(crate) fn check_length(record: &RecordRef<'_>) -> Result<(), BadRecord> {
    let header = record.header();
    match header.record_size() {
        length if length % 8 == 0 => Ok(()),
        length => Err(BadRecord::Misaligned { rtype: header.rtype, length }),
    }
}

/// The record as its type, if it is long enough.
#[inline]
pub(crate) fn view<'a, T: dbn::HasRType<Header = dbn::RecordHeader>>(
    record: &RecordRef<'a>,
) -> Result<&'a T, BadRecord> {
    // `get` panics on a record that is too short, so the length goes first.
    if record.header().record_size() < size_of::<T>() {
        return Err(too_short(record));
    }
    record.get::<T>().ok_or(BadRecord::UnknownType(record.header().rtype))
}

pub(super) fn too_short(record: &RecordRef<'_>) -> BadRecord {
    let header = record.header();
    BadRecord::TooShort { rtype: header.rtype, length: header.record_size() }
}

/// NUL-terminated text in a field of `len` bytes at `offset`. The caller has checked the length.
pub(super) fn c_text(bytes: &[u8], offset: usize, len: usize) -> &[u8] {
    let field = &bytes[offset..offset + len];
    &field[..field.iter().position(|b| *b == 0).unwrap_or(len)]
}

pub(super) fn le_i64(bytes: &[u8], offset: usize) -> i64 {
    let mut field = [0; 8];
    field.copy_from_slice(&bytes[offset..offset + 8]);
    i64::from_le_bytes(field)
}

/// When the vendor received it, or, where it does not say, when it happened; zero where it says
/// neither, so that no clock moves by it.
#[inline]
pub(crate) fn known_at(ts_recv: u64, ts_event: u64) -> UnixNanos {
    let ts = if matches!(ts_recv, 0 | dbn::UNDEF_TIMESTAMP) { ts_event } else { ts_recv };
    UnixNanos(if ts == dbn::UNDEF_TIMESTAMP { 0 } else { ts })
}

#[inline]
pub(super) fn top(level: &dbn::BidAskPair) -> TopOfBook {
    TopOfBook {
        bid: Price(level.bid_px),
        ask: Price(level.ask_px),
        bid_size: level.bid_sz,
        ask_size: level.ask_sz,
    }
}

/// DBN `Action`.
#[inline]
pub(super) fn action(value: u8, rtype: u8) -> Result<BookAction, BadRecord> {
    Ok(match value {
        b'A' => BookAction::Add,
        b'M' => BookAction::Modify,
        b'C' => BookAction::Cancel,
        b'R' => BookAction::Clear,
        b'T' => BookAction::Trade,
        b'F' => BookAction::Fill,
        b'N' => BookAction::None,
        _ => return Err(BadRecord::BadField { rtype, field: "action", value }),
    })
}

/// DBN `Side`: `A` is the ask or a selling aggressor, `B` the bid or a buying one.
#[inline]
pub(super) fn side(value: u8, rtype: u8) -> Result<Option<Side>, BadRecord> {
    Ok(match value {
        b'A' => Some(Side::Sell),
        b'B' => Some(Side::Buy),
        b'N' => None,
        _ => return Err(BadRecord::BadField { rtype, field: "side", value }),
    })
}

/// DBN `StatusAction`, reduced. `None` where the state does not change; an action that nobody knows
/// halts, so that nothing is sent on a guess.
pub(super) fn trading_state(action: u16) -> Option<TradingState> {
    use dbn::StatusAction as A;
    Some(match A::try_from(action) {
        Ok(A::None | A::NewPriceIndication | A::SsrChange) => return None,
        Ok(A::Trading) => TradingState::Open,
        Ok(A::PreOpen | A::PreCross | A::Quoting | A::Cross | A::Rotation) => TradingState::PreOpen,
        Ok(A::Halt | A::Pause | A::Suspend) => TradingState::Halted,
        Ok(A::PreClose | A::Close | A::PostClose | A::NotAvailableForTrading) => {
            TradingState::Closed
        }
        Ok(_) | Err(_) => TradingState::Halted,
    })
}
