//! Peers that never stop: the handshake ends in its time, and what is held in memory has an end.

use crate::capture::{ALERT, APPLICATION_DATA, HANDSHAKE, Keys, Suite};
use crate::{pki, question, with};
use rustls::{KeyLog, ServerConfig};
use serde_json::json;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use switchboard_tests::ask::{Answer, Question, ask_together};
use switchboard_tests::certs::Leaf;
use switchboard_tests::openssl::OpensslServer;
use switchboard_tests::scripted::{Scripted, Step};
use switchboard_tests::tls::classical;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// The most memory that one such peer may cost, in bytes. An application with one connection takes 2 to 3 MiB.
const MEMORY: usize = 8 * 1024 * 1024;

/// For the handshake, and for what comes after it, in seconds.
const TIME: f64 = 1.0;

fn impatient(to: SocketAddr, version: &str) -> Question {
    let settings = json!({"versions": [version, version]});
    with(
        &question(to, settings),
        json!({"handshake-timeout": TIME, "step-limit": TIME, "then": "read"}),
    )
}

async fn one(pki: &switchboard_tests::certs::Pki, question: Question) -> (Answer, usize) {
    let (mut answers, memory) = ask_together(pki, &[question], 1).await.unwrap();
    let answer = answers.remove(0);
    assert!(memory < MEMORY, "{memory}: {answer:?}");
    (answer, memory)
}

fn record(kind: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    [&[kind, 3, 3, length[0], length[1]], content].concat()
}

fn message(kind: u8, length: u32, content: &[u8]) -> Vec<u8> {
    let [_, a, b, c] = length.to_be_bytes();
    [&[kind, a, b, c], content].concat()
}

/// The hello of a server of TLS 1.2 that is content with the first suite there is.
fn server_hello() -> Vec<u8> {
    let suite = [0xcc, 0xa9];
    let content = [&[3, 3][..], &[7; 32], &[0], &suite, &[0]].concat();
    record(HANDSHAKE, &message(2, content.len() as u32, &content))
}

const LARGEST: u32 = 0xff_ffff;

/// Before there are any keys.
#[tokio::test]
async fn in_the_handshake() {
    let (pki, _) = pki();
    let certificate = message(11, LARGEST, &[0xff, 0xff, 0xff]);
    let floods: [(&str, Vec<u8>, Vec<u8>); 8] = [
        (
            "a certificate of 16 MB",
            [server_hello(), record(HANDSHAKE, &certificate)].concat(),
            record(HANDSHAKE, &[0; 16 * 1024]),
        ),
        (
            "a hello of 16 MB",
            record(HANDSHAKE, &message(2, LARGEST, &[3, 3])),
            record(HANDSHAKE, &[0; 16 * 1024]),
        ),
        (
            "a certificate byte by byte",
            [server_hello(), record(HANDSHAKE, &message(11, 60_000, &[]))].concat(),
            record(HANDSHAKE, &[0]).repeat(1000),
        ),
        (
            "hello requests",
            server_hello(),
            record(HANDSHAKE, &message(0, 0, &[])).repeat(1000),
        ),
        (
            "hello requests at once",
            Vec::new(),
            record(HANDSHAKE, &message(0, 0, &[])).repeat(1000),
        ),
        (
            "empty records",
            Vec::new(),
            record(HANDSHAKE, &[]).repeat(1000),
        ),
        (
            "change_cipher_spec",
            Vec::new(),
            record(20, &[1]).repeat(1000),
        ),
        ("warnings", Vec::new(), record(ALERT, &[1, 90]).repeat(1000)),
    ];
    for (name, beginning, again) in floods {
        for version in ["tls12", "tls13"] {
            let script = [
                Step::Read(1),
                Step::Write(beginning.clone()),
                Step::WriteForever(again.clone()),
            ];
            let server = Scripted::start("127.0.0.1", script).unwrap();
            let (answer, memory) = one(&pki, impatient(server.addr(), version)).await;
            println!("{name}, {version}: {:?}, memory {memory}", answer.failure);
            let failed = answer.failed_as("tls").is_some() || answer.timed_out().is_some();
            assert!(failed, "{name}, {version}: {answer:?}");
            let took = answer.timeline.last().unwrap().took();
            assert!(took < 2.0 * TIME, "{name}, {version}: {took}");
        }
    }
}

/// One that is real, and larger than any that is good.
#[tokio::test]
async fn a_certificate_with_very_many_names() {
    let (pki, _) = pki();
    let mut names: Vec<_> = (0..4000)
        .map(|it| format!("host-{it}.example.test"))
        .collect();
    names.push("localhost".into());
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let leaf = pki.issue(&names).unwrap();
    for version in ["tls12", "tls13"] {
        let server = OpensslServer::rev("127.0.0.1", &leaf, &[]).unwrap();
        let (answer, memory) = one(&pki, impatient(server.addr(), version)).await;
        println!("{version}: {:?}, memory {memory}", answer.failure);
        assert!(answer.tls_failure("protocol").is_some(), "{answer:?}");
    }
}

/// OpenSSL sends as many tickets as it is told.
#[tokio::test]
async fn many_tickets() {
    let (pki, leaf) = pki();
    let arguments = ["-num_tickets", "3000", "-tls1_3"];
    let server = OpensslServer::rev("127.0.0.1", &leaf, &arguments).unwrap();
    let echo = with(
        &impatient(server.addr(), "tls13"),
        json!({"then": "echo", "step-limit": 20, "handshake-timeout": 20}),
    );
    let (answer, memory) = one(&pki, echo).await;
    println!("memory {memory}");
    assert_eq!(answer.echo.as_deref(), Some("gnip\n"), "{answer:?}");
}

/// Remembers the secret that a server seals its records with.
#[derive(Debug, Default)]
struct Secret(Mutex<Vec<u8>>);

impl KeyLog for Secret {
    fn log(&self, label: &str, _client_random: &[u8], secret: &[u8]) {
        if label == "SERVER_TRAFFIC_SECRET_0" {
            *self.0.lock().unwrap() = secret.to_vec();
        }
    }
}

/// A server of TLS 1.3 whose handshake is as it should be, and that then sends `beginning` and again and again `forever`,
/// until the client is gone.
async fn forge(
    listener: TcpListener,
    leaf: Leaf,
    beginning: Vec<(u8, Vec<u8>)>,
    forever: Vec<(u8, Vec<u8>)>,
) {
    let secret = Arc::new(Secret::default());
    let mut provider = (*classical()).clone();
    let chacha = rustls::CipherSuite::TLS13_CHACHA20_POLY1305_SHA256;
    provider.cipher_suites.retain(|it| it.suite() == chacha);
    let mut config = ServerConfig::builder_with_provider(provider.into())
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(leaf.chain(), leaf.key())
        .unwrap();
    // They would be sealed with the same keys.
    config.send_tls13_tickets = 0;
    config.key_log = secret.clone();
    let (stream, _) = listener.accept().await.unwrap();
    let stream = TlsAcceptor::from(Arc::new(config))
        .accept(stream)
        .await
        .unwrap();
    let (mut stream, _) = stream.into_inner();
    let mut keys = Keys::new(Suite::ChaCha20, &secret.0.lock().unwrap());
    let mut sealed = |records: &[(u8, Vec<u8>)]| {
        let mut bytes = Vec::new();
        for (kind, content) in records {
            bytes.extend(keys.seal(*kind, content));
            if *kind == HANDSHAKE && content.first() == Some(&24) {
                keys.update();
            }
        }
        bytes
    };
    let (mut reading, mut writing) = stream.split();
    let read = async {
        let mut piece = vec![0; 64 * 1024];
        while let Ok(1..) = reading.read(&mut piece).await {}
    };
    let write = async {
        let mut bytes = sealed(&beginning);
        while writing.write_all(&bytes).await.is_ok() {
            bytes = sealed(&forever);
        }
    };
    tokio::select! {
        () = read => {}
        () = write => {}
    }
}

fn ticket() -> Vec<u8> {
    let ticket = [9; 200];
    let content = [
        &[0, 0, 14, 16][..],
        &[1, 2, 3, 4],
        &[1, 5],
        &[0, 200],
        &ticket,
        &[0, 0],
    ]
    .concat();
    message(4, content.len() as u32, &content)
}

/// Sealed, and so by a peer whose certificate was good.
#[tokio::test]
async fn after_the_handshake() {
    let (pki, leaf) = pki();
    let again = |kind, content: Vec<u8>| vec![(kind, content); 200];
    let huge = message(4, LARGEST, &[]);
    let floods = [
        ("empty records", vec![], again(APPLICATION_DATA, vec![])),
        (
            "key updates, requested",
            vec![],
            again(HANDSHAKE, message(24, 1, &[1])),
        ),
        (
            "key updates",
            vec![],
            again(HANDSHAKE, message(24, 1, &[0])),
        ),
        ("tickets", vec![], again(HANDSHAKE, ticket())),
        ("warnings", vec![], again(ALERT, vec![1, 90])),
        (
            "a ticket of 16 MB",
            vec![(HANDSHAKE, huge.clone())],
            again(HANDSHAKE, vec![0; 16 * 1024]),
        ),
        (
            "a ticket byte by byte",
            vec![(HANDSHAKE, message(4, 60_000, &[]))],
            again(HANDSHAKE, vec![0]),
        ),
    ];
    for (name, beginning, forever) in floods {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let server = tokio::spawn(forge(listener, leaf.clone(), beginning, forever));
        let (answer, memory) = one(&pki, impatient(addr, "tls13")).await;
        server.await.unwrap();
        println!("{name}: {:?}, memory {memory}", answer.talk_failure);
        answer.connection().unwrap();
        let failure = answer.talk_failure.as_ref();
        let told = failure.is_some_and(|it| it == "took too long" || it.get("tls").is_some());
        assert!(told, "{name}: {answer:?}");
        assert_eq!(answer.read.unwrap_or_default(), "", "{name}");
    }
}
