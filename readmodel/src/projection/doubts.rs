//! What is in doubt.

use super::{Noted, Projection};
use crate::api;
use gauntlet_model::effect::DoubtChanged;
use gauntlet_model::units::UnixNanos;

impl Projection {
    pub(super) fn on_doubt(&mut self, seq: u64, time: UnixNanos, change: &DoubtChanged) {
        let place = |of: &DoubtChanged| (of.route, of.account, of.instrument);
        let known = self.doubts.iter().position(|doubt| place(&doubt.what) == place(change));
        match (known, change.active) {
            // Since when and for what it came into doubt stays; how much it is about may grow.
            (Some(at), true) => self.doubts[at].what = *change,
            // The core has one for each route, account and instrument at most.
            (None, true) => self.doubts.push(Noted { seq, time, what: *change }),
            (Some(at), false) => {
                self.doubts.remove(at);
            }
            (None, false) => {}
        }
    }

    /// What is in doubt, in the order in which it came so.
    pub(super) fn doubts(&self) -> Vec<api::Doubt> {
        let doubt = |noted: &Noted<DoubtChanged>| {
            let Noted { seq, time, what } = noted;
            api::Doubt {
                account: self.account_name(what.account),
                symbol: self.symbol(what.instrument),
                route: self.route_name(what.route),
                cause: what.cause.name().to_owned(),
                text: what.cause.text().to_owned(),
                order: what.order.is_some().then(|| what.order.to_string()),
                contracts: what.contracts,
                since: super::snapshot::time(*time),
                seq: *seq,
            }
        };
        self.doubts.iter().map(doubt).collect()
    }
}
