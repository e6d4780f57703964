//! A trader on the C++ engine, which sends again whatever its peer has missed, as engines do by default.

use super::orders::{EPOCH, definitions};
use super::{HEARTBEAT_SECONDS, until};
use gauntlet_differential::engine::{Engine, EngineConfig, IDLE, Role};
use gauntlet_differential::guard::{Guarded, Handler};
use gauntlet_gateways::fix::gateway::Translation;
use gauntlet_manager::order_manager::Outbound;
use gauntlet_model::input::Route;
use quickfix::{FieldMap, Message, MsgFromAppError};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// What its engines were told, one after another.
#[derive(Clone, Default)]
pub struct Reports {
    answers: Arc<Mutex<Vec<u64>>>,
    logons: Arc<AtomicU64>,
    is_on: Arc<AtomicBool>,
}

impl Reports {
    pub fn answers(&self) -> Vec<u64> {
        self.answers.lock().expect("whole").clone()
    }

    /// Logons so far.
    pub fn logons(&self) -> u64 {
        self.logons.load(Ordering::Acquire)
    }

    pub fn is_on(&self) -> bool {
        self.is_on.load(Ordering::Acquire)
    }
}

impl Handler for Reports {
    fn logged_on(&self) {
        self.logons.fetch_add(1, Ordering::AcqRel);
        self.is_on.store(true, Ordering::Release);
    }

    fn logged_out(&self) {
        self.is_on.store(false, Ordering::Release);
    }

    fn sending(&self, _: &Message) -> bool {
        true
    }

    fn received(&self, message: &Message) -> Result<(), MsgFromAppError> {
        let text = message.get_field(58).unwrap_or_default();
        let number = text.strip_prefix('E').and_then(|number| number.parse().ok());
        let number = number.ok_or(MsgFromAppError::IncorrectTagValue)?;
        self.answers.lock().expect("whole").push(number);
        Ok(())
    }
}

/// A trader, while its engine is up.
pub struct Trader {
    pub reports: Reports,
    /// The numbers of the messages that it sent.
    pub sent: Vec<u64>,
    names: [String; 2],
    address: SocketAddr,
    dictionary: Option<PathBuf>,
    store: PathBuf,
    translation: Translation,
    engine: Option<(Engine, Arc<Guarded<Reports>>)>,
}

impl Trader {
    /// One whose engine runs.
    pub fn start(
        names: [String; 2],
        address: SocketAddr,
        dictionary: Option<PathBuf>,
        store: &Path,
    ) -> Trader {
        let mut translation = Translation::new(Route::BROKER, EPOCH);
        definitions().iter().for_each(|input| translation.define(input));
        let mut trader = Trader {
            reports: Reports::default(),
            sent: vec![],
            names,
            address,
            dictionary,
            store: store.to_owned(),
            translation,
            engine: None,
        };
        trader.restart();
        trader
    }

    /// Ends the engine and starts another with the same files.
    pub fn restart(&mut self) {
        self.stop();
        let guarded = Arc::new(Guarded::new(self.reports.clone()));
        let [sender_comp_id, target_comp_id] = self.names.clone();
        let config = EngineConfig {
            role: Role::Initiator,
            sender_comp_id,
            target_comp_id,
            address: self.address,
            heartbeat_seconds: HEARTBEAT_SECONDS as u16,
            dictionary: self.dictionary.clone(),
            store: Some(self.store.clone()),
            idle: IDLE,
        };
        let engine = Engine::start(config, Arc::clone(&guarded)).expect("the engine starts");
        self.engine = Some((engine, guarded));
    }

    pub fn stop(&mut self) {
        if let Some((engine, guard)) = self.engine.take() {
            drop(engine);
            assert_eq!(guard.fault(), None);
        }
    }

    /// Sends a message, or has the engine keep it for the next logon.
    pub fn send(&mut self, outbound: &Outbound) {
        let written = self.translation.order(outbound, super::now()).expect("defined");
        let (engine, _) = self.engine.as_ref().expect("it runs");
        let is_taken = || engine.send(0, written.msg_type, written.fields);
        until("room for an order", || (0, is_taken()));
        self.sent.push(outbound.record().cl_ord_id.0);
    }
}
