//! A TLS server on rustls that records what was agreed on in each session and how it ended.

use crate::behaviour::{Behaviour, Transport, play};
use crate::certs::Leaf;
use crate::echo::serve;
use crate::log::{End, Log, Recorder, Session};
use crate::place::IntoPlace;
use crate::worker::Worker;
use anyhow::Result;
use rustls::crypto::{CryptoProvider, aws_lc_rs, ring};
use rustls::server::WebPkiClientVerifier;
use rustls::{
    ClientConfig, HandshakeKind, RootCertStore, ServerConfig, ServerConnection,
    SupportedProtocolVersion,
};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

/// Cryptography by ring: no post-quantum key exchange.
#[must_use]
pub fn classical() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

/// Cryptography by AWS-LC, X25519MLKEM768 first among the key exchange groups. As a server, rustls takes the
/// group that the client puts first of those it supports.
#[must_use]
pub fn post_quantum() -> Arc<CryptoProvider> {
    use aws_lc_rs::kx_group::{SECP256R1, SECP384R1, X25519, X25519MLKEM768};
    Arc::new(CryptoProvider {
        kx_groups: vec![X25519MLKEM768, X25519, SECP256R1, SECP384R1],
        ..aws_lc_rs::default_provider()
    })
}

/// How a TLS server is to be.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where its cryptography comes from, and so which suites and groups it supports.
    pub provider: Arc<CryptoProvider>,
    /// The versions of TLS it speaks.
    pub versions: Vec<&'static SupportedProtocolVersion>,
    /// The application protocols it speaks, the one it likes best first. With none, it ignores what clients
    /// offer; with some, it ends handshakes in which the client offers only others.
    pub alpn: Vec<Vec<u8>>,
    /// Whose certificates it demands of clients. With none, it asks for none.
    pub client_roots: Option<Arc<RootCertStore>>,
    /// What it does once the handshake is complete.
    pub behaviour: Behaviour,
}

impl Default for Options {
    /// An echo with [`post_quantum`] cryptography and both versions.
    fn default() -> Self {
        Self {
            provider: post_quantum(),
            versions: rustls::ALL_VERSIONS.to_vec(),
            alpn: Vec::new(),
            client_roots: None,
            behaviour: Behaviour::Echo,
        }
    }
}

/// A TLS server on loopback; stops, with all its connections, when dropped.
#[derive(Debug)]
pub struct TlsServer {
    addr: SocketAddr,
    log: Recorder,
    _worker: Worker,
}

impl TlsServer {
    /// Serves at `at` with the certificate of `leaf`.
    pub fn start(at: impl IntoPlace, leaf: &Leaf, options: &Options) -> Result<Self> {
        let acceptor = TlsAcceptor::from(server_config(leaf, options)?);
        let behaviour = options.behaviour;
        let (addr, log, worker) = serve("tls server", at, move |stream, entry| {
            let acceptor = acceptor.clone();
            async move {
                match acceptor.accept(stream).into_fallible().await {
                    Ok(stream) => {
                        let session = describe(stream.get_ref().1);
                        entry.change(|c| c.session = Some(session));
                        play(stream, behaviour, &entry).await;
                    }
                    Err((e, stream)) => {
                        drain(stream).await;
                        entry.end(End::Handshake(e.to_string()));
                    }
                }
            }
        })?;
        Ok(Self {
            addr,
            log,
            _worker: worker,
        })
    }

    /// An echo at `at` with the default options.
    pub fn echo(at: impl IntoPlace, leaf: &Leaf) -> Result<Self> {
        Self::start(at, leaf, &Options::default())
    }

    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// What it saw so far.
    #[must_use]
    pub fn log(&self) -> Log {
        self.log.get()
    }

    /// Waits until `seen` is true of what it saw, at most for `limit`.
    pub async fn until(&self, limit: Duration, seen: impl FnMut(&Log) -> bool) -> Result<Log> {
        self.log.until(limit, seen).await
    }
}

/// A client's configuration that trusts `roots`, speaks both versions, and never resumes a session.
pub fn client_config(
    provider: Arc<CryptoProvider>,
    roots: Arc<RootCertStore>,
) -> Result<ClientConfig> {
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(rustls::ALL_VERSIONS)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.resumption = rustls::client::Resumption::disabled();
    Ok(config)
}

pub(crate) fn server_config(leaf: &Leaf, options: &Options) -> Result<Arc<ServerConfig>> {
    let provider = options.provider.clone();
    let builder = ServerConfig::builder_with_provider(provider.clone())
        .with_protocol_versions(&options.versions)?;
    let builder = match &options.client_roots {
        None => builder.with_no_client_auth(),
        Some(roots) => builder.with_client_cert_verifier(
            WebPkiClientVerifier::builder_with_provider(roots.clone(), provider).build()?,
        ),
    };
    let mut config = builder.with_single_cert(leaf.chain(), leaf.key())?;
    config.alpn_protocols.clone_from(&options.alpn);
    Ok(Arc::new(config))
}

/// Finishes, and closes only once the peer has, so that no reset overtakes the alert sent to it.
pub(crate) async fn drain(mut stream: TcpStream) {
    let mut piece = [0; 4096];
    if stream.send_fin().is_ok() {
        while let Ok(1..) = stream.read(&mut piece).await {}
    }
}

pub(crate) fn describe(session: &ServerConnection) -> Session {
    // Both are there once the handshake is complete.
    let version = session.protocol_version().map(|v| format!("{v:?}"));
    let suite = session
        .negotiated_cipher_suite()
        .map(|s| format!("{:?}", s.suite()));
    Session {
        version: version.unwrap_or_default(),
        suite: suite.unwrap_or_default(),
        group: session
            .negotiated_key_exchange_group()
            .map(|g| format!("{:?}", g.name())),
        sni: session.server_name().map(str::to_owned),
        alpn: session.alpn_protocol().map(<[u8]>::to_vec),
        resumed: session.handshake_kind() == Some(HandshakeKind::Resumed),
        client_certificates: session.peer_certificates().map_or(0, <[_]>::len),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certs::{KeyKind, Pki, Wanted};
    use crate::pattern;
    use rustls::pki_types::ServerName;
    use rustls::version::{TLS12, TLS13};
    use std::io::ErrorKind;
    use tokio::io::AsyncWriteExt;
    use tokio_rustls::{TlsConnector, client::TlsStream};

    const LIMIT: Duration = Duration::from_secs(5);

    async fn connect(
        server: &TlsServer,
        config: ClientConfig,
        name: &str,
    ) -> std::io::Result<TlsStream<TcpStream>> {
        let stream = TcpStream::connect(server.addr()).await?;
        let name = ServerName::try_from(name.to_owned()).unwrap();
        TlsConnector::from(Arc::new(config))
            .connect(name, stream)
            .await
    }

    fn trusting(pki: &Pki) -> ClientConfig {
        client_config(post_quantum(), pki.roots().unwrap()).unwrap()
    }

    #[tokio::test]
    async fn echoes_and_records_the_session() {
        let pki = Pki::new().unwrap();
        for (version, key, named) in [
            (&TLS12, KeyKind::Rsa2048, "TLSv1_2"),
            (&TLS13, KeyKind::Ed25519, "TLSv1_3"),
        ] {
            let wanted = Wanted {
                key,
                through_intermediate: true,
                ..Wanted::default()
            };
            let leaf = pki.issue_as(&["localhost"], wanted).unwrap();
            let options = Options {
                versions: vec![version],
                alpn: vec![b"h2".to_vec(), b"http/1.1".to_vec()],
                ..Options::default()
            };
            let server = TlsServer::start("127.0.0.1", &leaf, &options).unwrap();
            let mut config = trusting(&pki);
            config.alpn_protocols = vec![b"http/1.1".to_vec()];
            let mut stream = connect(&server, config, "localhost").await.unwrap();
            stream.write_all(b"hello").await.unwrap();
            stream.shutdown().await.unwrap();
            let mut back = Vec::new();
            stream.read_to_end(&mut back).await.unwrap();
            assert_eq!(back, b"hello");
            let log = server.until(LIMIT, |log| log.all_ended(1)).await.unwrap();
            let seen = &log.connections[0];
            assert_eq!((seen.read, seen.written), (5, 5));
            assert_eq!(seen.end, Some(End::Clean));
            let session = seen.session.as_ref().unwrap();
            assert_eq!(session.version, named);
            assert_eq!(session.sni.as_deref(), Some("localhost"));
            assert_eq!(session.alpn.as_deref(), Some(&b"http/1.1"[..]));
            assert!(!session.resumed);
            assert_eq!(session.client_certificates, 0);
            let group = session.group.as_deref();
            if version.version == rustls::ProtocolVersion::TLSv1_3 {
                assert_eq!(group, Some("X25519MLKEM768"));
                assert!(session.suite.starts_with("TLS13_"));
            } else {
                assert_eq!(group, Some("X25519"));
                assert!(session.suite.starts_with("TLS_ECDHE_RSA_"));
            }
        }
    }

    #[tokio::test]
    async fn tells_a_truncation_from_a_clean_end() {
        let pki = Pki::new().unwrap();
        let leaf = pki.issue(&["::1"]).unwrap();
        let options = Options {
            provider: classical(),
            ..Options::default()
        };
        let server = TlsServer::start("::1", &leaf, &options).unwrap();
        let mut stream = connect(&server, trusting(&pki), "::1").await.unwrap();
        stream.write_all(b"hello").await.unwrap();
        let mut back = [0; 5];
        stream.read_exact(&mut back).await.unwrap();
        stream.get_mut().0.shutdown().await.unwrap();
        let log = server.until(LIMIT, |log| log.all_ended(1)).await.unwrap();
        assert_eq!(log.connections[0].end, Some(End::Truncated));
        let session = log.connections[0].session.as_ref().unwrap();
        assert_eq!(session.sni, None);
        assert_eq!(session.group.as_deref(), Some("X25519"));
    }

    #[tokio::test]
    async fn ends_as_it_is_told() {
        let pki = Pki::new().unwrap();
        let leaf = pki.issue(&["localhost"]).unwrap();
        for (behaviour, ends) in [
            (Behaviour::Send(100_000), Ok(())),
            (
                Behaviour::SendThenTruncate(100_000),
                Err(ErrorKind::UnexpectedEof),
            ),
            (
                Behaviour::SendThenReset(100_000),
                Err(ErrorKind::ConnectionReset),
            ),
            (Behaviour::ResetAfter(0), Err(ErrorKind::ConnectionReset)),
        ] {
            let options = Options {
                behaviour,
                ..Options::default()
            };
            let server = TlsServer::start("127.0.0.1", &leaf, &options).unwrap();
            let mut stream = connect(&server, trusting(&pki), "localhost").await.unwrap();
            let mut all = Vec::new();
            let ended = stream.read_to_end(&mut all).await;
            assert_eq!(ended.map(|_| ()).map_err(|e| e.kind()), ends);
            pattern::check(0, &all).unwrap();
            if behaviour != Behaviour::ResetAfter(0) {
                assert_eq!(all.len(), 100_000);
            }
            stream.shutdown().await.ok();
            drop(stream);
            let log = server.until(LIMIT, |log| log.all_ended(1)).await.unwrap();
            let seen = log.connections[0].end.as_ref().unwrap();
            let whose = if matches!(ends, Err(ErrorKind::ConnectionReset)) {
                End::Ours
            } else {
                End::Clean
            };
            assert_eq!(*seen, whose, "{behaviour:?}");
        }
    }

    #[tokio::test]
    async fn records_what_a_client_rejects() {
        let pki = Pki::new().unwrap();
        let leaf = pki.issue_by_stranger(&["localhost"]).unwrap();
        let server = TlsServer::echo("127.0.0.1", &leaf).unwrap();
        let refused = connect(&server, trusting(&pki), "localhost").await;
        assert!(refused.is_err());
        let log = server.until(LIMIT, |log| log.all_ended(1)).await.unwrap();
        let Some(End::Handshake(why)) = &log.connections[0].end else {
            panic!("{log:?}");
        };
        assert!(why.contains("UnknownCA"), "{why}");
    }

    #[tokio::test]
    async fn demands_certificates_of_clients() {
        let pki = Pki::new().unwrap();
        let leaf = pki.issue(&["localhost"]).unwrap();
        let options = Options {
            client_roots: Some(pki.roots().unwrap()),
            ..Options::default()
        };
        let server = TlsServer::start("127.0.0.1", &leaf, &options).unwrap();
        let config = ClientConfig::builder_with_provider(classical())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(pki.roots().unwrap())
            .with_client_auth_cert(leaf.chain(), leaf.key())
            .unwrap();
        let stream = connect(&server, config, "localhost").await.unwrap();
        let log = server
            .until(LIMIT, |log| {
                log.connections.iter().any(|c| c.session.is_some())
            })
            .await
            .unwrap();
        let session = log.connections[0].session.as_ref().unwrap();
        assert_eq!(session.client_certificates, 1);
        drop(stream);
        let mut stream = connect(&server, trusting(&pki), "localhost").await.unwrap();
        assert!(stream.read_u8().await.is_err());
    }
}
