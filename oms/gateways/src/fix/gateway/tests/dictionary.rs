//! A gateway whose session is held against a dictionary.

use super::*;
use crate::fix::dictionary::Dictionary;
use std::sync::Arc;

fn checked(profile: &OrderProfile) -> World {
    let mut world = World::new();
    let address = world.peer.local_addr().expect("bound");
    let dictionary = Some(Arc::new(Dictionary::built_in()));
    let mut session = SessionConfig::initiator("TRADER", "VENUE");
    session.sender_sub_id = "BOT1".into();
    (session.dictionary, session.sent_dictionary) = (dictionary.clone(), dictionary);
    world.gateway = gateway_of(address, session, SequenceNumbers::default()).with_profile(profile);
    world.until("both are logged on", |w| w.gateway.is_logged_on() && w.peer.is_logged_on());
    world.received.clear();
    world
}

#[test]
fn a_fill_that_the_dictionary_refuses_is_booked_and_answered_with_one_reject() {
    let mut world = checked(&OrderProfile::standard());
    world.peer_sends(
        b"8",
        "37=V1|11=6588c6ac-0000000000000010|17=E1|150=F|39=1|55=ESH4|54=1|32=1|31=4791.25|\
         151=1|14=1|6=4791.25|1028=N|",
    );
    world.until("the reject came", |w| !w.received.is_empty());
    assert_eq!(world.executions(), [("E1".to_owned(), false)]);
    assert!(world.received[0].contains("371=1028|372=8|373=0|"), "{:?}", world.received);
    // A fill that cannot be read is told as unusable, and rejected once.
    world.received.clear();
    world.peer_sends(b"8", "37=V1|17=E2|150=F|39=1|55=ESH4|54=1|151=1|14=1|6=4791.25|");
    world.peer_sends(b"8", "37=V1|17=E3|150=F|39=1|55=ESH4|54=1|32=1|31=1|151=1|14=1|6=1|");
    world.until("the next fill came", |w| w.executions().len() == 2);
    assert_eq!(world.unusable().msg_seq_num, 4);
    world.until("the reject came", |w| !w.received.is_empty());
    assert_eq!(world.received.len(), 1, "{:?}", world.received);
}

#[test]
fn every_order_message_of_ours_passes_and_one_with_a_foreign_field_is_rejected_here() {
    let mut world = checked(&OrderProfile::standard());
    let kinds = [OutboundKind::New, OutboundKind::Replace, OutboundKind::Cancel];
    for kind in kinds {
        world.sends(&order(kind, 0x10));
    }
    world.until("all came", |w| w.received.len() == 3);
    assert!(world.changes().iter().all(|change| *change != SessionChange::MessageRejected));
    let mut world = checked(&OrderProfile::cme());
    let numbers = world.gateway.session().numbers();
    for kind in kinds {
        world.sends(&order(kind, 0x10));
        let event = world.last_event();
        assert_eq!(event.change, SessionChange::MessageRejected);
        assert_eq!(event.cl_ord_id, ClOrdId(0x10));
        let detail = "not sent: dictionary: tag 1028: Invalid tag number";
        assert_eq!(event.detail.as_str(), detail);
    }
    assert_eq!(world.gateway.session().numbers(), numbers);
    assert_eq!(world.gateway.unsent(), 3);
}
