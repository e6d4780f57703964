//! What a counterparty's messages may hold, by a data dictionary in QuickFIX's XML form.
//!
//! A message is validated as a whole: its type, the order of header, body and trailer, what must be there,
//! and of each field that it is known, belongs to the type, has a value of its format and, if the
//! dictionary lists values, one of those, that it comes once, and that repeating groups hold as many
//! entries as they say, each in order. The first thing wrong is told as `Reject` (3) tells it.

mod check;
mod words;
mod xml;

pub use words::Words;

use foldhash::fast::FixedState;
use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use xml::Element;

/// Deepest that components and groups may nest.
const DEPTH_MAX: usize = 16;
/// Most places of all messages together, components put in where they are named: several times those of the largest
/// public dictionary. A few lines could ask for more than any memory holds.
const PLACES_MAX: usize = 4_000_000;
/// Tags from here on are for users: a dictionary need not know them.
const USER_DEFINED_FROM: u32 = 5_000;

/// `BeginString`, `BodyLength`, `CheckSum`.
const FRAMED: [u32; 3] = [8, 9, 10];

/// Our own: the messages that we send and read.
const BUILT_IN: &str = include_str!("fix44.xml");

/// What a value must look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Any,
    Whole,
    Decimal,
    Character,
    YesNo,
    Timestamp,
    Time,
    Date,
    /// Words, each one of those listed.
    Words,
}

impl Format {
    fn of(name: &str) -> Format {
        match name {
            "INT" | "LENGTH" | "NUMINGROUP" | "SEQNUM" | "TAGNUM" | "DAYOFMONTH" => Format::Whole,
            "PRICE" | "QTY" | "QUANTITY" | "AMT" | "FLOAT" | "PRICEOFFSET" | "PERCENTAGE" => {
                Format::Decimal
            }
            "CHAR" => Format::Character,
            "BOOLEAN" => Format::YesNo,
            "UTCTIMESTAMP" | "TIME" => Format::Timestamp,
            "UTCTIMEONLY" => Format::Time,
            "UTCDATE" | "UTCDATEONLY" | "LOCALMKTDATE" | "DATE" => Format::Date,
            "MULTIPLEVALUESTRING" | "MULTIPLESTRINGVALUE" | "MULTIPLECHARVALUE" => Format::Words,
            _ => Format::Any,
        }
    }
}

/// The values that a field may have; any where none is listed.
#[derive(Default)]
struct Values {
    /// Those of one byte, as nearly all are: one bit each.
    short: [u64; 4],
    /// The others, sorted.
    long: Vec<Vec<u8>>,
    is_any: bool,
}

impl Values {
    fn of<'v>(listed: impl Iterator<Item = &'v str>) -> Values {
        let mut values = Values { is_any: true, ..Values::default() };
        for value in listed {
            values.is_any = false;
            match value.as_bytes() {
                [byte] => values.short[usize::from(byte / 64)] |= 1 << (byte % 64),
                bytes => values.long.push(bytes.to_vec()),
            }
        }
        values.long.sort();
        values
    }

    fn has(&self, value: &[u8]) -> bool {
        match value {
            [byte] => self.short[usize::from(byte / 64)] & (1 << (byte % 64)) != 0,
            _ => self.long.binary_search_by(|known| known[..].cmp(value)).is_ok(),
        }
    }
}

/// Where in a message the fields are, in the order of the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Header,
    Body,
    Trailer,
}

struct Field {
    format: Format,
    values: Values,
    /// Where it stands, whatever the message.
    part: Part,
}

/// What is looked up for every field of every message. It is gone through only where no order counts.
type Table<K, V> = HashMap<K, V, FixedState>;

/// A field of a layout.
struct Member {
    /// Its place.
    place: usize,
    group: Option<Layout>,
}

/// The fields of a header, a body, a trailer or an entry of a group.
#[derive(Default)]
struct Layout {
    members: Table<u32, Member>,
    required: Vec<u32>,
    /// The field that an entry begins with, if it is one's of a group.
    first: u32,
}

/// See the module's documentation.
pub struct Dictionary {
    fields: Table<u32, Field>,
    header: Layout,
    trailer: Layout,
    messages: Table<Vec<u8>, Layout>,
}

impl fmt::Debug for Dictionary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (fields, messages) = (self.fields.len(), self.messages.len());
        write!(f, "Dictionary of {fields} fields and {messages} messages")
    }
}

/// Why a dictionary cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DictionaryError {
    /// It is not XML.
    #[error("the dictionary is not XML: line {line}: {what}")]
    Xml {
        /// Where.
        line: usize,
        /// What is wrong.
        what: &'static str,
    },
    /// Something is missing or contradicts itself.
    #[error("the dictionary cannot be used: {0}")]
    Content(String),
}

fn wrong<T>(what: String) -> Result<T, DictionaryError> {
    Err(DictionaryError::Content(what))
}

/// What an XML tree says, by name.
struct Names<'x> {
    numbers: BTreeMap<&'x str, u32>,
    components: BTreeMap<&'x str, &'x Element>,
    /// Places that may still be taken.
    left: Cell<usize>,
}

impl Dictionary {
    /// Reads a dictionary in QuickFIX's XML form.
    ///
    /// # Errors
    /// [`DictionaryError`].
    pub fn read(text: &str) -> Result<Dictionary, DictionaryError> {
        let root = xml::read(text)
            .map_err(|error| DictionaryError::Xml { line: error.line, what: error.what })?;
        let part = |name: &str| {
            let found = root.child(name);
            found.ok_or_else(|| DictionaryError::Content(format!("there is no <{name}>")))
        };
        let (mut fields, mut numbers) = (Table::default(), BTreeMap::new());
        for element in part("fields")?.children.iter().filter(|child| child.name == "field") {
            let number = element.get("number").and_then(|number| number.parse::<u32>().ok());
            let (Some(number), Some(name)) = (number, element.get("name")) else {
                return wrong("a field has no number or no name".to_owned());
            };
            let values = element.children.iter().filter_map(|value| value.get("enum"));
            let (values, part) = (Values::of(values), Part::Body);
            let format = Format::of(element.get("type").unwrap_or_default());
            numbers.insert(name, number);
            fields.insert(number, Field { format, values, part });
        }
        let components = root.child("components").map(|all| all.children.as_slice());
        let components = components.unwrap_or_default().iter();
        let components = components.filter_map(|one| Some((one.get("name")?, one))).collect();
        let names = Names { numbers, components, left: Cell::new(PLACES_MAX) };
        let mut messages = Table::default();
        for element in part("messages")?.children.iter().filter(|child| child.name == "message") {
            let Some(msg_type) = element.get("msgtype") else {
                return wrong("a message has no msgtype".to_owned());
            };
            messages.insert(msg_type.as_bytes().to_vec(), Layout::of(element, &names)?);
        }
        let mut layout = |part_name: &str, part_of_fields: Part| {
            let mut layout = Layout::of(part(part_name)?, &names)?;
            // Framing has proven those, and they are not among the fields.
            layout.required.retain(|tag| !FRAMED.contains(tag));
            for (tag, field) in &mut fields {
                if layout.members.contains_key(tag) {
                    field.part = part_of_fields;
                }
            }
            Ok(layout)
        };
        // What both hold belongs to the header.
        let trailer = layout("trailer", Part::Trailer)?;
        let header = layout("header", Part::Header)?;
        Ok(Dictionary { fields, header, trailer, messages })
    }

    /// Whether a message type is defined.
    pub fn knows(&self, msg_type: &[u8]) -> bool {
        self.messages.contains_key(msg_type)
    }

    /// Whether a message of a type may hold a field, in its header, body or trailer. Fields of users, from
    /// 5000 on, any may hold.
    pub fn allows(&self, msg_type: &[u8], tag: u32) -> bool {
        let body = self.messages.get(msg_type);
        let mut layouts = body.into_iter().chain([&self.header, &self.trailer]);
        let is_of_users = tag >= USER_DEFINED_FROM && !self.fields.contains_key(&tag);
        body.is_some() && (is_of_users || layouts.any(|layout| layout.members.contains_key(&tag)))
    }

    /// Our own: FIX 4.4 as far as the messages go that we send and read.
    ///
    /// # Panics
    /// Never: a test reads it.
    pub fn built_in() -> Dictionary {
        Dictionary::read(BUILT_IN).expect("a test reads it")
    }
}

impl Layout {
    fn of(element: &Element, names: &Names<'_>) -> Result<Layout, DictionaryError> {
        let mut layout = Layout::default();
        layout.add(element, names, true, 0)?;
        Ok(layout)
    }

    /// Adds what an element holds. What an optional component requires is required only where that is there,
    /// which no message tells.
    fn add(
        &mut self,
        element: &Element,
        names: &Names<'_>,
        is_required: bool,
        depth: usize,
    ) -> Result<(), DictionaryError> {
        if depth > DEPTH_MAX {
            return wrong(format!("components nest too deeply in {:?}", element.get("name")));
        }
        for child in &element.children {
            let Some(left) = names.left.get().checked_sub(1) else {
                return wrong(format!("components hold one another more than {PLACES_MAX} times"));
            };
            names.left.set(left);
            let Some(name) = child.get("name") else { continue };
            let is_required = is_required && child.get("required") == Some("Y");
            if child.name == "component" {
                let Some(component) = names.components.get(name) else {
                    return wrong(format!("there is no component {name:?}"));
                };
                self.add(component, names, is_required, depth + 1)?;
                continue;
            }
            if child.name != "field" && child.name != "group" {
                continue;
            }
            let Some(tag) = names.numbers.get(name).copied() else {
                return wrong(format!("there is no field {name:?}"));
            };
            let group = (child.name == "group").then(|| {
                let mut entry = Layout::default();
                entry.add(child, names, true, depth + 1).map(|()| entry)
            });
            let place = self.members.len();
            if place == 0 {
                self.first = tag;
            }
            if is_required {
                self.required.push(tag);
            }
            self.members.insert(tag, Member { place, group: group.transpose()? });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
