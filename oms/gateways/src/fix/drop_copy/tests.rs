//! A drop copy's session against an acceptor over loopback TCP, both polled by one thread.

use super::*;
use crate::fix::codec::{FieldWriter, TimePrecision};
use crate::fix::peer::{FixPeer, PeerEvent};
use crate::fix::session::{SequenceNumbers, SessionConfig};
use crate::fix::tags;
use crate::fix::transport::Backoff;
use gauntlet_model::effect::MessageSent;
use gauntlet_model::ids::{AccountId, ClOrdId, InstrumentId};
use gauntlet_model::input::{
    AccountDefinition, InstrumentDefinition, InstrumentLimits, Route, SessionChange,
};
use gauntlet_model::sequence_numbers::CopyNumbers;
use gauntlet_model::units::{Money, NANOS_PER_SECOND};
use std::net::SocketAddr;

const MILLI: u64 = NANOS_PER_SECOND / 1_000;
const ROUNDS_MAX: usize = 200_000;

struct World {
    copy: DropCopy,
    peer: FixPeer,
    now: UnixNanos,
    inputs: Vec<Input>,
    sent: Vec<MessageSent>,
    received: Vec<String>,
}

fn copy(address: SocketAddr, numbers: SequenceNumbers) -> DropCopy {
    let mut copy = DropCopy::new(FixGatewayConfig {
        route: Route::BROKER,
        address,
        epoch: 1,
        session: SessionConfig::initiator("US", "COPY"),
        numbers,
        backoff: Backoff { min_ns: MILLI, max_ns: 8 * MILLI },
    })
    .expect("valid");
    copy.define(&Input::Instrument(InstrumentDefinition {
        instrument: InstrumentId(0),
        symbol: Text::new("ESH4"),
        product: Text::new("ES"),
        feed: 0,
        tick: Price(250_000_000),
        multiplier: Money(50_000_000),
        limits: InstrumentLimits::default(),
    }));
    copy.define(&Input::Account(AccountDefinition {
        account: AccountId(0),
        name: Text::new("ACC"),
        max_position: 1,
        messages_per_second: 1,
        cancel_headroom: 0,
    }));
    copy
}

impl World {
    fn new() -> World {
        let mut config = SessionConfig::acceptor("COPY", "US");
        config.time_precision = TimePrecision::Micros;
        let peer = FixPeer::bind("127.0.0.1:0".parse().expect("an address"), config).expect("free");
        let address = peer.local_addr().expect("bound");
        let mut world = World {
            copy: copy(address, SequenceNumbers::default()),
            peer,
            now: UnixNanos(1_703_461_500_000_000_000),
            inputs: Vec::new(),
            sent: Vec::new(),
            received: Vec::new(),
        };
        world.until("both are logged on", |w| w.peer.is_logged_on() && !w.inputs.is_empty());
        world
    }

    fn step(&mut self) {
        self.now = self.now.plus(MILLI / 10);
        let World { copy, peer, now, inputs, sent, received } = self;
        copy.poll(*now, &mut |event| match event {
            GatewayEvent::Input(input) => inputs.push(input),
            GatewayEvent::CopySent(record) => sent.push(record),
            GatewayEvent::Sent(record) => panic!("told as an order session's: {record:?}"),
        });
        peer.poll(*now, &mut |event, _| {
            if let PeerEvent::Application { message, .. } | PeerEvent::Rejected { message } = event
            {
                received.push(String::from_utf8_lossy(message.msg_type()).into_owned());
            }
        });
    }

    fn until(&mut self, what: &str, holds: impl Fn(&World) -> bool) {
        for _ in 0..ROUNDS_MAX {
            if holds(self) {
                return;
            }
            self.step();
        }
        panic!("waited in vain until {what}: {:?}", self.inputs);
    }

    /// Sends a report with these fields after those of every report.
    fn report(&mut self, more: &[(u32, &str)]) {
        let fields = [(37, "O1"), (54, "1"), (55, "ESH4"), (1, "ACC"), (151, "1"), (14, "1")];
        let write = |w: &mut FieldWriter<'_>| {
            fields.iter().chain(more).for_each(|(tag, value)| w.raw(*tag, value.as_bytes()));
        };
        self.peer.send_app(tags::EXECUTION_REPORT, self.now, write).expect("short");
    }

    fn copied(&self) -> Vec<CopiedReport> {
        let copied = |input: &Input| match input {
            Input::Copied(report) => Some(*report),
            _ => None,
        };
        self.inputs.iter().filter_map(copied).collect()
    }
}

#[test]
fn reports_are_told_as_copies_whoever_placed_the_order() {
    let mut world = World::new();
    let id = format!("1-{:016x}", 77);
    world.report(&[(11, &id), (17, "E1"), (150, "F"), (39, "1"), (32, "1"), (31, "4791.25")]);
    world.report(&[(11, "DESK-1"), (17, "E2"), (150, "0"), (39, "0"), (38, "2"), (44, "4790")]);
    world.report(&[(11, &id), (17, "E3"), (19, "E1"), (150, "H"), (39, "1")]);
    world.until("all came", |w| w.copied().len() == 3);
    let copied = world.copied();
    let [fill, foreign, bust] = &copied[..] else { panic!("{copied:?}") };
    assert_eq!((fill.cl_ord_id, fill.exec_type, fill.last_qty), (ClOrdId(77), ExecType::Trade, 1));
    assert_eq!((fill.account, fill.instrument), (Some(AccountId(0)), Some(InstrumentId(0))));
    assert_eq!((fill.unusable_tag, fill.last_px), (0, Price(4_791_250_000_000)));
    assert_eq!((foreign.cl_ord_id, foreign.order_id), (ClOrdId::NONE, Text::new("O1")));
    assert_eq!((foreign.order_qty, foreign.symbol), (2, Text::new("ESH4")));
    assert_eq!((bust.exec_ref_id, bust.exec_type), (Text::new("E1"), ExecType::TradeCancel));
    assert_eq!(world.received, [] as [String; 0], "nothing is answered");
    assert!(world.sent.iter().all(|sent| !sent.cl_ord_id.is_some()));
}

#[test]
fn what_cannot_be_read_is_told_with_the_tag_and_what_can_be() {
    let mut world = World::new();
    world.report(&[(11, "X"), (17, "E1"), (150, "F"), (39, "1"), (32, "1")]);
    world.report(&[(11, "X"), (17, "E2"), (39, "1")]);
    world.until("both came", |w| w.copied().len() == 2);
    let copied = world.copied();
    assert_eq!((copied[0].unusable_tag, copied[0].last_qty), (tags::LAST_PX, 1));
    assert_eq!(copied[0].instrument, Some(InstrumentId(0)));
    assert_eq!(copied[1].unusable_tag, tags::EXEC_TYPE);
}

#[test]
fn its_numbers_are_kept_as_the_journal_tells_them_and_what_was_missed_comes_again() {
    let mut world = World::new();
    world.report(&[(11, "X"), (17, "E1"), (150, "0"), (39, "0")]);
    world.until("it came", |w| w.copied().len() == 1);
    let mut numbers = CopyNumbers::default();
    world.inputs.iter().for_each(|input| numbers.on_input(input, UnixNanos(0)));
    world.sent.iter().for_each(|sent| numbers.on_sent(sent));
    assert_eq!(numbers.of(Route::BROKER), world.copy.session().numbers());
    // Another process goes on where this one was; meanwhile there was a fill.
    let address = world.peer.local_addr().expect("bound");
    let now = world.now;
    world.peer.drop_connection(now, &mut |_, _| {});
    world.report(&[(11, "X"), (17, "E2"), (150, "F"), (39, "2"), (32, "1"), (31, "4791.25")]);
    world.copy = copy(address, numbers.of(Route::BROKER));
    world.until("the fill came", |w| w.copied().len() == 2);
    let copied = world.copied();
    assert!(copied[1].poss_dup && copied[1].exec_id == Text::new("E2"));
    world.until("it is logged on again", |w| {
        let is_up = |input: &&Input| matches!(input, Input::CopySession(of) if of.change == SessionChange::LoggedOn);
        w.inputs.iter().filter(is_up).count() == 2
    });
}
