//! What applies to which kind of message: a replace of what opens meets what its order met, and a cancel
//! hardly anything.

use super::super::checks::Question;
use super::super::planner::aggressive_price;
use super::super::self_test::trials;
use super::*;

/// The request of the self-test's order, as another kind of message.
fn question(scenario: &Scenario, kind: OutboundKind) -> Question {
    let bot = scenario.risk.registry.bot(BOT).expect("defined");
    let instrument = scenario.risk.registry.instrument(bot.definition.instrument);
    let price = instrument
        .and_then(|known| Some(aggressive_price(&known.view?.top, Side::Buy, known)))
        .unwrap_or(Price::NONE);
    let request = OrderRequest {
        kind,
        cl_ord_id: ClOrdId::NONE,
        orig_cl_ord_id: ClOrdId::NONE,
        bot: BOT,
        account: bot.definition.account,
        instrument: bot.definition.instrument,
        route: bot.definition.route(),
        side: Side::Buy,
        qty: 3,
        price,
        time_in_force: TimeInForce::ImmediateOrCancel,
        terms: Terms::LIMIT,
    };
    Question { request, reducing: false, added: 3, killing: false }
}

/// The code that refuses each kind of message after what the self-test does before its order.
fn codes(change: fn(&mut Setup), before: fn(&mut Scenario, &Setup)) -> [Option<RejectCode>; 3] {
    let (mut scenario, setup) = start(change);
    before(&mut scenario, &setup);
    // Time passes for risk with what it hears.
    let (feed, change, detail) = (0, FeedChange::Connected, Text::EMPTY);
    scenario.input(Input::Feed(FeedEvent { feed, change, detail }));
    [OutboundKind::New, OutboundKind::Replace, OutboundKind::Cancel].map(|kind| {
        scenario.risk.verdict(&question(&scenario, kind)).err().map(|refusal| refusal.code)
    })
}

#[test]
fn what_refuses_an_entry_refuses_its_replace_but_for_what_counts_new_orders() {
    let missing_counts =
        ["duplicate window missing", "openings missing", "window of openings missing"];
    let mut refused = 0;
    for trial in trials().filter(|trial| !trial.exit) {
        let [entry, replace, _] = codes(trial.change, trial.before);
        assert_eq!(entry, trial.expect, "{}", trial.name);
        let counts =
            matches!(entry, Some(RejectCode::DuplicateOrder | RejectCode::RepeatedExecutions))
                || missing_counts.contains(&trial.name);
        assert_eq!(replace, entry.filter(|_| !counts), "a replace: {}", trial.name);
        refused += usize::from(replace.is_some());
    }
    assert!(refused > 50, "{refused} replaces were refused");
}

#[test]
fn a_cancel_needs_a_session_and_nothing_else() {
    for trial in trials().filter(|trial| !trial.exit) {
        let [entry, _, cancel] = codes(trial.change, trial.before);
        let down = entry.filter(|code| *code == RejectCode::RouteDown);
        // Nobody can have an order in an account or an instrument that there is not.
        if entry != Some(RejectCode::NotDefined) {
            assert_eq!(cancel, down, "{}", trial.name);
        }
    }
}
