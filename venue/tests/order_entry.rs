//! Order entry over loopback: the platform's own gateway, and a client that says what it likes.

mod support;

use gauntlet_gateways::fix::session::SequenceNumbers;
use gauntlet_model::effect::{OrderType, OutboundKind, TimeInForce};
use gauntlet_model::ids::ClOrdId;
use gauntlet_model::input::{ExecType, OrdStatus};
use gauntlet_model::order::Capabilities;
use gauntlet_model::units::{Side, UnixNanos};
use gauntlet_venue::market::{Market, MarketSink, OrderEvent};
use gauntlet_venue::order_entry::{ExchangeRules, OrderEntry};
use std::collections::HashSet;
use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use support::{RawClient, START, TURNS_MAX, Tiny, Trader, price};

fn bind() -> OrderEntry {
    OrderEntry::bind("127.0.0.1:0".parse().expect("an address"), "VENUE", "TRADER").expect("free")
}

/// The venue's side, on a clock that the test moves.
struct World {
    market: Tiny,
    entry: OrderEntry,
    now: UnixNanos,
}

#[derive(Default)]
struct Events(Vec<OrderEvent>);

impl MarketSink for Events {
    fn record(&mut self, _: dbn::RecordRef<'_>) {}
    fn order(&mut self, event: OrderEvent) {
        self.0.push(event);
    }
}

impl World {
    fn new() -> World {
        World { market: Tiny::new(1_000), entry: bind(), now: START }
    }

    fn address(&self) -> SocketAddr {
        self.entry.local_addr().expect("bound")
    }

    fn turn(&mut self) {
        self.now = self.now.plus(1_000);
        self.entry.poll(self.now);
        self.entry.serve(&mut self.market, &mut |_| {});
        self.entry.deliver(self.now);
    }

    /// One event of the market.
    fn step(&mut self) {
        let mut events = Events::default();
        self.market.step(&mut events);
        for event in events.0 {
            self.entry.on_order(event, self.market.now());
        }
    }

    fn until(&mut self, trader: &mut Trader, what: &str, done: impl Fn(&World, &Trader) -> bool) {
        for _ in 0..TURNS_MAX {
            self.turn();
            trader.poll(self.now);
            if done(self, trader) {
                return;
            }
        }
        panic!("waited in vain for {what}; got {:?}", trader.inputs);
    }

    fn trader(&mut self) -> Trader {
        let mut trader = Trader::new(self.address(), SequenceNumbers::default(), true);
        self.until(&mut trader, "the logon", |_, t| t.gateway.is_logged_on());
        trader
    }

    fn raw(&mut self) -> RawClient {
        let mut client = RawClient::new(self.address(), self.now);
        self.hear(&mut client, "the logon", |c| c.session.is_logged_on());
        client
    }

    fn hear(&mut self, client: &mut RawClient, what: &str, done: impl Fn(&RawClient) -> bool) {
        for _ in 0..TURNS_MAX {
            self.turn();
            client.poll(self.now);
            if done(client) {
                return;
            }
        }
        panic!("waited in vain for {what}; heard {:?}", client.heard);
    }

    /// What the raw client hears in answer to a message.
    fn answers(&mut self, client: &mut RawClient, text: &str) -> Vec<String> {
        let before = client.heard.len();
        client.say(text, self.now);
        self.hear(client, text, |c| c.heard.len() > before);
        client.heard[before..].to_vec()
    }
}

fn types(trader: &Trader) -> Vec<(ExecType, OrdStatus, u64)> {
    trader.executions().iter().map(|r| (r.exec_type, r.ord_status, r.cl_ord_id.0)).collect()
}

#[test]
fn an_order_lives_through_fills_replacement_and_cancellation() {
    let mut world = World::new();
    let mut trader = world.trader();
    trader.send(OutboundKind::New, (16, 0), (Side::Buy, 5, 4999.25), world.now);
    world.until(&mut trader, "the acknowledgement", |_, t| t.executions().len() == 1);
    world.step();
    world.until(&mut trader, "the fill", |_, t| t.executions().len() == 2);
    trader.send(OutboundKind::Replace, (17, 16), (Side::Buy, 8, 4999.75), world.now);
    world.until(&mut trader, "the replacement", |_, t| t.executions().len() == 3);
    world.step();
    world.until(&mut trader, "the second fill", |_, t| t.executions().len() == 4);
    trader.send(OutboundKind::Cancel, (18, 17), (Side::Buy, 8, 4999.75), world.now);
    world.until(&mut trader, "the cancellation", |_, t| t.executions().len() == 5);
    assert_eq!(
        types(&trader),
        [
            (ExecType::New, OrdStatus::New, 16),
            (ExecType::Trade, OrdStatus::PartiallyFilled, 16),
            (ExecType::Replaced, OrdStatus::PartiallyFilled, 17),
            (ExecType::Trade, OrdStatus::PartiallyFilled, 17),
            (ExecType::Canceled, OrdStatus::Canceled, 18),
        ]
    );
    let reports = trader.executions();
    let quantities: Vec<_> =
        reports.iter().map(|r| (r.order_qty, r.cum_qty, r.leaves_qty, r.last_qty)).collect();
    assert_eq!(quantities, [(5, 0, 5, 0), (5, 1, 4, 1), (8, 1, 7, 0), (8, 2, 6, 1), (8, 2, 0, 0)]);
    let originals: Vec<_> = reports.iter().map(|r| r.orig_cl_ord_id.0).collect();
    assert_eq!(originals, [0, 0, 16, 0, 17]);
    assert_eq!((reports[1].last_px, reports[3].last_px), (price(4999.25), price(4999.75)));
    assert_eq!(reports[3].transact_time, world.market.now(), "events carry the market's time");
    assert!(reports.iter().all(|r| r.order_id == reports[0].order_id && r.instrument.is_some()));
    let exec_ids: HashSet<_> = reports.iter().map(|r| r.exec_id).collect();
    assert_eq!(exec_ids.len(), 5);
    assert_eq!(world.entry.working(), 0);
}

#[test]
fn an_order_that_crosses_fills_at_once_and_the_rest_of_an_ioc_expires() {
    let mut world = World::new();
    let mut trader = world.trader();
    let order = (Side::Buy, 12, 5000.5);
    trader.send_for(OutboundKind::New, (16, 0), order, TimeInForce::ImmediateOrCancel, world.now);
    trader.send(OutboundKind::New, (17, 0), (Side::Buy, 3, 5000.0), world.now);
    world.until(&mut trader, "five reports", |_, t| t.executions().len() == 5);
    assert_eq!(
        types(&trader),
        [
            (ExecType::New, OrdStatus::New, 16),
            (ExecType::Trade, OrdStatus::PartiallyFilled, 16),
            (ExecType::Expired, OrdStatus::Expired, 16),
            (ExecType::New, OrdStatus::New, 17),
            (ExecType::Trade, OrdStatus::Filled, 17),
        ]
    );
    let fills = trader.executions();
    assert_eq!((fills[1].last_qty, fills[1].last_px), (10, price(5000.0)), "at the better price");
}

#[test]
fn requests_that_come_too_late_or_miss_their_order_are_refused_with_its_true_state() {
    let mut world = World::new();
    let mut trader = world.trader();
    trader.send(OutboundKind::New, (16, 0), (Side::Buy, 2, 5000.0), world.now);
    trader.send(OutboundKind::Cancel, (17, 16), (Side::Buy, 2, 5000.0), world.now);
    trader.send(OutboundKind::Cancel, (18, 99), (Side::Buy, 2, 5000.0), world.now);
    trader.send(OutboundKind::New, (19, 0), (Side::Sell, 5, 5001.0), world.now);
    trader.send(OutboundKind::Replace, (20, 19), (Side::Sell, 5, 5001.1), world.now);
    trader.send(OutboundKind::Cancel, (16, 19), (Side::Sell, 5, 5001.0), world.now);
    world.until(&mut trader, "the refusals", |_, t| t.cancel_rejects().len() == 4);
    let rejects: Vec<_> = trader
        .cancel_rejects()
        .iter()
        .map(|r| (r.cl_ord_id.0, r.orig_cl_ord_id.0, r.reason, r.ord_status, r.to_replace))
        .collect();
    assert_eq!(
        rejects,
        [
            (17, 16, 0, OrdStatus::Filled, false),
            (18, 99, 1, OrdStatus::Rejected, false),
            (20, 19, 99, OrdStatus::New, true),
            (16, 19, 6, OrdStatus::New, false),
        ]
    );
    assert_eq!(world.entry.working(), 1);
}

#[test]
fn a_question_is_answered_with_the_last_identity_and_the_true_state() {
    let mut world = World::new();
    let mut trader = world.trader();
    trader.send(OutboundKind::New, (16, 0), (Side::Buy, 5, 4999.0), world.now);
    trader.send(OutboundKind::Replace, (17, 16), (Side::Buy, 1, 4998.0), world.now);
    world.until(&mut trader, "the replacement", |_, t| t.executions().len() == 2);
    world.step();
    for id in [16, 17, 99] {
        trader.send(OutboundKind::StatusRequest, (id, 0), (Side::Buy, 0, 0.0), world.now);
    }
    world.until(&mut trader, "the answers", |_, t| t.executions().len() == 6);
    let answers = trader.executions().split_off(3);
    for (answer, question) in answers.iter().zip([16, 17]) {
        assert_eq!(
            (answer.exec_type, answer.ord_status),
            (ExecType::OrderStatus, OrdStatus::Filled)
        );
        assert_eq!((answer.cl_ord_id, answer.orig_cl_ord_id), (ClOrdId(17), ClOrdId(16)));
        assert_eq!(answer.ord_status_req_id, question);
        assert_eq!((answer.cum_qty, answer.leaves_qty, answer.last_qty), (1, 0, 0));
        assert_eq!(answer.exec_id.as_str(), "0", "it reports no event of its own");
    }
    let unknown = answers[2];
    assert_eq!((unknown.cl_ord_id, unknown.ord_status), (ClOrdId(99), OrdStatus::Rejected));
    assert_eq!((unknown.order_id.as_str(), unknown.text.as_str()), ("NONE", "unknown order"));
}

#[test]
fn orders_that_cannot_be_are_refused_with_their_reason() {
    let mut world = World::new();
    let mut client = world.raw();
    let order = "D|11=a|1=ACC|55=ESH4|54=1|60=20231224-23:45:00|38=3|40=2|44=4999.25|59=0|";
    let refused = [
        ("55=ESH4|", "55=XXX|", "103=1|"),
        ("44=4999.25|", "44=4999.3|", "103=99|"),
        ("38=3|", "38=0|", "103=13|"),
        ("38=3|", "38=1.5|", "103=13|"),
        ("40=2|", "40=5|", "103=11|"),
        ("59=0|", "59=2|", "103=11|"),
        ("54=1|", "54=5|", "103=11|"),
    ];
    for (at, (from, to, reason)) in refused.into_iter().enumerate() {
        let text = order.replacen("11=a|", &format!("11=r{at}|"), 1).replacen(from, to, 1);
        let answers = world.answers(&mut client, &text);
        assert_eq!(answers.len(), 1, "{answers:?}");
        assert!(answers[0].starts_with("35=8|37=O"), "{}", answers[0]);
        assert!(answers[0].contains(&format!("150=8|39=8|{reason}")), "{}", answers[0]);
        assert!(answers[0].contains("|151=0|14=0|6=0|58="), "{}", answers[0]);
        let status = world.answers(&mut client, &format!("H|11=r{at}|55=ESH4|54=1|790=q{at}|"));
        assert!(status[0].contains(&format!("790=q{at}|17=0|150=I|39=8|")), "{}", status[0]);
    }
    let accepted = world.answers(&mut client, order);
    assert!(accepted[0].contains("11=a|17=E"), "{}", accepted[0]);
    assert!(
        accepted[0].contains("150=0|39=0|1=ACC|55=ESH4|54=1|38=3|40=2|44=4999.25|59=0|151=3|14=0|")
    );
    let twice = world.answers(&mut client, order);
    assert!(twice[0].contains("150=8|39=0|103=6|"), "{}", twice[0]);
}

#[test]
fn what_breaks_the_rules_is_refused_and_the_session_goes_on() {
    let mut world = World::new();
    let mut client = world.raw();
    for (text, answer) in [
        ("D|11=a|55=ESH4|54=1|60=20231224-23:45:00|40=2|44=1|", "371=38|372=D|373=1|"),
        ("D|11=a|55=ESH4|54=1|60=20231224-23:45:00|38=x|40=2|44=1|", "371=38|372=D|373=6|"),
        ("F|11=b|55=ESH4|54=1|60=20231224-23:45:00|", "371=41|372=F|373=1|"),
        ("H|55=ESH4|54=1|", "371=11|372=H|373=1|"),
        ("BZ|11=a|", "371=35|372=BZ|373=11|"),
    ] {
        let answers = world.answers(&mut client, text);
        assert!(answers[0].starts_with("35=3|45="), "{}", answers[0]);
        assert!(answers[0].contains(answer), "{}", answers[0]);
    }
    let answers = world.answers(&mut client, "q|11=a|530=7|60=20231224-23:45:00|");
    assert!(answers[0].starts_with("35=j|45=") && answers[0].contains("372=q|380=3|"));
    client.stream.write_all(b"8=FIX.4.4\x019=zz\x01rubbish\x0110=000\x01").expect("open");
    let answers = world.answers(&mut client, "H|11=zz|55=ESH4|54=1|");
    assert!(answers[0].contains("150=I|39=8|"), "{}", answers[0]);
    let counters = world.entry.counters();
    assert_eq!((counters.received, counters.malformed, counters.sent), (7, 5, 2));
}

#[test]
fn strangers_cannot_keep_the_client_out() {
    let mut world = World::new();
    let mut noise = TcpStream::connect(world.address()).expect("listening");
    noise.write_all(&[b'x'; 60_000]).expect("open");
    let mut trader = Trader::new(world.address(), SequenceNumbers::default(), true);
    world.until(&mut trader, "the logon", |_, t| t.gateway.is_logged_on());
    let second = TcpStream::connect(world.address()).expect("listening");
    trader.send(OutboundKind::New, (16, 0), (Side::Buy, 5, 4999.0), world.now);
    world.until(&mut trader, "an answer", |_, t| t.executions().len() == 1);
    drop(second);
}

/// The client dies, its order fills, and it comes back with what its journal told it.
fn fill_while_away(next_expected: bool) {
    let mut world = World::new();
    let mut trader = Trader::new(world.address(), SequenceNumbers::default(), next_expected);
    world.until(&mut trader, "the logon", |_, t| t.gateway.is_logged_on());
    trader.send(OutboundKind::New, (16, 0), (Side::Buy, 2, 4999.25), world.now);
    world.until(&mut trader, "the acknowledgement", |_, t| t.executions().len() == 1);
    let (numbers, before) = (trader.numbers, trader.executions()[0]);
    drop(trader);
    for _ in 0..TURNS_MAX {
        world.turn();
        if !world.entry.session().is_logged_on() {
            break;
        }
    }
    assert_eq!(world.entry.working(), 1, "orders outlive the connection");
    world.step();
    world.step();
    world.turn();
    let mut trader = Trader::new(world.address(), numbers, next_expected);
    world.until(&mut trader, "the logon", |_, t| t.gateway.is_logged_on());
    let missed = trader.executions();
    let fills: Vec<_> = missed.iter().map(|r| (r.exec_type, r.cum_qty, r.poss_dup)).collect();
    assert_eq!(fills, [(ExecType::Trade, 1, true), (ExecType::Trade, 2, true)]);
    assert!(missed[0].exec_id != missed[1].exec_id && missed[0].exec_id != before.exec_id);
    trader.send(OutboundKind::StatusRequest, (16, 0), (Side::Buy, 0, 0.0), world.now);
    world.until(&mut trader, "the answer", |_, t| t.executions().len() > 2);
    let reports = trader.executions();
    assert_eq!(reports.len(), 3, "each fill came once");
    assert_eq!(
        (reports[2].exec_type, reports[2].ord_status),
        (ExecType::OrderStatus, OrdStatus::Filled)
    );
}

#[test]
fn a_fill_while_the_client_was_away_arrives_exactly_once_after_its_logon() {
    fill_while_away(false);
    fill_while_away(true);
}

#[test]
fn a_fill_while_the_line_was_broken_arrives_exactly_once() {
    let mut world = World::new();
    let mut trader = world.trader();
    trader.send(OutboundKind::New, (16, 0), (Side::Buy, 3, 4999.25), world.now);
    world.until(&mut trader, "the acknowledgement", |_, t| t.executions().len() == 1);
    world.entry.drop_connection(world.now);
    for _ in 0..3 {
        world.step();
    }
    world.until(&mut trader, "the fills", |_, t| {
        t.executions().len() >= 4 && t.gateway.is_logged_on()
    });
    let cum: Vec<u32> = trader.executions().iter().map(|r| r.cum_qty).collect();
    assert_eq!(cum, [0, 1, 2, 3]);
}

#[test]
fn an_exchange_without_memory_takes_its_clients_numbers_over() {
    let mut world = World::new();
    let numbers = SequenceNumbers { next_out: 57, next_in: 41 };
    let mut trader = Trader::new(world.address(), numbers, true);
    world.until(&mut trader, "the logon", |_, t| t.gateway.is_logged_on());
    trader.send(OutboundKind::StatusRequest, (16, 0), (Side::Buy, 0, 0.0), world.now);
    world.until(&mut trader, "the answer", |_, t| t.executions().len() == 1);
    assert_eq!(trader.executions()[0].order_id.as_str(), "NONE", "orders ended with the process");
    assert_eq!(trader.numbers, SequenceNumbers { next_out: 59, next_in: 43 });
}

#[test]
fn a_silent_exchange_answers_late_and_loses_nothing() {
    let mut world = World::new();
    let mut trader = world.trader();
    trader.send(OutboundKind::New, (16, 0), (Side::Buy, 3, 4999.25), world.now);
    world.until(&mut trader, "the acknowledgement", |_, t| t.executions().len() == 1);
    world.entry.set_silent(true);
    trader.send(OutboundKind::Cancel, (17, 16), (Side::Buy, 3, 4999.25), world.now);
    world.step();
    world.until(&mut trader, "the request", |w, _| w.entry.requests() == 1);
    assert_eq!((trader.executions().len(), world.entry.reports()), (1, 1));
    world.entry.set_silent(false);
    world.until(&mut trader, "the answers", |_, t| t.executions().len() == 3);
    assert_eq!(
        types(&trader)[1..],
        [
            (ExecType::Trade, OrdStatus::PartiallyFilled, 16),
            (ExecType::Canceled, OrdStatus::Canceled, 17),
        ]
    );
}

#[test]
fn orders_and_positions_are_told_on_the_wire() {
    let mut world = World::new();
    let mut client = world.raw();
    let order = "11=a|1=ACC|55=ESH4|54=1|60=20240101-00:00:00.000|38=12|40=2|44=5000|59=0|";
    client.say(&format!("D|{order}"), world.now);
    world.hear(&mut client, "the fill", |c| c.heard.len() == 2);
    let answers = world.answers(&mut client, "AF|584=m|585=7|");
    for field in ["35=8|", "584=m|911=1|912=Y|", "150=I|", "39=1|", "14=10|", "151=2|"] {
        assert!(answers[0].contains(field), "{field} in {answers:?}");
    }
    client.say("AN|710=p|724=0|1=ACC|", world.now);
    let before = client.heard.len();
    world.hear(&mut client, "the position", |c| c.heard.len() == before + 2);
    let [ack, position] = &client.heard[before..] else { panic!("{:?}", client.heard) };
    for field in ["35=AO|", "710=p|", "727=1|", "728=0|", "729=0|"] {
        assert!(ack.contains(field), "{field} in {ack}");
    }
    for field in ["35=AP|", "1=ACC|", "55=ESH4|", "702=1|703=TQ|704=10|705=0|", "730=5000|"] {
        assert!(position.contains(field), "{field} in {position}");
    }
}

#[test]
fn a_broken_line_cancels_what_is_of_the_types_and_lives_it_covers_and_the_next_logon_tells() {
    let stops_alone = OrderType::ALL
        .into_iter()
        .filter(|order_type| *order_type != OrderType::Stop)
        .fold(Capabilities::ALL, Capabilities::without_type);
    let kept_for_days = Capabilities::ALL.without_life(TimeInForce::Day);
    for (covered, ends) in [
        (Capabilities::ALL, true),
        (Capabilities::ALL.without_life(TimeInForce::GoodTillCancel), true),
        (Capabilities::ALL.without_type(OrderType::Limit), false),
        (kept_for_days, false),
        (stops_alone, false),
        (Capabilities::NONE, false),
    ] {
        let mut world = World::new();
        let rules = ExchangeRules { cancel_on_disconnect: covered, ..ExchangeRules::default() };
        world.entry = bind().with_rules(&rules);
        let mut trader = world.trader();
        for id in [16, 32] {
            trader.send(OutboundKind::New, (id, 0), (Side::Buy, 5, 4999.25), world.now);
        }
        world.until(&mut trader, "the acknowledgements", |_, t| t.executions().len() == 2);
        assert_eq!(world.entry.working(), 2);
        world.entry.drop_connection(world.now);
        world.turn();
        assert_eq!(world.entry.working(), if ends { 0 } else { 2 }, "{covered:?}");
        if ends {
            world.until(&mut trader, "the reports", |_, t| t.executions().len() == 4);
            let told: Vec<_> = types(&trader).into_iter().skip(2).collect();
            let cancelled = |id| (ExecType::Canceled, OrdStatus::Canceled, id);
            assert_eq!(told, [cancelled(16), cancelled(32)]);
        }
    }
}

#[test]
fn an_address_in_use_is_told() {
    let entry = bind();
    let address = entry.local_addr().expect("bound");
    let error = OrderEntry::bind(address, "VENUE", "TRADER").err().expect("taken").to_string();
    assert!(error.contains(&address.to_string()), "{error}");
}
