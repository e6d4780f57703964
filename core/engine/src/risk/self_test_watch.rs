//! The self-test's trials of breakers: one refusal before they trip, at it, and without limits.

use gauntlet_model::effect::RejectCode::*;
use gauntlet_model::effect::{IntentReason, Urgency};
use gauntlet_model::ids::AccountId;
use gauntlet_model::input::{AccountWatch, CancelReject, ExecType, Input, OrdStatus};
use gauntlet_model::order::OrderRequest;
use gauntlet_model::text::Text;
use gauntlet_model::units::NANOS_PER_SECOND;

use super::scenario::{BOT, Scenario, Setup};
use super::self_test::{Trial, after};

#[rustfmt::skip]
pub(super) const WATCHED: [Trial; 13] = [
    after(None, "refused orders below their limit", |s, _| refuse_orders(s, watched(2, 9, 9), 1)),
    after(Some(Breaker), "refused orders at their limit", |s, _| refuse_orders(s, watched(2, 9, 9), 2)),
    after(None, "refused orders of a minute below their limit", |s, _| refuse_orders(s, watched(9, 9, 2), 1)),
    after(Some(Breaker), "refused orders of a minute at their limit", |s, _| refuse_orders(s, watched(9, 9, 2), 2)),
    after(None, "refused orders of two minutes", |s, setup| two_minutes(s, setup, 60)),
    after(Some(Breaker), "refused orders of not quite two minutes", |s, setup| two_minutes(s, setup, 59)),
    after(None, "refused cancels below their limit", |s, _| refuse_cancel(s, watched(9, 2, 9))),
    after(Some(Breaker), "refused cancels at their limit", |s, _| refuse_cancel(s, watched(9, 1, 9))),
    after(Some(MissingLimit), "limit of refused orders missing", |s, _| tell(s, watched(0, 9, 9))),
    after(Some(MissingLimit), "limit of refused cancels missing", |s, _| tell(s, watched(9, 0, 9))),
    after(Some(MissingLimit), "limit of refusals of a minute missing", |s, _| tell(s, watched(9, 9, 0))),
    after(Some(MissingLimit), "ratio of messages to fills missing", |s, _| tell(s, AccountWatch { messages_per_fill: 0, ..watched(9, 9, 9) })),
    Trial { exit: true, ..after(None, "a way out past a breaker", |s, _| refuse_orders(s, watched(1, 9, 9), 1)) },
];

/// What is watched of the account: orders and changes refused in a row, and messages within a minute.
pub(super) fn watched(orders: u32, changes: u32, per_minute: u32) -> AccountWatch {
    AccountWatch {
        account: AccountId(0),
        refused_orders: orders,
        refused_changes: changes,
        refused_per_minute: per_minute,
        messages_per_fill: 100,
        messages_from: 100,
    }
}

fn tell(scenario: &mut Scenario, watch: AccountWatch) {
    scenario.input(Input::AccountWatch(watch));
}

/// The broker refuses so many opening orders, one after the other.
fn refuse_orders(scenario: &mut Scenario, watch: AccountWatch, count: u32) {
    tell(scenario, watch);
    for _ in 0..count {
        refuse_order(scenario);
    }
}

fn refuse_order(scenario: &mut Scenario) {
    // One contract above what is held, if anything is.
    let held = scenario.risk.position(BOT).map_or(0, |position| position.qty());
    scenario.enter(held + 1);
    for order in scenario.approved() {
        let report = scenario.report_on(&order, ExecType::Rejected, OrdStatus::Rejected);
        scenario.input(Input::Execution(report));
    }
}

/// Two orders are refused with so many seconds between them.
fn two_minutes(scenario: &mut Scenario, setup: &Setup, seconds: u64) {
    refuse_orders(scenario, watched(9, 9, 2), 1);
    scenario.now = scenario.now.plus(seconds * NANOS_PER_SECOND);
    scenario.market(setup.view);
    refuse_order(scenario);
}

/// The broker refuses to cancel an order, which it cancels by itself then.
fn refuse_cancel(scenario: &mut Scenario, watch: AccountWatch) {
    tell(scenario, watch);
    scenario.want(BOT, 1, Urgency::Passive, IntentReason::Signal);
    let orders = scenario.approved();
    for order in &orders {
        let report = scenario.report_on(order, ExecType::New, OrdStatus::New);
        scenario.input(Input::Execution(report));
    }
    scenario.want(BOT, 0, Urgency::Passive, IntentReason::Signal);
    for cancel in scenario.approved() {
        scenario.input(Input::CancelReject(refusal_of(&cancel)));
    }
    for order in &orders {
        let report = scenario.report_on(order, ExecType::Canceled, OrdStatus::Canceled);
        scenario.input(Input::Execution(report));
    }
}

/// The broker's refusal of a cancel for a reason of its own.
pub(super) fn refusal_of(cancel: &OrderRequest) -> CancelReject {
    CancelReject {
        route: cancel.route,
        msg_seq_num: 0,
        poss_dup: false,
        cl_ord_id: cancel.cl_ord_id,
        orig_cl_ord_id: cancel.orig_cl_ord_id,
        ord_status: OrdStatus::New,
        to_replace: false,
        reason: 2,
        text: Text::EMPTY,
    }
}
