//! R26, cash: what an account's broker says that it has, against what we reckon that it has.
//!
//! Ours is the balance that our journal began with, or that the broker told first, plus what was taken since
//! at the broker, less commissions and fees. What was taken is counted as the broker counts it, by the net
//! position of the account in a contract, whichever bots hold it. What is open is in neither number, and
//! nor is what comes in and goes out of the account by other ways: a person settles that.
//!
//! A broker is asked after its logon, when a trading day ends, and on demand.

use crate::message::ToOrders;
use gauntlet_model::calendar::{day_begins, trading_date};
use gauntlet_model::effect::{
    AlertKind, Break, BreakClass, Effect, Enquired, EnquiryOutcome, RejectCode,
};
use gauntlet_model::ids::{ACCOUNTS_MAX, AccountId, ClOrdId, INSTRUMENTS_MAX};
use gauntlet_model::input::{
    BrokerBalance, CashRule, CashTerms, Correction, CorrectionKind, ROUTES_MAX, Route, Scope,
};
use gauntlet_model::position::Position;
use gauntlet_model::text::Text;
use gauntlet_model::units::{Money, Price, Side, UnixNanos};

use super::checks::{OrderContext, Refusal, Verdict};
use super::exposure::Place;
use super::fills::Fill;
use super::{Risk, alert};

/// An account's cash at a broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
struct Purse {
    /// What it was before anything that we count, in micro-dollars; `None` until the broker told.
    base: Option<i64>,
    /// Commissions and fees so far.
    fees: i64,
    /// What the broker said last, and what was made by then.
    theirs: Option<(i64, i64)>,
    /// Whether the two differ.
    differs: bool,
}

/// See the module.
#[derive(Clone, Debug)]
pub(super) struct Cash {
    /// By account.
    terms: [Option<CashTerms>; ACCOUNTS_MAX],
    /// By route and account.
    purses: Vec<Purse>,
    /// By route, account and instrument: net, as the broker holds it.
    net: Vec<Position>,
    /// When the trading day ends; 0 before the first.
    day_ends: UnixNanos,
}

impl Cash {
    pub fn new() -> Cash {
        let purses = ROUTES_MAX * ACCOUNTS_MAX;
        Cash {
            terms: [None; ACCOUNTS_MAX],
            purses: vec![Purse::default(); purses],
            net: vec![Position::default(); purses * INSTRUMENTS_MAX],
            day_ends: UnixNanos(0),
        }
    }

    /// A run begins: it says anew what is compared.
    pub fn begin(&mut self) {
        self.terms = [None; ACCOUNTS_MAX];
    }

    fn index(route: Route, account: AccountId) -> Option<usize> {
        let account = usize::from(account.0);
        (account < ACCOUNTS_MAX).then_some(route.index() * ACCOUNTS_MAX + account)
    }

    fn purse(&mut self, route: Route, account: AccountId) -> Option<&mut Purse> {
        Self::index(route, account).map(|at| &mut self.purses[at])
    }

    fn rule(&self, account: AccountId) -> CashRule {
        let terms = self.terms.get(usize::from(account.0)).copied().flatten();
        terms.map_or(CashRule::Off, |terms| terms.rule)
    }

    /// What an account made by a route: taken, less what it cost. Micro-dollars.
    pub fn made(&self, route: Route, account: AccountId) -> i64 {
        let Some(at) = Self::index(route, account) else { return 0 };
        let net = &self.net[at * INSTRUMENTS_MAX..(at + 1) * INSTRUMENTS_MAX];
        let taken = net.iter().fold(0i64, |sum, held| sum.saturating_add(held.realized().0));
        taken.saturating_sub(self.purses[at].fees)
    }

    /// Counts contracts that an account bought or sold; each costs `each` micro-dollars, below zero where
    /// one is taken back. Gives what they took, in price units × contracts.
    pub fn fill(
        &mut self,
        place: Place,
        (side, qty, price): (Side, u32, Price),
        multiplier: Money,
        each: i64,
    ) -> i64 {
        let Some(at) = Self::index(place.route, place.account) else { return 0 };
        let instrument = usize::from(place.instrument.0);
        assert!(instrument < INSTRUMENTS_MAX, "only defined instruments are counted");
        // What cannot be counted is a doubt already, and its difference a person's.
        let net = &mut self.net[at * INSTRUMENTS_MAX + instrument];
        let before = *net;
        if net.apply(side, qty, price, multiplier).is_ok() {
            let fees = &mut self.purses[at].fees;
            *fees = fees.saturating_add(each.saturating_mul(i64::from(qty)));
        }
        net.taken_since(&before, multiplier)
    }

    /// A fill that had taken so much is taken back, and `each` micro-dollars that a contract of it cost.
    fn undo(&mut self, place: Place, fill: &Fill, multiplier: Money, each: i64) {
        let Some(at) = Self::index(place.route, place.account) else { return };
        let net = self.net.get_mut(at * INSTRUMENTS_MAX + usize::from(place.instrument.0));
        let done = (fill.side, fill.qty, fill.price);
        if net.is_some_and(|net| net.undo(done, fill.taken, multiplier).is_ok()) {
            let fees = &mut self.purses[at].fees;
            *fees = fees.saturating_sub(each.saturating_mul(i64::from(fill.qty)));
        }
    }
}

impl Risk {
    /// R26. Nothing opens in an account whose cash differs, where that is to stop it.
    pub(super) fn check_cash(&self, question: &OrderContext) -> Verdict {
        let Place { route, account, .. } = question.place();
        let differs = Cash::index(route, account).is_some_and(|at| self.cash.purses[at].differs);
        if !question.reducing && differs && self.cash.rule(account) == CashRule::Block {
            return Err(Refusal::plain(RejectCode::CashDiffers));
        }
        Ok(())
    }

    /// How an account's cash is compared from now on. A stated beginning counts from the journal's.
    pub(super) fn on_cash_terms(&mut self, terms: &CashTerms) {
        let Some(known) = self.cash.terms.get_mut(usize::from(terms.account.0)) else { return };
        *known = Some(*terms);
        if let Some(start) = terms.start {
            for route in Route::brokers() {
                if let Some(purse) = self.cash.purse(route, terms.account) {
                    purse.base = Some(start.0);
                }
            }
        }
    }

    /// Asks a broker for the cash of each account that trades by it.
    pub(super) fn ask_cash(&mut self, route: Route, out: &mut impl FnMut(ToOrders)) {
        if !self.up[route] {
            return;
        }
        for account in (0..ACCOUNTS_MAX as u16).map(AccountId) {
            if self.cash.rule(account) != CashRule::Off && self.trades_by(route, account) {
                self.enquire((route, Enquired::Cash, Some(account)), out);
            }
        }
    }

    /// Counts contracts that an account bought or sold, with what they cost so many times.
    /// Gives what they took, in price units × contracts.
    pub(super) fn count_cash_of(
        &mut self,
        place: Place,
        (side, qty, price): (Side, u32, Price),
        times: i64,
    ) -> i64 {
        let Some(instrument) = self.registry.instrument(place.instrument) else { return 0 };
        if !place.route.is_broker() {
            return 0;
        }
        let multiplier = instrument.definition.multiplier;
        let each = self.limits.cost_of_contract(place.account, place.instrument);
        self.cash.fill(place, (side, qty, price), multiplier, each.saturating_mul(times))
    }

    /// The same of a correction, which moved its bot's position by so much. A fill that is taken back and remembered
    /// takes what it took along: a broker does not keep the profit of a trade that was none.
    pub(super) fn count_cash(&mut self, place: Place, correction: &Correction, moved: i64) -> i64 {
        let Some(side) = Side::of(moved) else { return 0 };
        let qty = u32::try_from(moved.unsigned_abs()).unwrap_or(u32::MAX);
        if correction.kind != CorrectionKind::TakeBack {
            return self.count_cash_of(place, (side, qty, correction.price), 1);
        }
        let fill =
            correction.bot.and_then(|bot| self.fills.find(place.route, correction.exec_id, bot));
        let fill = fill.filter(|fill| (fill.qty, fill.price) == (qty, correction.price));
        let instrument = self.registry.instrument(place.instrument);
        let (Some(fill), Some(instrument), true) = (fill, instrument, place.route.is_broker())
        else {
            // What is taken back is not charged for.
            return self.count_cash_of(place, (side, qty, correction.price), -1);
        };
        let multiplier = instrument.definition.multiplier;
        let each = self.limits.cost_of_contract(place.account, place.instrument);
        self.cash.undo(place, &fill, multiplier, each);
        0
    }

    /// A trading day ended: all brokers are asked.
    pub(super) fn tend_cash(&mut self, out: &mut impl FnMut(ToOrders)) {
        let ended = self.cash.day_ends;
        if self.now < ended {
            return;
        }
        let today = trading_date(self.now);
        self.cash.day_ends = today.succ_opt().map_or(UnixNanos(u64::MAX), day_begins);
        if ended.0 > 0 {
            Route::brokers().for_each(|route| self.ask_cash(route, out));
        }
    }

    /// A broker's word on an account's cash.
    pub(super) fn on_broker_balance(
        &mut self,
        line: &BrokerBalance,
        out: &mut impl FnMut(ToOrders),
    ) {
        let route = line.route;
        let Some((Enquired::Cash, Some(account))) =
            self.reconciliation.desks[route].find(line.enquiry)
        else {
            return;
        };
        if line.account.is_some_and(|of| of != account) {
            return;
        }
        let outcome = self.compare_cash(route, account, line.cash.0, out);
        if let Some(asked) = self.reconciliation.desks[route].asked(Enquired::Cash, Some(account)) {
            asked.told = 1;
            asked.breaks = u32::from(outcome == EnquiryOutcome::Differs);
        }
        self.end_enquiry((route, Enquired::Cash, Some(account)), outcome, out);
    }

    fn compare_cash(
        &mut self,
        route: Route,
        account: AccountId,
        theirs: i64,
        out: &mut impl FnMut(ToOrders),
    ) -> EnquiryOutcome {
        let made = self.cash.made(route, account);
        let tolerance = self.cash.terms[usize::from(account.0)].map_or(0, |of| of.tolerance.0);
        let Some(purse) = self.cash.purse(route, account) else { return EnquiryOutcome::Agrees };
        purse.theirs = Some((theirs, made));
        let ours = purse.base.get_or_insert(theirs.saturating_sub(made)).saturating_add(made);
        let apart = ours.abs_diff(theirs);
        let differs = apart > tolerance.unsigned_abs();
        let did = std::mem::replace(&mut purse.differs, differs);
        if differs || did {
            self.tell_cash((route, account), [ours, theirs], (did, differs), out);
        }
        if differs { EnquiryOutcome::Differs } else { EnquiryOutcome::Agrees }
    }

    fn tell_cash(
        &mut self,
        (route, account): (Route, AccountId),
        [ours, theirs]: [i64; 2],
        (did, differs): (bool, bool),
        out: &mut impl FnMut(ToOrders),
    ) {
        let what = Break {
            route,
            account: Some(account),
            instrument: None,
            symbol: Text::EMPTY,
            active: differs,
            class: BreakClass::CashDiffers,
            order: ClOrdId::NONE,
            order_id: Text::EMPTY,
            ours,
            theirs,
        };
        out(ToOrders::Effect(Effect::Break(what)));
        if differs && !did {
            let text = Text::<64>::format(format_args!(
                "cash_differs: ours {}, theirs {}",
                Money(ours),
                Money(theirs)
            ));
            alert(AlertKind::Break, Scope::Account(account), text.as_str(), out);
        }
    }

    /// A person says that the broker's word on an account's cash stands: ours goes on from it. Tells whether
    /// anything differed.
    pub(super) fn settle_cash(
        &mut self,
        account: AccountId,
        out: &mut impl FnMut(ToOrders),
    ) -> bool {
        let mut settled = false;
        for route in Route::brokers() {
            let Some(purse) = self.cash.purse(route, account) else { continue };
            let Some((theirs, made)) = purse.theirs.filter(|_| purse.differs) else { continue };
            purse.base = Some(theirs.saturating_sub(made));
            purse.differs = false;
            settled = true;
            let ours = theirs;
            self.tell_cash((route, account), [ours, theirs], (true, false), out);
            self.ask_cash(route, out);
        }
        settled
    }
}
