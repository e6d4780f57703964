//! Commands to the hot thread, through its control socket.

use crate::aftermath;
use crate::args::{AcceptArgs, KillArgs, UnkillArgs};
use crate::failure::Failure;
use crate::format::many;
use crate::output::Output;
use gauntlet_model::input::{CorrectionKind, LimitStep, TicketKind};
use gauntlet_model::text::Text;
use gauntlet_readmodel::command_wire::{
    REPLY_MAX, REQUEST_MAX, Reply, Request, SOCKET_NAME, Target, Verb,
};
use serde::Serialize;
use std::io::{self, ErrorKind};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::path::Path;
use std::process;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// How long the hot thread may take. It answers within one round of its loop.
const PATIENCE: Duration = Duration::from_secs(2);

#[derive(Serialize)]
struct Done {
    command: &'static str,
    scope: String,
    actor: String,
    reason: String,
    /// The number of the input that it became.
    seq: u64,
    /// Working orders that were asked to be cancelled.
    orders: u32,
    /// What of it cannot happen now, and when it will.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    later: Vec<String>,
}

/// `ctl kill`.
pub fn kill(args: &KillArgs, data: &Path, out: &mut Output) -> Result<(), Failure> {
    let verb = if args.freeze { Verb::Freeze } else { Verb::Kill { flatten: args.flatten } };
    command(verb, args.scope.target(), &args.actor.name(), &args.reason, data, out)
}

/// `ctl unkill`.
pub fn unkill(args: &UnkillArgs, data: &Path, out: &mut Output) -> Result<(), Failure> {
    command(Verb::Unkill, args.scope.target(), &args.actor.name(), &args.reason, data, out)
}

/// `ctl accept-config`.
pub fn accept_config(args: &AcceptArgs, data: &Path, out: &mut Output) -> Result<(), Failure> {
    let verb = Verb::AcceptConfiguration;
    command(verb, Target::Platform, &args.actor.name(), &args.reason, data, out)
}

pub(crate) fn command(
    verb: Verb,
    target: Target<'_>,
    actor: &str,
    reason: &str,
    data: &Path,
    out: &mut Output,
) -> Result<(), Failure> {
    // The journal keeps so much of them and no more.
    let (actor, reason) = (kept::<32>("actor", actor), kept::<64>("reason", reason));
    let (actor, reason) = (actor.as_str(), reason.as_str());
    let request = Request { id: request_id(), verb, target, actor, reason };
    let path = data.join(SOCKET_NAME);
    let (seq, orders) = match ask(&path, &request)? {
        Reply::Ok { seq, orders, .. } => (seq, orders),
        Reply::Refused { why, .. } => {
            return Err(Failure::Failed(format!("refused for {target}: {why}")));
        }
    };
    let (command, happened) = match verb {
        Verb::Kill { .. } if matches!(target, Target::Order(_)) => {
            ("kill", "it is being cancelled")
        }
        Verb::Kill { flatten: false } => ("kill", "killed, exits go on"),
        Verb::Kill { flatten: true } => ("kill", "killed, positions are being closed"),
        Verb::Freeze => ("freeze", "killed and frozen, exits stop too"),
        Verb::Unkill => ("unkill", "the kill is lifted"),
        Verb::ResetBreaker => ("reset", "the breaker is reset, and refusals are counted anew"),
        Verb::AcceptConfiguration => ("accept_configuration", "the configuration is accepted"),
        Verb::Ping => ("ping", "it answers"),
        Verb::Signal(_) => ("signal", "it is heard"),
        Verb::Correct(asked) => told(asked.kind),
        Verb::Ticket(asked) => ticket_told(asked.kind),
        Verb::Adopt(_) => ("adopt", "the order is taken over, and its broker is asked about it"),
        Verb::Numbers(asked) if asked.next_out == 0 && asked.next_in == 0 => (
            "fix_reset",
            "the session logs out, and the next logon asks to begin both sides' numbers anew",
        ),
        Verb::Numbers(_) => ("fix_set_numbers", "the session logs out, and on with these numbers"),
        Verb::Limit(asked) => match asked.step {
            LimitStep::Lower => ("lower", "the limit is lower, until a second person ends that"),
            LimitStep::Ask => ("raise", "asked for: a second person has to allow it"),
            LimitStep::Allow => ("allow", "the limit is raised for its time"),
            LimitStep::End => ("end", "the limit is what the configuration says"),
        },
    };
    let done = Done {
        command,
        scope: target.to_string(),
        actor: actor.to_owned(),
        reason: reason.to_owned(),
        seq,
        orders,
        later: match verb {
            Verb::Kill { flatten } => aftermath::of_kill(target, flatten, data),
            _ => Vec::new(),
        },
    };
    out.answer(&done, || {
        let cancelled = match verb {
            Verb::Kill { .. } | Verb::Freeze if !matches!(target, Target::Order(_)) => {
                format!(", {} being cancelled", many(orders.into(), "working order"))
            }
            _ => String::new(),
        };
        let later: String = done.later.iter().map(|line| format!("\n  {line}")).collect();
        format!("{target}: {happened}{cancelled} (input {seq}){later}")
    })
}

/// A correction by its name, and what has happened then.
fn told(kind: CorrectionKind) -> (&'static str, &'static str) {
    let happened = match kind {
        CorrectionKind::Book => "the fill is booked",
        CorrectionKind::TakeBack => "the fill is taken back",
        CorrectionKind::Adjust => "the position is adjusted",
        CorrectionKind::WriteOff => "the order is written off",
        CorrectionKind::Settle => "the doubt is settled",
        CorrectionKind::Enquire | CorrectionKind::Retract => "the brokers are asked",
    };
    (kind.name(), happened)
}

/// A ticket by its name, and what has happened then: what the broker makes of it, views tell.
fn ticket_told(kind: TicketKind) -> (&'static str, &'static str) {
    let happened = match kind {
        TicketKind::New => "the order passed every check; `ctl orders` shows it",
        TicketKind::Cancel => "the order is being cancelled",
        TicketKind::Replace => "the order is being replaced",
        TicketKind::Close => "it is being closed",
        TicketKind::Parent => {
            "it is open: `ctl orders` shows it, and `ctl order new --parent` works it off"
        }
    };
    (kind.name(), happened)
}

/// What the journal keeps of a text; told when that is not all of it.
pub fn kept<const N: usize>(what: &str, text: &str) -> Text<N> {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let kept = Text::new(&text);
    if kept.as_str() != text {
        eprintln!("ctl: the {what} is kept as {:?}: it holds {N} bytes", kept.as_str());
    }
    kept
}

/// Tells this request's reply from a late one to another.
pub fn request_id() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    since.as_nanos() as u64
}

/// Sends a request to the control socket at `path` and waits for its reply.
pub fn ask(path: &Path, request: &Request<'_>) -> Result<Reply, Failure> {
    let datagram = request.encode();
    if datagram.len() > REQUEST_MAX {
        return Err(Failure::Usage(format!(
            "the request has {} bytes, and {REQUEST_MAX} fit: the name is too long",
            datagram.len()
        )));
    }
    let silent = |error: io::Error| Failure::NotReachable(silence(path, &error));
    // The abstract name leaves nothing behind, however this process ends.
    let name = format!("gauntlet-ctl-{}-{:x}", process::id(), request.id);
    let socket = SocketAddr::from_abstract_name(name)
        .and_then(|name| UnixDatagram::bind_addr(&name))
        .map_err(|error| Failure::Failed(format!("cannot open a socket for the reply: {error}")))?;
    // Once connected, nobody but the node can answer.
    socket.connect(path).map_err(silent)?;
    socket.set_write_timeout(Some(PATIENCE)).map_err(silent)?;
    socket.send(datagram.as_bytes()).map_err(silent)?;
    let until = Instant::now() + PATIENCE;
    let mut buffer = [0; REPLY_MAX];
    loop {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(silent(ErrorKind::TimedOut.into()));
        }
        socket.set_read_timeout(Some(left)).map_err(silent)?;
        let len = match socket.recv(&mut buffer) {
            Ok(len) => len,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(silent(error)),
        };
        let reply = Reply::parse(&buffer[..len]);
        let of = reply.as_ref().map(|(Reply::Ok { id, .. } | Reply::Refused { id, .. })| *id);
        match reply {
            // A node that could not read the id answers under 0.
            Some(reply) if of == Some(request.id) || of == Some(0) => return Ok(reply),
            _ => {}
        }
    }
}

/// What to do when nobody answers.
fn silence(path: &Path, error: &io::Error) -> String {
    let path = path.display();
    match error.kind() {
        ErrorKind::NotFound => format!(
            "no control socket at {path}: no node runs on this data directory; name the node's with \
             --data"
        ),
        ErrorKind::ConnectionRefused => format!(
            "nobody reads {path}: the node that made it has ended without removing it; working orders \
             may still be at the broker: start the node again, or call the broker"
        ),
        ErrorKind::PermissionDenied => {
            format!("may not write to {path}: run this as the user that the node runs as")
        }
        ErrorKind::WouldBlock | ErrorKind::TimedOut => format!(
            "the node did not answer at {path} within {} s: the command may still take effect, see \
             `ctl status`; if the hot thread is stuck, end the process and call the broker",
            PATIENCE.as_secs()
        ),
        _ => format!("cannot reach the node at {path}: {error}"),
    }
}
