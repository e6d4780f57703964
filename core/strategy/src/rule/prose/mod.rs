//! Loose English to rules.
//!
//! A language model that is asked for a strategy answers in prose: "Go long when RSI is under 30 and
//! price touches the lower band; stop 16 ticks." The reader looks for cues (go long, exit, stop
//! loss), and in what follows a cue for relations (under, touches) between things that it knows
//! (RSI, the lower band). What it makes of that is text in the rule language, which is read and
//! checked like any other. What it cannot read it names, and never makes up.
//!
//! # Confidence
//! A direction read from prose begins with [`CONFIDENCE`] and is multiplied by
//! - [`DEFAULT`] for each parameter that was not said (RSI of how many bars?),
//! - [`SKIPPED`] for each word inside of a condition that was passed over,
//! - [`GUESS`] for each choice between meanings (is `sell` an exit or a short?) and for each
//!   sentence, wherever it stands, that nothing could be made of,
//! - [`ALTERNATIVE_LOST`] for each part joined with "or" that could not be read,
//! - [`PART_LOST`] for each part joined with "and" that could not be read: what is left is true
//!   more often than what was meant.
//!
//! A direction of which no entry could be read at all has failed, and an archetype can stand in for
//! it (see [`with_fallback`](super::with_fallback)).

mod condition;
mod cue;
mod distance;
mod operand;
mod piece;

use super::ast::{Direction, Origin, Predicate, Span, TEXT_BYTES_MAX};
use super::json::canonical;
use super::read::{Parsed, parse};
use cue::{Cue, Segment};
use piece::Piece;

/// Where the confidence of a direction begins.
pub const CONFIDENCE: f64 = 0.9;
/// What a parameter that was not said costs.
pub const DEFAULT: f64 = 0.97;
/// What a word that was passed over costs: it may have been a condition, as in "in an uptrend".
pub const SKIPPED: f64 = 0.9;
/// What a choice between meanings costs, and a sentence that nothing could be made of.
pub const GUESS: f64 = 0.9;
/// What an unreadable alternative costs.
pub const ALTERNATIVE_LOST: f64 = 0.8;
/// What an unreadable part of a condition costs.
pub const PART_LOST: f64 = 0.5;

/// Most statements of a prose; what stands behind them is not read.
const LINES_MAX: usize = 128;

/// What was made of a prose.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The rules, and which direction failed. Their text is the canonical one; the words of each
    /// predicate are the prose's.
    pub parsed: Parsed,
    /// How sure it is that the rules say what was meant: the smaller of the directions that trade;
    /// 0 when none does.
    pub confidence: f64,
    /// What was read, in the order of the prose.
    pub understood: Vec<Understood>,
    /// What was not, in the order of the prose.
    pub unread: Vec<Unread>,
}

/// A part of a prose and the statement that was made of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Understood {
    /// Where it stands in the prose.
    pub span: Span,
    /// The statement.
    pub rule: String,
}

/// A part of a prose that nothing was made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// Where it stands in the prose.
    pub span: Span,
    /// Its words.
    pub text: String,
}

/// One direction or both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Long,
    Short,
    Both,
}

/// A statement made of a part of the prose.
struct Line {
    span: Span,
    rule: String,
    /// What it costs the confidence of its direction, or of both.
    factor: f64,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Enter(Side),
    Exit(Side),
    Plan,
}

/// Reads a prose as far as it can be read. A text that is in the language already is taken as it
/// is.
pub fn read_prose(text: &str) -> Reading {
    let written = parse(text);
    if written.errors().next().is_none() {
        let confidence = written.rules.confidence();
        let understood = understood_as_written(&written);
        return Reading { parsed: written, confidence, understood, unread: Vec::new() };
    }
    let end = (0..=text.len().min(TEXT_BYTES_MAX)).rev().find(|end| text.is_char_boundary(*end));
    let pieces = piece::pieces(&text[..end.unwrap_or(0)]);
    let mut reader = Reader { text, lines: Vec::new(), unread: Vec::new(), lost: 1.0 };
    for sentence in pieces.split(|piece| piece.is_end()) {
        reader.sentence(sentence);
    }
    reader.finish()
}

fn understood_as_written(parsed: &Parsed) -> Vec<Understood> {
    let sides = [&parsed.rules.long, &parsed.rules.short];
    let predicates = sides.into_iter().flat_map(|side| side.entries.iter().chain(&side.exits));
    predicates.map(|one| Understood { span: one.span, rule: one.text.clone() }).collect()
}

struct Reader<'a> {
    text: &'a str,
    lines: Vec<Line>,
    unread: Vec<Unread>,
    /// What sentences that are no rule cost every direction.
    lost: f64,
}

impl Reader<'_> {
    fn sentence(&mut self, sentence: &[Piece]) {
        let segments = cue::segments(sentence);
        if segments.is_empty() && !sentence.is_empty() {
            if !sentence.iter().all(Piece::is_filler) {
                self.name(sentence);
                self.lost *= GUESS;
            }
            return;
        }
        for segment in segments {
            match self.lines.len() < LINES_MAX {
                true => self.segment(&segment),
                false => self.lose(segment.whole),
            }
        }
    }

    fn segment(&mut self, segment: &Segment<'_>) {
        let span = segment.span();
        match segment.cue {
            Cue::Enter(side) => self.predicate(segment, side, true),
            Cue::Exit(side) => self.predicate(segment, side, false),
            Cue::Bars | Cue::Session(_) | Cue::Flat => {
                let Some(rule) = segment.header() else { return self.lose(segment.body) };
                self.plan(span, rule, 1.0);
                self.leftovers(segment.rest());
            }
            Cue::Stop | Cue::Target | Cue::Trail | Cue::BreakEven | Cue::TimeStop => {
                let Some(found) = distance::statement(segment.cue, segment.body) else {
                    return self.lose(segment.whole);
                };
                self.plan(span, found.rule, found.factor);
                self.leftovers(&segment.body[found.used..]);
            }
        }
    }

    fn predicate(&mut self, segment: &Segment<'_>, side: Side, enters: bool) {
        let read = condition::condition(segment.body);
        for part in &read.unread {
            self.name(part);
        }
        let sides = match side {
            Side::Both => vec![Side::Long, Side::Short],
            one => vec![one],
        };
        for side in sides {
            let word = if side == Side::Long { "long" } else { "short" };
            let (kind, head) = match enters {
                true => (Kind::Enter(side), word.to_owned()),
                false => (Kind::Exit(side), format!("exit {word}")),
            };
            let rule = read.rule.as_ref().map(|condition| format!("{head} when {condition}"));
            self.lines.push(Line {
                span: segment.span(),
                rule: rule.unwrap_or_default(),
                factor: read.factor * segment.factor,
                kind,
            });
        }
    }

    fn plan(&mut self, span: Span, rule: String, factor: f64) {
        self.lines.push(Line { span, rule, factor, kind: Kind::Plan });
    }

    fn lose(&mut self, pieces: &[Piece]) {
        self.name(pieces);
        self.lost *= GUESS;
    }

    fn leftovers(&mut self, pieces: &[Piece]) {
        if !pieces.iter().all(Piece::is_filler) {
            self.lose(pieces);
        }
    }

    fn name(&mut self, pieces: &[Piece]) {
        let (Some(first), Some(last)) = (pieces.first(), pieces.last()) else { return };
        let span = first.span.to(last.span);
        self.unread.push(Unread { span, text: span.of(self.text).to_owned() });
    }

    /// Reads the statements, leaves out those that do not pass its check, and says where each
    /// predicate comes from.
    fn finish(mut self) -> Reading {
        let mut failed = [false, false];
        let mut kept = Vec::new();
        let mut text = String::new();
        for line in std::mem::take(&mut self.lines) {
            let with_line = format!("{text}{}\n", line.rule);
            if !line.rule.is_empty() && fits(&with_line) {
                text = with_line;
                kept.push(line);
                continue;
            }
            match line.kind {
                Kind::Enter(Side::Long) => failed[0] = true,
                Kind::Enter(_) => failed[1] = true,
                _ => self.lost *= GUESS,
            }
            if !line.rule.is_empty() {
                let words = line.span.of(self.text).to_owned();
                self.unread.push(Unread { span: line.span, text: words });
            }
        }
        let mut parsed = canonical(parse(&text));
        let long = provenance(&mut parsed.rules.long, Side::Long, &kept, self.text);
        let short = provenance(&mut parsed.rules.short, Side::Short, &kept, self.text);
        let plan: f64 =
            kept.iter().filter(|line| line.kind == Kind::Plan).map(|l| l.factor).product();
        for (side, own) in [(&mut parsed.rules.long, long), (&mut parsed.rules.short, short)] {
            let confidence = (CONFIDENCE * own * plan * self.lost).clamp(0.0, 1.0);
            if !side.is_silent() {
                side.origin = Origin::ReadFromProse { confidence };
            }
        }
        parsed.long_failed = failed[0] && parsed.rules.long.entries.is_empty();
        parsed.short_failed = failed[1] && parsed.rules.short.entries.is_empty();
        self.unread.sort_by_key(|part| part.span);
        self.unread.dedup();
        let understood =
            kept.into_iter().map(|line| Understood { span: line.span, rule: line.rule }).collect();
        let confidence = parsed.rules.confidence();
        Reading { parsed, confidence, understood, unread: self.unread }
    }
}

/// Whether the statements are right, but for what only the whole can be.
fn fits(text: &str) -> bool {
    let trades = format!("{text}long when close > open\n");
    parse(&trades).errors().next().is_none()
}

/// Gives the predicates of a direction the words of the prose, and tells what they cost.
fn provenance(direction: &mut Direction, side: Side, lines: &[Line], text: &str) -> f64 {
    let of = |kind: Kind| lines.iter().filter(move |line| line.kind == kind);
    let give = |predicates: &mut [Predicate], kind: Kind| {
        for (predicate, line) in predicates.iter_mut().zip(of(kind)) {
            predicate.span = line.span;
            predicate.text = line.span.of(text).to_owned();
        }
    };
    give(&mut direction.entries, Kind::Enter(side));
    give(&mut direction.exits, Kind::Exit(side));
    of(Kind::Enter(side)).chain(of(Kind::Exit(side))).map(|line| line.factor).product()
}

#[cfg(test)]
mod tests;
