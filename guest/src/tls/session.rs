//! One TLS session without I/O: ciphertext in, plaintext out, and the other way round.

use super::failure::tls_failure;
use super::name::server_name;
use super::records::{Output, Records};
use super::suites::{group_name, suite_name};
use crate::failure::{Failure, TlsFailure};
use rustls::client::Resumption;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, Error, HandshakeKind, ProtocolVersion, ServerConfig};
use std::net::Ipv6Addr;
use std::sync::Arc;

/// What precedes the content of a record: its type, a version and how long it is (RFC 8446, section 5.1).
const HEADER: usize = 5;

/// The most that is kept of messages of the handshake that are not complete.
const LARGEST_HANDSHAKE: usize = 64 * 1024;

/// How much of the peer's beginning is kept, to tell what it is when it does not speak TLS.
const BEGINNING: usize = 64;

/// What a client of TLS 1.3 sends before its second flight, for the sake of middleboxes (RFC 8446, appendix D.4).
const CHANGE_CIPHER_SPEC: [u8; 6] = [20, 3, 3, 0, 1, 1];

/// What was agreed on.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Facts {
    pub tls13: bool,
    /// By its IANA name.
    pub cipher_suite: String,
    /// By its IANA name. A resumed session of TLS 1.2 has none.
    pub key_exchange: Option<String>,
    /// What was sent as SNI.
    pub server_name: Option<String>,
    pub alpn: Option<Vec<u8>>,
    /// An earlier session goes on.
    pub resumed: bool,
    pub peer_certificates: Vec<Vec<u8>>,
}

impl Facts {
    /// The version, as OpenSSL and Python write it.
    pub fn version(&self) -> &'static str {
        match self.tls13 {
            true => "TLSv1.3",
            false => "TLSv1.2",
        }
    }
}

/// One side of a TLS session, perhaps spoken inside of another one.
#[derive(Debug)]
pub struct Session {
    records: Records,
    /// What a client sends.
    sni: Option<String>,
    beginning: Vec<u8>,
    /// What has arrived of a record that is not complete, or of a message of the handshake that goes over several.
    incomplete: Vec<u8>,
    /// What the peer has to be sent.
    outgoing: Vec<u8>,
    /// We say no more.
    closed: bool,
    failure: Option<TlsFailure>,
    /// The session whose plaintext our ciphertext is.
    carrier: Option<Box<Session>>,
}

impl Session {
    /// A client's session with the server of this name or address, about to say hello. Without a name there is none to be
    /// checked, nor sent.
    pub fn client(mut config: Arc<ClientConfig>, name: Option<&str>) -> Result<Self, Failure> {
        let name = match name {
            Some(name) => server_name(name)?,
            None => {
                // Sessions are remembered by the name, and all that have none would be those of one server.
                Arc::make_mut(&mut config).resumption = Resumption::disabled();
                ServerName::IpAddress(Ipv6Addr::UNSPECIFIED.into())
            }
        };
        let sni = match &name {
            ServerName::DnsName(name) if config.enable_sni => Some(name.as_ref().to_owned()),
            _ => None,
        };
        let records = Records::client(config, name)
            .map_err(|error| Failure::Tls(TlsFailure::Configuration(error.to_string())))?;
        Ok(Self::new(records, sni))
    }

    /// A server's session, which waits for a client's hello.
    pub fn server(config: Arc<ServerConfig>) -> Result<Self, TlsFailure> {
        let records = Records::server(config)
            .map_err(|error| TlsFailure::Configuration(error.to_string()))?;
        Ok(Self::new(records, None))
    }

    fn new(records: Records, sni: Option<String>) -> Self {
        let mut session = Self {
            records,
            sni,
            beginning: Vec::new(),
            incomplete: Vec::new(),
            outgoing: Vec::new(),
            closed: false,
            failure: None,
            carrier: None,
        };
        // A client's hello.
        session.go_on();
        session
    }

    /// Speaks inside of another session from now on, whose handshake is over.
    #[must_use]
    pub fn inside(mut self, carrier: Session) -> Self {
        debug_assert!(!carrier.is_handshaking());
        self.carrier = Some(Box::new(carrier));
        self
    }

    /// Takes ciphertext from the peer, which is decrypted in its place, and appends the plaintext in it to `plaintext`. What
    /// was decrypted before an error is there as well; afterwards the session has no more to give but an alert for the peer.
    pub fn feed(
        &mut self,
        ciphertext: &mut [u8],
        plaintext: &mut Vec<u8>,
    ) -> Result<(), TlsFailure> {
        let Some(carrier) = &mut self.carrier else {
            return self.feed_own(ciphertext, plaintext);
        };
        let mut carried = Vec::new();
        let fed = carrier.feed(ciphertext, &mut carried);
        let carrier_closed = carrier.peer_closed();
        self.feed_own(&mut carried, plaintext)?;
        if let Err(failure) = fed {
            self.failure = Some(failure.clone());
            return Err(failure);
        }
        match carrier_closed {
            true => self.feed_end(),
            false => Ok(()),
        }
    }

    fn feed_own(
        &mut self,
        mut ciphertext: &mut [u8],
        plaintext: &mut Vec<u8>,
    ) -> Result<(), TlsFailure> {
        if let Some(failure) = &self.failure {
            return Err(failure.clone());
        }
        let missing = BEGINNING - self.beginning.len();
        self.beginning
            .extend(ciphertext.iter().take(missing).copied());
        // What is incomplete is completed; all behind it is decrypted where it is.
        while !(self.incomplete.is_empty() || ciphertext.is_empty() || self.peer_closed()) {
            let missing = until_complete(&self.incomplete).min(ciphertext.len());
            let (now, rest) = ciphertext.split_at_mut(missing);
            self.incomplete.extend_from_slice(now);
            ciphertext = rest;
            let mut incomplete = std::mem::take(&mut self.incomplete);
            let used = self.process(&mut incomplete, plaintext)?;
            incomplete.drain(..used.min(incomplete.len()));
            self.incomplete = incomplete;
            if self.incomplete.len() > LARGEST_HANDSHAKE && !self.peer_closed() {
                let failure = TlsFailure::Protocol("a message of the handshake is too long".into());
                return Err(self.fail(failure));
            }
        }
        if self.incomplete.is_empty() && !self.peer_closed() {
            let used = self.process(ciphertext, plaintext)?;
            // Nothing is kept for a connection on which nothing comes.
            self.incomplete = ciphertext.get(used..).unwrap_or_default().to_vec();
        }
        if self.peer_closed() {
            // Behind the end there is nothing, whatever is sent there.
            self.incomplete = Vec::new();
        }
        Ok(())
    }

    /// Goes through all records that are complete, and says how many bytes they were.
    fn process(
        &mut self,
        ciphertext: &mut [u8],
        plaintext: &mut Vec<u8>,
    ) -> Result<usize, TlsFailure> {
        let mut output = Output {
            plaintext,
            ciphertext: &mut self.outgoing,
        };
        let (used, processed) = self.records.process(ciphertext, &mut output, self.closed);
        processed.map_err(|error| self.fail(tls_failure(error, &self.beginning)))?;
        Ok(used)
    }

    fn fail(&mut self, failure: TlsFailure) -> TlsFailure {
        self.failure = Some(failure.clone());
        failure
    }

    /// Lets rustls say what it has to say.
    fn go_on(&mut self) {
        if self.ended().is_none() {
            let mut incomplete = std::mem::take(&mut self.incomplete);
            // There is no record to decrypt in it.
            let used = self.process(&mut incomplete, &mut Vec::new());
            debug_assert!(matches!(used, Ok(0) | Err(_)));
            self.incomplete = incomplete;
        }
    }

    /// The failure that has ended the session: that the peer's bytes ended early has not.
    fn ended(&self) -> Option<&TlsFailure> {
        let failure = self.failure.as_ref();
        failure.filter(|it| **it != TlsFailure::Truncated)
    }

    /// The peer's bytes have ended. Without its close_notify before, something may be missing (RFC 8446, section 6.1).
    pub fn feed_end(&mut self) -> Result<(), TlsFailure> {
        match (&self.failure, self.peer_closed()) {
            (Some(failure), _) => Err(failure.clone()),
            (None, true) => Ok(()),
            (None, false) => {
                self.failure = Some(TlsFailure::Truncated);
                Err(TlsFailure::Truncated)
            }
        }
    }

    /// Encrypts plaintext and appends it to `ciphertext`, after everything else that the peer has to be sent. Not before the
    /// end of the handshake, and not after a failure that ended the session; that the peer's bytes ended early is none.
    pub fn write(&mut self, plaintext: &[u8], ciphertext: &mut Vec<u8>) -> Result<(), TlsFailure> {
        if let Some(failure) = self.ended() {
            return Err(failure.clone());
        }
        let refused = match (self.is_handshaking(), self.closed) {
            (_, true) => "no more can be written after close",
            (true, _) => "no data can be written before the end of the handshake",
            (false, false) => "",
        };
        if !refused.is_empty() {
            return Err(TlsFailure::Protocol(refused.into()));
        }
        if self.carrier.is_none() {
            return self.write_own(plaintext, ciphertext);
        }
        let mut carried = Vec::new();
        let written = self.write_own(plaintext, &mut carried);
        if let Some(carrier) = &mut self.carrier {
            carrier.write(&carried, ciphertext)?;
        }
        written
    }

    fn write_own(&mut self, plaintext: &[u8], ciphertext: &mut Vec<u8>) -> Result<(), TlsFailure> {
        ciphertext.extend(std::mem::take(&mut self.outgoing));
        let mut output = Output {
            plaintext: &mut Vec::new(),
            ciphertext,
        };
        let encrypted = self
            .records
            .encrypt(&mut self.incomplete, plaintext, &mut output);
        encrypted.map_err(|error| {
            self.fail(match error {
                // When the keys of TLS 1.2 have done their work (AES-GCM: 2^24 records), rustls says goodbye by itself.
                Error::EncryptError => {
                    TlsFailure::Protocol("no more can be sent with its keys".into())
                }
                error => tls_failure(error, &self.beginning),
            })
        })
    }

    /// Appends what the peer has to be sent to `ciphertext`: handshake, alerts, answers to a key update.
    pub fn take(&mut self, ciphertext: &mut Vec<u8>) {
        let outgoing = match self.withholds() {
            true => Vec::new(),
            false => std::mem::take(&mut self.outgoing),
        };
        // Not while the goodbye of this one would come behind it.
        let said = self.closed && (!self.is_handshaking() || self.ended().is_some());
        let Some(carrier) = &mut self.carrier else {
            return ciphertext.extend(outgoing);
        };
        if !outgoing.is_empty() {
            // It fails only when it has failed before, and then nobody hears us any more.
            let _ = carrier.write(&outgoing, ciphertext);
        }
        if said {
            carrier.close();
        }
        carrier.take(ciphertext);
    }

    /// Says goodbye, during the handshake when that is over: no more plaintext can be written.
    pub fn close(&mut self) {
        self.closed = true;
        if !self.is_handshaking() {
            self.go_on();
        }
    }

    /// Whether there is something for [`Session::take`].
    pub fn wants_write(&self) -> bool {
        let carried = self.carrier.as_ref().is_some_and(|it| it.wants_write());
        !(self.outgoing.is_empty() || self.withholds()) || carried
    }

    /// A `change_cipher_spec` that would be sent alone is withheld: it gets no answer, only an acknowledgement, which Linux
    /// delays by 40 ms, and what comes behind it would wait for that (Nagle's algorithm). rustls has it ready as soon as the
    /// server has said hello, while the rest of what the server says may still be on its way.
    fn withholds(&self) -> bool {
        self.is_handshaking() && self.outgoing == CHANGE_CIPHER_SPEC
    }

    /// Whether the handshake is still going on.
    pub fn is_handshaking(&self) -> bool {
        self.records.is_handshaking()
    }

    /// Whether the peer has said goodbye.
    pub fn peer_closed(&self) -> bool {
        self.records.peer_closed()
    }

    /// Whether we say no more.
    pub fn closed(&self) -> bool {
        self.closed
    }

    /// Why it has ended, if that was not well.
    pub fn failure(&self) -> Option<&TlsFailure> {
        self.failure.as_ref()
    }

    /// What was agreed on; nothing before the end of the handshake.
    pub fn facts(&self) -> Option<Facts> {
        if self.is_handshaking() {
            return None;
        }
        let state = self.records.state();
        let suite = state.negotiated_cipher_suite()?;
        let group = state.negotiated_key_exchange_group();
        let certificates = state.peer_certificates().unwrap_or_default();
        Some(Facts {
            tls13: state.protocol_version()? == ProtocolVersion::TLSv1_3,
            cipher_suite: suite_name(suite.suite()),
            key_exchange: group.map(|group| group_name(group.name())),
            server_name: self
                .records
                .server_name()
                .or(self.sni.as_deref())
                .map(str::to_owned),
            alpn: state.alpn_protocol().map(<[u8]>::to_vec),
            resumed: state.handshake_kind() == Some(HandshakeKind::Resumed),
            peer_certificates: certificates.iter().map(|it| it.to_vec()).collect(),
        })
    }
}

/// How much is missing of the record in front; of a message of the handshake that goes over several records nobody knows, and
/// then this may be any number: what is taken for a header there need not be one.
fn until_complete(incomplete: &[u8]) -> usize {
    let complete = match incomplete {
        [_, _, _, high, low, ..] => HEADER + usize::from(u16::from_be_bytes([*high, *low])),
        _ => HEADER,
    };
    match complete.checked_sub(incomplete.len()) {
        Some(missing @ 1..) => missing,
        _ => usize::MAX,
    }
}

#[cfg(test)]
mod tests;
