//! R22: what is refused or comes to nothing again and again is not repeated for ever.
//!
//! An order that only reduces and ends without a fill is followed by one that reaches twice as far, up to the
//! collar, after a pause that doubles: [`PAUSE_MAX_NS`] at most where it found nobody, and
//! [`REFUSED_PAUSE_MAX_NS`] where the broker refuses it. After [`FUTILE_MAX`] a person is told. A fill, or
//! another want, begins anew.
//!
//! How many orders that open were refused by the broker in a row is counted here; what comes of that, say the
//! breakers (`breakers.rs`).

use crate::message::ToOrders;
use gauntlet_model::effect::OrderState;
use gauntlet_model::ids::BotId;
use gauntlet_model::input::Scope;
use gauntlet_model::units::{NANOS_PER_SECOND, UnixNanos};

use super::Risk;
use super::working::WorkingOrder;

/// Ways out in a row that come to nothing before a person is told.
pub const FUTILE_MAX: u32 = 3;
/// Longest pause between ways out that find nobody, in nanoseconds of the stream's time.
pub const PAUSE_MAX_NS: u64 = 15 * NANOS_PER_SECOND;
/// Longest pause between ways out that the broker refuses.
pub const REFUSED_PAUSE_MAX_NS: u64 = 60 * NANOS_PER_SECOND;
/// Opening orders in a row that the broker may refuse before their bot is killed, in a run that is told of no
/// breakers.
pub const REFUSALS_MAX: u32 = 5;

/// How often in a row a bot's orders came to nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Persistence {
    /// Ways out that ended without a fill.
    pub futile: u32,
    /// Whether the last of them was refused by the broker.
    refused: bool,
    /// Before this no other is tried.
    pub retry_at: UnixNanos,
    /// Whether a person was told.
    told: bool,
    /// Orders that open and were refused by the broker.
    refusals: u32,
}

impl Persistence {
    /// Takes note of an order that is over; `cancelled` if we asked for its end. Gives how many orders that
    /// open were refused in a row, if it is one of them.
    fn note(&mut self, known: &WorkingOrder, cancelled: bool, now: UnixNanos) -> Option<u32> {
        let refused = known.order.state() == OrderState::Rejected;
        if !known.reducing {
            self.refusals = if refused { self.refusals.saturating_add(1) } else { 0 };
            return refused.then_some(self.refusals);
        }
        if known.order.cum_qty() > 0 {
            self.forget_exits();
        } else if !cancelled {
            self.futile = self.futile.saturating_add(1);
            self.refused = refused;
            self.retry_at = now.plus(self.pause());
        }
        None
    }

    /// What the next way out waits for; nothing after the first, which the next timer repeats.
    fn pause(&self) -> u64 {
        let most = if self.refused { REFUSED_PAUSE_MAX_NS } else { PAUSE_MAX_NS };
        match self.futile {
            0 | 1 => 0,
            futile => (NANOS_PER_SECOND << (futile - 1).min(6)).min(most),
        }
    }

    /// Refusals of what opens are counted anew.
    pub fn forget_refusals(&mut self) {
        self.refusals = 0;
    }

    /// Ways out begin anew.
    pub fn forget_exits(&mut self) {
        *self = Persistence { refusals: self.refusals, ..Persistence::default() };
    }

    /// What a person has to be told now, if anything.
    fn news(&mut self) -> Option<&'static str> {
        if self.futile < FUTILE_MAX || std::mem::replace(&mut self.told, true) {
            return None;
        }
        Some(match self.refused {
            true => "the broker refuses the way out again and again",
            false => "ways out end without a fill again and again",
        })
    }
}

impl Risk {
    /// Takes note of an order that is over.
    pub(super) fn note_end(&mut self, id: BotId, known: &WorkingOrder, cancelled: bool) {
        let now = self.now;
        let Some(bot) = self.registry.bot_mut(id) else { return };
        let refusals = bot.persistence.note(known, cancelled, now);
        if known.order.state() == OrderState::Rejected {
            self.note_refused_order(known.order.account(), known.order.route());
        }
        if let Some(count) = refusals {
            self.note_refusals(id, count);
        }
        self.counters.futile_exits +=
            u64::from(known.reducing && !cancelled && known.order.cum_qty() == 0);
    }

    /// Whether a bot's way out has to wait for its next try. A person is told when that is due.
    pub(super) fn pauses(&mut self, id: BotId, out: &mut impl FnMut(ToOrders)) -> bool {
        let now = self.now;
        let Some(bot) = self.registry.bot_mut(id) else { return true };
        let (waits, text) = (now < bot.persistence.retry_at, bot.persistence.news());
        if let Some(text) = text {
            self.alert_exit(id, text, out);
        }
        waits
    }

    /// Stops a bot whose orders the broker refuses one after the other.
    pub(super) fn trip(&mut self, out: &mut impl FnMut(ToOrders)) {
        if let Some(id) = self.tripped.take() {
            self.kill_openings(Scope::Bot(id), "the broker refuses one order after another", out);
        }
    }
}
