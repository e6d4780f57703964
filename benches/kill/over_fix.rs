//! A kill that reaches the broker: a whole node with 1,024 orders resting at a FIX acceptor.
//!
//! The orders are a person's, 32 in each of 32 contracts, placed through the control socket, and so is the kill.
//! The clock starts right before the command is written to that socket and stops at the return of the read that
//! brought the last cancel, so the node's journal, the encoding, both sockets and the acceptor's answers, which
//! are inputs as well, are in it. The node has no page, no API and no database.

use gauntlet::cli::ThreadArgs;
use gauntlet::config::Config;
use gauntlet::node::{Node, NodePlan};
use gauntlet::state::NodeState;
use gauntlet_benches::acceptor::{Acceptor, Received};
use gauntlet_benches::script::{MEAN_TICKS, PER_MINUTE_MIN, PRODUCTS, Script, symbol};
use gauntlet_benches::whole_node::{CLIENT, DATASET, KEY, VENUE, configuration};
use gauntlet_model::effect::TimeInForce;
use gauntlet_model::input::TicketKind;
use gauntlet_model::instrument::product_of_code;
use gauntlet_model::text::Text;
use gauntlet_model::units::{Price, Side, UnixNanos};
use gauntlet_readmodel::command_wire::{
    AskedTicket, REPLY_MAX, Reply, Request, SOCKET_NAME, Target, Verb,
};
use gauntlet_runtime::clock::{TickClock, system_now};
use gauntlet_runtime::layout::pin_to;
use gauntlet_venue::dbn_gateway::DbnGateway;
use std::fmt::Write;
use std::io::ErrorKind;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

const ORDERS_PER_CONTRACT: i64 = 32;
/// Orders that rest when the kill comes.
pub const ORDERS: usize = PRODUCTS.len() * ORDERS_PER_CONTRACT as usize;
/// Nodes that are started and killed at most.
pub const ROUNDS: u64 = 10;
const PATIENCE: Duration = Duration::from_secs(20);
/// Market messages between two orders: the account's rate is a matter of the market's clock.
const MESSAGES_BETWEEN: u64 = 8;

/// Nanoseconds from the command to the first and to the last cancel.
#[derive(Clone, Copy)]
pub struct Kill {
    pub first: u64,
    pub last: u64,
}

/// Places the orders and kills the platform.
pub fn round(cores: [usize; 2], ticks: &TickClock) -> Result<Kill, String> {
    let data = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).map_err(|e| e.to_string())?;
    let gateway = DbnGateway::bind("127.0.0.1:0", KEY, DATASET).map_err(|e| e.to_string())?;
    let acceptor = Acceptor::bind(VENUE, CLIENT, ticks.clone(), false)?;
    let addresses = [
        gateway.local_addr().map_err(|e| e.to_string())?.to_string(),
        acceptor.address()?.to_string(),
    ];
    let node = Node::start(NodePlan {
        config: config(&addresses, cores[0])?,
        data: data.path().to_owned(),
        threads: ThreadArgs::default(),
        accept_config: None,
        accept_decisions: None,
        lockstep: None,
        serve: false,
        title: "kill".to_owned(),
    })
    .map_err(|error| error.to_string())?;
    let state = Arc::clone(node.state());
    let killed = thread::scope(|scope| {
        let outside = scope.spawn(|| {
            pin_to(cores[1]);
            let mut outside = Outside {
                script: Script::new(PER_MINUTE_MIN),
                gateway,
                acceptor,
                told: 0,
                cancels: Cancels::default(),
                ticks,
            };
            let killed = outside.run(data.path());
            killed.and_then(|killed| outside.stop(&state).map(|()| killed))
        });
        outside.join().expect("nothing outside of the node panics")
    });
    if killed.is_err() {
        state.ask_to_stop();
    }
    node.run(|_| true).map_err(|error| error.to_string())?;
    killed
}

#[derive(Default)]
struct Cancels {
    count: usize,
    first: u64,
    last: u64,
}

/// Everything outside of the node, on one thread.
struct Outside<'a> {
    script: Script,
    gateway: DbnGateway,
    acceptor: Acceptor,
    /// Market messages so far.
    told: u64,
    cancels: Cancels,
    ticks: &'a TickClock,
}

impl Outside<'_> {
    fn run(&mut self, data: &Path) -> Result<Kill, String> {
        self.wait("connect", |outside| {
            outside.gateway.started_clients() > 0 && outside.acceptor.is_logged_on()
        })?;
        // Every contract has a book by then.
        for _ in 0..4 * PER_MINUTE_MIN {
            self.tell();
            self.poll();
        }
        let socket = control_socket(data)?;
        for nth in 0..ORDERS {
            let ticket = ticket(nth)?;
            let (verb, target) = (Verb::Ticket(ticket), Target::Account("BENCH"));
            self.ask(&socket, nth as u64 + 1, verb, target)?;
            for _ in 0..MESSAGES_BETWEEN {
                self.tell();
            }
        }
        self.wait("place its orders", |outside| outside.acceptor.orders() == ORDERS as u64)?;
        if self.cancels.count > 0 {
            return Err(format!("{} orders were cancelled before the kill", self.cancels.count));
        }
        let id = ORDERS as u64 + 1;
        let (verb, target) = (Verb::Kill { flatten: false }, Target::Platform);
        let kill = Request { id, verb, target, actor: "bench", reason: "measured" }.encode();
        let begin = self.ticks.raw();
        socket.send(kill.as_bytes()).map_err(|error| error.to_string())?;
        self.wait("cancel its orders", |outside| outside.cancels.count == ORDERS)?;
        let Cancels { first, last, .. } = self.cancels;
        let since = |raw| self.ticks.ns_between(begin, raw);
        Ok(Kill { first: since(first), last: since(last) })
    }

    /// The market goes on by a message.
    fn tell(&mut self) {
        let step = self.script.step(self.told);
        self.told += 1;
        self.gateway.publish(dbn::RecordRef::from(&step.record));
        self.gateway.flush();
    }

    fn poll(&mut self) {
        let Outside { script, gateway, acceptor, cancels, .. } = self;
        gateway.poll(UnixNanos(system_now()), script);
        acceptor.poll(&mut |received, arrived| {
            if received == Received::Cancel {
                if cancels.count == 0 {
                    cancels.first = arrived;
                }
                cancels.last = arrived;
                cancels.count += 1;
            }
        });
    }

    fn wait(&mut self, to: &str, done: impl Fn(&Self) -> bool) -> Result<(), String> {
        let begin = Instant::now();
        while !done(self) {
            self.poll();
            if begin.elapsed() > PATIENCE {
                return Err(format!(
                    "the node did not {to} in time: {} orders, {} cancels",
                    self.acceptor.orders(),
                    self.cancels.count
                ));
            }
        }
        Ok(())
    }

    /// Sends a request and waits for the node's answer to it.
    fn ask(
        &mut self,
        socket: &UnixDatagram,
        id: u64,
        verb: Verb,
        target: Target<'_>,
    ) -> Result<(), String> {
        let request = Request { id, verb, target, actor: "bench", reason: "measured" };
        socket.send(request.encode().as_bytes()).map_err(|error| error.to_string())?;
        let mut buffer = [0; REPLY_MAX];
        let begin = Instant::now();
        while begin.elapsed() < PATIENCE {
            self.poll();
            match socket.recv(&mut buffer) {
                Ok(len) => match Reply::parse(&buffer[..len]) {
                    Some(Reply::Ok { .. }) => return Ok(()),
                    Some(Reply::Refused { why, .. }) => return Err(why.to_string()),
                    None => return Err("the control socket answers nonsense".to_owned()),
                },
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(error.to_string()),
            }
        }
        Err("the control socket does not answer".to_owned())
    }

    fn stop(&mut self, state: &NodeState) -> Result<(), String> {
        state.ask_to_stop();
        self.wait("stop", |_| state.is_closed() || state.has_failed())
    }
}

fn control_socket(data: &Path) -> Result<UnixDatagram, String> {
    let name = format!("gauntlet-bench-{}", std::process::id());
    let socket = SocketAddr::from_abstract_name(name)
        .and_then(|name| UnixDatagram::bind_addr(&name))
        .map_err(|error| error.to_string())?;
    let connected = socket.connect(data.join(SOCKET_NAME));
    connected.and_then(|()| socket.set_nonblocking(true)).map_err(|error| error.to_string())?;
    Ok(socket)
}

/// An order that rests below the market: no two of a contract are alike.
fn ticket(nth: usize) -> Result<AskedTicket, String> {
    let code = PRODUCTS[nth % PRODUCTS.len()];
    let product = product_of_code(code).ok_or("a product of the table")?;
    let below = 20 + (nth / PRODUCTS.len()) as i64;
    Ok(AskedTicket {
        symbol: Text::new(&symbol(code)),
        side: Side::Buy,
        qty: 1,
        price: Price((MEAN_TICKS - below) * product.tick.0),
        time_in_force: TimeInForce::Day,
        ..AskedTicket::of(TicketKind::New)
    })
}

/// The contracts and an account, with every limit set and none of them near.
fn config(addresses: &[String; 2], core: usize) -> Result<Config, String> {
    let mut text = configuration(addresses, core, 2000);
    for code in PRODUCTS {
        let symbol = symbol(code);
        // Writing to a String cannot fail.
        let _ = write!(
            text,
            "[[instrument]]\nsymbol = \"{symbol}\"\nmax_order_qty = 10\nmax_position = 100\n\
             collar_ticks = 100\nstale_after_ms = 60000\n"
        );
    }
    Config::parse(&text, "kill").map_err(|error| error.to_string())
}
