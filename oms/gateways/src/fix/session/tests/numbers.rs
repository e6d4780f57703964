//! Numbers that do not meet, and how they meet again.

use super::*;
use gauntlet_model::session_schedule::SessionSchedule;

/// A connection that ends before the peer has said anything.
fn fails(bench: &mut Bench) -> Vec<String> {
    bench.connect();
    let logon = bench.replies();
    bench.session.disconnected();
    logon
}

#[test]
fn logons_that_come_to_nothing_take_no_number_but_once_in_a_while() {
    let mut bench = Bench::initiator(40, 7);
    bench.replies();
    bench.session.disconnected();
    for _ in 0..6 {
        assert_eq!(fails(&mut bench), ["35=A|34=40|98=0|108=30|"]);
    }
    assert_eq!(bench.session.numbers(), SequenceNumbers { next_out: 40, next_in: 7 });
    // A peer that counts logons and says nothing would be wrong about us for ever.
    assert_eq!(fails(&mut bench), ["35=A|34=40|98=0|108=30|"]);
    assert_eq!(fails(&mut bench), ["35=A|34=41|98=0|108=30|"]);
    assert_eq!(fails(&mut bench), ["35=A|34=41|98=0|108=30|"]);
    bench.connect();
    bench.says("35=A|34=7|98=0|108=30|");
    bench.session.disconnected();
    assert_eq!(bench.session.numbers().next_out, 42, "this one was answered");
}

#[test]
fn a_refused_logon_takes_no_number_either() {
    for refusal in ["35=5|34=7|58=unknown user|", "35=3|34=7|45=40|58=unknown user|"] {
        let mut bench = Bench::initiator(40, 7);
        bench.replies();
        bench.says(refusal);
        bench.closes_saying("logon refused: unknown user");
        bench.session.disconnected();
        assert_eq!(fails(&mut bench), ["35=A|34=40|98=0|108=30|"], "{refusal}");
    }
}

#[test]
fn a_peer_that_says_which_number_it_expects_gets_it() {
    for (text, next) in [
        ("MsgSeqNum too low, expecting 294 but received 247", 294),
        ("MsgSeqNum too low, expecting 248 but received 247", 248),
        ("MsgSeqNum too low, expecting 247 but received 247", 247),
        ("MsgSeqNum too low, expecting 12 but received 247", 247),
        ("MsgSeqNum too low, expecting 10000247 but received 247", 10_000_247),
        ("MsgSeqNum too low, expecting 10000248 but received 247", 247),
        ("expecting 999999999999999999999", 247),
    ] {
        let mut bench = Bench::initiator(247, 9);
        bench.replies();
        bench.says(&format!("35=5|34=9|58={text}|"));
        assert!(bench.session.must_close());
        bench.session.disconnected();
        bench.connect();
        assert_eq!(bench.replies(), [format!("35=A|34={next}|98=0|108=30|")], "{text}");
    }
}

#[test]
fn an_unasked_reset_at_a_sessions_start_is_adopted() {
    let mut bench = Bench::initiator(50, 60);
    bench.replies();
    bench.says("35=A|34=1|98=0|108=30|141=Y|");
    assert!(bench.session.is_logged_on());
    let notice = Notice::LoggedOn { msg_seq_num: 1, reset: true };
    assert_eq!(bench.session.take_notice(), Some(notice));
    // Ours goes on, higher than any peer expects: it asks, or is content.
    assert_eq!(bench.session.numbers(), SequenceNumbers { next_out: 51, next_in: 2 });
    assert_eq!(bench.says("35=2|34=2|7=1|16=0|"), ["35=4|34=1|43=Y|123=Y|36=51|"]);
    assert_eq!(bench.sends(b"D", "order"), Ok(51));
    // The first number is part of it.
    let mut bench = Bench::initiator(50, 60);
    bench.replies();
    bench.says("35=A|34=61|98=0|108=30|141=Y|");
    bench.closes_saying("ResetSeqNumFlag (141) needs MsgSeqNum 1");
}

#[test]
fn a_peer_that_began_anew_without_a_word_is_refused_with_what_to_do() {
    let mut bench = Bench::initiator(50, 60);
    bench.replies();
    let text = "peer began anew: 1, expected 60; reset or set numbers";
    assert_eq!(bench.says("35=A|34=1|98=0|108=30|"), [format!("35=5|34=51|58={text}|")]);
    bench.closes_saying(text);
    bench.session.disconnected();
    // What an operator can do: ask for a reset, once.
    bench.session.begin_anew();
    bench.connect();
    assert_eq!(bench.replies(), ["35=A|34=1|98=0|108=30|141=Y|"]);
    bench.says("35=A|34=1|98=0|108=30|141=Y|");
    let notice = Notice::LoggedOn { msg_seq_num: 1, reset: true };
    assert_eq!(bench.session.take_notice(), Some(notice));
    bench.session.disconnected();
    bench.connect();
    assert_eq!(bench.replies(), ["35=A|34=2|98=0|108=30|"]);
    // Or set the numbers, between connections.
    assert!(!bench.session.set_numbers(SequenceNumbers { next_out: 9, next_in: 8 }, START));
    bench.session.disconnected();
    assert!(bench.session.set_numbers(SequenceNumbers { next_out: 9, next_in: 8 }, START));
    assert!(bench.session.set_numbers(SequenceNumbers { next_out: 0, next_in: 0 }, START));
    assert_eq!(bench.session.numbers(), SequenceNumbers::default());
}

/// An initiator whose numbers begin anew at midnight, New York's: 05:00 UTC in December.
fn scheduled(hours: Option<(&str, &str)>, numbers_of: UnixNanos) -> SessionConfig {
    let (open, close) = hours.unzip();
    let schedule = SessionSchedule::new("America/New_York", Some("00:00"), open, close);
    let schedule = Some(schedule.expect("can be"));
    SessionConfig { schedule, numbers_of, ..unconfirmed_initiator() }
}

#[test]
fn numbers_last_used_before_the_schedules_reset_begin_anew() {
    // The session begins on 24 December at 18:45 in New York.
    let midnight = START.0 - (18 * 3_600 + 45 * 60) * SECOND;
    for (used, begins) in [(0, true), (midnight - 1, true), (midnight, false), (START.0, false)] {
        let mut bench = Bench::new(scheduled(None, UnixNanos(used)), 50, 60);
        let (seq, theirs) = if begins { (1, 1) } else { (50, 60) };
        assert_eq!(bench.replies(), [format!("35=A|34={seq}|98=0|108=30|")], "{used}");
        bench.says(&format!("35=A|34={theirs}|98=0|108=30|"));
        let notice = Notice::LoggedOn { msg_seq_num: theirs, reset: begins };
        assert_eq!(bench.session.take_notice(), Some(notice));
    }
}

#[test]
fn a_session_that_is_on_at_the_schedules_reset_logs_out_and_begins_anew() {
    let mut bench = Bench::new(scheduled(None, START), 50, 60);
    bench.replies();
    bench.says("35=A|34=60|98=0|108=0|");
    let mut config = bench.session.config().clone();
    config.heartbeat_seconds = 0;
    let to_midnight = 5 * 3_600 + 15 * 60;
    bench.session.set_heartbeat(0);
    assert!(bench.passes(to_midnight - 1).is_empty());
    assert_eq!(bench.passes(1), ["35=5|34=51|58=the session's numbers begin anew|"]);
    bench.says("35=5|34=61|");
    assert!(bench.session.must_close());
    bench.session.disconnected();
    bench.connect();
    assert_eq!(bench.replies(), ["35=A|34=1|98=0|108=30|"]);
    // A peer that has not begun anew says what it expects, and that counts: the reset is not repeated.
    bench.says("35=5|34=62|58=MsgSeqNum too low, expecting 52 but received 1|");
    bench.session.disconnected();
    bench.connect();
    assert_eq!(bench.replies(), ["35=A|34=52|98=0|108=30|"]);
}

#[test]
fn outside_of_its_hours_a_session_logs_out() {
    let config = scheduled(Some(("18:00", "19:00")), START);
    let mut bench = Bench::new(config, 50, 60);
    bench.replies();
    bench.says("35=A|34=60|98=0|108=30|");
    bench.session.set_heartbeat(0);
    assert!(bench.session.is_open_at(bench.now));
    assert!(bench.passes(15 * 60 - 1).is_empty());
    assert_eq!(bench.passes(1), ["35=5|34=51|58=the session's hours are over|"]);
    assert!(!bench.session.is_open_at(bench.now));
}

#[test]
fn numbers_after_an_unclean_end_are_above_all_that_may_have_been_sent() {
    let numbers = SequenceNumbers { next_out: 247, next_in: 9 }.after_unclean_end();
    let mut bench =
        Bench::new(SessionConfig::initiator("US", "PEER"), numbers.next_out, numbers.next_in);
    let first = 247 + SequenceNumbers::UNCLEAN_JUMP;
    assert_eq!(bench.replies(), [format!("35=A|34={first}|98=0|108=30|")]);
    // The peer has had 293 of ours; it asks for what lies between, and nothing goes out before its answer.
    assert_eq!(bench.says("35=A|34=9|98=0|108=30|"), [format!("35=1|34={}|112=1|", first + 1)]);
    assert_eq!(
        bench.says("35=2|34=10|7=294|16=0|"),
        [
            format!("35=4|34=294|43=Y|123=Y|36={}|", first + 2),
            format!("35=1|34={}|112=2|", first + 2),
        ]
    );
    assert_eq!(bench.sends(b"D", "early"), Err(SendError::NotLoggedOn));
    bench.says("35=0|34=11|112=2|");
    assert_eq!(bench.sends(b"D", "order"), Ok(first + 3));
}

#[test]
fn a_sequence_reset_may_have_any_number_of_its_own() {
    for own in ["0", "1", "2", "700", "999999999999", "99999999999999999999999", "x", "-1"] {
        let mut bench = Bench::logged_on();
        assert!(bench.says(&format!("35=4|34={own}|36=10|")).is_empty(), "{own}");
        assert_eq!(bench.session.numbers().next_in, 10);
        assert!(bench.session.is_logged_on());
    }
    let mut bench = Bench::logged_on();
    bench.says("35=4|34=0|123=Y|36=10|");
    bench.closes_saying("MsgSeqNum (34) missing or wrong");
}

#[test]
fn no_message_moves_the_expected_number_absurdly_far() {
    let farthest = 2 + JUMP_MAX;
    for (mode, own) in [("", 0), ("123=Y|", 2)] {
        let mut bench = Bench::logged_on();
        let replies = bench.says(&format!("35=4|34={own}|{mode}36={}|", farthest + 1));
        let expected = format!(
            "35=3|34=2|45={own}|371=36|372=4|373=5|58=Value is incorrect (out of range) for this tag|"
        );
        assert_eq!(replies, [expected]);
        assert!(bench.session.is_logged_on());
        let mut bench = Bench::logged_on();
        assert!(bench.says(&format!("35=4|34={own}|{mode}36={farthest}|")).is_empty());
        assert_eq!(bench.session.numbers().next_in, farthest);
    }
    let mut bench = Bench::logged_on();
    bench.says(&format!("35=0|34={}|", farthest + 1));
    bench.closes_saying("MsgSeqNum (34) is absurdly far ahead");
    let mut bench = Bench::logged_on();
    assert_eq!(bench.says(&format!("35=0|34={farthest}|")), ["35=2|34=2|7=2|16=0|"]);
    let mut bench = Bench::initiator(1, 1);
    bench.replies();
    bench.says(&format!("35=A|34={}|98=0|108=30|", JUMP_MAX + 2));
    bench.closes_saying("MsgSeqNum (34) is absurdly far ahead");
}

#[test]
fn a_gap_is_asked_for_in_parts_where_that_is_wanted() {
    let mut config = unconfirmed_initiator();
    config.resend_chunk = 3;
    let mut bench = Bench::new(config, 1, 1);
    bench.says("35=A|34=1|98=0|108=30|");
    bench.replies();
    let again = |seq: u64| format!("35=8|34={seq}|43=Y|122=20231224-23:44:00|");
    assert_eq!(bench.says("35=8|34=9|"), ["35=2|34=2|7=2|16=4|"]);
    assert!(bench.says(&again(2)).is_empty());
    assert!(bench.says("35=8|34=10|").is_empty(), "what is under way is not asked for again");
    assert!(bench.says(&again(3)).is_empty());
    assert_eq!(bench.says(&again(4)), ["35=2|34=3|7=5|16=7|"]);
    assert_eq!(bench.says("35=4|34=5|43=Y|123=Y|36=8|"), ["35=2|34=4|7=8|16=10|"]);
    for seq in 8..=10 {
        assert!(bench.says(&again(seq)).is_empty());
    }
    assert_eq!(bench.says("35=8|34=12|"), ["35=2|34=5|7=11|16=13|"]);
    // The end of a part that never comes is noticed.
    bench.says(&again(11));
    bench.passes(11);
    bench.closes_saying("no answer to a resend request in time");
}

#[test]
fn the_last_number_processed_is_told_where_that_is_wanted() {
    let mut config = SessionConfig::acceptor("US", "PEER");
    config.last_processed = true;
    let mut bench = Bench::new(config, 1, 1);
    assert_eq!(bench.says("35=A|34=1|98=0|108=30|"), ["35=A|34=1|369=1|98=0|108=30|"]);
    assert_eq!(bench.says("35=1|34=2|112=T|"), ["35=0|34=2|369=2|112=T|"]);
}

#[test]
fn what_is_expected_next_is_told_to_those_only_who_tell_it() {
    let mut config = SessionConfig::acceptor("US", "PEER");
    config.next_expected = true;
    let mut bench = Bench::new(config, 1, 1);
    assert_eq!(bench.says("35=A|34=1|98=0|108=30|"), ["35=A|34=1|98=0|108=30|"]);
    bench.session.disconnected();
    bench.connect();
    assert_eq!(bench.says("35=A|34=2|98=0|108=30|789=2|"), ["35=A|34=2|98=0|108=30|789=3|"]);
}
