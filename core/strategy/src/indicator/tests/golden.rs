//! Beside values that TA-Lib's C library gave once, on recorded bars.

use super::bars::{recorded, run, spec};
use crate::indicator::LINES_MAX;

/// See `ta_lib_c.py`.
const VALUES: &str = include_str!("ta_lib_c.csv");

/// The last kind and its parameters that were run, and what they gave.
type Ran<'a> = (&'a str, &'a str, Vec<[f64; LINES_MAX]>);

#[test]
fn values_are_those_of_the_c_library() {
    let Some(samples) = recorded() else { return };
    let mut ran: Option<Ran> = None;
    let (mut compared, mut to_the_bit) = (0, 0);
    for row in VALUES.lines().filter(|row| !row.starts_with('#')) {
        let [name, given, line, bar, value] =
            row.split(',').collect::<Vec<_>>().try_into().expect("five columns");
        let same = |(ran_name, ran_given, _): &Ran| (*ran_name, *ran_given) == (name, given);
        let lines = match ran.take().filter(same) {
            Some((_, _, lines)) => lines,
            None => {
                let parameters: Vec<f64> =
                    given.split(' ').map(|value| value.parse().expect("a number")).collect();
                run(&spec(name, &parameters), &samples)
            }
        };
        let (line, bar): (usize, usize) =
            (line.parse().expect("a line"), bar.parse().expect("a bar"));
        let value: f64 = value.parse().expect("a number");
        let ours = lines[bar][line];
        let size = if ["stoch", "cci", "mfi"].contains(&name) { 1.0 } else { 1e-4 };
        let apart = (ours - value).abs();
        assert!(apart <= 1e-9 * value.abs().max(size), "{row}: {ours} here");
        compared += 1;
        to_the_bit += (apart == 0.0) as usize;
        ran = Some((name, given, lines));
    }
    assert!(compared > 400 && to_the_bit * 10 > compared * 6, "{to_the_bit} of {compared}");
}
