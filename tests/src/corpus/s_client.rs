//! OpenSSL's verdict: that of a handshake by `openssl s_client`, as a program that uses OpenSSL would get it.

use super::{ACCEPTED, Case};
use crate::child;
use anyhow::{Context, Result};
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(30);

/// What OpenSSL says of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// [`ACCEPTED`], the name of the verify code (`X509_V_ERR_` left out), or `no verdict`.
    pub name: String,
    /// That, for a person.
    pub told: String,
}

/// What it is called when the handshake fails without a verdict on the certificates.
pub const NO_VERDICT: &str = "no verdict";

/// Asks OpenSSL, with the certificates of this file trusted. Not with `-x509_strict`: it is asked what it takes for
/// a certificate to be accepted, not to be as RFC 5280 wants it.
pub fn verdict(case: &Case, server: SocketAddr, trusted: &Path) -> Result<Verdict> {
    let mut command = Command::new("openssl");
    // The machine's own settings are not asked. Level 2 is what Python, Debian and OpenSSL 3.2 set.
    command.env("OPENSSL_CONF", "/dev/null");
    command.args(["s_client", "-cipher", "DEFAULT@SECLEVEL=2"]);
    command.args(["-connect", &server.to_string(), "-noservername"]);
    command.arg("-CAfile").arg(trusted);
    command.args(["-no-CApath", "-no-CAstore", "-verify_return_error"]);
    let of_address = case.asked.parse::<IpAddr>().is_ok();
    command.arg(if of_address {
        "-verify_ip"
    } else {
        "-verify_hostname"
    });
    command.arg(&case.asked);
    let done = child::run(command, b"", LIMIT)?;
    let line = done
        .stdout
        .lines()
        .find_map(|line| line.trim().strip_prefix("Verify return code: "));
    let (code, told) = match line {
        Some(line) => line.split_once(' ').with_context(|| line.to_owned())?,
        // It gives no code where there is no session; then it has told on the way, or there is none.
        None => ("0", ""),
    };
    let told = told.trim_matches(['(', ')']);
    let code: u32 = code.parse()?;
    Ok(match (code, done.status.success()) {
        (0, true) => Verdict {
            name: ACCEPTED.into(),
            told: told.into(),
        },
        (0, false) => Verdict {
            name: NO_VERDICT.into(),
            told: reason(&done.stderr),
        },
        (code, _) => Verdict {
            name: name(code),
            told: told.into(),
        },
    })
}

/// Which OpenSSL it is, such as `3.0.19`.
pub fn version() -> Result<String> {
    let mut command = Command::new("openssl");
    command.arg("version");
    let said = child::run(command, b"", LIMIT)?.success()?.stdout;
    let version = said.split_whitespace().nth(1);
    Ok(version.with_context(|| said.clone())?.to_owned())
}

/// The reason of the first error that OpenSSL names.
fn reason(stderr: &str) -> String {
    let error = stderr.lines().find(|line| line.contains(":error:"));
    let reason = error.and_then(|line| line.split(':').nth(5));
    reason.unwrap_or(stderr).trim().to_owned()
}

/// A verify code by its name in `x509_vfy.h`.
fn name(code: u32) -> String {
    let known = match code {
        2 => "UNABLE_TO_GET_ISSUER_CERT",
        7 => "CERT_SIGNATURE_FAILURE",
        9 => "CERT_NOT_YET_VALID",
        10 => "CERT_HAS_EXPIRED",
        13 => "ERROR_IN_CERT_NOT_BEFORE_FIELD",
        14 => "ERROR_IN_CERT_NOT_AFTER_FIELD",
        18 => "DEPTH_ZERO_SELF_SIGNED_CERT",
        19 => "SELF_SIGNED_CERT_IN_CHAIN",
        20 => "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
        21 => "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
        22 => "CERT_CHAIN_TOO_LONG",
        25 => "PATH_LENGTH_EXCEEDED",
        26 => "INVALID_PURPOSE",
        32 => "KEYUSAGE_NO_CERTSIGN",
        34 => "UNHANDLED_CRITICAL_EXTENSION",
        41 => "INVALID_EXTENSION",
        42 => "INVALID_POLICY_EXTENSION",
        43 => "NO_EXPLICIT_POLICY",
        47 => "PERMITTED_VIOLATION",
        48 => "EXCLUDED_VIOLATION",
        51 => "UNSUPPORTED_CONSTRAINT_TYPE",
        52 => "UNSUPPORTED_CONSTRAINT_SYNTAX",
        53 => "UNSUPPORTED_NAME_SYNTAX",
        62 => "HOSTNAME_MISMATCH",
        64 => "IP_ADDRESS_MISMATCH",
        66 => "EE_KEY_TOO_SMALL",
        67 => "CA_KEY_TOO_SMALL",
        68 => "CA_MD_TOO_WEAK",
        79 => "INVALID_CA",
        94 => "EC_KEY_EXPLICIT_PARAMS",
        _ => return code.to_string(),
    };
    known.into()
}
