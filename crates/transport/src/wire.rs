//! The socket under TLS.
//!
//! The TLS library asks for 4 KiB at a time, which would be one system call each: for a record of
//! 64 KB as many as reading, decrypting and parsing it cost together. So more is read ahead.

use tokio::io::BufReader;
use tokio::net::TcpStream;

/// How much is read at once, in bytes: a whole TLS record. Every open connection has as much.
const AHEAD: usize = 16 << 10;

/// A TCP connection that reads ahead. Writing goes straight through.
pub(crate) type Wire = BufReader<TcpStream>;

/// Reads ahead on this connection.
pub(crate) fn wire(stream: TcpStream) -> Wire {
    // Messages are written in one go; waiting to fill a packet only delays them.
    let _ = stream.set_nodelay(true);
    BufReader::with_capacity(AHEAD, stream)
}
