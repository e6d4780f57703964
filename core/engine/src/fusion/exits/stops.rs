//! The prices at which one position is given back.

use super::{Gap, Gaps};
use gauntlet_model::effect::IntentReason;
use gauntlet_model::input::TradingState;
use gauntlet_model::market_view::MarketView;
use gauntlet_model::position::Position;
use gauntlet_model::units::Price;

/// Prices at which a position is given back; [`Price::NONE`] where there is none.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::fusion) struct Stops {
    /// 1 long, −1 short, 0 no position.
    side: i64,
    /// Whether the stop loss could not be measured: the position is given back at once.
    unprotected: bool,
    stop: Price,
    target: Price,
    trailing: Price,
    /// How far behind the best price the trailing stop is, in price units; `None` without one.
    trail: Option<i64>,
    /// The best price since the entry.
    best: Price,
    /// The price that makes the stop move to break-even, and where it moves.
    break_even_from: Price,
    break_even: Price,
    armed: bool,
    /// The last trade when the book could last be trusted: while it cannot be, only another one is news.
    trade_seen: Price,
}

impl Stops {
    /// No position, no levels.
    pub const NONE: Stops = Stops {
        side: 0,
        unprotected: false,
        stop: Price::NONE,
        target: Price::NONE,
        trailing: Price::NONE,
        trail: None,
        best: Price::NONE,
        break_even_from: Price::NONE,
        break_even: Price::NONE,
        armed: false,
        trade_seen: Price::NONE,
    };

    /// Takes a position that changed, or other distances. Levels from the mean entry price move with
    /// it; what the market has moved since the entry stays while the side does. A level that falls
    /// between two prices is the first one past it.
    pub fn adopt(&mut self, position: &Position, gaps: &Gaps) {
        let side = i64::from(position.qty().signum());
        if side == 0 {
            *self = Stops::NONE;
            return;
        }
        let before = if side == self.side { *self } else { Stops::NONE };
        let entry = Entry { side: side.into(), position };
        let mean = entry.level(Some(0), false);
        *self = Stops {
            side,
            unprotected: matches!(gaps.stop, Gap::None | Gap::Unknown),
            stop: entry.level(entry.distance(gaps.stop), false),
            target: entry.level(entry.distance(gaps.target), true),
            break_even_from: entry.level(entry.distance(gaps.break_even_after), true),
            break_even: match gaps.break_even_after {
                Gap::None | Gap::Unknown => Price::NONE,
                _ => entry.level(entry.distance(gaps.break_even_plus).or(Some(0)), true),
            },
            best: if before.best.is_some() { before.best } else { mean },
            ..before
        };
        // A distance measured anew after a bar is not taken back by a later fill.
        if self.trail.is_none() {
            self.trail = gaps.trailing.at(mean);
        }
        self.pull();
    }

    /// Which level the market has met, in the order of precedence.
    pub fn met(&self, view: &MarketView) -> Option<IntentReason> {
        let price = self.closing_price(view)?;
        if self.unprotected || self.is_behind(price, self.stop) {
            Some(IntentReason::StopLoss)
        } else if self.is_behind(price, self.trailing) {
            Some(IntentReason::TrailingStop)
        } else if self.armed && self.is_behind(price, self.break_even) {
            Some(IntentReason::BreakEven)
        } else if self.is_past(price, self.target) {
            Some(IntentReason::TakeProfit)
        } else {
            None
        }
    }

    /// Moves what follows the market, in favour of the position only.
    pub fn follow(&mut self, view: &MarketView) {
        if self.side != 0 && is_whole(view) {
            self.trade_seen = view.last;
        }
        let Some(price) = self.closing_price(view) else { return };
        if self.is_past(price, self.best) {
            self.best = price;
            self.pull();
        }
        self.armed |= self.is_past(price, self.break_even_from);
    }

    /// Takes the distance of the trailing stop after a bar; what is not known changes nothing.
    pub fn trail_by(&mut self, gap: Gap) {
        if self.side == 0 {
            return;
        }
        if let (Some(_), Some(trail)) = (self.trail, gap.at(self.best)) {
            self.trail = Some(trail);
            self.pull();
        }
    }

    /// Moves the trailing stop to a price of its own rule, if that is in favour.
    pub fn trail_to(&mut self, level: Price) {
        let better = !self.trailing.is_some() || self.is_past(level, self.trailing);
        if self.side != 0 && level.is_some() && better {
            self.trailing = level;
        }
    }

    /// The levels in force: stop loss, take profit, trailing stop, break-even, and whether the last
    /// is armed.
    pub fn levels(&self) -> (Price, Price, Price, Price, bool) {
        (self.stop, self.target, self.trailing, self.break_even, self.armed)
    }

    /// What closing would get in an open market whose line lives. Without a book that can be trusted
    /// that is where it traded since.
    fn closing_price(&self, view: &MarketView) -> Option<Price> {
        if self.side == 0 || !view.live || view.state != TradingState::Open {
            return None;
        }
        let price = if !is_whole(view) {
            Some(view.last).filter(|last| *last != self.trade_seen)?
        } else {
            let side = if self.is_long() { view.top.bid } else { view.top.ask };
            if side.is_some() { side } else { view.last }
        };
        price.is_some().then_some(price)
    }

    fn is_long(&self) -> bool {
        self.side == 1
    }

    /// Whether a price is at a level or has lost more.
    fn is_behind(&self, price: Price, level: Price) -> bool {
        level.is_some() && if self.is_long() { price <= level } else { price >= level }
    }

    /// Whether a price is at a level or has won more.
    fn is_past(&self, price: Price, level: Price) -> bool {
        level.is_some() && if self.is_long() { price >= level } else { price <= level }
    }

    fn pull(&mut self) {
        let Some(trail) = self.trail else { return };
        let level = self.best.0.checked_sub(self.side * trail).map_or(Price::NONE, Price);
        self.trail_to(level);
    }
}

/// Whether the book can be trusted.
fn is_whole(view: &MarketView) -> bool {
    !view.gapped && !view.book_full && !view.top.is_crossed_or_locked()
}

/// Levels from the mean entry price of a position, exact although the mean is not.
struct Entry<'a> {
    side: i128,
    position: &'a Position,
}

impl Entry<'_> {
    fn contracts(&self) -> i128 {
        i128::from(self.position.qty().unsigned_abs())
    }

    /// Contracts × mean price: the cost of a short position is negative at positive prices.
    fn paid(&self) -> i128 {
        self.side * i128::from(self.position.cost())
    }

    fn distance(&self, gap: Gap) -> Option<i128> {
        gap.of(self.paid(), self.contracts())
    }

    /// The price a distance away, in favour or against.
    fn level(&self, distance: Option<i128>, in_favour: bool) -> Price {
        let Some(distance) = distance else { return Price::NONE };
        let (contracts, toward) =
            (self.contracts(), if in_favour { self.side } else { -self.side });
        let total = self.paid() + toward * distance;
        let price =
            if toward < 0 { total.div_euclid(contracts) } else { -(-total).div_euclid(contracts) };
        i64::try_from(price).map_or(Price::NONE, Price)
    }
}
