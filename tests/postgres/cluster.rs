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

/// A running server. It is ended by its process id, before its folder is removed.
struct Server {
    process: Child,
    /// Its data and its socket.
    folder: TempDir,
}

/// A PgBouncer before a cluster, which gives each transaction one of two sessions. It ends with the test.
pub struct Pool {
    server: Server,
}

/// A copy of a cluster that has every commit of it before it is answered.
pub struct Standby {
    server: Server,
    url: String,
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

    /// Starts a PgBouncer before it, in this mode, which ignores these parameters of a connection.
    pub fn pool(&self, mode: &str, ignored: &str) -> Option<Pool> {
        let program = PathBuf::from("/usr/sbin/pgbouncer");
        if !program.is_file() {
            println!("did not run: there is no `{}`. Install pgbouncer", program.display());
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let user = Unprivileged::of_postgres(folder.path());
        let (path, server) = (folder.path().display(), self.folder());
        let settings = format!(
            "[databases]\n* = host={server} port=5432 user=credits\n[pgbouncer]\nlisten_addr =\nunix_socket_dir = {path}\n\
             listen_port = 5432\nauth_type = any\npool_mode = {mode}\ndefault_pool_size = 2\n\
             ignore_startup_parameters = {ignored}\n"
        );
        std::fs::write(folder.path().join("pgbouncer.ini"), settings).unwrap();
        let mut process = user
            .command(&program)
            .arg(folder.path().join("pgbouncer.ini"))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(process.stderr.take().unwrap());
        wait_for_line(&mut log, "process up");
        std::thread::spawn(move || io::copy(&mut log, &mut io::sink()));
        Some(Pool { server: Server { process, folder } })
    }

    /// Starts a copy of it, without which no commit of it is answered any more.
    pub fn standby(&self) -> Standby {
        let (programs, folder) = (programs().unwrap(), tempfile::tempdir().unwrap());
        let (user, data) = (Unprivileged::of_postgres(folder.path()), folder.path().join("data"));
        let copied = user
            .command(&programs.join("pg_basebackup"))
            .args(["--write-recovery-conf", "--checkpoint=fast", "--no-sync", "--username=credits", "--host"])
            .arg(self.folder())
            .arg("--pgdata")
            .arg(&data)
            .status();
        assert!(copied.unwrap().success(), "pg_basebackup failed");
        let server = Server::run(&user, &programs, folder, &[]);
        self.run(&self.url, "ALTER SYSTEM SET synchronous_standby_names = '*'");
        self.run(&self.url, "SELECT pg_reload_conf()");
        let url = format!("postgres://credits@/postgres?host={}", server.folder.path().display());
        Standby { server, url }
    }

    /// Ends the server at once, as a crash does.
    pub fn crash(&self) {
        let process = self.process().unwrap().to_string();
        assert!(Command::new("kill").args(["-QUIT", &process]).status().unwrap().success());
    }

    /// The folder of its socket.
    fn folder(&self) -> &str {
        self.url.split("host=").nth(1).and_then(|it| it.split('&').next()).unwrap_or_default()
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
        format!("{}/.s.PGSQL.5432", self.folder())
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
        let server = Self::run(&user, programs, folder, settings);
        let url = format!("postgres://credits@/postgres?host={}", server.folder.path().display());
        (server, url)
    }

    /// Runs the server of the data in this folder.
    fn run(user: &Unprivileged, programs: &Path, folder: TempDir, settings: &[&str]) -> Self {
        let settings = settings.iter().flat_map(|setting| ["-c", setting]);
        let mut process = user
            .command(&programs.join("postgres"))
            .arg("-D")
            .arg(folder.path().join("data"))
            .arg("-k")
            .arg(folder.path())
            .args(["-c", "listen_addresses=", "-c", "fsync=off", "-c", "shared_buffers=16MB"])
            .args(settings)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(process.stderr.take().unwrap());
        // A standby is ready to accept read-only connections.
        wait_for_line(&mut log, "ready to accept");
        // A full pipe would stop the server.
        std::thread::spawn(move || io::copy(&mut log, &mut io::sink()));
        Self { process, folder }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The data is not needed any more. The server's other processes end with the first one.
        _ = self.process.kill();
        _ = self.process.wait();
    }
}

#[allow(dead_code, reason = "each test program uses a part")]
impl Pool {
    /// The address of a database of the cluster, through the pool.
    pub fn url(&self, direct: &str) -> String {
        let path = direct.split('?').next().unwrap_or_default();
        format!("{path}?host={}", self.server.folder.path().display())
    }
}

#[allow(dead_code, reason = "each test program uses a part")]
impl Standby {
    /// The address of a database of the cluster, on whichever of the two servers can be written.
    pub fn url(&self, direct: &str) -> String {
        format!("{direct}&host={}&target_session_attrs=read-write", self.server.folder.path().display())
    }

    /// Makes it the server that is written.
    pub fn promote(&self, cluster: &Cluster) {
        assert_eq!(cluster.count(&self.url, "SELECT pg_promote(true, 60)::int::bigint"), 1);
    }
}

/// Reads a log up to a line.
fn wait_for_line(log: &mut impl BufRead, wanted: &str) {
    let mut before = String::new();
    for line in log.lines() {
        let line = line.unwrap();
        if line.contains(wanted) {
            return;
        }
        before = before + &line + "\n";
    }
    panic!("it ended without \"{wanted}\": {before}");
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
    let found = folders.into_iter().rfind(|folder| folder.join("initdb").is_file())?;
    // In the path there may be a link to it alone.
    let program = found.join("initdb").canonicalize().unwrap();
    program.parent().map(Path::to_owned)
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
