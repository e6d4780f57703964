//! Names that are nearly right: what an error suggests when a written name is not known.

/// The name in `known` that is most like `written`, when one is like it. Names in `known` are in small
/// letters; `written` may have any case.
pub fn nearest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let written: Vec<char> = written.chars().take(64).map(|c| c.to_ascii_lowercase()).collect();
    let allowed = match written.len() {
        0..=2 => 1,
        3..=5 => 2,
        _ => 3,
    };
    let distances = known.into_iter().map(|name| (distance(&written, name), name));
    let best = distances.min_by_key(|(distance, _)| *distance);
    best.filter(|(distance, name)| *distance <= allowed && *distance < name.len())
        .map(|(_, name)| name)
}

/// Damerau's distance (optimal string alignment): letters put in, left out, changed or swapped
/// with the next.
fn distance(written: &[char], name: &str) -> usize {
    let name: Vec<char> = name.chars().collect();
    let mut older = vec![0; name.len() + 1];
    let mut last: Vec<usize> = (0..=name.len()).collect();
    for (i, a) in written.iter().enumerate() {
        let mut row = vec![i + 1; name.len() + 1];
        for (j, b) in name.iter().enumerate() {
            let changed = last[j] + usize::from(a != b);
            row[j + 1] = changed.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *a == name[j - 1] && written[i - 1] == *b {
                row[j + 1] = row[j + 1].min(older[j - 1] + 1);
            }
        }
        older = std::mem::replace(&mut last, row);
    }
    last[name.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_found_and_a_strange_one_is_not() {
        assert_eq!(nearest("rsl", ["ema", "rsi"]), Some("rsi"));
        assert_eq!(nearest("clsoe", ["open", "close"]), Some("close"));
        assert_eq!(nearest("giraffe", ["open", "close"]), None);
        assert_eq!(nearest("", ["a"]), None);
    }
}
