//! `ctl journal replay`.

use crate::failure::Failure;
use crate::format::{many, time};
use crate::output::Output;
use crate::progress;
use gauntlet_model::effect::Effect;
use gauntlet_model::units::UnixNanos;
use gauntlet_readmodel::replay::{self, Difference, ReplayError, ReplayReport};
use serde_json::json;
use std::path::Path;

/// Computes every effect again and compares it with the journal's.
pub fn replay(dir: &Path, out: &mut Output) -> Result<(), Failure> {
    let progress = progress::inputs("replaying");
    let replayed = replay::replay(dir, |inputs| progress.set_position(inputs));
    progress.finish_and_clear();
    match replayed {
        Ok(report) => out.answer(&report, || text(&report)),
        Err(ReplayError::Journal(error)) => Err(error.into()),
        Err(ReplayError::Different(difference)) => {
            if out.is_json() {
                out.answer(&difference_json(&difference), String::new)?;
            }
            Err(Failure::Different(difference.to_string()))
        }
    }
}

fn text(report: &ReplayReport) -> String {
    let mut text = format!(
        "equal: {} of {}, byte for byte\n  last input {}, {}\n  hash {}\n",
        many(report.effects - report.missing, "effect"),
        many(report.inputs, "input"),
        report.last_seq,
        time(&UnixNanos(report.last_time).to_string()),
        report.effects_hash
    );
    if report.accepted_through > 0 {
        text += &format!(
            "  effects of inputs up to {} accepted by a person, not compared\n",
            report.accepted_through
        );
    }
    if report.missing > 0 {
        text += &format!(
            "  {} at the end not written before the process ended\n",
            many(report.missing, "effect")
        );
    }
    if report.ahead > 0 {
        text += &format!(
            "  {} without an input in the journal, not compared: a node is writing it, or the inputs \
             were lost with a machine\n",
            many(report.ahead, "effect")
        );
    }
    if report.lost_inputs > 0 {
        text += &format!("  {} lost with a machine\n", many(report.lost_inputs, "input"));
    }
    text
}

fn difference_json(difference: &Difference) -> serde_json::Value {
    let shown = |effect: &Option<Effect>| effect.map(|effect| format!("{effect:?}"));
    json!({
        "equal": false,
        "cause": difference.at.0,
        "index": difference.at.1,
        "time": difference.input.map(|input| input.time.to_string()),
        "input": difference.input.map(|input| format!("{:?}", input.input)),
        "recorded": shown(&difference.recorded),
        "computed": shown(&difference.computed),
    })
}
