//! `ctl fix`: the FIX sessions to the brokers, for people.

use crate::args::{ActorArgs, name, reason};
use crate::command::command;
use crate::failure::Failure;
use crate::format::{count, time};
use crate::output::Output;
use crate::source::{Answer, Source};
use clap::{Args, Subcommand};
use gauntlet_readmodel::api::{FixAdapter, FixMessage, FixSession, FixWord};
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
    let asked: Answer<FixAdapter> =
        source.ask("/api/observability/fix-adapter", |tail| tail.projection().fix_adapter())?;
    asked.tell(out, in_words)
}

fn in_words(adapter: &FixAdapter) -> String {
    let sessions: Vec<String> = adapter.sessions.iter().map(session).collect();
    match sessions.is_empty() {
        true => "no session: no broker is configured\n".to_owned(),
        false => sessions.join("\n"),
    }
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
    line("sends next", count(of.next_out));
    line("expects next", count(of.next_in));
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
        assert!(in_words(&FixAdapter::default()).contains("no broker is configured"));
    }
}
