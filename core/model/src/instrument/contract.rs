//! Contracts and their raw symbols.

use super::{MONTH_CODES, Product, month_of, product_of_code};

/// A contract: a product's delivery month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contract {
    /// Of what.
    pub product: &'static Product,
    /// 1 for January.
    pub month: u8,
    /// Such as 2026.
    pub year: u16,
}

impl Contract {
    /// The exchange's symbol with a one-digit year, such as `ESZ6`.
    pub fn symbol(&self) -> String {
        format!("{}{}{}", self.product.code, self.month_code(), self.year % 10)
    }

    /// The letter of the delivery month.
    pub fn month_code(&self) -> char {
        char::from(MONTH_CODES[usize::from(self.month) - 1])
    }

    /// The next contract of the product's active months.
    pub fn next(&self) -> Contract {
        let mut next = *self;
        loop {
            next = match next.month {
                12 => Contract { month: 1, year: next.year.saturating_add(1), ..next },
                month => Contract { month: month + 1, ..next },
            };
            if next.product.cycle.contains(next.month) {
                return next;
            }
        }
    }

    /// The contract so many active months later.
    pub fn later(&self, contracts: u8) -> Contract {
        (0..contracts).fold(*self, |contract, _| contract.next())
    }
}

/// Reads a contract's symbol: product, letter of the month, and one, two or four digits of the year,
/// such as `ESH4`, `ESZ26` or `6EM2026`. One digit says nothing of the decade: it means the year
/// from four before to five after `near_year`. Two digits are years from 2000, four are from 2000 to
/// 2099. `None` for unknown products, spreads, options and anything else. Whether the exchange lists
/// the month is not asked: [`super::Symbol::parse`] does.
pub fn contract(symbol: &str, near_year: u16) -> Option<Contract> {
    let head = symbol.trim_end_matches(|c: char| c.is_ascii_digit());
    let digits = &symbol[head.len()..];
    let code = head.get(..head.len().checked_sub(1)?)?;
    let month = month_of(*head.as_bytes().last()?)?;
    let number: u16 = digits.parse().ok()?;
    let year = match digits.len() {
        1 => {
            let (first, _) = years_of_one_digit(near_year);
            first + (number + 10 - first % 10) % 10
        }
        2 => 2000 + number,
        4 if (2000..2100).contains(&number) => number,
        _ => return None,
    };
    Some(Contract { product: product_of_code(code)?, month, year })
}

/// The ten years that one digit can mean near a year, the first and the last.
pub(super) fn years_of_one_digit(near_year: u16) -> (u16, u16) {
    let first = near_year.saturating_sub(4).min(u16::MAX - 9);
    (first, first + 9)
}
