//! A peer's words without our password.

use super::Session;
use std::borrow::Cow;

/// What stands in its place.
const MASK: &[u8] = b"***";

impl Session {
    /// What a peer says about a logon or a logout, our password masked: it goes into the journal, the log and answers.
    pub(super) fn without_password<'t>(&self, text: &'t [u8]) -> Cow<'t, [u8]> {
        let password = self.config.credentials.as_ref().map(|known| known.password.as_bytes());
        match password {
            Some(password) if !password.is_empty() => masked(text, password),
            _ => Cow::Borrowed(text),
        }
    }
}

fn masked<'t>(text: &'t [u8], secret: &[u8]) -> Cow<'t, [u8]> {
    if !text.windows(secret.len()).any(|part| part == secret) {
        return Cow::Borrowed(text);
    }
    let (mut rest, mut masked) = (text, Vec::with_capacity(text.len()));
    while let Some(first) = rest.first() {
        match rest.strip_prefix(secret) {
            Some(behind) => {
                masked.extend_from_slice(MASK);
                rest = behind;
            }
            None => {
                masked.push(*first);
                rest = &rest[1..];
            }
        }
    }
    Cow::Owned(masked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_masked_as_often_as_it_stands_in_a_text() {
        for (text, without) in [
            ("", ""),
            ("no secret", "no secret"),
            ("hunter2", "***"),
            ("wrong: hunter2, hunter2!", "wrong: ***, ***!"),
            ("hunter", "hunter"),
        ] {
            assert_eq!(masked(text.as_bytes(), b"hunter2"), without.as_bytes(), "{text}");
        }
    }
}
