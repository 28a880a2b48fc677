//! Certificates and handshake signatures that are not what they claim.

use std::sync::Arc;

use rcgen::KeyPair;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{CertificateError, Error, InconsistentKeys, PeerMisbehaved, ServerConfig};

use super::harness::{
    BOTH_VERSIONS, Identity, Pair, client_config, identities, identity, ours, ring, server_config,
};

const RSA_4096: &[u8] = include_bytes!("data/rsa-4096.pkcs8.der");

/// Another key of the same kind.
fn another_key(name: &str) -> PrivateKeyDer<'static> {
    let algorithm = match name {
        "RSA-2048" => return PrivatePkcs8KeyDer::from(RSA_4096).into(),
        "P-256" => &rcgen::PKCS_ECDSA_P256_SHA256,
        "P-384" => &rcgen::PKCS_ECDSA_P384_SHA384,
        _ => &rcgen::PKCS_ED25519,
    };
    PrivatePkcs8KeyDer::from(KeyPair::generate_for(algorithm).unwrap().serialize_der()).into()
}

/// A server of ring's that shows `chain` and signs with `key`.
fn server_with(
    tls: &'static rustls::SupportedProtocolVersion,
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> ServerConfig {
    let provider = ring();
    let key = provider.key_provider.load_private_key(key).unwrap();
    ServerConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(&[tls])
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(CertifiedKey::new(
            chain, key,
        ))))
}

/// The server has the certificate, but not its key.
#[test]
fn a_handshake_signature_by_another_key_is_refused() {
    for tls in BOTH_VERSIONS {
        for server in identities() {
            let mut pair = Pair::new(
                client_config(ours(), &[*tls], server, None),
                server_with(tls, server.chain.clone(), another_key(server.name)),
            );
            assert_eq!(
                pair.handshake(),
                Err(Error::InvalidCertificate(CertificateError::BadSignature)),
                "{}",
                server.name
            );
        }
    }
}

/// The same from the other end: a client of ours that has only the certificate does not get past ring, nor one of
/// ring's past us.
#[test]
fn a_client_signature_by_another_key_is_refused() {
    for tls in BOTH_VERSIONS {
        for client in identities() {
            let server = identity("P-256");
            for (at_client, at_server) in [(ours(), ring()), (ring(), ours())] {
                let key = at_client
                    .key_provider
                    .load_private_key(another_key(client.name))
                    .unwrap();
                let mut config = client_config(at_client, &[*tls], server, None);
                config.client_auth_cert_resolver = Arc::new(SingleCertAndKey::from(
                    CertifiedKey::new(client.chain.clone(), key),
                ));
                let mut pair = Pair::new(
                    config,
                    server_config(at_server, &[*tls], server, Some(client)),
                );
                assert_eq!(
                    pair.handshake(),
                    Err(Error::InvalidCertificate(CertificateError::BadSignature)),
                    "{}",
                    client.name
                );
            }
        }
    }
}

/// Every byte of the signature on a certificate matters.
#[test]
fn a_flipped_bit_in_a_certificate_signature_is_refused() {
    for server in identities() {
        let whole = server.chain[0].to_vec();
        let signature_len = match server.name {
            "RSA-2048" => 256,
            "P-256" => 60,
            "P-384" => 90,
            _ => 64,
        };
        for back in (1..=signature_len).step_by(7) {
            let mut bad = whole.clone();
            let at = bad.len() - back;
            bad[at] ^= 4;
            let mut pair = Pair::new(
                client_config(ours(), BOTH_VERSIONS, server, None),
                server_with(
                    &rustls::version::TLS13,
                    vec![bad.into()],
                    server.private_key(),
                ),
            );
            assert_eq!(
                pair.handshake(),
                Err(Error::InvalidCertificate(CertificateError::BadSignature)),
                "{} at {at}",
                server.name
            );
        }
    }
}

/// A flip anywhere in a certificate: never accepted, never a panic.
#[test]
fn a_flipped_bit_anywhere_in_a_certificate_is_refused() {
    let mut tried = 0;
    for server in identities() {
        let whole = server.chain[0].to_vec();
        for at in (0..whole.len()).step_by(5) {
            let mut bad = whole.clone();
            bad[at] ^= 1 << (at % 8);
            let mut pair = Pair::new(
                client_config(ours(), BOTH_VERSIONS, server, None),
                server_with(
                    &rustls::version::TLS13,
                    vec![bad.into()],
                    server.private_key(),
                ),
            );
            assert!(pair.handshake().is_err(), "{} at {at}", server.name);
            tried += 1;
        }
    }
    assert!(tried > 300, "{tried}");
}

#[test]
fn an_authority_that_is_not_trusted_is_refused() {
    for server in identities() {
        let other = identities()
            .iter()
            .find(|other| other.name != server.name)
            .unwrap();
        let trusting_another = Identity {
            name: server.name,
            key: server.key,
            chain: server.chain.clone(),
            root: other.root.clone(),
        };
        let mut pair = Pair::new(
            client_config(ours(), BOTH_VERSIONS, &trusting_another, None),
            server_config(ring(), BOTH_VERSIONS, server, None),
        );
        let error = pair.handshake().unwrap_err();
        assert!(matches!(error, Error::InvalidCertificate(_)), "{error}");
    }
}

/// A certificate and a key that do not belong together are found when they are loaded.
#[test]
fn a_key_that_does_not_fit_its_certificate_is_refused() {
    for own in identities() {
        for key in [
            another_key(own.name),
            another_key("P-256"),
            another_key("RSA-2048"),
        ] {
            let result = CertifiedKey::from_der(own.chain.clone(), key, &ours());
            assert_eq!(
                result.err(),
                Some(Error::InconsistentKeys(InconsistentKeys::KeyMismatch))
            );
        }
        CertifiedKey::from_der(own.chain.clone(), own.private_key(), &ours()).unwrap();
    }
}

/// TLS 1.3 fixes the curve with the scheme: a P-384 key may not sign as `ecdsa_secp256r1_sha256`.
#[test]
fn a_scheme_for_another_key_is_refused() {
    let server = identity("P-384");
    let provider = ours();
    let verifier = rustls::client::WebPkiServerVerifier::builder_with_provider(
        server.roots(),
        Arc::new(provider),
    )
    .build()
    .unwrap();
    let schemes = rustls::client::danger::ServerCertVerifier::supported_verify_schemes(&*verifier);
    assert_eq!(schemes.len(), 9);
    let mut signing = server_with(
        &rustls::version::TLS13,
        server.chain.clone(),
        another_key("P-256"),
    );
    signing.ignore_client_order = true;
    let mut pair = Pair::new(client_config(ours(), BOTH_VERSIONS, server, None), signing);
    let error = pair.handshake().unwrap_err();
    assert!(
        matches!(
            error,
            Error::PeerMisbehaved(PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme)
                | Error::InvalidCertificate(_)
        ),
        "{error}"
    );
}
