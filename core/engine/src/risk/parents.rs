//! Parent orders and their children (R17).
//!
//! A parent is a quantity that orders of their own work off: it goes to no broker itself. A person opens one for a desk
//! ([`TicketKind::Parent`](gauntlet_model::input::TicketKind::Parent)) and sends children that name it; whatever works
//! orders in slices does the same. A child is on its parent's side and its owner's, and may ask for no more than is left:
//! the parent's quantity without what children have filled and what they have working, replaces and late fills
//! included. A parent that is not there, is over, or is another's, leaves nothing: [`RejectCode::ParentQuantity`].
//!
//! What a broker fills beyond that all the same is counted, told ([`AlertKind::Overfill`]) and ends the parent.
//!
//! The stop and the target of a position have the order as parent that brought them: of these no more works than there is
//! to close of what it brought ([`pairs`](super::pairs)).
//!
//! A parent ends when it is filled, by a person's word, at its date, or with the session in which it was opened. Its
//! children are cancelled with it, again at each timer until none works, and then its place is free. There are
//! [`PARENTS_MAX`] places; a person is told when they are taken, and no other is opened.

use crate::message::ToOrders;
use gauntlet_model::effect::{
    AlertKind, Effect, Emulation, ParentChanged, ParentState, RejectCode,
};
use gauntlet_model::ids::{BotId, ClOrdId};
use gauntlet_model::input::{Scope, SessionMode, StatedParent, Ticket};
use gauntlet_model::order::{OrderRequest, Terms};
use gauntlet_model::text::Text;
use gauntlet_model::units::{Side, UnixNanos};

use super::checks::{OrderContext, Refusal, Verdict};
use super::tickets::Why;
use super::working::{WorkingOrder, orders_per};
use super::{Risk, alert_on};

/// Most parent orders at once.
pub const PARENTS_MAX: usize = 64;

/// Those that are not over, or have children that work.
#[derive(Clone, Debug)]
pub(super) struct Parents {
    /// As they were told last; what children have filled is of now.
    table: Vec<Option<ParentChanged>>,
    /// Contracts that children have filled, by place.
    filled: Vec<u32>,
    taken: usize,
    /// Whether something about a child has changed since all were told.
    touched: bool,
}

impl Parents {
    pub fn new() -> Parents {
        Parents {
            table: vec![None; PARENTS_MAX],
            filled: vec![0; PARENTS_MAX],
            taken: 0,
            touched: false,
        }
    }

    fn find(&self, parent: ClOrdId) -> Option<usize> {
        if self.taken == 0 || !parent.is_some() {
            return None;
        }
        self.table.iter().position(|known| known.is_some_and(|known| known.parent == parent))
    }

    fn insert(&mut self, parent: ParentChanged) -> bool {
        let Some(at) = self.table.iter().position(|known| known.is_none()) else { return false };
        (self.table[at], self.filled[at]) = (Some(parent), 0);
        self.taken += 1;
        true
    }

    fn remove(&mut self, at: usize) {
        self.taken -= usize::from(self.table[at].take().is_some());
    }

    /// Something about a child of an order has changed, so many contracts more filled of it among that.
    #[inline]
    pub fn note_child(&mut self, parent: ClOrdId, filled: i64) {
        if !parent.is_some() {
            return;
        }
        if let Some(at) = self.find(parent) {
            let sum = i64::from(self.filled[at]) + filled;
            self.filled[at] = u32::try_from(sum.max(0)).unwrap_or(u32::MAX);
            self.touched = true;
        }
    }

    /// Whether something is to be told.
    #[inline]
    pub fn is_touched(&self) -> bool {
        self.touched
    }

    /// Those that are there, as they were told last.
    pub fn iter(&self) -> impl Iterator<Item = &ParentChanged> {
        self.table.iter().flatten()
    }
}

/// The parent order whose child an order with these terms is; [`ClOrdId::NONE`] of what rests for a position or goes on
/// from another session.
fn slice_of(terms: &Terms) -> ClOrdId {
    let other = terms.order_type.is_stop()
        || terms.emulation.has(Emulation::PAIRED)
        || terms.emulation.has(Emulation::CARRIED);
    if other { ClOrdId::NONE } else { terms.parent }
}

impl Risk {
    /// R17: a child asks for no more than is left of its parent; what rests for a position for no more than there is to
    /// close of it.
    pub(super) fn check_parent(&self, question: &OrderContext) -> Verdict {
        let OrderRequest { bot, side, terms, .. } = question.request;
        // What is placed again each session has a parent that it goes on from, and that is over.
        if !terms.parent.is_some() || terms.emulation.has(Emulation::CARRIED) {
            return Ok(());
        }
        let slice = slice_of(&terms);
        let limit = match slice.is_some() {
            true => self.left_of_parent(slice, bot, side),
            false => self.closable(bot, side).max(0),
        };
        let value = question.added;
        match value > limit {
            true => Err(Refusal { code: RejectCode::ParentQuantity, limit, value }),
            false => Ok(()),
        }
    }

    /// Contracts that children may still ask for; 0 of a parent that is over, another's or not there.
    fn left_of_parent(&self, parent: ClOrdId, owner: BotId, side: Side) -> i64 {
        let Some(at) = self.parents.find(parent) else { return 0 };
        let Some(known) = self.parents.table[at] else { return 0 };
        let is_its = known.bot == owner && known.side == side && known.state == ParentState::Open;
        let left = i64::from(known.qty)
            - i64::from(self.parents.filled[at])
            - i64::from(self.children_of(&known));
        if is_its { left.max(0) } else { 0 }
    }

    /// Contracts of children that work, or may work.
    fn children_of(&self, parent: &ParentChanged) -> u32 {
        let is_child = |order: &&WorkingOrder| slice_of(order.order.terms()) == parent.parent;
        let open =
            self.working.of(parent.bot).filter(is_child).map(|order| u64::from(order.open()));
        u32::try_from(open.sum::<u64>()).unwrap_or(u32::MAX)
    }

    /// A person opens a parent order.
    pub(super) fn open_parent(
        &mut self,
        ticket: &Ticket,
        desk: Option<BotId>,
        out: &mut impl FnMut(ToOrders),
    ) -> Result<(), Why> {
        let missing = Text::new("name an account at a broker and a symbol; or no desk is left");
        let desk = desk.ok_or(missing)?;
        if ticket.qty == 0 {
            return Err(Text::new("a parent order has at least one contract"));
        }
        let ends_at = self.end_of_parent(ticket, desk)?;
        let full = Refusal::plain(RejectCode::TableFull);
        let parent = ClOrdId::new(self.seq, desk, self.ordinal).ok_or(full)?;
        let opened = ParentChanged {
            parent,
            bot: desk,
            side: ticket.side,
            qty: ticket.qty,
            filled: 0,
            working: 0,
            state: ParentState::Open,
            ends_at,
            actor: ticket.actor,
        };
        if !self.parents.insert(opened) {
            let text = "as many parent orders as can be: end one";
            alert_on(AlertKind::TableFull, Scope::Bot(desk), parent, text, out);
            return Err(Text::new(text));
        }
        self.ordinal += 1;
        out(ToOrders::Effect(Effect::Parent(opened)));
        Ok(())
    }

    /// When a parent ends by itself: at its date, or with the session of now.
    fn end_of_parent(&self, ticket: &Ticket, desk: BotId) -> Result<UnixNanos, Why> {
        if ticket.expires > UnixNanos(0) {
            return match ticket.expires > self.now {
                true => Ok(ticket.expires),
                false => Err(Text::new("its date is over already")),
            };
        }
        let instrument = self.registry.bot(desk).map(|bot| bot.definition.instrument);
        let calendar = instrument.and_then(|of| Some(&self.registry.instrument(of)?.calendar));
        let session = calendar.and_then(|of| of.session_at(SessionMode::Full24x5, self.now));
        let closed = Text::new("the exchange is closed: say until when");
        session.map(|session| session.close).ok_or(closed)
    }

    /// What a person's order says of its parent is what an order can have that is one's child.
    pub(super) fn check_child(&self, request: &OrderRequest) -> Result<(), Why> {
        let Terms { parent, emulation, order_type, .. } = request.terms;
        let kept_here = emulation.has(Emulation::HELD) || emulation.has(Emulation::CARRIED);
        match parent.is_some() && (order_type.is_stop() || kept_here) {
            true => Err(Text::new("a child is no stop, and nothing that is kept here")),
            false => Ok(()),
        }
    }

    /// Ends a parent order by a person's word; says whether there was one.
    pub(super) fn cancel_parent(
        &mut self,
        parent: ClOrdId,
        out: &mut impl FnMut(ToOrders),
    ) -> bool {
        let Some(at) = self.parents.find(parent) else { return false };
        self.end_parent(at, ParentState::Canceled, out);
        true
    }

    fn end_parent(&mut self, at: usize, state: ParentState, out: &mut impl FnMut(ToOrders)) {
        let Some(known) = &mut self.parents.table[at] else { return };
        let known = match known.state {
            ParentState::Open => {
                known.state = state;
                let (filled, working) = (self.parents.filled[at], known.working);
                let told = ParentChanged { filled, working, ..*known };
                *known = told;
                out(ToOrders::Effect(Effect::Parent(told)));
                told
            }
            _ => *known,
        };
        self.cancel_children(&known, out);
        self.parents.touched = true;
    }

    /// Cancels what works of a parent that is over. What is refused is asked for again at the next timer.
    fn cancel_children(&mut self, parent: &ParentChanged, out: &mut impl FnMut(ToOrders)) {
        for slot in 0..orders_per(parent.bot) {
            let Some(child) = self.working.get(parent.bot, slot) else { continue };
            let is_child = slice_of(child.order.terms()) == parent.parent;
            let reachable = self.up[child.order.route()] && !child.order.has_ended();
            if is_child && reachable && !child.awaits_cancel(self.now) {
                let _told = self.cancel(parent.bot, slot, false, out);
            }
        }
    }

    /// A parent order is as a journal says; its children are the orders that name it, whoever told of them.
    pub(super) fn on_stated_parent(
        &mut self,
        stated: &StatedParent,
        out: &mut impl FnMut(ToOrders),
    ) {
        let StatedParent { parent, bot, side, qty, filled, state, ends_at, actor } = *stated;
        if self.registry.bot(bot).is_none() || !parent.is_some() || qty == 0 {
            return;
        }
        let told =
            ParentChanged { parent, bot, side, qty, filled, working: 0, state, ends_at, actor };
        let told = ParentChanged { working: self.children_of(&told), ..told };
        if self.parents.find(parent).is_none() && !self.parents.insert(told) {
            let text = "as many parent orders as can be: its children have none left";
            return alert_on(AlertKind::TableFull, Scope::Bot(bot), parent, text, out);
        }
        if let Some(at) = self.parents.find(parent) {
            (self.parents.table[at], self.parents.filled[at]) = (Some(told), filled);
        }
        out(ToOrders::Effect(Effect::Parent(told)));
        self.parents.touched = true;
    }

    /// So many contracts more are filled of an order that is over; fewer, of one whose fill was taken back.
    pub(super) fn note_late_child(&mut self, orders: [ClOrdId; 2], filled: i64) {
        if self.parents.taken == 0 {
            return;
        }
        if let Some(ended) = orders.into_iter().find_map(|order| self.ended.get(order)) {
            self.parents.note_child(ended.parent, filled);
        }
    }

    /// What a timer makes due of parents: their ends, and children of those that are over.
    pub(super) fn tend_parents(&mut self, out: &mut impl FnMut(ToOrders)) {
        if self.parents.taken == 0 {
            return;
        }
        for at in 0..PARENTS_MAX {
            let Some(known) = self.parents.table[at] else { continue };
            if known.state != ParentState::Open {
                self.cancel_children(&known, out);
            } else if known.ends_at <= self.now {
                self.end_parent(at, ParentState::Expired, out);
            }
        }
    }

    /// Tells what children have come to by an input, and lets those go that nothing works of any more.
    pub(super) fn tell_parents(&mut self, out: &mut impl FnMut(ToOrders)) {
        self.parents.touched = false;
        for at in 0..PARENTS_MAX {
            let Some(known) = self.parents.table[at] else { continue };
            let (filled, working) = (self.parents.filled[at], self.children_of(&known));
            let state = match known.state {
                ParentState::Open if filled >= known.qty => ParentState::Filled,
                state => state,
            };
            let now = ParentChanged { filled, working, state, ..known };
            if now != known {
                self.parents.table[at] = Some(now);
                out(ToOrders::Effect(Effect::Parent(now)));
            }
            if filled > known.qty && filled > known.filled {
                let text = "children filled more than their parent: look at what is held";
                alert_on(AlertKind::Overfill, Scope::Bot(known.bot), known.parent, text, out);
            }
            if state != ParentState::Open && working > 0 && known.state == ParentState::Open {
                self.cancel_children(&now, out);
            }
            if state != ParentState::Open && working == 0 {
                self.parents.remove(at);
            }
        }
    }

    /// The parent orders that are not over, or have children that work, as they were told last.
    pub fn parents(&self) -> impl Iterator<Item = &ParentChanged> {
        self.parents.iter()
    }
}
