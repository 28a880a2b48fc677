//! `echo server=ADDRESS [ca=FILE]`: a line there and back, half a close, and what is known of the connection.

use crate::Outcome;
use crate::arguments::Arguments;
use futures_lite::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt};
use std::io::IoSlice;

pub(crate) async fn run(arguments: &Arguments) -> Outcome {
    let mut connection = arguments.connector()?.connect().await?;
    println!(
        "from {:?} to {:?}",
        connection.local_addr(),
        connection.peer_addr()
    );
    for step in connection.timeline() {
        println!("{step}");
    }
    if let Some(facts) = connection.tls() {
        println!("{:?} {}", facts.version, facts.cipher_suite);
    }

    connection.write_all(b"hello\n").await?;
    let mut line = String::new();
    connection.read_line(&mut line).await?;
    assert_eq!(line, "hello\n");

    // One write, and so one record.
    let pieces = [
        IoSlice::new(b"to "),
        IoSlice::new(b"and "),
        IoSlice::new(b"fro"),
    ];
    assert_eq!(connection.write_vectored(&pieces).await?, 10);
    let mut answer = [0; 10];
    connection.read_exact(&mut answer).await?;
    assert_eq!(&answer, b"to and fro");

    // Half a close.
    connection.write_all(b"the rest").await?;
    AsyncWriteExt::close(&mut connection).await?;
    let after = connection.write_all(b"too late").await;
    assert_eq!(
        after.map_err(|it| it.kind()),
        Err(std::io::ErrorKind::BrokenPipe)
    );
    let mut rest = String::new();
    connection.read_to_string(&mut rest).await?;
    println!("rest: {rest}");
    // An end of file stays one.
    assert_eq!(connection.read(&mut answer).await?, 0);
    connection.close().await?;
    Ok(())
}
