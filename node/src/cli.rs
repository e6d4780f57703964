//! The command line of `gauntlet`.

use crate::config::{Config, LayoutChoice, VenueClock, VenueHours};
use clap::builder::{PathBufValueParser, TypedValueParser};
use clap::{Args, Parser, Subcommand};
use gauntlet_runtime::idle::WaitStrategy;
use std::net::SocketAddr;
use std::path::PathBuf;

/// A trading-bot platform for CME futures.
#[derive(Debug, Parser)]
#[command(name = "gauntlet", version, about, after_help = EXIT_CODES)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 ended in order, 1 failed, 2 wrong usage or configuration, \
3 journal damaged, 4 feed or venue not reachable or refused us, 5 port in use, 9 this build decides \
otherwise than the journal says, 10 the program broke an invariant of its own, 130 interrupted twice";

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Trade: market data from the feed, orders to the broker, as the configuration says.
    Run(RunArgs),
    /// Trade a simulated venue that runs in this process, over real sockets.
    Demo(DemoArgs),
    /// Run the simulated venue alone: a Databento gateway and a FIX acceptor.
    Venue(VenueArgs),
    /// Run months of the market through the whole demo as fast as it decides, and hold what came of them
    /// against bounds.
    Soak(SoakArgs),
    /// Send recorded market data through the whole platform and print what came of it.
    Replay(ReplayArgs),
    /// Try the platform on a simulated venue at twice the highest load that its journals have seen in six
    /// months, and keep the record in the data folder. Ends with 1 when anything was lost or not reached.
    Stress(StressArgs),
    /// Look at a configuration: what it means, what changed, every key there is.
    Config(ConfigArgs),
}

/// Where page and API listen.
#[derive(Clone, Debug, Default, Args)]
pub struct PageArgs {
    /// The port of page and API, in place of the configuration's; 0 for any free one.
    #[arg(long, value_name = "PORT")]
    pub http_port: Option<u16>,
}

impl PageArgs {
    /// Puts what was asked for into a configuration.
    pub fn apply(&self, config: &mut Config) {
        let listen = &mut config.http.listen;
        listen.set_port(self.http_port.unwrap_or(listen.port()));
    }
}

/// `gauntlet config`.
#[derive(Clone, Debug, Args)]
pub struct ConfigArgs {
    /// How.
    #[command(subcommand)]
    pub command: ConfigCommand,
}

/// `gauntlet config`.
#[derive(Clone, Debug, Subcommand)]
pub enum ConfigCommand {
    /// Read a configuration as `run` does and print what it means, one line a key.
    Check {
        /// The configuration.
        file: PathBuf,
    },
    /// Print what differs from what the node of a data folder was last allowed to trade under.
    Diff {
        /// The configuration.
        file: PathBuf,
        /// The data folder.
        #[arg(long, env = "GAUNTLET_DATA", default_value = "var/run", value_parser = folder())]
        data: PathBuf,
    },
    /// Print the page that `docs/configuration.md` is: every key and every environment variable.
    Reference,
}

/// A folder that has a name: an empty one would be the working folder.
fn folder() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new()
}

/// How the threads run.
#[derive(Clone, Debug, Default, Args)]
pub struct ThreadArgs {
    /// Which stage runs on which thread, in place of the configuration's.
    #[arg(long, value_enum)]
    pub layout: Option<LayoutChoice>,
    /// What an idle hot thread does, in place of the configuration's: spin, yield or park.
    #[arg(long, value_parser = parse_wait)]
    pub wait: Option<WaitStrategy>,
}

fn parse_wait(text: &str) -> Result<WaitStrategy, String> {
    match text {
        "spin" => Ok(WaitStrategy::Spin),
        "yield" => Ok(WaitStrategy::Yield),
        "park" => Ok(WaitStrategy::Park),
        _ => Err("must be spin, yield or park".to_owned()),
    }
}

/// `gauntlet run`.
#[derive(Clone, Debug, Args)]
pub struct RunArgs {
    /// The configuration.
    #[arg(long)]
    pub config: PathBuf,
    /// Where the journal and the control socket live.
    #[arg(long, env = "GAUNTLET_DATA", default_value = "var/run", value_parser = folder())]
    pub data: PathBuf,
    /// Trade under this configuration although the journal's last run had another one.
    #[arg(long, value_name = "REASON")]
    pub accept_config: Option<String>,
    /// Go on from what the journal says although this build would have decided some of it otherwise:
    /// positions, orders, kills and doubts are taken as the journal's effects have them.
    #[arg(long, value_name = "REASON", requires = "actor")]
    pub accept_decisions: Option<String>,
    /// Who accepts the decisions.
    #[arg(long, value_name = "NAME")]
    pub actor: Option<String>,
    /// See [`PageArgs`].
    #[command(flatten)]
    pub page: PageArgs,
    /// See [`ThreadArgs`].
    #[command(flatten)]
    pub threads: ThreadArgs,
}

/// `gauntlet demo`.
#[derive(Clone, Debug, Args)]
pub struct DemoArgs {
    /// A configuration in place of the embedded one.
    #[arg(long)]
    pub config: Option<PathBuf>,
    /// Where the journal and the control socket live. Each demo begins a new journal: the venue's
    /// own memory ends with it.
    #[arg(long, env = "GAUNTLET_DATA", default_value = "var/demo", value_parser = folder())]
    pub data: PathBuf,
    /// Market seconds in a second, in place of the configuration's; 60 if neither says it.
    #[arg(long, value_parser = parse_times)]
    pub speed: Option<f64>,
    /// Seed of the market, in place of the configuration's: the same seed makes the same market.
    #[arg(long)]
    pub seed: Option<u64>,
    /// Stop by itself after so many seconds.
    #[arg(long)]
    pub seconds: Option<u64>,
    /// See [`PageArgs`].
    #[command(flatten)]
    pub page: PageArgs,
    /// The port of the venue's market data, in place of the configuration's; 0 for any free one.
    #[arg(long, value_name = "PORT")]
    pub feed_port: Option<u16>,
    /// The port of the venue's FIX acceptor, in place of the configuration's; 0 for any free one.
    #[arg(long, value_name = "PORT")]
    pub fix_port: Option<u16>,
    /// See [`ThreadArgs`].
    #[command(flatten)]
    pub threads: ThreadArgs,
}

/// `gauntlet venue`.
#[derive(Clone, Debug, Args)]
pub struct VenueArgs {
    /// A node's configuration, of which to play the other side: its market data, its broker, its
    /// contracts, and what its table `[venue]` says.
    #[arg(long)]
    pub config: Option<PathBuf>,
    /// Where the Databento gateway listens; where the configuration looks for it, or 127.0.0.1:13100.
    #[arg(long)]
    pub data_listen: Option<SocketAddr>,
    /// Where the FIX acceptor listens; where the configuration looks for it, or 127.0.0.1:13101.
    #[arg(long)]
    pub fix_listen: Option<SocketAddr>,
    /// The key that the gateway asks for; the configuration's, or the demo's.
    #[arg(long)]
    pub key: Option<String>,
    /// What drives the market's time; the configuration's, or first_client.
    #[arg(long, value_enum)]
    pub clock: Option<VenueClock>,
    /// When the market is open; the configuration's, or product by the wall clock and otherwise day.
    #[arg(long, value_enum, conflicts_with = "replay")]
    pub hours: Option<VenueHours>,
    /// Market seconds in a second; the configuration's, or 1.
    #[arg(long, value_parser = parse_times)]
    pub speed: Option<f64>,
    /// Seed of the generated market; the configuration's, or 1.
    #[arg(long, conflicts_with = "replay")]
    pub seed: Option<u64>,
    /// Contracts of the generated market; the configuration's, or ESZ6,NQZ6,CLF7,GCG7.
    #[arg(long, value_delimiter = ',', conflicts_with = "replay")]
    pub symbols: Option<Vec<String>>,
    /// The venue's CompID; the configuration's, or SIMVENUE.
    #[arg(long)]
    pub comp_id: Option<String>,
    /// The CompID of the one client that may log on; the configuration's, or GAUNTLET.
    #[arg(long)]
    pub client_comp_id: Option<String>,
    /// DBN files to play in place of a generated market.
    #[arg(long, num_args = 1.., value_name = "FILE")]
    pub replay: Vec<PathBuf>,
}

/// `gauntlet soak`.
#[derive(Clone, Debug, Args)]
pub struct SoakArgs {
    /// A configuration in place of the embedded one.
    #[arg(long)]
    pub config: Option<PathBuf>,
    /// Where the journal lives. Each soak begins a new one; the last one's is kept beside it.
    #[arg(long, default_value = "var/soak", value_parser = folder())]
    pub data: PathBuf,
    /// Days of the market: a quarter unless it is told.
    #[arg(long, default_value_t = 92)]
    pub days: u64,
    /// Messages a market second for an instrument as active as ES.
    #[arg(long, default_value_t = 2.0, value_parser = parse_times)]
    pub rate: f64,
    /// Seed of the market, in place of the configuration's.
    #[arg(long)]
    pub seed: Option<u64>,
    /// When the market is open, in place of the configuration's.
    #[arg(long, value_enum)]
    pub hours: Option<VenueHours>,
    /// See [`ThreadArgs`].
    #[command(flatten)]
    pub threads: ThreadArgs,
}

/// `gauntlet stress`.
#[derive(Clone, Debug, Args)]
pub struct StressArgs {
    /// The data folder of the node whose load was seen. The run's own journal is kept in `stress` in it,
    /// its record in `stress.json`.
    #[arg(long, env = "GAUNTLET_DATA", default_value = "var/run", value_parser = folder())]
    pub data: PathBuf,
    /// Data folders of other nodes whose load counts too.
    #[arg(long, value_name = "FOLDER", value_parser = folder())]
    pub also: Vec<PathBuf>,
    /// Seconds that count, after five to warm up.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    pub seconds: u64,
    /// The highest market-data messages a second seen, in place of the journals'.
    #[arg(long, value_name = "N")]
    pub messages: Option<u64>,
    /// The highest order messages a second seen, in place of the journals'.
    #[arg(long, value_name = "N")]
    pub orders: Option<u64>,
    /// Seed of the market.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Print the record as JSON.
    #[arg(long)]
    pub json: bool,
    /// See [`ThreadArgs`].
    #[command(flatten)]
    pub threads: ThreadArgs,
}

/// `gauntlet replay`.
#[derive(Clone, Debug, Args)]
pub struct ReplayArgs {
    /// DBN files, plain or zstd, in the order of time.
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// `max`, or how many recorded seconds pass in a second: 1 keeps the recorded times.
    #[arg(long, default_value = "max", value_parser = parse_speed)]
    pub speed: Speed,
    /// A configuration in place of the embedded one.
    #[arg(long)]
    pub config: Option<PathBuf>,
    /// Where the journal is left; a temporary place, removed at the end, if not given.
    #[arg(long)]
    pub data: Option<PathBuf>,
    /// Print the result as JSON.
    #[arg(long)]
    pub json: bool,
    /// See [`ThreadArgs`].
    #[command(flatten)]
    pub threads: ThreadArgs,
}

/// How fast recorded data is played.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Speed {
    /// As fast as the platform decides, in step with it, so that the same files give the same
    /// result.
    Max,
    /// Recorded seconds in a second.
    Times(f64),
}

fn parse_speed(text: &str) -> Result<Speed, String> {
    if text == "max" {
        return Ok(Speed::Max);
    }
    parse_times(text).map(Speed::Times).map_err(|_| "must be max, or a number above 0".to_owned())
}

fn parse_times(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(times) if f64::is_finite(times) && times > 0.0 => Ok(times),
        _ => Err("must be a number above 0".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_market_that_would_stand_still_or_run_backwards_is_refused() {
        for command in ["venue", "demo", "replay file"] {
            for speed in ["0", "-1", "NaN", "inf", "fast"] {
                let line = format!("gauntlet {command} --speed={speed}");
                let parsed = Cli::try_parse_from(line.split(' '));
                assert!(parsed.is_err(), "{line}");
            }
        }
    }

    #[test]
    fn options_of_a_generated_market_are_refused_beside_files() {
        for option in ["--seed=2", "--symbols=ESZ6"] {
            let line = ["gauntlet", "venue", option, "--replay", "file"];
            assert!(Cli::try_parse_from(line).is_err(), "{option}");
            assert!(Cli::try_parse_from(&line[..3]).is_ok(), "{option}");
        }
        assert!(Cli::try_parse_from(["gauntlet", "venue", "--replay", "file"]).is_ok());
    }
}
