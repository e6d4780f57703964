//! One contract of a generated market: its book, its crowd, and where it is in its life.

use super::config::GeneratedConfig;
use super::crowd::{Act, Crowd, Outlook};
use super::products::Behaviour;
use super::schedule::Day;
use crate::market::Refusal;
use crate::matching::{MatchingEngine, Owner};
use gauntlet_model::input::{BookAction, TradingState};
use gauntlet_model::instrument::{Contract, Product};
use gauntlet_model::units::{Price, Side, UnixNanos};

/// Orders that one instrument's book holds.
pub(super) const ORDERS_MAX: usize = 8_192;
/// Price levels on a side of it.
pub(super) const LEVELS_MAX: usize = 1_024;
/// How far beyond the reference price an order may reach, as a share of it: a buy above, a sell below.
/// About what the exchange's price banding allows for the products that move most.
const BAND: f64 = 0.03;

/// See the module.
pub(super) struct Instrument {
    pub contract: Contract,
    pub behaviour: &'static Behaviour,
    /// Its product's place among the fair prices, and its price relative to that one.
    pub fair: usize,
    pub carry: f64,
    /// Its share of the product's trading.
    pub share: f64,
    pub engine: MatchingEngine,
    pub crowd: Crowd,
    /// Where it is in its session; halted or not.
    pub phase: TradingState,
    pub is_halted: bool,
    /// The session under way, or the next one; `None` when the calendar ends.
    pub day: Option<Day>,
    /// When trading in it ends for good.
    pub ends: UnixNanos,
    /// Whether that has come, and the price that it was settled at.
    pub settled: Option<Price>,
    /// When the next participant comes; `None` while there is nothing to come to.
    pub arrival: Option<UnixNanos>,
    /// The price of its last trade.
    pub last: Price,
}

impl Instrument {
    /// Whether it ever trades again.
    pub fn is_alive(&self) -> bool {
        self.settled.is_none() && self.day.is_some()
    }

    /// The state that the exchange says it is in.
    pub fn state(&self) -> TradingState {
        match self.phase {
            TradingState::Open if self.is_halted => TradingState::Halted,
            phase => phase,
        }
    }

    /// When its state changes next; `None` when it has ended, or the calendar has.
    pub fn next_phase(&self) -> Option<UnixNanos> {
        if self.settled.is_some() {
            return None;
        }
        let day = self.day?;
        let phase = match self.phase {
            TradingState::PreOpen => day.open,
            TradingState::Open | TradingState::Halted => day.close,
            TradingState::Closed => day.pre_open,
        };
        Some(phase.min(self.ends))
    }

    /// When its state changes next, or an order ends by its own date.
    pub fn next_change(&self) -> Option<UnixNanos> {
        let phase = self.next_phase()?;
        Some(self.engine.next_deadline().map_or(phase, |deadline| deadline.min(phase)))
    }

    /// Moves on to the next part of its day.
    pub fn change_phase(&mut self, config: &GeneratedConfig, now: UnixNanos) {
        match self.phase {
            TradingState::Closed => {
                self.phase = TradingState::PreOpen;
                self.engine.begin_session();
            }
            TradingState::PreOpen => self.phase = TradingState::Open,
            TradingState::Open | TradingState::Halted => {
                self.engine.end_session();
                self.go_home();
                self.day = config.session_at(self.contract.product, now);
            }
        }
    }

    /// Trading in it is over: nothing works any more.
    pub fn end_for_good(&mut self) {
        self.engine.end_for_good();
        self.go_home();
    }

    fn go_home(&mut self) {
        self.phase = TradingState::Closed;
        self.is_halted = false;
        self.crowd.rest();
        self.arrival = None;
    }

    /// The engine of a contract of this product.
    pub fn engine(place: usize, product: &Product, protection_ticks: u16) -> MatchingEngine {
        let points = product.tick.0.saturating_mul(i64::from(protection_ticks.max(1)));
        MatchingEngine::new(place as u8, product.tick, ORDERS_MAX, LEVELS_MAX)
            .with_protection(Price(points))
    }

    /// Ends the contract for good, at this price. Its book is given back: nothing comes any more.
    pub fn settle(&mut self, at: Price) {
        self.settled = Some(at);
        self.day = None;
    }

    /// Lets go of what only a living contract needs.
    pub fn free(&mut self, place: usize) {
        self.engine = MatchingEngine::new(place as u8, self.contract.product.tick, 1, 1);
    }

    /// Lets one participant act. Returns whether the book changed.
    pub fn act(&mut self, fair: f64, volatility: f64) -> bool {
        let tick = self.contract.product.tick.to_f64();
        let open = self.phase == TradingState::Open;
        let outlook = Outlook { fair: fair * self.carry / tick, volatility, open };
        match self.crowd.act(&self.engine, &outlook) {
            Act::Enter(order) => {
                let entered = self.engine.add(&order, Owner::Crowd);
                if let Ok(id) = entered {
                    self.crowd.entered(id, &self.engine);
                }
                entered.is_ok()
            }
            Act::Cancel(order) => self.engine.cancel(order).is_ok(),
            Act::Nothing => false,
        }
    }

    /// Takes note of what the engine's last operation traded: the contracts that its aggressor bought,
    /// less those that it sold.
    pub fn note_trades(&mut self) -> f64 {
        let mut signed = 0.0;
        for event in self.engine.events() {
            if event.action == BookAction::Trade {
                self.last = event.price;
                signed += f64::from(event.qty) * event.side.map_or(0, Side::sign) as f64;
            }
        }
        signed
    }

    /// What a price is measured against: the last trade, or the middle of the book before the first.
    pub fn reference(&self) -> Option<Price> {
        if self.last.is_some() {
            return Some(self.last);
        }
        let [bid, ask] = [Side::Buy, Side::Sell].map(|side| self.engine.book().best(side));
        let middle = i64::midpoint(bid?.price.0, ask?.price.0);
        Some(Price(middle - middle.rem_euclid(self.contract.product.tick.0)))
    }

    /// Whether orders may come, and at this price.
    ///
    /// # Errors
    /// [`Refusal::Expired`], [`Refusal::Halted`], [`Refusal::Closed`], [`Refusal::OutOfBand`].
    pub fn check_order(&self, side: Side, price: Price) -> Result<(), Refusal> {
        if self.settled.is_some() {
            return Err(Refusal::Expired);
        }
        match self.state() {
            TradingState::Open => {}
            TradingState::Halted => return Err(Refusal::Halted),
            TradingState::PreOpen | TradingState::Closed => return Err(Refusal::Closed),
        }
        let Some(reference) = self.reference() else { return Ok(()) };
        let beyond = (price.to_f64() - reference.to_f64()) * side.sign() as f64;
        let is_inside = !price.is_some() || beyond <= BAND * reference.to_f64().abs();
        if is_inside { Ok(()) } else { Err(Refusal::OutOfBand) }
    }
}
