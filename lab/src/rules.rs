//! Rules: read by the names that people give them, and examined.

use crate::LabError;
use gauntlet_model::input::Archetype;
use gauntlet_model::instrument::{Product, contract, product_of_code};
use gauntlet_strategy::rule::ast::{Direction, RuleSet};
use gauntlet_strategy::rule::json::{JSON_BYTES_MAX, from_json};
use gauntlet_strategy::rule::prose::{Reading, read_prose};
use gauntlet_strategy::rule::{Diagnostic, Parsed, Severity, parse, with_fallback};
use gauntlet_strategy::strategy::archetypes::ArchetypeRules;
use gauntlet_strategy::strategy::{Plan, PlanError};
use serde::Serialize;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// The rules of a file, or of an archetype where there is no such file.
///
/// # Errors
/// When there is neither, or the rules cannot be read.
pub fn plan_named(rules: &str) -> Result<Plan, LabError> {
    let path = Path::new(rules);
    if !path.exists() {
        return match Archetype::normalise(rules) {
            Ok(archetype) => Ok(archetype.plan()),
            Err(error) => Err(LabError::Failed(format!("there is no file {rules}, and {error}"))),
        };
    }
    let unread = |error| LabError::Failed(format!("cannot read {rules}: {error}"));
    let text = read_text(File::open(path).map_err(unread)?).map_err(unread)?;
    let parsed = parsed(&text)?;
    Plan::new(parsed.into_rules().map_err(LabError::failed)?, &[]).map_err(LabError::failed)
}

/// The product of a symbol: its code alone, or a contract of it.
///
/// # Errors
/// When there is no symbol, or it is of no known product.
pub fn product_named(symbol: Option<&str>) -> Result<&'static Product, LabError> {
    let symbol = symbol.ok_or_else(|| {
        LabError::Usage("the file does not tell what its bars are of: use --symbol".to_owned())
    })?;
    let upper = symbol.to_ascii_uppercase();
    // Which decade a contract is of does not change its product.
    let of_contract = || contract(&upper, 2020).map(|contract| contract.product);
    product_of_code(&upper).or_else(of_contract).ok_or_else(|| {
        LabError::Usage(format!(
            "{symbol} is no known product or contract: use --symbol, as in ESH4"
        ))
    })
}

/// Rules from anywhere, as text; no more than rules can have.
///
/// # Errors
/// What the source says, and when it holds no text.
pub fn read_text(from: impl Read) -> std::io::Result<String> {
    let mut text = String::new();
    from.take(JSON_BYTES_MAX as u64 + 1).read_to_string(&mut text)?;
    Ok(text)
}

/// Rules as text or JSON.
fn parsed(text: &str) -> Result<Parsed, LabError> {
    match text.trim_start().starts_with('{') {
        true => from_json(text).map_err(LabError::failed),
        false => Ok(parse(text)),
    }
}

/// What rules say, and whether a bot can run them.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Whether a bot can run it.
    pub usable: bool,
    /// Why it cannot although it can be read.
    pub refused: Option<String>,
    /// Bars that a bot must see before it trades, the one on which it may included; none when it
    /// cannot run.
    pub warm_up_bars: Option<usize>,
    /// How sure it is that the rules say what was meant.
    pub confidence: Confidence,
    /// Directions that could not be read.
    pub failed: Vec<&'static str>,
    /// Directions that the fallback stands in for.
    pub fallbacks: u32,
    /// The canonical text.
    pub text: String,
    /// The same as a tree.
    pub tree: RuleSet,
    /// Errors and warnings.
    pub findings: Vec<Finding>,
    /// Of prose: what was read, and what was made of it.
    pub understood: Vec<Understood>,
    /// Of prose: what was not read.
    pub unread: Vec<Unread>,
}

/// How sure it is that rules say what was meant, from 0 to 1.
#[derive(Debug, Serialize)]
pub struct Confidence {
    /// Of the long side; `None` when it says nothing.
    pub long: Option<f64>,
    /// Of the short side; `None` when it says nothing.
    pub short: Option<f64>,
    /// Of all.
    pub whole: f64,
}

/// An error or a warning.
#[derive(Debug, Serialize)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// Its line, from 1.
    pub line: usize,
    /// Its column in characters, from 1.
    pub column: usize,
    /// What it is.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
    /// It with its line of the text, for people.
    #[serde(skip)]
    pub rendered: String,
}

/// Words of prose, and the rule that was made of them.
#[derive(Debug, Serialize)]
pub struct Understood {
    /// The words.
    pub words: String,
    /// What was made of them.
    pub rule: String,
}

/// Words of prose that were not read.
#[derive(Debug, Serialize)]
pub struct Unread {
    /// Its line, from 1.
    pub line: usize,
    /// Its column in characters, from 1.
    pub column: usize,
    /// The words.
    pub words: String,
}

/// Says what rules say. `is_prose` reads loose English; the rules of `fallback`, given with where they
/// are from, stand in for a direction that cannot be read.
///
/// # Errors
/// When JSON, or the fallback, cannot be read. Errors of rules are findings.
pub fn examine(
    text: &str,
    is_prose: bool,
    fallback: Option<(&str, &str)>,
) -> Result<Report, LabError> {
    let reading = is_prose.then(|| read_prose(text));
    let parsed = match &reading {
        Some(reading) => reading.parsed.clone(),
        None => self::parsed(text)?,
    };
    let mut usable = parsed.errors().next().is_none();
    let mut rules = parsed.rules.clone();
    let mut fallbacks = 0;
    if let Some((text, from)) = fallback {
        let archetype = self::parsed(text)?.into_rules();
        let archetype = archetype.map_err(|error| LabError::Failed(format!("{from}: {error}")))?;
        let name = archetype.name.clone().unwrap_or_else(|| "fallback".to_owned());
        let merged = with_fallback(&parsed, &archetype, &name).map_err(LabError::failed)?;
        (rules, fallbacks) = (merged.rules, merged.fallbacks);
        usable |= fallbacks > 0;
    }
    // A fallback stands in for directions alone.
    usable &= !parsed.rest_failed;
    let warm_up = usable.then(|| Plan::new(rules.clone(), &[])?.warm_up_bars());
    Ok(report(text, &parsed, reading.as_ref(), rules, warm_up, fallbacks))
}

fn report(
    text: &str,
    parsed: &Parsed,
    reading: Option<&Reading>,
    rules: RuleSet,
    warm_up: Option<Result<usize, PlanError>>,
    fallbacks: u32,
) -> Report {
    let spoken = |side: &Direction| (!side.is_silent()).then(|| side.origin.confidence());
    let finding = |finding: &Diagnostic| {
        let (line, column) = finding.position(&parsed.rules.text);
        Finding {
            severity: finding.severity,
            line,
            column,
            message: finding.message.clone(),
            hint: finding.hint.clone(),
            rendered: finding.render(&parsed.rules.text),
        }
    };
    let understood = reading.iter().flat_map(|reading| &reading.understood);
    let unread = reading.iter().flat_map(|reading| &reading.unread);
    Report {
        usable: matches!(warm_up, Some(Ok(_))),
        refused: warm_up.as_ref().and_then(|bars| bars.as_ref().err()).map(PlanError::to_string),
        warm_up_bars: warm_up.and_then(Result::ok),
        confidence: Confidence {
            long: spoken(&rules.long),
            short: spoken(&rules.short),
            whole: rules.confidence(),
        },
        failed: [(parsed.long_failed, "long"), (parsed.short_failed, "short")]
            .into_iter()
            .filter_map(|(failed, name)| failed.then_some(name))
            .collect(),
        fallbacks,
        text: rules.to_string(),
        findings: parsed.diagnostics.iter().map(finding).collect(),
        understood: understood
            .map(|part| Understood {
                words: part.span.of(text).to_owned(),
                rule: part.rule.clone(),
            })
            .collect(),
        unread: unread
            .map(|part| {
                let (line, column) = Diagnostic::error(part.span, "").position(text);
                Unread { line, column, words: part.text.clone() }
            })
            .collect(),
        tree: rules,
    }
}
