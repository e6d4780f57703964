//! Rounds into figures, figures into tables.

use crate::floor::FloorFigures;
use crate::platform::{Counts, PlatformFigures};
use gauntlet_benches::quiet::Round;
use gauntlet_benches::report::{Percentiles, print_table};
use gauntlet_runtime::latency::Segment;
use serde::Serialize;

/// One turn of each.
pub struct Turns {
    pub floor: Round<FloorFigures>,
    pub platform: Round<PlatformFigures>,
}

/// What is told of one rate. Times are medians of rounds, counts are sums.
#[derive(Serialize)]
pub struct Summary {
    messages_per_second: u64,
    tick_to_order: Percentiles,
    wire_to_wire: Percentiles,
    floor: Percentiles,
    /// P50 of wire to wire over P50 of the floor: the median over the rounds of each round's own.
    ratio_p50: f64,
    generator_lateness: [Percentiles; 2],
    segments: Vec<SegmentFigures>,
    turns_disturbed: usize,
    floor_unanswered: u64,
    counts: Counts,
    rounds: Vec<RoundFigures>,
}

#[derive(Serialize)]
struct SegmentFigures {
    segment: &'static str,
    #[serde(flatten)]
    figures: Percentiles,
}

#[derive(Serialize)]
struct RoundFigures {
    tick_to_order_p50_ns: u64,
    tick_to_order_p99_ns: u64,
    wire_to_wire_p50_ns: u64,
    floor_p50_ns: u64,
    /// The share of the cores that others had, with the floor and with the platform.
    others_share: [f64; 2],
}

impl Summary {
    /// Of rounds at one rate.
    pub fn of(messages_per_second: u64, rounds: &[Turns]) -> Summary {
        let median = |of: &dyn Fn(&Turns) -> Percentiles| {
            Percentiles::median_of(&rounds.iter().map(of).collect::<Vec<_>>())
        };
        let figures: Vec<RoundFigures> = rounds.iter().map(RoundFigures::of).collect();
        let mut ratios: Vec<f64> = figures
            .iter()
            .map(|round| round.wire_to_wire_p50_ns as f64 / round.floor_p50_ns.max(1) as f64)
            .collect();
        ratios.sort_by(f64::total_cmp);
        let segments = Segment::ALL.iter().filter_map(|segment| {
            let figures = median(&|round| of_segment(round, *segment));
            (figures.count > 0).then(|| SegmentFigures { segment: segment.name(), figures })
        });
        Summary {
            messages_per_second,
            tick_to_order: median(&|round| of_segment(round, Segment::TickToOrder)),
            wire_to_wire: median(&|round| round.platform.figures.wire_to_wire.percentiles()),
            floor: median(&|round| round.floor.figures.wire_to_wire.percentiles()),
            ratio_p50: ratios.get(ratios.len().saturating_sub(1) / 2).copied().unwrap_or(0.0),
            generator_lateness: [
                median(&|round| round.floor.figures.lateness.percentiles()),
                median(&|round| round.platform.figures.lateness.percentiles()),
            ],
            segments: segments.collect(),
            turns_disturbed: rounds
                .iter()
                .flat_map(|round| [round.floor.is_disturbed(), round.platform.is_disturbed()])
                .filter(|disturbed| *disturbed)
                .count(),
            floor_unanswered: rounds.iter().map(|round| round.floor.figures.unanswered).sum(),
            counts: rounds
                .iter()
                .fold(Counts::default(), |sum, round| sum.plus(&round.platform.figures.counts)),
            rounds: figures,
        }
    }

    /// Whether nothing went missing and nothing was refused.
    pub fn is_clean(&self) -> bool {
        self.counts.are_clean() && self.floor_unanswered == 0
    }

    /// Prints it for people.
    pub fn print(&self) {
        println!("\n## {} messages a second\n", self.messages_per_second);
        let row = |name: &str, figures: &Percentiles| {
            std::iter::once(name.to_owned()).chain(figures.cells()).collect::<Vec<_>>()
        };
        let heads = |first| std::iter::once(first).chain(Percentiles::HEADS).collect::<Vec<_>>();
        let ratio = |of: fn(&Percentiles) -> u64| {
            format!("{:.2}", of(&self.wire_to_wire) as f64 / of(&self.floor).max(1) as f64)
        };
        let ratios = [
            "wire to wire / floor".to_owned(),
            String::new(),
            format!("{:.2}", self.ratio_p50),
            ratio(|p| p.p90_ns),
            ratio(|p| p.p99_ns),
            ratio(|p| p.p999_ns),
            ratio(|p| p.max_ns),
        ];
        print_table(
            &heads("from message to order"),
            &[
                row("(a) tick to order, inside", &self.tick_to_order),
                row("(b) wire to wire", &self.wire_to_wire),
                row("floor, wire to wire", &self.floor),
                ratios.to_vec(),
                row("generator late, with floor", &self.generator_lateness[0]),
                row("generator late, with platform", &self.generator_lateness[1]),
            ],
        );
        println!();
        let segments: Vec<_> = self.segments.iter().map(|s| row(s.segment, &s.figures)).collect();
        print_table(&heads("segment"), &segments);
        println!();
        for round in &self.rounds {
            println!(
                "round: tick to order P50 {} ns, P99 {} ns; wire to wire P50 {} ns, floor {} ns; \
                 others had {:.1} % and {:.1} % of the cores",
                round.tick_to_order_p50_ns,
                round.tick_to_order_p99_ns,
                round.wire_to_wire_p50_ns,
                round.floor_p50_ns,
                100.0 * round.others_share[1],
                100.0 * round.others_share[0]
            );
        }
        let Counts { causes, orders, unanswered, unexpected, rejects, alerts, .. } = self.counts;
        println!(
            "{causes} messages to cause an order, {orders} orders, {unanswered} missing, \
             {unexpected} unexpected, {rejects} refused by risk, {alerts} alerts; \
             {} of the floor missing; {} turns disturbed by others",
            self.floor_unanswered, self.turns_disturbed
        );
        let Counts { samples_dropped, journal_records, journal_bytes, commits, .. } = self.counts;
        println!(
            "{samples_dropped} latency samples dropped; journal: {journal_records} records, \
             {:.1} MB, {commits} commits",
            journal_bytes as f64 / 1e6
        );
    }
}

impl RoundFigures {
    fn of(round: &Turns) -> RoundFigures {
        let inside = of_segment(round, Segment::TickToOrder);
        RoundFigures {
            tick_to_order_p50_ns: inside.p50_ns,
            tick_to_order_p99_ns: inside.p99_ns,
            wire_to_wire_p50_ns: round.platform.figures.wire_to_wire.percentiles().p50_ns,
            floor_p50_ns: round.floor.figures.wire_to_wire.percentiles().p50_ns,
            others_share: [round.floor.others_share, round.platform.others_share],
        }
    }
}

fn of_segment(round: &Turns, segment: Segment) -> Percentiles {
    let found = round.platform.figures.segments.iter().find(|(of, _)| *of == segment);
    found.map(|(_, figures)| *figures).unwrap_or_default()
}
