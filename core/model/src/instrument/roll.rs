//! Which contract of a product is the front one, day by day, and when a series leaves it.
//!
//! A roll counts from the beginning of a trading day ([`day_begins`]): what trades on that day is the
//! next contract. Nothing here looks ahead: volumes of a finished day decide about the day after.

use super::expiry::back;
use super::{Contract, Product};
use crate::calendar::day_begins;
use crate::units::UnixNanos;
use chrono::{Datelike, NaiveDate};
use std::fmt;

/// Most days between the ends of a schedule: forty years.
const DAYS_MAX: i64 = 14_610;

/// When a series that rolls by the calendar leaves a contract of a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RollRule {
    /// So many business days before the last trading day.
    BeforeLastTrade(u8),
    /// So many business days before the delivery month, of products that are delivered in kind.
    BeforeDeliveryMonth(u8),
}

impl fmt::Display for RollRule {
    /// The rule in words.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RollRule::BeforeLastTrade(days) => write!(f, "{days} days before the last"),
            RollRule::BeforeDeliveryMonth(days) => write!(f, "{days} days before the month"),
        }
    }
}

/// What a series rolls by, where dates alone decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RollBy {
    /// The product's own rule: before expiry or delivery, when most of the market moves on.
    Calendar,
    /// The last trading day itself belongs to the next contract (LEAN's `LastTradingDay`).
    LastTradingDay,
    /// The first day of the delivery month, or the last trading day if that is sooner (LEAN's
    /// `FirstDayMonth`).
    FirstOfMonth,
}

/// The first trading day that belongs to the contract after this one.
pub fn roll_date(contract: &Contract, by: RollBy) -> NaiveDate {
    let last = contract.last_trading_day();
    let first_of_month = contract.first_of_month();
    match (by, contract.product.roll) {
        (RollBy::LastTradingDay, _) => last,
        (RollBy::FirstOfMonth, _) => last.min(first_of_month),
        (RollBy::Calendar, RollRule::BeforeLastTrade(days)) => back(last, days),
        (RollBy::Calendar, RollRule::BeforeDeliveryMonth(days)) => {
            last.min(back(first_of_month, days))
        }
    }
}

/// One roll of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Roll {
    /// The first trading day of the new contract.
    pub date: NaiveDate,
    /// The contract before it.
    pub old: Contract,
    /// The contract from then on.
    pub new: Contract,
}

impl Roll {
    /// The moment from which the new contract counts.
    pub fn at(&self) -> UnixNanos {
        day_begins(self.date)
    }
}

/// Contracts traded on one trading day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayVolume {
    /// The day.
    pub date: NaiveDate,
    /// In what.
    pub contract: Contract,
    /// How many.
    pub volume: u64,
}

/// Why no schedule can be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RollError {
    /// The days end before they begin, or are too many.
    #[error("rolls from {first} to {last}: name a span of at most forty years, earlier day first")]
    Span {
        /// The first day asked for.
        first: NaiveDate,
        /// The last.
        last: NaiveDate,
    },
    /// No volumes.
    #[error("a roll by volume needs the daily volume of each contract: none was given")]
    NoVolumes,
    /// A contract of another product.
    #[error("{symbol} is no contract of {product}: give the volumes of one product")]
    OtherProduct {
        /// The contract.
        symbol: String,
        /// The product of the series.
        product: &'static str,
    },
    /// A day before one that was already given.
    #[error("the volumes of {0} come after a later day: sort them by date")]
    OutOfOrder(NaiveDate),
}

/// The front contracts of a span of days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fronts {
    first: Contract,
    rolls: Vec<Roll>,
}

impl Fronts {
    /// The schedule from one day to another, by dates alone.
    ///
    /// # Errors
    /// [`RollError::Span`].
    pub fn by_date(
        product: &'static Product,
        by: RollBy,
        first: NaiveDate,
        last: NaiveDate,
    ) -> Result<Fronts, RollError> {
        if last < first || (last - first).num_days() > DAYS_MAX {
            return Err(RollError::Span { first, last });
        }
        let front = front(product, by, first);
        let mut rolls = Vec::new();
        let mut old = front;
        loop {
            let (date, new) = (roll_date(&old, by), old.next());
            if date > last {
                return Ok(Fronts { first: front, rolls });
            }
            rolls.push(Roll { date, old, new });
            old = new;
        }
    }

    /// The schedule of the days that volumes are given for, ordered by date. On each day after one
    /// on which a later contract traded more than the front one, that contract is the front one;
    /// it never goes back. The last trading day of a contract belongs to the next one in any case.
    ///
    /// # Errors
    /// [`RollError`] for no volumes, another product's contract, or days out of order.
    pub fn by_volume(
        product: &'static Product,
        volumes: &[DayVolume],
    ) -> Result<Fronts, RollError> {
        let begin = volumes.first().ok_or(RollError::NoVolumes)?.date;
        let first = front(product, RollBy::LastTradingDay, begin);
        let (mut current, mut rolls) = (first, Vec::new());
        // The leader of the day before, which takes over on the next day that has volumes.
        let mut leader = first;
        let mut day_before = begin;
        for day in volumes.chunk_by(|a, b| a.date == b.date) {
            let date = day[0].date;
            if date < day_before {
                return Err(RollError::OutOfOrder(date));
            }
            day_before = date;
            if let Some(other) = day.iter().find(|volume| volume.contract.product != product) {
                let symbol = other.contract.symbol();
                return Err(RollError::OtherProduct { symbol, product: product.code });
            }
            let mut new = leader;
            while roll_date(&new, RollBy::LastTradingDay) <= date {
                new = new.next();
            }
            if new != current {
                rolls.push(Roll { date, old: current, new });
                current = new;
            }
            let traded = |contract: &Contract| {
                let of = day.iter().filter(|volume| volume.contract == *contract);
                of.map(|volume| volume.volume).fold(0, u64::saturating_add)
            };
            leader = current;
            for later in day.iter().map(|volume| volume.contract) {
                if order(&later) > order(&current) && traded(&later) > traded(&leader) {
                    leader = later;
                }
            }
        }
        Ok(Fronts { first, rolls })
    }

    /// The rolls, in order.
    pub fn rolls(&self) -> &[Roll] {
        &self.rolls
    }

    /// The front contract of a trading day.
    pub fn on(&self, date: NaiveDate) -> Contract {
        let done = self.rolls.partition_point(|roll| roll.date <= date);
        done.checked_sub(1).map_or(self.first, |last| self.rolls[last].new)
    }

    /// The front contract at a moment.
    pub fn at(&self, at: UnixNanos) -> Contract {
        let done = self.rolls.partition_point(|roll| roll.at() <= at);
        done.checked_sub(1).map_or(self.first, |last| self.rolls[last].new)
    }

    /// The same schedule for the contract so many active months behind the front one.
    pub fn behind(&self, contracts: u8) -> Fronts {
        let later = |roll: &Roll| Roll {
            date: roll.date,
            old: roll.old.later(contracts),
            new: roll.new.later(contracts),
        };
        Fronts { first: self.first.later(contracts), rolls: self.rolls.iter().map(later).collect() }
    }
}

/// The front contract of a trading day by dates alone.
fn front(product: &'static Product, by: RollBy, date: NaiveDate) -> Contract {
    // No contract trades after its delivery month, so the search begins with this month's.
    let year = u16::try_from(date.year()).unwrap_or(0);
    let mut contract = Contract { product, month: date.month() as u8, year };
    if !product.cycle.contains(contract.month) {
        contract = contract.next();
    }
    while roll_date(&contract, by) <= date {
        contract = contract.next();
    }
    contract
}

fn order(contract: &Contract) -> (u16, u8) {
    (contract.year, contract.month)
}
