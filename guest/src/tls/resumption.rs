//! What a client remembers of its sessions.

use rustls::NamedGroup;
use rustls::client::{
    ClientSessionMemoryCache, ClientSessionStore, Resumption, Tls12ClientSessionValue,
    Tls13ClientSessionValue,
};
use rustls::pki_types::ServerName;
use std::sync::Arc;

/// At least that many sessions, or none.
pub(super) fn remembering(sessions: usize) -> Resumption {
    match sessions {
        0 => Resumption::disabled(),
        sessions => Resumption::store(Arc::new(Once(ClientSessionMemoryCache::new(sessions)))),
    }
}

/// Gives each session once, those of TLS 1.2 too. One that the server takes for another one fails, and would fail every
/// connection to that server from then on; one that is resumed is stored again.
#[derive(Debug)]
struct Once(ClientSessionMemoryCache);

impl ClientSessionStore for Once {
    fn set_kx_hint(&self, server: ServerName<'static>, group: NamedGroup) {
        self.0.set_kx_hint(server, group);
    }

    fn kx_hint(&self, server: &ServerName<'_>) -> Option<NamedGroup> {
        self.0.kx_hint(server)
    }

    fn set_tls12_session(&self, server: ServerName<'static>, session: Tls12ClientSessionValue) {
        self.0.set_tls12_session(server, session);
    }

    fn tls12_session(&self, server: &ServerName<'_>) -> Option<Tls12ClientSessionValue> {
        let session = self.0.tls12_session(server)?;
        self.0.remove_tls12_session(&server.to_owned());
        Some(session)
    }

    fn remove_tls12_session(&self, server: &ServerName<'static>) {
        self.0.remove_tls12_session(server);
    }

    fn insert_tls13_ticket(&self, server: ServerName<'static>, ticket: Tls13ClientSessionValue) {
        self.0.insert_tls13_ticket(server, ticket);
    }

    fn take_tls13_ticket(&self, server: &ServerName<'static>) -> Option<Tls13ClientSessionValue> {
        self.0.take_tls13_ticket(server)
    }
}
