//! The kill switch with more than a thousand orders at the broker: from the command to the last cancel.
//!
//! 256 bots have four orders each, which the broker reported while its session was down. The session comes
//! up, everything is killed, and the clock covers all stages (fusion, risk, order manager) from the kill to
//! the last of 1,024 cancels that leaves the chain for the gateway: the kill itself, and the inputs behind it,
//! since one input names at most [`MESSAGES_PER_ROUND`] orders. Each round is a new chain; all rounds count.
//! Then the same with a whole node, its journal and both sockets: see [`over_fix`].

#![forbid(unsafe_code)]

mod over_fix;

use gauntlet_benches::definitions::{BEGIN, TICK, account, bot, instrument, run_start, session};
use gauntlet_benches::machine::Machine;
use gauntlet_benches::options::Options;
use gauntlet_benches::report::{median, print_table, show_ns};
use gauntlet_engine::risk::MESSAGES_PER_ROUND;
use gauntlet_manager::chain::{Chain, NoProbe};
use gauntlet_manager::order_manager::FromOrders;
use gauntlet_model::effect::OutboundKind;
use gauntlet_model::ids::{AccountId, BOTS_MAX, BotId, ClOrdId, InstrumentId};
use gauntlet_model::input::{
    Command, CommandKind, ExecType, ExecutionReport, FeedChange, FeedEvent, Input, OrdStatus,
    Route, Scope, Sequenced, SessionChange,
};
use gauntlet_model::text::Text;
use gauntlet_model::units::{Price, Side};
use gauntlet_runtime::clock::TickClock;
use gauntlet_runtime::layout::{allowed_cores, pin_to};
use serde::Serialize;
use std::process::ExitCode;

const ORDERS_PER_BOT: u64 = 4;
const ORDERS: usize = BOTS_MAX * ORDERS_PER_BOT as usize;

#[derive(Serialize)]
struct Figures {
    machine: Machine,
    orders: usize,
    inputs: usize,
    first_ns: Vec<u64>,
    last_ns: Vec<u64>,
    over_fix_first_ns: Vec<u64>,
    over_fix_last_ns: Vec<u64>,
}

fn main() -> ExitCode {
    match run(&Options::from_args(std::env::args().skip(1))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("kill: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), String> {
    let rounds = options.number("--rounds")?.unwrap_or(if options.quick { 1 } else { 50 }).max(1);
    let machine = Machine::here();
    let cores = allowed_cores();
    let [first, .., last] = cores[..] else {
        return Err("the node and its broker need a core each".to_owned());
    };
    let mut figures = Figures {
        machine,
        orders: ORDERS,
        inputs: 0,
        first_ns: vec![],
        last_ns: vec![],
        over_fix_first_ns: vec![],
        over_fix_last_ns: vec![],
    };
    assert_eq!(over_fix::ORDERS, ORDERS, "both kill as many orders");
    let ticks = TickClock::new();
    // Before this thread has a core of its own: the node's threads would have to share it.
    for _ in 0..rounds.min(over_fix::ROUNDS) {
        let killed = over_fix::round([first, last], &ticks)?;
        figures.over_fix_first_ns.push(killed.first);
        figures.over_fix_last_ns.push(killed.last);
    }
    pin_to(last);
    for _ in 0..rounds {
        let (to_first, to_last, inputs) = round()?;
        figures.first_ns.push(to_first);
        figures.last_ns.push(to_last);
        figures.inputs = inputs;
    }
    if options.json {
        let json = serde_json::to_string_pretty(&figures).map_err(|error| error.to_string())?;
        println!("{json}");
        return Ok(());
    }
    println!("kill: {}", figures.machine);
    println!("{rounds} rounds, {ORDERS} working orders, {} inputs\n", figures.inputs);
    let row = |what: &str, of: &[u64]| {
        let ends = [of.iter().min(), of.iter().max()].map(|end| end.copied().unwrap_or(0));
        vec![what.to_owned(), show_ns(median(of.to_vec())), show_ns(ends[0]), show_ns(ends[1])]
    };
    print_table(
        &["from the kill to", "median", "least", "most"],
        &[
            row("the first cancel leaves the chain", &figures.first_ns),
            row("the last cancel leaves the chain", &figures.last_ns),
            row("the first cancel reaches the broker", &figures.over_fix_first_ns),
            row("the last cancel reaches the broker", &figures.over_fix_last_ns),
        ],
    );
    Ok(())
}

/// A chain and the stream so far.
struct Trial {
    chain: Chain,
    seq: u64,
    ticks: TickClock,
    cancels: usize,
    first: u64,
    last: u64,
}

impl Trial {
    fn input(&mut self, input: Input) {
        self.seq += 1;
        let sequenced = Sequenced { seq: self.seq, time: BEGIN, input };
        let Trial { chain, ticks, cancels, first, last, .. } = self;
        chain.on_input(&sequenced, 0, &mut NoProbe, &mut |message| {
            if let FromOrders::Send(sent) = message
                && sent.record().kind == OutboundKind::Cancel
            {
                *last = ticks.raw();
                if *cancels == 0 {
                    *first = *last;
                }
                *cancels += 1;
            }
        });
    }
}

/// Nanoseconds to the first and the last cancel, and the inputs that it took.
fn round() -> Result<(u64, u64, usize), String> {
    let ticks = TickClock::new();
    let mut trial = Trial { chain: Chain::new(), seq: 0, ticks, cancels: 0, first: 0, last: 0 };
    definitions().into_iter().for_each(|input| trial.input(input));
    trial.input(session(SessionChange::LoggedOn));
    trial.input(session(SessionChange::Disconnected));
    for number in 0..ORDERS as u64 {
        trial.input(Input::Execution(working(number)?));
    }
    trial.input(session(SessionChange::LoggedOn));
    if trial.cancels > 0 {
        return Err(format!("{} orders were cancelled before the kill", trial.cancels));
    }
    let begin = trial.ticks.raw();
    trial.input(Input::Command(Command {
        kind: CommandKind::Kill { flatten: false },
        scope: Scope::Platform,
        actor: Text::new("bench"),
        reason: Text::new("measured"),
    }));
    let mut inputs = 1;
    while trial.cancels < ORDERS {
        let change = FeedChange::Gap;
        trial.input(Input::Feed(FeedEvent { feed: 0, change, detail: Text::EMPTY }));
        inputs += 1;
        if inputs > 2 * ORDERS / usize::from(MESSAGES_PER_ROUND) {
            return Err(format!("{} of {ORDERS} cancels after {inputs} inputs", trial.cancels));
        }
    }
    let since = |at: u64| trial.ticks.ns_between(begin, at);
    Ok((since(trial.first), since(trial.last), inputs))
}

/// The status of a working order that the broker tells of.
fn working(number: u64) -> Result<ExecutionReport, String> {
    let bot = BotId((number / ORDERS_PER_BOT) as u16);
    // The first inputs had no orders in truth; their numbers are free.
    let order = ClOrdId::new(1 + number % ORDERS_PER_BOT, bot, 0).ok_or("no such identity")?;
    Ok(ExecutionReport {
        route: Route::BROKER,
        msg_seq_num: 0,
        poss_dup: false,
        cl_ord_id: order,
        orig_cl_ord_id: ClOrdId::NONE,
        ord_status_req_id: 0,
        order_id: Text::new("B1"),
        exec_id: Text::EMPTY,
        exec_type: ExecType::OrderStatus,
        ord_status: OrdStatus::New,
        instrument: Some(InstrumentId(0)),
        side: Side::Buy,
        last_qty: 0,
        last_px: Price::NONE,
        leaves_qty: 1,
        cum_qty: 0,
        order_qty: 1,
        price: Price(20_000 * TICK.0),
        transact_time: BEGIN,
        reject_reason: 0,
        text: Text::EMPTY,
    })
}

fn definitions() -> Vec<Input> {
    let mut inputs = vec![instrument(InstrumentId(0), "ESH4"), account(AccountId(0), 100)];
    let bots = (0..BOTS_MAX as u16).map(BotId);
    inputs.extend(bots.map(|id| bot(id, AccountId(0), InstrumentId(0))));
    inputs.push(run_start());
    inputs
}
