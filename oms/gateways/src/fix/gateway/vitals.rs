//! How a broker's session fares, for operators.

use super::FixGateway;
use gauntlet_model::session_vitals::{SessionPhase, SessionPolicy, SessionVitals};

impl FixGateway {
    /// What it does: the session knows of one with a connection.
    fn phase(&self) -> Option<SessionPhase> {
        match () {
            () if self.is_closed => Some(SessionPhase::Closed),
            () if self.link.is_open() => None,
            () if self.dialer.is_dialing() => Some(SessionPhase::Connecting),
            () if !self.is_open => Some(SessionPhase::OutOfHours),
            () => Some(SessionPhase::Waiting),
        }
    }

    /// How the session fares at this moment.
    pub fn session_vitals(&self) -> SessionVitals {
        let vitals = self.session.vitals();
        let phase = self.phase();
        let waits = phase == Some(SessionPhase::Waiting);
        SessionVitals {
            phase: phase.map_or(vitals.phase, |phase| phase as u64),
            garbled: self.garbled(),
            unsent: self.unsent,
            failed_attempts: self.dialer.failures(),
            next_attempt: if waits { self.dialer.not_before().0 } else { 0 },
            ..vitals
        }
    }

    /// When the session's numbers begin anew, and when it is open.
    pub fn session_policy(&self) -> SessionPolicy {
        self.session.policy()
    }
}
