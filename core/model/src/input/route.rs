//! The ways out of the platform.

use super::Stage;
use rkyv::{Archive, Deserialize, Serialize};
use std::fmt;
use std::ops::{Index, IndexMut};

/// Routes that there can be: tables by route have so many places.
pub const ROUTES_MAX: usize = 8;

/// A place in a table of [`ROUTES_MAX`]. An enum, so that a byte beyond is no archive of one, and no
/// damaged record ever makes an index out of a table.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
enum Slot {
    S0 = 0,
    S1 = 1,
    S2 = 2,
    S3 = 3,
    S4 = 4,
    S5 = 5,
    S6 = 6,
    S7 = 7,
}

const SLOTS: [Slot; ROUTES_MAX] =
    [Slot::S0, Slot::S1, Slot::S2, Slot::S3, Slot::S4, Slot::S5, Slot::S6, Slot::S7];

/// The way an order takes out of the platform, decided by the bot's stage and broker and by nothing
/// else. It is a place in tables of [`ROUTES_MAX`], so that one more broker is a line of configuration
/// and not a new type.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Route(Slot);

impl Route {
    /// The first broker's session: CANARY and LIVE.
    pub const BROKER: Route = Route(Slot::S0);
    /// Our simulator, filling against the live book: LAB, TRIALS and PAPER.
    pub const PAPER: Route = Route(Slot::S1);
    /// Encoded as for the bot's broker but never on the wire, then filled as on paper: SHADOW.
    pub const SHADOW: Route = Route(Slot::S2);
    /// Brokers that there can be: route 0, and those from 3 on.
    pub const BROKERS_MAX: usize = ROUTES_MAX - 2;
    /// Every route that there can be, in order.
    pub const ALL: [Route; ROUTES_MAX] = {
        let mut all = [Route::BROKER; ROUTES_MAX];
        let mut place = 0;
        while place < ROUTES_MAX {
            all[place] = Route(SLOTS[place]);
            place += 1;
        }
        all
    };

    /// The route of a number; `None` when there cannot be so many.
    pub const fn new(number: u8) -> Option<Route> {
        if (number as usize) < ROUTES_MAX { Some(Route(SLOTS[number as usize])) } else { None }
    }

    /// The route of the `nth` broker, from 0; `None` when there cannot be so many.
    pub const fn broker(nth: usize) -> Option<Route> {
        match nth {
            0 => Some(Route::BROKER),
            nth if nth < Route::BROKERS_MAX => Some(Route(SLOTS[nth + 2])),
            _ => None,
        }
    }

    /// Every route to a broker that there can be, in the order of [`Route::broker`].
    pub fn brokers() -> impl Iterator<Item = Route> {
        (0..Route::BROKERS_MAX).filter_map(Route::broker)
    }

    /// The route of a bot: its stage's, to its broker.
    pub const fn of(stage: Stage, broker: Route) -> Route {
        match stage {
            Stage::Lab | Stage::Trials | Stage::Paper => Route::PAPER,
            Stage::Shadow => Route::SHADOW,
            Stage::Canary | Stage::Live => broker,
        }
    }

    /// Its place in tables; below [`ROUTES_MAX`].
    #[inline]
    pub const fn index(self) -> usize {
        self.0 as usize
    }

    /// Its number, as the journal keeps it.
    pub const fn number(self) -> u8 {
        self.0 as u8
    }

    /// Whether it leads to a broker, who goes on when we do not.
    #[inline]
    pub const fn is_broker(self) -> bool {
        !self.is_simulated()
    }

    /// Whether it ends in our own process, and with it.
    #[inline]
    pub const fn is_simulated(self) -> bool {
        matches!(self, Route::PAPER | Route::SHADOW)
    }

    /// The route's name, unless configuration gives its broker another one.
    pub const fn name(self) -> &'static str {
        ["broker", "paper", "shadow", "broker2", "broker3", "broker4", "broker5", "broker6"]
            [self.index()]
    }
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Something for each route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RouteTable<T>([T; ROUTES_MAX]);

impl<T> RouteTable<T> {
    /// What `of` gives for each.
    pub fn from_fn(of: impl FnMut(Route) -> T) -> RouteTable<T> {
        RouteTable(Route::ALL.map(of))
    }

    /// Each route with its own, in order.
    pub fn iter(&self) -> impl Iterator<Item = (Route, &T)> {
        Route::ALL.into_iter().zip(&self.0)
    }
}

impl<T: Default> Default for RouteTable<T> {
    fn default() -> Self {
        RouteTable::from_fn(|_| T::default())
    }
}

impl<T> Index<Route> for RouteTable<T> {
    type Output = T;

    #[inline]
    fn index(&self, route: Route) -> &T {
        &self.0[route.index()]
    }
}

impl<T> IndexMut<Route> for RouteTable<T> {
    #[inline]
    fn index_mut(&mut self, route: Route) -> &mut T {
        &mut self.0[route.index()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{RecordError, get, put};

    #[test]
    fn a_route_keeps_its_byte_and_one_that_cannot_be_is_refused() {
        for (number, route) in (0..).zip(Route::ALL) {
            let mut byte = [0xff];
            assert_eq!((put(&route, &mut byte), byte), (1, [number]));
            assert_eq!(get::<Route>(&byte), Ok(route));
        }
        for number in ROUTES_MAX as u8..=u8::MAX {
            assert_eq!(get::<Route>(&[number]), Err(RecordError::Invalid), "{number}");
            assert_eq!(Route::new(number), None);
        }
        assert_eq!([Route::BROKER, Route::PAPER, Route::SHADOW].map(Route::number), [0, 1, 2]);
    }

    #[test]
    fn every_route_is_a_broker_of_its_own_or_a_simulator() {
        let brokers: Vec<Route> = Route::brokers().collect();
        assert_eq!(brokers.len(), Route::BROKERS_MAX);
        assert_eq!((brokers[0], brokers[1].number()), (Route::BROKER, 3));
        assert_eq!(Route::broker(Route::BROKERS_MAX), None);
        for route in Route::ALL {
            assert_eq!(brokers.contains(&route), route.is_broker());
            assert_ne!(route.is_broker(), route.is_simulated());
        }
        let names: std::collections::BTreeSet<_> = Route::ALL.map(Route::name).into();
        assert_eq!(names.len(), ROUTES_MAX);
    }

    #[test]
    fn only_what_is_real_goes_to_the_bots_broker() {
        let second = Route::broker(1).expect("there can be two");
        let routes = Stage::ALL.map(|stage| Route::of(stage, second));
        let (paper, shadow) = (Route::PAPER, Route::SHADOW);
        assert_eq!(routes, [paper, paper, paper, shadow, second, second]);
    }
}
