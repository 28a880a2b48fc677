//! `start-tls` as mail, directories, databases and chats want it.

use crate::{CA, ask, ask_one, pki, with};
use serde_json::{Value, json};
use std::net::SocketAddr;
use switchboard_tests::ask::{Answer, Question};
use switchboard_tests::composed::SEEN;
use switchboard_tests::log::End;
use switchboard_tests::python::PythonServer;
use switchboard_tests::scripted::Step;
use switchboard_tests::start_tls::{Dialogue, GO, MORE, StartTlsServer};

/// A connection without TLS, on which this is done.
pub(crate) fn plain(to: SocketAddr, then: Value) -> Question {
    json!({"host": to.ip(), "service": to.port(), "then": then})
}

pub(crate) fn start() -> Value {
    json!({"start-tls": {"tls": CA, "server-name": "localhost"}})
}

/// That TLS was spoken in the end and echoed, and the timeline went on.
#[track_caller]
fn secured(answer: &Answer) {
    assert_eq!(answer.echo.as_deref(), Some("ping\n"), "{answer:?}");
    assert!(answer.connection().unwrap().tls.is_none());
    let last = answer.start_tls.last().unwrap();
    assert_eq!(last.facts().unwrap()["server-name"], "localhost");
    let phases: Vec<_> = last.timeline.iter().map(|it| it.phase.as_str()).collect();
    let handshakes = vec!["handshake"; answer.start_tls.len()];
    assert_eq!(
        phases,
        [&["lookup", "connect"][..], &handshakes].concat(),
        "{last:?}"
    );
    let times = last.timeline.windows(2);
    for pair in times {
        assert!(pair[0].ended <= pair[1].started, "{last:?}");
    }
    let step = last.timeline.last().unwrap();
    assert!(step.succeeded() && step.started <= step.ended, "{last:?}");
    assert_eq!(step.address, answer.connection().unwrap().remote);
    assert_eq!(last.remote().unwrap(), answer.remote().unwrap());
}

fn hears(text: &str) -> Step {
    Step::ReadUntil(text.as_bytes().to_vec())
}

fn says(text: &str) -> Step {
    Step::Write(text.as_bytes().to_vec())
}

/// Who is to be spoken to, and how.
struct Protocol {
    name: &'static str,
    server: Vec<Step>,
    client: Vec<Value>,
}

/// The OID of StartTLS in an extended request and its response (RFC 4511, section 4.14).
const LDAP_REQUEST: &str = "301d02010177188016312e332e362e312e342e312e313436362e3230303337";
const LDAP_RESPONSE: [u8; 14] = [0x30, 0x0c, 2, 1, 1, 0x78, 7, 0x0a, 1, 0, 4, 0, 4, 0];
/// `SSLRequest` of PostgreSQL (protocol 3.0, message formats).
const SSL_REQUEST: &str = "0000000804d2162f";

const STREAM: &str = "<stream:stream to='localhost' xmlns='jabber:client' version='1.0'>";
const FEATURES: &str = "<stream:features><starttls/></stream:features>";
const PROCEED: &str = "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
const STARTTLS: &str = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";

fn protocols() -> Vec<Protocol> {
    let read = |text: &str| json!({"read-until": text});
    let write = |text: &str| json!({"write": text});
    vec![
        Protocol {
            name: "SMTP, RFC 3207",
            server: vec![
                says("220 mail.example\r\n"),
                hears("EHLO me\r\n"),
                says("250-mail.example\r\n250 STARTTLS\r\n"),
                hears("STARTTLS\r\n"),
                says("220 go ahead\r\n"),
            ],
            client: vec![
                read("220 mail.example\r\n"),
                write("EHLO me\r\n"),
                read("250 STARTTLS\r\n"),
                write("STARTTLS\r\n"),
                read("220 go ahead\r\n"),
            ],
        },
        Protocol {
            name: "IMAP, RFC 9051, section 6.2.1",
            server: vec![
                says("* OK ready\r\n"),
                hears("a1 STARTTLS\r\n"),
                says("a1 OK begin\r\n"),
            ],
            client: vec![
                read("* OK ready\r\n"),
                write("a1 STARTTLS\r\n"),
                read("a1 OK begin\r\n"),
            ],
        },
        Protocol {
            name: "POP3, RFC 2595, section 4",
            server: vec![
                says("+OK ready\r\n"),
                hears("STLS\r\n"),
                says("+OK begin\r\n"),
            ],
            client: vec![
                read("+OK ready\r\n"),
                write("STLS\r\n"),
                read("+OK begin\r\n"),
            ],
        },
        Protocol {
            name: "PostgreSQL",
            server: vec![Step::Read(8), says("S")],
            client: vec![
                json!({"write-hex": SSL_REQUEST}),
                json!({"read-exactly": 1}),
            ],
        },
        Protocol {
            name: "LDAP, RFC 4511",
            server: vec![Step::Read(31), Step::Write(LDAP_RESPONSE.to_vec())],
            client: vec![
                json!({"write-hex": LDAP_REQUEST}),
                json!({"read-exactly": 14}),
            ],
        },
        Protocol {
            name: "XMPP, RFC 6120, section 5",
            server: vec![
                hears(STREAM),
                says(STREAM),
                says(FEATURES),
                hears(STARTTLS),
                says(PROCEED),
            ],
            client: vec![
                write(STREAM),
                read(FEATURES),
                write(STARTTLS),
                read(PROCEED),
            ],
        },
    ]
}

#[tokio::test]
async fn every_protocol() {
    let (pki, leaf) = pki();
    for protocol in protocols() {
        println!("{}", protocol.name);
        let dialogue = Dialogue {
            script: protocol.server,
            twice: false,
        };
        let server = StartTlsServer::start("127.0.0.1", &leaf, dialogue).unwrap();
        let then = [protocol.client, vec![start(), json!("echo")]].concat();
        let answer = ask_one(&pki, plain(server.addr(), json!(then))).await;
        secured(&answer);
        let log = server.until(SEEN, |log| log.all_ended(1)).await.unwrap();
        assert_eq!(log.connections[0].end, Some(End::Clean));
        let session = log.connections[0].session.as_ref().unwrap();
        assert_eq!(session.sni.as_deref(), Some("localhost"));
    }
}

/// A server that is not ours, to the end of the dialogue.
#[tokio::test]
async fn mail_in_python() {
    let (pki, leaf) = pki();
    let server = PythonServer::smtp("127.0.0.1", &leaf).unwrap();
    let then = json!([
        {"read-until": "ESMTP\r\n"}, {"write": "EHLO me\r\n"}, {"read-until": "250 STARTTLS\r\n"},
        {"write": "STARTTLS\r\n"}, {"read-until": "220 go ahead\r\n"}, start(),
        {"write": "EHLO me\r\n"}, {"read-until": "250 HELP\r\n"}, {"write": "QUIT\r\n"}, "read",
    ]);
    let answer = ask_one(&pki, plain(server.addr(), then)).await;
    assert_eq!(answer.talk_failure, None, "{answer:?}");
    let read = answer.read.unwrap();
    assert!(
        read.ends_with("250-mail.example\r\n250 HELP\r\n221 bye\r\n"),
        "{read}"
    );
    let seen = server.sessions(1, SEEN).await.unwrap();
    assert!(seen[0].clean, "{seen:?}");
    assert_eq!(seen[0].version.as_deref(), Some("TLSv1.3"));
}

/// With nothing said before.
#[tokio::test]
async fn at_once() {
    let (pki, leaf) = pki();
    let server = StartTlsServer::start("127.0.0.1", &leaf, Dialogue::default()).unwrap();
    let answer = ask_one(&pki, plain(server.addr(), json!([start(), "echo"]))).await;
    secured(&answer);
}

#[tokio::test]
async fn tls_inside_of_tls() {
    let (pki, leaf) = pki();
    let dialogue = Dialogue {
        // It answers: without, it could take what comes next for more of the same.
        script: vec![hears("TLS\r\n"), says("OK\r\n")],
        twice: true,
    };
    let server = StartTlsServer::start("127.0.0.1", &leaf, dialogue.clone()).unwrap();
    let (more, go) = (
        std::str::from_utf8(MORE).unwrap(),
        std::str::from_utf8(GO).unwrap(),
    );
    let then = json!([
        {"write": "TLS\r\n"}, {"read-until": "OK\r\n"}, start(),
        {"write": more}, {"read-until": go}, start(), "echo",
    ]);
    let answer = ask_one(&pki, plain(server.addr(), then)).await;
    secured(&answer);
    assert_eq!(answer.start_tls.len(), 2);
    let log = server.until(SEEN, |log| log.all_ended(1)).await.unwrap();
    assert_eq!(log.connections[0].end, Some(End::Clean));

    // On a connection that began with TLS.
    let dialogue = Dialogue {
        script: Vec::new(),
        ..dialogue
    };
    let server = StartTlsServer::start("127.0.0.1", &leaf, dialogue).unwrap();
    let then = json!([{"write": more}, {"read-until": go}, start(), "echo"]);
    let outer = json!({"tls": CA, "server-name": "localhost"});
    let answer = ask_one(&pki, with(&plain(server.addr(), then), outer)).await;
    assert_eq!(answer.echo.as_deref(), Some("ping\n"), "{answer:?}");
    let handshakes = &answer.start_tls[0].steps("handshake");
    assert_eq!(handshakes.len(), 2);
    assert!(handshakes.iter().all(|it| it.succeeded()));
}

/// Settings of its own, and answers to them.
#[tokio::test]
async fn with_a_context() {
    let (pki, leaf) = pki();
    let server = StartTlsServer::start("127.0.0.1", &leaf, Dialogue::default()).unwrap();
    let start = |settings: Value, name: Value| json!([{"start-tls": {"tls": settings, "server-name": name}}, "echo"]);
    let settings = json!({
        "load-verify-locations": [CA], "versions": ["tls12", "tls12"], "key-log": true,
    });
    let nameless = json!({"load-verify-locations": [CA], "check-hostname": false});
    let questions = [
        start(settings, json!("localhost")),
        start(nameless, Value::Null),
    ]
    .map(|then| plain(server.addr(), then));
    let answers = ask(&pki, &questions).await;
    let facts = answers[0].start_tls[0].facts().unwrap();
    assert_eq!(facts["version"], "TLSv1.2");
    let key_log = answers[0].start_tls[0].key_log.as_deref().unwrap();
    assert!(key_log.starts_with("CLIENT_RANDOM "), "{key_log}");
    assert_eq!(answers[1].echo.as_deref(), Some("ping\n"));
    assert_eq!(
        answers[1].start_tls[0].facts().unwrap()["server-name"],
        Value::Null
    );
}
