//! What rests at a broker for a position: where it is to be, and how often it may be tried.

use gauntlet_model::effect::ExitLevels;
use gauntlet_model::ids::ClOrdId;
use gauntlet_model::order::Order;
use gauntlet_model::units::{NANOS_PER_SECOND, Price, Side, UnixNanos};

/// Longest pause before an order that the broker refused is sent again, in nanoseconds of the stream's time.
pub const RETRY_MAX_NS: u64 = 64 * NANOS_PER_SECOND;

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Child {
    /// The stop that protects the position.
    Stop,
    /// The limit order that gives it back with a profit.
    Target,
}

impl Child {
    /// Both, in the order in which they are sent.
    pub const BOTH: [Child; 2] = [Child::Stop, Child::Target];

    /// What stands for a bot's target in an order that is one of these: no want has it.
    pub fn mark(self) -> i32 {
        match self {
            Child::Stop => i32::MIN + 1,
            Child::Target => i32::MIN + 2,
        }
    }

    /// Which of the two an order with this mark is.
    pub fn marked(target: i32) -> Option<Child> {
        Child::BOTH.into_iter().find(|child| child.mark() == target)
    }

    /// Where an order of this kind is.
    pub fn price_of(self, order: &Order) -> Price {
        match self {
            Child::Stop => order.terms().stop_px,
            Child::Target => order.price(),
        }
    }

    /// A level on the tick that is away from the market: an order on `side` closes there.
    pub fn on_tick(self, level: Price, side: Side, tick: Price) -> Price {
        match self {
            Child::Stop => on_tick(level, side, tick),
            Child::Target => on_tick(level, side.opposite(), tick),
        }
    }
}

/// How often one of the two may be sent or moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pace {
    /// When the order was sent or moved last.
    pub moved_at: UnixNanos,
    /// Orders in a row that the broker did not take.
    pub refusals: u32,
    /// Before this no other is sent.
    pub retry_at: UnixNanos,
}

impl Pace {
    const FRESH: Pace = Pace { moved_at: UnixNanos(0), refusals: 0, retry_at: UnixNanos(0) };

    /// An order of ours is over by itself; says whether that is the first refusal of an episode.
    pub fn note_over(&mut self, refused: bool, now: UnixNanos) -> bool {
        self.refusals = if refused { self.refusals.saturating_add(1) } else { 0 };
        let pause = match self.refusals {
            0 => 0,
            refusals => (NANOS_PER_SECOND << refusals.min(6)).min(RETRY_MAX_NS),
        };
        self.retry_at = now.plus(pause);
        self.refusals == 1
    }
}

/// What an owner's orders at its broker rest on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shelter {
    /// Where the owner's stop is; [`Price::NONE`] when it has none.
    stop: Price,
    /// Where the owner takes its profit; [`Price::NONE`] for nowhere.
    target: Price,
    /// The person's order that brought them; [`ClOrdId::NONE`] for a bot's own.
    parent: ClOrdId,
    /// The levels of the position that ended last, with the sign of what was held: a fill that is taken back may
    /// bring it to life again.
    ended: Option<Ended>,
    paces: [Pace; 2],
}

/// What a position left that has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Ended {
    held: i32,
    stop: Price,
    target: Price,
}

impl Shelter {
    pub const NONE: Shelter = Shelter {
        stop: Price::NONE,
        target: Price::NONE,
        parent: ClOrdId::NONE,
        ended: None,
        paces: [Pace::FRESH; 2],
    };

    /// A person says with an order of his where one of them is.
    pub fn set(&mut self, child: Child, level: Price, parent: ClOrdId) {
        self.parent = parent;
        match child {
            Child::Stop => self.stop = level,
            Child::Target => self.target = level,
        }
    }

    /// A bot's levels are these.
    pub fn follow(&mut self, levels: &ExitLevels, held: i32) {
        (self.stop, self.target) = (nearest_stop(levels, held), levels.target);
    }

    /// Where one of them is.
    pub fn level(&self, child: Child) -> Price {
        match child {
            Child::Stop => self.stop,
            Child::Target => self.target,
        }
    }

    /// How often one of them may be sent or moved.
    pub fn pace(&self, child: Child) -> &Pace {
        &self.paces[child as usize]
    }

    /// The same, to change.
    pub fn pace_mut(&mut self, child: Child) -> &mut Pace {
        &mut self.paces[child as usize]
    }

    /// The order that brought what is here; [`ClOrdId::NONE`] of a bot's own.
    pub fn parent(&self) -> ClOrdId {
        self.parent
    }

    /// Whether an order brought what is here.
    pub fn is_of(&self, order: ClOrdId) -> bool {
        order.is_some() && self.parent == order
    }

    /// There was no position: the levels are no more.
    pub fn forget_levels(&mut self) {
        (self.stop, self.target) = (Price::NONE, Price::NONE);
    }

    /// A position of this sign has ended or turned: its levels are no more, unless a fill is taken back.
    pub fn end(&mut self, held: i32) {
        self.ended = Some(Ended { held: held.signum(), stop: self.stop, target: self.target });
        self.forget_levels();
    }

    /// A fill was taken back, and so a position of this sign is there again: so are its levels, if no others are.
    pub fn revive(&mut self, held: i32) {
        let has_levels = self.stop.is_some() || self.target.is_some();
        if let Some(ended) = self.ended.take_if(|ended| ended.held == held.signum() && !has_levels)
        {
            (self.stop, self.target) = (ended.stop, ended.target);
        }
    }
}

/// The stop that a position meets first.
fn nearest_stop(levels: &ExitLevels, held: i32) -> Price {
    let break_even = match levels.break_even_armed {
        true => levels.break_even,
        false => Price::NONE,
    };
    let stops = [levels.stop, levels.trailing, break_even].into_iter().filter(|px| px.is_some());
    let nearest = if held > 0 { stops.max() } else { stops.min() };
    nearest.unwrap_or(Price::NONE)
}

/// The next tick at or below a price that sells, at or above one that buys.
fn on_tick(price: Price, side: Side, tick: Price) -> Price {
    let below = price.0.div_euclid(tick.0) * tick.0;
    match side {
        Side::Buy if below < price.0 => Price(below + tick.0),
        _ => Price(below),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gauntlet_model::ids::BotId;

    fn levels(stop: i64, trailing: i64, break_even: i64, armed: bool) -> ExitLevels {
        let price = |px: i64| if px == 0 { Price::NONE } else { Price(px) };
        ExitLevels {
            bot: BotId(0),
            stop: price(stop),
            target: Price(1),
            trailing: price(trailing),
            break_even: price(break_even),
            break_even_armed: armed,
            bars_left: 0,
        }
    }

    #[test]
    fn the_stop_that_the_market_meets_first_counts_and_break_even_once_it_is_armed() {
        assert_eq!(nearest_stop(&levels(90, 95, 97, false), 2), Price(95));
        assert_eq!(nearest_stop(&levels(90, 95, 97, true), 2), Price(97));
        assert_eq!(nearest_stop(&levels(110, 105, 103, true), -2), Price(103));
        assert_eq!(nearest_stop(&levels(110, 0, 103, false), -2), Price(110));
        assert_eq!(nearest_stop(&levels(0, 0, 103, false), 2), Price::NONE);
    }

    #[test]
    fn a_level_between_two_ticks_goes_to_the_one_away_from_the_market() {
        let tick = Price(25);
        for (price, below, above) in [(100, 100, 100), (101, 100, 125), (-101, -125, -100)] {
            let at = |child: Child, side| child.on_tick(Price(price), side, tick);
            assert_eq!(at(Child::Stop, Side::Sell), Price(below));
            assert_eq!(at(Child::Stop, Side::Buy), Price(above));
            assert_eq!(at(Child::Target, Side::Sell), Price(above));
            assert_eq!(at(Child::Target, Side::Buy), Price(below));
        }
    }

    #[test]
    fn pauses_after_refusals_double_to_the_longest_and_end_with_what_is_taken() {
        let (mut pace, now) = (Pace::FRESH, UnixNanos(5));
        let mut pauses = vec![];
        for n in 0..8 {
            assert_eq!(pace.note_over(true, now), n == 0);
            pauses.push((pace.retry_at.0 - now.0) / NANOS_PER_SECOND);
        }
        assert_eq!(pauses, [2, 4, 8, 16, 32, 64, 64, 64]);
        assert!(!pace.note_over(false, now) && pace.retry_at == now);
    }

    #[test]
    fn a_mark_tells_which_it_is_and_no_want_has_one() {
        for child in Child::BOTH {
            assert_eq!(Child::marked(child.mark()), Some(child));
        }
        for target in [0, 3, -3, i32::MAX, i32::MIN] {
            assert_eq!(Child::marked(target), None);
        }
    }
}
