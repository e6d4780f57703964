//! What an entry is made of: its size, and when there is none.

use super::fixtures::{Stream, bot};
use gauntlet_model::effect::{Decision, SizeCap};
use gauntlet_model::ids::BotId;
use gauntlet_model::input::{BotDefinition, Sizing};
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

/// What a breakout decides after hours of quiet bars of two points each and five of twenty.
fn decided(definition: BotDefinition) -> Decision {
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
