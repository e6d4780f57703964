//! What is counted of one instrument.

use super::HOLE_NS;
use gauntlet_model::calendar::Calendar;
use gauntlet_model::input::SessionMode;
use gauntlet_model::instrument::Symbol;
use gauntlet_model::units::{NANOS_PER_SECOND, Price, UnixNanos};
use serde::Serialize;
use std::collections::BTreeMap;

/// Holes that are shown, longest first.
const HOLES_SHOWN: usize = 5;

/// Numbers of an instrument that are kept.
const IDS_KEPT: usize = 64;

/// A stretch of session time without a record.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Hole {
    /// The record before, in RFC 3339; for bars its end.
    pub from: String,
    /// The record after.
    pub to: String,
    /// Session time in between, in seconds.
    pub seconds: f64,
}

/// What a file holds of an instrument.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct InstrumentTally {
    /// Its symbol; the vendor's number where the file does not name it.
    pub symbol: String,
    /// The vendor's numbers of it, as far as the file has them, in the order of their first records.
    pub instrument_ids: Vec<u32>,
    /// Length of its bars in seconds, where its records are bars.
    pub bar_seconds: Option<u32>,
    /// Records by type, and by action where they have one.
    pub records: BTreeMap<&'static str, u64>,
    /// The first event's time, in RFC 3339; `None` for records without events, such as snapshots.
    pub first: Option<String>,
    /// The last one's.
    pub last: Option<String>,
    /// Lowest price traded, in whole units.
    pub low: Option<String>,
    /// Highest price traded.
    pub high: Option<String>,
    /// Contracts traded.
    pub volume: u64,
    /// Records whose time lies before that of an earlier one.
    pub times_backwards: u64,
    /// Records whose vendor sequence lies before that of an earlier one, snapshots left out.
    pub sequence_backwards: u64,
    /// Records that say that the vendor lost messages before them.
    pub marked_lost: u64,
    /// Holes in session time; `None` where the hours of the instrument are not known.
    pub holes: Option<u64>,
    /// The longest of them.
    pub longest_holes: Vec<Hole>,
}

/// Counts an instrument's records as they come.
pub(super) struct Tally {
    symbol: String,
    ids: Vec<u32>,
    bar_seconds: Option<u32>,
    records: BTreeMap<&'static str, u64>,
    first: Option<UnixNanos>,
    last: UnixNanos,
    /// Until when the last record tells: its time, or for bars their end.
    told_until: UnixNanos,
    prices: Option<(Price, Price)>,
    volume: u64,
    times_backwards: u64,
    sequence: u32,
    sequence_backwards: u64,
    marked_lost: u64,
    hole_ns: u64,
    calendar: Option<&'static Calendar>,
    holes: u64,
    longest: Vec<(u64, UnixNanos, UnixNanos)>,
}

impl Tally {
    /// Nothing yet. `near` tells the decade of the symbol's year.
    pub fn new(symbol: String, near: UnixNanos) -> Tally {
        let calendar = hours(&symbol, near);
        Tally {
            symbol,
            ids: Vec::new(),
            bar_seconds: None,
            records: BTreeMap::new(),
            first: None,
            last: UnixNanos(0),
            told_until: UnixNanos(0),
            prices: None,
            volume: 0,
            times_backwards: 0,
            sequence: 0,
            sequence_backwards: 0,
            marked_lost: 0,
            hole_ns: HOLE_NS,
            calendar,
            holes: 0,
            longest: Vec::with_capacity(HOLES_SHOWN + 1),
        }
    }

    /// The records are bars of this length. Those of a minute or more leave a hole where one does
    /// not follow on the other; shorter ones are often missing in a quiet market.
    pub fn are_bars(&mut self, seconds: u32) {
        if self.bar_seconds.is_none() && seconds >= 60 {
            self.hole_ns = 0;
        }
        self.bar_seconds = Some(seconds);
    }

    /// The records are events. Where bars are among them, they do not tell how far apart all are.
    pub fn are_events(&mut self) {
        self.hole_ns = HOLE_NS;
        self.bar_seconds.get_or_insert(0);
    }

    /// The vendor's number that a record has.
    pub fn id(&mut self, id: u32) {
        if self.ids.last() != Some(&id) && !self.ids.contains(&id) && self.ids.len() < IDS_KEPT {
            self.ids.push(id);
        }
    }

    pub fn count(&mut self, what: &'static str) {
        *self.records.entry(what).or_default() += 1;
    }

    /// An event of this time, which tells of everything for so long after it.
    pub fn at(&mut self, ts_event: UnixNanos, lasts: u64) {
        if self.first.is_none() {
            self.first = Some(ts_event);
        } else {
            self.times_backwards += u64::from(ts_event < self.last);
            self.look_for_hole(ts_event);
        }
        self.last = self.last.max(ts_event);
        self.told_until = self.told_until.max(ts_event.plus(lasts));
    }

    fn look_for_hole(&mut self, to: UnixNanos) {
        let from = self.told_until;
        let Some(calendar) = self.calendar else { return };
        if to.since(from) <= self.hole_ns {
            return;
        }
        let open = session_ns(calendar, from, to);
        if open <= self.hole_ns {
            return;
        }
        self.holes += 1;
        self.longest.push((open, from, to));
        // Of equally long ones the first is kept.
        self.longest.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        self.longest.truncate(HOLES_SHOWN);
    }

    pub fn sequence(&mut self, sequence: u32, is_snapshot: bool, is_marked: bool) {
        self.marked_lost += u64::from(is_marked);
        if sequence != 0 && !is_snapshot {
            self.sequence_backwards += u64::from(sequence < self.sequence);
            self.sequence = sequence;
        }
    }

    pub fn traded(&mut self, low: Price, high: Price, volume: u64) {
        if low.is_some() && high.is_some() {
            let (lowest, highest) = self.prices.unwrap_or((low, high));
            self.prices = Some((lowest.min(low), highest.max(high)));
        }
        self.volume = self.volume.saturating_add(volume);
    }

    pub fn finish(self) -> InstrumentTally {
        let longest_holes = self.longest.iter().map(|(nanos, from, to)| Hole {
            from: from.to_string(),
            to: to.to_string(),
            seconds: *nanos as f64 / NANOS_PER_SECOND as f64,
        });
        InstrumentTally {
            longest_holes: longest_holes.collect(),
            symbol: self.symbol,
            instrument_ids: self.ids,
            bar_seconds: self.bar_seconds.filter(|seconds| *seconds > 0),
            records: self.records,
            first: self.first.map(|first| first.to_string()),
            last: self.first.map(|_| self.last.to_string()),
            low: self.prices.map(|(low, _)| low.to_string()),
            high: self.prices.map(|(_, high)| high.to_string()),
            volume: self.volume,
            times_backwards: self.times_backwards,
            sequence_backwards: self.sequence_backwards,
            marked_lost: self.marked_lost,
            holes: self.calendar.map(|_| self.holes),
        }
    }
}

/// When an instrument trades, where its symbol tells.
fn hours(symbol: &str, near: UnixNanos) -> Option<&'static Calendar> {
    const NANOS_PER_YEAR: u64 = 31_556_952 * NANOS_PER_SECOND;
    let year = 1970 + near.0 / NANOS_PER_YEAR;
    // The contract of a continuous symbol has its number behind it.
    let symbol = symbol.split_once('#').map_or(symbol, |(symbol, _)| symbol);
    let symbol = Symbol::parse(symbol, u16::try_from(year).ok()?).ok()?;
    Some(Calendar::of_product(symbol.product().code))
}

/// How much of a span of time the sessions cover.
fn session_ns(calendar: &Calendar, from: UnixNanos, to: UnixNanos) -> u64 {
    let (mut nanos, mut at) = (0, from);
    while at < to {
        match calendar.session_at(SessionMode::Full24x5, at) {
            Some(span) => {
                let end = span.close.min(to);
                nanos += end.since(at);
                at = end;
            }
            None => match calendar.next_open(SessionMode::Full24x5, at) {
                Some(open) => at = open,
                None => break,
            },
        }
    }
    nanos
}
