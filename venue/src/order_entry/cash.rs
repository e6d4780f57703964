//! The cash of accounts, as the exchange's clearing house has it, and how it is told.
//!
//! An account begins with [`START_CASH`]. What its net position in a contract took is added, what its fills
//! cost is taken off; what is open is in neither.

use super::report::Style;
use super::request::ClientId;
use crate::fees::{ContractFees, product_of};
use gauntlet_gateways::fix::codec::FieldWriter;
use gauntlet_gateways::fix::tags;
use gauntlet_model::instrument;
use gauntlet_model::position::Position;
use gauntlet_model::text::Text;
use gauntlet_model::units::{Money, Price, Side};
use std::collections::HashMap;

/// What an account begins with.
pub const START_CASH: Money = Money(1_000_000_000_000);

/// `CollRptID` (908), `CollStatus` (910): assigned; `TotalNetValue` (900).
const COLL_RPT_ID: u32 = 908;
const COLL_STATUS: u32 = 910;
const ASSIGNED: u64 = 3;

/// Units of a decimal on the wire, a billionth, in a micro-dollar.
const UNITS_PER_MICRO: i64 = 1_000;

/// The cash of accounts.
#[derive(Default)]
pub(super) struct Cash {
    net: HashMap<(Text<24>, Text<24>), Position>,
    /// Fees and deposits, and what contracts that are settled took. Micro-dollars.
    moved: HashMap<Text<24>, i64>,
    /// By contract: the price of the last fill.
    last: HashMap<Text<24>, Price>,
}

/// `CollateralReport`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Balance {
    pub request_id: ClientId,
    /// The report's own number.
    pub number: u64,
    pub account: Text<24>,
    pub cash: Money,
}

fn multiplier(symbol: &str) -> Money {
    instrument::product_of_code(product_of(symbol))
        .map_or(Money(1_000_000), |product| product.multiplier)
}

impl Cash {
    /// An account's order filled.
    pub fn fill(&mut self, account: Text<24>, symbol: Text<24>, side: u8, qty: u32, price: Price) {
        let side = if side == b'1' { Side::Buy } else { Side::Sell };
        self.last.insert(symbol, price);
        let held = self.net.entry((account, symbol)).or_default();
        // What does not fit its integers is beyond any account's means.
        let _ = held.apply(side, qty, price, multiplier(symbol.as_str()));
    }

    /// An account paid fees; below zero it got them back.
    pub fn charge(&mut self, account: Text<24>, fees: ContractFees, times: i64) {
        self.deposit(account, Money(-fees.total().0.saturating_mul(times)));
    }

    /// Money came into an account, or went out of it.
    pub fn deposit(&mut self, account: Text<24>, money: Money) {
        let moved = self.moved.entry(account).or_default();
        *moved = moved.saturating_add(money.0);
    }

    /// A contract is settled, at the price of its last fill: what it took stays.
    pub fn settle(&mut self, symbol: &str) {
        let price = self.last.remove(&Text::new(symbol)).unwrap_or(Price::NONE);
        let gone: Vec<_> =
            self.net.keys().filter(|(_, held)| held.as_str() == symbol).copied().collect();
        for key in gone {
            let Some(held) = self.net.remove(&key) else { continue };
            let open = held.unrealized(price, multiplier(symbol)).unwrap_or(Money(0));
            self.deposit(key.0, Money(held.realized().0.saturating_add(open.0)));
        }
    }

    /// What an account took in a contract, with what is open.
    pub fn taken(&self, account: Text<24>, symbol: Text<24>) -> Option<&Position> {
        self.net.get(&(account, symbol))
    }

    /// All of it, by account and contract.
    pub fn all_taken(&self) -> impl Iterator<Item = (&(Text<24>, Text<24>), &Position)> {
        self.net.iter()
    }

    /// What was moved into accounts and out of them, in micro-dollars.
    pub fn all_moved(&self) -> impl Iterator<Item = (Text<24>, i64)> + '_ {
        self.moved.iter().map(|(account, micros)| (*account, *micros))
    }

    /// What was moved into an account and out of it, in micro-dollars.
    pub fn moved(&self, account: Text<24>) -> Option<i64> {
        self.moved.get(&account).copied()
    }

    /// The prices of the last fills, by contract.
    pub fn last_fills(&self) -> impl Iterator<Item = (Text<24>, Price)> + '_ {
        self.last.iter().map(|(symbol, price)| (*symbol, *price))
    }

    /// The price of the last fill in a contract.
    pub fn last_fill(&self, symbol: Text<24>) -> Option<Price> {
        self.last.get(&symbol).copied()
    }

    /// Takes up what another process left: what an account took in a contract.
    pub fn restore_taken(&mut self, account: Text<24>, symbol: Text<24>, position: Position) {
        self.net.insert((account, symbol), position);
    }

    /// The same of what was moved.
    pub fn restore_moved(&mut self, account: Text<24>, micros: i64) {
        self.moved.insert(account, micros);
    }

    /// The same of a contract's last fill.
    pub fn restore_last_fill(&mut self, symbol: Text<24>, price: Price) {
        self.last.insert(symbol, price);
    }

    /// The same of a contract that was settled: what it took was moved already.
    pub fn restore_settled(&mut self, symbol: Text<24>) {
        self.net.retain(|(_, held), _| *held != symbol);
        self.last.remove(&symbol);
    }

    /// What an account has.
    pub fn of(&self, account: Text<24>) -> Money {
        let held = self.net.iter().filter(|((of, _), _)| *of == account);
        let taken = held.fold(0i64, |sum, (_, held)| sum.saturating_add(held.realized().0));
        let moved = self.moved.get(&account).copied().unwrap_or(0);
        Money(START_CASH.0.saturating_add(taken).saturating_add(moved))
    }
}

impl Balance {
    pub const MSG_TYPE: &'static [u8] = b"BA";

    pub fn write(&self, w: &mut FieldWriter<'_>, style: &Style) {
        w.text(COLL_RPT_ID, &format!("C{}-{}", style.prefix, self.number));
        w.raw(tags::COLL_INQUIRY_ID, self.request_id.as_bytes());
        w.uint(COLL_STATUS, ASSIGNED);
        w.raw(tags::ACCOUNT, self.account.as_bytes());
        w.text(tags::CURRENCY, "USD");
        w.price(tags::END_CASH, Price(self.cash.0.saturating_mul(UNITS_PER_MICRO)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_open_is_not_cash_and_what_is_settled_or_charged_is() {
        let (mut cash, account, es) = (Cash::default(), Text::new("A"), Text::new("ESZ6"));
        let at = |points: i64| Price(points * 1_000_000_000);
        let more = |cash: &Cash| (cash.of(account).0 - START_CASH.0) / 1_000_000;
        cash.fill(account, es, b'1', 2, at(5_000));
        assert_eq!(more(&cash), 0);
        cash.fill(account, es, b'2', 1, at(5_010));
        assert_eq!(more(&cash), 500, "ten points of fifty dollars");
        let fees = ContractFees { broker: Money(3_000_000), ..ContractFees::default() };
        cash.charge(account, fees, 1);
        assert_eq!(more(&cash), 497);
        cash.charge(account, fees, -1);
        cash.fill(Text::new("B"), es, b'1', 1, at(4_990));
        cash.settle("ESZ6");
        assert_eq!(more(&cash), 0, "what was open lost as much");
        cash.deposit(account, Money(-7_000_000));
        assert_eq!((more(&cash), cash.of(Text::new("B"))), (-7, START_CASH));
    }
}
