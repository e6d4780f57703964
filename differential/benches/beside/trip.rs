//! An order out and its report in.

use super::median;
use super::peer::{Peer, now};
use gauntlet_gateways::fix::gateway::{FixGateway, FixGatewayConfig, Translation};
use gauntlet_gateways::fix::reach::{Endpoint, Reach};
use gauntlet_gateways::fix::session::{SequenceNumbers, SessionConfig};
use gauntlet_gateways::fix::tls::TlsTerms;
use gauntlet_gateways::fix::transport::Backoff;
use gauntlet_gateways::gateway::{Gateway, GatewayEvent};
use gauntlet_journal::{Journal, JournalConfig, OpenedJournal};
use gauntlet_manager::order_manager::Outbound;
use gauntlet_model::effect::{OutboundKind, OutboundRecord, TimeInForce};
use gauntlet_model::ids::{AccountId, BotId, ClOrdId, InstrumentId};
use gauntlet_model::input::{
    AccountDefinition, Input, InstrumentDefinition, InstrumentLimits, Route,
};
use gauntlet_model::text::Text;
use gauntlet_model::units::{Money, Price, Side};
use gauntlet_runtime::layout::{allowed_cores, pin_to};
use quickfix::dictionary_item::{
    FileStorePath, HeartBtInt, ReconnectInterval, SocketConnectHost, SocketConnectPort,
    SocketNodelay, UseDataDictionary,
};
use quickfix::{
    Application, ApplicationCallback, ConnectionHandler, Dictionary, FfiMessageStoreFactory,
    FieldMap, FileMessageStoreFactory, FixSocketServerKind, Initiator, LogFactory,
    MemoryMessageStoreFactory, Message, MsgFromAppError, NullLogger, QuickFixError,
    SessionContainer, SessionId, SessionSettings, send_to_target,
};
use rcgen::{CertificateParams, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// Orders before the clock counts.
const WARM: u64 = 1_000;

/// P50 and P99 of the send and of the round trip, in nanoseconds.
type Times = [f64; 4];

pub fn measure(rounds: usize, orders: u64) -> Result<Vec<(&'static str, Times)>, String> {
    let cores = allowed_cores();
    let core = (cores.len() > 1).then(|| cores[0]);
    if let Some(last) = cores.last() {
        pin_to(*last);
    }
    let mut took: [Vec<Times>; 4] = Default::default();
    for round in 0..rounds {
        let name = |variant: u32| format!("CLIENT{round}-{variant}");
        took[0].push(ours(&name(0), core, orders, false)?);
        took[1].push(ours(&name(1), core, orders, true)?);
        let theirs = |variant, in_files| theirs(&name(variant), core, orders, in_files);
        took[2].push(theirs(2, false)?);
        took[3].push(theirs(3, true)?);
    }
    let names = [
        "ours, numbers in the journal",
        "ours over TLS, numbers in the journal",
        "quickfix, memory store",
        "quickfix, file store",
    ];
    let middle =
        |all: Vec<Times>| std::array::from_fn(|at| median(all.iter().map(|t| t[at]).collect()));
    Ok(names.into_iter().zip(took.map(middle)).collect())
}

/// Percentiles of the sends and of the round trips.
fn times(mut sends: Vec<u64>, mut trips: Vec<u64>) -> Times {
    let at = |sorted: &[u64], share: f64| sorted[(sorted.len() as f64 * share) as usize] as f64;
    sends.sort_unstable();
    trips.sort_unstable();
    [at(&sends, 0.5), at(&sends, 0.99), at(&trips, 0.5), at(&trips, 0.99)]
}

fn order(id: u64) -> Outbound {
    Outbound::unchecked(OutboundRecord {
        route: Route::BROKER,
        kind: OutboundKind::New,
        cl_ord_id: ClOrdId(id),
        orig_cl_ord_id: ClOrdId::NONE,
        ord_status_req_id: 0,
        bot: BotId(0),
        account: AccountId(0),
        instrument: InstrumentId(0),
        side: Side::Buy,
        qty: 1,
        price: Price(6_640_250_000_000),
        time_in_force: TimeInForce::Day,
    })
}

fn definitions() -> [Input; 2] {
    let instrument = Input::Instrument(InstrumentDefinition {
        instrument: InstrumentId(0),
        symbol: Text::new("ESZ6"),
        product: Text::new("ES"),
        feed: 0,
        tick: Price(250_000_000),
        multiplier: Money(50_000_000_000),
        limits: InstrumentLimits::default(),
    });
    let account = Input::Account(AccountDefinition {
        account: AccountId(0),
        name: Text::new("ACC"),
        max_position: 1,
        messages_per_second: 1,
        cancel_headroom: 0,
    });
    [instrument, account]
}

fn words(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// Our gateway. Its numbers go into a journal as a node's do.
fn ours(name: &str, core: Option<usize>, orders: u64, is_secure: bool) -> Result<Times, String> {
    let folder = tempfile::tempdir().map_err(words)?;
    let (server, terms) =
        if is_secure { secure(folder.path()).map(Some)?.unzip() } else { (None, None) };
    let peer = Peer::start(name, core, server)?;
    let mut gateway = gateway(name, peer.address)?;
    if let Some(tls) = terms {
        let endpoint = Endpoint::parse(&peer.address.to_string())?;
        let reach = Reach { tls: Some(tls), ..Reach::new(endpoint) };
        gateway = gateway.reached_by(reach).map_err(words)?;
    }
    definitions().iter().for_each(|input| gateway.define(input));
    let config = JournalConfig { epoch: Some(1), ..JournalConfig::default() };
    let opened = Journal::create_or_open(&folder.path().join("journal"), &config).map_err(words)?;
    let OpenedJournal { mut effects, inputs: _inputs, sync: _sync, .. } = opened;
    let mut take = |event| match event {
        GatewayEvent::Sent(sent) | GatewayEvent::CopySent(sent) => {
            effects.append_sent(0, now(), &sent).expect("the journal has room");
        }
        GatewayEvent::Input(_) => {}
    };
    let deadline = Instant::now() + std::time::Duration::from_secs(20);
    while !gateway.is_logged_on() {
        gateway.poll(now(), &mut take);
        if Instant::now() > deadline {
            return Err("ours does not log on".to_owned());
        }
    }
    let (mut sends, mut trips) = (Vec::new(), Vec::new());
    for id in 1..=WARM + orders {
        let outbound = order(id);
        let start = Instant::now();
        gateway.send(&outbound, now(), &mut take);
        let sent = start.elapsed();
        let mut is_back = false;
        while !is_back {
            gateway.poll(now(), &mut |event| {
                is_back |= matches!(event, GatewayEvent::Input(Input::Execution(_)));
                take(event);
            });
        }
        let back = start.elapsed();
        if id > WARM {
            sends.push(sent.as_nanos() as u64);
            trips.push(back.as_nanos() as u64);
        }
    }
    Ok(times(sends, trips))
}

fn gateway(name: &str, address: SocketAddr) -> Result<FixGateway, String> {
    FixGateway::new(FixGatewayConfig {
        route: Route::BROKER,
        address,
        epoch: 1,
        session: SessionConfig::initiator(name, "BROKER"),
        numbers: SequenceNumbers::default(),
        backoff: Backoff::default(),
    })
    .map_err(words)
}

/// A server's TLS with a certificate of this moment, and a client that believes it.
fn secure(folder: &Path) -> Result<(Arc<ServerConfig>, TlsTerms), String> {
    let key = KeyPair::generate().map_err(words)?;
    let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).map_err(words)?;
    let certificate = params.self_signed(&key).map_err(words)?;
    let file = folder.join("root.pem");
    std::fs::write(&file, certificate.pem()).map_err(words)?;
    let private = PrivateKeyDer::try_from(key.serialize_der()).map_err(words)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let server = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(words)?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], private)
        .map_err(words)?;
    Ok((Arc::new(server), TlsTerms::read(&file, None, None)?))
}

/// Counts reports as a booking would read them.
#[derive(Default)]
struct Reports {
    came: AtomicU64,
}

impl ApplicationCallback for Reports {
    fn on_msg_from_app(&self, message: &Message, _: &SessionId) -> Result<(), MsgFromAppError> {
        for tag in [11, 37, 17, 150, 39, 55, 54, 151, 14] {
            message.get_field(tag).ok_or(MsgFromAppError::FieldNotFound)?;
        }
        self.came.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

/// The engine, polled by the thread that sends, which is its quickest.
fn theirs(name: &str, core: Option<usize>, orders: u64, in_files: bool) -> Result<Times, String> {
    let folder = tempfile::tempdir().map_err(words)?;
    let peer = Peer::start(name, core, None)?;
    let settings = settings(name, peer.address, folder.path(), in_files).map_err(words)?;
    let taken = if in_files {
        let store = FileMessageStoreFactory::try_new(&settings).map_err(words)?;
        trade(name, orders, &settings, &store)
    } else {
        trade(name, orders, &settings, &MemoryMessageStoreFactory::new())
    };
    taken.map_err(words)
}

fn settings(
    name: &str,
    address: SocketAddr,
    folder: &Path,
    in_files: bool,
) -> Result<SessionSettings, QuickFixError> {
    let (host, folder) = (address.ip().to_string(), folder.display().to_string());
    let mut of_session = Dictionary::try_from_items(&[
        &HeartBtInt(30),
        &ReconnectInterval(1),
        &SocketNodelay(true),
        &UseDataDictionary(false),
        &SocketConnectHost(&host),
        &SocketConnectPort(address.port()),
    ])?;
    of_session.set("ConnectionType", "initiator".to_owned())?;
    of_session.set("NonStopSession", true)?;
    if in_files {
        use quickfix::dictionary_item::DictionaryItem;
        FileStorePath(&folder).apply_param(&mut of_session)?;
    }
    let mut settings = SessionSettings::new();
    settings.set(None, Dictionary::new())?;
    settings.set(Some(&SessionId::try_new("FIX.4.4", name, "BROKER", "")?), of_session)?;
    Ok(settings)
}

fn trade<S: FfiMessageStoreFactory>(
    name: &str,
    orders: u64,
    settings: &SessionSettings,
    store: &S,
) -> Result<Times, QuickFixError> {
    let reports = Reports::default();
    let log = LogFactory::try_new(&NullLogger)?;
    let application = Application::try_new(&reports)?;
    let kind = FixSocketServerKind::SingleThreaded;
    let mut engine = Initiator::try_new(settings, &application, store, &log, kind)?;
    let session = SessionId::try_new("FIX.4.4", name, "BROKER", "")?;
    while !engine.is_logged_on()? {
        engine.poll()?;
    }
    let mut translation = Translation::new(Route::BROKER, 1);
    definitions().iter().for_each(|input| translation.define(input));
    let (mut sends, mut trips) = (Vec::new(), Vec::new());
    for id in 1..=WARM + orders {
        let outbound = order(id);
        let start = Instant::now();
        let written = translation.order(&outbound, now()).expect("defined");
        let message = gauntlet_differential::engine::message(written.msg_type, written.fields)?;
        send_to_target(message, &session)?;
        let sent = start.elapsed();
        while reports.came.load(Ordering::Relaxed) < id {
            engine.poll()?;
        }
        let back = start.elapsed();
        if id > WARM {
            sends.push(sent.as_nanos() as u64);
            trips.push(back.as_nanos() as u64);
        }
    }
    // Polled through its logout: stopped while it is on, the engine sleeps for ten seconds.
    engine.session(SessionId::try_new("FIX.4.4", name, "BROKER", "")?)?.logout()?;
    while engine.is_logged_on()? {
        engine.poll()?;
    }
    Ok(times(sends, trips))
}
