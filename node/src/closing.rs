//! The end of a run, on the thread that owns the brokers' sessions: working orders are cancelled
//! but for those that are to outlive it (good till cancelled, or until a date), then the session is logged out, each with a deadline.

use crate::outlet::Outlet;
use crate::state::NodeState;
use gauntlet_model::units::{NANOS_PER_SECOND, UnixNanos};
use std::sync::atomic::Ordering;

/// How long working orders may take to be cancelled before the logout begins all the same.
const CANCEL_NS_MAX: u64 = 5 * NANOS_PER_SECOND;
/// How long the logout may take.
const LOGOUT_NS_MAX: u64 = 3 * NANOS_PER_SECOND;

/// How far the end of a run is.
#[derive(Debug, Default)]
pub enum Closing {
    /// Nobody asked.
    #[default]
    No,
    /// Waiting for the last order to be final.
    Cancelling {
        /// Since when.
        since: UnixNanos,
    },
    /// Waiting for the logout.
    LoggingOut {
        /// Since when.
        since: UnixNanos,
    },
    /// Done.
    Done,
}

impl Closing {
    /// Takes the next step that is due. Call once a round.
    pub fn step(&mut self, outlet: &mut Outlet, state: &NodeState, wall: UnixNanos) {
        match *self {
            Closing::No if state.is_stopping() => *self = Closing::Cancelling { since: wall },
            Closing::Cancelling { since } => {
                let live = state.counters.orders_live.load(Ordering::Relaxed);
                let stays = state.counters.orders_staying.load(Ordering::Relaxed);
                let over = wall.since(since) > CANCEL_NS_MAX;
                if (live == stays && outlet.is_quiet()) || over {
                    outlet.close(wall);
                    *self = Closing::LoggingOut { since: wall };
                }
            }
            Closing::LoggingOut { since }
                if outlet.is_closed() || wall.since(since) > LOGOUT_NS_MAX =>
            {
                state.set_closed();
                *self = Closing::Done;
            }
            _ => {}
        }
    }
}
