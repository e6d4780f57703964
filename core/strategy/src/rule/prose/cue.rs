//! Words that say what a sentence is about: going long, a stop, the length of bars.

use super::piece::{Piece, matches};
use super::{GUESS, Side, distance};
use crate::rule::ast::Span;

/// What a part of a sentence is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cue {
    Enter(Side),
    Exit(Side),
    Stop,
    Target,
    Trail,
    BreakEven,
    TimeStop,
    Flat,
    Bars,
    Session(&'static str),
}

/// Phrases and what they are about. Articles may stand between their words. One word alone is a cue
/// only where a clause begins.
const PHRASES: [(&str, Cue); 94] = [
    ("flat at session end", Cue::Flat),
    ("flat at close", Cue::Flat),
    ("flat by close", Cue::Flat),
    ("flat by session end", Cue::Flat),
    ("flat by end of day", Cue::Flat),
    ("flat at end of day", Cue::Flat),
    ("flat at end of session", Cue::Flat),
    ("flatten at close", Cue::Flat),
    ("flatten at session end", Cue::Flat),
    ("flatten at end of day", Cue::Flat),
    ("flatten before close", Cue::Flat),
    ("exit at session end", Cue::Flat),
    ("exit at end of day", Cue::Flat),
    ("exit at end of session", Cue::Flat),
    ("exit at close", Cue::Flat),
    ("close positions at end of day", Cue::Flat),
    ("close positions at end of session", Cue::Flat),
    ("close positions at session end", Cue::Flat),
    ("close everything at end of day", Cue::Flat),
    ("no overnight positions", Cue::Flat),
    ("no overnight holding", Cue::Flat),
    ("no positions overnight", Cue::Flat),
    ("maximum holding period", Cue::TimeStop),
    ("max holding period", Cue::TimeStop),
    ("holding period", Cue::TimeStop),
    ("hold for at most", Cue::TimeStop),
    ("hold at most", Cue::TimeStop),
    ("hold no longer than", Cue::TimeStop),
    ("time stop", Cue::TimeStop),
    ("exit after", Cue::TimeStop),
    ("close after", Cue::TimeStop),
    ("move stop to break even", Cue::BreakEven),
    ("move stop to breakeven", Cue::BreakEven),
    ("stop to breakeven", Cue::BreakEven),
    ("stop to break even", Cue::BreakEven),
    ("break even", Cue::BreakEven),
    ("breakeven", Cue::BreakEven),
    ("trailing stop loss", Cue::Trail),
    ("trailing stop", Cue::Trail),
    ("trail stop", Cue::Trail),
    ("trail", Cue::Trail),
    ("take profits", Cue::Target),
    ("take profit", Cue::Target),
    ("profit target", Cue::Target),
    ("target", Cue::Target),
    ("stop loss", Cue::Stop),
    ("stoploss", Cue::Stop),
    ("hard stop", Cue::Stop),
    ("protective stop", Cue::Stop),
    ("initial stop", Cue::Stop),
    ("stop", Cue::Stop),
    ("exit long positions", Cue::Exit(Side::Long)),
    ("exit long trades", Cue::Exit(Side::Long)),
    ("exit longs", Cue::Exit(Side::Long)),
    ("exit long", Cue::Exit(Side::Long)),
    ("close long positions", Cue::Exit(Side::Long)),
    ("close longs", Cue::Exit(Side::Long)),
    ("close long", Cue::Exit(Side::Long)),
    ("sell to close", Cue::Exit(Side::Long)),
    ("long exit", Cue::Exit(Side::Long)),
    ("exit short positions", Cue::Exit(Side::Short)),
    ("exit short trades", Cue::Exit(Side::Short)),
    ("exit shorts", Cue::Exit(Side::Short)),
    ("exit short", Cue::Exit(Side::Short)),
    ("close short positions", Cue::Exit(Side::Short)),
    ("close shorts", Cue::Exit(Side::Short)),
    ("close short", Cue::Exit(Side::Short)),
    ("buy to cover", Cue::Exit(Side::Short)),
    ("cover shorts", Cue::Exit(Side::Short)),
    ("short exit", Cue::Exit(Side::Short)),
    ("cover", Cue::Exit(Side::Short)),
    ("exit position", Cue::Exit(Side::Both)),
    ("exit trade", Cue::Exit(Side::Both)),
    ("close position", Cue::Exit(Side::Both)),
    ("close trade", Cue::Exit(Side::Both)),
    ("get out", Cue::Exit(Side::Both)),
    ("exit", Cue::Exit(Side::Both)),
    ("go long", Cue::Enter(Side::Long)),
    ("enter long", Cue::Enter(Side::Long)),
    ("open long", Cue::Enter(Side::Long)),
    ("long entry", Cue::Enter(Side::Long)),
    ("entry long", Cue::Enter(Side::Long)),
    ("entry for long", Cue::Enter(Side::Long)),
    ("buy", Cue::Enter(Side::Long)),
    ("long", Cue::Enter(Side::Long)),
    ("sell short", Cue::Enter(Side::Short)),
    ("go short", Cue::Enter(Side::Short)),
    ("enter short", Cue::Enter(Side::Short)),
    ("open short", Cue::Enter(Side::Short)),
    ("short entry", Cue::Enter(Side::Short)),
    ("entry short", Cue::Enter(Side::Short)),
    ("entry for short", Cue::Enter(Side::Short)),
    ("sell", Cue::Enter(Side::Short)),
    ("short", Cue::Enter(Side::Short)),
];

const SESSIONS: [(&str, &str); 7] = [
    ("regular trading hours", "RTH_US"),
    ("regular hours", "RTH_US"),
    ("regular session", "RTH_US"),
    ("rth", "RTH_US"),
    ("extended hours", "EXT_US"),
    ("around clock", "FULL_24x5"),
    ("full session", "FULL_24x5"),
];

/// A part of a sentence about one thing.
pub(super) struct Segment<'a> {
    pub(super) cue: Cue,
    /// The cue and what belongs to it.
    pub(super) whole: &'a [Piece],
    /// What is said of it.
    pub(super) body: &'a [Piece],
    /// What the choice of the cue costs.
    pub(super) factor: f64,
}

impl<'a> Segment<'a> {
    pub(super) fn span(&self) -> Span {
        let of = |pieces: &[Piece]| {
            let (first, last) = (pieces.first()?, pieces.last()?);
            Some((first.span.start, last.span.end))
        };
        let both = [of(self.whole), of(self.body)].into_iter().flatten();
        let span = both.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))).unwrap_or((0, 0));
        Span { start: span.0, end: span.1 }
    }

    /// The statement of a cue that says everything itself.
    pub(super) fn header(&self) -> Option<String> {
        match self.cue {
            Cue::Flat => Some("flat at session end".to_owned()),
            Cue::Session(mode) => Some(format!("session {mode}")),
            Cue::Bars => {
                let (bars, _) = bars(self.whole, 0)?;
                Some(format!("bars {bars}"))
            }
            _ => None,
        }
    }

    /// What stands behind a cue that says everything itself.
    pub(super) fn rest(&self) -> &'a [Piece] {
        self.body
    }
}

/// The parts of a sentence, in order. Words before the first cue belong to it when it has none
/// behind it: "if RSI is under 30, go long".
pub(super) fn segments(sentence: &[Piece]) -> Vec<Segment<'_>> {
    let mut cues = Vec::new();
    let mut at = 0;
    while at < sentence.len() {
        match cue(sentence, at) {
            Some((cue, length)) => {
                cues.push((at, length, cue));
                at += length.max(1);
            }
            None => at += 1,
        }
    }
    let mut segments: Vec<Segment<'_>> = Vec::new();
    let mut from = 0;
    for (index, (start, length, cue)) in cues.iter().enumerate() {
        let end = cues.get(index + 1).map_or(sentence.len(), |(next, ..)| *next);
        let inline = distance::is_inline(*cue, sentence, *start);
        let mut body =
            if inline { &sentence[*start..end] } else { trimmed(&sentence[start + length..end]) };
        let before = trimmed(&sentence[from..*start]);
        let takes_before = matches!(cue, Cue::Enter(_) | Cue::Exit(_))
            && body.iter().all(Piece::is_filler)
            && before.iter().any(|piece| !piece.is_filler());
        if takes_before {
            body = before;
        }
        segments.push(Segment {
            cue: *cue,
            whole: &sentence[*start..end],
            body,
            factor: ambiguity(*cue, sentence, *start),
        });
        from = if takes_before || !body.is_empty() { end } else { *start };
    }
    segments
}

/// `sell` alone may be the end of a long.
fn ambiguity(cue: Cue, sentence: &[Piece], at: usize) -> f64 {
    let alone = cue == Cue::Enter(Side::Short) && matches(sentence, at, "sell short").is_none();
    if alone && matches(sentence, at, "sell").is_some() { GUESS } else { 1.0 }
}

/// Without the words that lead in, and those that lead on to the next part.
fn trimmed(pieces: &[Piece]) -> &[Piece] {
    let leads_on = |piece: &Piece| {
        let words = ["and", "or", "then", "with", "when", "if", "a", "an", "the", "we", "to"];
        piece.word().is_none_or(|word| words.contains(&word)) && piece.number().is_none()
    };
    let Some(first) = pieces.iter().position(|piece| !piece.is_filler()) else { return &[] };
    let last = pieces.iter().rposition(|piece| !leads_on(piece)).unwrap_or(first);
    &pieces[first..=last.max(first)]
}

/// The cue at this piece, and how many pieces it takes.
fn cue(sentence: &[Piece], at: usize) -> Option<(Cue, usize)> {
    if sentence[at].number().is_some() {
        return bars(sentence, at)
            .map(|(_, length)| (Cue::Bars, length))
            .or_else(|| distance::inline(sentence, at));
    }
    let session = SESSIONS.iter().find_map(|(phrase, mode)| {
        matches(sentence, at, phrase).map(|length| (Cue::Session(mode), length))
    });
    if session.is_some() {
        return session;
    }
    let begins = begins_clause(sentence, at);
    PHRASES.iter().find_map(|(phrase, cue)| {
        let length = matches(sentence, at, phrase)?;
        let worded = phrase.contains(' ');
        let about_price = *cue == Cue::Exit(Side::Both) && !begins;
        ((worded || begins) && !about_price).then_some((*cue, length))
    })
}

fn begins_clause(sentence: &[Piece], at: usize) -> bool {
    let Some(before) = at.checked_sub(1).map(|before| &sentence[before]) else { return true };
    let Some(word) = before.word() else { return before.number().is_none() };
    let after_filler = before.is_filler() && !["of", "from", "by"].contains(&word);
    after_filler || ["while", "use", "set", "but", "only", "place"].contains(&word)
}

/// `5 minute bars`, `1h chart`, `daily candles`.
fn bars(sentence: &[Piece], at: usize) -> Option<(String, usize)> {
    let count = sentence[at].number()?;
    let unit = match sentence.get(at + 1)?.word()? {
        "m" | "min" | "minute" | "minutes" => "m",
        "h" | "hour" | "hours" => "h",
        "d" | "day" | "days" => "d",
        _ => return None,
    };
    let shown = sentence.get(at + 2)?.word()?;
    let named =
        ["bar", "bars", "chart", "charts", "candle", "candles", "timeframe"].contains(&shown);
    named.then(|| (format!("{count}{unit}"), 3))
}

impl Cue {
    /// The cue of a distance that stands before it, as in "a 16 tick stop".
    pub(super) fn behind(sentence: &[Piece], at: usize) -> Option<(Cue, usize)> {
        let wanted = |cue: &Cue| matches!(cue, Cue::Stop | Cue::Target | Cue::Trail);
        PHRASES
            .iter()
            .filter(|(_, cue)| wanted(cue))
            .find_map(|(phrase, cue)| matches(sentence, at, phrase).map(|length| (*cue, length)))
    }
}
