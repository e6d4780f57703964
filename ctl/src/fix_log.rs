//! `ctl fix log`: every message of the FIX sessions, for people.
//!
//! It reads the files that a node writes and asks nobody: so it tells of a node that is dead.

mod files;
mod whole;

pub use whole::whole;

use crate::failure::Failure;
use crate::format::time;
use crate::output::Output;
use clap::Args;
use files::{Files, LoggedLine};
use gauntlet_gateways::fix::dictionary::Words;
use gauntlet_readmodel::fix_log::{FOLDER, LogLine, fields};
use serde::Serialize;
use std::collections::{BTreeSet, VecDeque};
use std::path::Path;
use std::thread;
use std::time::Duration;

/// Between two looks for new messages.
const EVERY: Duration = Duration::from_millis(200);
/// Identities of one order that are followed: a chain of replaces has one more each time.
const IDENTITIES_MAX: usize = 10_000;

/// Which messages.
#[derive(Debug, Args)]
pub struct LogArgs {
    /// Go on with messages as they come.
    #[arg(long, short)]
    follow: bool,
    /// Only those of an order: its ClOrdID or OrderID, or its name in `ctl orders`. What replaced it, and what it
    /// replaced from there on, are the same order.
    #[arg(long, value_name = "ID")]
    order: Option<String>,
    /// Only those of a broker, and of its drop copy.
    #[arg(long, value_name = "NAME")]
    broker: Option<String>,
    /// Only the last so many.
    #[arg(long, value_name = "NUMBER")]
    last: Option<usize>,
    /// Messages of the session itself (heartbeats, test requests) are left out.
    #[arg(long)]
    no_heartbeats: bool,
}

/// Tags of the frame and the header that a line says in another way, or that say nothing to people.
const FRAME: [u32; 8] = [8, 9, 35, 34, 49, 56, 52, 10];
const HEARTBEAT: &[u8] = b"0";
const TEST_REQUEST: &[u8] = b"1";
const CL_ORD_ID: u32 = 11;
const ORIG_CL_ORD_ID: u32 = 41;
const ORDER_ID: u32 = 37;

/// A message as JSON.
#[derive(Serialize)]
struct Message {
    time: String,
    session: String,
    /// `sent`, `received`, with `_cut` behind it when it is not whole, or `lost`.
    direction: String,
    msg_type: Option<String>,
    name: Option<String>,
    msg_seq_num: Option<u64>,
    /// Messages that are not in the log, if this tells of such.
    lost: Option<u64>,
    fields: Vec<Field>,
}

/// A field of it.
#[derive(Serialize)]
struct Field {
    tag: u32,
    name: Option<String>,
    value: String,
    means: Option<String>,
}

/// Prints what is there, and what comes if it is wanted.
pub fn run(args: &LogArgs, data: &Path, out: &mut Output) -> Result<(), Failure> {
    let folder = data.join(FOLDER);
    let mut files = Files::open(&folder).map_err(|error| {
        Failure::NotReachable(format!(
            "no messages are logged in {}: {error}; name the data folder of a node with --data",
            folder.display()
        ))
    })?;
    let (words, mut wanted) = (Words::built_in(), Wanted::new(args));
    let mut last: VecDeque<LogLine> = VecDeque::new();
    while let Some(line) = next(&mut files)? {
        if !wanted.wants(&line) {
            continue;
        }
        match args.last {
            None => print(&line, &words, out)?,
            Some(most) => {
                last.push_back(line);
                if last.len() > most {
                    last.pop_front();
                }
            }
        }
    }
    for line in &last {
        print(line, &words, out)?;
    }
    out.flush()?;
    if !args.follow {
        return Ok(());
    }
    loop {
        thread::sleep(EVERY);
        while let Some(line) = next(&mut files)? {
            if wanted.wants(&line) {
                print(&line, &words, out)?;
            }
        }
        out.flush()?;
    }
}

/// The next line that is one.
fn next(files: &mut Files) -> Result<Option<LogLine>, Failure> {
    let unreadable = |error| Failure::Failed(format!("cannot read the log of messages: {error}"));
    loop {
        match files.next().map_err(unreadable)? {
            None => return Ok(None),
            Some(LoggedLine::Line(line)) => return Ok(Some(line)),
            Some(LoggedLine::Broken(path)) => {
                eprintln!("ctl: a line of {} is no message", path.display());
            }
        }
    }
}

/// Which lines are wanted.
struct Wanted<'a> {
    args: &'a LogArgs,
    /// What the order that is asked for is called, as far as is known.
    identities: BTreeSet<Vec<u8>>,
}

impl Wanted<'_> {
    fn new(args: &LogArgs) -> Wanted<'_> {
        Wanted { args, identities: BTreeSet::new() }
    }

    fn wants(&mut self, line: &LogLine) -> bool {
        let LogArgs { broker, order, no_heartbeats, .. } = self.args;
        let session = line.session.strip_suffix(":copy").unwrap_or(&line.session);
        if broker.as_ref().is_some_and(|broker| broker != session && *broker != line.session) {
            return false;
        }
        let is_quiet = line.get(35).is_some_and(|of| of == HEARTBEAT || of == TEST_REQUEST);
        if *no_heartbeats && is_quiet {
            return false;
        }
        match order {
            None => true,
            Some(order) => self.is_of(order, line),
        }
    }

    /// Whether a message is of the order; what else that is called is of it from here on.
    fn is_of(&mut self, order: &str, line: &LogLine) -> bool {
        let named: Vec<&[u8]> = fields(&line.message)
            .filter(|(tag, _)| [CL_ORD_ID, ORIG_CL_ORD_ID, ORDER_ID].contains(tag))
            .map(|(_, value)| value)
            .filter(|value| !value.is_empty() && *value != b"NONE")
            .collect();
        // On the wire the journal's epoch stands before our own name of an order.
        let is_asked = |value: &[u8]| {
            let behind = value.rsplit(|byte| *byte == b'-').next();
            value == order.as_bytes() || (order.len() == 16 && behind == Some(order.as_bytes()))
        };
        let is_of = named.iter().any(|value| is_asked(value) || self.identities.contains(*value));
        if is_of && self.identities.len() < IDENTITIES_MAX {
            self.identities.extend(named.into_iter().map(<[u8]>::to_vec));
        }
        is_of
    }
}

fn print(line: &LogLine, words: &Words, out: &mut Output) -> Result<(), Failure> {
    let message = message(line, words);
    out.line(&message, || in_words(&message))
}

fn message(line: &LogLine, words: &Words) -> Message {
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    let is_lost = line.direction == "lost";
    let lost = is_lost.then(|| text(&line.message).trim().parse().ok()).flatten();
    let found = fields(&line.message).filter(|_| !is_lost).map(|(tag, value)| {
        let value = text(value);
        let means = words.value(tag, &value).map(str::to_owned);
        Field { tag, name: words.tag(tag).map(str::to_owned), value, means }
    });
    let fields: Vec<Field> = found.collect();
    let get = |tag| fields.iter().find(|field| field.tag == tag).map(|field| field.value.clone());
    let msg_type = get(35);
    Message {
        time: line.time.clone(),
        session: line.session.clone(),
        direction: line.direction.clone(),
        name: msg_type.as_ref().and_then(|of| words.message(of)).map(str::to_owned),
        msg_type,
        msg_seq_num: get(34).and_then(|number| number.parse().ok()),
        lost,
        fields,
    }
}

/// One line: when, whose, which way, its number and type, then the fields by name.
fn in_words(message: &Message) -> String {
    let Message { time: at, session, direction, .. } = message;
    let (at, direction) = (time(at), direction.replace('_', " "));
    if let Some(lost) = message.lost {
        return format!("{at}  {session}  {lost} messages are not in this log, which was too slow");
    }
    let number = message.msg_seq_num.map_or_else(|| "-".to_owned(), |number| number.to_string());
    let msg_type = message.msg_type.as_deref().unwrap_or("?");
    let name = message.name.as_deref().unwrap_or("unknown");
    let shown = message.fields.iter().filter(|field| !FRAME.contains(&field.tag)).map(|field| {
        let Field { tag, name, value, means } = field;
        let name = name.as_ref().map_or_else(|| tag.to_string(), |name| format!("{name}({tag})"));
        let means = means.as_ref().map_or_else(String::new, |means| format!(" ({means})"));
        format!("  {name}={}{means}", printable(value))
    });
    let shown: String = shown.collect();
    format!("{at}  {session}  {direction:<8}  {number:>6}  {name} ({msg_type}){shown}")
}

/// What a terminal may be given: a broker's text moves no cursor.
fn printable(text: &str) -> String {
    let mut printable = String::with_capacity(text.len());
    for c in text.chars() {
        match c.is_control() {
            true => printable.extend(c.escape_default()),
            false => printable.push(c),
        }
    }
    printable
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(direction: &str, session: &str, message: &str) -> LogLine {
        LogLine {
            time: "2026-11-27T10:00:00.123456789Z".to_owned(),
            direction: direction.to_owned(),
            session: session.to_owned(),
            message: message.replace('|', "\x01").into_bytes(),
        }
    }

    fn said(line: &LogLine) -> String {
        in_words(&message(line, &Words::built_in()))
    }

    #[test]
    fn a_message_is_shown_with_the_names_of_its_fields_and_what_they_mean() {
        let order = line(
            "sent",
            "first",
            "8=FIX.4.4|9=100|35=D|34=12|49=US|56=THEM|52=x|11=5-7|55=ESZ6|54=1|38=2|9702=x|10=000|",
        );
        assert_eq!(
            said(&order),
            "2026-11-27T10:00:00.123Z  first  sent          12  NewOrderSingle (D)  ClOrdID(11)=5-7  \
             Symbol(55)=ESZ6  Side(54)=1 (buy)  OrderQty(38)=2  9702=x"
        );
        let strange = said(&line("received_cut", "first", "35=ZZ|58=\u{1b}[2J|no field"));
        assert!(strange.contains("received cut       -  unknown (ZZ)"), "{strange}");
        assert!(strange.contains("Text(58)=\\u{1b}[2J  0=no field"), "{strange}");
        let lost = said(&line("lost", "first", "12"));
        assert!(
            lost.ends_with("first  12 messages are not in this log, which was too slow"),
            "{lost}"
        );
    }

    fn args(order: Option<&str>, broker: Option<&str>) -> LogArgs {
        LogArgs {
            follow: false,
            order: order.map(str::to_owned),
            broker: broker.map(str::to_owned),
            last: None,
            no_heartbeats: true,
        }
    }

    #[test]
    fn an_order_is_followed_through_its_replaces_and_the_brokers_name_of_it() {
        let messages = [
            ("35=D|11=5-00000000000000aa|", true),
            ("35=D|11=5-00000000000000ab|", false),
            ("35=8|11=5-00000000000000aa|37=X1|", true),
            ("35=8|37=NONE|11=5-00000000000000ab|", false),
            ("35=G|11=5-00000000000000ac|41=5-00000000000000aa|", true),
            ("35=8|37=X1|39=2|", true),
            ("35=F|11=5-00000000000000ad|41=5-00000000000000ac|", true),
            ("35=0|", false),
            ("35=8|37=X2|", false),
        ];
        for asked in ["5-00000000000000aa", "00000000000000aa"] {
            let args = args(Some(asked), None);
            let mut wanted = Wanted::new(&args);
            for (text, is_of) in messages {
                assert_eq!(wanted.wants(&line("sent", "first", text)), is_of, "{asked}: {text}");
            }
        }
    }

    #[test]
    fn a_brokers_messages_are_those_of_both_its_sessions() {
        let of = |args: &LogArgs, session| Wanted::new(args).wants(&line("sent", session, "35=D|"));
        let (first, copy) = (args(None, Some("first")), args(None, Some("first:copy")));
        assert!(of(&first, "first") && of(&first, "first:copy") && !of(&first, "second"));
        assert!(of(&copy, "first:copy") && !of(&copy, "first"));
        assert!(!Wanted::new(&first).wants(&line("sent", "first", "35=0|")), "a heartbeat");
    }
}
