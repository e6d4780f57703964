//! Kills of users that hold over runs: bots that a configuration gives to a killed owner begin killed.

use gauntlet_model::ids::BotId;
use gauntlet_model::input::{Command, CommandKind, Input, Scope, UserKill};
use gauntlet_model::text::Text;

/// What a command means for the users that are killed; `None` for one that is about none of them.
pub fn of_command(user: Option<Text<32>>, input: &Input) -> Option<Input> {
    let (user, Input::Command(Command { kind, actor, reason, .. })) = (user?, *input) else {
        return None;
    };
    Some(Input::UserKill(UserKill { user, kind, actor, reason }))
}

/// The kills with which a run begins: of every bot of a killed owner that is not killed yet.
pub fn at_start(
    killed: &[UserKill],
    owners: &[(String, BotId)],
    is_killed: impl Fn(Scope) -> bool,
) -> Vec<Input> {
    let of = |kill: &UserKill| {
        let UserKill { user, kind, actor, reason } = *kill;
        let owned = owners.iter().filter(move |(owner, _)| Text::<32>::new(owner) == user);
        owned.map(move |(_, bot)| Command { kind, scope: Scope::Bot(*bot), actor, reason })
    };
    let kills = killed.iter().flat_map(of);
    // A freeze stops more than a kill that is in force may.
    let is_new =
        |command: &Command| command.kind == CommandKind::Freeze || !is_killed(command.scope);
    kills.filter(is_new).map(Input::Command).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kill(user: &str, kind: CommandKind) -> UserKill {
        let (actor, reason) = (Text::new("ops"), Text::new("left the firm"));
        UserKill { user: Text::new(user), kind, actor, reason }
    }

    #[test]
    fn a_killed_owners_bots_begin_killed_and_nobody_elses() {
        let owners = [("ann".to_owned(), BotId(1)), ("bob".to_owned(), BotId(2))];
        let owners = [&owners[..], &[("ann".to_owned(), BotId(7))]].concat();
        let killed = [kill("ann", CommandKind::Kill { flatten: true })];
        let begin = |is_killed: &dyn Fn(Scope) -> bool| {
            let inputs = at_start(&killed, &owners, is_killed);
            let scope = |input: &Input| match input {
                Input::Command(Command {
                    kind: CommandKind::Kill { flatten: true },
                    scope,
                    ..
                }) => *scope,
                other => panic!("not its kill: {other:?}"),
            };
            inputs.iter().map(scope).collect::<Vec<_>>()
        };
        assert_eq!(begin(&|_| false), [Scope::Bot(BotId(1)), Scope::Bot(BotId(7))]);
        assert_eq!(begin(&|scope| scope == Scope::Bot(BotId(1))), [Scope::Bot(BotId(7))]);
        let frozen = [kill("bob", CommandKind::Freeze)];
        assert_eq!(at_start(&frozen, &owners, |_| true).len(), 1, "a freeze is more than a kill");
        assert_eq!(at_start(&[], &owners, |_| false), []);
    }

    #[test]
    fn names_that_are_too_long_are_compared_as_they_are_kept() {
        let long = "a".repeat(40);
        let killed = [kill(&long, CommandKind::Kill { flatten: false })];
        assert_eq!(at_start(&killed, &[(long, BotId(3))], |_| false).len(), 1);
    }

    #[test]
    fn only_a_command_about_a_user_is_remembered_as_one() {
        let (actor, reason) = (Text::new("ops"), Text::new("why"));
        let (kind, scope) = (CommandKind::Unkill, Scope::Bot(BotId(0)));
        let command = Input::Command(Command { kind, scope, actor, reason });
        let user = Text::new("ann");
        let wanted = Input::UserKill(UserKill { user, kind, actor, reason });
        assert_eq!(of_command(Some(user), &command), Some(wanted));
        assert_eq!(of_command(None, &command), None);
    }
}
