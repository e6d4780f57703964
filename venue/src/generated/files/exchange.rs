//! The market behind a file: one line of contracts for each symbol, each with its product's own
//! sessions, all around one set of fair prices.

use super::super::crowd::{Act, Crowd, Outlook};
use super::super::instrument::{LEVELS_MAX, ORDERS_MAX};
use super::super::latent::{Latent, OVERNIGHT, Step};
use super::hours::World;
use super::plan::{FilePlan, PRE_OPEN_NS, Segment, Series};
use crate::market::MarketSink;
use crate::matching::records::{self, BestLevels, Stamp};
use crate::matching::{MatchingEngine, Owner};
use gauntlet_model::calendar::Calendar;
use gauntlet_model::input::{SessionMode, TradingState};
use gauntlet_model::units::{NANOS_PER_MINUTE, Side, UnixNanos};

/// Fewest arrivals a second in a pre-open, so that a quiet market opens with a book too.
const PRE_OPEN_RATE: f64 = 4.0;
/// Arrivals that make the book of a session which was under way when a contract's time began.
const WARM_UP: usize = 400;
/// Share of activity that each contract behind the front one has of the one before it.
const BEHIND: f64 = 0.15;
/// A pause that lasts longer is a night; the moves of a shorter one are smaller.
const NIGHT_NS: u64 = 90 * NANOS_PER_MINUTE;
/// The move of a pause in standard deviations of a day session.
const PAUSE: f64 = 0.08;

/// One session of one contract.
#[derive(Clone, Copy, Debug)]
struct Session {
    segment: usize,
    pre_open: UnixNanos,
    open: UnixNanos,
    close: UnixNanos,
    /// It was under way when the contract's time began: there is no pre-open to be seen.
    joined: bool,
    /// It goes on when the contract's time ends: nobody hears of a close.
    left: bool,
}

struct Line<'a> {
    series: &'a Series,
    calendar: &'static Calendar,
    fair: usize,
    engine: MatchingEngine,
    crowd: Crowd,
    session: Option<Session>,
    state: TradingState,
    arrival: Option<UnixNanos>,
}

/// See the module.
pub(super) struct Exchange<'a> {
    rate: f64,
    world: World,
    latent: Latent,
    lines: Vec<Line<'a>>,
    now: UnixNanos,
    sequence: u32,
}

impl<'a> Exchange<'a> {
    /// Before the first event of a plan.
    pub fn new(plan: &'a FilePlan) -> Exchange<'a> {
        let behaviours = plan.series.iter().map(|series| series.behaviour);
        let latent = Latent::new(plan.seed, Step::COARSE, plan.start, behaviours);
        let lines = plan.series.iter().enumerate().map(|(at, series)| {
            let tick = series.product().tick;
            let crowd = Crowd::new(plan.seed, at, tick, series.behaviour);
            let mut line = Line {
                series,
                calendar: Calendar::of(series.product().group),
                // Every product was given to the model above.
                fair: latent.index_of(series.behaviour).unwrap_or(0),
                engine: MatchingEngine::new(at as u8, tick, ORDERS_MAX, LEVELS_MAX),
                crowd: if series.shift == 0.0 { crowd } else { crowd.of_any_sign() },
                session: None,
                state: TradingState::Closed,
                arrival: None,
            };
            line.session = line.session_after(0, UnixNanos(0));
            line
        });
        let lines = lines.collect();
        let (rate, world, now) = (plan.rate, World::new(), plan.start);
        Exchange { rate, world, latent, lines, now, sequence: 0 }
    }

    /// The time of the next event and whose it is; `None` when every contract's time is over.
    pub fn next_event(&self) -> Option<(UnixNanos, usize)> {
        let next = |(at, line): (usize, &Line<'_>)| Some((line.next_event()?, at));
        self.lines.iter().enumerate().filter_map(next).min()
    }

    /// Runs the next event.
    pub fn step(&mut self, sink: &mut dyn MarketSink) {
        let Some((now, at)) = self.next_event() else { return };
        self.pass(now);
        let Some(session) = self.lines[at].session else { return };
        let line = &mut self.lines[at];
        match line.state {
            TradingState::Closed | TradingState::Halted => self.begin(at, session, sink),
            TradingState::PreOpen if now >= session.open => {
                line.state = TradingState::Open;
                self.schedule(at);
            }
            TradingState::Open if now >= session.close => self.end(at, session, sink),
            TradingState::PreOpen | TradingState::Open => {
                if let Some(before) = self.act(at) {
                    self.emit(at, before, sink);
                }
                self.schedule(at);
            }
        }
    }

    /// Time passes: fair prices move while anything trades, and jump over pauses.
    fn pass(&mut self, now: UnixNanos) {
        let asleep = self.lines.iter().all(|line| line.state == TradingState::Closed);
        if asleep && now > self.now {
            // Before anything has traded there is nothing to jump from.
            let size = match now.since(self.now) > NIGHT_NS {
                _ if self.sequence == 0 => 0.0,
                true => OVERNIGHT,
                false => PAUSE,
            };
            self.latent.sleep(now, size);
        } else {
            let world = &self.world;
            self.latent.advance(&|at| world.at(at).volatility, now);
        }
        self.now = now;
    }

    fn begin(&mut self, at: usize, session: Session, sink: &mut dyn MarketSink) {
        let (id, stamp) = (self.lines[at].segment(&session).instrument_id, self.stamp());
        self.lines[at].state = TradingState::PreOpen;
        if session.joined {
            for _ in 0..WARM_UP {
                self.act(at);
            }
            self.lines[at].state = TradingState::Open;
            let book = self.lines[at].engine.book();
            let orders = book.orders(Side::Buy).chain(book.orders(Side::Sell));
            records::snapshot(id, stamp, orders, sink);
        } else {
            records::snapshot(id, stamp, std::iter::empty(), sink);
        }
        self.schedule(at);
    }

    fn end(&mut self, at: usize, session: Session, sink: &mut dyn MarketSink) {
        let before = BestLevels::of(self.lines[at].engine.book());
        self.lines[at].engine.end_session();
        if !session.left {
            self.emit(at, before, sink);
        }
        let line = &mut self.lines[at];
        line.crowd.rest();
        (line.state, line.arrival) = (TradingState::Closed, None);
        line.session = line.session_after(session.segment, session.close);
    }

    fn schedule(&mut self, at: usize) {
        let line = &mut self.lines[at];
        let behind = libm::pow(BEHIND, f64::from(line.series.depth));
        let excited = libm::sqrt(self.latent.volatility(line.fair));
        let mean = self.rate * line.series.behaviour.activity * behind;
        let rate = mean * self.world.at(self.now).activity * excited;
        let is_open = line.state == TradingState::Open;
        let rate = if is_open { rate } else { rate.max(PRE_OPEN_RATE) };
        line.arrival = Some(line.crowd.next_arrival(self.now, rate));
    }

    /// Somebody comes. Returns what was best before, if the book changed.
    fn act(&mut self, at: usize) -> Option<BestLevels> {
        let line = &mut self.lines[at];
        let session = line.session?;
        let fair = self.latent.price(line.fair) * line.segment(&session).carry + line.series.shift;
        let outlook = Outlook {
            fair: fair / line.series.product().tick.to_f64(),
            volatility: self.latent.volatility(line.fair) * self.world.at(self.now).volatility,
            open: line.state == TradingState::Open,
        };
        let before = BestLevels::of(line.engine.book());
        let done = match line.crowd.act(&line.engine, &outlook) {
            Act::Enter(order) => {
                let entered = line.engine.add(&order, Owner::Crowd);
                if let Ok(id) = entered {
                    line.crowd.entered(id, &line.engine);
                }
                entered.is_ok()
            }
            Act::Cancel(order) => line.engine.cancel(order).is_ok(),
            Act::Nothing => false,
        };
        done.then_some(before)
    }

    /// Sends what the engine's last operation did.
    fn emit(&mut self, at: usize, before: BestLevels, sink: &mut dyn MarketSink) {
        let stamp = self.stamp();
        let line = &self.lines[at];
        if let Some(session) = line.session {
            let id = line.segment(&session).instrument_id;
            let after = BestLevels::of(line.engine.book());
            records::publish(id, stamp, line.engine.events(), before, after, sink);
        }
    }

    fn stamp(&mut self) -> Stamp {
        self.sequence = self.sequence.wrapping_add(1);
        Stamp { at: self.now, sequence: self.sequence }
    }
}

impl Line<'_> {
    fn segment(&self, session: &Session) -> &Segment {
        &self.series.segments[session.segment]
    }

    fn next_event(&self) -> Option<UnixNanos> {
        let session = self.session?;
        let phase = match self.state {
            TradingState::PreOpen => session.open,
            TradingState::Open => session.close,
            TradingState::Closed | TradingState::Halted => session.pre_open,
        };
        Some(self.arrival.map_or(phase, |arrival| arrival.min(phase)))
    }

    /// The first session that ends after a moment, from a segment on.
    fn session_after(&self, segment: usize, at: UnixNanos) -> Option<Session> {
        let spans = self.calendar.spans(SessionMode::Full24x5);
        let segments = self.series.segments.iter().enumerate().skip(segment);
        for (segment, Segment { from, until, .. }) in segments {
            let after = at.max(*from);
            if after >= *until {
                continue;
            }
            let Some(span) = spans.get(spans.partition_point(|span| span.close <= after)) else {
                continue;
            };
            if span.open >= *until {
                continue;
            }
            let pre_open = UnixNanos(span.open.0.saturating_sub(PRE_OPEN_NS));
            let joined = pre_open < *from;
            let open = span.open.max(*from);
            return Some(Session {
                segment,
                pre_open: if joined { open } else { pre_open },
                open,
                close: span.close.min(*until),
                joined,
                left: *until < span.close,
            });
        }
        None
    }
}
