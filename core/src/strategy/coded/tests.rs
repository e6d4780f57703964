use super::fixtures::{SESSION, minute, recorded, seen};
use super::*;
use crate::calendar::Calendar;
use crate::input::SessionMode;
use ta_lib::{Core, MAType};

const NONE: f64 = f64::NAN;
const ARCHETYPES: [Archetype; 2] = [Archetype::OrbBreakout, Archetype::MeanReversion];

fn given<const N: usize>(values: [f64; N]) -> [f64; PARAMETERS_MAX] {
    let mut parameters = [NONE; PARAMETERS_MAX];
    parameters[..N].copy_from_slice(&values);
    parameters
}

fn breakout<const N: usize>(values: [f64; N]) -> Strategy {
    Strategy::new(Archetype::OrbBreakout, &given(values), 0.25).expect("valid parameters")
}

fn reversion<const N: usize>(values: [f64; N]) -> Strategy {
    Strategy::new(Archetype::MeanReversion, &given(values), 0.25).expect("valid parameters")
}

/// Five minutes between 4990 and 5010, volume 100 each.
fn opening_range(strategy: &mut Strategy) {
    for index in 0..5 {
        let candle = minute(index, 5_010.0, 4_990.0, 5_000.0, 100.0);
        assert_eq!(strategy.on_bar(&seen(candle)), None);
    }
}

fn direction(verdict: Option<Verdict>) -> Option<i8> {
    verdict.map(|verdict| verdict.direction)
}

#[test]
fn every_parameter_has_a_default_inside_its_range() {
    for archetype in ARCHETYPES {
        let table = parameters(archetype);
        assert!(table.len() <= PARAMETERS_MAX);
        for parameter in table {
            assert!((parameter.min..=parameter.max).contains(&parameter.default), "{parameter:?}");
            assert!(!parameter.whole || parameter.default.fract() == 0.0, "{parameter:?}");
        }
    }
}

#[test]
fn absent_parameters_take_their_defaults_and_bad_ones_are_refused() {
    let defaults = resolve(Archetype::MeanReversion, &given([])).expect("defaults");
    assert_eq!(defaults[..5], [20.0, 2.0, 14.0, 30.0, 100.0]);
    for archetype in ARCHETYPES {
        for (index, parameter) in parameters(archetype).iter().enumerate() {
            let with = |value: f64| {
                let mut values = given([]);
                values[index] = value;
                resolve(archetype, &values)
            };
            assert!(with(parameter.min).is_ok() && with(parameter.max).is_ok());
            for bad in [parameter.min - 1.0, parameter.max + 1.0, f64::INFINITY, f64::NEG_INFINITY]
            {
                assert!(matches!(with(bad), Err(ParameterError::OutOfRange { .. })), "{bad}");
            }
            if parameter.whole {
                let fraction = with(parameter.min + 0.5);
                assert!(matches!(fraction, Err(ParameterError::NotWhole { .. })));
            }
        }
        let mut unknown = given([]);
        unknown[7] = 0.0;
        assert_eq!(resolve(archetype, &unknown), Err(ParameterError::Unknown { index: 7 }));
    }
}

#[test]
fn a_close_beyond_the_buffer_breaks_the_range_and_a_close_on_it_does_not() {
    let mut strategy = breakout([5.0, 2.0]);
    opening_range(&mut strategy);
    let on_buffer = minute(5, 5_020.0, 5_000.0, 5_010.5, 100.0);
    assert_eq!(strategy.on_bar(&seen(on_buffer)), None);
    let beyond = minute(6, 5_020.0, 5_000.0, 5_010.75, 100.0);
    assert_eq!(direction(strategy.on_bar(&seen(beyond))), Some(1));
}

#[test]
fn each_direction_breaks_once_a_session() {
    let mut strategy = breakout([]);
    opening_range(&mut strategy);
    let up = |index| seen(minute(index, 5_020.0, 5_000.0, 5_015.0, 100.0));
    let down = |index| seen(minute(index, 5_000.0, 4_980.0, 4_985.0, 100.0));
    assert_eq!(direction(strategy.on_bar(&up(5))), Some(1));
    assert_eq!(strategy.on_bar(&up(6)), None);
    assert_eq!(direction(strategy.on_bar(&down(7))), Some(-1));
    assert_eq!(strategy.on_bar(&down(8)), None);
    assert_eq!(strategy.on_bar(&up(9)), None);
}

#[test]
fn the_next_session_has_a_range_of_its_own() {
    let mut strategy = breakout([]);
    opening_range(&mut strategy);
    let day = 1_440 * crate::units::NANOS_PER_MINUTE;
    let tomorrow = SessionSpan { open: SESSION.open.plus(day), close: SESSION.close.plus(day) };
    let mut bar = |index: u64, close: f64| {
        let candle = minute(1_440 + index, close + 1.0, close - 1.0, close, 100.0);
        strategy.on_bar(&Observation { candle, session: Some(tomorrow), position: 0 })
    };
    for index in 0..5 {
        assert_eq!(bar(index, 6_000.0), None);
    }
    assert_eq!(bar(5, 6_001.0), None);
    assert_eq!(direction(bar(6, 6_002.0)), Some(1));
}

#[test]
fn a_larger_break_is_a_stronger_verdict_up_to_the_range_itself() {
    let strength = |close| {
        let mut strategy = breakout([5.0, 0.0]);
        opening_range(&mut strategy);
        let candle = minute(5, close, 5_000.0, close, 100.0);
        strategy.on_bar(&seen(candle)).expect("a break").strength
    };
    assert_eq!(strength(5_015.0), 0.625);
    assert_eq!(strength(5_030.0), 1.0);
    assert_eq!(strength(5_090.0), 1.0);
}

#[test]
fn a_break_without_the_volume_asked_for_waits_for_one_with_it() {
    let mut strategy = breakout([5.0, 1.0, 1.5]);
    opening_range(&mut strategy);
    let thin = minute(5, 5_020.0, 5_000.0, 5_015.0, 149.0);
    assert_eq!(strategy.on_bar(&seen(thin)), None);
    let thick = minute(6, 5_020.0, 5_000.0, 5_015.0, 150.0);
    let verdict = strategy.on_bar(&seen(thick)).expect("a confirmed break");
    assert_eq!((verdict.direction, verdict.confidence), (1, 1.0));
}

#[test]
fn nothing_is_entered_in_the_quiet_minutes_or_outside_of_the_session() {
    let mut strategy = breakout([]);
    opening_range(&mut strategy);
    let last_allowed = minute(359, 5_020.0, 5_000.0, 5_015.0, 100.0);
    let quiet = minute(360, 5_020.0, 5_000.0, 5_015.0, 100.0);
    let mut other = strategy.clone();
    assert_eq!(strategy.on_bar(&seen(quiet)), None);
    let outside = Observation { session: None, ..seen(last_allowed) };
    assert_eq!(strategy.on_bar(&outside), None);
    assert_eq!(direction(other.on_bar(&seen(last_allowed))), Some(1));
}

#[test]
fn a_range_not_seen_from_its_first_minute_is_not_traded() {
    let mut strategy = breakout([]);
    for index in 1..5 {
        strategy.on_bar(&seen(minute(index, 5_010.0, 4_990.0, 5_000.0, 100.0)));
    }
    let up = minute(5, 5_020.0, 5_000.0, 5_015.0, 100.0);
    assert_eq!(strategy.on_bar(&seen(up)), None);
}

/// Closes around 5000 that end in a push; the last verdict with a position held.
fn after_push(push: f64, position: i32) -> Option<Verdict> {
    let mut strategy = reversion([20.0, 2.0, 14.0, 30.0, 0.0]);
    for index in 0..30 {
        let close = 5_000.0 + if index % 2 == 0 { 0.5 } else { -0.5 };
        assert_eq!(strategy.on_bar(&seen(minute(index, close, close, close, 1.0))), None);
    }
    let close = 5_000.0 + push;
    let candle = minute(30, close, close, close, 1.0);
    strategy.on_bar(&Observation { position, ..seen(candle) })
}

#[test]
fn a_push_beyond_the_bands_is_faded() {
    assert_eq!(direction(after_push(-20.0, 0)), Some(1));
    assert_eq!(direction(after_push(20.0, 0)), Some(-1));
    assert_eq!(after_push(0.25, 0), None);
    let verdict = after_push(-20.0, 0).expect("a verdict");
    assert!((0.5..=1.0).contains(&verdict.strength) && (0.5..=1.0).contains(&verdict.confidence));
}

#[test]
fn a_position_is_given_back_at_the_mean_before_the_other_side_is_taken() {
    assert_eq!(after_push(0.25, 1), Some(Verdict::OUT));
    assert_eq!(after_push(20.0, 1), Some(Verdict::OUT));
    assert_eq!(after_push(-20.0, 1), None);
    assert_eq!(after_push(-0.25, -1), Some(Verdict::OUT));
    assert_eq!(after_push(-20.0, -1), Some(Verdict::OUT));
    assert_eq!(after_push(20.0, -1), None);
}

#[test]
fn nothing_is_said_before_the_warm_up_is_over() {
    let closes = |index: u64| if index.is_multiple_of(9) { 4_900.0 } else { 5_000.0 };
    let mut strategy = reversion([20.0, 1.0, 2.0, 50.0, 60.0]);
    assert_eq!(strategy.warm_up_bars(), 63);
    let first = (0..200).find(|&index| {
        let close = closes(index);
        strategy.on_bar(&seen(minute(index, close, close, close, 1.0))).is_some()
    });
    assert_eq!(first, Some(63));
    assert_eq!(reversion([]).warm_up_bars(), 115);
}

#[test]
fn indicators_equal_ta_libs_batch_to_the_bit_on_recorded_bars() {
    let Some(bars) = recorded() else { return };
    let closes: Vec<f64> = bars.iter().map(|bar| bar.close).collect();
    let (count, core) = (closes.len(), Core::new());
    let mut columns = vec![vec![0.0; count]; 4];
    let [upper, middle, lower, rsi] = &mut columns[..] else { unreachable!() };
    let bands = core
        .bbands(0, count - 1, &closes, 20, 2.0, 2.0, MAType::SMA, upper, middle, lower)
        .expect("bands");
    let index = core.rsi(0, count - 1, &closes, 14, rsi).expect("rsi");
    assert_eq!((bands.beg_idx, index.beg_idx), (19, 14));
    let mut strategy = mean_reversion::MeanReversion::new(&[20.0, 2.0, 14.0, 30.0, 100.0]);
    for (at, close) in closes.iter().enumerate() {
        let Some(now) = strategy.update(*close) else {
            assert!(at < 19);
            continue;
        };
        let batch = [upper[at - 19], middle[at - 19], lower[at - 19], rsi[at - 14]];
        let stream = [now.upper, now.middle, now.lower, now.rsi];
        assert_eq!(stream.map(f64::to_bits), batch.map(f64::to_bits), "bar {at}");
    }
}

/// Every verdict on some bars, with the position that follows it at once.
fn verdicts(mut strategy: Strategy, bars: &[Candle]) -> Vec<Option<[u64; 3]>> {
    let calendar = Calendar::of_product("6E");
    let mut position = 0;
    let mut say = |candle: &Candle| {
        let session = calendar.session_at(SessionMode::RthUs, candle.start);
        let verdict = strategy.on_bar(&Observation { candle: *candle, session, position })?;
        position = verdict.direction.into();
        let Verdict { direction, strength, confidence } = verdict;
        Some([direction as u64, strength.to_bits(), confidence.to_bits()])
    };
    bars.iter().map(&mut say).collect()
}

#[test]
fn a_verdict_is_bit_equal_when_the_data_is_cut_at_its_bar() {
    let Some(bars) = recorded() else { return };
    for archetype in ARCHETYPES {
        let strategy = Strategy::new(archetype, &given([]), 0.00005).expect("defaults");
        let whole = verdicts(strategy.clone(), &bars);
        assert!(whole.iter().flatten().count() > 10, "{archetype:?} must speak to be tested");
        for cut in (1..bars.len()).step_by(1_999) {
            assert_eq!(verdicts(strategy.clone(), &bars[..cut]), whole[..cut], "cut at {cut}");
        }
    }
}

#[test]
fn once_warm_a_verdict_does_not_depend_on_where_the_data_began() {
    let Some(bars) = recorded() else { return };
    let mut early = mean_reversion::MeanReversion::new(&[20.0, 2.0, 14.0, 30.0, 100.0]);
    let mut late = early.clone();
    for bar in &bars[..500] {
        early.update(bar.close);
    }
    for (count, bar) in bars[500..2_000].iter().enumerate() {
        let (a, b) = (early.update(bar.close), late.update(bar.close));
        if count + 1 >= late.warm_up_bars() {
            let (a, b) = (a.expect("warm"), b.expect("warm"));
            assert!((a.rsi - b.rsi).abs() < 0.1, "RSI {} and {}", a.rsi, b.rsi);
            assert!((a.middle - b.middle).abs() < 1e-12);
        }
    }
}
