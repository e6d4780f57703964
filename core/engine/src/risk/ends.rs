//! R31: a contract ends. Nothing opens in it from some days before its end on; people are told well
//! before, when that begins, when whoever holds it goes out, and should anybody hold it past its end.

use crate::ends::ContractEnd;
use crate::message::ToOrders;
use gauntlet_model::effect::{AlertKind, BotRuling, RejectCode, Ruling};
use gauntlet_model::ids::{INSTRUMENTS_MAX, InstrumentId};
use gauntlet_model::input::{BotDefinition, BotRoll, ContractRule, Listing, Scope};
use gauntlet_model::instrument::EndTimes;
use gauntlet_model::text::Text;
use gauntlet_model::units::{NANOS_PER_SECOND, UnixNanos};

use super::checks::{OrderContext, Refusal};
use super::registry::Roll;
use super::{Risk, alert};

/// Counts of defined instruments at which people are told how many more find a place.
pub(super) const INSTRUMENTS_TOLD: [usize; 4] = [
    INSTRUMENTS_MAX - INSTRUMENTS_MAX / 4,
    INSTRUMENTS_MAX - INSTRUMENTS_MAX / 8,
    INSTRUMENTS_MAX - INSTRUMENTS_MAX / 16,
    INSTRUMENTS_MAX,
];

/// How near a contract is to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) enum Nearness {
    #[default]
    Far,
    Warned,
    NoOpening,
    GoingOut,
    Ended,
}

impl Nearness {
    fn at(times: &EndTimes, now: UnixNanos) -> Nearness {
        match now {
            now if now >= times.end => Nearness::Ended,
            now if now >= times.out_from => Nearness::GoingOut,
            now if now >= times.no_opening_from => Nearness::NoOpening,
            now if now >= times.warn_from => Nearness::Warned,
            _ => Nearness::Far,
        }
    }

    /// What people are told when it is so near; `held` whether anybody holds it.
    fn words(self, times: &EndTimes, held: bool) -> Option<Text<64>> {
        let EndTimes { no_opening_from, out_from, .. } = times;
        match self {
            Nearness::Warned => {
                Some(Text::format(format_args!("it ends: nothing opens from {no_opening_from}")))
            }
            Nearness::NoOpening => {
                Some(Text::format(format_args!("nothing opens any more, out from {out_from}")))
            }
            Nearness::GoingOut if held => {
                Some(Text::new("it ends: what is held in it goes out now"))
            }
            Nearness::Ended if held => Some(Text::new("held past its end: call the broker")),
            _ => None,
        }
    }
}

impl Risk {
    /// R31. What only gets out may go to the end. An instrument whose end nobody told, where that of
    /// another was told, is refused; a stream in which no end is told is of before the control was there.
    pub(super) fn check_contract_end(&self, question: &OrderContext) -> Result<(), Refusal> {
        if question.reducing || !self.registry.tells_ends() {
            return Ok(());
        }
        let seconds = |at: UnixNanos| (at.0 / NANOS_PER_SECOND) as i64;
        let value = seconds(self.now);
        let end = question.instrument.end.as_ref().and_then(ContractEnd::times);
        match end {
            None => Err(Refusal { code: RejectCode::MissingLimit, limit: 0, value }),
            Some(times) if self.now >= times.no_opening_from => {
                let limit = seconds(times.no_opening_from);
                Err(Refusal { code: RejectCode::ContractEnd, limit, value })
            }
            Some(_) => Ok(()),
        }
    }

    pub(super) fn on_contract_rule(&mut self, rule: &ContractRule) {
        let now = self.now;
        self.registry.tell_ends();
        if let Some(known) = self.registry.instrument_mut(rule.instrument) {
            known.end = Some(ContractEnd::new(rule, known.definition.symbol.as_str(), now));
            known.nearness = Nearness::Far;
        }
    }

    /// A bot goes on in another contract, once the chain's head says so: one contract after the other.
    pub(super) fn on_roll(&mut self, roll: &BotRoll) {
        let seq = self.seq;
        let Some(bot) = self.registry.bot_mut(roll.bot) else { return };
        if bot.definition.instrument == roll.to {
            return;
        }
        match &mut bot.roll {
            Some(known) if known.to == roll.to => {}
            Some(known) => known.then = Some((seq, roll.to)),
            None => bot.roll = Some(Roll { seq, to: roll.to, waits: false, then: None }),
        }
    }

    /// Obeys the chain's head. A kill of the contract that a bot leaves is one of the contract that it goes
    /// on in: nobody rolls out of a kill.
    pub(super) fn on_roll_ruling(&mut self, ruling: &BotRuling, out: &mut impl FnMut(ToOrders)) {
        let Some(bot) = self.registry.bot_mut(ruling.bot) else { return };
        let Some(roll) = bot.roll else { return };
        let then = roll.then.filter(|(_, to)| *to != bot.definition.instrument);
        bot.roll = match ruling.ruling {
            Ruling::Waits => Some(Roll { waits: true, ..roll }),
            Ruling::InForce | Ruling::Refused => {
                then.map(|(seq, to)| Roll { seq, to, waits: false, then: None })
            }
        };
        if ruling.ruling != Ruling::InForce {
            return;
        }
        let (from, to) = (Scope::Instrument(bot.definition.instrument), Scope::Instrument(roll.to));
        let definition = BotDefinition { instrument: roll.to, ..bot.definition };
        let answer = self.define_bot(&definition);
        self.limits.refresh(ruling.bot, &self.registry);
        self.answer(answer, Scope::Bot(ruling.bot), out);
        if let Some(latch) = self.kills.get(from).copied().filter(|_| self.kills.get(to).is_none())
        {
            self.kill(to, latch, out);
        }
    }

    /// The exchange says when a contract trades last.
    pub(super) fn note_listed_end(&mut self, listing: &Listing) {
        let now = self.now;
        if let Some(known) = self.registry.instrument_mut(listing.instrument)
            && let Some(end) = &mut known.end
        {
            end.hear(listing.expiration, known.definition.symbol.as_str(), now);
        }
    }

    /// Contracts come and never go: people are told in time that no more of them will find a place.
    pub(super) fn tell_table_fills(&mut self, before: usize, out: &mut impl FnMut(ToOrders)) {
        let now = self.registry.defined_instruments();
        if now <= before || !INSTRUMENTS_TOLD.contains(&now) {
            return;
        }
        let text = match INSTRUMENTS_MAX - now {
            0 => Text::<64>::new("no room for another contract: bots go out, begin a data folder"),
            left => Text::format(format_args!(
                "{now} of {INSTRUMENTS_MAX} instruments, room for {left}: plan a new data folder"
            )),
        };
        alert(AlertKind::TableFull, Scope::Platform, text.as_str(), out);
    }

    /// Tells people how near contracts are to their ends, once for each step.
    pub(super) fn tell_ends_near(&mut self, out: &mut impl FnMut(ToOrders)) {
        for index in 0..INSTRUMENTS_MAX as u16 {
            self.tell_end_near(InstrumentId(index), out);
        }
    }

    fn tell_end_near(&mut self, id: InstrumentId, out: &mut impl FnMut(ToOrders)) {
        let now = self.now;
        let Some(known) = self.registry.instrument_mut(id) else { return };
        let Some(end) = &mut known.end else { return };
        end.settle(known.definition.symbol.as_str(), now);
        let Some(times) = end.times().copied() else { return };
        let nearness = Nearness::at(&times, now);
        if nearness <= known.nearness {
            return;
        }
        known.nearness = nearness;
        let (mut stands, mut held) = (false, false);
        for bot in self.registry.bots_mut().filter(|bot| bot.definition.instrument == id) {
            held |= bot.position.qty() != 0;
            stands |= bot.definition.enabled;
        }
        if let Some(text) = nearness.words(&times, held).filter(|_| stands || held) {
            alert(AlertKind::ContractEnd, Scope::Instrument(id), text.as_str(), out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gauntlet_model::instrument::{EndRule, contract};

    #[test]
    fn each_step_begins_with_its_nanosecond() {
        let known = contract("ESH4", 2024).expect("a contract");
        let times = known.end_times(EndRule::default(), None);
        let EndTimes { warn_from, no_opening_from, out_from, end, .. } = times;
        for (from, before, then) in [
            (warn_from, Nearness::Far, Nearness::Warned),
            (no_opening_from, Nearness::Warned, Nearness::NoOpening),
            (out_from, Nearness::NoOpening, Nearness::GoingOut),
            (end, Nearness::GoingOut, Nearness::Ended),
        ] {
            assert_eq!(Nearness::at(&times, UnixNanos(from.0 - 1)), before);
            assert_eq!(Nearness::at(&times, from), then);
        }
    }
}
