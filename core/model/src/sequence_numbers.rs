//! The sequence numbers of broker sessions, as the journal tells them.

use crate::effect::MessageSent;
use crate::input::{Input, NumbersSet, Route, RouteTable, SessionChange};
use crate::units::UnixNanos;

/// The numbers of the next message each way (tag 34).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SequenceNumbers {
    /// Of the next message that we send.
    pub next_out: u64,
    /// Of the next message that we expect.
    pub next_in: u64,
}

impl Default for SequenceNumbers {
    fn default() -> Self {
        SequenceNumbers { next_out: 1, next_in: 1 }
    }
}

impl SequenceNumbers {
    /// More messages than a session sends in the time in which a machine that loses power can forget what was
    /// written.
    pub const UNCLEAN_JUMP: u64 = 10_000;

    /// The numbers to go on with after an end at which the last messages sent may not have been written down:
    /// ours above all of those. The peer asks for what lies between, and the gap is filled.
    #[must_use]
    pub fn after_unclean_end(self) -> SequenceNumbers {
        SequenceNumbers { next_out: self.next_out.saturating_add(Self::UNCLEAN_JUMP), ..self }
    }

    /// Takes in a journaled input of any kind: only what came by `route` with a number counts. Fed
    /// with every input of a journal in order, it yields the number that was expected next. Session
    /// messages that came after the last of these are asked for again, and gap-filled: harmless.
    pub fn on_input(&mut self, route: Route, input: &Input) {
        if let Some((by, number, reset)) = SequenceNumbers::told_by(input)
            && by == route
        {
            self.came(number, reset);
        }
    }

    /// By which route an input came, with which number, and whether the numbers began anew with it.
    fn told_by(input: &Input) -> Option<(Route, u64, bool)> {
        Some(match input {
            Input::Execution(report) => (report.route, report.msg_seq_num, false),
            Input::CancelReject(reject) => (reject.route, reject.msg_seq_num, false),
            Input::Unusable(report) => (report.route, report.msg_seq_num, false),
            Input::BrokerOrder(line) => (line.route, line.msg_seq_num, false),
            Input::BrokerPosition(line) => (line.route, line.msg_seq_num, false),
            Input::EnquiryAnswer(answer) => (answer.route, answer.msg_seq_num, false),
            Input::Balance(line) => (line.route, line.msg_seq_num, false),
            Input::Session(event) => (event.route, event.msg_seq_num, event.reset),
            _ => return None,
        })
    }

    /// A message with this number came; 0 for none. A reset begins the numbers anew.
    fn came(&mut self, number: u64, reset: bool) {
        if number > 0 {
            self.next_in = if reset { number + 1 } else { self.next_in.max(number + 1) };
        }
    }

    /// Takes in a journaled record of a message sent: the last one tells the next number. (After a
    /// reset the numbers begin at 1 again, so it is the last that counts and not the highest.)
    pub fn on_sent(&mut self, route: Route, sent: &MessageSent) {
        if sent.route == route {
            self.next_out = sent.msg_seq_num + 1;
        }
    }
}

/// A person's word on the numbers that no logon has followed yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Word {
    /// Whether it says which number we send next.
    sets_out: bool,
    /// Whether it says which number we expect next.
    sets_in: bool,
    /// Whether both sides' numbers are to begin anew.
    begins_anew: bool,
    /// Whether nothing was sent yet with the number that it says.
    awaits_logon: bool,
}

/// One session as the journal tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
struct JournaledSession {
    numbers: SequenceNumbers,
    word: Option<Word>,
    /// When it last received something.
    last_used: UnixNanos,
    /// Whether it has sent nothing since it logged out.
    is_logged_out: bool,
}

impl JournaledSession {
    fn came(&mut self, number: u64, reset: bool, time: UnixNanos) {
        // What the session that ends still receives is none of the next one's; what the next one receives before
        // it is on is asked for again after a crash, and comes twice.
        if self.word.is_none_or(|word| !word.sets_in) {
            self.numbers.came(number, reset);
        }
        if number > 0 {
            self.last_used = time;
        }
    }

    /// The session is on: what a person said of its numbers is done.
    fn logged_on(&mut self) {
        self.word = None;
    }

    fn sent(&mut self, sent: &MessageSent) {
        let is_logon = sent.msg_type.as_str() == "A";
        if let Some(word) = &mut self.word
            && word.sets_out
        {
            word.awaits_logon &= !is_logon;
            if word.awaits_logon {
                // The session that ends has other numbers.
                return;
            }
        }
        self.numbers.on_sent(sent.route, sent);
        if is_logon && self.word.is_some_and(|word| word.sets_out) {
            // A logon that comes to nothing takes no number.
            self.numbers.next_out = sent.msg_seq_num;
        }
        self.is_logged_out = sent.msg_type.as_str() == "5";
    }

    fn last_sent(&mut self, sent: &MessageSent) {
        if let Some(word) = &mut self.word {
            word.awaits_logon = false;
        }
        self.sent(sent);
    }

    /// A person has set them: that is what the next logon has, unless it asks to begin anew, also after a crash.
    fn set(&mut self, set: &NumbersSet, time: UnixNanos) {
        let SequenceNumbers { next_out, next_in } = &mut self.numbers;
        for (number, wanted) in [(next_out, set.next_out), (next_in, set.next_in)] {
            if wanted > 0 {
                *number = wanted;
            }
        }
        self.last_used = time;
        // What an earlier word said and this one does not holds on.
        let before = self.word.filter(|_| !set.begins_anew());
        let sets_out = set.next_out > 0 || before.is_some_and(|word| word.sets_out);
        self.word = Some(Word {
            sets_out,
            sets_in: set.next_in > 0 || before.is_some_and(|word| word.sets_in),
            begins_anew: set.begins_anew(),
            awaits_logon: set.next_out > 0 || before.is_some_and(|word| word.awaits_logon),
        });
    }

    fn to_go_on_with(self, stopped: bool) -> SequenceNumbers {
        if self.word.is_some_and(|word| word.sets_out) {
            return self.numbers;
        }
        let is_clean = stopped && (self.is_logged_out || self.numbers.next_out == 1);
        if is_clean { self.numbers } else { self.numbers.after_unclean_end() }
    }
}

/// The numbers of every route's session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct SessionNumbers(RouteTable<JournaledSession>);

impl SessionNumbers {
    /// Those of one route's session.
    pub fn of(&self, route: Route) -> SequenceNumbers {
        self.0[route].numbers
    }

    /// Those to go on with at a start. `stopped` says whether the last run came to an orderly stop; if it did not,
    /// or the session did not end by a logout, ours begin above all that may have been sent and not written down.
    pub fn to_go_on_with(&self, route: Route, stopped: bool) -> SequenceNumbers {
        self.0[route].to_go_on_with(stopped)
    }

    /// Whether the next logon is to ask for both sides' numbers to begin anew: a person's word that no logon has
    /// followed yet.
    pub fn begins_anew(&self, route: Route) -> bool {
        self.0[route].word.is_some_and(|word| word.begins_anew)
    }

    /// When one route's session last received something; the epoch if never.
    pub fn last_used(&self, route: Route) -> UnixNanos {
        self.0[route].last_used
    }

    /// Takes in a journaled input of any kind and its time; see [`SequenceNumbers::on_input`].
    pub fn on_input(&mut self, input: &Input, time: UnixNanos) {
        if let Input::NumbersSet(set) = input
            && !set.of_copy
        {
            return self.0[set.route].set(set, time);
        }
        if let Input::Session(event) = input
            && event.change == SessionChange::LoggedOn
        {
            self.0[event.route].logged_on();
        }
        if let Some((route, number, reset)) = SequenceNumbers::told_by(input) {
            self.0[route].came(number, reset, time);
        }
    }

    /// Takes in a journaled record of a message sent; see [`SequenceNumbers::on_sent`].
    pub fn on_sent(&mut self, sent: &MessageSent) {
        self.0[sent.route].sent(sent);
    }

    /// Takes in what the session sent last, known to be none of one that a person's word ended.
    pub fn on_last_sent(&mut self, sent: &MessageSent) {
        self.0[sent.route].last_sent(sent);
    }
}

/// The numbers of the sessions of brokers' drop copies, by the route of their orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct CopyNumbers(RouteTable<JournaledSession>);

impl CopyNumbers {
    /// Those of the copy of one route's reports.
    pub fn of(&self, route: Route) -> SequenceNumbers {
        self.0[route].numbers
    }

    /// See [`SessionNumbers::to_go_on_with`].
    pub fn to_go_on_with(&self, route: Route, stopped: bool) -> SequenceNumbers {
        self.0[route].to_go_on_with(stopped)
    }

    /// See [`SessionNumbers::begins_anew`].
    pub fn begins_anew(&self, route: Route) -> bool {
        self.0[route].word.is_some_and(|word| word.begins_anew)
    }

    /// See [`SessionNumbers::on_last_sent`].
    pub fn on_last_sent(&mut self, sent: &MessageSent) {
        self.0[sent.route].last_sent(sent);
    }

    /// See [`SessionNumbers::last_used`].
    pub fn last_used(&self, route: Route) -> UnixNanos {
        self.0[route].last_used
    }

    /// Takes in a journaled input of any kind and its time; see [`SequenceNumbers::on_input`].
    pub fn on_input(&mut self, input: &Input, time: UnixNanos) {
        match input {
            Input::NumbersSet(set) if set.of_copy => self.0[set.route].set(set, time),
            Input::Copied(report) => self.0[report.route].came(report.msg_seq_num, false, time),
            Input::CopySession(event) => {
                if event.change == SessionChange::LoggedOn {
                    self.0[event.route].logged_on();
                }
                self.0[event.route].came(event.msg_seq_num, event.reset, time);
            }
            _ => {}
        }
    }

    /// Takes in a journaled record of a message that such a session sent.
    pub fn on_sent(&mut self, sent: &MessageSent) {
        self.0[sent.route].sent(sent);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::ClOrdId;
    use crate::input::{CopySession, SessionEvent};
    use crate::text::Text;

    #[test]
    fn a_copys_session_has_numbers_of_its_own_which_a_reset_begins_anew() {
        let (mut orders, mut copies) = (SessionNumbers::default(), CopyNumbers::default());
        let second = Route::broker(1).expect("there can be two");
        let (change, detail) = (SessionChange::LoggedOn, Text::EMPTY);
        let mut logon = |route, msg_seq_num, reset| {
            let input =
                Input::CopySession(CopySession { route, change, msg_seq_num, reset, detail });
            orders.on_input(&input, UnixNanos(9));
            copies.on_input(&input, UnixNanos(9));
            copies.of(route).next_in
        };
        assert_eq!(logon(second, 7, false), 8);
        assert_eq!(logon(second, 0, false), 8, "no message told so");
        assert_eq!(logon(second, 3, false), 8, "sent again");
        assert_eq!(logon(second, 1, true), 2);
        assert_eq!(copies.of(Route::BROKER), SequenceNumbers::default());
        assert_eq!(orders, SessionNumbers::default());
        let (msg_type, cl_ord_id) = (Text::new("A"), ClOrdId::NONE);
        copies.on_sent(&MessageSent { route: second, msg_seq_num: 5, msg_type, cl_ord_id });
        assert_eq!(copies.of(second).next_out, 6);
        assert_eq!(copies.last_used(second), UnixNanos(9));
    }

    #[test]
    fn a_persons_word_on_the_numbers_counts_for_the_session_that_it_names() {
        let (mut orders, mut copies) = (SessionNumbers::default(), CopyNumbers::default());
        let route = Route::BROKER;
        for (of_copy, next_out, next_in) in [(false, 294, 0), (true, 0, 17), (false, 0, 0)] {
            let (actor, reason) = (Text::new("ann"), Text::new("as the broker says"));
            let set = NumbersSet { route, of_copy, next_out, next_in, actor, reason };
            assert_eq!(set.begins_anew(), next_out == 0 && next_in == 0);
            orders.on_input(&Input::NumbersSet(set), UnixNanos(5));
            copies.on_input(&Input::NumbersSet(set), UnixNanos(5));
        }
        assert_eq!(orders.of(route), SequenceNumbers { next_out: 294, next_in: 1 });
        assert_eq!(copies.of(route), SequenceNumbers { next_out: 1, next_in: 17 });
        assert_eq!(orders.last_used(route), UnixNanos(5));
    }

    const ROUTE: Route = Route::BROKER;

    fn word(next_out: u64, next_in: u64) -> Input {
        let (actor, reason) = (Text::new("ann"), Text::new("as the broker says"));
        let (route, of_copy) = (ROUTE, false);
        Input::NumbersSet(NumbersSet { route, of_copy, next_out, next_in, actor, reason })
    }

    fn event(change: SessionChange, msg_seq_num: u64) -> Input {
        let (route, reset, cl_ord_id, detail) = (ROUTE, false, ClOrdId::NONE, Text::EMPTY);
        Input::Session(SessionEvent { route, change, msg_seq_num, reset, cl_ord_id, detail })
    }

    fn sent(msg_seq_num: u64, msg_type: &str) -> MessageSent {
        let (msg_type, cl_ord_id) = (Text::new(msg_type), ClOrdId::NONE);
        MessageSent { route: ROUTE, msg_seq_num, msg_type, cl_ord_id }
    }

    #[test]
    fn a_persons_word_holds_over_crashes_until_a_logon_has_followed() {
        let mut sessions = SessionNumbers::default();
        let now = UnixNanos(5);
        sessions.on_input(&event(SessionChange::LoggedOn, 7), now);
        sessions.on_sent(&sent(40, "D"));
        sessions.on_input(&word(294, 17), now);
        let crashed = |sessions: &SessionNumbers| sessions.to_go_on_with(ROUTE, false);
        let said = SequenceNumbers { next_out: 294, next_in: 17 };
        assert_eq!(crashed(&sessions), said);
        // The session that was on says goodbye with its own numbers.
        sessions.on_sent(&sent(41, "5"));
        sessions.on_input(&event(SessionChange::LoggedOut, 9), now);
        assert_eq!((crashed(&sessions), sessions.of(ROUTE)), (said, said));
        // Logons that nobody answers take no number.
        sessions.on_sent(&sent(294, "A"));
        sessions.on_input(&event(SessionChange::Disconnected, 0), now);
        assert_eq!((crashed(&sessions), sessions.to_go_on_with(ROUTE, true)), (said, said));
        sessions.on_sent(&sent(294, "A"));
        sessions.on_sent(&sent(295, "1"));
        assert_eq!(crashed(&sessions).next_out, 296);
        sessions.on_input(&event(SessionChange::LoggedOn, 18), now);
        let jump = SequenceNumbers::UNCLEAN_JUMP;
        assert_eq!(crashed(&sessions), SequenceNumbers { next_out: 296 + jump, next_in: 19 });
    }

    #[test]
    fn a_word_on_one_number_leaves_the_other_and_a_later_one_joins_an_earlier() {
        let mut sessions = SessionNumbers::default();
        let now = UnixNanos(5);
        sessions.on_sent(&sent(40, "D"));
        sessions.on_input(&word(0, 17), now);
        let crashed = |sessions: &SessionNumbers| sessions.to_go_on_with(ROUTE, false);
        let jump = SequenceNumbers::UNCLEAN_JUMP;
        assert_eq!(crashed(&sessions), SequenceNumbers { next_out: 41 + jump, next_in: 17 });
        sessions.on_sent(&sent(41, "5"));
        assert_eq!(crashed(&sessions).next_out, 42 + jump);
        sessions.on_input(&word(294, 0), now);
        assert_eq!(crashed(&sessions), SequenceNumbers { next_out: 294, next_in: 17 });
        assert!(!sessions.begins_anew(ROUTE));
        sessions.on_input(&word(0, 0), now);
        assert!(sessions.begins_anew(ROUTE), "the last word holds");
        sessions.on_input(&event(SessionChange::LoggedOn, 1), now);
        assert!(!sessions.begins_anew(ROUTE));
    }

    #[test]
    fn only_a_stop_and_a_logout_leave_no_doubt_about_what_was_sent() {
        let (route, cl_ord_id) = (Route::BROKER, ClOrdId::NONE);
        let mut sessions = SessionNumbers::default();
        let next =
            |sessions: &SessionNumbers, stopped| sessions.to_go_on_with(route, stopped).next_out;
        let jump = SequenceNumbers::UNCLEAN_JUMP;
        assert_eq!((next(&sessions, true), next(&sessions, false)), (1, 1 + jump));
        for (msg_seq_num, msg_type, is_clean) in
            [(246, "D", false), (247, "5", true), (248, "A", false)]
        {
            let msg_type = Text::new(msg_type);
            sessions.on_sent(&MessageSent { route, msg_seq_num, msg_type, cl_ord_id });
            let after = msg_seq_num + 1;
            assert_eq!(next(&sessions, true), if is_clean { after } else { after + jump });
            assert_eq!(next(&sessions, false), after + jump, "nobody stopped it");
            assert_eq!(sessions.of(route).next_out, after);
        }
    }
}
