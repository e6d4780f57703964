//! The person who settles with the broker after a loss of power. A node that lost inputs with its machine stops
//! everything until then, and does not book the fills of orders that its journal does not know.

use super::super::books::{differences_but_positions, missing_positions};
use super::Chapter;
use crate::control::ask;
use crate::setup::{ACCOUNT, bot_name};
use gauntlet_model::effect::Effect;
use gauntlet_model::input::{CorrectionKind, Input};
use gauntlet_model::text::Text;
use gauntlet_model::units::Price;
use gauntlet_readmodel::command_wire::{AskedCorrection, Reply, Target, Verb};
use std::collections::BTreeMap;

const REASON: &str = "a loss of power: the exchange's own books say so";

impl Chapter {
    /// Waits until fills and orders agree, brings positions to what the exchange says where fills of lost orders were
    /// not booked, lifts the doubts, and lets the node go on once all agrees.
    pub(super) fn settle(&mut self) {
        self.wait("after a loss of power", |chapter| {
            let (ledger, lost) = (&chapter.live.ledger, chapter.counts.bytes_lost > 0);
            let left = differences_but_positions(ledger, &chapter.exchange, lost);
            if left.is_empty() {
                chapter.book_what_is_missing();
            }
            left
        });
        for symbol in super::super::SYMBOLS {
            let settle = AskedCorrection {
                symbol: Text::new(symbol),
                ..AskedCorrection::of(CorrectionKind::Settle)
            };
            // Where nothing is in doubt it is refused, which is as well.
            let _ = self.ask(Verb::Correct(settle), Target::Account(ACCOUNT));
        }
        self.compare("after a person settled");
        let reply = self.ask(Verb::Unkill, Target::Platform);
        assert!(matches!(reply, Reply::Ok { .. }), "{:?}: {reply:?}", self.plan);
        self.trader.why.clear();
        self.counts.settled += 1;
    }

    fn ask(&self, verb: Verb, target: Target<'_>) -> Reply {
        ask(&self.sides.setup.data(), verb, target, REASON)
    }

    /// Adjusts the positions of desks, or of a bot where a place has no desk.
    fn book_what_is_missing(&mut self) {
        for (symbol, missing) in missing_positions(&self.live.ledger, &self.exchange) {
            let price = self.price_of(&symbol);
            let desk = format!("manual:{ACCOUNT}/{symbol}");
            for name in [desk, bot_name(&symbol, 0)] {
                let held = self.held_of(&name, &symbol);
                let target = i32::try_from(held + missing).expect("a position");
                let kind = CorrectionKind::Adjust;
                let adjust = AskedCorrection { target, price, ..AskedCorrection::of(kind) };
                let reply = self.ask(Verb::Correct(adjust), Target::Bot(&name));
                if matches!(reply, Reply::Ok { .. }) {
                    self.counts.booked += missing.unsigned_abs();
                    break;
                }
            }
        }
    }

    fn price_of(&self, symbol: &str) -> Price {
        let named = self.view.symbols.iter().find(|(_, name)| *name == symbol);
        let quote = named.and_then(|(instrument, _)| self.view.quotes.get(instrument));
        quote.map_or(Price::NONE, |(bid, _)| Price(*bid))
    }

    /// What a desk or a bot holds, as the node says.
    fn held_of(&self, name: &str, symbol: &str) -> i64 {
        let mut bots = BTreeMap::new();
        for sequenced in &self.live.ledger.inputs {
            if let Input::Bot(definition) = &sequenced.input {
                bots.insert(definition.bot, definition.name.as_str().to_owned());
            }
        }
        let mut held = 0;
        for (_, effect) in self.live.ledger.effects() {
            let Effect::Position(position) = effect else { continue };
            let is_of_symbol =
                self.view.symbols.get(&position.instrument).is_some_and(|known| known == symbol);
            let is_named = match bots.get(&position.bot) {
                Some(bot) => bot == name,
                None => name.starts_with("manual:"),
            };
            if is_of_symbol && is_named {
                held = i64::from(position.qty);
            }
        }
        held
    }
}
