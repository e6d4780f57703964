//! R23: how many messages a fill takes, by bot and account and trading day.
//!
//! Orders, replaces and cancels count as messages, questions about orders do not. Those of an account are what
//! goes to its broker; a simulated bot has its own count alone. Above
//! [`AccountWatch::messages_per_fill`] a person is told, once a day and scope, when there were
//! [`AccountWatch::messages_from`] messages. A day without a fill counts as one with a single fill.

use crate::message::ToOrders;
use gauntlet_model::calendar::{day_begins, trading_date};
use gauntlet_model::desk::OWNERS_MAX;
use gauntlet_model::effect::{AlertKind, Effect, MessageUsage};
use gauntlet_model::ids::{ACCOUNTS_MAX, AccountId, BotId};
use gauntlet_model::input::{AccountWatch, Route, Scope};
use gauntlet_model::text::Text;
use gauntlet_model::units::UnixNanos;
use gauntlet_runtime::prefetch::prefetch_entry;

use super::usage::USAGE_EVERY_SECONDS;
use super::{Risk, alert};

/// What was sent and what was filled in a trading day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Orders, replaces and cancels.
    pub messages: u64,
    /// Fills, whole and partial.
    pub fills: u64,
    /// Whether a person was told that it is too much.
    alarmed: bool,
    /// Whether it is another than was told last.
    changed: bool,
}

impl Traffic {
    fn is_beyond(&self, limits: &AccountWatch) -> bool {
        let most = u64::from(limits.messages_per_fill).saturating_mul(self.fills.max(1));
        limits.is_whole()
            && self.messages >= u64::from(limits.messages_from)
            && self.messages > most
    }
}

/// The traffic of everybody.
#[derive(Clone, Debug)]
pub(super) struct Traffics {
    bots: Vec<Traffic>,
    accounts: [Traffic; ACCOUNTS_MAX],
    /// When the trading day ends; 0 before the first.
    day_ends: UnixNanos,
}

impl Traffics {
    pub fn new() -> Traffics {
        Traffics {
            bots: vec![Traffic::default(); OWNERS_MAX],
            accounts: [Traffic::default(); ACCOUNTS_MAX],
            day_ends: UnixNanos(0),
        }
    }

    /// See [`Risk::look_ahead`](super::Risk::look_ahead).
    #[inline]
    pub fn look_ahead(&self, bot: BotId) {
        prefetch_entry(&self.bots, usize::from(bot.0));
    }

    /// Counts what a bot sends, or what is filled of it.
    pub fn count(
        &mut self,
        bot: BotId,
        (account, route): (AccountId, Route),
        add: fn(&mut Traffic),
    ) {
        let account = self.accounts.get_mut(usize::from(account.0));
        let account = account.filter(|_| route.is_broker());
        for traffic in self.bots.get_mut(usize::from(bot.0)).into_iter().chain(account) {
            add(traffic);
            traffic.changed = true;
        }
    }

    /// Begins a trading day: everybody is at zero. What came before the first timer is of its day.
    fn begin_day(&mut self, now: UnixNanos) {
        let ends = trading_date(now).succ_opt().map_or(UnixNanos(u64::MAX), day_begins);
        if std::mem::replace(&mut self.day_ends, ends) == UnixNanos(0) {
            return;
        }
        for traffic in self.bots.iter_mut().chain(&mut self.accounts) {
            let changed = traffic.messages > 0 || traffic.fills > 0;
            *traffic = Traffic { changed, ..Traffic::default() };
        }
    }
}

impl Risk {
    /// What a bot sent in this trading day, and what was filled of it.
    pub fn traffic(&self, bot: BotId) -> Traffic {
        self.traffics.bots.get(usize::from(bot.0)).copied().unwrap_or_default()
    }

    /// With each timer: who sends too much for what it trades, and once a minute what everybody sent.
    pub(super) fn watch_traffic(&mut self, second: u64, out: &mut impl FnMut(ToOrders)) {
        if self.now >= self.traffics.day_ends {
            self.traffics.begin_day(self.now);
        }
        if !self.breakers.told() {
            return;
        }
        let tells = second.is_multiple_of(USAGE_EVERY_SECONDS);
        for id in self.registry.owners() {
            let traffic = &mut self.traffics.bots[usize::from(id.0)];
            if !traffic.changed {
                continue;
            }
            let Some(bot) = self.registry.bot(id) else { continue };
            let limits = self.breakers.limits(bot.definition.account);
            watch(traffic, (Scope::Bot(id), bot.route()), limits, tells, out);
        }
        for (place, traffic) in self.traffics.accounts.iter_mut().enumerate() {
            let account = AccountId(place as u16);
            if traffic.changed {
                let limits = self.breakers.limits(account);
                watch(traffic, (Scope::Account(account), Route::BROKER), limits, tells, out);
            }
        }
    }
}

fn watch(
    traffic: &mut Traffic,
    (scope, route): (Scope, Route),
    limits: Option<AccountWatch>,
    tells: bool,
    out: &mut impl FnMut(ToOrders),
) {
    let Traffic { messages, fills, .. } = *traffic;
    if !traffic.alarmed && limits.is_some_and(|limits| traffic.is_beyond(&limits)) {
        traffic.alarmed = true;
        let text = Text::<64>::format(format_args!("{messages} messages for {fills} fills today"));
        alert(AlertKind::OrderToTrade, scope, text.as_str(), out);
    }
    if tells {
        traffic.changed = false;
        out(ToOrders::Effect(Effect::Messages(MessageUsage { scope, route, messages, fills })));
    }
}
