//! What stays when a node ends: the positions and the orders that its journal knows of, by name, so that
//! nobody goes home without knowing.

use gauntlet_journal::JournalError;
use gauntlet_model::effect::OrderState;
use gauntlet_readmodel::api::{Order, Orders, Positions};
use gauntlet_readmodel::tail::JournalTail;
use std::path::Path;

/// A line for each position that is held at a broker and each order that works there, or is kept by us.
///
/// # Errors
/// The journal cannot be read.
pub fn lines(journal: &Path) -> Result<Vec<String>, JournalError> {
    let tail = JournalTail::read(journal)?;
    let projection = tail.projection();
    Ok(of(&projection.positions(), &projection.orders(0)))
}

fn of(positions: &Positions, orders: &Orders) -> Vec<String> {
    let simulated = |route: &str| matches!(route, "paper" | "shadow");
    let held = positions.bots.iter().filter(|held| held.qty != 0 && !simulated(&held.route));
    let held = held.map(|held| {
        format!("stays: {} holds {:+} {} for {}", held.bot, held.qty, held.instrument, held.account)
    });
    let working = orders.working.iter().filter(|order| !simulated(&order.route)).map(working);
    held.chain(working).collect()
}

fn working(order: &Order) -> String {
    let Order { order: id, bot, side, leaves, instrument, order_type, route, state, .. } = order;
    let where_it_is = if state == OrderState::Held.name() {
        "held here, and by nobody while the node is down".to_owned()
    } else if state == OrderState::Unknown.name() {
        format!("not known to be gone at {route}: look there")
    } else if order.while_down.as_deref() == Some("in_doubt") {
        format!("worked at {route}, which cancels it at the logout: look there")
    } else {
        format!("works at {route}")
    };
    let life = order.time_in_force.as_deref().unwrap_or_default();
    format!(
        "stays: order {id} of {bot}, {side} {leaves} {instrument} {order_type} {life}, {where_it_is}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use gauntlet_readmodel::api::BotPosition;

    fn held(bot: &str, route: &str, qty: i32) -> BotPosition {
        BotPosition {
            bot: bot.to_owned(),
            account: "DEMO".to_owned(),
            instrument: "ESZ6".to_owned(),
            route: route.to_owned(),
            qty,
            average_price: None,
            mark: None,
            realized: 0.0,
            unrealized: None,
            volume: 1,
        }
    }

    fn order(state: OrderState, route: &str) -> Order {
        Order {
            order: "0000000000000abc".to_owned(),
            cl_ord_id: "0000000000000abc".to_owned(),
            bot: "manual:DEMO/ESZ6".to_owned(),
            instrument: "ESZ6".to_owned(),
            side: "sell".to_owned(),
            state: state.name().to_owned(),
            route: route.to_owned(),
            qty: 3,
            price: None,
            order_type: "stop".to_owned(),
            time_in_force: Some("gtc".to_owned()),
            stop_price: Some(6_600.0),
            until: None,
            emulated: Vec::new(),
            owner: Some("ann".to_owned()),
            parent: None,
            identity: None,
            survives_disconnect: Some(true),
            while_down: None,
            adopted: None,
            filled: 1,
            average_price: None,
            leaves: 2,
            sent: String::new(),
            changed: String::new(),
        }
    }

    #[test]
    fn every_position_and_order_that_stays_is_named_and_what_is_simulated_is_not() {
        let bots =
            vec![held("es-orb", "broker", -2), held("flat", "broker", 0), held("p", "paper", 1)];
        let positions = Positions { bots, broker: Vec::new() };
        let working = vec![
            order(OrderState::New, "broker"),
            order(OrderState::Held, "broker"),
            order(OrderState::Unknown, "broker"),
            order(OrderState::New, "shadow"),
        ];
        let of_order = "stays: order 0000000000000abc of manual:DEMO/ESZ6, sell 2 ESZ6 stop gtc";
        assert_eq!(
            of(&positions, &Orders { working, ..Orders::default() }),
            [
                "stays: es-orb holds -2 ESZ6 for DEMO".to_owned(),
                format!("{of_order}, works at broker"),
                format!("{of_order}, held here, and by nobody while the node is down"),
                format!("{of_order}, not known to be gone at broker: look there"),
            ]
        );
    }
}
