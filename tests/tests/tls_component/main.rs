//! `switchboard-tls.wasm`, the engine against OpenSSL as a client and as a server. In a host that has nothing but randomness
//! and a clock, on sockets of that host; and plugged into a program that has sockets by WASI 0.2.

mod engine;
mod program;
mod sockets;

use engine::Engine;
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::time::Duration;
use switchboard_tests::certs::Pki;
use switchboard_tests::openssl::OpensslServer;

/// How long a peer may take.
const LIMIT: Duration = Duration::from_secs(20);

/// Sends all that there is for the peer.
fn flush(engine: &mut Engine, socket: &mut TcpStream) {
    loop {
        let ciphertext = engine.drain();
        if ciphertext.is_empty() {
            return;
        }
        socket.write_all(&ciphertext).unwrap();
    }
}

fn connect(server: &OpensslServer) -> TcpStream {
    let socket = TcpStream::connect(server.addr()).unwrap();
    socket.set_read_timeout(Some(LIMIT)).unwrap();
    socket
}

/// Moves the bytes between a session and a socket until `done`, in pieces of this many bytes. Gives the plaintext.
fn pump(
    engine: &mut Engine,
    socket: &mut TcpStream,
    piece: usize,
    done: impl Fn(&[u8]) -> bool,
) -> Vec<u8> {
    let mut heard = Vec::new();
    loop {
        flush(engine, socket);
        heard.extend(engine.read());
        if done(&heard) {
            return heard;
        }
        let mut buffer = [0; 4096];
        match socket.read(&mut buffer) {
            Ok(0) => {
                engine.feed_end().unwrap();
                return heard;
            }
            Ok(read) => {
                for piece in buffer[..read].chunks(piece) {
                    engine.feed(piece).unwrap();
                }
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => panic!("{error}"),
        }
    }
}

#[test]
fn a_client_of_openssl() {
    let pki = Pki::new().unwrap();
    let leaf = pki.issue(&["localhost"]).unwrap();
    for (arguments, piece) in [(["-tls1_2"], 1), (["-tls1_3"], 1), (["-tls1_3"], 4096)] {
        let server = OpensslServer::rev("127.0.0.1", &leaf, &arguments).unwrap();
        let mut engine = Engine::client(pki.ca_pem().as_bytes(), "localhost").unwrap();
        let mut socket = connect(&server);
        // The handshake is done when there are facts; then a line there and back.
        assert_eq!(engine.write(b"too early"), 0);
        while engine.facts().is_none() {
            flush(&mut engine, &mut socket);
            let mut buffer = [0; 4096];
            let read = socket.read(&mut buffer).unwrap();
            for piece in buffer[..read].chunks(piece) {
                engine.feed(piece).unwrap();
            }
        }
        assert_eq!(engine.write(b"hello\n"), 6);
        let heard = pump(&mut engine, &mut socket, piece, |it| it.ends_with(b"\n"));
        assert_eq!(heard, b"olleh\n");
        engine.close();
        pump(&mut engine, &mut socket, piece, |_| true);
    }
}

#[test]
fn a_server_for_openssl() {
    let pki = Pki::new().unwrap();
    let leaf = pki.issue(&["localhost"]).unwrap();
    let chain = std::fs::read(&leaf.chain_path).unwrap();
    let key = std::fs::read(&leaf.key_path).unwrap();
    for version in ["-tls1_2", "-tls1_3"] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let to = listener.local_addr().unwrap().to_string();
        let mut client = Command::new("openssl")
            .args(["s_client", "-quiet", "-no_ign_eof", "-verify_return_error"])
            .args(["-verify_hostname", "localhost", version, "-connect", &to])
            .arg("-CAfile")
            .arg(pki.ca_path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut input = client.stdin.take().unwrap();
        input.write_all(b"hello\n").unwrap();
        let (mut socket, _) = listener.accept().unwrap();
        socket.set_read_timeout(Some(LIMIT)).unwrap();
        let mut engine = Engine::server(&chain, &key).unwrap();
        let heard = pump(&mut engine, &mut socket, 7, |it| it.ends_with(b"\n"));
        assert_eq!(heard, b"hello\n");
        assert_eq!(engine.write(b"and back\n"), 9);
        engine.close();
        pump(&mut engine, &mut socket, 7, |_| true);
        let mut answer = String::new();
        let mut output = client.stdout.take().unwrap();
        output.read_to_string(&mut answer).unwrap();
        assert_eq!(answer, "and back\n");
        drop(input);
        client.wait().unwrap();
    }
}

#[test]
fn failures_are_those_of_the_calls() {
    let pki = Pki::new().unwrap();
    let stranger = pki.issue_by_stranger(&["localhost"]).unwrap();
    let server = OpensslServer::rev("127.0.0.1", &stranger, &[]).unwrap();
    let mut engine = Engine::client(pki.ca_pem().as_bytes(), "localhost").unwrap();
    let mut socket = connect(&server);
    let failure = loop {
        flush(&mut engine, &mut socket);
        let mut buffer = [0; 4096];
        let read = socket.read(&mut buffer).unwrap();
        if let Err(failure) = engine.feed(&buffer[..read]) {
            break failure;
        }
    };
    assert!(failure.contains("UnknownIssuer"), "{failure}");
    // There is an alert for the peer, and nothing more.
    assert!(!engine.drain().is_empty());
    assert!(engine.feed(b"more").is_err());
}
