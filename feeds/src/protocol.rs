//! The text half of Databento's live protocol: what is said before the first record.
//!
//! Lines end in `\n`; a message is a list of `key=value` joined by `|`. The gateway opens with
//! `lsg_version=…` and a challenge `cram=…`; the client answers with the SHA-256 of
//! `challenge|key`, in hexadecimal, a dash and the last five characters of the key, so that the key
//! itself never crosses the wire. Source: Databento's raw API documentation and the `databento`
//! crate, 0.64.

use dbn::{SType, Schema};
use sha2::{Digest, Sha256};
use std::fmt::{self, Write};

/// Most symbols in one subscription message.
pub const SYMBOLS_PER_MESSAGE_MAX: usize = 500;

/// A Databento key. Never printed, and never sent: the wire carries a hash of it.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey(String);

/// Characters of the key that tell the gateway which key it is.
const BUCKET: usize = 5;

impl ApiKey {
    /// Takes a key; `None` if it cannot be one: at least eight printable characters without spaces
    /// or `|`. Databento's own have 32.
    pub fn new(key: &str) -> Option<ApiKey> {
        let fits = key.len() >= 8 && key.bytes().all(|b| b.is_ascii_graphic() && b != b'|');
        fits.then(|| ApiKey(key.to_owned()))
    }

    /// The answer to a challenge.
    fn answer(&self, challenge: &str) -> String {
        let mut hash = Sha256::new();
        hash.update(challenge.as_bytes());
        hash.update(b"|");
        hash.update(self.0.as_bytes());
        let mut answer = String::with_capacity(64 + 1 + BUCKET);
        for byte in hash.finalize() {
            // Writing to a String cannot fail.
            let _ = write!(answer, "{byte:02x}");
        }
        answer.push('-');
        answer.push_str(&self.0[self.0.len() - BUCKET..]);
        answer
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(***)")
    }
}

/// What to ask the gateway for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// The schema, such as market-by-order.
    pub schema: Schema,
    /// What kind of symbols these are.
    pub stype_in: SType,
    /// The symbols. At most [`SYMBOLS_PER_MESSAGE_MAX`].
    pub symbols: Vec<String>,
    /// Whether what was said in the last day comes first (`start=0`): for what is said seldom.
    pub replay: bool,
}

impl Subscription {
    /// A subscription by the exchange's own symbols, such as `ESH4`.
    pub fn raw<S: Into<String>>(
        schema: Schema,
        symbols: impl IntoIterator<Item = S>,
    ) -> Subscription {
        let symbols = symbols.into_iter().map(Into::into).collect();
        Subscription { schema, stype_in: SType::RawSymbol, symbols, replay: false }
    }

    /// The exchange's definitions of these symbols, which it says once a day and when they change:
    /// with those of the last day.
    pub fn definitions<S: Into<String>>(symbols: impl IntoIterator<Item = S>) -> Subscription {
        Subscription { replay: true, ..Subscription::raw(Schema::Definition, symbols) }
    }

    /// Names a symbol too, or not any more.
    pub(crate) fn change(&mut self, symbol: &str, follows: bool) {
        self.symbols.retain(|known| known != symbol);
        if follows {
            self.symbols.push(symbol.to_owned());
        }
    }

    /// Why it cannot be sent, if it cannot.
    pub(crate) fn fault(&self) -> Option<&'static str> {
        let plain = |s: &String| {
            !s.is_empty() && s.bytes().all(|b| b.is_ascii_graphic() && b != b'|' && b != b',')
        };
        match self.symbols.len() {
            0 => Some("has no symbols"),
            n if n > SYMBOLS_PER_MESSAGE_MAX => Some("has more than 500 symbols"),
            _ if self.replay && self.schema == Schema::Mbo => {
                Some("cannot have both a replay and a snapshot")
            }
            _ if !self.symbols.iter().all(plain) => {
                Some("has a symbol that is empty or contains a space, comma or bar")
            }
            _ => None,
        }
    }

    /// The request. A book built from orders is useless without its beginning, so market-by-order
    /// always asks for a snapshot.
    fn line(&self, id: u64) -> String {
        format!(
            "schema={}|stype_in={}|symbols={}{}|snapshot={}|id={id}|is_last=1\n",
            self.schema,
            self.stype_in,
            self.symbols.join(","),
            if self.replay { "|start=0" } else { "" },
            u8::from(self.schema == Schema::Mbo),
        )
    }
}

/// The host and port of Databento's gateway for a dataset.
pub fn default_gateway(dataset: &str) -> String {
    format!("{}.lsg.databento.com:13000", dataset.replace('.', "-").to_ascii_lowercase())
}

/// A line from the gateway before the stream begins.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Line<'a> {
    Greeting,
    Challenge(&'a str),
    Welcome,
    Refusal(&'a str),
}

impl<'a> Line<'a> {
    /// Reads a line without its end; `None` for one that is none of the protocol's.
    pub(crate) fn parse(line: &'a str) -> Option<Line<'a>> {
        if let Some(challenge) = line.strip_prefix("cram=") {
            return (!challenge.is_empty()).then_some(Line::Challenge(challenge));
        }
        if line.starts_with("lsg_version=") {
            return Some(Line::Greeting);
        }
        let field =
            |key| line.split('|').filter_map(|p| p.split_once('=')).find(|(k, _)| *k == key);
        match (field("success"), field("error")) {
            (Some((_, "1")), _) => Some(Line::Welcome),
            (_, Some((_, reason))) => Some(Line::Refusal(reason)),
            (Some(_), None) => Some(Line::Refusal("no reason given")),
            (None, None) => None,
        }
    }
}

/// The answer to the challenge.
pub(crate) fn authentication(
    key: &ApiKey,
    challenge: &str,
    dataset: &str,
    heartbeat_interval_s: u32,
) -> String {
    format!(
        "auth={}|dataset={dataset}|encoding=dbn|compression=none|ts_out=0|client=gauntlet/{}|\
         heartbeat_interval_s={heartbeat_interval_s}\n",
        key.answer(challenge),
        env!("CARGO_PKG_VERSION"),
    )
}

/// The subscriptions and the request to start.
pub(crate) fn subscriptions(subscriptions: &[Subscription]) -> String {
    let mut lines: String = subscriptions.iter().zip(1..).map(|(s, id)| s.line(id)).collect();
    lines.push_str("start_session\n");
    lines
}

/// The request for a snapshot of a symbol's book in a session that streams already. Subscribing a
/// second time changes nothing else. The symbol is of the kind that it was asked for by.
pub(crate) fn snapshot(subscriptions: &[Subscription], symbol: &str, id: u64) -> String {
    let names_it =
        |s: &&Subscription| s.schema == Schema::Mbo && s.symbols.iter().any(|s| s == symbol);
    let stype_in = subscriptions.iter().find(names_it).map_or(SType::RawSymbol, |s| s.stype_in);
    Subscription { stype_in, ..Subscription::raw(Schema::Mbo, [symbol]) }.line(id)
}

/// A subscription that begins in the past, in nanoseconds since the epoch (0 for as far back as the
/// gateway goes), others that are replayed, and the request to start. Only what is asked for before
/// the start can be replayed.
pub(crate) fn history<'a>(
    subscription: &Subscription,
    start_ns: u64,
    others: impl Iterator<Item = &'a Subscription>,
) -> String {
    let line = subscription.line(1);
    let (request, rest) = line.split_once("|snapshot=").unwrap_or((&line, ""));
    let others: String = others.zip(2..).map(|(other, id)| other.line(id)).collect();
    format!("{request}|start={start_ns}|snapshot={rest}{others}start_session\n")
}

/// The requests for one more symbol in a session that streams already, where nothing can be replayed any
/// more.
pub(crate) fn joining(subscriptions: &[Subscription], symbol: &str) -> String {
    let of_it = |subscription: &Subscription| Subscription {
        symbols: vec![symbol.to_owned()],
        replay: false,
        ..subscription.clone()
    };
    let asked: Vec<Subscription> = subscriptions.iter().map(of_it).collect();
    later(asked.iter())
}

/// Subscriptions of a session that has started.
pub(crate) fn later<'a>(subscriptions: impl Iterator<Item = &'a Subscription>) -> String {
    subscriptions.zip(1_001..).map(|(subscription, id)| subscription.line(id)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_hashes_challenge_and_key_and_shows_only_the_keys_last_five_characters() {
        let key = ApiKey::new("db-89s9vCvwDDKPdQJ5Pb30Fyj9mNUM6").expect("a key");
        // sha256("t7kNhwj4xqR0QYjzFKtBEG2ec2pXJ4FK|db-89s9vCvwDDKPdQJ5Pb30Fyj9mNUM6")
        let expected = {
            let hash = Sha256::digest(
                b"t7kNhwj4xqR0QYjzFKtBEG2ec2pXJ4FK|db-89s9vCvwDDKPdQJ5Pb30Fyj9mNUM6",
            );
            hash.iter().map(|b| format!("{b:02x}")).collect::<String>() + "-mNUM6"
        };
        assert_eq!(key.answer("t7kNhwj4xqR0QYjzFKtBEG2ec2pXJ4FK"), expected);
        let sent = authentication(&key, "t7kNhwj4xqR0QYjzFKtBEG2ec2pXJ4FK", "GLBX.MDP3", 10);
        assert!(!sent.contains("db-89s9"), "{sent}");
        assert!(!format!("{key:?}").contains("mNUM6"));
    }

    #[test]
    fn impossible_keys_and_subscriptions_are_found_before_they_are_sent() {
        assert_eq!(ApiKey::new("short"), None);
        assert_eq!(ApiKey::new("db-with|bar-in-it"), None);
        assert!(Subscription::raw(Schema::Mbo, ["ESH4"]).fault().is_none());
        assert!(Subscription::raw(Schema::Mbo, Vec::<String>::new()).fault().is_some());
        assert!(Subscription::raw(Schema::Mbo, ["ES\nH4"]).fault().is_some());
        assert!(Subscription::raw(Schema::Mbo, ["ESH4,NQH4"]).fault().is_some());
        assert!(Subscription::raw(Schema::Mbo, vec!["A"; 501]).fault().is_some());
    }

    #[test]
    fn market_by_order_asks_for_a_snapshot_and_others_do_not() {
        let lines = subscriptions(&[
            Subscription::raw(Schema::Mbo, ["ESH4", "NQH4"]),
            Subscription::raw(Schema::Ohlcv1M, ["ESH4"]),
        ]);
        assert_eq!(
            lines,
            "schema=mbo|stype_in=raw_symbol|symbols=ESH4,NQH4|snapshot=1|id=1|is_last=1\n\
             schema=ohlcv-1m|stype_in=raw_symbol|symbols=ESH4|snapshot=0|id=2|is_last=1\n\
             start_session\n"
        );
    }

    #[test]
    fn definitions_are_asked_for_with_those_of_the_last_day() {
        assert_eq!(
            subscriptions(&[Subscription::definitions(["ESH4"])]),
            "schema=definition|stype_in=raw_symbol|symbols=ESH4|start=0|snapshot=0|id=1|is_last=1\n\
             start_session\n"
        );
        let odd = Subscription { replay: true, ..Subscription::raw(Schema::Mbo, ["ESH4"]) };
        assert!(odd.fault().is_some());
    }

    #[test]
    fn a_snapshot_is_asked_for_by_the_kind_of_name_that_the_book_was_asked_for_by() {
        let mut mbo = Subscription::raw(Schema::Mbo, ["ES.c.0"]);
        mbo.stype_in = SType::Continuous;
        let line = |symbol| snapshot(std::slice::from_ref(&mbo), symbol, 7);
        let asked = "schema=mbo|stype_in=continuous|symbols=ES.c.0|snapshot=1|id=7|is_last=1\n";
        assert_eq!(line("ES.c.0"), asked);
        assert!(line("ESH4").contains("stype_in=raw_symbol|symbols=ESH4|snapshot=1"));
    }

    #[test]
    fn history_is_asked_for_before_the_start_and_the_market_after_it() {
        let bars = Subscription::raw(Schema::Ohlcv1M, ["ESH4"]);
        assert_eq!(
            history(&bars, 7, [Subscription::definitions(["ESH4"])].iter()),
            "schema=ohlcv-1m|stype_in=raw_symbol|symbols=ESH4|start=7|snapshot=0|id=1|is_last=1\n\
             schema=definition|stype_in=raw_symbol|symbols=ESH4|start=0|snapshot=0|id=2|is_last=1\n\
             start_session\n"
        );
        assert_eq!(
            later([Subscription::raw(Schema::Trades, ["ESH4"])].iter()),
            "schema=trades|stype_in=raw_symbol|symbols=ESH4|snapshot=0|id=1001|is_last=1\n"
        );
    }

    #[test]
    fn gateway_lines_are_told_apart() {
        assert_eq!(Line::parse("lsg_version=0.6.4"), Some(Line::Greeting));
        assert_eq!(Line::parse("cram=abc"), Some(Line::Challenge("abc")));
        assert_eq!(Line::parse("cram="), None);
        assert_eq!(Line::parse("success=1|session_id=7"), Some(Line::Welcome));
        assert_eq!(Line::parse("success=0|error=no"), Some(Line::Refusal("no")));
        assert_eq!(Line::parse("success=0"), Some(Line::Refusal("no reason given")));
        assert_eq!(Line::parse("HTTP/1.1 400 Bad Request"), None);
    }

    #[test]
    fn the_gateway_of_a_dataset_has_its_name() {
        assert_eq!(default_gateway("GLBX.MDP3"), "glbx-mdp3.lsg.databento.com:13000");
    }
}
