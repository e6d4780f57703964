//! A stop and a target that rest at the broker together: one of two (OCO).
//!
//! Both have the size of the position, and only one of them can be needed. The protocol that we speak has no order of
//! which the exchange knows that, so we keep it (`Emulation::PAIRED`, and each target says so): what one fills is taken
//! off the other with the same report, by a replace to what is left, or a cancel where nothing is.
//!
//! # How they count
//!
//! As ways out they count as one, at the larger of the two: an exit beside them has the room that it would have beside
//! the stop alone. As what may fill (R3) both count in full, since both may: a long of three with both at rest may come
//! to three short at worst, never to more than what was held.
//!
//! # When both fill
//!
//! A market that crosses both before our message is there, or a broker that fills what it had confirmed as cancelled,
//! fills more than was held. A fill of either that leaves a position on its own side is noticed with that fill, told
//! ([`AlertKind::Overfill`]), and given back at once by an order of the usual way out.
//!
//! While the node is down nobody takes anything off. So a target goes for the day, is withdrawn by an orderly stop, which
//! leaves the stop alone, and after a crash both rest until its session ends. What filled meanwhile is told at logon: the
//! other is withdrawn, and what was too much is given back.
//!
//! # When the target is met
//!
//! A bot whose target is met wants out (as does a desk, for which we look). While its target rests at the broker it is
//! given [`TAKE_WITHIN_NS`] to fill there; after that both are withdrawn and the rest goes as any way out.

use crate::message::ToOrders;
use gauntlet_model::effect::{AlertKind, IntentReason};
use gauntlet_model::ids::{BotId, ClOrdId};
use gauntlet_model::input::Scope;
use gauntlet_model::units::{NANOS_PER_SECOND, Side};

use super::planner::Want;
use super::shelter::Child;
use super::{Risk, alert_on};

/// How long a target that the market has met may take to fill at the broker, in nanoseconds of the stream's time.
pub const TAKE_WITHIN_NS: u64 = 5 * NANOS_PER_SECOND;

impl Risk {
    /// Contracts of an owner that may fill on a side: of its own orders, of its stop, and of its target.
    fn open_by_kind(&self, id: BotId, side: Side) -> (i64, i64, i64) {
        let mut open = (0, 0, 0);
        for order in self.working.of(id).filter(|order| order.side() == side) {
            let qty = i64::from(order.open());
            match order.child() {
                None => open.0 += qty,
                Some(Child::Stop) => open.1 += qty,
                Some(Child::Target) => open.2 += qty,
            }
        }
        open
    }

    /// Contracts of an owner that can close on a side: of a stop and its target one fills.
    pub(super) fn closing_on(&self, id: BotId, side: Side) -> i64 {
        let (own, stop, target) = self.open_by_kind(id, side);
        own + stop.max(target)
    }

    /// As many of `most` contracts as a stop or a target may have beside what else closes; `None` for none.
    pub(super) fn room_of_pair(&self, id: BotId, side: Side, most: u32) -> Option<u32> {
        let (_, stop, target) = self.open_by_kind(id, side);
        let room = self.closable(id, side) + stop.max(target);
        u32::try_from(room.min(i64::from(most))).ok().filter(|qty| *qty > 0)
    }

    /// What a change of one of the two, from and to so many contracts, adds to what can close.
    pub(super) fn added_to_pair(
        &self,
        (id, side): (BotId, Side),
        child: Child,
        (from, to): (u32, u32),
    ) -> i64 {
        let (_, stop, target) = self.open_by_kind(id, side);
        let other = if child == Child::Stop { target } else { stop };
        (other.max(i64::from(to)) - other.max(i64::from(from))).max(0)
    }

    /// Whether a want is of a target that was met and still has time to fill at the broker.
    pub(super) fn is_taking(&self, id: BotId, want: &Want) -> bool {
        want.reason == IntentReason::TakeProfit
            && self.now.since(want.since) < TAKE_WITHIN_NS
            && self.child_slot(id, Child::Target).is_some_and(|slot| {
                let target = self.working.get(id, slot);
                target.is_some_and(|target| !target.order.is_being_cancelled())
            })
    }

    /// A fill of an order with these identities left an owner with a position on the fill's own side: if the order was
    /// to close one, more was filled than was held.
    pub(super) fn note_overclosed(
        &mut self,
        id: BotId,
        side: Side,
        located: Option<(BotId, usize)>,
        orders: [ClOrdId; 2],
    ) {
        let held = self.registry.bot(id).map_or(0, |bot| bot.position.qty());
        if i64::from(held.signum()) != side.sign() {
            return;
        }
        let closes = match located {
            Some((bot, slot)) => {
                self.working.get(bot, slot).is_some_and(|order| order.child().is_some())
            }
            None => {
                let ended = orders.into_iter().find_map(|order| self.ended.get(order));
                ended.is_some_and(|ended| ended.closes)
            }
        };
        if closes {
            self.overclosed = Some((id, orders[0]));
        }
    }

    /// Gives back what a stop and a target filled beyond what was held.
    pub(super) fn give_back_overclosed(&mut self, out: &mut impl FnMut(ToOrders)) {
        let Some((id, order)) = self.overclosed.take() else { return };
        let text = "stop and target filled more than was held: it is given back";
        alert_on(AlertKind::Overfill, Scope::Bot(id), order, text, out);
        self.send_out(id, Want::flat(self.now), out);
    }
}
