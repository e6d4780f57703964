//! `ctl indicators`: what can be computed, and what it gives on a file of bars.

mod args;
mod run;

pub use args::{IndicatorsCommand, ListArgs};
pub use run::run;

use crate::failure::Failure;
use crate::output::Output;
use crate::table::{Column, table};
use gauntlet_strategy::indicator::{
    Class, FEATURES, Feature, Info, Input, REGISTRY, Spec, markdown as page,
};
use gauntlet_strategy::parameter::Parameter;
use serde::Serialize;

#[derive(Serialize)]
struct Listing {
    indicators: Vec<Kind>,
    features: Vec<NamedFeature>,
}

#[derive(Serialize)]
struct Kind {
    name: &'static str,
    aliases: &'static [&'static str],
    class: &'static str,
    meaning: &'static str,
    formula: &'static str,
    source: &'static str,
    parameters: Vec<Taken>,
    lines: Vec<Given>,
    reads: &'static str,
    needs_session: bool,
    first_value: usize,
    settled: usize,
}

#[derive(Serialize)]
struct Taken {
    name: &'static str,
    meaning: &'static str,
    default: f64,
    min: f64,
    max: f64,
    whole: bool,
}

#[derive(Serialize)]
struct Given {
    name: &'static str,
    unit: String,
}

#[derive(Serialize)]
struct NamedFeature {
    name: &'static str,
    indicator: &'static str,
    parameters: Vec<f64>,
    line: &'static str,
    unit: String,
    first_value: usize,
    settled: usize,
}

fn reads(info: &Info) -> &'static str {
    match info.input {
        Input::Source => "source",
        Input::Bar => "bars",
        Input::Tape => "tape",
    }
}

impl From<&&Info> for Kind {
    fn from(info: &&Info) -> Kind {
        let spec = Spec::default_of(info.kind);
        let taken = |&Parameter { name, meaning, default, min, max, whole }: &Parameter| Taken {
            name,
            meaning,
            default,
            min,
            max,
            whole,
        };
        let lines = info.lines.iter();
        Kind {
            name: info.name,
            aliases: info.aliases,
            class: info.class.name(),
            meaning: info.meaning,
            formula: info.formula,
            source: info.source,
            parameters: info.parameters.iter().map(taken).collect(),
            lines: lines.map(|l| Given { name: l.name, unit: l.unit.to_string() }).collect(),
            reads: reads(info),
            needs_session: info.session,
            first_value: spec.warm_up(),
            settled: spec.settle(),
        }
    }
}

impl From<&Feature> for NamedFeature {
    fn from(feature: &Feature) -> NamedFeature {
        let (info, spec) = (feature.info(), feature.spec());
        let line = &info.lines[feature.line];
        NamedFeature {
            name: feature.name,
            indicator: info.name,
            parameters: spec.parameters().collect(),
            line: line.name,
            unit: line.unit.to_string(),
            first_value: spec.warm_up(),
            settled: spec.settle(),
        }
    }
}

/// Lists every kind, and the features made of them.
pub fn list(args: &ListArgs, out: &mut Output) -> Result<(), Failure> {
    if args.markdown {
        return out.bytes(page().as_bytes());
    }
    let listing = Listing {
        indicators: REGISTRY.iter().map(Kind::from).collect(),
        features: FEATURES.iter().map(NamedFeature::from).collect(),
    };
    out.answer(&listing, text)
}

fn text() -> String {
    let kinds = [Class::Indicator, Class::Helper, Class::Feature].map(|class| {
        table(
            &[
                Column::Left(class.name()),
                Column::Left("parameters"),
                Column::Left("lines"),
                Column::Left("unit"),
                Column::Left("reads"),
                Column::Right("first value"),
                Column::Right("settled"),
                Column::Left("source"),
            ],
            REGISTRY.iter().filter(|info| info.class == class).map(|info| row(info)),
        )
    });
    let features = table(
        &[Column::Left("model feature"), Column::Left("is"), Column::Right("first value")],
        FEATURES.iter().map(|feature| {
            let (info, spec) = (feature.info(), feature.spec());
            let line = info.lines[feature.line].name;
            let is = if info.lines.len() > 1 { format!("{spec}.{line}") } else { spec.to_string() };
            vec![feature.name.to_owned(), is, spec.warm_up().to_string()]
        }),
    );
    format!("{}\n{features}", kinds.join("\n"))
}

/// The rows of one cell.
fn cell(rows: impl Iterator<Item = String>) -> String {
    rows.collect::<Vec<_>>().join("\n")
}

fn row(info: &Info) -> Vec<String> {
    let spec = Spec::default_of(info.kind);
    let taken =
        |one: &Parameter| format!("{} {} ({} to {})", one.name, one.default, one.min, one.max);
    vec![
        info.name.to_owned(),
        cell(info.parameters.iter().map(taken)),
        cell(info.lines.iter().map(|line| line.name.to_owned())),
        cell(info.lines.iter().map(|line| line.unit.to_string())),
        reads(info).to_owned(),
        spec.warm_up().to_string(),
        spec.settle().to_string(),
        info.source.to_owned(),
    ]
}
