//! What the engine's threads tell the owner of a gateway.

use crate::guard::Handler;
use gauntlet_model::text::Text;
use gauntlet_runtime::clock::TickClock;
use quickfix::{FieldMap, Message, MsgFromAppError};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Tells that wait for the owner. One that polls so rarely that there are more has lost the session: see
/// [`Mailbox::is_full`].
pub const LETTERS_MAX: usize = 65_536;

/// `MsgSeqNum`.
const MSG_SEQ_NUM: i32 = 34;
/// `MsgType`.
const MSG_TYPE: i32 = 35;
/// The type of a gap fill.
const SEQUENCE_RESET: &str = "4";
/// `PossDupFlag`.
const POSS_DUP_FLAG: i32 = 43;

/// One thing that the engine tells.
pub enum Letter {
    /// The peer has answered our logon.
    LoggedOn {
        /// Its number, counted from 1.
        logon: u64,
    },
    /// It is off.
    LoggedOut,
    /// The engine fills a gap: once it lets its owner send again, that is behind the fill.
    Filled,
    /// A message took a number.
    Sent {
        /// The number.
        msg_seq_num: u64,
        /// Its type.
        msg_type: Text<4>,
        /// The owner's token; 0 where it is none of the owner's.
        token: u64,
    },
    /// A message of the owner's was not sent.
    Unsent,
    /// A message came, with the raw tick reading of then.
    Came {
        /// The whole message.
        bytes: Vec<u8>,
        /// Whether it is the session's own.
        is_admin: bool,
        /// When.
        ticks: u64,
    },
}

/// The letters, and what became of reports.
#[derive(Default)]
struct Post {
    letters: VecDeque<Letter>,
    /// Application messages put in, and of those how many the owner has done with.
    came: u64,
    done: u64,
    /// Nobody will take anything any more.
    is_left: bool,
}

/// Where the engine's threads put what they tell.
///
/// An application message keeps the engine's thread until the owner has done with it. So it is journaled before the
/// engine counts it as received: a process that dies in between is sent it again.
pub struct Mailbox {
    post: Mutex<Post>,
    is_done: Condvar,
    /// Logons so far, and whether the last of them still holds.
    logons: AtomicU64,
    is_on: AtomicBool,
    /// The last logon of which it is known that the peer misses nothing.
    confirmed: AtomicU64,
    is_full: AtomicBool,
    /// The token of the owner's message that is sent at this moment, until it took a number; 0 for none.
    sending: AtomicU64,
    ticks: TickClock,
}

impl Mailbox {
    pub fn new() -> Mailbox {
        Mailbox {
            post: Mutex::default(),
            is_done: Condvar::new(),
            logons: AtomicU64::new(0),
            is_on: AtomicBool::new(false),
            confirmed: AtomicU64::new(0),
            is_full: AtomicBool::new(false),
            sending: AtomicU64::new(0),
            ticks: TickClock::new(),
        }
    }

    /// Whether orders may go: the last logon holds, and the peer misses nothing of ours.
    pub fn is_open(&self) -> bool {
        let logon = self.logons.load(Ordering::Acquire);
        self.is_on.load(Ordering::Acquire) && self.confirmed.load(Ordering::Acquire) == logon
    }

    /// Since this logon the peer misses nothing of ours.
    pub fn confirm(&self, logon: u64) {
        self.confirmed.store(logon, Ordering::Release);
    }

    /// Whether something was not told because the owner did not ask: then nobody knows what the broker said.
    pub fn is_full(&self) -> bool {
        self.is_full.load(Ordering::Acquire)
    }

    /// The oldest letter.
    pub fn take(&self) -> Option<Letter> {
        self.post().letters.pop_front()
    }

    /// The owner has done with the oldest application message that it took.
    pub fn done(&self) {
        self.post().done += 1;
        self.is_done.notify_all();
    }

    /// The owner takes nothing any more.
    pub fn leave(&self) {
        self.post().is_left = true;
        self.is_done.notify_all();
    }

    /// The clock of [`Letter::Came`].
    pub fn ticks(&self) -> &TickClock {
        &self.ticks
    }

    fn post(&self) -> MutexGuard<'_, Post> {
        self.post.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, letter: Letter) -> bool {
        let mut post = self.post();
        let has_room = post.letters.len() < LETTERS_MAX;
        if has_room {
            post.came += u64::from(matches!(letter, Letter::Came { is_admin: false, .. }));
            post.letters.push_back(letter);
        } else {
            self.is_full.store(true, Ordering::Release);
        }
        has_room
    }

    /// Waits until the owner has done with all that came. Returns whether it has.
    fn wait_for_owner(&self) -> bool {
        let post = self.post();
        let came = post.came;
        let waiting = |post: &mut Post| post.done < came && !post.is_left;
        let post = self.is_done.wait_while(post, waiting);
        post.unwrap_or_else(PoisonError::into_inner).done >= came
    }

    fn put_sent(&self, message: &Message, token: u64) -> bool {
        let Ok(msg_seq_num) = field(message, MSG_SEQ_NUM).parse() else { return false };
        let msg_type = Text::new(&field(message, MSG_TYPE));
        self.put(Letter::Sent { msg_seq_num, msg_type, token })
    }

    fn put_came(&self, message: &Message, is_admin: bool) -> bool {
        let ticks = self.ticks.raw();
        let Ok(mut bytes) = message.to_fix_raw_bytes() else { return false };
        // The engine ends texts with a zero.
        bytes.truncate(bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len()));
        self.put(Letter::Came { bytes, is_admin, ticks })
    }
}

fn field(message: &Message, tag: i32) -> String {
    message.with_header(|header| header.get_field(tag)).unwrap_or_default()
}

impl Handler for Mailbox {
    fn logged_on(&self) {
        // The count goes first, so that nothing of before confirms it.
        let logon = self.logons.fetch_add(1, Ordering::AcqRel) + 1;
        self.is_on.store(true, Ordering::Release);
        self.put(Letter::LoggedOn { logon });
    }

    fn logged_out(&self) {
        self.is_on.store(false, Ordering::Release);
        self.put(Letter::LoggedOut);
    }

    fn sending_admin(&self, message: &mut Message) {
        if field(message, MSG_TYPE) == SEQUENCE_RESET {
            // It goes under the number of what it fills over, and takes none.
            self.put(Letter::Filled);
        } else {
            self.put_sent(message, 0);
        }
    }

    fn sends(&self, token: u64, send: &mut dyn FnMut()) {
        self.sending.store(token, Ordering::Relaxed);
        send();
        if self.sending.swap(0, Ordering::Relaxed) > 0 {
            self.put(Letter::Unsent);
        }
    }

    /// An order that is late is not the order that was meant: it is sent while the session is on or not at all, and
    /// never again.
    fn sending(&self, message: &Message) -> bool {
        if !self.is_open() || self.is_full() || field(message, POSS_DUP_FLAG) == "Y" {
            return false;
        }
        let token = self.sending.swap(0, Ordering::Relaxed);
        self.put_sent(message, token)
    }

    fn received_admin(&self, message: &Message) {
        self.put_came(message, true);
    }

    fn received(&self, message: &Message) -> Result<(), MsgFromAppError> {
        // Refused, it is at least not taken for read.
        let is_read = self.put_came(message, false) && self.wait_for_owner();
        if is_read { Ok(()) } else { Err(MsgFromAppError::IncorrectTagValue) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Message {
        let mut message = Message::new();
        message.with_header_mut(|header| header.set_field(MSG_TYPE, "8")).expect("a field");
        message.with_header_mut(|header| header.set_field(MSG_SEQ_NUM, 7)).expect("a field");
        message
    }

    #[test]
    fn a_mailbox_that_nobody_empties_is_bounded_and_sends_no_orders() {
        let mailbox = Mailbox::new();
        mailbox.logged_on();
        mailbox.confirm(1);
        for _ in 1..LETTERS_MAX {
            mailbox.received_admin(&report());
        }
        assert!(!mailbox.is_full());
        mailbox.received_admin(&report());
        assert!(mailbox.is_full() && mailbox.post().letters.len() == LETTERS_MAX);
        assert!(!Handler::sending(&mailbox, &report()), "whose reports are lost sends no orders");
        assert!(mailbox.received(&report()).is_err(), "nobody is told of it");
    }

    #[test]
    fn a_report_counts_as_received_when_the_owner_has_done_with_it_and_not_before() {
        let mailbox = Mailbox::new();
        std::thread::scope(|scope| {
            let engine = scope.spawn(|| mailbox.received(&report()));
            while mailbox.take().is_none() {
                std::thread::yield_now();
            }
            assert!(!engine.is_finished(), "it waits for the owner");
            mailbox.done();
            assert!(engine.join().expect("no panic").is_ok());
            let engine = scope.spawn(|| mailbox.received(&report()));
            mailbox.leave();
            assert!(engine.join().expect("no panic").is_err(), "nobody has read it");
        });
    }

    #[test]
    fn an_order_goes_out_while_the_session_is_on_and_never_again() {
        let mailbox = Mailbox::new();
        let send = |token| {
            Handler::sends(&mailbox, token, &mut || {
                Handler::sending(&mailbox, &report());
            })
        };
        let last = || std::iter::from_fn(|| mailbox.take()).last();
        send(5);
        assert!(matches!(last(), Some(Letter::Unsent)));
        mailbox.logged_on();
        send(5);
        assert!(matches!(last(), Some(Letter::Unsent)), "the peer may miss something");
        mailbox.confirm(1);
        send(5);
        assert!(matches!(last(), Some(Letter::Sent { msg_seq_num: 7, token: 5, .. })));
        let mut again = report();
        again.with_header_mut(|header| header.set_field(POSS_DUP_FLAG, "Y")).expect("a field");
        assert!(!Handler::sending(&mailbox, &again));
        mailbox.logged_out();
        assert!(!Handler::sending(&mailbox, &report()));
        mailbox.logged_on();
        assert!(!Handler::sending(&mailbox, &report()), "what is confirmed is the logon before");
    }
}
