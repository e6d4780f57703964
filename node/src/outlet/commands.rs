//! What became of a command, for whoever asked for it.

use super::backlog::Feedback;
use gauntlet_model::effect::{AlertKind, Effect};
use gauntlet_model::input::{CommandKind, Input};
use gauntlet_model::text::Text;

/// Watches the effects of a command or an opinion go by; both have somebody who waits for an answer.
#[derive(Default)]
pub struct CommandWatch {
    at_hand: Option<Commanded>,
}

#[derive(Clone, Copy)]
struct Commanded {
    /// What was commanded; nothing by an opinion.
    kind: Option<CommandKind>,
    orders: u32,
    refused: Option<Text<64>>,
}

/// A command is through.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Answer {
    /// For whoever asked.
    pub feedback: Feedback,
    /// Whether it was the order to stop.
    pub stops: bool,
}

impl CommandWatch {
    /// Begins an input.
    pub fn begin(&mut self, input: &Input) {
        let kind = match input {
            Input::Command(command) => Some(command.kind),
            Input::External(_)
            | Input::Ticket(_)
            | Input::Adoption(_)
            | Input::NumbersSet(_)
            | Input::OrderKill(_)
            | Input::LimitChange(_) => None,
            Input::Correction(correction) if !correction.by_broker => None,
            _ => {
                self.at_hand = None;
                return;
            }
        };
        self.at_hand = Some(Commanded { kind, orders: 0, refused: None });
    }

    /// An effect of the input at hand.
    #[inline]
    pub fn saw(&mut self, effect: &Effect) {
        let Some(command) = &mut self.at_hand else { return };
        match effect {
            Effect::Kill(kill) => command.orders = kill.orders,
            Effect::Alert(alert) if alert.kind == AlertKind::CommandRefused => {
                command.refused = Some(alert.text);
            }
            _ => {}
        }
    }

    /// Ends the input, whose number was `seq`.
    #[inline]
    pub fn end(&mut self, seq: u64) -> Option<Answer> {
        let Commanded { kind, orders, refused } = self.at_hand.take()?;
        let feedback = Feedback::Commanded { seq, orders, refused };
        Some(Answer { feedback, stops: kind == Some(CommandKind::Stop) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gauntlet_model::effect::{Alert, KillChanged};
    use gauntlet_model::ids::ClOrdId;
    use gauntlet_model::input::{Command, Scope, Timer};

    fn command(kind: CommandKind) -> Input {
        let (actor, reason) = (Text::new("operator"), Text::new("lunch"));
        Input::Command(Command { kind, scope: Scope::Platform, actor, reason })
    }

    fn alert(kind: AlertKind) -> Effect {
        let (scope, cl_ord_id) = (Scope::Platform, ClOrdId::NONE);
        Effect::Alert(Alert { kind, scope, cl_ord_id, ord_status: None, text: Text::new("why") })
    }

    fn kill(orders: u32) -> Effect {
        Effect::Kill(KillChanged {
            scope: Scope::Platform,
            active: true,
            flatten: false,
            orders,
            actor: Text::new("operator"),
            reason: Text::new("lunch"),
        })
    }

    fn answer(input: &Input, effects: &[Effect]) -> Option<Answer> {
        let mut watch = CommandWatch::default();
        watch.begin(input);
        effects.iter().for_each(|effect| watch.saw(effect));
        watch.end(9)
    }

    #[test]
    fn a_kill_is_answered_with_the_orders_that_it_cancels() {
        let feedback = Feedback::Commanded { seq: 9, orders: 3, refused: None };
        let input = command(CommandKind::Kill { flatten: false });
        assert_eq!(answer(&input, &[kill(3)]), Some(Answer { feedback, stops: false }));
    }

    #[test]
    fn a_refusal_counts_whatever_else_is_said() {
        let effects = [alert(AlertKind::CommandRefused), alert(AlertKind::TableFull)];
        let feedback = Feedback::Commanded { seq: 9, orders: 0, refused: Some(Text::new("why")) };
        let input = command(CommandKind::Unkill);
        assert_eq!(answer(&input, &effects), Some(Answer { feedback, stops: false }));
    }

    #[test]
    fn only_a_stop_stops_and_only_commands_are_answered() {
        let stops = |kind| answer(&command(kind), &[]).is_some_and(|answer| answer.stops);
        assert!(stops(CommandKind::Stop));
        assert!(!stops(CommandKind::AcceptConfiguration));
        assert_eq!(answer(&Input::Timer(Timer { second: 1 }), &[kill(1)]), None);
    }
}
