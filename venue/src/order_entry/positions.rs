//! What each account holds, by the fills of its orders.

use crate::fees::ContractFees;
use gauntlet_model::text::Text;
use gauntlet_model::units::{Price, Side};
use std::collections::HashMap;

/// Accounts times contracts that may be held. An order for one more is refused.
pub(super) const POSITIONS_MAX: usize = 4_096;

/// What an account holds of a contract.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Position {
    pub account: Text<24>,
    pub symbol: Text<24>,
    /// Contracts, signed.
    pub qty: i64,
    /// The price of the last fill.
    pub last_px: Price,
    /// What its fills have cost.
    pub fees: ContractFees,
}

/// The positions. An account has its place in a contract from its first order until the contract is
/// settled.
pub(super) struct Positions {
    held: HashMap<(Text<24>, Text<24>), Position>,
    positions_max: usize,
}

impl Positions {
    pub fn new() -> Positions {
        Positions::with_max(POSITIONS_MAX)
    }

    fn with_max(positions_max: usize) -> Positions {
        Positions { held: HashMap::new(), positions_max }
    }

    /// Gives an account a place in a contract; false when there is none left.
    pub fn reserve(&mut self, account: Text<24>, symbol: Text<24>) -> bool {
        let key = (account, symbol);
        if self.held.contains_key(&key) {
            return true;
        }
        if self.held.len() >= self.positions_max {
            return false;
        }
        self.held.insert(
            key,
            Position { account, symbol, qty: 0, last_px: Price(0), fees: ContractFees::default() },
        );
        true
    }

    /// An order of an account filled.
    pub fn fill(&mut self, account: Text<24>, symbol: Text<24>, side: u8, qty: u32, price: Price) {
        if let Some(position) = self.held.get_mut(&(account, symbol)) {
            let sign = if side == b'1' { Side::Buy.sign() } else { Side::Sell.sign() };
            position.qty += sign * i64::from(qty);
            position.last_px = price;
        }
    }

    /// A fill of an account cost this.
    pub fn charge(&mut self, account: Text<24>, symbol: Text<24>, fees: ContractFees) {
        if let Some(position) = self.held.get_mut(&(account, symbol)) {
            position.fees = position.fees.plus(fees);
        }
    }

    /// What an account holds of a contract, if it has its place there.
    pub fn get(&self, account: Text<24>, symbol: Text<24>) -> Option<&Position> {
        self.held.get(&(account, symbol))
    }

    /// Everything that is held, and every place.
    pub fn all(&self) -> impl Iterator<Item = &Position> {
        self.held.values()
    }

    /// Takes up what another process left.
    pub fn restore(&mut self, position: Position) {
        self.held.insert((position.account, position.symbol), position);
    }

    /// A contract is settled: nobody holds it any more.
    pub fn settle(&mut self, symbol: &str) {
        self.held.retain(|(_, held), _| held.as_str() != symbol);
    }

    /// What is held, of one account or of all, by account and symbol.
    pub fn of(&self, account: Text<24>) -> Vec<Position> {
        let held = self.held.values().filter(|position| position.qty != 0);
        let asked = held.filter(|position| account.is_empty() || position.account == account);
        let mut positions: Vec<Position> = asked.copied().collect();
        positions.sort_by(|a, b| {
            let key = |position: &Position| (position.account, position.symbol);
            let ((a1, a2), (b1, b2)) = (key(a), key(b));
            a1.as_str().cmp(b1.as_str()).then(a2.as_str().cmp(b2.as_str()))
        });
        positions
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_table_takes_no_more_until_a_contract_is_settled() {
        let mut positions = Positions::with_max(2);
        let [es, nq, cl] = ["ESZ6", "NQZ6", "CLF7"].map(Text::new);
        let account = Text::new("A");
        assert!(positions.reserve(account, es) && positions.reserve(account, nq));
        assert!(!positions.reserve(account, cl));
        assert!(positions.reserve(account, es), "one that is there has its place");
        positions.fill(account, es, b'1', 3, Price(7));
        positions.fill(account, nq, b'2', 2, Price(8));
        positions.fill(account, cl, b'1', 9, Price(9));
        let held: Vec<i64> =
            positions.of(Text::EMPTY).iter().map(|position| position.qty).collect();
        assert_eq!(held, [3, -2]);
        positions.settle("ESZ6");
        assert!(positions.reserve(account, cl), "there is room again");
        assert_eq!(positions.of(account).len(), 1);
    }
}
