//! Servers that behave badly, on this machine alone.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener};
use std::thread;

/// The address of a port at which nothing listens.
pub fn closed() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

/// The address of a server that reads one request, sends this text and ends the connection.
pub fn responding(text: &str) -> String {
    let (listener, text) = (TcpListener::bind("127.0.0.1:0").unwrap(), text.to_owned());
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        // The request has arrived once its head has: what follows of its body is small.
        let mut head = Vec::new();
        let mut part = [0; 4_096];
        while !head.windows(4).any(|end| end == b"\r\n\r\n") {
            let read = stream.read(&mut part).unwrap();
            head.extend_from_slice(&part[..read]);
            assert!(read > 0, "the request has no end");
        }
        stream.write_all(text.as_bytes()).unwrap();
        drop(stream.shutdown(Shutdown::Write));
        drop(stream.read_to_end(&mut Vec::new()));
    });
    format!("http://{address}")
}
