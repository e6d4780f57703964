//! The floor: what the sockets, the kernel and the pacing take by themselves. A thread reads market
//! data and, for each message that would cause an order, writes as many bytes as an order has to
//! another connection. It decodes, decides, checks and keeps nothing.

use crate::pace::{Line, Pace, drive};
use dbn::Mbp1Msg;
use gauntlet_benches::report::Nanos;
use gauntlet_benches::script::{Role, Script};
use gauntlet_runtime::clock::TickClock;
use gauntlet_runtime::layout::pin_to;
use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

const RECORD_BYTES: usize = size_of::<Mbp1Msg>();
/// Where a record says that it would cause an order: the first byte of its header is its length and
/// never this.
const CAUSE: u8 = 0xff;

/// What a run of the floor came to.
pub struct FloorFigures {
    pub wire_to_wire: Nanos,
    pub lateness: Nanos,
    pub unanswered: u64,
}

/// Runs the floor: the echo on the first core, both ends of the line on the second.
pub fn run(
    script: &Script,
    pace: &Pace,
    order_bytes: usize,
    cores: [usize; 2],
    ticks: &TickClock,
) -> io::Result<FloorFigures> {
    let (data_near, data_far) = connection()?;
    let (orders_near, orders_far) = connection()?;
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let echo = scope.spawn(|| {
            pin_to(cores[0]);
            echo(data_far, orders_far, order_bytes, &stop)
        });
        let driven = scope.spawn(|| {
            pin_to(cores[1]);
            let mut line = Raw {
                script,
                data: data_near,
                orders: orders_near,
                order_bytes,
                received: 0,
                waiting: VecDeque::with_capacity(1_024),
                wire_to_wire: Nanos::new(),
                warm_up: pace.warm_up,
                ticks,
            };
            let lateness = drive(&mut line, pace, ticks);
            stop.store(true, Ordering::Release);
            FloorFigures {
                wire_to_wire: line.wire_to_wire,
                lateness,
                unanswered: line.waiting.len() as u64,
            }
        });
        let figures = driven.join().expect("the generator does not panic");
        echo.join().expect("the echo does not panic")?;
        Ok(figures)
    })
}

fn connection() -> io::Result<(TcpStream, TcpStream)> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let near = TcpStream::connect(listener.local_addr()?)?;
    let (far, _) = listener.accept()?;
    for stream in [&near, &far] {
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
    }
    Ok((near, far))
}

fn echo(
    mut data: TcpStream,
    mut orders: TcpStream,
    order_bytes: usize,
    stop: &AtomicBool,
) -> io::Result<()> {
    let order = vec![b'x'; order_bytes];
    let mut buffer = vec![0; 64 << 10];
    let mut filled = 0;
    while !stop.load(Ordering::Acquire) {
        match data.read(&mut buffer[filled..]) {
            Ok(bytes) => filled += bytes,
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                std::hint::spin_loop();
                continue;
            }
            Err(error) => return Err(error),
        }
        let whole = filled / RECORD_BYTES * RECORD_BYTES;
        for record in buffer[..whole].chunks_exact(RECORD_BYTES) {
            if record[0] == CAUSE {
                orders.write_all(&order)?;
            }
        }
        buffer.copy_within(whole..filled, 0);
        filled -= whole;
    }
    Ok(())
}

struct Raw<'a> {
    script: &'a Script,
    data: TcpStream,
    orders: TcpStream,
    order_bytes: usize,
    received: usize,
    /// When the messages without an answer were due, and whether they count.
    waiting: VecDeque<(u64, bool)>,
    wire_to_wire: Nanos,
    warm_up: u64,
    ticks: &'a TickClock,
}

impl Line for Raw<'_> {
    fn send(&mut self, index: u64, due: u64) {
        let step = self.script.step(index);
        let mut bytes = [0; RECORD_BYTES];
        bytes.copy_from_slice(step.record.as_ref());
        if step.role == Role::Cause {
            bytes[0] = CAUSE;
            self.waiting.push_back((due, index >= self.warm_up));
        }
        let mut left = &bytes[..];
        while !left.is_empty() {
            match self.data.write(left) {
                Ok(written) => left = &left[written..],
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.poll(),
                Err(error) => panic!("the echo is gone: {error}"),
            }
        }
    }

    fn poll(&mut self) {
        let mut buffer = [0; 4_096];
        let Ok(bytes) = self.orders.read(&mut buffer) else { return };
        let arrived = self.ticks.raw();
        self.received += bytes;
        while self.received >= self.order_bytes {
            self.received -= self.order_bytes;
            let Some((due, counts)) = self.waiting.pop_front() else { continue };
            if counts {
                self.wire_to_wire.record(self.ticks.ns_between(due, arrived));
            }
        }
    }
}
