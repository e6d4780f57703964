use super::*;
use gauntlet_model::effect::{Alert, AlertKind, IntentReason, OutboundKind, TimeInForce, Urgency};
use gauntlet_model::ids::{AccountId, BotId, ClOrdId, InstrumentId};
use gauntlet_model::input::{
    BookAction, ExecType, ExecutionReport, FeedChange, FeedEvent, OrdStatus, Route, Scope,
    TopOfBook, TradingState,
};
use gauntlet_model::order::Terms;
use gauntlet_model::text::Text;
use gauntlet_model::units::{Price, Side};
use proptest::prelude::*;

const TWO_CACHE_LINES: usize = 128;

#[test]
fn what_comes_with_every_tick_fits_two_cache_lines_with_the_ring_s_own_word() {
    let pushed = size_of::<u64>();
    assert_eq!(size_of::<Tick>(), 88);
    assert_eq!(size_of::<Hot<Intent>>(), 88);
    assert_eq!(size_of::<Hot<Approved<OrderRequest>>>(), 88);
    assert!(size_of::<Hot<Approved<OrderRequest>>>() + pushed <= TWO_CACHE_LINES);
}

#[test]
fn what_is_rare_is_little_more_than_the_largest_report() {
    assert!(size_of::<Input>() <= size_of::<ExecutionReport>() + 40);
    assert!(size_of::<Rare>() <= size_of::<Sequenced>() + 16);
}

fn execution(last_qty: u32) -> Input {
    Input::Execution(ExecutionReport {
        route: Route::BROKER,
        msg_seq_num: 7,
        poss_dup: false,
        cl_ord_id: ClOrdId::new(5, BotId(1), 0).expect("fits"),
        orig_cl_ord_id: ClOrdId::NONE,
        ord_status_req_id: 0,
        order_id: Text::new("O"),
        exec_id: Text::new("E"),
        exec_type: ExecType::Trade,
        ord_status: OrdStatus::Filled,
        instrument: Some(InstrumentId(1)),
        side: Side::Buy,
        last_qty,
        last_px: Price(5),
        leaves_qty: 0,
        cum_qty: last_qty,
        order_qty: last_qty,
        price: Price(5),
        transact_time: UnixNanos(9),
        reject_reason: 0,
        text: Text::EMPTY,
    })
}

/// One input of each kind that matters here.
fn inputs() -> impl Strategy<Value = Input> {
    (0u8..8, any::<i64>(), any::<u32>(), any::<u64>()).prop_map(|(kind, price, size, other)| {
        let (instrument, price, ts_event) = (InstrumentId(size as u16), Price(price), UnixNanos(3));
        let top = TopOfBook { bid: price, ask: price, bid_size: size, ask_size: 1 };
        let (action, flags, sequence) = (BookAction::Trade, kind, size ^ 5);
        match kind {
            0 => Input::Mbo(Mbo {
                instrument,
                action,
                side: None,
                flags,
                price,
                size,
                order_id: other,
                ts_event,
                sequence,
            }),
            1 => Input::Quote(Quote {
                instrument,
                action,
                side: Some(Side::Sell),
                flags,
                price,
                size,
                top,
                ts_event,
                sequence,
            }),
            2 => Input::Level(Level {
                instrument,
                side: Side::Buy,
                flags,
                price,
                size,
                count: sequence,
                ts_event,
                sequence,
            }),
            3 => Input::Trade(Trade {
                instrument,
                side: None,
                flags,
                price,
                size,
                ts_event,
                sequence,
            }),
            4 => Input::Timer(Timer { second: other }),
            5 | 6 => execution(size),
            _ => Input::Feed(FeedEvent {
                feed: 0,
                change: FeedChange::Gap,
                detail: Text::new("lost"),
            }),
        }
    })
}

fn view() -> MarketView {
    MarketView {
        instrument: InstrumentId(2),
        top: TopOfBook { bid: Price(1), ask: Price(2), bid_size: 3, ask_size: 4 },
        last: Price(5),
        gapped: true,
        live: true,
        state: TradingState::Halted,
        book_full: true,
    }
}

fn effect() -> Effect {
    Effect::Alert(Alert {
        kind: AlertKind::TableFull,
        scope: Scope::Bot(BotId(3)),
        cl_ord_id: ClOrdId::NONE,
        ord_status: None,
        text: Text::new("full"),
    })
}

fn same_to_risk(message: &ToRisk<'_>) {
    ToRisk::unpack(message.pack().as_ref(), |unpacked| assert_eq!(unpacked, message));
}

fn same_to_orders(message: &ToOrders<'_>) {
    ToOrders::unpack(message.pack().as_ref(), |unpacked| assert_eq!(unpacked, message));
}

#[test]
fn every_other_message_comes_out_as_it_went_in() {
    let (bot, reason) = (BotId(4), IntentReason::Signal);
    let intent = Intent { bot, target: -3, urgency: Urgency::Passive, reason, score: -0.5 };
    let request = OrderRequest {
        kind: OutboundKind::New,
        cl_ord_id: ClOrdId::new(5, bot, 1).expect("fits"),
        orig_cl_ord_id: ClOrdId::NONE,
        bot,
        account: AccountId(2),
        instrument: InstrumentId(3),
        route: Route::SHADOW,
        side: Side::Sell,
        qty: 7,
        price: Price(11),
        time_in_force: TimeInForce::Day,
        terms: Terms::LIMIT,
    };
    same_to_risk(&ToRisk::Effect(effect()));
    same_to_risk(&ToRisk::Market(view()));
    same_to_risk(&ToRisk::Intent(intent));
    same_to_orders(&ToOrders::Effect(effect()));
    same_to_orders(&ToOrders::Market(view()));
    same_to_orders(&ToOrders::Approved(Approved::unchecked(request)));
}

proptest! {
    #[test]
    fn every_input_comes_out_as_it_went_in(
        input in inputs(), seq in any::<u64>(), time in any::<u64>(),
        fresh in any::<bool>(), owned in any::<bool>(), arrived in any::<u64>()
    ) {
        let sequenced = Sequenced { seq, time: UnixNanos(time), input };
        let arrival = Arrival { sequenced: &sequenced, fresh, owned, arrived };
        Arrival::unpack(arrival.pack().as_ref(), |unpacked| assert_eq!(unpacked, arrival));
        same_to_risk(&ToRisk::Input(arrival));
        same_to_orders(&ToOrders::Input(arrival));
        let is_hot = matches!(arrival.pack(), Split::Hot(_));
        prop_assert_eq!(is_hot, !owned && Event::of(&input).is_some());
    }
}
