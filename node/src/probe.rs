//! Times the chain's stages while they run inline.

use gauntlet_manager::chain::{Boundary, Probe};
use gauntlet_runtime::clock::TickClock;
use gauntlet_runtime::latency::{LatencyRecorder, Segment};

/// Records how long each stage took for inputs that came from a socket.
pub struct TickProbe {
    ticks: TickClock,
    recorder: LatencyRecorder,
    armed: bool,
    since: u64,
    running: Boundary,
    fusion: u64,
    risk: u64,
    orders: u64,
}

impl TickProbe {
    /// A probe that reports to `recorder`.
    pub fn new(ticks: TickClock, recorder: LatencyRecorder) -> TickProbe {
        TickProbe {
            ticks,
            recorder,
            armed: false,
            since: 0,
            running: Boundary::Owner,
            fusion: 0,
            risk: 0,
            orders: 0,
        }
    }

    /// Begins an input; one without an arrival is not measured.
    #[inline]
    pub fn begin(&mut self, arrived: u64) {
        self.armed = arrived > 0;
        (self.fusion, self.risk, self.orders) = (0, 0, 0);
        self.running = Boundary::Owner;
    }

    /// Ends the input and records what each stage took.
    #[inline]
    pub fn end(&mut self) {
        if self.armed {
            self.recorder.record(Segment::Fusion, 0, self.fusion);
            self.recorder.record(Segment::Risk, 0, self.risk);
            self.recorder.record(Segment::Orders, 0, self.orders);
        }
    }
}

impl Probe for TickProbe {
    #[inline]
    fn mark(&mut self, boundary: Boundary) {
        if !self.armed {
            return;
        }
        let now = self.ticks.raw();
        let took = now.saturating_sub(self.since);
        match self.running {
            Boundary::Fusion => self.fusion += took,
            Boundary::Risk => self.risk += took,
            Boundary::Orders => self.orders += took,
            Boundary::Owner => {}
        }
        (self.since, self.running) = (now, boundary);
    }
}
