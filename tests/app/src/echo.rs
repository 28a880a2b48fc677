//! `echo host=NAME port=N [addresses=IP,IP] [ca=FILE] [server-name=NAME] [line=TEXT] [via=streams|lists]`: sends a line
//! and prints what comes back.

use crate::arguments::Arguments;
use crate::bindings::switchboard::connect::streams::{
    Connection, ConnectionOptions, Service, TlsOption, create_connection,
};
use crate::ends::{Sink, Source};
use crate::tell;
use futures_lite::future::zip;
use std::net::IpAddr;
use std::time::Duration;

const READ: u32 = 64 * 1024;

pub(crate) async fn run(arguments: &Arguments) -> Result<(), String> {
    arguments.only(&[
        "host",
        "port",
        "addresses",
        "ca",
        "server-name",
        "line",
        "via",
    ])?;
    let context = arguments.context()?;
    let options = ConnectionOptions {
        host: arguments.get("host").map(str::to_owned),
        service: Some(Service::Port(arguments.required("port")?)),
        addresses: addresses(arguments)?,
        tls: context.as_ref().map(TlsOption::Custom),
        server_name: arguments.get("server-name").map(str::to_owned),
        happy_eyeballs_delay: Some(Duration::from_millis(250).as_nanos() as u64),
        ..ConnectionOptions::default()
    };
    let connection = create_connection(options).await;
    let connection = connection.map_err(tell::connect_error)?;
    print!("{}", tell::facts(&connection));
    print!("{}", tell::timeline(&connection.timeline()));

    let line = arguments.get("line").unwrap_or("hello");
    let answer = match arguments.get("via") {
        Some("lists") => by_lists(&connection, line).await?,
        _ => by_streams(&connection, line).await?,
    };
    connection.close().await.map_err(tell::stream_failure)?;
    println!("answer: {}", String::from_utf8_lossy(&answer));
    Ok(())
}

fn addresses<T: From<IpAddr>>(arguments: &Arguments) -> Result<Option<Vec<T>>, String> {
    let Some(list) = arguments.get("addresses") else {
        return Ok(None);
    };
    let parsed = list.split(',').map(|text| {
        let address: Result<IpAddr, _> = text.parse();
        address
            .map(T::from)
            .map_err(|_| format!("{text} is no IP address"))
    });
    parsed.collect::<Result<_, _>>().map(Some)
}

/// The fast way: one stream out, one stream in, and a future for each that tells how it ended.
async fn by_streams(connection: &Connection, line: &str) -> Result<Vec<u8>, String> {
    let (mut sink, outgoing) = Sink::new();
    let sent = connection.send(outgoing).await;
    let (incoming, received) = connection.receive().await;
    let mut source = Source::new(incoming);
    let writing = async move {
        sink.write(&mut line.as_bytes().to_vec()).await;
        // The sink is dropped here: that says that no more will come.
    };
    let ((), answer) = zip(writing, source.read_to_end()).await;
    sent.await.map_err(|code| tell::ending(connection, code))?;
    let received = received.await;
    received.map_err(|code| tell::ending(connection, code))?;
    Ok(answer)
}

/// The way for languages without streams.
async fn by_lists(connection: &Connection, line: &str) -> Result<Vec<u8>, String> {
    let written = connection.write(line.as_bytes().to_vec()).await;
    written.map_err(tell::stream_failure)?;
    connection.write_eof().await.map_err(tell::stream_failure)?;
    let mut answer = Vec::new();
    loop {
        let bytes = connection.read(READ).await;
        let bytes = bytes.map_err(tell::stream_failure)?;
        if bytes.is_empty() {
            return Ok(answer);
        }
        answer.extend(bytes);
    }
}
