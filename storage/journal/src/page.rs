//! The format as a page for people: `docs/journal.md`.

use super::kind::{self, Kind, Payload};
use super::layout::{
    FORMAT_VERSION, JOURNAL, PAYLOAD_MAX, Place, RECORD, RECORD_HEADER, SEGMENT, Stream,
};
use gauntlet_model::effect::Voice;
use gauntlet_model::input::{Exits, Exits1, InstrumentLimits, ROUTES_MAX, Route, TopOfBook};
use gauntlet_model::record::{FIELD_HEADER, Field, Form};
use std::fmt::Write;

const INTRODUCTION: &str = "\
# Journal

Everything that happened to a platform, and everything that it did about it, on disk. This page is
made from the tables in the code that read and write it: `ctl journal format > docs/journal.md`.

## Files

| file | holds |
|---|---|
| `journal.hdr` | format version, epoch, segment length |
| `lock` | the lock of the process that writes |
| `inputs/NNNNNNNN.seg` | segments of the inputs: everything that happened, in the order in which it counted |
| `effects/NNNNNNNN.seg` | segments of the effects, and the messages that broker sessions sent |

All numbers are little-endian. Segments of a journal have one length and are zero behind their last
record; one that is full ends with a record `segment_end`. A position is a place in a stream: the
segment's number times its length plus the offset in it.

Two invariants hold for every journal, are asserted when it is written and checked when it is
scanned: inputs are numbered from 1 without a gap (`inputs_lost` stands for those that a machine took
with it), and effects come in the order of their causes and, for one cause, of their index.
";

const RECORDS: &str = "
The first 8 bytes are the commit word: they are stored at once, when the rest is in place. A length
of 0 there means that nothing was written yet.
";

const FORMS: &str = "
## Payloads

A payload has one of two forms.

**Fixed**: one field behind the other, without padding. Its type is frozen with its first release; a
change is a new kind with a new number, and the old one is still read. An `Option` is a byte 0 or 1
and room for its value, an enum a byte and room for its largest variant, text is UTF-8 padded with
zeros.

**Tagged**: for definitions, which grow. Each field is a tag of 2 bytes, the length of its value in 2
bytes, and its value in the fixed form (or a tagged record again). Tags ascend. A field at its default
is left out, so a definition that makes no use of a new setting is the same bytes as before it. A tag
that a release does not know is refused by its number and never skipped: it might be a limit. Tags,
types and defaults never change; what is not used any more keeps its tag.
";

/// The page `docs/journal.md`.
pub fn page() -> String {
    let mut page = INTRODUCTION.to_owned();
    page += &format!("\n## `journal.hdr`, format version {FORMAT_VERSION}\n\n");
    page += &places(&JOURNAL);
    page += "\n## Segment\n\n";
    page += &places(&SEGMENT);
    page += "\n## Record\n\n";
    page += &places(&RECORD);
    page += RECORDS;
    page += &format!(
        "A record has at most {} bytes: {RECORD_HEADER} of header and {PAYLOAD_MAX} of payload.\n",
        RECORD_HEADER + PAYLOAD_MAX
    );
    page += FORMS;
    page += &format!(
        "\nA `Route` is one byte below {ROUTES_MAX}: {} the first broker, {} paper, {} shadow, from {} on \
         further brokers.\n",
        Route::BROKER.number(),
        Route::PAPER.number(),
        Route::SHADOW.number(),
        Route::SHADOW.number() + 1
    );
    page += "\n## Kinds\n\n| number | name | stream | payload | bytes | |\n|---:|---|---|---|---:|---|\n";
    kind::all().for_each(|kind| page += &row(kind));
    for (title, stream) in [("Inputs", Stream::Inputs), ("Effects", Stream::Effects)] {
        page += &format!("\n## {title}\n");
        let of = kind::all().filter(|kind| kind.stream == Some(stream));
        of.filter_map(|kind| Some((kind, kind.payload?))).for_each(|(kind, payload)| {
            page += &format!("\n### `{}`\n\n{}\n\n", kind.name, words(kind.doc));
            page += &fields(&payload);
        });
    }
    page += "\n## Records in records\n";
    for part in [
        Payload::of::<TopOfBook>("TopOfBook"),
        Payload::of::<InstrumentLimits>("InstrumentLimits"),
        Payload::of::<Exits>("Exits"),
        Payload::of::<Exits1>("Exits1"),
        Payload::of::<Voice>("Voice"),
    ] {
        page += &format!("\n### `{}`\n\n", part.of);
        page += &fields(&part);
    }
    page
}

/// A doc comment as one line of a page: its links as the names that they show.
fn words(doc: &str) -> String {
    let mut text = doc.trim().replace('|', "\\|");
    while let Some(at) = text.find("`](") {
        let end = text[at..].find(')').map_or(text.len(), |length| at + length + 1);
        text.replace_range(at + 1..end, "]");
    }
    text.replace("[`", "`").replace("`]", "`")
}

fn places(places: &[Place]) -> String {
    let mut table = "| offset | bytes | field |\n|---:|---:|---|\n".to_owned();
    for Place { at, bytes, what } in places {
        let bytes = if *bytes == 0 { String::new() } else { bytes.to_string() };
        // A string takes everything.
        let _ = writeln!(table, "| {at} | {bytes} | {what} |");
    }
    table
}

fn row(kind: &Kind) -> String {
    let Kind { number, name, stream, is_written, doc, payload } = kind;
    let stream = stream.map_or("both", Stream::name);
    let read_only = if *is_written { "" } else { " Read, not written any more." };
    let doc = words(doc);
    match payload {
        None => format!("| `{number:#04x}` | `{name}` | {stream} | | | {doc}{read_only} |\n"),
        Some(Payload { of, form, bytes_max, .. }) => {
            let most = if *form == Form::Tagged { "at most " } else { "" };
            format!(
                "| `{number:#04x}` | `{name}` | {stream} | `{of}` | {most}{bytes_max} | {doc}{read_only} |\n"
            )
        }
    }
}

fn fields(payload: &Payload) -> String {
    let Payload { of, form, fields, bytes_max } = payload;
    let mut text = match form {
        Form::Fixed => {
            let head = "| offset | bytes | field | type | |\n|---:|---:|---|---|---|\n";
            format!("`{of}`, fixed, {bytes_max} bytes.\n\n{head}")
        }
        Form::Tagged => {
            let head = "| tag | bytes | field | type | left out | |\n|---:|---:|---|---|---|---|\n";
            format!(
                "`{of}`, tagged, at most {bytes_max} bytes with {FIELD_HEADER} for each field.\n\n{head}"
            )
        }
    };
    for Field { name, of, place, bytes, default, doc } in *fields {
        let default = match (form, default) {
            (Form::Fixed, _) => String::new(),
            (Form::Tagged, None) => " never |".to_owned(),
            (Form::Tagged, Some(value)) => format!(" `{value}` |"),
        };
        let doc = words(doc);
        // As above.
        let _ = writeln!(text, "| {place} | {bytes} | `{name}` | `{of}` |{default} {doc} |");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_in_docs_is_current() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/journal.md");
        let page = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            page == super::page(),
            "docs/journal.md is old: ctl journal format > docs/journal.md"
        );
    }

    #[test]
    fn every_kind_and_field_is_on_the_page() {
        let page = page();
        for kind in kind::all() {
            assert!(page.contains(&format!("| `{:#04x}` | `{}` |", kind.number, kind.name)));
            for field in kind.payload.map_or(&[][..], |payload| payload.fields) {
                assert!(!field.doc.trim().is_empty() && page.contains(field.name), "{field:?}");
            }
        }
    }

    #[test]
    fn fixed_payloads_have_no_holes() {
        for payload in kind::all().filter_map(|kind| kind.payload) {
            if payload.form == Form::Fixed {
                let end = payload.fields.iter().fold(0, |at, field| {
                    assert_eq!(field.place, at, "{} {}", payload.of, field.name);
                    at + field.bytes
                });
                assert_eq!(end, payload.bytes_max, "{}", payload.of);
            }
        }
    }
}
