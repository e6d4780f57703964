//! How a node is found: its data folder is its one address.
//!
//! A node keeps a file in its data folder that says where its page is and who it is. Whoever asks
//! there says whom he means, and takes the answer of nobody else: a port may belong to another node by
//! now. The control socket lies in the same folder, so a command and a question that name one folder
//! reach one node.

use gauntlet_journal::private;
use serde::{Deserialize, Serialize};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// Name of the file in the data folder.
pub const NODE_FILE: &str = "node.json";
/// Name of the HTTP header that names the node that is asked, and the one that answers.
pub const NODE_HEADER: &str = "x-gauntlet-node";
/// Name of the file in the data folder with the configuration that its node was last allowed to trade
/// under: one line `key = value` a key.
pub const ACCEPTED_FILE: &str = "configuration.accepted";
/// Longest file that is read.
const BYTES_MAX: u64 = 4096;

/// What a running node says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeFile {
    /// Tells this process's node from every other one, earlier ones of the same folder included.
    pub identity: String,
    /// Its process.
    pub pid: u32,
    /// Seconds since the epoch when its journal was made.
    pub epoch: u64,
    /// Its run in that journal, from 1.
    pub run: u32,
    /// Where its page and API are, as `http://HOST:PORT`; `None` when they are not served.
    pub page: Option<String>,
}

/// An identity that no other node has.
pub fn new_identity() -> String {
    // Each `RandomState` has keys of its own, of the system's randomness.
    let half = || RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}", half(), half())
}

/// The page's address as this machine reaches it.
pub fn page_of(listen: SocketAddr) -> String {
    let reached = match listen {
        SocketAddr::V4(v4) if v4.ip().is_unspecified() => ([127, 0, 0, 1], v4.port()).into(),
        SocketAddr::V6(v6) if v6.ip().is_unspecified() => {
            SocketAddr::from((std::net::Ipv6Addr::LOCALHOST, v6.port()))
        }
        other => other,
    };
    format!("http://{reached}")
}

impl NodeFile {
    /// Reads the file in a data folder; `None` when no node has left one there. One that cannot be
    /// read is none: the journal answers for it.
    pub fn read(data: &Path) -> Option<NodeFile> {
        let path = data.join(NODE_FILE);
        let length = std::fs::metadata(&path).ok()?.len();
        if length > BYTES_MAX {
            return None;
        }
        serde_json::from_slice(&std::fs::read(path).ok()?).ok()
    }

    /// Writes the file into a data folder. It goes with what is returned.
    ///
    /// # Errors
    /// What the system says.
    pub fn publish(&self, data: &Path) -> io::Result<Published> {
        let path = data.join(NODE_FILE);
        private::replace_file(&path, &serde_json::to_vec_pretty(self)?)?;
        Ok(Published { data: data.to_owned(), identity: self.identity.clone() })
    }
}

/// What may be named in commands to a node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// Accounts.
    pub accounts: Vec<String>,
    /// Bots.
    pub bots: Vec<String>,
    /// Symbols of instruments.
    pub symbols: Vec<String>,
}

impl Names {
    /// The names of the configuration that the node of a data folder was last allowed to trade under,
    /// whether it runs or not; none where that cannot be read.
    pub fn read(data: &Path) -> Names {
        let text = std::fs::read_to_string(data.join(ACCEPTED_FILE)).unwrap_or_default();
        let named = |kind: &str, key: &str| {
            let name = |line: &str| {
                let line = line.split_once(" = ")?.0;
                Some(line.strip_prefix(kind)?.strip_suffix(key)?.to_owned())
            };
            text.lines().filter_map(name).collect()
        };
        Names {
            accounts: named("account.", ".messages_per_second"),
            bots: named("bot.", ".stage"),
            symbols: named("instrument.", ".collar_ticks"),
        }
    }
}

/// The file of a node that runs; removed when this is dropped.
#[derive(Debug)]
pub struct Published {
    data: PathBuf,
    identity: String,
}

impl Drop for Published {
    fn drop(&mut self) {
        // A node that was started here meanwhile has a file of its own. One that is left behind names a
        // node that nobody answers for.
        if NodeFile::read(&self.data).is_some_and(|node| node.identity == self.identity) {
            let _left = std::fs::remove_file(self.data.join(NODE_FILE));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_is_found_while_it_runs_and_not_afterwards() {
        let data = tempfile::tempdir().expect("a folder");
        assert_eq!(NodeFile::read(data.path()), None);
        let node = NodeFile {
            identity: new_identity(),
            pid: 7,
            epoch: 1,
            run: 2,
            page: Some(page_of(([0, 0, 0, 0], 8080).into())),
        };
        let published = node.publish(data.path()).expect("written");
        let read = NodeFile::read(data.path()).expect("there");
        assert_eq!(read, node);
        assert_eq!(read.page.as_deref(), Some("http://127.0.0.1:8080"));
        drop(published);
        assert_eq!(NodeFile::read(data.path()), None);
    }

    #[test]
    fn no_two_nodes_have_one_identity() {
        let identities: std::collections::HashSet<_> = (0..64).map(|_| new_identity()).collect();
        assert_eq!(identities.len(), 64);
        assert!(identities.iter().all(|one| one.len() == 32));
    }

    #[test]
    fn what_is_no_such_file_names_no_node() {
        let data = tempfile::tempdir().expect("a folder");
        for text in ["", "{", "{\"pid\": 1}", &" ".repeat(5000)] {
            std::fs::write(data.path().join(NODE_FILE), text).expect("written");
            assert_eq!(NodeFile::read(data.path()), None, "{text:?}");
        }
    }
}
