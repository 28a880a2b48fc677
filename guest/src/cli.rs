//! The arguments of the command, and what they mean for `create-connection`.

use crate::failure::Failure;
use crate::lookup::{Family, Service};
use crate::options::{CONNECTION_ATTEMPT_DELAY, Options};
use clap::{Args, Parser, Subcommand};
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

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

/// `connect HOST PORT`
#[derive(Debug, Args)]
pub struct Connect {
    /// Name or IP address of the host
    pub host: String,
    /// Port number, or service name such as https
    pub port: String,

    /// Speak TLS and verify the certificate, against Mozilla's root certificates unless --ca is given
    #[arg(long, help_heading = "TLS")]
    tls: bool,
    /// Trust the certificates in this file, in PEM or DER, instead of Mozilla's; may be repeated
    #[arg(long, value_name = "FILE", requires = "tls", help_heading = "TLS")]
    pub ca: Vec<PathBuf>,
    /// The name that the certificate must have [default: HOST]
    #[arg(long, value_name = "NAME", requires = "tls", help_heading = "TLS")]
    server_name: Option<String>,
    /// Offer these application protocols, the preferred one first
    #[arg(
        long,
        value_name = "P,P",
        value_delimiter = ',',
        requires = "tls",
        help_heading = "TLS"
    )]
    pub alpn: Vec<String>,
    /// How long the handshake may take [default: 60s]
    #[arg(long, value_name = "TIME", value_parser = duration, requires = "tls", help_heading = "TLS")]
    pub handshake_timeout: Option<Duration>,

    /// IPv4 only
    #[arg(short = '4', conflicts_with = "ipv6", help_heading = "Addresses")]
    ipv4: bool,
    /// IPv6 only
    #[arg(short = '6', help_heading = "Addresses")]
    ipv6: bool,
    /// Use these addresses for HOST and PORT instead of a lookup; may be repeated, the addresses add up
    #[arg(long, value_name = "HOST:PORT:ADDR,ADDR", value_parser = resolve, help_heading = "Addresses")]
    resolve: Vec<Resolve>,
    /// Try the next address when the previous one has not answered after this time, at least 10ms [default: 250ms]
    #[arg(long, value_name = "TIME", value_parser = duration, help_heading = "Addresses")]
    happy_eyeballs_delay: Option<Duration>,
    /// Alternate between the address families after N addresses of the first; 0 keeps the order [default: 1]
    #[arg(long, value_name = "N", help_heading = "Addresses")]
    interleave: Option<u32>,
    /// Try one address after another, the next when the previous one has failed
    #[arg(
        long,
        conflicts_with = "happy_eyeballs_delay",
        help_heading = "Addresses"
    )]
    sequential: bool,

    /// How long lookup, connecting and handshake may take together [default: as long as the system tries, minutes]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub timeout: Option<Duration>,
    /// Tell the failure of each address
    #[arg(long)]
    pub all_errors: bool,
    /// Tell what was agreed on, and draw the timeline of every attempt, on standard error
    #[arg(short, long)]
    pub verbose: bool,
}

/// `--resolve HOST:PORT:ADDR,ADDR`
#[derive(Debug, Clone, PartialEq, Eq)]
struct Resolve {
    host: String,
    port: u16,
    addresses: Vec<IpAddr>,
}

/// A text for the user, who asked for it or has to read it, and the exit status.
#[derive(Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Answer {
    pub text: String,
    pub status: u8,
}

/// Reads the arguments; the first is the name of the program.
pub fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Connect, Answer> {
    let parsed = Arguments::try_parse_from(arguments);
    let Command::Connect(connect) = parsed.map_err(answer)?.command;
    // What create-connection would find as well, but here it is a wrong argument and not a failed connection.
    if connect.port.trim().is_empty() {
        return Err(usage("the port is empty"));
    }
    match Service::Name(connect.port.clone()).port() {
        Ok(_) => Ok(connect),
        Err(failure) => {
            let why = match failure {
                Failure::Lookup(_) => "it is neither a number nor a known service".into(),
                failure => failure.to_string(),
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
        text: error.to_string(),
        status: if error.use_stderr() { USAGE } else { DONE },
    }
}

impl Connect {
    /// The options of `create-connection`, without those of TLS that come from files.
    pub fn options(&self) -> Options {
        let service = Service::Name(self.port.clone());
        let resolved: Vec<_> = self
            .resolve
            .iter()
            .filter(|it| it.host.eq_ignore_ascii_case(&self.host) && Ok(it.port) == service.port())
            .flat_map(|it| it.addresses.iter().copied())
            .collect();
        Options {
            host: Some(self.host.clone()),
            service: Some(service),
            addresses: (!resolved.is_empty()).then_some(resolved),
            family: match (self.ipv4, self.ipv6) {
                (true, _) => Some(Family::Inet),
                (_, true) => Some(Family::Inet6),
                _ => None,
            },
            tls: None,
            server_name: self.server_name.clone(),
            handshake_timeout: self.handshake_timeout,
            shutdown_timeout: None,
            happy_eyeballs_delay: match self.sequential {
                true => None,
                false => Some(
                    self.happy_eyeballs_delay
                        .unwrap_or(CONNECTION_ATTEMPT_DELAY),
                ),
            },
            interleave: Some(self.interleave.unwrap_or(1)),
            all_errors: self.all_errors,
            timeout: self.timeout,
        }
    }

    /// Whether to speak TLS.
    pub fn tls(&self) -> bool {
        self.tls
    }
}

/// `250ms`, `10s`, `1.5s`, `2m`.
fn duration(text: &str) -> Result<Duration, String> {
    const UNITS: [(&str, f64); 4] = [("ms", 0.001), ("s", 1.0), ("m", 60.0), ("h", 3600.0)];
    let explained = || "a time is a number with a unit, such as 250ms, 10s or 2m".to_owned();
    let (number, unit) = UNITS
        .iter()
        .find_map(|(unit, seconds)| Some((text.strip_suffix(unit)?, seconds)))
        .ok_or_else(explained)?;
    let plain = number
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.');
    let seconds: f64 = match plain {
        true => number.parse().map_err(|_| explained())?,
        false => return Err(explained()),
    };
    match Duration::try_from_secs_f64(seconds * unit) {
        Ok(Duration::ZERO) => Err("it must be longer than nothing".into()),
        Ok(duration) => Ok(duration),
        Err(_) => Err("it is too long".into()),
    }
}

fn resolve(text: &str) -> Result<Resolve, String> {
    let mut parts = text.splitn(3, ':');
    let (Some(host), Some(port), Some(list)) = (parts.next(), parts.next(), parts.next()) else {
        return Err("it must be HOST:PORT:ADDR[,ADDR]...".into());
    };
    let port = Service::Name(port.to_owned()).port();
    let port = port.map_err(|_| "its port is no number from 0 to 65535".to_owned())?;
    let address = |text: &str| {
        let bare = text.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
        let address = bare.unwrap_or(text).parse();
        address.map_err(|_| format!("'{text}' is no IP address"))
    };
    Ok(Resolve {
        host: host.to_owned(),
        port,
        addresses: list.split(',').map(address).collect::<Result<_, _>>()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!(told.family, Some(Family::Inet6));
        assert_eq!(
            options("a.example 80 --sequential").happy_eyeballs_delay,
            None
        );
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
        assert_eq!(options(&format!("a.example 81 {ipv6}")).addresses, None);
        assert_eq!(options(&format!("b.example 80 {ipv6}")).addresses, None);
    }

    #[test]
    fn wrong_arguments_are_told_with_status_2() {
        for (arguments, told) in [
            ("a.example", "PORT"),
            ("a.example 70000", "port must be 0-65535"),
            ("a.example -1", "-1"),
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
            ("a.example 80 --interleave -1", "-1"),
        ] {
            let answer = connect(arguments).unwrap_err();
            assert_eq!(answer.status, USAGE, "{arguments}");
            assert!(answer.text.contains(told), "{arguments}: {}", answer.text);
        }
    }

    #[test]
    fn help_and_version_are_no_failure() {
        for (arguments, told) in [("--help", "connect"), ("--version", "0.1.0")] {
            let answer = parse(["switchboard".to_owned(), arguments.to_owned()]).unwrap_err();
            assert_eq!(answer.status, DONE);
            assert!(answer.text.contains(told), "{}", answer.text);
        }
        let help = connect("--help").unwrap_err().text;
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
