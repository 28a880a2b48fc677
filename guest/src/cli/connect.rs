//! `connect HOST PORT`: the flags, and the options of `create-connection` that they are.

use super::values::{LOOKUP_FLAGS, Resolve, duration, flags, host_address, race_until, resolve};
use crate::lookup::{Family, Hints};
use crate::options::{CONNECTION_ATTEMPT_DELAY, KeepAlive, Milestone, Options, SocketOptions};
use crate::service::{HostAddress, Service};
use clap::Args;
use std::path::PathBuf;
use std::time::Duration;

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
    pub(super) server_name: Option<String>,
    /// Offer these application protocols, the preferred one first
    #[arg(
        long,
        value_name = "P,P",
        value_delimiter = ',',
        requires = "tls",
        help_heading = "TLS"
    )]
    pub alpn: Vec<String>,

    /// IPv4 only
    #[arg(short = '4', conflicts_with = "ipv6", help_heading = "Addresses")]
    ipv4: bool,
    /// IPv6 only
    #[arg(short = '6', help_heading = "Addresses")]
    ipv6: bool,
    /// Use these addresses for HOST and PORT instead of a lookup; may be repeated, the addresses add up
    #[arg(long, value_name = "HOST:PORT:ADDR,ADDR", value_parser = resolve, help_heading = "Addresses")]
    pub(super) resolve: Vec<Resolve>,
    /// Never connect to addresses in these networks, such as 10.0.0.0/8, or to any that is not public: private
    #[arg(
        long,
        value_name = "NET,NET",
        value_delimiter = ',',
        help_heading = "Addresses"
    )]
    refuse_networks: Vec<String>,
    /// Connect from this address of this machine; repeated, the first of the right family that can be used
    #[arg(long, value_name = "HOST[:PORT]", value_parser = host_address, help_heading = "Addresses")]
    local_address: Vec<HostAddress>,
    /// Look up with these flags of getaddrinfo
    #[arg(long, value_name = "FLAG,FLAG", value_delimiter = ',', value_parser = LOOKUP_FLAGS, help_heading = "Addresses")]
    lookup_flags: Vec<String>,
    /// Look up for this protocol, by its number; only TCP, 6, has streams
    #[arg(long, value_name = "N", help_heading = "Addresses")]
    protocol: Option<u32>,

    /// Try the next address when the previous one has not answered after this time, at least 10ms [default: 250ms]
    #[arg(long, value_name = "TIME", value_parser = duration, help_heading = "Attempts")]
    happy_eyeballs_delay: Option<Duration>,
    /// Alternate between the address families after N addresses of the first; 0 keeps the order [default: 1]
    #[arg(long, value_name = "N", help_heading = "Attempts")]
    interleave: Option<u32>,
    /// Try one address after another, the next when the previous one has failed
    #[arg(
        long,
        conflicts_with = "happy_eyeballs_delay",
        help_heading = "Attempts"
    )]
    sequential: bool,
    /// What an address must do to win: connect, or also complete the TLS handshake [default: tcp]
    #[arg(long, value_name = "tcp|tls", value_parser = race_until, help_heading = "Attempts")]
    race_until: Option<Milestone>,

    /// How long lookup, connecting and handshake may take together [default: as long as the system tries, minutes]
    #[arg(long, value_name = "TIME", value_parser = duration, help_heading = "Time limits")]
    pub timeout: Option<Duration>,
    /// How long the TLS handshake may take [default: 60s]
    #[arg(long, value_name = "TIME", value_parser = duration, requires = "tls", help_heading = "Time limits")]
    handshake_timeout: Option<Duration>,
    /// How long the peer may take at the end to take what is still unsent [default: 30s]
    #[arg(long, value_name = "TIME", value_parser = duration, help_heading = "Time limits")]
    shutdown_timeout: Option<Duration>,

    /// Let the system probe the connection when it is idle
    #[arg(long, help_heading = "Socket")]
    keep_alive: bool,
    /// How long it is idle before the first probe; implies --keep-alive [default: the system's]
    #[arg(long, value_name = "TIME", value_parser = duration, help_heading = "Socket")]
    keep_alive_idle: Option<Duration>,
    /// The time between probes; implies --keep-alive [default: the system's]
    #[arg(long, value_name = "TIME", value_parser = duration, help_heading = "Socket")]
    keep_alive_interval: Option<Duration>,
    /// After how many unanswered probes it is broken; implies --keep-alive [default: the system's]
    #[arg(long, value_name = "N", help_heading = "Socket")]
    keep_alive_count: Option<u32>,
    /// How many routers a packet may pass [default: the system's]
    #[arg(long, value_name = "N", help_heading = "Socket")]
    hop_limit: Option<u8>,
    /// The size of the system's receive buffer [default: the system's]
    #[arg(long, value_name = "BYTES", help_heading = "Socket")]
    receive_buffer_size: Option<u64>,
    /// The size of the system's send buffer [default: the system's]
    #[arg(long, value_name = "BYTES", help_heading = "Socket")]
    send_buffer_size: Option<u64>,

    /// Tell the failure of each address
    #[arg(long, help_heading = "Output")]
    pub all_errors: bool,
    /// Tell what was agreed on, and draw the timeline of every attempt, on standard error
    #[arg(short, long, conflicts_with = "json", help_heading = "Output")]
    pub verbose: bool,
    /// At the end, write result or failure and the timeline as one line of JSON on standard error, and nothing else there
    #[arg(long, help_heading = "Output")]
    pub json: bool,
}

impl Connect {
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
            hints: Hints {
                family: match (self.ipv4, self.ipv6) {
                    (true, _) => Some(Family::Inet),
                    (_, true) => Some(Family::Inet6),
                    _ => None,
                },
                protocol: self.protocol,
                flags: flags(&self.lookup_flags),
            },
            sock: false,
            local_addresses: self.local_address.clone(),
            // Its files are still to be read.
            tls: None,
            server_name: self.server_name.clone(),
            handshake_timeout: self.handshake_timeout,
            shutdown_timeout: self.shutdown_timeout,
            happy_eyeballs_delay: match self.sequential {
                true => None,
                false => Some(
                    self.happy_eyeballs_delay
                        .unwrap_or(CONNECTION_ATTEMPT_DELAY),
                ),
            },
            interleave: Some(self.interleave.unwrap_or(1)),
            race_until: self.race_until.unwrap_or_default(),
            all_errors: self.all_errors,
            timeout: self.timeout,
            refuse_networks: self.refuse_networks.clone(),
            socket: SocketOptions {
                keep_alive: self.keep_alive(),
                hop_limit: self.hop_limit,
                receive_buffer_size: self.receive_buffer_size,
                send_buffer_size: self.send_buffer_size,
            },
        }
    }

    /// Whether a `--resolve` is for the host and port that are to be connected to.
    pub(super) fn is_for(&self, resolve: &Resolve) -> bool {
        let absolute = |host: &str| host.trim_end_matches('.').to_ascii_lowercase();
        let port = Service::Name(self.port.clone()).port();
        absolute(&resolve.host) == absolute(&self.host) && Ok(resolve.port) == port
    }

    fn keep_alive(&self) -> Option<KeepAlive> {
        let keep_alive = KeepAlive {
            idle: self.keep_alive_idle,
            interval: self.keep_alive_interval,
            count: self.keep_alive_count,
        };
        (self.keep_alive || keep_alive != KeepAlive::default()).then_some(keep_alive)
    }

    /// Whether to speak TLS.
    pub fn tls(&self) -> bool {
        self.tls
    }
}
