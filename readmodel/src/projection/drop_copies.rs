//! The sessions of brokers' drop copies, as the stream tells them.

use super::readiness::Obstacle;
use super::{Noted, Projection};
use crate::api::{self, PlatformState};
use gauntlet_model::input::{
    CopiedReport, CopySession, CopyTerms, Input, RouteTable, SessionChange,
};
use gauntlet_model::units::UnixNanos;

/// A drop copy in this run.
#[derive(Clone, Copy, Debug)]
struct DropCopy {
    terms: CopyTerms,
    session: Option<Noted<CopySession>>,
    /// Reports in this run, and when the last came.
    reports: u64,
    last: Option<UnixNanos>,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct DropCopies(RouteTable<Option<DropCopy>>);

impl DropCopies {
    /// A run begins: it tells anew which brokers copy.
    pub fn begin(&mut self) {
        self.0 = RouteTable::default();
    }

    /// Takes in an input, if it is of a drop copy.
    pub fn on_input(&mut self, seq: u64, time: UnixNanos, input: &Input) {
        match input {
            Input::CopyTerms(terms) => self.on_terms(terms),
            Input::CopySession(event) => self.on_session(seq, time, event),
            Input::Copied(report) => self.on_report(time, report),
            _ => {}
        }
    }

    fn on_terms(&mut self, terms: &CopyTerms) {
        let (session, reports, last) = (None, 0, None);
        self.0[terms.route] = Some(DropCopy { terms: *terms, session, reports, last });
    }

    fn on_session(&mut self, seq: u64, time: UnixNanos, event: &CopySession) {
        if let Some(known) = &mut self.0[event.route]
            && event.change != SessionChange::MessageRejected
        {
            known.session = Some(Noted { seq, time, what: *event });
        }
    }

    fn on_report(&mut self, time: UnixNanos, report: &CopiedReport) {
        if let Some(known) = &mut self.0[report.route] {
            known.reports += 1;
            known.last = Some(time);
        }
    }
}

impl Projection {
    /// The brokers' drop copies, those that are configured.
    pub(super) fn drop_copies(&self) -> Vec<api::DropCopy> {
        let known =
            self.drop_copies.0.iter().filter_map(|(route, known)| Some((route, *known.as_ref()?)));
        let shown = |(route, known): (_, DropCopy)| {
            let session = known.session;
            let state = session.map_or("not_connected", |of| match of.what.change {
                SessionChange::LoggedOn => "logged_on",
                SessionChange::LoggedOut => "logged_out",
                _ => "disconnected",
            });
            api::DropCopy {
                broker: self.route_name(route),
                state: state.to_owned(),
                since: session.map(|of| super::snapshot::time(of.time)),
                detail: session.map_or(String::new(), |of| of.what.detail.to_string()),
                required: known.terms.required,
                within_seconds: known.terms.within_seconds,
                reports: known.reports,
                last_report: known.last.map(super::snapshot::time),
            }
        };
        known.map(shown).collect()
    }

    /// Drop copies without which nothing opens and that are down.
    pub(super) fn missing_copies(&self) -> impl Iterator<Item = Obstacle> {
        self.drop_copies().into_iter().filter(|copy| copy.required).filter_map(|copy| {
            let how = copy.state.replace('_', " ");
            let detail = match copy.detail.is_empty() {
                true => String::new(),
                false => format!(" ({})", copy.detail),
            };
            let why = format!(
                "the drop copy of broker {} is {how}{detail}: nothing opens there without it",
                copy.broker
            );
            (copy.state != "logged_on").then(|| Obstacle::new(PlatformState::BrokerDown, why))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gauntlet_model::input::{Route, RunStart, Sequenced};
    use gauntlet_model::text::Text;

    fn projection(required: bool, changes: &[SessionChange]) -> Projection {
        let mut projection = Projection::new();
        let (route, within_seconds) = (Route::BROKER, 30);
        let run = RunStart {
            epoch: 1,
            run: 1,
            config_hash: [0; 32],
            binary_hash: [0; 32],
            version: Text::EMPTY,
            self_test_passed: true,
        };
        let terms = CopyTerms { route, within_seconds, required };
        let session = |change: &SessionChange| {
            let (msg_seq_num, reset, detail) = (1, false, Text::new("a broken line"));
            Input::CopySession(CopySession { route, change: *change, msg_seq_num, reset, detail })
        };
        let opening = [Input::RunStart(run), Input::CopyTerms(terms)];
        for (seq, input) in (1..).zip(opening.into_iter().chain(changes.iter().map(session))) {
            projection.on_input(&Sequenced { seq, time: UnixNanos(seq), input });
        }
        projection
    }

    #[test]
    fn a_copy_is_shown_as_it_stands_and_one_that_is_required_and_down_keeps_from_trading() {
        use SessionChange::{Disconnected, LoggedOn, MessageRejected};
        for (changes, state) in [
            (&[][..], "not_connected"),
            (&[LoggedOn][..], "logged_on"),
            (&[LoggedOn, MessageRejected][..], "logged_on"),
            (&[LoggedOn, Disconnected][..], "disconnected"),
        ] {
            for required in [false, true] {
                let projection = projection(required, changes);
                let shown = projection.drop_copies();
                assert_eq!((shown.len(), shown[0].state.as_str()), (1, state));
                let missing = projection.missing_copies().count();
                assert_eq!(missing, usize::from(required && state != "logged_on"), "{state}");
            }
        }
        let obstacles = projection(true, &[LoggedOn, Disconnected]).obstacles();
        assert!(obstacles.iter().any(|of| of.why.contains("drop copy") && of.why.contains("line")));
    }
}
