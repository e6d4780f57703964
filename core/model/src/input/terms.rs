//! How a bot trades, apart from its limits: when it gives a position back, how many contracts it
//! takes, and how much each source of signals counts.
//!
//! Numbers are decimals of four places ([`Factor`]), not floats: they come from people, are compared
//! and hashed, and make prices.

#![allow(missing_docs, reason = "rkyv's derive gives its resolvers' fields no comment")]

use crate::record::tagged;
use crate::units::Money;
use rkyv::{Archive, Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Parts that one whole of a [`Factor`] has.
pub const FACTOR_SCALE: u32 = 10_000;

/// Largest period that a term may name, in bars.
pub const TERM_PERIOD_MAX: u16 = 500;

/// A factor, multiple or percentage from 0 to 429,496.7295 with four decimals.
#[derive(
    Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default,
)]
pub struct Factor(pub u32);

impl Factor {
    /// Nothing.
    pub const ZERO: Factor = Factor(0);
    /// One whole.
    pub const ONE: Factor = Factor(FACTOR_SCALE);

    /// The factor of a number; `None` when it is negative, too large, not finite, or has more than
    /// four decimals.
    pub fn new(value: f64) -> Option<Factor> {
        let scaled = value * f64::from(FACTOR_SCALE);
        let whole = libm::round(scaled);
        let fits = (0.0..=f64::from(u32::MAX)).contains(&whole) && (scaled - whole).abs() < 1e-6;
        fits.then_some(Factor(whole as u32))
    }

    /// The factor as a float.
    pub fn get(self) -> f64 {
        f64::from(self.0) / f64::from(FACTOR_SCALE)
    }
}

impl fmt::Display for Factor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, parts) = (self.0 / FACTOR_SCALE, self.0 % FACTOR_SCALE);
        if parts == 0 {
            return write!(f, "{whole}");
        }
        let text = format!("{parts:04}");
        write!(f, "{whole}.{}", text.trim_end_matches('0'))
    }
}

impl fmt::Debug for Factor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// How far a price is from another.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(u8)]
pub enum Distance {
    /// Not given: the bot's rules say, and if they do not, there is none.
    #[default]
    None,
    /// So many ticks of the instrument.
    Ticks(u32),
    /// So much of a hundredth of the entry price.
    Percent(Factor),
    /// A multiple of the average true range (Wilder) of the bot's bars.
    Atr {
        /// Bars that it is taken over.
        period: u16,
        /// How many times it.
        multiple: Factor,
    },
}

impl Distance {
    /// Whether a distance is given.
    pub fn is_some(self) -> bool {
        self != Distance::None
    }

    /// This distance, or another in place of none.
    pub fn or(self, other: Distance) -> Distance {
        if self.is_some() { self } else { other }
    }
}

/// How a stop follows the market. It moves in favour of the position only.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(u8)]
pub enum Trailing {
    /// Not given: as [`Distance::None`].
    #[default]
    None,
    /// Behind the best price since the entry, by so much.
    By(Distance),
    /// Behind the highest high of a long position's last bars (lowest low of a short one's) by a
    /// multiple of the average true range over as many (LeBeau's chandelier exit).
    Chandelier {
        /// Bars.
        period: u16,
        /// How many times the average true range.
        multiple: Factor,
    },
}

impl Trailing {
    /// Whether it is given.
    pub fn is_some(self) -> bool {
        !matches!(self, Trailing::None | Trailing::By(Distance::None))
    }

    /// This one, or another in place of none.
    pub fn or(self, other: Trailing) -> Trailing {
        if self.is_some() { self } else { other }
    }
}

tagged! {
    /// When a position is given back, whatever its signals say.
    #[derive(Eq, Default)]
    pub struct Exits {
        /// Largest loss from the mean entry price. A bot that has none, from here or from its rules,
        /// is refused.
        1 stop_loss: Distance = Distance::None,
        /// Profit from the mean entry price at which it is taken.
        2 take_profit: Distance = Distance::None,
        /// A stop that follows the market.
        3 trailing: Trailing = Trailing::None,
        /// Profit after which the stop moves to the mean entry price.
        4 break_even_after: Distance = Distance::None,
        /// How far past the entry price, in favour, it moves then.
        5 break_even_plus: Distance = Distance::None,
        /// Longest a position is held, in the bot's bars; 0 when not given.
        6 time_stop_bars: u32 = 0,
        /// Whether a position is carried from one session to the next.
        7 hold_over_session: bool = false,
    }
}

impl Exits {
    /// Nothing is given.
    pub const NONE: Exits = Exits {
        stop_loss: Distance::None,
        take_profit: Distance::None,
        trailing: Trailing::None,
        break_even_after: Distance::None,
        break_even_plus: Distance::None,
        time_stop_bars: 0,
        hold_over_session: false,
    };

    /// These exits, and another's where these say nothing. A break-even is one thing: it is taken
    /// whole.
    pub fn or(self, other: &Exits) -> Exits {
        let own = self.break_even_after.is_some();
        let break_even = if own { &self } else { other };
        Exits {
            stop_loss: self.stop_loss.or(other.stop_loss),
            take_profit: self.take_profit.or(other.take_profit),
            trailing: self.trailing.or(other.trailing),
            break_even_after: break_even.break_even_after,
            break_even_plus: break_even.break_even_plus,
            time_stop_bars: match self.time_stop_bars {
                0 => other.time_stop_bars,
                bars => bars,
            },
            hold_over_session: self.hold_over_session || other.hold_over_session,
        }
    }
}

/// How many contracts a bot wants when it is in the market: always whole ones, never more than its
/// `order_qty`, and none when the result is below one.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(u8)]
pub enum Sizing {
    /// Its `order_qty`.
    #[default]
    Fixed,
    /// So many that a day's standard deviation of their value is the target.
    VolatilityTarget {
        /// The target a day.
        daily: Money,
        /// Bars that the volatility is taken over.
        period: u16,
    },
    /// So many that the stop loss costs this part of the equity (fixed fractional).
    EquityFraction {
        /// The part of the equity that one trade may lose.
        fraction: Factor,
        /// The bot's equity before what it has won or lost.
        equity: Money,
    },
}

/// Where a signal comes from.
#[derive(
    Archive,
    Serialize,
    Deserialize,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Debug,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum SignalSource {
    /// A bot's own rules.
    Technical = 0,
    /// A trained model.
    Model = 1,
    /// What is traded in options.
    OptionsFlow = 2,
    /// Economic data.
    Macro = 3,
    /// News.
    News = 4,
}

/// Sources of signals.
pub const SOURCES: usize = SignalSource::ALL.len();

impl SignalSource {
    /// Every source, in order.
    pub const ALL: [SignalSource; 5] = [
        SignalSource::Technical,
        SignalSource::Model,
        SignalSource::OptionsFlow,
        SignalSource::Macro,
        SignalSource::News,
    ];

    /// The source's name, as in configuration.
    pub fn name(self) -> &'static str {
        match self {
            SignalSource::Technical => "technical",
            SignalSource::Model => "model",
            SignalSource::OptionsFlow => "options_flow",
            SignalSource::Macro => "macro",
            SignalSource::News => "news",
        }
    }

    /// The source of a name.
    pub fn of(name: &str) -> Option<SignalSource> {
        SignalSource::ALL.into_iter().find(|source| source.name() == name)
    }
}

/// The base weights of a bot that says nothing about them: every source counts the same.
pub const EQUAL_WEIGHTS: [Factor; SOURCES] = [Factor::ONE; SOURCES];

/// Why the text of a term is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TermError {
    /// Not a distance.
    #[error("{0:?} is not a distance: say \"16 ticks\", \"0.5 %\" or \"2 atr(14)\"")]
    Distance(String),
    /// Not a trailing stop.
    #[error(
        "{0:?} is not a trailing stop: say a distance such as \"8 ticks\" or \"1.5 atr(14)\", or \
         \"chandelier(22, 3)\""
    )]
    Trailing(String),
    /// Not a break-even.
    #[error("{0:?} is not a break-even: say \"after 10 ticks\" or \"after 10 ticks plus 1 tick\"")]
    BreakEven(String),
    /// A number that may not be.
    #[error("{0:?} must be above 0 and at most 429496, with at most four decimals")]
    Number(String),
    /// A period that may not be.
    #[error("a period must be a whole number from 1 to {TERM_PERIOD_MAX}, not {0:?}")]
    Period(String),
}

fn factor(text: &str) -> Result<Factor, TermError> {
    let refused = || TermError::Number(text.to_owned());
    let value: f64 = text.parse().map_err(|_| refused())?;
    Factor::new(value).filter(|factor| *factor > Factor::ZERO).ok_or_else(refused)
}

fn period(text: &str) -> Result<u16, TermError> {
    let valid = |bars: &u16| (1..=TERM_PERIOD_MAX).contains(bars);
    text.parse().ok().filter(valid).ok_or_else(|| TermError::Period(text.to_owned()))
}

/// The arguments of `name(…)`, trimmed.
fn arguments<'a>(text: &'a str, name: &str) -> Option<Vec<&'a str>> {
    let inside = text.strip_prefix(name)?.trim_start().strip_prefix('(')?.strip_suffix(')')?;
    Some(inside.split(',').map(str::trim).collect())
}

impl FromStr for Distance {
    type Err = TermError;

    fn from_str(text: &str) -> Result<Distance, TermError> {
        let refused = || TermError::Distance(text.to_owned());
        let plain = text.trim().to_ascii_lowercase();
        let digits = plain.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(refused)?;
        let (number, unit) = plain.split_at(digits);
        match unit.trim() {
            "tick" | "ticks" => {
                let ticks = number.parse().ok().filter(|ticks| *ticks > 0);
                Ok(Distance::Ticks(ticks.ok_or_else(|| TermError::Number(number.to_owned()))?))
            }
            "%" | "percent" => Ok(Distance::Percent(factor(number)?)),
            unit => {
                let [bars] = arguments(unit, "atr").ok_or_else(refused)?[..] else {
                    return Err(refused());
                };
                Ok(Distance::Atr { period: period(bars)?, multiple: factor(number)? })
            }
        }
    }
}

impl FromStr for Trailing {
    type Err = TermError;

    fn from_str(text: &str) -> Result<Trailing, TermError> {
        let plain = text.trim().to_ascii_lowercase();
        let refused = || TermError::Trailing(text.to_owned());
        if plain.starts_with("chandelier") {
            let [bars, multiple] = arguments(&plain, "chandelier").ok_or_else(refused)?[..] else {
                return Err(refused());
            };
            return Ok(Trailing::Chandelier { period: period(bars)?, multiple: factor(multiple)? });
        }
        match plain.parse() {
            Err(TermError::Distance(_)) => Err(refused()),
            distance => Ok(Trailing::By(distance?)),
        }
    }
}

/// Reads a break-even: after how much profit, and how far past the entry.
///
/// # Errors
/// What is wrong with it, and what to say.
pub fn break_even(text: &str) -> Result<(Distance, Distance), TermError> {
    let refused = || TermError::BreakEven(text.to_owned());
    let plain = text.trim().to_ascii_lowercase();
    let rest = plain.strip_prefix("after ").ok_or_else(refused)?;
    let (after, plus) = match rest.split_once(" plus ") {
        Some((after, plus)) => (after, Some(plus)),
        None => (rest, None),
    };
    Ok((after.parse()?, plus.map_or(Ok(Distance::None), str::parse)?))
}

impl fmt::Display for Distance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Distance::None => f.write_str("none"),
            Distance::Ticks(1) => f.write_str("1 tick"),
            Distance::Ticks(ticks) => write!(f, "{ticks} ticks"),
            Distance::Percent(percent) => write!(f, "{percent} %"),
            Distance::Atr { period, multiple } => write!(f, "{multiple} atr({period})"),
        }
    }
}

impl fmt::Display for Trailing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trailing::None => f.write_str("none"),
            Trailing::By(distance) => fmt::Display::fmt(distance, f),
            Trailing::Chandelier { period, multiple } => {
                write!(f, "chandelier({period}, {multiple})")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_factor_keeps_four_decimals_and_refuses_what_it_cannot_keep() {
        assert_eq!(Factor::new(1.5), Some(Factor(15_000)));
        assert_eq!(Factor::new(0.0001), Some(Factor(1)));
        assert_eq!(Factor::new(0.1 + 0.2), Some(Factor(3_000)));
        for bad in [-1.0, 0.00005, 429_497.0, f64::NAN, f64::INFINITY] {
            assert_eq!(Factor::new(bad), None, "{bad}");
        }
        assert_eq!(Factor(12_500).get(), 1.25);
        assert_eq!((Factor(12_500).to_string(), Factor(20_000).to_string()), {
            ("1.25".to_owned(), "2".to_owned())
        });
    }

    #[test]
    fn terms_read_back_as_they_are_shown() {
        for text in ["16 ticks", "1 tick", "0.5 %", "2 atr(14)", "1.25 atr(500)"] {
            let distance: Distance = text.parse().expect("a distance");
            assert_eq!(distance.to_string(), text);
            let trailing: Trailing = text.parse().expect("a trailing stop");
            assert_eq!(trailing, Trailing::By(distance));
        }
        let chandelier: Trailing = "Chandelier( 22,3 )".parse().expect("a chandelier");
        assert_eq!(chandelier.to_string(), "chandelier(22, 3)");
        assert_eq!("0.5%".parse(), Ok(Distance::Percent(Factor(5_000))));
        assert_eq!(break_even("after 10 ticks plus 1 tick"), {
            Ok((Distance::Ticks(10), Distance::Ticks(1)))
        });
        assert_eq!(break_even("after 1 %"), Ok((Distance::Percent(Factor::ONE), Distance::None)));
    }

    #[test]
    fn wrong_terms_say_what_is_wrong() {
        for text in ["16", "", "ticks", "16 points", "2 atr", "2 atr()", "2 atr(1, 2)", "-1 ticks"]
        {
            assert!(text.parse::<Distance>().is_err(), "{text:?}");
            assert!(text.parse::<Trailing>().is_err(), "{text:?}");
        }
        let distance = |text: &str| text.parse::<Distance>().expect_err("is wrong");
        assert_eq!(distance("0 ticks"), TermError::Number("0".into()));
        assert_eq!(distance("1.5 ticks"), TermError::Number("1.5".into()));
        assert_eq!(distance("0.00001 %"), TermError::Number("0.00001".into()));
        assert_eq!(distance("2 atr(501)"), TermError::Period("501".into()));
        assert_eq!(break_even("10 ticks"), Err(TermError::BreakEven("10 ticks".into())));
        let trailing = "chandelier(22)".parse::<Trailing>();
        assert_eq!(trailing, Err(TermError::Trailing("chandelier(22)".into())));
    }

    #[test]
    fn exits_of_a_definition_go_before_those_of_its_rules() {
        let own = Exits { stop_loss: Distance::Ticks(8), time_stop_bars: 3, ..Exits::NONE };
        let rules = Exits {
            stop_loss: Distance::Ticks(16),
            take_profit: Distance::Ticks(32),
            break_even_after: Distance::Ticks(4),
            break_even_plus: Distance::Ticks(1),
            time_stop_bars: 10,
            ..Exits::NONE
        };
        let both = own.or(&rules);
        assert_eq!((both.stop_loss, both.take_profit), (Distance::Ticks(8), Distance::Ticks(32)));
        assert_eq!((both.time_stop_bars, both.break_even_plus), (3, Distance::Ticks(1)));
        let own = Exits { break_even_after: Distance::Ticks(2), ..Exits::NONE };
        assert_eq!(own.or(&rules).break_even_plus, Distance::None);
    }
}
