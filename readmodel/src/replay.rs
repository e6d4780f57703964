//! Replaying a journal: every effect is computed again from the inputs and compared with what the
//! journal holds, byte for byte.
//!
//! The same code serves `ctl journal replay`, which wants to know whether this build decides as the
//! journal says, and the start of a node, which wants the chain in the state that the journal leads
//! to and refuses to trade on any other.

use gauntlet_journal::{
    EffectEntry, EffectReader, Encoded, InputReader, JournalError, LostInputs, Position,
};
use gauntlet_manager::chain::{Chain, NoProbe};
use gauntlet_manager::order_manager::FromOrders;
use gauntlet_model::calendar::EXCEPTIONS_MAX;
use gauntlet_model::desk::Desks;
use gauntlet_model::effect::{Effect, MessageSent};
use gauntlet_model::input::{
    AccountDefinition, BotDefinition, BrokerDefinition, CalendarDay, CommandKind, Input,
    InstrumentDefinition, Route, RouteTable, RunStart, Sequenced, UserKill,
};
use gauntlet_model::sequence_numbers::{CopyNumbers, SessionNumbers};
use gauntlet_model::units::UnixNanos;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;
use std::path::Path;
use thiserror::Error;

/// Inputs between two calls of the progress function.
const PROGRESS_EVERY: u64 = 16_384;

/// Why a replay did not end in equality.
#[derive(Debug, Error)]
pub enum ReplayError {
    /// The journal cannot be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// This build decides otherwise.
    #[error("{0}")]
    Different(Box<Difference>),
}

/// The first effect that differs.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The input whose effects differ; `None` when the journal holds effects of no input.
    pub input: Option<Sequenced>,
    /// The effect's place: its cause and its index among the cause's effects.
    pub at: (u64, u32),
    /// What the journal holds there.
    pub recorded: Option<Effect>,
    /// What this build computes there.
    pub computed: Option<Effect>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let show = |effect: &Option<Effect>| match effect {
            Some(effect) => format!("{effect:?}"),
            None => "nothing".to_owned(),
        };
        writeln!(
            f,
            "this build decides otherwise than the journal at effect {}.{}",
            self.at.0, self.at.1
        )?;
        if let Some(input) = &self.input {
            writeln!(f, "  input    {} {} {:?}", input.seq, input.time, input.input)?;
        }
        writeln!(f, "  recorded {}", show(&self.recorded))?;
        write!(f, "  computed {}", show(&self.computed))
    }
}

/// What a replay found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReplayReport {
    /// Whether every effect was equal. Always true: a difference is an error.
    pub equal: bool,
    /// Inputs read.
    pub inputs: u64,
    /// Effects computed.
    pub effects: u64,
    /// Effects computed that the journal does not hold: the process ended between an input and its
    /// effects, at the journal's end.
    pub missing: u64,
    /// Effects that the journal holds without their inputs, not compared: a node writes it at the same
    /// time, or the inputs were lost with a machine.
    pub ahead: u64,
    /// Messages that broker sessions sent.
    pub messages_sent: u64,
    /// Inputs that were lost with a machine, and so cannot be replayed.
    pub lost_inputs: u64,
    /// SHA-256 over every effect computed, in hexadecimal.
    pub effects_hash: String,
    /// The last input whose effects were accepted by a person although this build decides some of them
    /// otherwise; 0 when there is none. They were not compared.
    #[serde(default)]
    pub accepted_through: u64,
    /// The last input's number.
    pub last_seq: u64,
    /// The last input's time, in nanoseconds since the epoch.
    pub last_time: u64,
}

/// A chain in the state that a journal leads to, and what its owner needs to go on.
pub struct Rebuilt {
    /// The chain.
    pub chain: Chain,
    /// The last input's number; 0 for a new journal.
    pub last_seq: u64,
    /// The last input's time.
    pub last_time: UnixNanos,
    /// The broker sessions' sequence numbers.
    pub sessions: SessionNumbers,
    /// Those of the sessions of their drop copies.
    pub copies: CopyNumbers,
    /// By route: the broker that it led to, as last named.
    pub brokers: RouteTable<Option<BrokerDefinition>>,
    /// The desks that are open.
    pub desks: Desks,
    /// Users that are killed, each by its last kill; at most [`KILLED_USERS_MAX`].
    pub killed_users: Vec<UserKill>,
    /// Days that the last run was told to end otherwise than the calendars know.
    pub calendar: Vec<CalendarDay>,
    /// Whether the last run was told to stop.
    is_stopped: bool,
    /// How the last run began.
    pub last_run: Option<RunStart>,
    /// Instruments as last defined, by id.
    pub instruments: Vec<InstrumentDefinition>,
    /// Accounts as last defined, by id.
    pub accounts: Vec<AccountDefinition>,
    /// Bots as last defined, by id.
    pub bots: Vec<BotDefinition>,
    /// Inputs lost with a machine.
    pub lost: Vec<LostInputs>,
    /// What was found.
    pub report: ReplayReport,
    /// Where this build decides otherwise, if that was to be seen past ([`rebuild_past`]).
    pub difference: Option<Box<Difference>>,
}

/// Users whose kills are remembered. A kill of one more is one of the bots that it met, and no more.
pub const KILLED_USERS_MAX: usize = 1_024;

/// Replays a journal whole. `progress` is told the number of inputs so far, now and then.
///
/// # Errors
/// That the journal cannot be read, or the first difference.
pub fn replay(dir: &Path, mut progress: impl FnMut(u64)) -> Result<ReplayReport, ReplayError> {
    Ok(run(dir, &mut progress, &mut |_| {}, false)?.report)
}

/// An effect that the journal does not hold yet.
#[derive(Clone, Copy, Debug)]
pub struct MissingEffect<'a> {
    /// The number of the input that caused it.
    pub cause: u64,
    /// Its index among the effects of that input.
    pub index: u32,
    /// The input's time.
    pub time: UnixNanos,
    /// The effect.
    pub effect: &'a Effect,
}

/// Rebuilds the state that a journal leads to. `on_missing` gets each effect at the journal's end
/// that was not written before the process ended, for the owner to append. None of the messages
/// among them ever left: what was not in the journal was not sent.
///
/// # Errors
/// That the journal cannot be read, or that this build would have decided otherwise: then its state
/// would not be what the broker saw, and nothing may trade on it.
pub fn rebuild(
    dir: &Path,
    mut progress: impl FnMut(u64),
    mut on_missing: impl FnMut(MissingEffect<'_>),
) -> Result<Rebuilt, ReplayError> {
    run(dir, &mut progress, &mut on_missing, false)
}

/// The same of a journal whose decisions a person is about to accept: where this build decides otherwise it
/// goes on, and says so in [`Rebuilt::difference`]. What is rebuilt then is what this build comes to, not
/// what the broker saw: see [`statement`](crate::statement).
///
/// # Errors
/// That the journal cannot be read.
pub fn rebuild_past(
    dir: &Path,
    mut progress: impl FnMut(u64),
    mut on_missing: impl FnMut(MissingEffect<'_>),
) -> Result<Rebuilt, ReplayError> {
    run(dir, &mut progress, &mut on_missing, true)
}

/// The last input whose effects a person accepted, of those acceptances that cover an input; 0 for none.
fn accepted_through(dir: &Path, cause: u64) -> Result<u64, JournalError> {
    let mut inputs = InputReader::open(dir, Position::default())?;
    let mut through = 0;
    while let Some(record) = inputs.next()? {
        if let Input::DecisionsAccepted(accepted) = record.sequenced.input
            && accepted.last < record.sequenced.seq
            && cause <= accepted.last
        {
            through = accepted.last;
            break;
        }
    }
    Ok(through)
}

fn run(
    dir: &Path,
    progress: &mut dyn FnMut(u64),
    on_missing: &mut dyn FnMut(MissingEffect<'_>),
    sees_past: bool,
) -> Result<Rebuilt, ReplayError> {
    let mut inputs = InputReader::open(dir, Position::default())?;
    let mut compare = Comparison::open(dir)?;
    let mut rebuilt = Rebuilt {
        chain: Chain::new(),
        last_seq: 0,
        last_time: UnixNanos(0),
        sessions: SessionNumbers::default(),
        copies: CopyNumbers::default(),
        brokers: RouteTable::default(),
        desks: Desks::new(),
        killed_users: Vec::new(),
        calendar: Vec::new(),
        is_stopped: false,
        last_run: None,
        instruments: Vec::new(),
        accounts: Vec::new(),
        bots: Vec::new(),
        lost: Vec::new(),
        report: ReplayReport {
            equal: true,
            inputs: 0,
            effects: 0,
            missing: 0,
            ahead: 0,
            messages_sent: 0,
            lost_inputs: 0,
            effects_hash: String::new(),
            accepted_through: 0,
            last_seq: 0,
            last_time: 0,
        },
        difference: None,
    };
    while let Some(record) = inputs.next()? {
        let sequenced = record.sequenced;
        if inputs.lost().len() != compare.lost.len() {
            compare.lost = inputs.lost().to_vec();
        }
        rebuilt.note(&sequenced);
        compare.numbers_set(&sequenced);
        compare.begin(&sequenced);
        rebuilt.chain.on_input(&sequenced, 0, &mut NoProbe, &mut |message| {
            if let FromOrders::Effect(effect) = message {
                compare.take(&effect, on_missing);
            }
        });
        if let Some(error) = compare.error.take() {
            rebuilt.see_past(dir, &mut compare, error, sees_past)?;
        }
        if rebuilt.report.inputs.is_multiple_of(PROGRESS_EVERY) {
            progress(rebuilt.report.inputs);
        }
    }
    compare.lost = inputs.lost().to_vec();
    if let Err(error) = compare.finish(rebuilt.last_seq) {
        rebuilt.see_past(dir, &mut compare, error, sees_past)?;
        compare.finish(rebuilt.last_seq)?;
    }
    progress(rebuilt.report.inputs);
    rebuilt.finish(compare);
    Ok(rebuilt)
}

impl Rebuilt {
    /// Whether the last run came to an orderly stop, or there was none: then nothing that it sent can be missing
    /// from the journal.
    pub fn ended_by_a_stop(&self) -> bool {
        self.last_run.is_none() || self.is_stopped
    }

    fn note(&mut self, sequenced: &Sequenced) {
        (self.last_seq, self.last_time) = (sequenced.seq, sequenced.time);
        self.report.inputs += 1;
        self.sessions.on_input(&sequenced.input, sequenced.time);
        self.copies.on_input(&sequenced.input, sequenced.time);
        match sequenced.input {
            Input::Command(command) => self.is_stopped |= command.kind == CommandKind::Stop,
            Input::RunStart(run) => {
                self.last_run = Some(run);
                self.is_stopped = false;
                self.calendar.clear();
            }
            // The rest is refused by the core too.
            Input::CalendarDay(d) if self.calendar.len() < EXCEPTIONS_MAX => self.calendar.push(d),
            Input::Instrument(d) => upsert(&mut self.instruments, d.instrument.0, d),
            Input::Account(d) => upsert(&mut self.accounts, d.account.0, d),
            Input::Bot(d) => upsert(&mut self.bots, d.bot.0, d),
            Input::Broker(d) => self.brokers[d.route] = Some(d),
            Input::Ticket(_) | Input::Adoption(_) => self.desks.on_input(&sequenced.input),
            Input::UserKill(kill) => {
                self.killed_users.retain(|known| known.user != kill.user);
                let kills = matches!(kill.kind, CommandKind::Kill { .. } | CommandKind::Freeze);
                if kills && self.killed_users.len() < KILLED_USERS_MAX {
                    self.killed_users.push(kill);
                }
            }
            _ => {}
        }
    }

    /// This build decides otherwise: that is accepted in the journal, or is about to be.
    fn see_past(
        &mut self,
        dir: &Path,
        compare: &mut Comparison,
        error: ReplayError,
        sees_past: bool,
    ) -> Result<(), ReplayError> {
        let ReplayError::Different(difference) = error else { return Err(error) };
        let through = match accepted_through(dir, difference.at.0)? {
            0 if sees_past => u64::MAX,
            0 => return Err(ReplayError::Different(difference)),
            through => through,
        };
        if through == u64::MAX {
            self.difference = Some(difference);
        }
        compare.accept(dir, through)?;
        Ok(())
    }

    fn finish(&mut self, compare: Comparison) {
        let report = &mut self.report;
        report.accepted_through = compare.through.min(self.last_seq);
        report.effects = compare.effects;
        report.missing = compare.missing;
        report.ahead = compare.ahead;
        report.messages_sent = compare.messages_sent;
        report.lost_inputs = compare.lost.iter().map(|lost| lost.last - lost.first + 1).sum();
        report.effects_hash = hex(&compare.hash.finalize());
        (report.last_seq, report.last_time) = (self.last_seq, self.last_time.0);
        let (sessions, copies) = (&mut self.sessions, &mut self.copies);
        compare.sent.iter().for_each(|(_, sent)| sent.tell(|sent| sessions.on_last_sent(sent)));
        compare.copy_sent.iter().for_each(|(_, sent)| sent.tell(|sent| copies.on_last_sent(sent)));
        self.lost = compare.lost;
    }
}

fn upsert<T>(table: &mut Vec<T>, index: u16, entry: T) {
    match table.get_mut(index as usize) {
        Some(old) => *old = entry,
        // Definitions come in the order of their ids; one that does not is refused by the core, and
        // the journal keeps it all the same.
        None => table.push(entry),
    }
}

/// What a session sent last. The messages of a run are read ahead of its inputs, or behind them, as effects come.
#[derive(Clone, Copy, Default)]
struct LastSent {
    last: Option<MessageSent>,
    /// The cause of the last logon that was read.
    logon: u64,
    /// The input by which a person set our number; 0 for none.
    set_at: u64,
}

impl LastSent {
    /// The messages are read anew.
    fn begin(&mut self) {
        (self.last, self.logon) = (None, 0);
    }

    /// Only what is sent from the next logon on has the new numbers.
    fn numbers_set(&mut self, seq: u64) {
        self.set_at = seq;
        if self.logon < seq {
            self.last = None;
        }
    }

    fn on_sent(&mut self, cause: u64, sent: &MessageSent) {
        if sent.msg_type.as_str() == "A" {
            self.logon = cause;
        }
        if self.logon >= self.set_at {
            self.last = Some(*sent);
        }
    }

    fn tell(&self, to: impl FnOnce(&MessageSent)) {
        if let Some(sent) = &self.last {
            to(sent);
        }
    }
}

/// The recorded side of the comparison.
struct Comparison {
    reader: EffectReader,
    encoded: Box<Encoded>,
    hash: Sha256,
    input: Option<Sequenced>,
    index: u32,
    effects: u64,
    missing: u64,
    messages_sent: u64,
    /// By route.
    sent: RouteTable<LastSent>,
    /// By route: what the session of its drop copy sent.
    copy_sent: RouteTable<LastSent>,
    lost: Vec<LostInputs>,
    /// Effects of inputs up to this one are not compared.
    accepted: u64,
    /// Those up to this one are accepted as they are written; 0 for none.
    through: u64,
    /// Whether the end of the recorded effects was met. What comes behind it is written meanwhile, by
    /// a live node or by the owner of the missing effects, and is not compared.
    ended: bool,
    /// Recorded effects of inputs that the journal did not hold when its inputs were read.
    ahead: u64,
    error: Option<ReplayError>,
}

struct Recorded {
    at: (u64, u32),
    effect: Effect,
    equal: bool,
}

impl Comparison {
    /// Messages sent before a person set a session's numbers do not tell its next one any more.
    fn numbers_set(&mut self, sequenced: &Sequenced) {
        if let Input::NumbersSet(set) = sequenced.input
            && set.next_out > 0
        {
            let sent = if set.of_copy { &mut self.copy_sent } else { &mut self.sent };
            sent[set.route].numbers_set(sequenced.seq);
        }
    }

    fn open(dir: &Path) -> Result<Comparison, JournalError> {
        Ok(Comparison {
            reader: EffectReader::open(dir, Position::default())?,
            encoded: Box::new(Encoded::new()),
            hash: Sha256::new(),
            input: None,
            index: 0,
            effects: 0,
            missing: 0,
            messages_sent: 0,
            sent: RouteTable::default(),
            copy_sent: RouteTable::default(),
            lost: Vec::new(),
            accepted: 0,
            through: 0,
            ended: false,
            ahead: 0,
            error: None,
        })
    }

    fn begin(&mut self, sequenced: &Sequenced) {
        (self.input, self.index) = (Some(*sequenced), 0);
    }

    fn take(&mut self, effect: &Effect, on_missing: &mut dyn FnMut(MissingEffect<'_>)) {
        let Some(Sequenced { seq: cause, time, .. }) = self.input else { return };
        if self.error.is_some() {
            return;
        }
        let index = self.index;
        self.index += 1;
        self.effects += 1;
        self.encoded.effect(effect);
        self.hash.update(cause.to_le_bytes());
        self.hash.update(index.to_le_bytes());
        self.hash.update([self.encoded.kind()]);
        self.hash.update(self.encoded.payload());
        if cause <= self.accepted {
            return;
        }
        match self.next_recorded(Some((cause, index))) {
            Err(error) => self.error = Some(error.into()),
            Ok(Some(recorded)) if recorded.equal => {}
            Ok(Some(recorded)) => {
                let here = (cause, index);
                // Of an input before this one the journal holds an effect more.
                self.error = Some(match recorded.at < here {
                    true => self.difference(recorded.at, Some(recorded), None),
                    false => self.difference(here, Some(recorded), Some(*effect)),
                });
            }
            Ok(None) => {
                self.missing += 1;
                on_missing(MissingEffect { cause, index, time, effect });
            }
        }
    }

    /// The next recorded effect of an input that was not lost.
    fn next_recorded(&mut self, at: Option<(u64, u32)>) -> Result<Option<Recorded>, JournalError> {
        while !self.ended {
            let Some(record) = self.reader.next()? else {
                self.ended = true;
                break;
            };
            match record.entry {
                EffectEntry::Sent(sent) => {
                    self.messages_sent += 1;
                    self.sent[sent.route].on_sent(record.cause, &sent);
                }
                EffectEntry::CopySent(sent) => {
                    self.messages_sent += 1;
                    self.copy_sent[sent.route].on_sent(record.cause, &sent);
                }
                EffectEntry::Effect(effect) => {
                    let place = (record.cause, record.index);
                    if record.cause <= self.accepted {
                        continue;
                    }
                    if self.lost.iter().any(|l| (l.first..=l.last).contains(&record.cause)) {
                        continue;
                    }
                    let equal = at == Some(place)
                        && record.kind == self.encoded.kind()
                        && record.payload == self.encoded.payload();
                    return Ok(Some(Recorded { at: place, effect, equal }));
                }
            }
        }
        Ok(None)
    }

    /// Compares nothing of the inputs up to `through` any more, nor of the one at hand, whose effects were
    /// computed in part: the acceptance itself, at the latest. What was read of later ones is read again.
    fn accept(&mut self, dir: &Path, through: u64) -> Result<(), JournalError> {
        self.reader = EffectReader::open(dir, Position::default())?;
        let at_hand = self.input.map_or(0, |input| input.seq);
        (self.through, self.accepted) = (through, through.max(at_hand));
        (self.ended, self.ahead, self.missing) = (false, 0, 0);
        self.messages_sent = 0;
        for route in Route::ALL {
            self.sent[route].begin();
            self.copy_sent[route].begin();
        }
        Ok(())
    }

    /// Sees to it that the journal holds no effect that this build does not compute from the inputs
    /// up to `last_seq`.
    fn finish(&mut self, last_seq: u64) -> Result<(), ReplayError> {
        while let Some(recorded) = self.next_recorded(None)? {
            if recorded.at.0 <= last_seq {
                return Err(self.difference(recorded.at, Some(recorded), None));
            }
            self.ahead += 1;
        }
        Ok(())
    }

    fn difference(
        &self,
        at: (u64, u32),
        recorded: Option<Recorded>,
        computed: Option<Effect>,
    ) -> ReplayError {
        // An effect of a later input is what the journal has next, not what it has here.
        let here = recorded.filter(|r| computed.is_none() || r.at == at);
        ReplayError::Different(Box::new(Difference {
            input: self.input.filter(|input| input.seq == at.0),
            at,
            recorded: here.map(|r| r.effect),
            computed,
        }))
    }
}

/// Bytes in hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    use fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests;
