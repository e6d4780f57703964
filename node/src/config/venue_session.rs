//! `[venue.session]`: how the simulated venue's FIX session behaves, where real acceptors differ.

use super::fix::schedule_of;
use gauntlet_gateways::fix::session::Habits;
use gauntlet_venue::order_entry::SessionProfile;
use serde::{Deserialize, Serialize};

/// See the module. Everything has a default: a session without bad habits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct VenueSessionConfig {
    /// Whether the first client may come with any numbers.
    pub adopts_numbers: bool,
    /// Whether the numbers begin anew with every logon.
    pub reset_on_logon: bool,
    /// Whether they do after a logout of the client.
    pub reset_on_logout: bool,
    /// Whether they do after every connection.
    pub reset_on_disconnect: bool,
    /// Whether the logon that follows says so unasked (141=Y).
    pub tells_resets: bool,
    /// The time zone of the times below.
    pub time_zone: Option<String>,
    /// When the numbers begin anew: a time of every day or, with a day, of every week.
    pub reset_at: Option<String>,
    /// From when the session is open.
    pub open: Option<String>,
    /// Until when.
    pub close: Option<String>,
    /// Logons that are refused first.
    pub refused_logons: u32,
    /// Tags that every order, cancel and replace must have.
    pub required_tags: Vec<u32>,
    /// Whether messages are held against the built-in data dictionary.
    pub checks_tags: bool,
    /// Numbers of the client's last messages that are forgotten when a connection ends.
    pub forgets: u64,
    /// The own number jumps after every so many messages.
    pub jump_every: u64,
    /// The last messages are told again after every so many.
    pub repeat_every: u64,
    /// The client's last messages are asked for again after every so many.
    pub ask_every: u64,
    /// The connection breaks within every so many bytes.
    pub break_bytes: u64,
}

impl Default for VenueSessionConfig {
    fn default() -> VenueSessionConfig {
        VenueSessionConfig {
            adopts_numbers: true,
            reset_on_logon: false,
            reset_on_logout: false,
            reset_on_disconnect: false,
            tells_resets: false,
            time_zone: None,
            reset_at: None,
            open: None,
            close: None,
            refused_logons: 0,
            required_tags: Vec::new(),
            checks_tags: false,
            forgets: 0,
            jump_every: 0,
            repeat_every: 0,
            ask_every: 0,
            break_bytes: 0,
        }
    }
}

impl VenueSessionConfig {
    /// Whether nothing is said.
    pub fn is_default(&self) -> bool {
        *self == VenueSessionConfig::default()
    }

    /// As the venue knows it; `seed` decides what chance decides.
    ///
    /// # Errors
    /// A time or a zone that cannot be, in words.
    pub fn profile(&self, seed: u64) -> Result<SessionProfile, String> {
        let times = [&self.reset_at, &self.open, &self.close].map(|time| time.as_deref());
        let schedule = schedule_of(self.time_zone.as_deref(), times)
            .map_err(|error| format!("venue.session: {error}"))?;
        Ok(SessionProfile {
            adopts_numbers: self.adopts_numbers,
            reset_on_logon: self.reset_on_logon,
            schedule,
            checks_tags: self.checks_tags,
            habits: Habits {
                reset_on_logout: self.reset_on_logout,
                reset_on_disconnect: self.reset_on_disconnect,
                tells_resets: self.tells_resets,
                refused_logons: self.refused_logons,
                required_tags: self.required_tags.clone(),
                forgets: self.forgets,
                jump_every: self.jump_every,
                repeat_every: self.repeat_every,
                ask_every: self.ask_every,
                break_bytes: self.break_bytes,
                seed,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_said_is_a_session_without_habits_and_a_time_that_cannot_be_is_refused_by_name() {
        let said = VenueSessionConfig::default();
        assert_eq!(said.profile(0), Ok(SessionProfile::default()));
        let wrong = VenueSessionConfig { reset_at: Some("25:00".to_owned()), ..said };
        let error = wrong.profile(0).expect_err("no such hour");
        assert!(error.starts_with("venue.session: ") && error.contains("25:00"), "{error}");
    }
}
