//! R16: the loss of a trading day, by bot, account and platform. R13's equity is kept beside it.
//!
//! A bot's result is what it took, what closing at the price of now would take (longs meet the bid, shorts
//! the ask; the last such price where there is none), less commissions and fees. The day's result is that
//! less what it was when the trading day began (17:00 in New York). Results are looked at once a second, all
//! at the market of then, and with each fill those of its bot, account and platform. What was made at brokers
//! is one sum, what each simulator made another.
//!
//! Past its limit a scope opens nothing until the next trading day; past a second limit, or after a time,
//! its positions are closed. Neither is undone by a market that comes back.

use crate::message::ToOrders;
use gauntlet_model::calendar::{day_begins, trading_date};
use gauntlet_model::desk::OWNERS_MAX;
use gauntlet_model::effect::{AlertKind, Effect, LossChanged, LossState, RejectCode};
use gauntlet_model::ids::{ACCOUNTS_MAX, AccountId, BotId};
use gauntlet_model::input::{BotDefinition, ROUTES_MAX, RiskLimits, Route, Scope, StatedLoss};
use gauntlet_model::text::Text;
use gauntlet_model::units::{Money, NANOS_PER_SECOND, UnixNanos};
use gauntlet_runtime::prefetch::prefetch_entry;

use super::checks::{OrderContext, Refusal, Verdict};
use super::drawdown::Drawdown;
use super::exposure::Exposures;
use super::registry::Bot;
use super::{Risk, alert};

/// What a bot made. Micro-dollars.
#[derive(Clone, Copy, Debug, Default)]
struct Purse {
    /// Commissions and fees so far.
    fees: i64,
    /// Contracts that they were counted for.
    volume: u64,
    /// Unrealised profit at the last known price.
    marked: i64,
    /// Everything so far.
    total: i64,
    /// The same when the trading day began.
    at_day: i64,
    /// The same when its account's equity was told.
    at_equity: i64,
}

/// What a loss lets a scope do, and why.
#[derive(Clone, Copy, Debug)]
struct Cell {
    state: LossState,
    since: UnixNanos,
    /// The day's result.
    result: i64,
    /// The limit that it went past.
    limit: i64,
    /// Everything that was made.
    total: i64,
    drawdown: Drawdown,
}

const UNHARMED: Cell = Cell {
    state: LossState::Trading,
    since: UnixNanos(0),
    result: 0,
    limit: 0,
    total: 0,
    drawdown: Drawdown::NONE,
};

/// See the module.
#[derive(Clone, Debug)]
pub(super) struct Losses {
    purses: Vec<Purse>,
    bots: Vec<Cell>,
    /// By pool and account.
    accounts: Vec<Cell>,
    /// By pool.
    platform: [Cell; ROUTES_MAX],
    /// By bot: what it made since its account's equity was told.
    made: Vec<i64>,
    /// By pool and account: the sum of it.
    since_equity: Vec<i64>,
    /// By account: the equity as told last.
    equity: [Money; ACCOUNTS_MAX],
    /// When the trading day ends; 0 before the first.
    day_ends: UnixNanos,
    /// Whether all have to be looked at.
    pub due: bool,
    /// Whose position changed since they were looked at.
    traded: Option<BotId>,
    /// Whether the sums are to be made anew: somebody may count for another account than before.
    pub regrouped: bool,
    /// Whether a loss bars anybody from opening.
    bars_any: bool,
}

impl Losses {
    pub fn new() -> Losses {
        Losses {
            purses: vec![Purse::default(); OWNERS_MAX],
            bots: vec![UNHARMED; OWNERS_MAX],
            accounts: vec![UNHARMED; ROUTES_MAX * ACCOUNTS_MAX],
            platform: [UNHARMED; ROUTES_MAX],
            made: vec![0; OWNERS_MAX],
            since_equity: vec![0; ROUTES_MAX * ACCOUNTS_MAX],
            equity: [Money(0); ACCOUNTS_MAX],
            day_ends: UnixNanos(0),
            due: false,
            traded: None,
            regrouped: true,
            bars_any: false,
        }
    }

    /// A bot's position changed. When another's did by the same input, all are looked at.
    pub fn note_trade(&mut self, id: BotId) {
        self.due |= self.traded.replace(id).is_some_and(|other| other != id);
    }

    /// See [`Risk::look_ahead`](super::Risk::look_ahead).
    #[inline]
    pub fn look_ahead(&self, bot: BotId) {
        prefetch_entry(&self.bots, usize::from(bot.0));
    }

    fn account_index(route: Route, account: AccountId) -> usize {
        let account = usize::from(account.0).min(ACCOUNTS_MAX - 1);
        Exposures::pool(route) * ACCOUNTS_MAX + account
    }

    /// The cells that cover a bot, its own first.
    fn covering(&self, bot: &BotDefinition) -> [&Cell; 3] {
        let route = bot.route();
        let own = self.bots.get(usize::from(bot.bot.0)).unwrap_or(&UNHARMED);
        let account = &self.accounts[Self::account_index(route, bot.account)];
        [own, account, &self.platform[Exposures::pool(route)]]
    }

    /// Whether a bot may open nothing for a loss.
    pub fn bars(&self, bot: &BotDefinition) -> bool {
        self.bars_any && self.covering(bot).iter().any(|cell| cell.state >= LossState::ReduceOnly)
    }

    /// Whether a bot's position is closed for a loss.
    pub fn flattens(&self, bot: &BotDefinition) -> bool {
        self.covering(bot).iter().any(|cell| cell.state == LossState::Flat)
    }

    /// An account's equity by a route: what it held when that was told, and what it made since. `None` where
    /// nobody told any.
    pub fn equity(&self, route: Route, account: AccountId) -> Option<i64> {
        let told = self.equity.get(usize::from(account.0))?;
        let made = self.since_equity[Self::account_index(route, account)];
        (told.0 > 0).then(|| told.0.saturating_add(made))
    }

    /// Two people let a scope lose more: what it may do is looked at anew.
    pub fn forgive(&mut self, scope: Scope) {
        for route in Route::ALL.into_iter().filter(|route| Exposures::is_pool(*route)) {
            if let Some(cell) = self.cell(scope, route) {
                cell.state = LossState::Trading;
            }
        }
    }

    /// How far a scope is below its highest, and its result, in micro-dollars.
    pub fn drawdown(&mut self, scope: Scope, route: Route) -> Option<(&mut Drawdown, i64)> {
        self.cell(scope, route).map(|cell| (&mut cell.drawdown, cell.total))
    }

    /// The day's result of a scope, in micro-dollars.
    pub fn result(&self, scope: Scope, route: Route) -> i64 {
        self.view(scope, route).map_or(0, |cell| cell.result)
    }

    fn view(&self, scope: Scope, route: Route) -> Option<&Cell> {
        match scope {
            Scope::Platform => self.platform.get(Exposures::pool(route)),
            Scope::Account(id) => self.accounts.get(Self::account_index(route, id)),
            Scope::Bot(id) => self.bots.get(usize::from(id.0)),
            Scope::Instrument(_) | Scope::Route(_) => None,
        }
    }

    fn cell(&mut self, scope: Scope, route: Route) -> Option<&mut Cell> {
        match scope {
            Scope::Platform => self.platform.get_mut(Exposures::pool(route)),
            Scope::Account(id) => self.accounts.get_mut(Self::account_index(route, id)),
            Scope::Bot(id) => self.bots.get_mut(usize::from(id.0)),
            Scope::Instrument(_) | Scope::Route(_) => None,
        }
    }
}

impl Cell {
    /// Goes where the day's result leads under limits; says whether it went anywhere. It never goes back.
    fn follow(&mut self, limits: &RiskLimits, now: UnixNanos) -> bool {
        let (most, flat) = (limits.max_daily_loss.0, limits.flat_daily_loss.0);
        let loss = self.result.saturating_neg();
        let waited = now.since(self.since) / NANOS_PER_SECOND;
        let overdue = self.state == LossState::ReduceOnly
            && limits.flat_after_seconds > 0
            && waited >= u64::from(limits.flat_after_seconds);
        let (state, limit) = if flat > 0 && loss > flat {
            (LossState::Flat, flat)
        } else if overdue {
            (LossState::Flat, self.limit)
        } else if most > 0 && loss > most {
            (LossState::ReduceOnly, most)
        } else {
            return false;
        };
        if state <= self.state {
            return false;
        }
        (self.state, self.since, self.limit) = (state, now, limit);
        true
    }
}

impl Risk {
    /// R16. Limit and value are micro-dollars.
    pub(super) fn check_loss(&self, question: &OrderContext) -> Verdict {
        if !self.limits.told() {
            return Ok(());
        }
        if self.limits.platform().is_none_or(|limits| limits.max_daily_loss.0 == 0) {
            return Err(Refusal::plain(RejectCode::MissingLimit));
        }
        if !self.losses.bars_any {
            return Ok(());
        }
        let bot = &question.bot.definition;
        let covering = self.losses.covering(bot);
        match covering.iter().find(|cell| cell.state >= LossState::ReduceOnly) {
            None => Ok(()),
            Some(cell) => Err(Refusal {
                code: RejectCode::DailyLoss,
                limit: cell.limit,
                value: cell.result.saturating_neg(),
            }),
        }
    }

    /// An account's equity is told: what is made from now on is added to another figure than before.
    pub(super) fn on_equity(&mut self, limits: &RiskLimits) {
        let Scope::Account(account) = limits.scope else { return };
        let Some(known) = self.losses.equity.get_mut(usize::from(account.0)) else { return };
        if std::mem::replace(known, limits.equity) == limits.equity {
            return;
        }
        self.reckon();
        for bot in self.registry.bots().filter(|bot| bot.definition.account == account) {
            if let Some(purse) = self.losses.purses.get_mut(usize::from(bot.definition.bot.0)) {
                purse.at_equity = purse.total;
            }
        }
        self.reckon();
    }

    /// Looks at what changed since the last look, if anything did.
    pub(super) fn watch_due_losses(&mut self, out: &mut impl FnMut(ToOrders)) {
        if self.losses.due {
            self.watch_losses(out);
        } else if let Some(id) = self.losses.traded {
            self.watch_losses_of(id, out);
        }
    }

    /// Looks at what everybody made, and at what that lets them do.
    fn watch_losses(&mut self, out: &mut impl FnMut(ToOrders)) {
        (self.losses.due, self.losses.traded) = (false, None);
        if !self.limits.told() {
            return;
        }
        if std::mem::take(&mut self.losses.regrouped) {
            self.reckon();
        } else {
            self.registry.owners().for_each(|id| self.add_up(id));
        }
        if self.now >= self.losses.day_ends {
            self.begin_day(out);
            self.reckon();
        }
        let mut changed = false;
        for id in self.registry.owners() {
            let Some(route) = self.registry.bot(id).map(Bot::route) else { continue };
            changed |= self.follow(Scope::Bot(id), route, out);
        }
        for route in Route::ALL.into_iter().filter(|route| Exposures::is_pool(*route)) {
            for account in self.registry.account_ids() {
                changed |= self.follow(Scope::Account(account), route, out);
            }
            changed |= self.follow(Scope::Platform, route, out);
        }
        self.watch_drawdowns(out);
        self.enforce_losses(changed);
    }

    /// Looks at what a bot made by a fill, and at what that lets it, its account and the platform do. Only
    /// what it made itself is new: everybody else is as he was at the last second.
    fn watch_losses_of(&mut self, id: BotId, out: &mut impl FnMut(ToOrders)) {
        if self.now >= self.losses.day_ends {
            return self.watch_losses(out);
        }
        self.losses.traded = None;
        let Some(bot) = self.registry.bot(id).filter(|_| self.limits.told()) else { return };
        let (account, route) = (bot.definition.account, bot.route());
        self.add_up(id);
        let mut changed = false;
        for scope in [Scope::Bot(id), Scope::Account(account), Scope::Platform] {
            changed |= self.follow(scope, route, out);
            self.watch_drawdown(scope, out);
        }
        self.enforce_losses(changed);
    }

    fn enforce_losses(&mut self, changed: bool) {
        if changed {
            self.forget_barred();
            self.round.begin_enforcing(true);
        }
    }

    /// What a scope may do for its losses, and its result of the day.
    pub fn loss(&self, scope: Scope, route: Route) -> (LossState, Money) {
        let cell = self.losses.view(scope, route);
        cell.map_or((LossState::Trading, Money(0)), |cell| (cell.state, Money(cell.result)))
    }

    /// A scope's loss of the day at hand is as a journal says.
    pub(super) fn state_loss(&mut self, stated: &StatedLoss, out: &mut impl FnMut(ToOrders)) {
        let StatedLoss { scope, route, state, result, limit, .. } = *stated;
        self.reckon();
        if let Scope::Bot(id) = scope
            && let Some(purse) = self.losses.purses.get_mut(usize::from(id.0))
        {
            purse.at_day = purse.total.saturating_sub(result.0);
            self.reckon();
        }
        let now = self.now;
        let Some(cell) = self.losses.cell(scope, route).filter(|cell| cell.state < state) else {
            return;
        };
        (cell.state, cell.since, cell.limit) = (state, now, limit.0);
        self.losses.bars_any = true;
        out(ToOrders::Effect(Effect::Loss(LossChanged { scope, route, state, result, limit })));
        self.forget_barred();
        self.round.begin_enforcing(true);
    }

    /// Holds what a scope made against its limits; says whether that changes what it may do.
    fn follow(&mut self, scope: Scope, route: Route, out: &mut impl FnMut(ToOrders)) -> bool {
        let Some(limits) = self.limits.layer(scope) else { return false };
        let Some(cell) = self.losses.cell(scope, route) else { return false };
        if !cell.follow(limits, self.now) {
            return false;
        }
        let Cell { state, result, limit, .. } = *cell;
        self.losses.bars_any = true;
        let (result, limit) = (Money(result), Money(limit));
        out(ToOrders::Effect(Effect::Loss(LossChanged { scope, route, state, result, limit })));
        let words = match state {
            LossState::Flat => "positions are closed",
            _ => "nothing opens",
        };
        let text = format_args!("{words} today: result {result}, limit {limit}");
        alert(AlertKind::LossLimit, scope, Text::<64>::format(text).as_str(), out);
        true
    }

    /// Adds up what everybody made, as the market stands, from nothing.
    fn reckon(&mut self) {
        let Losses { bots, accounts, platform, made, since_equity, .. } = &mut self.losses;
        let sums = bots.iter_mut().chain(accounts).chain(platform);
        sums.for_each(|cell| (cell.result, cell.total) = (0, 0));
        made.fill(0);
        since_equity.fill(0);
        self.registry.owners().for_each(|id| self.add_up(id));
    }

    /// Puts what one bot made, as the market stands, into the sums in place of what was there of it.
    fn add_up(&mut self, id: BotId) {
        let Some(bot) = self.registry.bot(id) else { return };
        let (definition, position) = (&bot.definition, &bot.position);
        let (account, route) = (definition.account, definition.route());
        let place = usize::from(id.0);
        let mut purse = self.losses.purses[place];
        let traded = i128::from(position.volume()) - i128::from(purse.volume);
        let each = self.limits.cost_of_contract(account, definition.instrument);
        purse.fees = purse.fees.saturating_add(saturated(traded * i128::from(each)));
        purse.volume = position.volume();
        purse.marked = self.unrealized(id).map_or(purse.marked, |money| money.0);
        purse.total = position.realized().0.saturating_add(purse.marked).saturating_sub(purse.fees);
        let row = Losses::account_index(route, account);
        let Losses { purses, bots, accounts, platform, made, since_equity, .. } = &mut self.losses;
        purses[place] = purse;
        let of_bot = &mut bots[place];
        let before = (of_bot.result, of_bot.total);
        (of_bot.result, of_bot.total) = (purse.total.saturating_sub(purse.at_day), purse.total);
        let more = |sum: i64, now: i64, before: i64| sum.saturating_sub(before).saturating_add(now);
        for sum in [&mut accounts[row], &mut platform[Exposures::pool(route)]] {
            sum.result = more(sum.result, of_bot.result, before.0);
            sum.total = more(sum.total, of_bot.total, before.1);
        }
        let now = purse.total.saturating_sub(purse.at_equity);
        since_equity[row] = more(since_equity[row], now, std::mem::replace(&mut made[place], now));
    }

    /// Adds up anew what the bots of an account made by the last look: fills in between moved the sum by
    /// their own bots' part alone.
    pub(super) fn assert_sums_of_losses(&self, route: Route, account: AccountId) {
        if !self.limits.told() || self.losses.regrouped {
            return;
        }
        let pool = Exposures::pool(route);
        let of_account =
            |bot: &&Bot| bot.definition.account == account && Exposures::pool(bot.route()) == pool;
        let all = self.registry.bots().filter(of_account).fold((0i64, 0i64), |sum, bot| {
            let place = usize::from(bot.definition.bot.0);
            let result = sum.0.saturating_add(self.losses.bots[place].result);
            (result, sum.1.saturating_add(self.losses.made[place]))
        });
        let row = Losses::account_index(route, account);
        let told = (self.losses.accounts[row].result, self.losses.since_equity[row]);
        assert!(all == told, "an account made what its bots made");
    }

    /// A trading day begins: results begin at zero, and who opened nothing may open again.
    fn begin_day(&mut self, out: &mut impl FnMut(ToOrders)) {
        let today = trading_date(self.now);
        self.losses.day_ends = today.succ_opt().map_or(UnixNanos(u64::MAX), day_begins);
        for purse in &mut self.losses.purses {
            purse.at_day = purse.total;
        }
        self.losses.bars_any = false;
        let mut begin = |cell: &mut Cell, scope: Scope, route: Route| {
            if cell.state != LossState::Trading {
                let (state, result, limit) = (LossState::Trading, Money(0), Money(0));
                let changed = LossChanged { scope, route, state, result, limit };
                out(ToOrders::Effect(Effect::Loss(changed)));
            }
            *cell = Cell { total: cell.total, drawdown: cell.drawdown, ..UNHARMED };
        };
        for (place, cell) in self.losses.bots.iter_mut().enumerate() {
            let bot = BotId(place as u16);
            let route = self.registry.bot(bot).map_or(Route::BROKER, |bot| bot.route());
            begin(cell, Scope::Bot(bot), route);
        }
        for (place, cell) in self.losses.accounts.iter_mut().enumerate() {
            let account = AccountId((place % ACCOUNTS_MAX) as u16);
            begin(cell, Scope::Account(account), Route::ALL[place / ACCOUNTS_MAX]);
        }
        for (route, cell) in Route::ALL.into_iter().zip(&mut self.losses.platform) {
            begin(cell, Scope::Platform, route);
        }
    }

    /// What opens is not wanted any more where a loss bars it.
    fn forget_barred(&mut self) {
        let losses = &self.losses;
        self.registry
            .bots_mut()
            .filter(|bot| losses.bars(&bot.definition))
            .for_each(|bot| bot.forget_opening(false));
    }

    /// Whether a kill, a stop, a loss or a breaker lets a bot open nothing.
    pub(super) fn is_barred(&self, bot: &BotDefinition) -> bool {
        self.kills.blocks(bot) || self.losses.bars(bot) || self.breakers.blocks(bot)
    }

    /// Whether [`Risk::is_barred`] may be so of anybody.
    pub(super) fn bars_any(&self) -> bool {
        self.kills.any() || self.losses.bars_any || self.breakers.any()
    }

    /// Whether a kill or a loss closes a bot's position.
    pub(super) fn is_flattened(&self, bot: &BotDefinition) -> bool {
        self.kills.flattens(bot) || self.losses.flattens(bot)
    }
}

fn saturated(value: i128) -> i64 {
    value.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_that_trade_by_one_input_have_all_looked_at_and_one_alone_has_not() {
        let mut losses = Losses::new();
        losses.note_trade(BotId(1));
        losses.note_trade(BotId(1));
        assert_eq!((losses.due, losses.traded), (false, Some(BotId(1))));
        losses.note_trade(BotId(2));
        assert!(losses.due);
    }
}
