//! The control plane's answers as programs see them: JSON of these types is what HTTP, `ctl --json`
//! and `gauntlet replay --json` give.
//!
//! Prices are in whole units (index points, dollars a barrel), money in dollars, times RFC 3339 in
//! UTC on the stream's clock. What is not known is `null`, never zero.

pub mod explain;
mod fix;

pub use fix::{FixAdapter, FixLive, FixMessage, FixSession, FixWord};

use crate::counters::CountersSnapshot;
use gauntlet_model::input::{Archetype, SessionMode, Stage};
use gauntlet_runtime::latency::LatencySummary;
use serde::{Deserialize, Serialize};

/// Whether the platform trades, and if not, why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlatformState {
    /// No run has started.
    NotStarted,
    /// The risk self-test failed: nothing trades.
    SelfTestFailed,
    /// The configuration changed and nobody accepted it: nothing trades.
    ConfigurationChanged,
    /// A kill of the whole platform is in force.
    Killed,
    /// An orderly stop was asked for.
    Stopping,
    /// No process runs this node: what is told of it is the end of its journal.
    NotRunning,
    /// The node's process is there, and something of it stands still or cannot go on.
    Unwell,
    /// A broker that bots trade at is not logged on.
    BrokerDown,
    /// No market data flows.
    FeedDown,
    /// The machine's clock and the exchange's do not agree.
    ClockWrong,
    /// It can trade: brokers logged on, market data flowing, nothing killed as a whole, clock right.
    Trading,
}

impl PlatformState {
    /// The state in words.
    pub fn name(self) -> &'static str {
        match self {
            PlatformState::NotStarted => "not started",
            PlatformState::SelfTestFailed => "self-test failed",
            PlatformState::ConfigurationChanged => "configuration changed",
            PlatformState::Killed => "killed",
            PlatformState::Stopping => "stopping",
            PlatformState::NotRunning => "not running",
            PlatformState::Unwell => "unwell",
            PlatformState::BrokerDown => "broker not logged on",
            PlatformState::FeedDown => "no market data",
            PlatformState::ClockWrong => "clock wrong",
            PlatformState::Trading => "trading",
        }
    }
}

/// How much of a table of bounded size is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableUse {
    /// Entries that there are.
    pub used: u32,
    /// Entries that there may be.
    pub most: u32,
}

/// The platform in brief.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// Whether the node's process runs. All else is the past when it does not.
    #[serde(default)]
    pub running: bool,
    /// What this node is called.
    pub title: String,
    /// Whether it can trade, or the first reason why not.
    pub state: PlatformState,
    /// Why it cannot trade, the most decisive first; empty when it can.
    #[serde(default)]
    pub reasons: Vec<String>,
    /// The run in progress, or the last one.
    pub run: Option<Run>,
    /// The last input's number.
    pub seq: u64,
    /// The last input's time.
    pub time: Option<String>,
    /// Market-data feeds.
    pub feeds: Vec<Feed>,
    /// The brokers' sessions, as the stream last told.
    pub brokers: Vec<BrokerSession>,
    /// The sessions on which brokers copy their reports, those that are configured.
    #[serde(default)]
    pub drop_copies: Vec<DropCopy>,
    /// Kills in force.
    pub kills: Vec<Kill>,
    /// What is in doubt: nothing opens there until it is reconciled.
    #[serde(default)]
    pub doubts: Vec<Doubt>,
    /// What was compared with each broker's own lists last.
    #[serde(default)]
    pub compared: Vec<Compared>,
    /// What differs from the brokers' own lists.
    #[serde(default)]
    pub breaks: Vec<Break>,
    /// Breakers that are open: nothing opens in their scopes until a person resets them.
    #[serde(default)]
    pub breakers: Vec<Breaker>,
    /// The last stress run that the data folder has a record of (R29), in words; `null` from the API, which
    /// does not read it.
    #[serde(default)]
    pub last_stress: Option<String>,
    /// What people and risk changed of the limits, or asked for.
    #[serde(default)]
    pub limit_changes: Vec<ChangedLimit>,
    /// Losses that let somebody do less than trade.
    #[serde(default)]
    pub losses: Vec<LossInForce>,
    /// Profit and loss by route.
    pub pnl: Vec<RoutePnl>,
    /// What was counted over the whole journal.
    pub counts: Counts,
    /// The state of each instrument's market data.
    #[serde(default)]
    pub markets: Vec<MarketHealth>,
    /// Bots whose rules have not seen enough bars yet to say anything, such as of a contract that was joined
    /// in the middle of a session, whose past cannot be asked for any more.
    #[serde(default)]
    pub warming: Vec<String>,
    /// Instruments that are defined, and how many there may be: contracts come with each roll and none goes.
    #[serde(default)]
    pub instruments: TableUse,
    /// Refusals by code, most frequent first.
    pub rejects_by_code: Vec<RejectCount>,
    /// How far the reading of the journal is.
    pub journal: JournalStatus,
    /// The running node's own counters; absent when the answer comes from the journal alone.
    pub node: Option<CountersSnapshot>,
}

/// The state of an instrument's market data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MarketHealth {
    /// The exchange's symbol.
    pub symbol: String,
    /// Why orders are blocked in it; empty when they are not.
    pub blocks: Vec<String>,
    /// How often each fault came that came at all.
    pub faults: Vec<Tally>,
    /// Records that were odd in some way, by way; those of which there were none are left out.
    pub oddities: Vec<Tally>,
}

/// What an account holds in an instrument is not known for sure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Doubt {
    /// Whose.
    pub account: String,
    /// In what.
    pub symbol: String,
    /// By which broker, or which simulator.
    pub route: String,
    /// Why, in one word.
    pub cause: String,
    /// Why, for people.
    pub text: String,
    /// The one order that it is about, whose broker settles it by a word that agrees with ours; `null`
    /// when only a person can.
    pub order: Option<String>,
    /// Contracts that the broker told of and that are booked nowhere, signed.
    pub contracts: i64,
    /// Since when.
    pub since: String,
    /// The input that brought it about.
    pub seq: u64,
}

/// Messages were refused in a row: nothing opens in a scope until a person resets it (`ctl risk reset`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breaker {
    /// `account:NAME` or `bot:NAME`.
    pub scope: String,
    /// Why it tripped, by name.
    pub cause: String,
    /// The same in words.
    pub text: String,
    /// Refusals that made it trip.
    pub count: u32,
    /// At how many it trips.
    pub limit: u32,
    /// Since when.
    pub since: String,
    /// The input that made it trip.
    pub seq: u64,
}

/// A comparison with a broker's own list of orders or positions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compared {
    /// Whose list.
    pub broker: String,
    /// Of what: `orders`, `positions` or `cash`.
    pub what: String,
    /// Of which account; `null` for all of the session's.
    pub account: Option<String>,
    /// How it ended: `agrees`, `differs`, `refused` (it gives no such list) or `silent`.
    pub outcome: String,
    /// Lines of the list.
    pub lines: u32,
    /// Differences that it showed.
    pub breaks: u32,
    /// When it ended.
    pub at: String,
    /// The input that ended it.
    pub seq: u64,
}

/// Our word and a broker's differ in something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Break {
    /// Whose word.
    pub broker: String,
    /// In which account; `null` when it is none of ours.
    pub account: Option<String>,
    /// In what.
    pub symbol: String,
    /// In what they differ, in one word.
    pub class: String,
    /// The same, for people.
    pub text: String,
    /// What settles it.
    pub remedy: String,
    /// Our order that it is about.
    pub order: Option<String>,
    /// The broker's identity of the order that it is about.
    pub broker_order: Option<String>,
    /// What it is by us.
    pub ours: String,
    /// What it is by the broker.
    pub theirs: String,
    /// Since when.
    pub since: String,
    /// The input that showed it first.
    pub seq: u64,
}

/// How often something happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// What.
    pub what: String,
    /// How often.
    pub count: u64,
}

/// A run of the platform.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Seconds since the epoch when the journal was made.
    pub epoch: u64,
    /// Its number, from 1.
    pub run: u32,
    /// When it began.
    pub since: String,
    /// The program's version.
    pub version: String,
    /// SHA-256 of the configuration.
    pub config_hash: String,
    /// SHA-256 of the program.
    pub binary_hash: String,
    /// Whether the risk self-test passed.
    pub self_test_passed: bool,
}

/// A market-data feed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Feed {
    /// Its place in the configuration.
    pub feed: u8,
    /// `connected`, `disconnected`, `gap`, `stale` or `ended`.
    pub state: String,
    /// Since when.
    pub since: String,
    /// Why.
    pub detail: String,
}

/// A broker's session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BrokerSession {
    /// The broker's name in the configuration; `broker` without one.
    pub name: String,
    /// `logged_on`, `logged_out`, `disconnected` or, before its first word in a run, `not_connected`.
    pub state: String,
    /// Since when; `None` before its first word in a run.
    pub since: Option<String>,
    /// Why.
    pub detail: String,
    /// Orders there that work on unseen while the session is down: it cancels them not.
    #[serde(default)]
    pub orders_working_on: u32,
    /// Orders there that it cancels when a session ends, in doubt until it is asked after the next logon.
    #[serde(default)]
    pub orders_in_doubt: u32,
}

/// A broker's drop copy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DropCopy {
    /// The broker's name in the configuration; `broker` without one.
    pub broker: String,
    /// `logged_on`, `logged_out`, `disconnected` or, before its first word in a run, `not_connected`.
    pub state: String,
    /// Since when; `null` before its first word in a run.
    pub since: Option<String>,
    /// Why.
    pub detail: String,
    /// Whether nothing opens by the broker while it is down.
    pub required: bool,
    /// Seconds that it and the order session may be apart.
    pub within_seconds: u32,
    /// Reports that it told in this run.
    pub reports: u64,
    /// When the last came.
    pub last_report: Option<String>,
}

/// A kill in force.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Kill {
    /// `platform`, `account:NAME`, `bot:NAME` or `instrument:SYMBOL`.
    pub scope: String,
    /// Whether positions are closed too.
    pub flatten: bool,
    /// Whether exits stop too.
    #[serde(default)]
    pub frozen: bool,
    /// Who.
    pub actor: String,
    /// Why.
    pub reason: String,
    /// Since when.
    pub since: String,
    /// The number of the input that set it.
    pub seq: u64,
    /// Working orders that it cancelled.
    pub orders: u32,
}

/// Profit and loss of the bots of one route. Money of brokers' routes is real; that of the others is
/// simulated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RoutePnl {
    /// The broker's name, `paper` or `shadow`.
    pub route: String,
    /// Whether it is a broker's.
    pub real: bool,
    /// Taken, before commissions.
    pub realized: f64,
    /// What closing everything at the last marks would take.
    pub unrealized: f64,
    /// Open positions that have no mark and so are missing from `unrealized`.
    pub unmarked: u32,
}

/// What was counted over the whole journal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Inputs.
    pub inputs: u64,
    /// Market-data inputs among them.
    pub market_data: u64,
    /// Effects.
    pub effects: u64,
    /// Finished bars.
    pub bars: u64,
    /// Signals.
    pub signals: u64,
    /// Intents.
    pub intents: u64,
    /// Orders that risk refused.
    pub rejects: u64,
    /// New orders sent.
    pub orders: u64,
    /// Replaces sent.
    pub replaces: u64,
    /// Cancels sent.
    pub cancels: u64,
    /// Questions about orders sent.
    pub status_requests: u64,
    /// Orders that were acknowledged.
    pub acks: u64,
    /// Fills.
    pub fills: u64,
    /// Contracts filled.
    pub contracts: u64,
    /// Orders that ended filled.
    pub orders_filled: u64,
    /// Orders that ended cancelled.
    pub orders_canceled: u64,
    /// Orders that the broker refused.
    pub orders_rejected: u64,
    /// Orders that expired.
    pub orders_expired: u64,
    /// Cancels and replaces that the broker refused.
    pub cancel_rejects: u64,
    /// Alerts.
    pub alerts: u64,
    /// Messages of broker sessions sent, session messages included.
    pub messages_sent: u64,
}

/// How often risk refused for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectCount {
    /// Why.
    pub code: String,
    /// How often.
    pub count: u64,
}

/// The limits, what is used of them, and what was refused.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Risk {
    /// The limits in force, by layer: platform, accounts, instruments, bots.
    pub limits: Vec<RiskLimit>,
    /// What people changed of them, or asked for.
    #[serde(default)]
    pub changes: Vec<ChangedLimit>,
    /// What is used of those that are used up, as the core told within the last minute of its stream.
    pub usage: Vec<RiskUse>,
    /// Losses that let somebody do less than trade.
    pub losses: Vec<LossInForce>,
    /// Breakers that are open.
    #[serde(default)]
    pub breakers: Vec<Breaker>,
    /// Refusals by code, most frequent first.
    pub rejects_by_code: Vec<RejectCount>,
    /// The last refusals, newest first.
    pub rejects: Vec<Reject>,
}

/// A limit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RiskLimit {
    /// The control that it is of, such as `R2`.
    pub control: String,
    /// Whose: `platform`, `account:NAME`, `bot:NAME` or `instrument:SYMBOL`.
    pub scope: String,
    /// Its name in the configuration.
    pub limit: String,
    /// Its value; `null` where it is a list.
    pub value: Option<f64>,
    /// The unit of its value.
    pub unit: String,
    /// What may be opened, where it is a list.
    #[serde(default)]
    pub list: Vec<String>,
}

/// A limit that people changed, or asked to have changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChangedLimit {
    /// Whose.
    pub scope: String,
    /// Which, by its name in the configuration.
    pub limit: String,
    /// `asked`, `raised` or `lowered`.
    pub state: String,
    /// What it is to be, or is: contracts, orders or dollars.
    pub value: String,
    /// When it ends by itself.
    pub until: Option<String>,
    /// Who asked for it or set it.
    pub actor: String,
    /// Who allowed it.
    pub approver: String,
    /// Why.
    pub reason: String,
}

/// What is used of a limit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RiskUse {
    /// The control.
    pub control: String,
    /// Whose.
    pub scope: String,
    /// Where: at brokers, or by a simulator.
    pub route: String,
    /// The limit's name in the configuration.
    pub limit: String,
    /// What is used.
    pub used: f64,
    /// Of how much.
    pub of: f64,
    /// The unit of both.
    pub unit: String,
}

/// A loss that lets somebody do less than trade.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LossInForce {
    /// Whose.
    pub scope: String,
    /// Where.
    pub route: String,
    /// `reduce_only` or `flat`.
    pub state: String,
    /// The day's result when it came, in dollars.
    pub result: f64,
    /// The limit that it went past, in dollars.
    pub limit: f64,
    /// Since when.
    pub since: String,
}

/// How far the reading of the journal is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalStatus {
    /// Bytes of the inputs stream that are read.
    pub inputs_read: u64,
    /// Bytes of the effects stream that are read.
    pub effects_read: u64,
    /// Whether the live end was reached at the last look.
    pub caught_up: bool,
    /// Why it cannot be read on, if it cannot.
    pub error: Option<String>,
}

/// A bot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bot {
    /// Its place in the table.
    pub bot: u16,
    /// Its name.
    pub name: String,
    /// Whether it may trade.
    pub enabled: bool,
    /// Whether a kill that concerns it is in force.
    pub killed: bool,
    /// Its stage.
    pub stage: Stage,
    /// The route that its orders take.
    pub route: String,
    /// Whether that is a broker's.
    pub real: bool,
    /// Its account.
    pub account: String,
    /// What it trades.
    pub instrument: String,
    /// Until when it opens there, where that is known: then it rolls, or only gets out.
    #[serde(default)]
    pub until: Option<String>,
    /// The contract that it goes on in then, once it is chosen.
    #[serde(default)]
    pub next_instrument: Option<String>,
    /// Its family.
    pub archetype: Archetype,
    /// Directions of its own rules that cannot be read and that its archetype's stand in for.
    #[serde(default)]
    pub fallbacks: u32,
    /// A newer definition that takes effect once the bot is flat; until then it only gets out.
    #[serde(default)]
    pub waiting: Option<WaitingDefinition>,
    /// Its hours.
    pub session: SessionMode,
    /// Contracts held, signed.
    pub position: i32,
    /// Their mean price.
    pub average_price: Option<f64>,
    /// Profit taken, before commissions.
    pub realized: f64,
    /// What closing the position at the last mark would take.
    pub unrealized: Option<f64>,
    /// Contracts bought or sold.
    pub volume: u64,
    /// Orders sent.
    pub orders: u64,
    /// Fills.
    pub fills: u64,
    /// Orders that risk refused.
    pub rejects: u64,
    /// Orders that are not final.
    pub working: u32,
    /// Its last signal.
    pub last_signal: Option<Signal>,
    /// Its last intent.
    pub last_intent: Option<Intent>,
    /// Its last refusal.
    pub last_reject: Option<Reject>,
}

/// Where a bot goes once it is flat.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WaitingDefinition {
    /// The stage that it gets.
    pub stage: Stage,
    /// The route of its orders then.
    pub route: String,
    /// The account that it trades for then.
    pub account: String,
    /// What it trades then.
    pub instrument: String,
}

/// A signal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Signal {
    /// The number of the input that caused it.
    pub seq: u64,
    /// When.
    pub time: String,
    /// Whose.
    pub bot: String,
    /// −1 short, 0 out of the market, +1 long.
    pub direction: i8,
    /// How strong, 0 to 1.
    pub strength: f64,
    /// How sure, 0 to 1.
    pub confidence: f64,
}

/// An intent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Intent {
    /// The number of the input that caused it.
    pub seq: u64,
    /// When.
    pub time: String,
    /// Contracts the bot wants to hold, signed.
    pub target: i32,
    /// Whether it crosses the spread.
    pub aggressive: bool,
    /// Why.
    pub reason: String,
    /// The fused score.
    pub score: f64,
}

/// An order that risk refused.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reject {
    /// The number of the input that caused it.
    pub seq: u64,
    /// When.
    pub time: String,
    /// Whose.
    pub bot: String,
    /// Why.
    pub code: String,
    /// `buy` or `sell`.
    pub side: String,
    /// Contracts.
    pub qty: u32,
    /// At what price.
    pub price: Option<f64>,
    /// The limit that was met, in the unit of the check.
    pub limit: i64,
    /// The value that met it.
    pub value: i64,
}

/// Something that a person should know.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    /// The number of the input that caused it.
    pub seq: u64,
    /// When.
    pub time: String,
    /// What about.
    pub kind: String,
    /// Where, as in [`Kill::scope`].
    pub scope: String,
    /// The order concerned.
    pub order: Option<String>,
    /// In words.
    pub text: String,
}

/// What decided an order and who answers for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderIdentity {
    /// Its bot's archetype or the name of its own rules; `manual` of a person's.
    pub algorithm: String,
    /// Tells this form of the algorithm from any other; empty of a person's order.
    pub version: String,
    /// Who answers for it: the bot's owner or account, or the person who placed it.
    pub owner: String,
}

/// An order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Order {
    /// The identity that it was first sent under.
    pub order: String,
    /// The identity that it has at the broker now.
    pub cl_ord_id: String,
    /// Whose.
    pub bot: String,
    /// What it trades.
    pub instrument: String,
    /// `buy` or `sell`.
    pub side: String,
    /// Its state.
    pub state: String,
    /// The route that it went by.
    pub route: String,
    /// Its quantity.
    pub qty: u32,
    /// Its limit price.
    pub price: Option<f64>,
    /// How it is priced: `limit`, `market`, `stop`, `stop-limit` or `market-to-limit`.
    #[serde(default)]
    pub order_type: String,
    /// How long it lives: `day`, `gtc`, `ioc`, `fok` or `gtd`; not known of one from before that was told.
    #[serde(default)]
    pub time_in_force: Option<String>,
    /// The price at which a stop begins to work.
    #[serde(default)]
    pub stop_price: Option<f64>,
    /// When it ends, of one with a date.
    #[serde(default)]
    pub until: Option<String>,
    /// What of it its venue does not take and we do, in words.
    #[serde(default)]
    pub emulated: Vec<String>,
    /// Who placed it, of one that a person placed.
    #[serde(default)]
    pub owner: Option<String>,
    /// The order that it was made for.
    #[serde(default)]
    pub parent: Option<String>,
    /// What decided it and who answers for it (R27); `null` of a bot's order in a run from before that was told.
    #[serde(default)]
    pub identity: Option<OrderIdentity>,
    /// Whether it works on when the session to its broker ends, as the broker's terms say; `null` of one that
    /// no broker has.
    #[serde(default)]
    pub survives_disconnect: Option<bool>,
    /// While the session to its broker is down: `works_on` when the broker does not cancel it, `in_doubt` when
    /// it does and has not been asked yet.
    #[serde(default)]
    pub while_down: Option<String>,
    /// The broker's identity of it, of one that only the broker knew and that a person took over.
    #[serde(default)]
    pub adopted: Option<String>,
    /// Contracts filled.
    pub filled: u32,
    /// Their mean price.
    pub average_price: Option<f64>,
    /// Contracts working.
    pub leaves: u32,
    /// When it was sent.
    pub sent: String,
    /// When it last changed.
    pub changed: String,
}

/// Orders.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Orders {
    /// Those that are not final, oldest first.
    pub working: Vec<Order>,
    /// The last ones that are, newest first.
    pub finished: Vec<Order>,
    /// Parent orders that are not over, or have children that work.
    #[serde(default)]
    pub parents: Vec<ParentOrder>,
}

/// A quantity that orders of their own work off.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ParentOrder {
    /// Its identity: the `parent` of its children.
    pub order: String,
    /// Whose.
    pub bot: String,
    /// What is traded.
    pub instrument: String,
    /// `buy` or `sell`.
    pub side: String,
    /// `open`, `filled`, `canceled` or `expired`.
    pub state: String,
    /// Contracts: its children never fill more together.
    pub qty: u32,
    /// Contracts that children have filled.
    pub filled: u32,
    /// Contracts of children that work.
    pub working: u32,
    /// When it ends by itself.
    pub until: String,
    /// Who opened it.
    pub owner: String,
}

/// What is held, by bot and as the broker should see it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Positions {
    /// By bot, those that ever traded.
    pub bots: Vec<BotPosition>,
    /// By account and instrument over the bots of brokers' routes.
    pub broker: Vec<NetPosition>,
}

/// A bot's position.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BotPosition {
    /// Whose.
    pub bot: String,
    /// In which account.
    pub account: String,
    /// In what.
    pub instrument: String,
    /// By which route.
    pub route: String,
    /// Contracts held, signed.
    pub qty: i32,
    /// Their mean price.
    pub average_price: Option<f64>,
    /// The price that closing it would meet.
    pub mark: Option<f64>,
    /// Profit taken.
    pub realized: f64,
    /// Profit that closing would take.
    pub unrealized: Option<f64>,
    /// Contracts bought or sold.
    pub volume: u64,
}

/// An account's position in an instrument, as the broker should see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetPosition {
    /// Which account.
    pub account: String,
    /// In what.
    pub instrument: String,
    /// Contracts held, signed.
    pub qty: i64,
}

/// An instrument and its market.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Instrument {
    /// The exchange's symbol.
    pub symbol: String,
    /// The product.
    pub product: String,
    /// Smallest price step.
    pub tick: f64,
    /// Dollars per whole unit of price and contract.
    pub multiplier: f64,
    /// Best bid.
    pub bid: Option<f64>,
    /// Best ask.
    pub ask: Option<f64>,
    /// Contracts at the best bid.
    pub bid_size: u32,
    /// Contracts at the best ask.
    pub ask_size: u32,
    /// Last trade.
    pub last: Option<f64>,
    /// The vendor's last sequence number.
    pub sequence: u32,
    /// Market-data messages so far.
    pub messages: u64,
    /// When the market was last told.
    pub time: Option<String>,
    /// Why orders are blocked in it; empty when they are not.
    pub blocks: Vec<String>,
    /// From when on nothing opens in it, since its contract nears its end.
    #[serde(default)]
    pub no_opening_from: Option<String>,
    /// From when on whoever holds it goes out.
    #[serde(default)]
    pub out_from: Option<String>,
}

/// An account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Account {
    /// The broker's name of it.
    pub name: String,
    /// Most contracts that it may hold.
    pub max_position: u32,
    /// Order messages a second that it may send.
    pub messages_per_second: u32,
    /// How many of those are kept for cancels.
    pub cancel_headroom: u32,
}

/// Profit and loss at one moment, realised and not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PnlPoint {
    /// Seconds since the epoch, on the stream's clock.
    pub second: u64,
    /// Of brokers' routes.
    pub broker: f64,
    /// Of the simulated ones.
    pub simulated: f64,
}

/// The whole picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// In brief.
    pub status: Status,
    /// Bots, in the order of their table.
    pub bots: Vec<Bot>,
    /// Orders.
    pub orders: Orders,
    /// Positions.
    pub positions: Positions,
    /// Instruments, in the order of their table.
    pub instruments: Vec<Instrument>,
    /// Accounts, in the order of their table.
    pub accounts: Vec<Account>,
    /// The last signals, newest first.
    pub signals: Vec<Signal>,
    /// The last refusals, newest first.
    pub rejects: Vec<Reject>,
    /// The last alerts, newest first.
    pub alerts: Vec<Alert>,
    /// Profit and loss over time.
    pub pnl: Vec<PnlPoint>,
}

/// Latency, by segment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Latency {
    /// Percentiles of each segment that has samples.
    pub segments: Vec<LatencySummary>,
    /// Histograms of the same segments, for plots.
    pub histograms: Vec<LatencyHistogram>,
    /// Samples that were dropped because a thread's ring was full.
    pub dropped: u64,
}

/// A histogram of one segment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LatencyHistogram {
    /// The segment's name.
    pub segment: String,
    /// Samples up to each bound: the bound in nanoseconds, and how many samples are in the bucket
    /// that it closes. Buckets without samples at either end are left out.
    pub buckets: Vec<(u64, u64)>,
}

/// Whether the node can trade.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// Whether it can.
    pub healthy: bool,
    /// The first reason why it cannot.
    #[serde(default)]
    pub reason: Option<String>,
    /// All of them, the most decisive first.
    pub reasons: Vec<String>,
}
