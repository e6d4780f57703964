//! Which node is meant. Its data folder is its one address: the control socket lies there, the journal
//! does, and a file there says where its API is. So whatever a command line says reaches one node.

use crate::failure::Failure;
use gauntlet_readmodel::command_wire::SOCKET_NAME;
use gauntlet_readmodel::environment;
use std::ffi::OsString;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};

/// The data folders of `gauntlet run` and `gauntlet demo` where nothing else is said.
const USUAL: [&str; 2] = ["var/run", "var/demo"];

/// The data folder that is meant: what `--data` says, or else `GAUNTLET_DATA`, or else the one of the
/// usual folders where a node runs, or where there is anything at all.
///
/// # Errors
/// The environment has a name near to one of ours, and nothing on the command line goes before it; or
/// both usual folders could be meant.
pub fn folder(asked: Option<PathBuf>) -> Result<PathBuf, Failure> {
    if let Some(asked) = asked {
        return Ok(asked);
    }
    // Beside --data the environment says nothing, and must not stand in the way of a kill.
    environment::check(std::env::vars_os()).map_err(|error| {
        Failure::Usage(format!("{error}; or say which node is meant with --data"))
    })?;
    match named_by_environment(std::env::var_os(environment::DATA)) {
        Some(folder) => Ok(folder),
        None => usual(Path::new("")),
    }
}

fn named_by_environment(value: Option<OsString>) -> Option<PathBuf> {
    value.filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// The usual folder that is meant, seen from `from`.
fn usual(from: &Path) -> Result<PathBuf, Failure> {
    let [run, demo] = USUAL.map(|usual| from.join(usual));
    let choose = |is: &dyn Fn(&Path) -> bool, what: &str| match (is(&run), is(&demo)) {
        (true, true) => Err(Failure::Usage(format!(
            "{} and {} both {what}: say which one is meant with --data",
            run.display(),
            demo.display()
        ))),
        (true, false) => Ok(Some(run.clone())),
        (false, true) => Ok(Some(demo.clone())),
        (false, false) => Ok(None),
    };
    if let Some(running) = choose(&runs, "have a node that runs")? {
        return Ok(running);
    }
    Ok(choose(&|folder| folder.exists(), "are there, and no node runs")?.unwrap_or(demo))
}

/// Whether a node reads the control socket of a data folder.
fn runs(folder: &Path) -> bool {
    UnixDatagram::unbound().and_then(|asker| asker.connect(folder.join(SOCKET_NAME))).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn what_is_said_goes_before_what_is_found() {
        assert_eq!(folder(Some("x".into())).ok(), Some("x".into()));
        assert_eq!(named_by_environment(Some("y".into())), Some("y".into()));
        assert_eq!(named_by_environment(Some("".into())), None);
    }

    #[test]
    fn the_usual_folder_is_the_one_where_a_node_runs_and_never_a_guess() {
        let dir = tempfile::tempdir().expect("a folder");
        let found = || usual(dir.path()).map_err(|error| error.to_string());
        let [run, demo] = USUAL.map(|usual| dir.path().join(usual));
        assert_eq!(found(), Ok(demo.clone()));
        fs::create_dir_all(&run).expect("made");
        assert_eq!(found(), Ok(run.clone()));
        fs::create_dir_all(&demo).expect("made");
        let error = found().expect_err("either");
        assert!(error.contains("no node runs") && error.contains("--data"), "{error}");
        let running = UnixDatagram::bind(demo.join(SOCKET_NAME)).expect("bound");
        assert_eq!(found(), Ok(demo.clone()));
        let other = UnixDatagram::bind(run.join(SOCKET_NAME)).expect("bound");
        assert!(found().expect_err("both").contains("both have a node that runs"));
        // A socket that a dead node left behind is no node.
        drop(running);
        assert_eq!(found(), Ok(run));
        drop(other);
        assert!(found().is_err());
    }
}
