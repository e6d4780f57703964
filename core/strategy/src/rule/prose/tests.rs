use super::*;
use crate::rule::with_fallback;

fn rules(text: &str) -> String {
    read_prose(text).parsed.rules.to_string()
}

fn unread(text: &str) -> Vec<String> {
    read_prose(text).unread.into_iter().map(|part| part.text).collect()
}

const ASKED: &str = "Go long when RSI is under 30 and price touches the lower Bollinger band; sell \
    short if RSI over 70. Stop loss 16 ticks, take profit 80 ticks. Exit when price returns to the \
    20 EMA.";

#[test]
fn a_models_answer_is_read_whole() {
    let reading = read_prose(ASKED);
    assert_eq!(
        reading.parsed.rules.to_string(),
        "long when rsi(14) < 30 and low <= bb(20, 2).lower\nshort when rsi(14) > 70\n\
         exit long when low <= ema(20) and high >= ema(20)\n\
         exit short when low <= ema(20) and high >= ema(20)\nstop 16 ticks\ntarget 80 ticks\n"
    );
    assert_eq!(reading.unread, []);
    let long = &reading.parsed.rules.long;
    assert_eq!(
        long.entries[0].text,
        "Go long when RSI is under 30 and price touches the lower Bollinger band"
    );
    // Two periods that were not said, and two touches.
    let expected = CONFIDENCE * DEFAULT.powi(2) * GUESS.powi(2);
    assert!((long.origin.confidence() - expected).abs() < 1e-12, "{:?}", long.origin);
    assert!(reading.confidence > 0.5 && reading.confidence < CONFIDENCE);
}

#[test]
fn many_ways_to_say_it_are_read() {
    for (prose, rule) in [
        (
            "Buy when the 9 EMA crosses above the 21 EMA.",
            "long when ema(9) crosses above ema(21)\n",
        ),
        (
            "Entry (Long): price closes above the 20-bar high with volume above average",
            "long when close > highest(high, 20)[1] and volume > sma(volume, 20)\n",
        ),
        ("If RSI(14) drops below 30, go long.", "long when rsi(14) crosses below 30\n"),
        (
            "Enter long once price closes above yesterday's high",
            "long when close > prior_session.high\n",
        ),
        (
            "Long entry: MACD crosses above its signal line",
            "long when macd(12, 26, 9) crosses above macd(12, 26, 9).signal\n",
        ),
        (
            "Go short when the RSI is overbought and volume is above average",
            "short when rsi(14) > 70 and volume > sma(volume, 20)\n",
        ),
        (
            "Buy if volume exceeds 1.5 times average volume",
            "long when volume > 1.5 * sma(volume, 20)\n",
        ),
        ("Buy if the 50-period SMA is rising for 3 bars", "long when sma(50) rising for 3 bars\n"),
        (
            "Go long when RSI is between 40 and 60 and price is above VWAP",
            "long when rsi(14) between 40 and 60 and close > vwap\n",
        ),
        (
            "Go long when RSI was below 30 within the last 5 bars or ADX above 25",
            "long when rsi(14) < 30 within 5 bars or adx(14) > 25\n",
        ),
        (
            "Go long when price breaks above the 30 minute opening range high",
            "long when close crosses above opening_range(30).high\n",
        ),
        (
            "Trade 5-minute bars during regular trading hours. Buy when price is above the 20 EMA. Exit at the end of the day",
            "bars 5m\nsession RTH_US\nlong when close > ema(20)\nflat at session end\n",
        ),
        (
            "Go long when close > open. Use a trailing stop of 2x ATR. Move the stop to breakeven after 10 ticks. Exit after 30 bars",
            "long when close > open\ntrail 2 atr(14)\nbreak even after 10 ticks\ntime stop 30 bars\n",
        ),
        (
            "Go long when close > open with a 16 tick stop and an 80 tick target",
            "long when close > open\nstop 16 ticks\ntarget 80 ticks\n",
        ),
    ] {
        assert_eq!(rules(prose), rule, "{prose}\n{:?}", read_prose(prose).unread);
    }
}

#[test]
fn what_cannot_be_read_is_named_and_never_made_up() {
    let prose = "Go long when RSI is under 30 and the moon is full. Trust your instincts.";
    assert_eq!(rules(prose), "long when rsi(14) < 30\n");
    assert_eq!(unread(prose), ["moon is full", "Trust your instincts"]);
    let confidence = read_prose(prose).confidence;
    let expected = CONFIDENCE * DEFAULT * PART_LOST * GUESS;
    assert!((confidence - expected).abs() < 1e-12, "{confidence}");

    let prose = "Buy when price pulls back to VWAP in an uptrend";
    assert_eq!(unread(prose), ["uptrend"]);
    assert!((read_prose(prose).confidence - CONFIDENCE * GUESS * SKIPPED).abs() < 1e-12);

    // A number that has no place is not dropped: it would mean something else.
    assert_eq!(rules("Go long when price is 2 ticks above VWAP"), "");
    assert_eq!(unread("Go long when close > open. Stop 16 points."), ["Stop 16 points"]);
}

#[test]
fn what_does_not_pass_the_check_of_units_is_not_taken() {
    let prose = "Go long when RSI is above VWAP. Go short when RSI is above 70.";
    assert_eq!(rules(prose), "short when rsi(14) > 70\n");
    assert_eq!(unread(prose), ["Go long when RSI is above VWAP"]);
    assert!(read_prose(prose).parsed.long_failed);
}

#[test]
fn a_direction_that_cannot_be_read_falls_back_to_its_archetype() {
    let reading = read_prose("Go long when the stars align. Go short when RSI is above 70.");
    assert!(reading.parsed.long_failed && !reading.parsed.short_failed);
    let archetype = parse("long when rsi(14) < 30\nshort when rsi(14) > 70").into_rules().unwrap();
    let merged = with_fallback(&reading.parsed, &archetype, "mean_reversion").unwrap();
    assert_eq!(merged.fallbacks, 1);
    assert!(matches!(merged.rules.long.origin, Origin::Fallback { .. }));
    assert!(matches!(merged.rules.short.origin, Origin::ReadFromProse { .. }));
    assert_eq!(merged.rules.short.entries[0].text, "Go short when RSI is above 70");
}

#[test]
fn rules_in_the_language_are_taken_as_they_are() {
    let reading = read_prose("long when close > open\nstop 4 ticks");
    assert_eq!(reading.confidence, 1.0);
    assert_eq!(reading.parsed.rules.long.origin, Origin::Written);
}

#[test]
fn each_doubt_lowers_the_confidence() {
    let of = |text: &str| read_prose(text).confidence;
    let said = of("Go long when RSI(14) is under 30");
    assert_eq!(said, CONFIDENCE);
    assert!(of("Go long when RSI is under 30") < said);
    assert!(of("Go long when weekly RSI(14) is under 30") < said);
    assert!(of("Sell when RSI(14) is under 30") < said);
    assert!(of("Go long when RSI(14) is under 30 or pigs fly") < said);
    assert_eq!(of("nothing here"), 0.0);
}

mod any {
    use super::*;
    use proptest::prelude::*;

    const WORDS: [&str; 40] = [
        "go", "long", "short", "when", "RSI", "under", "over", "30", "and", "or", "price",
        "touches", "the", "lower", "band", ".", ",", "stop", "loss", "16", "ticks", "target",
        "exit", "if", "20", "EMA", "crosses", "above", "for", "3", "bars", "2x", "ATR", "between",
        "sell", "buy", "%", "5-minute", "é", "-",
    ];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn any_prose_is_read_without_a_panic_and_what_is_read_is_right(
            words in prop::collection::vec(prop::sample::select(WORDS.to_vec()), 0..60)
        ) {
            let reading = read_prose(&words.join(" "));
            prop_assert!((0.0..=1.0).contains(&reading.confidence));
            let rules = reading.parsed.rules;
            if !rules.long.entries.is_empty() || !rules.short.entries.is_empty() {
                let again = parse(&rules.to_string());
                prop_assert_eq!(again.errors().count(), 0);
            }
        }

        #[test]
        fn any_text_is_read_without_a_panic(text in "\\PC{0,200}") {
            read_prose(&text);
        }
    }
}
