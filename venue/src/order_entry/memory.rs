//! An exchange that knows after any end what it knew before: what happens is on disk before anybody is told.
//!
//! Written down are the orders and their identities, positions and cash, the session's numbers and the messages that
//! its client may ask for again, reports that wait, and where the market stood. A request counts as received once it
//! was carried out: one that was read and not reached when the process ended is asked for again.
//!
//! At the next start the market goes on from the prices and the time at which it stood, with a crowd of its own, and
//! the client's orders are back in it in their turn. Scripts and habits begin anew.

use super::OrderEntry;
use super::report::Report;
use super::store::{Frames, Reader, Record, Store, StoreError};
use crate::market::Market;
use gauntlet_gateways::fix::codec::encode_fields;
use gauntlet_gateways::fix::session::{Memory, SequenceNumbers};
use gauntlet_model::order::Capabilities;
use gauntlet_model::text::Text;
use gauntlet_model::units::{Price, UnixNanos};
use std::path::Path;

/// The store of an exchange, opened, with what it says.
#[derive(Debug)]
pub struct ExchangeStore {
    store: Store,
    frames: Frames,
    market_time: UnixNanos,
}

impl ExchangeStore {
    /// Opens the store in a folder, or makes one.
    ///
    /// # Errors
    /// [`StoreError`]: it is in use, damaged, or of another format.
    pub fn open(dir: &Path) -> Result<ExchangeStore, StoreError> {
        let (store, frames) = Store::open(dir)?;
        let mut market_time = UnixNanos(0);
        let is_whole = each(&frames, |record| {
            if let Record::Counts(counts) = record {
                market_time = counts.market_time;
            }
        });
        if !is_whole {
            return Err(StoreError::Unreadable(dir.to_owned()));
        }
        Ok(ExchangeStore { store, frames, market_time })
    }

    /// The market's time when the last life of the exchange ended; 0 for a new one.
    pub fn market_time(&self) -> UnixNanos {
        self.market_time
    }
}

/// Goes through all records. Returns whether there was nothing else.
fn each(frames: &Frames, mut f: impl FnMut(Record<'_>)) -> bool {
    let mut is_whole = true;
    for frame in frames {
        let mut fields = Reader(frame);
        while !fields.0.is_empty() && is_whole {
            match Record::read(&mut fields) {
                Some(record) => f(record),
                None => is_whole = false,
            }
        }
    }
    is_whole
}

/// What is written down, and how far.
#[derive(Debug)]
pub(super) struct ExchangeMemory {
    store: Store,
    session: Memory,
    /// Whether the store says that reports wait.
    says_waiting: bool,
    prices: Vec<(Text<24>, Price)>,
    prices_changed: bool,
    failure: Option<StoreError>,
    scratch: Box<[u8]>,
}

/// Room for the fields of a report.
const SCRATCH_BYTES: usize = 8 << 10;

impl OrderEntry {
    /// The same order entry, with a memory: it goes on from what the store says, and writes down what happens before
    /// anybody is told. `market` is before its first event. To be called last, after the rules were set.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn with_store(
        mut self,
        store: ExchangeStore,
        market: &mut dyn Market,
        now: UnixNanos,
    ) -> Result<OrderEntry, StoreError> {
        let ExchangeStore { store, frames, market_time } = store;
        self.peer.hold();
        let waiting = self.restore(&frames, market);
        self.desk.note_changes();
        if !frames.is_empty() {
            self.desk.enter_again(market_time, market);
            // The connection is gone, whoever ended it.
            self.has_left = self.cancels_on_disconnect != Capabilities::NONE;
        }
        self.memory = Some(Box::new(ExchangeMemory {
            store,
            session: Memory::default(),
            says_waiting: false,
            prices: Vec::new(),
            prices_changed: false,
            failure: None,
            scratch: vec![0; SCRATCH_BYTES].into_boxed_slice(),
        }));
        for (msg_type, body) in waiting {
            let sent = self.peer.send_app(msg_type.as_bytes(), now, |w| w.encoded(&body));
            sent.expect("an acceptor keeps what it cannot send, and reports are short");
        }
        self.set_market_time(market_time.max(market.now()));
        self.note_prices(market);
        self.remember_and_tell(now);
        match self.memory.as_mut().and_then(|memory| memory.failure.take()) {
            Some(failure) => Err(failure),
            None => Ok(self),
        }
    }

    /// Why nothing can be written down any more, and so nothing is told.
    pub fn store_failure(&self) -> Option<&StoreError> {
        self.memory.as_ref().and_then(|memory| memory.failure.as_ref())
    }

    /// Takes note of where the market stands, for an exchange with a memory.
    pub fn note_prices(&mut self, market: &dyn Market) {
        let Some(memory) = &mut self.memory else { return };
        for (at, listing) in market.listings().iter().enumerate() {
            let price = market.last_price(at);
            match memory.prices.get_mut(at) {
                Some((_, known)) if *known == price || !price.is_some() => {}
                Some((_, known)) => {
                    *known = price;
                    memory.prices_changed = true;
                }
                None => memory.prices.push((Text::new(&listing.symbol), price)),
            }
        }
    }

    /// Takes up what a store says. Returns the reports that waited: type, and fields after the header.
    fn restore(&mut self, frames: &Frames, market: &mut dyn Market) -> Vec<(Text<4>, Vec<u8>)> {
        let mut waiting = Vec::new();
        let mut session = Memory::default();
        each(frames, |record| match &record {
            Record::Session(memory) => {
                let is_new = memory.resets > session.resets;
                session = *memory;
                if is_new {
                    self.peer.session_mut().forget_kept();
                }
            }
            Record::Kept(kept) => self.peer.session_mut().keep(kept),
            Record::Prefix(prefix) => {
                self.style.prefix = String::from_utf8_lossy(prefix).into_owned();
            }
            Record::NothingWaits => waiting.clear(),
            Record::Waiting { msg_type, body } => waiting.push((*msg_type, body.to_vec())),
            Record::Market { symbol, price } => {
                let mut listings = market.listings().iter();
                let place = listings.position(|listing| listing.symbol == symbol.as_str());
                // Of many the last counts.
                if let Some(place) = place {
                    market.go_on_from(place, *price);
                }
            }
            record => self.desk.restore(record),
        });
        if !frames.is_empty() {
            self.peer.session_mut().resume(&session);
        }
        waiting
    }

    /// Writes down what happened, and only then tells it.
    pub(super) fn remember_and_tell(&mut self, now: UnixNanos) {
        if self.store_failure().is_some() {
            return;
        }
        if let Err(error) = self.remember() {
            if let Some(memory) = &mut self.memory {
                memory.failure = Some(error);
            }
            return;
        }
        let cancels = self.cancels_on_disconnect != Capabilities::NONE;
        let has_left = &mut self.has_left;
        self.peer.release(now, &mut |event, _| {
            let is_gone = matches!(event, super::PeerEvent::LoggedOut { .. });
            *has_left |= cancels && is_gone;
        });
    }

    fn remember(&mut self) -> Result<(), StoreError> {
        let Some(mut memory) = self.memory.take() else { return Ok(()) };
        let mut payload = Vec::new();
        let all = memory.store.wants_all();
        if all {
            Record::Prefix(self.style.prefix.as_bytes()).write(&mut payload);
            self.desk.write_all(&mut payload);
        } else {
            self.desk.write_changes(&mut payload);
        }
        self.write_session(&mut memory, all, &mut payload);
        self.write_waiting(&mut memory, all, &mut payload);
        if all || !payload.is_empty() {
            if all || memory.prices_changed {
                memory.prices_changed = false;
                for (symbol, price) in memory.prices.iter().filter(|(_, price)| price.is_some()) {
                    Record::Market { symbol: *symbol, price: *price }.write(&mut payload);
                }
            }
            // Last: what was restored is complete with it.
            Record::Counts(self.desk.counts(self.market_time)).write(&mut payload);
        }
        let written = match (all, payload.is_empty()) {
            (true, _) => memory.store.begin(&payload),
            (false, true) => Ok(()),
            (false, false) => memory.store.append(&payload),
        };
        self.memory = Some(memory);
        written
    }

    /// The session's numbers and what was sent. What was read and not carried out does not count as received.
    fn write_session(&self, memory: &mut ExchangeMemory, all: bool, to: &mut Vec<u8>) {
        let mut session = self.peer.session().memory();
        if let Some((_, (first, _))) = self.requests.front() {
            let SequenceNumbers { next_in, .. } = session.numbers;
            session.numbers.next_in = next_in.min(*first);
        }
        let before = std::mem::replace(&mut memory.session, session);
        // Times alone are not worth a word.
        let is_same = Memory { numbers_of: before.numbers_of, ..session } == before;
        if is_same && !all {
            return;
        }
        Record::Session(session).write(to);
        let is_new = all || session.resets > before.resets;
        let from = if is_new { 0 } else { before.numbers.next_out };
        for kept in self.peer.session().kept_from(from) {
            Record::Kept(kept).write(to);
        }
    }

    fn write_waiting(&self, memory: &mut ExchangeMemory, all: bool, to: &mut Vec<u8>) {
        let outgoing = self.outgoing.iter().map(|(_, report)| report);
        let mut waiting =
            outgoing.chain(self.mischief.held()).chain(self.desk.reports()).peekable();
        let waits = waiting.peek().is_some();
        if waits || memory.says_waiting || all {
            Record::NothingWaits.write(to);
            memory.says_waiting = waits;
        }
        for report in waiting {
            self.write_report(report, &mut memory.scratch, to);
        }
    }

    fn write_report(&self, report: &Report, scratch: &mut [u8], to: &mut Vec<u8>) {
        let len = encode_fields(scratch, |w| report.write(w, &self.style));
        let body = &scratch[..len.expect("reports are short")];
        Record::Waiting { msg_type: Text::from_wire(report.msg_type()), body }.write(to);
    }
}
