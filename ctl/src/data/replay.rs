//! Files of one instrument, played to the maker of bars that live trading uses.

use crate::failure::Failure;
use gauntlet_engine::market::{MarketCounters, MarketOutput, Markets};
use gauntlet_feeds::{
    BarOptions, DbnFile, FeedInstrument, FileBar, FileError, is_ohlcv, read_bars,
};
use gauntlet_model::effect::Bar;
use gauntlet_model::ids::InstrumentId;
use gauntlet_model::input::{
    BarKind, Input, InstrumentDefinition, InstrumentLimits, Ohlcv, Sequenced, SessionMode, Timer,
};
use gauntlet_model::instrument::{Product, Symbol};
use gauntlet_model::text::Text;
use gauntlet_model::units::{NANOS_PER_MINUTE, NANOS_PER_SECOND, Price, UnixNanos};
use gauntlet_strategy::sample::Tape;
use std::path::Path;

const INSTRUMENT: InstrumentId = InstrumentId(0);

/// Orders that a book has room for: several times what the busiest CME book holds.
const ORDERS_MAX: usize = 1 << 20;

/// Once nothing came for so many seconds, everything that time alone finishes is finished, but for
/// what ends with a larger bar or the session.
const SECONDS_TOLD: u64 = 120;

const PROGRESS_EVERY: u64 = 1 << 14;

/// The bars of one instrument's files.
pub struct Replay<'a, F: FnMut(&Bar, &Tape) -> Result<(), Failure>> {
    kind: BarKind,
    session: SessionMode,
    options: &'a BarOptions,
    markets: Option<Markets>,
    symbol: Option<String>,
    seq: u64,
    now: UnixNanos,
    /// Until when the files tell, where they say so.
    told_until: UnixNanos,
    out: F,
}

impl<'a, F: FnMut(&Bar, &Tape) -> Result<(), Failure>> Replay<'a, F> {
    /// Nothing played yet. Finished bars of the series go to `out`.
    pub fn new(
        (kind, session): (BarKind, SessionMode),
        options: &'a BarOptions,
        out: F,
    ) -> Replay<'a, F> {
        Replay {
            kind,
            session,
            options,
            markets: None,
            symbol: options.symbol.clone(),
            seq: 0,
            now: UnixNanos(0),
            told_until: UnixNanos(0),
            out,
        }
    }

    /// Plays a file.
    pub fn file(&mut self, path: &Path, progress: &mut impl FnMut(u64)) -> Result<(), Failure> {
        let failed = |error: &dyn std::fmt::Display| Failure::Failed(error.to_string());
        match DbnFile::open(path) {
            Ok(file) if !is_ohlcv(file.metadata()) => self.records(file, progress),
            Ok(_) | Err(FileError::Header { .. }) => self.bars(path, progress),
            Err(error) => Err(failed(&error)),
        }
    }

    /// The files are over: finishes what is over by the time that they tell of.
    pub fn finish(&mut self) -> Result<(), Failure> {
        // A bar that waits for the stream's clock has its second.
        let told = self.told_until.plus(NANOS_PER_SECOND);
        if self.markets.is_some() && told > self.now { self.wait_until(told) } else { Ok(()) }
    }

    /// What was left out; `None` before anything was played.
    pub fn counters(&self) -> Option<MarketCounters> {
        self.markets.as_ref()?.counters(INSTRUMENT)
    }

    fn records(&mut self, file: DbnFile, progress: &mut impl FnMut(u64)) -> Result<(), Failure> {
        let path = file.path().to_owned();
        let symbols = &file.metadata().symbols;
        let symbol = match (&self.symbol, symbols.as_slice()) {
            (Some(symbol), _) => symbol.clone(),
            (None, [only]) => only.clone(),
            (None, _) => {
                return Err(Failure::Usage(format!(
                    "{} has {} symbols: name one of them with --symbol",
                    path.display(),
                    symbols.len()
                )));
            }
        };
        let start = UnixNanos(file.metadata().start);
        if let Some(end) = file.metadata().end.filter(|end| end.get() != u64::MAX) {
            self.told_until = self.told_until.max(UnixNanos(end.get()));
        }
        let only = FeedInstrument::unchecked(&symbol, INSTRUMENT);
        let mut file = file.with_instruments(&[only]);
        self.define(&symbol, start)?;
        loop {
            let received = file.next_input().map_err(|error| Failure::Failed(error.to_string()))?;
            if file.records().is_multiple_of(PROGRESS_EVERY) {
                progress(file.records());
            }
            match received {
                Some(received) => self.at(received.ts, received.input)?,
                None => return Ok(()),
            }
        }
    }

    fn bars(&mut self, path: &Path, progress: &mut impl FnMut(u64)) -> Result<(), Failure> {
        let options = BarOptions { symbol: self.symbol.clone(), ..self.options.clone() };
        let file = read_bars(path, &options).map_err(|error| Failure::Failed(error.to_string()))?;
        if !matches!(file.seconds, 1 | 60) {
            return Err(Failure::Failed(format!(
                "{} has bars of {} s: bars are made of trades and of bars of a second or a minute",
                path.display(),
                file.seconds
            )));
        }
        let Some(symbol) = file.symbol else {
            return Err(Failure::Usage(format!(
                "{} does not say of what its bars are: name it with --symbol, such as ESH4",
                path.display()
            )));
        };
        let Some(first) = file.bars.first() else { return Ok(()) };
        self.define(&symbol, first.ts_open)?;
        for (at, minute) in minutes(&file.bars).enumerate() {
            if (at as u64).is_multiple_of(PROGRESS_EVERY) {
                progress(at as u64);
            }
            // Minutes come in order, so no time has to pass between them: they tell it themselves.
            self.now = self.now.max(minute.ts_open.plus(NANOS_PER_MINUTE));
            self.send(Input::Ohlcv(minute))?;
        }
        Ok(())
    }

    /// Defines the instrument by the first file that names it.
    fn define(&mut self, symbol: &str, near: UnixNanos) -> Result<(), Failure> {
        if self.markets.is_some() {
            return Ok(());
        }
        let product = product_of(symbol, near).ok_or_else(|| {
            Failure::Usage(format!(
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
        let mut markets = Markets::with_book_capacity(ORDERS_MAX);
        let sequenced =
            Sequenced { seq: 1, time: UnixNanos(0), input: Input::Instrument(definition) };
        markets.on(&sequenced, &mut |_| {});
        let followed = markets.follow(INSTRUMENT, self.kind, self.session);
        followed.map_err(|error| Failure::Failed(error.to_string()))?;
        self.symbol = Some(symbol.to_owned());
        self.markets = Some(markets);
        self.seq = 1;
        Ok(())
    }

    /// Something happens: the timers before it, and then itself.
    fn at(&mut self, ts: UnixNanos, input: Input) -> Result<(), Failure> {
        if self.now.0 > 0 && ts > self.now {
            self.wait_until(ts)?;
        }
        self.now = self.now.max(ts);
        self.send(input)
    }

    /// One timer a second, as the sequencer has them, but for those that find nothing to do.
    fn wait_until(&mut self, ts: UnixNanos) -> Result<(), Failure> {
        let (first, last) = (self.now.0 / NANOS_PER_SECOND + 1, ts.0 / NANOS_PER_SECOND);
        for second in (first..=last).take(SECONDS_TOLD as usize) {
            self.timer(second)?;
        }
        if last >= first + SECONDS_TOLD {
            self.timer(last)?;
        }
        Ok(())
    }

    fn timer(&mut self, second: u64) -> Result<(), Failure> {
        self.now = self.now.max(UnixNanos(second.saturating_mul(NANOS_PER_SECOND)));
        self.send(Input::Timer(Timer { second }))
    }

    fn send(&mut self, input: Input) -> Result<(), Failure> {
        let Replay { markets, out, kind, session, seq, now, .. } = self;
        let Some(markets) = markets else { return Ok(()) };
        *seq += 1;
        let mut result = Ok(());
        markets.on(&Sequenced { seq: *seq, time: *now, input }, &mut |output| {
            if let MarketOutput::Bar(bar, tape) = output
                && (bar.kind, bar.session) == (*kind, *session)
                && result.is_ok()
            {
                result = out(&bar, &tape);
            }
        });
        result
    }
}

/// The product of a symbol in any form.
pub fn product_of(symbol: &str, near: UnixNanos) -> Option<&'static Product> {
    const NANOS_PER_YEAR: u64 = 31_556_952 * NANOS_PER_SECOND;
    let year = u16::try_from(1970 + near.0 / NANOS_PER_YEAR).ok()?;
    Symbol::parse(symbol, year).ok().map(|symbol| symbol.product())
}

/// Bars of a second or a minute as bars of a minute.
fn minutes(bars: &[FileBar]) -> impl Iterator<Item = Ohlcv> + '_ {
    let minute = |bar: &FileBar| bar.ts_open.0 / NANOS_PER_MINUTE;
    bars.chunk_by(move |a, b| minute(a) == minute(b)).map(move |bars| {
        let (first, last) = (&bars[0], &bars[bars.len() - 1]);
        let extreme = |of: fn(&FileBar) -> Price| bars.iter().map(of);
        Ohlcv {
            instrument: INSTRUMENT,
            seconds: 60,
            ts_open: UnixNanos(minute(first) * NANOS_PER_MINUTE),
            open: first.open,
            high: extreme(|bar| bar.high).max().unwrap_or(first.high),
            low: extreme(|bar| bar.low).min().unwrap_or(first.low),
            close: last.close,
            volume: bars.iter().map(|bar| bar.volume).fold(0, u64::saturating_add),
        }
    })
}
