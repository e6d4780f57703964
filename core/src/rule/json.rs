//! The JSON form of a strategy.

/// Bars in JSON: the words of the text, such as `"5m"` or `"500 trades"`.
pub(super) mod bars {
    use crate::input::{BarKind, Timeframe};
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    /// Writes the words.
    pub fn serialize<S: Serializer>(
        bars: &Option<BarKind>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match bars {
            None => serializer.serialize_none(),
            Some(BarKind::Time(timeframe)) => serializer.serialize_str(timeframe.name()),
            Some(BarKind::Volume(contracts)) => {
                serializer.collect_str(&format_args!("{contracts} contracts"))
            }
            Some(BarKind::Ticks(trades)) => {
                serializer.collect_str(&format_args!("{trades} trades"))
            }
        }
    }

    /// Reads the words.
    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<BarKind>, D::Error> {
        let Some(words) = Option::<String>::deserialize(deserializer)? else {
            return Ok(None);
        };
        parse(&words).map(Some).ok_or_else(|| {
            D::Error::custom(format!(
                "bars {words:?}: write 1m, 5m, 15m, 30m, 1h, 4h, 1d, `1000 contracts` or `500 trades`"
            ))
        })
    }

    fn parse(words: &str) -> Option<BarKind> {
        let named = Timeframe::ALL.into_iter().find(|timeframe| timeframe.name() == words);
        if let Some(timeframe) = named {
            return Some(BarKind::Time(timeframe));
        }
        let (count, unit) = words.split_once(' ')?;
        let count = count.parse().ok().filter(|count| *count > 0)?;
        match unit {
            "contracts" => Some(BarKind::Volume(count)),
            "trades" => Some(BarKind::Ticks(count)),
            _ => None,
        }
    }
}
