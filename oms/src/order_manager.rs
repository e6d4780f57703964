//! The order manager: the third stage of the chain and the only maker of messages for gateways.

use gauntlet_core::effect::OutboundRecord;

/// A message that a gateway may send. Only the order manager makes one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outbound(OutboundRecord);

impl Outbound {
    /// What is to be sent.
    pub fn record(&self) -> &OutboundRecord {
        &self.0
    }

    /// Makes one without the order manager. Only tests of gateways may enable the feature.
    #[cfg(feature = "unchecked-approval")]
    pub fn unchecked(record: OutboundRecord) -> Outbound {
        Outbound(record)
    }
}
