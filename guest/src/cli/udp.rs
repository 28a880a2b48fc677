//! `udp HOST PORT` and `udp --listen [HOST] PORT`: the flags, and the options of `create-datagram-endpoint` that they are.

use super::Given;
use super::common::{self, Common};
use super::flag::{Command, Flag};
use super::read::{missing, read};
use super::values::{duration, host_address, unbracketed, up_to};
use super::{Answer, check_port, usage};
use crate::endpoint::EndpointOptions;
use crate::service::{HostAddress, Service, Transport};
use std::time::Duration;

/// How long answers are waited for, unless told otherwise.
const WAIT: Duration = Duration::from_secs(1);

/// `udp HOST PORT`
#[derive(Debug, Default)]
#[allow(missing_docs)]
pub struct Udp {
    /// Absent: this machine, by its loopback addresses.
    pub host: Option<String>,
    pub port: String,
    pub common: Common,
    pub listen: bool,
    pub hex: bool,
    /// After how many datagrams to end.
    pub count: Option<u64>,
    wait: Option<Duration>,
    local: Option<HostAddress>,
    queue_limit: Option<u64>,
    reuse_address: bool,
    reuse_port: bool,
    broadcast: bool,
}

pub(super) static COMMAND: Command = Command {
    name: "udp",
    usage: "[OPTIONS] <HOST> <PORT>, or --listen [HOST] <PORT>",
    about: "Send lines as UDP datagrams and print the answers, or print all that arrive",
    more: "Each line of standard input is a datagram, without its newline; an empty line is an empty one. Each datagram that \
           arrives is a line of standard output. After the end of the input, answers are waited for. A failure on the way, \
           such as a port where nobody listens, is told and goes on; the exit status is 1 then.",
    arguments: &[
        ("<HOST>", "Name or IP address of the host"),
        ("<PORT>", "Port number, or service name such as ntp"),
    ],
    groups: &[
        ("Datagrams", &DATAGRAMS),
        ("Addresses", &ADDRESSES),
        ("Time limits", &TIME_LIMITS),
        ("Socket", &SOCKET),
        ("Output", &OUTPUT),
    ],
    after: "Examples:
  printf 'one\\ntwo\\n' | switchboard udp localhost 9999
  printf '1b%094d' 0 | switchboard udp pool.ntp.org ntp --hex --count 1
  switchboard udp --listen 127.0.0.1 5353 -v

Durations: 250ms, 10s, 1.5s, 2m, 1h.

Exit status: 0 done, 1 something failed, 2 the arguments were wrong, or, with
--hex, the first line was.
",
};

static DATAGRAMS: [Flag; 3] = [
    Flag::switch(
        "--listen",
        |it| it.udp.listen = true,
        "Send nothing: receive at HOST and PORT of this machine and print what arrives. Without HOST it is one of the loopback \
         addresses, ::1 unless -4 is given or there is none; 0.0.0.0 is all of IPv4, :: all of IPv6. The port 0 is any that is \
         free, which is told",
    )
    .excludes(&["--local"]),
    Flag::switch(
        "--hex",
        |it| it.udp.hex = true,
        "Lines are bytes in hexadecimal, in and out; blanks may stand between the bytes",
    ),
    Flag::value(
        "--count",
        "N",
        |it, text| {
            it.udp.count = Some(match up_to(text, u64::MAX)? {
                0 => return Err("it must be at least 1".into()),
                count => count,
            });
            Ok(())
        },
        "End when this many datagrams have arrived, whatever is still to be sent; if they do not arrive, the exit status is 1",
    ),
];

static ADDRESSES: [Flag; 6] = [
    common::IPV4,
    common::IPV6,
    common::refuse_networks(
        "Never send to addresses in these networks, such as 10.0.0.0/8, or to any that is not public: private",
    ),
    Flag::value(
        "--local",
        "HOST[:PORT]",
        |it, text| {
            it.udp.local = Some(host_address(text, Transport::Udp)?);
            Ok(())
        },
        "Send from this address of this machine",
    ),
    common::LOOKUP_FLAGS,
    common::protocol(
        "Look up for this protocol, by its number; only UDP, 17, has datagrams (an IP address is not looked up)",
    ),
];

static TIME_LIMITS: [Flag; 2] = [
    Flag::value(
        "--wait",
        "TIME",
        |it, text| {
            it.udp.wait = Some(duration(text)?);
            Ok(())
        },
        "End when nothing has been sent and nothing has arrived for so long, but not before the end of the input [default: 1s; \
         with --listen never]",
    ),
    common::timeout("How long the name lookups may take together"),
];

static SOCKET: [Flag; 7] = [
    common::HOP_LIMIT,
    common::RECEIVE_BUFFER_SIZE,
    common::SEND_BUFFER_SIZE,
    Flag::value(
        "--queue-limit",
        "BYTES",
        |it, text| {
            it.udp.queue_limit = Some(up_to(text, u64::MAX)?);
            Ok(())
        },
        "How much may have arrived that is not yet printed; what is beyond that is lost [default: 1 MiB]. While nobody reads \
         standard output nothing is received at all, and only the system keeps some: --receive-buffer-size",
    ),
    Flag::switch(
        "--reuse-address",
        |it| it.udp.reuse_address = true,
        "Let others bind to the same address; this and the next two take switchboard-posix.wasm and a host that grants them",
    ),
    Flag::switch(
        "--reuse-port",
        |it| it.udp.reuse_port = true,
        "Share the address with others who do the same",
    ),
    Flag::switch(
        "--broadcast",
        |it| it.udp.broadcast = true,
        "Send to broadcast addresses too, and hear whoever answers; where nobody listens is not told then",
    ),
];

static OUTPUT: [Flag; 4] = [
    common::ALL_ERRORS,
    common::verbose(
        "Tell the addresses and the timeline, and before each datagram its sender and size, on standard error",
    ),
    common::JSON,
    common::HELP,
];

impl Udp {
    /// Reads what follows the name of the command.
    pub(super) fn parse(words: impl IntoIterator<Item = String>) -> Result<Self, Answer> {
        let (given, others) = read(&COMMAND, words)?;
        let Given { common, udp, .. } = given;
        let mut others = others.into_iter();
        let (host, port) = match (others.next(), others.next()) {
            (Some(host), Some(port)) => (Some(host), port),
            (Some(port), None) if udp.listen => (None, port),
            (None, _) if !udp.listen => return Err(missing(&COMMAND, "<HOST>")),
            _ => return Err(missing(&COMMAND, "<PORT>")),
        };
        let host = host.map(|it| unbracketed(&it).to_owned());
        if host.as_deref() == Some("") {
            return Err(usage("the host is empty"));
        }
        check_port(&port, Transport::Udp)?;
        if !udp.listen && Service::Name(port.clone()).port(Transport::Udp) == Ok(0) {
            return Err(usage("nobody can be at port 0"));
        }
        Ok(Self {
            host,
            port,
            common,
            ..udp
        })
    }

    /// The options of `create-datagram-endpoint`.
    pub fn options(&self) -> EndpointOptions {
        let address = Some(HostAddress {
            host: self.host.clone(),
            service: Service::Name(self.port.clone()),
        });
        let (local_address, remote_address) = match self.listen {
            true => (address, None),
            false => (self.local.clone(), address),
        };
        EndpointOptions {
            local_address,
            remote_address,
            unix_local: None,
            unix_remote: None,
            hints: self.common.hints(Transport::Udp),
            reuse_address: self.reuse_address,
            reuse_port: self.reuse_port,
            allow_broadcast: self.broadcast,
            sock: false,
            all_errors: self.common.all_errors,
            timeout: self.common.timeout,
            refuse_networks: self.common.refuse_networks.clone(),
            socket: self.common.socket(None),
            queue_limit: self.queue_limit,
        }
    }

    /// How long to go on when nothing happens; absent, for ever.
    pub fn wait(&self) -> Option<Duration> {
        self.wait.or((!self.listen).then_some(WAIT))
    }

    /// Where it sends to or listens, for a person.
    pub fn place(&self) -> String {
        match &self.host {
            Some(host) => format!("{host} port {}", self.port),
            None => format!("port {}", self.port),
        }
    }

    /// Whether it sends from an address that was given.
    pub fn has_local(&self) -> bool {
        self.local.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::USAGE;
    use crate::lookup::Family;

    fn udp(arguments: &str) -> Result<Udp, Answer> {
        Udp::parse(arguments.split_whitespace().map(str::to_owned))
    }

    fn address(host: Option<&str>, port: &str) -> Option<HostAddress> {
        Some(HostAddress {
            host: host.map(str::to_owned),
            service: Service::Name(port.to_owned()),
        })
    }

    #[test]
    fn to_a_peer() {
        let udp = udp("[::1] ntp --local 127.0.0.1:7 -6 --hex --count 3 --queue-limit 9").unwrap();
        let options = udp.options();
        assert_eq!(options.remote_address, address(Some("::1"), "ntp"));
        assert_eq!(options.local_address, address(Some("127.0.0.1"), "7"));
        assert_eq!(options.hints.family, Some(Family::Inet6));
        assert_eq!(options.hints.transport, Transport::Udp);
        assert_eq!(options.queue_limit, Some(9));
        assert_eq!(
            (udp.hex, udp.count, udp.wait()),
            (true, Some(3), Some(WAIT))
        );
    }

    #[test]
    fn from_anybody() {
        let listening = udp("--listen 5353").unwrap();
        assert_eq!(listening.options().local_address, address(None, "5353"));
        assert_eq!(listening.options().remote_address, None);
        assert_eq!(listening.wait(), None);
        let listening = udp("0.0.0.0 0 --listen --wait 5s").unwrap();
        assert_eq!(
            listening.options().local_address,
            address(Some("0.0.0.0"), "0")
        );
        assert_eq!(listening.wait(), Some(Duration::from_secs(5)));
    }

    #[test]
    fn wrong_arguments() {
        for (arguments, told) in [
            ("", "<HOST> is missing"),
            ("a.example", "<PORT> is missing"),
            ("--listen", "<PORT> is missing"),
            ("a.example 80 81", "unexpected argument '81'"),
            ("a.example http", "neither a number nor a known service"),
            ("a.example 65536", "must be 0-65535"),
            ("[] 80", "the host is empty"),
            ("a.example 80 --count 0", "at least 1"),
            ("a.example 80 --wait 1", "250ms"),
            ("a.example 80 --tls", "unknown flag '--tls'"),
            (
                "--listen 80 --local ::1",
                "--listen cannot be used with --local",
            ),
            ("a.example 80 -v --json", "--json"),
            ("a.example 80 --broadcst", "did you mean --broadcast?"),
        ] {
            let answer = udp(arguments).unwrap_err();
            assert_eq!(answer.status, USAGE, "{arguments}");
            assert!(answer.text.contains(told), "{arguments}: {}", answer.text);
        }
    }
}
