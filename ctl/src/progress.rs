//! Signs of life of what takes long, on stderr and only when that is a terminal.

use indicatif::{ProgressBar, ProgressStyle};
use std::time::Duration;

/// Counts inputs for people who wait. Hidden unless stderr is a terminal.
pub fn inputs(what: &'static str) -> ProgressBar {
    let style = ProgressStyle::with_template("{spinner} {msg}: {human_pos} inputs, {elapsed}")
        .expect("the template is a constant and valid");
    spinner(what, style)
}

/// Counts records for people who wait. Hidden unless stderr is a terminal.
pub fn records(what: &'static str) -> ProgressBar {
    let style = ProgressStyle::with_template("{spinner} {msg}: {human_pos} records, {elapsed}")
        .expect("the template is a constant and valid");
    spinner(what, style)
}

/// Shows that something of unknown length goes on. Hidden unless stderr is a terminal.
pub fn waiting(what: &'static str) -> ProgressBar {
    let style = ProgressStyle::with_template("{spinner} {msg}, {elapsed}")
        .expect("the template is a constant and valid");
    spinner(what, style)
}

/// Counts parts of a work whose length is known once it has begun. Hidden unless stderr is a terminal.
pub fn parts(what: &'static str) -> ProgressBar {
    let style =
        ProgressStyle::with_template("{spinner} {msg}: {wide_bar} {pos} of {len}, {elapsed}")
            .expect("the template is a constant and valid");
    spinner(what, style)
}

/// Shows how far a work of known length is, in days. Hidden unless stderr is a terminal.
pub fn days(what: &'static str, days: u64) -> ProgressBar {
    let style = ProgressStyle::with_template(
        "{spinner} {msg}: {wide_bar} day {pos} of {len}, {elapsed}, {eta} to go",
    )
    .expect("the template is a constant and valid");
    let bar = spinner(what, style);
    bar.set_length(days);
    bar
}

fn spinner(what: &'static str, style: ProgressStyle) -> ProgressBar {
    let bar = ProgressBar::new_spinner().with_style(style).with_message(what);
    if !bar.is_hidden() {
        bar.enable_steady_tick(Duration::from_millis(100));
    }
    bar
}
