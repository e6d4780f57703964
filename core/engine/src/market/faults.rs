//! Which faults an instrument has, how often each came, and which of that was already said.

use gauntlet_model::effect::MarketFault;

const COUNT: usize = MarketFault::ALL.len();

/// The faults of one instrument.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Faults {
    /// One bit a fault.
    now: u16,
    announced: u16,
    came: [u64; COUNT],
}

impl Faults {
    pub fn set(&mut self, fault: MarketFault, on: bool) {
        if on && !self.has(fault) {
            self.came[fault as usize] += 1;
        }
        self.now = if on { self.now | bit(fault) } else { self.now & !bit(fault) };
    }

    pub fn has(&self, fault: MarketFault) -> bool {
        self.now & bit(fault) != 0
    }

    pub fn has_any(&self, faults: &[MarketFault]) -> bool {
        faults.iter().any(|fault| self.has(*fault))
    }

    /// How often each fault came, by its number.
    pub fn came(&self) -> [u64; COUNT] {
        self.came
    }

    /// Gives out every fault that changed since the last call, and whether it is in force now.
    pub fn announce(&mut self, mut say: impl FnMut(MarketFault, bool)) {
        let changed = self.now ^ self.announced;
        if changed == 0 {
            return;
        }
        self.announced = self.now;
        for fault in MarketFault::ALL.into_iter().filter(|fault| changed & bit(*fault) != 0) {
            say(fault, self.has(fault));
        }
    }

    /// The same faults as said before, with nothing in force and nothing counted: for another
    /// instrument in the same place.
    pub fn renewed(&self) -> Faults {
        Faults { announced: self.announced, ..Faults::default() }
    }
}

fn bit(fault: MarketFault) -> u16 {
    const { assert!(COUNT <= 16, "one bit a fault") }
    1 << fault as u16
}
