//! The planner: from the position that a bot wants to the next order message that leads there.
//!
//! - A bot has at most one order working. One that points the wrong way, has another size or another
//!   style is cancelled first; the want is kept and acted on when the broker confirms. A leg that reduces
//!   does not wait for that for ever: see [`exits`](super::exits).
//! - A reversal is two legs: close what is held, then open the other side.
//! - Passive legs join the bot's own best price for the day. After [`REPRICE_AFTER_NS`] an unfilled one
//!   is moved, once, to the best price of then; after twice that it is cancelled. A leg that opens is
//!   given up then; one that reduces goes on aggressively.
//! - Aggressive legs cross the opposite best by the instrument's protection, [`AGGRESSION_TICKS`] unless it is
//!   told, less if the price collar is
//!   nearer, immediate-or-cancel; one that reduces finds a price without an opposite best, too. Exits for any other reason than a signal are always aggressive.
//!   One that the broker lets rest for [`ANSWER_WITHIN_NS`](gauntlet_model::order::ANSWER_WITHIN_NS) is
//!   cancelled.
//! - What an opening order leaves unfilled, or a check or the broker refuses, is given up until the
//!   bot wants something again. A leg that reduces is tried again at every timer, once.

use gauntlet_model::effect::{Intent, IntentReason, TimeInForce, Urgency};
use gauntlet_model::input::{ContractTerms, TopOfBook};
use gauntlet_model::units::{NANOS_PER_SECOND, Price, Side, UnixNanos, divide};

use super::registry::Instrument;
use super::working::WorkingOrder;

/// How long a passive order waits before it is moved to the best price, in nanoseconds of the
/// stream's time; it is cancelled after twice as long.
pub const REPRICE_AFTER_NS: u64 = 5 * NANOS_PER_SECOND;
/// How far an aggressive order reaches beyond the opposite best price, in ticks, where nothing is said of its
/// instrument ([`ContractTerms::protection_ticks`]).
pub const AGGRESSION_TICKS: i64 = ContractTerms::PROTECTION_TICKS as i64;

/// The position that a bot wants, kept until it is reached or given up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Want {
    pub target: i32,
    pub urgency: Urgency,
    pub reason: IntentReason,
    /// Whether a passive try to reduce failed.
    pub escalated: bool,
    /// Since when.
    pub since: UnixNanos,
}

impl Want {
    pub fn of(intent: &Intent, since: UnixNanos) -> Want {
        let Intent { target, urgency, reason, .. } = *intent;
        Want { target, urgency, reason, escalated: false, since }
    }

    pub fn flat(since: UnixNanos) -> Want {
        let (urgency, reason) = (Urgency::Aggressive, IntentReason::Flatten);
        Want { target: 0, urgency, reason, escalated: false, since }
    }

    /// Whether it gives back whatever is held, at once.
    pub fn is_way_out(&self) -> bool {
        self.target == 0 && self.urgency == Urgency::Aggressive
    }

    pub fn is_same(&self, other: &Want) -> bool {
        (self.target, self.urgency, self.reason) == (other.target, other.urgency, other.reason)
    }
}

/// One step from a position toward a target, never through zero.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Leg {
    pub side: Side,
    pub qty: u32,
    pub reducing: bool,
}

pub(super) fn next_leg(position: i32, target: i32) -> Option<Leg> {
    let (position, mut target) = (position as i64, target as i64);
    if position != 0 && target.signum() != position.signum() {
        target = 0;
    }
    let delta = target - position;
    let side = Side::of(delta)?;
    // Both ends lie on one side of zero, so the step fits.
    let qty = delta.unsigned_abs() as u32;
    Some(Leg { side, qty, reducing: target.abs() < position.abs() })
}

/// An order to be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Plan {
    pub side: Side,
    pub qty: u32,
    pub time_in_force: TimeInForce,
    pub reducing: bool,
    pub target: i32,
    /// Whether it is only a part of its leg, for the order quantity's limit.
    pub sliced: bool,
}

impl Plan {
    pub fn is_met_by(&self, order: &WorkingOrder) -> bool {
        order.side() == self.side
            && order.time_in_force() == self.time_in_force
            && (order.open() == self.qty || (self.sliced && order.open() < self.qty))
    }
}

/// The price of a passive order: its own side's best.
pub(super) fn passive_price(top: &TopOfBook, side: Side) -> Price {
    match side {
        Side::Buy => top.bid,
        Side::Sell => top.ask,
    }
}

/// The price of an aggressive order: beyond the opposite best as far as the collar lets it, never
/// short of the opposite best.
pub(super) fn aggressive_price(top: &TopOfBook, side: Side, instrument: &Instrument) -> Price {
    if !top.is_two_sided() {
        return Price::NONE;
    }
    let best = passive_price(top, side.opposite());
    let (definition, reach) = (&instrument.definition, i128::from(instrument.reach));
    let tick = definition.tick;
    let collar = definition.limits.collar_ticks as i128 * tick.0 as i128;
    let used = best.0.abs_diff(top.mid().0) as i128;
    let room = divide(collar - used, tick.0).clamp(0, reach) as i64;
    best.offset_ticks(side.sign() * room, tick)
}

#[cfg(test)]
mod tests {
    use super::*;
    use gauntlet_model::effect::OutboundKind;
    use gauntlet_model::ids::{AccountId, BotId, ClOrdId, InstrumentId};
    use gauntlet_model::input::Route;
    use gauntlet_model::order::{Order, OrderRequest, Terms};

    #[test]
    fn a_reversal_closes_before_it_opens() {
        let close = Leg { side: Side::Sell, qty: 2, reducing: true };
        assert_eq!(next_leg(2, -3), Some(close));
        assert_eq!(next_leg(0, -3), Some(Leg { side: Side::Sell, qty: 3, reducing: false }));
        assert_eq!(next_leg(3, 1), Some(Leg { side: Side::Sell, qty: 2, reducing: true }));
        assert_eq!(next_leg(-1, -1), None);
        let whole = Leg { side: Side::Buy, qty: 1 << 31, reducing: true };
        assert_eq!(next_leg(i32::MIN, i32::MAX), Some(whole));
    }

    /// Walks contract by contract: to the target, or to nothing on the way to the other side.
    fn walked(position: i32, target: i32) -> Option<Leg> {
        let (mut at, mut qty) = (position, 0);
        while at != target && (at != 0 || qty == 0) {
            at += (target - at).signum();
            qty += 1;
        }
        let side = if at > position { Side::Buy } else { Side::Sell };
        (qty > 0).then_some(Leg { side, qty, reducing: at.abs() < position.abs() })
    }

    #[test]
    fn a_leg_ends_at_the_target_or_at_nothing() {
        for position in -4..=4 {
            for target in -4..=4 {
                assert_eq!(
                    next_leg(position, target),
                    walked(position, target),
                    "{position} to {target}"
                );
            }
        }
    }

    #[test]
    fn only_what_gives_back_everything_at_once_is_a_way_out() {
        let want = Want::flat(UnixNanos(7));
        assert!(want.is_way_out());
        assert!(!Want { urgency: Urgency::Passive, ..want }.is_way_out());
        for target in [-1, 1] {
            assert!(!Want { target, ..want }.is_way_out());
        }
        // Whoever asks and since when is no matter.
        let reason = IntentReason::Signal;
        assert!(Want { reason, since: UnixNanos(0), escalated: true, ..want }.is_way_out());
    }

    #[test]
    fn the_same_want_is_asked_for_by_target_urgency_and_reason() {
        let want = Want::flat(UnixNanos(7));
        assert!(want.is_same(&Want { since: UnixNanos(8), escalated: true, ..want }));
        assert!(!want.is_same(&Want { target: 1, ..want }));
        assert!(!want.is_same(&Want { urgency: Urgency::Passive, ..want }));
        assert!(!want.is_same(&Want { reason: IntentReason::StopLoss, ..want }));
    }

    fn working(side: Side, qty: u32, time_in_force: TimeInForce) -> WorkingOrder {
        let request = OrderRequest {
            kind: OutboundKind::New,
            cl_ord_id: ClOrdId(1 << 20),
            orig_cl_ord_id: ClOrdId::NONE,
            bot: BotId(0),
            account: AccountId(0),
            instrument: InstrumentId(0),
            route: Route::BROKER,
            side,
            qty,
            price: Price(1),
            time_in_force,
            terms: Terms::LIMIT,
        };
        WorkingOrder {
            order: Order::new(&request, UnixNanos(0)),
            found: false,
            cancelled_at: None,
            placed_at: UnixNanos(0),
            repriced: false,
            reducing: false,
            target: 0,
        }
    }

    #[test]
    fn a_plan_is_met_by_an_order_of_its_side_life_and_size_and_a_slice_by_a_smaller_one() {
        let (day, at_once) = (TimeInForce::Day, TimeInForce::ImmediateOrCancel);
        let plan = |sliced| Plan {
            side: Side::Sell,
            qty: 3,
            time_in_force: day,
            reducing: true,
            target: 0,
            sliced,
        };
        // What is left of a slice works on; of a whole leg, no other size will do.
        for (sliced, met) in [(false, [false, true, false]), (true, [true, true, false])] {
            for (qty, met) in (2..).zip(met) {
                let is_met = |side, life| plan(sliced).is_met_by(&working(side, qty, life));
                assert_eq!(is_met(Side::Sell, day), met, "{qty} of 3, sliced {sliced}");
                assert!(!is_met(Side::Buy, day) && !is_met(Side::Sell, at_once), "{qty} of 3");
                assert!(!is_met(Side::Buy, at_once), "{qty} of 3");
            }
        }
    }
}
