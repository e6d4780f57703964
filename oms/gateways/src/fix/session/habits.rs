//! What real acceptors do beside what they should: numbers that begin anew of themselves, logons that are refused
//! for a while, numbers that jump, reports that are told again, questions that nobody needs, memories that end
//! before the last message, lines that break within one.

use super::{Role, SentHook, Session, State};
use crate::fix::codec::Message;
use crate::fix::tags;
use gauntlet_model::units::UnixNanos;

/// Messages that are told again, and asked for again, at a time.
const REPEATED: u64 = 3;
/// Numbers that a jump leaves out.
const LEFT_OUT: u64 = 5;

/// What an acceptor does beside what it should; the default is nothing. An initiator has none of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Habits {
    /// Both numbers begin anew after a logout of the client.
    pub reset_on_logout: bool,
    /// Both numbers begin anew after every connection on which the client was logged on.
    pub reset_on_disconnect: bool,
    /// The logon that follows a reset of its own says so (141=Y) though the client did not ask; without it the
    /// numbers just begin at 1.
    pub tells_resets: bool,
    /// So many logons are refused first, with a logout.
    pub refused_logons: u32,
    /// Tags that every order, cancel and replace must have, those of the header included.
    pub required_tags: Vec<u32>,
    /// Numbers of the client's last messages that are forgotten when a connection ends, as by a store that was
    /// not on disk.
    pub forgets: u64,
    /// The own number jumps forward after every so many application messages; 0 for never.
    pub jump_every: u64,
    /// The last few messages are sent again unasked (43=Y) after every so many application messages; 0 for never.
    pub repeat_every: u64,
    /// The client's last few messages are asked for again after every so many of its application messages,
    /// though they came; 0 for never.
    pub ask_every: u64,
    /// The connection breaks at some byte of every so many, either way, within messages too; 0 for never.
    pub break_bytes: u64,
    /// Decides at which.
    pub seed: u64,
}

/// Habits and what they have come to.
#[derive(Debug, Default)]
pub(super) struct Conduct {
    habits: Habits,
    refused: u32,
    sent: u64,
    received: u64,
    /// Numbers began anew and the client was not told yet.
    began_anew: bool,
    /// The client was logged on over this connection.
    was_on: bool,
    logged_out: bool,
}

impl Conduct {
    pub fn new(habits: &Habits) -> Conduct {
        Conduct { habits: habits.clone(), ..Conduct::default() }
    }
}

impl Conduct {
    /// Whether the client is yet to be told that the numbers began anew.
    pub fn owes_reset(&self) -> bool {
        self.began_anew
    }

    pub fn set_owes_reset(&mut self, owes: bool) {
        self.began_anew = owes;
    }
}

/// Whether it is time again, counting from 1.
fn is_due(count: u64, every: u64) -> bool {
    every > 0 && count.is_multiple_of(every)
}

impl Session {
    /// Begins the numbers anew at the schedule's time, before an initiator comes back.
    pub(super) fn acceptor_connected(&mut self, now: UnixNanos) {
        (self.conduct.was_on, self.conduct.logged_out) = (false, false);
        let was_used = self.ever_logged_on;
        self.conduct.began_anew |= self.begin_anew_by_schedule(now) && was_used;
    }

    /// Why an acceptor takes no logon now.
    pub(super) fn refuses_logon(&mut self, now: UnixNanos) -> Option<&'static str> {
        if self.config.role == Role::Initiator {
            return None;
        }
        if !self.is_open_at(now) {
            return Some("the session's hours are over");
        }
        let refuses = self.conduct.refused < self.conduct.habits.refused_logons;
        self.conduct.refused += u32::from(refuses);
        refuses.then_some("no logons for the time being")
    }

    /// Whether the answer to a logon says unasked that the numbers begin anew: they then do.
    pub(super) fn tells_reset(&mut self) -> bool {
        let resets = self.config.reset_on_logon || self.conduct.began_anew;
        self.conduct.began_anew = false;
        self.conduct.was_on = true;
        self.config.role == Role::Acceptor && resets && self.conduct.habits.tells_resets
    }

    pub(super) fn client_logged_out(&mut self) {
        self.conduct.logged_out = true;
    }

    /// What becomes of the numbers when a connection ends.
    pub(super) fn acceptor_disconnected(&mut self) {
        let Conduct { habits, was_on, logged_out, .. } = &self.conduct;
        if !*was_on {
            return;
        }
        let resets = habits.reset_on_disconnect || (habits.reset_on_logout && *logged_out);
        let forgets = habits.forgets;
        self.conduct.was_on = false;
        if resets {
            self.reset_numbers();
            self.conduct.began_anew = true;
        } else {
            self.next_in = self.next_in.saturating_sub(forgets).max(1);
        }
    }

    /// An application message was sent and kept.
    pub(super) fn told_client(&mut self, now: UnixNanos) {
        if self.state != State::LoggedOn || self.replay.is_some() {
            return;
        }
        self.conduct.sent += 1;
        let (count, habits) = (self.conduct.sent, &self.conduct.habits);
        let (jumps, repeats) =
            (is_due(count, habits.jump_every), is_due(count, habits.repeat_every));
        if repeats {
            let last = self.next_out - 1;
            self.begin_replay(last.saturating_sub(REPEATED - 1).max(1), last, now);
        }
        if jumps && self.replay.is_none() {
            self.next_out += LEFT_OUT;
        }
    }

    /// A tag that an order message should have and has not.
    pub(super) fn lacks(&self, message: &Message<'_>) -> Option<u32> {
        let is_order = matches!(message.msg_type(), b"D" | b"F" | b"G");
        let required = &self.conduct.habits.required_tags;
        required.iter().copied().find(|tag| is_order && message.get(*tag).is_none())
    }

    /// An application message came in order.
    pub(super) fn heard_client(&mut self, now: UnixNanos, sent: SentHook<'_>) {
        self.conduct.received += 1;
        if self.state != State::LoggedOn
            || !is_due(self.conduct.received, self.conduct.habits.ask_every)
        {
            return;
        }
        let last = self.next_in - 1;
        self.send_session_message(tags::RESEND_REQUEST, now, sent, |w| {
            w.uint(tags::BEGIN_SEQ_NO, last.saturating_sub(REPEATED - 1).max(1));
            w.uint(tags::END_SEQ_NO, last);
        });
    }
}

/// A line that breaks at some byte.
pub(crate) struct Line {
    every: u64,
    chance: u64,
    left: u64,
}

impl Line {
    pub fn new(habits: &Habits) -> Line {
        let mut line = Line { every: habits.break_bytes, chance: habits.seed, left: u64::MAX };
        line.mend();
        line
    }

    /// Bytes that pass before it breaks.
    pub fn left(&self) -> usize {
        usize::try_from(self.left).unwrap_or(usize::MAX)
    }

    /// Bytes pass; whether it is whole after them.
    pub fn pass(&mut self, bytes: usize) -> bool {
        if self.every > 0 {
            self.left = self.left.saturating_sub(bytes as u64);
        }
        self.left > 0
    }

    /// The next connection has a whole one, up to a byte that chance decides (SplitMix64).
    pub fn mend(&mut self) {
        if self.every == 0 {
            return;
        }
        self.chance = self.chance.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.chance;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        self.left = 1 + (mixed ^ (mixed >> 31)) % self.every;
    }
}
