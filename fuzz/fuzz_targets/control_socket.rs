//! Any datagram to the control socket becomes a command, is refused, or is answered: never a panic,
//! never a command that its bytes do not say, and always one reply of bounded size.

#![no_main]

use gauntlet::control_socket::{ControlSocket, Polled};
use gauntlet_model::ids::{AccountId, BotId, InstrumentId};
use gauntlet_model::input::{CommandKind, Input, Route, Scope};
use gauntlet_readmodel::command_wire::{REPLY_MAX, REQUEST_MAX, Reply, Request, Target, Verb};
use libfuzzer_sys::fuzz_target;
use std::cell::RefCell;
use std::os::unix::net::UnixDatagram;

/// Both ends of a socket in a directory of its own, made once.
struct Ends {
    node: ControlSocket,
    operator: UnixDatagram,
    _directory: tempfile::TempDir,
}

impl Ends {
    fn new() -> Ends {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("control.sock");
        let node = ControlSocket::bind(&path).expect("binds");
        let operator = UnixDatagram::bind(directory.path().join("operator.sock")).expect("binds");
        operator.connect(&path).expect("connects");
        operator.set_nonblocking(true).expect("a socket");
        Ends { node, operator, _directory: directory }
    }

    fn reply(&self) -> Option<Reply> {
        let mut bytes = [0; REPLY_MAX + 1];
        let len = self.operator.recv(&mut bytes).ok()?;
        assert!(len <= REPLY_MAX);
        Some(Reply::parse(&bytes[..len]).expect("our replies can be read"))
    }
}

fn resolve(target: Target<'_>) -> Option<Scope> {
    match target {
        Target::Platform => Some(Scope::Platform),
        Target::Account("A") => Some(Scope::Account(AccountId(1))),
        Target::Bot("b") => Some(Scope::Bot(BotId(2))),
        Target::Instrument("ESZ6") => Some(Scope::Instrument(InstrumentId(3))),
        Target::Venue("broker") => Some(Scope::Route(Route::BROKER)),
        _ => None,
    }
}

/// A request that is read is written back as what reads the same: what an operator meant is what
/// happens. Line ends inside of a field are written as spaces.
fn round_trips(datagram: &[u8]) {
    let Ok(request) = Request::parse(datagram) else { return };
    if datagram.iter().any(|byte| matches!(byte, b'\r' | b'\n')) {
        return;
    }
    let text = request.encode();
    let again = Request::parse(text.as_bytes());
    // Opinions may hold what is not a number, which equals nothing. Numbers grow when they are
    // written out, beyond what a request may have.
    if text.len() <= REQUEST_MAX {
        assert_eq!(format!("{again:?}"), format!("{:?}", Ok::<_, ()>(request)));
    }
}

/// The input that a request may become.
fn says(request: &Request<'_>, input: &Input) -> bool {
    match (request.verb, input) {
        (Verb::Kill { flatten }, Input::Command(command)) => {
            command.kind == CommandKind::Kill { flatten }
                && Some(command.scope) == resolve(request.target)
        }
        (Verb::Freeze, Input::Command(command)) => command.kind == CommandKind::Freeze,
        (Verb::Unkill, Input::Command(command)) => command.kind == CommandKind::Unkill,
        (Verb::ResetBreaker, Input::Command(command)) => {
            command.kind == CommandKind::ResetBreaker
        }
        (Verb::AcceptConfiguration, Input::Command(command)) => {
            command.kind == CommandKind::AcceptConfiguration
        }
        (Verb::Signal(opinion), Input::External(signal)) => {
            signal.source == opinion.source && signal.direction == opinion.direction
        }
        (Verb::Correct(asked), Input::Correction(correction)) => {
            correction.kind == asked.kind && !correction.by_broker && correction.is_signed()
        }
        (Verb::Kill { flatten: false }, Input::OrderKill(kill)) => {
            request.target == Target::Order(kill.order)
        }
        (Verb::Ticket(asked), Input::Ticket(ticket)) => ticket.kind == asked.kind,
        (Verb::Adopt(_), Input::Adoption(adoption)) => !adoption.actor.is_empty(),
        (Verb::Numbers(_), Input::NumbersSet(set)) => !set.actor.is_empty() && set.route.is_broker(),
        (Verb::Limit(asked), Input::LimitChange(change)) => {
            (change.step, change.limit, change.value) == (asked.step, asked.limit, asked.value)
        }
        _ => false,
    }
}

thread_local! {
    static ENDS: RefCell<Ends> = RefCell::new(Ends::new());
}

fuzz_target!(|datagram: &[u8]| {
    round_trips(datagram);
    let _ = Reply::parse(datagram);
    ENDS.with_borrow_mut(|ends| {
        if ends.operator.send(datagram).is_err() {
            return;
        }
        match ends.node.poll(|target| resolve(target).into_iter().collect(), |_| Route::BROKER) {
            Polled::Nothing => panic!("a datagram that was sent is there"),
            Polled::Answered => {}
            Polled::PendingCommand(asked) => {
                let request = Request::parse(datagram).expect("what is asked was read");
                assert!(says(&request, &asked.input), "{request:?} became {:?}", asked.input);
                match request.id & 1 {
                    0 => ends.node.done(&asked, 1, 2),
                    _ => ends.node.refused(&asked, "no"),
                }
            }
        }
        assert!(ends.reply().is_some(), "every request is answered");
        assert!(ends.reply().is_none(), "and once");
    });
});
