//! R17: what the children of a parent order fill and have working is never more than the parent's quantity.

use super::tickets::ticket;
use super::*;
use crate::risk::PARENTS_MAX;
use gauntlet_model::desk::desk_of;
use gauntlet_model::ids::AccountId;
use gauntlet_model::units::UnixNanos;
use proptest::prelude::*;

fn desk() -> BotId {
    desk_of(0).expect("there is one")
}

/// A desk with a parent order to buy so many.
fn with_parent(qty: u32) -> (Scenario, ClOrdId) {
    let (mut scenario, _) = start(|setup| setup.account.messages_per_second = 1_000);
    scenario.input(Input::Ticket(Ticket { qty, ..ticket(TicketKind::Parent) }));
    let opened = scenario.parents_told();
    assert_eq!(opened.len(), 1, "{:?}", scenario.out);
    (scenario, opened[0].parent)
}

fn child(parent: ClOrdId, qty: u32) -> Ticket {
    Ticket { qty, price: ticks(19_990), parent, ..ticket(TicketKind::New) }
}

impl Scenario {
    /// What the last input told of parents.
    fn parents_told(&self) -> Vec<ParentChanged> {
        let parent = |message: &ToOrders| match message {
            ToOrders::Effect(Effect::Parent(parent)) => Some(*parent),
            _ => None,
        };
        self.out.iter().filter_map(parent).collect()
    }

    fn counts(&self) -> Option<(u32, u32, ParentState)> {
        self.risk.parents().next().map(|known| (known.filled, known.working, known.state))
    }

    /// A child that is acknowledged.
    fn works_off(&mut self, ticket: Ticket) -> OrderRequest {
        self.input(Input::Ticket(ticket));
        let order = self.only();
        assert_eq!(order.terms.parent, ticket.parent);
        self.acknowledge(&order);
        order
    }

    /// A child is refused for its parent's sake: gives the limit and what was asked.
    fn too_much(&mut self, ticket: Ticket) -> (i64, i64) {
        self.input(Input::Ticket(ticket));
        assert!(self.approved().is_empty(), "{:?}", self.out);
        let reject = self.rejected().expect("it is refused");
        assert_eq!(reject.code, RejectCode::ParentQuantity);
        (reject.limit, reject.value)
    }
}

#[test]
fn children_may_have_what_is_left_and_not_one_contract_more() {
    let (mut scenario, parent) = with_parent(5);
    assert_eq!(scenario.too_much(child(parent, 6)), (5, 6));
    let first = scenario.works_off(child(parent, 3));
    assert_eq!(scenario.too_much(child(parent, 3)), (2, 3));
    let second = scenario.works_off(child(parent, 2));
    assert_eq!(scenario.too_much(child(parent, 1)), (0, 1));
    // What is filled stays used, what is cancelled comes back.
    scenario.fill(&first, 1, 2);
    assert_eq!(scenario.too_much(child(parent, 1)), (0, 1));
    scenario.end(&first, 1);
    assert_eq!(scenario.too_much(child(parent, 3)), (2, 3));
    scenario.works_off(child(parent, 2));
    assert_eq!(scenario.counts(), Some((1, 4, ParentState::Open)));
    scenario.fill(&second, 2, 0);
    assert_eq!(scenario.counts(), Some((3, 2, ParentState::Open)));
    assert_eq!(scenario.risk.counters().rejects[RejectCode::ParentQuantity as usize], 5);
}

#[test]
fn a_replace_of_a_child_may_grow_by_what_is_left() {
    let (mut scenario, parent) = with_parent(5);
    let order = scenario.works_off(child(parent, 2));
    scenario.works_off(child(parent, 1));
    let replace = |qty| Ticket { order: order.cl_ord_id, qty, ..ticket(TicketKind::Replace) };
    assert_eq!(scenario.too_much(replace(5)), (2, 3));
    scenario.input(Input::Ticket(replace(4)));
    let grown = scenario.only();
    // Until its broker has answered both count: the larger one.
    assert_eq!(scenario.too_much(child(parent, 1)), (0, 1));
    scenario.input(Input::CancelReject(too_late(&grown)));
    scenario.works_off(child(parent, 2));
}

#[test]
fn a_parent_that_is_not_there_is_over_or_anothers_leaves_nothing() {
    let (mut scenario, parent) = with_parent(5);
    let nobody = ClOrdId(parent.0 + 7);
    assert_eq!(scenario.too_much(child(nobody, 1)), (0, 1));
    // Of the other side, and of another account's desk.
    let sell = Ticket { side: Side::Sell, price: ticks(20_010), ..child(parent, 1) };
    assert_eq!(scenario.too_much(sell), (0, 1));
    let second = AccountDefinition { account: AccountId(1), ..Setup::new().account };
    scenario.input(Input::Account(second));
    let elsewhere = Ticket { account: Some(AccountId(1)), ..child(parent, 1) };
    assert_eq!(scenario.too_much(elsewhere), (0, 1));
    // One that is filled, and one that a person has ended.
    let order = scenario.works_off(child(parent, 5));
    scenario.fill(&order, 5, 0);
    assert_eq!(scenario.parents_told()[0].state, ParentState::Filled);
    assert_eq!((scenario.counts(), scenario.too_much(child(parent, 1))), (None, (0, 1)));
    let (mut scenario, parent) = with_parent(5);
    let cancel = Ticket { order: parent, ..ticket(TicketKind::Cancel) };
    scenario.input(Input::Ticket(cancel));
    assert_eq!(scenario.too_much(child(parent, 1)), (0, 1));
}

#[test]
fn a_parent_of_nothing_or_of_the_past_is_none() {
    let (mut scenario, _) = start(|_| {});
    let past = scenario.now;
    for wrong in [
        Ticket { qty: 0, ..ticket(TicketKind::Parent) },
        Ticket { qty: 1, expires: past, ..ticket(TicketKind::Parent) },
        Ticket { qty: 1, actor: Text::EMPTY, ..ticket(TicketKind::Parent) },
        Ticket { qty: 1, account: None, ..ticket(TicketKind::Parent) },
    ] {
        scenario.input(Input::Ticket(wrong));
        assert!(scenario.parents_told().is_empty() && scenario.risk.parents().next().is_none());
        assert_eq!(scenario.alerts(), [AlertKind::CommandRefused], "{wrong:?}");
    }
    scenario.now = IN_SESSION.plus((7 * 3_600 + 60) * NANOS_PER_SECOND);
    scenario.input(Input::Ticket(Ticket { qty: 1, ..ticket(TicketKind::Parent) }));
    assert_eq!(scenario.alerts(), [AlertKind::CommandRefused], "no session that it could end with");
}

#[test]
fn a_child_is_nothing_that_waits_here() {
    let (mut scenario, parent) = with_parent(5);
    let (order_type, stop_px) = (OrderType::Stop, ticks(20_010));
    let stop = Ticket { order_type, stop_px, price: Price::NONE, ..child(parent, 1) };
    scenario.input(Input::Ticket(stop));
    assert!(scenario.approved().is_empty());
    assert_eq!(scenario.alerts(), [AlertKind::CommandRefused]);
}

#[test]
fn a_fill_after_a_childs_end_counts_and_so_does_its_bust() {
    let (mut scenario, parent) = with_parent(5);
    let order = scenario.works_off(child(parent, 3));
    scenario.end(&order, 0);
    let fill = ExecutionReport { exec_id: Text::new("E1"), ..filled(&order, 2, 1) };
    scenario.input(Input::Execution(fill));
    assert_eq!(scenario.counts(), Some((2, 0, ParentState::Open)));
    assert_eq!(scenario.too_much(child(parent, 4)), (3, 4));
    // The broker takes the fill back, and the chain's head books that.
    let bust = ExecutionReport {
        exec_id: Text::new("B1"),
        text: Text::new("E1"),
        ..report(&order, ExecType::TradeCancel, OrdStatus::Canceled)
    };
    scenario.input(Input::Execution(bust));
    scenario.book();
    assert_eq!(scenario.counts(), Some((0, 0, ParentState::Open)));
    assert_eq!(scenario.too_much(child(parent, 6)), (5, 6));
}

#[test]
fn what_a_broker_fills_beyond_a_parent_is_counted_told_once_and_ends_it() {
    let (mut scenario, parent) = with_parent(3);
    let order = scenario.works_off(child(parent, 2));
    scenario.end(&order, 0);
    let next = scenario.works_off(child(parent, 3));
    // The first fills although its broker had confirmed its end.
    scenario.fill(&order, 2, 0);
    assert!(!scenario.alerts().contains(&AlertKind::Overfill), "there is room for two");
    scenario.fill(&next, 2, 1);
    assert!(scenario.alerts().contains(&AlertKind::Overfill));
    assert_eq!(scenario.counts(), Some((4, 1, ParentState::Filled)));
    let cancel = scenario.only();
    assert_eq!((cancel.kind, cancel.orig_cl_ord_id), (OutboundKind::Cancel, next.cl_ord_id));
    scenario.end(&cancel, 2);
    assert_eq!(scenario.counts(), None);
}

#[test]
fn the_end_of_a_parent_cancels_its_children_until_none_works() {
    let (mut scenario, parent) = with_parent(5);
    let order = scenario.works_off(child(parent, 2));
    let stranger = Ticket { parent: ClOrdId::NONE, ..child(parent, 1) };
    let stranger = scenario.works_off(stranger);
    scenario.input(Input::Ticket(Ticket { order: parent, ..ticket(TicketKind::Cancel) }));
    let cancel = scenario.only();
    assert_eq!((cancel.kind, cancel.orig_cl_ord_id), (OutboundKind::Cancel, order.cl_ord_id));
    assert_eq!(scenario.parents_told()[0].state, ParentState::Canceled);
    // The broker refuses, and is asked again.
    scenario.input(Input::CancelReject(too_late(&cancel)));
    let again = scenario.pass(1, Setup::new().view);
    assert_eq!(again.len(), 1);
    assert_eq!(scenario.counts(), Some((0, 2, ParentState::Canceled)));
    scenario.end(&again[0], 0);
    assert_eq!(scenario.counts(), None);
    let left: Vec<_> = scenario.risk.working(desk()).map(|known| known.first_id()).collect();
    assert_eq!(left, [stranger.cl_ord_id], "what is no child of it works on");
}

#[test]
fn a_parent_ends_at_its_date_or_with_its_session() {
    let view = Setup::new().view;
    let until = IN_SESSION.plus(90 * NANOS_PER_SECOND);
    let (mut scenario, _) = start(|_| {});
    scenario.input(Input::Ticket(Ticket { qty: 1, expires: until, ..ticket(TicketKind::Parent) }));
    let parent = scenario.parents_told()[0];
    assert_eq!(parent.ends_at, until);
    scenario.works_off(child(parent.parent, 1));
    assert!(scenario.pass(89, view).is_empty());
    assert_eq!(scenario.pass(1, view)[0].kind, OutboundKind::Cancel);
    assert_eq!(scenario.counts(), Some((0, 1, ParentState::Expired)));
    let (scenario, _) = with_parent(1);
    let close = IN_SESSION.plus(7 * 3_600 * NANOS_PER_SECOND);
    assert_eq!(scenario.risk.parents().next().map(|known| known.ends_at), Some(close));
}

#[test]
fn as_many_parents_as_there_are_places_and_a_person_is_told_of_one_more() {
    let (mut scenario, _) = start(|_| {});
    let until = |at: usize| UnixNanos(IN_SESSION.0 + (10 + at as u64) * NANOS_PER_SECOND);
    let open = |at| Ticket { qty: 1, expires: until(at), ..ticket(TicketKind::Parent) };
    for at in 0..PARENTS_MAX {
        scenario.input(Input::Ticket(open(at)));
        assert_eq!(scenario.parents_told().len(), 1, "{at}");
    }
    scenario.input(Input::Ticket(open(0)));
    assert_eq!(scenario.alerts(), [AlertKind::TableFull, AlertKind::CommandRefused]);
    assert!(scenario.parents_told().is_empty());
    // One is over, and its place is free.
    scenario.pass(10, Setup::new().view);
    assert_eq!(scenario.risk.parents().count(), PARENTS_MAX - 1);
    scenario.input(Input::Ticket(open(0)));
    assert_eq!(scenario.alerts(), [AlertKind::CommandRefused], "its date is over");
    scenario.input(Input::Ticket(open(PARENTS_MAX)));
    assert_eq!(scenario.risk.parents().count(), PARENTS_MAX);
}

#[test]
fn each_change_is_told_once_with_what_caused_it() {
    let (mut scenario, parent) = with_parent(4);
    scenario.input(Input::Ticket(child(parent, 3)));
    let (order, told) = (scenario.only(), scenario.parents_told());
    assert_eq!((told.len(), told[0].filled, told[0].working), (1, 0, 3));
    scenario.acknowledge(&order);
    assert!(scenario.parents_told().is_empty(), "nothing of it has changed");
    scenario.fill(&order, 2, 1);
    let told = scenario.parents_told();
    assert_eq!((told.len(), told[0].filled, told[0].working), (1, 2, 1));
    // What has no parent tells nothing.
    let order = scenario.works_off(Ticket { parent: ClOrdId::NONE, ..child(parent, 1) });
    assert!(scenario.parents_told().is_empty());
    scenario.fill(&order, 1, 0);
    assert!(scenario.parents_told().is_empty());
}

/// What may happen to a parent's children.
#[derive(Clone, Copy, Debug)]
enum Event {
    New(u32),
    Replace(usize, u32),
    Fill(usize, u32),
    Cancel(usize),
    Late(usize, u32),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => (1..8_u32).prop_map(Event::New),
        2 => ((0..6_usize), (1..8_u32)).prop_map(|(at, qty)| Event::Replace(at, qty)),
        4 => ((0..6_usize), (1..4_u32)).prop_map(|(at, qty)| Event::Fill(at, qty)),
        2 => (0..6_usize).prop_map(Event::Cancel),
        1 => ((0..6_usize), (1..3_u32)).prop_map(|(at, qty)| Event::Late(at, qty)),
    ]
}

/// By hand: a child, its quantity, what is filled of it, and whether it works.
type Child = (OrderRequest, u32, u32, bool);

/// The broker fills so many of a child, one that is over among them.
fn fill_child(scenario: &mut Scenario, child: &mut Child, part: u32) {
    let (order, qty, filled, works) = *child;
    let cum_qty = filled + part;
    let leaves = if works { qty - cum_qty } else { 0 };
    let order = OrderRequest { qty, ..order };
    let report = ExecutionReport { cum_qty, ..super::filled(&order, part, leaves) };
    scenario.input(Input::Execution(report));
    *child = (child.0, qty.max(cum_qty), cum_qty, works && cum_qty < qty);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    /// The table counts as a list of children by hand does, and what it lets go is never more than the parent's quantity:
    /// only a broker that fills what it had ended comes beyond it.
    #[test]
    fn children_never_come_to_more_than_their_parent(
        qty in 1..12_u32,
        events in proptest::collection::vec(event(), 1..40),
    ) {
        let (mut scenario, parent) = with_parent(qty);
        let mut children: Vec<Child> = vec![];
        for event in events {
            scenario.now = scenario.now.plus(NANOS_PER_SECOND / 10);
            scenario.market(Setup::new().view);
            let filled: u32 = children.iter().map(|child| child.2).sum();
            let working: u32 = children.iter().filter(|c| c.3).map(|c| c.1 - c.2).sum();
            let left = i64::from(qty) - i64::from(filled) - i64::from(working);
            let pick = |at: usize, works: bool| {
                let of: Vec<usize> = (0..children.len()).filter(|i| children[*i].3 == works).collect();
                of.get(at % of.len().max(1)).copied()
            };
            match event {
                Event::New(asked) => {
                    scenario.input(Input::Ticket(child(parent, asked)));
                    let fits = filled < qty && i64::from(asked) <= left;
                    let sent = scenario.approved();
                    let refused = scenario.rejected().is_some_and(|r| r.code == RejectCode::ParentQuantity);
                    prop_assert!(fits || (refused && sent.is_empty()), "{asked} of {left}");
                    prop_assert!(!fits || !refused, "{asked} of {left}");
                    if let Some(order) = sent.first().filter(|sent| sent.kind == OutboundKind::New) {
                        scenario.acknowledge(order);
                        children.push((*order, asked, 0, true));
                    }
                }
                Event::Replace(at, asked) => if let Some(at) = pick(at, true) {
                    let order = children[at].0.cl_ord_id;
                    scenario.input(Input::Ticket(Ticket { order, qty: asked, ..ticket(TicketKind::Replace) }));
                    if let Some(sent) = scenario.approved().first().copied() {
                        let more = i64::from(asked) - i64::from(children[at].1);
                        prop_assert!(more <= left.max(0), "{more} of {left}");
                        let replaced = report(&sent, ExecType::Replaced, OrdStatus::New);
                        let cum_qty = children[at].2;
                        scenario.input(Input::Execution(ExecutionReport { cum_qty, ..replaced }));
                        (children[at].0, children[at].1) = (sent, asked);
                    }
                },
                Event::Fill(at, part) => if let Some(at) = pick(at, true) {
                    let left = children[at].1 - children[at].2;
                    fill_child(&mut scenario, &mut children[at], part.min(left));
                },
                Event::Cancel(at) => if let Some(at) = pick(at, true) {
                    scenario.end(&children[at].0, children[at].2);
                    children[at].3 = false;
                },
                Event::Late(at, part) => if let Some(at) = pick(at, false) {
                    fill_child(&mut scenario, &mut children[at], part);
                },
            }
            let filled: u32 = children.iter().map(|child| child.2).sum();
            let working: u32 = children.iter().filter(|c| c.3).map(|c| c.1 - c.2).sum();
            match scenario.counts() {
                Some((told, open, _)) => prop_assert_eq!((told, open), (filled, working)),
                // It is over, and the broker's late fills are beyond its time.
                None => break,
            }
        }
    }
}
