use super::*;
use crate::fixtures::{Parts, definition, nowhere, outbound};
use gauntlet_gateways::fix::gateway::FixGateway;
use gauntlet_model::input::{ExecType, RunStart};
use gauntlet_model::text::Text;

const NOW: UnixNanos = UnixNanos(1);

fn begun(broker: Option<FixGateway>) -> Gateways {
    let broker = broker.map(|one| (Route::BROKER, Box::new(one) as Box<dyn Gateway + Send>));
    let mut gateways = Gateways::new(broker.into_iter().collect());
    let run = RunStart {
        epoch: 1,
        run: 1,
        config_hash: [0; 32],
        binary_hash: [0; 32],
        version: Text::EMPTY,
        self_test_passed: true,
    };
    gateways.on_input(&Input::RunStart(run), NOW);
    gateways.on_input(&Input::Instrument(definition()), NOW);
    gateways
}

/// What the gateways report on an order of a route.
fn reported(gateways: &mut Gateways, route: Route) -> Vec<(Route, ExecType)> {
    let mut reports = Vec::new();
    let mut sink = |event| {
        if let GatewayEvent::Input(Input::Execution(report)) = event {
            reports.push((report.route, report.exec_type));
        }
    };
    gateways.send(&outbound(route), NOW, &mut sink);
    for route in Route::ALL {
        gateways.poll(route, NOW, &mut sink);
    }
    reports
}

#[test]
fn an_order_goes_by_its_own_route_and_no_other() {
    let mut gateways = begun(None);
    let paper = reported(&mut gateways, Route::PAPER);
    assert!(!paper.is_empty() && paper.iter().all(|(route, _)| *route == Route::PAPER));
    // Without a broker there is nobody to draft or send.
    assert_eq!(reported(&mut gateways, Route::BROKER), []);
    assert_eq!(reported(&mut gateways, Route::SHADOW), []);
    assert!(gateways.is_idle() && gateways.is_closed());
}

#[test]
fn what_could_not_be_sent_to_the_broker_is_not_filled_in_its_shadow() {
    let mut gateways = begun(Some(Parts::broker(nowhere())));
    // The session is down.
    assert_eq!(reported(&mut gateways, Route::SHADOW), []);
    assert!(!gateways.is_closed());
    gateways.close(NOW, &mut |_| {});
    assert!(gateways.is_closed());
}
