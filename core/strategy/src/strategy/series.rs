//! What is computed once a bar for all bots of one series of bars.

use super::compile::Compiler;
use super::graph::Graph;
use super::node::{Key, NodeId};
use super::plan::{Plan, PlanError};
use super::{Strategy, clock};
use crate::indicator::{Kind, Spec};
use crate::rule::ast::Field;
use crate::sample::Sample;
use gauntlet_model::input::{Distance, Exits, Trailing};
use std::collections::VecDeque;

/// Past bars that a series keeps, so that what is added to it later need not wait for new ones.
pub const KEPT_SAMPLES: usize = 4_096;

/// The numbers and conditions of all strategies on one series of bars (one instrument, one kind of
/// bar, one session), each computed once however many strategies use it.
///
/// Equal sub-expressions are one node: the same indicator with the same parameters over the same
/// source is computed once. Strategies are attached, and nodes that none uses any more dropped,
/// when bots are defined, which takes memory; [`Series::update`] takes none.
#[derive(Clone, Debug)]
pub struct Series {
    graph: Graph,
    past: VecDeque<Sample>,
}

/// The nodes of a chandelier exit (Chuck LeBeau's): extremes and mean true range of the last bars.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChandelierNodes {
    /// The highest high.
    pub highest: NodeId,
    /// The lowest low.
    pub lowest: NodeId,
    /// Wilder's average true range.
    pub atr: NodeId,
}

impl Series {
    /// A series that has seen nothing; `tick` is the smallest step of the instrument's price in
    /// whole units of price.
    pub fn new(tick: f64) -> Series {
        clock::prepare();
        Series { graph: Graph::new(tick), past: VecDeque::with_capacity(KEPT_SAMPLES) }
    }

    /// Adds the nodes of a strategy that are missing. They see the bars that were kept, so that a
    /// strategy which is added late is as warm as those bars make it.
    ///
    /// # Errors
    /// When the plan cannot run, or there is no room; the series is then as before.
    pub fn attach(&mut self, plan: &Plan) -> Result<Strategy, PlanError> {
        self.extend(|graph| Compiler::new(graph, plan).strategy())
    }

    /// The node of Wilder's average true range over a period.
    ///
    /// # Errors
    /// When the period is not one that the indicator takes, or there is no room.
    pub fn atr(&mut self, period: u32) -> Result<NodeId, PlanError> {
        self.extend(|graph| indicator(graph, Kind::Atr, period, None))
    }

    /// The nodes of a chandelier exit over a period.
    ///
    /// # Errors
    /// As [`Series::atr`].
    pub fn chandelier(&mut self, period: u32) -> Result<ChandelierNodes, PlanError> {
        self.extend(|graph| chandelier(graph, period))
    }

    fn extend<T>(
        &mut self,
        add: impl FnOnce(&mut Graph) -> Result<T, PlanError>,
    ) -> Result<T, PlanError> {
        self.graph.begin();
        let added = add(&mut self.graph);
        match &added {
            Ok(_) if self.graph.made().is_empty() => {}
            Ok(_) => self.graph.warm(self.past.iter()),
            Err(_) => self.graph.abandon(),
        }
        added
    }

    /// Drops the nodes that neither `used` nor what they read needs. `used` is everything that
    /// [`Strategy::nodes`], [`Series::atr`] and [`Series::chandelier`] gave and that is still asked
    /// for.
    pub fn retain(&mut self, used: impl Iterator<Item = NodeId>) {
        self.graph.retain(used);
    }

    /// Takes the next finished bar: computes every node once. Takes no memory.
    ///
    /// A first bar that may lack trades is left out: everything would remember its wrong extremes.
    pub fn update(&mut self, sample: &Sample) {
        if self.past.is_empty() && sample.gap {
            return;
        }
        if self.past.len() == KEPT_SAMPLES {
            self.past.pop_front();
        }
        self.past.push_back(*sample);
        self.graph.update(sample);
    }

    /// The value of a node after the last bar; `NaN` while it is undefined.
    pub fn value(&self, node: NodeId) -> f64 {
        self.graph.value(node)
    }

    /// Whether a node has seen so much that earlier history no longer matters to it.
    pub fn is_settled(&self, node: NodeId) -> bool {
        self.graph.is_settled(node)
    }

    /// How many different things are computed for each bar, constants included.
    pub fn nodes(&self) -> usize {
        self.graph.len()
    }

    pub(super) fn values(&self) -> &[f64] {
        self.graph.values()
    }
}

/// The nodes of the mean true ranges that exits are measured in, and of their chandelier.
pub(super) fn ranges_of(exits: &Exits, graph: &mut Graph) -> Result<Vec<NodeId>, PlanError> {
    let Exits { stop_loss, take_profit, break_even_after, break_even_plus, trailing, .. } = *exits;
    let behind = match trailing {
        Trailing::By(distance) => distance,
        Trailing::None | Trailing::Chandelier { .. } => Distance::None,
    };
    let mut nodes = vec![];
    for distance in [stop_loss, take_profit, break_even_after, break_even_plus, behind] {
        if let Distance::Atr { period, .. } = distance {
            nodes.push(indicator(graph, Kind::Atr, period.into(), None)?);
        }
    }
    if let Trailing::Chandelier { period, .. } = trailing {
        let ChandelierNodes { highest, lowest, atr } = chandelier(graph, period.into())?;
        nodes.extend([highest, lowest, atr]);
    }
    Ok(nodes)
}

fn chandelier(graph: &mut Graph, period: u32) -> Result<ChandelierNodes, PlanError> {
    Ok(ChandelierNodes {
        highest: indicator(graph, Kind::Highest, period, Some(Field::High))?,
        lowest: indicator(graph, Kind::Lowest, period, Some(Field::Low))?,
        atr: indicator(graph, Kind::Atr, period, None)?,
    })
}

fn indicator(
    graph: &mut Graph,
    kind: Kind,
    period: u32,
    source: Option<Field>,
) -> Result<NodeId, PlanError> {
    let spec = Spec::new(kind, &[f64::from(period)]).map_err(PlanError::Indicator)?;
    let mut node = |key| graph.node(key).ok_or(PlanError::NoRoom);
    let source = source.map(|field| node(Key::Field(field))).transpose()?;
    node(Key::Indicator { spec, source })
}
