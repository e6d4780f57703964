//! Why a bot wants what it wants, for people.

use crate::format::{count, known, many, money, price, signed, time};
use crate::table::{Column, table};
use gauntlet_readmodel::api::explain::{Decision, Exits, Explanation, Size, Source};

/// The explanation.
pub fn explanation(of: &Explanation) -> String {
    let rules = if of.own_rules { "its own rules" } else { "its archetype's rules" };
    let disabled = if of.enabled { "" } else { ", disabled" };
    let mut text = format!(
        "{} {} on {}, {} bars of {}, {rules}{disabled}, holds {}\n",
        of.bot,
        of.archetype.name(),
        of.instrument,
        known(of.bars.as_deref(), str::to_owned),
        of.session.name(),
        signed(of.position.into()),
    );
    let mut line = |title: &str, what: String| text += &format!("  {title:<9} {what}\n");
    if let Some(error) = &of.rules_error {
        line("rules", error.clone());
    }
    if of.fallbacks > 0 {
        let directions = many(of.fallbacks.into(), "direction");
        line("rules", format!("{directions} cannot be read: the archetype's stand in for them"));
    }
    match &of.decision {
        None => line("decision", "none yet".to_owned()),
        Some(decision) => lines(decision, &mut line),
    }
    if let Some(intent) = &of.intent {
        let how = if intent.aggressive { "aggressive" } else { "passive" };
        let target = signed(intent.target.into());
        let at = time(&intent.time);
        line(
            "intent",
            format!("{target}, {how}, {}, at {at}, input {}", intent.reason, count(intent.seq)),
        );
    }
    if let Some(reject) = &of.reject {
        let (at, code) = (time(&reject.time), &reject.code);
        line("refused", format!("{code} at {at}: limit {}, value {}", reject.limit, reject.value));
    }
    if let Some(levels) = &of.exits {
        line("exits", exits(levels));
    }
    if let Some(decision) = of.decision.as_ref().filter(|decision| !decision.sources.is_empty()) {
        text += "\n";
        text += &sources(&decision.sources);
    }
    text
}

fn lines(decision: &Decision, line: &mut impl FnMut(&str, String)) {
    let bar = known(decision.bar_end.as_deref(), time);
    let at = time(&decision.time);
    line(
        "decision",
        format!("at {at}, input {}, after the bar that ended {bar}", count(decision.seq)),
    );
    match &decision.rule {
        None => line("rule", "none spoke in that bar".to_owned()),
        Some(rule) => {
            let words = rule.text.as_deref().unwrap_or("(its words are not known any more)");
            line("rule", format!("{}: {words}", rule.kind));
        }
    }
    line("score", format!("{:+.3}, {} enters", decision.score, decision.enter_score));
    line("outcome", format!("{}: {}", decision.outcome, decision.why));
    line("wants", signed(decision.target.into()));
    if let Some(made) = &decision.size {
        line("size", size(made));
    }
}

fn size(size: &Size) -> String {
    let Size { sizing, wanted, cap, risk } = size;
    let risk = risk.map_or(String::new(), |risk| format!(", {} at risk a contract", money(risk)));
    let cap = cap.as_ref().map_or(String::new(), |cap| format!(", held down by {cap}"));
    format!("{sizing}: {}{risk}{cap}", many(u64::from(*wanted), "contract"))
}

fn exits(exits: &Exits) -> String {
    let armed = if exits.break_even_armed { " (armed)" } else { "" };
    let left = exits
        .bars_left
        .map_or(String::new(), |bars| format!(", {} left", many(bars.into(), "bar")));
    format!(
        "stop {}, target {}, trailing {}, break-even {}{armed}{left}, as of {}",
        price(exits.stop),
        price(exits.target),
        price(exits.trailing),
        price(exits.break_even),
        time(&exits.time),
    )
}

fn sources(sources: &[Source]) -> String {
    let columns = [
        Column::Left("source"),
        Column::Left("says"),
        Column::Right("strength"),
        Column::Right("confidence"),
        Column::Right("weight"),
        Column::Right("share"),
    ];
    let rows = sources.iter().map(|source| {
        let says = match source.direction {
            1.. => "long",
            0 => "out",
            _ => "short",
        };
        let Source { strength, confidence, weight, share, .. } = source;
        vec![
            source.source.clone(),
            says.to_owned(),
            format!("{strength:.2}"),
            format!("{confidence:.2}"),
            format!("{weight:.3}"),
            format!("{share:+.3}"),
        ]
    });
    table(&columns, rows)
}
