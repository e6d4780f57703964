//! What a store says, record by record. A released kind keeps its number and its fields; a change is a new kind.

use super::bytes::{Reader, Writer};
use crate::fees::ContractFees;
use crate::order_entry::positions::Position as Holding;
use crate::order_entry::request::{ClientId, Expiry};
use crate::order_entry::table::{Order, OrderStage};
use gauntlet_gateways::fix::session::{KeptMessage, Memory, SequenceNumbers};
use gauntlet_model::position::Position;
use gauntlet_model::text::Text;
use gauntlet_model::units::{Price, UnixNanos};

/// One fact. A later one of the same thing takes the place of an earlier one.
#[derive(Clone, Debug, PartialEq)]
pub enum Record<'r> {
    /// Where an order stands.
    Order(Order),
    /// An identity that an order is known by from now on.
    Name { order: u64, name: ClientId },
    /// What an account holds of a contract, and what it has cost.
    Holding(Holding),
    /// What an account took and paid in a contract.
    Taken { account: Text<24>, symbol: Text<24>, position: Position },
    /// What was moved into an account, or out of it, in micro-dollars.
    Moved { account: Text<24>, micros: i64 },
    /// The price of the last fill in a contract.
    LastFill { symbol: Text<24>, price: Price },
    /// A contract is settled: nobody holds it any more.
    Settled { symbol: Text<24> },
    /// Where the session stands; with its [`Memory::resets`] one higher, what was kept before is not any more.
    Session(Memory),
    /// A message that was sent.
    Kept(KeptMessage<'r>),
    /// No report waits; those that do follow.
    NothingWaits,
    /// A report that waits to be sent: its type, and its fields after the header.
    Waiting { msg_type: Text<4>, body: &'r [u8] },
    /// Numbers that were given, and the market's time.
    Counts(Counts),
    /// What makes the exchange's numbers unique over all exchanges: see [`Style`](super::super::report::Style).
    Prefix(&'r [u8]),
    /// The market's last price in a contract.
    Market { symbol: Text<24>, price: Price },
}

/// See [`Record::Counts`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// The last order's number.
    pub order: u64,
    /// The last execution's.
    pub exec: u64,
    /// The last report's on positions or cash.
    pub position: u64,
    /// New orders that were carried out.
    pub entered: u64,
    /// The market's time.
    pub market_time: UnixNanos,
}

mod kind {
    pub const ORDER: u8 = 1;
    pub const NAME: u8 = 2;
    pub const HOLDING: u8 = 3;
    pub const TAKEN: u8 = 4;
    pub const MOVED: u8 = 5;
    pub const LAST_FILL: u8 = 6;
    pub const SETTLED: u8 = 7;
    pub const SESSION: u8 = 8;
    pub const KEPT: u8 = 9;
    pub const NOTHING_WAITS: u8 = 10;
    pub const WAITING: u8 = 11;
    pub const COUNTS: u8 = 12;
    pub const MARKET: u8 = 13;
    pub const PREFIX: u8 = 14;
}

impl<'r> Record<'r> {
    /// Appends it.
    pub fn write(&self, to: &mut Vec<u8>) {
        let mut w = Writer(to);
        match self {
            Record::Order(order) => {
                w.u8(kind::ORDER);
                write_order(&mut w, order);
            }
            Record::Name { order, name } => {
                w.u8(kind::NAME);
                w.u64(*order);
                w.bytes(name.as_bytes());
            }
            Record::Holding(holding) => {
                w.u8(kind::HOLDING);
                write_holding(&mut w, holding);
            }
            Record::Taken { account, symbol, position } => {
                w.u8(kind::TAKEN);
                write_taken(&mut w, (account, symbol), position);
            }
            Record::Moved { account, micros } => {
                w.u8(kind::MOVED);
                w.bytes(account.as_bytes());
                w.i64(*micros);
            }
            Record::LastFill { symbol, price } => {
                w.u8(kind::LAST_FILL);
                w.bytes(symbol.as_bytes());
                w.price(*price);
            }
            Record::Settled { symbol } => {
                w.u8(kind::SETTLED);
                w.bytes(symbol.as_bytes());
            }
            Record::Session(memory) => {
                w.u8(kind::SESSION);
                write_session(&mut w, memory);
            }
            Record::Kept(kept) => {
                w.u8(kind::KEPT);
                w.u64(kept.msg_seq_num);
                w.bytes(kept.msg_type.as_bytes());
                w.time(kept.sent_at);
                w.bytes(kept.body);
            }
            Record::NothingWaits => w.u8(kind::NOTHING_WAITS),
            Record::Waiting { msg_type, body } => {
                w.u8(kind::WAITING);
                w.bytes(msg_type.as_bytes());
                w.bytes(body);
            }
            Record::Counts(counts) => {
                w.u8(kind::COUNTS);
                let Counts { order, exec, position, entered, market_time } = counts;
                [order, exec, position, entered, &market_time.0]
                    .into_iter()
                    .for_each(|count| w.u64(*count));
            }
            Record::Prefix(prefix) => {
                w.u8(kind::PREFIX);
                w.bytes(prefix);
            }
            Record::Market { symbol, price } => {
                w.u8(kind::MARKET);
                w.bytes(symbol.as_bytes());
                w.price(*price);
            }
        }
    }

    /// Reads the next one; `None` when there is none of a known kind.
    pub fn read(r: &mut Reader<'r>) -> Option<Record<'r>> {
        Some(match r.u8()? {
            kind::ORDER => Record::Order(read_order(r)?),
            kind::NAME => Record::Name { order: r.u64()?, name: r.text()? },
            kind::HOLDING => Record::Holding(read_holding(r)?),
            kind::TAKEN => read_taken(r)?,
            kind::MOVED => Record::Moved { account: r.text()?, micros: r.i64()? },
            kind::LAST_FILL => Record::LastFill { symbol: r.text()?, price: r.price()? },
            kind::SETTLED => Record::Settled { symbol: r.text()? },
            kind::SESSION => Record::Session(read_session(r)?),
            kind::KEPT => Record::Kept(KeptMessage {
                msg_seq_num: r.u64()?,
                msg_type: r.text()?,
                sent_at: r.time()?,
                body: r.bytes()?,
            }),
            kind::NOTHING_WAITS => Record::NothingWaits,
            kind::WAITING => Record::Waiting { msg_type: r.text()?, body: r.bytes()? },
            kind::COUNTS => Record::Counts(Counts {
                order: r.u64()?,
                exec: r.u64()?,
                position: r.u64()?,
                entered: r.u64()?,
                market_time: r.time()?,
            }),
            kind::MARKET => Record::Market { symbol: r.text()?, price: r.price()? },
            kind::PREFIX => Record::Prefix(r.bytes()?),
            _ => return None,
        })
    }
}

const STAGES: [OrderStage; 5] = [
    OrderStage::Working,
    OrderStage::Filled,
    OrderStage::Canceled,
    OrderStage::Expired,
    OrderStage::Rejected,
];

fn write_order(w: &mut Writer<'_>, order: &Order) {
    w.u64(order.number);
    for id in [&order.first_cl_ord_id, &order.cl_ord_id, &order.orig_cl_ord_id] {
        w.bytes(id.as_bytes());
    }
    w.bytes(order.account.as_bytes());
    w.bytes(order.symbol.as_bytes());
    [order.side, order.ord_type, order.time_in_force].into_iter().for_each(|code| w.u8(code));
    w.u32(order.qty);
    w.price(order.price);
    w.price(order.stop_px);
    match order.expiry {
        Expiry::None => w.u8(0),
        Expiry::Time(at) => {
            w.u8(1);
            w.time(at);
        }
        Expiry::Date(date) => {
            w.u8(2);
            w.date(date);
        }
    }
    w.bytes(order.self_match_id.as_bytes());
    w.u8(order.gives_way.map_or(2, u8::from));
    w.flag(order.waits);
    w.u32(order.filled);
    w.u32(order.busted);
    w.i128(order.notional);
    let stage = STAGES.iter().position(|stage| *stage == order.stage);
    w.u8(stage.expect("all stages are there") as u8);
}

fn read_order(r: &mut Reader<'_>) -> Option<Order> {
    Some(Order {
        number: r.u64()?,
        first_cl_ord_id: r.text()?,
        cl_ord_id: r.text()?,
        orig_cl_ord_id: r.text()?,
        account: r.text()?,
        symbol: r.text()?,
        side: r.u8()?,
        ord_type: r.u8()?,
        time_in_force: r.u8()?,
        qty: r.u32()?,
        price: r.price()?,
        stop_px: r.price()?,
        expiry: match r.u8()? {
            0 => Expiry::None,
            1 => Expiry::Time(r.time()?),
            2 => Expiry::Date(r.date()?),
            _ => return None,
        },
        self_match_id: r.text()?,
        gives_way: match r.u8()? {
            0 => Some(false),
            1 => Some(true),
            2 => None,
            _ => return None,
        },
        waits: r.flag()?,
        filled: r.u32()?,
        busted: r.u32()?,
        notional: r.i128()?,
        stage: *STAGES.get(usize::from(r.u8()?))?,
        market_id: None,
        names: 0,
    })
}

fn write_holding(w: &mut Writer<'_>, holding: &Holding) {
    w.bytes(holding.account.as_bytes());
    w.bytes(holding.symbol.as_bytes());
    w.i64(holding.qty);
    w.price(holding.last_px);
    let ContractFees { exchange, clearing, broker } = holding.fees;
    [exchange, clearing, broker].into_iter().for_each(|part| w.money(part));
}

fn read_holding(r: &mut Reader<'_>) -> Option<Holding> {
    Some(Holding {
        account: r.text()?,
        symbol: r.text()?,
        qty: r.i64()?,
        last_px: r.price()?,
        fees: ContractFees { exchange: r.money()?, clearing: r.money()?, broker: r.money()? },
    })
}

fn write_taken(w: &mut Writer<'_>, (account, symbol): (&Text<24>, &Text<24>), held: &Position) {
    w.bytes(account.as_bytes());
    w.bytes(symbol.as_bytes());
    let (qty, cost, realized, volume) = held.parts();
    w.i64(i64::from(qty));
    w.i64(cost);
    w.i128(realized);
    w.u64(volume);
}

fn read_taken<'r>(r: &mut Reader<'_>) -> Option<Record<'r>> {
    let (account, symbol) = (r.text()?, r.text()?);
    let parts = (i32::try_from(r.i64()?).ok()?, r.i64()?, r.i128()?, r.u64()?);
    Some(Record::Taken { account, symbol, position: Position::of_parts(parts)? })
}

fn write_session(w: &mut Writer<'_>, memory: &Memory) {
    w.u64(memory.numbers.next_out);
    w.u64(memory.numbers.next_in);
    w.time(memory.numbers_of);
    w.flag(memory.was_used);
    w.flag(memory.owes_reset);
    w.u64(memory.resets);
}

fn read_session(r: &mut Reader<'_>) -> Option<Memory> {
    Some(Memory {
        numbers: SequenceNumbers { next_out: r.u64()?, next_in: r.u64()? },
        numbers_of: r.time()?,
        was_used: r.flag()?,
        owes_reset: r.flag()?,
        resets: r.u64()?,
    })
}
