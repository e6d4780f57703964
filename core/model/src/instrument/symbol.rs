//! Symbols in all the forms that people and systems write them, read into one.
//!
//! | form | meaning |
//! |---|---|
//! | `ESZ6`, `ESZ26`, `ESZ2026` | a contract; one digit of the year means the year nearest to a given one, and other years are refused, as the exchange's symbol could not tell them |
//! | `ES.c.0`, `ES.c.1` | the front contract, the one behind it; rolls by the calendar ([`RollBy::Calendar`]) |
//! | `ES.v.0` | the front contract by the volume of the day before |
//! | `ES.n.0` | by open interest |
//! | `ES.c.0.diff` | the same, adjusted backwards by difference (`.panama` and `.back` mean it too) |
//! | `ES.c.0.ratio` | adjusted backwards by ratio; without a suffix, or with `.raw`, unadjusted |
//! | `ES.FUT` | all contracts of the product |
//! | `ES`, `SP500`, `E-MINI S&P`, `/ES`, `@ES`, `ES=F`, `ES1!`, `CME_MINI:ES1!` | `ES.c.0` |
//! | `/ESZ26`, `CME:ESZ2026`, `ESZ26.CME` | the contract |
//!
//! The forms with points are Databento's, with one difference that matters: there `c` ranks by expiry
//! and keeps a contract until it is gone, here it leaves with the rest of the market.
//!
//! [`RollBy::Calendar`]: super::RollBy::Calendar

use super::aliases::{nearest, product_of_name};
use super::contract::years_of_one_digit;
use super::{Adjustment, Contract, Months, Product, contract, month_of};
use std::fmt;

/// Longest text that is read as a symbol.
const LEN_MAX: usize = 64;
/// Farthest contract behind the front one that a series may follow.
const DEPTH_MAX: u8 = 23;
/// What other systems hang on a contract's symbol to name the exchange.
const VENUE_SUFFIXES: [&str; 7] = [".CME", ".CBOT", ".CBT", ".NYMEX", ".NYM", ".COMEX", ".CMX"];

/// What a symbol names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Symbol {
    /// One contract.
    Contract(Contract),
    /// A series of contracts, one after the other.
    Continuous(Continuous),
    /// All contracts of a product.
    Parent(&'static Product),
}

/// What decides which contract a continuous series follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ranking {
    /// The calendar.
    Calendar,
    /// Volume of the day before.
    Volume,
    /// Open interest of the day before.
    OpenInterest,
}

/// A continuous series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Continuous {
    /// Of what.
    pub product: &'static Product,
    /// How the front contract is found.
    pub ranking: Ranking,
    /// 0 for the front contract, 1 for the one behind it, and so on.
    pub depth: u8,
    /// How its prices are joined.
    pub adjustment: Adjustment,
}

impl Continuous {
    /// What must be known beside the calendar to follow the series, in words; `None` for nothing.
    pub fn needs(&self) -> Option<&'static str> {
        match self.ranking {
            Ranking::Calendar => None,
            Ranking::Volume => Some("the daily volume of each contract"),
            Ranking::OpenInterest => {
                Some("the daily open interest of each contract, which trades and bars do not carry")
            }
        }
    }
}

/// Why a text is no symbol.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SymbolError {
    /// Nothing, too much, or not text.
    #[error("a symbol is 1 to {LEN_MAX} printable letters, such as ESZ6, ES.c.0 or ES.FUT")]
    NotText,
    /// A product that is not known.
    #[error("unknown product in {text:?}{}", did_you_mean(suggestions))]
    UnknownProduct {
        /// The text.
        text: String,
        /// The codes nearest to it.
        suggestions: Vec<&'static str>,
    },
    /// A month in which the product has no contract.
    #[error("{code} has no contract for {month}: its months are {listed}")]
    NotListed {
        /// The product.
        code: &'static str,
        /// The letter.
        month: char,
        /// The letters that there are.
        listed: Months,
    },
    /// A year with three or more than four digits, or outside of 2000 to 2099.
    #[error("the year of {0:?} must have one, two or four digits, such as 6, 26 or 2026")]
    Year(String),
    /// A year that the exchange's symbol, which has one digit of it, does not mean.
    #[error(
        "the year of {text:?} cannot be kept: the exchange's symbol {symbol} has one digit of it and \
         means one of {first} to {last}, not {year}"
    )]
    FarYear {
        /// The text.
        text: String,
        /// The exchange's symbol.
        symbol: String,
        /// The year that the text names.
        year: u16,
        /// The first year that one digit can mean.
        first: u16,
        /// The last.
        last: u16,
    },
    /// A continuous form that is none.
    #[error(
        "{0:?} is no continuous symbol: use PRODUCT.c.N, PRODUCT.v.N or PRODUCT.n.N with N from 0 \
         to {DEPTH_MAX}, and .diff or .ratio behind it to adjust"
    )]
    Continuous(String),
    /// Two contracts or an option.
    #[error("{0:?} is a spread or an option: name one contract")]
    NotOutright(String),
}

fn did_you_mean(suggestions: &[&str]) -> String {
    match suggestions {
        [] => ": use a code of CME Group such as ES, CL or ZN".to_owned(),
        near => format!(": did you mean {}?", near.join(", ")),
    }
}

impl Symbol {
    /// The product of what it names.
    pub fn product(&self) -> &'static Product {
        match self {
            Symbol::Contract(contract) => contract.product,
            Symbol::Continuous(series) => series.product,
            Symbol::Parent(product) => product,
        }
    }

    /// Reads a symbol in any of the forms above, in any case. A one-digit year is read as
    /// [`contract`] reads it with `near_year`.
    ///
    /// # Errors
    /// [`SymbolError`], which says what to write instead.
    pub fn parse(text: &str, near_year: u16) -> Result<Symbol, SymbolError> {
        let text = text.trim();
        if text.is_empty() || text.len() > LEN_MAX || !text.bytes().all(|b| (32..127).contains(&b))
        {
            return Err(SymbolError::NotText);
        }
        let upper = text.to_ascii_uppercase();
        let bare = upper.rsplit_once(':').map_or(upper.as_str(), |(_, bare)| bare);
        let bare = bare.trim_start_matches(['/', '@', '.']);
        if let Some(product) = bare.strip_suffix("=F").and_then(product_of_name) {
            return Ok(front(product, 0));
        }
        if let Some(symbol) = numbered(bare) {
            return Ok(symbol);
        }
        let venue = VENUE_SUFFIXES.iter().find_map(|suffix| bare.strip_suffix(suffix));
        let bare = venue.unwrap_or(bare);
        if let Some((root, rest)) = bare.split_once('.') {
            return series(text, root, rest);
        }
        if let Some(product) = product_of_name(bare) {
            return Ok(front(product, 0));
        }
        outright(text, bare, near_year)
    }
}

/// The front contract of a product, or one behind it.
fn front(product: &'static Product, depth: u8) -> Symbol {
    Symbol::Continuous(Continuous {
        product,
        ranking: Ranking::Calendar,
        depth,
        adjustment: Adjustment::Unadjusted,
    })
}

/// `ES1!` for the front contract, `ES2!` for the one behind it.
fn numbered(bare: &str) -> Option<Symbol> {
    let head = bare.strip_suffix('!')?;
    let root = head.trim_end_matches(|c: char| c.is_ascii_digit());
    let nth: u8 = head[root.len()..].parse().ok()?;
    let depth = nth.checked_sub(1).filter(|depth| *depth <= DEPTH_MAX)?;
    Some(front(product_of_name(root)?, depth))
}

/// `FUT`, or the ranking, the depth and perhaps the adjustment of a continuous series.
fn series(text: &str, root: &str, rest: &str) -> Result<Symbol, SymbolError> {
    let product = product_of_name(root).ok_or_else(|| unknown(text, root))?;
    if rest == "FUT" {
        return Ok(Symbol::Parent(product));
    }
    let bad = || SymbolError::Continuous(text.to_owned());
    let mut parts = rest.split('.');
    let ranking = match parts.next() {
        Some("C") => Ranking::Calendar,
        Some("V") => Ranking::Volume,
        Some("N") => Ranking::OpenInterest,
        _ => return Err(bad()),
    };
    let depth = parts.next().filter(|depth| depth.bytes().all(|b| b.is_ascii_digit()));
    let depth = depth.and_then(|depth| depth.parse().ok()).filter(|depth| *depth <= DEPTH_MAX);
    let depth = depth.ok_or_else(bad)?;
    let adjustment = match (parts.next(), parts.next()) {
        (None | Some("RAW"), None) => Adjustment::Unadjusted,
        (Some("DIFF" | "PANAMA" | "BACK"), None) => Adjustment::Difference,
        (Some("RATIO"), None) => Adjustment::Ratio,
        _ => return Err(bad()),
    };
    Ok(Symbol::Continuous(Continuous { product, ranking, depth, adjustment }))
}

/// Product or one of its other names, month, year.
fn outright(text: &str, bare: &str, near_year: u16) -> Result<Symbol, SymbolError> {
    let head = bare.trim_end_matches(|c: char| c.is_ascii_digit());
    let digits = &bare[head.len()..];
    let split = head.len().checked_sub(1).filter(|_| !digits.is_empty());
    let Some((root, letter)) = split.and_then(|at| Some((head.get(..at)?, head.as_bytes()[at])))
    else {
        return Err(unknown(text, bare));
    };
    let Some(product) = product_of_name(root) else {
        // A spread is two contracts with a hyphen between; an option has a strike behind a space.
        let outrights = bare.split(['-', ' ']).filter(|part| contract(part, near_year).is_some());
        return Err(match outrights.count() {
            0 => unknown(text, if month_of(letter).is_some() { root } else { bare }),
            _ => SymbolError::NotOutright(text.to_owned()),
        });
    };
    let Some(month) = month_of(letter).filter(|month| product.listed.contains(*month)) else {
        let (code, listed) = (product.code, product.listed);
        return Err(SymbolError::NotListed { code, month: char::from(letter), listed });
    };
    let plain = format!("{}{}{digits}", product.code, char::from(letter));
    let named = contract(&plain, near_year).filter(|contract| contract.month == month);
    let named = named.ok_or_else(|| SymbolError::Year(text.to_owned()))?;
    let symbol = named.symbol();
    if contract(&symbol, near_year) == Some(named) {
        return Ok(Symbol::Contract(named));
    }
    let (first, last) = years_of_one_digit(near_year);
    Err(SymbolError::FarYear { text: text.to_owned(), symbol, year: named.year, first, last })
}

fn unknown(text: &str, root: &str) -> SymbolError {
    SymbolError::UnknownProduct { text: text.to_owned(), suggestions: nearest(root) }
}

impl fmt::Display for Symbol {
    /// The normal form: `ESZ6`, `ES.c.0`, `ES.c.0.diff`, `ES.FUT`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Symbol::Contract(contract) => f.write_str(&contract.symbol()),
            Symbol::Parent(product) => write!(f, "{}.FUT", product.code),
            Symbol::Continuous(series) => series.fmt(f),
        }
    }
}

impl fmt::Display for Continuous {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ranking = match self.ranking {
            Ranking::Calendar => 'c',
            Ranking::Volume => 'v',
            Ranking::OpenInterest => 'n',
        };
        let adjustment = match self.adjustment {
            Adjustment::Unadjusted => "",
            Adjustment::Difference => ".diff",
            Adjustment::Ratio => ".ratio",
        };
        write!(f, "{}.{ranking}.{}{adjustment}", self.product.code, self.depth)
    }
}
