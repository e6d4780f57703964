//! Whether the platform can trade, as far as the stream tells, and if not, why: the first reason is the
//! one that is shown everywhere.

use super::Projection;
use super::snapshot::time;
use crate::api::PlatformState;
use gauntlet_model::input::{FeedChange, FeedEvent, Input, Route, Scope, SessionChange, Stage};
use gauntlet_model::units::{NANOS_PER_SECOND, UnixNanos};

/// How far the exchange's time may be ahead of ours, and how late all of its data may be within a
/// second: beyond, the machine's clock is wrong, or the data is not live.
pub const AHEAD_MAX_NS: i64 = NANOS_PER_SECOND as i64;
/// See [`AHEAD_MAX_NS`].
pub const LATE_MAX_NS: i64 = 10 * NANOS_PER_SECOND as i64;

/// Why the platform cannot trade.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obstacle {
    /// In one word.
    pub state: PlatformState,
    /// In a sentence: what, and where that helps, what to do.
    pub why: String,
}

impl Obstacle {
    pub(super) fn new(state: PlatformState, why: impl Into<String>) -> Obstacle {
        Obstacle { state, why: why.into() }
    }
}

/// What the exchange's stamps say of our clock.
#[derive(Debug, Default)]
pub(super) struct ClockWatch {
    /// The least that a record of this second was late, in nanoseconds; below zero it was ahead.
    least_ns: Option<i64>,
    /// The same of the last second that had records.
    last_ns: Option<i64>,
}

impl ClockWatch {
    /// Looks at a record of market data.
    pub fn look(&mut self, input: &Input, now: UnixNanos) {
        let stamped = match input {
            Input::Mbo(mbo) => mbo.ts_event,
            Input::Quote(quote) => quote.ts_event,
            Input::Level(level) => level.ts_event,
            Input::Trade(trade) => trade.ts_event,
            _ => return,
        };
        let late_ns = now.0 as i64 - stamped.0 as i64;
        self.least_ns = Some(self.least_ns.map_or(late_ns, |least| least.min(late_ns)));
    }

    /// A second is over.
    pub fn second(&mut self) {
        self.last_ns = self.least_ns.take().or(self.last_ns);
    }

    fn obstacle(&self) -> Option<Obstacle> {
        let late_ns = self.last_ns?;
        let seconds = late_ns.unsigned_abs() as f64 / NANOS_PER_SECOND as f64;
        let why = match late_ns {
            ahead if ahead < -AHEAD_MAX_NS => format!(
                "the exchange's time is {seconds:.1} s ahead of ours: set this machine's clock"
            ),
            late if late > LATE_MAX_NS => format!(
                "market data comes {seconds:.1} s after the exchange's time: this machine's clock is \
                 ahead, or the data is not live"
            ),
            _ => return None,
        };
        Some(Obstacle::new(PlatformState::ClockWrong, why))
    }
}

/// Whether a feed flows, after each of its words.
pub(super) fn flows(before: bool, event: &FeedEvent) -> bool {
    match event.change {
        FeedChange::Connected => true,
        FeedChange::Disconnected | FeedChange::Stale | FeedChange::Ended => false,
        // Something was missed; what comes now comes.
        FeedChange::Gap => before,
    }
}

impl Projection {
    /// Everything that keeps the platform from trading, the most decisive first; nothing when it can
    /// trade.
    pub fn obstacles(&self) -> Vec<Obstacle> {
        use PlatformState::*;
        let Some(run) = &self.run else {
            return vec![Obstacle::new(NotStarted, "no run has started")];
        };
        let mut found = Vec::new();
        if !run.what.self_test_passed {
            found.push(Obstacle::new(SelfTestFailed, "the risk self-test failed: nothing trades"));
        }
        if self.accepted != Some(run.what.config_hash) {
            let why = "the configuration changed and nobody accepted it: `ctl accept-config --reason \
                       TEXT` does";
            found.push(Obstacle::new(ConfigurationChanged, why));
        }
        let killed = self.kills.iter().find(|kill| kill.change.scope == Scope::Platform);
        if let Some(kill) = killed {
            let (actor, reason) = (kill.change.actor, kill.change.reason);
            let why = format!("killed by {actor}{}: {reason}", since(kill.since));
            found.push(Obstacle::new(Killed, why.trim_end_matches([' ', ':'])));
        }
        if self.stop.is_some() {
            found.push(Obstacle::new(Stopping, "an orderly stop is under way"));
        }
        found.extend(self.silent_brokers());
        found.extend(self.missing_copies());
        found.extend(self.silent_feeds());
        found.extend(self.clock.obstacle());
        found
    }

    /// Brokers that orders may go to and that are not logged on: those that are configured, whose accounts people
    /// may trade as well, and those that bots are on the way to.
    fn silent_brokers(&self) -> impl Iterator<Item = Obstacle> + '_ {
        let needed = |route: Route| {
            let mut bots = self.bots.iter().filter_map(|bot| bot.definition());
            self.broker_terms[route].is_some()
                || bots.any(|bot| bot.enabled && bot.stage >= Stage::Canary && bot.route() == route)
        };
        let silent =
            Route::ALL.into_iter().filter(move |route| route.is_broker() && needed(*route));
        silent.filter_map(move |route| {
            let session = self.sessions[route].as_ref();
            let how = match session.map(|session| session.what.change) {
                Some(SessionChange::LoggedOn | SessionChange::MessageRejected) => return None,
                Some(SessionChange::LoggedOut) => "logged out",
                Some(SessionChange::Disconnected) => "disconnected",
                None => "not connected yet",
            };
            let since = session.map_or(String::new(), |of| since(of.time));
            let detail = session.map(|of| of.what.detail).filter(|detail| !detail.is_empty());
            let detail = detail.map_or(String::new(), |detail| format!(" ({detail})"));
            let name = self.route_name(route);
            let why = format!("broker {name} is {how}{since}{detail}: no order reaches it");
            Some(Obstacle::new(PlatformState::BrokerDown, why))
        })
    }

    /// That no market data flows.
    fn silent_feeds(&self) -> Vec<Obstacle> {
        let down = |why: String| Obstacle::new(PlatformState::FeedDown, why);
        if self.feeds.is_empty() {
            return vec![down("market data is not connected yet".to_owned())];
        }
        let silent = self.feeds.iter().filter(|feed| !feed.flows).map(|feed| {
            let event = feed.last.what;
            let detail = match event.detail.is_empty() {
                true => String::new(),
                false => format!(" ({})", event.detail),
            };
            let since = since(feed.last.time);
            let state = super::snapshot::feed_state(event.change);
            down(format!("market data is {state}{since}{detail}"))
        });
        silent.collect()
    }
}

/// Since when something is so, in words. Where the data is the clock nothing has a time before its first record.
fn since(at: UnixNanos) -> String {
    if at == UnixNanos(0) { String::new() } else { format!(" since {}", time(at)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gauntlet_model::ids::InstrumentId;
    use gauntlet_model::input::{Trade, flags};
    use gauntlet_model::units::Price;

    fn watch(late_ms: &[i64]) -> Option<Obstacle> {
        let mut watch = ClockWatch::default();
        let now = UnixNanos(1_700_000_000 * NANOS_PER_SECOND);
        for late in late_ms {
            let ts_event = UnixNanos((now.0 as i64 - late * 1_000_000) as u64);
            watch.look(&trade(ts_event), now);
        }
        watch.second();
        watch.obstacle()
    }

    fn trade(ts_event: UnixNanos) -> Input {
        Input::Trade(Trade {
            instrument: InstrumentId(0),
            side: None,
            flags: flags::LAST,
            price: Price(1),
            size: 1,
            ts_event,
            sequence: 1,
        })
    }

    #[test]
    fn a_clock_is_wrong_that_is_behind_the_exchange_or_far_ahead_of_all_its_data() {
        assert_eq!(watch(&[]), None);
        assert_eq!(watch(&[0, -1_000]), None, "within its bounds");
        assert_eq!(watch(&[10_000]), None, "within its bounds");
        assert!(watch(&[5, -1_001]).expect("behind").why.contains("ahead of ours"));
        assert!(watch(&[10_001, 20_000]).expect("late").why.contains("10.0 s after"));
        assert_eq!(watch(&[20_000, 3]), None, "one old record is not a clock");
    }

    #[test]
    fn what_was_so_before_there_was_a_time_is_so_since_no_time() {
        assert_eq!(since(UnixNanos(0)), "");
        assert_eq!(since(UnixNanos(1)), " since 1970-01-01T00:00:00.000000001Z");
    }
}
