//! How a session to a broker fares while it runs: figures that the thread which owns it publishes now and then,
//! and what its configuration says of it.
//!
//! None of it is journaled: it is of the moment, for operators, and decides nothing.

use crate::session_schedule::SessionSchedule;
use crate::units::UnixNanos;

/// What a session does at this moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[repr(u8)]
pub enum SessionPhase {
    /// Between two attempts to connect.
    #[default]
    Waiting = 0,
    /// Its schedule has it closed.
    OutOfHours = 1,
    /// The connection is being made.
    Connecting = 2,
    /// Connected, and the logon is not answered.
    LoggingOn = 3,
    /// Logged on, but messages are missing, or whether any are is not known yet.
    CatchingUp = 4,
    /// Logged on with nothing missing.
    LoggedOn = 5,
    /// A logout is under way.
    LoggingOut = 6,
    /// Ended in order.
    Closed = 7,
}

impl SessionPhase {
    /// All of them, by their numbers.
    pub const ALL: [SessionPhase; 8] = [
        SessionPhase::Waiting,
        SessionPhase::OutOfHours,
        SessionPhase::Connecting,
        SessionPhase::LoggingOn,
        SessionPhase::CatchingUp,
        SessionPhase::LoggedOn,
        SessionPhase::LoggingOut,
        SessionPhase::Closed,
    ];

    /// Its name in answers.
    pub const fn name(self) -> &'static str {
        [
            "waiting",
            "out_of_hours",
            "connecting",
            "logging_on",
            "catching_up",
            "logged_on",
            "logging_out",
            "closed",
        ][self as usize]
    }

    /// The phase of a number; what is none waits.
    pub fn of(number: u64) -> SessionPhase {
        let known = SessionPhase::ALL.into_iter().find(|phase| *phase as u64 == number);
        known.unwrap_or_default()
    }
}

/// Makes the figures and, of the same list, their words: all are whole numbers, so that they can be handed from
/// one thread to another a word at a time.
macro_rules! figures {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// See the module. Counters are of this run, over all connections; times are in nanoseconds since the Unix
        /// epoch, 0 for never.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct SessionVitals {
            $($(#[$doc])* pub $name: u64,)*
        }

        impl SessionVitals {
            /// How many figures there are.
            pub const WORDS: usize = [$(stringify!($name)),*].len();

            /// Each figure, in order.
            pub fn words(&self) -> [u64; SessionVitals::WORDS] {
                [$(self.$name),*]
            }

            /// The figures of [`SessionVitals::words`].
            pub fn of_words([$($name),*]: [u64; SessionVitals::WORDS]) -> SessionVitals {
                SessionVitals { $($name),* }
            }
        }
    };
}

figures! {
    /// What it does: a [`SessionPhase`] by its number.
    phase,
    /// The heartbeat interval in force, in nanoseconds; 0 for none, and before the first logon.
    heartbeat_ns,
    /// From the last answered test request to its answer, in nanoseconds.
    round_trip_ns,
    /// When that answer came.
    round_trip_at,
    /// When something was last received.
    last_received,
    /// When something was last sent.
    last_sent,
    /// The number of the next message that we send.
    next_out,
    /// The number of the next message that we expect.
    next_in,
    /// Gaps in the broker's messages that were asked for.
    gaps,
    /// Resend requests of the broker's that were answered.
    resends,
    /// Gap fills sent in answer to them.
    gap_fills,
    /// Times that the broker moved its own number forward (`SequenceReset`, either mode).
    jumps,
    /// Messages received that were seen before and said so.
    duplicates,
    /// Session-level rejects sent.
    rejects_sent,
    /// Messages of the broker's that its dictionary refuses, taken all the same.
    faults_received,
    /// Messages of ours that our dictionary refuses: none was sent.
    faults_unsent,
    /// Garbled messages ignored.
    garbled,
    /// Order messages that could not be sent.
    unsent,
    /// Attempts in a row that came to no session.
    failed_attempts,
    /// When the next attempt to connect comes; 0 while there is a connection, or one is being made.
    next_attempt,
}

impl SessionVitals {
    /// What the session does.
    pub fn phase(&self) -> SessionPhase {
        SessionPhase::of(self.phase)
    }
}

/// When a session's numbers begin anew, and when it is open, by configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionPolicy {
    /// Whether every logon of ours begins the numbers anew.
    pub resets_on_logon: bool,
    /// Its hours and its resets; `None` for always open, and no reset.
    pub schedule: Option<SessionSchedule>,
}

impl SessionPolicy {
    /// When numbers begin anew, in words.
    pub fn reset_in_words(&self) -> String {
        let scheduled = self.schedule.as_ref().and_then(SessionSchedule::reset_in_words);
        match (self.resets_on_logon, scheduled) {
            (true, _) => "at every logon".to_owned(),
            (false, Some(words)) => words,
            (false, None) => "only when a person asks".to_owned(),
        }
    }

    /// When it is open, in words.
    pub fn hours_in_words(&self) -> String {
        let hours = self.schedule.as_ref().and_then(SessionSchedule::hours_in_words);
        hours.unwrap_or_else(|| "always".to_owned())
    }

    /// When the schedule begins the numbers anew next; `None` if it never does.
    pub fn next_reset(&self, now: UnixNanos) -> Option<UnixNanos> {
        self.schedule.as_ref()?.next_reset(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_the_same_after_their_way_as_words() {
        let words = std::array::from_fn(|word| word as u64 + 1);
        let vitals = SessionVitals::of_words(words);
        assert_eq!((vitals.phase, vitals.next_attempt), (1, SessionVitals::WORDS as u64));
        assert_eq!(vitals.words(), words);
    }

    #[test]
    fn a_phase_is_found_by_its_number_and_a_number_of_none_waits() {
        for phase in SessionPhase::ALL {
            assert_eq!(SessionPhase::of(phase as u64), phase);
            assert!(!phase.name().is_empty());
        }
        assert_eq!(SessionPhase::of(8), SessionPhase::Waiting);
    }

    #[test]
    fn a_policy_is_told_in_words() {
        let schedule = |reset, open, close| {
            SessionSchedule::new("America/Chicago", reset, open, close).expect("can be")
        };
        let mut policy = SessionPolicy::default();
        assert_eq!(policy.reset_in_words(), "only when a person asks");
        assert_eq!(policy.hours_in_words(), "always");
        assert_eq!(policy.next_reset(UnixNanos(0)), None);
        policy.schedule = Some(schedule(Some("17:00"), Some("sunday 17:00"), Some("friday 16:00")));
        assert_eq!(policy.reset_in_words(), "daily at 17:00 America/Chicago");
        assert_eq!(policy.hours_in_words(), "sunday 17:00 to friday 16:00 America/Chicago");
        policy.schedule = Some(schedule(Some("sunday 16:00:30"), Some("17:00"), Some("16:00")));
        assert_eq!(policy.reset_in_words(), "every sunday 16:00:30 America/Chicago");
        assert_eq!(policy.hours_in_words(), "daily 17:00 to 16:00 America/Chicago");
        policy.resets_on_logon = true;
        assert_eq!(policy.reset_in_words(), "at every logon");
    }
}
