use super::*;
use crate::api::PlatformState;
use crate::tail::JournalTail;
use gauntlet_model::effect::{
    AlertKind, Decision, DoubtCause, OutboundKind, Outcome, ParentChanged, ParentState,
};
use gauntlet_model::ids::{AccountId, ClOrdId, InstrumentId};
use gauntlet_model::input::Timer;
use gauntlet_model::text::Text;
use gauntlet_model::units::{NANOS_PER_SECOND, Price, Side};
use gauntlet_testkit::morning::{self, Morning, OPEN};

fn picture(morning: &Morning) -> Projection {
    let mut projection = Projection::new();
    for step in &morning.steps {
        projection.on_input(&step.sequenced);
        for effect in &step.effects {
            projection.on_effect(step.sequenced.seq, step.sequenced.time, effect);
        }
        step.sent.iter().for_each(|sent| projection.on_sent(sent));
    }
    projection
}

/// A new run, with feed and broker back.
fn restart(morning: &mut Morning, run: RunStart) {
    morning.input(OPEN, Input::RunStart(run));
    let links = |input: &Input| matches!(input, Input::Feed(_) | Input::Session(_));
    morning::opening().into_iter().filter(links).for_each(|input| morning.input(OPEN, input));
}

fn command(kind: CommandKind, scope: Scope) -> Input {
    Input::Command(Command { kind, scope, actor: Text::new("ann"), reason: Text::new("drill") })
}

#[test]
fn the_picture_counts_what_the_morning_did() {
    let morning = Morning::whole();
    let snapshot = picture(&morning).snapshot("test", Depth::ALL);
    let effects = || morning.steps.iter().flat_map(|step| &step.effects);
    let counts = snapshot.status.counts;
    let sent = effects()
        .filter(|e| matches!(e, Effect::Outbound(m) if m.kind == OutboundKind::New))
        .count() as u64;
    assert!(sent >= 4, "the morning must trade to prove anything, sent {sent}");
    assert_eq!(counts.inputs, morning.steps.len() as u64);
    assert_eq!(counts.effects, effects().count() as u64);
    // The broker of the fixture acknowledges and fills every order whole.
    assert_eq!((counts.orders, counts.acks, counts.fills), (sent, sent, sent));
    assert_eq!(counts.orders_filled, sent);
    assert_eq!(counts.messages_sent, sent);
    assert_eq!(snapshot.orders.finished.len() as u64, sent);
    assert!(snapshot.orders.working.is_empty());
    assert_eq!(snapshot.status.state, PlatformState::Trading);
    assert_eq!(snapshot.status.brokers[0].state, "logged_on");
    assert_eq!(snapshot.status.feeds[0].state, "connected");
    assert_eq!(snapshot.instruments[0].symbol, "ESH4");
    assert!(snapshot.instruments[0].blocks.is_empty());
    assert!(snapshot.bots[0].last_signal.is_some() && snapshot.bots[0].last_intent.is_some());
}

#[test]
fn profit_is_that_of_the_fills_and_what_is_simulated_is_told_apart() {
    let projection = picture(&Morning::whole());
    let snapshot = projection.snapshot("test", Depth::ALL);
    for bot in &snapshot.bots {
        let fills = snapshot.orders.finished.iter().filter(|order| order.bot == bot.name);
        let (mut held, mut paid) = (0, 0.0);
        for fill in fills {
            let signed = if fill.side == "buy" { 1 } else { -1 } * i64::from(fill.filled);
            held += signed;
            paid += signed as f64 * fill.average_price.expect("filled");
        }
        let market = &snapshot.instruments[0];
        let mark = if held < 0 { market.ask } else { market.bid }.expect("marked");
        let expected = (held as f64 * mark - paid) * 50.0;
        let told = bot.realized + bot.unrealized.expect("marked");
        assert_eq!(i64::from(bot.position), held);
        assert!((told - expected).abs() < 0.01, "{}: {told} is not {expected}", bot.name);
        assert_ne!(bot.realized, 0.0);
        let route = snapshot.status.pnl.iter().find(|pnl| pnl.route == bot.route);
        assert_eq!(route.map(|pnl| pnl.realized), Some(bot.realized));
    }
    let broker: i64 = snapshot.positions.broker.iter().map(|net| net.qty).sum();
    assert_eq!(broker, i64::from(snapshot.bots[0].position));
    let last = snapshot.pnl.last().expect("a timer came");
    assert!(snapshot.pnl.len() <= PNL_POINTS_MAX);
    assert_ne!(last.broker, 0.0);
}

#[test]
fn a_kill_is_in_force_until_it_is_lifted_and_a_stop_until_the_next_run() {
    let mut morning = Morning::begin();
    let bot = Scope::Bot(BotId(1));
    morning.input(OPEN, command(CommandKind::Kill { flatten: true }, bot));
    let snapshot = picture(&morning).snapshot("test", Depth::ALL);
    assert_eq!(snapshot.status.kills[0].scope, "bot:es-paper");
    assert_eq!((snapshot.bots[0].killed, snapshot.bots[1].killed), (false, true));
    assert_eq!(snapshot.status.state, PlatformState::Trading);

    morning.input(OPEN, command(CommandKind::Kill { flatten: false }, Scope::Platform));
    assert_eq!(picture(&morning).status("").state, PlatformState::Killed);
    assert!(!picture(&morning).status("").kills[1].frozen);
    morning.input(OPEN, command(CommandKind::Freeze, Scope::Platform));
    assert!(picture(&morning).status("").kills[1].frozen);
    morning.input(OPEN, command(CommandKind::Kill { flatten: true }, Scope::Platform));
    assert!(!picture(&morning).status("").kills[1].frozen);
    morning.input(OPEN, command(CommandKind::Unkill, Scope::Platform));
    morning.input(OPEN, command(CommandKind::Unkill, bot));
    let status = picture(&morning).status("");
    assert_eq!((status.state, status.kills.len()), (PlatformState::Trading, 0));

    morning.input(OPEN, command(CommandKind::Stop, Scope::Platform));
    let status = picture(&morning).status("");
    assert_eq!((status.state, status.kills.len()), (PlatformState::Stopping, 0));
    restart(&mut morning, morning::run_start(2));
    assert_eq!(picture(&morning).status("").state, PlatformState::Trading);
}

#[test]
fn a_changed_configuration_waits_until_somebody_accepts_it() {
    let mut morning = Morning::begin();
    let changed = RunStart { config_hash: [9; 32], ..morning::run_start(2) };
    restart(&mut morning, changed);
    assert_eq!(picture(&morning).status("").state, PlatformState::ConfigurationChanged);
    morning.input(OPEN, command(CommandKind::AcceptConfiguration, Scope::Platform));
    assert_eq!(picture(&morning).status("").state, PlatformState::Trading);
    let untested = RunStart { self_test_passed: false, run: 3, ..changed };
    restart(&mut morning, untested);
    assert_eq!(picture(&morning).status("").state, PlatformState::SelfTestFailed);
}

fn change(order: u64, state: OrderState, last_qty: u32) -> Effect {
    Effect::Order(OrderChanged {
        order: ClOrdId(order),
        cl_ord_id: ClOrdId(order),
        bot: BotId(0),
        instrument: InstrumentId(0),
        side: gauntlet_model::units::Side::Buy,
        state,
        route: Route::BROKER,
        qty: 2,
        price: Price(100),
        cum_qty: 0,
        leaves_qty: 2,
        last_qty,
        last_px: if last_qty > 0 { Price(100) } else { Price::NONE },
    })
}

#[test]
fn a_bots_order_names_its_algorithm_version_and_owner_and_a_persons_that_it_is_one() {
    let mut projection = picture(&Morning::begin());
    let now = UnixNanos(1);
    let named = |order: u64| {
        let (algorithm, version, owner) = (Text::new("orb"), Text::new("12ab"), Text::new("ann"));
        let (order, bot) = (ClOrdId(order), BotId(0));
        Effect::Identity(gauntlet_model::effect::OrderIdentity {
            order,
            bot,
            algorithm,
            version,
            owner,
        })
    };
    projection.on_effect(9, now, &named(77));
    for order in [77, 78] {
        projection.on_effect(9, now, &change(order, OrderState::New, 0));
    }
    let Effect::Order(of_a_desk) = change(79, OrderState::New, 0) else { unreachable!() };
    let bot = gauntlet_model::desk::desk_of(0).expect("there is one");
    projection.on_effect(9, now, &Effect::Order(OrderChanged { bot, ..of_a_desk }));
    let working = projection.orders(0).working.into_iter();
    let names: Vec<Option<(String, String)>> = working
        .map(|order| order.identity.map(|named| (named.algorithm, named.version + &named.owner)))
        .collect();
    let named = |what: &str, rest: &str| Some((what.to_owned(), rest.to_owned()));
    assert_eq!(names, [named("orb", "12abann"), None, named("manual", "")]);
}

#[test]
fn a_parent_order_is_shown_while_it_is_open_or_a_child_of_it_works() {
    let mut projection = picture(&Morning::begin());
    let now = UnixNanos(1);
    let told = |filled, working, state| {
        Effect::Parent(ParentChanged {
            parent: ClOrdId(77),
            bot: gauntlet_model::desk::desk_of(0).expect("there is one"),
            side: Side::Sell,
            qty: 5,
            filled,
            working,
            state,
            ends_at: UnixNanos(2),
            actor: Text::new("ann"),
        })
    };
    let shown = |projection: &Projection| {
        let parents = projection.orders(0).parents;
        parents
            .into_iter()
            .map(|of| (of.filled, of.working, of.state, of.owner))
            .collect::<Vec<_>>()
    };
    projection.on_effect(9, now, &told(1, 2, ParentState::Open));
    projection.on_effect(9, now, &told(3, 2, ParentState::Canceled));
    assert_eq!(shown(&projection), [(3, 2, "canceled".to_owned(), "ann".to_owned())]);
    projection.on_effect(9, now, &told(3, 0, ParentState::Canceled));
    assert!(shown(&projection).is_empty());
}

#[test]
fn histories_are_bounded_and_late_fills_find_their_order() {
    let mut projection = Projection::new();
    let now = UnixNanos(NANOS_PER_SECOND);
    let orders = FINISHED_MAX as u64 + 10;
    for order in 1..=orders {
        projection.on_effect(order, now, &change(order, OrderState::PendingNew, 0));
        projection.on_effect(order, now, &change(order, OrderState::New, 0));
        projection.on_effect(order, now, &change(order, OrderState::Canceled, 0));
        let alert = Alert {
            kind: AlertKind::Overfill,
            scope: Scope::Platform,
            cl_ord_id: ClOrdId(order),
            ord_status: None,
            text: Text::EMPTY,
        };
        projection.on_effect(order, now, &Effect::Alert(alert));
    }
    projection.on_effect(orders, now, &change(orders, OrderState::Canceled, 1));
    let snapshot = projection.snapshot("test", Depth::ALL);
    assert_eq!(snapshot.orders.finished.len(), FINISHED_MAX);
    assert_eq!(snapshot.alerts.len(), NOTES_MAX);
    let counts = snapshot.status.counts;
    assert_eq!((counts.orders_canceled, counts.acks, counts.fills), (orders, orders, 1));
    assert_eq!(snapshot.orders.finished[0].average_price, Some(100e-9));
    assert_eq!(projection.snapshot("test", Depth { finished: 3, notes: 2 }).alerts.len(), 2);
}

#[test]
fn the_profit_history_covers_the_whole_run_in_bounded_room() {
    let mut projection = Projection::new();
    for second in 0..10_000 {
        let (seq, input) = (second + 1, Input::Timer(Timer { second }));
        projection.on_input(&Sequenced { seq, time: UnixNanos(0), input });
    }
    let points = projection.snapshot("", Depth::ALL).pnl;
    assert!(points.len() > PNL_POINTS_MAX / 2 && points.len() <= PNL_POINTS_MAX);
    assert_eq!(points[0].second, 0);
    assert!(points.last().expect("points").second > 9_900);
}

#[test]
fn a_tail_sees_what_is_written_meanwhile_and_every_input_before_its_effects() {
    let morning = Morning::whole();
    let dir = tempfile::tempdir().expect("a directory");
    let mut journal = morning::open(dir.path());
    let mut tail = JournalTail::open(dir.path()).expect("the journal opens");
    for step in &morning.steps {
        // The worst order of two streams: the effects are there before their input.
        morning::append_effects(&mut journal, step, step.effects.len());
        tail.follow(2).expect("readable");
        assert_eq!(tail.projection().counts().inputs, step.sequenced.seq - 1);
        journal.inputs.append_input(&step.sequenced).expect("the input fits");
        tail.follow(2).expect("readable");
    }
    assert!(tail.status().caught_up);
    let title = "test";
    assert_eq!(
        tail.projection().snapshot(title, Depth::ALL),
        picture(&morning).snapshot(title, Depth::ALL)
    );
    let again = JournalTail::read(dir.path()).expect("readable");
    assert_eq!(
        again.projection().snapshot(title, Depth::ALL),
        picture(&morning).snapshot(title, Depth::ALL)
    );
}

#[test]
fn a_decision_is_explained_by_the_words_of_its_rule_and_each_sources_share() {
    let projection = picture(&Morning::whole());
    assert_eq!(projection.explain("nobody"), None);
    let explained = projection.explain("es-orb").expect("a bot");
    assert_eq!((explained.instrument.as_str(), explained.bars.as_deref()), ("ESH4", Some("1m")));
    assert_eq!((explained.own_rules, explained.rules_error, explained.fallbacks), (false, None, 0));
    let decision = explained.decision.expect("it decided");
    assert_eq!(decision.outcome, "acts");
    let rule = decision.rule.expect("a rule spoke");
    let words = rule.text.expect("its words are known");
    let side = if decision.target < 0 { "short" } else { "long" };
    assert_eq!(rule.kind, side);
    assert!(words.contains("opening") && words.contains("first in session"), "{words}");
    let [own] = &decision.sources[..] else { panic!("one source") };
    assert_eq!(own.source, "technical");
    assert!((own.share - decision.score).abs() < 1e-6 && decision.score.abs() >= 0.2);
    let size = decision.size.expect("a size");
    assert_eq!((size.sizing.as_str(), size.cap, size.risk), ("fixed", None, None));
    assert_eq!(explained.exits.is_some(), explained.position != 0);
}

#[test]
fn a_doubt_is_shown_since_it_came_until_it_is_settled() {
    let mut projection = picture(&Morning::whole());
    let doubt = |active, contracts| {
        Effect::Doubt(DoubtChanged {
            route: Route::BROKER,
            account: AccountId(0),
            instrument: InstrumentId(0),
            active,
            cause: DoubtCause::ForeignFill,
            order: ClOrdId::NONE,
            contracts,
            actor: Text::EMPTY,
            reason: Text::EMPTY,
        })
    };
    projection.on_effect(7, UnixNanos(1), &doubt(true, 2));
    projection.on_effect(8, UnixNanos(2), &doubt(true, 3));
    let shown = projection.status("test").doubts;
    let [one] = &shown[..] else { panic!("{shown:?}") };
    assert_eq!((one.cause.as_str(), one.contracts, one.seq), ("foreign_fill", 3, 7));
    assert_eq!(one.order, None);
    projection.on_effect(9, UnixNanos(3), &doubt(false, 3));
    assert_eq!(projection.status("test").doubts, []);
}

#[test]
fn a_fill_that_was_taken_back_leaves_the_mean_of_the_others() {
    let mut projection = picture(&Morning::whole());
    let row = |projection: &Projection| projection.orders(1).finished[0].clone();
    let order = projection.orders.finished().next().expect("the morning has orders").last;
    let before = row(&projection);
    let price = Price(order.price.0 + 4 * 250_000_000);
    let more = OrderChanged { cum_qty: order.cum_qty + 1, last_qty: 1, last_px: price, ..order };
    projection.on_effect(9_000, UnixNanos(1), &Effect::Order(more));
    assert_ne!(row(&projection).average_price, before.average_price);
    let back = OrderChanged { last_qty: 0, last_px: price, ..order };
    projection.on_effect(9_001, UnixNanos(1), &Effect::Order(back));
    let after = row(&projection);
    assert_eq!((after.average_price, after.filled), (before.average_price, before.filled));
}

#[test]
fn a_difference_is_shown_since_it_came_with_its_newest_numbers_until_it_is_gone() {
    use gauntlet_model::effect::{Break, BreakClass};
    let mut projection = Projection::new();
    let differs = |active, theirs| {
        Effect::Break(Break {
            route: Route::BROKER,
            account: None,
            instrument: None,
            symbol: Text::new("NQZ6"),
            active,
            class: BreakClass::PositionElsewhere,
            order: ClOrdId::NONE,
            order_id: Text::EMPTY,
            ours: 0,
            theirs,
        })
    };
    projection.on_effect(7, UnixNanos(1), &differs(true, 2));
    projection.on_effect(8, UnixNanos(2), &differs(true, -3));
    let shown = projection.status("test").breaks;
    assert_eq!(shown.len(), 1);
    let first = &shown[0];
    assert_eq!((first.seq, first.theirs.as_str(), first.symbol.as_str()), (7, "-3", "NQZ6"));
    projection.on_effect(9, UnixNanos(3), &differs(false, -3));
    assert_eq!(projection.status("test").breaks, []);
}

#[test]
fn of_each_of_a_brokers_lists_the_last_comparison_of_this_run_is_shown() {
    use gauntlet_model::effect::{Enquired, EnquiryEnded, EnquiryOutcome};
    let mut projection = Projection::new();
    let ended = |what, id, outcome| {
        let (route, account) = (Route::BROKER, None);
        Effect::EnquiryEnded(EnquiryEnded {
            route,
            id,
            what,
            account,
            outcome,
            lines: 0,
            breaks: 0,
        })
    };
    let times =
        [(Enquired::Orders, EnquiryOutcome::Silent), (Enquired::Positions, EnquiryOutcome::Agrees)];
    for (seq, (what, outcome)) in
        (1..).zip(times.into_iter().chain([(Enquired::Orders, EnquiryOutcome::Agrees)]))
    {
        projection.on_effect(seq, UnixNanos(seq), &ended(what, seq << 8, outcome));
    }
    let shown = projection.status("test").compared;
    let said: Vec<(&str, &str, u64)> =
        shown.iter().map(|of| (of.what.as_str(), of.outcome.as_str(), of.seq)).collect();
    assert_eq!(said, [("orders", "agrees", 3), ("positions", "agrees", 2)]);
}

#[test]
fn bots_whose_rules_have_seen_too_few_bars_are_named_until_they_have() {
    let morning = Morning::whole();
    let decisions = morning.steps.iter().flat_map(|step| &step.effects);
    let mut decided = decisions.filter_map(|effect| match effect {
        Effect::Decision(decision) if decision.outcome != Outcome::WarmingUp => Some(*decision),
        _ => None,
    });
    let decision = decided.next_back().expect("the morning decides");
    let mut projection = picture(&morning);
    let warming = |projection: &Projection| projection.status("test").warming;
    let name =
        projection.snapshot("test", Depth::ALL).bots[usize::from(decision.bot.0)].name.clone();
    assert!(!warming(&projection).contains(&name));
    let seq = morning.steps.len() as u64;
    for (outcome, named) in [(Outcome::WarmingUp, true), (decision.outcome, false)] {
        projection.on_effect(
            seq,
            UnixNanos(OPEN),
            &Effect::Decision(Decision { outcome, ..decision }),
        );
        assert_eq!(warming(&projection).contains(&name), named, "{outcome:?}");
    }
}
