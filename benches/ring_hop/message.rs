//! What is carried: a cache line, a tick as the stages pass it on, and the largest message.

use crate::contestants::{Pair, floor};
use gauntlet_engine::message::{Event, Tick, Whole};
use gauntlet_model::ids::InstrumentId;
use gauntlet_model::input::{BookAction, Input, Quote, Sequenced, TopOfBook};
use gauntlet_model::units::{Price, UnixNanos};

/// A message that says when it left.
pub trait Message: Copy + Send + 'static {
    /// What is printed of it.
    const NAME: &'static str;

    /// Message number `sequence`, from 1, that was due and sent at these raw counter readings.
    fn new(sequence: u64, due: u64, sent: u64) -> Self;

    /// Its number, when it was due, when it was sent.
    fn marks(&self) -> [u64; 3];

    /// What the hardware takes to carry it and no more, where that can be said.
    fn floor() -> Option<Pair<Self>> {
        None
    }
}

/// 64 bytes that lie in one cache line.
#[derive(Clone, Copy, Default)]
#[repr(C, align(64))]
pub struct Line {
    /// Its number, when it was due, when it was sent.
    pub marks: [u64; 3],
    /// What makes it as long as it is.
    pub filler: [u64; 5],
}

impl Message for Line {
    const NAME: &'static str = "64-byte hop";

    fn new(sequence: u64, due: u64, sent: u64) -> Line {
        Line { marks: [sequence, due, sent], filler: [0; 5] }
    }

    fn marks(&self) -> [u64; 3] {
        self.marks
    }

    fn floor() -> Option<Pair<Line>> {
        Some(floor())
    }
}

/// A quote on its way between two stages, as a ring of layout `dedicated` carries it.
#[derive(Clone, Copy)]
pub struct TickHop {
    tick: Tick,
    pushed: u64,
}

fn quote() -> Quote {
    let (bid, ask) = (Price(5_000_000_000_000), Price(5_000_250_000_000));
    Quote {
        instrument: InstrumentId(1),
        action: BookAction::Add,
        side: None,
        flags: 0,
        price: bid,
        size: 3,
        top: TopOfBook { bid, ask, bid_size: 3, ask_size: 4 },
        ts_event: UnixNanos(1),
        sequence: 1,
    }
}

impl Message for TickHop {
    const NAME: &'static str = "tick hop";

    fn new(sequence: u64, due: u64, sent: u64) -> TickHop {
        let event = Event::Quote(quote());
        let tick = Tick { seq: sequence, time: UnixNanos(due), arrived: due, fresh: true, event };
        TickHop { tick, pushed: sent }
    }

    fn marks(&self) -> [u64; 3] {
        [self.tick.seq, self.tick.arrived, self.pushed]
    }
}

/// The same quote where a ring's slots are as large as the largest report.
#[derive(Clone, Copy)]
pub struct WholeHop {
    whole: Whole,
    pushed: u64,
}

impl Message for WholeHop {
    const NAME: &'static str = "whole hop";

    fn new(sequence: u64, due: u64, sent: u64) -> WholeHop {
        let input = Input::Quote(quote());
        let sequenced = Sequenced { seq: sequence, time: UnixNanos(due), input };
        WholeHop {
            whole: Whole { sequenced, fresh: true, owned: false, arrived: due },
            pushed: sent,
        }
    }

    fn marks(&self) -> [u64; 3] {
        [self.whole.sequenced.seq, self.whole.arrived, self.pushed]
    }
}
