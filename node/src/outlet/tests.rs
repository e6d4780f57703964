use super::*;
use crate::fixtures::Parts;
use gauntlet_model::effect::{Alert, Signal, SignalSource};
use gauntlet_model::ids::BotId;
use gauntlet_model::input::{Scope, Timer};
use gauntlet_model::text::Text;

fn alert() -> FromOrders {
    FromOrders::Effect(Effect::Alert(Alert {
        kind: AlertKind::UnknownOrder,
        scope: Scope::Platform,
        cl_ord_id: ClOrdId::NONE,
        ord_status: None,
        text: Text::EMPTY,
    }))
}

/// An effect that takes less room than an alert.
fn signal() -> Effect {
    Effect::Signal(Signal {
        bot: BotId(0),
        source: SignalSource::Technical,
        direction: 1,
        strength: 1.0,
        confidence: 1.0,
        expires: UnixNanos(0),
    })
}

fn begin(outlet: &mut Outlet, seq: u64) {
    let input = Input::Timer(Timer { second: 0 });
    outlet.begin(&Sequenced { seq, time: UnixNanos(seq), input }, 0);
}

#[test]
fn after_an_effect_that_found_no_room_a_smaller_one_leaves_no_gap() {
    let mut parts = Parts::new();
    let (_inputs, effects) = parts.small_journal();
    let mut outlet = parts.outlet(effects);
    let mut seq = 0;
    let mut taken_by = |outlet: &mut Outlet, message: FromOrders| {
        let before = outlet.effects.remaining();
        seq += 1;
        begin(outlet, seq);
        outlet.take(message);
        before - outlet.effects.remaining()
    };
    let large = taken_by(&mut outlet, alert());
    let small = taken_by(&mut outlet, FromOrders::Effect(signal()));
    while outlet.effects.remaining() % large < small {
        taken_by(&mut outlet, FromOrders::Effect(signal()));
    }
    while taken_by(&mut outlet, alert()) > 0 {}
    assert!(parts.state.has_failed() && outlet.effects.remaining() >= small);
    let last = outlet.effects.last_effect();
    outlet.take(FromOrders::Effect(signal()));
    assert_eq!(outlet.effects.last_effect(), last);
}

#[test]
fn a_session_message_that_could_not_be_recorded_is_not_sent() {
    let mut parts = Parts::new();
    let (_inputs, effects) = parts.small_journal();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.set_nonblocking(true).expect("a socket");
    let address = listener.local_addr().expect("it is bound");
    let mut outlet = parts.outlet_to(address, effects);
    begin(&mut outlet, 1);
    while outlet.effects.remaining() >= SENT_BYTES_MAX {
        outlet.take(alert());
    }
    for round in 1..=1_000 {
        outlet.poll(UnixNanos(round));
    }
    assert!(parts.state.has_failed());
    assert!(listener.accept().is_err(), "it connected to log on");
}
