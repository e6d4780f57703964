//! What a timer makes due: stale data, answers that did not come, orders that waited too long, exits
//! that are not done.

use crate::message::ToOrders;
use gauntlet_model::effect::{Effect, MarketBlock, MarketFault};
use gauntlet_model::order::{ENQUIRE_EVERY_SECONDS, Order};

use super::Risk;

impl Risk {
    pub(super) fn on_timer(&mut self, second: u64, out: &mut impl FnMut(ToOrders)) {
        self.audit(second);
        self.note_stale_data(out);
        self.tell_ends_near(out);
        let now = self.now;
        self.end_with_session();
        if second.is_multiple_of(ENQUIRE_EVERY_SECONDS) {
            self.for_each_order(|known| !known.found, Order::on_enquiry);
        }
        self.for_each_order(
            |known| known.order.is_overdue(now),
            |order, moment| {
                order.on_timer(moment);
            },
        );
        self.count_questions();
        self.tend_reconciliation(second, out);
        self.watch_traffic(second, out);
        self.tend_copies(out);
        self.tend_cash(out);
        for bot in self.registry.bots_mut() {
            bot.attempted = false;
        }
        self.end_raises(out);
        self.losses.due = true;
        self.tend_held(out);
        self.tend_parents(out);
        if self.bars_any() {
            self.round.begin_enforcing(false);
        }
        self.round.begin_tending();
    }

    /// R11: the journal learns when an instrument's data became stale and when it no longer is. The
    /// check itself looks at the age at the moment of the order.
    fn note_stale_data(&mut self, out: &mut impl FnMut(ToOrders)) {
        let now = self.now;
        for known in self.registry.instruments_mut() {
            let limit = known.definition.limits.stale_after_ms as u64 * 1_000_000;
            let stale = limit > 0 && known.age(now).is_some_and(|age| age > limit);
            if stale == known.stale {
                continue;
            }
            known.stale = stale;
            out(ToOrders::Effect(Effect::MarketBlock(MarketBlock {
                instrument: known.definition.instrument,
                fault: MarketFault::Stale,
                blocked: stale,
            })));
        }
    }
}
