//! The control plane's thread: one loop that follows the journal and the latency samples, and an
//! HTTP server that shows them. It can only read; commands go by the control socket.
//!
//! | path | gives |
//! |---|---|
//! | `/` | the status page |
//! | `/api/status` `/api/bots` `/api/orders` `/api/positions` | the picture, by part |
//! | `/api/bots/NAME/explain` | what a bot decided last, and why |
//! | `/api/snapshot` | all of it |
//! | `/api/observability/latency` | percentiles and histograms |
//! | `/api/observability/fix-adapter` | the FIX sessions: state, numbers, heartbeat, gaps, back-off |
//! | `/metrics` | the same for Prometheus |
//! | `/healthz` | 200 while the node can trade, 503 otherwise, with the reasons as JSON |
//! | `/readyz` | the same in a line: `ok`, or the first reason |
//! | `/livez` | 200 while the process is as it should be, whatever it can trade |
//! | `/ws` | the whole picture, again whenever it changed, four times a second at most |
//!
//! At most [`CONNECTIONS_MAX`] clients are served at a time, and none that is idle for long (`door`), so
//! that whoever connects cannot take the descriptors that trading needs.
//!
//! There are no accounts yet, so it listens on the loopback interface unless told otherwise, and
//! answers only requests that were addressed to it by name: a page of another site cannot read it
//! through a name of its own.

mod door;
mod health;
mod http;
mod metrics;
#[cfg(test)]
mod tests;
mod view;
mod websocket;

use gauntlet_journal::JournalError;
use gauntlet_readmodel::counters::NodeCounters;
use gauntlet_readmodel::tail::JournalTail;
use gauntlet_runtime::latency::LatencyBoard;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use thiserror::Error;
use tokio::sync::oneshot;
use view::View;

pub use door::CONNECTIONS_MAX;

/// What a server is to be.
#[derive(Clone, Debug)]
pub struct ServerConfig {
    /// Where to listen; port 0 takes any free one.
    pub listen: SocketAddr,
    /// Whether `listen` may be an address that other machines reach.
    pub allow_remote: bool,
    /// The journal that is followed. It must exist.
    pub journal_dir: PathBuf,
    /// What the page calls this node.
    pub title: String,
    /// Which node this is ([`gauntlet_readmodel::node_file::NodeFile::identity`]): every answer says so, and a
    /// question that was meant for another one is refused.
    pub identity: String,
}

/// Why a server cannot start.
#[derive(Debug, Error)]
pub enum ServerError {
    /// The address cannot be listened on.
    #[error("{}", cannot_bind(.address, .error))]
    Bind {
        /// The address.
        address: SocketAddr,
        /// The system's answer.
        error: io::Error,
    },
    /// The address can be reached from other machines, and nobody said that it may.
    #[error(
        "refusing to serve on {address}: other machines could read it and there are no accounts yet; \
         listen on 127.0.0.1, or set http.allow_remote = true behind a proxy that asks for a password"
    )]
    Remote {
        /// The address.
        address: SocketAddr,
    },
    /// The journal cannot be followed.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The thread or its runtime cannot be made.
    #[error("cannot start the control plane: {0}")]
    Thread(io::Error),
}

fn cannot_bind(address: &SocketAddr, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => format!(
            "port {} of {} is in use: stop the program that has it, or choose another port with \
             --http-port or http.listen, 0 for any free one",
            address.port(),
            address.ip()
        ),
        io::ErrorKind::PermissionDenied => {
            format!("not allowed to listen on {address}: set http.listen to a port above 1023")
        }
        _ => format!(
            "cannot listen on {address}: {error}; set http.listen to an address of this machine"
        ),
    }
}

/// A running server. Ends when dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts the control plane on a thread of its own.
    ///
    /// # Errors
    /// The address cannot be used, or the journal cannot be read. What happens to the journal later
    /// is told by the page and `/healthz`.
    pub fn spawn(
        config: ServerConfig,
        board: Arc<Mutex<LatencyBoard>>,
        counters: Arc<NodeCounters>,
    ) -> Result<Server, ServerError> {
        let listen = config.listen;
        if !listen.ip().is_loopback() && !config.allow_remote {
            return Err(ServerError::Remote { address: listen });
        }
        let bind = |error| ServerError::Bind { address: listen, error };
        let listener = TcpListener::bind(listen).map_err(bind)?;
        listener.set_nonblocking(true).map_err(bind)?;
        let address = listener.local_addr().map_err(bind)?;
        let tail = JournalTail::open(&config.journal_dir)?;
        let view = Arc::new(View::new(config.title, tail, board, counters));
        let gate = http::Gate {
            listen: address.ip(),
            allow_remote: config.allow_remote,
            identity: config.identity.into(),
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()
            .map_err(ServerError::Thread)?;
        let (stop, stopped) = oneshot::channel();
        let run = async move {
            let listener = match tokio::net::TcpListener::from_std(listener) {
                Ok(listener) => listener,
                Err(error) => return tracing::error!(%error, "the status page cannot be served"),
            };
            let router = http::router(Arc::clone(&view), gate);
            tokio::select! {
                () = view.door.serve(listener, router) => {}
                () = view::follow(&view) => {}
                // Stopped, or the owner is gone.
                _ = stopped => {}
            }
        };
        let thread = thread::Builder::new()
            .name("control".to_owned())
            // The runtime is dropped with its connections wherever they are, so this ends at once.
            .spawn(move || runtime.block_on(run))
            .map_err(ServerError::Thread)?;
        Ok(Server { address, stop: Some(stop), thread: Some(thread) })
    }

    /// The address in use.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends the server and waits for its thread, which takes one round of its loop at most.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        if let Some(stop) = self.stop.take() {
            // An error means that the thread has ended already.
            let _ended = stop.send(());
        }
        if let Some(Err(_)) = self.thread.take().map(JoinHandle::join) {
            tracing::error!("the control plane had panicked");
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}
