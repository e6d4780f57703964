//! Client messages of Databento's live protocol: lines of `key=value` joined by `|`.

use crate::market::Listing;
use dbn::{SType, Schema};
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// A line from a client.
#[derive(Debug, PartialEq)]
pub(super) enum Request<'a> {
    Authenticate(Fields<'a>),
    Subscribe(Fields<'a>),
    Start,
    Unknown,
}

impl<'a> Request<'a> {
    pub(super) fn parse(line: &'a str) -> Request<'a> {
        let fields = Fields(line);
        if line == "start_session" || fields.get("start_session").is_some() {
            Request::Start
        } else if fields.get("auth").is_some() {
            Request::Authenticate(fields)
        } else if fields.get("schema").is_some() {
            Request::Subscribe(fields)
        } else {
            Request::Unknown
        }
    }
}

/// The fields of a message.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Fields<'a>(&'a str);

impl<'a> Fields<'a> {
    pub(super) fn get(&self, key: &str) -> Option<&'a str> {
        self.0.split('|').filter_map(|f| f.split_once('=')).find(|(k, _)| *k == key).map(|(_, v)| v)
    }
}

/// What the gateway allows a session to ask for when it authenticates.
pub(super) fn check_authentication(
    fields: &Fields<'_>,
    challenge: &str,
    key: &str,
    dataset: &str,
) -> Result<u64, String> {
    if fields.get("auth") != Some(expected_answer(challenge, key).as_str()) {
        return Err("Authentication failed: the key is not valid here".into());
    }
    match fields.get("dataset") {
        Some(asked) if asked == dataset => {}
        other => {
            let other = other.unwrap_or("none");
            return Err(format!("Dataset {other} is not served here, only {dataset}"));
        }
    }
    for (field, value) in [("encoding", "dbn"), ("compression", "none"), ("ts_out", "0")] {
        if let Some(other) = fields.get(field).filter(|v| *v != value) {
            return Err(format!("Only {field}={value} is served here, not {other}"));
        }
    }
    let interval = fields.get("heartbeat_interval_s").unwrap_or("30");
    match interval.parse::<u64>() {
        Ok(seconds @ 5..=1_800) => Ok(seconds),
        _ => Err(format!("heartbeat_interval_s must be 5 to 1800, not {interval}")),
    }
}

fn expected_answer(challenge: &str, key: &str) -> String {
    let hash = Sha256::digest(format!("{challenge}|{key}"));
    let mut answer = String::with_capacity(70);
    for byte in hash {
        // Writing to a String cannot fail.
        let _ = write!(answer, "{byte:02x}");
    }
    answer.push('-');
    answer.push_str(key.get(key.len().saturating_sub(5)..).unwrap_or(key));
    answer
}

/// A subscription, understood.
#[derive(Debug, PartialEq)]
pub(super) struct SubscriptionRequest {
    /// The client's number for it.
    pub id: u32,
    pub schema: Schema,
    pub snapshot: bool,
    /// From when on it is to be replayed, in nanoseconds since the epoch.
    pub start: Option<u64>,
    /// Whether every symbol was asked for, those that come to be listed too.
    pub of_all: bool,
    /// Places among the listings, with the symbol as it was asked for.
    pub found: Vec<(usize, String)>,
    /// Symbols that are none of ours.
    pub unknown: Vec<String>,
}

/// Understands a subscription, or says what is wrong with it as a whole.
pub(super) fn subscription(
    fields: &Fields<'_>,
    listings: &[Listing],
) -> Result<SubscriptionRequest, String> {
    let schema = fields.get("schema").unwrap_or("");
    let schema: Schema = schema.parse().map_err(|_| format!("Unknown schema: {schema}"))?;
    let stype = fields.get("stype_in").unwrap_or("raw_symbol");
    let stype = match stype.parse() {
        Ok(stype @ (SType::RawSymbol | SType::InstrumentId)) => stype,
        _ => return Err(format!("Only raw_symbol and instrument_id are served, not {stype}")),
    };
    // What was said of an instrument's definition and state is what every subscriber is told first.
    let is_state = matches!(schema, Schema::Definition | Schema::Status);
    let start = fields.get("start").filter(|start| !start.is_empty());
    let start = match (start, schema) {
        (None, _) => None,
        (Some("0"), _) if is_state => Some(0),
        (Some(start), Schema::Ohlcv1M) => {
            let bad = || format!("A start is a time in nanoseconds since 1970, not {start}");
            Some(start.parse::<u64>().map_err(|_| bad())?)
        }
        _ => return Err("Replay from a start time is served for ohlcv-1m alone".into()),
    };
    let snapshot = fields.get("snapshot") == Some("1");
    if snapshot && schema != Schema::Mbo {
        return Err(format!("A snapshot is only for mbo, not for {schema}"));
    }
    let symbols = fields.get("symbols").unwrap_or("");
    if symbols.is_empty() {
        return Err("A subscription needs symbols".into());
    }
    let id = fields.get("id").and_then(|id| id.parse().ok()).unwrap_or(0);
    let of_all = symbols == "ALL_SYMBOLS";
    let (found, unknown) = (Vec::new(), Vec::new());
    let mut asked = SubscriptionRequest { id, schema, snapshot, start, of_all, found, unknown };
    if of_all {
        asked.found = listings.iter().map(|l| l.symbol.clone()).enumerate().collect();
        return Ok(asked);
    }
    for symbol in symbols.split(',') {
        let is_it = |l: &Listing| match stype {
            SType::InstrumentId => symbol.parse() == Ok(l.instrument_id),
            _ => l.symbol == symbol,
        };
        match listings.iter().position(is_it) {
            Some(at) => asked.found.push((at, symbol.to_owned())),
            None => asked.unknown.push(symbol.to_owned()),
        }
    }
    Ok(asked)
}

#[cfg(test)]
mod tests {
    use super::*;
    use gauntlet_model::units::Price;

    fn listings() -> Vec<Listing> {
        let listing = |symbol: &str, instrument_id| Listing {
            symbol: symbol.into(),
            instrument_id,
            tick: Price(250_000_000),
        };
        vec![listing("ESH4", 17077), listing("NQH4", 750)]
    }

    fn ask(line: &str) -> Result<SubscriptionRequest, String> {
        match Request::parse(line) {
            Request::Subscribe(fields) => subscription(&fields, &listings()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn symbols_are_found_by_name_by_number_and_all_at_once() {
        let asked = ask("schema=mbo|stype_in=raw_symbol|symbols=NQH4,XX|snapshot=1").expect("fine");
        assert_eq!(asked.found, [(1, "NQH4".to_string())]);
        assert_eq!((asked.unknown, asked.snapshot), (vec!["XX".to_string()], true));
        let asked = ask("schema=trades|stype_in=instrument_id|symbols=17077").expect("fine");
        assert_eq!(asked.found, [(0, "17077".to_string())]);
        assert!(ask("schema=definition|symbols=ESH4|start=0").is_ok());
        assert_eq!(ask("schema=ohlcv-1m|symbols=ESH4|start=7").expect("fine").start, Some(7));
        assert_eq!(ask("schema=status|symbols=ALL_SYMBOLS").expect("fine").found.len(), 2);
    }

    #[test]
    fn a_bad_subscription_is_told_why() {
        for (line, reason) in [
            ("schema=mbq|symbols=ESH4", "Unknown schema: mbq"),
            ("schema=mbo|stype_in=parent|symbols=ES.FUT", "not parent"),
            ("schema=mbo|symbols=ESH4|start=0", "Replay"),
            ("schema=ohlcv-1m|symbols=ESH4|start=2026-11-16", "nanoseconds"),
            ("schema=trades|symbols=ESH4|snapshot=1", "only for mbo"),
            ("schema=trades", "needs symbols"),
        ] {
            let error = ask(line).expect_err(line);
            assert!(error.contains(reason), "{error}");
        }
    }

    #[test]
    fn authentication_needs_key_dataset_and_settings_that_are_served() {
        let good = format!(
            "auth={}|dataset=GLBX.MDP3|encoding=dbn|ts_out=0|heartbeat_interval_s=5",
            expected_answer("challenge", "db-some-key")
        );
        let check = |line: &str| {
            check_authentication(&Fields(line), "challenge", "db-some-key", "GLBX.MDP3")
        };
        assert_eq!(check(&good), Ok(5));
        assert!(good.contains("-e-key|"), "the answer ends in the key's last five characters");
        for (from, to, reason) in [
            ("auth=", "auth=0", "Authentication failed"),
            ("GLBX.MDP3", "XNAS.ITCH", "Dataset XNAS.ITCH"),
            ("encoding=dbn", "encoding=csv", "encoding=dbn"),
            ("ts_out=0", "ts_out=1", "ts_out=0"),
            ("_s=5", "_s=4", "5 to 1800"),
        ] {
            let error = check(&good.replace(from, to)).expect_err(reason);
            assert!(error.contains(reason), "{error}");
        }
    }
}
