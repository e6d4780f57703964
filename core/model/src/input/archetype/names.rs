//! The names that archetypes go by.

use super::Archetype;
use crate::near::nearest;
use std::str::FromStr;

/// A name that no archetype goes by.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{given:?} is not an archetype{}", hint(nearest.as_deref()))]
pub struct UnknownArchetype {
    /// The name.
    pub given: String,
    /// The known name that is most like it.
    pub nearest: Option<String>,
}

fn hint(nearest: Option<&str>) -> String {
    match nearest {
        Some(name) => format!(": did you mean {name:?}?"),
        None => ": `ctl strategies list` shows them all".into(),
    }
}

/// Other names of the archetypes, in the order of [`Archetype::ALL`].
static ALIASES: [(Archetype, &[&str]); 16] = [
    (
        Archetype::OrbBreakout,
        &[
            "orb",
            "opening_range",
            "opening_range_breakout",
            "open_range_breakout",
            "opening_breakout",
        ],
    ),
    (
        Archetype::MeanReversion,
        &[
            "mean_rev",
            "mr",
            "reversion",
            "mean_reverting",
            "revert_to_mean",
            "bollinger_reversion",
            "bollinger_fade",
        ],
    ),
    (
        Archetype::Breakout,
        &["break_out", "range_breakout", "channel_breakout", "donchian_breakout"],
    ),
    (
        Archetype::TrendFollowing,
        &[
            "trend",
            "trend_follow",
            "trend_follower",
            "trend_rider",
            "ma_cross",
            "ma_crossover",
            "moving_average_crossover",
            "ema_cross",
            "ema_crossover",
        ],
    ),
    (Archetype::Scalping, &["scalp", "scalper", "micro_scalp", "trend_scalp", "trend_scalper"]),
    (
        Archetype::GapFade,
        &["gap", "gap_fill", "gap_close", "fade_the_gap", "opening_gap", "overnight_gap"],
    ),
    (
        Archetype::VolatilityBreakout,
        &["vol_breakout", "vbo", "volatility_expansion", "vol_expansion", "range_expansion"],
    ),
    (Archetype::VwapBounce, &["vwap", "vwap_pullback", "vwap_touch", "vwap_support"]),
    (Archetype::Momentum, &["mom", "tsmom", "time_series_momentum", "price_momentum"]),
    (Archetype::Range, &["range_trading", "range_trader", "range_bound", "sideways", "range_fade"]),
    (
        Archetype::SessionTransition,
        &[
            "session",
            "session_change",
            "session_handover",
            "handover",
            "session_open",
            "overnight_breakout",
            "london_new_york",
        ],
    ),
    (
        Archetype::BreakoutRetest,
        &["retest", "break_and_retest", "break_retest", "breakout_pullback"],
    ),
    (
        Archetype::Microstructure,
        &[
            "micro_structure",
            "order_flow",
            "order_book",
            "book_imbalance",
            "order_imbalance",
            "flow_imbalance",
            "lob",
        ],
    ),
    (
        Archetype::ExhaustionFade,
        &[
            "exhaustion",
            "climax",
            "climax_fade",
            "climax_reversal",
            "exhaustion_reversal",
            "blow_off",
        ],
    ),
    (
        Archetype::MomentumSurge,
        &["surge", "momentum_burst", "momentum_ignition", "volume_surge", "burst"],
    ),
    (Archetype::RangeScalper, &["range_scalp", "range_scalping", "quiet_range", "range_scalps"]),
];

/// Letters and digits alone, small.
fn squeezed(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The words of a name: what stands between other characters, and between a small and a capital
/// letter.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_small = false;
    for c in name.chars() {
        let breaks = !c.is_alphanumeric() || (was_small && c.is_uppercase());
        if breaks && words.last().is_some_and(|word| !word.is_empty()) {
            words.push(String::new());
        }
        if let (true, Some(word)) = (c.is_alphanumeric(), words.last_mut()) {
            word.extend(c.to_lowercase());
        }
        was_small = c.is_lowercase() || c.is_ascii_digit();
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Longest name that is looked into, in words.
const WORDS_MAX: usize = 64;

impl Archetype {
    /// Other names that it goes by.
    pub fn aliases(self) -> &'static [&'static str] {
        ALIASES[self as usize].1
    }

    /// Its name and its aliases.
    pub fn names(self) -> impl Iterator<Item = &'static str> + use<> {
        std::iter::once(self.name()).chain(self.aliases().iter().copied())
    }

    /// The archetype that goes by a name, however it is written: case, spaces, hyphens and
    /// underscores do not matter.
    ///
    /// # Errors
    /// When none does, with the known name that is most like it.
    pub fn normalise(name: &str) -> Result<Archetype, UnknownArchetype> {
        let wanted = squeezed(name);
        let goes_by = |one: &Archetype| one.names().any(|known| squeezed(known) == wanted);
        let found = Archetype::ALL.into_iter().find(goes_by);
        found.ok_or_else(|| {
            let written = words(name).join("_");
            let known = Archetype::ALL.into_iter().flat_map(Archetype::names);
            let nearest = nearest(&written, known).map(str::to_owned);
            UnknownArchetype { given: name.chars().take(64).collect(), nearest }
        })
    }

    /// The archetype that the name of a strategy speaks of: the longest name or alias that stands in
    /// it as whole words, the first of several equally long.
    pub fn infer(strategy_name: &str) -> Option<Archetype> {
        let mut words = words(strategy_name);
        words.truncate(WORDS_MAX);
        let mut best: Option<(usize, Archetype)> = None;
        for from in 0..words.len() {
            for to in from + 1..=words.len() {
                let said = words[from..to].concat();
                let longer = best.is_none_or(|(length, _)| said.len() > length);
                let known = Archetype::ALL
                    .into_iter()
                    .find(|one| longer && one.names().any(|name| squeezed(name) == said));
                if let Some(archetype) = known {
                    best = Some((said.len(), archetype));
                }
            }
        }
        best.map(|(_, archetype)| archetype)
    }
}

impl FromStr for Archetype {
    type Err = UnknownArchetype;

    fn from_str(name: &str) -> Result<Archetype, UnknownArchetype> {
        Archetype::normalise(name)
    }
}

impl TryFrom<String> for Archetype {
    type Error = UnknownArchetype;

    fn try_from(name: String) -> Result<Archetype, UnknownArchetype> {
        Archetype::normalise(&name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_whatever_their_case_and_the_marks_between_words() {
        let read = |name: &str| Archetype::normalise(name).expect(name);
        assert_eq!(read("ORB"), Archetype::OrbBreakout);
        assert_eq!(read("Opening Range"), Archetype::OrbBreakout);
        assert_eq!(read("mean-reversion"), Archetype::MeanReversion);
        assert_eq!(read("MeanRev"), Archetype::MeanReversion);
        assert_eq!(read(" VWAP bounce "), Archetype::VwapBounce);
        assert_eq!(read("trendFollowing"), Archetype::TrendFollowing);
        for archetype in Archetype::ALL {
            assert_eq!(ALIASES[archetype as usize].0, archetype);
            for name in archetype.names() {
                assert_eq!(read(&name.to_uppercase().replace('_', "-")), archetype);
            }
        }
    }

    #[test]
    fn an_unknown_name_is_refused_with_the_nearest_one() {
        let refused = |name: &str| Archetype::normalise(name).expect_err("unknown").to_string();
        assert_eq!(
            refused("mean_revresion"),
            "\"mean_revresion\" is not an archetype: did you mean \"mean_reversion\"?"
        );
        assert_eq!(
            refused("giraffe"),
            "\"giraffe\" is not an archetype: `ctl strategies list` shows them all"
        );
        assert_eq!(refused(""), "\"\" is not an archetype: `ctl strategies list` shows them all");
    }

    #[test]
    fn an_archetype_is_inferred_from_the_longest_name_in_a_strategys() {
        let cases = [
            ("ES Opening-Range Breakout v2", Some(Archetype::OrbBreakout)),
            ("nq_breakout_retest_15m", Some(Archetype::BreakoutRetest)),
            ("MyMeanReversionES", Some(Archetype::MeanReversion)),
            ("meanreversion_es", Some(Archetype::MeanReversion)),
            ("momentum surge, 1 minute", Some(Archetype::MomentumSurge)),
            ("6E momentum", Some(Archetype::Momentum)),
            ("rangefinder", None),
            ("arrange", None),
            ("", None),
        ];
        for (name, archetype) in cases {
            assert_eq!(Archetype::infer(name), archetype, "{name}");
        }
    }

    #[test]
    fn configuration_takes_any_of_the_names_and_writes_the_first() {
        let read: Archetype = serde_json::from_str("\"ORB\"").expect("an alias");
        assert_eq!(serde_json::to_string(&read).expect("json"), "\"orb_breakout\"");
        for archetype in Archetype::ALL {
            let written = serde_json::to_string(&archetype).expect("json");
            assert_eq!(written, format!("\"{}\"", archetype.name()));
        }
    }
}
