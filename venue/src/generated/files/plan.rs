//! A file before it is written: who is in it under which name when, and what is wrong with it where.

use super::super::contracts::carry as carry_of;
use super::super::products::{Behaviour, behaviour_of};
use super::super::rng::Rng;
use super::config::{DAYS_MAX, FileConfig, Length, SYMBOLS_MAX};
use super::error::{PlanError, SCHEMAS};
use super::fault::FaultKind;
use crate::matching::records::year_of;
use dbn::{MappingInterval, Metadata, MetadataBuilder, SType, Schema, SymbolMapping};
use gauntlet_model::calendar::{Calendar, SessionSpan, day_begins};
use gauntlet_model::input::SessionMode;
use gauntlet_model::instrument::{
    Adjustment, Continuous, Contract, Fronts, Group, Product, Ranking, RollBy, Symbol, roll_date,
};
use gauntlet_model::units::{NANOS_PER_MINUTE, NANOS_PER_SECOND, UnixNanos};
use std::num::NonZeroU64;

/// What the first contract's records call it; the others count on.
const FIRST_INSTRUMENT_ID: u32 = 10_001;
/// A trading day begins so long before its opening.
pub(super) const PRE_OPEN_NS: u64 = NANOS_PER_MINUTE;
/// Monday, 28 September 2026, 00:00 UTC.
const CONTINUOUS_START: UnixNanos = UnixNanos(1_790_553_600 * NANOS_PER_SECOND);
/// The year that one digit of a contract's year is near to, when no start is given.
const NEAR_YEAR: u16 = 2026;
const NANOS_PER_DAY: u64 = 86_400 * NANOS_PER_SECOND;
/// Random numbers of the market and of live history come from the streams below.
const FAULT_STREAM: u64 = 1 << 33;
/// A contract for a time.
#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    /// The contract.
    pub contract: Contract,
    /// What records call it.
    pub instrument_id: u32,
    /// The first moment that belongs to it.
    pub from: UnixNanos,
    /// The first moment that does not.
    pub until: UnixNanos,
    /// Its price relative to that of the product's first contract: what carrying costs.
    pub carry: f64,
}

/// One symbol of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// As the file names it, such as `ESZ6` or `ES.c.0`.
    pub symbol: String,
    /// Its contracts, one after the other.
    pub segments: Vec<Segment>,
    pub(super) behaviour: &'static Behaviour,
    /// Contracts behind the front one are traded less.
    pub(super) depth: u8,
    /// Added to each price, in whole units.
    pub(super) shift: f64,
}

impl Series {
    pub(super) fn product(&self) -> &'static Product {
        self.segments[0].contract.product
    }
}

/// A fault with its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlannedFault {
    /// What happens.
    pub kind: FaultKind,
    /// From when on: it takes the first record that it can happen to.
    pub at: UnixNanos,
}

/// See the module.
#[derive(Clone, Debug, PartialEq)]
pub struct FilePlan {
    pub(super) seed: u64,
    pub(super) rate: f64,
    pub(super) schema: Schema,
    pub(super) series: Vec<Series>,
    pub(super) faults: Vec<PlannedFault>,
    pub(super) start: UnixNanos,
    pub(super) end: UnixNanos,
}

/// What a symbol asks for.
#[derive(Clone, Copy)]
enum Wanted {
    Contract(Contract),
    Continuous(Continuous),
}

impl FilePlan {
    /// Checks what is asked for and finds contracts, times and faults.
    ///
    /// # Errors
    /// The [`PlanError`] that says what to ask for instead.
    pub fn new(config: &FileConfig) -> Result<FilePlan, PlanError> {
        if config.symbols.is_empty() || config.symbols.len() > SYMBOLS_MAX {
            return Err(PlanError::Count(config.symbols.len()));
        }
        if !SCHEMAS.contains(&config.schema) {
            return Err(PlanError::Schema(config.schema));
        }
        if !(config.rate > 0.0 && config.rate <= 1e3) {
            return Err(PlanError::Rate(config.rate));
        }
        let near_year = config.start.map_or(NEAR_YEAR, year_of);
        let wanted: Vec<Wanted> =
            config.symbols.iter().map(|text| wanted(text, near_year)).collect::<Result<_, _>>()?;
        let continuous = |wanted: &Wanted| matches!(wanted, Wanted::Continuous(_));
        if wanted.iter().any(continuous) && !wanted.iter().all(continuous) {
            return Err(PlanError::Mixed);
        }
        let (start, end) = span(config, wanted[0])?;
        let mut series: Vec<Series> =
            wanted.iter().map(|wanted| series(*wanted, start, end)).collect::<Result<_, _>>()?;
        number(&mut series)?;
        carry(&mut series);
        shift(&mut series[0], config.start_price)?;
        let (seed, rate, schema) = (config.seed, config.rate, config.schema);
        let mut plan = FilePlan { seed, rate, schema, series, faults: vec![], start, end };
        plan.faults = plan.faults_of(config)?;
        Ok(plan)
    }

    /// The file's first moment, and the first after it.
    pub fn span(&self) -> (UnixNanos, UnixNanos) {
        (self.start, self.end)
    }

    /// What the records are.
    pub fn schema(&self) -> Schema {
        self.schema
    }

    /// The file's symbols with their contracts.
    pub fn series(&self) -> &[Series] {
        &self.series
    }

    /// The faults and where they are, in the order in which they are applied.
    pub fn faults(&self) -> &[PlannedFault] {
        &self.faults
    }

    /// The header, with each symbol's contracts by date.
    pub fn metadata(&self) -> Metadata {
        let is_continuous = self.series[0].symbol.contains('.');
        let mapping = |series: &Series| SymbolMapping {
            raw_symbol: series.symbol.clone(),
            intervals: series.segments.iter().map(interval).collect(),
        };
        MetadataBuilder::new()
            .dataset("GLBX.MDP3")
            .schema(Some(self.schema))
            .start(self.start.0)
            .end(NonZeroU64::new(self.end.0))
            .stype_in(Some(if is_continuous { SType::Continuous } else { SType::RawSymbol }))
            .stype_out(SType::InstrumentId)
            .symbols(self.series.iter().map(|series| series.symbol.clone()).collect())
            .mappings(self.series.iter().map(mapping).collect())
            .build()
    }

    /// The symbol under which a record goes.
    pub(super) fn symbol_of(&self, instrument_id: u32, at: UnixNanos) -> Option<&str> {
        let is_it = |segment: &Segment| segment.instrument_id == instrument_id;
        let of = |exact: bool| {
            self.series.iter().find(|series| {
                let mut segments = series.segments.iter().filter(|segment| is_it(segment));
                segments.any(|segment| !exact || (segment.from <= at && at < segment.until))
            })
        };
        of(true).or_else(|| of(false)).map(|series| series.symbol.as_str())
    }

    fn faults_of(&self, config: &FileConfig) -> Result<Vec<PlannedFault>, PlanError> {
        let requests = config.faults.iter().enumerate().map(|(index, request)| {
            let kind = request.kind;
            if !kind.is_of(self.schema) {
                let of = kind.schemas();
                return Err(PlanError::Fault { kind, schema: self.schema, of });
            }
            let at = request.at.unwrap_or_else(|| self.somewhere(index as u64));
            if at < self.start || at >= self.end {
                let (start, end) = self.span();
                return Err(PlanError::FaultTime { kind, at, start, end });
            }
            Ok(PlannedFault { kind, at })
        });
        requests.collect()
    }

    /// A time when the first symbol trades, by chance.
    fn somewhere(&self, index: u64) -> UnixNanos {
        let calendar = Calendar::of(self.series[0].product().group);
        let clipped = calendar.spans(SessionMode::Full24x5).iter().filter_map(|span| {
            let (open, close) = (span.open.max(self.start), span.close.min(self.end));
            (open < close).then_some(SessionSpan { open, close })
        });
        let spans: Vec<SessionSpan> = clipped.collect();
        let seconds = |span: &SessionSpan| span.close.since(span.open) / NANOS_PER_SECOND;
        let all: u64 = spans.iter().map(seconds).sum();
        let mut left = Rng::new(self.seed, FAULT_STREAM + index).below(all as usize) as u64;
        for span in &spans {
            match left.checked_sub(seconds(span)) {
                Some(less) => left = less,
                None => return span.open.plus(left * NANOS_PER_SECOND),
            }
        }
        self.start
    }
}

fn wanted(text: &str, near_year: u16) -> Result<Wanted, PlanError> {
    let unfit = |why: &str| PlanError::Unfit { symbol: text.to_owned(), why: why.to_owned() };
    match Symbol::parse(text, near_year)? {
        Symbol::Contract(contract) => Ok(Wanted::Contract(contract)),
        Symbol::Parent(product) => {
            let code = product.code;
            Err(unfit(&format!("name one contract, or {code}.c.0 for the front one")))
        }
        Symbol::Continuous(series) if series.ranking != Ranking::Calendar => {
            Err(unfit("a generated series rolls by the calendar: write .c. for it"))
        }
        Symbol::Continuous(series) if series.adjustment != Adjustment::Unadjusted => {
            Err(unfit("a file holds prices as they were traded: leave the adjustment out"))
        }
        Symbol::Continuous(series) => Ok(Wanted::Continuous(series)),
    }
}

/// Where the file begins and ends.
fn span(config: &FileConfig, first: Wanted) -> Result<(UnixNanos, UnixNanos), PlanError> {
    let product = match first {
        Wanted::Contract(contract) => contract.product,
        Wanted::Continuous(series) => series.product,
    };
    let days = Calendar::of(product.group).trading_days();
    if let Length::Days(count) = config.length
        && !(1..=DAYS_MAX).contains(&count)
    {
        return Err(PlanError::Days(count));
    }
    let start = match (config.start, first, config.length) {
        (Some(start), _, _) => start,
        (None, Wanted::Continuous(_), _) => CONTINUOUS_START,
        (None, Wanted::Contract(contract), length) => {
            let rolls = day_begins(roll_date(&contract, RollBy::Calendar));
            let (last, count) = match length {
                Length::Days(count) => (rolls, count),
                Length::Until(end) => (rolls.min(end), 20),
            };
            let over = days.partition_point(|day| day.close <= last);
            let first = over.checked_sub(count as usize).ok_or(PlanError::Calendar(last))?;
            UnixNanos(days[first].open.0 - PRE_OPEN_NS)
        }
    };
    let end = match config.length {
        Length::Until(end) => end,
        Length::Days(count) => {
            let first = days.partition_point(|day| day.close <= start);
            let last = days.get(first + count as usize - 1);
            last.ok_or(PlanError::Calendar(start))?.close
        }
    };
    if start >= end {
        return Err(PlanError::Empty { start, end });
    }
    let known = days.first().zip(days.last());
    if known.is_none_or(|(first, last)| start.plus(NANOS_PER_DAY) < first.open || end > last.close)
    {
        return Err(PlanError::Calendar(start));
    }
    Ok((start, end))
}

fn series(wanted: Wanted, start: UnixNanos, end: UnixNanos) -> Result<Series, PlanError> {
    let segment =
        |contract, from, until| Segment { contract, instrument_id: 0, from, until, carry: 1.0 };
    let (symbol, product, depth, segments) = match wanted {
        Wanted::Contract(contract) => {
            let (symbol, expiry) = (contract.symbol(), contract.expiry());
            if expiry <= start {
                return Err(PlanError::Expired { symbol, expiry, start });
            }
            (symbol, contract.product, 0, vec![segment(contract, start, end.min(expiry))])
        }
        Wanted::Continuous(Continuous { product, depth, .. }) => {
            // By the dates of the mappings, which are in UTC, not by trading days.
            let (first, last) = (date(start), date(end));
            let fronts = Fronts::by_date(product, RollBy::Calendar, first, last);
            let fronts = fronts.map_err(|_| PlanError::Calendar(start))?.behind(depth);
            let mut segments = vec![segment(fronts.on(first), start, end)];
            for roll in fronts.rolls() {
                let at = midnight(roll.date);
                let before = segments.len() - 1;
                if at < end {
                    segments[before].until = at;
                    segments.push(segment(roll.new, at, end));
                }
            }
            (format!("{}.c.{depth}", product.code), product, depth, segments)
        }
    };
    let behaviour = behaviour_of(product.code).ok_or_else(|| PlanError::Unfit {
        symbol: symbol.clone(),
        why: "the generator does not know how its product behaves".to_owned(),
    })?;
    Ok(Series { symbol, segments, behaviour, depth, shift: 0.0 })
}

/// The date in UTC.
fn date(at: UnixNanos) -> chrono::NaiveDate {
    let seconds = i64::try_from(at.0 / NANOS_PER_SECOND).unwrap_or(i64::MAX);
    chrono::DateTime::from_timestamp(seconds, 0).unwrap_or_default().date_naive()
}

/// Midnight UTC, at which the vendor's mappings change.
fn midnight(date: chrono::NaiveDate) -> UnixNanos {
    let seconds = date.and_time(chrono::NaiveTime::MIN).and_utc().timestamp();
    UnixNanos(u64::try_from(seconds).unwrap_or(0) * NANOS_PER_SECOND)
}

/// Gives every contract its number, and refuses one that is there twice at a time.
fn number(series: &mut [Series]) -> Result<(), PlanError> {
    let mut known: Vec<Contract> = Vec::new();
    for at in 0..series.len() {
        let (before, rest) = series.split_at_mut(at);
        let this = &mut rest[0];
        for segment in &mut this.segments {
            let same = |other: &Segment| {
                let meet = other.from < segment.until && segment.from < other.until;
                other.contract == segment.contract && meet
            };
            if let Some(other) = before.iter().find(|other| other.segments.iter().any(same)) {
                return Err(PlanError::Twice(other.symbol.clone(), this.symbol.clone()));
            }
            let place = known.iter().position(|contract| *contract == segment.contract);
            let place = place.unwrap_or_else(|| {
                known.push(segment.contract);
                known.len() - 1
            });
            segment.instrument_id = FIRST_INSTRUMENT_ID + place as u32;
        }
    }
    Ok(())
}

/// Later contracts cost what carrying the first one costs meanwhile.
fn carry(series: &mut [Series]) {
    let expiries = series.iter().map(|series| {
        let segments = series.segments.iter().map(|segment| segment.contract.expiry());
        (series.behaviour.root, segments.min().unwrap_or(UnixNanos(0)))
    });
    let expiries: Vec<(&str, UnixNanos)> = expiries.collect();
    for series in series {
        let same = expiries.iter().filter(|(root, _)| *root == series.behaviour.root);
        let first = same.map(|(_, expiry)| *expiry).min().unwrap_or(UnixNanos(0));
        for segment in &mut series.segments {
            segment.carry = carry_of(series.behaviour, first, segment.contract.expiry());
        }
    }
}

fn shift(series: &mut Series, start_price: Option<f64>) -> Result<(), PlanError> {
    let Some(price) = start_price else { return Ok(()) };
    let refused = |why| PlanError::StartPrice { price, symbol: series.symbol.clone(), why };
    if price.is_nan() || price.abs() > 1e6 {
        return Err(refused("it must be a number between -1000000 and 1000000"));
    }
    if series.product().group != Group::Energy && price < series.behaviour.start / 4.0 {
        return Err(refused("only energy trades near zero and below; use a quarter of its level"));
    }
    series.shift = price - series.behaviour.start * series.segments[0].carry;
    Ok(())
}

fn interval(segment: &Segment) -> MappingInterval {
    let date = |at: u64| {
        let at = time::OffsetDateTime::from_unix_timestamp_nanos(i128::from(at));
        at.map_or(time::Date::MIN, time::OffsetDateTime::date)
    };
    let last = date(segment.until.0.saturating_sub(1));
    MappingInterval {
        start_date: date(segment.from.0),
        end_date: last.next_day().unwrap_or(last),
        symbol: segment.instrument_id.to_string(),
    }
}
