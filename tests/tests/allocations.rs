//! The hot threads of a whole node take no memory once they are warm: socket, decoding, sequencing,
//! journal, chain, order entry and back.
//!
//! The allocator counts by thread, so that the venue, the journal's thread and the test itself, which
//! share the process, may take what they like.

use gauntlet::cli::ThreadArgs;
use gauntlet::config::{Config, LayoutChoice};
use gauntlet::node::{Node, NodePlan};
use gauntlet::state::NodeState;
use gauntlet_readmodel::replay;
use gauntlet_testkit::allocation::{Counting, of_thread};
use gauntlet_tests::setup::Setup;
use gauntlet_tests::venue::{self, Generated};
use std::sync::Mutex;
use std::sync::atomic::Ordering;
use std::time::Duration;

const SYMBOLS: [&str; 2] = ["ESZ6", "NQZ6"];
/// As fast as the node reads, and slow enough by the market's own clock for many bars and orders.
const MARKET: Generated = Generated { speed: f64::INFINITY, rate: 6.0, seed: 2 };
#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// How often the threads of these names took memory so far.
fn taken(names: &[&str]) -> u64 {
    let mut taken = 0;
    for name in names {
        let thread = thread_of(name).unwrap_or_else(|| panic!("there is no thread {name:?}"));
        taken += of_thread(thread).expect("a thread that started took memory");
    }
    taken
}

/// The system's number of the thread of a name.
fn thread_of(name: &str) -> Option<i32> {
    let tasks = std::fs::read_dir("/proc/self/task").expect("the system lists threads");
    tasks.flatten().find_map(|task| {
        let comm = std::fs::read_to_string(task.path().join("comm")).ok()?;
        (comm.trim_end() == name).then(|| task.file_name().to_str()?.parse().ok())?
    })
}

/// Threads have the same names in both tests.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// Runs a node over so many market-data records once it is warm, and tells how often the threads of
/// these names took memory meanwhile. The setup is what the node leaves.
fn taken_over(records: u64, layout: LayoutChoice, names: &[&str]) -> (u64, Setup) {
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let venue = venue::start(MARKET, &SYMBOLS);
    let setup = Setup::new(venue.data_address, venue.fix_address, &SYMBOLS);
    let text = setup.text().replace("segment_mib = 1\n", "segment_mib = 16\n");
    let node = Node::start(NodePlan {
        config: Config::parse(&text, "the test's").expect("a valid configuration"),
        data: setup.data(),
        threads: ThreadArgs { layout: Some(layout), wait: None },
        accept_config: None,
        accept_decisions: None,
        lockstep: None,
        serve: false,
        title: "test".to_owned(),
    })
    .unwrap_or_else(|error| panic!("{error}"));

    let passed = |state: &NodeState| state.counters.records.load(Ordering::Relaxed);
    let orders = |state: &NodeState| state.counters.orders_sent.load(Ordering::Relaxed);
    let mut measured = None;
    let mut begun = None;
    let board = node.board().clone();
    let deadline = std::time::Instant::now() + Duration::from_secs(300);
    node.run(|state| {
        // As the control plane does: what is not collected is dropped.
        board.lock().expect("nobody panicked").collect();
        let (records_now, orders_now) = (passed(state), orders(state));
        match begun {
            // Every kind of order message was sent many times over by then.
            None if records_now > WARM_RECORDS && orders_now > WARM_ORDERS => {
                begun = Some((records_now, orders_now, taken(names)));
            }
            Some((first, sent, before)) if records_now >= first + records => {
                measured = Some((orders_now - sent, taken(names) - before));
            }
            _ => {}
        }
        measured.is_some() || std::time::Instant::now() > deadline
    })
    .unwrap_or_else(|error| panic!("{error}"));
    venue.stop().expect("the venue is fine");
    let (sent, taken) = measured.expect("the records came in time");
    assert!(sent > 100, "only {sent} order messages: the bots were idle");
    (taken, setup)
}

const WARM_RECORDS: u64 = 20_000;
const WARM_ORDERS: u64 = 200;

#[test]
fn the_hot_thread_takes_no_memory_over_a_million_records() {
    let (taken, _) = taken_over(1_000_000, LayoutChoice::Shared, &["hot"]);
    assert_eq!(taken, 0);
}

#[test]
fn no_stage_on_a_thread_of_its_own_takes_memory_and_none_ends_before_its_work_is_done() {
    let names = ["ingest", "fusion", "risk", "orders"];
    let (taken, setup) = taken_over(30_000, LayoutChoice::Dedicated, &names);
    assert_eq!(taken, 0);
    // The stop came while the rings were full.
    let left = replay::replay(&setup.journal(), |_| {}).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(left.missing, 0, "inputs went into the stream and their effects did not come out");
}
