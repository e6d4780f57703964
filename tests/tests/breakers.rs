//! A breaker through the whole platform: a broker that refuses everything trips it, it holds over a crash, and
//! only a person who resets it lets its bot open again.

use gauntlet_model::effect::{BreakerCause, Effect, RejectCode};
use gauntlet_model::ids::BotId;
use gauntlet_model::input::Scope;
use gauntlet_readmodel::command_wire::{Reply, Target, Verb};
use gauntlet_tests::control::ask;
use gauntlet_tests::ledger::{Ledger, Live};
use gauntlet_tests::process::Process;
use gauntlet_tests::setup::{Setup, bot_name};
use gauntlet_tests::venue::{self, Generated};
use gauntlet_tests::{program, wait_until};

const SYMBOLS: [&str; 1] = ["ESZ6"];
const MARKET: Generated = Generated { speed: 60.0, rate: 4.0, seed: 12 };
const BOT: BotId = BotId(0);

fn until(process: &mut Process, live: &mut Live, what: &str, holds: impl Fn(&Ledger) -> bool) {
    wait_until(what, || {
        process.assert_running();
        holds(live.look())
    });
}

/// The inputs at which the bot's breaker tripped.
fn trips(ledger: &Ledger) -> Vec<u64> {
    let of_bot = |(cause, effect): (u64, &Effect)| match effect {
        Effect::Breaker(change) if change.scope == Scope::Bot(BOT) && change.active => {
            assert_eq!((change.cause, change.count), (BreakerCause::OrdersInARow, 2));
            Some(cause)
        }
        _ => None,
    };
    ledger.effects().filter_map(of_bot).collect()
}

/// Whether the bot was refused for a breaker after an input.
fn is_refused_after(ledger: &Ledger, seq: u64) -> bool {
    ledger.effects().any(|(cause, effect)| {
        cause > seq
            && matches!(effect, Effect::Reject(reject)
                if reject.bot == BOT && reject.code == RejectCode::Breaker)
    })
}

fn openings_after(ledger: &Ledger, seq: u64) -> usize {
    let of_bot = ledger.opening_orders().filter(|(cause, order)| *cause > seq && order.bot == BOT);
    of_bot.count()
}

#[test]
fn a_broker_that_refuses_everything_trips_a_breaker_that_only_a_person_resets() {
    let venue = venue::start(MARKET, &SYMBOLS);
    venue.handle().set_refuses_all(true);
    let mut setup = Setup::new(venue.data_address, venue.fix_address, &SYMBOLS);
    setup.bots = 1;
    let headroom = "cancel_headroom = 200\n";
    let text = setup.text().replace(headroom, &format!("{headroom}max_refused_orders = 2\n"));
    let mut process = setup.run_with(program!(), &text, &[]);
    let mut live = Live::new(&setup.journal());
    until(&mut process, &mut live, "the breaker trips", |ledger| !trips(ledger).is_empty());
    venue.handle().set_refuses_all(false);
    let tripped = trips(&live.ledger)[0];
    until(&mut process, &mut live, "the bot is refused", |l| is_refused_after(l, tripped));
    assert_eq!(openings_after(&live.ledger, tripped), 0);

    process.kill();
    live.look();
    let restarted = live.ledger.last_seq();
    let mut process = setup.run_with(program!(), &text, &[]);
    until(&mut process, &mut live, "it is in the next run", |l| is_refused_after(l, restarted));
    assert_eq!(openings_after(&live.ledger, tripped), 0, "the breaker did not latch");

    let name = bot_name(SYMBOLS[0], 0);
    for (target, reason) in [(Target::Bot(&name), ""), (Target::Platform, "of another scope")] {
        let reply = ask(&setup.data(), Verb::ResetBreaker, target, reason);
        assert!(matches!(reply, Reply::Refused { .. }), "{reply:?}");
    }
    let reply =
        ask(&setup.data(), Verb::ResetBreaker, Target::Bot(&name), "the broker is well again");
    let Reply::Ok { seq: reset, .. } = reply else { panic!("not reset: {reply:?}") };
    until(&mut process, &mut live, "it trades again", |l| openings_after(l, reset) > 0);
    process.stop().expect_code(0);
    venue.stop().expect("the venue is fine");
}
