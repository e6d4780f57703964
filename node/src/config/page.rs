//! `docs/configuration.md`, made from the table of keys.

use super::reference::{Absent, Key, SECTIONS, SIZING, Section};
use gauntlet_readmodel::environment::VARIABLES;
use std::fmt::Write;

const HEAD: &str = "\
# Configuration

Every key of the file that `gauntlet run --config FILE` reads, and every environment variable. Made from
the table that also refuses what is wrong: `gauntlet config reference > docs/configuration.md`.
[`node/config/demo.toml`](../node/config/demo.toml) is a complete example.

- The file is [TOML](https://toml.io). A key that is not here is an error with its line and with what was
  probably meant. A limit that is missing is an error, or has the default that its line here says.
- `gauntlet config check FILE` reads a file as `run` does, and prints what it means: one line a key, with
  defaults filled in. `gauntlet config diff FILE --data DIR` compares that with what the node of a data
  folder was last allowed to trade under.
";

const CHANGES: &str = "\
## What is refused at the start

| what | why |
|---|---|
| a contract that has expired | under `clock = \"realtime\"` by the wall clock; in `gauntlet demo` and `gauntlet replay` by the \
market's own first day, so that recorded days are replayed as they were. `gauntlet run` with `clock = \
\"data\"` does not know the day of its data and does not ask |
| a contract whose one-digit symbol means an earlier year today | `CLZ36` would trade `CLZ6` |
| a user name without a password, or a password without a user name | neither would be sent. The \
simulated venue asks for neither |
| an environment variable that nothing reads and that is near to one of ours, or begins with \
`GAUNTLET_` or `MAX_CONTRACTS_` | a default would count in its place |

## What counts as a change

A journal keeps the hash of the configuration that its node was last allowed to trade under. Another one
is refused, with the lines that differ, until `--accept-config \"why\"` says that it is right. What is
compared is what a configuration means: not comments, layout, the order of tables, the name of a
file of rules, an alias of a symbol, a default that is written out, secrets, threads, the page's address
or the journal's settings. `MAX_CONTRACTS_*` are part of it.
";

/// The page.
pub fn markdown() -> String {
    let mut page = HEAD.to_owned();
    for section in SECTIONS {
        page += &heading(section);
        page += &table(section.keys);
    }
    page += "\n## Sizing\n\n`sizing` of a bot is a table of its own, such as \
             `sizing = { kind = \"equity_fraction\", fraction = 0.01, equity = 50000 }`.\n\n";
    page += &table(SIZING);
    page += "\n## Environment\n\n| variable | read by | values | default | meaning |\n\
             |---|---|---|---|---|\n";
    for variable in VARIABLES {
        let _ = writeln!(
            page,
            "| `{}` | {} | {} | {} | {} |",
            variable.name,
            variable.reader.name(),
            variable.values,
            variable.default,
            variable.meaning
        );
    }
    page + "\n" + CHANGES
}

fn heading(section: &Section) -> String {
    let often = match (section.required, section.many) {
        (true, true) if section.alone => " One, or more.",
        (true, true) => " One or more.",
        (false, true) => " Any number.",
        (true, false) => " Required.",
        (false, false) => " May be left out.",
    };
    format!("\n## `{}`\n\n{}{often}\n\n", section.title(), section.meaning)
}

fn table(keys: &[Key]) -> String {
    let mut text =
        "| key | values | unit | default | meaning |\n|---|---|---|---|---|\n".to_owned();
    for key in keys {
        let default = match key.default {
            Absent::Required => "**required**".to_owned(),
            Absent::Is(text) => format!("`{text}`"),
            Absent::Words(words) => words.to_owned(),
        };
        let (name, values, unit, meaning) = (key.name, key.values.words(), key.unit, key.meaning);
        let _ = writeln!(text, "| `{name}` | {values} | {unit} | {default} | {meaning} |");
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_page_in_docs_is_current() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/configuration.md");
        let page = std::fs::read_to_string(path).unwrap_or_default();
        let hint =
            "docs/configuration.md is old: gauntlet config reference > docs/configuration.md";
        assert!(page == super::markdown(), "{hint}");
    }
}
