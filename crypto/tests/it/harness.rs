//! Certificates, configurations, and two ends of a connection joined by vectors of bytes.

use std::io::{Read, Write};
use std::sync::{Arc, LazyLock};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, SignatureAlgorithm};
use rustls::client::WebPkiServerVerifier;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use rustls::server::WebPkiClientVerifier;
use rustls::{
    ClientConfig, ClientConnection, Error, RootCertStore, ServerConfig, ServerConnection,
    SupportedCipherSuite, SupportedProtocolVersion,
};

pub(crate) const HOST: &str = "server.test";

pub(crate) const RSA_2048: &[u8] = include_bytes!("data/rsa-2048.pkcs8.der");
pub(crate) const P256: &[u8] = include_bytes!("data/p256.pkcs8.der");
pub(crate) const P384: &[u8] = include_bytes!("data/p384.pkcs8.der");
pub(crate) const ED25519: &[u8] = include_bytes!("data/ed25519.pkcs8.der");

/// A certificate, its key, and the authority that signed it with the same kind of key.
#[derive(Debug)]
pub(crate) struct Identity {
    pub(crate) name: &'static str,
    pub(crate) key: &'static [u8],
    pub(crate) chain: Vec<CertificateDer<'static>>,
    pub(crate) root: CertificateDer<'static>,
}

impl Identity {
    fn new(name: &'static str, key: &'static [u8], algorithm: &'static SignatureAlgorithm) -> Self {
        let pair = || {
            KeyPair::from_pkcs8_der_and_sign_algo(&PrivatePkcs8KeyDer::from(key), algorithm)
                .unwrap()
        };
        let mut authority = CertificateParams::new(Vec::new()).unwrap();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root = authority.self_signed(&pair()).unwrap();
        let leaf = CertificateParams::new(vec![HOST.to_owned()])
            .unwrap()
            .signed_by(&pair(), &Issuer::new(authority, pair()))
            .unwrap();
        Self {
            name,
            key,
            chain: vec![leaf.der().clone()],
            root: root.der().clone(),
        }
    }

    pub(crate) fn private_key(&self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::Pkcs8(self.key.into())
    }

    pub(crate) fn roots(&self) -> Arc<RootCertStore> {
        let mut roots = RootCertStore::empty();
        roots.add(self.root.clone()).unwrap();
        Arc::new(roots)
    }
}

static IDENTITIES: LazyLock<[Identity; 4]> = LazyLock::new(|| {
    [
        Identity::new("RSA-2048", RSA_2048, &rcgen::PKCS_RSA_SHA256),
        Identity::new("P-256", P256, &rcgen::PKCS_ECDSA_P256_SHA256),
        Identity::new("P-384", P384, &rcgen::PKCS_ECDSA_P384_SHA384),
        Identity::new("Ed25519", ED25519, &rcgen::PKCS_ED25519),
    ]
});

pub(crate) fn identities() -> &'static [Identity; 4] {
    &IDENTITIES
}

pub(crate) fn identity(name: &str) -> &'static Identity {
    identities()
        .iter()
        .find(|identity| identity.name == name)
        .unwrap()
}

/// One whose key can sign for `suite`.
pub(crate) fn identity_for(suite: SupportedCipherSuite) -> &'static Identity {
    match suite.usable_for_signature_algorithm(rustls::SignatureAlgorithm::RSA) {
        true => identity("RSA-2048"),
        false => identity("P-256"),
    }
}

/// The provider under test, and the one that it is measured against.
pub(crate) fn ours() -> CryptoProvider {
    switchboard_crypto::rust_provider()
}

pub(crate) fn ring() -> CryptoProvider {
    rustls::crypto::ring::default_provider()
}

pub(crate) fn version(suite: SupportedCipherSuite) -> &'static SupportedProtocolVersion {
    suite.version()
}

pub(crate) static BOTH_VERSIONS: &[&SupportedProtocolVersion] =
    &[&rustls::version::TLS13, &rustls::version::TLS12];

pub(crate) fn client_config(
    provider: CryptoProvider,
    versions: &[&'static SupportedProtocolVersion],
    server: &Identity,
    own: Option<&Identity>,
) -> ClientConfig {
    let provider = Arc::new(provider);
    let verifier = WebPkiServerVerifier::builder_with_provider(server.roots(), provider.clone())
        .build()
        .unwrap();
    let builder = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .unwrap()
        .with_webpki_verifier(verifier);
    match own {
        Some(own) => builder
            .with_client_auth_cert(own.chain.clone(), own.private_key())
            .unwrap(),
        None => builder.with_no_client_auth(),
    }
}

pub(crate) fn server_config(
    provider: CryptoProvider,
    versions: &[&'static SupportedProtocolVersion],
    own: &Identity,
    client: Option<&Identity>,
) -> ServerConfig {
    let provider = Arc::new(provider);
    let builder = ServerConfig::builder_with_provider(provider.clone())
        .with_protocol_versions(versions)
        .unwrap();
    let builder = match client {
        Some(client) => builder.with_client_cert_verifier(
            WebPkiClientVerifier::builder_with_provider(client.roots(), provider)
                .build()
                .unwrap(),
        ),
        None => builder.with_no_client_auth(),
    };
    builder
        .with_single_cert(own.chain.clone(), own.private_key())
        .unwrap()
}

/// Both ends of a connection.
pub(crate) struct Pair {
    pub(crate) client: ClientConnection,
    pub(crate) server: ServerConnection,
}

impl Pair {
    pub(crate) fn new(
        client: impl Into<Arc<ClientConfig>>,
        server: impl Into<Arc<ServerConfig>>,
    ) -> Self {
        let name = ServerName::try_from(HOST).unwrap();
        Self {
            client: ClientConnection::new(client.into(), name).unwrap(),
            server: ServerConnection::new(server.into()).unwrap(),
        }
    }

    /// Carries flights back and forth until both ends are done, or one has failed.
    pub(crate) fn handshake(&mut self) -> Result<(), Error> {
        for _ in 0..10 {
            let flight = client_output(&mut self.client);
            feed_server(&mut self.server, &flight)?;
            let flight = server_output(&mut self.server);
            feed_client(&mut self.client, &flight)?;
            if !self.client.is_handshaking() && !self.server.is_handshaking() {
                return Ok(());
            }
        }
        panic!("the handshake does not end");
    }

    /// Sends `data` to the server and back again, and checks that both arrive whole.
    pub(crate) fn echo(&mut self, data: &[u8]) {
        let mut at_server = Vec::new();
        for piece in data.chunks(32 * 1024) {
            self.client.writer().write_all(piece).unwrap();
            let flight = client_output(&mut self.client);
            feed_server(&mut self.server, &flight).unwrap();
            drain(&mut self.server.reader(), &mut at_server);
        }
        assert!(at_server == data, "the server got something else");
        let mut at_client = Vec::new();
        for piece in at_server.chunks(32 * 1024) {
            self.server.writer().write_all(piece).unwrap();
            let flight = server_output(&mut self.server);
            feed_client(&mut self.client, &flight).unwrap();
            drain(&mut self.client.reader(), &mut at_client);
        }
        assert!(at_client == data, "the client got something else");
    }
}

fn drain(reader: &mut impl Read, into: &mut Vec<u8>) {
    let mut buf = [0; 16 * 1024];
    while let Ok(n @ 1..) = reader.read(&mut buf) {
        into.extend_from_slice(&buf[..n]);
    }
}

macro_rules! pump {
    ($output:ident, $feed:ident, $connection:ty) => {
        pub(crate) fn $output(connection: &mut $connection) -> Vec<u8> {
            let mut out = Vec::new();
            while connection.wants_write() {
                connection.write_tls(&mut out).unwrap();
            }
            out
        }

        pub(crate) fn $feed(connection: &mut $connection, mut bytes: &[u8]) -> Result<(), Error> {
            while !bytes.is_empty() {
                connection.read_tls(&mut bytes).unwrap();
                connection.process_new_packets()?;
            }
            Ok(())
        }
    };
}
pump!(client_output, feed_client, ClientConnection);
pump!(server_output, feed_server, ServerConnection);

/// Bytes that look like nothing in particular, the same in each run.
pub(crate) fn noise(len: usize, seed: u64) -> Vec<u8> {
    let mut rng = Rng::new(seed);
    (0..len).map(|_| rng.next() as u8).collect()
}

/// SplitMix64, to choose what a test tries.
pub(crate) struct Rng(u64);

impl Rng {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }
}
