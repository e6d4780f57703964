//! Contracts that follow each other while a run lasts: what the door says about it by itself.
//!
//! By the stream's time alone, second by second, the roller defines the next contract of each followed
//! product in time ([`Followed::lead_from`]), has its market data asked for, tells the core which bots go
//! on there and from when ([`BotRoll`]), and goes on with that contract as the front one. All of it is
//! journaled input, so a replay needs no roller. Where volume decides, it counts what is traded in both
//! contracts over each trading day, as far as this run has heard it: the next one takes over on the day
//! after it traded more, and when nothing opens any more in the front one in any case.

use crate::config::{Definitions, Followed};
use gauntlet_feeds::FeedInstrument;
use gauntlet_model::calendar::{day_begins, trading_date};
use gauntlet_model::ids::InstrumentId;
use gauntlet_model::input::{BookAction, BotRoll, ContractTerms, Input};
use gauntlet_model::text::Text;
use gauntlet_model::units::{NANOS_PER_SECOND, UnixNanos};

/// Before this the stream has no time yet: 1 January 2000.
const KNOWN_FROM: UnixNanos = UnixNanos(946_684_800 * NANOS_PER_SECOND);
/// Contracts that one product may go through in a second: a stream that jumps over more than ten years of
/// months is taken step by step.
const STEPS_MAX: usize = 128;

/// What is to be done besides sequencing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Errand {
    /// Market data is to be asked for.
    Follow(FeedInstrument),
    /// A contract has ended: no later session asks for it.
    Leave(Text<24>),
}

/// See the module.
#[derive(Debug, Default)]
pub struct Roller {
    series: Vec<Series>,
    /// When something may be due next.
    due: UnixNanos,
    /// Whether any of them goes by volume.
    counts: bool,
    /// Contracts that were left, and when they end.
    left: Vec<(UnixNanos, Text<24>)>,
}

#[derive(Debug)]
struct Series {
    followed: Followed,
    /// Contracts traded on this trading day in the front and in the next contract.
    traded: [u64; 2],
    /// When the next trading day begins; 0 while no day is known.
    day_ends: UnixNanos,
    /// Whether the table of instruments had no place for the next contract.
    stuck: bool,
}

impl Roller {
    /// One that follows these products.
    pub fn new(followed: Vec<Followed>) -> Roller {
        let counts = followed.iter().any(|followed| followed.by_volume);
        let series =
            |followed| Series { followed, traded: [0; 2], day_ends: UnixNanos(0), stuck: false };
        let series = followed.into_iter().map(series).collect();
        Roller { series, due: UnixNanos(0), counts, left: Vec::new() }
    }

    /// Counts what is traded, where volume decides.
    #[inline]
    pub fn hear(&mut self, input: &Input) {
        if !self.counts {
            return;
        }
        let (instrument, size) = match input {
            Input::Trade(trade) => (trade.instrument, trade.size),
            Input::Quote(quote) if quote.action == BookAction::Trade => {
                (quote.instrument, quote.size)
            }
            Input::Mbo(event) if event.action == BookAction::Trade => {
                (event.instrument, event.size)
            }
            _ => return,
        };
        for Series { followed, traded, .. } in &mut self.series {
            if followed.front_id == instrument {
                traded[0] = traded[0].saturating_add(size.into());
            } else if followed.next_id == Some(instrument) {
                traded[1] = traded[1].saturating_add(size.into());
            }
        }
    }

    /// A second of the stream went by: what is to be sequenced and what else is to be done, in order.
    pub fn on_second(
        &mut self,
        now: UnixNanos,
        names: &mut Definitions,
        inputs: &mut Vec<Input>,
        errands: &mut Vec<Errand>,
    ) {
        if now < self.due || now < KNOWN_FROM {
            return;
        }
        self.due = UnixNanos(u64::MAX);
        for series in &mut self.series {
            let next = series.on_time(now, names, inputs, errands, &mut self.left);
            self.due = self.due.min(next);
        }
        self.left.retain(|(ends, symbol)| {
            let ended = now >= *ends;
            if ended {
                errands.push(Errand::Leave(*symbol));
            }
            !ended
        });
        let ends = self.left.iter().map(|(ends, _)| *ends);
        self.due = ends.fold(self.due, UnixNanos::min);
    }
}

impl Series {
    /// Does what is due; says when there may be more.
    fn on_time(
        &mut self,
        now: UnixNanos,
        names: &mut Definitions,
        inputs: &mut Vec<Input>,
        errands: &mut Vec<Errand>,
        left: &mut Vec<(UnixNanos, Text<24>)>,
    ) -> UnixNanos {
        let mut took_over = self.by_volume(now);
        for _ in 0..STEPS_MAX {
            let leaves = self.followed.terms.times(&self.followed.front).no_opening_from;
            let lead = self.followed.lead_from();
            if self.followed.next_id.is_none() && now >= lead && !self.stuck {
                self.announce(leaves, names, inputs, errands);
            }
            if !(took_over || now >= leaves) {
                return match self.followed.next_id {
                    Some(_) => self.next_look(leaves),
                    None => self.next_look(lead),
                };
            }
            if !self.take_over(now, inputs, left) {
                break;
            }
            took_over = false;
        }
        self.next_look(UnixNanos(u64::MAX))
    }

    fn next_look(&self, at: UnixNanos) -> UnixNanos {
        match self.followed.by_volume {
            true => at.min(self.day_ends),
            false => at,
        }
    }

    /// A trading day has ended: whether the next contract traded more on it.
    fn by_volume(&mut self, now: UnixNanos) -> bool {
        if !self.followed.by_volume || now < self.day_ends {
            return false;
        }
        let [front, next] = std::mem::take(&mut self.traded);
        self.day_ends = day_begins(trading_date(now).succ_opt().unwrap_or_default());
        next > front
    }

    /// Defines the next contract, and tells which bots go on there and from when.
    fn announce(
        &mut self,
        from: UnixNanos,
        names: &mut Definitions,
        inputs: &mut Vec<Input>,
        errands: &mut Vec<Errand>,
    ) {
        let next = self.followed.front.next();
        let symbol = next.symbol();
        let known = names.instruments.iter().any(|known| known.symbol.as_str() == symbol);
        if !known && names.is_full() {
            self.stuck = true;
            tracing::error!(
                "the table of instruments is full: {symbol} cannot be followed, and its bots go out at \
                 the end of their contract; begin a new data folder"
            );
            return;
        }
        let asked_for = names.subscribed.len();
        let id = self.followed.terms.follow(&next, names);
        self.followed.next_id = Some(id);
        if names.subscribed.len() > asked_for {
            let definition = names.instruments[usize::from(id.0)];
            inputs.push(Input::Instrument(definition));
            let rule = names.contract_rules.iter().find(|rule| rule.instrument == id);
            inputs.extend(rule.map(|rule| Input::ContractRule(*rule)));
            inputs.extend(self.as_the_front_one(id, names));
            errands.push(Errand::Follow(FeedInstrument::from(&definition)));
        }
        self.tell(id, from, inputs);
    }

    /// What the next contract has of the front one: what it costs, and the lists that it may be opened by.
    fn as_the_front_one(&self, next: InstrumentId, names: &mut Definitions) -> Vec<Input> {
        let front = self.followed.front_id;
        let mut inputs = Vec::new();
        if let Some(terms) = names.terms.iter().find(|terms| terms.instrument == front) {
            let terms = ContractTerms { instrument: next, ..*terms };
            names.terms.push(terms);
            inputs.push(Input::ContractTerms(terms));
        }
        let bit = |instrument: InstrumentId| 1_u64.checked_shl(instrument.0.into()).unwrap_or(0);
        for limits in &mut names.limits {
            // All bits stand for no list at all.
            let lists = limits.instruments != u64::MAX && limits.instruments & bit(front) != 0;
            if lists && limits.instruments & bit(next) == 0 {
                limits.instruments |= bit(next);
                inputs.push(Input::RiskLimits(*limits));
            }
        }
        inputs
    }

    fn tell(&self, to: InstrumentId, from: UnixNanos, inputs: &mut Vec<Input>) {
        let rolls = self.followed.bots.iter().map(|bot| BotRoll { bot: *bot, to, from });
        inputs.extend(rolls.map(Input::Roll));
    }

    /// The next contract is the front one from now on; false when there is none.
    fn take_over(
        &mut self,
        now: UnixNanos,
        inputs: &mut Vec<Input>,
        left: &mut Vec<(UnixNanos, Text<24>)>,
    ) -> bool {
        let Some(id) = self.followed.next_id.take() else { return false };
        self.tell(id, now, inputs);
        let before = self.followed.front;
        left.push((before.expiry(), Text::new(&before.symbol())));
        (self.followed.front, self.followed.front_id) = (before.next(), id);
        self.traded = [0; 2];
        true
    }
}

#[cfg(test)]
mod tests;
