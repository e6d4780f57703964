//! R18, R19: kills in force. They are state made from inputs, so a replay of the journal restores
//! them, and only a person lifts them.

use gauntlet_model::ids::{ACCOUNTS_MAX, BOTS_MAX, INSTRUMENTS_MAX};
use gauntlet_model::input::{BotDefinition, Scope};

/// A kill in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Latch {
    /// Whether positions are closed too. Once asked for it stays until the kill is lifted.
    pub flatten: bool,
}

/// The kills in force by scope, and the orderly stop of this run.
#[derive(Clone, Debug)]
pub(super) struct Kills {
    platform: Option<Latch>,
    accounts: [Option<Latch>; ACCOUNTS_MAX],
    bots: [Option<Latch>; BOTS_MAX],
    instruments: [Option<Latch>; INSTRUMENTS_MAX],
    /// Set by `Stop`, cleared by the next start of a run.
    pub stopped: bool,
}

impl Kills {
    pub fn new() -> Kills {
        Kills {
            platform: None,
            accounts: [None; ACCOUNTS_MAX],
            bots: [None; BOTS_MAX],
            instruments: [None; INSTRUMENTS_MAX],
            stopped: false,
        }
    }

    /// The latch of a scope; `None` when the scope is outside of its table.
    fn slot(&mut self, scope: Scope) -> Option<&mut Option<Latch>> {
        match scope {
            Scope::Platform => Some(&mut self.platform),
            Scope::Account(id) => self.accounts.get_mut(id.0 as usize),
            Scope::Bot(id) => self.bots.get_mut(id.0 as usize),
            Scope::Instrument(id) => self.instruments.get_mut(id.0 as usize),
        }
    }

    /// Puts a kill in force; says whether positions are to be closed under it now. A scope outside
    /// of the tables kills nothing and gives `None`.
    pub fn set(&mut self, scope: Scope, flatten: bool) -> Option<bool> {
        self.slot(scope).map(|slot| latch(slot, flatten))
    }

    /// As [`Kills::set`] of the platform, which has no table to be outside of.
    pub fn set_platform(&mut self, flatten: bool) -> bool {
        latch(&mut self.platform, flatten)
    }

    /// Lifts the kill of exactly this scope; says whether there was one.
    pub fn lift(&mut self, scope: Scope) -> bool {
        self.slot(scope).is_some_and(|slot| slot.take().is_some())
    }

    /// The kill of exactly this scope.
    pub fn get(&self, scope: Scope) -> Option<Latch> {
        match scope {
            Scope::Platform => self.platform,
            Scope::Account(id) => self.accounts.get(id.0 as usize).copied().flatten(),
            Scope::Bot(id) => self.bots.get(id.0 as usize).copied().flatten(),
            Scope::Instrument(id) => self.instruments.get(id.0 as usize).copied().flatten(),
        }
    }

    fn covering(&self, bot: &BotDefinition) -> impl Iterator<Item = Latch> {
        [
            self.platform,
            self.get(Scope::Account(bot.account)),
            self.get(Scope::Bot(bot.bot)),
            self.get(Scope::Instrument(bot.instrument)),
        ]
        .into_iter()
        .flatten()
    }

    /// Whether a kill or the stop covers a bot.
    pub fn blocks(&self, bot: &BotDefinition) -> bool {
        self.stopped || self.covering(bot).next().is_some()
    }

    /// Whether a kill that closes positions covers a bot.
    pub fn flattens(&self, bot: &BotDefinition) -> bool {
        self.covering(bot).any(|latch| latch.flatten)
    }
}

/// Puts a kill in force, and keeps to closing positions once that was asked for.
fn latch(slot: &mut Option<Latch>, flatten: bool) -> bool {
    let flatten = flatten || slot.is_some_and(|latch| latch.flatten);
    *slot = Some(Latch { flatten });
    flatten
}

/// Whether a scope covers a bot.
pub(super) fn covers(scope: Scope, bot: &BotDefinition) -> bool {
    match scope {
        Scope::Platform => true,
        Scope::Account(id) => bot.account == id,
        Scope::Bot(id) => bot.bot == id,
        Scope::Instrument(id) => bot.instrument == id,
    }
}
