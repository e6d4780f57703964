//! `ctl rules`: what a strategy says.

use crate::args::RulesCheckArgs;
use crate::failure::Failure;
use crate::output::Output;
use gauntlet_strategy::rule::ast::{Direction, Origin, RuleSet};
use gauntlet_strategy::rule::json::{JSON_BYTES_MAX, from_json};
use gauntlet_strategy::rule::prose::{Reading, read_prose};
use gauntlet_strategy::rule::walk::Part;
use gauntlet_strategy::rule::{Diagnostic, Parsed, Severity, parse, with_fallback};
use gauntlet_strategy::strategy::{Plan, PlanError};
use serde::Serialize;
use std::fmt::Write;
use std::io::Read;
use std::path::Path;

/// The answer to `ctl rules check`.
#[derive(Debug, Serialize)]
struct Report {
    /// Whether a bot can run it.
    usable: bool,
    /// Why it cannot although it can be read.
    refused: Option<String>,
    /// Bars that a bot must see before it trades, the one on which it may included; none when it
    /// cannot run.
    warm_up_bars: Option<usize>,
    /// How sure it is that the rules say what was meant.
    confidence: Confidence,
    /// Directions that could not be read.
    failed: Vec<&'static str>,
    /// Directions that the fallback stands in for.
    fallbacks: u32,
    /// The canonical text.
    text: String,
    /// The same as a tree.
    tree: RuleSet,
    /// Errors and warnings.
    findings: Vec<Finding>,
    /// Of prose: what was read, and what was made of it.
    understood: Vec<Understood>,
    /// Of prose: what was not read.
    unread: Vec<Unread>,
}

#[derive(Debug, Serialize)]
struct Confidence {
    long: Option<f64>,
    short: Option<f64>,
    whole: f64,
}

#[derive(Debug, Serialize)]
struct Finding {
    severity: Severity,
    line: usize,
    column: usize,
    message: String,
    hint: Option<String>,
    #[serde(skip)]
    rendered: String,
}

#[derive(Debug, Serialize)]
struct Understood {
    words: String,
    rule: String,
}

#[derive(Debug, Serialize)]
struct Unread {
    line: usize,
    column: usize,
    words: String,
}

/// Reads the file and shows what it says.
pub fn check(args: &RulesCheckArgs, out: &mut Output) -> Result<(), Failure> {
    let text = read(&args.file)?;
    let reading = args.prose.then(|| read_prose(&text));
    let parsed = match &reading {
        Some(reading) => reading.parsed.clone(),
        None => parsed(&text)?,
    };
    let mut usable = parsed.errors().next().is_none();
    let mut rules = parsed.rules.clone();
    let mut fallbacks = 0;
    if let Some(file) = &args.fallback {
        let archetype = self::parsed(&read(file)?)?;
        let archetype = archetype
            .into_rules()
            .map_err(|error| Failure::Failed(format!("{}: {error}", file.display())))?;
        let name = archetype.name.clone().unwrap_or_else(|| "fallback".to_owned());
        let merged = with_fallback(&parsed, &archetype, &name)
            .map_err(|error| Failure::Failed(error.to_string()))?;
        (rules, fallbacks) = (merged.rules, merged.fallbacks);
        usable |= fallbacks > 0;
    }
    let warm_up = usable.then(|| warm_up_bars(&rules));
    let report = report(&text, &parsed, reading.as_ref(), rules, warm_up, fallbacks);
    out.answer(&report, || words(&report))?;
    match report.usable {
        true => Ok(()),
        false => Err(Failure::Failed("the rules cannot be used".to_owned())),
    }
}

/// The warm-up of rules with the defaults of their parameters, by making what a bot runs.
fn warm_up_bars(rules: &RuleSet) -> Result<usize, PlanError> {
    Plan::new(rules.clone(), &[])?.warm_up_bars()
}

fn read(file: &Path) -> Result<String, Failure> {
    let failed = |error| Failure::Failed(format!("cannot read {}: {error}", file.display()));
    let mut text = String::new();
    let limit = JSON_BYTES_MAX as u64 + 1;
    if file.as_os_str() == "-" {
        std::io::stdin().lock().take(limit).read_to_string(&mut text).map_err(failed)?;
    } else {
        let opened = std::fs::File::open(file).map_err(failed)?;
        opened.take(limit).read_to_string(&mut text).map_err(failed)?;
    }
    Ok(text)
}

fn parsed(text: &str) -> Result<Parsed, Failure> {
    if text.trim_start().starts_with('{') {
        return from_json(text).map_err(|error| Failure::Failed(error.to_string()));
    }
    Ok(parse(text))
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

/// The report for people.
fn words(report: &Report) -> String {
    let mut out = report.text.clone();
    if !out.is_empty() {
        out.push('\n');
    }
    for (name, side) in [("long", &report.tree.long), ("short", &report.tree.short)] {
        direction(&mut out, name, side);
    }
    for definition in &report.tree.lets {
        let _ = writeln!(out, "let {}", definition.name);
        branches(&mut out, &[Part::from(&definition.value)], "");
        out.push('\n');
    }
    for part in &report.understood {
        let _ = writeln!(out, "read    {:?}\n     as {}", part.words, part.rule);
    }
    for Unread { line, column, words } in &report.unread {
        let _ = writeln!(out, "unread  {words:?} at {line}:{column}");
    }
    for finding in &report.findings {
        let _ = writeln!(out, "{}", finding.rendered.trim_end());
    }
    if let Some(bars) = report.warm_up_bars {
        let _ = writeln!(out, "warm-up      {bars} bars");
    }
    let percent = |value: Option<f64>| match value {
        Some(value) => format!("{:.0} %", value * 100.0),
        None => "says nothing".to_owned(),
    };
    let Confidence { long, short, whole } = report.confidence;
    let _ = writeln!(
        out,
        "confidence   {} (long {}, short {})",
        percent(Some(whole)),
        percent(long),
        percent(short)
    );
    if !report.failed.is_empty() {
        let _ = writeln!(out, "failed       {}", report.failed.join(", "));
    }
    if report.fallbacks > 0 {
        let _ = writeln!(out, "fallbacks    {}", report.fallbacks);
    }
    if let Some(refused) = &report.refused {
        let _ = writeln!(out, "refused      {refused}");
    }
    let _ = writeln!(out, "usable       {}", if report.usable { "yes" } else { "no" });
    out
}

fn direction(out: &mut String, name: &str, side: &Direction) {
    let origin = match &side.origin {
        Origin::Written => "as written".to_owned(),
        Origin::ReadFromProse { .. } => "read from prose".to_owned(),
        Origin::Fallback { archetype, .. } => format!("fallback to {archetype}"),
    };
    for (head, predicates) in [("when", &side.entries), ("exit when", &side.exits)] {
        for predicate in predicates {
            let _ = writeln!(out, "{name} {head}, {origin}: {:?}", predicate.text);
            branches(out, &[Part::from(&predicate.condition)], "");
            out.push('\n');
        }
    }
    if let Some(strength) = &side.strength {
        let _ = writeln!(out, "{name} strength");
        branches(out, &[Part::from(strength)], "");
        out.push('\n');
    }
}

fn branches(out: &mut String, parts: &[Part<'_>], indent: &str) {
    for (index, part) in parts.iter().enumerate() {
        let last = index + 1 == parts.len();
        let (branch, below) = if last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
        let _ = writeln!(out, "{indent}{branch}{}", label(*part));
        branches(out, &part.children(), &format!("{indent}{below}"));
    }
}

/// The kind of a node, and its text.
fn label(part: Part<'_>) -> String {
    let (tree, text) = match part {
        Part::Number(number) => (serde_json::to_value(number), number.to_string()),
        Part::Condition(condition) => (serde_json::to_value(condition), condition.to_string()),
        Part::Constant(constant) => (serde_json::to_value(constant), constant.to_string()),
    };
    let kind = tree.ok().and_then(|tree| tree["type"].as_str().map(str::to_owned));
    format!("{}: {text}", kind.unwrap_or_default())
}
