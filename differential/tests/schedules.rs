//! Our FIX session against the C++ engine, in both roles, by random schedules of messages, broken lines and restarts.
//!
//! The seed is printed; `DIFFERENTIAL_SEED` gives one, `DIFFERENTIAL_SCHEDULES` how many schedules each role has.
//! Whatever happens, every application message arrives once and in order. Two exceptions are meant: what our gateway
//! sends goes out once or not at all, so that of the orders of one logon some at its end may be missing, and never one
//! before another that came; and so do the orders of the gateway on the engine.

mod support;

use gauntlet_differential::engine::{Engine, EngineConfig, IDLE, Role};
use gauntlet_differential::gateway::QuickFixGateway;
use gauntlet_differential::guard::Guarded;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};
use support::broker::Broker;
use support::line::Line;
use support::orders::Requests;
use support::ours::{Journal, OurBroker, Ours, Setup};
use support::trader::Trader;
use support::{
    HEARTBEAT_SECONDS, Rng, dictionary, free_address, longest_wait_ms, names, now, until,
};

/// Schedules of each role, unless the environment says otherwise.
const SCHEDULES: u64 = 200;
/// Schedules at a time: nearly all of one is waiting, since the engine looks at its clock once in a second.
const AT_A_TIME: u64 = 16;
/// Bytes after which a line breaks, at most.
const BREAKS_WITHIN: u64 = 6_000;

/// What the schedules of a role came to.
#[derive(Default)]
struct Sum {
    requests: AtomicU64,
    reports: AtomicU64,
    breaks: AtomicU64,
    restarts: AtomicU64,
    lost: AtomicU64,
}

fn number_in(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable}={text:?} is not a number")))
}

/// Plays schedules, several at a time; one that fails is named by its seed.
fn play(role: &str, schedule: fn(u64, &Sum)) {
    let clock = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    let first = number_in("DIFFERENTIAL_SEED").unwrap_or(clock.as_secs());
    let count = number_in("DIFFERENTIAL_SCHEDULES").unwrap_or(SCHEDULES);
    println!("{role}: {count} schedules from DIFFERENTIAL_SEED={first}");
    let (sum, next) = (Sum::default(), AtomicU64::new(0));
    let failed = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_A_TIME.min(count) {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    if at >= count {
                        return;
                    }
                    let seed = first.wrapping_add(at);
                    let played = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                        schedule(seed, &sum);
                    }));
                    if played.is_err() {
                        failed.lock().expect("whole").push(seed);
                    }
                }
            });
        }
    });
    let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    println!(
        "{role}: {} requests, {} reports, {} broken lines, {} restarts, {} orders that a broken line took, longest wait {} ms",
        of(&sum.requests),
        of(&sum.reports),
        of(&sum.breaks),
        of(&sum.restarts),
        of(&sum.lost),
        longest_wait_ms(),
    );
    let failed = failed.into_inner().expect("whole");
    assert!(failed.is_empty(), "{role}: failed with DIFFERENTIAL_SEED={failed:?}");
}

impl Sum {
    fn add(counter: &AtomicU64, count: u64) {
        counter.fetch_add(count, Ordering::Relaxed);
    }
}

/// The broker on the engine, while it is up.
struct Counterparty {
    broker: Broker,
    dictionary: Option<PathBuf>,
    address: SocketAddr,
    store: PathBuf,
    engine: Option<(Engine, Arc<Guarded<Broker>>)>,
}

impl Counterparty {
    fn restart(&mut self) {
        self.stop();
        let (dictionary, store) = (self.dictionary.clone(), self.store.clone());
        self.engine = Some(self.broker.start(self.address, dictionary, store));
    }

    /// Ends the engine, whose line is broken already.
    fn stop(&mut self) {
        if let Some((engine, guard)) = self.engine.take() {
            drop(engine);
            assert_eq!(guard.fault(), None);
        }
    }
}

/// Our gateway at a broker on the engine, both of which start again with the numbers that they wrote down.
fn our_initiator(seed: u64, sum: &Sum) {
    let mut rng = Rng(seed);
    let store = tempfile::tempdir().expect("a folder");
    let [trader, broker_name] = names();
    let address = free_address();
    let broker = Broker::new([broker_name.clone(), trader.clone()]);
    let dictionary = (rng.below(2) == 0).then(dictionary);
    let folder = store.path().to_owned();
    let mut theirs = Counterparty { broker, dictionary, address, store: folder, engine: None };
    theirs.restart();
    let mut line = Line::new(address);
    let setup =
        Setup { address: line.address(), names: [trader, broker_name], checks: rng.below(2) == 0 };
    let mut ours = Ours::new(&setup);
    let mut requests = Requests::default();
    for _ in 0..4 + rng.below(8) {
        match rng.below(8) {
            0 => {
                ours.restart(&setup);
                Sum::add(&sum.restarts, 1);
            }
            1 => {
                line.cut();
                theirs.restart();
                Sum::add(&sum.restarts, 1);
            }
            other => disturb(&mut line, other, &mut rng),
        }
        // In one of four the orders go while nobody knows yet that the line is broken, or it is not there again.
        if rng.below(4) > 0 {
            until("a logon", || (line.poll() + ours.poll(), ours.gateway.is_logged_on()));
        }
        for _ in 0..rng.below(40) {
            ours.send(&requests.next(&mut rng));
            for _ in 0..rng.below(3) {
                line.poll();
                ours.poll();
            }
        }
    }
    line.mend();
    until("the last logon", || (line.poll() + ours.poll(), ours.gateway.is_logged_on()));
    ours.send(&requests.new_order());
    until("the last order and its report", || {
        let done = line.poll() + ours.poll();
        let is_there = theirs.broker.received().last() == Some(&requests.last());
        (done, is_there && ours.journal.answers.len() >= theirs.broker.counts().1)
    });
    line.cut();
    theirs.stop();
    let numbers = ours.gateway.session().numbers();
    assert_eq!(numbers_of_engine(store.path()), (numbers.next_in, numbers.next_out));
    judge(&ours.journal, &theirs.broker.received(), &theirs.broker.answered(), sum);
    Sum::add(&sum.breaks, line.breaks);
}

/// Breaks the line now, somewhen, or not.
fn disturb(line: &mut Line, how: u64, rng: &mut Rng) {
    match how {
        2 => line.cut(),
        3 => {}
        _ => line.break_after(rng.below(2) as usize, 1 + rng.below(BREAKS_WITHIN)),
    }
}

/// The numbers that the engine has written down: of its next message, and of its peer's.
fn numbers_of_engine(store: &Path) -> (u64, u64) {
    let files = std::fs::read_dir(store).expect("the engine's files");
    let mut files = files.map(|file| file.expect("an entry").path());
    let file = files.find(|path| path.extension().is_some_and(|kind| kind == "seqnums"));
    let text = std::fs::read_to_string(file.expect("the engine's numbers")).expect("readable");
    let (sender, target) = text.split_once(':').expect("two numbers");
    let number = |text: &str| text.trim().parse().expect("a number");
    (number(sender), number(target))
}

/// Every report came once and in order; of the orders of each logon those that came are its first.
fn judge(journal: &Journal, received: &[u64], answered: &[u64], sum: &Sum) {
    assert_eq!(journal.answers, answered, "reports, once and in order");
    assert_eq!(journal.odd, Vec::<String>::new());
    let mut came = received.iter().peekable();
    let (mut lost, mut broken) = (0, None);
    for (logon, id) in &journal.sent {
        if came.next_if(|next| *next == id).is_some() {
            assert_ne!(broken, Some(*logon), "order {id} came, and one before it did not");
        } else {
            (lost, broken) = (lost + 1, Some(*logon));
        }
    }
    assert_eq!(came.next(), None, "the broker has an order twice, or not in order");
    Sum::add(&sum.requests, journal.sent.len() as u64);
    Sum::add(&sum.reports, answered.len() as u64);
    Sum::add(&sum.lost, lost);
}

#[test]
fn our_initiator_and_an_acceptor_on_the_engine_lose_nothing_over_breaks_and_restarts() {
    play("our initiator", our_initiator);
}

/// A trader on the engine at a broker on our acceptor. The engine starts again with its files, ours breaks connections.
fn our_acceptor(seed: u64, sum: &Sum) {
    let mut rng = Rng(seed);
    let store = tempfile::tempdir().expect("a folder");
    let [trader, broker] = names();
    let mut ours = OurBroker::new(&[broker.clone(), trader.clone()], rng.below(2) == 0);
    let mut line = Line::new(ours.address());
    let dictionary = (rng.below(2) == 0).then(dictionary);
    let mut theirs = Trader::start([trader, broker], line.address(), dictionary, store.path());
    let mut requests = Requests::default();
    // The engine connects again after a second, so that there are fewer of these.
    for _ in 0..1 + rng.below(4) {
        if rng.below(4) > 0 {
            until("a logon", || (line.poll() + ours.poll(), theirs.reports.is_on()));
        }
        match rng.below(8) {
            0 => {
                theirs.restart();
                Sum::add(&sum.restarts, 1);
            }
            1 => ours.peer.drop_connection(now(), &mut |_, _| {}),
            other => disturb(&mut line, other, &mut rng),
        }
        for _ in 0..rng.below(80) {
            theirs.send(&requests.next(&mut rng));
            for _ in 0..rng.below(4) {
                line.poll();
                ours.poll();
            }
        }
    }
    line.mend();
    // What the engine was given before its logon was answered it keeps, and shows by its next message alone.
    let mut tried = 0;
    until("all orders and all reports", || {
        let done = line.poll() + ours.poll();
        if theirs.reports.is_on() && theirs.reports.logons() != tried {
            tried = theirs.reports.logons();
            theirs.send(&requests.new_order());
        }
        let all = tried > 0 && ours.received.len() >= theirs.sent.len();
        (done, all && theirs.reports.answers().len() >= ours.answered.len())
    });
    line.cut();
    theirs.stop();
    let numbers = ours.peer.session().numbers();
    assert_eq!(numbers_of_engine(store.path()), (numbers.next_in, numbers.next_out));
    assert_eq!(ours.received, theirs.sent, "orders, once and in order");
    assert_eq!(theirs.reports.answers(), ours.answered, "reports, once and in order");
    assert_eq!(ours.odd, Vec::<String>::new());
    Sum::add(&sum.requests, theirs.sent.len() as u64);
    Sum::add(&sum.reports, ours.answered.len() as u64);
    Sum::add(&sum.breaks, line.breaks);
}

#[test]
fn our_acceptor_and_an_initiator_on_the_engine_lose_nothing_over_breaks_and_restarts() {
    play("our acceptor", our_acceptor);
}

/// The gateway on the engine at a broker on our acceptor: as ours, it sends no order twice.
fn their_gateway(seed: u64, sum: &Sum) {
    let mut rng = Rng(seed);
    let store = tempfile::tempdir().expect("a folder");
    let [trader, broker] = names();
    let mut ours = OurBroker::new(&[broker.clone(), trader.clone()], rng.below(2) == 0);
    let mut line = Line::new(ours.address());
    let config = EngineConfig {
        role: Role::Initiator,
        sender_comp_id: trader,
        target_comp_id: broker,
        address: line.address(),
        heartbeat_seconds: HEARTBEAT_SECONDS as u16,
        dictionary: (rng.below(2) == 0).then(dictionary),
        store: Some(store.path().to_owned()),
        idle: IDLE,
    };
    let mut theirs = QuickFixOurs::start(&config);
    let mut requests = Requests::default();
    for _ in 0..1 + rng.below(4) {
        if rng.below(4) > 0 {
            let logons = |theirs: &QuickFixOurs| theirs.gateway.is_logged_on();
            until("a logon", || (line.poll() + ours.poll() + theirs.poll(), logons(&theirs)));
        }
        if rng.below(8) == 0 {
            theirs.restart(&config);
            Sum::add(&sum.restarts, 1);
        } else {
            disturb(&mut line, 2 + rng.below(6), &mut rng);
        }
        for _ in 0..rng.below(80) {
            theirs.send(&requests.next(&mut rng));
            for _ in 0..rng.below(4) {
                line.poll();
                ours.poll();
                theirs.poll();
            }
        }
    }
    line.mend();
    // The engine may know before its owner that the line is broken: then there is another logon.
    let mut tried = 0;
    until("the last order and its report", || {
        let done = line.poll() + ours.poll() + theirs.poll();
        if theirs.gateway.is_logged_on() && theirs.journal.logons != tried {
            tried = theirs.journal.logons;
            theirs.send(&requests.new_order());
        }
        let is_there = tried > 0 && ours.received.last() == Some(&requests.last());
        (done, is_there && theirs.journal.answers.len() >= ours.answered.len())
    });
    judge(&theirs.journal, &ours.received, &ours.answered, sum);
    Sum::add(&sum.breaks, line.breaks);
}

/// The gateway on the engine with its journal.
type QuickFixOurs = Ours<QuickFixGateway>;

#[test]
fn the_gateway_on_the_engine_sends_no_order_twice_and_loses_no_report_over_breaks_and_restarts() {
    play("the gateway on the engine", their_gateway);
}
