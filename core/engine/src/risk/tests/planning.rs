//! From wants to orders.

use super::super::scenario::top;
use super::super::{AGGRESSION_TICKS, REPRICE_AFTER_NS};
use super::*;
use gauntlet_model::market_view::MarketView;

const REPRICE_SECONDS: u64 = REPRICE_AFTER_NS / NANOS_PER_SECOND;

fn moved(setup: &Setup, bid: i64) -> MarketView {
    MarketView { top: top(bid, bid + 1), ..setup.view }
}

#[test]
fn an_aggressive_entry_crosses_the_spread_at_once_or_not_at_all() {
    let (mut scenario, _) = start(|_| {});
    scenario.enter(2);
    let order = scenario.only();
    assert_eq!((order.side, order.qty), (Side::Buy, 2));
    assert_eq!(order.price, ticks(20_001 + AGGRESSION_TICKS));
    assert_eq!(order.time_in_force, TimeInForce::ImmediateOrCancel);
}

#[test]
fn an_aggressive_price_stays_inside_the_collar() {
    let (mut scenario, _) = start(|setup| setup.instrument.limits.collar_ticks = 2);
    scenario.enter(-1);
    assert_eq!(scenario.only().price, ticks(20_000 - 1));
}

#[test]
fn what_trades_at_once_reaches_as_far_as_its_instrument_is_told_and_a_run_forgets_it() {
    let told = |protection_ticks| {
        let (mut scenario, setup) = start_holding(2, |_| {});
        let none = ContractTerms::none(setup.instrument.instrument);
        scenario.input(Input::ContractTerms(ContractTerms { protection_ticks, ..none }));
        (scenario, setup)
    };
    // The collar is 20 ticks from the middle, half a tick from the best: 19 whole ones are left.
    for (protection_ticks, entry, exit) in
        [(0, 4, 4), (1, 1, 1), (7, 7, 7), (19, 19, 19), (20, 19, 20), (21, 19, 20)]
    {
        let (mut scenario, _) = told(protection_ticks);
        scenario.enter(3);
        assert_eq!(scenario.only().price, ticks(20_001 + entry), "{protection_ticks}");
        let (mut scenario, _) = told(protection_ticks);
        scenario.stop_out();
        assert_eq!(scenario.only().price, ticks(20_000 - exit), "{protection_ticks}");
    }
    let (mut scenario, setup) = told(7);
    scenario.input(Input::RunStart(RunStart { run: setup.run.run + 1, ..setup.run }));
    scenario.session(SessionChange::LoggedOn);
    scenario.market(setup.view);
    scenario.stop_out();
    assert_eq!(scenario.only().price, ticks(20_000 - AGGRESSION_TICKS));
}

#[test]
fn a_passive_entry_joins_its_own_best_price_for_the_day() {
    let (mut scenario, _) = start(|_| {});
    let order = scenario.enter_passively(-1);
    assert_eq!((order.price, order.time_in_force), (ticks(20_001), TimeInForce::Day));
}

#[test]
fn what_is_held_or_works_already_is_not_ordered_again() {
    let (mut scenario, _) = start(|_| {});
    let order = scenario.enter_passively(2);
    scenario.acknowledge(&order);
    scenario.want(BOT, 2, Urgency::Passive, IntentReason::Signal);
    assert_eq!(scenario.approved(), []);
    scenario.fill(&order, 2, 0);
    scenario.want(BOT, 2, Urgency::Passive, IntentReason::Signal);
    assert_eq!((scenario.approved(), scenario.rejected()), (vec![], None));
}

#[test]
fn a_working_order_of_another_size_is_cancelled_before_the_new_one() {
    let (mut scenario, _) = start(|_| {});
    let order = scenario.enter_passively(1);
    scenario.acknowledge(&order);
    let cancel = scenario.enter_passively(3);
    assert_eq!((cancel.kind, cancel.orig_cl_ord_id), (OutboundKind::Cancel, order.cl_ord_id));
    scenario.want(BOT, 3, Urgency::Passive, IntentReason::Signal);
    assert_eq!(scenario.approved(), [], "one cancel is enough");
    scenario.end(&cancel, 0);
    assert_eq!((scenario.only().kind, scenario.only().qty), (OutboundKind::New, 3));
}

#[test]
fn a_fill_that_beats_the_cancel_is_taken_into_account() {
    let (mut scenario, _) = start(|_| {});
    let order = scenario.enter_passively(2);
    scenario.acknowledge(&order);
    scenario.enter_passively(-1);
    scenario.fill(&order, 2, 0);
    let close = scenario.only();
    assert_eq!((close.side, close.qty), (Side::Sell, 2), "the reversal first closes");
    scenario.fill(&close, 2, 0);
    assert_eq!((scenario.only().side, scenario.only().qty), (Side::Sell, 1));
}

#[test]
fn an_exit_cancels_a_passive_order_and_crosses() {
    let (mut scenario, _) = start_holding(2, |_| {});
    let order = scenario.enter_passively(3);
    scenario.acknowledge(&order);
    scenario.stop_out();
    let cancel = scenario.only();
    assert_eq!(cancel.kind, OutboundKind::Cancel);
    scenario.end(&cancel, 0);
    let exit = scenario.only();
    assert_eq!((exit.side, exit.qty), (Side::Sell, 2));
    assert_eq!(exit.time_in_force, TimeInForce::ImmediateOrCancel);
}

#[test]
fn the_rest_of_an_entry_is_given_up_and_that_of_an_exit_tried_again_each_timer() {
    let (mut scenario, setup) = start(|_| {});
    scenario.enter(3);
    let entry = scenario.only();
    scenario.fill(&entry, 2, 1);
    scenario.end(&entry, 2);
    assert_eq!((scenario.approved(), scenario.held()), (vec![], 2));
    assert_eq!(scenario.pass(3, setup.view), []);

    scenario.stop_out();
    let exit = scenario.only();
    scenario.fill(&exit, 1, 1);
    scenario.end(&exit, 1);
    assert_eq!(scenario.approved(), [], "not before the next timer");
    scenario.stop_out();
    assert_eq!(scenario.approved(), [], "a repeated intent changes nothing");
    let again = scenario.pass(1, setup.view);
    assert_eq!(again.len(), 1);
    assert_eq!((again[0].side, again[0].qty), (Side::Sell, 1));
}

#[test]
fn a_refused_exit_is_tried_each_timer_and_put_on_record_once() {
    let (mut scenario, setup) = start_holding(1, |_| {});
    let halted = MarketView { state: TradingState::Halted, ..setup.view };
    scenario.market(halted);
    scenario.stop_out();
    assert_eq!(scenario.rejected().map(|r| r.code), Some(RejectCode::TradingHalted));
    scenario.pass(2, halted);
    assert_eq!(scenario.rejected(), None);
    assert_eq!(scenario.risk.counters().rejects[RejectCode::TradingHalted as usize], 3);
    assert_eq!(scenario.pass(1, setup.view).len(), 1);
}

#[test]
fn a_refused_entry_waits_for_a_new_intent() {
    let (mut scenario, setup) = start(|_| {});
    scenario.market(MarketView { gapped: true, ..setup.view });
    scenario.enter(1);
    assert!(scenario.rejected().is_some());
    assert_eq!(scenario.pass(2, setup.view), []);
    scenario.enter(1);
    assert_eq!(scenario.approved().len(), 1);
}

#[test]
fn an_unfilled_passive_entry_is_moved_once_and_then_cancelled_for_good() {
    let (mut scenario, setup) = start(|_| {});
    let order = scenario.enter_passively(1);
    scenario.acknowledge(&order);
    assert_eq!(scenario.pass(REPRICE_SECONDS - 1, moved(&setup, 20_002)), []);
    let requests = scenario.pass(1, moved(&setup, 20_002));
    let [replace] = requests[..] else { panic!("{requests:?}") };
    assert_eq!((replace.kind, replace.price), (OutboundKind::Replace, ticks(20_002)));
    assert_eq!((replace.qty, replace.orig_cl_ord_id), (1, order.cl_ord_id));
    scenario.tell(&replace, ExecType::Replaced, OrdStatus::New);
    assert_eq!(scenario.pass(REPRICE_SECONDS - 1, moved(&setup, 20_004)), [], "moved only once");
    let requests = scenario.pass(1, moved(&setup, 20_004));
    let [cancel] = requests[..] else { panic!("{requests:?}") };
    assert_eq!((cancel.kind, cancel.orig_cl_ord_id), (OutboundKind::Cancel, replace.cl_ord_id));
    scenario.end(&cancel, 0);
    assert_eq!(scenario.pass(3, setup.view), []);
    assert_eq!(scenario.risk.working(BOT).count(), 0);
}

#[test]
fn a_passive_way_out_becomes_aggressive_when_it_is_not_filled() {
    let (mut scenario, setup) = start_holding(1, |_| {});
    let order = scenario.enter_passively(0);
    assert_eq!(order.time_in_force, TimeInForce::Day);
    scenario.acknowledge(&order);
    let requests = scenario.pass(2 * REPRICE_SECONDS, setup.view);
    let [cancel] = requests[..] else { panic!("{requests:?}") };
    scenario.end(&cancel, 0);
    let exit = scenario.only();
    assert_eq!((exit.side, exit.time_in_force), (Side::Sell, TimeInForce::ImmediateOrCancel));
}

#[test]
fn a_replace_keeps_to_the_checks() {
    let (mut scenario, setup) = start(|_| {});
    let order = scenario.enter_passively(1);
    scenario.acknowledge(&order);
    let gapped = MarketView { gapped: true, ..moved(&setup, 20_002) };
    assert_eq!(scenario.pass(REPRICE_SECONDS, gapped), []);
    assert_eq!(scenario.rejected().map(|r| r.code), Some(RejectCode::GappedMarketData));
}

#[test]
fn a_replace_keeps_to_caps_that_were_lowered_meanwhile() {
    let (mut scenario, setup) = start_holding(2, |_| {});
    let order = scenario.enter_passively(4);
    scenario.acknowledge(&order);
    scenario.input(Input::Bot(BotDefinition { max_position: 3, ..setup.bot }));
    assert_eq!(scenario.pass(REPRICE_SECONDS, moved(&setup, 20_002)), []);
    let reject = scenario.rejected().expect("refused");
    assert_eq!((reject.code, reject.limit, reject.value), (RejectCode::BotPosition, 3, 4));
}

#[test]
fn a_cancel_names_the_replace_that_went_before_it() {
    let (mut scenario, setup) = start(|_| {});
    let order = scenario.enter_passively(1);
    scenario.acknowledge(&order);
    let replace = scenario.pass(REPRICE_SECONDS, moved(&setup, 20_002))[0];
    scenario.command(CommandKind::Kill { flatten: false }, Scope::Platform);
    assert_eq!(scenario.only().orig_cl_ord_id, replace.cl_ord_id);
    let cancel = scenario.only();
    scenario.input(Input::CancelReject(too_late(&replace)));
    scenario.input(Input::CancelReject(too_late(&cancel)));
    let again = scenario.pass(1, setup.view);
    assert_eq!(again[0].orig_cl_ord_id, order.cl_ord_id, "the replace was refused");
}

#[test]
fn a_broker_that_refuses_every_cancel_is_asked_once_a_second() {
    let (mut scenario, setup) = start(|_| {});
    let order = scenario.enter_passively(1);
    scenario.acknowledge(&order);
    let mut cancel = scenario.enter_passively(-1);
    for _ in 0..3 {
        scenario.input(Input::CancelReject(too_late(&cancel)));
        assert_eq!(scenario.approved(), []);
        let requests = scenario.pass(1, setup.view);
        assert_eq!(requests.len(), 1);
        cancel = requests[0];
        assert_eq!(cancel.kind, OutboundKind::Cancel);
    }
}

#[test]
fn one_input_names_every_order_once() {
    let (mut scenario, setup) = start(|_| {});
    for index in 1..4 {
        scenario.input(Input::Bot(BotDefinition { bot: BotId(index), ..setup.bot }));
    }
    for index in 0..4 {
        scenario.want(BotId(index), 1, Urgency::Passive, IntentReason::Signal);
    }
    scenario.command(CommandKind::Stop, Scope::Platform);
    let mut ids: Vec<_> = scenario.approved().iter().map(|request| request.cl_ord_id).collect();
    let seq = ids[0].seq();
    assert!(ids.iter().all(|id| id.seq() == seq));
    ids.dedup();
    assert_eq!(ids.len(), 4);
}

#[test]
fn a_cancel_that_is_refused_by_report_or_by_the_session_layer_waits_for_the_next_timer_too() {
    let refusals: [fn(&mut Scenario, &OrderRequest); 2] = [
        |scenario, cancel| {
            scenario.tell(cancel, ExecType::Rejected, OrdStatus::New);
        },
        |scenario, cancel| {
            scenario.input(message_rejected(cancel));
        },
    ];
    for refuse in refusals {
        let (mut scenario, setup) = start(|_| {});
        let order = scenario.enter_passively(1);
        scenario.acknowledge(&order);
        let mut cancel = scenario.enter_passively(-1);
        for _ in 0..3 {
            refuse(&mut scenario, &cancel);
            assert_eq!(scenario.approved(), []);
            let requests = scenario.pass(1, setup.view);
            assert_eq!(requests.len(), 1);
            cancel = requests[0];
            assert_eq!(
                (cancel.kind, cancel.orig_cl_ord_id),
                (OutboundKind::Cancel, order.cl_ord_id)
            );
        }
    }
}

#[test]
fn an_order_that_must_end_at_once_and_does_not_is_cancelled() {
    let (mut scenario, setup) = start_holding(1, |_| {});
    scenario.stop_out();
    let exit = scenario.only();
    scenario.acknowledge(&exit);
    assert_eq!(scenario.pass(REPRICE_SECONDS - 1, setup.view), []);
    let requests = scenario.pass(1, moved(&setup, 20_002));
    let [cancel] = requests[..] else { panic!("{requests:?}") };
    assert_eq!((cancel.kind, cancel.orig_cl_ord_id), (OutboundKind::Cancel, exit.cl_ord_id));
    scenario.end(&cancel, 0);
    let again = scenario.only();
    assert_eq!((again.side, again.time_in_force), (Side::Sell, TimeInForce::ImmediateOrCancel));
}
