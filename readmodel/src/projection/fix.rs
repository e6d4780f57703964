//! The FIX sessions to the brokers: numbers, and what became of each in this run.

use super::Projection;
use super::snapshot::time;
use crate::api;
use gauntlet_model::effect::MessageSent;
use gauntlet_model::input::{Input, Route, RouteTable, SessionChange};
use gauntlet_model::sequence_numbers::{CopyNumbers, SessionNumbers};
use gauntlet_model::text::Text;
use gauntlet_model::units::UnixNanos;

/// What happened to one session in this run.
#[derive(Clone, Copy, Debug, Default)]
struct Events {
    last_logon: Option<UnixNanos>,
    last_logout: Option<(UnixNanos, Text<64>)>,
    last_sent: Option<MessageSent>,
    refused: u64,
    failures: u64,
}

impl Events {
    fn on_change(&mut self, change: SessionChange, detail: Text<64>, time: UnixNanos) {
        match change {
            SessionChange::LoggedOn => self.last_logon = Some(time),
            SessionChange::LoggedOut => self.last_logout = Some((time, detail)),
            SessionChange::Disconnected => self.failures += 1,
            SessionChange::MessageRejected => self.refused += 1,
        }
    }
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct FixSessions {
    numbers: SessionNumbers,
    copy_numbers: CopyNumbers,
    orders: RouteTable<Events>,
    copies: RouteTable<Events>,
}

impl FixSessions {
    /// A run begins: numbers go on, events are told anew.
    pub fn begin(&mut self) {
        (self.orders, self.copies) = (RouteTable::default(), RouteTable::default());
    }

    /// Takes in an input of any kind.
    pub fn on_input(&mut self, input: &Input, time: UnixNanos) {
        self.numbers.on_input(input, time);
        self.copy_numbers.on_input(input, time);
        match input {
            Input::Session(of) => self.orders[of.route].on_change(of.change, of.detail, time),
            Input::CopySession(of) => self.copies[of.route].on_change(of.change, of.detail, time),
            _ => {}
        }
    }

    /// A message was sent by the session of orders.
    pub fn on_sent(&mut self, sent: &MessageSent) {
        self.numbers.on_sent(sent);
        self.orders[sent.route].last_sent = Some(*sent);
    }

    /// A message was sent by the session of a drop copy.
    pub fn on_copy_sent(&mut self, sent: &MessageSent) {
        self.copy_numbers.on_sent(sent);
        self.copies[sent.route].last_sent = Some(*sent);
    }
}

impl Projection {
    /// Every session to a broker that is configured in this run.
    pub fn fix_adapter(&self) -> api::FixAdapter {
        let (brokers, copies) = (self.broker_sessions(), self.drop_copies());
        let mut sessions = Vec::new();
        for route in Route::brokers() {
            let name = self.route_name(route);
            if let Some(of) = brokers.iter().find(|of| of.name == name) {
                let told = (of.state.as_str(), &of.since, of.detail.as_str());
                sessions.push(self.fix_session(route, false, told));
            }
            if let Some(of) = copies.iter().find(|of| of.broker == name) {
                let told = (of.state.as_str(), &of.since, of.detail.as_str());
                sessions.push(self.fix_session(route, true, told));
            }
        }
        api::FixAdapter { sessions }
    }

    fn fix_session(
        &self,
        route: Route,
        of_copy: bool,
        (state, since, detail): (&str, &Option<String>, &str),
    ) -> api::FixSession {
        let FixSessions { numbers, copy_numbers, orders, copies } = &self.fix;
        let (numbers, events) = match of_copy {
            true => (copy_numbers.of(route), copies[route]),
            false => (numbers.of(route), orders[route]),
        };
        let broker = self.route_name(route);
        let word = |(at, text): (UnixNanos, Text<64>)| api::FixWord {
            time: time(at),
            text: text.to_string(),
        };
        let message = |sent: MessageSent| api::FixMessage {
            msg_type: sent.msg_type.to_string(),
            msg_seq_num: sent.msg_seq_num,
        };
        api::FixSession {
            name: if of_copy { format!("{broker}:copy") } else { broker.clone() },
            broker,
            route: route.name().to_owned(),
            of_copy,
            state: state.to_owned(),
            since: since.clone(),
            why: if state == "logged_on" { String::new() } else { detail.to_owned() },
            last_logout: events.last_logout.map(word),
            last_logon: events.last_logon.map(time),
            next_out: numbers.next_out,
            next_in: numbers.next_in,
            last_sent: events.last_sent.map(message),
            refused: events.refused,
            failures: events.failures,
            live: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gauntlet_model::ids::ClOrdId;
    use gauntlet_model::input::{NumbersSet, Sequenced, SessionEvent};

    fn event(change: SessionChange, msg_seq_num: u64, detail: &str) -> Input {
        let (route, cl_ord_id) = (Route::BROKER, ClOrdId::NONE);
        let detail = Text::new(detail);
        Input::Session(SessionEvent { route, change, msg_seq_num, reset: false, cl_ord_id, detail })
    }

    fn set(next_out: u64, next_in: u64) -> Input {
        let (actor, reason) = (Text::new("ann"), Text::new("as the broker says"));
        let (route, of_copy) = (Route::BROKER, false);
        Input::NumbersSet(NumbersSet { route, of_copy, next_out, next_in, actor, reason })
    }

    #[test]
    fn a_session_is_shown_with_its_numbers_its_last_logout_and_why_it_is_down() {
        use SessionChange::{Disconnected, LoggedOn, LoggedOut, MessageRejected};
        let mut projection = Projection::new();
        let sent = MessageSent {
            route: Route::BROKER,
            msg_seq_num: 11,
            msg_type: Text::new("D"),
            cl_ord_id: ClOrdId(1),
        };
        let inputs = [
            event(LoggedOn, 7, ""),
            event(MessageRejected, 8, "tag 1028"),
            event(LoggedOut, 9, "end of day"),
            event(Disconnected, 0, "logon refused: MsgSeqNum too low"),
        ];
        projection.on_sent(&sent);
        for (seq, input) in (1..).zip(inputs) {
            projection.on_input(&Sequenced { seq, time: UnixNanos(seq), input });
        }
        let shown = projection.fix_adapter().sessions.remove(0);
        assert_eq!((shown.next_out, shown.next_in), (12, 10));
        assert_eq!(shown.state, "disconnected");
        assert_eq!(shown.why, "logon refused: MsgSeqNum too low");
        assert_eq!(shown.last_logout.map(|word| word.text).as_deref(), Some("end of day"));
        assert_eq!((shown.refused, shown.failures), (1, 1));
        assert_eq!(shown.last_sent.map(|sent| sent.msg_seq_num), Some(11));
        // A person's word counts at once, and it is no other session's.
        let input = set(294, 0);
        projection.on_input(&Sequenced { seq: 5, time: UnixNanos(5), input });
        let shown = projection.fix_adapter().sessions.remove(0);
        assert_eq!((shown.next_out, shown.next_in), (294, 10));
        projection.on_copy_sent(&sent);
        assert_eq!(projection.fix_adapter().sessions[0].next_out, 294);
    }
}
