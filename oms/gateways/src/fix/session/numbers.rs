//! When a session's numbers move otherwise than by one.

use super::{JUMP_MAX, SentHook, Session, State};
use crate::fix::codec::Message;
use crate::fix::tags;
use gauntlet_model::sequence_numbers::SequenceNumbers;
use gauntlet_model::units::{NANOS_PER_SECOND, UnixNanos};

/// Between two looks at the schedule, in nanoseconds.
const SCHEDULE_EVERY_NS: u64 = NANOS_PER_SECOND / 10;
/// Failed logons in a row after which one takes its number after all: the peer may have counted it without
/// saying so.
const FAILED_LOGONS_MAX: u32 = 8;
impl Session {
    /// Whether the schedule has the session open at this time; one without a schedule always is.
    pub fn is_open_at(&self, now: UnixNanos) -> bool {
        self.config.schedule.as_ref().is_none_or(|schedule| schedule.is_open(now))
    }

    /// Begins the numbers anew if the schedule's last reset came after they were last in use. Returns whether
    /// it did.
    pub(super) fn begin_anew_by_schedule(&mut self, now: UnixNanos) -> bool {
        let Some(schedule) = &self.config.schedule else { return false };
        let is_due = schedule.last_reset(now).is_some_and(|reset| self.numbers_of < reset);
        if is_due {
            self.reset_numbers();
            self.numbers_of = now;
        }
        is_due
    }

    /// Logs out when the schedule closes the session or begins its numbers anew.
    pub(super) fn end_by_schedule(&mut self, now: UnixNanos, sent: SentHook<'_>) {
        let Some(schedule) = &self.config.schedule else { return };
        if self.state != State::LoggedOn || now < self.schedule_due {
            return;
        }
        self.schedule_due = now.plus(SCHEDULE_EVERY_NS);
        let is_due = schedule.last_reset(now).is_some_and(|reset| self.numbers_of < reset);
        if is_due {
            self.logout("the session's numbers begin anew", now, sent);
        } else if !schedule.is_open(now) {
            self.logout("the session's hours are over", now, sent);
        } else {
            self.numbers_of = now;
        }
    }

    /// The logon of this connection came to nothing: its number is free for the next, but once in a while.
    pub(super) fn take_back_logon(&mut self) {
        self.was_answered = true;
        self.failed_logons = self.failed_logons.wrapping_add(1);
        if self.failed_logons.is_multiple_of(FAILED_LOGONS_MAX) || self.logon_seq == 0 {
            return;
        }
        if self.next_out == self.logon_seq + 1 {
            self.next_out = self.logon_seq;
        }
    }

    /// A peer that refuses a logon may say which number it expects: the next one has that.
    pub(super) fn follow_expected(&mut self, text: &[u8]) {
        let sent = self.logon_seq;
        if sent == 0 {
            return;
        }
        if let Some(expected) = expected_number(text)
            && expected > sent
            && expected <= sent.saturating_add(JUMP_MAX)
        {
            self.next_out = expected;
            self.logon_seq = 0;
        }
    }

    /// Sets the numbers of the next message each way: an operator's word. Only between connections.
    ///
    /// Returns whether they were set.
    pub fn set_numbers(&mut self, numbers: SequenceNumbers, now: UnixNanos) -> bool {
        let is_between = self.state == State::Disconnected;
        if is_between {
            (self.next_out, self.next_in) = (numbers.next_out.max(1), numbers.next_in.max(1));
            self.numbers_of = now;
        }
        is_between
    }

    /// Has the next logon ask the peer to begin both sides' numbers anew (141=Y): an operator's word.
    pub fn begin_anew(&mut self) {
        self.begins_anew = true;
    }

    /// Whether a number is so far ahead that it cannot be meant.
    pub(super) fn is_absurd(&self, number: u64) -> bool {
        number > self.next_in.saturating_add(JUMP_MAX)
    }

    /// What a person is to do about a number of the peer's that is too low at a logon.
    pub(super) fn too_low_at_logon(&self, message: &Message<'_>, seq: u64) -> String {
        let begins = seq == 1 || message.flag(tags::RESET_SEQ_NUM_FLAG);
        let what = if begins { "peer began anew" } else { "peer's number too low" };
        format!("{what}: {seq}, expected {}; reset or set numbers", self.next_in)
    }
}

/// The number that a peer says it expects: the first behind a word like "expecting".
fn expected_number(text: &[u8]) -> Option<u64> {
    let text = text.to_ascii_lowercase();
    let at = text.windows(6).position(|word| word == b"expect")?;
    let behind = &text[at..];
    let first = behind.iter().take(40).position(u8::is_ascii_digit)?;
    let digits = &behind[first..];
    let len = digits.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(digits.len());
    crate::fix::codec::parse_uint(&digits[..len])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_expected_number_is_read_in_any_words() {
        for (text, number) in [
            ("MsgSeqNum too low, expecting 294 but received 247", Some(294)),
            ("MsgSeqNum(34) too low. Expected: 12 Received: 3", Some(12)),
            ("Sequence too low: EXPECTED MsgSeqNum=7, got 2", Some(7)),
            ("expecting 18446744073709551616", None),
            ("expecting nothing", None),
            ("received 5", None),
            ("", None),
        ] {
            assert_eq!(expected_number(text.as_bytes()), number, "{text}");
        }
    }
}
