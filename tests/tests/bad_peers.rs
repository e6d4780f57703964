//! Feeds and brokers that fail, lie or leave: the node goes on, and no order is sent blindly.

use gauntlet_model::effect::{Effect, MarketFault, RejectCode};
use gauntlet_model::input::{FeedChange, Input, SessionChange};
use gauntlet_readmodel::replay;
use gauntlet_tests::ledger::{Ledger, Live};
use gauntlet_tests::peers::{Proxy, Server, read_line, rubbish};
use gauntlet_tests::process::Process;
use gauntlet_tests::setup::Setup;
use gauntlet_tests::venue::{self, Generated};
use gauntlet_tests::{program, wait_until};
use std::io::Write;
use std::net::TcpStream;

const SYMBOLS: [&str; 2] = ["ESZ6", "NQZ6"];
/// Bars come several times a second.
const MARKET: Generated = Generated { speed: 200.0, rate: 2.0, seed: 3 };

/// Waits until the journal says so, while the process runs.
fn until(process: &mut Process, setup: &Setup, what: &str, holds: impl Fn(&Ledger) -> bool) {
    let mut live = Live::new(&setup.journal());
    wait_until(what, || {
        process.assert_running();
        holds(live.look())
    });
}

/// Ends the node in order and reads what it left, which must replay.
fn finish(process: Process, setup: &Setup) -> Ledger {
    process.stop().expect_code(0);
    read_whole(setup)
}

/// As [`finish`], where the broker is gone: whether every order's end was confirmed before it went
/// is its own affair, and the node says which it was.
fn finish_without_broker(process: Process, setup: &Setup) -> Ledger {
    let exit = process.stop();
    if exit.code == Some(1) {
        exit.expect_told(&["may still work at the broker"]);
    } else {
        exit.expect_code(0);
    }
    read_whole(setup)
}

fn read_whole(setup: &Setup) -> Ledger {
    assert!(gauntlet_journal::verify(&setup.journal()).expect("readable").is_whole());
    replay::replay(&setup.journal(), |_| {}).unwrap_or_else(|error| panic!("{error}"));
    Ledger::read(&setup.journal())
}

fn feed_changes(ledger: &Ledger, wanted: FeedChange) -> usize {
    let is = |input: &Input| matches!(input, Input::Feed(event) if event.change == wanted);
    ledger.inputs.iter().filter(|s| is(&s.input)).count()
}

/// A gateway's part of the protocol up to the stream.
fn welcome(stream: &mut TcpStream) {
    let greeting = b"lsg_version=0.6.0\ncram=t7kNhwj4xqR0QYjzFKtBEG2ec2pXJ4FK\n";
    stream.write_all(greeting).expect("the node reads");
    read_line(stream);
    stream.write_all(b"success=1|session_id=1\n").expect("the node reads");
    while !matches!(read_line(stream).as_str(), "" | "start_session=\n" | "start_session=0\n") {}
}

#[test]
fn a_feed_that_drops_every_connection_or_sends_rubbish_leaves_the_market_blocked() {
    let venue = venue::start(MARKET, &SYMBOLS);
    let feed = Server::start(|mut stream, number| {
        // The node may hang up on what it reads.
        let _sent = match number % 3 {
            0 => Ok(()),
            1 => stream.write_all(&rubbish(10_000)),
            _ => {
                welcome(&mut stream);
                stream.write_all(&rubbish(100_000))
            }
        };
    });
    let setup = Setup::new(feed.address, venue.fix_address, &SYMBOLS);
    let mut process = setup.run(program!());
    wait_until("the node tries again and again", || {
        process.assert_running();
        feed.served() >= 4
    });
    until(&mut process, &setup, "the broker session is up all the same", |l| l.logons() == 1);
    let ledger = finish(process, &setup);
    assert!(feed_changes(&ledger, FeedChange::Disconnected) >= 3, "each failure is told");
    assert_eq!(feed_changes(&ledger, FeedChange::Connected), 0);
    assert_eq!(ledger.outbound().count(), 0, "an order was sent without a market");
    venue.stop().expect("the venue is fine");
}

#[test]
fn a_feed_that_breaks_blocks_its_instruments_until_it_is_back() {
    let venue = venue::start(MARKET, &SYMBOLS);
    let setup = Setup::new(venue.data_address, venue.fix_address, &SYMBOLS);
    let mut process = setup.run(program!());
    for breaks in 0..3 {
        until(&mut process, &setup, "it trades", |ledger| {
            let back = last_feed_seq(ledger, FeedChange::Connected);
            feed_changes(ledger, FeedChange::Connected) == breaks + 1
                && ledger.new_orders().any(|(cause, _)| Some(cause) > back)
        });
        venue.handle().drop_market_data();
    }
    until(&mut process, &setup, "the feed is back", |ledger| {
        feed_changes(ledger, FeedChange::Connected) == 4
    });
    let ledger = finish(process, &setup);
    assert_eq!(feed_changes(&ledger, FeedChange::Disconnected), 3);
    assert_no_order_while_blocked(&ledger);
    assert_eq!(ledger.positions(), ledger.filled_by_bot());
    let venue = venue.stop().expect("the venue is fine");
    assert_eq!(venue.orders().working(), 0);
}

fn last_feed_seq(ledger: &Ledger, wanted: FeedChange) -> Option<u64> {
    let is = |input: &Input| matches!(input, Input::Feed(event) if event.change == wanted);
    ledger.inputs.iter().rev().find(|s| is(&s.input)).map(|s| s.seq)
}

/// Goes through the effects in order: no order in an instrument leaves while its feed is down.
fn assert_no_order_while_blocked(ledger: &Ledger) {
    let mut blocked = std::collections::BTreeSet::new();
    let mut blocks = 0;
    for (cause, effect) in ledger.effects() {
        match effect {
            Effect::MarketBlock(block) if block.fault == MarketFault::NoFeed => {
                if block.blocked {
                    blocks += 1;
                    blocked.insert(block.instrument);
                } else {
                    blocked.remove(&block.instrument);
                }
            }
            Effect::Outbound(order) if order.kind == gauntlet_model::effect::OutboundKind::New => {
                assert!(!blocked.contains(&order.instrument), "input {cause}: {order:?}");
            }
            _ => {}
        }
    }
    assert!(blocks >= 3 * SYMBOLS.len(), "only {blocks} blocks");
}

#[test]
fn a_broker_that_speaks_rubbish_gets_no_order() {
    let venue = venue::start(MARKET, &SYMBOLS);
    let broker = Server::start(|mut stream, number| {
        // The node may hang up on what it reads.
        let _sent = match number % 2 {
            0 => stream.write_all(&rubbish(100_000)),
            _ => stream.write_all(b"8=FIX.4.4\x019=5\x0135=A\x0110=000\x01HTTP/1.1 200 OK\r\n\r\n"),
        };
    });
    let setup = Setup::new(venue.data_address, broker.address, &SYMBOLS);
    let mut process = setup.run(program!());
    wait_until("the node tries again", || {
        process.assert_running();
        broker.served() >= 2
    });
    until(&mut process, &setup, "bots are refused for want of a route", is_refused_for_route);
    let ledger = finish(process, &setup);
    assert_eq!((ledger.logons(), ledger.outbound().count()), (0, 0));
    venue.stop().expect("the venue is fine");
}

fn is_refused_for_route(ledger: &Ledger) -> bool {
    let is =
        |effect: &Effect| matches!(effect, Effect::Reject(r) if r.code == RejectCode::RouteDown);
    ledger.effects().any(|(_, effect)| is(effect))
}

#[test]
fn a_broker_of_another_name_gets_no_order() {
    let venue = venue::start(MARKET, &SYMBOLS);
    let mut setup = Setup::new(venue.data_address, venue.fix_address, &SYMBOLS);
    setup.layout = "dedicated";
    let text = setup.text().replace("\"SIMVENUE\"", "\"ANOTHER\"");
    let mut process = setup.run_with(program!(), &text, &[]);
    until(&mut process, &setup, "bots are refused for want of a route", is_refused_for_route);
    let ledger = finish(process, &setup);
    assert_eq!((ledger.logons(), ledger.outbound().count()), (0, 0));
    venue.stop().expect("the venue is fine");
}

#[test]
fn rubbish_and_cuts_in_the_middle_of_a_session_lose_and_double_nothing() {
    let venue = venue::start(MARKET, &SYMBOLS);
    let proxy = Proxy::start(venue.fix_address);
    let setup = Setup::new(venue.data_address, proxy.address(), &SYMBOLS);
    let mut process = setup.run(program!());
    for round in 0..3 {
        until(&mut process, &setup, "orders are filled", |ledger| fills(ledger) > round);
        assert!(proxy.inject(&rubbish(3_000)), "the session is up");
        let (before, logons) = told(&setup);
        until(&mut process, &setup, "orders are filled after the rubbish", |l| fills(l) > before);
        proxy.cut();
        until(&mut process, &setup, "the session comes up again", |l| l.logons() > logons);
    }
    let ledger = finish(process, &setup);
    assert_eq!(ledger.positions(), ledger.filled_by_bot());
    let venue = venue.stop().expect("the venue is fine");
    assert_eq!(venue.orders().working(), 0);
    let filled: i64 = venue.orders().orders().iter().map(|order| order.filled).sum();
    assert_eq!(ledger.filled_by_bot().values().sum::<i64>(), filled);
}

fn fills(ledger: &Ledger) -> usize {
    let is = |effect: &Effect| matches!(effect, Effect::Order(order) if order.last_qty > 0);
    ledger.effects().filter(|(_, effect)| is(effect)).count()
}

/// Fills and logons so far.
fn told(setup: &Setup) -> (usize, usize) {
    let ledger = Ledger::read(&setup.journal());
    (fills(&ledger), ledger.logons())
}

#[test]
fn a_broker_that_logs_out_gets_no_order_after() {
    let market = venue::start(MARKET, &SYMBOLS);
    let broker = venue::start(MARKET, &SYMBOLS);
    let setup = Setup::new(market.data_address, broker.fix_address, &SYMBOLS);
    let mut process = setup.run(program!());
    until(&mut process, &setup, "it trades", |ledger| ledger.new_orders().count() > 0);
    broker.stop().expect("the broker closes in order");
    until(&mut process, &setup, "the logout is in the journal and bots are refused", |ledger| {
        ledger.sessions(SessionChange::LoggedOut) + ledger.sessions(SessionChange::Disconnected) > 0
            && is_refused_for_route(ledger)
    });
    let ledger = finish_without_broker(process, &setup);
    let gone = ledger.inputs.iter().find(
        |s| matches!(s.input, Input::Session(event) if event.change != SessionChange::LoggedOn),
    );
    let gone = gone.expect("the session ended").seq;
    let later = ledger.outbound().filter(|(cause, _)| *cause > gone).count();
    assert_eq!(later, 0, "orders were sent to a broker that is gone");
    market.stop().expect("the venue is fine");
}
