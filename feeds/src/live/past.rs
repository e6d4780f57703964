//! The minutes before a session: asked for first, so that series of bars are complete when the market
//! is first heard.
//!
//! A session that wants history subscribes to the vendor's one-minute bars from a start on, and to
//! what else is replayed; when the gateway says that the replay has caught up, it subscribes to the market.
//! Then the bars go on as they are finished: they complete the minute in which the market was joined.
//! The first session asks for as much as is configured, later ones for what came since the last bar
//! and [`OVERLAP_NS`] before it, which shows the core that nothing lies between. A session that streams can
//! replay nothing for a symbol that joins it: the next one asks anew for as much as is configured.
//!
//! History is worth waiting for, but not at any price: after [`PATIENCE_NS`], after [`MINUTES_MAX`] minutes
//! an instrument, or when the gateway refuses it, the market is subscribed to without it.

use crate::protocol::{self, Subscription};
use dbn::{RecordRef, Schema, SystemCode, SystemMsg, rtype};
use gauntlet_model::input::{Input, Ohlcv};
use gauntlet_model::units::{NANOS_PER_MINUTE, NANOS_PER_SECOND, UnixNanos};

/// Longest history that can be asked for, in hours: a gateway keeps no more.
pub const HISTORY_HOURS_MAX: u32 = 24;
/// How long a replay may take.
pub(super) const PATIENCE_NS: u64 = 20 * NANOS_PER_SECOND;
/// Minutes of one instrument that a replay may bring: those of two weeks. Databento's brings a day's,
/// other gateways may have more.
const MINUTES_MAX: u64 = 14 * 24 * 60;
/// How much of what is known is asked for again.
const OVERLAP_NS: u64 = 3 * NANOS_PER_MINUTE;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Not asked for in this session.
    Off,
    /// Asked for, and not all told.
    Asking,
    /// Not waited for any longer; what still comes of it is left out.
    GivenUp,
    /// Told.
    Told,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Past {
    hours: u32,
    /// The one-minute bars of every symbol of the market's subscriptions.
    subscription: Subscription,
    /// Whether the one-minute bars are what the market is followed by.
    is_market: bool,
    minutes_max: u64,
    state: State,
    /// Minutes that this session's replay brought.
    minutes: u64,
    /// Schemas whose replay is not told yet.
    replays: usize,
    /// Everything that ended up to here was told.
    told_until: Option<UnixNanos>,
    latest: UnixNanos,
}

impl Past {
    /// What a feed with these subscriptions asks for.
    pub fn new(hours: u32, market: &[Subscription], instruments: usize) -> Past {
        let mut symbols: Vec<String> = Vec::new();
        for symbol in market.iter().flat_map(|subscription| &subscription.symbols) {
            if !symbols.contains(symbol) {
                symbols.push(symbol.clone());
            }
        }
        let stype_in = market.first().map_or(dbn::SType::RawSymbol, |first| first.stype_in);
        let subscription = Subscription { stype_in, ..Subscription::raw(Schema::Ohlcv1M, symbols) };
        Past {
            hours,
            is_market: market.iter().any(|s| s.schema == Schema::Ohlcv1M),
            subscription,
            minutes_max: MINUTES_MAX * instruments as u64,
            state: State::Off,
            minutes: 0,
            replays: 0,
            told_until: None,
            latest: UnixNanos(0),
        }
    }

    /// A later session asks for one more symbol, or for one less.
    pub fn change(&mut self, symbol: &str, follows: bool) {
        self.subscription.change(symbol, follows);
        if follows {
            self.minutes_max += MINUTES_MAX;
            // Of this one nothing was told yet: the next session asks for all that is configured.
            self.told_until = None;
        }
    }

    /// A session begins: what it says first, or `None` if it goes to the market at once. `now` is the
    /// wall clock.
    pub fn begin(&mut self, now: UnixNanos, market: &[Subscription]) -> Option<String> {
        (self.state, self.minutes) = (State::Off, 0);
        self.replays = 1 + market.iter().filter(|s| s.replay).count();
        if self.hours == 0 {
            return None;
        }
        self.state = State::Asking;
        let start = match self.told_until {
            Some(until) => until.0.saturating_sub(OVERLAP_NS),
            // All that there is: where the market was closed, that is less than a day.
            None if self.hours == HISTORY_HOURS_MAX => 0,
            None => now.0.saturating_sub(u64::from(self.hours) * 60 * NANOS_PER_MINUTE),
        };
        Some(protocol::history(&self.subscription, start, market.iter().filter(|s| s.replay)))
    }

    /// Whether the market waits for it.
    pub fn is_asking(&self) -> bool {
        self.state == State::Asking
    }

    /// The market's subscriptions that are still to be made once it is told.
    pub fn leaves(market: &[Subscription]) -> impl Iterator<Item = &Subscription> {
        market.iter().filter(|s| !s.replay && s.schema != Schema::Ohlcv1M)
    }

    /// Looks whether a record ends the replay.
    pub fn hear(&mut self, record: &RecordRef<'_>) {
        if record.header().rtype != rtype::SYSTEM {
            return;
        }
        let Ok(said) = record.try_get::<SystemMsg>() else { return };
        if !said.code().is_ok_and(|code| code == SystemCode::ReplayCompleted) {
            return;
        }
        // One for each schema that is replayed; where it does not say which, the last one counts.
        self.replays = self.replays.saturating_sub(1);
        let names_it = said.msg().is_ok_and(|text| text.contains(Schema::Ohlcv1M.as_str()));
        let is_end = names_it || self.replays == 0;
        if is_end && matches!(self.state, State::Asking | State::GivenUp) {
            if self.state == State::Asking {
                self.told_until = self.told_until.max(Some(self.latest));
            }
            self.state = State::Told;
        }
    }

    /// Stops waiting.
    pub fn give_up(&mut self) {
        self.state = State::GivenUp;
    }

    /// The gateway does not serve it: it is not asked for again.
    pub fn refused(&mut self) {
        (self.hours, self.state) = (0, State::Off);
    }

    /// Whether it has brought more than it may.
    pub fn is_too_much(&self) -> bool {
        self.state == State::Asking && self.minutes > self.minutes_max
    }

    /// What an input is to the core: a bar of the replay, or one beside a market that is followed by
    /// more than bars, is history. `None` if it is left out.
    pub fn sort(&mut self, input: Input) -> Option<Input> {
        let Input::Ohlcv(bar @ Ohlcv { seconds: 60, ts_open, .. }) = input else {
            return Some(input);
        };
        let end = UnixNanos(ts_open.0.saturating_add(NANOS_PER_MINUTE));
        match self.state {
            State::Off => return Some(input),
            State::GivenUp => return None,
            State::Asking => {
                self.minutes += 1;
                self.latest = self.latest.max(end);
            }
            State::Told => {
                self.latest = self.latest.max(end);
                if let Some(until) = &mut self.told_until {
                    *until = (*until).max(end);
                }
                if self.is_market {
                    return Some(input);
                }
            }
        }
        Some(Input::History(bar))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_symbol_that_joined_a_session_has_its_whole_past_asked_for_by_the_next_one() {
        let market = [Subscription::raw(Schema::Trades, ["ESZ6"])];
        let mut past = Past::new(7, &market, 1);
        let now = UnixNanos(1_794_841_200_000_000_000);
        let hours = format!("|start={}|", now.0 - 7 * 60 * NANOS_PER_MINUTE);
        let begins = |past: &mut Past| past.begin(now, &market).expect("history is wanted");
        assert!(begins(&mut past).contains(&hours));
        past.told_until = Some(now);
        let overlap = format!("|start={}|", now.0 - OVERLAP_NS);
        assert!(begins(&mut past).contains(&overlap));
        past.change("ESZ6", false);
        assert!(begins(&mut past).contains(&overlap), "one that leaves misses nothing");
        past.change("ESH7", true);
        let asked = begins(&mut past);
        assert!(asked.contains(&hours) && asked.contains("ESH7"), "{asked}");
    }
}
