use super::*;

fn rendered(text: &str) -> String {
    parse(text).diagnostics.iter().map(|finding| finding.render(text)).collect()
}

#[test]
fn each_archetype_reads_without_a_finding_and_prints_as_what_reads_the_same() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/strategy/archetypes");
    let mut read = 0;
    for entry in std::fs::read_dir(folder).expect("the archetypes are part of the crate") {
        let path = entry.expect("the folder can be listed").path();
        let text = std::fs::read_to_string(&path).expect("an archetype is text");
        let parsed = parse(&text);
        assert!(parsed.diagnostics.is_empty(), "{}\n{}", path.display(), rendered(&text));
        let printed = parsed.rules.to_string();
        assert_eq!(parse(&printed).rules.to_string(), printed);
        read += 1;
    }
    assert_eq!(read, 16);
}
