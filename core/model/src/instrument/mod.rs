//! The futures of CME Group's exchanges: tick sizes, multipliers, delivery months, expiry, the
//! symbols of their contracts, and the continuous series made of them.
//!
//! Prices are in the unit in which the exchange quotes and Databento delivers them: index points,
//! dollars, and for grains, oilseed oil and livestock **cents**, so that their multiplier is dollars
//! per cent. The values are those of the contract specifications at <https://www.cmegroup.com>.

mod adjust;
mod aliases;
mod contract;
mod end;
mod expiry;
mod months;
mod products;
mod roll;
mod splice;
mod symbol;

pub use adjust::{AdjustError, Adjuster, Adjustment, Gap};
pub use contract::{Contract, contract};
pub use end::{EndRule, EndTimes, WARN_DAYS, contract_near};
pub use expiry::LastTrade;
pub use months::{MONTH_CODES, Months, month_of};
pub use products::PRODUCTS;
pub use roll::{DayVolume, Fronts, Roll, RollBy, RollError, RollRule, roll_date};
pub use splice::{ContractBars, SpliceError, splice};
pub use symbol::{Continuous, Ranking, Symbol, SymbolError};

use crate::units::{Money, Price};

/// An exchange of CME Group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exchange {
    /// Chicago Mercantile Exchange.
    Cme,
    /// Chicago Board of Trade.
    Cbot,
    /// New York Mercantile Exchange.
    Nymex,
    /// Commodity Exchange.
    Comex,
}

impl Exchange {
    /// The exchange's short name.
    pub fn name(self) -> &'static str {
        match self {
            Exchange::Cme => "CME",
            Exchange::Cbot => "CBOT",
            Exchange::Nymex => "NYMEX",
            Exchange::Comex => "COMEX",
        }
    }

    /// The market identifier code (ISO 10383) that Databento's definitions carry.
    pub fn mic(self) -> &'static str {
        match self {
            Exchange::Cme => "XCME",
            Exchange::Cbot => "XCBT",
            Exchange::Nymex => "XNYM",
            Exchange::Comex => "XCEC",
        }
    }
}

/// Products that share their trading hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Group {
    /// Stock indices.
    EquityIndex = 0,
    /// Treasury notes and bonds.
    Rates = 1,
    /// Currencies against the dollar.
    Currencies = 2,
    /// Bitcoin and ether.
    Crypto = 3,
    /// Oil, gas and their products.
    Energy = 4,
    /// Precious and base metals.
    Metals = 5,
    /// Grains and oilseeds.
    Grains = 6,
    /// Cattle and hogs.
    Livestock = 7,
}

impl Group {
    /// Every group.
    pub const ALL: [Group; 8] = [
        Group::EquityIndex,
        Group::Rates,
        Group::Currencies,
        Group::Crypto,
        Group::Energy,
        Group::Metals,
        Group::Grains,
        Group::Livestock,
    ];

    /// The group's name in words.
    pub fn name(self) -> &'static str {
        match self {
            Group::EquityIndex => "equity index",
            Group::Rates => "rates",
            Group::Currencies => "currencies",
            Group::Crypto => "crypto",
            Group::Energy => "energy",
            Group::Metals => "metals",
            Group::Grains => "grains",
            Group::Livestock => "livestock",
        }
    }
}

/// A futures product: what all its contracts share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Product {
    /// The exchange's code on Globex, such as `ES`.
    pub code: &'static str,
    /// The name in words.
    pub name: &'static str,
    /// Where it trades.
    pub exchange: Exchange,
    /// Whose hours it has.
    pub group: Group,
    /// Smallest price step of an outright contract.
    pub tick: Price,
    /// Money per whole unit of price and contract.
    pub multiplier: Money,
    /// The currency of prices and money (ISO 4217).
    pub currency: &'static str,
    /// The delivery months that the exchange lists.
    pub listed: Months,
    /// Those of them that trade actively, through which a continuous series rolls.
    pub cycle: Months,
    /// When a contract trades last.
    pub last_trade: LastTrade,
    /// When a series that rolls by the calendar leaves a contract.
    pub roll: RollRule,
}

impl Product {
    /// What one tick of one contract is worth. Exact for every product of the table up to the
    /// micro-dollar.
    pub fn tick_value(&self) -> Money {
        let value = i128::from(self.tick.0) * i128::from(self.multiplier.0)
            / i128::from(crate::units::PRICE_SCALE);
        Money(i64::try_from(value).expect("a tick is worth less than nine trillion dollars"))
    }
}

/// The product of a code, such as `ES`.
pub fn product_of_code(code: &str) -> Option<&'static Product> {
    PRODUCTS.iter().find(|product| product.code == code)
}

#[cfg(test)]
mod tests;
