//! R25 over TCP: what the venue copies, held against what its order session tells.

use super::*;
use gauntlet_model::input::SessionChange;
use gauntlet_venue::script::{Deed, ScriptEntry, When};

/// Longer than the patience that these tests configure.
const PATIENCE: &str = "within_seconds = 5";

impl World {
    fn copied() -> World {
        let mut world = World::with_copy("off", Some(PATIENCE));
        world.until("an order rests", |world| !world.pit.resting.is_empty());
        world
    }

    fn seconds(&mut self, seconds: u64) {
        (0..seconds).for_each(|_| self.second());
    }

    fn classes(&self) -> Vec<(BreakClass, bool)> {
        self.breaks().into_iter().map(|(class, active, ..)| (class, active)).collect()
    }

    fn refusals_by_copy(&self) -> usize {
        let is = |effect: &&Effect| matches!(effect, Effect::Reject(reject) if reject.code == RejectCode::DropCopy);
        self.effects().iter().filter(is).count()
    }

    /// Copied reports and changes of the copy's session in the journal.
    fn copies(&self) -> (usize, Vec<SessionChange>) {
        let dir = journal_dir(self.data.path());
        let mut reader = gauntlet_journal::InputReader::open(&dir, Position(0)).expect("a journal");
        let (mut reports, mut changes) = (0, Vec::new());
        while let Some(record) = reader.next().expect("whole records") {
            match record.sequenced.input {
                Input::Copied(_) => reports += 1,
                Input::CopySession(event) => changes.push(event.change),
                _ => {}
            }
        }
        (reports, changes)
    }

    fn script(&mut self, deed: Deed) {
        self.venue.perform(&ScriptEntry::once(When::AfterOrders(0), deed));
    }
}

#[test]
fn what_both_sessions_tell_is_no_difference_and_every_copy_is_in_the_journal() {
    let mut world = World::copied();
    world.trade(1, true);
    world.trade(1, true);
    world.seconds(20);
    assert_eq!((world.held(), world.classes().len()), (2, 0));
    let (reports, changes) = world.copies();
    assert!(reports >= 3, "one of the order and two of its fills, {reports}");
    assert_eq!(changes, [SessionChange::LoggedOn]);
    world.replays_equal();
}

#[test]
fn a_fill_whose_report_is_lost_is_found_by_the_copy_and_settled_when_a_person_books_it() {
    let mut world = World::copied();
    world.script(Deed::LoseReport);
    world.trade(1, true);
    world.seconds(5);
    assert_eq!(world.held(), 0);
    world.until("the copy alone has it", |world| {
        world.classes().contains(&(BreakClass::CopyUnbooked, true))
    });
    assert_eq!(world.in_doubt(), Some(DoubtCause::DropCopy));
    let book = Correction {
        bot: Some(BOT),
        side: Side::Buy,
        qty: 1,
        price: BID,
        ..by_person(CorrectionKind::Book)
    };
    world.correct(book);
    assert_eq!((world.held(), world.in_doubt()), (1, None));
    assert_eq!(
        world.classes(),
        [(BreakClass::CopyUnbooked, true), (BreakClass::CopyUnbooked, false)]
    );
    world.replays_equal();
}

#[test]
fn a_fill_whose_report_is_lost_is_settled_by_the_brokers_own_word_where_it_is_asked() {
    let mut world = World::with_copy("when_answered", Some(PATIENCE));
    world.until("an order rests", |world| !world.pit.resting.is_empty());
    world.script(Deed::LoseReport);
    world.trade(1, true);
    world.until("it is booked from the broker's list", |world| world.held() == 1);
    world.until("nothing differs", |world| world.in_doubt().is_none());
    world.seconds(20);
    assert_eq!(world.held(), 1);
    assert!(world.classes().contains(&(BreakClass::CopyUnbooked, false)));
    world.replays_equal();
}

#[test]
fn a_fill_that_is_not_copied_is_a_difference_until_a_person_settles_it() {
    let mut world = World::copied();
    world.script(Deed::LoseCopy);
    world.trade(2, true);
    world.until("it is missed", |world| world.classes().contains(&(BreakClass::CopyMissing, true)));
    assert_eq!(world.held(), 2);
    world.correct(by_person(CorrectionKind::Settle));
    assert_eq!(
        (world.in_doubt(), world.classes().last().copied()),
        (None, Some((BreakClass::CopyMissing, false)))
    );
    world.replays_equal();
}

#[test]
fn a_fill_told_with_the_other_side_is_booked_by_its_orders_status_and_agrees_then() {
    let mut world = World::copied();
    world.script(Deed::WrongSide);
    world.trade(1, true);
    world.until("the order's status books it", |world| world.held() == 1);
    world.seconds(20);
    assert_eq!(world.classes(), []);
    world.replays_equal();
}

#[test]
fn busts_corrections_and_doubled_fills_are_copied_alike() {
    for deed in [Deed::Bust, Deed::Correct(1), Deed::DoubleFill] {
        let mut world = World::copied();
        world.script(deed);
        world.trade(1, true);
        world.seconds(20);
        assert_eq!(world.classes(), [], "{deed:?}");
        world.replays_equal();
    }
}

#[test]
fn an_order_of_somebody_else_is_seen_at_once_and_over_when_it_is_cancelled() {
    let mut world = World::copied();
    world.trade(2, true);
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
    world.settle();
    assert_eq!(world.classes(), [(BreakClass::CopyForeign, true)]);
    assert_eq!(world.in_doubt(), Some(DoubtCause::DropCopy));
    let World { venue, pit, .. } = &mut world;
    assert!(venue.cancel_by_hand("DESK-1", pit, &mut |_| {}));
    world.settle();
    assert_eq!(world.classes().last(), Some(&(BreakClass::CopyForeign, false)));
    assert_eq!(world.in_doubt(), None);
    world.replays_equal();
}

#[test]
fn what_was_copied_while_the_line_was_broken_comes_with_the_next_logon() {
    let mut world = World::copied();
    let now = world.now();
    world.venue.disconnect_copy(now);
    world.trade(1, true);
    world.seconds(20);
    assert_eq!(world.classes(), []);
    let (_, changes) = world.copies();
    use SessionChange::{Disconnected, LoggedOn};
    assert_eq!(changes, [LoggedOn, Disconnected, LoggedOn]);
    world.replays_equal();
}

#[test]
fn a_node_that_died_goes_on_with_the_copys_numbers_and_misses_nothing() {
    let mut world = World::copied();
    world.trade(1, true);
    world.kill();
    world.trade(1, true);
    world.start("off");
    world.until("the second fill is booked", |world| world.held() == 2);
    world.seconds(20);
    assert_eq!(world.classes(), []);
    world.replays_equal();
}

#[test]
fn nothing_opens_without_a_copy_that_is_required() {
    let mut world = World::with_copy("off", Some("within_seconds = 5\nrequired = true"));
    world.until("an order rests", |world| !world.pit.resting.is_empty());
    assert_eq!(world.refusals_by_copy(), 0);
    world.trade(2, true);
    // The venue's end is gone: the node dials in vain.
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let mut world = World::with_copy("off", Some("within_seconds = 5\nrequired = true"));
    *world.venue = OrderEntry::bind(any, "THEM", "US").expect("a free port");
    world.seconds(5);
    assert!(world.pit.resting.is_empty());
}
