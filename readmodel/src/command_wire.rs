//! The protocol of the control socket, a Unix datagram socket beside the journal that the hot
//! thread itself reads, so that a kill needs no other thread, server or database to be alive.
//!
//! One datagram is one request of at most [`REQUEST_MAX`] bytes, one datagram is its reply; both are
//! one line of UTF-8 with fields separated by tabs. Parsing allocates nothing.
//!
//! ```text
//! gauntlet/1 <id> ping
//! gauntlet/1 <id> kill   <scope> <flatten 0|1> <actor> <reason>
//! gauntlet/1 <id> freeze <scope> 0             <actor> <reason>
//! gauntlet/1 <id> unkill <scope> 0             <actor> <reason>
//! gauntlet/1 <id> accept platform 0            <actor> <reason>
//! gauntlet/1 <id> correct <scope> <fields, see `correction`> <actor> <reason>
//! gauntlet/1 <id> ticket <scope> <fields, see `ticket`> <actor> <reason>
//! gauntlet/1 <id> adopt <scope> <fields, see `adoption`> <actor> <reason>
//! gauntlet/1 <id> numbers <scope> <fields, see `numbers`> <actor> <reason>
//! gauntlet/1 <id> limit <scope> <step> <limit> <value> <seconds> <actor> <reason>
//! gauntlet/1 <id> signal <scope> <source> <direction> <strength> <confidence> <published> <ttl> <name> <text>
//!
//! ok      <id> <seq> <orders>
//! refused <id> <why>
//! ```
//!
//! A signal is an opinion on an instrument, or on `platform`, all of them: `<source>` is `model`,
//! `options_flow`, `macro` or `news`, `<direction>` -1, 0 or 1, `<published>` nanoseconds since the Unix
//! epoch or 0 for now by the node's clock, `<ttl>` seconds, `<name>` the source's identity of it, which may be empty as may its text.
//!
//! `<scope>` is `platform`, `account:NAME`, `bot:NAME`, `venue:NAME` (a broker or a simulator), `user:NAME` (every
//! bot of its owner), `order:ID` (of a kill alone) or `instrument:SYMBOL`, where a symbol is a contract in
//! any spelling that the configuration reads, or a product: all its contracts that are traded. The reply comes after
//! the command went through the chain, so `ok` means that it has happened: `seq` is the input's
//! number and `orders` how many working orders were asked to be cancelled.

mod adoption;
mod correction;
mod numbers;
mod ticket;

pub use adoption::AskedAdoption;
pub use correction::AskedCorrection;
use gauntlet_model::ids::ClOrdId;
use gauntlet_model::input::{LimitKind, LimitStep, SignalSource};
use gauntlet_model::text::Text;
use gauntlet_model::units::UnixNanos;
pub use numbers::AskedNumbers;
use std::fmt::{self, Write};
use thiserror::Error;
pub use ticket::AskedTicket;

/// Longest request, in bytes.
pub const REQUEST_MAX: usize = 512;
/// Longest reply, in bytes.
pub const REPLY_MAX: usize = 256;
/// The socket's file name within the data directory.
pub const SOCKET_NAME: &str = "control.sock";

const PROTOCOL: &str = "gauntlet/1";

/// The opinion of a source outside of the platform.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Opinion {
    /// From where.
    pub source: SignalSource,
    /// −1 short, 0 out of the market, +1 long.
    pub direction: i8,
    /// How strong, 0 to 1.
    pub strength: f64,
    /// How sure, 0 to 1.
    pub confidence: f64,
    /// When its source published it; 0 for now by the node's clock.
    pub published: UnixNanos,
    /// Seconds from then for which it counts.
    pub ttl_seconds: u32,
    /// Its source's identity of it; empty when it has none.
    pub name: Text<32>,
    /// What it is about.
    pub text: Text<64>,
}

impl Opinion {
    /// Reads the fields after the scope.
    fn parse<'a>(fields: &mut impl Iterator<Item = &'a str>) -> Option<Opinion> {
        Some(Opinion {
            source: SignalSource::of(fields.next()?)?,
            direction: fields.next()?.parse().ok()?,
            strength: fields.next()?.parse().ok()?,
            confidence: fields.next()?.parse().ok()?,
            published: UnixNanos(fields.next()?.parse().ok()?),
            ttl_seconds: fields.next()?.parse().ok()?,
            name: Text::new(fields.next()?),
            text: Text::new(fields.next()?),
        })
    }

    fn encode(&self) -> String {
        let Opinion { direction, strength, confidence, ttl_seconds, .. } = self;
        format!(
            "{}\t{direction}\t{strength}\t{confidence}\t{}\t{ttl_seconds}\t{}\t{}",
            self.source.name(),
            self.published.0,
            plain(self.name.as_str()),
            plain(self.text.as_str())
        )
    }
}

/// A field without what would end it.
fn plain(text: &str) -> String {
    text.replace(['\t', '\n', '\r'], " ")
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Verb {
    /// Only whether the hot thread answers.
    Ping,
    /// Set a kill.
    Kill {
        /// Whether positions are closed too.
        flatten: bool,
    },
    /// Set a kill under which exits stop too.
    Freeze,
    /// Lift a kill of exactly this scope.
    Unkill,
    /// Reset the tripped breaker of exactly this bot or account.
    ResetBreaker,
    /// Trade under a changed configuration.
    AcceptConfiguration,
    /// Hear an opinion.
    Signal(Opinion),
    /// Put something right.
    Correct(AskedCorrection),
    /// An order, the end of one, or the end of a position.
    Ticket(AskedTicket),
    /// Take over an order that only its broker knows.
    Adopt(AskedAdoption),
    /// Set the sequence numbers of a broker's session.
    Numbers(AskedNumbers),
    /// Change a limit.
    Limit(AskedLimit),
}

/// A change of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AskedLimit {
    /// What is done.
    pub step: LimitStep,
    /// Which limit.
    pub limit: LimitKind,
    /// Contracts, orders or micro-dollars; 0 where it says nothing.
    pub value: i64,
    /// How long a raise lasts; 0 where it says nothing.
    pub seconds: u32,
}

impl AskedLimit {
    /// Reads the fields after the scope.
    fn parse<'a>(fields: &mut impl Iterator<Item = &'a str>) -> Option<AskedLimit> {
        Some(AskedLimit {
            step: LimitStep::of(fields.next()?)?,
            limit: LimitKind::of(fields.next()?)?,
            value: fields.next()?.parse().ok()?,
            seconds: fields.next()?.parse().ok()?,
        })
    }

    fn encode(&self) -> String {
        let AskedLimit { step, limit, value, seconds } = self;
        format!("{}\t{}\t{value}\t{seconds}", step.name(), limit.name())
    }
}

/// How far it reaches, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target<'a> {
    /// Everything.
    Platform,
    /// One account.
    Account(&'a str),
    /// One bot.
    Bot(&'a str),
    /// One instrument.
    Instrument(&'a str),
    /// Everything at one broker, or one simulator.
    Venue(&'a str),
    /// Every bot of one person.
    User(&'a str),
    /// One order.
    Order(ClOrdId),
}

impl fmt::Display for Target<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Platform => f.write_str("platform"),
            Target::Account(name) => write!(f, "account:{name}"),
            Target::Bot(name) => write!(f, "bot:{name}"),
            Target::Instrument(symbol) => write!(f, "instrument:{symbol}"),
            Target::Venue(name) => write!(f, "venue:{name}"),
            Target::User(name) => write!(f, "user:{name}"),
            Target::Order(order) => write!(f, "order:{:016x}", order.0),
        }
    }
}

/// A request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Request<'a> {
    /// Chosen by the asker, given back in the reply.
    pub id: u64,
    /// What.
    pub verb: Verb,
    /// Where.
    pub target: Target<'a>,
    /// Who asks; nobody in particular does so of a ping and a signal.
    pub actor: &'a str,
    /// Why.
    pub reason: &'a str,
}

/// Why a request is not one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RequestError {
    /// Not UTF-8, too long, or not our protocol.
    #[error("not a request of protocol gauntlet/1")]
    NotARequest,
    /// A verb that does not exist.
    #[error("no such command")]
    UnknownVerb,
    /// A scope that does not exist.
    #[error(
        "the scope must be platform, account:NAME, bot:NAME, instrument:SYMBOL, venue:NAME, user:NAME or \
         order:ID"
    )]
    BadScope,
    /// A field is missing or has a value it may not have.
    #[error("a field is missing or wrong")]
    BadField,
}

impl<'a> Request<'a> {
    /// Reads a request.
    ///
    /// # Errors
    /// What is wrong with it, and its id as far as one was read (0 otherwise).
    pub fn parse(datagram: &'a [u8]) -> Result<Request<'a>, (u64, RequestError)> {
        let not_one = (0, RequestError::NotARequest);
        if datagram.len() > REQUEST_MAX {
            return Err(not_one);
        }
        let line = std::str::from_utf8(datagram).map_err(|_| not_one)?;
        let mut fields = line.trim_end_matches('\n').split('\t');
        if fields.next() != Some(PROTOCOL) {
            return Err(not_one);
        }
        let id = fields.next().and_then(|id| id.parse().ok()).ok_or(not_one)?;
        let verb = fields.next().ok_or((id, RequestError::UnknownVerb))?;
        if verb == "ping" {
            let target = Target::Platform;
            return Ok(Request { id, verb: Verb::Ping, target, actor: "", reason: "" });
        }
        if verb == "signal" {
            let scope = fields.next().ok_or((id, RequestError::BadField))?;
            let target = Target::parse(scope).ok_or((id, RequestError::BadScope))?;
            let opinion = Opinion::parse(&mut fields).filter(|_| fields.next().is_none());
            let verb = Verb::Signal(opinion.ok_or((id, RequestError::BadField))?);
            return Ok(Request { id, verb, target, actor: "", reason: "" });
        }
        if matches!(verb, "correct" | "limit" | "ticket" | "adopt" | "numbers") {
            let scope = fields.next().ok_or((id, RequestError::BadField))?;
            let target = Target::parse(scope).ok_or((id, RequestError::BadScope))?;
            let asked = match verb {
                "correct" => AskedCorrection::parse(&mut fields).map(Verb::Correct),
                "limit" => AskedLimit::parse(&mut fields).map(Verb::Limit),
                "numbers" => AskedNumbers::parse(&mut fields).map(Verb::Numbers),
                "adopt" => AskedAdoption::parse(&mut fields).map(Verb::Adopt),
                _ => AskedTicket::parse(&mut fields).map(Verb::Ticket),
            };
            let (verb, actor, reason) = asked
                .and_then(|asked| Some((asked, fields.next()?, fields.next()?)))
                .filter(|_| fields.next().is_none())
                .ok_or((id, RequestError::BadField))?;
            return Ok(Request { id, verb, target, actor, reason });
        }
        let mut field = || fields.next().ok_or((id, RequestError::BadField));
        let (scope, flatten, actor, reason) = (field()?, field()?, field()?, field()?);
        let verb = match (verb, flatten) {
            ("kill", "0") => Verb::Kill { flatten: false },
            ("kill", "1") => Verb::Kill { flatten: true },
            ("freeze", "0") => Verb::Freeze,
            ("unkill", "0") => Verb::Unkill,
            ("reset", "0") => Verb::ResetBreaker,
            ("accept", "0") => Verb::AcceptConfiguration,
            ("kill" | "freeze" | "unkill" | "reset" | "accept", _) => {
                return Err((id, RequestError::BadField));
            }
            _ => return Err((id, RequestError::UnknownVerb)),
        };
        let target = Target::parse(scope).ok_or((id, RequestError::BadScope))?;
        if fields.next().is_some() {
            return Err((id, RequestError::BadField));
        }
        Ok(Request { id, verb, target, actor, reason })
    }

    /// A request whose fields stand between its scope and who asks.
    fn signed(&self, verb: &str, fields: &str) -> String {
        let (actor, reason) = (plain(self.actor), plain(self.reason));
        let scope = plain(&self.target.to_string());
        format!("{PROTOCOL}\t{}\t{verb}\t{scope}\t{fields}\t{actor}\t{reason}", self.id)
    }

    /// Writes a request. Tabs and line ends inside of a field become spaces.
    pub fn encode(&self) -> String {
        let (verb, flatten) = match self.verb {
            Verb::Ping => return format!("{PROTOCOL}\t{}\tping", self.id),
            Verb::Kill { flatten } => ("kill", u8::from(flatten)),
            Verb::Freeze => ("freeze", 0),
            Verb::Unkill => ("unkill", 0),
            Verb::ResetBreaker => ("reset", 0),
            Verb::AcceptConfiguration => ("accept", 0),
            Verb::Signal(opinion) => {
                let scope = plain(&self.target.to_string());
                return format!("{PROTOCOL}\t{}\tsignal\t{scope}\t{}", self.id, opinion.encode());
            }
            Verb::Limit(asked) => return self.signed("limit", &asked.encode()),
            Verb::Correct(asked) => return self.signed("correct", &asked.encode()),
            Verb::Ticket(asked) => return self.signed("ticket", &asked.encode()),
            Verb::Adopt(asked) => return self.signed("adopt", &asked.encode()),
            Verb::Numbers(asked) => return self.signed("numbers", &asked.encode()),
        };
        format!(
            "{PROTOCOL}\t{}\t{verb}\t{}\t{flatten}\t{}\t{}",
            self.id,
            plain(&self.target.to_string()),
            plain(self.actor),
            plain(self.reason)
        )
    }
}

impl<'a> Target<'a> {
    fn parse(scope: &'a str) -> Option<Target<'a>> {
        let named = |name: &'a str| (!name.is_empty()).then_some(name);
        match scope.split_once(':') {
            None if scope == "platform" => Some(Target::Platform),
            Some(("account", name)) => named(name).map(Target::Account),
            Some(("bot", name)) => named(name).map(Target::Bot),
            Some(("instrument", symbol)) => named(symbol).map(Target::Instrument),
            Some(("venue", name)) => named(name).map(Target::Venue),
            Some(("user", name)) => named(name).map(Target::User),
            Some(("order", id)) if id.len() == 16 && id.bytes().all(|b| b.is_ascii_hexdigit()) => {
                let order = u64::from_str_radix(id, 16).ok().map(ClOrdId);
                order.filter(|order| order.is_some()).map(Target::Order)
            }
            _ => None,
        }
    }
}

/// A reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// It has happened.
    Ok {
        /// The request's id.
        id: u64,
        /// The number of the input that it became; 0 for a ping.
        seq: u64,
        /// Working orders that were asked to be cancelled.
        orders: u32,
    },
    /// It has not happened.
    Refused {
        /// The request's id.
        id: u64,
        /// Why.
        why: String,
    },
}

impl Reply {
    /// Reads a reply.
    pub fn parse(datagram: &[u8]) -> Option<Reply> {
        let line = std::str::from_utf8(datagram).ok()?;
        let mut fields = line.splitn(3, '\t');
        match (fields.next()?, fields.next()?.parse().ok()?, fields.next()?) {
            ("ok", id, rest) => {
                let (seq, orders) = rest.split_once('\t')?;
                Some(Reply::Ok { id, seq: seq.parse().ok()?, orders: orders.parse().ok()? })
            }
            ("refused", id, why) => Some(Reply::Refused { id, why: why.to_owned() }),
            _ => None,
        }
    }
}

/// Writes a reply without allocating; what does not fit is cut.
#[derive(Clone, Copy, Debug)]
pub struct ReplyBuffer {
    bytes: [u8; REPLY_MAX],
    len: usize,
}

impl ReplyBuffer {
    /// That it has happened.
    pub fn ok(id: u64, seq: u64, orders: u32) -> ReplyBuffer {
        ReplyBuffer::of(format_args!("ok\t{id}\t{seq}\t{orders}"))
    }

    /// That it has not happened, and why.
    pub fn refused(id: u64, why: fmt::Arguments<'_>) -> ReplyBuffer {
        ReplyBuffer::of(format_args!("refused\t{id}\t{why}"))
    }

    fn of(text: fmt::Arguments<'_>) -> ReplyBuffer {
        let mut buffer = ReplyBuffer { bytes: [0; REPLY_MAX], len: 0 };
        // The only error is that it does not fit, and then what fits is sent.
        let _cut = buffer.write_fmt(text);
        buffer
    }

    /// The reply.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

impl Write for ReplyBuffer {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut fits = text.len().min(REPLY_MAX - self.len);
        while !text.is_char_boundary(fits) {
            fits -= 1;
        }
        self.bytes[self.len..self.len + fits].copy_from_slice(&text.as_bytes()[..fits]);
        self.len += fits;
        if fits == text.len() { Ok(()) } else { Err(fmt::Error) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn kill() -> Request<'static> {
        Request {
            id: 7,
            verb: Verb::Kill { flatten: true },
            target: Target::Bot("es-orb"),
            actor: "ann",
            reason: "too fast",
        }
    }

    #[test]
    fn requests_read_back_as_written() {
        let ping =
            Request { verb: Verb::Ping, target: Target::Platform, actor: "", reason: "", ..kill() };
        let unkill = Request { verb: Verb::Unkill, target: Target::Account("A"), ..kill() };
        let accept =
            Request { verb: Verb::AcceptConfiguration, target: Target::Platform, ..kill() };
        let freeze = Request { verb: Verb::Freeze, ..kill() };
        let reset = Request { verb: Verb::ResetBreaker, ..kill() };
        let venue = Request { target: Target::Venue("broker"), ..kill() };
        let user = Request { target: Target::User("ann"), ..kill() };
        let order = Request { target: Target::Order(ClOrdId(0xab_cdef)), ..kill() };
        for request in [kill(), ping, freeze, unkill, reset, accept, venue, user, order] {
            assert_eq!(Request::parse(request.encode().as_bytes()), Ok(request));
        }
    }

    #[test]
    fn changes_of_limits_read_back_as_written_and_their_fields_must_be_right() {
        for step in LimitStep::ALL {
            for limit in LimitKind::ALL {
                let verb = Verb::Limit(AskedLimit { step, limit, value: -7, seconds: 60 });
                let request = Request { verb, ..kill() };
                let text = request.encode();
                assert_eq!(Request::parse(text.as_bytes()), Ok(request));
                for wrong in [text.replace("-7", "x"), format!("{text}\tmore")] {
                    assert_eq!(Request::parse(wrong.as_bytes()), Err((7, RequestError::BadField)));
                }
            }
        }
    }

    fn opinion() -> Opinion {
        Opinion {
            source: SignalSource::OptionsFlow,
            direction: -1,
            strength: 0.7,
            confidence: 1.0 / 3.0,
            published: UnixNanos(1_704_205_800_000_000_001),
            ttl_seconds: 600,
            name: Text::new("sweep 7"),
            text: Text::EMPTY,
        }
    }

    #[test]
    fn signals_read_back_as_written_and_their_fields_must_be_right() {
        let verb = Verb::Signal(opinion());
        let target = Target::Instrument("ESZ6");
        let request = Request { id: 7, verb, target, actor: "", reason: "" };
        let text = request.encode();
        assert_eq!(Request::parse(text.as_bytes()), Ok(request));
        let bad = [("options_flow", "gossip"), ("\t-1\t", "\tdown\t"), ("\t600\t", "\t-1\t")];
        for (right, wrong) in bad {
            let wrong = text.replace(right, wrong);
            assert_eq!(Request::parse(wrong.as_bytes()), Err((7, RequestError::BadField)));
        }
        let more = format!("{text}\tmore");
        assert_eq!(Request::parse(more.as_bytes()), Err((7, RequestError::BadField)));
    }

    #[test]
    fn tabs_cannot_smuggle_fields_in() {
        let request = Request { reason: "a\tb\nc", ..kill() };
        let text = request.encode();
        assert_eq!(Request::parse(text.as_bytes()), Ok(Request { reason: "a b c", ..kill() }));
    }

    #[test]
    fn wrong_requests_say_what_is_wrong() {
        let error = |text: &str| Request::parse(text.as_bytes()).expect_err("wrong");
        assert_eq!(error("kill everything"), (0, RequestError::NotARequest));
        assert_eq!(error("gauntlet/1\t9\tdance"), (9, RequestError::BadField));
        assert_eq!(
            error("gauntlet/1\t9\tdance\tplatform\t0\ta\tb"),
            (9, RequestError::UnknownVerb)
        );
        assert_eq!(error("gauntlet/1\t9\tkill\tworld\t0\ta\tb"), (9, RequestError::BadScope));
        assert_eq!(error("gauntlet/1\t9\tkill\tbot:\t0\ta\tb"), (9, RequestError::BadScope));
        for order in ["0000000000000000", "1", "zzzzzzzzzzzzzzzz", "+00000000000000a"] {
            let text = format!("gauntlet/1\t9\tkill\torder:{order}\t0\ta\tb");
            assert_eq!(error(&text), (9, RequestError::BadScope), "{order}");
        }
        assert_eq!(error("gauntlet/1\t9\tkill\tplatform\t2\ta\tb"), (9, RequestError::BadField));
        assert_eq!(error("gauntlet/1\t9\tkill\tplatform\t1\ta"), (9, RequestError::BadField));
    }

    #[test]
    fn replies_read_back_as_written_and_are_cut_when_too_long() {
        let ok = ReplyBuffer::ok(7, 99, 3);
        assert_eq!(Reply::parse(ok.as_bytes()), Some(Reply::Ok { id: 7, seq: 99, orders: 3 }));
        let long = "é".repeat(REPLY_MAX);
        let refused = ReplyBuffer::refused(7, format_args!("{long}"));
        assert!(matches!(Reply::parse(refused.as_bytes()), Some(Reply::Refused { id: 7, .. })));
    }

    proptest! {
        #[test]
        fn arbitrary_datagrams_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
            let _request = Request::parse(&bytes);
            let _reply = Reply::parse(&bytes);
        }

        #[test]
        fn arbitrary_fields_never_panic(line in "gauntlet/1\t[0-9]{1,22}\t[a-z\t:01]{0,60}") {
            let _request = Request::parse(line.as_bytes());
        }
    }
}
