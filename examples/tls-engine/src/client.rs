//! Says a line, and prints the line that is answered.

use crate::bindings::switchboard::connect::tls::{Context, Trust};
use crate::bindings::switchboard::connect::tls_engine::Session;
use crate::cut::Cut;
use crate::tls_stream::TlsStream;
use crate::{PATIENCE, read_line, report};
use std::io::{BufReader, Result, Write, copy, sink};
use std::net::TcpStream;
use std::ops::Range;

pub(crate) fn run(
    address: &str,
    name: &str,
    roots: &str,
    line: &str,
    cuts: Range<u64>,
) -> Result<()> {
    let context = Context::new(Trust::None);
    context.load_verify_locations(&std::fs::read(roots)?)?;
    // A full handshake each time.
    context.set_session_cache_size(0);
    for cut in cuts {
        let socket = TcpStream::connect(address)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        let session = Session::client(&context, Some(name))?;
        talk(session, Cut::new(socket, cut), line)?;
    }
    Ok(())
}

fn talk(session: Session, socket: Cut<TcpStream>, line: &str) -> Result<()> {
    let (mut stream, facts) = TlsStream::handshake(session, socket)?;
    writeln!(stream, "{line}")?;
    let mut stream = BufReader::new(stream);
    let answer = read_line(&mut stream)?;
    stream.get_mut().close()?;
    // To the server's goodbye.
    copy(&mut stream, &mut sink())?;
    report(&facts, stream.get_ref().transport(), &answer);
    Ok(())
}
