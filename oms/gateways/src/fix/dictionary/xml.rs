//! As much of XML as a dictionary needs: elements with attributes. Text between them says nothing there.

/// Deepest that elements may nest.
const DEPTH_MAX: usize = 64;

/// An element, its attributes as they were written but for the five entities.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Element {
    pub name: String,
    attributes: Vec<(String, String)>,
    pub children: Vec<Element>,
}

impl Element {
    /// An attribute's value.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The first child of a name.
    pub fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }
}

/// Where reading stopped, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct XmlError {
    pub line: usize,
    pub what: &'static str,
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

/// Reads the one element that a text holds.
pub(super) fn read(text: &str) -> Result<Element, XmlError> {
    let mut reader = Reader { text, at: 0 };
    let mut open: Vec<Element> = Vec::new();
    loop {
        if !reader.skip_to_element()? {
            return Err(reader.error("the text ends inside of an element"));
        }
        if reader.takes("</") {
            let name = reader.name()?;
            reader.space();
            reader.expect(">")?;
            let Some(done) = open.pop().filter(|element| element.name == name) else {
                return Err(reader.error("an element ends that was not begun"));
            };
            match open.last_mut() {
                Some(parent) => parent.children.push(done),
                None => return Ok(done),
            }
            continue;
        }
        reader.expect("<")?;
        let element = reader.element()?;
        let is_empty = reader.takes("/>");
        if !is_empty {
            reader.expect(">")?;
        }
        if !is_empty {
            if open.len() == DEPTH_MAX {
                return Err(reader.error("elements nest too deeply"));
            }
            open.push(element);
            continue;
        }
        match open.last_mut() {
            Some(parent) => parent.children.push(element),
            None => return Ok(element),
        }
    }
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn error(&self, what: &'static str) -> XmlError {
        XmlError { line: 1 + self.text[..self.at].matches('\n').count(), what }
    }

    fn takes(&mut self, mark: &str) -> bool {
        let found = self.rest().starts_with(mark);
        self.at += if found { mark.len() } else { 0 };
        found
    }

    fn expect(&mut self, mark: &str) -> Result<(), XmlError> {
        if self.takes(mark) { Ok(()) } else { Err(self.error("a tag is not closed")) }
    }

    fn space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    /// Past text, comments and declarations to the next element's sign; `false` at the end of the text.
    fn skip_to_element(&mut self) -> Result<bool, XmlError> {
        loop {
            let Some(found) = self.rest().find('<') else {
                self.at = self.text.len();
                return Ok(false);
            };
            self.at += found;
            let end = match self.rest() {
                rest if rest.starts_with("<!--") => "-->",
                rest if rest.starts_with("<?") => "?>",
                rest if rest.starts_with("<!") => ">",
                _ => return Ok(true),
            };
            match self.rest().find(end) {
                Some(found) => self.at += found + end.len(),
                None => return Err(self.error("a comment or declaration is not closed")),
            }
        }
    }

    fn name(&mut self) -> Result<String, XmlError> {
        let is_of_name = |c: char| c.is_alphanumeric() || "_-.:".contains(c);
        let rest = self.rest();
        let len = rest.find(|c: char| !is_of_name(c)).unwrap_or(rest.len());
        if len == 0 {
            return Err(self.error("a name is missing"));
        }
        let name = rest[..len].to_owned();
        self.at += len;
        Ok(name)
    }

    /// The name and the attributes of an element, up to its end.
    fn element(&mut self) -> Result<Element, XmlError> {
        let mut element = Element { name: self.name()?, ..Element::default() };
        loop {
            self.space();
            if self.rest().starts_with(['/', '>']) || self.rest().is_empty() {
                return Ok(element);
            }
            let name = self.name()?;
            self.space();
            if !self.takes("=") {
                return Err(self.error("an attribute has no value"));
            }
            self.space();
            let quote = if self.takes("\"") { '"' } else { '\'' };
            if quote == '\'' && !self.takes("'") {
                return Err(self.error("a value has no quotes"));
            }
            let Some(len) = self.rest().find(quote) else {
                return Err(self.error("a value has no end"));
            };
            let value = plain(&self.rest()[..len]);
            self.at += len + 1;
            element.attributes.push((name, value));
        }
    }
}

/// A value without its entities.
fn plain(value: &str) -> String {
    let entities =
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")];
    entities.iter().fold(value.to_owned(), |text, (entity, sign)| text.replace(entity, sign))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn elements_and_attributes_are_read_and_the_rest_is_passed_over() {
        let text = "<?xml version='1.0'?>\n<!DOCTYPE fix>\n<!-- <fix> -->\n<fix major=\"4\" minor = '4'>text\n\
                    <field number='1' name=\"A &amp; B\"/><group><field/></group ></fix>";
        let fix = read(text).expect("sound");
        assert_eq!((fix.name.as_str(), fix.get("minor"), fix.get("x")), ("fix", Some("4"), None));
        assert_eq!(fix.child("field").and_then(|field| field.get("name")), Some("A & B"));
        assert_eq!(fix.child("group").map(|group| group.children.len()), Some(1));
    }

    #[test]
    fn what_is_not_sound_is_told_with_its_line() {
        for (text, line) in [
            ("", 1),
            ("<a>\n<b></a>", 2),
            ("<a\n b=1/>", 2),
            ("<a b>", 1),
            ("<a>\n\n", 3),
            ("<!-- a", 1),
            ("</a>", 1),
            ("<a b='1", 1),
            ("<>", 1),
        ] {
            assert_eq!(read(text).err().map(|error| error.line), Some(line), "{text}");
        }
        assert!(read(&format!("{}{}", "<a>".repeat(64), "</a>".repeat(64))).is_ok());
        assert!(read(&format!("{}{}", "<a>".repeat(65), "</a>".repeat(65))).is_err());
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[<>/a-c='\" !?-]{0,60}|\\PC{0,40}") {
            let _ = read(&text);
        }
    }
}
