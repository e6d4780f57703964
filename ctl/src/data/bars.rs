//! `ctl data bars`.

use crate::args::BarsArgs;
use crate::failure::Failure;
use crate::format::{count, many, time};
use crate::output::Output;
use crate::progress;
use gauntlet_lab::replay::{Made, Replay};
use gauntlet_model::effect::Bar;
use gauntlet_model::input::BarKind;
use gauntlet_model::units::Price;
use serde::Serialize;
use std::cell::RefCell;

/// A bar in JSON. What a file does not tell is `null`.
#[derive(Serialize)]
struct BarAnswer {
    ts_open: String,
    ts_close: String,
    open: f64,
    high: f64,
    low: f64,
    close: f64,
    volume: u64,
    /// Whether records may be missing since the bar before.
    gap: bool,
    /// Of a continuous symbol, the vendor's identity of the contract.
    contract: Option<u32>,
    /// Whether the bar is the first of another contract.
    roll: bool,
    buy_volume: Option<f64>,
    sell_volume: Option<f64>,
    trades: Option<f64>,
    spread: Option<f64>,
    bid_size: Option<f64>,
    ask_size: Option<f64>,
    bid_depth: Option<f64>,
    ask_depth: Option<f64>,
}

impl BarAnswer {
    fn new(&Made { bar, tape, contract, .. }: &Made<'_>, roll: bool) -> BarAnswer {
        let known = |value: f64| value.is_finite().then_some(value);
        BarAnswer {
            ts_open: bar.ts_open.to_string(),
            ts_close: bar.ts_close.to_string(),
            open: bar.open.to_f64(),
            high: bar.high.to_f64(),
            low: bar.low.to_f64(),
            close: bar.close.to_f64(),
            volume: bar.volume,
            gap: bar.gap,
            contract,
            roll,
            buy_volume: known(tape.buy_volume),
            sell_volume: known(tape.sell_volume),
            trades: known(tape.trades),
            spread: known(tape.spread),
            bid_size: known(tape.bid_size),
            ask_size: known(tape.ask_size),
            bid_depth: known(tape.bid_depth),
            ask_depth: known(tape.ask_depth),
        }
    }
}

const CSV_HEAD: &str = "ts_event,open,high,low,close,volume";

/// What was printed.
#[derive(Clone, Copy, Default)]
struct Printed {
    bars: u64,
    gaps: u64,
    rolls: u64,
    contract: Option<u32>,
}

/// Makes the bars and prints each as it is finished.
pub fn bars(args: &BarsArgs, out: &mut Output) -> Result<(), Failure> {
    let kind = args.kind.kind();
    let options = args.bars.options();
    let (json, csv) = (out.is_json(), args.csv);
    let printed = RefCell::new(Printed::default());
    let progress = progress::records("reading");
    let mut replay = Replay::new((kind, args.session), &options, |made| {
        let printed = &mut *printed.borrow_mut();
        if printed.bars == 0 && !json {
            out.bytes(head(csv, made.contract).as_bytes())?;
        }
        let roll = printed.bars > 0 && printed.contract != made.contract;
        printed.bars += 1;
        printed.gaps += u64::from(made.bar.gap);
        printed.rolls += u64::from(roll);
        printed.contract = made.contract;
        let text = || if csv { csv_row(&made) } else { row(&made, roll) };
        if json { out.line(&BarAnswer::new(&made, roll), text) } else { out.line(&(), text) }
    });
    let mut played = Ok(());
    for file in &args.files {
        played = replay.file(file, &mut |read| progress.set_position(read));
        if played.is_err() {
            break;
        }
    }
    played = played.and_then(|()| replay.finish());
    let left_out = left_out(&replay);
    let nothing = replay.nothing().to_vec();
    drop(replay);
    progress.finish_and_clear();
    out.flush()?;
    played?;
    let printed = *printed.borrow();
    if printed.bars == 0 {
        return Err(Failure::Failed(no_bars(kind, &nothing, &left_out)));
    }
    nothing.iter().for_each(|why| eprintln!("ctl: {why}"));
    if !json {
        summary(kind, printed, &left_out);
    }
    Ok(())
}

fn no_bars(kind: BarKind, nothing: &[String], left_out: &str) -> String {
    match nothing {
        [] => format!(
            "no bars of {kind}: the files do not tell one to its end, or have no trade in the \
             session{left_out}"
        ),
        why => format!("no bars of {kind}: {}{left_out}", why.join("; ")),
    }
}

fn head(csv: bool, contract: Option<u32>) -> String {
    if csv {
        let symbol = if contract.is_some() { ",symbol" } else { "" };
        return format!("{CSV_HEAD}{symbol}\n");
    }
    let prices: String =
        ["open", "high", "low", "close"].map(|name| format!("{name:>12}")).concat();
    format!("{:<24}{prices}{:>10}\n", "begins", "volume")
}

fn csv_row(made: &Made<'_>) -> String {
    let Bar { ts_open, open, high, low, close, volume, .. } = made.bar;
    let contract = made.contract.map_or_else(String::new, |id| format!(",{}#{id}", made.symbol));
    format!("{ts_open},{open},{high},{low},{close},{volume}{contract}")
}

fn row(made: &Made<'_>, roll: bool) -> String {
    let bar = made.bar;
    let prices: String = [bar.open, bar.high, bar.low, bar.close].iter().map(cell).collect();
    let gap = if bar.gap { "  gap before or in it" } else { "" };
    let roll = match made.contract.filter(|_| roll) {
        Some(contract) => format!("  rolls to contract #{contract}"),
        None => String::new(),
    };
    format!("{:<24}{prices}{:>10}{gap}{roll}", time(&bar.ts_open.to_string()), count(bar.volume))
}

fn cell(price: &Price) -> String {
    format!("{:>12}", price.to_string())
}

/// What is in no bar, each thing after a comma.
fn left_out<F: FnMut(Made<'_>) -> Result<(), Failure>>(replay: &Replay<'_, Failure, F>) -> String {
    let counters = replay.counters().unwrap_or_default();
    let orders = replay.unusable_orders();
    let parts = [
        (counters.late_trades, "late trade", "late trades"),
        (counters.off_band, "price off its band", "prices off their band"),
        (counters.bad_prices, "price off the tick grid", "prices off the tick grid"),
        (
            counters.implausible_times,
            "record with an impossible time",
            "records with impossible times",
        ),
        (
            counters.malformed.saturating_sub(orders),
            "trade or level without price or size",
            "trades or levels without price or size",
        ),
        (orders, "order event that the book cannot use", "order events that the book cannot use"),
        (
            counters.ignored,
            "record that something earlier or richer tells",
            "records that something earlier or richer tells",
        ),
        (
            replay.parts(),
            "minute that the files do not tell whole",
            "minutes that the files do not tell whole",
        ),
    ];
    let told = parts.iter().filter(|(number, ..)| *number > 0);
    told.map(|(number, one, more)| {
        format!(", {} {} left out", count(*number), if *number == 1 { one } else { more })
    })
    .collect()
}

/// What the bars do not say themselves, on stderr so that it stands in no file.
fn summary(kind: BarKind, printed: Printed, left_out: &str) {
    let mut text = format!("{} of {kind}", many(printed.bars, "bar"));
    if printed.rolls > 0 {
        text += &format!(", {} to another contract", many(printed.rolls, "roll"));
    }
    if printed.gaps > 0 {
        text += &format!(", {} with records missing in or before them", count(printed.gaps));
    }
    eprintln!("{text}{left_out}; a bar that the files do not tell to its end is not among them");
}
