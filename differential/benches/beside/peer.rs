//! The counterparty of all: a broker of ours that spins on a core of its own and answers each order with one report.

use gauntlet_gateways::fix::codec::{Inbox, Message};
use gauntlet_gateways::fix::session::{Incoming, SequenceNumbers, Session, SessionConfig};
use gauntlet_gateways::fix::tags;
use gauntlet_model::ids::ClOrdId;
use gauntlet_model::units::UnixNanos;
use gauntlet_runtime::layout::pin_to;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{SystemTime, UNIX_EPOCH};

pub fn now() -> UnixNanos {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixNanos(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}

/// What bytes go through.
enum Wire {
    Plain(TcpStream),
    Secure(Box<StreamOwned<ServerConnection, TcpStream>>),
}

impl Wire {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        match self {
            Wire::Plain(stream) => stream.read(into),
            Wire::Secure(stream) => stream.read(into),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        match self {
            Wire::Plain(stream) => stream.write_all(bytes),
            Wire::Secure(stream) => stream.write_all(bytes).and_then(|()| stream.flush()),
        }
    }
}

/// Its thread; it ends when this is dropped.
pub struct Peer {
    pub address: SocketAddr,
    ends: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Peer {
    /// One for a client with this name, over TLS where a configuration is given.
    pub fn start(
        client: &str,
        core: Option<usize>,
        tls: Option<Arc<ServerConfig>>,
    ) -> Result<Peer, String> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(|error| error.to_string())?;
        let address = listener.local_addr().map_err(|error| error.to_string())?;
        let session = SessionConfig::acceptor("BROKER", client);
        let session = Session::new(session, SequenceNumbers::default());
        let session = session.map_err(|error| error.to_string())?;
        let ends = Arc::new(AtomicBool::new(false));
        let is_over = Arc::clone(&ends);
        let thread = std::thread::spawn(move || {
            if let Some(core) = core {
                pin_to(core);
            }
            let Ok((stream, _)) = listener.accept() else { return };
            let wire = match tls {
                None => Wire::Plain(stream),
                Some(config) => match ServerConnection::new(config) {
                    Ok(connection) => Wire::Secure(Box::new(StreamOwned::new(connection, stream))),
                    Err(_) => return,
                },
            };
            // It ends with its connection.
            let _ = serve(wire, session, &is_over);
        });
        Ok(Peer { address, ends, thread: Some(thread) })
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(mut wire: Wire, mut session: Session, ends: &AtomicBool) -> std::io::Result<()> {
    let socket = match &wire {
        Wire::Plain(stream) => stream,
        Wire::Secure(stream) => &stream.sock,
    };
    socket.set_nodelay(true)?;
    socket.set_nonblocking(true)?;
    let mut inbox = Inbox::new();
    session.connected(now(), &mut |_| {});
    while !ends.load(Ordering::Acquire) && !session.must_close() {
        match wire.read(inbox.space()) {
            Ok(0) => return Ok(()),
            Ok(bytes) => inbox.filled(bytes),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                std::hint::spin_loop();
                continue;
            }
            Err(error) => return Err(error),
        }
        while let Ok(Some(message)) = inbox.next() {
            if let Incoming::Application { msg_seq_num, .. } =
                session.receive(&message, now(), &mut |_| {})
            {
                answer(&mut session, &message, msg_seq_num);
            }
            session.take_notice();
        }
        let outbox = session.outbox();
        wire.write(outbox.pending())?;
        outbox.written(outbox.pending().len());
    }
    Ok(())
}

fn answer(session: &mut Session, order: &Message<'_>, number: u64) {
    let sent = session.send(tags::EXECUTION_REPORT, ClOrdId::NONE, now(), &mut |_| {}, |w| {
        w.uint(tags::ORDER_ID, number);
        w.uint(tags::EXEC_ID, number);
        w.char(tags::EXEC_TYPE, b'0');
        w.char(tags::ORD_STATUS, b'0');
        for tag in [tags::CL_ORD_ID, tags::ACCOUNT, tags::SYMBOL, tags::SIDE, tags::ORDER_QTY] {
            w.raw(tag, order.get(tag).unwrap_or_default());
        }
        w.uint(tags::LEAVES_QTY, 1);
        w.uint(tags::CUM_QTY, 0);
        w.uint(tags::AVG_PX, 0);
    });
    sent.expect("an acceptor keeps every message that fits");
}
