//! A person's orders.

use crate::command::answer_one;
use crate::fixture::{arg, run};
use gauntlet_model::effect::{OrderType, TimeInForce};
use gauntlet_model::ids::ClOrdId;
use gauntlet_model::input::TicketKind;
use gauntlet_model::text::Text;
use gauntlet_model::units::{Price, Side, UnixNanos};
use gauntlet_readmodel::command_wire::{AskedTicket, ReplyBuffer, Request, Target, Verb};

/// Runs `ctl` with these words, and gives what it said, when the node was asked for this.
fn asked(words: &[&str], expected: (AskedTicket, Target<'_>)) -> String {
    let data = tempfile::tempdir().expect("a directory");
    let node = answer_one(data.path(), |request| vec![ReplyBuffer::ok(request.id, 9, 0)]);
    let rest = ["--actor", "ann", "--reason", "hedge", "--yes", "--data", arg(data.path())];
    let done = run(words.iter().copied().chain(rest));
    assert_eq!(done.code, 0, "{done}");
    let asked = node.join().expect("it answered");
    let request = Request::parse(asked.as_bytes()).expect("a request");
    let (ticket, target) = expected;
    assert_eq!((request.verb, request.target), (Verb::Ticket(ticket), target));
    assert_eq!((request.actor, request.reason), ("ann", "hedge"));
    done.out
}

#[test]
fn each_ticket_reaches_the_node_with_who_and_why() {
    let new = ["order", "new", "--account", "DEMO", "--symbol", "ESZ6", "--side", "sell"];
    let plain = AskedTicket {
        symbol: Text::new("ESZ6"),
        side: Side::Sell,
        qty: 2,
        ..AskedTicket::of(TicketKind::New)
    };
    let words = |more: &[&'static str]| [&new[..], &["--qty", "2"], more].concat();
    let limit = AskedTicket { price: Price(6_640_250_000_000), ..plain };
    let told = asked(&words(&["--price", "6640.25"]), (limit, Target::Account("DEMO")));
    assert_eq!(
        told,
        "account:DEMO: the order passed every check; `ctl orders` shows it (input 9)\n"
    );
    let stop = AskedTicket {
        order_type: OrderType::StopLimit,
        price: Price(-1_000_000_000),
        stop_px: Price(0),
        time_in_force: TimeInForce::GoodTillDate,
        expires: UnixNanos(1_796_000_400_000_000_000),
        ..plain
    };
    let of_stop = [
        "--type",
        "stop-limit",
        "--price",
        "-1",
        "--stop",
        "0",
        "--tif",
        "gtd",
        "--until",
        "2026-11-30T01:00:00Z",
    ];
    asked(&words(&of_stop), (stop, Target::Account("DEMO")));
    for (name, order_type) in
        [("market", OrderType::Market), ("market-to-limit", OrderType::MarketToLimit)]
    {
        asked(
            &words(&["--type", name]),
            (AskedTicket { order_type, ..plain }, Target::Account("DEMO")),
        );
    }

    let order = ClOrdId(0xabc);
    let cancel = AskedTicket { order, ..AskedTicket::of(TicketKind::Cancel) };
    asked(&["order", "cancel", "0000000000000abc"], (cancel, Target::Platform));
    let replace = AskedTicket { order, qty: 3, ..AskedTicket::of(TicketKind::Replace) };
    asked(&["order", "replace", "0000000000000abc", "--qty", "3"], (replace, Target::Platform));

    let close = AskedTicket::of(TicketKind::Close);
    let told = asked(&["positions", "close", "--bot", "es-orb"], (close, Target::Bot("es-orb")));
    assert_eq!(told, "bot:es-orb: it is being closed (input 9)\n");
    let everybody = ["positions", "close", "--account", "DEMO", "--symbol", "ESZ6"];
    asked(&everybody, (AskedTicket { symbol: plain.symbol, ..close }, Target::Account("DEMO")));
}

#[test]
fn nothing_is_sent_that_nobody_confirmed() {
    let data = tempfile::tempdir().expect("a directory");
    let words = ["positions", "close", "--bot", "b", "--reason", "x", "--data", arg(data.path())];
    let done = run(words);
    assert_eq!(done.code, 2, "{done}");
    assert!(done.err.contains("close what bot b holds, at once"), "{done}");
    assert!(done.err.contains("--yes"), "{done}");
}

#[test]
fn why_the_core_refused_reaches_the_person() {
    let data = tempfile::tempdir().expect("a directory");
    let why = "refused: order_quantity, 12 beyond 10";
    let node = answer_one(data.path(), move |request| {
        vec![ReplyBuffer::refused(request.id, format_args!("{why}"))]
    });
    let new = ["order", "new", "--account", "DEMO", "--symbol", "ESZ6", "--side", "buy", "--qty"];
    let rest = ["12", "--price", "1", "--reason", "x", "--yes", "--data", arg(data.path())];
    let done = run(new.into_iter().chain(rest));
    assert_eq!(done.code, 1, "{done}");
    assert!(done.err.contains(why), "{done}");
    node.join().expect("it answered");
}

#[test]
fn a_ticket_that_cannot_be_is_wrong_usage() {
    let new = ["order", "new", "--account", "D", "--symbol", "ESZ6", "--side", "buy"];
    for wrong in [
        &["--qty", "0", "--price", "1", "--reason", "x"][..],
        &["--qty", "1", "--price", "1e3", "--reason", "x"],
        &["--qty", "1", "--price", "1"],
        &["--qty", "1", "--price", "1", "--reason", "x", "--tif", "forever"],
        &["--qty", "1", "--price", "1", "--reason", "x", "--type", "iceberg"],
    ] {
        let done = run(new.iter().chain(wrong).copied());
        assert_eq!(done.code, 2, "{wrong:?}: {done}");
    }
    let close = ["positions", "close", "--bot", "b", "--account", "D", "--symbol", "S"];
    assert_eq!(run(close.into_iter().chain(["--reason", "x"])).code, 2);
    let bare =
        ["order", "replace", "0000000000000abc", "--reason", "x", "--yes", "--data", "/nowhere"];
    assert_eq!(run(bare).code, 2);
}
