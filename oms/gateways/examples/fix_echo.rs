//! A FIX 4.4 acceptor that sends every valid application message back, so that conformance suites can be run
//! against the session layer.
//!
//! ```text
//! cargo run --release -p gauntlet-gateways --example fix_echo -- \
//!     --port 9876 --sender A --target B [--reset-on-logon] [--dictionary FILE]
//! ```
//!
//! A message flagged PossResend (97=Y) whose `ClOrdID` was seen is ignored. Without a dictionary every type is
//! valid whose fields are whole.

use gauntlet_gateways::fix::codec::{HELD_BYTES_MAX, Message, SessionRejectReason};
use gauntlet_gateways::fix::dictionary::Dictionary;
use gauntlet_gateways::fix::peer::{FixPeer, PeerEvent, PeerSender};
use gauntlet_gateways::fix::session::SessionConfig;
use gauntlet_gateways::fix::tags;
use gauntlet_model::units::UnixNanos;
use std::collections::{HashSet, VecDeque};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const USAGE: &str =
    "fix_echo --port PORT --sender COMPID --target COMPID [--reset-on-logon] [--dictionary FILE]";
/// Identities remembered; for one more the oldest is forgotten.
const SEEN_MAX: usize = 100_000;
/// What the session writes itself.
const OF_THE_SESSION: [u32; 8] = [34, 35, 43, 49, 52, 56, 122, 369];

/// The `ClOrdID`s that came.
#[derive(Default)]
struct Seen {
    known: HashSet<Vec<u8>>,
    order: VecDeque<Vec<u8>>,
}

impl Seen {
    /// Remembers one and returns whether it was known.
    fn note(&mut self, id: &[u8]) -> bool {
        if !self.known.insert(id.to_vec()) {
            return true;
        }
        self.order.push_back(id.to_vec());
        if self.order.len() > SEEN_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
        false
    }
}

fn echo(message: &Message<'_>, msg_seq_num: u64, seen: &mut Seen, sender: &mut PeerSender<'_>) {
    let was_seen = message.get(tags::CL_ORD_ID).is_some_and(|id| seen.note(id));
    if was_seen && message.flag(tags::POSS_RESEND) {
        return;
    }
    let sent = sender.send_app(message.msg_type(), |w| {
        for (tag, value) in message.fields().filter(|(tag, _)| !OF_THE_SESSION.contains(tag)) {
            w.data(tag, value);
        }
    });
    if sent.is_err() {
        sender.reject(message, msg_seq_num, 0, SessionRejectReason::Other, "message too long");
    }
}

fn configured(mut arguments: impl Iterator<Item = String>) -> Result<(u16, SessionConfig), String> {
    let (mut port, mut sender, mut target) = (None, None, None);
    let (mut reset_on_logon, mut dictionary) = (false, None);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{argument} has no value; {USAGE}"));
        match argument.as_str() {
            "--port" => {
                let text = value()?;
                port = Some(text.parse().map_err(|_| format!("--port {text:?} is not a port"))?);
            }
            "--sender" => sender = Some(value()?),
            "--target" => target = Some(value()?),
            "--reset-on-logon" => reset_on_logon = true,
            "--dictionary" => {
                let file = value()?;
                let text = std::fs::read_to_string(&file);
                let text = text.map_err(|error| format!("cannot read {file}: {error}"))?;
                let read = Dictionary::read(&text).map_err(|error| format!("{file}: {error}"))?;
                dictionary = Some(Arc::new(read));
            }
            _ => return Err(format!("{argument:?} is not known; {USAGE}")),
        }
    }
    let (Some(port), Some(sender), Some(target)) = (port, sender, target) else {
        return Err(USAGE.to_owned());
    };
    let session = SessionConfig {
        reset_on_logon,
        dictionary,
        // Whatever could be read whole goes back, if its header is no longer than it was.
        message_bytes_max: HELD_BYTES_MAX,
        outbox_bytes: 16 * HELD_BYTES_MAX,
        ..SessionConfig::acceptor(&sender, &target)
    };
    Ok((port, session))
}

fn now() -> UnixNanos {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixNanos(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}

fn run() -> Result<(), String> {
    let (port, session) = configured(std::env::args().skip(1))?;
    let mut peer =
        FixPeer::bind(([127, 0, 0, 1], port).into(), session).map_err(|error| error.to_string())?;
    let address = peer.local_addr().map_err(|error| error.to_string())?;
    println!("listening on {address}");
    let mut seen = Seen::default();
    loop {
        let done = peer.poll(now(), &mut |event, sender| match event {
            PeerEvent::Application { message, msg_seq_num, .. } => {
                echo(&message, msg_seq_num, &mut seen, sender);
            }
            PeerEvent::LoggedOn => println!("logged on"),
            PeerEvent::LoggedOut { detail } => println!("logged out: {detail}"),
            PeerEvent::Rejected { message } => println!("rejected: {message:?}"),
        });
        if done == 0 {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("fix_echo: {error}");
            ExitCode::FAILURE
        }
    }
}
