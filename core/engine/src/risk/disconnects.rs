//! R20: the orders that a session leaves alone when it breaks.
//!
//! A broker may cancel orders when the session to them ends; which of them, its terms say
//! ([`BrokerTerms::on_disconnect`](gauntlet_model::input::BrokerTerms)). The others work on unseen until the
//! next logon, and a person is told at once how many they are. Those that it cancels are in doubt like all
//! others until it is asked after the logon: that it noticed the end of the session is not known.

use crate::message::ToOrders;
use gauntlet_model::effect::AlertKind;
use gauntlet_model::input::{Route, Scope, SessionChange, SessionEvent};
use gauntlet_model::text::Text;

use super::{Risk, alert};

impl Risk {
    /// A session that was up has ended: how many orders work on unseen, and how many its broker cancels.
    pub(super) fn tell_left_alone(&self, event: &SessionEvent, out: &mut impl FnMut(ToOrders)) {
        let ended = matches!(event.change, SessionChange::LoggedOut | SessionChange::Disconnected);
        let route = event.route;
        let terms = self.reconciliation.desks[route].terms.filter(|_| route.is_broker());
        // A run of before says nothing of that, and is told nothing.
        let Some(cancels) = terms.and_then(|terms| terms.on_disconnect) else { return };
        if !ended || !self.up[route] {
            return;
        }
        let (mut stay, mut end) = (0_u32, 0_u32);
        for id in self.registry.owners() {
            for known in self.working.of(id) {
                let order = &known.order;
                if order.route() != route || order.has_ended() {
                    continue;
                }
                match cancels.covers(order.terms(), order.time_in_force()) {
                    true => end += 1,
                    false => stay += 1,
                }
            }
        }
        if stay + end > 0 {
            let words =
                format_args!("{stay} orders work on unseen, {end} it should cancel: ctl orders");
            let text = Text::<64>::format(words);
            alert(AlertKind::LeftAlone, Scope::Route(route), text.as_str(), out);
        }
    }

    /// Whether orders can leave by a route.
    pub fn is_up(&self, route: Route) -> bool {
        self.up[route]
    }
}
