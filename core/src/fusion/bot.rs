//! One bot: its strategy, what it holds, what it wants, and why.

use super::exits::{Levels, held_long_enough, session_ends};
use super::score::{ENTER_SCORE, Signals};
use crate::calendar::SessionSpan;
use crate::effect::{Bar, Effect, Intent, IntentReason, Signal, SignalSource, Urgency};
use crate::input::{
    Archetype, BotDefinition, Distance, ExecutionReport, InstrumentDefinition, Route,
};
use crate::message::{MarketView, ToRisk};
use crate::position::Position;
use crate::strategy::ParameterError;
use crate::strategy::coded::{Candle, Observation, Strategy, Verdict};
use crate::units::{Money, Price, UnixNanos};

/// Bars that a signal counts for. An entry that is not filled by then is withdrawn.
pub const SIGNAL_BARS: u64 = 3;

/// Why a bot's definition is refused.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub(super) enum Refusal {
    #[error("bot or instrument is beyond the table: use a lower index")]
    BeyondTable,
    #[error("its instrument is not defined or has no tick: define it first")]
    NoInstrument,
    #[error("it is not flat in another instrument: wait until it is")]
    HoldsAnother,
    #[error("order_qty must be from 1 to {}", i32::MAX)]
    Quantity,
    #[error("it has no stop loss: set one, or give it rules that have one")]
    NoStopLoss,
    #[error(transparent)]
    Parameters(#[from] ParameterError),
}

/// What a bot decided last, to explain it to people.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Decision {
    /// The last bar that its strategy saw.
    pub bar: Option<Bar>,
    /// What the strategy said to that bar.
    pub verdict: Option<Verdict>,
    /// The last fused score, −1 to 1.
    pub score: f64,
    /// The last intent.
    pub intent: Option<Intent>,
    /// The input that the intent answered; 0 before the first.
    pub intent_seq: u64,
}

/// The input that is being answered.
#[derive(Clone, Copy)]
pub(super) struct Moment {
    pub seq: u64,
    pub now: UnixNanos,
}

/// A moment, and what surrounds a bot in it.
#[derive(Clone, Copy)]
pub(super) struct Scene<'a> {
    pub moment: Moment,
    /// The bot's session; `None` outside of its hours.
    pub session: Option<SessionSpan>,
    /// The market of the bot's instrument.
    pub view: Option<&'a MarketView>,
}

pub(super) struct Bot {
    definition: BotDefinition,
    /// Enabled, and its definition was accepted.
    trades: bool,
    tick: Price,
    multiplier: Money,
    strategy: Option<Strategy>,
    signals: Signals,
    position: Position,
    levels: Levels,
    /// When the position was entered; means nothing when flat.
    entered: UnixNanos,
    /// The position it wants, and why.
    wanted: i32,
    reason: IntentReason,
    /// When an entry that is not filled yet is withdrawn.
    entry_expires: UnixNanos,
    /// When it last went out: a bar that began before then enters nothing.
    went_out: UnixNanos,
    decision: Decision,
}

impl Bot {
    /// A bot that does not trade until [`Bot::define`] accepts its definition.
    pub fn new(definition: BotDefinition) -> Bot {
        Bot {
            definition,
            trades: false,
            tick: Price::NONE,
            multiplier: Money(0),
            strategy: None,
            signals: Signals::default(),
            position: Position::default(),
            levels: Levels::NONE,
            entered: UnixNanos(0),
            wanted: 0,
            reason: IntentReason::Signal,
            entry_expires: UnixNanos(0),
            went_out: UnixNanos(0),
            decision: Decision::default(),
        }
    }

    pub fn definition(&self) -> &BotDefinition {
        &self.definition
    }

    pub fn decision(&self) -> &Decision {
        &self.decision
    }

    /// Takes a new definition. What it holds and wants stays, and so does the memory of its
    /// strategy if that is still the same one. After a refusal it gives back what it holds by its
    /// last good definition, and does nothing else.
    pub fn define(
        &mut self,
        definition: &BotDefinition,
        instrument: Option<&InstrumentDefinition>,
    ) -> Result<(), Refusal> {
        self.trades = false;
        let instrument = instrument.ok_or(Refusal::NoInstrument)?;
        let strategy = self.check(definition, instrument)?;
        if self.strategy.is_none() || !same_strategy(&self.definition, definition) {
            self.strategy = Some(strategy);
            self.signals.clear();
        }
        self.definition = *definition;
        self.adopt(instrument);
        self.trades = definition.enabled;
        Ok(())
    }

    fn check(
        &self,
        definition: &BotDefinition,
        instrument: &InstrumentDefinition,
    ) -> Result<Strategy, Refusal> {
        if self.is_busy() && definition.instrument != self.definition.instrument {
            return Err(Refusal::HoldsAnother);
        }
        if !instrument.tick.is_some() || instrument.tick <= Price(0) {
            return Err(Refusal::NoInstrument);
        }
        if definition.order_qty == 0 || i32::try_from(definition.order_qty).is_err() {
            return Err(Refusal::Quantity);
        }
        if !matches!(definition.exits.stop_loss, Distance::Ticks(1..)) {
            return Err(Refusal::NoStopLoss);
        }
        let BotDefinition { archetype, parameters, .. } = definition;
        Ok(Strategy::new(*archetype, parameters, instrument.tick.to_f64())?)
    }

    /// Takes a new definition of its instrument. One that is `another` contract or has another tick
    /// stops it until it is defined again, since its strategy was made for the old one.
    pub fn on_instrument(&mut self, instrument: &InstrumentDefinition, another: bool) {
        if another {
            self.trades = false;
            self.strategy = None;
        }
        self.adopt(instrument);
    }

    fn adopt(&mut self, instrument: &InstrumentDefinition) {
        self.tick = instrument.tick;
        self.multiplier = instrument.multiplier;
        self.levels = Levels::of(&self.position, &self.definition, self.tick);
    }

    /// Whether a fill is its own. Risk asks the same before it counts one: a fill that only one of
    /// the two counted would leave a position that no order can give back.
    pub fn owns(&self, fill: &ExecutionReport) -> bool {
        let BotDefinition { instrument, stage, .. } = self.definition;
        fill.instrument.is_none_or(|filled| filled == instrument) && fill.route == Route::of(stage)
    }

    /// Counts a fill of its own.
    pub fn on_fill(
        &mut self,
        fill: &ExecutionReport,
        view: Option<&MarketView>,
        moment: Moment,
        out: &mut impl FnMut(ToRisk),
    ) {
        let before = self.position.qty();
        // A fill that cannot be counted is alerted by the stage that owns positions.
        let counted = self.position.apply(fill.side, fill.last_qty, fill.last_px, self.multiplier);
        if counted.is_err() {
            return;
        }
        let after = self.position.qty();
        if after.signum() != before.signum() {
            self.entered = moment.now;
        }
        if after == 0 && self.wanted == 0 {
            self.went_out = moment.now;
        }
        self.levels = Levels::of(&self.position, &self.definition, self.tick);
        if let Some(view) = view {
            self.on_market(view, moment, out);
        }
    }

    /// Looks whether the market has met a level of its position.
    pub fn on_market(&mut self, view: &MarketView, moment: Moment, out: &mut impl FnMut(ToRisk)) {
        if self.position.qty() == 0 || self.wanted == 0 {
            return;
        }
        if let Some(reason) = self.levels.met(view) {
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
        let overdue = self.is_going_out() && self.decision.intent_seq != scene.moment.seq;
        // Outside of the bot's own hours an order that reduces still passes.
        if overdue && exchange_open {
            self.go_out(self.reason, 0.0, scene.moment, out);
        }
    }

    /// Exits, in their order of precedence, and the withdrawal of an entry that took too long.
    fn on_clock(&mut self, scene: &Scene<'_>, out: &mut impl FnMut(ToRisk)) {
        let &Scene { moment, session, view } = scene;
        if let Some(view) = view {
            self.on_market(view, moment, out);
        }
        if self.wanted == 0 {
            return;
        }
        let held = self.position.qty();
        let entered = (held != 0).then_some(self.entered);
        let max_bars_held = self.definition.exits.time_stop_bars;
        if session_ends(session, moment.now, entered) {
            self.go_out(IntentReason::SessionEnd, 0.0, moment, out);
        } else if held != 0 && held_long_enough(max_bars_held, self.entered, moment.now) {
            self.go_out(IntentReason::TimeStop, 0.0, moment, out);
        } else if held != self.wanted && moment.now >= self.entry_expires {
            self.withdraw_entry(moment, out);
        }
    }

    /// Keeps what was filled of an entry; a reversal that got nowhere ends flat.
    fn withdraw_entry(&mut self, moment: Moment, out: &mut impl FnMut(ToRisk)) {
        let held = self.position.qty();
        if held != 0 && held.signum() != self.wanted.signum() {
            return self.go_out(IntentReason::Signal, 0.0, moment, out);
        }
        self.want(held, Urgency::Passive, IntentReason::Signal, 0.0, moment, out);
    }

    /// Shows a finished bar to its strategy and acts on the verdict. `session` is the one that the
    /// bar began in.
    pub fn on_bar(
        &mut self,
        (bar, candle): (&Bar, &Candle),
        session: Option<SessionSpan>,
        scene: &Scene<'_>,
        out: &mut impl FnMut(ToRisk),
    ) {
        self.on_clock(scene, out);
        let Moment { now, .. } = scene.moment;
        let held = self.position.qty();
        let seen = Observation { candle: *candle, session, position: held };
        let verdict = self.strategy.as_mut().and_then(|strategy| strategy.on_bar(&seen));
        self.decision.bar = Some(*bar);
        self.decision.verdict = verdict;
        let Some(verdict) = verdict else { return };
        let signal = Signal {
            bot: self.definition.bot,
            source: SignalSource::Technical,
            direction: verdict.direction,
            strength: verdict.strength,
            confidence: verdict.confidence,
            expires: candle.end.plus(SIGNAL_BARS * (candle.end.since(candle.start))),
        };
        // Bars of the past warm a strategy up; they are no reason to trade now.
        let counts = (self.trades || held != 0) && session.is_some() && now < signal.expires;
        if !counts {
            return;
        }
        out(ToRisk::Effect(Effect::Signal(signal)));
        self.signals.set(signal);
        if let Some(score) = self.signals.score(now) {
            self.decision.score = score;
            self.follow(score, candle.start, signal.expires, scene, out);
        }
    }

    /// Turns a score into the position wanted. Said once per signal: a refused entry waits for the
    /// next one.
    fn follow(
        &mut self,
        score: f64,
        bar_start: UnixNanos,
        expires: UnixNanos,
        scene: &Scene<'_>,
        out: &mut impl FnMut(ToRisk),
    ) {
        if self.is_going_out() {
            return;
        }
        let &Scene { moment, session, .. } = scene;
        let held = self.position.qty();
        let stands = if held != 0 { held } else { self.wanted };
        let against = stands != 0 && f64::from(stands) * score <= 0.0;
        let enters = self.trades
            && score.abs() >= ENTER_SCORE
            && bar_start >= self.went_out
            && !session_ends(session, moment.now, None);
        if !enters {
            if against {
                self.go_out(IntentReason::Signal, score, moment, out);
            }
            return;
        }
        let qty = self.definition.order_qty as i32;
        let target = if score > 0.0 { qty } else { -qty };
        if target == self.wanted && target == held {
            return;
        }
        let reverses = held != 0 && held.signum() != target.signum();
        let urgency = if reverses { Urgency::Aggressive } else { self.entry_urgency() };
        self.entry_expires = expires;
        self.want(target, urgency, IntentReason::Signal, score, moment, out);
    }

    fn entry_urgency(&self) -> Urgency {
        match self.definition.archetype {
            // A break runs away from whoever waits; a stretch comes back to him.
            Archetype::MeanReversion => Urgency::Passive,
            _ => Urgency::Aggressive,
        }
    }

    /// Whether it holds or wants anything.
    pub fn is_busy(&self) -> bool {
        self.wanted != 0 || self.position.qty() != 0
    }

    fn is_going_out(&self) -> bool {
        self.wanted == 0 && self.position.qty() != 0
    }

    fn go_out(
        &mut self,
        reason: IntentReason,
        score: f64,
        moment: Moment,
        out: &mut impl FnMut(ToRisk),
    ) {
        self.went_out = moment.now;
        self.signals.clear();
        self.want(0, Urgency::Aggressive, reason, score, moment, out);
    }

    fn want(
        &mut self,
        target: i32,
        urgency: Urgency,
        reason: IntentReason,
        score: f64,
        moment: Moment,
        out: &mut impl FnMut(ToRisk),
    ) {
        let intent = Intent { bot: self.definition.bot, target, urgency, reason, score };
        self.wanted = target;
        self.reason = reason;
        self.decision.intent = Some(intent);
        self.decision.intent_seq = moment.seq;
        out(ToRisk::Effect(Effect::Intent(intent)));
        out(ToRisk::Intent(intent));
    }
}

/// Whether the strategy of one definition may go on under another.
fn same_strategy(a: &BotDefinition, b: &BotDefinition) -> bool {
    let bits = |definition: &BotDefinition| definition.parameters.map(f64::to_bits);
    (a.archetype, a.instrument, a.session) == (b.archetype, b.instrument, b.session)
        && bits(a) == bits(b)
}
