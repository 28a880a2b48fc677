//! The options of `create-connection` and their checks, in asyncio's order (ASYNCIO A.2).

use crate::failure::{Failure, TlsFailure};
use crate::lookup::Hints;
use crate::service::{HostAddress, Service};
use crate::tls::name::server_name;
use crate::tls::session::Session;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// asyncio's `ssl_handshake_timeout` when it is left out.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(60);

/// asyncio's `ssl_shutdown_timeout` when it is left out.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(30);

/// RFC 8305's Connection Attempt Delay, which the command uses unless told otherwise.
pub const CONNECTION_ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// What an attempt must reach to win.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Milestone {
    #[default]
    Tcp,
    Tls,
}

/// Probes of an idle connection; what is absent is the system's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct KeepAlive {
    pub idle: Option<Duration>,
    pub interval: Option<Duration>,
    pub count: Option<u32>,
}

/// How long the beginning and the end may take.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct TlsTimeouts {
    pub handshake: Option<Duration>,
    pub shutdown: Option<Duration>,
}

impl TlsTimeouts {
    /// The checks that asyncio makes once TCP is connected: A-V16 and A-V17.
    pub fn check(&self) -> Result<(), Failure> {
        let zero = |timeout: Option<Duration>| timeout == Some(Duration::ZERO);
        let refused = if zero(self.handshake) {
            "ssl_handshake_timeout" // A-V16
        } else if zero(self.shutdown) {
            "ssl_shutdown_timeout" // A-V17
        } else {
            return Ok(());
        };
        Err(Failure::invalid(format!(
            "{refused} should be a positive number, got 0"
        )))
    }

    /// How long the handshake may take.
    pub fn handshake(&self) -> Duration {
        self.handshake.unwrap_or(HANDSHAKE_TIMEOUT)
    }

    /// How long `close` may take.
    pub fn shutdown(&self) -> Duration {
        self.shutdown.unwrap_or(SHUTDOWN_TIMEOUT)
    }
}

/// What a connection needs beside its socket.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs)]
pub struct Security<'a> {
    pub tls: Option<&'a Tls>,
    /// The name that the certificate must have.
    pub name: &'a str,
    pub timeouts: TlsTimeouts,
}

impl Security<'_> {
    /// Refuses what asyncio refuses once the socket is connected, and [`Security::session`] too: A-V16, A-V17, A-V19, A-V20.
    pub fn check(&self) -> Result<(), Failure> {
        self.timeouts.check()?;
        match self.tls {
            Some(tls) => tls.check_name(Some(self.name)),
            None => Ok(()),
        }
    }

    /// The TLS session, if there is to be TLS, unless [`Security::check`] refuses it: of the name it finds out itself.
    pub fn session(&self) -> Result<Option<Session>, Failure> {
        self.timeouts.check()?;
        let session = self.tls.map(|tls| tls.session(Some(self.name)));
        session.transpose()
    }
}

/// With which settings to speak TLS.
#[derive(Debug, Clone)]
pub struct Tls {
    /// The settings, or why there are none: told when it is their turn.
    pub config: Result<Arc<rustls::ClientConfig>, TlsFailure>,
    /// Whether the certificate has to be for the server's name.
    pub checks_hostname: bool,
}

impl Tls {
    /// A client's session with this server, unless the settings or the name are no good (A-V19, A-V20).
    pub fn session(&self, name: Option<&str>) -> Result<Session, Failure> {
        let config = self.config.clone().map_err(Failure::Tls)?;
        Session::client(config, self.name(name))
    }

    /// What would be wrong with the name.
    pub fn check_name(&self, name: Option<&str>) -> Result<(), Failure> {
        match self.name(name) {
            Some(name) => server_name(name).map(|_| ()),
            None => Ok(()),
        }
    }

    /// The name, if it has to be one.
    fn name<'a>(&self, name: Option<&'a str>) -> Option<&'a str> {
        let name = name.unwrap_or_default();
        (self.checks_hostname || !name.is_empty()).then_some(name)
    }
}

/// What is set on a socket before it connects.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct SocketOptions {
    pub keep_alive: Option<KeepAlive>,
    pub hop_limit: Option<u8>,
    pub receive_buffer_size: Option<u64>,
    pub send_buffer_size: Option<u64>,
    /// Absent: where it can be, and is granted.
    pub no_delay: Option<bool>,
}

impl SocketOptions {
    /// No system takes 0 for any of these.
    pub fn check(&self) -> Result<(), Failure> {
        let keep_alive = self.keep_alive.unwrap_or_default();
        let zeros = [
            ("keep-alive idle", keep_alive.idle == Some(Duration::ZERO)),
            (
                "keep-alive interval",
                keep_alive.interval == Some(Duration::ZERO),
            ),
            ("keep-alive count", keep_alive.count == Some(0)),
            ("hop-limit", self.hop_limit == Some(0)),
            ("receive-buffer-size", self.receive_buffer_size == Some(0)),
            ("send-buffer-size", self.send_buffer_size == Some(0)),
        ];
        match zeros.into_iter().find(|&(_, zero)| zero) {
            Some((name, _)) => Err(Failure::invalid(format!("{name} must not be 0"))),
            None => Ok(()),
        }
    }
}

/// What `create-connection` is given: `connection-options` of the WIT, where each is explained.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs)]
pub struct Options {
    pub host: Option<String>,
    pub service: Option<Service>,
    pub addresses: Option<Vec<IpAddr>>,
    pub hints: Hints,
    /// A connected socket came with them.
    pub sock: bool,
    pub local_addresses: Vec<HostAddress>,
    pub tls: Option<Tls>,
    pub server_name: Option<String>,
    pub tls_timeouts: TlsTimeouts,
    pub happy_eyeballs_delay: Option<Duration>,
    pub interleave: Option<u32>,
    pub race_until: Milestone,
    pub all_errors: bool,
    pub timeout: Option<Duration>,
    pub refuse_networks: Vec<String>,
    pub socket: SocketOptions,
}

impl Options {
    /// The checks before anything is done: A-V1 to A-V8, then those of what asyncio does not have. A-V4 is not among
    /// them: here the shutdown timeout is for connections without TLS too.
    pub fn check(&self) -> Result<(), Failure> {
        let tls = self.tls.is_some();
        let place = self.host.is_some() || self.service.is_some() || self.addresses.is_some();
        let no_host = self.host.as_deref().unwrap_or("").is_empty();
        let refused = if self.server_name.is_some() && !tls {
            "server_hostname is only meaningful with ssl" // A-V1
        } else if self.server_name.is_none() && tls && no_host {
            "You must set server_hostname when using ssl without a host" // A-V2
        } else if self.tls_timeouts.handshake.is_some() && !tls {
            "ssl_handshake_timeout is only meaningful with ssl" // A-V3
        } else if place && self.sock {
            "host/port and sock can not be specified at the same time" // A-V7
        } else if !place && !self.sock {
            "host and port was not specified and no sock specified" // A-V8
        } else if self.addresses.as_ref().is_some_and(Vec::is_empty) {
            "addresses must not be empty"
        } else if self.race_until == Milestone::Tls && !tls {
            "race-until tls is only meaningful with tls"
        } else if let Some(Err(failure)) = self.tls.as_ref().map(|it| &it.config) {
            return Err(Failure::Tls(failure.clone()));
        } else {
            return self.socket.check();
        };
        Err(Failure::invalid(refused))
    }

    /// A.1: 1 with a race, else 0.
    pub fn first_address_family_count(&self) -> u32 {
        let default = u32::from(self.happy_eyeballs_delay.is_some());
        self.interleave.unwrap_or(default)
    }

    /// What comes once the socket is connected.
    pub fn security(&self) -> Security<'_> {
        Security {
            tls: self.tls.as_ref(),
            name: self.effective_server_name(),
            timeouts: self.tls_timeouts,
        }
    }

    /// The name that the certificate must have: `server-name`, else the host.
    pub fn effective_server_name(&self) -> &str {
        let name = self.server_name.as_deref().or(self.host.as_deref());
        name.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tls::context::Context;

    fn with_tls() -> Options {
        Options {
            host: Some("localhost".into()),
            tls: Some(Tls {
                config: Context::default().client_config(),
                checks_hostname: true,
            }),
            ..Options::default()
        }
    }

    fn refused(options: Options) -> String {
        options.check().unwrap_err().to_string()
    }

    #[test]
    fn a_v1_server_name_without_tls_even_an_empty_one() {
        for name in ["example.com", ""] {
            let options = Options {
                tls: None,
                server_name: Some(name.into()),
                ..with_tls()
            };
            assert_eq!(
                refused(options),
                "server_hostname is only meaningful with ssl"
            );
        }
    }

    #[test]
    fn a_v2_tls_without_a_name_comes_before_a_v8() {
        for host in [None, Some(String::new())] {
            assert_eq!(
                refused(Options { host, ..with_tls() }),
                "You must set server_hostname when using ssl without a host"
            );
        }
    }

    #[test]
    fn a_v3_handshake_timeout_without_tls() {
        let options = Options {
            tls: None,
            tls_timeouts: TlsTimeouts {
                handshake: Some(Duration::ZERO),
                shutdown: None,
            },
            ..with_tls()
        };
        assert_eq!(
            refused(options),
            "ssl_handshake_timeout is only meaningful with ssl"
        );
    }

    #[test]
    fn a_v8_neither_host_nor_port() {
        assert_eq!(
            refused(Options::default()),
            "host and port was not specified and no sock specified"
        );
        for options in [
            Options {
                host: Some(String::new()),
                ..Options::default()
            },
            Options {
                service: Some(Service::Port(0)),
                ..Options::default()
            },
        ] {
            assert_eq!(options.check(), Ok(()));
        }
    }

    #[test]
    fn no_addresses_is_no_way_to_say_look_it_up() {
        let options = Options {
            addresses: Some(Vec::new()),
            ..with_tls()
        };
        assert_eq!(refused(options), "addresses must not be empty");
    }

    #[test]
    fn a_v7_sock_beside_a_place() {
        for options in [
            Options {
                host: Some(String::new()),
                ..Options::default()
            },
            Options {
                service: Some(Service::Port(0)),
                ..Options::default()
            },
            Options {
                addresses: Some(Vec::new()),
                ..Options::default()
            },
        ] {
            assert_eq!(
                refused(Options {
                    sock: true,
                    ..options
                }),
                "host/port and sock can not be specified at the same time"
            );
        }
        let alone = Options {
            sock: true,
            ..Options::default()
        };
        assert_eq!(alone.check(), Ok(()));
    }

    #[test]
    fn a_v2_comes_before_a_v7() {
        let options = Options {
            host: None,
            service: Some(Service::Port(1)),
            sock: true,
            ..with_tls()
        };
        assert_eq!(
            refused(options),
            "You must set server_hostname when using ssl without a host"
        );
    }

    #[test]
    fn settings_of_tls_that_are_wrong_are_told_after_asyncios_checks() {
        let wrong = TlsFailure::Configuration("no roots".into());
        let options = Options {
            tls: Some(Tls {
                config: Err(wrong.clone()),
                checks_hostname: true,
            }),
            ..with_tls()
        };
        assert_eq!(options.check(), Err(Failure::Tls(wrong)));
        let first = Options {
            host: None,
            ..options
        };
        assert!(refused(first).starts_with("You must set server_hostname"));
    }

    #[test]
    fn a1_the_defaults() {
        let usual = TlsTimeouts::default();
        assert_eq!(usual.handshake(), Duration::from_secs(60));
        assert_eq!(usual.shutdown(), Duration::from_secs(30));
    }

    #[test]
    fn a_race_through_tls_needs_tls() {
        let options = Options {
            race_until: Milestone::Tls,
            ..with_tls()
        };
        assert_eq!(options.check(), Ok(()));
        let plain = Options {
            tls: None,
            ..options
        };
        assert_eq!(refused(plain), "race-until tls is only meaningful with tls");
    }

    #[test]
    fn d2_the_empty_name_where_none_is_checked() {
        let tls = with_tls().tls.unwrap();
        for name in [None, Some("")] {
            let failure = tls.check_name(name).unwrap_err();
            assert_eq!(
                failure.to_string(),
                "check_hostname requires server_hostname"
            );
            let unchecked = Tls {
                checks_hostname: false,
                ..tls.clone()
            };
            assert_eq!(unchecked.check_name(name), Ok(()));
            assert!(unchecked.session(name).is_ok());
        }
    }

    #[test]
    fn zeros_are_named() {
        let keep_alive = KeepAlive::default();
        let zero = Some(Duration::ZERO);
        let socket = SocketOptions::default();
        let with = |keep_alive| SocketOptions {
            keep_alive: Some(keep_alive),
            ..socket
        };
        for (socket, name) in [
            (
                with(KeepAlive {
                    idle: zero,
                    ..keep_alive
                }),
                "keep-alive idle",
            ),
            (
                with(KeepAlive {
                    interval: zero,
                    ..keep_alive
                }),
                "keep-alive interval",
            ),
            (
                with(KeepAlive {
                    count: Some(0),
                    ..keep_alive
                }),
                "keep-alive count",
            ),
            (
                SocketOptions {
                    hop_limit: Some(0),
                    ..socket
                },
                "hop-limit",
            ),
            (
                SocketOptions {
                    receive_buffer_size: Some(0),
                    ..socket
                },
                "receive-buffer-size",
            ),
            (
                SocketOptions {
                    send_buffer_size: Some(0),
                    ..socket
                },
                "send-buffer-size",
            ),
        ] {
            let options = Options {
                socket,
                ..with_tls()
            };
            assert_eq!(refused(options), format!("{name} must not be 0"));
        }
    }

    #[test]
    fn a_v16_and_a_v17_zero_timeouts_are_told_after_connecting() {
        let zero = Some(Duration::ZERO);
        let mut options = Options {
            tls_timeouts: TlsTimeouts {
                handshake: zero,
                shutdown: zero,
            },
            ..with_tls()
        };
        assert_eq!(options.check(), Ok(()));
        assert_eq!(
            options.tls_timeouts.check().unwrap_err().to_string(),
            "ssl_handshake_timeout should be a positive number, got 0"
        );
        options.tls_timeouts.handshake = None;
        assert_eq!(
            options.tls_timeouts.check().unwrap_err().to_string(),
            "ssl_shutdown_timeout should be a positive number, got 0"
        );
    }

    #[test]
    fn a_v6_the_default_of_interleave() {
        let race = Options {
            happy_eyeballs_delay: Some(Duration::ZERO),
            ..Options::default()
        };
        assert_eq!(race.first_address_family_count(), 1);
        assert_eq!(Options::default().first_address_family_count(), 0);
        let told = Options {
            interleave: Some(0),
            ..race
        };
        assert_eq!(told.first_address_family_count(), 0);
    }
}
