//! The market of the benchmarks of a whole node: thirty-two contracts whose prices are written so that it is known
//! beforehand which message makes which bot send an order.
//!
//! The market's own clock runs fast: every contract's minute is a fixed number of messages. A
//! contract goes through four minutes again and again:
//!
//! | minute | price | what its mean-reversion bot does |
//! |---|---|---|
//! | 0 | away from its mean by [`STRETCH_TICKS`], up and down in turn | |
//! | 1 | the same, then back at its mean | enters with the minute's first message, which closes the bar; takes its profit with the message that brings the price back |
//! | 2, 3 | its mean | |
//!
//! The contracts are one minute apart from each other, so in each minute eight enter and leave, each
//! with a message of its own. All messages in between are quotes and trades that change the top of
//! the book and cause no order.

use dbn::{BidAskPair, Mbp1Msg, RecordHeader, RecordRef, StatusMsg, rtype};
use gauntlet_model::instrument::{self, Product};
use gauntlet_model::units::{NANOS_PER_MINUTE, UnixNanos};
use gauntlet_venue::market::{Change, Listing, Market, MarketSink, NewOrder, OrderId, Refusal};
use std::ffi::c_char;

/// The products traded, all in their June 2024 contract, whose end is far. None of them closes while the
/// script runs, as grains do.
pub const PRODUCTS: [&str; 32] = [
    "ES", "MES", "NQ", "MNQ", "RTY", "M2K", "NKD", "YM", "MYM", "ZT", "ZF", "ZN", "TN", "ZB", "UB",
    "6A", "6B", "6C", "6E", "6J", "6S", "CL", "MCL", "BZ", "NG", "RB", "HO", "GC", "SI", "HG",
    "PL", "PA",
];
/// How far a price goes from its mean, in ticks.
pub const STRETCH_TICKS: i64 = 8;
/// Minutes that the market may run for: it begins five minutes after its session does and must end
/// before the bots give back what they hold.
pub const MINUTES_MAX: u64 = 1_320;
/// Messages of a minute at least: the eight that close bars must come in its first second, since a
/// second later the clock closes them.
pub const PER_MINUTE_MIN: u64 = 480;

const MINUTES_OF_CYCLE: u64 = 4;
const CONTRACTS: u64 = PRODUCTS.len() as u64;
/// Contracts that trade in a minute.
const ACTIVE: u64 = CONTRACTS / MINUTES_OF_CYCLE;
/// Tuesday 5 March 2024, 18:05 in New York.
const BEGIN: UnixNanos = UnixNanos(1_709_679_900_000_000_000);
/// The price of every contract in ticks, but for when it is away from it.
pub const MEAN_TICKS: i64 = 20_000;
const FIRST_ID: u32 = 1_000;

/// What a message does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Nothing that trades.
    Filler,
    /// It makes the bot of its contract send an order.
    Cause,
}

/// A message.
pub struct Step {
    /// Which contract it is of.
    pub contract: usize,
    /// What it does.
    pub role: Role,
    /// The message.
    pub record: Mbp1Msg,
}

/// The script. It is a function of a message's number and nothing else.
pub struct Script {
    per_minute: u64,
    listings: Vec<Listing>,
    products: Vec<&'static Product>,
}

impl Script {
    /// A script whose minutes have so many messages each.
    pub fn new(per_minute: u64) -> Script {
        assert!(per_minute >= PER_MINUTE_MIN, "too few messages a minute for its first second");
        let products: Vec<&'static Product> = PRODUCTS
            .iter()
            .map(|code| instrument::product_of_code(code).expect("a product of the table"))
            .collect();
        let listings = products.iter().enumerate().map(|(at, product)| Listing {
            symbol: symbol(product.code),
            instrument_id: FIRST_ID + at as u32,
            tick: product.tick,
        });
        Script { per_minute, listings: listings.collect(), products }
    }

    /// The message of a number, from 0.
    pub fn step(&self, index: u64) -> Step {
        let (minute, place) = (index / self.per_minute, index % self.per_minute);
        let (contract, role) = self.part(minute, place);
        let level = self.level_ticks(minute, place, contract);
        // A contract's words in a minute are trades and quotes in turn, the first one a trade: a
        // minute without a trade would have no bar.
        let turn = place / (CONTRACTS - ACTIVE);
        let is_trade = role == Role::Cause || turn.is_multiple_of(2);
        let tick = self.products[contract as usize].tick.0;
        let offset_ns = place * NANOS_PER_MINUTE / self.per_minute;
        let at = BEGIN.0 + minute * NANOS_PER_MINUTE + offset_ns;
        let bid = level * tick;
        let id = FIRST_ID + contract as u32;
        let record = Mbp1Msg {
            hd: RecordHeader::new::<Mbp1Msg>(rtype::MBP_1, 1, id, at),
            price: bid,
            size: 1,
            action: (if is_trade { b'T' } else { b'M' }) as c_char,
            side: (if is_trade { b'A' } else { b'B' }) as c_char,
            flags: dbn::FlagSet::new(dbn::flags::LAST),
            depth: 0,
            ts_recv: at,
            ts_in_delta: 0,
            sequence: index as u32 + 1,
            levels: [BidAskPair {
                bid_px: bid,
                ask_px: bid + tick,
                bid_sz: 10 + (index % 47) as u32,
                ask_sz: 10 + (index % 43) as u32,
                bid_ct: 3,
                ask_ct: 3,
            }],
        };
        Step { contract: contract as usize, role, record }
    }

    /// Which contract speaks, and whether that causes an order.
    fn part(&self, minute: u64, place: u64) -> (u64, Role) {
        let first = first_active(minute);
        for active in 0..ACTIVE {
            if place == self.entry_place(active) || place == self.exit_place(active) {
                return (first + MINUTES_OF_CYCLE * active, Role::Cause);
            }
        }
        // A contract that is to enter must not speak before its turn, so the others fill in.
        let rest = place % (CONTRACTS - ACTIVE);
        let phase = (first + 1 + rest % (MINUTES_OF_CYCLE - 1)) % MINUTES_OF_CYCLE;
        (phase + MINUTES_OF_CYCLE * (rest / (MINUTES_OF_CYCLE - 1)), Role::Filler)
    }

    fn entry_place(&self, active: u64) -> u64 {
        active * (self.per_minute / PER_MINUTE_MIN)
    }

    fn exit_place(&self, active: u64) -> u64 {
        self.per_minute / 4 + active * (self.per_minute / (2 * ACTIVE))
    }

    fn level_ticks(&self, minute: u64, place: u64, contract: u64) -> i64 {
        let lived = minute + contract;
        let (cycle, phase) = (lived / MINUTES_OF_CYCLE, lived % MINUTES_OF_CYCLE);
        let stretched = match phase {
            0 => true,
            1 => place < self.exit_place(contract / MINUTES_OF_CYCLE),
            _ => false,
        };
        let way = if cycle.is_multiple_of(2) { -1 } else { 1 };
        MEAN_TICKS + if stretched { way * STRETCH_TICKS } else { 0 }
    }
}

/// The first of the contracts that are in their minute 1; the others follow four apart.
fn first_active(minute: u64) -> u64 {
    (MINUTES_OF_CYCLE + 1 - minute % MINUTES_OF_CYCLE) % MINUTES_OF_CYCLE
}

/// A product's contract in the script.
pub fn symbol(code: &str) -> String {
    format!("{code}M4")
}

impl Market for Script {
    fn listings(&self) -> &[Listing] {
        &self.listings
    }

    fn next_event(&self) -> Option<UnixNanos> {
        None
    }

    fn step(&mut self, _: &mut dyn MarketSink) {}

    fn now(&self) -> UnixNanos {
        BEGIN
    }

    fn submit(&mut self, _: &NewOrder, _: &mut dyn MarketSink) -> Result<OrderId, Refusal> {
        Err(Refusal::Closed)
    }

    fn cancel(&mut self, _: OrderId, _: &mut dyn MarketSink) -> Result<(), Refusal> {
        Err(Refusal::UnknownOrder)
    }

    fn replace(&mut self, _: OrderId, _: &Change, _: &mut dyn MarketSink) -> Result<(), Refusal> {
        Err(Refusal::UnknownOrder)
    }

    fn snapshot(&self, listing: usize, _: bool, sink: &mut dyn MarketSink) {
        let id = self.listings[listing].instrument_id;
        let mut status = StatusMsg {
            hd: RecordHeader::new::<StatusMsg>(rtype::STATUS, 1, id, BEGIN.0),
            ..StatusMsg::default()
        };
        (status.ts_recv, status.action) = (BEGIN.0, dbn::StatusAction::Trading as u16);
        sink.record(RecordRef::from(&status));
    }
}
