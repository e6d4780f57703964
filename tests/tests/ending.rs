//! How a run ends: what is left open is told.

use gauntlet_tests::ledger::Live;
use gauntlet_tests::setup::Setup;
use gauntlet_tests::venue::{self, Generated};
use gauntlet_tests::{program, wait_until};

const SYMBOLS: [&str; 1] = ["ESZ6"];
const MARKET: Generated = Generated { speed: 60.0, rate: 4.0, seed: 11 };

#[test]
fn a_stop_that_leaves_orders_in_doubt_says_so_and_fails() {
    let venue = venue::start(MARKET, &SYMBOLS);
    let setup = Setup::new(venue.data_address, venue.fix_address, &SYMBOLS);
    let mut process = setup.run(program!());
    let mut live = Live::new(&setup.journal());
    wait_until("the broker answers", || {
        process.assert_running();
        live.look().orders().values().any(|order| order.state.is_final())
    });
    venue.handle().set_silent(true);
    let silent_since = live.look().last_seq();
    wait_until("an order stays without an answer", || {
        process.assert_running();
        live.look().new_orders().any(|(cause, _)| cause > silent_since)
    });
    process.stop().expect_code(1).expect_told(&["may still work at the broker"]);
    venue.stop().expect("the venue is fine");
}
