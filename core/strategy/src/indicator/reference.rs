//! The registry as a page for people.

use super::{Class, FEATURES, Info, Input, REGISTRY, Spec};
use crate::parameter::Parameter;
use std::fmt::Write;

const INTRODUCTION: &str = "\
# Indicators

Every indicator, helper and feature that rules and models can name. This page is made from the
registry in the code: `ctl indicators list --markdown > docs/indicators.md`.

An indicator takes one finished bar after the other and never looks ahead. **First value** is the
sample, counted from 1, at which all lines have a value; **settled** the one from which it no longer
matters how much history came before it: what is left of the first samples is under 1e-9 (in ratios
under 1e-12). Parabolic SAR and supertrend forget only by turning, so theirs is what ordinary bars
take. Kinds marked *session* start anew with each session; they have no value outside of the hours, nor
in the rest of a session of which something is missing.

Those that read a **source** take closes unless a rule names another series, such as `volume` or
another indicator. Those that read **bars** take highs, lows, closes and volumes; those that read the
**tape** need trades and a book, which bars from files do not tell.

Where TA-Lib knows a kind the values are TA-Lib's: to the bit for the recursive ones, within 1e-9 for
those that sum over a window, because sums here are exact and TA-Lib's keep a rounding residue. A
sample that cannot be computed with (no number, larger than 1e100, prices of a bar that contradict one
another) is skipped.

Prices at and below zero are data (crude oil, April 2020). Every value is finite and within the bounds
that its line tells, whatever the prices and volumes; where a value has no meaning there is none. So
what takes logarithms, and shares of traded value, has no value while such a price is in its window,
and a percentage has none beside a price of 0. A rule that reads *no value* is not true, and neither is
one that reads an indicator over a number that has no value now.
";

/// The page `docs/indicators.md`.
pub fn markdown() -> String {
    let mut page = INTRODUCTION.to_owned();
    for (title, class) in [
        ("The eighteen", Class::Indicator),
        ("Helpers", Class::Helper),
        ("Kinds made for features", Class::Feature),
    ] {
        let kinds = || REGISTRY.iter().filter(move |info| info.class == class);
        writeln!(page, "\n## {title}\n").expect("a string takes everything");
        page.push_str("| name | parameters | lines | reads | first value | settled |\n");
        page.push_str("|---|---|---|---|---|---|\n");
        kinds().for_each(|info| page.push_str(&row(info)));
        page.push('\n');
        kinds().for_each(|info| page.push_str(&paragraph(info)));
    }
    page.push_str(FEATURES_HEAD);
    for feature in &FEATURES {
        let (info, spec) = (feature.info(), feature.spec());
        let line = &info.lines[feature.line];
        let (first, settled) = (spec.warm_up(), spec.settle());
        let of = if info.lines.len() > 1 { format!(".{}", line.name) } else { String::new() };
        let name = feature.name;
        page.push_str(&format!("| `{name}` | `{spec}{of}` | {} | {first} | {settled} |\n", line));
    }
    page
}

const FEATURES_HEAD: &str = "
## Features

The numbers that models take, in their order. Formula and source are those of the kind.

| feature | is | unit | first value | settled |
|---|---|---|---|---|
";

fn row(info: &Info) -> String {
    let spec = Spec::default_of(info.kind);
    let parameters: Vec<String> = info.parameters.iter().map(parameter).collect();
    let lines: Vec<String> =
        info.lines.iter().map(|line| format!("`{}` ({line})", line.name)).collect();
    let reads = match info.input {
        Input::Source => "source",
        Input::Bar => "bars",
        Input::Tape => "tape",
    };
    let session = if info.session { ", *session*" } else { "" };
    let (first, settled) = (spec.warm_up(), spec.settle());
    format!(
        "| `{}` | {} | {} | {reads}{session} | {first} | {settled} |\n",
        info.name,
        parameters.join("; "),
        lines.join(", ")
    )
}

fn parameter(of: &Parameter) -> String {
    let Parameter { name, meaning, default, min, max, whole } = of;
    let kind = if *whole { "" } else { ", any number" };
    format!("`{name}` {default} ({min} to {max}{kind}): {meaning}")
}

fn paragraph(info: &Info) -> String {
    let also = match info.aliases {
        [] => String::new(),
        names => format!(" (also `{}`)", names.join("`, `")),
    };
    let Info { name, meaning, formula, source, .. } = info;
    format!("- **{name}**{also}. {meaning} `{formula}`. Source: {source}.\n")
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_page_in_docs_is_current() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/indicators.md");
        let page = std::fs::read_to_string(path).unwrap_or_default();
        let hint = "docs/indicators.md is old: ctl indicators list --markdown > docs/indicators.md";
        assert!(page == super::markdown(), "{hint}");
    }
}
