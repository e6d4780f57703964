//! What a file is, by its first bytes.

use dbn::RType;
use std::mem::size_of;

/// Bytes that [`Form::of`] looks at.
pub(crate) const HEAD_LEN: usize = 16;

/// The form of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// DBN with its header.
    Dbn,
    /// What came before DBN.
    Dbz,
    /// Records of DBN without a header.
    Fragment,
    /// A zip file.
    Zip,
    /// Compressed by gzip.
    Gzip,
    /// Compressed by zstd.
    Zstd,
    /// No text.
    Binary,
    /// Perhaps text.
    Text,
}

impl Form {
    /// Looks at the first bytes of a file: [`HEAD_LEN`] of them, or all that there are.
    pub(crate) fn of(head: &[u8]) -> Form {
        match head {
            [b'D', b'B', b'N', ..] => Form::Dbn,
            [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Form::Zip,
            [0x1f, 0x8b, ..] => Form::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Form::Zstd,
            // A frame that decompressors skip holds its header.
            [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Form::Dbz,
            _ if is_record(head) => Form::Fragment,
            _ if head.contains(&0) => Form::Binary,
            _ => Form::Text,
        }
    }

    /// Why a file of this form cannot be read, and what to do; `None` for those that can be.
    pub(crate) fn refusal(self) -> Option<&'static str> {
        match self {
            Form::Dbz => Some(
                "it is of the form DBZ, which DBN replaced: convert it with Databento's program \
                 `dbn`, or download it again",
            ),
            Form::Fragment => Some(
                "it holds DBN records without their header, which tells their symbols: give the \
                 whole file, or join the fragments behind the header with Databento's program `dbn`",
            ),
            Form::Binary => Some("it is neither text nor of a form that is known"),
            _ => None,
        }
    }
}

/// Whether a DBN record begins here: its length, in words of four bytes, is that of its type.
fn is_record(head: &[u8]) -> bool {
    let [words, rtype, ..] = *head else { return false };
    let length = 4 * usize::from(words);
    let fits = |size: usize| length == size || length == size + size_of::<u64>();
    match RType::try_from(rtype) {
        Ok(RType::Mbo) => fits(size_of::<dbn::MboMsg>()),
        Ok(RType::Mbp0) => fits(size_of::<dbn::TradeMsg>()),
        Ok(RType::Mbp1) => fits(size_of::<dbn::Mbp1Msg>()),
        Ok(RType::Mbp10) => fits(size_of::<dbn::Mbp10Msg>()),
        Ok(RType::Bbo1S | RType::Bbo1M) => fits(size_of::<dbn::BboMsg>()),
        Ok(RType::Ohlcv1S | RType::Ohlcv1M | RType::Ohlcv1H | RType::Ohlcv1D) => {
            fits(size_of::<dbn::OhlcvMsg>())
        }
        Ok(RType::Status) => fits(size_of::<dbn::StatusMsg>()),
        // Those that came in several lengths.
        Ok(
            RType::InstrumentDef
            | RType::Statistics
            | RType::SymbolMapping
            | RType::System
            | RType::Error,
        ) => length >= 64 && head.contains(&0),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_told_by_their_first_bytes() {
        let mut trade = dbn::TradeMsg::default();
        trade.hd.instrument_id = 0x4141_4141;
        let trade: &[u8] = trade.as_ref();
        for (head, form) in [
            (&b"DBN\x03...."[..], Form::Dbn),
            (b"PK\x03\x04....", Form::Zip),
            (b"\x1f\x8b", Form::Gzip),
            (b"\x28\xb5\x2f\xfd....", Form::Zstd),
            (b"\x51\x2a\x4d\x18\x90\0\0\0", Form::Dbz),
            (&trade[..HEAD_LEN], Form::Fragment),
            (b"ab\0c", Form::Binary),
            (b"ts_event,open,hi", Form::Text),
            (b"0 33 5 8 13 21 3", Form::Text),
            (b"", Form::Text),
        ] {
            assert_eq!(Form::of(head), form, "{head:?}");
        }
    }
}
