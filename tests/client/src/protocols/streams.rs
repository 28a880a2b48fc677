//! Of plain streams: ASYNCIO.md D.1. Those that TLS does not change are played over TLS too.

use super::plan;
use super::recorder::{Plan, Recorder};
use crate::Outcome;
use crate::arguments::Arguments;
use crate::sleep::{promptly, sleep};
use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;
use switchboard_client::Error;
use switchboard_client::protocol::{
    Handler, Protocol, Transport, create_buffered_connection, create_connection,
};

const MEGABYTE: usize = 1 << 20;

/// Connects, with a recorder that has seen the factory being called, and the return.
pub(super) async fn connect(
    plan: Plan,
    arguments: &Arguments,
) -> Outcome<Result<(Transport, Rc<Recorder>), Error>> {
    let calls = Cell::new(0);
    let factory = || {
        calls.set(calls.get() + 1);
        let recorder = Recorder::new(plan.clone());
        recorder.note("factory");
        recorder
    };
    let unix = arguments.get("path").or(arguments.get("unix-name"));
    if unix.is_some() {
        let created = create_connection(factory, crate::unix::connector(arguments)?).await;
        if let Ok((_, recorder)) = &created {
            recorder.note("returned");
        }
        return Ok(created);
    }
    let mut connector = match arguments.get("upgradable") {
        Some(_) => arguments.plain()?.upgradable(),
        None => arguments.connector()?,
    };
    if let Some(milliseconds) = arguments.get("shutdown") {
        let timeout = Duration::from_millis(milliseconds.parse()?);
        connector = connector.shutdown_timeout(timeout);
    }
    let created = match arguments.get("buffered") {
        Some(_) => create_buffered_connection(factory, connector).await,
        None => create_connection(factory, connector).await,
    };
    // Not at all if connecting failed.
    let called = created.is_ok() || plan.fails == "made";
    assert_eq!(calls.get(), u32::from(called));
    if let Ok((transport, recorder)) = &created {
        recorder.note("returned");
        let made = recorder.transport.borrow();
        let same = made
            .as_ref()
            .map(|it| it.get_extra_info("sockname").is_some());
        assert_eq!(same, Some(transport.get_extra_info("sockname").is_some()));
    }
    Ok(created)
}

pub(super) async fn run(scenario: &str, arguments: &Arguments) -> Outcome<Rc<Recorder>> {
    let (transport, recorder) = connect(plan(scenario), arguments).await??;
    match scenario {
        // What the peer says, until it is over.
        "talk" | "fail-eof" | "empty-buffer" | "unsupported" => {}
        "fail-get_buffer" | "fail-buffer_updated" | "fail-data" => {}
        "buffered" => {
            recorder.until("lost").await?;
            println!("hinted: {}", recorder.hinted.get());
        }
        "keep-open" => {
            recorder.until("eof").await?;
            if !transport.is_closing() {
                transport.write(b"more")?;
                transport.close();
            }
        }
        "flush-at-eof" => transport.write(&vec![1; 8 * MEGABYTE])?,
        "fail-made" => {
            transport.write(b"hello")?;
            recorder.until("data 5").await?;
            transport.close();
        }
        "write-eof" => write_eof(&transport)?,
        "empty" => {
            transport.write(b"")?;
            assert_eq!(transport.get_write_buffer_size(), 0);
            transport.writelines(["", "one", "", "two", ""])?;
            recorder.until("data 6").await?;
            assert_eq!(&*recorder.data.borrow(), b"onetwo");
            transport.close();
        }
        "after-close" => after_close(&transport, &recorder).await?,
        "abort" => {
            transport.write(&vec![1; 64 * MEGABYTE])?;
            transport.abort();
            assert!(transport.is_closing() && !recorder.was_told("lost"));
            assert_eq!(transport.get_write_buffer_size(), 0);
            transport.abort();
        }
        "reset" => transport.write(b"1")?,
        "pausing" => pausing(&transport, &recorder).await?,
        "flow" | "fail-pause" => flow(&transport, &recorder).await?,
        "lost-while-paused" => {
            until_paused(&recorder).await?;
            transport.abort();
        }
        "busy" => busy(&transport, &recorder).await?,
        "set-protocol" => return set_protocol(&transport, &recorder).await,
        "limits" => limits(&transport)?,
        "info" => info(&transport, &recorder).await?,
        other => return Err(format!("no such scenario: {other}").into()),
    }
    promptly(transport.wait_closed()).await?;
    recorder.until("lost").await?;
    // Exactly once: nothing comes after it.
    sleep(Duration::from_millis(5)).await;
    assert!(transport.get_protocol().is_none());
    Ok(recorder)
}

fn write_eof(transport: &Transport) -> Outcome {
    assert!(transport.can_write_eof());
    transport.write(&vec![1; 4 * MEGABYTE])?;
    transport.write_eof()?;
    transport.write_eof()?;
    for error in [
        transport.write(b"1").err(),
        transport.writelines(["1"]).err(),
    ] {
        println!("{}", error.ok_or("it was written")?);
    }
    Ok(())
}

async fn after_close(transport: &Transport, recorder: &Recorder) -> Outcome {
    transport.write(&vec![1; 32 * MEGABYTE])?;
    transport.close();
    assert!(transport.is_closing() && !transport.is_reading());
    transport.write(b"tail")?;
    transport.close();
    promptly(recorder.until("lost")).await??;
    for _ in 0..6 {
        transport.write(b"dropped")?;
    }
    transport.write_eof().or_else(|error| match error.kind() {
        std::io::ErrorKind::Unsupported => Ok(()),
        _ => Err(error),
    })?;
    transport.close();
    transport.abort();
    transport.pause_reading();
    transport.resume_reading();
    assert!(transport.is_closing() && !transport.is_reading());
    assert_eq!(transport.get_write_buffer_size(), 0);
    assert!(transport.get_extra_info("peername").is_some());
    Ok(())
}

/// Reading is paused since the connection was made.
async fn pausing(transport: &Transport, recorder: &Recorder) -> Outcome {
    assert!(!transport.is_reading());
    transport.write(b"hello")?;
    sleep(Duration::from_millis(100)).await;
    assert!(!recorder.was_told("data"));
    transport.pause_reading();
    transport.resume_reading();
    transport.resume_reading();
    assert!(transport.is_reading());
    recorder.until("data 5").await?;
    // With a read under way already.
    transport.pause_reading();
    transport.write(b"again")?;
    sleep(Duration::from_millis(100)).await;
    assert!(!recorder.was_told("data 10"));
    transport.resume_reading();
    recorder.until("data 10").await?;
    transport.close();
    Ok(())
}

async fn until_paused(recorder: &Recorder) -> Outcome {
    for _ in 0..10_000 {
        recorder.write(&[1; 100_000])?;
        if recorder.was_told("pause") {
            return Ok(());
        }
        futures_lite::future::yield_now().await;
    }
    Err("all was taken".into())
}

async fn flow(transport: &Transport, recorder: &Recorder) -> Outcome {
    until_paused(recorder).await?;
    let (_, high) = transport.get_write_buffer_limits();
    assert!(transport.get_write_buffer_size() > high);
    for _ in 0..3 {
        recorder.write(&[1; 100_000])?;
    }
    recorder.until("resume").await?;
    transport.close();
    Ok(())
}

/// Somebody writes whenever there is something to do, before the task that moves the bytes has its turn.
async fn busy(transport: &Transport, recorder: &Recorder) -> Outcome {
    until_paused(recorder).await?;
    let writing = async {
        while !recorder.was_told("resume") {
            recorder.write(b"1")?;
            futures_lite::future::yield_now().await;
        }
        Outcome::Ok(())
    };
    promptly(writing).await??;
    transport.close();
    Ok(())
}

/// Looks at its transport when it goes.
struct Parting(Transport);

impl Protocol for Parting {}

impl Drop for Parting {
    fn drop(&mut self) {
        assert!(self.0.get_protocol().is_some());
    }
}

/// From one of streams to a buffered one.
async fn set_protocol(transport: &Transport, first: &Rc<Recorder>) -> Outcome<Rc<Recorder>> {
    transport.write(b"one")?;
    first.until("data 3").await?;
    transport.set_protocol(Rc::new(Parting(transport.clone())));
    let second = Rc::new(Recorder::default());
    transport.set_buffered_protocol(second.clone());
    assert!(matches!(
        transport.get_protocol(),
        Some(Handler::Buffered(_))
    ));
    transport.write(b"three")?;
    second.until("data 5").await?;
    transport.close();
    second.until("lost").await?;
    println!("{}", first.log());
    Ok(second)
}

fn limits(transport: &Transport) -> Outcome {
    let told = || println!("{:?}", transport.get_write_buffer_limits());
    told();
    transport.set_write_buffer_limits(Some(1000), None)?;
    told();
    transport.set_write_buffer_limits(None, Some(1000))?;
    told();
    let error = transport.set_write_buffer_limits(Some(1), Some(2)).err();
    println!("{}", error.ok_or("it was set")?);
    told();
    transport.set_write_buffer_limits(None, None)?;
    told();
    transport.set_write_buffer_limits(Some(0), None)?;
    told();
    if transport.can_write_eof() {
        let error = transport.set_read_buffer_limits(None, None).err();
        println!("{}", error.ok_or("it was set")?);
    }
    transport.write(b"1")?;
    transport.close();
    Ok(())
}

async fn info(transport: &Transport, recorder: &Recorder) -> Outcome {
    let told = || {
        for name in [
            "sockname",
            "peername",
            "ssl_object",
            "cipher",
            "peercert",
            "peercred",
            "other",
        ] {
            println!("{name}: {}", transport.get_extra_info(name).is_some());
        }
    };
    told();
    transport.close();
    recorder.until("lost").await?;
    told();
    Ok(())
}
