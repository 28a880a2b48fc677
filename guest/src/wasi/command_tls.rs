//! What the command has to do with files about TLS: certificates, keys, and the log of secrets.

use super::bindings::wasi::cli::environment;
use super::bindings::wasi::filesystem::preopens;
use crate::cli::{self, Answer, TlsFlags};
use crate::tls::certificate::describe;
use crate::tls::context::{Context, Trust, VerifyMode, Version};
use crate::tls::failure::day_and_time;
use std::fmt::{Display, Write as _};
use std::fs::{File, OpenOptions};
use std::io::{Error, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use x509_cert::der::pem::{LineEnding, encode_string};

/// The settings of the flags, with the files that they name.
pub(super) fn context(flags: &TlsFlags) -> Result<Context, Answer> {
    let trust = match flags.ca.is_empty() || flags.mozilla {
        true => Trust::Mozilla,
        false => Trust::None,
    };
    let mut context = Context::new(trust);
    for path in &flags.ca {
        let loaded = context.load_verify_locations(&read("--ca", path)?);
        loaded.map_err(|failure| unusable("--ca", path, &failure))?;
    }
    for path in &flags.crl {
        let loaded = context.load_revocation_lists(&read("--crl", path)?);
        loaded.map_err(|failure| unusable("--crl", path, &failure))?;
    }
    if flags.insecure {
        context.set_verify_mode(VerifyMode::InsecureNone);
    }
    if let Some(path) = &flags.cert {
        let certificates = read("--cert", path)?;
        let key = match &flags.key {
            Some(path) => read("--key", path)?,
            None => Vec::new(),
        };
        let password = match &flags.key_password {
            Some(path) => Some(first_line(read("--key-password", path)?)),
            None => None,
        };
        let loaded = context.load_cert_chain(&certificates, &key, password.as_deref());
        loaded.map_err(|failure| {
            let key = match &flags.key {
                Some(key) => format!(", --key {}", key.display()),
                None => String::new(),
            };
            cli::usage(format_args!("--cert {}{key}: {failure}", path.display()))
        })?;
    }
    let alpn = flags.alpn.iter().map(|it| it.clone().into_bytes());
    let set = context.set_alpn_protocols(alpn.collect());
    set.map_err(|failure| cli::usage(format_args!("--alpn: {failure}")))?;
    let minimum = flags.minimum.unwrap_or(Version::Tls12);
    let maximum = flags.maximum.unwrap_or(Version::Tls13);
    let set = context.set_versions(minimum, maximum);
    set.map_err(|failure| cli::usage(format_args!("--tls-min, --tls-max: {failure}")))?;
    let set = context.set_cipher_suites(&flags.ciphers);
    set.map_err(|failure| cli::usage(format_args!("--ciphers: {failure}")))?;
    let set = context.set_groups(&flags.groups);
    set.map_err(|failure| cli::usage(format_args!("--groups: {failure}")))?;
    if let Some(path) = &flags.keylog {
        // Found out now and not when there is something to be written.
        open_log(path).map_err(|error| unopened("--keylog", path, &error))?;
        context.set_key_log(true);
    }
    context.client_config().map_err(cli::usage)?;
    Ok(context)
}

/// Appends the secrets that there are to the file, if there is to be one.
pub(super) fn append_key_log(flags: &TlsFlags, context: &Context) -> Result<(), String> {
    let Some(path) = &flags.keylog else {
        return Ok(());
    };
    let log = context.take_key_log();
    let written = open_log(path).and_then(|mut file| file.write_all(log.as_bytes()));
    written.map_err(|error| format!("--keylog {}: {}", path.display(), why(&error)))
}

/// What people read of the peer's certificates, and what programs do.
pub(super) fn certificates(all: &[Vec<u8>]) -> String {
    let mut text = String::new();
    for der in all {
        match describe(der) {
            Ok(it) => {
                let _ = writeln!(text, "subject: {}", it.subject);
                let _ = writeln!(text, "  issuer: {}", it.issuer);
                let names = match it.subject_alternative_names.is_empty() {
                    true => "no name".to_owned(),
                    false => it.subject_alternative_names.join(", "),
                };
                let _ = writeln!(text, "  for: {names}");
                let dates = [it.not_before, it.not_after].map(day_and_time);
                let _ = writeln!(text, "  valid: {} to {}", dates[0], dates[1]);
                let _ = writeln!(text, "  serial number: {}", it.serial_number);
                let _ = writeln!(text, "  SHA-256: {}", it.fingerprint);
            }
            Err(failure) => {
                let _ = writeln!(text, "a certificate that cannot be described: {failure}");
            }
        }
        if let Ok(pem) = encode_string("CERTIFICATE", LineEnding::LF, der) {
            text += &pem;
        }
    }
    text
}

/// Reads a file of the caller's.
fn read(flag: &str, path: &Path) -> Result<Vec<u8>, Answer> {
    let mut bytes = Vec::new();
    let opened = File::open(standing(path));
    match opened.and_then(|mut file| file.read_to_end(&mut bytes)) {
        Ok(_) => Ok(bytes),
        Err(error) => Err(unopened(flag, path, &error)),
    }
}

fn open_log(path: &Path) -> std::io::Result<File> {
    OpenOptions::new()
        .append(true)
        .create(true)
        .open(standing(path))
}

/// The file that the caller means, who names it from where it stands; if the host has opened a directory by a name that is not
/// absolute (`--dir .`), or does not tell where the caller stands, from there.
fn standing(path: &Path) -> PathBuf {
    let opened = preopens::get_directories();
    let relative = |(_, name): &(_, String)| !name.starts_with('/');
    match environment::get_initial_cwd() {
        Some(from) if !opened.iter().any(relative) => Path::new(&from).join(path),
        _ => path.to_owned(),
    }
}

fn first_line(bytes: Vec<u8>) -> Vec<u8> {
    let line = bytes.split(|&byte| byte == b'\n').next();
    let line = line.unwrap_or_default();
    line.strip_suffix(b"\r").unwrap_or(line).to_vec()
}

fn unusable(flag: &str, path: &Path, why: &dyn Display) -> Answer {
    cli::usage(format_args!("{flag} {}: {why}", path.display()))
}

fn unopened(flag: &str, path: &Path, error: &Error) -> Answer {
    let hint = match error.kind() {
        ErrorKind::IsADirectory => "",
        _ => "; is it a file, and may the component see its directory (wasmtime's --dir)?",
    };
    unusable(flag, path, &format_args!("{}{hint}", why(error)))
}

/// Without the number, which is WASI's, and nobody's but this component's.
fn why(error: &Error) -> String {
    let text = error.to_string();
    let why = text.split(" (os error").next();
    why.unwrap_or_default().to_owned()
}
