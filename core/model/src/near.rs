//! Names that are nearly right: what an error suggests when a written name is not known.

/// The name in `known` that is most like `written`, when one is like it. Names in `known` are in small
/// letters; `written` may have any case.
pub fn nearest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let written: String = written.chars().take(64).map(|c| c.to_ascii_lowercase()).collect();
    let allowed = match written.chars().count() {
        0..=2 => 1,
        3..=5 => 2,
        _ => 3,
    };
    let distances = known.into_iter().map(|name| (strsim::osa_distance(&written, name), name));
    let best = distances.min_by_key(|(distance, _)| *distance);
    best.filter(|(distance, name)| *distance <= allowed && *distance < name.len())
        .map(|(_, name)| name)
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
