//! R27: every order names what decided it and who answers for it.
//!
//! A run tells of each bot its algorithm, its version and its owner; what a bot sends new says so before its
//! message. What a person sends is named by his ticket. A run from before tells nothing, and its orders name
//! their bots alone.

use crate::message::ToOrders;
use gauntlet_model::effect::{Effect, OrderIdentity, OutboundKind};
use gauntlet_model::ids::{BOTS_MAX, BotId};
use gauntlet_model::input::BotIdentity;
use gauntlet_model::order::OrderRequest;
use gauntlet_runtime::prefetch::prefetch_entry;

use super::Risk;

/// By bot, as this run was told.
#[derive(Clone, Debug)]
pub(super) struct Identities {
    bots: Vec<Option<BotIdentity>>,
}

impl Identities {
    pub fn new() -> Identities {
        Identities { bots: vec![None; BOTS_MAX] }
    }

    /// A run begins: whose its bots are, it says.
    pub fn begin(&mut self) {
        self.bots.fill(None);
    }

    /// Takes in what decides a bot's orders; one outside of the table is nobody's.
    pub fn tell(&mut self, identity: &BotIdentity) {
        if let Some(known) = self.bots.get_mut(usize::from(identity.bot.0)) {
            *known = Some(*identity);
        }
    }

    /// See [`Risk::look_ahead`](super::Risk::look_ahead).
    #[inline]
    pub fn look_ahead(&self, bot: BotId) {
        prefetch_entry(&self.bots, usize::from(bot.0));
    }

    fn of(&self, bot: BotId) -> Option<&BotIdentity> {
        self.bots.get(usize::from(bot.0))?.as_ref()
    }
}

impl Risk {
    /// Names what decided a new order of a bot.
    pub(super) fn name_order(&self, request: &OrderRequest, out: &mut impl FnMut(ToOrders)) {
        let named = self.identities.of(request.bot);
        let Some(identity) = named.filter(|_| request.kind == OutboundKind::New) else { return };
        let BotIdentity { bot, algorithm, version, owner } = *identity;
        let order = request.cl_ord_id;
        let named = OrderIdentity { order, bot, algorithm, version, owner };
        out(ToOrders::Effect(Effect::Identity(named)));
    }
}
