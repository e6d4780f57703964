//! `ctl data generate`.

use crate::failure::Failure;
use crate::format::{count, many, time};
use crate::output::Output;
use crate::progress;
use clap::Args;
use dbn::Schema;
use gauntlet_core::units::{NANOS_PER_SECOND, UnixNanos};
use gauntlet_venue::generated::files::{
    DEFAULT_RATE, FaultRequest, FileConfig, FilePlan, Format, Length, WriteError, Written,
    write_file,
};
use serde::Serialize;
use std::path::PathBuf;
use std::time::Instant;

const NANOS_PER_DAY: u64 = 86_400 * NANOS_PER_SECOND;

const EXAMPLES: &str = "\
Faults: gap, stale, crossed, off-band, bad-price, off-tick, time-backwards, bad-time, duplicate,
out-of-order, no-volume, cut; each at a time (gap@2026-11-17T14:30:00Z) or, without one, at a time
of a session that the seed decides.

Examples:
  ctl data generate --symbol ESZ6 --days 60 --schema ohlcv-1m --out es.dbn.zst
  ctl data generate --symbol ES.c.0,NQ.c.0 --days 90 --schema trades --out index.dbn.zst
  ctl data generate --symbol CLZ6 --days 5 --schema mbo --start-price 0.40 --out negative.dbn
  ctl data generate --symbol ESZ6 --days 2 --schema mbp-1 --fault gap --fault crossed --out bad.csv";

/// `ctl data generate`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct GenerateArgs {
    /// Contracts such as ESZ6, or continuous symbols such as ES.c.0; several with commas.
    #[arg(long = "symbol", required = true, value_name = "SYMBOL", value_delimiter = ',')]
    symbols: Vec<String>,
    /// Which records: ohlcv-1s, ohlcv-1m, ohlcv-1h, ohlcv-1d, trades, mbp-1, mbo or definition.
    #[arg(long, default_value = "ohlcv-1m", value_parser = schema)]
    schema: Schema,
    /// The file to write: .dbn, .dbn.zst, .csv or .csv.zst.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// So many trading days of the first symbol [default: 20].
    #[arg(long, value_name = "N", conflicts_with = "end")]
    days: Option<u32>,
    /// Where it begins, as a date (midnight UTC) or a time in RFC 3339 [default: so that a contract's
    /// days end before it rolls; 2026-09-28 for continuous symbols].
    #[arg(long, value_name = "TIME", value_parser = moment)]
    start: Option<UnixNanos>,
    /// Where it ends, which is the first moment that is left out.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    end: Option<UnixNanos>,
    /// Decides everything that chance decides: the same arguments give the same bytes.
    #[arg(long, default_value_t = 1, value_name = "NUMBER")]
    seed: u64,
    /// Messages a second in the mean of a New York day, for an instrument as active as ES.
    #[arg(long, default_value_t = DEFAULT_RATE, value_name = "NUMBER")]
    rate: f64,
    /// Where the first symbol's price begins; energy may begin near zero and fall below it.
    #[arg(long, value_name = "PRICE", allow_negative_numbers = true)]
    start_price: Option<f64>,
    /// Something that is to be wrong with the data; may be given several times.
    #[arg(long = "fault", value_name = "FAULT[@TIME]")]
    faults: Vec<FaultRequest>,
    /// Replace a file that is there.
    #[arg(long)]
    force: bool,
}

fn schema(text: &str) -> Result<Schema, String> {
    text.parse().map_err(|_| "must be a schema such as ohlcv-1m, trades, mbp-1 or mbo".to_owned())
}

fn moment(text: &str) -> Result<UnixNanos, String> {
    let midnight = format!("{text}T00:00:00Z");
    let known = UnixNanos::parse_rfc3339(text).or_else(|| UnixNanos::parse_rfc3339(&midnight));
    known.ok_or_else(|| "must be like 2026-11-22 or 2026-11-22T14:30:00Z".to_owned())
}

/// A contract's time in a file.
#[derive(Serialize)]
struct SegmentAnswer {
    symbol: String,
    contract: String,
    instrument_id: u32,
    from: String,
    until: String,
}

/// A fault's place.
#[derive(Serialize)]
struct FaultAnswer {
    fault: &'static str,
    at: String,
}

#[derive(Serialize)]
struct Answer {
    path: String,
    schema: &'static str,
    seed: u64,
    start: String,
    end: String,
    records: u64,
    bytes: u64,
    /// How long it took.
    seconds: f64,
    contracts: Vec<SegmentAnswer>,
    faults: Vec<FaultAnswer>,
}

/// Writes the file and tells what is in it.
pub fn generate(args: &GenerateArgs, out: &mut Output) -> Result<(), Failure> {
    if Format::of(&args.out).is_none() {
        return Err(Failure::Usage(WriteError::Name(args.out.clone()).to_string()));
    }
    let length = match (args.end, args.days) {
        (Some(end), _) => Length::Until(end),
        (None, days) => Length::Days(days.unwrap_or(20)),
    };
    let plan = FilePlan::new(&FileConfig {
        seed: args.seed,
        symbols: args.symbols.clone(),
        schema: args.schema,
        start: args.start,
        length,
        rate: args.rate,
        start_price: args.start_price,
        faults: args.faults.clone(),
    });
    let plan = plan.map_err(|error| Failure::Usage(error.to_string()))?;
    let (start, end) = plan.span();
    let begun = Instant::now();
    let progress = progress::days("writing", end.since(start).div_ceil(NANOS_PER_DAY));
    let written = write_file(&plan, &args.out, args.force, &mut |now| {
        progress.set_position(now.since(start) / NANOS_PER_DAY);
        true
    });
    progress.finish_and_clear();
    let written = written.map_err(|error| Failure::Failed(error.to_string()))?;
    let answer = Answer::new(args, &plan, written, begun.elapsed().as_secs_f64());
    out.answer(&answer, || text(&answer))
}

impl Answer {
    fn new(args: &GenerateArgs, plan: &FilePlan, written: Written, seconds: f64) -> Answer {
        let (start, end) = plan.span();
        let contracts = plan.series().iter().flat_map(|series| {
            series.segments.iter().map(|segment| SegmentAnswer {
                symbol: series.symbol.clone(),
                contract: segment.contract.symbol(),
                instrument_id: segment.instrument_id,
                from: segment.from.to_string(),
                until: segment.until.to_string(),
            })
        });
        let faults = plan.faults().iter();
        let fault = |fault: &gauntlet_venue::generated::files::PlannedFault| FaultAnswer {
            fault: fault.kind.name(),
            at: fault.at.to_string(),
        };
        Answer {
            path: args.out.display().to_string(),
            schema: plan.schema().as_str(),
            seed: args.seed,
            start: start.to_string(),
            end: end.to_string(),
            records: written.records,
            bytes: written.bytes,
            seconds,
            contracts: contracts.collect(),
            faults: faults.map(fault).collect(),
        }
    }
}

fn text(answer: &Answer) -> String {
    let mut text = format!(
        "{}: {} of {}, {} bytes, seed {}, in {:.1} s\n{} to {}\n",
        answer.path,
        many(answer.records, "record"),
        answer.schema,
        count(answer.bytes),
        answer.seed,
        answer.seconds,
        time(&answer.start),
        time(&answer.end),
    );
    for part in &answer.contracts {
        let name = match part.symbol == part.contract {
            true => part.symbol.clone(),
            false => format!("{} is {}", part.symbol, part.contract),
        };
        let (from, until) = (time(&part.from), time(&part.until));
        text += &format!("  {name} ({}) from {from} until {until}\n", part.instrument_id);
    }
    for fault in &answer.faults {
        text += &format!("  fault {} from {}\n", fault.fault, time(&fault.at));
    }
    text
}
