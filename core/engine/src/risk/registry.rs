//! What the run has defined (instruments, accounts, bots) and whether it may trade at all (R14).

use crate::ends::ContractEnd;
use gauntlet_model::calendar::{CalendarRef, Mistake, RunCalendars};
use gauntlet_model::desk::OWNERS_MAX;
use gauntlet_model::ids::{
    ACCOUNTS_MAX, AccountId, BOTS_MAX, BotId, ClOrdId, INSTRUMENTS_MAX, InstrumentId,
};
use gauntlet_model::input::{
    AccountDefinition, BotDefinition, CalendarDay, InstrumentDefinition, Route, RunStart, Scope,
};
use gauntlet_model::market_view::MarketView;
use gauntlet_model::position::Position;
use gauntlet_model::units::{Price, UnixNanos};
use gauntlet_runtime::prefetch::prefetch_entry;

use super::RejectCode;
use super::ends::Nearness;
use super::exposure::Place;
use super::persistence::Persistence;
use super::planner::{AGGRESSION_TICKS, Want, next_leg};
use super::shelter::Shelter;

/// An instrument with its market as last seen.
#[derive(Clone, Debug)]
pub(super) struct Instrument {
    pub definition: InstrumentDefinition,
    /// When its product trades; a product that is not known never does.
    pub calendar: CalendarRef,
    pub view: Option<MarketView>,
    /// The lowest and the highest price at which the exchange takes orders, where it says so.
    pub venue_limits: (Price, Price),
    /// When data that is listened to came last, by the stream's time.
    pub seen_at: Option<UnixNanos>,
    /// Whether the journal says that its data is stale.
    pub stale: bool,
    /// How far an order that is to trade at once reaches beyond the opposite best, in ticks.
    pub reach: i64,
    /// R31: when its contract ends, where that was told in this run.
    pub end: Option<ContractEnd>,
    /// How near to it people were told that it is.
    pub nearness: Nearness,
}

impl Instrument {
    /// Age of the market data in nanoseconds; `None` before there is any.
    pub fn age(&self, now: UnixNanos) -> Option<u64> {
        self.seen_at.map(|seen| now.since(seen))
    }
}

/// Where a bot goes on when its contract ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Roll {
    /// The input that told it.
    pub seq: u64,
    pub to: InstrumentId,
    /// Whether the bot is on its way out: it opens nothing.
    pub waits: bool,
    /// Where it goes on from there, told before it got there, with the number of that input.
    pub then: Option<(u64, InstrumentId)>,
}

/// A bot with its position and its plan.
#[derive(Clone, Debug)]
pub(super) struct Bot {
    pub definition: BotDefinition,
    /// A newer definition that is not in force.
    pub proposed: Option<BotDefinition>,
    /// The contract that it goes on in, once the chain's head says so.
    pub roll: Option<Roll>,
    pub position: Position,
    pub want: Option<Want>,
    /// Whether an order toward zero was tried since the last timer.
    pub attempted: bool,
    /// How often in a row its orders came to nothing.
    pub persistence: Persistence,
    /// Why the order toward zero that is tried again was refused last: a person knows of it.
    pub refused: Option<RejectCode>,
    /// What its stop at the broker rests on.
    pub shelter: Shelter,
    /// Since when an order toward zero waits for the end of those that it could trade with.
    pub clearing_since: Option<UnixNanos>,
    /// The other contracts of its product that it has stood on, as bits of their instruments.
    pub stood_on: u64,
}

impl Bot {
    fn new(definition: &BotDefinition) -> Bot {
        Bot {
            definition: *definition,
            proposed: None,
            roll: None,
            position: Position::default(),
            want: None,
            attempted: false,
            persistence: Persistence::default(),
            refused: None,
            shelter: Shelter::NONE,
            clearing_since: None,
            stood_on: 0,
        }
    }

    pub fn route(&self) -> Route {
        self.definition.route()
    }

    /// The places in other contracts of its product that it has stood in.
    pub fn places_before(&self) -> impl Iterator<Item = Place> {
        let (place, stood_on) = (self.place(), self.stood_on);
        let before = (0..INSTRUMENTS_MAX as u16).map(InstrumentId);
        let before = before.filter(move |id| stood_on & bit(*id) != 0);
        before.map(move |instrument| Place { instrument, ..place })
    }

    /// Whether it may open anything.
    pub fn may_open(&self) -> bool {
        let leaves = self.roll.is_some_and(|roll| roll.waits);
        self.definition.enabled && self.proposed.is_none() && !leaves
    }

    /// Forgets what it wants, but for what leads out, unless that is `frozen` too.
    pub fn forget_opening(&mut self, frozen: bool) {
        let held = self.position.qty();
        let leads_out = |want: &Want| next_leg(held, want.target).is_some_and(|leg| leg.reducing);
        let stays = !frozen && self.want.is_some_and(|want| leads_out(&want));
        if !stays {
            (self.want, self.attempted, self.refused) = (None, false, None);
        } else if let Some(want) = &mut self.want
            && want.target.signum() != held.signum()
        {
            want.target = 0;
        }
    }

    /// Where its contracts count.
    pub fn place(&self) -> Place {
        let BotDefinition { account, instrument, .. } = self.definition;
        Place { route: self.route(), account, instrument }
    }
}

/// The place of an instrument in a set of them.
fn bit(instrument: InstrumentId) -> u64 {
    const { assert!(INSTRUMENTS_MAX <= u64::BITS as usize, "a bit for each instrument") };
    1_u64.checked_shl(instrument.0.into()).unwrap_or(0)
}

/// Why a definition is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    OutOfTable,
    BadNumbers,
    InUse,
}

/// The tables of definitions. Indices come from outside, so every look-up is checked.
#[derive(Clone, Debug)]
pub(super) struct Registry {
    instruments: Vec<Option<Instrument>>,
    calendars: RunCalendars,
    accounts: Vec<Option<AccountDefinition>>,
    /// One past the last account that is defined.
    accounts_end: usize,
    bots: Vec<Option<Bot>>,
    /// One past the last bot that is defined, and one past the last desk: nobody looks at the places behind
    /// them.
    ends: (usize, usize),
    run: Option<RunStart>,
    accepted: Option<[u8; 32]>,
    /// Whether this run has told when contracts end.
    tells_ends: bool,
}

impl Registry {
    pub fn new() -> Registry {
        Registry {
            instruments: vec![None; INSTRUMENTS_MAX],
            calendars: RunCalendars::default(),
            accounts: vec![None; ACCOUNTS_MAX],
            accounts_end: 0,
            bots: vec![None; OWNERS_MAX],
            ends: (0, BOTS_MAX),
            run: None,
            accepted: None,
            tells_ends: false,
        }
    }

    pub fn instrument(&self, id: InstrumentId) -> Option<&Instrument> {
        self.instruments.get(id.0 as usize)?.as_ref()
    }

    /// How many instruments are defined.
    pub fn defined_instruments(&self) -> usize {
        self.instruments.iter().flatten().count()
    }

    pub fn instrument_mut(&mut self, id: InstrumentId) -> Option<&mut Instrument> {
        self.instruments.get_mut(id.0 as usize)?.as_mut()
    }

    pub fn instruments_mut(&mut self) -> impl Iterator<Item = &mut Instrument> {
        self.instruments.iter_mut().flatten()
    }

    pub fn account(&self, id: AccountId) -> Option<&AccountDefinition> {
        self.accounts.get(id.0 as usize)?.as_ref()
    }

    /// Every account that is defined, and perhaps some that are not.
    pub fn account_ids(&self) -> impl Iterator<Item = AccountId> + use<> {
        (0..self.accounts_end as u16).map(AccountId)
    }

    pub fn bot(&self, id: BotId) -> Option<&Bot> {
        self.bots.get(id.0 as usize)?.as_ref()
    }

    pub fn bot_mut(&mut self, id: BotId) -> Option<&mut Bot> {
        self.bots.get_mut(id.0 as usize)?.as_mut()
    }

    /// See [`Risk::look_ahead`](super::Risk::look_ahead).
    #[inline]
    pub fn look_ahead(&self, bot: BotId) {
        prefetch_entry(&self.bots, usize::from(bot.0));
    }

    /// The bot whose turn it is, in turns by all places up to the last that is taken.
    pub fn bot_of_turn(&self, turn: usize) -> Option<BotId> {
        let (bots, _) = self.ends;
        turn.checked_rem(bots).map(|place| BotId(place as u16))
    }

    pub fn bots(&self) -> impl Iterator<Item = &Bot> {
        let (bots, desks) = self.ends;
        self.bots[..bots].iter().chain(&self.bots[BOTS_MAX..desks]).flatten()
    }

    pub fn bots_mut(&mut self) -> impl Iterator<Item = &mut Bot> {
        let (bots, desks) = (self.ends.0, self.ends.1 - BOTS_MAX);
        let (of_bots, of_desks) = self.bots.split_at_mut(BOTS_MAX);
        of_bots[..bots].iter_mut().chain(&mut of_desks[..desks]).flatten()
    }

    /// Whoever can have orders and positions: bots, then desks. None that is defined is left out.
    pub fn owners(&self) -> impl Iterator<Item = BotId> + use<> {
        let (bots, desks) = self.ends;
        (0..bots).chain(BOTS_MAX..desks).map(|place| BotId(place as u16))
    }

    /// The first of [`Registry::owners`] from a place on.
    pub fn next_owner(&self, from: usize) -> Option<BotId> {
        let (bots, desks) = self.ends;
        // Desks come after the places of all bots.
        let place = if from < bots { from } else { from.max(BOTS_MAX) };
        (place < desks).then_some(BotId(place as u16))
    }

    /// Whether a scope names something that is defined.
    pub fn knows(&self, scope: Scope) -> bool {
        match scope {
            Scope::Platform => true,
            Scope::Account(id) => self.account(id).is_some(),
            Scope::Bot(id) => self.bot(id).is_some(),
            Scope::Instrument(id) => self.instrument(id).is_some(),
            Scope::Route(route) => self.bots().any(|bot| bot.route() == route),
        }
    }

    /// All contracts of the product that an instrument is one of, itself included.
    pub fn contracts_like(
        &self,
        instrument: InstrumentId,
    ) -> impl Iterator<Item = InstrumentId> + use<'_> {
        let product = self.instrument(instrument).map(|known| known.definition.product);
        let known = self.instruments.iter().flatten().map(|known| &known.definition);
        known.filter(move |known| Some(known.product) == product).map(|known| known.instrument)
    }

    /// A day ends otherwise than the calendars know, from the next instrument on that is defined.
    pub fn change_day(&mut self, day: &CalendarDay) -> Result<(), Mistake> {
        self.calendars.on_day(day)
    }

    /// Defines or redefines an instrument. Its tick and multiplier must be above zero: prices and
    /// profits hang on them.
    pub fn define_instrument(&mut self, definition: &InstrumentDefinition) -> Result<(), Refused> {
        if self.calendars.settle() {
            for known in self.instruments.iter_mut().flatten() {
                known.calendar = self.calendars.of_product(known.definition.product.as_str());
            }
        }
        let slot = self
            .instruments
            .get_mut(definition.instrument.0 as usize)
            .ok_or(Refused::OutOfTable)?;
        if definition.tick.0 <= 0 || !definition.tick.is_some() || definition.multiplier.0 <= 0 {
            return Err(Refused::BadNumbers);
        }
        let calendar = self.calendars.of_product(definition.product.as_str());
        match slot {
            Some(known) => {
                if known.definition.symbol != definition.symbol {
                    (known.end, known.reach) = (None, AGGRESSION_TICKS);
                    let others = !bit(definition.instrument);
                    self.bots.iter_mut().flatten().for_each(|bot| bot.stood_on &= others);
                }
                known.definition = *definition;
                known.calendar = calendar;
            }
            None => {
                *slot = Some(Instrument {
                    definition: *definition,
                    calendar,
                    view: None,
                    venue_limits: (Price::NONE, Price::NONE),
                    seen_at: None,
                    stale: false,
                    reach: AGGRESSION_TICKS,
                    end: None,
                    nearness: Nearness::Far,
                })
            }
        }
        Ok(())
    }

    /// Defines or redefines an account.
    pub fn define_account(&mut self, definition: &AccountDefinition) -> Result<(), Refused> {
        let slot =
            self.accounts.get_mut(definition.account.0 as usize).ok_or(Refused::OutOfTable)?;
        *slot = Some(*definition);
        self.accounts_end = self.accounts_end.max(usize::from(definition.account.0) + 1);
        Ok(())
    }

    /// Defines or redefines a bot, as the chain's head has ruled. A definition that moves a position is
    /// never ruled to be in force; should one come all the same, it only disables the bot.
    pub fn define_bot(&mut self, definition: &BotDefinition) -> Result<(), Refused> {
        let product = |id| self.instrument(id).map(|known| known.definition.product);
        let before = self.bot(definition.bot).map(|known| known.definition.instrument);
        let rolls = before.is_some_and(|before| product(before) == product(definition.instrument));
        let bots = &mut self.bots[..BOTS_MAX];
        let slot = bots.get_mut(definition.bot.0 as usize).ok_or(Refused::OutOfTable)?;
        let Some(known) = slot else {
            *slot = Some(Bot::new(definition));
            self.ends.0 = self.ends.0.max(usize::from(definition.bot.0) + 1);
            return Ok(());
        };
        known.proposed = None;
        let moves = known.definition.instrument != definition.instrument
            || known.definition.account != definition.account
            || known.route() != definition.route();
        if moves && known.position.qty() != 0 {
            known.definition.enabled = false;
            return Err(Refused::InUse);
        }
        let stood_on = if rolls { known.stood_on | bit(known.definition.instrument) } else { 0 };
        known.stood_on = stood_on & !bit(definition.instrument);
        known.definition = *definition;
        Ok(())
    }

    /// Opens a desk. It is never redefined.
    pub fn define_desk(&mut self, definition: &BotDefinition) {
        assert!(definition.bot.is_desk(), "a desk has a place of its own");
        let place = usize::from(definition.bot.0);
        self.bots[place].get_or_insert_with(|| Bot::new(definition));
        self.ends.1 = self.ends.1.max(place + 1);
    }

    /// Keeps a definition that is not in force, until it is ruled about. Its bot opens nothing
    /// meanwhile.
    pub fn propose_bot(&mut self, definition: &BotDefinition) -> Result<(), Refused> {
        let slot =
            self.bots[..BOTS_MAX].get_mut(definition.bot.0 as usize).ok_or(Refused::OutOfTable)?;
        if let Some(known) = slot {
            known.proposed = Some(*definition);
        }
        Ok(())
    }

    /// Whether this run has told when contracts end.
    pub fn tells_ends(&self) -> bool {
        self.tells_ends
    }

    /// This run tells when contracts end.
    pub fn tell_ends(&mut self) {
        self.tells_ends = true;
    }

    /// Begins a run. The first configuration is accepted as it is; says whether a later one differs
    /// from the last that was accepted.
    pub fn begin(&mut self, run: &RunStart) -> bool {
        self.run = Some(*run);
        self.calendars.begin();
        self.tells_ends = false;
        self.instruments_mut().for_each(|instrument| {
            (instrument.end, instrument.reach) = (None, AGGRESSION_TICKS);
        });
        if self.accepted.is_none() || run.run <= 1 {
            self.accepted = Some(run.config_hash);
        }
        self.configuration_changed()
    }

    /// Whether the run's configuration waits for a person.
    pub fn configuration_changed(&self) -> bool {
        self.run.is_some_and(|run| self.accepted != Some(run.config_hash))
    }

    /// The last configuration that was accepted; `None` before the first run.
    pub fn accepted_configuration(&self) -> Option<[u8; 32]> {
        self.accepted
    }

    /// Accepts the run's configuration; says whether there was anything to accept.
    pub fn accept_configuration(&mut self) -> bool {
        let changed = self.configuration_changed();
        self.accepted = self.run.map(|run| run.config_hash).or(self.accepted);
        changed
    }

    /// Whether a run has begun.
    pub fn has_begun(&self) -> bool {
        self.run.is_some()
    }

    /// Whether a run has begun with a passed self-test.
    pub fn is_self_tested(&self) -> bool {
        self.run.is_some_and(|run| run.self_test_passed)
    }

    /// The bot of an order identity, if it is one of ours.
    pub fn owner(&self, id: ClOrdId) -> Option<BotId> {
        (id.is_some() && self.bot(id.bot()).is_some()).then(|| id.bot())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_are_gone_through_from_any_place_on_with_any_number_of_bots_and_desks() {
        for bots in [0, 1, 3, BOTS_MAX] {
            for desks in [BOTS_MAX, BOTS_MAX + 1, OWNERS_MAX] {
                let mut registry = Registry::new();
                registry.ends = (bots, desks);
                for from in (0..5).chain(BOTS_MAX - 1..BOTS_MAX + 3).chain([OWNERS_MAX]) {
                    let expected = registry.owners().find(|id| usize::from(id.0) >= from);
                    assert_eq!(registry.next_owner(from), expected, "{bots} {desks} {from}");
                }
            }
        }
    }
}
