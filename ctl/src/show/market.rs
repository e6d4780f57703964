//! Bots, orders, positions and latency.

use crate::format::{count, known, money, nanos, price, signed, time};
use crate::table::{Column, table};
use gauntlet_readmodel::api::{
    Bot, BotPosition, Latency, NetPosition, Order, Orders, ParentOrder, Positions,
};

/// The bots.
pub fn bots(bots: &[Bot]) -> String {
    if bots.is_empty() {
        return "no bots\n".to_owned();
    }
    let columns = [
        Column::Left("bot"),
        Column::Left("stage"),
        Column::Left("account"),
        Column::Left("instrument"),
        Column::Left("until"),
        Column::Left("archetype"),
        Column::Right("position"),
        Column::Right("average"),
        Column::Right("realized"),
        Column::Right("unrealized"),
        Column::Right("orders"),
        Column::Right("fills"),
        Column::Right("refused"),
        Column::Right("working"),
        Column::Left("last intent"),
    ];
    let row = |bot: &Bot| {
        let state = match (bot.killed, bot.enabled) {
            (true, _) => " (killed)",
            (false, false) => " (disabled)",
            (false, true) => "",
        };
        let intent = bot.last_intent.as_ref();
        vec![
            bot.name.clone() + state,
            bot.stage.name().to_owned() + &moves_to(bot),
            bot.account.clone(),
            bot.instrument.clone(),
            until(bot),
            bot.archetype.name().to_owned() + fallback(bot.fallbacks),
            signed(bot.position.into()),
            price(bot.average_price),
            money(bot.realized),
            known(bot.unrealized, money),
            count(bot.orders),
            count(bot.fills),
            count(bot.rejects),
            count(bot.working.into()),
            known(intent, |intent| format!("{} ({})", signed(intent.target.into()), intent.reason)),
        ]
    };
    table(&columns, bots.iter().map(row))
}

/// Until when a bot opens in its contract, and where it goes on then.
fn until(bot: &Bot) -> String {
    let Some(until) = &bot.until else { return "-".to_owned() };
    let minute = until.get(..16).map_or_else(|| until.clone(), |minute| format!("{minute}Z"));
    match &bot.next_instrument {
        Some(next) => format!("{minute}, then {next}"),
        None => minute,
    }
}

/// Where a bot goes once it is flat.
fn moves_to(bot: &Bot) -> String {
    let Some(waiting) = &bot.waiting else { return String::new() };
    let mut to = vec![waiting.stage.name()];
    for (now, then) in [
        (&bot.account, &waiting.account),
        (&bot.instrument, &waiting.instrument),
        (&bot.route, &waiting.route),
    ] {
        if now != then {
            to.push(then);
        }
    }
    format!(" (when flat: {})", to.join(" "))
}

/// What says that a bot trades rules which nobody wrote for it.
fn fallback(directions: u32) -> &'static str {
    match directions {
        0 => "",
        1 => " (stands in for one direction)",
        _ => " (stands in for both directions)",
    }
}

/// Working orders, then finished ones.
pub fn orders(orders: &Orders) -> String {
    let part = |title: &str, orders: &[Order]| match orders {
        [] => format!("{title}: none\n"),
        orders => format!("{title}: {}\n{}", orders.len(), order_table(orders)),
    };
    let finished = part("finished, newest first", &orders.finished);
    parents(&orders.parents) + &part("working", &orders.working) + "\n" + &finished
}

/// Parent orders, where there are some.
fn parents(parents: &[ParentOrder]) -> String {
    if parents.is_empty() {
        return String::new();
    }
    let row = |parent: &ParentOrder| {
        let ParentOrder { order, bot, instrument, side, state, qty, filled, working, .. } = parent;
        format!(
            "  {order} {bot} {side} {qty} {instrument}, {state}: {filled} filled, {working} working, until {}, by {}\n",
            parent.until, parent.owner
        )
    };
    format!("parents: {}\n{}\n", parents.len(), parents.iter().map(row).collect::<String>())
}

/// How an order is priced and how long it lives.
fn type_of(order: &Order) -> String {
    match &order.time_in_force {
        Some(life) => format!("{} {life}", order.order_type),
        None => order.order_type.clone(),
    }
}

/// What else there is to know of an order.
fn note(order: &Order) -> Option<String> {
    let by = order.owner.as_ref().map(|owner| format!("placed by {owner}"));
    let until = order.until.as_ref().map(|until| format!("until {until}"));
    let parent = order.parent.as_ref().map(|parent| format!("for order {parent}"));
    let down = order.while_down.as_deref().map(|what| match what {
        "works_on" => "works on unseen: its session is down".to_owned(),
        _ => "its broker cancels it, in doubt until it is asked".to_owned(),
    });
    let known = by.into_iter().chain(until).chain(parent).chain(down);
    let parts: Vec<String> = known.chain(order.emulated.iter().cloned()).collect();
    (!parts.is_empty()).then(|| format!("  {} {}", order.order, parts.join(", ")))
}

fn order_table(orders: &[Order]) -> String {
    let columns = [
        Column::Left("order"),
        Column::Left("bot"),
        Column::Left("route"),
        Column::Left("instrument"),
        Column::Left("side"),
        Column::Right("quantity"),
        Column::Left("type"),
        Column::Right("price"),
        Column::Right("stop"),
        Column::Right("filled"),
        Column::Right("average"),
        Column::Right("leaves"),
        Column::Left("state"),
        Column::Left("changed"),
    ];
    let row = |order: &Order| {
        vec![
            order.order.clone(),
            order.bot.clone(),
            order.route.clone(),
            order.instrument.clone(),
            order.side.clone(),
            count(order.qty.into()),
            type_of(order),
            price(order.price),
            price(order.stop_price),
            count(order.filled.into()),
            price(order.average_price),
            count(order.leaves.into()),
            order.state.replace('_', " "),
            time(&order.changed),
        ]
    };
    let notes = orders.iter().filter_map(note);
    notes.fold(table(&columns, orders.iter().map(row)), |text, note| text + &note + "\n")
}

/// Positions by bot, and as the broker should see them.
pub fn positions(positions: &Positions) -> String {
    if positions.bots.is_empty() {
        return "no positions, now or before\n".to_owned();
    }
    let columns = [
        Column::Left("bot"),
        Column::Left("route"),
        Column::Left("account"),
        Column::Left("instrument"),
        Column::Right("position"),
        Column::Right("average"),
        Column::Right("mark"),
        Column::Right("realized"),
        Column::Right("unrealized"),
        Column::Right("volume"),
    ];
    let row = |position: &BotPosition| {
        vec![
            position.bot.clone(),
            position.route.clone(),
            position.account.clone(),
            position.instrument.clone(),
            signed(position.qty.into()),
            price(position.average_price),
            price(position.mark),
            money(position.realized),
            known(position.unrealized, money),
            count(position.volume),
        ]
    };
    let bots = table(&columns, positions.bots.iter().map(row));
    if positions.broker.is_empty() {
        return bots;
    }
    let columns = [Column::Left("account"), Column::Left("instrument"), Column::Right("position")];
    let row =
        |net: &NetPosition| vec![net.account.clone(), net.instrument.clone(), signed(net.qty)];
    bots + "\nas the broker should see it\n" + &table(&columns, positions.broker.iter().map(row))
}

/// Latency by segment.
pub fn latency(latency: &Latency) -> String {
    if latency.segments.is_empty() {
        return "nothing measured yet\n".to_owned();
    }
    let columns = [
        Column::Left("segment"),
        Column::Right("samples"),
        Column::Right("p50"),
        Column::Right("p90"),
        Column::Right("p99"),
        Column::Right("p99.9"),
        Column::Right("max"),
    ];
    let rows = latency.segments.iter().map(|segment| {
        let stretches =
            [segment.p50_ns, segment.p90_ns, segment.p99_ns, segment.p999_ns, segment.max_ns];
        let mut row = vec![segment.segment.clone(), count(segment.count)];
        row.extend(stretches.map(nanos));
        row
    });
    let text = table(&columns, rows);
    match latency.dropped {
        0 => text,
        dropped => text + &format!("\n{} samples were dropped\n", count(dropped)),
    }
}
