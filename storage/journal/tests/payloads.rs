//! Payload bytes: they round-trip, and they never change.

mod support;

use gauntlet_journal::*;
use gauntlet_model::effect::*;
use gauntlet_model::ids::*;
use gauntlet_model::input::*;
use gauntlet_model::text::Text;
use gauntlet_model::units::{Money, Price, Side, UnixNanos};
use proptest::prelude::*;
use support::{EFFECTS, INPUTS, Numbers, VARIANTS_MAX, place_of_effect, place_of_input};

/// Values are compared by bytes and words, since a number may be none.
fn input_comes_back(input: &Input) {
    let mut encoded = Encoded::new();
    encoded.input(input);
    let (kind, payload) = (encoded.kind(), encoded.payload().to_vec());
    let decoded = decode_input(kind, &payload).expect("decodes");
    encoded.input(&decoded);
    assert_eq!((encoded.kind(), encoded.payload()), (kind, payload.as_slice()));
    assert_eq!(format!("{decoded:?}"), format!("{input:?}"));
    assert!(kind <= kind::INPUT_LAST && decode_effect(kind, &payload).is_err());
}

fn effect_comes_back(effect: &Effect) {
    let mut encoded = Encoded::new();
    encoded.effect(effect);
    let (kind, payload) = (encoded.kind(), encoded.payload().to_vec());
    let decoded = decode_effect(kind, &payload).expect("decodes");
    encoded.effect(&decoded);
    assert_eq!((encoded.kind(), encoded.payload()), (kind, payload.as_slice()));
    assert_eq!(format!("{decoded:?}"), format!("{effect:?}"));
    assert!(kind > kind::INPUT_LAST && decode_input(kind, &payload).is_err());
}

fn sent_comes_back(sent: MessageSent) {
    let mut payload = [0; 64];
    let (kind, len) = encode_sent(&sent, &mut payload);
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

#[test]
fn every_kind_has_a_number_of_its_own() {
    let mut encoded = Encoded::new();
    let inputs = (0..INPUTS).map(|which| Numbers::new(1).input(which));
    let mut kinds: Vec<u8> = inputs.map(|input| encoded.input(&input).kind()).collect();
    let effects = (0..EFFECTS).map(|which| Numbers::new(1).effect(which));
    kinds.extend(effects.map(|effect| encoded.effect(&effect).kind()));
    kinds.push(encode_sent(&Numbers::new(1).sent(), &mut [0; 64]).0);
    let unique: std::collections::BTreeSet<u8> = kinds.iter().copied().collect();
    assert_eq!(unique.len(), kinds.len(), "{kinds:?}");
    // What has a name and is no value marks a place in a stream.
    let marks = [kind::INPUTS_LOST, kind::SEGMENT_END];
    let named = (0..=u8::MAX).filter(|kind| kind::name(*kind) != "unknown");
    let values: Vec<u8> = named.filter(|kind| !marks.contains(kind)).collect();
    assert_eq!(values, unique.into_iter().collect::<Vec<_>>());
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
            route: Route::Shadow,
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
            route: Route::Broker,
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
            route: Route::Broker,
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
#[expect(clippy::too_many_lines, reason = "a sample of every kind, one after another")]
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
        Input::Bot(BotDefinition {
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
            parameters: [1.0, -2.0, 0.5, 0.0, 0.0, 0.0, 0.0, 0.0],
        }),
        kind::BOT,
        "010042000000000000000000000000000000000000000000000000000000000000000102000300\
        0105010001000000020b0004000000020c0000000d00000000000000010500000000000206000000\
        000001030e000f000000011000000000000000000000000007000000011100000012000000130000\
        00140000001500000008000000090000000a000000000000000000f03f00000000000000c0000000\
        000000e03f0000000000000000000000000000000000000000000000000000000000000000000000\
        0000000000",
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
            route: Route::Paper,
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
            route: Route::Broker,
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
        route: Route::Broker,
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
