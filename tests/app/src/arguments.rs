//! The command line: words, and options as `key=value`, in any order.

use crate::bindings::switchboard::connect::tls::{Context, Trust};
use std::net::SocketAddr;
use std::str::FromStr;

pub(crate) struct Arguments {
    words: Vec<String>,
    options: Vec<(String, String)>,
}

impl Arguments {
    /// Of the whole command line, whose first word is the name of the program.
    pub(crate) fn parse(arguments: Vec<String>) -> Self {
        let (mut words, mut options) = (Vec::new(), Vec::new());
        for argument in arguments.into_iter().skip(1) {
            match argument.split_once('=') {
                Some((key, value)) => options.push((key.to_owned(), value.to_owned())),
                None => words.push(argument),
            }
        }
        Self { words, options }
    }

    /// Refuses options that are not among these: one that is not heard could be the one that asks for TLS.
    pub(crate) fn only(&self, known: &[&str]) -> Result<(), String> {
        let mut unknown = self
            .options
            .iter()
            .filter(|(key, _)| !known.contains(&key.as_str()));
        match unknown.next() {
            Some((key, _)) => Err(format!("there is no option {key}=")),
            None => Ok(()),
        }
    }

    /// The word at this place.
    pub(crate) fn word(&self, at: usize) -> Result<&str, String> {
        let word = self.words.get(at).map(String::as_str);
        word.ok_or_else(|| format!("word {} is missing", at + 1))
    }

    /// The number at this place.
    pub(crate) fn count(&self, at: usize) -> Result<u64, String> {
        let word = self.word(at)?;
        word.parse().map_err(|_| format!("{word} is no number"))
    }

    /// An option that may be missing.
    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        let mut found = self.options.iter().filter(|(name, _)| name == key);
        found.next().map(|(_, value)| value.as_str())
    }

    /// An option that may be missing, as something else than text.
    pub(crate) fn parsed<T: FromStr>(&self, key: &str) -> Result<Option<T>, String> {
        let parsed = self.get(key).map(|value| {
            let parsed = value.parse();
            parsed.map_err(|_| format!("{key}={value} cannot be understood"))
        });
        parsed.transpose()
    }

    /// An option that may not be missing.
    pub(crate) fn required<T: FromStr>(&self, key: &str) -> Result<T, String> {
        self.parsed(key)?
            .ok_or_else(|| format!("{key}= is missing"))
    }

    /// Where a server is.
    pub(crate) fn server(&self, key: &str) -> Result<SocketAddr, String> {
        self.required(key)
    }

    /// The settings of TLS that `ca=FILE` asks for: trust in the certificates of this file alone.
    pub(crate) fn context(&self) -> Result<Option<Context>, String> {
        self.get("ca").map(trusting).transpose()
    }
}

/// Settings of TLS that trust the certificates of this file alone.
pub(crate) fn trusting(path: &str) -> Result<Context, String> {
    let certificates = std::fs::read(path).map_err(|error| format!("{path}: {error}"))?;
    let context = Context::new(Trust::None);
    let loaded = context.load_verify_locations(&certificates);
    loaded.map_err(|failure| format!("{path}: {failure:?}"))?;
    Ok(context)
}
