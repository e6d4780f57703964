//! The messages that are encoded and decoded, here and beside other engines.

use gauntlet_gateways::fix::codec::{FieldWriter, Message, TimePrecision};
use gauntlet_gateways::fix::tags;
use gauntlet_model::units::{PRICE_SCALE, Price, UnixNanos};
use std::hint::black_box;

const NOW: UnixNanos = UnixNanos(1_764_255_600_123_456_789);

/// An order, as the gateway of a broker without wishes of its own writes it.
pub fn order(w: &mut FieldWriter<'_>, number: u64, precision: TimePrecision) {
    header(w, tags::NEW_ORDER_SINGLE, number + 1, [b"GAUNTLET", b"BROKER"], precision);
    w.raw(tags::CL_ORD_ID, b"6b099153-00000020aac01100");
    w.raw(tags::ACCOUNT, b"TEST");
    w.raw(tags::SYMBOL, b"ESZ6");
    w.char(tags::SIDE, b'1');
    w.time(tags::TRANSACT_TIME, NOW, precision);
    w.uint(tags::ORDER_QTY, 3);
    w.char(tags::ORD_TYPE, b'2');
    w.price(tags::PRICE, price(number));
    w.char(tags::TIME_IN_FORCE, b'0');
}

/// A fill of it, as a broker tells one.
pub fn report(w: &mut FieldWriter<'_>, number: u64, precision: TimePrecision) {
    header(w, tags::EXECUTION_REPORT, number + 1, [b"BROKER", b"GAUNTLET"], precision);
    w.raw(tags::ORDER_ID, b"O1a21d5faee1-17");
    w.raw(tags::CL_ORD_ID, b"6b099153-00000020aac01100");
    w.raw(tags::EXEC_ID, b"E1a21d5faee1-4711");
    w.char(tags::EXEC_TYPE, b'F');
    w.char(tags::ORD_STATUS, b'1');
    w.raw(tags::ACCOUNT, b"TEST");
    w.raw(tags::SYMBOL, b"ESZ6");
    w.char(tags::SIDE, b'1');
    w.uint(tags::ORDER_QTY, 3);
    w.price(tags::PRICE, price(number));
    w.uint(tags::LAST_QTY, 1);
    w.price(tags::LAST_PX, price(number));
    w.uint(tags::LEAVES_QTY, 2);
    w.uint(tags::CUM_QTY, 1);
    w.price(tags::AVG_PX, price(number));
    w.time(tags::TRANSACT_TIME, NOW, precision);
}

fn header(
    w: &mut FieldWriter<'_>,
    msg_type: &[u8],
    seq: u64,
    [sender, target]: [&[u8]; 2],
    precision: TimePrecision,
) {
    w.raw(tags::MSG_TYPE, msg_type);
    w.uint(tags::MSG_SEQ_NUM, seq);
    w.raw(tags::SENDER_COMP_ID, sender);
    w.raw(tags::TARGET_COMP_ID, target);
    w.time(tags::SENDING_TIME, NOW, precision);
}

/// A thousand prices, quarters of a point from 6,000 on.
pub fn price(number: u64) -> Price {
    Price((24_000 + (number % 1_000) as i64) * (PRICE_SCALE / 4))
}

/// Reads what a booking needs; gives the sequence number, 0 where anything is missing.
pub fn fields_of(message: &Message<'_>) -> u64 {
    let texts = [tags::CL_ORD_ID, tags::ORDER_ID, tags::EXEC_ID, tags::SYMBOL, tags::EXEC_TYPE];
    let texts = texts.map(|tag| message.get(tag));
    let kinds = [tags::ORD_STATUS, tags::SIDE].map(|tag| message.get(tag));
    let quantities = [tags::LAST_QTY, tags::LEAVES_QTY, tags::CUM_QTY].map(|tag| message.qty(tag));
    let (price, time) = (message.price(tags::LAST_PX), message.time(tags::TRANSACT_TIME));
    let is_whole = texts.iter().chain(&kinds).all(Option::is_some)
        && quantities.iter().all(Option::is_some)
        && price.is_some()
        && time.is_some();
    black_box((texts, kinds, quantities, price, time));
    message.uint(tags::MSG_SEQ_NUM).filter(|_| is_whole).unwrap_or(0)
}
