//! The command line.

use crate::Outcome;
use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;
use switchboard_client::{Connector, Tls, TlsContext, Trust};

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

    /// The word at this place.
    pub(crate) fn word(&self, at: usize) -> Outcome<&str> {
        let word = self.words.get(at).map(String::as_str);
        Ok(word.ok_or_else(|| format!("word {} is missing", at + 1))?)
    }

    /// The number at this place.
    pub(crate) fn count(&self, at: usize) -> Outcome<u64> {
        Ok(self.word(at)?.parse()?)
    }

    /// An option that may be missing.
    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        let mut found = self.options.iter().filter(|(name, _)| name == key);
        found.next().map(|(_, value)| value.as_str())
    }

    /// An option that may not be missing.
    pub(crate) fn required<T: FromStr>(&self, key: &str) -> Outcome<T> {
        let value = self.get(key).ok_or_else(|| format!("{key}= is missing"))?;
        let parsed = value.parse();
        Ok(parsed.map_err(|_| format!("{key}={value} cannot be understood"))?)
    }

    /// How to speak TLS, if `ca=FILE` asks for it: with trust in the certificates of this file alone.
    pub(crate) fn tls(&self) -> Outcome<Option<Tls>> {
        let Some(path) = self.get("ca") else {
            return Ok(None);
        };
        let context = TlsContext::trusting(Trust::None);
        context.add_roots(&std::fs::read(path)?)?;
        let protocols = self.get("alpn").into_iter().flat_map(|it| it.split(','));
        context.set_alpn_protocols(protocols)?;
        let name = self.get("name").unwrap_or("localhost");
        let tls = Tls::with(&context).server_name(name);
        Ok(Some(match self.get("handshake") {
            Some(milliseconds) => {
                tls.handshake_timeout(Duration::from_millis(milliseconds.parse()?))
            }
            None => tls,
        }))
    }

    /// To `server=`.
    pub(crate) fn plain(&self) -> Outcome<Connector> {
        let server: SocketAddr = self.required("server")?;
        Ok(Connector::new(server.ip().to_string(), server.port()))
    }

    /// To `server=`, with TLS if there is a `ca=`.
    pub(crate) fn connector(&self) -> Outcome<Connector> {
        let connector = self.plain()?;
        Ok(match self.tls()? {
            Some(tls) => connector.tls(tls),
            None => connector,
        })
    }
}
