//! Orders that outlive sessions at a broker that keeps none.

use super::tickets::ticket;
use super::*;
use crate::risk::{HELD_MAX, MESSAGES_PER_ROUND, ORDERS_PER_DESK};
use gauntlet_model::desk::desk_of;
use gauntlet_model::ids::AccountId;
use gauntlet_model::order::Capabilities;

/// From 10:00 in New York to the close at 17:00, and to the next session's beginning at 18:00.
const TO_CLOSE: u64 = 7 * 3_600;
const TO_OPEN: u64 = 8 * 3_600;
const DAY: u64 = 24 * 3_600;

fn desk() -> BotId {
    desk_of(0).expect("there is one")
}

/// A desk at a broker that keeps orders for the day at most.
fn short_lived() -> Scenario {
    let (mut scenario, _) = start(|_| {});
    let lives = [TimeInForce::GoodTillCancel, TimeInForce::GoodTillDate];
    let capabilities = lives.iter().fold(Capabilities::ALL, |left, of| left.without_life(*of));
    let (route, name) = (Route::BROKER, Text::new("B"));
    scenario.input(Input::Broker(BrokerDefinition { route, name, capabilities }));
    scenario
}

fn gtc(qty: u32) -> Ticket {
    Ticket {
        qty,
        price: ticks(19_990),
        time_in_force: TimeInForce::GoodTillCancel,
        ..ticket(TicketKind::New)
    }
}

impl Scenario {
    fn placed(&mut self, ticket: Ticket) -> OrderRequest {
        self.input(Input::Ticket(ticket));
        let order = self.only();
        self.acknowledge(&order);
        order
    }

    /// It is so many seconds after 10:00, with the market alive and a timer.
    fn at_second(&mut self, second: u64) -> Vec<OrderRequest> {
        self.now = IN_SESSION.plus(second * NANOS_PER_SECOND);
        self.market(Setup::new().view);
        self.input(Input::Timer(Timer { second: self.now.0 / NANOS_PER_SECOND }));
        self.approved()
    }

    fn expires(&mut self, order: &OrderRequest, filled: u32) {
        let expired = report(order, ExecType::Expired, OrdStatus::Expired);
        self.input(Input::Execution(ExecutionReport { cum_qty: filled, ..expired }));
    }

    fn waiting(&self) -> usize {
        self.risk.held_stops().count()
    }
}

#[test]
fn what_is_left_of_a_good_till_cancelled_order_is_placed_again_in_the_next_session() {
    let mut scenario = short_lived();
    let first = scenario.placed(gtc(3));
    assert_eq!(first.terms.emulation, Emulation::CARRIED);
    assert_eq!(first.time_in_force, TimeInForce::GoodTillCancel, "it is one by its own terms");
    scenario.fill(&first, 1, 2);
    scenario.now = IN_SESSION.plus(TO_CLOSE * NANOS_PER_SECOND);
    scenario.expires(&first, 1);
    assert_eq!((scenario.waiting(), scenario.risk.working(desk()).count()), (1, 0));
    assert!(scenario.at_second(TO_CLOSE + 1_800).is_empty(), "the exchange is closed");
    let again = scenario.at_second(TO_OPEN + 1);
    assert_eq!(again.len(), 1, "{:?}", scenario.out);
    let second = again[0];
    assert_eq!((second.side, second.qty, second.price), (first.side, 2, first.price));
    assert_eq!((second.bot, second.terms.parent), (desk(), first.cl_ord_id));
    assert_ne!(second.cl_ord_id, first.cl_ord_id);
    assert_eq!((scenario.waiting(), scenario.risk.working(desk()).count()), (0, 1));
    // And the day after, still of the first.
    scenario.acknowledge(&second);
    scenario.now = IN_SESSION.plus((DAY + TO_CLOSE) * NANOS_PER_SECOND);
    scenario.expires(&second, 0);
    let third = scenario.at_second(DAY + TO_OPEN + 1);
    assert_eq!((third.len(), third[0].qty, third[0].terms.parent), (1, 2, first.cl_ord_id));
}

#[test]
fn a_broker_that_ends_it_early_does_not_get_it_back_in_the_same_session() {
    let mut scenario = short_lived();
    let order = scenario.placed(gtc(1));
    scenario.expires(&order, 0);
    for second in [1, TO_CLOSE - 1] {
        assert!(scenario.at_second(second).is_empty(), "{second}");
    }
    assert_eq!(scenario.at_second(TO_OPEN + 1).len(), 1);
}

#[test]
fn a_date_ends_it_at_the_broker_and_while_it_waits() {
    let until = |seconds: u64| IN_SESSION.plus(seconds * NANOS_PER_SECOND);
    let gtd = |expires| Ticket { time_in_force: TimeInForce::GoodTillDate, expires, ..gtc(1) };
    // Before the next session: nothing is placed again.
    let mut scenario = short_lived();
    let order = scenario.placed(gtd(until(TO_CLOSE + 60)));
    assert_eq!(order.terms.emulation, Emulation::CARRIED.and(Emulation::UNTIL_DATE));
    scenario.now = until(TO_CLOSE);
    scenario.expires(&order, 0);
    assert_eq!(scenario.waiting(), 1);
    assert!(scenario.at_second(TO_CLOSE + 60).is_empty());
    assert_eq!(scenario.waiting(), 0);
    assert!(scenario.at_second(TO_OPEN + 1).is_empty());
    // While it works: we cancel it.
    let mut scenario = short_lived();
    let order = scenario.placed(gtd(until(60)));
    assert!(scenario.at_second(59).is_empty());
    let cancel = scenario.at_second(60);
    assert_eq!((cancel.len(), cancel[0].kind), (1, OutboundKind::Cancel));
    scenario.end(&OrderRequest { orig_cl_ord_id: order.cl_ord_id, ..cancel[0] }, 0);
    assert!(scenario.at_second(TO_OPEN + 1).is_empty() && scenario.waiting() == 0);
}

#[test]
fn what_anybody_cancelled_or_refused_is_not_placed_again() {
    let ends: [(ExecType, OrdStatus); 2] =
        [(ExecType::Canceled, OrdStatus::Canceled), (ExecType::Rejected, OrdStatus::Rejected)];
    for (exec_type, status) in ends {
        let mut scenario = short_lived();
        scenario.input(Input::Ticket(gtc(1)));
        let order = scenario.only();
        scenario.tell(&order, exec_type, status);
        assert_eq!(scenario.waiting(), 0, "{status:?}");
    }
    // A cancel of ours that its end overtakes counts all the same.
    let mut scenario = short_lived();
    let order = scenario.placed(gtc(1));
    let cancel = Ticket { order: order.cl_ord_id, ..ticket(TicketKind::Cancel) };
    scenario.input(Input::Ticket(cancel));
    scenario.expires(&order, 0);
    assert_eq!(scenario.waiting(), 0);
}

#[test]
fn a_person_and_a_kill_end_what_waits() {
    for killed in [false, true] {
        let mut scenario = short_lived();
        let order = scenario.placed(gtc(1));
        scenario.expires(&order, 0);
        let waits = scenario.risk.held_stops().next().expect("it waits").cl_ord_id;
        match killed {
            true => {
                scenario.command(CommandKind::Kill { flatten: false }, Scope::Platform);
            }
            false => {
                let cancel = Ticket { order: waits, ..ticket(TicketKind::Cancel) };
                scenario.input(Input::Ticket(cancel));
            }
        }
        assert_eq!(scenario.waiting(), 0, "killed: {killed}");
        assert!(scenario.at_second(TO_OPEN + 1).is_empty());
    }
}

#[test]
fn it_waits_over_a_restart_for_its_session_to_be_up() {
    let mut scenario = short_lived();
    let order = scenario.placed(gtc(1));
    scenario.expires(&order, 0);
    let setup = Setup::new();
    scenario.input(Input::RunStart(setup.run));
    assert!(scenario.at_second(TO_OPEN + 1).is_empty(), "nobody is there to take it");
    scenario.session(SessionChange::LoggedOn);
    assert_eq!(scenario.at_second(TO_OPEN + 2).len(), 1);
}

#[test]
fn one_that_its_broker_does_not_know_any_more_is_in_doubt_and_never_placed_again_blindly() {
    let mut scenario = short_lived();
    let order = scenario.placed(gtc(1));
    scenario.session(SessionChange::Disconnected);
    scenario.now = IN_SESSION.plus((TO_CLOSE + 1_800) * NANOS_PER_SECOND);
    scenario.session(SessionChange::LoggedOn);
    scenario.now = scenario.now.plus(1);
    let unknown = report(&order, ExecType::OrderStatus, OrdStatus::Rejected);
    scenario.input(Input::Execution(unknown));
    for second in [TO_OPEN + 1, TO_OPEN + 600] {
        assert!(scenario.at_second(second).is_empty(), "it may have filled while we were away");
    }
    assert_eq!((scenario.waiting(), scenario.risk.working(desk()).count()), (0, 1));
    // Its broker says at last that it ended with its session: what is left goes on.
    let told =
        ExecutionReport { cum_qty: 0, ..report(&order, ExecType::OrderStatus, OrdStatus::Expired) };
    scenario.input(Input::Execution(told));
    assert_eq!(scenario.waiting(), 1);
    assert_eq!(scenario.at_second(TO_OPEN + 602).len(), 1);
}

#[test]
fn one_whose_broker_is_there_and_silent_ends_by_the_calendar_and_is_placed_again() {
    let mut scenario = short_lived();
    scenario.placed(gtc(1));
    assert!(scenario.at_second(TO_CLOSE + 59).is_empty() && scenario.waiting() == 0);
    assert!(scenario.at_second(TO_CLOSE + 61).is_empty());
    assert_eq!(scenario.waiting(), 1);
    assert_eq!(scenario.at_second(TO_OPEN + 1).len(), 1);
}

#[test]
fn a_bracket_that_is_carried_takes_its_levels_into_the_next_session() {
    let mut scenario = short_lived();
    let entry = scenario.placed(Ticket { stop_loss: ticks(19_970), ..gtc(2) });
    scenario.now = IN_SESSION.plus(TO_CLOSE * NANOS_PER_SECOND);
    scenario.expires(&entry, 0);
    let again = scenario.at_second(TO_OPEN + 1)[0];
    scenario.acknowledge(&again);
    scenario.fill(&again, 2, 0);
    let stop = scenario.only();
    assert_eq!((stop.qty, stop.terms.stop_px), (2, ticks(19_970)));
    assert_eq!(stop.terms.parent, entry.cl_ord_id);
    // One that a person ends while it waits takes them along.
    let mut scenario = short_lived();
    let entry = scenario.placed(Ticket { stop_loss: ticks(19_970), ..gtc(2) });
    scenario.expires(&entry, 0);
    let waits = scenario.risk.held_stops().next().expect("it waits").cl_ord_id;
    scenario.input(Input::Ticket(Ticket { order: waits, ..ticket(TicketKind::Cancel) }));
    let plain = scenario.placed(gtc(1));
    scenario.fill(&plain, 1, 0);
    assert!(scenario.approved().is_empty(), "nobody asked for a stop");
}

#[test]
fn as_many_wait_as_can_be_held_and_a_person_is_told_of_one_more() {
    let mut setup = Setup::new();
    setup.account.messages_per_second = 1_000;
    (setup.instrument.limits.max_position, setup.account.max_position) = (1_000, 1_000);
    let mut scenario = setup.start();
    let lives = [TimeInForce::GoodTillCancel, TimeInForce::GoodTillDate];
    let capabilities = lives.iter().fold(Capabilities::ALL, |left, of| left.without_life(*of));
    let (route, name) = (Route::BROKER, Text::new("B"));
    scenario.input(Input::Broker(BrokerDefinition { route, name, capabilities }));
    for at in 0..HELD_MAX + 1 {
        let order = scenario.placed(Ticket { price: ticks(19_989 - at as i64 % 8), ..gtc(1) });
        scenario.expires(&order, 0);
        scenario.now = scenario.now.plus(NANOS_PER_SECOND / 500);
        let full = scenario.alerts().contains(&AlertKind::TableFull);
        assert_eq!((scenario.waiting(), full), ((at + 1).min(HELD_MAX), at == HELD_MAX), "{at}");
    }
}

#[test]
fn orders_that_end_all_at_once_are_carried_each_within_a_few_inputs() {
    let mut setup = Setup::new();
    setup.account.messages_per_second = 1_000;
    (setup.instrument.limits.max_position, setup.account.max_position) = (2_000, 2_000);
    let mut scenario = setup.start();
    let lives = [TimeInForce::GoodTillCancel, TimeInForce::GoodTillDate];
    let capabilities = lives.iter().fold(Capabilities::ALL, |left, of| left.without_life(*of));
    let accounts = HELD_MAX / (ORDERS_PER_DESK - 1);
    scenario.input(Input::Broker(BrokerDefinition {
        route: Route::BROKER,
        name: Text::new("B"),
        capabilities,
    }));
    for account in 0..accounts as u16 {
        let account = AccountId(account);
        scenario.input(Input::Account(AccountDefinition { account, ..setup.account }));
        for at in 0..ORDERS_PER_DESK - 1 {
            let price = ticks(19_999 - at as i64 % 16);
            scenario.placed(Ticket { account: Some(account), price, ..gtc(1) });
            scenario.now = scenario.now.plus(NANOS_PER_SECOND / 500);
        }
    }
    scenario.at_second(TO_CLOSE + 70);
    assert_eq!(scenario.waiting(), usize::from(MESSAGES_PER_ROUND));
    scenario.at_second(TO_CLOSE + 71);
    assert_eq!(scenario.waiting(), accounts * (ORDERS_PER_DESK - 1));
}

#[test]
fn what_a_check_refuses_waits_until_it_passes_and_is_told_once() {
    let mut scenario = short_lived();
    let order = scenario.placed(gtc(1));
    scenario.expires(&order, 0);
    let mut narrow = Setup::new().instrument;
    narrow.limits.max_position = 0;
    scenario.input(Input::Instrument(narrow));
    assert!(scenario.at_second(TO_OPEN + 1).is_empty());
    assert_eq!(scenario.rejected().map(|r| r.code), Some(RejectCode::MissingLimit));
    assert!(scenario.at_second(TO_OPEN + 2).is_empty());
    assert_eq!((scenario.rejected(), scenario.waiting()), (None, 1));
    scenario.input(Input::Instrument(Setup::new().instrument));
    assert_eq!(scenario.at_second(TO_OPEN + 3).len(), 1);
}
