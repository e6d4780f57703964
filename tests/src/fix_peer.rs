//! FIX messages by hand, for a broker that a test plays.

use std::io::Read;
use std::net::TcpStream;

/// A message with its frame; `|` ends a field.
pub fn message(body: &str) -> Vec<u8> {
    let body = body.replace('|', "\u{1}");
    let head = format!("8=FIX.4.4\u{1}9={}\u{1}{body}", body.len());
    let sum = head.bytes().fold(0u8, u8::wrapping_add);
    format!("{head}10={sum:03}\u{1}").into_bytes()
}

/// The one message that has come.
pub fn read_message(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = [0; 4096];
    let mut len = 0;
    while !bytes[..len].windows(4).any(|field| field == b"\x0110=") {
        match stream.read(&mut bytes[len..]) {
            Ok(more) if more > 0 => len += more,
            _ => return None,
        }
    }
    Some(String::from_utf8_lossy(&bytes[..len]).into_owned())
}

/// The value of a field, `34=` for one.
pub fn field<'a>(message: &'a str, tag: &str) -> Option<&'a str> {
    message.split('\u{1}').find_map(|field| field.strip_prefix(tag))
}

/// Reads and drops what comes until the other side hangs up.
pub fn drain(stream: &mut TcpStream) {
    let mut bytes = [0; 4096];
    while matches!(stream.read(&mut bytes), Ok(more) if more > 0) {}
}
