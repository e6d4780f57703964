//! Each mistake is met with its place and with what to write instead.

use crate::rule::{Severity, parse};

/// The first finding of a text as `line:column message | hint`.
fn first(text: &str) -> String {
    let parsed = parse(text);
    let Some(finding) = parsed.diagnostics.first() else { return "nothing".to_owned() };
    let (line, column) = finding.position(text);
    let severity = if finding.severity == Severity::Warning { "warning " } else { "" };
    let hint = finding.hint.as_deref().unwrap_or("-");
    format!("{severity}{line}:{column} {} | {hint}", finding.message)
}

macro_rules! mistakes {
    ($($name:ident: $text:expr => $expected:expr;)*) => {
        $(#[test] fn $name() { assert_eq!(first($text), $expected); })*
    };
}

mistakes! {
    an_unknown_name_is_met_with_the_nearest_one:
        "long when clsoe > open" =>
        "1:11 `clsoe` is unknown | did you mean `close`?";
    a_bare_above_is_met_with_both_things_it_may_mean:
        "long when close above ema(20)" =>
        "1:11 this is a number, and a condition is wanted here | did you mean `>`, or `crosses above`?";
    a_price_is_not_compared_with_an_oscillator:
        "long when rsi(14) > close" =>
        "1:11 compares an oscillator from 0 to 100 with a price | `rsi(14)` is an oscillator from 0 to 100, `close` is a price";
    a_price_is_not_compared_with_a_volume:
        "long when volume > close" =>
        "1:11 compares a volume with a price | `volume` is a volume, `close` is a price";
    a_price_is_not_compared_with_a_difference:
        "long when atr(14) > close" =>
        "1:11 compares a difference of prices with a price | `atr(14)` is a difference of prices and `close` is a price: subtract two prices first";
    a_price_and_an_oscillator_are_not_added:
        "long when close + rsi(14) > 3" =>
        "1:11 adds or subtracts a price and an oscillator from 0 to 100 | -";
    what_can_never_be_true_is_a_warning:
        "long when rsi(14) > 130" =>
        "warning 1:11 never true: one side is from 0 to 100, the other 130 | -";
    what_is_always_true_is_a_warning:
        "long when rsi(14) >= 0" =>
        "warning 1:11 always true: one side is from 0 to 100, the other 0 | -";
    a_window_that_counts_this_bar_is_never_broken_by_it:
        "long when close > highest(high, 20)" =>
        "warning 1:11 never true: `highest(high, 20)` counts this bar too | compare with what it was on the bar before: `highest(high, 20)[1]`";
    the_session_high_counts_this_bar_too:
        "short when close crosses below session.low" =>
        "warning 1:12 never true: `session.low` counts this bar too | compare with what it was on the bar before: `session.low[1]`";
    the_larger_of_two_is_not_the_highest_of_many:
        "long when close > max(high, 20)" =>
        "warning 1:19 this is the larger of `high` and the number 20 | did you mean the last 20 bars: `highest(high, 20)`?";
    a_period_out_of_range_is_an_error:
        "long when rsi(0) < 30" =>
        "1:15 period of `rsi` is from 2 to 1000, not 0 | -";
    a_parameter_may_not_lead_out_of_a_range:
        "param n = 14 whole from 1 to 50\nlong when rsi(n) < 30" =>
        "2:15 period of `rsi` is from 2 to 1000, and this may be from 1 to 50 | narrow the range of the parameter `n`";
    a_count_is_whole:
        "param n = 14 from 2 to 50\nlong when rsi(n) < 30" =>
        "2:15 period of `rsi` is a whole number | mark the parameter as `whole`: `param n = 20 whole`";
    a_period_cannot_change_from_bar_to_bar:
        "let n = atr(14)\nlong when close > ema(close, n)" =>
        "2:30 `n` may be different on each bar | a count or a period is a number or a parameter: `param n = 20`";
    history_is_bounded:
        "long when close[1001] > open" =>
        "1:17 how many bars ago is from 0 to 1000, not 1001 | -";
    an_unknown_line_is_met_with_the_known_ones:
        "long when close < bb(20, 2).bottom" =>
        "1:29 `bb` has no line `bottom` | its lines are middle, upper, lower, percent_b, bandwidth";
    too_many_parameters_are_met_with_the_right_ones:
        "long when rsi(14, 2) < 30" =>
        "1:19 `rsi` takes one parameter | write it like `rsi(source = close, period = 14)`";
    an_indicator_of_whole_bars_has_no_source:
        "long when atr(close, 14) > 3" =>
        "1:15 `atr` reads whole bars, not `close` | write it like `atr(period = 14)`";
    comparisons_do_not_chain:
        "long when 20 < rsi(14) < 30" =>
        "1:24 comparisons do not chain | write `x between a and b`, or `a < x and x < b`";
    a_number_alone_is_no_condition:
        "long when close" =>
        "1:11 this is a number, and a condition is wanted here | compare it with something: `close > 0`";
    an_opening_range_has_two_ends:
        "long when close > opening_range(15)" =>
        "1:19 an opening range is no number | say which end: `opening_range(15).high` or `opening_range(15).low`";
    an_unknown_statement_is_met_with_the_nearest_one:
        "targit 80 ticks" =>
        "1:1 `targit` begins no statement | did you mean `target`?";
    buying_is_going_long:
        "buy when close > open" =>
        "1:1 `buy` begins no statement | write `long when`";
    a_distance_has_a_unit:
        "long when close > open\nstop 16" =>
        "2:8 expected `ticks`, `%` or `atr(14)`, the statement ends | write it like `stop 16 ticks`";
    a_distance_is_above_nothing:
        "long when close > open\nstop 0 ticks" =>
        "2:6 a distance in ticks is from 0.000000001 to 100000, not 0 | -";
    a_name_is_given_once:
        "param n = 1\nlet n = close" =>
        "2:5 `n` is given twice | choose another name";
    a_name_is_not_a_word_of_the_language:
        "let close = 1" =>
        "1:5 `close` is a word of the language | choose another name";
    a_name_is_not_an_indicator:
        "let rsi = 1" =>
        "1:5 `rsi` is an indicator | choose another name";
    a_statement_is_made_once:
        "long when close > open\nstop 4 ticks\nstop 5 ticks" =>
        "3:1 this is said twice | keep one of the two";
    rules_that_never_trade_are_an_error:
        "stop 4 ticks" =>
        "1:13 the rules say neither when to go long nor when to go short | write `long when CONDITION`, `short when CONDITION` or both";
    an_exit_of_a_side_that_is_never_taken_is_a_warning:
        "long when close > open\nexit short when close < open" =>
        "warning 2:1 the rules never go short, so this is never used | -";
    what_is_never_used_is_a_warning:
        "param n = 3\nlong when close > open" =>
        "warning 1:1 `n` is never used | -";
    a_parameter_is_inside_of_its_range:
        "param n = 3 from 4 to 5\nlong when close > n" =>
        "1:1 `n` is 3, outside of its range from 4 to 5 | -";
    strange_signs_are_left_out:
        "long when close > open && low > 3" =>
        "1:24 `&&` means nothing here | write `and`";
    bars_are_of_certain_lengths:
        "bars 7m\nlong when close > open" =>
        "1:6 there are no bars of `7` | bars are 1m, 5m, 15m, 30m, 1h, 4h, 1d, `1000 contracts` or `500 trades`";
    a_session_is_one_of_three:
        "session NIGHT\nlong when close > open" =>
        "1:9 `NIGHT` is no session | write one of FULL_24x5, RTH_US, EXT_US, RTH_PRODUCT, ASIA, EUROPE";
    a_time_of_day_has_two_digits_of_minutes:
        "long when time between 9:3 and 11:00" =>
        "1:24 \"9:3\" is not a time of day: write hours:minutes, 00:00 to 24:00 | -";
    strength_is_a_ratio:
        "long when close > open\nstrength close" =>
        "2:10 strength is a ratio from 0 to 1, and this is a price | divide by what is large: `(band.middle - close) / atr(14)`";
    a_session_has_certain_numbers:
        "long when close > session.hihg" =>
        "1:19 `session.hihg` is no number of a session | did you mean `session.high`?";
}

#[test]
fn one_bad_line_is_reported_and_the_others_are_read() {
    let parsed = parse(
        "long when close > ema(20)\nshort when close << ema(20)\nstop sixteen\ntarget 80 ticks\nlong when rsi(14) < oops",
    );
    assert_eq!(parsed.errors().count(), 3, "{:?}", parsed.diagnostics);
    assert_eq!(parsed.rules.to_string(), "long when close > ema(20)\ntarget 80 ticks\n");
    assert!(parsed.long_failed && parsed.short_failed);
}

#[test]
fn a_broken_name_is_reported_once_and_takes_what_uses_it_along() {
    let parsed =
        parse("let band = bb(0, 2)\nlong when close < band.lower\nshort when close > ema(9)");
    assert_eq!(parsed.errors().count(), 1, "{:?}", parsed.diagnostics);
    assert!(parsed.long_failed && !parsed.short_failed);
    assert!(parsed.rules.long.entries.is_empty() && parsed.rules.short.entries.len() == 1);
}
