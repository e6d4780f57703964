//! A TCP line between two ends that breaks at the byte that it is told to.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};

/// Listens for the initiator and connects it to the acceptor. One thread polls it.
pub struct Line {
    listener: TcpListener,
    to: SocketAddr,
    ends: Option<[TcpStream; 2]>,
    /// Bytes on their way in each direction.
    waiting: [Vec<u8>; 2],
    /// Bytes that each way still carries before the line breaks.
    left: [Option<u64>; 2],
    pub breaks: u64,
    /// The last that it carried, for whoever looks at a schedule that failed.
    last: Vec<u8>,
}

impl Line {
    pub fn new(to: SocketAddr) -> Line {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a local port");
        listener.set_nonblocking(true).expect("a socket");
        Line {
            listener,
            to,
            ends: None,
            waiting: Default::default(),
            left: [None; 2],
            breaks: 0,
            last: vec![],
        }
    }

    pub fn address(&self) -> SocketAddr {
        self.listener.local_addr().expect("bound")
    }

    /// Has it break after so many more bytes one way: 0 of the initiator's, 1 of the acceptor's.
    pub fn break_after(&mut self, way: usize, bytes: u64) {
        self.left[way] = Some(bytes);
    }

    /// Breaks it now, if it is there.
    pub fn cut(&mut self) {
        if self.ends.take().is_some() {
            self.breaks += 1;
        }
        self.left = [None; 2];
        self.waiting = Default::default();
    }

    /// Nothing breaks it any more.
    pub fn mend(&mut self) {
        self.left = [None; 2];
    }

    pub fn poll(&mut self) -> usize {
        let mut done = self.accept();
        for way in 0..2 {
            match self.carry(way) {
                Some(bytes) => done += bytes,
                None => {
                    self.cut();
                    return done + 1;
                }
            }
        }
        done
    }

    fn accept(&mut self) -> usize {
        let Ok((initiator, _)) = self.listener.accept() else { return 0 };
        self.cut();
        // Nobody listens while the acceptor is down: the initiator is told as by a port forwarder.
        let Ok(acceptor) = TcpStream::connect(self.to) else {
            let _ = initiator.shutdown(Shutdown::Both);
            return 1;
        };
        for end in [&initiator, &acceptor] {
            end.set_nonblocking(true).expect("a socket");
            end.set_nodelay(true).expect("a socket");
        }
        self.ends = Some([initiator, acceptor]);
        1
    }

    /// Carries bytes one way; `None` when the line breaks.
    fn carry(&mut self, way: usize) -> Option<usize> {
        let Some(ends) = &mut self.ends else { return Some(0) };
        let waiting = &mut self.waiting[way];
        if waiting.is_empty() {
            let mut bytes = [0; 4_096];
            match ends[way].read(&mut bytes) {
                Ok(0) => return None,
                Ok(read) => waiting.extend_from_slice(&bytes[..read]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Some(0),
                Err(_) => return None,
            }
        }
        let may = self.left[way].map_or(waiting.len(), |left| waiting.len().min(left as usize));
        let written = match ends[1 - way].write(&waiting[..may]) {
            Ok(written) => written,
            Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
            Err(_) => return None,
        };
        let carried = waiting.drain(..written);
        note(&mut self.last, [b"\n> ", b"\n< "][way], carried.as_slice());
        drop(carried);
        if let Some(left) = &mut self.left[way] {
            *left -= written as u64;
            if *left == 0 {
                return None;
            }
        }
        Some(written)
    }
}

/// Bytes remembered of what was carried last.
const LAST_BYTES: usize = 8_192;

fn note(last: &mut Vec<u8>, head: &[u8], bytes: &[u8]) {
    if !bytes.is_empty() {
        last.extend_from_slice(head);
        last.extend_from_slice(bytes);
        last.drain(..last.len().saturating_sub(LAST_BYTES));
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("on the line:{}", String::from_utf8_lossy(&self.last).replace('\x01', "|"));
        }
    }
}
