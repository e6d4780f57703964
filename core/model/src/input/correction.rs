//! What is put right: fills that the stream of reports did not tell, or told wrongly.
//!
//! A [`Correction`] is booked by all stages alike, in the order of the stream, whoever asks for it: the
//! platform itself, because a broker's status, bust or correction says so (risk then tells a
//! [`Booking`](crate::effect::Booking), and its owner hands it back as an input), or a person. So a
//! replay of the journal puts the same right at the same place.

use super::Route;
use crate::effect::Booking;
use crate::ids::{AccountId, BotId, ClOrdId, InstrumentId};
use crate::record::journaled;
use crate::text::Text;
use crate::units::{Price, Side};
use rkyv::{Archive, Deserialize, Serialize};

/// What a correction does.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug, Hash)]
#[repr(u8)]
pub enum CorrectionKind {
    /// Books a fill.
    Book = 0,
    /// Takes a fill back, as if it had never been.
    TakeBack = 1,
    /// Brings a bot's position to a number of contracts: the difference is booked as a fill.
    Adjust = 2,
    /// Calls an order over, which its broker has forgotten.
    WriteOff = 3,
    /// Lifts the doubt of an account in an instrument: somebody has compared it with the broker.
    Settle = 4,
    /// Asks the brokers about every live order.
    Enquire = 5,
    /// Takes a fill back from the chain's head alone, which counted what the others did not.
    Retract = 6,
}

impl CorrectionKind {
    /// Every kind, in order.
    pub const ALL: [CorrectionKind; 7] = [
        CorrectionKind::Book,
        CorrectionKind::TakeBack,
        CorrectionKind::Adjust,
        CorrectionKind::WriteOff,
        CorrectionKind::Settle,
        CorrectionKind::Enquire,
        CorrectionKind::Retract,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            CorrectionKind::Book => "book",
            CorrectionKind::TakeBack => "take_back",
            CorrectionKind::Adjust => "adjust",
            CorrectionKind::WriteOff => "write_off",
            CorrectionKind::Settle => "settle",
            CorrectionKind::Enquire => "enquire",
            CorrectionKind::Retract => "retract",
        }
    }

    /// Whether it moves a position.
    pub fn moves_position(self) -> bool {
        matches!(self, CorrectionKind::Book | CorrectionKind::TakeBack | CorrectionKind::Adjust)
    }
}

journaled! {
    /// Something is put right. See the module.
    pub struct Correction {
        /// What is done.
        pub kind: CorrectionKind,
        /// Whether the platform does it by a broker's word, and no person.
        pub by_broker: bool,
        /// By which route, where the broker's word came by one.
        pub route: Option<Route>,
        /// Whose position; `None` where it is about no bot.
        pub bot: Option<BotId>,
        /// The account; `None` for the bot's.
        pub account: Option<AccountId>,
        /// The instrument; `None` for the bot's.
        pub instrument: Option<InstrumentId>,
        /// The order that it is about, by any of its identities; [`ClOrdId::NONE`] for none.
        pub order: ClOrdId,
        /// The newest identity of that order when it was made out; [`ClOrdId::NONE`] by a person.
        pub newest: ClOrdId,
        /// The broker's identity of the fill (tag 17), where there is one.
        pub exec_id: Text<32>,
        /// The side of the fill.
        pub side: Side,
        /// Contracts of the fill.
        pub qty: u32,
        /// The price of the fill, or of an adjustment.
        pub price: Price,
        /// Of an adjustment: the contracts held after it, signed.
        pub target: i32,
        /// Of a broker's word: the contracts of the order that it says are filled, which is reached with
        /// this. 0 when it says nothing of them.
        pub cum_qty: u32,
        /// Of a broker's word: the bot's volume ([`Position::volume`](crate::position::Position::volume))
        /// when it was made out. If another fill came in between, it is not booked.
        pub volume: u64,
        /// Who.
        pub actor: Text<32>,
        /// The second person who allowed it; empty when nobody did.
        pub approver: Text<32>,
        /// Why.
        pub reason: Text<64>,
    }

    /// A broker's report that cannot be used as it is, with what can be read of it.
    pub struct UnusableReport {
        /// Which route it came by.
        pub route: Route,
        /// The session's message sequence number (tag 34); 0 where there is none.
        pub msg_seq_num: u64,
        /// Whether the session says that it may have been sent before (tags 43, 97).
        pub poss_dup: bool,
        /// Our identity of the order (tag 11); [`ClOrdId::NONE`] when it is not ours.
        pub cl_ord_id: ClOrdId,
        /// The identity before a cancel or replace (tag 41).
        pub orig_cl_ord_id: ClOrdId,
        /// The broker's identity of the report (tag 17).
        pub exec_id: Text<32>,
        /// The account (tag 1), if it is one of ours.
        pub account: Option<AccountId>,
        /// The instrument, if its symbol is one of ours.
        pub instrument: Option<InstrumentId>,
        /// The symbol (tag 55) as it came; empty when it was not given.
        pub symbol: Text<24>,
        /// The side (tag 54), if it could be read.
        pub side: Option<Side>,
        /// Contracts filled by it (tag 32); 0 when it tells of no fill or that could not be read.
        pub last_qty: u32,
        /// At this price (tag 31); [`Price::NONE`] when it was not given.
        pub last_px: Price,
        /// Contracts filled in all (tag 14); 0 when not given.
        pub cum_qty: u32,
        /// What is wrong with it.
        pub detail: Text<64>,
    }
}

impl Correction {
    /// The actor of what is booked by a broker's word.
    pub const BROKER: &'static str = "broker";

    /// What a booking of the core comes back as.
    pub fn of(booking: &Booking) -> Correction {
        let Booking { kind, route, bot, account, instrument, order, newest, exec_id, .. } =
            *booking;
        Correction {
            kind,
            by_broker: true,
            route: Some(route),
            bot: Some(bot),
            account: Some(account),
            instrument: Some(instrument),
            order,
            newest,
            exec_id,
            side: booking.side,
            qty: booking.qty,
            price: booking.price,
            target: 0,
            cum_qty: booking.cum_qty,
            volume: booking.volume,
            actor: Text::new(Correction::BROKER),
            approver: Text::EMPTY,
            reason: Text::new(booking.cause.text()),
        }
    }

    /// A person's correction of nothing yet.
    pub fn by_person(kind: CorrectionKind, actor: Text<32>, reason: Text<64>) -> Correction {
        Correction {
            kind,
            by_broker: false,
            route: None,
            bot: None,
            account: None,
            instrument: None,
            order: ClOrdId::NONE,
            newest: ClOrdId::NONE,
            exec_id: Text::EMPTY,
            side: Side::Buy,
            qty: 0,
            price: Price::NONE,
            target: 0,
            cum_qty: 0,
            volume: 0,
            actor,
            approver: Text::EMPTY,
            reason,
        }
    }

    /// Whether somebody stands for it: a broker, or a person with a reason.
    pub fn is_signed(&self) -> bool {
        self.by_broker || (!self.actor.is_empty() && !self.reason.is_empty())
    }

    /// The fill that it books into a position of so many contracts: its side and its contracts. `None`
    /// when it moves none.
    pub fn fill_into(&self, held: i32) -> Option<(Side, u32)> {
        match self.kind {
            CorrectionKind::Book => Some((self.side, self.qty)),
            CorrectionKind::TakeBack => Some((self.side.opposite(), self.qty)),
            CorrectionKind::Adjust => {
                let by = i64::from(self.target) - i64::from(held);
                Some((Side::of(by)?, u32::try_from(by.unsigned_abs()).ok()?))
            }
            _ => None,
        }
    }
}
