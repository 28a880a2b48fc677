//! What the command does with less than it asks for.

use std::path::Path;
use switchboard_tests::command::{Program, Prompt};
use switchboard_tests::echo::TcpServer;

fn prompt(program: Program) -> Prompt<'static> {
    Prompt {
        program,
        directory: Path::new(env!("CARGO_MANIFEST_DIR")),
    }
}

#[test]
fn without_lookup_a_name_fails_and_an_address_works() {
    let server = TcpServer::echo("127.0.0.1").unwrap();
    let port = server.addr().port().to_string();
    let prompt = prompt(Program::WasmtimeWithoutLookup);
    let done = prompt.run(&["connect", "localhost", &port], b"hello\n");
    let done = done.unwrap().with_status(1).unwrap();
    let start = format!("switchboard: localhost port {port}: ");
    let words = ["name resolution", "-S allow-ip-name-lookup"];
    done.told(&start, &words).unwrap();
    assert_eq!(done.stderr.lines().count(), 1);

    let done = prompt.run(&["connect", "127.0.0.1", &port], b"hello\n");
    assert_eq!(done.unwrap().with_status(0).unwrap().stdout, b"hello\n");
    let resolve = format!("switchboard.test:{port}:127.0.0.1");
    let arguments = ["connect", "switchboard.test", &port, "--resolve", &resolve];
    let done = prompt.run(&arguments, b"hello\n").unwrap();
    assert_eq!(done.with_status(0).unwrap().stdout, b"hello\n");
}

#[test]
fn without_the_network_it_says_so() {
    let server = TcpServer::echo("127.0.0.1").unwrap();
    let port = server.addr().port().to_string();
    let prompt = prompt(Program::WasmtimeWithoutNetwork);
    let done = prompt.run(&["connect", "127.0.0.1", &port], b"");
    let done = done.unwrap().with_status(1).unwrap();
    let start = format!("switchboard: 127.0.0.1 port {port}: ");
    done.told(&start, &["permission denied"]).unwrap();
    assert_eq!(server.log().accepted(), 0);
}
