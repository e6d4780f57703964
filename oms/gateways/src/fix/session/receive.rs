//! What a session makes of received messages.

use super::{Incoming, JUMP_MAX, Notice, Role, SEQ_MAX, SentHook, Session, State};
use crate::fix::codec::{BEGIN_STRING, Message, SessionRejectReason, parse_uint};
use crate::fix::tags;
use gauntlet_model::text::Text;
use gauntlet_model::units::UnixNanos;
use std::cmp::Ordering;

/// Why a message is refused at the session level.
pub(super) struct Refusal {
    tag: u32,
    pub reason: SessionRejectReason,
    text: &'static str,
    /// Whether the session cannot go on after it. The message then does not count as received, as
    /// volume 2 would have it: it may be a fill, and the next logon brings it again.
    ends_session: bool,
}

impl Refusal {
    fn new(tag: u32, reason: SessionRejectReason) -> Refusal {
        Refusal { tag, reason, text: reason.text(), ends_session: false }
    }

    /// One for which there is no reason with a number of its own.
    fn other(text: &'static str) -> Refusal {
        Refusal { text, ..Refusal::new(0, SessionRejectReason::Other) }
    }

    fn ending(tag: u32, reason: SessionRejectReason, text: &'static str) -> Refusal {
        Refusal { tag, reason, text, ends_session: true }
    }

    fn missing(tag: u32) -> Refusal {
        Refusal::new(tag, SessionRejectReason::RequiredTagMissing)
    }

    fn out_of_range(tag: u32) -> Refusal {
        Refusal::new(tag, SessionRejectReason::ValueIncorrect)
    }
}

/// A sequence number in range.
pub(super) fn seq_num(message: &Message<'_>, tag: u32) -> Result<u64, Refusal> {
    let value = message.get(tag).ok_or(Refusal::missing(tag))?;
    match parse_uint(value) {
        Some(number) if number <= SEQ_MAX => Ok(number),
        Some(_) => Err(Refusal::out_of_range(tag)),
        None => Err(Refusal::new(tag, SessionRejectReason::IncorrectFormat)),
    }
}

/// Whether a message that may have been sent before says soundly when. Many counterparties leave it out of
/// their gap fills.
fn check_first_sent(message: &Message<'_>) -> Result<(), Refusal> {
    if message.msg_type() == tags::SEQUENCE_RESET {
        return Ok(());
    }
    let first_sent = message.get(tags::ORIG_SENDING_TIME);
    first_sent.ok_or(Refusal::missing(tags::ORIG_SENDING_TIME))?;
    let Some(first_sent) = message.time(tags::ORIG_SENDING_TIME) else {
        let reason = SessionRejectReason::IncorrectFormat;
        return Err(Refusal::new(tags::ORIG_SENDING_TIME, reason));
    };
    if message.time(tags::SENDING_TIME).is_some_and(|sending_time| first_sent > sending_time) {
        return Err(Refusal::ending(
            tags::ORIG_SENDING_TIME,
            SessionRejectReason::SendingTimeAccuracy,
            "OrigSendingTime is after SendingTime",
        ));
    }
    Ok(())
}

impl Session {
    /// Takes in a message from [`crate::fix::codec::Inbox::next`]. Afterwards the owner looks at
    /// [`Session::take_notice`] and writes the outbox.
    pub fn receive(
        &mut self,
        message: &Message<'_>,
        now: UnixNanos,
        sent: SentHook<'_>,
    ) -> Incoming {
        let is_awaiting = match self.state {
            State::Disconnected | State::Closing => return Incoming::Handled,
            State::AwaitingLogon { .. } => true,
            State::LoggedOn | State::LogoutSent { .. } | State::LogoutAnswered { .. } => false,
        };
        if message.begin_string() != BEGIN_STRING {
            return self.end("BeginString (8) is not FIX.4.4", !is_awaiting, now, sent);
        }
        let resets =
            message.msg_type() == tags::SEQUENCE_RESET && !message.flag(tags::GAP_FILL_FLAG);
        let seq = match seq_num(message, tags::MSG_SEQ_NUM) {
            Ok(seq) if seq > 0 => seq,
            // A reset's own number does not count, so it may be any.
            _ if resets && !is_awaiting => 0,
            _ => return self.end("MsgSeqNum (34) missing or wrong", !is_awaiting, now, sent),
        };
        self.last_received = now;
        self.test_requested = None;
        if is_awaiting {
            self.receive_logon(message, seq, now, sent);
            return Incoming::Handled;
        }
        if let Err(refusal) = self.check_parties(message) {
            return self.refuse_party(message, seq, &refusal, now, sent);
        }
        // A reset that is sent again is an old one.
        let is_reset = message.flag(tags::RESET_SEQ_NUM_FLAG) && !message.flag(tags::POSS_DUP_FLAG);
        match message.msg_type() {
            tags::LOGON if is_reset => self.reset_while_logged_on(seq, now, sent),
            _ if resets => self.reset_expected(message, seq, now, sent),
            _ => match seq.cmp(&self.next_in) {
                Ordering::Equal => self.in_order(message, seq, now, sent),
                Ordering::Greater if self.is_absurd(seq) => {
                    self.end("MsgSeqNum (34) is absurdly far ahead", true, now, sent)
                }
                Ordering::Greater => self.above_gap(message, seq, now, sent),
                Ordering::Less if message.flag(tags::POSS_DUP_FLAG) => {
                    self.seen_before(message, seq, now, sent)
                }
                Ordering::Less => self.end_too_low(seq, now, sent),
            },
        }
    }

    /// A message whose number was seen and that says so. It must say when it was first sent, or it may be
    /// another one under an old number.
    fn seen_before(
        &mut self,
        message: &Message<'_>,
        seq: u64,
        now: UnixNanos,
        sent: SentHook<'_>,
    ) -> Incoming {
        self.counters.duplicates += 1;
        match check_first_sent(message) {
            Err(refusal) => {
                self.refuse(message, seq, &refusal, now, sent);
                Incoming::Handled
            }
            Ok(()) => Incoming::Handled,
        }
    }

    /// A message that names the parties wrongly. One in order that names one not at all is refused like
    /// any other, and the session goes on.
    fn refuse_party(
        &mut self,
        message: &Message<'_>,
        seq: u64,
        refusal: &Refusal,
        now: UnixNanos,
        sent: SentHook<'_>,
    ) -> Incoming {
        if refusal.ends_session {
            return self.refuse(message, seq, refusal, now, sent);
        }
        match seq.cmp(&self.next_in) {
            Ordering::Less => Incoming::Handled,
            Ordering::Greater => self.above_gap(message, seq, now, sent),
            Ordering::Equal => {
                self.next_in = seq + 1;
                let incoming = self.refuse(message, seq, refusal, now, sent);
                self.came_in_order(now, sent);
                incoming
            }
        }
    }

    /// A message with the expected number.
    fn in_order(
        &mut self,
        message: &Message<'_>,
        seq: u64,
        now: UnixNanos,
        sent: SentHook<'_>,
    ) -> Incoming {
        let checked = self.check_message(message, now);
        if let Err(refusal) = &checked
            && refusal.ends_session
        {
            return self.refuse(message, seq, refusal, now, sent);
        }
        self.next_in = seq + 1;
        let incoming = match checked {
            Ok(()) => {
                self.remark(message, seq, now, sent);
                self.act(message, seq, now, sent)
            }
            Err(refusal) => self.refuse(message, seq, &refusal, now, sent),
        };
        self.came_in_order(now, sent);
        incoming
    }

    /// The expected number has moved: what was waited for comes, or has come.
    fn came_in_order(&mut self, now: UnixNanos, sent: SentHook<'_>) {
        self.resend_requested = self.resend_end.filter(|end| self.next_in <= *end).map(|_| now);
        self.request_more(now, sent);
        self.notice_caught_up(now, sent);
    }

    fn act(
        &mut self,
        message: &Message<'_>,
        seq: u64,
        now: UnixNanos,
        sent: SentHook<'_>,
    ) -> Incoming {
        let poss_dup = message.flag(tags::POSS_DUP_FLAG);
        let done = match message.msg_type() {
            tags::HEARTBEAT => {
                self.time_answer(message, now);
                self.confirm_logon(message, seq);
                Ok(())
            }
            tags::TEST_REQUEST => self.answer_test_request(message, now, sent),
            tags::RESEND_REQUEST => self.answer_resend_request(message, now, sent),
            tags::REJECT => return Incoming::Reject { msg_seq_num: seq },
            tags::SEQUENCE_RESET => self.fill_gap(message, seq),
            tags::LOGOUT => {
                self.receive_logout(message, seq, now, sent);
                Ok(())
            }
            // One that is sent again is the logon of this very connection.
            tags::LOGON if poss_dup => Ok(()),
            tags::LOGON => Err(Refusal::other("already logged on")),
            _ => {
                if self.config.role == Role::Acceptor {
                    if let Some(tag) = self.lacks(message) {
                        return self.refuse(message, seq, &Refusal::missing(tag), now, sent);
                    }
                    self.heard_client(now, sent);
                }
                let poss_dup = poss_dup || message.flag(tags::POSS_RESEND);
                return Incoming::Application { msg_seq_num: seq, poss_dup };
            }
        };
        if let Err(refusal) = done {
            return self.refuse(message, seq, &refusal, now, sent);
        }
        Incoming::Handled
    }

    /// A message above the expected number: see the module's documentation.
    fn above_gap(
        &mut self,
        message: &Message<'_>,
        seq: u64,
        now: UnixNanos,
        sent: SentHook<'_>,
    ) -> Incoming {
        self.highest_seen = self.highest_seen.max(seq);
        match message.msg_type() {
            tags::LOGOUT => {
                self.receive_logout(message, 0, now, sent);
                return Incoming::Handled;
            }
            tags::RESEND_REQUEST => {
                // A malformed one is refused when it comes in order.
                let _ = self.answer_resend_request(message, now, sent);
            }
            _ => {}
        }
        if self.resend_requested.is_none() && self.state == State::LoggedOn {
            self.request_resend(now, sent);
        }
        Incoming::Handled
    }

    /// Whether a message is between the parties of this session. One that is named without a value or not at
    /// all is an error of that message alone.
    pub(super) fn check_parties(&self, message: &Message<'_>) -> Result<(), Refusal> {
        for (tag, name) in [
            (tags::SENDER_COMP_ID, &self.config.target_comp_id),
            (tags::TARGET_COMP_ID, &self.config.sender_comp_id),
        ] {
            let named = message.get(tag);
            if named == Some(name.as_bytes()) {
                continue;
            }
            let is_empty = message.fault().is_some_and(|fault| fault.tag == tag);
            return Err(match named {
                None if is_empty => Refusal::new(tag, SessionRejectReason::TagWithoutValue),
                None => Refusal::missing(tag),
                Some(_) => {
                    let reason = SessionRejectReason::CompIdProblem;
                    Refusal::ending(tag, reason, "CompID problem")
                }
            });
        }
        Ok(())
    }

    pub(super) fn check_message(
        &self,
        message: &Message<'_>,
        now: UnixNanos,
    ) -> Result<(), Refusal> {
        let sending_time = message.time(tags::SENDING_TIME);
        let window = self.config.sending_time_window_ns;
        if window > 0 && sending_time.is_some_and(|time| time.0.abs_diff(now.0) > window) {
            return Err(Refusal::ending(
                tags::SENDING_TIME,
                SessionRejectReason::SendingTimeAccuracy,
                "SendingTime accuracy problem",
            ));
        }
        if self.config.tolerant {
            return Ok(());
        }
        if let Some(fault) = self.fault_by_dictionary(message) {
            return Err(Refusal::new(fault.tag, fault.reason));
        }
        if let Some(fault) = message.fault() {
            return Err(match message.is_cut() && fault.reason == SessionRejectReason::Other {
                true => Refusal::other("message too long"),
                false => Refusal::new(fault.tag, fault.reason),
            });
        }
        message.get(tags::SENDING_TIME).ok_or(Refusal::missing(tags::SENDING_TIME))?;
        if sending_time.is_none() {
            return Err(Refusal::new(tags::SENDING_TIME, SessionRejectReason::IncorrectFormat));
        }
        if message.flag(tags::POSS_DUP_FLAG) { check_first_sent(message) } else { Ok(()) }
    }

    fn refuse(
        &mut self,
        message: &Message<'_>,
        seq: u64,
        refusal: &Refusal,
        now: UnixNanos,
        sent: SentHook<'_>,
    ) -> Incoming {
        // A `Reject` is never answered with one: two sides could go on for ever.
        if message.msg_type() != tags::REJECT {
            let reason = refusal.reason;
            let (tag, text) = match reason {
                SessionRejectReason::Other => (refusal.tag, refusal.text),
                // These are about the message, not about a field of it.
                SessionRejectReason::CompIdProblem | SessionRejectReason::SendingTimeAccuracy => {
                    (0, reason.text())
                }
                _ => (refusal.tag, reason.text()),
            };
            self.reject(seq, message, tag, reason, text, now, sent);
        }
        if refusal.ends_session {
            return self.end(refusal.text, true, now, sent);
        }
        let Refusal { tag, reason, .. } = *refusal;
        match message.msg_type() {
            [b'0'..=b'5'] | [b'A'] => Incoming::Handled,
            _ => Incoming::Refused { msg_seq_num: seq, tag, reason },
        }
    }

    /// Ends the session at once, with a logout that says why unless the peer is not known yet.
    pub(super) fn end(
        &mut self,
        text: &str,
        says: bool,
        now: UnixNanos,
        sent: SentHook<'_>,
    ) -> Incoming {
        if says {
            self.send_logout(text, now, sent);
        }
        self.close(text);
        Incoming::Handled
    }

    /// Ends the session for a number that was seen and does not say so.
    pub(super) fn end_too_low(&mut self, seq: u64, now: UnixNanos, sent: SentHook<'_>) -> Incoming {
        let expected = self.next_in;
        let text = format!("MsgSeqNum too low, expecting {expected} but received {seq}");
        self.end(&text, true, now, sent)
    }

    fn answer_test_request(
        &mut self,
        message: &Message<'_>,
        now: UnixNanos,
        sent: SentHook<'_>,
    ) -> Result<(), Refusal> {
        let id = message.get(tags::TEST_REQ_ID).ok_or(Refusal::missing(tags::TEST_REQ_ID))?;
        self.send_session_message(tags::HEARTBEAT, now, sent, |w| w.raw(tags::TEST_REQ_ID, id));
        Ok(())
    }

    fn answer_resend_request(
        &mut self,
        message: &Message<'_>,
        now: UnixNanos,
        sent: SentHook<'_>,
    ) -> Result<(), Refusal> {
        let begin = seq_num(message, tags::BEGIN_SEQ_NO)?;
        let end = seq_num(message, tags::END_SEQ_NO)?;
        if begin == 0 || begin >= self.next_out {
            return Err(Refusal::out_of_range(tags::BEGIN_SEQ_NO));
        }
        if end != 0 && end < begin {
            return Err(Refusal::out_of_range(tags::END_SEQ_NO));
        }
        let last = self.next_out - 1;
        self.begin_replay(begin, if end == 0 { last } else { end.min(last) }, now);
        // What the peer has not had of ours includes the test request that confirms the logon.
        self.confirm_again(now, sent);
        Ok(())
    }

    /// `SequenceReset` in gap-fill mode, in order.
    fn fill_gap(&mut self, message: &Message<'_>, seq: u64) -> Result<(), Refusal> {
        let new_seq = seq_num(message, tags::NEW_SEQ_NO)?;
        if new_seq <= seq || new_seq > seq.saturating_add(JUMP_MAX) {
            return Err(Refusal::out_of_range(tags::NEW_SEQ_NO));
        }
        self.next_in = new_seq;
        self.counters.jumps += 1;
        Ok(())
    }

    /// `SequenceReset` in reset mode: its own number does not count, and it may only go forward.
    fn reset_expected(
        &mut self,
        message: &Message<'_>,
        seq: u64,
        now: UnixNanos,
        sent: SentHook<'_>,
    ) -> Incoming {
        let checked = self.check_message(message, now).and_then(|()| {
            let new_seq = seq_num(message, tags::NEW_SEQ_NO)?;
            if new_seq < self.next_in || self.is_absurd(new_seq) {
                return Err(Refusal::out_of_range(tags::NEW_SEQ_NO));
            }
            Ok(new_seq)
        });
        match checked {
            Ok(new_seq) => {
                self.next_in = new_seq;
                self.counters.jumps += 1;
                self.came_in_order(now, sent);
                Incoming::Handled
            }
            Err(refusal) => self.refuse(message, seq, &refusal, now, sent),
        }
    }

    fn receive_logout(
        &mut self,
        message: &Message<'_>,
        seq: u64,
        now: UnixNanos,
        sent: SentHook<'_>,
    ) {
        let text = self.without_password(message.get(tags::TEXT).unwrap_or_default());
        let text = Text::from_wire(&text);
        self.client_logged_out();
        match self.state {
            State::LoggedOn => {
                self.send_logout("", now, sent);
                if self.state == State::LoggedOn {
                    self.state = State::LogoutAnswered { since: now };
                }
            }
            _ => self.close("logged out"),
        }
        self.notice = Some(Notice::LoggedOut { msg_seq_num: seq, text });
    }
}
