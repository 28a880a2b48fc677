//! The options of `create-unix-connection` and their checks, in asyncio's order (ASYNCIO C).

use crate::failure::Failure;
use crate::options::{Security, SocketOptions, Tls, TlsTimeouts};
use std::time::Duration;

/// What `create-unix-connection` is given: `unix-options` of the WIT, where each is explained.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs)]
pub struct UnixOptions {
    pub path: Option<Vec<u8>>,
    /// A socket came with them, which cannot be a Unix socket.
    pub sock: bool,
    pub tls: Option<Tls>,
    pub server_name: Option<String>,
    pub tls_timeouts: TlsTimeouts,
    pub timeout: Option<Duration>,
    /// Of buffers alone.
    pub socket: SocketOptions,
}

/// Who the peer of a Unix socket is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Credentials {
    pub pid: Option<u32>,
    pub uid: u32,
    pub gid: u32,
}

impl UnixOptions {
    /// The checks before anything is done: C-V2 to C-V9, then those of what asyncio does not have. C-V1 and C-V7 are of types;
    /// C-V5 is not among them: here the shutdown timeout is for connections without TLS too.
    pub fn check(&self) -> Result<(), Failure> {
        let tls = self.tls.is_some();
        let refused = if tls && self.server_name.is_none() {
            "you have to pass server_hostname when using ssl" // C-V2
        } else if self.server_name.is_some() && !tls {
            "server_hostname is only meaningful with ssl" // C-V3
        } else if self.tls_timeouts.handshake.is_some() && !tls {
            "ssl_handshake_timeout is only meaningful with ssl" // C-V4
        } else if self.path.is_some() && self.sock {
            "path and sock can not be specified at the same time" // C-V6
        } else if self.path.is_none() && !self.sock {
            "no path and sock were specified" // C-V8
        } else if self.sock {
            "A UNIX Domain Stream Socket was expected, got a TCP socket" // C-V9
        } else if let Some(Err(failure)) = self.tls.as_ref().map(|it| &it.config) {
            return Err(Failure::Tls(failure.clone()));
        } else {
            return self.socket.check();
        };
        Err(Failure::invalid(refused))
    }

    /// What comes once the socket is connected.
    pub fn security(&self) -> Security<'_> {
        Security {
            tls: self.tls.as_ref(),
            name: self.server_name.as_deref().unwrap_or_default(),
            timeouts: self.tls_timeouts,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::TlsFailure;
    use crate::tls::context::Context;

    fn plain() -> UnixOptions {
        UnixOptions {
            path: Some(b"/run/a".to_vec()),
            ..UnixOptions::default()
        }
    }

    fn with_tls() -> UnixOptions {
        UnixOptions {
            tls: Some(Tls {
                config: Context::default().client_config(),
                checks_hostname: true,
            }),
            server_name: Some("a.example".into()),
            ..plain()
        }
    }

    fn refused(options: UnixOptions) -> String {
        options.check().unwrap_err().to_string()
    }

    #[test]
    fn a_path_is_enough() {
        assert_eq!(plain().check(), Ok(()));
        assert_eq!(with_tls().check(), Ok(()));
        let empty = UnixOptions {
            path: Some(Vec::new()),
            ..plain()
        };
        assert_eq!(empty.check(), Ok(()));
        let shutdown = TlsTimeouts {
            handshake: None,
            shutdown: Some(Duration::ZERO),
        };
        let options = UnixOptions {
            tls_timeouts: shutdown,
            ..plain()
        };
        assert_eq!(options.check(), Ok(()));
    }

    #[test]
    fn c_v2_tls_without_a_name_and_an_empty_one_is_a_name() {
        let nameless = UnixOptions {
            server_name: None,
            ..with_tls()
        };
        assert_eq!(
            refused(nameless),
            "you have to pass server_hostname when using ssl"
        );
        let empty = UnixOptions {
            server_name: Some(String::new()),
            ..with_tls()
        };
        assert_eq!(empty.check(), Ok(()));
    }

    #[test]
    fn c_v3_a_name_without_tls() {
        for name in ["a.example", ""] {
            let options = UnixOptions {
                server_name: Some(name.into()),
                ..plain()
            };
            assert_eq!(
                refused(options),
                "server_hostname is only meaningful with ssl"
            );
        }
    }

    #[test]
    fn c_v4_a_handshake_timeout_without_tls() {
        let options = UnixOptions {
            tls_timeouts: TlsTimeouts {
                handshake: Some(Duration::ZERO),
                shutdown: None,
            },
            ..plain()
        };
        assert_eq!(
            refused(options),
            "ssl_handshake_timeout is only meaningful with ssl"
        );
    }

    #[test]
    fn c_v6_c_v8_and_c_v9_the_path_or_the_socket() {
        let sock = UnixOptions {
            sock: true,
            ..plain()
        };
        assert_eq!(
            refused(sock.clone()),
            "path and sock can not be specified at the same time"
        );
        let alone = UnixOptions { path: None, ..sock };
        assert!(refused(alone).starts_with("A UNIX Domain Stream Socket was expected, got "));
        assert_eq!(
            refused(UnixOptions::default()),
            "no path and sock were specified"
        );
    }

    #[test]
    fn the_order() {
        let wrong = UnixOptions {
            path: None,
            sock: true,
            server_name: None,
            ..with_tls()
        };
        assert!(refused(wrong.clone()).starts_with("you have to pass"));
        let without = UnixOptions {
            tls: None,
            server_name: Some(String::new()),
            ..wrong
        };
        assert!(refused(without.clone()).starts_with("server_hostname is only"));
        let late = UnixOptions {
            server_name: None,
            tls_timeouts: TlsTimeouts {
                handshake: Some(Duration::ZERO),
                shutdown: None,
            },
            ..without
        };
        assert!(refused(late).starts_with("ssl_handshake_timeout"));
    }

    #[test]
    fn then_what_asyncio_does_not_have() {
        let failure = TlsFailure::Configuration("no roots".into());
        let options = UnixOptions {
            tls: Some(Tls {
                config: Err(failure.clone()),
                checks_hostname: true,
            }),
            ..with_tls()
        };
        assert_eq!(options.check(), Err(Failure::Tls(failure)));
        let options = UnixOptions {
            socket: SocketOptions {
                send_buffer_size: Some(0),
                ..SocketOptions::default()
            },
            ..plain()
        };
        assert_eq!(refused(options), "send-buffer-size must not be 0");
    }
}
