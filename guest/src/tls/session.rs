//! One TLS session without I/O: ciphertext in, plaintext out, and the other way round.

use super::failure::tls_failure;
use super::name::server_name;
use super::records::{Output, Records};
use super::suites::{group_name, suite_name};
use crate::failure::{Failure, TlsFailure};
use rustls::client::{Resumption, UnbufferedClientConnection};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, HandshakeKind, ProtocolVersion, ServerConfig};
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
    /// The peer has sent close_notify: everything that it had to say has arrived.
    peer_closed: bool,
    /// We have.
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
        let connection = UnbufferedClientConnection::new(config, name)
            .map_err(|error| Failure::Tls(TlsFailure::Configuration(error.to_string())))?;
        Ok(Self::new(Records::Client(Box::new(connection)), sni))
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
            peer_closed: false,
            closed: false,
            failure: None,
            carrier: None,
        };
        // A client's hello.
        session.go_on();
        session
    }

    /// Speaks inside of another session from now on.
    #[must_use]
    pub fn inside(mut self, carrier: Session) -> Self {
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
        while !(self.incomplete.is_empty() || ciphertext.is_empty() || self.peer_closed) {
            let missing = until_complete(&self.incomplete).min(ciphertext.len());
            let (now, rest) = ciphertext.split_at_mut(missing);
            self.incomplete.extend_from_slice(now);
            ciphertext = rest;
            let mut incomplete = std::mem::take(&mut self.incomplete);
            let used = self.process(&mut incomplete, plaintext)?;
            incomplete.drain(..used.min(incomplete.len()));
            self.incomplete = incomplete;
            if self.incomplete.len() > LARGEST_HANDSHAKE {
                let failure = TlsFailure::Protocol("a message of the handshake is too long".into());
                return Err(self.fail(failure));
            }
        }
        if self.incomplete.is_empty() && !self.peer_closed {
            let used = self.process(ciphertext, plaintext)?;
            // Nothing is kept for a connection on which nothing comes.
            self.incomplete = ciphertext.get(used..).unwrap_or_default().to_vec();
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
        let (used, processed) =
            self.records
                .process(ciphertext, &mut output, self.closed, &mut self.peer_closed);
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
            // There is no record to decrypt in it, and nothing to fail.
            let _ = self.process(&mut incomplete, &mut Vec::new());
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
        match (&self.failure, self.peer_closed) {
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
        if self.is_handshaking() {
            return Err(TlsFailure::Protocol(
                "no data may be sent before the end of the handshake".into(),
            ));
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
        ciphertext.append(&mut self.outgoing);
        if plaintext.is_empty() {
            return Ok(());
        }
        let mut output = Output {
            plaintext: &mut Vec::new(),
            ciphertext,
        };
        // When the keys of TLS 1.2 have done their work (AES-GCM: 2^24 records), rustls says goodbye by itself.
        match self
            .records
            .encrypt(&mut self.incomplete, plaintext, &mut output)
        {
            true => Ok(()),
            false => {
                let failure = TlsFailure::Protocol("no more can be sent with its keys".into());
                Err(self.fail(failure))
            }
        }
    }

    /// Appends what the peer has to be sent to `ciphertext`: handshake, alerts, answers to a key update.
    pub fn take(&mut self, ciphertext: &mut Vec<u8>) {
        let withholds = self.withholds();
        match &mut self.carrier {
            _ if withholds => {}
            None => ciphertext.append(&mut self.outgoing),
            Some(carrier) => {
                // It fails only when it has failed before, and then nobody hears us any more.
                let _ = carrier.write(&self.outgoing, ciphertext);
                self.outgoing.clear();
            }
        }
        if let Some(carrier) = &mut self.carrier {
            if self.closed {
                carrier.close();
            }
            carrier.take(ciphertext);
        }
    }

    /// Says goodbye, during the handshake when that is over: no more plaintext can be written.
    pub fn close(&mut self) {
        self.closed = true;
        self.go_on();
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
        self.peer_closed
    }

    /// Whether we have said goodbye.
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
        let suite = self.records.negotiated_cipher_suite()?;
        let group = self.records.negotiated_key_exchange_group();
        let certificates = self.records.peer_certificates().unwrap_or_default();
        Some(Facts {
            tls13: self.records.protocol_version()? == ProtocolVersion::TLSv1_3,
            cipher_suite: suite_name(suite.suite()),
            key_exchange: group.map(|group| group_name(group.name())),
            server_name: self
                .records
                .asked_for()
                .or(self.sni.as_deref())
                .map(str::to_owned),
            alpn: self.records.alpn_protocol().map(<[u8]>::to_vec),
            resumed: self.records.handshake_kind() == Some(HandshakeKind::Resumed),
            peer_certificates: certificates.iter().map(|it| it.to_vec()).collect(),
        })
    }
}

/// How much is missing of the record in front; of a message of the handshake that goes over several records nobody knows.
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
mod tests {
    use super::*;
    use crate::tls::context::{Context, Trust};
    use rustls::{ServerConfig, ServerConnection, SupportedProtocolVersion, version};
    use std::collections::VecDeque;
    use std::io::{Read, Write};

    struct Pki {
        server: Arc<ServerConfig>,
        client: Arc<ClientConfig>,
        roots: rustls::RootCertStore,
    }

    fn pki(version: &'static SupportedProtocolVersion) -> Pki {
        let made = rcgen::generate_simple_self_signed(["a.example".to_owned()]).unwrap();
        let key = made.signing_key.serialize_der().try_into().unwrap();
        let provider = Arc::new(switchboard_crypto::provider());
        let mut server = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[version])
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .unwrap();
        server.alpn_protocols = vec![b"echo".to_vec()];
        let mut context = Context::new(Trust::None);
        context.load_verify_locations(made.cert.der()).unwrap();
        let mut roots = rustls::RootCertStore::empty();
        roots.add(made.cert.der().clone()).unwrap();
        context.set_alpn_protocols(vec![b"echo".to_vec()]).unwrap();
        Pki {
            server: Arc::new(server),
            client: context.client_config().unwrap(),
            roots,
        }
    }

    fn server(pki: &Pki) -> ServerConnection {
        ServerConnection::new(pki.server.clone()).unwrap()
    }

    /// Moves all that either side has to send, in pieces of `piece` bytes. Gives the plaintext for the client.
    fn shuttle(
        session: &mut Session,
        server: &mut ServerConnection,
        piece: usize,
    ) -> Result<Vec<u8>, TlsFailure> {
        let mut plaintext = Vec::new();
        loop {
            let mut out = Vec::new();
            session.take(&mut out);
            for mut piece in out.chunks(piece) {
                while !piece.is_empty() {
                    server.read_tls(&mut piece).unwrap();
                    let _ = server.process_new_packets();
                }
            }
            let mut back = Vec::new();
            while server.wants_write() {
                server.write_tls(&mut back).unwrap();
            }
            for piece in back.chunks_mut(piece) {
                session.feed(piece, &mut plaintext)?;
            }
            if back.is_empty() && !session.wants_write() {
                return Ok(plaintext);
            }
        }
    }

    fn established(version: &'static SupportedProtocolVersion) -> (Session, ServerConnection) {
        let pki = pki(version);
        let mut session = Session::client(pki.client.clone(), Some("a.example.")).unwrap();
        let mut server = server(&pki);
        shuttle(&mut session, &mut server, usize::MAX).unwrap();
        assert!(!session.is_handshaking());
        (session, server)
    }

    #[test]
    fn facts_by_their_iana_names() {
        let (session, server) = established(&version::TLS13);
        let facts = session.facts().unwrap();
        assert!(facts.tls13);
        assert_eq!(facts.cipher_suite, "TLS_CHACHA20_POLY1305_SHA256");
        assert_eq!(facts.key_exchange.as_deref(), Some("X25519MLKEM768"));
        assert_eq!(facts.server_name.as_deref(), Some("a.example"));
        assert_eq!(facts.alpn.as_deref(), Some(b"echo".as_slice()));
        assert_eq!(facts.peer_certificates.len(), 1);
        assert_eq!(server.server_name(), Some("a.example"));

        let facts = established(&version::TLS12).0.facts().unwrap();
        assert!(!facts.tls13);
        assert_eq!(
            facts.cipher_suite,
            "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"
        );
    }

    #[test]
    fn every_boundary_may_be_split() {
        for version in [&version::TLS12, &version::TLS13] {
            for piece in [1, 2, 5, 17] {
                let pki = pki(version);
                let mut session = Session::client(pki.client.clone(), Some("a.example")).unwrap();
                assert_eq!(session.facts(), None);
                let mut server = server(&pki);
                server.writer().write_all(b"hello").unwrap();
                let plaintext = shuttle(&mut session, &mut server, piece).unwrap();
                assert_eq!(plaintext, b"hello");
            }
        }
    }

    #[test]
    fn messages_of_the_handshake_may_go_over_many_records() {
        for version in [&version::TLS12, &version::TLS13] {
            for piece in [1, 7, 1000, usize::MAX] {
                let mut pki = pki(version);
                Arc::make_mut(&mut pki.server).max_fragment_size = Some(32);
                let mut session = Session::client(pki.client.clone(), Some("a.example")).unwrap();
                let mut server = server(&pki);
                server.writer().write_all(&[7; 100]).unwrap();
                let plaintext = shuttle(&mut session, &mut server, piece).unwrap();
                assert_eq!(plaintext, [7; 100]);
                assert!(session.incomplete.is_empty());

                Arc::make_mut(&mut pki.client).max_fragment_size = Some(32);
                let mut client = Session::client(pki.client, Some("a.example")).unwrap();
                let mut server = Session::server(pki.server).unwrap();
                talk(&mut client, &mut server);
                assert!(!client.is_handshaking() && !server.is_handshaking());
            }
        }
    }

    #[test]
    fn a_message_of_the_handshake_without_end_is_refused() {
        let mut session = Session::client(pki(&version::TLS13).client, Some("a.example")).unwrap();
        // A hello of 65,535 bytes, of which each record has one.
        let mut wire = vec![22, 3, 3, 0, 4, 2, 0, 0xff, 0xff];
        wire.extend([22, 3, 3, 0, 1, 3].repeat(60_000));
        let failure = session.feed(&mut wire[..5], &mut Vec::new()).err();
        let failure = failure.or_else(|| {
            let mut pieces = wire[5..].chunks_mut(4096);
            pieces.find_map(|piece| session.feed(piece, &mut Vec::new()).err())
        });
        let expected = TlsFailure::Protocol("a message of the handshake is too long".into());
        assert_eq!(failure, Some(expected));
    }

    #[test]
    fn new_keys_at_any_time() {
        let (mut session, mut server) = established(&version::TLS13);
        let mut wire = Vec::new();
        for round in 0..3_u8 {
            server.refresh_traffic_keys().unwrap();
            server.writer().write_all(&[round; 100]).unwrap();
            while server.wants_write() {
                server.write_tls(&mut wire).unwrap();
            }
            // The end of it stays behind.
            let mut most = wire.drain(..wire.len() - 10).collect::<Vec<_>>();
            let mut plaintext = Vec::new();
            session.feed(&mut most, &mut plaintext).unwrap();
            let mut back = Vec::new();
            session.write(&[round; 50], &mut back).unwrap();
            let mut back = back.as_slice();
            while !back.is_empty() {
                server.read_tls(&mut back).unwrap();
                server.process_new_packets().unwrap();
            }
            let mut heard = [0; 50];
            server.reader().read_exact(&mut heard).unwrap();
            assert_eq!(heard, [round; 50]);
            session.feed(&mut wire, &mut plaintext).unwrap();
            assert_eq!(plaintext, [round; 100]);
            wire.clear();
        }
    }

    #[test]
    fn a_goodbye_in_the_handshake_is_said_after_it() {
        let pki = pki(&version::TLS13);
        let mut session = Session::client(pki.client.clone(), Some("a.example")).unwrap();
        let mut server = server(&pki);
        session.close();
        let early = session.write(b"early", &mut Vec::new());
        assert!(matches!(early, Err(TlsFailure::Protocol(_))));
        shuttle(&mut session, &mut server, usize::MAX).unwrap();
        assert!(!session.is_handshaking() && session.failure().is_none());
        assert!(server.process_new_packets().unwrap().peer_has_closed());
    }

    #[test]
    fn a_flight_is_whole_however_the_other_one_comes() {
        for (version, second) in [(&version::TLS12, 22), (&version::TLS13, 20)] {
            let pki = pki(version);
            let mut session = Session::client(pki.client.clone(), Some("a.example")).unwrap();
            let mut server = server(&pki);
            let (mut flights, mut coming) = (Vec::new(), VecDeque::new());
            loop {
                let mut flight = Vec::new();
                session.take(&mut flight);
                let mut wire = flight.as_slice();
                while !wire.is_empty() {
                    server.read_tls(&mut wire).unwrap();
                    server.process_new_packets().unwrap();
                }
                while server.wants_write() {
                    server.write_tls(&mut coming).unwrap();
                }
                flights.extend(flight.first().copied());
                let Some(byte) = coming.pop_front() else {
                    break;
                };
                session.feed(&mut [byte], &mut Vec::new()).unwrap();
            }
            assert!(!session.is_handshaking());
            // The hello, and one that begins with what is for middleboxes in TLS 1.3.
            assert_eq!(flights, [22, second]);
        }
    }

    #[test]
    fn bulk_both_ways_in_one_feed() {
        let (mut session, mut server) = established(&version::TLS13);
        let data: Vec<u8> = (0..300_000_u32).map(|i| (i % 251) as u8).collect();
        let mut wire = Vec::new();
        session.write(&data, &mut wire).unwrap();
        let (mut wire, mut heard) = (wire.as_slice(), Vec::<u8>::new());
        while !wire.is_empty() {
            server.read_tls(&mut wire).unwrap();
            server.process_new_packets().unwrap();
            let mut buffer = [0; 20_000];
            while let Ok(read @ 1..) = server.reader().read(&mut buffer) {
                heard.extend(&buffer[..read]);
            }
        }
        assert_eq!(heard, data);

        let mut back = Vec::new();
        for chunk in data.chunks(16_000) {
            server.writer().write_all(chunk).unwrap();
            while server.wants_write() {
                server.write_tls(&mut back).unwrap();
            }
        }
        let mut plaintext = Vec::new();
        session.feed(&mut back, &mut plaintext).unwrap();
        assert_eq!(plaintext, data);
    }

    #[test]
    fn close_notify_is_the_end_and_what_follows_is_ignored() {
        let (mut session, mut server) = established(&version::TLS13);
        server.writer().write_all(b"bye").unwrap();
        server.send_close_notify();
        let mut wire = Vec::new();
        while server.wants_write() {
            server.write_tls(&mut wire).unwrap();
        }
        wire.extend(b"rubbish after the end");
        let mut plaintext = Vec::new();
        assert_eq!(session.feed(&mut wire, &mut plaintext), Ok(()));
        assert_eq!(plaintext, b"bye");
        assert!(session.peer_closed());
        assert_eq!(session.feed_end(), Ok(()));
    }

    #[test]
    fn d2_truncation_is_seen() {
        let (mut session, _server) = established(&version::TLS13);
        assert_eq!(session.feed_end(), Err(TlsFailure::Truncated));
        assert_eq!(session.write(b"still heard", &mut Vec::new()), Ok(()));
    }

    #[test]
    fn after_our_own_goodbye_late_data_is_no_error() {
        let (mut session, mut server) = established(&version::TLS13);
        session.close();
        server.writer().write_all(b"late").unwrap();
        assert_eq!(
            shuttle(&mut session, &mut server, usize::MAX),
            Ok(b"late".to_vec())
        );
    }

    #[test]
    fn what_was_decrypted_before_an_error_is_given() {
        let (mut session, mut server) = established(&version::TLS13);
        server.writer().write_all(b"good").unwrap();
        let mut wire = Vec::new();
        server.write_tls(&mut wire).unwrap();
        wire.extend([23, 3, 3, 0, 17]);
        wire.extend([0; 17]);
        let mut plaintext = Vec::new();
        let failure = session.feed(&mut wire, &mut plaintext).unwrap_err();
        assert_eq!(
            failure,
            TlsFailure::Protocol("a record does not decrypt".into())
        );
        assert_eq!(plaintext, b"good");
        assert_eq!(
            session.feed(&mut b"more".to_vec(), &mut plaintext),
            Err(failure.clone())
        );
        assert_eq!(session.feed_end(), Err(failure.clone()));
        assert!(session.wants_write(), "an alert for the peer");
        assert_eq!(
            session.write(b"into nothing", &mut Vec::new()),
            Err(failure)
        );
    }

    #[test]
    fn a_peer_that_does_not_speak_tls() {
        let pki = pki(&version::TLS13);
        let mut session = Session::client(pki.client, Some("a.example")).unwrap();
        let mut banner = *b"220 mail.example ESMTP\r\n";
        let failure = session.feed(&mut banner, &mut Vec::new()).unwrap_err();
        let told = "it says \"220 mail.example ESMTP\"".to_owned();
        assert_eq!(failure, TlsFailure::NotTls(told));
    }

    /// Moves all that either session has to send.
    fn talk(one: &mut Session, other: &mut Session) -> [Vec<u8>; 2] {
        let mut heard = [Vec::new(), Vec::new()];
        loop {
            let (mut there, mut back) = (Vec::new(), Vec::new());
            one.take(&mut there);
            other.feed(&mut there, &mut heard[1]).unwrap();
            other.take(&mut back);
            one.feed(&mut back, &mut heard[0]).unwrap();
            if there.is_empty() && back.is_empty() {
                return heard;
            }
        }
    }

    #[test]
    fn d3_tls_inside_of_tls() {
        let pki = pki(&version::TLS13);
        let pair = || {
            let client = Session::client(pki.client.clone(), Some("a.example")).unwrap();
            let server = Session::server(pki.server.clone()).unwrap();
            (client, server)
        };
        let (mut client, mut server) = pair();
        talk(&mut client, &mut server);
        let (inner_client, inner_server) = pair();
        let mut client = inner_client.inside(client);
        let mut server = inner_server.inside(server);
        assert!(client.is_handshaking());
        talk(&mut client, &mut server);
        let facts = server.facts().unwrap();
        assert_eq!(facts.server_name.as_deref(), Some("a.example"));
        assert_eq!(facts.peer_certificates.len(), 0);

        let data: Vec<u8> = (0..100_000_u32).map(|i| (i % 251) as u8).collect();
        let mut wire = Vec::new();
        client.write(&data, &mut wire).unwrap();
        let mut heard = Vec::new();
        server.feed(&mut wire, &mut heard).unwrap();
        assert_eq!(heard, data);
        client.close();
        talk(&mut client, &mut server);
        assert!(server.peer_closed());
        assert_eq!(server.feed_end(), Ok(()));
    }

    #[test]
    fn d3_an_outer_session_that_ends_truncates_the_inner_one() {
        let (outer, mut server) = established(&version::TLS13);
        let inner = Session::client(pki(&version::TLS13).client, Some("a.example")).unwrap();
        let mut client = inner.inside(outer);
        client.take(&mut Vec::new());
        server.send_close_notify();
        let mut wire = Vec::new();
        server.write_tls(&mut wire).unwrap();
        let fed = client.feed(&mut wire, &mut Vec::new());
        assert_eq!(fed, Err(TlsFailure::Truncated));
    }

    /// TLS 1.2 with AES-GCM: here they last for 20 records instead of 2^24.
    #[test]
    fn nothing_is_lost_when_keys_are_used_up() {
        use rustls::crypto::CipherSuiteCommon;
        use rustls::{SupportedCipherSuite, Tls12CipherSuite};
        let SupportedCipherSuite::Tls12(suite) =
            switchboard_crypto::cipher_suite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
        else {
            panic!("a suite of TLS 1.2");
        };
        let short = Box::leak(Box::new(Tls12CipherSuite {
            common: CipherSuiteCommon {
                suite: suite.common.suite,
                hash_provider: suite.common.hash_provider,
                confidentiality_limit: 20,
            },
            prf_provider: suite.prf_provider,
            kx: suite.kx,
            sign: suite.sign,
            aead_alg: suite.aead_alg,
        }));
        let pki = pki(&version::TLS12);
        let mut provider = switchboard_crypto::provider();
        provider.cipher_suites = vec![SupportedCipherSuite::Tls12(short)];
        let client = ClientConfig::builder_with_provider(Arc::new(provider))
            .with_protocol_versions(&[&version::TLS12])
            .unwrap()
            .with_root_certificates(pki.roots)
            .with_no_client_auth();
        let mut client = Session::client(Arc::new(client), Some("a.example")).unwrap();
        let mut server = Session::server(pki.server).unwrap();
        talk(&mut client, &mut server);
        let (mut written, mut heard) = (0, Vec::new());
        let failure = loop {
            let mut wire = Vec::new();
            let result = client.write(b"some bytes", &mut wire);
            server.feed(&mut wire, &mut heard).unwrap();
            match result {
                Ok(()) => written += 10,
                Err(failure) => break failure,
            }
        };
        assert_eq!(heard.len(), written);
        assert!(failure.to_string().contains("its keys"), "{failure}");
        assert!(server.peer_closed());
        assert_eq!(client.write(b"more", &mut Vec::new()), Err(failure));
    }

    #[test]
    fn resumption_is_a_fact() {
        for version in [&version::TLS12, &version::TLS13] {
            let pki = pki(version);
            let resumed = || {
                let mut client = Session::client(pki.client.clone(), Some("a.example")).unwrap();
                let mut server = Session::server(pki.server.clone()).unwrap();
                talk(&mut client, &mut server);
                [client, server].map(|it| it.facts().unwrap().resumed)
            };
            assert_eq!(resumed(), [false, false]);
            assert_eq!(resumed(), [true, true]);
        }
    }

    #[test]
    fn a_wrong_name_is_refused_with_the_right_one() {
        let pki = pki(&version::TLS13);
        let mut session = Session::client(pki.client.clone(), Some("b.example")).unwrap();
        let failure = shuttle(&mut session, &mut server(&pki), usize::MAX).unwrap_err();
        assert_eq!(
            failure.to_string(),
            "certificate verify failed: name mismatch: the certificate is for a.example, not for b.example"
        );
    }
}
