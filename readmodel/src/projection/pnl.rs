//! Profit and loss: now, and over time.

use super::{PNL_POINTS_MAX, Projection};
use gauntlet_model::input::Route;
use gauntlet_model::units::{Money, Price};

/// Profit and loss of some bots.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pnl {
    pub realized: i128,
    pub unrealized: i128,
    /// Open positions without a mark.
    pub unmarked: u32,
}

impl Pnl {
    /// In micro-dollars.
    pub fn total(&self) -> i128 {
        self.realized + self.unrealized
    }
}

/// A moment: second, profit at the broker and simulated, in micro-dollars.
pub(super) type Point = (u64, i128, i128);

/// Profit and loss over the whole run, at a resolution that halves whenever the room is full.
#[derive(Debug)]
pub(super) struct PnlHistory {
    points: Vec<Point>,
    /// Seconds between points.
    stride: u64,
}

impl PnlHistory {
    pub fn new() -> PnlHistory {
        PnlHistory { points: Vec::with_capacity(PNL_POINTS_MAX), stride: 1 }
    }

    pub fn record(&mut self, second: u64, broker: i128, simulated: i128) {
        if self.points.last().is_some_and(|(last, ..)| second < last + self.stride) {
            return;
        }
        if self.points.len() == PNL_POINTS_MAX {
            let mut index = 0;
            self.points.retain(|_| {
                index += 1;
                index % 2 == 1
            });
            self.stride *= 2;
        }
        self.points.push((second, broker, simulated));
    }

    pub fn points(&self) -> &[Point] {
        &self.points
    }
}

impl Projection {
    /// The price that closing a bot's position would meet, and the profit that it would take.
    pub(super) fn closing(&self, bot: usize) -> (Price, Option<Money>) {
        let Some(state) = self.bots.get(bot) else { return (Price::NONE, None) };
        let instrument = match (&state.position, state.definition()) {
            (Some(position), _) => position.instrument,
            (None, Some(definition)) => definition.instrument,
            (None, None) => return (Price::NONE, Some(Money(0))),
        };
        let Some(market) = self.instruments.get(usize::from(instrument.0)) else {
            return (Price::NONE, state.unrealized(Price::NONE, Money(0)));
        };
        let mark = market.closing_price(state.qty());
        (mark, state.unrealized(mark, market.multiplier()))
    }

    /// Profit and loss of the bots of some routes.
    pub(super) fn pnl_of(&self, counts: impl Fn(Route) -> bool) -> Pnl {
        let mut pnl = Pnl::default();
        for (index, bot) in self.bots.iter().enumerate() {
            for route in Route::ALL.into_iter().filter(|route| counts(*route)) {
                pnl.realized += i128::from(bot.realized_by(route).0);
            }
            if !bot.route().is_some_and(&counts) {
                continue;
            }
            match self.closing(index).1 {
                Some(unrealized) => pnl.unrealized += i128::from(unrealized.0),
                None => pnl.unmarked += 1,
            }
        }
        pnl
    }
}
