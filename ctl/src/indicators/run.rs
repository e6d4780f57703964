//! `ctl indicators run`.

use super::args::RunArgs;
use crate::failure::Failure;
use crate::output::Output;
use gauntlet_feeds::read_bars;
use gauntlet_lab::values::{self, Step, check};
use gauntlet_strategy::indicator::{Info, Spec};
use serde_json::{Map, Value};
use std::fmt::Write;

/// Prints a row for each bar.
pub fn run(args: &RunArgs, out: &mut Output) -> Result<(), Failure> {
    let info = args.indicator;
    let spec = spec(args)?;
    let lines = lines(info, &args.lines)?;
    check(info, args.source.into())?;
    let bars = read_bars(&args.bars, &args.file.options());
    let bars = bars.map_err(|error| Failure::Failed(error.to_string()))?;
    let names: Vec<&str> = lines.iter().map(|at| info.lines[*at].name).collect();
    let mut header = (!out.is_json()).then(|| format!("ts_event,{}", names.join(",")));
    values::run(&spec, &bars, (args.source.into(), args.session), |step| match step {
        Step::Roll { at, contract } => {
            eprintln!("ctl: rolls to contract #{contract} at {at}: values begin anew");
            Ok(())
        }
        Step::Values { at, indicator } => {
            let values = || lines.iter().map(|line| indicator.line(*line));
            let time = at.to_string();
            if let Some(header) = header.take() {
                out.line(&(), || header)?;
            }
            if !out.is_json() {
                return out.line(&(), || row(&time, values()));
            }
            let named = lines.iter().map(|line| info.lines[*line].name.to_owned());
            let mut object: Map<String, Value> = named.zip(values().map(Value::from)).collect();
            object.insert("ts_event".to_owned(), Value::from(time.as_str()));
            out.line(&object, String::new)
        }
    })?;
    out.flush()
}

/// A row of CSV; empty where there is no value.
fn row(time: &str, values: impl Iterator<Item = f64>) -> String {
    values.fold(time.to_owned(), |mut row, value| {
        row.push(',');
        if !value.is_nan() {
            write!(row, "{value}").expect("a string takes everything");
        }
        row
    })
}

fn spec(args: &RunArgs) -> Result<Spec, Failure> {
    let info = args.indicator;
    let mut values = vec![f64::NAN; info.parameters.len()];
    for (name, value) in &args.parameters.0 {
        let at = info.parameter(name).ok_or_else(|| {
            let names: Vec<&str> = info.parameters.iter().map(|one| one.name).collect();
            let has = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            Failure::Usage(format!("{} has no parameter {name}: it has {has}", info.name))
        })?;
        if value.is_nan() {
            return Err(Failure::Usage(format!("{name} must be a number")));
        }
        values[at] = *value;
    }
    Spec::new(info.kind, &values).map_err(|error| Failure::Usage(error.to_string()))
}

fn lines(info: &Info, wanted: &[String]) -> Result<Vec<usize>, Failure> {
    if wanted.is_empty() {
        return Ok((0..info.lines.len()).collect());
    }
    let place = |name: &String| {
        info.line(name).ok_or_else(|| {
            let names: Vec<&str> = info.lines.iter().map(|line| line.name).collect();
            let has = names.join(", ");
            Failure::Usage(format!("{} has no line {name}: it has {has}", info.name))
        })
    };
    wanted.iter().map(place).collect()
}
