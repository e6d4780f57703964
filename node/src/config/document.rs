//! A configuration file against the table of its keys, before it is read: what is unknown, missing
//! or out of range is told with its line, and for what is misspelt what was probably meant.

use super::reference::{
    Absent, Key, LIMITS, SECTIONS, SIZING, Section, section, section as section_named,
};
use gauntlet_readmodel::environment::nearest;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A value that stands alone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scalar<'a> {
    /// A whole number.
    Whole(i64),
    /// A number with a fraction.
    Number(f64),
    /// A text.
    Text(&'a str),
    /// Anything else.
    Other,
}

/// What is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where it begins, in bytes.
    pub at: usize,
    /// What, in words. Values of secrets are never in it.
    pub message: String,
}

/// Looks for what the table of keys refuses, and gives what comes first in the text. A text that is
/// no TOML is for the reader to refuse.
///
/// # Errors
/// The first fault.
pub fn check(text: &str) -> Result<(), Fault> {
    let Ok(document) = DeTable::parse(text) else { return Ok(()) };
    let mut faults = Vec::new();
    for (name, value) in document.get_ref() {
        match section(name.get_ref()) {
            Some(known) => tables(known, value, &mut faults),
            None if is_family(name.get_ref()) => family(name.get_ref(), value, &mut faults),
            None => {
                let names = SECTIONS.iter().map(|section| section.name);
                let message = unknown("table or key", name.get_ref(), names);
                faults.push(Fault { at: name.span().start, message });
            }
        }
    }
    let there = |section: &Section| document.get_ref().contains_key(section.name);
    faults.extend(SECTIONS.iter().filter(|one| one.required && !there(one)).map(|section| {
        let message = format!("there is no {}: {}", section.title(), section.meaning);
        Fault { at: text.len(), message }
    }));
    faults.into_iter().min_by_key(|fault| fault.at).map_or(Ok(()), Err)
}

/// Whether tables of the reference have names that begin with this one and a dot.
fn is_family(name: &str) -> bool {
    SECTIONS.iter().any(|section| section.family() == Some(name))
}

/// The tables that a table holds.
fn family(family: &str, value: &Spanned<DeValue<'_>>, faults: &mut Vec<Fault>) {
    let names = || SECTIONS.iter().filter(|section| section.family() == Some(family));
    let DeValue::Table(inner) = value.get_ref() else {
        faults.extend(names().take(1).map(|section| not_a_table(section, value)));
        return;
    };
    for (name, value) in inner {
        match section(&format!("{family}.{}", name.get_ref())) {
            Some(known) => tables(known, value, faults),
            None => {
                let message = unknown("table", name.get_ref(), names().map(Section::last_name));
                faults
                    .push(Fault { at: name.span().start, message: format!("{family}: {message}") });
            }
        }
    }
}

fn tables(section: &Section, value: &Spanned<DeValue<'_>>, faults: &mut Vec<Fault>) {
    match (value.get_ref(), section.many) {
        (DeValue::Table(table), many) if !many || section.alone => {
            one(section, table, value.span().start, faults)
        }
        (DeValue::Array(all), true) => all.iter().for_each(|item| match item.get_ref() {
            DeValue::Table(table) => one(section, table, item.span().start, faults),
            _ => faults.push(not_a_table(section, item)),
        }),
        _ => faults.push(not_a_table(section, value)),
    }
}

fn not_a_table(section: &Section, value: &Spanned<DeValue<'_>>) -> Fault {
    let message = format!("{} is a table: write {}", section.name, section.title());
    Fault { at: value.span().start, message }
}

fn one(section: &Section, table: &DeTable<'_>, at: usize, faults: &mut Vec<Fault>) {
    let place = place(section, table);
    let inner = |name: &str| section_named(&format!("{}.{name}", section.name));
    for (name, value) in table {
        if let Some(inner) = inner(name.get_ref()) {
            tables(inner, value, faults);
        }
    }
    keys(section.keys, table, (&place, &|name| inner(name).is_some()), faults);
    // A key that is missing was probably misspelt, where one is unknown.
    let is_known = |name: &str| section.key(name).is_some() || inner(name).is_some();
    let misspelt = table.keys().any(|name| !is_known(name.get_ref()));
    for key in section.keys.iter().filter(|_| !misspelt) {
        if key.default == Absent::Required && !table.contains_key(key.name) {
            let (name, example) = (key.name, key.example);
            let message = format!("{place}{name} is missing: set it, such as {name} = {example}");
            faults.push(Fault { at, message });
        }
    }
    if let Some(DeValue::Table(sizing)) = table.get("sizing").map(Spanned::get_ref) {
        keys(SIZING, sizing, (&format!("{place}sizing: "), &|_| false), faults);
    }
    if let Some(DeValue::Table(limits)) = table.get("limits").map(Spanned::get_ref) {
        keys(LIMITS, limits, (&format!("{place}limits: "), &|_| false), faults);
    }
}

/// Keys that are unknown, and values out of range, but for those that are tables of their own.
fn keys(
    known: &'static [Key],
    table: &DeTable<'_>,
    (place, is_table): (&str, &dyn Fn(&str) -> bool),
    faults: &mut Vec<Fault>,
) {
    for (name, value) in table.iter().filter(|(name, _)| !is_table(name.get_ref())) {
        let Some(key) = known.iter().find(|key| key.name == name.get_ref()) else {
            let names = known.iter().map(|key| key.name);
            let message = format!("{place}{}", unknown("key", name.get_ref(), names));
            faults.push(Fault { at: name.span().start, message });
            continue;
        };
        if let Some(why) = key.fault(&scalar(value.get_ref())) {
            faults.push(Fault { at: value.span().start, message: format!("{place}{why}") });
        }
    }
}

/// Which table it is, for the beginning of a message.
fn place(section: &Section, table: &DeTable<'_>) -> String {
    let named = |key: &str| match table.get(key).map(Spanned::get_ref) {
        Some(DeValue::String(name)) => Some(name.to_string()),
        _ => None,
    };
    match (section.many, named("name").or_else(|| named("symbol"))) {
        (true, Some(name)) => format!("{} {name:?}: ", section.name),
        _ => format!("{}: ", section.title()),
    }
}

fn unknown<'a>(what: &str, name: &str, names: impl Iterator<Item = &'a str> + Clone) -> String {
    let near = nearest(name, names.clone());
    let hint = match &near[..] {
        [] => format!("there are {}", names.collect::<Vec<_>>().join(", ")),
        near => format!("did you mean {}?", near.join(" or ")),
    };
    format!("unknown {what} {name:?}: {hint}")
}

fn scalar<'a>(value: &'a DeValue<'_>) -> Scalar<'a> {
    match value {
        DeValue::String(text) => Scalar::Text(text),
        DeValue::Integer(number) => {
            let digits = number.as_str();
            let parsed = i64::from_str_radix(digits, number.radix());
            parsed.map_or(Scalar::Other, Scalar::Whole)
        }
        DeValue::Float(number) => number.as_str().parse().map_or(Scalar::Other, Scalar::Number),
        _ => Scalar::Other,
    }
}

impl Section {
    /// The table that it is in, if it is in one.
    fn family(&self) -> Option<&'static str> {
        self.name.split_once('.').map(|(family, _)| family)
    }

    /// Its name in there.
    fn last_name(&self) -> &'static str {
        self.name.split_once('.').map_or(self.name, |(_, name)| name)
    }

    /// As it is written in the file.
    pub fn title(&self) -> String {
        match self.many && !self.alone {
            true => format!("[[{}]]", self.name),
            false => format!("[{}]", self.name),
        }
    }
}
