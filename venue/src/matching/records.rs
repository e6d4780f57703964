//! A matching engine's output as DBN records: market-by-order, trades and top of book.
//!
//! The conventions are those of Databento's CME data: an aggressor's `T` records (one a price level,
//! with its side) and the `F` records of the resting orders come first and leave the book as it was;
//! the `C` and `M` records that change it follow. In the top-of-book schema, `T` records show the book
//! before the trade. The last record of an event, in each book schema, carries `F_LAST`.

use super::BookEvent;
use super::queue::{Level, QueueBook, Resting};
use crate::market::{Listing, MarketSink};
use dbn::{
    BidAskPair, FlagSet, InstrumentDefMsg, MboMsg, Mbp1Msg, RecordHeader, RecordRef,
    SecurityUpdateAction, StatMsg, StatType, StatUpdateAction, StatusAction, StatusMsg, TradeMsg,
    UNDEF_PRICE, flags, rtype,
};
use gauntlet_model::input::{BookAction, TradingState};
use gauntlet_model::instrument::Contract;
use gauntlet_model::units::{NANOS_PER_SECOND, PRICE_SCALE, Price, Side, UnixNanos};
use std::ffi::c_char;

/// Publisher of dataset `GLBX.MDP3` (CME Globex).
pub const PUBLISHER: u16 = 1;
/// From the matching engine's clock to the capture server's, in nanoseconds: constant here, so that
/// both clocks order events alike.
pub const CAPTURE_DELAY_NS: u64 = 100_000;
/// From the matching engine's sending to the capture server, in nanoseconds.
const WIRE_DELAY_NS: i32 = 20_000;

/// When an event happened, and its number on the market's one channel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stamp {
    /// The matching engine's time.
    pub at: UnixNanos,
    /// The number.
    pub sequence: u32,
}

/// The best level of each side.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BestLevels {
    /// The bid side's.
    pub bid: Option<Level>,
    /// The ask side's.
    pub ask: Option<Level>,
}

impl BestLevels {
    /// The best levels of a book.
    pub fn of(book: &QueueBook) -> BestLevels {
        BestLevels { bid: book.best(Side::Buy), ask: book.best(Side::Sell) }
    }

    fn pair(&self) -> BidAskPair {
        let price = |level: Option<Level>| level.map_or(UNDEF_PRICE, |level| level.price.0);
        let size = |level: Option<Level>| level.map_or(0, |l| l.qty.min(u32::MAX as u64) as u32);
        let count = |level: Option<Level>| level.map_or(0, |level| level.orders);
        BidAskPair {
            bid_px: price(self.bid),
            ask_px: price(self.ask),
            bid_sz: size(self.bid),
            ask_sz: size(self.ask),
            bid_ct: count(self.bid),
            ask_ct: count(self.ask),
        }
    }
}

/// Sends the records of one event: `before` are the best levels before it.
pub fn publish(
    instrument_id: u32,
    stamp: Stamp,
    events: &[BookEvent],
    before: BestLevels,
    after: BestLevels,
    sink: &mut dyn MarketSink,
) {
    for (at, event) in events.iter().enumerate() {
        let last = if at + 1 == events.len() { flags::LAST } else { 0 };
        let record = mbo(instrument_id, stamp, event, last);
        sink.record(RecordRef::from(&record));
    }
    let trades = || events.iter().filter(|event| event.action == BookAction::Trade);
    for event in trades() {
        let record = trade(instrument_id, stamp, event);
        sink.record(RecordRef::from(&record));
    }
    let update = events.iter().rev().find(|event| event.action != BookAction::Trade);
    let update = update.filter(|_| before != after);
    let mut trades_left = trades().count();
    for event in trades() {
        trades_left -= 1;
        let last = if trades_left == 0 && update.is_none() { flags::LAST } else { 0 };
        let record = mbp1(instrument_id, stamp, event, before, last);
        sink.record(RecordRef::from(&record));
    }
    if let Some(event) = update {
        let record = mbp1(instrument_id, stamp, event, after, flags::LAST);
        sink.record(RecordRef::from(&record));
    }
}

/// Sends a book as snapshot records: a clear, then every order in its priority.
pub fn snapshot<'a>(
    instrument_id: u32,
    stamp: Stamp,
    orders: impl Iterator<Item = &'a Resting>,
    sink: &mut dyn MarketSink,
) {
    let clear = BookEvent {
        action: BookAction::Clear,
        order: crate::market::OrderId(0),
        side: None,
        price: Price::NONE,
        qty: 0,
    };
    let mut pending = clear;
    for order in orders {
        let record = mbo(instrument_id, stamp, &pending, flags::SNAPSHOT);
        sink.record(RecordRef::from(&record));
        pending = BookEvent::of(BookAction::Add, order, order.price, order.qty);
    }
    let record = mbo(instrument_id, stamp, &pending, flags::SNAPSHOT | flags::LAST);
    sink.record(RecordRef::from(&record));
}

/// The record that says in what state an instrument's trading is.
pub fn status(instrument_id: u32, at: UnixNanos, state: TradingState) -> StatusMsg {
    let (action, open) = match state {
        TradingState::Open => (StatusAction::Trading, b'Y'),
        TradingState::PreOpen => (StatusAction::PreOpen, b'N'),
        TradingState::Halted => (StatusAction::Halt, b'N'),
        TradingState::Closed => (StatusAction::Close, b'N'),
    };
    StatusMsg {
        hd: RecordHeader::new::<StatusMsg>(rtype::STATUS, PUBLISHER, instrument_id, at.0),
        ts_recv: at.0.saturating_add(CAPTURE_DELAY_NS),
        action: action as u16,
        is_trading: open as c_char,
        is_quoting: open as c_char,
        ..StatusMsg::default()
    }
}

/// The record that says that an instrument is not traded any more.
pub fn unavailable(instrument_id: u32, at: UnixNanos) -> StatusMsg {
    let action = StatusAction::NotAvailableForTrading as u16;
    StatusMsg { action, ..status(instrument_id, at, TradingState::Closed) }
}

/// The record that tells at what price an instrument was settled.
pub fn settlement(instrument_id: u32, at: UnixNanos, price: Price) -> StatMsg {
    StatMsg {
        hd: RecordHeader::new::<StatMsg>(rtype::STATISTICS, PUBLISHER, instrument_id, at.0),
        ts_recv: at.0.saturating_add(CAPTURE_DELAY_NS),
        ts_ref: at.0,
        price: price.0,
        stat_type: StatType::SettlementPrice as u16,
        update_action: StatUpdateAction::New as u8,
        ..StatMsg::default()
    }
}

/// The year of a time, to a day: near enough to tell the decade of a contract.
pub fn year_of(at: UnixNanos) -> u16 {
    const SECONDS_A_YEAR: u64 = 31_556_952;
    (1970 + at.0 / NANOS_PER_SECOND / SECONDS_A_YEAR) as u16
}

/// The record that says that an instrument is listed no more.
pub fn deletion(listing: &Listing, contract: &Contract, at: UnixNanos) -> InstrumentDefMsg {
    let security_update_action = SecurityUpdateAction::Delete as u8 as c_char;
    InstrumentDefMsg { security_update_action, ..definition(listing, contract, at) }
}

/// The record that defines an instrument.
pub fn definition(listing: &Listing, contract: &Contract, at: UnixNanos) -> InstrumentDefMsg {
    let product = contract.product;
    let header = RecordHeader::new::<InstrumentDefMsg>(
        rtype::INSTRUMENT_DEF,
        PUBLISHER,
        listing.instrument_id,
        at.0,
    );
    InstrumentDefMsg {
        hd: header,
        ts_recv: at.0.saturating_add(CAPTURE_DELAY_NS),
        min_price_increment: listing.tick.0,
        display_factor: PRICE_SCALE,
        // Micro-dollars a point are 1e-6 dollars; the field counts in 1e-9.
        unit_of_measure_qty: product.multiplier.0.saturating_mul(1_000),
        min_price_increment_amount: product.tick_value().0.saturating_mul(1_000),
        expiration: contract.expiry().0,
        maturity_year: contract.year,
        maturity_month: contract.month,
        min_trade_vol: 1,
        currency: text(product.currency),
        raw_symbol: text(&listing.symbol),
        group: text(product.code),
        exchange: text(product.exchange.mic()),
        asset: text(product.code),
        cfi: text("FFXXSX"),
        security_type: text("FUT"),
        security_update_action: SecurityUpdateAction::Add as u8 as c_char,
        instrument_class: b'F' as c_char,
        ..InstrumentDefMsg::default()
    }
}

/// Text in a field of fixed size, cut if it must be, with a NUL at its end.
fn text<const N: usize>(text: &str) -> [c_char; N] {
    let mut field = [0; N];
    for (to, from) in field.iter_mut().take(N - 1).zip(text.bytes()) {
        *to = from as c_char;
    }
    field
}

fn mbo(instrument_id: u32, stamp: Stamp, event: &BookEvent, flags: u8) -> MboMsg {
    MboMsg {
        hd: RecordHeader::new::<MboMsg>(rtype::MBO, PUBLISHER, instrument_id, stamp.at.0),
        order_id: event.order.0,
        price: event.price.0,
        size: event.qty,
        flags: FlagSet::new(flags),
        channel_id: 0,
        action: action(event.action),
        side: side(event.side),
        ts_recv: stamp.at.0.saturating_add(CAPTURE_DELAY_NS),
        ts_in_delta: WIRE_DELAY_NS,
        sequence: stamp.sequence,
    }
}

fn trade(instrument_id: u32, stamp: Stamp, event: &BookEvent) -> TradeMsg {
    TradeMsg {
        hd: RecordHeader::new::<TradeMsg>(rtype::MBP_0, PUBLISHER, instrument_id, stamp.at.0),
        price: event.price.0,
        size: event.qty,
        action: action(event.action),
        side: side(event.side),
        flags: FlagSet::empty(),
        depth: 0,
        ts_recv: stamp.at.0.saturating_add(CAPTURE_DELAY_NS),
        ts_in_delta: WIRE_DELAY_NS,
        sequence: stamp.sequence,
    }
}

fn mbp1(
    instrument_id: u32,
    stamp: Stamp,
    event: &BookEvent,
    best: BestLevels,
    flags: u8,
) -> Mbp1Msg {
    Mbp1Msg {
        hd: RecordHeader::new::<Mbp1Msg>(rtype::MBP_1, PUBLISHER, instrument_id, stamp.at.0),
        price: event.price.0,
        size: event.qty,
        action: action(event.action),
        side: side(event.side),
        flags: FlagSet::new(flags),
        depth: 0,
        ts_recv: stamp.at.0.saturating_add(CAPTURE_DELAY_NS),
        ts_in_delta: WIRE_DELAY_NS,
        sequence: stamp.sequence,
        levels: [best.pair()],
    }
}

fn action(action: BookAction) -> c_char {
    let action = match action {
        BookAction::Add => dbn::Action::Add,
        BookAction::Modify => dbn::Action::Modify,
        BookAction::Cancel => dbn::Action::Cancel,
        BookAction::Clear => dbn::Action::Clear,
        BookAction::Trade => dbn::Action::Trade,
        BookAction::Fill => dbn::Action::Fill,
        BookAction::None => dbn::Action::None,
    };
    action as u8 as c_char
}

fn side(side: Option<Side>) -> c_char {
    let side = match side {
        Some(Side::Buy) => dbn::Side::Bid,
        Some(Side::Sell) => dbn::Side::Ask,
        None => dbn::Side::None,
    };
    side as u8 as c_char
}
