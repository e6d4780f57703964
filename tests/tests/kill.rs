//! The kill switch by the control socket: it blocks, cancels, latches, and only a person with a reason
//! lifts it.

use gauntlet_model::effect::{Effect, OutboundKind, Reject, RejectCode};
use gauntlet_model::ids::{BotId, InstrumentId};
use gauntlet_model::input::{Input, Route};
use gauntlet_readmodel::command_wire::{Reply, Target, Verb};
use gauntlet_tests::control::{ask, kill};
use gauntlet_tests::ledger::{Ledger, Live};
use gauntlet_tests::process::Process;
use gauntlet_tests::setup::{Setup, bot_name};
use gauntlet_tests::venue::{self, Generated};
use gauntlet_tests::{program, wait_for, wait_until};
use std::io::Write;
use std::net::{SocketAddr, TcpStream};

const SYMBOLS: [&str; 2] = ["ESZ6", "NQZ6"];
/// A waiting order lives ten seconds of the market at most, a sixth of a second here.
const MARKET: Generated = Generated { speed: 60.0, rate: 4.0, seed: 11 };
/// Bots on each instrument.
const BOTS: u16 = 3;

struct Trading {
    process: Process,
    live: Live,
}

impl Trading {
    fn start(setup: &Setup) -> Trading {
        Trading { process: setup.run(program!()), live: Live::new(&setup.journal()) }
    }

    fn until(&mut self, what: &str, holds: impl Fn(&Ledger) -> bool) {
        let Trading { process, live } = self;
        wait_until(what, || {
            process.assert_running();
            holds(live.look())
        });
    }

    /// Kills everything at a moment when orders work.
    fn kill_with_orders_working(&mut self, setup: &Setup) -> (u64, u32) {
        const ATTEMPTS_MAX: usize = 20;
        for _ in 0..ATTEMPTS_MAX {
            self.until("an order works", |ledger| {
                ledger.orders().values().any(|order| !order.state.is_final())
            });
            let (seq, orders) = kill(&setup.data(), Target::Platform, false);
            if orders > 0 {
                return (seq, orders);
            }
            // They ended meanwhile: another try.
            let lifted = ask(&setup.data(), Verb::Unkill, Target::Platform, "another try");
            assert!(matches!(lifted, Reply::Ok { .. }), "{lifted:?}");
        }
        panic!("no order worked at any of {ATTEMPTS_MAX} kills");
    }
}

/// Takes every connection that the page may have, each with half a request.
fn hang_the_page(process: &Process) -> Vec<TcpStream> {
    const CONNECTIONS: usize = 200;
    let page = wait_for("the page's address", || {
        let told = process.stderr();
        let (_, rest) = told.split_once("http://")?;
        rest.split_once(char::is_whitespace)?.0.parse::<SocketAddr>().ok()
    });
    let hang = |_| {
        let mut stream = TcpStream::connect(page).expect("the page listens");
        stream.write_all(b"GET /ws HTTP/1.1\r\nHost: ").expect("it is sent");
        stream
    };
    (0..CONNECTIONS).map(hang).collect()
}

fn opening_orders_after(ledger: &Ledger, seq: u64) -> usize {
    ledger.opening_orders().filter(|(cause, _)| *cause > seq).count()
}

/// A bot wanted something after input `seq` and was refused for the kill.
fn is_refused_after(ledger: &Ledger, seq: u64) -> bool {
    ledger.effects().any(|(cause, effect)| {
        cause > seq && matches!(effect, Effect::Reject(r) if r.code == RejectCode::Killed)
    })
}

#[test]
fn a_kill_cancels_what_works_blocks_what_comes_and_latches_until_a_person_lifts_it() {
    let venue = venue::start(MARKET, &SYMBOLS);
    let setup = Setup::new(venue.data_address, venue.fix_address, &SYMBOLS);
    let mut trading = Trading::start(&setup);
    // A page that hangs must not matter: the hot thread reads the socket itself.
    let _hanging = hang_the_page(&trading.process);
    let (killed, orders) = trading.kill_with_orders_working(&setup);

    trading.until("the orders are over", |ledger| {
        ledger.last_seq() > killed && ledger.orders().values().all(|o| o.state.is_final())
    });
    let cancels = trading.live.ledger.outbound().filter(|(cause, outbound)| {
        *cause == killed && outbound.kind == OutboundKind::Cancel && outbound.route == Route::BROKER
    });
    // One whose cancel was under way already is not cancelled twice.
    let cancels = cancels.count() as u32;
    assert!(cancels > 0 && cancels <= orders, "{cancels} cancels for {orders} orders");
    trading.until("bots are refused", |ledger| is_refused_after(ledger, killed));
    assert_eq!(opening_orders_after(&trading.live.ledger, killed), 0);

    trading.process.kill();
    trading.live.look();
    let restarted = trading.live.ledger.last_seq();
    trading.process = setup.run(program!());
    trading.until("bots of the next run are refused", |l| is_refused_after(l, restarted));
    assert_eq!(opening_orders_after(&trading.live.ledger, killed), 0, "the kill did not latch");

    match ask(&setup.data(), Verb::Unkill, Target::Platform, "") {
        Reply::Refused { why, .. } => assert!(why.contains("reason"), "{why}"),
        other => panic!("lifted without a reason: {other:?}"),
    }
    let other = ask(&setup.data(), Verb::Unkill, Target::Instrument("ESZ6"), "of another scope");
    assert!(matches!(other, Reply::Refused { .. }), "{other:?}");
    let unknown = ask(&setup.data(), Verb::Unkill, Target::Bot("nobody"), "a typing error");
    assert!(matches!(unknown, Reply::Refused { .. }), "{unknown:?}");
    trading.live.look();
    assert_eq!(opening_orders_after(&trading.live.ledger, killed), 0);

    let lifted = ask(&setup.data(), Verb::Unkill, Target::Platform, "the test is over");
    let Reply::Ok { seq: lifted, .. } = lifted else { panic!("not lifted: {lifted:?}") };
    trading.until("it trades again", |ledger| opening_orders_after(ledger, lifted) > 0);
    let first = trading.live.ledger.opening_orders().map(|(cause, _)| cause).find(|c| *c > killed);
    assert!(first > Some(lifted), "an order left between kill and unkill");
    assert_signed(&trading.live.ledger, killed);

    trading.process.stop().expect_code(0);
    let venue = venue.stop().expect("the venue is fine");
    assert_eq!(venue.orders().working(), 0);
}

/// The kill is in the journal with who asked and why.
fn assert_signed(ledger: &Ledger, seq: u64) {
    let input = ledger.inputs.iter().find(|sequenced| sequenced.seq == seq).expect("the kill");
    match &input.input {
        Input::Command(command) => {
            assert_eq!((command.actor.as_str(), command.reason.as_str()), ("tester", "a test"));
        }
        other => panic!("input {seq} is no command: {other:?}"),
    }
}

#[test]
fn a_kill_reaches_as_far_as_it_says_and_flattens_when_asked() {
    let venue = venue::start(MARKET, &SYMBOLS);
    let mut setup = Setup::new(venue.data_address, venue.fix_address, &SYMBOLS);
    setup.layout = "dedicated";
    let mut trading = Trading::start(&setup);
    let of_es = |bot: &BotId| bot.0 < BOTS;
    trading.until("positions are held in both instruments", |ledger| {
        let positions = ledger.positions();
        positions.keys().any(of_es) && positions.keys().any(|bot| !of_es(bot))
    });
    let (flattened, _) = kill(&setup.data(), Target::Instrument("ESZ6"), true);
    let stopped_bot = BotId(BOTS);
    let name = bot_name("NQZ6", 0);
    let (stopped, _) = kill(&setup.data(), Target::Bot(&name), false);
    trading.until("the one instrument is flat and the other trades on", |ledger| {
        let others = ledger
            .new_orders()
            .filter(|(cause, order)| *cause > stopped && order.instrument == InstrumentId(1));
        !ledger.positions().keys().any(of_es) && others.count() >= 4
    });

    let ledger = &trading.live.ledger;
    for (cause, order) in ledger.opening_orders() {
        assert!(cause <= stopped || order.bot != stopped_bot, "the killed bot sent {order:?}");
    }
    // What still leaves in the killed instrument closes a position and opens none.
    let opening = ledger.opening_orders().filter(|(cause, _)| *cause > flattened);
    for (cause, order) in opening {
        assert!(!of_es(&order.bot), "input {cause}: {order:?}");
    }
    trading.process.stop().expect_code(0);
    venue.stop().expect("the venue is fine");
}

#[test]
fn a_killed_users_bots_of_a_later_run_begin_killed_until_the_user_is_let_go() {
    let venue = venue::start(MARKET, &SYMBOLS[..1]);
    let mut setup = Setup::new(venue.data_address, venue.fix_address, &SYMBOLS[..1]);
    setup.owners = vec!["ann", "bob"];
    let mut trading = Trading::start(&setup);
    let opens = |ledger: &Ledger, bot: u16, after: u64| {
        let sent = ledger.opening_orders().filter(|(cause, _)| *cause > after);
        sent.filter(|(_, order)| order.bot == BotId(bot)).count()
    };
    let refused = |ledger: &Ledger, bot: u16, after: u64| {
        ledger.effects().any(|(cause, effect)| {
            let of_it = |r: &Reject| r.bot == BotId(bot) && r.code == RejectCode::Killed;
            cause > after && matches!(effect, Effect::Reject(reject) if of_it(reject))
        })
    };
    trading.until("both trade", |ledger| opens(ledger, 0, 0) > 0 && opens(ledger, 1, 0) > 0);
    let (killed, _) = kill(&setup.data(), Target::User("ann"), false);
    trading.until("hers is refused", |ledger| refused(ledger, 0, killed));
    let unknown = ask(&setup.data(), Verb::Freeze, Target::User("nobody"), "a typing error");
    assert!(matches!(unknown, Reply::Refused { .. }), "{unknown:?}");
    trading.process.stop().expect_code(0);

    trading.live.look();
    let stopped = trading.live.ledger.last_seq();
    setup.owners = vec!["ann", "ann", "bob"];
    trading.process = setup.run(program!());
    trading.until("the other that is hers now is refused, and his trades", |ledger| {
        refused(ledger, 1, stopped) && opens(ledger, 2, stopped) > 0
    });
    let ledger = trading.live.look();
    assert_eq!((opens(ledger, 0, killed), opens(ledger, 1, stopped)), (0, 0));

    let lifted = ask(&setup.data(), Verb::Unkill, Target::User("ann"), "the test is over");
    let Reply::Ok { seq: lifted, .. } = lifted else { panic!("not lifted: {lifted:?}") };
    trading.until("both trade again", |l| opens(l, 0, lifted) > 0 && opens(l, 1, lifted) > 0);
    trading.process.stop().expect_code(0);
    setup.owners = vec!["ann"; 3];
    trading.live.look();
    let stopped = trading.live.ledger.last_seq();
    trading.process = setup.run(program!());
    trading.until("a third of hers trades", |ledger| opens(ledger, 2, stopped) > 0);
    trading.process.stop().expect_code(0);
    venue.stop().expect("the venue is fine");
}
