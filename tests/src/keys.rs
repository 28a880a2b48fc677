//! Private keys in every form in which they are kept, made by the `openssl` program.

use crate::certs::Leaf;
use crate::child::run_for_bytes;
use anyhow::{Result, ensure};
use std::process::Command;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(30);

/// The form of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// PKCS #8, unencrypted.
    Pkcs8,
    /// PKCS #1 of RSA, SEC1 of an elliptic curve.
    Traditional,
    /// PKCS #8 encrypted with this password, by AES-256-CBC and PBKDF2 with HMAC-SHA-256 (PBES2).
    Encrypted(&'static str),
    /// As above, with scrypt.
    Scrypt(&'static str),
}

/// The key of the leaf in this form, in PEM or in DER.
pub fn convert(leaf: &Leaf, form: Form, der: bool) -> Result<Vec<u8>> {
    let mut command = Command::new("openssl");
    match form {
        Form::Pkcs8 => command.args(["pkcs8", "-topk8", "-nocrypt"]),
        Form::Traditional => command.args(["pkey", "-traditional"]),
        Form::Encrypted(password) => command
            .args(["pkcs8", "-topk8", "-v2", "aes-256-cbc", "-v2prf"])
            .args(["hmacWithSHA256", "-passout", &format!("pass:{password}")]),
        Form::Scrypt(password) => command
            .args(["pkcs8", "-topk8", "-scrypt"])
            .args(["-passout", &format!("pass:{password}")]),
    };
    command.args(["-outform", if der { "DER" } else { "PEM" }]);
    let done = run_for_bytes(command, leaf.key_pem.as_bytes(), LIMIT)?;
    let errors = String::from_utf8_lossy(&done.stderr);
    ensure!(done.status.success(), "{form:?}: {errors}");
    Ok(done.stdout)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certs::{KeyKind, Pki, Wanted};

    #[test]
    fn forms_differ() {
        let pki = Pki::new().unwrap();
        let leaf = pki.issue(&["localhost"]).unwrap();
        let text = |form| String::from_utf8(convert(&leaf, form, false).unwrap()).unwrap();
        assert!(text(Form::Pkcs8).contains("BEGIN PRIVATE KEY"));
        assert!(text(Form::Traditional).contains("BEGIN EC PRIVATE KEY"));
        assert!(text(Form::Encrypted("word")).contains("BEGIN ENCRYPTED PRIVATE KEY"));
        assert!(text(Form::Scrypt("word")).contains("BEGIN ENCRYPTED PRIVATE KEY"));
        assert_eq!(convert(&leaf, Form::Pkcs8, true).unwrap()[0], 0x30);
        let key = KeyKind::Rsa2048;
        let wanted = Wanted {
            key,
            ..Wanted::default()
        };
        let leaf = pki.issue_as(&["localhost"], wanted).unwrap();
        let rsa = convert(&leaf, Form::Traditional, false).unwrap();
        assert!(rsa.starts_with(b"-----BEGIN RSA PRIVATE KEY"));
    }
}
