//! `--starttls`: a connection, the words before TLS, and TLS.

use super::connect::ConnectError;
use super::connection::Connection;
use super::secure::within;
use super::signal::Signal;
use super::start_tls::{StartTls, start_tls};
use super::steps::Steps;
use crate::failure::{Failure, Phase, TlsFailure};
use crate::options::{Tls, TlsTimeouts};
use crate::starttls::{Dialogue, Next, Protocol};
use futures_lite::future::or;
use std::rc::Rc;
use std::time::Duration;

/// How much is heard at a time.
const PIECE: u32 = 4096;

/// What is to be done once there is a connection.
pub(super) struct Upgrade {
    pub(super) protocol: Protocol,
    pub(super) tls: Tls,
    /// The name that the certificate must have, and to which is spoken.
    pub(super) name: String,
    pub(super) timeouts: TlsTimeouts,
    pub(super) timeout: Option<Duration>,
}

impl Upgrade {
    /// Speaks TLS on the connection once the server has agreed to.
    pub(super) async fn run(
        self,
        connected: Result<Rc<Connection>, ConnectError>,
    ) -> Result<Rc<Connection>, ConnectError> {
        let connection = connected?;
        let Self {
            timeouts, timeout, ..
        } = self;
        let steps = Steps::go_on(connection.clock.get(), connection.timeline.take());
        let clock = steps.clock;
        let peer = connection.remote_address().cloned();
        let agreed = async {
            let said = within(timeouts, agree(&connection, self.protocol, &self.name));
            steps.step(Phase::Handshake, peer, said).await
        };
        let agreed = steps.bounded(agreed, timeout, &Signal::default()).await;
        let timeline = steps.finish();
        if let Err(failure) = agreed {
            return Err(ConnectError::failed(failure, timeline));
        }
        connection.timeline.replace(timeline.clone());
        let options = StartTls {
            tls: self.tls,
            server_name: Some(self.name),
            timeouts,
        };
        let too_long = async {
            clock.run_out(timeout).await;
            let failure = Failure::TimedOut(Phase::Handshake);
            Err(ConnectError::failed(failure, timeline))
        };
        or(start_tls(connection, options, &Signal::default()), too_long).await
    }

    /// The timeouts of the connection before TLS.
    pub(super) fn before(&self) -> TlsTimeouts {
        TlsTimeouts {
            handshake: None,
            ..self.timeouts
        }
    }
}

/// Says what is to be said until TLS can begin.
async fn agree(connection: &Connection, protocol: Protocol, name: &str) -> Result<(), Failure> {
    let mut dialogue = Dialogue::new(protocol, name);
    let refused = |what: String| Failure::Tls(TlsFailure::StartTls(what));
    loop {
        match dialogue.step() {
            Next::Say(words) => connection.write(words).await?,
            Next::Listen => {
                let heard = connection.read(PIECE).await?;
                if heard.is_empty() {
                    return Err(refused(
                        "the server has ended the connection before TLS".into(),
                    ));
                }
                dialogue.hear(&heard).map_err(refused)?;
            }
            Next::Begin => return Ok(()),
        }
    }
}
