//! What makes an instrument's data unfit, and what makes it fit again.

use super::super::MarketOutput;
use super::super::clock::TimeQuality;
use super::super::hearing::Schema;
use super::Market;
use gauntlet_model::effect::{Alert, AlertKind, Effect, MarketBlock, MarketFault};
use gauntlet_model::ids::ClOrdId;
use gauntlet_model::input::{Listing, Scope, TopOfBook};
use gauntlet_model::text::Text;
use gauntlet_model::units::{Price, UnixNanos};

/// The faults that make the data itself unfit to trade on.
pub(in crate::market) const UNFIT: [MarketFault; 7] = [
    MarketFault::NoFeed,
    MarketFault::Gap,
    MarketFault::Stale,
    MarketFault::OffBand,
    MarketFault::BadPrice,
    MarketFault::TimeBackwards,
    MarketFault::Definition,
];

/// The faults of the line: nothing comes by it.
const SILENT: [MarketFault; 2] = [MarketFault::NoFeed, MarketFault::Stale];

impl Market {
    pub fn list(&mut self, listing: &Listing, out: &mut impl FnMut(MarketOutput)) {
        self.listing = Some(*listing);
        self.band.set_limits(listing.low_limit, listing.high_limit);
        self.compare(out);
        self.publish(out);
    }

    /// Compares the exchange's definition with ours, and says what differs.
    pub(super) fn compare(&mut self, out: &mut impl FnMut(MarketOutput)) {
        let Some(listing) = &self.listing else { return };
        let (tick, multiplier) = (self.definition.tick, self.definition.multiplier);
        match listing.disagreement(tick, multiplier) {
            Some(disagreement) => self.refuse(Text::format(format_args!("{disagreement}")), out),
            None => self.faults.set(MarketFault::Definition, false),
        }
    }

    fn refuse(&mut self, text: Text<64>, out: &mut impl FnMut(MarketOutput)) {
        self.faults.set(MarketFault::Definition, true);
        out(MarketOutput::Effect(Effect::Alert(Alert {
            kind: AlertKind::Definition,
            scope: Scope::Instrument(self.view.instrument),
            cl_ord_id: ClOrdId::NONE,
            ord_status: None,
            text,
        })));
    }

    pub(super) fn check_expiration(&mut self, time: UnixNanos, out: &mut impl FnMut(MarketOutput)) {
        let Some(listing) = &self.listing else { return };
        let is_over = listing.expiration != UnixNanos(0) && listing.expiration <= time;
        if is_over && !self.has_fault(MarketFault::Definition) {
            self.refuse(Text::new("the contract has expired"), out);
            self.publish(out);
        }
    }

    /// Follows the exchange's clock.
    pub(super) fn hear_time(&mut self, ts_event: UnixNanos, now: UnixNanos) {
        match self.clock.hear(ts_event, now) {
            TimeQuality::Forwards => {}
            TimeQuality::Backwards => self.counters.backward_times += 1,
            TimeQuality::Implausible => self.counters.implausible_times += 1,
        }
        self.faults.set(MarketFault::TimeBackwards, self.clock.runs_backwards());
    }

    /// Takes the top that an event left behind.
    pub(super) fn settle(&mut self, top: TopOfBook, now: UnixNanos) {
        let prices = (self.view.top.bid, self.view.top.ask);
        if prices != (top.bid, top.ask) && !(self.grid.holds(top.bid) && self.grid.holds(top.ask)) {
            return self.doubt_price();
        }
        let crossed = top.is_crossed_or_locked();
        if top.is_two_sided() && !crossed {
            let mid = top.mid();
            if !self.band.holds(mid) && !self.confirm(mid, now) {
                return;
            }
            // The first center must not come from a book that is still almost empty.
            if self.band.is_known() || self.band.would_hold(mid, top.bid) {
                self.band.center(mid);
                self.off_band = false;
            }
        } else if !top.is_two_sided() {
            let mut prices = [top.bid, top.ask].into_iter().filter(|price| price.is_some());
            if prices.any(|price| !self.band.holds(price)) {
                return self.leave_band();
            }
        }
        self.bad_price = false;
        // After a trade off the band, only a top that shows where the market is ends the doubt.
        if !self.off_band {
            self.view.top = top;
            self.faults.set(MarketFault::Crossed, crossed);
        }
    }

    /// Takes a price off the band. True when with it the market has confirmed that it is there now.
    pub(super) fn confirm(&mut self, price: Price, now: UnixNanos) -> bool {
        let is_confirmed = self.band.confirm(price, now);
        if is_confirmed {
            self.off_band = false;
        } else {
            self.leave_band();
        }
        is_confirmed
    }

    fn leave_band(&mut self) {
        self.counters.off_band += 1;
        self.off_band = true;
        self.hide_top();
    }

    pub(super) fn doubt_price(&mut self) {
        self.counters.bad_prices += 1;
        self.bad_price = true;
        self.hide_top();
    }

    /// Gives out what changed since it was last given out.
    pub fn publish(&mut self, out: &mut impl FnMut(MarketOutput)) {
        let unbuilt = self.hearing.schema() == Schema::Orders && !self.book.is_complete();
        self.faults.set(MarketFault::Gap, self.lost || unbuilt);
        self.faults.set(MarketFault::OffBand, self.off_band);
        self.faults.set(MarketFault::BadPrice, self.bad_price);
        self.view.gapped = self.faults.has_any(&UNFIT);
        self.view.live = !self.faults.has_any(&SILENT);
        let instrument = self.view.instrument;
        self.faults.announce(|fault, blocked| {
            let block = MarketBlock { instrument, fault, blocked };
            out(MarketOutput::Effect(Effect::MarketBlock(block)));
        });
        if self.published != Some(self.view) {
            self.published = Some(self.view);
            out(MarketOutput::View(self.view));
        }
    }
}
