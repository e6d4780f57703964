//! Short text of a fixed size, so that names and reasons ride the stream without allocation.

use rkyv::{Archive, Deserialize, Serialize};
use std::fmt;

/// UTF-8 text of at most `N` bytes, stored inline and padded with zeros.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Text<const N: usize> {
    bytes: [u8; N],
}

impl<const N: usize> Text<N> {
    /// Empty text.
    pub const EMPTY: Text<N> = Text { bytes: [0; N] };

    /// Takes as much of `text` as fits, cut at a character boundary and at the first NUL.
    pub fn new(text: &str) -> Text<N> {
        let text = text.split('\0').next().unwrap_or("");
        let mut end = text.len().min(N);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let mut bytes = [0; N];
        bytes[..end].copy_from_slice(&text.as_bytes()[..end]);
        Text { bytes }
    }

    /// As [`Text::new`] of what `format_args!` makes, without allocation.
    pub fn format(arguments: fmt::Arguments<'_>) -> Text<N> {
        struct Room<const N: usize> {
            bytes: [u8; N],
            len: usize,
        }
        impl<const N: usize> fmt::Write for Room<N> {
            fn write_str(&mut self, text: &str) -> fmt::Result {
                let mut end = text.len().min(N - self.len);
                while !text.is_char_boundary(end) {
                    end -= 1;
                }
                self.bytes[self.len..self.len + end].copy_from_slice(&text.as_bytes()[..end]);
                self.len += end;
                // What does not fit ends it, so that nothing shorter follows.
                if end < text.len() { Err(fmt::Error) } else { Ok(()) }
            }
        }
        let mut room = Room { bytes: [0; N], len: 0 };
        // An error says that the room is full, and the text is cut there.
        let _ = fmt::write(&mut room, arguments);
        Text::new(std::str::from_utf8(&room.bytes[..room.len]).unwrap_or_default())
    }

    /// Takes bytes from a wire; anything that is not printable ASCII becomes `?`.
    pub fn from_wire(wire: &[u8]) -> Text<N> {
        let mut bytes = [0; N];
        for (to, from) in bytes.iter_mut().zip(wire) {
            *to = if (0x20..0x7f).contains(from) { *from } else { b'?' };
        }
        Text { bytes }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        // Only a damaged record that still passed its checksum could hold invalid UTF-8.
        std::str::from_utf8(self.as_bytes()).unwrap_or("\u{fffd}")
    }

    /// The bytes without the padding.
    pub fn as_bytes(&self) -> &[u8] {
        let end = self.bytes.iter().position(|b| *b == 0).unwrap_or(N);
        &self.bytes[..end]
    }

    /// Whether there is no text.
    pub fn is_empty(&self) -> bool {
        self.bytes.first().is_none_or(|b| *b == 0)
    }
}

impl<const N: usize> Default for Text<N> {
    fn default() -> Self {
        Text::EMPTY
    }
}

impl<const N: usize> fmt::Display for Text<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl<const N: usize> fmt::Debug for Text<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formatted_text_is_cut_where_the_room_ends() {
        assert_eq!(Text::<8>::format(format_args!("{}-{}", 12, "é")).as_str(), "12-é");
        assert_eq!(Text::<4>::format(format_args!("{}{}{}", "abc", "é", "d")).as_str(), "abc");
        assert_eq!(Text::<4>::format(format_args!("a\0b")).as_str(), "a");
    }

    #[test]
    fn text_is_cut_at_a_character_boundary() {
        assert_eq!(Text::<4>::new("abcdef").as_str(), "abcd");
        assert_eq!(Text::<4>::new("abc\u{e9}").as_str(), "abc");
        assert_eq!(Text::<4>::new("a\0b").as_str(), "a");
        assert!(Text::<4>::new("").is_empty());
    }

    #[test]
    fn wire_bytes_become_printable() {
        assert_eq!(Text::<8>::from_wire(b"ok\x01\xff!").as_str(), "ok??!");
    }
}
