//! Conditions in prose: parts joined with "and" and "or", each a relation between things.

use super::operand::{Operand, operand};
use super::piece::{Piece, PieceKind, matches};
use super::{ALTERNATIVE_LOST, DEFAULT, GUESS, PART_LOST};

/// What was made of a condition.
pub(super) struct Read {
    /// The condition; `None` when no part could be read.
    pub(super) rule: Option<String>,
    /// What it costs.
    pub(super) factor: f64,
    /// The parts and words that were not read.
    pub(super) unread: Vec<Vec<Piece>>,
}

/// How things stand to one another.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Relation {
    /// The operator between the two.
    Is(&'static str),
    Touches,
    Between,
    Oversold,
    Overbought,
    Trend(&'static str),
    /// What stands behind the thing.
    Alone(&'static str),
    /// A whole condition by itself.
    Whole(&'static str),
}

const RELATIONS: [(&str, Relation); 82] = [
    ("crosses back above", Relation::Is("crosses above")),
    ("crosses above", Relation::Is("crosses above")),
    ("cross above", Relation::Is("crosses above")),
    ("crossing above", Relation::Is("crosses above")),
    ("crosses over", Relation::Is("crosses above")),
    ("breaks out above", Relation::Is("crosses above")),
    ("breaks above", Relation::Is("crosses above")),
    ("break above", Relation::Is("crosses above")),
    ("moves above", Relation::Is("crosses above")),
    ("rises above", Relation::Is("crosses above")),
    ("climbs above", Relation::Is("crosses above")),
    ("goes above", Relation::Is("crosses above")),
    ("gets above", Relation::Is("crosses above")),
    ("crosses back below", Relation::Is("crosses below")),
    ("crosses below", Relation::Is("crosses below")),
    ("cross below", Relation::Is("crosses below")),
    ("crossing below", Relation::Is("crosses below")),
    ("crosses under", Relation::Is("crosses below")),
    ("breaks below", Relation::Is("crosses below")),
    ("break below", Relation::Is("crosses below")),
    ("moves below", Relation::Is("crosses below")),
    ("falls below", Relation::Is("crosses below")),
    ("drops below", Relation::Is("crosses below")),
    ("dips below", Relation::Is("crosses below")),
    ("goes below", Relation::Is("crosses below")),
    ("crosses", Relation::Is("crosses")),
    ("closes above", Relation::Is(">")),
    ("trades above", Relation::Is(">")),
    ("stays above", Relation::Is(">")),
    ("greater than or equal to", Relation::Is(">=")),
    ("greater than", Relation::Is(">")),
    ("higher than", Relation::Is(">")),
    ("more than", Relation::Is(">")),
    ("at least", Relation::Is(">=")),
    ("exceeds", Relation::Is(">")),
    ("above", Relation::Is(">")),
    ("over", Relation::Is(">")),
    (">=", Relation::Is(">=")),
    (">", Relation::Is(">")),
    ("closes below", Relation::Is("<")),
    ("trades below", Relation::Is("<")),
    ("stays below", Relation::Is("<")),
    ("less than or equal to", Relation::Is("<=")),
    ("less than", Relation::Is("<")),
    ("lower than", Relation::Is("<")),
    ("at most", Relation::Is("<=")),
    ("below", Relation::Is("<")),
    ("under", Relation::Is("<")),
    ("<=", Relation::Is("<=")),
    ("<", Relation::Is("<")),
    ("equals", Relation::Is("=")),
    ("=", Relation::Is("=")),
    ("touches", Relation::Touches),
    ("touch", Relation::Touches),
    ("hits", Relation::Touches),
    ("reaches", Relation::Touches),
    ("tags", Relation::Touches),
    ("tests", Relation::Touches),
    ("returns to", Relation::Touches),
    ("return to", Relation::Touches),
    ("reverts to", Relation::Touches),
    ("comes back to", Relation::Touches),
    ("pulls back to", Relation::Touches),
    ("between", Relation::Between),
    ("oversold", Relation::Oversold),
    ("overbought", Relation::Overbought),
    ("turns positive", Relation::Alone("crosses above 0")),
    ("turns negative", Relation::Alone("crosses below 0")),
    ("positive", Relation::Alone("> 0")),
    ("negative", Relation::Alone("< 0")),
    ("rising", Relation::Trend("rising")),
    ("rises", Relation::Trend("rising")),
    ("increasing", Relation::Trend("rising")),
    ("turns up", Relation::Trend("rising")),
    ("falling", Relation::Trend("falling")),
    ("falls", Relation::Trend("falling")),
    ("declining", Relation::Trend("falling")),
    ("decreasing", Relation::Trend("falling")),
    ("turns down", Relation::Trend("falling")),
    ("gaps up", Relation::Whole("gap > 0")),
    ("gaps down", Relation::Whole("gap < 0")),
    ("closes higher", Relation::Whole("close > close[1]")),
];

/// Values beyond which an oscillator is said to be oversold and overbought.
const EXTREMES: [(&str, f64, f64); 5] = [
    ("rsi", 30.0, 70.0),
    ("stoch", 20.0, 80.0),
    ("mfi", 20.0, 80.0),
    ("williams", -80.0, -20.0),
    ("cci", -100.0, 100.0),
];

/// How a part is joined to the one before.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Joint {
    And,
    Or,
}

/// A part that was read.
struct Atom {
    rule: String,
    factor: f64,
    skipped: Vec<Piece>,
}

/// Parts joined with "and".
#[derive(Default)]
struct Group {
    parts: Vec<String>,
    lost: i32,
}

/// Reads a condition as far as it can be read.
pub(super) fn condition(body: &[Piece]) -> Read {
    let mut read = Read { rule: None, factor: 1.0, unread: Vec::new() };
    let mut groups = vec![Group::default()];
    let mut subject = None;
    for (joint, part) in parts(body) {
        if joint == Joint::Or {
            groups.push(Group::default());
        }
        let Some(group) = groups.last_mut() else { break };
        match atom(part, &mut subject) {
            Some(atom) => {
                group.parts.push(atom.rule);
                read.factor *= atom.factor;
                read.unread.extend(atom.skipped.into_iter().map(|piece| vec![piece]));
            }
            None => {
                group.lost += 1;
                read.unread.push(part.to_vec());
            }
        }
    }
    for group in &groups {
        read.factor *= match group.parts.is_empty() {
            true if group.lost > 0 => ALTERNATIVE_LOST,
            true => 1.0,
            false => PART_LOST.powi(group.lost),
        };
    }
    let whole = groups.iter().filter(|group| !group.parts.is_empty());
    let whole: Vec<String> = whole.map(|group| group.parts.join(" and ")).collect();
    read.rule = (!whole.is_empty()).then(|| whole.join(" or "));
    read
}

/// The parts between "and", "or" and commas, without what leads into them.
fn parts(body: &[Piece]) -> Vec<(Joint, &[Piece])> {
    let mut parts = Vec::new();
    let mut joint = Joint::And;
    let mut next = Joint::And;
    let mut from = 0;
    let mut open_between = false;
    for at in 0..=body.len() {
        let split = match body.get(at) {
            None => true,
            Some(piece) => match (&piece.kind, piece.word()) {
                (PieceKind::Comma, _) => true,
                (_, Some("between")) => {
                    open_between = true;
                    false
                }
                (_, Some("and")) if open_between => {
                    open_between = false;
                    false
                }
                (_, Some("and" | "but" | "while" | "with" | "plus")) => true,
                (_, Some("or")) => {
                    next = Joint::Or;
                    true
                }
                _ => false,
            },
        };
        if !split {
            continue;
        }
        let part = without_lead(&body[from..at]);
        if !part.is_empty() {
            parts.push((if parts.is_empty() { Joint::And } else { joint }, part));
            joint = Joint::And;
        }
        if next == Joint::Or {
            joint = Joint::Or;
        }
        next = Joint::And;
        from = at + 1;
    }
    parts
}

fn without_lead(part: &[Piece]) -> &[Piece] {
    let leads =
        ["once", "whenever", "soon", "where", "after", "upon", "only", "signal", "position"];
    let is_lead =
        |piece: &Piece| piece.is_filler() || piece.word().is_some_and(|word| leads.contains(&word));
    let first = part.iter().position(|piece| !is_lead(piece)).unwrap_or(part.len());
    &part[first..]
}

fn atom(part: &[Piece], subject: &mut Option<Operand>) -> Option<Atom> {
    let (part, modifier) = modifier(part);
    let (at, length, relation) = relation(&part)?;
    let (left, right) = (&part[..at], &part[at + length..]);
    if let Relation::Whole(rule) = relation {
        let skipped: Vec<Piece> =
            left.iter().chain(right).filter(|p| !p.is_filler()).cloned().collect();
        return Some(Atom { rule: modified(rule.to_owned(), &modifier), factor: GUESS, skipped });
    }
    let (left, assumed) = match left.iter().all(Piece::is_filler) {
        false => (operand(left)?, 1.0),
        true => match subject.clone() {
            Some(subject) => (Operand { factor: 1.0, skipped: Vec::new(), ..subject }, GUESS),
            None => {
                let close = "close".to_owned();
                (Operand { text: close, factor: 1.0, skipped: Vec::new() }, GUESS)
            }
        },
    };
    *subject = Some(left.clone());
    let factor = left.factor * assumed;
    let mut skipped = left.skipped.clone();
    let mut behind = |pieces: &[Piece]| {
        skipped.extend(pieces.iter().filter(|piece| !piece.is_filler()).cloned());
    };
    let (rule, factor) = match relation {
        Relation::Is(op) => {
            let other = average_of(&left, right).or_else(|| operand(right))?;
            behind(&other.skipped);
            (format!("{} {op} {}", left.text, other.text), factor * other.factor)
        }
        Relation::Touches => {
            let other = operand(right)?;
            behind(&other.skipped);
            (touch(&left, &other), factor * other.factor * GUESS)
        }
        Relation::Between => {
            let and = right.iter().position(|piece| piece.word() == Some("and"))?;
            let (low, high) = (operand(&right[..and])?, operand(&right[and + 1..])?);
            behind(&low.skipped);
            behind(&high.skipped);
            let rule = format!("{} between {} and {}", left.text, low.text, high.text);
            (rule, factor * low.factor * high.factor)
        }
        Relation::Oversold | Relation::Overbought => {
            let (_, low, high) =
                EXTREMES.into_iter().find(|(name, ..)| left.text.starts_with(name))?;
            behind(right);
            let rule = match relation {
                Relation::Oversold => format!("{} < {low}", left.text),
                _ => format!("{} > {high}", left.text),
            };
            (rule, factor * DEFAULT)
        }
        Relation::Trend(word) => {
            behind(right);
            let bars = match modifier {
                Some(Modifier { held: true, bars }) => bars,
                _ => 1.0,
            };
            let rule = format!("{} {word} for {bars} bars", left.text);
            let rest = modifier.filter(|modifier| !modifier.held);
            return Some(Atom { rule: modified(rule, &rest), factor, skipped });
        }
        Relation::Alone(rest) => {
            behind(right);
            (format!("{} {rest}", left.text), factor)
        }
        Relation::Whole(rule) => (rule.to_owned(), factor),
    };
    Some(Atom { rule: modified(rule, &modifier), factor, skipped })
}

/// The relation that begins first, and of those the longest.
fn relation(part: &[Piece]) -> Option<(usize, usize, Relation)> {
    (0..part.len()).find_map(|at| {
        let found = RELATIONS.iter().filter_map(|(phrase, relation)| {
            matches(part, at, phrase).map(|length| (at, length, *relation))
        });
        found.max_by_key(|(_, length, _)| *length)
    })
}

/// "volume is above average": of what is compared with it.
fn average_of(left: &Operand, right: &[Piece]) -> Option<Operand> {
    let mut words = right.iter().filter(|piece| !piece.is_filler());
    let average = words.next()?.word()? == "average" && words.next().is_none();
    let text = format!("sma({}, 20)", left.text);
    average.then(|| Operand { text, factor: DEFAULT, skipped: Vec::new() })
}

/// A price touches a line below it with its low and one above it with its high; another number
/// reaches a value from the side where it usually is.
fn touch(left: &Operand, other: &Operand) -> String {
    let (l, r) = (&left.text, &other.text);
    if left.text != "close" {
        let high = other.text.parse::<f64>().is_ok_and(|value| value >= 50.0);
        return format!("{l} {} {r}", if high { ">=" } else { "<=" });
    }
    let ends = |word: &str| r.trim_end_matches("[1]").ends_with(word) || r.starts_with(word);
    if ends(".lower") || ends(".low") || ends("lowest") {
        format!("low <= {r}")
    } else if ends(".upper") || ends(".high") || ends("highest") {
        format!("high >= {r}")
    } else if other.is_number() {
        format!("close crosses {r}")
    } else {
        format!("(low <= {r} and high >= {r})")
    }
}

/// "for 3 bars", "within the last 5 bars".
#[derive(Clone, Copy)]
struct Modifier {
    held: bool,
    bars: f64,
}

fn modified(rule: String, modifier: &Option<Modifier>) -> String {
    match modifier {
        None => rule,
        Some(Modifier { held: true, bars }) => format!("({rule}) for {bars} bars"),
        Some(Modifier { held: false, bars }) => format!("({rule}) within {bars} bars"),
    }
}

/// The part without its modifier, and the modifier.
fn modifier(part: &[Piece]) -> (Vec<Piece>, Option<Modifier>) {
    let word = |at: usize| part.get(at).and_then(Piece::word).unwrap_or("");
    for at in 0..part.len() {
        let held = word(at) == "for";
        if !held && !["within", "in"].contains(&word(at)) {
            continue;
        }
        let mut place = at + 1;
        while ["the", "last", "past", "at", "least"].contains(&word(place)) {
            place += 1;
        }
        let Some(bars) = part.get(place).and_then(Piece::number) else { continue };
        place += 1;
        while ["consecutive", "straight", "more"].contains(&word(place)) {
            place += 1;
        }
        if ["bar", "bars", "candle", "candles"].contains(&word(place)) {
            let rest = part[..at].iter().chain(&part[place + 1..]).cloned().collect();
            return (rest, Some(Modifier { held, bars }));
        }
    }
    (part.to_vec(), None)
}
