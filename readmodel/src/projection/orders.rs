//! Orders: those that work, and the last ones that do not any more.

use super::{FINISHED_MAX, Recent};
use gauntlet_model::effect::{
    OrderAdopted, OrderChanged, OrderIdentity, OrderState, OrderTerms, OutboundKind,
    OutboundRecord, ParentChanged, ParentState, TimeInForce,
};
use gauntlet_model::ids::{BotId, ClOrdId};
use gauntlet_model::text::Text;
use gauntlet_model::units::{Price, UnixNanos};
use std::collections::BTreeMap;

/// Working orders that are kept: twice what the order manager can hold, since one could be of an
/// earlier run that lost its end.
const WORKING_MAX: usize = 2 * gauntlet_manager::order_manager::LIVE_MAX;

/// An order.
#[derive(Clone, Copy, Debug)]
pub(super) struct OrderRow {
    pub last: OrderChanged,
    pub sent: UnixNanos,
    pub changed: UnixNanos,
    pub acknowledged: bool,
    /// What it asks for beyond a limit price, where that is told.
    pub terms: Option<OrderTerms>,
    /// How long it lives, once that is told.
    pub life: Option<TimeInForce>,
    /// Who asked for it, of one that a person placed.
    pub owner: Text<32>,
    /// The broker's identity of it, of one that was taken over.
    pub adopted: Text<32>,
    /// What decided it and who answers for it, of a bot's.
    pub identity: Option<OrderIdentity>,
    filled_qty: i64,
    /// Σ contracts × price of its fills.
    filled_cost: i128,
}

impl OrderRow {
    fn new(time: UnixNanos, change: &OrderChanged) -> OrderRow {
        OrderRow {
            last: *change,
            sent: time,
            changed: time,
            acknowledged: false,
            terms: None,
            life: None,
            owner: Text::EMPTY,
            adopted: Text::EMPTY,
            identity: None,
            filled_qty: 0,
            filled_cost: 0,
        }
    }

    fn apply(&mut self, time: UnixNanos, change: &OrderChanged) {
        let taken_back = self.last.cum_qty.saturating_sub(change.cum_qty);
        if taken_back > 0 && change.last_px.is_some() {
            self.filled_qty -= i64::from(taken_back);
            self.filled_cost -= i128::from(change.last_px.0) * i128::from(taken_back);
        }
        (self.last, self.changed) = (*change, time);
        if change.last_qty > 0 && change.last_px.is_some() {
            self.filled_qty += i64::from(change.last_qty);
            self.filled_cost += i128::from(change.last_px.0) * i128::from(change.last_qty);
        }
    }

    /// The mean price of its fills.
    pub fn average_price(&self) -> Price {
        match self.filled_qty {
            0 => Price::NONE,
            // A mean of prices is between them, so it fits.
            qty => Price((self.filled_cost / i128::from(qty)) as i64),
        }
    }
}

/// What a change told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Heard {
    /// That the broker has the order, for the first time.
    pub acknowledged: bool,
    /// That nothing more can happen to it.
    pub finished: bool,
}

/// All orders that are kept.
#[derive(Debug)]
pub(super) struct OrderBook {
    working: BTreeMap<ClOrdId, OrderRow>,
    finished: Recent<OrderRow>,
    /// Terms of an order that is not told yet.
    terms: Option<OrderTerms>,
    /// Identity of an order that is not told yet.
    identity: Option<OrderIdentity>,
    /// Who asked, by the input that he asked with.
    owners: BTreeMap<u64, Text<32>>,
    /// Parent orders that are not over, or have children that work.
    parents: BTreeMap<ClOrdId, ParentChanged>,
}

/// People's tickets that are remembered until their orders are told.
const OWNERS_MAX: usize = 1_024;

impl OrderBook {
    pub fn new() -> OrderBook {
        OrderBook {
            working: BTreeMap::new(),
            finished: Recent::new(FINISHED_MAX),
            terms: None,
            identity: None,
            owners: BTreeMap::new(),
            parents: BTreeMap::new(),
        }
    }

    /// A person asks for an order with the input of this number.
    pub fn asked(&mut self, seq: u64, actor: Text<32>) {
        if self.owners.len() >= OWNERS_MAX {
            self.owners.pop_first();
        }
        self.owners.insert(seq, actor);
    }

    /// What decided an order, which is told next.
    pub fn note_identity(&mut self, identity: &OrderIdentity) {
        self.identity = Some(*identity);
    }

    /// What an order asks for beyond a limit price.
    pub fn note_terms(&mut self, terms: &OrderTerms) {
        match self.working.get_mut(&terms.order) {
            Some(row) => row.terms = Some(*terms),
            None => self.terms = Some(*terms),
        }
    }

    /// An order that only its broker knew is one of ours.
    pub fn note_adopted(&mut self, adopted: &OrderAdopted) {
        if let Some(row) = self.working.get_mut(&adopted.order) {
            row.adopted = adopted.order_id;
        }
    }

    /// A parent order was opened, or its children came to something else. The core has few at once.
    pub fn note_parent(&mut self, parent: &ParentChanged) {
        match parent.state == ParentState::Open || parent.working > 0 {
            true => self.parents.insert(parent.parent, *parent),
            false => self.parents.remove(&parent.parent),
        };
    }

    /// Those parent orders, oldest first.
    pub fn parents(&self) -> impl Iterator<Item = &ParentChanged> {
        self.parents.values()
    }

    /// A message about an order.
    pub fn note_message(&mut self, message: &OutboundRecord) {
        if let Some(row) = self.working.get_mut(&message.cl_ord_id)
            && message.kind == OutboundKind::New
        {
            row.life = Some(message.time_in_force);
        }
    }

    fn new_row(&self, time: UnixNanos, change: &OrderChanged) -> OrderRow {
        let terms = self.terms.filter(|terms| terms.order == change.order);
        let owner = self.owners.get(&change.order.seq()).filter(|_| change.bot.is_desk());
        OrderRow {
            identity: self.identity.filter(|identity| identity.order == change.order),
            terms,
            life: terms.map(|terms| terms.time_in_force),
            owner: owner.copied().unwrap_or(Text::EMPTY),
            ..OrderRow::new(time, change)
        }
    }

    /// Notes the broker's word that it has an order; says whether that is news.
    pub fn acknowledge(&mut self, order: ClOrdId) -> bool {
        match self.working.get_mut(&order) {
            Some(row) if !row.acknowledged => {
                row.acknowledged = true;
                true
            }
            _ => false,
        }
    }

    /// Takes in a change of an order.
    pub fn change(&mut self, time: UnixNanos, change: &OrderChanged) -> Heard {
        if let Some(row) =
            self.finished.items.iter_mut().rev().find(|r| r.last.order == change.order)
        {
            // A late fill: the order stays final.
            row.apply(time, change);
            return Heard::default();
        }
        if self.working.len() >= WORKING_MAX && !self.working.contains_key(&change.order) {
            self.working.pop_first();
        }
        let new = self.new_row(time, change);
        let row = self.working.entry(change.order).or_insert(new);
        row.apply(time, change);
        let answered = matches!(
            change.state,
            OrderState::New | OrderState::PartiallyFilled | OrderState::Filled
        );
        let acknowledged = answered && !row.acknowledged;
        row.acknowledged |= answered;
        let finished = change.state.is_final();
        if finished {
            self.finished.push(*row);
            self.working.remove(&change.order);
        }
        Heard { acknowledged, finished }
    }

    /// Oldest first.
    pub fn working(&self) -> impl Iterator<Item = &OrderRow> {
        self.working.values()
    }

    /// Newest first.
    pub fn finished(&self) -> impl Iterator<Item = &OrderRow> {
        self.finished.newest_first()
    }

    pub fn working_of(&self, bot: BotId) -> usize {
        self.working.values().filter(|row| row.last.bot == bot).count()
    }
}
