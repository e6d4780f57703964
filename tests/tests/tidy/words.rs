//! One thing, one name.

use crate::{read, root, rust_files, shown};

#[test]
fn durations_in_nanoseconds_say_so_in_the_same_way() {
    for file in rust_files(root()) {
        let text = read(&file);
        for (at, line) in text.lines().enumerate() {
            let constant =
                line.trim_start().trim_start_matches("pub ").trim_start_matches("pub(super) ");
            let Some(rest) = constant.strip_prefix("const ") else { continue };
            let Some((name, rest)) = rest.split_once(':') else { continue };
            let place = format!("{}:{}: {name}", shown(&file), at + 1);
            assert!(!name.ends_with("_NANOS"), "{place} ends in _NS");
            let duration = rest.starts_with(" u64 =") && rest.contains("NANOS_PER_");
            // A unit of time is named by itself.
            let is_unit = name.ends_with("_SECONDS")
                || ["MILLI", "SECOND", "MINUTE", "HOUR", "DAY"].contains(&name);
            let named = name.contains("_NS") || name.starts_with("NANOS_PER_") || is_unit;
            assert!(!duration || named, "{place} is in nanoseconds: name it so, _NS");
        }
    }
}
