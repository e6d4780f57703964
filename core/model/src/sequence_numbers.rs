//! The sequence numbers of broker sessions, as the journal tells them.

use crate::effect::MessageSent;
use crate::input::{Input, Route, RouteTable};

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
    /// Takes in a journaled input of any kind: only what came by `route` with a number counts. Fed
    /// with every input of a journal in order, it yields the number that was expected next. Session
    /// messages that came after the last of these are asked for again, and gap-filled: harmless.
    pub fn on_input(&mut self, route: Route, input: &Input) {
        let (by, number, reset) = match input {
            Input::Execution(report) => (report.route, report.msg_seq_num, false),
            Input::CancelReject(reject) => (reject.route, reject.msg_seq_num, false),
            Input::Unusable(report) => (report.route, report.msg_seq_num, false),
            Input::BrokerOrder(line) => (line.route, line.msg_seq_num, false),
            Input::BrokerPosition(line) => (line.route, line.msg_seq_num, false),
            Input::EnquiryAnswer(answer) => (answer.route, answer.msg_seq_num, false),
            Input::Session(event) => (event.route, event.msg_seq_num, event.reset),
            _ => return,
        };
        if by != route || number == 0 {
            return;
        }
        self.next_in = if reset { number + 1 } else { self.next_in.max(number + 1) };
    }

    /// Takes in a journaled record of a message sent: the last one tells the next number. (After a
    /// reset the numbers begin at 1 again, so it is the last that counts and not the highest.)
    pub fn on_sent(&mut self, route: Route, sent: &MessageSent) {
        if sent.route == route {
            self.next_out = sent.msg_seq_num + 1;
        }
    }
}

/// The numbers of every route's session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct SessionNumbers(RouteTable<SequenceNumbers>);

impl SessionNumbers {
    /// Those of one route's session.
    pub fn of(&self, route: Route) -> SequenceNumbers {
        self.0[route]
    }

    /// Takes in a journaled input of any kind; see [`SequenceNumbers::on_input`].
    pub fn on_input(&mut self, input: &Input) {
        let route = match input {
            Input::Execution(report) => report.route,
            Input::CancelReject(reject) => reject.route,
            Input::Unusable(report) => report.route,
            Input::BrokerOrder(line) => line.route,
            Input::BrokerPosition(line) => line.route,
            Input::EnquiryAnswer(answer) => answer.route,
            Input::Session(event) => event.route,
            _ => return,
        };
        self.0[route].on_input(route, input);
    }

    /// Takes in a journaled record of a message sent; see [`SequenceNumbers::on_sent`].
    pub fn on_sent(&mut self, sent: &MessageSent) {
        self.0[sent.route].on_sent(sent.route, sent);
    }
}
