//! The sessions of brokers' drop copies, as the stream tells them.

use super::{Noted, Projection};
use crate::api;
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
}
