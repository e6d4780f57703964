//! One instrument of the simulated broker: what it shows, who works in it, and when it ends.

use super::PaperTerms;
use crate::follower::Follower;
use crate::market::{OrderEvent, Refusal};
use gauntlet_model::input::{TopOfBook, TradingState};
use gauntlet_model::instrument::contract_near;
use gauntlet_model::text::Text;
use gauntlet_model::units::{NANOS_PER_SECOND, Price, UnixNanos};

/// Orders that work in one instrument, at most.
const WORKING_MAX: usize = 1_024;
/// Before this the stream has no time yet: 1 January 2000.
const KNOWN_FROM: UnixNanos = UnixNanos(946_684_800 * NANOS_PER_SECOND);
/// What never comes.
const NEVER: UnixNanos = UnixNanos(u64::MAX);

/// A market of the simulated broker.
pub(super) struct PaperMarket {
    pub follower: Follower,
    pub symbol: Text<24>,
    pub tick: Price,
    /// When the contract trades last: by the exchange's word, by its product's rule, or not known yet.
    pub ends: Option<UnixNanos>,
    pub has_ended: bool,
    pub top: TopOfBook,
    /// The top that orders have met last.
    pub met: Option<TopOfBook>,
    pub state: TradingState,
    /// Whether the view can be relied on.
    pub sound: bool,
}

impl PaperMarket {
    /// One that nothing is known of yet, in which orders fill by these terms.
    pub fn new(symbol: Text<24>, tick: Price, terms: &PaperTerms) -> PaperMarket {
        PaperMarket {
            follower: terms.follower(tick, WORKING_MAX),
            symbol,
            tick,
            ends: None,
            has_ended: false,
            top: TopOfBook::EMPTY,
            met: None,
            state: TradingState::Open,
            sound: true,
        }
    }

    /// The book that orders meet: nothing while the view cannot be relied on.
    pub fn shown(&self) -> TopOfBook {
        if self.sound { self.top } else { TopOfBook::EMPTY }
    }

    pub fn fills(&self) -> bool {
        self.sound && self.state == TradingState::Open
    }

    /// Whether orders may come and be changed.
    pub fn check_open(&self) -> Result<(), Refusal> {
        match self.state {
            _ if self.has_ended => Err(Refusal::Expired),
            TradingState::Open => Ok(()),
            TradingState::Halted => Err(Refusal::Halted),
            TradingState::PreOpen | TradingState::Closed => Err(Refusal::Closed),
        }
    }

    /// Shows the book to the orders, if it is another than they have met. A trade is told of before what it
    /// did to the book: what that triggered waits for the book after it.
    pub fn meet(&mut self, is_last_word: bool, out: &mut dyn FnMut(OrderEvent)) {
        if !self.fills() {
            return;
        }
        let is_news = self.met.replace(self.top) != Some(self.top) || is_last_word;
        if is_news && self.follower.needs_book() {
            self.follower.on_book(&self.top, out);
        }
    }

    /// The stream's time: what ends by it does.
    pub fn on_time(&mut self, now: UnixNanos, out: &mut dyn FnMut(OrderEvent)) {
        self.follower.set_time(now);
        self.follower.expire_due(now, out);
        if self.ends.is_none() && now >= KNOWN_FROM {
            let contract = contract_near(self.symbol.as_str(), now);
            self.ends = Some(contract.map_or(NEVER, |contract| contract.expiry()));
        }
        if !self.has_ended && self.ends.is_some_and(|ends| ends <= now) {
            self.has_ended = true;
            self.follower.expire_all(out);
        }
        if self.follower.has_triggered() {
            self.meet(true, out);
        }
    }
}
