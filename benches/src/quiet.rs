//! Keeping other processes out of the figures: a benchmark whose threads spin on every core shows
//! whoever else wants one.
//!
//! A round in which others had more than [`OTHERS_SHARE_MAX`] of the cores is run again, whatever its
//! figures are. What is counted is the time of others, never how long anything took, so that a bad
//! figure is never a reason to try again.

use gauntlet_runtime::layout::allowed_cores;
use std::fs;
use std::time::{Duration, Instant};

/// Most of the cores' time that others may have in a round that counts.
pub const OTHERS_SHARE_MAX: f64 = 0.02;

/// Ticks a second of the kernel's accounting (`USER_HZ`): 100 on every Linux.
const TICKS_PER_SECOND: f64 = 100.0;
const LOOK_FOR: Duration = Duration::from_millis(500);

/// Times a round is run at most, and how long each waits for the machine to be quiet.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Attempts a round; the last one counts however it went.
    pub attempts: u64,
    /// Longest wait before an attempt.
    pub wait: Duration,
}

/// A round, and how much of the cores others had in it, from 0 to 1.
#[derive(Clone, Copy, Debug)]
pub struct Round<T> {
    /// What it gave.
    pub figures: T,
    /// The share of others.
    pub others_share: f64,
}

impl<T> Round<T> {
    /// Whether others had too much of it.
    pub fn is_disturbed(&self) -> bool {
        self.others_share > OTHERS_SHARE_MAX
    }
}

/// Runs a round until nobody disturbs it or patience is at its end.
///
/// # Errors
/// The round's own.
pub fn undisturbed<T>(
    patience: Patience,
    mut round: impl FnMut() -> Result<T, String>,
) -> Result<Round<T>, String> {
    let mut attempt = 1;
    loop {
        wait_for_quiet(patience.wait);
        let watch = Watch::begin();
        let figures = round()?;
        let round = Round { figures, others_share: watch.others_share() };
        if !round.is_disturbed() || attempt >= patience.attempts {
            return Ok(round);
        }
        attempt += 1;
    }
}

fn wait_for_quiet(longest: Duration) {
    let begin = Instant::now();
    while begin.elapsed() < longest {
        let watch = Watch::begin();
        std::thread::sleep(LOOK_FOR);
        if watch.others_share() <= OTHERS_SHARE_MAX {
            return;
        }
    }
}

/// Watches how much of the cores others have.
struct Watch {
    since: Instant,
    others: u64,
}

impl Watch {
    fn begin() -> Watch {
        Watch { since: Instant::now(), others: others_ticks() }
    }

    fn others_share(&self) -> f64 {
        let others = others_ticks().saturating_sub(self.others) as f64 / TICKS_PER_SECOND;
        others / (self.since.elapsed().as_secs_f64() * allowed_cores().len() as f64)
    }
}

/// Time that everyone else had since the machine's start, other machines on the same host included.
/// Interrupts are left out: those of loopback sockets are our own.
fn others_ticks() -> u64 {
    let all = fs::read_to_string("/proc/stat").unwrap_or_default();
    let own = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    busy_ticks(&all).saturating_sub(own_ticks(&own))
}

/// user + nice + system + steal of the first line of `/proc/stat` (proc_stat(5)).
fn busy_ticks(stat: &str) -> u64 {
    let line = stat.lines().next().unwrap_or_default();
    let fields: Vec<u64> = line.split_whitespace().skip(1).map_while(|f| f.parse().ok()).collect();
    [0, 1, 2, 7].iter().filter_map(|at| fields.get(*at)).sum()
}

/// utime + stime of `/proc/self/stat`, fields 14 and 15; the name before them may hold spaces
/// (proc_pid_stat(5)).
fn own_ticks(stat: &str) -> u64 {
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    after_name.split_whitespace().skip(11).take(2).filter_map(|f| f.parse::<u64>().ok()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_others_is_all_but_ours_and_interrupts() {
        let all = "cpu  100 1 20 9000 50 7 8 3 0 0\ncpu0 1 1 1\n";
        assert_eq!(busy_ticks(all), 124);
        let own = "42 (a (b) c) R 1 2 3 4 5 6 7 8 9 10 30 4 0 0 20";
        assert_eq!(own_ticks(own), 34);
        assert_eq!((busy_ticks(""), own_ticks("")), (0, 0));
    }

    #[test]
    fn a_disturbed_round_is_run_again_as_often_as_patience_says() {
        let patience = Patience { attempts: 3, wait: Duration::ZERO };
        let mut runs = 0;
        let round = undisturbed(patience, || {
            runs += 1;
            Ok(runs)
        });
        let round = round.expect("the round does not fail");
        assert!((1..=3).contains(&round.figures));
        assert!(round.figures == 3 || !round.is_disturbed());
    }
}
