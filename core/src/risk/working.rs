//! Working orders, counted until the broker says that they are over.
//!
//! An order works at its whole unfilled quantity from the moment it is approved: fills are counted by
//! `last_qty`, never by what a report says is left, so a broker's slip can only make us count too
//! much. When a report tells of more contracts filled than the fills we saw, the difference stays
//! counted until those fills come.

use crate::effect::TimeInForce;
use crate::ids::{BOTS_MAX, BotId, ClOrdId};
use crate::input::{ExecType, ExecutionReport, OrdStatus};
use crate::units::{Price, Side, UnixNanos};

use super::exposure::Place;

/// Most orders that one bot can have working. The planner keeps to one; the rest is room for orders
/// that the broker says are alive after we thought them over.
pub const ORDERS_PER_BOT: usize = 4;

/// A replace that the broker has not answered.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Replacing {
    pub cl_ord_id: ClOrdId,
    pub price: Price,
}

/// An order that works, or may work.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WorkingOrder {
    /// The identity it was first sent under.
    pub first: ClOrdId,
    /// The identity it has at the broker, replaces included.
    pub current: ClOrdId,
    /// Buy or sell.
    pub side: Side,
    /// Contracts of the whole order.
    pub qty: u32,
    /// Contracts filled, by the fills that were counted.
    pub filled: u32,
    /// Limit price.
    pub price: Price,
    /// How long it lives.
    pub time_in_force: TimeInForce,
    /// Whether its state at the broker is not known: it blocks its bot.
    pub unconfirmed: bool,
    pub(super) place: Place,
    /// Most contracts filled that any report told of.
    pub(super) reported: u32,
    /// Whether the broker said that nothing of it works any more.
    pub(super) over: bool,
    pub(super) acknowledged: bool,
    pub(super) cancelling: Option<ClOrdId>,
    pub(super) replacing: Option<Replacing>,
    /// When the last request about it was sent.
    pub(super) asked_at: UnixNanos,
    pub(super) placed_at: UnixNanos,
    /// Whether it was moved to the best price already; that happens once.
    pub(super) repriced: bool,
    /// Whether it takes the bot nearer to zero.
    pub(super) reducing: bool,
    /// The target that it was sent for.
    pub(super) target: i32,
}

impl WorkingOrder {
    /// Contracts that must be counted as working.
    pub fn open(&self) -> u32 {
        if self.over {
            self.reported.saturating_sub(self.filled)
        } else {
            self.qty.saturating_sub(self.filled)
        }
    }

    /// Whether it is over and every fill of it was counted.
    pub(super) fn is_done(&self) -> bool {
        self.over && self.open() == 0
    }

    /// Whether it is over by the broker's word but fills of it are missing.
    pub(super) fn misses_fills(&self) -> bool {
        self.over && self.open() > 0
    }

    /// Whether a request about it has no answer yet.
    pub(super) fn awaits_answer(&self) -> bool {
        !self.acknowledged || self.cancelling.is_some() || self.replacing.is_some()
    }

    /// Whether an identity is one of this order's.
    pub(super) fn is_known_as(&self, id: ClOrdId) -> bool {
        id.is_some()
            && (id == self.first
                || id == self.current
                || self.cancelling == Some(id)
                || self.replacing.is_some_and(|replacing| replacing.cl_ord_id == id))
    }

    /// The identity that a cancel must name: the last one that was not refused.
    pub(super) fn last_id(&self) -> ClOrdId {
        self.replacing.map_or(self.current, |replacing| replacing.cl_ord_id)
    }

    /// Takes in a report on this order. `fresh` says that a fill counts.
    pub(super) fn on_report(&mut self, report: &ExecutionReport, fresh: bool) {
        if report.exec_type == ExecType::Trade && fresh {
            self.filled = self.filled.saturating_add(report.last_qty);
        }
        if !fresh && report.exec_type != ExecType::OrderStatus {
            return;
        }
        self.acknowledged = true;
        self.unconfirmed = false;
        self.reported = self.reported.max(report.cum_qty);
        match report.exec_type {
            ExecType::Replaced => self.replaced(report),
            ExecType::OrderStatus => {
                let named = self.replacing.is_some_and(|r| r.cl_ord_id == report.cl_ord_id);
                if named && report.ord_status != OrdStatus::PendingReplace {
                    self.replaced(report);
                } else if report.ord_status != OrdStatus::PendingReplace {
                    self.replacing = None;
                }
                self.restated(report);
            }
            ExecType::Restated => self.restated(report),
            _ => {}
        }
        self.over |= is_final(report) || self.filled >= self.qty;
    }

    fn replaced(&mut self, report: &ExecutionReport) {
        if let Some(replacing) = self.replacing.take() {
            self.current = replacing.cl_ord_id;
            self.price = if report.price.is_some() { report.price } else { replacing.price };
        }
        self.restated(report);
    }

    fn restated(&mut self, report: &ExecutionReport) {
        if report.order_qty != 0 {
            self.qty = report.order_qty;
        }
    }
}

/// Whether a report ends its order.
fn is_final(report: &ExecutionReport) -> bool {
    let ended = matches!(
        report.exec_type,
        ExecType::DoneForDay | ExecType::Canceled | ExecType::Rejected | ExecType::Expired
    );
    let state = matches!(
        report.ord_status,
        OrdStatus::Filled
            | OrdStatus::DoneForDay
            | OrdStatus::Canceled
            | OrdStatus::Rejected
            | OrdStatus::Expired
    );
    ended || state
}

/// Working orders by bot, in a table of fixed size.
#[derive(Clone, Debug)]
pub(super) struct WorkingTable {
    slots: Vec<[Option<WorkingOrder>; ORDERS_PER_BOT]>,
}

impl WorkingTable {
    pub fn new() -> WorkingTable {
        WorkingTable { slots: vec![[None; ORDERS_PER_BOT]; BOTS_MAX] }
    }

    /// The orders of a bot, oldest place first.
    pub fn of(&self, bot: BotId) -> impl Iterator<Item = &WorkingOrder> {
        self.slots.get(bot.0 as usize).into_iter().flatten().flatten()
    }

    /// The place of the order with an identity among its bot's.
    pub fn find(&self, bot: BotId, id: ClOrdId) -> Option<usize> {
        let slots = self.slots.get(bot.0 as usize)?;
        slots.iter().position(|slot| slot.is_some_and(|order| order.is_known_as(id)))
    }

    pub fn get(&self, bot: BotId, slot: usize) -> Option<&WorkingOrder> {
        self.slots.get(bot.0 as usize)?.get(slot)?.as_ref()
    }

    pub fn get_mut(&mut self, bot: BotId, slot: usize) -> Option<&mut WorkingOrder> {
        self.slots.get_mut(bot.0 as usize)?.get_mut(slot)?.as_mut()
    }

    /// Whether one more order of a bot fits.
    pub fn has_room(&self, bot: BotId) -> bool {
        self.slots.get(bot.0 as usize).is_some_and(|slots| slots.iter().any(Option::is_none))
    }

    /// Enters an order; says whether it fitted.
    pub fn insert(&mut self, bot: BotId, order: WorkingOrder) -> bool {
        let slots = self.slots.get_mut(bot.0 as usize);
        let free = slots.and_then(|slots| slots.iter_mut().find(|slot| slot.is_none()));
        free.map(|slot| *slot = Some(order)).is_some()
    }

    pub fn remove(&mut self, bot: BotId, slot: usize) -> Option<WorkingOrder> {
        self.slots.get_mut(bot.0 as usize)?.get_mut(slot)?.take()
    }
}
