//! A component of WASI 0.2 over the blocking sockets of Rust's standard library: whole sessions with OpenSSL, whose bytes
//! come in two pieces, cut at every place that there is.

use crate::LIMIT;
use crate::program::{Finished, Running, imports};
use std::net::SocketAddr;
use std::ops::Range;
use std::process::Command;
use switchboard_tests::behaviour::Behaviour;
use switchboard_tests::certs::{KeyKind, Leaf, Pki, Wanted};
use switchboard_tests::child::{self, Done};
use switchboard_tests::openssl::OpensslServer;
use switchboard_tests::tls::{Options, TlsServer};

/// OpenSSL's argument, and how the version is told.
const TLS12: (&str, &str) = ("-tls1_2", "TLSv1.2");
const TLS13: (&str, &str) = ("-tls1_3", "TLSv1.3");

/// Signatures of Ed25519 are of one length, and so are sessions.
fn pki() -> (Pki, Leaf) {
    let pki = Pki::new().unwrap();
    let wanted = Wanted {
        key: KeyKind::Ed25519,
        ..Wanted::default()
    };
    let leaf = pki.issue_as(&["localhost"], wanted).unwrap();
    (pki, leaf)
}

async fn run(arguments: &str, pki: &Pki) -> Finished {
    let running = Running::start(arguments, pki.folder()).unwrap();
    running.finish().await.unwrap()
}

/// A session as the program tells it: `TLSv1.3 TLS_AES_256_GCM_SHA384, 429 bytes, cut at 17: hello`.
#[derive(Debug)]
struct Told {
    version: String,
    bytes: u64,
    cut: Option<u64>,
    line: String,
}

impl Told {
    fn parse(line: &str) -> Option<Self> {
        let (session, line) = line.split_once(": ")?;
        let (version, rest) = session.split_once(' ')?;
        let (_suite, rest) = rest.split_once(", ")?;
        let (bytes, rest) = rest.split_once(" bytes")?;
        let cut = rest.strip_prefix(", cut at ");
        Some(Self {
            version: version.to_owned(),
            bytes: bytes.parse().ok()?,
            cut: cut.map(str::parse).transpose().ok()?,
            line: line.to_owned(),
        })
    }

    /// All sessions of a run that went well.
    fn all(run: &Finished) -> Vec<Self> {
        assert!(run.status == 0 && run.errors.is_empty(), "{run:?}");
        let sessions = run.lines.iter();
        sessions
            .map(|it| Self::parse(it).unwrap_or_else(|| panic!("{it}")))
            .collect()
    }

    /// That there was a session for each of the cuts, in which this was said.
    fn check(sessions: &[Self], cuts: Range<u64>, version: &str, line: &str) {
        assert_eq!(sessions.len() as u64, cuts.end - cuts.start);
        for (session, place) in sessions.iter().zip(cuts) {
            assert_eq!(session.version, version, "{session:?}");
            assert_eq!(session.line, line, "{session:?}");
            // Tickets have a number in them whose length varies by a byte.
            let is_cut = session.cut == Some(place) || session.bytes <= place;
            assert!(is_cut, "not at {place}: {session:?}");
        }
        println!("{version}: {} sessions", sessions.len());
    }
}

#[test]
fn wasi_0_2_is_enough() {
    let imports = imports().unwrap();
    assert!(imports.iter().any(|it| it.starts_with("wasi:sockets/tcp@")));
    for import in imports {
        assert!(import.starts_with("wasi:"), "{import}");
        assert!(import.contains("@0.2."), "{import}");
    }
}

async fn client_cut_everywhere((argument, version): (&str, &str)) {
    let (pki, leaf) = pki();
    let server = OpensslServer::rev("127.0.0.1", &leaf, &[argument]).unwrap();
    let arguments = format!("client {} localhost /pki/ca.pem hello", server.addr());
    let whole = &Told::all(&run(&arguments, &pki).await)[0];
    assert_eq!((whole.cut, whole.line.as_str()), (None, "olleh"));
    let cuts = 1..whole.bytes;
    assert!(cuts.end > 600, "{whole:?}");
    let sessions = run(&format!("{arguments} 1..{}", cuts.end), &pki).await;
    Told::check(&Told::all(&sessions), cuts, version, "olleh");
}

#[tokio::test]
async fn a_client_of_openssl_cut_everywhere_tls_1_2() {
    client_cut_everywhere(TLS12).await;
}

#[tokio::test]
async fn a_client_of_openssl_cut_everywhere_tls_1_3() {
    client_cut_everywhere(TLS13).await;
}

/// `openssl s_client`, which says this line and waits for the server's goodbye.
fn s_client(addr: SocketAddr, line: &str, arguments: &[&str], pki: &Pki) -> Done {
    let mut command = Command::new("openssl");
    command.args(["s_client", "-connect", &addr.to_string(), "-quiet"]);
    command.args(["-servername", "localhost", "-verify_hostname", "localhost"]);
    command.args(["-verify_return_error", "-CAfile"]);
    command.arg(pki.ca_path()).args(arguments);
    child::run(command, format!("{line}\n").as_bytes(), LIMIT).unwrap()
}

/// A server that serves a client for each of the cuts. They say this line, and have to get it back.
async fn serve(pki: &Pki, leaf: &Leaf, cuts: Range<u64>, argument: &str, line: &str) -> Finished {
    let inside = |path: &std::path::Path| {
        let name = path.file_name().unwrap().to_str().unwrap();
        format!("/pki/{name}")
    };
    let arguments = format!(
        "server 127.0.0.1:0 {} {} {}..{}",
        inside(&leaf.chain_path),
        inside(&leaf.key_path),
        cuts.start,
        cuts.end
    );
    let mut server = Running::start(&arguments, pki.folder()).unwrap();
    let told = server.line().await.unwrap();
    let addr: SocketAddr = told.strip_prefix("listening on ").unwrap().parse().unwrap();
    let expected: String = line.chars().rev().chain(['\n']).collect();
    tokio::task::block_in_place(|| {
        for _ in cuts {
            let done = s_client(addr, line, &[argument], pki);
            assert!(done.status.success() && done.stdout == expected, "{done:?}");
        }
    });
    server.finish().await.unwrap()
}

async fn server_cut_everywhere((argument, version): (&str, &str)) {
    let (pki, leaf) = pki();
    let whole = serve(&pki, &leaf, 0..1, argument, "hello").await;
    let whole = &Told::all(&whole)[0];
    assert_eq!((whole.cut, whole.line.as_str()), (None, "hello"));
    let cuts = 1..whole.bytes;
    assert!(cuts.end > 300, "{whole:?}");
    let sessions = serve(&pki, &leaf, cuts.clone(), argument, "hello").await;
    Told::check(&Told::all(&sessions), cuts, version, "hello");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_for_openssl_cut_everywhere_tls_1_2() {
    server_cut_everywhere(TLS12).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_for_openssl_cut_everywhere_tls_1_3() {
    server_cut_everywhere(TLS13).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kilobyte_each_way() {
    let (pki, leaf) = pki();
    let line: String = ('a'..='z').cycle().take(1024).collect();
    let reversed: String = line.chars().rev().collect();
    for (argument, version) in [TLS12, TLS13] {
        let served = serve(&pki, &leaf, 0..1, argument, &line).await;
        let told = &Told::all(&served)[0];
        assert_eq!((&*told.version, &*told.line), (version, &*line));
        let server = OpensslServer::rev("127.0.0.1", &leaf, &[argument]).unwrap();
        let arguments = format!("client {} localhost /pki/ca.pem {line}", server.addr());
        let told = &Told::all(&run(&arguments, &pki).await)[0];
        assert_eq!((&*told.version, &*told.line), (version, &*reversed));
    }
}

#[tokio::test]
async fn a_server_that_is_not_the_one() {
    let (pki, leaf) = pki();
    let stranger = pki.issue_by_stranger(&["localhost"]).unwrap();
    for (leaf, name, why, alert) in [
        (&stranger, "localhost", "UnknownIssuer", "unknown ca"),
        (&leaf, "elsewhere", "NameMismatch", "bad certificate"),
    ] {
        let server = OpensslServer::rev("127.0.0.1", leaf, &[]).unwrap();
        let arguments = format!("client {} {name} /pki/ca.pem hello", server.addr());
        let run = run(&arguments, &pki).await;
        assert_eq!((run.status, run.lines.len()), (1, 0), "{run:?}");
        assert!(run.errors.contains(why), "{run:?}");
        // It was told why.
        let told = server.until(LIMIT, |it| it.contains(alert)).await;
        told.unwrap();
    }
}

#[tokio::test]
async fn an_end_without_goodbye() {
    let (pki, leaf) = pki();
    let options = Options {
        behaviour: Behaviour::SendThenTruncate(1000),
        ..Options::default()
    };
    let server = TlsServer::start("127.0.0.1", &leaf, &options).unwrap();
    let arguments = format!("client {} localhost /pki/ca.pem hello", server.addr());
    let run = run(&arguments, &pki).await;
    assert_eq!((run.status, run.lines.len()), (1, 0), "{run:?}");
    assert!(run.errors.contains("Truncated"), "{run:?}");
}

/// In TLS 1.3 it is told when the client takes the handshake for done, and has said something already.
#[tokio::test]
async fn a_server_that_asks_who_the_client_is() {
    let (pki, leaf) = pki();
    for (argument, alert) in [
        ("-tls1_2", "handshake_failure"),
        ("-tls1_3", "certificate_required"),
    ] {
        let server = OpensslServer::rev("127.0.0.1", &leaf, &["-Verify", "1", argument]).unwrap();
        let arguments = format!("client {} localhost /pki/ca.pem hello", server.addr());
        let run = run(&arguments, &pki).await;
        assert_eq!((run.status, run.lines.len()), (1, 0), "{run:?}");
        assert!(run.errors.contains(alert), "{run:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_goes_wrong_is_not_the_last_one() {
    let (pki, leaf) = pki();
    let chain = leaf.chain_path.file_name().unwrap().to_str().unwrap();
    let key = leaf.key_path.file_name().unwrap().to_str().unwrap();
    let arguments = format!("server 127.0.0.1:0 /pki/{chain} /pki/{key} 0..2");
    let mut server = Running::start(&arguments, pki.folder()).unwrap();
    let told = server.line().await.unwrap();
    let addr: SocketAddr = told.strip_prefix("listening on ").unwrap().parse().unwrap();
    // It trusts somebody else.
    let other = Pki::named("other").unwrap();
    let (first, second) = tokio::task::block_in_place(|| {
        let first = s_client(addr, "hello", &[], &other);
        (first, s_client(addr, "hello", &[], &pki))
    });
    assert!(!first.status.success(), "{first:?}");
    assert_eq!(second.stdout, "olleh\n", "{second:?}");
    let run = server.finish().await.unwrap();
    assert!(run.errors.contains("unknown_ca"), "{run:?}");
    assert_eq!((run.status, run.lines.len()), (0, 1), "{run:?}");
}
