//! The exported interface `tls-engine` of the WIT.

use super::Component;
use super::bindings::exports::switchboard::connect::{tls, tls_engine};
use super::tls::ContextResource;
use crate::failure::{Failure, TlsFailure};
use crate::options::Tls;
use crate::tls::engine::{Engine, State};
use crate::tls::session::Session;
use std::cell::RefCell;

type Result<T> = std::result::Result<T, tls::TlsFailure>;

impl tls_engine::Guest for Component {
    type Session = SessionResource;
}

pub(crate) struct SessionResource(RefCell<Engine>);

impl SessionResource {
    fn resource(session: Session) -> tls_engine::Session {
        tls_engine::Session::new(Self(RefCell::new(Engine::new(session))))
    }
}

impl tls_engine::GuestSession for SessionResource {
    fn client(
        context: tls_engine::ContextBorrow<'_>,
        server_name: Option<String>,
    ) -> Result<tls_engine::Session> {
        let context = context.get::<ContextResource>().0.borrow();
        let tls = Tls {
            config: context.client_config(),
            checks_hostname: context.checks_hostname(),
        };
        let session = tls.session(server_name.as_deref()).map_err(configuration)?;
        Ok(Self::resource(session))
    }

    fn server(context: tls_engine::ContextBorrow<'_>) -> Result<tls_engine::Session> {
        let config = context
            .get::<ContextResource>()
            .0
            .borrow()
            .server_config()?;
        Ok(Self::resource(Session::server(config)?))
    }

    fn feed(&self, mut ciphertext: Vec<u8>) -> Result<u32> {
        Ok(count(self.0.borrow_mut().feed(&mut ciphertext)?))
    }

    fn feed_end(&self) -> Result<()> {
        Ok(self.0.borrow_mut().feed_end()?)
    }

    fn drain(&self, limit: u32) -> Vec<u8> {
        self.0.borrow_mut().drain(limit as usize)
    }

    fn read(&self, limit: u32) -> Vec<u8> {
        self.0.borrow_mut().read(limit as usize)
    }

    fn write(&self, plaintext: Vec<u8>) -> Result<u32> {
        Ok(count(self.0.borrow_mut().write(&plaintext)?))
    }

    fn close(&self) {
        self.0.borrow_mut().close();
    }

    fn set_limits(&self, plaintext: u32, ciphertext: u32) {
        let mut engine = self.0.borrow_mut();
        engine.set_limits(plaintext as usize, ciphertext as usize);
    }

    fn status(&self) -> tls_engine::Status {
        let status = self.0.borrow().status();
        tls_engine::Status {
            state: match status.state {
                State::Handshaking => tls_engine::State::Handshaking,
                State::Open => tls_engine::State::Open,
                State::Closing => tls_engine::State::Closing,
                State::Closed => tls_engine::State::Closed,
            },
            wants_read: status.wants_read,
            wants_write: status.wants_write,
            readable: status.readable as u64,
            peer_closed: status.peer_closed,
        }
    }

    fn facts(&self) -> Option<tls::Facts> {
        self.0.borrow().facts().map(Into::into)
    }
}

/// At most what came in one list, which fits.
fn count(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

/// A wrong name is a wrong setting here.
fn configuration(failure: Failure) -> tls::TlsFailure {
    match failure {
        Failure::Tls(failure) => failure.into(),
        failure => TlsFailure::Configuration(failure.to_string()).into(),
    }
}
