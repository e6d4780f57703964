//! Where answers come from: the running node's HTTP API, or else its journal.

use crate::failure::Failure;
use crate::output::Output;
use crate::progress;
use gauntlet_journal::JournalError;
use gauntlet_readmodel::node_file::{NODE_HEADER, NodeFile};
use gauntlet_readmodel::tail::JournalTail;
use reqwest::blocking::Client;
use reqwest::redirect::Policy;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Duration;
use thiserror::Error;

/// How long the node may take to answer.
const PATIENCE: Duration = Duration::from_secs(3);
/// Inputs between two signs of life.
const CHUNK: usize = 16_384;

/// Why the HTTP API gave no answer.
#[derive(Debug, Error)]
pub enum NoAnswer {
    /// No node says where it is.
    #[error("no node runs in {data}")]
    NoNode {
        /// The data folder.
        data: String,
    },
    /// The node that runs serves no API.
    #[error("the node in {data} serves no API")]
    NoPage {
        /// The data folder.
        data: String,
    },
    /// The node that the data folder names is gone, and another one is at its address.
    #[error("{url} is not the node in {data} any more")]
    Another {
        /// Where.
        url: String,
        /// The data folder.
        data: String,
    },
    /// Nobody is there, or not in time.
    #[error("{url} does not answer ({why})")]
    Silent {
        /// Where.
        url: String,
        /// The innermost reason.
        why: String,
    },
    /// Somebody is there and refuses.
    #[error("{url} answers {status}")]
    Refused {
        /// Where.
        url: String,
        /// The HTTP status.
        status: String,
    },
    /// What came is not what a node of this version says.
    #[error("{url} does not answer as a node of version {} does ({why})", env!("CARGO_PKG_VERSION"))]
    Strange {
        /// Where.
        url: String,
        /// What is wrong with it.
        why: String,
    },
}

/// An answer, and what to say about where it comes from.
pub struct Answer<T> {
    /// The answer.
    pub value: T,
    /// That it is the journal's, and why.
    pub note: Option<String>,
    /// Whether a process runs the node. The answer is of the past when none does.
    pub running: bool,
}

impl<T: Serialize> Answer<T> {
    /// Gives the answer. That no node runs comes before it: as the first line, or around it in JSON, so
    /// that no program takes the past for the present.
    pub fn tell(self, out: &mut Output, show: impl FnOnce(&T) -> String) -> Result<(), Failure> {
        let Answer { value, note, running } = self;
        match note {
            None => out.answer(&value, || show(&value)),
            Some(note) if running => {
                eprintln!("ctl: {note}");
                out.answer(&value, || show(&value))
            }
            Some(note) => {
                let body = json!({ "running": false, "why": note, "answer": value });
                out.answer(&body, || format!("NOT RUNNING: {note}\n\n{}", show(&value)))
            }
        }
    }
}

/// See the module.
pub struct Source {
    data: PathBuf,
    journal: PathBuf,
    client: Client,
    tail: Option<JournalTail>,
}

impl Source {
    /// Asks the node of a data folder, or the journal in it.
    pub fn new(data: &Path) -> Result<Source, Failure> {
        // A node sends nobody elsewhere.
        let client = Client::builder().no_proxy().redirect(Policy::none()).timeout(PATIENCE);
        let client = client.build().map_err(|error| Failure::Failed(error.to_string()))?;
        Ok(Source {
            data: data.to_owned(),
            journal: crate::journal::directory(None, data),
            client,
            tail: None,
        })
    }

    /// The data folder.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// What the API says. Where it is, the data folder says each time, since a node that is started
    /// again may be elsewhere; and only the node that it names is believed.
    pub fn http<T: DeserializeOwned>(&self, path: &str) -> Result<T, NoAnswer> {
        let data = || self.data.display().to_string();
        let node = NodeFile::read(&self.data).ok_or_else(|| NoAnswer::NoNode { data: data() })?;
        let page = node.page.ok_or_else(|| NoAnswer::NoPage { data: data() })?;
        let url = format!("{page}{path}");
        let asked = self.client.get(&url).header(NODE_HEADER, &node.identity).send();
        let response = match asked {
            Ok(response) => response,
            Err(error) => return Err(NoAnswer::Silent { why: innermost(&error), url }),
        };
        let from = response.headers().get(NODE_HEADER).map(|from| from.as_bytes());
        if from != Some(node.identity.as_bytes()) {
            return Err(NoAnswer::Another { url, data: data() });
        }
        let status = response.status();
        if !status.is_success() {
            return Err(NoAnswer::Refused { url, status: status.to_string() });
        }
        response.json().map_err(|error| NoAnswer::Strange { why: innermost(&error), url })
    }

    /// What the API says, or else what the journal does.
    pub fn ask<T: DeserializeOwned>(
        &mut self,
        path: &str,
        from_journal: impl FnOnce(&JournalTail) -> T,
    ) -> Result<Answer<T>, Failure> {
        let why = match self.http(path) {
            Ok(value) => return Ok(Answer { value, note: None, running: true }),
            Err(why) => why,
        };
        let dir = self.journal.display().to_string();
        let running = gauntlet_journal::is_written(&self.journal);
        let tail = self.journal_tail().map_err(|error| match Failure::from(error) {
            Failure::Failed(journal) => Failure::NotReachable(format!(
                "{why}, and its journal cannot answer instead: {journal}; is it running? name its \
                 data folder with --data"
            )),
            damaged => damaged,
        })?;
        let seq = tail.projection().seq();
        let note = format!("{why}: this is from the journal in {dir}, up to input {seq}");
        Ok(Answer { value: from_journal(tail), note: Some(note), running })
    }

    /// The journal's picture, up to its end.
    fn journal_tail(&mut self) -> Result<&JournalTail, JournalError> {
        let tail = match self.tail.take() {
            Some(tail) => tail,
            None => JournalTail::open(&self.journal)?,
        };
        let tail = self.tail.insert(tail);
        let progress = progress::inputs("reading the journal");
        let read = loop {
            match tail.follow(CHUNK) {
                Ok(0) => break Ok(()),
                Ok(_) => progress.set_position(tail.projection().counts().inputs),
                Err(error) => break Err(error),
            }
        };
        progress.finish_and_clear();
        read?;
        Ok(tail)
    }

    /// The journal's directory, as a name for what has none.
    pub fn journal_name(&self) -> String {
        self.journal.display().to_string()
    }
}

/// A name as one part of a path.
pub fn segment(name: &str) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(byte);
    let dots = name.bytes().all(|byte| byte == b'.');
    name.bytes().fold(String::new(), |text, byte| match plain(&byte) && !dots {
        true => text + &char::from(byte).to_string(),
        false => text + &format!("%{byte:02X}"),
    })
}

fn innermost(error: &dyn Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}
