//! What a journal says happened, counted independently of the platform's own bookkeeping.

use gauntlet_journal::{EffectEntry, EffectReader, InputReader, Position};
use gauntlet_model::effect::{Effect, OrderChanged, OutboundKind, OutboundRecord, PositionChanged};
use gauntlet_model::ids::{BotId, ClOrdId};
use gauntlet_model::input::{ExecType, ExecutionReport, Input, Route, Sequenced, SessionChange};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// An entry of the effects' stream with its cause.
#[derive(Clone, Copy, Debug)]
pub struct Recorded {
    /// The number of the input that caused it.
    pub cause: u64,
    /// What it is.
    pub entry: EffectEntry,
}

/// A journal, read whole.
#[derive(Debug, Default)]
pub struct Ledger {
    /// Every input.
    pub inputs: Vec<Sequenced>,
    /// Every effect and sent message.
    pub effects: Vec<Recorded>,
    /// Inputs lost with a machine, first to last. The node knows nothing of what they caused.
    pub lost: Vec<(u64, u64)>,
}

impl Ledger {
    /// Reads a journal up to its live end.
    ///
    /// # Panics
    /// When it cannot be read.
    pub fn read(journal: &Path) -> Ledger {
        let mut live = Live::new(journal);
        live.look();
        assert!(live.readers.is_some(), "there is no journal in {}", journal.display());
        live.ledger
    }

    /// The effects proper, without those whose inputs are lost.
    pub fn effects(&self) -> impl Iterator<Item = (u64, &Effect)> {
        self.effects.iter().filter_map(|recorded| match &recorded.entry {
            EffectEntry::Effect(effect) if !self.is_lost(recorded.cause) => {
                Some((recorded.cause, effect))
            }
            EffectEntry::Effect(_) | EffectEntry::Sent(_) | EffectEntry::CopySent(_) => None,
        })
    }

    /// Whether an input was lost with a machine.
    pub fn is_lost(&self, input: u64) -> bool {
        self.lost.iter().any(|(first, last)| (*first..=*last).contains(&input))
    }

    /// Takes in an input. Numbers that it passes over are those of lost ones.
    fn take(&mut self, sequenced: Sequenced) {
        let expected = self.last_seq() + 1;
        if sequenced.seq > expected {
            self.lost.push((expected, sequenced.seq - 1));
        }
        self.inputs.push(sequenced);
    }

    /// Messages for brokers.
    pub fn outbound(&self) -> impl Iterator<Item = (u64, &OutboundRecord)> {
        self.effects().filter_map(|(cause, effect)| match effect {
            Effect::Outbound(outbound) => Some((cause, outbound)),
            _ => None,
        })
    }

    /// New orders for brokers.
    pub fn new_orders(&self) -> impl Iterator<Item = (u64, &OutboundRecord)> {
        self.outbound().filter(|(_, outbound)| outbound.kind == OutboundKind::New)
    }

    /// New orders that make their bot's position grow, with the input that caused each. The others only
    /// close what is held, which no kill stops.
    pub fn opening_orders(&self) -> impl Iterator<Item = (u64, &OutboundRecord)> {
        let mut held = BTreeMap::new();
        self.effects().filter_map(move |(cause, effect)| match effect {
            Effect::Position(position) => {
                held.insert(position.bot, i64::from(position.qty));
                None
            }
            Effect::Outbound(order) if order.kind == OutboundKind::New => {
                let holds = held.get(&order.bot).copied().unwrap_or(0);
                let closes =
                    holds.signum() == -order.side.sign() && i64::from(order.qty) <= holds.abs();
                (!closes).then_some((cause, order))
            }
            _ => None,
        })
    }

    /// The broker's reports.
    pub fn reports(&self) -> impl Iterator<Item = &ExecutionReport> {
        self.inputs.iter().filter_map(|sequenced| match &sequenced.input {
            Input::Execution(report) if report.route == Route::BROKER => Some(report),
            _ => None,
        })
    }

    /// The broker's fills, each once.
    pub fn fills(&self) -> Vec<&ExecutionReport> {
        let mut seen = BTreeSet::new();
        self.reports()
            .filter(|report| report.exec_type == ExecType::Trade)
            .filter(|report| seen.insert(report.exec_id.as_str().to_owned()))
            .collect()
    }

    /// Signed contracts by bot, from the fills alone.
    pub fn filled_by_bot(&self) -> BTreeMap<BotId, i64> {
        let mut held = BTreeMap::new();
        for fill in self.fills() {
            let signed = fill.side.sign() * i64::from(fill.last_qty);
            *held.entry(fill.cl_ord_id.bot()).or_default() += signed;
        }
        held.retain(|_, qty| *qty != 0);
        held
    }

    /// Signed contracts by bot, as the platform says.
    pub fn positions(&self) -> BTreeMap<BotId, i64> {
        let mut held: BTreeMap<BotId, PositionChanged> = BTreeMap::new();
        for (_, effect) in self.effects() {
            if let Effect::Position(position) = effect {
                held.insert(position.bot, *position);
            }
        }
        held.into_iter()
            .map(|(bot, position)| (bot, i64::from(position.qty)))
            .filter(|(_, qty)| *qty != 0)
            .collect()
    }

    /// Every order of the broker's route as last told, by the identity it was first sent under.
    pub fn orders(&self) -> BTreeMap<ClOrdId, OrderChanged> {
        let mut orders = BTreeMap::new();
        for (_, effect) in self.effects() {
            if let Effect::Order(order) = effect
                && order.route == Route::BROKER
            {
                orders.insert(order.order, *order);
            }
        }
        orders
    }

    /// How often the broker session came up.
    pub fn logons(&self) -> usize {
        self.sessions(SessionChange::LoggedOn)
    }

    /// How often the broker session changed so.
    pub fn sessions(&self, wanted: SessionChange) -> usize {
        let is = |s: &&Sequenced| matches!(s.input, Input::Session(e) if e.change == wanted);
        self.inputs.iter().filter(is).count()
    }

    /// The number of the last input.
    pub fn last_seq(&self) -> u64 {
        self.inputs.last().map_or(0, |sequenced| sequenced.seq)
    }
}

/// A journal followed while another process writes it.
#[derive(Debug)]
pub struct Live {
    journal: PathBuf,
    readers: Option<(InputReader, EffectReader)>,
    /// What was read so far.
    pub ledger: Ledger,
}

impl Live {
    /// Follows a journal from its beginning, as soon as there is one.
    pub fn new(journal: &Path) -> Live {
        Live { journal: journal.to_owned(), readers: None, ledger: Ledger::default() }
    }

    /// Takes in what was written since.
    ///
    /// # Panics
    /// When the journal cannot be read.
    pub fn look(&mut self) -> &Ledger {
        if self.readers.is_none() {
            let inputs = InputReader::open(&self.journal, Position::START).ok();
            let effects = EffectReader::open(&self.journal, Position::START).ok();
            self.readers = inputs.zip(effects);
        }
        let Some((inputs, effects)) = &mut self.readers else { return &self.ledger };
        while let Some(record) = inputs.next().expect("the inputs can be read") {
            self.ledger.take(record.sequenced);
        }
        while let Some(record) = effects.next().expect("the effects can be read") {
            self.ledger.effects.push(Recorded { cause: record.cause, entry: record.entry });
        }
        &self.ledger
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gauntlet_model::input::Timer;
    use gauntlet_model::units::UnixNanos;

    #[test]
    fn numbers_that_inputs_pass_over_are_those_of_lost_ones() {
        let mut ledger = Ledger::default();
        for seq in [1, 2, 6, 7, 9] {
            let input = Input::Timer(Timer { second: seq });
            ledger.take(Sequenced { seq, time: UnixNanos(seq), input });
        }
        assert_eq!(ledger.lost, [(3, 5), (8, 8)]);
        let lost: Vec<u64> = (0..=10).filter(|input| ledger.is_lost(*input)).collect();
        assert_eq!(lost, [3, 4, 5, 8], "10 is an input's that was not read yet");
    }
}
