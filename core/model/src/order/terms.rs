//! What an order asks for beyond a limit price, and what a route can do of that.

use crate::effect::{Emulation, OrderType, TimeInForce};
use crate::ids::ClOrdId;
use crate::units::{Price, UnixNanos};
use rkyv::{Archive, Deserialize, Serialize};

/// What an order asks for besides side, quantity, limit price and time in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// How it is priced.
    pub order_type: OrderType,
    /// The price at which a stop begins to work; [`Price::NONE`] for any other type.
    pub stop_px: Price,
    /// When it ends, of one with a date; 0 for any other.
    pub expires: UnixNanos,
    /// What of it its route cannot, and we do.
    pub emulation: Emulation,
    /// The order that it was made for; [`ClOrdId::NONE`] when it stands alone.
    pub parent: ClOrdId,
}

impl Terms {
    /// A limit order's: what bots send.
    pub const LIMIT: Terms = Terms {
        order_type: OrderType::Limit,
        stop_px: Price::NONE,
        expires: UnixNanos(0),
        emulation: Emulation::NONE,
        parent: ClOrdId::NONE,
    };

    /// The order that one with these terms, first sent as `own`, goes on from, session by session.
    pub fn origin(&self, own: ClOrdId) -> ClOrdId {
        match self.emulation.has(Emulation::CARRIED) && self.parent.is_some() {
            true => self.parent,
            false => own,
        }
    }

    /// Whether an outbound record says all of them.
    pub fn are_plain(&self, time_in_force: TimeInForce) -> bool {
        let known = matches!(time_in_force, TimeInForce::Day | TimeInForce::ImmediateOrCancel);
        *self == Terms::LIMIT && known
    }
}

/// Why terms are none that anybody could send.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TermsError {
    /// A limit is missing where the type has one, or there where it has none.
    #[error("a limit price goes with limit and stop-limit orders alone")]
    LimitPrice,
    /// The same of a stop price.
    #[error("a stop price goes with stop and stop-limit orders alone")]
    StopPrice,
    /// A date is missing, over, or there where none belongs.
    #[error("a date to come goes with gtd, and with gtd alone")]
    Date,
    /// A stop or a market-to-limit order that must not rest.
    #[error("a stop or market-to-limit order rests: day, gtc or gtd")]
    MustRest,
    /// A market order with a life longer than a day.
    #[error("a market order does not rest: day, ioc or fok")]
    MustNotRest,
    /// A stop-limit order whose limit is on the wrong side of its stop.
    #[error("the limit of a stop-limit order must not be short of its stop")]
    ShortOfStop,
    /// No contracts.
    #[error("no contracts")]
    NoContracts,
    /// A route lacks something that nothing else stands for.
    #[error("the route takes no {0} orders, and nothing stands for them")]
    Lacks(&'static str),
}

/// Whether prices and times fit an order's type; `sign` is +1 for a buy.
///
/// # Errors
/// What does not.
pub fn check_terms(
    terms: &Terms,
    (qty, price, sign): (u32, Price, i64),
    time_in_force: TimeInForce,
    now: UnixNanos,
) -> Result<(), TermsError> {
    let Terms { order_type, stop_px, expires, .. } = *terms;
    if qty == 0 {
        return Err(TermsError::NoContracts);
    }
    if order_type.is_limited() != price.is_some() {
        return Err(TermsError::LimitPrice);
    }
    if order_type.is_stop() != stop_px.is_some() {
        return Err(TermsError::StopPrice);
    }
    let dated = time_in_force == TimeInForce::GoodTillDate;
    if dated != (expires != UnixNanos(0)) || (dated && expires <= now) {
        return Err(TermsError::Date);
    }
    let must_rest = order_type.is_stop() || order_type == OrderType::MarketToLimit;
    if must_rest && !time_in_force.rests() {
        return Err(TermsError::MustRest);
    }
    if order_type == OrderType::Market && time_in_force.outlives_session() {
        return Err(TermsError::MustNotRest);
    }
    let beyond = i128::from(sign) * (i128::from(price.0) - i128::from(stop_px.0));
    if order_type == OrderType::StopLimit && beyond < 0 {
        return Err(TermsError::ShortOfStop);
    }
    Ok(())
}

/// What a route takes by itself: order types and lives, as bits of their places in [`OrderType::ALL`] and
/// [`TimeInForce::ALL`].
#[derive(Archive, Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Capabilities {
    order_types: u8,
    lives: u8,
}

impl Capabilities {
    /// All there is, as FIX 4.4 has it.
    pub const ALL: Capabilities = Capabilities { order_types: 0b1_1111, lives: 0b1_1111 };
    /// Limit orders for the day or at once: the least that bots trade with.
    pub const LIMITS: Capabilities = Capabilities { order_types: 0b0_0010, lives: 0b0_0101 };

    /// Nothing.
    pub const NONE: Capabilities = Capabilities { order_types: 0, lives: 0 };

    /// Whether both the type and the life of an order are among these, as it is sent.
    pub fn covers(self, terms: &Terms, life: TimeInForce) -> bool {
        let life = match terms.emulation.has(Emulation::UNTIL_DATE) {
            true => TimeInForce::GoodTillCancel,
            false => life,
        };
        self.takes(terms.order_type) && self.keeps(life)
    }

    /// The same without an order type.
    #[must_use]
    pub fn without_type(self, order_type: OrderType) -> Capabilities {
        Capabilities { order_types: self.order_types & !type_bit(order_type), ..self }
    }

    /// The same without a time in force.
    #[must_use]
    pub fn without_life(self, life: TimeInForce) -> Capabilities {
        Capabilities { lives: self.lives & !life_bit(life), ..self }
    }

    /// Whether the route takes an order type.
    pub fn takes(self, order_type: OrderType) -> bool {
        self.order_types & type_bit(order_type) != 0
    }

    /// Whether the route keeps an order so long.
    pub fn keeps(self, life: TimeInForce) -> bool {
        self.lives & life_bit(life) != 0
    }

    /// What we have to do ourselves so that an order can go by the route.
    ///
    /// # Errors
    /// The route lacks something that nothing else stands for. Fill-or-kill is one of those: immediate or
    /// cancel fills in part.
    pub fn emulation(
        self,
        order_type: OrderType,
        life: TimeInForce,
    ) -> Result<Emulation, TermsError> {
        let lacks = |order_type: OrderType| Err(TermsError::Lacks(order_type.name()));
        let limits = self.takes(OrderType::Limit);
        let as_market = match self.takes(OrderType::Market) {
            true => Some(Emulation::NONE),
            false if limits && self.keeps(TimeInForce::ImmediateOrCancel) => {
                Some(Emulation::AT_COLLAR)
            }
            false => None,
        };
        let priced = match order_type {
            _ if self.takes(order_type) => Emulation::NONE,
            OrderType::Limit => return lacks(OrderType::Limit),
            OrderType::Market => match as_market {
                Some(emulation) => emulation,
                None => return lacks(OrderType::Market),
            },
            OrderType::MarketToLimit if limits => Emulation::AT_BEST,
            OrderType::MarketToLimit => return lacks(OrderType::MarketToLimit),
            OrderType::Stop => match as_market {
                Some(emulation) => Emulation::HELD.and(emulation),
                None => return lacks(OrderType::Stop),
            },
            OrderType::StopLimit if limits => Emulation::HELD,
            OrderType::StopLimit => return lacks(OrderType::StopLimit),
        };
        // What is held lives here, and what a held stop becomes goes at once.
        let lives_here = priced.has(Emulation::HELD) && order_type == OrderType::Stop;
        let lived = match life {
            _ if lives_here || self.keeps(life) => Emulation::NONE,
            // A market order does not outlive its moment, by whatever name.
            TimeInForce::Day if priced.has(Emulation::AT_COLLAR) => Emulation::NONE,
            TimeInForce::GoodTillDate if self.keeps(TimeInForce::GoodTillCancel) => {
                Emulation::UNTIL_DATE
            }
            TimeInForce::GoodTillCancel if self.keeps(TimeInForce::Day) => Emulation::CARRIED,
            TimeInForce::GoodTillDate if self.keeps(TimeInForce::Day) => {
                Emulation::CARRIED.and(Emulation::UNTIL_DATE)
            }
            life => return Err(TermsError::Lacks(life.name())),
        };
        Ok(priced.and(lived))
    }
}

fn type_bit(order_type: OrderType) -> u8 {
    1 << OrderType::ALL.into_iter().position(|each| each == order_type).unwrap_or(7)
}

fn life_bit(life: TimeInForce) -> u8 {
    1 << TimeInForce::ALL.into_iter().position(|each| each == life).unwrap_or(7)
}

#[cfg(test)]
mod tests;
