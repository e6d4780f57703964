//! What a journal's effects led to, held against what this build comes to from the same inputs: the
//! statements that bring the one to the other.

mod limits;
mod losses;
mod orders;
mod parents;

use gauntlet_journal::{EffectEntry, EffectReader, InputReader, JournalError, Position};
use gauntlet_manager::chain::Chain;
use gauntlet_model::desk::OWNERS_MAX;
use gauntlet_model::effect::{
    BreakerChanged, DoubtChanged, Effect, FreezeChanged, KillChanged, PositionChanged, TimeInForce,
};
use gauntlet_model::ids::{AccountId, BotId, ClOrdId, InstrumentId};
use gauntlet_model::input::{
    Command, CommandKind, DecisionsAccepted, Input, Route, Stated, StatedKind,
};
use gauntlet_model::text::Text;
use gauntlet_model::units::{Money, Price, Side, UnixNanos};
use limits::RecordedLimits;
use losses::RecordedLosses;
use orders::RecordedOrders;
use parents::RecordedParents;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What a journal's effects add up to.
#[derive(Default)]
struct RecordedState {
    positions: BTreeMap<u16, PositionChanged>,
    orders: RecordedOrders,
    parents: RecordedParents,
    losses: RecordedLosses,
    limits: RecordedLimits,
    kills: Vec<(KillChanged, bool)>,
    breakers: Vec<BreakerChanged>,
    doubts: BTreeMap<(u8, u16, u16), DoubtChanged>,
}

impl RecordedState {
    fn read(dir: &Path) -> Result<RecordedState, JournalError> {
        let mut told = RecordedState::default();
        let stops = stops(dir)?;
        let mut reader = EffectReader::open(dir, Position::default())?;
        while let Some(record) = reader.next()? {
            let EffectEntry::Effect(effect) = record.entry else { continue };
            // An orderly stop tells itself as a kill, and ends with its run.
            if !(matches!(effect, Effect::Kill(_)) && stops.contains(&record.cause)) {
                told.take(&effect, record.time);
            }
        }
        Ok(told)
    }

    fn take(&mut self, effect: &Effect, time: UnixNanos) {
        self.orders.take(effect, time);
        self.losses.take(effect, time);
        self.limits.take(effect);
        self.parents.take(effect);
        match effect {
            Effect::Position(position) => {
                self.positions.insert(position.bot.0, *position);
            }
            Effect::Kill(kill) => {
                self.kills.retain(|(known, _)| known.scope != kill.scope);
                if kill.active {
                    self.kills.push((*kill, false));
                }
            }
            Effect::Freeze(FreezeChanged { scope, active }) => {
                let known = self.kills.iter_mut().find(|(kill, _)| kill.scope == *scope);
                if let Some((_, frozen)) = known {
                    *frozen = *active;
                }
            }
            Effect::Breaker(breaker) => {
                self.breakers.retain(|known| known.scope != breaker.scope);
                if breaker.active {
                    self.breakers.push(*breaker);
                }
            }
            Effect::Doubt(doubt) => {
                let place = (doubt.route.number(), doubt.account.0, doubt.instrument.0);
                match doubt.active {
                    true => self.doubts.insert(place, *doubt),
                    false => self.doubts.remove(&place),
                };
            }
            _ => {}
        }
    }
}

/// The inputs that asked for an orderly stop.
fn stops(dir: &Path) -> Result<BTreeSet<u64>, JournalError> {
    let mut reader = InputReader::open(dir, Position::default())?;
    let mut stops = BTreeSet::new();
    while let Some(record) = reader.next()? {
        if let Input::Command(Command { kind: CommandKind::Stop, .. }) = record.sequenced.input {
            stops.insert(record.sequenced.seq);
        }
    }
    Ok(stops)
}

/// The inputs by which a person accepts the decisions of another build, from input `first` on: the
/// acceptance, then what this build's `chain` sees otherwise than the journal's effects.
///
/// # Errors
/// The journal cannot be read.
pub fn statement(
    dir: &Path,
    (first, last): (u64, u64),
    chain: &Chain,
    (actor, reason): (&str, &str),
) -> Result<Vec<Input>, JournalError> {
    let told = RecordedState::read(dir)?;
    let positions = positions(&told, chain);
    let losses = told.losses.stated(chain, &positions);
    let mut stated: Vec<Input> = positions.into_iter().map(Input::Stated).collect();
    stated.extend(told.orders.stated(chain));
    stated.extend(told.parents.stated(chain).into_iter().map(Input::StatedParent));
    stated.extend(doubts(&told, chain).into_iter().map(Input::Stated));
    stated.extend(losses.into_iter().map(Input::StatedLoss));
    let accepted = DecisionsAccepted {
        first,
        last,
        stated: stated.len() as u32,
        actor: Text::new(actor),
        reason: Text::new(reason),
    };
    let mut inputs = vec![Input::DecisionsAccepted(accepted)];
    inputs.extend(stated);
    inputs.extend(told.limits.stated(chain).into_iter().map(Input::LimitChange));
    inputs.extend(kills(&told, chain));
    inputs.extend(breakers(&told, chain));
    Ok(inputs)
}

const NOTHING: Stated = Stated {
    kind: StatedKind::Position,
    route: Route::BROKER,
    bot: BotId(0),
    account: AccountId(0),
    instrument: InstrumentId(0),
    order: ClOrdId::NONE,
    cl_ord_id: ClOrdId::NONE,
    side: Side::Buy,
    qty: 0,
    cum_qty: 0,
    price: Price::NONE,
    time_in_force: TimeInForce::Day,
    held: 0,
    cost: 0,
    realized: Money(0),
    volume: 0,
};

fn positions(told: &RecordedState, chain: &Chain) -> Vec<Stated> {
    let risk = chain.risk();
    let owners = (0..OWNERS_MAX as u16).map(BotId);
    let differs = |bot: BotId| {
        let definition = risk.bot(bot)?;
        let ours = risk.position(bot).copied().unwrap_or_default();
        let held = told.positions.get(&bot.0);
        let (qty, cost, realized, volume) = held
            .map_or((0, 0, Money(0), 0), |held| (held.qty, held.cost, held.realized, held.volume));
        let same = (ours.qty(), ours.cost(), ours.realized(), ours.volume())
            == (qty, cost, realized, volume);
        (!same).then_some(Stated {
            kind: StatedKind::Position,
            route: definition.route(),
            bot,
            account: definition.account,
            instrument: definition.instrument,
            held: i64::from(qty),
            cost,
            realized,
            volume,
            ..NOTHING
        })
    };
    owners.filter_map(differs).collect()
}

fn doubts(told: &RecordedState, chain: &Chain) -> Vec<Stated> {
    let unknown = |doubt: &&DoubtChanged| {
        !chain.risk().is_in_doubt(doubt.route, doubt.account, doubt.instrument)
    };
    let stated = |doubt: &DoubtChanged| Stated {
        kind: StatedKind::Doubt,
        route: doubt.route,
        account: doubt.account,
        instrument: doubt.instrument,
        held: doubt.contracts,
        ..NOTHING
    };
    told.doubts.values().filter(unknown).map(stated).collect()
}

/// Kills that are in force by the journal and not by this build. One that only this build has stays: a
/// person lifts it.
fn kills(told: &RecordedState, chain: &Chain) -> Vec<Input> {
    let missing = told.kills.iter().filter(|(kill, _)| !chain.risk().is_killed(kill.scope));
    let command = |(kill, frozen): &(KillChanged, bool)| {
        let kind = match frozen {
            true => CommandKind::Freeze,
            false => CommandKind::Kill { flatten: kill.flatten },
        };
        let KillChanged { scope, actor, reason, .. } = *kill;
        Input::Command(Command { kind, scope, actor, reason })
    };
    missing.map(command).collect()
}

/// Breakers that are open by the journal and not by this build: a kill stands for each, which a person lifts.
fn breakers(told: &RecordedState, chain: &Chain) -> Vec<Input> {
    let stopped = |scope| chain.risk().breaker(scope).is_some() || chain.risk().is_killed(scope);
    let missing = told.breakers.iter().filter(|breaker| !stopped(breaker.scope));
    let command = |breaker: &BreakerChanged| {
        let BreakerChanged { scope, actor, reason, .. } = *breaker;
        let kind = CommandKind::Kill { flatten: false };
        Input::Command(Command { kind, scope, actor, reason })
    };
    missing.map(command).collect()
}
