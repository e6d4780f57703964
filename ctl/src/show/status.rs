//! The platform in brief.

use crate::format::{count, hash, known, many, money, time};
use crate::table::{Column, table};
use gauntlet_readmodel::alert_paths::{AlertWay, AlertsSnapshot};
use gauntlet_readmodel::api::{
    BrokerSession, ChangedLimit, Counts, Doubt, Feed, Kill, MarketHealth, RoutePnl, Run, Status,
    TableUse, Tally,
};
use gauntlet_readmodel::counters::CountersSnapshot;
use std::time::Duration;

/// The status.
pub fn status(status: &Status) -> String {
    // What the journal said last may not be so any more.
    let when = match status.node.is_none() && status.running {
        true => " at the journal's end",
        false => "",
    };
    let state = status.state.name().to_uppercase();
    let mut text = format!("{}: {state}{when}\n", status.title);
    let mut line = |title: &str, what: String| text += &format!("  {title:<9} {what}\n");
    for reason in status.reasons.iter().filter(|reason| !reason.starts_with("killed by ")) {
        line("because", reason.clone());
    }
    for each in &status.kills {
        line("killed", kill(each));
    }
    for each in &status.breakers {
        line("breaker", super::breaker(each));
    }
    for each in &status.doubts {
        line("in doubt", doubt(each));
    }
    for each in &status.breaks {
        line("differs", super::difference(each));
    }
    if !status.warming.is_empty() {
        line("not warm", format!("{}: too few bars seen yet", status.warming.join(", ")));
    }
    let at = known(status.time.as_deref(), time);
    line("time", format!("{at}, input {}", count(status.seq)));
    line("run", known(status.run.as_ref(), run));
    if status.instruments.most > 0 {
        let TableUse { used, most } = status.instruments;
        line("symbols", format!("{used} of {most} that the data folder has room for"));
    }
    status.feeds.iter().for_each(|each| line("feed", feed(each)));
    status.brokers.iter().for_each(|each| line("broker", broker(each)));
    status.drop_copies.iter().for_each(|each| line("drop copy", super::drop_copy(each)));
    for changed in &status.limit_changes {
        line("limit", changed_limit(changed));
    }
    if let Some(stress) = &status.last_stress {
        line("stress", format!("last {stress}"));
    }
    if let Some(counters) = &status.node {
        line("node", node(counters));
        line("alerts", alerts(&counters.alerts));
    }
    let journal = match (&status.journal.error, status.journal.caught_up) {
        (Some(error), _) => error.clone(),
        (None, true) => "read to its end".to_owned(),
        (None, false) => "being read".to_owned(),
    };
    line("journal", journal);
    text += "\n";
    text += &pnl(&status.pnl);
    text += "\n";
    text += &counts(&status.counts);
    if !status.markets.is_empty() {
        text += "\n";
        text += &markets(&status.markets);
    }
    if !status.rejects_by_code.is_empty() {
        let rows =
            status.rejects_by_code.iter().map(|row| vec![row.code.clone(), count(row.count)]);
        text += "\n";
        text += &table(&[Column::Left("refused by risk"), Column::Right("orders")], rows);
    }
    text
}

fn kill(kill: &Kill) -> String {
    let flatten = match (kill.frozen, kill.flatten) {
        (true, _) => ", with exits stopped",
        (false, true) => ", with positions closed",
        (false, false) => "",
    };
    format!(
        "{} by {} since {}{flatten}: {} (input {}, {} cancelled)",
        kill.scope,
        kill.actor,
        time(&kill.since),
        kill.reason,
        count(kill.seq),
        many(kill.orders.into(), "order")
    )
}

/// A doubt and what ends it.
pub fn doubt(doubt: &Doubt) -> String {
    let Doubt { account, symbol, route, text, contracts, .. } = doubt;
    let contracts = match contracts {
        0 => String::new(),
        contracts => format!(", {contracts:+} contracts booked nowhere"),
    };
    let ends = match &doubt.order {
        Some(order) => format!("order {order} is asked about"),
        None => "compare with the broker, then `ctl correct settle`".to_owned(),
    };
    let (since, seq) = (time(&doubt.since), count(doubt.seq));
    format!("{account} {symbol} by {route} since {since}: {text}{contracts} (input {seq}); {ends}")
}

fn run(run: &Run) -> String {
    format!(
        "{} since {}, version {}, configuration {}, program {}",
        run.run,
        time(&run.since),
        run.version,
        hash(&run.config_hash),
        hash(&run.binary_hash)
    )
}

fn feed(feed: &Feed) -> String {
    let number = format!("{} ", feed.feed);
    number + &link(&feed.state, &feed.since, &feed.detail)
}

fn broker(broker: &BrokerSession) -> String {
    let state = match &broker.since {
        Some(since) => format!("{} {}", broker.name, link(&broker.state, since, &broker.detail)),
        None => format!("{} {}", broker.name, broker.state.replace('_', " ")),
    };
    state + &left_alone(broker)
}

/// What works at a broker while the session is down.
fn left_alone(broker: &BrokerSession) -> String {
    let orders = |number: u32| many(number.into(), "order");
    match (broker.orders_working_on, broker.orders_in_doubt) {
        (0, 0) => String::new(),
        (stay, 0) => format!("; {} WORKING ON UNSEEN", orders(stay)),
        (0, doubt) => format!("; {} that it cancels, in doubt until it is asked", orders(doubt)),
        (stay, doubt) => format!(
            "; {} WORKING ON UNSEEN, {doubt} that it cancels, in doubt until it is asked",
            orders(stay)
        ),
    }
}

fn link(state: &str, since: &str, detail: &str) -> String {
    let detail = if detail.is_empty() { String::new() } else { format!(" ({detail})") };
    format!("{} since {}{detail}", state.replace('_', " "), time(since))
}

/// A limit that people or risk changed.
pub fn changed_limit(changed: &ChangedLimit) -> String {
    let ChangedLimit { scope, limit, state, value, until, actor, approver, reason } = changed;
    let until = until.as_ref().map_or_else(String::new, |until| format!(" until {until}"));
    let allowed = match approver.is_empty() {
        true => String::new(),
        false => format!(", allowed by {approver}"),
    };
    format!("{scope} {limit} {state} to {value}{until} by {actor}{allowed}: {reason}")
}

/// How alerts reached people, by way.
fn alerts(alerts: &AlertsSnapshot) -> String {
    let way = |way: &AlertWay| {
        let AlertWay { path, waiting, late, slowest_ns, stalled, .. } = way;
        let slowest = Duration::from_nanos(*slowest_ns).as_secs_f64();
        let words = match (stalled, late) {
            (true, _) => format!(", {waiting} WAIT FOR LONGER THAN FIVE SECONDS"),
            (false, 0) => String::new(),
            (false, late) => format!(", {late} later than five seconds"),
        };
        format!("; {path}: slowest {slowest:.3} s{words}")
    };
    let ways: String = alerts.ways.iter().map(way).collect();
    format!("{} in this run{ways}", count(alerts.raised))
}

fn node(node: &CountersSnapshot) -> String {
    let short = if node.journal_short { "; THE DISK IS SHORT, trading is stopped" } else { "" };
    format!(
        "input {}, {} records, {} order messages, {} live orders{short}",
        count(node.inputs),
        count(node.records),
        count(node.orders_sent),
        count(node.orders_live.into())
    )
}

fn markets(markets: &[MarketHealth]) -> String {
    let columns = [
        Column::Left("market data"),
        Column::Left("blocked"),
        Column::Left("faults so far"),
        Column::Left("odd records so far"),
    ];
    let tallies = |tallies: &[Tally]| {
        let words =
            tallies.iter().map(|t| format!("{} {}", t.what.replace('_', " "), count(t.count)));
        known(Some(words.collect::<Vec<_>>().join(", ")).filter(|text| !text.is_empty()), |text| {
            text
        })
    };
    let row = |market: &MarketHealth| {
        let blocked = match market.blocks.as_slice() {
            [] => "no".to_owned(),
            blocks => blocks.join(", ").replace('_', " "),
        };
        vec![market.symbol.clone(), blocked, tallies(&market.faults), tallies(&market.oddities)]
    };
    table(&columns, markets.iter().map(row))
}

fn pnl(routes: &[RoutePnl]) -> String {
    let columns = [
        Column::Left("route"),
        Column::Right("realized"),
        Column::Right("unrealized"),
        Column::Right("positions without a mark"),
    ];
    let row = |pnl: &RoutePnl| {
        vec![
            pnl.route.clone(),
            money(pnl.realized),
            money(pnl.unrealized),
            count(pnl.unmarked.into()),
        ]
    };
    table(&columns, routes.iter().map(row))
}

fn counts(counts: &Counts) -> String {
    let rows = [
        [("inputs", counts.inputs), ("orders", counts.orders), ("filled", counts.orders_filled)],
        [
            ("market", counts.market_data),
            ("acks", counts.acks),
            ("cancelled", counts.orders_canceled),
        ],
        [
            ("bars", counts.bars),
            ("replaces", counts.replaces),
            ("rejected", counts.orders_rejected),
        ],
        [
            ("signals", counts.signals),
            ("cancels", counts.cancels),
            ("expired", counts.orders_expired),
        ],
        [("intents", counts.intents), ("fills", counts.fills), ("alerts", counts.alerts)],
        [("refused", counts.rejects), ("contracts", counts.contracts), ("effects", counts.effects)],
    ];
    let columns = [
        Column::Left("stream"),
        Column::Right("count"),
        Column::Left("messages"),
        Column::Right("count"),
        Column::Left("orders"),
        Column::Right("count"),
    ];
    let cells = |row: [(&str, u64); 3]| {
        row.iter().flat_map(|(what, number)| [(*what).to_owned(), count(*number)]).collect()
    };
    table(&columns, rows.map(cells))
}

#[cfg(test)]
mod tests {
    use super::*;
    use gauntlet_readmodel::projection::Projection;

    #[test]
    fn a_kill_stands_first_and_what_the_journal_says_is_not_called_the_present() {
        let mut picture = Projection::new().status("demo");
        assert!(
            status(&picture).starts_with("demo: NOT STARTED\n  because   no run has started\n")
        );
        picture.running = true;
        assert!(status(&picture).starts_with("demo: NOT STARTED at the journal's end\n"));
        picture.reasons = vec!["killed by ann".to_owned()];
        picture.kills.push(Kill {
            scope: "bot:es-orb".to_owned(),
            flatten: true,
            frozen: false,
            actor: "ann".to_owned(),
            reason: "too fast".to_owned(),
            since: "2024-01-02T14:30:00.123456789Z".to_owned(),
            seq: 1_234,
            orders: 1,
        });
        let text = status(&picture);
        let killed = text.lines().nth(1).expect("a second line");
        assert_eq!(
            killed.trim(),
            "killed    bot:es-orb by ann since 2024-01-02T14:30:00.123Z, with positions closed: too \
             fast (input 1,234, 1 order cancelled)"
        );
        picture.kills[0].frozen = true;
        assert!(status(&picture).contains(".123Z, with exits stopped: too fast"));
    }
}
