//! An order as a journal's effects leave it, whatever its type: what an upgrade goes on from where this
//! build would have come to something else, beside what [`Stated`] says.

use super::{Route, Scope, Stated};
use crate::effect::{
    Emulation, LossState, OrderType, OutboundKind, ParentChanged, ParentState, TimeInForce,
};
use crate::ids::{AccountId, BotId, ClOrdId, InstrumentId};
use crate::order::{OrderRequest, Terms};
use crate::record::tagged;
use crate::text::Text;
use crate::units::{Money, Price, Side, UnixNanos};
use rkyv::{Archive, Deserialize, Serialize};

/// Whose matter an order is, beside its owner's.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug, Hash)]
#[repr(u8)]
pub enum StatedRole {
    /// What its bot or its desk asked for.
    Asked = 0,
    /// The stop that rests at the broker for what its owner holds.
    Protects = 1,
    /// A stop that we hold: nothing of it is at a broker.
    Held = 2,
    /// The target that rests at the broker for what its owner holds.
    Takes = 3,
}

impl StatedRole {
    /// Every role, in order.
    pub const ALL: [StatedRole; 4] =
        [StatedRole::Asked, StatedRole::Protects, StatedRole::Held, StatedRole::Takes];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            StatedRole::Asked => "asked",
            StatedRole::Protects => "protects",
            StatedRole::Held => "held",
            StatedRole::Takes => "takes",
        }
    }
}

tagged! {
    /// An order is as the journal's effects say: it works, or may work, at its broker, or is held by us.
    #[derive(Eq)]
    pub struct StatedOrder {
        /// By which route.
        1 route: Route,
        /// Whose.
        2 bot: BotId,
        /// For which account.
        3 account: AccountId,
        /// In what.
        4 instrument: InstrumentId,
        /// The identity it was first sent under.
        5 order: ClOrdId,
        /// The identity it has at the broker.
        6 cl_ord_id: ClOrdId,
        /// Buy or sell.
        7 side: Side,
        /// Contracts ordered.
        8 qty: u32,
        /// Contracts filled.
        9 cum_qty: u32 = 0,
        /// Mean price of its fills; [`Price::NONE`] where the effects do not tell all of them.
        10 paid_px: Price = Price::NONE,
        /// Limit price; [`Price::NONE`] where the type has none.
        11 price: Price = Price::NONE,
        /// How it is priced.
        12 order_type: OrderType = OrderType::Limit,
        /// Stop price; [`Price::NONE`] where the type has none.
        13 stop_px: Price = Price::NONE,
        /// How long it lives.
        14 time_in_force: TimeInForce = TimeInForce::Day,
        /// When it ends, of one with a date; 0 for any other.
        15 expires: UnixNanos = UnixNanos(0),
        /// What of it its route cannot, and we do.
        16 emulation: Emulation = Emulation::NONE,
        /// The order that it was made for; [`ClOrdId::NONE`] when it stands alone.
        17 parent: ClOrdId = ClOrdId::NONE,
        /// When it was sent, or held, first; 0 where that is not known.
        18 sent_at: UnixNanos = UnixNanos(0),
        /// Whose matter it is.
        19 role: StatedRole = StatedRole::Asked,
    }
}

tagged! {
    /// What a scope lost on a trading day, and what that let it do, is as the journal's effects say.
    #[derive(Eq)]
    pub struct StatedLoss {
        /// Whose: a bot's, an account's or the platform's.
        1 scope: Scope,
        /// Where it was made: on [`Route::BROKER`] for all brokers together, or by a simulator.
        2 route: Route,
        /// When that was told: a loss of another trading day is over.
        3 at: UnixNanos,
        /// What it lets the scope do. It only gets tighter by this.
        4 state: LossState = LossState::Trading,
        /// The day's result of a bot; accounts and the platform are the sums of theirs.
        5 result: Money = Money(0),
        /// The limit that it is past; zero where it is past none.
        6 limit: Money = Money(0),
    }
}

tagged! {
    /// A parent order is as the journal's effects say: open with so much filled, or over.
    #[derive(Eq)]
    pub struct StatedParent {
        /// Its identity.
        1 parent: ClOrdId,
        /// Whose.
        2 bot: BotId,
        /// Buy or sell.
        3 side: Side,
        /// Contracts: its children never fill more together.
        4 qty: u32,
        /// Contracts that children have filled.
        5 filled: u32 = 0,
        /// Where it is. Nothing is left of one that is over, and what works of it is cancelled.
        6 state: ParentState = ParentState::Open,
        /// When it ends by itself.
        7 ends_at: UnixNanos = UnixNanos(0),
        /// Who opened it.
        8 actor: Text<32> = Text::EMPTY,
    }
}

impl StatedParent {
    /// What effects told of one last, as a statement.
    pub fn of(told: &ParentChanged) -> StatedParent {
        let ParentChanged { parent, bot, side, qty, filled, state, ends_at, actor, .. } = *told;
        StatedParent { parent, bot, side, qty, filled, state, ends_at, actor }
    }
}

impl StatedOrder {
    /// What a statement from before orders had types says of a limit order.
    pub fn of(stated: &Stated) -> StatedOrder {
        StatedOrder {
            route: stated.route,
            bot: stated.bot,
            account: stated.account,
            instrument: stated.instrument,
            order: stated.order,
            cl_ord_id: stated.cl_ord_id,
            side: stated.side,
            qty: stated.qty,
            cum_qty: stated.cum_qty,
            paid_px: Price::NONE,
            price: stated.price,
            order_type: OrderType::Limit,
            stop_px: Price::NONE,
            time_in_force: stated.time_in_force,
            expires: UnixNanos(0),
            emulation: Emulation::NONE,
            parent: ClOrdId::NONE,
            sent_at: UnixNanos(0),
            role: StatedRole::Asked,
        }
    }

    /// The message that it was sent with, or would be.
    pub fn request(&self) -> OrderRequest {
        let StatedOrder { order_type, stop_px, expires, emulation, parent, .. } = *self;
        OrderRequest {
            kind: OutboundKind::New,
            cl_ord_id: self.order,
            orig_cl_ord_id: ClOrdId::NONE,
            bot: self.bot,
            account: self.account,
            instrument: self.instrument,
            route: self.route,
            side: self.side,
            qty: self.qty,
            price: self.price,
            time_in_force: self.time_in_force,
            terms: Terms { order_type, stop_px, expires, emulation, parent },
        }
    }
}
