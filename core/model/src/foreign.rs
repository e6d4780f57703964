//! Orders that only a broker knows, as its lists tell them, and whether one of them can be taken over.
//!
//! Every stage that has to know keeps such a table and sees the same lines, so all come to the same verdict
//! on an [`Adoption`].

use crate::desk::DeskPlace;
use crate::effect::{Emulation, OutboundKind};
use crate::ids::{BotId, ClOrdId};
use crate::input::{Adoption, BrokerOrder, ForeignOrder, Input, Route};
use crate::order::{Order, OrderRequest, Terms, TermsError, check_terms};
use crate::text::Text;
use crate::units::{Price, UnixNanos};
use thiserror::Error;

/// Foreign orders that are remembered: of one more that which was told of longest ago is forgotten.
pub const FOREIGN_MAX: usize = 256;

/// Why an order is not taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AdoptionError {
    /// Nobody stands for it.
    #[error("an adoption needs an actor and a reason")]
    Unsigned,
    /// The broker's lists do not tell of it.
    #[error("its broker lists no such order: ctl reconcile --ask")]
    Unknown,
    /// Its symbol is none that is traded here.
    #[error("its symbol is not traded here: cancel it at the broker")]
    NoInstrument,
    /// It is in another instrument, or for another account, than was said.
    #[error("its broker has it in another account or symbol")]
    Elsewhere,
    /// Nothing of it works any more.
    #[error("nothing of it works any more")]
    Over,
    /// The broker did not tell its type, or tells one that is none of ours.
    #[error("its order type is not known here: cancel it at the broker")]
    NoType,
    /// The same of its time in force.
    #[error("its time in force is not known here: cancel at the broker")]
    NoLife,
    /// Its prices or its date do not go with its type.
    #[error("{0}")]
    Terms(TermsError),
}

/// A foreign order as its broker told of it last.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Known {
    route: Route,
    order_id: Text<32>,
    /// Which telling it was, counted over all.
    told: u64,
    line: Option<BrokerOrder>,
    terms: Option<ForeignOrder>,
}

/// An order that can be taken over.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adoptable {
    line: BrokerOrder,
    terms: ForeignOrder,
}

/// The foreign orders that brokers told of.
#[derive(Clone, Debug)]
pub struct ForeignOrders {
    known: Vec<Known>,
    told: u64,
}

impl Default for ForeignOrders {
    fn default() -> Self {
        ForeignOrders::new()
    }
}

impl ForeignOrders {
    /// None. Takes all the memory that it will use.
    pub fn new() -> ForeignOrders {
        ForeignOrders { known: Vec::with_capacity(FOREIGN_MAX), told: 0 }
    }

    /// Takes in what brokers tell; other inputs say nothing.
    pub fn on_input(&mut self, input: &Input) {
        match input {
            Input::ForeignOrder(terms) => {
                self.entry(terms.route, terms.order_id).terms = Some(*terms);
            }
            Input::BrokerOrder(line) if line.enquiry > 0 && !line.cl_ord_id.is_some() => {
                self.entry(line.route, line.order_id).line = Some(*line);
            }
            _ => {}
        }
    }

    fn entry(&mut self, route: Route, order_id: Text<32>) -> &mut Known {
        self.told += 1;
        let fresh = Known { route, order_id, told: self.told, line: None, terms: None };
        let is_it = |known: &Known| (known.route, known.order_id) == (route, order_id);
        let at = match self.known.iter().position(is_it) {
            Some(at) => at,
            None if self.known.len() < FOREIGN_MAX => {
                self.known.push(fresh);
                self.known.len() - 1
            }
            None => {
                let oldest = self.known.iter().enumerate().min_by_key(|(_, known)| known.told);
                let at = oldest.map_or(0, |(at, _)| at);
                self.known[at] = fresh;
                at
            }
        };
        self.known[at].told = self.told;
        &mut self.known[at]
    }

    /// Forgets an order: it is one of ours now.
    pub fn forget(&mut self, route: Route, order_id: Text<32>) {
        self.known.retain(|known| (known.route, known.order_id) != (route, order_id));
    }

    /// Whether an order can be taken over as a person asks.
    ///
    /// # Errors
    /// Why it cannot.
    pub fn judge(&self, adoption: &Adoption, now: UnixNanos) -> Result<Adoptable, AdoptionError> {
        if !adoption.is_signed() {
            return Err(AdoptionError::Unsigned);
        }
        let (route, order_id) = (adoption.route, adoption.order_id);
        let is_it = |known: &&Known| (known.route, known.order_id) == (route, order_id);
        let known = self.known.iter().find(is_it).ok_or(AdoptionError::Unknown)?;
        let line = known.line.ok_or(AdoptionError::Unknown)?;
        let instrument = line.instrument.ok_or(AdoptionError::NoInstrument)?;
        let of_account = line.account.is_none_or(|account| account == adoption.account);
        if instrument != adoption.instrument || !of_account {
            return Err(AdoptionError::Elsewhere);
        }
        if line.leaves_qty == 0 {
            return Err(AdoptionError::Over);
        }
        let terms = known.terms.ok_or(AdoptionError::NoType)?;
        let adoptable = Adoptable { line, terms };
        adoptable.check(now)?;
        Ok(adoptable)
    }
}

impl Adoptable {
    fn check(&self, now: UnixNanos) -> Result<(), AdoptionError> {
        self.terms.order_type.ok_or(AdoptionError::NoType)?;
        let life = self.terms.time_in_force.ok_or(AdoptionError::NoLife)?;
        let asked = (self.line.leaves_qty, self.price(), self.line.side.sign());
        check_terms(&self.terms(), asked, life, now).map_err(AdoptionError::Terms)
    }

    /// A market order that has a price all the same, as some brokers tell it, has none.
    fn price(&self) -> Price {
        let limited = self.terms.order_type.is_some_and(|order_type| order_type.is_limited());
        if limited { self.line.price } else { Price::NONE }
    }

    fn terms(&self) -> Terms {
        let ForeignOrder { order_type, stop_px, expires, .. } = self.terms;
        let order_type = order_type.unwrap_or(Terms::LIMIT.order_type);
        Terms {
            order_type,
            // Some brokers tell a stop price of nothing.
            stop_px: if order_type.is_stop() { stop_px } else { Price::NONE },
            expires,
            emulation: Emulation::NONE,
            parent: ClOrdId::NONE,
        }
    }

    /// Contracts that may still fill.
    pub fn leaves_qty(&self) -> u32 {
        self.line.leaves_qty
    }

    /// The identity that whoever placed it gave it.
    pub fn client_id(&self) -> Text<32> {
        self.terms.client_id
    }

    /// The order as it is from now on: accepted, filled so far as its broker told, of `owner`.
    pub fn order(
        &self,
        (id, owner, place): (ClOrdId, BotId, DeskPlace),
        ends_at: Option<UnixNanos>,
        now: UnixNanos,
    ) -> Order {
        let BrokerOrder { side, leaves_qty, cum_qty, avg_px, .. } = self.line;
        let request = OrderRequest {
            kind: OutboundKind::New,
            cl_ord_id: id,
            orig_cl_ord_id: ClOrdId::NONE,
            bot: owner,
            account: place.account,
            instrument: place.instrument,
            route: place.route,
            side,
            qty: leaves_qty.saturating_add(cum_qty),
            price: self.price(),
            time_in_force: self.terms.time_in_force.unwrap_or(crate::effect::TimeInForce::Day),
            terms: self.terms(),
        };
        Order::found(&request, cum_qty, avg_px, now).until(ends_at)
    }
}

#[cfg(test)]
mod tests;
