//! A server for each case, which sends the certificates as they are.

use super::{Case, pem};
use crate::echo::BACKLOG;
use crate::openssl::OpensslServer;
use crate::place::Place;
use crate::tls::{drain, post_quantum};
use crate::worker::Worker;
use anyhow::{Context, Result};
use rustls::ServerConfig;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::{CertifiedKey, SigningKey};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// The servers of all cases; they stop when dropped.
#[derive(Debug)]
pub struct Servers {
    addresses: Vec<SocketAddr>,
    _worker: Worker,
    _openssl: Vec<OpensslServer>,
}

impl Servers {
    /// Starts them. What `openssl` has to read is written into the folder.
    pub fn start(cases: &[Case], folder: &Path) -> Result<Self> {
        let (mut addresses, mut listening, mut openssl) = (Vec::new(), Vec::new(), Vec::new());
        for (number, case) in cases.iter().enumerate() {
            match case.key.for_rustls() {
                Some(key) => {
                    let listener = Place::at(Ipv4Addr::LOCALHOST)?.listen(BACKLOG)?;
                    addresses.push(listener.local_addr()?);
                    listening.push((listener, acceptor(case, key)?));
                }
                None => {
                    let server = by_openssl(number, case, folder);
                    let server = server.with_context(|| case.name)?;
                    addresses.push(server.addr());
                    openssl.push(server);
                }
            }
        }
        let worker = Worker::start("corpus", move || async move {
            let mut serving = tokio::task::JoinSet::new();
            for (listener, acceptor) in listening {
                let listener = TcpListener::from_std(listener).expect("a runtime is running here");
                serving.spawn(serve(listener, acceptor));
            }
            serving.join_all().await;
        })?;
        Ok(Self {
            addresses,
            _worker: worker,
            _openssl: openssl,
        })
    }

    /// Where they listen, in the order of the cases.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }
}

/// What rustls takes for whoever asks.
#[derive(Debug)]
struct AsItIs(Arc<CertifiedKey>);

impl ResolvesServerCert for AsItIs {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.clone())
    }
}

fn acceptor(case: &Case, key: Arc<dyn SigningKey>) -> Result<TlsAcceptor> {
    let chain = case.chain.iter().map(|der| der.clone().into()).collect();
    // Unlike the builder's with_single_cert, this does not look at the certificates.
    let certified = Arc::new(CertifiedKey::new(chain, key));
    let config = ServerConfig::builder_with_provider(post_quantum())
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(AsItIs(certified)));
    Ok(TlsAcceptor::from(Arc::new(config)))
}

async fn serve(listener: TcpListener, acceptor: TlsAcceptor) {
    // An error here would be one of the listener, and so of every client after it.
    while let Ok((stream, _peer)) = listener.accept().await {
        tokio::spawn(shake_hands(stream, acceptor.clone()));
    }
}

async fn shake_hands(stream: TcpStream, acceptor: TlsAcceptor) {
    let stream = match acceptor.accept(stream).into_fallible().await {
        Ok(mut stream) => {
            let _ = stream.shutdown().await;
            stream.into_inner().0
        }
        Err((_error, stream)) => stream,
    };
    drain(stream).await;
}

fn by_openssl(number: usize, case: &Case, folder: &Path) -> Result<OpensslServer> {
    let path = |what: &str| folder.join(format!("case-{number}.{what}"));
    let (leaf, more, key) = (path("leaf.pem"), path("chain.pem"), path("key"));
    std::fs::write(&leaf, pem(case.chain.get(..1).context("no certificate")?))?;
    std::fs::write(&more, pem(&case.chain[1..]))?;
    std::fs::write(&key, case.key.pem())?;
    // Level 0, for the server's own key may be too weak for any other.
    let level = ["-cipher", "DEFAULT@SECLEVEL=0"].map(AsRef::as_ref);
    let chain = ["-cert_chain".as_ref(), more.as_os_str()];
    let arguments = match case.chain.len() {
        1 => level.to_vec(),
        _ => [&level[..], &chain].concat(),
    };
    OpensslServer::of_files("127.0.0.1", &leaf, &key, &arguments)
}
