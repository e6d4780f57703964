//! The broker of a benchmark: a FIX acceptor that tells when the read returned that brought an order or a
//! cancel. It acknowledges every order at once, and fills it if it is to; a cancel ends its order.

use gauntlet_gateways::fix::codec::{Inbox, Message, TimePrecision};
use gauntlet_gateways::fix::session::{Incoming, SequenceNumbers, Session, SessionConfig};
use gauntlet_gateways::fix::tags;
use gauntlet_model::ids::ClOrdId;
use gauntlet_model::units::UnixNanos;
use gauntlet_runtime::clock::{TickClock, system_now};
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};

/// Polls between looks at what only time changes.
const POLLS_BETWEEN_TIMES: u32 = 4_096;
/// `AvgPx`.
const AVG_PX: u32 = 6;

/// See the module.
pub struct Acceptor {
    listener: TcpListener,
    stream: Option<TcpStream>,
    inbox: Inbox,
    session: Session,
    ticks: TickClock,
    polls: u32,
    fills: bool,
    orders: u64,
    cancels: u64,
    others: u64,
    order_bytes: usize,
}

/// A message of the client's that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received<'a> {
    /// A new order of this symbol.
    Order(&'a [u8]),
    /// A cancel.
    Cancel,
}

impl Acceptor {
    /// Listens on a free port of this machine; `fills` says whether orders are filled at once or rest.
    ///
    /// # Errors
    /// What the system says.
    pub fn bind(
        comp_id: &str,
        client: &str,
        ticks: TickClock,
        fills: bool,
    ) -> Result<Acceptor, String> {
        let session =
            Session::new(SessionConfig::acceptor(comp_id, client), SequenceNumbers::default())
                .map_err(|error| error.to_string())?;
        let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(|error| error.to_string())?;
        listener.set_nonblocking(true).map_err(|error| error.to_string())?;
        Ok(Acceptor {
            listener,
            stream: None,
            inbox: Inbox::new(),
            session,
            ticks,
            polls: 0,
            fills,
            orders: 0,
            cancels: 0,
            others: 0,
            order_bytes: 0,
        })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// What the system says.
    pub fn address(&self) -> Result<SocketAddr, String> {
        self.listener.local_addr().map_err(|error| error.to_string())
    }

    /// Whether the client is logged on.
    pub fn is_logged_on(&self) -> bool {
        self.session.is_logged_on()
    }

    /// New orders received.
    pub fn orders(&self) -> u64 {
        self.orders
    }

    /// Other messages of the application received: there should be none.
    pub fn others(&self) -> u64 {
        self.others
    }

    /// Length of the last order, as it was on the wire.
    pub fn order_bytes(&self) -> usize {
        self.order_bytes
    }

    /// Reads what has come and answers it. `on_read` is told each order and cancel and the raw counter reading
    /// at the return of the read that brought it. Never waits.
    pub fn poll(&mut self, on_read: &mut impl FnMut(Received<'_>, u64)) {
        self.polls = self.polls.wrapping_add(1);
        let Some(stream) = &mut self.stream else { return self.accept() };
        match stream.read(self.inbox.space()) {
            Ok(0) => return self.stream = None,
            Ok(bytes) => {
                let arrived = self.ticks.raw();
                self.inbox.filled(bytes);
                self.receive(arrived, on_read);
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(_) => return self.stream = None,
        }
        if self.polls.is_multiple_of(POLLS_BETWEEN_TIMES) {
            self.session.on_time(UnixNanos(system_now()), &mut |_| {});
        }
        self.write();
    }

    fn accept(&mut self) {
        let Ok((stream, _)) = self.listener.accept() else { return };
        if stream.set_nonblocking(true).is_ok() && stream.set_nodelay(true).is_ok() {
            self.inbox.clear();
            self.stream = Some(stream);
            self.session.connected(UnixNanos(system_now()), &mut |_| {});
        }
    }

    fn receive(&mut self, arrived: u64, on_read: &mut impl FnMut(Received<'_>, u64)) {
        let now = UnixNanos(system_now());
        while let Ok(Some(message)) = self.inbox.next() {
            let incoming = self.session.receive(&message, now, &mut |_| {});
            if !matches!(incoming, Incoming::Application { .. }) {
                continue;
            }
            match message.msg_type() {
                tags::NEW_ORDER_SINGLE => {
                    on_read(
                        Received::Order(message.get(tags::SYMBOL).unwrap_or_default()),
                        arrived,
                    );
                    self.orders += 1;
                    self.order_bytes = message.bytes().len();
                    answer(&mut self.session, &message, self.orders, Answer::Takes);
                    if self.fills {
                        answer(&mut self.session, &message, self.orders, Answer::Fills);
                    }
                }
                tags::ORDER_CANCEL_REQUEST => {
                    on_read(Received::Cancel, arrived);
                    self.cancels += 1;
                    answer(&mut self.session, &message, self.orders + self.cancels, Answer::Ends);
                }
                _ => self.others += 1,
            }
        }
        while self.session.take_notice().is_some() {}
    }

    fn write(&mut self) {
        let Some(stream) = &mut self.stream else { return };
        let outbox = self.session.outbox();
        while !outbox.is_empty() {
            match stream.write(outbox.pending()) {
                Ok(bytes) => outbox.written(bytes),
                Err(_) => break,
            }
        }
        if self.session.must_close() {
            self.stream = None;
            self.session.disconnected();
        }
    }
}

/// What a report says of an order.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Answer {
    Takes,
    Fills,
    Ends,
}

fn answer(session: &mut Session, about: &Message<'_>, number: u64, answer: Answer) {
    let now = UnixNanos(system_now());
    let qty = u64::from(about.qty(tags::ORDER_QTY).unwrap_or(0));
    let filled = if answer == Answer::Fills { qty } else { 0 };
    let leaves = if answer == Answer::Takes { qty } else { 0 };
    let (exec_type, ord_status) = match answer {
        Answer::Takes => (b'0', b'0'),
        Answer::Fills => (b'F', b'2'),
        Answer::Ends => (b'4', b'4'),
    };
    let copied = [
        tags::CL_ORD_ID,
        tags::ORIG_CL_ORD_ID,
        tags::ACCOUNT,
        tags::SYMBOL,
        tags::SIDE,
        tags::PRICE,
    ];
    let sent = session.send(tags::EXECUTION_REPORT, ClOrdId::NONE, now, &mut |_| {}, |w| {
        w.uint(tags::ORDER_ID, number);
        w.uint(tags::EXEC_ID, 4 * number + answer as u64);
        w.char(tags::EXEC_TYPE, exec_type);
        w.char(tags::ORD_STATUS, ord_status);
        for tag in copied {
            if let Some(value) = about.get(tag) {
                w.raw(tag, value);
            }
        }
        w.uint(tags::ORDER_QTY, qty);
        if filled > 0 {
            w.uint(tags::LAST_QTY, qty);
            w.raw(tags::LAST_PX, about.get(tags::PRICE).unwrap_or_default());
        }
        w.uint(tags::LEAVES_QTY, leaves);
        w.uint(tags::CUM_QTY, filled);
        w.char(AVG_PX, b'0');
        w.time(tags::TRANSACT_TIME, now, TimePrecision::Micros);
    });
    sent.expect("an acceptor keeps every message that fits");
}
