//! `docs/risk.md`: the controls, the checks and the reject codes, made of the tables that act.

use super::checks::{CHECKS, Check};
use super::controls::{Built, CONTROLS, Control};
use gauntlet_model::effect::RejectCode;
use std::fmt::Write;

const HEAD: &str = "# Risk

Made by `ctl risk` from the tables that the platform acts by; a test holds this page against them.

Every order passes every check below that applies to it, in this order, and the first that says no gives
the code. A refusal is an effect in the journal, is counted, and is shown on page and API with the limit and
the value that met it. A limit that is missing or zero refuses what opens with `missing_limit`; it never
passes.

Entries and exits are two policies. *Opens* is an order that makes the bot's position grow, *reduces* one
that only takes it nearer to zero, new or replaced; *replace* is one of an order that opens. What reduces is
bounded by the position, by what works on the closing side already, and by what the venue allows; no check of
an entry refuses it. Its price comes from the opposite best, else from the last trade, else from the
venue's limit; its data is fresh while the line that it comes by lives. It waits ten seconds at most for the
end of its bot's other orders. When it cannot leave all the same, a person is told (`exit_stuck`), once an
episode. Positions count every working order as filled.

## Kills

`ctl kill` stops what opens, in its scope and at once: new orders are blocked and working ones cancelled,
however many there are; what reduces goes on, so every stop stays armed. `--flatten` closes positions
too. `--freeze` stops exits as well, and cancels their orders: nothing leaves until it is lifted. A kill holds
over restarts until a named person lifts it with a reason. A second kill of the same scope keeps the first one's
actor and reason; it can ask for flattening or a freeze, the later word counts. A symbol is a contract in
any spelling (`ESZ6`, `ESZ26`, `/ESZ6`), or a product (`ES`) for all its contracts.

## Breakers

A bot's breaker trips when its broker refuses so many of its opening orders in a row, or so many of its cancels
and replaces; an account's when so many messages to its broker are refused within a minute. Nothing opens in its
scope then (`breaker`), what works to open is cancelled, exits go on, and a person is told. It holds over restarts
until a named person resets it with a reason (`ctl risk reset`); `ctl unkill` does not. `ctl status`, `ctl risk
usage`, page and API show it. What is counted is the account's own (`max_refused_orders`, `max_refused_changes`,
`max_refused_per_minute`), as is the ratio of messages to fills above which a person is told once a trading day
(`max_messages_per_fill`, `messages_from`).

## Alerts

An alert is journaled with the input that it is about, and goes two ways from there: a thread of its own says it in
the node's log, and the control plane takes it into the picture that page, stream and API show. Each way tells how
long every alert took, from the arrival of its input to its words (`alert_to_log`, `alert_to_page` among the
latencies, on `/metrics` as `gauntlet_latency_seconds`, `gauntlet_alerts_waiting`, `_late_total`,
`_slowest_seconds` and `_stalled`, and in `ctl status`). Five seconds are the bound: when one waits for longer on a
way (a terminal that was stopped, a pipe that nobody empties, a page that hangs), or more than 1,024 do, the main
thread finds it. It is said on the other way, `/healthz` and `ctl status` call it an ill of the node, and it is
journaled as an alert of its own (`alerts_late`), as is its end. Nothing of this waits for a reader, so a log that
stands still holds up no order. A client of the stream is shown the newest picture four times a second; one that
reads slower misses frames, and no alert, since each frame has the last 40. There is no database on either way.

## Limits that move down by themselves

A drawdown beyond `max_drawdown` halves the `max_position` of its bot, account or platform, and each further one
again. Volatility halves what may be held in a product: where an `[[instrument]]` has a `volatility_reference`, the
realised volatility of its last `volatility_minutes` (the root of the mean square of the changes between one-minute
closes that follow each other in a trading day, in ticks) is compared with each finished minute; past
`volatility_percent` of the reference half of every `max_position` may be held in the product's contracts, past
twice as much a quarter, and so on, one contract at least. Exits are not touched. `ctl risk usage` shows the
measure, `ctl risk limits` what is lowered, and neither a quiet market, a restart, a roll to the next contract nor
another build moves anything up again: a person does, with a reason (`ctl risk end --symbol ES --limit
max_position_percent`, `ctl risk end --bot NAME --limit max_position`), and is believed until it gets worse than it
was then.
";

const SOURCES: &str = "
Sources: SEC Rule 15c3-5; RTS 6 is Commission Delegated Regulation (EU) 2017/589 under MiFID II, by article;
FIA, *Best practices for automated trading risk controls and system safeguards*, 2024; CME Globex client
documentation; Knight Capital is SEC order 34-70694; own follows from the design.
";

/// The page.
pub fn markdown() -> String {
    let mut page = String::from(HEAD);
    page.push_str(
        "\n## Checks\n\n| what must be so | codes | opens | reduces | replace | cancel |\n",
    );
    page.push_str("|---|---|---|---|---|---|\n");
    CHECKS.iter().for_each(|check| page.push_str(&check_row(check)));
    page.push_str("\n## Reject codes\n\n| code | control | means |\n|---|---|---|\n");
    for code in RejectCode::ALL {
        let (control, meaning) = meaning(code);
        let _ = writeln!(page, "| `{}` | {control} | {meaning} |", code.name());
    }
    page.push_str("\n## Controls\n\n| control | demands | source | built |\n|---|---|---|---|\n");
    CONTROLS.iter().for_each(|control| page.push_str(&control_row(control)));
    page.push_str(SOURCES);
    page
}

fn check_row(check: &Check) -> String {
    let mut codes: Vec<String> =
        check.codes.iter().map(|code| format!("`{}`", code.name())).collect();
    if check.limited {
        codes.push(format!("`{}`", RejectCode::MissingLimit.name()));
    }
    let yes = |applies| if applies { "yes" } else { "" };
    let Check { what, opening, reducing, replace, cancel, .. } = *check;
    let [opening, reducing, replace, cancel] = [opening, reducing, replace, cancel].map(yes);
    format!("| {what} | {} | {opening} | {reducing} | {replace} | {cancel} |\n", codes.join(", "))
}

fn control_row(control: &Control) -> String {
    let Control { id, demand, source, built } = control;
    let built = match built {
        Built::Yes => "yes".to_owned(),
        Built::Partly(what) => format!("in part: {what}"),
    };
    format!("| {id} | {demand} | {source} | {built} |\n")
}

/// The control that a code belongs to, if any, and what it tells.
fn meaning(code: RejectCode) -> (&'static str, &'static str) {
    match code {
        RejectCode::OrderQuantity => ("R1", "larger than the bot or the instrument may send"),
        RejectCode::ParentQuantity => {
            ("R17", "more than is left of its parent, or to close of what that brought")
        }
        RejectCode::ContractEnd => ("R31", "the contract is too near to its end to open in it"),
        RejectCode::DropCopy => (
            "R25",
            "the broker's drop copy differs there, or it is required and its session is down",
        ),
        RejectCode::CashDiffers => ("R26", "the account's cash is another at the broker"),
        RejectCode::BotPosition => ("R3", "the bot would hold too much"),
        RejectCode::InstrumentPosition => ("R3", "the instrument would be held too much"),
        RejectCode::AccountPosition => ("R3", "the account would hold too much"),
        RejectCode::PriceCollar => ("R4", "the price is too far from the reference"),
        RejectCode::NoReferencePrice => ("R4", "the book has no middle to measure from"),
        RejectCode::MessageRate => ("R8", "too many messages within a second"),
        RejectCode::SessionClosed => ("R9", "outside the session, or the calendar ends before"),
        RejectCode::TradingHalted => ("R9", "the instrument is halted, before its open or closed"),
        RejectCode::StaleMarketData => ("R11", "the market data is too old"),
        RejectCode::GappedMarketData => ("R11", "messages were lost, or the feed is down"),
        RejectCode::CrossedBook => ("R11", "the bid is at or above the ask"),
        RejectCode::MissingLimit => ("R14", "a limit that is needed is missing or zero"),
        RejectCode::ConfigurationChanged => {
            ("R14", "no run has begun, or nobody accepted the change")
        }
        RejectCode::SelfTestFailed => ("R14", "risk failed its own test at the start"),
        RejectCode::StageCap => ("R15", "over the cap of the bot's stage"),
        RejectCode::Killed => ("R18", "a kill or a stop is in force"),
        RejectCode::RouteDown => ("", "the session with the broker is not up"),
        RejectCode::UnknownOrderState => ("R22", "an order of the bot is in doubt and asked about"),
        RejectCode::TableFull => ("", "a table of bounded size has no room"),
        RejectCode::NotDefined => ("R14", "bot, account or instrument is not defined or enabled"),
        RejectCode::OrderValue => ("R2", "worth more than one order may be"),
        RejectCode::PriceBand => ("R5", "outside of the band in which the venue takes orders"),
        RejectCode::DuplicateOrder => ("R6", "the bot sent the same order a moment ago"),
        RejectCode::RepeatedExecutions => {
            ("R7", "the bot opened too often: it is killed until a person lets it on")
        }
        RejectCode::NotAllowed => ("R12", "the instrument is on no list of what may be opened"),
        RejectCode::SelfTrade => ("R10", "it could trade with another bot of the account"),
        RejectCode::BuyingPower => ("R13", "margins would take too much of the account's equity"),
        RejectCode::DailyLoss => ("R16", "the day's loss is past its limit"),
        RejectCode::PlatformPosition => ("R3", "all accounts together would hold too much"),
        RejectCode::Breaker => (
            "R22",
            "messages were refused in a row: nothing opens until a person resets the breaker",
        ),
        RejectCode::InDoubt => ("R26", "what the account holds in the instrument is in doubt"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_in_docs_is_current() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/risk.md");
        let page = std::fs::read_to_string(path).unwrap_or_default();
        assert!(page == markdown(), "docs/risk.md is old: ctl risk > docs/risk.md");
    }

    #[test]
    fn a_cancel_is_held_against_its_route_and_its_rate_alone() {
        let of_cancels = CHECKS.iter().filter(|check| check.cancel).map(|check| check.codes);
        let codes: Vec<RejectCode> = of_cancels.flatten().copied().collect();
        assert_eq!(codes, [RejectCode::RouteDown, RejectCode::MessageRate]);
    }

    #[test]
    fn every_reject_code_is_a_checks_and_every_control_is_one_of_the_list() {
        for code in RejectCode::ALL {
            let by_check = CHECKS.iter().any(|check| {
                check.codes.contains(&code) || (check.limited && code == RejectCode::MissingLimit)
            });
            assert!(by_check, "{} comes from no check", code.name());
            let (control, _) = meaning(code);
            let known = CONTROLS.iter().any(|one| one.id == control);
            assert!(control.is_empty() || known, "{}: {control}", code.name());
        }
        for (at, control) in CONTROLS.iter().enumerate() {
            assert_eq!(control.id, format!("R{}", at + 1));
        }
    }
}
