//! The sequence numbers that a person sets, as a request's fields.
//!
//! ```text
//! gauntlet/1 <id> numbers <scope> <copy 0|1> <next out> <next in> <actor> <reason>
//! ```
//!
//! The scope is the broker, `venue:NAME`. A number of 0 stays as it is; with both 0 the next logon asks the broker
//! to begin both sides' numbers anew.

/// The sequence numbers that a person sets. The request's scope says of which broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AskedNumbers {
    /// Whether they are those of its drop copy's session.
    pub of_copy: bool,
    /// Of the next message that we send; 0 as it is.
    pub next_out: u64,
    /// Of the next message that we expect; 0 as it is.
    pub next_in: u64,
}

impl AskedNumbers {
    /// Reads the fields after the scope.
    pub(super) fn parse<'a>(fields: &mut impl Iterator<Item = &'a str>) -> Option<AskedNumbers> {
        Some(AskedNumbers {
            of_copy: match fields.next()? {
                "0" => false,
                "1" => true,
                _ => return None,
            },
            next_out: fields.next()?.parse().ok()?,
            next_in: fields.next()?.parse().ok()?,
        })
    }

    pub(super) fn encode(&self) -> String {
        let AskedNumbers { of_copy, next_out, next_in } = self;
        format!("{}\t{next_out}\t{next_in}", u8::from(*of_copy))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command_wire::{Request, RequestError, Target, Verb};

    #[test]
    fn numbers_read_back_as_written() {
        for (of_copy, next_out, next_in) in [(false, 294, 0), (true, 0, 17), (false, 0, 0)] {
            let verb = Verb::Numbers(AskedNumbers { of_copy, next_out, next_in });
            let target = Target::Venue("broker");
            let request = Request { id: 7, verb, target, actor: "ann", reason: "as they say" };
            assert_eq!(Request::parse(request.encode().as_bytes()), Ok(request));
        }
        for wrong in ["2\t1\t1", "0\tx\t1", "0\t1", "0\t1\t-1", "0\t1\t1\t1"] {
            let line = format!("gauntlet/1\t7\tnumbers\tvenue:broker\t{wrong}\tann\twhy");
            assert_eq!(
                Request::parse(line.as_bytes()),
                Err((7, RequestError::BadField)),
                "{wrong}"
            );
        }
    }
}
