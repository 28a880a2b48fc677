//! Several addresses: which are tried when, as `-v` draws it.

use crate::{home, prompts, wasmtime};
use std::net::IpAddr;
use switchboard_tests::blackhole::Blackhole;
use switchboard_tests::certs::Pki;
use switchboard_tests::command::{Bar, Finished, Program, Prompt};
use switchboard_tests::echo::TcpServer;
use switchboard_tests::place::Place;
use switchboard_tests::refuse::Refusing;
use switchboard_tests::tls::TlsServer;

/// Places with one and the same port, and that port.
fn places(ips: &[&str]) -> (Vec<Place>, u16) {
    let ips: Vec<IpAddr> = ips.iter().map(|ip| ip.parse().unwrap()).collect();
    let places = Place::at_each(&ips).unwrap();
    let port = places[0].addr().port();
    (places, port)
}

/// Connects to a name that has these addresses.
fn connect(prompt: Prompt<'_>, port: u16, ips: &[&str], flags: &[&str]) -> Finished {
    let resolve = format!("localhost:{port}:{}", ips.join(","));
    let port = port.to_string();
    let arguments = ["connect", "localhost", &port, "--resolve", &resolve, "-v"];
    prompt
        .run(&[&arguments, flags].concat(), b"hello\n")
        .unwrap()
}

/// The attempts, without the lookup and the handshake.
fn attempts(done: &Finished) -> Vec<Bar> {
    let mut bars = done.timeline().unwrap();
    bars.retain(|bar| bar.phase == "connect");
    bars
}

/// To which addresses, without the port.
fn tried(done: &Finished) -> Vec<String> {
    let address = |bar: Bar| {
        let address = bar.address.unwrap();
        let (ip, _port) = address.rsplit_once(':').unwrap();
        ip.trim_matches(['[', ']']).to_owned()
    };
    attempts(done).into_iter().map(address).collect()
}

#[test]
fn the_third_address_wins() {
    let pki = Pki::new().unwrap();
    let leaf = pki.issue(&["localhost"]).unwrap();
    let ips = ["::1", "127.0.0.1", "127.0.0.2"];
    let (places, port) = places(&ips);
    let [refusing, hole, server] = <[Place; 3]>::try_from(places).unwrap();
    let _refusing = Refusing::start(refusing).unwrap();
    let _hole = Blackhole::start(hole).unwrap();
    let server = TlsServer::echo(server, &leaf).unwrap();
    for prompt in prompts(home(&pki)) {
        let done = connect(prompt, port, &ips, &["--tls", "--ca", "ca.pem"]);
        let done = done.with_status(0).unwrap();
        assert_eq!(done.stdout, b"hello\n");
        assert!(done.stderr.contains("TLSv1.3, "), "{}", done.stderr);
        assert!(done.stderr.contains(", X25519MLKEM768"), "{}", done.stderr);
        let told: Vec<_> = done
            .timeline()
            .unwrap()
            .into_iter()
            .map(|bar| (bar.phase, bar.address.unwrap_or_default(), bar.outcome))
            .collect();
        let expected = [
            ("lookup", String::new(), "ok"),
            ("connect", format!("[::1]:{port}"), "connection refused"),
            ("connect", format!("127.0.0.1:{port}"), "called off"),
            ("connect", format!("127.0.0.2:{port}"), "ok"),
            ("handshake", format!("127.0.0.2:{port}"), "ok"),
        ];
        assert_eq!(
            told,
            expected.map(|(phase, it, how)| (phase.to_owned(), it, how.to_owned()))
        );
        let bars = attempts(&done);
        // The next one after a failure at once, after no answer in 250 ms; the loser ends with the race.
        assert!(bars[1].started < 100.0, "{bars:?}");
        assert!(bars[2].started - bars[1].started >= 249.9, "{bars:?}");
        assert!(
            (0.0..50.0).contains(&(bars[1].ended - bars[2].ended)),
            "{bars:?}"
        );
    }
    assert_eq!(server.log().accepted(), 2);
}

#[test]
fn a_first_address_that_never_answers_costs_the_delay() {
    let pki = Pki::new().unwrap();
    let ips = ["127.0.0.1", "127.0.0.2"];
    let (places, port) = places(&ips);
    let [hole, server] = <[Place; 2]>::try_from(places).unwrap();
    let _hole = Blackhole::start(hole).unwrap();
    let _server = TcpServer::echo(server).unwrap();
    for prompt in prompts(home(&pki)) {
        // The best of five: what the machine does beside is not the race's fault.
        let stood = (0..5).map(|_| {
            let done = connect(prompt, port, &ips, &["--happy-eyeballs-delay", "100ms"]);
            let done = done.with_status(0).unwrap();
            assert_eq!(done.stdout, b"hello\n");
            let winner = attempts(&done).pop().unwrap();
            assert_eq!(winner.outcome, "ok");
            winner.ended
        });
        let best = stood.fold(f64::INFINITY, f64::min);
        assert!((100.0..=150.0).contains(&best), "{best} ms");
    }
}

#[test]
fn one_after_another() {
    let pki = Pki::new().unwrap();
    let ips = ["127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4"];
    let (places, port) = places(&ips);
    let [first, second, server, hole] = <[Place; 4]>::try_from(places).unwrap();
    let _refusing = [first, second].map(|place| Refusing::start(place).unwrap());
    let _server = TcpServer::echo(server).unwrap();
    let _hole = Blackhole::start(hole).unwrap();
    for prompt in prompts(home(&pki)) {
        let done = connect(prompt, port, &ips, &["--sequential"]);
        let done = done.with_status(0).unwrap();
        assert_eq!(done.stdout, b"hello\n");
        let bars = attempts(&done);
        let outcomes: Vec<_> = bars.iter().map(|bar| bar.outcome.as_str()).collect();
        assert_eq!(outcomes, ["connection refused", "connection refused", "ok"]);
        assert!(bars.windows(2).all(|pair| pair[0].ended <= pair[1].started));
    }
    // Nothing is started beside the one that does not answer.
    let ips = ["127.0.0.4", "127.0.0.3"];
    let done = connect(
        wasmtime(home(&pki)),
        port,
        &ips,
        &["--sequential", "--timeout", "600ms"],
    );
    let done = done.with_status(1).unwrap();
    done.told("switchboard: localhost port ", &["600ms", "connect"])
        .unwrap();
    assert_eq!(tried(&done), ["127.0.0.4"]);
    assert_eq!(attempts(&done)[0].outcome, "called off");
}

#[test]
fn families_and_their_order() {
    let pki = Pki::new().unwrap();
    let ips = ["127.0.0.1", "127.0.0.2", "127.0.0.3", "::1"];
    // Bound and not listening: all refuse.
    let (_places, port) = places(&ips);
    let prompt = wasmtime(home(&pki));
    for (flags, expected) in [
        (&["-4"][..], &["127.0.0.1", "127.0.0.2", "127.0.0.3"][..]),
        (&["-6"], &["::1"]),
        (&[], &["127.0.0.1", "::1", "127.0.0.2", "127.0.0.3"]),
        (&["--interleave", "0"], &ips),
        (
            &["--interleave", "2"],
            &["127.0.0.1", "127.0.0.2", "::1", "127.0.0.3"],
        ),
        (
            &["--sequential"],
            &["127.0.0.1", "::1", "127.0.0.2", "127.0.0.3"],
        ),
    ] {
        let done = connect(prompt, port, &ips, flags).with_status(1).unwrap();
        assert_eq!(tried(&done), expected, "{flags:?}");
    }
}

#[test]
fn every_failure_when_all_are_asked_for() {
    let pki = Pki::new().unwrap();
    let ips = ["::1", "127.0.0.1"];
    let (_places, port) = places(&ips);
    for program in Program::ALL {
        let directory = home(&pki);
        let prompt = Prompt { program, directory };
        let done = connect(prompt, port, &ips, &["--all-errors"]);
        let done = done.with_status(1).unwrap();
        done.told("switchboard: localhost port ", &["no address accepts"])
            .unwrap();
        let outcomes: Vec<_> = attempts(&done).into_iter().map(|bar| bar.outcome).collect();
        assert_eq!(outcomes, ["connection refused", "connection refused"]);

        // One failure is one failure, also in a group.
        let port = port.to_string();
        let arguments = ["connect", "127.0.0.1", &port, "--all-errors"];
        let done = prompt.run(&arguments, b"").unwrap().with_status(1).unwrap();
        let lines: Vec<_> = done.stderr.lines().collect();
        assert!(
            lines[0].ends_with(": no address accepts the connection"),
            "{lines:?}"
        );
        assert_eq!(
            lines[1],
            format!("  connect 127.0.0.1:{port}: connection refused")
        );
    }
}
