//! `ctl data bars`.

use super::replay::Replay;
use crate::args::BarsArgs;
use crate::failure::Failure;
use crate::format::{count, many, time};
use crate::output::Output;
use crate::progress;
use gauntlet_engine::market::MarketCounters;
use gauntlet_model::effect::Bar;
use gauntlet_model::input::BarKind;
use gauntlet_model::units::Price;
use gauntlet_strategy::sample::Tape;
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
    fn new(bar: &Bar, tape: &Tape) -> BarAnswer {
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

const CSV_HEAD: &str = "ts_event,open,high,low,close,volume\n";

/// Makes the bars and prints each as it is finished.
pub fn bars(args: &BarsArgs, out: &mut Output) -> Result<(), Failure> {
    let kind = args.kind.kind();
    let options = args.bars.options();
    let (json, csv) = (out.is_json(), args.csv);
    let printed = RefCell::new((0_u64, 0_u64));
    let progress = progress::records("reading");
    let head = if csv { CSV_HEAD.to_owned() } else { head() };
    let mut replay = Replay::new((kind, args.session), &options, |bar, tape| {
        let (bars, gaps) = &mut *printed.borrow_mut();
        if *bars == 0 && !json {
            out.bytes(head.as_bytes())?;
        }
        *bars += 1;
        *gaps += u64::from(bar.gap);
        let text = || if csv { csv_row(bar) } else { row(bar) };
        if json { out.line(&BarAnswer::new(bar, tape), text) } else { out.line(&(), text) }
    });
    let mut played = Ok(());
    for file in &args.files {
        played = replay.file(file, &mut |read| progress.set_position(read));
        if played.is_err() {
            break;
        }
    }
    played = played.and_then(|()| replay.finish());
    let counters = replay.counters();
    drop(replay);
    progress.finish_and_clear();
    out.flush()?;
    played?;
    if !json {
        let (bars, gaps) = *printed.borrow();
        if bars == 0 {
            out.bytes(head.as_bytes())?;
        }
        summary(kind, bars, gaps, counters);
    }
    Ok(())
}

fn head() -> String {
    let prices: String =
        ["open", "high", "low", "close"].map(|name| format!("{name:>12}")).concat();
    format!("{:<24}{prices}{:>10}\n", "begins", "volume")
}

fn csv_row(bar: &Bar) -> String {
    let Bar { ts_open, open, high, low, close, volume, .. } = bar;
    format!("{ts_open},{open},{high},{low},{close},{volume}")
}

fn row(bar: &Bar) -> String {
    let prices: String = [bar.open, bar.high, bar.low, bar.close].iter().map(cell).collect();
    let gap = if bar.gap { "  gap before or in it" } else { "" };
    format!("{:<24}{prices}{:>10}{gap}", time(&bar.ts_open.to_string()), count(bar.volume))
}

fn cell(price: &Price) -> String {
    format!("{:>12}", price.to_string())
}

/// What the bars do not say themselves, on stderr so that it stands in no file.
fn summary(kind: BarKind, bars: u64, gaps: u64, counters: Option<MarketCounters>) {
    let mut text = format!("{} of {kind}", many(bars, "bar"));
    if gaps > 0 {
        text += &format!(", {} with records missing in or before them", count(gaps));
    }
    let Some(counters) = counters else { return };
    for (number, what) in [
        (counters.late_trades, "late trade"),
        (counters.off_band, "price off its band"),
        (counters.implausible_times, "record with an impossible time"),
        (counters.malformed, "trade without price or size"),
    ] {
        if number > 0 {
            text += &format!(", {} left out", many(number, what));
        }
    }
    eprintln!("{text}; a bar that the files do not tell to its end is not among them");
}
