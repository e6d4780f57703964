//! A broker that refuses the logon by its numbers: everybody is told so, and a person sets them right.

use gauntlet_model::input::SessionChange;
use gauntlet_readmodel::api::{FixAdapter, FixLive, PlatformState, Status};
use gauntlet_readmodel::command_wire::{AskedNumbers, Reply, Target, Verb};
use gauntlet_readmodel::replay;
use gauntlet_readmodel::tail::JournalTail;
use gauntlet_tests::control::ask;
use gauntlet_tests::fix_peer::{drain, field, message, read_message};
use gauntlet_tests::ledger::Ledger;
use gauntlet_tests::peers::Server;
use gauntlet_tests::process::Process;
use gauntlet_tests::setup::Setup;
use gauntlet_tests::venue::{self, Generated};
use gauntlet_tests::{program, wait_until};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

const MARKET: Generated = Generated { speed: 200.0, rate: 2.0, seed: 3 };
/// The number that the broker expects.
const EXPECTED: u64 = 50_000_000;

/// A broker that wants to see the number that it expects, says so, and goes on only then.
fn particular_broker(last: Arc<AtomicU64>) -> Server {
    broker_away_at_times(last, Arc::default())
}

/// The same, which hangs up without a word while it is away.
fn broker_away_at_times(last: Arc<AtomicU64>, is_away: Arc<AtomicBool>) -> Server {
    Server::start(move |mut stream, _| {
        let Some(logon) = read_message(&mut stream) else { return };
        let number: u64 = field(&logon, "34=").and_then(|n| n.parse().ok()).expect("a number");
        last.store(number, Ordering::Release);
        if is_away.load(Ordering::Acquire) {
            return;
        }
        // It sends the number that it is expected to, so that no run misses anything.
        let own = field(&logon, "789=").expect("what is expected of it");
        let time = field(&logon, "52=").expect("a time");
        let head = format!("34={own}|49=SIMVENUE|56=GAUNTLET|52={time}");
        let answer = match number {
            EXPECTED => format!("35=A|{head}|98=0|108=10|789={}|", number + 1),
            _ => format!(
                "35=5|{head}|58=MsgSeqNum too low, expecting {EXPECTED} but received {number}|"
            ),
        };
        // The node may hang up on what it reads.
        let _sent = stream.write_all(&message(&answer));
        drain(&mut stream);
    })
}

fn status(setup: &Setup) -> Status {
    JournalTail::read(&setup.journal()).expect("readable").projection().status("")
}

#[test]
fn a_broker_that_refuses_the_logon_by_its_numbers_is_told_of_and_a_person_sets_them_right() {
    let venue = venue::start(MARKET, &["ESZ6"]);
    let last = Arc::new(AtomicU64::new(0));
    let broker = particular_broker(Arc::clone(&last));
    let mut setup = Setup::new(venue.data_address, broker.address, &["ESZ6"]);
    // No bot's order goes there: what a person sends has nowhere to go all the same.
    setup.stage = "PAPER";
    let mut process = setup.run(program!());
    wait_until("the broker has refused four logons", || {
        process.assert_running();
        broker.served() >= 4
    });
    let down = status(&setup);
    assert_eq!(down.state, PlatformState::BrokerDown, "{:?}", down.reasons);
    assert!(down.reasons[0].contains("logon refused: MsgSeqNum too low"), "{:?}", down.reasons);
    assert!(process.stderr().contains("broker: no session: logon refused: MsgSeqNum too low"));
    let health = health(&process);
    assert!(health.contains("503") && health.contains("logon refused"), "{health}");
    assert_eq!(last.load(Ordering::Acquire), 1, "a refused logon takes no number");
    let live = live(&process);
    assert!(live.failed_attempts >= 3, "{live:?}");
    assert_eq!((live.next_out, live.resets.as_str()), (1, "only when a person asks"));
    wait_until("the log tells of the attempts", || {
        process.stderr().contains("broker: 4 attempts in a row came to no session")
    });

    let copy = Verb::Numbers(AskedNumbers { of_copy: true, next_out: 5, next_in: 0 });
    let refused = ask(&setup.data(), copy, Target::Venue("broker"), "as they say");
    assert!(matches!(refused, Reply::Refused { .. }), "there is no drop copy: {refused:?}");
    let numbers = Verb::Numbers(AskedNumbers { of_copy: false, next_out: EXPECTED, next_in: 0 });
    let done = ask(&setup.data(), numbers, Target::Venue("broker"), "as they say");
    assert!(matches!(done, Reply::Ok { .. }), "{done:?}");
    wait_until("it is logged on and says that it trades", || {
        process.assert_running();
        status(&setup).state == PlatformState::Trading
    });
    assert_eq!(last.load(Ordering::Acquire), EXPECTED);
    wait_until("the figures are of the session that is on", || {
        let live = self::live(&process);
        live.phase == "logged_on" && live.failed_attempts == 0 && live.next_out > EXPECTED
    });
    process.stop().expect_code(0);
    assert_eq!(Ledger::read(&setup.journal()).sessions(SessionChange::LoggedOn), 1);
    replay::replay(&setup.journal(), |_| {}).unwrap_or_else(|error| panic!("{error}"));
    drop(broker);
    venue.stop().expect("the venue is fine");
}

#[test]
fn a_persons_word_on_the_numbers_outlives_a_crash_before_the_next_logon() {
    let venue = venue::start(MARKET, &["ESZ6"]);
    let (last, is_away) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let broker = broker_away_at_times(Arc::clone(&last), Arc::clone(&is_away));
    let mut setup = Setup::new(venue.data_address, broker.address, &["ESZ6"]);
    setup.stage = "PAPER";
    let mut process = setup.run(program!());
    wait_until("the broker has refused a logon", || {
        process.assert_running();
        broker.served() >= 1
    });
    is_away.store(true, Ordering::Release);
    let numbers = Verb::Numbers(AskedNumbers { of_copy: false, next_out: EXPECTED, next_in: 0 });
    let done = ask(&setup.data(), numbers, Target::Venue("broker"), "as they say");
    assert!(matches!(done, Reply::Ok { .. }), "{done:?}");
    wait_until("a logon with the number was sent in vain", || {
        process.assert_running();
        last.load(Ordering::Acquire) == EXPECTED
    });
    process.kill();
    last.store(0, Ordering::Release);
    is_away.store(false, Ordering::Release);
    let mut process = setup.run(program!());
    wait_until("it is logged on", || {
        process.assert_running();
        let number = last.load(Ordering::Acquire);
        assert!(number == 0 || number == EXPECTED, "{number}");
        status(&setup).state == PlatformState::Trading
    });
    process.stop().expect_code(0);
    drop(broker);
    venue.stop().expect("the venue is fine");
}

/// How the session fares, as the API tells it.
fn live(process: &Process) -> FixLive {
    let answer = get(process, "/api/observability/fix-adapter");
    let (_, body) = answer.split_once("\r\n\r\n").expect("an answer has a body");
    let adapter: FixAdapter = serde_json::from_str(body).expect("it is the API's type");
    adapter.sessions.into_iter().next().and_then(|session| session.live).expect("a node runs")
}

fn health(process: &Process) -> String {
    get(process, "/healthz")
}

/// What the node's page answers.
fn get(process: &Process, path: &str) -> String {
    let told = process.stderr();
    let page = told.split_whitespace().find_map(|word| word.strip_prefix("http://"));
    let page = page.expect("the node says where its page is").trim_end_matches('/');
    let mut stream = TcpStream::connect(page).expect("it is served");
    let request = format!("GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("it listens");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    answer
}
