//! R20: what becomes of orders while the session to their broker is down.

use super::Projection;
use super::orders::OrderRow;
use gauntlet_model::effect::{OrderState, OrderType, TimeInForce};
use gauntlet_model::input::{Route, SessionChange};
use gauntlet_model::order::Terms;

/// What is known of an order at a broker while the session to it is down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WhileDown {
    /// Its broker does not cancel it.
    WorksOn,
    /// Its broker cancels it if it notices: whether it did, it is asked after the next logon.
    InDoubt,
}

impl WhileDown {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            WhileDown::WorksOn => "works_on",
            WhileDown::InDoubt => "in_doubt",
        }
    }
}

impl Projection {
    /// Whether an order outlives the end of its session as far as its broker's terms go; `None` of one that
    /// no broker has, or whose life is not known.
    pub(super) fn survives_disconnect(&self, row: &OrderRow) -> Option<bool> {
        let (route, state) = (row.last.route, row.last.state);
        if !route.is_broker() || state.is_final() || state == OrderState::Held {
            return None;
        }
        let Some(cancels) = self.broker_terms[route].and_then(|terms| terms.on_disconnect) else {
            return Some(true);
        };
        let terms = row.terms.as_ref();
        let terms = Terms {
            order_type: terms.map_or(OrderType::Limit, |terms| terms.order_type),
            emulation: terms.map_or(Terms::LIMIT.emulation, |terms| terms.emulation),
            ..Terms::LIMIT
        };
        Some(!cancels.covers(&terms, row.life.unwrap_or(TimeInForce::GoodTillCancel)))
    }

    /// What is known of an order while the session to its broker is down; `None` while it is up.
    pub(super) fn while_down(&self, row: &OrderRow) -> Option<WhileDown> {
        let survives = self.survives_disconnect(row)?;
        (!self.is_logged_on(row.last.route)).then_some(match survives {
            true => WhileDown::WorksOn,
            false => WhileDown::InDoubt,
        })
    }

    fn is_logged_on(&self, route: Route) -> bool {
        self.sessions[route].is_some_and(|last| last.what.change == SessionChange::LoggedOn)
    }

    /// Orders at a broker that work on while its session is down, and those that are in doubt.
    pub(super) fn left_alone(&self, route: Route) -> (u32, u32) {
        let rows = self.orders.working().filter(|row| row.last.route == route);
        rows.filter_map(|row| self.while_down(row)).fold((0, 0), |(stay, doubt), what| match what {
            WhileDown::WorksOn => (stay + 1, doubt),
            WhileDown::InDoubt => (stay, doubt + 1),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::Projection;
    use gauntlet_model::effect::{Effect, TimeInForce};
    use gauntlet_model::ids::ClOrdId;
    use gauntlet_model::input::{
        BrokerTerms, Input, Reconcile, Route, Sequenced, SessionChange, SessionEvent,
    };
    use gauntlet_model::order::Capabilities;
    use gauntlet_model::text::Text;
    use gauntlet_model::units::UnixNanos;
    use gauntlet_testkit::morning::Morning;

    /// A morning whose broker has acknowledged what it was sent and filled nothing, under these terms.
    fn picture(on_disconnect: Option<Capabilities>, life: TimeInForce) -> Projection {
        let mut projection = Projection::new();
        let time = UnixNanos(1);
        for step in &Morning::unanswered().steps {
            projection.on_input(&step.sequenced);
            for effect in &step.effects {
                let mut effect = *effect;
                if let Effect::Outbound(message) = &mut effect {
                    message.time_in_force = life;
                }
                projection.on_effect(step.sequenced.seq, step.sequenced.time, &effect);
            }
        }
        let (route, reconcile) = (Route::BROKER, Reconcile::WhenAnswered);
        let terms = BrokerTerms { route, reconcile, every_seconds: 0, on_disconnect };
        let seq = projection.seq() + 1;
        projection.on_input(&Sequenced { seq, time, input: Input::BrokerTerms(terms) });
        projection
    }

    fn session(projection: &mut Projection, change: SessionChange) {
        let event = SessionEvent {
            route: Route::BROKER,
            change,
            msg_seq_num: 1,
            reset: false,
            cl_ord_id: ClOrdId::NONE,
            detail: Text::EMPTY,
        };
        let (seq, time) = (projection.seq() + 1, UnixNanos(2));
        projection.on_input(&Sequenced { seq, time, input: Input::Session(event) });
    }

    fn shown(projection: &Projection) -> (Vec<Option<String>>, (u32, u32)) {
        let at_broker = |order: &crate::api::Order| order.route == "broker";
        let working = projection.orders(0).working.into_iter().filter(at_broker);
        let broker = projection.status("").brokers.remove(0);
        let counts = (broker.orders_working_on, broker.orders_in_doubt);
        (working.map(|order| order.while_down).collect(), counts)
    }

    #[test]
    fn orders_that_a_disconnect_does_not_cancel_are_shown_while_the_session_is_down() {
        let of_day = Capabilities::ALL.without_life(TimeInForce::GoodTillCancel);
        for (terms, life, name) in [
            (None, TimeInForce::Day, "works_on"),
            (Some(Capabilities::NONE), TimeInForce::Day, "works_on"),
            (Some(of_day), TimeInForce::GoodTillCancel, "works_on"),
            (Some(of_day), TimeInForce::Day, "in_doubt"),
            (Some(Capabilities::ALL), TimeInForce::GoodTillCancel, "in_doubt"),
        ] {
            let mut projection = picture(terms, life);
            session(&mut projection, SessionChange::LoggedOn);
            let (orders, counts) = shown(&projection);
            assert!(!orders.is_empty() && orders.iter().all(Option::is_none), "{orders:?}");
            assert_eq!(counts, (0, 0));
            for change in [SessionChange::Disconnected, SessionChange::LoggedOut] {
                session(&mut projection, change);
                let (orders, counts) = shown(&projection);
                assert!(orders.iter().all(|while_down| while_down.as_deref() == Some(name)));
                let all = orders.len() as u32;
                assert_eq!(counts, if name == "works_on" { (all, 0) } else { (0, all) });
            }
        }
    }
}
