//! A data directory and a configuration for the node under test.

use crate::process::Process;
use std::fmt::Write;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// The key of the simulated venue.
pub const KEY: &str = "db-GAUNTLETSIMULATEDVENUE000000000";
/// The venue's CompID.
pub const VENUE: &str = "SIMVENUE";
/// The node's CompID.
pub const NODE: &str = "GAUNTLET";
/// The one account.
pub const ACCOUNT: &str = "TEST";

/// What a node is to be, and where it lives. The directory goes with it.
#[derive(Debug)]
pub struct Setup {
    dir: TempDir,
    /// Where market data comes from.
    pub feed: SocketAddr,
    /// Where orders go.
    pub broker: SocketAddr,
    /// The key for market data.
    pub key: String,
    /// The instruments.
    pub symbols: Vec<&'static str>,
    /// Bots on each instrument.
    pub bots: usize,
    /// Whose bots they are, by their number on an instrument; nobody's where there is no entry.
    pub owners: Vec<&'static str>,
    /// The stage of the bots.
    pub stage: &'static str,
    /// The layout.
    pub layout: &'static str,
    /// Hours of history that the node asks for.
    pub history_hours: u32,
    /// Heartbeat interval of the broker session, in seconds.
    pub heartbeat_seconds: u32,
    /// Where the page listens.
    pub page: SocketAddr,
}

impl Setup {
    /// Eager bots on `symbols`, in layout `shared`, with the page on any free port.
    pub fn new(feed: SocketAddr, broker: SocketAddr, symbols: &[&'static str]) -> Setup {
        Setup {
            dir: TempDir::new().expect("a directory for the data"),
            feed,
            broker,
            key: KEY.to_owned(),
            symbols: symbols.to_vec(),
            bots: 3,
            owners: Vec::new(),
            stage: "LIVE",
            layout: "shared",
            history_hours: 0,
            heartbeat_seconds: 10,
            page: SocketAddr::from(([127, 0, 0, 1], 0)),
        }
    }

    /// Leaves the directory behind, for whoever looks for what went wrong in it.
    pub fn keep(&mut self) {
        self.dir.disable_cleanup(true);
    }

    /// The directory that everything of this test lives in.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// The node's data directory.
    pub fn data(&self) -> PathBuf {
        self.dir().join("data")
    }

    /// The node's journal.
    pub fn journal(&self) -> PathBuf {
        self.data().join("journal")
    }

    /// The configuration.
    pub fn text(&self) -> String {
        let Setup { feed, broker, key, layout, page, heartbeat_seconds, stage, .. } = self;
        let history_hours = self.history_hours;
        let mut text = format!(
            r#"
[node]
layout = "{layout}"
wait = "park"
clock = "data"

[journal]
segment_mib = 1

[http]
listen = "{page}"

[feed]
address = "{feed}"
dataset = "GLBX.MDP3"
key = "{key}"
schema = "mbp-1"
history_hours = {history_hours}

[broker]
address = "{broker}"
sender_comp_id = "{NODE}"
target_comp_id = "{VENUE}"
heartbeat_seconds = {heartbeat_seconds}
next_expected_msg_seq_num = true

[[account]]
name = "{ACCOUNT}"
max_position = 1000
messages_per_second = 1000
cancel_headroom = 200
"#
        );
        for symbol in &self.symbols {
            self.instrument(&mut text, symbol);
            for bot in 0..self.bots {
                self.bot(&mut text, symbol, bot, stage);
            }
        }
        text
    }

    fn instrument(&self, text: &mut String, symbol: &str) {
        write!(
            text,
            r#"
[[instrument]]
symbol = "{symbol}"
max_order_qty = 10
max_position = 100
collar_ticks = 100
stale_after_ms = 60000
"#
        )
        .expect("writing to a String cannot fail");
    }

    /// A bot that wants something at nearly every bar: half of its entries fill, the others wait
    /// and are moved and cancelled, so that every message of an order's life occurs.
    fn bot(&self, text: &mut String, symbol: &str, number: usize, stage: &str) {
        let period = 2 + number;
        let owner = self.owners.get(number);
        let owner = owner.map_or_else(String::new, |owner| format!("owner = \"{owner}\"\n"));
        write!(
            text,
            r#"
[[bot]]
name = "{name}"
account = "{ACCOUNT}"
instrument = "{symbol}"
archetype = "mean_reversion"
stage = "{stage}"
{owner}session = "RTH_US"
order_qty = {qty}
stop_loss = "12 ticks"
take_profit = "12 ticks"
time_stop_bars = 3
max_order_qty = 10
max_position = 10
rule_text = """
let band = bb({period}, 0.1)
long when close < band.lower
short when close > band.upper
exit long when close >= band.middle
exit short when close <= band.middle
entry passive
"""
"#,
            name = bot_name(symbol, number),
            qty = 1 + number
        )
        .expect("writing to a String cannot fail");
    }

    /// Writes a configuration and gives its path.
    pub fn write(&self, text: &str) -> PathBuf {
        let path = self.dir().join("node.toml");
        std::fs::write(&path, text).expect("the configuration can be written");
        path
    }

    /// Starts the node under its configuration.
    pub fn run(&self, program: &Path) -> Process {
        self.run_with(program, &self.text(), &[])
    }

    /// Starts the node under another configuration, with further arguments.
    pub fn run_with(&self, program: &Path, text: &str, args: &[&str]) -> Process {
        let (config, data) = (self.write(text), self.data());
        let mut command = Command::new(program);
        command.arg("run").arg("--config").arg(config).arg("--data").arg(data).args(args);
        Process::spawn(command)
    }
}

/// The name of an instrument's n-th bot.
pub fn bot_name(symbol: &str, number: usize) -> String {
    format!("{}-{number}", symbol.to_lowercase())
}

/// A port that nobody listens on, and nobody will while the listener is held: it is bound and never
/// accepts.
pub fn taken_port() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    (listener, address)
}
