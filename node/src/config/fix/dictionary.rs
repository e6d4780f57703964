//! The data dictionary of a broker's session.

use super::FixConfig;
use gauntlet_gateways::fix::dictionary::Dictionary;
use gauntlet_gateways::fix::profile::OrderProfile;
use std::sync::Arc;

/// The name of our own.
const BUILT_IN: &str = "builtin";
/// Largest file that is read, in bytes: the largest dictionaries in use have a tenth of it.
const FILE_BYTES_MAX: u64 = 16 << 20;
/// Messages that a broker sends and that must be known, or each of them would be refused.
const RECEIVED: [&str; 9] = ["0", "1", "2", "3", "4", "5", "A", "8", "9"];
/// Order messages of ours that must be known.
const SENT: [&str; 3] = ["D", "F", "G"];

impl FixConfig {
    /// The dictionary of the session; `None` where no direction is held against one.
    ///
    /// # Errors
    /// Why it cannot be used, in words.
    pub(super) fn dictionary(&self) -> Result<Option<Arc<Dictionary>>, String> {
        if !self.validate_received && !self.validate_sent {
            return match self.dictionary {
                Some(_) => Err(
                    "fix.dictionary: nothing is held against it; add validate_received = true or \
                                validate_sent = true"
                        .to_owned(),
                ),
                None => Ok(None),
            };
        }
        let name = self.dictionary.as_deref().unwrap_or(BUILT_IN);
        let dictionary = match name {
            BUILT_IN => Dictionary::built_in(),
            file => read(file).map_err(|wrong| format!("fix.dictionary {file:?}: {wrong}"))?,
        };
        let received = RECEIVED.iter().filter(|_| self.validate_received);
        let sent = SENT.iter().filter(|_| self.validate_sent);
        match received.chain(sent).find(|msg_type| !dictionary.knows(msg_type.as_bytes())) {
            Some(msg_type) => Err(format!(
                "fix.dictionary {name:?} does not define message type {msg_type}, which every broker's session \
                 needs; add it to the file"
            )),
            None => Ok(Some(Arc::new(dictionary))),
        }
    }
}

fn read(file: &str) -> Result<Dictionary, String> {
    let bytes = std::fs::metadata(file).map_err(|error| error.to_string())?.len();
    if bytes > FILE_BYTES_MAX {
        return Err(format!("has {bytes} bytes, of {FILE_BYTES_MAX} at most"));
    }
    let text = std::fs::read_to_string(file).map_err(|error| error.to_string())?;
    Dictionary::read(&text).map_err(|error| error.to_string())
}

/// Whether every field that the configuration adds to order messages may be in them. Otherwise each order
/// would be refused.
///
/// # Errors
/// The first that may not, and what to do.
pub(super) fn check_fields(
    dictionary: &Dictionary,
    profile: &OrderProfile,
    identity_tag: Option<u32>,
) -> Result<(), String> {
    let tags = |fields: &[(u32, String)]| fields.iter().map(|(tag, _)| *tag).collect::<Vec<_>>();
    let manual = profile.says_manual.then_some(1_028);
    let orders = [tags(&profile.order_tags), identity_tag.into_iter().chain(manual).collect()];
    let cancels = [tags(&profile.cancel_tags), manual.into_iter().collect()];
    let orders = orders.into_iter().flatten().flat_map(|tag| [("D", tag), ("G", tag)]);
    let cancels = cancels.into_iter().flatten().map(|tag| ("F", tag));
    let mut all = orders.chain(cancels);
    match all.find(|(msg_type, tag)| !dictionary.allows(msg_type.as_bytes(), *tag)) {
        Some((msg_type, tag)) => Err(format!(
            "fix: the dictionary does not define tag {tag} for message type {msg_type}, so with validate_sent no \
             such order could be sent; define it there or leave the field out"
        )),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
