//! When a position is given back, whatever its strategy thinks.

use crate::calendar::SessionSpan;
use crate::effect::IntentReason;
use crate::input::{BotDefinition, Distance, TradingState};
use crate::message::MarketView;
use crate::position::Position;
use crate::units::{NANOS_PER_MINUTE, Price, UnixNanos};

/// How long before the close of its session a bot goes flat, in nanoseconds.
pub const FLAT_BEFORE_CLOSE: u64 = NANOS_PER_MINUTE;

/// The prices at which a position is given back; [`Price::NONE`] where there is none.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Levels {
    long: bool,
    stop: Price,
    target: Price,
}

impl Levels {
    /// No position, no levels.
    pub const NONE: Levels = Levels { long: true, stop: Price::NONE, target: Price::NONE };

    /// The levels of a position, from its mean entry price. A level that falls between two prices
    /// is the first one past it.
    pub fn of(position: &Position, definition: &BotDefinition, tick: Price) -> Levels {
        let contracts = i128::from(position.qty().unsigned_abs());
        if contracts == 0 || !tick.is_some() {
            return Levels::NONE;
        }
        let long = position.qty() > 0;
        let cost = i128::from(position.cost());
        // Contracts × mean price: the cost of a short position is negative at positive prices.
        let paid = if long { cost } else { -cost };
        let level = |distance: Distance, below: bool| {
            let Distance::Ticks(ticks) = distance else { return Price::NONE };
            let distance = i128::from(ticks) * i128::from(tick.0) * contracts;
            let price = if below {
                (paid - distance).div_euclid(contracts)
            } else {
                -(-(paid + distance)).div_euclid(contracts)
            };
            i64::try_from(price).map_or(Price::NONE, Price)
        };
        Levels {
            long,
            stop: level(definition.exits.stop_loss, long),
            target: level(definition.exits.take_profit, !long),
        }
    }

    /// Whether the market has met a level, the stop before the target. The price that counts is the
    /// one that closing would get: the bid for a long position, the ask for a short one, the last
    /// trade where that side is empty. A market that is gapped, crossed or not open says nothing.
    pub fn met(&self, view: &MarketView) -> Option<IntentReason> {
        let trusted = !view.gapped
            && !view.book_full
            && view.state == TradingState::Open
            && !view.top.is_crossed_or_locked();
        if !trusted {
            return None;
        }
        let side = if self.long { view.top.bid } else { view.top.ask };
        let price = if side.is_some() { side } else { view.last };
        let met = |level: Price, from_above: bool| {
            let reached = if from_above { price <= level } else { price >= level };
            price.is_some() && level.is_some() && reached
        };
        if met(self.stop, self.long) {
            Some(IntentReason::StopLoss)
        } else if met(self.target, !self.long) {
            Some(IntentReason::TakeProfit)
        } else {
            None
        }
    }
}

/// Whether a bot's session is over, about to be, or was over since a position was entered: no
/// position is carried from one session to the next.
pub(super) fn session_ends(
    session: Option<SessionSpan>,
    now: UnixNanos,
    entered: Option<UnixNanos>,
) -> bool {
    session.is_none_or(|session| {
        now.plus(FLAT_BEFORE_CLOSE) >= session.close
            || entered.is_some_and(|entered| entered < session.open)
    })
}

/// Whether a position is held for its longest time: `max_bars_held` minutes, counting the one it was
/// entered in. Minutes of the clock, so that a market without trades, and so without bars, does not
/// hold it for longer.
pub(super) fn held_long_enough(max_bars_held: u32, entered: UnixNanos, now: UnixNanos) -> bool {
    let minute = entered.0 / NANOS_PER_MINUTE * NANOS_PER_MINUTE;
    let longest = u64::from(max_bars_held) * NANOS_PER_MINUTE;
    max_bars_held > 0 && now >= UnixNanos(minute).plus(longest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fusion::fixtures::{TICK, bot, view};
    use crate::input::Exits;
    use crate::units::{Money, Side};

    fn position(side: Side, fills: &[(u32, i64)]) -> Position {
        let mut position = Position::default();
        for &(qty, price) in fills {
            position.apply(side, qty, Price(price), Money(50_000_000)).expect("fits");
        }
        position
    }

    fn definition(stop_loss_ticks: u32, take_profit_ticks: u32) -> BotDefinition {
        let distance = |ticks| if ticks > 0 { Distance::Ticks(ticks) } else { Distance::None };
        let (stop_loss, take_profit) = (distance(stop_loss_ticks), distance(take_profit_ticks));
        BotDefinition { exits: Exits { stop_loss, take_profit, ..Exits::NONE }, ..bot() }
    }

    fn at(bid: i64, ask: i64) -> MarketView {
        view(Price(bid), Price(ask))
    }

    #[test]
    fn a_long_position_is_closed_by_the_bid_and_a_short_one_by_the_ask() {
        let (tick, definition) = (Price(10), definition(4, 8));
        let long = Levels::of(&position(Side::Buy, &[(2, 1_000)]), &definition, tick);
        assert_eq!(long.met(&at(961, 971)), None);
        assert_eq!(long.met(&at(960, 970)), Some(IntentReason::StopLoss));
        assert_eq!(long.met(&at(1_079, 1_089)), None);
        assert_eq!(long.met(&at(1_080, 1_090)), Some(IntentReason::TakeProfit));
        let short = Levels::of(&position(Side::Sell, &[(2, 1_000)]), &definition, tick);
        assert_eq!(short.met(&at(1_029, 1_039)), None);
        assert_eq!(short.met(&at(1_030, 1_040)), Some(IntentReason::StopLoss));
        assert_eq!(short.met(&at(911, 921)), None);
        assert_eq!(short.met(&at(910, 920)), Some(IntentReason::TakeProfit));
    }

    #[test]
    fn levels_lie_around_the_mean_entry_and_round_past_it() {
        // Mean entry 1001 1/3.
        let fills = [(1, 1_000), (2, 1_002)];
        let long = Levels::of(&position(Side::Buy, &fills), &definition(1, 1), Price(10));
        assert_eq!((long.stop, long.target), (Price(991), Price(1_012)));
        let short = Levels::of(&position(Side::Sell, &fills), &definition(1, 1), Price(10));
        assert_eq!((short.stop, short.target), (Price(1_012), Price(991)));
    }

    #[test]
    fn negative_prices_have_levels_like_any_other() {
        let long = Levels::of(&position(Side::Buy, &[(3, -500)]), &definition(2, 2), Price(10));
        assert_eq!((long.stop, long.target), (Price(-520), Price(-480)));
        let short = Levels::of(&position(Side::Sell, &[(3, -500)]), &definition(2, 2), Price(10));
        assert_eq!((short.stop, short.target), (Price(-480), Price(-520)));
    }

    #[test]
    fn an_empty_side_is_replaced_by_the_last_trade_and_an_untrusted_market_says_nothing() {
        let long = Levels::of(&position(Side::Buy, &[(1, 1_000)]), &definition(4, 0), Price(10));
        let stopped = at(900, 910);
        assert_eq!(long.met(&stopped), Some(IntentReason::StopLoss));
        let mut no_bid = at(i64::MAX, 910);
        assert_eq!(long.met(&no_bid), None);
        no_bid.last = Price(905);
        assert_eq!(long.met(&no_bid), Some(IntentReason::StopLoss));
        assert_eq!(long.met(&at(910, 910)), None);
        assert_eq!(long.met(&MarketView { gapped: true, ..stopped }), None);
        assert_eq!(long.met(&MarketView { book_full: true, ..stopped }), None);
        assert_eq!(long.met(&MarketView { state: TradingState::Halted, ..stopped }), None);
    }

    #[test]
    fn without_a_position_there_is_nothing_to_meet() {
        let none = Levels::of(&Position::default(), &definition(1, 1), TICK);
        assert_eq!(none, Levels::NONE);
        assert_eq!(none.met(&at(1, 2)), None);
    }

    #[test]
    fn a_session_ends_a_minute_before_its_close_and_carries_nothing_over() {
        let session = SessionSpan {
            open: UnixNanos(100 * NANOS_PER_MINUTE),
            close: UnixNanos(200 * NANOS_PER_MINUTE),
        };
        let minute = |m: u64| UnixNanos(m * NANOS_PER_MINUTE);
        let ends = |now, entered| session_ends(Some(session), now, entered);
        assert!(!ends(UnixNanos(199 * NANOS_PER_MINUTE - 1), Some(minute(150))));
        assert!(ends(minute(199), Some(minute(150))));
        assert!(ends(minute(120), Some(minute(99))));
        assert!(!ends(minute(120), None));
        assert!(session_ends(None, minute(120), None));
    }

    #[test]
    fn the_time_stop_counts_the_minute_of_entry() {
        let entered = UnixNanos(10 * NANOS_PER_MINUTE + 59);
        let at = |m: u64| UnixNanos(m * NANOS_PER_MINUTE);
        assert!(!held_long_enough(2, entered, UnixNanos(at(12).0 - 1)));
        assert!(held_long_enough(2, entered, at(12)));
        assert!(!held_long_enough(0, entered, at(1_000)));
    }
}
