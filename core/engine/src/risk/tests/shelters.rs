//! The edges of stops that rest at the broker: when none is sent, when one waits, how large one may be.

use super::protection::{at, protected, sheltered};
use super::tickets::ticket;
use super::*;
use gauntlet_model::desk::desk_of;
use gauntlet_model::market_view::MarketView;
use gauntlet_model::order::ANSWER_WITHIN_NS;

impl Scenario {
    fn refusals(&self, code: RejectCode) -> u64 {
        self.risk.counters().rejects[code as usize]
    }

    /// How often a person was told by the last input that an exit is stuck.
    fn told_stuck(&self) -> usize {
        self.alerts().iter().filter(|kind| **kind == AlertKind::ExitStuck).count()
    }
}

#[test]
fn the_level_of_a_position_that_ended_protects_none_that_follows() {
    let (mut scenario, setup, stop) = sheltered(3, 19_980);
    let report = ExecutionReport { last_px: ticks(19_980), ..filled(&stop, 3, 0) };
    scenario.input(Input::Execution(report));
    assert_eq!(scenario.held(), 0);
    scenario.enter(2);
    let entry = scenario.only();
    scenario.fill(&entry, 2, 0);
    assert!(scenario.approved().is_empty(), "fusion has said nothing of this position yet");
    assert!(scenario.pass(2, setup.view).is_empty());
    let anew = scenario.levels(19_985);
    let sent: Vec<_> = anew.iter().map(|order| (order.qty, order.terms.stop_px)).collect();
    assert_eq!(sent, [(2, ticks(19_985))]);
}

#[test]
fn a_market_past_the_level_by_its_last_trade_or_by_its_book_gets_no_stop() {
    for (held, level, last, bid, past) in [
        (3, 19_980, 19_980, 19_990, true),
        (3, 19_980, 19_990, 19_980, true),
        (3, 19_980, 19_981, 19_981, false),
        (-3, 20_020, 20_020, 20_010, true),
        (-3, 20_020, 20_010, 20_019, true),
        (-3, 20_020, 20_019, 20_018, false),
    ] {
        let (mut scenario, setup) = start_holding(held, protected);
        scenario.market(MarketView { last: ticks(last), ..at(&setup, bid) });
        let sent = scenario.levels(level).len();
        assert_eq!(sent, usize::from(!past), "{held}: {last} and {bid} against {level}");
    }
}

#[test]
fn no_stop_is_sent_anew_while_the_bot_wants_out_by_itself() {
    let (mut scenario, setup, stop) = sheltered(3, 19_980);
    scenario.stop_out();
    let cancel = scenario.only();
    let dead = MarketView { live: false, ..setup.view };
    scenario.market(dead);
    scenario.end(&OrderRequest { orig_cl_ord_id: stop.cl_ord_id, ..cancel }, 0);
    assert_eq!(scenario.rejected().map(|r| r.code), Some(RejectCode::StaleMarketData));
    assert!(scenario.pass(3, dead).is_empty(), "neither the exit nor a stop");
    let exit = scenario.pass(1, setup.view);
    let sent: Vec<_> = exit.iter().map(|order| (order.qty, order.terms)).collect();
    assert_eq!(sent, [(3, Terms::LIMIT)]);
}

#[test]
fn an_orderly_stop_moves_no_stop_and_puts_no_refusal_on_record() {
    let (mut scenario, setup, _) = sheltered(3, 19_980);
    scenario.command(CommandKind::Stop, Scope::Platform);
    scenario.levels(19_990);
    for _ in 0..3 {
        assert!(scenario.pass(1, setup.view).is_empty());
        assert_eq!(scenario.rejected(), None);
    }
    assert_eq!(scenario.refusals(RejectCode::Killed), 0);
}

#[test]
fn a_stop_is_withdrawn_over_a_session_that_is_up_only() {
    let (mut scenario, setup, _) = sheltered(3, 19_980);
    scenario.session(SessionChange::Disconnected);
    scenario.stop_out();
    for _ in 0..3 {
        assert!(scenario.pass(1, setup.view).is_empty());
    }
    assert_eq!(scenario.refusals(RejectCode::RouteDown), 0, "nothing was tried in vain");
    scenario.session(SessionChange::LoggedOn);
    let sent = scenario.pass(1, setup.view);
    assert_eq!(sent.iter().map(|order| order.kind).collect::<Vec<_>>(), [OutboundKind::Cancel]);
}

#[test]
fn a_person_hears_of_a_way_out_that_waits_after_the_time_for_an_answer_and_not_before() {
    let (mut scenario, setup, _) = sheltered(3, 19_980);
    scenario.stop_out();
    for second in 1..=ANSWER_WITHIN_NS / NANOS_PER_SECOND {
        scenario.pass(1, setup.view);
        let due = second == ANSWER_WITHIN_NS / NANOS_PER_SECOND;
        assert_eq!(scenario.told_stuck(), usize::from(due), "after {second} s");
    }
}

#[test]
fn pauses_between_refused_stops_double_up_to_a_minute_and_a_bit() {
    let (mut scenario, setup) = start_holding(3, protected);
    scenario.levels(19_980);
    let mut order = scenario.only();
    for pause in [2, 4, 8, 16, 32, 64, 64, 64] {
        scenario.tell(&order, ExecType::Rejected, OrdStatus::Rejected);
        assert!(scenario.pass(pause - 1, setup.view).is_empty(), "within {pause} s");
        let sent = scenario.pass(1, setup.view);
        assert_eq!(sent.len(), 1, "after {pause} s");
        order = sent[0];
    }
    // One that the broker takes begins anew.
    scenario.acknowledge(&order);
    scenario.end(&order, 0);
    order = scenario.only();
    scenario.tell(&order, ExecType::Rejected, OrdStatus::Rejected);
    assert!(scenario.pass(1, setup.view).is_empty());
    assert_eq!(scenario.pass(1, setup.view).len(), 1);
}

#[test]
fn a_stop_that_is_refused_while_it_is_withdrawn_is_no_news_to_a_person() {
    let (mut scenario, setup) = start_holding(3, protected);
    scenario.levels(19_980);
    let stop = scenario.only();
    scenario.stop_out();
    assert_eq!(scenario.only().kind, OutboundKind::Cancel);
    scenario.tell(&stop, ExecType::Rejected, OrdStatus::Rejected);
    assert_eq!(scenario.told_stuck(), 0, "it was to go anyway");
    let exit = scenario.only();
    assert_eq!((exit.kind, exit.qty, exit.terms), (OutboundKind::New, 3, Terms::LIMIT));
    scenario.end(&exit, 0);
    // Had it counted as refused, this one would wait.
    scenario.want(BOT, 3, Urgency::Passive, IntentReason::Signal);
    assert_eq!(scenario.pass(1, setup.view).len(), 1);
}

#[test]
fn a_stop_closes_no_more_than_a_persons_own_order_leaves_to_it() {
    let (mut scenario, setup) = start(|_| {});
    let entry = Ticket {
        qty: 5,
        price: ticks(20_000),
        stop_loss: ticks(19_980),
        ..ticket(TicketKind::New)
    };
    scenario.input(Input::Ticket(entry));
    let parent = scenario.only();
    scenario.fill(&parent, 5, 0);
    let stop = scenario.only();
    assert_eq!(stop.qty, 5);
    scenario.tell(&stop, ExecType::Rejected, OrdStatus::Rejected);
    // Meanwhile he closes two of the five himself.
    let (side, price) = (Side::Sell, ticks(20_010));
    scenario.input(Input::Ticket(Ticket { side, qty: 2, price, ..ticket(TicketKind::New) }));
    let own = scenario.only();
    scenario.acknowledge(&own);
    let sent = scenario.pass(2, setup.view);
    assert_eq!(sent.iter().map(|order| order.qty).collect::<Vec<_>>(), [3]);
    scenario.acknowledge(&sent[0]);
    // The stop stays as large as that, and nothing larger is asked for in vain.
    for _ in 0..3 {
        assert!(scenario.pass(1, setup.view).is_empty());
    }
    assert_eq!(scenario.refusals(RejectCode::BotPosition), 0);
    // What he takes back, the stop protects.
    scenario.end(&own, 0);
    let grown: Vec<_> = scenario.approved().iter().map(|order| (order.kind, order.qty)).collect();
    assert_eq!(grown, [(OutboundKind::Replace, 5)]);
    let desk = desk_of(0).expect("there is one");
    assert_eq!(scenario.risk.working(desk).count(), 1);
}

/// A person books contracts of a bot.
fn booked(side: Side, qty: u32, exec_id: &str) -> Input {
    let (actor, reason) = (Text::new("ann"), Text::new("told by phone"));
    Input::Correction(Correction {
        exec_id: Text::new(exec_id),
        bot: Some(BOT),
        side,
        qty,
        price: ticks(20_000),
        ..Correction::by_person(CorrectionKind::Book, actor, reason)
    })
}

#[test]
fn a_booking_by_hand_keeps_the_level_of_what_is_held_and_ends_that_of_what_is_not() {
    let (mut scenario, setup, _) = sheltered(3, 19_980);
    let before = scenario.risk.counters().fills;
    scenario.input(booked(Side::Buy, 1, "P1"));
    assert_eq!((scenario.held(), scenario.risk.counters().fills), (4, before + 1));
    let grown = scenario.only();
    assert_eq!((grown.kind, grown.qty), (OutboundKind::Replace, 4));
    assert_eq!(grown.terms.stop_px, ticks(19_980));
    scenario.replaced(&grown);
    scenario.input(booked(Side::Sell, 4, "P2"));
    assert_eq!(scenario.held(), 0);
    let cancel = scenario.only();
    assert_eq!(cancel.kind, OutboundKind::Cancel);
    scenario.end(&cancel, 0);
    scenario.enter(2);
    let entry = scenario.only();
    scenario.fill(&entry, 2, 0);
    assert!(scenario.approved().is_empty() && scenario.pass(2, setup.view).is_empty());
}

#[test]
fn refused_stops_count_for_the_breaker_of_their_account_and_others_that_end_do_not() {
    let account = Scope::Account(gauntlet_model::ids::AccountId(0));
    let watched = || {
        let (mut scenario, setup) = start_holding(3, protected);
        let all = super::super::self_test_watch::watched(99, 99, 2);
        scenario.input(Input::AccountWatch(all));
        scenario.levels(19_980);
        let order = scenario.only();
        (scenario, setup, order)
    };
    let (mut scenario, setup, first) = watched();
    scenario.tell(&first, ExecType::Rejected, OrdStatus::Rejected);
    assert_eq!(scenario.risk.breaker(account), None, "one of two");
    let second = scenario.pass(2, setup.view)[0];
    scenario.tell(&second, ExecType::Rejected, OrdStatus::Rejected);
    assert!(scenario.risk.breaker(account).is_some());
    let (mut scenario, _, mut order) = watched();
    for _ in 0..4 {
        scenario.acknowledge(&order);
        scenario.end(&order, 0);
        order = scenario.only();
    }
    assert_eq!(scenario.risk.breaker(account), None);
}
