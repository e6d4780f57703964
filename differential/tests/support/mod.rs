//! What the tests share: a line that breaks where it is told to, a broker on the C++ engine, and the rules of
//! orders that both ends keep.

#![allow(dead_code, reason = "no test uses all of it")]

pub mod broker;
pub mod line;
pub mod orders;
pub mod ours;
pub mod trader;

use gauntlet_model::units::UnixNanos;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Longest wait for anything, before it counts as stuck.
pub const DEADLINE: Duration = Duration::from_secs(30);
/// Between two heartbeats, in seconds: more than the deadline, so that none of them frees what is stuck.
pub const HEARTBEAT_SECONDS: u32 = 120;

static LONGEST_WAIT_MS: AtomicU64 = AtomicU64::new(0);

/// The longest wait so far, in milliseconds.
pub fn longest_wait_ms() -> u64 {
    LONGEST_WAIT_MS.load(Ordering::Relaxed)
}

pub fn now() -> UnixNanos {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    UnixNanos(u64::try_from(since.as_nanos()).expect("before 2554"))
}

/// Names that no other session of this process has.
pub fn names() -> [String; 2] {
    static PAIRS: AtomicU32 = AtomicU32::new(0);
    let pair = PAIRS.fetch_add(1, Ordering::Relaxed);
    [format!("TRADER{pair}"), format!("BROKER{pair}")]
}

/// An address at which nobody listens, below the ports that the system gives to connections: an engine that starts
/// again finds it free again.
pub fn free_address() -> SocketAddr {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    loop {
        let at =
            NEXT.fetch_add(1, Ordering::Relaxed).wrapping_add(std::process::id().wrapping_mul(97));
        let port = 20_000 + (at % 12_000) as u16;
        if let Ok(listener) = TcpListener::bind(("127.0.0.1", port)) {
            return listener.local_addr().expect("bound");
        }
    }
}

/// Goes on until something holds. A step returns how much was done, and whether it holds.
///
/// # Panics
/// When it does not for [`DEADLINE`].
pub fn until(what: &str, mut step: impl FnMut() -> (usize, bool)) {
    let begun = Instant::now();
    loop {
        let (done, holds) = step();
        let waited = begun.elapsed();
        if holds {
            LONGEST_WAIT_MS.fetch_max(waited.as_millis() as u64, Ordering::Relaxed);
            return;
        }
        assert!(waited < DEADLINE, "stuck: {what}");
        if done == 0 {
            // As a node's idle thread does; what is waited for is looked at each time.
            std::thread::park_timeout(Duration::from_micros(200));
        }
    }
}

/// The data dictionary of this repository, in the form that the engine reads too.
pub fn dictionary() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../oms/gateways/src/fix/dictionary/fix44.xml")
}

/// Numbers that look random and are the same for a seed: SplitMix64 (Steele, Lea, Flood, 2014).
pub struct Rng(pub u64);

impl Rng {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// One below a bound.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}
