//! Messages of both directions against the dictionaries of the session.

use super::send::{header_of, write_header};
use super::{SendError, SentHook, Session};
use crate::fix::codec::{
    Fault, FieldWriter, Inbox, Message, SessionRejectReason, encode_fields, encode_message,
};
use crate::fix::tags;
use gauntlet_model::ids::ClOrdId;
use gauntlet_model::units::UnixNanos;

/// A message of ours as the peer would read it.
pub(super) struct Proof {
    buffer: Box<[u8]>,
    inbox: Inbox,
}

impl Proof {
    pub(super) fn new(message_bytes_max: usize) -> Box<Proof> {
        let buffer = vec![0; message_bytes_max].into_boxed_slice();
        Box::new(Proof { buffer, inbox: Inbox::new() })
    }
}

impl Session {
    /// What the peer's dictionary finds wrong with a message. One of which only the beginning is here is not
    /// held against it.
    pub(super) fn fault_by_dictionary(&self, message: &Message<'_>) -> Option<Fault> {
        let dictionary = self.config.dictionary.as_ref().filter(|_| !message.is_cut())?;
        dictionary.check(message).err()
    }

    /// Answers a message that the dictionary refuses, which a tolerant session acts on all the same: a fill
    /// happened, however it is written down. An unknown type is answered by whoever reads the type, and a
    /// `Reject` by nobody.
    pub(super) fn remark(
        &mut self,
        message: &Message<'_>,
        seq: u64,
        now: UnixNanos,
        sent: SentHook<'_>,
    ) {
        if !self.config.tolerant || message.msg_type() == tags::REJECT {
            return;
        }
        let Some(Fault { tag, reason }) = self.fault_by_dictionary(message) else { return };
        self.counters.faults_received += 1;
        if reason != SessionRejectReason::InvalidMsgType {
            self.reject(seq, message, tag, reason, reason.text(), now, sent);
            self.remarked = Some(seq);
        }
    }

    /// Holds an application message against our own dictionary as if it were sent now, and throws it away.
    ///
    /// # Errors
    /// [`SendError::Refused`], [`SendError::TooLong`].
    pub(in crate::fix) fn rehearse(
        &mut self,
        msg_type: &[u8],
        now: UnixNanos,
        body: impl FnOnce(&mut FieldWriter<'_>),
    ) -> Result<(), SendError> {
        let len = encode_fields(&mut self.scratch, body).map_err(|_| SendError::TooLong)?;
        self.prove(msg_type, len, now)
    }

    /// Holds a message whose body lies in the first `len` bytes of the scratch against our own dictionary, if
    /// there is one.
    ///
    /// # Errors
    /// [`SendError::Refused`], [`SendError::TooLong`].
    pub(super) fn prove(
        &mut self,
        msg_type: &[u8],
        len: usize,
        now: UnixNanos,
    ) -> Result<(), SendError> {
        let Session { config, identity_fields, next_in, next_out, scratch, proof, .. } = self;
        let (Some(dictionary), Some(proof)) = (&config.sent_dictionary, proof) else {
            return Ok(());
        };
        let header = header_of(config, identity_fields, *next_in);
        let encoded = encode_message(&mut proof.buffer, |w| {
            write_header(w, header, msg_type, *next_out, now, None);
            w.encoded(&scratch[..len]);
        });
        let encoded = encoded.map_err(|_| SendError::TooLong)?;
        proof.inbox.clear();
        proof.inbox.push(&proof.buffer[..encoded]);
        // What cannot be read back, a field in the text of another, is as wrong as can be.
        let unreadable = Fault { tag: 0, reason: SessionRejectReason::Other };
        let checked = match proof.inbox.next() {
            Ok(Some(message)) => dictionary.check(&message),
            Ok(None) | Err(_) => Err(unreadable),
        };
        checked.map_err(|fault| {
            self.counters.faults_unsent += 1;
            SendError::Refused(fault)
        })
    }

    /// Sends an initiator's message if our own dictionary takes it.
    pub(super) fn send_proven(
        &mut self,
        msg_type: &[u8],
        cl_ord_id: ClOrdId,
        now: UnixNanos,
        sent: SentHook<'_>,
        body: impl FnOnce(&mut FieldWriter<'_>),
    ) -> Result<u64, SendError> {
        let len = encode_fields(&mut self.scratch, body).map_err(|_| SendError::TooLong)?;
        self.prove(msg_type, len, now)?;
        let scratch = std::mem::take(&mut self.scratch);
        let done = self.send_new(msg_type, cl_ord_id, now, sent, |w| w.encoded(&scratch[..len]));
        self.scratch = scratch;
        done
    }
}
