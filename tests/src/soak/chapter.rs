//! One chapter: two processes, a trader, acts of violence, and comparisons.

mod operator;

use super::books::{ExchangeBooks, differences, held_by_symbol};
use super::chance::Chance;
use super::cut::lose_unsynced;
use super::trader::{Trader, View};
use super::{Plan, Sides};
use crate::control::ask;
use crate::ledger::{Ledger, Live};
use crate::process::Process;
use gauntlet_model::desk::desk_of;
use gauntlet_model::effect::{Effect, OrderChanged};
use gauntlet_model::ids::ClOrdId;
use gauntlet_model::input::{Input, Route, SessionChange};
use gauntlet_readmodel::command_wire::{Reply, Target, Verb};
use gauntlet_readmodel::replay;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

/// Longest wait for both sides to agree, and for a side to be back.
const PATIENCE: Duration = Duration::from_secs(120);
/// How often it is told what they do not agree on yet.
const TELL_EVERY: Duration = Duration::from_secs(10);
/// How often what still works at the end is asked to be cancelled.
const CANCEL_EVERY: Duration = Duration::from_millis(500);
/// What the node says to a trader while all is stopped.
const KILLED: &str = "refused: killed";

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
    /// Losses of power that lost inputs, after which a person settled.
    pub settled: u64,
    /// Contracts that a person booked then, of orders that the node's journal had lost.
    pub booked: u64,
    /// Requests that the node refused.
    pub refused: u64,
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
            settled: self.settled + more.settled,
            booked: self.booked + more.booked,
            refused: self.refused + more.refused,
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
        let sides = Sides::new(program, &plan, &mut chance);
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
    pub fn play(mut self, progress: &mut dyn FnMut(&Counts, &str)) -> Counts {
        self.start_venue();
        self.start_node();
        let mut next_act = self.interval();
        while self.counts.orders < self.plan.orders {
            self.trade();
            progress(&self.counts, &self.trader.why);
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
        if self.trader.why == KILLED {
            self.settle();
        }
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
        self.counts.refused = self.trader.refused;
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
        self.view.now = inputs.last().map_or(self.view.now, |last| last.time);
        self.seen.0 = inputs.len();
    }

    fn note_orders(&mut self) {
        let effects = &self.live.ledger.effects;
        let mut changed = false;
        for recorded in &effects[self.seen.1.min(effects.len())..] {
            if let gauntlet_journal::EffectEntry::Effect(Effect::Order(order)) = &recorded.entry
                && !self.live.ledger.is_lost(recorded.cause)
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
        self.wait(when, Chapter::differences);
        self.counts.agreements += 1;
    }

    fn differences(&mut self) -> Vec<String> {
        differences(&self.live.ledger, &self.exchange, self.counts.bytes_lost > 0)
    }

    /// Looks until nothing is left to wait for.
    fn wait(&mut self, when: &str, mut left: impl FnMut(&mut Chapter) -> Vec<String>) {
        let began = Instant::now();
        let mut tell_at = began + TELL_EVERY;
        loop {
            self.look();
            let left = left(self);
            if left.is_empty() {
                return;
            }
            if began.elapsed() > PATIENCE {
                self.give_up(when, &left);
            }
            if Instant::now() >= tell_at {
                eprintln!("{when}, they do not agree yet:\n{}", left.join("\n"));
                tell_at += TELL_EVERY;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn give_up(&mut self, when: &str, told: &[String]) -> ! {
        let words = |process: &Option<Process>| {
            let said = process.as_ref().map(Process::stderr).unwrap_or_default();
            let lines: Vec<&str> = said.lines().rev().take(40).collect();
            lines.into_iter().rev().collect::<Vec<_>>().join("\n")
        };
        let (node, venue) = (words(&self.node), words(&self.venue));
        self.sides.setup.keep();
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

    /// Everything that works is cancelled, an orderly stop follows, after which nothing differs, and the journal
    /// replays.
    fn end(mut self) -> Counts {
        self.compare("at the end");
        let data = self.sides.setup.data();
        let kill = Verb::Kill { flatten: false };
        let reply = ask(&data, kill, Target::Platform, "the end of the chapter");
        assert!(matches!(reply, Reply::Ok { .. }), "{:?}: {reply:?}", self.plan);
        let mut cancel_at = Instant::now();
        self.wait("after the kill", |chapter| {
            if Instant::now() >= cancel_at {
                chapter.trader.cancel(&chapter.view.working);
                cancel_at = Instant::now() + CANCEL_EVERY;
            }
            let works = chapter.exchange.orders.values().filter(|(_, works)| *works);
            let mut left: Vec<String> =
                works.map(|(order, _)| format!("works: {order:?}")).collect();
            left.extend(chapter.differences());
            left
        });
        let node = self.node.take().expect("it runs");
        node.stop().expect_code(0);
        self.compare("after the stop");
        self.venue.take().expect("it runs").stop().expect_code(0);
        self.exchange.look();
        let journal = self.sides.setup.journal();
        self.live.ledger = Ledger::read(&journal);
        assert_eq!(self.differences(), Vec::<String>::new(), "{:?}", self.plan);
        replay::replay(&journal, |_| {}).unwrap_or_else(|e| panic!("{:?}: {e}", self.plan));
        self.counts
    }
}
