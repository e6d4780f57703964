//! The edges of getting out: how far a person's order may reach, what a replace makes of one, and when a
//! way out waits for orders beside it.

use super::tickets::{limit, ticket};
use super::*;
use crate::risk::AGGRESSION_TICKS;
use gauntlet_model::desk::desk_of;
use gauntlet_model::ids::AccountId;
use gauntlet_model::order::ANSWER_WITHIN_NS;
use gauntlet_model::units::{Money, UnixNanos};

fn desk() -> BotId {
    desk_of(0).expect("there is one")
}

/// A person holds signed contracts, whatever the limits are.
fn held_by_hand(held: i32, collar_ticks: u32) -> Scenario {
    let (mut scenario, setup) = start(|setup| setup.instrument.limits.collar_ticks = collar_ticks);
    // A desk begins with its first ticket, here one that is refused.
    scenario.input(Input::Ticket(limit(Side::Buy, 1, 1)));
    let side = Side::of(i64::from(held)).expect("holds something");
    scenario.input(Input::Execution(holding(desk(), side, held.unsigned_abs(), &setup)));
    assert_eq!(scenario.held_of(desk()), held);
    scenario
}

/// Code, limit and value of what refused the last input.
fn refusal(scenario: &Scenario) -> Option<(RejectCode, i64, i64)> {
    scenario.rejected().map(|reject| (reject.code, reject.limit, reject.value))
}

#[test]
fn a_persons_way_out_reaches_as_far_beyond_the_market_as_a_bots_and_not_a_tick_more() {
    for (held, side, best) in [(3, Side::Sell, 20_000), (-3, Side::Buy, 20_001)] {
        let reach = |ticks: i64| best + side.sign() * ticks;
        let mut scenario = held_by_hand(held, 20);
        scenario.input(Input::Ticket(limit(side, 3, reach(AGGRESSION_TICKS + 1))));
        let beyond = (RejectCode::PriceCollar, AGGRESSION_TICKS, AGGRESSION_TICKS + 1);
        assert_eq!(refusal(&scenario), Some(beyond), "{side:?}");
        scenario.input(Input::Ticket(limit(side, 3, reach(AGGRESSION_TICKS))));
        assert_eq!(scenario.only().price, ticks(reach(AGGRESSION_TICKS)));
    }
}

#[test]
fn the_limit_of_a_stop_that_closes_lies_within_the_collar_of_its_stop_where_there_is_one() {
    for (held, side, stop) in [(3, Side::Sell, 19_990), (-3, Side::Buy, 20_010)] {
        let asked = |beyond: i64| Ticket {
            order_type: OrderType::StopLimit,
            stop_px: ticks(stop),
            ..limit(side, 3, stop + side.sign() * beyond)
        };
        for (collar, beyond, refused) in [
            (20, 20, None),
            (20, 21, Some((RejectCode::PriceCollar, 20, 21))),
            (1, 1, None),
            (1, 2, Some((RejectCode::PriceCollar, 1, 2))),
            // Without a collar nothing opens, and what closes has no bound by it.
            (0, 500, None),
        ] {
            let mut scenario = held_by_hand(held, collar);
            scenario.input(Input::Ticket(asked(beyond)));
            assert_eq!(refusal(&scenario), refused, "{beyond} ticks, a collar of {collar}");
            assert_eq!(scenario.approved().len(), usize::from(refused.is_none()));
        }
    }
}

#[test]
fn a_way_out_that_is_replaced_by_more_than_is_held_is_an_entry() {
    let replaced = |qty, kills: bool| {
        let mut scenario = held_by_hand(3, 20);
        scenario.input(Input::Ticket(limit(Side::Sell, 3, 20_010)));
        let order = scenario.only();
        scenario.acknowledge(&order);
        if kills {
            scenario.command(CommandKind::Kill { flatten: false }, Scope::Platform);
        }
        let price = ticks(20_011);
        let more = Ticket { qty, price, order: order.cl_ord_id, ..ticket(TicketKind::Replace) };
        scenario.input(Input::Ticket(more));
        scenario.rejected().map(|reject| reject.code)
    };
    assert_eq!(replaced(3, false), None);
    assert_eq!(replaced(5, false), None, "within the limits of what opens");
    assert_eq!(replaced(3, true), None, "what only reduces moves under a kill");
    assert_eq!(replaced(5, true), Some(RejectCode::Killed));
}

#[test]
fn an_entry_stays_one_when_the_position_turns_over_it() {
    let (mut scenario, _) = start(|_| {});
    scenario.input(Input::Ticket(limit(Side::Sell, 1, 20_010)));
    let entry = scenario.only();
    scenario.acknowledge(&entry);
    scenario.input(Input::Ticket(limit(Side::Buy, 3, 20_001)));
    let bought = scenario.only();
    scenario.fill(&bought, 3, 0);
    let gapped = gauntlet_model::market_view::MarketView { gapped: true, ..Setup::new().view };
    scenario.market(gapped);
    let (order, price) = (entry.cl_ord_id, ticks(20_012));
    scenario.input(Input::Ticket(Ticket { order, price, ..ticket(TicketKind::Replace) }));
    assert_eq!(scenario.rejected().map(|r| r.code), Some(RejectCode::GappedMarketData));
}

#[test]
fn a_persons_order_that_rests_is_left_alone_however_long() {
    let (mut scenario, setup) = start(|_| {});
    scenario.input(Input::Ticket(limit(Side::Buy, 1, 19_990)));
    let order = scenario.only();
    scenario.acknowledge(&order);
    assert!(scenario.pass(3 * ANSWER_WITHIN_NS / NANOS_PER_SECOND, setup.view).is_empty());
    assert_eq!(scenario.risk.working(desk()).count(), 1);
}

/// A bot whose entry is in doubt and whose exit of two works, of four that it holds.
fn doubted_beside_an_exit() -> Scenario {
    let (mut scenario, setup) = start_holding(2, |_| {});
    let entry = scenario.enter_passively(6);
    scenario.acknowledge(&entry);
    scenario.session(SessionChange::Disconnected);
    scenario.session(SessionChange::LoggedOn);
    scenario.market(setup.view);
    scenario.stop_out();
    let exit = scenario.only();
    assert_eq!((exit.side, exit.qty), (Side::Sell, 2));
    scenario.acknowledge(&exit);
    let doubts: Vec<_> = scenario.risk.working(BOT).map(|order| order.is_in_doubt()).collect();
    assert_eq!(doubts, [true, false]);
    scenario
}

#[test]
fn a_way_out_waits_for_no_order_in_doubt_though_another_is_not() {
    let mut scenario = doubted_beside_an_exit();
    let more = holding(BOT, Side::Buy, 2, &Setup::new());
    scenario.input(Input::Execution(more));
    let sent = scenario.pass(1, Setup::new().view);
    let rest: Vec<_> = sent.iter().map(|order| (order.side, order.qty)).collect();
    assert_eq!((scenario.held(), rest), (4, vec![(Side::Sell, 2)]));
}

#[test]
fn an_entry_beside_an_order_in_doubt_is_refused_for_it_though_another_is_not() {
    let mut scenario = doubted_beside_an_exit();
    scenario.enter(5);
    assert_eq!(scenario.rejected().map(|r| r.code), Some(RejectCode::UnknownOrderState));
    assert!(scenario.approved().is_empty());
}

#[test]
fn a_price_beyond_the_venues_band_is_told_in_ticks() {
    for (band, limit_px, price) in
        [((19_000, 20_004), 20_004, 20_005), ((20_006, 30_000), 20_006, 20_005)]
    {
        let (mut scenario, _) = start(|setup| setup.band = Some((ticks(band.0), ticks(band.1))));
        scenario.enter(1);
        assert_eq!(refusal(&scenario), Some((RejectCode::PriceBand, limit_px, price)));
    }
}

#[test]
fn a_broken_session_tells_of_its_own_orders_alone() {
    let (mut scenario, setup) = start(|_| {});
    let (route, reconcile) = (Route::BROKER, Reconcile::Off);
    let on_disconnect = Some(gauntlet_model::order::Capabilities::NONE);
    let terms = BrokerTerms { route, reconcile, every_seconds: 0, on_disconnect };
    scenario.input(Input::BrokerTerms(terms));
    let on_paper = BotDefinition { bot: BotId(1), stage: Stage::Paper, ..setup.bot };
    scenario.input(Input::Bot(on_paper));
    scenario.want(BotId(1), 1, Urgency::Passive, IntentReason::Signal);
    assert_eq!(scenario.only().route, Route::PAPER);
    scenario.session(SessionChange::Disconnected);
    assert!(!scenario.alerts().contains(&AlertKind::LeftAlone), "the simulator is up");
}

#[test]
fn closing_an_account_leaves_what_another_holds_and_what_is_rehearsed() {
    let (mut scenario, setup) = start_holding(2, |_| {});
    let (other, account) = (BotId(1), AccountId(1));
    scenario.input(Input::Account(AccountDefinition { account, ..setup.account }));
    let definition = BotDefinition { bot: other, account, ..setup.bot };
    scenario.input(Input::Bot(definition));
    let held = holding(other, Side::Buy, 3, &setup);
    scenario.input(Input::Execution(held));
    let (rehearsing, stage) = (BotId(2), Stage::Paper);
    scenario.input(Input::Bot(BotDefinition { bot: rehearsing, stage, ..setup.bot }));
    let on_paper =
        ExecutionReport { route: Route::PAPER, ..holding(rehearsing, Side::Buy, 1, &setup) };
    scenario.input(Input::Execution(on_paper));
    assert_eq!([BOT, other, rehearsing].map(|bot| scenario.held_of(bot)), [2, 3, 1]);
    scenario.input(Input::Ticket(ticket(TicketKind::Close)));
    let sent: Vec<_> = scenario.approved().iter().map(|order| (order.bot, order.qty)).collect();
    assert_eq!(sent, [(BOT, 2)]);
}

#[test]
fn a_stop_that_either_the_last_trade_or_the_book_is_past_is_refused() {
    for (side, stop, last, bid, past) in [
        (Side::Sell, 19_990, 19_990, 19_995, true),
        (Side::Sell, 19_990, 19_995, 19_990, true),
        (Side::Sell, 19_990, 19_991, 19_991, false),
        (Side::Buy, 20_010, 20_010, 20_005, true),
        (Side::Buy, 20_010, 20_005, 20_009, true),
        (Side::Buy, 20_010, 20_009, 20_008, false),
    ] {
        let (mut scenario, setup) = start(|_| {});
        scenario.market(gauntlet_model::market_view::MarketView {
            last: ticks(last),
            top: crate::risk::scenario::top(bid, bid + 1),
            ..setup.view
        });
        let (order_type, stop_px) = (OrderType::Stop, ticks(stop));
        let price = Price::NONE;
        let asked = Ticket { order_type, stop_px, side, qty: 1, price, ..ticket(TicketKind::New) };
        scenario.input(Input::Ticket(asked));
        let sent = scenario.approved().len();
        assert_eq!(sent, usize::from(!past), "{side:?} {stop}: {last} and {bid}");
    }
}

#[test]
fn an_opening_stop_is_held_against_the_market_by_its_limit_or_its_stop_and_is_worth_that() {
    // A contract is worth 12.50 dollars a tick.
    let asked = |order_type, limit_px: i64| Ticket {
        order_type,
        stop_px: ticks(20_010),
        price: if limit_px == 0 { Price::NONE } else { ticks(limit_px) },
        side: Side::Buy,
        qty: 2,
        ..ticket(TicketKind::New)
    };
    let dollars = |at: i64| at * 2 * 12_500_000;
    let most = |value: i64| start(|setup| setup.layers().platform.max_order_value = Money(value)).0;
    for (asked, at) in [
        (asked(OrderType::Stop, 0), 20_010),
        (asked(OrderType::StopLimit, 20_015), 20_015),
        (asked(OrderType::StopLimit, 20_030), 20_030),
    ] {
        let mut scenario = most(dollars(at));
        scenario.input(Input::Ticket(asked));
        assert_eq!((scenario.approved().len(), refusal(&scenario)), (1, None), "{at}");
        let mut scenario = most(dollars(at) - 1);
        scenario.input(Input::Ticket(asked));
        let beyond = (RejectCode::OrderValue, dollars(at) - 1, dollars(at));
        assert_eq!(refusal(&scenario), Some(beyond), "{at}");
    }
    // Its collar is around its stop.
    let mut scenario = most(i64::MAX);
    scenario.input(Input::Ticket(asked(OrderType::StopLimit, 20_031)));
    assert_eq!(refusal(&scenario), Some((RejectCode::PriceCollar, 20, 21)));
}

#[test]
fn a_repeated_order_is_refused_with_its_age_and_the_window_in_milliseconds() {
    let (mut scenario, setup) = start(|setup| {
        setup.layers();
    });
    scenario.enter(2);
    let order = scenario.only();
    scenario.end(&order, 0);
    scenario.now = scenario.now.plus(250_000_000);
    scenario.market(setup.view);
    scenario.enter(2);
    assert_eq!(refusal(&scenario), Some((RejectCode::DuplicateOrder, 1_000, 250)));
}

#[test]
fn a_raise_of_a_bots_limit_stays_within_its_accounts_and_the_platforms() {
    for (account, platform, value, raised) in
        [(5, 9, 5, true), (5, 9, 6, false), (9, 5, 6, false), (9, 9, 9, true), (0, 9, 9, true)]
    {
        let (mut scenario, _) = start(|setup| {
            setup.bot.max_order_qty = 2;
            setup.layers().account.max_order_qty = account;
            setup.layers().platform.max_order_qty = platform;
        });
        let ask = LimitChange {
            step: LimitStep::Ask,
            scope: Scope::Bot(BOT),
            limit: LimitKind::OrderQty,
            value,
            seconds: 60,
            actor: Text::new("ann"),
            reason: Text::new("roll week"),
        };
        scenario.input(Input::LimitChange(ask));
        let asked = scenario.out.iter().any(|message| {
            matches!(message, ToOrders::Effect(Effect::Limit(limit)) if limit.state == LimitState::Asked)
        });
        assert_eq!(asked, raised, "{value} under {account} and {platform}");
    }
}

#[test]
fn approvals_are_counted_by_their_kind() {
    let (mut scenario, _) = start(|_| {});
    let order = scenario.enter_passively(1);
    scenario.acknowledge(&order);
    let before = *scenario.risk.counters();
    assert_eq!((before.orders, before.cancels), (1, 0));
    scenario.enter_passively(-1);
    let after = *scenario.risk.counters();
    assert_eq!((after.orders, after.cancels), (1, 1));
}

/// A person who holds three, with a stop for all of them that is held here.
fn with_a_held_stop(time_in_force: TimeInForce, expires: UnixNanos) -> (Scenario, ClOrdId) {
    let mut scenario = held_by_hand(3, 20);
    let capabilities = gauntlet_model::order::Capabilities::ALL.without_type(OrderType::Stop);
    let (route, name) = (Route::BROKER, Text::EMPTY);
    scenario.input(Input::Broker(BrokerDefinition { route, name, capabilities }));
    scenario.input(Input::Ticket(Ticket {
        order_type: OrderType::Stop,
        stop_px: ticks(19_990),
        side: Side::Sell,
        qty: 3,
        time_in_force,
        expires,
        ..ticket(TicketKind::New)
    }));
    let held = scenario.risk.held_stops().next().expect("held here").cl_ord_id;
    (scenario, held)
}

#[test]
fn a_held_stop_that_is_replaced_by_more_than_is_held_is_an_entry() {
    let replaced = |qty, kills: bool| {
        let (mut scenario, held) = with_a_held_stop(TimeInForce::Day, UnixNanos(0));
        if kills {
            scenario.command(CommandKind::Kill { flatten: false }, Scope::Platform);
        }
        let stop_px = ticks(19_985);
        let more = Ticket { qty, stop_px, order: held, ..ticket(TicketKind::Replace) };
        scenario.input(Input::Ticket(more));
        scenario.rejected().map(|reject| reject.code)
    };
    assert_eq!(replaced(3, false), None);
    assert_eq!(replaced(5, false), None);
    assert_eq!(replaced(3, true), None);
    assert_eq!(replaced(5, true), Some(RejectCode::Killed));
}

#[test]
fn a_held_stop_with_a_date_ends_with_the_first_timer_at_its_date() {
    let date = IN_SESSION.plus(10 * NANOS_PER_SECOND);
    let (mut scenario, _) = with_a_held_stop(TimeInForce::GoodTillDate, date);
    scenario.pass(9, Setup::new().view);
    assert_eq!(scenario.risk.held_stops().count(), 1);
    scenario.pass(1, Setup::new().view);
    assert_eq!(scenario.risk.held_stops().count(), 0);
}

#[test]
fn a_loss_that_stops_a_bot_and_its_account_at_once_cancels_what_opens_for_either() {
    let (mut scenario, setup) = start_holding(3, |setup| {
        setup.layers().bot.max_daily_loss = Money(100_000_000);
        setup.layers().account.max_daily_loss = Money(100_000_000);
    });
    let other = BotId(1);
    scenario.input(Input::Bot(BotDefinition { bot: other, ..setup.bot }));
    scenario.want(other, 1, Urgency::Passive, IntentReason::Signal);
    let entry = scenario.only();
    scenario.acknowledge(&entry);
    // Twenty ticks of 12.50 dollars on three contracts.
    let fallen = gauntlet_model::market_view::MarketView {
        top: crate::risk::scenario::top(19_980, 19_981),
        last: ticks(19_980),
        ..setup.view
    };
    let sent = scenario.pass(1, fallen);
    let gone: Vec<_> = sent.iter().map(|order| (order.kind, order.orig_cl_ord_id)).collect();
    assert_eq!(gone, [(OutboundKind::Cancel, entry.cl_ord_id)]);
}

#[test]
fn every_account_that_is_watched_is_and_one_that_is_not_opens_nothing() {
    let (mut scenario, setup) = start(|_| {});
    let watch = |account| {
        let all = super::super::self_test_watch::watched(9, 9, 99);
        Input::AccountWatch(AccountWatch { account: AccountId(account), ..all })
    };
    for account in (1..=2).map(AccountId) {
        scenario.input(Input::Account(AccountDefinition { account, ..setup.account }));
        let bot = BotId(account.0);
        scenario.input(Input::Bot(BotDefinition { bot, account, ..setup.bot }));
    }
    for account in 0..=1 {
        scenario.input(watch(account));
        assert_eq!(scenario.alerts(), []);
    }
    scenario.input(watch(7));
    assert_eq!(scenario.alerts(), [AlertKind::CommandRefused], "there is no such account");
    let mut code = |bot| {
        scenario.want(BotId(bot), 1, Urgency::Aggressive, IntentReason::Signal);
        scenario.rejected().map(|reject| reject.code)
    };
    assert_eq!([0, 1, 2].map(&mut code), [None, None, Some(RejectCode::MissingLimit)]);
}

#[test]
fn a_held_stop_that_closes_outlives_a_kill_and_no_freeze() {
    let (mut scenario, _) = with_a_held_stop(TimeInForce::Day, UnixNanos(0));
    for scope in [Scope::Bot(BOT), Scope::Platform] {
        scenario.command(CommandKind::Kill { flatten: false }, scope);
        assert_eq!(scenario.risk.held_stops().count(), 1, "{scope:?}");
    }
    scenario.command(CommandKind::Freeze, Scope::Bot(BOT));
    assert_eq!(scenario.risk.held_stops().count(), 1, "it is of another");
    scenario.command(CommandKind::Freeze, Scope::Platform);
    assert_eq!(scenario.risk.held_stops().count(), 0);
}

#[test]
fn a_kill_while_the_session_is_down_asks_for_nothing_in_vain() {
    let (mut scenario, setup) = start(|_| {});
    let entry = scenario.enter_passively(1);
    scenario.acknowledge(&entry);
    scenario.session(SessionChange::Disconnected);
    scenario.command(CommandKind::Kill { flatten: false }, Scope::Platform);
    assert!(scenario.pass(3, setup.view).is_empty());
    assert_eq!(scenario.risk.counters().rejects[RejectCode::RouteDown as usize], 0);
    scenario.session(SessionChange::LoggedOn);
    let sent = scenario.pass(1, setup.view);
    let first = scenario.approved().first().map(|order| order.kind);
    let cancels = sent.iter().map(|order| order.kind).chain(first);
    assert!(cancels.into_iter().all(|kind| kind == OutboundKind::Cancel));
    assert!(scenario.risk.working(BOT).all(|order| order.order.is_being_cancelled()));
}
