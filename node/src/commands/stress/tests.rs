use super::*;
use clap::Parser;

fn args(data: &Path, more: &[&str]) -> StressArgs {
    let data = data.display().to_string();
    let all = ["gauntlet", "stress", "--data", data.as_str()];
    let cli = crate::cli::Cli::try_parse_from(all.into_iter().chain(more.iter().copied()));
    match cli.expect("well said").command {
        crate::cli::Command::Stress(args) => args,
        other => panic!("{other:?}"),
    }
}

fn good() -> StressRecord {
    let peak = |per_second| Peak { per_second, at: 0 };
    let seen = Load { messages: peak(1_000), orders: peak(10) };
    StressRecord {
        at: 1,
        version: String::new(),
        binary_hash: String::new(),
        seen,
        target: twice(seen),
        reached: Load { messages: peak(2_500), orders: peak(20) },
        messages_mean: 2_000,
        seconds: 1,
        records: [7, 7],
        orders: [8, 8],
        reports: [9, 9],
        data_waiting_max: 0,
        words_waiting_max: 0,
        segments: Vec::new(),
        broken: Vec::new(),
    }
}

#[test]
fn the_target_is_twice_what_was_seen_and_never_nothing() {
    let peak = |per_second| Peak { per_second, at: 5 };
    let seen = Load { messages: peak(1_000), orders: peak(10) };
    assert_eq!(twice(seen).messages.per_second, 2_000);
    assert_eq!(twice(seen).orders.per_second, 20);
    let least = twice(Load::default());
    assert_eq!((least.messages.per_second, least.orders.per_second), (MESSAGES_MIN, ORDERS_MIN));
}

#[test]
fn whatever_was_lost_or_not_reached_is_named() {
    assert_eq!(broken(&good(), &Taken::default()), [] as [String; 0]);
    let one = |change: fn(&mut StressRecord, &mut Taken)| {
        let (mut record, mut taken) = (good(), Taken::default());
        change(&mut record, &mut taken);
        let broken = broken(&record, &taken);
        assert_eq!(broken.len(), 1, "{broken:?}");
        broken[0].clone()
    };
    assert!(one(|record, _| record.messages_mean = 1_999).contains("1999 messages/s"));
    assert!(one(|record, _| record.reached.orders.per_second = 19).contains("19 orders"));
    assert!(one(|record, _| record.records[1] = 8).contains("7 records"));
    assert!(one(|record, _| record.orders[0] = 9).contains("9 order messages"));
    assert!(one(|record, _| record.reports[1] = 8).contains("9 reports"));
    assert!(one(|_, taken| taken.gaps = 1).contains("gaps"));
    assert!(one(|_, taken| taken.full = 1).contains("full"));
    assert!(one(|_, taken| taken.breaks = 1).contains("astray"));
}

#[test]
fn without_a_journal_what_is_told_counts() {
    let folder = tempfile::tempdir().expect("a folder");
    let none = seen(&args(folder.path(), &[])).expect("no journal is none");
    assert_eq!(none, Load::default());
    let told = args(folder.path(), &["--messages", "300", "--orders", "5"]);
    let told = seen(&told).expect("no journal is none");
    assert_eq!((told.messages.per_second, told.orders.per_second), (300, 5));
}

#[test]
fn peaks_are_those_of_one_second_and_the_mean_is_of_all() {
    let began = Instant::now();
    let at = |ms: u64, records, orders| (began + Duration::from_millis(ms), records, orders);
    let samples =
        Samples(vec![at(0, 0, 0), at(500, 100, 1), at(1_000, 150, 9), at(2_000, 450, 10)]);
    assert_eq!(samples.peaks(), [300, 9]);
    assert_eq!(samples.mean(), 225);
    assert_eq!(Samples::default().peaks(), [0, 0]);
    assert_eq!(Samples::default().mean(), 0);
}

#[test]
fn a_run_counts_all_that_was_sent_and_taken_and_its_record_is_complete() {
    let folder = tempfile::tempdir().expect("a folder");
    let asked = args(folder.path(), &["--seconds", "2", "--messages", "50", "--orders", "1"]);
    let load = seen(&asked).expect("no journal is none");
    let place = folder.path().join("stress");
    let record = stress(&asked, &place, (load, twice(load))).expect("it runs");
    // How fast a test's machine is is not the matter, but nothing may be lost on any.
    for [sent, taken] in [record.orders, record.reports] {
        assert!(sent > 0 && sent == taken, "{record:?}");
    }
    assert!(record.records[1] > 0 && record.broken.iter().all(|of| !of.contains("gaps")));
    assert!(record.segments.iter().any(|of| of.name == "order_to_ack" && of.count > 0));
    record.keep(folder.path()).expect("room");
    assert_eq!(StressRecord::read(folder.path()), Some(record.clone()));
    assert!(text(&record).contains("latency"));
    // Its own journal tells the load that it was.
    let load = load::highest(&journal_dir(&place), UnixNanos(0)).expect("a journal");
    assert!(load.messages.per_second > 0 && load.orders.per_second > 0);
}
