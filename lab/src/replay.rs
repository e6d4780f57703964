//! Files of one instrument, played to the maker of bars that live trading uses.

use crate::LabError;
use gauntlet_engine::market::{MarketCounters, MarketOutput, Markets};
use gauntlet_feeds::{
    BarFileError, BarOptions, DbnFile, FeedInstrument, FileBar, FileError, choose, is_ohlcv,
    read_bars,
};
use gauntlet_model::calendar::Calendar;
use gauntlet_model::effect::Bar;
use gauntlet_model::ids::InstrumentId;
use gauntlet_model::input::{
    BarKind, FeedChange, FeedEvent, Input, InstrumentDefinition, InstrumentLimits, Ohlcv,
    Sequenced, SessionMode, Timer,
};
use gauntlet_model::instrument::{Product, Symbol};
use gauntlet_model::text::Text;
use gauntlet_model::units::{NANOS_PER_MINUTE, NANOS_PER_SECOND, UnixNanos};
use gauntlet_strategy::sample::Tape;
use std::path::Path;

const INSTRUMENT: InstrumentId = InstrumentId(0);

/// Orders that a book has room for: several times what the busiest CME book holds.
const ORDERS_MAX: usize = 1 << 20;

/// Once nothing came for so many seconds, everything that time alone finishes is finished, but for
/// what ends with a larger bar or the session.
const SECONDS_TOLD: u64 = 120;

const PROGRESS_EVERY: u64 = 1 << 14;

const NANOS_PER_DAY: u64 = 86_400 * NANOS_PER_SECOND;

/// A finished bar, as a replay gives it out.
pub struct Made<'a> {
    /// The bar.
    pub bar: &'a Bar,
    /// What the trades and the book told of it.
    pub tape: &'a Tape,
    /// The symbol.
    pub symbol: &'a str,
    /// Of a continuous symbol, the vendor's identity of the contract that the bar is of.
    pub contract: Option<u32>,
}

/// A minute made of seconds.
struct Pending {
    minute: Ohlcv,
    /// Whether the files tell it from its beginning.
    is_whole: bool,
}

/// The bars of one instrument's files.
///
/// A bar is whole or says that it is not: what begins before the files tell is marked as having a gap,
/// or left out where it is a minute made of seconds, and what the files do not tell to its end is left
/// out. Time that lies between two files is a gap too. The contracts of a continuous symbol are played
/// one after the other, and no bar holds two of them.
pub struct Replay<'a, E: From<LabError>, F: FnMut(Made<'_>) -> Result<(), E>> {
    kind: BarKind,
    session: SessionMode,
    options: &'a BarOptions,
    markets: Option<Markets>,
    calendar: Option<&'static Calendar>,
    definition: Option<InstrumentDefinition>,
    symbol: Option<String>,
    contract: Option<u32>,
    seq: u64,
    now: UnixNanos,
    /// From and until when the files tell, without a hole between.
    told: Option<(UnixNanos, UnixNanos)>,
    /// Until when the files say that they tell.
    told_until: UnixNanos,
    pending: Option<Pending>,
    /// Minutes of seconds that are not whole.
    parts: u64,
    /// Files that have nothing of the instrument, and why.
    nothing: Vec<String>,
    out: F,
}

impl<'a, E: From<LabError>, F: FnMut(Made<'_>) -> Result<(), E>> Replay<'a, E, F> {
    /// Nothing played yet. Finished bars of the series go to `out`.
    pub fn new(
        (kind, session): (BarKind, SessionMode),
        options: &'a BarOptions,
        out: F,
    ) -> Replay<'a, E, F> {
        Replay {
            kind,
            session,
            options,
            markets: None,
            calendar: None,
            definition: None,
            symbol: options.symbol.clone(),
            contract: None,
            seq: 0,
            now: UnixNanos(0),
            told: None,
            told_until: UnixNanos(0),
            pending: None,
            parts: 0,
            nothing: Vec::new(),
            out,
        }
    }

    /// Plays a file.
    pub fn file(&mut self, path: &Path, progress: &mut impl FnMut(u64)) -> Result<(), E> {
        match DbnFile::open(path) {
            Ok(file) if !is_ohlcv(file.metadata()) => self.records(file, progress),
            Ok(_) | Err(FileError::Header { .. }) => self.bars(path, progress),
            Err(error) => Err(LabError::failed(error).into()),
        }
    }

    /// The files are over: finishes what is over by the time that they tell of.
    pub fn finish(&mut self) -> Result<(), E> {
        let told = self.told.map_or(UnixNanos(0), |(_, until)| until);
        if self.pending.as_ref().is_some_and(|p| p.minute.ts_open.plus(NANOS_PER_MINUTE) > told) {
            (self.pending, self.parts) = (None, self.parts + 1);
        }
        self.finish_minute()?;
        // A bar that waits for the stream's clock has its second.
        let told = self.told_until.plus(NANOS_PER_SECOND);
        if self.markets.is_some() && told > self.now { self.wait_until(told) } else { Ok(()) }
    }

    /// What was left out; `None` before anything was played.
    pub fn counters(&self) -> Option<MarketCounters> {
        self.markets.as_ref()?.counters(INSTRUMENT)
    }

    /// Order events that the book could not use.
    pub fn unusable_orders(&self) -> u64 {
        let book = self.markets.as_ref().and_then(|markets| markets.book(INSTRUMENT));
        book.map_or(0, |book| book.counters().malformed)
    }

    /// Minutes of seconds that were left out since the files do not tell them whole.
    pub fn parts(&self) -> u64 {
        self.parts
    }

    /// Files that had nothing of the instrument, and why.
    pub fn nothing(&self) -> &[String] {
        &self.nothing
    }

    fn records(&mut self, file: DbnFile, progress: &mut impl FnMut(u64)) -> Result<(), E> {
        let chosen = choose(file.path(), file.metadata(), self.symbol.as_deref());
        let symbol = chosen.map_err(LabError::usage)?;
        let is_continuous = file.is_continuous(&symbol);
        let start = UnixNanos(file.metadata().start);
        let only = FeedInstrument::unchecked(&symbol, INSTRUMENT);
        let mut file = file.with_instruments(&[only]);
        self.define(&symbol, start)?;
        self.join(start)?;
        loop {
            let received = file.next_input().map_err(LabError::failed)?;
            if file.records().is_multiple_of(PROGRESS_EVERY) {
                progress(file.records());
            }
            let Some(received) = received else { break };
            if is_continuous {
                self.turn(file.instrument_id(), received.ts)?;
            }
            self.at(received.ts, received.input)?;
        }
        self.nothing.extend(file.nothing_of(&symbol).map(|error| error.to_string()));
        if let Some(until) = file.told_until() {
            self.told_until = self.told_until.max(until);
        }
        self.tell_until(file.told_until().unwrap_or(self.now));
        Ok(())
    }

    fn bars(&mut self, path: &Path, progress: &mut impl FnMut(u64)) -> Result<(), E> {
        let options = BarOptions { symbol: self.symbol.clone(), ..self.options.clone() };
        let file = match read_bars(path, &options) {
            Ok(file) => file,
            Err(
                error @ (BarFileError::Empty { .. }
                | BarFileError::Dbn(FileError::Empty { .. } | FileError::NothingOf { .. })),
            ) => {
                self.nothing.push(error.to_string());
                return Ok(());
            }
            Err(error @ (BarFileError::Choice(_) | BarFileError::LengthUnknown { .. })) => {
                return Err(LabError::usage(error).into());
            }
            Err(error) => return Err(LabError::failed(error).into()),
        };
        if !matches!(file.seconds, 1 | 60) {
            return Err(LabError::Failed(format!(
                "{} has bars of {} s: bars are made of trades and of bars of a second or a minute",
                path.display(),
                file.seconds
            ))
            .into());
        }
        let Some(symbol) = &file.symbol else {
            return Err(LabError::Usage(format!(
                "{} does not say of what its bars are: name it with --symbol, such as ESH4",
                path.display()
            ))
            .into());
        };
        self.define(symbol, file.told_from)?;
        self.join(file.told_from)?;
        let mut contracts = file.contracts.iter().peekable();
        for (at, bar) in file.bars.iter().enumerate() {
            if (at as u64).is_multiple_of(PROGRESS_EVERY) {
                progress(at as u64);
            }
            if let Some(next) = contracts.next_if(|next| next.ts_first <= bar.ts_open) {
                self.turn(next.instrument_id, bar.ts_open)?;
            }
            self.second_or_minute(bar, file.seconds)?;
        }
        self.tell_until(file.told_until);
        Ok(())
    }

    /// A file begins. What lies between it and the one before is not known.
    fn join(&mut self, from: UnixNanos) -> Result<(), E> {
        let Some((_, until)) = self.told.filter(|(_, until)| from > *until) else {
            self.told = self.told.or(Some((from, from)));
            return Ok(());
        };
        self.told = Some((from, from));
        self.parts += u64::from(self.pending.take().is_some());
        let full = SessionMode::Full24x5;
        let is_in_session = self.calendar.is_none_or(|calendar| {
            calendar.session_at(full, until).is_some()
                || calendar.next_open(full, until).is_some_and(|open| open < from)
        });
        if is_in_session {
            let detail = Text::new("between two files");
            self.send(Input::Feed(FeedEvent { feed: 0, change: FeedChange::Gap, detail }))?;
        }
        Ok(())
    }

    fn tell_until(&mut self, until: UnixNanos) {
        self.told = self.told.map(|(from, known)| (from, known.max(until)));
    }

    /// What comes is of this contract of a continuous symbol. Another one than before begins anew: what
    /// was of the old one is finished as far as its time is over, and the rest of it left out.
    fn turn(&mut self, contract: u32, at: UnixNanos) -> Result<(), E> {
        if self.contract == Some(contract) {
            return Ok(());
        }
        if self.contract.is_some() {
            // Symbols roll at midnight UTC.
            let roll = UnixNanos(at.0 - at.0 % NANOS_PER_DAY);
            self.finish_minute()?;
            if roll > self.now {
                self.wait_until(roll.plus(NANOS_PER_SECOND))?;
            }
            let symbol = self.symbol.clone().unwrap_or_default();
            if let Some(definition) = self.definition {
                let symbol = Text::new(&format!("{symbol}#{contract}"));
                self.send(Input::Instrument(InstrumentDefinition { symbol, ..definition }))?;
            }
        }
        self.contract = Some(contract);
        Ok(())
    }

    fn second_or_minute(&mut self, bar: &FileBar, seconds: u32) -> Result<(), E> {
        let &FileBar { ts_open: at, open, high, low, close, volume } = bar;
        let ts_open = UnixNanos(at.0 - at.0 % NANOS_PER_MINUTE);
        match &mut self.pending {
            Some(Pending { minute, .. }) if minute.ts_open == ts_open => {
                (minute.high, minute.low) = (minute.high.max(high), minute.low.min(low));
                minute.close = close;
                minute.volume = minute.volume.saturating_add(volume);
            }
            _ => {
                self.finish_minute()?;
                let is_whole = self.told.is_none_or(|(from, _)| from <= ts_open);
                let (instrument, seconds) = (INSTRUMENT, 60);
                let minute = Ohlcv { instrument, seconds, ts_open, open, high, low, close, volume };
                self.pending = Some(Pending { minute, is_whole });
            }
        }
        if seconds == 60 { self.finish_minute() } else { Ok(()) }
    }

    /// A minute is over.
    fn finish_minute(&mut self) -> Result<(), E> {
        match self.pending.take() {
            Some(Pending { minute, is_whole: true }) => {
                // Minutes come in order, so no time has to pass between them: they tell it themselves.
                self.now = self.now.max(minute.ts_open.plus(NANOS_PER_MINUTE));
                self.send(Input::Ohlcv(minute))
            }
            part => {
                self.parts += u64::from(part.is_some());
                Ok(())
            }
        }
    }

    /// Defines the instrument by the first file that names it.
    fn define(&mut self, symbol: &str, near: UnixNanos) -> Result<(), E> {
        if self.markets.is_some() {
            return Ok(());
        }
        let product = product_of(symbol, near).ok_or_else(|| {
            LabError::Usage(format!(
                "{symbol} is no contract of a product that is known, so its hours are not: name one \
                 with --symbol, such as ESH4"
            ))
        })?;
        let definition = InstrumentDefinition {
            instrument: INSTRUMENT,
            symbol: Text::new(symbol),
            product: Text::new(product.code),
            feed: 0,
            tick: product.tick,
            multiplier: product.multiplier,
            limits: InstrumentLimits::default(),
        };
        self.calendar = Some(Calendar::of_product(product.code));
        self.definition = Some(definition);
        let mut markets = Markets::with_book_capacity(ORDERS_MAX);
        let sequenced =
            Sequenced { seq: 1, time: UnixNanos(0), input: Input::Instrument(definition) };
        markets.on(&sequenced, &mut |_| {});
        let followed = markets.follow(INSTRUMENT, self.kind, self.session);
        followed.map_err(LabError::failed)?;
        self.symbol = Some(symbol.to_owned());
        self.markets = Some(markets);
        self.seq = 1;
        Ok(())
    }

    /// Something happens: the timers before it, and then itself.
    fn at(&mut self, ts: UnixNanos, input: Input) -> Result<(), E> {
        if self.now.0 > 0 && ts > self.now {
            self.wait_until(ts)?;
        }
        self.now = self.now.max(ts);
        self.send(input)
    }

    /// One timer a second, as the sequencer has them, but for those that find nothing to do.
    fn wait_until(&mut self, ts: UnixNanos) -> Result<(), E> {
        let (first, last) = (self.now.0 / NANOS_PER_SECOND + 1, ts.0 / NANOS_PER_SECOND);
        for second in (first..=last).take(SECONDS_TOLD as usize) {
            self.timer(second)?;
        }
        if last >= first + SECONDS_TOLD {
            self.timer(last)?;
        }
        Ok(())
    }

    fn timer(&mut self, second: u64) -> Result<(), E> {
        self.now = self.now.max(UnixNanos(second.saturating_mul(NANOS_PER_SECOND)));
        self.send(Input::Timer(Timer { second }))
    }

    fn send(&mut self, input: Input) -> Result<(), E> {
        let Replay { markets, out, kind, session, seq, now, symbol, contract, .. } = self;
        let symbol = symbol.as_deref().unwrap_or_default();
        let Some(markets) = markets else { return Ok(()) };
        *seq += 1;
        let mut result = Ok(());
        markets.on(&Sequenced { seq: *seq, time: *now, input }, &mut |output| {
            if let MarketOutput::Bar(bar, tape) = output
                && (bar.kind, bar.session) == (*kind, *session)
                && result.is_ok()
            {
                result = out(Made { bar: &bar, tape: &tape, symbol, contract: *contract });
            }
        });
        result
    }
}

/// The product of a symbol in any form; of a contract of a continuous symbol too, as `ES.c.0#17077`.
pub fn product_of(symbol: &str, near: UnixNanos) -> Option<&'static Product> {
    const NANOS_PER_YEAR: u64 = 31_556_952 * NANOS_PER_SECOND;
    let year = u16::try_from(1970 + near.0 / NANOS_PER_YEAR).ok()?;
    let symbol = symbol.split_once('#').map_or(symbol, |(symbol, _)| symbol);
    Symbol::parse(symbol, year).ok().map(|symbol| symbol.product())
}
