//! Limits in layers: the platform's, an account's, a bot's. A lower layer only tightens, so what counts for a
//! bot is the tightest of the three, worked out when one of them is told and looked up by a check.
//!
//! A run that is told no [`RiskLimits`] of the platform's is one from before there were any: then the
//! definitions' own limits count alone, and the controls that came with them are not in force.

use gauntlet_model::desk::OWNERS_MAX;
use gauntlet_model::ids::{ACCOUNTS_MAX, AccountId, BotId, INSTRUMENTS_MAX, InstrumentId};
use gauntlet_model::input::{BotDefinition, ContractTerms, LimitKind, RiskLimits, Scope};

use gauntlet_runtime::prefetch::prefetch_entry;

use super::changes::Changes;
use super::registry::Registry;
use super::volatility::WHOLE;

const NANOS_PER_MILLI: u64 = 1_000_000;

/// What counts for one bot. Zero is missing but for what says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct InForce {
    /// R1: contracts in one order, by the bot, its account and the platform.
    pub order_qty: u32,
    /// R3: contracts that the bot may hold.
    pub position: u32,
    /// R3: contracts that its account may hold.
    pub account_position: u32,
    /// R3: contracts that all accounts may hold; zero says nothing.
    pub platform_position: u32,
    /// R2: micro-dollars that one order may be worth.
    pub order_value: i64,
    /// R6, in nanoseconds.
    pub duplicate_window: u64,
    /// R7: openings within `executions_window`.
    pub executions: u32,
    /// R7, in nanoseconds.
    pub executions_window: u64,
    /// R12: a bit for each instrument.
    pub instruments: u64,
    /// R13: the part of the equity that margins may take, in percent.
    pub margin_percent: u32,
}

impl InForce {
    /// No limit at all, and so nothing that may be opened.
    const NOTHING: InForce = InForce {
        order_qty: 0,
        position: 0,
        account_position: 0,
        platform_position: 0,
        order_value: 0,
        duplicate_window: 0,
        executions: 0,
        executions_window: 0,
        instruments: 0,
        margin_percent: 0,
    };
}

/// The layers as told, and what they come to.
#[derive(Clone, Debug)]
pub(super) struct Limits {
    told_platform: Option<RiskLimits>,
    told_accounts: [Option<RiskLimits>; ACCOUNTS_MAX],
    told_bots: Vec<Option<RiskLimits>>,
    /// As told, with what people changed.
    platform: Option<RiskLimits>,
    accounts: [Option<RiskLimits>; ACCOUNTS_MAX],
    bots: Vec<Option<RiskLimits>>,
    /// What people changed.
    pub changes: Changes,
    in_force: Vec<InForce>,
    /// By instrument: the exchange's fee for a contract, in micro-dollars.
    fees: [i64; INSTRUMENTS_MAX],
    /// R24: a bit for each instrument whose volatility is to be watched by what is said in part only.
    unmeasured: u64,
}

impl Limits {
    pub fn new() -> Limits {
        Limits {
            told_platform: None,
            told_accounts: [None; ACCOUNTS_MAX],
            told_bots: vec![None; OWNERS_MAX],
            platform: None,
            accounts: [None; ACCOUNTS_MAX],
            bots: vec![None; OWNERS_MAX],
            changes: Changes::new(),
            in_force: vec![InForce::NOTHING; OWNERS_MAX],
            fees: [0; INSTRUMENTS_MAX],
            unmeasured: 0,
        }
    }

    /// A run begins: what it has, it is told.
    pub fn begin(&mut self) {
        self.told_platform = None;
        self.told_accounts.fill(None);
        self.told_bots.fill(None);
        self.refresh_layers();
        self.fees.fill(0);
        self.unmeasured = 0;
    }

    /// Takes the limits of a scope in; says whether there is a place for them.
    pub fn tell(&mut self, limits: &RiskLimits) -> bool {
        let slot = match limits.scope {
            Scope::Platform => Some(&mut self.told_platform),
            Scope::Account(id) => self.told_accounts.get_mut(usize::from(id.0)),
            Scope::Bot(id) => self.told_bots.get_mut(usize::from(id.0)),
            Scope::Instrument(_) | Scope::Route(_) => None,
        };
        let known = slot.map(|slot| *slot = Some(*limits)).is_some();
        self.refresh_layers();
        known
    }

    /// Works the layers out anew from what was told and changed.
    pub fn refresh_layers(&mut self) {
        let changes = &self.changes;
        let layer = |told: Option<RiskLimits>, scope: Scope| match told {
            Some(told) => Some(changes.apply_to(told)),
            None if changes.concerns(scope) => Some(changes.apply_to(RiskLimits::none(scope))),
            None => None,
        };
        self.platform = self.told_platform.map(|told| changes.apply_to(told));
        for (place, told) in self.told_accounts.iter().enumerate() {
            self.accounts[place] = layer(*told, Scope::Account(AccountId(place as u16)));
        }
        for (place, told) in self.told_bots.iter().enumerate() {
            self.bots[place] = layer(*told, Scope::Bot(BotId(place as u16)));
        }
    }

    /// The layer of exactly one scope, as changed.
    pub fn layer(&self, scope: Scope) -> Option<&RiskLimits> {
        match scope {
            Scope::Platform => self.platform(),
            Scope::Account(id) => self.account(id),
            Scope::Bot(id) => self.bot(id),
            _ => None,
        }
    }

    /// The limit of exactly one scope as it is in force; 0 where it says nothing.
    pub fn value(&self, scope: Scope, limit: LimitKind, registry: &Registry) -> i64 {
        let layer = self.layer(scope);
        let of_layer = |of: fn(&RiskLimits) -> i64| layer.map_or(0, of);
        match (limit, scope) {
            (LimitKind::OrderQty, Scope::Bot(id)) => {
                let told = registry.bot(id).map_or(0, |bot| bot.definition.max_order_qty);
                self.changes.apply(scope, limit, i64::from(told))
            }
            (LimitKind::Position, Scope::Bot(id)) => {
                let told = registry.bot(id).map_or(0, |bot| bot.definition.max_position);
                self.changes.apply(scope, limit, i64::from(told))
            }
            (LimitKind::Position, Scope::Account(id)) => {
                let told = registry.account(id).map_or(0, |account| account.max_position);
                self.changes.apply(scope, limit, i64::from(told))
            }
            (LimitKind::PositionPercent, Scope::Instrument(id)) => self.percent(id, registry),
            (LimitKind::PositionPercent, _) => 0,
            (LimitKind::OrderQty, _) => of_layer(|layer| i64::from(layer.max_order_qty)),
            (LimitKind::Position, _) => of_layer(|layer| i64::from(layer.max_position)),
            (LimitKind::OrderValue, _) => of_layer(|layer| layer.max_order_value.0),
            (LimitKind::Executions, _) => of_layer(|layer| i64::from(layer.max_executions)),
            (LimitKind::DailyLoss, _) => of_layer(|layer| layer.max_daily_loss.0),
            (LimitKind::FlatLoss, _) => of_layer(|layer| layer.flat_daily_loss.0),
        }
    }

    /// R24: the part of the positions in force that may be held in an instrument's product, in percent.
    pub fn percent(&self, instrument: InstrumentId, registry: &Registry) -> i64 {
        let place = Scope::Instrument(self.lowered_place(instrument, registry));
        self.changes.apply(place, LimitKind::PositionPercent, WHOLE)
    }

    /// Of the contracts of an instrument's product, the one that the product's lowered part was said of; it
    /// itself where none is lowered.
    pub fn lowered_place(&self, instrument: InstrumentId, registry: &Registry) -> InstrumentId {
        let lowered = |id: &InstrumentId| self.changes.concerns(Scope::Instrument(*id));
        registry.contracts_like(instrument).find(lowered).unwrap_or(instrument)
    }

    /// What is left of a position where only a part of it may be held: one contract at least.
    fn part(&self, position: u32, instrument: InstrumentId, registry: &Registry) -> u32 {
        let bit = 1_u64.checked_shl(instrument.0.into()).unwrap_or(0);
        if position == 0 || self.unmeasured & bit != 0 {
            return 0;
        }
        match self.percent(instrument, registry) {
            WHOLE => position,
            percent => u32::try_from(i64::from(position) * percent / WHOLE).unwrap_or(0).max(1),
        }
    }

    /// Whether a value would be looser than what a layer above a scope lets it be.
    pub fn is_looser_than_above(
        &self,
        scope: Scope,
        limit: LimitKind,
        value: i64,
        registry: &Registry,
    ) -> bool {
        if limit == LimitKind::PositionPercent {
            return value > WHOLE;
        }
        let account = match scope {
            Scope::Bot(id) => registry.bot(id).map(|bot| Scope::Account(bot.definition.account)),
            _ => None,
        };
        let platform = (scope != Scope::Platform).then_some(Scope::Platform);
        let above = account.into_iter().chain(platform);
        above.map(|scope| self.value(scope, limit, registry)).any(|most| most > 0 && value > most)
    }

    /// Whether the run was told of limits: then all controls are in force.
    #[inline]
    pub fn told(&self) -> bool {
        self.platform.is_some()
    }

    /// What counts for a bot.
    #[inline]
    pub fn of(&self, bot: BotId) -> &InForce {
        self.in_force.get(usize::from(bot.0)).unwrap_or(&InForce::NOTHING)
    }

    /// See [`Risk::look_ahead`](super::Risk::look_ahead).
    #[inline]
    pub fn look_ahead(&self, bot: BotId) {
        prefetch_entry(&self.in_force, usize::from(bot.0));
    }

    /// The layers that cover a bot, the platform's first.
    fn layers(&self, bot: &BotDefinition) -> [Option<&RiskLimits>; 3] {
        [self.platform(), self.account(bot.account), self.bot(bot.bot)]
    }

    /// The platform's layer.
    pub fn platform(&self) -> Option<&RiskLimits> {
        self.platform.as_ref()
    }

    /// Takes in what a contract costs.
    pub fn tell_terms(&mut self, terms: &ContractTerms) {
        if let Some(known) = self.fees.get_mut(usize::from(terms.instrument.0)) {
            *known = terms.fee.0;
            let bit = 1 << terms.instrument.0;
            match terms.watches_volatility() {
                None => self.unmeasured |= bit,
                Some(_) => self.unmeasured &= !bit,
            }
        }
    }

    /// What a contract bought or sold costs, in micro-dollars: commission and exchange fee.
    pub fn cost_of_contract(&self, account: AccountId, instrument: InstrumentId) -> i64 {
        let commission = self.account(account).map_or(0, |limits| limits.commission.0);
        let fee = self.fees.get(usize::from(instrument.0)).copied().unwrap_or(0);
        commission.saturating_add(fee)
    }

    /// An account's layer.
    pub fn account(&self, id: AccountId) -> Option<&RiskLimits> {
        self.accounts.get(usize::from(id.0))?.as_ref()
    }

    /// A bot's layer.
    pub fn bot(&self, id: BotId) -> Option<&RiskLimits> {
        self.bots.get(usize::from(id.0))?.as_ref()
    }

    /// Works out anew what counts for a bot.
    pub fn refresh(&mut self, bot: BotId, registry: &Registry) {
        let Some(definition) = registry.bot(bot).map(|known| known.definition) else { return };
        let account = registry.account(definition.account).map_or(0, |known| known.max_position);
        let layers = self.layers(&definition);
        let told = |of: fn(&RiskLimits) -> u32| layers.into_iter().flatten().map(of);
        let (of_bot, of_account) = (Scope::Bot(bot), Scope::Account(definition.account));
        let order_qty =
            self.changes.apply_count(of_bot, LimitKind::OrderQty, definition.max_order_qty);
        let position =
            self.changes.apply_count(of_bot, LimitKind::Position, definition.max_position);
        let account = self.changes.apply_count(of_account, LimitKind::Position, account);
        let in_force = InForce {
            order_qty: tightest(order_qty, told(|one| one.max_order_qty)),
            position: self.part(
                tightest(position, layers[2].iter().map(|one| one.max_position)),
                definition.instrument,
                registry,
            ),
            account_position: tightest(account, layers[1].iter().map(|one| one.max_position)),
            platform_position: layers[0].map_or(0, |one| one.max_position),
            order_value: layers
                .iter()
                .flatten()
                .map(|one| one.max_order_value.0)
                .filter(|value| *value > 0)
                .min()
                .unwrap_or(0),
            duplicate_window: u64::from(told(|one| one.duplicate_window_ms).max().unwrap_or(0))
                * NANOS_PER_MILLI,
            executions: told(|one| one.max_executions).filter(|most| *most > 0).min().unwrap_or(0),
            executions_window: u64::from(told(|one| one.executions_window_ms).max().unwrap_or(0))
                * NANOS_PER_MILLI,
            margin_percent: told(|one| one.margin_percent)
                .filter(|percent| *percent > 0)
                .min()
                .unwrap_or(0),
            instruments: layers
                .iter()
                .flatten()
                .fold(u64::MAX, |allowed, one| allowed & one.instruments),
        };
        if let Some(slot) = self.in_force.get_mut(usize::from(bot.0)) {
            *slot = in_force;
        }
    }

    /// As [`Limits::refresh`] for every bot.
    pub fn refresh_all(&mut self, registry: &Registry) {
        registry.owners().for_each(|bot| self.refresh(bot, registry));
    }
}

/// The tightest of a limit that must be there and of layers that may say nothing.
fn tightest(needed: u32, layers: impl Iterator<Item = u32>) -> u32 {
    layers.filter(|limit| *limit > 0).fold(needed, u32::min)
}
