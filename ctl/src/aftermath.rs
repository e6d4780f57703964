//! What a kill leaves to be done, and when it will be: told with the answer to it.

use crate::format::{many, signed};
use crate::source::Source;
use gauntlet_readmodel::api::{Bot, BrokerSession, Orders, Positions, Status};
use gauntlet_readmodel::command_wire::Target;
use std::path::Path;

/// What happened to be so after a kill. Whatever cannot be asked is left out: a kill waits for nothing.
struct Scene {
    status: Status,
    bots: Vec<Bot>,
    orders: Orders,
    positions: Positions,
}

impl Scene {
    fn ask(data: &Path) -> Option<Scene> {
        let source = Source::new(data).ok()?;
        Some(Scene {
            status: source.http("/api/status").ok()?,
            bots: source.http("/api/bots").ok()?,
            orders: source.http("/api/orders").ok()?,
            positions: source.http("/api/positions").ok()?,
        })
    }

    /// A broker's session by its route's name, if it is not logged on.
    fn silent(&self, route: &str) -> Option<&BrokerSession> {
        let brokers = &self.status.brokers;
        brokers.iter().find(|broker| broker.name == route && broker.state != "logged_on")
    }

    fn concerns(&self, target: Target<'_>, name: &str) -> bool {
        let bot = self.bots.iter().find(|bot| bot.name == name);
        match target {
            Target::Platform => true,
            Target::Bot(of) => of == name,
            Target::Account(of) => bot.is_some_and(|bot| bot.account == of),
            Target::Instrument(of) => bot.is_some_and(|bot| bot.instrument == of),
            Target::Venue(of) => bot.is_some_and(|bot| bot.route == of),
            // Whose a bot is the API does not tell, and one order is told of by its own answer.
            Target::User(_) | Target::Order(_) => false,
        }
    }

    fn lines(&self, target: Target<'_>, flatten: bool) -> Vec<String> {
        let mut lines = Vec::new();
        for broker in &self.status.brokers {
            let waits = |order: &&gauntlet_readmodel::api::Order| {
                order.route == broker.name && self.concerns(target, &order.bot)
            };
            let working = self.orders.working.iter().filter(waits).count() as u64;
            if let Some(broker) = self.silent(&broker.name).filter(|_| working > 0) {
                lines.push(format!(
                    "{} may work on at broker {}, which is {}: cancelled once it is logged on again, \
                     unless the broker cancels when a session ends; to be sure, call it",
                    many(working, "order"),
                    broker.name,
                    broker.state.replace('_', " "),
                ));
            }
        }
        for held in self.positions.bots.iter().filter(|held| held.qty != 0 && flatten) {
            let Some(broker) = self.silent(&held.route) else { continue };
            if self.concerns(target, &held.bot) {
                lines.push(format!(
                    "{} holds {} {} at broker {}, which is {}: closed once it is logged on again and the \
                     kill is still in force; until then only the broker can close it, call it",
                    held.bot,
                    signed(held.qty.into()),
                    held.instrument,
                    broker.name,
                    broker.state.replace('_', " "),
                ));
            }
        }
        lines
    }
}

/// What of a kill cannot happen now, and when it will; empty when all of it is under way, or when the
/// node serves no API that could tell.
pub fn of_kill(target: Target<'_>, flatten: bool, data: &Path) -> Vec<String> {
    Scene::ask(data).map_or_else(Vec::new, |scene| scene.lines(target, flatten))
}

#[cfg(test)]
mod tests {
    use super::*;
    use gauntlet_readmodel::projection::Projection;

    fn scene(state: &str, qty: i32) -> Scene {
        let mut status = Projection::new().status("");
        let broker = BrokerSession {
            orders_working_on: 0,
            orders_in_doubt: 0,
            name: "first".to_owned(),
            state: state.to_owned(),
            since: None,
            detail: String::new(),
        };
        status.brokers = vec![broker];
        let held = gauntlet_readmodel::api::BotPosition {
            bot: "es-orb".to_owned(),
            account: "DEMO".to_owned(),
            instrument: "ESZ6".to_owned(),
            route: "first".to_owned(),
            qty,
            average_price: None,
            mark: None,
            realized: 0.0,
            unrealized: None,
            volume: 2,
        };
        let positions = Positions { bots: vec![held], broker: Vec::new() };
        Scene { status, bots: Vec::new(), orders: Orders::default(), positions }
    }

    #[test]
    fn a_position_at_a_broker_that_is_away_is_told_with_what_happens_when() {
        let lines = scene("disconnected", -2).lines(Target::Platform, true);
        let [line] = &lines[..] else { panic!("one line: {lines:?}") };
        for part in ["es-orb holds −2 ESZ6 at broker first", "disconnected", "logged on again"] {
            assert!(line.replace('-', "−").contains(&part.replace('-', "−")), "{part}: {line}");
        }
        assert!(scene("logged_on", -2).lines(Target::Platform, true).is_empty());
        assert!(scene("disconnected", 0).lines(Target::Platform, true).is_empty());
        assert!(scene("disconnected", -2).lines(Target::Platform, false).is_empty());
        assert!(scene("disconnected", -2).lines(Target::Bot("another"), true).is_empty());
    }
}
