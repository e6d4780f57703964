//! The names of session modes as people write them.

use crate::input::SessionMode;
use std::str::FromStr;

/// A session mode that does not exist.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no session {0:?}: use {names}", names = names())]
pub struct UnknownSession(String);

fn names() -> String {
    SessionMode::ALL.map(SessionMode::name).join(", ")
}

/// What people also call the modes: letters and digits alone, in capitals.
const ALIASES: [(&str, SessionMode); 29] = [
    ("24X5", SessionMode::Full24x5),
    ("245", SessionMode::Full24x5),
    ("24H", SessionMode::Full24x5),
    ("FULL", SessionMode::Full24x5),
    ("FULLDAY", SessionMode::Full24x5),
    ("ALL", SessionMode::Full24x5),
    ("GLOBEX", SessionMode::Full24x5),
    ("ELECTRONIC", SessionMode::Full24x5),
    ("RTH", SessionMode::RthUs),
    ("USRTH", SessionMode::RthUs),
    ("US", SessionMode::RthUs),
    ("REGULAR", SessionMode::RthUs),
    ("REGULARUS", SessionMode::RthUs),
    ("REGULARTRADINGHOURS", SessionMode::RthUs),
    ("CASH", SessionMode::RthUs),
    ("EXT", SessionMode::ExtUs),
    ("USEXT", SessionMode::ExtUs),
    ("EXTENDED", SessionMode::ExtUs),
    ("EXTENDEDUS", SessionMode::ExtUs),
    ("ETH", SessionMode::ExtUs),
    ("EXTENDEDTRADINGHOURS", SessionMode::ExtUs),
    ("PRODUCT", SessionMode::RthProduct),
    ("RTHLOCAL", SessionMode::RthProduct),
    ("PIT", SessionMode::RthProduct),
    ("FLOOR", SessionMode::RthProduct),
    ("ASIAN", SessionMode::Asia),
    ("TOKYO", SessionMode::Asia),
    ("EU", SessionMode::Europe),
    ("LONDON", SessionMode::Europe),
];

impl SessionMode {
    /// Every mode.
    pub const ALL: [SessionMode; 6] = [
        SessionMode::Full24x5,
        SessionMode::RthUs,
        SessionMode::ExtUs,
        SessionMode::RthProduct,
        SessionMode::Asia,
        SessionMode::Europe,
    ];

    /// What a bot gets that names no session: the fewest hours, in the most active market. Who uses
    /// it says so.
    pub const IMPLICIT: SessionMode = SessionMode::RthUs;

    /// Reads a mode by its name or an alias, in any case and with any separators: `RTH_US`, `rth`,
    /// `24x5`, `Regular`.
    ///
    /// # Errors
    /// [`UnknownSession`], which names the valid modes.
    pub fn parse(text: &str) -> Result<SessionMode, UnknownSession> {
        let plain = |text: &str| -> String {
            text.chars()
                .filter(char::is_ascii_alphanumeric)
                .map(|c| c.to_ascii_uppercase())
                .collect()
        };
        let wanted = plain(text);
        let named = SessionMode::ALL.into_iter().find(|mode| plain(mode.name()) == wanted);
        let alias = || ALIASES.iter().find(|(alias, _)| *alias == wanted).map(|(_, mode)| *mode);
        named.or_else(alias).ok_or_else(|| UnknownSession(text.chars().take(32).collect()))
    }
}

impl FromStr for SessionMode {
    type Err = UnknownSession;

    fn from_str(text: &str) -> Result<SessionMode, UnknownSession> {
        SessionMode::parse(text)
    }
}

impl TryFrom<String> for SessionMode {
    type Error = UnknownSession;

    fn try_from(text: String) -> Result<SessionMode, UnknownSession> {
        SessionMode::parse(&text)
    }
}

impl From<SessionMode> for String {
    fn from(mode: SessionMode) -> String {
        mode.name().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_mean_their_mode_in_any_case() {
        for (text, mode) in [
            ("RTH", SessionMode::RthUs),
            ("Regular", SessionMode::RthUs),
            ("rth_us", SessionMode::RthUs),
            ("24x5", SessionMode::Full24x5),
            ("24/5", SessionMode::Full24x5),
            ("full-24x5", SessionMode::Full24x5),
            ("EXTENDED", SessionMode::ExtUs),
            (" eth ", SessionMode::ExtUs),
            ("rth product", SessionMode::RthProduct),
            ("europe", SessionMode::Europe),
        ] {
            assert_eq!(SessionMode::parse(text), Ok(mode), "{text:?}");
        }
        for mode in SessionMode::ALL {
            assert_eq!(mode.name().parse(), Ok(mode));
        }
    }

    #[test]
    fn an_unknown_session_is_refused_with_the_valid_names() {
        let error = SessionMode::parse("RTHX").expect_err("not a mode").to_string();
        assert!(error.contains("RTHX"), "{error}");
        for mode in SessionMode::ALL {
            assert!(error.contains(mode.name()), "{error}");
        }
        assert!(SessionMode::parse("").is_err());
    }

    #[test]
    fn a_mode_is_written_by_its_name_and_read_by_any() {
        let written = serde_json::to_string(&SessionMode::Full24x5).expect("plain");
        assert_eq!(written, "\"FULL_24x5\"");
        let read: SessionMode = serde_json::from_str("\"regular\"").expect("an alias");
        assert_eq!(read, SessionMode::RthUs);
        assert!(serde_json::from_str::<SessionMode>("\"never\"").is_err());
    }
}
