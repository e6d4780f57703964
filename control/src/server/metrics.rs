//! The picture in Prometheus' text format, version 0.0.4.

use super::view::View;
use gauntlet_readmodel::alert_paths::AlertsSnapshot;
use gauntlet_readmodel::api::{DropCopy, FixAdapter, FixLive};
use gauntlet_readmodel::counters::LinkState;
use std::fmt::{Display, Write};

struct Text(String);

impl Text {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.0, "# HELP gauntlet_{name} {help}\n# TYPE gauntlet_{name} {kind}");
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        let _ = write!(self.0, "gauntlet_{name}");
        for (index, (label, of)) in labels.iter().enumerate() {
            let _ = write!(self.0, "{}{label}=\"{}\"", ["{", ","][index.min(1)], escaped(of));
        }
        let _ = writeln!(self.0, "{} {value}", if labels.is_empty() { "" } else { "}" });
    }

    fn one(&mut self, name: &str, kind: &str, help: &str, value: impl Display) {
        self.family(name, kind, help);
        self.sample(name, &[], value);
    }
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

/// All metrics.
pub(super) fn render(view: &View) -> String {
    let mut text = Text(String::with_capacity(16 << 10));
    let status = view.status();
    let counts = status.counts;
    for (name, help, value) in [
        ("inputs_total", "Sequenced inputs.", counts.inputs),
        ("market_data_total", "Market-data inputs.", counts.market_data),
        ("effects_total", "Effects.", counts.effects),
        ("bars_total", "Finished bars.", counts.bars),
        ("signals_total", "Signals.", counts.signals),
        ("intents_total", "Intents.", counts.intents),
        ("orders_total", "New orders sent.", counts.orders),
        ("replaces_total", "Replaces sent.", counts.replaces),
        ("cancels_total", "Cancels sent.", counts.cancels),
        ("status_requests_total", "Questions about orders sent.", counts.status_requests),
        ("acks_total", "Orders acknowledged.", counts.acks),
        ("fills_total", "Fills.", counts.fills),
        ("contracts_total", "Contracts filled.", counts.contracts),
        ("cancel_rejects_total", "Cancels and replaces refused by brokers.", counts.cancel_rejects),
        ("alerts_total", "Alerts.", counts.alerts),
        ("messages_sent_total", "Messages sent by broker sessions.", counts.messages_sent),
    ] {
        text.one(name, "counter", help, value);
    }
    text.family("orders_ended_total", "counter", "Orders that ended, by their final state.");
    for (state, value) in [
        ("filled", counts.orders_filled),
        ("canceled", counts.orders_canceled),
        ("rejected", counts.orders_rejected),
        ("expired", counts.orders_expired),
    ] {
        text.sample("orders_ended_total", &[("state", state)], value);
    }
    text.family("rejects_total", "counter", "Orders refused by risk, by code.");
    for reject in &status.rejects_by_code {
        text.sample("rejects_total", &[("code", &reject.code)], reject.count);
    }
    text.one("kills", "gauge", "Kills in force.", status.kills.len());
    let open = status.breakers.len();
    text.one("breakers_open", "gauge", "Breakers that tripped and are not reset.", open);
    let lowered = status.limit_changes.iter().filter(|change| change.state == "lowered").count();
    text.one(
        "limits_lowered",
        "gauge",
        "Limits that are lowered until a person ends that.",
        lowered,
    );
    text.one("breaks", "gauge", "Differences from brokers' own lists.", status.breaks.len());
    text.one("doubts", "gauge", "Accounts and instruments in doubt.", status.doubts.len());
    text.one("seq", "gauge", "Number of the last input in the picture.", status.seq);
    text.family("pnl_dollars", "gauge", "Profit and loss before commissions, by route.");
    for pnl in &status.pnl {
        let labels = |kind| [("route", pnl.route.as_str()), ("kind", kind)];
        text.sample("pnl_dollars", &labels("realized"), pnl.realized);
        text.sample("pnl_dollars", &labels("unrealized"), pnl.unrealized);
    }
    let open = view.door.open();
    text.one("http_connections", "gauge", "Connections to the page and the API.", open);
    let help = "Connections closed at once because there were as many as may be.";
    text.one("http_turned_away_total", "counter", help, view.door.turned_away());
    node(&mut text, view);
    bots(&mut text, view);
    latency(&mut text, view);
    text.0
}

fn node(text: &mut Text, view: &View) {
    let status = view.status();
    let Some(node) = status.node else { return };
    let healthy = u8::from(view.health().healthy);
    text.one("healthy", "gauge", "Whether the node can trade.", healthy);
    text.one("hot_loops_total", "counter", "Rounds of the hot loop.", node.loops);
    text.one("feed_records_total", "counter", "Market-data records received.", node.records);
    text.one("orders_live", "gauge", "Orders that are not final.", node.orders_live);
    text.one("journal_commits_total", "counter", "Group commits.", node.commits);
    let short = u8::from(node.journal_short);
    text.one("journal_short", "gauge", "Whether the journal's disk is full.", short);
    text.family("journal_bytes", "gauge", "Bytes of the journal's streams, synced and read.");
    for (stream, synced, read) in [
        ("inputs", node.inputs_synced, status.journal.inputs_read),
        ("effects", node.effects_synced, status.journal.effects_read),
    ] {
        text.sample("journal_bytes", &[("stream", stream), ("at", "synced")], synced);
        text.sample("journal_bytes", &[("stream", stream), ("at", "read")], read);
    }
    text.family("link_up", "gauge", "Whether a connection is up; `broker` when all brokers' are.");
    for (link, state) in [("feed", node.feed), ("broker", node.broker)] {
        text.sample("link_up", &[("link", link)], u8::from(state == LinkState::Up));
    }
    alerts(text, &node.alerts);
    text.family("broker_session_up", "gauge", "Whether a broker's session is logged on.");
    for broker in &status.brokers {
        let up = u8::from(broker.state == "logged_on");
        text.sample("broker_session_up", &[("broker", &broker.name)], up);
    }
    drop_copies(text, &status.drop_copies);
    fix(text, &view.fix_adapter());
    text.one("websocket_clients", "gauge", "Clients of the stream.", view.clients());
}

/// R25: the sessions on which brokers copy their reports.
fn drop_copies(text: &mut Text, copies: &[DropCopy]) {
    text.family("drop_copy_up", "gauge", "Whether the session of a broker's drop copy is up.");
    for copy in copies {
        let up = u8::from(copy.state == "logged_on");
        text.sample("drop_copy_up", &[("broker", &copy.broker)], up);
    }
    text.family("drop_copy_reports_total", "counter", "Reports that a broker copied in this run.");
    for copy in copies {
        text.sample("drop_copy_reports_total", &[("broker", &copy.broker)], copy.reports);
    }
}

/// The sessions to brokers, as they fare at this moment.
fn fix(text: &mut Text, adapter: &FixAdapter) {
    type Figure = fn(&FixLive) -> u64;
    let counters: [(&str, &str, Figure); 9] = [
        ("gaps", "Gaps in a broker's messages that were asked for.", |live| live.gaps),
        ("resends", "Resend requests of a broker's that were answered.", |live| live.resends),
        ("gap_fills", "Gap fills sent to a broker.", |live| live.gap_fills),
        ("jumps", "Times that a broker moved its number forward.", |live| live.jumps),
        ("rejects_sent", "Session-level rejects sent.", |live| live.rejects_sent),
        ("faults_received", "Messages that the dictionary refuses.", |live| live.faults_received),
        ("faults_unsent", "Messages of ours that were not sent.", |live| live.faults_unsent),
        ("garbled", "Garbled messages ignored.", |live| live.garbled),
        ("unsent", "Order messages that could not be sent.", |live| live.unsent),
    ];
    let live = || {
        let sessions = adapter.sessions.iter();
        sessions.filter_map(|session| Some((session.name.as_str(), session.live.as_ref()?)))
    };
    for (name, help, of) in counters {
        let name = format!("fix_{name}_total");
        text.family(&name, "counter", help);
        live().for_each(|(session, live)| text.sample(&name, &[("session", session)], of(live)));
    }
    text.family("fix_failed_attempts", "gauge", "Attempts in a row that came to no session.");
    for (session, live) in live() {
        text.sample("fix_failed_attempts", &[("session", session)], live.failed_attempts);
    }
    for (name, help, of) in [
        ("fix_next_out", "Number of the next message to a broker.", (|l| l.next_out) as Figure),
        ("fix_next_in", "Number of the next message of a broker's.", |l| l.next_in),
    ] {
        text.family(name, "gauge", help);
        live().for_each(|(session, live)| text.sample(name, &[("session", session)], of(live)));
    }
    let help = "From the last answered test request to its answer.";
    text.family("fix_round_trip_seconds", "gauge", help);
    for (session, live) in live() {
        if let Some(took) = live.round_trip_ns {
            let labels = [("session", session)];
            text.sample("fix_round_trip_seconds", &labels, took as f64 / 1e9);
        }
    }
}

/// How alerts reached people; how long each took is the latency of `alert_to_log` and `alert_to_page`.
fn alerts(text: &mut Text, alerts: &AlertsSnapshot) {
    text.one("alerts_raised_total", "counter", "Alerts of this run.", alerts.raised);
    text.family("alerts_waiting", "gauge", "Alerts on their way to people, by way.");
    alerts
        .ways
        .iter()
        .for_each(|way| text.sample("alerts_waiting", &[("way", &way.path)], way.waiting));
    text.family("alerts_late_total", "counter", "Alerts that took longer than five seconds.");
    alerts
        .ways
        .iter()
        .for_each(|way| text.sample("alerts_late_total", &[("way", &way.path)], way.late));
    text.family(
        "alerts_slowest_seconds",
        "gauge",
        "The longest that an alert took from its event.",
    );
    for way in &alerts.ways {
        let seconds = way.slowest_ns as f64 / 1e9;
        text.sample("alerts_slowest_seconds", &[("way", &way.path)], seconds);
    }
    text.family("alerts_stalled", "gauge", "Whether an alert waits for longer than five seconds.");
    for way in &alerts.ways {
        text.sample("alerts_stalled", &[("way", &way.path)], u8::from(way.stalled));
    }
}

fn bots(text: &mut Text, view: &View) {
    let bots = view.with(|projection| projection.bots());
    text.family("bot_position_contracts", "gauge", "Contracts held by a bot, signed.");
    for bot in &bots {
        let labels = [("bot", bot.name.as_str()), ("instrument", bot.instrument.as_str())];
        text.sample("bot_position_contracts", &labels, bot.position);
    }
    text.family("bot_realized_dollars", "gauge", "Profit taken by a bot, before commissions.");
    for bot in &bots {
        text.sample("bot_realized_dollars", &[("bot", &bot.name)], bot.realized);
    }
}

fn latency(text: &mut Text, view: &View) {
    text.family("latency_seconds", "summary", "Latency by segment.");
    for (summary, mean) in view.latency_sums() {
        let segment = summary.segment.as_str();
        for (quantile, nanos) in [
            ("0.5", summary.p50_ns),
            ("0.9", summary.p90_ns),
            ("0.99", summary.p99_ns),
            ("0.999", summary.p999_ns),
        ] {
            let labels = [("segment", segment), ("quantile", quantile)];
            text.sample("latency_seconds", &labels, nanos as f64 / 1e9);
        }
        let labels = [("segment", segment)];
        let sum = mean * summary.count as f64 / 1e9;
        text.sample("latency_seconds_sum", &labels, sum);
        text.sample("latency_seconds_count", &labels, summary.count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_written_as_prometheus_reads_them() {
        let mut text = Text(String::new());
        text.one("kills", "gauge", "Kills.", 2);
        text.sample("x", &[("a", "b\"c"), ("d", "e")], 0.5);
        let expected = "# HELP gauntlet_kills Kills.\n# TYPE gauntlet_kills gauge\n\
                        gauntlet_kills 2\ngauntlet_x{a=\"b\\\"c\",d=\"e\"} 0.5\n";
        assert_eq!(text.0, expected);
    }
}
