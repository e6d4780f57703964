use super::*;
use crate::fix::codec::{HELD_BYTES_MAX, MESSAGE_BYTES_MAX, TimePrecision};
use crate::fix::session::config::FRAME_BYTES_MAX;

#[test]
fn an_initiator_logs_on_first_and_is_logged_on_by_the_answer() {
    let mut config = unconfirmed_initiator();
    config.sender_sub_id = "OPERATOR".into();
    config.credentials = Some(Credentials { username: "user".into(), password: "secret".into() });
    let mut bench = Bench::new(config, 5, 9);
    assert_eq!(bench.replies(), ["35=A|34=5|50=OPERATOR|98=0|108=30|553=user|554=secret|"]);
    assert!(!bench.session.is_logged_on());
    assert_eq!(bench.sends(b"D", "early"), Err(SendError::NotLoggedOn));
    bench.says("35=A|34=9|98=0|108=30|");
    assert!(bench.session.is_logged_on());
    let notice = Notice::LoggedOn { msg_seq_num: 9, reset: false };
    assert_eq!(bench.session.take_notice(), Some(notice));
    assert_eq!(bench.session.numbers(), SequenceNumbers { next_out: 6, next_in: 10 });
    assert_eq!(bench.sends(b"D", "order"), Ok(6));
    assert_eq!(bench.replies(), ["35=D|34=6|50=OPERATOR|58=order|"]);
}

#[test]
fn an_initiator_is_logged_on_when_the_peer_has_had_its_chance_to_ask_for_a_resend() {
    let mut bench = Bench::new(SessionConfig::initiator("US", "PEER"), 5, 1);
    bench.replies();
    assert_eq!(bench.says("35=A|34=1|98=0|108=30|"), ["35=1|34=6|112=1|"]);
    assert_eq!(bench.sends(b"D", "early"), Err(SendError::NotLoggedOn));
    let filled = bench.says("35=2|34=2|7=3|16=0|");
    assert_eq!(filled, ["35=4|34=3|43=Y|123=Y|36=7|", "35=1|34=7|112=2|"], "it asks again");
    bench.says("35=0|34=3|");
    assert_eq!(bench.session.take_notice(), None, "a heartbeat of its own does not count");
    bench.says("35=0|34=4|112=2|");
    let notice = Notice::LoggedOn { msg_seq_num: 4, reset: false };
    assert_eq!(bench.session.take_notice(), Some(notice));
    assert_eq!(bench.sends(b"D", "order"), Ok(8));

    let mut bench = Bench::new(SessionConfig::initiator("US", "PEER"), 5, 1);
    bench.says("35=A|34=2|98=0|108=30|");
    bench.replies();
    let closed = bench.says("35=4|34=1|43=Y|123=Y|36=3|");
    assert_eq!(closed, ["35=1|34=7|112=1|"], "after a gap of ours it asks once that is closed");
    bench.passes(11);
    bench.closes_saying("no heartbeat to confirm the logon in time");
}

#[test]
fn the_password_is_not_shown() {
    let credentials = Credentials { username: "user".into(), password: "secret".into() };
    assert!(!format!("{credentials:?}").contains("secret"));
}

#[test]
fn every_new_message_is_told_before_its_bytes_can_be_written() {
    let mut bench = Bench::logged_on();
    bench.sends(b"D", "order").expect("logged on");
    let told: Vec<_> = bench
        .sent
        .iter()
        .map(|s| (s.msg_seq_num, s.msg_type.as_str().to_owned(), s.cl_ord_id))
        .collect();
    assert_eq!(told, [(1, "A".into(), ClOrdId::NONE), (2, "D".into(), ClOrdId(7))]);
    assert!(!bench.session.outbox().is_empty());
}

#[test]
fn an_acceptor_waits_for_a_logon_and_echoes_the_heartbeat_interval() {
    let mut bench = Bench::acceptor(1, 1);
    assert!(bench.replies().is_empty());
    assert_eq!(bench.says("35=A|34=1|98=0|108=7|"), ["35=A|34=1|98=0|108=7|"]);
    assert!(bench.session.is_logged_on());
    assert_eq!(bench.passes(7), ["35=0|34=2|"]);
}

#[test]
fn a_first_message_that_is_no_logon_ends_the_connection_in_silence() {
    for body in ["35=0|34=1|", "35=D|34=1|", "35=5|34=1|"] {
        let mut bench = Bench::acceptor(1, 1);
        assert!(bench.says(body).is_empty());
        bench.closes_saying("the peer's first message is not a logon");
    }
}

#[test]
fn a_stranger_learns_nothing_and_takes_no_number() {
    let mut bench = Bench::acceptor(4, 4);
    let replies = bench.says_exactly("35=A|34=4|49=X|56=US|98=0|108=30|", Some(START));
    assert!(replies.is_empty());
    bench.closes_saying("the peer's CompIDs are not those of this session");
    assert_eq!(bench.session.numbers(), SequenceNumbers { next_out: 4, next_in: 4 });
}

#[test]
fn a_bad_logon_is_answered_with_a_logout_that_says_why() {
    for (body, why) in [
        ("35=A|34=1|98=1|108=30|", "EncryptMethod (98) must be 0"),
        ("35=A|34=1|98=0|", "HeartBtInt (108) is missing or out of range"),
        ("35=A|34=1|98=0|108=-5|", "HeartBtInt (108) is missing or out of range"),
        ("35=A|34=1|98=0|108=999999|", "HeartBtInt (108) is missing or out of range"),
        ("35=A|34=2|98=0|108=30|141=Y|", "ResetSeqNumFlag (141) needs MsgSeqNum 1"),
        ("35=A|34=1|98=0|108=|", "malformed logon"),
    ] {
        let mut bench = Bench::acceptor(1, 1);
        assert_eq!(bench.says(body), [format!("35=5|34=1|58={why}|")]);
        bench.closes_saying(why);
    }
}

#[test]
fn an_acceptor_checks_the_password_if_it_has_one() {
    let mut config = SessionConfig::acceptor("US", "PEER");
    config.credentials = Some(Credentials { username: "u".into(), password: "p".into() });
    for (fields, passes) in [("553=u|554=p|", true), ("553=u|554=q|", false), ("", false)] {
        let mut bench = Bench::new(config.clone(), 1, 1);
        bench.says(&format!("35=A|34=1|98=0|108=30|{fields}"));
        assert_eq!(bench.session.is_logged_on(), passes, "{fields}");
    }
}

#[test]
fn a_refused_logon_tells_the_peers_reason() {
    let mut bench = Bench::initiator(1, 1);
    bench.says("35=5|34=1|58=unknown user|");
    bench.closes_saying("logon refused: unknown user");
    assert_eq!(bench.session.numbers().next_in, 2);
}

#[test]
fn no_logon_in_time_ends_the_connection() {
    let mut bench = Bench::initiator(1, 1);
    bench.passes(10);
    assert!(!bench.session.must_close());
    bench.passes(1);
    bench.closes_saying("no logon from the peer in time");
}

#[test]
fn a_wrong_begin_string_ends_the_session() {
    let mut bench = Bench::logged_on();
    let bytes = {
        let mut buffer = vec![0; 256];
        let len = encode_message(&mut buffer, |w| w.encoded(b"35=0\x0134=2\x01")).expect("fits");
        buffer.truncate(len);
        let text = String::from_utf8(buffer).expect("ascii").replace("FIX.4.4", "FIX.4.2");
        let body = text.split("10=").next().expect("a body").to_owned();
        let sum = body.bytes().fold(0u8, |sum, b| sum.wrapping_add(b));
        format!("{body}10={sum:03}\x01")
    };
    let mut inbox = Inbox::new();
    inbox.push(bytes.as_bytes());
    let message = inbox.next().expect("sound").expect("whole");
    bench.session.receive(&message, START, &mut |_| {});
    assert_eq!(bench.replies(), ["35=5|34=2|58=BeginString (8) is not FIX.4.4|"]);
    assert!(bench.session.must_close());
}

#[test]
fn a_reset_at_logon_begins_both_numbers_at_one() {
    let mut config = unconfirmed_initiator();
    config.reset_on_logon = true;
    let mut bench = Bench::new(config, 50, 60);
    assert_eq!(bench.replies(), ["35=A|34=1|98=0|108=30|141=Y|"]);
    bench.says("35=A|34=1|98=0|108=30|141=Y|");
    assert_eq!(bench.session.numbers(), SequenceNumbers { next_out: 2, next_in: 2 });
    let notice = Notice::LoggedOn { msg_seq_num: 1, reset: true };
    assert_eq!(bench.session.take_notice(), Some(notice));

    let mut bench = Bench::acceptor(50, 60);
    assert_eq!(bench.says("35=A|34=1|98=0|108=30|141=Y|"), ["35=A|34=1|98=0|108=30|141=Y|"]);
    assert_eq!(bench.session.numbers(), SequenceNumbers { next_out: 2, next_in: 2 });
}

#[test]
fn a_reset_in_the_middle_of_a_session_is_answered_alike() {
    let mut bench = Bench::logged_on();
    bench.says("35=0|34=2|");
    assert_eq!(bench.says("35=A|34=1|98=0|108=30|141=Y|"), ["35=A|34=1|98=0|108=30|141=Y|"]);
    let notice = Notice::LoggedOn { msg_seq_num: 1, reset: true };
    assert_eq!(bench.session.take_notice(), Some(notice));
    assert_eq!(bench.session.numbers(), SequenceNumbers { next_out: 2, next_in: 2 });
    bench.says("35=A|34=1|43=Y|98=0|108=30|141=Y|");
    assert_eq!(bench.session.take_notice(), None, "an old reset, sent again, resets nothing");
    bench.says("35=A|34=9|98=0|108=30|141=Y|");
    bench.closes_saying("ResetSeqNumFlag (141) needs MsgSeqNum 1");
}

#[test]
fn a_second_logon_is_rejected_and_the_session_goes_on() {
    let mut bench = Bench::logged_on();
    assert_eq!(
        bench.says("35=A|34=2|98=0|108=30|"),
        ["35=3|34=2|45=2|372=A|373=99|58=already logged on|"]
    );
    assert!(bench.session.is_logged_on());
}

#[test]
fn heartbeats_are_sent_when_nothing_else_was() {
    let mut bench = Bench::logged_on();
    assert!(bench.passes(29).is_empty());
    assert_eq!(bench.passes(1), ["35=0|34=2|"]);
    bench.says("35=0|34=2|");
    bench.now = bench.now.plus(20 * SECOND);
    bench.sends(b"D", "order").expect("logged on");
    bench.replies();
    assert!(bench.passes(15).is_empty());
    bench.says("35=0|34=3|");
    assert_eq!(bench.passes(15), ["35=0|34=4|"]);
}

#[test]
fn a_silent_peer_is_asked_and_then_given_up() {
    let mut bench = Bench::logged_on();
    bench.passes(30);
    assert_eq!(bench.passes(7), ["35=1|34=3|112=1|"]);
    bench.passes(36);
    assert!(!bench.session.must_close());
    bench.passes(1);
    bench.closes_saying("no answer to a test request in time");
}

#[test]
fn any_message_answers_a_test_request() {
    let mut bench = Bench::logged_on();
    bench.passes(37);
    bench.says("35=0|34=2|112=1|");
    assert!(bench.passes(20).is_empty());
    assert!(!bench.session.must_close());
    assert_eq!(bench.passes(17), ["35=1|34=3|112=2|"], "a new silence is asked about anew");
}

#[test]
fn heartbeat_interval_zero_means_no_heartbeats() {
    let mut bench = Bench::acceptor(1, 1);
    bench.says("35=A|34=1|98=0|108=0|");
    assert!(bench.passes(100_000).is_empty());
    assert!(!bench.session.must_close());
}

#[test]
fn a_test_request_is_answered_with_its_identity() {
    let mut bench = Bench::logged_on();
    assert_eq!(bench.says("35=1|34=2|112=HELLO|"), ["35=0|34=2|112=HELLO|"]);
    assert_eq!(
        bench.says("35=1|34=3|"),
        ["35=3|34=3|45=3|371=112|372=1|373=1|58=Required tag missing|"]
    );
}

#[test]
fn a_number_too_low_ends_the_session_unless_it_is_a_duplicate() {
    let mut bench = Bench::logged_on();
    bench.says("35=8|34=2|");
    assert_eq!(bench.last, Incoming::Application { msg_seq_num: 2, poss_dup: false });
    assert!(bench.says("35=8|34=2|43=Y|122=20231224-23:45:00|").is_empty());
    assert_eq!(bench.last, Incoming::Handled, "a duplicate is not delivered again");
    assert_eq!(bench.session.counters().duplicates, 1);
    let text = "MsgSeqNum too low, expecting 3 but received 2";
    assert_eq!(bench.says("35=8|34=2|"), [format!("35=5|34=2|58={text}|")]);
    bench.closes_saying(text);
}

#[test]
fn a_gap_is_asked_for_once_and_what_was_above_it_comes_again() {
    let mut bench = Bench::logged_on();
    assert_eq!(bench.says("35=8|34=4|"), ["35=2|34=2|7=2|16=0|"]);
    assert_eq!(bench.last, Incoming::Handled, "not delivered out of order");
    assert!(bench.says("35=8|34=5|").is_empty(), "asked for already");
    for seq in 2..=5 {
        bench.says(&format!("35=8|34={seq}|43=Y|122=20231224-23:45:00.000|"));
        assert_eq!(bench.last, Incoming::Application { msg_seq_num: seq, poss_dup: true });
    }
    bench.says("35=8|34=6|");
    assert_eq!(bench.last, Incoming::Application { msg_seq_num: 6, poss_dup: false });
    assert_eq!(bench.says("35=8|34=8|"), ["35=2|34=3|7=7|16=0|"], "a new gap is asked for anew");
}

#[test]
fn a_resend_that_skips_is_asked_for_again() {
    let mut bench = Bench::logged_on();
    bench.says("35=8|34=9|");
    bench.says("35=8|34=2|43=Y|122=20231224-23:45:00.000|");
    assert_eq!(bench.says("35=8|34=4|43=Y|122=20231224-23:45:00.000|"), ["35=2|34=3|7=3|16=0|"]);
}

#[test]
fn an_unanswered_resend_request_ends_the_connection() {
    let mut bench = Bench::logged_on();
    bench.says("35=8|34=4|");
    bench.passes(10);
    assert!(!bench.session.must_close());
    bench.passes(1);
    bench.closes_saying("no answer to a resend request in time");
}

#[test]
fn after_a_logon_above_a_gap_the_session_is_up_once_the_gap_is_closed() {
    let mut bench = Bench::initiator(5, 9);
    bench.replies();
    assert_eq!(bench.says("35=A|34=12|98=0|108=30|"), ["35=2|34=6|7=9|16=0|"]);
    assert!(!bench.session.is_logged_on());
    assert_eq!(bench.session.take_notice(), None);
    bench.says("35=8|34=9|43=Y|122=20231224-23:44:00.000|");
    assert_eq!(bench.last, Incoming::Application { msg_seq_num: 9, poss_dup: true });
    assert_eq!(bench.session.take_notice(), None);
    bench.says("35=4|34=10|43=Y|123=Y|36=13|");
    let notice = Notice::LoggedOn { msg_seq_num: 12, reset: false };
    assert_eq!(bench.session.take_notice(), Some(notice));
    assert!(bench.session.is_logged_on());
}

#[test]
fn an_initiator_fills_the_gap_over_its_orders() {
    let mut bench = Bench::logged_on();
    bench.sends(b"D", "one").expect("logged on");
    bench.sends(b"D", "two").expect("logged on");
    bench.replies();
    let told = bench.sent.len();
    assert_eq!(bench.says("35=2|34=2|7=1|16=0|"), ["35=4|34=1|43=Y|123=Y|36=4|"]);
    assert_eq!(bench.says("35=2|34=3|7=2|16=2|"), ["35=4|34=2|43=Y|123=Y|36=3|"]);
    assert_eq!(bench.says("35=2|34=4|7=1|16=999|"), ["35=4|34=1|43=Y|123=Y|36=4|"]);
    assert_eq!(bench.sent.len(), told, "a resend takes no new number");
}

#[test]
fn an_acceptor_sends_its_reports_again_and_fills_the_rest() {
    let mut bench = Bench::acceptor(1, 1);
    bench.says("35=A|34=1|98=0|108=30|");
    bench.sends(b"8", "a").expect("kept");
    bench.sends(b"8", "b").expect("kept");
    bench.replies();
    bench.says("35=1|34=2|112=T|");
    bench.sends(b"9", "c").expect("kept");
    bench.replies();
    assert_eq!(
        bench.says("35=2|34=3|7=1|16=0|"),
        [
            "35=4|34=1|43=Y|123=Y|36=2|",
            "35=8|34=2|43=Y|58=a|",
            "35=8|34=3|43=Y|58=b|",
            "35=4|34=4|43=Y|123=Y|36=5|",
            "35=9|34=5|43=Y|58=c|",
        ]
    );
    assert_eq!(bench.says("35=2|34=4|7=3|16=3|"), ["35=8|34=3|43=Y|58=b|"]);
    assert_eq!(
        bench.says("35=2|34=5|7=3|16=4|").last().map(String::as_str),
        Some("35=4|34=4|43=Y|123=Y|36=5|")
    );
}

#[test]
fn a_resent_report_tells_when_it_was_first_sent() {
    let mut bench = Bench::acceptor(1, 1);
    bench.says("35=A|34=1|98=0|108=30|");
    bench.sends(b"8", "a").expect("kept");
    bench.replies();
    bench.now = bench.now.plus(5 * SECOND);
    let mut buffer = vec![0; 256];
    let len = encode_message(&mut buffer, |w| {
        w.encoded(b"35=2\x0134=2\x0149=PEER\x0156=US\x0152=20231224-23:45:05\x017=2\x0116=0\x01");
    })
    .expect("fits");
    let mut inbox = Inbox::new();
    inbox.push(&buffer[..len]);
    let message = inbox.next().expect("sound").expect("whole");
    bench.session.receive(&message, bench.now, &mut |_| {});
    let mut inbox = Inbox::new();
    inbox.push(bench.session.outbox().pending());
    let resent = inbox.next().expect("sound").expect("whole");
    assert_eq!(resent.time(122), Some(START));
    assert_eq!(resent.time(52), Some(START.plus(5 * SECOND)));
}

#[test]
fn reports_made_while_nobody_is_connected_are_numbered_and_asked_for() {
    let mut bench = Bench::acceptor(1, 1);
    bench.says("35=A|34=1|98=0|108=30|");
    bench.session.disconnected();
    bench.sends(b"8", "missed").expect("kept");
    bench.connect();
    assert_eq!(bench.says("35=A|34=2|98=0|108=30|"), ["35=A|34=3|98=0|108=30|"]);
    assert_eq!(
        bench.says("35=2|34=3|7=2|16=0|"),
        ["35=8|34=2|43=Y|58=missed|", "35=4|34=3|43=Y|123=Y|36=4|"]
    );
}

#[test]
fn reports_that_are_no_longer_kept_are_filled_over() {
    let mut config = SessionConfig::acceptor("US", "PEER");
    config.store = StoreBounds { messages: 2, bytes: 1000 };
    let mut bench = Bench::new(config, 1, 1);
    bench.says("35=A|34=1|98=0|108=30|");
    for text in ["a", "b", "c", "d"] {
        bench.sends(b"8", text).expect("kept");
    }
    bench.replies();
    assert_eq!(
        bench.says("35=2|34=2|7=2|16=0|"),
        ["35=4|34=2|43=Y|123=Y|36=4|", "35=8|34=4|43=Y|58=c|", "35=8|34=5|43=Y|58=d|"]
    );
}

#[test]
fn a_long_resend_goes_on_as_the_peer_reads_and_new_reports_wait_for_its_end() {
    let mut config = SessionConfig::acceptor("US", "PEER");
    config.outbox_bytes = 64 * 1024;
    let mut bench = Bench::new(config, 1, 1);
    bench.says("35=A|34=1|98=0|108=30|");
    for _ in 0..500 {
        bench.sends(b"8", &"x".repeat(400)).expect("kept");
        bench.replies();
    }
    let mut seen = bench.says("35=2|34=2|7=2|16=0|");
    assert!(seen.len() < 200, "no more than half of the outbox");
    assert_eq!(bench.sends(b"8", "new"), Ok(502));
    while seen.len() < 501 {
        let more = bench.passes(0);
        assert!(!more.is_empty(), "stuck after {}", seen.len());
        seen.extend(more);
    }
    assert!(seen[..500].iter().all(|text| text.contains("|43=Y|")));
    assert_eq!(seen[500], "35=8|34=502|58=new|");
    assert_eq!(bench.sends(b"8", "newer"), Ok(503));
    assert_eq!(bench.replies(), ["35=8|34=503|58=newer|"]);
}

#[test]
fn resend_requests_out_of_range_are_rejected() {
    let mut bench = Bench::logged_on();
    assert_eq!(
        bench.says("35=2|34=2|7=99|16=0|"),
        ["35=3|34=2|45=2|371=7|372=2|373=5|58=Value is incorrect (out of range) for this tag|"]
    );
    assert_eq!(
        bench.says("35=2|34=3|7=2|16=1|"),
        ["35=3|34=3|45=3|371=16|372=2|373=5|58=Value is incorrect (out of range) for this tag|"]
    );
    assert_eq!(
        bench.says("35=2|34=4|7=x|16=1|"),
        ["35=3|34=4|45=4|371=7|372=2|373=6|58=Incorrect data format for value|"]
    );
}

#[test]
fn two_sides_that_both_miss_something_do_not_wait_for_each_other() {
    let mut bench = Bench::logged_on();
    bench.sends(b"D", "order").expect("logged on");
    bench.replies();
    assert_eq!(
        bench.says("35=2|34=7|7=2|16=0|"),
        ["35=4|34=2|43=Y|123=Y|36=3|", "35=2|34=3|7=2|16=0|"],
        "a resend request above a gap is answered first, then ours is sent"
    );
}

#[test]
fn a_gap_fill_moves_the_expected_number_forward_only() {
    let mut bench = Bench::logged_on();
    bench.says("35=4|34=2|123=Y|36=10|");
    assert_eq!(bench.session.numbers().next_in, 10);
    assert_eq!(
        bench.says("35=4|34=10|123=Y|36=10|"),
        ["35=3|34=2|45=10|371=36|372=4|373=5|58=Value is incorrect (out of range) for this tag|"]
    );
    assert_eq!(bench.session.numbers().next_in, 11);
    bench.says("35=4|34=5|43=Y|123=Y|36=20|");
    assert_eq!(bench.session.numbers().next_in, 11, "a seen one is ignored");
    assert_eq!(bench.says("35=4|34=15|123=Y|36=20|"), ["35=2|34=3|7=11|16=0|"]);
}

#[test]
fn a_sequence_reset_ignores_its_own_number_and_never_goes_back() {
    let mut bench = Bench::logged_on();
    bench.says("35=4|34=700|36=10|");
    assert_eq!(bench.session.numbers().next_in, 10);
    bench.says("35=4|34=1|123=N|36=10|");
    assert_eq!(bench.session.numbers().next_in, 10);
    assert_eq!(
        bench.says("35=4|34=1|36=5|"),
        ["35=3|34=2|45=1|371=36|372=4|373=5|58=Value is incorrect (out of range) for this tag|"]
    );
    assert_eq!(bench.session.numbers().next_in, 10);
    bench.says("35=4|34=1|36=99999999999999999999|");
    assert_eq!(bench.session.numbers().next_in, 10);
}

#[test]
fn a_missing_sequence_number_ends_the_session() {
    for body in ["35=0|", "35=0|34=x|", "35=0|34=0|"] {
        let mut bench = Bench::logged_on();
        bench.says(body);
        bench.closes_saying("MsgSeqNum (34) missing or wrong");
    }
}

#[test]
fn wrong_parties_are_rejected_and_end_the_session() {
    let mut bench = Bench::logged_on();
    assert_eq!(
        bench.says_exactly("35=0|34=2|49=PEER|56=OTHER|", Some(START)),
        ["35=3|34=2|45=2|372=0|373=9|58=CompID problem|", "35=5|34=3|58=CompID problem|"]
    );
    bench.closes_saying("CompID problem");
    assert_eq!(bench.session.numbers().next_in, 2, "the next logon brings it again");
}

#[test]
fn a_sending_time_far_from_ours_ends_the_session() {
    for (offset, ends) in [(119, false), (121, true)] {
        for time in [START.0 + offset * SECOND, START.0 - offset * SECOND] {
            let mut bench = Bench::logged_on();
            bench.says_exactly("35=0|34=2|49=PEER|56=US|", Some(UnixNanos(time)));
            assert_eq!(bench.session.must_close(), ends);
            assert_eq!(bench.session.numbers().next_in, if ends { 2 } else { 3 });
        }
    }
    let mut config = SessionConfig::acceptor("US", "PEER");
    config.sending_time_window_ns = 0;
    let mut bench = Bench::new(config, 1, 1);
    bench.says_exactly("35=A|34=1|49=PEER|56=US|98=0|108=30|", Some(UnixNanos(SECOND)));
    assert!(bench.session.is_logged_on(), "no window, no check");
}

#[test]
fn malformed_messages_are_rejected_by_tag_and_count_as_received() {
    let mut bench = Bench::acceptor(1, 1);
    bench.says("35=A|34=1|98=0|108=30|");
    assert_eq!(
        bench.says_exactly("35=0|34=2|49=PEER|56=US|", None),
        ["35=3|34=2|45=2|371=52|372=0|373=1|58=Required tag missing|"]
    );
    assert_eq!(
        bench.says("35=8|34=3|58=|"),
        ["35=3|34=3|45=3|371=58|372=8|373=4|58=Tag specified without a value|"]
    );
    let reason = SessionRejectReason::TagWithoutValue;
    assert_eq!(bench.last, Incoming::Refused { msg_seq_num: 3, tag: 58, reason });
    assert_eq!(bench.says("35=8|34=4|x=1|"), ["35=3|34=4|45=4|372=8|373=0|58=Invalid tag number|"]);
    assert_eq!(
        bench.says("35=8|34=5|43=Y|"),
        ["35=3|34=5|45=5|371=122|372=8|373=1|58=Required tag missing|"]
    );
    assert_eq!(
        bench.says("35=8|34=6|43=Y|122=noon|"),
        ["35=3|34=6|45=6|371=122|372=8|373=6|58=Incorrect data format for value|"]
    );
    assert_eq!(bench.session.numbers().next_in, 7);
    assert!(bench.session.is_logged_on());
    bench.says("35=8|34=7|43=Y|122=20231224-23:45:01.000|");
    bench.closes_saying("OrigSendingTime is after SendingTime");
}

#[test]
fn a_malformed_reject_is_not_rejected_in_turn() {
    let mut bench = Bench::logged_on();
    assert!(bench.says("35=3|34=2|58=|").is_empty());
    bench.says("35=3|34=3|45=2|");
    assert_eq!(bench.last, Incoming::Reject { msg_seq_num: 3 });
}

#[test]
fn poss_resend_is_delivered_as_a_possible_duplicate() {
    let mut bench = Bench::logged_on();
    bench.says("35=8|34=2|97=Y|");
    assert_eq!(bench.last, Incoming::Application { msg_seq_num: 2, poss_dup: true });
}

#[test]
fn our_logout_ends_with_the_peers_answer() {
    let mut bench = Bench::logged_on();
    bench.session.logout("done", bench.now, &mut |_| {});
    assert_eq!(bench.replies(), ["35=5|34=2|58=done|"]);
    assert_eq!(bench.sends(b"D", "late"), Err(SendError::NotLoggedOn));
    assert!(!bench.session.must_close());
    bench.says("35=8|34=2|");
    assert_eq!(bench.last, Incoming::Application { msg_seq_num: 2, poss_dup: false });
    assert!(bench.says("35=5|34=3|").is_empty());
    assert!(bench.session.must_close());
    let notice = Notice::LoggedOut { msg_seq_num: 3, text: Text::EMPTY };
    assert_eq!(bench.session.take_notice(), Some(notice));
}

#[test]
fn our_logout_does_not_wait_for_ever() {
    let mut bench = Bench::logged_on();
    bench.session.logout("", bench.now, &mut |_| {});
    bench.passes(3);
    bench.closes_saying("no end of the logout in time");
}

#[test]
fn the_peers_logout_is_answered_and_it_disconnects() {
    let mut bench = Bench::logged_on();
    assert_eq!(bench.says("35=5|34=2|58=end of day|"), ["35=5|34=2|"]);
    let notice = Notice::LoggedOut { msg_seq_num: 2, text: Text::new("end of day") };
    assert_eq!(bench.session.take_notice(), Some(notice));
    assert!(!bench.session.must_close(), "the one who began disconnects");
    bench.passes(3);
    assert!(bench.session.must_close());
}

#[test]
fn a_logout_above_a_gap_leaves_the_gap_for_the_next_logon() {
    let mut bench = Bench::logged_on();
    assert_eq!(bench.says("35=5|34=9|"), ["35=5|34=2|"]);
    let notice = Notice::LoggedOut { msg_seq_num: 0, text: Text::EMPTY };
    assert_eq!(bench.session.take_notice(), Some(notice));
    assert_eq!(bench.session.numbers().next_in, 2);
}

#[test]
fn next_expected_numbers_bring_what_is_missing_unasked() {
    let mut config = SessionConfig::acceptor("US", "PEER");
    config.next_expected = true;
    let mut bench = Bench::new(config, 1, 1);
    bench.says("35=A|34=1|98=0|108=30|789=1|");
    bench.sends(b"8", "a").expect("kept");
    bench.session.disconnected();
    bench.sends(b"8", "b").expect("kept");
    bench.connect();
    assert_eq!(
        bench.says("35=A|34=2|98=0|108=30|789=2|"),
        [
            "35=A|34=4|98=0|108=30|789=3|",
            "35=8|34=2|43=Y|58=a|",
            "35=8|34=3|43=Y|58=b|",
            "35=4|34=4|43=Y|123=Y|36=5|",
        ]
    );

    let mut config = unconfirmed_initiator();
    config.next_expected = true;
    let mut bench = Bench::new(config.clone(), 7, 2);
    assert_eq!(bench.replies(), ["35=A|34=7|98=0|108=30|789=2|"]);
    assert_eq!(
        bench.says("35=A|34=4|98=0|108=30|789=5|"),
        ["35=4|34=5|43=Y|123=Y|36=8|"],
        "no resend request: the peer knows"
    );
    bench.says("35=4|34=2|43=Y|123=Y|36=5|");
    assert!(bench.session.is_logged_on());

    let mut bench = Bench::new(config, 7, 2);
    bench.says("35=A|34=2|98=0|108=30|789=99|");
    bench.closes_saying("NextExpectedMsgSeqNum (789) is above what was sent");
}

#[test]
fn a_simulator_without_a_memory_adopts_the_numbers_of_its_first_initiator() {
    let mut config = SessionConfig::acceptor("US", "PEER");
    config.adopt_numbers = true;
    config.next_expected = true;
    let mut bench = Bench::new(config, 1, 1);
    assert_eq!(bench.says("35=A|34=57|98=0|108=30|789=40|"), ["35=A|34=40|98=0|108=30|789=58|"]);
    assert!(bench.session.is_logged_on());
}

#[test]
fn a_peer_that_does_not_read_is_given_up_and_keeps_its_reports() {
    let mut config = SessionConfig::acceptor("US", "PEER");
    config.outbox_bytes = 32 * 1024;
    let mut bench = Bench::new(config, 1, 1);
    bench.says("35=A|34=1|98=0|108=30|");
    let mut sent = 0;
    while !bench.session.must_close() {
        bench.sends(b"8", &"x".repeat(1000)).expect("kept");
        sent += 1;
        assert!(sent < 100, "the outbox is bounded");
    }
    assert_eq!(bench.session.numbers().next_out, 2 + sent);
}

#[test]
fn an_order_too_long_takes_no_number() {
    let mut bench = Bench::logged_on();
    assert_eq!(bench.sends(b"D", &"x".repeat(MESSAGE_BYTES_MAX)), Err(SendError::TooLong));
    assert_eq!(bench.session.numbers().next_out, 2);
    assert!(!bench.session.must_close());
    assert!(bench.replies().is_empty());
}

#[test]
fn the_longest_report_that_is_taken_can_be_sent_again() {
    let mut config = SessionConfig::acceptor(&"U".repeat(64), &"P".repeat(64));
    (config.sender_sub_id, config.target_sub_id) = ("S".repeat(64), "T".repeat(64));
    (config.last_processed, config.time_precision) = (true, TimePrecision::Nanos);
    for message_bytes_max in [MESSAGE_BYTES_MIN, MESSAGE_BYTES_MAX, HELD_BYTES_MAX] {
        config.message_bytes_max = message_bytes_max;
        config.outbox_bytes = 4 * message_bytes_max;
        let mut bench = Bench::new(config.clone(), 999_999_990, 1);
        let parties = format!("49={}|56={}|", "P".repeat(64), "U".repeat(64));
        let now = Some(bench.now);
        bench.says_exactly(&format!("35=A|34=1|{parties}98=0|108=30|"), now);
        // `58=` and the end of the field.
        let room = message_bytes_max - FRAME_BYTES_MAX - 4;
        let next = bench.session.numbers().next_out;
        assert_eq!(bench.sends(b"8", &"x".repeat(room + 1)), Err(SendError::TooLong));
        assert_eq!(bench.session.numbers().next_out, next, "it takes no number");
        bench.sends(b"8", &"x".repeat(room)).expect("fits");
        assert_eq!(bench.replies().len(), 1);
        let again = bench.says_exactly(&format!("35=2|34=2|{parties}7={next}|16=0|"), now);
        assert_eq!(again.len(), 1);
        assert!(again[0].contains("|43=Y|"), "{message_bytes_max}: {}", &again[0][..64]);
        assert!(again[0].contains(&"x".repeat(room)), "{message_bytes_max}");
        assert!(!bench.session.must_close());
    }
}

#[test]
fn bounds_of_messages_that_do_not_fit_one_another_are_refused() {
    for (message_bytes_max, outbox_bytes, is_valid) in [
        (MESSAGE_BYTES_MIN, 4 * MESSAGE_BYTES_MIN, true),
        (MESSAGE_BYTES_MIN - 1, 4 * MESSAGE_BYTES_MIN, false),
        (HELD_BYTES_MAX, 4 * HELD_BYTES_MAX, true),
        (HELD_BYTES_MAX, 4 * HELD_BYTES_MAX - 1, false),
        (HELD_BYTES_MAX + 1, 8 * HELD_BYTES_MAX, false),
        (0, 4 * HELD_BYTES_MAX, false),
    ] {
        let config = SessionConfig {
            message_bytes_max,
            outbox_bytes,
            ..SessionConfig::acceptor("US", "PEER")
        };
        let made = Session::new(config, SequenceNumbers::default());
        assert_eq!(made.is_ok(), is_valid, "{message_bytes_max} in {outbox_bytes}");
    }
}

#[test]
fn names_that_the_wire_cannot_carry_are_refused() {
    for (name, is_valid) in [("US", true), ("", false), ("A\u{1}B", false), ("A B", false)] {
        let config = SessionConfig::initiator(name, "PEER");
        assert_eq!(Session::new(config, SequenceNumbers::default()).is_ok(), is_valid);
    }
}

#[test]
fn the_numbers_are_rebuilt_from_the_journal() {
    use gauntlet_model::effect::MessageSent;
    use gauntlet_model::input::{Input, Route, SessionChange, SessionEvent};
    let event = |route, msg_seq_num, reset| {
        Input::Session(SessionEvent {
            route,
            change: SessionChange::LoggedOn,
            msg_seq_num,
            reset,
            cl_ord_id: ClOrdId::NONE,
            detail: Text::EMPTY,
        })
    };
    let mut numbers = SequenceNumbers::default();
    numbers.on_input(Route::BROKER, &event(Route::BROKER, 12, false));
    numbers.on_input(Route::BROKER, &event(Route::PAPER, 99, false));
    numbers.on_input(Route::BROKER, &event(Route::BROKER, 0, false));
    assert_eq!(numbers.next_in, 13);
    numbers.on_input(Route::BROKER, &event(Route::BROKER, 1, true));
    assert_eq!(numbers.next_in, 2);
    let sent = |route, msg_seq_num| MessageSent {
        route,
        msg_seq_num,
        msg_type: Text::new("D"),
        cl_ord_id: ClOrdId::NONE,
    };
    numbers.on_sent(Route::BROKER, &sent(Route::BROKER, 40));
    numbers.on_sent(Route::BROKER, &sent(Route::SHADOW, 90));
    assert_eq!(numbers.next_out, 41);
    numbers.on_sent(Route::BROKER, &sent(Route::BROKER, 1));
    assert_eq!(numbers.next_out, 2);
}
