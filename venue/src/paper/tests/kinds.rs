//! Every kind and life of an order by the node's own view of a market, and how orders end.

use super::*;
use gauntlet_model::effect::{OrderType, TimeInForce as Life};
use gauntlet_model::order::Terms;

/// 16 November 2026, 15:00 UTC, and when ESZ6 trades last: 18 December, 14:30 UTC.
const NOW: u64 = 1_794_841_200_000_000_000;
const END: u64 = 1_797_604_200_000_000_000;

struct Asked {
    order_type: OrderType,
    life: Life,
    side: Side,
    qty: u32,
    price: i64,
    stop_px: i64,
    expires: u64,
}

const LIMIT: Asked = Asked {
    order_type: OrderType::Limit,
    life: Life::Day,
    side: Side::Buy,
    qty: 1,
    price: 90,
    stop_px: 0,
    expires: 0,
};

impl Hand {
    fn at(time: u64) -> Hand {
        let mut hand = Hand::new();
        hand.time = time;
        hand.show();
        hand
    }

    fn ask_for(&mut self, asked: &Asked) -> ClOrdId {
        self.seq += 1;
        let cl_ord_id = ClOrdId::new(self.seq, BotId(1), 0).expect("fits");
        let price = |px: i64| if px == 0 { Price::NONE } else { Price(px) };
        let record = OutboundRecord {
            route: Route::PAPER,
            kind: OutboundKind::New,
            cl_ord_id,
            orig_cl_ord_id: ClOrdId::NONE,
            ord_status_req_id: 0,
            bot: BotId(1),
            account: AccountId(0),
            instrument: ES,
            side: asked.side,
            qty: asked.qty,
            price: price(asked.price),
            time_in_force: asked.life,
        };
        let terms = Terms {
            order_type: asked.order_type,
            stop_px: price(asked.stop_px),
            expires: UnixNanos(asked.expires),
            ..Terms::LIMIT
        };
        let never = &mut |_| panic!("send says nothing itself");
        self.gateway.send(&Outbound::unchecked(record).with(terms), UnixNanos(7), never);
        cl_ord_id
    }

    fn second(&mut self, time: u64) {
        self.time = time;
        self.gateway.on_time(UnixNanos(time));
    }

    fn state(&mut self, state: TradingState) {
        self.view.state = state;
        self.show();
    }

    fn told(&mut self) -> Vec<(ClOrdId, ExecType)> {
        self.reports().iter().map(|report| (report.cl_ord_id, report.exec_type)).collect()
    }
}

#[test]
fn a_stop_meets_the_book_after_its_trade_and_not_the_one_that_the_trade_took() {
    let mut hand = Hand::at(NOW);
    let stop = Asked { order_type: OrderType::Stop, price: 0, stop_px: 101, ..LIMIT };
    let order = hand.ask_for(&stop);
    assert_eq!(hand.told(), [(order, ExecType::New)]);
    hand.trade(101, 3, Side::Buy);
    hand.view.last = Price(101);
    hand.show();
    assert!(hand.poll().is_empty(), "what is shown is what the trade has taken");
    hand.quote(101, 2, 103, 4);
    let reports = hand.reports();
    assert_eq!(
        kinds(&reports),
        [(ExecType::Triggered, OrdStatus::New), (ExecType::Trade, OrdStatus::Filled)]
    );
    assert_eq!((reports[0].price, reports[1].price), (Price::NONE, Price(121)));
    assert_eq!(reports[1].last_px, Price(103));
    // Where no other book is shown, the next second will do.
    let order = hand.ask_for(&Asked { stop_px: 105, ..stop });
    hand.trade(105, 1, Side::Buy);
    hand.view.last = Price(105);
    hand.show();
    assert_eq!(hand.told(), [(order, ExecType::New)]);
    hand.second(hand.time + 1);
    assert_eq!(hand.told(), [(order, ExecType::Triggered), (order, ExecType::Trade)]);
}

#[test]
fn a_stop_is_met_by_what_traded_while_the_view_was_not_sound() {
    let mut hand = Hand::at(NOW);
    let order = hand.ask_for(&Asked {
        order_type: OrderType::StopLimit,
        price: 110,
        stop_px: 105,
        ..LIMIT
    });
    hand.view.gapped = true;
    hand.show();
    hand.trade(106, 1, Side::Buy);
    assert_eq!(hand.told(), [(order, ExecType::New)]);
    hand.view.gapped = false;
    hand.view.last = Price(106);
    hand.quote(106, 1, 107, 5);
    assert_eq!(hand.told(), [(order, ExecType::Triggered), (order, ExecType::Trade)]);
}

#[test]
fn a_session_ends_day_orders_a_date_those_that_have_one_and_the_contracts_end_all() {
    let mut hand = Hand::at(NOW);
    let day = hand.ask_for(&LIMIT);
    let kept = hand.ask_for(&Asked { life: Life::GoodTillCancel, ..LIMIT });
    let expires = NOW + 5_000_000_000;
    let dated = hand.ask_for(&Asked { life: Life::GoodTillDate, expires, ..LIMIT });
    let stop = hand.ask_for(&Asked {
        order_type: OrderType::Stop,
        life: Life::GoodTillCancel,
        side: Side::Sell,
        price: 0,
        stop_px: 80,
        ..LIMIT
    });
    assert_eq!(hand.reports().len(), 4);
    hand.state(TradingState::Closed);
    assert_eq!(hand.told(), [(day, ExecType::Expired)]);
    hand.trade(70, 99, Side::Sell);
    hand.second(expires - 1);
    assert!(hand.poll().is_empty(), "nothing trades and nothing is due");
    hand.second(expires);
    assert_eq!(hand.told(), [(dated, ExecType::Expired)]);
    hand.state(TradingState::PreOpen);
    hand.state(TradingState::Open);
    hand.trade(89, 1, Side::Sell);
    assert_eq!(hand.told(), [(kept, ExecType::Trade)]);
    hand.second(END - 1);
    assert!(hand.poll().is_empty());
    hand.second(END);
    assert_eq!(hand.told(), [(stop, ExecType::Expired)]);
    let late = hand.ask_for(&LIMIT);
    let reports = hand.reports();
    assert_eq!((reports[0].cl_ord_id, reports[0].exec_type), (late, ExecType::Rejected));
    assert_eq!(reports[0].text.as_str(), "the contract has expired");
}

#[test]
fn the_exchanges_word_on_the_end_counts_before_the_products_rule() {
    let mut hand = Hand::at(NOW);
    let order = hand.ask_for(&Asked { life: Life::GoodTillCancel, ..LIMIT });
    hand.reports();
    let listing = |expiration| Listing {
        instrument: ES,
        tick: Price(1),
        unit_qty: Price::NONE,
        tick_amount: Price::NONE,
        display_factor: Price::NONE,
        currency: Text::EMPTY,
        expiration: UnixNanos(expiration),
        high_limit: Price::NONE,
        low_limit: Price::NONE,
        ts_event: UnixNanos(NOW),
    };
    hand.gateway.on_listing(&listing(NOW + 1_000));
    hand.gateway.on_listing(&listing(0));
    hand.second(NOW + 999);
    assert!(hand.poll().is_empty());
    hand.second(NOW + 1_000);
    assert_eq!(hand.told(), [(order, ExecType::Expired)]);
}

#[test]
fn another_contract_in_the_same_place_begins_without_anything_of_the_one_before() {
    let mut hand = Hand::at(NOW);
    let order = hand.ask_for(&Asked { life: Life::GoodTillCancel, ..LIMIT });
    hand.second(END);
    assert_eq!(hand.told(), [(order, ExecType::New), (order, ExecType::Expired)]);
    let next = InstrumentDefinition { symbol: Text::new("ESH7"), ..definition(1) };
    hand.gateway.define_instrument(&next);
    let market = Asked { order_type: OrderType::Market, price: 0, ..LIMIT };
    hand.ask_for(&market);
    assert_eq!(hand.reports()[0].exec_type, ExecType::Rejected, "its book has not been shown");
    hand.quote(200, 5, 201, 3);
    let order = hand.ask_for(&market);
    assert_eq!(hand.told(), [(order, ExecType::New), (order, ExecType::Trade)]);
}
