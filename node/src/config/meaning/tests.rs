//! What is a change of a configuration and what is not.

use super::Meaning;
use crate::config::{Config, DEMO, Definitions, StageCaps};

fn caps() -> StageCaps {
    StageCaps::read(|_| None).expect("defaults")
}

fn of(text: &str) -> Meaning {
    Config::parse(text, "t").unwrap_or_else(|error| panic!("{error}")).meaning(&caps())
}

#[test]
fn another_way_to_write_the_same_is_no_change() {
    let demo = of(DEMO);
    let (bots, rest) = (DEMO.find("[[bot]]").expect("bots"), DEMO);
    let (head, bots) = rest.split_at(bots);
    let mut turned: Vec<_> = bots.split("[[bot]]\n").skip(1).collect();
    turned.reverse();
    let turned = turned.iter().fold(head.to_owned(), |text, bot| text + "[[bot]]\n" + bot);
    let same = [
        ("a comment", DEMO.replace("[broker]", "# ours\n[broker] # theirs")),
        (
            "a comment in rules",
            DEMO.replace("entry passive", "# waits\nentry passive # at the price"),
        ),
        ("room in rules", DEMO.replace("bb(8, 1.0)", "bb( 8,1 )")),
        ("the order of bots", turned),
        ("a symbol's alias", DEMO.replace("\"ES\"", "\"/ES\"")),
        ("a session's alias", DEMO.replace("\"RTH_US\"", "\"regular\"")),
        ("a distance's words", DEMO.replace("\"16 ticks\"", "\"16  TICKS\"")),
        (
            "a default that is written out",
            DEMO.replace("[[bot]]\n", "[[bot]]\nhold_over_session = false\n"),
        ),
        ("weights of one", DEMO.replace("[[bot]]\n", "[[bot]]\nweights = { news = 1 }\n")),
        ("a secret", DEMO.replace("db-GAUNTLET", "db-SECRET")),
        ("threads", DEMO.replace("wait = \"park\"", "wait = \"yield\"")),
        ("the page", DEMO.replace(":8080", ":8081")),
        ("the journal", format!("{DEMO}\n[journal]\nsegment_mib = 16\n")),
    ];
    for (what, text) in same {
        let other = of(&text);
        assert_eq!(demo.difference(&other), "", "{what}");
        assert_eq!(demo.hash(), other.hash(), "{what}");
    }
}

#[test]
fn what_decides_is_a_change_and_its_line_is_shown_with_old_and_new() {
    let changed = [
        ("collar_ticks = 40", "collar_ticks = 41", "instrument.ES.collar_ticks: 40 → 41"),
        ("stage = \"LIVE\"", "stage = \"PAPER\"", "bot.es-orb.stage: LIVE → PAPER"),
        ("\"80 ticks\"", "\"81 ticks\"", "bot.es-orb.take_profit: 80 ticks → 81 ticks"),
        ("{ minutes = 5 }", "{ minutes = 6 }", "bot.es-orb.parameters.minutes: 5 → 6"),
        ("\"mbp-1\"", "\"mbo\"", "feed.schema: mbp-1 → mbo"),
        ("SIMVENUE", "BROKER", "broker.target_comp_id: SIMVENUE → BROKER"),
        ("clock = \"data\"", "clock = \"realtime\"", "node.clock: data → realtime"),
        ("max_position = 60", "max_position = 61", "account.DEMO.max_position: 60 → 61"),
        ("bb(8, 1.0)", "bb(9, 1.0)", "    - let band = bb(8, 1)\n    + let band = bb(9, 1)"),
    ];
    let demo = of(DEMO);
    for (from, to, line) in changed {
        let other = of(&DEMO.replacen(from, to, 1));
        let difference = demo.difference(&other);
        assert!(difference.contains(line), "{from}: {difference}");
        assert_ne!(demo.hash(), other.hash(), "{from}");
    }
    let config = Config::parse(DEMO, "t").expect("valid");
    let caps = StageCaps::read(|n| (n == "MAX_CONTRACTS_LIVE").then(|| "7".into()));
    let difference = demo.difference(&config.meaning(&caps.expect("valid")));
    assert_eq!(difference, "  environment.MAX_CONTRACTS_LIVE: 100 → 7\n");
}

#[test]
fn a_bot_that_comes_or_goes_is_shown_whole() {
    let mut config = Config::parse(DEMO, "t").expect("valid");
    let before = config.meaning(&caps());
    config.bots.retain(|bot| bot.name != "es-orb");
    let after = config.meaning(&caps());
    assert!(before.difference(&after).contains("- bot.es-orb.stage = LIVE\n"));
    assert!(after.difference(&before).contains("+ bot.es-orb.stage = LIVE\n"));
}

#[test]
fn a_meaning_reads_back_as_written() {
    let demo = of(DEMO);
    let text = format!("# a head\n{}", demo.to_text());
    assert_eq!(Meaning::parse(&text), Some(demo));
    let odd = DEMO.replace("\"GAUNTLET\"", "'back\\slash = and \"quotes\"'");
    let odd = of(&odd);
    assert_eq!(Meaning::parse(&odd.to_text()), Some(odd));
    assert_eq!(Meaning::parse("no line of it"), None);
}

#[test]
fn without_the_text_of_the_configuration_before_its_definitions_tell_what_they_can() {
    let define = |text: &str| {
        let config = Config::parse(text, "t").expect("valid");
        let defined = config.definitions(&caps(), &Definitions::default()).expect("fits");
        Meaning::of_definitions(&defined)
    };
    let changed = DEMO.replacen("order_qty = 2", "order_qty = 3", 1);
    let difference = define(DEMO).difference(&define(&changed));
    assert_eq!(difference, "  bot.es-orb.order_qty: 2 → 3\n");
}

#[test]
fn a_day_of_the_calendar_is_part_of_it_and_its_reason_is_not() {
    let entry = |whose: &str, what: &str, reason: &str| {
        format!(
            "{DEMO}\n[[calendar.exception]]\ndate = \"2027-03-10\"\n{whose}\n{what}\nreason = {reason:?}\n"
        )
    };
    let (demo, rates) = (of(DEMO), "groups = [\"rates\"]");
    let closed = of(&entry(rates, "closed = true", "a notice"));
    let line = "+ calendar.exception.2027-03-10.rates = closed\n";
    assert_eq!(demo.difference(&closed), line);
    assert_ne!(demo.hash(), closed.hash());
    let early = of(&entry(rates, "close = \"13:15\"", "a notice"));
    let line = "  calendar.exception.2027-03-10.rates: closed → closes at 13:15 in New York\n";
    assert_eq!(closed.difference(&early), line);
    assert_eq!(
        closed.difference(&of(&entry("groups = [\"Rates\"]", "closed = true", "other"))),
        ""
    );

    // By the journal's definitions it is the same.
    let config = Config::parse(&entry(rates, "closed = true", "a notice"), "t").expect("valid");
    let defined = config.definitions(&caps(), &Definitions::default()).expect("fits");
    let text = Meaning::of_definitions(&defined).to_text();
    assert!(text.contains("calendar.exception.2027-03-10.rates = closed\n"), "{text}");
    let later = Config::parse(DEMO, "t").expect("valid").definitions(&caps(), &defined);
    assert_eq!(later.expect("fits").calendar, [], "what is not configured any more is not told");
}

#[test]
fn a_wrong_day_of_the_calendar_is_refused_with_its_place() {
    let text = format!(
        "{DEMO}\n[[calendar.exception]]\ndate = \"2027-03-13\"\ngroups = [\"rates\"]\nclosed = true\n\
         reason = \"x\"\n"
    );
    let error = Config::parse(&text, "t").expect_err("a Saturday").to_string();
    assert!(
        error.contains("[[calendar.exception]] number 1") && error.contains("weekend"),
        "{error}"
    );
}

#[test]
fn a_wrong_day_of_a_configuration_that_was_made_is_not_left_out() {
    let mut config = Config::parse(DEMO, "t").expect("valid");
    config.calendar.exceptions.push(Default::default());
    let defined = config.definitions(&caps(), &Definitions::default());
    let error = defined.expect_err("no date").to_string();
    assert!(error.contains("[[calendar.exception]] number 1"), "{error}");
}
