//! Questions, answered by HTTP or by the journal.

use crate::fixture::{arg, ctl, morning, open, run, write};
use gauntlet_readmodel::node_file::{NODE_HEADER, NodeFile};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::thread::JoinHandle;

/// The node's identity in these tests.
const IDENTITY: &str = "the-node";

/// A node in `data` that answers one HTTP request with this JSON as `identity`, and gives the request's
/// head back.
fn serve_one(
    data: &Path,
    identity: &'static str,
    status: &'static str,
    body: &'static str,
) -> JoinHandle<String> {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let page = format!("http://{}", listener.local_addr().expect("an address"));
    let node = NodeFile { identity: IDENTITY.into(), pid: 1, epoch: 1, run: 1, page: Some(page) };
    // A node that is killed leaves its file behind.
    std::mem::forget(node.publish(data).expect("written"));
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a client");
        let mut lines = BufReader::new(stream.try_clone().expect("a clone")).lines();
        let first = lines.next().expect("a request").expect("a line");
        let rest = lines.map_while(Result::ok).take_while(|line| !line.is_empty());
        let first = rest.fold(first, |head, line| head + "\n" + &line);
        let length = body.len();
        let head = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close");
        let head = format!("{head}\r\n{NODE_HEADER}: {identity}");
        write!(stream, "{head}\r\n\r\n{body}").expect("it is sent");
        first
    })
}

#[test]
fn a_running_node_answers_by_http() {
    let body = r#"{"segments":[{"segment":"tick_to_order","count":1234,"p50_ns":900,"p90_ns":1100,
        "p99_ns":2200,"p999_ns":34000,"max_ns":5600000}],"histograms":[],"dropped":0}"#;
    let data = tempfile::tempdir().expect("a directory");
    let server = serve_one(data.path(), IDENTITY, "200 OK", body);
    let latency = run(["latency", "--data", arg(data.path())]);
    assert_eq!((latency.code, latency.err.as_str()), (0, ""), "{latency}");
    let row = latency.out.lines().last().expect("a row");
    for cell in ["tick_to_order", "1,234", "900 ns", "1.10 µs", "2.20 µs", "34.0 µs", "5.60 ms"]
    {
        assert!(row.contains(cell), "{cell}: {latency}");
    }
    let asked = server.join().expect("served");
    assert!(asked.starts_with("GET /api/observability/latency "), "{asked}");
    assert!(asked.contains(&format!("{NODE_HEADER}: {IDENTITY}")), "{asked}");
}

#[test]
fn latency_is_known_to_the_node_alone() {
    let none = run(["latency"]);
    assert_eq!(none.code, 4, "{none}");
    assert!(none.err.contains("name its data folder with --data"), "{none}");
}

#[test]
fn of_a_node_that_is_dead_that_is_said_before_anything_else() {
    let data = tempfile::tempdir().expect("a directory");
    write(&data.path().join("journal"), &morning());
    let ask = |args: &[&str]| run(args.iter().copied().chain(["--data", arg(data.path())]));
    let status = ask(&["status", "--json"]);
    assert_eq!(status.code, 4, "{status}");
    assert!(status.out.starts_with("{\n  \"running\": false,"), "{status}");
    let status = status.json();
    assert_eq!((&status["state"], &status["run"]["run"]), (&"not_running".into(), &1.into()));
    assert!(status["reasons"][0].as_str().is_some_and(|why| why.contains("no node runs in")));
    assert_eq!(status["journal"]["caught_up"], true);
    let status = ask(&["status"]);
    assert!(status.out.lines().next().is_some_and(|line| line.ends_with(": NOT RUNNING")));
    assert!(status.out.contains("this is from the journal in "), "{status}");
    assert_eq!(status.code, 4, "{status}");
    for what in ["bots", "orders", "positions"] {
        let text = ask(&[what]);
        assert!(text.out.starts_with("NOT RUNNING: no node runs in "), "{text}");
        assert_eq!((text.code, text.err.as_str()), (0, ""), "{text}");
        let json = ask(&[what, "--json"]);
        assert_eq!(json.json()["running"], false, "{json}");
        assert!(json.json()["why"].as_str().is_some_and(|why| why.contains("no node runs")));
    }
    let answer = |what| ask(&[what, "--json"]).json()["answer"].take();
    assert_eq!(answer("bots")[0]["name"], "es-orb");
    let working = answer("orders")["working"].take();
    assert_eq!((&working[0]["bot"], &working[1]["bot"]), (&"es-orb".into(), &"es-paper".into()));
    assert_eq!(answer("positions")["broker"], serde_json::json!([]));
    assert!(ask(&["orders"]).out.contains("\n\nworking: 2\n"));
    assert!(ask(&["bots", "explain", "es-orb"]).out.starts_with("NOT RUNNING: "));
}

#[test]
fn of_a_node_that_runs_without_an_api_the_journal_answers_and_says_so() {
    let data = tempfile::tempdir().expect("a directory");
    let journal = data.path().join("journal");
    write(&journal, &morning());
    let running = open(&journal);
    let ask = |args: &[&str]| run(args.iter().copied().chain(["--data", arg(data.path())]));
    let status = ask(&["status"]);
    assert_eq!(status.code, 0, "{status}");
    assert!(status.out.contains(": TRADING at the journal's end\n"), "{status}");
    assert!(status.err.contains("this is from the journal in "), "{status}");
    let bots = ask(&["bots", "--json"]);
    assert_eq!(bots.json()[0]["name"], "es-orb");
    assert!(bots.err.contains("this is from the journal in "), "{bots}");
    drop(running);
}

#[test]
fn a_server_that_is_no_node_is_not_believed() {
    let data = tempfile::tempdir().expect("a directory");
    write(&data.path().join("journal"), &morning());
    for (identity, status, body, why) in [
        (IDENTITY, "404 Not Found", "", "answers 404 Not Found"),
        (IDENTITY, "200 OK", "{}", "does not answer as a node of version"),
        ("another-node", "200 OK", "[]", "is not the node in"),
        ("another-node", "421 Misdirected Request", "", "is not the node in"),
        (IDENTITY, "307 Elsewhere\r\nlocation: http://127.0.0.1:9/", "", "answers 307"),
    ] {
        let server = serve_one(data.path(), identity, status, body);
        let bots = run(["bots", "--data", arg(data.path())]);
        assert_eq!(bots.code, 0, "{bots}");
        assert!(bots.out.contains(why) && bots.out.contains("es-orb"), "{bots}");
        server.join().expect("served");
    }
}

#[test]
fn with_neither_http_nor_a_journal_the_exit_code_is_4() {
    let data = tempfile::tempdir().expect("a directory");
    for what in ["status", "bots", "orders", "positions"] {
        let none = run([what, "--data", arg(data.path())]);
        assert_eq!((none.code, none.out.as_str()), (4, ""), "{none}");
        assert!(none.err.contains("no node runs in") && none.err.contains("--data"), "{none}");
    }
}

#[test]
fn a_watch_shows_one_status_after_the_other() {
    let data = tempfile::tempdir().expect("a directory");
    write(&data.path().join("journal"), &morning());
    let mut child = ctl(["status", "--watch", "--json", "--data", arg(data.path())])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("ctl runs");
    let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let twice: Vec<String> = lines.map(|line| line.expect("a line")).take(2).collect();
    child.kill().expect("it still watches");
    child.wait().expect("it ends");
    assert!(twice.iter().all(|line| line.starts_with("{\"running\":false,")), "{twice:?}");
}
