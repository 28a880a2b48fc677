//! `--starttls`: a connection, the words before TLS, and TLS.

use super::connect::{ConnectError, create_connection};
use super::connection::Connection;
use super::secure::within;
use super::signal::Signal;
use super::start_tls::{StartTls, start_tls};
use super::steps::Steps;
use crate::failure::{Failure, Phase, TlsFailure};
use crate::options::{Options, Tls, TlsTimeouts};
use crate::starttls::{Dialogue, Next, Protocol};
use futures_lite::future::or;
use std::net::SocketAddr;
use std::rc::Rc;

/// How much is heard at a time.
const PIECE: u32 = 4096;

/// Connects with these options, and speaks TLS with these settings once the server has agreed to.
pub(super) async fn connect(
    options: Options,
    tls: Tls,
    protocol: Protocol,
) -> Result<Rc<Connection>, ConnectError> {
    let name = options.effective_server_name().to_owned();
    let (timeouts, timeout) = (options.tls_timeouts, options.timeout);
    let plain = Options {
        tls: None,
        server_name: None,
        tls_timeouts: TlsTimeouts {
            handshake: None,
            ..timeouts
        },
        ..options
    };
    let connection = create_connection(plain, None, &Signal::default()).await?;
    let steps = Steps::go_on(connection.clock.get(), connection.timeline.take());
    let clock = steps.clock;
    let peer = connection.remote_address().map(SocketAddr::from);
    let agreed = async {
        let said = within(timeouts, agree(&connection, protocol, &name));
        steps.step(Phase::Handshake, peer, said).await
    };
    let agreed = steps.bounded(agreed, timeout, &Signal::default()).await;
    let timeline = steps.finish();
    if let Err(failure) = agreed {
        return Err(ConnectError::failed(failure, timeline));
    }
    connection.timeline.replace(timeline.clone());
    let options = StartTls {
        tls,
        server_name: Some(name),
        timeouts,
    };
    let too_long = async {
        clock.run_out(timeout).await;
        let failure = Failure::TimedOut(Phase::Handshake);
        Err(ConnectError::failed(failure, timeline))
    };
    or(start_tls(connection, options, &Signal::default()), too_long).await
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
