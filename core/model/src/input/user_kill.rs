//! Kills of everything that trades for one person.

use super::CommandKind;
use crate::record::tagged;
use crate::text::Text;

tagged! {
    /// Somebody kills all bots of one owner, or lifts that. The bots of the run are killed by commands of
    /// their own, which follow it; this one is what a later run goes by: a bot that its configuration gives to
    /// the same owner is killed before anything trades, until the kill of the owner is lifted.
    #[derive(Eq)]
    pub struct UserKill {
        /// Whose, as the configuration names the owner; what is longer is cut, and compared so.
        1 user: Text<32>,
        /// A kill, a freeze, or the end of either; nothing else is of an owner.
        2 kind: CommandKind,
        /// Who asks.
        3 actor: Text<32>,
        /// Why.
        4 reason: Text<64>,
    }
}
