//! The risk gate: from a bot's wish to the approved order, with as many bots as there can be.
//!
//! 256 bots on four instruments for four accounts want a contract each, one after the other, and then none.
//! The clock covers risk's whole answer to one wish, planning, every check and the counting of the
//! approved order, without what comes before (rules) or after (the order manager, the journal). Of every second
//! turn the checks alone are timed: the same orders are held against all of them once more, and nothing else is
//! done. Every order
//! is filled between two turns of the clock, where market data and time move on as well. One reading covers
//! 64 wishes, or the timer of one second with every bot in a position; figures are medians of rounds. A round in which others had much of
//! the core is run again (see [`gauntlet_benches::quiet`]).

#![forbid(unsafe_code)]

use gauntlet_benches::definitions::{BEGIN, TICK, account, bot, instrument, run_start, session};
use gauntlet_benches::machine::Machine;
use gauntlet_benches::options::Options;
use gauntlet_benches::quiet::undisturbed;
use gauntlet_benches::report::{median, print_table};
use gauntlet_engine::message::{Arrival, ToOrders, ToRisk};
use gauntlet_engine::risk::{RATE_MAX, Risk};
use gauntlet_model::effect::{Intent, IntentReason, Urgency};
use gauntlet_model::ids::{AccountId, BOTS_MAX, BotId, ClOrdId, InstrumentId};
use gauntlet_model::input::{
    BookAction, ContractTerms, ExecType, ExecutionReport, FeedChange, FeedEvent, Input, OrdStatus,
    Quote, RiskLimits, Scope, Sequenced, SessionChange, Timer, TopOfBook, TradingState, flags,
};
use gauntlet_model::market_view::MarketView;
use gauntlet_model::order::OrderRequest;
use gauntlet_model::text::Text;
use gauntlet_model::units::{Money, NANOS_PER_SECOND, Price, UnixNanos};
use gauntlet_runtime::clock::TickClock;
use gauntlet_runtime::layout::{allowed_cores, pin_to};
use serde::Serialize;
use std::process::ExitCode;

const SYMBOLS: [&str; 4] = ["ESH4", "NQH4", "RTYH4", "YMH4"];
const ACCOUNTS: u16 = 4;
/// Wishes that one reading of the clock covers.
const PER_READING: usize = 64;

#[derive(Serialize)]
struct Figures {
    machine: Machine,
    bots: usize,
    rounds: usize,
    rounds_disturbed: usize,
    entry_ns: f64,
    exit_ns: f64,
    entry_checks_ns: f64,
    exit_checks_ns: f64,
    timer_ns: f64,
}

/// Picoseconds a wish, of one round.
#[derive(Clone, Copy, Default)]
struct Turn {
    entry_ps: u64,
    exit_ps: u64,
    entry_checks_ps: u64,
    exit_checks_ps: u64,
    timer_ps: u64,
}

fn main() -> ExitCode {
    match run(&Options::from_args(std::env::args().skip(1))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("gate: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), String> {
    let (rounds, passes) = if options.quick { (1, 4) } else { (9, 800) };
    let patience = options.patience()?;
    let machine = Machine::here();
    if let Some(core) = allowed_cores().last() {
        pin_to(*core);
    }
    let mut done = Vec::new();
    for _ in 0..rounds {
        // Each begins on its own day: time moves on in it, and sessions end.
        done.push(undisturbed(patience, || {
            let mut trial = Trial::new();
            trial.round(4)?;
            trial.round(passes)
        })?);
    }
    let middle = |of: fn(&Turn) -> u64| {
        let all: Vec<u64> = done.iter().map(|round| of(&round.figures)).collect();
        median(all) as f64 / 1_000.0
    };
    let figures = Figures {
        machine,
        bots: BOTS_MAX,
        rounds,
        rounds_disturbed: done.iter().filter(|round| round.is_disturbed()).count(),
        entry_ns: middle(|turn| turn.entry_ps),
        exit_ns: middle(|turn| turn.exit_ps),
        entry_checks_ns: middle(|turn| turn.entry_checks_ps),
        exit_checks_ns: middle(|turn| turn.exit_checks_ps),
        timer_ns: middle(|turn| turn.timer_ps),
    };
    if options.json {
        let json = serde_json::to_string_pretty(&figures).map_err(|error| error.to_string())?;
        println!("{json}");
        return Ok(());
    }
    println!("gate: {}", figures.machine);
    println!("{rounds} rounds ({} disturbed) of {passes} passes\n", figures.rounds_disturbed);
    let row = |what: &str, ns: f64| vec![what.to_owned(), format!("{ns:.0} ns")];
    print_table(
        &["256 bots", "each"],
        &[
            row("entry approved", figures.entry_ns),
            row("exit approved", figures.exit_ns),
            row("all checks of an entry", figures.entry_checks_ns),
            row("all checks of an exit", figures.exit_checks_ns),
            row("a second's timer, all in a position", figures.timer_ns),
        ],
    );
    Ok(())
}

/// A risk stage with everything defined, and the stream so far.
struct Trial {
    risk: Risk,
    seq: u64,
    now: UnixNanos,
    execution: u64,
    ticks: TickClock,
    approved: Vec<OrderRequest>,
    /// What was approved last: to enter, and to leave.
    last: [Vec<OrderRequest>; 2],
}

impl Trial {
    fn new() -> Trial {
        let mut trial = Trial {
            risk: Risk::new(),
            seq: 0,
            now: BEGIN,
            execution: 0,
            ticks: TickClock::new(),
            approved: Vec::with_capacity(BOTS_MAX),
            last: [const { Vec::new() }; 2],
        };
        definitions().into_iter().for_each(|input| trial.input(input));
        trial
    }

    fn input(&mut self, input: Input) {
        self.seq += 1;
        let sequenced = Sequenced { seq: self.seq, time: self.now, input };
        let owned = matches!(input, Input::Execution(_));
        let arrival = Arrival { sequenced: &sequenced, fresh: true, owned, arrived: 0 };
        self.risk.on(&ToRisk::Input(arrival), &mut |_| {});
    }

    /// Time and every market move on.
    fn market(&mut self) {
        self.now = self.now.plus(2 * NANOS_PER_SECOND);
        for index in 0..SYMBOLS.len() as u16 {
            let instrument = InstrumentId(index);
            let at = |ticks: i64| Price(ticks * TICK.0);
            let top = TopOfBook { bid: at(20_000), ask: at(20_001), bid_size: 10, ask_size: 10 };
            self.input(Input::Quote(Quote {
                instrument,
                action: BookAction::Add,
                side: None,
                flags: flags::LAST,
                price: top.bid,
                size: 1,
                top,
                ts_event: self.now,
                sequence: 1,
            }));
            let view = MarketView {
                instrument,
                top,
                last: at(20_000),
                gapped: false,
                live: true,
                state: TradingState::Open,
                book_full: false,
            };
            self.risk.on(&ToRisk::Market(view), &mut |_| {});
        }
    }

    /// Every bot wants so many contracts; how long the answers took in picoseconds each.
    fn wishes(&mut self, target: i32, reason: IntentReason) -> Result<u64, String> {
        self.market();
        self.approved.clear();
        let mut nanos = 0;
        for from in (0..BOTS_MAX as u16).step_by(PER_READING) {
            // Approvals of one input are numbered, and there are only so many numbers.
            let change = FeedChange::Connected;
            self.input(Input::Feed(FeedEvent { feed: 0, change, detail: Text::EMPTY }));
            nanos += self.read(from, target, reason);
        }
        let approved = std::mem::take(&mut self.approved);
        if approved.len() != BOTS_MAX {
            let refused = self.risk.counters().rejects;
            return Err(format!(
                "{} of {BOTS_MAX} wishes for {target} were approved: {refused:?}",
                approved.len()
            ));
        }
        approved.iter().for_each(|request| self.fill(request));
        self.last[usize::from(target == 0)].clone_from(&approved);
        self.approved = approved;
        Ok(nanos * 1_000 / BOTS_MAX as u64)
    }

    /// Picoseconds that all checks of one order take, of those that were approved last.
    fn checks(&mut self, reducing: bool) -> Result<u64, String> {
        self.market();
        let Trial { risk, last, ticks, .. } = self;
        let mut nanos = 0;
        for requests in last[usize::from(reducing)].chunks(PER_READING) {
            let begin = ticks.raw();
            let refused = requests.iter().find_map(|one| risk.would_pass(one, reducing).err());
            nanos += ticks.ns_between(begin, ticks.raw());
            if let Some((code, limit, value)) = refused {
                return Err(format!("{} would refuse: limit {limit}, value {value}", code.name()));
            }
        }
        Ok(nanos * 1_000 / BOTS_MAX as u64)
    }

    /// One reading of the clock: nanoseconds that risk took for the wishes of some bots.
    fn read(&mut self, from: u16, target: i32, reason: IntentReason) -> u64 {
        let Trial { risk, approved, ticks, .. } = self;
        let begin = ticks.raw();
        for bot in (from..from + PER_READING as u16).map(BotId) {
            let urgency = Urgency::Aggressive;
            let intent = Intent { bot, target, urgency, reason, score: 0.5 };
            risk.on(&ToRisk::Intent(intent), &mut |message| {
                if let ToOrders::Approved(request) = message {
                    approved.push(*request.get());
                }
            });
        }
        ticks.ns_between(begin, ticks.raw())
    }

    /// A second goes by: picoseconds that risk took for it.
    fn timer(&mut self) -> u64 {
        self.now = self.now.plus(NANOS_PER_SECOND);
        let begin = self.ticks.raw();
        self.input(Input::Timer(Timer { second: self.now.0 / NANOS_PER_SECOND }));
        self.ticks.ns_between(begin, self.ticks.raw()) * 1_000
    }

    fn fill(&mut self, request: &OrderRequest) {
        self.execution += 1;
        self.input(Input::Execution(ExecutionReport {
            route: request.route,
            msg_seq_num: 0,
            poss_dup: false,
            cl_ord_id: request.cl_ord_id,
            orig_cl_ord_id: ClOrdId::NONE,
            ord_status_req_id: 0,
            order_id: Text::new("B1"),
            exec_id: Text::new(&format!("E{}", self.execution)),
            exec_type: ExecType::Trade,
            ord_status: OrdStatus::Filled,
            instrument: Some(request.instrument),
            side: request.side,
            last_qty: request.qty,
            last_px: request.price,
            leaves_qty: 0,
            cum_qty: request.qty,
            order_qty: request.qty,
            price: request.price,
            transact_time: self.now,
            reject_reason: 0,
            text: Text::EMPTY,
        }));
    }

    fn round(&mut self, passes: u64) -> Result<Turn, String> {
        let mut turn = Turn::default();
        self.wishes(1, IntentReason::Signal)?;
        self.wishes(0, IntentReason::TakeProfit)?;
        // The checks alone have turns of their own: they would bring near what a wish waits for.
        for _ in 0..passes / 2 {
            turn.entry_ps += self.wishes(1, IntentReason::Signal)?;
            turn.timer_ps += self.timer();
            turn.exit_ps += self.wishes(0, IntentReason::TakeProfit)?;
            turn.entry_checks_ps += self.checks(false)?;
            self.wishes(1, IntentReason::Signal)?;
            turn.exit_checks_ps += self.checks(true)?;
            self.wishes(0, IntentReason::TakeProfit)?;
        }
        let turns = passes / 2;
        for sum in [
            &mut turn.entry_ps,
            &mut turn.exit_ps,
            &mut turn.timer_ps,
            &mut turn.entry_checks_ps,
            &mut turn.exit_checks_ps,
        ] {
            *sum /= turns;
        }
        Ok(turn)
    }
}

fn definitions() -> Vec<Input> {
    let symbols = SYMBOLS.iter().enumerate();
    let mut inputs: Vec<Input> =
        symbols.map(|(index, symbol)| instrument(InstrumentId(index as u16), symbol)).collect();
    inputs.extend((0..ACCOUNTS).map(|id| account(AccountId(id), RATE_MAX as u32)));
    let instruments = SYMBOLS.len() as u16;
    inputs.extend((0..BOTS_MAX as u16).map(|id| {
        bot(BotId(id), AccountId(id / instruments % ACCOUNTS), InstrumentId(id % instruments))
    }));
    inputs.push(run_start());
    inputs.extend(limits());
    inputs.push(session(SessionChange::LoggedOn));
    inputs
}

/// Every control in force: margins, losses, repeats and values are looked at.
fn limits() -> Vec<Input> {
    let mut inputs: Vec<Input> = (0..SYMBOLS.len() as u16)
        .map(|instrument| {
            Input::ContractTerms(ContractTerms {
                instrument: InstrumentId(instrument),
                initial_margin: Money(10_000_000_000),
                ..ContractTerms::none(InstrumentId(instrument))
            })
        })
        .collect();
    inputs.push(Input::RiskLimits(RiskLimits {
        max_position: 100_000,
        max_order_value: Money(1_000_000_000_000_000),
        duplicate_window_ms: 1_000,
        max_executions: 64,
        executions_window_ms: 60_000,
        max_daily_loss: Money(i64::MAX),
        margin_percent: 100,
        ..RiskLimits::none(Scope::Platform)
    }));
    inputs.extend((0..ACCOUNTS).map(|account| {
        Input::RiskLimits(RiskLimits {
            equity: Money(1_000_000_000_000_000_000),
            ..RiskLimits::none(Scope::Account(AccountId(account)))
        })
    }));
    inputs
}
