//! The arguments of the command, and what they mean for `create-connection`.

mod connect;
mod values;

pub use connect::Connect;

use crate::json::Report;
use crate::service::{PortError, Service};
use clap::{Parser, Subcommand};
use values::Resolve;

/// What the process says when all went well.
pub const DONE: u8 = 0;
/// What the process says when the connection failed.
pub const FAILED: u8 = 1;
/// What the process says when the arguments were wrong.
pub const USAGE: u8 = 2;

const EXIT_STATUS: &str =
    "Exit status: 0 done, 1 the connection failed, 2 the arguments were wrong.";

const EXAMPLES: &str = "Examples:
  switchboard connect example.com https --tls -v
  printf 'PING\\r\\n' | switchboard connect localhost 6379 --timeout 5s
  switchboard connect db.example 5432 --resolve db.example:5432:192.0.2.1,192.0.2.2";

/// Opens connections: name lookup, Happy Eyeballs, TLS.
#[derive(Debug, Parser)]
#[command(name = "switchboard", version, after_help = EXIT_STATUS)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Join standard input and output to a TCP or TLS connection
    ///
    /// The end of standard input is told to the peer (FIN, or close_notify with TLS), and what the peer still sends is
    /// read to its end.
    #[command(after_help = format!("{EXAMPLES}\n\nDurations: 250ms, 10s, 1.5s, 2m, 1h.\n\n{EXIT_STATUS}"))]
    Connect(Connect),
}

/// A text for the user, who asked for it or has to read it, and the exit status.
#[derive(Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Answer {
    pub text: String,
    pub status: u8,
}

impl Answer {
    /// Wrong arguments as `--json` tells them; help and version stay what they are.
    pub fn as_report(self) -> Self {
        if self.status != USAGE {
            return self;
        }
        // The first paragraph is the sentence, then come hints about the usage.
        let sentence = self.text.strip_prefix("error: ").unwrap_or(&self.text);
        let sentence = sentence.split("\n\n").next().unwrap_or_default().trim();
        Self {
            text: Report::of_usage(sentence).line(),
            ..self
        }
    }
}

/// Whether `--json` is among arguments that may be wrong otherwise.
pub fn asks_for_json(arguments: &[String]) -> bool {
    let flags = arguments.iter().take_while(|it| *it != "--");
    flags.into_iter().any(|it| it == "--json")
}

/// Reads the arguments; the first is the name of the program.
pub fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Connect, Answer> {
    let parsed = Arguments::try_parse_from(arguments);
    let Command::Connect(mut connect) = parsed.map_err(answer)?.command;
    connect.host = values::unbracketed(&connect.host).to_owned();
    if connect.host.is_empty() {
        return Err(usage("the host is empty"));
    }
    if connect.server_name.as_deref() == Some("") {
        return Err(usage("the name in --server-name is empty"));
    }
    let unused = connect.resolve.iter().find(|it| !connect.is_for(it));
    if let Some(Resolve { host, port, .. }) = unused {
        return Err(usage(format!(
            "--resolve {host}:{port} is not for {} {}",
            connect.host, connect.port
        )));
    }
    // What create-connection would find as well, but here it is a wrong argument and not a failed connection.
    if connect.port.trim().is_empty() {
        return Err(usage("the port is empty"));
    }
    match Service::Name(connect.port.clone()).port() {
        Ok(_) => Ok(connect),
        Err(error) => {
            let why = match error {
                PortError::OutOfRange => "it must be 0-65535",
                PortError::Unknown => "it is neither a number nor a known service",
            };
            Err(usage(format!("invalid port '{}': {why}", connect.port)))
        }
    }
}

/// A wrong argument, found after parsing.
pub fn usage(sentence: impl std::fmt::Display) -> Answer {
    Answer {
        text: format!("error: {sentence}\n"),
        status: USAGE,
    }
}

fn answer(error: clap::Error) -> Answer {
    Answer {
        text: format!("{}\n", error.to_string().trim_end()),
        status: if error.use_stderr() { USAGE } else { DONE },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lookup::Family;
    use crate::options::{KeepAlive, Milestone, Options, SocketOptions};
    use std::net::IpAddr;
    use std::time::Duration;

    fn connect(arguments: &str) -> Result<Connect, Answer> {
        let words = arguments.split_whitespace().map(str::to_owned);
        parse(
            ["switchboard".to_owned(), "connect".to_owned()]
                .into_iter()
                .chain(words),
        )
    }

    fn options(arguments: &str) -> Options {
        connect(arguments).unwrap().options()
    }

    #[test]
    fn clap_has_no_complaint() {
        <Arguments as clap::CommandFactory>::command().debug_assert();
    }

    #[test]
    fn it_races_unless_told_not_to() {
        let usual = options("a.example 80");
        assert_eq!(usual.happy_eyeballs_delay, Some(Duration::from_millis(250)));
        assert_eq!(usual.interleave, Some(1));
        let told = options("a.example http --happy-eyeballs-delay 1.5s --interleave 0 -6");
        assert_eq!(told.happy_eyeballs_delay, Some(Duration::from_millis(1500)));
        assert_eq!(told.interleave, Some(0));
        assert_eq!(told.hints.family, Some(Family::Inet6));
        assert_eq!(
            options("a.example 80 --sequential").happy_eyeballs_delay,
            None
        );
    }

    #[test]
    fn each_option_has_its_flag() {
        let options = options(
            "a.example 80 --protocol 6 --lookup-flags numeric-host,v4-mapped --local-address 127.0.0.2:7 \
             --local-address ::1 --tls --race-until tls --shutdown-timeout 3s --refuse-networks private,::/0 \
             --keep-alive-idle 9s --keep-alive-count 4 --hop-limit 5 --receive-buffer-size 6 --send-buffer-size 7",
        );
        assert_eq!(options.hints.protocol, Some(6));
        assert!(options.hints.flags.numeric_host && options.hints.flags.v4_mapped);
        let hosts: Vec<_> = options
            .local_addresses
            .iter()
            .map(|it| it.host.as_deref())
            .collect();
        assert_eq!(hosts, [Some("127.0.0.2"), Some("::1")]);
        assert_eq!(options.race_until, Milestone::Tls);
        assert_eq!(options.shutdown_timeout, Some(Duration::from_secs(3)));
        assert_eq!(options.refuse_networks, ["private", "::/0"]);
        let keep_alive = KeepAlive {
            idle: Some(Duration::from_secs(9)),
            interval: None,
            count: Some(4),
        };
        let socket = SocketOptions {
            keep_alive: Some(keep_alive),
            hop_limit: Some(5),
            receive_buffer_size: Some(6),
            send_buffer_size: Some(7),
        };
        assert_eq!(options.socket, socket);
    }

    #[test]
    fn keep_alive_is_off_unless_asked_for() {
        assert_eq!(options("a.example 80").socket, SocketOptions::default());
        let asked = options("a.example 80 --keep-alive").socket.keep_alive;
        assert_eq!(asked, Some(KeepAlive::default()));
    }

    #[test]
    fn addresses_in_place_of_a_lookup() {
        let ipv6 = "--resolve a.example:80:[::1],127.0.0.1 --resolve A.example:80:::2";
        let expected: Vec<IpAddr> = ["::1", "127.0.0.1", "::2"]
            .iter()
            .map(|it| it.parse().unwrap())
            .collect();
        assert_eq!(
            options(&format!("a.example http {ipv6}")).addresses,
            Some(expected)
        );
        assert_eq!(
            options("a.example. 80 --resolve a.example:80:::2").addresses,
            Some(vec!["::2".parse().unwrap()])
        );
    }

    #[test]
    fn wrong_arguments_are_told_with_status_2() {
        for (arguments, told) in [
            ("a.example", "PORT"),
            ("a.example 70000", "must be 0-65535"),
            ("a.example -1", "-1"),
            ("[] 80", "host is empty"),
            ("a.example nonsense", "neither a number nor a known service"),
            ("a.example 80 --timeout 10", "250ms"),
            ("a.example 80 --timeout 0s", "longer than nothing"),
            ("a.example 80 --timeout infs", "250ms"),
            ("a.example 80 --timeout 99999999999999999999h", "too long"),
            ("a.example 80 --ca ca.pem", "--tls"),
            ("a.example 80 -4 -6", "-6"),
            (
                "a.example 80 --sequential --happy-eyeballs-delay 1s",
                "--sequential",
            ),
            ("a.example 80 --resolve a.example:80", "HOST:PORT:ADDR"),
            (
                "a.example 80 --resolve a.example:80:b.example",
                "no IP address",
            ),
            (
                "a.example 81 --resolve a.example:80:::1",
                "--resolve a.example:80 is not for a.example 81",
            ),
            (
                "b.example 80 --resolve a.example:80:::1",
                "is not for b.example 80",
            ),
            ("a.example 80 --resolve a.example::::1", "no number"),
            ("a.example 80 --interleave -1", "-1"),
            ("a.example 80 --local-address a:b:c", "HOST:PORT"),
            ("a.example 80 --lookup-flags idn", "numeric-host"),
            ("a.example 80 --race-until quic", "tcp"),
            ("a.example 80 --hop-limit 256", "256"),
            ("a.example 80 --json -v", "--json"),
        ] {
            let answer = connect(arguments).unwrap_err();
            assert_eq!(answer.status, USAGE, "{arguments}");
            assert!(answer.text.contains(told), "{arguments}: {}", answer.text);
        }
    }

    #[test]
    fn wrong_arguments_as_a_report() {
        let words = "connect a.example 80 --json --hop-limit 256".split(' ');
        let words: Vec<_> = words.map(str::to_owned).collect();
        assert!(asks_for_json(&words));
        assert!(!asks_for_json(&["--".to_owned(), "--json".to_owned()]));
        let report = connect(&words[1..].join(" ")).unwrap_err().as_report();
        let line = report.text;
        assert_eq!((report.status, line.lines().count()), (USAGE, 1));
        assert!(
            line.starts_with('{') && line.contains("invalid value '256'"),
            "{line}"
        );
        let help = connect("--help").unwrap_err().as_report();
        assert!(help.text.contains("--json"));
    }

    #[test]
    fn brackets_around_an_address_are_dropped() {
        assert_eq!(options("[::1] 80").host.as_deref(), Some("::1"));
        assert_eq!(options("[a] 80").host.as_deref(), Some("[a]"));
        let resolved = options("[::1] 80 --resolve [::1]:80:127.0.0.1").addresses;
        assert_eq!(resolved.map(|it| it.len()), Some(1));
    }

    #[test]
    fn help_and_version_are_no_failure() {
        for (arguments, told) in [("--help", "connect"), ("--version", "0.1.0")] {
            let answer = parse(["switchboard".to_owned(), arguments.to_owned()]).unwrap_err();
            assert_eq!(answer.status, DONE);
            assert!(answer.text.contains(told), "{}", answer.text);
        }
        let help = connect("--help").unwrap_err().text;
        assert!(help.ends_with("wrong.\n"), "{help:?}");
        for flag in [
            "--tls",
            "--resolve",
            "--happy-eyeballs-delay",
            "Exit status",
            "-4",
        ] {
            assert!(help.contains(flag), "{flag} is missing in {help}");
        }
    }
}
