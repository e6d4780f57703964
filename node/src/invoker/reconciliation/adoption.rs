//! An order placed by hand at the venue is taken over here: over FIX, through a restart, to its end.

use super::*;
use gauntlet_model::desk::desk_of;
use gauntlet_model::effect::OrderAdopted;
use gauntlet_model::input::{Adoption, Command, CommandKind, Scope, Ticket, TicketKind};

fn desk() -> BotId {
    desk_of(0).expect("there is one")
}

/// A world whose venue has an order of nobody's, three to buy, that puts its place in doubt.
fn with_a_foreign_order() -> World {
    let mut world = World::new("when_answered");
    world.second();
    let foreign = ByHand {
        account: ACCOUNT,
        symbol: SYMBOL,
        side: Side::Buy,
        qty: 3,
        price: BID,
        id: "DESK-1",
    };
    let World { venue, pit, .. } = &mut world;
    assert!(venue.enter_by_hand(&foreign, pit, &mut |_| {}));
    world.correct(by_person(CorrectionKind::Enquire));
    assert_eq!(world.in_doubt(), Some(DoubtCause::ForeignOrder));
    world
}

impl World {
    /// The broker's identity of the order that is none of ours, as the difference tells it.
    fn foreign_id(&self) -> Text<32> {
        let told = |effect: Effect| match effect {
            Effect::Break(Break { class: BreakClass::ForeignOrder, order_id, .. }) => {
                Some(order_id)
            }
            _ => None,
        };
        self.effects().into_iter().find_map(told).expect("it was told")
    }

    fn adopt(&mut self, bot: Option<BotId>) {
        let adoption = Adoption {
            route: Route::BROKER,
            order_id: self.foreign_id(),
            account: AccountId(0),
            instrument: InstrumentId(0),
            bot,
            actor: Text::new("ann"),
            approver: Text::new("bob"),
            reason: Text::new("placed by phone"),
        };
        self.node().hot.own(Input::Adoption(adoption));
        self.settle();
    }

    fn held_of(&self, owner: BotId) -> i32 {
        let chain = self.node.as_ref().expect("it runs").chain();
        chain.risk().position(owner).map_or(0, |position| position.qty())
    }

    fn working_of(&self, owner: BotId) -> usize {
        self.node.as_ref().expect("it runs").chain().risk().working(owner).count()
    }

    /// The market identity of the order that was placed by hand: the first that came.
    fn foreign_rests(&self) -> bool {
        self.pit.resting.first().is_some_and(|(id, _)| *id == OrderId(1))
    }
}

#[test]
fn an_order_placed_by_hand_is_taken_over_fills_for_its_desk_and_is_cancelled_over_a_restart() {
    let mut world = with_a_foreign_order();
    world.adopt(None);
    assert_eq!((world.in_doubt(), world.working_of(desk())), (None, 1));
    assert_eq!(world.breaks().last(), Some(&(BreakClass::ForeignOrder, false, 0, 3)));
    world.trade(1, true);
    assert_eq!((world.held_of(desk()), world.held_of(BOT)), (1, 0), "its fill is the desk's");

    world.kill();
    world.start("when_answered");
    let names = |world: &World| {
        let named = |effect: &&Effect| matches!(effect, Effect::Adopted(OrderAdopted { .. }));
        world.effects().iter().filter(named).count()
    };
    world.until("its gateway is told its name again", |world| names(world) == 2);
    world.until("it is known again", |world| {
        let orders = world.node.as_ref().expect("it runs").chain().orders();
        orders.live().any(|order| order.bot() == desk() && !order.is_in_doubt())
    });
    assert_eq!(world.in_doubt(), None, "it is one of ours now");
    assert_eq!(names(&world), 2, "told once a run");
    assert!(world.foreign_rests());
    // A fill whose report is lost is booked from the broker's status of it.
    world.trade(1, false);
    world.correct(by_person(CorrectionKind::Enquire));
    world.until("the fill is booked", |world| world.held_of(desk()) == 2);

    let chain = world.node().chain();
    let order = chain.risk().working(desk()).next().expect("one is left").first_id();
    let ticket = Ticket::of(TicketKind::Cancel, Text::new("ann"), Text::new("enough"));
    world.node().hot.own(Input::Ticket(Ticket { order, ..ticket }));
    world.settle();
    assert!(!world.foreign_rests(), "the venue took the cancel by its own names");
    assert_eq!((world.working_of(desk()), world.held_of(desk())), (0, 2));
    world.correct(by_person(CorrectionKind::Enquire));
    assert_eq!(world.in_doubt(), None, "positions agree");
    world.replays_equal();
}

#[test]
fn a_kill_cancels_an_order_that_was_taken_over() {
    let mut world = with_a_foreign_order();
    world.adopt(None);
    let (actor, reason) = (Text::new("ann"), Text::new("lunch"));
    let kind = CommandKind::Kill { flatten: false };
    let kill = Command { kind, scope: Scope::Platform, actor, reason };
    world.node().hot.own(Input::Command(kill));
    world.settle();
    assert!(world.pit.resting.is_empty());
    assert_eq!(world.working_of(desk()), 0);
    world.replays_equal();
}

#[test]
fn an_order_that_is_given_to_a_bot_fills_for_the_bot() {
    let mut world = with_a_foreign_order();
    world.adopt(Some(BOT));
    assert_eq!((world.in_doubt(), world.working_of(BOT)), (None, 1));
    assert!(world.foreign_rests());
    world.trade(3, true);
    assert_eq!((world.held_of(BOT), world.working_of(BOT)), (3, 0));
    world.correct(by_person(CorrectionKind::Enquire));
    assert_eq!(world.in_doubt(), None, "positions agree");
    world.replays_equal();
}

#[test]
fn one_that_its_broker_does_not_list_is_refused_and_nothing_changes() {
    let mut world = with_a_foreign_order();
    let adoption = Adoption {
        route: Route::BROKER,
        order_id: Text::new("NOT-THERE"),
        account: AccountId(0),
        instrument: InstrumentId(0),
        bot: None,
        actor: Text::new("ann"),
        approver: Text::EMPTY,
        reason: Text::new("placed by phone"),
    };
    world.node().hot.own(Input::Adoption(adoption));
    world.settle();
    assert_eq!((world.in_doubt(), world.working_of(desk())), (Some(DoubtCause::ForeignOrder), 0));
    let refused = |effect: &Effect| match effect {
        Effect::Alert(alert) => alert.text.as_str().starts_with("its broker lists no such order"),
        _ => false,
    };
    assert_eq!(world.effects().iter().filter(|effect| refused(effect)).count(), 1);
    world.replays_equal();
}
