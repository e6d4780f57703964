//! How the FIX session of an exchange behaves, where real acceptors differ.

use gauntlet_gateways::fix::codec::TimePrecision;
use gauntlet_gateways::fix::dictionary::Dictionary;
pub use gauntlet_gateways::fix::session::Habits;
use gauntlet_gateways::fix::session::SessionConfig;
use gauntlet_model::session_schedule::SessionSchedule;
use std::sync::Arc;

/// See the module. The default is an exchange that takes over the numbers of its first client, never begins
/// them anew by itself and has no bad habits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionProfile {
    /// Whether the first client may come with numbers of an earlier life of the exchange. One that has a memory,
    /// as real ones do, refuses numbers that are too low and asks for what is missing.
    pub adopts_numbers: bool,
    /// Whether the numbers begin anew with every logon.
    pub reset_on_logon: bool,
    /// When the session is open and when its numbers begin anew, by the wall clock.
    pub schedule: Option<SessionSchedule>,
    /// Whether messages are held against the built-in data dictionary: what it does not define is refused.
    pub checks_tags: bool,
    /// What else it does.
    pub habits: Habits,
}

impl Default for SessionProfile {
    fn default() -> SessionProfile {
        SessionProfile {
            adopts_numbers: true,
            reset_on_logon: false,
            schedule: None,
            checks_tags: false,
            habits: Habits::default(),
        }
    }
}

impl SessionProfile {
    /// The acceptor's session, as `sender_comp_id`, for a client called `target_comp_id`.
    pub fn session(&self, sender_comp_id: &str, target_comp_id: &str) -> SessionConfig {
        SessionConfig {
            adopt_numbers: self.adopts_numbers,
            reset_on_logon: self.reset_on_logon,
            schedule: self.schedule.clone(),
            dictionary: self.checks_tags.then(|| Arc::new(Dictionary::built_in())),
            habits: self.habits.clone(),
            next_expected: true,
            time_precision: TimePrecision::Micros,
            ..SessionConfig::acceptor(sender_comp_id, target_comp_id)
        }
    }
}
