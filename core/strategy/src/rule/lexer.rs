//! Text to tokens, and tokens to statements.

use super::ast::{Span, TimeOfDay};
use super::diagnostic::{Diagnostic, Findings};

/// What a piece of text is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum TokenKind {
    /// `30`, `0.5`.
    Number(f64),
    /// `close`, `when`: letters, digits and `_`.
    Word,
    /// `"long below this"`, with its quotes.
    Quoted,
    /// `09:30`.
    Time(TimeOfDay),
    /// An operator or a bracket.
    Symbol(&'static str),
    /// The end of the statement.
    End,
}

/// A piece of text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) span: Span,
}

/// Symbols with the way they are written in tokens, longer ones first.
const SYMBOLS: [(&str, &str); 25] = [
    ("<=", "<="),
    (">=", ">="),
    ("==", "="),
    ("!=", "!="),
    ("<>", "!="),
    ("<", "<"),
    (">", ">"),
    ("=", "="),
    ("+", "+"),
    ("-", "-"),
    ("*", "*"),
    ("/", "/"),
    ("(", "("),
    (")", ")"),
    ("[", "["),
    ("]", "]"),
    (",", ","),
    (".", "."),
    ("%", "%"),
    ("≤", "<="),
    ("≥", ">="),
    ("≠", "!="),
    ("−", "-"),
    ("×", "*"),
    ("÷", "/"),
];

/// Words that begin a statement, and can be nothing else.
const OPENERS: [&str; 13] = [
    "strategy", "bars", "param", "let", "long", "short", "exit", "strength", "entry", "stop",
    "target", "trail", "flat",
];

/// Words and symbols that cannot end a statement, or begin one.
const JOINTS: [&str; 19] = [
    "and", "or", "not", "crosses", "between", "within", "for", "first", "when", "+", "-", "*", "/",
    "<", "<=", ">", ">=", "=", "!=",
];

/// The tokens of each statement, each list closed by [`TokenKind::End`]. A statement ends with its
/// line; it goes on in the next line inside of brackets, after and before an operator, `and` and
/// `or`, but never past a word that begins a statement.
pub(super) fn statements(text: &str, findings: &mut Findings) -> Vec<Vec<Token>> {
    let lines = lines(text, findings);
    let mut statements: Vec<Vec<Token>> = Vec::new();
    let mut brackets = 0;
    for line in lines {
        let Some(first) = line.first() else { continue };
        let open = statements.last_mut().filter(|open| {
            !opens(text, first, line.get(1))
                && (brackets > 0
                    || open.last().is_some_and(|token| joins(text, token) || is_comma(token))
                    || joins(text, first))
        });
        let opened: i32 = line.iter().map(bracket).sum();
        match open {
            Some(open) => {
                open.extend(line);
                brackets += opened;
            }
            None => {
                statements.push(line);
                brackets = opened;
            }
        }
    }
    for statement in &mut statements {
        let end = statement.last().map_or(0, |token| token.span.end);
        statement.push(Token { kind: TokenKind::End, span: Span { start: end, end } });
    }
    statements
}

fn lines(text: &str, findings: &mut Findings) -> Vec<Vec<Token>> {
    let mut lines = vec![Vec::new()];
    let mut at = 0;
    while let Some(next) = text[at..].chars().next() {
        let rest = &text[at..];
        let start = at;
        if next == '\n' || next == ';' {
            lines.push(Vec::new());
            at += 1;
            continue;
        }
        if next.is_whitespace() {
            at += next.len_utf8();
            continue;
        }
        if next == '#' {
            at += rest.find('\n').unwrap_or(rest.len());
            continue;
        }
        let (kind, length) = token(rest, start, findings);
        at += length;
        if let (Some(kind), Some(line)) = (kind, lines.last_mut()) {
            line.push(Token { kind, span: Span { start: start as u32, end: at as u32 } });
        }
    }
    lines
}

/// The token at the start of `rest`, which begins at byte `start`, and its length; no token for
/// what is none.
fn token(rest: &str, start: usize, findings: &mut Findings) -> (Option<TokenKind>, usize) {
    let first = rest.as_bytes()[0];
    if first.is_ascii_digit() || (first == b'.' && digits(&rest[1..]) > 0) {
        return number(rest, start, findings);
    }
    if first.is_ascii_alphabetic() || first == b'_' {
        return (Some(TokenKind::Word), word(rest));
    }
    if first == b'"' {
        let line = rest.split('\n').next().unwrap_or(rest);
        if let Some(end) = line[1..].find('"') {
            return (Some(TokenKind::Quoted), end + 2);
        }
        let span = Span { start: start as u32, end: (start + line.len()) as u32 };
        findings.add(Diagnostic::error(span, "the text is not closed").hint("end it with `\"`"));
        return (Some(TokenKind::Quoted), line.len());
    }
    if let Some((written, symbol)) = SYMBOLS.iter().find(|(written, _)| rest.starts_with(written)) {
        return (Some(TokenKind::Symbol(symbol)), written.len());
    }
    let strange = |c: &char| {
        !c.is_ascii_alphanumeric()
            && !c.is_whitespace()
            && !"#;\"_".contains(*c)
            && !SYMBOLS.iter().any(|(written, _)| written.starts_with(*c))
    };
    let length: usize = rest.chars().take_while(strange).map(char::len_utf8).sum();
    let length = length.max(rest.chars().next().map_or(1, char::len_utf8));
    let span = Span { start: start as u32, end: (start + length) as u32 };
    let shown: String = rest[..length].chars().take(8).collect();
    let hint = match shown.as_str() {
        "&" | "&&" => "write `and`",
        "|" | "||" => "write `or`",
        "!" => "write `not`",
        _ => "leave it out; a comment begins with `#`",
    };
    let message = format!("`{}` means nothing here", shown.escape_debug());
    findings.add(Diagnostic::error(span, message).hint(hint));
    (None, length)
}

fn number(rest: &str, start: usize, findings: &mut Findings) -> (Option<TokenKind>, usize) {
    let whole = digits(rest);
    let bytes = rest.as_bytes();
    if bytes.get(whole) == Some(&b':') {
        let length = whole + 1 + digits(&rest[whole + 1..]);
        let span = Span { start: start as u32, end: (start + length) as u32 };
        return match rest[..length].parse() {
            Ok(time) => (Some(TokenKind::Time(time)), length),
            Err(error) => {
                findings.add(Diagnostic::error(span, error));
                (Some(TokenKind::Time(MIDNIGHT)), length)
            }
        };
    }
    let mut length = whole;
    if bytes.get(length) == Some(&b'.') && digits(&rest[length + 1..]) > 0 {
        length += 1 + digits(&rest[length + 1..]);
    }
    if matches!(bytes.get(length), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(length + 1), Some(b'+' | b'-')));
        let exponent = digits(&rest[length + 1 + sign..]);
        if exponent > 0 {
            length += 1 + sign + exponent;
        }
    }
    let value: f64 = rest[..length].replace('_', "").parse().unwrap_or(f64::INFINITY);
    if value.abs() > NUMBER_MAX {
        let span = Span { start: start as u32, end: (start + length) as u32 };
        findings.add(
            Diagnostic::error(span, "the number is too large")
                .hint("numbers go up to 1,000,000,000,000 (written without commas)"),
        );
    }
    (Some(TokenKind::Number(value.min(NUMBER_MAX))), length)
}

/// Largest number that may be written.
pub(super) const NUMBER_MAX: f64 = 1e12;

const MIDNIGHT: TimeOfDay = TimeOfDay::MIDNIGHT;

fn digits(text: &str) -> usize {
    let begins = text.as_bytes().first().is_some_and(u8::is_ascii_digit);
    let all = text.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'_').count();
    if begins { all } else { 0 }
}

fn word(text: &str) -> usize {
    text.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count()
}

fn is_word(text: &str, token: &Token, word: &str) -> bool {
    token.kind == TokenKind::Word && token.span.of(text).eq_ignore_ascii_case(word)
}

/// Whether a line that begins with these tokens begins a statement.
fn opens(text: &str, first: &Token, second: Option<&Token>) -> bool {
    let any = |words: &[&str]| words.iter().any(|word| is_word(text, first, word));
    let second_is = |word: &str| second.is_some_and(|token| is_word(text, token, word));
    let dotted = second.is_some_and(|token| token.kind == TokenKind::Symbol("."));
    any(&OPENERS)
        || (is_word(text, first, "session") && !dotted)
        || (is_word(text, first, "time") && second_is("stop"))
        || (is_word(text, first, "break") && second_is("even"))
}

fn joins(text: &str, token: &Token) -> bool {
    match token.kind {
        TokenKind::Symbol(symbol) => JOINTS.contains(&symbol),
        TokenKind::Word => JOINTS.iter().any(|joint| is_word(text, token, joint)),
        _ => false,
    }
}

fn is_comma(token: &Token) -> bool {
    token.kind == TokenKind::Symbol(",")
}

fn bracket(token: &Token) -> i32 {
    match token.kind {
        TokenKind::Symbol("(" | "[") => 1,
        TokenKind::Symbol(")" | "]") => -1,
        _ => 0,
    }
}

/// The symbol as tokens have it.
pub(super) fn symbol(written: &str) -> Option<&'static str> {
    SYMBOLS.iter().find(|(known, _)| *known == written).map(|(_, symbol)| *symbol)
}
