//! Corrections and reconciliation.

use crate::command::answer_one;
use crate::fixture::{arg, morning, run, write};
use gauntlet_model::ids::ClOrdId;
use gauntlet_model::input::CorrectionKind;
use gauntlet_model::text::Text;
use gauntlet_model::units::{Price, Side};
use gauntlet_readmodel::command_wire::{
    AskedAdoption, AskedCorrection, ReplyBuffer, Request, Target, Verb,
};

/// Runs `ctl` with these words, and gives what the node was asked.
fn asked(words: &[&str], expected: (AskedCorrection, Target<'_>, &str)) -> String {
    let data = tempfile::tempdir().expect("a directory");
    let node = answer_one(data.path(), |request| vec![ReplyBuffer::ok(request.id, 9, 0)]);
    let rest = ["--actor", "ann", "--reason", "statement", "--data", arg(data.path())];
    let done = run(words.iter().copied().chain(rest));
    assert_eq!(done.code, 0, "{done}");
    let asked = node.join().expect("it answered");
    let request = Request::parse(asked.as_bytes()).expect("a request");
    let (correction, target, approver) = expected;
    let correction = AskedCorrection { approver: Text::new(approver), ..correction };
    assert_eq!((request.verb, request.target), (Verb::Correct(correction), target));
    assert_eq!((request.actor, request.reason), ("ann", "statement"));
    done.out
}

#[test]
fn each_correction_reaches_the_node_with_who_and_why() {
    let fill = ["--bot", "es-orb", "--side", "sell", "--qty", "2", "--price", "-37.63"];
    let of_fill = AskedCorrection {
        side: Side::Sell,
        qty: 2,
        price: Price(-37_630_000_000),
        ..AskedCorrection::of(CorrectionKind::Book)
    };
    let book: Vec<&str> = ["correct", "book"].into_iter().chain(fill).collect();
    let told = asked(&book, (of_fill, Target::Bot("es-orb"), ""));
    assert_eq!(told, "bot:es-orb: the fill is booked (input 9)\n");

    let more = ["--order", "0000000000000abc", "--exec-id", "E7", "--approver", "bob"];
    let bust: Vec<&str> = ["correct", "bust"].into_iter().chain(fill).chain(more).collect();
    let busted = AskedCorrection {
        kind: CorrectionKind::TakeBack,
        order: ClOrdId(0xabc),
        exec_id: Text::new("E7"),
        ..of_fill
    };
    asked(&bust, (busted, Target::Bot("es-orb"), "bob"));

    let adjust = ["correct", "adjust", "--bot", "es-orb", "--to", "-3", "--price", "4791.25"];
    let adjusted = AskedCorrection {
        target: -3,
        price: Price(4_791_250_000_000),
        ..AskedCorrection::of(CorrectionKind::Adjust)
    };
    asked(&adjust, (adjusted, Target::Bot("es-orb"), ""));

    let write_off = ["correct", "write-off", "--order", "6588c6ac-0000000000000abc"];
    let written =
        AskedCorrection { order: ClOrdId(0xabc), ..AskedCorrection::of(CorrectionKind::WriteOff) };
    asked(&write_off, (written, Target::Platform, ""));

    let settle = ["correct", "settle", "--account", "DEMO", "--symbol", "ESH4"];
    let settled = AskedCorrection {
        symbol: Text::new("ESH4"),
        ..AskedCorrection::of(CorrectionKind::Settle)
    };
    asked(&settle, (settled, Target::Account("DEMO"), ""));

    let enquiry = AskedCorrection::of(CorrectionKind::Enquire);
    asked(&["reconcile", "--ask"], (enquiry, Target::Platform, ""));
}

#[test]
fn a_correction_without_a_reason_or_with_a_wrong_number_is_wrong_usage() {
    let fill = ["correct", "book", "--bot", "b", "--side", "buy"];
    for wrong in [
        &["--qty", "1", "--price", "1"][..],
        &["--qty", "0", "--price", "1", "--reason", "x"],
        &["--qty", "1", "--price", "1e3", "--reason", "x"],
        &["--qty", "1", "--price", "1", "--reason", "x", "--order", "12"],
    ] {
        let refused = run(fill.iter().chain(wrong).copied());
        assert_eq!(refused.code, 2, "{refused}");
    }
}

#[test]
fn reconcile_shows_what_differs_or_that_nothing_does() {
    let data = tempfile::tempdir().expect("a directory");
    let steps = morning();
    // Before its order went unanswered.
    write(&data.path().join("journal"), &steps[..steps.len() / 2]);
    let told = run(["reconcile", "--data", arg(data.path())]);
    assert_eq!(told.code, 0, "{told}");
    assert!(told.out.starts_with("NOT RUNNING: "), "{told}");
    assert!(told.out.ends_with("\n\nnothing is in doubt\n"), "{told}");

    let data = tempfile::tempdir().expect("a directory");
    write(&data.path().join("journal"), &steps);
    let told = run(["reconcile", "--data", arg(data.path())]);
    assert!(told.out.contains("\n\nes-orb buy 2 ESH4, 0 filled: order "), "{told}");
    assert!(told.out.contains("is asked about"), "{told}");
    let json = run(["reconcile", "--json", "--data", arg(data.path())]).json();
    assert_eq!(json["running"], false);
    assert_eq!(json["answer"]["doubts"], serde_json::json!([]));
    assert_eq!(json["answer"]["orders"][0]["state"], "unknown");
}

#[test]
fn an_adoption_reaches_the_node_with_its_owner_and_who_allowed_it() {
    let words = ["correct", "adopt", "--order", "O7-1", "--account", "DEMO", "--symbol", "ESZ6"];
    let signed = ["--actor", "ann", "--reason", "by phone"];
    let desk = AskedAdoption {
        symbol: Text::new("ESZ6"),
        order_id: Text::new("O7-1"),
        bot: Text::EMPTY,
        approver: Text::EMPTY,
    };
    let of_bot = AskedAdoption { bot: Text::new("es-orb"), approver: Text::new("bob"), ..desk };
    let more = ["--bot", "es-orb", "--approver", "bob"];
    for (more, expected) in [(&[][..], desk), (&more[..], of_bot)] {
        let data = tempfile::tempdir().expect("a directory");
        let node = answer_one(data.path(), |request| vec![ReplyBuffer::ok(request.id, 9, 0)]);
        let at = ["--data", arg(data.path())];
        let done = run(words.iter().chain(&signed).chain(more).chain(&at).copied());
        assert_eq!(done.code, 0, "{done}");
        let asked = node.join().expect("it answered");
        let request = Request::parse(asked.as_bytes()).expect("a request");
        assert_eq!(
            (request.verb, request.target),
            (Verb::Adopt(expected), Target::Account("DEMO"))
        );
        assert_eq!((request.actor, request.reason), ("ann", "by phone"));
        assert!(done.out.contains("the order is taken over"), "{done}");
    }
    let unsigned = run(words.iter().copied().chain(["--actor", "ann"]));
    assert_eq!(unsigned.code, 2, "{unsigned}");
}
