//! One record of a file, by value, so that faults can be done to it.

use dbn::{InstrumentDefMsg, MboMsg, Mbp1Msg, OhlcvMsg, RecordHeader, RecordRef, TradeMsg};
use gauntlet_core::units::UnixNanos;

/// A record of any schema that can be generated.
#[derive(Clone, Debug, PartialEq)]
pub enum Rec {
    /// An event of the book of orders.
    Mbo(MboMsg),
    /// A change of the top of the book, or a trade.
    Mbp1(Mbp1Msg),
    /// A trade.
    Trade(TradeMsg),
    /// A bar.
    Bar(OhlcvMsg),
    /// A definition.
    Definition(Box<InstrumentDefMsg>),
}

impl Rec {
    /// For an encoder.
    pub fn as_ref(&self) -> RecordRef<'_> {
        match self {
            Rec::Mbo(record) => RecordRef::from(record),
            Rec::Mbp1(record) => RecordRef::from(record),
            Rec::Trade(record) => RecordRef::from(record),
            Rec::Bar(record) => RecordRef::from(record),
            Rec::Definition(record) => RecordRef::from(&**record),
        }
    }

    /// What every record has.
    pub fn header(&self) -> &RecordHeader {
        match self {
            Rec::Mbo(record) => &record.hd,
            Rec::Mbp1(record) => &record.hd,
            Rec::Trade(record) => &record.hd,
            Rec::Bar(record) => &record.hd,
            Rec::Definition(record) => &record.hd,
        }
    }

    /// The same, to change.
    pub fn header_mut(&mut self) -> &mut RecordHeader {
        match self {
            Rec::Mbo(record) => &mut record.hd,
            Rec::Mbp1(record) => &mut record.hd,
            Rec::Trade(record) => &mut record.hd,
            Rec::Bar(record) => &mut record.hd,
            Rec::Definition(record) => &mut record.hd,
        }
    }

    /// The exchange's time: of a bar, its beginning.
    pub fn at(&self) -> UnixNanos {
        UnixNanos(self.header().ts_event)
    }

    /// The capture server's time, where the record has one.
    pub fn ts_recv_mut(&mut self) -> Option<&mut u64> {
        match self {
            Rec::Mbo(record) => Some(&mut record.ts_recv),
            Rec::Mbp1(record) => Some(&mut record.ts_recv),
            Rec::Trade(record) => Some(&mut record.ts_recv),
            Rec::Definition(record) => Some(&mut record.ts_recv),
            Rec::Bar(_) => None,
        }
    }

    /// Marks it with flags of the vendor, where it has any.
    pub fn mark(&mut self, flags: u8) {
        let of = match self {
            Rec::Mbo(record) => &mut record.flags,
            Rec::Mbp1(record) => &mut record.flags,
            Rec::Trade(record) => &mut record.flags,
            Rec::Bar(_) | Rec::Definition(_) => return,
        };
        *of = dbn::FlagSet::new(of.raw() | flags);
    }

    /// Whether something traded in it.
    pub fn is_trade(&self) -> bool {
        let action = match self {
            Rec::Mbo(record) => record.action,
            Rec::Mbp1(record) => record.action,
            Rec::Trade(_) | Rec::Bar(_) => return true,
            Rec::Definition(_) => return false,
        };
        action as u8 == b'T'
    }

    /// Whether it is part of a book that is told anew.
    pub fn is_snapshot(&self) -> bool {
        matches!(self, Rec::Mbo(record) if record.flags.raw() & dbn::flags::SNAPSHOT != 0)
    }
}
