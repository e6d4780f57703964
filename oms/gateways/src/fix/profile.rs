//! What a broker wants in order messages beyond what the standard asks for.

/// How order messages to a broker are dressed. [`OrderProfile::standard`] holds to FIX 4.4; CME wants more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrderProfile {
    /// `ManualOrderIndicator` (tag 1028, of FIX 5.0) is sent with orders, replaces and cancels.
    pub says_manual: bool,
    /// Fields of new orders and replaces, each with its tag: 528 (`OrderCapacity`) or a venue's own.
    pub order_tags: Vec<(u32, String)>,
    /// Fields of cancels.
    pub cancel_tags: Vec<(u32, String)>,
    /// How accounts are called on the wire (tag 1), by their names here; the others go by their names.
    pub account_names: Vec<(String, String)>,
}

/// Most fields of each kind.
pub const CUSTOM_TAGS_MAX: usize = 16;
/// Longest value of one.
pub const CUSTOM_VALUE_MAX: usize = 64;

/// Tags that the session or an order message writes itself, or that mean something else in our messages.
const TAKEN: &[u32] = &[
    1, 8, 9, 10, 11, 21, 34, 35, 37, 38, 40, 41, 43, 44, 49, 50, 52, 54, 55, 56, 57, 59, 60, 90,
    91, 93, 89, 97, 99, 122, 126, 369, 790,
];

impl OrderProfile {
    /// FIX 4.4 and nothing else: accepted by whoever checks messages against its dictionary.
    pub fn standard() -> OrderProfile {
        OrderProfile::default()
    }

    /// CME's: every order message says whether a hand sent it.
    pub fn cme() -> OrderProfile {
        OrderProfile { says_manual: true, ..OrderProfile::default() }
    }

    /// Checks that what it names can be sent.
    ///
    /// # Errors
    /// What cannot, in words.
    pub fn validate(&self) -> Result<(), String> {
        for (name, tags) in [("order_tags", &self.order_tags), ("cancel_tags", &self.cancel_tags)] {
            if tags.len() > CUSTOM_TAGS_MAX {
                return Err(format!("{name}: at most {CUSTOM_TAGS_MAX} fields"));
            }
            for (tag, value) in tags {
                let is_taken = TAKEN.contains(tag) || (*tag == 1_028 && self.says_manual);
                if is_taken || !(1..=39_999).contains(tag) {
                    return Err(format!(
                        "{name}: tag {tag} is written by the session or the order itself"
                    ));
                }
                if value.is_empty() || value.len() > CUSTOM_VALUE_MAX || !is_plain(value) {
                    return Err(format!(
                        "{name}: the value of {tag} must be 1 to {CUSTOM_VALUE_MAX} printable ASCII characters"
                    ));
                }
            }
        }
        for (account, name) in &self.account_names {
            if name.is_empty() || name.len() > 24 || !is_plain(name) {
                return Err(format!(
                    "accounts: the name of {account:?} must be 1 to 24 printable ASCII characters"
                ));
            }
            if self.account_names.iter().filter(|(_, other)| other == name).count() > 1 {
                return Err(format!("accounts: two accounts would both be {name:?}"));
            }
        }
        Ok(())
    }
}

fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| (0x20..0x7f).contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_messages_say_already_is_no_custom_field() {
        let with = |tag: u32, value: &str| OrderProfile {
            order_tags: vec![(tag, value.to_owned())],
            ..OrderProfile::standard()
        };
        for tag in [528, 1_028, 9_702, 39_999, 5] {
            assert_eq!(with(tag, "A").validate(), Ok(()), "{tag}");
        }
        for tag in [0, 1, 8, 11, 35, 44, 50, 57, 40_000] {
            assert!(with(tag, "A").validate().is_err(), "{tag}");
        }
        assert!(OrderProfile { says_manual: true, ..with(1_028, "Y") }.validate().is_err());
        for (length, is_valid) in [(0, false), (1, true), (64, true), (65, false)] {
            assert_eq!(with(528, &"x".repeat(length)).validate().is_ok(), is_valid, "{length}");
        }
        for value in ["a\u{1}b", "\u{e9}", "a\nb"] {
            assert!(with(528, value).validate().is_err());
        }
        let many = |count: u32| OrderProfile {
            cancel_tags: (0..count).map(|at| (9_000 + at, "x".to_owned())).collect(),
            ..OrderProfile::cme()
        };
        assert!(many(16).validate().is_ok() && many(17).validate().is_err());
    }

    #[test]
    fn no_two_accounts_have_one_name_on_the_wire() {
        let named = |names: &[(&str, &str)]| OrderProfile {
            account_names: names.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect(),
            ..OrderProfile::standard()
        };
        assert!(named(&[("A", "1"), ("B", "2")]).validate().is_ok());
        assert!(named(&[("A", "1"), ("B", "1")]).validate().is_err());
        assert!(named(&[("A", "")]).validate().is_err());
        assert!(named(&[("A", &"x".repeat(25))]).validate().is_err());
    }
}
