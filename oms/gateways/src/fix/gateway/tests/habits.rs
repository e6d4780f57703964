//! Our gateway against acceptors with the habits of real ones: it comes on, tells each report once and in order,
//! and sends no order twice.

use super::*;
use crate::fix::session::Habits;
use gauntlet_model::session_schedule::SessionSchedule;

/// Orders, and reports, of each profile.
const ORDERS: u64 = 60;
/// After so many the connection is cut.
const CUT_EVERY: u64 = 13;

fn world(acceptor: SessionConfig, initiator: SessionConfig) -> World {
    let mut world = World::new();
    world.peer = FixPeer::bind("127.0.0.1:0".parse().expect("an address"), acceptor).expect("free");
    let address = world.peer.local_addr().expect("bound");
    world.gateway = gateway_of(address, initiator, SequenceNumbers::default());
    world
}

fn with(habits: Habits) -> SessionConfig {
    SessionConfig { habits, ..SessionConfig::acceptor("VENUE", "TRADER") }
}

fn ours() -> SessionConfig {
    SessionConfig::initiator("TRADER", "VENUE")
}

fn both_on(world: &World) -> bool {
    world.gateway.is_logged_on() && world.peer.is_logged_on()
}

/// Orders and reports go both ways while the connection is cut now and then. Gives the reports told.
fn trade(name: &str, world: &mut World) -> Vec<String> {
    for at in 1..=ORDERS {
        world.until(&format!("{name}: logged on for order {at}"), both_on);
        world.sends(&order(OutboundKind::New, 0x10 * at));
        world.reports(&format!("X{at:03}"));
        for _ in 0..5 {
            world.step();
        }
        if at % CUT_EVERY == 0 {
            world.peer.drop_connection(world.now, &mut |_, _| {});
        }
    }
    world.until(&format!("{name}: logged on at the end"), both_on);
    for _ in 0..200 {
        world.step();
    }
    let orders = |text: &&String| text.starts_with("35=D|");
    let id =
        |text: &String| text.split('|').find(|field| field.starts_with("11=")).map(str::to_owned);
    let mut ids: Vec<_> = world.received.iter().filter(orders).filter_map(id).collect();
    let arrived = ids.len();
    assert!(arrived > ORDERS as usize / 3, "{name}: only {arrived} orders arrived");
    ids.dedup();
    assert_eq!(ids.len(), arrived, "{name}: an order came twice");
    assert!(ids.is_sorted(), "{name}: {ids:?}");
    let told: Vec<String> = world.executions().into_iter().map(|(id, _)| id).collect();
    assert!(told.is_sorted_by(|one, next| one < next), "{name}: out of order or twice: {told:?}");
    told
}

/// What the acceptor did was noticed here.
fn shows(name: &str, world: &World, habits: &Habits) {
    let counters = world.gateway.session().counters();
    let breaks =
        world.changes().iter().filter(|change| **change == SessionChange::LoggedOn).count() as u64;
    for (is_so, seen, least) in [
        (habits.jump_every > 0, counters.gaps, 3),
        (habits.repeat_every > 0, counters.duplicates, 10),
        (habits.ask_every > 0, counters.resends, 5),
        (habits.break_bytes > 0, breaks, 2 + ORDERS / CUT_EVERY),
    ] {
        assert!(
            !is_so || seen >= least,
            "{name}: {seen} of {least}: {counters:?}, {breaks} logons"
        );
    }
}

fn all() -> Vec<String> {
    (1..=ORDERS).map(|at| format!("X{at:03}")).collect()
}

#[test]
fn an_acceptor_that_keeps_its_numbers_loses_no_report_whatever_else_it_does() {
    for (name, habits) in [
        ("none", Habits::default()),
        ("refuses logons", Habits { refused_logons: 5, ..Habits::default() }),
        ("forgets", Habits { forgets: 4, ..Habits::default() }),
        ("jumps", Habits { jump_every: 7, ..Habits::default() }),
        ("repeats", Habits { repeat_every: 3, ..Habits::default() }),
        ("asks again", Habits { ask_every: 4, ..Habits::default() }),
        ("breaks", Habits { break_bytes: 3_000, seed: 7, ..Habits::default() }),
        (
            "all of it",
            Habits {
                refused_logons: 3,
                forgets: 2,
                jump_every: 11,
                repeat_every: 5,
                ask_every: 6,
                break_bytes: 4_000,
                seed: 3,
                ..Habits::default()
            },
        ),
    ] {
        for next_expected in [false, true] {
            let acceptor = SessionConfig { next_expected, ..with(habits.clone()) };
            let initiator = SessionConfig { next_expected, ..ours() };
            let mut world = world(acceptor, initiator);
            let told = trade(&format!("{name}, 789 {next_expected}"), &mut world);
            assert_eq!(told, all(), "{name}, 789 {next_expected}");
            shows(name, &world, &habits);
        }
    }
}

#[test]
fn an_acceptor_that_begins_anew_and_says_so_is_followed_unasked() {
    let reset_on_logon = SessionConfig { reset_on_logon: true, ..with(Habits::default()) };
    let tells = |habits| Habits { tells_resets: true, ..habits };
    for (name, acceptor) in [
        ("logon", SessionConfig { habits: tells(Habits::default()), ..reset_on_logon }),
        ("disconnect", with(tells(Habits { reset_on_disconnect: true, ..Habits::default() }))),
    ] {
        for next_expected in [false, true] {
            let acceptor = SessionConfig { next_expected, ..acceptor.clone() };
            let initiator = SessionConfig { next_expected, ..ours() };
            let mut world = world(acceptor, initiator);
            let told = trade(name, &mut world);
            assert!(told.len() as u64 >= ORDERS * 3 / 4, "{name}: {told:?}");
        }
    }
}

#[test]
fn an_acceptor_that_begins_anew_without_a_word_is_met_by_asking_for_it_at_every_logon() {
    let on_disconnect = Habits { reset_on_disconnect: true, ..Habits::default() };
    for acceptor in [
        SessionConfig { reset_on_logon: true, ..with(Habits::default()) },
        with(on_disconnect.clone()),
    ] {
        let mut world = world(acceptor, SessionConfig { reset_on_logon: true, ..ours() });
        let told = trade("asked", &mut world);
        assert!(told.len() as u64 >= ORDERS * 3 / 4, "{told:?}");
    }
    // Without that it stays out, and says what to do.
    let mut world = world(with(on_disconnect), ours());
    world.until("logged on", both_on);
    world.peer.drop_connection(world.now, &mut |_, _| {});
    world.until("it is told why", |world| {
        world.last_event().detail.as_str().contains("peer began anew")
    });
    assert!(!world.gateway.is_logged_on());
}

#[test]
fn a_daily_reset_on_both_sides_brings_the_session_back_with_numbers_from_one() {
    // 2023-12-24 23:45:00 UTC is where the clock stands.
    let schedule = SessionSchedule::new("UTC", Some("23:46"), None, None).expect("can be");
    let schedule = Some(schedule);
    let acceptor = SessionConfig { schedule: schedule.clone(), ..with(Habits::default()) };
    let mut world = world(acceptor, SessionConfig { schedule, ..ours() });
    let told = trade("before", &mut world);
    assert_eq!(told, all());
    assert!(world.peer.session().numbers().next_in > ORDERS);
    world.now = UnixNanos(1_703_461_500_000_000_000).plus(61 * NANOS_PER_SECOND);
    let logons = |world: &World| {
        world.changes().iter().filter(|change| **change == SessionChange::LoggedOn).count()
    };
    let before = logons(&world);
    world.until("it is back", |world| logons(world) > before && both_on(world));
    let numbers = world.peer.session().numbers();
    assert!(numbers.next_in < 10 && numbers.next_out < 10, "{numbers:?}");
}

#[test]
fn a_session_out_of_its_hours_refuses_logons_and_takes_them_when_it_opens() {
    let schedule = SessionSchedule::new("UTC", None, Some("23:46"), Some("23:40")).expect("can be");
    let acceptor = SessionConfig { schedule: Some(schedule), ..with(Habits::default()) };
    let mut world = world(acceptor, ours());
    world.until("it is refused", |world| {
        !world.inputs.is_empty() && world.last_event().detail.as_str().contains("hours are over")
    });
    world.now = world.now.plus(61 * NANOS_PER_SECOND);
    world.until("it is on", both_on);
}

#[test]
fn tags_that_are_wanted_are_missed_by_name_and_orders_that_have_them_pass() {
    let habits = Habits { required_tags: vec![57, 1028], ..Habits::default() };
    let mut lacking = world(with(habits.clone()), ours());
    lacking.until("logged on", both_on);
    lacking.sends(&order(OutboundKind::New, 0x10));
    lacking.until("it is refused", |world| {
        world.last_event().change == SessionChange::MessageRejected
    });
    let event = lacking.last_event();
    assert_eq!(event.cl_ord_id, ClOrdId(0x10));
    assert!(event.detail.as_str().contains("373=1"), "{}", event.detail);

    let only_header = Habits { required_tags: vec![57], ..habits };
    let target_sub_id = "G".to_owned();
    let mut world = world(with(only_header), SessionConfig { target_sub_id, ..ours() });
    let told = trade("with 57", &mut world);
    assert_eq!(told, all());
}
