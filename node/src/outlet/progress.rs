//! How far the node is, for a venue that waits for it: a replay in lockstep.

use crate::state::NodeState;
use gauntlet_model::input::{Input, Origin, SessionChange};
use gauntlet_venue::lockstep::Lockstep;
use std::sync::Arc;

/// Counts what has come down the chain.
#[derive(Default)]
pub struct Progress {
    lockstep: Option<Arc<Lockstep>>,
    at_hand: Kind,
    feed_inputs_done: u64,
    reports_done: u64,
}

/// What kind of input is at hand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Kind {
    /// From the feed.
    Feed,
    /// A message of the broker's.
    Report,
    /// A gateway's own, or the simulator's.
    Word,
    /// The node's own.
    #[default]
    Other,
}

impl Progress {
    /// Reports to a venue from now on.
    pub fn set_lockstep(&mut self, lockstep: Arc<Lockstep>) {
        self.lockstep = Some(lockstep);
    }

    /// Begins an input.
    pub fn begin(&mut self, input: &Input) {
        self.at_hand = Kind::of(input);
    }

    /// Ends the input; tells whether it came from a gateway.
    pub fn end(&mut self) -> bool {
        match self.at_hand {
            Kind::Feed => self.feed_inputs_done += 1,
            Kind::Report => self.reports_done += 1,
            Kind::Word | Kind::Other => {}
        }
        matches!(self.at_hand, Kind::Report | Kind::Word)
    }

    /// An order message is on the wire.
    pub fn order_sent(&self) {
        if let Some(lockstep) = &self.lockstep {
            lockstep.order_sent();
        }
    }

    /// Tells the venue how far the node is, if it is at rest; `is_quiet` says whether no word is
    /// under way.
    pub fn publish(&self, state: &NodeState, is_quiet: bool) {
        let Some(lockstep) = &self.lockstep else { return };
        // Records first: the inputs of a record are counted before the record is.
        let records = state.feed_records();
        if is_quiet && state.feed_inputs() == self.feed_inputs_done {
            lockstep.publish(records, self.reports_done);
        }
    }
}

impl Kind {
    fn of(input: &Input) -> Kind {
        match input {
            Input::Execution(report) if report.route.is_broker() => Kind::Report,
            Input::CancelReject(reject) if reject.route.is_broker() => Kind::Report,
            Input::Unusable(report) if report.route.is_broker() => Kind::Report,
            Input::BrokerOrder(_)
            | Input::BrokerPosition(_)
            | Input::EnquiryAnswer(_)
            | Input::Balance(_)
            | Input::Copied(_) => Kind::Report,
            // It came back from the chain's far end, as a gateway's word does.
            Input::Correction(correction) if correction.by_broker => Kind::Word,
            Input::Session(event) if event.change == SessionChange::MessageRejected => Kind::Report,
            input => match input.origin() {
                Origin::Broker => Kind::Word,
                Origin::Feed => Kind::Feed,
                Origin::Outside | Origin::Platform => Kind::Other,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gauntlet_model::ids::ClOrdId;
    use gauntlet_model::input::{FeedChange, FeedEvent, Route, SessionEvent, Timer};
    use gauntlet_model::text::Text;
    use gauntlet_venue::lockstep::VenueCounts;

    fn gap() -> Input {
        Input::Feed(FeedEvent { feed: 0, change: FeedChange::Gap, detail: Text::EMPTY })
    }

    fn session(change: SessionChange) -> Input {
        let (route, cl_ord_id, detail) = (Route::BROKER, ClOrdId::NONE, Text::EMPTY);
        Input::Session(SessionEvent {
            route,
            change,
            msg_seq_num: 1,
            reset: false,
            cl_ord_id,
            detail,
        })
    }

    fn done(progress: &mut Progress, input: Input) -> bool {
        progress.begin(&input);
        progress.end()
    }

    #[test]
    fn the_venue_learns_of_records_and_reports_once_their_inputs_are_done() {
        let (mut progress, state) = (Progress::default(), NodeState::default());
        let lockstep = Arc::new(Lockstep::default());
        progress.set_lockstep(Arc::clone(&lockstep));
        let at = |records_sent, reports_sent, orders_received| {
            let counts = VenueCounts { records_sent, reports_sent, orders_received };
            lockstep.is_at_rest(&counts)
        };
        state.count_feed_input();
        state.set_feed_records(5);
        progress.publish(&state, true);
        assert!(at(0, 0, 0), "an input is under way");
        assert!(!done(&mut progress, gap()));
        progress.publish(&state, false);
        assert!(at(0, 0, 0), "a word is under way");
        progress.publish(&state, true);
        assert!(at(5, 0, 0));
        assert!(done(&mut progress, session(SessionChange::MessageRejected)));
        progress.order_sent();
        progress.publish(&state, true);
        assert!(at(5, 1, 1));
    }

    #[test]
    fn only_what_a_gateway_said_comes_home() {
        let mut progress = Progress::default();
        assert!(done(&mut progress, session(SessionChange::LoggedOn)));
        assert!(!done(&mut progress, Input::Timer(Timer { second: 1 })));
        assert!(!done(&mut progress, gap()));
    }
}
