//! What brokers were asked for, what they have said so far, and what differs: the tables of
//! reconciliation. What is done about it is in `reconciling.rs`.
//!
//! All of it follows from inputs, so a replay of the journal restores it.

use gauntlet_model::effect::{Break, BreakClass, Enquired};
use gauntlet_model::ids::{ACCOUNTS_MAX, AccountId, INSTRUMENTS_MAX, InstrumentId};
use gauntlet_model::input::{BrokerTerms, ROUTES_MAX, Reconcile, Route, RouteTable};
use gauntlet_model::text::Text;
use gauntlet_model::units::{NANOS_PER_SECOND, UnixNanos};

use super::exposure::Place;

/// Differences that are remembered, over all brokers. What is more still blocks its place.
pub const BREAKS_MAX: usize = 256;
/// How long a broker may take for a whole answer, in nanoseconds of the stream's clock.
pub const ENQUIRY_WITHIN_NS: u64 = 20 * NANOS_PER_SECOND;
/// How long after a logon a broker of [`Reconcile::WhenAnswered`] keeps openings waiting at most.
pub const VERIFIED_WITHIN_NS: u64 = 60 * NANOS_PER_SECOND;
/// The first pause before what differs is looked at again, and the longest, in seconds.
pub const LOOK_AGAIN_SECONDS: [u64; 2] = [2, 60];
/// How often a position that differs is looked at again while an order there is in doubt, before it
/// counts as differing.
pub(super) const PATIENCE: u8 = 5;

/// A question that is not answered whole yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OpenEnquiry {
    pub id: u64,
    pub at: UnixNanos,
    /// Lines that came.
    pub told: u32,
    /// Lines that there are, once that is known.
    pub total: Option<u32>,
    /// Differences that it showed.
    pub breaks: u32,
}

/// What is known of one broker.
#[derive(Clone, Copy, Debug)]
pub(super) struct BrokerState {
    pub terms: Option<BrokerTerms>,
    pub orders: Option<OpenEnquiry>,
    pub positions: [Option<OpenEnquiry>; ACCOUNTS_MAX],
    pub cash: [Option<OpenEnquiry>; ACCOUNTS_MAX],
    /// Since when nothing opens because nothing was compared after a logon.
    pub unverified: Option<UnixNanos>,
    /// When to look again at what differs.
    pub look_again: Option<UnixNanos>,
    pub pause_seconds: u64,
    /// By account: how often a difference was put down to an order in doubt, in a row.
    pub patience: [u8; ACCOUNTS_MAX],
    /// Since when questions come to nothing; `None` while the broker answers.
    pub silent_since: Option<UnixNanos>,
    /// Whether a person was told in this session that the broker does not answer.
    pub told_silent: bool,
    /// The same of cash, which fewer brokers tell.
    pub told_no_cash: bool,
}

impl BrokerState {
    const NEW: BrokerState = BrokerState {
        terms: None,
        orders: None,
        positions: [None; ACCOUNTS_MAX],
        cash: [None; ACCOUNTS_MAX],
        unverified: None,
        look_again: None,
        pause_seconds: LOOK_AGAIN_SECONDS[0],
        patience: [0; ACCOUNTS_MAX],
        silent_since: None,
        told_silent: false,
        told_no_cash: false,
    };

    /// How much hangs on its answers.
    pub fn reconcile(&self) -> Reconcile {
        self.terms.map_or(Reconcile::Off, |terms| terms.reconcile)
    }

    /// Whether a question of orders or positions waits for its answer.
    pub fn awaits(&self) -> bool {
        self.orders.is_some() || self.positions.iter().any(Option::is_some)
    }

    /// The place of a question: of orders, or of an account's positions.
    pub fn asked(
        &mut self,
        what: Enquired,
        account: Option<AccountId>,
    ) -> &mut Option<OpenEnquiry> {
        match (what, account) {
            (Enquired::Positions, Some(account)) if usize::from(account.0) < ACCOUNTS_MAX => {
                &mut self.positions[usize::from(account.0)]
            }
            (Enquired::Cash, Some(account)) if usize::from(account.0) < ACCOUNTS_MAX => {
                &mut self.cash[usize::from(account.0)]
            }
            _ => &mut self.orders,
        }
    }

    /// Which question has this identity.
    pub fn find(&self, id: u64) -> Option<(Enquired, Option<AccountId>)> {
        let is = |asked: &Option<OpenEnquiry>| asked.is_some_and(|asked| asked.id == id);
        if is(&self.orders) {
            return Some((Enquired::Orders, None));
        }
        let of = |what, account| Some((what, Some(AccountId(account as u16))));
        if let Some(account) = self.positions.iter().position(is) {
            return of(Enquired::Positions, account);
        }
        of(Enquired::Cash, self.cash.iter().position(is)?)
    }

    /// A session begins or ends: what was asked is not answered any more.
    pub fn forget_questions(&mut self) {
        (self.orders, self.positions) = (None, [None; ACCOUNTS_MAX]);
        self.cash = [None; ACCOUNTS_MAX];
        (self.look_again, self.patience) = (None, [0; ACCOUNTS_MAX]);
        self.pause_seconds = LOOK_AGAIN_SECONDS[0];
    }

    /// Looks again after a pause, which grows as long as something differs.
    pub fn look_again_at(&mut self, now: UnixNanos) {
        self.look_again = Some(now.plus(self.pause_seconds * NANOS_PER_SECOND));
        self.pause_seconds = (self.pause_seconds * 2).min(LOOK_AGAIN_SECONDS[1]);
    }
}

/// A difference, and the question whose answer showed it last.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shown {
    pub what: Break,
    pub seen: u64,
    /// Whether nothing opens in its place because of it.
    pub blocks: bool,
}

/// What came of noting a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Noted {
    /// It was not known, or with other numbers.
    pub is_news: bool,
    /// It blocks its place, and did not before.
    pub blocks_now: bool,
    /// There was no room for it.
    pub is_full: bool,
}

/// See the module.
#[derive(Clone, Debug)]
pub(super) struct Reconciliation {
    pub desks: Box<RouteTable<BrokerState>>,
    pub breaks: Vec<Shown>,
    /// By place: what the broker's last answer says is held.
    theirs: Vec<i64>,
    /// By place: how much more the broker holds than we, and a person lets stand.
    apart: Vec<i64>,
    /// The input at hand and the questions that it has asked.
    pub asked: (u64, u64),
    pub told_full: bool,
}

impl Reconciliation {
    pub fn new() -> Reconciliation {
        let cells = ROUTES_MAX * ACCOUNTS_MAX * INSTRUMENTS_MAX;
        Reconciliation {
            desks: Box::new(RouteTable::from_fn(|_| BrokerState::NEW)),
            breaks: Vec::with_capacity(BREAKS_MAX),
            theirs: vec![0; cells],
            apart: vec![0; cells],
            asked: (0, 0),
            told_full: false,
        }
    }

    /// Whether nothing opens by a route until its broker was heard.
    pub fn is_unverified(&self, route: Route) -> bool {
        self.desks[route].unverified.is_some()
    }

    /// A run begins: no session is up, and nothing is known of any broker's terms.
    pub fn begin(&mut self) {
        for route in Route::ALL {
            self.desks[route] = BrokerState::NEW;
        }
    }

    fn cell(place: Place) -> Option<usize> {
        let (account, instrument) = (usize::from(place.account.0), usize::from(place.instrument.0));
        let inside = account < ACCOUNTS_MAX && instrument < INSTRUMENTS_MAX;
        let row = place.route.index() * ACCOUNTS_MAX + account;
        inside.then_some(row * INSTRUMENTS_MAX + instrument)
    }

    /// What the broker's last answer says is held.
    pub fn theirs(&self, place: Place) -> i64 {
        Self::cell(place).map_or(0, |at| self.theirs[at])
    }

    /// Adds a line of an answer.
    pub fn add(&mut self, place: Place, contracts: i64) {
        if let Some(at) = Self::cell(place) {
            self.theirs[at] = self.theirs[at].saturating_add(contracts);
        }
    }

    /// An account's positions are asked for anew.
    pub fn clear(&mut self, route: Route, account: AccountId) {
        for instrument in (0..INSTRUMENTS_MAX as u16).map(InstrumentId) {
            if let Some(at) = Self::cell(Place { route, account, instrument }) {
                self.theirs[at] = 0;
            }
        }
    }

    /// How much more the broker holds than we, and a person lets stand.
    pub fn apart(&self, place: Place) -> i64 {
        Self::cell(place).map_or(0, |at| self.apart[at])
    }

    pub fn set_apart(&mut self, place: Place, contracts: i64) {
        if let Some(at) = Self::cell(place) {
            self.apart[at] = contracts;
        }
    }

    /// Notes a difference that the answer to a question shows.
    pub fn note(&mut self, what: Break, seen: u64, blocks: bool) -> Noted {
        if let Some(known) = self.breaks.iter_mut().find(|known| is_same(&known.what, &what)) {
            let (is_news, blocks_now) = (known.what != what, blocks && !known.blocks);
            *known = Shown { what, seen, blocks };
            return Noted { is_news, blocks_now, is_full: false };
        }
        let is_full = self.breaks.len() >= BREAKS_MAX;
        if !is_full {
            self.breaks.push(Shown { what, seen, blocks });
        }
        Noted { is_news: !is_full, blocks_now: blocks && !is_full, is_full }
    }

    /// Takes out one difference that the answer to a question, of orders or of an account's positions, did
    /// not show any more.
    pub fn take_gone(
        &mut self,
        (route, what, account): (Route, Enquired, Option<AccountId>),
        id: u64,
    ) -> Option<Shown> {
        let gone = |known: &Shown| {
            let of = &known.what;
            of.route == route
                && enquired_by(of.class) == Some(what)
                && (what == Enquired::Orders || of.account == account)
                && known.seen != id
        };
        let at = self.breaks.iter().position(gone)?;
        Some(self.breaks.remove(at))
    }

    /// Takes out what an order of nobody's is, by its broker's identity of it.
    pub fn take_foreign(&mut self, route: Route, order_id: Text<32>) -> Option<Shown> {
        let is_it = |known: &Shown| {
            let Break { route: of, class, order_id: id, .. } = known.what;
            (of, class, id) == (route, BreakClass::ForeignOrder, order_id)
        };
        let at = self.breaks.iter().position(is_it)?;
        Some(self.breaks.remove(at))
    }

    /// Whether the last answers of a broker showed anything that nobody has let stand.
    pub fn differs(&self, route: Route) -> bool {
        self.breaks.iter().any(|known| known.what.route == route && known.blocks)
    }

    /// Whether a difference of a class blocks a place.
    pub fn blocks(&self, place: Place, class: BreakClass) -> bool {
        self.breaks.iter().any(|known| {
            let what = &known.what;
            let here = what.route == place.route
                && what.class == class
                && what.instrument == Some(place.instrument)
                && what.account.is_none_or(|of| of == place.account);
            known.blocks && here
        })
    }
}

/// The question whose answer shows differences of a class; `None` for those that no answer shows.
fn enquired_by(class: BreakClass) -> Option<Enquired> {
    match class {
        BreakClass::PositionDiffers | BreakClass::PositionElsewhere => Some(Enquired::Positions),
        BreakClass::CashDiffers => None,
        of_copies if of_copies.is_of_copies() => None,
        _ => Some(Enquired::Orders),
    }
}

/// Whether two differences are about the same thing.
fn is_same(a: &Break, b: &Break) -> bool {
    (a.route, a.class, a.account, a.instrument) == (b.route, b.class, b.account, b.instrument)
        && (a.order, a.order_id, a.symbol) == (b.order, b.order_id, b.symbol)
}

#[cfg(test)]
mod tests {
    use super::*;
    use gauntlet_model::ids::{AccountId, ClOrdId, InstrumentId};

    #[test]
    fn what_a_broker_says_of_a_place_is_said_of_no_other_and_what_is_outside_of_the_tables_is_lost()
    {
        let mut next = 0;
        for route in Route::ALL {
            for account in (0..ACCOUNTS_MAX as u16).map(AccountId) {
                for instrument in (0..INSTRUMENTS_MAX as u16).map(InstrumentId) {
                    let place = Place { route, account, instrument };
                    assert_eq!(Reconciliation::cell(place), Some(next));
                    next += 1;
                }
            }
        }
        assert_eq!(next, Reconciliation::new().theirs.len());
        let (account, instrument) = (AccountId(0), InstrumentId(0));
        let inside = Place { route: Route::BROKER, account, instrument };
        let (account, instrument) =
            (AccountId(ACCOUNTS_MAX as u16), InstrumentId(INSTRUMENTS_MAX as u16));
        assert_eq!(Reconciliation::cell(Place { account, ..inside }), None);
        assert_eq!(Reconciliation::cell(Place { instrument, ..inside }), None);
    }

    fn what(route: Route, class: BreakClass, account: Option<u16>, instrument: u16) -> Break {
        Break {
            route,
            account: account.map(AccountId),
            instrument: Some(InstrumentId(instrument)),
            symbol: Text::EMPTY,
            active: true,
            class,
            order: ClOrdId::NONE,
            order_id: Text::EMPTY,
            ours: 0,
            theirs: 1,
        }
    }

    #[test]
    fn a_difference_blocks_its_own_place_by_its_own_class_and_its_route_alone_differs() {
        use BreakClass::{ForeignOrder, PositionDiffers};
        let other = Route::broker(1).expect("there can be two");
        let mut known = Reconciliation::new();
        assert!(!known.differs(Route::BROKER));
        known.note(what(Route::BROKER, ForeignOrder, Some(1), 2), 7, true);
        known.note(what(other, PositionDiffers, None, 3), 7, true);
        known.note(what(Route::broker(2).expect("or three"), ForeignOrder, Some(1), 2), 7, false);
        let differing = Route::ALL.into_iter().filter(|route| known.differs(*route));
        assert_eq!(differing.collect::<Vec<_>>(), [Route::BROKER, other]);
        let mut blocked = vec![];
        for route in Route::ALL {
            for account in (0..3).map(AccountId) {
                for instrument in (0..4).map(InstrumentId) {
                    for class in [ForeignOrder, PositionDiffers] {
                        let place = Place { route, account, instrument };
                        if known.blocks(place, class) {
                            blocked.push((route, account.0, instrument.0, class));
                        }
                    }
                }
            }
        }
        let of_any = |account| (other, account, 3, PositionDiffers);
        let expected = [(Route::BROKER, 1, 2, ForeignOrder), of_any(0), of_any(1), of_any(2)];
        assert_eq!(blocked, expected);
    }

    #[test]
    fn an_answer_takes_out_what_it_could_have_shown_and_did_not() {
        use BreakClass::*;
        for (class, shown_by) in [
            (ForeignOrder, Some(Enquired::Orders)),
            (OrderMissing, Some(Enquired::Orders)),
            (FilledDiffers, Some(Enquired::Orders)),
            (PositionDiffers, Some(Enquired::Positions)),
            (PositionElsewhere, Some(Enquired::Positions)),
            (CashDiffers, None),
            (CopyForeign, None),
            (CopyUnbooked, None),
            (CopyOrderDiffers, None),
        ] {
            for asked in [Enquired::Orders, Enquired::Positions, Enquired::Cash] {
                let account = Some(AccountId(1)).filter(|_| asked != Enquired::Orders);
                let mut known = Reconciliation::new();
                known.note(what(Route::BROKER, class, Some(1), 2), 7, true);
                let question = (Route::BROKER, asked, account);
                assert!(known.take_gone(question, 7).is_none(), "it showed it");
                let gone = known.take_gone(question, 8).is_some();
                assert_eq!(gone, shown_by == Some(asked), "{class:?} {asked:?}");
            }
        }
    }

    #[test]
    fn a_question_about_an_account_outside_of_the_tables_has_a_place_all_the_same() {
        let mut state = BrokerState::NEW;
        let asked = |id| OpenEnquiry { id, at: UnixNanos(0), told: 0, total: None, breaks: 0 };
        for (nth, what) in [Enquired::Positions, Enquired::Cash].into_iter().enumerate() {
            let last = AccountId(ACCOUNTS_MAX as u16 - 1);
            let id = 1 + nth as u64;
            *state.asked(what, Some(last)) = Some(asked(id));
            assert_eq!(state.find(id), Some((what, Some(last))));
            *state.asked(what, Some(AccountId(ACCOUNTS_MAX as u16))) = Some(asked(9));
            assert_eq!(state.find(9), Some((Enquired::Orders, None)));
        }
    }
}
