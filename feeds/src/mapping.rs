//! What a DBN header says of symbols: which instrument each is, and on which days.
//!
//! A mapping holds for its days alone, in UTC, by a record's index time (`ts_recv` where it has one).
//! A continuous symbol such as `ES.c.0` is one contract until its roll and another one after it, and a
//! vendor may give the number of one contract to another on a later day.

use crate::symbols::Validity;
use dbn::{Metadata, SType};
use gauntlet_model::instrument::Symbol;
use gauntlet_model::units::{NANOS_PER_SECOND, UnixNanos};
use std::path::{Path, PathBuf};

/// Symbols that an error shows.
const SYMBOLS_SHOWN: usize = 20;

/// A symbol's identity on some days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mapped<'a> {
    pub symbol: &'a str,
    pub id: u32,
    pub validity: Validity,
}

/// Every mapping of a header to the vendor's numbers, in the header's order.
pub(crate) fn mapped(metadata: &Metadata) -> impl Iterator<Item = Mapped<'_>> {
    let by_number =
        metadata.stype_in == Some(SType::InstrumentId) && metadata.stype_out != SType::InstrumentId;
    metadata.mappings.iter().flat_map(move |mapping| {
        mapping.intervals.iter().filter_map(move |interval| {
            // By instrument identity the names are on either side, as the request had them.
            let (asked, told) = (mapping.raw_symbol.as_str(), interval.symbol.as_str());
            let (symbol, id) = match (told.parse(), asked.parse()) {
                (_, Ok(id)) if by_number => (told, id),
                (Ok(id), _) => (asked, id),
                (_, Ok(id)) => (told, id),
                _ => return None,
            };
            let midnight =
                |seconds: i64| u64::try_from(seconds).unwrap_or(0).saturating_mul(NANOS_PER_SECOND);
            let [from, until] = [interval.start_date, interval.end_date]
                .map(|date| midnight(date.midnight().assume_utc().unix_timestamp()));
            let validity = Validity { from, until };
            (!symbol.is_empty()).then_some(Mapped { symbol, id, validity })
        })
    })
}

/// The symbols that a header maps to the vendor's numbers, in its order.
pub fn mapped_symbols(metadata: &Metadata) -> Vec<String> {
    let mut symbols: Vec<String> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for Mapped { symbol, .. } in mapped(metadata) {
        if seen.insert(symbol) {
            symbols.push(symbol.to_owned());
        }
    }
    symbols
}

/// Whether a symbol is a series of contracts, one after the other.
pub(crate) fn is_continuous(metadata: &Metadata, symbol: &str) -> bool {
    let series = || matches!(Symbol::parse(symbol, 2_020), Ok(Symbol::Continuous(_)));
    metadata.stype_in == Some(SType::Continuous) || metadata.stype_in.is_none() && series()
}

/// Why no instrument of a DBN file can be chosen.
#[derive(Debug, thiserror::Error)]
pub enum ChoiceError {
    /// It has several, or not the one that was named.
    #[error("{} has {}: name one of them as the symbol", path.display(), list(symbols))]
    Symbol {
        /// The file.
        path: PathBuf,
        /// Those that it has.
        symbols: Vec<String>,
    },
    /// It maps no symbol to an instrument.
    #[error(
        "{} maps no symbol to an instrument: ask the vendor for it with its symbols mapped to \
         instrument numbers, or name the one symbol that its records name", path.display()
    )]
    NoMapping {
        /// The file.
        path: PathBuf,
    },
    /// The symbol is several instruments at once.
    #[error(
        "{symbol} in {} is several instruments at once, such as a parent of all months is: ask the \
         vendor for one contract, or for a continuous symbol such as ES.c.0", path.display()
    )]
    Several {
        /// The file.
        path: PathBuf,
        /// The symbol.
        symbol: String,
    },
}

fn list(symbols: &[String]) -> String {
    let more = symbols.len().saturating_sub(SYMBOLS_SHOWN);
    let shown = symbols[..symbols.len() - more].join(", ");
    if more == 0 { shown } else { format!("{shown} and {more} more") }
}

/// The instrument that is meant: the one that is named, or the only one.
///
/// A header that maps nothing may be of a file whose records name their instruments themselves, as
/// recordings of live data do: there any name is taken, and that none of the records is of it shows at
/// the end only ([`crate::DbnFile::nothing_of`]).
///
/// # Errors
/// [`ChoiceError`].
pub fn choose(
    path: &Path,
    metadata: &Metadata,
    named: Option<&str>,
) -> Result<String, ChoiceError> {
    let symbols = mapped_symbols(metadata);
    let of = |symbol: &str| -> Result<String, ChoiceError> {
        if is_several(metadata, symbol) {
            return Err(ChoiceError::Several { path: path.to_owned(), symbol: symbol.to_owned() });
        }
        Ok(symbol.to_owned())
    };
    match (named, symbols.as_slice()) {
        (Some(named), []) => Ok(named.to_owned()),
        (Some(named), symbols) if symbols.iter().any(|symbol| symbol == named) => of(named),
        (None, [only]) => of(only),
        (None, []) => match metadata.symbols.as_slice() {
            [only] if metadata.mappings.is_empty() => Ok(only.clone()),
            _ => Err(ChoiceError::NoMapping { path: path.to_owned() }),
        },
        _ => Err(ChoiceError::Symbol { path: path.to_owned(), symbols }),
    }
}

/// Whether a symbol has two identities at one time.
fn is_several(metadata: &Metadata, symbol: &str) -> bool {
    let mut own: Vec<Mapped<'_>> = mapped(metadata).filter(|m| m.symbol == symbol).collect();
    own.sort_by_key(|m| (m.validity.from, m.validity.until));
    own.windows(2).any(|two| two[0].id != two[1].id && two[1].validity.from < two[0].validity.until)
}

/// Names by the vendor's numbers and time, for any instrument: what a header maps, and what records
/// name since.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    /// By number, what was said, the latest word last.
    said: std::collections::BTreeMap<u32, Vec<(Validity, String)>>,
}

/// Most names of one number that are kept.
const NAMES_MAX: usize = 4_096;

impl Names {
    pub(crate) fn of(metadata: &Metadata) -> Names {
        let mut names = Names::default();
        for Mapped { symbol, id, validity } in mapped(metadata) {
            names.say(id, validity, symbol);
        }
        names
    }

    /// A name for a span of time, in place of what was said of it before.
    pub(crate) fn say(&mut self, id: u32, validity: Validity, name: &str) {
        let said = self.said.entry(id).or_default();
        let is_news = !said.last().is_some_and(|(last, known)| *last == validity && known == name);
        if is_news && said.len() < NAMES_MAX {
            said.push((validity, name.to_owned()));
        }
    }

    /// The name of an identity at a moment.
    pub(crate) fn get(&self, id: u32, at: UnixNanos) -> Option<&str> {
        self.find(id, at).map(|(_, name)| name)
    }

    /// As [`Names::get`], with the name's place among those of the identity.
    pub(crate) fn find(&self, id: u32, at: UnixNanos) -> Option<(usize, &str)> {
        let said = self.said.get(&id)?.iter().enumerate().rev();
        let mut holding = said.filter(|(_, (v, _))| v.from <= at.0 && at.0 < v.until);
        holding.next().map(|(place, (_, name))| (place, name.as_str()))
    }
}
