//! An order as it reaches a matching engine, in CME's terms.

use gauntlet_model::effect;
use gauntlet_model::units::{Price, Side, UnixNanos};

/// What kind of order it is (`OrdType`, tag 40).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OrderKind {
    /// Trades at its price or a better one.
    #[default]
    Limit,
    /// Trades from the best opposite price on, as far as the protection points reach from there; the rest
    /// becomes a limit order at the last price that they reach. CME's market order with protection.
    Market,
    /// Trades at the best opposite price alone; the rest becomes a limit order there. CME's market-limit.
    MarketToLimit,
    /// Waits until something trades at this price or beyond, and becomes a market order then whose
    /// protection points count from this price. CME's stop order with protection.
    Stop(Price),
    /// Waits likewise and becomes a limit order.
    StopLimit(Price),
}

impl OrderKind {
    /// The price whose trading triggers it; `None` of what does not wait for one.
    pub fn trigger(self) -> Option<Price> {
        match self {
            OrderKind::Stop(trigger) | OrderKind::StopLimit(trigger) => Some(trigger),
            OrderKind::Limit | OrderKind::Market | OrderKind::MarketToLimit => None,
        }
    }

    /// Whether it comes with a limit price of its own.
    pub fn has_limit(self) -> bool {
        matches!(self, OrderKind::Limit | OrderKind::StopLimit(_))
    }
}

/// How long an order lives (`TimeInForce`, tag 59).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TimeInForce {
    /// Until the session ends.
    #[default]
    Day,
    /// What does not trade at once expires.
    ImmediateOrCancel,
    /// All of it trades at once, or nothing does and it expires.
    FillOrKill,
    /// Over the ends of sessions, until it is cancelled or its contract ends.
    GoodTillCancel,
    /// Likewise, until this moment.
    GoodTill(UnixNanos),
}

impl TimeInForce {
    /// Whether what does not trade at once may rest.
    pub fn rests(self) -> bool {
        !matches!(self, TimeInForce::ImmediateOrCancel | TimeInForce::FillOrKill)
    }

    /// Whether it outlives the end of a session.
    pub fn outlives_session(self) -> bool {
        matches!(self, TimeInForce::GoodTillCancel | TimeInForce::GoodTill(_))
    }
}

impl TimeInForce {
    /// Of an order that leaves us, with the moment at which one with a date ends.
    pub fn of(life: effect::TimeInForce, expires: UnixNanos) -> TimeInForce {
        match life {
            effect::TimeInForce::Day => TimeInForce::Day,
            effect::TimeInForce::ImmediateOrCancel => TimeInForce::ImmediateOrCancel,
            effect::TimeInForce::FillOrKill => TimeInForce::FillOrKill,
            effect::TimeInForce::GoodTillCancel => TimeInForce::GoodTillCancel,
            effect::TimeInForce::GoodTillDate => TimeInForce::GoodTill(expires),
        }
    }
}

impl OrderKind {
    /// Of an order that leaves us as this type; `stop_px` means something for stops alone.
    pub fn of(order_type: effect::OrderType, stop_px: Price) -> OrderKind {
        match order_type {
            effect::OrderType::Market => OrderKind::Market,
            effect::OrderType::Limit => OrderKind::Limit,
            effect::OrderType::Stop => OrderKind::Stop(stop_px),
            effect::OrderType::StopLimit => OrderKind::StopLimit(stop_px),
            effect::OrderType::MarketToLimit => OrderKind::MarketToLimit,
        }
    }
}

/// With which orders one never trades, and which of the two is cancelled instead. As on CME the
/// instruction of the order that comes decides, not that of the one that rests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SelfMatch(u32);

impl SelfMatch {
    /// Trades with everybody.
    pub const NONE: SelfMatch = SelfMatch(0);
    const CANCELS_ITSELF: u32 = 1 << 31;

    /// Of group `id`, from 1 up to 2^31 - 1: what comes cancels those of its group that rest, or
    /// itself.
    pub fn new(id: u32, cancels_itself: bool) -> SelfMatch {
        debug_assert!(id > 0 && id < SelfMatch::CANCELS_ITSELF);
        SelfMatch(id | if cancels_itself { SelfMatch::CANCELS_ITSELF } else { 0 })
    }

    /// Whether it is of a group at all.
    pub fn is_some(self) -> bool {
        self.0 != 0
    }

    /// Whether both are of one group.
    pub fn meets(self, other: SelfMatch) -> bool {
        self.is_some() && (self.0 ^ other.0) & !SelfMatch::CANCELS_ITSELF == 0
    }

    /// Whether it gives way to what rests.
    pub fn cancels_itself(self) -> bool {
        self.0 & SelfMatch::CANCELS_ITSELF != 0
    }
}

/// A new order.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NewOrder {
    /// Which instrument, by its place among the listings.
    pub listing: usize,
    /// Buy or sell.
    pub side: Side,
    /// Contracts.
    pub qty: u32,
    /// What kind it is.
    pub kind: OrderKind,
    /// Limit price; of no meaning for a kind without one.
    pub price: Price,
    /// How long it lives.
    pub time_in_force: TimeInForce,
    /// What it must not trade with.
    pub self_match: SelfMatch,
}

impl NewOrder {
    /// A limit order.
    pub fn limit(
        listing: usize,
        side: Side,
        qty: u32,
        price: Price,
        time_in_force: TimeInForce,
    ) -> NewOrder {
        let (kind, self_match) = (OrderKind::Limit, SelfMatch::NONE);
        NewOrder { listing, side, qty, kind, price, time_in_force, self_match }
    }
}

/// What a working order is to become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its total quantity, what is filled included.
    pub qty: u32,
    /// Its limit price; of no meaning for a stop order that waits.
    pub price: Price,
    /// What triggers it, if it waits still; [`Price::NONE`] leaves that as it is.
    pub trigger: Price,
}

impl Change {
    /// Of a limit order.
    pub fn limit(qty: u32, price: Price) -> Change {
        Change { qty, price, trigger: Price::NONE }
    }
}
