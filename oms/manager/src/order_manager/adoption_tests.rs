//! Orders that are taken over: from a broker's list, where only the broker knew them, and from what a journal
//! says of them.

use super::desk::{ManagerUnderTest, PX, report};
use super::{ADOPTED_MAX, FINISHED_MAX, FromOrders};
use gauntlet_model::desk::desk_of;
use gauntlet_model::effect::{Effect, OrderAdopted, OrderState, OrderType, TimeInForce};
use gauntlet_model::ids::{AccountId, BotId, ClOrdId, InstrumentId};
use gauntlet_model::input::{
    Adoption, BrokerOrder, ExecType, ForeignOrder, Input, OrdStatus, Route, StatedOrder,
    StatedRole, Ticket, TicketKind,
};
use gauntlet_model::text::Text;
use gauntlet_model::units::{Price, Side, UnixNanos};

impl ManagerUnderTest {
    /// The broker's list tells of an order of nobody's: three contracts, good till cancelled.
    fn lists(&mut self, order_id: Text<32>) {
        self.input(
            Input::ForeignOrder(ForeignOrder {
                route: Route::BROKER,
                order_id,
                client_id: Text::new("PHONE"),
                order_type: Some(OrderType::Limit),
                time_in_force: Some(TimeInForce::GoodTillCancel),
                stop_px: Price::NONE,
                expires: UnixNanos(0),
            }),
            false,
        );
        self.input(
            Input::BrokerOrder(BrokerOrder {
                route: Route::BROKER,
                enquiry: 1,
                msg_seq_num: 0,
                total: 1,
                is_last: true,
                cl_ord_id: ClOrdId::NONE,
                orig_cl_ord_id: ClOrdId::NONE,
                order_id,
                account: Some(AccountId(0)),
                instrument: Some(InstrumentId(0)),
                symbol: Text::EMPTY,
                ord_status: OrdStatus::New,
                side: Side::Buy,
                leaves_qty: 3,
                cum_qty: 0,
                order_qty: 3,
                price: PX,
                avg_px: Price::NONE,
                transact_time: UnixNanos(0),
            }),
            false,
        );
    }

    /// A person takes an order over, for the desk of its place. `adoptable` is the word of the chain's head.
    fn adopts(&mut self, order_id: Text<32>, adoptable: bool) -> Vec<OrderAdopted> {
        let adoption = Adoption {
            route: Route::BROKER,
            order_id,
            account: AccountId(0),
            instrument: InstrumentId(0),
            bot: None,
            actor: Text::new("ann"),
            approver: Text::EMPTY,
            reason: Text::new("placed by phone"),
        };
        self.arrival(Input::Adoption(adoption), false, adoptable);
        self.adopted()
    }

    fn adopted(&self) -> Vec<OrderAdopted> {
        let adopted = |out: &FromOrders| match out {
            FromOrders::Effect(Effect::Adopted(adopted)) => Some(*adopted),
            _ => None,
        };
        self.out.iter().filter_map(adopted).collect()
    }

    fn ends(&mut self, order: ClOrdId) {
        self.report(report(order, ExecType::Canceled, OrdStatus::Canceled));
    }
}

fn identity(at: usize) -> Text<32> {
    Text::new(&format!("X{at}"))
}

#[test]
fn an_order_that_its_broker_lists_is_taken_over_once_named_and_asked_about() {
    let mut desk = ManagerUnderTest::new();
    assert_eq!(desk.adopts(identity(0), true), [], "its broker has not told of it");
    desk.lists(identity(0));
    assert_eq!(desk.adopts(identity(0), false), [], "the chain's head refuses it");
    assert_eq!(desk.orders.live_len(), 0);
    let adopted = desk.adopts(identity(0), true);
    let owner = desk_of(0).expect("there is one");
    let order = Adoption::identity(desk.seq, owner).expect("fits");
    let (order_id, client_id) = (identity(0), Text::new("PHONE"));
    let expected = OrderAdopted { order, bot: owner, route: Route::BROKER, order_id, client_id };
    assert_eq!(adopted, [expected]);
    assert_eq!((desk.state(order), desk.asked()), (OrderState::New, vec![order]));
    let known = desk.orders.find(order).expect("it is one of ours");
    assert_eq!((known.leaves_qty(), known.price()), (3, PX));
    assert_eq!(known.time_in_force(), TimeInForce::GoodTillCancel);
    assert_eq!(desk.adopts(identity(0), true), [], "it is one of ours already");
    assert_eq!(desk.orders.live_len(), 1);
}

#[test]
fn an_adoption_for_a_desk_finds_the_desks_that_tickets_opened() {
    let mut desk = ManagerUnderTest::new();
    let (actor, reason) = (Text::new("ann"), Text::new("hedge"));
    let elsewhere = Ticket {
        account: Some(AccountId(0)),
        instrument: Some(InstrumentId(1)),
        ..Ticket::of(TicketKind::New, actor, reason)
    };
    desk.input(Input::Ticket(elsewhere), false);
    desk.lists(identity(0));
    let bots: Vec<_> = desk.adopts(identity(0), true).iter().map(|known| Some(known.bot)).collect();
    assert_eq!(bots, [desk_of(1)], "the first desk is another place's");
}

#[test]
fn gateways_are_told_at_the_start_of_a_run_how_brokers_name_what_was_taken_over_and_works() {
    let mut desk = ManagerUnderTest::new();
    let mut all = Vec::new();
    for at in 0..3 {
        desk.lists(identity(at));
        all.extend(desk.adopts(identity(at), true));
    }
    desk.ends(all[1].order);
    desk.run_start();
    assert_eq!(desk.adopted(), [all[0], all[2]]);
}

#[test]
fn a_name_too_many_takes_the_place_of_one_that_is_over_else_of_the_oldest() {
    let mut desk = ManagerUnderTest::new();
    let mut all = Vec::new();
    let mut take_over = |desk: &mut ManagerUnderTest, at| {
        desk.lists(identity(at));
        all.extend(desk.adopts(identity(at), true));
        all.clone()
    };
    let full = (0..ADOPTED_MAX).map(|at| take_over(&mut desk, at)).last().expect("some");
    desk.run_start();
    assert_eq!(desk.adopted(), full);
    desk.ends(full[7].order);
    let one_more = take_over(&mut desk, ADOPTED_MAX);
    desk.run_start();
    let works = |known: &&OrderAdopted| known.order != full[7].order;
    assert_eq!(desk.adopted(), one_more.iter().filter(works).copied().collect::<Vec<_>>());
    let two_more = take_over(&mut desk, ADOPTED_MAX + 1);
    desk.run_start();
    let kept = two_more[1..].iter().filter(works).copied();
    assert_eq!(desk.adopted(), kept.collect::<Vec<_>>(), "all work: the oldest is forgotten");
}

const FIRST: u64 = 900_001;

/// An order as a journal says, known at its broker by the identity of another message.
fn stated(order: u64, cl_ord_id: u64, role: StatedRole) -> StatedOrder {
    let identity = |seq| ClOrdId::new(seq, BotId(3), 0).expect("fits");
    StatedOrder {
        route: Route::BROKER,
        bot: BotId(3),
        account: AccountId(0),
        instrument: InstrumentId(0),
        order: identity(order),
        cl_ord_id: identity(cl_ord_id),
        side: Side::Buy,
        qty: 5,
        cum_qty: 2,
        paid_px: PX,
        price: PX,
        order_type: OrderType::Limit,
        stop_px: Price::NONE,
        time_in_force: TimeInForce::GoodTillCancel,
        expires: UnixNanos(0),
        emulation: Default::default(),
        parent: ClOrdId::NONE,
        sent_at: UnixNanos(0),
        role,
    }
}

#[test]
fn an_order_that_a_journal_tells_is_taken_over_once_and_not_while_we_hold_it() {
    let mut desk = ManagerUnderTest::new();
    desk.input(Input::StatedOrder(stated(FIRST, FIRST, StatedRole::Held)), false);
    assert_eq!((desk.orders.live_len(), desk.changes()), (0, vec![]), "it is risk's alone");
    let works = stated(FIRST, FIRST, StatedRole::Protects);
    desk.input(Input::StatedOrder(works), false);
    assert_eq!((desk.orders.live_len(), desk.changes().len()), (1, 1));
    for again in [works, stated(FIRST, FIRST + 1, StatedRole::Asked)] {
        desk.input(Input::StatedOrder(again), false);
        assert_eq!((desk.orders.live_len(), desk.changes()), (1, vec![]), "it is known");
    }
}

#[test]
fn an_order_that_was_replaced_before_it_was_taken_over_is_found_by_both_names_until_it_is_forgotten()
 {
    let mut desk = ManagerUnderTest::new();
    let replaced = stated(FIRST, FIRST + 1, StatedRole::Asked);
    desk.input(Input::StatedOrder(replaced), false);
    let known = |desk: &ManagerUnderTest, id| desk.orders.find(id).map(|order| order.first_id());
    for id in [replaced.order, replaced.cl_ord_id] {
        assert_eq!(known(&desk, id), Some(replaced.order));
    }
    let order = desk.orders.find(replaced.order).expect("it is known");
    assert_eq!(order.identities(), [replaced.order, replaced.cl_ord_id], "each once");
    desk.ends(replaced.cl_ord_id);
    assert_eq!(desk.state(replaced.order), OrderState::Canceled);
    for _ in 0..FINISHED_MAX {
        let later = desk.working(1);
        desk.ends(later);
    }
    for id in [replaced.order, replaced.cl_ord_id] {
        assert_eq!(known(&desk, id), None, "too many ended since");
    }
}
