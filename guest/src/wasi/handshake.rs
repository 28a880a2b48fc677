//! The TLS handshake on a socket's streams.

use super::outbound::Outbound;
use super::receiver::Receiver;
use crate::failure::{AttemptFailure, OsFailure, SocketError};
use crate::tls::session::Session;
use futures_lite::future::poll_once;
use std::cell::RefCell;

/// Says hello and waits until both sides agree. What the peer sends right behind its handshake is kept.
pub(super) async fn handshake(
    session: &RefCell<Session>,
    receiver: &mut Receiver,
    outbound: &mut Outbound,
) -> Result<(), AttemptFailure> {
    loop {
        session.borrow_mut().take(outbound.buffer());
        // When this fails, reading tells why: perhaps there is an alert. Of the last flight, the first write will tell.
        let _ = outbound.flush().await;
        if !session.borrow().is_handshaking() {
            return Ok(());
        }
        // Also by close_notify alone, after which no handshake can end.
        if session.borrow().peer_closed() {
            return Err(AttemptFailure::Os(closed()));
        }
        if !receiver.inbound.fill().await {
            return Err(AttemptFailure::Os(match receiver.inbound.outcome().await {
                Err(code) => OsFailure::new(code),
                Ok(()) => closed(),
            }));
        }
        let mut ciphertext = std::mem::take(receiver.inbound.buffer());
        let fed = session
            .borrow_mut()
            .feed(&mut ciphertext, &mut receiver.plaintext);
        if let Err(failure) = fed {
            // The peer is told why, if it can be told without waiting.
            session.borrow_mut().take(outbound.buffer());
            let _ = poll_once(outbound.flush()).await;
            return Err(AttemptFailure::Tls(failure));
        }
    }
}

/// D.2: an end of file in the handshake is a ConnectionResetError too.
fn closed() -> OsFailure {
    OsFailure {
        code: SocketError::ConnectionReset,
        message: "the peer closed the connection".into(),
    }
}
