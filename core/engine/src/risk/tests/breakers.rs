//! R22: breakers of what is refused in a row.

use super::super::self_test_watch::{refusal_of, watched};
use super::*;
use crate::risk::{REFUSALS_MAX, REFUSED_PER_MINUTE_MAX};
use gauntlet_model::ids::AccountId;

const ACCOUNT: Scope = Scope::Account(AccountId(0));

fn start_watched(orders: u32, changes: u32, per_minute: u32) -> (Scenario, Setup) {
    let (mut scenario, setup) = start(|_| {});
    scenario.input(Input::AccountWatch(watched(orders, changes, per_minute)));
    (scenario, setup)
}

impl Scenario {
    fn breakers(&self) -> Vec<BreakerChanged> {
        let breaker = |message: &ToOrders| match message {
            ToOrders::Effect(Effect::Breaker(change)) => Some(*change),
            _ => None,
        };
        self.out.iter().filter_map(breaker).collect()
    }

    fn tripped(&self) -> Vec<(Scope, BreakerCause, u32, u32)> {
        let of = |one: BreakerChanged| (one.scope, one.cause, one.count, one.limit);
        self.breakers().into_iter().filter(|one| one.active).map(of).collect()
    }

    /// An entry that the broker refuses.
    fn enter_and_be_refused(&mut self) {
        self.enter(self.held() + 1);
        let order = self.only();
        self.tell(&order, ExecType::Rejected, OrdStatus::Rejected);
    }

    fn code(&mut self) -> Option<RejectCode> {
        self.enter(self.held() + 1);
        self.rejected().map(|reject| reject.code)
    }
}

/// Refuses a cancel of a bot's order, for a FIX reason.
fn refuse_cancel(scenario: &mut Scenario, reason: u16) {
    let order = scenario.enter_passively(1);
    scenario.acknowledge(&order);
    scenario.want(BOT, 0, Urgency::Passive, IntentReason::Signal);
    let cancel = scenario.only();
    scenario.input(Input::CancelReject(CancelReject { reason, ..refusal_of(&cancel) }));
    let tripped = scenario.tripped();
    let told = std::mem::take(&mut scenario.out);
    scenario.fill(&order, 1, 0);
    scenario.stop_out();
    let exit = scenario.only();
    scenario.fill(&exit, 1, 0);
    if !tripped.is_empty() {
        scenario.out = told;
    }
}

#[test]
fn a_bots_breaker_trips_at_its_limit_of_refused_orders_and_not_before() {
    let (mut scenario, _) = start_watched(3, 9, 99);
    for _ in 0..2 {
        scenario.enter_and_be_refused();
        assert_eq!(scenario.breakers(), []);
    }
    scenario.enter(1);
    let order = scenario.only();
    scenario.fill(&order, 1, 0);
    for _ in 0..2 {
        scenario.enter_and_be_refused();
        assert_eq!(scenario.breakers(), [], "a fill began the count anew");
    }
    scenario.enter_and_be_refused();
    let cause = BreakerCause::OrdersInARow;
    assert_eq!(scenario.tripped(), [(Scope::Bot(BOT), cause, 3, 3)]);
    assert_eq!(scenario.alerts(), [AlertKind::Breaker]);
    assert_eq!(scenario.kills(), [], "it is no kill");
    assert_eq!(scenario.risk.counters().breakers, 1);
    assert_eq!(scenario.code(), Some(RejectCode::Breaker));
    assert_eq!(scenario.risk.counters().rejects[RejectCode::Breaker as usize], 1);
    scenario.stop_out();
    assert_eq!(scenario.only().side, Side::Sell, "the way out is open");
}

#[test]
fn a_breaker_cancels_what_opens_in_its_scope_and_leaves_others_alone() {
    let (mut scenario, setup) = start_watched(1, 9, 99);
    let other = BotDefinition { bot: BotId(1), ..setup.bot };
    scenario.input(Input::Bot(other));
    scenario.want(BotId(1), 1, Urgency::Passive, IntentReason::Signal);
    let theirs = scenario.only();
    scenario.acknowledge(&theirs);
    scenario.enter_and_be_refused();
    assert_eq!(scenario.approved(), [], "the other bot's order is not the first one's");
    assert_eq!(scenario.tripped().len(), 1);

    let (mut scenario, setup) = start_watched(9, 9, 1);
    scenario.input(Input::Bot(BotDefinition { bot: BotId(1), ..setup.bot }));
    scenario.want(BotId(1), 1, Urgency::Passive, IntentReason::Signal);
    let theirs = scenario.only();
    scenario.acknowledge(&theirs);
    scenario.enter_and_be_refused();
    assert_eq!(scenario.tripped(), [(ACCOUNT, BreakerCause::WithinAMinute, 1, 1)]);
    let cancel = scenario.only();
    assert_eq!((cancel.kind, cancel.bot), (OutboundKind::Cancel, BotId(1)));
    scenario.want(BotId(1), 2, Urgency::Aggressive, IntentReason::Signal);
    scenario.end(&cancel, 0);
    scenario.want(BotId(1), 2, Urgency::Aggressive, IntentReason::Signal);
    assert_eq!(scenario.rejected().map(|reject| reject.code), Some(RejectCode::Breaker));
}

#[test]
fn a_cancel_for_a_breaker_that_the_broker_refuses_is_tried_again_with_the_next_second() {
    let (mut scenario, setup) = start_watched(9, 9, 1);
    scenario.input(Input::Bot(BotDefinition { bot: BotId(1), ..setup.bot }));
    scenario.want(BotId(1), 1, Urgency::Passive, IntentReason::Signal);
    let theirs = scenario.only();
    scenario.acknowledge(&theirs);
    scenario.enter_and_be_refused();
    let cancel = scenario.only();
    scenario.input(Input::CancelReject(CancelReject { reason: 2, ..refusal_of(&cancel) }));
    let again = scenario.pass(1, setup.view);
    let again: Vec<_> = again.iter().map(|sent| (sent.kind, sent.orig_cl_ord_id)).collect();
    assert_eq!(again, [(OutboundKind::Cancel, theirs.cl_ord_id)]);
}

#[test]
fn a_breaker_holds_over_restarts_until_a_named_person_resets_it_with_a_reason() {
    let (mut scenario, setup) = start_watched(1, 9, 99);
    scenario.enter_and_be_refused();
    scenario.input(Input::RunStart(RunStart { run: 2, ..setup.run }));
    scenario.input(Input::AccountWatch(watched(1, 9, 99)));
    scenario.session(SessionChange::LoggedOn);
    scenario.market(setup.view);
    assert_eq!(scenario.code(), Some(RejectCode::Breaker));
    for (scope, actor, reason) in [
        (ACCOUNT, "ann", "looked at"),
        (Scope::Platform, "ann", "looked at"),
        (Scope::Bot(BOT), "", "looked at"),
        (Scope::Bot(BOT), "ann", ""),
    ] {
        let (actor, reason) = (Text::new(actor), Text::new(reason));
        let kind = CommandKind::ResetBreaker;
        scenario.input(Input::Command(Command { kind, scope, actor, reason }));
        assert_eq!(scenario.alerts(), [AlertKind::CommandRefused], "{scope:?}");
        assert_eq!(scenario.code(), Some(RejectCode::Breaker));
    }
    scenario.command(CommandKind::Kill { flatten: false }, Scope::Bot(BOT));
    scenario.command(CommandKind::Unkill, Scope::Bot(BOT));
    assert_eq!(scenario.code(), Some(RejectCode::Breaker), "a kill that is lifted resets none");
    scenario.command(CommandKind::ResetBreaker, Scope::Bot(BOT));
    let reset = scenario.breakers();
    assert_eq!((reset.len(), reset[0].active, reset[0].actor.as_str()), (1, false, "operator"));
    assert_eq!(scenario.code(), None);
    scenario.command(CommandKind::ResetBreaker, Scope::Bot(BOT));
    assert_eq!(scenario.alerts(), [AlertKind::CommandRefused], "none is open any more");
}

#[test]
fn after_a_reset_refusals_are_counted_anew() {
    let (mut scenario, _) = start_watched(2, 9, 3);
    for _ in 0..2 {
        scenario.enter_and_be_refused();
    }
    assert_eq!(scenario.tripped().len(), 1);
    scenario.command(CommandKind::ResetBreaker, Scope::Bot(BOT));
    scenario.enter_and_be_refused();
    assert_eq!(scenario.tripped(), [(ACCOUNT, BreakerCause::WithinAMinute, 3, 3)]);
    scenario.command(CommandKind::ResetBreaker, ACCOUNT);
    scenario.enter_and_be_refused();
    assert_eq!(scenario.tripped(), [(Scope::Bot(BOT), BreakerCause::OrdersInARow, 2, 2)]);
}

#[test]
fn bot_and_account_can_trip_by_one_refusal_and_each_is_told() {
    let (mut scenario, _) = start_watched(1, 9, 1);
    scenario.enter_and_be_refused();
    let scopes: Vec<Scope> = scenario.tripped().iter().map(|trip| trip.0).collect();
    assert_eq!(scopes, [ACCOUNT, Scope::Bot(BOT)]);
    assert_eq!(scenario.alerts(), [AlertKind::Breaker, AlertKind::Breaker]);
}

#[test]
fn cancels_and_replaces_that_are_refused_count_unless_their_order_was_done() {
    const TOO_LATE: u16 = 0;
    const UNKNOWN: u16 = 1;
    const BROKERS_OWN: u16 = 2;
    let (mut scenario, _) = start_watched(9, 2, 99);
    for reason in [TOO_LATE, UNKNOWN, TOO_LATE, BROKERS_OWN] {
        refuse_cancel(&mut scenario, reason);
        assert_eq!(scenario.tripped(), [], "{reason}");
    }
    refuse_cancel(&mut scenario, BROKERS_OWN);
    let cause = BreakerCause::ChangesInARow;
    assert_eq!(scenario.tripped(), [(Scope::Bot(BOT), cause, 2, 2)]);
}

#[test]
fn a_cancel_that_is_carried_out_begins_the_count_of_refused_changes_anew() {
    let (mut scenario, _) = start_watched(9, 2, 99);
    refuse_cancel(&mut scenario, 2);
    let order = scenario.enter_passively(1);
    scenario.acknowledge(&order);
    scenario.want(BOT, 0, Urgency::Passive, IntentReason::Signal);
    let cancel = scenario.only();
    scenario.end(&cancel, 0);
    refuse_cancel(&mut scenario, 2);
    assert_eq!(scenario.tripped(), []);
}

#[test]
fn a_refusal_that_comes_twice_counts_once() {
    let (mut scenario, _) = start_watched(9, 2, 2);
    let order = scenario.enter_passively(1);
    scenario.acknowledge(&order);
    scenario.want(BOT, 0, Urgency::Passive, IntentReason::Signal);
    let refusal = refusal_of(&scenario.only());
    for _ in 0..3 {
        scenario.input(Input::CancelReject(refusal));
        assert_eq!(scenario.tripped(), []);
    }
}

#[test]
fn what_the_session_layer_refuses_counts() {
    let (mut scenario, _) = start_watched(9, 1, 99);
    let order = scenario.enter_passively(1);
    scenario.acknowledge(&order);
    scenario.want(BOT, 0, Urgency::Passive, IntentReason::Signal);
    let cancel = scenario.only();
    scenario.input(message_rejected(&cancel));
    assert_eq!(scenario.tripped().len(), 1);
    let (mut scenario, _) = start_watched(1, 9, 99);
    let order = scenario.enter_passively(1);
    scenario.input(message_rejected(&order));
    assert_eq!(scenario.tripped().len(), 1);
}

#[test]
fn an_accounts_breaker_counts_any_minute_and_only_what_its_broker_refuses() {
    let (mut scenario, setup) = start_watched(99, 9, 3);
    let paper = BotDefinition { bot: BotId(1), stage: Stage::Paper, ..setup.bot };
    scenario.input(Input::Bot(paper));
    for _ in 0..9 {
        scenario.want(BotId(1), 1, Urgency::Aggressive, IntentReason::Signal);
        let order = scenario.only();
        scenario.tell(&order, ExecType::Rejected, OrdStatus::Rejected);
        assert_eq!(scenario.tripped(), [], "a simulator is no broker");
    }
    for seconds in [0, 59, 1] {
        scenario.pass(seconds, setup.view);
        scenario.enter_and_be_refused();
        assert_eq!(scenario.tripped(), [], "the first and the third are a minute apart");
    }
    scenario.pass(58, setup.view);
    scenario.enter_and_be_refused();
    assert_eq!(scenario.tripped(), [(ACCOUNT, BreakerCause::WithinAMinute, 3, 3)]);
}

#[test]
fn a_limit_beyond_the_log_counts_as_the_log() {
    let (mut scenario, _) = start_watched(u32::MAX, 9, u32::MAX);
    for _ in 1..REFUSED_PER_MINUTE_MAX {
        scenario.now = scenario.now.plus(NANOS_PER_SECOND / 50);
        scenario.enter_and_be_refused();
        assert_eq!(scenario.tripped(), []);
    }
    scenario.enter_and_be_refused();
    assert_eq!(scenario.tripped().len(), 1);
}

#[test]
fn a_person_has_no_breaker_of_his_own_but_counts_for_the_accounts() {
    let (mut scenario, _) = start_watched(1, 1, 2);
    let ticket = Ticket {
        side: Side::Buy,
        qty: 1,
        price: ticks(20_000),
        ..super::tickets::ticket(TicketKind::New)
    };
    for nth in 1..=2 {
        scenario.input(Input::Ticket(ticket));
        let order = scenario.only();
        scenario.tell(&order, ExecType::Rejected, OrdStatus::Rejected);
        assert_eq!(scenario.tripped().len(), usize::from(nth == 2));
        scenario.now = scenario.now.plus(2 * NANOS_PER_SECOND);
    }
    scenario.input(Input::Ticket(ticket));
    assert_eq!(scenario.rejected().map(|reject| reject.code), Some(RejectCode::Breaker));
}

#[test]
fn an_account_of_which_a_run_says_nothing_is_missing_once_it_says_something_of_another() {
    let (mut scenario, setup) = start(|_| {});
    let account = AccountDefinition { account: AccountId(1), ..setup.account };
    scenario.input(Input::Account(account));
    let watch = AccountWatch { account: AccountId(1), ..watched(9, 9, 9) };
    scenario.input(Input::AccountWatch(watch));
    assert_eq!(scenario.code(), Some(RejectCode::MissingLimit));
    scenario.input(Input::AccountWatch(AccountWatch { account: AccountId(9), ..watch }));
    assert_eq!(scenario.alerts(), [AlertKind::CommandRefused]);
}

#[test]
fn a_run_that_is_told_nothing_kills_the_bot_as_ever() {
    let (mut scenario, _) = start(|_| {});
    for nth in 1..=REFUSALS_MAX {
        scenario.enter_and_be_refused();
        assert_eq!(scenario.kills().len(), usize::from(nth == REFUSALS_MAX));
        assert_eq!(scenario.breakers(), []);
    }
    assert_eq!(scenario.code(), Some(RejectCode::Killed));
}
