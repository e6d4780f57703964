use super::*;
use crate::config::BotConfig;
use crate::fixtures::{config, morning};
use crate::market_feed::MemoryFeed;
use gauntlet_feeds::{FeedError, Received};
use gauntlet_model::units::UnixNanos;
use tempfile::TempDir;

/// A feed that breaks an invariant after some records.
struct Breaks {
    feed: MemoryFeed,
    after: u64,
}

impl MarketFeed for Breaks {
    fn poll(
        &mut self,
        now: UnixNanos,
        sink: &mut impl FnMut(Received),
    ) -> Result<usize, FeedError> {
        assert!(self.feed.records() < self.after, "an invariant of the feed");
        self.feed.poll(now, sink)
    }

    fn records(&self) -> u64 {
        self.feed.records()
    }
}

fn plan(config: Config, data: &TempDir) -> NodePlan {
    NodePlan {
        config,
        data: data.path().to_owned(),
        threads: ThreadArgs::default(),
        accept_config: None,
        accept_decisions: None,
        lockstep: None,
        serve: false,
        title: "test".to_owned(),
    }
}

fn start(layout: &str, data: &TempDir) -> (Node, Arc<NodeState>) {
    let plan = plan(config(layout, "data"), data);
    let node = Node::start_with(plan, |_, _| {
        let mut feed = MemoryFeed::new(16);
        morning().into_iter().for_each(|received| feed.push(received));
        Ok((Breaks { feed, after: 500 }, Gateways::new(Vec::new())))
    });
    let node = node.expect("it starts");
    let state = Arc::clone(node.state());
    (node, state)
}

#[test]
fn a_panic_of_a_hot_thread_ends_the_node_with_a_reason_and_a_code_of_its_own() {
    for (layout, thread) in [("shared", "hot"), ("dedicated", "ingest")] {
        let data = tempfile::tempdir().expect("a directory");
        let (node, state) = start(layout, &data);
        let error = node.run(|_| false).expect_err("it broke");
        assert_eq!(error.exit_code(), 10, "{layout}: {error}");
        let text = error.to_string();
        let wanted = format!("thread {thread} panicked: an invariant of the feed");
        assert!(text.contains(&wanted), "{layout}: {text}");
        assert!(text.contains("look there"), "{layout}: {text}");
        assert!(state.has_failed(), "{layout}");
        // What was journaled before it stays whole, and the next start takes it up.
        let report = gauntlet_journal::verify(&journal_dir(data.path())).expect("readable");
        assert!(report.is_whole(), "{layout}");
    }
}

#[test]
fn a_run_opens_with_more_than_the_rings_hold() {
    let mut config = config("dedicated", "data");
    // A bot's rules come in parts of 128 bytes, each with a message after it.
    let rules = format!("{}\nlong when close > open\n", "# a remark\n".repeat(1_400));
    let mut bot = config.bots[0].clone();
    bot.rule_text = rules;
    config.bots =
        (0..40).map(|index| BotConfig { name: format!("bot-{index}"), ..bot.clone() }).collect();
    config.check().expect("a valid configuration");
    let data = tempfile::tempdir().expect("a directory");
    let node = Node::start_with(plan(config, &data), |_, _| {
        Ok((MemoryFeed::new(1), Gateways::new(Vec::new())))
    });
    let node = node.expect("it starts");
    let state = Arc::clone(node.state());
    node.run(|state| state.counters.snapshot().inputs > 4_096).expect("it stops in order");
    assert!(state.is_drained());
}
