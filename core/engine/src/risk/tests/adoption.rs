//! Orders that only a broker knows and that a person takes over.

use super::reconciliation::{line, verified};
use super::tickets::ticket;
use super::*;
use crate::risk::ORDERS_PER_DESK;
use gauntlet_model::desk::desk_of;
use gauntlet_model::ids::{AccountId, InstrumentId};
use gauntlet_model::units::UnixNanos;

fn desk() -> BotId {
    desk_of(0).expect("there is one")
}

fn adoption(order_id: &str) -> Adoption {
    Adoption {
        route: Route::BROKER,
        order_id: Text::new(order_id),
        account: AccountId(0),
        instrument: InstrumentId(0),
        bot: None,
        actor: Text::new("ann"),
        approver: Text::EMPTY,
        reason: Text::new("placed by phone"),
    }
}

impl Scenario {
    /// The broker lists orders of nobody's: for each its identity, its side and its contracts.
    fn lists(&mut self, orders: &[(&str, Side, u32)]) {
        let [of_orders, positions] = self.enquire();
        for (at, (order_id, side, leaves_qty)) in orders.iter().enumerate() {
            let order_id = Text::new(order_id);
            self.input(Input::ForeignOrder(ForeignOrder {
                route: Route::BROKER,
                order_id,
                client_id: Text::new("DESK"),
                order_type: Some(OrderType::Limit),
                time_in_force: Some(TimeInForce::GoodTillCancel),
                stop_px: Price::NONE,
                expires: UnixNanos(0),
            }));
            let (side, leaves_qty) = (*side, *leaves_qty);
            let is_last = at + 1 == orders.len();
            let (total, price) = (orders.len() as u32, ticks(19_990));
            let each = line(&of_orders, ClOrdId::NONE);
            let each = BrokerOrder { total, is_last, order_id, side, leaves_qty, price, ..each };
            self.input(Input::BrokerOrder(each));
        }
        self.answer(&positions, 0);
    }

    fn alerts_told(&self) -> Vec<(AlertKind, String)> {
        let alert = |message: &ToOrders| match message {
            ToOrders::Effect(Effect::Alert(alert)) => Some((alert.kind, alert.text.to_string())),
            _ => None,
        };
        self.out.iter().filter_map(alert).collect()
    }
}

#[test]
fn an_order_that_is_taken_over_is_counted_settles_the_doubt_and_is_cancelled_by_hand_and_by_kills()
{
    let mut scenario = verified();
    scenario.lists(&[("X", Side::Buy, 3)]);
    assert!(scenario.is_doubted() && scenario.refused_in_doubt());
    scenario.input(Input::Adoption(adoption("X")));
    assert_eq!(scenario.differences(), [(BreakClass::ForeignOrder, false)]);
    assert!(!scenario.is_doubted());
    let known = *scenario.risk.working(desk()).next().expect("it is counted");
    assert_eq!((known.open(), known.side(), known.first_id().bot()), (3, Side::Buy, desk()));
    assert_eq!(known.time_in_force(), TimeInForce::GoodTillCancel);
    // Its fill is its desk's.
    let order =
        OrderRequest { cl_ord_id: known.first_id(), qty: 3, bot: desk(), ..request_of(&known) };
    scenario.fill(&order, 1, 2);
    assert_eq!(scenario.risk.position(desk()).map(|position| position.qty()), Some(1));
    // It counts as filled for what opens beside it: twenty are the most.
    scenario.enter(10);
    let entry = scenario.only();
    scenario.end(&entry, 0);

    let cancel = Ticket { order: known.first_id(), ..ticket(TicketKind::Cancel) };
    scenario.input(Input::Ticket(cancel));
    let cancel = scenario.only();
    assert_eq!((cancel.kind, cancel.orig_cl_ord_id), (OutboundKind::Cancel, known.first_id()));

    let mut killed = verified();
    killed.lists(&[("X", Side::Buy, 3)]);
    killed.input(Input::Adoption(adoption("X")));
    killed.command(CommandKind::Kill { flatten: false }, Scope::Platform);
    assert_eq!(killed.only().kind, OutboundKind::Cancel);
}

fn request_of(known: &crate::risk::WorkingOrder) -> OrderRequest {
    OrderRequest {
        kind: OutboundKind::New,
        cl_ord_id: known.first_id(),
        orig_cl_ord_id: ClOrdId::NONE,
        bot: known.first_id().bot(),
        account: AccountId(0),
        instrument: InstrumentId(0),
        route: Route::BROKER,
        side: known.side(),
        qty: known.order.qty(),
        price: known.price(),
        time_in_force: known.time_in_force(),
        terms: *known.order.terms(),
    }
}

#[test]
fn limits_count_what_was_taken_over_at_the_limit_and_one_more() {
    // An account holds twenty at most, working orders included.
    for (foreign, opens) in [(19, true), (20, false), (25, false)] {
        let mut scenario = verified();
        scenario.lists(&[("X", Side::Buy, foreign)]);
        scenario.input(Input::Adoption(adoption("X")));
        assert_eq!(scenario.risk.working(desk()).count(), 1, "it works: it is counted anyway");
        scenario.enter(1);
        assert_eq!(scenario.rejected().is_none(), opens, "{foreign}");
    }
}

#[test]
fn the_doubt_lasts_until_the_last_order_of_nobodys_is_somebodys() {
    let mut scenario = verified();
    scenario.lists(&[("X", Side::Buy, 1), ("Y", Side::Sell, 2)]);
    scenario.input(Input::Adoption(adoption("X")));
    assert!(scenario.is_doubted());
    scenario.input(Input::Adoption(adoption("Y")));
    assert!(!scenario.is_doubted());
    assert_eq!(scenario.risk.working(desk()).count(), 2);
}

#[test]
fn what_is_refused_is_told_and_leaves_the_doubt() {
    let mut scenario = verified();
    scenario.lists(&[("X", Side::Buy, 1)]);
    let nobody = Adoption { bot: Some(BotId(77)), ..adoption("X") };
    for wrong in [adoption("Y"), Adoption { reason: Text::EMPTY, ..adoption("X") }, nobody] {
        scenario.input(Input::Adoption(wrong));
        let told = scenario.alerts_told();
        assert_eq!((told.len(), told[0].0), (1, AlertKind::CommandRefused), "{wrong:?}");
        assert!(scenario.is_doubted() && scenario.approved().is_empty());
    }
    scenario.input(Input::Adoption(adoption("X")));
    assert!(!scenario.is_doubted());
    scenario.input(Input::Adoption(adoption("X")));
    assert_eq!(scenario.alerts_told()[0].0, AlertKind::CommandRefused, "it is ours already");
}

#[test]
fn a_full_desk_puts_its_place_in_doubt_instead_of_losing_count() {
    let mut scenario = verified();
    let names: Vec<String> = (0..ORDERS_PER_DESK).map(|at| format!("X{at}")).collect();
    let orders: Vec<_> = names.iter().map(|name| (name.as_str(), Side::Buy, 1)).collect();
    scenario.lists(&orders);
    for (at, name) in names.iter().enumerate() {
        scenario.input(Input::Adoption(adoption(name)));
        let full = scenario.alerts_told().iter().any(|told| told.0 == AlertKind::TableFull);
        assert_eq!(full, at == ORDERS_PER_DESK - 1, "the last place is for what closes");
    }
    assert_eq!(scenario.risk.working(desk()).count(), ORDERS_PER_DESK - 1);
    assert!(scenario.is_doubted());
}

#[test]
fn an_order_that_is_given_to_a_bot_is_the_bots_as_one_of_its_own() {
    let mut scenario = verified();
    scenario.lists(&[("X", Side::Buy, 2)]);
    scenario.input(Input::Adoption(Adoption { bot: Some(BOT), ..adoption("X") }));
    assert!(!scenario.is_doubted());
    let known = *scenario.risk.working(BOT).next().expect("it is the bot's");
    // What the bot does not want of it, it cancels.
    scenario.want(BOT, -1, Urgency::Passive, IntentReason::Signal);
    let cancel = scenario.only();
    assert_eq!((cancel.kind, cancel.orig_cl_ord_id), (OutboundKind::Cancel, known.first_id()));
}

#[test]
fn an_order_that_closes_no_more_than_its_bot_holds_only_reduces() {
    for (qty, reduces) in [(1, true), (2, true), (3, false)] {
        let mut scenario = verified();
        scenario.input(Input::Execution(holding(BOT, Side::Buy, 2, &Setup::new())));
        scenario.lists(&[("X", Side::Sell, qty)]);
        scenario.input(Input::Adoption(Adoption { bot: Some(BOT), ..adoption("X") }));
        let known = *scenario.risk.working(BOT).next().expect("it is the bot's");
        assert_eq!(known.reducing, reduces, "{qty}");
    }
}

#[test]
fn what_is_sent_with_the_input_that_takes_an_order_over_has_another_identity() {
    let mut scenario = verified();
    scenario.lists(&[("X", Side::Buy, 1)]);
    scenario.command(CommandKind::Kill { flatten: false }, Scope::Platform);
    scenario.input(Input::Adoption(adoption("X")));
    let taken_over = scenario.risk.seq;
    let mut identities: Vec<ClOrdId> =
        scenario.risk.working(desk()).map(|of| of.first_id()).collect();
    identities.extend(scenario.approved().iter().map(|sent| sent.cl_ord_id));
    let asked = ClOrdId::new(taken_over, desk(), scenario.risk.ordinal).expect("fits");
    assert!(!identities.contains(&asked), "the next message of this input: {identities:?}");
    let count = identities.len();
    identities.sort_by_key(|id| id.0);
    identities.dedup();
    assert_eq!(identities.len(), count);
}
