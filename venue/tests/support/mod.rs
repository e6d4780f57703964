//! A market of a few lines, and clients of order entry.
#![allow(dead_code, reason = "each test binary uses its part")]

use dbn::{RecordHeader, RecordRef, TradeMsg, rtype};
use gauntlet_gateways::fix::codec::{Inbox, Message};
use gauntlet_gateways::fix::gateway::{FixGateway, FixGatewayConfig};
use gauntlet_gateways::fix::session::{Incoming, SequenceNumbers, Session, SessionConfig};
use gauntlet_gateways::fix::transport::Backoff;
use gauntlet_gateways::gateway::{Gateway, GatewayEvent};
use gauntlet_manager::order_manager::Outbound;
use gauntlet_model::effect::{OutboundKind, OutboundRecord, TimeInForce};
use gauntlet_model::ids::{AccountId, BotId, ClOrdId, InstrumentId};
use gauntlet_model::input::{
    AccountDefinition, CancelReject, ExecutionReport, Input, InstrumentDefinition,
    InstrumentLimits, Route,
};
use gauntlet_model::text::Text;
use gauntlet_model::units::{Money, NANOS_PER_SECOND, Price, Side, UnixNanos};
use gauntlet_venue::market::{
    Change, Listing, Market, MarketSink, NewOrder, OrderEvent, OrderId, Refusal,
};
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};

pub const ES: u32 = 17077;
pub const TICK: Price = Price(250_000_000);
/// 2023-12-24 23:45:00 UTC: where every test's wall clock begins.
pub const START: UnixNanos = UnixNanos(1_703_461_500_000_000_000);
/// Turns after which a test gives up. A turn of an idle loop takes microseconds.
pub const TURNS_MAX: usize = 400_000;

pub fn price(points: f64) -> Price {
    Price::from_f64(points)
}

/// A market with one instrument, offered at 5000 without end, ten contracts to each comer. Each
/// event, one a second, is a trade, and gives one contract to the oldest resting order.
pub struct Tiny {
    listings: Vec<Listing>,
    resting: Vec<(OrderId, NewOrder, u32)>,
    last_id: u64,
    now: UnixNanos,
    events_left: u64,
    /// Before which of its events from the end it pauses for an hour.
    pub pause_before_last: u64,
    /// Which of its events from the end spans an hour.
    pub span_of_last: u64,
    /// Why it ends when its events have.
    pub failure: Option<std::io::Error>,
}

impl Tiny {
    pub fn new(events: u64) -> Tiny {
        let listing = Listing { symbol: "ESH4".into(), instrument_id: ES, tick: TICK };
        Tiny {
            listings: vec![listing],
            resting: Vec::new(),
            last_id: 0,
            now: UnixNanos(1_000 * NANOS_PER_SECOND),
            events_left: events,
            pause_before_last: 0,
            span_of_last: 0,
            failure: None,
        }
    }

    fn check(qty: u32, price: Price) -> Result<(), Refusal> {
        match (qty, price.0 % TICK.0) {
            (0, _) => Err(Refusal::BadQuantity),
            (_, 0) => Ok(()),
            _ => Err(Refusal::BadPrice),
        }
    }

    fn take(order: &NewOrder, id: OrderId, filled: &mut u32, sink: &mut dyn MarketSink) {
        if order.side == Side::Buy && order.price >= price(5000.0) {
            let qty = (order.qty - *filled).min(10);
            *filled += qty;
            let leaves_qty = order.qty - *filled;
            sink.order(OrderEvent::Filled { order: id, qty, price: price(5000.0), leaves_qty });
        }
    }

    fn find(&self, id: OrderId) -> Result<usize, Refusal> {
        self.resting.iter().position(|(other, ..)| *other == id).ok_or(Refusal::UnknownOrder)
    }
}

impl Market for Tiny {
    fn listings(&self) -> &[Listing] {
        &self.listings
    }

    fn next_event(&self) -> Option<UnixNanos> {
        let wait = if self.events_left == self.pause_before_last { 3_600 } else { 1 };
        (self.events_left > 0).then_some(self.now.plus(wait * NANOS_PER_SECOND))
    }

    fn step(&mut self, sink: &mut dyn MarketSink) {
        let Some(at) = self.next_event() else { return };
        let span = if self.events_left == self.span_of_last { 3_600 } else { 0 };
        (self.now, self.events_left) = (at.plus(span * NANOS_PER_SECOND), self.events_left - 1);
        let hd = RecordHeader::new::<TradeMsg>(rtype::MBP_0, 1, ES, at.0);
        let mut trade = TradeMsg { hd, ts_recv: at.0, ..TradeMsg::default() };
        (trade.action, trade.side) = (b'T' as _, b'B' as _);
        (trade.price, trade.size) = (price(5000.0).0, 1);
        sink.record(RecordRef::from(&trade));
        if let Some((order, terms, filled)) = self.resting.first_mut() {
            *filled += 1;
            let leaves_qty = terms.qty - *filled;
            let (order, price) = (*order, terms.price);
            sink.order(OrderEvent::Filled { order, qty: 1, price, leaves_qty });
            if leaves_qty == 0 {
                self.resting.remove(0);
            }
        }
    }

    fn now(&self) -> UnixNanos {
        self.now
    }

    fn failure(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.failure.as_ref().filter(|_| self.events_left == 0).map(|error| error as _)
    }

    fn submit(&mut self, order: &NewOrder, sink: &mut dyn MarketSink) -> Result<OrderId, Refusal> {
        Tiny::check(order.qty, order.price)?;
        self.last_id += 1;
        let (id, mut filled) = (OrderId(self.last_id), 0);
        Tiny::take(order, id, &mut filled, sink);
        match order.time_in_force {
            _ if filled == order.qty => {}
            time_in_force if time_in_force.rests() => self.resting.push((id, *order, filled)),
            _ => sink.order(OrderEvent::Expired { order: id }),
        }
        Ok(id)
    }

    fn cancel(&mut self, order: OrderId, _: &mut dyn MarketSink) -> Result<(), Refusal> {
        let at = self.find(order)?;
        self.resting.remove(at);
        Ok(())
    }

    fn replace(
        &mut self,
        order: OrderId,
        change: &Change,
        sink: &mut dyn MarketSink,
    ) -> Result<(), Refusal> {
        let Change { qty, price, .. } = *change;
        Tiny::check(qty, price)?;
        let at = self.find(order)?;
        let (id, terms, filled) = &mut self.resting[at];
        if qty <= *filled {
            return Err(Refusal::BadQuantity);
        }
        (terms.qty, terms.price) = (qty, price);
        Tiny::take(terms, *id, filled, sink);
        if *filled == qty {
            self.resting.remove(at);
        }
        Ok(())
    }

    fn snapshot(&self, _: usize, _: bool, _: &mut dyn MarketSink) {}
}

/// A trader behind the platform's own gateway.
pub struct Trader {
    pub gateway: FixGateway,
    pub numbers: SequenceNumbers,
    pub inputs: Vec<Input>,
}

impl Trader {
    pub fn new(address: SocketAddr, numbers: SequenceNumbers, next_expected: bool) -> Trader {
        let session =
            SessionConfig { next_expected, ..SessionConfig::initiator("TRADER", "VENUE") };
        let backoff = Backoff { min_ns: 1_000, max_ns: 1_000 };
        let mut gateway = FixGateway::new(FixGatewayConfig {
            route: Route::BROKER,
            address,
            epoch: 0x65,
            session,
            numbers,
            backoff,
        })
        .expect("a valid session");
        gateway.define_account(&AccountDefinition {
            account: AccountId(0),
            name: Text::new("ACC"),
            max_position: 1,
            messages_per_second: 1,
            cancel_headroom: 0,
        });
        let mut trader = Trader { gateway, numbers, inputs: Vec::new() };
        trader.trade("ESH4");
        trader
    }

    /// Makes this its instrument, in place of ESH4.
    pub fn trade(&mut self, symbol: &str) {
        self.gateway.define_instrument(&InstrumentDefinition {
            instrument: InstrumentId(0),
            symbol: Text::new(symbol),
            product: Text::new("ES"),
            feed: 0,
            tick: TICK,
            multiplier: Money(50_000_000),
            limits: InstrumentLimits::default(),
        });
    }

    pub fn poll(&mut self, now: UnixNanos) -> usize {
        let Trader { gateway, numbers, inputs } = self;
        gateway.poll(now, &mut |event| note(event, numbers, inputs))
    }

    /// Sends an order message. Identity 0 for `orig` where there is none.
    pub fn send(
        &mut self,
        kind: OutboundKind,
        ids: (u64, u64),
        order: (Side, u32, f64),
        now: UnixNanos,
    ) {
        self.send_for(kind, ids, order, TimeInForce::Day, now);
    }

    pub fn send_for(
        &mut self,
        kind: OutboundKind,
        (id, orig): (u64, u64),
        (side, qty, points): (Side, u32, f64),
        time_in_force: TimeInForce,
        now: UnixNanos,
    ) {
        let outbound = Outbound::unchecked(OutboundRecord {
            route: Route::BROKER,
            kind,
            cl_ord_id: ClOrdId(id),
            orig_cl_ord_id: ClOrdId(orig),
            ord_status_req_id: if kind == OutboundKind::StatusRequest { id } else { 0 },
            bot: BotId(0),
            account: AccountId(0),
            instrument: InstrumentId(0),
            side,
            qty,
            price: price(points),
            time_in_force,
        });
        let Trader { gateway, numbers, inputs } = self;
        gateway.send(&outbound, now, &mut |event| note(event, numbers, inputs));
    }

    pub fn executions(&self) -> Vec<ExecutionReport> {
        let execution = |input: &Input| match input {
            Input::Execution(report) => Some(*report),
            _ => None,
        };
        self.inputs.iter().filter_map(execution).collect()
    }

    pub fn cancel_rejects(&self) -> Vec<CancelReject> {
        let reject = |input: &Input| match input {
            Input::CancelReject(reject) => Some(*reject),
            _ => None,
        };
        self.inputs.iter().filter_map(reject).collect()
    }
}

/// Keeps what a journal would keep.
fn note(event: GatewayEvent, numbers: &mut SequenceNumbers, inputs: &mut Vec<Input>) {
    match event {
        GatewayEvent::Input(input) => {
            numbers.on_input(Route::BROKER, &input);
            inputs.push(input);
        }
        GatewayEvent::Sent(sent) => numbers.on_sent(Route::BROKER, &sent),
        GatewayEvent::CopySent(_) => unreachable!("an order session copies nothing"),
    }
}

/// A client that can say anything: a session and a socket, messages as text.
pub struct RawClient {
    pub session: Session,
    pub stream: TcpStream,
    inbox: Inbox,
    /// Messages other than the session's own, without header and times.
    pub heard: Vec<String>,
}

impl RawClient {
    pub fn new(address: SocketAddr, now: UnixNanos) -> RawClient {
        let stream = TcpStream::connect(address).expect("the venue listens");
        stream.set_nonblocking(true).expect("a socket");
        let config = SessionConfig::initiator("TRADER", "VENUE");
        let mut session = Session::new(config, SequenceNumbers::default()).expect("valid");
        session.connected(now, &mut |_| {});
        RawClient { session, stream, inbox: Inbox::new(), heard: Vec::new() }
    }

    /// Sends a message: its fields as text, the type first, `|` for the delimiter.
    pub fn say(&mut self, text: &str, now: UnixNanos) {
        let (msg_type, body) = text.split_once('|').expect("a type, then fields");
        let body = body.replace('|', "\x01");
        self.session
            .send(msg_type.as_bytes(), ClOrdId::NONE, now, &mut |_| {}, |w| {
                w.encoded(body.as_bytes());
            })
            .expect("logged on");
    }

    pub fn poll(&mut self, now: UnixNanos) {
        let outbox = self.session.outbox();
        while !outbox.is_empty() {
            let written = self.stream.write(outbox.pending()).expect("a small message");
            outbox.written(written);
        }
        match self.stream.read(self.inbox.space()) {
            Ok(bytes) => self.inbox.filled(bytes),
            Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock, "{error}"),
        }
        while let Some(message) = self.inbox.next().expect("no garbage") {
            let incoming = self.session.receive(&message, now, &mut |_| {});
            self.session.take_notice();
            if matches!(incoming, Incoming::Application { .. } | Incoming::Reject { .. }) {
                self.heard.push(plain(&message));
            }
        }
    }
}

fn plain(message: &Message<'_>) -> String {
    let shown = message.fields().filter(|(tag, _)| ![34, 49, 52, 56, 60].contains(tag));
    shown.map(|(tag, value)| format!("{tag}={}|", String::from_utf8_lossy(value))).collect()
}
