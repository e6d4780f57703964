//! What people asked of orders and positions, and the terms of orders, in words.

use super::words::Names;
use gauntlet_model::effect::{OrderTerms, ParentChanged};
use gauntlet_model::ids::ClOrdId;
use gauntlet_model::input::{Ticket, TicketKind};
use gauntlet_model::units::{Price, UnixNanos};

/// A ticket.
pub(super) fn words(names: &Names, ticket: &Ticket) -> String {
    let Ticket { side, qty, order_type, price, stop_px, time_in_force, order, .. } = ticket;
    let account = ticket.account.map(|account| names.account(account)).unwrap_or_default();
    let symbol = ticket.instrument.map(|instrument| names.symbol(instrument)).unwrap_or_default();
    let asked = match ticket.kind {
        TicketKind::New => format!(
            "{} {qty} {symbol} {}{}{} {}{}{}{}{} for {account}",
            if side.sign() > 0 { "buy" } else { "sell" },
            order_type.name(),
            at("@", *price),
            at("stop", *stop_px),
            time_in_force.name(),
            until(ticket.expires),
            at("protected by a stop at", ticket.stop_loss),
            at(given_back(ticket.target_rests), ticket.take_profit),
            child_of(ticket.parent),
        ),
        TicketKind::Parent => format!(
            "a parent order to {} {qty} {symbol}{} for {account}",
            if side.sign() > 0 { "buy" } else { "sell" },
            until(ticket.expires),
        ),
        TicketKind::Cancel => format!("cancel order {order}"),
        TicketKind::Replace => {
            let qty = if *qty > 0 { format!(" quantity {qty}") } else { String::new() };
            format!("replace order {order}{qty}{}{}", at("@", *price), at("stop", *stop_px))
        }
        TicketKind::Close => match ticket.bot {
            Some(bot) => format!("close what {} holds", names.bot(bot)),
            None => format!("close what is held for {account} in {symbol}"),
        },
    };
    format!("{asked}, by {}: {}", ticket.actor, ticket.reason)
}

/// What an order asks for beyond a limit price.
pub(super) fn terms(terms: &OrderTerms) -> String {
    let OrderTerms { order, order_type, time_in_force, stop_px, emulation, parent, .. } = terms;
    let by_us: String = emulation.words().map(|words| format!(", {words}")).collect();
    let parent = match parent.is_some() {
        true => format!(", for order {parent}"),
        false => String::new(),
    };
    format!(
        "order {order} is {}{} {}{}{by_us}{parent}",
        order_type.name(),
        at("stop", *stop_px),
        time_in_force.name(),
        until(terms.expires),
    )
}

pub(super) fn at(what: &str, price: Price) -> String {
    if price.is_some() { format!(" {what} {price}") } else { String::new() }
}

pub(super) fn until(time: UnixNanos) -> String {
    match time {
        UnixNanos(0) => String::new(),
        time => format!(" until {time}"),
    }
}

/// Where the target of an order is.
fn given_back(rests: bool) -> &'static str {
    match rests {
        true => "given back with a profit by a limit order at",
        false => "given back with a profit at",
    }
}

/// Whose child an order is, where it is one.
fn child_of(parent: ClOrdId) -> String {
    if parent.is_some() { format!(" of parent {parent}") } else { String::new() }
}

/// What a parent order's children come to.
pub(super) fn parent(names: &Names, parent: &ParentChanged) -> String {
    let ParentChanged { parent, bot, side, qty, filled, working, state, ends_at, .. } = parent;
    format!(
        "parent {parent} of {} to {} {qty} is {}: {filled} filled, {working} working{}",
        names.bot(*bot),
        if side.sign() > 0 { "buy" } else { "sell" },
        state.name(),
        until(*ends_at),
    )
}
