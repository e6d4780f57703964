//! What trading at the simulated venue costs, how long messages take, and what it does wrong.

use gauntlet_model::units::{Money, UnixNanos};
use gauntlet_venue::fees::{ContractFees, FeeSchedule};
use gauntlet_venue::latency::{LatencyModel, Law};
use gauntlet_venue::script::{Deed, ENTRIES_MAX, ScriptEntry, When};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Micro-dollars in a dollar.
const MICROS: f64 = 1_000_000.0;
const NANOS_PER_MICRO: u64 = 1_000;

/// `[[venue.fee]]` and `[[paper.fee]]`: dollars for each contract and side.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeeConfig {
    /// The product's code, such as `ES`; `*` for all others.
    pub product: String,
    /// To the exchange.
    #[serde(default)]
    pub exchange: f64,
    /// To the clearing house and its member.
    #[serde(default)]
    pub clearing: f64,
    /// The broker's commission.
    #[serde(default)]
    pub broker: f64,
}

/// The fees of the entries.
pub fn fees(entries: &[FeeConfig]) -> FeeSchedule {
    let money = |dollars: f64| Money((dollars * MICROS).round() as i64);
    let fees = |entry: &FeeConfig| ContractFees {
        exchange: money(entry.exchange),
        clearing: money(entry.clearing),
        broker: money(entry.broker),
    };
    let named = entries.iter().filter(|entry| entry.product != "*");
    let others = entries.iter().find(|entry| entry.product == "*").map(fees).unwrap_or_default();
    FeeSchedule::new(named.map(|entry| (entry.product.clone(), fees(entry))).collect(), others)
}

/// `[venue.latency]` and `[paper.latency]`. Times in microseconds of the market's time, each way.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LatencyConfig {
    /// What delays come from.
    pub model: LatencyChoice,
    /// The constant delay, and the shortest that is drawn.
    pub least_us: u64,
    /// The longest of a uniform law.
    pub most_us: u64,
    /// What an exponential law adds in the mean.
    pub mean_us: u64,
    /// The median of a log-normal law.
    pub median_us: u64,
    /// The standard deviation of its logarithm.
    pub sigma: f64,
    /// The file of recorded delays: one a line, in nanoseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<PathBuf>,
}

/// What delays come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LatencyChoice {
    /// There are none.
    #[default]
    None,
    /// Always `least_us`.
    Constant,
    /// From `least_us` to `most_us`.
    Uniform,
    /// `least_us` and an exponential with mean `mean_us`.
    Exponential,
    /// A log-normal by `median_us` and `sigma`.
    LogNormal,
    /// As a file has them.
    Recorded,
}

impl LatencyConfig {
    /// As whoever delays knows it, drawn by a seed; `of` is the table that it is a part of.
    ///
    /// # Errors
    /// A file that is missing, cannot be read, or holds a line that is no number; a range that ends before it
    /// begins.
    pub fn model(&self, of: &str, seed: u64) -> Result<LatencyModel, String> {
        let ns = |us: u64| us.saturating_mul(NANOS_PER_MICRO);
        let least = ns(self.least_us);
        let drawn = |law| LatencyModel::Drawn { seed, law };
        Ok(match self.model {
            LatencyChoice::None => LatencyModel::None,
            LatencyChoice::Constant => LatencyModel::Constant(least),
            LatencyChoice::Uniform if self.most_us < self.least_us => {
                return Err(format!(
                    "{of}.latency: most_us {} is below least_us {}: give the longer one as most_us",
                    self.most_us, self.least_us
                ));
            }
            LatencyChoice::Uniform => drawn(Law::Uniform { least, most: ns(self.most_us) }),
            LatencyChoice::Exponential => drawn(Law::Exponential { least, mean: ns(self.mean_us) }),
            LatencyChoice::LogNormal => {
                drawn(Law::LogNormal { median: ns(self.median_us), sigma: self.sigma })
            }
            LatencyChoice::Recorded => LatencyModel::Recorded(self.recorded(of)?),
        })
    }

    fn recorded(&self, of: &str) -> Result<Vec<u64>, String> {
        let file = self.file.as_ref();
        let missing = || format!("{of}.latency: name the file of recorded delays with `file`");
        let file = file.ok_or_else(missing)?;
        let named =
            |what: &dyn std::fmt::Display| format!("{of}.latency: {}: {what}", file.display());
        let text = std::fs::read_to_string(file).map_err(|error| named(&error))?;
        let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        let delays = lines.map(|(at, line)| {
            let wrong =
                |_| named(&format!("line {}: `{line}` is no number of nanoseconds", at + 1));
            line.trim().parse::<u64>().map_err(wrong)
        });
        let delays = delays.collect::<Result<Vec<u64>, String>>()?;
        if delays.is_empty() { Err(named(&"it holds no delay")) } else { Ok(delays) }
    }
}

/// `[[venue.script]]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScriptConfig {
    /// When, in the market's time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// Or after so many orders.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after_orders: Option<u64>,
    /// What.
    #[serde(rename = "do")]
    pub deed: String,
    /// The contract that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub symbol: Option<String>,
    /// To how many reports or orders.
    #[serde(default = "once")]
    pub count: u32,
    /// For how long.
    #[serde(default)]
    pub seconds: u32,
    /// By how much a price is corrected.
    #[serde(default = "one_tick")]
    pub ticks: i32,
}

fn once() -> u32 {
    1
}

fn one_tick() -> i32 {
    1
}

/// The script of the entries.
///
/// # Errors
/// The first entry that is wrong, by its number.
pub fn script(entries: &[ScriptConfig]) -> Result<Vec<ScriptEntry>, String> {
    if entries.len() > ENTRIES_MAX {
        return Err(format!("venue.script: {} entries, of at most {ENTRIES_MAX}", entries.len()));
    }
    let entry = |(at, entry): (usize, &ScriptConfig)| {
        entry.entry().map_err(|error| format!("venue.script {}: {error}", at + 1))
    };
    entries.iter().enumerate().map(entry).collect()
}

impl ScriptConfig {
    fn entry(&self) -> Result<ScriptEntry, String> {
        let when = match (&self.at, self.after_orders) {
            (Some(_), Some(_)) => return Err("give `at` or `after_orders`, not both".to_owned()),
            (Some(at), None) => When::At(UnixNanos::parse_rfc3339(at).ok_or_else(|| {
                format!("at = {at:?} is no time: write it like \"2026-11-16T15:00:00Z\"")
            })?),
            (None, count) => When::AfterOrders(count.unwrap_or(0)),
        };
        let known = Deed::NAMES.iter().find(|(name, _)| *name == self.deed);
        let Some((_, deed)) = known else {
            let names: Vec<&str> = Deed::NAMES.iter().map(|(name, _)| *name).collect();
            return Err(format!("do = {:?} is none of {}", self.deed, names.join(", ")));
        };
        let deed = match deed {
            Deed::Correct(_) => Deed::Correct(self.ticks),
            deed => *deed,
        };
        let lasts = matches!(deed, Deed::Silent | Deed::Halt);
        if lasts && self.seconds == 0 {
            return Err(format!("do = {:?} needs `seconds`", self.deed));
        }
        if deed == Deed::Halt && self.symbol.is_none() {
            return Err("do = \"halt\" needs `symbol`".to_owned());
        }
        let (count, seconds, symbol) = (self.count, self.seconds, self.symbol.clone());
        Ok(ScriptEntry { when, deed, count, seconds, symbol })
    }

    /// Reads a line that a person types: `halt ESZ6 60`, `bust`, `silent 5`, `lose_report 3`; a number is
    /// the seconds of what lasts and the count of what does not.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn typed(line: &str) -> Result<ScriptEntry, String> {
        let mut words = line.split_whitespace();
        let deed = words.next().unwrap_or_default().to_owned();
        let mut entry = ScriptConfig { deed, count: 1, ticks: 1, ..ScriptConfig::default() };
        for word in words {
            match word.parse::<u32>() {
                Ok(number) => (entry.count, entry.seconds) = (number, number),
                Err(_) => entry.symbol = Some(word.to_owned()),
            }
        }
        entry.entry()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typed_line_is_an_entry_that_happens_at_once() {
        let halt = ScriptConfig::typed(" halt ESZ6 60 ").expect("well said");
        let wanted = ScriptEntry {
            count: 60,
            seconds: 60,
            symbol: Some("ESZ6".to_owned()),
            ..ScriptEntry::once(When::AfterOrders(0), Deed::Halt)
        };
        assert_eq!(halt, wanted);
        for (line, hint) in [
            ("", "none of lose_report"),
            ("hlt ESZ6 5", "none of lose_report"),
            ("halt ESZ6", "needs `seconds`"),
            ("halt 5", "needs `symbol`"),
            ("silent", "needs `seconds`"),
        ] {
            let error = ScriptConfig::typed(line).expect_err(line);
            assert!(error.contains(hint), "{error}");
        }
    }

    #[test]
    fn an_entry_that_is_wrong_is_named_by_its_number() {
        let fine = ScriptConfig { deed: "bust".into(), ..ScriptConfig::default() };
        let both = ScriptConfig { at: Some("x".into()), after_orders: Some(1), ..fine.clone() };
        let late = ScriptConfig { at: Some("noon".into()), ..fine.clone() };
        for (wrong, hint) in [(both, "not both"), (late, "is no time")] {
            let error = script(&[fine.clone(), wrong]).expect_err("wrong");
            assert!(error.starts_with("venue.script 2: ") && error.contains(hint), "{error}");
        }
        let error = script(&vec![fine; ENTRIES_MAX + 1]).expect_err("too many");
        assert!(error.contains("of at most"), "{error}");
    }

    #[test]
    fn recorded_delays_are_read_line_by_line_and_a_wrong_one_is_named() {
        let dir = tempfile::tempdir().expect("a directory");
        let file = dir.path().join("delays");
        let latency = LatencyConfig {
            model: LatencyChoice::Recorded,
            file: Some(file.clone()),
            ..LatencyConfig::default()
        };
        assert!(latency.model("venue", 1).is_err(), "there is no such file");
        for (text, wanted) in [
            ("12\n\n 7 \n", Ok(LatencyModel::Recorded(vec![12, 7]))),
            ("12\n1.5\n", Err("line 2")),
            ("\n", Err("no delay")),
        ] {
            std::fs::write(&file, text).expect("writes");
            match (latency.model("venue", 1), wanted) {
                (Ok(model), Ok(wanted)) => assert_eq!(model, wanted),
                (Err(error), Err(hint)) => assert!(error.contains(hint), "{error}"),
                (read, wanted) => panic!("{read:?}, not {wanted:?}"),
            }
        }
        let turned = LatencyConfig {
            model: LatencyChoice::Uniform,
            least_us: 2,
            most_us: 1,
            ..LatencyConfig::default()
        };
        assert!(turned.model("venue", 1).expect_err("turned").contains("most_us 1"));
    }

    #[test]
    fn fees_are_exact_to_the_micro_dollar() {
        let entry = |product: &str, exchange| FeeConfig {
            product: product.to_owned(),
            exchange,
            clearing: 0.02,
            broker: 0.85,
        };
        let schedule = fees(&[entry("*", 1.5), entry("ES", 1.38)]);
        assert_eq!(schedule.of_symbol("ESZ6").total(), Money(2_250_000));
        assert_eq!(schedule.of_symbol("CLF7").total(), Money(2_370_000));
    }
}
