//! Which dictionaries a broker can have.

use crate::config::fix::FixConfig;
use gauntlet_gateways::fix::session::SessionConfig;
use gauntlet_model::units::UnixNanos;

fn session(fix: &FixConfig) -> Result<SessionConfig, String> {
    fix.session(SessionConfig::initiator("US", "THEM"), UnixNanos(0))
}

fn with(file: Option<&str>, validate_received: bool, validate_sent: bool) -> FixConfig {
    let dictionary = file.map(str::to_owned);
    FixConfig { dictionary, validate_received, validate_sent, ..FixConfig::default() }
}

#[test]
fn each_direction_is_held_against_the_dictionary_only_if_it_is_to_be() {
    for file in [None, Some("builtin")] {
        for (received, sent) in [(true, false), (false, true), (true, true)] {
            let session = session(&with(file, received, sent)).expect("can be");
            assert_eq!(session.dictionary.is_some(), received);
            assert_eq!(session.sent_dictionary.is_some(), sent);
        }
    }
    let silent = session(&with(None, false, false)).expect("can be");
    assert!(silent.dictionary.is_none() && silent.sent_dictionary.is_none());
    let idle = session(&with(Some("builtin"), false, false)).expect_err("says nothing");
    assert!(idle.contains("validate_received = true"), "{idle}");
}

#[test]
fn a_file_is_read_and_what_it_lacks_or_breaks_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).to_str().expect("plain").to_owned();
    let types = ["0", "1", "2", "3", "4", "5", "A", "8", "9"];
    let write = |name: &str, types: &[&str]| {
        let messages = types.iter().map(|one| format!("<message msgtype='{one}'/>"));
        let messages = messages.collect::<String>();
        let text =
            format!("<fix><header/><trailer/><messages>{messages}</messages><fields/></fix>");
        std::fs::write(path(name), text).expect("written");
    };
    write("all.xml", &types);
    write("no-fill.xml", &types[..7]);
    std::fs::write(path("bad.xml"), "<fix>\n<header").expect("written");
    assert!(session(&with(Some(&path("all.xml")), true, false)).is_ok());
    for (name, received, sent, says) in [
        ("no-fill.xml", true, false, "message type 8"),
        ("all.xml", true, true, "message type D"),
        ("all.xml", false, true, "message type D"),
        ("bad.xml", true, false, "line 2"),
        ("none.xml", true, false, "No such file"),
    ] {
        let error = session(&with(Some(&path(name)), received, sent)).expect_err(name);
        assert!(error.contains(says) && error.contains(name), "{name}: {error}");
    }
    let large = std::fs::File::create(path("large.xml")).expect("created");
    large.set_len(super::FILE_BYTES_MAX + 1).expect("sparse");
    let error = session(&with(Some(&path("large.xml")), true, false)).expect_err("too large");
    assert!(error.contains("at most"), "{error}");
}
