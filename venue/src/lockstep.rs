//! Two parties over real sockets, one step at a time, so that the same files give the same result.
//!
//! At full speed a replay over TCP is a race: how far the market has moved when an order arrives
//! depends on the scheduler. In lockstep the venue takes its next step only when the node is at rest
//! and everything that the node sent has arrived. The node publishes three counts, and a count is
//! published only after everything that the counted thing caused has been counted.

use std::sync::atomic::{AtomicU64, Ordering};

/// What the node publishes. Counts start at 0 with the node.
#[derive(Debug, Default)]
pub struct Lockstep {
    records_done: AtomicU64,
    reports_done: AtomicU64,
    orders_sent: AtomicU64,
}

/// What the venue knows of the same things.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VenueCounts {
    /// DBN records of any kind sent to the node, after the metadata.
    pub records_sent: u64,
    /// FIX application messages sent to the node.
    pub reports_sent: u64,
    /// FIX application messages received from the node.
    pub orders_received: u64,
}

impl Lockstep {
    /// The node is at rest, with so many records and reports behind it.
    pub fn publish(&self, records_done: u64, reports_done: u64) {
        self.records_done.store(records_done, Ordering::Release);
        self.reports_done.store(reports_done, Ordering::Release);
    }

    /// The node wrote another FIX application message. Called before the record or report that
    /// caused it is published as done.
    pub fn order_sent(&self) {
        self.orders_sent.fetch_add(1, Ordering::Release);
    }

    /// Whether nothing is under way between the two.
    ///
    /// What is done is read before what was sent: an order that the node sent for a record is
    /// counted before the record is done, so an order that this misses belongs to a record or report
    /// that is not done yet, and that is seen.
    pub fn is_at_rest(&self, venue: &VenueCounts) -> bool {
        self.records_done.load(Ordering::Acquire) == venue.records_sent
            && self.reports_done.load(Ordering::Acquire) == venue.reports_sent
            && self.orders_sent.load(Ordering::Acquire) == venue.orders_received
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rest_needs_every_count_to_agree() {
        let lockstep = Lockstep::default();
        let mut venue = VenueCounts::default();
        assert!(lockstep.is_at_rest(&venue));
        venue.records_sent = 2;
        assert!(!lockstep.is_at_rest(&venue));
        lockstep.order_sent();
        lockstep.publish(2, 0);
        assert!(!lockstep.is_at_rest(&venue), "an order is under way");
        venue.orders_received = 1;
        assert!(lockstep.is_at_rest(&venue));
        venue.reports_sent = 1;
        assert!(!lockstep.is_at_rest(&venue));
        lockstep.publish(2, 1);
        assert!(lockstep.is_at_rest(&venue));
    }
}
