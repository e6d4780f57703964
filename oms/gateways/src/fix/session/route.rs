//! The way back of a message that came on somebody's behalf.

use crate::fix::codec::{Message, encode_fields};

/// Most bytes of one name on the way.
const NAME_BYTES_MAX: usize = 64;
/// Who sent on whose behalf, and to whom it is to be delivered, by what each becomes on the way back
/// (FIX 4.4 volume 1, standard header).
const ROUTES: [(u32, u32); 6] =
    [(115, 128), (116, 129), (144, 145), (128, 115), (129, 116), (145, 144)];

/// Header fields of an answer: those of the message that it answers, turned round.
pub struct WayBack {
    bytes: [u8; 6 * (NAME_BYTES_MAX + 5)],
    len: usize,
}

impl WayBack {
    /// That of a message.
    pub fn of(message: &Message<'_>) -> WayBack {
        let mut way = WayBack { bytes: [0; 6 * (NAME_BYTES_MAX + 5)], len: 0 };
        let written = encode_fields(&mut way.bytes, |w| {
            for (there, back) in ROUTES {
                let name = message.get(there).filter(|name| name.len() <= NAME_BYTES_MAX);
                w.raw(back, name.unwrap_or_default());
            }
        });
        way.len = written.unwrap_or(0);
        way
    }

    /// The fields, encoded; empty for a message that came straight from its sender.
    pub fn fields(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}
