//! The desk against the generated market, and the reading of what clients send.

mod kinds;
mod paper;

use super::blotter::Blotter;
use super::report::{Execution, Report};
use super::request::{ClientId, Expiry, Malformed, Request, Target, Terms, read};
use crate::generated::{GeneratedConfig, GeneratedMarket};
use crate::market::{Market, MarketSink, OrderEvent};
use dbn::RecordRef;
use gauntlet_gateways::fix::codec::{Inbox, SessionRejectReason, encode_message};
use gauntlet_model::text::Text;
use gauntlet_model::units::Price;
use proptest::prelude::*;
use std::collections::{HashMap, HashSet};

/// Keeps the news of orders and the best bid and ask.
#[derive(Default)]
struct Watch {
    events: Vec<OrderEvent>,
    best: Option<(i64, i64)>,
}

impl MarketSink for Watch {
    fn record(&mut self, record: RecordRef<'_>) {
        if let Some(quote) = record.get::<dbn::Mbp1Msg>() {
            self.best = Some((quote.levels[0].bid_px, quote.levels[0].ask_px));
        }
    }

    fn order(&mut self, event: OrderEvent) {
        self.events.push(event);
    }
}

/// A desk before a market that is open.
struct Bench {
    market: GeneratedMarket,
    watch: Watch,
    desk: Blotter,
    reports: Vec<Report>,
}

impl Bench {
    fn new(seed: u64) -> Bench {
        let symbols = vec!["ESZ6".to_owned()];
        let config = GeneratedConfig { seed, rate: 4.0, symbols, ..GeneratedConfig::default() };
        let market = GeneratedMarket::new(&config).expect("a good configuration");
        let (watch, desk) = (Watch::default(), Blotter::new());
        let mut bench = Bench { market, watch, desk, reports: Vec::new() };
        let open = config.start.plus(61_000_000_000);
        while bench.market.now() < open || bench.watch.best.is_none() {
            bench.step();
        }
        bench
    }

    fn step(&mut self) {
        self.market.step(&mut self.watch);
        for event in self.watch.events.drain(..) {
            self.desk.on_event(event, self.market.now());
        }
        self.collect();
    }

    fn ask(&mut self, request: &Request) -> &[Report] {
        let before = self.reports.len();
        self.desk.handle(request, &mut self.market, &mut |_| {});
        self.collect();
        &self.reports[before..]
    }

    fn collect(&mut self) {
        while let Some(report) = self.desk.next_report() {
            self.reports.push(report);
        }
    }

    /// A price on the grid, this many ticks beyond the best bid.
    fn price(&self, ticks: i64) -> Price {
        let (bid, _) = self.watch.best.expect("the market is open");
        Price(bid).offset_ticks(ticks, self.market.listings()[0].tick)
    }
}

fn terms(name: &str, side: u8, qty: u32, price: Price) -> Terms {
    Terms {
        cl_ord_id: Text::new(name),
        account: Text::new("ACC"),
        symbol: Text::new("ESZ6"),
        side,
        ord_type: b'2',
        time_in_force: b'0',
        qty,
        price,
        stop_px: Price::NONE,
        expiry: Expiry::None,
        self_match_id: Text::EMPTY,
        gives_way: None,
    }
}

fn target(name: &str, orig: &str, side: u8) -> Target {
    Target {
        cl_ord_id: Text::new(name),
        orig_cl_ord_id: Text::new(orig),
        symbol: Text::new("ESZ6"),
        side,
    }
}

fn status(name: &str) -> Request {
    Request::Status {
        cl_ord_id: Text::new(name),
        symbol: Text::new("ESZ6"),
        side: b'1',
        request_id: ClientId::EMPTY,
    }
}

fn execution(report: &Report) -> &Execution {
    match report {
        Report::Execution(execution) => execution,
        other => panic!("not an execution report: {other:?}"),
    }
}

#[test]
fn an_order_that_possibly_came_before_is_answered_with_where_it_stands() {
    let mut bench = Bench::new(1);
    let far = bench.price(-40);
    let order = Request::New { terms: terms("a", b'1', 3, far), poss_dup: false };
    assert_eq!(execution(&bench.ask(&order)[0]).exec_type, b'0');
    // FIX 4.4 volume 4, appendix D, F.1.b.
    let again = Request::New { terms: terms("a", b'1', 3, far), poss_dup: true };
    let answer = *execution(&bench.ask(&again)[0]);
    assert_eq!((answer.exec_type, answer.ord_status, answer.leaves_qty), (b'I', b'0', 3));
    let other = Request::New { terms: terms("a", b'1', 9, far), poss_dup: false };
    let answer = *execution(&bench.ask(&other)[0]);
    assert_eq!((answer.exec_type, answer.ord_status), (b'8', b'0'));
    assert_eq!((answer.reject_reason, answer.qty), (Some(6), 3));
    assert_eq!(bench.desk.working(), 1);
}

#[test]
fn an_order_that_trades_at_once_is_acknowledged_before_it_fills() {
    let mut bench = Bench::new(2);
    let cross = Terms { time_in_force: b'3', ..terms("a", b'1', 100_000, bench.price(8)) };
    let reports = bench.ask(&Request::New { terms: cross, poss_dup: false }).to_vec();
    let types: Vec<u8> = reports.iter().map(|report| execution(report).exec_type).collect();
    assert_eq!(types[0], b'0');
    assert!(types[1..types.len() - 1].iter().all(|t| *t == b'F') && types.len() > 2, "{types:?}");
    let last = execution(&reports[reports.len() - 1]);
    assert_eq!((last.exec_type, last.ord_status, last.leaves_qty), (b'C', b'C', 0));
    let filled: u32 = reports.iter().filter_map(|r| execution(r).last).map(|(qty, _)| qty).sum();
    assert_eq!(last.cum_qty, filled);
}

#[test]
fn an_exchange_that_refuses_all_still_tells_where_orders_stand() {
    let mut bench = Bench::new(3);
    let far = bench.price(-40);
    bench.ask(&Request::New { terms: terms("a", b'1', 3, far), poss_dup: false });
    bench.desk.set_refuses_all(true);
    let refused = bench.ask(&Request::New { terms: terms("b", b'1', 3, far), poss_dup: false });
    assert_eq!((execution(&refused[0]).exec_type, execution(&refused[0]).ord_status), (b'8', b'8'));
    let refused = bench.ask(&Request::Cancel { target: target("c", "a", b'1') })[0];
    assert!(matches!(refused, Report::CancelReject(r) if r.reason == 2 && r.ord_status == b'0'));
    assert_eq!(execution(&bench.ask(&status("a"))[0]).ord_status, b'0');
    bench.desk.set_refuses_all(false);
    let done = bench.ask(&Request::Cancel { target: target("d", "a", b'1') })[0];
    assert_eq!(execution(&done).exec_type, b'4');
}

#[derive(Clone, Debug)]
enum Act {
    New { name: u8, buy: bool, ticks: i64, qty: u32, ioc: bool },
    Cancel { name: u8, orig: u8, buy: bool },
    Replace { name: u8, orig: u8, buy: bool, ticks: i64, qty: u32 },
    Status { name: u8 },
    Steps(usize),
}

fn act() -> impl Strategy<Value = Act> {
    let (name, ticks, qty) = (0..40u8, -3..4i64, 0..12u32);
    prop_oneof![
        4 => (name.clone(), any::<bool>(), ticks.clone(), qty.clone(), any::<bool>())
            .prop_map(|(name, buy, ticks, qty, ioc)| Act::New { name, buy, ticks, qty, ioc }),
        2 => (name.clone(), name.clone(), any::<bool>())
            .prop_map(|(name, orig, buy)| Act::Cancel { name, orig, buy }),
        3 => (name.clone(), name.clone(), any::<bool>(), ticks, qty)
            .prop_map(|(name, orig, buy, ticks, qty)| Act::Replace { name, orig, buy, ticks, qty }),
        2 => name.prop_map(|name| Act::Status { name }),
        3 => (1..30usize).prop_map(Act::Steps),
    ]
}

/// What the reports on one order must keep to.
#[derive(Clone, Copy, Default)]
struct Told {
    filled: u32,
    done: Option<u8>,
}

fn check(report: &Report, told: &mut HashMap<u64, Told>, execs: &mut HashSet<u64>) {
    let Report::Execution(report) = report else { return };
    let is_event = !matches!(report.exec_type, b'I' | b'8');
    assert_eq!(report.exec == 0, report.exec_type == b'I');
    assert!(report.exec == 0 || execs.insert(report.exec), "an ExecID twice");
    if report.order == 0 {
        assert_eq!((report.exec_type, report.ord_status), (b'I', b'8'));
        return;
    }
    let known = told.entry(report.order).or_default();
    assert!(!is_event || known.done.is_none(), "an event of an order that ended: {report:?}");
    known.filled += report.last.map_or(0, |(qty, _)| qty);
    assert_eq!(report.cum_qty, known.filled, "{report:?}");
    let is_done = matches!(report.ord_status, b'2' | b'4' | b'8' | b'C');
    if is_done {
        assert_eq!(report.leaves_qty, 0);
        assert!(known.done.is_none_or(|status| status == report.ord_status));
        known.done = Some(report.ord_status);
    } else {
        assert_eq!(known.done, None, "{report:?}");
        assert_eq!(report.leaves_qty + report.cum_qty, report.qty);
        assert_eq!(report.ord_status == b'1', report.cum_qty > 0);
    }
    assert_eq!(
        report.ord_status == b'2',
        is_done && report.cum_qty == report.qty && report.qty > 0
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_request_is_answered_and_every_order_keeps_its_sums(
        seed in 0..4u64,
        acts in prop::collection::vec(act(), 1..80),
    ) {
        let mut bench = Bench::new(seed);
        let (mut told, mut execs) = (HashMap::new(), HashSet::new());
        let side = |buy: bool| if buy { b'1' } else { b'2' };
        for act in acts {
            let before = bench.reports.len();
            let request = match act {
                Act::Steps(steps) => {
                    (0..steps).for_each(|_| bench.step());
                    None
                }
                Act::New { name, buy, ticks, qty, ioc } => {
                    let price = bench.price(ticks);
                    let time_in_force = if ioc { b'3' } else { b'0' };
                    let terms = terms(&name.to_string(), side(buy), qty, price);
                    Some(Request::New { terms: Terms { time_in_force, ..terms }, poss_dup: false })
                }
                Act::Cancel { name, orig, buy } => {
                    let target = target(&name.to_string(), &orig.to_string(), side(buy));
                    Some(Request::Cancel { target })
                }
                Act::Replace { name, orig, buy, ticks, qty } => {
                    let (name, orig) = (name.to_string(), orig.to_string());
                    let terms = terms(&name, side(buy), qty, bench.price(ticks));
                    Some(Request::Replace { target: target(&name, &orig, side(buy)), terms })
                }
                Act::Status { name } => Some(status(&name.to_string())),
            };
            if let Some(request) = request {
                prop_assert!(!bench.ask(&request).is_empty(), "no answer to {request:?}");
            }
            for report in &bench.reports[before..] {
                check(report, &mut told, &mut execs);
            }
        }
        let working = told.values().filter(|told| told.done.is_none()).count();
        prop_assert_eq!(working, bench.desk.working());
    }
}

fn read_text(body: &str) -> Result<Request, Malformed> {
    read_bytes(body.replace('|', "\x01").as_bytes())
}

fn read_bytes(body: &[u8]) -> Result<Request, Malformed> {
    let mut buffer = vec![0; 4096];
    let len = encode_message(&mut buffer, |w| w.encoded(body)).expect("fits");
    let mut inbox = Inbox::new();
    inbox.push(&buffer[..len]);
    let message = inbox.next().expect("sound").expect("whole");
    read(&message, 7, false)
}

const NEW: &str =
    "35=D|11=a|1=ACC|55=ESZ6|54=1|60=20261116-14:30:00.000|38=3|40=2|44=6000.25|59=0|";
const REPLACE: &str =
    "35=G|11=b|41=a|1=ACC|55=ESZ6|54=1|60=20261116-14:30:00.000|38=3|40=2|44=6000.25|59=0|";

#[test]
fn a_mass_status_request_is_answered_with_every_order_that_works_or_with_none() {
    let mut bench = Bench::new(2);
    let far = bench.price(-60);
    for name in ["a", "b", "c"] {
        bench.ask(&Request::New { terms: terms(name, b'1', 1, far), poss_dup: false });
    }
    bench.ask(&Request::Cancel { target: target("d", "b", b'1') });
    let request_id = Text::new("all");
    let answers: Vec<Report> =
        bench.ask(&Request::MassStatus { request_id, symbol: None }).to_vec();
    let told: Vec<_> = answers
        .iter()
        .map(|report| {
            let report = execution(report);
            let mass = report.mass.expect("an answer to it");
            assert_eq!(
                (report.exec_type, report.ord_status, mass.request_id),
                (b'I', b'0', request_id)
            );
            (report.cl_ord_id.as_str().to_owned(), mass.total, mass.is_last)
        })
        .collect();
    assert_eq!(told, [("a".to_owned(), 2, false), ("c".to_owned(), 2, true)]);
    let symbol = Some(Text::new("NQZ6"));
    let answers = bench.ask(&Request::MassStatus { request_id, symbol });
    assert_eq!(answers.len(), 1);
    let none = execution(&answers[0]);
    assert_eq!(none.mass.map(|mass| (mass.total, mass.is_last)), Some((0, true)));
    assert_eq!(none.ord_status, b'8');
}

#[test]
fn positions_are_the_sum_of_fills_until_their_contract_is_settled() {
    let mut bench = Bench::new(3);
    let positions = |bench: &mut Bench, account: &str| -> Vec<(String, i64)> {
        let request =
            Request::Positions { request_id: Text::new("p"), account: Text::new(account) };
        let answers = bench.ask(&request).to_vec();
        let Report::PositionsAck(ack) = answers[0] else { panic!("{answers:?}") };
        let held = answers[1..].iter().map(|report| match report {
            Report::Position(report) => {
                (report.position.symbol.as_str().to_owned(), report.position.qty)
            }
            other => panic!("{other:?}"),
        });
        let held: Vec<_> = held.collect();
        assert_eq!(ack.total as usize, held.len());
        held
    };
    assert_eq!(positions(&mut bench, "ACC"), []);
    let (buy, sell) = (bench.price(20), bench.price(-20));
    bench.ask(&Request::New { terms: terms("a", b'1', 3, buy), poss_dup: false });
    bench.ask(&Request::New { terms: terms("b", b'2', 1, sell), poss_dup: false });
    assert_eq!(positions(&mut bench, "ACC"), [("ESZ6".to_owned(), 2)]);
    assert_eq!(positions(&mut bench, ""), [("ESZ6".to_owned(), 2)]);
    assert_eq!(positions(&mut bench, "OTHER"), []);
    bench.desk.settle("ESZ6");
    assert_eq!(positions(&mut bench, ""), []);
}

#[test]
fn an_order_is_read_field_by_field() {
    let expected = terms("a", b'1', 3, Price(6_000_250_000_000));
    assert_eq!(read_text(NEW), Ok(Request::New { terms: expected, poss_dup: false }));
    let expected = Request::Replace {
        target: target("b", "a", b'1'),
        terms: Terms { cl_ord_id: Text::new("b"), ..expected },
    };
    assert_eq!(read_text(REPLACE), Ok(expected));
    let cancel = "35=F|11=b|41=a|55=ESZ6|54=1|60=20261116-14:30:00.000|38=3|1028=N|";
    assert_eq!(read_text(cancel), Ok(Request::Cancel { target: target("b", "a", b'1') }));
    assert_eq!(read_text("35=H|11=a|55=ESZ6|54=1|"), Ok(status("a")));
    let request_id = Text::new("m");
    let mass = |symbol| Ok(Request::MassStatus { request_id, symbol });
    assert_eq!(read_text("35=AF|584=m|585=7|"), mass(None));
    assert_eq!(read_text("35=AF|584=m|585=1|55=ESZ6|"), mass(Some(Text::new("ESZ6"))));
    let positions = |account| Ok(Request::Positions { request_id, account });
    assert_eq!(read_text("35=AN|710=m|724=0|1=ACC|"), positions(Text::new("ACC")));
    assert_eq!(read_text("35=AN|710=m|724=0|"), positions(Text::EMPTY));
    for (text, tag) in [("35=AF|584=m|585=3|", 585), ("35=AN|710=m|724=1|", 724)] {
        let reason = SessionRejectReason::ValueIncorrect;
        assert_eq!(read_text(text), Err(Malformed { tag, reason }), "{text}");
    }
}

#[test]
fn what_an_order_needs_must_be_there_once_and_of_its_type() {
    use SessionRejectReason as Reason;
    for field in ["11=", "55=", "54=", "60=", "38=", "40=", "44="] {
        let tag = field.trim_end_matches('=').parse().expect("a tag");
        let body: String = NEW.split_inclusive('|').filter(|f| !f.starts_with(field)).collect();
        let missing = Malformed { tag, reason: Reason::RequiredTagMissing };
        assert_eq!(read_text(&body), Err(missing), "{body}");
    }
    for (from, to, tag, reason) in [
        ("38=3|", "38=3|38=4|", 38, Reason::TagAppearsTwice),
        ("38=3|", "38=three|", 38, Reason::IncorrectFormat),
        ("44=6000.25|", "44=1e3|", 44, Reason::IncorrectFormat),
        ("60=20261116-14:30:00.000|", "60=noon|", 60, Reason::IncorrectFormat),
        ("54=1|", "54=buy|", 54, Reason::ValueIncorrect),
        ("54=1|", "54=+|", 54, Reason::ValueIncorrect),
        ("11=a|", "11=12345678901234567890123456789012345678901|", 11, Reason::ValueIncorrect),
        ("11=a|", "11=\u{e4}|", 11, Reason::IncorrectFormat),
        ("35=D|", "35=BI|", 35, Reason::InvalidMsgType),
        ("35=D|", "35=ZZZ|", 35, Reason::InvalidMsgType),
    ] {
        let body = NEW.replacen(from, to, 1);
        assert_eq!(read_text(&body), Err(Malformed { tag, reason }), "{body}");
    }
}

#[test]
fn what_is_well_said_reaches_the_desk() {
    for (from, to) in [
        ("38=3|", "38=2.5|"),
        ("38=3|", "38=-3|"),
        ("54=1|", "54=5|"),
        ("40=2|44=6000.25|", "40=5|"),
        ("59=0|", "59=2|"),
    ] {
        let request = read_text(&NEW.replacen(from, to, 1)).expect(to);
        let mut bench = Bench::new(1);
        let answer = *execution(&bench.ask(&request)[0]);
        assert_eq!((answer.exec_type, answer.ord_status), (b'8', b'8'), "{to}");
    }
    let unsupported = Request::Unsupported { msg_seq_num: 7, msg_type: Text::new("q") };
    assert_eq!(read_text("35=q|11=a|530=7|"), Ok(unsupported));
}

proptest! {
    #[test]
    fn no_message_panics(
        msg_type in prop::sample::select(vec!["D", "F", "G", "H", "q", "AF", "AN", "?"]),
        fields in prop::collection::vec(
            (prop::sample::select(vec![1u32, 11, 38, 40, 41, 44, 54, 55, 59, 60, 99, 126, 432, 584, 585, 710, 724, 790, 7928, 8000, 9999]),
             prop::collection::vec(2u8..=255, 1..50)),
            0..12,
        ),
    ) {
        let mut body = format!("35={msg_type}\x01").into_bytes();
        for (tag, value) in fields {
            body.extend(format!("{tag}=").bytes());
            body.extend(value);
            body.push(1);
        }
        if let Ok(request) = read_bytes(&body) {
            let mut desk = Blotter::new();
            let symbols = vec!["ESZ6".to_owned()];
            let config = GeneratedConfig { symbols, ..GeneratedConfig::default() };
            let mut market = GeneratedMarket::new(&config).expect("a good configuration");
            desk.handle(&request, &mut market, &mut |_| {});
            prop_assert_eq!(desk.waiting(), 1);
        }
    }
}
