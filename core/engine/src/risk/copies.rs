//! What brokers' drop copies told and what our order sessions told, fill by fill: the tables of R25. What
//! is done about a difference is in `drop_copy.rs`.
//!
//! A fill is known by its route and what its broker calls it (`ExecID`), and has a word of each side: not
//! heard of yet, held, or taken back. The two sessions are not in step, so one side alone is a difference
//! only after a while; two words that contradict each other are one at once. What a broker tells without an
//! identity, as when fills are booked from an order's status, is told in contracts of a bot and a side.
//!
//! Every table is bounded. What must make room while it differs is told before it is forgotten.

use gauntlet_model::calendar::trading_date;
use gauntlet_model::effect::BreakClass;
use gauntlet_model::ids::{AccountId, BotId, ClOrdId, InstrumentId};
use gauntlet_model::input::{CopyTerms, Route, RouteTable};
use gauntlet_model::text::Text;
use gauntlet_model::units::{NANOS_PER_SECOND, Price, Side, UnixNanos};
use gauntlet_runtime::bounded_map::BoundedMap;
use gauntlet_runtime::memory;

/// Fills remembered with both sides' words.
pub const COPIES_MAX: usize = 4_096;
/// Fills without an identity that wait for the other side.
pub const NAMELESS_MAX: usize = 64;
/// Orders that nobody here placed and that are remembered.
pub const COPIED_ORDERS_MAX: usize = 256;

/// A fill as one side tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ToldFill {
    pub account: Option<AccountId>,
    pub instrument: Option<InstrumentId>,
    /// As it came, where there is no instrument.
    pub symbol: Text<24>,
    pub side: Side,
    pub qty: u32,
    pub price: Price,
}

impl ToldFill {
    pub fn signed(&self) -> i64 {
        self.side.sign() * i64::from(self.qty)
    }

    /// Whether it is about the same contracts. An account that one side does not name says nothing.
    fn is_of_same(&self, other: &ToldFill) -> bool {
        let accounts = [self.account, other.account];
        let same_account = accounts.contains(&None) || self.account == other.account;
        same_account && self.instrument == other.instrument && self.signed() == other.signed()
    }
}

/// One side's word on a fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    Unheard,
    Holds(ToldFill),
    TakenBack,
}

impl Word {
    pub fn fill(&self) -> Option<&ToldFill> {
        match self {
            Word::Holds(fill) => Some(fill),
            Word::Unheard | Word::TakenBack => None,
        }
    }
}

/// Whose word it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    Ours,
    Theirs,
}

/// A fill with both sides' words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CopiedFill {
    pub route: Route,
    pub exec_id: Text<32>,
    pub order: ClOrdId,
    pub ours: Word,
    pub theirs: Word,
    /// Whether a copy of it is due: the broker copied its reports when it was booked.
    pub expected: bool,
    /// When its last word came, and with which input.
    pub since: UnixNanos,
    pub seq: u64,
    /// Whether somebody, or the broker's list, has settled what differs.
    pub settled: bool,
    /// As what its difference was told.
    pub told: Option<BreakClass>,
}

/// A difference between the two sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Difference {
    pub class: BreakClass,
    /// Whether the other side may still come.
    pub waits: bool,
    pub about: ToldFill,
    pub ours: i64,
    pub theirs: i64,
}

impl CopiedFill {
    fn new(route: Route, exec_id: Text<32>, order: ClOrdId) -> CopiedFill {
        CopiedFill {
            route,
            exec_id,
            order,
            ours: Word::Unheard,
            theirs: Word::Unheard,
            expected: false,
            since: UnixNanos(0),
            seq: 0,
            settled: false,
            told: None,
        }
    }

    /// In what the two sides differ.
    pub fn difference(&self) -> Option<Difference> {
        if self.settled {
            return None;
        }
        let of = |class, waits, about: &ToldFill, ours, theirs| {
            Some(Difference { class, waits, about: *about, ours, theirs })
        };
        match (&self.ours, &self.theirs) {
            (Word::Holds(ours), Word::Holds(theirs)) if !ours.is_of_same(theirs) => {
                of(BreakClass::CopyTermsDiffer, false, ours, ours.signed(), theirs.signed())
            }
            (Word::Holds(ours), Word::Holds(theirs)) if ours.price != theirs.price => {
                of(BreakClass::CopyPriceDiffers, false, ours, ours.price.0, theirs.price.0)
            }
            (Word::Holds(_), Word::Holds(_)) => None,
            (Word::Holds(_), Word::Unheard) if !self.expected => None,
            (Word::Holds(ours), _) => of(BreakClass::CopyMissing, true, ours, ours.signed(), 0),
            (_, Word::Holds(theirs)) => {
                of(BreakClass::CopyUnbooked, true, theirs, 0, theirs.signed())
            }
            _ => None,
        }
    }

    /// Whether both sides were heard.
    fn is_complete(&self) -> bool {
        self.ours != Word::Unheard && self.theirs != Word::Unheard
    }
}

/// Contracts of fills without an identity that the other side has not told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Nameless {
    pub route: Route,
    pub order: ClOrdId,
    pub whose: Whose,
    pub fill: ToldFill,
    pub since: UnixNanos,
    pub seq: u64,
    pub told: bool,
}

impl Nameless {
    fn is_of(&self, route: Route, bot: BotId, side: Side, whose: Whose) -> bool {
        let here = self.route == route && self.whose == whose;
        here && self.order.bot() == bot && self.fill.side == side
    }

    /// The order, unless nothing is known of it but its bot.
    pub fn named_order(&self) -> ClOrdId {
        if self.order.seq() == 0 { ClOrdId::NONE } else { self.order }
    }

    pub fn class(&self) -> BreakClass {
        match self.whose {
            Whose::Ours => BreakClass::CopyMissing,
            Whose::Theirs => BreakClass::CopyUnbooked,
        }
    }
}

/// An order that nobody here placed, as the copy tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CopiedOrder {
    pub route: Route,
    pub order_id: Text<32>,
    pub account: Option<AccountId>,
    pub instrument: Option<InstrumentId>,
    pub symbol: Text<24>,
    pub side: Side,
    pub leaves_qty: u32,
    pub cum_qty: u32,
    pub seq: u64,
    /// Whether somebody, or the broker's list, has settled what it filled so far.
    pub settled: bool,
}

impl CopiedOrder {
    /// Contracts that work or are filled, signed.
    pub fn signed(&self) -> i64 {
        self.side.sign() * (i64::from(self.leaves_qty) + i64::from(self.cum_qty))
    }
}

/// A drop copy's session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CopyState {
    pub terms: Option<CopyTerms>,
    /// Since when it is up; `None` while it is down.
    pub up_since: Option<UnixNanos>,
    /// When the run told of it.
    pub began: UnixNanos,
    /// Whether a person was told that it is down.
    pub told_down: bool,
}

impl CopyState {
    const NONE: CopyState =
        CopyState { terms: None, up_since: None, began: UnixNanos(0), told_down: false };

    /// How long one side may be behind the other.
    pub fn within_ns(&self) -> u64 {
        self.terms.map_or(0, |terms| u64::from(terms.within_seconds) * NANOS_PER_SECOND)
    }

    /// Whether one side has been behind for too long since its fill was told. A copy cannot come before
    /// its session is up.
    pub fn is_late(&self, class: BreakClass, since: UnixNanos, now: UnixNanos) -> bool {
        let from = match class {
            BreakClass::CopyMissing => self.up_since.map(|up| up.max(since)),
            _ => Some(since),
        };
        self.terms.is_some() && from.is_some_and(|from| now.since(from) > self.within_ns())
    }
}

/// See the module.
#[derive(Clone, Debug)]
pub(super) struct Copies {
    pub sessions: Box<RouteTable<CopyState>>,
    ring: Vec<CopiedFill>,
    oldest: usize,
    places: BoundedMap<(Route, Text<32>), u32>,
    /// Places in the ring of fills that differ and whose time is not over.
    pub waiting: Vec<u32>,
    pub nameless: Vec<Nameless>,
    pub orders: Vec<CopiedOrder>,
    /// Differences that block a place now; see [`Risk`](super::Risk).
    pub blocking: usize,
    pub told_full: bool,
}

impl Copies {
    pub fn new() -> Copies {
        let named = |n: u32| ((Route::PAPER, Text::format(format_args!("{n}"))), n);
        let blank = CopiedFill::new(Route::PAPER, Text::EMPTY, ClOrdId::NONE);
        Copies {
            sessions: Box::new(RouteTable::from_fn(|_| CopyState::NONE)),
            ring: memory::room(blank, COPIES_MAX),
            oldest: 0,
            places: BoundedMap::new(COPIES_MAX, (0..).map(named)),
            waiting: Vec::with_capacity(COPIES_MAX),
            nameless: Vec::with_capacity(NAMELESS_MAX),
            orders: Vec::with_capacity(COPIED_ORDERS_MAX),
            blocking: 0,
            told_full: false,
        }
    }

    /// A run begins: no session is up, and nothing is known of any broker's copy.
    pub fn begin(&mut self) {
        for route in Route::ALL {
            self.sessions[route] = CopyState::NONE;
        }
    }

    /// A fill by its place in the ring.
    pub fn fill(&self, at: u32) -> &CopiedFill {
        &self.ring[at as usize]
    }

    pub fn fill_mut(&mut self, at: u32) -> &mut CopiedFill {
        &mut self.ring[at as usize]
    }

    /// The places in the ring, all of them.
    pub fn all(&self) -> std::ops::Range<u32> {
        0..self.ring.len() as u32
    }

    /// The place of a fill that is known by this identity.
    pub fn find(&self, route: Route, exec_id: Text<32>) -> Option<u32> {
        self.places.get((route, exec_id))
    }

    /// The fill that the next new one makes forgotten.
    pub fn next_forgotten(&self) -> Option<u32> {
        (self.ring.len() == COPIES_MAX).then_some(self.oldest as u32)
    }

    /// The place of a fill, a new one where it is not known. An identity whose fill both sides have told
    /// is used again on another day and for another bot, unless the word may be one of that time.
    pub fn enter(
        &mut self,
        (route, exec_id, order): (Route, Text<32>, ClOrdId),
        now: UnixNanos,
        may_be_old: bool,
    ) -> u32 {
        let blank = CopiedFill::new(route, exec_id, order);
        if let Some(at) = self.find(route, exec_id) {
            let known = self.fill_mut(at);
            let is_over = known.is_complete() && known.told.is_none() && !may_be_old;
            let is_other =
                known.order.bot() != order.bot() || trading_date(known.since) != trading_date(now);
            if is_over && is_other {
                *known = blank;
            }
            return at;
        }
        let at = if self.ring.len() < COPIES_MAX {
            self.ring.push(blank);
            self.ring.len() - 1
        } else {
            let at = self.oldest;
            self.oldest = (self.oldest + 1) % COPIES_MAX;
            let old = std::mem::replace(&mut self.ring[at], blank);
            self.places.remove((old.route, old.exec_id));
            self.waiting.retain(|waiting| *waiting as usize != at);
            at
        } as u32;
        let entered = self.places.insert((route, exec_id), at);
        assert!(entered == Ok(true), "each fill of the ring has one place in the table");
        at
    }

    /// Whether a fill, known by its place, is a bot's that one side alone has told.
    pub fn is_one_sided(&self, at: u32, route: Route, bot: BotId, side: Side, has: Whose) -> bool {
        let known = self.fill(at);
        let (has, lacks) = match has {
            Whose::Ours => (&known.ours, &known.theirs),
            Whose::Theirs => (&known.theirs, &known.ours),
        };
        let of_side = has.fill().is_some_and(|fill| fill.side == side);
        let of_bot = known.route == route && known.order.bot() == bot;
        of_bot && of_side && *lacks == Word::Unheard
    }

    /// Takes so many contracts out of those that one side told without an identity; tells whether there
    /// were as many, and gives what is over.
    pub fn take_nameless(
        &mut self,
        (route, bot, side): (Route, BotId, Side),
        whose: Whose,
        qty: u32,
    ) -> Option<Nameless> {
        let fits = |known: &Nameless| known.is_of(route, bot, side, whose) && known.fill.qty >= qty;
        let at = self.nameless.iter().position(fits)?;
        let known = &mut self.nameless[at];
        known.fill.qty -= qty;
        let left = *known;
        if left.fill.qty == 0 {
            self.nameless.remove(at);
        }
        Some(left)
    }

    /// The place of an order that nobody here placed.
    pub fn find_order(&self, route: Route, order_id: Text<32>) -> Option<usize> {
        self.orders.iter().position(|known| known.route == route && known.order_id == order_id)
    }

    /// Makes room for one more of those, if one is over and settled.
    pub fn make_room_for_order(&mut self) -> bool {
        if self.orders.len() < COPIED_ORDERS_MAX {
            return true;
        }
        let over = |known: &CopiedOrder| known.leaves_qty == 0 && known.settled;
        match self.orders.iter().position(over) {
            Some(at) => {
                self.orders.remove(at);
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR_NS: u64 = 3_600_000_000_000;
    /// Wednesday 6 March 2024, 15:00 UTC.
    const NOW: UnixNanos = UnixNanos(1_709_737_200_000_000_000);

    fn named(n: usize) -> (Route, Text<32>, ClOrdId) {
        let order = ClOrdId::new(9, BotId(0), 0).expect("fits");
        (Route::BROKER, Text::new(&format!("E{n}")), order)
    }

    #[test]
    fn a_full_ring_forgets_its_oldest_fill_first_and_one_for_each_that_comes() {
        let mut copies = Copies::new();
        for n in 0..COPIES_MAX {
            assert_eq!(copies.enter(named(n), NOW, false), n as u32);
        }
        for more in 0..3 {
            let (route, exec_id, _) = named(COPIES_MAX + more);
            assert_eq!(copies.enter(named(COPIES_MAX + more), NOW, false), more as u32);
            assert_eq!(copies.find(route, exec_id), Some(more as u32));
            for n in 0..6 {
                let known = copies.find(route, named(n).1).is_some();
                assert_eq!(known, n > more, "{n} after {} too many", more + 1);
            }
        }
    }

    fn told(side: Side) -> ToldFill {
        ToldFill {
            account: None,
            instrument: None,
            symbol: Text::EMPTY,
            side,
            qty: 3,
            price: Price(1),
        }
    }

    #[test]
    fn an_identity_is_used_again_on_another_day_or_for_another_bot_once_both_sides_have_told_it() {
        let other_bot = ClOrdId::new(9, BotId(1), 0).expect("fits");
        let (route, exec_id, order) = named(1);
        for (complete, later_ns, order_of_now, may_be_old, anew) in [
            (true, 24 * HOUR_NS, order, false, true),
            (true, HOUR_NS, other_bot, false, true),
            (true, HOUR_NS, order, false, false),
            (true, 24 * HOUR_NS, order, true, false),
            (true, 24 * HOUR_NS, other_bot, true, false),
            (false, 24 * HOUR_NS, order, false, false),
        ] {
            let mut copies = Copies::new();
            let at = copies.enter((route, exec_id, order), NOW, false);
            let known = copies.fill_mut(at);
            known.since = NOW;
            known.ours = Word::Holds(told(Side::Sell));
            if complete {
                known.theirs = Word::Holds(told(Side::Sell));
            }
            let now = NOW.plus(later_ns);
            assert_eq!(copies.enter((route, exec_id, order_of_now), now, may_be_old), at);
            let is_blank = copies.fill(at).ours == Word::Unheard;
            assert_eq!(is_blank, anew, "{complete} {later_ns} {order_of_now} {may_be_old}");
        }
    }

    #[test]
    fn contracts_that_were_sold_count_below_zero() {
        assert_eq!((told(Side::Buy).signed(), told(Side::Sell).signed()), (3, -3));
    }
}
