//! What must not void a message, and what is answered by a refusal while the session goes on.

use super::*;

#[test]
fn an_initiator_delivers_application_messages_whatever_is_wrong_with_their_fields() {
    let long = format!("35=8|34=2|{}", "58=a|".repeat(crate::fix::codec::FIELDS_MAX + 9));
    for body in [
        "35=8|34=2|58=|",
        "35=8|34=2|448=|",
        "35=8|34=2|x=1|",
        "35=8|34=2|58=a|58=a|",
        "35=8|34=2|43=Y|",
        "35=8|34=2|43=Y|122=|",
        "35=8|34=2|43=Y|122=noon|",
        "35=8|34=2|43=Y|122=20231224-23:59:00|",
        &long,
    ] {
        let mut bench = Bench::logged_on();
        assert!(bench.says(body).is_empty(), "{body}");
        let poss_dup = body.contains("43=Y");
        assert_eq!(bench.last, Incoming::Application { msg_seq_num: 2, poss_dup }, "{body}");
        assert_eq!(bench.session.numbers().next_in, 3);
    }
    for time in ["", "52=|", "52=noon|"] {
        let mut bench = Bench::logged_on();
        bench.says_exactly(&format!("35=8|34=2|49=PEER|56=US|{time}"), None);
        assert_eq!(bench.last, Incoming::Application { msg_seq_num: 2, poss_dup: false });
    }
}

#[test]
fn an_empty_ornament_keeps_no_initiator_from_logging_on() {
    let mut bench = Bench::initiator(1, 1);
    bench.replies();
    bench.says("35=A|34=1|98=0|108=30|58=|");
    assert!(bench.session.is_logged_on());
}

#[test]
fn a_party_that_is_not_named_is_refused_and_the_session_goes_on() {
    for (parties, tag, reason) in
        [("49=PEER|", 56, 1), ("49=PEER|56=|", 56, 4), ("56=US|", 49, 1), ("56=US|49=|", 49, 4)]
    {
        for mut bench in [Bench::logged_on(), {
            let mut bench = Bench::acceptor(1, 1);
            bench.says("35=A|34=1|98=0|108=30|");
            bench
        }] {
            let replies = bench.says_exactly(&format!("35=8|34=2|{parties}"), Some(START));
            assert_eq!(replies.len(), 1, "{replies:?}");
            let start = format!("35=3|34=2|45=2|371={tag}|372=8|373={reason}|");
            assert!(replies[0].starts_with(&start), "{replies:?}");
            assert!(bench.session.is_logged_on());
            assert_eq!(bench.session.numbers().next_in, 3);
            assert!(matches!(bench.last, Incoming::Refused { msg_seq_num: 2, .. }));
            // One that was seen changes nothing, one above a gap opens it.
            assert!(bench.says_exactly(&format!("35=8|34=2|{parties}"), Some(START)).is_empty());
            let asked = bench.says_exactly(&format!("35=8|34=5|{parties}"), Some(START));
            assert_eq!(asked, ["35=2|34=3|7=3|16=0|"]);
        }
    }
}

#[test]
fn a_seen_number_counts_as_a_duplicate_only_if_it_says_soundly_when_it_was_first_sent() {
    for (first_sent, refusal, ends) in [
        ("122=20231224-23:44:59|", None, false),
        ("122=20231224-23:45:00|", None, false),
        ("", Some("371=122|372=8|373=1|58=Required tag missing|"), false),
        ("122=|", Some("371=122|372=8|373=1|58=Required tag missing|"), false),
        ("122=noon|", Some("371=122|372=8|373=6|58=Incorrect data format for value|"), false),
        ("122=20231224-23:45:01|", Some("372=8|373=10|58=SendingTime accuracy problem|"), true),
    ] {
        let mut bench = Bench::logged_on();
        bench.says("35=8|34=2|");
        let replies = bench.says(&format!("35=8|34=2|43=Y|{first_sent}"));
        let expected = refusal.map(|refusal| format!("35=3|34=2|45=2|{refusal}"));
        assert_eq!(replies.first(), expected.as_ref(), "{first_sent}");
        assert_eq!(bench.last, Incoming::Handled);
        assert_eq!(bench.session.must_close(), ends);
        assert_eq!(bench.session.numbers().next_in, 3);
    }
}

#[test]
fn a_refusal_goes_back_the_way_that_the_message_came() {
    let mut bench = Bench::acceptor(1, 1);
    bench.says("35=A|34=1|98=0|108=30|");
    assert_eq!(
        bench.says("35=8|34=2|115=DESK|116=ANN|144=NY|128=EXCH|129=BOB|145=LN|58=|"),
        ["35=3|34=2|128=DESK|129=ANN|145=NY|115=EXCH|116=BOB|144=LN|45=2|371=58|372=8|373=4|\
             58=Tag specified without a value|"]
    );
    assert_eq!(
        bench.says(&format!("35=8|34=3|115={}|58=|", "x".repeat(65))),
        ["35=3|34=3|45=3|371=58|372=8|373=4|58=Tag specified without a value|"],
        "a name that is none is not sent back"
    );
}

#[test]
fn a_message_longer_than_what_is_held_counts_and_is_refused_by_its_number() {
    let mut bench = Bench::acceptor(1, 1);
    bench.says("35=A|34=1|98=0|108=30|");
    let body = format!("35=8|34=2|49=PEER|56=US|52=20231224-23:45:00|58={}|", "x".repeat(100_000));
    let body = body.replace('|', "\x01");
    let mut bytes = format!("8=FIX.4.4\x019={}\x01{body}", body.len());
    let sum = bytes.bytes().fold(0u8, |sum, b| sum.wrapping_add(b));
    bytes.push_str(&format!("10={sum:03}\x01"));
    let mut rest = bytes.as_bytes();
    let mut inbox = Inbox::new();
    while !rest.is_empty() {
        rest = &rest[inbox.push(rest)..];
        if let Some(message) = inbox.next().expect("sound") {
            let last = bench.session.receive(&message, START, &mut |_| {});
            let reason = SessionRejectReason::Other;
            assert_eq!(last, Incoming::Refused { msg_seq_num: 2, tag: 0, reason });
        }
    }
    assert_eq!(bench.replies(), ["35=3|34=2|45=2|372=8|373=99|58=message too long|"]);
    assert_eq!(bench.session.numbers().next_in, 3);
}
