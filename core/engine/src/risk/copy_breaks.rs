//! R25: differences from drop copies as they stand: listed, told, and the places that they block.

use crate::message::ToOrders;
use gauntlet_model::effect::{AlertKind, Break, DoubtCause, Effect};
use gauntlet_model::ids::{ACCOUNTS_MAX, AccountId, ClOrdId};
use gauntlet_model::input::Scope;
use gauntlet_model::text::Text;
use gauntlet_model::units::NANOS_PER_SECOND;

use super::exposure::Place;
use super::{Risk, alert};

impl Risk {
    /// Lists a difference, tells a person, and lets nothing open in its place. The broker is asked what is
    /// held there.
    pub(super) fn list_copy_break(
        &mut self,
        what: Break,
        seq: u64,
        out: &mut impl FnMut(ToOrders),
    ) {
        let noted = self.reconciliation.note(what, seq, true);
        self.copies.blocking += usize::from(noted.blocks_now);
        if noted.is_full {
            self.doubt_copied(&what, out);
            if !std::mem::replace(&mut self.copies.told_full, true) {
                let text = "more differences from the drop copies than can be listed";
                alert(AlertKind::TableFull, Scope::Platform, text, out);
            }
        }
        if noted.is_news {
            out(ToOrders::Effect(Effect::Break(what)));
        }
        if noted.blocks_now || noted.is_full {
            let Break { class, ours, theirs, .. } = what;
            let text =
                Text::<64>::format(format_args!("{}: ours {ours}, theirs {theirs}", class.name()));
            let scope = what.account.map_or(Scope::Platform, Scope::Account);
            alert(AlertKind::Break, scope, text.as_str(), out);
            let desk = &mut self.reconciliation.desks[what.route];
            desk.look_again.get_or_insert(self.now.plus(NANOS_PER_SECOND));
        }
        self.for_each_copied_place(&what, |risk, place| {
            if let Some(doubt) = risk.doubts.raise_break(place, DoubtCause::DropCopy, 0) {
                risk.tell_raised(place, &doubt, out);
            }
        });
    }

    /// Puts the places of a difference that nobody can follow any more in doubt until a person settles it.
    pub(super) fn doubt_copied(&mut self, what: &Break, out: &mut impl FnMut(ToOrders)) {
        self.for_each_copied_place(what, |risk, place| {
            risk.raise(place, DoubtCause::DropCopy, ClOrdId::NONE, 0, out);
        });
    }

    /// The places that a difference is about: an account that is not told may be any that trades there.
    fn for_each_copied_place(&mut self, what: &Break, mut each: impl FnMut(&mut Risk, Place)) {
        let known = what.instrument.filter(|of| self.registry.instrument(*of).is_some());
        let Some(instrument) = known else { return };
        for account in (0..ACCOUNTS_MAX as u16).map(AccountId) {
            let here = match what.account {
                Some(of) => of == account,
                None => self.trades_by(what.route, account),
            };
            if here && self.registry.account(account).is_some() {
                each(self, Place { route: what.route, account, instrument });
            }
        }
    }

    pub(super) fn is_blocked_by_copy(&self, place: Place) -> bool {
        self.reconciliation.breaks.iter().any(|known| {
            let what = &known.what;
            what.class.is_of_copies()
                && (what.route, what.instrument) == (place.route, Some(place.instrument))
                && what.account.is_none_or(|of| of == place.account)
        })
    }

    /// Differences are settled: they are told so, and places that no other concerns are known again.
    pub(super) fn settle_copy_breaks(
        &mut self,
        which: impl Fn(&Break) -> bool,
        rule: &str,
        out: &mut impl FnMut(ToOrders),
    ) {
        let is_meant = |what: &Break| what.class.is_of_copies() && which(what);
        while let Some(at) =
            self.reconciliation.breaks.iter().position(|known| is_meant(&known.what))
        {
            let gone = self.reconciliation.breaks.remove(at).what;
            self.copies.blocking = self.copies.blocking.saturating_sub(1);
            out(ToOrders::Effect(Effect::Break(Break { active: false, ..gone })));
            self.for_each_copied_place(&gone, |risk, place| {
                if risk.is_blocked_by_copy(place) {
                    return;
                }
                if let Some(doubt) = risk.doubts.settle_break(place, DoubtCause::DropCopy) {
                    risk.tell_settled(place, &doubt, rule, out);
                }
            });
        }
    }
}
