//! Working orders, counted until they are over by the rules of [`Order`], which are the order
//! manager's too.
//!
//! An order works at its whole unfilled quantity from the moment it is approved: fills are counted by
//! `last_qty`, never by what a report says is left, so a broker's slip can only make us count too
//! much. When a report tells of more contracts filled than the fills we saw, the difference stays
//! counted until those fills come.

use std::ops::Range;

use gauntlet_model::desk::{DESKS_MAX, OWNERS_MAX};
use gauntlet_model::effect::{OrderState, TimeInForce};
use gauntlet_model::ids::{BOTS_MAX, BotId, ClOrdId};
use gauntlet_model::order::{ANSWER_WITHIN_NS, Order};
use gauntlet_model::units::{Price, Side, UnixNanos};
use gauntlet_runtime::prefetch::prefetch_entry;

use super::exposure::Place;
use super::shelter::Child;

/// Most orders that one bot can have working. The planner keeps to one; the rest is room for orders
/// that the broker says are alive after we thought them over, and the last place is for a way out.
pub const ORDERS_PER_BOT: usize = 5;
/// Most orders that one desk can have working: those of a person's, and the last place is for a way out.
pub const ORDERS_PER_DESK: usize = 33;
/// Most orders that all owners together can have working.
pub const WORKING_MAX: usize = BOTS_MAX * ORDERS_PER_BOT + DESKS_MAX * ORDERS_PER_DESK;

/// Most orders that an owner can have working: the slots of its part of the table.
#[inline]
pub fn orders_per(owner: BotId) -> usize {
    if owner.is_desk() { ORDERS_PER_DESK } else { ORDERS_PER_BOT }
}

/// An order that works, or may work.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WorkingOrder {
    pub(super) order: Order,
    /// Whether it was over before the broker said that it works. The order manager calls it over
    /// still, so nobody asks about it: it is cancelled until the broker says that it is gone.
    pub(super) found: bool,
    /// When a cancel was sent last in the present session.
    pub(super) cancelled_at: Option<UnixNanos>,
    pub(super) placed_at: UnixNanos,
    /// Whether it was moved to the best price already; that happens once.
    pub(super) repriced: bool,
    /// Whether it takes the bot nearer to zero.
    pub(super) reducing: bool,
    /// The target that it was sent for.
    pub(super) target: i32,
}

impl WorkingOrder {
    /// The identity it was first sent under.
    pub fn first_id(&self) -> ClOrdId {
        self.order.first_id()
    }

    /// The identity it has at the broker, replaces included.
    pub fn cl_ord_id(&self) -> ClOrdId {
        self.order.cl_ord_id()
    }

    /// Buy or sell.
    pub fn side(&self) -> Side {
        self.order.side()
    }

    /// Limit price.
    pub fn price(&self) -> Price {
        self.order.price()
    }

    /// How long it lives.
    pub fn time_in_force(&self) -> TimeInForce {
        self.order.time_in_force()
    }

    /// Contracts that must be counted as working, those of unanswered replaces among them.
    pub fn open(&self) -> u32 {
        self.order.may_fill()
    }

    /// Whether its state at the broker is not known: it blocks its bot.
    pub fn is_in_doubt(&self) -> bool {
        self.order.is_in_doubt()
    }

    /// Which of those it is that rest at the broker for its owner's position, if it is one.
    pub(super) fn child(&self) -> Option<Child> {
        Child::marked(self.target)
    }

    pub(super) fn place(&self) -> Place {
        Place {
            route: self.order.route(),
            account: self.order.account(),
            instrument: self.order.instrument(),
        }
    }

    /// Whether it rests at the broker with nothing unanswered.
    pub(super) fn is_idle(&self) -> bool {
        matches!(self.order.state(), OrderState::New | OrderState::PartiallyFilled)
    }

    /// Whether it is a passive order that was not moved yet.
    pub(super) fn may_be_moved(&self) -> bool {
        self.time_in_force() == TimeInForce::Day && !self.repriced
    }

    /// Whether a cancel is on its way that may still be answered.
    pub(super) fn awaits_cancel(&self, now: UnixNanos) -> bool {
        let recent = self.cancelled_at.is_some_and(|at| now.since(at) < ANSWER_WITHIN_NS);
        match self.found {
            true => recent,
            false => self.order.is_being_cancelled() && (recent || !self.is_in_doubt()),
        }
    }

    /// The identity that a request must name: the last one that was not refused.
    pub(super) fn newest_id(&self) -> ClOrdId {
        let requests = self.order.open_requests();
        let replace = requests.iter().rev().find(|request| request.replace.is_some());
        replace.map_or(self.order.cl_ord_id(), |request| request.id)
    }
}

/// Working orders by owner, in a table of fixed size: each has so many slots in a row, bots first.
#[derive(Clone, Debug)]
pub(super) struct WorkingTable {
    slots: Vec<Option<WorkingOrder>>,
    /// A bit for each place of an owner that an order has. Orders are large and lie far apart: without this
    /// every check of every bot would fetch the empty places of all of them from memory. Boxed, since the stages
    /// are moved while they are made, and each copy of the table would lie on the stack.
    taken: Box<[u64; OWNERS_MAX]>,
}

const _: () = assert!(ORDERS_PER_BOT <= 64 && ORDERS_PER_DESK <= 64, "a bit for each place");

/// The places that an order may take, as bits.
fn places(owner: BotId, reducing: bool) -> u64 {
    let all = (1 << orders_per(owner)) - 1;
    if reducing { all } else { all >> 1 }
}

/// The numbers of the bits that are set, lowest first.
fn numbers(mut bits: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let number = (bits != 0).then_some(bits.trailing_zeros() as usize)?;
        bits &= bits - 1;
        Some(number)
    })
}

/// Where the slots of an owner are; none of what is no owner.
#[inline]
fn part_of(owner: BotId) -> Range<usize> {
    let at = usize::from(owner.0);
    let (begin, len) = match at {
        0..BOTS_MAX => (at * ORDERS_PER_BOT, ORDERS_PER_BOT),
        BOTS_MAX..OWNERS_MAX => {
            let before = (at - BOTS_MAX) * ORDERS_PER_DESK;
            (BOTS_MAX * ORDERS_PER_BOT + before, ORDERS_PER_DESK)
        }
        _ => (0, 0),
    };
    begin..begin + len
}

impl WorkingTable {
    pub fn new() -> WorkingTable {
        WorkingTable { slots: vec![None; WORKING_MAX], taken: Box::new([0; OWNERS_MAX]) }
    }

    /// See [`Risk::look_ahead`](super::Risk::look_ahead).
    #[inline]
    pub fn look_ahead(&self, bot: BotId) {
        prefetch_entry(&*self.taken, usize::from(bot.0));
        // Mostly it has no other.
        prefetch_entry(&self.slots[part_of(bot)], 0);
    }

    /// The places that a bot's orders have.
    fn taken(&self, bot: BotId) -> u64 {
        self.taken.get(usize::from(bot.0)).copied().unwrap_or(0)
    }

    /// The orders of a bot, oldest place first.
    pub fn of(&self, bot: BotId) -> impl Iterator<Item = &WorkingOrder> {
        numbers(self.taken(bot)).filter_map(move |slot| self.get(bot, slot))
    }

    /// Whether a bot has no order.
    pub fn is_idle(&self, bot: BotId) -> bool {
        self.taken(bot) == 0
    }

    /// The place of the order with an identity among its bot's.
    pub fn find(&self, bot: BotId, id: ClOrdId) -> Option<usize> {
        self.position(bot, |known| known.order.identities().contains(&id))
    }

    /// The first place of a bot with an order that is meant.
    pub fn position(&self, bot: BotId, meant: impl Fn(&WorkingOrder) -> bool) -> Option<usize> {
        numbers(self.taken(bot)).find(|slot| self.get(bot, *slot).is_some_and(&meant))
    }

    pub fn get(&self, bot: BotId, slot: usize) -> Option<&WorkingOrder> {
        self.slots[part_of(bot)].get(slot)?.as_ref()
    }

    pub fn get_mut(&mut self, bot: BotId, slot: usize) -> Option<&mut WorkingOrder> {
        self.slots[part_of(bot)].get_mut(slot)?.as_mut()
    }

    /// The first place of a bot that an order may take; the last one is for what only reduces.
    fn free(&self, bot: BotId, reducing: bool) -> Option<usize> {
        let taken = self.taken.get(usize::from(bot.0))?;
        numbers(places(bot, reducing) & !taken).next()
    }

    /// Whether one more order of a bot fits; the last place is for one that only reduces.
    pub fn has_room(&self, bot: BotId, reducing: bool) -> bool {
        self.free(bot, reducing).is_some()
    }

    /// Enters an order; says whether it fitted. In line, so that an order is made in its place: it is large.
    #[inline]
    pub fn insert(&mut self, bot: BotId, order: WorkingOrder) -> bool {
        let Some(slot) = self.free(bot, order.reducing) else { return false };
        self.slots[part_of(bot)][slot] = Some(order);
        self.taken[usize::from(bot.0)] |= 1 << slot;
        true
    }

    /// The first bot from a number on that has an order.
    pub fn next_busy(&self, from: u16) -> Option<BotId> {
        let taken = self.taken.get(usize::from(from)..)?;
        let ahead = taken.iter().position(|places| *places != 0)?;
        Some(BotId(from + ahead as u16))
    }

    pub fn remove(&mut self, bot: BotId, slot: usize) -> Option<WorkingOrder> {
        let removed = self.slots[part_of(bot)].get_mut(slot)?.take()?;
        self.taken[usize::from(bot.0)] &= !(1 << slot);
        Some(removed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_all_owners_lie_side_by_side_and_what_is_no_owner_has_none() {
        let mut end = 0;
        for owner in (0..OWNERS_MAX as u16).map(BotId) {
            let part = part_of(owner);
            assert_eq!((part.start, part.len()), (end, orders_per(owner)), "{owner:?}");
            end = part.end;
        }
        assert_eq!(end, WORKING_MAX);
        assert!(part_of(BotId(OWNERS_MAX as u16)).is_empty());
    }

    #[test]
    fn the_last_place_of_an_owner_is_for_what_reduces() {
        for (owner, all) in [(0, ORDERS_PER_BOT), (BOTS_MAX as u16, ORDERS_PER_DESK)] {
            let bits = |reducing| numbers(places(BotId(owner), reducing)).collect::<Vec<_>>();
            assert_eq!(bits(true), (0..all).collect::<Vec<_>>());
            assert_eq!(bits(false), (0..all - 1).collect::<Vec<_>>());
        }
    }
}
