//! The same bars made the naive way: decide of each trade whether it is late, keep all that are not,
//! and group them.

use super::tests::{Hours, minutes};
use super::{GRACE_NS, InstrumentBars, Print, Surroundings};
use gauntlet_model::effect::Bar;
use gauntlet_model::ids::InstrumentId;
use gauntlet_model::input::{BarKind, SessionMode, Timeframe};
use gauntlet_model::units::{NANOS_PER_MINUTE, NANOS_PER_SECOND, Price, Side, UnixNanos};
use proptest::prelude::*;

const MODES: [SessionMode; 3] = [SessionMode::Full24x5, SessionMode::RthUs, SessionMode::ExtUs];

/// What happens, in steps of the stream's clock.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// A trade so many seconds before the stream's time.
    Trade { delay: u64, price: i64, size: u32, aggressor: Option<Side> },
    /// A quote so many seconds before the stream's time.
    Quote { delay: u64 },
    /// The stream's clock moves on.
    Wait { seconds: u64 },
    /// Records are lost.
    Loss,
}

fn step() -> impl Strategy<Value = Step> {
    let side = prop_oneof![Just(None), Just(Some(Side::Buy)), Just(Some(Side::Sell))];
    prop_oneof![
        8 => (0u64..70, 1i64..50, 1u32..9, side)
            .prop_map(|(delay, price, size, aggressor)| Step::Trade { delay, price, size, aggressor }),
        2 => (0u64..70).prop_map(|delay| Step::Quote { delay }),
        6 => prop_oneof![1u64..40, 1u64..900].prop_map(|seconds| Step::Wait { seconds }),
        1 => Just(Step::Loss),
    ]
}

fn kind() -> impl Strategy<Value = BarKind> {
    prop_oneof![
        (0usize..7).prop_map(|at| BarKind::Time(Timeframe::ALL[at])),
        (1u32..60).prop_map(BarKind::Volume),
        (1u32..20).prop_map(BarKind::Ticks),
    ]
}

/// A loss: since when, until when, and the steps at which it began and ended.
#[derive(Clone, Copy, Debug)]
struct Loss {
    from: UnixNanos,
    until: UnixNanos,
    began: usize,
    ended: usize,
}

/// What the naive maker of bars kept of a run.
struct Kept {
    trades: Vec<Print>,
    losses: Vec<Loss>,
    late: u64,
}

/// Plays the steps to the real maker of bars, and keeps what the naive one needs. Bars come with the
/// step that published them.
fn play(steps: &[Step], bars: &mut InstrumentBars) -> (Vec<(usize, Bar, f64)>, Kept) {
    let mut now = 5 * NANOS_PER_MINUTE;
    let (mut clock, mut over, mut heard) = (0, 0, 0);
    let mut kept = Kept { trades: vec![], losses: vec![], late: 0 };
    let mut losing = Some((0, 0));
    let mut out = vec![];
    for (at, step) in steps.iter().enumerate() {
        let put = &mut |bar, tape: gauntlet_strategy::sample::Tape| {
            out.push((at, bar, tape.buy_volume - tape.sell_volume));
        };
        let ts = |delay: u64| now.saturating_sub(delay * NANOS_PER_SECOND);
        let event = match *step {
            Step::Trade { delay, .. } | Step::Quote { delay } => Some(ts(delay)),
            Step::Wait { .. } | Step::Loss => None,
        };
        if let Some(ts) = event {
            heard = now;
            if let Some((began, from)) = losing.take() {
                let (from, until) = (UnixNanos(from), UnixNanos(from.max(ts - 1)));
                kept.losses.push(Loss { from, until, began, ended: at });
            }
            clock = clock.max(ts);
            over = over.max(ts - ts % NANOS_PER_MINUTE);
        }
        match *step {
            Step::Trade { delay, price, size, aggressor } => {
                let ts_event = UnixNanos(ts(delay));
                let print = Print { ts_event, price: Price(price), size, aggressor };
                bars.trade(&print, UnixNanos(now), &Hours, put);
                if ts_event.0 < over {
                    kept.late += 1;
                } else {
                    kept.trades.push(print);
                }
            }
            Step::Quote { delay } => {
                bars.advance(UnixNanos(ts(delay)), UnixNanos(now), &Hours, put);
            }
            Step::Wait { seconds } => {
                for _ in 0..seconds {
                    now += NANOS_PER_SECOND;
                    bars.expire(UnixNanos(now), &Hours, put);
                    let silent = now - GRACE_NS;
                    if heard <= silent {
                        over = over.max(silent - silent % NANOS_PER_MINUTE);
                    }
                }
            }
            Step::Loss => {
                bars.lost();
                losing = losing.or(Some((at, clock)));
            }
        }
    }
    if let Some((began, from)) = losing {
        let (from, until) = (UnixNanos(from), UnixNanos(u64::MAX));
        kept.losses.push(Loss { from, until, began, ended: usize::MAX });
    }
    let end = &mut |bar, tape: gauntlet_strategy::sample::Tape| {
        out.push((steps.len(), bar, tape.buy_volume - tape.sell_volume));
    };
    bars.expire(UnixNanos(now + 3_000 * NANOS_PER_MINUTE), &Hours, end);
    (out, kept)
}

fn bar_of(kind: BarKind, session: SessionMode, span: (u64, u64), trades: &[Print]) -> Bar {
    let prices = || trades.iter().map(|trade| trade.price);
    Bar {
        instrument: InstrumentId(0),
        kind,
        session,
        gap: false,
        ts_open: UnixNanos(span.0),
        ts_close: UnixNanos(span.1),
        open: trades[0].price,
        high: prices().max().expect("a trade"),
        low: prices().min().expect("a trade"),
        close: trades[trades.len() - 1].price,
        volume: trades.iter().map(|trade| u64::from(trade.size)).sum(),
    }
}

fn signed_volume(trades: &[Print]) -> f64 {
    let signed = |trade: &Print| trade.aggressor.map_or(0, Side::sign) * i64::from(trade.size);
    trades.iter().map(signed).sum::<i64>() as f64
}

/// The bars of a series, grouped from every trade that counts.
fn grouped(kind: BarKind, session: SessionMode, trades: &[Print], base: bool) -> Vec<(Bar, f64)> {
    let mut bars = vec![];
    let mut rest: Vec<(Print, (u64, u64))> = trades
        .iter()
        .filter_map(|trade| {
            let minute = trade.ts_event.0 / NANOS_PER_MINUTE * NANOS_PER_MINUTE;
            if base {
                return Some((*trade, (minute, minute + NANOS_PER_MINUTE)));
            }
            let span = Hours.session_at(session, trade.ts_event)?;
            let whole = (span.open.0, span.close.0);
            let BarKind::Time(timeframe) = kind else { return Some((*trade, whole)) };
            if timeframe == Timeframe::D1 {
                return Some((*trade, whole));
            }
            let length = u64::from(timeframe.seconds()) * NANOS_PER_SECOND;
            let mut from = whole.0;
            while from + length <= trade.ts_event.0 {
                from += length;
            }
            Some((*trade, (from, (from + length).min(whole.1))))
        })
        .collect();
    while let Some(&(_, span)) = rest.first() {
        let of_span = rest.iter().take_while(|(_, other)| *other == span).count();
        let of_span: Vec<Print> = rest.drain(..of_span).map(|(trade, _)| trade).collect();
        let mut group = vec![];
        let close = |group: &mut Vec<Print>, bars: &mut Vec<(Bar, f64)>| {
            let trades = std::mem::take(group);
            let Some(first) = trades.first() else { return };
            let span = match kind {
                BarKind::Time(_) => span,
                _ => {
                    let last = trades.iter().map(|trade| trade.ts_event.0).max().expect("one");
                    (first.ts_event.0, last)
                }
            };
            bars.push((bar_of(kind, session, span, &trades), signed_volume(&trades)));
        };
        for trade in of_span {
            group.push(trade);
            let contracts: u64 = group.iter().map(|trade| u64::from(trade.size)).sum();
            let full = match kind {
                BarKind::Time(_) => false,
                BarKind::Volume(most) => contracts >= u64::from(most),
                BarKind::Ticks(most) => group.len() as u64 >= u64::from(most),
            };
            if full {
                close(&mut group, &mut bars);
            }
        }
        close(&mut group, &mut bars);
    }
    bars
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]
    #[test]
    fn every_series_holds_exactly_the_trades_that_were_in_time(
        steps in prop::collection::vec(step(), 1..400),
        series in prop::collection::vec((kind(), 0usize..3), 0..5),
    ) {
        let mut bars = InstrumentBars::new(InstrumentId(0));
        let base = (BarKind::Time(Timeframe::M1), SessionMode::Full24x5);
        let mut wanted = vec![base];
        for (kind, mode) in series {
            bars.follow(kind, MODES[mode]).expect("room");
            wanted.push((kind, MODES[mode]));
        }
        let (out, kept) = play(&steps, &mut bars);
        prop_assert_eq!(bars.counters().late_trades, kept.late);
        prop_assert_eq!(bars.counters().late_minutes, 0);
        for (kind, session) in wanted {
            let is_base = (kind, session) == base;
            let expected = grouped(kind, session, &kept.trades, is_base);
            let ours = || out.iter().filter(|(_, bar, _)| (bar.kind, bar.session) == (kind, session));
            let made: Vec<(Bar, f64)> =
                ours().map(|(_, bar, signed)| (Bar { gap: false, ..*bar }, *signed)).collect();
            prop_assert_eq!(&made, &expected);
            check_gaps(ours().map(|(at, bar, _)| (*at, *bar)), &kept.losses, is_base)?;
        }
    }
}

/// A gap is told exactly where a loss that was noticed before the bar was published reaches past
/// the end of the bar before it, in session time.
fn check_gaps(
    bars: impl Iterator<Item = (usize, Bar)>,
    losses: &[Loss],
    is_base: bool,
) -> Result<(), TestCaseError> {
    let mut before: Option<UnixNanos> = None;
    for (at, bar) in bars {
        let session = Hours.session_at(bar.session, bar.ts_open);
        let start = before.unwrap_or(match bar.kind {
            BarKind::Time(_) => bar.ts_open,
            _ => session.expect("in a session").open,
        });
        let gap = losses.iter().filter(|loss| loss.began <= at).any(|loss| {
            let in_session = is_base
                || (loss.from.0 / NANOS_PER_MINUTE..=loss.until.0 / NANOS_PER_MINUTE)
                    .take(2 * 60)
                    .any(|minute| Hours.session_at(bar.session, minutes(minute)).is_some());
            loss.ended > at || (in_session && loss.until >= start)
        });
        prop_assert_eq!(bar.gap, gap, "{:?} published at step {}", bar, at);
        before = Some(bar.ts_close);
    }
    Ok(())
}
