//! What a live feed is told, what it counts, and why it may give up.

use crate::protocol::{ApiKey, Subscription};
use crate::symbols::FeedInstrument;
use gauntlet_model::ids::INSTRUMENTS_MAX;
use std::io;

/// What a live feed is to be.
#[derive(Clone, Debug)]
pub struct LiveConfig {
    /// The feed's place in the configuration, carried by its events.
    pub feed: u8,
    /// Host and port of the gateway; see [`crate::default_gateway`].
    pub addr: String,
    /// The key.
    pub key: ApiKey,
    /// The dataset, such as `GLBX.MDP3`.
    pub dataset: String,
    /// What to ask for.
    pub subscriptions: Vec<Subscription>,
    /// How many hours of one-minute bars before the present are asked for first, 0 to
    /// [`HISTORY_HOURS_MAX`](super::HISTORY_HOURS_MAX); the longest asks for all that the gateway
    /// has. With any at all, an outage is filled with the bars of its time.
    pub history_hours: u32,
    /// The instruments of the run that come by this feed.
    pub instruments: Vec<FeedInstrument>,
    /// How often the gateway is to say that it is alive when it has nothing else to say, in seconds:
    /// 5 to 1,800. A line that is silent for twice as long is given up.
    pub heartbeat_interval_s: u32,
    /// Size of the receive buffer in bytes, and so the most that one poll reads.
    pub buffer_bytes: usize,
}

impl LiveConfig {
    /// Default of [`LiveConfig::heartbeat_interval_s`].
    pub const HEARTBEAT_INTERVAL_S: u32 = 5;
    /// Default of [`LiveConfig::buffer_bytes`].
    pub const BUFFER_BYTES: usize = 64 << 10;
}

/// Why a live feed cannot work as it is configured.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    /// A setting is impossible.
    #[error("market-data feed: {0}")]
    Config(String),
    /// The gateway's name has no address.
    #[error("cannot find the market-data gateway {addr}: {source}")]
    Resolve {
        /// The gateway.
        addr: String,
        /// Why.
        source: io::Error,
    },
    /// The gateway refuses the key, or the key may not use the dataset.
    #[error("the market-data gateway {addr} refuses the key for {dataset}: {reason}")]
    Refused {
        /// The gateway.
        addr: String,
        /// The dataset.
        dataset: String,
        /// The gateway's words.
        reason: String,
    },
    /// The gateway refuses a subscription.
    #[error("the market-data gateway {addr} refuses a subscription, correct it: {reason}")]
    Subscription {
        /// The gateway.
        addr: String,
        /// The gateway's words.
        reason: String,
    },
    /// The gateway does not know a symbol.
    #[error("the market-data gateway {addr} does not know a symbol, correct it: {reason}")]
    Symbol {
        /// The gateway.
        addr: String,
        /// The gateway's words.
        reason: String,
    },
}

/// Counters of a live feed since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LiveStats {
    /// Bytes read from the socket.
    pub bytes: u64,
    /// Records read, of any kind.
    pub records: u64,
    /// Inputs made of them.
    pub inputs: u64,
    /// Records of other instruments.
    pub unknown_instruments: u64,
    /// Records of types that are not used.
    pub unused_types: u64,
    /// Attempts to connect.
    pub attempts: u64,
    /// Sessions that reached the stream.
    pub sessions: u64,
    /// Troubles that did not end a session; see [`LiveFeed::warning`](super::LiveFeed::warning).
    pub warnings: u64,
    /// Snapshots asked for because a book was in doubt.
    pub snapshots_asked: u64,
    /// Warnings by the gateway that we read too slowly.
    pub slow_warnings: u64,
}

pub(super) fn check(config: &LiveConfig) -> Result<(), FeedError> {
    let fault = |text: String| Err(FeedError::Config(text));
    if config.dataset.is_empty()
        || !config.dataset.bytes().all(|b| b.is_ascii_graphic() && b != b'|')
    {
        return fault("the dataset is empty or has impossible characters".into());
    }
    if !(5..=1_800).contains(&config.heartbeat_interval_s) {
        return fault("the heartbeat interval must be 5 to 1800 seconds".into());
    }
    if config.history_hours > super::HISTORY_HOURS_MAX {
        return fault("no gateway keeps more than 24 hours of history".into());
    }
    if !(16 << 10..=64 << 20).contains(&config.buffer_bytes) {
        return fault("the receive buffer must be 16 KiB to 64 MiB".into());
    }
    if config.instruments.is_empty() || config.instruments.len() > INSTRUMENTS_MAX {
        return fault(format!("it needs 1 to {INSTRUMENTS_MAX} instruments"));
    }
    if config.subscriptions.is_empty() {
        return fault("it has no subscriptions".into());
    }
    for subscription in &config.subscriptions {
        if let Some(reason) = subscription.fault() {
            return fault(format!("the subscription to {} {reason}", subscription.schema));
        }
    }
    Ok(())
}
