//! What opens stream connections.

use crate::bindings::switchboard::connect::streams as wit;
use crate::connection::Connection;
use crate::error::Error;
use crate::reading::Way;
use crate::upgrade::Upgradable;
use std::time::Duration;

/// As `create-connection` has it, if nothing else is said.
pub(crate) const SHUTDOWN: Duration = Duration::from_secs(30);

/// What the component has opened.
#[derive(Debug)]
pub struct Opened {
    pub(crate) raw: wit::Connection,
    pub(crate) way: Way,
    /// What was asked for.
    pub(crate) shutdown_timeout: Option<Duration>,
}

impl Opened {
    pub(crate) fn new(
        raw: wit::Connection,
        shutdown_timeout: Option<Duration>,
        upgradable: bool,
    ) -> Self {
        let way = if upgradable { Way::Lists } else { Way::Streams };
        Self {
            raw,
            way,
            shutdown_timeout,
        }
    }
}

impl From<Opened> for Connection {
    fn from(opened: Opened) -> Self {
        let limit = opened.shutdown_timeout.unwrap_or(SHUTDOWN);
        Connection::new(opened.raw, opened.way, limit)
    }
}

impl From<Opened> for Upgradable {
    fn from(opened: Opened) -> Self {
        Upgradable::new(opened.into())
    }
}

/// How to open a stream connection: a [`Connector`](crate::Connector) or a [`Unix`](crate::Unix).
///
/// ```no_run
/// use std::rc::Rc;
/// use switchboard_client::protocol::{Protocol, Transport, create_connection};
/// use switchboard_client::{Connect, Error};
///
/// # #[derive(Default)]
/// # struct Redis;
/// # impl Protocol for Redis {}
/// async fn redis(anyhow: impl Connect) -> Result<(Transport, Rc<Redis>), Error> {
///     create_connection(Redis::default, anyhow).await
/// }
/// ```
pub trait Connect: sealed::Connect {}

pub(crate) mod sealed {
    use super::{Error, Opened};
    use std::future::Future;

    pub trait Connect {
        fn open(self) -> impl Future<Output = Result<Opened, Error>> + Send;
    }
}
