//! `ctl rules`: what a strategy says.

use crate::args::RulesCheckArgs;
use crate::failure::Failure;
use crate::output::Output;
use gauntlet_lab::rules::{Confidence, Report, Unread, examine, read_text};
use gauntlet_strategy::rule::ast::{Direction, Origin};
use gauntlet_strategy::rule::walk::Part;
use std::fmt::Write;
use std::path::Path;

/// Reads the file and shows what it says.
pub fn check(args: &RulesCheckArgs, out: &mut Output) -> Result<(), Failure> {
    let text = read(&args.file)?;
    let fallback = args.fallback.as_deref().map(|file| Ok::<_, Failure>((read(file)?, file)));
    let fallback = fallback.transpose()?;
    let fallback = fallback.map(|(text, file)| (text, file.display().to_string()));
    let fallback = fallback.as_ref().map(|(text, file)| (text.as_str(), file.as_str()));
    let report = examine(&text, args.prose, fallback)?;
    out.answer(&report, || words(&report))?;
    match report.usable {
        true => Ok(()),
        false => Err(Failure::Failed("the rules cannot be used".to_owned())),
    }
}

fn read(file: &Path) -> Result<String, Failure> {
    let text = match file.as_os_str() == "-" {
        true => read_text(std::io::stdin().lock()),
        false => std::fs::File::open(file).and_then(read_text),
    };
    text.map_err(|error| Failure::Failed(format!("cannot read {}: {error}", file.display())))
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
