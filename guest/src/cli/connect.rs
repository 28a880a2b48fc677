//! `connect HOST PORT`: the flags, and the options of `create-connection` that they are.

use super::Given;
use super::common::{self, Common};
use super::flag::{Command, Flag};
use super::read::{missing, read};
use super::tls::{self, Tls};
use super::values::{Resolve, duration, host_address, race_until, resolve, unbracketed, up_to};
use super::{Answer, check_port, usage};
use crate::options::{CONNECTION_ATTEMPT_DELAY, KeepAlive, Milestone, Options, TlsTimeouts};
use crate::service::{HostAddress, Service, Transport};
use std::time::Duration;

/// `connect HOST PORT`
#[derive(Debug, Default)]
#[allow(missing_docs)]
pub struct Connect {
    pub host: String,
    pub port: String,
    pub common: Common,
    pub tls: Tls,
    resolve: Vec<Resolve>,
    local_address: Vec<HostAddress>,
    happy_eyeballs_delay: Option<Duration>,
    interleave: Option<u32>,
    sequential: bool,
    race_until: Option<Milestone>,
    pub(super) tls_timeouts: TlsTimeouts,
    keep_alive: bool,
    probes: KeepAlive,
}

pub(super) static COMMAND: Command = Command {
    name: "connect",
    usage: "[OPTIONS] <HOST> <PORT>",
    about: "Join standard input and output to a TCP or TLS connection",
    more: "The end of standard input is told to the peer (FIN, or close_notify with TLS), and what the peer still sends is \
           read to its end.",
    arguments: &[
        ("<HOST>", "Name or IP address of the host"),
        ("<PORT>", "Port number, or service name such as https"),
    ],
    groups: &[
        ("TLS", &tls::FLAGS),
        ("Addresses", &ADDRESSES),
        ("Attempts", &ATTEMPTS),
        ("Time limits", &TIME_LIMITS),
        ("Socket", &SOCKET),
        ("Output", &OUTPUT),
    ],
    after: "Examples:
  switchboard connect example.com https --tls -v
  switchboard connect mail.example submission --tls --starttls smtp
  printf 'PING\\r\\n' | switchboard connect localhost 6379 --timeout 5s
  switchboard connect db.example 5432 --resolve db.example:5432:192.0.2.1

Durations: 250ms, 10s, 1.5s, 2m, 1h.

Exit status: 0 done, 1 the connection failed, 2 the arguments were wrong.
",
};

static ADDRESSES: [Flag; 7] = [
    common::IPV4,
    common::IPV6,
    Flag::value(
        "--resolve",
        "HOST:PORT:ADDR,ADDR",
        |it, text| {
            it.connect.resolve.push(resolve(text)?);
            Ok(())
        },
        "Use these addresses for HOST and PORT instead of a lookup; may be repeated, the addresses add up",
    )
    .repeats(),
    common::refuse_networks(
        "Never connect to addresses in these networks, such as 10.0.0.0/8, or to any that is not public: private",
    ),
    Flag::value(
        "--local-address",
        "HOST[:PORT]",
        |it, text| {
            it.connect.local_address.push(host_address(text, Transport::Tcp)?);
            Ok(())
        },
        "Connect from this address of this machine; repeated, the first of the right family that can be used",
    )
    .repeats(),
    common::LOOKUP_FLAGS,
    common::protocol("Look up for this protocol, by its number; only TCP, 6, has streams"),
];

static ATTEMPTS: [Flag; 4] = [
    Flag::value(
        "--happy-eyeballs-delay",
        "TIME",
        |it, text| {
            it.connect.happy_eyeballs_delay = Some(duration(text)?);
            Ok(())
        },
        "Try the next address when the previous one has not answered after this time, at least 10ms [default: 250ms]",
    ),
    Flag::value(
        "--interleave",
        "N",
        |it, text| {
            it.connect.interleave = Some(up_to(text, u32::MAX)?);
            Ok(())
        },
        "Alternate between the address families after N addresses of the first; 0 keeps the order [default: 1]",
    ),
    Flag::switch(
        "--sequential",
        |it| it.connect.sequential = true,
        "Try one address after another, the next when the previous one has failed",
    )
    .excludes(&["--happy-eyeballs-delay"]),
    Flag::value(
        "--race-until",
        "tcp|tls",
        |it, text| {
            it.connect.race_until = Some(race_until(text)?);
            Ok(())
        },
        "What an address must do to win: connect, or also complete the TLS handshake [default: tcp]",
    ),
];

static TIME_LIMITS: [Flag; 3] = [
    common::timeout(
        "How long lookup, connecting and handshake may take together [default: as long as the system tries, minutes]",
    ),
    HANDSHAKE_TIMEOUT,
    SHUTDOWN_TIMEOUT,
];

pub(super) const HANDSHAKE_TIMEOUT: Flag = Flag::value(
    "--handshake-timeout",
    "TIME",
    |it, text| {
        it.connect.tls_timeouts.handshake = Some(duration(text)?);
        Ok(())
    },
    "How long the TLS handshake may take [default: 60s]",
)
.needs("--tls");

pub(super) const SHUTDOWN_TIMEOUT: Flag = Flag::value(
    "--shutdown-timeout",
    "TIME",
    |it, text| {
        it.connect.tls_timeouts.shutdown = Some(duration(text)?);
        Ok(())
    },
    "How long the peer may take at the end to take what is still unsent [default: 30s]",
);

static SOCKET: [Flag; 8] = [
    Flag::switch(
        "--keep-alive",
        |it| it.connect.keep_alive = true,
        "Let the system probe the connection when it is idle",
    ),
    Flag::value(
        "--keep-alive-idle",
        "TIME",
        |it, text| {
            it.connect.probes.idle = Some(duration(text)?);
            Ok(())
        },
        "How long it is idle before the first probe; implies --keep-alive [default: the system's]",
    ),
    Flag::value(
        "--keep-alive-interval",
        "TIME",
        |it, text| {
            it.connect.probes.interval = Some(duration(text)?);
            Ok(())
        },
        "The time between probes; implies --keep-alive [default: the system's]",
    ),
    Flag::value(
        "--keep-alive-count",
        "N",
        |it, text| {
            it.connect.probes.count = Some(up_to(text, u32::MAX)?);
            Ok(())
        },
        "After how many unanswered probes it is broken; implies --keep-alive [default: the system's]",
    ),
    common::HOP_LIMIT,
    common::RECEIVE_BUFFER_SIZE,
    common::SEND_BUFFER_SIZE,
    Flag::switch(
        "--no-delay",
        |it| it.common.no_delay = Some(true),
        "Fail unless small writes can be sent at once (TCP_NODELAY), as they are wherever they can be; it takes \
         switchboard-posix.wasm and a host that grants it",
    ),
];

static OUTPUT: [Flag; 5] = [
    common::ALL_ERRORS,
    common::verbose(
        "Tell what was agreed on, and draw the timeline of every attempt, on standard error",
    ),
    tls::SHOW_CERTIFICATES,
    common::JSON,
    common::HELP,
];

impl Connect {
    /// Reads what follows the name of the command.
    pub(super) fn parse(words: impl IntoIterator<Item = String>) -> Result<Self, Answer> {
        let (given, others) = read(&COMMAND, words)?;
        let mut others = others.into_iter();
        let host = others.next().ok_or_else(|| missing(&COMMAND, "<HOST>"))?;
        let port = others.next().ok_or_else(|| missing(&COMMAND, "<PORT>"))?;
        let Given {
            common, connect, ..
        } = given;
        let connect = Self {
            host: unbracketed(&host).to_owned(),
            port,
            common,
            ..connect
        };
        connect.check()?;
        Ok(connect)
    }

    fn check(&self) -> Result<(), Answer> {
        if self.host.is_empty() {
            return Err(usage("the host is empty"));
        }
        if self.tls.server_name.as_deref() == Some("") {
            return Err(usage("the name in --server-name is empty"));
        }
        if self.tls.starttls.is_some() && self.race_until == Some(Milestone::Tls) {
            return Err(usage(
                "--starttls cannot be used with --race-until tls: what is said before TLS is said to one server",
            ));
        }
        let unused = self.resolve.iter().find(|it| !self.is_for(it));
        if let Some(Resolve { host, port, .. }) = unused {
            return Err(usage(format!(
                "--resolve {host}:{port} is not for {} {}",
                self.host, self.port
            )));
        }
        check_port(&self.port, Transport::Tcp)
    }

    /// The options of `create-connection`, without those of TLS that come from files.
    pub fn options(&self) -> Options {
        let service = Service::Name(self.port.clone());
        let resolved: Vec<_> = self
            .resolve
            .iter()
            .flat_map(|it| it.addresses.iter().copied())
            .collect();
        Options {
            host: Some(self.host.clone()),
            service: Some(service),
            addresses: (!resolved.is_empty()).then_some(resolved),
            hints: self.common.hints(Transport::Tcp),
            sock: false,
            local_addresses: self.local_address.clone(),
            // Its files are still to be read.
            tls: None,
            server_name: self.tls.server_name.clone(),
            tls_timeouts: self.tls_timeouts,
            happy_eyeballs_delay: match self.sequential {
                true => None,
                false => Some(
                    self.happy_eyeballs_delay
                        .unwrap_or(CONNECTION_ATTEMPT_DELAY),
                ),
            },
            interleave: Some(self.interleave.unwrap_or(1)),
            race_until: self.race_until.unwrap_or_default(),
            all_errors: self.common.all_errors,
            timeout: self.common.timeout,
            refuse_networks: self.common.refuse_networks.clone(),
            socket: self.common.socket(self.keep_alive()),
        }
    }

    /// What it connects to, for a person.
    pub fn place(&self) -> String {
        format!("{} port {}", self.host, self.port)
    }

    /// Whether a `--resolve` is for the host and port that are to be connected to.
    fn is_for(&self, resolve: &Resolve) -> bool {
        let absolute = |host: &str| host.trim_end_matches('.').to_ascii_lowercase();
        let port = Service::Name(self.port.clone()).port(Transport::Tcp);
        absolute(&resolve.host) == absolute(&self.host) && Ok(resolve.port) == port
    }

    fn keep_alive(&self) -> Option<KeepAlive> {
        let asked = self.keep_alive || self.probes != KeepAlive::default();
        asked.then_some(self.probes)
    }
}
