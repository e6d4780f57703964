use super::*;
use crate::config::{DEMO, StageCaps};

/// The demo's first bot alone, on an instrument, with more lines if wanted.
fn text(instrument: &str, named: &str, more: &str) -> String {
    let (head, _) = DEMO.split_once("[[instrument]]").expect("instruments");
    format!(
        "{head}[[instrument]]\nsymbol = {instrument:?}\nmax_order_qty = 10\nmax_position = 20\n\
         collar_ticks = 40\nstale_after_ms = 30000\ninitial_margin = 21000\n\n[[bot]]\nname = \"one\"\naccount = \"DEMO\"\n\
         instrument = {named:?}\narchetype = \"orb_breakout\"\nstage = \"PAPER\"\norder_qty = 1\n\
         stop_loss = \"16 ticks\"\nmax_order_qty = 4\nmax_position = 4\n{more}\n"
    )
}

fn read(text: &str) -> Result<Config, String> {
    Config::parse(text, "t").map_err(|error| error.to_string())
}

fn at(time: &str) -> UnixNanos {
    UnixNanos::parse_rfc3339(time).expect("a time")
}

/// What a configuration comes to on a day, with the bot where the journal has it.
fn defined(text: &str, day: &str, stands: Option<(&Definitions, &str, bool)>) -> Definitions {
    let config = read(text).expect("valid");
    let mut known = stands.map_or_else(Definitions::default, |(known, ..)| known.clone());
    known.standing.at = Some(at(day));
    if let Some((_, symbol, busy)) = stands {
        let index = place(&known.instruments, |i| i.symbol.as_str() == symbol);
        known.standing.places.insert(0, (InstrumentId(index as u16), busy));
    }
    let caps = StageCaps::read(|_| None).expect("the defaults");
    config.definitions(&caps, &known).expect("fits")
}

fn symbol(defined: &Definitions, instrument: InstrumentId) -> &str {
    defined.instruments[usize::from(instrument.0)].symbol.as_str()
}

/// Where the bot stands, what is subscribed to, and where and when it rolls.
fn brief(defined: &Definitions) -> (&str, Vec<&str>, Vec<(&str, String)>) {
    let rolls = defined
        .rolls
        .iter()
        .map(|roll| (symbol(defined, roll.to), roll.from.to_string()[..16].to_owned()));
    (
        symbol(defined, defined.bots[0].instrument),
        defined.subscribed.iter().map(|id| symbol(defined, *id)).collect(),
        rolls.collect(),
    )
}

#[test]
fn a_bot_on_a_product_stands_on_its_front_contract_by_every_name_of_it() {
    for (entry, name) in [("ES", "ES"), ("/ES", "ES.c.0"), ("ES.FUT", "es"), ("ES", "ES=F")] {
        let defined = defined(&text(entry, name, ""), "2026-11-16T14:30:00Z", None);
        assert_eq!(brief(&defined), ("ESZ6", vec!["ESZ6"], vec![]), "{entry} {name}");
        assert!(defined.bots[0].enabled);
        assert_eq!(defined.contract_rules.len(), 1);
    }
}

#[test]
fn the_next_contract_is_there_in_time_and_the_front_one_changes_on_the_day_of_the_roll() {
    let text = text("ES", "ES", "");
    let on = |day: &str| defined(&text, day, None);
    // The roll is on Monday the 14th, which begins on Sunday evening.
    assert_eq!(brief(&on("2026-12-06T21:59:59Z")), ("ESZ6", vec!["ESZ6"], vec![]));
    let lead = on("2026-12-06T22:00:00Z");
    let roll = ("ESH7", "2026-12-13T22:00".to_owned());
    assert_eq!(brief(&lead), ("ESZ6", vec!["ESZ6", "ESH7"], vec![roll.clone()]));
    assert_eq!(brief(&on("2026-12-13T21:59:59Z")).2, [roll]);
    assert_eq!(brief(&on("2026-12-13T22:00:00Z")), ("ESH7", vec!["ESH7"], vec![]));
}

#[test]
fn who_holds_an_earlier_contract_rolls_at_once_and_who_is_flat_starts_in_the_front_one() {
    let text = text("ES", "ES", "");
    let before = defined(&text, "2026-11-16T14:30:00Z", None);
    let day = "2026-12-15T14:30:00Z";
    let holds = defined(&text, day, Some((&before, "ESZ6", true)));
    let roll = ("ESH7", "2026-12-15T14:30".to_owned());
    assert_eq!(brief(&holds), ("ESZ6", vec!["ESH7", "ESZ6"], vec![roll]));
    assert_eq!(holds.contract_rules.len(), 2, "R31 knows both ends");
    let flat = defined(&text, day, Some((&before, "ESZ6", false)));
    assert_eq!(brief(&flat), ("ESH7", vec!["ESH7"], vec![]));
    // Nobody asks for data of a contract that has expired.
    let late = defined(&text, "2026-12-21T14:30:00Z", Some((&before, "ESZ6", true)));
    assert_eq!(brief(&late).1, ["ESH7"]);
    // Nor does anybody go back, whatever the calendar says.
    let ahead = defined(&text, "2026-11-17T14:30:00Z", Some((&flat, "ESH7", false)));
    assert_eq!(brief(&ahead), ("ESH7", vec!["ESH7"], vec![]));
}

#[test]
fn a_bot_that_is_flattened_stays_where_it_is() {
    let flatten = text("ES", "ES", "at_contract_end = \"flatten\"");
    let before = defined(&flatten, "2026-12-10T14:30:00Z", None);
    assert_eq!(brief(&before), ("ESZ6", vec!["ESZ6", "ESH7"], vec![]));
    for day in ["2026-12-15T14:30:00Z", "2027-01-15T14:30:00Z"] {
        let after = defined(&flatten, day, Some((&before, "ESZ6", false)));
        assert_eq!((brief(&after).0, brief(&after).2.len()), ("ESZ6", 0), "{day}");
        assert_eq!(after.contract_rules.len(), 2, "or nobody would bar it");
        let rolls = defined(&text("ES", "ES", ""), day, Some((&after, "ESZ6", false)));
        assert_eq!(brief(&rolls).0, "ESH7", "{day}: until a person says otherwise");
    }
}

#[test]
fn by_volume_the_next_contract_is_followed_for_longer() {
    let volume = text("ES", "ES.v.0", "");
    let on = |day: &str| defined(&volume, day, None);
    assert_eq!(brief(&on("2026-11-27T14:30:00Z")).1, ["ESZ6"]);
    assert_eq!(brief(&on("2026-11-30T14:30:00Z")).1, ["ESZ6", "ESH7"]);
    assert!(on("2026-11-30T14:30:00Z").followed[0].by_volume);
}

#[test]
fn names_that_no_bot_can_trade_say_what_to_write_instead() {
    let refused = |entry: &str, name: &str, more: &str, words: &[&str]| {
        let why = read(&text(entry, name, more)).expect_err("refused");
        for word in words {
            assert!(why.contains(word), "{entry} {name}: {word:?} in {why}");
        }
    };
    refused("ES", "ES.c.1", "", &["front contract", "ES.v.0"]);
    refused("ES", "ES.c.0.diff", "", &["its own prices"]);
    refused("ES", "ES.n.0", "", &["open interest"]);
    refused("ESZ6", "ES", "", &["no instrument \"ES\""]);
    refused("ES", "ESZ6", "", &["no instrument \"ESZ6\""]);
    refused("ESZ6", "ESZ6", "at_contract_end = \"roll\"", &["one", "name the product"]);
    refused("ES", "ES", "at_contract_end = \"hold\"", &["flatten"]);
    let both = text("ES", "ES", "").replacen(
        "[[bot]]",
        "[[instrument]]\nsymbol = \"ESZ6\"\nmax_order_qty = 1\nmax_position = 1\ncollar_ticks = 1\n\
         stale_after_ms = 1000\n\n[[bot]]",
        1,
    );
    let why = read(&both).expect_err("refused");
    assert!(why.contains("leave one of the two out"), "{why}");
}

#[test]
fn what_a_configuration_means_does_not_change_with_its_front_contract() {
    let config = read(&text("ES", "ES", "")).expect("valid");
    let caps = StageCaps::read(|_| None).expect("the defaults");
    let later = Config { day: Some(at("2027-06-01T14:30:00Z")), ..config.clone() };
    assert_eq!(config.hash(&caps), later.hash(&caps));
    let flatten = read(&text("ES", "ES", "at_contract_end = \"flatten\"")).expect("valid");
    assert_ne!(config.hash(&caps), flatten.hash(&caps));
}
