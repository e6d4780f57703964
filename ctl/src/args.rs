//! The command line as clap reads it.

use crate::complete;
use crate::correct::{CorrectCommand, ReconcileArgs, order_named};
use crate::data::GenerateArgs;
use crate::fix::FixCommand;
use crate::indicators::IndicatorsCommand;
use crate::lookahead::LookaheadArgs;
use crate::order::{OrderCommand, PositionsCommand};
use crate::risk::RiskCommand;
use crate::strategies::StrategiesCommand;
use clap::builder::PathBufValueParser;
use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::Shell;
use gauntlet_engine::fusion::TTL_SECONDS_MAX;
use gauntlet_feeds::{BarOptions, Stamp};
use gauntlet_model::ids::ClOrdId;
use gauntlet_model::input::{BarKind, SessionMode, SignalSource, Timeframe};
use gauntlet_model::units::UnixNanos;
use gauntlet_readmodel::command_wire::Target;
use std::path::PathBuf;

const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  failed, or the node refused
  2  wrong usage
  3  journal damaged
  4  node not reachable, or not running
  6  status: the node runs and cannot trade
  9  this build decides otherwise than the journal says";

/// Looks at a running node, commands it, and examines journals and market data.
#[derive(Debug, Parser)]
#[command(name = "ctl", version, about, after_help = EXIT_CODES)]
pub struct Cli {
    /// What every command takes.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What every command takes.
#[derive(Debug, Args)]
pub struct Global {
    /// Print JSON instead of text.
    #[arg(long, global = true)]
    pub json: bool,
    /// The node, by its data folder: where its control socket, its journal and the address of its API
    /// are [default: $GAUNTLET_DATA, or var/run or var/demo, where a node runs].
    #[arg(long, global = true, value_name = "DIR", value_hint = ValueHint::DirPath, value_parser = PathBufValueParser::new())]
    pub data: Option<PathBuf>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show whether the platform trades, and what it did.
    Status(StatusArgs),
    /// List the bots, or look at one.
    Bots {
        /// How; without it they are listed.
        #[command(subcommand)]
        command: Option<BotsCommand>,
    },
    /// List working orders and the last finished ones.
    Orders(OrdersArgs),
    /// List positions, by bot and as the broker should see them, or close some.
    Positions {
        /// How; without it they are listed.
        #[command(subcommand)]
        command: Option<PositionsCommand>,
    },
    /// Place an order by hand, or cancel or change one.
    Order {
        /// What.
        #[command(subcommand)]
        command: OrderCommand,
    },
    /// Show latency by segment, as the running node measures it.
    Latency,
    /// Block and cancel what opens, while exits go on; holds over restarts until `unkill`.
    Kill(KillArgs),
    /// Lift a kill of exactly this scope.
    Unkill(UnkillArgs),
    /// Trade under a configuration that changed since it was last accepted.
    AcceptConfig(AcceptArgs),
    /// Show what is in doubt and why; with --ask, ask the brokers about every live order first.
    Reconcile(ReconcileArgs),
    /// Put something right: a position, a fill, an order that its broker forgot, a doubt.
    Correct {
        /// What.
        #[command(subcommand)]
        command: CorrectCommand,
    },
    /// Look at the FIX sessions to the brokers, and set right their sequence numbers.
    Fix {
        /// What.
        #[command(subcommand)]
        command: FixCommand,
    },
    /// Tell the bots an opinion from outside: of a model, options flow, economic data or news.
    Signal(SignalArgs),
    /// Examine a journal; none of these commands changes it.
    Journal {
        /// How.
        #[command(subcommand)]
        command: JournalCommand,
    },
    /// Look at indicators and run them on files of bars.
    Indicators {
        /// How.
        #[command(subcommand)]
        command: IndicatorsCommand,
    },
    /// Examine recorded market data, or make some up.
    Data {
        /// How.
        #[command(subcommand)]
        command: DataCommand,
    },
    /// Examine strategies in the rule language.
    Rules {
        /// How.
        #[command(subcommand)]
        command: RulesCommand,
    },
    /// Look at limits, what is used of them and what was refused; without a command print the controls, the
    /// checks of every order and the reject codes, as a page.
    Risk {
        /// What.
        #[command(subcommand)]
        command: Option<RiskCommand>,
    },
    /// Look at the archetypes that strategies are made of.
    Strategies {
        /// How.
        #[command(subcommand)]
        command: StrategiesCommand,
    },
    /// Print what makes a shell complete commands and the names of bots, accounts and symbols, such as
    /// `source <(ctl completions bash)`.
    Completions {
        /// Which shell.
        shell: Shell,
    },
}

/// `ctl status`.
#[derive(Debug, Args)]
pub struct StatusArgs {
    /// Show it anew every second until Ctrl-C; with --json one line each time.
    #[arg(long)]
    pub watch: bool,
}

/// `ctl orders`.
#[derive(Debug, Args)]
pub struct OrdersArgs {
    /// Show so many finished orders at most.
    #[arg(long, default_value_t = 20, value_name = "N")]
    pub finished: usize,
}

/// How far a command reaches: exactly one of these.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct ScopeArgs {
    /// The whole platform.
    #[arg(long)]
    pub all: bool,
    /// One account.
    #[arg(long, value_name = "NAME", value_parser = name, add = complete::accounts())]
    pub account: Option<String>,
    /// One bot.
    #[arg(long, value_name = "NAME", value_parser = name, add = complete::bots())]
    pub bot: Option<String>,
    /// One instrument.
    #[arg(long, value_name = "SYMBOL", value_parser = name, add = complete::symbols())]
    pub symbol: Option<String>,
    /// Everything at one broker by its name, or at a simulator (`paper`, `shadow`).
    #[arg(long, value_name = "NAME", value_parser = name)]
    pub venue: Option<String>,
    /// Every bot of one owner.
    #[arg(long, value_name = "NAME", value_parser = name)]
    pub user: Option<String>,
}

pub(crate) fn name(text: &str) -> Result<String, String> {
    if text.is_empty() || text.contains(char::is_control) {
        return Err("a name is needed".to_owned());
    }
    Ok(text.to_owned())
}

pub(crate) fn reason(text: &str) -> Result<String, String> {
    if text.trim().is_empty() {
        return Err("say why: the journal keeps it".to_owned());
    }
    Ok(text.to_owned())
}

impl ScopeArgs {
    /// The scope in the protocol's words.
    pub fn target(&self) -> Target<'_> {
        let named = [
            self.account.as_deref().map(Target::Account),
            self.bot.as_deref().map(Target::Bot),
            self.symbol.as_deref().map(Target::Instrument),
            self.venue.as_deref().map(Target::Venue),
            self.user.as_deref().map(Target::User),
        ];
        named.into_iter().flatten().next().unwrap_or(Target::Platform)
    }
}

/// How far a kill reaches: exactly one of these.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct KillScopeArgs {
    /// The whole platform.
    #[arg(long)]
    pub all: bool,
    /// One account.
    #[arg(long, value_name = "NAME", value_parser = name, add = complete::accounts())]
    pub account: Option<String>,
    /// One bot.
    #[arg(long, value_name = "NAME", value_parser = name, add = complete::bots())]
    pub bot: Option<String>,
    /// One instrument.
    #[arg(long, value_name = "SYMBOL", value_parser = name, add = complete::symbols())]
    pub symbol: Option<String>,
    /// Everything at one broker by its name, or at a simulator (`paper`, `shadow`).
    #[arg(long, value_name = "NAME", value_parser = name)]
    pub venue: Option<String>,
    /// Every bot of one owner.
    #[arg(long, value_name = "NAME", value_parser = name)]
    pub user: Option<String>,
    /// One order, by the identity that `ctl orders` shows: it is cancelled, and nothing is blocked.
    #[arg(long, value_name = "ORDER", value_parser = order_named, conflicts_with_all = ["flatten", "freeze"])]
    pub order: Option<ClOrdId>,
}

impl KillScopeArgs {
    /// The scope in the protocol's words.
    pub fn target(&self) -> Target<'_> {
        let named = [
            self.account.as_deref().map(Target::Account),
            self.bot.as_deref().map(Target::Bot),
            self.symbol.as_deref().map(Target::Instrument),
            self.venue.as_deref().map(Target::Venue),
            self.user.as_deref().map(Target::User),
            self.order.map(Target::Order),
        ];
        named.into_iter().flatten().next().unwrap_or(Target::Platform)
    }
}

/// Who asks.
#[derive(Debug, Args)]
pub struct ActorArgs {
    /// Who asks, for the journal [default: $USER, or `operator` without one].
    #[arg(long, value_name = "NAME", value_parser = name)]
    actor: Option<String>,
}

impl ActorArgs {
    /// Who asks. An odd environment never stands in the way of a kill.
    pub fn name(&self) -> String {
        let user = || std::env::var("USER").ok().filter(|user| !user.is_empty());
        self.actor.clone().or_else(user).unwrap_or_else(|| "operator".to_owned())
    }
}

/// `ctl kill`.
#[derive(Debug, Args)]
pub struct KillArgs {
    /// How far it reaches.
    #[command(flatten)]
    pub scope: KillScopeArgs,
    /// Close positions too.
    #[arg(long)]
    pub flatten: bool,
    /// Stop exits too: nothing leaves, and positions have no stop until the kill is lifted.
    #[arg(long, conflicts_with = "flatten")]
    pub freeze: bool,
    /// Why, for the journal.
    #[arg(long, default_value = "killed by operator", value_parser = reason)]
    pub reason: String,
    /// Who asks.
    #[command(flatten)]
    pub actor: ActorArgs,
}

/// `ctl unkill`.
#[derive(Debug, Args)]
pub struct UnkillArgs {
    /// The scope of the kill to lift.
    #[command(flatten)]
    pub scope: ScopeArgs,
    /// Why, for the journal.
    #[arg(long, value_parser = reason)]
    pub reason: String,
    /// Who asks.
    #[command(flatten)]
    pub actor: ActorArgs,
}

/// `ctl bots`.
#[derive(Debug, Subcommand)]
pub enum BotsCommand {
    /// Show what a bot decided last and why: its rule, each source's share, its size and its exits.
    Explain {
        /// Its name.
        #[arg(value_parser = name, add = complete::bots())]
        bot: String,
    },
}

/// A source of opinions.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum SourceArg {
    /// A trained model.
    Model,
    /// What is traded in options.
    OptionsFlow,
    /// Economic data.
    Macro,
    /// News.
    News,
}

impl SourceArg {
    /// The source.
    pub fn source(self) -> SignalSource {
        match self {
            SourceArg::Model => SignalSource::Model,
            SourceArg::OptionsFlow => SignalSource::OptionsFlow,
            SourceArg::Macro => SignalSource::Macro,
            SourceArg::News => SignalSource::News,
        }
    }
}

/// Which way an opinion points.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum DirectionArg {
    /// Up.
    Long,
    /// Down.
    Short,
    /// Out of the market.
    Out,
}

impl DirectionArg {
    /// Its sign.
    pub fn sign(self) -> i8 {
        match self {
            DirectionArg::Long => 1,
            DirectionArg::Short => -1,
            DirectionArg::Out => 0,
        }
    }
}

/// `ctl signal`.
#[derive(Debug, Args)]
pub struct SignalArgs {
    /// From where.
    #[arg(long)]
    pub source: SourceArg,
    /// On which instrument; on all of them without it.
    #[arg(long, value_parser = name, add = complete::symbols())]
    pub symbol: Option<String>,
    /// Which way.
    #[arg(long)]
    pub direction: DirectionArg,
    /// How strong, 0 to 1.
    #[arg(long, value_parser = unit)]
    pub strength: f64,
    /// How sure, 0 to 1.
    #[arg(long, value_parser = unit)]
    pub confidence: f64,
    /// Seconds for which it counts, from its publication.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=i64::from(TTL_SECONDS_MAX)))]
    pub ttl: u32,
    /// When it was published, in RFC 3339 [default: now, by the node's clock].
    #[arg(long, value_name = "TIME", value_parser = timestamp)]
    pub published: Option<UnixNanos>,
    /// Its source's identity of it: a second one of the same identity is not heard.
    #[arg(long)]
    pub id: Option<String>,
    /// What it is about, for the journal.
    #[arg(long)]
    pub text: Option<String>,
}

fn unit(text: &str) -> Result<f64, String> {
    let value = text.parse().ok().filter(|value| (0.0..=1.0).contains(value));
    value.ok_or_else(|| "must be from 0 to 1".to_owned())
}

pub(crate) fn timestamp(text: &str) -> Result<UnixNanos, String> {
    let known = UnixNanos::parse_rfc3339(text).filter(|time| *time > UnixNanos(0));
    known.ok_or_else(|| "must be like 2026-11-22T14:30:00Z".to_owned())
}

/// `ctl accept-config`.
#[derive(Debug, Args)]
pub struct AcceptArgs {
    /// Why, for the journal.
    #[arg(long, value_parser = reason)]
    pub reason: String,
    /// Who asks.
    #[command(flatten)]
    pub actor: ActorArgs,
}

/// `ctl journal`. Each takes a data directory or the journal directory in it, and without one
/// looks into --data. Not both may be given.
#[derive(Debug, Subcommand)]
pub enum JournalCommand {
    /// Read and check every record; exit code 3 if the journal is damaged.
    Verify {
        /// The data directory or the journal in it; that of --data unless given.
        dir: Option<PathBuf>,
    },
    /// Compute every effect again and compare it byte for byte; exit code 9 if one differs.
    Replay {
        /// The data directory or the journal in it; that of --data unless given.
        dir: Option<PathBuf>,
    },
    /// Print the last records of both streams in their order, in words.
    Tail(TailArgs),
    /// Print the page that `docs/journal.md` is: files, records, kinds and their fields.
    Format,
}

/// `ctl journal tail`.
#[derive(Debug, Args)]
pub struct TailArgs {
    /// The data directory or the journal in it; that of --data unless given.
    pub dir: Option<PathBuf>,
    /// Print so many records.
    #[arg(short = 'n', long, default_value_t = 20, value_name = "N")]
    pub records: usize,
    /// Go on with what is written meanwhile, until Ctrl-C.
    #[arg(short, long)]
    pub follow: bool,
    /// Print records of these kinds alone, such as `order` or `command`.
    #[arg(long = "kind", value_name = "KIND", value_delimiter = ',', value_parser = kind)]
    pub kinds: Vec<u8>,
}

fn kind(text: &str) -> Result<u8, String> {
    let kinds = || gauntlet_journal::kind::all().filter(|kind| kind.payload.is_some());
    kinds().find(|kind| kind.name == text).map(|kind| kind.number).ok_or_else(|| {
        let names: Vec<&str> = kinds().map(|kind| kind.name).collect();
        format!("must be one of {}", names.join(", "))
    })
}

/// `ctl data`.
#[derive(Debug, Subcommand)]
pub enum DataCommand {
    /// Tell what files of market data hold, and what is wrong with them; exit code 1 if something is.
    Inspect(InspectArgs),
    /// Make bars of a file's trades or one-minute bars, as live trading makes them.
    Bars(BarsArgs),
    /// Write a file of invented market data: real sessions and rolls, and faults on demand.
    Generate(GenerateArgs),
    /// Build the book that market-by-order files leave behind.
    Book {
        /// DBN or DBN.zst files, in the order of their time.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// Which instrument; not needed when the files hold one.
        #[arg(long)]
        symbol: Option<String>,
    },
}

/// What a file of bars does not tell itself.
#[derive(Debug, Args)]
pub struct BarFileArgs {
    /// Which instrument: needed when a file holds several, or does not say.
    #[arg(long, value_name = "SYMBOL", value_parser = name)]
    pub symbol: Option<String>,
    /// Whether the times of a CSV file mark where bars begin or where they end.
    #[arg(long, value_enum, default_value_t = Stamped::Open, value_name = "MARK")]
    pub stamped: Stamped,
    /// How long the bars of a CSV file are, in seconds; found from the file unless given.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub length: Option<u32>,
}

impl BarFileArgs {
    /// As the readers of files want it.
    pub fn options(&self) -> BarOptions {
        let stamp = match self.stamped {
            Stamped::Open => Stamp::Open,
            Stamped::Close => Stamp::Close,
        };
        BarOptions { symbol: self.symbol.clone(), seconds: self.length, stamp }
    }
}

/// What a time marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Stamped {
    /// The bar's beginning.
    Open,
    /// The bar's end.
    Close,
}

/// `ctl data inspect`.
#[derive(Debug, Args)]
pub struct InspectArgs {
    /// DBN files (zstd too), CSV files of bars (gzip or zstd too), or zip files of LEAN's futures.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// What a file of bars does not tell itself.
    #[command(flatten)]
    pub bars: BarFileArgs,
}

/// `ctl data bars`.
#[derive(Debug, Args)]
pub struct BarsArgs {
    /// Files of one instrument, in the order of their time: DBN with trades or bars, CSV, or zip
    /// files of LEAN's futures.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// What ends a bar.
    #[command(flatten)]
    pub kind: BarKindArgs,
    /// Whose hours the bars are aligned to.
    #[arg(long, default_value = "FULL_24x5", value_name = "SESSION")]
    pub session: SessionMode,
    /// Print them as a CSV file of bars.
    #[arg(long, conflicts_with = "json")]
    pub csv: bool,
    /// What a file of bars does not tell itself.
    #[command(flatten)]
    pub bars: BarFileArgs,
}

/// What ends a bar: one of these.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub struct BarKindArgs {
    /// Time: 1m, 5m, 15m, 30m, 1h, 4h or 1d (a whole session) [default: 1m].
    #[arg(long, value_name = "LENGTH", value_parser = timeframe)]
    timeframe: Option<BarKind>,
    /// So many contracts traded.
    #[arg(long, value_name = "CONTRACTS", value_parser = clap::value_parser!(u32).range(1..))]
    volume: Option<u32>,
    /// So many trades.
    #[arg(long, value_name = "TRADES", value_parser = clap::value_parser!(u32).range(1..))]
    ticks: Option<u32>,
}

impl BarKindArgs {
    /// The kind of bars.
    pub fn kind(&self) -> BarKind {
        match *self {
            BarKindArgs { volume: Some(contracts), .. } => BarKind::Volume(contracts),
            BarKindArgs { ticks: Some(trades), .. } => BarKind::Ticks(trades),
            BarKindArgs { timeframe, .. } => timeframe.unwrap_or(BarKind::Time(Timeframe::M1)),
        }
    }
}

fn timeframe(text: &str) -> Result<BarKind, String> {
    match text.parse() {
        Ok(kind @ BarKind::Time(_)) => Ok(kind),
        _ => Err("must be one of 1m, 5m, 15m, 30m, 1h, 4h, 1d".to_owned()),
    }
}

/// `ctl rules`.
#[derive(Debug, Subcommand)]
pub enum RulesCommand {
    /// Read a strategy and show what it says: canonical text, tree, warm-up, confidence, errors.
    Check(RulesCheckArgs),
    /// Prove that a strategy does not see the future, on bars of a file.
    Lookahead(LookaheadArgs),
}

/// `ctl rules check`.
#[derive(Debug, Args)]
pub struct RulesCheckArgs {
    /// The strategy as text or, when it begins with a brace, as JSON; `-` is standard input.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Read it as loose English.
    #[arg(long)]
    pub prose: bool,
    /// Rules that stand in for a direction that cannot be read.
    #[arg(long, value_name = "FILE")]
    pub fallback: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;
    use clap::error::ErrorKind;
    use gauntlet_journal::kind as kinds;

    fn parse(line: &str) -> Result<Command, ErrorKind> {
        let words = std::iter::once("ctl").chain(line.split_whitespace());
        Cli::try_parse_from(words).map(|cli| cli.command).map_err(|error| error.kind())
    }

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_scope_is_given_once() {
        assert_eq!(parse("kill").expect_err("no scope"), ErrorKind::MissingRequiredArgument);
        let two = parse("kill --all --bot es-orb").expect_err("two scopes");
        assert_eq!(two, ErrorKind::ArgumentConflict);
        let Ok(Command::Kill(kill)) = parse("kill --symbol ESH4 --flatten") else {
            panic!("a kill");
        };
        assert_eq!(kill.scope.target(), Target::Instrument("ESH4"));
        assert!(kill.flatten && !kill.freeze);
        assert!(parse("kill --all --freeze").is_ok_and(|command| {
            matches!(command, Command::Kill(kill) if kill.freeze && !kill.flatten)
        }));
        let both = parse("kill --all --freeze --flatten").expect_err("one or the other");
        assert_eq!(both, ErrorKind::ArgumentConflict);
        assert_eq!(kill.reason, "killed by operator");
    }

    #[test]
    fn what_gives_risk_back_needs_a_reason() {
        for line in ["unkill --all", "accept-config"] {
            assert_eq!(parse(line).expect_err("no reason"), ErrorKind::MissingRequiredArgument);
        }
        let blank = ["ctl", "unkill", "--all", "--reason", " "];
        let error = Cli::try_parse_from(blank).expect_err("a blank reason");
        assert_eq!(error.kind(), ErrorKind::ValueValidation);
        assert!(parse("unkill --all --reason mended").is_ok());
    }

    #[test]
    fn a_signal_is_checked_before_it_is_sent() {
        let whole = "signal --source options-flow --symbol ESZ6 --direction short --strength 0.7 \
                     --confidence 0.6 --ttl 600 --published 2026-11-22T14:30:00Z --id A";
        let Ok(Command::Signal(signal)) = parse(whole) else { panic!("a signal") };
        assert_eq!((signal.direction.sign(), signal.ttl), (-1, 600));
        assert_eq!(signal.published.map(|at| at.0), Some(1_795_357_800_000_000_000));
        for (right, wrong) in [("0.7", "1.1"), ("0.6", "NaN"), ("600", "0"), ("T14:30:00Z", "")] {
            let error = parse(&whole.replace(right, wrong)).expect_err("is wrong");
            assert_eq!(error, ErrorKind::ValueValidation, "{wrong}");
        }
        let error = parse(&whole.replace("options-flow", "technical")).expect_err("is wrong");
        assert_eq!(error, ErrorKind::InvalidValue);
    }

    #[test]
    fn global_options_may_follow_the_command() {
        let cli = Cli::try_parse_from(["ctl", "bots", "--json", "--data", "d"]).expect("parses");
        assert!(cli.global.json);
        assert_eq!(cli.global.data, Some(PathBuf::from("d")));
    }

    #[test]
    fn bars_end_in_one_way_alone() {
        let kind = |line: &str| match parse(line) {
            Ok(Command::Data { command: DataCommand::Bars(args) }) => Ok(args.kind.kind()),
            Ok(_) => panic!("no bars"),
            Err(error) => Err(error),
        };
        assert_eq!(kind("data bars f"), Ok(BarKind::Time(Timeframe::M1)));
        assert_eq!(kind("data bars f --timeframe 4h"), Ok(BarKind::Time(Timeframe::H4)));
        assert_eq!(kind("data bars f --volume 500"), Ok(BarKind::Volume(500)));
        assert_eq!(kind("data bars f --ticks 20"), Ok(BarKind::Ticks(20)));
        assert_eq!(kind("data bars f --timeframe 2m"), Err(ErrorKind::ValueValidation));
        assert_eq!(kind("data bars f --ticks 0"), Err(ErrorKind::ValueValidation));
        assert_eq!(kind("data bars f --ticks 1 --volume 1"), Err(ErrorKind::ArgumentConflict));
        assert_eq!(kind("data bars f --session NIGHT"), Err(ErrorKind::ValueValidation));
    }

    #[test]
    fn kinds_of_records_are_named_as_the_journal_names_them() {
        let Ok(Command::Journal { command: JournalCommand::Tail(tail) }) =
            parse("journal tail --kind order,kill -n 5")
        else {
            panic!("a tail");
        };
        assert_eq!(tail.kinds, [kinds::ORDER, kinds::KILL]);
        assert_eq!(parse("journal tail --kind no").expect_err("none"), ErrorKind::ValueValidation);
    }
}
