//! The books of both sides, and what differs between them.

use crate::ledger::Ledger;
use gauntlet_model::ids::ClOrdId;
use gauntlet_model::input::{ExecType, Input};
use gauntlet_model::units::{Price, Side};
use gauntlet_venue::order_entry::{Happened, OrderRecord, StoreReader};
use std::collections::BTreeMap;
use std::path::Path;

/// Most differences that are told.
const TOLD_MAX: usize = 20;

/// One execution, as either side has it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fill {
    /// The order, by the identity that the node's journal has for it.
    pub order: String,
    /// Whether it was bought.
    pub bought: bool,
    /// Contracts.
    pub qty: u32,
    /// The price, in billionths.
    pub price: i64,
}

/// The exchange's books, as its store says.
#[derive(Debug)]
pub struct ExchangeBooks {
    reader: StoreReader,
    /// By the identity that each came with.
    pub orders: BTreeMap<String, (OrderRecord, bool)>,
    /// By their ExecID.
    pub fills: BTreeMap<String, Fill>,
    /// Contracts held, by contract.
    pub held: BTreeMap<String, i64>,
}

/// The last part of an identity on the wire is the one in the journal.
fn in_journal(on_wire: &str) -> String {
    on_wire.rsplit('-').next().unwrap_or_default().to_owned()
}

/// The value of a tag in the fields of a message.
fn value(body: &str, tag: &str) -> Option<String> {
    let mut fields = body.split('\x01').filter_map(|field| field.split_once('='));
    fields.find(|(name, _)| *name == tag).map(|(_, value)| value.to_owned())
}

impl ExchangeBooks {
    /// The books of the exchange whose store is in a folder.
    pub fn new(store: &Path) -> ExchangeBooks {
        ExchangeBooks {
            reader: StoreReader::new(store),
            orders: BTreeMap::new(),
            fills: BTreeMap::new(),
            held: BTreeMap::new(),
        }
    }

    /// Takes in what the store says since.
    ///
    /// # Panics
    /// When it cannot be read, or says one execution in two ways.
    pub fn look(&mut self) {
        for happened in self.reader.look().expect("the exchange's store can be read") {
            match happened {
                Happened::Order { order, works } => {
                    self.orders.insert(order.first_cl_ord_id.clone(), (order, works));
                }
                Happened::Holding { symbol, qty, .. } => {
                    self.held.insert(symbol, qty);
                }
                Happened::Sent { body, .. } => self.note_fill(&body),
            }
        }
    }

    fn note_fill(&mut self, body: &str) {
        if value(body, "150").as_deref() != Some("F") {
            return;
        }
        let field = |tag| value(body, tag).unwrap_or_default();
        let fill = Fill {
            order: in_journal(&field("11")),
            bought: field("54") == "1",
            qty: field("32").parse().expect("contracts"),
            price: Price::from_f64(field("31").parse().expect("a price")).0,
        };
        let known = self.fills.insert(field("17"), fill.clone());
        assert!(known.is_none_or(|known| known == fill), "one ExecID, two fills: {body}");
    }
}

/// What differs between a node's journal and an exchange's store; empty when both agree. A node that `lost_power` may
/// have sent orders that its journal does not know: they must be done with at the exchange, and their fills booked.
pub fn differences(ledger: &Ledger, exchange: &ExchangeBooks, lost_power: bool) -> Vec<String> {
    let mut told = Vec::new();
    compare_fills(ledger, exchange, &mut told);
    compare_orders(ledger, exchange, lost_power, &mut told);
    compare_positions(ledger, exchange, &mut told);
    told.truncate(TOLD_MAX);
    told
}

fn compare_fills(ledger: &Ledger, exchange: &ExchangeBooks, told: &mut Vec<String>) {
    let ours: BTreeMap<&str, Fill> = ledger
        .fills()
        .into_iter()
        .filter(|report| report.exec_type == ExecType::Trade)
        .map(|report| {
            let fill = Fill {
                order: report.cl_ord_id.to_string(),
                bought: report.side == Side::Buy,
                qty: report.last_qty,
                price: report.last_px.0,
            };
            (report.exec_id.as_str(), fill)
        })
        .collect();
    for (exec_id, fill) in &exchange.fills {
        match ours.get(exec_id.as_str()) {
            Some(known) if known == fill => {}
            known => told.push(format!("fill {exec_id}: exchange {fill:?}, node {known:?}")),
        }
    }
    let unknown = ours.iter().filter(|(exec_id, _)| !exchange.fills.contains_key(**exec_id));
    told.extend(unknown.map(|(exec_id, fill)| format!("fill {exec_id}: node alone {fill:?}")));
}

fn compare_orders(
    ledger: &Ledger,
    exchange: &ExchangeBooks,
    lost_power: bool,
    told: &mut Vec<String>,
) {
    let mut ours: BTreeMap<String, _> =
        ledger.orders().into_iter().map(|(id, order)| (name(id), order)).collect();
    for (order, works) in exchange.orders.values() {
        let Some(known) = ours.remove(&in_journal(&order.first_cl_ord_id)) else {
            if *works || !lost_power {
                told.push(format!("order at the exchange alone: {order:?}, works: {works}"));
            }
            continue;
        };
        let filled = known.side.sign() * i64::from(known.cum_qty);
        if filled != order.filled || known.state.is_final() == *works {
            told.push(format!("order: exchange {order:?}, works: {works}; node {known:?}"));
        }
    }
    // What never arrived was never filled, and is done with.
    let open = ours.values().filter(|order| order.cum_qty > 0 || !order.state.is_final());
    told.extend(open.map(|order| format!("order at the node alone: {order:?}")));
}

fn name(id: ClOrdId) -> String {
    id.to_string()
}

fn compare_positions(ledger: &Ledger, exchange: &ExchangeBooks, told: &mut Vec<String>) {
    let mut held = held_by_symbol(ledger);
    for (symbol, qty) in &exchange.held {
        let ours = held.remove(symbol).unwrap_or(0);
        if ours != *qty {
            told.push(format!("position in {symbol}: exchange {qty}, node {ours}"));
        }
    }
    held.retain(|_, qty| *qty != 0);
    told.extend(held.iter().map(|(symbol, qty)| format!("position in {symbol}: node alone {qty}")));
}

/// Contracts that the node says all its owners hold together, by contract.
pub fn held_by_symbol(ledger: &Ledger) -> BTreeMap<String, i64> {
    let mut symbols = BTreeMap::new();
    for sequenced in &ledger.inputs {
        if let Input::Instrument(definition) = &sequenced.input {
            symbols.insert(definition.instrument, definition.symbol.as_str().to_owned());
        }
    }
    let mut of_owner = BTreeMap::new();
    for (_, effect) in ledger.effects() {
        if let gauntlet_model::effect::Effect::Position(position) = effect {
            of_owner.insert((position.bot, position.instrument), i64::from(position.qty));
        }
    }
    let mut held: BTreeMap<String, i64> = BTreeMap::new();
    for ((_, instrument), qty) in of_owner {
        let symbol = symbols.get(&instrument).cloned().unwrap_or_default();
        *held.entry(symbol).or_default() += qty;
    }
    held
}
