//! A broker on the C++ engine.

use super::HEARTBEAT_SECONDS;
use super::orders::{Book, number_of};
use gauntlet_differential::engine::{Engine, EngineConfig, IDLE, Role, send_between};
use gauntlet_differential::guard::{Guarded, Handler};
use quickfix::{FieldMap, Message, MsgFromAppError};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

/// What went in and out, in order.
#[derive(Default)]
struct Ledger {
    book: Book,
    /// The numbers of the orders' messages that came.
    received: Vec<u64>,
    /// The answers given so far.
    answered: Vec<u64>,
}

/// Answers order messages; its memory outlives its engines.
#[derive(Clone)]
pub struct Broker {
    names: [String; 2],
    ledger: Arc<Mutex<Ledger>>,
}

impl Broker {
    /// One with a name, for a client with a name.
    pub fn new(names: [String; 2]) -> Broker {
        Broker { names, ledger: Arc::default() }
    }

    /// Starts its engine.
    pub fn start(
        &self,
        address: SocketAddr,
        dictionary: Option<PathBuf>,
        store: PathBuf,
    ) -> (Engine, Arc<Guarded<Broker>>) {
        let guarded = Arc::new(Guarded::new(self.clone()));
        let [sender_comp_id, target_comp_id] = self.names.clone();
        let config = EngineConfig {
            role: Role::Acceptor,
            sender_comp_id,
            target_comp_id,
            address,
            heartbeat_seconds: HEARTBEAT_SECONDS as u16,
            dictionary,
            store: Some(store),
            idle: IDLE,
        };
        (Engine::start(config, Arc::clone(&guarded)).expect("the engine starts"), guarded)
    }

    pub fn received(&self) -> Vec<u64> {
        self.ledger.lock().expect("whole").received.clone()
    }

    pub fn answered(&self) -> Vec<u64> {
        self.ledger.lock().expect("whole").answered.clone()
    }

    pub fn counts(&self) -> (usize, usize) {
        let told = self.ledger.lock().expect("whole");
        (told.received.len(), told.answered.len())
    }
}

impl Handler for Broker {
    /// Reports are sent again as often as they are asked for.
    fn sending(&self, _: &Message) -> bool {
        true
    }

    fn received(&self, message: &Message) -> Result<(), MsgFromAppError> {
        let msg_type = message.with_header(|header| header.get_field(35)).unwrap_or_default();
        let field = |tag: u32| message.get_field(i32::try_from(tag).expect("a tag"));
        if !matches!(msg_type.as_str(), "D" | "F" | "G" | "H") {
            return Err(MsgFromAppError::UnsupportedMessageType);
        }
        let answers = {
            let mut told = self.ledger.lock().expect("whole");
            told.received.push(number_of(&field(11).expect("a ClOrdID")));
            let answers = told.book.answer(&msg_type, &field);
            for _ in &answers {
                let next = told.answered.len() as u64 + 1;
                told.answered.push(next);
            }
            answers
        };
        let [sender, target] = &self.names;
        for (msg_type, fields) in answers {
            send_between(sender, target, msg_type, fields.as_bytes()).expect("a session");
        }
        Ok(())
    }
}
