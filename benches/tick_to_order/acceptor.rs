//! The broker of the benchmark: a FIX acceptor that tells when the read returned that brought an
//! order, and acknowledges and fills every order at once.

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
    orders: u64,
    others: u64,
    order_bytes: usize,
}

impl Acceptor {
    /// Listens on a free port of this machine.
    pub fn bind(comp_id: &str, client: &str, ticks: TickClock) -> Result<Acceptor, String> {
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
            orders: 0,
            others: 0,
            order_bytes: 0,
        })
    }

    /// Where it listens.
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

    /// Reads what has come and answers it. `on_order` is told the symbol of each new order and the
    /// raw counter reading at the return of the read that brought it. Never waits.
    pub fn poll(&mut self, on_order: &mut impl FnMut(&[u8], u64)) {
        self.polls = self.polls.wrapping_add(1);
        let Some(stream) = &mut self.stream else { return self.accept() };
        match stream.read(self.inbox.space()) {
            Ok(0) => return self.stream = None,
            Ok(bytes) => {
                let arrived = self.ticks.raw();
                self.inbox.filled(bytes);
                self.receive(arrived, on_order);
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

    fn receive(&mut self, arrived: u64, on_order: &mut impl FnMut(&[u8], u64)) {
        let now = UnixNanos(system_now());
        while let Ok(Some(message)) = self.inbox.next() {
            let incoming = self.session.receive(&message, now, &mut |_| {});
            if !matches!(incoming, Incoming::Application { .. }) {
                continue;
            }
            if message.msg_type() != tags::NEW_ORDER_SINGLE {
                self.others += 1;
                continue;
            }
            on_order(message.get(tags::SYMBOL).unwrap_or_default(), arrived);
            self.orders += 1;
            self.order_bytes = message.bytes().len();
            for is_fill in [false, true] {
                answer(&mut self.session, &message, self.orders, is_fill);
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

fn answer(session: &mut Session, order: &Message<'_>, number: u64, is_fill: bool) {
    let now = UnixNanos(system_now());
    let qty = u64::from(order.qty(tags::ORDER_QTY).unwrap_or(0));
    let filled = if is_fill { qty } else { 0 };
    let copied = [tags::CL_ORD_ID, tags::ACCOUNT, tags::SYMBOL, tags::SIDE, tags::PRICE];
    let sent = session.send(tags::EXECUTION_REPORT, ClOrdId::NONE, now, &mut |_| {}, |w| {
        w.uint(tags::ORDER_ID, number);
        w.uint(tags::EXEC_ID, 2 * number + u64::from(is_fill));
        w.char(tags::EXEC_TYPE, if is_fill { b'F' } else { b'0' });
        w.char(tags::ORD_STATUS, if is_fill { b'2' } else { b'0' });
        for tag in copied {
            w.raw(tag, order.get(tag).unwrap_or_default());
        }
        w.uint(tags::ORDER_QTY, qty);
        if is_fill {
            w.uint(tags::LAST_QTY, qty);
            w.raw(tags::LAST_PX, order.get(tags::PRICE).unwrap_or_default());
        }
        w.uint(tags::LEAVES_QTY, qty - filled);
        w.uint(tags::CUM_QTY, filled);
        w.char(AVG_PX, b'0');
        w.time(tags::TRANSACT_TIME, now, TimePrecision::Micros);
    });
    sent.expect("an acceptor keeps every message that fits");
}
