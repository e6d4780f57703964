//! A node and an exchange, each a process of its own, that lose power, connections and their lives at moments which a
//! seed decides, while orders go between them; and two sets of books that must agree all the while.
//!
//! A run comes in chapters of some thousand orders. Each begins with an empty journal and an empty exchange, has a
//! seed of its own, and ends with an orderly stop and a comparison of everything. So a fault is found again by its
//! chapter's seed alone, and a long run needs no more room than a short one.

pub mod books;
pub mod chance;
mod chapter;
mod cut;
mod trader;

pub use chapter::{Chapter, Counts};

use crate::process::Process;
use crate::setup::Setup;
use chance::Chance;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What is traded.
pub const SYMBOLS: [&str; 2] = ["ESZ6", "NQZ6"];

/// How often an exchange does wrong what it does wrong.
const DEEDS: usize = 3;

/// What is to be done in a chapter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Decides everything that chance decides.
    pub seed: u64,
    /// Orders asked for, at least.
    pub orders: u64,
    /// Acts of violence come after so many orders, about.
    pub orders_between: u64,
}

/// The two sides: their configuration, and where they live.
#[derive(Debug)]
struct Sides {
    setup: Setup,
    program: PathBuf,
    session: String,
}

impl Sides {
    fn new(program: &Path, plan: &Plan, chance: &mut Chance) -> Sides {
        let (feed, broker) = (free_address(), free_address());
        let mut setup = Setup::new(feed, broker, &SYMBOLS);
        setup.bots = 2;
        setup.heartbeat_seconds = 5;
        Sides {
            setup,
            program: program.to_owned(),
            session: session(chance) + &script(plan, chance),
        }
    }

    fn store(&self) -> PathBuf {
        self.setup.dir().join("venue")
    }

    /// One configuration for both.
    fn text(&self) -> String {
        let text = self.setup.text();
        let text = text
            .replace("max_position = 1000\n", "max_position = 100000\n")
            .replace("messages_per_second = 1000\n", "messages_per_second = 1000000\n")
            .replace("collar_ticks = 100\n", "collar_ticks = 400\n")
            .replace("max_position = 100\n", "max_position = 100000\n");
        let (store, session) = (self.store(), &self.session);
        // What a person may do in a second of the market is what the trader may; see there.
        let risk = "[risk]\nduplicate_window_ms = 1\nexecutions_window_seconds = 1\n\
                    max_daily_loss = 1000000000\nflat_daily_loss = 1000000000\n";
        format!(
            "{text}\n{risk}\n[venue]\nstore = {store:?}\nclock = \"first_client\"\nspeed = 10.0\nrate = 16.0\n\
             \n[venue.session]\nadopts_numbers = false\n{session}"
        )
    }

    fn start_node(&self) -> Process {
        self.setup.run_with(&self.program, &self.text(), &[])
    }

    /// Every life of the exchange has a market and breaks of its own.
    fn start_venue(&self, seed: u64) -> Process {
        let config = self.setup.write(&self.text());
        let mut command = Command::new(&self.program);
        let seed = (seed % 1_000_000).to_string();
        command.arg("venue").arg("--config").arg(config).args(["--seed", &seed]);
        Process::spawn(command)
    }
}

/// Habits of the exchange's session, several at a time.
fn session(chance: &mut Chance) -> String {
    let every = |chance: &mut Chance, choices: [u64; 3]| choices[chance.below(3) as usize];
    format!(
        "refused_logons = {}\njump_every = {}\nrepeat_every = {}\nask_every = {}\nbreak_bytes = {}\n",
        chance.below(2),
        every(chance, [0, 17, 90]),
        every(chance, [0, 14, 60]),
        every(chance, [0, 15, 50]),
        400_000 + chance.below(1_600_000),
    )
}

/// What the exchange does wrong, each a few times in a chapter.
fn script(plan: &Plan, chance: &mut Chance) -> String {
    let mut text = String::new();
    for deed in ["double_fill", "reorder", "reject", "disconnect"] {
        for _ in 0..DEEDS {
            let after = chance.between(1, plan.orders.max(1));
            text += &format!("\n[[venue.script]]\nafter_orders = {after}\ndo = \"{deed}\"\n");
        }
    }
    text
}

/// An address that was free a moment ago: both sides are to find each other there over all their lives.
fn free_address() -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener.local_addr().expect("it is bound")
}
