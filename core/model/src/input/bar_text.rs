//! Kinds of bars in words: `5m`, `1000 contracts`, `500 trades`.

use super::{BarKind, Timeframe};
use std::fmt;
use std::str::FromStr;

/// Why a text names no kind of bars.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} are no bars: say 1m, 5m, 15m, 30m, 1h, 4h or 1d, or a number such as \"1000 contracts\" or \
     \"500 trades\""
)]
pub struct BarKindError(pub String);

impl fmt::Display for BarKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BarKind::Time(timeframe) => f.write_str(timeframe.name()),
            BarKind::Volume(contracts) => write!(f, "{contracts} contracts"),
            BarKind::Ticks(trades) => write!(f, "{trades} trades"),
        }
    }
}

impl FromStr for BarKind {
    type Err = BarKindError;

    fn from_str(text: &str) -> Result<BarKind, BarKindError> {
        let refused = || BarKindError(text.to_owned());
        let plain = text.trim().to_ascii_lowercase();
        let timeframe = Timeframe::ALL.into_iter().find(|timeframe| timeframe.name() == plain);
        if let Some(timeframe) = timeframe {
            return Ok(BarKind::Time(timeframe));
        }
        let (number, unit) = plain.split_once(' ').ok_or_else(refused)?;
        let number = number.parse().ok().filter(|number| *number > 0).ok_or_else(refused)?;
        match unit.trim() {
            "contract" | "contracts" => Ok(BarKind::Volume(number)),
            "trade" | "trades" => Ok(BarKind::Ticks(number)),
            _ => Err(refused()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_of_bars_read_back_as_they_are_shown_and_others_are_refused() {
        let times = Timeframe::ALL.map(BarKind::Time);
        for kind in times.into_iter().chain([BarKind::Volume(1_000), BarKind::Ticks(500)]) {
            assert_eq!(kind.to_string().parse(), Ok(kind));
        }
        assert_eq!(" 5M ".parse(), Ok(BarKind::Time(Timeframe::M5)));
        for text in ["", "2m", "0 trades", "100", "100 ticks", "-1 contracts"] {
            assert!(text.parse::<BarKind>().is_err(), "{text:?}");
        }
    }
}
