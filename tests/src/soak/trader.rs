//! Somebody who asks the node for orders without a pause, over its control socket.

use super::SYMBOLS;
use super::chance::Chance;
use crate::setup::ACCOUNT;
use gauntlet_model::effect::{OrderType, TimeInForce};
use gauntlet_model::ids::{ClOrdId, InstrumentId};
use gauntlet_model::input::TicketKind;
use gauntlet_model::text::Text;
use gauntlet_model::units::{NANOS_PER_SECOND, Price, Side, UnixNanos};
use gauntlet_readmodel::command_wire::{AskedTicket, Reply, Request, SOCKET_NAME, Target, Verb};
use std::collections::{BTreeMap, VecDeque};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Requests under way at a time.
const WINDOW: u64 = 8;
/// Orders that a desk may open in a second of the market, and some room: see `max_executions`.
const ORDERS_A_SECOND: usize = 56;
/// How long nothing is asked for after a refusal: until something has changed.
const AFTER_REFUSAL: Duration = Duration::from_millis(5);
/// Contracts, either way, beyond which only the other way is traded.
const POSITION_MAX: i64 = 40;
/// What the prices of both symbols are multiples of.
const TICK: i64 = 250_000_000;

/// What the trader sees of the market and its own orders.
#[derive(Debug, Default)]
pub(super) struct View {
    /// Bid and ask of each symbol, in billionths.
    pub quotes: BTreeMap<InstrumentId, (i64, i64)>,
    pub symbols: BTreeMap<InstrumentId, String>,
    /// A person's orders that work, with their symbol and limit.
    pub working: Vec<(ClOrdId, Price)>,
    /// What all hold together, by symbol.
    pub held: BTreeMap<String, i64>,
    /// The time of the last input.
    pub now: UnixNanos,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Trader {
    _dir: TempDir,
    socket: UnixDatagram,
    node: PathBuf,
    next_id: u64,
    under_way: u64,
    /// Requests that were carried out, and those that were refused.
    pub done: u64,
    pub refused: u64,
    /// The last reason of a refusal.
    pub why: String,
    refused_at: Option<Instant>,
    /// By symbol: when its last orders went out, by the market.
    opened: BTreeMap<String, VecDeque<UnixNanos>>,
}

impl Trader {
    pub fn new(data: &Path) -> Trader {
        let dir = tempfile::tempdir().expect("a place for the socket");
        let socket = UnixDatagram::bind(dir.path().join("trader")).expect("a socket");
        socket.set_nonblocking(true).expect("a socket that does not block");
        let node = data.join(SOCKET_NAME);
        Trader {
            _dir: dir,
            socket,
            node,
            next_id: 0,
            under_way: 0,
            done: 0,
            refused: 0,
            why: String::new(),
            refused_at: None,
            opened: BTreeMap::new(),
        }
    }

    /// Nobody answers any more.
    pub fn hang_up(&mut self) {
        self.under_way = 0;
        let mut reply = [0; 1_024];
        while self.socket.recv(&mut reply).is_ok() {}
    }

    /// Asks for the end of these orders. What comes of it shows in the journal.
    pub fn cancel(&mut self, orders: &[(ClOrdId, Price)]) {
        self.hear();
        for (order, _) in orders {
            let ticket = AskedTicket { order: *order, ..AskedTicket::of(TicketKind::Cancel) };
            let (verb, target) = (Verb::Ticket(ticket), Target::Platform);
            let request = Request { id: 0, verb, target, actor: "soak", reason: "the end" };
            // What is not heard now is asked for again.
            let _ = self.socket.send_to(request.encode().as_bytes(), &self.node);
        }
    }

    /// Asks for what chance wants, as far as the node keeps up. Returns how many requests went out.
    pub fn work(&mut self, chance: &mut Chance, view: &View) -> u64 {
        self.hear();
        let mut sent = 0;
        if self.refused_at.is_some_and(|at| at.elapsed() < AFTER_REFUSAL) {
            return 0;
        }
        while self.under_way < WINDOW {
            let Some(ticket) = ticket(chance, view) else { break };
            let is_order = matches!(ticket.kind, TicketKind::New);
            if is_order && !self.may_open(ticket.symbol.as_str(), view.now) {
                break;
            }
            let target = if is_order { Target::Account(ACCOUNT) } else { Target::Platform };
            self.next_id += 1;
            let verb = Verb::Ticket(ticket);
            let request =
                Request { id: self.next_id, verb, target, actor: "soak", reason: "a soak" };
            if self.socket.send_to(request.encode().as_bytes(), &self.node).is_err() {
                break;
            }
            self.under_way += 1;
            sent += 1;
        }
        sent
    }

    /// Whether one more order is allowed in this second of the market; it is then counted.
    fn may_open(&mut self, symbol: &str, now: UnixNanos) -> bool {
        let opened = self.opened.entry(symbol.to_owned()).or_default();
        while opened.front().is_some_and(|at| now.since(*at) > NANOS_PER_SECOND) {
            opened.pop_front();
        }
        let may = opened.len() < ORDERS_A_SECOND;
        if may {
            opened.push_back(now);
        }
        may
    }

    fn hear(&mut self) {
        let mut reply = [0; 1_024];
        while let Ok(len) = self.socket.recv(&mut reply) {
            self.under_way = self.under_way.saturating_sub(1);
            match Reply::parse(&reply[..len]) {
                Some(Reply::Refused { why, .. }) => {
                    self.refused += 1;
                    self.refused_at = Some(Instant::now());
                    self.why = why.to_string();
                }
                _ => self.done += 1,
            }
        }
    }
}

fn ticket(chance: &mut Chance, view: &View) -> Option<AskedTicket> {
    let what = chance.below(100);
    if what < 25 && !view.working.is_empty() {
        let (order, price) = view.working[chance.below(view.working.len() as u64) as usize];
        return Some(match what {
            0..10 => AskedTicket {
                order,
                price: Price(price.0 + (chance.below(5) as i64 - 2) * TICK),
                ..AskedTicket::of(TicketKind::Replace)
            },
            _ => AskedTicket { order, ..AskedTicket::of(TicketKind::Cancel) },
        });
    }
    let (instrument, symbol) =
        view.symbols.iter().find(|(_, symbol)| **symbol == SYMBOLS[chance.below(2) as usize])?;
    let (bid, ask) = *view.quotes.get(instrument)?;
    let held = view.held.get(symbol).copied().unwrap_or(0);
    let buys = chance.below(2) == 0;
    let side = match held {
        held if held > POSITION_MAX => Side::Sell,
        held if held < -POSITION_MAX => Side::Buy,
        _ if buys => Side::Buy,
        _ => Side::Sell,
    };
    let (near, sign) = if side == Side::Buy { (bid, 1) } else { (ask, -1) };
    let far = if side == Side::Buy { ask } else { bid };
    let ticks = chance.below(8) as i64;
    let (price, time_in_force) = match chance.below(10) {
        0..5 => (far + sign * TICK, TimeInForce::ImmediateOrCancel),
        5..7 => (near - sign * ticks * TICK, TimeInForce::Day),
        7..9 => (near - sign * ticks * TICK, TimeInForce::GoodTillCancel),
        _ => (far, TimeInForce::FillOrKill),
    };
    Some(AskedTicket {
        symbol: Text::new(symbol),
        side,
        qty: chance.between(1, 5) as u32,
        order_type: OrderType::Limit,
        price: Price(price / TICK * TICK),
        time_in_force,
        ..AskedTicket::of(TicketKind::New)
    })
}
