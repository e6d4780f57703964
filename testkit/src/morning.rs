//! A morning of trading, as a stream of inputs with their effects and as a journal.

use gauntlet_journal::{Journal, JournalConfig, OpenedJournal};
use gauntlet_manager::chain::{Chain, NoProbe};
use gauntlet_manager::order_manager::FromOrders;
use gauntlet_model::effect::{Effect, MessageSent, OutboundKind, OutboundRecord};
use gauntlet_model::ids::{AccountId, BotId, ClOrdId, InstrumentId};
use gauntlet_model::input::{
    AccountDefinition, Archetype, BookAction, BotDefinition, Distance, EQUAL_WEIGHTS, ExecType,
    ExecutionReport, Exits, FeedChange, FeedEvent, Input, InstrumentDefinition, InstrumentLimits,
    OrdStatus, Quote, Route, RunStart, Sequenced, SessionChange, SessionEvent, SessionMode, Sizing,
    Stage, Timer, TopOfBook, flags,
};
use gauntlet_model::text::Text;
use gauntlet_model::units::{Money, NANOS_PER_SECOND, Price, UnixNanos};
use std::collections::VecDeque;
use std::path::Path;

/// One index point of the fixture's instrument.
pub const POINT: i64 = 1_000_000_000;
const TICK: Price = Price(POINT / 4);
/// Tuesday 2 January 2024, 09:30 in New York.
pub const OPEN: u64 = 1_704_205_800;

/// One input with all its effects.
#[derive(Clone, Debug)]
pub struct Step {
    /// The input.
    pub sequenced: Sequenced,
    /// What it caused, in order.
    pub effects: Vec<Effect>,
    /// What the broker session sent for it.
    pub sent: Vec<MessageSent>,
}

/// A broker session that takes every order and fills it at once, or never answers, and the stream so far.
pub struct Morning {
    chain: Chain,
    /// The stream so far.
    pub steps: Vec<Step>,
    /// Whether the broker answers.
    answers: bool,
    reports: VecDeque<Input>,
    /// The session's sequence numbers: in and out.
    numbers: (u64, u64),
}

impl Morning {
    /// The definitions and the start of a run, with the feed and the broker connected.
    pub fn begin() -> Morning {
        Morning::before(true)
    }

    fn before(answers: bool) -> Morning {
        let mut morning = Morning {
            chain: Chain::new(),
            steps: Vec::new(),
            answers,
            reports: VecDeque::new(),
            numbers: (0, 0),
        };
        for input in opening() {
            morning.input(OPEN - 1, input);
        }
        morning
    }

    /// The whole morning: a range, a break out of it upwards, and a fall through its other end.
    pub fn whole() -> Morning {
        let mut morning = Morning::begin();
        morning.trade(80 * 60);
        morning
    }

    /// The range and the break out of it, with a broker that never answers the orders.
    pub fn unanswered() -> Morning {
        let mut morning = Morning::before(false);
        morning.trade(35 * 60);
        let sent = morning.steps.iter().any(|step| !step.sent.is_empty());
        assert!(sent, "the morning has an order");
        morning
    }

    /// The market's first so many seconds.
    fn trade(&mut self, seconds: u64) {
        for second in (0..seconds).step_by(4) {
            let minute = second as i64 / 60;
            let swing = match minute {
                0..30 => minute % 4,
                30..50 => 3 + (minute - 29) * 4,
                _ => 80 - (minute - 49) * 8,
            };
            self.input(OPEN + second, quote(swing, OPEN + second));
            self.input(OPEN + second, Input::Timer(Timer { second: OPEN + second }));
        }
    }

    /// Takes in an input, and what the broker answers.
    pub fn input(&mut self, second: u64, input: Input) {
        self.step(second, input);
        while let Some(report) = self.reports.pop_front() {
            self.step(second, report);
        }
    }

    fn step(&mut self, second: u64, input: Input) {
        let time = UnixNanos(second * NANOS_PER_SECOND);
        let sequenced = Sequenced { seq: self.steps.len() as u64 + 1, time, input };
        let mut step = Step { sequenced, effects: Vec::new(), sent: Vec::new() };
        let Morning { chain, reports, numbers, answers, .. } = self;
        chain.on_input(&sequenced, 0, &mut NoProbe, &mut |message| match message {
            FromOrders::Effect(effect) => step.effects.push(effect),
            FromOrders::Send(outbound) => {
                let record = outbound.record();
                numbers.1 += 1;
                step.sent.push(MessageSent {
                    route: record.route,
                    msg_seq_num: numbers.1,
                    msg_type: Text::new("D"),
                    cl_ord_id: record.cl_ord_id,
                });
                if *answers {
                    answer(record, &mut numbers.0, reports);
                }
            }
            FromOrders::Input(_) | FromOrders::Market(_) => {}
        });
        self.steps.push(step);
    }

    /// How many effects there are.
    pub fn effects(&self) -> usize {
        self.steps.iter().map(|step| step.effects.len()).sum()
    }

    /// Writes the journal of the morning.
    pub fn write(&self, dir: &Path) {
        write(dir, &self.steps);
    }
}

/// Writes a journal of these steps.
pub fn write(dir: &Path, steps: &[Step]) {
    let mut journal = open(dir);
    for step in steps {
        append(&mut journal, step);
        if step.sequenced.seq.is_multiple_of(1_024) {
            journal.sync.do_work().expect("the journal syncs");
        }
    }
    journal.sync.finish().expect("the journal syncs");
}

/// A journal of small segments, open for writing.
pub fn open(dir: &Path) -> OpenedJournal {
    let config = JournalConfig { segment_bytes: 1 << 20, ..JournalConfig::default() };
    Journal::create_or_open(dir, &config).expect("the journal opens")
}

/// Appends a step to both streams.
pub fn append(journal: &mut OpenedJournal, step: &Step) {
    journal.inputs.append_input(&step.sequenced).expect("the input fits");
    append_effects(journal, step, step.effects.len());
}

/// Appends the first few effects of a step, and what it sent.
pub fn append_effects(journal: &mut OpenedJournal, step: &Step, count: usize) {
    let Sequenced { seq, time, .. } = step.sequenced;
    for (index, effect) in step.effects.iter().take(count).enumerate() {
        journal.effects.append_effect(seq, index as u32, time, effect).expect("the effect fits");
    }
    for sent in &step.sent {
        journal.effects.append_sent(seq, time, sent).expect("the message fits");
    }
}

/// The inputs at the head of a run.
pub fn opening() -> Vec<Input> {
    let mut opening = vec![
        Input::Instrument(InstrumentDefinition {
            instrument: InstrumentId(0),
            symbol: Text::new("ESH4"),
            product: Text::new("ES"),
            feed: 0,
            tick: TICK,
            multiplier: Money(50_000_000),
            limits: InstrumentLimits {
                max_order_qty: 10,
                max_position: 10,
                collar_ticks: 100,
                stale_after_ms: 5_000,
            },
        }),
        Input::Account(AccountDefinition {
            account: AccountId(0),
            name: Text::new("DEMO"),
            max_position: 10,
            messages_per_second: 100,
            cancel_headroom: 10,
        }),
    ];
    opening
        .extend([bot(0, "es-orb", Stage::Live), bot(1, "es-paper", Stage::Paper)].map(Input::Bot));
    opening.push(Input::RunStart(run_start(1)));
    opening.push(Input::Feed(FeedEvent {
        feed: 0,
        change: FeedChange::Connected,
        detail: Text::EMPTY,
    }));
    opening.push(Input::Session(SessionEvent {
        route: Route::BROKER,
        change: SessionChange::LoggedOn,
        msg_seq_num: 1,
        reset: true,
        cl_ord_id: ClOrdId::NONE,
        detail: Text::EMPTY,
    }));
    opening
}

/// The start of a run.
pub fn run_start(run: u32) -> RunStart {
    RunStart {
        epoch: 1,
        run,
        config_hash: [1; 32],
        binary_hash: [2; 32],
        version: Text::new("0.1.0"),
        self_test_passed: true,
    }
}

/// A bot that trades the opening range.
pub fn bot(index: u16, name: &str, stage: Stage) -> BotDefinition {
    BotDefinition {
        bot: BotId(index),
        name: Text::new(name),
        enabled: true,
        account: AccountId(0),
        instrument: InstrumentId(0),
        archetype: Archetype::OrbBreakout,
        stage,
        session: SessionMode::RthUs,
        order_qty: 2,
        bars: None,
        rule_parts: 0,
        sizing: Sizing::Fixed,
        weights: EQUAL_WEIGHTS,
        exits: Exits {
            stop_loss: Distance::Ticks(20),
            take_profit: Distance::Ticks(40),
            ..Exits::NONE
        },
        max_order_qty: 2,
        max_position: 2,
        stage_cap: 2,
        parameters: [f64::NAN; 8],
        broker: Route::BROKER,
        fallback: false,
    }
}

/// A trade at so many ticks from 5,000, and the quote after it.
pub fn quote(ticks: i64, second: u64) -> Input {
    let last = Price(5_000 * POINT).offset_ticks(ticks, TICK);
    let top = TopOfBook { bid: last.offset_ticks(-1, TICK), ask: last, bid_size: 9, ask_size: 8 };
    Input::Quote(Quote {
        instrument: InstrumentId(0),
        action: BookAction::Trade,
        side: None,
        flags: flags::LAST,
        price: last,
        size: 1,
        top,
        ts_event: UnixNanos(second * NANOS_PER_SECOND),
        sequence: second as u32,
    })
}

fn answer(sent: &OutboundRecord, number: &mut u64, reports: &mut VecDeque<Input>) {
    let new = [(ExecType::New, OrdStatus::New), (ExecType::Trade, OrdStatus::Filled)];
    let cancel = [(ExecType::Canceled, OrdStatus::Canceled)];
    let answers: &[_] = if sent.kind == OutboundKind::New { &new } else { &cancel };
    for (exec_type, ord_status) in answers {
        *number = (*number).max(1) + 1;
        let filled = if *exec_type == ExecType::Trade { sent.qty } else { 0 };
        reports.push_back(Input::Execution(ExecutionReport {
            route: sent.route,
            msg_seq_num: if sent.route == Route::BROKER { *number } else { 0 },
            poss_dup: false,
            cl_ord_id: sent.cl_ord_id,
            orig_cl_ord_id: ClOrdId::NONE,
            ord_status_req_id: 0,
            order_id: Text::new("B1"),
            exec_id: Text::new(&format!("E{number}")),
            exec_type: *exec_type,
            ord_status: *ord_status,
            instrument: Some(sent.instrument),
            side: sent.side,
            last_qty: filled,
            last_px: if filled > 0 { sent.price } else { Price::NONE },
            leaves_qty: sent.qty - filled,
            cum_qty: filled,
            order_qty: sent.qty,
            price: sent.price,
            transact_time: UnixNanos(0),
            reject_reason: 0,
            text: Text::EMPTY,
        }));
    }
}
