//! R18, R19: kills in force. They are state made from inputs, so a replay of the journal restores
//! them, and only a person lifts them.
//!
//! A kill stops what opens. What reduces goes on, so that every stop stays armed, unless a person says
//! *freeze*. The first kill of a scope gives it its actor and reason; a later one of the same scope can only
//! ask for more or for less of it: to close positions, or to freeze them.

use gauntlet_model::desk::OWNERS_MAX;
use gauntlet_model::ids::{ACCOUNTS_MAX, INSTRUMENTS_MAX};
use gauntlet_model::input::{BotDefinition, ROUTES_MAX, Scope};
use gauntlet_model::text::Text;

/// What becomes of positions under a kill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// They are given back as their bots' exits say.
    Openings,
    /// They are closed. Once asked for it stays until the kill is lifted or frozen.
    Flatten,
    /// Nothing happens to them.
    Freeze,
}

/// A kill in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Latch {
    /// What it does to positions.
    pub reach: Reach,
    /// Who set it first.
    pub actor: Text<32>,
    /// Why.
    pub reason: Text<64>,
}

/// The kills in force by scope, and the orderly stop of this run.
#[derive(Clone, Debug)]
pub(super) struct Kills {
    platform: Option<Latch>,
    accounts: [Option<Latch>; ACCOUNTS_MAX],
    bots: Vec<Option<Latch>>,
    instruments: [Option<Latch>; INSTRUMENTS_MAX],
    routes: [Option<Latch>; ROUTES_MAX],
    /// Set by `Stop`, cleared by the next start of a run.
    pub stopped: bool,
    /// How many latches are in force: mostly none, and then nobody looks at them.
    in_force: usize,
}

impl Kills {
    pub fn new() -> Kills {
        Kills {
            platform: None,
            accounts: [None; ACCOUNTS_MAX],
            bots: vec![None; OWNERS_MAX],
            instruments: [None; INSTRUMENTS_MAX],
            routes: [None; ROUTES_MAX],
            stopped: false,
            in_force: 0,
        }
    }

    /// The latch of a scope; `None` when the scope is outside of its table.
    fn slot(&mut self, scope: Scope) -> Option<&mut Option<Latch>> {
        match scope {
            Scope::Platform => Some(&mut self.platform),
            Scope::Account(id) => self.accounts.get_mut(id.0 as usize),
            Scope::Bot(id) => self.bots.get_mut(id.0 as usize),
            Scope::Instrument(id) => self.instruments.get_mut(id.0 as usize),
            Scope::Route(route) => self.routes.get_mut(route.index()),
        }
    }

    /// Puts a kill in force; gives what is in force of that scope now. A scope outside of the tables
    /// kills nothing and gives `None`.
    pub fn set(&mut self, scope: Scope, asked: Latch) -> Option<Latch> {
        let slot = self.slot(scope)?;
        let (is_new, latch) = (slot.is_none(), latch(slot, asked));
        self.in_force += usize::from(is_new);
        Some(latch)
    }

    /// As [`Kills::set`] of the platform, which has no table to be outside of.
    pub fn set_platform(&mut self, asked: Latch) -> Latch {
        self.in_force += usize::from(self.platform.is_none());
        latch(&mut self.platform, asked)
    }

    /// Lifts the kill of exactly this scope; gives what was in force.
    pub fn lift(&mut self, scope: Scope) -> Option<Latch> {
        let lifted = self.slot(scope).and_then(Option::take)?;
        self.in_force -= 1;
        Some(lifted)
    }

    /// Whether a kill or the stop is in force anywhere.
    pub fn any(&self) -> bool {
        self.stopped || self.in_force > 0
    }

    /// The kill of exactly this scope.
    pub fn get(&self, scope: Scope) -> Option<&Latch> {
        match scope {
            Scope::Platform => self.platform.as_ref(),
            Scope::Account(id) => self.accounts.get(id.0 as usize)?.as_ref(),
            Scope::Bot(id) => self.bots.get(id.0 as usize)?.as_ref(),
            Scope::Instrument(id) => self.instruments.get(id.0 as usize)?.as_ref(),
            Scope::Route(route) => self.routes[route.index()].as_ref(),
        }
    }

    fn covering(&self, bot: &BotDefinition) -> impl Iterator<Item = &Latch> {
        let scopes = (self.in_force > 0).then(|| {
            [
                Scope::Platform,
                Scope::Account(bot.account),
                Scope::Bot(bot.bot),
                Scope::Instrument(bot.instrument),
                Scope::Route(bot.route()),
            ]
        });
        scopes.into_iter().flatten().filter_map(|scope| self.get(scope))
    }

    /// Whether a kill or the stop covers a bot.
    pub fn blocks(&self, bot: &BotDefinition) -> bool {
        self.stopped || self.covering(bot).next().is_some()
    }

    /// Whether a freeze or the stop covers a bot: then nothing at all leaves.
    pub fn freezes(&self, bot: &BotDefinition) -> bool {
        self.stopped || self.covering(bot).any(|latch| latch.reach == Reach::Freeze)
    }

    /// Whether a kill covers a bot, whatever the stop says.
    pub fn is_killed(&self, bot: &BotDefinition) -> bool {
        self.covering(bot).next().is_some()
    }

    /// Whether a freeze covers a bot, whatever the stop says.
    pub fn is_frozen(&self, bot: &BotDefinition) -> bool {
        self.covering(bot).any(|latch| latch.reach == Reach::Freeze)
    }

    /// Whether a kill that closes positions covers a bot.
    pub fn flattens(&self, bot: &BotDefinition) -> bool {
        self.covering(bot).any(|latch| latch.reach == Reach::Flatten)
    }
}

/// Puts a kill in force. One that says nothing of positions leaves them as an earlier one said, and an
/// earlier one keeps its actor and reason.
fn latch(slot: &mut Option<Latch>, asked: Latch) -> Latch {
    let latch = match *slot {
        None => asked,
        Some(known) if asked.reach == Reach::Openings => known,
        Some(known) => Latch { reach: asked.reach, ..known },
    };
    *slot = Some(latch);
    latch
}

/// Whether a scope covers a bot.
pub(super) fn covers(scope: Scope, bot: &BotDefinition) -> bool {
    match scope {
        Scope::Platform => true,
        Scope::Account(id) => bot.account == id,
        Scope::Bot(id) => bot.bot == id,
        Scope::Instrument(id) => bot.instrument == id,
        Scope::Route(route) => bot.route() == route,
    }
}
