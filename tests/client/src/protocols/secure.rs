//! Of TLS: ASYNCIO.md D.2.

use super::plan;
use super::recorder::Recorder;
use super::streams::{self, connect};
use crate::Outcome;
use crate::arguments::Arguments;
use crate::sleep::sleep;
use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;
use switchboard_client::protocol::{Callback, Protocol, Transport};

/// Writes whenever it may.
struct Eager {
    transport: Transport,
    left: Cell<u32>,
    done: Cell<bool>,
}

impl Protocol for Eager {
    fn resume_writing(&self) -> Callback {
        match self.left.get().checked_sub(1) {
            Some(left) => {
                self.left.set(left);
                self.transport.write(b"12345678")?;
            }
            None => self.done.set(true),
        }
        Ok(())
    }
}

pub(super) async fn run(scenario: &str, arguments: &Arguments) -> Outcome<Rc<Recorder>> {
    match scenario {
        // The protocol is told nothing at all, or that it has lost what it was just told of.
        "fails" | "fail-made" => {
            let plan = plan(scenario);
            let created = connect(plan.clone(), arguments).await?;
            let error = created.err().ok_or("it connected")?;
            println!("{:?} {:?}", error.kind(), error.failure());
            sleep(Duration::from_millis(20)).await;
            Ok(Rc::new(Recorder::new(plan)))
        }
        "write-eof" => {
            let (transport, recorder) = connect(plan(scenario), arguments).await??;
            let error = transport.write_eof().err().ok_or("it was written")?;
            println!("{} {:?}", transport.can_write_eof(), error.kind());
            transport.close();
            recorder.until("lost").await?;
            Ok(recorder)
        }
        // Pauses at once, and resumes with the next flush.
        "high-zero" => {
            let (transport, recorder) = connect(plan(scenario), arguments).await??;
            transport.set_write_buffer_limits(Some(0), None)?;
            assert!(recorder.was_told("pause"));
            transport.write(b"hello")?;
            recorder.until("resume").await?;
            recorder.until("data 5").await?;
            transport.close();
            recorder.until("lost").await?;
            Ok(recorder)
        }
        // Writes from inside of `resume_writing`, as often as it is asked to.
        "eager" => {
            let (transport, recorder) = connect(plan(scenario), arguments).await??;
            let eager = Rc::new(Eager {
                transport: transport.clone(),
                left: Cell::new(5_000),
                done: Cell::new(false),
            });
            transport.set_protocol(eager.clone());
            transport.set_write_buffer_limits(Some(0), None)?;
            transport.write(b"1")?;
            while !eager.done.get() {
                futures_lite::future::yield_now().await;
            }
            transport.set_protocol(recorder.clone());
            transport.close();
            recorder.until("lost").await?;
            Ok(recorder)
        }
        // What comes while reading is paused is kept, up to the limit, and then comes at once.
        "read-ahead" => {
            let (transport, recorder) = connect(plan(scenario), arguments).await??;
            println!("{:?}", transport.get_read_buffer_limits()?);
            transport.set_read_buffer_limits(Some(100_000), None)?;
            println!("{:?}", transport.get_read_buffer_limits()?);
            sleep(Duration::from_millis(200)).await;
            assert!(!recorder.was_told("data"));
            transport.resume_reading();
            recorder.until("lost").await?;
            let largest = recorder.largest.get();
            println!("{}", (100_000..200_000).contains(&largest));
            Ok(recorder)
        }
        // The peer's goodbye is waited for, which is an end of file.
        "close-first" => {
            let (transport, recorder) = connect(plan(scenario), arguments).await??;
            transport.close();
            recorder.until("lost").await?;
            Ok(recorder)
        }
        // What is closed before it comes back.
        "close-echo" => {
            let (transport, recorder) = connect(plan(scenario), arguments).await??;
            transport.write(b"hello")?;
            transport.close();
            recorder.until("lost").await?;
            assert!(recorder.data.borrow().is_empty());
            Ok(recorder)
        }
        // The peer sends while it is sent what was left, and would not take the rest if nobody read that.
        "close-flush" => {
            let (transport, recorder) = connect(plan(scenario), arguments).await??;
            transport.write(&vec![1; 32 << 20])?;
            transport.close();
            recorder.until("lost").await?;
            assert!(recorder.data.borrow().is_empty());
            Ok(recorder)
        }
        // What nobody wants is there already, and the peer says no goodbye but ends.
        "close-paused" => {
            let (transport, recorder) = connect(plan(scenario), arguments).await??;
            sleep(Duration::from_millis(100)).await;
            transport.close();
            recorder.until("lost").await?;
            Ok(recorder)
        }
        // Told although nobody reads.
        "paused-reset" => {
            let (transport, recorder) = connect(plan(scenario), arguments).await??;
            recorder.until("lost").await?;
            assert!(transport.is_closing());
            Ok(recorder)
        }
        "slow" => {
            let (transport, recorder) = connect(plan(scenario), arguments).await??;
            transport.write(&vec![1; 64 << 20])?;
            transport.close();
            recorder.until("lost").await?;
            Ok(recorder)
        }
        other => streams::run(other, arguments).await,
    }
}
