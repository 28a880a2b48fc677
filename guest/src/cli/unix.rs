//! `unix PATH`: the flags, and the options of `create-unix-connection` that they are.

use super::Given;
use super::common::{self, Common};
use super::connect::{HANDSHAKE_TIMEOUT, SHUTDOWN_TIMEOUT};
use super::flag::{Command, Flag};
use super::read::{missing, read};
use super::tls::{self, Tls};
use super::{Answer, usage};
use crate::options::TlsTimeouts;
use crate::unix::UnixOptions;

/// `unix PATH`
#[derive(Debug, Default)]
#[allow(missing_docs)]
pub struct Unix {
    pub path: String,
    pub common: Common,
    pub tls: Tls,
    tls_timeouts: TlsTimeouts,
}

pub(super) static COMMAND: Command = Command {
    name: "unix",
    usage: "[OPTIONS] <PATH>",
    about: "Join standard input and output to a Unix socket",
    more: "As connect does. With --tls the name of the server has to be told (--server-name). WASI has no Unix sockets: it takes \
           switchboard-posix.wasm, and a host that provides switchboard:posix and grants the path.",
    arguments: &[(
        "<PATH>",
        "The file of the socket; @NAME is an abstract name, ./@FILE a file",
    )],
    groups: &[
        ("TLS", &tls::FLAGS),
        ("Time limits", &TIME_LIMITS),
        ("Socket", &SOCKET),
        ("Output", &OUTPUT),
    ],
    after: "Examples:
  printf 'PING\\r\\n' | switchboard unix /run/redis/redis.sock
  switchboard unix ./server.sock --tls --server-name server.example -v

Durations: 250ms, 10s, 1.5s, 2m, 1h.

Exit status: 0 done, 1 the connection failed, 2 the arguments were wrong.
",
};

static TIME_LIMITS: [Flag; 3] = [
    common::timeout(
        "How long connecting and handshake may take together [default: as long as they take]",
    ),
    HANDSHAKE_TIMEOUT,
    SHUTDOWN_TIMEOUT,
];

static SOCKET: [Flag; 2] = [common::RECEIVE_BUFFER_SIZE, common::SEND_BUFFER_SIZE];

static OUTPUT: [Flag; 4] = [
    common::verbose(
        "Tell what was agreed on, and draw the timeline of the attempt, on standard error",
    ),
    tls::SHOW_CERTIFICATES,
    common::JSON,
    common::HELP,
];

impl Unix {
    /// Reads what follows the name of the command.
    pub(super) fn parse(words: impl IntoIterator<Item = String>) -> Result<Self, Answer> {
        let (given, others) = read(&COMMAND, words)?;
        let path = others.into_iter().next();
        let path = path.ok_or_else(|| missing(&COMMAND, "<PATH>"))?;
        let Given {
            common, connect, ..
        } = given;
        if path.is_empty() || path == "@" {
            return Err(usage("the path is empty"));
        }
        if connect.tls.wanted && connect.tls.server_name.is_none() {
            return Err(usage("--tls needs --server-name for a Unix socket"));
        }
        Ok(Self {
            path,
            common,
            tls: connect.tls,
            tls_timeouts: connect.tls_timeouts,
        })
    }

    /// The options of `create-unix-connection`, without those of TLS that come from files.
    pub fn options(&self) -> UnixOptions {
        let path = match self.path.strip_prefix('@') {
            Some(name) => [b"\0", name.as_bytes()].concat(),
            None => self.path.clone().into_bytes(),
        };
        UnixOptions {
            path: Some(path),
            sock: false,
            // Its files are still to be read.
            tls: None,
            server_name: self.tls.server_name.clone(),
            tls_timeouts: self.tls_timeouts,
            timeout: self.common.timeout,
            socket: self.common.socket(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::USAGE;
    use std::time::Duration;

    fn unix(arguments: &str) -> Result<Unix, Answer> {
        Unix::parse(arguments.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn files_and_abstract_names() {
        for (word, path) in [
            ("/run/a", &b"/run/a"[..]),
            ("a", b"a"),
            ("@a", b"\0a"),
            ("./@a", b"./@a"),
        ] {
            assert_eq!(unix(word).unwrap().options().path.as_deref(), Some(path));
        }
    }

    #[test]
    fn each_option_has_its_flag() {
        let options = unix(
            "/a --tls --server-name b.example --timeout 1s --handshake-timeout 2s --shutdown-timeout 3s \
             --receive-buffer-size 4 --send-buffer-size 5",
        );
        let options = options.unwrap().options();
        let seconds = |it| Some(Duration::from_secs(it));
        assert_eq!(options.server_name.as_deref(), Some("b.example"));
        assert_eq!(options.timeout, seconds(1));
        assert_eq!(options.tls_timeouts.handshake, seconds(2));
        assert_eq!(options.tls_timeouts.shutdown, seconds(3));
        assert_eq!(options.socket.receive_buffer_size, Some(4));
        assert_eq!(options.socket.send_buffer_size, Some(5));
    }

    #[test]
    fn wrong_arguments() {
        for (arguments, told) in [
            ("", "<PATH> is missing"),
            ("@", "the path is empty"),
            ("/a 80", "unexpected argument '80'"),
            ("/a --tls", "--tls needs --server-name"),
            ("/a --server-name b.example", "--server-name needs --tls"),
            ("/a --hop-limit 1", "unknown flag"),
            ("/a -v --json", "--json"),
        ] {
            let answer = unix(arguments).unwrap_err();
            assert_eq!(answer.status, USAGE, "{arguments}");
            assert!(answer.text.contains(told), "{arguments}: {}", answer.text);
        }
    }
}
