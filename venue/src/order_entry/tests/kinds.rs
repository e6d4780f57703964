//! Kinds of orders, how long they live, and self-match prevention, as the wire has them.

use super::*;
use chrono::NaiveDate;
use gauntlet_model::units::{NANOS_PER_MINUTE, UnixNanos};

fn ask(bench: &mut Bench, terms: Terms) -> Vec<Execution> {
    let reports = bench.ask(&Request::New { terms, poss_dup: false }).to_vec();
    reports.iter().map(|report| *execution(report)).collect()
}

fn types(reports: &[Execution]) -> Vec<u8> {
    reports.iter().map(|report| report.exec_type).collect()
}

#[test]
fn a_market_order_is_acknowledged_without_a_price_and_filled_with_the_one_that_it_was_given() {
    for ord_type in [b'1', b'K'] {
        let mut bench = Bench::new(5);
        let reports = ask(&mut bench, Terms { ord_type, ..terms("a", b'1', 2, Price(7)) });
        assert_eq!(types(&reports)[..2], [b'0', b'F'], "{ord_type}");
        assert_eq!((reports[0].ord_type, reports[0].price), (ord_type, Price::NONE));
        let (_, paid) = reports[1].last.expect("a fill");
        assert!(reports[1].price >= paid, "{:?}", reports[1]);
        assert_eq!(reports[1].price == paid, ord_type == b'K');
    }
}

#[test]
fn a_stop_order_waits_is_told_when_it_is_triggered_and_can_be_replaced_until_then() {
    let mut bench = Bench::new(6);
    let far = bench.price(400);
    let stop = Terms { ord_type: b'3', stop_px: far, ..terms("a", b'1', 3, Price::NONE) };
    let reports = ask(&mut bench, stop);
    assert_eq!(types(&reports), [b'0']);
    assert_eq!((reports[0].stop_px, reports[0].leaves_qty), (far, 3));
    assert_eq!(execution(&bench.ask(&status("a"))[0]).stop_px, far);
    let limit = Terms { cl_ord_id: Text::new("b"), ord_type: b'2', price: far, ..stop };
    let refused = bench.ask(&Request::Replace { target: target("b", "a", b'1'), terms: limit })[0];
    assert!(matches!(refused, Report::CancelReject(_)), "it is no limit order yet: {refused:?}");
    // A buy stop below the market has been passed already.
    let near = bench.price(-40);
    let nearer = Terms { cl_ord_id: Text::new("c"), qty: 2, stop_px: near, ..stop };
    let replaced = bench.ask(&Request::Replace { target: target("c", "a", b'1'), terms: nearer });
    let replaced: Vec<Execution> = replaced.iter().map(|report| *execution(report)).collect();
    assert_eq!(types(&replaced)[..2], [b'5', b'L']);
    assert_eq!((replaced[0].stop_px, replaced[0].qty), (near, 2));
}

#[test]
fn an_order_that_is_to_fill_whole_or_not_at_all_expires_whole() {
    let mut bench = Bench::new(7);
    let price = bench.price(2);
    let reports = ask(&mut bench, Terms { time_in_force: b'4', ..terms("a", b'1', 99_999, price) });
    assert_eq!(types(&reports), [b'0', b'C']);
    assert_eq!((reports[1].ord_status, reports[1].cum_qty), (b'C', 0));
    let few = Terms { time_in_force: b'4', ..terms("b", b'1', 1, bench.price(2)) };
    assert_eq!(types(&ask(&mut bench, few)), [b'0', b'F']);
}

#[test]
fn orders_end_with_their_session_their_date_or_never() {
    let mut bench = Bench::new(8);
    let far = bench.price(-1_500);
    let order =
        |name, time_in_force, expiry| Terms { time_in_force, expiry, ..terms(name, b'1', 1, far) };
    let now = bench.market.now();
    let today = NaiveDate::from_ymd_opt(2026, 11, 16).expect("a date");
    let soon = now.plus(30 * NANOS_PER_MINUTE);
    for terms in [
        order("day", b'0', Expiry::None),
        order("gtc", b'1', Expiry::None),
        order("soon", b'6', Expiry::Time(soon)),
        order("today", b'6', Expiry::Date(today)),
        order("tomorrow", b'6', Expiry::Date(today.succ_opt().expect("a date"))),
    ] {
        assert_eq!(types(&ask(&mut bench, terms)), [b'0']);
    }
    let saturday = Expiry::Date(NaiveDate::from_ymd_opt(2026, 11, 21).expect("a date"));
    for (name, expiry) in [("late", Expiry::Time(now)), ("saturday", saturday)] {
        assert_eq!(types(&ask(&mut bench, order(name, b'6', expiry))), [b'8'], "{expiry:?}");
    }
    let (until, told) = (now.plus(28 * 60 * NANOS_PER_MINUTE), bench.reports.len());
    while bench.market.now() < until {
        bench.step();
    }
    let ends: Vec<Execution> = bench.reports[told..].iter().map(|r| *execution(r)).collect();
    let names: Vec<&str> = ends.iter().map(|end| end.cl_ord_id.as_str()).collect();
    let wanted = (vec!["soon", "day", "today"], vec![b'C'; 3]);
    assert_eq!((names, types(&ends)), wanted, "{:?}", ends.last());
    assert_eq!(ends[0].at, soon);
    assert_eq!(bench.desk.working(), 2, "gtc and tomorrow's work on the next day");
}

#[test]
fn orders_of_a_group_or_by_choice_of_an_account_do_not_trade_with_each_other() {
    for by_account in [false, true] {
        let mut bench = Bench::new(9);
        bench.desk.set_self_match_by_account(by_account);
        let best = bench.price(0);
        let group = if by_account { Text::EMPTY } else { Text::new("G1") };
        let of = |name, side, qty, price, gives_way| Terms {
            self_match_id: group,
            gives_way,
            ..terms(name, side, qty, price)
        };
        assert_eq!(types(&ask(&mut bench, of("a", b'1', 1, best, None))), [b'0']);
        // The crowd is before it; what comes trades with that and goes before it trades with ours.
        let newer = ask(&mut bench, of("b", b'2', 99_999, best, Some(true)));
        let gone = newer.last().expect("told");
        assert_eq!((gone.exec_type, gone.restatement), (b'4', Some(18)), "{newer:?}");
        assert!(newer.len() > 2 && gone.cum_qty > 0);
        let newest = ask(&mut bench, of("c", b'2', 1, best, None));
        assert_eq!(types(&newest), [b'0', b'4']);
        assert_eq!((newest[1].cl_ord_id.as_str(), newest[1].restatement), ("a", Some(19)));
    }
}

#[test]
fn what_kinds_of_orders_need_is_read_and_asked_for() {
    let with = |from: &str, to: &str| read_text(&NEW.replacen(from, to, 1));
    let Ok(Request::New { terms, .. }) =
        with("40=2|44=6000.25|", "40=4|44=6000.25|99=5999|7928=G|8000=N|")
    else {
        panic!("it is well said");
    };
    assert_eq!((terms.ord_type, terms.stop_px), (b'4', Price(5_999_000_000_000)));
    assert_eq!((terms.self_match_id.as_str(), terms.gives_way), ("G", Some(true)));
    let date = NaiveDate::from_ymd_opt(2026, 11, 20).map(Expiry::Date);
    for (to, expiry) in [
        ("59=6|432=20261120|", date),
        ("59=6|126=20261120-12:00:00|", Some(Expiry::Time(UnixNanos(1_795_176_000_000_000_000)))),
        ("59=1|432=20261120|", Some(Expiry::None)),
    ] {
        let read = with("59=0|", to);
        let Ok(Request::New { terms, .. }) = read else { panic!("{read:?}") };
        assert_eq!(Some(terms.expiry), expiry, "{to}");
    }
    use SessionRejectReason as Reason;
    for (from, to, tag, reason) in [
        ("40=2|", "40=3|", 99, Reason::RequiredTagMissing),
        ("40=2|44=6000.25|", "40=4|99=1|", 44, Reason::RequiredTagMissing),
        ("59=0|", "59=6|", 432, Reason::RequiredTagMissing),
        ("59=0|", "59=6|432=2026-11-20|", 432, Reason::IncorrectFormat),
        ("59=0|", "59=6|126=noon|", 126, Reason::IncorrectFormat),
        ("59=0|", "59=0|8000=X|", 8000, Reason::ValueIncorrect),
    ] {
        assert_eq!(with(from, to), Err(Malformed { tag, reason }), "{to}");
    }
}
