//! Doing the faults to the records.

use super::fault::FaultKind;
use super::plan::{FilePlan, PlannedFault};
use super::record::Rec;
use dbn::{UNDEF_PRICE, UNDEF_TIMESTAMP, flags};
use gauntlet_core::units::{NANOS_PER_MINUTE, NANOS_PER_SECOND, UnixNanos};
use std::collections::BTreeSet;

/// How long data is away, and how far a time goes back.
const AWAY_NS: u64 = 5 * NANOS_PER_MINUTE;
/// How long after a gap an instrument's first record is marked.
const MARKS_NS: u64 = 60 * NANOS_PER_MINUTE;
/// How long a book stays crossed.
const CROSSED_NS: u64 = NANOS_PER_SECOND;
/// Records in a row whose time goes back: more than a market forgives.
const BACKWARDS: u32 = 20;
/// Identity of the order that crosses a book: none that the market gives.
const CROSSING_ORDER: u64 = 0xfa17_0000_0000_0001;

/// How far a fault is.
#[derive(Clone, Debug)]
enum Phase {
    Waits,
    /// Until a time; instruments that are marked already, or the record that is kept.
    Until(UnixNanos),
    /// So many more records.
    Left(u32),
    /// Holds a record back.
    Holds(Box<Rec>),
    Over,
}

#[derive(Debug)]
struct Fault {
    kind: FaultKind,
    at: UnixNanos,
    phase: Phase,
    /// Instruments whose first record after a gap was marked.
    marked: BTreeSet<u32>,
    ids: BTreeSet<u32>,
    /// By instrument: the last bar before a pause.
    last: Vec<Rec>,
    /// Price steps by instrument.
    ticks: Vec<(u32, i64)>,
}

/// All faults of a file.
#[derive(Debug)]
pub(super) struct Faults {
    faults: Vec<Fault>,
    cut: bool,
}

impl Faults {
    pub fn new(plan: &FilePlan) -> Faults {
        let segments = plan.series.iter().flat_map(|series| &series.segments);
        let ticks = segments.map(|s| (s.instrument_id, s.contract.product.tick.0));
        let (ticks, ids): (Vec<_>, BTreeSet<u32>) = ticks.map(|tick| (tick, tick.0)).unzip();
        let fault = |planned: &PlannedFault| Fault {
            kind: planned.kind,
            at: planned.at,
            phase: Phase::Waits,
            marked: BTreeSet::new(),
            ids: ids.clone(),
            last: Vec::new(),
            ticks: ticks.clone(),
        };
        Faults { faults: plan.faults.iter().map(fault).collect(), cut: false }
    }

    /// Whether nothing will happen to the records that come.
    pub fn is_idle(&self) -> bool {
        self.faults.iter().all(|fault| matches!(fault.phase, Phase::Over))
    }

    /// Whether the file is to end in the middle of the last record.
    pub fn is_cut(&self) -> bool {
        self.cut
    }

    /// What becomes of a record.
    pub fn take(&mut self, rec: Rec) -> Vec<Rec> {
        if self.cut {
            return Vec::new();
        }
        let mut recs = vec![rec];
        for fault in &mut self.faults {
            let mut out = Vec::with_capacity(recs.len() + 1);
            recs.into_iter().for_each(|rec| fault.take(rec, &mut out));
            recs = out;
            let is_over = matches!(fault.phase, Phase::Over);
            self.cut |= fault.kind == FaultKind::Cut && is_over;
        }
        recs
    }

    /// What is still held back at the end.
    pub fn finish(&mut self) -> Vec<Rec> {
        let held = self.faults.iter_mut().filter_map(|fault| {
            match std::mem::replace(&mut fault.phase, Phase::Over) {
                Phase::Holds(rec) => Some(*rec),
                _ => None,
            }
        });
        held.collect()
    }
}

impl Fault {
    fn take(&mut self, mut rec: Rec, out: &mut Vec<Rec>) {
        match std::mem::replace(&mut self.phase, Phase::Over) {
            Phase::Over => out.push(rec),
            Phase::Waits if rec.at() < self.at || rec.is_snapshot() => {
                self.phase = Phase::Waits;
                self.remember(&rec);
                out.push(rec);
            }
            Phase::Waits => self.begin(rec, out),
            Phase::Left(left) => {
                self.set_back(&mut rec);
                self.phase = if left > 1 { Phase::Left(left - 1) } else { Phase::Over };
                out.push(rec);
            }
            // Records of one event have one time: nobody could tell their order.
            Phase::Holds(held) if rec.at() <= held.at() => {
                self.phase = Phase::Holds(held);
                out.push(rec);
            }
            Phase::Holds(held) => out.extend([rec, *held]),
            Phase::Until(end) => {
                self.phase = Phase::Until(end);
                self.go_on(rec, end, out);
            }
        }
    }

    fn begin(&mut self, mut rec: Rec, out: &mut Vec<Rec>) {
        match self.kind {
            FaultKind::Gap | FaultKind::Stale => {
                let end = rec.at().plus(AWAY_NS);
                self.phase = Phase::Until(end);
                self.go_on(rec, end, out);
            }
            FaultKind::Crossed => self.cross(rec, out),
            FaultKind::OffBand | FaultKind::OffTick | FaultKind::BadPrice => {
                if !rec.is_trade() {
                    self.phase = Phase::Waits;
                } else {
                    self.spoil_price(&mut rec);
                }
                out.push(rec);
            }
            FaultKind::NoVolume => {
                self.phase = if rec.is_trade() { Phase::Over } else { Phase::Waits };
                match &mut rec {
                    Rec::Mbo(record) if matches!(self.phase, Phase::Over) => record.size = 0,
                    Rec::Mbp1(record) if matches!(self.phase, Phase::Over) => record.size = 0,
                    Rec::Trade(record) => record.size = 0,
                    Rec::Bar(record) => record.volume = 0,
                    _ => {}
                }
                out.push(rec);
            }
            FaultKind::TimeBackwards => {
                let is_bar = matches!(rec, Rec::Bar(_));
                self.set_back(&mut rec);
                self.phase = if is_bar { Phase::Over } else { Phase::Left(BACKWARDS - 1) };
                out.push(rec);
            }
            FaultKind::BadTime => {
                rec.header_mut().ts_event = UNDEF_TIMESTAMP;
                if let Some(ts_recv) = rec.ts_recv_mut() {
                    *ts_recv = UNDEF_TIMESTAMP;
                }
                out.push(rec);
            }
            FaultKind::Duplicate => out.extend([rec.clone(), rec]),
            FaultKind::OutOfOrder => self.phase = Phase::Holds(Box::new(rec)),
            FaultKind::Cut => out.push(rec),
        }
    }

    /// Inside of a time, or at its end.
    fn go_on(&mut self, mut rec: Rec, end: UnixNanos, out: &mut Vec<Rec>) {
        let id = rec.header().instrument_id;
        if self.kind == FaultKind::Crossed {
            return self.uncross(rec, end, out);
        }
        if rec.at() < end {
            if let (FaultKind::Stale, Rec::Bar(bar)) = (self.kind, &mut rec) {
                if let Some(Rec::Bar(last)) =
                    self.last.iter().find(|last| last.header().instrument_id == id)
                {
                    (bar.open, bar.high) = (last.close, last.close);
                    (bar.low, bar.close) = (last.close, last.close);
                }
                out.push(rec);
            }
            return;
        }
        // A contract that is not heard soon did not trade when the data was away.
        let is_late = rec.at() >= end.plus(MARKS_NS);
        if self.kind == FaultKind::Gap && !is_late && self.marked.insert(id) {
            rec.mark(flags::MAYBE_BAD_BOOK);
        }
        let is_marked = is_late || self.marked.is_superset(&self.ids);
        let is_over = self.kind == FaultKind::Stale || is_marked;
        if is_over {
            self.phase = Phase::Over;
        }
        out.push(rec);
    }

    fn remember(&mut self, rec: &Rec) {
        if self.kind != FaultKind::Stale || !matches!(rec, Rec::Bar(_)) {
            return;
        }
        let id = rec.header().instrument_id;
        match self.last.iter_mut().find(|last| last.header().instrument_id == id) {
            Some(last) => *last = rec.clone(),
            None => self.last.push(rec.clone()),
        }
    }

    /// A bid comes to stand above the ask: in a book of orders an order does it, at the next trade's
    /// price and its time.
    fn cross(&mut self, mut rec: Rec, out: &mut Vec<Rec>) {
        let tick = self.tick(&rec);
        let end = rec.at().plus(CROSSED_NS);
        self.phase = Phase::Until(end);
        match &mut rec {
            Rec::Mbp1(record) if has_two_sides(record) => {
                record.levels[0].bid_px = record.levels[0].ask_px + 2 * tick;
                out.push(rec);
            }
            // The best ask is where an aggressive buy has just traded.
            Rec::Mbo(record) if record.action as u8 == b'T' && record.side as u8 == b'B' => {
                let mut order = record.clone();
                order.order_id = CROSSING_ORDER;
                order.price += 40 * tick;
                (order.action, order.size) = (b'A' as _, 1);
                order.flags = dbn::FlagSet::new(flags::LAST);
                self.last = vec![Rec::Mbo(order.clone())];
                out.extend([Rec::Mbo(order), rec]);
            }
            _ => {
                self.phase = Phase::Waits;
                out.push(rec);
            }
        }
    }

    fn uncross(&mut self, mut rec: Rec, end: UnixNanos, out: &mut Vec<Rec>) {
        let (tick, is_over) = (self.tick(&rec), rec.at() >= end);
        if is_over {
            self.phase = Phase::Over;
        }
        match &mut rec {
            Rec::Mbp1(record) if !is_over && has_two_sides(record) => {
                record.levels[0].bid_px = record.levels[0].ask_px + 2 * tick;
            }
            Rec::Mbo(record) if is_over => {
                if let Some(Rec::Mbo(mut order)) = self.last.pop() {
                    order.action = b'C' as _;
                    order.hd.ts_event = record.hd.ts_event;
                    (order.ts_recv, order.sequence) = (record.ts_recv, record.sequence);
                    out.push(Rec::Mbo(order));
                }
            }
            _ => {}
        }
        out.push(rec);
    }

    fn spoil_price(&self, rec: &mut Rec) {
        let tick = self.tick(rec);
        let spoil = |price: &mut i64| {
            if *price == UNDEF_PRICE {
                return;
            }
            *price = match self.kind {
                FaultKind::OffBand => {
                    let away = (price.abs() / 2).max(1_000 * tick) / tick * tick;
                    price.saturating_add(away)
                }
                FaultKind::OffTick => *price + tick / 2,
                _ => UNDEF_PRICE,
            };
        };
        match rec {
            Rec::Mbo(record) => spoil(&mut record.price),
            Rec::Mbp1(record) => spoil(&mut record.price),
            Rec::Trade(record) => spoil(&mut record.price),
            Rec::Bar(bar) => {
                let prices = [&mut bar.open, &mut bar.high, &mut bar.low, &mut bar.close];
                prices.into_iter().for_each(spoil);
            }
            Rec::Definition(_) => {}
        }
    }

    fn set_back(&self, rec: &mut Rec) {
        let header = rec.header_mut();
        header.ts_event = header.ts_event.saturating_sub(AWAY_NS);
    }

    fn tick(&self, rec: &Rec) -> i64 {
        let id = rec.header().instrument_id;
        self.ticks.iter().find(|(of, _)| *of == id).map_or(1, |(_, tick)| *tick)
    }
}

fn has_two_sides(record: &dbn::Mbp1Msg) -> bool {
    let level = &record.levels[0];
    level.bid_px != UNDEF_PRICE && level.ask_px != UNDEF_PRICE
}
