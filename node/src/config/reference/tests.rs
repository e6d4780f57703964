//! The table says of every key what is so.

use super::{Absent, Key, SECTIONS, Section, Values};
use crate::config::Config;

/// A file in which every key of the table has its example, but for those that `leave` names.
fn file(leave: impl Fn(&Section, &Key) -> bool) -> String {
    let broker = super::section("broker").expect("a table");
    let unnamed = broker.key("name").is_some_and(|name| leave(broker, name));
    let mut text = String::new();
    for section in SECTIONS {
        text += &format!("{}\n", section.title());
        // One of the two is given, and a bot trades what there is, as an account names its broker.
        let spare = |key: &Key| {
            let of_none = unnamed && (section.name, key.name) == ("account", "broker");
            // A day is closed or closes at a time, and shares have no close of their own.
            let closes = section.key("close").is_some_and(|close| !leave(section, close));
            let of_closed = key.name == "us_stocks" || (key.name == "closed" && closes);
            // An account's equity asks for the margins of what it trades.
            let instruments = super::section("instrument").expect("a table");
            let margin = instruments.key("initial_margin").expect("a key");
            let of_unknown = key.name == "equity" && leave(instruments, margin);
            // A platform's drawdown halves its position.
            let halved = section.key("max_position").is_some_and(|most| leave(section, most));
            let of_nothing = (section.name, key.name) == ("risk", "max_drawdown") && halved;
            // A share of the reference and minutes say nothing without it.
            let reference = instruments.key("volatility_reference").expect("a key");
            let of_no_reference = ["volatility_percent", "volatility_minutes"].contains(&key.name)
                && leave(instruments, reference);
            let of_nothing = of_nothing || of_no_reference;
            // A target rests beside a stop alone.
            let stop = section.key("broker_stop").is_some_and(|stop| leave(section, stop));
            let of_stop = key.name == "broker_target" && stop;
            // Hours have two ends.
            let open = section.key("open").is_some_and(|open| leave(section, open));
            let close = section.key("close").is_some_and(|close| leave(section, close));
            let of_fix = ["broker.fix", "venue.session"].contains(&section.name);
            let of_hours = of_fix && (open || close) && ["open", "close"].contains(&key.name);
            // A proxy has a place, and a user name a password.
            let proxy = section.key("socks_address").is_some_and(|proxy| leave(section, proxy));
            let user = section.key("socks_username").is_some_and(|user| leave(section, user));
            let word = section.key("socks_password").is_some_and(|word| leave(section, word));
            let of_proxy =
                ["socks_username", "socks_password"].contains(&key.name) && (proxy || user || word);
            let of_stop = of_stop || of_proxy;
            // TLS begins with its roots, and a certificate has a key.
            let roots = section.key("tls_roots").is_some_and(|roots| leave(section, roots));
            let certificate = section.key("tls_certificate").is_some_and(|key| leave(section, key));
            let private = section.key("tls_key").is_some_and(|key| leave(section, key));
            let halved = certificate || private || roots;
            let of_tls = ["tls_certificate", "tls_key"].contains(&key.name) && halved
                || key.name == "tls_server_name" && roots;
            let of_stop = of_stop || of_tls;
            let of_other = of_none || of_closed || of_unknown || of_nothing || of_hours || of_stop;
            key.name == "rules" || of_other || leave(section, key)
        };
        for key in section.keys.iter().filter(|key| !spare(key)) {
            let example = match (section.name, key.name) {
                // Its rules have parameters of their own.
                ("bot", "parameters") => "{}",
                _ => key.example,
            };
            text += &format!("{} = {example}\n", key.name);
        }
    }
    text
}

fn read(text: &str) -> Result<Config, String> {
    Config::parse(text, "t").map_err(|error| error.to_string())
}

fn json(config: &Config, section: &Section) -> serde_json::Value {
    let whole = serde_json::to_value(config).expect("plain data");
    let value = section.name.split('.').fold(&whole, |table, name| &table[name]).clone();
    if value.is_array() { value[0].clone() } else { value }
}

#[test]
fn a_file_of_all_examples_is_read_and_holds_nothing_that_the_table_does_not_know() {
    let config = read(&file(|_, _| false)).unwrap_or_else(|error| panic!("{error}"));
    let whole = serde_json::to_value(&config).expect("plain data");
    let tables = whole.as_object().expect("tables").keys();
    let is_known =
        |name: &str| SECTIONS.iter().any(|section| section.name.split('.').next() == Some(name));
    assert!(tables.clone().all(|name| is_known(name)), "{tables:?}");
    for section in SECTIONS {
        let table = json(&config, section);
        for name in table.as_object().expect("a table").keys() {
            let table = format!("{}.{name}", section.name);
            let is_known =
                section.key(name).is_some() || SECTIONS.iter().any(|inner| inner.name == table);
            assert!(is_known, "{table} is not in the table");
        }
    }
}

#[test]
fn what_is_left_out_is_what_the_table_says_or_is_refused_by_name() {
    for section in SECTIONS {
        for key in section.keys {
            let left = read(&file(|s, k| (s.name, k.name) == (section.name, key.name)));
            let named = format!("{}.{}", section.name, key.name);
            match key.default {
                Absent::Required => {
                    let error = left.err().unwrap_or_else(|| panic!("{named} is not required"));
                    assert!(error.contains(key.name), "{named}: {error}");
                }
                Absent::Is(text) => {
                    let left = left.unwrap_or_else(|error| panic!("{named}: {error}"));
                    let line = format!("value = {text}");
                    let wanted: toml::Table = line.parse().expect("the table's text is TOML");
                    let wanted = serde_json::to_value(&wanted["value"]).expect("plain data");
                    assert_eq!(json(&left, section)[key.name], wanted, "{named}");
                }
                Absent::Words(_) => drop(left.unwrap_or_else(|error| panic!("{named}: {error}"))),
            }
        }
    }
}

#[test]
fn the_ends_of_a_range_are_in_it_and_what_is_beyond_is_refused_with_line_and_range() {
    for section in SECTIONS {
        for key in section.keys {
            let Values::Whole(min, max) = key.values else { continue };
            let with = |value: i64| {
                let text = file(|_, _| false);
                let line = format!("{} = {}\n", key.name, key.example);
                let at = text.find(&section.title()).expect("the table is there");
                let (before, after) = text.split_at(at);
                read(&format!(
                    "{before}{}",
                    after.replacen(&line, &format!("{} = {value}\n", key.name), 1)
                ))
            };
            let named = format!("{}.{}", section.name, key.name);
            for value in [min, max] {
                if let Err(error) = with(value) {
                    assert!(!error.contains("must be a whole number"), "{named} {value}: {error}");
                }
            }
            for value in [min - 1, max + 1] {
                let error = with(value).err().unwrap_or_else(|| panic!("{named} takes {value}"));
                let range = format!("from {min} to {max}");
                assert!(error.contains(&range) && error.contains("line "), "{named}: {error}");
            }
        }
    }
}

#[test]
fn a_misspelt_key_or_table_is_refused_with_the_right_one() {
    let whole = file(|_, _| false);
    for section in SECTIONS {
        for key in section.keys {
            let wrong = format!("{}x", key.name);
            let line = format!("\n{} = ", key.name);
            let at = whole.find(&section.title()).expect("the table is there");
            let (before, after) = whole.split_at(at);
            if !after.contains(&line) || ["rules", "closed", "us_stocks"].contains(&key.name) {
                continue;
            }
            let text = format!("{before}{}", after.replacen(&line, &format!("\n{wrong} = "), 1));
            let error = read(&text).expect_err("misspelt");
            let hint = format!("unknown key {wrong:?}: did you mean ");
            assert!(error.contains(&hint) && error.contains(key.name), "{error}");
        }
    }
    let error = read(&whole.replace("[[bot]]", "[[bots]]")).expect_err("misspelt");
    assert!(error.contains("\"bots\": did you mean bot?"), "{error}");
    let error =
        read(&whole.replace("calendar.exception", "calendar.exeption")).expect_err("misspelt");
    assert!(error.contains("\"exeption\": did you mean exception?"), "{error}");
    let error =
        read(&whole.replace("calendar.exception", "calender.exception")).expect_err("misspelt");
    assert!(error.contains("unknown table or key \"calender\""), "{error}");
    let error = read("calendar = 1\n").expect_err("a table");
    assert!(error.contains("write [[calendar.exception]]"), "{error}");
    let error = read(&whole.replace("[feed]", "[[feed]]")).expect_err("one table");
    assert!(error.contains("write [feed]"), "{error}");
}
