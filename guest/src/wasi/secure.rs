//! From a connected socket to a connection: what asyncio checks only then, and TLS.

use super::clock::sleep;
use super::connection::Connection;
use crate::failure::{AttemptFailure, Failure};
use crate::options::{Options, TlsTimeouts};
use crate::tls::session::Session;
use futures_lite::future::or;

/// Refuses what asyncio refuses once TCP is connected, and [`session`] too: A-V16, A-V17, A-V19, A-V20.
pub(super) fn check(options: &Options) -> Result<(), Failure> {
    options.tls_timeouts.check()?;
    match &options.tls {
        Some(tls) => tls.check_name(Some(options.effective_server_name())),
        None => Ok(()),
    }
}

/// The TLS session of the options, if they ask for TLS, unless [`check`] refuses them: of the name it finds out itself.
pub(super) fn session(options: &Options) -> Result<Option<Session>, Failure> {
    options.tls_timeouts.check()?;
    let name = Some(options.effective_server_name());
    let tls = options.tls.as_ref();
    tls.map(|tls| tls.session(name)).transpose()
}

/// The handshake, if there is TLS, in its time.
pub(super) async fn handshake(
    connection: &Connection,
    timeouts: TlsTimeouts,
) -> Result<(), AttemptFailure> {
    within(timeouts, connection.handshake()).await
}

/// Something that the time of the handshake is for.
pub(super) async fn within<T, E: From<AttemptFailure>>(
    timeouts: TlsTimeouts,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    let limit = timeouts.handshake();
    let too_long = async {
        sleep(limit).await;
        Err(AttemptFailure::HandshakeTimedOut(limit).into())
    };
    or(work, too_long).await
}
