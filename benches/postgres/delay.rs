//! A server that is a millisecond farther away: a proxy that passes on what clients send after a pause.

use std::io::{self, Read, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::thread;
use std::time::Duration;

/// More than a batch sends at once, so that each trip has one pause.
const BUFFER: usize = 4 << 20;
const PAUSE: Duration = Duration::from_millis(1);

/// A socket whose connections go to a server's, late.
pub struct FarServer {
    folder: tempfile::TempDir,
}

impl FarServer {
    /// Listens until the program ends.
    pub fn new(socket: String) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let listener = UnixListener::bind(folder.path().join(".s.PGSQL.5432")).expect("a socket");
        thread::spawn(move || {
            for client in listener.incoming() {
                let (client, server) =
                    (client.expect("a client"), UnixStream::connect(&socket).expect("a server"));
                let (mut to_client, mut from_server) =
                    (client.try_clone().unwrap(), server.try_clone().unwrap());
                thread::spawn(move || io::copy(&mut from_server, &mut to_client));
                thread::spawn(move || pass_on_late(client, server));
            }
        });
        Self { folder }
    }

    /// The address of a database there.
    pub fn url(&self, near: &str) -> String {
        let (path, _) = near.split_once('?').expect("a socket");
        format!("{path}?host={}", self.folder.path().display())
    }
}

fn pass_on_late(mut client: UnixStream, mut server: UnixStream) {
    let mut buffer = vec![0; BUFFER];
    loop {
        let read = client.read(&mut buffer).unwrap_or(0);
        if read == 0 {
            break;
        }
        thread::sleep(PAUSE);
        if server.write_all(&buffer[..read]).is_err() {
            break;
        }
    }
    _ = server.shutdown(std::net::Shutdown::Both);
}
