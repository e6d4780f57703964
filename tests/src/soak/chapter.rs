//! One chapter: two processes, a trader, acts of violence, and comparisons.

use super::books::{ExchangeBooks, differences, held_by_symbol};
use super::chance::Chance;
use super::cut::lose_unsynced;
use super::trader::{Trader, View};
use super::{Plan, Sides};
use crate::ledger::{Ledger, Live};
use crate::process::Process;
use crate::wait_within;
use gauntlet_model::desk::desk_of;
use gauntlet_model::effect::{Effect, OrderChanged};
use gauntlet_model::ids::ClOrdId;
use gauntlet_model::input::{Input, Route, SessionChange};
use gauntlet_readmodel::replay;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

/// Longest wait for both sides to agree, and for a side to be back.
const PATIENCE: Duration = Duration::from_secs(120);

/// What was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Orders at the exchange, refused ones too.
    pub orders: u64,
    /// Executions.
    pub fills: u64,
    /// Kills of the node.
    pub node_kills: u64,
    /// Kills of the exchange.
    pub venue_kills: u64,
    /// Losses of power.
    pub cuts: u64,
    /// Bytes that they took.
    pub bytes_lost: u64,
    /// Connections that ended otherwise than by a kill.
    pub disconnects: u64,
    /// Comparisons in which all agreed.
    pub agreements: u64,
}

impl Counts {
    /// Both together.
    pub fn plus(self, more: Counts) -> Counts {
        Counts {
            orders: self.orders + more.orders,
            fills: self.fills + more.fills,
            node_kills: self.node_kills + more.node_kills,
            venue_kills: self.venue_kills + more.venue_kills,
            cuts: self.cuts + more.cuts,
            bytes_lost: self.bytes_lost + more.bytes_lost,
            disconnects: self.disconnects + more.disconnects,
            agreements: self.agreements + more.agreements,
        }
    }
}

/// See the module.
#[derive(Debug)]
pub struct Chapter {
    plan: Plan,
    chance: Chance,
    sides: Sides,
    node: Option<Process>,
    venue: Option<Process>,
    live: Live,
    /// How far the effects and inputs were looked at for the trader's view.
    seen: (usize, usize),
    desk_orders: BTreeMap<ClOrdId, OrderChanged>,
    view: View,
    exchange: ExchangeBooks,
    trader: Trader,
    counts: Counts,
}

/// What is done to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    KillNode,
    LosePower,
    KillVenue,
    KillBoth,
    Compare,
}

impl Chapter {
    /// A chapter whose processes run `program`.
    pub fn new(program: &Path, plan: Plan) -> Chapter {
        let mut chance = Chance::new(plan.seed);
        let sides = Sides::new(program, &mut chance);
        let live = Live::new(&sides.setup.journal());
        let (exchange, data) = (ExchangeBooks::new(&sides.store()), sides.setup.data());
        Chapter {
            plan,
            chance,
            sides,
            node: None,
            venue: None,
            live,
            seen: (0, 0),
            desk_orders: BTreeMap::new(),
            view: View::default(),
            exchange,
            trader: Trader::new(&data),
            counts: Counts::default(),
        }
    }

    /// Plays it to its end. `progress` is told now and then how far it is.
    ///
    /// # Panics
    /// When the books disagree, a side does not come back, or says that something is wrong.
    pub fn play(mut self, progress: &mut dyn FnMut(&Counts)) -> Counts {
        self.start_venue();
        self.start_node();
        let mut next_act = self.interval();
        while self.counts.orders < self.plan.orders {
            self.trade();
            progress(&self.counts);
            if self.counts.orders >= next_act {
                let act = self.next_act();
                self.act(act);
                next_act = self.counts.orders + self.interval();
            }
        }
        self.end()
    }

    fn interval(&mut self) -> u64 {
        let mean = self.plan.orders_between;
        self.chance.between(mean / 2, mean + mean / 2)
    }

    fn next_act(&mut self) -> Act {
        match self.chance.below(10) {
            0..3 => Act::KillNode,
            3..5 => Act::LosePower,
            5..7 => Act::KillVenue,
            7 => Act::KillBoth,
            _ => Act::Compare,
        }
    }

    fn start_venue(&mut self) {
        let seed = self.chance.any();
        self.venue = Some(self.sides.start_venue(seed));
    }

    fn start_node(&mut self) {
        self.node = Some(self.sides.start_node());
    }

    fn assert_running(&mut self) {
        for process in [&mut self.node, &mut self.venue].into_iter().flatten() {
            process.assert_running();
        }
    }

    /// Looks at both sides and asks for what there is room for.
    fn trade(&mut self) {
        self.look();
        if self.trader.work(&mut self.chance, &self.view) == 0 {
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    fn look(&mut self) {
        self.assert_running();
        self.live.look();
        self.exchange.look();
        self.note_market();
        self.note_orders();
        self.counts.orders = self.exchange.orders.len() as u64;
        self.counts.fills = self.exchange.fills.len() as u64;
        self.view.held = self.exchange.held.clone();
    }

    fn note_market(&mut self) {
        let inputs = &self.live.ledger.inputs;
        for sequenced in &inputs[self.seen.0.min(inputs.len())..] {
            match &sequenced.input {
                Input::Quote(quote) if quote.top.bid.is_some() && quote.top.ask.is_some() => {
                    let top = (quote.top.bid.0, quote.top.ask.0);
                    self.view.quotes.insert(quote.instrument, top);
                }
                Input::Instrument(definition) => {
                    let symbol = definition.symbol.as_str().to_owned();
                    self.view.symbols.insert(definition.instrument, symbol);
                }
                Input::Session(event) if event.change == SessionChange::Disconnected => {
                    self.counts.disconnects += 1;
                }
                _ => {}
            }
        }
        self.seen.0 = inputs.len();
    }

    fn note_orders(&mut self) {
        let effects = &self.live.ledger.effects;
        let mut changed = false;
        for recorded in &effects[self.seen.1.min(effects.len())..] {
            if let gauntlet_journal::EffectEntry::Effect(Effect::Order(order)) = &recorded.entry
                && order.route == Route::BROKER
                && order.bot >= desk_of(0).expect("there is a first desk")
            {
                changed = true;
                match order.state.is_final() {
                    true => self.desk_orders.remove(&order.order),
                    false => self.desk_orders.insert(order.order, *order),
                };
            }
        }
        self.seen.1 = effects.len();
        if changed {
            let working = self.desk_orders.values();
            self.view.working = working.map(|order| (order.order, order.price)).collect();
        }
    }

    fn act(&mut self, act: Act) {
        let venue = matches!(act, Act::KillVenue | Act::KillBoth);
        let node = matches!(act, Act::KillNode | Act::LosePower | Act::KillBoth);
        if venue {
            self.venue.take().expect("it runs").kill();
            self.counts.venue_kills += 1;
        }
        if node {
            self.node.take().expect("it runs").kill();
            self.counts.node_kills += 1;
            self.trader.hang_up();
        }
        if act == Act::LosePower {
            self.counts.cuts += 1;
            self.counts.bytes_lost += lose_unsynced(&self.sides.setup.journal(), &mut self.chance);
            self.read_again();
        }
        if venue {
            self.start_venue();
        }
        if node {
            self.start_node();
        }
        if act == Act::Compare {
            self.compare("on the way");
        }
    }

    /// What was read of the journal is not all in it any more.
    fn read_again(&mut self) {
        self.live = Live::new(&self.sides.setup.journal());
        self.seen = (0, 0);
        self.desk_orders.clear();
        self.counts.disconnects = 0;
    }

    /// Waits until both sides say the same.
    fn compare(&mut self, when: &str) {
        let mut last = Vec::new();
        let agreed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            wait_within(PATIENCE, "both sides agree", || {
                self.look();
                last = differences(&self.live.ledger, &self.exchange);
                last.is_empty().then_some(())
            });
        }));
        if agreed.is_err() {
            self.give_up(when, &last);
        }
        self.counts.agreements += 1;
    }

    fn give_up(&mut self, when: &str, told: &[String]) -> ! {
        let words = |process: &Option<Process>| {
            let said = process.as_ref().map(Process::stderr).unwrap_or_default();
            let lines: Vec<&str> = said.lines().rev().take(40).collect();
            lines.into_iter().rev().collect::<Vec<_>>().join("\n")
        };
        let (node, venue) = (words(&self.node), words(&self.venue));
        let kept = self.sides.setup.dir().to_owned();
        panic!(
            "{:?}, {when}: the sides disagree\n{}\nheld {:?} by the node\n{:?}\nrefused {}: {}\n\
             node told:\n{node}\nvenue told:\n{venue}\nin {}",
            self.plan,
            told.join("\n"),
            held_by_symbol(&self.live.ledger),
            self.counts,
            self.trader.refused,
            self.trader.why,
            kept.display(),
        )
    }

    /// An orderly stop, after which nothing works, nothing differs, and the journal replays.
    fn end(mut self) -> Counts {
        self.compare("at the end");
        let node = self.node.take().expect("it runs");
        node.stop().expect_code(0);
        self.compare("after the stop");
        assert_eq!(self.exchange.working(), 0, "{:?}: orders work after the stop", self.plan);
        self.venue.take().expect("it runs").stop().expect_code(0);
        self.exchange.look();
        let journal = self.sides.setup.journal();
        let ledger = Ledger::read(&journal);
        assert_eq!(differences(&ledger, &self.exchange), Vec::<String>::new(), "{:?}", self.plan);
        replay::replay(&journal, |_| {}).unwrap_or_else(|e| panic!("{:?}: {e}", self.plan));
        self.counts
    }
}
