//! The self-test's words of a drop copy, and of cash.

use gauntlet_model::effect::{Effect, Enquired};
use gauntlet_model::ids::{AccountId, ClOrdId, InstrumentId};
use gauntlet_model::input::{
    BrokerBalance, CashRule, CashTerms, CopiedReport, CopySession, CopyTerms, ExecType, Input,
    OrdStatus, Route, SessionChange,
};
use gauntlet_model::text::Text;
use gauntlet_model::units::{Money, Price, Side};

use super::scenario::{Scenario, Setup};
use crate::message::ToOrders;

/// The broker copies its reports; the copy's session is up, or not yet.
pub(super) fn copy(scenario: &mut Scenario, required: bool, is_up: bool) {
    let route = Route::BROKER;
    scenario.input(Input::CopyTerms(CopyTerms { route, within_seconds: 30, required }));
    let change = match is_up {
        true => SessionChange::LoggedOn,
        false => SessionChange::Disconnected,
    };
    let (msg_seq_num, reset, detail) = (0, false, Text::EMPTY);
    scenario.input(Input::CopySession(CopySession { route, change, msg_seq_num, reset, detail }));
}

/// It shows an order that nobody here placed.
pub(super) fn copied_order(scenario: &mut Scenario) {
    copy(scenario, false, true);
    scenario.input(Input::Copied(CopiedReport {
        route: Route::BROKER,
        msg_seq_num: 2,
        poss_dup: false,
        unusable_tag: 0,
        cl_ord_id: ClOrdId::NONE,
        orig_cl_ord_id: ClOrdId::NONE,
        order_id: Text::new("X"),
        exec_id: Text::new("E"),
        exec_ref_id: Text::EMPTY,
        exec_type: ExecType::New,
        ord_status: OrdStatus::New,
        account: Some(AccountId(0)),
        instrument: Some(InstrumentId(0)),
        symbol: Text::EMPTY,
        side: Side::Buy,
        last_qty: 0,
        last_px: Price::NONE,
        leaves_qty: 1,
        cum_qty: 0,
        order_qty: 1,
        price: Price::NONE,
        transact_time: scenario.now,
    }));
}

/// The account's cash is so many micro-dollars more at the broker, of a tolerance of a dollar.
pub(super) fn cash(scenario: &mut Scenario, setup: &Setup, rule: CashRule, more: i64) {
    let (account, start) = (setup.account.account, Money(1_000_000_000));
    let tolerance = Money(1_000_000);
    scenario.input(Input::CashTerms(CashTerms { account, rule, start: Some(start), tolerance }));
    scenario.session(SessionChange::LoggedOn);
    let question = scenario.out.iter().find_map(|message| match message {
        ToOrders::Effect(Effect::Enquiry(asked)) if asked.what == Enquired::Cash => Some(*asked),
        _ => None,
    });
    let Some(question) = question else { return };
    scenario.input(Input::Balance(BrokerBalance {
        route: question.route,
        enquiry: question.id,
        msg_seq_num: 2,
        account: Some(account),
        cash: Money(start.0 + more),
        currency: Text::EMPTY,
    }));
}
