//! R24: a drawdown moves limits down by itself, and only a person moves them up.
//!
//! A scope's result is everything that it made, at brokers where it is the platform's or an account's. Each
//! time that falls by another `max_drawdown` below its highest, the scope's limit of contracts held is halved,
//! to one at least, as actor `risk`. Once a person ends that, the highest is looked for anew.

use crate::message::ToOrders;
use gauntlet_model::effect::{AlertKind, Effect, LimitChanged, LimitState};
use gauntlet_model::input::{LimitKind, Route, Scope};
use gauntlet_model::text::Text;
use gauntlet_model::units::{Money, UnixNanos};

use super::{Risk, alert};

/// How far a scope is below its highest.
#[derive(Clone, Copy, Debug)]
pub(super) struct Drawdown {
    /// The highest result so far, in micro-dollars.
    peak: i64,
    /// How often it fell by another limit since then.
    steps: i64,
}

impl Drawdown {
    pub const NONE: Drawdown = Drawdown { peak: i64::MIN, steps: 0 };

    /// Takes a result in; gives how far it is below the highest if that is another step.
    fn follow(&mut self, result: i64, limit: i64) -> Option<i64> {
        self.peak = self.peak.max(result);
        let below = self.peak.saturating_sub(result);
        let steps = if limit > 0 { below.saturating_sub(1).max(0) / limit } else { 0 };
        if steps <= self.steps {
            return None;
        }
        self.steps = steps;
        Some(below)
    }
}

impl Risk {
    /// Looks at how far everybody is below his highest.
    pub(super) fn watch_drawdowns(&mut self, out: &mut impl FnMut(ToOrders)) {
        for bot in self.registry.owners() {
            self.watch_drawdown(Scope::Bot(bot), out);
        }
        for account in self.registry.account_ids() {
            self.watch_drawdown(Scope::Account(account), out);
        }
        self.watch_drawdown(Scope::Platform, out);
    }

    pub(super) fn watch_drawdown(&mut self, scope: Scope, out: &mut impl FnMut(ToOrders)) {
        let limit = self.limits.layer(scope).map_or(0, |limits| limits.max_drawdown.0);
        let Some((drawdown, result)) = self.losses.drawdown(scope, Route::BROKER) else { return };
        let Some(below) = drawdown.follow(result, limit) else { return };
        let held = self.limits.value(scope, LimitKind::Position, &self.registry);
        let value = (held / 2).max(1);
        let words =
            format_args!("drawdown {} past {}: hold {value} at most", Money(below), Money(limit));
        alert(AlertKind::LossLimit, scope, Text::<64>::format(words).as_str(), out);
        if held <= 1 {
            return;
        }
        let changed = LimitChanged {
            scope,
            limit: LimitKind::Position,
            state: LimitState::Lowered,
            value,
            until: UnixNanos(0),
            actor: Text::new("risk"),
            approver: Text::EMPTY,
            reason: Text::new("drawdown"),
        };
        if !self.limits.changes.put(changed) {
            let text = "too many changed limits at once: end some";
            return alert(AlertKind::TableFull, scope, text, out);
        }
        out(ToOrders::Effect(Effect::Limit(changed)));
        self.limits.refresh_layers();
        self.limits.refresh_all(&self.registry);
    }

    /// A person lets a scope hold more again: its highest is looked for anew.
    pub(super) fn forget_drawdown(&mut self, scope: Scope) {
        if let Some((drawdown, _)) = self.losses.drawdown(scope, Route::BROKER) {
            *drawdown = Drawdown::NONE;
        }
    }
}
