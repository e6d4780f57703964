//! Where answers come from: the running node's HTTP API, or else its journal.

use crate::failure::Failure;
use crate::progress;
use gauntlet_journal::JournalError;
use gauntlet_readmodel::tail::JournalTail;
use reqwest::blocking::Client;
use serde::de::DeserializeOwned;
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
}

impl<T> Answer<T> {
    /// The answer, with the note told on stderr.
    pub fn or_say_where_from(self) -> T {
        if let Some(note) = self.note {
            eprintln!("ctl: {note}");
        }
        self.value
    }
}

/// See the module.
pub struct Source {
    url: String,
    journal: PathBuf,
    client: Client,
    tail: Option<JournalTail>,
}

impl Source {
    /// Asks the node at `url`, or the journal in the data directory.
    pub fn new(url: &str, data: &Path) -> Result<Source, Failure> {
        let address = reqwest::Url::parse(url).ok().filter(|url| url.has_host());
        if address.is_none_or(|url| url.scheme() != "http") {
            return Err(Failure::Usage(format!(
                "{url} is no address: it must be like http://127.0.0.1:8080"
            )));
        }
        let client = Client::builder().no_proxy().timeout(PATIENCE).build();
        let client = client.map_err(|error| Failure::Failed(error.to_string()))?;
        Ok(Source {
            url: url.trim_end_matches('/').to_owned(),
            journal: crate::journal::directory(None, data),
            client,
            tail: None,
        })
    }

    /// What the API says.
    pub fn http<T: DeserializeOwned>(&self, path: &str) -> Result<T, NoAnswer> {
        let url = format!("{}{path}", self.url);
        let response = match self.client.get(&url).send() {
            Ok(response) => response,
            Err(error) => return Err(NoAnswer::Silent { why: innermost(&error), url }),
        };
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
            Ok(value) => return Ok(Answer { value, note: None }),
            Err(why) => why,
        };
        let dir = self.journal.display().to_string();
        let tail = self.journal_tail().map_err(|error| match Failure::from(error) {
            Failure::Failed(journal) => Failure::NotReachable(format!(
                "{why}, and its journal cannot answer instead: {journal}; is it running? name its \
                 address with --url, or its data directory with --data"
            )),
            damaged => damaged,
        })?;
        let seq = tail.projection().seq();
        let note = format!("{why}: this is from the journal in {dir}, up to input {seq}");
        Ok(Answer { value: from_journal(tail), note: Some(note) })
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

fn innermost(error: &dyn Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}
