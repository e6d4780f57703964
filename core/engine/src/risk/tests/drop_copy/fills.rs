//! Fills as both sides tell them: without an identity, of another bot, late, and of another side.

use super::*;

/// A fill of a bot's without an identity, as the copy tells it.
fn nameless(bot: BotId, side: Side, qty: u32) -> CopiedReport {
    let id = ClOrdId::new(1, bot, 0).expect("fits");
    CopiedReport {
        cl_ord_id: id,
        exec_id: Text::new("0"),
        side,
        ..foreign(ExecType::Trade, 0, qty, qty)
    }
}

/// What the broker's status of an order led to is booked, without an identity.
fn booked(bot: BotId, side: Side, qty: u32) -> Correction {
    Correction {
        order: ClOrdId::new(1, bot, 0).expect("fits"),
        bot: Some(bot),
        side,
        qty,
        price: ticks(20_000),
        by_broker: true,
        ..Correction::by_person(CorrectionKind::Book, Text::new("core"), Text::new("status"))
    }
}

/// A second bot beside the first.
fn with_other(scenario: &mut Scenario, setup: &Setup) -> BotId {
    let bot = BotId(1);
    scenario.input(Input::Bot(BotDefinition { bot, ..setup.bot }));
    bot
}

impl Scenario {
    fn numbers(&self) -> Vec<(i64, i64)> {
        self.told_breaks().iter().map(|what| (what.ours, what.theirs)).collect()
    }
}

const UNBOOKED: (BreakClass, bool) = (BreakClass::CopyUnbooked, true);

#[test]
fn contracts_without_an_identity_have_their_time_and_are_told_by_order_and_side() {
    let (mut scenario, setup) = copied();
    scenario.input(Input::Copied(nameless(BOT, Side::Sell, 1)));
    scenario.input(Input::Copied(nameless(BOT, Side::Sell, 2)));
    assert_eq!(scenario.later(WITHIN_SECONDS, 0, &setup), [], "in time");
    assert_eq!(scenario.later(0, 1, &setup), [UNBOOKED]);
    assert_eq!(scenario.numbers(), [(0, -3)], "they are told as one");
    assert_eq!(scenario.told_breaks()[0].order, ClOrdId::new(1, BOT, 0).expect("fits"));
    // The other side of the same order is its own.
    scenario.input(Input::Copied(nameless(BOT, Side::Buy, 1)));
    assert_eq!(scenario.later(WITHIN_SECONDS, 1, &setup), [UNBOOKED]);
    assert_eq!(scenario.numbers(), [(0, 1)]);
}

#[test]
fn what_is_missing_without_an_identity_is_settled_once_all_of_it_came() {
    let (mut scenario, setup) = copied();
    scenario.input(Input::Copied(nameless(BOT, Side::Buy, 3)));
    scenario.later(WITHIN_SECONDS, 1, &setup);
    scenario.input(Input::Correction(booked(BOT, Side::Buy, 1)));
    assert_eq!(scenario.shown(), [], "two are missing");
    assert!(scenario.is_blocked());
    scenario.input(Input::Correction(booked(BOT, Side::Buy, 2)));
    assert_eq!(scenario.shown(), [(BreakClass::CopyUnbooked, false)]);
    assert!(!scenario.is_blocked());
    assert_eq!(scenario.later(WITHIN_SECONDS, 1, &setup), []);
}

#[test]
fn what_comes_settles_the_difference_of_its_own_bot() {
    let (mut scenario, setup) = copied();
    let other = with_other(&mut scenario, &setup);
    for bot in [BOT, other] {
        scenario.input(Input::Copied(nameless(bot, Side::Buy, 1)));
    }
    assert_eq!(scenario.later(WITHIN_SECONDS, 1, &setup), [UNBOOKED; 2]);
    scenario.input(Input::Correction(booked(other, Side::Buy, 1)));
    let [what] = scenario.told_breaks()[..] else { panic!("{:?}", scenario.out) };
    assert_eq!((what.active, what.order.bot()), (false, other));
    assert!(scenario.is_blocked());
}

#[test]
fn what_a_person_settled_without_an_identity_is_not_the_other_side_of_what_comes_later() {
    let (mut scenario, setup) = copied();
    let other = with_other(&mut scenario, &setup);
    scenario.input(Input::Copied(nameless(BOT, Side::Buy, 1)));
    scenario.later(WITHIN_SECONDS, 1, &setup);
    scenario.input(Input::Copied(nameless(other, Side::Buy, 1)));
    assert_eq!(scenario.settles_by_hand(), [(BreakClass::CopyUnbooked, false)]);
    scenario.input(Input::Correction(booked(BOT, Side::Buy, 1)));
    // What was not told yet is none of it.
    scenario.input(Input::Correction(booked(other, Side::Buy, 1)));
    assert_eq!(scenario.later(WITHIN_SECONDS, 1, &setup), [(BreakClass::CopyMissing, true)]);
    assert_eq!(scenario.told_breaks()[0].order.bot(), BOT);
}

#[test]
fn a_fill_that_a_person_settled_leaves_what_waits_without_an_identity() {
    let (mut scenario, setup) = copied();
    let order = working(&mut scenario);
    let status = Correction { order: order.cl_ord_id, ..booked(BOT, Side::Buy, 1) };
    let fill = fill_of(&order, "E1", 2, 0);
    scenario.copy_session(&fill);
    scenario.later(WITHIN_SECONDS, 1, &setup);
    scenario.input(Input::Copied(CopiedReport {
        cl_ord_id: order.cl_ord_id,
        ..nameless(BOT, Side::Buy, 1)
    }));
    assert_eq!(scenario.settles_by_hand(), [(BreakClass::CopyUnbooked, false)]);
    scenario.input(Input::Correction(status));
    assert_eq!(
        scenario.later(WITHIN_SECONDS, 1, &setup),
        [],
        "it was the other side of what waited"
    );
}

#[test]
fn an_adjusted_position_holds_what_the_copy_showed_of_its_bot_and_its_side_alone() {
    let adjusted = |bot: BotId, target: i32, shown_of: BotId| {
        let (mut scenario, setup) = copied();
        with_other(&mut scenario, &setup);
        let fill = CopiedReport { exec_id: Text::new("E1"), ..nameless(shown_of, Side::Buy, 1) };
        scenario.input(Input::Copied(fill));
        scenario.later(WITHIN_SECONDS, 1, &setup);
        let adjust = CorrectionKind::Adjust;
        scenario.input(Input::Correction(Correction {
            bot: Some(bot),
            target,
            price: ticks(20_000),
            ..Correction::by_person(adjust, Text::new("ann"), Text::new("statement"))
        }));
        scenario.shown().contains(&(BreakClass::CopyUnbooked, false))
    };
    let other = BotId(1);
    assert!(adjusted(BOT, 1, BOT) && adjusted(other, 1, other));
    assert!(!adjusted(BOT, -1, BOT), "the copy bought");
    assert!(!adjusted(BOT, 1, other) && !adjusted(other, 1, BOT));
}

#[test]
fn a_fill_that_agrees_leaves_the_others_waiting() {
    let (mut scenario, setup) = copied();
    let order = working(&mut scenario);
    let fills = ["E1", "E2", "E3"].map(|exec_id| fill_of(&order, exec_id, 1, 0));
    for fill in &fills {
        scenario.copy_session(fill);
    }
    scenario.order_session(&fills[1]);
    // Nor is one that differs at once anything to the others.
    let at_once = fill_of(&order, "E4", 1, 0);
    scenario.order_session(&at_once);
    scenario.input(Input::Copied(CopiedReport { last_qty: 2, ..copy_of(&at_once) }));
    assert_eq!(scenario.shown(), [(BreakClass::CopyTermsDiffer, true)]);
    assert_eq!(scenario.later(WITHIN_SECONDS, 1, &setup), [UNBOOKED; 2]);
    let mut told: Vec<String> =
        scenario.told_breaks().iter().map(|what| what.order_id.to_string()).collect();
    told.sort();
    assert_eq!(told, ["E1", "E3"]);
}

#[test]
fn a_bust_of_nothing_is_no_word_on_any_fill() {
    let (mut scenario, setup) = copied();
    let order = working(&mut scenario);
    let fill = fill_of(&order, "E1", 1, 0);
    scenario.order_session(&fill);
    scenario.copy_session(&fill);
    scenario.input(Input::Correction(Correction {
        kind: CorrectionKind::TakeBack,
        exec_id: Text::EMPTY,
        order: order.cl_ord_id,
        ..booked(BOT, Side::Buy, 1)
    }));
    assert_eq!(scenario.later(WITHIN_SECONDS, 1, &setup), []);
}

#[test]
fn a_copy_that_is_up_is_not_told_as_down_however_long_it_is() {
    let (mut scenario, setup) = copied();
    for _ in 0..3 {
        scenario.later(WITHIN_SECONDS, 1, &setup);
        assert_eq!(scenario.alerts(), []);
    }
}
