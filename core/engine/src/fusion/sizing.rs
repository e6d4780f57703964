//! How many contracts a bot wants when it is in the market.
//!
//! - **Fixed**: its `order_qty`.
//! - **Volatility target**: so many that a day's standard deviation of their value is the target.
//!   The deviation of a bar is the average true range over the bars' period divided by √(8/π), since
//!   that is the mean range of a random walk whose deviation is one (Feller, The Asymptotic
//!   Distribution of the Range, 1951); a day's is √n times it, for the n bars of the session.
//! - **Equity fraction**: so many that the stop loss costs the given part of the equity, which is the
//!   bot's starting equity and what it has won or lost since (fixed fractional; Vince, Portfolio
//!   Management Formulas, 1990).
//!
//! The result is rounded down, and is never above `order_qty`, the caps of the bot, its instrument and
//! its stage. A cap that is missing (0) is left to risk, which refuses the order.

use gauntlet_model::effect::SizeCap;
use gauntlet_model::input::{BarKind, BotDefinition, FACTOR_SCALE, InstrumentLimits, Sizing};
use gauntlet_model::units::{Money, NANOS_PER_SECOND, PRICE_SCALE, divide};

/// Mean range of a random walk over a time in which its standard deviation is one: √(8/π).
const RANGE_OF_DEVIATION: f64 = 1.595_769_121_605_730_7;

/// What a size depends on besides the bot's definition.
#[derive(Clone, Copy, Debug)]
pub(super) struct Circumstances {
    /// Money of a whole unit of price and contract.
    pub multiplier: Money,
    pub limits: InstrumentLimits,
    /// Distance of the stop loss in price units; `None` when it is not known.
    pub stop: Option<i64>,
    /// Average true range over the sizing's period in whole units of price; `NaN` when not known.
    pub range: f64,
    /// What the bot's bars are.
    pub bars: BarKind,
    /// Length of the session, in nanoseconds.
    pub session_ns: u64,
    /// What the bot has won or lost so far.
    pub realized: Money,
}

/// A size and how it came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Size {
    /// Contracts.
    pub qty: u32,
    /// Contracts before any cap.
    pub wanted: u32,
    /// What made them fewer.
    pub cap: SizeCap,
    /// Money that one contract was reckoned to risk; 0 when the sizing does not ask.
    pub risk: Money,
}

/// The size of a bot's next entry; `None` when what it depends on is not known.
pub(super) fn size(definition: &BotDefinition, around: &Circumstances) -> Option<Size> {
    let (wanted, risk) = match definition.sizing {
        Sizing::Fixed => (definition.order_qty, Money(0)),
        Sizing::VolatilityTarget { daily, .. } => {
            let risk = daily_risk(around)?;
            (whole(daily.0.into(), risk), risk)
        }
        Sizing::EquityFraction { fraction, equity } => {
            let risk = stop_risk(around)?;
            let equity = i128::from(equity.0) + i128::from(around.realized.0);
            (whole(divide(equity * i128::from(fraction.0), FACTOR_SCALE.into()), risk), risk)
        }
    };
    let caps = [
        (definition.order_qty, SizeCap::OrderQty),
        (definition.max_order_qty, SizeCap::BotOrder),
        (definition.max_position, SizeCap::BotPosition),
        (around.limits.max_order_qty, SizeCap::InstrumentOrder),
        (around.limits.max_position, SizeCap::InstrumentPosition),
        (definition.stage_cap, SizeCap::Stage),
    ];
    let mut size = Size { qty: wanted, wanted, cap: SizeCap::None, risk };
    for (most, cap) in caps {
        if most > 0 && size.qty > most {
            (size.qty, size.cap) = (most, cap);
        }
    }
    Some(size)
}

/// How many times a risk above zero fits into money.
fn whole(money: i128, risk: Money) -> u32 {
    u32::try_from(divide(money, risk.0).max(0)).unwrap_or(u32::MAX)
}

/// What one contract loses to the stop.
fn stop_risk(around: &Circumstances) -> Option<Money> {
    let units = i128::from(around.stop?) * i128::from(around.multiplier.0);
    positive(divide(units, PRICE_SCALE))
}

/// A day's standard deviation of one contract's value.
fn daily_risk(around: &Circumstances) -> Option<Money> {
    let BarKind::Time(timeframe) = around.bars else { return None };
    let bar_ns = u64::from(timeframe.seconds()) * NANOS_PER_SECOND;
    // A session that is shorter than its bar, as a day's is, has one.
    let bars = (around.session_ns as f64 / bar_ns as f64).max(1.0);
    let deviation = around.range / RANGE_OF_DEVIATION * libm::sqrt(bars);
    let money = libm::floor(deviation * around.multiplier.0 as f64);
    // Neither an unknown range nor one without end is below.
    (money < 9.0e18).then_some(money as i128).and_then(positive)
}

fn positive(money: i128) -> Option<Money> {
    i64::try_from(money).ok().filter(|money| *money > 0).map(Money)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fusion::fixtures::bot;
    use gauntlet_model::input::{Factor, Timeframe};
    use proptest::prelude::*;

    fn around() -> Circumstances {
        Circumstances {
            multiplier: Money(50_000_000),
            limits: InstrumentLimits::default(),
            stop: Some(4 * PRICE_SCALE),
            range: 2.0,
            bars: BarKind::Time(Timeframe::M5),
            session_ns: 390 * 60 * NANOS_PER_SECOND,
            realized: Money(0),
        }
    }

    fn wide(sizing: Sizing) -> BotDefinition {
        let most = 1_000;
        BotDefinition {
            sizing,
            order_qty: most,
            max_order_qty: most,
            max_position: most,
            stage_cap: most,
            ..bot()
        }
    }

    fn dollars(amount: i64) -> Money {
        Money(amount * 1_000_000)
    }

    #[test]
    fn a_fraction_of_the_equity_is_what_the_stop_costs() {
        // Four points of fifty dollars: 200 a contract; one percent of 100,000 is 1,000.
        let fraction = Factor(100);
        let definition = wide(Sizing::EquityFraction { fraction, equity: dollars(100_000) });
        let size_of = |around: &Circumstances| size(&definition, around).expect("known");
        assert_eq!((size_of(&around()).qty, size_of(&around()).risk), (5, dollars(200)));
        assert_eq!(size_of(&Circumstances { realized: dollars(20_000), ..around() }).qty, 6);
        assert_eq!(size_of(&Circumstances { realized: dollars(-80_001), ..around() }).qty, 0);
        assert_eq!(size_of(&Circumstances { realized: dollars(-200_000), ..around() }).qty, 0);
        assert_eq!(size(&definition, &Circumstances { stop: None, ..around() }), None);
    }

    #[test]
    fn a_volatility_target_is_a_days_deviation() {
        // 2 points a five-minute bar: 1.2533 of deviation, 78 bars a day: 11.07 points, 553.45 dollars.
        let definition = wide(Sizing::VolatilityTarget { daily: dollars(1_700), period: 20 });
        let size_of = |around: &Circumstances| size(&definition, around);
        let known = size_of(&around()).expect("known");
        assert_eq!((known.qty, known.risk.0 / 10_000), (3, 55_344));
        assert_eq!(
            size_of(&Circumstances { range: 8.0, ..around() }).map(|size| size.qty),
            Some(0)
        );
        for range in [f64::NAN, 0.0, f64::INFINITY] {
            assert_eq!(size_of(&Circumstances { range, ..around() }), None);
        }
        let bars = BarKind::Volume(1_000);
        assert_eq!(size_of(&Circumstances { bars, ..around() }), None);
    }

    #[test]
    fn the_smallest_cap_binds_and_is_named() {
        let fixed = wide(Sizing::Fixed);
        let named = |definition: &BotDefinition, limits| {
            let size = size(definition, &Circumstances { limits, ..around() }).expect("known");
            (size.wanted, size.qty, size.cap)
        };
        let none = InstrumentLimits::default();
        assert_eq!(named(&fixed, none), (1_000, 1_000, SizeCap::None));
        let staged = BotDefinition { stage_cap: 7, max_position: 8, ..fixed };
        assert_eq!(named(&staged, none), (1_000, 7, SizeCap::Stage));
        let limits = InstrumentLimits { max_order_qty: 3, max_position: 2, ..none };
        assert_eq!(named(&staged, limits), (1_000, 2, SizeCap::InstrumentPosition));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn no_size_is_above_any_cap(
            caps in prop::array::uniform4(0u32..50),
            order_qty in 1u32..50,
            fraction in 1u32..=10_000,
            equity in 0i64..1_000_000,
            stop in prop::option::of(0i64..100_000_000_000),
            range in prop_oneof![Just(f64::NAN), 0.0f64..100.0],
            which in 0..3,
        ) {
            let sizing = match which {
                0 => Sizing::Fixed,
                1 => Sizing::VolatilityTarget { daily: dollars(equity), period: 14 },
                _ => Sizing::EquityFraction { fraction: Factor(fraction), equity: dollars(equity) },
            };
            let definition = BotDefinition {
                order_qty,
                max_order_qty: caps[0],
                max_position: caps[1],
                stage_cap: caps[2],
                ..wide(sizing)
            };
            let limits =
                InstrumentLimits { max_order_qty: caps[3], ..InstrumentLimits::default() };
            let around = Circumstances { limits, stop, range, ..around() };
            if let Some(size) = size(&definition, &around) {
                prop_assert!(size.qty <= order_qty && size.qty <= size.wanted);
                prop_assert!(caps.iter().all(|cap| *cap == 0 || size.qty <= *cap));
                prop_assert_eq!(size.qty == size.wanted, size.cap == SizeCap::None);
            }
        }
    }
}
