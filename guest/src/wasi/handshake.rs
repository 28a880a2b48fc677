//! The TLS handshake on a socket's streams.

use super::outbound::Outbound;
use super::receiver::Receiver;
use crate::failure::{Failure, OsFailure, SocketError};
use crate::tls::session::Session;
use futures_lite::future::poll_once;
use std::cell::RefCell;

/// Says hello and waits until both sides agree. What the peer sends right behind its handshake is kept.
pub(super) async fn handshake(
    session: &RefCell<Session>,
    receiver: &mut Receiver,
    outbound: &mut Outbound,
) -> Result<(), Failure> {
    loop {
        session.borrow_mut().take(outbound.buffer());
        // When this fails, reading tells why: perhaps there is an alert. Of the last flight, the first write will tell.
        let _ = outbound.flush().await;
        if !session.borrow().is_handshaking() {
            return Ok(());
        }
        // Also by close_notify alone, after which no handshake can end.
        if session.borrow().peer_closed() {
            return Err(Failure::Os(closed()));
        }
        if !receiver.inbound.fill().await {
            return Err(Failure::Os(match receiver.inbound.outcome().await {
                Err(code) => {
                    let mut failure = OsFailure::new(code);
                    failure.message += " during the TLS handshake";
                    failure
                }
                Ok(()) => closed(),
            }));
        }
        let ciphertext = std::mem::take(receiver.inbound.buffer());
        let fed = session
            .borrow_mut()
            .feed(&ciphertext, &mut receiver.plaintext);
        if let Err(failure) = fed {
            // The peer is told why, if it can be told without waiting.
            session.borrow_mut().take(outbound.buffer());
            let _ = poll_once(outbound.flush()).await;
            return Err(Failure::Tls(failure));
        }
    }
}

/// D.2: an end of file in the handshake is a ConnectionResetError too.
fn closed() -> OsFailure {
    OsFailure {
        code: SocketError::ConnectionReset,
        message: "the peer closed the connection during the TLS handshake".into(),
    }
}
