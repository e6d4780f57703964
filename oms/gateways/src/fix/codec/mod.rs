//! Fields into bytes and bytes into an indexed view, in the tag=value encoding of FIX 4.4 volume 1.
//!
//! Encoding writes into a buffer of the caller; parsing borrows the received bytes and a reusable
//! index. Neither allocates.

mod digits;
mod encode;
mod frame;
mod message;
mod value;

pub use encode::{FieldWriter, TimePrecision, TooLong, encode_fields, encode_message};
pub(crate) use frame::First;
pub use frame::{BODY_BYTES_MAX, HELD_BYTES_MAX, Inbox, TooMuchGarbage};
pub use message::{FIELDS_MAX, Fault, Fields, Message, SessionRejectReason};
pub use value::{parse_bool, parse_price, parse_qty, parse_time, parse_uint};

/// The delimiter that ends every field.
pub const SOH: u8 = 1;
/// The only `BeginString` (tag 8) spoken here.
pub const BEGIN_STRING: &[u8] = b"FIX.4.4";
/// Longest message that we usually send, from `BeginString` to `CheckSum`, in bytes.
pub const MESSAGE_BYTES_MAX: usize = 8192;

/// The sum of all bytes modulo 256 (tag 10).
fn checksum(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum: u8, byte| sum.wrapping_add(*byte))
}
