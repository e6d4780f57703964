//! `ctl signal`: an opinion for the bots, through the control socket.

use crate::args::SignalArgs;
use crate::command::{ask, kept, request_id};
use crate::failure::Failure;
use crate::output::Output;
use gauntlet_model::units::UnixNanos;
use gauntlet_readmodel::command_wire::{Opinion, Reply, Request, SOCKET_NAME, Target, Verb};
use serde::Serialize;
use std::path::Path;

#[derive(Serialize)]
struct Heard {
    source: &'static str,
    scope: String,
    direction: i8,
    strength: f64,
    confidence: f64,
    /// When it was published; `null` for the node's now.
    published: Option<String>,
    ttl_seconds: u32,
    /// The number of the input that it became.
    seq: u64,
}

/// Sends it and waits until it went through the chain.
pub fn run(args: &SignalArgs, data: &Path, out: &mut Output) -> Result<(), Failure> {
    let target = args.symbol.as_deref().map_or(Target::Platform, Target::Instrument);
    let opinion = Opinion {
        source: args.source.source(),
        direction: args.direction.sign(),
        strength: args.strength,
        confidence: args.confidence,
        published: args.published.unwrap_or(UnixNanos(0)),
        ttl_seconds: args.ttl,
        name: kept("id", args.id.as_deref().unwrap_or_default()),
        text: kept("text", args.text.as_deref().unwrap_or_default()),
    };
    let verb = Verb::Signal(opinion);
    let request = Request { id: request_id(), verb, target, actor: "", reason: "" };
    let seq = match ask(&data.join(SOCKET_NAME), &request)? {
        Reply::Ok { seq, .. } => seq,
        Reply::Refused { why, .. } => {
            return Err(Failure::Failed(format!("refused for {target}: {why}")));
        }
    };
    let heard = Heard {
        source: opinion.source.name(),
        scope: target.to_string(),
        direction: opinion.direction,
        strength: opinion.strength,
        confidence: opinion.confidence,
        published: args.published.map(|at| at.to_string()),
        ttl_seconds: opinion.ttl_seconds,
        seq,
    };
    out.answer(&heard, || format!("{target}: {} is heard (input {seq})", heard.source))
}
