//! Contestants that are Python packages: scripts beside the benchmarks, run when Python has what
//! they need.

use serde_json::Value;
use std::path::Path;
use std::process::Command;

/// Runs a script of `benches/python` with arguments, and takes the JSON that it prints. The
/// interpreter is `python3`, or what `GAUNTLET_BENCH_PYTHON` names.
///
/// # Errors
/// Why there are no figures, for people.
pub fn run(script: &str, args: &[&str]) -> Result<Value, String> {
    let interpreter = std::env::var("GAUNTLET_BENCH_PYTHON").unwrap_or_else(|_| "python3".into());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("python").join(script);
    let output = Command::new(&interpreter)
        .arg(&path)
        .args(args)
        .output()
        .map_err(|e| format!("{interpreter} cannot be started: {e}"))?;
    if !output.status.success() {
        let words = String::from_utf8_lossy(&output.stderr);
        let last = words.lines().last().unwrap_or("no reason given").trim();
        return Err(format!(
            "{script} failed ({last}): its packages are in benches/python/requirements.txt"
        ));
    }
    serde_json::from_slice(&output.stdout).map_err(|e| format!("{script} printed no JSON: {e}"))
}
