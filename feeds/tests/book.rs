//! The book of real files, against the plainest book there is.

use gauntlet_feeds::{BookError, build_book};
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

const DAYS: [&str; 2] = ["esh4-20231224.mbo.dbn.zst", "esh4-20231225.mbo.dbn.zst"];
const ROOM: usize = 1 << 16;

fn data(name: &str) -> Option<PathBuf> {
    gauntlet_testkit::recorded(&format!("cme/{name}"))
}

#[test]
fn the_book_of_the_two_days_is_what_a_map_of_orders_says() {
    let (Some(first), Some(second)) = (data(DAYS[0]), data(DAYS[1])) else { return };
    let paths = [first, second];
    let mut orders: HashMap<u64, (u8, i64, u32)> = HashMap::new();
    let (mut records, mut last) = (0, (0, 0));
    for path in &paths {
        let mut file = dbn::decode::dbn::Decoder::from_zstd_file(path).expect("opens");
        while let Some(record) = file.decode_ref().expect("decodes") {
            let order = record.get::<dbn::MboMsg>().expect("market-by-order");
            records += 1;
            last = (order.hd.ts_event, order.sequence);
            let resting = (order.side as u8, order.price, order.size);
            match order.action as u8 {
                b'R' => orders.clear(),
                b'A' | b'M' => drop(orders.insert(order.order_id, resting)),
                b'C' => {
                    if let Some(known) = orders.get_mut(&order.order_id) {
                        known.2 -= order.size.min(known.2);
                        if known.2 == 0 {
                            orders.remove(&order.order_id);
                        }
                    }
                }
                _ => {}
            }
        }
    }
    let mut sides = [BTreeMap::new(), BTreeMap::new()];
    for (side, price, size) in orders.values() {
        *sides[usize::from(*side == b'A')].entry(*price).or_insert(0) += size;
    }
    let [bids, asks] = &sides;
    let (bid, ask) = (bids.last_key_value().expect("bids"), asks.first_key_value().expect("asks"));

    let book = build_book(&paths, None, ROOM).expect("builds");
    assert_eq!((book.symbol.as_str(), book.records, records), ("ESH4", 77_517, 77_517));
    assert_eq!((book.last_ts_event, book.sequence), last);
    assert_eq!(last, (1_703_548_799_446_724_905, 59_585));
    assert_eq!((book.bid_levels, book.ask_levels), (bids.len(), asks.len()));
    assert_eq!(book.bid, Some(*bid.0 as f64 / 1e9));
    assert_eq!(book.ask, Some(*ask.0 as f64 / 1e9));
    assert_eq!((book.bid_size, book.ask_size), (*bid.1, *ask.1));
    assert_eq!((book.orders, book.complete), (orders.len(), true));
    let json = serde_json::to_value(&book).expect("serialises");
    assert_eq!((&json["records"], &json["sequence"]), (&77_517.into(), &59_585.into()));
}

#[test]
fn what_cannot_give_a_book_says_why() {
    let (Some(day), Some(trades)) = (data(DAYS[0]), data("esu4-20240701.trades.dbn.zst")) else {
        return;
    };
    let error = build_book([trades], None, ROOM).expect_err("no orders");
    assert!(matches!(error, BookError::Schema { .. }));
    assert!(error.to_string().contains("holds trades, and a book needs mbo"), "{error}");
    let error = build_book([day.clone()], None, 100).expect_err("no room");
    assert!(matches!(error, BookError::Full { orders_max: 100 }), "{error}");
    let other = build_book([day], Some("NQH4"), ROOM).expect("reads");
    assert_eq!((other.records, other.orders, other.bid), (8_725, 0, None));
}
