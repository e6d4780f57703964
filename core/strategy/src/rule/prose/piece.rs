//! Prose in pieces.

use crate::rule::ast::Span;

/// A word, a number or a mark.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Piece {
    pub(super) kind: PieceKind,
    pub(super) span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum PieceKind {
    /// In lower case, without the `'s` of a genitive.
    Word(String),
    Number(f64),
    Comma,
    /// The end of a sentence.
    End,
}

/// Words that carry no meaning here.
const FILLERS: [&str; 48] = [
    "the",
    "a",
    "an",
    "is",
    "are",
    "be",
    "been",
    "its",
    "it's",
    "of",
    "at",
    "on",
    "to",
    "this",
    "that",
    "then",
    "we",
    "i",
    "you",
    "should",
    "will",
    "would",
    "can",
    "currently",
    "also",
    "has",
    "have",
    "as",
    "there",
    "level",
    "value",
    "reading",
    "indicator",
    "please",
    "simply",
    "just",
    "by",
    "in",
    "into",
    "with",
    "my",
    "your",
    "our",
    "do",
    "does",
    "both",
    "line",
    "from",
];

impl Piece {
    pub(super) fn is_end(&self) -> bool {
        self.kind == PieceKind::End
    }

    pub(super) fn word(&self) -> Option<&str> {
        match &self.kind {
            PieceKind::Word(word) => Some(word),
            _ => None,
        }
    }

    pub(super) fn number(&self) -> Option<f64> {
        match self.kind {
            PieceKind::Number(number) => Some(number),
            _ => None,
        }
    }

    /// Whether passing it over loses nothing.
    pub(super) fn is_filler(&self) -> bool {
        match &self.kind {
            PieceKind::Word(word) => {
                FILLERS.contains(&word.as_str())
                    || ["and", "or", "when", "if"].contains(&word.as_str())
            }
            PieceKind::Number(_) => false,
            PieceKind::Comma | PieceKind::End => true,
        }
    }
}

/// How many pieces from `at` on the words of `phrase` take, articles between them passed over;
/// `None` when they do not stand there.
pub(super) fn matches(pieces: &[Piece], at: usize, phrase: &str) -> Option<usize> {
    let mut place = at;
    for (index, wanted) in phrase.split(' ').enumerate() {
        while index > 0 && is_article(pieces.get(place)) && wanted != "a" {
            place += 1;
        }
        if pieces.get(place)?.word()? != wanted {
            return None;
        }
        place += 1;
    }
    Some(place - at)
}

fn is_article(piece: Option<&Piece>) -> bool {
    let word = piece.and_then(Piece::word).unwrap_or("");
    ["the", "a", "an", "all", "any", "my", "your", "our"].contains(&word)
}

/// The pieces of a prose.
pub(super) fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let (kind, length) = piece(rest, first);
        if let Some(kind) = kind {
            let span = Span { start: at as u32, end: (at + length) as u32 };
            pieces.push(Piece { kind, span });
        }
        at += length;
    }
    pieces
}

fn piece(rest: &str, first: char) -> (Option<PieceKind>, usize) {
    let next = rest[first.len_utf8()..].chars().next();
    match first {
        '\n' | ';' | '!' | '?' => (Some(PieceKind::End), 1),
        '.' if !next.is_some_and(|next| next.is_ascii_digit()) => (Some(PieceKind::End), 1),
        ',' => (Some(PieceKind::Comma), 1),
        '<' | '>' | '=' => {
            let length = 1 + usize::from(next == Some('='));
            (Some(PieceKind::Word(rest[..length].to_owned())), length)
        }
        '%' if !next.is_some_and(char::is_alphabetic) => (Some(PieceKind::Word("%".into())), 1),
        '×' => (Some(PieceKind::Word("x".into())), first.len_utf8()),
        _ if first.is_ascii_digit() || first == '.' => number(rest),
        '-' if next.is_some_and(|next| next.is_ascii_digit()) => {
            let (kind, length) = number(&rest[1..]);
            let negative = match kind {
                Some(PieceKind::Number(value)) => Some(PieceKind::Number(-value)),
                other => other,
            };
            (negative, length + 1)
        }
        _ if first.is_alphabetic() => {
            let inside = |c: &char| c.is_alphabetic() || *c == '\'' || *c == '’' || *c == '_';
            let length: usize = rest.chars().take_while(inside).map(char::len_utf8).sum();
            let word = rest[..length].to_lowercase().replace('’', "'");
            let word = word.trim_end_matches("'s").trim_end_matches('\'');
            (Some(PieceKind::Word(word.to_owned())), length)
        }
        _ => (None, first.len_utf8()),
    }
}

fn number(rest: &str) -> (Option<PieceKind>, usize) {
    let bytes = rest.as_bytes();
    let mut length = 0;
    while let Some(byte) = bytes.get(length) {
        let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
        let grouped =
            *byte == b',' && (1..4).all(|ahead| digit(length + ahead)) && !digit(length + 4);
        let point = *byte == b'.' && digit(length + 1) && !rest[..length].contains('.');
        if !byte.is_ascii_digit() && !grouped && !point {
            break;
        }
        length += 1;
    }
    // A hyphen joins the number to its unit: "20-period".
    let joined = usize::from(
        bytes.get(length) == Some(&b'-')
            && bytes.get(length + 1).is_some_and(u8::is_ascii_alphabetic),
    );
    let value = rest[..length].replace(',', "").parse().ok();
    let value = value.filter(|value: &f64| *value <= 1e12);
    (value.map(PieceKind::Number), (length + joined).max(1))
}
