//! Cancel on disconnect through the whole platform: a person is told at once how many orders work on unseen, and
//! what the broker cancelled is known after the next logon.

use gauntlet_model::effect::{AlertKind, Effect, OrderState};
use gauntlet_model::input::{Input, SessionChange};
use gauntlet_model::order::Capabilities;
use gauntlet_tests::ledger::{Ledger, Live};
use gauntlet_tests::program;
use gauntlet_tests::setup::Setup;
use gauntlet_tests::venue::{self, Generated};
use gauntlet_tests::wait_until;
use gauntlet_venue::order_entry::ExchangeRules;

const SYMBOLS: [&str; 1] = ["ESZ6"];
const MARKET: Generated = Generated { speed: 60.0, rate: 4.0, seed: 13 };

/// What was told of orders when sessions ended, with the inputs.
fn told(ledger: &Ledger) -> Vec<(u64, String)> {
    let alert = |(cause, effect): (u64, &Effect)| match effect {
        Effect::Alert(alert) if alert.kind == AlertKind::LeftAlone => {
            Some((cause, alert.text.to_string()))
        }
        _ => None,
    };
    ledger.effects().filter_map(alert).collect()
}

/// Orders of before an input that are not over.
fn alive(ledger: &Ledger, seq: u64) -> usize {
    let orders = ledger.orders();
    let sent: Vec<_> =
        ledger.new_orders().filter(|(cause, _)| *cause <= seq).map(|(_, sent)| sent).collect();
    let lives = |id| orders.get(&id).is_some_and(|order| !order.state.is_final());
    sent.into_iter().filter(|sent| lives(sent.cl_ord_id)).count()
}

fn logged_on_after(ledger: &Ledger, seq: u64) -> bool {
    ledger.inputs.iter().any(|input| {
        let is_logon =
            |event: &gauntlet_model::input::SessionEvent| event.change == SessionChange::LoggedOn;
        input.seq > seq && matches!(&input.input, Input::Session(event) if is_logon(event))
    })
}

/// Breaks sessions until one breaks while an order works; gives the input and the words.
fn a_break_with_orders(covers: bool) -> (Ledger, u64, String) {
    const BREAKS_MAX: usize = 40;
    let cancelled = if covers { Capabilities::ALL } else { Capabilities::NONE };
    let rules = ExchangeRules { cancel_on_disconnect: cancelled, ..ExchangeRules::default() };
    let venue = venue::start_by_rules(MARKET, &SYMBOLS, rules);
    let setup = Setup::new(venue.data_address, venue.fix_address, &SYMBOLS);
    let line = "next_expected_msg_seq_num = true\n";
    let text = setup.text().replace(line, &format!("{line}cancel_on_disconnect = {covers}\n"));
    let mut process = setup.run_with(program!(), &text, &[]);
    let mut live = Live::new(&setup.journal());
    for _ in 0..BREAKS_MAX {
        wait_until("an order works", || {
            process.assert_running();
            let orders = live.look().orders();
            orders.values().any(|order| order.state == OrderState::New)
        });
        let before = live.ledger.last_seq();
        venue.handle().drop_order_entry();
        wait_until("the session is back", || {
            process.assert_running();
            logged_on_after(live.look(), before)
        });
        let Some((seq, words)) = told(&live.ledger).pop() else { continue };
        wait_until("the orders of before are settled", || {
            process.assert_running();
            alive(live.look(), seq) == 0
        });
        process.stop().expect_code(0);
        venue.stop().expect("the venue is fine");
        live.look();
        return (live.ledger, seq, words);
    }
    panic!("no order worked at any of {BREAKS_MAX} breaks");
}

#[test]
fn a_broker_that_cancels_on_disconnect_leaves_orders_in_doubt_until_it_is_asked() {
    let (ledger, seq, words) = a_break_with_orders(true);
    assert!(words.starts_with("0 orders work on unseen"), "{words}");
    let cancelled =
        ledger.reports().filter(|report| report.text.as_str() == "cancelled on disconnect");
    assert!(cancelled.count() > 0, "the venue cancelled nothing after input {seq}");
}

#[test]
fn a_broker_that_cancels_nothing_lets_orders_work_on_and_a_person_knows_how_many() {
    let (ledger, _, words) = a_break_with_orders(false);
    assert!(!words.starts_with("0 orders") && words.contains(", 0 it should cancel"), "{words}");
    assert!(ledger.reports().all(|report| report.text.as_str() != "cancelled on disconnect"));
}
