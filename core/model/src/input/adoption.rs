//! An order that only a broker knows becomes one of ours: what its broker tells of it, and the word of the
//! person who takes it over.

use super::Route;
use crate::desk::DeskPlace;
use crate::effect::{OrderType, TimeInForce};
use crate::ids::{ACCOUNTS_MAX, AccountId, BotId, ClOrdId, INSTRUMENTS_MAX, InstrumentId};
use crate::record::tagged;
use crate::text::Text;
use crate::units::{Price, UnixNanos};

tagged! {
    /// What a broker's list tells of an order that is none of ours, beyond the line of it that follows
    /// ([`BrokerOrder`](super::BrokerOrder)).
    #[derive(Eq)]
    pub struct ForeignOrder {
        /// Which route it came by.
        1 route: Route,
        /// The broker's identity of the order (tag 37).
        2 order_id: Text<32>,
        /// The identity that whoever placed it gave it (tag 11); empty where it has none that could be named.
        3 client_id: Text<32> = Text::EMPTY,
        /// How it is priced (tag 40); `None` where that is no type of ours.
        4 order_type: Option<OrderType> = None,
        /// How long it lives (tag 59); `None` where that is no life of ours.
        5 time_in_force: Option<TimeInForce> = None,
        /// Its stop price (tag 99); [`Price::NONE`] when not given.
        6 stop_px: Price = Price::NONE,
        /// When it ends (tag 126); 0 when not given.
        7 expires: UnixNanos = UnixNanos(0),
    }
}

tagged! {
    /// A person takes over an order that only its broker knows.
    #[derive(Eq)]
    pub struct Adoption {
        /// By the route of the account's broker.
        1 route: Route,
        /// The broker's identity of the order, as its list tells it.
        2 order_id: Text<32>,
        /// For which account.
        3 account: AccountId,
        /// In what.
        4 instrument: InstrumentId,
        /// Whose it is from now on; `None` for the desk of its place.
        5 bot: Option<BotId> = None,
        /// Who takes it over.
        6 actor: Text<32>,
        /// The second person who allowed it; empty when nobody did.
        7 approver: Text<32> = Text::EMPTY,
        /// Why.
        8 reason: Text<64>,
    }
}

impl Adoption {
    /// Whether somebody stands for it, and says why.
    pub fn is_signed(&self) -> bool {
        !self.actor.is_empty() && !self.reason.is_empty()
    }

    /// Where the order is kept.
    pub fn place(&self) -> DeskPlace {
        DeskPlace { account: self.account, instrument: self.instrument, route: self.route }
    }

    /// The place of the desk that it is for; `None` when it is for a bot, or for nothing that could be.
    pub fn desk_place(&self) -> Option<DeskPlace> {
        let inside = usize::from(self.account.0) < ACCOUNTS_MAX
            && usize::from(self.instrument.0) < INSTRUMENTS_MAX;
        let opens = self.bot.is_none() && self.is_signed() && self.route.is_broker() && inside;
        opens.then_some(self.place())
    }

    /// The identity that the order has here: `owner`'s, made of the number of the input that adopts it. It
    /// is the first that this input makes.
    pub fn identity(seq: u64, owner: BotId) -> Option<ClOrdId> {
        ClOrdId::new(seq, owner, 0)
    }
}
