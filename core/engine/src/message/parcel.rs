//! Messages in the form in which a ring carries them: what comes with every tick in two cache lines,
//! everything else in full, for a ring beside it.
//!
//! A message of the stages lends its input. A ring must own what it carries, and its slots are all as
//! large as the largest message. So market data, the views that follow from it, and the few words
//! that become orders are [`Hot`]; reports, definitions, commands and effects, which are rare and up
//! to three times as large, are [`Rare`].
//!
//! Packing and unpacking lose nothing: the stages cannot tell whether a ring is between them.

use super::{Arrival, ToOrders, ToRisk};
use crate::risk::Approved;
use gauntlet_model::effect::{Effect, Intent};
use gauntlet_model::input::{Input, Level, Mbo, Quote, Sequenced, Timer, Trade};
use gauntlet_model::market_view::MarketView;
use gauntlet_model::order::OrderRequest;
use gauntlet_model::units::UnixNanos;
use gauntlet_runtime::split_ring::Split;

/// What happens all the time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Event {
    /// See [`Input::Mbo`].
    Mbo(Mbo),
    /// See [`Input::Quote`].
    Quote(Quote),
    /// See [`Input::Level`].
    Level(Level),
    /// See [`Input::Trade`].
    Trade(Trade),
    /// See [`Input::Timer`].
    Timer(Timer),
}

impl Event {
    /// The input, if it is one that happens all the time.
    #[inline]
    pub fn of(input: &Input) -> Option<Event> {
        match input {
            Input::Mbo(event) => Some(Event::Mbo(*event)),
            Input::Quote(quote) => Some(Event::Quote(*quote)),
            Input::Level(level) => Some(Event::Level(*level)),
            Input::Trade(trade) => Some(Event::Trade(*trade)),
            Input::Timer(timer) => Some(Event::Timer(*timer)),
            _ => None,
        }
    }
}

/// A sequenced [`Event`] with its arrival.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tick {
    /// See [`Sequenced::seq`].
    pub seq: u64,
    /// See [`Sequenced::time`].
    pub time: UnixNanos,
    /// See [`Arrival::arrived`].
    pub arrived: u64,
    /// See [`Arrival::fresh`].
    pub fresh: bool,
    /// What happened.
    pub event: Event,
}

impl Tick {
    /// The input as the stages see it.
    #[inline]
    pub fn sequenced(&self) -> Sequenced {
        let input = match self.event {
            Event::Mbo(event) => Input::Mbo(event),
            Event::Quote(quote) => Input::Quote(quote),
            Event::Level(level) => Input::Level(level),
            Event::Trade(trade) => Input::Trade(trade),
            Event::Timer(timer) => Input::Timer(timer),
        };
        Sequenced { seq: self.seq, time: self.time, input }
    }
}

/// What comes with every tick, and the way to an order. `R` is what a stage asks of the next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Hot<R> {
    /// An input.
    Tick(Tick),
    /// The market of an instrument changed.
    Market(MarketView),
    /// What the stage asks for.
    Request(R),
}

/// An input in full, with its arrival.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Whole {
    /// The input.
    pub sequenced: Sequenced,
    /// See [`Arrival::fresh`].
    pub fresh: bool,
    /// See [`Arrival::owned`].
    pub owned: bool,
    /// See [`Arrival::arrived`].
    pub arrived: u64,
}

/// What is seldom, or large.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rare {
    /// An input that is no [`Event`].
    Input(Whole),
    /// An effect.
    Effect(Effect),
}

/// An input on its way to fusion.
pub type PackedInput = Split<Tick, Whole>;
/// A message on its way to risk.
pub type PackedToRisk = Split<Hot<Intent>, Rare>;
/// A message on its way to the order manager.
pub type PackedToOrders = Split<Hot<Approved<OrderRequest>>, Rare>;

impl Arrival<'_> {
    /// The input for a ring.
    #[inline]
    pub fn pack(&self) -> PackedInput {
        let Arrival { sequenced, fresh, owned, arrived } = *self;
        // Only an execution and a correction can be owned.
        match Event::of(&sequenced.input).filter(|_| !owned) {
            Some(event) => {
                let Sequenced { seq, time, .. } = *sequenced;
                Split::Hot(Tick { seq, time, arrived, fresh, event })
            }
            None => Split::Rare(Whole { sequenced: *sequenced, fresh, owned, arrived }),
        }
    }

    /// Gives `take` the input that was packed.
    #[inline]
    pub fn unpack<T>(packed: Split<&Tick, &Whole>, take: impl FnOnce(Arrival<'_>) -> T) -> T {
        match packed {
            Split::Hot(tick) => take(of_tick(tick, &tick.sequenced())),
            Split::Rare(whole) => take(of_whole(whole)),
        }
    }
}

impl ToRisk<'_> {
    /// The message for a ring.
    #[inline]
    pub fn pack(&self) -> PackedToRisk {
        match self {
            ToRisk::Input(arrival) => of_input(arrival),
            ToRisk::Effect(effect) => Split::Rare(Rare::Effect(*effect)),
            ToRisk::Market(view) => Split::Hot(Hot::Market(*view)),
            ToRisk::Intent(intent) => Split::Hot(Hot::Request(*intent)),
        }
    }

    /// Gives `take` the message that was packed.
    #[inline]
    pub fn unpack<T>(packed: Split<&Hot<Intent>, &Rare>, take: impl FnOnce(&ToRisk<'_>) -> T) -> T {
        match packed {
            Split::Hot(Hot::Tick(tick)) => take(&ToRisk::Input(of_tick(tick, &tick.sequenced()))),
            Split::Hot(Hot::Market(view)) => take(&ToRisk::Market(*view)),
            Split::Hot(Hot::Request(intent)) => take(&ToRisk::Intent(*intent)),
            Split::Rare(Rare::Input(whole)) => take(&ToRisk::Input(of_whole(whole))),
            Split::Rare(Rare::Effect(effect)) => take(&ToRisk::Effect(*effect)),
        }
    }
}

impl ToOrders<'_> {
    /// The message for a ring.
    #[inline]
    pub fn pack(&self) -> PackedToOrders {
        match self {
            ToOrders::Input(arrival) => of_input(arrival),
            ToOrders::Effect(effect) => Split::Rare(Rare::Effect(*effect)),
            ToOrders::Market(view) => Split::Hot(Hot::Market(*view)),
            ToOrders::Approved(approved) => Split::Hot(Hot::Request(*approved)),
        }
    }

    /// Gives `take` the message that was packed.
    #[inline]
    pub fn unpack<T>(
        packed: Split<&Hot<Approved<OrderRequest>>, &Rare>,
        take: impl FnOnce(&ToOrders<'_>) -> T,
    ) -> T {
        match packed {
            Split::Hot(Hot::Tick(tick)) => take(&ToOrders::Input(of_tick(tick, &tick.sequenced()))),
            Split::Hot(Hot::Market(view)) => take(&ToOrders::Market(*view)),
            Split::Hot(Hot::Request(approved)) => take(&ToOrders::Approved(*approved)),
            Split::Rare(Rare::Input(whole)) => take(&ToOrders::Input(of_whole(whole))),
            Split::Rare(Rare::Effect(effect)) => take(&ToOrders::Effect(*effect)),
        }
    }
}

#[inline]
fn of_input<R>(arrival: &Arrival<'_>) -> Split<Hot<R>, Rare> {
    match arrival.pack() {
        Split::Hot(tick) => Split::Hot(Hot::Tick(tick)),
        Split::Rare(whole) => Split::Rare(Rare::Input(whole)),
    }
}

#[inline]
fn of_tick<'a>(tick: &Tick, sequenced: &'a Sequenced) -> Arrival<'a> {
    Arrival { sequenced, fresh: tick.fresh, owned: false, arrived: tick.arrived }
}

#[inline]
fn of_whole(whole: &Whole) -> Arrival<'_> {
    let Whole { sequenced, fresh, owned, arrived } = whole;
    Arrival { sequenced, fresh: *fresh, owned: *owned, arrived: *arrived }
}

#[cfg(test)]
mod tests;
