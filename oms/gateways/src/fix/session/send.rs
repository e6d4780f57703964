//! What a session writes.

use super::config::FRAME_BYTES_MAX;
use super::outbox::Refused;
use super::store::MessageStore;
use super::{Outbox, Role, Sent, SentHook, Session, SessionConfig, State, WayBack};
use crate::fix::codec::{Fault, FieldWriter, Message, SessionRejectReason, encode_fields};
use crate::fix::tags;
use gauntlet_model::ids::ClOrdId;
use gauntlet_model::text::Text;
use gauntlet_model::units::UnixNanos;

/// Why an application message was not sent. No sequence number was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// The session is not logged on.
    #[error("the FIX session is not logged on")]
    NotLoggedOn,
    /// The message is longer than any may be.
    #[error("the message is longer than a FIX message may be; shorten its text")]
    TooLong,
    /// The peer does not read: the connection is being closed.
    #[error("the peer does not read; the connection is being closed")]
    PeerNotReading,
    /// The dictionary that our own messages are held against refuses it.
    #[error("our own dictionary refuses the message: tag {} ({})", .0.tag, .0.reason.text())]
    Refused(Fault),
}

/// A resend under way: it goes on as the outbox drains.
#[derive(Clone, Copy, Debug)]
pub(super) struct Replay {
    next: u64,
    end: u64,
    /// Whether these may have been sent before.
    poss_dup: bool,
}

/// What the header of every message says alike.
#[derive(Clone, Copy)]
pub(super) struct Header<'h> {
    config: &'h SessionConfig,
    identity_fields: &'h [u8],
    /// The last number received in order.
    processed: u64,
}

/// The fields before the body: the first three in the order that the standard fixes, then those
/// that name the parties and the time.
pub(super) fn write_header(
    w: &mut FieldWriter<'_>,
    Header { config, identity_fields, processed }: Header<'_>,
    msg_type: &[u8],
    seq: u64,
    now: UnixNanos,
    first_sent: Option<UnixNanos>,
) {
    w.raw(tags::MSG_TYPE, msg_type);
    w.uint(tags::MSG_SEQ_NUM, seq);
    w.encoded(identity_fields);
    w.time(tags::SENDING_TIME, now, config.time_precision);
    if config.last_processed {
        w.uint(tags::LAST_MSG_SEQ_NUM_PROCESSED, processed);
    }
    if let Some(first_sent) = first_sent {
        w.bool(tags::POSS_DUP_FLAG, true);
        w.time(tags::ORIG_SENDING_TIME, first_sent, config.time_precision);
    }
}

pub(super) fn header_of<'h>(
    config: &'h SessionConfig,
    identity_fields: &'h [u8],
    next_in: u64,
) -> Header<'h> {
    Header { config, identity_fields, processed: next_in.saturating_sub(1) }
}

impl Session {
    /// Sends an application message: `body` writes its fields after the header. Returns its
    /// sequence number.
    ///
    /// An acceptor numbers and keeps a message whether or not it is connected; the peer asks for
    /// what it missed.
    ///
    /// # Errors
    /// [`SendError`]; an initiator's message is then not kept.
    pub fn send(
        &mut self,
        msg_type: &[u8],
        cl_ord_id: ClOrdId,
        now: UnixNanos,
        sent: SentHook<'_>,
        body: impl FnOnce(&mut FieldWriter<'_>),
    ) -> Result<u64, SendError> {
        match self.config.role {
            Role::Initiator if !self.is_logged_on() => Err(SendError::NotLoggedOn),
            Role::Initiator if self.proof.is_some() => {
                self.send_proven(msg_type, cl_ord_id, now, sent, body)
            }
            Role::Initiator => self.send_new(msg_type, cl_ord_id, now, sent, body),
            Role::Acceptor => self.send_kept(msg_type, cl_ord_id, now, sent, body),
        }
    }

    /// Encodes an application message as if it were sent now, and throws it away. Returns its length
    /// without the frame. No sequence number is taken, and no session is needed.
    ///
    /// # Errors
    /// [`SendError::TooLong`].
    pub fn draft(
        &mut self,
        msg_type: &[u8],
        now: UnixNanos,
        body: impl FnOnce(&mut FieldWriter<'_>),
    ) -> Result<usize, SendError> {
        let seq = self.next_out;
        let header = header_of(&self.config, &self.identity_fields, self.next_in);
        encode_fields(&mut self.scratch, |w| {
            write_header(w, header, msg_type, seq, now, None);
            body(w);
        })
        .map_err(|_| SendError::TooLong)
    }

    /// Encodes a message straight into the outbox.
    pub(super) fn send_new(
        &mut self,
        msg_type: &[u8],
        cl_ord_id: ClOrdId,
        now: UnixNanos,
        sent: SentHook<'_>,
        body: impl FnOnce(&mut FieldWriter<'_>),
    ) -> Result<u64, SendError> {
        let seq = self.next_out;
        let header = header_of(&self.config, &self.identity_fields, self.next_in);
        let encoded = self.outbox.encode(|w| {
            write_header(w, header, msg_type, seq, now, None);
            body(w);
        });
        match encoded {
            Ok(()) => {
                self.next_out += 1;
                self.last_sent = now;
                sent(Sent { msg_seq_num: seq, msg_type: Text::from_wire(msg_type), cl_ord_id });
                Ok(seq)
            }
            Err(Refused::TooLong) => Err(SendError::TooLong),
            Err(Refused::Full) => {
                self.give_up_on_reader();
                Err(SendError::PeerNotReading)
            }
        }
    }

    /// Keeps a message, then writes it unless a resend is under way or nobody is there.
    fn send_kept(
        &mut self,
        msg_type: &[u8],
        cl_ord_id: ClOrdId,
        now: UnixNanos,
        sent: SentHook<'_>,
        body: impl FnOnce(&mut FieldWriter<'_>),
    ) -> Result<u64, SendError> {
        // What is kept must fit behind the longer header of a resend too, or it could never be sent again.
        let room = self.config.message_bytes_max - FRAME_BYTES_MAX;
        let body_room = &mut self.scratch[..room];
        let len = encode_fields(body_room, body).map_err(|_| SendError::TooLong)?;
        self.prove(msg_type, len, now)?;
        let seq = self.next_out;
        let (is_on, replays) = (self.state == State::LoggedOn, self.replay.is_some());
        if is_on && !replays {
            let header = header_of(&self.config, &self.identity_fields, self.next_in);
            let scratch = &self.scratch[..len];
            let encoded = self.outbox.encode(|w| {
                write_header(w, header, msg_type, seq, now, None);
                w.encoded(scratch);
            });
            match encoded {
                Ok(()) => self.last_sent = now,
                Err(Refused::TooLong) => return Err(SendError::TooLong),
                // It is kept all the same, for the next connection.
                Err(Refused::Full) => self.give_up_on_reader(),
            }
        } else if is_on {
            self.deferred_from.get_or_insert(seq);
        }
        self.next_out += 1;
        let msg_type = Text::from_wire(msg_type);
        if let Some(store) = &mut self.store {
            store.push(seq, msg_type, now, &self.scratch[..len]);
        }
        sent(Sent { msg_seq_num: seq, msg_type, cl_ord_id });
        self.told_client(now);
        Ok(seq)
    }

    /// Refuses a message of the peer at the session level (`Reject`, 3): its number counts as
    /// received, its content does not.
    #[expect(clippy::too_many_arguments, reason = "they are the fields of the message")]
    pub fn reject(
        &mut self,
        msg_seq_num: u64,
        message: &Message<'_>,
        tag: u32,
        reason: SessionRejectReason,
        text: &str,
        now: UnixNanos,
        sent: SentHook<'_>,
    ) {
        // One answer is enough for a message that was refused by the dictionary and taken all the same.
        if self.remarked == Some(msg_seq_num) {
            return;
        }
        self.counters.rejects_sent += 1;
        // What the peer sent must not break our own message.
        let ref_msg_type: Text<4> = Text::from_wire(message.msg_type());
        let way_back = WayBack::of(message);
        self.send_session_message(tags::REJECT, now, sent, |w| {
            w.encoded(way_back.fields());
            w.uint(tags::REF_SEQ_NUM, msg_seq_num);
            if tag > 0 {
                w.uint(tags::REF_TAG_ID, u64::from(tag));
            }
            w.text(tags::REF_MSG_TYPE, ref_msg_type.as_str());
            w.uint(tags::SESSION_REJECT_REASON, reason as u64);
            w.text(tags::TEXT, text);
        });
    }

    pub(super) fn send_session_message(
        &mut self,
        msg_type: &[u8],
        now: UnixNanos,
        sent: SentHook<'_>,
        body: impl FnOnce(&mut FieldWriter<'_>),
    ) {
        if self.send_new(msg_type, ClOrdId::NONE, now, sent, body) == Err(SendError::TooLong) {
            self.close("a session message is too long");
        }
    }

    pub(super) fn send_logon(
        &mut self,
        heartbeat_seconds: u32,
        reset: bool,
        now: UnixNanos,
        sent: SentHook<'_>,
    ) {
        self.logon_seq = self.next_out;
        let tells = self.config.next_expected && self.peer_tells_expected;
        let next_expected = tells.then_some(self.next_in);
        let credentials = match self.config.role {
            Role::Initiator => self.config.credentials.clone(),
            Role::Acceptor => None,
        };
        self.send_session_message(tags::LOGON, now, sent, |w| {
            w.char(tags::ENCRYPT_METHOD, b'0');
            w.uint(tags::HEART_BT_INT, u64::from(heartbeat_seconds));
            if reset {
                w.bool(tags::RESET_SEQ_NUM_FLAG, true);
            }
            if let Some(next_in) = next_expected {
                w.uint(tags::NEXT_EXPECTED_MSG_SEQ_NUM, next_in);
            }
            if let Some(credentials) = &credentials {
                w.text(tags::USERNAME, &credentials.username);
                w.text(tags::PASSWORD, &credentials.password);
            }
        });
    }

    pub(super) fn send_logout(&mut self, text: &str, now: UnixNanos, sent: SentHook<'_>) {
        self.send_session_message(tags::LOGOUT, now, sent, |w| w.text(tags::TEXT, text));
    }

    /// Returns the identity of the request.
    pub(super) fn send_test_request(&mut self, now: UnixNanos, sent: SentHook<'_>) -> u64 {
        self.test_requests += 1;
        let id = self.test_requests;
        self.send_session_message(tags::TEST_REQUEST, now, sent, |w| {
            w.uint(tags::TEST_REQ_ID, id);
        });
        self.round_trip.ask(id, now);
        id
    }

    /// Asks for what is missing from the expected number on: everything, or the next few.
    pub(super) fn request_resend(&mut self, now: UnixNanos, sent: SentHook<'_>) {
        self.counters.gaps += 1;
        self.resend_requested = Some(now);
        let begin = self.next_in;
        let end = match self.config.resend_chunk {
            0 => 0,
            chunk => begin.saturating_add(chunk - 1),
        };
        self.resend_end = (end > 0).then_some(end);
        self.send_session_message(tags::RESEND_REQUEST, now, sent, |w| {
            w.uint(tags::BEGIN_SEQ_NO, begin);
            w.uint(tags::END_SEQ_NO, end);
        });
    }

    /// Asks for the next few once those that were asked for have come.
    pub(super) fn request_more(&mut self, now: UnixNanos, sent: SentHook<'_>) {
        if self.resend_end.is_some_and(|end| self.next_in > end) {
            self.resend_end = None;
            if self.next_in <= self.highest_seen && self.state == State::LoggedOn {
                self.request_resend(now, sent);
            }
        }
    }

    /// Sends again what an acceptor keeps of `begin..=end`, and fills the gap over the rest.
    pub(super) fn begin_replay(&mut self, begin: u64, end: u64, now: UnixNanos) {
        self.counters.resends += 1;
        self.replay = Some(Replay { next: begin, end, poss_dup: true });
        if self.deferred_from.is_some_and(|first| first <= end) {
            self.deferred_from = None;
        }
        self.continue_replay(now);
    }

    /// Goes on with a resend as far as the outbox has room.
    pub(super) fn continue_replay(&mut self, now: UnixNanos) {
        while let Some(replay) = self.replay
            && self.outbox.has_room()
            && self.state == State::LoggedOn
        {
            if replay.next > replay.end {
                self.replay = self.deferred_from.take().map(|first| Replay {
                    next: first,
                    end: self.next_out - 1,
                    poss_dup: false,
                });
                continue;
            }
            let Session { config, identity_fields, outbox, store, next_in, counters, .. } = self;
            let header = header_of(config, identity_fields, *next_in);
            let written = match store.as_ref().map(|store| (store, store.at_or_after(replay.next)))
            {
                Some((store, Some(kept))) if kept.seq == replay.next => {
                    let first_sent = replay.poss_dup.then_some(kept.sent_at);
                    write_kept(outbox, header, store, &kept, first_sent, now).map(|()| kept.seq + 1)
                }
                found => {
                    counters.gap_fills += 1;
                    let kept = found.and_then(|(_, kept)| kept).map(|kept| kept.seq);
                    let next = kept.filter(|seq| *seq <= replay.end).unwrap_or(replay.end + 1);
                    write_gap_fill(outbox, header, replay.next, next, now).map(|()| next)
                }
            };
            match written {
                Ok(next) => {
                    self.replay = Some(Replay { next, ..replay });
                    self.last_sent = now;
                }
                Err(_) => return self.give_up_on_reader(),
            }
        }
    }

    fn give_up_on_reader(&mut self) {
        self.close("the peer does not read: too much waits to be written");
    }
}

fn write_kept(
    outbox: &mut Outbox,
    header: Header<'_>,
    store: &MessageStore,
    kept: &super::store::Stored,
    first_sent: Option<UnixNanos>,
    now: UnixNanos,
) -> Result<(), Refused> {
    outbox.encode(|w| {
        write_header(w, header, kept.msg_type.as_bytes(), kept.seq, now, first_sent);
        w.encoded(store.body(kept));
    })
}

/// `SequenceReset` in gap-fill mode. Its original time is not kept and is therefore the time of
/// sending, as volume 2 allows for `OrigSendingTime`.
fn write_gap_fill(
    outbox: &mut Outbox,
    header: Header<'_>,
    seq: u64,
    new_seq: u64,
    now: UnixNanos,
) -> Result<(), Refused> {
    outbox.encode(|w| {
        write_header(w, header, tags::SEQUENCE_RESET, seq, now, Some(now));
        w.bool(tags::GAP_FILL_FLAG, true);
        w.uint(tags::NEW_SEQ_NO, new_seq);
    })
}
