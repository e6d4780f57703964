//! Percentiles and tables.

use hdrhistogram::Histogram;
use serde::Serialize;

/// Longest time that is told apart, in nanoseconds: 10 s.
const HIGHEST_NS: u64 = 10_000_000_000;

/// A histogram of nanoseconds, 1 ns to 10 s at three significant digits. What is longer counts as
/// 10 s.
#[derive(Clone, Debug)]
pub struct Nanos(Histogram<u64>);

impl Default for Nanos {
    fn default() -> Self {
        Nanos::new()
    }
}

impl Nanos {
    /// An empty one.
    pub fn new() -> Nanos {
        let histogram = Histogram::new_with_bounds(1, HIGHEST_NS, 3);
        Nanos(histogram.expect("the bounds are constants and valid"))
    }

    /// Counts one time.
    #[inline]
    pub fn record(&mut self, nanos: u64) {
        self.0.saturating_record(nanos);
    }

    /// Counts what another has counted.
    pub fn add(&mut self, other: &Nanos) {
        self.0.add(&other.0).expect("all have the same bounds");
    }

    /// Its percentiles.
    pub fn percentiles(&self) -> Percentiles {
        let at = |quantile| self.0.value_at_quantile(quantile);
        Percentiles {
            count: self.0.len(),
            p50_ns: at(0.5),
            p90_ns: at(0.9),
            p99_ns: at(0.99),
            p999_ns: at(0.999),
            max_ns: self.0.max(),
        }
    }
}

/// What is told of a distribution.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Percentiles {
    /// Samples.
    pub count: u64,
    /// Median, in nanoseconds.
    pub p50_ns: u64,
    /// 90th percentile, in nanoseconds.
    pub p90_ns: u64,
    /// 99th percentile, in nanoseconds.
    pub p99_ns: u64,
    /// 99.9th percentile, in nanoseconds.
    pub p999_ns: u64,
    /// Largest, in nanoseconds.
    pub max_ns: u64,
}

impl Percentiles {
    /// Of several runs, the median of each figure; counts are added. Nothing of nothing.
    pub fn median_of(runs: &[Percentiles]) -> Percentiles {
        let of = |figure: fn(&Percentiles) -> u64| median(runs.iter().map(figure).collect());
        Percentiles {
            count: runs.iter().map(|run| run.count).sum(),
            p50_ns: of(|run| run.p50_ns),
            p90_ns: of(|run| run.p90_ns),
            p99_ns: of(|run| run.p99_ns),
            p999_ns: of(|run| run.p999_ns),
            max_ns: of(|run| run.max_ns),
        }
    }

    /// The figures as cells of a table: count, then times.
    pub fn cells(&self) -> Vec<String> {
        let times = [self.p50_ns, self.p90_ns, self.p99_ns, self.p999_ns, self.max_ns];
        std::iter::once(self.count.to_string()).chain(times.map(show_ns)).collect()
    }

    /// The heads of [`Percentiles::cells`].
    pub const HEADS: [&str; 6] = ["samples", "P50", "P90", "P99", "P99.9", "max"];
}

/// The middle one; of an even number the lower of the two, of none 0.
pub fn median(mut values: Vec<u64>) -> u64 {
    values.sort_unstable();
    values.get(values.len().saturating_sub(1) / 2).copied().unwrap_or(0)
}

/// A time for people: three digits or so, with its unit.
pub fn show_ns(nanos: u64) -> String {
    match nanos {
        0..1_000 => format!("{nanos} ns"),
        1_000..1_000_000 => format!("{:.2} µs", nanos as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.2} ms", nanos as f64 / 1e6),
        _ => format!("{:.2} s", nanos as f64 / 1e9),
    }
}

/// Prints a Markdown table, its columns aligned.
pub fn print_table(heads: &[&str], rows: &[Vec<String>]) {
    print!("{}", table(heads, rows));
}

fn table(heads: &[&str], rows: &[Vec<String>]) -> String {
    let heads: Vec<String> = heads.iter().map(|head| (*head).to_owned()).collect();
    let widths: Vec<usize> = (0..heads.len())
        .map(|column| {
            let cells = std::iter::once(&heads).chain(rows).filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0).max(3)
        })
        .collect();
    let line = |row: &[String]| {
        let cell = |(column, cell): (usize, &String)| match column {
            0 => format!(" {cell:<0$} |", widths[0]),
            _ => format!(" {cell:>0$} |", widths[column]),
        };
        format!("|{}\n", row.iter().enumerate().map(cell).collect::<String>())
    };
    let rule = |(column, width): (usize, &usize)| match column {
        0 => format!("{}|", "-".repeat(width + 2)),
        _ => format!("{}:|", "-".repeat(width + 1)),
    };
    let rules: String = widths.iter().enumerate().map(rule).collect();
    let body: String = rows.iter().map(|row| line(row)).collect();
    format!("{}|{rules}\n{body}", line(&heads))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_runs_is_taken_figure_by_figure() {
        let run = |p50_ns, max_ns| Percentiles { count: 10, p50_ns, max_ns, ..Default::default() };
        let median = Percentiles::median_of(&[run(5, 900), run(1, 70), run(3, 800)]);
        assert_eq!((median.count, median.p50_ns, median.max_ns), (30, 3, 800));
        assert_eq!(Percentiles::median_of(&[]), Percentiles::default());
    }

    #[test]
    fn times_beyond_the_bounds_are_counted_at_the_bound() {
        let mut nanos = Nanos::new();
        nanos.record(u64::MAX);
        assert_eq!(nanos.percentiles().count, 1);
        assert!(nanos.percentiles().max_ns >= HIGHEST_NS);
    }

    #[test]
    fn a_table_is_aligned_markdown() {
        let rows = [vec!["ours".to_owned(), "54 ns".to_owned()]];
        assert_eq!(
            table(&["ring", "P50"], &rows),
            "| ring |   P50 |\n|------|------:|\n| ours | 54 ns |\n"
        );
    }
}
