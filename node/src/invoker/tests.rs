use super::*;
use crate::cli::ThreadArgs;
use crate::fixtures::{OPEN, config, morning};
use crate::market_feed::MemoryFeed;
use crate::node::{Node, NodePlan, journal_dir};
use gauntlet_journal::{EffectEntry, EffectReader, InputReader, Position};
use gauntlet_model::effect::{Effect, RejectCode};
use gauntlet_model::ids::BotId;
use gauntlet_model::input::{CommandKind, RunStart, Scope};
use gauntlet_model::text::Text;
use gauntlet_model::units::NANOS_PER_SECOND;
use std::path::Path;

/// Records that the feed gives a round.
const PER_ROUND: usize = 16;
/// More rounds than any of these runs takes.
const ROUNDS_MAX: usize = 100_000;

fn caps() -> StageCaps {
    StageCaps::read(|_| None).expect("the defaults are valid")
}

fn feed() -> MemoryFeed {
    let mut feed = MemoryFeed::new(PER_ROUND);
    morning().into_iter().for_each(|received| feed.push(received));
    feed
}

fn plan(data: &Path, clock: &str, epoch: Option<u64>, feed: MemoryFeed) -> InvokerPlan<MemoryFeed> {
    InvokerPlan {
        config: config("shared", clock),
        caps: caps(),
        data: data.to_owned(),
        accept_config: None,
        accept_decisions: None,
        epoch,
        feed,
        drop_copy: None,
        broker: None,
        now: UnixNanos(OPEN * NANOS_PER_SECOND),
    }
}

/// Steps until `until` says so, a millisecond a round, with a commit now and then.
fn drive(node: &mut Invoker<MemoryFeed>, until: impl Fn(&Invoker<MemoryFeed>) -> bool) {
    for round in 0..ROUNDS_MAX {
        if until(node) {
            return;
        }
        node.step(UnixNanos(OPEN * NANOS_PER_SECOND + round as u64 * 1_000_000)).expect("fine");
        if round % 32 == 0 {
            node.commit().expect("the disk takes it");
        }
    }
    panic!("it does not come to an end");
}

/// Everything that a journal holds: inputs as text, since a parameter left at its default equals
/// nothing, and effects by their bytes.
#[derive(Debug, PartialEq)]
struct Ledger {
    inputs: Vec<String>,
    effects: Vec<(u64, u32, u8, Vec<u8>)>,
}

fn ledger(data: &Path) -> (Ledger, RunStart, Vec<Effect>) {
    let dir = journal_dir(data);
    let mut ledger = Ledger { inputs: Vec::new(), effects: Vec::new() };
    let (mut start, mut said) = (None, Vec::new());
    let mut inputs = InputReader::open(&dir, Position(0)).expect("a journal");
    while let Some(record) = inputs.next().expect("whole records") {
        if let Input::RunStart(run) = record.sequenced.input {
            start = Some(run);
        }
        ledger.inputs.push(format!("{:?}", record.sequenced));
    }
    let mut effects = EffectReader::open(&dir, Position(0)).expect("a journal");
    while let Some(record) = effects.next().expect("whole records") {
        let EffectEntry::Effect(effect) = record.entry else { continue };
        said.push(effect);
        let bytes = record.payload.to_vec();
        ledger.effects.push((record.cause, record.index, record.kind, bytes));
    }
    (ledger, start.expect("a run"), said)
}

/// The same inputs through a node with threads.
fn shared(data: &Path, layout: &str) {
    let plan = NodePlan {
        config: config(layout, "data"),
        data: data.to_owned(),
        threads: ThreadArgs::default(),
        accept_config: None,
        accept_decisions: None,
        lockstep: None,
        serve: false,
        title: "test".to_owned(),
    };
    let records = morning().len() as u64;
    let node =
        Node::start_with(plan, |_, _| Ok((feed(), Gateways::new(Vec::new())))).expect("it starts");
    node.run(|state| state.feed_records() == records).expect("it stops in order");
}

#[test]
fn a_node_called_by_hand_writes_the_journal_of_one_with_threads_byte_for_byte() {
    let (threads, hand) = (tempfile::tempdir().expect("a"), tempfile::tempdir().expect("b"));
    shared(threads.path(), "shared");
    let (wanted, run, said) = ledger(threads.path());

    let mut node = Invoker::start(plan(hand.path(), "data", Some(run.epoch), feed())).expect("ok");
    drive(&mut node, |node| node.state().feed_records() == morning().len() as u64);
    assert!(node.is_quiet());
    node.state().ask_to_stop();
    drive(&mut node, |node| node.state().is_drained());
    assert_eq!(node.chain().orders().live_len(), 0);
    node.finish().expect("durable");
    let (found, _, _) = ledger(hand.path());

    let fills = said.iter().filter(|effect| matches!(effect, Effect::Position(_))).count();
    let down =
        |effect: &&Effect| matches!(effect, Effect::Reject(r) if r.code == RejectCode::RouteDown);
    assert!(fills >= 2, "the morning must trade to prove anything: {fills} fills");
    assert!(said.iter().any(|effect| down(&effect)), "there is no broker");
    assert_eq!(found.inputs, wanted.inputs);
    assert_eq!(found.effects, wanted.effects);
    gauntlet_readmodel::replay::replay(&journal_dir(hand.path()), |_| {}).expect("equal");
}

#[test]
fn time_passes_only_when_the_caller_says_so() {
    let data = tempfile::tempdir().expect("a directory");
    let plan = plan(data.path(), "realtime", Some(1), MemoryFeed::new(PER_ROUND));
    let mut node = Invoker::start(plan).expect("it starts");
    let at = |seconds: u64| UnixNanos((OPEN + seconds) * NANOS_PER_SECOND);
    let inputs = |node: &Invoker<MemoryFeed>| node.state().counters.snapshot().inputs;
    node.step(at(0)).expect("fine");
    let opening = inputs(&node);
    assert!(opening > 0, "the run is opened by the first step");
    assert_eq!(node.step(at(0)).expect("fine"), 0);
    assert_eq!(inputs(&node), opening);
    node.step(at(3)).expect("fine");
    assert_eq!(inputs(&node), opening + 3, "a timer for each second");
    node.step(at(1)).expect("fine");
    assert_eq!(inputs(&node), opening + 3, "time does not go back");
}

#[test]
fn a_command_by_hand_has_happened_when_the_call_returns_and_outlives_the_run() {
    let data = tempfile::tempdir().expect("a directory");
    let start = |epoch| {
        let plan = plan(data.path(), "data", epoch, MemoryFeed::new(PER_ROUND));
        Invoker::start(plan).expect("it starts")
    };
    let mut node = start(Some(1));
    node.step(UnixNanos(OPEN * NANOS_PER_SECOND)).expect("fine");
    let scope = Scope::Bot(BotId(0));
    let (actor, reason) = (Text::new("test"), Text::new("lunch"));
    let kill = Command { kind: CommandKind::Kill { flatten: false }, scope, actor, reason };
    let seq = node.command(kill);
    assert_eq!(node.state().counters.snapshot().inputs, seq);
    assert!(node.chain().risk().is_killed(scope));
    // Not drained: as if the process had died.
    node.finish().expect("durable");
    let again = start(None);
    assert_eq!(again.recovery().next_seq, seq + 1);
    assert!(again.chain().risk().is_killed(scope));
}
