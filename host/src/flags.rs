//! The flags of the host: what it permits the component. They stand before the command, which has flags of its own.

use std::fmt::Display;
use switchboard_host::posix::{PosixCtxBuilder, SocketOption};
use switchboard_host::{Addresses, Network};

/// Follows the help of the component.
pub(crate) const HELP: &str = "
Before the command may stand what this host permits it, each also repeatedly:
      --allow-unix <PATH|@NAME>
                              Connect and send to the Unix socket PATH, to all
                              beneath the directory PATH, or to the abstract
                              name NAME
      --allow-unix-bind <PATH|@NAME>
                              Bind Unix sockets to PATH, in the directory PATH,
                              or to the abstract name NAME, and replace sockets
                              that are there
      --allow-option <OPTION> Set the option no-delay, reuse-address, reuse-port
                              or broadcast of a socket
      --allow-tcp <ADDRESSES> Connect by TCP to these
      --allow-tcp-bind <ADDRESSES>
                              Bind TCP sockets to these, of this machine
      --allow-udp <ADDRESSES> Exchange datagrams by UDP with these
      --allow-udp-bind <ADDRESSES>
                              Bind UDP sockets to these, of this machine

Without such flags the command may connect by TCP and exchange datagrams by UDP
with everybody, set all options, and if it is unix connect to every Unix socket;
with flags of one of these kinds, of that kind only what they say.
ADDRESSES are an address, a network (10.0.0.0/8) or *, with a port (:443,
[fd00::]/8:443), some (:8000-8999), or all. PATH is what it leads to when this
begins; to permit a file whose name begins with @, write ./ before it.
";

/// The start of every flag.
const START: &str = "--allow-";

/// What is permitted.
#[derive(Debug, Default)]
pub(crate) struct Flags {
    posix: PosixCtxBuilder,
    /// There are flags about Unix sockets, or about options.
    unix: bool,
    options: bool,
    /// Absent: all.
    network: Option<Network>,
}

impl Flags {
    /// Takes the flags from behind the name of the program, and leaves the rest. The error is a sentence.
    pub(crate) fn take(arguments: &mut Vec<String>) -> Result<Self, String> {
        let program = arguments.drain(..1.min(arguments.len())).next();
        let mut parser = lexopt::Parser::from_args(arguments.drain(..));
        let mut flags = Self::default();
        while is_flag(&mut parser) {
            let flag = match parser.next() {
                Ok(Some(lexopt::Arg::Long(name))) => format!("--{name}"),
                _ => break,
            };
            let value = parser.value().ok().and_then(|it| it.into_string().ok());
            flags.set(&flag, value)?;
        }
        let rest = parser.raw_args().map_err(|error| error.to_string())?;
        let rest = rest.filter_map(|word| word.into_string().ok());
        arguments.extend(program.into_iter().chain(rest));
        Ok(flags)
    }

    fn set(&mut self, flag: &str, value: Option<String>) -> Result<(), String> {
        let value = value.filter(|it| !matches!(it.as_str(), "" | "@"));
        let value = value.ok_or_else(|| format!("{flag} has no value"));
        match flag {
            "--allow-unix" | "--allow-unix-bind" => self.set_place(flag, &value?),
            "--allow-tcp" | "--allow-tcp-bind" | "--allow-udp" | "--allow-udp-bind" => {
                let addresses = value?.parse();
                self.set_addresses(flag, addresses.map_err(|error| wrong(flag, &error))?);
            }
            "--allow-option" => {
                let option = value?.parse().map_err(|error| wrong(flag, &error))?;
                self.posix = self.posix.clone().allow_option(option);
                self.options = true;
            }
            _ => return Err(format!("unknown flag '{flag}'")),
        }
        Ok(())
    }

    fn set_place(&mut self, flag: &str, place: &str) {
        let posix = self.posix.clone();
        self.unix = true;
        self.posix = match (flag, place.strip_prefix('@')) {
            ("--allow-unix", Some(name)) => posix.allow_unix_name(name),
            ("--allow-unix", None) => posix.allow_unix(place),
            (_, Some(name)) => posix.allow_unix_bind_name(name),
            (_, None) => posix.allow_unix_bind(place),
        };
    }

    fn set_addresses(&mut self, flag: &str, addresses: Addresses) {
        let network = self.network.take().unwrap_or_default();
        self.network = Some(match flag {
            "--allow-tcp" => network.tcp(addresses),
            "--allow-tcp-bind" => network.tcp_bind(addresses),
            "--allow-udp" => network.udp(addresses),
            _ => network.udp_bind(addresses),
        });
    }

    /// What is permitted of `switchboard:posix` to these arguments. Abstract names are granted one by one, and so, without flags,
    /// those that are among the arguments.
    pub(crate) fn posix(&self, arguments: &[String]) -> PosixCtxBuilder {
        let mut posix = self.posix.clone();
        if !self.options {
            let all = SocketOption::ALL.into_iter();
            posix = all.fold(posix, PosixCtxBuilder::allow_option);
        }
        if !self.unix && arguments.get(1).is_some_and(|command| command == "unix") {
            let names = arguments.iter().filter_map(|it| it.strip_prefix('@'));
            posix = names.fold(posix.allow_unix("/"), PosixCtxBuilder::allow_unix_name);
        }
        posix
    }

    /// Whom TCP and UDP are permitted with.
    pub(crate) fn network(&self) -> Network {
        self.network.clone().unwrap_or_else(Network::any)
    }
}

fn wrong(flag: &str, error: &dyn Display) -> String {
    format!("invalid value for {flag}: {error}")
}

fn is_flag(parser: &mut lexopt::Parser) -> bool {
    let next = parser.try_raw_args().and_then(|words| {
        let next = words.peek()?.to_str()?;
        Some(next.starts_with(START))
    });
    next.unwrap_or_default()
}

/// Whether the command asks for the help of all of it.
pub(crate) fn asks_for_help(arguments: &[String]) -> bool {
    matches!(arguments, [_, word] if matches!(word.as_str(), "help" | "--help" | "-h"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::SocketAddr;
    use wasmtime_wasi::sockets::SocketAddrUse;

    fn take(words: &[&str]) -> (Result<Flags, String>, Vec<String>) {
        let mut arguments: Vec<_> = words.iter().map(|it| (*it).to_owned()).collect();
        let flags = Flags::take(&mut arguments);
        (flags, arguments)
    }

    #[test]
    fn they_stand_before_the_command() {
        let words = ["switchboard", "connect", "--allow-unix", "x", "--tls"];
        let (flags, rest) = take(&words);
        assert_eq!(rest, words);
        let any: SocketAddr = "192.0.2.1:1".parse().unwrap();
        let network = flags.unwrap().network();
        assert!(network.permits(any, SocketAddrUse::TcpListen));

        let (flags, rest) = take(&[
            "switchboard",
            "--allow-unix",
            "/run/a",
            "--allow-unix=@name",
            "--allow-unix-bind=./@b",
            "--allow-option=no-delay",
            "--allow-tcp",
            "192.0.2.1:1",
            "--allow-udp=*:53",
            "--",
            "connect",
        ]);
        assert_eq!(rest, ["switchboard", "--", "connect"]);
        let flags = flags.unwrap();
        let network = flags.network();
        assert!(network.permits(any, SocketAddrUse::TcpConnect));
        assert!(!network.permits(any, SocketAddrUse::UdpSend));
        let unix = ["switchboard", "unix", "@other"].map(str::to_owned);
        let told = format!("{:?}", flags.posix(&unix));
        for granted in ["\"/run/a\"", "[[110, 97, 109, 101]]", "\"./@b\"", "NoDelay"] {
            assert!(told.contains(granted), "no {granted} in {told}");
        }
        assert!(!told.contains("Broadcast"), "{told}");
        assert_eq!(take(&[]).1, [""; 0]);
        assert_eq!(take(&["switchboard"]).1, ["switchboard"]);
    }

    #[test]
    fn without_them_the_command_has_what_it_is_for() {
        let (flags, _) = take(&["switchboard"]);
        let flags = flags.unwrap();
        let told = |words: [&str; 3]| format!("{:?}", flags.posix(&words.map(str::to_owned)));
        let unix = told(["switchboard", "unix", "@name"]);
        for granted in ["\"/\"", "[[110, 97, 109, 101]]", "NoDelay", "Broadcast"] {
            assert!(unix.contains(granted), "no {granted} in {unix}");
        }
        let connect = told(["switchboard", "connect", "@name"]);
        assert!(connect.contains("NoDelay"), "{connect}");
        for denied in ["\"/\"", "[[110, 97, 109, 101]]"] {
            assert!(!connect.contains(denied), "{denied} in {connect}");
        }
    }

    #[test]
    fn wrong_ones_are_told() {
        for (words, told) in [
            (&["--allow-unix"][..], "--allow-unix has no value"),
            (&["--allow-unix="], "--allow-unix has no value"),
            (
                &["--allow-unix-bind", "@"],
                "--allow-unix-bind has no value",
            ),
            (
                &["--allow-option", "linger"],
                "'linger' is none of no-delay",
            ),
            (&["--allow-tcp", "localhost"], "'localhost' is not ADDRESS"),
            (&["--allow-nothing", "x"], "unknown flag '--allow-nothing'"),
        ] {
            let words = [&["switchboard"], words].concat();
            let error = take(&words).0.unwrap_err();
            assert!(error.contains(told), "{error}");
        }
    }

    #[test]
    fn the_help_fits() {
        for line in HELP.lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
        let all = ["switchboard", "--help"].map(str::to_owned);
        assert!(asks_for_help(&all));
        let one = ["switchboard", "help", "connect"].map(str::to_owned);
        assert!(!asks_for_help(&one));
    }
}
