//! What a person asks of orders and positions: an order ticket.

use super::Route;
use crate::desk::DeskPlace;
use crate::effect::{OrderType, TimeInForce};
use crate::ids::{ACCOUNTS_MAX, AccountId, BotId, ClOrdId, INSTRUMENTS_MAX, InstrumentId};
use crate::record::tagged;
use crate::text::Text;
use crate::units::{Price, Side, UnixNanos};
use rkyv::{Archive, Deserialize, Serialize};

/// What a ticket asks for.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug, Hash)]
#[repr(u8)]
pub enum TicketKind {
    /// A new order for an account.
    New = 0,
    /// The end of an order that works.
    Cancel = 1,
    /// Another quantity, limit or stop price of an order that a person placed.
    Replace = 2,
    /// The end of what a bot, or everybody for an account in an instrument, holds.
    Close = 3,
    /// A parent order for an account: a quantity that orders which name it work off.
    Parent = 4,
}

impl TicketKind {
    /// Every kind, in order.
    pub const ALL: [TicketKind; 5] = [
        TicketKind::New,
        TicketKind::Cancel,
        TicketKind::Replace,
        TicketKind::Close,
        TicketKind::Parent,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            TicketKind::New => "new",
            TicketKind::Cancel => "cancel",
            TicketKind::Replace => "replace",
            TicketKind::Close => "close",
            TicketKind::Parent => "parent",
        }
    }
}

tagged! {
    /// What a person asks of orders and positions. It goes through the checks that a bot's orders go through.
    #[derive(Eq)]
    pub struct Ticket {
        /// What.
        1 kind: TicketKind,
        /// For which account.
        2 account: Option<AccountId> = None,
        /// In what.
        3 instrument: Option<InstrumentId> = None,
        /// By the route of the account's broker.
        4 route: Route = Route::BROKER,
        /// Buy or sell.
        5 side: Side = Side::Buy,
        /// Contracts; of a replace those of the whole order, or 0 for as many as before.
        6 qty: u32 = 0,
        /// How it is priced.
        7 order_type: OrderType = OrderType::Limit,
        /// Limit price; of a replace [`Price::NONE`] for the one before.
        8 price: Price = Price::NONE,
        /// Stop price; of a replace [`Price::NONE`] for the one before.
        9 stop_px: Price = Price::NONE,
        /// How long it lives.
        10 time_in_force: TimeInForce = TimeInForce::Day,
        /// When it ends, of one with a date; 0 for any other.
        11 expires: UnixNanos = UnixNanos(0),
        /// The order that is cancelled or replaced, by the identity it was first sent under.
        12 order: ClOrdId = ClOrdId::NONE,
        /// Whose position is closed; `None` for everybody's in the account and instrument.
        13 bot: Option<BotId> = None,
        /// Who asks.
        14 actor: Text<32>,
        /// Why.
        15 reason: Text<64>,
        /// Of a new order: where a stop order is to rest at the broker for what the desk holds once it fills;
        /// [`Price::NONE`] for none.
        16 stop_loss: Price = Price::NONE,
        /// Of a new order: where what the desk holds once it fills is given back with a profit; held by us unless it is to
        /// rest, and [`Price::NONE`] for nowhere.
        17 take_profit: Price = Price::NONE,
        /// Of a new order with a `take_profit`: whether a limit order there rests at the broker.
        18 target_rests: bool = false,
        /// Of a new order: the parent order whose child it is; [`ClOrdId::NONE`] when it stands alone.
        19 parent: ClOrdId = ClOrdId::NONE,
    }
}

impl Ticket {
    /// One of a kind, with nothing in it.
    pub fn of(kind: TicketKind, actor: Text<32>, reason: Text<64>) -> Ticket {
        Ticket {
            kind,
            account: None,
            instrument: None,
            route: Route::BROKER,
            side: Side::Buy,
            qty: 0,
            order_type: OrderType::Limit,
            price: Price::NONE,
            stop_px: Price::NONE,
            time_in_force: TimeInForce::Day,
            expires: UnixNanos(0),
            order: ClOrdId::NONE,
            bot: None,
            actor,
            reason,
            stop_loss: Price::NONE,
            take_profit: Price::NONE,
            target_rests: false,
            parent: ClOrdId::NONE,
        }
    }

    /// Whether somebody asks, and says why.
    pub fn is_signed(&self) -> bool {
        !self.actor.is_empty() && !self.reason.is_empty()
    }

    /// Where an order that it asks for is kept; `None` when it asks for none that could be.
    pub fn desk_place(&self) -> Option<DeskPlace> {
        let account = self.account.filter(|id| usize::from(id.0) < ACCOUNTS_MAX)?;
        let instrument = self.instrument.filter(|id| usize::from(id.0) < INSTRUMENTS_MAX)?;
        let opens = matches!(self.kind, TicketKind::New | TicketKind::Parent);
        let opens = opens && self.is_signed() && self.route.is_broker();
        opens.then_some(DeskPlace { account, instrument, route: self.route })
    }
}
