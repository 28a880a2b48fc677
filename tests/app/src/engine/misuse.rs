//! What the engine refuses, and what becomes of it when it is fed rubbish.

use super::expect;
use super::pair::{Contexts, fine};
use crate::arguments::Arguments;
use crate::bindings::switchboard::connect::tls::{Context, TlsFailure, Trust, Version};
use crate::bindings::switchboard::connect::tls_engine::{Session, State};

pub(super) fn run(arguments: &Arguments) -> Result<(), String> {
    arguments.only(&["ca", "cert", "key"])?;
    names()?;
    settings()?;
    for version in [Version::Tls12, Version::Tls13] {
        let contexts = Contexts::new(arguments, version)?;
        rubbish(&contexts)?;
        settings_changed_later(&contexts)?;
    }
    println!("all refused");
    Ok(())
}

fn configuration(result: Result<Session, TlsFailure>) -> Result<(), String> {
    match result {
        Err(TlsFailure::Configuration(_)) => Ok(()),
        Err(failure) => Err(format!("{failure:?}")),
        Ok(_) => Err("a session".to_owned()),
    }
}

fn names() -> Result<(), String> {
    let context = Context::new(Trust::Mozilla);
    let long = "x".repeat(64);
    for name in [None, Some(""), Some("a b"), Some("a\0b"), Some(&long)] {
        configuration(Session::client(&context, name))?;
    }
    context.set_check_hostname(false);
    fine(Session::client(&context, None))?;
    Ok(())
}

fn settings() -> Result<(), String> {
    // Trust in nobody, and a server without a certificate.
    configuration(Session::client(
        &Context::new(Trust::None),
        Some("a.example"),
    ))?;
    configuration(Session::server(&Context::new(Trust::Mozilla)))
}

/// It fails, stays failed, and has an alert for the peer.
fn rubbish(contexts: &Contexts) -> Result<(), String> {
    let (client, server) = contexts.pair()?;
    client.drain(u32::MAX);
    let hello = b"SSH-2.0-OpenSSH_9.6\r\n";
    for session in [&client, &server] {
        for _ in 0..2 {
            let fed = session.feed(hello);
            expect(matches!(fed, Err(TlsFailure::NotTls(_))), &fed)?;
        }
        let status = session.status();
        expect(status.state == State::Closed, status.state)?;
        expect(!status.wants_read, "a failed one wants more")?;
        let written = session.write(b"x");
        expect(written.is_err(), "a failed one takes plaintext")?;
        session.drain(u32::MAX);
        expect(session.drain(u32::MAX).is_empty(), "an endless alert")?;
        session.close();
    }
    // After the handshake: an alert, and what was decrypted before is there.
    let (client, server) = contexts.open()?;
    fine(client.write(b"before"))?;
    let mut wire = client.drain(u32::MAX);
    wire.extend([23, 3, 3, 0, 32]);
    wire.extend([0; 32]);
    let fed = server.feed(&wire);
    expect(matches!(fed, Err(TlsFailure::Protocol(_))), &fed)?;
    expect(
        server.read(u32::MAX) == b"before",
        "what came before is gone",
    )?;
    let alert = server.drain(u32::MAX);
    let fed = client.feed(&alert);
    let told =
        matches!(&fed, Err(TlsFailure::AlertReceived((20, name))) if name == "bad_record_mac");
    expect(told, &fed)
}

/// A session has the settings of when it was made.
fn settings_changed_later(contexts: &Contexts) -> Result<(), String> {
    let context = Context::new(Trust::Mozilla);
    let session = fine(Session::client(&context, Some("a.example")))?;
    fine(context.set_alpn_protocols(&[b"later".to_vec()]))?;
    let hello = session.drain(u32::MAX);
    expect(!contains(&hello, b"later"), "a setting of later")?;
    drop(context);
    let other = contexts.open()?;
    drop(other);
    expect(
        session.status().wants_read,
        "it does not wait for the server",
    )
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|it| it == wanted)
}
