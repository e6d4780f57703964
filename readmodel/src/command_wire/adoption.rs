//! The order that a person takes over, as a request's fields.
//!
//! ```text
//! gauntlet/1 <id> adopt <scope> <symbol> <broker's order> <bot> <approver> <actor> <reason>
//! ```
//!
//! The scope is the account. `<bot>` is the name of the bot whose order it becomes, or nothing for the desk of
//! the account and symbol; `<approver>` a second person, or nothing.

use super::plain;
use gauntlet_model::text::Text;

/// The order that a person takes over. The request's scope says for which account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AskedAdoption {
    /// In what.
    pub symbol: Text<24>,
    /// The broker's identity of it.
    pub order_id: Text<32>,
    /// Whose it becomes; empty for the desk's.
    pub bot: Text<32>,
    /// The second person who allowed it.
    pub approver: Text<32>,
}

impl AskedAdoption {
    /// Reads the fields after the scope.
    pub(super) fn parse<'a>(fields: &mut impl Iterator<Item = &'a str>) -> Option<AskedAdoption> {
        let asked = AskedAdoption {
            symbol: Text::new(fields.next()?),
            order_id: Text::new(fields.next()?),
            bot: Text::new(fields.next()?),
            approver: Text::new(fields.next()?),
        };
        (!asked.symbol.is_empty() && !asked.order_id.is_empty()).then_some(asked)
    }

    pub(super) fn encode(&self) -> String {
        let AskedAdoption { symbol, order_id, bot, approver } = self;
        [symbol.as_str(), order_id.as_str(), bot.as_str(), approver.as_str()].map(plain).join("\t")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command_wire::{Request, RequestError, Target, Verb};

    #[test]
    fn an_adoption_reads_back_as_written_and_names_a_symbol_and_an_order() {
        let target = Target::Account("DEMO");
        let asked = AskedAdoption {
            symbol: Text::new("ESZ6"),
            order_id: Text::new("O 7"),
            bot: Text::new("es-orb"),
            approver: Text::new("bob"),
        };
        let desk = AskedAdoption { bot: Text::EMPTY, approver: Text::EMPTY, ..asked };
        for asked in [asked, desk] {
            let verb = Verb::Adopt(asked);
            let request = Request { id: 7, verb, target, actor: "ann", reason: "by phone" };
            assert_eq!(Request::parse(request.encode().as_bytes()), Ok(request));
        }
        let nameless = AskedAdoption { order_id: Text::EMPTY, ..asked };
        let nowhere = AskedAdoption { symbol: Text::EMPTY, ..asked };
        for wrong in [nameless, nowhere] {
            let verb = Verb::Adopt(wrong);
            let text = Request { id: 7, verb, target, actor: "ann", reason: "by phone" }.encode();
            assert_eq!(Request::parse(text.as_bytes()), Err((7, RequestError::BadField)));
        }
    }
}
