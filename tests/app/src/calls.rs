//! `calls COUNT server=ADDRESS`: that many calls on one connection that return at once.

use crate::arguments::Arguments;
use crate::bindings::switchboard::connect::streams::create_connection;
use crate::{options, tell};

pub(crate) async fn run(arguments: &Arguments) -> Result<(), String> {
    let count = arguments.count(1)?;
    let options = options::maybe_secure(arguments.server("server")?, None);
    let connection = create_connection(options).await;
    let connection = connection.map_err(tell::connect_error)?;
    for _ in 0..count {
        let written = connection.write(Vec::new()).await;
        written.map_err(tell::stream_failure)?;
    }
    println!("made {count} calls");
    Ok(())
}
