//! The sequence numbers of broker sessions, as the journal tells them.

use crate::effect::MessageSent;
use crate::input::{Input, NumbersSet, Route, RouteTable};
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

/// One session as the journal tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
struct JournaledSession {
    numbers: SequenceNumbers,
    /// When it last received something.
    last_used: UnixNanos,
    /// Whether it has sent nothing since it logged out.
    is_logged_out: bool,
}

impl JournaledSession {
    fn came(&mut self, number: u64, reset: bool, time: UnixNanos) {
        self.numbers.came(number, reset);
        if number > 0 {
            self.last_used = time;
        }
    }

    fn sent(&mut self, sent: &MessageSent) {
        self.numbers.on_sent(sent.route, sent);
        self.is_logged_out = sent.msg_type.as_str() == "5";
    }

    /// A person has set them: that is what the next logon has, unless it asks to begin anew.
    fn set(&mut self, set: &NumbersSet, time: UnixNanos) {
        let SequenceNumbers { next_out, next_in } = &mut self.numbers;
        for (number, wanted) in [(next_out, set.next_out), (next_in, set.next_in)] {
            if wanted > 0 {
                *number = wanted;
            }
        }
        self.last_used = time;
    }

    fn to_go_on_with(self, stopped: bool) -> SequenceNumbers {
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
        if let Some((route, number, reset)) = SequenceNumbers::told_by(input) {
            self.0[route].came(number, reset, time);
        }
    }

    /// Takes in a journaled record of a message sent; see [`SequenceNumbers::on_sent`].
    pub fn on_sent(&mut self, sent: &MessageSent) {
        self.0[sent.route].sent(sent);
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
    use crate::input::{CopySession, SessionChange};
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
