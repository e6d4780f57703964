//! What every node needs before its first input, however it is driven: the journal, the state that it
//! leads to, and the inputs that open the run.

use crate::acceptance::{self, Compared};
use crate::config::{ClockChoice, Config, Definitions, Meaning, StageCaps, Standing};
use crate::data_folder::{self, journal_dir};
use crate::decisions::{self, Acceptance};
use crate::error::NodeError;
use crate::guard;
use crate::user_kills;
use crate::wall;
use gauntlet_engine::risk;
use gauntlet_journal::{
    EffectWriter, InputWriter, Journal, JournalConfig, JournalSync, OpenedJournal, RecoveryReport,
};
use gauntlet_model::input::{BotDefinition, Command, CommandKind, Input, RunStart, Scope};
use gauntlet_model::text::Text;
use gauntlet_model::units::UnixNanos;
use gauntlet_readmodel::replay::Rebuilt;
use gauntlet_readmodel::resume::{ResumeError, resume, resume_past};
use sha2::{Digest, Sha256};
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// What a run is prepared from.
pub struct Preparation<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// The caps of contracts by stage.
    pub caps: &'a StageCaps,
    /// Where the journal lives.
    pub data: &'a Path,
    /// Why a changed configuration may trade.
    pub accept_config: Option<&'a str>,
    /// Who accepts decisions of another build, and why.
    pub accept_decisions: Option<&'a Acceptance>,
    /// The epoch of a new journal, in seconds since the Unix epoch; `None` takes the wall clock.
    pub epoch: Option<u64>,
}

/// What a run begins with.
pub struct Prepared {
    /// The inputs' writer.
    pub inputs: InputWriter,
    /// The effects' writer.
    pub effects: EffectWriter,
    /// What makes both durable.
    pub sync: JournalSync,
    /// What was found in the journal.
    pub recovery: RecoveryReport,
    /// The state that the journal leads to.
    pub rebuilt: Rebuilt,
    /// The configuration's definitions with the journal's ids.
    pub defined: Definitions,
    /// The inputs that open the run.
    pub opening: Vec<Input>,
    /// The run.
    pub run: RunStart,
    /// What the configuration means, accepted.
    pub meaning: Meaning,
}

impl Preparation<'_> {
    /// Opens the journal, rebuilds the state and defines everything anew.
    ///
    /// # Errors
    /// What is wrong with the data directory, the journal or the configuration.
    pub fn prepare(&self) -> Result<Prepared, NodeError> {
        let Preparation { config, caps, data, accept_config, accept_decisions, epoch } = *self;
        data_folder::open(data)?;
        let dir = journal_dir(data);
        let segment_bytes = (config.journal.segment_mib as usize) << 20;
        let settings = JournalConfig { segment_bytes, epoch, ..Default::default() };
        let OpenedJournal { inputs, mut effects, sync, recovery } =
            Journal::create_or_open(&dir, &settings)?;
        let rebuilt = resumed(&dir, &mut effects, accept_decisions.is_some())?;
        let stated = decisions::accepted(&dir, &rebuilt, accept_decisions)?;
        let known = Definitions {
            calendar: rebuilt.calendar.clone(),
            brokers: rebuilt.brokers.iter().filter_map(|(_, known)| *known).collect(),
            routes: Vec::new(),
            desks: rebuilt.desks.clone(),
            broker_terms: Vec::new(),
            watches: Vec::new(),
            instruments: rebuilt.instruments.clone(),
            accounts: rebuilt.accounts.clone(),
            bots: rebuilt.bots.clone(),
            standing: standing(config, &rebuilt),
            ..Definitions::default()
        };
        let defined = config.definitions(caps, &known)?;
        let meaning = config.meaning(caps);
        let run = run_start(meaning.hash(), &rebuilt, &recovery)?;
        let accept = acceptance::accepted_change(
            rebuilt.chain.risk().accepted_configuration(),
            run.config_hash,
            accept_config,
            |accepted| {
                let now = Compared { definitions: &defined, meaning: &meaning };
                acceptance::difference(data, accepted, &known, now)
            },
        )?;
        // What was accepted first: the run goes on from it.
        let risk = rebuilt.chain.risk();
        let is_killed = |scope| risk.is_killed(scope);
        let killed = user_kills::at_start(&rebuilt.killed_users, &defined.owners, is_killed);
        let opening = opening(&defined, run, accept, &recovery);
        let opening = stated.into_iter().chain(opening).chain(killed).collect();
        Ok(Prepared { inputs, effects, sync, recovery, rebuilt, defined, opening, run, meaning })
    }
}

/// The state that a journal leads to. An invariant that broke in the last run breaks again here.
fn resumed(dir: &Path, effects: &mut EffectWriter, sees_past: bool) -> Result<Rebuilt, NodeError> {
    // What was being rebuilt is dropped, and the process ends.
    let resumes = |effects: &mut EffectWriter| match sees_past {
        true => resume_past(dir, effects),
        false => resume(dir, effects),
    };
    match catch_unwind(AssertUnwindSafe(|| resumes(effects))) {
        Ok(Ok(rebuilt)) => Ok(rebuilt),
        Ok(Err(ResumeError::Replay(error))) => Err(error.into()),
        Ok(Err(error)) => Err(NodeError::Failed(error.to_string())),
        Err(panic) => Err(NodeError::Broken(format!(
            "replaying the journal panicked: {}\nthis build must not trade on this journal: keep it, \
             report the fault, and look at the broker for orders that still work",
            guard::text(&*panic)
        ))),
    }
}

/// Where the journal has the bots, and what day it is: the configuration's or the clock's, and no earlier
/// one than the journal's. Where the data is the clock, the journal knows better than the wall.
fn standing(config: &Config, rebuilt: &Rebuilt) -> Standing {
    let goes_on = config.node.clock == ClockChoice::Data && rebuilt.last_time > UnixNanos(0);
    let day = match config.day {
        Some(day) => day,
        None if goes_on => rebuilt.last_time,
        None => wall::now(),
    };
    let risk = rebuilt.chain.risk();
    let place = |bot: &BotDefinition| {
        let stands = risk.bot(bot.bot)?.instrument;
        let held = risk.position(bot.bot).is_some_and(|position| position.qty() != 0);
        Some((bot.bot.0, (stands, held || risk.working(bot.bot).next().is_some())))
    };
    let places = rebuilt.bots.iter().filter_map(place).collect();
    Standing { at: Some(day.max(rebuilt.last_time)), places }
}

fn run_start(
    config_hash: [u8; 32],
    rebuilt: &Rebuilt,
    recovery: &RecoveryReport,
) -> Result<RunStart, NodeError> {
    let exe = std::env::current_exe()
        .map_err(|error| NodeError::io("find", Path::new("the program itself"), error))?;
    let program = fs::read(&exe).map_err(|error| NodeError::io("read", &exe, error))?;
    Ok(RunStart {
        epoch: recovery.epoch,
        run: rebuilt.last_run.map_or(1, |last| last.run + 1),
        config_hash,
        binary_hash: Sha256::digest(&program).into(),
        version: Text::new(env!("CARGO_PKG_VERSION")),
        self_test_passed: match risk::self_test() {
            Ok(()) => true,
            Err(why) => {
                tracing::error!(%why, "the risk self-test failed: nothing will trade");
                false
            }
        },
    })
}

/// The inputs that open a run.
fn opening(
    defined: &Definitions,
    run: RunStart,
    accept: Option<&str>,
    recovery: &RecoveryReport,
) -> Vec<Input> {
    // The run first: it ends what was simulated in the run before, so that definitions meet a clean
    // table.
    let mut opening = vec![Input::RunStart(run)];
    // Days count from the first instrument on that is defined after them.
    opening.extend(defined.calendar.iter().map(|d| Input::CalendarDay(*d)));
    opening.extend(defined.instruments.iter().map(|d| Input::Instrument(*d)));
    opening.extend(defined.contract_rules.iter().map(|d| Input::ContractRule(*d)));
    opening.extend(defined.brokers.iter().map(|d| Input::Broker(*d)));
    opening.extend(defined.broker_terms.iter().map(|d| Input::BrokerTerms(*d)));
    opening.extend(defined.accounts.iter().map(|d| Input::Account(*d)));
    opening.extend(defined.watches.iter().map(|d| Input::AccountWatch(*d)));
    opening.extend(defined.rules.iter().map(|d| Input::RuleText(*d)));
    opening.extend(defined.bots.iter().map(|d| Input::Bot(*d)));
    opening.extend(defined.rolls.iter().map(|roll| Input::Roll(*roll)));
    // What contracts cost comes first: results are reckoned with it.
    opening.extend(defined.terms.iter().map(|d| Input::ContractTerms(*d)));
    opening.extend(defined.limits.iter().map(|d| Input::RiskLimits(*d)));
    opening.extend(defined.cash_terms.iter().map(|d| Input::CashTerms(*d)));
    // What is copied names all of these.
    opening.extend(defined.copy_terms.iter().map(|d| Input::CopyTerms(*d)));
    let own = |kind, reason: &str| {
        Input::Command(Command {
            kind,
            scope: Scope::Platform,
            actor: Text::new("node"),
            reason: Text::new(reason),
        })
    };
    if let Some(reason) = accept {
        opening.push(own(CommandKind::AcceptConfiguration, reason));
    }
    if recovery.orphans.is_some() {
        let reason = "inputs lost in a machine crash: settle with the broker";
        // What a position is nobody knows, so an exit may open one: nothing at all goes on.
        opening.push(own(CommandKind::Freeze, reason));
    }
    opening
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::Parts;
    use gauntlet_model::input::{Sequenced, UserKill};
    use gauntlet_readmodel::replay::{self, KILLED_USERS_MAX};

    fn run(run: u32, configuration: u8) -> RunStart {
        RunStart {
            epoch: 1,
            run,
            config_hash: [configuration; 32],
            binary_hash: [0; 32],
            version: Text::EMPTY,
            self_test_passed: true,
        }
    }

    #[test]
    fn a_change_counts_until_the_core_has_accepted_it() {
        let parts = Parts::new();
        let (mut inputs, _effects) = parts.small_journal();
        // The second run ended between its start and its acceptance.
        for start in [run(1, 1), run(2, 2)] {
            let (seq, time) = (u64::from(start.run), UnixNanos(0));
            let input = Sequenced { seq, time, input: Input::RunStart(start) };
            inputs.append_input(&input).expect("room");
        }
        let rebuilt = replay::rebuild(&parts.journal(), |_| {}, |_| {}).expect("a journal");
        assert_eq!(rebuilt.chain.risk().accepted_configuration(), Some([1; 32]));
    }

    #[test]
    fn killed_users_are_remembered_over_runs_until_they_are_let_go_and_no_more_than_there_may_be() {
        let parts = Parts::new();
        let opened = Journal::create_or_open(&parts.journal(), &Default::default());
        let OpenedJournal { mut inputs, .. } = opened.expect("a journal");
        let kill = |user: &str, kind| {
            let (user, actor, reason) = (Text::new(user), Text::new("ops"), Text::new("left"));
            Input::UserKill(UserKill { user, kind, actor, reason })
        };
        let killed = CommandKind::Kill { flatten: false };
        let mut told =
            vec![kill("ann", killed), kill("bob", killed), kill("ann", CommandKind::Unkill)];
        told.push(Input::RunStart(run(1, 1)));
        told.extend(
            (0..KILLED_USERS_MAX).map(|user| kill(&format!("u{user}"), CommandKind::Freeze)),
        );
        for (seq, input) in (1..).zip(told) {
            let sequenced = Sequenced { seq, time: UnixNanos(0), input };
            inputs.append_input(&sequenced).expect("room");
        }
        let rebuilt = replay::rebuild(&parts.journal(), |_| {}, |_| {}).expect("a journal");
        let users = rebuilt.killed_users.iter().map(|kill| kill.user.as_str());
        assert_eq!(users.clone().take(2).collect::<Vec<_>>(), ["bob", "u0"]);
        assert_eq!(users.count(), KILLED_USERS_MAX);
    }

    #[test]
    fn after_inputs_were_lost_nothing_leaves_until_a_person_says_so() {
        let parts = Parts::new();
        drop(parts.small_journal());
        let opened = Journal::create_or_open(&parts.journal(), &Default::default());
        let mut recovery = opened.expect("a journal").recovery;
        let defined = Definitions::default();
        assert_eq!(opening(&defined, run(1, 1), None, &recovery).len(), 1);
        recovery.orphans =
            Some(gauntlet_journal::OrphanEffects { count: 2, first_cause: 3, last_cause: 4 });
        let opening = opening(&defined, run(1, 1), None, &recovery);
        let Some(Input::Command(command)) = opening.last() else { panic!("{opening:?}") };
        assert_eq!((command.kind, command.scope), (CommandKind::Freeze, Scope::Platform));
    }
}
