//! What a hot thread does while nothing comes: it goes through what an order asks of it, for nobody.
//!
//! Ticks come by the ten thousand between two orders, so that the code and the tables of the gate and of the
//! encoder have left the processor's caches when one is wanted, and to fetch them takes longer than the work
//! itself. A thread that spins anyway keeps them near. It looks, and changes nothing that is told, sent, counted
//! or journaled, so decisions are the same with and without; it is over in less time than a tick takes.

/// Rounds without work from one time to the next.
const EVERY: u32 = 4;

/// When it is time again.
#[derive(Debug, Default)]
pub struct CacheWarming {
    idle: u32,
    turn: usize,
}

impl CacheWarming {
    /// Counts a round in which so much was done. The number of the turn when it is time after it.
    #[inline]
    pub fn due(&mut self, work: usize) -> Option<usize> {
        self.idle = if work == 0 { self.idle + 1 } else { 0 };
        (self.idle >= EVERY).then(|| {
            self.idle = 0;
            self.turn = self.turn.wrapping_add(1);
            self.turn
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_time_after_so_many_idle_rounds_in_a_row_and_work_begins_the_count_anew() {
        let mut warming = CacheWarming::default();
        let mut due = |work| warming.due(work);
        let idle = EVERY as usize;
        assert!((1..idle).all(|_| due(0).is_none()));
        assert_eq!(due(3), None);
        assert!((1..idle).all(|_| due(0).is_none()));
        assert_eq!(due(0), Some(1));
        assert_eq!((0..idle).filter_map(|_| due(0)).collect::<Vec<_>>(), [2]);
    }
}
