//! A protocol that writes down what it is told.

use crate::Outcome;
use crate::sleep::promptly;
use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};
use switchboard_client::protocol::{
    BufferedProtocol, Callback, DatagramProtocol, DatagramTransport, Protocol, Transport,
};
use switchboard_client::{Address, Error};

/// How much fits into the buffers that it gives.
const ROOM: usize = 100;

/// What it is to do.
#[derive(Clone, Default)]
pub(super) struct Plan {
    /// The callback that fails.
    pub(super) fails: String,
    /// What `eof_received` gives.
    pub(super) keeps_open: bool,
    /// Pauses reading as soon as the connection is made.
    pub(super) pauses: bool,
    /// Ends its side when data come, which it may not with TLS.
    pub(super) writes_eof: bool,
    /// Gives empty buffers.
    pub(super) empty: bool,
    /// What it was told, also to be read when it is not given back.
    pub(super) log: Rc<RefCell<Vec<String>>>,
}

#[derive(Default)]
pub(super) struct Recorder {
    plan: Plan,
    pub(super) data: RefCell<Vec<u8>>,
    pub(super) transport: RefCell<Option<Transport>>,
    /// A write is going on.
    inside: Cell<bool>,
    pub(super) hinted: Cell<bool>,
    /// The most that came at a time.
    pub(super) largest: Cell<usize>,
    waiting: RefCell<Option<Waker>>,
}

impl Recorder {
    pub(super) fn new(plan: Plan) -> Self {
        Self {
            plan,
            ..Self::default()
        }
    }

    pub(super) fn note(&self, what: impl Into<String>) {
        self.plan.log.borrow_mut().push(what.into());
        let waker = self.waiting.borrow_mut().take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// All that it was told.
    pub(super) fn log(&self) -> String {
        self.plan.log.borrow().join(", ")
    }

    /// Waits until it was told this.
    pub(super) async fn until(&self, what: &str) -> Outcome {
        let told = poll_fn(|context| {
            let log = self.plan.log.borrow();
            if log.iter().any(|it| it.starts_with(what)) {
                return Poll::Ready(());
            }
            *self.waiting.borrow_mut() = Some(context.waker().clone());
            Poll::Pending
        });
        let done = promptly(told).await;
        done.map_err(|why| format!("{why}: no {what} in {}", self.log()).into())
    }

    /// Whether it was told this.
    pub(super) fn was_told(&self, what: &str) -> bool {
        self.plan.log.borrow().iter().any(|it| it.starts_with(what))
    }

    /// Writes, so that a callback in between is seen to be one.
    pub(super) fn write(&self, data: &[u8]) -> Outcome {
        let transport = self.transport.borrow().clone().ok_or("no transport")?;
        self.inside.set(true);
        let written = transport.write(data);
        self.inside.set(false);
        Ok(written?)
    }

    fn callback(&self, name: &str) -> Callback {
        match self.plan.fails == name {
            true => Err(format!("{name} fails").into()),
            false => Ok(()),
        }
    }

    fn made(&self, transport: &Transport) -> Callback {
        self.note("made");
        self.transport.replace(Some(transport.clone()));
        if self.plan.pauses {
            transport.pause_reading();
        }
        self.callback("made")
    }

    /// One note, in how many pieces it may come.
    fn came(&self, data: &[u8]) {
        let mut all = self.data.borrow_mut();
        all.extend_from_slice(data);
        self.largest.set(self.largest.get().max(data.len()));
        let last = self.plan.log.borrow_mut().pop();
        if let Some(other) = last.filter(|it| !it.starts_with("data ")) {
            self.plan.log.borrow_mut().push(other);
        }
        self.note(format!("data {}", all.len()));
    }

    fn eof(&self) -> Callback<bool> {
        self.note("eof");
        self.callback("eof")?;
        Ok(self.plan.keeps_open)
    }

    fn pause(&self) -> Callback {
        let due = self.transport.borrow().as_ref().map(|it| {
            let (_, high) = it.get_write_buffer_limits();
            let size = it.get_write_buffer_size();
            // TLS pauses at the limit, everything else above it.
            let tls = !it.can_write_eof();
            size > high || tls && size == high
        });
        assert_ne!(due, Some(false));
        self.note(if self.inside.get() {
            "pause inside"
        } else {
            "pause"
        });
        self.callback("pause")
    }

    fn resume(&self) -> Callback {
        let size = self.transport.borrow().as_ref().map(|it| {
            let (low, _) = it.get_write_buffer_limits();
            it.get_write_buffer_size() <= low
        });
        assert_ne!(size, Some(false));
        self.note("resume");
        self.callback("resume")
    }

    fn lost(&self, reason: Option<&Error>) {
        self.note(match reason {
            None => "lost".to_owned(),
            Some(error) => format!("lost {:?}", error.kind()),
        });
    }
}

impl Protocol for Recorder {
    fn connection_made(&self, transport: &Transport) -> Callback {
        self.made(transport)
    }

    fn data_received(&self, data: &[u8]) -> Callback {
        self.came(data);
        let transport = self.transport.borrow().clone();
        if let Some(transport) = transport.filter(|_| self.plan.writes_eof) {
            transport.write_eof()?;
        }
        self.callback("data")
    }

    fn eof_received(&self) -> Callback<bool> {
        self.eof()
    }

    fn pause_writing(&self) -> Callback {
        self.pause()
    }

    fn resume_writing(&self) -> Callback {
        self.resume()
    }

    fn connection_lost(&self, reason: Option<&Error>) {
        self.lost(reason);
    }
}

impl BufferedProtocol for Recorder {
    fn connection_made(&self, transport: &Transport) -> Callback {
        self.made(transport)
    }

    fn get_buffer(&self, size_hint: Option<usize>) -> Callback<Vec<u8>> {
        self.callback("get_buffer")?;
        self.hinted.set(size_hint.is_some());
        let room = if self.plan.empty { 0 } else { ROOM };
        Ok(vec![0; room])
    }

    fn buffer_updated(&self, buffer: Vec<u8>, count: usize) -> Callback {
        self.came(buffer.get(..count).unwrap_or_default());
        self.callback("buffer_updated")
    }

    fn eof_received(&self) -> Callback<bool> {
        self.eof()
    }

    fn pause_writing(&self) -> Callback {
        self.pause()
    }

    fn resume_writing(&self) -> Callback {
        self.resume()
    }

    fn connection_lost(&self, reason: Option<&Error>) {
        self.lost(reason);
    }
}

impl DatagramProtocol for Recorder {
    fn connection_made(&self, transport: &DatagramTransport) -> Callback {
        self.note("made");
        if self.plan.pauses {
            transport.pause_reading();
        }
        self.callback("made")
    }

    fn datagram_received(&self, data: &[u8], _from: &Address) -> Callback {
        self.note(format!("datagram {}", data.len()));
        self.callback("datagram")
    }

    fn error_received(&self, error: &Error) -> Callback {
        self.note(format!("error {:?}", error.kind()));
        self.callback("error")
    }

    fn pause_writing(&self) -> Callback {
        self.note("pause");
        Ok(())
    }

    fn resume_writing(&self) -> Callback {
        self.note("resume");
        Ok(())
    }

    fn connection_lost(&self, reason: Option<&Error>) {
        self.lost(reason);
    }
}
