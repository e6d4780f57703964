//! R31: a bot goes out before its contract ends.

use super::fixtures::{ES, Stream, bot, brief};
use gauntlet_model::effect::IntentReason;
use gauntlet_model::ids::BotId;
use gauntlet_model::input::{BotDefinition, ContractRule, Exits, Input};
use gauntlet_model::instrument::{EndRule, contract};
use gauntlet_model::units::{NANOS_PER_SECOND, UnixNanos};

const HOUR_NS: u64 = 3_600 * NANOS_PER_SECOND;

#[test]
fn whoever_holds_a_contract_goes_out_before_its_end_and_tries_until_it_has() {
    let out_from =
        contract("ESH4", 2024).expect("listed").end_times(EndRule::default(), None).out_from;
    let exits = Exits { hold_over_session: true, ..bot().exits };
    let mut stream = Stream::new(&[BotDefinition { exits, ..bot() }]);
    stream.send(Input::ContractRule(ContractRule::of_product(ES)));
    stream.break_upward();
    stream.fill(BotId(0), 2, 5_015.25);
    // The exchange is closed in the hour in which the trading day begins.
    stream.now = UnixNanos(out_from.0 - HOUR_NS - 2 * NANOS_PER_SECOND);
    assert_eq!(stream.tick(1), []);
    stream.now = out_from;
    assert_eq!(stream.tick(1), [], "nothing can leave yet");
    stream.now = out_from.plus(HOUR_NS);
    assert_eq!(brief(&stream.tick(1)), [(0, IntentReason::ContractEnd)]);
    assert_eq!(brief(&stream.tick(1)), [(0, IntentReason::ContractEnd)]);
    stream.fill(BotId(0), -2, 5_015.0);
    assert_eq!(stream.tick(1), []);
}
