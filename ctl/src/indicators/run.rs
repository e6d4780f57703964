//! `ctl indicators run`.

use super::args::{RunArgs, Source};
use crate::data::product_of;
use crate::failure::Failure;
use crate::output::Output;
use gauntlet_feeds::{FileBar, read_bars};
use gauntlet_model::calendar::Calendar;
use gauntlet_model::units::{NANOS_PER_SECOND, UnixNanos};
use gauntlet_strategy::indicator::{Indicator, Info, Input, Spec};
use gauntlet_strategy::sample::{Candle, Sample, Tape};
use serde_json::{Map, Value};
use std::fmt::Write;

/// Prints a row for each bar.
pub fn run(args: &RunArgs, out: &mut Output) -> Result<(), Failure> {
    let info = args.indicator;
    let spec = spec(args)?;
    let lines = lines(info, &args.lines)?;
    if info.input != Input::Source && args.source != Source::Close {
        return Err(Failure::Usage(format!("{} reads whole bars: leave --source out", info.name)));
    }
    if info.input == Input::Tape {
        return Err(Failure::Usage(format!(
            "{} reads trades and the book, which a file of bars does not tell",
            info.name
        )));
    }
    let bars = read_bars(&args.bars, &args.file.options());
    let bars = bars.map_err(|error| Failure::Failed(error.to_string()))?;
    let first = bars.bars.first().map_or(UnixNanos(0), |bar| bar.ts_open);
    let calendar = match bars.symbol.as_deref().and_then(|symbol| product_of(symbol, first)) {
        Some(product) => Calendar::of(product.group),
        None if info.session => {
            return Err(Failure::Usage(format!(
                "{} counts from the open of a session: name the instrument with --symbol, such as \
                 ES or 6EH4, for its hours",
                info.name
            )));
        }
        None => Calendar::closed(),
    };
    let mut indicator = Indicator::new(&spec, f64::NAN);
    if !out.is_json() {
        let names: Vec<&str> = lines.iter().map(|at| info.lines[*at].name).collect();
        out.line(&(), || format!("ts_event,{}", names.join(",")))?;
    }
    let mut rolls = bars.rolls().peekable();
    for (at, bar) in bars.bars.iter().enumerate() {
        if let Some((_, roll)) = rolls.next_if(|(place, _)| *place == at) {
            // No value is made of the prices of two contracts.
            indicator = Indicator::new(&spec, f64::NAN);
            let (time, contract) = (bar.ts_open, roll.instrument_id);
            eprintln!("ctl: rolls to contract #{contract} at {time}: values begin anew");
        }
        let candle = candle(bar, bars.seconds);
        let session = calendar.session_at(args.session, candle.start);
        let sample = Sample { candle, tape: Tape::UNKNOWN, session, gap: false };
        indicator.update(value_of(args.source, &candle), &sample);
        let values = || lines.iter().map(|at| indicator.line(*at));
        let time = bar.ts_open.to_string();
        let object = || {
            let named = lines.iter().map(|at| info.lines[*at].name.to_owned());
            let mut object: Map<String, Value> = named.zip(values().map(Value::from)).collect();
            object.insert("ts_event".to_owned(), Value::from(time.as_str()));
            object
        };
        if out.is_json() {
            out.line(&object(), String::new)?;
        } else {
            out.line(&(), || row(&time, values()))?;
        }
    }
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

fn candle(bar: &FileBar, seconds: u32) -> Candle {
    Candle {
        start: bar.ts_open,
        end: bar.ts_open.plus(u64::from(seconds) * NANOS_PER_SECOND),
        open: bar.open.to_f64(),
        high: bar.high.to_f64(),
        low: bar.low.to_f64(),
        close: bar.close.to_f64(),
        volume: bar.volume as f64,
    }
}

fn value_of(source: Source, candle: &Candle) -> f64 {
    let Candle { open, high, low, close, volume, .. } = *candle;
    match source {
        Source::Open => open,
        Source::High => high,
        Source::Low => low,
        Source::Close => close,
        Source::Volume => volume,
        Source::Hl2 => (high + low) / 2.0,
        Source::Hlc3 => (high + low + close) / 3.0,
        Source::Ohlc4 => (open + high + low + close) / 4.0,
    }
}
