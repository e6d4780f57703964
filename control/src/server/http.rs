//! Paths, and who may ask for them.

use super::view::View;
use super::{metrics, websocket};
use axum::Router;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::get;
use gauntlet_readmodel::node_file::NODE_HEADER;
use gauntlet_readmodel::projection::Depth;
use std::net::IpAddr;
use std::sync::Arc;

const INDEX: &str = include_str!("../../page/index.html");
const SCRIPT: &str = include_str!("../../page/app.js");
const STYLE: &str = include_str!("../../page/style.css");

/// Everything comes from this server, and nobody may frame it.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
     connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'none'";

/// Who may ask.
#[derive(Clone, Debug)]
pub(super) struct Gate {
    /// The address that is listened on.
    pub listen: IpAddr,
    /// Whether other machines may ask, by whatever name they know this one.
    pub allow_remote: bool,
    /// Which node answers.
    pub identity: Arc<str>,
}

impl Gate {
    /// Whether a request was meant for this node, or for whichever is here.
    fn is_meant(&self, headers: &HeaderMap) -> bool {
        headers.get(NODE_HEADER).is_none_or(|meant| meant.as_bytes() == self.identity.as_bytes())
    }

    /// Whether a request was addressed to this server by a name that can only be this machine's.
    fn is_addressed(&self, headers: &HeaderMap) -> bool {
        let Some(host) = text(headers, header::HOST) else { return false };
        self.allow_remote || is_local(name_of(host), self.listen)
    }

    /// Whether a request comes from our own page, or from no page at all.
    pub fn is_own_page(&self, headers: &HeaderMap) -> bool {
        let Some(origin) = headers.get(header::ORIGIN) else { return true };
        let site = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
        let host = text(headers, header::HOST);
        site.is_some_and(|(_, site)| Some(site) == host)
    }
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

/// A `Host` without its port.
fn name_of(host: &str) -> &str {
    match host.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or(v6),
        None => host.split(':').next().unwrap_or(host),
    }
}

fn is_local(name: &str, listen: IpAddr) -> bool {
    let address = name.parse::<IpAddr>();
    name.eq_ignore_ascii_case("localhost")
        || address.is_ok_and(|address| address.is_loopback() || address == listen)
}

/// 403 with a reason.
pub(super) fn refuse(why: &str) -> Response {
    (StatusCode::FORBIDDEN, format!("{why}\n")).into_response()
}

/// The server's paths.
pub(super) fn router(view: Arc<View>, gate: Gate) -> Router {
    let of_stream = gate.clone();
    let stream = move |State(view): State<Arc<View>>, headers: HeaderMap, up: WebSocketUpgrade| {
        websocket::upgrade(of_stream.clone(), view, headers, up)
    };
    Router::new()
        .route("/", get(|| page("text/html; charset=utf-8", INDEX)))
        .route("/app.js", get(|| page("text/javascript; charset=utf-8", SCRIPT)))
        .route("/style.css", get(|| page("text/css; charset=utf-8", STYLE)))
        .route("/api/status", get(async |State(view): State<Arc<View>>| Json(view.status())))
        .route("/api/snapshot", get(async |State(view): State<Arc<View>>| Json(view.snapshot())))
        .route(
            "/api/bots",
            get(async |State(view): State<Arc<View>>| Json(view.with(|p| p.bots()))),
        )
        .route("/api/bots/{bot}/explain", get(explain))
        .route(
            "/api/orders",
            get(async |State(view): State<Arc<View>>| {
                Json(view.with(|p| p.orders(Depth::ALL.finished)))
            }),
        )
        .route(
            "/api/positions",
            get(async |State(view): State<Arc<View>>| Json(view.with(|p| p.positions()))),
        )
        .route(
            "/api/risk",
            get(async |State(view): State<Arc<View>>| Json(view.with(|p| p.risk()))),
        )
        .route(
            "/api/observability/fix-adapter",
            get(async |State(view): State<Arc<View>>| Json(view.fix_adapter())),
        )
        .route(
            "/api/observability/latency",
            get(async |State(view): State<Arc<View>>| Json(view.latency())),
        )
        .route("/metrics", get(prometheus))
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/livez", get(livez))
        .route("/ws", get(stream))
        .fallback(async || (StatusCode::NOT_FOUND, "no such path\n"))
        .with_state(view)
        .layer(middleware::from_fn(move |request: Request, next: Next| {
            guard(gate.clone(), request, next)
        }))
}

async fn explain(State(view): State<Arc<View>>, Path(bot): Path<String>) -> Response {
    match view.with(|projection| projection.explain(&bot)) {
        Some(explanation) => Json(explanation).into_response(),
        None => (StatusCode::NOT_FOUND, "no bot of that name\n").into_response(),
    }
}

async fn guard(gate: Gate, request: Request, next: Next) -> Response {
    let mut response = if !gate.is_addressed(request.headers()) {
        refuse("ask for localhost or the address that is listened on")
    } else if !gate.is_meant(request.headers()) {
        (StatusCode::MISDIRECTED_REQUEST, "another node is here\n").into_response()
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    if let Ok(identity) = HeaderValue::from_str(&gate.identity) {
        headers.insert(NODE_HEADER, identity);
    }
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

async fn page(kind: &'static str, body: &'static str) -> Response {
    ([(header::CONTENT_TYPE, kind)], body).into_response()
}

async fn prometheus(State(view): State<Arc<View>>) -> Response {
    let kind = "text/plain; version=0.0.4; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], metrics::render(&view)).into_response()
}

async fn healthz(State(view): State<Arc<View>>) -> Response {
    let health = view.health();
    let code = if health.healthy { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (code, Json(health)).into_response()
}

/// The first reason alone, for who only asks whether.
async fn readyz(State(view): State<Arc<View>>) -> Response {
    in_a_line(view.health().reason)
}

/// Whether the process is as it should be, whatever it can trade: a supervisor starts it again on this.
async fn livez(State(view): State<Arc<View>>) -> Response {
    in_a_line(view.life().into_iter().next())
}

fn in_a_line(reason: Option<String>) -> Response {
    match reason {
        None => (StatusCode::OK, "ok\n").into_response(),
        Some(reason) => (StatusCode::SERVICE_UNAVAILABLE, format!("{reason}\n")).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(host: &'static str, origin: Option<&'static str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_static(host));
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, HeaderValue::from_static(origin));
        }
        headers
    }

    fn gate(listen: [u8; 4], allow_remote: bool) -> Gate {
        Gate { listen: listen.into(), allow_remote, identity: "this".into() }
    }

    #[test]
    fn only_names_of_this_machine_are_answered() {
        let local = gate([127, 0, 0, 1], false);
        for host in ["localhost:8080", "LOCALHOST", "127.0.0.1:8080", "[::1]:8080", "127.1.2.3"] {
            assert!(local.is_addressed(&headers(host, None)), "{host}");
        }
        for host in ["evil.example", "evil.example:8080", "10.0.0.1", "localhost.evil.example", ""]
        {
            assert!(!local.is_addressed(&headers(host, None)), "{host}");
        }
        assert!(!local.is_addressed(&HeaderMap::new()));
        let remote = gate([10, 0, 0, 1], true);
        assert!(remote.is_addressed(&headers("trading.example", None)));
    }

    #[test]
    fn a_page_of_another_site_is_not_our_page() {
        let gate = gate([127, 0, 0, 1], false);
        assert!(gate.is_own_page(&headers("localhost:1", None)));
        assert!(gate.is_own_page(&headers("localhost:1", Some("http://localhost:1"))));
        for origin in ["http://localhost:2", "https://evil.example", "null", "localhost:1"] {
            assert!(!gate.is_own_page(&headers("localhost:1", Some(origin))), "{origin}");
        }
    }
}
