use super::*;
use crate::fix::codec::SessionRejectReason;
use crate::fix::dictionary::Dictionary;
use std::sync::Arc;

const BUILT_IN: &str = include_str!("../../dictionary/fix44.xml");

/// The answer to a broker whose dictionary is our own with each first text replaced by its second.
fn answer(changes: &[(&str, &str)], takes: Capabilities) -> Result<(), RehearsalError> {
    answer_for(changes, &OrderProfile::standard(), None, takes)
}

fn answer_for(
    changes: &[(&str, &str)],
    profile: &OrderProfile,
    identity_tag: Option<u32>,
    takes: Capabilities,
) -> Result<(), RehearsalError> {
    let mut text = BUILT_IN.to_owned();
    for (from, to) in changes {
        assert!(text.contains(from), "the dictionary has no {from}");
        text = text.replace(from, to);
    }
    let config = SessionConfig {
        sent_dictionary: Some(Arc::new(Dictionary::read(&text).expect("sound"))),
        ..SessionConfig::initiator("US", "BROKER")
    };
    rehearse(&config, profile, identity_tag, takes)
}

fn refused(answer: Result<(), RehearsalError>) -> (String, u32, SessionRejectReason) {
    match answer {
        Err(RehearsalError::Refused { message, fault, .. }) => (message, fault.tag, fault.reason),
        other => panic!("{other:?}"),
    }
}

#[test]
fn our_own_dictionary_takes_all_that_we_send() {
    assert_eq!(answer(&[], Capabilities::ALL), Ok(()));
    assert_eq!(answer_for(&[], &OrderProfile::standard(), Some(58), Capabilities::ALL), Ok(()));
}

#[test]
fn a_field_that_a_cancel_never_has_is_missed_before_anything_trades() {
    let wants = "<message name='OrderCancelRequest' msgtype='F' msgcat='app'>";
    let more = format!("{wants}<field name='Text' required='Y'/>");
    let (message, tag, reason) = refused(answer(&[(wants, &more)], Capabilities::ALL));
    assert_eq!((tag, reason), (58, SessionRejectReason::RequiredTagMissing));
    assert_eq!(message, "a cancel of an order");
}

#[test]
fn what_the_broker_lacks_need_not_be_in_its_dictionary() {
    let without_gtd = [("<value enum='6' description='GOOD_TILL_DATE'/>", "")];
    let (message, tag, reason) = refused(answer(&without_gtd, Capabilities::ALL));
    assert_eq!((tag, reason), (59, SessionRejectReason::ValueIncorrect));
    assert!(message.ends_with("of life gtd"), "{message}");
    let takes = Capabilities::ALL.without_life(TimeInForce::GoodTillDate);
    assert_eq!(answer(&without_gtd, takes), Ok(()));
}

#[test]
fn fields_of_the_profile_are_tried_too_and_an_order_too_long_is_told() {
    let (_, tag, reason) =
        refused(answer_for(&[], &OrderProfile::cme(), None, Capabilities::LIMITS));
    assert_eq!((tag, reason), (1_028, SessionRejectReason::InvalidTag));
    let long = OrderProfile {
        order_tags: (0..40).map(|tag| (9_000 + tag, "x".repeat(64))).collect(),
        ..OrderProfile::standard()
    };
    let config = SessionConfig {
        sent_dictionary: Some(Arc::new(Dictionary::built_in())),
        message_bytes_max: crate::fix::session::MESSAGE_BYTES_MIN,
        ..SessionConfig::initiator("US", "BROKER")
    };
    let tried = rehearse(&config, &long, None, Capabilities::LIMITS);
    assert!(matches!(tried, Err(RehearsalError::TooLong { .. })), "{tried:?}");
}

#[test]
fn nothing_is_tried_without_a_dictionary() {
    let config = SessionConfig::initiator("US", "BROKER");
    assert_eq!(rehearse(&config, &OrderProfile::cme(), None, Capabilities::ALL), Ok(()));
}
