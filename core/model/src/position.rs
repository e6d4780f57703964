//! A position and its profit, in integers: quantity, cost and realised profit by average cost.
//!
//! The position is the sum of its fills and nothing else. `cost` is the signed sum of contracts ×
//! price of what is held. A fill that adds to the position adds to the cost; a fill that takes `k` of
//! `n` contracts away takes away `cost × k / n`, rounded toward zero, and what is lost to that
//! rounding stays in the cost, so nothing is lost over the life of a position: once it is flat, the
//! profit is exactly what was received less what was paid. Realised profit is kept as an exact
//! product of price and multiplier and rounded to the micro-dollar, half away from zero, only when it
//! is read. Commissions are not part of it.

use crate::input::{Correction, CorrectionKind, Stated};
use crate::units::{Money, PRICE_SCALE, Price, Side, divide, unscale};

/// Why a fill could not be counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FillError {
    /// A fill has no price.
    #[error("the fill has no price: ask the broker at what price it traded")]
    NoPrice,
    /// The position, its cost or its profit does not fit its integer.
    #[error("the position does not fit its integers: check the fill with the broker")]
    Overflow,
}

/// Contracts held by one bot, their cost, and the profit taken so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Position {
    qty: i32,
    cost: i64,
    /// Realised profit in price units × contracts × micro-dollars a whole price unit.
    realized: i128,
    volume: u64,
}

impl Position {
    /// The position that a statement tells. `None` when it does not fit its integers, or is of nothing
    /// that cost something.
    pub fn stated(stated: &Stated) -> Option<Position> {
        let position = Position {
            qty: i32::try_from(stated.held).ok()?,
            cost: stated.cost,
            realized: i128::from(stated.realized.0) * i128::from(PRICE_SCALE),
            volume: stated.volume,
        };
        (position.qty != 0 || position.cost == 0).then_some(position)
    }

    /// Everything that it is: contracts held, cost, realised profit in price units × contracts × micro-dollars a
    /// whole price unit, contracts traded. For whoever keeps it outside of a journal; see [`Position::of_parts`].
    pub fn parts(&self) -> (i32, i64, i128, u64) {
        (self.qty, self.cost, self.realized, self.volume)
    }

    /// The position of these [`Position::parts`]. `None` when it is of nothing that cost something.
    pub fn of_parts((qty, cost, realized, volume): (i32, i64, i128, u64)) -> Option<Position> {
        (qty != 0 || cost == 0).then_some(Position { qty, cost, realized, volume })
    }

    /// Contracts held, signed.
    pub fn qty(&self) -> i32 {
        self.qty
    }

    /// What was paid for them: the signed sum of contracts × price, in price units × contracts.
    pub fn cost(&self) -> i64 {
        self.cost
    }

    /// Contracts bought or sold so far.
    pub fn volume(&self) -> u64 {
        self.volume
    }

    /// The mean price of what is held, rounded toward zero; [`Price::NONE`] when flat.
    pub fn average_price(&self) -> Price {
        if self.qty == 0 { Price::NONE } else { Price(self.cost / self.qty as i64) }
    }

    /// Profit taken so far, before commissions. An amount beyond [`Money`] saturates.
    pub fn realized(&self) -> Money {
        to_money(self.realized)
    }

    /// Profit that closing everything at `mark` would take, before commissions; `None` when there
    /// is no such price, and zero when flat. An amount beyond [`Money`] saturates.
    pub fn unrealized(&self, mark: Price, multiplier: Money) -> Option<Money> {
        if self.qty == 0 {
            return Some(Money(0));
        }
        if !mark.is_some() {
            return None;
        }
        let value = mark.0 as i128 * self.qty as i128 - self.cost as i128;
        // Beyond i128 only the sign is left to tell, and saturation keeps it.
        Some(to_money(value.saturating_mul(multiplier.0 as i128)))
    }

    /// Counts a fill of `qty` contracts at `price`. `multiplier` is the money a whole price unit of
    /// one contract is worth. Either everything changes or nothing does.
    ///
    /// # Errors
    /// [`FillError::NoPrice`]; [`FillError::Overflow`] when a result does not fit.
    pub fn apply(
        &mut self,
        side: Side,
        qty: u32,
        price: Price,
        multiplier: Money,
    ) -> Result<(), FillError> {
        if qty == 0 {
            return Ok(());
        }
        if !price.is_some() {
            return Err(FillError::NoPrice);
        }
        let (held, signed) = (self.qty as i64, side.sign() * qty as i64);
        // What the fill takes away from the other direction; the rest of it opens.
        let closed = if held.signum() == -signed.signum() {
            signed.signum() * held.abs().min(qty as i64)
        } else {
            0
        };
        let released =
            if closed == 0 { 0 } else { divide(self.cost as i128 * (-closed) as i128, held) };
        let received = -(closed as i128) * price.0 as i128;
        let profit = (received - released).checked_mul(multiplier.0 as i128);
        let cost = self.cost as i128 - released + (signed - closed) as i128 * price.0 as i128;
        let next = Position {
            qty: i32::try_from(held + signed).map_err(|_| FillError::Overflow)?,
            cost: i64::try_from(cost).map_err(|_| FillError::Overflow)?,
            realized: profit
                .and_then(|profit| self.realized.checked_add(profit))
                .ok_or(FillError::Overflow)?,
            volume: self.volume.checked_add(qty as u64).ok_or(FillError::Overflow)?,
        };
        assert!(
            next.qty != 0 || next.cost == 0,
            "what is held cost something, nothing costs nothing"
        );
        *self = next;
        Ok(())
    }

    /// Takes a fill back, as if it had never been: what it paid or received is given back at its own
    /// price, and its contracts do not count as traded. Either everything changes or nothing does.
    ///
    /// # Errors
    /// As [`Position::apply`].
    pub fn take_back(
        &mut self,
        side: Side,
        qty: u32,
        price: Price,
        multiplier: Money,
    ) -> Result<(), FillError> {
        let mut next = *self;
        next.apply(side.opposite(), qty, price, multiplier)?;
        next.volume = self.volume.saturating_sub(u64::from(qty));
        *self = next;
        Ok(())
    }

    /// Takes a fill back of which it is known what it took ([`Position::taken_since`]): also what it took is given
    /// back, and what it had closed is open again at its old cost. Either everything changes or nothing does.
    ///
    /// What was received less what was paid (profit taken, less the cost of what is held) is what it would be had the
    /// fill never been. So is the split of the two, unless others came after it: they met another mean price.
    ///
    /// # Errors
    /// As [`Position::apply`].
    pub fn undo(
        &mut self,
        (side, qty, price): (Side, u32, Price),
        taken: i64,
        multiplier: Money,
    ) -> Result<(), FillError> {
        if !price.is_some() {
            return Err(FillError::NoPrice);
        }
        let signed = side.sign() * i64::from(qty);
        let left = i64::from(self.qty) - signed;
        let cost =
            i128::from(self.cost) - i128::from(taken) - i128::from(signed) * i128::from(price.0);
        // What is left of the cost of nothing is profit or loss.
        let (cost, taken) = match left {
            0 => (0, i128::from(taken) + cost),
            _ => (cost, i128::from(taken)),
        };
        let given_back = taken.checked_mul(i128::from(multiplier.0));
        *self = Position {
            qty: i32::try_from(left).map_err(|_| FillError::Overflow)?,
            cost: i64::try_from(cost).map_err(|_| FillError::Overflow)?,
            realized: given_back
                .and_then(|given_back| self.realized.checked_sub(given_back))
                .ok_or(FillError::Overflow)?,
            volume: self.volume.saturating_sub(u64::from(qty)),
        };
        Ok(())
    }

    /// What a fill takes of the position that it meets, in price units × contracts, by the difference of realised
    /// profit before and after it. 0 where that does not fit.
    pub fn taken_since(&self, before: &Position, multiplier: Money) -> i64 {
        let made = self.realized - before.realized;
        let taken = made.checked_div(i128::from(multiplier.0)).unwrap_or(0);
        i64::try_from(taken).unwrap_or(0)
    }

    /// Books what a correction says; see [`Correction`].
    ///
    /// # Errors
    /// As [`Position::apply`].
    pub fn correct(&mut self, correction: &Correction, multiplier: Money) -> Result<(), FillError> {
        let Some((side, qty)) = correction.fill_into(self.qty) else { return Ok(()) };
        match correction.kind {
            CorrectionKind::TakeBack => {
                self.take_back(side.opposite(), qty, correction.price, multiplier)
            }
            _ => self.apply(side, qty, correction.price, multiplier),
        }
    }
}

fn to_money(exact: i128) -> Money {
    // Nearly always it is short, and the division of the short ones costs a tenth.
    if let Ok(short) = i64::try_from(exact) {
        let (whole, rest) = (short / PRICE_SCALE, short % PRICE_SCALE);
        let away = if rest.abs() * 2 >= PRICE_SCALE { short.signum() } else { 0 };
        return Money(whole + away);
    }
    let magnitude = exact.unsigned_abs();
    let whole = unscale(magnitude);
    let scale = PRICE_SCALE as u128;
    let away = (magnitude - whole * scale) * 2 >= scale;
    let rounded = (whole + u128::from(away)) as i128 * exact.signum();
    Money(rounded.clamp(i64::MIN as i128, i64::MAX as i128) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ES: Money = Money(50_000_000);

    fn price(points: f64) -> Price {
        Price::from_f64(points)
    }

    #[test]
    fn a_round_trip_takes_the_difference_times_the_multiplier() {
        let mut position = Position::default();
        position.apply(Side::Buy, 2, price(4800.25), ES).expect("fits");
        assert_eq!((position.qty(), position.average_price()), (2, price(4800.25)));
        assert_eq!(position.unrealized(price(4801.25), ES), Some(Money(100_000_000)));
        position.apply(Side::Sell, 2, price(4799.75), ES).expect("fits");
        assert_eq!((position.qty(), position.cost()), (0, 0));
        assert_eq!(position.realized(), Money(-50_000_000));
        assert_eq!(position.volume(), 4);
    }

    #[test]
    fn a_fill_through_zero_closes_at_cost_and_opens_at_its_own_price() {
        let mut position = Position::default();
        position.apply(Side::Sell, 1, price(100.0), ES).expect("fits");
        position.apply(Side::Buy, 3, price(98.0), ES).expect("fits");
        assert_eq!((position.qty(), position.average_price()), (2, price(98.0)));
        assert_eq!(position.realized(), Money(100_000_000));
    }

    #[test]
    fn negative_prices_count_like_any_other() {
        let mut position = Position::default();
        position.apply(Side::Buy, 1, price(-37.63), Money(1_000_000_000)).expect("fits");
        position.apply(Side::Sell, 1, price(-30.0), Money(1_000_000_000)).expect("fits");
        assert_eq!(position.realized(), Money(7_630_000_000));
    }

    #[test]
    fn a_half_micro_dollar_rounds_away_from_zero() {
        assert_eq!(to_money(500_000_000), Money(1));
        assert_eq!(to_money(-500_000_000), Money(-1));
        assert_eq!(to_money(499_999_999), Money(0));
        assert_eq!(to_money(i128::MAX), Money(i64::MAX));
        let short = i128::from(i64::MAX);
        assert_eq!(to_money(short), to_money(short + 1));
        assert_eq!(to_money(-short - 1), to_money(-short - 2));
        assert_eq!(to_money(short + 1), Money(9_223_372_037));
    }

    #[test]
    fn a_fill_that_does_not_fit_changes_nothing() {
        let mut position = Position::default();
        position.apply(Side::Buy, 5, price(1.0), ES).expect("fits");
        let before = position;
        assert_eq!(position.apply(Side::Buy, u32::MAX, price(1.0), ES), Err(FillError::Overflow));
        assert_eq!(
            position.apply(Side::Buy, 1_000_000, Price(i64::MAX - 1), ES),
            Err(FillError::Overflow)
        );
        assert_eq!(position.apply(Side::Buy, 1, Price::NONE, ES), Err(FillError::NoPrice));
        assert_eq!(position, before);
    }

    #[test]
    fn an_unmarked_position_has_no_unrealized_profit_but_a_flat_one_has_zero() {
        let mut position = Position::default();
        assert_eq!(position.unrealized(Price::NONE, ES), Some(Money(0)));
        position.apply(Side::Buy, 1, price(1.0), ES).expect("fits");
        assert_eq!(position.unrealized(Price::NONE, ES), None);
    }

    proptest! {
        #[test]
        fn the_last_fill_undone_leaves_what_was_there_and_any_fill_what_was_received_less_what_was_paid(
            fills in prop::collection::vec((any::<bool>(), 1u32..50, -1_000_000i64..1_000_000), 1..20),
            which in any::<prop::sample::Index>(),
        ) {
            let fills: Vec<_> = fills
                .into_iter()
                .map(|(buy, qty, ticks)| {
                    (if buy { Side::Buy } else { Side::Sell }, qty, Price(ticks * 250_000_001))
                })
                .collect();
            let (mut position, mut taken, mut before) = (Position::default(), vec![], vec![]);
            for (side, qty, price) in &fills {
                before.push(position);
                position.apply(*side, *qty, *price, ES).expect("fits");
                taken.push(position.taken_since(before.last().expect("just put"), ES));
                let mut undone = position;
                undone.undo((*side, *qty, *price), *taken.last().expect("just put"), ES).expect("fits");
                prop_assert_eq!(undone, *before.last().expect("just put"));
            }
            let at = which.index(fills.len());
            position.undo(fills[at], taken[at], ES).expect("fits");
            let mut without = Position::default();
            for (_, (side, qty, price)) in fills.iter().enumerate().filter(|(n, _)| *n != at) {
                without.apply(*side, *qty, *price, ES).expect("fits");
            }
            let net = |of: &Position| of.realized - i128::from(of.cost) * i128::from(ES.0);
            prop_assert_eq!((position.qty, position.volume), (without.qty, without.volume));
            prop_assert_eq!(net(&position), net(&without));
        }

        #[test]
        fn profit_is_what_was_received_less_what_was_paid(
            fills in prop::collection::vec((any::<bool>(), 1u32..50, -1_000_000i64..1_000_000), 1..60)
        ) {
            let (mut position, mut held, mut cash) = (Position::default(), 0i64, 0i128);
            for (buy, qty, ticks) in fills {
                let side = if buy { Side::Buy } else { Side::Sell };
                let at = Price(ticks * 250_000_001);
                position.apply(side, qty, at, Money(1)).expect("fits");
                held += side.sign() * qty as i64;
                cash -= (side.sign() * qty as i64) as i128 * at.0 as i128;
                prop_assert_eq!(position.qty() as i64, held);
                prop_assert_eq!(position.realized - position.cost as i128, cash);
                if held == 0 {
                    prop_assert_eq!(position.cost(), 0);
                }
            }
        }
    }
}
