//! Peers that misbehave, and a line between two good ones that can be disturbed.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// A server that treats each connection as it was told. Connections are served one after another.
#[derive(Debug)]
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    served: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts a server on a free port. `serve` gets each connection and its number from 0.
    ///
    /// # Panics
    /// When there is no port.
    pub fn start(mut serve: impl FnMut(TcpStream, usize) + Send + 'static) -> Server {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        listener.set_nonblocking(true).expect("a listener that does not block");
        let address = listener.local_addr().expect("it is bound");
        let (served, stop) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let (count, ended) = (Arc::clone(&served), Arc::clone(&stop));
        let thread = std::thread::spawn(move || {
            while !ended.load(Ordering::Acquire) {
                match listener.accept() {
                    Ok((stream, _)) => {
                        stream.set_nonblocking(false).expect("a stream that blocks");
                        serve(stream, count.load(Ordering::Acquire));
                        count.fetch_add(1, Ordering::AcqRel);
                    }
                    Err(error) if error.kind() == ErrorKind::WouldBlock => {
                        std::thread::sleep(Duration::from_millis(2));
                    }
                    Err(error) => panic!("cannot accept: {error}"),
                }
            }
        });
        Server { address, served, stop, thread: Some(thread) }
    }

    /// Connections that are over.
    pub fn served(&self) -> usize {
        self.served.load(Ordering::Acquire)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        if let Some(Err(panic)) = self.thread.take().map(JoinHandle::join)
            && !std::thread::panicking()
        {
            std::panic::resume_unwind(panic);
        }
    }
}

/// Reads what comes until a line end, and no further.
pub fn read_line(stream: &mut TcpStream) -> String {
    let mut line = Vec::new();
    let mut byte = [0];
    while !line.ends_with(b"\n") && matches!(stream.read(&mut byte), Ok(1)) {
        line.push(byte[0]);
    }
    String::from_utf8_lossy(&line).into_owned()
}

/// Bytes of every value, that are no message of anything: the same each time.
pub fn rubbish(len: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_u32;
    let next = || {
        // Xorshift (Marsaglia, 2003).
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()[1]
    };
    std::iter::repeat_with(next).take(len).collect()
}

/// Passes bytes on between a client and an upstream server, one connection after another, and
/// disturbs them when asked.
#[derive(Debug)]
pub struct Proxy {
    server: Server,
    line: Arc<Mutex<Option<TcpStream>>>,
}

impl Proxy {
    /// Starts a proxy before `upstream`.
    pub fn start(upstream: SocketAddr) -> Proxy {
        let line = Arc::new(Mutex::new(None));
        let shared = Arc::clone(&line);
        let server = Server::start(move |client, _| {
            // Without an upstream the client's connection ends like any other.
            let Ok(server) = TcpStream::connect(upstream) else { return };
            *lock(&shared) = client.try_clone().ok();
            let down = match (server.try_clone(), client.try_clone()) {
                (Ok(from), Ok(to)) => std::thread::spawn(move || pump(from, to)),
                _ => return,
            };
            pump(client, server);
            *lock(&shared) = None;
            down.join().expect("the pump does not panic");
        });
        Proxy { server, line }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.server.address
    }

    /// Sends bytes to the client as if they came from upstream. They may fall into the middle of a
    /// message. Tells whether there was a connection.
    pub fn inject(&self, bytes: &[u8]) -> bool {
        let line = lock(&self.line);
        line.as_ref().is_some_and(|mut client| client.write_all(bytes).is_ok())
    }

    /// Cuts the connection. Tells whether there was one.
    pub fn cut(&self) -> bool {
        let line = lock(&self.line);
        line.as_ref().is_some_and(|client| client.shutdown(Shutdown::Both).is_ok())
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // Lets the pumps end, if there are any.
        let _was_connected = self.cut();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// Passes bytes on until one of the two ends, and then ends both.
fn pump(mut from: TcpStream, mut to: TcpStream) {
    let mut buffer = [0; 4096];
    while let Ok(len @ 1..) = from.read(&mut buffer) {
        if to.write_all(&buffer[..len]).is_err() {
            break;
        }
    }
    for stream in [from, to] {
        // The other pump may have done it.
        let _done = stream.shutdown(Shutdown::Both);
    }
}
