//! The calendars of all products under the exceptions of an operator.

use super::exceptions::{CalendarException, ExceptionScope};
use super::{Calendar, hours, us_stocks_trade};
use crate::instrument::{Group, PRODUCTS, Product, product_of_code};
use chrono::{NaiveDate, NaiveTime};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;
use std::sync::Arc;

/// What exceptions change of one calendar.
#[derive(Clone, Debug, Default)]
pub(super) struct Changes {
    closes: BTreeMap<NaiveDate, Option<NaiveTime>>,
    without_stocks: BTreeSet<NaiveDate>,
}

impl Changes {
    /// When a group's trading ends on a date; `None` when no trading day ends on it.
    pub fn close(&self, group: Group, date: NaiveDate) -> Option<NaiveTime> {
        self.closes.get(&date).copied().unwrap_or_else(|| hours::close(group, date))
    }

    /// Whether the US stock exchanges open on a date.
    pub fn stocks_trade(&self, date: NaiveDate) -> bool {
        us_stocks_trade(date) && !self.without_stocks.contains(&date)
    }

    fn are_none(&self) -> bool {
        self.closes.is_empty() && self.without_stocks.is_empty()
    }
}

/// A calendar: one that everybody shares, or one of some exceptions.
#[derive(Clone, Debug)]
pub enum CalendarRef {
    /// The calendar of the rules alone.
    Standing(&'static Calendar),
    /// One that exceptions have changed.
    Changed(Arc<Calendar>),
}

impl Deref for CalendarRef {
    type Target = Calendar;

    fn deref(&self) -> &Calendar {
        match self {
            CalendarRef::Standing(calendar) => calendar,
            CalendarRef::Changed(calendar) => calendar,
        }
    }
}

/// The calendars of all products under some exceptions: the same wherever the same exceptions are
/// known, whatever their order. Made where a run begins, since making them allocates and works
/// through every date; a look-up then costs what it costs without any.
#[derive(Clone, Debug)]
pub struct Calendars {
    groups: [CalendarRef; Group::ALL.len()],
    /// Of the products that have exceptions of their own.
    products: Vec<(&'static Product, CalendarRef)>,
}

impl Default for Calendars {
    /// The calendars of the rules alone.
    fn default() -> Calendars {
        Calendars::new(&[])
    }
}

impl Calendars {
    /// The calendars that follow from some exceptions, in any order. Of two for the same date and
    /// scope, which [`super::read_exceptions`] refuses, the later one holds.
    pub fn new(exceptions: &[CalendarException]) -> Calendars {
        let of = |group: Group, product: Option<&Product>| {
            let changes = changes(exceptions, group, product);
            if changes.are_none() {
                return CalendarRef::Standing(Calendar::of(group));
            }
            CalendarRef::Changed(Arc::new(Calendar::new(group, &changes)))
        };
        let has_own = |product: &&Product| {
            let own = |scope| matches!(scope, ExceptionScope::Product(own) if own == *product);
            exceptions.iter().any(|exception| own(exception.scope))
        };
        let products = PRODUCTS.iter().filter(has_own);
        Calendars {
            groups: Group::ALL.map(|group| of(group, None)),
            products: products.map(|product| (product, of(product.group, Some(product)))).collect(),
        }
    }

    /// The calendar of a product by its code; of one that is not known [`Calendar::closed`].
    pub fn of_product(&self, code: &str) -> CalendarRef {
        let own = self.products.iter().find(|(product, _)| product.code == code);
        if let Some((_, calendar)) = own {
            return calendar.clone();
        }
        match product_of_code(code) {
            Some(product) => self.groups[product.group as usize].clone(),
            None => CalendarRef::Standing(Calendar::closed()),
        }
    }
}

/// What exceptions change for a group, or for one of its products.
fn changes(exceptions: &[CalendarException], group: Group, product: Option<&Product>) -> Changes {
    let mut changes = Changes::default();
    let of_group = |scope| matches!(scope, ExceptionScope::Group(of) if of == group);
    let of_product =
        |scope| matches!(scope, ExceptionScope::Product(of) if product.is_some_and(|p| p == of));
    for exception in exceptions.iter().filter(|exception| of_group(exception.scope)) {
        changes.closes.insert(exception.date, exception.close);
    }
    for exception in exceptions.iter().filter(|exception| of_product(exception.scope)) {
        changes.closes.insert(exception.date, exception.close);
    }
    let stocks = exceptions.iter().filter(|exception| exception.scope == ExceptionScope::UsStocks);
    changes.without_stocks.extend(stocks.map(|exception| exception.date));
    changes
}
