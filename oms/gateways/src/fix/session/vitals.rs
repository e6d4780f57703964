//! How a session fares, for operators.

use super::{Session, State};
use crate::fix::codec::Message;
use crate::fix::tags;
use gauntlet_model::session_vitals::{SessionPhase, SessionPolicy, SessionVitals};
use gauntlet_model::units::UnixNanos;

/// The last test request, and how long the last answered one took.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct RoundTrip {
    /// The unanswered request and when it was sent.
    asked: Option<(u64, UnixNanos)>,
    took_ns: u64,
    /// When the answer came; 0 for never.
    at: UnixNanos,
}

impl RoundTrip {
    pub(super) fn ask(&mut self, id: u64, now: UnixNanos) {
        self.asked = Some((id, now));
    }
}

impl Session {
    /// A heartbeat may answer the last test request.
    pub(super) fn time_answer(&mut self, heartbeat: &Message<'_>, now: UnixNanos) {
        if let Some((id, asked_at)) = self.round_trip.asked
            && heartbeat.uint(tags::TEST_REQ_ID) == Some(id)
        {
            let took_ns = now.since(asked_at);
            self.round_trip = RoundTrip { asked: None, took_ns, at: now };
        }
    }

    fn phase(&self) -> SessionPhase {
        match self.state {
            State::Disconnected => SessionPhase::Waiting,
            State::AwaitingLogon { .. } => SessionPhase::LoggingOn,
            State::LoggedOn if self.is_logged_on() => SessionPhase::LoggedOn,
            State::LoggedOn => SessionPhase::CatchingUp,
            State::LogoutSent { .. } | State::LogoutAnswered { .. } | State::Closing => {
                SessionPhase::LoggingOut
            }
        }
    }

    /// How it fares, as far as the session knows: of connections and of what was never a message it knows
    /// nothing.
    pub fn vitals(&self) -> SessionVitals {
        let counters = self.counters;
        SessionVitals {
            phase: self.phase() as u64,
            heartbeat_ns: self.heartbeat_ns,
            round_trip_ns: self.round_trip.took_ns,
            round_trip_at: self.round_trip.at.0,
            last_received: self.last_received.0,
            last_sent: self.last_sent.0,
            next_out: self.next_out,
            next_in: self.next_in,
            gaps: counters.gaps,
            resends: counters.resends,
            gap_fills: counters.gap_fills,
            jumps: counters.jumps,
            duplicates: counters.duplicates,
            rejects_sent: counters.rejects_sent,
            faults_received: counters.faults_received,
            faults_unsent: counters.faults_unsent,
            ..SessionVitals::default()
        }
    }

    /// When its numbers begin anew, and when it is open.
    pub fn policy(&self) -> SessionPolicy {
        SessionPolicy {
            resets_on_logon: self.config.reset_on_logon,
            schedule: self.config.schedule.clone(),
        }
    }
}
