//! The life of contracts, sessions, halts and bands.

use super::*;
use dbn::{InstrumentDefMsg, SecurityUpdateAction, StatMsg, StatusAction, StatusMsg};
use gauntlet_model::input::SessionMode;
use gauntlet_model::units::NANOS_PER_MINUTE;

/// A record in few words.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Said {
    State(u16),
    Defined(u8),
    Settled(i64),
    Traded(i64),
    Other,
}

/// Everything that a market says, by instrument and time.
#[derive(Default)]
struct Chronicle {
    said: Vec<(u32, u64, Said)>,
    news: Vec<(u64, OrderEvent)>,
    listed: Vec<(String, u64)>,
    now: u64,
}

impl MarketSink for Chronicle {
    fn record(&mut self, record: RecordRef<'_>) {
        let header = record.header();
        let said = if let Some(status) = record.get::<StatusMsg>() {
            Said::State(status.action)
        } else if let Some(definition) = record.get::<InstrumentDefMsg>() {
            Said::Defined(definition.security_update_action as u8)
        } else if let Some(statistic) = record.get::<StatMsg>() {
            Said::Settled(statistic.price)
        } else if let Some(trade) = record.get::<dbn::TradeMsg>() {
            Said::Traded(trade.price)
        } else {
            Said::Other
        };
        self.now = header.ts_event;
        self.said.push((header.instrument_id, header.ts_event, said));
    }

    fn order(&mut self, event: OrderEvent) {
        self.news.push((self.now, event));
    }

    fn listed(&mut self, listing: &Listing, at: UnixNanos) {
        self.listed.push((listing.symbol.clone(), at.0));
    }
}

impl Chronicle {
    fn of(&self, id: u32) -> Vec<(u64, Said)> {
        self.said.iter().filter(|(of, ..)| *of == id).map(|(_, at, said)| (*at, *said)).collect()
    }
}

fn at(text: &str) -> UnixNanos {
    UnixNanos::parse_rfc3339(text).expect("a time")
}

fn market(symbols: &[&str], start: &str, hours: Hours) -> GeneratedMarket {
    let symbols = symbols.iter().map(|symbol| symbol.to_string()).collect();
    let (start, rate) = (at(start), 2.0);
    let later_contracts = 1;
    let config =
        GeneratedConfig { start, rate, symbols, later_contracts, hours, ..Default::default() };
    GeneratedMarket::new(&config).expect("a good configuration")
}

fn run_to(market: &mut GeneratedMarket, until: UnixNanos, chronicle: &mut Chronicle) {
    while market.next_event().is_some_and(|at| at <= until) {
        market.step(chronicle);
    }
}

fn place_of(market: &GeneratedMarket, symbol: &str) -> usize {
    let place = market.listings().iter().position(|listing| listing.symbol == symbol);
    place.unwrap_or_else(|| panic!("{symbol} is not listed"))
}

fn resting(market: &GeneratedMarket, listing: usize) -> NewOrder {
    let price = market.instruments[listing].reference().expect("a price");
    let price = price.offset_ticks(-60, market.listings[listing].tick);
    NewOrder::limit(listing, Side::Buy, 1, price, TimeInForce::Day)
}

#[test]
fn a_contract_ends_at_its_last_trading_time_and_the_next_ones_trade_on() {
    // Oil for January is over on Monday 21 December at 14:30 New York.
    let mut market = market(&["CLF7"], "2026-12-21T14:00:00-05:00", Hours::DaySession);
    let ends = at("2026-12-21T14:30:00-05:00");
    let mut heard = Chronicle::default();
    assert_eq!(market.instruments[0].ends, ends, "{}", market.instruments[0].contract.symbol());
    run_to(&mut market, at("2026-12-21T14:29:00-05:00"), &mut heard);
    let works = market.submit(&resting(&market, 0), &mut heard).expect("open");
    let next = place_of(&market, "CLG7");
    let stays = market.submit(&resting(&market, next), &mut heard).expect("open");
    run_to(&mut market, at("2026-12-21T15:00:00-05:00"), &mut heard);

    assert_eq!(heard.news, [(ends.0, OrderEvent::Expired { order: works })]);
    let of_it = heard.of(market.listings()[0].instrument_id);
    let mut traded = of_it.iter().filter_map(|(_, said)| match said {
        Said::Traded(price) => Some(*price),
        _ => None,
    });
    let settled = traded.next_back().expect("it traded");
    let end = [
        (ends.0, Said::State(StatusAction::NotAvailableForTrading as u16)),
        (ends.0, Said::Settled(settled)),
        (ends.0, Said::Defined(SecurityUpdateAction::Delete as u8)),
    ];
    assert_eq!(of_it[of_it.len() - 3..], end, "nothing comes after its end");
    assert_eq!(market.settlement(0), Some(Price(settled)));
    assert_eq!(market.submit(&resting(&market, 0), &mut heard), Err(Refusal::Expired));
    assert_eq!(market.cancel(works, &mut heard), Err(Refusal::UnknownOrder));
    assert_eq!(market.cancel(stays, &mut heard), Ok(()), "that of the next one works on");

    assert_eq!(heard.listed, [("CLH7".to_string(), ends.0)]);
    let new = market.listings()[place_of(&market, "CLH7")].instrument_id;
    let of_new = heard.of(new);
    assert_eq!(of_new[0], (ends.0, Said::Defined(SecurityUpdateAction::Add as u8)));
    assert!(of_new.iter().any(|(_, said)| matches!(said, Said::Other)), "it has a book");
    let late = (ends.0 + NANOS_PER_MINUTE)..;
    let next = heard.of(market.listings()[next].instrument_id);
    assert!(next.iter().any(|(at, said)| late.contains(at) && matches!(said, Said::Traded(_))));
}

#[test]
fn who_joins_after_the_end_hears_of_the_end() {
    let mut market = market(&["CLF7"], "2026-12-21T14:29:00-05:00", Hours::DaySession);
    run_to(&mut market, at("2026-12-21T14:31:00-05:00"), &mut Chronicle::default());
    let mut heard = Chronicle::default();
    market.snapshot(0, true, &mut heard);
    let said: Vec<Said> = heard.said.iter().map(|(.., said)| *said).collect();
    let gone = StatusAction::NotAvailableForTrading as u16;
    assert_eq!(said, [Said::Defined(SecurityUpdateAction::Delete as u8), Said::State(gone)]);
}

#[test]
fn a_contract_that_ends_with_the_opening_does_not_open_on_its_last_day() {
    let mut market = market(&["ESZ6"], "2026-12-18T09:00:00-05:00", Hours::DaySession);
    let mut heard = Chronicle::default();
    run_to(&mut market, at("2026-12-18T09:40:00-05:00"), &mut heard);
    let of = |symbol: &str| {
        let said = heard.of(market.listings()[place_of(&market, symbol)].instrument_id);
        said.into_iter().filter(|(_, said)| matches!(said, Said::State(_))).collect::<Vec<_>>()
    };
    let state = |time: &str, action: StatusAction| (at(time).0, Said::State(action as u16));
    use StatusAction::{NotAvailableForTrading, PreOpen, Trading};
    assert_eq!(
        of("ESZ6"),
        [
            state("2026-12-18T09:29:00-05:00", PreOpen),
            state("2026-12-18T09:30:00-05:00", NotAvailableForTrading)
        ]
    );
    assert_eq!(of("ESH7")[1], state("2026-12-18T09:30:00-05:00", Trading));
    assert_eq!(heard.listed[0].0, "ESM7");
}

#[test]
fn the_trading_moves_on_when_the_contract_rolls() {
    let count = |start: &str| {
        let mut market = market(&["CLF7"], start, Hours::DaySession);
        let mut heard = Chronicle::default();
        let until = at(start).plus(30 * NANOS_PER_MINUTE);
        run_to(&mut market, until, &mut heard);
        ["CLF7", "CLG7"].map(|symbol| {
            heard.of(market.listings()[place_of(&market, symbol)].instrument_id).len()
        })
    };
    let [active, behind] = count("2026-12-01T10:00:00-05:00");
    assert!(active > 3 * behind && behind > 0, "{active} {behind}");
    let [rolled, active] = count("2026-12-17T10:00:00-05:00");
    assert!(active > 3 * rolled && rolled > 0, "{rolled} {active}");
}

#[test]
fn each_product_keeps_its_own_hours_and_holidays() {
    // From Wednesday before Thanksgiving to the Friday after it, which closes early.
    let symbols = ["ESZ6", "ZCH7", "LEZ6"];
    let mut market = market(&symbols, "2026-11-25T12:00:00-05:00", Hours::Product);
    let mut heard = Chronicle::default();
    run_to(&mut market, at("2026-11-27T09:45:00-05:00"), &mut heard);
    for (symbol, group) in
        [("ESZ6", Group::EquityIndex), ("ZCH7", Group::Grains), ("LEZ6", Group::Livestock)]
    {
        let calendar = Calendar::of(group);
        let of_it = heard.of(market.listings()[place_of(&market, symbol)].instrument_id);
        let trades = of_it.iter().filter(|(_, said)| matches!(said, Said::Traded(_)));
        let times: Vec<UnixNanos> = trades.map(|(at, _)| UnixNanos(*at)).collect();
        assert!(!times.is_empty(), "{symbol}");
        for time in times {
            assert!(calendar.session_at(SessionMode::Full24x5, time).is_some(), "{symbol} {time}");
        }
        let closes =
            of_it.iter().filter(|(_, said)| *said == Said::State(StatusAction::Close as u16));
        let closes: Vec<UnixNanos> = closes.map(|(at, _)| UnixNanos(*at)).collect();
        let (from, to) = (at("2026-11-25T12:00:00-05:00"), market.now());
        let spans = calendar.spans(SessionMode::Full24x5).iter().map(|span| span.close);
        let expected: Vec<UnixNanos> = spans.filter(|at| *at > from && *at <= to).collect();
        assert_eq!(closes, expected, "{symbol}");
    }
}

#[test]
fn a_market_that_is_always_open_trades_at_weekends() {
    let mut market = market(&["ESZ6"], "2026-11-21T12:00:00-05:00", Hours::Always);
    let mut heard = Chronicle::default();
    run_to(&mut market, at("2026-11-21T12:10:00-05:00"), &mut heard);
    assert!(heard.said.iter().any(|(.., said)| matches!(said, Said::Traded(_))));
}

#[test]
fn in_a_halt_nothing_trades_and_what_works_can_be_cancelled() {
    let mut market = market(&["CLF7"], "2026-11-16T10:00:00-05:00", Hours::DaySession);
    let mut heard = Chronicle::default();
    market.set_halted(0, true, &mut heard);
    assert!(heard.said.is_empty(), "what is not open cannot be halted");
    run_to(&mut market, at("2026-11-16T10:10:00-05:00"), &mut heard);
    let [works, moved] = [0, 1].map(|_| market.submit(&resting(&market, 0), &mut heard));
    let (works, moved) = (works.expect("open"), moved.expect("open"));

    let mut heard = Chronicle::default();
    market.set_halted(0, true, &mut heard);
    market.set_halted(0, true, &mut heard);
    let id = market.listings()[0].instrument_id;
    let now = market.now();
    assert_eq!(heard.of(id), [(now.0, Said::State(StatusAction::Halt as u16))], "said once");
    run_to(&mut market, now.plus(10 * NANOS_PER_MINUTE), &mut heard);
    assert_eq!(heard.of(id).len(), 1, "nothing happens in it");
    assert!(heard.said.len() > 1, "and the next contract goes on");
    assert_eq!(market.submit(&resting(&market, 0), &mut heard), Err(Refusal::Halted));
    let price = resting(&market, 0).price;
    assert_eq!(market.replace(moved, &Change::limit(2, price), &mut heard), Err(Refusal::Halted));
    assert_eq!(market.cancel(works, &mut heard), Ok(()));

    market.set_halted(0, false, &mut heard);
    assert_eq!(market.replace(moved, &Change::limit(2, price), &mut heard), Ok(()));
    let before = heard.of(id).len();
    let later = market.now().plus(5 * NANOS_PER_MINUTE);
    run_to(&mut market, later, &mut heard);
    assert!(heard.of(id).len() > before, "it goes on");
    market.set_halted(0, true, &mut heard);
    run_to(&mut market, at("2026-11-17T09:31:00-05:00"), &mut heard);
    assert_eq!(market.instruments[0].state(), TradingState::Open, "the close ends a halt");
}

#[test]
fn an_order_that_reaches_too_far_beyond_the_price_is_refused() {
    let mut market = market(&["ESZ6"], "2026-11-16T10:00:00-05:00", Hours::DaySession);
    run_to(&mut market, at("2026-11-16T10:10:00-05:00"), &mut Chronicle::default());
    let last = market.instruments[0].last;
    let order = |side, percent: i64| NewOrder {
        side,
        price: Price((last.0 / 100 * percent).div_euclid(250_000_000) * 250_000_000),
        ..resting(&market, 0)
    };
    let orders = [
        (order(Side::Buy, 102), true),
        (order(Side::Buy, 104), false),
        (order(Side::Buy, 50), true),
        (order(Side::Sell, 96), false),
        (order(Side::Sell, 150), true),
    ];
    for (order, is_fine) in orders {
        let done = market.submit(&order, &mut Chronicle::default());
        let wanted = if is_fine { None } else { Some(Refusal::OutOfBand) };
        assert_eq!(done.err(), wanted, "{order:?}");
    }
}

#[test]
fn contracts_beyond_the_bound_are_not_listed_and_the_others_trade_on() {
    let config = GeneratedConfig {
        start: at("2026-12-21T14:28:00-05:00"),
        rate: 0.01,
        symbols: vec!["CLF7".into()],
        later_contracts: 255,
        ..GeneratedConfig::default()
    };
    let mut market = GeneratedMarket::new(&config).expect("as many as there may be");
    assert_eq!(market.listings().len(), LISTED_MAX);
    run_to(&mut market, at("2026-12-21T14:31:00-05:00"), &mut Chronicle::default());
    assert!(market.settlement(0).is_some(), "one has ended");
    assert_eq!(market.listings().len(), LISTED_MAX);
    assert_eq!(market.submit(&resting(&market, 1), &mut Chronicle::default()).err(), None);
}

#[test]
fn a_day_that_the_configuration_ends_early_ends_so_and_the_others_as_ever() {
    use gauntlet_model::calendar::{CalendarException, Calendars, ExceptionScope};
    let entry = |day, close: Option<u32>| CalendarException {
        date: chrono::NaiveDate::from_ymd_opt(2026, 11, day).expect("a date"),
        scope: ExceptionScope::Group(Group::EquityIndex),
        close: close.map(|hour| chrono::NaiveTime::from_hms_opt(hour, 30, 0).expect("a time")),
        reason: gauntlet_model::text::Text::new("a notice"),
    };
    for hours in [Hours::DaySession, Hours::Product] {
        let config = GeneratedConfig {
            start: at("2026-11-16T10:00:00-05:00"),
            rate: 0.2,
            symbols: vec!["ESZ6".into()],
            hours,
            calendars: Calendars::new(&[entry(16, Some(13)), entry(17, None)]),
            ..GeneratedConfig::default()
        };
        let mut market = GeneratedMarket::new(&config).expect("a good configuration");
        let state = |market: &GeneratedMarket| market.instruments[0].state();
        for (time, is_open) in [
            ("2026-11-16T13:29:00-05:00", true),
            ("2026-11-16T13:31:00-05:00", false),
            ("2026-11-17T12:00:00-05:00", false),
            ("2026-11-18T12:00:00-05:00", true),
        ] {
            run_to(&mut market, at(time), &mut Chronicle::default());
            assert_eq!(state(&market) == TradingState::Open, is_open, "{hours:?} {time}");
        }
        let date = |day| chrono::NaiveDate::from_ymd_opt(2026, 11, day).expect("a date");
        assert_eq!(market.close_of(0, date(17)), None);
        assert_eq!(market.close_of(0, date(16)), Some(at("2026-11-16T13:30:00-05:00")));
    }
}
