//! What an order of a bot needs is asked for together, before the first of it is looked at.
//!
//! Orders are rare among inputs, so that their tables lie far from the processor when one is wanted. One after
//! the other each check would wait for its own; see [`prefetch`](gauntlet_runtime::prefetch).

use gauntlet_model::ids::BotId;

use super::Risk;

impl Risk {
    /// Asks for what the checks of a bot's orders look at, and for where an order of it is entered.
    #[inline]
    pub(super) fn look_ahead(&self, bot: BotId) {
        self.registry.look_ahead(bot);
        self.working.look_ahead(bot);
        self.limits.look_ahead(bot);
        self.repeats.look_ahead(bot);
        self.losses.look_ahead(bot);
        self.breakers.look_ahead(bot);
        self.traffics.look_ahead(bot);
        self.identities.look_ahead(bot);
    }
}
