use super::*;
use crate::fix::codec::{Inbox, encode_message};
use gauntlet_model::ids::{AccountId, InstrumentId};
use gauntlet_model::input::UnusableReport;
use proptest::prelude::*;

const FILL: &str = "35=8|34=7|52=20231224-23:45:00.500|11=1-0000000000000020|\
    41=1-0000000000000010|37=V1|17=X1|150=F|39=1|55=ESH4|54=2|38=5|44=4791.50|32=2|\
    31=4791.25|151=3|14=2|6=4791.25|60=20231224-23:45:00.123456|58=hello|";

fn read<T>(body: &str, with: impl FnOnce(&Translator, &Message<'_>) -> T) -> T {
    let body = body.replace('|', "\x01");
    let mut buffer = vec![0; 4096];
    let len = encode_message(&mut buffer, |w| w.encoded(body.as_bytes())).expect("fits");
    let mut inbox = Inbox::new();
    inbox.push(&buffer[..len]);
    let message = inbox.next().expect("sound").expect("whole");
    let mut translator = Translator::new(Route::BROKER, 1);
    translator.names.set_symbol(InstrumentId(3), Text::new("ESH4"));
    translator.names.set_account(AccountId(1), Text::new("ACC"));
    with(&translator, &message)
}

fn report(body: &str) -> Result<ExecutionReport, Unusable> {
    read(body, |translator, message| translator.execution_report(message, 7, false))
}

#[test]
fn a_fill_is_read_field_by_field() {
    let report = report(FILL).expect("usable");
    let expected = ExecutionReport {
        route: Route::BROKER,
        msg_seq_num: 7,
        poss_dup: false,
        cl_ord_id: ClOrdId(0x20),
        orig_cl_ord_id: ClOrdId(0x10),
        ord_status_req_id: 0,
        order_id: Text::new("V1"),
        exec_id: Text::new("X1"),
        exec_type: ExecType::Trade,
        ord_status: OrdStatus::PartiallyFilled,
        instrument: Some(InstrumentId(3)),
        side: Side::Sell,
        last_qty: 2,
        last_px: Price(4_791_250_000_000),
        leaves_qty: 3,
        cum_qty: 2,
        order_qty: 5,
        price: Price(4_791_500_000_000),
        transact_time: UnixNanos(1_703_461_500_123_456_000),
        reject_reason: 0,
        text: Text::new("hello"),
    };
    assert_eq!(report, expected);
}

#[test]
fn an_answer_names_the_question_unless_it_is_of_another_journal() {
    for (named, number) in
        [("790=1-000000000000002a|", 42), ("790=2-000000000000002a|", 0), ("790=q|", 0), ("", 0)]
    {
        let answer = format!("{}{named}", FILL.replace("150=F", "150=I"));
        assert_eq!(report(&answer).expect("usable").ord_status_req_id, number);
    }
}

#[test]
fn fills_in_the_style_of_fix_4_2_are_fills() {
    for exec_type in ["150=1|", "150=2|"] {
        let report = report(&FILL.replace("150=F|", exec_type)).expect("usable");
        assert_eq!((report.exec_type, report.last_qty), (ExecType::Trade, 2));
    }
}

#[test]
fn only_trades_carry_a_last_quantity() {
    let report = report(&FILL.replace("150=F|", "150=I|")).expect("usable");
    assert_eq!((report.last_qty, report.cum_qty), (0, 2));
}

#[test]
fn what_decides_must_be_there() {
    for field in ["150=F|", "54=2|", "32=2|", "31=4791.25|"] {
        let tag = field.split('=').next().and_then(|t| t.parse().ok()).expect("a tag");
        let body = FILL.replacen(field, "", 1).replace("14=2|", "14=3|");
        assert_eq!(report(&body), Err(missing(tag)), "{field}");
    }
    let status = FILL.replace("150=F|", "150=I|");
    for field in ["37=V1|", "17=X1|", "150=I|", "39=1|", "54=2|", "151=3|", "14=2|"] {
        let tag = field.split('=').next().and_then(|t| t.parse().ok()).expect("a tag");
        assert_eq!(report(&status.replacen(field, "", 1)), Err(missing(tag)), "{field}");
    }
}

#[test]
fn what_decides_must_be_sound() {
    for (field, broken, refusal) in [
        ("150=F|", "150=?|", unknown_value(150)),
        ("54=2|", "54=9|", unknown_value(54)),
        ("32=2|", "32=2.5|", malformed(32)),
        ("31=4791.25|", "31=NaN|", malformed(31)),
    ] {
        assert_eq!(report(&FILL.replacen(field, broken, 1)), Err(refusal), "{broken}");
    }
    let status = FILL.replace("150=F|", "150=I|");
    for (field, broken, refusal) in [
        ("39=1|", "39=Z|", unknown_value(39)),
        ("151=3|", "151=-1|", malformed(151)),
        ("14=2|", "14=99999999999|", malformed(14)),
    ] {
        assert_eq!(report(&status.replacen(field, broken, 1)), Err(refusal), "{broken}");
    }
}

#[test]
fn a_fill_is_read_whatever_else_is_missing_or_wrong_in_its_report() {
    for (field, broken) in [
        ("37=V1|", ""),
        ("17=X1|", ""),
        ("39=1|", ""),
        ("39=1|", "39=Z|"),
        ("151=3|", ""),
        ("151=3|", "151=-1|"),
        ("14=2|", ""),
        ("14=2|", "14=99999999999|"),
        ("31=4791.25|", ""),
    ] {
        let fill = report(&FILL.replacen(field, broken, 1)).expect("a fill");
        assert_eq!((fill.exec_type, fill.last_qty), (ExecType::Trade, 2), "{field} {broken}");
        assert_eq!(fill.last_px, Price(4_791_250_000_000), "the mean of a first fill is its price");
        assert_eq!(fill.side, Side::Sell);
    }
    let short = report(&FILL.replace("54=2|", "54=5|")).expect("a fill");
    assert_eq!(short.side, Side::Sell, "selling short is selling");
}

#[test]
fn a_status_tells_the_mean_price_and_a_bust_which_fill_it_is_about() {
    let status = report(&FILL.replace("150=F|", "150=I|")).expect("usable");
    assert_eq!((status.last_qty, status.last_px), (0, Price(4_791_250_000_000)));
    let none = report(&FILL.replace("150=F|", "150=I|").replace("|6=4791.25|", "|6=0|"));
    assert_eq!(none.expect("usable").last_px, Price::NONE);
    let bust = report(&FILL.replace("150=F|", "150=H|19=X0|")).expect("usable");
    assert_eq!((bust.exec_type, bust.text), (ExecType::TradeCancel, Text::new("X0")));
}

#[test]
fn a_report_in_a_symbol_that_is_not_ours_is_told_apart_from_one_without_a_symbol() {
    let foreign = |body: &str| read(body, |translator, message| translator.foreign_symbol(message));
    assert_eq!(foreign(FILL), None);
    assert_eq!(foreign(&FILL.replace("55=ESH4|", "")), None);
    assert_eq!(foreign(&FILL.replace("55=ESH4|", "55=NQH4|")), Some(Text::new("NQH4")));
}

#[test]
fn of_an_unusable_report_everything_is_told_that_can_be_read() {
    let body = FILL.replace("54=2|", "54=?|").replace("31=4791.25|", "31=x|1=ACC|");
    let told =
        read(&body, |translator, message| translator.unusable(message, 7, true, Text::new("why")));
    let expected = UnusableReport {
        route: Route::BROKER,
        msg_seq_num: 7,
        poss_dup: true,
        cl_ord_id: ClOrdId(0x20),
        orig_cl_ord_id: ClOrdId(0x10),
        exec_id: Text::new("X1"),
        account: Some(AccountId(1)),
        instrument: Some(InstrumentId(3)),
        symbol: Text::new("ESH4"),
        side: None,
        last_qty: 2,
        last_px: Price::NONE,
        cum_qty: 2,
        detail: Text::new("why"),
    };
    assert_eq!(told, expected);
}

#[test]
fn two_values_for_one_fact_are_refused() {
    let twice = Unusable { tag: 32, reason: SessionRejectReason::TagAppearsTwice };
    assert_eq!(report(&FILL.replace("32=2|", "32=2|32=3|")), Err(twice));
    assert_eq!(report(&FILL.replace("32=2|", "32=2|32=2|")), report(FILL), "the same twice is one");
    let fill = report(&FILL.replace("14=2|", "14=2|14=3|")).expect("a fill needs no sum");
    assert_eq!((fill.last_qty, fill.cum_qty), (2, 0));
    let status = FILL.replace("150=F|", "150=I|");
    let twice = Unusable { tag: 14, reason: SessionRejectReason::TagAppearsTwice };
    assert_eq!(report(&status.replace("14=2|", "14=2|14=3|")), Err(twice));
    let status =
        report(&status.replace("32=2|", "32=x|32=3|")).expect("a state needs no last fill");
    assert_eq!(status.last_qty, 0);
}

#[test]
fn a_fill_outlives_its_malformed_ornaments() {
    let body = FILL
        .replace("38=5|", "38=x|")
        .replace("44=4791.50|", "44=x|")
        .replace("60=20231224-23:45:00.123456|", "60=noon|");
    let report = report(&body).expect("usable");
    assert_eq!((report.order_qty, report.price), (0, Price::NONE));
    assert_eq!(report.transact_time, UnixNanos(1_703_461_500_500_000_000));
    assert_eq!(report.last_qty, 2);
}

#[test]
fn an_order_that_is_not_ours_has_no_identity_and_an_unknown_symbol_no_instrument() {
    let body = FILL.replace("11=1-", "11=2-").replace("55=ESH4", "55=ZBH4");
    let report = report(&body).expect("usable");
    assert_eq!((report.cl_ord_id, report.instrument), (ClOrdId::NONE, None));
}

#[test]
fn long_identities_stay_apart() {
    let long = "F-0001-20231224-CME-ESH4-000000000000000001";
    let first = report(&FILL.replace("17=X1", &format!("17={long}"))).expect("usable");
    let second = report(&FILL.replace("17=X1", &format!("17={long}2"))).expect("usable");
    assert_ne!(first.exec_id, second.exec_id);
    assert!(first.exec_id.as_str().starts_with("F-0001-20231224~"));
    assert_eq!(first.exec_id.as_str().len(), 32);
    assert_ne!(short_identity(b"a\xff"), short_identity(b"a\xfe"));
}

#[test]
fn a_cancel_reject_is_read_field_by_field() {
    let body = "35=9|34=7|37=V1|11=1-0000000000000020|41=1-0000000000000010|39=2|434=2|\
        102=0|58=too late|";
    let reject = read(body, |translator, message| translator.cancel_reject(message, 7, true));
    let expected = CancelReject {
        route: Route::BROKER,
        msg_seq_num: 7,
        poss_dup: true,
        cl_ord_id: ClOrdId(0x20),
        orig_cl_ord_id: ClOrdId(0x10),
        ord_status: OrdStatus::Filled,
        to_replace: true,
        reason: 0,
        text: Text::new("too late"),
    };
    assert_eq!(reject, Ok(expected));
    let reject = read(&body.replace("434=2|", ""), |translator, message| {
        translator.cancel_reject(message, 7, true)
    });
    assert_eq!(reject, Err(missing(434)));
}

#[test]
fn a_refusal_names_no_order_of_before_the_numbers_began_anew() {
    let mut buffer = vec![0; 256];
    let len =
        encode_message(&mut buffer, |w| w.encoded(b"35=3\x0145=7\x01373=5\x01")).expect("fits");
    let mut inbox = Inbox::new();
    inbox.push(&buffer[..len]);
    let message = inbox.next().expect("sound").expect("whole");
    let mut translator = Translator::new(Route::BROKER, 1);
    translator.remember(7, ClOrdId(0x20));
    let refused = |translator: &Translator| match translator.refusal(&message, 9, 373) {
        Input::Session(event) => event.cl_ord_id,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(&translator), ClOrdId(0x20));
    translator.forget_numbers();
    assert_eq!(refused(&translator), ClOrdId::NONE);
}

proptest! {
    #[test]
    fn no_value_panics(tag in prop::sample::select(vec![11u32, 17, 31, 32, 37, 38, 39, 44, 54, 60, 102, 103, 150, 151, 434]),
                       value in prop::collection::vec(2u8..=255, 1..40)) {
        let mut buffer = vec![0; 4096];
        let len = encode_message(&mut buffer, |w| {
            w.raw(35, b"8");
            w.raw(tag, &value);
        }).expect("fits");
        let mut inbox = Inbox::new();
        inbox.push(&buffer[..len]);
        let message = inbox.next().expect("sound").expect("whole");
        let translator = Translator::new(Route::BROKER, 1);
        prop_assert!(translator.execution_report(&message, 1, false).is_err());
        prop_assert!(translator.cancel_reject(&message, 1, false).is_err());
    }
}
