//! The arguments of the command, and what they mean for the calls.

mod common;
mod connect;
mod flag;
mod help;
mod read;
mod tls;
mod udp;
mod unix;
mod values;

pub use common::Common;
pub use connect::Connect;
pub use tls::Tls as TlsFlags;
pub use udp::Udp;
pub use unix::Unix;

use crate::json::{Exchange, Report};
use crate::service::{PortError, Service, Transport};
use flag::Command;

/// What the process says when all went well.
pub const DONE: u8 = 0;
/// What the process says when the connection failed.
pub const FAILED: u8 = 1;
/// What the process says when the arguments were wrong.
pub const USAGE: u8 = 2;

const HELP: &str = "Opens connections: name lookup, Happy Eyeballs, TLS; and sends datagrams

Usage: switchboard <COMMAND>

Commands:
  connect        Join standard input and output to a TCP or TLS connection
  unix           Join standard input and output to a Unix socket
  udp            Send lines as UDP datagrams and print the answers, or print all
                 that arrive
  help           Print this help, or that of a command

Options:
  -h, --help     Print this help
  -V, --version  Print the version

Each command tells its options: switchboard connect --help

Exit status: 0 done, 1 it failed, 2 the arguments were wrong.
";

/// What the flags say: of all commands, as a table has no types of its own.
#[derive(Debug, Default)]
struct Given {
    common: Common,
    connect: Connect,
    udp: Udp,
}

/// What is asked for.
#[derive(Debug)]
#[allow(missing_docs)]
pub enum Request {
    Connect(Box<Connect>),
    Udp(Box<Udp>),
    Unix(Box<Unix>),
}

/// A text for the user, who asked for it or has to read it, and the exit status.
#[derive(Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Answer {
    pub text: String,
    pub status: u8,
}

impl Answer {
    /// Wrong arguments as `--json` tells them for the command that they begin with; help and version stay what they are.
    pub fn as_report(self, arguments: &[String]) -> Self {
        if self.status != USAGE {
            return self;
        }
        // The first paragraph is the sentence, then come hints about the usage.
        let sentence = self.text.strip_prefix("error: ").unwrap_or(&self.text);
        let sentence = sentence.split("\n\n").next().unwrap_or_default().trim();
        let is_udp = arguments.get(1).is_some_and(|it| it == udp::COMMAND.name);
        let text = match is_udp {
            true => Exchange::of_usage(sentence).line(),
            false => Report::of_usage(sentence).line(),
        };
        Self { text, ..self }
    }
}

/// Whether `--json` is among arguments that may be wrong otherwise.
pub fn asks_for_json(arguments: &[String]) -> bool {
    let flags = arguments.iter().take_while(|it| *it != "--");
    flags.into_iter().any(|it| it == "--json")
}

/// Reads the arguments; the first is the name of the program.
pub fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Request, Answer> {
    let mut words = arguments.into_iter().skip(1);
    let help = |status| Answer {
        text: HELP.to_owned(),
        status,
    };
    let Some(word) = words.next() else {
        return Err(help(USAGE));
    };
    match word.as_str() {
        "connect" => Ok(Request::Connect(Box::new(Connect::parse(words)?))),
        "udp" => Ok(Request::Udp(Box::new(Udp::parse(words)?))),
        "unix" => Ok(Request::Unix(Box::new(Unix::parse(words)?))),
        "help" => Err(match words.next() {
            Some(word) => match command(&word) {
                Some(command) => Answer {
                    text: help::help(command),
                    status: DONE,
                },
                None => unknown(&word),
            },
            None => help(DONE),
        }),
        "-h" | "--help" => Err(help(DONE)),
        "-V" | "--version" => Err(Answer {
            text: concat!("switchboard ", env!("CARGO_PKG_VERSION"), "\n").to_owned(),
            status: DONE,
        }),
        _ => Err(unknown(&word)),
    }
}

const COMMANDS: [&Command; 3] = [&connect::COMMAND, &unix::COMMAND, &udp::COMMAND];

/// The command of this name.
fn command(name: &str) -> Option<&'static Command> {
    COMMANDS.into_iter().find(|it| it.name == name)
}

fn unknown(word: &str) -> Answer {
    read::wrong(match word.starts_with('-') {
        true => format!("unknown flag '{word}': a command comes first, connect, unix or udp"),
        false => format!("unknown command '{word}': there are connect, unix, udp and help"),
    })
}

/// What the calls would find as well, but here it is a wrong argument and not a failed connection.
fn check_port(port: &str, transport: Transport) -> Result<(), Answer> {
    if port.trim().is_empty() {
        return Err(usage("the port is empty"));
    }
    let why = match Service::Name(port.to_owned()).port(transport) {
        Ok(_) => return Ok(()),
        Err(PortError::OutOfRange) => "it must be 0-65535",
        Err(PortError::Unknown) => "it is neither a number nor a known service",
    };
    Err(usage(format!("invalid port '{port}': {why}")))
}

/// A wrong argument, found after parsing.
pub fn usage(sentence: impl std::fmt::Display) -> Answer {
    Answer {
        text: format!("error: {sentence}\n"),
        status: USAGE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lookup::Family;
    use crate::options::{KeepAlive, Milestone, Options, SocketOptions};
    use flag::Takes;
    use std::net::IpAddr;
    use std::time::Duration;

    fn words(arguments: &str) -> Vec<String> {
        let words = arguments.split_whitespace().map(str::to_owned);
        ["switchboard".to_owned()]
            .into_iter()
            .chain(words)
            .collect()
    }

    fn connect(arguments: &str) -> Result<Connect, Answer> {
        match parse(words(&format!("connect {arguments}")))? {
            Request::Connect(connect) => Ok(*connect),
            request => panic!("{request:?}"),
        }
    }

    fn options(arguments: &str) -> Options {
        connect(arguments).unwrap().options()
    }

    /// A value that a flag takes, told by the name that the help has for it.
    fn example(value: &str) -> &'static str {
        match value {
            "TIME" => "1s",
            "N" => "6",
            "BYTES" => "4096",
            "HOST:PORT:ADDR,ADDR" => "a.example:80:127.0.0.1,::1",
            "HOST[:PORT]" => "127.0.0.1:7",
            "NET,NET" => "private,10.0.0.0/8",
            "FLAG,FLAG" => "numeric-host,all",
            "tcp|tls" => "tls",
            "1.2|1.3" => "1.3",
            "PROTOCOL" => "imap",
            _ => "word",
        }
    }

    #[test]
    fn every_flag_is_accepted_and_told() {
        let words = ["a.example", "80"];
        for command in COMMANDS {
            let help = help::help(command);
            let wide = help.lines().find(|it| it.chars().count() > 80);
            assert_eq!(wide, None);
            for flag in command.flags() {
                assert!(!flag.help.is_empty(), "{}", flag.name());
                let told = |name: &str| help.contains(&format!(" {name}"));
                assert!(told(flag.short) && told(&flag.with_value()), "{help}");
                let mut given = words.map(str::to_owned).to_vec();
                given.truncate(command.arguments.len());
                let mut needed = flag.needs;
                while let Some(flag) = needed.and_then(|it| command.flag(it)) {
                    given.push(flag.long.to_owned());
                    if let Takes::Value(value, _) = flag.takes {
                        given.push(example(value).to_owned());
                    }
                    needed = flag.needs;
                }
                let with = |name: &str| {
                    let mut words = given.clone();
                    words.push(name.to_owned());
                    if let Takes::Value(value, _) = flag.takes {
                        words.push(example(value).to_owned());
                    }
                    read::read(command, words)
                };
                for name in [flag.short, flag.long] {
                    let Some(result) = (!name.is_empty()).then(|| with(name)) else {
                        continue;
                    };
                    match flag.takes {
                        Takes::Help => assert_eq!(result.unwrap_err().text, help),
                        _ => assert!(result.is_ok(), "{name}: {result:?}"),
                    }
                }
                let others = flag.excludes.iter().copied().chain(flag.needs);
                for other in others {
                    assert!(command.flag(other).is_some(), "{other}");
                }
            }
        }
    }

    #[test]
    fn names_are_told_apart() {
        for command in COMMANDS {
            let names = command.flags().flat_map(|it| [it.short, it.long]);
            let mut names: Vec<_> = names.filter(|it| !it.is_empty()).collect();
            let all = names.len();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), all, "{}", command.name);
            assert!(HELP.contains(&format!("\n  {} ", command.name)));
        }
    }

    #[test]
    fn where_flags_and_values_stand() {
        let options =
            options("--timeout=1s -6 a.example --interleave 2 80 --alpn h2 --alpn=a,b --tls");
        assert_eq!(options.timeout, Some(Duration::from_secs(1)));
        assert_eq!(options.interleave, Some(2));
        assert_eq!(options.hints.family, Some(Family::Inet6));
        let alpn = connect("--tls --alpn h2 --alpn=a,b -- a.example 80").unwrap();
        assert_eq!(alpn.tls.alpn, ["h2", "a", "b"]);
        let host = connect("-v -- --json 80").unwrap();
        assert_eq!((host.host.as_str(), host.common.verbose), ("--json", true));
        let both = connect("-v4 a.example 80").unwrap();
        assert!(both.common.verbose);
        assert_eq!(both.options().hints.family, Some(Family::Inet));
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
             --keep-alive-idle 9s --keep-alive-count 4 --hop-limit 5 --receive-buffer-size 6 --send-buffer-size 7 --no-delay",
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
        assert_eq!(options.tls_timeouts.shutdown, Some(Duration::from_secs(3)));
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
            no_delay: Some(true),
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
            ("a.example 80 --tls --tls", "--tls is given more than once"),
            ("a.example 80 81", "unexpected argument '81'"),
            ("a.example 80 --tls=yes", "--tls takes no value"),
            ("a.example 80 --timeout", "--timeout <TIME> has no value"),
            ("a.example 80 --timeout --json", "<TIME> has no value"),
            ("a.example 80 --time-out 1s", "did you mean --timeout?"),
            ("a.example 80 --tsl", "did you mean --tls?"),
            ("a.example 80 --protocol -7", "invalid value '-7'"),
            ("a.example 80 -x", "unknown flag '-x'\n"),
            ("a.example 80 --allow-tcp 10.0.0.1", "before the command"),
        ] {
            let answer = connect(arguments).unwrap_err();
            assert_eq!(answer.status, USAGE, "{arguments}");
            assert!(answer.text.contains(told), "{arguments}: {}", answer.text);
        }
    }

    #[test]
    fn without_a_command_there_is_help_and_a_failure() {
        let of = |arguments: &str| parse(words(arguments)).unwrap_err();
        let (none, wrong, flag) = (of(""), of("help me"), of("--tls"));
        assert_eq!([none.status, wrong.status, flag.status], [USAGE; 3]);
        assert_eq!(none.text, HELP);
        assert!(wrong.text.contains("unknown command 'me'"));
        assert!(flag.text.contains("unknown flag '--tls'"));
        assert!(of("connect").text.contains("<HOST> is missing"));
    }

    #[test]
    fn wrong_arguments_as_a_report() {
        for (command, key) in [("connect", "\"connected\""), ("udp", "\"dropped\"")] {
            let words = words(&format!("{command} a.example 80 --json --hop-limit 256"));
            assert!(asks_for_json(&words));
            let report = parse(words.clone()).unwrap_err().as_report(&words);
            let line = report.text;
            assert_eq!((report.status, line.lines().count()), (USAGE, 1));
            let told = line.starts_with('{') && line.contains("invalid value '256'");
            assert!(told && line.contains(key), "{line}");
        }
        assert!(!asks_for_json(&["--".to_owned(), "--json".to_owned()]));
        let help = connect("--help").unwrap_err().as_report(&[]);
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
        for (arguments, told) in [
            ("--help", "connect"),
            ("-h", "connect"),
            ("help", "connect"),
            ("help connect", "--tls"),
            ("help udp", "--listen"),
            ("connect a.example -h", "--tls"),
            ("--version", "0.1.0"),
            ("-V", "0.1.0"),
        ] {
            let answer = parse(words(arguments)).unwrap_err();
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
