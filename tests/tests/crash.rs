//! The process is killed at many moments and started again on the same data: nothing is doubled and
//! nothing lost.

use gauntlet_journal::EffectEntry;
use gauntlet_model::effect::Effect;
use gauntlet_model::input::{Input, Sequenced, SessionChange};
use gauntlet_model::sequence_numbers::SequenceNumbers;
use gauntlet_readmodel::replay;
use gauntlet_tests::ledger::{Ledger, Live, Recorded};
use gauntlet_tests::process::Process;
use gauntlet_tests::setup::Setup;
use gauntlet_tests::venue::{self, Generated};
use gauntlet_tests::{program, wait_for, wait_until};
use gauntlet_venue::order_entry::OrderRecord;
use std::collections::BTreeMap;

const SYMBOLS: [&str; 2] = ["ESZ6", "NQZ6"];
/// What chance begins with, unless `CRASH_SEED` says otherwise.
const SEED: u64 = 20_261_116;

/// When to kill, counted from the start of the process.
#[derive(Clone, Copy, Debug)]
enum Moment {
    /// So many looks at the process after its start, journal or not.
    Looks(u64),
    /// When the inputs have grown by so many.
    Inputs(u64),
    /// When a logon was about to be sent.
    LoggingOn,
    /// When the broker session came up, and the inputs have grown by so many more.
    LoggedOn(u64),
    /// When the effects have grown by so many after the session came up.
    Effects(u64),
    /// When so many new orders were about to be sent.
    Orders(usize),
    /// When so many fills came.
    Fills(usize),
}

/// The numbers that chance decides, the same in every run.
struct Chance(u64);

impl Chance {
    /// A number from `low` to `high`, by SplitMix64 (Steele, Lea, Flood, 2014).
    fn between(&mut self, low: u64, high: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        low + (z ^ (z >> 31)) % (high - low + 1)
    }
}

/// Early moments of a new journal first, then moments of life, with early ones of restarts between.
fn moments() -> Vec<Moment> {
    let asked = std::env::var("CRASH_SEED").ok().and_then(|seed| seed.parse().ok());
    let mut chance = Chance(asked.unwrap_or(SEED));
    let mut any = |low, high| chance.between(low, high);
    vec![
        Moment::Looks(any(0, 3)),
        Moment::Inputs(1),
        Moment::LoggingOn,
        Moment::LoggedOn(0),
        Moment::Orders(any(2, 6) as usize),
        Moment::Inputs(any(2, 9)),
        Moment::Fills(any(3, 9) as usize),
        Moment::LoggedOn(any(1, 300)),
        Moment::Orders(any(1, 9) as usize),
        Moment::Looks(any(0, 60)),
        Moment::Effects(any(1, 120)),
        Moment::Inputs(any(300, 3_000)),
        Moment::Orders(any(1, 9) as usize),
        Moment::LoggingOn,
        Moment::Effects(any(20, 200)),
        Moment::Fills(any(1, 4) as usize),
    ]
}

/// The journal as it grows, over all restarts: what was once in it stays in it.
struct Watch {
    live: Live,
    /// Where the journal stood when the process was started.
    start: (usize, usize),
}

impl Watch {
    fn new(setup: &Setup) -> Watch {
        Watch { live: Live::new(&setup.journal()), start: (0, 0) }
    }

    fn look(&mut self) {
        self.live.look();
    }

    fn mark(&mut self) {
        self.start = (self.live.ledger.inputs.len(), self.live.ledger.effects.len());
    }

    fn new_effects(&self) -> &[Recorded] {
        &self.live.ledger.effects[self.start.1..]
    }

    /// The index of the input that tells of this run's logon.
    fn logon(&self) -> Option<usize> {
        let is_logon = |input: &Input| matches!(input, Input::Session(e) if e.change == SessionChange::LoggedOn);
        let of_run = &self.live.ledger.inputs[self.start.0..];
        Some(self.start.0 + of_run.iter().position(|s| is_logon(&s.input))?)
    }

    fn has_come(&self, moment: Moment, looks: u64) -> bool {
        let grown = (self.live.ledger.inputs.len() - self.start.0) as u64;
        match moment {
            Moment::Looks(wanted) => looks >= wanted,
            Moment::Inputs(wanted) => grown >= wanted,
            Moment::LoggingOn => self.new_effects().iter().any(
                |e| matches!(&e.entry, EffectEntry::Sent(sent) if sent.msg_type.as_str() == "A"),
            ),
            Moment::LoggedOn(more) => {
                self.logon().is_some_and(|at| (self.live.ledger.inputs.len() - at) as u64 > more)
            }
            Moment::Effects(wanted) => {
                let logon = self.logon().map(|at| self.live.ledger.inputs[at].seq);
                let is_later = |e: &&Recorded| logon.is_some_and(|seq| e.cause >= seq);
                self.new_effects().iter().filter(is_later).count() as u64 >= wanted
            }
            Moment::Orders(wanted) => {
                let is_order = |e: &&Recorded| matches!(&e.entry, EffectEntry::Sent(sent) if sent.msg_type.as_str() == "D");
                self.new_effects().iter().filter(is_order).count() >= wanted
            }
            Moment::Fills(wanted) => {
                let is_fill = |e: &&Recorded| matches!(&e.entry, EffectEntry::Effect(Effect::Order(o)) if o.last_qty > 0);
                self.new_effects().iter().filter(is_fill).count() >= wanted
            }
        }
    }

    /// Orders that are not final as far as the journal tells.
    fn live_orders(&self) -> usize {
        self.live.ledger.orders().values().filter(|order| !order.state.is_final()).count()
    }
}

#[test]
fn killed_at_many_moments_nothing_is_doubled_and_nothing_is_lost() {
    let market = Generated { speed: 120.0, rate: 3.0, seed: 7 };
    let venue = venue::start(market, &SYMBOLS);
    let mut setup = Setup::new(venue.data_address, venue.fix_address, &SYMBOLS);
    let mut watch = Watch::new(&setup);
    let mut with_live_orders = 0;
    for moment in moments() {
        watch.look();
        watch.mark();
        // What one layout left, the other goes on with.
        setup.layout = if setup.layout == "shared" { "dedicated" } else { "shared" };
        let mut process = setup.run(program!());
        let mut looks = 0;
        wait_for(&format!("{moment:?}"), || {
            process.assert_running();
            watch.look();
            looks += 1;
            watch.has_come(moment, looks).then_some(())
        });
        process.kill();
        watch.look();
        with_live_orders += usize::from(watch.live_orders() > 0);
    }
    assert!(with_live_orders >= 3, "only {with_live_orders} kills met working orders");

    watch.mark();
    let process = live_on(&setup, &mut watch);
    process.stop().expect_code(0);
    let venue = venue.stop().expect("the venue ran to the end");

    assert!(gauntlet_journal::verify(&setup.journal()).expect("readable").is_whole());
    let replayed = replay::replay(&setup.journal(), |_| {}).unwrap_or_else(|e| panic!("{e}"));
    assert!(replayed.equal && replayed.missing == 0, "{replayed:?}");

    let ledger = Ledger::read(&setup.journal());
    assert_eq!(venue.orders().working(), 0, "orders work after an orderly stop");
    assert_books_agree(&ledger, &venue.orders().orders());
    assert_session_went_on(&ledger);
    let resent = ledger.reports().filter(|report| report.poss_dup).count();
    assert!(resent > 0, "no report was missed and sent again: the kills met a quiet market");
    eprintln!(
        "{} inputs, {} orders, {} fills, {resent} reports sent again, {with_live_orders} kills with \
         working orders",
        ledger.last_seq(),
        ledger.orders().len(),
        ledger.fills().len(),
    );
}

/// Starts the node for good and waits until it has settled what it missed and trades again.
fn live_on(setup: &Setup, watch: &mut Watch) -> Process {
    let mut process = setup.run(program!());
    wait_until("it trades again after the last restart", || {
        process.assert_running();
        watch.look();
        watch.has_come(Moment::Fills(2), 0)
    });
    process
}

/// Position = fills in the journal = the exchange's own book, order by order.
fn assert_books_agree(ledger: &Ledger, exchange: &[OrderRecord]) {
    assert_eq!(ledger.positions(), ledger.filled_by_bot(), "positions are not the sum of fills");

    let mut by_order: BTreeMap<String, i64> = BTreeMap::new();
    for fill in ledger.fills() {
        let signed = fill.side.sign() * i64::from(fill.last_qty);
        *by_order.entry(fill.order_id.as_str().to_owned()).or_default() += signed;
    }
    let filled: i64 = by_order.values().sum();
    let at_exchange: i64 = exchange.iter().map(|order| order.filled).sum();
    assert_eq!(filled, at_exchange, "the exchange filled otherwise than the journal says");

    // Our identity on the wire ends with the one in the journal, and begins with the journal's epoch.
    let orders = ledger.orders();
    let mut known: BTreeMap<String, i64> = orders
        .values()
        .map(|order| {
            let filled = order.side.sign() * i64::from(order.cum_qty);
            (format!("{:016x}", order.order.0), filled)
        })
        .collect();
    for order in exchange {
        let id = order.first_cl_ord_id.rsplit('-').next().expect("an identity");
        let ours = known.remove(id);
        assert_eq!(ours, Some(order.filled), "{order:?}");
    }
    // What is left never reached the exchange: it was never filled.
    assert!(known.values().all(|filled| *filled == 0), "{known:?}");
    let open: Vec<_> = orders.values().filter(|order| !order.state.is_final()).collect();
    assert!(open.is_empty(), "orders whose end nobody knows: {open:?}");
}

/// One session over all restarts: our numbers never go back, and skip some only at the first logon after a kill,
/// before which messages may have been sent that nobody wrote down. Theirs were never asked to begin again.
fn assert_session_went_on(ledger: &Ledger) {
    let (mut expected, mut skipped) = (1, 0);
    for recorded in &ledger.effects {
        if let EffectEntry::Sent(sent) = &recorded.entry {
            let number = sent.msg_seq_num;
            let is_logon = sent.msg_type.as_str() == "A";
            let skips = is_logon && number == expected + SequenceNumbers::UNCLEAN_JUMP;
            // A logon that came to nothing leaves its number to the next.
            let repeats = is_logon && number + 1 == expected;
            assert!(number == expected || skips || repeats, "{expected} was next: {sent:?}");
            expected = number + 1;
            skipped += usize::from(skips);
        }
    }
    let is_start = |sequenced: &&Sequenced| matches!(sequenced.input, Input::RunStart(_));
    let runs = ledger.inputs.iter().filter(is_start).count();
    assert!((1..runs).contains(&skipped), "{skipped} gaps of {runs} runs: one a kill at most");
    for sequenced in &ledger.inputs {
        if let Input::Session(event) = &sequenced.input {
            assert!(!event.reset, "the sequence numbers were reset: {event:?}");
            assert!(!event.detail.as_str().contains("too low"), "{event:?}");
            assert!(event.change != SessionChange::MessageRejected, "{event:?}");
        }
    }
}
