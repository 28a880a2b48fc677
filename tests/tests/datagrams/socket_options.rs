//! What is set on the socket, as the kernel tells it while the endpoint stands.

use crate::{ask_one, at, gate, script, to, with};
use serde_json::{Value, json};
use socket2::{Domain, Protocol, Socket, Type};
use std::net::SocketAddr;
use switchboard_tests::ask::Question;
use switchboard_tests::composed::SEEN;
use switchboard_tests::own_sockets;
use switchboard_tests::udp::UdpPeer;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Own {
    hop_limit: u32,
    receive_buffer: usize,
    send_buffer: usize,
    broadcast: bool,
    reuse_address: bool,
    reuse_port: bool,
}

impl Own {
    fn of(socket: &Socket, domain: Domain) -> std::io::Result<Self> {
        Ok(Self {
            hop_limit: match domain == Domain::IPV6 {
                true => socket.unicast_hops_v6()?,
                false => socket.ttl_v4()?,
            },
            receive_buffer: socket.recv_buffer_size()?,
            send_buffer: socket.send_buffer_size()?,
            broadcast: socket.broadcast()?,
            reuse_address: socket.reuse_address()?,
            reuse_port: socket.reuse_port()?,
        })
    }

    /// What the system gives to a socket of which nothing is wanted.
    fn usual(domain: Domain) -> Self {
        let socket = Socket::new(domain, Type::DGRAM, Some(Protocol::UDP)).unwrap();
        Self::of(&socket, domain).unwrap()
    }
}

/// What the socket of the endpoint has with these options, which sends to this peer.
async fn own(question: &Question, options: Value, peer: &UdpPeer) -> Own {
    let (wait, gate) = gate();
    let to = match question.get("remote-address").is_some() {
        true => Value::Null,
        false => json!(peer.addr()),
    };
    let known = peer.received().len();
    let question = script(
        &with(question, options),
        json!([{"send": "here", "to": to}, wait]),
    );
    let looked = async {
        gate.reached().await;
        let all = peer.until(SEEN, |all| all.len() > known).await.unwrap();
        let from = all[known].from;
        let socket = found(from).await;
        let own = Own::of(&socket, Domain::for_address(from)).unwrap();
        drop(gate);
        own
    };
    let (answer, own) = tokio::join!(ask_one(question), looked);
    answer.endpoint().unwrap();
    own
}

/// The socket that sends from there. The kernel's list can pass over one while others come and go, so it is read again.
async fn found(from: SocketAddr) -> Socket {
    let look = async {
        loop {
            // An endpoint at the wildcard address sends from this one.
            let ips = [from.ip(), wildcard(from).ip()];
            let at = |ip| own_sockets::datagrams_at(SocketAddr::new(ip, from.port())).unwrap();
            let mut sockets: Vec<_> = ips.into_iter().flat_map(at).collect();
            assert!(sockets.len() < 2, "{sockets:?} are at {from}");
            if let Some(socket) = sockets.pop() {
                return socket;
            }
            tokio::task::yield_now().await;
        }
    };
    let found = tokio::time::timeout(SEEN, look).await;
    found.unwrap_or_else(|_| panic!("no socket at {from}"))
}

fn wildcard(address: SocketAddr) -> SocketAddr {
    match address {
        SocketAddr::V4(_) => "0.0.0.0:0".parse().unwrap(),
        SocketAddr::V6(_) => "[::]:0".parse().unwrap(),
    }
}

/// And no other: what is not given is the system's. B.4: broadcast and reuse are off. Linux makes a buffer twice the size
/// that it is told, for its own records.
#[tokio::test]
async fn every_option_is_set_by_itself() {
    for (ip, domain) in [("127.0.0.1", Domain::IPV4), ("::1", Domain::IPV6)] {
        let peer = UdpPeer::listener(ip).unwrap();
        let usual = Own::usual(domain);
        assert!(!usual.broadcast && !usual.reuse_address && !usual.reuse_port);
        let expected = [
            (json!({}), usual),
            (
                json!({"hop-limit": 77}),
                Own {
                    hop_limit: 77,
                    ..usual
                },
            ),
            (
                json!({"hop-limit": 1}),
                Own {
                    hop_limit: 1,
                    ..usual
                },
            ),
            (
                json!({"hop-limit": 255}),
                Own {
                    hop_limit: 255,
                    ..usual
                },
            ),
            (
                json!({"receive-buffer-size": 20_000}),
                Own {
                    receive_buffer: 40_000,
                    ..usual
                },
            ),
            (
                json!({"send-buffer-size": 30_000}),
                Own {
                    send_buffer: 60_000,
                    ..usual
                },
            ),
        ];
        let sock = match domain == Domain::IPV6 {
            true => json!({"sock": "unbound:inet6"}),
            false => json!({"sock": "unbound:inet"}),
        };
        for (options, expected) in expected {
            for question in [at(ip), to(peer.addr()), sock.clone()] {
                let own = own(&question, options.clone(), &peer).await;
                assert_eq!(own, expected, "{question} {options}");
            }
        }
    }
}

/// The system rounds what it cannot have.
#[tokio::test]
async fn buffer_sizes_that_are_too_small_or_too_large() {
    let peer = UdpPeer::listener("127.0.0.1").unwrap();
    for size in [1, u64::MAX] {
        let sizes = json!({"receive-buffer-size": size, "send-buffer-size": size});
        let own = own(&to(peer.addr()), sizes, &peer).await;
        assert!(own.receive_buffer > 0 && own.send_buffer > 0, "{own:?}");
    }
}
