//! A market that is made up, with orders that are real: a crowd of participants trades through a
//! matching engine around fair prices that nobody sees.
//!
//! So trades, queues and the impact of an order from outside are what an exchange's rules make of
//! them. A seed and a configuration reproduce a run, message for message, as long as the same orders
//! come from outside at the same points of it. The fair prices of other products do not depend on
//! such orders at all.
//!
//! The market keeps the [`Hours`] that it is given: CME's day session (09:30 to 16:00 New York,
//! holidays and early closes included) for all products, each product's own sessions, or no pause at
//! all. Each session begins with a minute of pre-open, in which a book builds up and nothing matches.
//! Before it all came a time that is known by its one-minute bars alone. Prices are invented; nothing
//! here predicts anything.
//!
//! # The life of a contract
//!
//! A contract trades until its last trading time, whatever the hours. Then its orders expire, its book
//! is emptied, and subscribers hear that it is not available for trading, its settlement price, and a
//! definition that deletes it; orders are refused from then on. The product's next active month that
//! is not listed yet is listed at that moment, with a definition that adds it, so that there are always
//! as many contracts as the configuration asks for. Most of the trading is in the contract that the
//! product's roll rule calls the active one, and moves on when it rolls. An order that reaches too far
//! beyond the last price is refused, as by the exchange's price banding, and an instrument can be halted
//! from outside ([`Market::set_halted`]).

mod config;
mod contracts;
mod crowd;
pub mod files;
mod history;
mod hours;
mod instrument;
mod latent;
mod products;
pub(crate) mod rng;
mod schedule;
#[cfg(test)]
mod tests;

pub use config::{GeneratedConfig, GeneratedError};
pub use contracts::LISTED_MAX;
pub use hours::Hours;
pub use products::{BEHAVIOURS, Behaviour, Factor, behaviour_of};

use crate::market::{
    Change, Listing, Market, MarketSink, NewOrder, OrderId, OrderKind, Refusal, TimeInForce,
    close_of,
};
use crate::matching::records::{self, BestLevels, Stamp};
use crate::matching::{MatchingEngine, Owner};
use crowd::Crowd;
use dbn::{OhlcvMsg, RecordRef};
use gauntlet_model::calendar::Calendar;
use gauntlet_model::input::TradingState;
use gauntlet_model::instrument::{Contract, Group, Product};
use gauntlet_model::units::{Price, Side, UnixNanos};
use hours::Tempo;
use instrument::Instrument;
use latent::{Latent, Step};
use std::sync::OnceLock;

/// What the first instrument's records call it; the others count on.
const FIRST_INSTRUMENT_ID: u32 = 10_001;
/// Fewest arrivals a second in a pre-open, so that a quiet market opens with a book too.
const PRE_OPEN_RATE: f64 = 4.0;
/// How far, in ticks, an outside order moves the fair price for every ten resting orders that it
/// takes: the market learns from it.
const IMPACT_TICKS: f64 = 0.3;

/// A generated market. See the module's documentation.
pub struct GeneratedMarket {
    config: GeneratedConfig,
    past: OnceLock<Vec<Vec<OhlcvMsg>>>,
    listings: Vec<Listing>,
    instruments: Vec<Instrument>,
    /// By product, when its first contract expires: what carrying the others costs is told from there.
    firsts: Vec<(&'static Product, UnixNanos)>,
    /// When a contract rolls next and the shares of trading change.
    next_roll: Option<UnixNanos>,
    /// When the state of an instrument changes next.
    next_phase: Option<UnixNanos>,
    latent: Latent,
    tempo: Tempo,
    now: UnixNanos,
    sequence: u32,
}

impl GeneratedMarket {
    /// A market before its first event.
    ///
    /// # Errors
    /// The [`GeneratedError`] that says what is wrong with the configuration.
    pub fn new(config: &GeneratedConfig) -> Result<GeneratedMarket, GeneratedError> {
        if !(config.rate > 0.0 && config.rate <= 1e6) {
            return Err(GeneratedError::Rate(config.rate));
        }
        // The rules of contracts reach no farther than the calendar.
        if schedule::day_at(Calendar::of(Group::EquityIndex), config.start).is_none() {
            return Err(GeneratedError::Start(config.start));
        }
        let contracts = contracts::at_start(config)?;
        let days = contracts.iter().map(|(contract, _)| {
            config.session_from(contract.product, config.start).map(|day| day.pre_open)
        });
        let begins = days.flatten().min().ok_or(GeneratedError::Start(config.start))?;
        let behaviours = contracts.iter().map(|(_, behaviour)| *behaviour);
        let mut firsts: Vec<(&'static Product, UnixNanos)> = Vec::new();
        for (contract, _) in &contracts {
            match firsts.iter_mut().find(|(product, _)| *product == contract.product) {
                Some((_, first)) => *first = contract.expiry().min(*first),
                None => firsts.push((contract.product, contract.expiry())),
            }
        }
        let mut market = GeneratedMarket {
            past: OnceLock::new(),
            listings: Vec::new(),
            instruments: Vec::new(),
            firsts,
            next_roll: None,
            next_phase: None,
            latent: Latent::new(config.seed, Step::FINE, begins, behaviours),
            tempo: Tempo::new(config.hours),
            now: config.start,
            sequence: 0,
            config: config.clone(),
        };
        for (contract, behaviour) in contracts {
            market.list(contract, behaviour);
        }
        market.share_out();
        market.look_ahead();
        Ok(market)
    }

    /// The price that a contract was settled at, once it has expired.
    pub fn settlement(&self, listing: usize) -> Option<Price> {
        self.instruments.get(listing).and_then(|instrument| instrument.settled)
    }

    /// Lists a contract at the next place.
    fn list(&mut self, contract: Contract, behaviour: &'static Behaviour) {
        let place = self.listings.len();
        let Product { tick, .. } = *contract.product;
        let instrument_id = FIRST_INSTRUMENT_ID + place as u32;
        self.listings.push(Listing { symbol: contract.symbol(), instrument_id, tick });
        let first = self.firsts.iter().find(|(product, _)| *product == contract.product);
        let ends = contract.expiry();
        let carry = first.map_or(1.0, |(_, first)| contracts::carry(behaviour, *first, ends));
        self.instruments.push(Instrument {
            contract,
            behaviour,
            // Every product was given to the model at the start.
            fair: self.latent.index_of(behaviour).unwrap_or(0),
            carry,
            share: 1.0,
            engine: Instrument::engine(place, contract.product, self.config.protection_ticks),
            crowd: Crowd::new(self.config.seed, place, tick, behaviour),
            phase: TradingState::Closed,
            is_halted: false,
            day: self.config.session_from(contract.product, self.now),
            ends,
            settled: None,
            arrival: None,
            last: Price::NONE,
        });
    }

    /// Gives each contract its share of its product's trading, as it is until the next one rolls.
    fn share_out(&mut self) {
        let alive = || self.instruments.iter().filter(|instrument| instrument.is_alive());
        let of = |instrument: &Instrument| contracts::rolls_at(&instrument.contract);
        let shares: Vec<f64> = self
            .instruments
            .iter()
            .map(|instrument| {
                let same =
                    alive().filter(|other| other.contract.product == instrument.contract.product);
                let others: Vec<UnixNanos> = same.map(of).collect();
                contracts::share(of(instrument), &others, self.now)
            })
            .collect();
        self.next_roll = alive().map(of).filter(|at| *at > self.now).min();
        for (instrument, share) in self.instruments.iter_mut().zip(shares) {
            instrument.share = share;
        }
    }

    fn look_ahead(&mut self) {
        self.next_phase = self.instruments.iter().filter_map(Instrument::next_change).min();
    }

    fn next_arrival(&self) -> Option<(UnixNanos, usize)> {
        let arrivals = self.instruments.iter().enumerate();
        arrivals.filter_map(|(at, instrument)| Some((instrument.arrival?, at))).min()
    }

    /// Moves every instrument on whose state changes now, and says so of each when all have.
    fn change_phases(&mut self, sink: &mut dyn MarketSink) {
        self.expire_due(sink);
        let due =
            |instrument: &Instrument| instrument.next_phase().is_some_and(|at| at <= self.now);
        let due: Vec<usize> =
            (0..self.instruments.len()).filter(|at| due(&self.instruments[*at])).collect();
        let was_awake = self.is_awake();
        for at in &due {
            let instrument = &mut self.instruments[*at];
            let before = BestLevels::of(instrument.engine.book());
            if instrument.ends <= self.now {
                instrument.end_for_good();
            } else {
                instrument.change_phase(&self.config, self.now);
            }
            match instrument.phase {
                TradingState::Closed => self.emit(*at, before, sink),
                TradingState::PreOpen => {
                    self.emit(*at, before, sink);
                    self.schedule(*at);
                }
                TradingState::Open | TradingState::Halted => self.schedule(*at),
            }
        }
        for at in &due {
            if self.instruments[*at].ends <= self.now {
                self.expire(*at, sink);
            } else {
                self.tell_state(*at, sink);
            }
        }
        if due.iter().any(|at| self.instruments[*at].settled.is_some()) {
            self.list_missing(sink);
            self.share_out();
        }
        if was_awake && !self.is_awake() {
            self.sleep();
        }
        self.look_ahead();
    }

    /// Ends what was to work until now.
    fn expire_due(&mut self, sink: &mut dyn MarketSink) {
        for at in 0..self.instruments.len() {
            let engine = &mut self.instruments[at].engine;
            if engine.next_deadline().is_some_and(|deadline| deadline <= self.now) {
                let before = BestLevels::of(engine.book());
                engine.expire_due(self.now);
                self.emit(at, before, sink);
            }
        }
    }

    fn is_awake(&self) -> bool {
        self.instruments.iter().any(|instrument| instrument.phase != TradingState::Closed)
    }

    /// A contract ends for good: its state, what it was settled at, and that it is listed no more.
    fn expire(&mut self, at: usize, sink: &mut dyn MarketSink) {
        let fair = self.latent.price(self.instruments[at].fair);
        let instrument = &mut self.instruments[at];
        let tick = instrument.contract.product.tick;
        let ticks = libm::round(fair * instrument.carry / tick.to_f64()) as i64;
        let nearest = Price(ticks.saturating_mul(tick.0));
        let price = if instrument.last.is_some() { instrument.last } else { nearest };
        instrument.settle(price);
        instrument.free(at);
        let (listing, contract) = (&self.listings[at], &self.instruments[at].contract);
        let status = records::unavailable(listing.instrument_id, self.now);
        sink.record(RecordRef::from(&status));
        let settlement = records::settlement(listing.instrument_id, self.now, price);
        sink.record(RecordRef::from(&settlement));
        let definition = records::deletion(listing, contract, self.now);
        sink.record(RecordRef::from(&definition));
        sink.settled(listing, price);
    }

    /// Lists what has to be listed now that a contract has expired.
    fn list_missing(&mut self, sink: &mut dyn MarketSink) {
        for at in 0..self.firsts.len() {
            let (product, _) = self.firsts[at];
            let of_product = self.instruments.iter().filter(|i| i.contract.product == product);
            let Some(behaviour) = of_product.clone().next().map(|i| i.behaviour) else { continue };
            let alive = of_product.clone().filter(|i| i.settled.is_none()).map(|i| &i.contract);
            let mut missing: Vec<Contract> =
                contracts::missing(alive, self.config.later_contracts).collect();
            if missing.is_empty() && of_product.clone().all(|i| i.settled.is_some()) {
                // Nothing is listed of it to be counted on from.
                let last = of_product.map(|i| i.contract).max_by_key(|c| (c.year, c.month));
                missing.extend(last.map(|last| contracts::first_that_trades(last, self.now)));
            }
            for contract in missing {
                // Past the bound nothing new is listed, and what is listed trades to its end.
                if self.listings.len() < LISTED_MAX {
                    self.list(contract, behaviour);
                    let place = self.listings.len() - 1;
                    sink.listed(&self.listings[place], self.now);
                    self.announce(place, sink);
                }
            }
        }
    }

    /// Tells of an instrument's definition and state.
    fn announce(&self, at: usize, sink: &mut dyn MarketSink) {
        let (listing, instrument) = (&self.listings[at], &self.instruments[at]);
        let definition = match instrument.settled {
            None => records::definition(listing, &instrument.contract, self.now),
            Some(_) => records::deletion(listing, &instrument.contract, self.now),
        };
        sink.record(RecordRef::from(&definition));
        self.tell_state(at, sink);
    }

    fn tell_state(&self, at: usize, sink: &mut dyn MarketSink) {
        let (id, instrument) = (self.listings[at].instrument_id, &self.instruments[at]);
        let status = match instrument.settled {
            None => records::status(id, self.now, instrument.state()),
            Some(_) => records::unavailable(id, self.now),
        };
        sink.record(RecordRef::from(&status));
    }

    /// Everything is closed: fair prices jump to the next opening.
    fn sleep(&mut self) {
        if let Some(next) = self.next_opening() {
            let size = self.config.hours.move_of_pause(next.since(self.now));
            self.latent.sleep(next, size);
        }
    }

    fn next_opening(&self) -> Option<UnixNanos> {
        let alive = self.instruments.iter().filter(|instrument| instrument.is_alive());
        alive.filter_map(|instrument| Some(instrument.day?.pre_open.max(self.now))).min()
    }

    fn schedule(&mut self, at: usize) {
        let instrument = &mut self.instruments[at];
        let Some(day) = instrument.day else { return };
        if instrument.is_halted {
            instrument.arrival = None;
            return;
        }
        let excited = libm::sqrt(self.latent.volatility(instrument.fair));
        let activity = self.tempo.activity(&day, self.now) * excited;
        let rate = self.config.rate * instrument.behaviour.activity * instrument.share * activity;
        let is_quiet = self.config.hours != Hours::DaySession || instrument.share < 1.0;
        let is_pre_open = self.now < day.open;
        let rate = if is_quiet && is_pre_open { rate.max(PRE_OPEN_RATE) } else { rate };
        instrument.arrival = Some(instrument.crowd.next_arrival(self.now, rate));
    }

    fn arrive(&mut self, at: usize, sink: &mut dyn MarketSink) {
        if self.next_roll.is_some_and(|roll| roll <= self.now) {
            self.share_out();
        }
        let Some(day) = self.instruments[at].day else { return };
        let (tempo, now) = (&self.tempo, self.now);
        self.latent.advance(&|at| tempo.volatility(&day, at), now);
        let instrument = &mut self.instruments[at];
        let before = BestLevels::of(instrument.engine.book());
        let fair = self.latent.price(instrument.fair);
        let volatility =
            self.latent.volatility(instrument.fair) * self.tempo.volatility(&day, self.now);
        if instrument.act(fair, volatility) {
            instrument.note_trades();
            self.emit(at, before, sink);
        }
        self.schedule(at);
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
        let taken = self.instruments[at].note_trades();
        let instrument = &self.instruments[at];
        if taken != 0.0 {
            let orders = taken / (10.0 * instrument.behaviour.order_size);
            let price = self.latent.price(instrument.fair);
            let change = IMPACT_TICKS * orders * instrument.contract.product.tick.to_f64() / price;
            self.latent.nudge(instrument.fair, change.clamp(-0.01, 0.01));
        }
    }

    fn instrument_of(&self, order: OrderId) -> Result<usize, Refusal> {
        let at = MatchingEngine::listing_of(order);
        let known = self.instruments.get(at).is_some_and(|i| i.engine.is_clients(order));
        if known { Ok(at) } else { Err(Refusal::UnknownOrder) }
    }
}

impl Market for GeneratedMarket {
    fn listings(&self) -> &[Listing] {
        &self.listings
    }

    fn next_event(&self) -> Option<UnixNanos> {
        let phase = self.next_phase?;
        Some(self.next_arrival().map_or(phase, |(arrival, _)| arrival.min(phase)))
    }

    fn step(&mut self, sink: &mut dyn MarketSink) {
        let Some(phase) = self.next_phase else { return };
        match self.next_arrival() {
            Some((arrival, at)) if arrival < phase => {
                self.now = arrival;
                self.arrive(at, sink);
            }
            _ => {
                self.now = self.now.max(phase);
                self.change_phases(sink);
            }
        }
    }

    fn now(&self) -> UnixNanos {
        self.now
    }

    fn submit(&mut self, order: &NewOrder, sink: &mut dyn MarketSink) -> Result<OrderId, Refusal> {
        let instrument = self.instruments.get_mut(order.listing).ok_or(Refusal::Closed)?;
        let is_limit = order.kind == OrderKind::Limit;
        instrument.check_order(order.side, if is_limit { order.price } else { Price::NONE })?;
        if matches!(order.time_in_force, TimeInForce::GoodTill(at) if at <= self.now) {
            return Err(Refusal::TooLate);
        }
        let before = BestLevels::of(instrument.engine.book());
        let id = instrument.engine.add(order, Owner::Client)?;
        self.learn(order.listing);
        self.emit(order.listing, before, sink);
        if matches!(order.time_in_force, TimeInForce::GoodTill(_)) {
            self.look_ahead();
        }
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
        change: &Change,
        sink: &mut dyn MarketSink,
    ) -> Result<(), Refusal> {
        let at = self.instrument_of(order)?;
        let instrument = &mut self.instruments[at];
        let side = instrument.engine.working(order).map(|order| order.side);
        // What waits for a trigger is measured against the market once it has come.
        let rests = instrument.engine.order(order).is_some();
        let price = if rests { change.price } else { Price::NONE };
        instrument.check_order(side.ok_or(Refusal::UnknownOrder)?, price)?;
        let before = BestLevels::of(instrument.engine.book());
        instrument.engine.replace(order, change)?;
        self.learn(at);
        self.emit(at, before, sink);
        Ok(())
    }

    fn take_up(&mut self, order: &NewOrder, filled: u32) -> Result<OrderId, Refusal> {
        let instrument = self.instruments.get_mut(order.listing).ok_or(Refusal::Closed)?;
        if matches!(order.time_in_force, TimeInForce::GoodTill(at) if at <= self.now) {
            return Err(Refusal::TooLate);
        }
        let id = instrument.engine.take_up(order, filled)?;
        self.look_ahead();
        Ok(id)
    }

    fn last_price(&self, listing: usize) -> Price {
        self.instruments.get(listing).map_or(Price::NONE, |instrument| instrument.last)
    }

    fn go_on_from(&mut self, listing: usize, price: Price) {
        let Some(instrument) = self.instruments.get(listing) else { return };
        let (fair, from) = (instrument.fair, self.latent.price(instrument.fair) * instrument.carry);
        // Contracts of one product share its fair price: the first says where it is.
        let is_first = self.instruments[..listing].iter().all(|other| other.fair != fair);
        let to = price.to_f64();
        if is_first && price.is_some() && from > 0.0 && to > 0.0 {
            self.latent.nudge(fair, libm::log(to / from));
        }
    }

    fn close_of(&self, listing: usize, date: chrono::NaiveDate) -> Option<UnixNanos> {
        let product = self.instruments.get(listing)?.contract.product;
        let close = close_of(&self.config.calendars.of_product(product.code), date)?;
        Some(close)
    }

    fn set_halted(&mut self, listing: usize, is_halted: bool, sink: &mut dyn MarketSink) {
        let Some(instrument) = self.instruments.get_mut(listing) else { return };
        let can_halt = instrument.phase == TradingState::Open;
        if !can_halt || instrument.is_halted == is_halted {
            return;
        }
        instrument.is_halted = is_halted;
        self.schedule(listing);
        self.tell_state(listing, sink);
    }

    fn snapshot(&self, listing: usize, mbo: bool, sink: &mut dyn MarketSink) {
        let Some(instrument) = self.instruments.get(listing) else { return };
        self.announce(listing, sink);
        if mbo && instrument.settled.is_none() {
            let book = instrument.engine.book();
            let orders = book.orders(Side::Buy).chain(book.orders(Side::Sell));
            let stamp = Stamp { at: self.now, sequence: self.sequence };
            records::snapshot(self.listings[listing].instrument_id, stamp, orders, sink);
        }
    }

    fn history(&self, listing: usize) -> Vec<OhlcvMsg> {
        let all = self.past.get_or_init(|| {
            let sketches = self.instruments.iter().zip(&self.listings);
            let sketches = sketches.map(|(instrument, listing)| history::Sketch {
                instrument_id: listing.instrument_id,
                tick: listing.tick,
                behaviour: instrument.behaviour,
                carry: instrument.carry,
                share: instrument.share,
            });
            let sketches: Vec<_> = sketches.collect();
            let GeneratedConfig { seed, start, rate, .. } = self.config;
            history::history(seed, (start, rate), Calendar::of(Group::EquityIndex), &sketches)
        });
        all.get(listing).cloned().unwrap_or_default()
    }
}
