//! `ctl journal tail`.

use super::merged::{Merged, Record, What};
use super::words::Names;
use crate::args::TailArgs;
use crate::failure::Failure;
use crate::format::time;
use crate::output::Output;
use crate::progress;
use gauntlet_journal::{EffectEntry, kind};
use serde::Serialize;
use std::collections::VecDeque;
use std::path::Path;
use std::thread;
use std::time::Duration;

/// How often the live end is looked at.
const EVERY: Duration = Duration::from_millis(50);

#[derive(Serialize)]
struct Line {
    stream: &'static str,
    seq: u64,
    /// Of an effect: its place among those of its cause.
    index: Option<u32>,
    time: String,
    kind: &'static str,
    words: String,
}

/// Prints the last records, and those that follow if they are wanted.
pub fn tail(dir: &Path, args: &TailArgs, out: &mut Output) -> Result<(), Failure> {
    let mut merged = Merged::open(dir)?;
    // Names are defined at the head of a run, so everything is read.
    let mut names = Names::default();
    let wanted = |record: &Record| args.kinds.is_empty() || args.kinds.contains(&record.kind);
    let mut last: VecDeque<Record> = VecDeque::new();
    let progress = progress::waiting("reading the journal");
    let end = loop {
        let record = match merged.next() {
            Ok(Some(record)) => record,
            end => break end,
        };
        names.learn(&record);
        if wanted(&record) {
            last.push_back(record);
            if last.len() > args.records {
                last.pop_front();
            }
        }
    };
    progress.finish_and_clear();
    for record in &last {
        print(&line(record, &names), out)?;
    }
    out.flush()?;
    // What was read before the damage is shown before the damage is told.
    end?;
    if !args.follow {
        return Ok(());
    }
    loop {
        match merged.next()? {
            Some(record) => {
                names.learn(&record);
                if wanted(&record) {
                    print(&line(&record, &names), out)?;
                }
            }
            None => {
                out.flush()?;
                thread::sleep(EVERY);
            }
        }
    }
}

fn line(record: &Record, names: &Names) -> Line {
    let (stream, index) = match record.what {
        What::Input(_) => ("inputs", None),
        What::Effect(_, EffectEntry::Sent(_) | EffectEntry::CopySent(_)) => ("effects", None),
        What::Effect(index, EffectEntry::Effect(_)) => ("effects", Some(index)),
    };
    Line {
        stream,
        seq: record.seq,
        index,
        time: record.time.to_string(),
        kind: kind::name(record.kind),
        words: names.describe(record),
    }
}

fn print(line: &Line, out: &mut Output) -> Result<(), Failure> {
    out.line(line, || {
        let place = match (line.stream, line.index) {
            ("inputs", _) => line.seq.to_string(),
            (_, Some(index)) => format!("{}.{index}", line.seq),
            (_, None) => format!("{}.", line.seq),
        };
        let indent = if line.stream == "inputs" { "" } else { "  " };
        let at = time(&line.time);
        let text = format!("{at:<24}  {place:<14}  {indent}{:<12}  {}", line.kind, line.words);
        text.trim_end().to_owned()
    })
}
