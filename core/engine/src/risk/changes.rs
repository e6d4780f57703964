//! R28: limits that people change while the platform runs.
//!
//! A limit is made tighter at once, by one person. It is made looser for a time of at most
//! [`RAISE_SECONDS_MAX`], by one person who gives a reason and another who allows it, and never looser than
//! the layer above. Changes are made of inputs, so they outlive a restart, and a raise ends at its time.

use crate::message::ToOrders;
use gauntlet_model::desk::OWNERS_MAX;
use gauntlet_model::effect::{AlertKind, Effect, LimitChanged, LimitState};
use gauntlet_model::ids::{ACCOUNTS_MAX, INSTRUMENTS_MAX};
use gauntlet_model::input::{LimitChange, LimitKind, LimitStep, RiskLimits, Scope};
use gauntlet_model::text::Text;
use gauntlet_model::units::{Money, NANOS_PER_SECOND, UnixNanos};

use super::{Risk, alert};

/// Longest that a raised limit lasts, in seconds: a day.
pub const RAISE_SECONDS_MAX: u32 = 86_400;
/// Changes by people that there may be at once, questions included.
pub const CHANGES_MAX: usize = 64;
/// Changes that there may be at once with those that risk makes itself: one of each scope.
pub const ALL_CHANGES_MAX: usize = CHANGES_MAX + OWNERS_MAX + ACCOUNTS_MAX + INSTRUMENTS_MAX + 1;

/// The changes in force, and what is asked for.
#[derive(Clone, Debug, Default)]
pub(super) struct Changes {
    /// At most [`ALL_CHANGES_MAX`], at most one of a scope and limit that is in force and one that is asked for.
    known: Vec<LimitChanged>,
}

impl Changes {
    pub fn new() -> Changes {
        Changes { known: Vec::with_capacity(ALL_CHANGES_MAX) }
    }

    /// A limit as changed.
    pub fn apply(&self, scope: Scope, limit: LimitKind, told: i64) -> i64 {
        let changed = self.in_force(scope, limit);
        match changed.map(|changed| (changed.state, changed.value)) {
            Some((LimitState::Raised, value)) => told.max(value),
            // What nobody has told is lowered from no limit at all.
            Some((LimitState::Lowered, value)) if told > 0 => told.min(value),
            Some((LimitState::Lowered, value)) => value,
            _ => told,
        }
    }

    /// As [`Changes::apply`] for a limit of contracts or orders.
    pub fn apply_count(&self, scope: Scope, limit: LimitKind, told: u32) -> u32 {
        u32::try_from(self.apply(scope, limit, i64::from(told))).unwrap_or(u32::MAX)
    }

    /// A layer as changed.
    pub fn apply_to(&self, mut limits: RiskLimits) -> RiskLimits {
        let scope = limits.scope;
        // The quantity and position of bots, and the position of accounts, are in their definitions.
        if scope == Scope::Platform {
            limits.max_position = self.apply_count(scope, LimitKind::Position, limits.max_position);
        }
        if !matches!(scope, Scope::Bot(_)) {
            let most = limits.max_order_qty;
            limits.max_order_qty = self.apply_count(scope, LimitKind::OrderQty, most);
        }
        let money = |kind, told: Money| Money(self.apply(scope, kind, told.0));
        limits.max_order_value = money(LimitKind::OrderValue, limits.max_order_value);
        limits.max_daily_loss = money(LimitKind::DailyLoss, limits.max_daily_loss);
        limits.flat_daily_loss = money(LimitKind::FlatLoss, limits.flat_daily_loss);
        let executions = limits.max_executions;
        limits.max_executions = self.apply_count(scope, LimitKind::Executions, executions);
        limits
    }

    /// Whether anything of a scope is changed.
    pub fn concerns(&self, scope: Scope) -> bool {
        self.known.iter().any(|one| one.scope == scope && one.state != LimitState::Asked)
    }

    fn in_force(&self, scope: Scope, limit: LimitKind) -> Option<&LimitChanged> {
        self.known
            .iter()
            .find(|one| (one.scope, one.limit) == (scope, limit) && one.state != LimitState::Asked)
    }

    fn is_lowered(&self, scope: Scope, limit: LimitKind) -> bool {
        self.in_force(scope, limit).is_some_and(|one| one.state == LimitState::Lowered)
    }

    fn asked(&self, scope: Scope, limit: LimitKind) -> Option<LimitChanged> {
        let is_asked = |one: &&LimitChanged| {
            (one.scope, one.limit, one.state) == (scope, limit, LimitState::Asked)
        };
        self.known.iter().find(is_asked).copied()
    }

    /// Puts a change in place of those like it; says whether there was room.
    pub fn put(&mut self, changed: LimitChanged) -> bool {
        let is_asked = changed.state == LimitState::Asked;
        self.known.retain(|one| {
            (one.scope, one.limit) != (changed.scope, changed.limit)
                || (is_asked && one.state != LimitState::Asked)
        });
        // What people change leaves the room that risk needs.
        let by_risk = |one: &LimitChanged| one.actor.as_str() == "risk";
        let fits = match by_risk(&changed) {
            true => self.known.len() < ALL_CHANGES_MAX,
            false => self.known.iter().filter(|one| !by_risk(one)).count() < CHANGES_MAX,
        };
        if fits {
            self.known.push(changed);
        }
        fits
    }

    /// Takes the first change out whose time is over.
    fn take_over(&mut self, now: UnixNanos) -> Option<LimitChanged> {
        let is_over = |one: &LimitChanged| one.until.0 > 0 && one.until <= now;
        let place = self.known.iter().position(is_over)?;
        Some(self.known.remove(place))
    }
}

impl Risk {
    /// A person changes a limit, or asks for that.
    pub(super) fn on_limit_change(&mut self, change: &LimitChange, out: &mut impl FnMut(ToOrders)) {
        match self.change_limit(change) {
            Err(text) => alert(AlertKind::CommandRefused, change.scope, text, out),
            Ok(changed) => {
                out(ToOrders::Effect(Effect::Limit(changed)));
                self.on_changed_limit(&changed);
            }
        }
    }

    fn change_limit(&mut self, change: &LimitChange) -> Result<LimitChanged, &'static str> {
        let LimitChange { step, scope, limit, value, seconds, actor, reason } = *change;
        if actor.is_empty() || reason.is_empty() {
            return Err("changing a limit needs an actor and a reason");
        }
        let scope = self.scope_of_change(scope);
        if !self.registry.knows(scope) {
            return Err("name the platform, an account, a bot or a symbol that is defined");
        }
        if !Self::has_limit(scope, limit) {
            return Err("max_position_percent is a symbol's, every other limit is not");
        }
        if !self.limits.told() {
            return Err("this run was told no limits");
        }
        let now = self.limits.value(scope, limit, &self.registry);
        let changed = LimitChanged {
            scope,
            limit,
            state: LimitState::Lowered,
            value,
            until: UnixNanos(0),
            actor,
            approver: Text::EMPTY,
            reason: Text::new(reason.as_str()),
        };
        match step {
            LimitStep::Lower if value <= 0 || (now > 0 && value >= now) => {
                Err("a lower limit is above 0 and below the one in force")
            }
            LimitStep::Lower => self.put_change(changed),
            LimitStep::Ask if !(1..=RAISE_SECONDS_MAX).contains(&seconds) => {
                Err("a raise lasts from a second to a day")
            }
            LimitStep::Ask if self.limits.changes.is_lowered(scope, limit) => {
                Err("it was lowered: a second person has to end that first")
            }
            LimitStep::Ask if now == 0 || value <= now => {
                Err("a raise is above the limit in force, and needs one")
            }
            LimitStep::Ask
                if self.limits.is_looser_than_above(scope, limit, value, &self.registry) =>
            {
                Err("looser than the layer above: raise that first")
            }
            LimitStep::Ask => {
                let until = self.now.plus(u64::from(seconds) * NANOS_PER_SECOND);
                self.put_change(LimitChanged { state: LimitState::Asked, until, ..changed })
            }
            LimitStep::Allow => self.allow(change),
            LimitStep::End => self.end_change(change),
        }
    }

    fn put_change(&mut self, changed: LimitChanged) -> Result<LimitChanged, &'static str> {
        match self.limits.changes.put(changed) {
            true => Ok(changed),
            false => Err("too many changed limits at once: end some"),
        }
    }

    /// Another person allows what was asked for, as it was asked for.
    fn allow(&mut self, change: &LimitChange) -> Result<LimitChanged, &'static str> {
        let LimitChange { scope, limit, value, actor, .. } = *change;
        let scope = self.scope_of_change(scope);
        let asked = self.limits.changes.asked(scope, limit).ok_or("nobody asked for this")?;
        if asked.value != value {
            return Err("another value was asked for");
        }
        if asked.actor == actor {
            return Err("a second person has to allow it");
        }
        if self.limits.is_looser_than_above(scope, limit, value, &self.registry) {
            return Err("looser than the layer above: raise that first");
        }
        self.put_change(LimitChanged { state: LimitState::Raised, approver: actor, ..asked })
    }

    /// A raise and a question anybody may end; what was lowered, somebody else than who lowered it.
    fn end_change(&mut self, change: &LimitChange) -> Result<LimitChanged, &'static str> {
        let LimitChange { scope, limit, actor, reason, .. } = *change;
        let scope = self.scope_of_change(scope);
        let changes = &mut self.limits.changes;
        let known = changes.in_force(scope, limit).copied().or(changes.asked(scope, limit));
        let known = known.ok_or("it is not changed")?;
        if known.state == LimitState::Lowered && known.actor == actor {
            return Err("a second person has to end it");
        }
        changes.known.retain(|one| *one != known);
        Ok(LimitChanged {
            state: LimitState::Ended,
            until: UnixNanos(0),
            approver: actor,
            reason: Text::new(reason.as_str()),
            ..known
        })
    }

    /// Ends what was raised for a time that is over.
    pub(super) fn end_raises(&mut self, out: &mut impl FnMut(ToOrders)) {
        while let Some(over) = self.limits.changes.take_over(self.now) {
            let ended = LimitChanged { state: LimitState::Ended, ..over };
            out(ToOrders::Effect(Effect::Limit(ended)));
            self.on_changed_limit(&ended);
        }
    }

    fn on_changed_limit(&mut self, changed: &LimitChanged) {
        self.limits.refresh_layers();
        self.limits.refresh_all(&self.registry);
        let of_loss = matches!(changed.limit, LimitKind::DailyLoss | LimitKind::FlatLoss);
        if of_loss && changed.state == LimitState::Raised {
            self.losses.forgive(changed.scope);
        }
        if changed.limit == LimitKind::Position && changed.state == LimitState::Ended {
            self.forget_drawdown(changed.scope);
        }
        if let (LimitState::Ended, Scope::Instrument(id)) = (changed.state, changed.scope) {
            self.allow_volatility(id);
        }
        self.losses.due = true;
    }

    /// What of a product's contracts is changed is changed in one place.
    fn scope_of_change(&self, scope: Scope) -> Scope {
        match scope {
            Scope::Instrument(id) => {
                Scope::Instrument(self.limits.lowered_place(id, &self.registry))
            }
            _ => scope,
        }
    }

    fn has_limit(scope: Scope, limit: LimitKind) -> bool {
        match scope {
            Scope::Platform | Scope::Account(_) | Scope::Bot(_) => {
                limit != LimitKind::PositionPercent
            }
            Scope::Instrument(_) => limit == LimitKind::PositionPercent,
            Scope::Route(_) => false,
        }
    }

    /// A limit of exactly one scope as it is in force, with what people and risk changed; 0 where it says
    /// nothing.
    pub fn limit(&self, scope: Scope, limit: LimitKind) -> i64 {
        self.limits.value(scope, limit, &self.registry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gauntlet_model::ids::{AccountId, BotId};

    fn changed(scope: Scope, limit: LimitKind, state: LimitState, value: i64) -> LimitChanged {
        LimitChanged {
            scope,
            limit,
            state,
            value,
            until: UnixNanos(0),
            actor: Text::new("ann"),
            approver: Text::EMPTY,
            reason: Text::new("roll week"),
        }
    }

    #[test]
    fn what_is_lowered_is_the_lower_of_both_and_holds_where_nobody_told_a_limit() {
        use LimitState::{Asked, Lowered, Raised};
        for (state, told, expected) in [
            (Lowered, 0, 5),
            (Lowered, 1, 1),
            (Lowered, 4, 4),
            (Lowered, 9, 5),
            (Raised, 4, 5),
            (Raised, 9, 9),
            (Asked, 4, 4),
        ] {
            let (scope, limit) = (Scope::Platform, LimitKind::OrderValue);
            let mut changes = Changes::new();
            assert!(changes.put(changed(scope, limit, state, 5)));
            assert_eq!(changes.apply(scope, limit, told), expected, "{state:?} {told}");
            assert_eq!(changes.concerns(scope), state != Asked);
            assert!(!changes.concerns(Scope::Bot(BotId(0))));
        }
    }

    #[test]
    fn layers_hold_the_quantity_of_all_but_bots_and_the_position_of_the_platform_alone() {
        for (scope, qty, position) in [
            (Scope::Platform, 5, 6),
            (Scope::Account(AccountId(0)), 5, 9),
            (Scope::Bot(BotId(0)), 9, 9),
        ] {
            let mut changes = Changes::new();
            changes.put(changed(scope, LimitKind::OrderQty, LimitState::Lowered, 5));
            changes.put(changed(scope, LimitKind::Position, LimitState::Lowered, 6));
            let told = RiskLimits { max_order_qty: 9, max_position: 9, ..RiskLimits::none(scope) };
            let limits = changes.apply_to(told);
            assert_eq!((limits.max_order_qty, limits.max_position), (qty, position), "{scope:?}");
        }
    }

    #[test]
    fn a_question_takes_the_place_of_the_one_before_and_leaves_what_is_in_force() {
        let (scope, limit) = (Scope::Platform, LimitKind::OrderValue);
        let mut changes = Changes::new();
        changes.put(changed(scope, limit, LimitState::Raised, 5));
        for value in [6, 7] {
            changes.put(changed(scope, limit, LimitState::Asked, value));
            assert_eq!(changes.asked(scope, limit).map(|asked| asked.value), Some(value));
            assert_eq!(changes.in_force(scope, limit).map(|known| known.value), Some(5));
            assert_eq!(changes.known.len(), 2);
        }
        // What is allowed takes the place of both.
        changes.put(changed(scope, limit, LimitState::Raised, 7));
        assert_eq!(changes.known.len(), 1);
    }
}
