//! Limits as the run was told them, and which losses let whom do what.

use super::Noted;
use gauntlet_engine::risk::{ALL_CHANGES_MAX, RealisedVolatility};
use gauntlet_model::effect::{Bar, LimitChanged, LimitState, LossChanged, LossState, RiskUsage};
use gauntlet_model::ids::{ACCOUNTS_MAX, BOTS_MAX, INSTRUMENTS_MAX, InstrumentId};
use gauntlet_model::input::{ContractTerms, ROUTES_MAX, RiskLimits};
use gauntlet_model::units::Price;

/// Scopes that limits can be told of.
const LAYERS_MAX: usize = 1 + ACCOUNTS_MAX + BOTS_MAX;
/// Scopes and routes that a loss can be of.
const LOSSES_MAX: usize = LAYERS_MAX * ROUTES_MAX;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Limits {
    /// The layers of this run, as told.
    pub layers: Vec<RiskLimits>,
    /// Losses that let somebody do less than trade.
    pub losses: Vec<Noted<LossChanged>>,
    /// What people changed, and asked for.
    pub changes: Vec<LimitChanged>,
    /// What is used, as told last.
    pub usage: Vec<RiskUsage>,
    /// What contracts cost in this run, as told.
    pub terms: Vec<ContractTerms>,
    /// How much the prices of those contracts move that are watched for it, and over how many minutes.
    pub volatility: Vec<(InstrumentId, u32, RealisedVolatility)>,
}

impl Limits {
    /// A run begins: what it has, it is told.
    pub fn begin(&mut self) {
        self.layers.clear();
        self.terms.clear();
    }

    /// Takes in what a contract costs.
    pub fn tell_terms(&mut self, terms: &ContractTerms) {
        self.terms.retain(|known| known.instrument != terms.instrument);
        if self.terms.len() < INSTRUMENTS_MAX {
            self.terms.push(*terms);
        }
        let (id, minutes) = (terms.instrument, terms.volatility_minutes);
        let is_known = |known: &(InstrumentId, u32, _)| (known.0, known.1) == (id, minutes);
        if terms.watches_volatility() == Some(true) && !self.volatility.iter().any(is_known) {
            self.forget_volatility(id);
            self.volatility.push((id, minutes, RealisedVolatility::new(minutes)));
        }
    }

    /// A contract's place may be another one's from now on.
    pub fn forget_volatility(&mut self, instrument: InstrumentId) {
        self.volatility.retain(|(known, ..)| *known != instrument);
    }

    /// Takes in a bar that was finished.
    pub fn on_bar(&mut self, bar: &Bar, tick: Price) {
        let known = self.volatility.iter_mut().find(|(known, ..)| *known == bar.instrument);
        if let Some((.., measure)) = known.filter(|_| RealisedVolatility::is_of(bar)) {
            measure.follow(bar, tick);
        }
    }

    /// Takes in what people changed, as the core does: one change of a scope and limit takes the place of
    /// those before, and a question that of a question alone.
    pub fn on_change(&mut self, changed: &LimitChanged) {
        let is_asked = changed.state == LimitState::Asked;
        self.changes.retain(|known| {
            let is_same = (known.scope, known.limit) == (changed.scope, changed.limit);
            match changed.state {
                // What ended is what is in force, or else the question.
                LimitState::Ended => !is_same || known.value != changed.value,
                _ => !is_same || (is_asked && known.state != LimitState::Asked),
            }
        });
        if changed.state != LimitState::Ended && self.changes.len() < ALL_CHANGES_MAX {
            self.changes.push(*changed);
        }
    }

    /// Takes in what a scope uses.
    pub fn on_usage(&mut self, usage: &RiskUsage) {
        let is_same = |known: &RiskUsage| (known.scope, known.route) == (usage.scope, usage.route);
        let place = self.usage.iter().position(is_same);
        match place {
            Some(place) => self.usage[place] = *usage,
            None if self.usage.len() < LOSSES_MAX => self.usage.push(*usage),
            None => {}
        }
    }

    /// Takes a layer in.
    pub fn tell(&mut self, limits: &RiskLimits) {
        let place = self.layers.iter().position(|known| known.scope == limits.scope);
        match place {
            Some(place) => self.layers[place] = *limits,
            None if self.layers.len() < LAYERS_MAX => self.layers.push(*limits),
            // The core refuses what it has no place for.
            None => {}
        }
    }

    /// Takes in what a loss lets a scope do.
    pub fn on_loss(&mut self, noted: Noted<LossChanged>) {
        let is_same = |known: &Noted<LossChanged>| {
            (known.what.scope, known.what.route) == (noted.what.scope, noted.what.route)
        };
        self.losses.retain(|known| !is_same(known));
        if noted.what.state != LossState::Trading && self.losses.len() < LOSSES_MAX {
            self.losses.push(noted);
        }
    }
}
