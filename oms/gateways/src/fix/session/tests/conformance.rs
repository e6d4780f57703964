//! An acceptor that validates by a dictionary, case by case as a conformance suite asks for them.

use super::*;
use crate::fix::dictionary::Dictionary;
use std::sync::Arc;

/// An acceptor called US with our own dictionary, connected.
fn strict() -> Bench {
    let dictionary = Some(Arc::new(Dictionary::built_in()));
    Bench::new(SessionConfig { dictionary, ..SessionConfig::acceptor("US", "PEER") }, 1, 1)
}

fn strict_and_on() -> Bench {
    let mut bench = strict();
    let answer = bench.orders("35=A|34=1|", "98=0|108=30|");
    assert_eq!(answer, ["35=A|34=1|98=0|108=30|"]);
    bench
}

impl Bench {
    /// The peer sends a message whose header comes first, as a dictionary wants it.
    fn orders(&mut self, head: &str, body: &str) -> Vec<String> {
        self.says_exactly(&format!("{head}49=PEER|56=US|52=20231224-23:45:00|{body}"), None)
    }
}

const ORDER: &str = "11=A1|21=1|55=ESZ6|54=1|60=20231224-23:45:00|38=2|40=2|44=5000.25|59=0|";

#[test]
fn a_sound_order_is_delivered_with_its_fields_in_any_order() {
    for body in [
        ORDER.to_owned(),
        "59=0|44=5000.25|40=2|38=2|60=20231224-23:45:00|54=1|55=ESZ6|21=1|11=A1|".to_owned(),
        format!("{ORDER}453=2|448=X|447=D|452=1|448=Y|452=3|"),
        format!("{ORDER}453=0|"),
        format!("{ORDER}9001=mine|"),
    ] {
        let mut bench = strict_and_on();
        assert!(bench.orders("35=D|34=2|", &body).is_empty(), "{body}");
        let order = Incoming::Application { msg_seq_num: 2, poss_dup: false };
        assert_eq!(bench.last, order, "{body}");
    }
}

#[test]
fn what_a_dictionary_refuses_is_rejected_by_tag_counts_as_received_and_ends_nothing() {
    let without = |field: &str| ORDER.replace(field, "");
    for (head, body, tag, reason) in [
        ("35=ZZ|34=2|", ORDER.to_owned(), 0, 11),
        ("35=D|34=2|", format!("{ORDER}999=x|"), 999, 0),
        ("35=D|34=2|", without("11=A1|"), 11, 1),
        ("35=D|34=2|", without("40=2|"), 40, 1),
        ("35=D|34=2|", format!("{ORDER}41=A0|"), 41, 2),
        ("35=D|34=2|", format!("{ORDER}58=|"), 58, 4),
        ("35=D|34=2|", ORDER.replace("54=1|", "54=Z|"), 54, 5),
        ("35=D|34=2|", ORDER.replace("38=2|", "38=two|"), 38, 6),
        ("35=D|34=2|", ORDER.replace("60=20231224-23:45:00|", "60=noon|"), 60, 6),
        ("35=D|34=2|", format!("{ORDER}97=N|"), 97, 14),
        ("35=D|34=2|", format!("{ORDER}59=0|"), 59, 13),
        ("35=D|34=2|", format!("{ORDER}453=3|448=X|447=D|452=1|448=Y|452=3|"), 453, 16),
        ("35=D|34=2|", format!("{ORDER}453=1|447=D|448=X|"), 447, 15),
        ("35=1|34=2|", String::new(), 112, 1),
        ("35=2|34=2|", "7=1|".to_owned(), 16, 1),
    ] {
        let mut bench = strict_and_on();
        let replies = bench.orders(head, &body);
        assert_eq!(replies.len(), 1, "{head}{body}: {replies:?}");
        let named = if tag > 0 { format!("371={tag}|") } else { String::new() };
        let start = format!("35=3|34=2|45=2|{named}372=");
        assert!(replies[0].starts_with(&start), "{head}{body}: {}", replies[0]);
        assert!(replies[0].contains(&format!("|373={reason}|58=")), "{head}{body}: {}", replies[0]);
        assert!(bench.session.is_logged_on());
        assert!(bench.orders("35=D|34=3|", ORDER).is_empty(), "the session goes on");
        assert_eq!(bench.last, Incoming::Application { msg_seq_num: 3, poss_dup: false });
    }
}

#[test]
fn a_logon_above_the_expected_number_is_answered_and_what_is_missing_asked_for() {
    let mut bench = strict();
    let replies = bench.orders("35=A|34=5|", "98=0|108=30|");
    assert_eq!(replies, ["35=A|34=1|98=0|108=30|", "35=2|34=2|7=1|16=0|"]);
    assert!(bench.orders("35=4|34=1|43=Y|", "123=Y|36=6|").is_empty());
    assert!(bench.session.is_logged_on());
}

#[test]
fn a_logon_at_a_wrong_time_is_refused() {
    for seconds in [121, 3_600] {
        for late in [true, false] {
            let mut bench = strict();
            let offset = seconds * SECOND;
            bench.now = if late { bench.now.plus(offset) } else { UnixNanos(bench.now.0 - offset) };
            let replies = bench.orders("35=A|34=1|", "98=0|108=30|");
            assert_eq!(replies, ["35=5|34=1|58=SendingTime accuracy problem|"]);
            assert!(bench.session.must_close());
        }
    }
}

#[test]
fn an_acceptor_that_resets_at_each_logon_begins_at_one_whatever_was_before() {
    let config = SessionConfig { reset_on_logon: true, ..SessionConfig::acceptor("US", "PEER") };
    let mut bench = Bench::new(config, 1, 1);
    for _ in 0..2 {
        assert_eq!(bench.says("35=A|34=1|98=0|108=30|"), ["35=A|34=1|98=0|108=30|"]);
        bench.sends(b"8", "report").expect("kept");
        bench.replies();
        bench.says("35=0|34=2|");
        bench.session.disconnected();
        bench.connect();
    }
}

#[test]
fn kept_messages_are_sent_again_with_their_first_time_and_session_messages_filled_over() {
    let mut bench = strict_and_on();
    bench.sends(b"8", "a").expect("kept");
    bench.replies();
    assert_eq!(
        bench.orders("35=2|34=2|", "7=1|16=0|"),
        ["35=4|34=1|43=Y|123=Y|36=2|", "35=8|34=2|43=Y|58=a|"]
    );
    // Again from above a gap, at the same time as a request of ours.
    assert_eq!(
        bench.orders("35=2|34=9|", "7=2|16=2|"),
        ["35=8|34=2|43=Y|58=a|", "35=2|34=3|7=3|16=0|"]
    );
}

fn tolerant() -> Bench {
    let dictionary = Some(Arc::new(Dictionary::built_in()));
    let mut bench = Bench::new(SessionConfig { dictionary, ..unconfirmed_initiator() }, 1, 1);
    bench.replies();
    bench.orders("35=A|34=1|", "98=0|108=30|");
    assert!(bench.session.is_logged_on());
    bench
}

#[test]
fn an_initiator_answers_what_its_dictionary_refuses_and_delivers_it_all_the_same() {
    let mut bench = tolerant();
    let replies = bench.orders("35=8|34=2|", "37=1|17=1|150=F|");
    assert_eq!(replies.len(), 1);
    assert!(replies[0].starts_with("35=3|34=2|45=2|371="), "{}", replies[0]);
    assert_eq!(bench.last, Incoming::Application { msg_seq_num: 2, poss_dup: false });
    assert_eq!(bench.session.counters().faults_received, 1);
    assert_eq!(bench.session.numbers().next_in, 3);
}

#[test]
fn a_message_that_the_dictionary_refused_is_not_rejected_twice() {
    let mut bench = tolerant();
    bench.orders("35=8|34=2|", "37=1|17=1|150=F|");
    let mut inbox = Inbox::new();
    let mut buffer = vec![0; 512];
    let len = encode_message(&mut buffer, |w| w.encoded(b"35=8\x0134=2\x01")).expect("fits");
    inbox.push(&buffer[..len]);
    let message = inbox.next().expect("sound").expect("whole");
    let reason = SessionRejectReason::RequiredTagMissing;
    bench.session.reject(2, &message, 54, reason, "", START, &mut |_| {});
    assert!(bench.replies().is_empty());
    bench.session.reject(3, &message, 54, reason, "", START, &mut |_| {});
    assert_eq!(bench.replies().len(), 1);
}

#[test]
fn a_session_message_that_the_dictionary_refuses_is_answered_and_obeyed() {
    let mut bench = tolerant();
    let replies = bench.orders("35=1|34=2|", "112=X|44=1|");
    assert_eq!(replies.len(), 2, "{replies:?}");
    assert!(replies[0].starts_with("35=3|34=2|45=2|371=44|372=1|373=2|"), "{}", replies[0]);
    assert!(replies[1].starts_with("35=0|34=3|112=X|"), "{}", replies[1]);
    // Types are answered by whoever reads them, rejects by nobody.
    assert!(bench.orders("35=ZZ|34=3|", "").is_empty());
    assert_eq!(bench.last, Incoming::Application { msg_seq_num: 3, poss_dup: false });
    assert!(bench.orders("35=3|34=4|", "44=1|").is_empty());
    assert_eq!(bench.last, Incoming::Reject { msg_seq_num: 4 });
}

#[test]
fn our_own_message_is_sent_only_if_our_dictionary_takes_it() {
    let order = "11=1|1=A|55=ESZ6|54=1|60=20231224-23:45:00|38=1|40=2|44=1|";
    for role in [Role::Initiator, Role::Acceptor] {
        let sent_dictionary = Some(Arc::new(Dictionary::built_in()));
        let base = match role {
            Role::Initiator => unconfirmed_initiator(),
            Role::Acceptor => SessionConfig::acceptor("US", "PEER"),
        };
        let mut bench = Bench::new(SessionConfig { sent_dictionary, ..base }, 1, 1);
        bench.orders("35=A|34=1|", "98=0|108=30|");
        bench.replies();
        let mut sends = |fields: &str| {
            let fields = fields.replace('|', "\x01");
            let now = bench.now;
            let sent = bench.session.send(b"D", ClOrdId(7), now, &mut |_| {}, |w| {
                w.encoded(fields.as_bytes());
            });
            (sent, bench.replies().len(), bench.session.counters().faults_unsent)
        };
        let refused =
            |tag, reason| Err(SendError::Refused(crate::fix::codec::Fault { tag, reason }));
        let manual = format!("{order}1028=N|");
        assert_eq!(sends(&manual), (refused(1_028, SessionRejectReason::InvalidTag), 0, 1));
        let sideless = order.replace("54=1|", "");
        let missing = SessionRejectReason::RequiredTagMissing;
        assert_eq!(sends(&sideless), (refused(54, missing), 0, 2));
        // Nothing took a number.
        assert_eq!(sends(order), (Ok(2), 1, 2), "{role:?}");
        assert_eq!(sends(&format!("{order}58={}|", "x".repeat(8_192))).0, Err(SendError::TooLong));
        assert_eq!(sends(order), (Ok(3), 1, 2));
    }
}
