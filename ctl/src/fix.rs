//! `ctl fix`: the FIX sessions to the brokers, for people.

use crate::args::{ActorArgs, name, reason};
use crate::command::command;
use crate::failure::Failure;
use crate::fix_log::{self, LogArgs};
use crate::format::{count, many, nanos, time};
use crate::output::Output;
use crate::source::{Answer, Source};
use clap::{Args, Subcommand};
use gauntlet_readmodel::api::{FixAdapter, FixLive, FixMessage, FixSession, FixWord};
use gauntlet_readmodel::command_wire::{AskedNumbers, Target, Verb};
use std::fmt::Write;
use std::path::Path;

/// Which session, who, and why.
#[derive(Debug, Args)]
pub struct SessionArgs {
    /// The broker, as the configuration names it.
    #[arg(long, value_name = "NAME", default_value = "broker", value_parser = name)]
    broker: String,
    /// The session of its drop copy.
    #[arg(long)]
    copy: bool,
    /// Why, for the journal: what the broker says.
    #[arg(long, value_parser = reason)]
    reason: String,
    /// Who asks.
    #[command(flatten)]
    actor: ActorArgs,
}

/// `ctl fix`.
#[derive(Debug, Subcommand)]
pub enum FixCommand {
    /// Show every session, and why one is down.
    Status,
    /// Show every message of the sessions, also of a node that does not run.
    Log(LogArgs),
    /// Log out and on again, asking the broker to begin both sides' sequence numbers at 1 (141=Y).
    Reset(SessionArgs),
    /// Log out and on again with other sequence numbers.
    SetNumbers {
        /// The number of the next message that we send, as the broker expects it.
        #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..=999_999_999_999),
              required_unless_present = "expect")]
        send: Option<u64>,
        /// The number of the next message of the broker's.
        #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..=999_999_999_999))]
        expect: Option<u64>,
        /// Which, who and why.
        #[command(flatten)]
        session: SessionArgs,
    },
}

/// Does one of them.
pub fn run(
    asked: &FixCommand,
    data: &Path,
    source: impl FnOnce() -> Result<Source, Failure>,
    out: &mut Output,
) -> Result<(), Failure> {
    match asked {
        FixCommand::Status => status(&mut source()?, out),
        FixCommand::Log(args) => fix_log::run(args, data, out),
        FixCommand::Reset(session) => set(session, 0, 0, data, out),
        FixCommand::SetNumbers { send, expect, session } => {
            set(session, send.unwrap_or(0), expect.unwrap_or(0), data, out)
        }
    }
}

fn set(
    session: &SessionArgs,
    next_out: u64,
    next_in: u64,
    data: &Path,
    out: &mut Output,
) -> Result<(), Failure> {
    let SessionArgs { broker, copy, reason, actor } = session;
    let verb = Verb::Numbers(AskedNumbers { of_copy: *copy, next_out, next_in });
    command(verb, Target::Venue(broker), &actor.name(), reason, data, out)
}

fn status(source: &mut Source, out: &mut Output) -> Result<(), Failure> {
    let mut asked: Answer<FixAdapter> =
        source.ask("/api/observability/fix-adapter", |tail| tail.projection().fix_adapter())?;
    for of in &mut asked.value.sessions {
        let session = (of.route.as_str(), of.of_copy);
        of.why = fix_log::whole(source.data(), session, &of.why);
        if let Some(word) = &mut of.last_logout {
            word.text = fix_log::whole(source.data(), session, &word.text);
        }
    }
    asked.tell(out, in_words)
}

fn in_words(adapter: &FixAdapter) -> String {
    let sessions: Vec<String> = adapter.sessions.iter().map(session).collect();
    match sessions.is_empty() {
        true => "no session: no broker is configured\n".to_owned(),
        false => sessions.join("\n"),
    }
}

/// How a session fares at this moment, each figure with its name.
fn live_lines(live: &FixLive) -> Vec<(&'static str, String)> {
    let at = |at: &Option<String>| at.as_ref().map_or_else(|| "never".to_owned(), |at| time(at));
    let heartbeat = match live.heartbeat_ns {
        0 => "none".to_owned(),
        interval => format!("every {}", nanos(interval)),
    };
    let round_trip = live.round_trip_ns.map_or_else(String::new, |took| {
        format!(", round trip {} at {}", nanos(took), at(&live.round_trip_at))
    });
    let mut lines = vec![
        ("now", live.phase.replace('_', " ")),
        ("heartbeat", format!("{heartbeat}{round_trip}")),
        ("last heard", format!("{}, last sent {}", at(&live.last_received), at(&live.last_sent))),
        (
            "gaps",
            format!(
                "{} asked for, {} resends served with {} gap fills, {} jumps of the broker's, {} \
                 duplicates",
                count(live.gaps),
                count(live.resends),
                count(live.gap_fills),
                count(live.jumps),
                count(live.duplicates)
            ),
        ),
        (
            "faults",
            format!(
                "{} received, {} not sent; {} rejects sent, {} garbled, {} orders unsent",
                count(live.faults_received),
                count(live.faults_unsent),
                count(live.rejects_sent),
                count(live.garbled),
                count(live.unsent)
            ),
        ),
    ];
    if live.failed_attempts > 0 {
        let next = live
            .next_attempt
            .as_ref()
            .map_or_else(String::new, |next| format!(", the next at {}", time(next)));
        let attempts = many(live.failed_attempts, "attempt");
        lines.push(("back-off", format!("{attempts} in a row came to nothing{next}")));
    }
    lines.push(("open", live.hours.clone()));
    let next = live.next_reset.as_ref().map(|next| format!(", next {}", time(next)));
    lines.push(("reset", format!("{}{}", live.resets, next.unwrap_or_default())));
    lines
}

/// One session, with what a person needs in order to talk to the broker about it.
fn session(of: &FixSession) -> String {
    let since = of.since.as_ref().map_or(String::new(), |since| format!(" since {}", time(since)));
    let why = if of.why.is_empty() { String::new() } else { format!(": {}", of.why) };
    let state = of.state.replace('_', " ");
    let mut text = format!("{} ({}): {}{since}{why}\n", of.name, of.route, state.to_uppercase());
    let mut line = |what: &str, value: String| {
        let _ = writeln!(text, "  {what:<12} {value}");
    };
    let numbers = of.live.as_ref().map(|live| (live.next_out, live.next_in));
    let (next_out, next_in) = numbers.unwrap_or((of.next_out, of.next_in));
    line("sends next", count(next_out));
    line("expects next", count(next_in));
    if let Some(FixMessage { msg_type, msg_seq_num }) = &of.last_sent {
        line("last sent", format!("35={msg_type} 34={msg_seq_num}"));
    }
    if let Some(at) = &of.last_logon {
        line("last logon", time(at));
    }
    if let Some(FixWord { time: at, text }) = &of.last_logout {
        let said = if text.is_empty() { "without a word" } else { text };
        line("last logout", format!("{}: {said}", time(at)));
    }
    line("this run", format!("{} refused, {} failures", count(of.refused), count(of.failures)));
    of.live.iter().flat_map(live_lines).for_each(|(what, value)| line(what, value));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_that_is_down_says_why_and_its_numbers() {
        let of = FixSession {
            name: "first:copy".to_owned(),
            route: "broker".to_owned(),
            state: "disconnected".to_owned(),
            since: Some("2026-11-27T10:00:00.000000000Z".to_owned()),
            why: "logon refused: too low".to_owned(),
            next_out: 1_294,
            next_in: 7,
            ..FixSession::default()
        };
        assert_eq!(
            session(&of),
            "first:copy (broker): DISCONNECTED since 2026-11-27T10:00:00.000Z: logon refused: too \
             low\n  sends next   1,294\n  expects next 7\n  this run     0 refused, 0 failures\n"
        );
        let live = FixLive {
            phase: "waiting".to_owned(),
            next_out: 1_295,
            heartbeat_ns: 30_000_000_000,
            failed_attempts: 3,
            next_attempt: Some("2026-11-27T10:00:01.500000000Z".to_owned()),
            faults_unsent: 2,
            resets: "daily at 17:00 America/Chicago".to_owned(),
            next_reset: Some("2026-11-27T23:00:00.000000000Z".to_owned()),
            ..FixLive::default()
        };
        let said = session(&FixSession { live: Some(live), ..of });
        for line in [
            "sends next   1,295",
            "now          waiting",
            "heartbeat    every 30.0 s",
            "faults       0 received, 2 not sent; 0 rejects sent, 0 garbled, 0 orders unsent",
            "back-off     3 attempts in a row came to nothing, the next at 2026-11-27T10:00:01.500Z",
            "reset        daily at 17:00 America/Chicago, next 2026-11-27T23:00:00.000Z",
        ] {
            assert!(said.lines().any(|said| said.trim() == line), "{line} in\n{said}");
        }
        assert!(in_words(&FixAdapter::default()).contains("no broker is configured"));
    }
}
