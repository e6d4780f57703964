//! What stands between the engine's callbacks and whoever answers them.
//!
//! The crate takes a panic in a callback for success: an order that nobody decided to send would go out, and a
//! report that nobody has read would count as received. Behind a [`Guarded`] the first panic is the last word:
//! nothing is sent from then on, and what comes is refused, until the owner, who sees [`Guarded::fault`], ends the
//! session. The crate also ignores [`MsgFromAppError::UnsupportedMessageType`]; the answer that FIX 4.4 volume 3
//! wants, a `BusinessMessageReject`, is sent here.

use quickfix::{
    ApplicationCallback, FieldMap, Message, MsgFromAdminError, MsgFromAppError, MsgToAppError,
    SessionId, send_to_target,
};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// `MsgSeqNum`.
const MSG_SEQ_NUM: i32 = 34;
/// `MsgType`.
const MSG_TYPE: i32 = 35;

/// Who answers the engine. Its threads call it, several at a time: hence `Sync`, which the crate does not ask for.
pub trait Handler: Send + Sync + 'static {
    /// The session is on.
    fn logged_on(&self) {}

    /// It is off.
    fn logged_out(&self) {}

    /// A message of the session's own is about to be sent.
    fn sending_admin(&self, message: &mut Message) {
        let _ = message;
    }

    /// The owner's message with this token is sent now: `send` sends it, which calls the other callbacks.
    fn sends(&self, token: u64, send: &mut dyn FnMut()) {
        let _ = token;
        send();
    }

    /// An application message is about to be sent, or sent again. Returns whether it may be.
    fn sending(&self, message: &Message) -> bool;

    /// A message of the peer's session has come.
    fn received_admin(&self, message: &Message) {
        let _ = message;
    }

    /// An application message has come, in order.
    ///
    /// # Errors
    /// Why it is refused; the engine or the guard answers.
    fn received(&self, message: &Message) -> Result<(), MsgFromAppError>;
}

/// A [`Handler`] whose panics stop the session's business.
pub struct Guarded<H> {
    handler: H,
    has_fault: AtomicBool,
    fault: Mutex<Option<String>>,
}

impl<H: Handler> Guarded<H> {
    /// Guards a handler.
    pub fn new(handler: H) -> Guarded<H> {
        Guarded { handler, has_fault: AtomicBool::new(false), fault: Mutex::new(None) }
    }

    /// The handler.
    pub fn handler(&self) -> &H {
        &self.handler
    }

    /// What a callback panicked with, if one did.
    pub fn fault(&self) -> Option<String> {
        if !self.has_fault.load(Ordering::Acquire) {
            return None;
        }
        self.fault.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sends a message of the owner's, unless the handler has panicked.
    pub fn sends(&self, token: u64, mut send: impl FnMut()) {
        self.call(|handler| handler.sends(token, &mut send));
    }

    /// Calls the handler unless it has panicked before; `None` if it did or does.
    fn call<T>(&self, callback: impl FnOnce(&H) -> T) -> Option<T> {
        if self.has_fault.load(Ordering::Acquire) {
            return None;
        }
        match catch_unwind(AssertUnwindSafe(|| callback(&self.handler))) {
            Ok(answer) => Some(answer),
            Err(panic) => {
                let mut fault = self.fault.lock().unwrap_or_else(PoisonError::into_inner);
                fault.get_or_insert_with(|| words_of(panic.as_ref()));
                self.has_fault.store(true, Ordering::Release);
                None
            }
        }
    }
}

fn words_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "a callback panicked without words".to_owned())
}

impl<H: Handler> ApplicationCallback for Guarded<H> {
    fn on_logon(&self, _: &SessionId) {
        self.call(Handler::logged_on);
    }

    fn on_logout(&self, _: &SessionId) {
        self.call(Handler::logged_out);
    }

    fn on_msg_to_admin(&self, message: &mut Message, _: &SessionId) {
        self.call(|handler| handler.sending_admin(message));
    }

    fn on_msg_to_app(&self, message: &mut Message, _: &SessionId) -> Result<(), MsgToAppError> {
        let may_go = self.call(|handler| handler.sending(message)).unwrap_or(false);
        if may_go { Ok(()) } else { Err(MsgToAppError::DoNotSend) }
    }

    fn on_msg_from_admin(&self, message: &Message, _: &SessionId) -> Result<(), MsgFromAdminError> {
        let taken = self.call(|handler| handler.received_admin(message));
        taken.ok_or(MsgFromAdminError::RejectLogon)
    }

    fn on_msg_from_app(
        &self,
        message: &Message,
        session: &SessionId,
    ) -> Result<(), MsgFromAppError> {
        match self.call(|handler| handler.received(message)) {
            None => Err(MsgFromAppError::IncorrectTagValue),
            Some(Err(MsgFromAppError::UnsupportedMessageType)) => {
                // A session that has just ended has nobody to tell.
                let _ = refuse_type(message, session);
                Ok(())
            }
            Some(answer) => answer,
        }
    }
}

/// `BusinessMessageReject` (j) of a type that nobody here knows.
fn refuse_type(message: &Message, session: &SessionId) -> Result<(), quickfix::QuickFixError> {
    let field = |tag| message.with_header(|header| header.get_field(tag)).unwrap_or_default();
    let mut answer = Message::new();
    answer.with_header_mut(|header| header.set_field(MSG_TYPE, "j"))?;
    answer.set_field(45, field(MSG_SEQ_NUM))?;
    answer.set_field(372, field(MSG_TYPE))?;
    answer.set_field(380, 3)?;
    answer.set_field(58, "Unsupported Message Type")?;
    send_to_target(answer, session)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Panics when it is given an order called `boom`, and knows no quotes.
    struct Nervous;

    impl Handler for Nervous {
        fn sending(&self, _: &Message) -> bool {
            true
        }

        fn received(&self, message: &Message) -> Result<(), MsgFromAppError> {
            assert_ne!(message.get_field(11).as_deref(), Some("boom"), "no such order");
            Ok(())
        }
    }

    fn order(name: &str) -> Message {
        let mut message = Message::new();
        message.with_header_mut(|header| header.set_field(MSG_TYPE, "D")).expect("a field");
        message.set_field(11, name).expect("a field");
        message
    }

    #[test]
    fn a_panic_is_no_success_and_nothing_goes_out_after_it() {
        let session = SessionId::try_new("FIX.4.4", "A", "B", "").expect("names");
        let guarded = Guarded::new(Nervous);
        assert!(guarded.on_msg_from_app(&order("one"), &session).is_ok());
        assert!(guarded.on_msg_to_app(&mut order("one"), &session).is_ok());
        assert_eq!(guarded.fault(), None);
        assert!(guarded.on_msg_from_app(&order("boom"), &session).is_err());
        assert!(guarded.fault().expect("it panicked").contains("no such order"));
        assert!(guarded.on_msg_from_app(&order("two"), &session).is_err());
        assert!(guarded.on_msg_to_app(&mut order("two"), &session).is_err());
        assert!(guarded.on_msg_from_admin(&order("two"), &session).is_err());
    }
}
