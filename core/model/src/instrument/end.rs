//! How a contract ends for those who trade it: when to stop opening, and when to be out.
//!
//! Two days count, whichever is sooner: the last trading day, and for products that are delivered in
//! kind the first on which a holder may be given notice of delivery. Positions are not carried into
//! it. Days here are trading days, which begin at 17:00 New York on the evening before.

use super::expiry::back;
use super::{Contract, Group, RollBy, contract, roll_date};
use crate::calendar::{day_begins, trading_date};
use crate::units::UnixNanos;
use chrono::{Datelike, NaiveDate};

/// Business days before the end of opening on which people are warned of it, unless a rule says
/// otherwise.
pub const WARN_DAYS: u8 = 5;
/// How far, in days, the exchange's word on a contract's last trading day may be from its product's rule.
/// What is farther is a mistake of somebody's: then the sooner day counts.
const TOLD_DAYS_MAX: u64 = 31;

/// How near to its end a contract may be traded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct EndRule {
    /// Business days before the contract's end from which nothing opens; `None` from the day on which
    /// its product rolls.
    pub no_opening_days: Option<u8>,
    /// Business days before the contract's end from which whoever holds it goes out. At least one.
    pub out_days: Option<u8>,
    /// Business days before the end of opening on which people are warned of it; `None` for
    /// [`WARN_DAYS`].
    pub warn_days: Option<u8>,
}

/// The moments of a contract's end, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndTimes {
    /// People are warned from here on.
    pub warn_from: UnixNanos,
    /// Nothing opens from here on.
    pub no_opening_from: UnixNanos,
    /// Whoever holds it goes out from here on.
    pub out_from: UnixNanos,
    /// Trading ends, or notice of delivery may be given.
    pub end: UnixNanos,
}

/// The contract that an exchange's symbol means at a moment; `None` when it means none.
pub fn contract_near(symbol: &str, at: UnixNanos) -> Option<Contract> {
    contract(symbol, u16::try_from(trading_date(at).year()).ok()?)
}

impl Contract {
    /// The first day on which the holder of a long position may be given notice of delivery; `None`
    /// where there is none before trading has ended. Metals, grains and cattle: the last business day
    /// before the delivery month (COMEX chapters 111 to 113, CBOT chapters 10 to 14; cattle, whose
    /// notices come later, are taken as these). Treasuries: two business days before the month's first
    /// (CBOT chapters 18 to 21).
    pub fn first_notice_day(&self) -> Option<NaiveDate> {
        let first = self.first_of_month();
        match self.product.group {
            Group::Metals | Group::Grains => Some(back(first, 1)),
            Group::Rates => Some(back(first, 2)),
            Group::Livestock if self.product.code == "LE" => Some(back(first, 1)),
            // Oil and gas are delivered after they traded last; the others are settled in cash.
            Group::Livestock
            | Group::EquityIndex
            | Group::Currencies
            | Group::Crypto
            | Group::Energy => None,
        }
    }

    /// The moments of its end by a rule. `told` is when it trades last by the exchange's word, where
    /// there is one: it counts before the product's rule.
    pub fn end_times(&self, rule: EndRule, told: Option<UnixNanos>) -> EndTimes {
        let ruled = self.last_trading_day();
        let told = told.map(|at| (trading_date(UnixNanos(at.0.saturating_sub(1))), at));
        let (last, expiry) = match told {
            Some((day, at))
                if day < ruled
                    || day.signed_duration_since(ruled).num_days().unsigned_abs()
                        <= TOLD_DAYS_MAX =>
            {
                (day, at)
            }
            _ => (ruled, self.expiry()),
        };
        let notice = self.first_notice_day().filter(|notice| *notice <= last);
        let end = notice.unwrap_or(last);
        let rolls = roll_date(self, RollBy::Calendar).min(back(end, 1));
        let out = back(end, rule.out_days.unwrap_or(1).max(1));
        let closes = rule.no_opening_days.map_or(rolls, |days| back(end, days)).min(out);
        EndTimes {
            warn_from: day_begins(back(closes, rule.warn_days.unwrap_or(WARN_DAYS))),
            no_opening_from: day_begins(closes),
            out_from: day_begins(out),
            end: notice.map_or(expiry, day_begins),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::is_business_day;
    use crate::instrument::PRODUCTS;
    use crate::units::NANOS_PER_SECOND;

    const DAY_NS: u64 = 24 * 3_600 * NANOS_PER_SECOND;

    fn named(symbol: &str) -> Contract {
        contract(symbol, 2026).expect("a contract")
    }

    fn times(symbol: &str, rule: EndRule) -> EndTimes {
        named(symbol).end_times(rule, None)
    }

    fn day(text: &str) -> UnixNanos {
        day_begins(text.parse().expect("a date"))
    }

    #[test]
    fn nothing_opens_from_the_roll_and_nothing_is_carried_into_notice_or_the_last_day() {
        let by_product = EndRule::default();
        // Third Friday: 18 December 2026. Rolls on the Monday.
        let index = times("ESZ6", by_product);
        assert_eq!(index.no_opening_from, day("2026-12-14"));
        assert_eq!(index.out_from, day("2026-12-17"));
        assert_eq!(index.warn_from, day("2026-12-07"));
        // February gold: notice from Friday 29 January 2027 on.
        let gold = times("GCG7", by_product);
        assert_eq!(gold.end, day("2027-01-29"));
        assert_eq!(gold.no_opening_from, day("2027-01-27"));
        assert_eq!(gold.out_from, day("2027-01-28"));
        // January oil trades until Friday 18 December 2026 and is delivered thereafter.
        let oil = times("CLF7", by_product);
        let last = named("CLF7").last_trading_day();
        assert_eq!(oil.out_from, day_begins(back(last, 1)));
        assert!(oil.no_opening_from < oil.out_from);
    }

    #[test]
    fn a_rule_of_ones_own_counts_business_days() {
        let rule = EndRule { no_opening_days: Some(10), out_days: Some(2), warn_days: Some(1) };
        let index = times("ESZ6", rule);
        assert_eq!(index.no_opening_from, day("2026-12-04"));
        assert_eq!(index.warn_from, day("2026-12-03"));
        assert_eq!(index.out_from, day("2026-12-16"));
        // Nothing can open when everybody goes out, and nobody is warned after the fact.
        let rule = EndRule { no_opening_days: Some(0), out_days: Some(0), warn_days: Some(0) };
        let index = times("ESZ6", rule);
        assert_eq!(index.no_opening_from, day("2026-12-17"));
        assert_eq!(index.warn_from, index.no_opening_from);
    }

    #[test]
    fn the_exchanges_word_on_the_last_day_counts_before_the_products_rule() {
        let ours = named("ESZ6").expiry();
        let told = |at: UnixNanos| named("ESZ6").end_times(EndRule::default(), Some(at));
        assert_eq!(told(ours), times("ESZ6", EndRule::default()));
        // A day sooner, a day later: Thursday, and the Monday after.
        let sooner = told(UnixNanos(ours.0 - DAY_NS));
        assert_eq!((sooner.end.0, sooner.out_from), (ours.0 - DAY_NS, day("2026-12-16")));
        let later = told(ours.plus(3 * DAY_NS));
        assert_eq!((later.end, later.out_from), (ours.plus(3 * DAY_NS), day("2026-12-18")));
        // At the end of a trading day, which is when the next one begins.
        let evening = told(day("2026-12-18"));
        assert_eq!(evening.out_from, day("2026-12-16"), "the last day is the 17th");
        // A month later is no correction but a mistake; anything sooner counts.
        assert_eq!(told(ours.plus(40 * DAY_NS)), times("ESZ6", EndRule::default()));
        assert!(told(UnixNanos(ours.0 - 200 * DAY_NS)).out_from < day("2026-06-10"));
        // Notice comes before what the exchange says of the last trade.
        let gold = named("GCG7");
        let told = gold.end_times(EndRule::default(), Some(gold.expiry().plus(DAY_NS)));
        assert_eq!(told, gold.end_times(EndRule::default(), None));
    }

    #[test]
    fn the_moments_of_every_contract_come_in_order_and_out_is_before_the_end() {
        for product in &PRODUCTS {
            let mut contract = Contract { product, month: 1, year: 2024 };
            if !product.cycle.contains(1) {
                contract = contract.next();
            }
            for _ in 0..40 {
                let times = contract.end_times(EndRule::default(), None);
                let symbol = contract.symbol();
                assert!(times.warn_from < times.no_opening_from, "{symbol}");
                assert!(times.no_opening_from <= times.out_from, "{symbol}");
                assert!(times.out_from < times.end && times.end <= contract.expiry(), "{symbol}");
                // A whole business day is left to go out on.
                let out = trading_date(times.out_from);
                assert!(is_business_day(out) && day_begins(out) == times.out_from, "{symbol}");
                let next = out.succ_opt().expect("in range");
                assert!(day_begins(next) <= times.end, "{symbol}");
                contract = contract.next();
            }
        }
    }
}
