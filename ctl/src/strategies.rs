//! `ctl strategies`: the archetypes.

use crate::failure::Failure;
use crate::output::Output;
use crate::table::{Column, table};
use clap::{Args, Subcommand};
use gauntlet_lab::strategies::{Strategy, all, named};

/// `ctl strategies`.
#[derive(Debug, Subcommand)]
pub enum StrategiesCommand {
    /// List the archetypes.
    List,
    /// Show one: the idea behind it, its parameters and its rules.
    Show(ShowArgs),
}

/// `ctl strategies show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// Its name or an alias, or the name of a strategy that speaks of it; case, spaces and hyphens
    /// do not matter.
    #[arg(value_name = "NAME")]
    pub name: String,
}

/// Lists or shows.
pub fn run(command: &StrategiesCommand, out: &mut Output) -> Result<(), Failure> {
    match command {
        StrategiesCommand::List => {
            let all = all()?;
            out.answer(&all, || list(&all))
        }
        StrategiesCommand::Show(args) => {
            let one = named(&args.name)?;
            out.answer(&one, || show(&one))
        }
    }
}

fn list(all: &[Strategy]) -> String {
    let columns = [
        Column::Left("strategy"),
        Column::Left("bars"),
        Column::Left("session"),
        Column::Left("entry"),
        Column::Right("warm-up"),
        Column::Left("parameters"),
        Column::Left("aliases"),
    ];
    let rows = all.iter().map(|one| {
        let parameters = one.parameters.iter().map(|one| format!("{} {}", one.name, one.default));
        vec![
            one.name.to_owned(),
            one.bars.clone(),
            one.session.to_owned(),
            one.entry.to_owned(),
            one.warm_up_bars.to_string(),
            parameters.collect::<Vec<_>>().join(", "),
            one.aliases.join(", "),
        ]
    });
    table(&columns, rows)
}

fn show(one: &Strategy) -> String {
    let mut text = format!("{}\n", one.name);
    for line in wrapped(&one.idea, 96) {
        text += &format!("  {line}\n");
    }
    text +=
        &format!("\naliases   {}\nwarm-up   {} bars\n\n", one.aliases.join(", "), one.warm_up_bars);
    let columns = [
        Column::Left("parameter"),
        Column::Right("default"),
        Column::Right("from"),
        Column::Right("to"),
        Column::Left("meaning"),
    ];
    text += &table(
        &columns,
        one.parameters.iter().map(|one| {
            let numbers = [one.default, one.min, one.max].map(|number| number.to_string());
            let mut row = vec![one.name.to_owned()];
            row.extend(numbers);
            row.push(one.meaning.to_owned());
            row
        }),
    );
    text + "\n" + one.rules
}

/// Lines of at most so many letters.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().expect("there is a line from the beginning");
        if !line.is_empty() && line.len() + 1 + word.len() > width {
            lines.push(word.to_owned());
        } else {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}
