//! A configuration in real time, tried whole: `gauntlet venue` plays the other side of it by the wall
//! clock, and `gauntlet run` trades against it as it would in earnest.

use gauntlet_model::input::{Input, SessionChange};
use gauntlet_model::instrument::{Contract, product_of_code};
use gauntlet_model::units::{NANOS_PER_SECOND, UnixNanos};
use gauntlet_runtime::clock::system_now;
use gauntlet_tests::ledger::Live;
use gauntlet_tests::process::Process;
use gauntlet_tests::setup::Setup;
use gauntlet_tests::{program, wait_for, wait_until};
use gauntlet_venue::matching::records::year_of;
use std::net::SocketAddr;
use std::process::Command;

/// How far the market's time may be from the wall clock's, on a machine that does other things too.
const SLACK_NS: u64 = 20 * NANOS_PER_SECOND;

/// The contract of ES that trades today and tomorrow.
fn front() -> &'static str {
    let tomorrow = UnixNanos(system_now()).plus(86_400 * NANOS_PER_SECOND);
    let product = product_of_code("ES").expect("a product");
    let mut contract = Contract { product, month: 12, year: year_of(tomorrow) - 1 };
    while contract.expiry() <= tomorrow {
        contract = contract.next();
    }
    contract.symbol().leak()
}

/// The address at the end of the line that begins so.
fn told(venue: &Process, begins: &str) -> Option<SocketAddr> {
    let text = venue.stderr();
    let line = text.lines().find(|line| line.starts_with(begins))?;
    line.rsplit(' ').next()?.parse().ok()
}

#[test]
fn a_configuration_in_real_time_is_tried_whole_against_todays_market() {
    let any_port = SocketAddr::from(([127, 0, 0, 1], 0));
    let mut setup = Setup::new(any_port, any_port, &[front()]);
    let realtime = |setup: &Setup| setup.text().replace("clock = \"data\"", "clock = \"realtime\"");
    let config = setup.dir().join("venue.toml");
    std::fs::write(&config, realtime(&setup)).expect("the configuration can be written");
    let mut command = Command::new(program!());
    // Today may be a holiday: this market knows none.
    command.arg("venue").arg("--config").arg(&config).args(["--hours", "always"]);
    let venue = Process::spawn(command);
    setup.feed = wait_for("the market data", || told(&venue, "market data"));
    setup.broker = wait_for("the orders", || told(&venue, "orders"));

    let mut node = setup.run_with(program!(), &realtime(&setup), &[]);
    let mut live = Live::new(&setup.journal());
    wait_until("quotes", || {
        node.assert_running();
        let quotes = |input: &Input| matches!(input, Input::Quote(_));
        live.look().inputs.iter().filter(|s| quotes(&s.input)).count() > 20
    });
    wait_until("the session", || live.look().sessions(SessionChange::LoggedOn) > 0);
    let now = system_now();
    let last = live.ledger.inputs.iter().rev().find_map(|s| match &s.input {
        Input::Quote(quote) => Some(quote.ts_event),
        _ => None,
    });
    let last = last.expect("there were some").0;
    assert!(now.abs_diff(last) < SLACK_NS, "the market is at {last}, the wall clock at {now}");
    node.stop().expect_code(0);
    venue.stop().expect_code(0);
}
