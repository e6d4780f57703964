//! What the archetypes are as strategies, for those who choose one.

use crate::LabError;
use gauntlet_model::effect::Urgency;
use gauntlet_model::input::Archetype;
use gauntlet_strategy::rule::ast::Param;
use gauntlet_strategy::strategy::archetypes::ArchetypeRules;
use serde::Serialize;

/// An archetype as a strategy.
#[derive(Clone, Debug, Serialize)]
pub struct Strategy {
    /// Its name.
    pub name: &'static str,
    /// Other names that it goes by.
    pub aliases: &'static [&'static str],
    /// The bars that it reads.
    pub bars: String,
    /// Its hours.
    pub session: &'static str,
    /// How it goes in: `passive` or `aggressive`.
    pub entry: &'static str,
    /// Bars that it must see before it says anything.
    pub warm_up_bars: usize,
    /// What can be set.
    pub parameters: Vec<Parameter>,
    /// The idea behind it.
    pub idea: String,
    /// Its rules.
    pub rules: &'static str,
}

/// A parameter of a strategy.
#[derive(Clone, Debug, Serialize)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// Its value where nothing is said.
    pub default: f64,
    /// Its least value.
    pub min: f64,
    /// Its greatest value.
    pub max: f64,
    /// Whether only whole numbers will do.
    pub whole: bool,
    /// What it means.
    pub meaning: &'static str,
}

impl From<&'static Param> for Parameter {
    fn from(param: &'static Param) -> Parameter {
        let Param { name, default, min, max, whole, meaning, .. } = param;
        Parameter { name, default: *default, min: *min, max: *max, whole: *whole, meaning }
    }
}

impl Strategy {
    /// The strategy of an archetype.
    ///
    /// # Errors
    /// When no bot could run it, which a test of the archetypes excludes.
    pub fn of(archetype: Archetype) -> Result<Strategy, LabError> {
        let plan = archetype.plan();
        let warm_up_bars = plan.warm_up_bars().map_err(LabError::failed)?;
        Ok(Strategy {
            name: archetype.name(),
            aliases: archetype.aliases(),
            bars: plan.bars().map_or_else(String::new, |bars| bars.to_string()),
            session: plan.session().map_or("", |session| session.name()),
            entry: match plan.entry() {
                Urgency::Passive => "passive",
                Urgency::Aggressive => "aggressive",
            },
            warm_up_bars,
            parameters: archetype.rules().params.iter().map(Parameter::from).collect(),
            idea: archetype.idea(),
            rules: rules_alone(archetype.text()),
        })
    }
}

/// The rules without the comment at their head.
fn rules_alone(text: &'static str) -> &'static str {
    let start = text.find("\nstrategy ").map_or(0, |at| at + 1);
    &text[start..]
}

/// The archetype that goes by a name, or that the name of a strategy speaks of.
///
/// # Errors
/// When there is none, with the name that is most like it.
pub fn named(name: &str) -> Result<Strategy, LabError> {
    let archetype = Archetype::normalise(name);
    let archetype = archetype.or_else(|error| Archetype::infer(name).ok_or(error));
    Strategy::of(archetype.map_err(LabError::failed)?)
}

/// Every archetype.
///
/// # Errors
/// As [`Strategy::of`].
pub fn all() -> Result<Vec<Strategy>, LabError> {
    Archetype::ALL.into_iter().map(Strategy::of).collect()
}
