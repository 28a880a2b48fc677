//! Much through one connection, and many connections.

use crate::pki;
use switchboard_tests::composed::{self, LIMIT};
use switchboard_tests::scripted::Scripted;
use switchboard_tests::tls::TlsServer;

const MIB: usize = 1024 * 1024;

/// Each byte there and back is looked at.
const MUCH: usize = 1024;

#[tokio::test]
async fn much_both_ways_leaves_nothing() {
    let (pki, leaf) = pki();
    let server = TlsServer::echo("127.0.0.1", &leaf).unwrap();
    let mut memory = Vec::new();
    for mebibytes in [4, MUCH] {
        let begun = std::time::Instant::now();
        let arguments = format!("bulk {mebibytes} server={} ca=/pki/ca.pem", server.addr());
        let run = composed::run(&arguments, pki.folder()).await.unwrap();
        assert_eq!(
            run.output,
            format!("{} bytes there and back\n", mebibytes * MIB)
        );
        println!(
            "{mebibytes} MiB in {:?}, memory {}",
            begun.elapsed(),
            run.exit.memory
        );
        memory.push(run.exit.memory);
    }
    assert!(memory[1] < memory[0] + 4 * MIB, "{memory:?}");
}

/// How many connections are open at a time.
const MANY: usize = 1000;

/// The most that one may take: it was 73 KiB.
const EACH: usize = 96 * 1024;

#[tokio::test]
async fn many_at_a_time() {
    let (pki, leaf) = pki();
    let server = TlsServer::echo("127.0.0.1", &leaf).unwrap();
    let mut memory = Vec::new();
    for count in [20, MANY] {
        let gate = Scripted::silent("127.0.0.1").unwrap();
        let arguments = format!(
            "hold {count} server={} ca=/pki/ca.pem gate={}",
            server.addr(),
            gate.addr()
        );
        let looked = async {
            gate.until(LIMIT, |log| log.accepted() == 1).await.unwrap();
            assert_eq!(server.log().open(), count);
            drop(gate);
        };
        let (run, ()) = tokio::join!(composed::run(&arguments, pki.folder()), looked);
        let run = run.unwrap();
        assert_eq!(run.output, format!("held {count}\n"));
        server.until(LIMIT, |log| log.open() == 0).await.unwrap();
        memory.push(run.exit.memory);
    }
    let each = (memory[1] - memory[0]) / (MANY - 20);
    println!(
        "each of {MANY} connections takes {each} bytes, all {}",
        memory[1]
    );
    assert!(each < EACH, "{each}: {memory:?}");
}
