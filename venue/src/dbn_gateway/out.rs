//! What waits to be sent to one client.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Write};

/// Bytes for a socket that may not take them yet, up to a bound.
#[derive(Debug)]
pub(super) struct OutBuffer {
    bytes: VecDeque<u8>,
    limit: usize,
}

impl OutBuffer {
    pub(super) fn new(limit: usize) -> OutBuffer {
        OutBuffer { bytes: VecDeque::new(), limit }
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// How many bytes more may wait.
    pub(super) fn room(&self) -> usize {
        self.limit.saturating_sub(self.bytes.len())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Takes bytes whole, or not at all (false) when they would not fit.
    pub(super) fn push(&mut self, bytes: &[u8]) -> bool {
        let fits = self.bytes.len() + bytes.len() <= self.limit;
        if fits {
            self.push_last(bytes);
        }
        fits
    }

    /// Takes the last words to a client, whatever the bound: they are few.
    pub(super) fn push_last(&mut self, bytes: &[u8]) {
        self.bytes.extend(bytes);
    }

    /// Writes until all is written or the socket takes no more. Returns how much was written.
    pub(super) fn write_to(&mut self, socket: &mut impl Write) -> io::Result<usize> {
        let mut written = 0;
        while !self.bytes.is_empty() {
            match socket.write(self.bytes.as_slices().0) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(n) => {
                    self.bytes.drain(..n);
                    written += n;
                }
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) if e.kind() == ErrorKind::WouldBlock => break,
                Err(e) => return Err(e),
            }
        }
        Ok(written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Narrow(Vec<u8>, usize);

    impl Write for Narrow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let n = bytes.len().min(self.1);
            self.1 -= n;
            self.0.extend(&bytes[..n]);
            if n == 0 { Err(ErrorKind::WouldBlock.into()) } else { Ok(n) }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn bytes_leave_in_order_however_little_the_socket_takes() {
        let mut out = OutBuffer::new(8);
        let mut socket = Narrow(Vec::new(), 3);
        assert!(out.push(b"abcdef"));
        assert_eq!(out.write_to(&mut socket).expect("open"), 3);
        assert!(out.push(b"ghijk"));
        assert!(!out.push(b"l"), "the bound holds");
        socket.1 = 100;
        assert_eq!(out.write_to(&mut socket).expect("open"), 8);
        assert_eq!(socket.0, b"abcdefghijk");
        assert!(out.is_empty());
    }
}
