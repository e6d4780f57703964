//! The picture as a stream. A client that is slow misses frames and gets the newest one instead; one
//! that is silent or takes nothing is let go.

use super::http::{Gate, refuse};
use super::view::View;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use gauntlet_runtime::latency::Segment;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, timeout};

/// Most clients at a time.
pub const CLIENTS_MAX: usize = 64;
const PING_EVERY: Duration = Duration::from_secs(10);
const SILENT_MAX: Duration = Duration::from_secs(30);
const SEND_MAX: Duration = Duration::from_secs(5);
/// Clients have nothing to say but pongs.
const MESSAGE_MAX: usize = 1_024;

/// Takes a client in.
pub(super) async fn upgrade(
    gate: Gate,
    view: Arc<View>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    if !gate.is_own_page(&headers) {
        return refuse("this origin may not read the stream");
    }
    let frames = view.subscribe();
    // Each client holds one receiver, this one's included.
    if view.clients() > CLIENTS_MAX {
        let text =
            format!("{CLIENTS_MAX} clients are connected already: close one and try again\n");
        return (StatusCode::SERVICE_UNAVAILABLE, text).into_response();
    }
    upgrade.max_message_size(MESSAGE_MAX).max_frame_size(MESSAGE_MAX).on_upgrade(|socket| async {
        serve(socket, view, frames).await;
    })
}

async fn serve(mut socket: WebSocket, view: Arc<View>, mut frames: super::view::Frames) {
    let first = view.frame();
    if !send(&mut socket, Message::Text(first.text)).await {
        return;
    }
    let mut pings = tokio::time::interval(PING_EVERY);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut heard = Instant::now();
    loop {
        tokio::select! {
            changed = frames.changed() => {
                if changed.is_err() {
                    return;
                }
                let Some(frame) = frames.borrow_and_update().clone() else { continue };
                if !send(&mut socket, Message::Text(frame.text)).await {
                    return;
                }
                view.record(Segment::WebSocketDelivery, frame.made);
            }
            message = socket.recv() => match message {
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => heard = Instant::now(),
            },
            _ = pings.tick() => {
                if heard.elapsed() > SILENT_MAX
                    || !send(&mut socket, Message::Ping(Default::default())).await
                {
                    return;
                }
            }
        }
    }
}

/// Whether the client took it in time.
async fn send(socket: &mut WebSocket, message: Message) -> bool {
    matches!(timeout(SEND_MAX, socket.send(message)).await, Ok(Ok(())))
}
