//! Delivery months and their letters.

use std::fmt;

/// The letters of the delivery months, January first.
pub const MONTH_CODES: [u8; 12] = *b"FGHJKMNQUVXZ";

/// A set of delivery months.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Months(u16);

impl Months {
    /// Every month.
    pub const ALL: Months = Months(0xfff);
    /// March, June, September, December.
    pub const QUARTERLY: Months = Months::of(b"HMUZ");

    /// The months of some letters.
    ///
    /// # Panics
    /// When a letter is no month's, at compile time for a constant.
    pub const fn of(letters: &[u8]) -> Months {
        let (mut set, mut at) = (0, 0);
        while at < letters.len() {
            let mut month = 0;
            while MONTH_CODES[month] != letters[at] {
                month += 1;
            }
            set |= 1 << month;
            at += 1;
        }
        Months(set)
    }

    /// Whether a month, 1 for January, is one of them.
    pub fn contains(self, month: u8) -> bool {
        (1..=12).contains(&month) && self.0 & (1 << (month - 1)) != 0
    }
}

impl fmt::Display for Months {
    /// The letters of the months.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (1..=12)
            .filter(|month| self.contains(*month))
            .try_for_each(|month| write!(f, "{}", char::from(MONTH_CODES[usize::from(month) - 1])))
    }
}

/// The month of a letter, 1 for January.
pub fn month_of(letter: u8) -> Option<u8> {
    MONTH_CODES.iter().position(|code| *code == letter).map(|at| at as u8 + 1)
}
