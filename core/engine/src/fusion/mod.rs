//! Fusion: the chain's head. From inputs it makes what each bot wants to hold.
//!
//! Everything passes here first, so here is decided what is decided once for all stages: whether an
//! execution was seen before and whose it is, which data counts, and what the market of an instrument
//! looks like. Every input is passed on before anything that is made of it.
//!
//! Bots that read the same bars of the same instrument share one series of them: its indicators are
//! computed once, when a bar is finished. Then these bots run, in the order of their table: exits
//! first, then their rules, whose verdict becomes a [`Signal`](gauntlet_model::effect::Signal). Opinions from
//! outside of the platform become signals of the bots on their instrument at once. The signals that
//! still count are fused into a score (see [`ENTER_SCORE`]), by weights that follow what each source
//! has earned, and the score into an [`Intent`](gauntlet_model::effect::Intent): the position that the bot wants
//! from now on. How it came about is told as a [`Decision`].
//!
//! An intent is said when it changes or is news again, not repeated: an entry that was refused waits
//! for the next signal, one that is not filled when its signal expires is withdrawn. Exits alone
//! persist: once a second, while the exchange is open, until the position is gone.
//!
//! Exits do not ask the rules. In their order of precedence: stop loss, trailing stop, break-even, take
//! profit, end of the session, longest time held; then the signal. Disabled bots enter nothing, but
//! give back what they hold.

mod adopted;
mod attribution;
mod bot;
mod decide;
mod desks;
mod exits;
mod opinions;
mod rolling;
mod roster;
mod ruling;
mod score;
mod seen;
mod sizing;
mod takeovers;
mod weights;
mod wiring;

#[cfg(test)]
mod arrival_tests;
#[cfg(test)]
mod end_tests;
#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod holding_tests;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod reading_tests;
#[cfg(test)]
mod rolling_tests;
#[cfg(test)]
mod source_tests;
#[cfg(test)]
mod tests;

pub use adopted::ADOPTED_MAX;
pub use bot::SIGNAL_BARS;
pub use exits::FLAT_BEFORE_CLOSE_NS;
pub use opinions::{
    CLOCK_TOLERANCE_NS, OPINIONS_REMEMBERED, OpinionError, TTL_SECONDS_MAX, check as check_opinion,
};
pub use score::{ENTER_SCORE, STRONG};
pub use seen::SEEN_MAX;
pub use takeovers::TAKEOVERS_MAX;
pub use weights::{FACTOR_MAX, FACTOR_MIN, HALF_LIFE_NS, RATE, RESULT_MAX};
pub use wiring::{RuleStage, plan_of};

use crate::market::{MarketOutput, Markets};
use crate::message::{Arrival, ToRisk};
use adopted::AdoptedFills;
use bot::EvaluationContext;
use desks::DeskBook;
use gauntlet_model::effect::{Decision, Effect, Enquiry};
use gauntlet_model::foreign::ForeignOrders;
use gauntlet_model::ids::BotId;
use gauntlet_model::input::{
    Adoption, Correction, CorrectionKind, ExecutionReport, Input, Sequenced,
};
use roster::{Roster, Verdict};
use seen::{SeenExecutions, Sight};
use takeovers::Takeovers;

/// The first stage of the chain.
pub struct Fusion {
    seen: SeenExecutions,
    adopted: AdoptedFills,
    markets: Markets,
    roster: Roster,
    desks: DeskBook,
    foreign: ForeignOrders,
    takeovers: Takeovers,
}

impl Default for Fusion {
    fn default() -> Self {
        Fusion::new()
    }
}

impl Fusion {
    /// A stage that has seen nothing. Takes the memory of its tables at once.
    pub fn new() -> Fusion {
        Fusion {
            seen: SeenExecutions::new(),
            adopted: AdoptedFills::new(),
            markets: Markets::new(),
            roster: Roster::new(),
            desks: DeskBook::new(),
            foreign: ForeignOrders::new(),
            takeovers: Takeovers::new(),
        }
    }

    /// Takes the next input. `arrived` is the raw time-stamp-counter reading of its arrival, passed
    /// on and not looked at.
    pub fn on(&mut self, sequenced: &Sequenced, arrived: u64, out: &mut impl FnMut(ToRisk)) {
        match self.takeovers.named(&sequenced.input) {
            Some(input) => self.on_named(&Sequenced { input, ..*sequenced }, arrived, out),
            None => self.on_named(sequenced, arrived, out),
        }
    }

    /// Takes an input in which each order of ours has our identity.
    fn on_named(&mut self, sequenced: &Sequenced, arrived: u64, out: &mut impl FnMut(ToRisk)) {
        let Sequenced { seq, time: now, input } = sequenced;
        // Nearly everything is market data, of which only books, bars and those who read them know.
        if let Some(fresh) = self.markets.listens_to(input) {
            out(ToRisk::Input(Arrival { sequenced, fresh, owned: false, arrived }));
            let moment = EvaluationContext { seq: *seq, now: *now, past: false };
            return self.feed_markets(sequenced, moment, out);
        }
        let (fresh, owned, verdict) = self.judge(sequenced);
        out(ToRisk::Input(Arrival { sequenced, fresh, owned, arrived }));
        let past = matches!(input, Input::History(_));
        let moment = EvaluationContext { seq: *seq, now: *now, past };
        self.feed_markets(sequenced, moment, out);
        match input {
            Input::Execution(_) | Input::BrokerOrder(_) | Input::ForeignOrder(_) => {
                self.on_broker_word(sequenced, fresh && owned, moment, out);
            }
            Input::Bot(definition) => verdict.tell(definition.bot, *seq, out),
            Input::Correction(correction) => self.on_correction(correction, owned, moment, out),
            _ => self.act(sequenced, moment, out),
        }
    }

    /// Whether an input is news, and whether it is owned, as [`Arrival`] has it; of a bot's definition, what
    /// becomes of it.
    fn judge(&mut self, sequenced: &Sequenced) -> (bool, bool, Verdict) {
        let (fresh, owned) = match &sequenced.input {
            Input::Execution(report) => {
                let (sight, owned) = (self.seen.look(report), self.owns(report));
                match sight {
                    Sight::First => (!(owned && self.adopted.covers(report)), owned),
                    Sight::Again => (false, owned),
                    Sight::Unknown => (false, false),
                }
            }
            Input::Correction(correction) => (true, self.can_book(correction)),
            Input::Adoption(adoption) => (true, self.takes_over(adoption, sequenced)),
            Input::Bot(definition) => {
                let verdict = self.roster.rule(definition, sequenced.seq, &mut self.markets);
                return (verdict.takes_effect(), false, verdict);
            }
            _ => (true, false),
        };
        (fresh, owned, Verdict::InForce)
    }

    /// What an input makes of books and bars, and what those who read them make of that.
    #[inline]
    fn feed_markets(
        &mut self,
        sequenced: &Sequenced,
        moment: EvaluationContext,
        out: &mut impl FnMut(ToRisk),
    ) {
        let Fusion { markets, roster, .. } = self;
        markets.on(sequenced, &mut |output| match output {
            MarketOutput::View(view) => {
                out(ToRisk::Market(view));
                roster.on_view(&view, moment, out);
            }
            MarketOutput::Effect(effect) => out(ToRisk::Effect(effect)),
            MarketOutput::Bar(bar, tape) => {
                out(ToRisk::Effect(Effect::Bar(bar)));
                roster.on_bar(&bar, &tape, moment, out);
            }
        });
    }

    /// What a broker says of an order; `counts` whether it is an execution that is booked.
    fn on_broker_word(
        &mut self,
        sequenced: &Sequenced,
        counts: bool,
        moment: EvaluationContext,
        out: &mut impl FnMut(ToRisk),
    ) {
        let Fusion { markets, roster, desks, foreign, .. } = self;
        match &sequenced.input {
            Input::Execution(report) => {
                if counts {
                    let of_desk = desks.instrument(report.cl_ord_id.bot());
                    match of_desk.map(|instrument| roster.multiplier(instrument)) {
                        Some(multiplier) => desks.on_execution(report, multiplier),
                        None => roster.on_execution(report, moment, out),
                    }
                }
                roster.on_report(report, markets, out);
            }
            Input::BrokerOrder(line) if line.cl_ord_id.is_some() => {
                // A line of an answer is a report; one that answers nothing speaks of the past.
                if line.enquiry > 0 {
                    let report = line.status(Enquiry::seq_of(line.enquiry));
                    roster.on_report(&report, markets, out);
                }
            }
            _ => foreign.on_input(&sequenced.input),
        }
    }

    /// What any other input makes the bots do.
    fn act(
        &mut self,
        sequenced: &Sequenced,
        moment: EvaluationContext,
        out: &mut impl FnMut(ToRisk),
    ) {
        let Fusion { markets, roster, desks, .. } = self;
        match &sequenced.input {
            Input::Timer(_) => {
                roster.on_timer(moment, out);
                roster.release_all(markets, out);
                roster.roll_over(moment, markets, out);
            }
            Input::Stated(stated) => {
                desks.on_stated(stated);
                roster.on_stated(stated, moment, out);
            }
            Input::RunStart(_) => roster.on_run_start(),
            Input::Instrument(definition) => roster.on_instrument(definition, markets),
            Input::ContractRule(rule) => roster.on_contract_rule(rule, moment.now),
            Input::Listing(listing) => roster.on_listing(listing, moment.now),
            Input::RuleText(part) => roster.on_rule_text(part, out),
            input @ Input::Ticket(_) => desks.on_input(input),
            Input::Roll(roll) => roster.on_roll(roll, sequenced.seq, markets, out),
            Input::External(opinion) => roster.on_opinion(opinion, moment, out),
            _ => {}
        }
    }

    /// Something is put right; `owned` whether it is booked.
    fn on_correction(
        &mut self,
        correction: &Correction,
        owned: bool,
        moment: EvaluationContext,
        out: &mut impl FnMut(ToRisk),
    ) {
        let Fusion { markets, roster, adopted, desks, .. } = self;
        if owned {
            adopted.note(correction);
        }
        if owned || correction.kind == CorrectionKind::Retract {
            roster.on_correction(correction, moment, out);
            let of_desk = correction.bot.and_then(|bot| desks.instrument(bot));
            if let Some(instrument) = of_desk {
                desks.on_correction(correction, roster.multiplier(instrument));
            }
        }
        roster.after_correction(correction, markets, out);
    }

    /// A person takes an order over that only its broker knows; whether that can be. Its reports are its
    /// owner's from here on.
    fn takes_over(&mut self, adoption: &Adoption, at: &Sequenced) -> bool {
        self.desks.on_input(&at.input);
        let owner = match adoption.bot {
            Some(bot) => Some(bot).filter(|bot| self.roster.trades_at(*bot, adoption.place())),
            None => self.desks.find(adoption.place()),
        };
        let order = owner.and_then(|owner| Adoption::identity(at.seq, owner));
        let (Some(order), Ok(_)) = (order, self.foreign.judge(adoption, at.time)) else {
            return false;
        };
        self.foreign.forget(adoption.route, adoption.order_id);
        self.takeovers.note(adoption.route, adoption.order_id, order);
        true
    }

    /// Whether an execution is of the bot or desk whose order it names.
    fn owns(&self, report: &ExecutionReport) -> bool {
        self.desks.owns(report) || self.roster.owns(report)
    }

    fn can_book(&self, correction: &Correction) -> bool {
        let of_desk = correction.bot.and_then(|bot| self.desks.instrument(bot));
        let multiplier = of_desk.map(|instrument| self.roster.multiplier(instrument));
        let by_desk = multiplier.and_then(|value| self.desks.can_book(correction, value));
        by_desk.unwrap_or_else(|| self.roster.can_book(correction))
    }

    /// The books and bars.
    pub fn markets(&self) -> &Markets {
        &self.markets
    }

    /// What a bot decided last, and why; `None` when there is no such bot.
    pub fn decision(&self, bot: BotId) -> Option<&Decision> {
        self.roster.decision(bot)
    }
}
