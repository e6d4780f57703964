//! The parts of a node, put together but not running.

use crate::alert_log::{self, AlertSource};
use crate::config::ClockChoice;
use crate::control_socket::ControlSocket;
use crate::ingest::{Ingest, Sequencing};
use crate::market_feed::MarketFeed;
use crate::outlet::{EffectJournal, Gateways, OrderTiming, Outlet};
use crate::prepare::Prepared;
use crate::state::NodeState;
use gauntlet_engine::sequencer::Sequencer;
use gauntlet_journal::{JournalSync, RecoveryReport};
use gauntlet_manager::chain::Chain;
use gauntlet_runtime::clock::{Clock, TickClock};
use gauntlet_runtime::latency::LatencyBoard;
use std::sync::Arc;

/// Latency samples that a thread may run ahead of the control plane.
pub const SAMPLES_AHEAD: usize = 1 << 16;

/// See the module. Whoever drives them decides which thread each runs on.
pub struct Parts<F> {
    /// The door in.
    pub ingest: Ingest<F>,
    /// The stages.
    pub chain: Chain,
    /// The far end.
    pub outlet: Outlet,
    /// Where alerts come from, for a log.
    pub alerts: AlertSource,
    /// What makes the journal durable.
    pub sync: JournalSync,
    /// What was found in the journal.
    pub recovery: RecoveryReport,
    /// What all parts share.
    pub state: Arc<NodeState>,
    /// The clock of latencies.
    pub ticks: TickClock,
    /// The latency histograms.
    pub board: LatencyBoard,
}

impl<F: MarketFeed> Parts<F> {
    /// Puts the parts together. `clock` drives the stream's time, `wall` is the wall clock; the ends
    /// are where data comes from, where orders go, and where operators ask.
    pub fn new(
        prepared: Prepared,
        clock: ClockChoice,
        wall: Clock,
        (feed, gateways, control): (F, Gateways, Option<ControlSocket>),
    ) -> Parts<F> {
        let Prepared { inputs, effects, sync, recovery, rebuilt, defined, opening, .. } = prepared;
        let ticks = TickClock::new();
        let state = Arc::new(NodeState::default());
        let mut board = LatencyBoard::new(ticks.clone());
        let (tap, alerts) = alert_log::alerts(&defined);
        let sequencing = Sequencing::new(
            Sequencer::resume(recovery.next_seq - 1, rebuilt.last_time),
            inputs,
            (clock, wall),
            ticks.clone(),
            board.recorder(SAMPLES_AHEAD),
            Arc::clone(&state),
            defined,
        );
        let mut outlet = Outlet::new(
            EffectJournal::new(effects, Arc::clone(&state)),
            gateways,
            OrderTiming::new(ticks.clone(), board.recorder(SAMPLES_AHEAD)),
            Arc::clone(&state),
        );
        outlet.tell_alerts(tap);
        let ingest = Ingest::new(opening, feed, control, sequencing);
        Parts { ingest, chain: rebuilt.chain, outlet, alerts, sync, recovery, state, ticks, board }
    }
}
