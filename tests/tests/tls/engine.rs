//! `tls-engine`: the application moves the bytes itself, over TCP connections of its own and in memory.

use crate::{alerted, leaf_with, pki};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::process::Command;
use switchboard_tests::certs::{KeyKind, Leaf, Pki};
use switchboard_tests::child;
use switchboard_tests::composed::{self, LIMIT, SEEN};
use switchboard_tests::openssl::OpensslServer;
use switchboard_tests::python::PythonServer;
use switchboard_tests::scripted::Scripted;

async fn run(pki: &Pki, arguments: &str) -> String {
    let run = composed::run(arguments, pki.folder()).await;
    run.unwrap().output
}

fn lines(output: &str) -> Vec<Value> {
    let lines = output.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[tokio::test]
async fn a_client_of_openssl() {
    let (pki, leaf) = pki();
    for (argument, version) in [("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")] {
        let server = OpensslServer::rev("127.0.0.1", &leaf, &[argument]).unwrap();
        for piece in ["", "piece=1"] {
            let arguments = format!(
                "engine client server={} ca=/pki/ca.pem {piece}",
                server.addr()
            );
            let answer = &lines(&run(&pki, &arguments).await)[0];
            assert_eq!(answer["read"], "gnip\n", "{answer}");
            assert_eq!(answer["failure"], Value::Null, "{answer}");
            assert_eq!(answer["facts"]["version"], version);
        }
    }
}

/// Twice with one context, and so the second time without certificates.
#[tokio::test]
async fn a_client_of_python() {
    let (pki, leaf) = pki();
    for version in ["1.2", "1.3"] {
        let server = PythonServer::ssl_echo("127.0.0.1", &leaf, &["--max", version]).unwrap();
        let arguments = format!(
            "engine client server={} ca=/pki/ca.pem count=2",
            server.addr()
        );
        let answers = lines(&run(&pki, &arguments).await);
        for answer in &answers {
            assert_eq!(answer["read"], "ping\n", "{answer}");
            assert_eq!(answer["failure"], Value::Null, "{answer}");
        }
        let resumed: Vec<_> = answers.iter().map(|it| &it["facts"]["resumed"]).collect();
        assert_eq!(resumed, [false, true]);
        let seen = server.sessions(2, SEEN).await.unwrap();
        assert!(seen.iter().all(|it| it.clean && it.bytes == 5), "{seen:?}");
        assert_eq!(seen[1].sni.as_deref(), Some("localhost"));
    }
}

#[tokio::test]
async fn a_client_of_the_wrong_one() {
    let (pki, leaf) = pki();
    let server = PythonServer::ssl_echo("127.0.0.1", &leaf, &[]).unwrap();
    let arguments = format!(
        "engine client server={} ca=/pki/ca.pem name=elsewhere",
        server.addr()
    );
    let answer = &lines(&run(&pki, &arguments).await)[0];
    let names = &answer["failure"]["tls"]["certificate"]["name-mismatch"];
    assert_eq!(names, &json!(["localhost"]), "{answer}");
    assert_eq!(answer["facts"], Value::Null);
    // It was told why.
    let seen = server.sessions(1, SEEN).await.unwrap();
    let told = seen[0].handshake_error.as_deref().unwrap();
    assert!(told.to_lowercase().contains("alert"), "{told}");
}

/// Runs `engine serve` with these arguments, and what is to be done with the address meanwhile.
async fn serve<T: Send + 'static>(
    pki: &Pki,
    leaf: &Leaf,
    arguments: &str,
    work: impl FnOnce(SocketAddr) -> T + Send + 'static,
) -> (Vec<Value>, T) {
    let teller = Scripted::silent("127.0.0.1").unwrap();
    let arguments = format!(
        "engine serve tell={} cert={} key={} {arguments}",
        teller.addr(),
        crate::inside(&leaf.chain_path),
        crate::inside(&leaf.key_path),
    );
    let clients = async {
        let log = teller.until(LIMIT, |log| log.all_ended(1)).await.unwrap();
        let port = String::from_utf8(log.connections[0].received.clone()).unwrap();
        let addr = SocketAddr::new([127, 0, 0, 1].into(), port.trim().parse().unwrap());
        tokio::task::spawn_blocking(move || work(addr))
            .await
            .unwrap()
    };
    let (output, done) = tokio::join!(run(pki, &arguments), clients);
    (lines(&output), done)
}

/// `openssl s_client` with these arguments, which says a line and waits for the server's goodbye.
fn s_client(addr: SocketAddr, arguments: &[String]) -> child::Done {
    let mut command = Command::new("openssl");
    command.args(["s_client", "-connect", &addr.to_string(), "-quiet"]);
    command.args(["-verify_return_error", "-servername", "localhost"]);
    command.args(arguments);
    child::run(command, b"ping\n", SEEN).unwrap()
}

fn words(words: &str, pki: &Pki) -> Vec<String> {
    let folder = pki.folder().to_str().unwrap();
    words
        .split_whitespace()
        .map(|it| it.replace("PKI", folder))
        .collect()
}

#[tokio::test]
async fn a_server_for_openssl() {
    let pki = Pki::new().unwrap();
    for (key, version) in [
        (KeyKind::P256, "-tls1_3"),
        (KeyKind::Ed25519, "-tls1_3"),
        (KeyKind::Rsa2048, "-tls1_2"),
        (KeyKind::P384, "-tls1_2"),
    ] {
        let leaf = leaf_with(&pki, key);
        let arguments = words(&format!("-CAfile PKI/ca.pem -alpn echo,h2 {version}"), &pki);
        let work = move |addr| [s_client(addr, &arguments), s_client(addr, &arguments)];
        let (answers, done) = serve(&pki, &leaf, "count=2 piece=7 lines=1", work).await;
        for done in done {
            assert_eq!(done.stdout, "ping\n", "{done:?}");
            assert!(done.status.success(), "{done:?}");
        }
        for answer in answers {
            assert_eq!(answer["failure"], Value::Null, "{answer}");
            assert_eq!(answer["bytes"], 5);
            assert_eq!(answer["facts"]["server-name"], "localhost");
            assert_eq!(answer["facts"]["alpn"], "echo");
            assert_eq!(answer["facts"]["resumed"], false);
        }
    }
}

#[tokio::test]
async fn a_server_resumes_sessions_of_openssl() {
    let (pki, leaf) = pki();
    for version in ["-tls1_2", "-tls1_3"] {
        let of = |more: &str| {
            words(
                &format!("-CAfile PKI/ca.pem {version} {more} PKI/session"),
                &pki,
            )
        };
        let (first, second) = (of("-sess_out"), of("-sess_in"));
        let work = move |addr| [s_client(addr, &first), s_client(addr, &second)];
        let (answers, done) = serve(&pki, &leaf, "count=2 lines=1", work).await;
        assert!(done.iter().all(|it| it.stdout == "ping\n"), "{done:?}");
        let resumed: Vec<_> = answers.iter().map(|it| &it["facts"]["resumed"]).collect();
        assert_eq!(resumed, [false, true], "{version}: {answers:?}");
    }
}

#[tokio::test]
async fn a_server_that_asks_who_the_client_is() {
    let (pki, leaf) = pki();
    let client = pki.issue(&["client.example"]).unwrap();
    let stranger = pki.issue_by_stranger(&["client.example"]).unwrap();
    let shown = |leaf: &Leaf| {
        format!(
            "-cert {} -key {}",
            leaf.chain_path.display(),
            leaf.key_path.display()
        )
    };
    for version in ["-tls1_2", "-tls1_3"] {
        for verify in ["optional", "required"] {
            let of = |more: &str| words(&format!("-CAfile PKI/ca.pem {version} {more}"), &pki);
            let all = [of(&shown(&client)), of(""), of(&shown(&stranger))];
            let work = move |addr| all.map(|arguments| s_client(addr, &arguments));
            let arguments = format!("count=3 lines=1 ca=/pki/ca.pem verify={verify}");
            let (answers, done) = serve(&pki, &leaf, &arguments, work).await;
            assert_eq!(answers[0]["failure"], Value::Null, "{answers:?}");
            let certificate = &answers[0]["facts"]["peer-certificates"][0];
            assert_eq!(
                certificate["subject-alternative-names"],
                json!(["client.example"])
            );
            assert_eq!(done[0].stdout, "ping\n", "{done:?}");
            let without = verify == "optional";
            assert_eq!(answers[1]["failure"].is_null(), without, "{answers:?}");
            assert_eq!(done[1].stdout == "ping\n", without, "{done:?}");
            let failure = &answers[2]["failure"]["tls"]["certificate"];
            assert!(failure.get("unknown-issuer").is_some(), "{answers:?}");
            assert!(done[2].stderr.contains("alert"), "{done:?}");
        }
    }
}

#[tokio::test]
async fn a_server_hears_why_a_client_gives_up() {
    let (pki, leaf) = pki();
    // It trusts somebody else.
    let other = Pki::named("other").unwrap();
    let arguments = words("-CAfile PKI/ca.pem", &other);
    let work = move |addr| s_client(addr, &arguments);
    let (answers, _) = serve(&pki, &leaf, "lines=1", work).await;
    alerted(answers[0]["failure"].get("tls"), 48, "unknown_ca");
}

fn in_memory(leaf: &Leaf, what: &str) -> String {
    format!(
        "engine {what} ca=/pki/ca.pem cert={} key={}",
        crate::inside(&leaf.chain_path),
        crate::inside(&leaf.key_path),
    )
}

/// Every place in the bytes of a session where they could come in two pieces: the first hundred of each flight, and
/// every fifth from there on.
#[tokio::test]
async fn every_boundary_may_be_split() {
    let (pki, leaf) = pki();
    for version in ["tls12", "tls13"] {
        let output = run(&pki, &in_memory(&leaf, &format!("split {version} every=5"))).await;
        println!("{version}: {output}");
        let places: usize = output.split(' ').next().unwrap().parse().unwrap();
        assert!(places > 500, "{output}");
    }
}

#[tokio::test]
async fn limits_are_kept() {
    let (pki, leaf) = pki();
    assert_eq!(
        run(&pki, &in_memory(&leaf, "limits")).await,
        "limits are kept\n"
    );
}

#[tokio::test]
async fn ends_in_every_order() {
    let (pki, leaf) = pki();
    assert_eq!(run(&pki, &in_memory(&leaf, "ends")).await, "all ends\n");
}

#[tokio::test]
async fn misuse_is_refused() {
    let (pki, leaf) = pki();
    assert_eq!(
        run(&pki, &in_memory(&leaf, "misuse")).await,
        "all refused\n"
    );
}
