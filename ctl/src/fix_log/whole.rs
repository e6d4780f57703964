//! What a broker said, whole: the journal keeps 64 bytes of it, the log of messages all.

use gauntlet_readmodel::fix_log::{LogLine, file_of};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// Bytes that the journal keeps of a text.
const KEPT_BYTES: usize = 64;
/// Bytes at the end of the log that are looked through.
const LOOKED_BYTES: u64 = 1 << 20;
/// So many bytes of a text that was cut tell which it is.
const TELLING_BYTES: usize = 12;

/// The end of a session's log. A file that is not there is an empty one.
fn end_of_log(path: &Path) -> Vec<u8> {
    let read = || {
        let mut file = File::open(path)?;
        let len = file.metadata()?.len();
        file.seek(SeekFrom::Start(len.saturating_sub(LOOKED_BYTES)))?;
        let mut bytes = Vec::new();
        file.take(LOOKED_BYTES).read_to_end(&mut bytes)?;
        std::io::Result::Ok(bytes)
    };
    read().unwrap_or_default()
}

/// A text of the journal with what was cut off, if the log of its session has it; else as it is.
pub fn whole(data: &Path, (route, of_copy): (&str, bool), text: &str) -> String {
    // A character of several bytes does not fit where its first does.
    if text.len() + 3 < KEPT_BYTES {
        return text.to_owned();
    }
    let log = end_of_log(&file_of(data, route, of_copy));
    let lines = log.rsplit(|byte| *byte == b'\n').filter_map(LogLine::read);
    let received = lines.filter(|line| line.direction == "received");
    let said =
        received.filter_map(|line| Some(String::from_utf8_lossy(line.get(58)?).into_owned()));
    let mut whole = said.filter_map(|said| {
        let starts = text.char_indices().map(|(at, _)| at);
        let mut starts = starts.take_while(|at| text.len() - at >= TELLING_BYTES);
        let at = starts.find(|at| said.starts_with(&text[*at..]))?;
        Some(format!("{}{said}", &text[..at]))
    });
    whole.next().unwrap_or_else(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use gauntlet_model::text::Text;
    use gauntlet_readmodel::fix_log::write_line;

    fn log(data: &Path, texts: &[&str]) {
        let path = file_of(data, "broker", false);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("ours");
        let mut lines = Vec::new();
        for text in texts {
            let message = format!("35=5\x0158={text}\x01");
            write_line(&mut lines, ("T", "received", "first"), message.as_bytes(), &[]);
        }
        std::fs::write(path, lines).expect("ours");
    }

    #[test]
    fn a_text_that_was_cut_is_whole_again_by_the_log_and_any_other_is_as_it_is() {
        let dir = tempfile::tempdir().expect("a folder");
        let said = "MsgSeqNum too low, expecting 50000000 but received 7 on session FIRST-42";
        let cut = |text: &str| Text::<64>::new(text).as_str().to_owned();
        let refused = cut(&format!("logon refused: {said}"));
        assert_eq!(refused.len(), 64);
        let of = |text: &str| whole(dir.path(), ("broker", false), text);
        assert_eq!(of(&refused), refused, "there is no log");
        log(dir.path(), &["something else", said, "MsgSeqNum too low"]);
        assert_eq!(of(&refused), format!("logon refused: {said}"));
        assert_eq!(of(&cut(said)), said);
        assert_eq!(of("logon refused: MsgSeqNum too low"), "logon refused: MsgSeqNum too low");
        let other = cut(&format!("logon refused: {}", said.replace("50000000", "60000000")));
        assert_eq!(of(&other), other);
        assert_eq!(whole(dir.path(), ("broker", true), &refused), refused, "another session's");
        log(dir.path(), &[]);
        assert_eq!(of(&"x".repeat(64)), "x".repeat(64));
    }
}
