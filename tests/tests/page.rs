//! The status page in a real browser: what a person sees while bots trade.

use gauntlet_tests::ledger::Live;
use gauntlet_tests::process::Process;
use gauntlet_tests::{program, wait_until};
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

/// Debian's and Ubuntu's names of the browser.
const BROWSERS: [&str; 2] = ["chromium", "chromium-browser"];

#[test]
fn the_page_shows_bots_orders_markets_and_latency_as_they_come_over_the_websocket() {
    let dir = TempDir::new().expect("a directory");
    let text = gauntlet::config::DEMO
        .replace("127.0.0.1:13100", "127.0.0.1:0")
        .replace("127.0.0.1:13101", "127.0.0.1:0")
        .replace("127.0.0.1:8080", "127.0.0.1:0");
    let (config, data) = (dir.path().join("demo.toml"), dir.path().join("data"));
    std::fs::write(&config, text).expect("the configuration can be written");
    let mut command = Command::new(program!());
    command.arg("demo").arg("--config").arg(config).arg("--data").arg(&data);
    let mut demo = Process::spawn(command);
    let mut live = Live::new(&data.join("journal"));
    wait_until("a fill", || {
        demo.assert_running();
        !live.look().fills().is_empty()
    });
    let told = demo.stderr();
    let address = told.split_whitespace().find(|word| word.starts_with("http://"));
    let page = rendered(address.expect("the demo tells its page's address"), dir.path());
    for expected in [
        "es-orb",
        "nq-gap-fade",
        "ESZ6",
        "LIVE",
        "tick_to_order",
        "filled",
        "only when a person asks",
    ] {
        assert!(page.contains(expected), "{expected} is not on the page:\n{page}");
    }
    demo.stop().expect_code(0);
}

/// The page's document after its scripts ran for some seconds of the browser's own time.
fn rendered(address: &str, profile: &Path) -> String {
    let browser = BROWSERS
        .into_iter()
        .find(|name| Command::new(name).arg("--version").output().is_ok())
        .expect("Chromium is installed: `make test` sees to it");
    let output = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .args(["--virtual-time-budget=5000", "--timeout=20000", "--dump-dom"])
        .arg(format!("--user-data-dir={}", profile.join("browser").display()))
        .arg(address)
        .output()
        .expect("the browser runs");
    String::from_utf8_lossy(&output.stdout).into_owned()
}
