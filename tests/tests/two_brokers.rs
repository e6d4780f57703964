//! Two brokers at once, each with a FIX session of its own: accounts say whose orders go where, and
//! what happens to one session is nothing to the other.

use gauntlet_model::effect::Effect;
use gauntlet_model::effect::RejectCode;
use gauntlet_model::ids::BotId;
use gauntlet_model::input::{Input, Route, SessionChange, SessionEvent};
use gauntlet_readmodel::projection::Projection;
use gauntlet_readmodel::replay;
use gauntlet_tests::ledger::{Ledger, Live};
use gauntlet_tests::process::Process;
use gauntlet_tests::setup::{ACCOUNT, Setup, bot_name};
use gauntlet_tests::venue::{self, Generated};
use gauntlet_tests::{program, wait_until};

const SYMBOLS: [&str; 1] = ["ESZ6"];
const MARKET: Generated = Generated { speed: 60.0, rate: 4.0, seed: 11 };
/// The bot whose account is with the second broker, by its place.
const OTHER: usize = 1;

/// The usual configuration with a second broker, and an account there with one of the bots.
fn text(setup: &Setup, second: std::net::SocketAddr) -> String {
    let text = setup.text();
    let (head, rest) = text.split_once("[broker]").expect("a broker");
    let (broker, rest) = rest.split_once("[[account]]").expect("an account");
    let other = broker.replace(&setup.broker.to_string(), &second.to_string());
    let bot = format!("name = \"{}\"\naccount = \"{ACCOUNT}\"", bot_name(SYMBOLS[0], OTHER));
    assert!(rest.contains(&bot), "the bot is there");
    let rest = rest.replace(&bot, &bot.replace(ACCOUNT, "OTHER"));
    format!(
        r#"{head}
[[broker]]
name = "first"{broker}
[[broker]]
name = "second"{other}
[[account]]
name = "OTHER"
broker = "second"
max_position = 1000
messages_per_second = 1000
cancel_headroom = 200

[[account]]{rest}"#
    )
}

fn second() -> Route {
    Route::broker(1).expect("there can be two")
}

fn sessions(ledger: &Ledger, route: Route) -> impl Iterator<Item = &SessionEvent> {
    ledger.inputs.iter().filter_map(move |sequenced| match &sequenced.input {
        Input::Session(event) if event.route == route => Some(event),
        _ => None,
    })
}

fn logons(ledger: &Ledger, route: Route) -> usize {
    sessions(ledger, route).filter(|event| event.change == SessionChange::LoggedOn).count()
}

/// Reports by a route after an input.
fn heard(ledger: &Ledger, route: Route, after: u64) -> bool {
    ledger.inputs.iter().any(|sequenced| {
        let by = matches!(&sequenced.input, Input::Execution(report) if report.route == route);
        by && sequenced.seq > after
    })
}

/// Every order message and report of the bot at the second broker went by its route, and no other.
fn assert_apart(ledger: &Ledger) {
    let of = |bot: BotId| if usize::from(bot.0) == OTHER { second() } else { Route::BROKER };
    for (_, outbound) in ledger.outbound() {
        assert_eq!(outbound.route, of(outbound.bot), "{outbound:?}");
    }
    for sequenced in &ledger.inputs {
        if let Input::Execution(report) = &sequenced.input {
            assert_eq!(report.route, of(report.cl_ord_id.bot()), "{report:?}");
        }
    }
}

/// The brokers as the read model shows them.
fn shown(ledger: &Ledger) -> Vec<(String, String)> {
    let mut projection = Projection::new();
    ledger.inputs.iter().for_each(|sequenced| projection.on_input(sequenced));
    let brokers = projection.status("test").brokers;
    brokers.into_iter().map(|broker| (broker.name, broker.state)).collect()
}

fn until(process: &mut Process, live: &mut Live, what: &str, holds: impl Fn(&Ledger) -> bool) {
    wait_until(what, || {
        process.assert_running();
        holds(live.look())
    });
}

#[test]
fn two_sessions_trade_side_by_side_and_live_and_die_alone() {
    let first = venue::start(MARKET, &SYMBOLS);
    let other = venue::start(MARKET, &SYMBOLS);
    let setup = Setup::new(first.data_address, first.fix_address, &SYMBOLS);
    let text = text(&setup, other.fix_address);
    let mut process = setup.run_with(program!(), &text, &[]);
    let mut live = Live::new(&setup.journal());
    until(&mut process, &mut live, "both brokers answer", |ledger| {
        heard(ledger, Route::BROKER, 0) && heard(ledger, second(), 0)
    });
    let shown_as = |state: &str, other: &str| {
        vec![("first".to_owned(), state.to_owned()), ("second".to_owned(), other.to_owned())]
    };
    assert_eq!(shown(&live.ledger), shown_as("logged_on", "logged_on"));

    // After a crash each session goes on with its own numbers: neither broker asks for a reset.
    process.kill();
    live.look();
    let crashed = live.ledger.last_seq();
    process = setup.run_with(program!(), &text, &[]);
    until(&mut process, &mut live, "both brokers answer after the crash", |ledger| {
        heard(ledger, Route::BROKER, crashed) && heard(ledger, second(), crashed)
    });
    for route in [Route::BROKER, second()] {
        assert_eq!(logons(&live.ledger, route), 2, "{route:?}");
        assert!(sessions(&live.ledger, route).skip(1).all(|event| !event.reset), "{route:?}");
    }

    // The second broker goes away: its bot is refused, the others trade on.
    other.stop().expect("the venue is fine");
    until(&mut process, &mut live, "the second session is gone", |ledger| {
        let last = sessions(ledger, second()).last();
        last.is_some_and(|event| event.change == SessionChange::Disconnected)
    });
    let gone = live.ledger.last_seq();
    until(&mut process, &mut live, "the first trades on, the second's bot is refused", |ledger| {
        let refused = ledger.effects().any(|(cause, effect)| match effect {
            Effect::Reject(reject) => {
                let doubted = [RejectCode::RouteDown, RejectCode::UnknownOrderState];
                cause > gone && usize::from(reject.bot.0) == OTHER && doubted.contains(&reject.code)
            }
            _ => false,
        });
        refused && heard(ledger, Route::BROKER, gone)
    });
    assert_eq!(shown(&live.ledger), shown_as("logged_on", "disconnected"));
    let sent_down = live.ledger.new_orders().any(|(cause, o)| cause > gone && o.route == second());
    assert!(!sent_down, "an order for a session that is down");
    assert_apart(&live.ledger);

    process.stop();
    let report = replay::replay(&setup.journal(), |_| {}).expect("the journal replays");
    assert!(report.equal && report.inputs > gone);
    first.stop().expect("the venue is fine");
}
