//! asyncio's protocols: the scenarios of ASYNCIO.md D.1, D.2, D.3, D.5 and D.7, each with a peer of its own. Prints them as
//! tables, in which a rule that is met in another way than asyncio's says so: `deviation`.

mod datagrams;
mod start_tls;
mod streams;
mod tls;

use crate::{pki, run};
use comfy_table::{Table, presets};
use std::net::SocketAddr;
use std::time::Duration;
use switchboard_tests::behaviour::Behaviour;
use switchboard_tests::certs::{Leaf, Pki};
use switchboard_tests::echo::TcpServer;
use switchboard_tests::log::{End, Log};
use switchboard_tests::scripted::{Scripted, Step};

/// Where the protocol is replaced, and another one is told of the loss.
const REPLACED: &str = "D.1 set_protocol";

/// What a protocol is told when all goes well.
const MADE: &str = "factory, made, returned";

/// A scenario, and what came of it.
struct Row {
    rule: &'static str,
    scenario: String,
    expected: String,
    came: String,
}

struct Scenarios {
    pki: Pki,
    leaf: Leaf,
    rows: Vec<Row>,
}

impl Scenarios {
    fn new() -> Self {
        let (pki, leaf) = pki();
        Self {
            pki,
            leaf,
            rows: Vec::new(),
        }
    }

    /// Plays it, and notes what the guest says.
    async fn play(&mut self, rule: &'static str, arguments: &str, at: SocketAddr, expected: &str) {
        let all = format!("protocol {arguments} server={at}");
        let run = run(&all, &self.pki).await;
        self.note(rule, arguments, expected, run.output.trim_end());
    }

    fn note(&mut self, rule: &'static str, scenario: &str, expected: &str, came: &str) {
        self.rows.push(Row {
            rule,
            scenario: scenario.to_owned(),
            expected: expected.to_owned(),
            came: came.to_owned(),
        });
    }

    /// Prints the table, and fails if a row does.
    fn finish(self) {
        let mut table = Table::new();
        table.load_preset(presets::UTF8_FULL_CONDENSED);
        table.set_header(["rule", "scenario", "outcome", ""]);
        let mut failed = 0;
        for row in &self.rows {
            let right =
                matches(&row.expected, &row.came) && lawful(&row.came, row.rule == REPLACED);
            failed += usize::from(!right);
            let verdict = match right {
                true => "ok".to_owned(),
                false => format!("expected:\n{}", row.expected),
            };
            let scenario = row.scenario.replace(" ca=/pki/ca.pem", "");
            table.add_row([row.rule, &scenario, &row.came, &verdict]);
        }
        println!("{table}");
        assert_eq!(failed, 0);
    }
}

/// `*` stands for anything.
fn matches(expected: &str, came: &str) -> bool {
    let Some((first, rest)) = expected.split_once('*') else {
        return expected == came;
    };
    let Some(mut left) = came.strip_prefix(first) else {
        return false;
    };
    let pieces: Vec<_> = rest.split('*').collect();
    for (index, piece) in pieces.iter().enumerate() {
        if index + 1 == pieces.len() {
            return left.ends_with(piece);
        }
        match left.split_once(piece) {
            Some((_, after)) => left = after,
            None => return false,
        }
    }
    true
}

/// ASYNCIO.md D.7: the order of all callbacks, whatever the scenario.
fn lawful(came: &str, replaced: bool) -> bool {
    let mut told = came.lines().filter(|line| line.starts_with("factory"));
    told.all(|line| {
        let events: Vec<_> = line.split(", ").collect();
        let at = |what: &str| events.iter().position(|it| it.starts_with(what));
        let count = |what: &str| events.iter().filter(|it| it.starts_with(what)).count();
        let writing: Vec<_> = events
            .iter()
            .filter(|it| it.starts_with("pause") || **it == "resume")
            .collect();
        let by_turns = writing
            .iter()
            .enumerate()
            .all(|(index, it)| it.starts_with("pause") == (index % 2 == 0));
        let over = match at("lost") {
            Some(lost) => lost + 1 == events.len() || events[lost + 1..] == ["returned"],
            None => replaced,
        };
        count("factory") == 1
            && at("factory") == Some(0)
            && at("made") == Some(1)
            && count("made") == 1
            && count("lost") <= 1
            && count("eof") <= 1
            && at("eof").is_none_or(|eof| !events[eof..].iter().any(|it| it.starts_with("data")))
            && by_turns
            && over
    })
}

fn plain(behaviour: Behaviour) -> TcpServer {
    TcpServer::start("127.0.0.1", behaviour).unwrap()
}

fn scripted(script: impl Into<Vec<Step>>) -> Scripted {
    Scripted::start("127.0.0.1", script).unwrap()
}

fn clean(log: &Log) {
    let ends: Vec<_> = log.connections.iter().map(|it| &it.end).collect();
    assert!(ends.iter().all(|end| **end == Some(End::Clean)), "{ends:?}");
}

const MIB: u64 = 1 << 20;

/// For a peer that is slow to read.
const PAUSE: Duration = Duration::from_millis(200);
