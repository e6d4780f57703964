//! The command line of a benchmark.

use crate::quiet::Patience;
use std::time::Duration;

/// How a benchmark is to be run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Print JSON instead of tables.
    pub json: bool,
    /// Only see whether it works: seconds of it, and figures that mean nothing.
    pub quick: bool,
    /// What is left.
    pub rest: Vec<String>,
}

impl Options {
    /// Reads the command line. `cargo bench` says `--bench`; without it, as when the test runner
    /// starts a benchmark, the run is a quick one.
    pub fn from_args(args: impl Iterator<Item = String>) -> Options {
        let mut options = Options { quick: true, ..Options::default() };
        let mut wants_quick = false;
        for arg in args {
            match arg.as_str() {
                "--json" => options.json = true,
                "--quick" => wants_quick = true,
                "--bench" => options.quick = false,
                _ => options.rest.push(arg),
            }
        }
        options.quick |= wants_quick;
        options
    }

    /// How long to try for rounds that nobody disturbs; `--attempts` sets how often.
    ///
    /// # Errors
    /// As [`Options::number`].
    pub fn patience(&self) -> Result<Patience, String> {
        let (attempts, wait) = if self.quick { (1, 0) } else { (3, 20) };
        let attempts = self.number("--attempts")?.unwrap_or(attempts);
        Ok(Patience { attempts, wait: Duration::from_secs(wait) })
    }

    /// The number that follows `name` among the rest.
    ///
    /// # Errors
    /// What is wrong with it, for people.
    pub fn number(&self, name: &str) -> Result<Option<u64>, String> {
        let Some(at) = self.rest.iter().position(|arg| arg == name) else { return Ok(None) };
        let text = self.rest.get(at + 1).ok_or_else(|| format!("{name} wants a number"))?;
        text.parse().map(Some).map_err(|_| format!("{name} wants a number, not {text:?}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(text: &str) -> Options {
        Options::from_args(text.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn only_cargo_bench_measures_in_earnest() {
        assert!(!options("--bench --json").quick);
        assert!(options("").quick);
        assert!(options("--bench --quick").quick);
    }

    #[test]
    fn numbers_follow_their_names() {
        assert_eq!(options("--seconds 7").number("--seconds"), Ok(Some(7)));
        assert_eq!(options("").number("--seconds"), Ok(None));
        assert!(options("--seconds x").number("--seconds").is_err());
        assert!(options("--seconds").number("--seconds").is_err());
    }
}
