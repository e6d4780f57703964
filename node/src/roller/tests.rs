use super::*;
use crate::config::{Config, DEMO, StageCaps};
use gauntlet_model::ids::INSTRUMENTS_MAX;
use gauntlet_model::input::Trade;
use gauntlet_model::instrument::{Fronts, RollBy, product_of_code};
use gauntlet_model::units::Price;

const HOUR_NS: u64 = 3_600 * NANOS_PER_SECOND;

fn at(time: &str) -> UnixNanos {
    UnixNanos::parse_rfc3339(time).expect("a time")
}

/// A bot on a product, and the roller of its run from a day on.
fn start(product: &str, name: &str, day: &str) -> (Roller, Definitions) {
    start_with("", product, name, day)
}

/// As [`start`], with a table of limits.
fn start_with(risk: &str, product: &str, name: &str, day: &str) -> (Roller, Definitions) {
    let (head, _) = DEMO.split_once("[[instrument]]").expect("instruments");
    let text = format!(
        "{head}{risk}\n[[instrument]]\nsymbol = {product:?}\nmax_order_qty = 10\nmax_position = 20\n\
         collar_ticks = 40\nstale_after_ms = 30000\ninitial_margin = 21000\n\n[[bot]]\nname = \"one\"\naccount = \"DEMO\"\n\
         instrument = {name:?}\narchetype = \"orb_breakout\"\nstage = \"PAPER\"\norder_qty = 1\n\
         stop_loss = \"16 ticks\"\nmax_order_qty = 4\nmax_position = 4\n"
    );
    let mut config = Config::parse(&text, "t").expect("valid");
    config.day = Some(at(day));
    let caps = StageCaps::read(|_| None).expect("the defaults");
    let defined = config.definitions(&caps, &Definitions::default()).expect("fits");
    (Roller::new(defined.followed.clone()), defined)
}

/// What the roller says at a moment, in words.
fn say(roller: &mut Roller, names: &mut Definitions, now: UnixNanos) -> Vec<String> {
    let (mut inputs, mut errands) = (Vec::new(), Vec::new());
    roller.on_second(now, names, &mut inputs, &mut errands);
    let symbol = |id: InstrumentId| names.instruments[usize::from(id.0)].symbol.to_string();
    let inputs = inputs.iter().map(|input| match input {
        Input::Instrument(definition) => format!("define {}", definition.symbol),
        Input::ContractRule(rule) => format!("rule {} {}", symbol(rule.instrument), rule.year),
        Input::ContractTerms(terms) => {
            format!("terms {} {}", symbol(terms.instrument), terms.initial_margin.0 / 1_000_000)
        }
        Input::RiskLimits(limits) => format!("list {:#b}", limits.instruments),
        Input::Roll(roll) => {
            format!("roll to {} from {}", symbol(roll.to), &roll.from.to_string()[..16])
        }
        other => panic!("{other:?}"),
    });
    let mut said: Vec<String> = inputs.collect();
    said.extend(errands.iter().map(|errand| match errand {
        Errand::Follow(instrument) => format!("follow {}", instrument.symbol),
        Errand::Leave(symbol) => format!("leave {symbol}"),
    }));
    said
}

#[test]
fn the_next_contract_is_announced_taken_and_the_last_one_left_each_at_its_time() {
    let (mut roller, mut names) = start("ES", "ES", "2026-11-16T14:30:00Z");
    let mut said = |time: &str| say(&mut roller, &mut names, at(time));
    assert!(said("2026-11-16T14:30:00Z").is_empty());
    assert!(said("2026-12-06T21:59:59Z").is_empty());
    assert_eq!(
        said("2026-12-06T22:00:00Z"),
        [
            "define ESH7",
            "rule ESH7 2027",
            "terms ESH7 21000",
            "roll to ESH7 from 2026-12-13T22:00",
            "follow ESH7"
        ]
    );
    assert!(said("2026-12-06T22:00:01Z").is_empty());
    assert!(said("2026-12-13T21:59:59Z").is_empty());
    assert_eq!(said("2026-12-13T22:00:00Z"), ["roll to ESH7 from 2026-12-13T22:00"]);
    assert!(said("2026-12-18T14:29:59Z").is_empty());
    assert_eq!(said("2026-12-18T14:30:00Z"), ["leave ESZ6"]);
    assert!(said("2026-12-18T14:30:01Z").is_empty());
}

#[test]
fn a_start_within_the_lead_announces_nothing_twice() {
    let (mut roller, mut names) = start("ES", "ES", "2026-12-08T14:30:00Z");
    assert!(say(&mut roller, &mut names, at("2026-12-08T14:30:00Z")).is_empty());
    let said = say(&mut roller, &mut names, at("2026-12-13T22:00:00Z"));
    assert_eq!(said, ["roll to ESH7 from 2026-12-13T22:00"]);
}

#[test]
fn a_stream_without_a_time_moves_nothing_and_one_that_jumps_misses_nothing() {
    let (mut roller, mut names) = start("CL", "CL", "2026-11-16T14:30:00Z");
    assert!(say(&mut roller, &mut names, UnixNanos(0)).is_empty());
    let said = say(&mut roller, &mut names, at("2027-02-01T15:00:00Z"));
    let takes: Vec<&str> = said
        .iter()
        .filter(|line| line.ends_with("2027-02-01T15:00"))
        .map(|line| &line["roll to ".len()..][..4])
        .collect();
    assert_eq!(takes, ["CLF7", "CLG7", "CLH7"]);
    let front = roller.series[0].followed.front.symbol();
    assert_eq!(front, "CLH7");
}

#[test]
fn a_year_of_hours_goes_through_every_contract_once_and_both_are_there_at_each_roll() {
    for product in ["ES", "CL", "GC", "ZC"] {
        let (mut roller, mut names) = start(product, product, "2026-11-16T14:30:00Z");
        let (mut now, mut taken) = (at("2026-11-16T14:30:00Z"), 0);
        let until = at("2027-11-16T14:30:00Z");
        let mut symbols: Vec<String> = Vec::new();
        while now < until {
            now = now.plus(HOUR_NS);
            let before = roller.series[0].followed.clone();
            for line in say(&mut roller, &mut names, now) {
                if let Some(symbol) = line.strip_prefix("follow ") {
                    assert!(!symbols.contains(&symbol.to_owned()), "{symbol} twice");
                    symbols.push(symbol.to_owned());
                }
            }
            let after = &roller.series[0].followed;
            if after.front != before.front {
                taken += 1;
                assert_eq!(before.next_id, Some(after.front_id), "{product}: followed before");
                // Never into the last day, nor into notice.
                let ends = before.terms.times(&before.front);
                assert!(now < ends.out_from || ends.out_from == ends.no_opening_from, "{product}");
            }
        }
        let of = product_of_code(product).expect("a product");
        let days = [at("2026-11-16T14:30:00Z"), until].map(trading_date);
        let oracle = Fronts::by_date(of, RollBy::Calendar, days[0], days[1]).expect("a year");
        assert_eq!(taken, oracle.rolls().len(), "{product}");
        assert_eq!(roller.series[0].followed.front, oracle.on(days[1]), "{product}");
        assert!(symbols.len() + 1 >= taken, "{product}: {symbols:?}");
        assert!(roller.left.len() <= 2, "{product}: what has ended is forgotten");
    }
}

fn trade(instrument: InstrumentId, size: u32) -> Input {
    Input::Trade(Trade {
        instrument,
        price: Price(1),
        size,
        side: None,
        flags: 0,
        ts_event: UnixNanos(0),
        sequence: 0,
    })
}

#[test]
fn by_volume_the_contract_that_traded_more_on_a_day_takes_over_on_the_next() {
    let days = ["2026-12-01", "2026-12-02", "2026-12-03"];
    // By day, contracts traded in the front and in the next one, and whether it takes over.
    for traded in [[(9, 9), (9, 8), (9, 10)], [(0, 0), (5, 4), (0, 1)]] {
        let (mut roller, mut names) = start("ES", "ES.v.0", "2026-12-01T14:30:00Z");
        let front = names.followed[0].front_id;
        let next = names.followed[0].next_id.expect("the lead is long");
        assert!(say(&mut roller, &mut names, at("2026-12-01T14:30:00Z")).is_empty());
        for (day, (of_front, of_next)) in days.iter().zip(traded) {
            for (instrument, size) in [(front, of_front), (next, of_next), (InstrumentId(9), 50)] {
                roller.hear(&trade(instrument, size));
            }
            assert!(say(&mut roller, &mut names, at(&format!("{day}T21:59:59Z"))).is_empty());
            let said = say(&mut roller, &mut names, at(&format!("{day}T22:00:00Z")));
            let takes = of_next > of_front;
            assert_eq!(said.first().is_some_and(|said| said.starts_with("roll to ESH7")), takes);
        }
        assert_eq!(roller.series[0].followed.front.symbol(), "ESH7");
    }
    // Nothing traded decides nothing: the calendar does then.
    let (mut roller, mut names) = start("ES", "ES.v.0", "2026-12-01T14:30:00Z");
    let said = say(&mut roller, &mut names, at("2026-12-13T22:00:00Z"));
    assert_eq!(said[0], "roll to ESH7 from 2026-12-13T22:00");
}

#[test]
fn a_full_table_of_instruments_stops_no_stream_and_rolls_nobody() {
    let (mut roller, mut names) = start("ES", "ES", "2026-11-16T14:30:00Z");
    while !names.is_full() {
        let index = names.instruments.len() as u16;
        let filler = names.instruments[0];
        let symbol = Text::new(&format!("X{index}"));
        let instrument = InstrumentId(index);
        names.instruments.push(gauntlet_model::input::InstrumentDefinition {
            instrument,
            symbol,
            ..filler
        });
    }
    assert_eq!(names.instruments.len(), INSTRUMENTS_MAX);
    for time in ["2026-12-06T22:00:00Z", "2026-12-13T22:00:00Z", "2027-03-20T14:30:00Z"] {
        assert!(say(&mut roller, &mut names, at(time)).is_empty(), "{time}");
    }
    assert_eq!(names.instruments.len(), INSTRUMENTS_MAX);
}

#[test]
fn a_list_that_names_the_product_holds_for_its_next_contract() {
    let risk = "[risk]\ninstruments = [\"ES\"]";
    let (mut roller, mut names) = start_with(risk, "ES", "ES", "2026-11-16T14:30:00Z");
    assert_eq!(names.limits[0].instruments, 0b1);
    let said = say(&mut roller, &mut names, at("2026-12-06T22:00:00Z"));
    assert!(said.contains(&"list 0b11".to_owned()), "{said:?}");
    // A start within the lead knows both by itself.
    let (_, names) = start_with(risk, "ES", "ES", "2026-12-08T14:30:00Z");
    assert_eq!(names.limits[0].instruments, 0b11);
}
