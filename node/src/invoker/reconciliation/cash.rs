//! R26 over TCP: the venue's book of an account's cash, against ours.

use super::*;
use gauntlet_model::units::Money;

impl World {
    fn cash_outcomes(&self) -> Vec<EnquiryOutcome> {
        self.ended(Enquired::Cash)
    }

    fn ask(&mut self) -> Option<EnquiryOutcome> {
        self.correct(by_person(CorrectionKind::Enquire));
        self.cash_outcomes().last().copied()
    }
}

#[test]
fn cash_agrees_at_the_start_after_fills_after_a_restart_and_after_a_bust() {
    let mut world = World::with_a_resting_order("off");
    assert_eq!(world.cash_outcomes(), [EnquiryOutcome::Agrees]);
    world.trade(2, true);
    world.until("it holds two", |world| world.held() == 2);
    assert_eq!(world.ask(), Some(EnquiryOutcome::Agrees));
    world.kill();
    world.start("off");
    world.until("it is asked again", |world| world.cash_outcomes().len() == 3);
    assert_eq!(world.cash_outcomes(), [EnquiryOutcome::Agrees; 3]);
    world.replays_equal();
}

#[test]
fn money_that_comes_in_by_another_way_is_a_difference_until_a_person_takes_the_brokers_word() {
    let mut world = World::with_a_resting_order("off");
    world.venue.deposit_by_hand(ACCOUNT, Money(2_500_000_000));
    assert_eq!(world.ask(), Some(EnquiryOutcome::Differs));
    let (class, active, ours, theirs) = world.breaks()[0];
    assert_eq!((class, active, theirs - ours), (BreakClass::CashDiffers, true, 2_500_000_000));
    let (actor, reason) = (Text::new("tester"), Text::new("a deposit"));
    let account = Some(AccountId(0));
    world.correct(Correction {
        account,
        ..Correction::by_person(CorrectionKind::Settle, actor, reason)
    });
    assert_eq!(world.cash_outcomes().last(), Some(&EnquiryOutcome::Agrees));
    assert_eq!(world.breaks().last().map(|of| of.1), Some(false));
    world.replays_equal();
}
