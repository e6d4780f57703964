//! The gateways, by route: who sends an order message, and who must know what of the stream.

use gauntlet_gateways::fix::gateway::FixGateway;
use gauntlet_gateways::gateway::{Gateway, GatewayEvent};
use gauntlet_manager::order_manager::Outbound;
use gauntlet_model::input::{BookAction, Input, Route};
use gauntlet_model::market_view::MarketView;
use gauntlet_model::units::UnixNanos;
use gauntlet_venue::paper::PaperGateway;

/// See the module.
pub struct Gateways {
    /// Nothing where the node has no broker: its route is down for good, so risk refuses what would
    /// take it.
    broker: Option<FixGateway>,
    paper: PaperGateway,
}

impl Gateways {
    /// The broker's gateway, if there is one, and the simulator's.
    pub fn new(broker: Option<FixGateway>, paper: PaperGateway) -> Gateways {
        Gateways { broker, paper }
    }

    /// What a gateway must know of an input: definitions, runs, trades. `time` is the stream's.
    pub fn on_input(&mut self, input: &Input, time: UnixNanos) {
        let Gateways { broker, paper } = self;
        match input {
            Input::Trade(t) => paper.on_trade(t.instrument, t.price, t.size, t.side, time),
            Input::Mbo(m) if m.action == BookAction::Trade => {
                paper.on_trade(m.instrument, m.price, m.size, m.side, time);
            }
            Input::Quote(q) if q.action == BookAction::Trade => {
                paper.on_trade(q.instrument, q.price, q.size, q.side, time);
            }
            Input::Instrument(definition) => {
                if let Some(broker) = broker {
                    broker.define_instrument(definition);
                }
                paper.define_instrument(definition);
            }
            Input::Account(definition) => {
                if let Some(broker) = broker {
                    broker.define_account(definition);
                }
            }
            Input::RunStart(run) => paper.start_run(run.epoch, run.run),
            _ => {}
        }
    }

    /// The market of an instrument changed.
    pub fn on_view(&mut self, view: &MarketView, time: UnixNanos) {
        self.paper.on_view(view, time);
    }

    /// Sends a message by its route.
    pub fn send(
        &mut self,
        outbound: &Outbound,
        wall: UnixNanos,
        sink: &mut dyn FnMut(GatewayEvent),
    ) {
        let Gateways { broker, paper } = self;
        match (outbound.record().route, broker) {
            (Route::Paper, _) => paper.send(outbound, wall, sink),
            (Route::Broker, Some(broker)) => broker.send(outbound, wall, sink),
            (Route::Shadow, Some(broker)) => {
                // What could not be sent is not filled either: the order manager asks about it in
                // vain and calls it rejected.
                if broker.draft(outbound, wall).is_some() {
                    paper.send(outbound, wall, sink);
                }
            }
            (Route::Broker | Route::Shadow, None) => {}
        }
    }

    /// Reads what the brokers say and keeps their sessions alive. Returns how much was done.
    pub fn poll(&mut self, wall: UnixNanos, sink: &mut dyn FnMut(GatewayEvent)) -> usize {
        let broker = self.broker.as_mut().map_or(0, |broker| broker.poll(wall, sink));
        broker + self.paper.poll(wall, sink)
    }

    /// Begins the logout.
    pub fn close(&mut self, wall: UnixNanos, sink: &mut dyn FnMut(GatewayEvent)) {
        if let Some(broker) = &mut self.broker {
            broker.close(wall, sink);
        }
    }

    /// Whether every session has ended.
    pub fn is_closed(&self) -> bool {
        self.broker.as_ref().is_none_or(Gateway::is_closed)
    }

    /// Whether the simulator owes no report.
    pub fn is_idle(&self) -> bool {
        self.paper.is_idle()
    }

    /// Raw counter reading right before the broker's last write to its socket; 0 before the first.
    pub fn last_write_started(&self) -> u64 {
        self.broker.as_ref().map_or(0, FixGateway::last_write_started)
    }

    /// Raw counter reading right after the broker's last read; 0 before the first.
    pub fn last_read_finished(&self) -> u64 {
        self.broker.as_ref().map_or(0, FixGateway::last_read_finished)
    }
}

#[cfg(test)]
mod tests;
