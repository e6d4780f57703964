//! Any text as a data dictionary is read or refused with a reason, and one that is read answers any message without
//! an end in sight being passed: the dictionary's text, a line `%%`, then the messages' bodies, a line each.

#![no_main]

use gauntlet_gateways::fix::codec::{Inbox, MESSAGE_BYTES_MAX, encode_message};
use gauntlet_gateways::fix::dictionary::Dictionary;
use libfuzzer_sys::fuzz_target;
use std::cell::Cell;

const MESSAGES_MAX: usize = 50;

thread_local! {
    static STATE: Cell<Option<(Dictionary, Inbox)>> = const { Cell::new(None) };
}

/// Holds each line, as a message, against a dictionary, twice: it says the same.
fn holds(dictionary: &Dictionary, inbox: &mut Inbox, lines: &str) {
    for line in lines.lines().take(MESSAGES_MAX) {
        let body: Vec<u8> = line.bytes().map(|b| if b == b'|' { 1 } else { b }).collect();
        let mut buffer = [0; 2 * MESSAGE_BYTES_MAX];
        let Ok(len) = encode_message(&mut buffer, |w| w.encoded(&body)) else { continue };
        inbox.clear();
        inbox.push(&buffer[..len]);
        let Ok(Some(message)) = inbox.next() else { continue };
        let first = dictionary.check(&message);
        assert_eq!(first, dictionary.check(&message), "{line:?}");
        let knows = dictionary.knows(message.msg_type());
        assert!(knows || first.is_err(), "a type that it does not know passes: {line:?}");
        for (tag, _) in message.fields() {
            let _ = dictionary.allows(message.msg_type(), tag);
        }
    }
}

fuzz_target!(|text: &str| {
    let (xml, lines) = text.split_once("\n%%\n").unwrap_or((text, ""));
    let state = STATE.take().unwrap_or_else(|| (Dictionary::built_in(), Inbox::new()));
    let (built_in, mut inbox) = state;
    match Dictionary::read(xml) {
        Ok(read) => holds(&read, &mut inbox, lines),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    holds(&built_in, &mut inbox, lines);
    STATE.set(Some((built_in, inbox)));
});
