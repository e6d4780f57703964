//! Orders that only a broker knew and that were taken over: its reports on them name an identity that is none of
//! ours, so they get ours here, once for all stages.

use gauntlet_model::ids::ClOrdId;
use gauntlet_model::input::{BrokerOrder, ExecutionReport, Input, OrdStatus, Route};
use gauntlet_model::text::Text;

/// Orders that are known by their broker's identity. For one more, one that is over is forgotten, else the
/// oldest.
pub const TAKEOVERS_MAX: usize = 256;

#[derive(Clone, Copy, Debug)]
struct TakenOver {
    route: Route,
    order_id: Text<32>,
    order: ClOrdId,
    /// Whether its broker said that it is over. Late reports still find it.
    is_over: bool,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Takeovers(Vec<TakenOver>);

impl Takeovers {
    pub fn new() -> Takeovers {
        Takeovers(Vec::with_capacity(TAKEOVERS_MAX))
    }

    /// An order of a broker's is ours from now on.
    pub fn note(&mut self, route: Route, order_id: Text<32>, order: ClOrdId) {
        let taken = TakenOver { route, order_id, order, is_over: false };
        if self.0.len() == TAKEOVERS_MAX {
            let over = self.0.iter().position(|known| known.is_over);
            self.0.remove(over.unwrap_or(0));
        }
        self.0.push(taken);
    }

    /// The same word of a broker with our identity of the order that it is about, where that is one that was
    /// taken over.
    pub fn named(&mut self, input: &Input) -> Option<Input> {
        if self.0.is_empty() {
            return None;
        }
        match input {
            Input::Execution(report) if !report.cl_ord_id.is_some() => {
                let ExecutionReport { route, order_id, ord_status, .. } = *report;
                let cl_ord_id = self.find(route, order_id, ord_status)?;
                Some(Input::Execution(ExecutionReport { cl_ord_id, ..*report }))
            }
            Input::BrokerOrder(line) if !line.cl_ord_id.is_some() => {
                let BrokerOrder { route, order_id, ord_status, .. } = *line;
                let cl_ord_id = self.find(route, order_id, ord_status)?;
                Some(Input::BrokerOrder(BrokerOrder { cl_ord_id, ..*line }))
            }
            _ => None,
        }
    }

    fn find(&mut self, route: Route, order_id: Text<32>, status: OrdStatus) -> Option<ClOrdId> {
        let is_it = |known: &&mut TakenOver| (known.route, known.order_id) == (route, order_id);
        let known = self.0.iter_mut().rev().find(is_it).filter(|_| !order_id.is_empty())?;
        let ends =
            [OrdStatus::Filled, OrdStatus::Canceled, OrdStatus::Rejected, OrdStatus::Expired];
        known.is_over |= ends.contains(&status);
        Some(known.order)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fusion::fixtures::{points, trade};
    use gauntlet_model::ids::BotId;
    use gauntlet_model::units::Side;

    fn id(seq: u64) -> ClOrdId {
        ClOrdId::new(seq, BotId(0), 0).expect("fits")
    }

    fn named(of: u64) -> Text<32> {
        Text::new(&format!("X{of}"))
    }

    fn report(of: u64, ord_status: OrdStatus) -> Input {
        let fill = trade(ClOrdId::NONE, Side::Buy, 1, points(1.0));
        let (route, order_id) = (Route::BROKER, named(of));
        Input::Execution(ExecutionReport { route, order_id, ord_status, ..fill })
    }

    fn order_of(takeovers: &mut Takeovers, input: &Input) -> Option<ClOrdId> {
        match takeovers.named(input)? {
            Input::Execution(report) => Some(report.cl_ord_id),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_report_is_named_by_its_brokers_identity_and_by_that_alone() {
        let mut takeovers = Takeovers::new();
        let status = OrdStatus::PartiallyFilled;
        assert_eq!(order_of(&mut takeovers, &report(1, status)), None);
        takeovers.note(Route::BROKER, named(1), id(5));
        assert_eq!(order_of(&mut takeovers, &report(1, status)), Some(id(5)));
        assert_eq!(order_of(&mut takeovers, &report(2, status)), None);
        let Input::Execution(mut fill) = report(1, status) else { panic!("a fill") };
        fill.route = Route::broker(1).expect("there can be two");
        assert_eq!(order_of(&mut takeovers, &Input::Execution(fill)), None, "another broker's");
        let Input::Execution(mut fill) = report(1, status) else { panic!("a fill") };
        fill.cl_ord_id = id(9);
        assert_eq!(takeovers.named(&Input::Execution(fill)), None, "it names one of ours");
        fill.cl_ord_id = ClOrdId::NONE;
        fill.order_id = Text::EMPTY;
        takeovers.note(Route::BROKER, Text::EMPTY, id(6));
        assert_eq!(order_of(&mut takeovers, &Input::Execution(fill)), None, "nothing is no name");
    }

    #[test]
    fn a_line_of_a_list_is_named_like_a_report_unless_it_names_one_of_ours() {
        let line = |of: u64, cl_ord_id| BrokerOrder {
            route: Route::BROKER,
            enquiry: 1,
            msg_seq_num: 0,
            total: 1,
            is_last: true,
            cl_ord_id,
            orig_cl_ord_id: ClOrdId::NONE,
            order_id: named(of),
            account: None,
            instrument: None,
            symbol: Text::EMPTY,
            ord_status: OrdStatus::New,
            side: Side::Buy,
            leaves_qty: 1,
            cum_qty: 0,
            order_qty: 1,
            price: points(1.0),
            avg_px: points(1.0),
            transact_time: gauntlet_model::units::UnixNanos(0),
        };
        let mut takeovers = Takeovers::new();
        takeovers.note(Route::BROKER, named(1), id(5));
        let mut told = |line| takeovers.named(&Input::BrokerOrder(line));
        assert_eq!(told(line(1, ClOrdId::NONE)), Some(Input::BrokerOrder(line(1, id(5)))));
        assert_eq!(told(line(2, ClOrdId::NONE)), None, "nobody took it over");
        assert_eq!(told(line(1, id(9))), None, "it names one of ours");
    }

    #[test]
    fn the_table_keeps_what_works_before_what_is_over_and_the_newest_before_the_oldest() {
        let mut takeovers = Takeovers::new();
        let working = OrdStatus::New;
        for at in 0..TAKEOVERS_MAX as u64 {
            takeovers.note(Route::BROKER, named(at), id(at + 1));
        }
        assert_eq!(order_of(&mut takeovers, &report(7, OrdStatus::Canceled)), Some(id(8)));
        takeovers.note(Route::BROKER, named(900), id(901));
        assert_eq!(order_of(&mut takeovers, &report(7, working)), None, "it was over");
        assert_eq!(order_of(&mut takeovers, &report(0, working)), Some(id(1)));
        takeovers.note(Route::BROKER, named(901), id(902));
        assert_eq!(order_of(&mut takeovers, &report(0, working)), None, "it was the oldest");
        assert_eq!(order_of(&mut takeovers, &report(901, working)), Some(id(902)));
    }
}
