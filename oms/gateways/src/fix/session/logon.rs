//! The logon: who may, with which numbers, and when it is complete.

use super::receive::seq_num;
use super::{HEARTBEAT_SECONDS_MAX, Incoming, Notice, Role, SentHook, Session, State};
use crate::fix::codec::{Message, SessionRejectReason};
use crate::fix::tags;
use gauntlet_model::units::{NANOS_PER_SECOND, UnixNanos};

impl Session {
    /// The first message of a connection.
    #[expect(clippy::too_many_lines, reason = "one step of a logon after another")]
    pub(super) fn receive_logon(
        &mut self,
        message: &Message<'_>,
        seq: u64,
        now: UnixNanos,
        sent: SentHook<'_>,
    ) {
        let is_acceptor = self.config.role == Role::Acceptor;
        let told_reject = !is_acceptor && message.msg_type() == tags::REJECT;
        if self.check_parties(message).is_err() && !told_reject {
            // Nothing is said to a stranger: it would take a number of the true peer's session.
            self.close("the peer's CompIDs are not those of this session");
            return;
        }
        match message.msg_type() {
            tags::LOGON => {}
            tags::LOGOUT | tags::REJECT if !is_acceptor => {
                self.next_in += u64::from(seq == self.next_in);
                let text = message.get(tags::TEXT).unwrap_or_default();
                self.follow_expected(text);
                let text = self.without_password(text);
                let text = String::from_utf8_lossy(&text);
                self.close(&format!("logon refused: {text}"));
                return;
            }
            _ => {
                self.close("the peer's first message is not a logon");
                return;
            }
        }
        if let Err(text) = self.check_logon(message, seq, now) {
            self.end(text, true, now, sent);
            return;
        }
        if let Some(text) = self.refuses_logon(now) {
            self.end(text, true, now, sent);
            return;
        }
        let reset = message.flag(tags::RESET_SEQ_NUM_FLAG);
        let tells_reset = self.tells_reset();
        self.peer_tells_expected =
            !is_acceptor || message.get(tags::NEXT_EXPECTED_MSG_SEQ_NUM).is_some();
        if !is_acceptor && reset {
            // The peer begins at 1, whether or not it was asked to. See the module for ours.
            self.next_in = 1;
        }
        let next_expected = seq_num(message, tags::NEXT_EXPECTED_MSG_SEQ_NUM).ok();
        if is_acceptor && (reset || tells_reset || self.config.reset_on_logon) {
            self.reset_numbers();
        } else if is_acceptor && self.config.adopt_numbers && !self.ever_logged_on {
            self.next_in = seq;
            self.next_out = next_expected.unwrap_or(self.next_out).max(self.next_out);
        }
        if seq < self.next_in {
            match is_acceptor {
                true => self.end_too_low(seq, now, sent),
                false => self.end(&self.too_low_at_logon(message, seq), true, now, sent),
            };
            return;
        }
        if self.is_absurd(seq) {
            self.end("MsgSeqNum (34) is absurdly far ahead", true, now, sent);
            return;
        }
        // What the peer expects is of before a reset that it did not ask for.
        let is_of_now = self.config.next_expected && (reset || !tells_reset);
        let next_expected = next_expected.filter(|_| is_of_now);
        if next_expected.is_some_and(|next| next == 0 || next > self.next_out) {
            self.end("NextExpectedMsgSeqNum (789) is above what was sent", true, now, sent);
            return;
        }
        let is_behind = seq > self.next_in;
        if !is_behind {
            self.next_in = seq + 1;
        }
        self.state = State::LoggedOn;
        self.ever_logged_on = true;
        let asked = !is_acceptor && (self.config.reset_on_logon || self.begins_anew);
        self.was_reset |= reset || asked;
        (self.was_answered, self.begins_anew, self.failed_logons) = (true, false, 0);
        self.numbers_of = now;
        if is_acceptor {
            let seconds = message.uint(tags::HEART_BT_INT).unwrap_or_default() as u32;
            self.set_heartbeat(seconds);
            let last_before = self.next_out;
            self.send_logon(seconds, reset || tells_reset, now, sent);
            if let Some(next) = next_expected.filter(|next| *next < last_before) {
                self.begin_replay(next, last_before, now);
            }
        } else {
            self.set_heartbeat(self.config.heartbeat_seconds);
            if let Some(next) = next_expected.filter(|next| *next < self.next_out) {
                self.begin_replay(next, self.next_out - 1, now);
            }
        }
        if is_behind {
            self.behind_until = Some(seq);
            self.highest_seen = seq;
            if next_expected.is_some() {
                // The peer knows what is missing and sends it unasked.
                self.resend_requested = Some(now);
            } else {
                self.request_resend(now, sent);
            }
        } else {
            self.complete_logon(seq, next_expected.is_none(), now, sent);
        }
    }

    /// Nothing is missing of the peer's messages. Whether the peer misses something of ours is
    /// found out, if it has not told.
    fn complete_logon(
        &mut self,
        msg_seq_num: u64,
        may_miss: bool,
        now: UnixNanos,
        sent: SentHook<'_>,
    ) {
        if may_miss && self.config.confirm_logon && self.config.role == Role::Initiator {
            self.confirming = Some((self.send_test_request(now, sent), now));
        } else {
            self.notice = Some(Notice::LoggedOn { msg_seq_num, reset: self.was_reset });
        }
    }

    /// Asks once more for the heartbeat that confirms the logon, if it is still waited for: the peer may have
    /// dropped the request above a gap that was filled over it. An answer to either will do.
    pub(super) fn confirm_again(&mut self, now: UnixNanos, sent: SentHook<'_>) {
        if let Some((_, since)) = self.confirming
            && self.state == State::LoggedOn
        {
            self.confirming = Some((self.send_test_request(now, sent), since));
        }
    }

    pub(super) fn confirm_logon(&mut self, message: &Message<'_>, msg_seq_num: u64) {
        if let Some((id, _)) = self.confirming
            && message.uint(tags::TEST_REQ_ID).is_some_and(|answered| answered <= id)
        {
            self.confirming = None;
            self.notice = Some(Notice::LoggedOn { msg_seq_num, reset: self.was_reset });
        }
    }

    fn check_logon(
        &self,
        message: &Message<'_>,
        seq: u64,
        now: UnixNanos,
    ) -> Result<(), &'static str> {
        self.check_message(message, now).map_err(|refusal| match refusal.reason {
            SessionRejectReason::SendingTimeAccuracy => "SendingTime accuracy problem",
            _ => "malformed logon",
        })?;
        if message.get(tags::ENCRYPT_METHOD) != Some(b"0") {
            return Err("EncryptMethod (98) must be 0");
        }
        let heartbeat = message.uint(tags::HEART_BT_INT);
        if heartbeat.is_none_or(|seconds| seconds > u64::from(HEARTBEAT_SECONDS_MAX)) {
            return Err("HeartBtInt (108) is missing or out of range");
        }
        if message.flag(tags::RESET_SEQ_NUM_FLAG) && seq != 1 {
            return Err("ResetSeqNumFlag (141) needs MsgSeqNum 1");
        }
        if self.config.role == Role::Acceptor
            && let Some(expected) = &self.config.credentials
        {
            let given = (message.get(tags::USERNAME), message.get(tags::PASSWORD));
            let wanted = (expected.username.as_bytes(), expected.password.as_bytes());
            if given != (Some(wanted.0), Some(wanted.1)) {
                return Err("username or password is wrong");
            }
        }
        Ok(())
    }

    /// A logon that resets both sides' numbers in the middle of a session (volume 2, Logon): it
    /// is answered alike.
    pub(super) fn reset_while_logged_on(
        &mut self,
        seq: u64,
        now: UnixNanos,
        sent: SentHook<'_>,
    ) -> Incoming {
        if seq != 1 {
            return self.end("ResetSeqNumFlag (141) needs MsgSeqNum 1", true, now, sent);
        }
        if self.state != State::LoggedOn {
            return Incoming::Handled;
        }
        self.reset_numbers();
        self.next_in = 2;
        let heartbeat_seconds = self.heartbeat_ns / NANOS_PER_SECOND;
        self.send_logon(heartbeat_seconds as u32, true, now, sent);
        self.notice = Some(Notice::LoggedOn { msg_seq_num: 1, reset: true });
        Incoming::Handled
    }

    /// Goes on with the logon once the gap below it is closed.
    pub(super) fn notice_caught_up(&mut self, now: UnixNanos, sent: SentHook<'_>) {
        let is_on = self.state == State::LoggedOn;
        if is_on && self.behind_until.is_some_and(|logon| self.next_in > logon) {
            self.behind_until = None;
            self.complete_logon(self.next_in - 1, !self.config.next_expected, now, sent);
        }
    }
}
