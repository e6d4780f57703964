//! R22: messages that are refused in a row trip a breaker.
//!
//! A bot's breaker trips when its broker refuses so many of its opening orders in a row, or so many of its
//! cancels and replaces; an account's when so many messages to its broker, of all its bots and of people, are
//! refused within a minute of the stream's clock. A refusal that comes because the order was done meanwhile is
//! nobody's fault and counts for nothing.
//!
//! A tripped breaker blocks what opens in its scope with a code of its own, and cancels what works to open
//! there. Exits go on. It is made of inputs, so it holds over restarts, and only a named person with a reason
//! resets it ([`CommandKind::ResetBreaker`](gauntlet_model::input::CommandKind::ResetBreaker)): lifting a kill
//! does not.
//!
//! A run that is told no [`AccountWatch`] at all is one from before there were any: then
//! [`REFUSALS_MAX`] refused orders in a row kill their bot's openings, as they did.

use crate::message::ToOrders;
use gauntlet_model::desk::OWNERS_MAX;
use gauntlet_model::effect::{AlertKind, BreakerCause, BreakerChanged, Effect, RejectCode};
use gauntlet_model::ids::{ACCOUNTS_MAX, AccountId, BotId};
use gauntlet_model::input::{AccountWatch, BotDefinition, Route, Scope};
use gauntlet_model::text::Text;
use gauntlet_model::units::{NANOS_PER_SECOND, UnixNanos};
use gauntlet_runtime::prefetch::prefetch_entry;

use super::checks::{OrderContext, Refusal, Verdict};
use super::commands::SELF;
use super::persistence::REFUSALS_MAX;
use super::{Risk, alert};

/// Most refusals within a minute that a log can tell apart; a higher limit counts as this one.
pub const REFUSED_PER_MINUTE_MAX: usize = 1_024;

const MINUTE_NS: u64 = 60 * NANOS_PER_SECOND;

/// When messages were refused last, so that "as many as `n` within any minute" is exact.
#[derive(Clone, Debug)]
struct RefusalLog {
    times: Box<[UnixNanos]>,
    /// Refusals since the breaker was reset.
    refused: usize,
}

impl RefusalLog {
    fn new() -> RefusalLog {
        RefusalLog {
            times: vec![UnixNanos(0); REFUSED_PER_MINUTE_MAX].into_boxed_slice(),
            refused: 0,
        }
    }

    /// Notes a refusal; says whether it is the `limit`-th within a minute.
    fn record(&mut self, limit: u32, now: UnixNanos) -> bool {
        self.times[self.refused % REFUSED_PER_MINUTE_MAX] = now;
        self.refused += 1;
        let limit = (limit as usize).min(REFUSED_PER_MINUTE_MAX);
        if limit == 0 || self.refused < limit {
            return false;
        }
        let first = self.times[(self.refused - limit) % REFUSED_PER_MINUTE_MAX];
        now.since(first) < MINUTE_NS
    }
}

/// A breaker that trips.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Trip {
    scope: Scope,
    cause: BreakerCause,
    count: u32,
    limit: u32,
}

/// The breakers, and what is counted for them.
#[derive(Clone, Debug)]
pub(super) struct Breakers {
    /// As this run was told.
    limits: [Option<AccountWatch>; ACCOUNTS_MAX],
    /// Whether it was told any.
    told: bool,
    /// By bot: cancels and replaces that were refused in a row.
    changes: Vec<u32>,
    /// By account.
    refusals: Vec<RefusalLog>,
    /// By bot: why it is open.
    bots: Vec<Option<BreakerCause>>,
    accounts: [Option<BreakerCause>; ACCOUNTS_MAX],
    /// How many are open.
    open: usize,
    /// What tripped by the input at hand: each scope at most once before it is reset.
    news: Vec<Trip>,
}

impl Breakers {
    /// See [`Risk::look_ahead`](super::Risk::look_ahead).
    #[inline]
    pub fn look_ahead(&self, bot: BotId) {
        prefetch_entry(&self.bots, usize::from(bot.0));
        prefetch_entry(&self.changes, usize::from(bot.0));
    }

    pub fn new() -> Breakers {
        Breakers {
            limits: [None; ACCOUNTS_MAX],
            told: false,
            changes: vec![0; OWNERS_MAX],
            refusals: vec![RefusalLog::new(); ACCOUNTS_MAX],
            bots: vec![None; OWNERS_MAX],
            accounts: [None; ACCOUNTS_MAX],
            open: 0,
            news: Vec::with_capacity(OWNERS_MAX + ACCOUNTS_MAX),
        }
    }

    /// A run begins: it says anew what is watched. What tripped stays so, and what was counted counts.
    pub fn begin(&mut self) {
        self.limits.fill(None);
        self.told = false;
    }

    /// What of an account is watched; says whether there is a place for it.
    pub fn tell(&mut self, limits: &AccountWatch) -> bool {
        let place = self.limits.get_mut(usize::from(limits.account.0));
        let known = place.map(|known| *known = Some(*limits)).is_some();
        self.told |= known;
        known
    }

    /// Whether this run was told of any.
    pub fn told(&self) -> bool {
        self.told
    }

    /// What of an account is watched.
    pub fn limits(&self, account: AccountId) -> Option<AccountWatch> {
        self.limits.get(usize::from(account.0)).copied().flatten()
    }

    /// Why the breaker of exactly this scope is open.
    pub fn get(&self, scope: Scope) -> Option<BreakerCause> {
        match scope {
            Scope::Bot(bot) => self.bots.get(usize::from(bot.0)).copied().flatten(),
            Scope::Account(account) => self.accounts.get(usize::from(account.0)).copied().flatten(),
            Scope::Platform | Scope::Instrument(_) | Scope::Route(_) => None,
        }
    }

    fn slot(&mut self, scope: Scope) -> Option<&mut Option<BreakerCause>> {
        match scope {
            Scope::Bot(bot) => self.bots.get_mut(usize::from(bot.0)),
            Scope::Account(account) => self.accounts.get_mut(usize::from(account.0)),
            Scope::Platform | Scope::Instrument(_) | Scope::Route(_) => None,
        }
    }

    /// Whether any is open.
    pub fn any(&self) -> bool {
        self.open > 0
    }

    /// Whether a breaker covers a bot: then it opens nothing.
    pub fn blocks(&self, bot: &BotDefinition) -> bool {
        self.get(Scope::Bot(bot.bot)).or(self.get(Scope::Account(bot.account))).is_some()
    }

    fn trip(&mut self, trip: Trip) {
        let Some(slot) = self.slot(trip.scope) else { return };
        if slot.is_none() {
            *slot = Some(trip.cause);
            self.open += 1;
            self.news.push(trip);
        }
    }

    /// Another message of an account to its broker was refused.
    fn refuse(&mut self, limits: &AccountWatch, now: UnixNanos) {
        let limit = limits.refused_per_minute;
        let Some(log) = self.refusals.get_mut(usize::from(limits.account.0)) else { return };
        if log.record(limit, now) {
            let (scope, cause) = (Scope::Account(limits.account), BreakerCause::WithinAMinute);
            self.trip(Trip { scope, cause, count: limit, limit });
        }
    }

    /// Closes the breaker of exactly this scope; says whether it was open. What is counted begins anew.
    fn reset(&mut self, scope: Scope) -> Option<BreakerCause> {
        let cause = self.slot(scope)?.take()?;
        self.open -= 1;
        match scope {
            Scope::Bot(bot) => self.changes[usize::from(bot.0)] = 0,
            Scope::Account(account) => self.refusals[usize::from(account.0)].refused = 0,
            Scope::Platform | Scope::Instrument(_) | Scope::Route(_) => {}
        }
        Some(cause)
    }
}

impl Risk {
    /// R22.
    pub(super) fn check_breaker(&self, question: &OrderContext) -> Verdict {
        let bot = &question.bot.definition;
        if self.breakers.blocks(bot) {
            return Err(Refusal::plain(RejectCode::Breaker));
        }
        let limits = self.breakers.limits(bot.account);
        match self.breakers.told() && !limits.is_some_and(|limits| limits.is_whole()) {
            true => Err(Refusal::plain(RejectCode::MissingLimit)),
            false => Ok(()),
        }
    }

    /// What of an account is watched from now on.
    pub(super) fn on_account_watch(
        &mut self,
        limits: &AccountWatch,
        out: &mut impl FnMut(ToOrders),
    ) {
        let scope = Scope::Account(limits.account);
        if !self.registry.knows(scope) || !self.breakers.tell(limits) {
            let text = "limits of an account that is not defined";
            alert(AlertKind::CommandRefused, scope, text, out);
        }
    }

    /// Why the breaker of exactly this bot or account is open; `None` where it is not.
    pub fn breaker(&self, scope: Scope) -> Option<BreakerCause> {
        self.breakers.get(scope)
    }

    /// What of a bot's account is watched.
    pub(super) fn watched(&self, id: BotId) -> Option<AccountWatch> {
        self.registry.bot(id).and_then(|bot| self.breakers.limits(bot.definition.account))
    }

    /// An order of a bot was refused by its broker.
    pub(super) fn note_refused_order(&mut self, account: AccountId, route: Route) {
        if let Some(limits) = self.breakers.limits(account).filter(|_| route.is_broker()) {
            self.breakers.refuse(&limits, self.now);
        }
    }

    /// So many opening orders of a bot were refused in a row: its breaker trips once they are as many as may
    /// be. Where a run says nothing of that, its openings are killed.
    pub(super) fn note_refusals(&mut self, id: BotId, count: u32) {
        // A person needs no breaker to see that his orders are refused.
        if id.is_desk() {
            return;
        }
        match self.watched(id).map(|limits| limits.refused_orders) {
            None if count == REFUSALS_MAX && !self.breakers.told() => self.tripped = Some(id),
            Some(limit) if limit > 0 && count >= limit => {
                let (scope, cause) = (Scope::Bot(id), BreakerCause::OrdersInARow);
                self.breakers.trip(Trip { scope, cause, count, limit });
            }
            _ => {}
        }
    }

    /// A cancel or a replace of a bot was refused, and not because its order was done.
    pub(super) fn note_refused_change(&mut self, id: BotId, account: AccountId, route: Route) {
        self.note_refused_order(account, route);
        let Some(count) = self.breakers.changes.get_mut(usize::from(id.0)) else { return };
        *count = count.saturating_add(1);
        let count = *count;
        let limit = self.watched(id).map_or(0, |limits| limits.refused_changes);
        if limit > 0 && count >= limit && !id.is_desk() {
            let (scope, cause) = (Scope::Bot(id), BreakerCause::ChangesInARow);
            self.breakers.trip(Trip { scope, cause, count, limit });
        }
    }

    /// A cancel or a replace of a bot was carried out.
    pub(super) fn note_change(&mut self, id: BotId) {
        if let Some(count) = self.breakers.changes.get_mut(usize::from(id.0)) {
            *count = 0;
        }
    }

    /// Tells what tripped by the input at hand, and begins to cancel what opens there.
    pub(super) fn tell_trips(&mut self, out: &mut impl FnMut(ToOrders)) {
        if self.breakers.news.is_empty() {
            return;
        }
        for at in 0..self.breakers.news.len() {
            let Trip { scope, cause, count, limit } = self.breakers.news[at];
            self.counters.breakers += 1;
            let (actor, reason) = (Text::new(SELF), Text::new(cause.text()));
            let change = BreakerChanged { scope, active: true, cause, count, limit, actor, reason };
            out(ToOrders::Effect(Effect::Breaker(change)));
            let words = format_args!("nothing opens: {} ({count})", cause.text());
            alert(AlertKind::Breaker, scope, Text::<64>::format(words).as_str(), out);
        }
        self.breakers.news.clear();
        let breakers = &self.breakers;
        let bots = self.registry.bots_mut().filter(|bot| breakers.blocks(&bot.definition));
        bots.for_each(|bot| bot.forget_opening(false));
        self.round.begin_enforcing(true);
    }

    /// A person resets a breaker.
    pub(super) fn reset_breaker(
        &mut self,
        scope: Scope,
        (actor, reason): (Text<32>, Text<64>),
        out: &mut impl FnMut(ToOrders),
    ) -> Result<(), &'static str> {
        let cause = self.breakers.reset(scope).ok_or("no breaker of exactly this scope is open")?;
        if let Scope::Bot(id) = scope
            && let Some(bot) = self.registry.bot_mut(id)
        {
            bot.persistence.forget_refusals();
        }
        let (count, limit) = (0, 0);
        let change = BreakerChanged { scope, active: false, cause, count, limit, actor, reason };
        out(ToOrders::Effect(Effect::Breaker(change)));
        Ok(())
    }
}
