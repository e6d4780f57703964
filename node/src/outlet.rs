//! The chain's far end: effects go into the journal, order messages to the gateway of their route,
//! and what brokers answer comes back as inputs.
//!
//! Whoever owns the order manager's thread owns the outlet. Everything goes through
//! [`Outlet::take`] in the order in which the chain made it, so an effect is in the journal before
//! the message that it describes is handed to a gateway.
//!
//! Each thing that it does has a type of its own, which knows none of the others; this one says in
//! which order they have their turn.

mod backlog;
mod commands;
mod effects;
mod gateways;
mod progress;
mod timing;

pub use backlog::Feedback;
pub use effects::EffectJournal;
pub use gateways::Gateways;
pub use timing::OrderTiming;

use crate::alert_log::AlertTap;
use crate::state::{Failure, NodeState};
use backlog::{Backlog, Full};
use commands::CommandWatch;
use gauntlet_gateways::fix::tags;
use gauntlet_gateways::gateway::GatewayEvent;
use gauntlet_manager::order_manager::{Draft, FromOrders, Outbound};
use gauntlet_model::effect::{Alert, Effect, Enquiry, MessageSent};
use gauntlet_model::input::{Correction, Input, Route, Sequenced};
use gauntlet_model::units::{NANOS_PER_SECOND, UnixNanos};
use gauntlet_readmodel::counters::NodeCounters;
use gauntlet_venue::lockstep::Lockstep;
use progress::Progress;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Between two looks at how the sessions fare, in nanoseconds.
const PUBLISH_EVERY_NS: u64 = NANOS_PER_SECOND / 10;

/// See the module.
pub struct Outlet {
    effects: EffectJournal,
    gateways: Gateways,
    timing: OrderTiming,
    backlog: Backlog,
    commands: CommandWatch,
    progress: Progress,
    /// Where alerts go besides the journal, if anywhere.
    alerts: Option<AlertTap>,
    state: Arc<NodeState>,
    wall: UnixNanos,
    /// When it was last published how the sessions fare.
    published: UnixNanos,
}

impl Outlet {
    /// An outlet that goes on in `effects`.
    pub fn new(
        effects: EffectJournal,
        gateways: Gateways,
        timing: OrderTiming,
        state: Arc<NodeState>,
    ) -> Outlet {
        gateways.publish_policies(&state.counters.fix);
        Outlet {
            effects,
            gateways,
            timing,
            backlog: Backlog::new(),
            commands: CommandWatch::default(),
            progress: Progress::default(),
            alerts: None,
            state,
            wall: UnixNanos(0),
            published: UnixNanos(0),
        }
    }

    /// Hands alerts on to a log.
    pub fn tell_alerts(&mut self, tap: AlertTap) {
        self.alerts = Some(tap);
    }

    /// Reports progress to a venue in lockstep.
    pub fn set_lockstep(&mut self, lockstep: Arc<Lockstep>) {
        self.progress.set_lockstep(lockstep);
    }

    /// Sets the wall clock that messages sent from now on are stamped with.
    pub fn set_wall(&mut self, wall: UnixNanos) {
        self.wall = wall;
    }

    /// Begins the effects of an input.
    pub fn begin(&mut self, sequenced: &Sequenced, arrived: u64) {
        self.effects.begin(sequenced);
        self.timing.begin(arrived);
        self.progress.begin(&sequenced.input);
        self.commands.begin(&sequenced.input);
    }

    /// Takes one message from the order manager.
    #[inline]
    pub fn take(&mut self, message: FromOrders) {
        match message {
            FromOrders::Effect(effect) => self.journal(&effect),
            FromOrders::Send(outbound) => self.send(&outbound),
            FromOrders::Market(view) => self.gateways.on_view(&view, self.effects.time()),
            FromOrders::Input(arrival) => self.on_input(&arrival.sequenced.input),
        }
    }

    /// Goes through what an order message asks of its gateway, for nobody.
    pub fn warm_encoder(&mut self, draft: &Draft) {
        self.gateways.warm_encoder(draft, self.wall);
    }

    /// Publishes how many orders are not final, and how many of those are to outlive the run.
    pub fn set_live(&mut self, orders: usize, staying: usize) {
        let counters = &self.state.counters;
        counters.orders_staying.store(staying as u32, Ordering::Relaxed);
        counters.orders_live.store(orders as u32, Ordering::Relaxed);
    }

    /// Ends the effects of an input: whoever asked for a command learns that it happened.
    pub fn end(&mut self) {
        if self.progress.end() {
            self.backlog.came_home();
        }
        if let Some(answer) = self.commands.end(self.effects.cause()) {
            if answer.stops {
                self.state.set_stopping();
            }
            self.backlog.answer(answer.feedback);
        }
    }

    /// The input whose effects were taken last.
    pub fn cause(&self) -> u64 {
        self.effects.cause()
    }

    /// Reads what the brokers say, as far as there is room to keep it.
    pub fn poll(&mut self, wall: UnixNanos) -> usize {
        self.wall = wall;
        self.publish_vitals();
        if self.backlog.is_half_full() || self.state.has_failed() || !self.effects.has_room() {
            return 0;
        }
        let mut work = 0;
        for route in Route::ALL {
            let (gateways, mut tap) = self.parts();
            work += gateways.poll(route, wall, &mut |event| tap.take(event));
            if self.backlog.waits() {
                // A simulator's words are made here: they come when the first broker's did.
                let read_by = if route.is_broker() { route } else { Route::BROKER };
                self.backlog.stamp(self.gateways.last_read_finished(read_by));
            }
        }
        if self.gateways.has_copies() {
            work += self.poll_copies(wall);
        }
        if self.backlog.waits() {
            let waiting = self.backlog.len() as u32;
            self.state.counters.words_waiting_max.fetch_max(waiting, Ordering::Relaxed);
        }
        work
    }

    /// Publishes how the sessions fare, now and then. A clock that was set back does not stop it.
    fn publish_vitals(&mut self) {
        if self.wall.0.abs_diff(self.published.0) >= PUBLISH_EVERY_NS {
            self.published = self.wall;
            self.gateways.publish(&self.state.counters.fix);
        }
    }

    fn poll_copies(&mut self, wall: UnixNanos) -> usize {
        let mut work = 0;
        for route in Route::brokers() {
            let (gateways, mut tap) = self.parts();
            let copied = gateways.poll_copy(route, wall, &mut |event| tap.take(event));
            if copied > 0 {
                work += copied;
                self.backlog.stamp(self.gateways.last_copy_read_finished(route));
            }
        }
        work
    }

    /// The next thing for the sequencer.
    pub fn next_feedback(&mut self) -> Option<Feedback> {
        self.backlog.pop()
    }

    /// Whether nothing waits: no word on its way to the sequencer or from it, no fill in the
    /// simulator.
    pub fn is_quiet(&self) -> bool {
        self.backlog.is_quiet() && self.gateways.is_idle()
    }

    /// Tells a venue in lockstep how far the node is, if it is at rest.
    pub fn publish_progress(&self) {
        self.progress.publish(&self.state, self.is_quiet());
    }

    /// Begins the logout.
    pub fn close(&mut self, wall: UnixNanos) {
        let (gateways, mut tap) = self.parts();
        gateways.close(wall, &mut |event| tap.take(event));
    }

    /// Whether every broker session has ended.
    pub fn is_closed(&self) -> bool {
        self.gateways.is_closed()
    }

    /// Whether the journal's reserve is being used.
    pub fn is_short(&self) -> bool {
        self.effects.is_short()
    }

    fn parts(&mut self) -> (&mut Gateways, Tap<'_>) {
        let Outlet { effects, gateways, backlog, progress, state, .. } = self;
        (gateways, Tap { effects, backlog, progress, state })
    }

    fn on_input(&mut self, input: &Input) {
        self.gateways.on_input(input, self.effects.time());
        match input {
            Input::Execution(report) => self.timing.answered(report.cl_ord_id),
            Input::Session(_) => {
                NodeCounters::set_link(&self.state.counters.broker, self.gateways.link());
            }
            _ => {}
        }
    }

    fn journal(&mut self, effect: &Effect) {
        self.commands.saw(effect);
        if !self.effects.append(effect) {
            return;
        }
        match effect {
            Effect::Booking(booking) => {
                // What the core books by a broker's word goes the way of the word.
                let (_, mut tap) = self.parts();
                tap.take(GatewayEvent::Input(Input::Correction(Correction::of(booking))));
            }
            Effect::Alert(alert) => self.raise(alert),
            Effect::Enquiry(enquiry) => self.enquire(enquiry),
            Effect::Adopted(adopted) => self.gateways.adopt(adopted),
            _ => {}
        }
    }

    /// R21: an alert is on its way to people.
    fn raise(&mut self, alert: &Alert) {
        let (paths, seq) = (&self.state.counters.alerts, self.effects.cause());
        paths.raise(seq, paths.now().saturating_sub(self.timing.since_arrival()));
        if let Some(tap) = &mut self.alerts {
            tap.tell(seq, alert);
        }
    }

    fn enquire(&mut self, enquiry: &Enquiry) {
        if self.state.has_failed() || !self.effects.has_room() {
            return;
        }
        let wall = self.wall;
        let (gateways, mut tap) = self.parts();
        gateways.enquire(enquiry, wall, &mut |event| tap.take(event));
    }

    fn send(&mut self, outbound: &Outbound) {
        // After a failure of the journal nothing may leave any more: the effect may not be in it.
        if self.state.has_failed() || !self.effects.has_room() {
            return;
        }
        let from = self.timing.raw();
        let wall = self.wall;
        let (gateways, mut tap) = self.parts();
        gateways.send(outbound, wall, &mut |event| tap.take(event));
        self.state.counters.orders_sent.fetch_add(1, Ordering::Relaxed);
        let record = outbound.record();
        if record.route.is_broker() {
            let written = self.gateways.last_write_started(record.route);
            self.timing.sent(record, from, written);
        }
    }
}

/// Where the gateways' events go: the journal, or the way back to the sequencer.
struct Tap<'a> {
    effects: &'a mut EffectJournal,
    backlog: &'a mut Backlog,
    progress: &'a Progress,
    state: &'a NodeState,
}

impl Tap<'_> {
    fn take(&mut self, event: GatewayEvent) {
        match event {
            GatewayEvent::Input(input) => {
                if let Err(Full) = self.backlog.push(input) {
                    let what = "the broker sends faster than the core takes";
                    self.state.fail(Failure::Overrun(what));
                }
            }
            GatewayEvent::CopySent(sent) => self.effects.append_copy_sent(&sent),
            GatewayEvent::Sent(sent) => {
                self.effects.append_sent(&sent);
                if asks_or_orders(&sent) {
                    self.progress.order_sent();
                }
            }
        }
    }
}

/// Whether a message that was sent is none of the session's own.
fn asks_or_orders(sent: &MessageSent) -> bool {
    let asks =
        [tags::ORDER_MASS_STATUS_REQUEST, tags::REQUEST_FOR_POSITIONS, tags::COLLATERAL_INQUIRY];
    sent.cl_ord_id.is_some() || asks.contains(&sent.msg_type.as_bytes())
}

#[cfg(test)]
mod tests;
