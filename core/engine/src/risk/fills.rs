//! What risk remembers of fills and of orders that are over, for reports that come late: which fill a
//! bust takes back, and which side an order had.
//!
//! Both are rings: the oldest entry makes room for the next. A bust of a fill that is forgotten is a
//! person's matter, and puts its place in doubt.

use gauntlet_model::ids::{BotId, ClOrdId};
use gauntlet_model::input::Route;
use gauntlet_model::order::{IDENTITIES_MAX, Order};
use gauntlet_model::text::Text;
use gauntlet_model::units::{Price, Side};
use gauntlet_runtime::bounded_map::BoundedMap;
use gauntlet_runtime::memory;

/// Fills remembered for their busts and corrections.
pub const FILLS_MAX: usize = 4_096;
/// Orders that are over and whose side is remembered for late reports.
pub const ENDED_MAX: usize = 1_024;

/// A fill as it was counted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Fill {
    pub route: Route,
    pub exec_id: Text<32>,
    pub order: ClOrdId,
    pub bot: BotId,
    pub side: Side,
    pub qty: u32,
    pub price: Price,
    /// What it took of the net position of its account, in price units × contracts.
    pub taken: i64,
}

/// A ring of fills, found by what their broker calls them.
#[derive(Clone, Debug)]
pub(super) struct Fills {
    ring: Vec<Fill>,
    oldest: usize,
    places: BoundedMap<(Route, Text<32>, BotId), u32>,
}

impl Fills {
    pub fn new() -> Fills {
        let blank = Fill {
            route: Route::PAPER,
            exec_id: Text::EMPTY,
            order: ClOrdId::NONE,
            bot: BotId(0),
            side: Side::Buy,
            qty: 0,
            price: Price::NONE,
            taken: 0,
        };
        let numbered = |n: u32| ((Route::PAPER, Text::format(format_args!("{n}")), BotId(0)), n);
        Fills {
            ring: memory::room(blank, FILLS_MAX),
            oldest: 0,
            places: BoundedMap::new(FILLS_MAX, (0..).map(numbered)),
        }
    }

    /// Remembers a fill. One without an identity cannot be named by a bust.
    pub fn remember(&mut self, fill: Fill) {
        if matches!(fill.exec_id.as_bytes(), b"" | b"0") {
            return;
        }
        let key = (fill.route, fill.exec_id, fill.bot);
        // An identity of another day is used again: the newest is meant from now on.
        self.places.remove(key);
        let place = if self.ring.len() < FILLS_MAX {
            self.ring.push(fill);
            self.ring.len() - 1
        } else {
            let place = self.oldest;
            self.oldest = (self.oldest + 1) % FILLS_MAX;
            let old = std::mem::replace(&mut self.ring[place], fill);
            let old = (old.route, old.exec_id, old.bot);
            if self.places.get(old) == Some(place as u32) {
                self.places.remove(old);
            }
            place
        };
        let entered = self.places.insert(key, place as u32);
        assert!(entered == Ok(true), "each fill of the ring has at most one place in the table");
    }

    /// The fill of a bot that its broker calls so.
    pub fn find(&self, route: Route, exec_id: Text<32>, bot: BotId) -> Option<Fill> {
        self.places.get((route, exec_id, bot)).map(|place| self.ring[place as usize])
    }

    /// Forgets a fill that was taken back, so that a second bust of it takes nothing.
    pub fn forget(&mut self, route: Route, exec_id: Text<32>, bot: BotId) {
        self.places.remove((route, exec_id, bot));
    }
}

/// The sides of orders that are over, by each of their identities.
#[derive(Clone, Debug)]
pub(super) struct EndedOrders {
    ring: Vec<[ClOrdId; IDENTITIES_MAX]>,
    oldest: usize,
    known: BoundedMap<ClOrdId, Ended>,
}

/// What is remembered of an order that is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ended {
    pub side: Side,
    /// Whether it was called over by the calendar or a person, and not by its broker.
    pub unheard: bool,
    /// Whether it rested for a position, to close it.
    pub closes: bool,
    /// The order that it was made for; [`ClOrdId::NONE`] when it stood alone.
    pub parent: ClOrdId,
}

impl Ended {
    /// Nothing that ever was.
    const NEVER: Ended =
        Ended { side: Side::Buy, unheard: false, closes: false, parent: ClOrdId::NONE };
}

impl EndedOrders {
    pub fn new() -> EndedOrders {
        let room = ENDED_MAX * IDENTITIES_MAX;
        EndedOrders {
            ring: memory::room([ClOrdId::NONE; IDENTITIES_MAX], ENDED_MAX),
            oldest: 0,
            known: BoundedMap::new(room, (1..).map(|id| (ClOrdId(id), Ended::NEVER))),
        }
    }

    /// Remembers an order that is over.
    pub fn remember(&mut self, order: &Order, unheard: bool) {
        let mut identities = [ClOrdId::NONE; IDENTITIES_MAX];
        identities[..order.identities().len()].copy_from_slice(order.identities());
        if self.ring.len() < ENDED_MAX {
            self.ring.push(identities);
        } else {
            let old = std::mem::replace(&mut self.ring[self.oldest], identities);
            self.oldest = (self.oldest + 1) % ENDED_MAX;
            for id in old.into_iter().filter(|id| id.is_some()) {
                self.known.remove(id);
            }
        }
        let known = Ended {
            side: order.side(),
            unheard,
            closes: order.rests_for_a_position(),
            parent: order.terms().parent,
        };
        for id in order.identities() {
            let room = self.known.insert(*id, known);
            assert!(room.is_ok(), "there is room for every identity of the ring");
        }
    }

    /// The order that was remembered last was over by nobody's word but ours.
    pub fn mark_last_unheard(&mut self) {
        let last = match self.ring.len() {
            ENDED_MAX => (self.oldest + ENDED_MAX - 1) % ENDED_MAX,
            len => len.saturating_sub(1),
        };
        for id in self.ring.get(last).copied().into_iter().flatten() {
            if let Some(known) = self.known.remove(id) {
                let room = self.known.insert(id, Ended { unheard: true, ..known });
                assert!(room.is_ok(), "what was taken out has room");
            }
        }
    }

    /// What is remembered of the order that had this identity.
    pub fn get(&self, id: ClOrdId) -> Option<Ended> {
        self.known.get(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gauntlet_model::effect::{OutboundKind, TimeInForce};
    use gauntlet_model::ids::{AccountId, InstrumentId};
    use gauntlet_model::order::{OrderRequest, Terms};
    use gauntlet_model::units::UnixNanos;

    fn fill(n: usize) -> Fill {
        Fill {
            route: Route::BROKER,
            exec_id: Text::new(&format!("E{n}")),
            order: ClOrdId(1 << 20),
            bot: BotId(0),
            side: Side::Buy,
            qty: n as u32,
            price: Price(1),
            taken: 0,
        }
    }

    #[test]
    fn a_full_ring_of_fills_forgets_its_oldest_first_and_one_for_each_that_comes() {
        let mut fills = Fills::new();
        (0..FILLS_MAX).for_each(|n| fills.remember(fill(n)));
        for more in 0..3 {
            fills.remember(fill(FILLS_MAX + more));
            for n in (0..6).chain([FILLS_MAX - 1, FILLS_MAX + more]) {
                let Fill { route, exec_id, bot, .. } = fill(n);
                let expected = Some(fill(n).qty).filter(|_| n > more);
                let found = fills.find(route, exec_id, bot).map(|fill| fill.qty);
                assert_eq!(found, expected, "{n} after {} too many", more + 1);
            }
        }
    }

    fn order(n: usize) -> Order {
        let request = OrderRequest {
            kind: OutboundKind::New,
            cl_ord_id: ClOrdId((n as u64 + 1) << 20),
            orig_cl_ord_id: ClOrdId::NONE,
            bot: BotId(0),
            account: AccountId(0),
            instrument: InstrumentId(0),
            route: Route::BROKER,
            side: Side::Sell,
            qty: 1,
            price: Price(1),
            time_in_force: TimeInForce::Day,
            terms: Terms::LIMIT,
        };
        Order::new(&request, UnixNanos(0))
    }

    #[test]
    fn a_full_ring_of_ended_orders_forgets_its_oldest_first_and_marks_the_last_that_came() {
        let mut ended = EndedOrders::new();
        (0..ENDED_MAX).for_each(|n| ended.remember(&order(n), false));
        for more in 0..3 {
            let last = order(ENDED_MAX + more).first_id();
            ended.remember(&order(ENDED_MAX + more), false);
            assert_eq!(ended.get(last), Some(Ended { side: Side::Sell, ..Ended::NEVER }));
            ended.mark_last_unheard();
            assert_eq!(
                ended.get(last),
                Some(Ended { side: Side::Sell, unheard: true, ..Ended::NEVER })
            );
            for n in (0..6).chain([ENDED_MAX - 1]) {
                let known = ended.get(order(n).first_id());
                let expected = Some(Ended { side: Side::Sell, ..Ended::NEVER });
                assert_eq!(known, expected.filter(|_| n > more), "{n} after {}", more + 1);
            }
        }
    }
}
