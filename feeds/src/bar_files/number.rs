//! Decimal numbers, exactly.

use super::row::Problem;
use gauntlet_model::units::Price;

const DIGITS: usize = 9;

/// A decimal as a price, without rounding.
pub(super) fn price(text: &str) -> Result<Price, Problem> {
    let scaled = decimal(text)?;
    match i64::try_from(scaled) {
        Ok(scaled) if Price(scaled).is_some() => Ok(Price(scaled)),
        _ => Err(Problem::TooLarge { text: text.to_owned() }),
    }
}

/// A whole number of contracts. Some programs write `205.0` for 205.
pub(super) fn volume(text: &str) -> Result<u64, Problem> {
    let scaled = decimal(text).map_err(|problem| match problem {
        Problem::TooFine { text } => Problem::BrokenVolume { text },
        other => other,
    })?;
    if scaled < 0 {
        return Err(Problem::NegativeVolume { text: text.to_owned() });
    }
    let unit = 10_i128.pow(DIGITS as u32);
    if scaled % unit != 0 {
        return Err(Problem::BrokenVolume { text: text.to_owned() });
    }
    u64::try_from(scaled / unit).map_err(|_| Problem::TooLarge { text: text.to_owned() })
}

/// A decimal in units of 1e-9.
fn decimal(text: &str) -> Result<i128, Problem> {
    let not_a_number = || Problem::NotANumber { text: shown(text) };
    let (negative, digits) = match text.as_bytes() {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    let point = digits.iter().position(|byte| *byte == b'.').unwrap_or(digits.len());
    let (whole, fraction) = digits.split_at(point);
    let fraction = fraction.get(1..).unwrap_or_default();
    if whole.is_empty() && fraction.is_empty() {
        return Err(not_a_number());
    }
    if !whole.iter().chain(fraction).all(u8::is_ascii_digit) {
        return Err(not_a_number());
    }
    let (kept, rest) = fraction.split_at(fraction.len().min(DIGITS));
    if rest.iter().any(|digit| *digit != b'0') {
        return Err(Problem::TooFine { text: shown(text) });
    }
    let zeros = std::iter::repeat_n(&b'0', DIGITS - kept.len());
    let mut scaled = 0_i128;
    for digit in whole.iter().chain(kept).chain(zeros) {
        // 38 digits fit; no price or volume comes near.
        let next = scaled.checked_mul(10).and_then(|s| s.checked_add(i128::from(digit - b'0')));
        scaled = next.ok_or_else(|| Problem::TooLarge { text: shown(text) })?;
    }
    Ok(if negative { -scaled } else { scaled })
}

/// What is there, cut to what an error can show.
pub(super) fn shown(text: &str) -> String {
    const MOST: usize = 40;
    match text.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn decimals_become_prices_exactly() {
        for (text, scaled) in [
            ("1.1076", 1_107_600_000),
            ("-37.63", -37_630_000_000),
            ("+4791.25", 4_791_250_000_000),
            ("0.000000001", 1),
            (".5", 500_000_000),
            ("7.", 7_000_000_000),
            ("1.00000000000", 1_000_000_000),
        ] {
            assert_eq!(price(text).ok(), Some(Price(scaled)), "{text}");
        }
    }

    #[test]
    fn what_is_no_exact_price_is_refused_by_name() {
        use Problem::{NotANumber, TooFine, TooLarge};
        for text in ["", "-", ".", "1e5", "1,5", "1_000", "0x1", "NaN", "inf", "--1", "1.2.3", "½"]
        {
            assert!(matches!(price(text), Err(NotANumber { .. })), "{text}");
        }
        assert!(matches!(price("0.0000000001"), Err(TooFine { .. })));
        for text in ["4791250000000000", "9223372036.854775807", &"9".repeat(100)] {
            assert!(matches!(price(text), Err(TooLarge { .. })), "{text}");
        }
    }

    #[test]
    fn volumes_are_whole_and_not_negative() {
        assert_eq!(volume("205").ok(), Some(205));
        assert_eq!(volume("205.000").ok(), Some(205));
        assert_eq!(volume("18446744073709551615").ok(), Some(u64::MAX));
        assert!(matches!(volume("18446744073709551616"), Err(Problem::TooLarge { .. })));
        assert!(matches!(volume("-1"), Err(Problem::NegativeVolume { .. })));
        assert!(matches!(volume("1.5"), Err(Problem::BrokenVolume { .. })));
        assert!(matches!(volume("1.00000000001"), Err(Problem::BrokenVolume { .. })));
    }

    proptest! {
        #[test]
        fn every_price_reads_back_as_it_is_shown(scaled in i64::MIN..i64::MAX) {
            prop_assert_eq!(price(&Price(scaled).to_string()).ok(), Some(Price(scaled)));
        }

        #[test]
        fn no_text_is_too_odd(text in ".{0,60}") {
            let _told = (price(&text), volume(&text));
        }
    }
}
