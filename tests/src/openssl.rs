//! `openssl s_server`: the peer everybody has.

use crate::certs::Leaf;
use crate::child::Serving;
use anyhow::{Context, Result};
use std::ffi::OsStr;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// How long it may take to get ready.
const READY: Duration = Duration::from_secs(10);

/// An `openssl s_server`; killed when dropped. It serves one connection after the other, not two at once.
#[derive(Debug)]
pub struct OpensslServer {
    addr: SocketAddr,
    process: Serving,
}

impl OpensslServer {
    /// Serves at `ip` with the certificate of `leaf`. `arguments` say the rest, such as `-tls1_2`, `-www`,
    /// `-alpn` or `-Verify`. Blocks until it listens.
    pub fn start(ip: &str, leaf: &Leaf, arguments: &[&str]) -> Result<Self> {
        let intermediates = leaf.intermediates_path.as_deref();
        let more = intermediates.map(|path| ["-cert_chain".as_ref(), path.as_os_str()]);
        let arguments = arguments.iter().map(|it| (*it).as_ref());
        let arguments: Vec<_> = more.into_iter().flatten().chain(arguments).collect();
        Self::of_files(ip, &leaf.chain_path, &leaf.key_path, &arguments)
    }

    /// As [`OpensslServer::start`], of a file with the leaf's certificate and one with its key.
    pub(crate) fn of_files(
        ip: &str,
        certificate: &Path,
        key: &Path,
        arguments: &[&OsStr],
    ) -> Result<Self> {
        let ip: IpAddr = ip.parse().with_context(|| ip.to_owned())?;
        let mut command = Command::new("openssl");
        command.arg("s_server");
        command.args(["-accept", &SocketAddr::new(ip, 0).to_string()]);
        command.arg("-cert").arg(certificate).arg("-key").arg(key);
        command.args(arguments);
        let (process, addr) = Serving::start(command, READY, |text| {
            let line = text.lines().find_map(|line| line.strip_prefix("ACCEPT "))?;
            line.trim_end().parse().ok()
        })?;
        Ok(Self { addr, process })
    }

    /// Sends every line back with its characters in reverse order.
    pub fn rev(ip: &str, leaf: &Leaf, arguments: &[&str]) -> Result<Self> {
        Self::start(ip, leaf, &[&["-rev"], arguments].concat())
    }

    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// What it wrote so far.
    #[must_use]
    pub fn output(&self) -> String {
        self.process.output()
    }

    /// Waits until `seen` is true of what it wrote, at most for `limit`.
    pub async fn until(&self, limit: Duration, seen: impl FnMut(&str) -> bool) -> Result<String> {
        self.process.until(limit, seen).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certs::{KeyKind, Pki, Wanted};
    use crate::tls::{classical, client_config};
    use rustls::ProtocolVersion;
    use rustls::pki_types::ServerName;
    use std::sync::Arc;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;
    use tokio_rustls::{TlsConnector, client::TlsStream};

    const LIMIT: Duration = Duration::from_secs(5);

    async fn connect(pki: &Pki, addr: SocketAddr) -> TlsStream<TcpStream> {
        let config = client_config(classical(), pki.roots().unwrap()).unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        let stream = TcpStream::connect(addr).await.unwrap();
        TlsConnector::from(Arc::new(config))
            .connect(name, stream)
            .await
            .unwrap()
    }

    #[tokio::test]
    async fn reverses_lines_in_each_version() {
        let pki = Pki::new().unwrap();
        for (ip, argument, version, key) in [
            (
                "127.0.0.1",
                "-tls1_2",
                ProtocolVersion::TLSv1_2,
                KeyKind::Rsa2048,
            ),
            ("::1", "-tls1_3", ProtocolVersion::TLSv1_3, KeyKind::P384),
        ] {
            let wanted = Wanted {
                key,
                through_intermediate: true,
                ..Wanted::default()
            };
            let leaf = pki.issue_as(&["localhost"], wanted).unwrap();
            let server = OpensslServer::rev(ip, &leaf, &[argument]).unwrap();
            for _ in 0..2 {
                let mut stream = connect(&pki, server.addr()).await;
                assert_eq!(stream.get_ref().1.protocol_version(), Some(version));
                stream.write_all(b"abc\n").await.unwrap();
                let mut line = [0; 4];
                tokio::time::timeout(LIMIT, stream.read_exact(&mut line))
                    .await
                    .unwrap()
                    .unwrap();
                assert_eq!(&line, b"cba\n");
            }
            let said = server
                .until(LIMIT, |text| text.contains("CONNECTION ESTABLISHED"))
                .await;
            assert!(said.is_ok());
            let addr = server.addr();
            drop(server);
            assert!(TcpStream::connect(addr).await.is_err());
        }
    }

    #[tokio::test]
    async fn serves_a_page() {
        let pki = Pki::new().unwrap();
        let leaf = pki.issue(&["localhost"]).unwrap();
        let server = OpensslServer::start("127.0.0.1", &leaf, &["-www"]).unwrap();
        let mut stream = connect(&pki, server.addr()).await;
        stream.write_all(b"GET / HTTP/1.0\r\n\r\n").await.unwrap();
        let mut page = Vec::new();
        tokio::time::timeout(LIMIT, stream.read_to_end(&mut page))
            .await
            .unwrap()
            .unwrap();
        assert!(page.starts_with(b"HTTP/1.0 200 ok"));
    }

    #[test]
    fn says_what_it_does_not_take() {
        let pki = Pki::new().unwrap();
        let leaf = pki.issue(&["localhost"]).unwrap();
        let error = OpensslServer::start("127.0.0.1", &leaf, &["-nonsense"]).unwrap_err();
        assert!(error.to_string().contains("nonsense"), "{error}");
    }
}
