//! What a long run of the demo left in its journal, counted by itself and held against bounds: whether
//! everybody got what they asked for, nothing went on for ever, and nothing of an ended contract traded.

use crate::error::NodeError;
use gauntlet_journal::{EffectEntry, EffectReader, InputReader, Position};
use gauntlet_model::effect::{
    BotRuling, Effect, OrderChanged, OrderState, OutboundKind, OutboundRecord, Ruling,
};
use gauntlet_model::ids::BotId;
use gauntlet_model::input::{BookAction, ExecType, ExecutionReport, Input};
use gauntlet_model::instrument::{EndRule, contract};
use gauntlet_model::units::{NANOS_PER_MINUTE, NANOS_PER_SECOND, UnixNanos};
use gauntlet_venue::matching::records::year_of;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;

/// Most orders of a bot in a row that are the same (instrument, side, contracts, price) and of which
/// nothing fills.
pub const REPEATS_MAX: u64 = 60;
/// Longest that a bot may hold what it wants to be rid of, in nanoseconds of open market.
pub const STUCK_NS_MAX: u64 = 60 * NANOS_PER_MINUTE;
/// Most memory, in KiB, that may be taken between the first month and the end.
pub const GROWTH_KIB_MAX: u64 = 16 * 1_024;
/// A pause between two inputs that is longer is no time in which anything could have been done.
const PAUSE_NS: u64 = 10 * NANOS_PER_SECOND;

/// What one bot did.
#[derive(Clone, Debug, Default)]
struct BotLife {
    name: String,
    orders: u64,
    wants: i32,
    holds: i32,
    /// The last new order's terms, and how often it came in a row without a fill.
    last: Option<Terms>,
    repeats: u64,
    repeats_max: u64,
    stuck_ns: u64,
    stuck_ns_max: u64,
    /// The contract of its last fill, and whether it was told to hold it past its end.
    instrument: Option<u16>,
    held_past_end: bool,
}

type Terms = (u16, u8, u32, i64);

/// What a soak's journal says.
#[derive(Clone, Debug, Default)]
pub struct SoakLedger {
    /// Inputs and effects.
    pub records: [u64; 2],
    /// The stream's first and last time of market data.
    pub span: [UnixNanos; 2],
    /// New orders, replaces, cancels and status requests, by kind.
    pub asked: [u64; 4],
    /// Orders by the state that they ended in.
    pub ended: BTreeMap<&'static str, u64>,
    /// Fills.
    pub fills: u64,
    /// Refusals by risk, by code.
    pub refused: BTreeMap<String, u64>,
    /// Alerts, by kind.
    pub alerts: BTreeMap<String, u64>,
    /// Differences between what we hold and what a broker says, orders, positions or cash, that came.
    pub breaks: u64,
    /// Trades and quotes in a contract after its last trading time, and fills in it.
    pub after_end: [u64; 2],
    /// How often a bot went on in another contract.
    pub rolls: u64,
    /// Bots that held a contract past its last trading time, or into its first notice.
    pub held_past_end: u64,
    bots: BTreeMap<BotId, BotLife>,
    /// Bots that were told to go on in another contract and did not yet.
    rolling: BTreeSet<BotId>,
    /// By instrument, its symbol, and when it ends: what a symbol means is told by the market's time.
    symbols: BTreeMap<u16, String>,
    ends: BTreeMap<u16, UnixNanos>,
    /// By instrument, the moment that nobody may hold it into.
    outs: BTreeMap<u16, UnixNanos>,
    now: UnixNanos,
}

impl SoakLedger {
    /// Reads a journal.
    ///
    /// # Errors
    /// That it cannot be read.
    pub fn read(journal: &Path) -> Result<SoakLedger, NodeError> {
        let mut ledger = SoakLedger::default();
        let mut inputs = InputReader::open(journal, Position::START)?;
        let mut effects = EffectReader::open(journal, Position::START)?;
        let mut ahead = next_effect(&mut effects)?;
        while let Some(record) = inputs.next()? {
            let sequenced = record.sequenced;
            ledger.on_input(&sequenced.input, sequenced.time);
            while let Some((cause, entry)) = &ahead {
                if *cause > sequenced.seq {
                    break;
                }
                if let EffectEntry::Effect(effect) = entry {
                    ledger.on_effect(effect);
                }
                ahead = next_effect(&mut effects)?;
            }
        }
        Ok(ledger)
    }

    fn on_input(&mut self, input: &Input, time: UnixNanos) {
        self.records[0] += 1;
        self.pass(time);
        match input {
            Input::Instrument(definition) => {
                let symbol = definition.symbol.as_str().to_owned();
                self.symbols.insert(definition.instrument.0, symbol);
            }
            Input::Bot(definition) => {
                let life = self.bots.entry(definition.bot).or_default();
                life.name = definition.name.as_str().to_owned();
            }
            // With an emptied book a contract ends; what shows a price would go on with it.
            Input::Quote(quote) => {
                let is_trade = quote.action == BookAction::Trade;
                let shows = is_trade || quote.top.bid.is_some() || quote.top.ask.is_some();
                self.market_data(quote.instrument.0, quote.ts_event, shows);
            }
            Input::Trade(trade) => self.market_data(trade.instrument.0, trade.ts_event, true),
            Input::Execution(report) => self.report(report),
            Input::Roll(roll) => {
                self.rolling.insert(roll.bot);
            }
            Input::Timer(_) => self.look_at_ends(time),
            _ => {}
        }
    }

    fn market_data(&mut self, instrument: u16, at: UnixNanos, shows_price: bool) {
        if self.span[0].0 == 0 {
            self.span[0] = at;
        }
        self.span[1] = at;
        let symbol = self.symbols.remove(&instrument);
        if let Some(contract) = symbol.and_then(|symbol| contract(&symbol, year_of(at))) {
            self.ends.insert(instrument, contract.expiry());
            let out = contract.end_times(EndRule::default(), None).end;
            self.outs.insert(instrument, out);
        }
        self.after_end[0] += u64::from(shows_price && self.has_ended(instrument, at));
    }

    fn has_ended(&self, instrument: u16, at: UnixNanos) -> bool {
        self.ends.get(&instrument).is_some_and(|ends| at >= *ends)
    }

    fn report(&mut self, report: &ExecutionReport) {
        if report.exec_type != ExecType::Trade {
            return;
        }
        self.fills += 1;
        let ended = report.instrument.map(|i| self.has_ended(i.0, report.transact_time));
        self.after_end[1] += u64::from(ended.unwrap_or(false));
        if let Some(life) = self.bots.get_mut(&report.cl_ord_id.bot()) {
            (life.last, life.repeats) = (None, 0);
            life.instrument = report.instrument.map(|instrument| instrument.0);
        }
    }

    /// Whether anybody holds what nobody may hold any more, each bot once an episode.
    fn look_at_ends(&mut self, time: UnixNanos) {
        let SoakLedger { bots, outs, held_past_end, .. } = self;
        for life in bots.values_mut().filter(|life| life.holds != 0) {
            let out = life.instrument.and_then(|instrument| outs.get(&instrument));
            let late = out.is_some_and(|out| time >= *out);
            *held_past_end += u64::from(late && !life.held_past_end);
            life.held_past_end = late;
        }
    }

    /// Time passes: who wants to be rid of something waits.
    fn pass(&mut self, time: UnixNanos) {
        let passed = time.since(self.now);
        self.now = self.now.max(time);
        if passed == 0 || passed > PAUSE_NS {
            return;
        }
        for life in self.bots.values_mut() {
            if life.holds != 0 && life.wants == 0 {
                life.stuck_ns += passed;
                life.stuck_ns_max = life.stuck_ns_max.max(life.stuck_ns);
            } else {
                life.stuck_ns = 0;
            }
        }
    }

    fn on_effect(&mut self, effect: &Effect) {
        self.records[1] += 1;
        match effect {
            Effect::Outbound(outbound) => self.outbound(outbound),
            Effect::Order(order) => self.order(order),
            Effect::Intent(intent) => {
                self.bots.entry(intent.bot).or_default().wants = intent.target;
            }
            Effect::Position(position) => {
                self.bots.entry(position.bot).or_default().holds = position.qty;
            }
            Effect::Ruling(BotRuling { bot, ruling: Ruling::InForce, .. }) => {
                self.rolls += u64::from(self.rolling.remove(bot));
            }
            Effect::Break(found) => self.breaks += u64::from(found.active),
            Effect::Reject(reject) => {
                *self.refused.entry(format!("{:?}", reject.code)).or_default() += 1;
            }
            Effect::Alert(alert) => {
                *self.alerts.entry(format!("{:?}", alert.kind)).or_default() += 1;
            }
            _ => {}
        }
    }

    fn outbound(&mut self, asked: &OutboundRecord) {
        let kind = match asked.kind {
            OutboundKind::New => 0,
            OutboundKind::Replace => 1,
            OutboundKind::Cancel => 2,
            OutboundKind::StatusRequest => 3,
        };
        self.asked[kind] += 1;
        if asked.kind != OutboundKind::New {
            return;
        }
        let life = self.bots.entry(asked.bot).or_default();
        let terms = (asked.instrument.0, asked.side as u8, asked.qty, asked.price.0);
        life.orders += 1;
        life.repeats = if life.last == Some(terms) { life.repeats + 1 } else { 0 };
        life.repeats_max = life.repeats_max.max(life.repeats);
        life.last = Some(terms);
    }

    fn order(&mut self, order: &OrderChanged) {
        if order.state.is_final() {
            *self.ended.entry(state_name(order.state)).or_default() += 1;
        }
    }

    /// What breaks a bound, in words; empty when none is broken.
    pub fn broken(&self) -> Vec<String> {
        let mut broken = Vec::new();
        for life in self.bots.values() {
            let name = &life.name;
            if life.repeats_max > REPEATS_MAX {
                broken.push(format!(
                    "{name} sent the same order {} times again in a row without a fill, of at most \
                     {REPEATS_MAX}",
                    life.repeats_max
                ));
            }
            if life.stuck_ns_max > STUCK_NS_MAX {
                broken.push(format!(
                    "{name} wanted to be out for {} minutes of open market and was not, of at most {}",
                    life.stuck_ns_max / NANOS_PER_MINUTE,
                    STUCK_NS_MAX / NANOS_PER_MINUTE
                ));
            }
        }
        let [data, fills] = self.after_end;
        if data + fills > 0 {
            broken.push(format!(
                "{data} quotes and trades and {fills} fills came of contracts after their end"
            ));
        }
        if self.held_past_end > 0 {
            broken.push(format!(
                "{} times a bot held a contract past its last trading time or into its notice",
                self.held_past_end
            ));
        }
        if self.asked[0] == 0 || self.fills == 0 {
            broken.push("nobody traded".to_owned());
        }
        broken
    }

    /// The counters for people.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = self.write(&mut text);
        text
    }

    fn write(&self, to: &mut String) -> std::fmt::Result {
        let [from, until] = self.span;
        let days = until.since(from) / (24 * 60 * NANOS_PER_MINUTE);
        writeln!(to, "market    {from} to {until}, {days} days")?;
        writeln!(to, "journal   {} inputs, {} effects", self.records[0], self.records[1])?;
        let [new, replaces, cancels, enquiries] = self.asked;
        writeln!(
            to,
            "orders    {new} new, {replaces} replaces, {cancels} cancels, {enquiries} enquiries; {} fills",
            self.fills
        )?;
        let list = |counts: &mut dyn Iterator<Item = (String, u64)>| {
            let words: Vec<String> =
                counts.map(|(name, count)| format!("{count} {name}")).collect();
            if words.is_empty() { "none".to_owned() } else { words.join(", ") }
        };
        let mut ended = self.ended.iter().map(|(name, count)| ((*name).to_owned(), *count));
        writeln!(to, "ended     {}", list(&mut ended))?;
        let own = |counts: &BTreeMap<String, u64>| -> Vec<(String, u64)> {
            counts.iter().map(|(name, count)| (name.clone(), *count)).collect()
        };
        writeln!(to, "refused   {}", list(&mut own(&self.refused).into_iter()))?;
        writeln!(to, "alerts    {}", list(&mut own(&self.alerts).into_iter()))?;
        writeln!(
            to,
            "ended contracts: {} quotes and trades, {} fills after their last trading time; {} held past \
             their end; {} rolls",
            self.after_end[0], self.after_end[1], self.held_past_end, self.rolls
        )?;
        writeln!(
            to,
            "bot       {:<24} {:>7} {:>9} {:>14} {:>9}",
            "", "orders", "repeated", "stuck (min)", "position"
        )?;
        for life in self.bots.values() {
            writeln!(
                to,
                "          {:<24} {:>7} {:>9} {:>14} {:>9}",
                life.name,
                life.orders,
                life.repeats_max,
                life.stuck_ns_max / NANOS_PER_MINUTE,
                life.holds
            )?;
        }
        Ok(())
    }
}

fn next_effect(effects: &mut EffectReader) -> Result<Option<(u64, EffectEntry)>, NodeError> {
    Ok(effects.next()?.map(|record| (record.cause, record.entry)))
}

fn state_name(state: OrderState) -> &'static str {
    match state {
        OrderState::Filled => "filled",
        OrderState::Canceled => "cancelled",
        OrderState::Rejected => "rejected",
        OrderState::Expired => "expired",
        _ => "open",
    }
}

/// Memory of this process that is no file's, in KiB; 0 where the system does not tell.
pub fn memory_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    number.unwrap_or(0)
}

#[cfg(test)]
mod tests;
