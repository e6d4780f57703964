//! The door to the outside: how many may stand in it, and for how long.
//!
//! Every connection takes a file descriptor, of which the process has a bounded number and the journal
//! and the brokers' sessions need some. So there are [`CONNECTIONS_MAX`] at most; one more is closed at
//! once. A client that keeps its request to itself for [`HEAD_MAX`], or takes nothing of an answer for
//! [`TAKE_MAX`], is let go, so that idle connections cannot keep people out.

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Sleep, sleep};

/// Most connections at a time, WebSockets among them.
pub const CONNECTIONS_MAX: usize = 128;
/// Longest from a connection's start, or from its last answer, to the end of its next request's head.
pub const HEAD_MAX: Duration = Duration::from_secs(5);
/// Longest that a client may take nothing of what waits for it.
pub const TAKE_MAX: Duration = Duration::from_secs(5);
/// How long to leave the listener alone when the system has nothing to accept with.
const ACCEPT_AGAIN: Duration = Duration::from_millis(200);

/// How many stand in the door.
#[derive(Debug)]
pub(super) struct Door {
    places: Arc<Semaphore>,
    turned_away: AtomicU64,
}

impl Door {
    /// A door in which nobody stands.
    pub fn new() -> Door {
        Door { places: Arc::new(Semaphore::new(CONNECTIONS_MAX)), turned_away: AtomicU64::new(0) }
    }

    /// Connections at this moment.
    pub fn open(&self) -> usize {
        CONNECTIONS_MAX - self.places.available_permits()
    }

    /// Connections that were closed at once because there were as many as may be.
    pub fn turned_away(&self) -> u64 {
        self.turned_away.load(Ordering::Relaxed)
    }

    fn enter(&self) -> Option<OwnedSemaphorePermit> {
        let place = Arc::clone(&self.places).try_acquire_owned().ok();
        if place.is_none() {
            self.turned_away.fetch_add(1, Ordering::Relaxed);
        }
        place
    }

    /// Serves `router` to whoever comes, for ever.
    pub async fn serve(&self, listener: TcpListener, router: Router) {
        loop {
            match listener.accept().await {
                Ok((stream, _)) => {
                    if let Some(place) = self.enter() {
                        tokio::spawn(connection(stream, router.clone(), place));
                    }
                }
                // It concerns one connection that broke while it waited, or the system is short of
                // something, which passes.
                Err(error) => {
                    tracing::debug!(%error, "a connection to the page could not be accepted");
                    sleep(ACCEPT_AGAIN).await;
                }
            }
        }
    }
}

async fn connection(stream: TcpStream, router: Router, place: OwnedSemaphorePermit) {
    let client = Client { stream, stalled: None, _place: place };
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_MAX)
        .serve_connection(TokioIo::new(client), TowerToHyperService::new(router))
        .with_upgrades()
        .await;
    if let Err(error) = served {
        tracing::trace!(%error, "a connection to the page ended early");
    }
}

/// A connection with its place in the door, which it keeps when it becomes a WebSocket.
struct Client {
    stream: TcpStream,
    /// Runs while the client takes nothing.
    stalled: Option<Pin<Box<Sleep>>>,
    _place: OwnedSemaphorePermit,
}

impl Client {
    /// What came of a try to write: an error when the client has taken nothing for too long.
    fn taken<T>(
        &mut self,
        context: &mut Context<'_>,
        tried: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if tried.is_ready() {
            self.stalled = None;
            return tried;
        }
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep(TAKE_MAX)));
        stalled.as_mut().poll(context).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Client {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Client {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let client = self.get_mut();
        let tried = Pin::new(&mut client.stream).poll_write(context, bytes);
        client.taken(context, tried)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let client = self.get_mut();
        let tried = Pin::new(&mut client.stream).poll_write_vectored(context, parts);
        client.taken(context, tried)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}
