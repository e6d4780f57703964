//! Orders and reports between our gateway and the C++ engine, and between the gateway on that engine and our acceptor.

mod support;

use gauntlet_differential::engine::{EngineConfig, IDLE, Role};
use gauntlet_differential::gateway::QuickFixGateway;
use gauntlet_gateways::gateway::Gateway;
use gauntlet_model::effect::OutboundKind;
use support::broker::Broker;
use support::orders::outbound;
use support::ours::{OurBroker, Ours, Setup};
use support::{HEARTBEAT_SECONDS, dictionary, free_address, names, now, until};

/// New, replaced, cancelled, cancelled again, asked about; thirty orders of it.
fn requests() -> Vec<(OutboundKind, u64, u64)> {
    let of = |order: u64| {
        let id = order * 4;
        [
            (OutboundKind::New, id, 0),
            (OutboundKind::Replace, id + 1, id),
            (OutboundKind::Cancel, id + 2, id + 1),
            (OutboundKind::Cancel, id + 3, id + 1),
            (OutboundKind::StatusRequest, id, 0),
        ]
    };
    (1..=30).flat_map(of).collect()
}

/// Answers to them: one each, and the fill of every third order.
const ANSWERS: usize = 160;

#[test]
fn our_gateway_trades_at_a_broker_on_the_engine_with_and_without_a_dictionary() {
    for checks in [false, true] {
        let [trader, broker_name] = names();
        let store = tempfile::tempdir().expect("a folder");
        let address = free_address();
        let broker = Broker::new([broker_name.clone(), trader.clone()]);
        let (_engine, guard) =
            broker.start(address, checks.then(dictionary), store.path().to_owned());
        let mut ours = Ours::new(&Setup { address, names: [trader, broker_name], checks });
        until("the logon", || (ours.poll(), ours.journal.logons == 1));
        for (kind, id, orig) in requests() {
            ours.send(&outbound(kind, id, orig));
        }
        until("the reports", || (ours.poll(), ours.journal.answers.len() >= ANSWERS));
        let sent: Vec<u64> = requests().iter().map(|(_, id, _)| *id).collect();
        assert_eq!(broker.received(), sent, "{checks}");
        assert_eq!(ours.journal.answers, broker.answered(), "{checks}");
        assert_eq!((guard.fault(), &ours.journal.odd), (None, &vec![]), "{checks}");
    }
}

/// The gateway on the engine at an acceptor of ours, both polled by one thread.
#[test]
fn the_gateway_on_the_engine_trades_at_our_acceptor_with_and_without_a_dictionary() {
    for checks in [false, true] {
        let [trader, broker] = names();
        let mut broker_of_ours = OurBroker::new(&[broker.clone(), trader.clone()], checks);
        let config = EngineConfig {
            role: Role::Initiator,
            sender_comp_id: trader,
            target_comp_id: broker,
            address: broker_of_ours.address(),
            heartbeat_seconds: HEARTBEAT_SECONDS as u16,
            dictionary: checks.then(dictionary),
            store: None,
            idle: IDLE,
        };
        let mut theirs = Ours::<QuickFixGateway>::start(&config);
        let mut serve = |theirs: &mut Ours<QuickFixGateway>| broker_of_ours.poll() + theirs.poll();
        until("the logon", || (serve(&mut theirs), theirs.journal.logons == 1));
        for (kind, id, orig) in requests() {
            theirs.send(&outbound(kind, id, orig));
        }
        until("the reports", || (serve(&mut theirs), theirs.journal.answers.len() >= ANSWERS));
        theirs.gateway.close(now(), &mut |_| {});
        until("the logout", || (serve(&mut theirs), theirs.gateway.is_closed()));
        let sent: Vec<u64> = requests().iter().map(|(_, id, _)| *id).collect();
        let told: Vec<u64> = theirs.journal.sent.iter().map(|(_, id)| *id).collect();
        assert_eq!((&broker_of_ours.received, &told), (&sent, &sent), "{checks}");
        assert_eq!(theirs.journal.answers, broker_of_ours.answered, "{checks}");
        assert_eq!(theirs.journal.odd, Vec::<String>::new(), "{checks}");
    }
}
