//! A market that is made up, with orders that are real: a crowd of participants trades through a
//! matching engine around fair prices that nobody sees.
//!
//! So trades, queues and the impact of an order from outside are what an exchange's rules make of
//! them. A seed and a configuration reproduce a run, message for message, as long as the same orders
//! come from outside at the same points of it. The fair prices of other products do not depend on
//! such orders at all.
//!
//! The market keeps CME's day session (09:30 to 16:00 New York, holidays and early closes included):
//! a minute of pre-open, in which a book builds up and nothing matches, the session, and then at once
//! the next day's pre-open. Before it came a time that is known by its one-minute bars alone. Prices are
//! invented; nothing here predicts anything.

mod crowd;
pub mod files;
mod history;
mod latent;
mod products;
mod rng;
mod schedule;
#[cfg(test)]
mod tests;

pub use products::{BEHAVIOURS, Behaviour, Factor, behaviour_of};

use crate::market::{Listing, Market, MarketSink, NewOrder, OrderId, Refusal};
use crate::matching::records::{self, BestLevels, Stamp, year_of};
use crate::matching::{MatchingEngine, Owner};
use crowd::{Act, Crowd, Outlook};
use dbn::{OhlcvMsg, RecordRef};
use gauntlet_core::calendar::Calendar;
use gauntlet_core::input::{BookAction, TradingState};
use gauntlet_core::instrument::{Contract, Group, contract};
use gauntlet_core::units::{NANOS_PER_SECOND, Price, Side, UnixNanos};
use latent::{Latent, OVERNIGHT, Step};
use schedule::{Day, PRE_OPEN_NS, day_at};
use std::sync::OnceLock;

/// Orders that one instrument's book holds.
const ORDERS_MAX: usize = 8_192;
/// Price levels on a side of it.
const LEVELS_MAX: usize = 1_024;
/// Most instruments of a market.
const LISTINGS_MAX: usize = 64;
/// What the first instrument's records call it; the others count on.
const FIRST_INSTRUMENT_ID: u32 = 10_001;
/// How far, in ticks, an outside order moves the fair price for every ten resting orders that it
/// takes: the market learns from it.
const IMPACT_TICKS: f64 = 0.3;

/// What to generate.
#[derive(Clone, Debug, PartialEq)]
pub struct GeneratedConfig {
    /// Decides everything that chance decides.
    pub seed: u64,
    /// When the market's clock starts. Outside of a day session it moves on to the next one's
    /// pre-open; inside of one, a pre-open of a minute begins at once.
    pub start: UnixNanos,
    /// Messages a second for an instrument as active as ES, in the mean of a session: above zero, at
    /// most a million.
    pub rate: f64,
    /// The contracts to list, such as `ESZ6`, of the products in [`BEHAVIOURS`].
    pub symbols: Vec<String>,
}

impl Default for GeneratedConfig {
    /// Six contracts from 09:29 New York on Monday, 16 November 2026.
    fn default() -> GeneratedConfig {
        let symbols = ["ESZ6", "NQZ6", "CLF7", "GCG7", "ZNH7", "6EZ6"];
        GeneratedConfig {
            seed: 1,
            start: UnixNanos(1_794_839_340 * NANOS_PER_SECOND),
            rate: 40.0,
            symbols: symbols.map(String::from).to_vec(),
        }
    }
}

/// Why a market cannot be generated.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum GeneratedError {
    /// A symbol that is not a contract of a known product.
    #[error("cannot generate `{0}`: use a contract such as ESZ6 of one of the products {known}", known = known_products())]
    UnknownSymbol(String),
    /// A symbol twice.
    #[error("`{0}` is listed twice: list it once")]
    Duplicate(String),
    /// No symbols, or too many.
    #[error("list between 1 and {LISTINGS_MAX} symbols, not {0}")]
    Count(usize),
    /// A rate that is not a number or out of range.
    #[error("the rate must be above 0 and at most 1000000 messages a second, not {0}")]
    Rate(f64),
    /// No session after the start.
    #[error("the calendar has no session after {0}: start earlier")]
    Start(UnixNanos),
}

fn known_products() -> String {
    BEHAVIOURS.map(|behaviour| behaviour.code).join(", ")
}

struct Instrument {
    contract: Contract,
    behaviour: &'static Behaviour,
    fair: usize,
    engine: MatchingEngine,
    crowd: Crowd,
    /// When the next participant comes; `None` while the market is closed.
    arrival: Option<UnixNanos>,
}

/// A generated market. See the module's documentation.
pub struct GeneratedMarket {
    rate: f64,
    seed: u64,
    start: UnixNanos,
    past: OnceLock<Vec<Vec<OhlcvMsg>>>,
    listings: Vec<Listing>,
    instruments: Vec<Instrument>,
    latent: Latent,
    calendar: &'static Calendar,
    /// The day under way, or the next one; `None` when the calendar ends.
    day: Option<Day>,
    state: TradingState,
    now: UnixNanos,
    sequence: u32,
}

impl GeneratedMarket {
    /// A market before its first event.
    ///
    /// # Errors
    /// The [`GeneratedError`] that says what is wrong with the configuration.
    pub fn new(config: &GeneratedConfig) -> Result<GeneratedMarket, GeneratedError> {
        if config.symbols.is_empty() || config.symbols.len() > LISTINGS_MAX {
            return Err(GeneratedError::Count(config.symbols.len()));
        }
        if !(config.rate > 0.0 && config.rate <= 1e6) {
            return Err(GeneratedError::Rate(config.rate));
        }
        let mut listings: Vec<Listing> = Vec::new();
        let mut contracts = Vec::new();
        for symbol in &config.symbols {
            let unknown = || GeneratedError::UnknownSymbol(symbol.clone());
            let contract = contract(symbol, year_of(config.start)).ok_or_else(unknown)?;
            let behaviour = behaviour_of(contract.product.code).ok_or_else(unknown)?;
            if listings.iter().any(|listing| listing.symbol == *symbol) {
                return Err(GeneratedError::Duplicate(symbol.clone()));
            }
            let instrument_id = FIRST_INSTRUMENT_ID + listings.len() as u32;
            let tick = contract.product.tick;
            listings.push(Listing { symbol: symbol.clone(), instrument_id, tick });
            contracts.push((contract, behaviour));
        }
        let calendar = Calendar::of(Group::EquityIndex);
        let mut day = day_at(calendar, config.start).ok_or(GeneratedError::Start(config.start))?;
        if config.start > day.pre_open {
            day.pre_open = config.start;
            day.open = day.open.max(config.start.plus(PRE_OPEN_NS));
        }
        let behaviours = contracts.iter().map(|(_, behaviour)| *behaviour);
        let latent = Latent::new(config.seed, Step::FINE, day.pre_open, behaviours);
        let instruments = contracts.into_iter().enumerate().map(|(at, (contract, behaviour))| {
            let tick = contract.product.tick;
            Instrument {
                contract,
                behaviour,
                // Every product was given to the model above.
                fair: latent.index_of(behaviour).unwrap_or(0),
                engine: MatchingEngine::new(at as u8, tick, ORDERS_MAX, LEVELS_MAX),
                crowd: Crowd::new(config.seed, at, tick, behaviour),
                arrival: None,
            }
        });
        Ok(GeneratedMarket {
            rate: config.rate,
            seed: config.seed,
            start: config.start,
            past: OnceLock::new(),
            instruments: instruments.collect(),
            listings,
            latent,
            calendar,
            day: Some(day),
            state: TradingState::Closed,
            now: config.start,
            sequence: 0,
        })
    }

    fn next_phase(&self) -> Option<UnixNanos> {
        self.day.map(|day| match self.state {
            TradingState::PreOpen => day.open,
            TradingState::Open => day.close,
            TradingState::Closed | TradingState::Halted => day.pre_open,
        })
    }

    fn next_instrument(&self) -> Option<(UnixNanos, usize)> {
        let arrivals = self.instruments.iter().enumerate();
        arrivals.filter_map(|(at, instrument)| Some((instrument.arrival?, at))).min()
    }

    fn change_phase(&mut self, day: Day, sink: &mut dyn MarketSink) {
        match self.state {
            TradingState::Closed | TradingState::Halted => {
                self.state = TradingState::PreOpen;
                self.schedule_all(&day);
            }
            TradingState::PreOpen => {
                self.state = TradingState::Open;
                self.schedule_all(&day);
            }
            TradingState::Open => {
                self.state = TradingState::Closed;
                self.end_session(sink);
                self.day = day_at(self.calendar, self.now);
                if let Some(next) = self.day {
                    self.latent.sleep(next.pre_open, OVERNIGHT);
                }
            }
        }
        for listing in &self.listings {
            let status = records::status(listing.instrument_id, self.now, self.state);
            sink.record(RecordRef::from(&status));
        }
    }

    fn end_session(&mut self, sink: &mut dyn MarketSink) {
        for at in 0..self.instruments.len() {
            let instrument = &mut self.instruments[at];
            let before = BestLevels::of(instrument.engine.book());
            instrument.engine.end_session();
            instrument.crowd.rest();
            instrument.arrival = None;
            self.emit(at, before, sink);
        }
    }

    fn schedule_all(&mut self, day: &Day) {
        for at in 0..self.instruments.len() {
            self.schedule(at, day);
        }
    }

    fn schedule(&mut self, at: usize, day: &Day) {
        let instrument = &mut self.instruments[at];
        let excited = libm::sqrt(self.latent.volatility(instrument.fair));
        let rate = self.rate * instrument.behaviour.activity * day.activity(self.now) * excited;
        instrument.arrival = Some(instrument.crowd.next_arrival(self.now, rate));
    }

    fn arrive(&mut self, at: usize, day: &Day, sink: &mut dyn MarketSink) {
        self.latent.advance(&|at| day.volatility(at), self.now);
        let instrument = &mut self.instruments[at];
        let outlook = Outlook {
            fair: self.latent.price(instrument.fair) / instrument.contract.product.tick.to_f64(),
            volatility: self.latent.volatility(instrument.fair) * day.volatility(self.now),
            open: self.state == TradingState::Open,
        };
        let before = BestLevels::of(instrument.engine.book());
        let done = match instrument.crowd.act(&instrument.engine, &outlook) {
            Act::Enter(order) => {
                let entered = instrument.engine.add(&order, Owner::Crowd);
                if let Ok(id) = entered {
                    instrument.crowd.entered(id, &instrument.engine);
                }
                entered.is_ok()
            }
            Act::Cancel(order) => instrument.engine.cancel(order).is_ok(),
            Act::Nothing => false,
        };
        if done {
            self.emit(at, before, sink);
        }
        self.schedule(at, day);
    }

    /// Sends what the engine's last operation did.
    fn emit(&mut self, at: usize, before: BestLevels, sink: &mut dyn MarketSink) {
        let engine = &self.instruments[at].engine;
        if !engine.events().is_empty() {
            self.sequence = self.sequence.wrapping_add(1);
            let stamp = Stamp { at: self.now, sequence: self.sequence };
            let after = BestLevels::of(engine.book());
            let id = self.listings[at].instrument_id;
            records::publish(id, stamp, engine.events(), before, after, sink);
        }
        for news in engine.news() {
            sink.order(*news);
        }
    }

    /// What an order from outside took moves the fair price.
    fn learn(&mut self, at: usize) {
        let instrument = &self.instruments[at];
        let trades = instrument.engine.events().iter().filter(|e| e.action == BookAction::Trade);
        let signed = |side: Option<Side>| side.map_or(0, Side::sign) as f64;
        let taken: f64 = trades.map(|event| signed(event.side) * event.qty as f64).sum();
        if taken != 0.0 {
            let orders = taken / (10.0 * instrument.behaviour.order_size);
            let price = self.latent.price(instrument.fair);
            let change = IMPACT_TICKS * orders * instrument.contract.product.tick.to_f64() / price;
            self.latent.nudge(instrument.fair, change.clamp(-0.01, 0.01));
        }
    }

    fn instrument_of(&self, order: OrderId) -> Result<usize, Refusal> {
        let at = MatchingEngine::listing_of(order);
        let known = self.instruments.get(at).and_then(|i| i.engine.order(order));
        known.filter(|order| order.client).map(|_| at).ok_or(Refusal::UnknownOrder)
    }
}

impl Market for GeneratedMarket {
    fn listings(&self) -> &[Listing] {
        &self.listings
    }

    fn next_event(&self) -> Option<UnixNanos> {
        let phase = self.next_phase()?;
        Some(self.next_instrument().map_or(phase, |(arrival, _)| arrival.min(phase)))
    }

    fn step(&mut self, sink: &mut dyn MarketSink) {
        let (Some(day), Some(phase)) = (self.day, self.next_phase()) else { return };
        match self.next_instrument() {
            Some((arrival, at)) if arrival < phase => {
                self.now = arrival;
                self.arrive(at, &day, sink);
            }
            _ => {
                self.now = phase;
                self.change_phase(day, sink);
            }
        }
    }

    fn now(&self) -> UnixNanos {
        self.now
    }

    fn submit(&mut self, order: &NewOrder, sink: &mut dyn MarketSink) -> Result<OrderId, Refusal> {
        if self.state != TradingState::Open || order.listing >= self.instruments.len() {
            return Err(Refusal::Closed);
        }
        let engine = &mut self.instruments[order.listing].engine;
        let before = BestLevels::of(engine.book());
        let id = engine.add(order, Owner::Client)?;
        self.learn(order.listing);
        self.emit(order.listing, before, sink);
        Ok(id)
    }

    fn cancel(&mut self, order: OrderId, sink: &mut dyn MarketSink) -> Result<(), Refusal> {
        let at = self.instrument_of(order)?;
        let engine = &mut self.instruments[at].engine;
        let before = BestLevels::of(engine.book());
        engine.cancel(order)?;
        self.emit(at, before, sink);
        Ok(())
    }

    fn replace(
        &mut self,
        order: OrderId,
        qty: u32,
        price: Price,
        sink: &mut dyn MarketSink,
    ) -> Result<(), Refusal> {
        let at = self.instrument_of(order)?;
        let engine = &mut self.instruments[at].engine;
        let before = BestLevels::of(engine.book());
        engine.replace(order, qty, price)?;
        self.learn(at);
        self.emit(at, before, sink);
        Ok(())
    }

    fn snapshot(&self, listing: usize, mbo: bool, sink: &mut dyn MarketSink) {
        let Some(instrument) = self.instruments.get(listing) else { return };
        let entry = &self.listings[listing];
        let definition = records::definition(entry, &instrument.contract, self.now);
        sink.record(RecordRef::from(&definition));
        let status = records::status(entry.instrument_id, self.now, self.state);
        sink.record(RecordRef::from(&status));
        if mbo {
            let book = instrument.engine.book();
            let orders = book.orders(Side::Buy).chain(book.orders(Side::Sell));
            let stamp = Stamp { at: self.now, sequence: self.sequence };
            records::snapshot(entry.instrument_id, stamp, orders, sink);
        }
    }

    fn history(&self, listing: usize) -> Vec<OhlcvMsg> {
        let all = self.past.get_or_init(|| {
            let sketches = self.instruments.iter().zip(&self.listings);
            let sketches = sketches.map(|(instrument, listing)| history::Sketch {
                instrument_id: listing.instrument_id,
                tick: listing.tick,
                behaviour: instrument.behaviour,
            });
            let sketches: Vec<_> = sketches.collect();
            history::history(self.seed, (self.start, self.rate), self.calendar, &sketches)
        });
        all.get(listing).cloned().unwrap_or_default()
    }
}
