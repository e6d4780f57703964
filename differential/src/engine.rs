//! One session of the C++ engine in a thread of its own.
//!
//! The thread polls the engine, and does not have it start its own: an acceptor that is stopped while a thread of its
//! own is at work walks over sockets that the other removes, and ends in a segmentation fault now and then. For the
//! same reason it sends from this thread alone: a message that another thread sends while the engine closes its socket
//! goes to whoever in the process has been given that file descriptor since.

use crate::guard::{Guarded, Handler};
use quickfix::dictionary_item::{
    DataDictionary, FileStorePath, HeartBtInt, ReconnectInterval, SocketAcceptPort,
    SocketConnectHost, SocketConnectPort, SocketNodelay, SocketReuseAddress, UseDataDictionary,
};
use quickfix::{
    Acceptor, Application, ConnectionHandler, Dictionary, FfiMessageStoreFactory, FieldMap,
    FileMessageStoreFactory, FixSocketServerKind, Initiator, LogFactory, MemoryMessageStoreFactory,
    Message, NullLogger, QuickFixError, SessionContainer, SessionId, SessionSettings,
    send_to_target,
};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, SyncSender, TryRecvError, channel, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The only `BeginString` spoken here.
const BEGIN_STRING: &str = "FIX.4.4";
/// `MsgType`.
const MSG_TYPE: i32 = 35;
/// Between two polls of an engine that need not spin.
pub const IDLE: Duration = Duration::from_micros(100);
/// Longest wait for the answer to a logout.
const LOGOUT_WITHIN: Duration = Duration::from_secs(5);

/// Who connects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The engine connects.
    Initiator,
    /// It is connected to.
    Acceptor,
}

/// How one session is set up.
#[derive(Clone, Debug)]
pub struct EngineConfig {
    /// Who connects.
    pub role: Role,
    /// Its own name. A pair of names may be in use once in a process: the engine looks sessions up by them.
    pub sender_comp_id: String,
    /// Its peer's name.
    pub target_comp_id: String,
    /// Where it connects to, or the port that it listens at.
    pub address: SocketAddr,
    /// Its heartbeat interval as an initiator, in seconds.
    pub heartbeat_seconds: u16,
    /// The data dictionary that it holds messages against, if any, in QuickFIX's XML.
    pub dictionary: Option<PathBuf>,
    /// The folder of its numbers and messages; in memory, for as long as the engine lives, without.
    pub store: Option<PathBuf>,
    /// What its thread waits for between two polls; nothing, and it spins.
    pub idle: Duration,
}

/// Why there is no engine.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The engine says so.
    #[error("QuickFIX: {0}")]
    Refused(#[from] QuickFixError),
    /// The system has no thread for it.
    #[error("no thread for QuickFIX: {0}")]
    Thread(#[from] std::io::Error),
    /// Its thread ended before it told anything.
    #[error("QuickFIX's thread ended while it started")]
    Ended,
}

/// Messages that wait for the engine's thread: for one more there is no room.
pub const OUTGOING_MAX: usize = 1_024;

/// A message for the engine's thread to send.
struct Outgoing {
    token: u64,
    msg_type: Vec<u8>,
    fields: Vec<u8>,
}

/// A session of the engine, which runs until this is dropped. Dropping it waits for the engine, which may take
/// seconds to log out.
pub struct Engine {
    /// To its thread; dropped, it ends the engine.
    outgoing: Option<SyncSender<Outgoing>>,
    thread: Option<JoinHandle<()>>,
}

impl Engine {
    /// Starts one.
    ///
    /// # Errors
    /// [`EngineError`].
    pub fn start<H: Handler>(
        config: EngineConfig,
        guarded: Arc<Guarded<H>>,
    ) -> Result<Engine, EngineError> {
        let (outgoing, to_send) = sync_channel(OUTGOING_MAX);
        let (tell, told) = channel();
        let thread = std::thread::Builder::new().name("quickfix".to_owned()).spawn(move || {
            if let Err(error) = run(&config, &guarded, &tell, &to_send) {
                // Nobody listens once it has started.
                let _ = tell.send(Err(error));
            }
        })?;
        let engine = Engine { outgoing: Some(outgoing), thread: Some(thread) };
        told.recv().map_err(|_| EngineError::Ended)??;
        Ok(engine)
    }

    /// Has its thread send a message of this type with these fields, each ended by its delimiter. What comes of it is
    /// the handler's to know ([`Handler::sends`]), which is given the token. Returns whether there was room for it.
    pub fn send(&self, token: u64, msg_type: &[u8], fields: &[u8]) -> bool {
        let Some(outgoing) = &self.outgoing else { return false };
        let (msg_type, fields) = (msg_type.to_vec(), fields.to_vec());
        let is_taken = outgoing.try_send(Outgoing { token, msg_type, fields }).is_ok();
        if let Some(thread) = &self.thread {
            thread.thread().unpark();
        }
        is_taken
    }

    /// Has it log out and end, without waiting for it.
    pub fn stop(&mut self) {
        self.outgoing = None;
    }

    /// Whether it has ended.
    pub fn is_stopped(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.outgoing = None;
        if let Some(thread) = self.thread.take() {
            // It panics in the engine's own start or stop alone, and is told of by the missing session.
            let _ = thread.join();
        }
    }
}

/// Sends between two names, from the engine's own thread: from a handler's callback.
///
/// # Errors
/// [`QuickFixError`]; above all that there is no such session.
pub fn send_between(
    sender_comp_id: &str,
    target_comp_id: &str,
    msg_type: &[u8],
    fields: &[u8],
) -> Result<(), QuickFixError> {
    let session = SessionId::try_new(BEGIN_STRING, sender_comp_id, target_comp_id, "")?;
    send_to_target(message(msg_type, fields)?, &session)
}

/// A message of the engine's with these fields. Repeating groups are none of what is sent here.
///
/// # Errors
/// [`QuickFixError`] of a field that it does not take.
pub fn message(msg_type: &[u8], fields: &[u8]) -> Result<Message, QuickFixError> {
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    let mut message = Message::new();
    message.with_header_mut(|header| header.set_field(MSG_TYPE, text(msg_type)))?;
    for field in fields.split(|byte| *byte == 1).filter(|field| !field.is_empty()) {
        let at = field.iter().position(|byte| *byte == b'=').unwrap_or(field.len());
        let tag = text(&field[..at]).parse().unwrap_or(0);
        message.set_field(tag, text(field.get(at + 1..).unwrap_or_default()))?;
    }
    Ok(message)
}

fn run<H: Handler>(
    config: &EngineConfig,
    guarded: &Guarded<H>,
    tell: &Sender<Result<(), QuickFixError>>,
    to_send: &Receiver<Outgoing>,
) -> Result<(), QuickFixError> {
    let settings = settings(config)?;
    match &config.store {
        Some(_) => run_on(
            config,
            &settings,
            &FileMessageStoreFactory::try_new(&settings)?,
            guarded,
            tell,
            to_send,
        ),
        None => {
            run_on(config, &settings, &MemoryMessageStoreFactory::new(), guarded, tell, to_send)
        }
    }
}

/// Keeps the engine for as long as its owner wants.
fn run_on<H: Handler, S: FfiMessageStoreFactory>(
    config: &EngineConfig,
    settings: &SessionSettings,
    store: &S,
    guarded: &Guarded<H>,
    tell: &Sender<Result<(), QuickFixError>>,
    to_send: &Receiver<Outgoing>,
) -> Result<(), QuickFixError> {
    let log = LogFactory::try_new(&NullLogger)?;
    let application = Application::try_new(guarded)?;
    let kind = FixSocketServerKind::SingleThreaded;
    match config.role {
        Role::Initiator => {
            let engine = Initiator::try_new(settings, &application, store, &log, kind)?;
            serve(engine, config, guarded, tell, to_send)
        }
        Role::Acceptor => {
            let engine = Acceptor::try_new(settings, &application, store, &log, kind)?;
            serve(engine, config, guarded, tell, to_send)
        }
    }
}

/// Polls the engine until its owner lets go, then through its logout.
fn serve<E: ConnectionHandler + SessionContainer, H: Handler>(
    mut engine: E,
    config: &EngineConfig,
    guarded: &Guarded<H>,
    tell: &Sender<Result<(), QuickFixError>>,
    to_send: &Receiver<Outgoing>,
) -> Result<(), QuickFixError> {
    // The first poll binds an acceptor's port.
    engine.poll()?;
    let _ = tell.send(Ok(()));
    loop {
        match to_send.try_recv() {
            Ok(Outgoing { token, msg_type, fields }) => {
                let EngineConfig { sender_comp_id, target_comp_id, .. } = config;
                guarded.sends(token, || {
                    // What is not sent took no number, which the handler sees.
                    let _ = send_between(sender_comp_id, target_comp_id, &msg_type, &fields);
                });
            }
            Err(TryRecvError::Empty) => {
                engine.poll()?;
                if !config.idle.is_zero() {
                    std::thread::park_timeout(config.idle);
                }
            }
            Err(TryRecvError::Disconnected) => break,
        }
    }
    let session =
        SessionId::try_new(BEGIN_STRING, &config.sender_comp_id, &config.target_comp_id, "")?;
    engine.session(session)?.logout()?;
    let deadline = Instant::now() + LOGOUT_WITHIN;
    while engine.is_logged_on()? && Instant::now() < deadline {
        engine.poll()?;
        std::thread::park_timeout(IDLE);
    }
    engine.stop()
}

fn settings(config: &EngineConfig) -> Result<SessionSettings, QuickFixError> {
    let role = match config.role {
        Role::Initiator => "initiator",
        Role::Acceptor => "acceptor",
    };
    let mut of_session = Dictionary::try_from_items(&[
        &HeartBtInt(config.heartbeat_seconds),
        &ReconnectInterval(1),
        &SocketNodelay(true),
        &UseDataDictionary(config.dictionary.is_some()),
    ])?;
    of_session.set("ConnectionType", role.to_owned())?;
    // Without it the engine begins the numbers anew at midnight UTC.
    of_session.set("NonStopSession", true)?;
    if let Some(file) = &config.dictionary {
        let file = file.display().to_string();
        add(&mut of_session, &DataDictionary(&file))?;
    }
    if let Some(folder) = &config.store {
        let folder = folder.display().to_string();
        add(&mut of_session, &FileStorePath(&folder))?;
    }
    match config.role {
        Role::Initiator => {
            let host = config.address.ip().to_string();
            add(&mut of_session, &SocketConnectHost(&host))?;
            add(&mut of_session, &SocketConnectPort(config.address.port()))?;
        }
        Role::Acceptor => {
            add(&mut of_session, &SocketAcceptPort(config.address.port()))?;
            add(&mut of_session, &SocketReuseAddress(true))?;
        }
    }
    let session =
        SessionId::try_new(BEGIN_STRING, &config.sender_comp_id, &config.target_comp_id, "")?;
    let mut settings = SessionSettings::new();
    settings.set(None, Dictionary::new())?;
    settings.set(Some(&session), of_session)?;
    Ok(settings)
}

fn add(
    dictionary: &mut Dictionary,
    item: &dyn quickfix::dictionary_item::DictionaryItem,
) -> Result<(), QuickFixError> {
    item.apply_param(dictionary)
}
