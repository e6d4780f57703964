//! The figures of a session that operators see.

use super::*;
use gauntlet_model::session_vitals::SessionPhase;

fn phase(bench: &Bench) -> SessionPhase {
    bench.session.vitals().phase()
}

#[test]
fn the_round_trip_is_that_of_the_last_answered_test_request() {
    let mut bench = Bench::new(SessionConfig::initiator("US", "PEER"), 1, 1);
    assert_eq!(phase(&bench), SessionPhase::LoggingOn);
    bench.says("35=A|34=1|98=0|108=30|");
    assert_eq!(phase(&bench), SessionPhase::CatchingUp, "whether it lacks anything is asked");
    let vitals = bench.session.vitals();
    assert_eq!((vitals.round_trip_at, vitals.heartbeat_ns), (0, 30 * SECOND));
    bench.passes(2);
    // A heartbeat of its own, and an answer to another question, are none.
    bench.says("35=0|34=2|");
    bench.says("35=0|34=3|112=9|");
    assert_eq!(bench.session.vitals().round_trip_at, 0);
    bench.says("35=0|34=4|112=1|");
    let vitals = bench.session.vitals();
    assert_eq!((vitals.round_trip_ns, vitals.round_trip_at), (2 * SECOND, bench.now.0));
    assert_eq!(phase(&bench), SessionPhase::LoggedOn);
    // Said twice, it is no answer to anything.
    bench.passes(1);
    bench.says("35=0|34=5|112=1|");
    assert_eq!(bench.session.vitals().round_trip_ns, 2 * SECOND);
}

#[test]
fn gaps_resends_and_jumps_are_counted_where_they_happen() {
    let mut bench = Bench::logged_on();
    bench.sends(b"D", "an order").expect("it is on");
    bench.replies();
    bench.says("35=0|34=4|");
    assert_eq!(bench.session.vitals().gaps, 1);
    bench.says("35=4|34=2|43=Y|123=Y|36=5|");
    bench.says("35=4|34=5|36=9|");
    let vitals = bench.session.vitals();
    assert_eq!((vitals.jumps, vitals.next_in), (2, 9), "a fill of the gap, and a reset");
    let sent = bench.says("35=2|34=9|7=1|16=0|");
    assert_eq!(sent.len(), 1, "{sent:?}");
    let vitals = bench.session.vitals();
    assert_eq!((vitals.resends, vitals.gap_fills, vitals.next_out), (1, 1, 4));
    // A jump that is refused is none.
    bench.says("35=4|34=10|36=2|");
    assert_eq!(bench.session.vitals().jumps, 2);
}
