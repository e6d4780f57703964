//! `ctl data book`.

use crate::fixture::{recorded, run};

const DAYS: [&str; 2] = ["esh4-20231224.mbo.dbn.zst", "esh4-20231225.mbo.dbn.zst"];

#[test]
fn two_recorded_days_leave_their_book() {
    let (Some(first), Some(second)) = (recorded(DAYS[0]), recorded(DAYS[1])) else { return };
    let files = [first, second];
    let answer = run(["data", "book", &files[0], &files[1], "--json"]);
    assert_eq!(answer.code, 0, "{answer}");
    let book = answer.json();
    assert_eq!(book["last_event_time"], "2023-12-25T23:59:59.446724905Z");
    assert_eq!((&book["records"], &book["sequence"]), (&77_517.into(), &59_585.into()));
    assert_eq!((&book["bid_levels"], &book["ask_levels"]), (&922.into(), &565.into()));
    assert_eq!((&book["bid"], &book["ask"]), (&4810.0.into(), &4810.25.into()));
    let text = run(["data", "book", &files[0], &files[1]]).out;
    assert!(text.contains("last event 2023-12-25T23:59:59.446Z sequence 59585"), "{text}");
    assert!(text.contains("bid 4810 x ") && text.contains("(922 levels)"), "{text}");
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("rubbish.mbo.dbn.zst");
    std::fs::write(&file, b"rubbish").expect("written");
    for file in [file.as_path(), &dir.path().join("absent.dbn")] {
        let failed = run(["data", "book", file.to_str().expect("UTF-8")]);
        assert_eq!((failed.code, failed.out.as_str()), (1, ""), "{failed}");
        assert!(failed.err.contains(file.to_str().expect("UTF-8")), "{failed}");
    }
}
