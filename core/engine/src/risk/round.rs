//! Rounds over the bots: work that is due for all of them at once, such as the cancels of a kill or what a
//! timer makes due.
//!
//! One input makes at most [`MESSAGES_PER_ROUND`] order messages that way (a `ClOrdID` tells apart so many
//! of one input only), and the following inputs carry on where it stopped. So nothing is refused for
//! being too much at once, however many orders work.

use crate::message::ToOrders;
use gauntlet_model::desk::OWNERS_MAX;
use gauntlet_model::ids::ClOrdId;

use super::Risk;
use super::working::ORDERS_PER_BOT;

/// Order messages of one input after which a round waits for the next input. What one bot may add to it,
/// and what else the input causes, stays within what identities can tell apart.
pub const MESSAGES_PER_ROUND: u16 = 192;

/// Order messages of one input after which no bot begins another: the last few are for those that are under
/// way.
pub(super) const MESSAGES_MAX: u16 = ClOrdId::ORDINALS_MAX - 2 * ORDERS_PER_BOT as u16;

/// Where the rounds are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Round {
    /// The next bot on which kills are carried out; [`OWNERS_MAX`] when none is left.
    enforcing: usize,
    /// Whether a kill has begun the round that is under way, and not a timer: then what does not rest is
    /// cancelled too.
    by_kill: bool,
    /// The next bot whose orders and wants a timer looks after.
    tending: usize,
}

impl Round {
    /// No round is under way.
    pub const DONE: Round = Round { enforcing: OWNERS_MAX, by_kill: false, tending: OWNERS_MAX };

    /// Kills are to be carried out on every bot. A timer does not take the place of a kill.
    pub fn begin_enforcing(&mut self, by_kill: bool) {
        if by_kill || self.enforcing >= OWNERS_MAX {
            (self.enforcing, self.by_kill) = (0, by_kill);
        }
    }

    /// Every bot is to be looked after. A round that a timer began before is not begun anew: those that
    /// it did not reach yet come first.
    pub fn begin_tending(&mut self) {
        if self.tending >= OWNERS_MAX {
            self.tending = 0;
        }
    }

    fn is_done(&self) -> bool {
        self.enforcing >= OWNERS_MAX && self.tending >= OWNERS_MAX
    }
}

impl Risk {
    /// Goes on with what is under way, as far as this input may.
    #[inline]
    pub(super) fn go_round(&mut self, out: &mut impl FnMut(ToOrders)) {
        if !self.round.is_done() {
            self.go_on(out);
        }
    }

    fn go_on(&mut self, out: &mut impl FnMut(ToOrders)) {
        while self.round.enforcing < OWNERS_MAX && self.ordinal < MESSAGES_PER_ROUND {
            let next = self.registry.next_owner(self.round.enforcing);
            self.round.enforcing = next.map_or(OWNERS_MAX, |id| usize::from(id.0) + 1);
            let Some(id) = next else { break };
            self.enforce_kills(id, !self.round.by_kill, out);
        }
        while self.round.tending < OWNERS_MAX && self.ordinal < MESSAGES_PER_ROUND {
            let next = self.registry.next_owner(self.round.tending);
            self.round.tending = next.map_or(OWNERS_MAX, |id| usize::from(id.0) + 1);
            let Some(id) = next else { break };
            if !self.working.is_idle(id) {
                self.tend(id, out);
            }
            self.reconcile(id, out);
            self.shelter(id, out);
        }
    }
}
