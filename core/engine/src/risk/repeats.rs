//! R6, R7: what a bot opened of late. One ring by bot serves both: no opening order twice within a moment,
//! and no more than so many within a window.

use gauntlet_model::desk::OWNERS_MAX;
use gauntlet_model::ids::BotId;
use gauntlet_model::order::OrderRequest;
use gauntlet_model::units::{Price, Side, UnixNanos};
use gauntlet_runtime::prefetch::prefetch;

/// Opening orders of a bot that are remembered: the most that R7 may allow within its window.
pub const EXECUTIONS_MAX: usize = 64;

/// An opening order that was sent.
#[derive(Clone, Copy, Debug)]
struct Opening {
    at: UnixNanos,
    price: Price,
    qty: u32,
    side: Side,
}

const NOTHING: Opening = Opening { at: UnixNanos(0), price: Price::NONE, qty: 0, side: Side::Buy };

/// The openings of one bot. What nearly always decides comes first, so that the rest stays where it is.
#[derive(Clone, Debug)]
#[repr(C)]
struct Ring {
    sent: usize,
    /// How many of them a person has seen when letting the bot on: R7 counts from there.
    forgiven: usize,
    /// When the newest was sent.
    newest: UnixNanos,
    openings: [Opening; EXECUTIONS_MAX],
}

/// The openings of every bot.
#[derive(Clone, Debug)]
pub(super) struct Repeats {
    rings: Vec<Ring>,
}

impl Repeats {
    pub fn new() -> Repeats {
        let openings = [NOTHING; EXECUTIONS_MAX];
        let ring = Ring { sent: 0, forgiven: 0, newest: UnixNanos(0), openings };
        Repeats { rings: vec![ring; OWNERS_MAX] }
    }

    /// See [`Risk::look_ahead`](super::Risk::look_ahead).
    #[inline]
    pub fn look_ahead(&self, bot: BotId) {
        if let Some(ring) = self.rings.get(usize::from(bot.0)) {
            prefetch(&ring.sent);
        }
    }

    /// Notes an opening order that leaves.
    pub fn record(&mut self, request: &OrderRequest, at: UnixNanos) {
        let Some(ring) = self.rings.get_mut(usize::from(request.bot.0)) else { return };
        let OrderRequest { price, qty, side, .. } = *request;
        ring.openings[ring.sent % EXECUTIONS_MAX] = Opening { at, price, qty, side };
        (ring.sent, ring.newest) = (ring.sent + 1, at);
    }

    /// How long ago, in nanoseconds, the bot opened by the same order, if that is less than `window`.
    pub fn same_within(&self, request: &OrderRequest, window: u64, now: UnixNanos) -> Option<u64> {
        let ring = self.rings.get(usize::from(request.bot.0))?;
        if ring.sent == 0 || now.since(ring.newest) >= window {
            return None;
        }
        let newest_first = (0..ring.sent.min(EXECUTIONS_MAX))
            .map(|back| &ring.openings[(ring.sent - 1 - back) % EXECUTIONS_MAX]);
        newest_first
            .take_while(|opening| now.since(opening.at) < window)
            .find(|opening| {
                (opening.side, opening.price, opening.qty)
                    == (request.side, request.price, request.qty)
            })
            .map(|opening| now.since(opening.at))
    }

    /// Whether one more opening of a bot keeps to `allowed` within `window`; more than
    /// [`EXECUTIONS_MAX`] count as so many.
    pub fn has_room(&self, bot: BotId, allowed: u32, window: u64, now: UnixNanos) -> bool {
        let Some(ring) = self.rings.get(usize::from(bot.0)) else { return false };
        let allowed = (allowed as usize).min(EXECUTIONS_MAX);
        if ring.sent - ring.forgiven < allowed {
            return true;
        }
        allowed > 0 && {
            let nth_last = ring.openings[(ring.sent - allowed) % EXECUTIONS_MAX];
            now.since(nth_last.at) >= window
        }
    }

    /// A person lets a bot on: R7 begins anew.
    pub fn forgive(&mut self, bot: BotId) {
        if let Some(ring) = self.rings.get_mut(usize::from(bot.0)) {
            ring.forgiven = ring.sent;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gauntlet_model::units::NANOS_PER_SECOND;

    #[test]
    fn where_nothing_is_allowed_nothing_has_room_however_long_ago_the_last_was() {
        let repeats = Repeats::new();
        let now = UnixNanos(1_700_000_000 * NANOS_PER_SECOND);
        assert!(!repeats.has_room(BotId(0), 0, NANOS_PER_SECOND, now));
        assert!(repeats.has_room(BotId(0), 1, NANOS_PER_SECOND, now));
    }
}
