//! When an instrument's contract ends, worked out once the stream's time is known.
//!
//! An exchange's symbol has one digit of the year, so which contract it is depends on the day; and where
//! the market data drives the clock, the day is known with the first data only. What the exchange says of
//! the last trading time counts before the product's rule.

use gauntlet_model::input::ContractRule;
use gauntlet_model::instrument::{Contract, EndRule, EndTimes, contract_near};
use gauntlet_model::units::{NANOS_PER_SECOND, UnixNanos};

/// Before this the stream has no time yet: 1 January 2000.
const KNOWN_FROM: UnixNanos = UnixNanos(946_684_800 * NANOS_PER_SECOND);

/// The end of an instrument's contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContractEnd {
    rule: ContractRule,
    /// When it trades last by the exchange's word.
    told: Option<UnixNanos>,
    times: Option<EndTimes>,
}

impl ContractEnd {
    /// As a rule says, worked out at once where the time is known.
    pub fn new(rule: &ContractRule, symbol: &str, now: UnixNanos) -> ContractEnd {
        let mut end = ContractEnd { rule: *rule, told: None, times: None };
        end.settle(symbol, now);
        end
    }

    /// Takes the exchange's word on when it trades last; 0 says nothing.
    pub fn hear(&mut self, expiration: UnixNanos, symbol: &str, now: UnixNanos) {
        if expiration != UnixNanos(0) && self.told != Some(expiration) {
            (self.told, self.times) = (Some(expiration), None);
            self.settle(symbol, now);
        }
    }

    /// Works out the moments, unless that is done or the time is not known. A rule that leaves no day to
    /// go out on is no rule, and a symbol that is no contract has no end: neither ever has moments.
    pub fn settle(&mut self, symbol: &str, now: UnixNanos) {
        if self.times.is_some() || now < KNOWN_FROM || self.rule.out_days == 0 {
            return;
        }
        let meant = contract_near(symbol, now).map(|meant| match self.rule.year {
            0 => meant,
            year => Contract { year, ..meant },
        });
        let days = |days: u8| (days != ContractRule::OF_PRODUCT).then_some(days);
        let rule = EndRule {
            no_opening_days: days(self.rule.no_opening_days),
            out_days: days(self.rule.out_days),
            warn_days: days(self.rule.warn_days),
        };
        self.times = meant.map(|meant| meant.end_times(rule, self.told));
    }

    /// Its moments; `None` while they are not known.
    pub fn times(&self) -> Option<&EndTimes> {
        self.times.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gauntlet_model::ids::InstrumentId;

    const PRODUCT: ContractRule = ContractRule {
        instrument: InstrumentId(0),
        year: 0,
        no_opening_days: ContractRule::OF_PRODUCT,
        out_days: ContractRule::OF_PRODUCT,
        warn_days: ContractRule::OF_PRODUCT,
    };

    fn now() -> UnixNanos {
        UnixNanos::parse_rfc3339("2026-11-16T14:30:00Z").expect("a time")
    }

    fn ends_at(end: &ContractEnd) -> Option<String> {
        end.times().map(|times| times.end.to_string()[..16].to_owned())
    }

    #[test]
    fn a_contract_is_the_one_of_the_streams_decade_unless_its_year_is_told() {
        let end = |rule| ends_at(&ContractEnd::new(&rule, "ESZ6", now()));
        assert_eq!(end(PRODUCT).as_deref(), Some("2026-12-18T14:30"));
        let told = ContractRule { year: 2036, ..PRODUCT };
        assert_eq!(end(told).as_deref(), Some("2036-12-19T14:30"));
        let none = ContractRule { out_days: 0, ..PRODUCT };
        assert_eq!(end(none), None, "no day to go out on");
    }

    #[test]
    fn without_a_time_or_a_contract_there_is_no_end() {
        let mut end = ContractEnd::new(&PRODUCT, "ESZ6", UnixNanos(5));
        assert_eq!(end.times(), None);
        end.settle("ESZ6", now());
        assert!(end.times().is_some());
        assert_eq!(ContractEnd::new(&PRODUCT, "NONE", now()).times(), None);
    }

    #[test]
    fn the_exchanges_word_moves_the_end_and_silence_does_not() {
        let mut end = ContractEnd::new(&PRODUCT, "ESZ6", now());
        let before = end;
        end.hear(UnixNanos(0), "ESZ6", now());
        assert_eq!(end, before);
        let thursday = UnixNanos::parse_rfc3339("2026-12-17T14:30:00Z").expect("a time");
        end.hear(thursday, "ESZ6", now());
        assert_eq!(ends_at(&end).as_deref(), Some("2026-12-17T14:30"));
        // Heard before the stream has a time, it counts once there is one.
        let mut early = ContractEnd::new(&PRODUCT, "ESZ6", UnixNanos(0));
        early.hear(thursday, "ESZ6", UnixNanos(1));
        assert_eq!(ends_at(&early), None);
        early.settle("ESZ6", now());
        assert_eq!(ends_at(&early).as_deref(), Some("2026-12-17T14:30"));
    }
}
