//! Numbers and times for people.

/// A count with its thousands apart.
pub fn count(count: u64) -> String {
    group(&count.to_string())
}

/// So many of something, whose plural takes an s.
pub fn many(number: u64, what: &str) -> String {
    let s = if number == 1 { "" } else { "s" };
    format!("{} {what}{s}", count(number))
}

/// Contracts with their sign.
pub fn signed(contracts: i64) -> String {
    match contracts {
        0 => "0".to_owned(),
        _ => format!("{contracts:+}"),
    }
}

/// Dollars and cents with their sign.
pub fn money(dollars: f64) -> String {
    let text = format!("{:.2}", dollars.abs());
    let (whole, cents) = text.split_once('.').unwrap_or((&text, "00"));
    // What rounds to nothing has no sign.
    let sign = match () {
        () if !text.contains(|digit| matches!(digit, '1'..='9')) => "",
        () if dollars < 0.0 => "-",
        () => "+",
    };
    format!("{sign}{}.{cents}", group(whole))
}

/// A value that may not be known.
pub fn known<T>(value: Option<T>, show: impl FnOnce(T) -> String) -> String {
    value.map_or_else(|| "-".to_owned(), show)
}

/// A price, or a dash.
pub fn price(price: Option<f64>) -> String {
    known(price, |price| price.to_string())
}

/// A time in RFC 3339, cut to milliseconds. A stream whose clock is that of its data stands at zero
/// until the first data comes: that is its start.
pub fn time(time: &str) -> String {
    if time.starts_with("1970-01-01T00:00:00") {
        return "the start".to_owned();
    }
    match time.split_once('.') {
        Some((seconds, fraction)) if fraction.len() > 4 && fraction.is_ascii() => {
            format!("{seconds}.{}Z", &fraction[..3])
        }
        _ => time.to_owned(),
    }
}

/// A stretch of time in the unit that suits it, at three digits.
pub fn nanos(nanos: u64) -> String {
    let ns = nanos as f64;
    let (value, unit) = match nanos {
        0..1_000 => return format!("{nanos} ns"),
        1_000..1_000_000 => (ns / 1e3, "µs"),
        1_000_000..1_000_000_000 => (ns / 1e6, "ms"),
        _ => (ns / 1e9, "s"),
    };
    let decimals = match value {
        ..10.0 => 2,
        ..100.0 => 1,
        _ => 0,
    };
    format!("{value:.decimals$} {unit}")
}

/// The beginning of a hash.
pub fn hash(hash: &str) -> &str {
    hash.get(..12).unwrap_or(hash)
}

fn group(digits: &str) -> String {
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_their_thousands_apart() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(
            [0, 1, 2_000].map(|n| many(n, "order")),
            ["0 orders", "1 order", "2,000 orders"]
        );
    }

    #[test]
    fn money_and_contracts_tell_up_from_down_without_colour() {
        let money = [0.0, 1_250.5, -3.005, -0.001].map(money);
        assert_eq!(money, ["0.00", "+1,250.50", "-3.00", "0.00"]);
        assert_eq!([0, 2, -2].map(signed), ["0", "+2", "-2"]);
    }

    #[test]
    fn times_are_cut_to_milliseconds() {
        assert_eq!(time("2024-01-02T14:30:00.123999999Z"), "2024-01-02T14:30:00.123Z");
        assert_eq!(time("2024-01-02T14:30:00Z"), "2024-01-02T14:30:00Z");
        assert_eq!(time("none"), "none");
        assert_eq!(time("1970-01-01T00:00:00.000000000Z"), "the start");
    }

    #[test]
    fn stretches_of_time_take_the_unit_that_suits_them() {
        let shown = [999, 1_230, 45_600, 999_000, 7_890_000, 12_000_000_000].map(nanos);
        assert_eq!(shown, ["999 ns", "1.23 µs", "45.6 µs", "999 µs", "7.89 ms", "12.0 s"]);
    }
}
