//! `ctl status`: once, or anew every second.

use crate::args::StatusArgs;
use crate::failure::Failure;
use crate::output::Output;
use crate::show;
use crate::source::{Answer, Source};
use gauntlet_readmodel::api::{PlatformState, Status};
use std::thread;
use std::time::Duration;

const EVERY: Duration = Duration::from_secs(1);
/// Moves to the upper left corner and clears the screen.
const CLEAR: &str = "\x1b[H\x1b[2J";

/// Shows the status.
pub fn run(args: &StatusArgs, source: &mut Source, out: &mut Output) -> Result<(), Failure> {
    if !args.watch {
        let Answer { value: status, note, .. } = ask(source)?;
        if let Some(note) = note.filter(|_| status.running) {
            eprintln!("ctl: {note}");
        }
        out.answer(&status, || show::status(&status))?;
        return verdict(&status);
    }
    let mut answer: Result<Answer<Status>, Failure> = Ok(ask(source)?);
    let mut told = None;
    loop {
        match answer {
            Ok(Answer { value: status, note, .. }) if out.is_json() => {
                out.line(&status, String::new)?;
                tell_once(&mut told, note);
            }
            Ok(Answer { value: status, note, .. }) => {
                let note = note.filter(|_| status.running);
                let note = note.map_or_else(String::new, |note| note + "\n\n");
                out.bytes(format!("{CLEAR}{note}{}", show::status(&status)).as_bytes())?;
            }
            // A node that is started again is found again.
            Err(failure) if out.is_json() => tell_once(&mut told, Some(failure.to_string())),
            Err(failure) => out.bytes(format!("{CLEAR}{failure}\n").as_bytes())?,
        }
        out.flush()?;
        thread::sleep(EVERY);
        answer = ask(source);
    }
}

fn ask(source: &mut Source) -> Result<Answer<Status>, Failure> {
    let title = source.journal_name();
    let mut answer = source.ask("/api/status", |tail| {
        let mut status = tail.projection().status(&title);
        status.journal = tail.status().clone();
        status
    })?;
    let Answer { value: status, note, running } = &mut answer;
    status.running = *running;
    status.last_stress = Some(show::last_stress(source.data()));
    if let Some(note) = note.as_ref().filter(|_| !*running) {
        status.state = PlatformState::NotRunning;
        status.reasons.insert(0, note.clone());
    }
    Ok(answer)
}

/// The exit code says the same as the answer: whether the node can trade.
fn verdict(status: &Status) -> Result<(), Failure> {
    let reason = || status.reasons.first().cloned().unwrap_or_default();
    match status.state {
        PlatformState::Trading => Ok(()),
        PlatformState::NotRunning => {
            Err(Failure::NotReachable(format!("not running: {}", reason())))
        }
        _ => Err(Failure::CannotTrade(reason())),
    }
}

/// Tells on stderr what was not told already.
fn tell_once(told: &mut Option<String>, note: Option<String>) {
    // The end of a note is the input that the journal is read to, which always moves.
    let key = note.as_ref().map(|note| note.rsplit_once(',').map_or(&**note, |(key, _)| key));
    if key != told.as_deref() {
        let key = key.map(str::to_owned);
        if let Some(note) = note {
            eprintln!("ctl: {note}");
        }
        *told = key;
    }
}
