//! Every day of 2019 to 2024 of every product that LEAN's market-hours database knows and we
//! support, beside ours.
//!
//! LEAN's table is read so: a date is closed when the product's list of holidays or that of its
//! exchange names it, unless the product gives it an early close or a late opening; an early close
//! ends the day; a late opening begins it again.

use super::*;
use chrono::{DateTime, Timelike};
use std::collections::{BTreeMap, BTreeSet};

/// Minutes since local midnight at which trading begins and ends.
type Minutes = (u32, u32);

struct LeanHours {
    zone: Tz,
    week: BTreeMap<u32, Vec<Minutes>>,
    holidays: BTreeSet<NaiveDate>,
    early_closes: BTreeMap<NaiveDate, u32>,
    late_opens: BTreeMap<NaiveDate, u32>,
}

const DAYS: [&str; 7] =
    ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
const MIDNIGHT: u32 = 1_440;

fn date(text: &str) -> NaiveDate {
    NaiveDate::parse_from_str(text, "%m/%d/%Y").expect("a date")
}

/// `08:30:00`, or `1.00:00:00` for the midnight that ends the day.
fn minutes(text: &str) -> u32 {
    if text.starts_with("1.") {
        return MIDNIGHT;
    }
    let mut parts = text.split(':').map(|part| part.parse::<u32>().expect("a number"));
    let mut next = || parts.next().expect("hours and minutes");
    next() * 60 + next()
}

impl LeanHours {
    fn read(entries: &serde_json::Value, exchange: &str, code: &str) -> LeanHours {
        let entry = &entries[format!("Future-{exchange}-{code}")];
        let every = &entries[format!("Future-{exchange}-[*]")];
        let dates = |value: &serde_json::Value| -> Vec<NaiveDate> {
            let list = value["holidays"].as_array().expect("a list");
            list.iter().map(|day| date(day.as_str().expect("text"))).collect()
        };
        let times = |name: &str| -> BTreeMap<NaiveDate, u32> {
            let table = entry[name].as_object().expect("a table");
            table.iter().map(|(d, t)| (date(d), minutes(t.as_str().expect("text")))).collect()
        };
        let week = DAYS.iter().zip(0..).map(|(day, number)| {
            let mut open: Vec<Minutes> = Vec::new();
            for segment in entry[*day].as_array().expect("a list") {
                let time = |name: &str| minutes(segment[name].as_str().expect("text"));
                match open.last_mut() {
                    Some(last) if last.1 == time("start") => last.1 = time("end"),
                    _ => open.push((time("start"), time("end"))),
                }
            }
            (number, open)
        });
        LeanHours {
            zone: entry["exchangeTimeZone"].as_str().expect("text").parse().expect("a zone"),
            week: week.collect(),
            holidays: dates(entry).into_iter().chain(dates(every)).collect(),
            early_closes: times("earlyCloses"),
            late_opens: times("lateOpens"),
        }
    }

    fn on(&self, date: NaiveDate) -> Vec<Minutes> {
        let usual = &self.week[&date.weekday().num_days_from_monday()];
        let (early, late) = (self.early_closes.get(&date), self.late_opens.get(&date));
        if early.is_none() && late.is_none() && self.holidays.contains(&date) {
            return vec![];
        }
        let until = early.copied().unwrap_or(if late.is_some() { 0 } else { MIDNIGHT });
        let from = late.copied().unwrap_or(MIDNIGHT);
        let before = usual.iter().map(|(open, close)| (*open, *close.min(&until)));
        let after = usual.iter().map(|(open, close)| (*open.max(&from), *close));
        before.chain(after).filter(|(open, close)| open < close).collect()
    }
}

/// The same of ours, by the date of a zone.
fn ours(calendar: &Calendar, zone: Tz) -> BTreeMap<NaiveDate, Vec<Minutes>> {
    let mut days: BTreeMap<NaiveDate, Vec<Minutes>> = BTreeMap::new();
    for span in calendar.spans(Full24x5) {
        let local =
            |at: UnixNanos| DateTime::from_timestamp_nanos(at.0 as i64).with_timezone(&zone);
        let (open, close) = (local(span.open), local(span.close));
        let minute = |at: &DateTime<Tz>| at.hour() * 60 + at.minute();
        let mut of = |date, minutes| days.entry(date).or_default().push(minutes);
        if open.date_naive() == close.date_naive() {
            of(open.date_naive(), (minute(&open), minute(&close)));
        } else {
            of(open.date_naive(), (minute(&open), MIDNIGHT));
            of(close.date_naive(), (0, minute(&close)));
        }
    }
    days
}

fn in_words(open: &[Minutes]) -> String {
    if open.is_empty() {
        return "closed".to_owned();
    }
    let time = |minutes: u32| format!("{:02}:{:02}", minutes / 60, minutes % 60);
    let span = |(open, close): &Minutes| format!("{}-{}", time(*open), time(*close));
    open.iter().map(span).collect::<Vec<_>>().join(" ")
}

/// Products, dates, our hours in the zone of LEAN's entry, and why they are right.
struct Differs {
    products: &'static str,
    dates: &'static str,
    ours: &'static str,
    why: &'static str,
}

const INDICES: &str = "ES M2K MES MNQ MYM NQ RTY YM";
const FROM_CHICAGO: &str = "6E ZB ZN";
const FROM_NEW_YORK: &str = "CL ES GC M2K MES MNQ MYM NG NQ RTY SI YM";
const BEFORE_A_CLOSED_DAY: &str = "the evening belongs to a trading day that does not exist";
const AFTER_A_CLOSED_DAY: &str = "trading for the next day begins in the evening of the holiday";
const METALS_HOLIDAYS: &str =
    "LEAN has no metals hours before 2024; CME's holiday calendars give metals those of energy";
const NOT_IN_LEAN: &str = "a short day of CME's holiday calendar that is missing in LEAN's table";

const DIFFERS: &[Differs] = &[
    Differs {
        products: FROM_CHICAGO,
        dates: "2019-01-01 2019-12-25 2020-01-01 2022-12-26 2023-01-02",
        ours: "17:00-24:00",
        why: AFTER_A_CLOSED_DAY,
    },
    Differs {
        products: FROM_NEW_YORK,
        dates: "2019-01-01 2019-12-25 2020-01-01 2022-12-26 2023-01-02",
        ours: "18:00-24:00",
        why: AFTER_A_CLOSED_DAY,
    },
    Differs {
        products: "GC SI",
        dates: "2023-12-25",
        ours: "18:00-24:00",
        why: AFTER_A_CLOSED_DAY,
    },
    Differs {
        products: FROM_CHICAGO,
        dates: "2019-04-18 2019-12-31 2020-04-09 2020-12-31 2021-12-23 2022-04-14",
        ours: "00:00-16:00",
        why: BEFORE_A_CLOSED_DAY,
    },
    Differs {
        products: FROM_NEW_YORK,
        dates: "2019-04-18 2019-12-31 2020-04-09 2020-12-31 2021-12-23 2022-04-14",
        ours: "00:00-17:00",
        why: BEFORE_A_CLOSED_DAY,
    },
    Differs {
        products: INDICES,
        dates: "2024-03-28",
        ours: "00:00-17:00",
        why: BEFORE_A_CLOSED_DAY,
    },
    Differs {
        products: "CL GC NG SI",
        dates: "2021-04-01 2023-04-06",
        ours: "00:00-17:00",
        why: BEFORE_A_CLOSED_DAY,
    },
    Differs {
        products: "6E CL ES GC M2K MES MNQ MYM NG NQ RTY SI YM ZB ZN",
        dates: "2022-12-25 2023-01-01",
        ours: "closed",
        why: BEFORE_A_CLOSED_DAY,
    },
    Differs {
        products: "CL GC MYM NG SI YM ZB ZN",
        dates: "2023-12-24 2023-12-31",
        ours: "closed",
        why: BEFORE_A_CLOSED_DAY,
    },
    Differs {
        products: INDICES,
        dates: "2019-07-03 2023-07-03 2024-07-03",
        ours: "00:00-13:15 18:00-24:00",
        why: "LEAN has no evening on the first, which is Independence Day's, and lacks the others",
    },
    Differs { products: INDICES, dates: "2024-11-29", ours: "00:00-13:15", why: NOT_IN_LEAN },
    Differs { products: FROM_CHICAGO, dates: "2024-11-29", ours: "00:00-12:15", why: NOT_IN_LEAN },
    Differs { products: "CL GC NG SI", dates: "2024-11-29", ours: "00:00-13:45", why: NOT_IN_LEAN },
    Differs {
        products: "GC SI",
        dates: "2019-11-29 2019-12-24 2020-11-27 2020-12-24 2021-11-26 2022-11-25 2023-11-24",
        ours: "00:00-13:45",
        why: METALS_HOLIDAYS,
    },
    Differs {
        products: "GC SI",
        dates: "2019-01-21 2019-02-18 2019-05-27 2019-07-04 2019-09-02 2019-11-28 2020-01-20 \
                2020-02-17 2020-05-25 2020-09-07 2020-11-26 2021-01-18 2021-02-15 2021-05-31 \
                2021-07-05 2021-09-06 2021-11-25",
        ours: "00:00-13:00 18:00-24:00",
        why: METALS_HOLIDAYS,
    },
    Differs { products: "GC SI", dates: "2020-07-03", ours: "00:00-13:00", why: METALS_HOLIDAYS },
    Differs {
        products: "GC SI",
        dates: "2022-01-17 2022-02-21 2022-05-30 2022-06-20 2022-07-04 2022-09-05 2022-11-24 \
                2023-01-16 2023-02-20 2023-05-29 2023-06-19 2023-07-04 2023-09-04 2023-11-23",
        ours: "00:00-14:30 18:00-24:00",
        why: METALS_HOLIDAYS,
    },
];

#[test]
fn every_day_of_2019_to_2024_is_as_in_leans_table_or_differs_for_a_stated_reason() {
    let Some(path) = gauntlet_testkit::recorded("reference/market-hours.json") else { return };
    let text = std::fs::read_to_string(path).expect("readable");
    let json: serde_json::Value = serde_json::from_str(&text).expect("valid JSON");
    let entries = json["entries"].as_object().expect("a table");
    let mut stated: BTreeSet<(String, String, String)> = BTreeSet::new();
    for differs in DIFFERS {
        assert!(!differs.why.is_empty());
        for product in differs.products.split(' ') {
            for date in differs.dates.split_ascii_whitespace() {
                stated.insert((product.to_owned(), date.to_owned(), differs.ours.to_owned()));
            }
        }
    }
    let (mut found, mut products) = (BTreeSet::new(), 0);
    for name in entries.keys() {
        let mut parts = name.split('-').skip(1);
        let (exchange, code) = (parts.next().expect("exchange"), parts.next().expect("code"));
        let Some(product) = product_of_code(code) else { continue };
        let lean = LeanHours::read(&json["entries"], exchange, code);
        let ours = ours(Calendar::of(product.group), lean.zone);
        let first = NaiveDate::from_ymd_opt(2019, 1, 1).expect("a date");
        for date in first.iter_days().take_while(|date| date.year() < 2025) {
            let here = ours.get(&date).map_or(&[][..], Vec::as_slice);
            if lean.on(date) != here {
                found.insert((code.to_owned(), date.to_string(), in_words(here)));
            }
        }
        products += 1;
    }
    assert_eq!(products, 15, "products of LEAN's table that we support");
    let missing: Vec<_> = found.difference(&stated).collect();
    let wrong: Vec<_> = stated.difference(&found).collect();
    assert!(missing.is_empty() && wrong.is_empty(), "not stated {missing:#?}; stated {wrong:#?}");
}
