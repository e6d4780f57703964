mod kinds;

use super::*;
use crate::fees::FeeSchedule;
use crate::latency::LatencyModel;
use gauntlet_model::effect::TimeInForce;
use gauntlet_model::ids::{AccountId, BotId, ClOrdId};
use gauntlet_model::input::{
    CancelReject, ExecutionReport, Input, InstrumentLimits, Route, TopOfBook,
};
use gauntlet_model::text::Text;
use gauntlet_model::units::Money;
use proptest::prelude::*;
use std::collections::BTreeMap;

const ES: InstrumentId = InstrumentId(0);

fn definition(tick: i64) -> InstrumentDefinition {
    InstrumentDefinition {
        instrument: ES,
        symbol: Text::new("ESZ6"),
        product: Text::new("ES"),
        feed: 0,
        tick: Price(tick),
        multiplier: Money(50_000_000),
        limits: InstrumentLimits::default(),
    }
}

/// A gateway and a hand that feeds it.
struct Hand {
    gateway: PaperGateway,
    time: u64,
    seq: u64,
    view: MarketView,
}

impl Hand {
    fn new() -> Hand {
        Hand::with_terms(PaperTerms::default())
    }

    fn with_terms(terms: PaperTerms) -> Hand {
        let mut gateway = PaperGateway::with_terms(terms);
        gateway.start_run(0xabc, 1);
        gateway.define_instrument(&definition(1));
        let view = MarketView {
            instrument: ES,
            top: TopOfBook::EMPTY,
            last: Price::NONE,
            gapped: false,
            live: true,
            state: TradingState::Open,
            book_full: false,
        };
        let mut hand = Hand { gateway, time: 1_000, seq: 0, view };
        hand.quote(100, 5, 101, 3);
        hand
    }

    fn quote(&mut self, bid: i64, bid_size: u32, ask: i64, ask_size: u32) {
        self.view.top = TopOfBook { bid: Price(bid), ask: Price(ask), bid_size, ask_size };
        self.show();
    }

    fn show(&mut self) {
        self.time += 1;
        self.gateway.on_view(&self.view, UnixNanos(self.time));
    }

    fn trade(&mut self, price: i64, size: u32, side: Side) {
        self.time += 1;
        self.gateway.on_trade(ES, Price(price), size, Some(side), UnixNanos(self.time));
    }

    fn ask(&mut self, kind: OutboundKind, orig: ClOrdId, side: Side, qty: u32, px: i64) -> ClOrdId {
        self.seq += 1;
        let cl_ord_id = ClOrdId::new(self.seq, BotId(1), 0).expect("fits");
        let record = OutboundRecord {
            route: Route::PAPER,
            kind,
            cl_ord_id,
            orig_cl_ord_id: orig,
            ord_status_req_id: 0,
            bot: BotId(1),
            account: AccountId(0),
            instrument: ES,
            side,
            qty,
            price: Price(px),
            time_in_force: TimeInForce::Day,
        };
        self.send(record);
        cl_ord_id
    }

    fn send(&mut self, record: OutboundRecord) {
        let never = &mut |_| panic!("send says nothing itself");
        self.gateway.send(&Outbound::unchecked(record), UnixNanos(7), never);
    }

    fn new_order(&mut self, side: Side, qty: u32, price: i64) -> ClOrdId {
        self.ask(OutboundKind::New, ClOrdId::NONE, side, qty, price)
    }

    fn cancel(&mut self, order: ClOrdId) -> ClOrdId {
        self.ask(OutboundKind::Cancel, order, Side::Buy, 0, 0)
    }

    fn poll(&mut self) -> Vec<Input> {
        let mut inputs = Vec::new();
        self.gateway.poll(UnixNanos(9), &mut |event| match event {
            GatewayEvent::Input(input) => inputs.push(input),
            GatewayEvent::Sent(_) | GatewayEvent::CopySent(_) => panic!("there is no wire"),
        });
        assert!(self.gateway.is_idle());
        inputs
    }

    fn reports(&mut self) -> Vec<ExecutionReport> {
        let report = |input| match input {
            Input::Execution(report) => report,
            other => panic!("not a report: {other:?}"),
        };
        self.poll().into_iter().map(report).collect()
    }

    fn refusal(&mut self) -> CancelReject {
        match self.poll()[..] {
            [Input::CancelReject(reject)] => reject,
            ref other => panic!("not one refusal: {other:?}"),
        }
    }
}

fn kinds(reports: &[ExecutionReport]) -> Vec<(ExecType, OrdStatus)> {
    reports.iter().map(|report| (report.exec_type, report.ord_status)).collect()
}

#[test]
fn an_order_is_acknowledged_before_it_fills_and_only_a_poll_tells() {
    let mut hand = Hand::new();
    let id = hand.new_order(Side::Buy, 2, 101);
    assert!(!hand.gateway.is_idle());
    let reports = hand.reports();
    assert_eq!(
        kinds(&reports),
        [(ExecType::New, OrdStatus::New), (ExecType::Trade, OrdStatus::Filled)]
    );
    let fill = &reports[1];
    assert_eq!((fill.cl_ord_id, fill.route, fill.instrument), (id, Route::PAPER, Some(ES)));
    assert_eq!((fill.last_qty, fill.last_px, fill.cum_qty), (2, Price(101), 2));
    assert_eq!((fill.leaves_qty, fill.order_qty, fill.transact_time), (0, 2, UnixNanos(1_001)));
    assert_eq!(fill.exec_id.as_str(), "Pabc-1-2");
    assert_eq!(fill.order_id.as_str(), "P1-1");
}

#[test]
fn a_resting_order_waits_for_its_turn_and_can_be_cancelled() {
    let mut hand = Hand::new();
    let id = hand.new_order(Side::Buy, 2, 100);
    hand.trade(100, 6, Side::Sell);
    let reports = hand.reports();
    assert_eq!(kinds(&reports)[1..], [(ExecType::Trade, OrdStatus::PartiallyFilled)]);
    let cancel = hand.cancel(id);
    let reports = hand.reports();
    assert_eq!(kinds(&reports), [(ExecType::Canceled, OrdStatus::Canceled)]);
    assert_eq!((reports[0].cl_ord_id, reports[0].orig_cl_ord_id), (cancel, id));
    assert_eq!((reports[0].cum_qty, reports[0].leaves_qty), (1, 0));
    hand.trade(99, 9, Side::Sell);
    assert!(hand.poll().is_empty(), "it is gone");
}

#[test]
fn a_cancel_of_what_is_over_or_unknown_is_refused() {
    let mut hand = Hand::new();
    let id = hand.new_order(Side::Buy, 1, 101);
    hand.poll();
    hand.cancel(id);
    let refusal = hand.refusal();
    assert_eq!(
        (refusal.reason, refusal.ord_status, refusal.to_replace),
        (0, OrdStatus::Filled, false)
    );
    hand.cancel(ClOrdId(77));
    let refusal = hand.refusal();
    assert_eq!((refusal.reason, refusal.ord_status), (1, OrdStatus::Rejected));
}

#[test]
fn a_replace_is_confirmed_before_it_fills_and_renames_the_order() {
    let mut hand = Hand::new();
    let id = hand.new_order(Side::Buy, 2, 99);
    hand.poll();
    let replace = hand.ask(OutboundKind::Replace, id, Side::Buy, 3, 101);
    let reports = hand.reports();
    assert_eq!(
        kinds(&reports),
        [(ExecType::Replaced, OrdStatus::New), (ExecType::Trade, OrdStatus::Filled)]
    );
    assert_eq!((reports[0].cl_ord_id, reports[0].orig_cl_ord_id), (replace, id));
    assert_eq!((reports[0].order_qty, reports[0].price), (3, Price(101)));
    assert_eq!(reports[1].cl_ord_id, replace);
}

#[test]
fn a_refused_replace_leaves_the_order_as_it_was() {
    let mut hand = Hand::new();
    let id = hand.new_order(Side::Buy, 3, 100);
    hand.trade(100, 7, Side::Sell);
    hand.poll();
    let replace = hand.ask(OutboundKind::Replace, id, Side::Buy, 2, 100);
    let refusal = hand.refusal();
    assert!(refusal.to_replace && refusal.ord_status == OrdStatus::PartiallyFilled);
    hand.ask(OutboundKind::StatusRequest, ClOrdId::NONE, Side::Buy, 0, 0);
    hand.poll();
    hand.trade(100, 1, Side::Sell);
    let reports = hand.reports();
    assert_eq!((reports[0].cl_ord_id, reports[0].cum_qty, reports[0].order_qty), (id, 3, 3));
    assert_eq!(hand.gateway.desk.find(replace), None);
}

#[test]
fn a_status_request_is_answered_and_the_unknown_is_rejected() {
    let mut hand = Hand::new();
    let id = hand.new_order(Side::Buy, 2, 100);
    hand.poll();
    let ask = |hand: &mut Hand, cl_ord_id| {
        let record = OutboundRecord {
            route: Route::SHADOW,
            kind: OutboundKind::StatusRequest,
            cl_ord_id,
            orig_cl_ord_id: ClOrdId::NONE,
            ord_status_req_id: cl_ord_id.0 + 1,
            bot: BotId(1),
            account: AccountId(0),
            instrument: ES,
            side: Side::Buy,
            qty: 2,
            price: Price(100),
            time_in_force: TimeInForce::Day,
        };
        hand.send(record);
        hand.reports()[0]
    };
    let known = ask(&mut hand, id);
    assert_eq!((known.exec_type, known.ord_status), (ExecType::OrderStatus, OrdStatus::New));
    assert_eq!((known.leaves_qty, known.route), (2, Route::PAPER));
    assert_eq!(known.ord_status_req_id, id.0 + 1);
    let unknown = ask(&mut hand, ClOrdId(77));
    assert_eq!(
        (unknown.exec_type, unknown.ord_status),
        (ExecType::OrderStatus, OrdStatus::Rejected)
    );
    assert_eq!((unknown.order_id.as_str(), unknown.route), ("NONE", Route::SHADOW));
    assert_eq!(unknown.ord_status_req_id, 78);
    assert!(unknown.exec_id.as_str().starts_with("Sabc-1-"));
}

#[test]
fn what_cannot_be_taken_is_rejected_with_its_reason() {
    let mut hand = Hand::new();
    hand.gateway.define_instrument(&definition(5));
    hand.quote(100, 5, 105, 3);
    let reason = |hand: &mut Hand, qty, price| {
        hand.new_order(Side::Buy, qty, price);
        let reports = hand.reports();
        assert_eq!(kinds(&reports), [(ExecType::Rejected, OrdStatus::Rejected)]);
        reports[0].reject_reason
    };
    assert_eq!(reason(&mut hand, 1, 101), ord_rej_reason::OTHER);
    assert_eq!(reason(&mut hand, 0, 100), ord_rej_reason::INCORRECT_QUANTITY);
    hand.view.state = TradingState::Halted;
    hand.show();
    assert_eq!(reason(&mut hand, 1, 100), ord_rej_reason::EXCHANGE_CLOSED);
}

#[test]
fn nothing_fills_while_the_data_has_a_gap() {
    let mut hand = Hand::new();
    hand.view.gapped = true;
    hand.show();
    hand.new_order(Side::Buy, 1, 101);
    hand.trade(90, 50, Side::Sell);
    assert_eq!(kinds(&hand.reports()), [(ExecType::New, OrdStatus::New)]);
    hand.view.gapped = false;
    hand.show();
    assert_eq!(kinds(&hand.reports()), [(ExecType::Trade, OrdStatus::Filled)]);
}

/// An exit as a bot sends it: immediate-or-cancel. Returns how much it got.
fn exit(hand: &mut Hand, side: Side, qty: u32, price: i64) -> u32 {
    hand.seq += 1;
    let record = OutboundRecord {
        route: Route::PAPER,
        kind: OutboundKind::New,
        cl_ord_id: ClOrdId::new(hand.seq, BotId(1), 0).expect("fits"),
        orig_cl_ord_id: ClOrdId::NONE,
        ord_status_req_id: 0,
        bot: BotId(1),
        account: AccountId(0),
        instrument: ES,
        side,
        qty,
        price: Price(price),
        time_in_force: TimeInForce::ImmediateOrCancel,
    };
    hand.send(record);
    hand.reports().iter().map(|report| report.last_qty).sum()
}

#[test]
fn liquidity_taken_once_does_not_stay_gone_for_ever() {
    let mut hand = Hand::new();
    assert_eq!(exit(&mut hand, Side::Buy, 3, 101), 3);
    assert_eq!(exit(&mut hand, Side::Buy, 3, 101), 0, "it was all there was");
    // Nothing works meanwhile: the simulator must follow the market all the same.
    hand.quote(110, 5, 111, 3);
    hand.quote(100, 5, 101, 3);
    assert_eq!(exit(&mut hand, Side::Buy, 3, 101), 3, "the market went through it and came back");
    hand.quote(80, 5, 81, 3);
    hand.time += crate::follower::OUT_OF_VIEW_NS_MAX;
    hand.quote(82, 5, 83, 3);
    hand.quote(100, 5, 101, 3);
    assert_eq!(exit(&mut hand, Side::Buy, 3, 101), 3, "it was out of view for long");
    hand.view.gapped = true;
    hand.show();
    hand.view.gapped = false;
    hand.show();
    assert_eq!(exit(&mut hand, Side::Buy, 3, 101), 3, "the book after a gap is another one");
}

#[test]
fn a_bot_that_takes_at_falling_prices_is_filled_beyond_every_bound() {
    let mut hand = Hand::new();
    for at in 0..1_000 {
        hand.quote(9_000 - at, 5, 9_001 - at, 3);
        assert_eq!(exit(&mut hand, Side::Buy, 2, 9_001 - at), 2, "after {at}");
    }
    assert_eq!(hand.gateway.levels_refused(), 0);
}

#[test]
fn the_close_expires_what_works() {
    let mut hand = Hand::new();
    hand.new_order(Side::Buy, 1, 90);
    hand.poll();
    hand.view.state = TradingState::Closed;
    hand.show();
    assert_eq!(kinds(&hand.reports()), [(ExecType::Expired, OrdStatus::Expired)]);
}

#[test]
fn a_new_run_starts_without_orders_and_with_identities_of_its_own() {
    let mut hand = Hand::new();
    let old = hand.new_order(Side::Buy, 1, 99);
    hand.poll();
    hand.gateway.start_run(0xabc, 2);
    hand.trade(90, 50, Side::Sell);
    assert!(hand.poll().is_empty());
    hand.cancel(old);
    assert_eq!(hand.refusal().reason, 1);
    hand.new_order(Side::Buy, 1, 99);
    assert_eq!(hand.reports()[0].exec_id.as_str(), "Pabc-2-1");
}

#[test]
fn more_orders_than_the_table_holds_push_out_only_ended_ones() {
    let mut hand = Hand::new();
    let stays = hand.new_order(Side::Buy, 1, 50);
    let first = hand.new_order(Side::Buy, 1, 51);
    hand.cancel(first);
    for _ in 0..5_000 {
        let id = hand.new_order(Side::Buy, 1, 50);
        hand.cancel(id);
        hand.poll();
    }
    hand.cancel(first);
    assert_eq!(hand.refusal().reason, 1, "forgotten long ago");
    hand.cancel(stays);
    assert_eq!(kinds(&hand.reports()), [(ExecType::Canceled, OrdStatus::Canceled)]);
}

#[derive(Clone, Debug)]
enum Step {
    New(bool, u32, i64),
    Cancel(usize),
    Replace(usize, u32, i64),
    Trade(i64, u32, bool),
    Quote(i64, u32, u32),
    State(u8),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let price = 95i64..106;
    let step = prop_oneof![
        3 => (any::<bool>(), 0u32..6, price.clone())
            .prop_map(|(b, q, p)| Step::New(b, q, p)),
        2 => any::<usize>().prop_map(Step::Cancel),
        2 => (any::<usize>(), 0u32..6, price.clone()).prop_map(|(i, q, p)| Step::Replace(i, q, p)),
        3 => (price.clone(), 1u32..9, any::<bool>()).prop_map(|(p, q, b)| Step::Trade(p, q, b)),
        3 => (price, 1u32..9, 1u32..9).prop_map(|(p, q, r)| Step::Quote(p, q, r)),
        1 => (0u8..8).prop_map(Step::State),
    ];
    prop::collection::vec(step, 1..150)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Every request is answered, quantities add up, no ExecID comes twice, and what has ended stays
    /// so.
    #[test]
    fn the_simulator_is_an_honest_broker(steps in steps()) {
        let mut hand = Hand::new();
        // By broker identity: filled so far, and whether it has ended.
        let mut orders: BTreeMap<String, (u32, bool)> = BTreeMap::new();
        let mut ids: Vec<ClOrdId> = Vec::new();
        let mut seen = std::collections::BTreeSet::new();
        for step in steps {
            let mut asked = None;
            let pick = |ids: &[ClOrdId], at: usize| ids.get(at % ids.len().max(1)).copied();
            match step {
                Step::New(buy, qty, price) => {
                    let side = if buy { Side::Buy } else { Side::Sell };
                    asked = Some(hand.new_order(side, qty, price));
                }
                Step::Cancel(at) => {
                    let Some(id) = pick(&ids, at) else { continue };
                    asked = Some(hand.cancel(id));
                }
                Step::Replace(at, qty, price) => {
                    let Some(id) = pick(&ids, at) else { continue };
                    asked = Some(hand.ask(OutboundKind::Replace, id, Side::Buy, qty, price));
                }
                Step::Trade(price, size, buy) => {
                    hand.trade(price, size, if buy { Side::Buy } else { Side::Sell });
                }
                Step::Quote(bid, bid_size, ask_size) => hand.quote(bid, bid_size, bid + 1, ask_size),
                Step::State(state) => {
                    hand.view.gapped = state == 6;
                    hand.view.state = match state {
                        7 => TradingState::Closed,
                        5 => TradingState::Halted,
                        _ => TradingState::Open,
                    };
                    hand.show();
                }
            }
            let said = hand.poll();
            if let Some(id) = asked {
                ids.push(id);
                let answers = said.iter().filter(|input| match input {
                    Input::Execution(r) => r.cl_ord_id == id && r.exec_type != ExecType::Trade
                        && r.exec_type != ExecType::Expired,
                    Input::CancelReject(r) => r.cl_ord_id == id,
                    _ => false,
                });
                prop_assert_eq!(answers.count(), 1);
            }
            for input in said {
                let Input::Execution(report) = input else { continue };
                prop_assert!(seen.insert(report.exec_id.as_str().to_string()), "ExecID twice");
                if report.order_id.as_str() == "NONE" {
                    continue;
                }
                let entry = orders.entry(report.order_id.as_str().into()).or_default();
                prop_assert!(!entry.1, "a report after the end");
                entry.0 += report.last_qty;
                prop_assert_eq!(entry.0, report.cum_qty);
                use OrdStatus::{Canceled, Expired, Filled, Rejected};
                entry.1 = matches!(report.ord_status, Canceled | Expired | Filled | Rejected);
                let leaves = if entry.1 { 0 } else { report.order_qty - report.cum_qty };
                prop_assert_eq!(report.leaves_qty, leaves);
                prop_assert!(report.cum_qty <= report.order_qty);
                prop_assert_eq!(report.ord_status == Filled, report.cum_qty == report.order_qty
                    && report.order_qty > 0);
            }
        }
    }
}

#[test]
fn with_latency_an_order_meets_the_market_as_it_is_when_it_arrives() {
    let latency = LatencyModel::Constant(10);
    let mut hand = Hand::with_terms(PaperTerms { latency, ..PaperTerms::default() });
    hand.new_order(Side::Buy, 2, 101);
    assert!(hand.poll().is_empty(), "it is on its way");
    hand.quote(101, 5, 102, 3);
    assert!(hand.poll().is_empty());
    hand.time += 20;
    hand.quote(100, 5, 101, 1);
    let told: Vec<ExecType> = hand.reports().iter().map(|report| report.exec_type).collect();
    assert_eq!(
        told,
        [ExecType::New, ExecType::Trade],
        "it found 102, and takes what comes to its limit"
    );
    let order = hand.new_order(Side::Buy, 1, 90);
    let cancel = hand.cancel(order);
    hand.gateway.on_time(UnixNanos(hand.time + 10));
    let told: Vec<_> = hand.reports().iter().map(|r| (r.cl_ord_id, r.exec_type)).collect();
    assert_eq!(told, [(order, ExecType::New), (cancel, ExecType::Canceled)]);
    hand.new_order(Side::Buy, 1, 90);
    hand.gateway.start_run(0xabc, 2);
    hand.gateway.on_time(UnixNanos(u64::MAX));
    assert!(hand.poll().is_empty(), "what was on its way is gone with its run");
}

#[test]
fn requests_on_their_way_are_bounded() {
    let latency = LatencyModel::Constant(1_000_000);
    let mut hand = Hand::with_terms(PaperTerms { latency, ..PaperTerms::default() });
    for _ in 0..PENDING_MAX {
        hand.new_order(Side::Buy, 1, 50);
    }
    assert!(hand.poll().is_empty());
    hand.new_order(Side::Buy, 1, 50);
    assert_eq!(hand.reports().len(), 1, "one more is carried out at once");
}

#[test]
fn fills_cost_what_their_product_does_and_a_run_begins_at_nothing() {
    let of = ContractFees {
        exchange: Money(1_380_000),
        clearing: Money(20_000),
        broker: Money(850_000),
    };
    let fees = FeeSchedule::new(vec![("ES".to_owned(), of)], ContractFees::default());
    let mut hand = Hand::with_terms(PaperTerms { fees, ..PaperTerms::default() });
    hand.new_order(Side::Buy, 2, 101);
    hand.new_order(Side::Buy, 1, 90);
    hand.reports();
    assert_eq!(hand.gateway.charged(ES), of.of(2));
    assert_eq!(hand.gateway.charged(ES).total(), Money(4_500_000));
    assert_eq!(hand.gateway.charged_in_all(), of.of(2));
    assert_eq!(hand.gateway.charged(InstrumentId(u16::MAX)), ContractFees::default());
    hand.gateway.start_run(0xabc, 2);
    assert_eq!(hand.gateway.charged(ES), ContractFees::default());
}
