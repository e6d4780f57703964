//! What people put right on a running node, through the socket, the journal and a restart.

use gauntlet_model::effect::Effect;
use gauntlet_model::ids::BotId;
use gauntlet_model::input::{CorrectionKind, Input};
use gauntlet_model::text::Text;
use gauntlet_model::units::{PRICE_SCALE, Price, Side};
use gauntlet_readmodel::command_wire::{AskedCorrection, Reply, Target, Verb};
use gauntlet_readmodel::replay;
use gauntlet_tests::control::ask;
use gauntlet_tests::ledger::Live;
use gauntlet_tests::setup::{ACCOUNT, Setup, bot_name};
use gauntlet_tests::venue::{self, Generated};
use gauntlet_tests::{program, wait_until};

const SYMBOLS: [&str; 1] = ["ESZ6"];
const MARKET: Generated = Generated { speed: 60.0, rate: 4.0, seed: 11 };

fn refused(reply: &Reply) -> bool {
    matches!(reply, Reply::Refused { .. })
}

#[test]
fn corrections_are_booked_journaled_with_who_and_why_and_survive_a_restart() {
    let venue = venue::start(MARKET, &SYMBOLS);
    let setup = Setup::new(venue.data_address, venue.fix_address, &SYMBOLS);
    // A fill that the broker never made would differ from its list, which is another test's matter.
    let text = setup.text().replace("[broker]", "[broker]\nreconcile = \"off\"");
    let mut process = setup.run_with(program!(), &text, &[]);
    let mut live = Live::new(&setup.journal());
    wait_until("the session is up", || {
        process.assert_running();
        live.look().logons() == 1
    });
    let data = setup.data();
    let bot = bot_name("ESZ6", 0);
    let send = |asked, target, why| ask(&data, Verb::Correct(asked), target, why);

    let book = AskedCorrection {
        side: Side::Sell,
        qty: 3,
        price: Price(6_000 * PRICE_SCALE),
        exec_id: Text::new("BY-HAND"),
        approver: Text::new("bob"),
        ..AskedCorrection::of(CorrectionKind::Book)
    };
    let Reply::Ok { seq, .. } = send(book, Target::Bot(&bot), "the statement of today") else {
        panic!("a fill by hand was refused");
    };
    let settle = AskedCorrection {
        symbol: Text::new("ESZ6"),
        ..AskedCorrection::of(CorrectionKind::Settle)
    };
    assert!(refused(&send(settle, Target::Account(ACCOUNT), "nothing is in doubt")));
    assert!(refused(&send(book, Target::Bot("nobody"), "no such bot")));
    assert!(refused(&send(book, Target::Bot(&bot), "")), "nothing without a reason");
    let nothing = AskedCorrection { qty: 0, ..book };
    assert!(refused(&send(nothing, Target::Bot(&bot), "no contracts")));
    let enquire = AskedCorrection::of(CorrectionKind::Enquire);
    assert!(!refused(&send(enquire, Target::Platform, "a look")));

    wait_until("it is in the journal", || live.look().last_seq() > seq);
    let ledger = live.look();
    let asked = ledger.inputs.iter().find(|sequenced| sequenced.seq == seq).expect("it is there");
    let Input::Correction(correction) = asked.input else { panic!("{asked:?}") };
    assert_eq!(correction.bot, Some(BotId(0)));
    assert_eq!((correction.actor.as_str(), correction.approver.as_str()), ("tester", "bob"));
    assert_eq!(correction.reason.as_str(), "the statement of today");
    let moved = |(cause, effect): (u64, &Effect)| {
        cause == seq && matches!(effect, Effect::Position(p) if p.bot == BotId(0))
    };
    assert!(ledger.effects().any(moved));

    process.kill();
    let process = setup.run_with(program!(), &text, &[]);
    wait_until("the next run is up", || live.look().logons() == 2);
    process.stop();
    let dir = setup.journal();
    assert!(gauntlet_journal::verify(&dir).expect("readable").is_whole());
    replay::replay(&dir, |_| {}).unwrap_or_else(|error| panic!("{error}"));
    venue.stop().expect("the venue is fine");
}
