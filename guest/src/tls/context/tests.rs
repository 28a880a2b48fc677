use super::*;
use crate::tls::suites::{group_name, suite_name};
use crate::tls::testing::{Pair, Pki};
use rustls::{HandshakeKind, ProtocolVersion};
use std::io::Write;

fn sides() -> (Context, Context) {
    let pki = Pki::new("Root");
    (pki.trusted(), pki.serving("a.example"))
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

#[test]
fn nothing_trusted_is_said() {
    let mut context = Context::new(Trust::None);
    let nobody = "the TLS context trusts no certificate at all";
    let failure = context.client_config().unwrap_err();
    assert_eq!(failure.to_string(), nobody);
    // A server trusts nobody unless it asks.
    let mut server = Pki::new("Root").serving("a.example");
    assert!(server.server_config().is_ok());
    server.set_client_verify_mode(ClientVerifyMode::Optional);
    let failure = server.server_config().unwrap_err();
    assert_eq!(failure.to_string(), nobody);

    context.set_verify_mode(VerifyMode::InsecureNone);
    assert!(context.client_config().is_ok());
}

#[test]
fn alpn_lengths() {
    let mut context = Context::default();
    assert!(context.set_alpn_protocols(vec![vec![]]).is_err());
    assert!(context.set_alpn_protocols(vec![vec![b'x'; 256]]).is_err());
    assert!(
        context
            .set_alpn_protocols(vec![vec![b'x'; 255]; 255])
            .is_ok()
    );
    assert!(
        context
            .set_alpn_protocols(vec![vec![b'x'; 255]; 300])
            .is_err()
    );
    assert_eq!(context.alpn.len(), 255);
    assert_eq!(context.set_alpn_protocols(vec![b"h2".to_vec()]), Ok(()));
    assert_eq!(context.client_config().unwrap().alpn_protocols, [b"h2"]);
}

#[test]
fn alpn_is_agreed_on() {
    let (mut client, mut server) = sides();
    let (h1, h2) = (b"http/1.1".to_vec(), b"h2".to_vec());
    client.set_alpn_protocols(vec![h2.clone(), h1]).unwrap();
    server.set_alpn_protocols(vec![h2]).unwrap();
    let pair = Pair::of(&client, &server).established();
    assert_eq!(pair.client.alpn_protocol(), Some(b"h2".as_slice()));
}

#[test]
fn the_configuration_is_made_once_and_again_after_a_change() {
    type Change = fn(&mut Context);
    let changes: [Change; 11] = [
        |it| it.set_alpn_protocols(Vec::new()).unwrap(),
        |it| it.set_verify_mode(VerifyMode::Required),
        |it| it.set_check_hostname(true),
        |it| it.set_versions(Version::Tls12, Version::Tls13).unwrap(),
        |it| it.set_cipher_suites(&[]).unwrap(),
        |it| it.set_groups(&[]).unwrap(),
        |it| it.set_server_name_indication(true),
        |it| it.set_session_cache_size(1),
        |it| it.set_max_fragment_size(None).unwrap(),
        |it| it.set_key_log(true),
        |it| it.set_client_verify_mode(ClientVerifyMode::None),
    ];
    let pki = Pki::new("Root");
    let mut context = pki.trusted();
    let check = |context: &mut Context, change: &dyn Fn(&mut Context)| {
        let client = context.client_config().unwrap();
        let server = context.server_config().unwrap();
        assert!(Arc::ptr_eq(&client, &context.client_config().unwrap()));
        assert!(Arc::ptr_eq(&server, &context.server_config().unwrap()));
        change(context);
        assert!(!Arc::ptr_eq(&client, &context.client_config().unwrap()));
        assert!(!Arc::ptr_eq(&server, &context.server_config().unwrap()));
    };
    let leaf = pki.issue("a.example");
    leaf.load_into(&mut context);
    for change in changes {
        check(&mut context, &change);
    }
    check(&mut context, &|it| leaf.load_into(it));
    let list = pki.revokes(1);
    check(&mut context, &|it| {
        it.load_revocation_lists(list.der()).unwrap();
    });
    check(&mut context, &|it| {
        it.load_verify_locations(pki.ca.der()).unwrap();
    });
}

#[test]
fn what_cannot_be_fulfilled_changes_nothing() {
    let (mut client, mut server) = sides();
    let suites = names(&["TLS_AES_256_GCM_SHA384"]);
    client.set_cipher_suites(&suites).unwrap();
    leaf_of_another(&mut server);
    let (before, serving) = (client.client_config(), server.server_config());
    assert!(client.set_versions(Version::Tls13, Version::Tls12).is_err());
    assert!(client.set_versions(Version::Tls12, Version::Tls12).is_err());
    assert!(client.set_cipher_suites(&names(&["NULL"])).is_err());
    assert!(client.set_groups(&names(&["x448"])).is_err());
    assert!(client.set_max_fragment_size(Some(31)).is_err());
    assert!(client.load_verify_locations(b"").is_err());
    assert!(client.load_revocation_lists(b"").is_err());
    assert!(client.load_cert_chain(b"", b"", None).is_err());
    let same = |before: &Arc<_>, now: &Arc<_>| Arc::ptr_eq(before, now);
    assert!(same(&before.unwrap(), &client.client_config().unwrap()));
    assert!(Arc::ptr_eq(
        &serving.unwrap(),
        &server.server_config().unwrap()
    ));
    let pair = Pair::of(&client, &server).established();
    let suite = pair.client.negotiated_cipher_suite().unwrap().suite();
    assert_eq!(suite_name(suite), suites[0]);
}

/// Gives it a certificate with a key that is not its own.
fn leaf_of_another(server: &mut Context) {
    let pki = Pki::new("Another");
    let (leaf, other) = (pki.issue("a.example"), pki.issue("a.example"));
    let key = other.key.serialize_der();
    let failure = server.load_cert_chain(leaf.certificate.der(), &key, None);
    assert_eq!(
        failure.unwrap_err().to_string(),
        "cannot load the certificate: the private key is not that of the certificate"
    );
}

#[test]
fn versions() {
    for (minimum, maximum, spoken) in [
        (Version::Tls12, Version::Tls13, ProtocolVersion::TLSv1_3),
        (Version::Tls12, Version::Tls12, ProtocolVersion::TLSv1_2),
        (Version::Tls13, Version::Tls13, ProtocolVersion::TLSv1_3),
    ] {
        for client_is_set in [true, false] {
            let (mut client, mut server) = sides();
            let set = match client_is_set {
                true => &mut client,
                false => &mut server,
            };
            set.set_versions(minimum, maximum).unwrap();
            let pair = Pair::of(&client, &server).established();
            assert_eq!(pair.client.protocol_version(), Some(spoken));
        }
    }
    let (mut client, mut server) = sides();
    client.set_versions(Version::Tls12, Version::Tls12).unwrap();
    server.set_versions(Version::Tls13, Version::Tls13).unwrap();
    let pair = Pair::of(&client, &server);
    assert!(matches!(
        pair.server_failed,
        Some(TlsFailure::Incompatible(_))
    ));
}

#[test]
fn suites_and_groups_are_those_that_are_set() {
    for suite in [
        "TLS_AES_128_GCM_SHA256",
        "TLS_AES_256_GCM_SHA384",
        "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    ] {
        for group in ["x25519", "secp256r1", "secp384r1"] {
            let (mut client, server) = sides();
            client.set_cipher_suites(&names(&[suite])).unwrap();
            client.set_groups(&names(&[group])).unwrap();
            let pair = Pair::of(&client, &server).established();
            let agreed = pair.server.negotiated_cipher_suite().unwrap();
            assert_eq!(suite_name(agreed.suite()), suite);
            let agreed = pair.server.negotiated_key_exchange_group().unwrap();
            assert_eq!(group_name(agreed.name()), group);
        }
    }
    // A server chooses by the client's order, among its own.
    let (mut client, mut server) = sides();
    let order = ["TLS_AES_256_GCM_SHA384", "TLS_AES_128_GCM_SHA256"];
    server.set_cipher_suites(&names(&order)).unwrap();
    client
        .set_cipher_suites(&names(&[order[1], order[0]]))
        .unwrap();
    let pair = Pair::of(&client, &server).established();
    let suite = pair.client.negotiated_cipher_suite().unwrap().suite();
    assert_eq!(suite_name(suite), order[1]);
    client.set_cipher_suites(&[]).unwrap();
    let pair = Pair::of(&client, &server).established();
    let suite = pair.client.negotiated_cipher_suite().unwrap().suite();
    assert!(order.contains(&suite_name(suite).as_str()));
}

#[test]
fn the_name_is_sent_or_not() {
    let (mut client, server) = sides();
    let pair = Pair::of(&client, &server).established();
    assert_eq!(pair.server.server_name(), Some("a.example"));
    client.set_server_name_indication(false);
    let pair = Pair::of(&client, &server).established();
    assert_eq!(pair.server.server_name(), None);
}

#[test]
fn sessions_are_resumed_unless_one_side_remembers_none() {
    for version in [Version::Tls12, Version::Tls13] {
        let (mut client, mut server) = sides();
        client.set_versions(version, version).unwrap();
        let second = |client: &Context, server: &Context| {
            Pair::of(client, server).established();
            let pair = Pair::of(client, server).established();
            (
                pair.client.handshake_kind(),
                pair.client.tls13_tickets_received(),
            )
        };
        let tickets = if version == Version::Tls13 { 2 } else { 0 };
        let resumed = (Some(HandshakeKind::Resumed), tickets);
        assert_eq!(second(&client, &server), resumed);
        client.set_session_cache_size(0);
        let full = Some(HandshakeKind::Full);
        assert_eq!(second(&client, &server), (full, tickets));
        client.set_session_cache_size(10);
        server.set_session_cache_size(0);
        assert_eq!(second(&client, &server), (full, 0));
        // Room is made for those that there can be, not for 2^32.
        client.set_session_cache_size(u32::MAX);
        server.set_session_cache_size(u32::MAX);
        assert_eq!(second(&client, &server), resumed);
    }
}

#[test]
fn records_are_as_short_as_is_wanted() {
    let (mut client, mut server) = sides();
    assert!(client.set_max_fragment_size(Some(16_390)).is_err());
    for size in [32, 1_000, 16_389] {
        client.set_max_fragment_size(Some(size)).unwrap();
        server.set_max_fragment_size(Some(size)).unwrap();
        let mut pair = Pair::of(&client, &server).established();
        pair.client.writer().write_all(&[7; 40_000]).unwrap();
        pair.server.writer().write_all(&[7; 40_000]).unwrap();
        let (there, back) = pair.shuttle();
        // What encryption adds (RFC 8446, section 5.2) comes on top: a byte for the type, and the tag.
        let longest = usize::try_from(size).unwrap() + 17;
        assert_eq!((there, back), (longest, longest));
    }
}

#[test]
fn secrets_are_kept_and_taken() {
    for version in [Version::Tls12, Version::Tls13] {
        let (mut client, mut server) = sides();
        client.set_versions(version, version).unwrap();
        Pair::of(&client, &server).established();
        assert_eq!(client.take_key_log(), "");
        client.set_key_log(true);
        server.set_key_log(true);
        Pair::of(&client, &server).established();
        let (kept, served) = (client.take_key_log(), server.take_key_log());
        let mut lines: Vec<_> = kept.lines().collect();
        let labels: Vec<_> = lines.iter().map(|line| line.split(' ').next()).collect();
        match version {
            Version::Tls12 => assert_eq!(labels, [Some("CLIENT_RANDOM")]),
            Version::Tls13 => assert!(labels.contains(&Some("CLIENT_TRAFFIC_SECRET_0"))),
        }
        let mut others: Vec<_> = served.lines().collect();
        lines.sort_unstable();
        others.sort_unstable();
        assert_eq!(lines, others);
        client.set_key_log(false);
        Pair::of(&client, &server).established();
        assert_eq!(client.take_key_log(), "");
    }
}

#[test]
fn a_server_needs_a_certificate() {
    let failure = Context::default().server_config().unwrap_err();
    assert_eq!(
        failure.to_string(),
        "a TLS server needs a certificate, and the context has none"
    );
}

#[test]
fn certificates_may_come_compressed() {
    #[derive(Debug)]
    struct Zlib(bool);
    impl rustls::compress::CertCompressor for Zlib {
        fn compress(
            &self,
            input: Vec<u8>,
            _: rustls::compress::CompressionLevel,
        ) -> Result<Vec<u8>, rustls::compress::CompressionFailed> {
            let mut stream = stored(&input);
            if self.0 {
                stream.truncate(stream.len() - 1);
            }
            Ok(stream)
        }
        fn algorithm(&self) -> rustls::CertificateCompressionAlgorithm {
            rustls::CertificateCompressionAlgorithm::Zlib
        }
    }
    let (client, server) = sides();
    for (compressor, broken) in [(&Zlib(false), false), (&Zlib(true), true)] {
        let mut config = server.server_config().unwrap().as_ref().clone();
        config.cert_compressors = vec![compressor];
        config.cert_compression_cache = Arc::new(rustls::compress::CompressionCache::Disabled);
        // So that nothing is resumed.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        let config = Arc::new(config);
        let pair = Pair::between(&client.client_config().unwrap(), &config);
        assert_eq!(pair.client_failed.is_some(), broken);
    }
}

#[test]
fn certificates_are_sent_compressed() {
    use crate::tls::compression::DECOMPRESSORS;
    use rustls::compress::{CertDecompressor, DecompressionFailed};
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// How often it was asked.
    #[derive(Debug)]
    struct Watched(AtomicUsize);
    impl CertDecompressor for Watched {
        fn decompress(&self, input: &[u8], output: &mut [u8]) -> Result<(), DecompressionFailed> {
            self.0.fetch_add(1, Ordering::Relaxed);
            DECOMPRESSORS[0].decompress(input, output)
        }
        fn algorithm(&self) -> rustls::CertificateCompressionAlgorithm {
            DECOMPRESSORS[0].algorithm()
        }
    }
    static WATCHED: Watched = Watched(AtomicUsize::new(0));

    let pki = Pki::new("Root");
    let (mut client, mut server) = (pki.trusted(), pki.serving("a.example"));
    pki.issue("b.example").load_into(&mut client);
    server.load_verify_locations(pki.ca.der()).unwrap();
    server.set_client_verify_mode(ClientVerifyMode::Required);
    let mut of_client = client.client_config().unwrap().as_ref().clone();
    of_client.cert_decompressors = vec![&WATCHED];
    let mut of_server = server.server_config().unwrap().as_ref().clone();
    of_server.cert_decompressors = vec![&WATCHED];
    Pair::between(&Arc::new(of_client), &Arc::new(of_server)).established();
    // The server's, and the client's.
    assert_eq!(WATCHED.0.load(Ordering::Relaxed), 2);
}

/// A zlib stream (RFC 1950) of one stored block (RFC 1951, section 3.2.4).
fn stored(input: &[u8]) -> Vec<u8> {
    let length = u16::try_from(input.len()).unwrap();
    let (mut a, mut b) = (1_u32, 0_u32);
    for byte in input {
        a = (a + u32::from(*byte)) % 65_521;
        b = (b + a) % 65_521;
    }
    let mut stream = vec![0x78, 0x01, 0x01];
    stream.extend(length.to_le_bytes());
    stream.extend((!length).to_le_bytes());
    stream.extend(input);
    stream.extend((b << 16 | a).to_be_bytes());
    stream
}
