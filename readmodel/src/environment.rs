//! The environment variables that the programs read, as one table: what is read, what is told of it
//! in `docs/configuration.md`, and what is refused because it was hardly meant for anybody else.

use std::ffi::OsString;
use thiserror::Error;

/// Who reads a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// `gauntlet run`: secrets of real feeds and brokers, which a simulated venue is never met with.
    Run,
    /// Every command of `gauntlet` that trades: `run`, `demo` and `replay`.
    Trading,
    /// `gauntlet run`, `gauntlet demo` and `ctl`.
    Everybody,
    /// Every command of `gauntlet`.
    Gauntlet,
    /// Tests and benchmarks.
    Tests,
}

impl Reader {
    /// The programs in words.
    pub fn name(self) -> &'static str {
        match self {
            Reader::Run => "`gauntlet run`",
            Reader::Trading => "`gauntlet run`, `demo`, `replay`",
            Reader::Everybody => "`gauntlet run`, `gauntlet demo`, `ctl`",
            Reader::Gauntlet => "`gauntlet`",
            Reader::Tests => "tests and benchmarks",
        }
    }
}

/// A variable.
#[derive(Clone, Copy, Debug)]
pub struct Variable {
    /// Its name, in capitals.
    pub name: &'static str,
    /// Who reads it.
    pub reader: Reader,
    /// What it may be, in words.
    pub values: &'static str,
    /// What counts without it, in words.
    pub default: &'static str,
    /// What it says.
    pub meaning: &'static str,
}

/// Name of the variable that names the data folder.
pub const DATA: &str = "GAUNTLET_DATA";
/// Name of the variable that says what is logged.
pub const LOG: &str = "GAUNTLET_LOG";
/// Name of the variable with the key for market data.
pub const FEED_KEY: &str = "DATABENTO_API_KEY";
/// Name of the variable with the password of the broker session.
pub const BROKER_PASSWORD: &str = "FIX_PASSWORD";
/// What stands for the names of the variables with the passwords of several brokers.
const BROKERS_PASSWORDS: &str = "FIX_PASSWORD_NAME";

const CAP: &str = "contracts, a whole number from 1";

/// Every variable.
pub const VARIABLES: &[Variable] = &[
    Variable {
        name: FEED_KEY,
        reader: Reader::Run,
        values: "8 printable characters or more",
        default: "`feed.key`",
        meaning: "The key of the market-data gateway. Goes before `feed.key`. Secret.",
    },
    Variable {
        name: BROKER_PASSWORD,
        reader: Reader::Run,
        values: "any text",
        default: "`broker.password`",
        meaning: "The password of the broker session (tag 554). Goes before `broker.password`. Secret.",
    },
    Variable {
        name: BROKERS_PASSWORDS,
        reader: Reader::Run,
        values: "any text",
        default: "`broker.password`",
        meaning: "The same of one of several brokers: NAME is the broker's in capitals, with `_` for what \
                  is neither a letter nor a digit. Secret.",
    },
    Variable {
        name: "MAX_CONTRACTS_TRIALS",
        reader: Reader::Trading,
        values: CAP,
        default: "10",
        meaning: "Most contracts of a bot in LAB and TRIALS (R15).",
    },
    Variable {
        name: "MAX_CONTRACTS_PAPER",
        reader: Reader::Trading,
        values: CAP,
        default: "20",
        meaning: "Most contracts of a bot in PAPER (R15).",
    },
    Variable {
        name: "MAX_CONTRACTS_SHADOW",
        reader: Reader::Trading,
        values: CAP,
        default: "30",
        meaning: "Most contracts of a bot in SHADOW (R15).",
    },
    Variable {
        name: "MAX_CONTRACTS_CANARY",
        reader: Reader::Trading,
        values: CAP,
        default: "50",
        meaning: "Most contracts of a bot in CANARY (R15).",
    },
    Variable {
        name: "MAX_CONTRACTS_LIVE",
        reader: Reader::Trading,
        values: CAP,
        default: "100",
        meaning: "Most contracts of a bot in LIVE (R15).",
    },
    Variable {
        name: DATA,
        reader: Reader::Everybody,
        values: "a folder",
        default: "`var/run` for `run`, `var/demo` for `demo`; `ctl` takes the one of the two where a node runs",
        meaning: "The data folder, which is also what names a node to `ctl`. `--data` goes before it.",
    },
    Variable {
        name: LOG,
        reader: Reader::Gauntlet,
        values: "`error`, `warn`, `info`, `debug`, `trace`, or directives such as `info,gauntlet_feeds=debug`",
        default: "`info`",
        meaning: "What is logged on stderr.",
    },
    Variable {
        name: "GAUNTLET_NO_DATA",
        reader: Reader::Tests,
        values: "`1`",
        default: "recorded data is there",
        meaning: "Tests on recorded market data are skipped, and counted as skipped.",
    },
    Variable {
        name: "GAUNTLET_RECORDED_DATA",
        reader: Reader::Tests,
        values: "a folder",
        default: "`../shared/data`",
        meaning: "Where tests find recorded market data.",
    },
    Variable {
        name: "GAUNTLET_SKIPPED_TESTS",
        reader: Reader::Tests,
        values: "a file",
        default: "only a test's own output says that it could not run",
        meaning: "Where tests that could not run say so; `make test` sets it and counts its lines.",
    },
    Variable {
        name: "GAUNTLET_BENCH_DATA",
        reader: Reader::Tests,
        values: "a folder",
        default: "`../shared/data`",
        meaning: "Where benchmarks find recorded market data.",
    },
    Variable {
        name: "GAUNTLET_BENCH_PYTHON",
        reader: Reader::Tests,
        values: "a program",
        default: "`python3`",
        meaning: "The Python that benchmarks compare with.",
    },
];

/// Whoever begins a name so means us.
const PREFIXES: [&str; 2] = ["GAUNTLET_", "MAX_CONTRACTS_"];
/// Shortest name that counts as the beginning of another.
const BEGINNING_MIN: usize = 6;

/// What is wrong with the environment.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum EnvironmentError {
    /// A name that nothing reads and that is near to one of ours.
    #[error(
        "environment variable {name} is read by nothing here{}: correct or unset it",
        hint(near)
    )]
    Unknown {
        /// The name.
        name: String,
        /// What was probably meant.
        near: Vec<&'static str>,
    },
    /// A value that is not text.
    #[error("environment variable {name} is not valid UTF-8: set it anew, or unset it")]
    NotText {
        /// The name.
        name: String,
    },
}

fn hint(near: &[&str]) -> String {
    match near {
        [] => String::new(),
        near => format!(" (did you mean {}?)", near.join(" or ")),
    }
}

/// Looks for names of ours that are spelt wrongly, since a default would count in their place, and
/// for values of ours that are not text.
///
/// # Errors
/// The first one, by name.
pub fn check(
    variables: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<(), EnvironmentError> {
    let mut wrong: Vec<EnvironmentError> = Vec::new();
    for (name, value) in variables {
        let Some(name) = name.to_str() else { continue };
        let is_a_brokers = |known: &Variable| known.name == BROKER_PASSWORD && is_a_brokers(name);
        let is_read = |known: &&Variable| known.name == name || is_a_brokers(known);
        if let Some(known) = VARIABLES.iter().find(is_read) {
            // A path may be any bytes.
            if known.name != DATA && value.to_str().is_none() {
                wrong.push(EnvironmentError::NotText { name: name.to_owned() });
            }
        } else if let Some(near) = meant(name) {
            wrong.push(EnvironmentError::Unknown { name: name.to_owned(), near });
        }
    }
    wrong.sort_by_key(|error| match error {
        EnvironmentError::Unknown { name, .. } | EnvironmentError::NotText { name } => name.clone(),
    });
    wrong.into_iter().next().map_or(Ok(()), Err)
}

/// Whether it is the name of the password of one of several brokers.
fn is_a_brokers(name: &str) -> bool {
    let of = name.strip_prefix(BROKER_PASSWORD).and_then(|rest| rest.strip_prefix('_'));
    // Elsewhere it names a file that holds the password, and nothing here reads one.
    of.is_some_and(|of| !of.is_empty() && of != "FILE")
}

/// What an unknown name probably means, if it means anything of ours.
fn meant(name: &str) -> Option<Vec<&'static str>> {
    let upper = name.to_ascii_uppercase().replace('-', "_");
    let read = VARIABLES.iter().map(|known| known.name).filter(|name| *name != BROKERS_PASSWORDS);
    let begins = |known: &str| {
        let short = upper.len().min(known.len());
        short >= BEGINNING_MIN && upper[..short] == known[..short]
    };
    let mut near = nearest(&upper, read.clone());
    if near.is_empty() && upper.is_ascii() {
        near = read.filter(|known| begins(known)).collect();
    }
    let ours = PREFIXES.iter().any(|prefix| upper.starts_with(prefix));
    (ours || !near.is_empty()).then_some(near)
}

/// The names that are nearest to one that nobody goes by: at most one letter in four wrong, and never
/// more than is needed to tell the best.
pub fn nearest<'a>(name: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let allowed = (name.chars().count() / 4).max(1);
    let plain = |text: &str| text.to_ascii_lowercase().replace(['-', '_', ' '], "");
    let wanted = plain(name);
    let far = |one: &'a str| (strsim::osa_distance(&wanted, &plain(one)), one);
    let mut near: Vec<_> = names.into_iter().map(far).filter(|(far, _)| *far <= allowed).collect();
    near.sort_unstable();
    let best = near.first().map_or(0, |(far, _)| *far);
    near.into_iter().filter(|(far, _)| *far == best).map(|(_, one)| one).collect()
}

/// The value of a variable, where it is set to text. [`check`] refuses what is no text.
pub fn read(name: &str) -> Option<String> {
    std::env::var_os(name)?.into_string().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::ffi::OsStringExt;

    fn of(name: &str) -> Result<(), EnvironmentError> {
        check([(name.into(), "7".into())])
    }

    fn hint_of(name: &str) -> Vec<&'static str> {
        match of(name) {
            Err(EnvironmentError::Unknown { near, .. }) => near,
            other => panic!("{name}: {other:?}"),
        }
    }

    #[test]
    fn every_name_of_the_table_is_read_and_no_two_are_the_same() {
        for (at, variable) in VARIABLES.iter().enumerate() {
            assert_eq!(of(variable.name), Ok(()), "{}", variable.name);
            let twice = VARIABLES[at + 1..].iter().any(|other| other.name == variable.name);
            assert!(!twice, "{}", variable.name);
        }
    }

    #[test]
    fn a_misspelt_name_is_refused_with_the_right_one() {
        for (wrong, right) in [
            ("MAX_CONTRACT_LIVE", "MAX_CONTRACTS_LIVE"),
            ("MAX_CONTRACTS_LIEV", "MAX_CONTRACTS_LIVE"),
            ("max_contracts_live", "MAX_CONTRACTS_LIVE"),
            ("MAXCONTRACTS_PAPER", "MAX_CONTRACTS_PAPER"),
            ("MAX-CONTRACTS-PAPER", "MAX_CONTRACTS_PAPER"),
            ("MAX_CONTRACTS_CANERY", "MAX_CONTRACTS_CANARY"),
            ("DATABENTO_KEY", "DATABENTO_API_KEY"),
            ("DATABENTO_API", "DATABENTO_API_KEY"),
            ("FIX_PASSWD", "FIX_PASSWORD"),
            ("FIX_PASS", "FIX_PASSWORD"),
            ("FIX_PASSWORD_FILE", "FIX_PASSWORD"),
            ("GAUNTLET_DATE", "GAUNTLET_DATA"),
        ] {
            assert_eq!(hint_of(wrong), [right], "{wrong}");
        }
    }

    #[test]
    fn a_name_that_begins_as_ours_is_refused_and_a_strangers_is_not() {
        for ours in ["GAUNTLET_URL", "MAX_CONTRACTS_LAB", "MAX_CONTRACTS_LIVE_ES"] {
            assert!(of(ours).is_err(), "{ours}");
        }
        for stranger in ["PATH", "HOME", "MAX_CONNECTIONS", "FIX", "DATA", "LOG", "RUST_LOG", "Ü"]
        {
            assert_eq!(of(stranger), Ok(()), "{stranger}");
        }
    }

    #[test]
    fn a_value_that_is_no_text_is_not_taken_for_a_missing_one() {
        let bytes = OsString::from_vec(vec![0xff]);
        let error = check([("MAX_CONTRACTS_LIVE".into(), bytes.clone())]).expect_err("no text");
        assert!(error.to_string().contains("MAX_CONTRACTS_LIVE is not valid UTF-8"), "{error}");
        assert_eq!(check([(DATA.into(), bytes)]), Ok(()));
    }
}
