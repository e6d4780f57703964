//! What is wrong with a text, where, and what to write instead.

use super::ast::Span;
use serde::Serialize;
use std::fmt::Write;

/// Most diagnostics of one text; the rest is not reported.
pub const DIAGNOSTICS_MAX: usize = 50;

/// Characters of a source line that are shown around the place.
const SHOWN_CHARS_MAX: usize = 120;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// It can be used, and probably does not do what its author wants.
    Warning,
    /// The statement cannot be used.
    Error,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// Where.
    pub span: Span,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub hint: Option<String>,
}

impl Diagnostic {
    /// An error.
    pub fn error(span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic { severity: Severity::Error, span, message: message.into(), hint: None }
    }

    /// A warning.
    pub fn warning(span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic { severity: Severity::Warning, ..Diagnostic::error(span, message) }
    }

    /// With advice.
    pub fn hint(mut self, hint: impl Into<String>) -> Diagnostic {
        self.hint = Some(hint.into());
        self
    }

    /// Line and column of its start in `text`, both from 1; columns count characters.
    pub fn position(&self, text: &str) -> (usize, usize) {
        let (line, before, _) = self.line(text);
        (line, before.chars().count() + 1)
    }

    /// The finding for people: position, message, the line with carets under the place, and the
    /// hint.
    pub fn render(&self, text: &str) -> String {
        let (line, before, after) = self.line(text);
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let column = before.chars().count() + 1;
        let mut out = format!("{severity} at {line}:{column}: {}\n", self.message);

        let skipped = column.saturating_sub(1 + SHOWN_CHARS_MAX / 2);
        let shown_before: String = before.chars().skip(skipped).map(plain).collect();
        let shown_after: String =
            after.chars().take(SHOWN_CHARS_MAX - shown_before.chars().count()).map(plain).collect();
        let inside = self.span.of(text).lines().next().unwrap_or("").chars().count();
        let carets = inside.clamp(1, shown_after.chars().count().max(1));
        let indent = shown_before.chars().count();
        let _ = writeln!(out, "    {}", format!("{shown_before}{shown_after}").trim_end());
        let _ = writeln!(out, "    {}{}", " ".repeat(indent), "^".repeat(carets));
        if let Some(hint) = &self.hint {
            let _ = writeln!(out, "    hint: {hint}");
        }
        out
    }

    /// The number of the line it starts on, and that line's text before and from its start.
    fn line<'a>(&self, text: &'a str) -> (usize, &'a str, &'a str) {
        let mut start = (self.span.start as usize).min(text.len());
        while !text.is_char_boundary(start) {
            start -= 1;
        }
        let (before, after) = text.split_at(start);
        let line = before.matches('\n').count() + 1;
        let before = before.rsplit('\n').next().unwrap_or("");
        (line, before, after.split(['\n', '\r']).next().unwrap_or(""))
    }
}

fn plain(character: char) -> char {
    if character.is_control() { ' ' } else { character }
}

/// What reading a text has found so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Findings {
    list: Vec<Diagnostic>,
    errors: usize,
}

impl Findings {
    /// Takes one, unless there are too many, or it is one of the same place and message.
    pub(super) fn add(&mut self, finding: Diagnostic) {
        let is_error = finding.severity == Severity::Error;
        self.errors += usize::from(is_error);
        let known = self
            .list
            .iter()
            .any(|other| other.span == finding.span && other.message == finding.message);
        if known {
            return;
        }
        if self.list.len() < DIAGNOSTICS_MAX {
            self.list.push(finding);
            return;
        }
        // An error is never lost for a warning: whether rules can be used depends on it.
        let warning = |other: &Diagnostic| other.severity == Severity::Warning;
        if let Some(place) = self.list.iter().rposition(warning).filter(|_| is_error) {
            self.list[place] = finding;
        }
    }

    /// How many errors there are.
    pub(super) fn errors(&self) -> usize {
        self.errors
    }

    /// The places of all.
    pub(super) fn spans(&self) -> impl Iterator<Item = Span> {
        self.list.iter().map(|finding| finding.span)
    }

    /// All, in the order of the text.
    pub(super) fn into_sorted(mut self) -> Vec<Diagnostic> {
        self.list.sort_by_key(|finding| (finding.span, std::cmp::Reverse(finding.severity)));
        self.list
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_shows_its_line_with_carets_under_the_place() {
        let text = "bars 1m\nlong when rsi(14) > close";
        let finding = Diagnostic::error(Span { start: 28, end: 33 }, "compares").hint("do not");
        assert_eq!(
            finding.render(text),
            "error at 2:21: compares\n    long when rsi(14) > close\n                        ^^^^^\n    hint: do not\n"
        );
    }

    #[test]
    fn columns_count_characters_and_a_span_out_of_the_text_is_harmless() {
        let text = "# é ü\n";
        let at = |start| Diagnostic::error(Span { start, end: start + 1 }, "x").position(text);
        assert_eq!(at(5), (1, 5));
        assert_eq!(at(3), (1, 3), "inside of a character");
        assert_eq!(at(9_999), (2, 1));
    }
}
