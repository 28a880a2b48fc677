//! Libraries of others, unmodified, over the SDK's connections, against real servers.

use crate::{pki, run};
use std::collections::BTreeMap;
use std::process::Command;
use std::time::Duration;
use switchboard_tests::certs::{Leaf, Pki};
use switchboard_tests::child::Serving;
use switchboard_tests::command::built;

const READY: Duration = Duration::from_secs(10);

/// The servers of `tests/servers`; killed when dropped.
struct Servers {
    addresses: BTreeMap<String, String>,
    _process: Serving,
}

impl Servers {
    fn start(leaf: &Leaf) -> Self {
        let mut command = Command::new(built("servers/debug/switchboard-servers").unwrap());
        command.arg(&leaf.chain_path).arg(&leaf.key_path);
        let (process, addresses) = Serving::start(command, READY, |text| {
            let lines = text.lines().filter_map(|line| line.split_once(' '));
            let all: BTreeMap<_, _> = lines.map(|(a, b)| (a.into(), b.into())).collect();
            (all.len() == 3 && text.ends_with('\n')).then_some(all)
        })
        .unwrap();
        Self {
            addresses,
            _process: process,
        }
    }
}

async fn with_servers(runs: &[(&str, &str)]) -> Vec<String> {
    let (pki, leaf): (Pki, Leaf) = pki();
    let servers = Servers::start(&leaf);
    let mut said = Vec::new();
    for (arguments, server) in runs {
        let arguments = format!("{arguments} server={}", servers.addresses[*server]);
        said.push(run(&arguments, &pki).await.output);
    }
    said
}

#[tokio::test]
async fn hyper_by_alpn() {
    let one = "http ca=/pki/ca.pem alpn=http/1.1";
    let two = "http ca=/pki/ca.pem alpn=h2,http/1.1";
    let said = with_servers(&[(one, "http"), (two, "http")]).await;
    let rest = " 200 OK\nyou asked for /hello\nall well\n";
    assert_eq!(said, [format!("HTTP/1.1{rest}"), format!("HTTP/2.0{rest}")]);
}

#[tokio::test]
async fn websocket() {
    let said = with_servers(&[
        ("websocket", "websocket"),
        ("websocket ca=/pki/ca.pem", "websockets"),
    ])
    .await;
    assert_eq!(said, ["101 Switching Protocols\ntrue\n"; 2]);
}
