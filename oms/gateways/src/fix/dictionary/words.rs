//! What tags, message types and values are called: for people who read messages.

use super::{BUILT_IN, xml};
use std::collections::BTreeMap;

/// Names by the standard, as far as the messages go that we send and read.
#[derive(Debug, Default)]
pub struct Words {
    tags: BTreeMap<u32, String>,
    messages: BTreeMap<String, String>,
    values: BTreeMap<(u32, String), String>,
}

impl Words {
    /// Those of our own dictionary.
    ///
    /// # Panics
    /// Never: a test reads it.
    pub fn built_in() -> Words {
        let root = xml::read(BUILT_IN).expect("a test reads it");
        let part = |name: &str| root.child(name).map(|part| part.children.as_slice());
        let mut words = Words::default();
        for message in part("messages").unwrap_or_default() {
            if let (Some(msg_type), Some(name)) = (message.get("msgtype"), message.get("name")) {
                words.messages.insert(msg_type.to_owned(), name.to_owned());
            }
        }
        for field in part("fields").unwrap_or_default() {
            let tag = field.get("number").and_then(|number| number.parse().ok());
            let (Some(tag), Some(name)) = (tag, field.get("name")) else { continue };
            words.tags.insert(tag, name.to_owned());
            for value in &field.children {
                if let (Some(value), Some(means)) = (value.get("enum"), value.get("description")) {
                    let means = means.to_lowercase().replace('_', " ");
                    words.values.insert((tag, value.to_owned()), means);
                }
            }
        }
        words
    }

    /// The name of a field; `None` for one that is not of the standard, or not of our messages.
    pub fn tag(&self, tag: u32) -> Option<&str> {
        self.tags.get(&tag).map(String::as_str)
    }

    /// The name of a message type (tag 35).
    pub fn message(&self, msg_type: &str) -> Option<&str> {
        self.messages.get(msg_type).map(String::as_str)
    }

    /// What a value of a field means, if the field has such.
    pub fn value(&self, tag: u32, value: &str) -> Option<&str> {
        self.values.get(&(tag, value.to_owned())).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_order_and_its_report_say_has_names() {
        let words = Words::built_in();
        assert_eq!(words.message("D"), Some("NewOrderSingle"));
        assert_eq!(words.message("ZZ"), None);
        assert_eq!((words.tag(11), words.tag(99_999)), (Some("ClOrdID"), None));
        for (tag, value, means) in [
            (54, "1", Some("buy")),
            (39, "1", Some("partially filled")),
            (150, "F", Some("trade")),
            (40, "2", Some("limit")),
            (59, "3", Some("immediate or cancel")),
            (38, "1", None),
        ] {
            assert_eq!(words.value(tag, value), means, "{tag}={value}");
        }
    }
}
