//! What market to generate, and why one cannot be generated.

use super::contracts::LISTED_MAX;
use super::hours::Hours;
use super::products::BEHAVIOURS;
use super::schedule::{Day, PRE_OPEN_NS};
use gauntlet_model::calendar::Calendars;
use gauntlet_model::instrument::Product;
use gauntlet_model::units::{NANOS_PER_SECOND, UnixNanos};

/// What to generate.
#[derive(Clone, Debug)]
pub struct GeneratedConfig {
    /// Decides everything that chance decides.
    pub seed: u64,
    /// When the market's clock starts. Outside of a session it moves on to the next one's pre-open;
    /// inside of one, a pre-open of a minute begins at once.
    pub start: UnixNanos,
    /// Messages a second for an instrument as active as ES, in the mean of a session: above zero, at
    /// most a million.
    pub rate: f64,
    /// The contracts to list, such as `ESZ6`, of the products in [`BEHAVIOURS`].
    pub symbols: Vec<String>,
    /// How many contracts of each product are listed at any time beside the one that expires next, at
    /// least. When one expires, the product's next active month is listed; of a product of which none
    /// is left, in any case.
    pub later_contracts: u8,
    /// When the market is open.
    pub hours: Hours,
    /// The calendars that its sessions follow, exceptions included. Whether it is open without a pause is
    /// for `hours` to say.
    pub calendars: Calendars,
    /// How far, in ticks, a market order reaches beyond the best price and a stop order beyond its trigger,
    /// where the exchange has protection points for each product.
    pub protection_ticks: u16,
}

impl GeneratedConfig {
    /// The session of a product that is under way at a moment, or the next one; `None` past the end
    /// of the calendar.
    pub(super) fn session_at(&self, product: &Product, at: UnixNanos) -> Option<Day> {
        self.hours.session_at(&self.calendars, product, at)
    }

    /// Likewise, for somebody who comes at that moment: a session that is under way begins with a
    /// pre-open of its own.
    pub(super) fn session_from(&self, product: &Product, at: UnixNanos) -> Option<Day> {
        let day = self.session_at(product, at)?;
        if at <= day.pre_open {
            return Some(day);
        }
        Some(Day { pre_open: at, open: day.open.max(at.plus(PRE_OPEN_NS)), ..day })
    }
}

impl Default for GeneratedConfig {
    /// Six contracts from 09:29 New York on Monday, 16 November 2026.
    fn default() -> GeneratedConfig {
        let symbols = ["ESZ6", "NQZ6", "CLF7", "GCG7", "ZNH7", "6EZ6"];
        GeneratedConfig {
            seed: 1,
            start: UnixNanos(1_794_839_340 * NANOS_PER_SECOND),
            rate: 40.0,
            symbols: symbols.map(String::from).to_vec(),
            later_contracts: 0,
            hours: Hours::DaySession,
            calendars: Calendars::default(),
            protection_ticks: 20,
        }
    }
}

/// Why a market cannot be generated.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum GeneratedError {
    /// A symbol that is not a contract of a known product.
    #[error("cannot generate `{0}`: use a contract such as ESZ6 of one of the products {known}", known = known_products())]
    UnknownSymbol(String),
    /// A symbol twice.
    #[error("`{0}` is listed twice: list it once")]
    Duplicate(String),
    /// No symbols, or more than the market can list together with the contracts after them.
    #[error(
        "list at least 1 symbol and at most {LISTED_MAX} with the contracts after them, not {0}"
    )]
    Count(usize),
    /// A contract whose last trading time is over when the market starts.
    #[error(
        "`{symbol}` has expired when the market starts: list one that trades then, such as `{trades}`"
    )]
    Expired {
        /// The contract.
        symbol: String,
        /// A later one.
        trades: String,
    },
    /// A rate that is not a number or out of range.
    #[error("the rate must be above 0 and at most 1000000 messages a second, not {0}")]
    Rate(f64),
    /// No session after the start.
    #[error("the calendar has no session after {0}: start earlier")]
    Start(UnixNanos),
}

fn known_products() -> String {
    BEHAVIOURS.map(|behaviour| behaviour.code).join(", ")
}
