//! Runs and definitions: what a restart keeps, what a redefinition may change.

use super::*;
use gauntlet_model::ids::{AccountId, BOTS_MAX, INSTRUMENTS_MAX, InstrumentId};

fn restart(scenario: &mut Scenario, setup: &Setup, hash: u8) {
    scenario.input(Input::RunStart(RunStart { run: 2, config_hash: [hash; 32], ..setup.run }));
}

#[test]
fn nothing_passes_before_a_run_starts() {
    let setup = Setup::new();
    let mut scenario = setup.start();
    scenario.risk = super::super::Risk::new();
    scenario.input(Input::Instrument(setup.instrument));
    scenario.input(Input::Account(setup.account));
    scenario.input(Input::Bot(setup.bot));
    scenario.session(SessionChange::LoggedOn);
    scenario.market(setup.view);
    scenario.enter(1);
    assert_eq!(scenario.rejected().map(|r| r.code), Some(RejectCode::SelfTestFailed));
}

#[test]
fn a_changed_configuration_blocks_until_a_named_person_accepts_it() {
    let (mut scenario, setup) = start(|_| {});
    restart(&mut scenario, &setup, 9);
    assert_eq!(scenario.alerts(), [AlertKind::ConfigurationChanged]);
    scenario.session(SessionChange::LoggedOn);
    scenario.market(setup.view);
    scenario.enter(1);
    assert_eq!(scenario.rejected().map(|r| r.code), Some(RejectCode::ConfigurationChanged));
    scenario.input(Input::Command(Command {
        kind: CommandKind::AcceptConfiguration,
        scope: Scope::Platform,
        actor: Text::new("operator"),
        reason: Text::EMPTY,
    }));
    assert_eq!(scenario.alerts(), [AlertKind::CommandRefused]);
    scenario.command(CommandKind::AcceptConfiguration, Scope::Platform);
    scenario.enter(1);
    assert_eq!(scenario.approved().len(), 1);
    scenario.command(CommandKind::AcceptConfiguration, Scope::Platform);
    assert_eq!(scenario.alerts(), [AlertKind::CommandRefused], "nothing waits any more");
}

#[test]
fn going_back_to_the_accepted_configuration_lifts_the_block() {
    let (mut scenario, setup) = start(|_| {});
    restart(&mut scenario, &setup, 9);
    restart(&mut scenario, &setup, setup.run.config_hash[0]);
    assert!(!scenario.risk.configuration_changed());
}

#[test]
fn a_restart_keeps_positions_and_doubts_the_brokers_orders_only() {
    let (mut scenario, setup) = start_holding(2, |_| {});
    let paper = BotDefinition { bot: BotId(1), stage: Stage::Paper, ..setup.bot };
    scenario.input(Input::Bot(paper));
    scenario.want(BotId(1), 1, Urgency::Passive, IntentReason::Signal);
    let order = scenario.enter_passively(3);
    scenario.acknowledge(&order);
    restart(&mut scenario, &setup, setup.run.config_hash[0]);
    assert_eq!(scenario.held(), 2);
    assert!(scenario.risk.working(BOT).all(|order| order.is_in_doubt()));
    assert_eq!(scenario.risk.working(BOT).count(), 1);
    assert_eq!(scenario.risk.working(BotId(1)).count(), 0);
    scenario.market(setup.view);
    scenario.enter(4);
    assert_eq!(scenario.rejected().map(|r| r.code), Some(RejectCode::RouteDown));
    scenario.want(BotId(1), 1, Urgency::Passive, IntentReason::Signal);
    assert_eq!(scenario.only().route, Route::PAPER, "the simulator is there at once");
}

#[test]
fn market_data_of_the_last_run_does_not_count() {
    let (mut scenario, setup) = start(|_| {});
    restart(&mut scenario, &setup, setup.run.config_hash[0]);
    scenario.session(SessionChange::LoggedOn);
    scenario.enter(1);
    assert_eq!(scenario.rejected().map(|r| r.code), Some(RejectCode::GappedMarketData));
}

#[test]
fn a_definition_outside_of_its_table_is_refused_with_an_alert() {
    let (mut scenario, setup) = start(|_| {});
    let instrument = InstrumentId(INSTRUMENTS_MAX as u16);
    for input in [
        Input::Instrument(InstrumentDefinition { instrument, ..setup.instrument }),
        Input::Account(AccountDefinition { account: AccountId(u16::MAX), ..setup.account }),
        Input::Bot(BotDefinition { bot: BotId(BOTS_MAX as u16), ..setup.bot }),
    ] {
        scenario.input(input);
        assert_eq!(scenario.alerts(), [AlertKind::TableFull]);
    }
    scenario.want(BotId(BOTS_MAX as u16), 1, Urgency::Passive, IntentReason::Signal);
    assert_eq!(scenario.rejected().map(|r| r.code), Some(RejectCode::NotDefined));
}

#[test]
fn an_instrument_without_a_tick_or_multiplier_is_not_defined() {
    let (mut scenario, setup) = start(|setup| setup.instrument.tick = Price(0));
    scenario.enter(1);
    assert_eq!(scenario.rejected().map(|r| r.code), Some(RejectCode::NotDefined));
    let multiplier = gauntlet_model::units::Money(0);
    scenario.input(Input::Instrument(InstrumentDefinition { multiplier, ..setup.instrument }));
    assert_eq!(scenario.alerts(), [AlertKind::CommandRefused]);
}

#[test]
fn a_bot_that_holds_a_position_keeps_its_route_and_is_disabled_instead() {
    let (mut scenario, setup) = start_holding(2, |_| {});
    scenario.input(Input::Bot(BotDefinition { stage: Stage::Paper, ..setup.bot }));
    assert_eq!(scenario.alerts(), [AlertKind::CommandRefused]);
    scenario.enter(3);
    assert_eq!(scenario.rejected().map(|r| r.code), Some(RejectCode::NotDefined));
    scenario.stop_out();
    let exit = scenario.only();
    assert_eq!(exit.route, Route::BROKER);
    scenario.fill(&exit, 2, 0);
    scenario.input(Input::Bot(BotDefinition { stage: Stage::Paper, ..setup.bot }));
    scenario.enter(1);
    assert_eq!(scenario.only().route, Route::PAPER);
}
