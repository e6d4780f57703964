//! Bots that go on in another contract when theirs ends.
//!
//! A [`BotRoll`] says where and from when. The bars that the bot reads are made of the new contract from
//! that input on, so that its indicators are warm when it gets there. They are the new contract's own: no
//! price of the old one is carried over, and none is adjusted. When the time has come, or when nothing opens
//! in the old contract any more, the bot opens nothing, gives back what it holds by its exits' own policy,
//! and stands on the new contract from the first second on in which it holds, wants and works nothing. Until
//! then it is the old one's in every respect; so it never has positions in two.
//!
//! Every stage behind follows the rulings that are told here
//! ([`BotRuling`]): [`Ruling::Waits`] when the bot has to get out first, then [`Ruling::InForce`].

use super::bot::EvaluationContext;
use super::roster::{Roster, alert};
use super::wiring::{BotTerms, Refusal, Wiring};
use crate::market::Markets;
use crate::message::ToRisk;
use gauntlet_model::effect::{BotRuling, Effect, Ruling};
use gauntlet_model::ids::{BOTS_MAX, BotId};
use gauntlet_model::input::{BarKind, BotDefinition, BotRoll, Scope, SessionMode};
use gauntlet_model::text::Text;
use gauntlet_model::units::Price;

/// Where a bot goes on, and its place on the series there.
pub(super) struct Next {
    roll: BotRoll,
    /// The number of the input that told it.
    seq: u64,
    session: SessionMode,
    pub wiring: Wiring,
    /// Whether it was told in this run. One that was not only keeps its series warm until it is.
    confirmed: bool,
    /// Whether it was told that the bot has to get out first.
    waits: bool,
    /// Where it goes on from there, told before it got there, and the number of that input.
    then: Option<(BotRoll, u64)>,
}

impl Next {
    /// Whether it reads a series.
    pub fn reads(&self, instrument: usize, kind: BarKind, session: SessionMode) -> bool {
        let here = (usize::from(self.roll.to.0), self.wiring.asked.bars, self.session);
        here == (instrument, kind, session)
    }

    /// Another run begins, which may tell it anew.
    pub fn doubt(&mut self) {
        (self.confirmed, self.then) = (false, None);
    }
}

impl Roster {
    /// A bot is to go on in another contract.
    pub fn on_roll(
        &mut self,
        roll: &BotRoll,
        seq: u64,
        markets: &mut Markets,
        out: &mut impl FnMut(ToRisk),
    ) {
        let place = usize::from(roll.bot.0);
        let stands = self.bots.get(place).and_then(Option::as_ref);
        if stands.is_some_and(|bot| bot.definition().instrument == roll.to) {
            return;
        }
        if let Some(Some(next)) = self.nexts.get_mut(place)
            && next.confirmed
        {
            match next.roll.to == roll.to {
                // Told again, it only has another time.
                true => next.roll.from = roll.from,
                // One contract after the other.
                false => next.then = Some((*roll, seq)),
            }
            return;
        }
        match self.plan(roll, seq, markets) {
            Ok(next) => self.nexts[place] = Some(Box::new(next)),
            Err(refusal) => refuse(roll.bot, seq, &refusal, out),
        }
        self.tidy(markets);
    }

    fn plan(&mut self, roll: &BotRoll, seq: u64, markets: &mut Markets) -> Result<Next, Refusal> {
        let Roster { bots, rules, listed, .. } = self;
        let place = usize::from(roll.bot.0);
        let bot = bots.get(place).and_then(Option::as_ref).ok_or(Refusal::BeyondTable)?;
        let definition = BotDefinition { instrument: roll.to, ..*bot.definition() };
        let from = listed.get(usize::from(bot.definition().instrument.0));
        let product = from.and_then(|from| from.definition).map(|from| from.product);
        let to = listed.get_mut(usize::from(roll.to.0)).ok_or(Refusal::BeyondTable)?;
        let instrument = to.definition.filter(|of| of.tick.is_some() && of.tick > Price(0));
        let instrument = instrument.ok_or(Refusal::NoInstrument)?;
        if product != Some(instrument.product) {
            return Err(Refusal::OtherProduct);
        }
        let text = rules[place].whole(definition.rule_parts).ok_or(Refusal::RulesInPart)?;
        let asked = BotTerms::of(&definition, text)?;
        let (kind, session) = (asked.bars, definition.session);
        let followed = markets.follow(roll.to, kind, session);
        followed.map_err(|error| Refusal::Bars(error.to_string()))?;
        let series = to.series_for(kind, session, instrument.tick);
        let wiring = Wiring::attach(asked, definition.sizing, series)?;
        Ok(Next { roll: *roll, seq, session, wiring, confirmed: true, waits: false, then: None })
    }

    /// A second went by: moves those bots whose time has come, or gets them out.
    pub fn roll_over(
        &mut self,
        moment: EvaluationContext,
        markets: &mut Markets,
        out: &mut impl FnMut(ToRisk),
    ) {
        for place in 0..BOTS_MAX {
            let Some(next) = &self.nexts[place] else { continue };
            if !next.confirmed {
                self.nexts[place] = None;
                self.tidy(markets);
            } else if self.is_due(place, moment) {
                match self.is_out(place) {
                    true => self.get_out(place, moment, out),
                    false => self.move_over(place, markets, out),
                }
            }
        }
    }

    fn is_due(&self, place: usize, moment: EvaluationContext) -> bool {
        let (Some(Some(bot)), Some(next)) = (self.bots.get(place), &self.nexts[place]) else {
            return false;
        };
        let here = self.listed.get(usize::from(bot.definition().instrument.0));
        moment.now >= next.roll.from || here.is_some_and(|here| here.closes(moment.now).0)
    }

    /// It opens nothing any more and gives back what it holds, as long as it takes.
    fn get_out(&mut self, place: usize, moment: EvaluationContext, out: &mut impl FnMut(ToRisk)) {
        self.suspend(place);
        let (Some(Some(bot)), Some(next)) = (self.bots.get_mut(place), &mut self.nexts[place])
        else {
            return;
        };
        if !std::mem::replace(&mut next.waits, true) {
            tell(next.roll.bot, next.seq, Ruling::Waits, out);
        }
        let here = self.listed.get(usize::from(bot.definition().instrument.0));
        let open = here.and_then(|i| i.calendar.session_at(SessionMode::Full24x5, moment.now));
        match open {
            Some(_) => bot.leave(moment, out),
            None => bot.stop_entering(moment, out),
        }
    }

    /// It is flat: it stands on the new contract from here on.
    fn move_over(&mut self, place: usize, markets: &mut Markets, out: &mut impl FnMut(ToRisk)) {
        let (Some(Some(bot)), Some(next)) = (self.bots.get(place), &self.nexts[place]) else {
            return;
        };
        let (bot, seq, to) = (*bot.definition(), next.seq, next.roll.to);
        match self.define(&BotDefinition { instrument: to, ..bot }, markets) {
            Ok(()) => tell(bot.bot, seq, Ruling::InForce, out),
            Err(refusal) => refuse(bot.bot, seq, &refusal, out),
        }
        let then = self.nexts[place].take().and_then(|next| next.then);
        self.tidy(markets);
        if let Some((roll, seq)) = then {
            self.on_roll(&roll, seq, markets, out);
        }
    }
}

fn refuse(bot: BotId, seq: u64, refusal: &Refusal, out: &mut impl FnMut(ToRisk)) {
    alert(Scope::Bot(bot), Text::new(&refusal.to_string()), out);
    tell(bot, seq, Ruling::Refused, out);
}

fn tell(bot: BotId, definition: u64, ruling: Ruling, out: &mut impl FnMut(ToRisk)) {
    out(ToRisk::Effect(Effect::Ruling(BotRuling { bot, definition, ruling })));
}
