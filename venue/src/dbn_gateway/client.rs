//! One client of the gateway: its socket, its place in the protocol, and what it asked for.

use super::minutes::MinuteBars;
use super::out::OutBuffer;
use super::request::{Fields, Request, SubscriptionRequest, check_authentication, subscription};
use crate::market::{Listing, Market, MarketSink, OrderEvent};
use dbn::encode::DbnMetadataEncoder;
use dbn::{ErrorCode, ErrorMsg, RecordRef, SType, Schema, SymbolMappingMsg, SystemCode, SystemMsg};
use gauntlet_model::units::{NANOS_PER_SECOND, UnixNanos};
use mio::net::TcpStream;
use std::io::{ErrorKind, Read};

/// Longest time a client may take to authenticate, and to read its last words.
const PATIENCE_NS: u64 = 10 * NANOS_PER_SECOND;
/// How long a client that asked for the past alone is waited for to ask for more.
const TIME_TO_ASK_NS: u64 = NANOS_PER_SECOND;
/// Most bytes of requests that wait for their end of line.
const REQUEST_MAX: usize = 64 << 10;

/// Version that the gateway says it is: the protocol's field, not Databento's numbering.
const GREETING: &str = concat!("lsg_version=gauntlet-", env!("CARGO_PKG_VERSION"), "\n");

/// What every client of a gateway shares.
pub(super) struct Terms<'a> {
    pub now: UnixNanos,
    pub key: &'a str,
    pub dataset: &'a str,
    pub market: &'a dyn Market,
    pub minutes: &'a MinuteBars,
}

/// How far a client is in the protocol.
#[derive(Debug, PartialEq, Eq)]
enum ClientState {
    Challenged {
        challenge: String,
    },
    Authenticated,
    Started,
    /// Told why it must go, and going once it has read that or its time is up.
    Leaving {
        until: UnixNanos,
    },
    Gone,
}

pub(super) struct Client {
    stream: TcpStream,
    stage: ClientState,
    requests: Vec<u8>,
    out: OutBuffer,
    asked: Vec<SubscriptionRequest>,
    /// Requests that were refused before the session started: told once it has.
    refused: Option<String>,
    /// Until when a client that asked for nothing but the past may ask for more.
    asks_until: Option<UnixNanos>,
    /// By listing, the kinds of records that it gets.
    wants: Vec<u32>,
    /// The kinds of records that it gets of every listing, those to come too.
    wants_of_all: u32,
    heartbeat_ns: u64,
    since: UnixNanos,
    last_queued: UnixNanos,
    session: u64,
    records: u64,
}

impl Client {
    pub(super) fn new(
        stream: TcpStream,
        session: u64,
        challenge: String,
        out_limit: usize,
        now: UnixNanos,
    ) -> Client {
        let mut out = OutBuffer::new(out_limit);
        out.push_last(GREETING.as_bytes());
        out.push_last(format!("cram={challenge}\n").as_bytes());
        Client {
            stream,
            stage: ClientState::Challenged { challenge },
            requests: Vec::new(),
            out,
            asked: Vec::new(),
            refused: None,
            asks_until: None,
            wants: Vec::new(),
            wants_of_all: 0,
            heartbeat_ns: 0,
            since: now,
            last_queued: now,
            session,
            records: 0,
        }
    }

    /// A client that is one too many: greeted and sent away.
    pub(super) fn turned_away(stream: TcpStream, now: UnixNanos) -> Client {
        let mut client = Client::new(stream, 0, String::new(), usize::MAX, now);
        client.out = OutBuffer::new(usize::MAX);
        client.out.push_last(GREETING.as_bytes());
        client.refuse("Open connection limit reached", now);
        client
    }

    pub(super) fn is_started(&self) -> bool {
        self.stage == ClientState::Started
    }

    /// Whether it hears the market, as far as one can tell.
    pub(super) fn is_listening(&self, now: UnixNanos) -> bool {
        self.is_started() && self.asks_until.is_none_or(|until| now >= until)
    }

    pub(super) fn is_gone(&self) -> bool {
        self.stage == ClientState::Gone
    }

    pub(super) fn backlog(&self) -> usize {
        self.out.len()
    }

    /// Records of any kind queued so far.
    pub(super) fn records(&self) -> u64 {
        self.records
    }

    /// Whether it asked for such records of this listing.
    pub(super) fn wants(&self, listing: usize, kinds: u32) -> bool {
        self.is_started() && self.wants.get(listing).is_some_and(|w| w & kinds != 0)
    }

    /// The market begins to list an instrument: those who asked for all hear of it.
    pub(super) fn list(&mut self, place: usize, listing: &Listing, at: UnixNanos, now: UnixNanos) {
        if self.wants_of_all == 0 || !self.is_started() {
            return;
        }
        self.wants.resize(place + 1, 0);
        self.wants[place] = self.wants_of_all;
        let symbol = listing.symbol.as_str();
        self.name(listing.instrument_id, (SType::RawSymbol, symbol), symbol, at, now);
    }

    /// Tells which number an instrument's records carry.
    fn name(
        &mut self,
        id: u32,
        (stype, asked): (SType, &str),
        raw: &str,
        at: UnixNanos,
        now: UnixNanos,
    ) {
        let raw_type = SType::RawSymbol;
        let mapping = SymbolMappingMsg::new(id, at.0, stype, asked, raw_type, raw, at.0, u64::MAX);
        if let Ok(mapping) = mapping {
            self.send((&mapping).into(), now);
        }
    }

    /// Queues a record; false if there was no room, and the client is on its way out for it.
    pub(super) fn send(&mut self, record: RecordRef<'_>, now: UnixNanos) -> bool {
        let fits = self.out.push(record.as_ref());
        if fits {
            self.records += 1;
            self.last_queued = now;
        } else {
            let reason = "Slow client: it reads more slowly than the market moves";
            self.dismiss(ErrorCode::InternalError, reason, now);
        }
        fits
    }

    /// Reads requests and answers them. Returns how many bytes came.
    pub(super) fn read(&mut self, terms: &Terms<'_>) -> usize {
        if matches!(self.stage, ClientState::Gone) {
            return 0;
        }
        let mut chunk = [0; 4096];
        let read = match self.stream.read(&mut chunk) {
            Ok(0) => {
                self.stage = ClientState::Gone;
                return 1;
            }
            Ok(n) => n,
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {
                return 0;
            }
            Err(_) => {
                self.stage = ClientState::Gone;
                return 1;
            }
        };
        self.requests.extend_from_slice(&chunk[..read]);
        while let Some(end) = self.requests.iter().position(|b| *b == b'\n') {
            let line: Vec<u8> = self.requests.drain(..=end).collect();
            match std::str::from_utf8(&line) {
                Ok(text) => self.on_request(text.trim_end(), terms),
                Err(_) => self.on_request("", terms),
            }
        }
        if self.requests.len() > REQUEST_MAX {
            self.refuse("Request too long", terms.now);
        }
        read
    }

    fn on_request(&mut self, line: &str, terms: &Terms<'_>) {
        match (&self.stage, Request::parse(line)) {
            (ClientState::Challenged { challenge }, Request::Authenticate(fields)) => {
                match check_authentication(&fields, challenge, terms.key, terms.dataset) {
                    Ok(seconds) => {
                        self.heartbeat_ns = seconds * NANOS_PER_SECOND;
                        self.stage = ClientState::Authenticated;
                        let welcome = format!("success=1|session_id={}\n", self.session);
                        self.out.push_last(welcome.as_bytes());
                    }
                    Err(reason) => self.refuse(&reason, terms.now),
                }
            }
            (ClientState::Challenged { .. }, _) => self.refuse("Authenticate first", terms.now),
            (ClientState::Authenticated, Request::Start) => self.start(terms),
            (ClientState::Authenticated | ClientState::Started, Request::Subscribe(fields)) => {
                self.subscribe(&fields, terms);
            }
            (ClientState::Authenticated | ClientState::Started, _) => {
                self.invalid("Unknown or repeated request", terms.now);
            }
            (ClientState::Leaving { .. } | ClientState::Gone, _) => {}
        }
    }

    fn subscribe(&mut self, fields: &Fields<'_>, terms: &Terms<'_>) {
        match subscription(fields, terms.market.listings()) {
            Ok(asked) if self.is_started() && asked.start.is_some_and(|start| start > 0) => {
                self.invalid("Replay must be asked for before the session starts", terms.now);
            }
            Ok(asked) if self.is_started() => {
                self.asks_until = None;
                self.serve(&asked, terms);
            }
            Ok(asked) => self.asked.push(asked),
            Err(reason) => self.invalid(&reason, terms.now),
        }
    }

    /// A request that ends the session. Errors are records, so before the stream they wait for it.
    fn invalid(&mut self, reason: &str, now: UnixNanos) {
        if self.is_started() {
            self.dismiss(ErrorCode::InvalidSubscription, reason, now);
        } else {
            self.refused.get_or_insert_with(|| reason.to_owned());
        }
    }

    fn start(&mut self, terms: &Terms<'_>) {
        let metadata = dbn::MetadataBuilder::new()
            .dataset(terms.dataset)
            .schema(None)
            .start(terms.market.now().0)
            .stype_in(None)
            .stype_out(SType::InstrumentId)
            .build();
        let mut header = Vec::new();
        if let Err(e) = DbnMetadataEncoder::new(&mut header).encode(&metadata) {
            // Only a dataset name too long for the header can do this.
            self.refuse(&format!("No header for this dataset: {e}"), terms.now);
            return;
        }
        self.out.push_last(&header);
        self.stage = ClientState::Started;
        self.last_queued = terms.now;
        if let Some(reason) = self.refused.take() {
            self.dismiss(ErrorCode::InvalidSubscription, &reason, terms.now);
            return;
        }
        let asked = std::mem::take(&mut self.asked);
        if !asked.is_empty() && asked.iter().all(|asked| asked.start.is_some()) {
            self.asks_until = Some(terms.now.plus(TIME_TO_ASK_NS));
        }
        for asked in asked {
            self.serve(&asked, terms);
        }
    }

    /// Begins to serve a subscription: names, acknowledgement, and where the market stands.
    fn serve(&mut self, asked: &SubscriptionRequest, terms: &Terms<'_>) {
        let listings = terms.market.listings();
        self.wants.resize(listings.len(), 0);
        let at = terms.market.now().0;
        for symbol in &asked.unknown {
            let text = format!("Failed to resolve symbol: {symbol}");
            let error = ErrorMsg::new(at, Some(ErrorCode::SymbolResolutionFailed), &text, true);
            self.send((&error).into(), terms.now);
        }
        for (listing, symbol) in &asked.found {
            let (id, raw) = (listings[*listing].instrument_id, &listings[*listing].symbol);
            let stype = if symbol == raw { SType::RawSymbol } else { SType::InstrumentId };
            self.name(id, (stype, symbol.as_str()), raw, terms.market.now(), terms.now);
        }
        let text = format!("Subscription request {} for {} data succeeded", asked.id, asked.schema);
        if let Ok(ack) = SystemMsg::new(at, Some(SystemCode::SubscriptionAck), &text) {
            self.send((&ack).into(), terms.now);
        }
        let kind = kinds_of_schema(asked.schema);
        if asked.of_all {
            self.wants_of_all |= kind;
        }
        for (listing, _) in &asked.found {
            self.wants[*listing] |= kind;
            let mut snapshot = Snapshot { client: self, kind, now: terms.now };
            terms.market.snapshot(*listing, asked.snapshot, &mut snapshot);
        }
        if let Some(start) = asked.start {
            self.replay(asked, UnixNanos(start), terms);
        }
    }

    /// Sends the minutes since a start in the order of their time, if they were asked for, and says
    /// that the replay is over. Of other schemas the market's state is all that is replayed.
    fn replay(&mut self, asked: &SubscriptionRequest, start: UnixNanos, terms: &Terms<'_>) {
        let is_minutes = asked.schema == Schema::Ohlcv1M;
        let found = asked.found.iter().filter(|_| is_minutes);
        let minutes = found.flat_map(|(listing, _)| terms.minutes.since(*listing, start));
        let mut bars: Vec<&dbn::OhlcvMsg> = minutes.collect();
        bars.sort_by_key(|bar| bar.hd.ts_event);
        // What comes after it must fit as well, so the oldest are left out of too many.
        let room = self.out.room() / 2 / size_of::<dbn::OhlcvMsg>();
        for bar in bars.split_off(bars.len().saturating_sub(room)) {
            if self.is_started() {
                self.send(bar.into(), terms.now);
            }
        }
        let text = format!("Finished {} replay", asked.schema);
        let done = SystemMsg::new(terms.market.now().0, Some(SystemCode::ReplayCompleted), &text);
        if let Ok(done) = done
            && self.is_started()
        {
            self.send((&done).into(), terms.now);
        }
    }

    /// Keeps time: heartbeats where nothing else was said, an end to those who take too long.
    pub(super) fn keep_time(&mut self, terms: &Terms<'_>) {
        let now = terms.now;
        match self.stage {
            ClientState::Challenged { .. } if now.since(self.since) > PATIENCE_NS => {
                self.refuse("Authentication took too long", now);
            }
            ClientState::Started if now.since(self.last_queued) >= self.heartbeat_ns => {
                let heartbeat = SystemMsg::heartbeat(terms.market.now().0);
                self.send((&heartbeat).into(), now);
            }
            ClientState::Leaving { until } if now >= until => self.stage = ClientState::Gone,
            _ => {}
        }
    }

    /// Writes what the socket takes. Returns how many bytes it took.
    pub(super) fn write(&mut self) -> usize {
        if matches!(self.stage, ClientState::Gone) {
            return 0;
        }
        let written = match self.out.write_to(&mut self.stream) {
            Ok(n) => n,
            Err(_) => {
                self.stage = ClientState::Gone;
                return 0;
            }
        };
        if matches!(self.stage, ClientState::Leaving { .. }) && self.out.is_empty() {
            self.stage = ClientState::Gone;
        }
        written
    }

    /// Sends a client away before its stream began.
    fn refuse(&mut self, reason: &str, now: UnixNanos) {
        self.out.push_last(format!("success=0|error={reason}\n").as_bytes());
        self.stage = ClientState::Leaving { until: now.plus(PATIENCE_NS) };
    }

    /// Sends a client away whose stream began.
    fn dismiss(&mut self, code: ErrorCode, reason: &str, now: UnixNanos) {
        let error = ErrorMsg::new(now.0, Some(code), reason, true);
        self.out.push_last(error.as_ref());
        self.records += 1;
        self.stage = ClientState::Leaving { until: now.plus(PATIENCE_NS) };
    }
}

/// Passes on what a new subscription asked for of a snapshot.
struct Snapshot<'a> {
    client: &'a mut Client,
    kind: u32,
    now: UnixNanos,
}

impl MarketSink for Snapshot<'_> {
    fn record(&mut self, record: RecordRef<'_>) {
        if kinds_of_record(&record) & self.kind != 0 && self.client.is_started() {
            self.client.send(record, self.now);
        }
    }

    fn order(&mut self, _: OrderEvent) {}
}

/// The kind of record that a schema asks for, as a bit.
fn kinds_of_schema(schema: Schema) -> u32 {
    1 << (schema as u32).min(31)
}

/// The schemas that a record belongs to, as bits. Before version 4 of DBN, quotes sampled at trades
/// (`tbbo`) come as the `mbp-1` records that they are.
pub(super) fn kinds_of_record(record: &RecordRef<'_>) -> u32 {
    use dbn::rtype as r;
    let schema = match record.header().rtype {
        r::MBO => Schema::Mbo,
        r::MBP_0 => Schema::Trades,
        r::MBP_1 => {
            let is_trade = record.try_get::<dbn::Mbp1Msg>().is_ok_and(|m| m.action as u8 == b'T');
            let tbbo = if is_trade { kinds_of_schema(Schema::Tbbo) } else { 0 };
            return kinds_of_schema(Schema::Mbp1) | tbbo;
        }
        r::MBP_10 => Schema::Mbp10,
        r::OHLCV_1S => Schema::Ohlcv1S,
        r::OHLCV_1M => Schema::Ohlcv1M,
        r::OHLCV_1H => Schema::Ohlcv1H,
        r::OHLCV_1D => Schema::Ohlcv1D,
        r::BBO_1S => Schema::Bbo1S,
        r::BBO_1M => Schema::Bbo1M,
        r::STATUS => Schema::Status,
        r::INSTRUMENT_DEF => Schema::Definition,
        r::STATISTICS => Schema::Statistics,
        r::IMBALANCE => Schema::Imbalance,
        _ => return 0,
    };
    kinds_of_schema(schema)
}
