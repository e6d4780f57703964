//! One command line reaches one node: two nodes that run side by side, and every way to name one.

use crate::fixture::{arg, ctl};
use gauntlet_readmodel::command_wire::{REQUEST_MAX, ReplyBuffer, Request, SOCKET_NAME};
use gauntlet_readmodel::node_file::{NODE_HEADER, NodeFile, Published};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// A node that counts what reaches it by either way.
struct Node {
    data: PathBuf,
    asked: Arc<AtomicU32>,
    commanded: Arc<AtomicU32>,
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
    published: Option<Published>,
    page: String,
}

impl Node {
    fn start(data: PathBuf, identity: &'static str) -> Node {
        std::fs::create_dir_all(&data).expect("made");
        let (asked, commanded) = (Arc::<AtomicU32>::default(), Arc::<AtomicU32>::default());
        let stop = Arc::<AtomicBool>::default();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let page = format!("http://{}", listener.local_addr().expect("bound"));
        let node = NodeFile {
            identity: identity.into(),
            pid: 1,
            epoch: 1,
            run: 1,
            page: Some(page.clone()),
        };
        let published = Some(node.publish(&data).expect("written"));
        let socket = UnixDatagram::bind(data.join(SOCKET_NAME)).expect("bound");
        socket.set_read_timeout(Some(Duration::from_millis(20))).expect("a limit");
        let http = {
            let (stop, asked) = (Arc::clone(&stop), Arc::clone(&asked));
            std::thread::spawn(move || serve(&listener, identity, &stop, &asked))
        };
        let commands = {
            let (stop, commanded) = (Arc::clone(&stop), Arc::clone(&commanded));
            std::thread::spawn(move || obey(&socket, &stop, &commanded))
        };
        Node { data, asked, commanded, stop, threads: vec![http, commands], published, page }
    }

    /// What reached it since the last call: questions and commands.
    fn reached(&self) -> (u32, u32) {
        (self.asked.swap(0, Ordering::SeqCst), self.commanded.swap(0, Ordering::SeqCst))
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // Wakes the one that waits for a client.
        let _woken = std::net::TcpStream::connect(self.page.trim_start_matches("http://"));
        self.threads.drain(..).for_each(|thread| thread.join().expect("no panic"));
        drop(self.published.take());
    }
}

fn serve(listener: &TcpListener, identity: &str, stop: &AtomicBool, asked: &AtomicU32) {
    for stream in listener.incoming() {
        if stop.load(Ordering::SeqCst) {
            return;
        }
        let mut stream = stream.expect("a client");
        let lines = BufReader::new(stream.try_clone().expect("a clone")).lines();
        lines.map_while(Result::ok).take_while(|line| !line.is_empty()).for_each(drop);
        asked.fetch_add(1, Ordering::SeqCst);
        let head = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close";
        write!(stream, "{head}\r\n{NODE_HEADER}: {identity}\r\n\r\n[]").expect("sent");
    }
}

fn obey(socket: &UnixDatagram, stop: &AtomicBool, commanded: &AtomicU32) {
    let mut buffer = [0; REQUEST_MAX + 1];
    while !stop.load(Ordering::SeqCst) {
        let Ok((len, from)) = socket.recv_from(&mut buffer) else { continue };
        let request = Request::parse(&buffer[..len]).expect("a request");
        commanded.fetch_add(1, Ordering::SeqCst);
        let reply = ReplyBuffer::ok(request.id, 1, 0);
        socket.send_to_addr(reply.as_bytes(), &from).expect("the asker waits");
    }
}

type Words<'a> = &'a [&'a str];
type Variables<'a> = &'a [(&'a str, &'a str)];

const COMMANDS: [&str; 6] = [
    "kill --all",
    "kill --bot es-orb --flatten",
    "unkill --all --reason x",
    "accept-config --reason x",
    "signal --source news --direction long --strength 1 --confidence 1 --ttl 60",
    "kill --symbol ESZ6",
];
const QUESTIONS: [&str; 2] = ["bots", "bots --json"];

fn line(words: &str, more: &[&str], from: &Path) -> Command {
    let mut command = ctl(words.split(' ').chain(more.iter().copied()));
    command.current_dir(from);
    command
}

#[test]
fn no_command_line_reaches_two_nodes() {
    let dir = tempfile::tempdir().expect("a folder");
    let one = Node::start(dir.path().join("one"), "node-one");
    let two = Node::start(dir.path().join("two"), "node-two");
    let ways: [(Words<'_>, Variables<'_>); 5] = [
        (&["--data", arg(&one.data)], &[]),
        (&[], &[("GAUNTLET_DATA", arg(&one.data))]),
        (&["--data", arg(&one.data)], &[("GAUNTLET_DATA", arg(&two.data))]),
        // What named a node once does not any more, and beside --data is not even looked at.
        (&["--data", arg(&one.data)], &[("GAUNTLET_URL", &two.page)]),
        (&["--data", arg(&one.data)], &[("GAUNTLET_DATE", arg(&two.data))]),
    ];
    for (args, environment) in ways {
        for (words, expected) in COMMANDS
            .iter()
            // What a kill leaves to be done is asked behind it.
            .map(|words| (words, (u32::from(words.starts_with("kill")), 1)))
            .chain(QUESTIONS.iter().map(|words| (words, (1, 0))))
        {
            let mut command = line(words, args, dir.path());
            command.envs(environment.iter().copied());
            let output = command.output().expect("ctl runs");
            let what = format!("{words} {args:?} {environment:?}: {output:?}");
            assert!(output.status.success(), "{what}");
            assert_eq!((one.reached(), two.reached()), (expected, (0, 0)), "{what}");
        }
    }
}

#[test]
fn what_could_mean_either_node_reaches_none() {
    let dir = tempfile::tempdir().expect("a folder");
    let one = Node::start(dir.path().join("var/run"), "node-one");
    let two = Node::start(dir.path().join("var/demo"), "node-two");
    let refused: [(Words<'_>, Variables<'_>, &str); 5] = [
        (&[], &[], "both have a node that runs"),
        (&["--url", &two.page, "--data", arg(&one.data)], &[], "--url"),
        (&["--url", &two.page], &[("GAUNTLET_DATA", arg(&one.data))], "--url"),
        (&[], &[("GAUNTLET_DATA", arg(&one.data)), ("GAUNTLET_URL", &two.page)], "GAUNTLET_URL"),
        (&[], &[("GAUNTLET_DATE", arg(&one.data))], "GAUNTLET_DATA"),
    ];
    for (args, environment, why) in refused {
        for words in COMMANDS.iter().chain(&QUESTIONS) {
            let mut command = line(words, args, dir.path());
            command.envs(environment.iter().copied());
            let output = command.output().expect("ctl runs");
            let told = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(2), "{words}: {told}");
            assert!(told.contains(why), "{words}: {told}");
            assert_eq!((one.reached(), two.reached()), ((0, 0), (0, 0)), "{words}");
        }
    }
    drop(one);
    let killed = line("kill --all", &[], dir.path()).output().expect("ctl runs");
    assert!(killed.status.success(), "{killed:?}");
    assert_eq!(two.reached(), (1, 1));
}

#[test]
fn a_node_at_the_address_of_one_that_is_gone_is_not_asked_for_it() {
    let dir = tempfile::tempdir().expect("a folder");
    let two = Node::start(dir.path().join("two"), "node-two");
    let gone = dir.path().join("one");
    std::fs::create_dir(&gone).expect("made");
    let left = NodeFile {
        identity: "node-one".into(),
        pid: 1,
        epoch: 1,
        run: 1,
        page: Some(two.page.clone()),
    };
    let _published = left.publish(&gone).expect("written");
    let asked = line("bots", &["--data", arg(&gone)], dir.path()).output().expect("ctl runs");
    let told = String::from_utf8_lossy(&asked.stderr);
    assert_eq!(asked.status.code(), Some(4), "{told}");
    assert!(asked.stdout.is_empty() && told.contains("is not the node in"), "{told}");
}
