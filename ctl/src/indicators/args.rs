//! `ctl indicators` as clap reads it. Every parameter of the registry is an option by its name.

use crate::args::BarFileArgs;
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches, Subcommand};
use gauntlet_model::input::SessionMode;
use gauntlet_strategy::indicator::{Info, REGISTRY, find};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// `ctl indicators`.
#[derive(Debug, Subcommand)]
pub enum IndicatorsCommand {
    /// List every indicator, helper and feature with its parameters, lines and warm-up.
    List(ListArgs),
    /// Print what an indicator gives on a file of bars, as CSV.
    Run(Box<RunArgs>),
}

/// `ctl indicators list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Print the page that `docs/indicators.md` is.
    #[arg(long, conflicts_with = "json")]
    pub markdown: bool,
}

/// `ctl indicators run`.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// Which indicator, by its name or an alias.
    #[arg(value_name = "NAME", value_parser = indicator)]
    pub indicator: &'static Info,
    /// The bars: CSV (plain, gzip, zstd), a LEAN zip file, or DBN.
    #[arg(long, value_name = "FILE")]
    pub bars: PathBuf,
    /// What the file does not tell itself.
    #[command(flatten)]
    pub file: BarFileArgs,
    /// Print this line alone; repeat it for more.
    #[arg(long = "line", value_name = "LINE", value_delimiter = ',')]
    pub lines: Vec<String>,
    /// What it looks at, if it looks at one series.
    #[arg(long, value_name = "SERIES", default_value = "close", value_parser = source)]
    pub source: Source,
    /// The sessions, for what counts from their beginning: FULL_24x5, RTH_US, EXT_US and others.
    #[arg(long, value_name = "MODE", default_value = "FULL_24x5")]
    pub session: SessionMode,
    /// Its parameters.
    #[command(flatten)]
    pub parameters: Given,
}

fn indicator(name: &str) -> Result<&'static Info, String> {
    find(name).ok_or_else(|| "no such indicator: `ctl indicators list` names them".to_owned())
}

/// A series made of a bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// First price.
    Open,
    /// Highest price.
    High,
    /// Lowest price.
    Low,
    /// Last price.
    Close,
    /// Contracts traded.
    Volume,
    /// Middle of high and low.
    Hl2,
    /// Mean of high, low and close.
    Hlc3,
    /// Mean of all four prices.
    Ohlc4,
}

impl From<Source> for gauntlet_lab::values::Source {
    fn from(source: Source) -> Self {
        match source {
            Source::Open => Self::Open,
            Source::High => Self::High,
            Source::Low => Self::Low,
            Source::Close => Self::Close,
            Source::Volume => Self::Volume,
            Source::Hl2 => Self::Hl2,
            Source::Hlc3 => Self::Hlc3,
            Source::Ohlc4 => Self::Ohlc4,
        }
    }
}

const SOURCES: [(&str, Source); 8] = [
    ("open", Source::Open),
    ("high", Source::High),
    ("low", Source::Low),
    ("close", Source::Close),
    ("volume", Source::Volume),
    ("hl2", Source::Hl2),
    ("hlc3", Source::Hlc3),
    ("ohlc4", Source::Ohlc4),
];

fn source(text: &str) -> Result<Source, String> {
    let known = SOURCES.iter().find(|(name, _)| *name == text).map(|(_, source)| *source);
    known.ok_or_else(|| format!("must be one of {}", SOURCES.map(|(name, _)| name).join(", ")))
}

/// Parameters by their names.
#[derive(Clone, Debug, Default)]
pub struct Given(pub BTreeMap<&'static str, f64>);

/// The name of every parameter of the registry, with who takes it.
fn names() -> BTreeMap<&'static str, Vec<&'static str>> {
    let mut names: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for info in REGISTRY {
        for parameter in info.parameters {
            names.entry(parameter.name).or_default().push(info.name);
        }
    }
    names
}

impl FromArgMatches for Given {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Given, clap::Error> {
        let mut given = Given::default();
        given.update_from_arg_matches(matches)?;
        Ok(given)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        for name in names().into_keys() {
            if let Some(value) = matches.get_one::<f64>(name) {
                self.0.insert(name, *value);
            }
        }
        Ok(())
    }
}

impl Args for Given {
    fn augment_args(command: Command) -> Command {
        command.next_help_heading("Parameters").args(names().into_iter().map(|(name, takers)| {
            let help = match takers.as_slice() {
                [first, .., last] if takers.len() > 4 => {
                    format!("Of {} kinds from {first} to {last}", takers.len())
                }
                few => format!("Of {}", few.join(", ")),
            };
            Arg::new(name)
                .long(name)
                .value_name("N")
                .value_parser(clap::value_parser!(f64))
                .allow_negative_numbers(true)
                .help(help)
        }))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Given::augment_args(command)
    }
}
