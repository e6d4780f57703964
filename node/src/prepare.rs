//! What every node needs before its first input, however it is driven: the journal, the state that it
//! leads to, and the inputs that open the run.

use crate::config::{Config, Definitions, StageCaps};
use crate::error::NodeError;
use crate::guard;
use gauntlet_engine::risk;
use gauntlet_journal::{
    EffectWriter, InputWriter, Journal, JournalConfig, JournalSync, OpenedJournal, RecoveryReport,
};
use gauntlet_model::input::{Command, CommandKind, Input, RunStart, Scope};
use gauntlet_model::text::Text;
use gauntlet_readmodel::replay::Rebuilt;
use gauntlet_readmodel::resume::{ResumeError, resume};
use sha2::{Digest, Sha256};
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

/// The directory of the journal within the data directory.
pub fn journal_dir(data: &Path) -> PathBuf {
    data.join("journal")
}

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
}

impl Preparation<'_> {
    /// Opens the journal, rebuilds the state and defines everything anew.
    ///
    /// # Errors
    /// What is wrong with the data directory, the journal or the configuration.
    pub fn prepare(&self) -> Result<Prepared, NodeError> {
        let Preparation { config, caps, data, accept_config, epoch } = *self;
        fs::create_dir_all(data)
            .map_err(|error| NodeError::io("make the data directory", data, error))?;
        let dir = journal_dir(data);
        let segment_bytes = (config.journal.segment_mib as usize) << 20;
        let settings = JournalConfig { segment_bytes, epoch, ..Default::default() };
        let OpenedJournal { inputs, mut effects, sync, recovery } =
            Journal::create_or_open(&dir, &settings)?;
        let rebuilt = resumed(&dir, &mut effects)?;
        let known = Definitions {
            instruments: rebuilt.instruments.clone(),
            accounts: rebuilt.accounts.clone(),
            rules: Vec::new(),
            bots: rebuilt.bots.clone(),
        };
        let defined = config.definitions(caps, &known)?;
        let run = run_start(config, caps, &rebuilt, &recovery)?;
        let accept = accepted_change(&rebuilt, &run, accept_config)?;
        let opening = opening(&defined, run, accept, &recovery);
        Ok(Prepared { inputs, effects, sync, recovery, rebuilt, defined, opening })
    }
}

/// The state that a journal leads to. An invariant that broke in the last run breaks again here.
fn resumed(dir: &Path, effects: &mut EffectWriter) -> Result<Rebuilt, NodeError> {
    // What was being rebuilt is dropped, and the process ends.
    match catch_unwind(AssertUnwindSafe(|| resume(dir, effects))) {
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

fn run_start(
    config: &Config,
    caps: &StageCaps,
    rebuilt: &Rebuilt,
    recovery: &RecoveryReport,
) -> Result<RunStart, NodeError> {
    let exe = std::env::current_exe()
        .map_err(|error| NodeError::io("find", Path::new("the program itself"), error))?;
    let program = fs::read(&exe).map_err(|error| NodeError::io("read", &exe, error))?;
    Ok(RunStart {
        epoch: recovery.epoch,
        run: rebuilt.last_run.map_or(1, |last| last.run + 1),
        config_hash: config.hash(caps),
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

/// Why a changed configuration may trade, if it has changed. Without a reason it is refused here,
/// where a person can read why, and would be blocked in the core besides. What counts is the last
/// configuration that the core accepted: a run may have ended between its start and the acceptance.
fn accepted_change<'a>(
    rebuilt: &Rebuilt,
    run: &RunStart,
    accept: Option<&'a str>,
) -> Result<Option<&'a str>, NodeError> {
    let accepted = rebuilt.chain.risk().accepted_configuration();
    match (accepted.is_some_and(|hash| hash != run.config_hash), accept) {
        (_, Some("")) => Err(NodeError::Config("--accept-config needs a reason".to_owned())),
        (true, None) => Err(NodeError::ConfigurationChanged),
        (true, reason) => Ok(reason),
        (false, _) => Ok(None),
    }
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
    opening.extend(defined.instruments.iter().map(|d| Input::Instrument(*d)));
    opening.extend(defined.accounts.iter().map(|d| Input::Account(*d)));
    opening.extend(defined.rules.iter().map(|d| Input::RuleText(*d)));
    opening.extend(defined.bots.iter().map(|d| Input::Bot(*d)));
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
        opening.push(own(CommandKind::Kill { flatten: false }, reason));
    }
    opening
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::Parts;
    use gauntlet_model::input::Sequenced;
    use gauntlet_model::units::UnixNanos;
    use gauntlet_readmodel::replay;

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
        let gate = |configuration, reason| {
            accepted_change(&rebuilt, &run(3, configuration), reason).map_err(|e| e.exit_code())
        };
        assert_eq!(gate(2, None), Err(2));
        assert_eq!(gate(2, Some("reviewed")), Ok(Some("reviewed")));
        assert_eq!(gate(2, Some("")), Err(2));
        // Back to the one that was accepted: nothing is to be accepted.
        assert_eq!(gate(1, None), Ok(None));
        assert_eq!(gate(1, Some("reviewed")), Ok(None));
    }
}
