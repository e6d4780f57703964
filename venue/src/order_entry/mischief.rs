//! Reports that go wrong on their way out, because a script says so.

use super::blotter::Blotter;
use super::report::{Execution, Report};
use crate::script::{Deed, ScriptEntry};

/// What is still to go wrong. See [`crate::script`].
#[derive(Debug, Default)]
pub(super) struct Mischief {
    planned: Vec<ScriptEntry>,
    /// A report that is to come after the next one.
    held: Option<Report>,
}

impl Mischief {
    /// Has the next reports that fit go wrong.
    pub fn plan(&mut self, entry: &ScriptEntry) {
        if entry.count > 0 {
            self.planned.push(entry.clone());
        }
    }

    /// The report that is to come after the next one.
    pub fn held(&self) -> Option<&Report> {
        self.held.as_ref()
    }

    /// Passes a report on, or what becomes of it.
    pub fn pass(&mut self, report: Report, desk: &mut Blotter, out: &mut Vec<Report>) {
        let deed = match &report {
            Report::Execution(execution) => self.next_for(execution),
            _ => None,
        };
        let (Some(deed), Report::Execution(execution)) = (deed, report) else {
            out.push(report);
            return out.extend(self.held.take());
        };
        match deed {
            Deed::LoseReport => return,
            Deed::Reorder => {
                out.extend(self.held.replace(report));
                return;
            }
            Deed::DoubleFill => out.extend([report, report]),
            Deed::WrongSide => {
                let side = if execution.side == b'1' { b'2' } else { b'1' };
                out.push(Report::Execution(Execution { side, ..execution }));
            }
            Deed::Bust => {
                out.push(report);
                desk.bust(&execution, None);
            }
            Deed::Correct(ticks) => {
                out.push(report);
                desk.bust(&execution, Some(ticks));
            }
            Deed::Reject
            | Deed::Silent
            | Deed::Disconnect
            | Deed::Halt
            | Deed::LoseCopy
            | Deed::DropCopyDown => out.push(report),
        }
        out.extend(self.held.take());
    }

    /// The deed that a report is next for, which is used up.
    fn next_for(&mut self, report: &Execution) -> Option<Deed> {
        let fits = |entry: &ScriptEntry| {
            let is_meant =
                entry.symbol.as_ref().is_none_or(|symbol| *symbol == report.symbol.as_str());
            let needs_fill = !matches!(entry.deed, Deed::LoseReport | Deed::Reorder);
            is_meant && (report.exec_type == b'F' || !needs_fill)
        };
        let at = self.planned.iter().position(fits)?;
        let entry = &mut self.planned[at];
        entry.count -= 1;
        let deed = entry.deed;
        if entry.count == 0 {
            self.planned.remove(at);
        }
        Some(deed)
    }
}
