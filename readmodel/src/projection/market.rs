//! What is known of one instrument's market.

use super::Noted;
use gauntlet_engine::ends::ContractEnd;
use gauntlet_model::effect::{Mark, MarketBlock, MarketFault, MarketQuality};
use gauntlet_model::input::{ContractRule, InstrumentDefinition};
use gauntlet_model::instrument::EndTimes;
use gauntlet_model::text::Text;
use gauntlet_model::units::{Money, Price, UnixNanos};

/// An instrument.
#[derive(Debug, Default)]
pub(super) struct InstrumentState {
    pub definition: Option<InstrumentDefinition>,
    /// When its contract ends, where that was told in this run.
    pub end: Option<ContractEnd>,
    pub mark: Option<Noted<Mark>>,
    pub quality: Option<MarketQuality>,
    /// By [`MarketFault`].
    blocked: [bool; MarketFault::ALL.len()],
    /// How often each came, by [`MarketFault`].
    faults: [u64; MarketFault::ALL.len()],
}

impl InstrumentState {
    /// Takes a rule about its contract's end.
    pub fn ends(&mut self, rule: &ContractRule, now: UnixNanos) {
        let symbol = self.definition.map_or(Text::EMPTY, |definition| definition.symbol);
        self.end = Some(ContractEnd::new(rule, symbol.as_str(), now));
    }

    /// The exchange says when its contract trades last.
    pub fn hears_end(&mut self, expiration: UnixNanos, now: UnixNanos) {
        if let (Some(end), Some(definition)) = (&mut self.end, &self.definition) {
            end.hear(expiration, definition.symbol.as_str(), now);
        }
    }

    /// Works out when its contract ends, once the time is known.
    pub fn settle_end(&mut self, now: UnixNanos) {
        if let (Some(end), Some(definition)) = (&mut self.end, &self.definition) {
            end.settle(definition.symbol.as_str(), now);
        }
    }

    /// The moments of its contract's end.
    pub fn end_times(&self) -> Option<&EndTimes> {
        self.end.as_ref().and_then(ContractEnd::times)
    }

    pub fn block(&mut self, block: &MarketBlock) {
        self.blocked[block.fault as usize] = block.blocked;
        self.faults[block.fault as usize] += u64::from(block.blocked);
    }

    /// The faults that came so far, and how often.
    pub fn faults(&self) -> impl Iterator<Item = (MarketFault, u64)> + '_ {
        let counted =
            MarketFault::ALL.into_iter().map(|fault| (fault, self.faults[fault as usize]));
        counted.filter(|(_, count)| *count > 0)
    }

    /// Why orders are blocked.
    pub fn blocks(&self) -> impl Iterator<Item = MarketFault> {
        MarketFault::ALL.into_iter().filter(|fault| self.blocked[*fault as usize])
    }

    /// The records so far that were odd in some way, by way.
    pub fn oddities(&self) -> Vec<(&'static str, u64)> {
        let Some(quality) = &self.quality else { return Vec::new() };
        let all = [
            ("ignored", quality.ignored),
            ("out_of_sequence", quality.out_of_sequence),
            ("off_band", quality.off_band),
            ("bad_prices", quality.bad_prices),
            ("backward_times", quality.backward_times),
            ("implausible_times", quality.implausible_times),
            ("malformed", quality.malformed),
            ("late_trades", quality.late_trades),
            ("unknown_orders", quality.unknown_orders),
        ];
        all.into_iter().filter(|(_, count)| *count > 0).collect()
    }

    pub fn multiplier(&self) -> Money {
        self.definition.map_or(Money(0), |definition| definition.multiplier)
    }

    /// The price that closing a position of so many contracts would meet: longs the bid, shorts the
    /// ask.
    pub fn closing_price(&self, qty: i32) -> Price {
        let Some(mark) = &self.mark else { return Price::NONE };
        if qty < 0 { mark.what.top.ask } else { mark.what.top.bid }
    }
}
