//! The ways out: the gateway of every broker by its route, and the simulator that stands in for them.
//!
//! The table is indexed by route, so one more broker is one more entry and nothing here or before it
//! knows what kind of gateway it is. Whoever owns the order manager's thread owns the table.

use crate::message_log::LogPlan;
use gauntlet_gateways::fix::drop_copy::DropCopy;
use gauntlet_gateways::gateway::{Gateway, GatewayEvent};
use gauntlet_gateways::message_tap::MessageSource;
use gauntlet_manager::order_manager::{Draft, Outbound};
use gauntlet_model::effect::{Enquiry, OrderAdopted};
use gauntlet_model::ids::{BOTS_MAX, BotId};
use gauntlet_model::input::{
    BookAction, CopySession, Input, Route, RouteTable, SessionChange, SessionEvent,
};
use gauntlet_model::market_view::MarketView;
use gauntlet_model::text::Text;
use gauntlet_model::units::UnixNanos;
use gauntlet_readmodel::counters::LinkState;
use gauntlet_readmodel::fix_board::{FixBoard, SessionOf};
use gauntlet_venue::paper::{PaperGateway, PaperTerms};

/// Where a gateway's words go.
pub type Sink<'a> = dyn FnMut(GatewayEvent) + 'a;

/// A broker's gateway and the state of its session, as the stream tells it.
struct Broker {
    gateway: Box<dyn Gateway + Send>,
    link: LinkState,
}

/// See the module.
pub struct Gateways {
    brokers: RouteTable<Option<Broker>>,
    /// By route: the drop copy of its reports, and whether all that it names is defined.
    copies: Box<RouteTable<Option<(DropCopy, bool)>>>,
    has_copies: bool,
    paper: PaperGateway,
    /// Whether the simulator's table of taken levels has been full, and that was said.
    has_warned: bool,
    /// By route: its broker's name.
    names: RouteTable<Text<24>>,
    /// The logs' ends of the sessions' messages, until they are taken.
    logs: Vec<(LogPlan, MessageSource)>,
    /// By bot: its broker, for which its shadow orders are encoded.
    broker_of: Box<[Route; BOTS_MAX]>,
}

impl Gateways {
    /// The gateways of these brokers, each with its route.
    ///
    /// # Panics
    /// When a route is not a broker's or has two gateways.
    pub fn new(brokers: Vec<(Route, Box<dyn Gateway + Send>)>) -> Gateways {
        let mut table: RouteTable<Option<Broker>> = RouteTable::default();
        for (route, gateway) in brokers {
            assert!(route.is_broker(), "what is simulated has no gateway to a broker");
            let known = table[route].replace(Broker { gateway, link: LinkState::Down });
            assert!(known.is_none(), "a route leads to one broker");
        }
        Gateways {
            brokers: table,
            copies: Box::new(RouteTable::default()),
            has_copies: false,
            paper: PaperGateway::new(),
            has_warned: false,
            logs: Vec::new(),
            names: RouteTable::from_fn(|route| Text::new(route.name())),
            broker_of: Box::new([Route::BROKER; BOTS_MAX]),
        }
    }

    /// The same with these drop copies, each with the route of its broker's orders.
    ///
    /// # Panics
    /// When a route is not a broker's or has two.
    pub fn with_copies(mut self, copies: Vec<(Route, DropCopy)>) -> Gateways {
        for (route, copy) in copies {
            assert!(route.is_broker(), "what is simulated is not copied");
            let known = self.copies[route].replace((copy, false));
            assert!(known.is_none(), "a route has one drop copy");
            self.has_copies = true;
        }
        self
    }

    /// The same with the logs' ends of what its sessions copy.
    #[must_use]
    pub fn with_logs(mut self, logs: Vec<(LogPlan, MessageSource)>) -> Gateways {
        self.logs = logs;
        self
    }

    /// What is to be logged, for whoever does it.
    pub fn take_logs(&mut self) -> Vec<(LogPlan, MessageSource)> {
        std::mem::take(&mut self.logs)
    }

    /// Whether any broker copies its reports.
    pub fn has_copies(&self) -> bool {
        self.has_copies
    }

    /// Reads what a drop copy tells, and keeps its session alive. It begins when all that it may name is
    /// defined. Returns how much was done.
    pub fn poll_copy(&mut self, route: Route, wall: UnixNanos, sink: &mut Sink<'_>) -> usize {
        match &mut self.copies[route] {
            Some((copy, true)) => copy.poll(wall, sink),
            _ => 0,
        }
    }

    /// Publishes how every session fares.
    pub fn publish(&self, board: &FixBoard) {
        for route in Route::brokers() {
            if let Some(vitals) = self.brokers[route].as_ref().and_then(|one| one.gateway.vitals())
            {
                board.publish(route, SessionOf::Orders, &vitals);
            }
            if let Some((copy, _)) = &self.copies[route] {
                board.publish(route, SessionOf::Copy, &copy.vitals());
            }
        }
    }

    /// Says what the configuration has of every session.
    pub fn publish_policies(&self, board: &FixBoard) {
        for route in Route::brokers() {
            if let Some(policy) = self.brokers[route].as_ref().and_then(|one| one.gateway.policy())
            {
                board.set_policy(route, SessionOf::Orders, policy);
            }
            if let Some((copy, _)) = &self.copies[route] {
                board.set_policy(route, SessionOf::Copy, copy.policy());
            }
        }
    }

    /// Raw counter reading right after the last read of a drop copy that brought bytes; 0 for none.
    pub fn last_copy_read_finished(&self, route: Route) -> u64 {
        self.copies[route].as_ref().map_or(0, |(copy, _)| copy.last_read_finished())
    }

    /// The same with a simulator that fills by these terms.
    #[must_use]
    pub fn with_paper(mut self, terms: PaperTerms) -> Gateways {
        self.paper = PaperGateway::with_terms(terms);
        self
    }

    fn broker(&mut self, route: Route) -> Option<&mut (dyn Gateway + Send + 'static)> {
        self.brokers[route].as_mut().map(|broker| &mut *broker.gateway)
    }

    /// Sends an order message by its route. A broker that is not configured any more gets nothing:
    /// as with a session that is down, the order manager asks in vain.
    pub fn send(&mut self, outbound: &Outbound, wall: UnixNanos, sink: &mut Sink<'_>) {
        match outbound.record().route {
            Route::PAPER => self.paper.send(outbound, wall, sink),
            Route::SHADOW => {
                let broker = self.broker_of(outbound.record().bot);
                let drafted = self.broker(broker).and_then(|broker| broker.draft(outbound, wall));
                // What could not be sent is not filled either: the order manager asks about it in
                // vain and calls it rejected.
                if drafted.is_some() {
                    self.paper.send(outbound, wall, sink);
                }
            }
            route => {
                if let Some(broker) = self.broker(route) {
                    broker.send(outbound, wall, sink);
                }
            }
        }
    }

    /// Encodes an order message for nobody, as its bot's broker would write it. Nothing is sent and no number
    /// taken.
    pub fn warm_encoder(&mut self, draft: &Draft, wall: UnixNanos) {
        let broker = self.broker_of(draft.record().bot);
        if let Some(broker) = self.broker(broker) {
            let _length = broker.draft(draft, wall);
        }
    }

    /// Asks a broker for all its orders or positions.
    pub fn enquire(&mut self, enquiry: &Enquiry, wall: UnixNanos, sink: &mut Sink<'_>) {
        if let Some(broker) = self.broker(enquiry.route) {
            broker.enquire(enquiry, wall, sink);
        }
    }

    /// An order that only its broker knew is one of ours: how its broker calls it.
    pub fn adopt(&mut self, adopted: &OrderAdopted) {
        if let Some(broker) = self.broker(adopted.route) {
            broker.adopt(adopted);
        }
    }

    /// Reads what came by a route, and keeps its session alive. Returns how much was done.
    pub fn poll(&mut self, route: Route, wall: UnixNanos, sink: &mut Sink<'_>) -> usize {
        match route {
            Route::PAPER => {
                let said = self.paper.poll(wall, sink);
                if said > 0 && !self.has_warned {
                    self.warn_when_full();
                }
                said
            }
            // What is filled in place of a broker comes with the rest of the simulator's.
            Route::SHADOW => 0,
            route => self.broker(route).map_or(0, |broker| broker.poll(wall, sink)),
        }
    }

    /// Raw counter reading right after the last read of a broker's that brought bytes; 0 for none.
    pub fn last_read_finished(&self, route: Route) -> u64 {
        self.brokers[route].as_ref().map_or(0, |broker| broker.gateway.last_read_finished())
    }

    /// Raw counter reading right before the last write to a broker; 0 for none.
    pub fn last_write_started(&self, route: Route) -> u64 {
        self.brokers[route].as_ref().map_or(0, |broker| broker.gateway.last_write_started())
    }

    /// Begins the logout of every session.
    pub fn close(&mut self, wall: UnixNanos, sink: &mut Sink<'_>) {
        let cost = self.paper.charged_in_all().total();
        if cost.0 != 0 {
            tracing::info!("simulated fills of this run have cost {cost}");
        }
        for route in Route::brokers() {
            if let Some(broker) = self.broker(route) {
                broker.close(wall, sink);
            }
            if let Some((copy, _)) = &mut self.copies[route] {
                copy.close(wall, sink);
            }
        }
    }

    /// Whether every session has ended.
    pub fn is_closed(&self) -> bool {
        let copies = self.copies.iter().filter_map(|(_, copy)| copy.as_ref());
        let mut copies = copies.filter(|(_, has_begun)| *has_begun);
        self.brokers.iter().all(|(_, broker)| broker.as_ref().is_none_or(|b| b.gateway.is_closed()))
            && copies.all(|(copy, _)| copy.is_closed())
    }

    /// Whether the simulator has nothing to say.
    pub fn is_idle(&self) -> bool {
        self.paper.is_idle()
    }

    /// Takes in the market of an instrument.
    pub fn on_view(&mut self, view: &MarketView, time: UnixNanos) {
        self.paper.on_view(view, time);
    }

    /// Takes in what the gateways need to know of an input.
    pub fn on_input(&mut self, input: &Input, time: UnixNanos) {
        match input {
            Input::Trade(t) => self.paper.on_trade(t.instrument, t.price, t.size, t.side, time),
            Input::Mbo(m) if m.action == BookAction::Trade => {
                self.paper.on_trade(m.instrument, m.price, m.size, m.side, time);
            }
            Input::Quote(q) if q.action == BookAction::Trade => {
                self.paper.on_trade(q.instrument, q.price, q.size, q.side, time);
            }
            Input::Instrument(definition) => {
                self.paper.define_instrument(definition);
                self.define(input);
            }
            Input::Listing(listing) => self.paper.on_listing(listing),
            Input::Account(_) | Input::Identity(_) => self.define(input),
            Input::Bot(definition) => {
                if let Some(broker) = self.broker_of.get_mut(usize::from(definition.bot.0)) {
                    *broker = definition.broker;
                }
            }
            Input::Broker(definition) => self.names[definition.route] = definition.name,
            Input::Timer(_) => self.paper.on_time(time),
            Input::RunStart(run) => self.paper.start_run(run.epoch, run.run),
            Input::NumbersSet(set) if set.of_copy => {
                if let Some((copy, _)) = &mut self.copies[set.route] {
                    copy.set_numbers(set);
                }
            }
            Input::NumbersSet(set) => {
                if let Some(broker) = self.broker(set.route) {
                    broker.set_numbers(set);
                }
            }
            Input::Session(event) => self.on_session(event),
            Input::CopySession(event) => self.on_copy_session(event),
            Input::CopyTerms(terms) => {
                if let Some((_, has_begun)) = &mut self.copies[terms.route] {
                    *has_begun = true;
                }
            }
            _ => {}
        }
    }

    /// The state of all sessions as one: up when all are. What is down decides, then what is not up
    /// yet; what ended in order counts when all did.
    pub fn link(&self) -> LinkState {
        let links = self.brokers.iter().filter_map(|(_, broker)| Some(broker.as_ref()?.link));
        links.min_by_key(|link| *link as u8).unwrap_or(LinkState::Down)
    }

    /// Says once a run that the simulator could not fill what it should have.
    fn warn_when_full(&mut self) {
        if self.paper.levels_refused() > 0 {
            self.has_warned = true;
            tracing::error!(
                "the simulator of fills remembers as many taken price levels as it can: orders of PAPER \
                 and SHADOW bots meet liquidity that it does not give them; their reports say so"
            );
        }
    }

    fn broker_of(&self, bot: BotId) -> Route {
        self.broker_of.get(usize::from(bot.0)).copied().unwrap_or(Route::BROKER)
    }

    fn define(&mut self, input: &Input) {
        for route in Route::brokers() {
            if let Some(broker) = self.broker(route) {
                broker.define(input);
            }
            if let Some((copy, _)) = &mut self.copies[route] {
                copy.define(input);
            }
        }
    }

    fn on_copy_session(&mut self, event: &CopySession) {
        let CopySession { route, change, msg_seq_num, reset, detail } = *event;
        tell_session(self.names[route].as_str(), ":copy", change, (msg_seq_num, reset), &detail);
    }

    fn on_session(&mut self, event: &SessionEvent) {
        let Some(broker) = &mut self.brokers[event.route] else { return };
        let SessionEvent { change, msg_seq_num, reset, detail, .. } = *event;
        tell_session(self.names[event.route].as_str(), "", change, (msg_seq_num, reset), &detail);
        broker.link = match event.change {
            SessionChange::LoggedOn => LinkState::Up,
            SessionChange::LoggedOut => LinkState::Ended,
            SessionChange::Disconnected => LinkState::Down,
            SessionChange::MessageRejected => broker.link,
        };
    }
}

/// Says in the node's log what became of a broker's session, and why.
fn tell_session(
    broker: &str,
    of_copy: &str,
    change: SessionChange,
    (msg_seq_num, reset): (u64, bool),
    detail: &Text<64>,
) {
    match change {
        SessionChange::LoggedOn if reset => {
            tracing::info!(
                "{broker}{of_copy}: logged on at number {msg_seq_num}; numbers begin anew"
            );
        }
        SessionChange::LoggedOn => {
            tracing::info!("{broker}{of_copy}: logged on at number {msg_seq_num}")
        }
        SessionChange::LoggedOut => tracing::warn!("{broker}{of_copy}: logged out: {detail}"),
        SessionChange::Disconnected => tracing::warn!("{broker}{of_copy}: no session: {detail}"),
        SessionChange::MessageRejected => {
            tracing::warn!("{broker}{of_copy}: a message was refused: {detail}")
        }
    }
}

#[cfg(test)]
mod tests;
