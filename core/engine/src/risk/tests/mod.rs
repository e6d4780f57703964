//! The risk stage by its behaviour.

mod adoption;
mod barred;
mod brackets;
mod breakers;
mod brokers;
mod carried;
mod cash;
mod changes;
mod disconnects;
mod doubts;
mod drawdown;
mod drop_copy;
mod ends;
mod exits;
mod identity;
mod kills;
mod kinds;
mod layers;
mod limits;
mod losses;
mod pairs;
mod parents;
mod persistence;
mod planning;
mod protection;
mod reconciliation;
mod reports;
mod runs;
mod self_trade;
mod shelters;
mod soundness;
mod stated;
mod storm;
mod tickets;
mod traffic;
mod views;
mod volatility;
mod ways_out;

use super::scenario::{BOT, IN_SESSION, Scenario, Setup, ticks};
use crate::message::ToOrders;
use gauntlet_model::effect::*;
use gauntlet_model::ids::{BotId, ClOrdId};
use gauntlet_model::input::*;
use gauntlet_model::order::{OrderRequest, Terms};
use gauntlet_model::text::Text;
use gauntlet_model::units::{NANOS_PER_SECOND, Price, Side};

fn start(change: impl FnOnce(&mut Setup)) -> (Scenario, Setup) {
    let mut setup = Setup::new();
    change(&mut setup);
    (setup.start(), setup)
}

/// A scenario in which the bot holds signed contracts.
fn start_holding(held: i32, change: impl FnOnce(&mut Setup)) -> (Scenario, Setup) {
    let (mut scenario, setup) = start(change);
    let side = Side::of(held as i64).expect("holds something");
    let report = holding(BOT, side, held.unsigned_abs(), &setup);
    scenario.input(Input::Execution(report));
    assert_eq!(scenario.risk.position(BOT).map(|position| position.qty()), Some(held));
    (scenario, setup)
}

impl Scenario {
    /// A fill of an order, as the broker reports it.
    pub fn fill(&mut self, order: &OrderRequest, qty: u32, leaves_qty: u32) -> &[ToOrders<'_>] {
        self.input(Input::Execution(filled(order, qty, leaves_qty)))
    }

    /// A report other than a fill.
    fn tell(
        &mut self,
        order: &OrderRequest,
        exec_type: ExecType,
        status: OrdStatus,
    ) -> &[ToOrders<'_>] {
        self.input(Input::Execution(report(order, exec_type, status)))
    }

    fn acknowledge(&mut self, order: &OrderRequest) {
        self.tell(order, ExecType::New, OrdStatus::New);
    }

    /// The broker ends an order: by a cancel of ours, or by itself if given the order.
    pub fn end(&mut self, order: &OrderRequest, filled: u32) -> &[ToOrders<'_>] {
        let ended = report(order, ExecType::Canceled, OrdStatus::Canceled);
        self.input(Input::Execution(ExecutionReport { cum_qty: filled, ..ended }))
    }

    /// Lets seconds pass, with a timer and fresh market data at each.
    fn pass(
        &mut self,
        seconds: u64,
        view: gauntlet_model::market_view::MarketView,
    ) -> Vec<OrderRequest> {
        let mut approved = vec![];
        for _ in 0..seconds {
            self.now = self.now.plus(NANOS_PER_SECOND);
            self.market(view);
            self.input(Input::Timer(Timer { second: self.now.0 / NANOS_PER_SECOND }));
            approved.extend(self.approved());
        }
        approved
    }

    fn held(&self) -> i32 {
        self.held_of(BOT)
    }

    fn held_of(&self, bot: BotId) -> i32 {
        self.risk.position(bot).map_or(0, |position| position.qty())
    }

    /// The one request that the last input led to.
    fn only(&self) -> OrderRequest {
        let approved = self.approved();
        assert_eq!(approved.len(), 1, "{:?}", self.out);
        approved[0]
    }

    fn enter_passively(&mut self, target: i32) -> OrderRequest {
        self.want(BOT, target, Urgency::Passive, IntentReason::Signal);
        self.only()
    }

    fn stop_out(&mut self) -> &[ToOrders<'_>] {
        self.want(BOT, 0, Urgency::Aggressive, IntentReason::StopLoss)
    }

    fn kills(&self) -> Vec<KillChanged> {
        let kill = |message: &ToOrders| match message {
            ToOrders::Effect(Effect::Kill(kill)) => Some(*kill),
            _ => None,
        };
        self.out.iter().filter_map(kill).collect()
    }

    fn freezes(&self) -> Vec<bool> {
        let freeze = |message: &ToOrders| match message {
            ToOrders::Effect(Effect::Freeze(freeze)) => Some(freeze.active),
            _ => None,
        };
        self.out.iter().filter_map(freeze).collect()
    }

    fn alerts(&self) -> Vec<AlertKind> {
        let alert = |message: &ToOrders| match message {
            ToOrders::Effect(Effect::Alert(alert)) => Some(alert.kind),
            _ => None,
        };
        self.out.iter().filter_map(alert).collect()
    }
}

/// A report on an order.
pub fn report(order: &OrderRequest, exec_type: ExecType, ord_status: OrdStatus) -> ExecutionReport {
    ExecutionReport {
        route: order.route,
        msg_seq_num: 0,
        poss_dup: false,
        cl_ord_id: order.cl_ord_id,
        orig_cl_ord_id: order.orig_cl_ord_id,
        ord_status_req_id: 0,
        order_id: Text::EMPTY,
        exec_id: Text::EMPTY,
        exec_type,
        ord_status,
        instrument: Some(order.instrument),
        side: order.side,
        last_qty: 0,
        last_px: Price::NONE,
        leaves_qty: 0,
        cum_qty: 0,
        order_qty: order.qty,
        price: order.price,
        transact_time: IN_SESSION,
        reject_reason: 0,
        text: Text::EMPTY,
    }
}

/// A fill at the order's price that leaves so many working.
pub fn filled(order: &OrderRequest, qty: u32, leaves_qty: u32) -> ExecutionReport {
    let status = if leaves_qty == 0 { OrdStatus::Filled } else { OrdStatus::PartiallyFilled };
    ExecutionReport {
        last_qty: qty,
        last_px: order.price,
        leaves_qty,
        cum_qty: order.qty.saturating_sub(leaves_qty),
        ..report(order, ExecType::Trade, status)
    }
}

/// A position from nowhere: a fill of a bot's order that the table does not hold.
pub fn holding(bot: BotId, side: Side, qty: u32, setup: &Setup) -> ExecutionReport {
    let order = OrderRequest {
        kind: OutboundKind::New,
        cl_ord_id: ClOrdId(1 << 20 | (bot.0 as u64) << 8 | 0xff),
        orig_cl_ord_id: ClOrdId::NONE,
        bot,
        account: setup.account.account,
        instrument: setup.instrument.instrument,
        route: setup.bot.route(),
        side,
        qty,
        price: ticks(20_000),
        time_in_force: TimeInForce::Day,
        terms: Terms::LIMIT,
    };
    filled(&order, qty, 0)
}

/// The broker's refusal of a cancel or replace because it came too late.
pub fn too_late(request: &OrderRequest) -> CancelReject {
    CancelReject {
        route: request.route,
        msg_seq_num: 0,
        poss_dup: false,
        cl_ord_id: request.cl_ord_id,
        orig_cl_ord_id: request.orig_cl_ord_id,
        ord_status: OrdStatus::New,
        to_replace: request.kind == OutboundKind::Replace,
        reason: 0,
        text: Text::EMPTY,
    }
}

/// The session layer refuses a message of ours.
pub fn message_rejected(request: &OrderRequest) -> Input {
    Input::Session(SessionEvent {
        route: Route::BROKER,
        change: SessionChange::MessageRejected,
        msg_seq_num: 1,
        reset: false,
        cl_ord_id: request.cl_ord_id,
        detail: Text::EMPTY,
    })
}
