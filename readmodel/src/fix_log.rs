//! The log of every FIX message: how a line of it looks, and what must not be seen in it.
//!
//! A line is `TIME DIRECTION SESSION MESSAGE`: the time as everywhere, the direction (`sent`, `received`, with `_cut`
//! behind it when the message was longer than what is kept, or `lost` with a count in place of a message), the broker's
//! name with `:copy` behind it for its drop copy, and the message as it is on the wire, fields ended by the byte 1, but
//! for secrets, which are `***`, and for line ends and backslashes, which are `\n`, `\r` and `\\`. Length and checksum of
//! a message with a secret are those of the wire.

use std::path::{Path, PathBuf};

/// The folder of the logs within the data folder.
pub const FOLDER: &str = "fix";
/// What stands in place of a secret.
const MASK: &[u8] = b"***";
const SOH: u8 = 1;
/// Shortest secret of the configuration that is looked for in all fields: a shorter one stands in every other number.
const SECRET_BYTES_MIN: usize = 4;

/// Fields that are secrets: `Password`, `NewPassword`, `RawData`, `SecureData`, `Signature`, `EncryptedPassword`,
/// `EncryptedNewPassword`.
const SECRET_TAGS: [u32; 7] = [554, 925, 96, 91, 89, 1402, 1404];

/// Fields whose bytes may be any, each with the field before it that says how many.
const DATA_FIELDS: [(u32, u32); 18] = [
    (95, 96),
    (90, 91),
    (93, 89),
    (212, 213),
    (348, 349),
    (350, 351),
    (352, 353),
    (354, 355),
    (356, 357),
    (358, 359),
    (360, 361),
    (362, 363),
    (364, 365),
    (445, 446),
    (618, 619),
    (621, 622),
    (1401, 1402),
    (1403, 1404),
];

/// The file that a session is logged to now; older ones have `.1`, `.2` and so on behind it.
pub fn file_of(data: &Path, route: &str, of_copy: bool) -> PathBuf {
    let copy = if of_copy { ".copy" } else { "" };
    data.join(FOLDER).join(format!("{route}{copy}.log"))
}

/// The file that `path` became so many rotations ago.
pub fn rotated(path: &Path, age: u32) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    if age > 0 {
        name.push(format!(".{age}"));
    }
    PathBuf::from(name)
}

/// The fields of a message: tag and value. What is no field ends them as tag 0.
pub fn fields(message: &[u8]) -> Fields<'_> {
    Fields { rest: message, announced: None }
}

/// See [`fields`].
pub struct Fields<'a> {
    rest: &'a [u8],
    /// The field of any bytes that comes next, and how many it has.
    announced: Option<(u32, usize)>,
}

fn number(digits: &[u8]) -> Option<u64> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

impl<'a> Iterator for Fields<'a> {
    type Item = (u32, &'a [u8]);

    fn next(&mut self) -> Option<(u32, &'a [u8])> {
        if self.rest.is_empty() {
            return None;
        }
        let equals = self.rest.iter().position(|byte| *byte == b'=');
        let tag =
            equals.and_then(|at| number(&self.rest[..at])).and_then(|tag| tag.try_into().ok());
        let (Some(equals), Some(tag)) = (equals, tag) else {
            return Some((0, std::mem::take(&mut self.rest)));
        };
        let behind = &self.rest[equals + 1..];
        let announced = self.announced.take().filter(|(of, _)| *of == tag).map(|(_, len)| len);
        let end = announced.filter(|len| behind.get(*len).is_none_or(|byte| *byte == SOH));
        let end = match (end, announced) {
            (Some(end), _) => end.min(behind.len()),
            // A secret that says its length wrongly may go on behind the next end of a field.
            (None, Some(_)) if SECRET_TAGS.contains(&tag) => behind.len(),
            _ => behind.iter().position(|byte| *byte == SOH).unwrap_or(behind.len()),
        };
        let value = &behind[..end];
        self.rest = behind.get(end + 1..).unwrap_or_default();
        let data = DATA_FIELDS.iter().find(|(of, _)| *of == tag).map(|(_, data)| *data);
        self.announced = data.zip(number(value).and_then(|len| usize::try_from(len).ok()));
        Some((tag, value))
    }
}

/// Writes a message without its secrets: fields that are secrets by their tag, and `secrets` wherever they stand.
fn write_masked(line: &mut Vec<u8>, message: &[u8], secrets: &[String]) {
    for (tag, value) in fields(message) {
        if tag > 0 {
            line.extend_from_slice(tag.to_string().as_bytes());
            line.push(b'=');
        }
        match SECRET_TAGS.contains(&tag) {
            true => line.extend_from_slice(MASK),
            false => write_value(line, value, secrets),
        }
        line.push(SOH);
    }
}

/// Writes a value: secrets masked, and nothing that would end the line.
fn write_value(line: &mut Vec<u8>, mut value: &[u8], secrets: &[String]) {
    let found = |at: &[u8]| {
        let secrets = secrets.iter().filter(|secret| secret.len() >= SECRET_BYTES_MIN);
        secrets.map(String::as_bytes).filter(|secret| at.starts_with(secret)).map(<[u8]>::len).max()
    };
    while let Some(byte) = value.first() {
        if let Some(len) = found(value) {
            line.extend_from_slice(MASK);
            value = &value[len..];
            continue;
        }
        match byte {
            b'\n' => line.extend_from_slice(b"\\n"),
            b'\r' => line.extend_from_slice(b"\\r"),
            b'\\' => line.extend_from_slice(b"\\\\"),
            byte => line.push(*byte),
        }
        value = &value[1..];
    }
}

/// A line of a message, its end included. `time` is as everywhere, `direction` as in the module's documentation.
pub fn write_line(
    line: &mut Vec<u8>,
    (time, direction, session): (&str, &str, &str),
    message: &[u8],
    secrets: &[String],
) {
    line.extend_from_slice(format!("{time} {direction} {session} ").as_bytes());
    write_masked(line, message, secrets);
    line.push(b'\n');
}

/// A line of messages that are not in the log.
pub fn write_lost(line: &mut Vec<u8>, time: &str, session: &str, lost: u64) {
    line.extend_from_slice(format!("{time} lost {session} {lost}\n").as_bytes());
}

/// A line, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// When.
    pub time: String,
    /// `sent`, `received`, `sent_cut`, `received_cut` or `lost`.
    pub direction: String,
    /// The broker's name, with `:copy` behind it for its drop copy.
    pub session: String,
    /// The message, or the count of those that are lost.
    pub message: Vec<u8>,
}

impl LogLine {
    /// Reads a line without its end; `None` for what is none, as a crash in its middle leaves it.
    pub fn read(line: &[u8]) -> Option<LogLine> {
        let mut words = line.splitn(4, |byte| *byte == b' ');
        let mut word = || Some(std::str::from_utf8(words.next()?).ok()?.to_owned());
        let (time, direction, session) = (word()?, word()?, word()?);
        let is_known = ["sent", "received", "sent_cut", "received_cut", "lost"];
        if !is_known.contains(&direction.as_str()) {
            return None;
        }
        Some(LogLine { time, direction, session, message: unescaped(words.next()?) })
    }

    /// The value of a field's first; `None` if it has none.
    pub fn get(&self, tag: u32) -> Option<&[u8]> {
        fields(&self.message).find(|(of, _)| *of == tag).map(|(_, value)| value)
    }
}

fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut text = text.iter();
    while let Some(byte) = text.next() {
        bytes.push(match byte {
            b'\\' => match text.next() {
                Some(b'n') => b'\n',
                Some(b'r') => b'\r',
                _ => b'\\',
            },
            byte => *byte,
        });
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn wire(text: &str) -> Vec<u8> {
        text.replace('|', "\x01").into_bytes()
    }

    fn logged(message: &[u8], secrets: &[&str]) -> String {
        let secrets: Vec<String> = secrets.iter().map(|&secret| secret.to_owned()).collect();
        let mut line = Vec::new();
        write_line(&mut line, ("T", "sent", "first"), message, &secrets);
        String::from_utf8(line).expect("text").replace('\x01', "|")
    }

    #[test]
    fn a_secret_is_masked_by_its_tag_and_wherever_it_stands() {
        for (message, line) in [
            ("35=A|553=ann|554=hunter2|108=30|", "35=A|553=ann|554=***|108=30|"),
            ("925=new|554=old|", "925=***|554=***|"),
            ("95=5|96=a|b=c|58=x|", "95=5|96=***|58=x|"),
            // Its length is wrong: nobody knows where it ends.
            ("95=2|96=a|b=c|58=x|", "95=2|96=***|"),
            ("96=without a length|58=x|", "96=***|58=x|"),
            ("1401=3|1402=a|c|10=000|", "1401=3|1402=***|10=000|"),
            ("95=90|96=cut he", "95=90|96=***|"),
            ("58=wrong password hunter2 of ann|", "58=wrong password *** of ann|"),
            ("55=hunter2hunter22|", "55=******2|"),
            ("354=4|355=a|=b|58=x|", "354=4|355=a|=b|58=x|"),
            ("no field at all hunter2", "no field at all ***|"),
        ] {
            let logged = logged(&wire(message), &["hunter2", "abc"]);
            assert_eq!(logged, format!("T sent first {line}\n"), "{message}");
        }
    }

    #[test]
    fn a_short_secret_is_masked_by_its_tag_alone() {
        let logged = logged(&wire("554=123|38=123|"), &["123"]);
        assert_eq!(logged, "T sent first 554=***|38=123|\n");
    }

    #[test]
    fn a_line_is_read_as_it_was_written_and_a_broken_one_is_none() {
        let mut line = Vec::new();
        let message = wire("35=B|58=two\nlines \\ and\r more|");
        write_line(&mut line, ("T", "received_cut", "first:copy"), &message, &[]);
        assert_eq!(line.iter().filter(|byte| **byte == b'\n').count(), 1);
        let read = LogLine::read(&line[..line.len() - 1]).expect("a line");
        assert_eq!(
            (read.session.as_str(), read.direction.as_str()),
            ("first:copy", "received_cut")
        );
        assert_eq!(read.message, message);
        assert_eq!(read.get(58), Some(b"two\nlines \\ and\r more".as_slice()));
        let mut lost = Vec::new();
        write_lost(&mut lost, "T", "first", 12);
        let read = LogLine::read(&lost[..lost.len() - 1]).expect("a line");
        assert_eq!((read.direction.as_str(), read.message.as_slice()), ("lost", b"12".as_slice()));
        for broken in ["", "T", "T sent", "T sent first", "T said first 35=A"] {
            assert_eq!(LogLine::read(broken.as_bytes()), None, "{broken}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_whatever_let_a_secret_through_or_break_a_line(
            before in prop::collection::vec(any::<u8>(), 0..40),
            after in prop::collection::vec(any::<u8>(), 0..40),
            tag in prop::sample::select(vec![58_u32, 554, 96, 95, 354, 1]),
        ) {
            let mut message = before;
            message.extend_from_slice(format!("\x01{tag}=hunter2").as_bytes());
            message.extend_from_slice(&after);
            let mut line = Vec::new();
            write_line(&mut line, ("T", "sent", "first"), &message, &["hunter2".to_owned()]);
            prop_assert!(!line.windows(7).any(|part| part == b"hunter2"));
            prop_assert_eq!(line.iter().filter(|byte| **byte == b'\n').count(), 1);
            prop_assert!(LogLine::read(&line[..line.len() - 1]).is_some());
        }
    }
}
