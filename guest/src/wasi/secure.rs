//! From a connected socket to a connection: what asyncio checks only then, and TLS.

use super::clock::sleep;
use super::connection::Connection;
use crate::failure::{AttemptFailure, Failure};
use crate::options::Options;
use crate::tls::name::server_name;
use crate::tls::session::Session;
use futures_lite::future::or;

/// Refuses what asyncio refuses once TCP is connected, and [`session`] too: A-V16, A-V17, A-V19, A-V20.
pub(super) fn check(options: &Options) -> Result<(), Failure> {
    options.check_timeouts()?;
    match &options.tls {
        Some(_) => server_name(options.effective_server_name()).map(|_| ()),
        None => Ok(()),
    }
}

/// The TLS session of the options, if they ask for TLS, unless [`check`] refuses them: of the name it finds out itself.
pub(super) fn session(options: &Options) -> Result<Option<Session>, Failure> {
    options.check_timeouts()?;
    let Some(config) = &options.tls else {
        return Ok(None);
    };
    let config = config.clone().map_err(Failure::Tls)?;
    Session::new(config, options.effective_server_name()).map(Some)
}

/// The handshake, if there is TLS, in its time.
pub(super) async fn handshake(
    connection: &Connection,
    options: &Options,
) -> Result<(), AttemptFailure> {
    let limit = options.handshake_timeout();
    let too_long = async {
        sleep(limit).await;
        Err(AttemptFailure::HandshakeTimedOut(limit))
    };
    or(connection.handshake(), too_long).await
}
