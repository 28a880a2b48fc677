//! What is set on the socket, as the kernel tells it of the client's end while the connection stands.

use crate::{ask, ask_one, refused_at_once, with};
use serde_json::{Value, json};
use socket2::{Domain, Protocol, Socket, Type};
use std::net::SocketAddr;
use std::time::Duration;
use switchboard_tests::ask::Question;
use switchboard_tests::composed::SEEN;
use switchboard_tests::own_sockets;
use switchboard_tests::python::PythonServer;
use switchboard_tests::scripted::{Scripted, Step};
use switchboard_tests::sock_diag::{self, Facts};

/// Connects to `ip` with these options, asks the kernel while the connection stands, and ends it.
async fn facts(ip: &str, options: Value) -> Facts {
    facts_of(ip, options, |question| question).await
}

/// As [`facts`], of a question that is made from the one with the place of the server.
async fn facts_of(ip: &str, options: Value, make: impl FnOnce(Question) -> Question) -> Facts {
    let of = |client, server| sock_diag::of(client, server).unwrap();
    seen(ip, options, make, of).await
}

/// As [`facts_of`], of whatever can be told of the connection from the client to the server.
async fn seen<T>(
    ip: &str,
    options: Value,
    make: impl FnOnce(Question) -> Question,
    look: impl FnOnce(SocketAddr, SocketAddr) -> T,
) -> T {
    // It hears a line once the component has returned the connection, with all that is set on it.
    let server = Scripted::start(ip, [Step::Read(1), Step::Stall]).unwrap();
    let to = server.addr();
    let place = json!({"host": to.ip(), "service": to.port(), "then": "echo"});
    let question = make(with(&place, options));
    let looked = async {
        let log = server.until(SEEN, |log| log.read() > 0).await.unwrap();
        let seen = look(log.connections[0].peer, to);
        // Ends the connection, and so the echo.
        drop(server);
        seen
    };
    let (answer, seen) = tokio::join!(ask_one(question), looked);
    answer.connection().unwrap();
    seen
}

/// What the kernel tells only to the process that has the socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Own {
    keep_alive: bool,
    idle: Duration,
    interval: Duration,
    count: u32,
    hop_limit: u32,
}

impl Own {
    fn of(socket: &Socket, domain: Domain) -> std::io::Result<Self> {
        Ok(Self {
            keep_alive: socket.keepalive()?,
            idle: socket.tcp_keepalive_time()?,
            interval: socket.tcp_keepalive_interval()?,
            count: socket.tcp_keepalive_retries()?,
            hop_limit: match domain == Domain::IPV6 {
                true => socket.unicast_hops_v6()?,
                false => socket.ttl_v4()?,
            },
        })
    }

    /// What the system gives to a socket of which nothing is wanted.
    fn usual(domain: Domain) -> Self {
        let socket = Socket::new(domain, Type::STREAM, Some(Protocol::TCP)).unwrap();
        Self::of(&socket, domain).unwrap()
    }
}

/// What the component's own socket has, which is one of this process.
async fn own(ip: &str, options: Value, make: impl FnOnce(Question) -> Question) -> Own {
    let look = |client: SocketAddr, server| {
        let sockets = own_sockets::connected_to(server).unwrap();
        let [socket] = &*sockets else {
            panic!("not one socket: {sockets:?}");
        };
        let local = socket.local_addr().unwrap().as_socket();
        assert_eq!(local, Some(client));
        Own::of(socket, Domain::for_address(server)).unwrap()
    };
    seen(ip, options, make, look).await
}

/// The place becomes a socket that is connected to it.
fn as_sock(mut question: Question) -> Question {
    let ip = question["host"].take().as_str().unwrap().parse().unwrap();
    let port = question["service"].take().as_u64().unwrap();
    question["sock"] = json!(SocketAddr::new(ip, port.try_into().unwrap()));
    question
}

#[tokio::test]
async fn keep_alive_is_off_unless_wanted() {
    assert_eq!(facts("127.0.0.1", json!({})).await.next_probe, None);
}

#[tokio::test]
async fn keep_alive_with_its_times() {
    for ip in ["127.0.0.1", "::1"] {
        let probes = json!({"keep-alive": {"idle": 100, "interval": 10, "count": 3}});
        let next = facts(ip, probes).await.next_probe.unwrap();
        let expected = Duration::from_secs(90)..=Duration::from_secs(100);
        assert!(expected.contains(&next), "{next:?}");
    }
}

/// What is not given is the system's: two hours, usually.
#[tokio::test]
async fn keep_alive_by_itself() {
    let next = facts("127.0.0.1", json!({"keep-alive": {}}))
        .await
        .next_probe;
    assert!(next.is_some());
}

#[tokio::test]
async fn keep_alive_of_a_socket_that_was_given() {
    let probes = json!({"keep-alive": {"idle": 100}});
    let next = facts_of("127.0.0.1", probes, as_sock)
        .await
        .next_probe
        .unwrap();
    assert!(next <= Duration::from_secs(100), "{next:?}");
}

/// The system rounds what it cannot have: Linux counts in seconds, up to 32,767 of them, and to 127 probes.
#[tokio::test]
async fn keep_alive_beyond_what_the_system_takes() {
    for (probes, least, most) in [
        (json!({"idle": 1e-9, "interval": 1e-9, "count": 1}), 0, 1),
        (
            json!({"idle": 1e9, "interval": 1e9, "count": u32::MAX}),
            30_000,
            32_767,
        ),
    ] {
        let facts = facts("127.0.0.1", json!({"keep-alive": probes})).await;
        let next = facts.next_probe.unwrap();
        let expected = Duration::from_secs(least)..=Duration::from_secs(most);
        assert!(expected.contains(&next), "{next:?}");
    }
}

/// And no other: what is not given is the system's. Of a new socket and of one that was given.
#[tokio::test]
async fn every_option_is_set_by_itself() {
    let seconds = Duration::from_secs;
    for (ip, domain) in [("127.0.0.1", Domain::IPV4), ("::1", Domain::IPV6)] {
        let usual = Own::usual(domain);
        let probed = Own {
            keep_alive: true,
            ..usual
        };
        let (idle, interval) = (seconds(111), seconds(22));
        let expected = [
            (json!({}), usual),
            (json!({"keep-alive": {}}), probed),
            (json!({"keep-alive": {"idle": 111}}), Own { idle, ..probed }),
            (
                json!({"keep-alive": {"interval": 22}}),
                Own { interval, ..probed },
            ),
            (
                json!({"keep-alive": {"count": 3}}),
                Own { count: 3, ..probed },
            ),
            (
                json!({"hop-limit": 77}),
                Own {
                    hop_limit: 77,
                    ..usual
                },
            ),
        ];
        for (options, expected) in expected {
            let new = own(ip, options.clone(), |question| question).await;
            assert_eq!(new, expected, "{options}");
            let given = own(ip, options.clone(), as_sock).await;
            assert_eq!(given, expected, "{options}");
        }
    }
}

/// Linux takes twice what it is told, for its own records.
#[tokio::test]
async fn buffer_sizes() {
    let usual = facts("127.0.0.1", json!({})).await;
    for ip in ["127.0.0.1", "::1"] {
        let sizes = json!({"receive-buffer-size": 20_000, "send-buffer-size": 30_000});
        let facts = facts(ip, sizes).await;
        assert_eq!((facts.receive_buffer, facts.send_buffer), (40_000, 60_000));
        assert_ne!(facts, usual);
    }
}

/// The system rounds what it cannot have.
#[tokio::test]
async fn buffer_sizes_that_are_too_small_or_too_large() {
    for size in [1, u64::MAX] {
        let sizes = json!({"receive-buffer-size": size, "send-buffer-size": size});
        let facts = facts("127.0.0.1", sizes).await;
        assert!(
            facts.receive_buffer > 0 && facts.send_buffer > 0,
            "{facts:?}"
        );
    }
}

/// The server's kernel drops what comes from further away than permitted (RFC 5082), where 64 is what Linux sends.
#[tokio::test]
async fn hop_limit() {
    for ip in ["127.0.0.1", "::1"] {
        let server = PythonServer::near_echo(ip, 255).unwrap();
        let to = server.addr();
        let question = json!({"host": to.ip(), "service": to.port(), "then": "echo"});
        let near = with(&question, json!({"hop-limit": 255}));
        let far = [
            json!({}),
            json!({"hop-limit": 254}),
            json!({"hop-limit": 1}),
        ];
        let far = far.map(|limit| with(&with(&question, limit), json!({"timeout": 0.5})));
        let answer = ask_one(near).await;
        assert_eq!(answer.echo.as_deref(), Some("ping\n"), "{answer:?}");
        for answer in ask(&far).await {
            assert_eq!(answer.timed_out(), Some("connect"), "{answer:?}");
        }
    }
}

#[tokio::test]
async fn zeros_are_refused_by_name() {
    let zeros = [
        (json!({"keep-alive": {"idle": 0}}), "keep-alive idle"),
        (
            json!({"keep-alive": {"interval": 0}}),
            "keep-alive interval",
        ),
        (json!({"keep-alive": {"count": 0}}), "keep-alive count"),
        (json!({"hop-limit": 0}), "hop-limit"),
        (json!({"receive-buffer-size": 0}), "receive-buffer-size"),
        (json!({"send-buffer-size": 0}), "send-buffer-size"),
    ];
    let to = json!({"host": "127.0.0.1", "service": 9});
    let questions = zeros.each_ref().map(|(zero, _)| with(&to, zero.clone()));
    for (answer, (_, name)) in ask(&questions).await.iter().zip(zeros) {
        refused_at_once(answer, &format!("{name} must not be 0"));
    }
}
