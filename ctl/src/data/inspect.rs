//! `ctl data inspect`.

use crate::args::InspectArgs;
use crate::failure::Failure;
use crate::format::{count, known, many, time};
use crate::output::Output;
use crate::progress;
use crate::table::{Column, table};
use gauntlet_feeds::Inspection;
use gauntlet_feeds::inspect::InstrumentTally;

/// Tells of each file. One that is bad does not hide the others.
pub fn inspect(args: &InspectArgs, out: &mut Output) -> Result<(), Failure> {
    let options = args.bars.options();
    let mut unsound = Vec::new();
    for (at, file) in args.files.iter().enumerate() {
        let progress = progress::records("reading");
        let found =
            gauntlet_feeds::inspect(file, &options, &mut |read| progress.set_position(read));
        progress.finish_and_clear();
        match found {
            Ok(found) => {
                let apart = if at > 0 { "\n" } else { "" };
                out.line(&found, || format!("{apart}{}", text(&found).trim_end()))?;
                if !found.is_sound() {
                    unsound.push(format!("{} is not sound: see above", found.path));
                }
            }
            Err(error) => unsound.push(error.to_string()),
        }
    }
    out.flush()?;
    if unsound.is_empty() { Ok(()) } else { Err(Failure::Failed(unsound.join("; "))) }
}

fn text(found: &Inspection) -> String {
    let version = known(found.version, |version| format!(" version {version}"));
    let version = if found.version.is_some() { version } else { String::new() };
    let dataset = found.dataset.as_deref().filter(|name| !name.is_empty());
    let dataset = dataset.map_or_else(String::new, |dataset| format!(" of {dataset}"));
    let mut text = format!(
        "{}: {}{version}, {}{dataset}, {}\n",
        found.path,
        found.format,
        found.schema,
        many(found.records, "record")
    );
    if let Some([start, end]) = &found.asked {
        text += &format!("asked for {} to {}\n", time(start), time(end));
    }
    if let Some(limit) = found.cut_at {
        text += &format!("cut short at {}, as it was asked for\n", many(limit, "record"));
    }
    text += &instruments(&found.instruments);
    for instrument in &found.instruments {
        text += &details(instrument);
    }
    for bad in &found.bad {
        text += &format!("bad: {bad}\n");
    }
    if found.bad_rows > found.bad.len() as u64 {
        text += &format!("bad: {} in all\n", many(found.bad_rows, "row"));
    }
    if let Some(damaged) = &found.damaged {
        text += &format!("damaged: {damaged}\n");
    }
    text
}

fn instruments(instruments: &[InstrumentTally]) -> String {
    let columns = [
        Column::Left("symbol"),
        Column::Right("records"),
        Column::Left("first"),
        Column::Left("last"),
        Column::Right("low"),
        Column::Right("high"),
        Column::Right("volume"),
        Column::Right("holes"),
        Column::Right("backwards"),
        Column::Right("marked lost"),
    ];
    let rows = instruments.iter().map(|instrument| {
        vec![
            instrument.symbol.clone(),
            count(instrument.records.values().sum()),
            instrument.first.as_deref().map_or_else(|| "-".to_owned(), time),
            instrument.last.as_deref().map_or_else(|| "-".to_owned(), time),
            known(instrument.low.clone(), |low| low),
            known(instrument.high.clone(), |high| high),
            count(instrument.volume),
            known(instrument.holes, count),
            count(instrument.times_backwards + instrument.sequence_backwards),
            count(instrument.marked_lost),
        ]
    });
    table(&columns, rows)
}

fn details(instrument: &InstrumentTally) -> String {
    let kinds =
        instrument.records.iter().map(|(kind, number)| format!("{kind} {}", count(*number)));
    let kinds: Vec<String> = kinds.collect();
    let mut text = format!("{}: {}\n", instrument.symbol, kinds.join(", "));
    for hole in &instrument.longest_holes {
        let (from, to) = (time(&hole.from), time(&hole.to));
        text += &format!("  hole of {} s of session time, {from} to {to}\n", hole.seconds);
    }
    if instrument.holes.is_none() {
        text += "  no contract that is known: its hours, and so its holes, are not\n";
    }
    text
}
