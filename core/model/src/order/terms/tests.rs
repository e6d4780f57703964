use super::*;

const PX: Price = Price(5_000_000_000_000);
const NOW: UnixNanos = UnixNanos(1_000);
const DATE: UnixNanos = UnixNanos(2_000);

fn terms(order_type: OrderType) -> Terms {
    let stop_px = if order_type.is_stop() { PX } else { Price::NONE };
    Terms { order_type, stop_px, ..Terms::LIMIT }
}

/// Whether an order of a type, with all that the type and the life ask for, can be sent.
fn whole(order_type: OrderType, life: TimeInForce) -> Result<(), TermsError> {
    let price = if order_type.is_limited() { PX } else { Price::NONE };
    let expires = if life == TimeInForce::GoodTillDate { DATE } else { UnixNanos(0) };
    check_terms(&Terms { expires, ..terms(order_type) }, (1, price, 1), life, NOW)
}

#[test]
fn each_type_goes_with_the_lives_that_fit_it() {
    use OrderType::*;
    use TimeInForce::*;
    for life in TimeInForce::ALL {
        assert_eq!(whole(Limit, life), Ok(()));
        for rests in [Stop, StopLimit, MarketToLimit] {
            let expected = if life.rests() { Ok(()) } else { Err(TermsError::MustRest) };
            assert_eq!(whole(rests, life), expected, "{rests:?} {life:?}");
        }
        let expected = match life {
            GoodTillCancel | GoodTillDate => Err(TermsError::MustNotRest),
            _ => Ok(()),
        };
        assert_eq!(whole(Market, life), expected);
    }
}

#[test]
fn prices_and_dates_go_with_their_types_alone() {
    let day = TimeInForce::Day;
    let ask = |terms: Terms, price| check_terms(&terms, (1, price, 1), day, NOW);
    for order_type in OrderType::ALL {
        let (with, without) = (ask(terms(order_type), PX), ask(terms(order_type), Price::NONE));
        assert_eq!(with == Err(TermsError::LimitPrice), !order_type.is_limited());
        assert_eq!(without == Err(TermsError::LimitPrice), order_type.is_limited());
        let price = if order_type.is_limited() { PX } else { Price::NONE };
        let stop_px = if order_type.is_stop() { Price::NONE } else { PX };
        let wrong = Terms { stop_px, ..terms(order_type) };
        assert_eq!(ask(wrong, price), Err(TermsError::StopPrice), "{order_type:?}");
    }
    assert_eq!(check_terms(&Terms::LIMIT, (0, PX, 1), day, NOW), Err(TermsError::NoContracts));
    let dated = |expires| Terms { expires: UnixNanos(expires), ..Terms::LIMIT };
    assert_eq!(ask(dated(2_000), PX), Err(TermsError::Date), "a day has no date");
    let gtd = |expires| check_terms(&dated(expires), (1, PX, 1), TimeInForce::GoodTillDate, NOW);
    assert_eq!([0, 999, 1_000].map(gtd), [Err(TermsError::Date); 3], "none, over, and just over");
    assert_eq!(gtd(1_001), Ok(()));
}

#[test]
fn a_stop_limit_may_not_be_short_of_its_stop() {
    let day = TimeInForce::Day;
    let at = |offset, sign| {
        let price = Price(PX.0 + offset);
        check_terms(&terms(OrderType::StopLimit), (1, price, sign), day, NOW)
    };
    assert_eq!((at(0, 1), at(1, 1), at(-1, 1)), (Ok(()), Ok(()), Err(TermsError::ShortOfStop)));
    assert_eq!((at(0, -1), at(-1, -1), at(1, -1)), (Ok(()), Ok(()), Err(TermsError::ShortOfStop)));
}

#[test]
fn what_takes_everything_emulates_nothing() {
    for order_type in OrderType::ALL {
        for life in TimeInForce::ALL {
            assert_eq!(Capabilities::ALL.emulation(order_type, life), Ok(Emulation::NONE));
        }
    }
}

#[test]
fn where_there_are_limits_for_the_day_or_at_once_alone_the_rest_is_ours_or_refused() {
    use OrderType::*;
    let day = |order_type| Capabilities::LIMITS.emulation(order_type, TimeInForce::Day);
    assert_eq!(day(Limit), Ok(Emulation::NONE));
    assert_eq!(day(Market), Ok(Emulation::AT_COLLAR));
    assert_eq!(day(MarketToLimit), Ok(Emulation::AT_BEST));
    assert_eq!(day(Stop), Ok(Emulation::HELD.and(Emulation::AT_COLLAR)));
    assert_eq!(day(StopLimit), Ok(Emulation::HELD));
    let limit = |life| Capabilities::LIMITS.emulation(Limit, life);
    assert_eq!(limit(TimeInForce::ImmediateOrCancel), Ok(Emulation::NONE));
    assert_eq!(limit(TimeInForce::FillOrKill), Err(TermsError::Lacks("fok")));
    assert_eq!(limit(TimeInForce::GoodTillCancel), Ok(Emulation::CARRIED));
    let dated = Emulation::CARRIED.and(Emulation::UNTIL_DATE);
    assert_eq!(limit(TimeInForce::GoodTillDate), Ok(dated));
    assert_eq!(dated.words().count(), 1, "what is carried has its date here anyway");
    // A stop that we hold is as long-lived as we say.
    let held = Capabilities::LIMITS.emulation(Stop, TimeInForce::GoodTillCancel);
    assert!(held.is_ok_and(|how| how.has(Emulation::HELD)));
}

#[test]
fn each_thing_that_a_route_lacks_is_emulated_or_refused_by_name() {
    let all = Capabilities::ALL;
    let dated = all.without_life(TimeInForce::GoodTillDate);
    let gtd = |of: Capabilities| of.emulation(OrderType::Limit, TimeInForce::GoodTillDate);
    assert_eq!(gtd(dated), Ok(Emulation::UNTIL_DATE));
    let neither = dated.without_life(TimeInForce::GoodTillCancel);
    assert_eq!(gtd(neither), Ok(Emulation::CARRIED.and(Emulation::UNTIL_DATE)));
    assert_eq!(gtd(neither.without_life(TimeInForce::Day)), Err(TermsError::Lacks("gtd")));
    let no_fok = all.without_life(TimeInForce::FillOrKill);
    assert_eq!(
        no_fok.emulation(OrderType::Limit, TimeInForce::FillOrKill),
        Err(TermsError::Lacks("fok"))
    );
    let no_limit = all.without_type(OrderType::Limit);
    for order_type in [OrderType::Market, OrderType::Stop, OrderType::StopLimit] {
        let lacks = no_limit.without_type(order_type);
        let told = lacks.emulation(order_type, TimeInForce::Day);
        let held = order_type == OrderType::Stop;
        assert_eq!(told.is_ok(), held, "a stop becomes a market order: {order_type:?} {told:?}");
    }
    let neither = no_limit.without_type(OrderType::MarketToLimit);
    let mtl = neither.emulation(OrderType::MarketToLimit, TimeInForce::Day);
    assert_eq!(mtl, Err(TermsError::Lacks("market-to-limit")));
}

#[test]
fn a_market_order_for_the_day_goes_at_its_collar_where_no_day_is_kept_and_nothing_else_does() {
    let day = TimeInForce::Day;
    let at_once = Capabilities::ALL.without_type(OrderType::Market).without_life(day);
    assert_eq!(at_once.emulation(OrderType::Market, day), Ok(Emulation::AT_COLLAR));
    assert_eq!(at_once.emulation(OrderType::Limit, day), Err(TermsError::Lacks(day.name())));
}

#[test]
fn every_name_and_code_is_read_back_and_none_is_used_twice() {
    let names = OrderType::ALL
        .map(OrderType::name)
        .into_iter()
        .chain(TimeInForce::ALL.map(TimeInForce::name));
    assert_eq!(names.collect::<std::collections::BTreeSet<_>>().len(), 10);
    for order_type in OrderType::ALL {
        assert_eq!(OrderType::named(order_type.name()), Some(order_type));
    }
    for life in TimeInForce::ALL {
        assert_eq!(TimeInForce::named(life.name()), Some(life));
    }
    let codes = (OrderType::ALL.map(OrderType::code), TimeInForce::ALL.map(TimeInForce::code));
    assert_eq!(codes, (*b"1234K", *b"01346"));
}
