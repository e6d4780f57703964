//! What an order asks for beyond a limit price: its type, its stop price, its date, and what of it we do in
//! its broker's stead.

use super::TimeInForce;
use crate::ids::{AccountId, BotId, ClOrdId, InstrumentId};
use crate::input::Route;
use crate::record::tagged;
use crate::text::Text;
use crate::units::{Price, UnixNanos};
use rkyv::{Archive, Deserialize, Serialize};

/// How an order is priced. The numbers are of our own; FIX's codes (tag 40) are [`OrderType::code`]'s.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug, Hash)]
#[repr(u8)]
pub enum OrderType {
    /// At whatever price there is.
    Market = 1,
    /// At its price or better.
    Limit = 2,
    /// At whatever price there is, once its stop price is met.
    Stop = 3,
    /// At its price or better, once its stop price is met.
    StopLimit = 4,
    /// At the best price there is; what that does not fill stays, as a limit at that price.
    MarketToLimit = 5,
}

impl OrderType {
    /// Every type, in order.
    pub const ALL: [OrderType; 5] = [
        OrderType::Market,
        OrderType::Limit,
        OrderType::Stop,
        OrderType::StopLimit,
        OrderType::MarketToLimit,
    ];

    /// Its name, as people and programs write it.
    pub fn name(self) -> &'static str {
        match self {
            OrderType::Market => "market",
            OrderType::Limit => "limit",
            OrderType::Stop => "stop",
            OrderType::StopLimit => "stop-limit",
            OrderType::MarketToLimit => "market-to-limit",
        }
    }

    /// The one of a name.
    pub fn named(name: &str) -> Option<OrderType> {
        OrderType::ALL.into_iter().find(|each| each.name() == name)
    }

    /// FIX's code (tag 40).
    pub fn code(self) -> u8 {
        match self {
            OrderType::Market => b'1',
            OrderType::Limit => b'2',
            OrderType::Stop => b'3',
            OrderType::StopLimit => b'4',
            OrderType::MarketToLimit => b'K',
        }
    }

    /// Whether it has a limit price.
    pub fn is_limited(self) -> bool {
        matches!(self, OrderType::Limit | OrderType::StopLimit)
    }

    /// Whether it has a stop price.
    pub fn is_stop(self) -> bool {
        matches!(self, OrderType::Stop | OrderType::StopLimit)
    }
}

/// What of an order we do because its route cannot: bits that add up.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug, Hash, Default)]
pub struct Emulation(pub u8);

impl Emulation {
    /// Nothing: the route takes the order as it is.
    pub const NONE: Emulation = Emulation(0);
    /// The stop is kept by us and sent when its price is met; a node that is down keeps nothing.
    pub const HELD: Emulation = Emulation(1);
    /// A market order goes as a limit as far away as the price collar allows, immediate or cancel.
    pub const AT_COLLAR: Emulation = Emulation(2);
    /// A market-to-limit order goes as a limit at the opposite best price.
    pub const AT_BEST: Emulation = Emulation(4);
    /// An order with a date goes as good till cancelled, and we cancel it at its date.
    pub const UNTIL_DATE: Emulation = Emulation(8);
    /// An order that outlives sessions goes for the day, and what is left of it is placed again in the next.
    pub const CARRIED: Emulation = Emulation(16);

    /// A target that rests beside a stop: what one of the two fills we take off the other.
    pub const PAIRED: Emulation = Emulation(32);

    /// Both.
    #[must_use]
    pub const fn and(self, other: Emulation) -> Emulation {
        Emulation(self.0 | other.0)
    }

    /// Whether all of `other` is in it.
    pub const fn has(self, other: Emulation) -> bool {
        self.0 & other.0 == other.0
    }

    /// The same without `other`.
    #[must_use]
    pub const fn without(self, other: Emulation) -> Emulation {
        Emulation(self.0 & !other.0)
    }

    /// What is emulated, in words, part by part.
    pub fn words(self) -> impl Iterator<Item = &'static str> {
        [
            (Emulation::HELD, "stop held here, not at the broker"),
            (Emulation::AT_COLLAR, "market as a limit at the collar"),
            (Emulation::AT_BEST, "market-to-limit as a limit at the best price"),
            (Emulation::UNTIL_DATE, "date kept here: good till cancelled at the broker"),
            (Emulation::CARRIED, "for the day at the broker, placed again each session"),
            (
                Emulation::PAIRED,
                "one of two: what stop or target fills is taken off the other here",
            ),
        ]
        .into_iter()
        .filter(move |(part, _)| self.has(*part))
        .filter(move |(part, _)| !(self.has(Emulation::CARRIED) && *part == Emulation::UNTIL_DATE))
        .map(|(_, words)| words)
    }
}

tagged! {
    /// An order that only its broker knew is one of ours. Said when it is taken over, and at the start of each
    /// run while it works, so that whoever speaks with its broker can name it.
    #[derive(Eq)]
    pub struct OrderAdopted {
        /// The identity that it has here.
        1 order: ClOrdId,
        /// Whose it is.
        2 bot: BotId,
        /// By which route.
        3 route: Route,
        /// The broker's identity of it (tag 37).
        4 order_id: Text<32>,
        /// The identity that whoever placed it gave it (tag 11); empty where it has none that could be named.
        5 client_id: Text<32> = Text::EMPTY,
    }
}

tagged! {
    /// What an order, or a replace of it, asks for where that is more than a limit price for the day or at
    /// once. It stands before the message that is sent, and before the state of an order that is held.
    #[derive(Eq)]
    pub struct OrderTerms {
        /// The order, by the identity it was first sent under.
        1 order: ClOrdId,
        /// The message that asks for it.
        2 cl_ord_id: ClOrdId,
        /// How it is priced.
        3 order_type: OrderType = OrderType::Limit,
        /// How long it lives.
        4 time_in_force: TimeInForce = TimeInForce::Day,
        /// The price at which a stop begins to work; [`Price::NONE`] for any other type.
        5 stop_px: Price = Price::NONE,
        /// When it ends, of one with a date; 0 for any other.
        6 expires: UnixNanos = UnixNanos(0),
        /// What of it its route cannot, and we do.
        7 emulation: Emulation = Emulation::NONE,
        /// The order that it was made for; [`ClOrdId::NONE`] when it stands alone.
        8 parent: ClOrdId = ClOrdId::NONE,
    }
}

tagged! {
    /// A desk was opened.
    #[derive(Eq)]
    pub struct DeskOpened {
        /// The identity that its orders carry.
        1 desk: BotId,
        /// For which account.
        2 account: AccountId,
        /// In what.
        3 instrument: InstrumentId,
        /// By which route.
        4 route: Route,
    }
}
