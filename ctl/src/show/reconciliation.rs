//! What was compared with the brokers, and what differs.

use crate::format::{count, time};
use gauntlet_readmodel::api::{Break, Breaker, Compared, DropCopy};

/// A breaker that is open, and what closes it.
pub fn breaker(of: &Breaker) -> String {
    let Breaker { scope, text, count: refused, limit, .. } = of;
    let (since, seq) = (time(&of.since), count(of.seq));
    format!(
        "{scope} opens nothing since {since}: {text} ({refused}, trips at {limit}, input {seq}); look why, then \
         `ctl risk reset`"
    )
}

/// A difference and what settles it.
pub fn difference(of: &Break) -> String {
    let Break { broker, symbol, text, remedy, ours, theirs, .. } = of;
    let account = of.account.as_deref().unwrap_or("an account that is none of ours");
    let order = of.order.as_ref().map_or(String::new(), |order| format!(", order {order}"));
    let theirs_of = of.broker_order.as_ref();
    let its = theirs_of.map_or(String::new(), |order| format!(", the broker's {order}"));
    let (since, seq) = (time(&of.since), count(of.seq));
    format!(
        "{broker}: {account} {symbol}: {text}: ours {ours}, theirs {theirs}{order}{its}, since {since}, \
         input {seq}: {remedy}"
    )
}

/// The last comparison with one of a broker's lists.
pub fn compared(of: &Compared) -> String {
    let Compared { broker, what, outcome, lines, breaks, .. } = of;
    let account = of.account.as_ref().map_or(String::new(), |name| format!(" of {name}"));
    let (at, seq) = (time(&of.at), count(of.seq));
    let ended = match outcome.as_str() {
        "agrees" => format!("agree, {lines} lines"),
        "differs" => format!("differ in {breaks}, {lines} lines"),
        "refused" => "are not listed by the broker".to_owned(),
        _ => "were asked for in vain".to_owned(),
    };
    format!("{broker}: {what}{account} {ended}, at {at}, input {seq}")
}

/// A broker's drop copy.
pub fn drop_copy(of: &DropCopy) -> String {
    let since = of.since.as_ref().map_or(String::new(), |since| format!(" since {}", time(since)));
    let detail = if of.detail.is_empty() { String::new() } else { format!(" ({})", of.detail) };
    let last =
        of.last_report.as_ref().map_or(String::new(), |at| format!(", the last {}", time(at)));
    let required = if of.required { ", required" } else { "" };
    format!(
        "{} {}{since}{detail}: {} reports copied in this run{last}; {} s apart at most{required}",
        of.broker,
        of.state.replace('_', " "),
        count(of.reports),
        of.within_seconds
    )
}
