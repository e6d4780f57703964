//! Entries by hand that bring their stop and their target along.

use super::tickets::ticket;
use super::*;
use crate::risk::scenario::top;
use gauntlet_model::desk::desk_of;
use gauntlet_model::market_view::MarketView;

fn desk() -> BotId {
    desk_of(0).expect("there is one")
}

/// Five bought at 20,000 ticks, with a stop at 19,980 and a target at 20,010.
fn bracket() -> Ticket {
    Ticket {
        qty: 5,
        price: ticks(20_000),
        stop_loss: ticks(19_980),
        take_profit: ticks(20_010),
        ..ticket(TicketKind::New)
    }
}

fn seen(bid: i64) -> MarketView {
    MarketView { top: top(bid, bid + 1), last: ticks(bid), ..Setup::new().view }
}

/// A stop as its fill names it, with a price.
fn at_market(stop: &OrderRequest) -> OrderRequest {
    OrderRequest { price: stop.terms.stop_px, ..*stop }
}

/// A filled bracket, and its stop at the broker.
fn filled_bracket() -> (Scenario, OrderRequest) {
    let (mut scenario, _) = start(|_| {});
    scenario.input(Input::Ticket(bracket()));
    let entry = scenario.only();
    scenario.acknowledge(&entry);
    scenario.fill(&entry, 5, 0);
    let stop = scenario.only();
    assert_eq!((stop.terms.order_type, stop.qty), (OrderType::Stop, 5));
    assert_eq!(stop.terms.parent, entry.cl_ord_id);
    scenario.acknowledge(&stop);
    (scenario, stop)
}

#[test]
fn the_target_withdraws_the_stop_first_and_then_closes_all() {
    let (mut scenario, stop) = filled_bracket();
    scenario.market(seen(20_009));
    assert!(scenario.approved().is_empty(), "short of it by a tick");
    scenario.market(seen(20_010));
    let cancel = scenario.only();
    assert_eq!((cancel.kind, cancel.orig_cl_ord_id), (OutboundKind::Cancel, stop.cl_ord_id));
    scenario.market(seen(20_005));
    assert!(scenario.approved().is_empty(), "nothing closes beside the stop");
    scenario.end(&OrderRequest { orig_cl_ord_id: stop.cl_ord_id, ..cancel }, 0);
    let exit = scenario.only();
    assert_eq!((exit.side, exit.qty), (Side::Sell, 5), "once met it is carried out");
    scenario.fill(&exit, 5, 0);
    scenario.market(seen(20_020));
    assert!(scenario.approved().is_empty() && scenario.held_of(desk()) == 0);
}

#[test]
fn what_the_stop_fills_while_it_is_withdrawn_is_not_closed_again() {
    for filled in 1..=5 {
        let (mut scenario, stop) = filled_bracket();
        scenario.market(seen(20_010));
        let cancel = scenario.only();
        scenario.fill(&at_market(&stop), filled, 5 - filled);
        let early = scenario.approved();
        assert!(early.is_empty(), "{filled} filled, the rest may fill still: {early:?}");
        if filled < 5 {
            scenario.end(&OrderRequest { orig_cl_ord_id: stop.cl_ord_id, ..cancel }, filled);
            assert_eq!(scenario.only().qty, 5 - filled);
        }
        assert_eq!(scenario.held_of(desk()), 5 - filled as i32);
    }
}

#[test]
fn a_stop_that_filled_in_part_leaves_the_target_no_more_than_is_held() {
    let (mut scenario, stop) = filled_bracket();
    scenario.fill(&at_market(&stop), 2, 3);
    assert!(scenario.approved().is_empty(), "the rest of it covers the rest");
    scenario.market(seen(20_010));
    let cancel = scenario.only();
    scenario.end(&OrderRequest { orig_cl_ord_id: stop.cl_ord_id, ..cancel }, 2);
    assert_eq!((scenario.only().side, scenario.only().qty), (Side::Sell, 3));
}

#[test]
fn a_closing_fill_that_is_taken_back_brings_stop_and_target_back_with_the_position() {
    for (rests, by_stop) in [(true, true), (true, false), (false, true)] {
        let (mut scenario, _) = start(|_| {});
        scenario.input(Input::Ticket(Ticket { target_rests: rests, ..bracket() }));
        let entry = scenario.only();
        scenario.acknowledge(&entry);
        scenario.fill(&entry, 5, 0);
        let children = scenario.approved();
        assert_eq!(children.len(), 1 + usize::from(rests));
        children.iter().for_each(|child| scenario.acknowledge(child));
        let is_stop = |order: &OrderRequest| order.terms.order_type == OrderType::Stop;
        let filled_one = children.iter().find(|one| is_stop(one) == by_stop).expect("it rests");
        let closing = match by_stop {
            true => at_market(filled_one),
            false => *filled_one,
        };
        let fill = ExecutionReport { exec_id: Text::new("E9"), ..filled(&closing, 5, 0) };
        scenario.input(Input::Execution(fill));
        let cancels = scenario.approved();
        assert_eq!(cancels.len(), usize::from(rests), "the other goes");
        cancels.iter().for_each(|cancel| {
            scenario.end(cancel, 0);
        });
        assert_eq!((scenario.held_of(desk()), scenario.risk.working(desk()).count()), (0, 0));
        let bust = ExecutionReport {
            exec_id: Text::new("B1"),
            text: Text::new("E9"),
            ..report(&closing, ExecType::TradeCancel, OrdStatus::Canceled)
        };
        scenario.input(Input::Execution(bust));
        scenario.book();
        let again = scenario.approved();
        assert_eq!(scenario.held_of(desk()), 5);
        let levels = |of: &[OrderRequest]| -> Vec<_> {
            of.iter().map(|one| (one.side, one.qty, one.price, one.terms.stop_px)).collect()
        };
        assert_eq!(levels(&again), levels(&children), "rests {rests}, by stop {by_stop}");
        again.iter().for_each(|child| scenario.acknowledge(child));
        if !rests {
            // A target that is held here is met again.
            scenario.market(seen(20_010));
            assert_eq!(scenario.only().kind, OutboundKind::Cancel);
        }
    }
}

#[test]
fn levels_of_a_position_that_ended_do_not_come_back_with_one_of_the_other_side() {
    let (mut scenario, stop) = filled_bracket();
    scenario.fill(&at_market(&stop), 5, 0);
    // What is taken back is a purchase that was never one of its own.
    scenario.correct(Correction {
        bot: Some(desk()),
        side: Side::Buy,
        qty: 2,
        price: ticks(20_000),
        ..Correction::by_person(CorrectionKind::TakeBack, Text::new("ann"), Text::new("statement"))
    });
    assert_eq!(scenario.held_of(desk()), -2);
    assert_eq!(scenario.approved(), []);
}

#[test]
fn an_entry_that_goes_on_filling_after_its_stop_is_protected_by_the_same_levels() {
    let (mut scenario, _) = start(|_| {});
    scenario.input(Input::Ticket(bracket()));
    let entry = scenario.only();
    scenario.acknowledge(&entry);
    scenario.fill(&entry, 2, 3);
    let stop = scenario.only();
    scenario.acknowledge(&stop);
    scenario.fill(&at_market(&stop), 2, 0);
    assert_eq!(scenario.held_of(desk()), 0);
    scenario.fill(&entry, 3, 0);
    let stop = scenario.only();
    assert_eq!((stop.terms.stop_px, stop.qty), (ticks(19_980), 3));
    scenario.acknowledge(&stop);
    scenario.fill(&at_market(&stop), 3, 0);
    // Nothing of the entry is left, so its levels are no more.
    let plain = Ticket { stop_loss: Price::NONE, take_profit: Price::NONE, ..bracket() };
    scenario.input(Input::Ticket(plain));
    let entry = scenario.only();
    scenario.fill(&entry, 5, 0);
    assert!(scenario.approved().is_empty());
}

#[test]
fn a_child_asks_for_what_there_is_to_close_and_for_not_one_contract_more() {
    let (mut scenario, stop) = filled_bracket();
    let replace = |qty| Ticket { order: stop.cl_ord_id, qty, ..ticket(TicketKind::Replace) };
    scenario.input(Input::Ticket(replace(6)));
    let reject = scenario.rejected().expect("one more than its parent brought");
    assert_eq!((reject.code, reject.limit, reject.value), (RejectCode::ParentQuantity, 0, 1));
    assert_eq!(scenario.risk.counters().rejects[RejectCode::ParentQuantity as usize], 1);
    scenario.input(Input::Ticket(replace(3)));
    let fewer = scenario.only();
    scenario.replaced(&fewer);
    let back = scenario.only();
    assert_eq!((back.kind, back.qty, scenario.rejected()), (OutboundKind::Replace, 5, None));
}

#[test]
fn a_short_ones_target_is_below_and_meets_the_ask() {
    let (mut scenario, _) = start(|_| {});
    let short = Ticket {
        side: Side::Sell,
        price: ticks(20_001),
        stop_loss: Price::NONE,
        take_profit: ticks(19_990),
        ..bracket()
    };
    scenario.input(Input::Ticket(short));
    let entry = scenario.only();
    scenario.fill(&entry, 5, 0);
    scenario.market(seen(19_990));
    assert!(scenario.approved().is_empty(), "the ask is a tick above it");
    scenario.market(seen(19_989));
    assert_eq!((scenario.only().side, scenario.only().qty), (Side::Buy, 5));
}

#[test]
fn a_target_on_the_wrong_side_or_off_its_tick_is_refused() {
    for wrong in [ticks(20_000), ticks(19_990), Price(ticks(20_010).0 + 1)] {
        let (mut scenario, _) = start(|_| {});
        scenario.input(Input::Ticket(Ticket { take_profit: wrong, ..bracket() }));
        assert!(scenario.approved().is_empty(), "{wrong}");
        assert_eq!(scenario.alerts(), [AlertKind::CommandRefused]);
    }
}

#[test]
fn data_that_cannot_be_trusted_meets_no_target() {
    for broken in [
        MarketView { live: false, ..seen(20_020) },
        MarketView { gapped: true, ..seen(20_020) },
        MarketView { top: top(20_020, 20_020), ..seen(20_020) },
        MarketView { top: top(0, 20_021), ..seen(20_020) },
    ] {
        let (mut scenario, _) = filled_bracket();
        scenario.market(broken);
        assert!(scenario.approved().is_empty(), "{broken:?}");
        scenario.market(seen(20_020));
        assert_eq!(scenario.only().kind, OutboundKind::Cancel);
    }
}

#[test]
fn an_entry_that_ends_unfilled_takes_its_levels_along() {
    let (mut scenario, _) = start(|_| {});
    scenario.input(Input::Ticket(bracket()));
    let entry = scenario.only();
    scenario.acknowledge(&entry);
    scenario.end(&entry, 0);
    let plain = Ticket { stop_loss: Price::NONE, take_profit: Price::NONE, qty: 2, ..bracket() };
    scenario.input(Input::Ticket(plain));
    let entry = scenario.only();
    scenario.fill(&entry, 2, 0);
    assert!(scenario.approved().is_empty(), "nobody asked for a stop");
    scenario.market(seen(20_020));
    assert!(scenario.approved().is_empty(), "nor for a target");
}

#[test]
fn a_freeze_keeps_the_target_and_its_end_lets_it_go() {
    let (mut scenario, stop) = filled_bracket();
    scenario.command(CommandKind::Freeze, Scope::Platform);
    let cancel = scenario.only();
    scenario.end(&OrderRequest { orig_cl_ord_id: stop.cl_ord_id, ..cancel }, 0);
    scenario.market(seen(20_010));
    assert!(scenario.approved().is_empty());
    scenario.command(CommandKind::Unkill, Scope::Platform);
    scenario.market(seen(20_011));
    assert!(!scenario.approved().is_empty());
}
