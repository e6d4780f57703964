//! What of an account is watched while its orders work, and whose the orders of bots are.

use crate::ids::{AccountId, BotId};
use crate::record::tagged;
use crate::text::Text;

tagged! {
    /// R22, R23: what of an account's messages is watched. Those of a run come behind its accounts, and the
    /// start of the next forgets them. A run that is told none at all is one from before there were any;
    /// where another is told of, an account without, or a number of zero, is missing, and missing blocks.
    #[derive(Eq)]
    pub struct AccountWatch {
        /// Whose.
        1 account: AccountId,
        /// R22: opening orders of a bot that its broker refuses in a row, at which the bot's breaker trips.
        2 refused_orders: u32 = 0,
        /// R22: cancels and replaces of a bot that are refused in a row, at which the bot's breaker trips.
        3 refused_changes: u32 = 0,
        /// R22: messages to the account's broker that are refused within a minute, at which the account's
        /// breaker trips.
        4 refused_per_minute: u32 = 0,
        /// R23: messages a fill, in a trading day, above which a person is told; of each bot and of the
        /// account.
        5 messages_per_fill: u32 = 0,
        /// R23: messages in a trading day below which that says nothing.
        6 messages_from: u32 = 0,
    }
}

impl AccountWatch {
    /// Whether it says all that has to be known before anything opens.
    pub fn is_whole(&self) -> bool {
        let AccountWatch { refused_orders, refused_changes, refused_per_minute, .. } = *self;
        let ratio = [self.messages_per_fill, self.messages_from];
        let breakers = [refused_orders, refused_changes, refused_per_minute];
        breakers.into_iter().chain(ratio).all(|number| number > 0)
    }
}

tagged! {
    /// R27: what decides a bot's orders and who answers for them. Those of a run come behind its bots, and the
    /// start of the next forgets them.
    #[derive(Eq)]
    pub struct BotIdentity {
        /// Which bot.
        1 bot: BotId,
        /// Its algorithm: its archetype, or the name of its own rules.
        2 algorithm: Text<32>,
        /// Tells this form of it from any other: changes with whatever decides what it wants.
        3 version: Text<16>,
        /// Who answers for it.
        4 owner: Text<32>,
    }
}
