//! What a venue is to do wrong, and when: so that what a client makes of it can be tried, and tried again.

use gauntlet_model::units::{NANOS_PER_SECOND, UnixNanos};

/// Most entries of a script.
pub const ENTRIES_MAX: usize = 1_024;

/// When something is to happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// At a moment of the market's time, or as soon after it as something happens.
    At(UnixNanos),
    /// When so many new orders have been carried out since the start.
    AfterOrders(u64),
}

/// What is to happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// The next report is never sent.
    LoseReport,
    /// The next fill is told twice, by the same `ExecID`.
    DoubleFill,
    /// The next report comes after the one that follows it.
    Reorder,
    /// The next fill is told, and busted at once (`ExecType` H).
    Bust,
    /// The next fill is told, and its price corrected at once (`ExecType` G) by so many ticks.
    Correct(i32),
    /// The next fill is told with the other side.
    WrongSide,
    /// The next order is refused; or all are and all changes, for a time.
    Reject,
    /// Nothing is carried out and nothing told, for a time: all of it is late.
    Silent,
    /// The connection breaks.
    Disconnect,
    /// Trading in a contract is halted, for a time.
    Halt,
    /// The next report is not copied.
    LoseCopy,
    /// The drop copy's connection breaks.
    DropCopyDown,
}

impl Deed {
    /// Every deed by its name in a configuration.
    pub const NAMES: [(&str, Deed); 12] = [
        ("lose_report", Deed::LoseReport),
        ("double_fill", Deed::DoubleFill),
        ("reorder", Deed::Reorder),
        ("bust", Deed::Bust),
        ("correct", Deed::Correct(1)),
        ("wrong_side", Deed::WrongSide),
        ("reject", Deed::Reject),
        ("silent", Deed::Silent),
        ("disconnect", Deed::Disconnect),
        ("halt", Deed::Halt),
        ("lose_copy", Deed::LoseCopy),
        ("disconnect_copy", Deed::DropCopyDown),
    ];

    /// Whether it is done to reports on their way out.
    pub fn is_of_reports(self) -> bool {
        use Deed::*;
        !matches!(self, Reject | Silent | Disconnect | Halt | LoseCopy | DropCopyDown)
    }
}

/// One line of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptEntry {
    /// When.
    pub when: When,
    /// What.
    pub deed: Deed,
    /// To how many reports or orders it is done; of what lasts for a time it means nothing.
    pub count: u32,
    /// How long it lasts, in seconds of the market's time.
    pub seconds: u32,
    /// The contract that it is about; all of them when it is `None`.
    pub symbol: Option<String>,
}

impl ScriptEntry {
    /// A deed that is done once.
    pub fn once(when: When, deed: Deed) -> ScriptEntry {
        ScriptEntry { when, deed, count: 1, seconds: 0, symbol: None }
    }

    /// When what begins now ends.
    pub fn ends(&self, now: UnixNanos) -> UnixNanos {
        now.plus(u64::from(self.seconds) * NANOS_PER_SECOND)
    }
}

/// The entries that have not happened yet.
#[derive(Debug, Default)]
pub struct Script {
    waiting: Vec<ScriptEntry>,
    silent_until: UnixNanos,
    refuses_until: UnixNanos,
    halts: Vec<(String, UnixNanos)>,
}

impl Script {
    /// A script; what is beyond [`ENTRIES_MAX`] is left out.
    pub fn new(mut entries: Vec<ScriptEntry>) -> Script {
        entries.truncate(ENTRIES_MAX);
        Script { waiting: entries, ..Script::default() }
    }

    /// Adds an entry; tells whether there was room.
    pub fn add(&mut self, entry: ScriptEntry) -> bool {
        let has_room = self.waiting.len() < ENTRIES_MAX;
        if has_room {
            self.waiting.push(entry);
        }
        has_room
    }

    /// Whether nothing is to happen any more and nothing lasts.
    pub fn is_over(&self) -> bool {
        self.waiting.is_empty()
            && self.halts.is_empty()
            && self.silent_until.0 == 0
            && self.refuses_until.0 == 0
    }

    /// Takes out what is to happen now, in the script's order. What lasts for a time has begun then.
    pub fn due(&mut self, now: UnixNanos, orders: u64) -> Vec<ScriptEntry> {
        let is_due = |entry: &mut ScriptEntry| match entry.when {
            When::At(at) => at <= now,
            When::AfterOrders(count) => count <= orders,
        };
        let due: Vec<ScriptEntry> = self.waiting.extract_if(.., is_due).collect();
        for entry in &due {
            match (entry.deed, &entry.symbol) {
                (Deed::Silent, _) => self.silent_until = self.silent_until.max(entry.ends(now)),
                (Deed::Reject, _) if entry.seconds > 0 => {
                    self.refuses_until = self.refuses_until.max(entry.ends(now));
                }
                (Deed::Halt, Some(symbol)) => self.halts.push((symbol.clone(), entry.ends(now))),
                _ => {}
            }
        }
        due
    }

    /// Takes out the contracts whose halts are over, and ends what else is over.
    pub fn ended(&mut self, now: UnixNanos) -> Vec<String> {
        for until in [&mut self.silent_until, &mut self.refuses_until] {
            if *until <= now {
                *until = UnixNanos(0);
            }
        }
        self.halts.extract_if(.., |(_, until)| *until <= now).map(|(symbol, _)| symbol).collect()
    }

    /// Whether nothing is carried out or told.
    pub fn is_silent(&self) -> bool {
        self.silent_until.0 > 0
    }

    /// Whether every order and change of one is refused.
    pub fn refuses_all(&self) -> bool {
        self.refuses_until.0 > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> UnixNanos {
        UnixNanos(seconds * NANOS_PER_SECOND)
    }

    #[test]
    fn entries_happen_once_at_their_time_or_order_and_what_lasts_ends() {
        let halt = ScriptEntry {
            seconds: 5,
            symbol: Some("ESZ6".into()),
            ..ScriptEntry::once(When::At(at(10)), Deed::Halt)
        };
        let silent =
            ScriptEntry { seconds: 3, ..ScriptEntry::once(When::AfterOrders(2), Deed::Silent) };
        let mut script = Script::new(vec![halt.clone(), silent.clone()]);
        assert!(script.due(at(9), 1).is_empty() && !script.is_silent());
        assert_eq!(script.due(at(10), 2), [halt, silent]);
        assert!(script.is_silent() && script.due(at(11), 9).is_empty());
        assert!(script.ended(at(12)).is_empty() && script.is_silent());
        assert!(script.ended(at(13)).is_empty() && !script.is_silent());
        assert_eq!(script.ended(at(15)), ["ESZ6"]);
        assert!(script.is_over());
    }

    #[test]
    fn a_script_is_bounded() {
        let entry = ScriptEntry::once(When::AfterOrders(1), Deed::Bust);
        let mut script = Script::new(vec![entry.clone(); ENTRIES_MAX + 1]);
        assert!(!script.add(entry.clone()));
        assert_eq!(script.due(at(0), 1).len(), ENTRIES_MAX);
        assert!(script.add(entry));
    }
}
