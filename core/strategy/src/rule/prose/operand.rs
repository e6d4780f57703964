//! Things that are compared: "the 20-period EMA", "lower band", "yesterday's high", "30".

use super::piece::{Piece, matches};
use super::{DEFAULT, SKIPPED};

/// What people call things, and the text for it. Numbers that are said fill the braces in order;
/// what is in them stands in for a number that is not said.
const NOUNS: [(&str, &str); 91] = [
    ("lower bollinger band", "bb({20}, {2}).lower"),
    ("bollinger lower band", "bb({20}, {2}).lower"),
    ("lower bollinger", "bb({20}, {2}).lower"),
    ("lower band", "bb({20}, {2}).lower"),
    ("bottom band", "bb({20}, {2}).lower"),
    ("upper bollinger band", "bb({20}, {2}).upper"),
    ("bollinger upper band", "bb({20}, {2}).upper"),
    ("upper bollinger", "bb({20}, {2}).upper"),
    ("upper band", "bb({20}, {2}).upper"),
    ("top band", "bb({20}, {2}).upper"),
    ("middle bollinger band", "bb({20}, {2}).middle"),
    ("bollinger middle band", "bb({20}, {2}).middle"),
    ("middle band", "bb({20}, {2}).middle"),
    ("lower keltner channel", "keltner({20}, {2}).lower"),
    ("lower keltner band", "keltner({20}, {2}).lower"),
    ("upper keltner channel", "keltner({20}, {2}).upper"),
    ("upper keltner band", "keltner({20}, {2}).upper"),
    ("upper donchian channel", "donchian({20}).upper[1]"),
    ("upper donchian band", "donchian({20}).upper[1]"),
    ("donchian high", "donchian({20}).upper[1]"),
    ("lower donchian channel", "donchian({20}).lower[1]"),
    ("lower donchian band", "donchian({20}).lower[1]"),
    ("donchian low", "donchian({20}).lower[1]"),
    ("macd histogram", "macd({12}, {26}, {9}).histogram"),
    ("macd signal line", "macd({12}, {26}, {9}).signal"),
    ("macd signal", "macd({12}, {26}, {9}).signal"),
    ("signal line", "macd({12}, {26}, {9}).signal"),
    ("macd line", "macd({12}, {26}, {9})"),
    ("macd", "macd({12}, {26}, {9})"),
    ("relative strength index", "rsi({14})"),
    ("rsi", "rsi({14})"),
    ("exponential moving average", "ema({20})"),
    ("ema", "ema({20})"),
    ("simple moving average", "sma({20})"),
    ("moving average", "sma({20})"),
    ("sma", "sma({20})"),
    ("average volume", "sma(volume, {20})"),
    ("volume average", "sma(volume, {20})"),
    ("volume moving average", "sma(volume, {20})"),
    ("mean volume", "sma(volume, {20})"),
    ("volume", "volume"),
    ("vwap", "vwap"),
    ("average true range", "atr({14})"),
    ("atr", "atr({14})"),
    ("adx", "adx({14})"),
    ("cci", "cci({20})"),
    ("money flow index", "mfi({14})"),
    ("mfi", "mfi({14})"),
    ("stochastic k", "stoch({14}, {3}, {3}).k"),
    ("stochastic d", "stoch({14}, {3}, {3}).d"),
    ("stochastics", "stoch({14}, {3}, {3}).k"),
    ("stochastic", "stoch({14}, {3}, {3}).k"),
    ("stoch", "stoch({14}, {3}, {3}).k"),
    ("williams r", "williams({14})"),
    ("williams", "williams({14})"),
    ("rate of change", "roc({10})"),
    ("roc", "roc({10})"),
    ("supertrend", "supertrend({10}, {3})"),
    ("parabolic sar", "psar"),
    ("psar", "psar"),
    ("previous day high", "prior_session.high"),
    ("prior day high", "prior_session.high"),
    ("yesterday high", "prior_session.high"),
    ("previous session high", "prior_session.high"),
    ("previous day low", "prior_session.low"),
    ("prior day low", "prior_session.low"),
    ("yesterday low", "prior_session.low"),
    ("previous session low", "prior_session.low"),
    ("previous day close", "prior_session.close"),
    ("prior day close", "prior_session.close"),
    ("yesterday close", "prior_session.close"),
    ("previous close", "close[1]"),
    ("session high", "session.high[1]"),
    ("session low", "session.low[1]"),
    ("session open", "session.open"),
    ("opening price", "session.open"),
    ("opening range high", "opening_range({15}).high"),
    ("opening range low", "opening_range({15}).low"),
    ("previous high", "high[1]"),
    ("previous bar high", "high[1]"),
    ("previous low", "low[1]"),
    ("previous bar low", "low[1]"),
    ("highest high", "highest(high, {20})[1]"),
    ("bar high", "highest(high, {20})[1]"),
    ("lowest low", "lowest(low, {20})[1]"),
    ("bar low", "lowest(low, {20})[1]"),
    ("price", "close"),
    ("close", "close"),
    ("open", "open"),
    ("high", "high"),
    ("low", "low"),
];

/// Words beside a noun that add nothing to it.
const BESIDE: [&str; 12] = [
    "period", "periods", "day", "bar", "bars", "minute", "candle", "last", "over", "current", "%",
    "length",
];

/// A thing, what it costs, and the words that were passed over.
#[derive(Clone, Debug)]
pub(super) struct Operand {
    pub(super) text: String,
    pub(super) factor: f64,
    pub(super) skipped: Vec<Piece>,
}

impl Operand {
    /// Whether it is a plain number.
    pub(super) fn is_number(&self) -> bool {
        self.text.parse::<f64>().is_ok()
    }
}

/// The thing that these words are; `None` when there is none, or a number is said that it has no
/// place for.
pub(super) fn operand(pieces: &[Piece]) -> Option<Operand> {
    let Some((place, length, template)) = noun(pieces) else { return plain_number(pieces) };
    let outside = |at: usize| at < place || at >= place + length;
    let mut numbers = Vec::new();
    let mut multiple = None;
    let mut skipped = Vec::new();
    for (at, piece) in pieces.iter().enumerate().filter(|(at, _)| outside(*at)) {
        let next = pieces.get(at + 1).and_then(Piece::word).unwrap_or("");
        match (piece.number(), piece.word()) {
            (Some(number), _) if ["times", "x"].contains(&next) => multiple = Some(number),
            (Some(number), _) => numbers.push(number),
            (_, Some("twice" | "double")) => multiple = Some(2.0),
            (_, Some("half")) => multiple = Some(0.5),
            (_, Some("times" | "x")) => {}
            (_, Some(word)) if piece.is_filler() || BESIDE.contains(&word) => {}
            (_, Some(_)) => skipped.push(piece.clone()),
            (None, None) => {}
        }
    }
    let (text, missing, used) = filled(template, &numbers);
    if used < numbers.len() {
        return None;
    }
    let text = match multiple {
        Some(multiple) => format!("{multiple} * {text}"),
        None => text,
    };
    let skips = SKIPPED.powi(skipped.len() as i32);
    let factor = skips * if missing { DEFAULT } else { 1.0 };
    Some(Operand { text, factor, skipped })
}

/// The longest noun, the first of several.
fn noun(pieces: &[Piece]) -> Option<(usize, usize, &'static str)> {
    let mut best: Option<(usize, usize, usize, &'static str)> = None;
    for at in 0..pieces.len() {
        for (phrase, template) in NOUNS {
            let words = phrase.split(' ').count();
            let longer = best.is_none_or(|(_, _, known, _)| words > known);
            if let Some(length) = matches(pieces, at, phrase).filter(|_| longer) {
                best = Some((at, length, words, template));
            }
        }
    }
    best.map(|(at, length, _, template)| (at, length, template))
}

/// The template with its braces filled, whether a default was needed, and how many numbers were.
fn filled(template: &str, numbers: &[f64]) -> (String, bool, usize) {
    let mut text = String::new();
    let (mut missing, mut used) = (false, 0);
    for (index, part) in template.split('{').enumerate() {
        let Some((default, rest)) = part.split_once('}').filter(|_| index > 0) else {
            text.push_str(part);
            continue;
        };
        match numbers.get(used) {
            Some(number) => {
                text.push_str(&number.to_string());
                used += 1;
            }
            None => {
                text.push_str(default);
                missing = true;
            }
        }
        text.push_str(rest);
    }
    (text, missing, used)
}

fn plain_number(pieces: &[Piece]) -> Option<Operand> {
    let mut found = None;
    let mut skipped = Vec::new();
    for piece in pieces {
        let zero = (piece.word() == Some("zero")).then_some(0.0);
        match (piece.number().or(zero), piece.word()) {
            (Some(number), _) if found.is_none() => found = Some(number),
            (Some(_), _) => return None,
            // A number of something: not a plain one.
            (_, Some("tick" | "ticks" | "point" | "points" | "atr" | "x" | "times")) => {
                return None;
            }
            (_, Some("%")) => {}
            (_, Some(_)) if !piece.is_filler() => skipped.push(piece.clone()),
            _ => {}
        }
    }
    let factor = SKIPPED.powi(skipped.len() as i32);
    found.map(|number| Operand { text: number.to_string(), factor, skipped })
}
