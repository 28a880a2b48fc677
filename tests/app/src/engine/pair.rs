//! A client and a server in memory.

use super::file;
use crate::arguments::{self, Arguments};
use crate::bindings::switchboard::connect::tls::{Context, TlsFailure, Trust, Version};
use crate::bindings::switchboard::connect::tls_engine::Session;

/// The settings of both.
pub(crate) struct Contexts {
    pub(crate) client: Context,
    pub(crate) server: Context,
}

impl Contexts {
    /// From `ca=`, `cert=` and `key=`, of this version alone, with the cheapest group.
    pub(crate) fn new(arguments: &Arguments, version: Version) -> Result<Self, String> {
        let path: String = arguments.required("ca")?;
        let client = arguments::trusting(&path)?;
        let server = Context::new(Trust::None);
        let (certificates, key) = (file(arguments, "cert")?, file(arguments, "key")?);
        fine(server.load_cert_chain(&certificates, &key, None))?;
        for context in [&client, &server] {
            fine(context.set_versions(version, version))?;
            fine(context.set_groups(&["x25519".to_owned()]))?;
            context.set_session_cache_size(0);
        }
        Ok(Self { client, server })
    }

    pub(crate) fn pair(&self) -> Result<(Session, Session), String> {
        let client = fine(Session::client(&self.client, Some("localhost")))?;
        Ok((client, fine(Session::server(&self.server))?))
    }

    /// With the handshake done.
    pub(crate) fn open(&self) -> Result<(Session, Session), String> {
        let (client, server) = self.pair()?;
        shuttle(&client, &server)?;
        Ok((client, server))
    }
}

/// Moves all that each has for the other.
pub(crate) fn shuttle(one: &Session, other: &Session) -> Result<(), String> {
    loop {
        let moved = hand_over(one, other)? + hand_over(other, one)?;
        if moved == 0 {
            return Ok(());
        }
    }
}

/// Moves all that one has for the other, which has to take it.
pub(crate) fn hand_over(from: &Session, to: &Session) -> Result<usize, String> {
    let bytes = from.drain(u32::MAX);
    let mut left = &bytes[..];
    while !left.is_empty() {
        let taken = fine(to.feed(left))? as usize;
        super::expect(taken > 0, "nothing is taken")?;
        left = &left[taken..];
    }
    Ok(bytes.len())
}

pub(crate) fn fine<T>(result: Result<T, TlsFailure>) -> Result<T, String> {
    result.map_err(|failure| format!("{failure:?}"))
}
