//! From what a bot hears to what it wants.

use super::bot::{Bot, Scene};
use super::exits::{Gaps, session_ends};
use super::score::{ENTER_SCORE, Fused};
use super::sizing::{Circumstances, Size, size};
use crate::message::ToRisk;
use gauntlet_model::effect::{Effect, IntentReason, Outcome, SizeCap, Urgency};
use gauntlet_model::input::Sizing;
use gauntlet_model::units::{Money, NANOS_PER_SECOND, UnixNanos};
use gauntlet_strategy::strategy::{Series, Verdict};

/// An entry that may be made.
struct Entry {
    size: Size,
    gaps: Gaps,
    until: UnixNanos,
}

impl Bot {
    /// Turns what it hears into the position wanted. `own` is what its rules have just said; without
    /// it, another source has spoken. Said once per signal: a refused entry waits for the next one.
    ///
    /// An exit of its own rules is an exit, whatever others say. A position is also given back when
    /// its rules speak and the score is against it, and when others speak and the score is against it
    /// by as much as an entry takes.
    pub(super) fn decide(
        &mut self,
        own: Option<&Verdict>,
        scene: &Scene<'_>,
        series: &Series,
        out: &mut impl FnMut(ToRisk),
    ) {
        let moment = scene.moment;
        let fused = self.signals.fuse(&self.weights.at(moment.now), moment.now);
        if self.is_going_out() {
            return self.tell(Outcome::GoingOut, &fused, None, out);
        }
        let score = fused.score.unwrap_or(0.0);
        let held = self.position.qty();
        let stands = f64::from(if held != 0 { held } else { self.wanted }.signum());
        let leaves = match own {
            Some(verdict) if verdict.direction == 0 => stands != 0.0,
            Some(_) => stands != 0.0 && stands * score <= 0.0,
            None => stands * score <= -ENTER_SCORE,
        };
        let exits = own.is_some_and(|verdict| verdict.direction == 0) && leaves;
        let entry = if exits { Err(Outcome::Acts) } else { self.entry(&fused, scene, series) };
        match entry {
            Ok(entry) => self.enter(&entry, own.is_none(), &fused, scene, out),
            Err(_) if leaves => {
                self.decision.target = 0;
                self.decision.urgency = Urgency::Aggressive;
                self.tell(Outcome::Acts, &fused, None, out);
                self.go_out(IntentReason::Signal, score, moment, out);
            }
            Err(outcome) => self.tell(outcome, &fused, None, out),
        }
    }

    /// The entry that a score asks for, or why there is none.
    fn entry(&self, fused: &Fused, scene: &Scene<'_>, series: &Series) -> Result<Entry, Outcome> {
        let now = scene.moment.now;
        let score = fused.score.ok_or(Outcome::Quiet)?;
        if !self.trades {
            return Err(Outcome::Disabled);
        }
        if score.abs() < ENTER_SCORE {
            return Err(Outcome::Weak);
        }
        if fused.conflict {
            return Err(Outcome::Conflict);
        }
        let until = fused.led_until.ok_or(Outcome::Unled)?;
        if self.bar_start < self.went_out {
            return Err(Outcome::GoingOut);
        }
        if session_ends(scene.session, now, None) {
            return Err(Outcome::OutOfSession);
        }
        let wiring = self.wiring.as_ref().ok_or(Outcome::Disabled)?;
        if !wiring.ranges.are_settled(series) {
            return Err(Outcome::WarmingUp);
        }
        let gaps = self.measure(series);
        let price = scene.view.map(|view| {
            let side = if score > 0.0 { view.top.ask } else { view.top.bid };
            if side.is_some() { side } else { view.last }
        });
        let circumstances = Circumstances {
            multiplier: self.multiplier,
            limits: self.limits,
            stop: price.filter(|price| price.is_some()).and_then(|price| gaps.stop.at(price)),
            range: self.sizing_range(series),
            bars: wiring.asked.bars,
            session_ns: scene.session.map_or(NANOS_PER_SECOND, |s| s.close.since(s.open)),
            realized: self.position.realized(),
        };
        let size = size(&self.definition, &circumstances);
        let size = size.filter(|_| gaps.are_known()).ok_or(Outcome::NoValue)?;
        match size.qty {
            0 => Err(Outcome::TooSmall),
            _ => Ok(Entry { size, gaps, until }),
        }
    }

    fn enter(
        &mut self,
        entry: &Entry,
        from_outside: bool,
        fused: &Fused,
        scene: &Scene<'_>,
        out: &mut impl FnMut(ToRisk),
    ) {
        let score = fused.score.unwrap_or(0.0);
        // A quantity is at most `order_qty`, which was found to fit when the bot was defined.
        let qty = i32::try_from(entry.size.qty).unwrap_or(i32::MAX);
        let target = if score > 0.0 { qty } else { -qty };
        let held = self.position.qty();
        let same_side = held.signum() == target.signum();
        let filled = held == self.wanted;
        // What was sized once is not sized again while it is held; a fixed size that was filled in
        // part is asked for again.
        let sized = same_side && filled && self.definition.sizing != Sizing::Fixed;
        let asked = target == self.wanted && (filled || from_outside);
        if sized || asked {
            return self.tell(Outcome::Stays, fused, Some(&entry.size), out);
        }
        let reverses = held != 0 && !same_side;
        let urgency = if reverses { Urgency::Aggressive } else { self.entry_urgency() };
        if !same_side {
            (self.gaps, self.shares) = (entry.gaps, fused.shares);
        }
        self.entry_expires = entry.until;
        self.decision.target = target;
        self.decision.urgency = urgency;
        self.tell(Outcome::Acts, fused, Some(&entry.size), out);
        self.want(target, urgency, IntentReason::Signal, score, scene.moment, out);
    }

    /// Publishes a decision. One that changes nothing has for its target what is wanted already.
    pub(super) fn tell(
        &mut self,
        outcome: Outcome,
        fused: &Fused,
        size: Option<&Size>,
        out: &mut impl FnMut(ToRisk),
    ) {
        if outcome != Outcome::Acts {
            self.decision.target = self.wanted;
        }
        let decision = &mut self.decision;
        decision.outcome = outcome;
        decision.score = fused.score.unwrap_or(0.0);
        decision.voices = fused.voices;
        decision.sized = size.map_or(0, |size| size.wanted);
        decision.cap = size.map_or(SizeCap::None, |size| size.cap);
        decision.risk = size.map_or(Money(0), |size| size.risk);
        out(ToRisk::Effect(Effect::Decision(*decision)));
    }
}
