//! Our ends: a gateway as a node would keep it, where what it tells goes into a journal from which the next one begins,
//! and a broker on our acceptor.

use super::orders::{Book, EPOCH, definitions, number_of};
use super::{HEARTBEAT_SECONDS, now, until};
use gauntlet_differential::engine::EngineConfig;
use gauntlet_differential::gateway::QuickFixGateway;
use gauntlet_gateways::fix::dictionary::Dictionary;
use gauntlet_gateways::fix::gateway::{FixGateway, FixGatewayConfig, Translation};
use gauntlet_gateways::fix::peer::{FixPeer, PeerEvent};
use gauntlet_gateways::fix::session::{SequenceNumbers, SessionConfig};
use gauntlet_gateways::fix::transport::Backoff;
use gauntlet_gateways::gateway::{Gateway, GatewayEvent};
use gauntlet_manager::order_manager::Outbound;
use gauntlet_model::input::{Input, Route, SessionChange};
use std::net::SocketAddr;
use std::sync::Arc;

const MILLI: u64 = 1_000_000;

/// What was told, in order.
#[derive(Default)]
pub struct Journal {
    numbers: SequenceNumbers,
    /// The answers of the broker, by the number in their text.
    pub answers: Vec<u64>,
    /// The order messages that took a number, with the logon that they followed.
    pub sent: Vec<(u32, u64)>,
    /// Logons so far.
    pub logons: u32,
    /// What a session refused, and anything else that should not be.
    pub odd: Vec<String>,
}

impl Journal {
    pub fn take(&mut self, event: GatewayEvent) {
        match event {
            GatewayEvent::Sent(sent) | GatewayEvent::CopySent(sent) => {
                self.numbers.on_sent(Route::BROKER, &sent);
                if sent.cl_ord_id.is_some() {
                    self.sent.push((self.logons, sent.cl_ord_id.0));
                }
            }
            GatewayEvent::Input(input) => self.take_input(&input),
        }
    }

    fn take_input(&mut self, input: &Input) {
        self.numbers.on_input(Route::BROKER, input);
        let answer = |text: &str| text.strip_prefix('E').and_then(|number| number.parse().ok());
        match input {
            Input::Execution(report) => match answer(report.text.as_str()) {
                Some(number) => self.answers.push(number),
                None => self.odd.push(format!("{report:?}")),
            },
            Input::CancelReject(reject) => match answer(reject.text.as_str()) {
                Some(number) => self.answers.push(number),
                None => self.odd.push(format!("{reject:?}")),
            },
            Input::Session(event) => match event.change {
                SessionChange::LoggedOn => self.logons += 1,
                SessionChange::LoggedOut | SessionChange::Disconnected => {}
                SessionChange::MessageRejected => self.odd.push(format!("{event:?}")),
            },
            other => self.odd.push(format!("{other:?}")),
        }
    }
}

/// A gateway with its journal.
pub struct Ours<G: Gateway> {
    pub gateway: G,
    pub journal: Journal,
}

/// How our own session is set up.
#[derive(Clone)]
pub struct Setup {
    pub address: SocketAddr,
    pub names: [String; 2],
    /// Whether it holds what comes and what goes against our dictionary.
    pub checks: bool,
}

impl Setup {
    fn start(&self, numbers: SequenceNumbers) -> FixGateway {
        let [sender, target] = &self.names;
        let dictionary = self.checks.then(|| Arc::new(Dictionary::built_in()));
        let session = SessionConfig {
            dictionary: dictionary.clone(),
            sent_dictionary: dictionary,
            heartbeat_seconds: HEARTBEAT_SECONDS,
            ..SessionConfig::initiator(sender, target)
        };
        let mut gateway = FixGateway::new(FixGatewayConfig {
            route: Route::BROKER,
            address: self.address,
            epoch: EPOCH,
            session,
            numbers,
            backoff: Backoff { min_ns: MILLI, max_ns: 50 * MILLI },
        })
        .expect("a valid session");
        definitions().iter().for_each(|input| gateway.define(input));
        gateway
    }
}

impl Ours<FixGateway> {
    pub fn new(setup: &Setup) -> Ours<FixGateway> {
        let gateway = setup.start(SequenceNumbers::default());
        Ours { gateway, journal: Journal::default() }
    }

    /// The process is killed and starts again from its journal.
    pub fn restart(&mut self, setup: &Setup) {
        self.gateway = setup.start(self.journal.numbers);
    }
}

impl Ours<QuickFixGateway> {
    /// The gateway on the engine.
    pub fn start(config: &EngineConfig) -> Ours<QuickFixGateway> {
        Ours { gateway: on_engine(config), journal: Journal::default() }
    }

    /// Its process ends in order, and starts again with the engine's files. What the engine has taken as received is
    /// told before.
    pub fn restart(&mut self, config: &EngineConfig) {
        let journal = &mut self.journal;
        self.gateway.close(now(), &mut |_| {});
        until("the engine's end", || {
            let done = self.gateway.poll(now(), &mut |event| journal.take(event));
            (done, self.gateway.is_closed())
        });
        self.gateway = on_engine(config);
    }
}

fn on_engine(config: &EngineConfig) -> QuickFixGateway {
    let translation = Translation::new(Route::BROKER, EPOCH);
    let gateway = QuickFixGateway::start(Route::BROKER, config.clone(), translation);
    let mut gateway = gateway.expect("the engine starts");
    definitions().iter().for_each(|input| gateway.define(input));
    gateway
}

impl<G: Gateway> Ours<G> {
    pub fn poll(&mut self) -> usize {
        let journal = &mut self.journal;
        self.gateway.poll(now(), &mut |event| journal.take(event))
    }

    pub fn send(&mut self, outbound: &Outbound) {
        let journal = &mut self.journal;
        self.gateway.send(outbound, now(), &mut |event| journal.take(event));
    }
}

/// Answers order messages on an acceptor of ours.
pub struct OurBroker {
    pub peer: FixPeer,
    book: Book,
    pub received: Vec<u64>,
    pub answered: Vec<u64>,
    /// What our session refused, and what the other refused of ours.
    pub odd: Vec<String>,
}

impl OurBroker {
    /// One with a name, for a client with a name.
    pub fn new(names: &[String; 2], checks: bool) -> OurBroker {
        let [sender, target] = names;
        let dictionary = checks.then(|| Arc::new(Dictionary::built_in()));
        let config = SessionConfig { dictionary, ..SessionConfig::acceptor(sender, target) };
        let peer = FixPeer::bind(([127, 0, 0, 1], 0).into(), config).expect("a local port");
        OurBroker { peer, book: Book::default(), received: vec![], answered: vec![], odd: vec![] }
    }

    pub fn address(&self) -> SocketAddr {
        self.peer.local_addr().expect("bound")
    }

    pub fn poll(&mut self) -> usize {
        let OurBroker { peer, book, received, answered, odd } = self;
        peer.poll(now(), &mut |event, sender| match event {
            PeerEvent::Application { message, .. } => {
                let field = |tag| Some(String::from_utf8_lossy(message.get(tag)?).into_owned());
                received.push(number_of(&field(11).expect("a ClOrdID")));
                let msg_type = String::from_utf8_lossy(message.msg_type());
                for (msg_type, fields) in book.answer(&msg_type, &field) {
                    answered.push(answered.len() as u64 + 1);
                    sender.send_app(msg_type, |w| w.encoded(fields.as_bytes())).expect("short");
                }
            }
            PeerEvent::Rejected { message } => odd.push(format!("{message:?}")),
            PeerEvent::LoggedOn | PeerEvent::LoggedOut { .. } => {}
        })
    }
}
