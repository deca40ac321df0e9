//! A PostgreSQL for tests: the one that `CREDITS_TEST_POSTGRES` names, or a cluster in a temporary folder on a Unix socket
//! alone, which ends with the test. Without either, a test says that it did not run.
//!
//! A test target includes this file with `#[path]`. The certificates in `tls` are for 127.0.0.1, until 2126; the key of their
//! authority was thrown away.

use std::io::{self, BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

/// A running PostgreSQL.
pub struct Cluster {
    /// URL of its maintenance database.
    url: String,
    runtime: Runtime,
    server: Option<Server>,
    databases: AtomicU32,
}

/// A server of the tests' own. It is ended by its process id, before its folder is removed.
struct Server {
    process: Child,
    /// Its data and its socket.
    _folder: TempDir,
}

#[allow(dead_code, reason = "each test program uses a part")]
impl Cluster {
    /// Finds or starts one; `None`, with a line that says why, if there is none.
    pub fn start() -> Option<Self> {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        if let Ok(url) = std::env::var("CREDITS_TEST_POSTGRES") {
            return Some(Self { url, runtime, server: None, databases: AtomicU32::new(0) });
        }
        let Some(programs) = programs() else {
            println!("did not run: there is no `initdb`. Install postgresql, or set CREDITS_TEST_POSTGRES");
            return None;
        };
        Some(Self::of(Server::start(&programs, &[], false), runtime))
    }

    /// Starts one with these settings, such as `fsync=on`, which are off where they cost time.
    pub fn start_with(settings: &[&str]) -> Option<Self> {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let Some(programs) = programs() else {
            println!("did not run: there is no `initdb`. Install postgresql");
            return None;
        };
        Some(Self::of(Server::start(&programs, settings, false), runtime))
    }

    fn of((server, url): (Server, String), runtime: Runtime) -> Self {
        Self { url, runtime, server: Some(server), databases: AtomicU32::new(0) }
    }

    /// The server's process, if it is this test's.
    pub fn process(&self) -> Option<u32> {
        self.server.as_ref().map(|server| server.process.id())
    }

    /// The folder with the certificate of [`start_encrypted`](Self::start_encrypted), and with that of its authority.
    pub fn certificates() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/postgres/tls")
    }

    /// Starts one that is also reached over TLS, at the returned port of 127.0.0.1, and not there without TLS.
    pub fn start_encrypted() -> Option<(Self, u16)> {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let Some(programs) = programs() else {
            println!("did not run: there is no `initdb`. Install postgresql");
            return None;
        };
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let settings = ["ssl=on", "listen_addresses=127.0.0.1", &format!("port={port}")];
        let (server, url) = Server::start(&programs, &settings, true);
        Some((Self::of((server, format!("{url}&port={port}")), runtime), port))
    }

    /// Creates an empty database, and returns its URL.
    pub fn database(&self) -> String {
        let number = self.databases.fetch_add(1, Ordering::Relaxed);
        let name = format!("credits_test_{}_{number}", std::process::id());
        self.run(&self.url, &format!("DROP DATABASE IF EXISTS {name}"));
        self.run(&self.url, &format!("CREATE DATABASE {name}"));
        with_database(&self.url, &name)
    }

    /// Runs statements in a database, which may refuse them.
    pub fn try_run(&self, url: &str, statements: &str) -> Result<(), tokio_postgres::Error> {
        self.runtime.block_on(async { connect(url).await.unwrap().batch_execute(statements).await })
    }

    /// The number that a statement returns.
    pub fn count(&self, url: &str, statement: &str) -> i64 {
        self.runtime
            .block_on(async { connect(url).await.unwrap().query_one(statement, &[]).await.unwrap().get(0) })
    }

    /// The JSON that a statement returns, as text.
    pub fn text(&self, url: &str, statement: &str) -> String {
        let rows = self
            .runtime
            .block_on(async { connect(url).await.unwrap().simple_query(statement).await.unwrap() });
        let text = |message: &SimpleQueryMessage| match message {
            SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
            _ => None,
        };
        rows.iter().find_map(text).unwrap()
    }

    /// Ends every other session of a database.
    pub fn end_sessions(&self, url: &str) {
        let others = "datname = current_database() AND pid <> pg_backend_pid()";
        self.count(
            url,
            &format!("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE {others}"),
        );
    }

    /// The path of its socket.
    pub fn socket(&self) -> String {
        let folder = self.url.split("host=").nth(1).unwrap_or_default();
        format!("{}/.s.PGSQL.5432", folder.split('&').next().unwrap_or_default())
    }

    /// A session of a database, for transactions that are left open.
    pub fn session(&self, url: &str) -> Client {
        self.runtime.block_on(connect(url)).unwrap()
    }

    /// Runs statements in a session.
    pub fn run_in(&self, session: &Client, statements: &str) {
        self.runtime.block_on(session.batch_execute(statements)).unwrap();
    }

    /// Runs statements in a database.
    pub fn run(&self, url: &str, statements: &str) {
        self.runtime.block_on(async {
            let client = connect(url).await.unwrap();
            client.batch_execute(statements).await.unwrap_or_else(|error| panic!("{error:?}: {statements}"));
        });
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some(Server { process, .. }) = &mut self.server {
            // The data is not needed any more. The server's other processes end with the first one.
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

impl Server {
    /// Starts one with these settings. If it is encrypted, its port is for TLS alone.
    fn start(programs: &Path, settings: &[&str], is_encrypted: bool) -> (Self, String) {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let user = Unprivileged::of_postgres(folder.path());
        let initialised = user
            .command(&programs.join("initdb"))
            .args(["--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C", "--username=credits", "-D"])
            .arg(&data)
            .stdout(Stdio::null())
            .status();
        assert!(initialised.unwrap().success(), "initdb failed");
        if is_encrypted {
            user.give_certificate(&data);
        }
        let settings = settings.iter().flat_map(|setting| ["-c", setting]);
        let mut process = user
            .command(&programs.join("postgres"))
            .arg("-D")
            .arg(&data)
            .arg("-k")
            .arg(folder.path())
            .args(["-c", "listen_addresses=", "-c", "fsync=off", "-c", "shared_buffers=16MB"])
            .args(settings)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(process.stderr.take().unwrap());
        wait_until_ready(&mut log);
        // A full pipe would stop the server.
        std::thread::spawn(move || io::copy(&mut log, &mut io::sink()));
        let url = format!("postgres://credits@/postgres?host={}", folder.path().display());
        (Self { process, _folder: folder }, url)
    }
}

/// Reads the log up to the line with which the server accepts connections.
fn wait_until_ready(log: &mut impl BufRead) {
    let mut before = String::new();
    for line in log.lines() {
        let line = line.unwrap();
        if line.contains("ready to accept connections") {
            return;
        }
        before = before + &line + "\n";
    }
    panic!("PostgreSQL ended: {before}");
}

async fn connect(url: &str) -> Result<Client, tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(async move { drop(connection.await) });
    Ok(client)
}

/// The URL of another database of the same server.
fn with_database(url: &str, name: &str) -> String {
    let (path, query) =
        url.split_once('?').map_or((url, String::new()), |(path, query)| (path, format!("?{query}")));
    let server = path.rsplit_once('/').map_or(path, |(server, _)| server);
    format!("{server}/{name}{query}")
}

/// The folder of PostgreSQL's programs, of the newest version that Debian installed, or of the path.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = versions.map(|version| version.path().join("bin")).collect();
    folders.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    folders.extend(std::env::split_paths(&path));
    folders.into_iter().rfind(|folder| folder.join("initdb").is_file())
}

/// The user that runs the programs, which refuse to run as root.
struct Unprivileged(Option<(u32, u32)>);

impl Unprivileged {
    /// The user `postgres`, to whom a folder is given, if this process is root.
    fn of_postgres(folder: &Path) -> Self {
        use std::os::unix::fs::MetadataExt as _;
        if folder.metadata().unwrap().uid() != 0 {
            return Self(None);
        }
        let users = std::fs::read_to_string("/etc/passwd").unwrap();
        let mut lines = users.lines().map(|line| line.split(':').collect::<Vec<_>>());
        let fields =
            lines.find(|fields| fields.first() == Some(&"postgres")).expect("there is no user `postgres`");
        let (user, group) = (fields[2].parse().unwrap(), fields[3].parse().unwrap());
        std::os::unix::fs::chown(folder, Some(user), Some(group)).unwrap();
        Self(Some((user, group)))
    }

    /// Gives a cluster its certificate, and refuses TCP without TLS.
    fn give_certificate(&self, data: &Path) {
        let access = "local all all trust\nhostssl all all 127.0.0.1/32 trust\n";
        std::fs::write(data.join("pg_hba.conf"), access).unwrap();
        for name in ["server.pem", "server.key"] {
            let file = data.join(name.replace("pem", "crt"));
            std::fs::copy(Cluster::certificates().join(name), &file).unwrap();
            // The server refuses a key that others can read.
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
            if let Some((user, group)) = self.0 {
                std::os::unix::fs::chown(&file, Some(user), Some(group)).unwrap();
            }
        }
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir("/").env("LC_ALL", "C");
        if let Some((user, group)) = self.0 {
            command.uid(user).gid(group);
        }
        command
    }
}
