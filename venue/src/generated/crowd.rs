//! The participants of one generated instrument, as one: who quotes around the fair price, who takes,
//! and who leaves.
//!
//! Quoters keep a target depth that shrinks when volatility rises, at a distance that grows with it.
//! Informed takers hit quotes that the fair price has left behind, and some quoters withdraw first;
//! other takers come for reasons of their own, in runs of one side. Arrivals excite further arrivals
//! (Hawkes, 1971).

use super::products::Behaviour;
use super::rng::Rng;
use super::schedule::{SESSION_SECONDS, nanos};
use crate::market::{NewOrder, OrderId, TimeInForce};
use crate::matching::MatchingEngine;
use crate::matching::queue::Resting;
use gauntlet_model::units::{NANOS_PER_SECOND, Price, Side, UnixNanos};

/// Orders that quoters keep on a side when the market is calm.
const TARGET_ORDERS: f64 = 110.0;
/// Share of arrivals that earlier arrivals caused, and how fast that excitement fades, a second.
const EXCITED: f64 = 0.5;
const FADE: f64 = 3.0;
/// What a taker and anyone else excite, relative to the mean.
const EXCITES: (f64, f64) = (2.8, 0.7);
/// Chance that a free arrival is a taker, and that he goes on with the side of the last one.
const TAKES: f64 = 0.11;
const PERSISTS: f64 = 0.62;
/// Share of quotes that compete for the best price.
const EAGER: f64 = 0.4;
/// Identities of orders kept, at most; those that are gone are swept out.
const ALIVE_MAX: usize = 2_048;

/// What the participants see.
#[derive(Clone, Copy, Debug)]
pub struct Outlook {
    /// The fair price, in ticks.
    pub fair: f64,
    /// Volatility relative to its mean, the time of the day included.
    pub volatility: f64,
    /// Whether orders match.
    pub open: bool,
}

/// What one of them does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Act {
    /// Enters an order.
    Enter(NewOrder),
    /// Cancels one.
    Cancel(OrderId),
    /// Thinks better of it.
    Nothing,
}

/// The participants of one instrument.
pub struct Crowd {
    rng: Rng,
    listing: usize,
    tick: Price,
    half_spread: f64,
    order_size: f64,
    /// Mean distance of new quotes from the best one, in ticks.
    reach: f64,
    alive: Vec<OrderId>,
    last_taker: Side,
    excitement: f64,
    /// Nobody quotes below it, in ticks.
    lowest: i64,
}

impl Crowd {
    /// The participants of listing `listing`.
    pub fn new(seed: u64, listing: usize, tick: Price, behaviour: &Behaviour) -> Crowd {
        let session_ticks = behaviour.start * behaviour.daily_volatility / tick.to_f64();
        let second_ticks = session_ticks / libm::sqrt(SESSION_SECONDS);
        Crowd {
            rng: Rng::new(seed, 1 + listing as u64),
            listing,
            tick,
            half_spread: behaviour.half_spread_ticks,
            order_size: behaviour.order_size,
            reach: 3.0 + 2.5 * second_ticks,
            alive: Vec::with_capacity(ALIVE_MAX),
            last_taker: Side::Buy,
            excitement: 0.0,
            lowest: 1,
        }
    }

    /// The same participants of a product whose price may be zero and below.
    pub fn of_any_sign(self) -> Crowd {
        Crowd { lowest: i64::MIN, ..self }
    }

    /// When the next of them comes, given the mean number of arrivals a second at this time.
    pub fn next_arrival(&mut self, now: UnixNanos, rate: f64) -> UnixNanos {
        let calm = rate * (1.0 - EXCITED);
        let mut waited = 0.0;
        // Thinning (Ogata, 1981): the excitement fades while nobody comes.
        for _ in 0..64 {
            let bound = calm + self.excitement;
            let wait = self.rng.exponential() / bound;
            waited += wait;
            self.excitement *= libm::exp(-FADE * wait);
            if self.rng.chance((calm + self.excitement) / bound) {
                break;
            }
        }
        now.plus(nanos(waited).clamp(1, 60 * NANOS_PER_SECOND))
    }

    /// What the one who has come does.
    pub fn act(&mut self, engine: &MatchingEngine, outlook: &Outlook) -> Act {
        let act = self.decide(engine, outlook);
        let takes = matches!(act, Act::Enter(o) if o.time_in_force != TimeInForce::Day);
        self.excitement += EXCITED * FADE * if takes { EXCITES.0 } else { EXCITES.1 };
        act
    }

    /// Tells that an order of theirs may rest now.
    pub fn entered(&mut self, order: OrderId, engine: &MatchingEngine) {
        if self.alive.len() == ALIVE_MAX {
            self.alive.retain(|order| engine.order(*order).is_some());
        }
        if self.alive.len() < ALIVE_MAX && engine.order(order).is_some() {
            self.alive.push(order);
        }
    }

    /// Forgets all orders: the session is over.
    pub fn rest(&mut self) {
        self.alive.clear();
        self.excitement = 0.0;
    }

    fn decide(&mut self, engine: &MatchingEngine, outlook: &Outlook) -> Act {
        if outlook.open
            && let Some(act) = self.answer_mispricing(engine, outlook)
        {
            return act;
        }
        if let Some(act) = self.withdraw_far(engine, outlook) {
            return act;
        }
        if outlook.open && self.rng.chance(TAKES) {
            return self.take_freely(engine, outlook);
        }
        let side = if self.rng.chance(0.5) { Side::Buy } else { Side::Sell };
        let calm = libm::pow(outlook.volatility.max(0.05), -0.7).clamp(0.35, 1.6);
        let fullness = engine.book().order_count(side) as f64 / (TARGET_ORDERS * calm);
        match self.rng.chance(1.0 / (1.0 + fullness * fullness)) {
            true => self.quote(engine, outlook, side),
            false => self.cancel_any(engine),
        }
    }

    /// A best quote that the fair price has left behind is taken, or withdrawn in time.
    fn answer_mispricing(&mut self, engine: &MatchingEngine, outlook: &Outlook) -> Option<Act> {
        let margin = 0.45 + self.half_spread * 0.5;
        for side in [Side::Buy, Side::Sell] {
            let Some(level) = engine.book().best(side) else { continue };
            let stale_by = (self.ticks(level.price) - outlook.fair) * side.sign() as f64;
            if stale_by < margin || !self.rng.chance(0.85) {
                continue;
            }
            if self.rng.chance(0.5) {
                let (_, order) = engine.book().first(side)?;
                return (!order.client).then_some(Act::Cancel(OrderId(order.id)));
            }
            // As far as it pays.
            let worth = outlook.fair + 0.2 * side.sign() as f64;
            let price = match side {
                Side::Buy => libm::ceil(worth),
                Side::Sell => libm::floor(worth),
            };
            let qty = self.size(2.0 * self.order_size);
            return self.order(side.opposite(), price, qty, TimeInForce::ImmediateOrCancel);
        }
        None
    }

    /// Orders that the price has left far behind are cancelled by their owners.
    fn withdraw_far(&mut self, engine: &MatchingEngine, outlook: &Outlook) -> Option<Act> {
        let side = if self.rng.chance(0.5) { Side::Buy } else { Side::Sell };
        let (_, order) = engine.book().farthest(side)?;
        let is_far = !order.client && self.is_far(order, outlook);
        (is_far && self.rng.chance(0.5)).then_some(Act::Cancel(OrderId(order.id)))
    }

    /// Whether the price has left an order far behind.
    fn is_far(&self, order: &Resting, outlook: &Outlook) -> bool {
        let distance = (outlook.fair - self.ticks(order.price)) * order.side.sign() as f64;
        distance > 12.0 + 6.0 * self.reach
    }

    /// A taker with reasons of his own: mostly at the best price, sometimes through it.
    fn take_freely(&mut self, engine: &MatchingEngine, outlook: &Outlook) -> Act {
        let goes_on = self.rng.chance(PERSISTS);
        let side = if goes_on { self.last_taker } else { self.last_taker.opposite() };
        self.last_taker = side;
        let Some((_, first)) = engine.book().first(side.opposite()) else { return Act::Nothing };
        if first.client && self.is_far(first, outlook) {
            // Nobody else is there, and nobody sells for any price.
            return Act::Nothing;
        }
        let Some(best) = engine.book().best(side.opposite()) else { return Act::Nothing };
        let through = if self.rng.chance(0.05) { 1 + self.rng.geometric(0.5) as i64 } else { 0 };
        let price = best.price.offset_ticks(through * side.sign(), self.tick);
        let qty = self.size(0.8 * self.order_size);
        let time_in_force = TimeInForce::ImmediateOrCancel;
        Act::Enter(NewOrder::limit(self.listing, side, qty, price, time_in_force))
    }

    /// A new quote, at the fair price less the half spread or farther away, never crossing.
    fn quote(&mut self, engine: &MatchingEngine, outlook: &Outlook, side: Side) -> Act {
        let half_spread = self.half_spread * libm::pow(outlook.volatility.max(0.05), 0.8);
        let reach = if self.rng.chance(EAGER) { 0.6 } else { self.reach };
        let away = self.rng.geometric(1.0 / (1.0 + reach)) as f64;
        let ticks = match side {
            Side::Buy => libm::floor(outlook.fair - half_spread) - away,
            Side::Sell => libm::ceil(outlook.fair + half_spread) + away,
        };
        let limit = engine.book().best(side.opposite()).map(|level| self.ticks(level.price));
        let ticks = match (side, limit) {
            (Side::Buy, Some(ask)) => ticks.min(ask - 1.0),
            (Side::Sell, Some(bid)) => ticks.max(bid + 1.0),
            (_, None) => ticks,
        };
        let qty = self.size(self.order_size);
        self.order(side, ticks, qty, TimeInForce::Day).unwrap_or(Act::Nothing)
    }

    fn cancel_any(&mut self, engine: &MatchingEngine) -> Act {
        for _ in 0..16 {
            if self.alive.is_empty() {
                break;
            }
            let order = self.alive.swap_remove(self.rng.below(self.alive.len()));
            if engine.order(order).is_some() {
                return Act::Cancel(order);
            }
        }
        Act::Nothing
    }

    fn order(&self, side: Side, ticks: f64, qty: u32, time_in_force: TimeInForce) -> Option<Act> {
        let price = Price((ticks as i64).checked_mul(self.tick.0)?);
        let order = NewOrder::limit(self.listing, side, qty, price, time_in_force);
        (ticks as i64 >= self.lowest).then_some(Act::Enter(order))
    }

    /// A size with this mean and a long tail.
    fn size(&mut self, mean: f64) -> u32 {
        let tail = libm::exp(0.9 * self.rng.normal() - 0.405);
        let more = (mean - 1.0).max(0.0) * tail + self.rng.uniform() - 0.5;
        1 + libm::round(more.clamp(0.0, 2_000.0)) as u32
    }

    fn ticks(&self, price: Price) -> f64 {
        (price.0 / self.tick.0) as f64
    }
}
