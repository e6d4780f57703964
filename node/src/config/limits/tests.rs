//! Layers as files say them.

use super::*;
use crate::config::{DEMO_OF_CONTRACTS, StageCaps};

fn read(text: &str) -> Result<Config, String> {
    Config::parse(text, "t").map_err(|error| error.to_string())
}

/// The demo with lines of a platform's layer before its account, and lines behind the account's name.
fn demo(platform: &str, account: &str) -> String {
    let account = format!("[[account]]\nname = \"DEMO\"\n{account}\n");
    DEMO_OF_CONTRACTS
        .replace("[[account]]\nname = \"DEMO\"\n", &format!("[risk]\n{platform}\n\n{account}"))
}

fn layers(text: &str) -> Vec<RiskLimits> {
    let config = read(text).unwrap_or_else(|error| panic!("{error}"));
    let caps = StageCaps::read(|_| None).expect("defaults");
    config.definitions(&caps, &Definitions::default()).expect("fits").limits
}

#[test]
fn the_platform_has_its_defaults_and_nobody_else_says_anything() {
    let layers = layers(&DEMO_OF_CONTRACTS);
    let [platform, account] = layers[..] else { panic!("{layers:?}") };
    let nothing = RiskLimits::none(Scope::Account(AccountId(0)));
    let (equity, commission) = (account.equity, account.commission);
    assert_eq!(account, RiskLimits { equity, commission, ..nothing });
    assert_eq!(
        platform,
        RiskLimits {
            max_order_value: Money(25_000_000_000_000),
            duplicate_window_ms: 1_000,
            max_executions: 64,
            executions_window_ms: 60_000,
            max_daily_loss: Money(100_000_000_000),
            flat_daily_loss: Money(200_000_000_000),
            margin_percent: 100,
            ..RiskLimits::none(Scope::Platform)
        }
    );
}

#[test]
fn each_layer_says_what_its_table_says() {
    let text = demo(
        "max_order_value = 2000000\ninstruments = [\"ES\", \"/NQZ6\"]",
        "limits = { max_order_qty = 4, executions_window_seconds = 90 }",
    );
    // Its bots trade CL and GC too, which nothing opens: that is for a person to say.
    let layers = layers(&text);
    let [platform, account] = layers[..] else { panic!("{layers:?}") };
    assert_eq!((platform.max_order_value, platform.instruments), (Money(2_000_000_000_000), 0b11));
    assert_eq!(account.scope, Scope::Account(AccountId(0)));
    assert_eq!((account.max_order_qty, account.executions_window_ms), (4, 90_000));
    assert_eq!((account.max_order_value, account.instruments), (Money(0), u64::MAX));
}

#[test]
fn a_looser_lower_limit_is_refused_with_both_lines() {
    for (key, tighter, looser) in [
        ("max_order_qty", 9, 10),
        ("max_order_value", 100, 101),
        ("duplicate_window_ms", 500, 499),
        ("max_executions", 7, 8),
        ("executions_window_seconds", 30, 29),
        ("max_daily_loss", 500, 501),
        ("flat_daily_loss", 500, 501),
        ("flat_after_seconds", 60, 61),
        ("margin_percent", 50, 51),
    ] {
        let platform = format!("{key} = {tighter}");
        let with = |value: u32| demo(&platform, &format!("limits = {{ {key} = {value} }}"));
        if let Err(error) = read(&with(tighter)) {
            assert!(key == "max_order_qty" && error.contains("bot"), "{key}: {error}");
        }
        let text = with(looser);
        let error = read(&text).expect_err("looser");
        let line =
            |start: &str| text.lines().position(|l| l.starts_with(start)).map_or(0, |n| n + 1);
        let (lower, upper) = (line("limits"), line(&platform));
        assert!(
            error.contains(&format!("line {lower}: account \"DEMO\" {key} {looser}")),
            "{error}"
        );
        assert!(error.contains(&format!("[risk] {key} {tighter} in line {upper}")), "{error}");
    }
}

#[test]
fn bots_are_held_against_their_account_and_the_platform() {
    let bot = |limits: &str| {
        DEMO_OF_CONTRACTS.replacen(
            "name = \"es-orb\"\n",
            &format!("name = \"es-orb\"\n{limits}\n"),
            1,
        )
    };
    let error = read(&bot("limits = { max_order_value = 25000001 }")).expect_err("looser");
    assert!(error.contains("[risk] max_order_value 25000000, the default"), "{error}");
    let error = read(&bot("").replacen("max_position = 60", "max_position = 3", 1));
    let error = error.expect_err("looser");
    assert!(error.contains("bot \"es-orb\" max_position 4 is looser"), "{error}");
    assert!(error.contains("account \"DEMO\" max_position 3 in line"), "{error}");
    let error = read(&demo("max_position = 59", "")).expect_err("looser");
    assert!(
        error.contains("account \"DEMO\" max_position 60") && error.contains("[risk]"),
        "{error}"
    );
}

#[test]
fn a_list_may_name_less_than_the_list_above_it_and_no_more() {
    let lists = |platform: &str, account: &str| {
        read(&demo(
            &format!("instruments = {platform}"),
            &format!("limits = {{ instruments = {account} }}"),
        ))
        .map(drop)
    };
    assert_eq!(lists("[\"ES\", \"NQ\"]", "[\"ESZ6\"]"), Ok(()));
    assert_eq!(lists("[\"ESZ6\"]", "[\"/ESZ6\"]"), Ok(()));
    assert_eq!(lists("[\"ES\"]", "[]"), Ok(()));
    let error = lists("[\"ESZ6\"]", "[\"ES\"]").expect_err("more");
    assert!(error.contains("account \"DEMO\" instruments ES is looser"), "{error}");
    let error = lists("[\"ES\"]", "[\"NQZ6\"]").expect_err("more");
    assert!(error.contains("instruments NQZ6 is looser than [risk] instruments ES"), "{error}");
    let error = lists("[\"ZB\"]", "[]").expect_err("nobody has it");
    assert!(error.contains("\"ZB\" is neither a contract nor a product"), "{error}");
    let error = lists("[\"XXZ6\"]", "[]").expect_err("there is none");
    assert!(error.contains("XXZ6"), "{error}");
}

#[test]
fn misspelt_and_impossible_limits_are_refused_by_name() {
    let account = |limits: &str| read(&demo("", &format!("limits = {{ {limits} }}")));
    let error = account("max_order_valu = 1").expect_err("misspelt");
    assert!(error.contains("did you mean max_order_value"), "{error}");
    let error = account("max_order_value = 0").expect_err("zero");
    assert!(error.contains("limits: max_order_value is 0") && error.contains("line"), "{error}");
    // One that was made and not read is checked as well.
    let mut made = read(&DEMO_OF_CONTRACTS).expect("valid");
    made.bots[0].limits.max_executions = Some(65);
    assert!(made.check().is_err_and(|error| error.contains("max_executions is 65")));
    made.bots[0].limits.max_executions = Some(64);
    assert_eq!(made.check(), Ok(()));
}

#[test]
fn a_platforms_drawdown_needs_a_position_to_halve() {
    let error = read(&demo("max_drawdown = 5000", "")).expect_err("nothing to halve");
    assert!(error.contains("max_position = 200"), "{error}");
    let with = demo("max_drawdown = 5000\nmax_position = 60", "limits = { max_drawdown = 4000 }");
    assert_eq!(layers(&with)[0].max_drawdown, Money(5_000_000_000));
    let looser = with.replace("4000", "5001");
    assert!(read(&looser).is_err_and(|error| error.contains("max_drawdown 5001 is looser")));
}

#[test]
fn what_limits_mean_is_part_of_what_a_configuration_means() {
    let caps = StageCaps::read(|_| None).expect("defaults");
    let hash = |text: &str| read(text).expect("valid").hash(&caps);
    assert_eq!(hash(&DEMO_OF_CONTRACTS), hash(&demo("max_executions = 64", "limits = {}")));
    assert_ne!(hash(&DEMO_OF_CONTRACTS), hash(&demo("max_executions = 63", "")));
    assert_ne!(hash(&DEMO_OF_CONTRACTS), hash(&demo("", "limits = { max_executions = 63 }")));
    let ways = [r#"["ES", "NQ", "CL", "GC"]"#, r#"["NQ", "ES", "GC", "CL"]"#];
    let [one, other] = ways.map(|list| hash(&demo(&format!("instruments = {list}"), "")));
    assert_eq!(one, other);
    assert_ne!(one, hash(&DEMO_OF_CONTRACTS));
}

#[test]
fn an_equity_asks_for_margins_and_names_the_line_to_add() {
    let without = |keys: &[&str]| -> String {
        let is_left = |line: &&str| !keys.iter().any(|key| line.starts_with(key));
        DEMO_OF_CONTRACTS.lines().filter(is_left).map(|line| format!("{line}\n")).collect()
    };
    let unchecked = without(&["equity", "initial_margin"]);
    assert_eq!(read(&unchecked).expect("valid").warnings(), Vec::<String>::new());
    let real = unchecked.replace("clock = \"data\"", "clock = \"realtime\"");
    let config = read(&real).expect("valid");
    let [warning] = &config.warnings()[..] else { panic!("one warning") };
    assert!(warning.contains("equity = 100000") && warning.contains("DEMO"), "{warning}");
    let error = read(&without(&["initial_margin"])).expect_err("no margin");
    assert!(error.contains("ESZ6") && error.contains("initial_margin = 20000"), "{error}");
    let config = read(&DEMO_OF_CONTRACTS).expect("valid");
    assert_eq!(config.warnings(), Vec::<String>::new());
    let caps = StageCaps::read(|_| None).expect("defaults");
    let defined = config.definitions(&caps, &Definitions::default()).expect("fits");
    let [_, account] = defined.limits[..] else { panic!("{:?}", defined.limits) };
    assert_eq!((account.equity, account.commission), (Money(2_000_000_000_000), Money(850_000)));
    assert_eq!(defined.terms.len(), 4);
    let first = defined.terms[0];
    assert_eq!((first.initial_margin, first.fee), (Money(21_000_000_000), Money(1_380_000)));
}
