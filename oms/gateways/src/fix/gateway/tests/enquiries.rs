//! Questions about everything, and the lists that answer them, on the wire.

use super::*;
use gauntlet_model::effect::{Enquired, Enquiry, OrderType, TimeInForce};
use gauntlet_model::input::{BrokerBalance, BrokerOrder, BrokerPosition, EnquiryAnswer, OrdStatus};

const ORDERS: Enquiry =
    Enquiry { route: Route::BROKER, id: 0x500, what: Enquired::Orders, account: None };
const POSITIONS: Enquiry = Enquiry {
    route: Route::BROKER,
    id: 0x501,
    what: Enquired::Positions,
    account: Some(AccountId(0)),
};

impl World {
    fn asks(&mut self, enquiry: &Enquiry) {
        let (inputs, sent) = (&mut self.inputs, &mut self.sent);
        self.gateway.enquire(enquiry, self.now, &mut |event| match event {
            GatewayEvent::Input(input) => inputs.push(input),
            GatewayEvent::Sent(record) | GatewayEvent::CopySent(record) => sent.push(record),
        });
    }

    /// What the gateway makes of a message of the broker's.
    fn told(&mut self, msg_type: &[u8], body: &str) -> Input {
        let before = self.inputs.len();
        self.peer_sends(msg_type, body);
        self.until("it is told", |w| w.inputs.len() > before);
        self.inputs[before]
    }

    /// The line that was told last.
    fn line(&self) -> BrokerOrder {
        match self.inputs.last() {
            Some(Input::BrokerOrder(line)) => *line,
            other => panic!("{other:?}"),
        }
    }

    fn answer(&mut self, msg_type: &[u8], body: &str) -> EnquiryAnswer {
        match self.told(msg_type, body) {
            Input::EnquiryAnswer(answer) => answer,
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn questions_carry_the_fields_of_the_standard_and_are_journaled_before_they_leave() {
    let mut world = World::logged_on();
    world.asks(&ORDERS);
    world.asks(&POSITIONS);
    let types: Vec<&str> = world.sent[1..].iter().map(|sent| sent.msg_type.as_str()).collect();
    assert!(types.ends_with(&["AF", "AN"]), "{types:?}");
    world.until("both are there", |w| w.received.len() == 3);
    assert!(world.received[1].contains("|584=6588c6ac-0000000000000500|585=7|"));
    let positions = "|710=6588c6ac-0000000000000501|724=0|1=ACC|581=1|715=20231225|";
    assert!(world.received[2].contains(positions), "{}", world.received[2]);
    let nobody = Enquiry { account: Some(AccountId(3)), ..POSITIONS };
    world.asks(&nobody);
    world.asks(&ORDERS);
    world.until("the next is there", |w| w.received.len() == 4);
    assert!(world.received[3].contains("35=AF|"), "an account without a name is not asked about");
}

#[test]
fn each_line_of_the_list_of_orders_is_told_whoever_s_order_it_is() {
    let mut world = World::logged_on();
    let line = "37=V1|11=6588c6ac-0000000000000010|17=0|584=6588c6ac-0000000000000500|911=2|912=N|150=I|\
                39=1|1=ACC|55=ESH4|54=2|38=3|44=4791.25|151=2|14=1|6=4791.5|";
    let Input::BrokerOrder(order) = world.told(b"8", line) else { panic!("a line") };
    let expected = BrokerOrder {
        route: Route::BROKER,
        enquiry: 0x500,
        msg_seq_num: 3,
        total: 2,
        is_last: false,
        cl_ord_id: ClOrdId(0x10),
        orig_cl_ord_id: ClOrdId::NONE,
        order_id: Text::new("V1"),
        account: Some(AccountId(0)),
        instrument: Some(InstrumentId(0)),
        symbol: Text::new("ESH4"),
        ord_status: OrdStatus::PartiallyFilled,
        side: Side::Sell,
        leaves_qty: 2,
        cum_qty: 1,
        order_qty: 3,
        price: Price(4_791_250_000_000),
        avg_px: Price(4_791_500_000_000),
        transact_time: UnixNanos(0),
    };
    assert_eq!(order, expected);
    let foreign = line.replace("6588c6ac-0000000000000010", "DESK-7").replace("ESH4", "NQH4");
    let foreign = foreign.replace("912=N", "912=Y").replace("1=ACC|", "1=OTHER|");
    let Input::ForeignOrder(terms) = world.told(b"8", &foreign) else { panic!("its terms") };
    assert_eq!((terms.order_id, terms.client_id), (Text::new("V1"), Text::new("DESK-7")));
    assert_eq!((terms.order_type, terms.time_in_force), (None, Some(TimeInForce::Day)));
    let order = world.line();
    assert_eq!((order.cl_ord_id, order.instrument, order.account), (ClOrdId::NONE, None, None));
    assert!(order.is_last && order.symbol == Text::new("NQH4"));
    let nobody_s = line.replace("584=6588c6ac", "584=0");
    let Input::BrokerOrder(order) = world.told(b"8", &nobody_s) else { panic!("a line") };
    assert_eq!(order.enquiry, 0, "it answers nothing that was asked here");
    let none = "37=NONE|17=0|584=6588c6ac-0000000000000500|911=0|912=Y|150=I|39=8|55=ESH4|54=1|151=0|14=0|";
    let answer = world.answer(b"8", none);
    assert_eq!((answer.what, answer.total, answer.refused), (Enquired::Orders, 0, false));
}

#[test]
fn an_order_of_nobody_s_is_told_with_its_terms_before_its_line() {
    let mut world = World::logged_on();
    let line = "37=V1|11=DESK-7|17=0|584=6588c6ac-0000000000000500|911=1|912=Y|150=I|39=0|1=ACC|\
                55=ESH4|54=2|38=3|151=3|14=0|";
    let (gtd, until) = (TimeInForce::GoodTillDate, "20261130-01:00:00");
    for (fields, order_type, life, stop_px) in [
        ("40=2|59=1|44=4791.25|", Some(OrderType::Limit), Some(TimeInForce::GoodTillCancel), None),
        ("40=3|59=6|99=4790|126=20261130-01:00:00|", Some(OrderType::Stop), Some(gtd), Some(4_790)),
        ("40=P|59=0|", None, Some(TimeInForce::Day), None),
        ("40=2|59=7|", Some(OrderType::Limit), None, None),
        ("40=22|59=00|", None, None, None),
    ] {
        let Input::ForeignOrder(terms) = world.told(b"8", &format!("{line}{fields}")) else {
            panic!("its terms: {fields}")
        };
        assert_eq!((terms.order_type, terms.time_in_force), (order_type, life), "{fields}");
        let stop_px = stop_px.map_or(Price::NONE, |px: i64| Price(px * 1_000_000_000));
        assert_eq!(terms.stop_px, stop_px, "{fields}");
        assert_eq!(terms.expires > UnixNanos(0), fields.contains(until), "{fields}");
        assert_eq!(world.line().order_id, terms.order_id);
    }
    // One whose identity no message could carry is told by its line alone.
    let long = line.replace("37=V1", &format!("37={}", "V".repeat(40)));
    assert!(matches!(world.told(b"8", &long), Input::BrokerOrder(_)));
    // A name that cannot be said is none.
    let named = line.replace("DESK-7", &"D".repeat(40));
    let Input::ForeignOrder(terms) = world.told(b"8", &named) else { panic!("its terms") };
    assert!(terms.client_id.is_empty());
}

#[test]
fn a_line_that_cannot_be_read_is_refused_and_told_as_such() {
    let mut world = World::logged_on();
    let line =
        "37=V1|11=6588c6ac-0000000000000010|584=6588c6ac-0000000000000500|150=I|39=1|54=2|14=1|";
    let Input::Unusable(report) = world.told(b"8", line) else { panic!("no leaves quantity") };
    assert_eq!(report.cl_ord_id, ClOrdId(0x10));
}

#[test]
fn positions_are_the_long_contracts_less_the_short_ones() {
    let mut world = World::logged_on();
    let ack = "721=P1|710=6588c6ac-0000000000000501|727=1|728=0|729=0|1=ACC|581=1|";
    let answer = world.answer(b"AO", ack);
    assert_eq!((answer.enquiry, answer.total, answer.refused), (0x501, 1, false));
    let none = world.answer(b"AO", &ack.replace("727=1|728=0", "727=0|728=2"));
    assert_eq!((none.total, none.refused), (0, false));
    let rejected = world.answer(b"AO", &ack.replace("729=0", "729=2|58=not you"));
    assert!(rejected.refused && rejected.detail == Text::new("not you"));

    let line = "721=P2|710=6588c6ac-0000000000000501|727=1|728=0|1=ACC|581=1|55=ESH4|702=2|703=TQ|704=5|\
                703=PA|705=7|";
    let Input::BrokerPosition(position) = world.told(b"AP", line) else { panic!("a line") };
    let BrokerPosition { enquiry, account, instrument, qty, total, .. } = position;
    assert_eq!((enquiry, account, qty, total), (0x501, Some(AccountId(0)), -2, 1));
    assert_eq!(instrument, Some(InstrumentId(0)));
}

#[test]
fn a_broker_that_knows_no_such_question_says_so_by_either_layer() {
    for (msg_type, tags) in [(b"j".as_slice(), "380=3"), (b"3".as_slice(), "373=11")] {
        let mut world = World::logged_on();
        world.asks(&POSITIONS);
        let seq = world.sent.last().expect("told").msg_seq_num;
        world.until("it is there", |w| w.received.len() == 2);
        let answer = world.answer(msg_type, &format!("45={seq}|372=AN|{tags}|58=not served|"));
        assert_eq!((answer.enquiry, answer.what), (0x501, Enquired::Positions));
        assert!(answer.refused && answer.detail == Text::new("not served"));
    }
}

#[test]
fn cash_is_asked_for_by_account_and_told_without_what_is_open() {
    let mut world = World::logged_on();
    let question = Enquiry { id: 0x502, what: Enquired::Cash, ..POSITIONS };
    world.asks(&question);
    world.until("it is there", |w| w.received.len() == 2);
    assert!(world.received[1].contains("35=BB|"), "{}", world.received[1]);
    assert!(world.received[1].contains("|909=6588c6ac-0000000000000502|263=0|1=ACC|"));
    let report = "908=C1|909=6588c6ac-0000000000000502|910=3|1=ACC|15=USD|901=7|922=1000250.75|";
    let Input::Balance(balance) = world.told(b"BA", report) else { panic!("a balance") };
    let expected = BrokerBalance {
        route: Route::BROKER,
        enquiry: 0x502,
        msg_seq_num: balance.msg_seq_num,
        account: Some(AccountId(0)),
        cash: Money(1_000_250_750_000),
        currency: Text::new("USD"),
    };
    assert_eq!(balance, expected);
    // Without the cash at the end what is outstanding counts, and below zero is a number.
    let owed = report.replace("922=1000250.75|", "").replace("901=7|", "901=-0.5|");
    let Input::Balance(balance) = world.told(b"BA", &owed) else { panic!("a balance") };
    assert_eq!(balance.cash, Money(-500_000));
    let refused = "909=6588c6ac-0000000000000502|945=4|58=not for you|";
    let answer = world.answer(b"BG", refused);
    assert_eq!((answer.refused, answer.what), (true, Enquired::Cash));
    assert_eq!(answer.detail, Text::new("not for you"));
    let taken = world.answer(b"BG", "909=6588c6ac-0000000000000502|945=0|");
    assert!(!taken.refused);
    let none = "908=C1|909=6588c6ac-0000000000000502|910=3|1=ACC|";
    assert!(world.answer(b"BA", none).refused, "it tells no cash");
}
