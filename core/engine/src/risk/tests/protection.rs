//! Stops that rest at the broker.

use super::*;
use crate::message::ToRisk;
use crate::risk::scenario::top;
use gauntlet_model::market_view::MarketView;
use gauntlet_model::order::Capabilities;
use proptest::prelude::*;

/// A bot whose stop rests at its broker and moves by two ticks or more.
pub fn protected(setup: &mut Setup) {
    setup.bot.protection = Protection { step_ticks: 2 };
}

fn levels(stop: i64) -> ExitLevels {
    let price = |at: i64| if at == 0 { Price::NONE } else { ticks(at) };
    ExitLevels {
        bot: BOT,
        stop: price(stop),
        target: Price::NONE,
        trailing: Price::NONE,
        break_even: Price::NONE,
        break_even_armed: false,
        bars_left: 0,
    }
}

pub fn at(setup: &Setup, bid: i64) -> MarketView {
    MarketView { last: ticks(bid), top: top(bid, bid + 1), ..setup.view }
}

impl Scenario {
    /// Fusion tells where the bot's stop is.
    pub fn levels(&mut self, stop: i64) -> Vec<OrderRequest> {
        self.out.clear();
        let effect = ToRisk::Effect(Effect::Exits(levels(stop)));
        self.risk.on(&effect, &mut |message| self.out.extend(message.detached()));
        self.approved()
    }

    /// Contracts that work on a side.
    fn works(&self, side: Side) -> i64 {
        self.risk.open_on(BOT, side)
    }

    /// The broker takes a replace.
    pub(super) fn replaced(&mut self, request: &OrderRequest) {
        self.tell(request, ExecType::Replaced, OrdStatus::New);
    }
}

/// A bot that holds, with its stop at the broker.
pub fn sheltered(held: i32, stop: i64) -> (Scenario, Setup, OrderRequest) {
    let (mut scenario, setup) = start_holding(held, protected);
    scenario.levels(stop);
    let order = scenario.only();
    scenario.acknowledge(&order);
    (scenario, setup, order)
}

#[test]
fn a_position_has_a_stop_at_the_broker_as_large_as_it_is() {
    let (scenario, _, order) = sheltered(3, 19_980);
    assert_eq!((order.kind, order.side, order.qty), (OutboundKind::New, Side::Sell, 3));
    let Terms { order_type, stop_px, emulation, .. } = order.terms;
    assert_eq!((order_type, stop_px, emulation), (OrderType::Stop, ticks(19_980), Emulation::NONE));
    assert_eq!(order.time_in_force, TimeInForce::GoodTillCancel);
    assert_eq!(scenario.works(Side::Sell), 3);
    let (_, _, order) = sheltered(-2, 20_020);
    assert_eq!((order.side, order.qty, order.terms.stop_px), (Side::Buy, 2, ticks(20_020)));
}

#[test]
fn without_being_asked_for_or_at_a_broker_without_stops_none_rests_and_a_simulator_is_as_its_broker()
 {
    let sent = |change: fn(&mut Setup), before: fn(&mut Scenario)| {
        let (mut scenario, _) = start_holding(3, change);
        before(&mut scenario);
        scenario.levels(19_980).len()
    };
    assert_eq!(sent(protected, |_| {}), 1);
    assert_eq!(sent(|_| {}, |_| {}), 0);
    let on_paper = |setup: &mut Setup| {
        protected(setup);
        setup.bot.stage = Stage::Paper;
    };
    let lacks = |scenario: &mut Scenario| {
        let capabilities = Capabilities::ALL.without_type(OrderType::Stop);
        let (route, name) = (Route::BROKER, Text::EMPTY);
        scenario.input(Input::Broker(BrokerDefinition { route, name, capabilities }));
    };
    assert_eq!(sent(protected, lacks), 0);
    assert_eq!(sent(on_paper, |_| {}), 1);
    assert_eq!(sent(on_paper, lacks), 0);
}

#[test]
fn it_follows_the_level_by_its_step_and_not_by_less() {
    let (mut scenario, setup, order) = sheltered(3, 19_980);
    assert!(scenario.levels(19_982).is_empty(), "once a second at most");
    let moved = scenario.pass(1, setup.view);
    assert_eq!(moved.len(), 1);
    assert_eq!((moved[0].kind, moved[0].qty), (OutboundKind::Replace, 3));
    assert_eq!((moved[0].terms.stop_px, moved[0].orig_cl_ord_id), (ticks(19_982), order.cl_ord_id));
    scenario.replaced(&moved[0]);
    scenario.levels(19_983);
    assert!(scenario.pass(3, setup.view).is_empty(), "one tick is less than its step");
    let moved = scenario.levels(19_984);
    assert_eq!(moved.iter().map(|o| o.terms.stop_px).collect::<Vec<_>>(), [ticks(19_984)]);
    // While a replace is unanswered nothing is sent after it.
    scenario.levels(19_990);
    assert!(scenario.pass(3, setup.view).is_empty());
}

#[test]
fn it_follows_the_size_at_once() {
    let (mut scenario, setup, _) = sheltered(3, 19_980);
    scenario.enter(5);
    let entry = scenario.only();
    assert_eq!((entry.side, entry.qty), (Side::Buy, 2));
    scenario.fill(&entry, 2, 0);
    let more = scenario.only();
    assert_eq!((more.kind, more.qty), (OutboundKind::Replace, 5));
    scenario.replaced(&more);
    assert_eq!((scenario.held(), scenario.works(Side::Sell)), (5, 5));
    assert!(scenario.pass(2, setup.view).is_empty());
}

#[test]
fn the_bots_own_way_out_goes_when_its_stop_is_gone_and_not_before() {
    let (mut scenario, setup, stop) = sheltered(3, 19_980);
    scenario.stop_out();
    let cancel = scenario.only();
    assert_eq!((cancel.kind, cancel.orig_cl_ord_id), (OutboundKind::Cancel, stop.cl_ord_id));
    assert!(scenario.pass(2, setup.view).is_empty(), "nothing closes beside it");
    scenario.end(&OrderRequest { orig_cl_ord_id: stop.cl_ord_id, ..cancel }, 0);
    let exit = scenario.only();
    assert_eq!((exit.kind, exit.qty, exit.terms), (OutboundKind::New, 3, Terms::LIMIT));
    scenario.fill(&exit, 3, 0);
    assert_eq!((scenario.held(), scenario.works(Side::Sell)), (0, 0));
    assert!(scenario.pass(2, setup.view).is_empty());
}

#[test]
fn a_way_out_that_waits_for_a_silent_broker_is_told_to_a_person_once() {
    let (mut scenario, setup, _) = sheltered(3, 19_980);
    scenario.stop_out();
    let mut told = 0;
    for _ in 0..20 {
        let sent = scenario.pass(1, setup.view);
        assert!(sent.iter().all(|order| order.kind == OutboundKind::Cancel), "{sent:?}");
        told += scenario.alerts().iter().filter(|kind| **kind == AlertKind::ExitStuck).count();
    }
    assert_eq!(told, 1);
}

#[test]
fn a_stop_that_fills_while_it_is_withdrawn_has_done_the_work() {
    let (mut scenario, setup, stop) = sheltered(3, 19_980);
    scenario.stop_out();
    let cancel = scenario.only();
    let report = ExecutionReport {
        last_px: ticks(19_980),
        ..filled(&OrderRequest { price: ticks(19_980), ..stop }, 3, 0)
    };
    scenario.input(Input::Execution(report));
    assert_eq!(scenario.held(), 0);
    scenario.input(Input::CancelReject(too_late(&cancel)));
    assert!(scenario.approved().is_empty());
    assert!(scenario.pass(3, setup.view).is_empty(), "no exit follows");
}

#[test]
fn a_part_of_it_that_fills_leaves_the_rest_to_protect_the_rest() {
    let (mut scenario, setup, stop) = sheltered(3, 19_980);
    let report = ExecutionReport { last_px: ticks(19_980), ..filled(&stop, 1, 2) };
    scenario.input(Input::Execution(report));
    assert_eq!((scenario.held(), scenario.works(Side::Sell)), (2, 2));
    assert!(scenario.pass(2, setup.view).is_empty(), "two of it work on, and two are held");
}

#[test]
fn a_kill_and_a_stop_leave_it_and_a_freeze_takes_it() {
    let (mut scenario, setup, _) = sheltered(3, 19_980);
    scenario.command(CommandKind::Kill { flatten: false }, Scope::Platform);
    assert!(scenario.approved().is_empty());
    assert!(scenario.pass(2, setup.view).is_empty());
    scenario.command(CommandKind::Stop, Scope::Platform);
    assert!(scenario.approved().is_empty());
    scenario.levels(19_990);
    assert!(scenario.pass(2, setup.view).is_empty(), "what is stopped moves nothing");
    let (mut scenario, _, _) = sheltered(3, 19_980);
    scenario.command(CommandKind::Freeze, Scope::Bot(BOT));
    assert_eq!(scenario.only().kind, OutboundKind::Cancel);
}

#[test]
fn after_a_restart_one_that_works_is_followed_and_one_that_is_gone_is_sent_anew() {
    let restart = |scenario: &mut Scenario, setup: &Setup| {
        scenario.input(Input::RunStart(RunStart { run: 2, ..setup.run }));
        scenario.session(SessionChange::LoggedOn);
        scenario.market(setup.view);
    };
    let status = |order: &OrderRequest, status, leaves_qty| ExecutionReport {
        leaves_qty,
        ..report(order, ExecType::OrderStatus, status)
    };
    let (mut scenario, setup, stop) = sheltered(3, 19_980);
    restart(&mut scenario, &setup);
    assert!(scenario.pass(2, setup.view).is_empty(), "in doubt: no second one");
    scenario.input(Input::Execution(status(&stop, OrdStatus::New, 3)));
    let moved = scenario.levels(19_985);
    assert_eq!(
        moved.iter().map(|o| (o.kind, o.qty)).collect::<Vec<_>>(),
        [(OutboundKind::Replace, 3)]
    );

    let (mut scenario, setup, stop) = sheltered(3, 19_980);
    restart(&mut scenario, &setup);
    scenario.input(Input::Execution(status(&stop, OrdStatus::Canceled, 0)));
    let anew = scenario.only();
    assert_eq!((anew.kind, anew.qty, anew.terms.stop_px), (OutboundKind::New, 3, ticks(19_980)));
    // The first works all the same, the broker says: it is one too many, and goes.
    scenario.acknowledge(&anew);
    let late =
        ExecutionReport { orig_cl_ord_id: ClOrdId::NONE, ..status(&stop, OrdStatus::New, 3) };
    scenario.input(Input::Execution(late));
    let surplus = scenario.only();
    assert_eq!((surplus.kind, surplus.orig_cl_ord_id), (OutboundKind::Cancel, stop.cl_ord_id));
}

#[test]
fn one_that_the_broker_refuses_is_sent_again_ever_more_seldom_and_a_person_is_told_once() {
    let (mut scenario, setup) = start_holding(3, protected);
    scenario.levels(19_980);
    let mut order = scenario.only();
    let (mut told, mut sent) = (0, 0);
    for _ in 0..600 {
        let rejected = report(&order, ExecType::Rejected, OrdStatus::Rejected);
        scenario.input(Input::Execution(rejected));
        told += scenario.alerts().iter().filter(|kind| **kind == AlertKind::ExitStuck).count();
        while scenario.pass(1, setup.view).is_empty() {
            if scenario.now.0 > setup.at.0 + 600 * NANOS_PER_SECOND {
                assert_eq!(told, 1);
                assert!((8..=16).contains(&sent), "{sent} in ten minutes");
                assert!(!scenario.risk.is_killed(Scope::Bot(BOT)), "no entry was refused");
                return;
            }
        }
        (order, sent) = (scenario.only(), sent + 1);
    }
    panic!("it was sent again without a pause");
}

#[test]
fn a_level_that_the_market_is_past_is_left_to_the_bots_own_exit() {
    let (mut scenario, setup) = start_holding(3, protected);
    assert!(scenario.levels(20_000).is_empty());
    assert!(scenario.pass(2, setup.view).is_empty());
    assert_eq!(scenario.pass(1, at(&setup, 20_010)).len(), 1);
}

#[test]
fn following_leaves_the_headroom_of_the_rate_to_ways_out() {
    let (mut scenario, setup, _) = sheltered(3, 19_980);
    let busy = AccountDefinition { messages_per_second: 12, cancel_headroom: 11, ..setup.account };
    scenario.input(Input::Account(busy));
    scenario.levels(19_985);
    // One message a second is for those that open; the stop's is it.
    let moved = scenario.pass(2, setup.view);
    assert_eq!(moved.len(), 1);
    scenario.replaced(&moved[0]);
    scenario.now = scenario.now.plus(2 * NANOS_PER_SECOND);
    scenario.market(setup.view);
    scenario.enter(4);
    assert_eq!(scenario.approved().len(), 1, "an entry takes it this time");
    assert!(scenario.levels(19_990).is_empty());
    scenario.input(Input::Timer(Timer { second: scenario.now.0 / NANOS_PER_SECOND }));
    assert!(scenario.approved().iter().all(|order| order.kind != OutboundKind::Replace));
}

#[test]
fn a_persons_order_brings_its_stop_along_which_protects_what_is_filled_of_it() {
    let (mut scenario, setup) = start(|_| {});
    let entry = Ticket {
        qty: 5,
        price: ticks(20_000),
        stop_loss: ticks(19_980),
        ..super::tickets::ticket(TicketKind::New)
    };
    for wrong in [ticks(20_000), ticks(20_010), Price(ticks(19_980).0 + 1)] {
        scenario.input(Input::Ticket(Ticket { stop_loss: wrong, ..entry }));
        assert!(scenario.approved().is_empty() && !scenario.alerts().is_empty());
    }
    scenario.input(Input::Ticket(entry));
    let parent = scenario.only();
    assert_eq!(parent.terms, Terms::LIMIT, "nothing to protect yet");
    scenario.fill(&parent, 2, 3);
    let child = scenario.only();
    let Terms { order_type, stop_px, parent: of, .. } = child.terms;
    assert_eq!((child.side, child.qty, order_type), (Side::Sell, 2, OrderType::Stop));
    assert_eq!((stop_px, of), (ticks(19_980), parent.cl_ord_id));
    scenario.acknowledge(&child);
    // R17: never more than its parent has filled.
    scenario.fill(&parent, 3, 0);
    let more = scenario.only();
    assert_eq!((more.kind, more.qty), (OutboundKind::Replace, 5));
    scenario.replaced(&more);
    // Closing withdraws it first.
    scenario.input(Input::Ticket(super::tickets::ticket(TicketKind::Close)));
    let cancel = scenario.only();
    assert_eq!(cancel.kind, OutboundKind::Cancel);
    scenario.end(&cancel, 0);
    let exit = scenario.only();
    assert_eq!((exit.kind, exit.side, exit.qty), (OutboundKind::New, Side::Sell, 5));
    scenario.fill(&exit, 5, 0);
    assert!(scenario.pass(2, setup.view).is_empty(), "nothing is left to protect");
}

#[test]
fn a_stop_that_rests_is_in_nobodys_way_before_its_price_is_met() {
    let (mut scenario, _) = start_holding(2, |setup| {
        protected(setup);
        setup.layers();
    });
    scenario.levels(19_980);
    let stop = scenario.only();
    scenario.acknowledge(&stop);
    let entry = Ticket { qty: 1, price: ticks(20_000), ..super::tickets::ticket(TicketKind::New) };
    scenario.input(Input::Ticket(entry));
    assert_eq!((scenario.rejected(), scenario.approved().len()), (None, 1));
}

/// What may happen to a sheltered bot.
#[derive(Clone, Copy, Debug)]
enum Event {
    Want(i32),
    Level(i64),
    Answer(usize),
    Fill(usize),
    Refuse(usize),
    Second,
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        (-3..=3).prop_map(Event::Want),
        (19_970..19_995_i64).prop_map(Event::Level),
        (0..6_usize).prop_map(Event::Answer),
        (0..6_usize).prop_map(Event::Fill),
        (0..6_usize).prop_map(Event::Refuse),
        Just(Event::Second),
        Just(Event::Second),
    ]
}

/// A broker that answers what it was sent in any order, and late.
#[derive(Default)]
struct Broker {
    unanswered: Vec<OrderRequest>,
    /// What works: the order as first sent, its newest identity, and its contracts.
    book: Vec<(OrderRequest, ClOrdId, u32)>,
}

impl Broker {
    fn take(&mut self, sent: Vec<OrderRequest>) {
        self.unanswered.extend(sent);
    }

    fn answer(&mut self, scenario: &mut Scenario, which: usize, refuse: bool) {
        if self.unanswered.is_empty() {
            return;
        }
        let request = self.unanswered.remove(which % self.unanswered.len());
        let named = self.book.iter().position(|(_, id, _)| *id == request.orig_cl_ord_id);
        let kind = request.kind;
        match (kind, named) {
            (OutboundKind::New, _) if refuse => {
                scenario.tell(&request, ExecType::Rejected, OrdStatus::Rejected);
            }
            (OutboundKind::New, _) => {
                self.book.push((request, request.cl_ord_id, request.qty));
                scenario.acknowledge(&request);
            }
            (_, None) => {
                scenario.input(Input::CancelReject(too_late(&request)));
            }
            _ if refuse => {
                scenario.input(Input::CancelReject(too_late(&request)));
            }
            (OutboundKind::Replace, Some(at)) => {
                let (_, id, left) = &mut self.book[at];
                (*id, *left) = (request.cl_ord_id, request.qty);
                scenario.replaced(&request);
            }
            (_, Some(at)) => {
                self.book.remove(at);
                scenario.end(&request, 0);
            }
        }
    }

    fn fill(&mut self, scenario: &mut Scenario, which: usize) {
        if self.book.is_empty() {
            return;
        }
        let at = which % self.book.len();
        let (order, id, left) = self.book.remove(at);
        let named = OrderRequest { cl_ord_id: id, price: ticks(20_000), ..order };
        let report = ExecutionReport { cum_qty: left, ..filled(&named, left, 0) };
        scenario.input(Input::Execution(report));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    /// Working exits together are never more than the position, whatever the broker answers and when.
    #[test]
    fn working_exits_are_never_more_than_the_position(
        events in proptest::collection::vec(event(), 1..80),
    ) {
        let (mut scenario, setup) = start(|setup| {
            protected(setup);
            setup.account.messages_per_second = 1_000;
        });
        let mut broker = Broker::default();
        for event in events {
            // What was sent before is with the broker already.
            scenario.out.clear();
            match event {
                Event::Want(target) => {
                    scenario.enter(target);
                }
                Event::Level(level) => {
                    let held = scenario.held();
                    let level = if held < 0 { 40_001 - level } else { level };
                    scenario.levels(if held == 0 { 0 } else { level });
                }
                Event::Answer(which) => broker.answer(&mut scenario, which, false),
                Event::Refuse(which) => broker.answer(&mut scenario, which, true),
                Event::Fill(which) => broker.fill(&mut scenario, which),
                Event::Second => {
                    let sent = scenario.pass(1, setup.view);
                    broker.take(sent);
                    scenario.out.clear();
                }
            }
            let sent = scenario.approved();
            broker.take(sent);
            let held = i64::from(scenario.held());
            let (buying, selling) = (scenario.works(Side::Buy), scenario.works(Side::Sell));
            if held > 0 {
                prop_assert!(selling <= held, "{selling} sell of {held}");
            } else if held < 0 {
                prop_assert!(buying <= -held, "{buying} buy of {held}");
            }
        }
    }
}
