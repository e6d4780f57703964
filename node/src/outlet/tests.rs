use super::effects::SENT_BYTES_MAX;
use super::*;
use crate::fixtures::{Parts, outbound};
use gauntlet_model::effect::{Alert, AlertKind, Booking, DoubtCause};
use gauntlet_model::ids::{AccountId, BotId, ClOrdId, InstrumentId};
use gauntlet_model::input::{Command, CommandKind, CorrectionKind, Scope, Timer};
use gauntlet_model::text::Text;
use gauntlet_model::units::{Price, Side};

fn alert() -> FromOrders<'static> {
    FromOrders::Effect(Effect::Alert(Alert {
        kind: AlertKind::UnknownOrder,
        scope: Scope::Platform,
        cl_ord_id: ClOrdId::NONE,
        ord_status: None,
        text: Text::EMPTY,
    }))
}

fn begin(outlet: &mut Outlet, seq: u64) {
    let input = Input::Timer(Timer { second: 0 });
    outlet.begin(&Sequenced { seq, time: UnixNanos(seq), input }, 0);
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
    while outlet.effects.writer().remaining() >= SENT_BYTES_MAX {
        outlet.take(alert());
    }
    for round in 1..=1_000 {
        outlet.poll(UnixNanos(round));
    }
    assert!(parts.state.has_failed());
    assert!(listener.accept().is_err(), "it connected to log on");
}

#[test]
fn nothing_leaves_after_a_failure() {
    let mut parts = Parts::new();
    let (_inputs, effects) = parts.small_journal();
    let mut outlet = parts.outlet(effects);
    begin(&mut outlet, 1);
    outlet.take(FromOrders::Send(outbound(Route::PAPER)));
    parts.state.fail(Failure::Other("any".into()));
    outlet.take(FromOrders::Send(outbound(Route::PAPER)));
    assert_eq!(parts.state.counters.snapshot().orders_sent, 1);
}

#[test]
fn whoever_commands_is_answered_and_a_stop_begins_the_end() {
    let mut parts = Parts::new();
    let (_inputs, effects) = parts.small_journal();
    let mut outlet = parts.outlet(effects);
    let (actor, reason) = (Text::new("node"), Text::new("asked to stop"));
    let command = Command { kind: CommandKind::Stop, scope: Scope::Platform, actor, reason };
    let input = Input::Command(command);
    outlet.begin(&Sequenced { seq: 4, time: UnixNanos(4), input }, 0);
    assert!(!parts.state.is_stopping());
    outlet.end();
    assert!(parts.state.is_stopping());
    let answer = Feedback::Commanded { seq: 4, orders: 0, refused: None };
    assert_eq!(outlet.next_feedback(), Some(answer));
}

#[test]
fn what_the_core_books_by_a_brokers_word_comes_back_as_an_input_and_comes_home() {
    let mut parts = Parts::new();
    let (_inputs, effects) = parts.small_journal();
    let mut outlet = parts.outlet(effects);
    begin(&mut outlet, 1);
    let booking = Booking {
        kind: CorrectionKind::Book,
        cause: DoubtCause::MissingFills,
        route: Route::BROKER,
        bot: BotId(0),
        account: AccountId(0),
        instrument: InstrumentId(0),
        order: ClOrdId(1 << 20),
        newest: ClOrdId(1 << 20),
        exec_id: Text::EMPTY,
        side: Side::Buy,
        qty: 2,
        price: Price(1),
        cum_qty: 2,
        volume: 0,
    };
    outlet.take(FromOrders::Effect(Effect::Booking(booking)));
    let Some(Feedback::Input { input, .. }) = outlet.next_feedback() else {
        panic!("it comes back")
    };
    assert_eq!(input, Input::Correction(Correction::of(&booking)));
    assert!(!outlet.is_quiet());
    outlet.begin(&Sequenced { seq: 2, time: UnixNanos(2), input }, 0);
    outlet.end();
    assert!(outlet.is_quiet());
    assert_eq!(outlet.next_feedback(), None, "nobody waits for an answer");
}
