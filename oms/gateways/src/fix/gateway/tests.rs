//! The gateway against an acceptor over loopback TCP, both polled by one thread.

mod bounds;
mod dictionary;
mod enquiries;
mod habits;

use super::*;
use crate::fix::codec::{FieldWriter, TimePrecision, encode_message};
use crate::fix::peer::{FixPeer, PeerEvent};
use gauntlet_model::effect::{OutboundKind, OutboundRecord, TimeInForce};
use gauntlet_model::ids::{AccountId, BotId, InstrumentId};
use gauntlet_model::input::{ExecType, InstrumentLimits, UnusableReport};
use gauntlet_model::units::{Money, NANOS_PER_SECOND, Price, Side};
use std::io::{Read, Write};
use std::time::{Duration, Instant};

const MILLI: u64 = NANOS_PER_SECOND / 1_000;
const EPOCH: u64 = 0x6588_c6ac;

fn gateway(address: SocketAddr, numbers: SequenceNumbers) -> FixGateway {
    let mut session = SessionConfig::initiator("TRADER", "VENUE");
    session.sender_sub_id = "BOT1".into();
    gateway_of(address, session, numbers)
}

fn gateway_of(address: SocketAddr, session: SessionConfig, numbers: SequenceNumbers) -> FixGateway {
    let mut gateway = FixGateway::new(FixGatewayConfig {
        route: Route::BROKER,
        address,
        epoch: EPOCH,
        session,
        numbers,
        backoff: Backoff { min_ns: MILLI, max_ns: 8 * MILLI },
    })
    .expect("valid");
    gateway.define_instrument(&InstrumentDefinition {
        instrument: InstrumentId(0),
        symbol: Text::new("ESH4"),
        product: Text::new("ES"),
        feed: 0,
        tick: Price(250_000_000),
        multiplier: Money(50_000_000),
        limits: InstrumentLimits::default(),
    });
    gateway.define_account(&AccountDefinition {
        account: AccountId(0),
        name: Text::new("ACC"),
        max_position: 1,
        messages_per_second: 1,
        cancel_headroom: 0,
    });
    gateway
}

fn order(kind: OutboundKind, id: u64) -> Outbound {
    Outbound::unchecked(OutboundRecord {
        route: Route::BROKER,
        kind,
        cl_ord_id: ClOrdId(id),
        orig_cl_ord_id: ClOrdId(id - 1),
        ord_status_req_id: 0,
        bot: BotId(0),
        account: AccountId(0),
        instrument: InstrumentId(0),
        side: Side::Buy,
        qty: 2,
        price: Price(4_791_250_000_000),
        time_in_force: TimeInForce::Day,
    })
}

/// Both ends and what each of them was told.
struct World {
    gateway: FixGateway,
    peer: FixPeer,
    now: UnixNanos,
    inputs: Vec<Input>,
    sent: Vec<MessageSent>,
    received: Vec<String>,
}

impl World {
    fn new() -> World {
        let mut config = SessionConfig::acceptor("VENUE", "TRADER");
        config.time_precision = TimePrecision::Micros;
        let peer = FixPeer::bind("127.0.0.1:0".parse().expect("an address"), config).expect("free");
        let address = peer.local_addr().expect("bound");
        World {
            gateway: gateway(address, SequenceNumbers::default()),
            peer,
            now: UnixNanos(1_703_461_500_000_000_000),
            inputs: Vec::new(),
            sent: Vec::new(),
            received: Vec::new(),
        }
    }

    fn logged_on() -> World {
        let mut world = World::new();
        world.until("both are logged on", |w| w.gateway.is_logged_on() && w.peer.is_logged_on());
        world
    }

    fn step(&mut self) {
        self.now = self.now.plus(MILLI / 10);
        let (inputs, sent) = (&mut self.inputs, &mut self.sent);
        self.gateway.poll(self.now, &mut |event| match event {
            GatewayEvent::Input(input) => inputs.push(input),
            GatewayEvent::Sent(record) | GatewayEvent::CopySent(record) => sent.push(record),
        });
        let received = &mut self.received;
        self.peer.poll(self.now, &mut |event, _| match event {
            PeerEvent::Application { message, .. } | PeerEvent::Rejected { message } => {
                let plain = message.fields().filter(|(tag, _)| ![52, 60].contains(tag));
                received.push(
                    plain.map(|(t, v)| format!("{t}={}|", String::from_utf8_lossy(v))).collect(),
                );
            }
            PeerEvent::LoggedOn => received.push("logged on".into()),
            PeerEvent::LoggedOut { .. } => received.push("logged out".into()),
        });
    }

    fn until(&mut self, what: &str, mut holds: impl FnMut(&World) -> bool) {
        let deadline = Instant::now() + Duration::from_secs(10);
        while !holds(self) {
            assert!(Instant::now() < deadline, "waited in vain until {what}");
            self.step();
        }
    }

    fn sends(&mut self, outbound: &Outbound) {
        let (inputs, sent) = (&mut self.inputs, &mut self.sent);
        self.gateway.send(outbound, self.now, &mut |event| match event {
            GatewayEvent::Input(input) => inputs.push(input),
            GatewayEvent::Sent(record) | GatewayEvent::CopySent(record) => sent.push(record),
        });
    }

    fn peer_sends(&mut self, msg_type: &[u8], body: &str) {
        let body = body.replace('|', "\x01");
        self.peer
            .send_app(msg_type, self.now, |w: &mut FieldWriter<'_>| w.encoded(body.as_bytes()))
            .expect("kept");
    }

    fn reports(&mut self, exec_id: &str) {
        self.peer_sends(
            b"8",
            &format!(
                "37=V1|11=6588c6ac-0000000000000010|17={exec_id}|150=F|39=1|55=ESH4|54=1|\
                 32=1|31=4791.25|151=1|14=1|"
            ),
        );
    }

    /// Exec ids of the reports told so far, with their possible-duplicate flags.
    fn executions(&self) -> Vec<(String, bool)> {
        let executions = self.inputs.iter().filter_map(|input| match input {
            Input::Execution(report) => Some((report.exec_id.as_str().to_owned(), report.poss_dup)),
            _ => None,
        });
        executions.collect()
    }

    fn changes(&self) -> Vec<SessionChange> {
        let changes = self.inputs.iter().filter_map(|input| match input {
            Input::Session(event) => Some(event.change),
            _ => None,
        });
        changes.collect()
    }

    fn unusable(&self) -> UnusableReport {
        let mut reports = self.inputs.iter().filter_map(|input| match input {
            Input::Unusable(report) => Some(*report),
            _ => None,
        });
        reports.next().expect("one was told")
    }

    fn last_event(&self) -> SessionEvent {
        let mut events = self.inputs.iter().rev().filter_map(|input| match input {
            Input::Session(event) => Some(*event),
            _ => None,
        });
        events.next().expect("an event")
    }
}

#[test]
fn an_order_goes_out_and_its_fill_comes_in() {
    let mut world = World::logged_on();
    assert_eq!(world.changes(), [SessionChange::LoggedOn]);
    world.sends(&order(OutboundKind::New, 0x10));
    let last = world.sent.last().expect("told");
    assert_eq!(
        (last.msg_seq_num, last.msg_type, last.cl_ord_id),
        (3, Text::new("D"), ClOrdId(0x10))
    );
    assert!(world.gateway.last_write_started() > 0);
    world.until("the order is there", |w| w.received.len() == 2);
    assert_eq!(
        world.received[1],
        "35=D|34=3|49=TRADER|56=VENUE|50=BOT1|11=6588c6ac-0000000000000010|1=ACC|55=ESH4|\
         54=1|38=2|21=1|40=2|44=4791.25|59=0|"
    );
    world.reports("X1");
    world.until("the fill is told", |w| w.executions().len() == 1);
    let Some(Input::Execution(report)) = world.inputs.last() else { panic!("no report") };
    assert_eq!(
        (report.cl_ord_id, report.exec_type, report.last_qty, report.instrument),
        (ClOrdId(0x10), ExecType::Trade, 1, Some(InstrumentId(0)))
    );
    assert!(world.gateway.last_read_finished() > world.gateway.last_write_started());
}

#[test]
fn refusals_name_the_order_that_they_mean() {
    let mut world = World::logged_on();
    for id in [0x10, 0x20, 0x30] {
        world.sends(&order(OutboundKind::New, id));
    }
    world.until("the orders are there", |w| w.received.len() == 4);
    for (msg_type, body, refused, detail) in [
        (&b"j"[..], "45=3|372=D|380=4|58=closed|", 0x10, "380=4 closed"),
        (b"j", "45=99|379=6588c6ac-0000000000000020|372=D|380=0|", 0x20, "380=0 "),
        (b"3", "45=5|371=44|373=5|58=bad price|", 0x30, "373=5 bad price"),
        (b"3", "45=1|373=99|", 0, "373=99 "),
    ] {
        let before = world.inputs.len();
        world.peer_sends(msg_type, body);
        world.until("the refusal is told", |w| w.inputs.len() > before);
        let event = world.last_event();
        assert_eq!(event.change, SessionChange::MessageRejected);
        assert_eq!((event.cl_ord_id, event.detail.as_str()), (ClOrdId(refused), detail));
    }
}

#[test]
fn a_cancel_reject_is_told() {
    let mut world = World::logged_on();
    world.peer_sends(
        b"9",
        "37=V1|11=6588c6ac-0000000000000011|41=6588c6ac-0000000000000010|39=2|434=1|102=0|",
    );
    world.until("it is told", |w| w.inputs.len() == 2);
    let Some(Input::CancelReject(reject)) = world.inputs.last() else { panic!("no reject") };
    assert_eq!((reject.cl_ord_id, reject.reason), (ClOrdId(0x11), 0));
}

#[test]
fn a_report_that_cannot_be_used_is_refused_and_told_to_people() {
    let mut world = World::logged_on();
    world.peer_sends(b"8", "37=V1|17=X1|150=F|39=1|55=ESH4|54=1|31=4791.25|151=1|14=1|");
    world.until("it is refused", |w| w.received.len() == 2);
    assert!(world.received[1].contains("|45=3|371=32|372=8|373=1|"), "{}", world.received[1]);
    let report = world.unusable();
    assert_eq!((report.instrument, report.side), (Some(InstrumentId(0)), Some(Side::Buy)));
    assert_eq!(report.cum_qty, 1);
    assert!(report.detail.as_str().contains("tag 32"));
}

#[test]
fn a_report_in_another_symbol_is_told_as_one_and_not_refused() {
    let mut world = World::logged_on();
    world.sends(&order(OutboundKind::New, 7));
    let body = "37=V1|17=X1|150=F|39=1|55=NQH4|54=1|32=2|31=4791.25|151=1|14=2|";
    world.peer_sends(b"8", body);
    world.until("it is told", |w| w.inputs.len() == 2);
    let report = world.unusable();
    assert_eq!((report.instrument, report.symbol), (None, Text::new("NQH4")));
    assert_eq!((report.last_qty, report.msg_seq_num), (2, 3));
    let refused = world.received.iter().any(|message| message.contains("35=3|"));
    assert!(!refused, "it is a sound message");
}

#[test]
fn a_malformed_report_is_told_to_people_too() {
    let mut world = World::logged_on();
    world.peer_sends(b"8", "37=V1|17=|");
    world.until("it is told", |w| w.inputs.len() == 2);
    let report = world.unusable();
    assert_eq!(report.msg_seq_num, 3);
    assert!(report.detail.as_str().contains("tag 150"), "{}", report.detail);
}

#[test]
fn a_fill_is_told_whatever_else_its_report_has_empty_twice_or_unknown() {
    let mut world = World::logged_on();
    let fill = "37=V1|17=X1|150=F|39=1|55=ESH4|54=1|32=1|31=4791.25|151=1|14=1|";
    let many = "448=x|447=D|452=1|".repeat(60);
    let ornaments = [
        "58=|",
        "448=|",
        "58=a|58=b|",
        "39=1|",
        "39=4|",
        "59=?|",
        "150=F|",
        "32=1|",
        "14=2|",
        "17=X1|",
        "x=1|",
        "432=|",
        &many,
    ];
    for (at, ornament) in ornaments.iter().enumerate() {
        for body in [format!("{ornament}{fill}"), format!("{fill}{ornament}")] {
            let before = world.executions().len();
            world.peer_sends(b"8", &body);
            world.until("the fill is told", |w| w.executions().len() > before);
            let Some(Input::Execution(report)) = world.inputs.last() else { panic!("no report") };
            let read = (report.exec_type, report.side, report.last_qty, report.last_px);
            let expected = (ExecType::Trade, Side::Buy, 1, Price(4_791_250_000_000));
            assert_eq!(read, expected, "{at}: {ornament}");
        }
    }
    assert!(world.received.iter().all(|text| !text.contains("35=3|")), "{:?}", world.received);
}

#[test]
fn a_person_sets_the_numbers_of_a_session_that_logs_out_and_on_again() {
    let mut world = World::logged_on();
    let set = |next_out, next_in| NumbersSet {
        route: Route::BROKER,
        of_copy: false,
        next_out,
        next_in,
        actor: Text::new("ann"),
        reason: Text::new("as the broker says"),
    };
    let logons = |world: &World| {
        let is_on = |change: &SessionChange| *change == SessionChange::LoggedOn;
        world.changes().into_iter().filter(is_on).count()
    };
    world.gateway.set_numbers(&set(500, 0));
    world.until("it is logged on again", |w| logons(w) == 2 && w.gateway.is_logged_on());
    assert!(world.sent.iter().any(|sent| (sent.msg_seq_num, sent.msg_type.as_str()) == (500, "A")));
    let before = world.gateway.session().numbers().next_in;
    assert!(before > 2, "what the peer has sent counts on");
    // And both begin anew.
    world.gateway.set_numbers(&set(0, 0));
    world.until("it is logged on once more", |w| logons(w) == 3 && w.gateway.is_logged_on());
    assert!(world.last_event().reset);
    assert!(world.gateway.session().numbers().next_out < 10);
}

#[test]
fn connections_that_say_nothing_keep_nobody_out() {
    let mut world = World::new();
    let address = world.peer.local_addr().expect("bound");
    let idle: Vec<_> = (0..20)
        .map(|_| std::net::TcpStream::connect(address).expect("it listens"))
        .inspect(|_| world.step())
        .collect();
    world.until("it is logged on", |w| w.gateway.is_logged_on() && w.peer.is_logged_on());
    // Each of them is bounded in number and in time.
    world.now = world.now.plus(11 * NANOS_PER_SECOND);
    for mut silent in idle {
        silent.set_nonblocking(true).expect("a setting");
        world.until("it is cut off", |_| matches!(silent.read(&mut [0; 8]), Ok(0)));
    }
}

#[test]
fn a_connection_that_begins_with_garbage_is_cut_off_and_takes_no_session() {
    let mut world = World::new();
    let address = world.peer.local_addr().expect("bound");
    let mut stranger = std::net::TcpStream::connect(address).expect("it listens");
    stranger.write_all(b"GET / HTTP/1.1\r\n\r\n").expect("room");
    stranger.set_nonblocking(true).expect("a setting");
    world.until("it is cut off", |_| matches!(stranger.read(&mut [0; 8]), Ok(0)));
    world.until("it is logged on", |w| w.gateway.is_logged_on() && w.peer.is_logged_on());
}

#[test]
fn a_message_of_an_unknown_type_is_answered() {
    let mut world = World::logged_on();
    world.peer_sends(b"B", "148=news|");
    world.until("it is answered", |w| w.received.len() == 2);
    assert!(
        world.received[1].ends_with("|45=3|372=B|380=3|58=Unsupported Message Type|"),
        "{}",
        world.received[1]
    );
}

#[test]
fn what_was_reported_while_the_line_was_down_comes_before_logged_on() {
    let mut world = World::logged_on();
    world.reports("X1");
    world.until("the first is told", |w| w.executions().len() == 1);
    world.peer.drop_connection(world.now, &mut |_, _| {});
    world.reports("X2");
    world.reports("X3");
    world.sends(&order(OutboundKind::New, 0x10));
    world.until("the line is up again", |w| {
        w.changes().last() == Some(&SessionChange::LoggedOn) && w.changes().len() == 3
    });
    assert_eq!(
        world.executions(),
        [("X1".into(), false), ("X2".into(), true), ("X3".into(), true)]
    );
    let order: Vec<_> = world.inputs.iter().map(|i| matches!(i, Input::Session(_))).collect();
    assert_eq!(order, [true, false, true, false, false, true]);
    assert_eq!(
        world.changes(),
        [SessionChange::LoggedOn, SessionChange::Disconnected, SessionChange::LoggedOn]
    );
}

#[test]
fn a_restart_goes_on_with_the_numbers_in_the_journal() {
    let mut world = World::logged_on();
    world.sends(&order(OutboundKind::New, 0x10));
    world.reports("X1");
    world.until("the fill is told", |w| w.executions().len() == 1);
    world.reports("X2");
    let mut numbers = SequenceNumbers::default();
    world.inputs.iter().for_each(|input| numbers.on_input(Route::BROKER, input));
    world.sent.iter().for_each(|sent| numbers.on_sent(Route::BROKER, sent));
    let address = world.peer.local_addr().expect("bound");
    world.gateway = gateway(address, numbers);
    world.inputs.clear();
    world.until("it is logged on", |w| w.gateway.is_logged_on());
    assert_eq!(world.executions(), [("X2".into(), true)]);
    world.sends(&order(OutboundKind::New, 0x20));
    world.until("the order is there", |w| {
        w.received.last().is_some_and(|text| text.contains("-0000000000000020|"))
    });
    assert!(world.gateway.session().counters().duplicates == 0);
}

#[test]
fn nobody_there_is_told_once_and_the_line_comes_up_when_somebody_is() {
    let mut world = World::new();
    let address = world.peer.local_addr().expect("bound");
    let idle: SocketAddr = "127.0.0.1:0".parse().expect("an address");
    world.peer = FixPeer::bind(idle, SessionConfig::acceptor("VENUE", "TRADER")).expect("free");
    let mut polls = 0;
    world.until("many attempts are made", |_| {
        polls += 1;
        polls > 2_000
    });
    assert_eq!(world.changes(), [SessionChange::Disconnected]);
    world.peer =
        FixPeer::bind(address, SessionConfig::acceptor("VENUE", "TRADER")).expect("free again");
    world.until("it is logged on", |w| w.gateway.is_logged_on());
    assert_eq!(world.changes(), [SessionChange::Disconnected, SessionChange::LoggedOn]);
}

#[test]
fn a_peer_that_sends_rubbish_is_disconnected_and_nothing_panics() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("free");
    let mut gateway = gateway(listener.local_addr().expect("bound"), SequenceNumbers::default());
    let (mut now, mut inputs) = (UnixNanos(1_703_461_500_000_000_000), Vec::new());
    let mut poll = |gateway: &mut FixGateway| {
        now = now.plus(MILLI);
        gateway.poll(now, &mut |event| {
            if let GatewayEvent::Input(input) = event {
                inputs.push(input);
            }
        });
        inputs.len()
    };
    poll(&mut gateway);
    let (mut socket, _) = listener.accept().expect("it connects");
    socket.set_nonblocking(true).expect("a setting");
    let rubbish: Vec<u8> = (0..4_096u32).map(|i| (i * 7 % 251) as u8).collect();
    let deadline = Instant::now() + Duration::from_secs(10);
    while poll(&mut gateway) == 0 {
        assert!(Instant::now() < deadline, "still connected");
        let _ = socket.write(&rubbish);
        let _ = socket.read(&mut [0; 1_024]);
    }
    let Some(Input::Session(event)) = inputs.first() else { panic!("no event") };
    assert_eq!(event.change, SessionChange::Disconnected);
    assert!(event.detail.as_str().starts_with("too much garbage"), "{}", event.detail);
    assert!(gateway.garbled() > 0);
}

#[test]
fn a_peer_that_does_not_read_is_disconnected() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("free");
    let mut gateway = gateway(listener.local_addr().expect("bound"), SequenceNumbers::default());
    let now = UnixNanos(1_703_461_500_000_000_000);
    gateway.poll(now, &mut |_| {});
    let (mut socket, _) = listener.accept().expect("it connects");
    for body in ["35=A|34=1|98=0|108=30|", "35=0|34=2|112=1|"] {
        let body = body.replace('|', "\x01");
        let mut buffer = vec![0; 512];
        let len = encode_message(&mut buffer, |w| {
            w.encoded(body.as_bytes());
            w.raw(49, b"VENUE");
            w.raw(56, b"TRADER");
            w.time(52, now, TimePrecision::Millis);
        })
        .expect("fits");
        socket.write_all(&buffer[..len]).expect("room");
    }
    let deadline = Instant::now() + Duration::from_secs(10);
    while !gateway.is_logged_on() {
        assert!(Instant::now() < deadline, "not logged on");
        gateway.poll(now, &mut |_| {});
    }
    let mut told = None;
    while told.is_none() {
        assert!(Instant::now() < deadline, "still connected");
        gateway.send(&order(OutboundKind::New, 0x10), now, &mut |event| {
            if let GatewayEvent::Input(Input::Session(event)) = event {
                told = Some(event);
            }
        });
    }
    let event = told.expect("told");
    assert_eq!(event.change, SessionChange::Disconnected);
    assert!(event.detail.as_str().starts_with("the peer does not read"), "{}", event.detail);
}

#[test]
fn closing_logs_out_and_does_not_connect_again() {
    let mut world = World::logged_on();
    let (now, inputs) = (world.now, &mut world.inputs);
    world.gateway.close(now, &mut |event| {
        if let GatewayEvent::Input(input) = event {
            inputs.push(input);
        }
    });
    assert!(!world.gateway.is_closed());
    world.until("it is closed", |w| w.gateway.is_closed());
    assert_eq!(world.changes()[..2], [SessionChange::LoggedOn, SessionChange::LoggedOut]);
    world.until("the peer knows", |w| w.received.len() == 2);
    assert_eq!(world.received, ["logged on", "logged out"]);
    world.sends(&order(OutboundKind::New, 0x10));
    assert_eq!(world.gateway.unsent(), 1);
}

#[test]
fn an_order_without_a_name_for_its_instrument_is_refused_at_once() {
    let mut world = World::logged_on();
    let mut record = *order(OutboundKind::New, 0x10).record();
    record.instrument = InstrumentId(9);
    world.sends(&Outbound::unchecked(record));
    let event = world.last_event();
    assert_eq!((event.change, event.cl_ord_id), (SessionChange::MessageRejected, ClOrdId(0x10)));
}

#[test]
fn a_second_connection_is_dropped_without_a_word() {
    let mut world = World::logged_on();
    let address = world.peer.local_addr().expect("bound");
    let mut second = std::net::TcpStream::connect(address).expect("it listens");
    world.until("it is refused", |w| w.peer.refused() == 1);
    let mut bytes = Vec::new();
    second.read_to_end(&mut bytes).expect("closed");
    assert!(bytes.is_empty());
    assert!(world.gateway.is_logged_on() && world.peer.is_logged_on());
}

#[test]
fn a_draft_is_encoded_without_a_session_and_takes_no_sequence_number() {
    let mut gateway =
        gateway("127.0.0.1:9".parse().expect("an address"), SequenceNumbers::default());
    let now = UnixNanos(1_703_461_500_000_000_000);
    let drafted = gateway.draft(&order(OutboundKind::New, 7), now).expect("it can be encoded");
    assert!(drafted > 100, "{drafted} bytes are too few for an order");
    assert_eq!(gateway.session().numbers(), SequenceNumbers::default());
    let mut unknown = *order(OutboundKind::New, 8).record();
    unknown.instrument = InstrumentId(1);
    assert_eq!(gateway.draft(&Outbound::unchecked(unknown), now), None);
}
