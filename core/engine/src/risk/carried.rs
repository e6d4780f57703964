//! Orders that outlive sessions at a broker that keeps none: they go for the day, and what is left of them when their
//! session ends is held here and placed again in the next, for the same owner.
//!
//! What ends with its session by the broker's word, or by the calendar's where the broker is there and silent, is
//! carried; what anybody cancelled, refused or wrote off is not. Nor is one whose broker does not know it any more: what
//! became of it nobody knows, so it stays in doubt until its broker or a person says it.
//! Each day's order has an identity of its own, and names the first as its parent. It is placed as soon as every check
//! lets it go, in its next session and not before; why it waits is told once. It ends at its date, by a person's
//! word and by a kill, and it outlives a restart: while the node is down nobody places it again.

use crate::message::ToOrders;
use gauntlet_model::effect::{AlertKind, OrderState, OutboundKind};
use gauntlet_model::ids::{ClOrdId, InstrumentId};
use gauntlet_model::input::{Route, Scope, SessionMode};
use gauntlet_model::order::{OrderRequest, Terms};
use gauntlet_model::units::UnixNanos;

use super::desk::request_about;
use super::held::HeldOrder;
use super::round::MESSAGES_PER_ROUND;
use super::working::WorkingOrder;
use super::{Risk, alert_on};

impl Risk {
    /// An order ended; what is left of one that is carried is held once the input is taken in.
    pub(super) fn note_carried(&mut self, known: &WorkingOrder, cancelling: bool) {
        let order = &known.order;
        let over = order.is_carried() && order.ended_with_its_session();
        let is_left = order.qty() > order.cum_qty() && !known.found && !cancelling;
        if over && is_left {
            self.carried.push(*known);
        }
    }

    /// Holds what is left of the orders that ended with their session: as many as an input has identities for, the
    /// others with the next.
    pub(super) fn carry(&mut self, out: &mut impl FnMut(ToOrders)) {
        let most = usize::from(MESSAGES_PER_ROUND.saturating_sub(self.ordinal));
        let taken = self.carried.len().min(most);
        for at in 0..taken {
            let known = self.carried[at];
            match self.left_of(&known) {
                Some(held) => self.hold_carried(held, out),
                // Its date is over, and what it brought is for nothing.
                None => self.forget_levels_of(known.order.bot(), known.order.origin()),
            }
        }
        self.carried.drain(..taken);
    }

    /// What is left of an order for the next session; `None` when its date is over.
    fn left_of(&mut self, known: &WorkingOrder) -> Option<HeldOrder> {
        let order = &known.order;
        let before = request_about(known, OutboundKind::New, order.price());
        let expires = order.terms().expires;
        let ends_at = (expires > UnixNanos(0)).then_some(expires);
        if ends_at.is_some_and(|end| end <= self.now) {
            return None;
        }
        let cl_ord_id = ClOrdId::new(self.seq, order.bot(), self.ordinal)?;
        self.ordinal += 1;
        let request = OrderRequest {
            cl_ord_id,
            orig_cl_ord_id: ClOrdId::NONE,
            qty: order.qty() - order.cum_qty(),
            terms: Terms { parent: order.origin(), ..*order.terms() },
            ..before
        };
        // A broker that ends it early does not take it before its session is over.
        let not_before = order.ends_at().unwrap_or(self.now);
        Some(HeldOrder::due(request, known.reducing, ends_at, not_before))
    }

    fn hold_carried(&mut self, held: HeldOrder, out: &mut impl FnMut(ToOrders)) {
        if self.held.insert(held) {
            return super::held::tell(&held, OrderState::Held, out);
        }
        let (owner, order) = (held.owner(), held.order());
        let text = "as many orders are held as can be: one is not placed again";
        alert_on(AlertKind::TableFull, Scope::Bot(owner), order, text, out);
        super::held::tell(&held, OrderState::Expired, out);
        self.forget_levels_of(owner, held.origin());
    }

    /// Whether the exchange is open for an instrument and the broker there.
    pub(super) fn is_in_session(&self, route: Route, instrument: InstrumentId) -> bool {
        let instrument = self.registry.instrument(instrument);
        let open =
            instrument.and_then(|known| known.calendar.session_at(SessionMode::Full24x5, self.now));
        open.is_some() && self.up[route]
    }
}
