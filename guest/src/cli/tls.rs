//! The flags about TLS.

use super::flag::Flag;
use super::values::pieces;
use crate::starttls::{PROTOCOLS, Protocol};
use crate::tls::context::Version;
use std::path::PathBuf;

/// What they say. The files are still to be read.
#[derive(Debug, Default)]
#[allow(missing_docs)]
pub struct Tls {
    pub wanted: bool,
    pub starttls: Option<Protocol>,
    pub server_name: Option<String>,
    pub ca: Vec<PathBuf>,
    /// Mozilla's roots beside those of the files.
    pub mozilla: bool,
    pub crl: Vec<PathBuf>,
    pub insecure: bool,
    pub cert: Option<PathBuf>,
    pub key: Option<PathBuf>,
    pub key_password: Option<PathBuf>,
    pub alpn: Vec<String>,
    pub minimum: Option<Version>,
    pub maximum: Option<Version>,
    pub ciphers: Vec<String>,
    pub groups: Vec<String>,
    pub keylog: Option<PathBuf>,
    pub show_certificates: bool,
}

pub(super) static FLAGS: [Flag; 16] = [
    Flag::switch(
        "--tls",
        |it| it.connect.tls.wanted = true,
        "Speak TLS and verify the certificate, against Mozilla's root certificates unless --ca is given",
    ),
    Flag::value(
        "--starttls",
        "PROTOCOL",
        |it, text| {
            it.connect.tls.starttls = Some(protocol(text)?);
            Ok(())
        },
        "Ask for TLS in the words of this protocol first: smtp, imap, pop3, postgres, ldap or xmpp",
    )
    .needs("--tls"),
    Flag::value(
        "--server-name",
        "NAME",
        |it, text| {
            it.connect.tls.server_name = Some(text.to_owned());
            Ok(())
        },
        "The name that the certificate must have [connect's default: HOST]",
    )
    .needs("--tls"),
    Flag::value(
        "--ca",
        "FILE",
        |it, text| {
            it.connect.tls.ca.push(text.into());
            Ok(())
        },
        "Trust the certificates in this file, in PEM or DER, instead of Mozilla's; may be repeated",
    )
    .repeats()
    .needs("--tls"),
    Flag::switch(
        "--mozilla",
        |it| it.connect.tls.mozilla = true,
        "Trust Mozilla's root certificates beside those of --ca",
    )
    .needs("--ca"),
    Flag::value(
        "--crl",
        "FILE",
        |it, text| {
            it.connect.tls.crl.push(text.into());
            Ok(())
        },
        "Refuse a server whose own certificate the revocation lists in this file name, in PEM or DER; of other issuers and of those above they say nothing; may be repeated",
    )
    .repeats()
    .needs("--tls"),
    Flag::switch(
        "--insecure",
        |it| it.connect.tls.insecure = true,
        "Believe whoever answers with a certificate that can be read, and whoever sits in between: encryption without protection, for tests",
    )
    .needs("--tls")
    .excludes(&["--ca", "--crl"]),
    Flag::value(
        "--cert",
        "FILE",
        |it, text| {
            it.connect.tls.cert = Some(text.into());
            Ok(())
        },
        "Show this certificate to a server that asks for one, with those between it and a root, in PEM, or one in DER",
    )
    .needs("--tls"),
    Flag::value(
        "--key",
        "FILE",
        |it, text| {
            it.connect.tls.key = Some(text.into());
            Ok(())
        },
        "The private key of --cert, in PEM or DER [default: in the file of --cert]",
    )
    .needs("--cert"),
    Flag::value(
        "--key-password",
        "FILE",
        |it, text| {
            it.connect.tls.key_password = Some(text.into());
            Ok(())
        },
        "The first line of this file is the password of the private key",
    )
    .needs("--cert"),
    Flag::value(
        "--alpn",
        "P,P",
        |it, text| {
            it.connect.tls.alpn.extend(pieces(text));
            Ok(())
        },
        "Offer these application protocols, the preferred one first",
    )
    .repeats()
    .needs("--tls"),
    Flag::value(
        "--tls-min",
        "1.2|1.3",
        |it, text| {
            it.connect.tls.minimum = Some(version(text)?);
            Ok(())
        },
        "The oldest version to speak [default: 1.2]",
    )
    .needs("--tls"),
    Flag::value(
        "--tls-max",
        "1.2|1.3",
        |it, text| {
            it.connect.tls.maximum = Some(version(text)?);
            Ok(())
        },
        "The newest version to speak [default: 1.3]",
    )
    .needs("--tls"),
    Flag::value(
        "--ciphers",
        "NAME,NAME",
        |it, text| {
            it.connect.tls.ciphers.extend(pieces(text));
            Ok(())
        },
        "Offer these cipher suites by their IANA names, the preferred one first [default: all there are]",
    )
    .repeats()
    .needs("--tls"),
    Flag::value(
        "--groups",
        "NAME,NAME",
        |it, text| {
            it.connect.tls.groups.extend(pieces(text));
            Ok(())
        },
        "Offer these groups for the key exchange by their IANA names [default: all there are]",
    )
    .repeats()
    .needs("--tls"),
    Flag::value(
        "--keylog",
        "FILE",
        |it, text| {
            it.connect.tls.keylog = Some(text.into());
            Ok(())
        },
        "Append the secrets of the session to this file, so that what was captured can be read (NSS format)",
    )
    .needs("--tls"),
];

/// Among those about the output.
pub(super) const SHOW_CERTIFICATES: Flag = Flag::switch(
    "--show-certificates",
    |it| it.connect.tls.show_certificates = true,
    "Show the server's certificates on standard error, described and in PEM; with --insecure also those that are not accepted",
)
.needs("--tls")
.excludes(&["--json"]);

fn protocol(text: &str) -> Result<Protocol, String> {
    let known = PROTOCOLS.iter().find(|(name, _)| *name == text);
    known.map(|&(_, protocol)| protocol).ok_or_else(|| {
        let names: Vec<_> = PROTOCOLS.iter().map(|(name, _)| *name).collect();
        format!("it must be one of {}", names.join(", "))
    })
}

fn version(text: &str) -> Result<Version, String> {
    match text {
        "1.2" => Ok(Version::Tls12),
        "1.3" => Ok(Version::Tls13),
        _ => Err("it must be 1.2 or 1.3".into()),
    }
}
