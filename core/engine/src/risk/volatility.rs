//! R24: volatility moves what may be held down by itself, and only a person moves it up.
//!
//! The measure is realised volatility: the root of the mean square of the changes from one one-minute close to
//! the next (Andersen and Bollerslev, *Answering the Skeptics*, 1998), over so many minutes in which something
//! traded, in ticks and not in logarithms, so that a price at or below zero is one like any other. Minutes that
//! are yet to come count as without a change: a contract that was just listed is no quieter than it is. What
//! happens between two trading days is no change of a minute and does not count.
//!
//! Past so many percent of its reference, half of `max_position` may be held in the contracts of the product;
//! past twice as much a quarter, and so on: what is held moves a day's result no more than it did. It is a change
//! of the limit `max_position_percent` of one of the product's contracts, made as actor `risk`. A market that is
//! quiet again changes nothing. A person who ends the change is believed for as long as the measure does not
//! come a step higher than it was then.

use crate::message::ToOrders;
use gauntlet_model::calendar::{day_begins, trading_date};
use gauntlet_model::effect::{AlertKind, Bar, Effect, LimitChanged, LimitState};
use gauntlet_model::ids::{INSTRUMENTS_MAX, InstrumentId};
use gauntlet_model::input::{BarKind, ContractTerms, LimitKind, Scope, SessionMode, Timeframe};
use gauntlet_model::text::Text;
use gauntlet_model::units::{Price, UnixNanos};

use super::{Risk, alert};

/// Most minutes that a measure can be of.
pub const VOLATILITY_MINUTES_MAX: u32 = 480;
/// Halvings that there are: past the last of them a sixty-fourth is held.
const STEPS_MAX: u32 = 6;
/// The farthest change that is told from a farther one, in ticks.
const FARTHEST: i64 = 1 << 31;
/// What a product may hold while nothing has lowered it, in percent of the positions in force.
pub(super) const WHOLE: i64 = 100;

/// The bars that are measured.
const MINUTES: (BarKind, SessionMode) = (BarKind::Time(Timeframe::M1), SessionMode::Full24x5);

/// Realised volatility of one contract: see the module.
#[derive(Clone, Debug)]
pub struct RealisedVolatility {
    /// The last close, in ticks, and when its trading day ends.
    last: Option<(i64, UnixNanos)>,
    /// The squares of the last changes, in ticks squared: a ring of as many as the measure is of.
    squares: Vec<u64>,
    next: usize,
    /// Their sum.
    sum: u128,
}

impl RealisedVolatility {
    /// A measure over so many minutes, [`VOLATILITY_MINUTES_MAX`] at most.
    pub fn new(minutes: u32) -> RealisedVolatility {
        let minutes = minutes.min(VOLATILITY_MINUTES_MAX) as usize;
        RealisedVolatility { last: None, squares: vec![0; minutes], next: 0, sum: 0 }
    }

    /// Whether bars of this kind are measured.
    pub fn is_of(bar: &Bar) -> bool {
        (bar.kind, bar.session) == MINUTES
    }

    /// Takes a finished minute in; `tick` is the contract's, above zero.
    pub fn follow(&mut self, bar: &Bar, tick: Price) {
        let (close, at) = (bar.close.0.div_euclid(tick.0), bar.ts_open);
        let before = self.last.filter(|(_, day_ends)| at < *day_ends);
        let day_ends = before.map_or_else(|| end_of_day(at), |(_, day_ends)| day_ends);
        self.last = Some((close, day_ends));
        let Some(oldest) = self.squares.get_mut(self.next) else { return };
        let Some((last, _)) = before else { return };
        let change = close.saturating_sub(last).clamp(-FARTHEST, FARTHEST);
        let square = change.unsigned_abs().pow(2);
        self.sum = self.sum - u128::from(*oldest) + u128::from(square);
        *oldest = square;
        self.next = (self.next + 1) % self.squares.len();
    }

    /// The measure, in thousandths of a tick.
    pub fn thousandths(&self) -> u64 {
        let minutes = self.squares.len().max(1) as u128;
        let root = (self.sum.saturating_mul(1_000_000) / minutes).isqrt();
        u64::try_from(root).unwrap_or(u64::MAX)
    }

    /// How often what may be held is halved by the measure of this moment.
    fn step(&self, terms: &ContractTerms) -> u32 {
        /// Thousandths of a tick and percents, squared.
        const SCALE: u128 = 10_000_000_000;
        let side = u128::from(terms.volatility_reference) * u128::from(terms.volatility_percent);
        let allowed = side.saturating_mul(side).saturating_mul(self.squares.len() as u128);
        let measured = self.sum.saturating_mul(SCALE);
        let is_past = |step: &u32| measured > allowed.saturating_mul(1 << (2 * step));
        (0..STEPS_MAX).take_while(is_past).count() as u32
    }
}

/// What one contract's prices do, and what is to come of it.
#[derive(Clone, Debug)]
struct Watch {
    /// As the run was told; whole.
    terms: ContractTerms,
    measure: RealisedVolatility,
    /// The step that a person lets be.
    allowed: u32,
}

impl Watch {
    fn new(terms: &ContractTerms) -> Watch {
        let measure = RealisedVolatility::new(terms.volatility_minutes);
        Watch { terms: *terms, measure, allowed: 0 }
    }

    fn step(&self) -> u32 {
        self.measure.step(&self.terms)
    }
}

fn end_of_day(at: UnixNanos) -> UnixNanos {
    trading_date(at).succ_opt().map_or(UnixNanos(u64::MAX), day_begins)
}

/// What all contracts' prices do, where that is watched.
#[derive(Clone, Debug)]
pub(super) struct Volatility {
    watches: Vec<Option<Watch>>,
    /// A bit for each contract that is watched, so that others cost nothing.
    watched: u64,
}

impl Volatility {
    pub fn new() -> Volatility {
        Volatility { watches: vec![None; INSTRUMENTS_MAX], watched: 0 }
    }

    /// A run begins: it is told anew what is watched. What was measured stays.
    pub fn begin(&mut self) {
        self.watched = 0;
    }

    /// Takes in what of a contract is watched, which takes memory. What was measured goes on unless it is over
    /// another number of minutes. What is said in part is missing and not measured: then nothing is held.
    pub fn tell(&mut self, terms: &ContractTerms) {
        let place = usize::from(terms.instrument.0);
        let Some(watch) = self.watches.get_mut(place) else { return };
        if terms.watches_volatility() != Some(true) {
            return;
        }
        self.watched |= 1 << place;
        match watch {
            Some(known) if known.terms.volatility_minutes == terms.volatility_minutes => {
                known.terms = *terms;
            }
            _ => *watch = Some(Watch::new(terms)),
        }
    }

    /// A contract's place was given to another one.
    pub fn forget(&mut self, instrument: InstrumentId) {
        if let Some(watch) = self.watches.get_mut(usize::from(instrument.0)) {
            *watch = None;
            self.watched &= !(1 << instrument.0);
        }
    }

    fn watch(&mut self, instrument: InstrumentId) -> Option<&mut Watch> {
        let is_watched = self.watched.checked_shr(instrument.0.into()).unwrap_or(0) & 1 == 1;
        self.watches.get_mut(usize::from(instrument.0)).filter(|_| is_watched)?.as_mut()
    }
}

impl Risk {
    /// A bar was finished.
    pub(super) fn on_bar(&mut self, bar: &Bar, out: &mut impl FnMut(ToOrders)) {
        if !RealisedVolatility::is_of(bar) {
            return;
        }
        let Some(watch) = self.volatility.watch(bar.instrument) else { return };
        let Some(known) = self.registry.instrument(bar.instrument) else { return };
        watch.measure.follow(bar, known.definition.tick);
        let step = watch.step();
        watch.allowed = watch.allowed.min(step);
        if step > watch.allowed {
            let measured = watch.measure.thousandths();
            self.lower_for_volatility(bar.instrument, step, measured, out);
        }
    }

    fn lower_for_volatility(
        &mut self,
        instrument: InstrumentId,
        step: u32,
        measured: u64,
        out: &mut impl FnMut(ToOrders),
    ) {
        let place = self.limits.lowered_place(instrument, &self.registry);
        let held = self.limits.percent(place, &self.registry);
        let value = (WHOLE >> step).max(1);
        if value >= held {
            return;
        }
        let symbol = self.registry.instrument(instrument).map(|known| known.definition.symbol);
        let symbol = symbol.unwrap_or(Text::EMPTY);
        let (ticks, rest) = (measured / 1_000, measured % 1_000);
        let words = format_args!("volatility of {symbol} {ticks}.{rest:03} ticks");
        let changed = LimitChanged {
            scope: Scope::Instrument(place),
            limit: LimitKind::PositionPercent,
            state: LimitState::Lowered,
            value,
            until: UnixNanos(0),
            actor: Text::new("risk"),
            approver: Text::EMPTY,
            reason: Text::format(words),
        };
        let scope = Scope::Instrument(instrument);
        if !self.limits.changes.put(changed) {
            let text = "too many changed limits at once: end some";
            return alert(AlertKind::TableFull, scope, text, out);
        }
        out(ToOrders::Effect(Effect::Limit(changed)));
        let words = format_args!("{words}: hold {value} % at most");
        alert(AlertKind::Volatility, scope, Text::<64>::format(words).as_str(), out);
        self.limits.refresh_all(&self.registry);
    }

    /// A person lets more be held in a product's contracts again: as the market is now is no news.
    pub(super) fn allow_volatility(&mut self, instrument: InstrumentId) {
        for id in self.registry.contracts_like(instrument) {
            if let Some(watch) = self.volatility.watch(id) {
                watch.allowed = watch.step();
            }
        }
    }
}
