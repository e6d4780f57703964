//! Payload bytes: they round-trip, and they never change.

mod support;

use gauntlet_journal::*;
use gauntlet_model::effect::*;
use gauntlet_model::ids::*;
use gauntlet_model::input::*;
use gauntlet_model::order::Capabilities;
use gauntlet_model::record::Record;
use gauntlet_model::text::Text;
use gauntlet_model::units::{Money, Price, Side, UnixNanos};
use proptest::prelude::*;
use support::{EFFECTS, INPUTS, Numbers, VARIANTS_MAX, place_of_effect, place_of_input};

fn stream_of(kind: u8) -> Stream {
    kind::of(kind).and_then(|kind| kind.stream).expect("a kind of one stream")
}

/// Values are compared by bytes and words, since a number may be none.
fn input_comes_back(input: &Input) {
    let mut encoded = Encoded::new();
    encoded.input(input);
    let (kind, payload) = (encoded.kind(), encoded.payload().to_vec());
    let decoded = decode_input(kind, &payload).expect("decodes");
    encoded.input(&decoded);
    assert_eq!((encoded.kind(), encoded.payload()), (kind, payload.as_slice()));
    assert_eq!(format!("{decoded:?}"), format!("{input:?}"));
    assert!(stream_of(kind) == Stream::Inputs && decode_effect(kind, &payload).is_err());
}

fn effect_comes_back(effect: &Effect) {
    let mut encoded = Encoded::new();
    encoded.effect(effect);
    let (kind, payload) = (encoded.kind(), encoded.payload().to_vec());
    let decoded = decode_effect(kind, &payload).expect("decodes");
    encoded.effect(&decoded);
    assert_eq!((encoded.kind(), encoded.payload()), (kind, payload.as_slice()));
    assert_eq!(format!("{decoded:?}"), format!("{effect:?}"));
    assert!(stream_of(kind) == Stream::Effects && decode_input(kind, &payload).is_err());
}

fn sent_comes_back(sent: MessageSent) {
    let mut payload = [0; 64];
    let (kind, len) = encode_sent(&sent, &mut payload);
    assert_eq!(decode_sent(kind, &payload[..len]), Ok(sent));
    let (kind, len) = encode_copy_sent(&sent, &mut payload);
    assert_eq!(decode_sent(kind, &payload[..len]), Ok(sent));
}

/// Of every kind one value, with numbers that say what is in it.
fn all_come_back(numbers: impl Fn() -> Numbers) {
    for which in 0..INPUTS {
        let input = numbers().input(which);
        assert_eq!(place_of_input(&input), which);
        input_comes_back(&input);
    }
    for which in 0..EFFECTS {
        let effect = numbers().effect(which);
        assert_eq!(place_of_effect(&effect), which);
        effect_comes_back(&effect);
    }
    sent_comes_back(numbers().sent());
}

#[test]
fn every_variant_of_every_journaled_enum_comes_back() {
    for place in 0..VARIANTS_MAX {
        for seed in 0..8 {
            all_come_back(|| Numbers::choosing(seed, place));
        }
    }
}

#[test]
fn lists_of_all_variants_leave_none_out() {
    for place in 0..VARIANTS_MAX {
        for which in 0..INPUTS {
            match Numbers::choosing(1, place).input(which) {
                Input::Bot(bot) => {
                    assert!(Archetype::ALL.contains(&bot.archetype));
                    assert!(Stage::ALL.contains(&bot.stage));
                    if let Some(BarKind::Time(timeframe)) = bot.bars {
                        assert!(Timeframe::ALL.contains(&timeframe));
                    }
                }
                Input::External(signal) => assert!(SignalSource::ALL.contains(&signal.source)),
                Input::Session(event) => assert!(Route::ALL.contains(&event.route)),
                _ => {}
            }
        }
        for which in 0..EFFECTS {
            match Numbers::choosing(1, place).effect(which) {
                Effect::Reject(reject) => assert!(RejectCode::ALL.contains(&reject.code)),
                Effect::MarketBlock(block) => assert!(MarketFault::ALL.contains(&block.fault)),
                Effect::Decision(decision) => {
                    assert!(Outcome::ALL.contains(&decision.outcome));
                    assert!(SizeCap::ALL.contains(&decision.cap));
                }
                _ => {}
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn every_kind_comes_back_with_the_same_bytes(seed: u64) {
        all_come_back(|| Numbers::new(seed));
    }

    #[test]
    fn bytes_that_are_no_value_are_refused_and_never_panic(
        kind: u8,
        payload in prop::collection::vec(any::<u8>(), 0..256),
    ) {
        let _ = decode_input(kind, &payload);
        let _ = decode_effect(kind, &payload);
        let _ = decode_sent(kind, &payload);
    }
}

#[test]
fn a_payload_of_another_length_or_kind_is_refused() {
    let mut encoded = Encoded::new();
    encoded.input(&Input::Timer(Timer { second: 5 }));
    let payload = encoded.payload();
    assert_eq!(decode_input(kind::TIMER, &payload[1..]), Err(DecodeError::Payload(kind::TIMER)));
    assert_eq!(decode_input(kind::BAR, payload), Err(DecodeError::Kind(kind::BAR)));
    assert_eq!(decode_effect(kind::TIMER, payload), Err(DecodeError::Kind(kind::TIMER)));
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn check_input(input: Input, kind: u8, golden: &str) {
    let mut encoded = Encoded::new();
    encoded.input(&input);
    assert_eq!((encoded.kind(), hex(encoded.payload()).as_str()), (kind, golden), "{input:?}");
    assert_eq!(decode_input(kind, encoded.payload()), Ok(input));
}

fn check_effect(effect: Effect, kind: u8, golden: &str) {
    let mut encoded = Encoded::new();
    encoded.effect(&effect);
    assert_eq!((encoded.kind(), hex(encoded.payload()).as_str()), (kind, golden), "{effect:?}");
    assert_eq!(decode_effect(kind, encoded.payload()), Ok(effect));
}

const TOP: TopOfBook =
    TopOfBook { bid: Price(0x11), ask: Price(0x22), bid_size: 0x33, ask_size: 0x44 };

#[test]
#[expect(clippy::too_many_lines, reason = "a sample of every kind, one after another")]
fn market_data_keeps_its_bytes() {
    check_input(
        Input::Mbo(Mbo {
            instrument: InstrumentId(0x0102),
            action: BookAction::Cancel,
            side: Some(Side::Sell),
            flags: 0x80,
            price: Price(0x0102030405060708),
            size: 0x0a0b0c0d,
            order_id: 0x1112131415161718,
            ts_event: UnixNanos(0x2122232425262728),
            sequence: 0x31323334,
        }),
        kind::MBO,
        "02010201028008070605040302010d0c0b0a1817161514131211282726252423222134333231",
    );
    check_input(
        Input::Quote(Quote {
            instrument: InstrumentId(1),
            action: BookAction::Trade,
            side: None,
            flags: 2,
            price: Price(3),
            size: 4,
            top: TOP,
            ts_event: UnixNanos(5),
            sequence: 6,
        }),
        kind::QUOTE,
        "01000400000203000000000000000400000011000000000000002200000000000000330000004400\
        0000050000000000000006000000",
    );
    check_input(
        Input::Level(Level {
            instrument: InstrumentId(1),
            side: Side::Sell,
            flags: 2,
            price: Price(3),
            size: 4,
            count: 5,
            ts_event: UnixNanos(6),
            sequence: 7,
        }),
        kind::LEVEL,
        "0100020203000000000000000400000005000000060000000000000007000000",
    );
    check_input(
        Input::Listing(Listing {
            instrument: InstrumentId(1),
            tick: Price(2),
            unit_qty: Price(3),
            tick_amount: Price(4),
            display_factor: Price(5),
            currency: Text::new("USD"),
            expiration: UnixNanos(6),
            high_limit: Price(7),
            low_limit: Price::NONE,
            ts_event: UnixNanos(8),
        }),
        kind::LISTING,
        "010002000000000000000300000000000000040000000000000005000000000000005553440006000000000000000700000000000000ffffffffffffff7f0800000000000000",
    );
    check_input(
        Input::Trade(Trade {
            instrument: InstrumentId(1),
            side: Some(Side::Buy),
            flags: 2,
            price: Price(-3),
            size: 4,
            ts_event: UnixNanos(5),
            sequence: 6,
        }),
        kind::TRADE,
        "0100010102fdffffffffffffff04000000050000000000000006000000",
    );
    check_input(
        Input::Ohlcv(Ohlcv {
            instrument: InstrumentId(1),
            seconds: 60,
            ts_open: UnixNanos(2),
            open: Price(3),
            high: Price(4),
            low: Price(5),
            close: Price(6),
            volume: 7,
        }),
        kind::OHLCV,
        "01003c00000002000000000000000300000000000000040000000000000005000000000000000600\
        0000000000000700000000000000",
    );
    check_input(
        Input::History(Ohlcv {
            instrument: InstrumentId(1),
            seconds: 60,
            ts_open: UnixNanos(2),
            open: Price(3),
            high: Price(4),
            low: Price(5),
            close: Price(6),
            volume: 7,
        }),
        kind::HISTORY,
        "01003c00000002000000000000000300000000000000040000000000000005000000000000000600\
        0000000000000700000000000000",
    );
    check_input(
        Input::Status(TradingStatus {
            instrument: InstrumentId(1),
            state: TradingState::Closed,
            ts_event: UnixNanos(2),
        }),
        kind::STATUS,
        "0100030200000000000000",
    );
    check_input(
        Input::Feed(FeedEvent { feed: 1, change: FeedChange::Ended, detail: Text::new("end") }),
        kind::FEED,
        "0104656e640000000000000000000000000000000000000000000000000000000000000000000000\
        0000000000000000000000000000000000000000000000000000",
    );
}

#[test]
fn reports_of_a_broker_keep_their_bytes() {
    check_input(
        Input::Execution(ExecutionReport {
            route: Route::SHADOW,
            msg_seq_num: 1,
            poss_dup: true,
            cl_ord_id: ClOrdId(2),
            orig_cl_ord_id: ClOrdId(3),
            ord_status_req_id: 13,
            order_id: Text::new("O"),
            exec_id: Text::new("E"),
            exec_type: ExecType::Trade,
            ord_status: OrdStatus::PartiallyFilled,
            instrument: Some(InstrumentId(4)),
            side: Side::Buy,
            last_qty: 5,
            last_px: Price(6),
            leaves_qty: 7,
            cum_qty: 8,
            order_qty: 9,
            price: Price(10),
            transact_time: UnixNanos(11),
            reject_reason: 12,
            text: Text::new("T"),
        }),
        kind::EXECUTION,
        "02010000000000000001020000000000000003000000000000000d000000000000004f0000000000\
        00000000000000000000000000000000000000000000000000004500000000000000000000000000\
        00000000000000000000000000000000000009010104000105000000060000000000000007000000\
        08000000090000000a000000000000000b000000000000000c005400000000000000000000000000\
        0000000000000000000000000000000000000000000000000000",
    );
    check_input(
        Input::CancelReject(CancelReject {
            route: Route::BROKER,
            msg_seq_num: 1,
            poss_dup: false,
            cl_ord_id: ClOrdId(2),
            orig_cl_ord_id: ClOrdId(3),
            ord_status: OrdStatus::Filled,
            to_replace: true,
            reason: 4,
            text: Text::new("T"),
        }),
        kind::CANCEL_REJECT,
        "00010000000000000000020000000000000003000000000000000201040054000000000000000000\
        000000000000000000000000000000000000000000000000000000000000",
    );
    check_input(
        Input::Session(SessionEvent {
            route: Route::BROKER,
            change: SessionChange::MessageRejected,
            msg_seq_num: 1,
            reset: true,
            cl_ord_id: ClOrdId(2),
            detail: Text::new("D"),
        }),
        kind::SESSION,
        "00030100000000000000010200000000000000440000000000000000000000000000000000000000\
        00000000000000000000000000000000000000000000000000000000000000000000000000000000\
        000000",
    );
}

#[test]
fn timers_and_commands_keep_their_bytes() {
    check_input(Input::Timer(Timer { second: 0x01020304 }), kind::TIMER, "0403020100000000");
    check_input(
        Input::Command(Command {
            kind: CommandKind::Kill { flatten: true },
            scope: Scope::Bot(BotId(7)),
            actor: Text::new("A"),
            reason: Text::new("R"),
        }),
        kind::COMMAND,
        "00010207004100000000000000000000000000000000000000000000000000000000000000520000\
        00000000000000000000000000000000000000000000000000000000000000000000000000000000\
        000000000000000000000000000000000000000000",
    );
}

#[test]
fn definitions_keep_their_bytes() {
    check_input(
        Input::Instrument(InstrumentDefinition {
            instrument: InstrumentId(1),
            symbol: Text::new("ESH4"),
            product: Text::new("ES"),
            feed: 2,
            tick: Price(3),
            multiplier: Money(4),
            limits: InstrumentLimits {
                max_order_qty: 5,
                max_position: 6,
                collar_ticks: 7,
                stale_after_ms: 8,
            },
        }),
        kind::INSTRUMENT,
        "01004553483400000000000000000000000000000000000000004553000000000000020300000000\
        000000040000000000000005000000060000000700000008000000",
    );
    check_input(
        Input::Account(AccountDefinition {
            account: AccountId(1),
            name: Text::new("A"),
            max_position: 2,
            messages_per_second: 3,
            cancel_headroom: 4,
        }),
        kind::ACCOUNT,
        "0100410000000000000000000000000000000000000000000000020000000300000004000000",
    );
    check_input(
        Input::RunStart(RunStart {
            epoch: 1,
            run: 2,
            config_hash: [0xcc; 32],
            binary_hash: [0xbb; 32],
            version: Text::new("V"),
            self_test_passed: true,
        }),
        kind::RUN_START,
        "010000000000000002000000cccccccccccccccccccccccccccccccccccccccccccccccccccccccc\
        ccccccccbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb56000000\
        000000000000000000000000000000000000000001",
    );
}

/// A bot of which nothing is at its default but the broker.
fn full_bot() -> BotDefinition {
    BotDefinition {
        bot: BotId(1),
        name: Text::new("B"),
        enabled: true,
        account: AccountId(2),
        instrument: InstrumentId(3),
        archetype: Archetype::MeanReversion,
        stage: Stage::Live,
        session: SessionMode::ExtUs,
        order_qty: 4,
        bars: Some(BarKind::Time(Timeframe::M5)),
        rule_parts: 11,
        sizing: Sizing::EquityFraction { fraction: Factor(12), equity: Money(13) },
        exits: Exits {
            stop_loss: Distance::Ticks(5),
            take_profit: Distance::Percent(Factor(6)),
            trailing: Trailing::By(Distance::Atr { period: 14, multiple: Factor(15) }),
            break_even_after: Distance::Ticks(16),
            break_even_plus: Distance::None,
            time_stop_bars: 7,
            hold_over_session: true,
        },
        weights: [Factor(17), Factor(18), Factor(19), Factor(20), Factor(21)],
        max_order_qty: 8,
        max_position: 9,
        stage_cap: 10,
        broker: Route::BROKER,
        fallback: false,
        protection: Protection::NONE,
        parameters: [1.0, -2.0, 0.5, 0.0, 0.0, 0.0, 0.0, 0.0],
    }
}

#[test]
fn a_bot_of_before_is_read_as_its_settings_of_today() {
    let old = BotDefinition1 {
        bot: BotId(1),
        name: Text::new("B"),
        enabled: true,
        account: AccountId(2),
        instrument: InstrumentId(3),
        archetype: Archetype::MeanReversion,
        stage: Stage::Live,
        session: SessionMode::ExtUs,
        order_qty: 4,
        bars: Some(BarKind::Time(Timeframe::M5)),
        rule_parts: 11,
        sizing: Sizing::EquityFraction { fraction: Factor(12), equity: Money(13) },
        exits: Exits1 {
            stop_loss: Distance::Ticks(5),
            take_profit: Distance::Percent(Factor(6)),
            trailing: Trailing::By(Distance::Atr { period: 14, multiple: Factor(15) }),
            break_even_after: Distance::Ticks(16),
            break_even_plus: Distance::None,
            time_stop_bars: 7,
            hold_over_session: true,
        },
        weights: [Factor(17), Factor(18), Factor(19), Factor(20), Factor(21)],
        max_order_qty: 8,
        max_position: 9,
        stage_cap: 10,
        parameters: [1.0, -2.0, 0.5, 0.0, 0.0, 0.0, 0.0, 0.0],
    };
    let mut payload = [0; PAYLOAD_MAX];
    let len = old.put(&mut payload);
    assert_eq!(
        hex(&payload[..len]),
        "010042000000000000000000000000000000000000000000000000000000000000000102000300\
        0105010001000000020b0004000000020c0000000d00000000000000010500000000000206000000\
        000001030e000f000000011000000000000000000000000007000000011100000012000000130000\
        00140000001500000008000000090000000a000000000000000000f03f00000000000000c0000000\
        000000e03f0000000000000000000000000000000000000000000000000000000000000000000000\
        0000000000"
    );
    assert_eq!(decode_input(kind::BOT, &payload[..len]), Ok(Input::Bot(full_bot())));
    assert_eq!(decode_input(kind::BOT_SETTINGS, &payload[..len]), {
        Err(DecodeError::Payload(kind::BOT_SETTINGS))
    });
}

#[test]
fn bot_settings_keep_their_bytes() {
    check_input(
        Input::Bot(full_bot()),
        kind::BOT_SETTINGS,
        "01000200010002002000420000000000000000000000000000000000000000000000000000000000\
        00000300010001040002000200050002000300060001000107000100050800060001000100000009\
        000100020a0002000b000b000400040000000c000d00020c0000000d000000000000000d003a0001\
        0007000105000000000002000700020600000000000300080001030e000f00000004000700011000\
        00000000060004000700000007000100010e00140011000000120000001300000014000000150000\
        000f000400080000001000040009000000110004000a00000012004000000000000000f03f000000\
        00000000c0000000000000e03f000000000000000000000000000000000000000000000000000000\
        00000000000000000000000000",
    );
    // What is at its default is left out.
    let plain = BotDefinition {
        bars: None,
        rule_parts: 0,
        sizing: Sizing::Fixed,
        exits: Exits { stop_loss: Distance::Ticks(5), ..Exits::NONE },
        weights: EQUAL_WEIGHTS,
        ..full_bot()
    };
    check_input(
        Input::Bot(plain),
        kind::BOT_SETTINGS,
        "01000200010002002000420000000000000000000000000000000000000000000000000000000000\
        000003000100010400020002000500020003000600010001070001000509000100020b0004000400\
        00000d000b0001000700010500000000000f000400080000001000040009000000110004000a0000\
        0012004000000000000000f03f00000000000000c0000000000000e03f0000000000000000000000\
        0000000000000000000000000000000000000000000000000000000000",
    );
    let second = Route::broker(1).expect("there can be two");
    check_input(
        Input::Bot(BotDefinition { broker: second, ..plain }),
        kind::BOT_SETTINGS,
        "01000200010002002000420000000000000000000000000000000000000000000000000000000000\
        000003000100010400020002000500020003000600010001070001000509000100020b0004000400\
        00000d000b0001000700010500000000000f000400080000001000040009000000110004000a0000\
        0012004000000000000000f03f00000000000000c0000000000000e03f0000000000000000000000\
        00000000000000000000000000000000000000000000000000000000001300010003",
    );
}

#[test]
fn brokers_and_days_of_the_calendar_keep_their_bytes() {
    let second = Route::broker(1).expect("there can be two");
    check_input(
        Input::Broker(BrokerDefinition {
            route: second,
            name: Text::new("B"),
            capabilities: Capabilities::ALL,
        }),
        kind::BROKER,
        "010001000302001800420000000000000000000000000000000000000000000000",
    );
    check_input(
        Input::CalendarDay(CalendarDay {
            date: 20_270_310,
            scope: CalendarDay::OF_PRODUCT,
            product: Text::new("CL"),
            close_minute: 795,
            reason: Text::new("R"),
        }),
        kind::CALENDAR_DAY,
        "01000400e64c350102000100fe03000800434c000000000000040002001b03050040005200000000\
        00000000000000000000000000000000000000000000000000000000000000000000000000000000\
        00000000000000000000000000000000000000",
    );
}

#[test]
fn limits_and_terms_keep_their_bytes() {
    let none = RiskLimits::none(Scope::Bot(BotId(3)));
    check_input(
        Input::RiskLimits(RiskLimits { max_executions: 9, instruments: 5, ..none }),
        kind::RISK_LIMITS,
        "010003000203000600040009000000080008000500000000000000",
    );
    check_input(
        Input::ContractTerms(ContractTerms {
            instrument: InstrumentId(2),
            initial_margin: Money(7),
            ..ContractTerms::none(InstrumentId(2))
        }),
        kind::CONTRACT_TERMS,
        "010002000200020008000700000000000000",
    );
}

#[test]
fn breakers_and_what_is_watched_keep_their_bytes() {
    check_input(
        Input::AccountWatch(AccountWatch {
            account: AccountId(3),
            refused_orders: 5,
            refused_changes: 0,
            refused_per_minute: 6,
            messages_per_fill: 7,
            messages_from: 8,
        }),
        kind::ACCOUNT_WATCH,
        "0100020003000200040005000000040004000600000005000400070000000600040008000000",
    );
    check_effect(
        Effect::Breaker(BreakerChanged {
            scope: Scope::Account(AccountId(3)),
            active: true,
            cause: BreakerCause::WithinAMinute,
            count: 4,
            limit: 5,
            actor: Text::new("R"),
            reason: Text::EMPTY,
        }),
        kind::BREAKER,
        &format!("0103000102040000000500000052{:0190}", 0),
    );
    check_effect(
        Effect::Messages(MessageUsage {
            scope: Scope::Bot(BotId(3)),
            route: Route::PAPER,
            messages: 9,
            fills: 2,
        }),
        kind::MESSAGE_USAGE,
        "0203000109000000000000000200000000000000",
    );
    let (algorithm, version, owner) = (Text::new("A"), Text::new("V"), Text::new("O"));
    check_input(
        Input::Identity(BotIdentity { bot: BotId(3), algorithm, version, owner }),
        kind::BOT_IDENTITY,
        &format!("01000200030002002000 41{:062}03001000 56{:030}04002000 4f{:062}", 0, 0, 0)
            .replace(' ', ""),
    );
    check_effect(
        Effect::Identity(OrderIdentity {
            order: ClOrdId(9),
            bot: BotId(3),
            algorithm,
            version,
            owner,
        }),
        kind::ORDER_IDENTITY,
        &format!("0900000000000000030041{:062}56{:030}4f{:062}", 0, 0, 0),
    );
}

#[test]
fn losses_keep_their_bytes() {
    check_effect(
        Effect::Loss(LossChanged {
            scope: Scope::Bot(BotId(3)),
            route: Route::PAPER,
            state: LossState::Flat,
            result: Money(-2),
            limit: Money(1),
        }),
        kind::LOSS,
        "0203000102feffffffffffffff0100000000000000",
    );
    check_effect(
        Effect::Usage(RiskUsage {
            scope: Scope::Platform,
            route: Route::BROKER,
            position: 4,
            result: Money(-1),
            margin: Money(2),
            equity: Money(3),
        }),
        kind::RISK_USAGE,
        "000000000400000000000000ffffffffffffffff02000000000000000300000000000000",
    );
}

#[test]
fn kills_of_an_order_and_a_route_keep_their_bytes() {
    let (actor, reason) = (Text::new("A"), Text::new("R"));
    let pad = |text: &str, bytes: usize| format!("{text}{}", "00".repeat(bytes - text.len() / 2));
    check_input(
        Input::OrderKill(OrderKill { order: ClOrdId(7), actor, reason }),
        kind::ORDER_KILL,
        &format!("0700000000000000{}{}", pad("41", 32), pad("52", 64)),
    );
    let (user, kind) = (Text::new("U"), CommandKind::Kill { flatten: true });
    let (by, because) = (pad("41", 32), pad("52", 64));
    check_input(
        Input::UserKill(UserKill { user, kind, actor, reason }),
        kind::USER_KILL,
        &format!("01002000{}02000200000103002000{by}04004000{because}", pad("55", 32)),
    );
    check_effect(
        Effect::Freeze(FreezeChanged { scope: Scope::Route(Route::PAPER), active: true }),
        kind::FREEZE,
        "04010001",
    );
}

#[test]
fn a_stated_parent_keeps_its_bytes() {
    check_input(
        Input::StatedParent(StatedParent {
            parent: ClOrdId(7),
            bot: BotId(256),
            side: Side::Sell,
            qty: 5,
            filled: 2,
            state: ParentState::Expired,
            ends_at: UnixNanos(6),
            actor: Text::new("a"),
        }),
        kind::STATED_PARENT,
        &format!(
            "01000800070000000000000002000200000103000100020400040005000000\
             05000400020000000600010003070008000600000000000000080020006100{}",
            "00".repeat(30)
        ),
    );
}

#[test]
fn a_delay_of_alerts_keeps_its_bytes() {
    let (way, stalled, waiting, waited_ms) = (AlertWay::Page, true, 7, 5_001);
    check_input(
        Input::AlertDelay(AlertDelay { way, stalled, waiting, waited_ms }),
        kind::ALERT_DELAY,
        "01010700000089130000",
    );
}

#[test]
fn changes_of_limits_keep_their_bytes() {
    let (actor, reason) = (Text::new("A"), Text::new("R"));
    let pad = |text: &str, bytes: usize| format!("{text}{}", "00".repeat(bytes - text.len() / 2));
    let (scope, limit) = (Scope::Account(AccountId(2)), LimitKind::DailyLoss);
    check_input(
        Input::LimitChange(LimitChange {
            step: LimitStep::Ask,
            scope,
            limit,
            value: 5,
            seconds: 9,
            actor,
            reason,
        }),
        kind::LIMIT_CHANGE,
        &format!(
            "01010200040500000000000000\
                  09000000{}{}",
            pad("41", 32),
            pad("52", 64)
        ),
    );
    check_effect(
        Effect::Limit(LimitChanged {
            scope,
            limit,
            state: LimitState::Raised,
            value: 5,
            until: UnixNanos(6),
            actor,
            approver: Text::new("B"),
            reason: Text::new("R"),
        }),
        kind::LIMIT,
        &format!(
            "010200040105000000000000000600000000000000{}{}{}",
            pad("41", 32),
            pad("42", 32),
            pad("52", 48)
        ),
    );
}

#[test]
fn a_setting_of_a_later_release_is_named_and_a_cut_definition_is_refused() {
    let mut encoded = Encoded::new();
    encoded.input(&Input::Bot(full_bot()));
    let whole = encoded.payload().to_vec();
    let later = [&whole[..], &[90, 0, 1, 0, 7]].concat();
    let error = decode_input(kind::BOT_SETTINGS, &later).expect_err("is from later");
    assert_eq!(error, DecodeError::Field { kind: kind::BOT_SETTINGS, field: 90 });
    assert!(error.to_string().contains("bot_settings record has field 90"), "{error}");
    // Only the last two fields may be left out, and parameters that are left out are none.
    for len in 0..whole.len() {
        match decode_input(kind::BOT_SETTINGS, &whole[..len]) {
            Ok(Input::Bot(read)) => assert!(read.parameters.iter().all(|p| p.is_nan())),
            Ok(other) => panic!("{other:?}"),
            Err(error) => assert_ne!(error, DecodeError::Kind(kind::BOT_SETTINGS)),
        }
    }
    let none = decode_input(kind::BOT_SETTINGS, &[]).expect_err("nothing is there");
    assert_eq!(none, DecodeError::Missing { kind: kind::BOT_SETTINGS, field: 1 });
}

#[test]
fn every_kind_that_is_written_has_a_sample() {
    let mut encoded = Encoded::new();
    let mut made = std::collections::BTreeSet::from([kind::MESSAGE_SENT, kind::COPY_SENT]);
    made.extend((0..INPUTS).map(|which| encoded.input(&Numbers::new(1).input(which)).kind()));
    made.extend((0..EFFECTS).map(|which| encoded.effect(&Numbers::new(1).effect(which)).kind()));
    let known = kind::all().filter(|kind| kind.is_written && kind.payload.is_some());
    assert_eq!(made, known.map(|kind| kind.number).collect());
}

#[test]
fn a_record_of_a_route_that_cannot_be_is_refused() {
    let mut encoded = Encoded::new();
    encoded.input(&Input::Session(SessionEvent {
        route: Route::BROKER,
        change: SessionChange::LoggedOn,
        msg_seq_num: 1,
        reset: false,
        cl_ord_id: ClOrdId::NONE,
        detail: Text::EMPTY,
    }));
    let mut payload = encoded.payload().to_vec();
    for number in 0..=u8::MAX {
        payload[0] = number;
        let read = decode_input(kind::SESSION, &payload);
        assert_eq!(read.is_ok(), usize::from(number) < ROUTES_MAX, "{number}");
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a sample of every kind, one after another")]
fn rules_and_opinions_keep_their_bytes() {
    check_input(
        Input::RuleText(RuleText {
            bot: BotId(1),
            part: 2,
            parts: 3,
            text: Text::new("long when close > 1"),
        }),
        kind::RULE_TEXT,
        "0100020003006c6f6e67207768656e20636c6f7365203e20310000000000000000000000000000\
        00000000000000000000000000000000000000000000000000000000000000000000000000000000\
        00000000000000000000000000000000000000000000000000000000000000000000000000000000\
        000000000000000000000000000000",
    );
    check_input(
        Input::External(ExternalSignal {
            source: SignalSource::News,
            instrument: Some(InstrumentId(1)),
            direction: -1,
            strength: 1.0,
            confidence: 0.5,
            published: UnixNanos(2),
            ttl_seconds: 3,
            id: Text::new("I"),
            text: Text::new("T"),
        }),
        kind::EXTERNAL,
        "04010100ff000000000000f03f000000000000e03f020000000000000003000000490000000000\
        00000000000000000000000000000000000000000000000000005400000000000000000000000000\
        00000000000000000000000000000000000000000000000000000000000000000000000000000000\
        00000000000000000000",
    );
    let voice = Voice {
        live: true,
        direction: -1,
        strength: 1.0,
        confidence: 0.5,
        weight: 2.0,
        share: -0.5,
    };
    check_effect(
        Effect::Decision(Decision {
            bot: BotId(1),
            bar_end: UnixNanos(2),
            said: Said::ShortEntry,
            said_place: 7,
            outcome: Outcome::TooSmall,
            score: -0.5,
            target: -3,
            urgency: Urgency::Aggressive,
            sized: 4,
            cap: SizeCap::Stage,
            risk: Money(5),
            voices: [voice, Voice::default(), Voice::default(), Voice::default(), voice],
        }),
        kind::DECISION,
        "0100020000000000000002070a000000000000e0bffdffffff010400000006050000000000000001\
        ff0000803f0000003f00000040000000bf0000000000000000000000000000000000000000000000\
        0000000000000000000000000000000000000000000000000000000000000001ff0000803f000000\
        3f00000040000000bf",
    );
    check_effect(
        Effect::Exits(ExitLevels {
            bot: BotId(1),
            stop: Price(2),
            target: Price(3),
            trailing: Price(4),
            break_even: Price(5),
            break_even_armed: true,
            bars_left: 6,
        }),
        kind::EXITS,
        "010002000000000000000300000000000000040000000000000005000000000000000106000000",
    );
}

#[test]
fn decisions_keep_their_bytes() {
    check_effect(
        Effect::Bar(Bar {
            instrument: InstrumentId(1),
            kind: BarKind::Volume(8),
            session: SessionMode::RthUs,
            gap: true,
            ts_open: UnixNanos(2),
            ts_close: UnixNanos(9),
            open: Price(3),
            high: Price(4),
            low: Price(5),
            close: Price(6),
            volume: 7,
        }),
        kind::BAR,
        "0100010800000001010200000000000000090000000000000003000000000000000400000000000000\
        050000000000000006000000000000000700000000000000",
    );
    check_effect(
        Effect::Signal(Signal {
            bot: BotId(1),
            source: SignalSource::Technical,
            direction: -1,
            strength: 1.0,
            confidence: 0.5,
            expires: UnixNanos(2),
        }),
        kind::SIGNAL,
        "010000ff000000000000f03f000000000000e03f0200000000000000",
    );
    check_effect(
        Effect::Intent(Intent {
            bot: BotId(1),
            target: -2,
            urgency: Urgency::Aggressive,
            reason: IntentReason::Flatten,
            score: -1.0,
        }),
        kind::INTENT,
        "0100feffffff0105000000000000f0bf",
    );
    check_effect(
        Effect::Reject(Reject {
            bot: BotId(1),
            code: RejectCode::NotDefined,
            side: Side::Sell,
            qty: 2,
            price: Price(3),
            limit: 4,
            value: 5,
        }),
        kind::REJECT,
        "0100140202000000030000000000000004000000000000000500000000000000",
    );
}

#[test]
fn orders_and_positions_keep_their_bytes() {
    check_effect(
        Effect::Order(OrderChanged {
            order: ClOrdId(1),
            cl_ord_id: ClOrdId(2),
            bot: BotId(3),
            instrument: InstrumentId(4),
            side: Side::Buy,
            state: OrderState::Unknown,
            route: Route::PAPER,
            qty: 5,
            price: Price(6),
            cum_qty: 7,
            leaves_qty: 8,
            last_qty: 9,
            last_px: Price(10),
        }),
        kind::ORDER,
        "01000000000000000200000000000000030004000109010500000006000000000000000700000008\
        000000090000000a00000000000000",
    );
    check_effect(
        Effect::Position(PositionChanged {
            bot: BotId(1),
            account: AccountId(2),
            instrument: InstrumentId(3),
            qty: -4,
            cost: 5,
            realized: Money(6),
            volume: 7,
        }),
        kind::POSITION,
        "010002000300fcffffff050000000000000006000000000000000700000000000000",
    );
    check_effect(
        Effect::Outbound(OutboundRecord {
            route: Route::BROKER,
            kind: OutboundKind::StatusRequest,
            cl_ord_id: ClOrdId(1),
            orig_cl_ord_id: ClOrdId(2),
            ord_status_req_id: 8,
            bot: BotId(3),
            account: AccountId(4),
            instrument: InstrumentId(5),
            side: Side::Sell,
            qty: 6,
            price: Price(7),
            time_in_force: TimeInForce::ImmediateOrCancel,
        }),
        kind::OUTBOUND,
        "00030100000000000000020000000000000008000000000000000300040005000206000000070000\
        000000000003",
    );
    let sent = MessageSent {
        route: Route::BROKER,
        msg_seq_num: 1,
        msg_type: Text::new("AF"),
        cl_ord_id: ClOrdId(2),
    };
    let mut payload = [0; 64];
    let (kind, len) = encode_sent(&sent, &mut payload);
    assert_eq!(
        (kind, hex(&payload[..len]).as_str()),
        (kind::MESSAGE_SENT, "000100000000000000414600000200000000000000")
    );
    assert_eq!(decode_sent(kind, &payload[..len]), Ok(sent));
    let as_before = payload;
    let (kind, len) = encode_copy_sent(&sent, &mut payload);
    assert_eq!((kind, &payload[..len]), (kind::COPY_SENT, &as_before[..len]));
}

#[test]
fn states_and_alerts_keep_their_bytes() {
    check_effect(
        Effect::Kill(KillChanged {
            scope: Scope::Instrument(InstrumentId(1)),
            active: true,
            flatten: false,
            actor: Text::new("A"),
            reason: Text::new("R"),
            orders: 2,
        }),
        kind::KILL,
        "03010001004100000000000000000000000000000000000000000000000000000000000000520000\
        00000000000000000000000000000000000000000000000000000000000000000000000000000000\
        00000000000000000000000000000000000000000002000000",
    );
    check_effect(
        Effect::Freeze(FreezeChanged { scope: Scope::Bot(BotId(7)), active: true }),
        kind::FREEZE,
        "02070001",
    );
    check_effect(
        Effect::MarketBlock(MarketBlock {
            instrument: InstrumentId(1),
            fault: MarketFault::BookFull,
            blocked: true,
        }),
        kind::MARKET_BLOCK,
        "01000501",
    );
    check_effect(
        Effect::Mark(Mark {
            instrument: InstrumentId(1),
            top: TOP,
            last: Price(2),
            sequence: 3,
            messages: 4,
        }),
        kind::MARK,
        "01001100000000000000220000000000000033000000440000000200000000000000030000000400\
        000000000000",
    );
    check_effect(
        Effect::Quality(MarketQuality {
            instrument: InstrumentId(1),
            ignored: 2,
            out_of_sequence: 3,
            off_band: 4,
            bad_prices: 5,
            backward_times: 6,
            implausible_times: 7,
            malformed: 8,
            late_trades: 9,
            unknown_orders: 10,
        }),
        kind::QUALITY,
        "01000200000000000000030000000000000004000000000000000500000000000000060000000000\
        0000070000000000000008000000000000000900000000000000\
        0a00000000000000",
    );
    check_effect(
        Effect::Alert(Alert {
            kind: AlertKind::SessionReject,
            scope: Scope::Platform,
            cl_ord_id: ClOrdId(1),
            ord_status: Some(OrdStatus::PendingReplace),
            text: Text::new("T"),
        }),
        kind::ALERT,
        "080000000100000000000000010b5400000000000000000000000000000000000000000000000000\
        0000000000000000000000000000000000000000000000000000000000000000000000000000",
    );
}

#[test]
fn rules_of_contracts_keep_their_bytes() {
    let rule = ContractRule {
        instrument: InstrumentId(1),
        year: 2026,
        no_opening_days: ContractRule::OF_PRODUCT,
        out_days: 3,
        warn_days: 4,
    };
    check_input(
        Input::ContractRule(rule),
        kind::CONTRACT_RULE,
        "01000200010002000200ea0703000100ff04000100030500010004",
    );
}

#[test]
fn rolls_of_bots_keep_their_bytes() {
    let roll = BotRoll { bot: BotId(1), to: InstrumentId(2), from: UnixNanos(3) };
    check_input(
        Input::Roll(roll),
        kind::BOT_ROLL,
        "010002000100020002000200030008000300000000000000",
    );
}

#[test]
fn rulings_keep_their_bytes() {
    for (ruling, last) in [(Ruling::Waits, 0), (Ruling::InForce, 1), (Ruling::Refused, 2)] {
        check_effect(
            Effect::Ruling(BotRuling { bot: BotId(1), definition: 2, ruling }),
            kind::BOT_RULING,
            &format!("01000200000000000000{last:02x}"),
        );
    }
}

#[test]
fn a_bot_that_asks_for_a_fallback_says_so_behind_everything_else() {
    let mut encoded = Encoded::new();
    encoded.input(&Input::Bot(full_bot()));
    let without = encoded.payload().to_vec();
    encoded.input(&Input::Bot(BotDefinition { fallback: true, ..full_bot() }));
    assert_eq!(encoded.payload(), [&without[..], &[20, 0, 1, 0, 1]].concat());
}

#[test]
fn corrections_and_unusable_reports_keep_their_bytes() {
    check_input(
        Input::Correction(Correction {
            kind: CorrectionKind::Adjust,
            by_broker: true,
            route: Some(Route::SHADOW),
            bot: Some(BotId(1)),
            account: Some(AccountId(2)),
            instrument: None,
            order: ClOrdId(3),
            newest: ClOrdId(4),
            exec_id: Text::new("E"),
            side: Side::Sell,
            qty: 5,
            price: Price(6),
            target: -7,
            cum_qty: 8,
            volume: 9,
            actor: Text::new("A"),
            approver: Text::new("B"),
            reason: Text::new("R"),
        }),
        kind::CORRECTION,
        "020101020101000102000000000300000000000000040000000000000045000000000000000000\
        0000000000000000000000000000000000000000000002050000000600000000000000f9ffffff\
        080000000900000000000000410000000000000000000000000000000000000000000000000000\
        000000000042000000000000000000000000000000000000000000000000000000000000005200\
        000000000000000000000000000000000000000000000000000000000000000000000000000000\
        0000000000000000000000000000000000000000000000",
    );
    check_input(
        Input::Unusable(UnusableReport {
            route: Route::BROKER,
            msg_seq_num: 1,
            poss_dup: true,
            cl_ord_id: ClOrdId(2),
            orig_cl_ord_id: ClOrdId(3),
            exec_id: Text::new("E"),
            account: Some(AccountId(4)),
            instrument: None,
            symbol: Text::new("S"),
            side: Some(Side::Buy),
            last_qty: 5,
            last_px: Price(6),
            cum_qty: 7,
            detail: Text::new("D"),
        }),
        kind::UNUSABLE_REPORT,
        "000100000000000000010200000000000000030000000000000045000000000000000000000000\
        000000000000000000000000000000000000000104000000005300000000000000000000000000\
        000000000000000000000101050000000600000000000000070000004400000000000000000000\
        000000000000000000000000000000000000000000000000000000000000000000000000000000\
        0000000000000000000000000000",
    );
}

#[test]
fn doubts_and_bookings_keep_their_bytes() {
    check_effect(
        Effect::Doubt(DoubtChanged {
            route: Route::BROKER,
            account: AccountId(1),
            instrument: InstrumentId(2),
            active: true,
            cause: DoubtCause::Busted,
            order: ClOrdId(3),
            contracts: -4,
            actor: Text::new("A"),
            reason: Text::new("R"),
        }),
        kind::DOUBT,
        "000100020001040300000000000000fcffffffffffffff41000000000000000000000000000000\
        000000000000000000000000000000005200000000000000000000000000000000000000000000\
        00000000000000000000000000000000000000000000000000",
    );
    check_effect(
        Effect::Booking(Booking {
            kind: CorrectionKind::TakeBack,
            cause: DoubtCause::MissingFills,
            route: Route::PAPER,
            bot: BotId(1),
            account: AccountId(2),
            instrument: InstrumentId(3),
            order: ClOrdId(4),
            newest: ClOrdId(5),
            exec_id: Text::new("E"),
            side: Side::Buy,
            qty: 6,
            price: Price(7),
            cum_qty: 8,
            volume: 9,
        }),
        kind::BOOKING,
        "010501010002000300040000000000000005000000000000004500000000000000000000000000\
        000000000000000000000000000000000000010600000007000000000000000800000009000000\
        00000000",
    );
}

#[test]
fn a_ticket_is_written_with_what_it_asks_alone() {
    let (actor, reason) = (Text::new("A"), Text::new("R"));
    let plain = Ticket::of(TicketKind::Cancel, actor, reason);
    let signed = format!("0e00200041{}0f00400052{}", "00".repeat(31), "00".repeat(63));
    check_input(
        Input::Ticket(Ticket { order: ClOrdId(0xabc), ..plain }),
        kind::TICKET,
        &format!("01000100010c000800bc0a000000000000{signed}"),
    );
    check_input(
        Input::Ticket(Ticket {
            kind: TicketKind::New,
            account: Some(AccountId(1)),
            instrument: Some(InstrumentId(2)),
            route: Route::broker(1).expect("there can be two"),
            side: Side::Sell,
            qty: 3,
            order_type: OrderType::StopLimit,
            price: Price(4),
            stop_px: Price(5),
            time_in_force: TimeInForce::GoodTillDate,
            expires: UnixNanos(6),
            bot: Some(BotId(7)),
            ..plain
        }),
        kind::TICKET,
        &format!(
            "010001000002000300010100030003000102000400010003050001000206000400030000000700\
             01000408000800040000000000000009000800050000000000000\
             00a000100060b00080006000000000000000d000300010700{signed}"
        ),
    );
}

#[test]
fn questions_about_everything_and_their_answers_keep_their_bytes() {
    check_input(
        Input::BrokerTerms(BrokerTerms {
            route: Route::BROKER,
            reconcile: Reconcile::Required,
            every_seconds: 300,
            on_disconnect: None,
        }),
        kind::BROKER_TERMS,
        "01000100000200010002030004002c010000",
    );
    check_input(
        Input::BrokerOrder(BrokerOrder {
            route: Route::BROKER,
            enquiry: 1,
            msg_seq_num: 2,
            total: 3,
            is_last: true,
            cl_ord_id: ClOrdId(4),
            orig_cl_ord_id: ClOrdId(5),
            order_id: Text::new("O"),
            account: Some(AccountId(6)),
            instrument: None,
            symbol: Text::new("S"),
            ord_status: OrdStatus::New,
            side: Side::Sell,
            leaves_qty: 7,
            cum_qty: 8,
            order_qty: 9,
            price: Price(10),
            avg_px: Price(11),
            transact_time: UnixNanos(12),
        }),
        kind::BROKER_ORDER,
        "00010000000000000002000000000000000300000001040000000000000005000000000000004f00\
        00000000000000000000000000000000000000000000000000000000000001060000000053000000\
        000000000000000000000000000000000000000000020700000008000000090000000a0000000000\
        00000b000000000000000c00000000000000",
    );
}

#[test]
fn terms_desks_and_what_a_broker_lacks_keep_their_bytes() {
    check_effect(
        Effect::Terms(OrderTerms {
            order: ClOrdId(1),
            cl_ord_id: ClOrdId(2),
            order_type: OrderType::StopLimit,
            time_in_force: TimeInForce::GoodTillDate,
            stop_px: Price(5),
            expires: UnixNanos(6),
            emulation: Emulation(9),
            parent: ClOrdId(7),
        }),
        kind::ORDER_TERMS,
        "0100080001000000000000000200080002000000000000000300010004040001000605000800050000\
        00000000000600080006000000000000000700010009080008000700000000000000",
    );
    check_effect(
        Effect::Parent(ParentChanged {
            parent: ClOrdId(7),
            bot: BotId(256),
            side: Side::Sell,
            qty: 5,
            filled: 2,
            working: 3,
            state: ParentState::Expired,
            ends_at: UnixNanos(6),
            actor: Text::new("a"),
        }),
        kind::PARENT,
        "010008000700000000000000020002000001030001000204000400050000000500040002000000060004000300000007\
        00010003080008000600000000000000090020006100000000000000000000000000000000000000000000000000000000000000",
    );
    let second = Route::broker(1).expect("there can be two");
    check_effect(
        Effect::Desk(DeskOpened {
            desk: BotId(256),
            account: AccountId(1),
            instrument: InstrumentId(2),
            route: second,
        }),
        kind::DESK,
        "0100020000010200020001000300020002000400010003",
    );
    check_input(
        Input::Broker(BrokerDefinition {
            route: second,
            name: Text::new("B"),
            capabilities: Capabilities::LIMITS,
        }),
        kind::BROKER,
        &format!("01000100030200180042{}030002000205", "00".repeat(23)),
    );
}

#[test]
fn positions_and_answers_to_questions_keep_their_bytes() {
    check_input(
        Input::BrokerPosition(BrokerPosition {
            route: Route::BROKER,
            enquiry: 1,
            msg_seq_num: 2,
            total: 3,
            account: None,
            instrument: Some(InstrumentId(4)),
            symbol: Text::new("S"),
            qty: -5,
        }),
        kind::BROKER_POSITION,
        "00010000000000000002000000000000000300000000000001040053000000000000000000000000\
        0000000000000000000000fbffffffffffffff",
    );
    check_input(
        Input::EnquiryAnswer(EnquiryAnswer {
            route: Route::BROKER,
            enquiry: 1,
            msg_seq_num: 2,
            what: Enquired::Positions,
            refused: true,
            total: 3,
            detail: Text::new("D"),
        }),
        kind::ENQUIRY_ANSWER,
        "00010000000000000002000000000000000101030000004400000000000000000000000000000000\
        00000000000000000000000000000000000000000000000000000000000000000000000000000000\
        00000000000000",
    );
    let account = Some(AccountId(2));
    let what = Enquired::Positions;
    check_effect(
        Effect::Enquiry(Enquiry { route: Route::BROKER, id: 1, what, account }),
        kind::ENQUIRY,
        "00010000000000000001010200",
    );
    check_effect(
        Effect::EnquiryEnded(EnquiryEnded {
            route: Route::BROKER,
            id: 1,
            what,
            account,
            outcome: EnquiryOutcome::Silent,
            lines: 3,
            breaks: 4,
        }),
        kind::ENQUIRY_ENDED,
        "00010000000000000001010200030300000004000000",
    );
}

#[test]
fn differences_from_a_broker_keep_their_bytes() {
    let account = Some(AccountId(2));
    check_effect(
        Effect::Break(Break {
            route: Route::BROKER,
            account,
            instrument: None,
            symbol: Text::new("S"),
            active: true,
            class: BreakClass::PositionElsewhere,
            order: ClOrdId(3),
            order_id: Text::new("O"),
            ours: -4,
            theirs: 5,
        }),
        kind::BREAK,
        "00010200000000530000000000000000000000000000000000000000000000010603000000000000\
        004f00000000000000000000000000000000000000000000000000000000000000fcffffffffffff\
        ff0500000000000000",
    );
}

#[test]
fn words_of_drop_copies_keep_their_bytes() {
    check_input(
        Input::Copied(CopiedReport {
            route: Route::broker(1).expect("there can be two"),
            msg_seq_num: 1,
            poss_dup: true,
            unusable_tag: 32,
            cl_ord_id: ClOrdId(2),
            orig_cl_ord_id: ClOrdId(3),
            order_id: Text::new("O"),
            exec_id: Text::new("E"),
            exec_ref_id: Text::new("R"),
            exec_type: ExecType::TradeCancel,
            ord_status: OrdStatus::PartiallyFilled,
            account: Some(AccountId(4)),
            instrument: None,
            symbol: Text::new("S"),
            side: Side::Sell,
            last_qty: 5,
            last_px: Price(-6),
            leaves_qty: 7,
            cum_qty: 8,
            order_qty: 9,
            price: Price(10),
            transact_time: UnixNanos(11),
        }),
        kind::COPIED_REPORT,
        "0301000000000000000120000000020000000000000003000000000000004f000000000000000000\
        00000000000000000000000000000000000000000000450000000000000000000000000000000000\
        00000000000000000000000000005200000000000000000000000000000000000000000000000000\
        0000000000000b010104000000005300000000000000000000000000000000000000000000000205\
        000000faffffffffffffff0700000008000000090000000a000000000000000b00000000000000",
    );
    check_input(
        Input::CopySession(CopySession {
            route: Route::BROKER,
            change: SessionChange::Disconnected,
            msg_seq_num: 3,
            reset: true,
            detail: Text::new("D"),
        }),
        kind::COPY_SESSION,
        "00020300000000000000014400000000000000000000000000000000000000000000000000000000\
        0000000000000000000000000000000000000000000000000000000000000000000000",
    );
    check_input(
        Input::CopyTerms(CopyTerms { route: Route::BROKER, within_seconds: 30, required: true }),
        kind::COPY_TERMS,
        "0100010000020004001e0000000300010001",
    );
}

#[test]
fn a_word_on_sequence_numbers_keeps_its_bytes() {
    check_input(
        Input::NumbersSet(NumbersSet {
            route: Route::BROKER,
            of_copy: true,
            next_out: 2,
            next_in: 3,
            actor: Text::new("A"),
            reason: Text::new("B"),
        }),
        kind::NUMBERS_SET,
        "01000100000200010001030008000200000000000000040008000300000000000000050020004100000000000000000000000000000000000000000000000000000000000000\
         0600400042000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
    );
}

#[test]
fn words_of_cash_keep_their_bytes() {
    check_input(
        Input::Balance(BrokerBalance {
            route: Route::BROKER,
            enquiry: 1,
            msg_seq_num: 2,
            account: Some(AccountId(3)),
            cash: Money(-4),
            currency: Text::new("USD"),
        }),
        kind::BROKER_BALANCE,
        "0001000000000000000200000000000000010300fcffffffffffffff55534400",
    );
    check_input(
        Input::CashTerms(CashTerms {
            account: AccountId(3),
            rule: CashRule::Block,
            start: Some(Money(5)),
            tolerance: Money(6),
        }),
        kind::CASH_TERMS,
        "010002000300020001000203000900010500000000000000040008000600000000000000",
    );
}

#[test]
fn words_that_came_later_keep_their_numbers() {
    assert_eq!(RejectCode::ContractEnd as u8, 31);
    assert_eq!(IntentReason::ContractEnd as u8, 8);
    assert_eq!(AlertKind::ContractEnd as u8, 15);
    assert_eq!(RejectCode::DropCopy as u8, 33);
    assert_eq!(AlertKind::DropCopy as u8, 19);
    assert_eq!(AlertKind::Volatility as u8, 20);
    assert_eq!(AlertKind::AlertsLate as u8, 21);
    assert_eq!((BreakClass::CopyUnreadable as u8, DoubtCause::DropCopy as u8), (14, 13));
    assert_eq!((BreakClass::CashDiffers as u8, Enquired::Cash as u8), (15, 2));
    assert_eq!(RejectCode::CashDiffers as u8, 34);
}
