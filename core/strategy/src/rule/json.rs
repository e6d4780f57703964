//! The JSON form of a strategy: the tree itself, without spans.
//!
//! Every node is an object whose `type` names it; `docs/rules.md` lists them. What is read from
//! JSON is printed as text and that text is read: so JSON can say nothing that text cannot, it is
//! checked in the same way, and its spans are of its canonical text.

use super::ast::{NAME_BYTES_MAX, NumberKind, Origin, RuleSet, TEXT_BYTES_MAX};
use super::read::{Parsed, parse};
use super::walk::{self, Part};

/// Longest JSON of a strategy, in bytes.
pub const JSON_BYTES_MAX: usize = 512 * 1024;

/// Why a text is no JSON form of a strategy.
#[derive(Debug, thiserror::Error)]
pub enum JsonError {
    /// It is too long.
    #[error("the json has {bytes} bytes, more than {JSON_BYTES_MAX}")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// It is not JSON, or not of that form.
    #[error("not the json of a strategy: {0}")]
    Form(#[from] serde_json::Error),
    /// A name that could not stand in the text form.
    #[error("{0:?} cannot be a name: use at most {NAME_BYTES_MAX} letters, digits and `_`")]
    Name(String),
    /// A meaning that could not stand in the text form.
    #[error("the meaning {0:?} cannot be written: leave quotes and line ends out")]
    Meaning(String),
    /// A confidence outside of 0 to 1.
    #[error("the confidence {0} is not from 0 to 1")]
    Confidence(f64),
    /// Its text form is too long.
    #[error("its text form is longer than {TEXT_BYTES_MAX} bytes")]
    TextTooLong,
}

/// The tree as JSON, indented.
pub fn to_json(rules: &RuleSet) -> String {
    serde_json::to_string_pretty(rules).expect("a tree has only text keys and finite numbers")
}

/// Reads the JSON form. Findings, if any, are about the canonical text of what was read, which is
/// the `text` of the rules.
///
/// # Errors
/// When it is not of that form; where, is in the message.
pub fn from_json(json: &str) -> Result<Parsed, JsonError> {
    if json.len() > JSON_BYTES_MAX {
        return Err(JsonError::TooLong { bytes: json.len() });
    }
    let tree: RuleSet = serde_json::from_str(json)?;
    check_words(&tree)?;
    for side in [&tree.long, &tree.short] {
        let confidence = side.origin.confidence();
        if !(0.0..=1.0).contains(&confidence) {
            return Err(JsonError::Confidence(confidence));
        }
    }
    let text = tree.to_string();
    if text.len() > TEXT_BYTES_MAX {
        return Err(JsonError::TextTooLong);
    }
    let mut parsed = canonical(parse(&text));
    parsed.rules.long.origin = tree.long.origin;
    parsed.rules.short.origin = tree.short.origin;
    Ok(parsed)
}

/// The same rules, read from their canonical text.
pub(super) fn canonical(parsed: Parsed) -> Parsed {
    if parsed.errors().next().is_some() {
        return parsed;
    }
    let text = parsed.rules.to_string();
    if text == parsed.rules.text { parsed } else { parse(&text) }
}

/// Refuses what would be something else when it is printed.
fn check_words(tree: &RuleSet) -> Result<(), JsonError> {
    let mut names: Vec<&str> = tree.name.iter().map(String::as_str).collect();
    names.extend(tree.params.iter().map(|param| param.name.as_str()));
    names.extend(tree.lets.iter().map(|definition| definition.name.as_str()));
    for side in [&tree.long, &tree.short] {
        if let Origin::Fallback { archetype, .. } = &side.origin {
            names.push(archetype);
        }
    }
    let take = |part: Part<'_>| {
        let reference = part.param().or(part.binding());
        let own = reference.map(|reference| reference.name.clone());
        let mut found: Vec<String> = own.into_iter().collect();
        if let Part::Number(number) = part {
            match &number.kind {
                NumberKind::Indicator(used) => {
                    found.push(used.name.clone());
                    found.extend(used.line.clone());
                    found.extend(used.arguments.iter().map(|argument| argument.name.clone()));
                }
                NumberKind::Let { line: Some(line), .. } => found.push(line.clone()),
                _ => {}
            }
        }
        found
    };
    let mut used = Vec::new();
    for root in walk::roots(tree) {
        walk::each(root, &mut |part| used.extend(take(part)));
    }
    let is_name = |name: &str| {
        let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let begins = name.bytes().next().is_some_and(|byte| !byte.is_ascii_digit());
        begins && name.len() <= NAME_BYTES_MAX && name.bytes().all(word)
    };
    let all = names.into_iter().chain(used.iter().map(String::as_str));
    if let Some(wrong) = all.into_iter().find(|name| !is_name(name)) {
        return Err(JsonError::Name(wrong.to_owned()));
    }
    let readable = |text: &&str| !text.contains(['"', '\n', '\r']);
    match tree.params.iter().map(|param| param.meaning.as_str()).find(|text| !readable(text)) {
        Some(wrong) => Err(JsonError::Meaning(wrong.to_owned())),
        None => Ok(()),
    }
}

/// Bars in JSON: the words of the text, such as `"5m"` or `"500 trades"`.
pub(super) mod bars {
    use gauntlet_model::input::BarKind;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    /// Writes the words.
    pub fn serialize<S: Serializer>(
        bars: &Option<BarKind>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match bars {
            None => serializer.serialize_none(),
            Some(bars) => serializer.collect_str(bars),
        }
    }

    /// Reads the words.
    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<BarKind>, D::Error> {
        let words = Option::<String>::deserialize(deserializer)?;
        words.map(|words| words.parse().map_err(D::Error::custom)).transpose()
    }
}
