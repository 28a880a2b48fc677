//! Whole connections between this provider and ring's, in both roles.

use rustls::crypto::{CryptoProvider, SupportedKxGroup};
use rustls::{CipherSuite, HandshakeKind, NamedGroup, ProtocolVersion};
use switchboard_crypto::{ALL_CIPHER_SUITES, ALL_KX_GROUPS, kx_group};

use super::harness::{
    BOTH_VERSIONS, Pair, client_config, identities, identity, identity_for, noise, ours, ring,
    server_config, version,
};
use super::peer::PEER_HYBRID;

const MEBIBYTE: usize = 1 << 20;

fn ring_with_hybrid() -> CryptoProvider {
    let mut provider = ring();
    provider.kx_groups.insert(0, PEER_HYBRID);
    provider
}

/// `provider` cut down to one suite and one group.
fn only(mut provider: CryptoProvider, suite: CipherSuite, group: NamedGroup) -> CryptoProvider {
    provider
        .cipher_suites
        .retain(|candidate| candidate.suite() == suite);
    provider
        .kx_groups
        .retain(|candidate| candidate.name() == group);
    assert_eq!(
        (provider.cipher_suites.len(), provider.kx_groups.len()),
        (1, 1)
    );
    provider
}

#[test]
fn what_is_offered_and_in_which_order() {
    let names: Vec<_> = ours()
        .cipher_suites
        .iter()
        .map(|suite| suite.suite())
        .collect();
    assert_eq!(
        names,
        [
            CipherSuite::TLS13_CHACHA20_POLY1305_SHA256,
            CipherSuite::TLS13_AES_128_GCM_SHA256,
            CipherSuite::TLS13_AES_256_GCM_SHA384,
            CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
            CipherSuite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
            CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
            CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
            CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
            CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        ]
    );
    let groups: Vec<_> = ours().kx_groups.iter().map(|group| group.name()).collect();
    assert_eq!(
        groups,
        [
            NamedGroup::X25519MLKEM768,
            NamedGroup::X25519,
            NamedGroup::secp256r1,
            NamedGroup::secp384r1
        ]
    );
    assert!(!kx_group::X25519MLKEM768.usable_for_version(ProtocolVersion::TLSv1_2));
    // ring's provider accepts the same signatures, both lists and schemes.
    let sorted = |provider: CryptoProvider| {
        let algorithms = provider.signature_verification_algorithms;
        let mut ids: Vec<_> = algorithms
            .all
            .iter()
            .map(|a| {
                (
                    a.public_key_alg_id().to_vec(),
                    a.signature_alg_id().to_vec(),
                )
            })
            .collect();
        ids.sort();
        let mut schemes: Vec<_> = algorithms
            .mapping
            .iter()
            .map(|(scheme, by)| {
                let by: Vec<_> = by
                    .iter()
                    .map(|a| {
                        (
                            a.public_key_alg_id().to_vec(),
                            a.signature_alg_id().to_vec(),
                        )
                    })
                    .collect();
                (u16::from(*scheme), by)
            })
            .collect();
        schemes.sort();
        (ids, schemes)
    };
    assert_eq!(sorted(ours()), sorted(ring()));
}

/// `provider` is one of the two, by the feature, and in the same order.
#[test]
fn the_provider_that_is_chosen() {
    let chosen = switchboard_crypto::provider();
    let suites = |provider: &CryptoProvider| -> Vec<_> {
        provider.cipher_suites.iter().map(|s| s.suite()).collect()
    };
    assert_eq!(suites(&chosen), suites(&ours()));
    let first = chosen.kx_groups[0].name();
    match cfg!(feature = "ring") {
        true => assert_eq!(first, NamedGroup::X25519),
        false => assert_eq!(first, NamedGroup::X25519MLKEM768),
    }
}

#[test]
fn randomness_fills_the_whole_buffer() {
    let random = ours().secure_random;
    let mut seen = std::collections::HashSet::new();
    for len in [16, 31, 64, 1000] {
        let mut buf = vec![0; len];
        random.fill(&mut buf).unwrap();
        // The chance that eight of its bytes are zero is one in 2^64.
        assert!(buf.chunks_exact(8).all(|chunk| chunk != [0; 8]));
        assert!(buf[len - 8..] != [0; 8] && seen.insert(buf));
    }
    random.fill(&mut []).unwrap();
}

#[test]
fn every_suite_with_every_group_in_both_roles() {
    let data = noise(MEBIBYTE, 1);
    let mut connections = 0;
    for suite in ALL_CIPHER_SUITES {
        for group in ALL_KX_GROUPS {
            if !group.usable_for_version(version(*suite).version) {
                continue;
            }
            for we_are_client in [true, false] {
                let server =
                    match suite.usable_for_signature_algorithm(rustls::SignatureAlgorithm::RSA) {
                        true => identity("RSA-2048"),
                        false => identity("P-256"),
                    };
                let us = only(ours(), suite.suite(), group.name());
                let them = only(ring_with_hybrid(), suite.suite(), group.name());
                let (client, serving) = match we_are_client {
                    true => (us, them),
                    false => (them, us),
                };
                let mut pair = Pair::new(
                    client_config(client, &[version(*suite)], server, None),
                    server_config(serving, &[version(*suite)], server, None),
                );
                pair.handshake().unwrap_or_else(|error| {
                    panic!(
                        "{:?} {:?} client={we_are_client}: {error}",
                        suite.suite(),
                        group.name()
                    )
                });
                assert_eq!(
                    pair.client.negotiated_cipher_suite().unwrap().suite(),
                    suite.suite()
                );
                assert_eq!(
                    pair.client.negotiated_key_exchange_group().unwrap().name(),
                    group.name()
                );
                assert_eq!(
                    pair.server.negotiated_key_exchange_group().unwrap().name(),
                    group.name()
                );
                pair.echo(&data);
                connections += 1;
            }
        }
    }
    // TLS 1.3: 3 suites, 4 groups. TLS 1.2: 6 suites, 3 groups.
    assert_eq!(connections, 2 * (3 * 4 + 6 * 3));
}

#[test]
fn every_kind_of_key_on_both_ends() {
    let data = noise(10_000, 2);
    let mut connections = 0;
    for tls in BOTH_VERSIONS {
        for server in identities() {
            for client in identities() {
                for we_are_client in [true, false] {
                    let (at_client, at_server) = match we_are_client {
                        true => (ours(), ring()),
                        false => (ring(), ours()),
                    };
                    let mut pair = Pair::new(
                        client_config(at_client, &[*tls], server, Some(client)),
                        server_config(at_server, &[*tls], server, Some(client)),
                    );
                    pair.handshake().unwrap_or_else(|error| {
                        panic!(
                            "{:?} server {} client {} client={we_are_client}: {error}",
                            tls.version, server.name, client.name
                        )
                    });
                    assert_eq!(pair.server.peer_certificates().unwrap(), client.chain);
                    assert_eq!(pair.client.peer_certificates().unwrap(), server.chain);
                    pair.echo(&data);
                    connections += 1;
                }
            }
        }
    }
    assert_eq!(connections, 2 * 4 * 4 * 2);
}

#[test]
fn with_itself_the_first_of_each_list_is_taken() {
    let server = identity("P-256");
    let mut pair = Pair::new(
        client_config(ours(), BOTH_VERSIONS, server, None),
        server_config(ours(), BOTH_VERSIONS, server, None),
    );
    pair.handshake().unwrap();
    assert_eq!(
        pair.client.protocol_version(),
        Some(ProtocolVersion::TLSv1_3)
    );
    assert_eq!(
        pair.client.negotiated_cipher_suite().unwrap().suite(),
        CipherSuite::TLS13_CHACHA20_POLY1305_SHA256
    );
    assert_eq!(
        pair.client.negotiated_key_exchange_group().unwrap().name(),
        NamedGroup::X25519MLKEM768
    );
    assert_eq!(pair.client.handshake_kind(), Some(HandshakeKind::Full));
    pair.echo(&noise(MEBIBYTE, 3));
}

/// The client sends its X25519 share along with the hybrid: a server without ML-KEM answers in one round trip.
#[test]
fn a_server_without_mlkem_needs_no_retry() {
    let server = identity("P-256");
    let mut pair = Pair::new(
        client_config(ours(), &[&rustls::version::TLS13], server, None),
        server_config(ring(), &[&rustls::version::TLS13], server, None),
    );
    pair.handshake().unwrap();
    assert_eq!(pair.client.handshake_kind(), Some(HandshakeKind::Full));
    assert_eq!(
        pair.client.negotiated_key_exchange_group().unwrap().name(),
        NamedGroup::X25519
    );
    pair.echo(b"hello");
}

#[test]
fn a_server_with_another_group_only_asks_for_it() {
    for group in [NamedGroup::secp256r1, NamedGroup::secp384r1] {
        let server = identity("P-256");
        let mut peer = ring();
        peer.kx_groups
            .retain(|candidate: &&dyn SupportedKxGroup| candidate.name() == group);
        let mut pair = Pair::new(
            client_config(ours(), &[&rustls::version::TLS13], server, None),
            server_config(peer, &[&rustls::version::TLS13], server, None),
        );
        pair.handshake().unwrap();
        assert_eq!(
            pair.client.handshake_kind(),
            Some(HandshakeKind::FullWithHelloRetryRequest)
        );
        assert_eq!(
            pair.client.negotiated_key_exchange_group().unwrap().name(),
            group
        );
        pair.echo(b"hello");
    }
}

#[test]
fn a_session_is_resumed() {
    for tls in BOTH_VERSIONS {
        let server = identity("P-256");
        let client = std::sync::Arc::new(client_config(ours(), &[*tls], server, None));
        let serving = std::sync::Arc::new(server_config(ours(), &[*tls], server, None));
        let mut first = Pair::new(client.clone(), serving.clone());
        first.handshake().unwrap();
        first.echo(b"first");
        assert_eq!(first.client.handshake_kind(), Some(HandshakeKind::Full));
        let mut second = Pair::new(client, serving);
        second.handshake().unwrap();
        second.echo(b"second");
        assert_eq!(second.client.handshake_kind(), Some(HandshakeKind::Resumed));
    }
}

#[test]
fn tls_12_has_the_extended_master_secret() {
    // Requiring it on both ends changes nothing (RFC 7627).
    let server = identity("RSA-2048");
    let tls = &[&rustls::version::TLS12];
    let mut client = client_config(ours(), tls, server, None);
    client.require_ems = true;
    let mut serving = server_config(ring(), tls, server, None);
    serving.require_ems = true;
    let mut pair = Pair::new(client, serving);
    pair.handshake().unwrap();
    pair.echo(b"hello");
}

#[test]
fn exported_keying_material_agrees() {
    for suite in ALL_CIPHER_SUITES {
        let server = identity_for(*suite);
        let mut pair = Pair::new(
            client_config(
                only(ours(), suite.suite(), NamedGroup::X25519),
                &[version(*suite)],
                server,
                None,
            ),
            server_config(ring(), &[version(*suite)], server, None),
        );
        pair.handshake().unwrap();
        let ours = pair
            .client
            .export_keying_material([0; 80], b"label", Some(b"context"));
        let theirs = pair
            .server
            .export_keying_material([0; 80], b"label", Some(b"context"));
        assert_eq!(ours.unwrap(), theirs.unwrap());
    }
}

/// The keys as rustls hands them to a kernel are those that ring's provider computes.
#[test]
fn extracted_secrets_agree() {
    for suite in ALL_CIPHER_SUITES {
        let server = identity_for(*suite);
        let mut client = client_config(
            only(ours(), suite.suite(), NamedGroup::X25519),
            &[version(*suite)],
            server,
            None,
        );
        client.enable_secret_extraction = true;
        let mut serving = server_config(ring(), &[version(*suite)], server, None);
        serving.enable_secret_extraction = true;
        let mut pair = Pair::new(client, serving);
        pair.handshake().unwrap();
        pair.echo(b"some records first");
        let ours = pair.client.dangerous_extract_secrets().unwrap();
        let theirs = pair.server.dangerous_extract_secrets().unwrap();
        assert_eq!(flat(ours.tx), flat(theirs.rx), "{:?}", suite.suite());
        assert_eq!(flat(ours.rx), flat(theirs.tx), "{:?}", suite.suite());
    }
}

fn flat(
    (seq, secrets): (u64, rustls::ConnectionTrafficSecrets),
) -> (u64, Vec<u8>, Option<Vec<u8>>) {
    use rustls::ConnectionTrafficSecrets::{Aes128Gcm, Aes256Gcm, Chacha20Poly1305};
    match secrets {
        Chacha20Poly1305 { key, iv } | Aes128Gcm { key, iv } | Aes256Gcm { key, iv } => {
            (seq, key.as_ref().to_vec(), Some(iv.as_ref().to_vec()))
        }
        _ => panic!("an unknown AEAD"),
    }
}
