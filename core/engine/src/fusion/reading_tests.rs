//! What a bot reads of its market and its position: the size of an entry, a stop that trails by ranges, and
//! its rules' own words about what it holds.

use super::fixtures::{Stream, alerts, bot, brief};
use crate::message::ToRisk;
use gauntlet_model::effect::{Decision, Effect, IntentReason, Outcome, SizeCap, Urgency};
use gauntlet_model::ids::BotId;
use gauntlet_model::input::{
    BarKind, BotDefinition, Distance, Exits, Factor, Input, RuleText, Sizing, Trailing,
};
use gauntlet_model::units::Money;

const BOT: BotId = BotId(0);
/// Minutes from the open.
const QUIET: u64 = 240;

/// A bot that risks so much a day, by the range over a period, with room for many contracts.
fn by_volatility(daily: Money, period: u16) -> BotDefinition {
    let most = 1_000;
    BotDefinition {
        sizing: Sizing::VolatilityTarget { daily, period },
        order_qty: most,
        max_order_qty: most,
        max_position: most,
        stage_cap: most,
        ..bot()
    }
}

/// Hours of quiet bars of two points each and five of twenty.
fn settled(definition: BotDefinition) -> Stream {
    let mut stream = Stream::new(&[definition]);
    for minute in 0..QUIET {
        for price in [5_000.0, 5_001.0, 4_999.0, 5_000.0] {
            assert_eq!(stream.at(minute).print(price), []);
        }
    }
    for minute in QUIET..QUIET + 5 {
        for price in [5_000.0, 5_010.0, 4_990.0, 5_000.0] {
            assert_eq!(stream.at(minute).print(price), []);
        }
    }
    stream
}

/// What a breakout decides after that.
fn decided(definition: BotDefinition) -> Decision {
    let mut stream = settled(definition);
    stream.at(QUIET + 5).print(5_015.0);
    stream.at(QUIET + 6).print(5_015.0);
    *stream.decision(BOT)
}

#[test]
fn a_size_by_volatility_is_of_the_range_over_its_own_period() {
    for period in [2u16, 3, 5] {
        // Smoothed as Wilder does: five bars of 20 points follow, then one of 15.
        let smoothed = |range: f64, bar: f64| range + (bar - range) / f64::from(period);
        let range = [20.0, 20.0, 20.0, 20.0, 20.0, 15.0].into_iter().fold(2.0, smoothed);
        let bar = range / (8.0 / core::f64::consts::PI).sqrt();
        let day = bar * 390.0f64.sqrt() * 50.0;
        let daily = Money((day * 7.5 * 1e6) as i64);
        let decision = decided(by_volatility(daily, period));
        assert_eq!(decision.risk.0 / 1_000, (day * 1e3) as i64, "over {period} bars");
        assert_eq!((decision.target, decision.cap), (7, SizeCap::None), "over {period} bars");
    }
    // One that sizes in another way is not said to risk anything.
    assert_eq!((decided(bot()).target, decided(bot()).risk), (2, Money(0)));
}

/// The trailing stop that the last output told of.
fn trailing(outs: &[ToRisk]) -> Option<f64> {
    let level = |out: &ToRisk| match out {
        ToRisk::Effect(Effect::Exits(levels)) => Some(levels.trailing.to_f64()),
        _ => None,
    };
    outs.iter().rev().find_map(level)
}

#[test]
fn a_chandelier_hangs_so_many_ranges_below_the_highest_high_or_above_the_lowest_low() {
    let (period, multiple) = (3, Factor(20_000));
    let exits = Exits {
        stop_loss: Distance::Ticks(400),
        trailing: Trailing::Chandelier { period, multiple },
        ..Exits::NONE
    };
    // Five bars of 20 points, then one of 15 by its gap, then one of 5.
    let smoothed = |range: f64, bar: f64| range + (bar - range) / f64::from(period);
    let range = [20.0, 20.0, 20.0, 20.0, 20.0, 15.0, 5.0].into_iter().fold(2.0, smoothed);
    for sign in [1.0, -1.0] {
        let at = |points: f64| 5_000.0 + sign * points;
        let mut stream = settled(BotDefinition { exits, ..bot() });
        stream.at(QUIET + 5).print(at(15.0));
        assert_eq!(stream.at(QUIET + 6).print(at(15.0)).len(), 1);
        stream.fill(BOT, if sign > 0.0 { 2 } else { -2 }, at(15.0));
        stream.print(at(20.0));
        stream.print(at(19.0));
        let hangs = trailing(&stream.at(QUIET + 7).send_print(at(19.0))).expect("it is told");
        let expected = at(20.0) - sign * 2.0 * range;
        assert!((hangs - expected).abs() < 1e-6, "{hangs}, and not {expected}");
    }
}

/// A bot with rules of its own words, said to a stream.
fn with_rules(text: &str) -> Stream {
    let mut stream = Stream::new(&[]);
    let parts = RuleText::split(BOT, text);
    let rule_parts = parts.len() as u16;
    for part in parts {
        stream.send(Input::RuleText(part));
    }
    let outs = stream.send(Input::Bot(BotDefinition { rule_parts, ..bot() }));
    assert_eq!(alerts(&outs), [""; 0]);
    stream
}

#[test]
fn rules_know_the_mean_entry_and_what_was_won_since_in_ticks() {
    for (exit, sign) in [
        ("exit long when position.profit_ticks >= 8", 1.0),
        ("exit long when close >= position.entry + 2", 1.0),
        ("exit short when position.profit_ticks >= 8", -1.0),
        ("exit short when close <= position.entry - 2", -1.0),
    ] {
        let mut stream = with_rules(&format!(
            "long when close > opening_range(5).high first in session\n\
             short when close < opening_range(5).low first in session\n\
             entry aggressive\n{exit}\n"
        ));
        let at = |points: f64| 5_000.0 + sign * points;
        for minute in 0..5 {
            for points in [0.0, 10.0, -10.0, 0.0] {
                stream.at(minute).print(at(points));
            }
        }
        stream.at(5).print(at(15.0));
        assert_eq!(stream.at(6).print(at(15.0)).len(), 1, "{exit}");
        // One at 15.25 and one at 15.75: eight ticks from their mean are at 17.5.
        let one = if sign > 0.0 { 1 } else { -1 };
        stream.fill(BOT, one, at(15.25));
        stream.fill(BOT, one, at(15.75));
        assert_eq!(stream.at(7).print(at(17.25)), [], "{exit}");
        assert_eq!(stream.at(8).print(at(17.5)), [], "a tick too few: {exit}");
        let out = stream.at(9).print(at(17.5));
        assert_eq!(brief(&out), [(0, IntentReason::Signal)], "{exit}");
    }
}

/// The decisions among outputs.
fn decisions(outs: &[ToRisk]) -> Vec<Outcome> {
    let decision = |out: &ToRisk| match out {
        ToRisk::Effect(Effect::Decision(decision)) => Some(decision.outcome),
        _ => None,
    };
    outs.iter().filter_map(decision).collect()
}

#[test]
fn silence_is_told_once_and_never_while_something_is_held_or_was_decided() {
    let mut stream = with_rules("long when close > sma(3) + 10\nentry aggressive\n");
    let mut told = Vec::new();
    for minute in 0..10 {
        told.extend(decisions(&stream.at(minute).send_print(5_000.0)));
    }
    assert_eq!(told, [Outcome::WarmingUp, Outcome::Quiet]);
    assert_eq!(decisions(&stream.at(10).send_print(5_030.0)), []);
    assert_eq!(decisions(&stream.at(11).send_print(5_030.0)), [Outcome::Acts]);
    stream.fill(BOT, 2, 5_030.0);
    for minute in 12..16 {
        assert_eq!(decisions(&stream.at(minute).send_print(5_030.0)), [], "it holds");
    }
    stream.fill(BOT, -2, 5_030.0);
    stream.at(16).tick(0);
    for minute in 17..20 {
        assert_eq!(decisions(&stream.at(minute).send_print(5_030.0)), [], "what it did stands");
    }
}

#[test]
fn a_signal_against_what_is_held_reverses_it_at_once() {
    let exits = Exits { stop_loss: Distance::Ticks(400), ..Exits::NONE };
    let mut stream = Stream::new(&[BotDefinition { exits, ..bot() }]);
    stream.break_upward();
    stream.fill(BOT, 2, 5_015.25);
    assert_eq!(stream.at(7).print(4_985.0), []);
    let turned = stream.at(8).print(4_985.0);
    assert_eq!(brief(&turned), [(-2, IntentReason::Signal)]);
    assert_eq!(turned[0].urgency, Urgency::Aggressive);
}

#[test]
fn a_fixed_size_that_was_raised_is_asked_for_by_the_next_signal() {
    let text = "long when close > 5010\nentry aggressive\n";
    let mut stream = with_rules(text);
    stream.at(0).print(5_015.0);
    assert_eq!(brief(&stream.at(1).print(5_015.0)), [(2, IntentReason::Signal)]);
    stream.fill(BOT, 2, 5_015.25);
    assert_eq!(stream.at(2).print(5_015.0), [], "it has what it wants");
    let rule_parts = RuleText::split(BOT, text).len() as u16;
    let most = 3;
    stream.send(Input::Bot(BotDefinition {
        rule_parts,
        order_qty: most,
        max_order_qty: most,
        max_position: most,
        stage_cap: most,
        ..bot()
    }));
    assert_eq!(brief(&stream.at(3).print(5_015.0)), [(3, IntentReason::Signal)]);
}

#[test]
fn a_size_by_volatility_needs_bars_of_time() {
    let mut stream = Stream::new(&[]);
    let timed = by_volatility(Money(1_000_000_000), 3);
    let of_volume = BotDefinition { bars: Some(BarKind::Volume(1_000)), ..timed };
    assert_eq!(stream.define(&of_volume).len(), 1);
    assert_eq!(stream.define(&timed), [""; 0]);
    let fixed = BotDefinition { bars: of_volume.bars, ..bot() };
    assert_eq!(stream.define(&fixed), [""; 0], "any other size takes any bars");
}
