use super::*;
use crate::cli::{Cli, Command};
use crate::config::DEMO;
use clap::Parser;
use gauntlet_model::effect::{OrderType, TimeInForce};
use gauntlet_model::order::Capabilities;
use gauntlet_venue::generated::Hours;

/// The plan of a command line, on a day on which the demo's contracts trade.
fn planned(line: &[&str], config: Option<&str>) -> Result<VenuePlan, String> {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("node.toml");
    let mut words = vec!["gauntlet", "venue"];
    words.extend(line);
    if let Some(text) = config {
        std::fs::write(&path, text).expect("the configuration can be written");
        words.extend(["--config", path.to_str().expect("a plain path")]);
    }
    let cli = Cli::try_parse_from(words).map_err(|error| error.to_string())?;
    let Command::Venue(args) = cli.command else { panic!("not a venue") };
    let now = UnixNanos::parse_rfc3339("2026-11-26T12:00:00Z").expect("a time");
    plan(args, now).map_err(|error| error.to_string())
}

fn market(plan: &VenuePlan) -> &GeneratedConfig {
    match &plan.market {
        MarketPlan::Generated(market) => market,
        MarketPlan::Replayed(files) => panic!("{files:?}"),
    }
}

fn realtime() -> String {
    DEMO.replace("clock = \"data\"", "clock = \"realtime\"")
}

#[test]
fn a_configuration_gets_the_other_side_of_itself() {
    let text = DEMO.replace("127.0.0.1:13100", "127.0.0.1:4711").replace("\"SIMVENUE\"", "\"CME\"");
    let plan = planned(&[], Some(&text)).expect("a venue");
    assert_eq!(plan.data_listen.to_string(), "127.0.0.1:4711");
    assert_eq!(plan.fix_listen.to_string(), "127.0.0.1:13101");
    assert_eq!(plan.comp_ids, ("CME".to_owned(), "GAUNTLET".to_owned()));
    // The front contracts of the day on which its market begins.
    assert_eq!(market(&plan).symbols, ["ESZ6", "NQZ6", "CLZ6", "GCZ6"]);
    assert_eq!((plan.clock, market(&plan).hours), (MarketClock::FirstClient, Hours::DaySession));
    let elsewhere = planned(&["--data-listen", "127.0.0.1:1", "--symbols", "ZNH7"], Some(&text));
    let elsewhere = elsewhere.expect("a venue");
    assert_eq!((elsewhere.data_listen.port(), market(&elsewhere).symbols.len()), (1, 1));
}

#[test]
fn a_configuration_in_real_time_gets_todays_market_in_its_products_sessions() {
    let plan = planned(&[], Some(&realtime())).expect("a venue");
    let now = UnixNanos::parse_rfc3339("2026-11-26T12:00:00Z").expect("a time");
    assert_eq!((plan.clock, market(&plan).start), (MarketClock::Wall, now));
    assert_eq!(market(&plan).hours, Hours::Product);
    assert!(matches!(plan.pace, Pace::Real { speed: 1.0 }));
    let open = planned(&["--hours", "always"], Some(&realtime())).expect("a venue");
    assert_eq!(market(&open).hours, Hours::Always);
}

#[test]
fn the_table_of_the_file_is_read_and_flags_go_before_it() {
    let text = format!(
        "{DEMO}\n[venue]\nclock = \"own\"\nhours = \"product\"\nspeed = 4.0\nseed = 9\nrate = 2.5\n\
         later_contracts = 3\ncancel_on_disconnect = true\nself_match_by_account = true\n\
         protection_ticks = 5\n"
    );
    let plan = planned(&[], Some(&text)).expect("a venue");
    let GeneratedConfig { seed, rate, later_contracts, hours, protection_ticks, .. } =
        *market(&plan);
    assert_eq!(protection_ticks, 5);
    assert_eq!((seed, rate, later_contracts, hours), (9, 2.5, 3, Hours::Product));
    assert_eq!(plan.rules.cancel_on_disconnect, Capabilities::ALL);
    assert!(plan.rules.self_match_by_account);
    assert!(matches!((plan.clock, &plan.pace), (MarketClock::Own, Pace::Real { speed: 4.0 })));
    let plan = planned(&["--speed", "2", "--seed", "8"], Some(&text)).expect("a venue");
    assert!(matches!(plan.pace, Pace::Real { speed: 2.0 }));
    assert_eq!(market(&plan).seed, 8);
}

#[test]
fn it_cancels_on_disconnect_what_its_broker_is_said_to_cancel() {
    let with = |lines: &str| {
        DEMO.replace("heartbeat_seconds = 10", &format!("heartbeat_seconds = 10\n{lines}"))
    };
    let cancelled =
        |text: &str| planned(&[], Some(text)).expect("a venue").rules.cancel_on_disconnect;
    assert_eq!(cancelled(DEMO), Capabilities::NONE);
    let kept = Capabilities::ALL.without_life(TimeInForce::GoodTillCancel);
    let broker = with("cancel_on_disconnect = true");
    assert_eq!(cancelled(&broker), kept.without_life(TimeInForce::GoodTillDate));
    let stops = with("cancel_on_disconnect = true\nkeeps_on_disconnect = [\"stop\"]");
    assert_eq!(cancelled(&stops), Capabilities::ALL.without_type(OrderType::Stop));
    let other = format!("{broker}\n[venue]\ncancel_on_disconnect = false\n");
    assert_eq!(cancelled(&other), Capabilities::NONE, "as it is told itself");
}

#[test]
fn what_contradicts_itself_is_refused_with_what_to_do() {
    let error = planned(&["--clock", "wall", "--speed", "60"], None).err().expect("refused");
    assert!(error.contains("speed 1, not 60"), "{error}");
    let error = planned(&["--clock", "wall", "--replay", "a.dbn"], None).err().expect("refused");
    assert!(error.contains("recorded files"), "{error}");
    let error =
        planned(&[], Some(&realtime().replace("\"ES\"", "\"ESU6\""))).err().expect("refused");
    assert!(error.contains("ESU6") && error.contains("expired"), "{error}");
    let two = DEMO.replacen("[broker]", "[[broker]]\nname = \"a\"", 1);
    let (head, rest) = two.split_once("[[account]]").expect("an account");
    let second = "[[broker]]\nname = \"b\"\naddress = \"127.0.0.1:1\"\nsender_comp_id = \"A\"\n\
                  target_comp_id = \"B\"\n";
    let two = format!("{head}{second}[[account]]{rest}");
    let error = planned(&[], Some(&two)).err().expect("refused");
    assert!(error.contains("one broker"), "{error}");
}
