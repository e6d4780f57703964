//! People's orders: through the checks that bots' orders go through, kept beside the bots'.

mod changes;

use super::*;
use crate::risk::scenario::top;
use crate::risk::{HELD_MAX, ORDERS_PER_DESK};
use gauntlet_model::desk::desk_of;
use gauntlet_model::ids::{AccountId, BOTS_MAX, InstrumentId};
use gauntlet_model::market_view::MarketView;
use gauntlet_model::order::Capabilities;
use gauntlet_model::units::UnixNanos;

fn desk() -> BotId {
    desk_of(0).expect("there is one")
}

pub fn ticket(kind: TicketKind) -> Ticket {
    Ticket {
        account: Some(AccountId(0)),
        instrument: Some(InstrumentId(0)),
        ..Ticket::of(kind, Text::new("ann"), Text::new("hedge"))
    }
}

/// A limit order for the day.
pub fn limit(side: Side, qty: u32, at: i64) -> Ticket {
    Ticket { side, qty, price: ticks(at), ..ticket(TicketKind::New) }
}

fn stop(side: Side, qty: u32, at: i64) -> Ticket {
    Ticket { side, qty, order_type: OrderType::Stop, stop_px: ticks(at), ..ticket(TicketKind::New) }
}

impl Scenario {
    fn ask_for(&mut self, ticket: Ticket) -> &[ToOrders<'_>] {
        self.input(Input::Ticket(ticket))
    }

    /// The words with which the last input was refused.
    fn told(&self) -> Option<String> {
        self.out.iter().find_map(|message| match message {
            ToOrders::Effect(Effect::Alert(alert)) if alert.kind == AlertKind::CommandRefused => {
                Some(alert.text.to_string())
            }
            _ => None,
        })
    }

    fn at_desk(&self) -> i32 {
        self.risk.position(desk()).map_or(0, |position| position.qty())
    }

    /// The states of orders that the last input told of.
    fn states(&self) -> Vec<(ClOrdId, OrderState)> {
        let state = |message: &ToOrders| match message {
            ToOrders::Effect(Effect::Order(change)) => Some((change.order, change.state)),
            _ => None,
        };
        self.out.iter().filter_map(state).collect()
    }

    /// A person holds signed contracts.
    fn hold_by_hand(&mut self, held: i32) {
        let side = Side::of(i64::from(held)).expect("holds something");
        self.ask_for(limit(side, held.unsigned_abs(), 20_000));
        let order = self.only();
        self.fill(&order, held.unsigned_abs(), 0);
        assert_eq!(self.at_desk(), held);
    }

    /// Orders that open rest in all places of the desk but the last.
    fn fill_the_desk(&mut self) -> Vec<OrderRequest> {
        let entries = 0..ORDERS_PER_DESK as i64 - 1;
        let resting = entries.map(|at| {
            self.ask_for(limit(Side::Buy, 1, 19_990 - at));
            let order = self.only();
            self.acknowledge(&order);
            order
        });
        resting.collect()
    }

    fn lacks(&mut self, capabilities: Capabilities) {
        let (route, name) = (Route::BROKER, Text::new("B"));
        self.input(Input::Broker(BrokerDefinition { route, name, capabilities }));
    }
}

/// Room for every order that a desk has places for.
fn roomy(setup: &mut Setup) {
    setup.instrument.limits.max_position = 100;
    setup.instrument.limits.collar_ticks = 100;
    setup.account.max_position = 100;
    setup.account.messages_per_second = 1_000;
}

fn without(order_types: &[OrderType], lives: &[TimeInForce]) -> Capabilities {
    let left = order_types.iter().fold(Capabilities::ALL, |left, of| left.without_type(*of));
    lives.iter().fold(left, |left, of| left.without_life(*of))
}

fn traded_at(setup: &Setup, at: i64) -> MarketView {
    MarketView { last: ticks(at), top: top(at, at + 1), ..setup.view }
}

#[test]
fn a_persons_order_has_an_identity_of_its_own_and_a_position_beside_the_bots() {
    let (mut scenario, _) = start_holding(3, |_| {});
    scenario.ask_for(limit(Side::Buy, 2, 19_999));
    let order = scenario.only();
    assert_eq!((order.bot, order.cl_ord_id.bot()), (desk(), desk()));
    assert!(usize::from(order.bot.0) >= BOTS_MAX, "no bot has this identity");
    assert_eq!((order.side, order.qty, order.price), (Side::Buy, 2, ticks(19_999)));
    assert_eq!((order.time_in_force, order.terms), (TimeInForce::Day, Terms::LIMIT));
    scenario.fill(&order, 2, 0);
    assert_eq!((scenario.at_desk(), scenario.held()), (2, 3));
    // A second order in the same place is of the same desk.
    scenario.ask_for(limit(Side::Sell, 1, 20_002));
    assert_eq!(scenario.only().bot, desk());
    let opened = scenario.out.iter().any(|m| matches!(m, ToOrders::Effect(Effect::Desk(_))));
    assert!(!opened, "it was opened by the first");
}

#[test]
fn the_limits_of_account_and_instrument_bound_a_person_to_the_contract() {
    let refused = |change: fn(&mut Setup), qty| {
        let (mut scenario, _) = start_holding(3, change);
        scenario.ask_for(limit(Side::Buy, qty, 20_000));
        assert_eq!(scenario.rejected().is_some(), scenario.told().is_some(), "he is told");
        scenario.rejected().map(|reject| reject.code)
    };
    // Ten an order; twenty of the instrument and the account, of which a bot holds three.
    assert_eq!(refused(|_| {}, 10), None);
    assert_eq!(refused(|_| {}, 11), Some(RejectCode::OrderQuantity));
    assert_eq!(refused(|s| s.account.max_position = 8, 5), None);
    assert_eq!(refused(|s| s.account.max_position = 8, 6), Some(RejectCode::AccountPosition));
    let small = |s: &mut Setup| s.instrument.limits.max_position = 8;
    assert_eq!(refused(small, 5), None);
    assert_eq!(refused(small, 6), Some(RejectCode::InstrumentPosition));
    let missing = |s: &mut Setup| s.account.max_position = 0;
    assert_eq!(refused(missing, 1), Some(RejectCode::MissingLimit));
}

#[test]
fn what_stops_a_bot_from_opening_stops_a_person() {
    use RejectCode::*;
    type Case = (RejectCode, fn(&mut Scenario, &Setup));
    let cases: [Case; 6] = [
        (RouteDown, |s, _| {
            s.session(SessionChange::Disconnected);
        }),
        (Killed, |s, _| {
            s.command(CommandKind::Kill { flatten: false }, Scope::Account(AccountId(0)));
        }),
        (TradingHalted, |s, setup| {
            s.market(MarketView { state: TradingState::Halted, ..setup.view });
        }),
        (GappedMarketData, |s, setup| s.market(MarketView { gapped: true, ..setup.view })),
        (NoReferencePrice, |s, setup| s.market(MarketView { top: top(0, 20_001), ..setup.view })),
        (StaleMarketData, |s, _| s.now = s.now.plus(31 * NANOS_PER_SECOND)),
    ];
    for (code, before) in cases {
        let (mut scenario, setup) = start(|_| {});
        before(&mut scenario, &setup);
        scenario.ask_for(limit(Side::Buy, 1, 20_000));
        assert_eq!(scenario.rejected().map(|reject| reject.code), Some(code));
        assert!(scenario.told().is_some_and(|told| told.contains(code.name())));
        assert!(scenario.approved().is_empty());
    }
    let (mut scenario, _) = start(|_| {});
    scenario.ask_for(limit(Side::Buy, 1, 20_021));
    assert_eq!(scenario.rejected().map(|reject| reject.code), Some(PriceCollar));
}

#[test]
fn what_only_reduces_goes_under_a_kill_but_not_under_a_freeze() {
    let (mut scenario, _) = start(|_| {});
    scenario.hold_by_hand(3);
    scenario.command(CommandKind::Kill { flatten: false }, Scope::Platform);
    scenario.ask_for(limit(Side::Sell, 3, 20_000));
    let closing = scenario.only();
    scenario.end(&closing, 0);
    scenario.ask_for(limit(Side::Sell, 4, 20_000));
    assert_eq!(scenario.rejected().map(|reject| reject.code), Some(RejectCode::Killed));
    scenario.command(CommandKind::Freeze, Scope::Platform);
    scenario.ask_for(limit(Side::Sell, 3, 20_000));
    assert_eq!(scenario.rejected().map(|reject| reject.code), Some(RejectCode::Killed));
}

#[test]
fn working_exits_of_a_person_are_never_more_than_he_holds() {
    let (mut scenario, setup) = start(|_| {});
    scenario.hold_by_hand(3);
    scenario.ask_for(limit(Side::Sell, 2, 20_005));
    let first = scenario.only();
    scenario.acknowledge(&first);
    scenario.ask_for(limit(Side::Sell, 1, 20_006));
    let second = scenario.only();
    scenario.acknowledge(&second);
    // The position is given back otherwise: what rests now would open, and is cancelled by a timer.
    scenario.input(Input::Execution(ExecutionReport {
        exec_id: Text::new("by phone"),
        ..holding(desk(), Side::Sell, 2, &setup)
    }));
    assert_eq!(scenario.at_desk(), 1);
    let sent = scenario.pass(1, setup.view);
    let named: Vec<_> = sent.iter().map(|o| (o.kind, o.orig_cl_ord_id)).collect();
    assert_eq!(named, [(OutboundKind::Cancel, first.cl_ord_id)]);
    scenario.end(&sent[0], 0);
    assert!(scenario.pass(2, setup.view).is_empty(), "what is left closes what is held");
}

#[test]
fn a_bare_ticket_or_one_that_makes_no_sense_is_told_why() {
    let unsigned = Ticket { actor: Text::EMPTY, ..limit(Side::Buy, 1, 20_000) };
    let off_tick = Ticket { price: Price(ticks(20_000).0 + 1), ..limit(Side::Buy, 1, 20_000) };
    let no_price = Ticket { price: Price::NONE, ..limit(Side::Buy, 1, 20_000) };
    let no_account = Ticket { account: None, ..limit(Side::Buy, 1, 20_000) };
    let on_paper = Ticket { route: Route::PAPER, ..limit(Side::Buy, 1, 20_000) };
    let (passed_above, passed_below) = (stop(Side::Buy, 1, 20_000), stop(Side::Sell, 1, 20_000));
    for (wrong, words) in [
        (unsigned, "an actor and a reason"),
        (off_tick, "prices go by ticks"),
        (no_price, "a limit price goes with"),
        (no_account, "name an account"),
        (on_paper, "name an account at a broker"),
        (limit(Side::Buy, 0, 20_000), "no contracts"),
        (passed_above, "the market is past the stop price"),
        (passed_below, "the market is past the stop price"),
    ] {
        let (mut scenario, _) = start(|_| {});
        scenario.ask_for(wrong);
        assert!(scenario.approved().is_empty(), "{words}");
        let told = scenario.told();
        assert!(told.as_ref().is_some_and(|told| told.contains(words)), "{words}: {told:?}");
    }
}

#[test]
fn each_type_and_life_is_sent_as_it_is_where_the_venue_takes_it() {
    for order_type in OrderType::ALL {
        for life in TimeInForce::ALL {
            let (mut scenario, _) = start(|_| {});
            let expires = match life {
                TimeInForce::GoodTillDate => scenario.now.plus(NANOS_PER_SECOND * 86_400 * 3),
                _ => UnixNanos(0),
            };
            let at = |px: i64, has: bool| if has { ticks(px) } else { Price::NONE };
            let asked = Ticket {
                order_type,
                time_in_force: life,
                expires,
                price: at(20_010, order_type.is_limited()),
                stop_px: at(20_008, order_type.is_stop()),
                ..limit(Side::Buy, 1, 0)
            };
            scenario.ask_for(asked);
            let rests = order_type.is_stop() || order_type == OrderType::MarketToLimit;
            let fits = if rests { life.rests() } else { true }
                && !(order_type == OrderType::Market && life.outlives_session());
            assert_eq!(scenario.told().is_none(), fits, "{order_type:?} {life:?}");
            if fits {
                let order = scenario.only();
                let Terms { order_type: sent, stop_px, emulation, .. } = order.terms;
                assert_eq!(
                    (sent, order.time_in_force, order.terms.expires),
                    (order_type, life, expires)
                );
                assert_eq!((order.price, stop_px), (asked.price, asked.stop_px));
                assert_eq!(emulation, Emulation::NONE);
            }
        }
    }
}

#[test]
fn a_market_order_needs_a_market_to_open_in_and_nothing_to_get_out() {
    let market = |side, qty| Ticket {
        order_type: OrderType::Market,
        price: Price::NONE,
        ..limit(side, qty, 0)
    };
    let (mut scenario, setup) = start(|_| {});
    scenario.hold_by_hand(2);
    let one_sided = MarketView { top: top(0, 20_001), ..setup.view };
    scenario.market(one_sided);
    scenario.ask_for(market(Side::Buy, 1));
    assert_eq!(scenario.rejected().map(|r| r.code), Some(RejectCode::NoReferencePrice));
    scenario.ask_for(market(Side::Sell, 2));
    assert_eq!(scenario.only().terms.order_type, OrderType::Market);
    // A spread wider than the collar is no market to open in.
    let (mut scenario, setup) = start(|_| {});
    scenario.market(MarketView { top: top(20_000, 20_041), ..setup.view });
    scenario.ask_for(market(Side::Buy, 1));
    assert_eq!(scenario.rejected().map(|r| r.code), Some(RejectCode::PriceCollar));
    scenario.market(MarketView { top: top(20_000, 20_040), ..setup.view });
    scenario.ask_for(market(Side::Buy, 1));
    assert_eq!(scenario.rejected(), None);
}

#[test]
fn what_the_venue_lacks_is_emulated_and_says_so_or_is_refused_by_name() {
    let (mut scenario, _) = start(|_| {});
    let (market, best) = (OrderType::Market, OrderType::MarketToLimit);
    scenario.lacks(without(&[market, best], &[TimeInForce::FillOrKill]));
    let bare = |order_type| Ticket { order_type, price: Price::NONE, ..limit(Side::Buy, 1, 0) };
    scenario.ask_for(bare(market));
    let order = scenario.only();
    assert_eq!(order.terms.emulation, Emulation::AT_COLLAR);
    assert_eq!((order.price, order.time_in_force), (ticks(20_005), TimeInForce::ImmediateOrCancel));
    scenario.ask_for(bare(best));
    let order = scenario.only();
    assert_eq!(order.terms.emulation, Emulation::AT_BEST);
    assert_eq!((order.price, order.time_in_force), (ticks(20_001), TimeInForce::Day));
    // Immediate or cancel would fill in part: it is no fill-or-kill.
    let whole = Ticket { time_in_force: TimeInForce::FillOrKill, ..limit(Side::Buy, 1, 20_000) };
    scenario.ask_for(whole);
    assert!(scenario.approved().is_empty());
    assert!(scenario.told().is_some_and(|told| told.contains("no fok orders")));
}

/// A scenario whose broker takes no stops.
fn holding_stops() -> (Scenario, Setup) {
    let (mut scenario, setup) = start(|_| {});
    scenario.lacks(without(&[OrderType::Stop, OrderType::StopLimit], &[]));
    (scenario, setup)
}

#[test]
fn a_held_stop_goes_when_the_market_comes_to_it_and_not_a_tick_before() {
    let (mut scenario, setup) = holding_stops();
    scenario.hold_by_hand(2);
    scenario.ask_for(stop(Side::Sell, 2, 19_990));
    assert!(scenario.approved().is_empty(), "it is held");
    let (held, state) = scenario.states()[0];
    assert_eq!((state, held.bot()), (OrderState::Held, desk()));
    let terms = scenario.out.iter().find_map(|message| match message {
        ToOrders::Effect(Effect::Terms(terms)) => Some(*terms),
        _ => None,
    });
    assert!(terms.is_some_and(|terms| terms.emulation.has(Emulation::HELD)), "and says so");
    scenario.market(traded_at(&setup, 19_991));
    assert!(scenario.approved().is_empty());
    scenario.market(traded_at(&setup, 19_990));
    let sent = scenario.only();
    assert_eq!((sent.cl_ord_id, sent.side, sent.qty), (held, Side::Sell, 2));
    assert_eq!(
        sent.terms.order_type,
        OrderType::Stop,
        "its type stays, it is sent as a market order"
    );
    scenario.market(traded_at(&setup, 19_980));
    assert!(scenario.approved().is_empty(), "once");
}

#[test]
fn a_held_stop_limit_goes_as_a_limit_and_an_opening_one_through_every_check_of_then() {
    let (mut scenario, setup) = holding_stops();
    let entry = Ticket {
        order_type: OrderType::StopLimit,
        price: ticks(20_012),
        ..stop(Side::Buy, 2, 20_010)
    };
    scenario.ask_for(entry);
    scenario.market(traded_at(&setup, 20_010));
    assert_eq!((scenario.only().price, scenario.only().qty), (ticks(20_012), 2));
    // A kill meanwhile: it is gone, and the market may come.
    scenario.ask_for(Ticket { stop_px: ticks(20_020), price: ticks(20_022), ..entry });
    let (held, _) = scenario.states()[0];
    scenario.command(CommandKind::Kill { flatten: false }, Scope::Platform);
    assert_eq!(scenario.states(), [(held, OrderState::Canceled)]);
    scenario.market(traded_at(&setup, 20_030));
    assert!(scenario.approved().is_empty());
}

#[test]
fn a_held_exit_takes_no_more_than_there_is_and_is_tried_until_it_goes() {
    let (mut scenario, setup) = holding_stops();
    scenario.hold_by_hand(3);
    scenario.ask_for(stop(Side::Sell, 3, 19_990));
    // One is given back meanwhile.
    scenario.ask_for(limit(Side::Sell, 1, 20_000));
    let given = scenario.only();
    scenario.fill(&given, 1, 0);
    let halted = MarketView { state: TradingState::Halted, ..traded_at(&setup, 19_985) };
    scenario.market(halted);
    assert!(scenario.approved().is_empty() && scenario.alerts().contains(&AlertKind::ExitStuck));
    assert!(scenario.pass(2, halted).is_empty());
    let open = traded_at(&setup, 19_985);
    let sent = scenario.pass(2, open);
    assert_eq!(sent.iter().map(|o| (o.side, o.qty)).collect::<Vec<_>>(), [(Side::Sell, 2)]);
}

#[test]
fn a_held_stop_outlives_a_stop_and_a_restart_and_ends_by_a_word_or_with_its_session() {
    let (mut scenario, setup) = holding_stops();
    scenario.hold_by_hand(1);
    scenario.ask_for(Ticket {
        time_in_force: TimeInForce::GoodTillCancel,
        ..stop(Side::Sell, 1, 19_990)
    });
    let (kept, _) = scenario.states()[0];
    scenario.command(CommandKind::Stop, Scope::Platform);
    assert_eq!(scenario.states(), []);
    scenario.input(Input::RunStart(RunStart { run: 2, ..setup.run }));
    scenario.session(SessionChange::LoggedOn);
    scenario.market(setup.view);
    scenario.ask_for(Ticket { stop_px: ticks(19_985), order: kept, ..ticket(TicketKind::Replace) });
    assert_eq!((scenario.told(), scenario.states()), (None, vec![(kept, OrderState::Held)]));
    scenario.ask_for(Ticket { order: kept, ..ticket(TicketKind::Cancel) });
    assert_eq!(scenario.states(), [(kept, OrderState::Canceled)]);
    // One for the day.
    scenario.lacks(without(&[OrderType::Stop], &[]));
    scenario.ask_for(stop(Side::Sell, 1, 19_990));
    let (daily, _) = scenario.states()[0];
    scenario.now = scenario.now.plus(NANOS_PER_SECOND * 86_400);
    scenario.input(Input::Timer(Timer { second: scenario.now.0 / NANOS_PER_SECOND }));
    assert_eq!(scenario.states(), [(daily, OrderState::Expired)]);
}

#[test]
fn one_stop_more_than_can_be_held_is_refused() {
    let (mut scenario, _) = start(|setup| {
        setup.account.messages_per_second = 1_000;
        setup.instrument.limits.max_position = 1_000;
        setup.account.max_position = 1_000;
    });
    scenario.lacks(without(&[OrderType::Stop], &[]));
    for at in 0..HELD_MAX as i64 {
        scenario.ask_for(stop(Side::Buy, 1, 20_010 + at));
        assert_eq!(scenario.told(), None);
    }
    scenario.ask_for(stop(Side::Buy, 1, 20_010));
    assert!(scenario.told().is_some_and(|told| told.contains("as many stops are held")));
}

#[test]
fn orders_that_outlive_sessions_outlive_a_stop_and_no_others() {
    let (mut scenario, setup) = start(|_| {});
    for life in [TimeInForce::Day, TimeInForce::GoodTillCancel] {
        scenario.ask_for(Ticket { time_in_force: life, ..limit(Side::Buy, 1, 19_990) });
        let order = scenario.only();
        scenario.acknowledge(&order);
    }
    scenario.command(CommandKind::Stop, Scope::Platform);
    let cancelled = scenario.only();
    assert_eq!((cancelled.kind, cancelled.time_in_force), (OutboundKind::Cancel, TimeInForce::Day));
    // A kill is another matter.
    scenario.command(CommandKind::Kill { flatten: false }, Scope::Platform);
    assert_eq!(scenario.only().time_in_force, TimeInForce::GoodTillCancel);
    assert!(scenario.pass(1, setup.view).is_empty(), "each once");
}

#[test]
fn a_date_that_we_keep_ends_the_order_at_the_broker() {
    let (mut scenario, setup) = start(|_| {});
    scenario.lacks(without(&[], &[TimeInForce::GoodTillDate]));
    let expires = scenario.now.plus(3 * NANOS_PER_SECOND);
    let time_in_force = TimeInForce::GoodTillDate;
    scenario.ask_for(Ticket { time_in_force, expires, ..limit(Side::Buy, 1, 19_990) });
    let order = scenario.only();
    assert_eq!(order.terms.emulation, Emulation::UNTIL_DATE);
    scenario.acknowledge(&order);
    assert!(scenario.pass(2, setup.view).is_empty());
    let sent = scenario.pass(1, setup.view);
    assert_eq!(sent.iter().map(|o| o.kind).collect::<Vec<_>>(), [OutboundKind::Cancel]);
}

#[test]
fn a_replace_counts_what_it_adds_from_the_moment_that_it_is_sent() {
    let (mut scenario, _) = start(|setup| setup.account.max_position = 8);
    scenario.ask_for(limit(Side::Buy, 3, 19_990));
    let order = scenario.only();
    scenario.acknowledge(&order);
    let more = |qty| Ticket { qty, order: order.cl_ord_id, ..ticket(TicketKind::Replace) };
    scenario.ask_for(more(9));
    assert_eq!(scenario.rejected().map(|r| r.code), Some(RejectCode::AccountPosition));
    scenario.ask_for(more(8));
    let replace = scenario.only();
    assert_eq!(
        (replace.kind, replace.qty, replace.price),
        (OutboundKind::Replace, 8, ticks(19_990))
    );
    // All eight count already, whatever the broker will say.
    scenario.ask_for(limit(Side::Buy, 1, 19_990));
    assert_eq!(scenario.rejected().map(|r| r.code), Some(RejectCode::AccountPosition));
    scenario.input(Input::CancelReject(too_late(&replace)));
    scenario.ask_for(limit(Side::Buy, 5, 19_990));
    assert_eq!(scenario.rejected(), None, "it was not granted");
}

#[test]
fn a_replace_below_what_is_filled_or_of_nothing_is_told_why() {
    let (mut scenario, _) = start(|_| {});
    scenario.ask_for(limit(Side::Buy, 5, 20_000));
    let order = scenario.only();
    scenario.fill(&order, 3, 2);
    let asked = Ticket { order: order.cl_ord_id, ..ticket(TicketKind::Replace) };
    for (wrong, words) in [
        (Ticket { qty: 3, ..asked }, "no fewer than are filled"),
        (asked, "nothing of it would change"),
        (Ticket { qty: 4, order: ClOrdId(0xabc00), ..asked }, "no working order"),
        (Ticket { stop_px: ticks(19_000), ..asked }, "a stop price goes with"),
    ] {
        scenario.ask_for(wrong);
        assert!(scenario.told().is_some_and(|told| told.contains(words)), "{words}");
        assert!(scenario.approved().is_empty());
    }
    scenario.ask_for(Ticket { qty: 4, price: ticks(19_998), ..asked });
    assert_eq!((scenario.only().qty, scenario.only().price), (4, ticks(19_998)));
}

#[test]
fn a_person_cancels_his_orders_and_what_a_bot_opens_but_not_its_way_out() {
    let (mut scenario, setup) = start(|_| {});
    let entry = scenario.enter_passively(2);
    scenario.acknowledge(&entry);
    let cancel =
        |order: &OrderRequest| Ticket { order: order.cl_ord_id, ..ticket(TicketKind::Cancel) };
    scenario.ask_for(cancel(&entry));
    let request = scenario.only();
    assert_eq!((request.kind, request.bot), (OutboundKind::Cancel, BOT));
    scenario.ask_for(cancel(&entry));
    assert!(scenario.told().is_some_and(|told| told.contains("on its way already")));
    scenario.end(&OrderRequest { orig_cl_ord_id: entry.cl_ord_id, ..request }, 0);
    assert!(scenario.pass(3, setup.view).is_empty(), "the bot does not want it any more");

    let (mut scenario, _) = start_holding(2, |_| {});
    scenario.stop_out();
    let exit = scenario.only();
    scenario.ask_for(cancel(&exit));
    assert!(scenario.told().is_some_and(|told| told.contains("kill --freeze")));

    scenario.ask_for(limit(Side::Buy, 1, 19_990));
    let own = scenario.only();
    scenario.acknowledge(&own);
    scenario.ask_for(cancel(&own));
    assert_eq!((scenario.only().kind, scenario.only().bot), (OutboundKind::Cancel, desk()));
    scenario.ask_for(Ticket { order: ClOrdId(0xabc00), ..ticket(TicketKind::Cancel) });
    assert!(scenario.told().is_some_and(|told| told.contains("no working order")));
}

#[test]
fn closing_sends_out_the_bot_that_is_named_or_all_that_hold_there() {
    let close = ticket(TicketKind::Close);
    let (mut scenario, setup) = start_holding(2, |_| {});
    scenario.hold_by_hand(-3);
    scenario.ask_for(Ticket { bot: Some(BOT), account: None, instrument: None, ..close });
    let exit = scenario.only();
    assert_eq!((exit.bot, exit.side, exit.qty), (BOT, Side::Sell, 2));
    scenario.fill(&exit, 2, 0);
    scenario.ask_for(close);
    let exit = scenario.only();
    assert_eq!((exit.bot, exit.side, exit.qty), (desk(), Side::Buy, 3));
    scenario.fill(&exit, 3, 0);
    assert_eq!((scenario.held(), scenario.at_desk()), (0, 0));
    scenario.ask_for(close);
    assert!(scenario.told().is_some_and(|told| told.contains("nothing is held")));
    assert!(scenario.pass(3, setup.view).is_empty());
    scenario.ask_for(Ticket { account: None, ..close });
    assert!(scenario.told().is_some_and(|told| told.contains("name a bot, or")));
}

#[test]
fn closing_clears_the_orders_that_are_in_its_way_and_goes_under_a_kill() {
    let (mut scenario, _) = start(|_| {});
    scenario.hold_by_hand(3);
    scenario.ask_for(limit(Side::Sell, 3, 20_010));
    let resting = scenario.only();
    scenario.acknowledge(&resting);
    scenario.command(CommandKind::Kill { flatten: false }, Scope::Platform);
    scenario.ask_for(ticket(TicketKind::Close));
    let cancel = scenario.only();
    assert_eq!((cancel.kind, cancel.orig_cl_ord_id), (OutboundKind::Cancel, resting.cl_ord_id));
    scenario.end(&OrderRequest { orig_cl_ord_id: resting.cl_ord_id, ..cancel }, 0);
    let exit = scenario.only();
    assert_eq!((exit.kind, exit.side, exit.qty), (OutboundKind::New, Side::Sell, 3));
    assert_eq!(exit.time_in_force, TimeInForce::ImmediateOrCancel);
}

#[test]
fn as_many_orders_of_a_person_work_in_a_place_as_there_are_places() {
    let (mut scenario, _) = start(roomy);
    scenario.hold_by_hand(1);
    assert_eq!(ORDERS_PER_DESK, 33, "thirty-two, and a way out");
    let working = scenario.fill_the_desk();
    scenario.ask_for(limit(Side::Buy, 1, 19_990));
    assert_eq!(scenario.rejected().map(|r| r.code), Some(RejectCode::TableFull));
    assert_eq!(scenario.told().as_deref(), Some("refused: table_full"));
    // The last place is for what closes.
    scenario.ask_for(limit(Side::Sell, 1, 20_010));
    assert_eq!((scenario.told(), scenario.only().side), (None, Side::Sell));
    scenario.ask_for(limit(Side::Sell, 1, 20_010));
    assert_eq!(scenario.rejected().map(|r| r.code), Some(RejectCode::TableFull));
    scenario.end(&working[7], 0);
    scenario.ask_for(limit(Side::Buy, 1, 19_990));
    assert_eq!(scenario.told(), None, "a place is free again");
}

#[test]
fn a_kill_cancels_all_that_a_full_desk_opens_by_one_input_and_its_way_out_works_on() {
    let (mut scenario, _) = start(roomy);
    scenario.hold_by_hand(1);
    let working = scenario.fill_the_desk();
    scenario.ask_for(limit(Side::Sell, 1, 20_010));
    let exit = scenario.only();
    scenario.acknowledge(&exit);
    scenario.command(CommandKind::Kill { flatten: false }, Scope::Platform);
    let cancels = scenario.approved();
    assert!(cancels.iter().all(|cancel| cancel.kind == OutboundKind::Cancel));
    let named: Vec<ClOrdId> = cancels.iter().map(|cancel| cancel.orig_cl_ord_id).collect();
    assert_eq!(named, working.iter().map(|order| order.cl_ord_id).collect::<Vec<_>>());
    assert_eq!(scenario.risk.working(desk()).count(), ORDERS_PER_DESK);
}

#[test]
fn orders_that_a_broker_refuses_in_a_row_do_not_kill_a_desk() {
    let (mut scenario, _) = start(|_| {});
    for _ in 0..2 * crate::risk::REFUSALS_MAX {
        scenario.ask_for(limit(Side::Buy, 1, 20_000));
        let order = scenario.only();
        scenario.tell(&order, ExecType::Rejected, OrdStatus::Rejected);
        assert!(scenario.kills().is_empty());
    }
}

#[test]
fn the_layers_of_limits_hold_for_a_person_and_he_trades_with_no_bot_of_his_account() {
    let (mut scenario, _) = start(|setup| {
        setup.layers();
    });
    scenario.ask_for(limit(Side::Buy, 1, 19_999));
    assert_eq!(scenario.approved().len(), 1);
    scenario.ask_for(limit(Side::Buy, 1, 19_999));
    assert_eq!(scenario.rejected().map(|r| r.code), Some(RejectCode::DuplicateOrder));
    let entry = scenario.enter_passively(2);
    scenario.acknowledge(&entry);
    scenario.ask_for(limit(Side::Sell, 1, 20_000));
    assert_eq!(scenario.rejected().map(|r| r.code), Some(RejectCode::SelfTrade));
    scenario.ask_for(limit(Side::Sell, 1, 20_001));
    assert_eq!(scenario.rejected(), None);
}
