//! What an operator says of a day, and what comes of it.

use super::*;
use crate::input::CalendarDay;
use crate::instrument::product_of_code;
use crate::text::Text;
use proptest::prelude::{Strategy, any};

fn entry(date: &str) -> ExceptionEntry {
    ExceptionEntry {
        date: date.to_owned(),
        groups: vec!["equity index".to_owned()],
        close: Some("13:15".to_owned()),
        reason: "day of mourning".to_owned(),
        ..ExceptionEntry::default()
    }
}

fn closed(date: &str, groups: &[&str], products: &[&str]) -> ExceptionEntry {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    ExceptionEntry {
        groups: owned(groups),
        products: owned(products),
        closed: true,
        close: None,
        ..entry(date)
    }
}

fn calendars(entries: &[ExceptionEntry]) -> Calendars {
    Calendars::new(&read_exceptions(entries).expect("valid"))
}

fn trading(calendar: &Calendar, text: &str) -> Option<SessionSpan> {
    calendar.session_at(Full24x5, utc_at(text))
}

#[test]
fn an_early_close_ends_the_day_of_its_groups_in_every_mode_and_of_no_other() {
    // Wednesday 10 March 2027, before the clocks change: 13:15 in New York is 18:15 UTC.
    let changed = calendars(&[entry("2027-03-10")]);
    let (es, zn) = (changed.of_product("ES"), changed.of_product("ZN"));
    assert_eq!(trading(&es, "2027-03-10T15:00"), span("2027-03-09T23:00", "2027-03-10T18:15"));
    assert_eq!(trading(&es, "2027-03-10T18:15"), None);
    assert_eq!(
        es.next_open(Full24x5, utc_at("2027-03-10T18:15")),
        Some(utc_at("2027-03-10T23:00"))
    );
    let regular = es.session_at(RthUs, utc_at("2027-03-10T15:00"));
    assert_eq!(regular, span("2027-03-10T14:30", "2027-03-10T18:15"));
    assert_eq!(trading(&zn, "2027-03-10T15:00"), span("2027-03-09T23:00", "2027-03-10T22:00"));
    // The days around it are as they were.
    let (here, there) = (es.trading_days(), Calendar::of_product("ES").trading_days());
    let differ = here.iter().zip(there).filter(|(here, there)| here != there);
    assert_eq!((here.len(), differ.count()), (there.len(), 1));
}

#[test]
fn a_closed_day_has_no_session_and_its_evening_belongs_to_the_next() {
    let changed = calendars(&[closed("2027-03-10", &["rates", "Grains"], &[])]);
    let zn = changed.of_product("ZN");
    assert_eq!(trading(&zn, "2027-03-09T23:30"), None);
    assert_eq!(trading(&zn, "2027-03-10T15:00"), None);
    assert_eq!(trading(&zn, "2027-03-10T23:30"), span("2027-03-10T23:00", "2027-03-11T22:00"));
    assert_eq!(zn.session_at(RthUs, utc_at("2027-03-10T15:00")), None);
    assert_eq!(zn.session_at(ExtUs, utc_at("2027-03-10T15:00")), None);
    assert_eq!(zn.trading_day_at(utc_at("2027-03-10T15:00")), None);
    let zc = changed.of_product("ZC");
    assert_eq!(trading(&zc, "2027-03-10T02:00"), None);
    assert_eq!(trading(&zc, "2027-03-10T15:00"), None);
    assert_eq!(trading(&zc, "2027-03-11T02:00"), span("2027-03-11T01:00", "2027-03-11T13:45"));
}

#[test]
fn a_products_own_exception_goes_before_its_groups() {
    let mut nikkei = entry("2027-03-10");
    (nikkei.groups, nikkei.products) = (vec![], vec!["nkd".to_owned()]);
    nikkei.close = Some("16:00".to_owned());
    let entries = [nikkei, closed("2027-03-10", &["equity index"], &[])];
    for entries in [entries.to_vec(), entries.iter().rev().cloned().collect()] {
        let changed = calendars(&entries);
        assert_eq!(trading(&changed.of_product("ES"), "2027-03-10T15:00"), None);
        let nikkei = trading(&changed.of_product("NKD"), "2027-03-10T15:00");
        assert_eq!(nikkei, span("2027-03-09T23:00", "2027-03-10T21:00"));
    }
}

#[test]
fn a_day_without_the_stock_exchanges_has_no_regular_us_hours_for_anybody() {
    let mut stocks = closed("2027-03-10", &[], &[]);
    stocks.us_stocks = true;
    let changed = calendars(&[stocks]);
    for code in ["ES", "CL", "ZC"] {
        let calendar = changed.of_product(code);
        assert!(trading(&calendar, "2027-03-10T15:00").is_some(), "{code}");
        assert_eq!(calendar.session_at(RthUs, utc_at("2027-03-10T15:00")), None, "{code}");
        assert!(calendar.session_at(RthUs, utc_at("2027-03-11T15:00")).is_some(), "{code}");
    }
    let at = utc_at("2027-03-10T15:00");
    assert_eq!(changed.of_product("ES").session_at(RthProduct, at), None);
    assert!(changed.of_product("CL").session_at(RthProduct, at).is_some());
}

#[test]
fn a_rule_that_is_wrong_can_be_corrected_to_a_later_close_and_to_a_day() {
    let mut later = entry("2027-11-26");
    later.close = Some("14:00".to_owned());
    let mut opened = entry("2027-03-26");
    (opened.groups, opened.close) = (vec!["metals".to_owned()], Some("11:15".to_owned()));
    let changed = calendars(&[later, opened]);
    let es = trading(&changed.of_product("ES"), "2027-11-26T15:00");
    assert_eq!(es, span("2027-11-25T23:00", "2027-11-26T19:00"));
    let gc = trading(&changed.of_product("GC"), "2027-03-26T12:00");
    assert_eq!(gc, span("2027-03-25T22:00", "2027-03-26T15:15"));
}

#[test]
fn grains_that_close_in_their_pause_or_before_have_their_night_alone() {
    for (close, ends) in [("09:00", "2027-03-10T13:45"), ("07:00", "2027-03-10T12:00")] {
        let mut early = entry("2027-03-10");
        (early.groups, early.close) = (vec!["grains".to_owned()], Some(close.to_owned()));
        let grains = calendars(&[early]).of_product("ZC");
        assert_eq!(trading(&grains, "2027-03-10T05:00"), span("2027-03-10T01:00", ends));
        assert_eq!(trading(&grains, "2027-03-10T15:00"), None);
    }
}

#[test]
fn without_exceptions_the_calendars_are_those_of_the_rules() {
    let calendars = Calendars::default();
    for product in &PRODUCTS {
        let calendar = calendars.of_product(product.code);
        assert!(std::ptr::eq(&*calendar, Calendar::of(product.group)), "{}", product.code);
    }
    assert!(std::ptr::eq(&*calendars.of_product("XX"), Calendar::closed()));
    // Groups and products that no exception names keep the shared one.
    let changed = Calendars::new(&read_exceptions(&[entry("2027-03-10")]).expect("valid"));
    assert!(matches!(changed.of_product("ZC"), CalendarRef::Standing(_)));
    assert!(matches!(changed.of_product("MNQ"), CalendarRef::Changed(_)));
}

#[test]
fn a_wrong_entry_is_refused_with_its_place_and_what_to_write() {
    type Spoil = fn(&mut ExceptionEntry);
    let cases: &[(Spoil, &str)] = &[
        (|e| e.date = "10.3.2027".to_owned(), "no date"),
        (|e| e.date = "2027-02-30".to_owned(), "no date"),
        (|e| e.date = "2027-03-13".to_owned(), "weekend"),
        (|e| e.date = "2036-03-10".to_owned(), "2035"),
        (|e| e.groups.clear(), "groups = [...]"),
        (|e| e.groups = vec!["shares".to_owned()], "equity index, rates"),
        (|e| e.products = vec!["ESZ6".to_owned()], "code such as \"ES\""),
        (|e| e.closed = true, "either closed"),
        (|e| e.close = None, "either closed"),
        (|e| e.close = Some("1pm".to_owned()), "time of the day"),
        (|e| e.close = Some("17:30".to_owned()), "to 17:00"),
        (|e| e.close = Some("00:00".to_owned()), "from 00:01"),
        (
            |e| {
                e.groups = vec!["rates".to_owned(), "livestock".to_owned()];
                e.close = Some("09:30".to_owned());
            },
            "livestock may close from 09:31",
        ),
        (|e| e.us_stocks = true, "us_stocks can only be closed"),
        (|e| e.reason = " ".to_owned(), "reason"),
        (|e| e.reason = "x".repeat(65), "64"),
    ];
    for (spoil, needle) in cases {
        let mut wrong = entry("2027-03-10");
        spoil(&mut wrong);
        let error = read_exceptions(&[entry("2027-03-09"), wrong]).expect_err(needle);
        let said = error.to_string();
        assert!(said.starts_with("[[calendar.exception]] number 2 (date "), "{said}");
        assert!(said.contains(needle), "{said} lacks {needle}");
    }
    let twice = [entry("2027-03-10"), closed("2027-03-10", &["Equity_Index"], &[])];
    let error = read_exceptions(&twice).expect_err("twice").to_string();
    assert!(error.contains("number 2") && error.contains("keep one"), "{error}");
}

#[test]
fn there_are_no_more_exceptions_than_fit() {
    let first = NaiveDate::from_ymd_opt(2027, 1, 4).expect("a date");
    let days = first.iter_days().filter(|date| !holidays::is_weekend(*date));
    let mut entries: Vec<ExceptionEntry> =
        days.take(EXCEPTIONS_MAX).map(|date| entry(&date.to_string())).collect();
    assert_eq!(read_exceptions(&entries).map(|all| all.len()), Ok(EXCEPTIONS_MAX));
    entries.push(entry("2030-01-07"));
    let error = read_exceptions(&entries).expect_err("too many").to_string();
    assert!(error.contains("256"), "{error}");
}

#[test]
fn an_entry_is_read_from_text_and_nothing_that_is_misspelt() {
    let text = r#"{"date": "2027-03-10", "products": ["CL"], "closed": true, "reason": "flood"}"#;
    let entry: ExceptionEntry = serde_json::from_str(text).expect("valid");
    let read = read_exceptions(std::slice::from_ref(&entry)).expect("valid");
    assert_eq!(read.len(), 1);
    assert_eq!(read[0].scope, ExceptionScope::Product(product_of_code("CL").expect("known")));
    let again = serde_json::to_string(&entry).expect("plain");
    assert_eq!(serde_json::from_str::<ExceptionEntry>(&again).expect("valid"), entry);
    assert!(serde_json::from_str::<ExceptionEntry>(&text.replace("closed", "close_d")).is_err());
}

fn exceptions() -> impl Strategy<Value = CalendarException> {
    let parts = (any::<u16>(), any::<u8>(), any::<u16>(), any::<bool>(), "[a-z ]{1,64}");
    parts.prop_filter_map("inside of a day", |(day, scope, minute, closed, reason)| {
        let first = NaiveDate::from_ymd_opt(YEAR_FIRST, 1, 1)?;
        let record = CalendarDay {
            date: {
                let date = first + chrono::Days::new(u64::from(day) % 7_600);
                date.year() as u32 * 10_000 + date.month() * 100 + date.day()
            },
            scope: match scope % 10 {
                8 => CalendarDay::OF_PRODUCT,
                9 => CalendarDay::OF_US_STOCKS,
                group => group,
            },
            product: match scope % 10 {
                8 => Text::new(PRODUCTS[usize::from(scope) % PRODUCTS.len()].code),
                _ => Text::EMPTY,
            },
            close_minute: if closed { CalendarDay::CLOSED } else { minute % 1_440 },
            reason: Text::new(&reason),
        };
        CalendarException::try_from(&record).ok()
    })
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(128))]

    #[test]
    fn an_exception_comes_back_from_its_record(exception in exceptions()) {
        let record = CalendarDay::from(&exception);
        proptest::prop_assert_eq!(CalendarException::try_from(&record), Ok(exception));
    }

    #[test]
    fn no_record_makes_the_reader_panic(
        date in any::<u32>(), scope in any::<u8>(), close_minute in any::<u16>(),
    ) {
        let (product, reason) = (Text::new("ES"), Text::new("any"));
        let record = CalendarDay { date, scope, product, close_minute, reason };
        if let Ok(exception) = CalendarException::try_from(&record) {
            proptest::prop_assert_eq!(CalendarDay::from(&exception).date, date);
        }
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(6))]

    /// Sessions stay in order and inside of trading days whatever the exceptions, and nothing but
    /// the days that are named changes.
    #[test]
    fn exceptions_change_their_days_alone(
        exceptions in proptest::collection::vec(exceptions(), 1..12), place in 0..PRODUCTS.len(),
    ) {
        let product = &PRODUCTS[place];
        let changed = Calendars::new(&exceptions).of_product(product.code);
        let rules = Calendar::of(product.group);
        // An evening is of the next trading day, but its window of the date on which it begins.
        let named = |at: UnixNanos| {
            let local = New_York.timestamp_nanos(at.0 as i64).date_naive();
            exceptions.iter().any(|e| e.date == trading_date(at) || e.date == local)
        };
        for mode in SessionMode::ALL {
            let spans = changed.spans(mode);
            proptest::prop_assert!(spans.iter().all(|s| s.open < s.close));
            proptest::prop_assert!(spans.windows(2).all(|w| w[0].close <= w[1].open));
            let ours = spans.iter().filter(|span| !named(span.open));
            let theirs = rules.spans(mode).iter().filter(|span| !named(span.open));
            proptest::prop_assert!(ours.eq(theirs), "{}", mode.name());
        }
    }
}
