//! A morning of trading in a journal, and `ctl` as a child process.

use gauntlet_journal::{Journal, JournalConfig, OpenedJournal};
use gauntlet_manager::chain::{Chain, NoProbe};
use gauntlet_manager::order_manager::FromOrders;
use gauntlet_model::effect::{Effect, MessageSent};
use gauntlet_model::ids::{AccountId, BotId, ClOrdId, InstrumentId};
use gauntlet_model::input::{
    AccountDefinition, Archetype, BookAction, BotDefinition, Distance, EQUAL_WEIGHTS, Exits,
    FeedChange, FeedEvent, Input, InstrumentDefinition, InstrumentLimits, Protection, Quote, Route,
    RunStart, Sequenced, SessionChange, SessionEvent, SessionMode, Sizing, Stage, Timer, TopOfBook,
    flags,
};
use gauntlet_model::text::Text;
use gauntlet_model::units::{Money, NANOS_PER_SECOND, PRICE_SCALE, Price, UnixNanos};
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

const TICK: Price = Price(PRICE_SCALE / 4);
/// Tuesday 2 January 2024, 09:30 in New York.
const OPEN: u64 = 1_704_205_800;

/// One input with its effects and the messages sent on it.
pub struct Step {
    pub sequenced: Sequenced,
    pub effects: Vec<Effect>,
    pub sent: Vec<MessageSent>,
}

/// A bot sees its opening range broken and sends an order, which nobody answers.
pub fn morning() -> Vec<Step> {
    let mut chain = Chain::new();
    let mut steps: Vec<Step> = Vec::new();
    let mut numbers = 0;
    for (second, input) in inputs() {
        let time = UnixNanos(second * NANOS_PER_SECOND);
        let sequenced = Sequenced { seq: steps.len() as u64 + 1, time, input };
        let mut step = Step { sequenced, effects: Vec::new(), sent: Vec::new() };
        chain.on_input(&sequenced, 0, &mut NoProbe, &mut |message| match message {
            FromOrders::Effect(effect) => step.effects.push(effect),
            FromOrders::Send(outbound) => {
                numbers += 1;
                let record = outbound.record();
                step.sent.push(MessageSent {
                    route: record.route,
                    msg_seq_num: numbers,
                    msg_type: Text::new("D"),
                    cl_ord_id: record.cl_ord_id,
                });
            }
            FromOrders::Input(_) | FromOrders::Market(_) => {}
        });
        steps.push(step);
    }
    assert!(steps.iter().any(|step| !step.sent.is_empty()), "the morning has an order");
    steps
}

fn inputs() -> Vec<(u64, Input)> {
    let mut inputs: Vec<(u64, Input)> =
        definitions().into_iter().map(|input| (OPEN - 1, input)).collect();
    for second in (0..2_100_u64).step_by(5) {
        let minute = (second / 60) as i64;
        let swing = if minute < 30 { minute % 4 } else { 3 + (minute - 29) * 4 };
        inputs.push((OPEN + second, quote(swing, OPEN + second)));
        inputs.push((OPEN + second, Input::Timer(Timer { second: OPEN + second })));
    }
    inputs
}

fn definitions() -> [Input; 6] {
    [
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
                stale_after_ms: 60_000,
            },
        }),
        Input::Account(AccountDefinition {
            account: AccountId(0),
            name: Text::new("DEMO"),
            max_position: 10,
            messages_per_second: 100,
            cancel_headroom: 10,
        }),
        Input::Bot(BotDefinition {
            bot: BotId(0),
            name: Text::new("es-orb"),
            enabled: true,
            account: AccountId(0),
            instrument: InstrumentId(0),
            archetype: Archetype::OrbBreakout,
            stage: Stage::Live,
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
            protection: Protection::NONE,
        }),
        Input::RunStart(RunStart {
            epoch: 1,
            run: 1,
            config_hash: [1; 32],
            binary_hash: [2; 32],
            version: Text::new("0.1.0"),
            self_test_passed: true,
        }),
        Input::Feed(FeedEvent { feed: 0, change: FeedChange::Connected, detail: Text::EMPTY }),
        Input::Session(SessionEvent {
            route: Route::BROKER,
            change: SessionChange::LoggedOn,
            msg_seq_num: 1,
            reset: true,
            cl_ord_id: ClOrdId::NONE,
            detail: Text::EMPTY,
        }),
    ]
}

/// A trade at so many ticks from 5,000, and the quote after it.
fn quote(ticks: i64, second: u64) -> Input {
    let last = Price(5_000 * PRICE_SCALE).offset_ticks(ticks, TICK);
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

/// Opens the journal in `dir` for writing.
pub fn open(dir: &Path) -> OpenedJournal {
    let config = JournalConfig { segment_bytes: 1 << 20, ..JournalConfig::default() };
    Journal::create_or_open(dir, &config).expect("the journal opens")
}

/// Appends a step to both streams.
pub fn append(journal: &mut OpenedJournal, step: &Step) {
    let Sequenced { seq, time, .. } = step.sequenced;
    journal.inputs.append_input(&step.sequenced).expect("the input fits");
    for (index, effect) in step.effects.iter().enumerate() {
        journal.effects.append_effect(seq, index as u32, time, effect).expect("the effect fits");
    }
    for sent in &step.sent {
        journal.effects.append_sent(seq, time, sent).expect("the message fits");
    }
}

/// Writes a whole journal.
pub fn write(dir: &Path, steps: &[Step]) {
    let mut journal = open(dir);
    steps.iter().for_each(|step| append(&mut journal, step));
    journal.sync.finish().expect("the journal syncs");
}

/// `ctl` with these arguments, in a folder where nothing is: no test may meet a node that happens to
/// run.
pub fn ctl<S: AsRef<std::ffi::OsStr>>(args: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ctl"));
    command.args(args).env_remove("GAUNTLET_DATA").env("USER", "ann");
    command.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src"));
    command
}

/// What came of a run of `ctl`.
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Ran {
    /// The answer.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self}"))
    }
}

impl std::fmt::Display for Ran {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "exit {}\n{}\n{}", self.code, self.out, self.err)
    }
}

/// Runs `ctl` to its end.
pub fn run<S: AsRef<std::ffi::OsStr>>(args: impl IntoIterator<Item = S>) -> Ran {
    let Output { status, stdout, stderr } = ctl(args).output().expect("ctl runs");
    Ran {
        code: status.code().expect("ctl ends by itself"),
        out: String::from_utf8(stdout).expect("UTF-8"),
        err: String::from_utf8(stderr).expect("UTF-8"),
    }
}

/// A recorded file of CME's as an argument; `None` where it is meant to be missing.
#[track_caller]
pub fn recorded(name: &str) -> Option<String> {
    let path = gauntlet_testkit::recorded(&format!("cme/{name}"))?;
    Some(path.to_str().expect("UTF-8").to_owned())
}

/// A path as an argument.
pub fn arg(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}
