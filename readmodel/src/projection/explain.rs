//! Why a bot wants what it wants, from its last decision and the rules in force.

use super::bots::BotState;
use super::snapshot::{intent, price, time};
use super::{Noted, Projection};
use crate::api::explain;
use gauntlet_engine::fusion::{ENTER_SCORE, STRONG, plan_of};
use gauntlet_model::effect::{Decision, ExitLevels, Outcome, Said, SizeCap, Urgency};
use gauntlet_model::input::{BarKind, BotDefinition, SignalSource, Sizing, Timeframe};
use gauntlet_model::units::Money;
use gauntlet_strategy::strategy::{Clause, Plan, SaidBy};

impl Projection {
    /// What a bot decided last and why; `None` when there is no bot of that name.
    pub fn explain(&self, bot: &str) -> Option<explain::Explanation> {
        let named = |state: &&BotState| state.definition().is_some_and(|d| d.name.as_str() == bot);
        let state = self.bots.iter().find(named)?;
        let definition = *state.definition()?;
        let plan = match state.rule_text() {
            Some(text) => plan_of(&definition, text).map_err(|error| error.to_string()),
            None => Err("its rules came in part".to_owned()),
        };
        let bars = |plan: &Plan| {
            let bars = definition.bars.or(plan.bars());
            bars.unwrap_or(BarKind::Time(Timeframe::M1)).to_string()
        };
        let decision = state.last_decision.as_ref();
        Some(explain::Explanation {
            bot: definition.name.to_string(),
            instrument: self.symbol(definition.instrument),
            archetype: definition.archetype,
            own_rules: definition.rule_parts > 0,
            rules_error: plan.as_ref().err().cloned(),
            fallbacks: plan.as_ref().map_or(0, Plan::fallbacks),
            bars: plan.as_ref().ok().map(bars),
            session: definition.session,
            enabled: definition.enabled,
            position: state.qty(),
            decision: decision.map(|noted| decided(noted, &definition, plan.as_ref().ok())),
            intent: state.last_intent.as_ref().map(intent),
            reject: state.last_reject.as_ref().map(|reject| self.reject(reject)),
            exits: state.exits.as_ref().filter(|_| state.qty() != 0).map(exits),
        })
    }
}

fn decided(
    noted: &Noted<Decision>,
    definition: &BotDefinition,
    plan: Option<&Plan>,
) -> explain::Decision {
    let decision = &noted.what;
    let sources = SignalSource::ALL.into_iter().zip(&decision.voices);
    let sources = sources.filter(|(_, voice)| voice.live).map(|(source, voice)| explain::Source {
        source: source.name().to_owned(),
        direction: voice.direction,
        strength: voice.strength.into(),
        confidence: voice.confidence.into(),
        weight: voice.weight.into(),
        share: voice.share.into(),
    });
    explain::Decision {
        seq: noted.seq,
        time: time(noted.time),
        bar_end: (decision.bar_end.0 > 0).then(|| time(decision.bar_end)),
        rule: rule(decision, plan),
        outcome: decision.outcome.name().to_owned(),
        why: why(decision),
        score: decision.score,
        enter_score: ENTER_SCORE,
        target: decision.target,
        aggressive: decision.urgency == Urgency::Aggressive,
        sources: sources.collect(),
        size: (decision.sized > 0).then(|| explain::Size {
            sizing: sizing(definition.sizing),
            wanted: decision.sized,
            cap: (decision.cap != SizeCap::None).then(|| decision.cap.name().to_owned()),
            risk: (decision.risk != Money(0)).then(|| decision.risk.to_f64()),
        }),
    }
}

/// The rule that spoke, in its own words if the rules are still the same.
fn rule(decision: &Decision, plan: Option<&Plan>) -> Option<explain::Rule> {
    let clause = match decision.said {
        Said::Nothing => return None,
        Said::LongEntry => Clause::LongEntry,
        Said::ShortEntry => Clause::ShortEntry,
        Said::LongExit => Clause::LongExit,
        Said::ShortExit => Clause::ShortExit,
    };
    let said_by = SaidBy { clause, place: decision.said_place };
    let predicate = plan.and_then(|plan| plan.predicate(said_by));
    let text = predicate.map(|predicate| predicate.text.clone());
    Some(explain::Rule { kind: decision.said.name().to_owned(), text })
}

fn sizing(sizing: Sizing) -> String {
    match sizing {
        Sizing::Fixed => "fixed".to_owned(),
        Sizing::VolatilityTarget { daily, period } => {
            format!("volatility target of {daily} a day over {period} bars")
        }
        Sizing::EquityFraction { fraction, equity } => {
            format!("{fraction} of the equity of {equity} and what was won or lost since")
        }
    }
}

fn why(decision: &Decision) -> String {
    match decision.outcome {
        Outcome::Acts if decision.target == 0 => "its signals are against what it holds or wants",
        Outcome::Acts => "its signals ask for it",
        Outcome::Stays => "it has, or has asked for, what its signals want",
        Outcome::WarmingUp => "its rules have not seen enough bars yet",
        Outcome::Quiet => "no rule speaks, and no other source has an opinion that counts",
        Outcome::Weak => return format!("the score is nearer to zero than {ENTER_SCORE}"),
        Outcome::Conflict => {
            return format!(
                "sources contradict each other, both with strength × confidence of {STRONG} or more"
            );
        }
        Outcome::Disabled => "it may not trade: it is disabled, or its definition was refused",
        Outcome::OutOfSession => "it is outside of its hours, or they are about to end",
        Outcome::GoingOut => "it is on its way out of the market, or was in this bar",
        Outcome::NoValue => "a value that its stop, target or size needs is not known yet",
        Outcome::TooSmall => "its size comes to less than one contract",
        Outcome::Unled => "neither its rules nor a model points that way, and others enter nothing",
    }
    .to_owned()
}

fn exits(noted: &Noted<ExitLevels>) -> explain::Exits {
    let levels = &noted.what;
    explain::Exits {
        time: time(noted.time),
        stop: price(levels.stop),
        target: price(levels.target),
        trailing: price(levels.trailing),
        break_even: price(levels.break_even),
        break_even_armed: levels.break_even_armed,
        bars_left: (levels.bars_left > 0).then_some(levels.bars_left),
    }
}
