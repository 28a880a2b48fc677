//! CPython: its `ssl` module and its `asyncio` as peers, and `asyncio` as a client to be measured against.

use crate::bench_native::{Measured, Workload};
use crate::certs::Leaf;
use crate::child::{Serving, run};
use anyhow::{Context, Result};
use serde::Deserialize;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

const SSL_ECHO: &str = include_str!("peers/ssl_echo.py");
const SMTP: &str = include_str!("peers/smtp.py");
const ASYNCIO_ECHO: &str = include_str!("peers/asyncio_echo.py");
const UNIX_ECHO: &str = include_str!("peers/unix_echo.py");
const NEAR_ECHO: &str = include_str!("peers/near_echo.py");
const UDP_ECHO: &str = include_str!("peers/udp_echo.py");
const SNTP: &str = include_str!("peers/sntp.py");
pub(crate) const ASYNCIO_BENCH: &str = include_str!("peers/asyncio_bench.py");

/// How long an interpreter may take to get ready.
const READY: Duration = Duration::from_secs(20);

/// A server in CPython; killed when dropped.
#[derive(Debug)]
pub struct PythonServer {
    addr: SocketAddr,
    process: Serving,
}

/// A connection as CPython's `ssl` module saw it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct PythonSession {
    /// What went wrong in the handshake, if it failed; nothing else is known then.
    pub handshake_error: Option<String>,
    /// `TLSv1.2` or `TLSv1.3`.
    pub version: Option<String>,
    /// The cipher suite as OpenSSL names it, such as `TLS_AES_256_GCM_SHA384`.
    pub cipher: Option<String>,
    /// The name the client asked for.
    pub sni: Option<String>,
    /// The application protocol agreed on.
    pub alpn: Option<String>,
    /// Whether the client presented a certificate.
    #[serde(default)]
    pub client_certificate: bool,
    /// What the client's certificate is for.
    #[serde(default)]
    pub client_names: Vec<String>,
    /// Whether an earlier session was resumed.
    #[serde(default)]
    pub resumed: bool,
    /// The cipher suites that both sides have.
    #[serde(default)]
    pub offered: Vec<String>,
    /// Whether the client's FIN came after a `close_notify`.
    #[serde(default)]
    pub clean: bool,
    /// Bytes echoed.
    #[serde(default)]
    pub bytes: u64,
}

impl PythonServer {
    /// A TLS echo at `ip` on the `ssl` module, a thread for each connection. `arguments`, any of `--min 1.3`,
    /// `--max 1.2`, `--alpn h2,http/1.1`, `--client-ca FILE`, `--client-optional`, `--ciphers NAMES` (of TLS 1.2),
    /// `--tickets N` (of TLS 1.3) and `--keylog FILE`, say the rest. Blocks until it listens.
    pub fn ssl_echo(ip: &str, leaf: &Leaf, arguments: &[&str]) -> Result<Self> {
        Self::start(SSL_ECHO, ip, Some(leaf), arguments)
    }

    /// A mail server at `ip` that speaks SMTP as far as STARTTLS, and behind it; tells sessions as [`PythonServer::ssl_echo`]
    /// does. Blocks until it listens.
    pub fn smtp(ip: &str, leaf: &Leaf) -> Result<Self> {
        Self::start(SMTP, ip, Some(leaf), &[])
    }

    /// An echo at `ip` on `asyncio`; over TLS if there is a `leaf`. Blocks until it listens.
    pub fn asyncio_echo(ip: &str, leaf: Option<&Leaf>) -> Result<Self> {
        Self::start(ASYNCIO_ECHO, ip, leaf, &[])
    }

    /// An echo at `ip` that sees only packets with at least so many hops to go. Blocks until it listens.
    pub fn near_echo(ip: &str, hops: u8) -> Result<Self> {
        Self::start(NEAR_ECHO, ip, None, &["--hops", &hops.to_string()])
    }

    /// A UDP echo at `ip` on the `socket` module, that first sends `greeting` to whoever listens at `greeted`, if anybody
    /// does. Blocks until it is bound.
    pub fn udp_echo(ip: &str, greeted: Option<SocketAddr>, greeting: &str) -> Result<Self> {
        let greeted = greeted.map(|it| it.port().to_string());
        let mut arguments = Vec::new();
        if let Some(port) = &greeted {
            arguments = vec!["--greeted", port, "--greeting", greeting];
        }
        Self::start(UDP_ECHO, ip, None, &arguments)
    }

    /// A time server at `ip`, over UDP, whose clock is so many seconds ahead. Blocks until it listens.
    pub fn sntp(ip: &str, ahead: f64) -> Result<Self> {
        Self::start(SNTP, ip, None, &["--ahead", &ahead.to_string()])
    }

    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// What it wrote so far: its port in the first line, then one line for each connection that is over, if it
    /// is an [`PythonServer::ssl_echo`].
    #[must_use]
    pub fn output(&self) -> String {
        self.process.output()
    }

    /// Waits, at most for `limit`, until at least `count` connections to an [`PythonServer::ssl_echo`] are
    /// over.
    pub async fn sessions(&self, count: usize, limit: Duration) -> Result<Vec<PythonSession>> {
        let text = self
            .process
            .until(limit, |text| sessions_in(text).count() >= count)
            .await?;
        sessions_in(&text)
            .map(|line| serde_json::from_str(line).context("a line that is no session"))
            .collect()
    }

    fn start(script: &str, ip: &str, leaf: Option<&Leaf>, arguments: &[&str]) -> Result<Self> {
        let ip: IpAddr = ip.parse().with_context(|| ip.to_owned())?;
        let mut command = python(script);
        command.args(["--host", &ip.to_string()]);
        if let Some(leaf) = leaf {
            command.arg("--cert").arg(&leaf.chain_path);
            command.arg("--key").arg(&leaf.key_path);
        }
        command.args(arguments);
        let (process, port) = Serving::start(command, READY, |text| {
            text.lines().find_map(|line| line.parse::<u16>().ok())
        })?;
        Ok(Self {
            addr: SocketAddr::new(ip, port),
            process,
        })
    }
}

/// An echo on `asyncio` at a Unix socket; killed when dropped.
#[derive(Debug)]
pub struct PythonUnixServer(Serving);

impl PythonUnixServer {
    /// At this path; over TLS if there is a `leaf`. Blocks until it listens.
    pub fn echo(path: &Path, leaf: Option<&Leaf>) -> Result<Self> {
        let mut command = python(UNIX_ECHO);
        command.arg("--path").arg(path);
        if let Some(leaf) = leaf {
            command.arg("--cert").arg(&leaf.chain_path);
            command.arg("--key").arg(&leaf.key_path);
        }
        let ready = |text: &str| text.lines().any(|line| line == "ready").then_some(());
        let (process, ()) = Serving::start(command, READY, ready)?;
        Ok(Self(process))
    }

    /// Who has connected: process, user and group, as the kernel tells them to the server.
    #[must_use]
    pub fn peers(&self) -> Vec<Vec<u32>> {
        let text = self.0.output();
        let peers = text.lines().filter_map(|line| line.strip_prefix("peer "));
        let numbers = |line: &str| line.split(' ').filter_map(|it| it.parse().ok()).collect();
        peers.map(numbers).collect()
    }

    /// The process that it is.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.0.id()
    }
}

/// What a client on `asyncio` measures of `workload` against the echo at `addr`: over TLS if there is a file of
/// an authority to trust and a name to expect in `tls`. Blocks until it is done, at most for `limit`.
pub fn measure(
    addr: SocketAddr,
    tls: Option<(&Path, &str)>,
    workload: Workload,
    limit: Duration,
) -> Result<Measured> {
    measure_by(python(ASYNCIO_BENCH), addr, tls, workload, limit)
}

/// As [`measure`], by whatever runs [`ASYNCIO_BENCH`].
pub(crate) fn measure_by(
    mut command: Command,
    addr: SocketAddr,
    tls: Option<(&Path, &str)>,
    workload: Workload,
    limit: Duration,
) -> Result<Measured> {
    command.args(["--host", &addr.ip().to_string()]);
    command.args(["--port", &addr.port().to_string()]);
    command.args(["--mode", workload.name()]);
    command.args(["--count", &workload.count().to_string()]);
    if let Some((ca, name)) = tls {
        command.arg("--ca").arg(ca).args(["--name", name]);
    }
    let done = run(command, b"", limit)?.success()?;
    serde_json::from_str(&done.stdout).with_context(|| done.stdout.clone())
}

/// The lines that describe sessions, complete ones only.
fn sessions_in(text: &str) -> impl Iterator<Item = &str> {
    let complete = text.rfind('\n').map_or("", |end| &text[..end]);
    complete.lines().filter(|line| line.starts_with('{'))
}

fn python(script: &str) -> Command {
    let mut command = Command::new("python3");
    // Isolated from the environment and the current folder, output unbuffered.
    command.args(["-I", "-u", "-c", script]);
    command
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench_native::{self, DATAGRAM, Tls};
    use crate::certs::Pki;
    use crate::echo::TcpServer;
    use crate::tls::{TlsServer, classical, client_config};
    use crate::udp::UdpPeer;
    use rustls::pki_types::ServerName;
    use std::sync::Arc;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;
    use tokio_rustls::TlsConnector;

    const LIMIT: Duration = Duration::from_secs(10);

    const WORKLOADS: [Workload; 3] = [
        Workload::Connects(10),
        Workload::PingPong(50),
        Workload::Bulk(2),
    ];

    #[tokio::test]
    async fn the_ssl_module_echoes_and_tells() {
        let pki = Pki::new().unwrap();
        let leaf = pki.issue(&["localhost"]).unwrap();
        let arguments = ["--max", "1.2", "--alpn", "h2,http/1.1"];
        let server = PythonServer::ssl_echo("::1", &leaf, &arguments).unwrap();
        let mut config = client_config(classical(), pki.roots().unwrap()).unwrap();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let connector = TlsConnector::from(Arc::new(config));
        let name = ServerName::try_from("localhost").unwrap();
        for clean in [true, false] {
            let stream = TcpStream::connect(server.addr()).await.unwrap();
            let mut stream = connector.connect(name.clone(), stream).await.unwrap();
            stream.write_all(b"hello").await.unwrap();
            let mut back = [0; 5];
            stream.read_exact(&mut back).await.unwrap();
            assert_eq!(&back, b"hello");
            if clean {
                stream.shutdown().await.unwrap();
                assert_eq!(stream.read(&mut back).await.unwrap(), 0);
            } else {
                stream.get_mut().0.shutdown().await.unwrap();
            }
            drop(stream);
            let seen = server.sessions(if clean { 1 } else { 2 }, LIMIT).await;
            let last = seen.unwrap().pop().unwrap();
            assert_eq!(last.handshake_error, None);
            assert_eq!(last.version.as_deref(), Some("TLSv1.2"));
            assert_eq!(last.sni.as_deref(), Some("localhost"));
            assert_eq!(last.alpn.as_deref(), Some("http/1.1"));
            assert_eq!((last.clean, last.bytes), (clean, 5));
        }
        let stream = TcpStream::connect(server.addr()).await.unwrap();
        let elsewhere = ServerName::try_from("elsewhere").unwrap();
        assert!(connector.connect(elsewhere, stream).await.is_err());
        let seen = server.sessions(3, LIMIT).await.unwrap().pop().unwrap();
        assert!(seen.handshake_error.is_some());
    }

    #[tokio::test]
    async fn asyncio_echoes() {
        let pki = Pki::new().unwrap();
        let leaf = pki.issue(&["localhost"]).unwrap();
        let plain = PythonServer::asyncio_echo("127.0.0.1", None).unwrap();
        let secure = PythonServer::asyncio_echo("127.0.0.1", Some(&leaf)).unwrap();
        let tls = Tls {
            config: Arc::new(client_config(classical(), pki.roots().unwrap()).unwrap()),
            name: ServerName::try_from("localhost").unwrap(),
        };
        for workload in WORKLOADS {
            for (server, tls) in [(&plain, None), (&secure, Some(&tls))] {
                bench_native::measure(server.addr(), tls, workload, LIMIT)
                    .await
                    .unwrap();
            }
        }
        let addr = plain.addr();
        drop(plain);
        assert!(TcpStream::connect(addr).await.is_err());
    }

    #[test]
    fn asyncio_measures() {
        let pki = Pki::new().unwrap();
        let leaf = pki.issue(&["localhost"]).unwrap();
        let plain = TcpServer::echo("::1").unwrap();
        let secure = TlsServer::echo("127.0.0.1", &leaf).unwrap();
        let trusted = Some((pki.ca_path(), "localhost"));
        for (workload, (ops, bytes)) in
            WORKLOADS
                .into_iter()
                .zip([(10, 0), (50, 200), (32, 2 << 20)])
        {
            for (addr, tls) in [(plain.addr(), None), (secure.addr(), trusted)] {
                let measured = measure(addr, tls, workload, LIMIT).unwrap();
                assert_eq!(measured.mode, workload.name());
                assert_eq!((measured.ops, measured.bytes), (ops, bytes));
                assert!(measured.seconds > 0.0);
            }
        }
        assert_eq!(plain.log().read(), 200 + (2 << 20));
        assert_eq!(secure.log().read(), 200 + (2 << 20));
        let reflector = UdpPeer::reflector("127.0.0.1").unwrap();
        let measured = measure(reflector.addr(), None, Workload::Datagrams(200), LIMIT).unwrap();
        assert_eq!(measured.bytes, measured.ops * DATAGRAM as u64);
        assert!(measured.ops > 150, "{measured:?}");
        // It does verify whom it speaks to.
        let wrong = Some((pki.ca_path(), "elsewhere"));
        assert!(measure(secure.addr(), wrong, WORKLOADS[0], LIMIT).is_err());
    }
}
