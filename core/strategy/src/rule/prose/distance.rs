//! Stops, targets and their distances.

use super::DEFAULT;
use super::cue::Cue;
use super::piece::Piece;

/// A statement, what it costs, and how many pieces it took.
pub(super) struct Statement {
    pub(super) rule: String,
    pub(super) factor: f64,
    pub(super) used: usize,
}

/// A distance, what it costs, and where its pieces end.
struct Found {
    text: String,
    factor: f64,
    end: usize,
}

/// The statement that a cue and what is said of it make.
pub(super) fn statement(cue: Cue, body: &[Piece]) -> Option<Statement> {
    let start = body.iter().position(|piece| piece.number().is_some())?;
    if !body[..start].iter().all(is_lead) {
        return None;
    }
    if cue == Cue::TimeStop {
        let count = body[start].number()?;
        let unit = body.get(start + 1)?.word()?;
        let counts = ["bar", "bars", "candle", "candles", "periods"].contains(&unit);
        let rule = format!("time stop {count} bars");
        return counts.then_some(Statement { rule, factor: 1.0, used: start + 2 });
    }
    let found = distance(body, start)?;
    let (mut factor, mut used) = (found.factor, found.end);
    let rule = match cue {
        Cue::Stop => format!("stop {}", found.text),
        Cue::Target => format!("target {}", found.text),
        Cue::Trail => format!("trail {}", found.text),
        _ => {
            let mut rule = format!("break even after {}", found.text);
            let plus = body.get(found.end).and_then(Piece::word) == Some("plus");
            if let Some(more) = plus.then(|| distance(body, found.end + 1)).flatten() {
                rule = format!("{rule} plus {}", more.text);
                factor *= more.factor;
                used = more.end;
            }
            rule
        }
    };
    // The cue itself, when the distance stood before it.
    if let Some((_, length)) = Cue::behind(body, used) {
        used += length;
    }
    Some(Statement { rule, factor, used })
}

/// Words that may stand between a cue and its distance.
fn is_lead(piece: &Piece) -> bool {
    let words = [
        "after", "once", "price", "profit", "loss", "order", "orders", "set", "placed", "up",
        "down", "reached", "moves", "moved", "away", "above", "below", "entry", "fixed", "=",
        "use", "using", "trade",
    ];
    piece.is_filler() || piece.word().is_some_and(|word| words.contains(&word))
}

/// `16 ticks`, `0.5 %`, `2 atr`, `2 times the 14 period atr`, `1.5x ATR(14)`.
fn distance(pieces: &[Piece], at: usize) -> Option<Found> {
    let amount = pieces.get(at)?.number().filter(|amount| *amount > 0.0)?;
    let word = |place: usize| pieces.get(place).and_then(Piece::word).unwrap_or("");
    match word(at + 1) {
        "tick" | "ticks" => {
            return Some(Found { text: format!("{amount} ticks"), factor: 1.0, end: at + 2 });
        }
        "%" | "percent" => {
            return Some(Found { text: format!("{amount} %"), factor: 1.0, end: at + 2 });
        }
        _ => {}
    }
    let mut place = at + 1;
    while ["x", "times", "the", "a", "an", "of"].contains(&word(place)) {
        place += 1;
    }
    let mut period = pieces.get(place).and_then(Piece::number);
    if period.is_some() {
        place += 1;
        while ["period", "bar", "day", "minute"].contains(&word(place)) {
            place += 1;
        }
    }
    place += match word(place) {
        "atr" | "atrs" => 1,
        "average" if word(place + 1) == "true" && word(place + 2) == "range" => 3,
        _ => return None,
    };
    if period.is_none() {
        period = pieces.get(place).and_then(Piece::number);
        place += usize::from(period.is_some());
    }
    let factor = if period.is_some() { 1.0 } else { DEFAULT };
    let text = format!("{amount} atr({})", period.unwrap_or(14.0));
    Some(Found { text, factor, end: place })
}

/// The cue of a distance that stands before it: "a 16 tick stop".
pub(super) fn inline(sentence: &[Piece], at: usize) -> Option<(Cue, usize)> {
    let found = distance(sentence, at)?;
    let (cue, length) = Cue::behind(sentence, found.end)?;
    Some((cue, found.end - at + length))
}

/// Whether this cue is such a one.
pub(super) fn is_inline(cue: Cue, sentence: &[Piece], at: usize) -> bool {
    matches!(cue, Cue::Stop | Cue::Target | Cue::Trail) && sentence[at].number().is_some()
}
