use super::*;
use crate::tls::context::{Context, Trust};
use rustls::server::StoresServerSessions;
use rustls::{ServerConfig, ServerConnection, SupportedProtocolVersion, version};
use std::collections::VecDeque;
use std::io::{Read, Write};
use std::sync::Mutex;

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
        for _ in 0..3 {
            assert_eq!(resumed(), [true, true]);
        }
    }
}

/// Of TLS 1.2: whichever of its sessions is asked for, it takes it for the first one.
#[derive(Debug, Default)]
struct Confused(Mutex<Vec<(Vec<u8>, Vec<u8>)>>);

impl StoresServerSessions for Confused {
    fn put(&self, id: Vec<u8>, session: Vec<u8>) -> bool {
        self.0.lock().unwrap().push((id, session));
        true
    }
    fn get(&self, id: &[u8]) -> Option<Vec<u8>> {
        let sessions = self.0.lock().unwrap();
        sessions.iter().find(|it| it.0 == id)?;
        sessions.first().map(|it| it.1.clone())
    }
    fn take(&self, _: &[u8]) -> Option<Vec<u8>> {
        None
    }
    fn can_cache(&self) -> bool {
        true
    }
}

#[test]
fn a_session_that_cannot_be_resumed_is_forgotten() {
    let mut pki = pki(&version::TLS12);
    Arc::make_mut(&mut pki.server).session_storage = Arc::new(Confused::default());
    let connect = |config: &Arc<ClientConfig>| {
        let mut client = Session::client(config.clone(), Some("a.example")).unwrap();
        shuttle(&mut client, &mut server(&pki), usize::MAX)?;
        Ok(client.facts().unwrap().resumed)
    };
    assert_eq!(
        [connect(&pki.client), connect(&pki.client)],
        [Ok(false), Ok(true)]
    );
    let mut other = (*pki.client).clone();
    other.resumption = crate::tls::resumption::remembering(8);
    let other = Arc::new(other);
    assert_eq!(connect(&other), Ok(false));
    // Its session is taken for the first one's.
    let failure = TlsFailure::Protocol("a record does not decrypt".into());
    assert_eq!(connect(&other), Err(failure));
    assert_eq!(connect(&other), Ok(false));
}

#[test]
fn a_server_hears_a_hello_in_pieces() {
    for piece in [1, 7, 1000] {
        let pki = pki(&version::TLS13);
        let mut client = Session::client(pki.client, Some("a.example")).unwrap();
        let mut server = Session::server(pki.server).unwrap();
        for _ in 0..3 {
            let (mut there, mut back) = (Vec::new(), Vec::new());
            client.take(&mut there);
            for piece in there.chunks_mut(piece) {
                server.feed(piece, &mut Vec::new()).unwrap();
            }
            server.take(&mut back);
            client.feed(&mut back, &mut Vec::new()).unwrap();
        }
        let facts = server.facts().unwrap();
        assert_eq!(facts.server_name.as_deref(), Some("a.example"));
    }
}

#[test]
fn the_name_is_known_after_a_second_hello_and_of_a_resumed_session() {
    let mut pki = pki(&version::TLS13);
    // The client guesses a group that this server has not.
    let mut provider = switchboard_crypto::provider();
    provider.kx_groups = vec![switchboard_crypto::kx_group::SECP384R1];
    let mut server = ServerConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(&[&version::TLS13])
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(pki.server.cert_resolver.clone());
    server.alpn_protocols = pki.server.alpn_protocols.clone();
    pki.server = Arc::new(server);
    for resumed in [false, true] {
        let mut client = Session::client(pki.client.clone(), Some("a.example")).unwrap();
        let mut server = Session::server(pki.server.clone()).unwrap();
        talk(&mut client, &mut server);
        let facts = server.facts().unwrap();
        assert_eq!(facts.server_name.as_deref(), Some("a.example"));
        assert_eq!(facts.resumed, resumed);
    }
}

#[test]
fn what_is_behind_the_end_is_not_kept() {
    let pki = pki(&version::TLS13);
    let mut config = (*pki.server).clone();
    config.max_fragment_size = Some(32);
    let mut session = Session::client(pki.client, Some("a.example")).unwrap();
    let mut server = ServerConnection::new(Arc::new(config)).unwrap();
    shuttle(&mut session, &mut server, usize::MAX).unwrap();
    server.refresh_traffic_keys().unwrap();
    server.send_close_notify();
    let mut wire = Vec::new();
    while server.wants_write() {
        server.write_tls(&mut wire).unwrap();
    }
    let half = wire.len() / 2;
    wire.extend([23; 100_000]);
    let (front, rest) = wire.split_at_mut(half);
    session.feed(front, &mut Vec::new()).unwrap();
    session.feed(rest, &mut Vec::new()).unwrap();
    assert!(session.peer_closed() && session.incomplete.is_empty());
    // Our direction is open still, and closes.
    let mut last = Vec::new();
    session.write(b"last", &mut last).unwrap();
    session.close();
    session.close();
    session.take(&mut last);
    let mut last = last.as_slice();
    while !last.is_empty() {
        server.read_tls(&mut last).unwrap();
    }
    assert!(server.process_new_packets().unwrap().peer_has_closed());
    let written = session.write(b"more", &mut Vec::new());
    assert!(matches!(written, Err(TlsFailure::Protocol(_))));
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
