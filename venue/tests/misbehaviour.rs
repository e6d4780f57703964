//! What the exchange does wrong by script, what its fills cost and how long its messages take, as the
//! platform's own gateway and a client that reads every field see it.

mod support;

use gauntlet_gateways::fix::session::SequenceNumbers;
use gauntlet_model::effect::OutboundKind;
use gauntlet_model::input::{ExecType, ExecutionReport, OrdStatus};
use gauntlet_model::units::{Money, NANOS_PER_SECOND, Side, UnixNanos};
use gauntlet_venue::fees::{ContractFees, FeeSchedule};
use gauntlet_venue::latency::LatencyModel;
use gauntlet_venue::market::Market;
use gauntlet_venue::order_entry::{ExchangeRules, OrderEntry};
use gauntlet_venue::script::{Deed, ScriptEntry, When};
use support::{RawClient, START, TURNS_MAX, Tiny, Trader, price};

struct World {
    market: Tiny,
    entry: OrderEntry,
    trader: Trader,
    now: UnixNanos,
}

fn bind() -> OrderEntry {
    let any = "127.0.0.1:0".parse().expect("an address");
    OrderEntry::bind(any, "VENUE", "TRADER").expect("a free port")
}

impl World {
    fn new(rules: &ExchangeRules) -> World {
        let entry = bind().with_rules(rules);
        let address = entry.local_addr().expect("bound");
        let trader = Trader::new(address, SequenceNumbers::default(), true);
        let mut world = World { market: Tiny::new(1_000), entry, trader, now: START };
        world.entry.set_market_time(world.market.now());
        world.until("the logon", |world| world.trader.gateway.is_logged_on());
        world
    }

    fn turn(&mut self) {
        self.now = self.now.plus(1_000);
        self.entry.poll(self.now);
        self.entry.serve(&mut self.market, &mut |_| {});
        self.entry.deliver(self.now);
        self.trader.poll(self.now);
    }

    fn until(&mut self, what: &str, done: impl Fn(&World) -> bool) {
        for _ in 0..TURNS_MAX {
            self.turn();
            if done(self) {
                return;
            }
        }
        panic!("waited in vain for {what}; got {:?}", self.trader.inputs);
    }

    fn plan(&mut self, deed: Deed, count: u32) {
        self.entry.perform(&ScriptEntry { count, ..ScriptEntry::once(When::AfterOrders(0), deed) });
    }

    /// A buy of three that fills at once, and the reports until there are so many.
    fn buy(&mut self, id: u64, reports: usize) -> Vec<ExecutionReport> {
        let before = self.trader.executions().len();
        self.trader.send(OutboundKind::New, (id, 0), (Side::Buy, 3, 5_000.0), self.now);
        self.until("reports", |world| world.trader.executions().len() >= before + reports);
        self.trader.executions()[before..].to_vec()
    }
}

fn kinds(reports: &[ExecutionReport]) -> Vec<ExecType> {
    reports.iter().map(|report| report.exec_type).collect()
}

#[test]
fn reports_are_lost_doubled_turned_round_and_told_with_the_wrong_side_as_often_as_planned() {
    let mut world = World::new(&ExchangeRules::default());
    assert_eq!(kinds(&world.buy(1, 2)), [ExecType::New, ExecType::Trade]);
    world.plan(Deed::LoseReport, 1);
    assert_eq!(kinds(&world.buy(2, 1)), [ExecType::Trade], "the first one is lost");
    world.plan(Deed::DoubleFill, 1);
    let doubled = world.buy(3, 3);
    assert_eq!(kinds(&doubled), [ExecType::New, ExecType::Trade, ExecType::Trade]);
    assert_eq!(doubled[1].exec_id, doubled[2].exec_id);
    world.plan(Deed::Reorder, 1);
    assert_eq!(kinds(&world.buy(4, 2)), [ExecType::Trade, ExecType::New]);
    world.plan(Deed::WrongSide, 1);
    let wrong = world.buy(5, 2);
    assert_eq!((wrong[0].side, wrong[1].side), (Side::Buy, Side::Sell));
    assert_eq!(world.buy(6, 2)[1].side, Side::Buy, "once");
}

#[test]
fn a_fill_is_busted_or_corrected_by_its_exec_id_and_positions_follow() {
    let mut world = World::new(&ExchangeRules::default());
    world.plan(Deed::Bust, 1);
    let busted = world.buy(1, 3);
    assert_eq!(kinds(&busted), [ExecType::New, ExecType::Trade, ExecType::TradeCancel]);
    let bust = &busted[2];
    assert_eq!(bust.text.as_str(), busted[1].exec_id.as_str(), "the gateway keeps ExecRefID there");
    assert_eq!((bust.last_qty, bust.cum_qty, bust.leaves_qty), (3, 0, 0));
    assert_eq!(bust.ord_status, OrdStatus::Canceled);
    world.plan(Deed::Correct(2), 1);
    let corrected = world.buy(2, 3);
    assert_eq!(corrected[2].exec_type, ExecType::TradeCorrect);
    assert_eq!((corrected[2].last_qty, corrected[2].cum_qty), (3, 3));
    assert_eq!(corrected[2].last_px, price(5_000.5), "two ticks against a buyer");
    let orders = world.entry.orders();
    assert_eq!((orders[0].filled, orders[1].filled), (0, 3));
}

#[test]
fn so_many_orders_are_refused_and_then_no_more() {
    let mut world = World::new(&ExchangeRules::default());
    world.plan(Deed::Reject, 2);
    assert_eq!(kinds(&world.buy(1, 1)), [ExecType::Rejected]);
    assert_eq!(kinds(&world.buy(2, 1)), [ExecType::Rejected]);
    assert_eq!(kinds(&world.buy(3, 2)), [ExecType::New, ExecType::Trade]);
    assert_eq!(world.entry.entered(), 3);
}

#[test]
fn with_latency_requests_and_reports_take_their_time_of_the_market() {
    let latency = LatencyModel::Constant(NANOS_PER_SECOND);
    let mut world = World::new(&ExchangeRules { latency, ..ExchangeRules::default() });
    let began = world.market.now();
    world.trader.send(OutboundKind::New, (1, 0), (Side::Buy, 3, 5_000.0), world.now);
    world.until("the request", |world| world.entry.requests() > 0);
    assert_eq!(world.entry.next_arrival(), Some(began.plus(NANOS_PER_SECOND)));
    world.turn();
    assert_eq!(world.entry.entered(), 0, "it is on its way");
    world.entry.set_market_time(began.plus(NANOS_PER_SECOND));
    world.until("the order", |world| world.entry.entered() == 1);
    world.turn();
    assert_eq!(world.entry.next_arrival(), Some(began.plus(2 * NANOS_PER_SECOND)));
    assert!(world.trader.executions().is_empty(), "the reports are on their way");
    world.entry.set_market_time(began.plus(2 * NANOS_PER_SECOND));
    world.until("the reports", |world| world.trader.executions().len() == 2);
}

#[test]
fn fills_tell_what_they_cost_and_positions_what_all_did() {
    let of = ContractFees {
        exchange: Money(1_380_000),
        clearing: Money(20_000),
        broker: Money(850_000),
    };
    let fees = FeeSchedule::new(vec![("ES".to_owned(), of)], ContractFees::default());
    let rules = ExchangeRules { fees, ..ExchangeRules::default() };
    let mut world = World::new(&rules);
    assert_eq!(kinds(&world.buy(1, 2)), [ExecType::New, ExecType::Trade], "our gateway reads it");

    let mut entry = bind().with_rules(&rules);
    let mut market = Tiny::new(1_000);
    let mut now = START;
    let mut client = RawClient::new(entry.local_addr().expect("bound"), now);
    let mut hear = |client: &mut RawClient, done: &dyn Fn(&RawClient) -> bool| {
        for _ in 0..TURNS_MAX {
            now = now.plus(1_000);
            entry.poll(now);
            entry.serve(&mut market, &mut |_| {});
            entry.deliver(now);
            client.poll(now);
            if done(client) {
                return now;
            }
        }
        panic!("waited in vain; heard {:?}", client.heard);
    };
    let now = hear(&mut client, &|c| c.session.is_logged_on());
    let order = "D|11=a|1=ACC|55=ESH4|54=1|60=20261116-14:30:00.000|38=2|40=2|44=5000|59=0|";
    client.say(order, now);
    let now = hear(&mut client, &|c| c.heard.len() >= 2);
    let fill = &client.heard[1];
    for field in
        ["|12=1.7|", "|13=3|", "|136=2|", "|137=2.76|138=USD|139=4|", "|137=0.04|138=USD|139=7|"]
    {
        assert!(format!("|{fill}").contains(field), "{field} in {fill}");
    }
    client.say("AN|710=m|724=0|1=ACC|581=1|453=0|60=20261116-14:30:00.000|715=20261116|", now);
    hear(&mut client, &|c| c.heard.len() >= 4);
    let position = &client.heard[3];
    assert!(position.contains("fees 2.76 exchange 0.04 clearing 1.70 broker"), "{position}");
}
