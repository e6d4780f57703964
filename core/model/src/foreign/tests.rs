use super::*;
use crate::effect::{OrderType, TimeInForce};
use crate::ids::{AccountId, InstrumentId};
use crate::input::OrdStatus;
use crate::units::{PRICE_SCALE, Side};

const NOW: UnixNanos = UnixNanos(1_000);
const PX: Price = Price(5_000 * PRICE_SCALE);

fn line(order_id: &str) -> BrokerOrder {
    BrokerOrder {
        route: Route::BROKER,
        enquiry: 7,
        msg_seq_num: 0,
        total: 1,
        is_last: true,
        cl_ord_id: ClOrdId::NONE,
        orig_cl_ord_id: ClOrdId::NONE,
        order_id: Text::new(order_id),
        account: Some(AccountId(1)),
        instrument: Some(InstrumentId(2)),
        symbol: Text::new("ESZ6"),
        ord_status: OrdStatus::PartiallyFilled,
        side: Side::Buy,
        leaves_qty: 3,
        cum_qty: 2,
        order_qty: 5,
        price: PX,
        avg_px: PX,
        transact_time: UnixNanos(0),
    }
}

fn terms(order_id: &str) -> ForeignOrder {
    ForeignOrder {
        route: Route::BROKER,
        order_id: Text::new(order_id),
        client_id: Text::new("DESK-1"),
        order_type: Some(OrderType::Limit),
        time_in_force: Some(TimeInForce::Day),
        stop_px: Price::NONE,
        expires: UnixNanos(0),
    }
}

fn adoption(order_id: &str) -> Adoption {
    Adoption {
        route: Route::BROKER,
        order_id: Text::new(order_id),
        account: AccountId(1),
        instrument: InstrumentId(2),
        bot: None,
        actor: Text::new("ann"),
        approver: Text::EMPTY,
        reason: Text::new("placed by phone"),
    }
}

fn told(terms: Option<ForeignOrder>, line: BrokerOrder) -> ForeignOrders {
    let mut foreign = ForeignOrders::new();
    terms.into_iter().for_each(|terms| foreign.on_input(&Input::ForeignOrder(terms)));
    foreign.on_input(&Input::BrokerOrder(line));
    foreign
}

fn verdict(foreign: &ForeignOrders, adoption: &Adoption) -> Option<AdoptionError> {
    foreign.judge(adoption, NOW).err()
}

#[test]
fn an_order_of_every_type_and_life_is_taken_over_as_its_broker_tells_it() {
    let mut taken = 0;
    for order_type in OrderType::ALL {
        for life in TimeInForce::ALL {
            let priced = |is: bool| if is { PX } else { Price::NONE };
            let dated = life == TimeInForce::GoodTillDate;
            let expires = UnixNanos(if dated { 2_000 } else { 0 });
            let stop_px = priced(order_type.is_stop());
            let (order_type, time_in_force) = (Some(order_type), Some(life));
            let told_of =
                ForeignOrder { order_type, time_in_force, stop_px, expires, ..terms("X") };
            // Brokers tell a price of an order that has none, too.
            let foreign = told(Some(told_of), line("X"));
            let Ok(known) = foreign.judge(&adoption("X"), NOW) else { continue };
            taken += 1;
            let (id, owner) = (ClOrdId(1 << 20), BotId(0));
            let order = known.order((id, owner, adoption("X").place()), None, NOW);
            assert_eq!((order.qty(), order.cum_qty(), order.leaves_qty()), (5, 2, 3));
            let terms = order.terms();
            assert_eq!((Some(terms.order_type), order.time_in_force()), (order_type, life));
            assert_eq!((terms.stop_px, terms.expires), (stop_px, expires));
            assert_eq!(order.price().is_some(), terms.order_type.is_limited());
            assert!(!order.is_in_doubt() && !order.is_final());
        }
    }
    assert_eq!(taken, 17, "all that anybody could have sent");
}

#[test]
fn what_cannot_be_taken_over_is_said_in_words() {
    let (own, right) = (terms("X"), adoption("X"));
    let plain = told(Some(own), line("X"));
    assert_eq!(verdict(&plain, &right), None);
    let second = Route::broker(1).expect("there can be two");
    for (wrong, error) in [
        (Adoption { actor: Text::EMPTY, ..right }, AdoptionError::Unsigned),
        (Adoption { reason: Text::EMPTY, ..right }, AdoptionError::Unsigned),
        (adoption("Y"), AdoptionError::Unknown),
        (Adoption { route: second, ..right }, AdoptionError::Unknown),
        (Adoption { account: AccountId(0), ..right }, AdoptionError::Elsewhere),
        (Adoption { instrument: InstrumentId(0), ..right }, AdoptionError::Elsewhere),
    ] {
        assert_eq!(verdict(&plain, &wrong), Some(error), "{wrong:?}");
    }
    let (no_type, no_life) =
        (ForeignOrder { order_type: None, ..own }, ForeignOrder { time_in_force: None, ..own });
    let stop = ForeignOrder { order_type: Some(OrderType::Stop), ..own };
    let past = ForeignOrder { time_in_force: Some(TimeInForce::GoodTillDate), expires: NOW, ..own };
    for (terms, line, error) in [
        (Some(no_type), line("X"), AdoptionError::NoType),
        (None, line("X"), AdoptionError::NoType),
        (Some(no_life), line("X"), AdoptionError::NoLife),
        (Some(stop), line("X"), AdoptionError::Terms(TermsError::StopPrice)),
        (Some(past), line("X"), AdoptionError::Terms(TermsError::Date)),
        (
            Some(own),
            BrokerOrder { price: Price::NONE, ..line("X") },
            AdoptionError::Terms(TermsError::LimitPrice),
        ),
        (Some(own), BrokerOrder { instrument: None, ..line("X") }, AdoptionError::NoInstrument),
        (Some(own), BrokerOrder { leaves_qty: 0, ..line("X") }, AdoptionError::Over),
    ] {
        let found = verdict(&told(terms, line), &right);
        assert_eq!(found, Some(error), "{terms:?}");
        assert!(error.to_string().len() <= 64, "{error}: an answer has so much room");
    }
    // An account that the broker does not name is the one that the person names.
    let nameless = told(Some(own), BrokerOrder { account: None, ..line("X") });
    assert_eq!(verdict(&nameless, &right), None);
    // What is ours, and what answers nothing, is not foreign.
    let ours = told(Some(own), BrokerOrder { cl_ord_id: ClOrdId(1 << 20), ..line("X") });
    assert_eq!(verdict(&ours, &right), Some(AdoptionError::Unknown));
    let of_the_past = told(Some(own), BrokerOrder { enquiry: 0, ..line("X") });
    assert_eq!(verdict(&of_the_past, &right), Some(AdoptionError::Unknown));
}

#[test]
fn what_was_told_of_longest_ago_is_forgotten_for_one_more_than_there_is_room_for() {
    let mut foreign = ForeignOrders::new();
    let name = |at: usize| format!("X{at}");
    let tell = |foreign: &mut ForeignOrders, at: usize| {
        foreign.on_input(&Input::ForeignOrder(terms(&name(at))));
        foreign.on_input(&Input::BrokerOrder(line(&name(at))));
    };
    (0..FOREIGN_MAX).for_each(|at| tell(&mut foreign, at));
    tell(&mut foreign, 0);
    tell(&mut foreign, FOREIGN_MAX);
    assert_eq!(verdict(&foreign, &adoption(&name(1))), Some(AdoptionError::Unknown));
    for at in [0, 2, FOREIGN_MAX] {
        assert_eq!(verdict(&foreign, &adoption(&name(at))), None, "{at}");
    }
    foreign.forget(Route::BROKER, Text::new(&name(2)));
    assert_eq!(verdict(&foreign, &adoption(&name(2))), Some(AdoptionError::Unknown));
}
