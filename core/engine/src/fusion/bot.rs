//! One bot: its strategy, what it holds, what it wants, and why.

use super::attribution::{EntryAttribution, money_of};
use super::exits::{Gap, Gaps, Stops, TimeStop, session_ends};
use super::opinions;
use super::score::Signals;
use super::weights::Weights;
use super::wiring::Wiring;
use crate::message::ToRisk;
use gauntlet_model::calendar::SessionSpan;
use gauntlet_model::effect::{
    Bar, Decision, Effect, ExitLevels, Intent, IntentReason, Outcome, Said, Signal, SignalSource,
    Urgency,
};
use gauntlet_model::input::{
    BarKind, BotDefinition, Correction, CorrectionKind, ExecutionReport, Exits, ExternalSignal,
    InstrumentDefinition, InstrumentLimits, SOURCES, Sizing, Stated, Trailing,
};
use gauntlet_model::market_view::MarketView;
use gauntlet_model::order::is_of;
use gauntlet_model::position::Position;
use gauntlet_model::units::{Money, NANOS_PER_MINUTE, PRICE_SCALE, Price, UnixNanos};
use gauntlet_strategy::sample::Candle;
use gauntlet_strategy::strategy::{Clause, Holding, Series, Verdict};

/// Bars that a signal of a bot's own rules counts for, each taken for a minute at least. An entry that
/// is not filled by then is withdrawn.
pub const SIGNAL_BARS: u64 = 3;

/// The input that is being answered.
#[derive(Clone, Copy)]
pub(super) struct EvaluationContext {
    pub seq: u64,
    pub now: UnixNanos,
    /// It tells of the past: what it finishes completes series, and is no reason to trade.
    pub past: bool,
}

/// A moment, and what surrounds a bot in it.
#[derive(Clone, Copy)]
pub(super) struct Scene<'a> {
    pub moment: EvaluationContext,
    /// The bot's session; `None` outside of its hours.
    pub session: Option<SessionSpan>,
    /// The market of the bot's instrument.
    pub view: Option<&'a MarketView>,
    /// The series that the bot is tied to.
    pub series: Option<&'a Series>,
}

pub(super) struct Bot {
    pub(super) definition: BotDefinition,
    /// Enabled, and its definition was accepted.
    pub(super) trades: bool,
    pub(super) tick: Price,
    pub(super) multiplier: Money,
    pub(super) limits: InstrumentLimits,
    pub(super) wiring: Option<Wiring>,
    pub(super) signals: Signals,
    pub(super) weights: Weights,
    pub(super) position: Position,
    /// The distances of its exits, measured when it last decided to enter.
    pub(super) gaps: Gaps,
    stops: Stops,
    time_stop: TimeStop,
    /// The levels that were published last.
    shown: ExitLevels,
    /// When the position was entered, and bars finished since; mean nothing when flat.
    entered: UnixNanos,
    bars_held: u32,
    /// The sources' shares of the score that it last decided to enter on.
    pub(super) shares: [f64; SOURCES],
    stake: Option<EntryAttribution>,
    /// The position it wants, and why.
    pub(super) wanted: i32,
    reason: IntentReason,
    /// The input that it last answered with an intent; 0 before the first.
    intent_seq: u64,
    /// When an entry that is not filled yet is withdrawn.
    pub(super) entry_expires: UnixNanos,
    /// When it last went out: a bar that began before then enters nothing.
    pub(super) went_out: UnixNanos,
    /// The start of the last bar that it saw.
    pub(super) bar_start: UnixNanos,
    pub(super) decision: Decision,
}

impl Bot {
    /// A bot that does not trade until [`Bot::define`] accepts its definition.
    pub fn new(definition: BotDefinition) -> Bot {
        let bot = definition.bot;
        Bot {
            definition,
            trades: false,
            tick: Price::NONE,
            multiplier: Money(0),
            limits: InstrumentLimits::default(),
            wiring: None,
            signals: Signals::default(),
            weights: Weights::new(definition.weights),
            position: Position::default(),
            gaps: Gaps::UNKNOWN,
            stops: Stops::NONE,
            time_stop: TimeStop::NONE,
            shown: no_levels(&definition),
            entered: UnixNanos(0),
            bars_held: 0,
            shares: [0.0; SOURCES],
            stake: None,
            wanted: 0,
            reason: IntentReason::Signal,
            intent_seq: 0,
            entry_expires: UnixNanos(0),
            went_out: UnixNanos(0),
            bar_start: UnixNanos(0),
            decision: Decision::nothing(bot),
        }
    }

    pub fn definition(&self) -> &BotDefinition {
        &self.definition
    }

    pub fn decision(&self) -> &Decision {
        &self.decision
    }

    /// The bars that it reads, once it was defined.
    pub fn bars(&self) -> Option<BarKind> {
        self.wiring.as_ref().map(|wiring| wiring.asked.bars)
    }

    pub fn wiring(&self) -> Option<&Wiring> {
        self.wiring.as_ref()
    }

    /// A definition is being taken: until it is accepted, the bot gives back what it holds by its
    /// last good one, and does nothing else.
    pub fn suspend(&mut self) {
        self.trades = false;
    }

    /// Takes a definition that was found good. What it holds, wants and has learned stays, and so
    /// does what its strategy remembers when `rewired` is `None`: it is still the same one.
    pub fn define(
        &mut self,
        definition: &BotDefinition,
        rewired: Option<Wiring>,
        instrument: &InstrumentDefinition,
        series: &Series,
    ) {
        let exits_before = self.exits();
        if let Some(wiring) = rewired {
            let same_rules = self
                .wiring
                .as_ref()
                .is_some_and(|old| old.asked.plan == wiring.asked.plan && self.is_on(definition));
            self.wiring = Some(wiring);
            if !same_rules {
                self.signals.clear();
            }
        }
        self.definition = *definition;
        self.weights.rebase(definition.weights);
        if self.exits() != exits_before {
            self.gaps = self.measure(series);
            self.stops = Stops::NONE;
            self.time_stop = match self.position.qty() {
                0 => TimeStop::NONE,
                _ => TimeStop::of_bars(self.exits().time_stop_bars),
            };
        }
        self.adopt(instrument);
        self.trades = definition.enabled;
    }

    fn is_on(&self, definition: &BotDefinition) -> bool {
        let of = |d: &BotDefinition| (d.instrument, d.session);
        of(&self.definition) == of(definition)
    }

    /// Takes a new definition of its instrument. One that is `another` contract or has another tick
    /// stops it until it is defined again, since its strategy was made for the old one.
    pub fn on_instrument(&mut self, instrument: &InstrumentDefinition, another: bool) {
        if another {
            self.trades = false;
            self.wiring = None;
        }
        self.adopt(instrument);
    }

    fn adopt(&mut self, instrument: &InstrumentDefinition) {
        self.tick = instrument.tick;
        self.multiplier = instrument.multiplier;
        self.limits = instrument.limits;
        self.stops.adopt(&self.position, &self.gaps);
    }

    /// Its exits; those of its definition alone before its rules are known.
    pub(super) fn exits(&self) -> Exits {
        self.wiring.as_ref().map_or(self.definition.exits, |wiring| wiring.asked.exits)
    }

    /// The distances of its exits now.
    pub(super) fn measure(&self, series: &Series) -> Gaps {
        let Some(wiring) = &self.wiring else { return Gaps::UNKNOWN };
        let atr = |period| wiring.ranges.atr(series, period);
        Gaps::measure(&wiring.asked.exits, self.tick, &atr)
    }

    /// Whether an execution is its own. See [`Arrival::owned`](crate::message::Arrival::owned).
    pub fn owns(&self, report: &ExecutionReport) -> bool {
        is_of(&self.definition, report)
    }

    /// Counts a fill of its own.
    pub fn on_fill(
        &mut self,
        fill: &ExecutionReport,
        scene: &Scene<'_>,
        out: &mut impl FnMut(ToRisk),
    ) {
        let before = self.position.qty();
        // A fill that cannot be counted is alerted by the stage that owns positions.
        let counted = self.position.apply(fill.side, fill.last_qty, fill.last_px, self.multiplier);
        if counted.is_ok() {
            self.moved(before, scene, out);
        }
    }

    /// Whether what a correction says can be booked.
    pub fn can_book(&self, correction: &Correction) -> bool {
        can_book(&self.definition, self.position, correction, self.multiplier)
    }

    /// Books what a correction says, or takes back what no other stage counted.
    pub fn on_correction(
        &mut self,
        correction: &Correction,
        scene: &Scene<'_>,
        out: &mut impl FnMut(ToRisk),
    ) {
        let before = self.position.qty();
        let booked = match correction.kind {
            CorrectionKind::Retract => {
                let Correction { side, qty, price, .. } = *correction;
                self.position.take_back(side, qty, price, self.multiplier)
            }
            _ => self.position.correct(correction, self.multiplier),
        };
        if booked.is_ok() {
            self.moved(before, scene, out);
        }
    }

    /// It holds what a journal says.
    pub fn on_stated(&mut self, stated: &Stated, scene: &Scene<'_>, out: &mut impl FnMut(ToRisk)) {
        if let Some(position) = Position::stated(stated) {
            let before = self.position.qty();
            self.position = position;
            self.moved(before, scene, out);
        }
    }

    /// Its position changed from so many contracts.
    fn moved(&mut self, before: i32, scene: &Scene<'_>, out: &mut impl FnMut(ToRisk)) {
        let after = self.position.qty();
        if after.signum() != before.signum() {
            self.turn(scene);
        }
        if let Some(stake) = &mut self.stake {
            stake.hold(after.unsigned_abs());
        }
        if after == 0 && self.wanted == 0 {
            self.went_out = scene.moment.now;
        }
        self.stops.adopt(&self.position, &self.gaps);
        self.show_levels(out);
        if let Some(view) = scene.view {
            self.on_market(view, scene.moment, out);
        }
    }

    /// A position ended, began, or did both.
    fn turn(&mut self, scene: &Scene<'_>) {
        let (now, realized) = (scene.moment.now, self.position.realized());
        if let Some(stake) = self.stake.take() {
            stake.settle(&mut self.weights, realized, now);
        }
        let after = self.position.qty();
        (self.entered, self.bars_held) = (now, 0);
        self.time_stop = TimeStop::NONE;
        if after == 0 {
            return;
        }
        let exits = self.exits();
        self.time_stop = match self.bars() {
            // The clock goes on while the exchange is closed.
            Some(kind) if !exits.hold_over_session => {
                TimeStop::begin(exits.time_stop_bars, kind, scene.session, now)
            }
            _ => TimeStop::of_bars(exits.time_stop_bars),
        };
        let risk = self.gaps.stop.at(self.position.average_price());
        let risk = money_of(risk.unwrap_or(0), self.multiplier);
        // Nobody spoke for a position that was not wanted.
        let asked_for = self.wanted.signum() == after.signum();
        let shares = if asked_for { self.shares } else { [0.0; SOURCES] };
        self.stake = Some(EntryAttribution::new(&shares, after > 0, risk, realized));
    }

    /// Looks whether the market has met a level of its position, and lets the levels follow.
    pub fn on_market(
        &mut self,
        view: &MarketView,
        moment: EvaluationContext,
        out: &mut impl FnMut(ToRisk),
    ) {
        if self.position.qty() == 0 || self.wanted == 0 {
            return;
        }
        let met = self.stops.met(view);
        self.stops.follow(view);
        if let Some(reason) = met {
            self.go_out(reason, 0.0, moment, out);
        }
    }

    /// A second went by: exits that time asks for, and those that are not done yet once more.
    pub fn on_timer(
        &mut self,
        scene: &Scene<'_>,
        exchange_open: bool,
        out: &mut impl FnMut(ToRisk),
    ) {
        self.on_clock(scene, out);
        let overdue = self.is_going_out() && self.intent_seq != scene.moment.seq;
        // Outside of the bot's own hours an order that reduces still passes.
        if overdue && exchange_open {
            self.go_out(self.reason, 0.0, scene.moment, out);
        }
    }

    /// R31: its contract nears its end. What it holds it gives back, what it wanted it wants no more.
    pub fn leave(&mut self, moment: EvaluationContext, out: &mut impl FnMut(ToRisk)) {
        if self.wanted != 0 {
            self.go_out(IntentReason::ContractEnd, 0.0, moment, out);
        }
    }

    /// R31: nothing opens in its contract any more. An entry that is under way ends where it is.
    pub fn stop_entering(&mut self, moment: EvaluationContext, out: &mut impl FnMut(ToRisk)) {
        if self.wanted != 0 && self.position.qty() != self.wanted {
            self.withdraw_entry(moment, out);
        }
    }

    /// Exits, in their order of precedence, and the withdrawal of an entry that took too long.
    fn on_clock(&mut self, scene: &Scene<'_>, out: &mut impl FnMut(ToRisk)) {
        let &Scene { moment, session, view, .. } = scene;
        if let Some(view) = view {
            self.on_market(view, moment, out);
        }
        if self.wanted == 0 {
            return;
        }
        let held = self.position.qty();
        let entered = (held != 0).then_some(self.entered);
        let carries = held != 0 && self.exits().hold_over_session;
        if !carries && session_ends(session, moment.now, entered) {
            self.go_out(IntentReason::SessionEnd, 0.0, moment, out);
        } else if held != 0 && self.time_stop.is_up(moment.now) {
            self.go_out(IntentReason::TimeStop, 0.0, moment, out);
        } else if held != self.wanted && moment.now >= self.entry_expires {
            self.withdraw_entry(moment, out);
        }
    }

    /// Keeps what was filled of an entry; a reversal that got nowhere ends flat.
    fn withdraw_entry(&mut self, moment: EvaluationContext, out: &mut impl FnMut(ToRisk)) {
        let held = self.position.qty();
        if held != 0 && held.signum() != self.wanted.signum() {
            return self.go_out(IntentReason::Signal, 0.0, moment, out);
        }
        self.want(held, Urgency::Passive, IntentReason::Signal, 0.0, moment, out);
    }

    /// A bar of its series is finished and the series has seen it: exits first, then its rules.
    /// `session` is the one that the bar began in.
    pub fn on_bar(
        &mut self,
        (bar, candle): (&Bar, &Candle),
        session: Option<SessionSpan>,
        scene: &Scene<'_>,
        series: &Series,
        out: &mut impl FnMut(ToRisk),
    ) {
        let held = self.position.qty();
        if held != 0 && bar.ts_close > self.entered {
            self.bars_held = self.bars_held.saturating_add(1);
            self.time_stop.bar_ended();
            self.trail(series, held.is_positive());
        }
        // The levels follow a minute of the past; whether the market has met them, the market says.
        if !scene.moment.past {
            self.on_clock(scene, out);
        }
        self.show_levels(out);
        let holding = self.holding(candle.close);
        let verdict =
            self.wiring.as_mut().and_then(|wiring| wiring.strategy.verdict(series, &holding));
        self.bar_start = bar.ts_open;
        self.decision.bar_end = bar.ts_close;
        (self.decision.said, self.decision.said_place) = said(verdict.as_ref());
        match verdict {
            None => self.hear_nothing(scene, series, out),
            Some(verdict) => self.hear_own(&verdict, candle, session, scene, series, out),
        }
    }

    /// Follows the market after a bar.
    fn trail(&mut self, series: &Series, long: bool) {
        let Some(wiring) = &self.wiring else { return };
        if let Trailing::By(distance) = wiring.asked.exits.trailing {
            let atr = |period| wiring.ranges.atr(series, period);
            self.stops.trail_by(Gap::measure(distance, self.tick, &atr));
        } else if wiring.ranges.has_chandelier() {
            self.stops.trail_to(wiring.ranges.chandelier(series, long));
        }
    }

    /// What its rules may know of its position.
    fn holding(&self, close: f64) -> Holding {
        let position = self.position.qty();
        if position == 0 {
            return Holding::FLAT;
        }
        let entry = self.position.cost() as f64 / f64::from(position) / PRICE_SCALE as f64;
        let won = (close - entry) * f64::from(position.signum());
        let profit_ticks = won / self.tick.to_f64();
        Holding { position, bars: self.bars_held, entry, profit_ticks }
    }

    fn hear_nothing(&mut self, scene: &Scene<'_>, series: &Series, out: &mut impl FnMut(ToRisk)) {
        let settled = self.wiring.as_ref().is_some_and(|w| w.is_settled(series));
        let outcome = if settled { Outcome::Quiet } else { Outcome::WarmingUp };
        // Silence is news only once.
        let busy =
            self.is_busy() || matches!(self.decision.outcome, Outcome::Acts | Outcome::Stays);
        if !busy && self.decision.outcome != outcome {
            let fused = self.signals.fuse(&self.weights.at(scene.moment.now), scene.moment.now);
            self.tell(outcome, &fused, None, out);
        }
    }

    fn hear_own(
        &mut self,
        verdict: &Verdict,
        candle: &Candle,
        session: Option<SessionSpan>,
        scene: &Scene<'_>,
        series: &Series,
        out: &mut impl FnMut(ToRisk),
    ) {
        let now = scene.moment.now;
        let length = candle.end.since(candle.start).max(NANOS_PER_MINUTE);
        let signal = Signal {
            bot: self.definition.bot,
            source: SignalSource::Technical,
            direction: verdict.direction,
            strength: verdict.strength,
            confidence: verdict.confidence,
            expires: candle.end.plus(SIGNAL_BARS * length),
        };
        // Bars of the past warm a strategy up; they are no reason to trade now.
        let deaf = if session.is_none() {
            Some(Outcome::OutOfSession)
        } else if scene.moment.past || now >= signal.expires {
            Some(Outcome::WarmingUp)
        } else {
            (!self.listens()).then_some(Outcome::Disabled)
        };
        if let Some(outcome) = deaf {
            if self.decision.outcome != outcome {
                let fused = self.signals.fuse(&self.weights.at(now), now);
                self.tell(outcome, &fused, None, out);
            }
            return;
        }
        out(ToRisk::Effect(Effect::Signal(signal)));
        self.signals.set(signal);
        self.decide(Some(verdict), scene, series, out);
    }

    /// Hears an opinion from outside of the platform.
    pub fn on_opinion(
        &mut self,
        opinion: &ExternalSignal,
        scene: &Scene<'_>,
        out: &mut impl FnMut(ToRisk),
    ) {
        let heard = self.weights.at(scene.moment.now)[opinion.source as usize] > 0.0;
        let Some(series) = scene.series.filter(|_| heard && self.listens()) else { return };
        let signal = Signal {
            bot: self.definition.bot,
            source: opinion.source,
            direction: opinion.direction,
            strength: opinion.strength,
            confidence: opinion.confidence,
            expires: opinions::expires(opinion),
        };
        out(ToRisk::Effect(Effect::Signal(signal)));
        self.signals.set(signal);
        self.decide(None, scene, series, out);
    }

    fn listens(&self) -> bool {
        self.trades || self.position.qty() != 0
    }

    /// How it enters a position: as its rules say.
    pub(super) fn entry_urgency(&self) -> Urgency {
        self.wiring.as_ref().map_or(Urgency::Passive, |wiring| wiring.asked.plan.entry())
    }

    /// Average true range that its size asks for, `NaN` when it asks for none.
    pub(super) fn sizing_range(&self, series: &Series) -> f64 {
        match (self.definition.sizing, &self.wiring) {
            (Sizing::VolatilityTarget { period, .. }, Some(wiring)) => {
                wiring.ranges.atr(series, period)
            }
            _ => f64::NAN,
        }
    }

    /// Whether it holds or wants anything.
    pub fn is_busy(&self) -> bool {
        self.wanted != 0 || self.position.qty() != 0
    }

    pub(super) fn is_going_out(&self) -> bool {
        self.wanted == 0 && self.position.qty() != 0
    }

    pub(super) fn go_out(
        &mut self,
        reason: IntentReason,
        score: f64,
        moment: EvaluationContext,
        out: &mut impl FnMut(ToRisk),
    ) {
        self.went_out = moment.now;
        self.signals.clear_own();
        self.want(0, Urgency::Aggressive, reason, score, moment, out);
    }

    pub(super) fn want(
        &mut self,
        target: i32,
        urgency: Urgency,
        reason: IntentReason,
        score: f64,
        moment: EvaluationContext,
        out: &mut impl FnMut(ToRisk),
    ) {
        let intent = Intent { bot: self.definition.bot, target, urgency, reason, score };
        self.wanted = target;
        self.reason = reason;
        self.intent_seq = moment.seq;
        out(ToRisk::Effect(Effect::Intent(intent)));
        out(ToRisk::Intent(intent));
    }

    /// Publishes the levels of its exits if they are others than before.
    fn show_levels(&mut self, out: &mut impl FnMut(ToRisk)) {
        let (stop, target, trailing, break_even, break_even_armed) = self.stops.levels();
        let bot = self.definition.bot;
        let bars_left = self.time_stop.bars_left();
        let levels =
            ExitLevels { bot, stop, target, trailing, break_even, break_even_armed, bars_left };
        if levels != self.shown {
            self.shown = levels;
            out(ToRisk::Effect(Effect::Exits(levels)));
        }
    }
}

fn no_levels(definition: &BotDefinition) -> ExitLevels {
    ExitLevels {
        bot: definition.bot,
        stop: Price::NONE,
        target: Price::NONE,
        trailing: Price::NONE,
        break_even: Price::NONE,
        break_even_armed: false,
        bars_left: 0,
    }
}

fn said(verdict: Option<&Verdict>) -> (Said, u8) {
    let Some(Verdict { said_by, .. }) = verdict else { return (Said::Nothing, 0) };
    let said = match said_by.clause {
        Clause::LongEntry => Said::LongEntry,
        Clause::ShortEntry => Said::ShortEntry,
        Clause::LongExit => Said::LongExit,
        Clause::ShortExit => Said::ShortExit,
    };
    (said, said_by.place)
}

/// Whether what a correction says can be booked to an owner defined so. One that the platform made out by
/// a broker's word is of the position as it was then, and of no other.
pub(super) fn can_book(
    definition: &BotDefinition,
    held: Position,
    correction: &Correction,
    multiplier: Money,
) -> bool {
    let Correction { by_broker, route, account, instrument, price, .. } = *correction;
    let fits = instrument.is_none_or(|of| of == definition.instrument)
        && account.is_none_or(|of| of == definition.account)
        && route.is_none_or(|by| by == definition.route());
    let is_due = !by_broker || correction.volume == held.volume();
    let fill = correction.fill_into(held.qty());
    let mut position = held;
    fits && is_due
        && correction.is_signed()
        && price.is_some()
        && fill.is_some_and(|(_, qty)| qty > 0)
        && position.correct(correction, multiplier).is_ok()
}
