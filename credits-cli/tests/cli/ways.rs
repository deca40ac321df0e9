//! The ways to a ledger: its file, the socket of a running program, the address of its API.

use std::path::PathBuf;

use crate::fixture::Shop;
use crate::run::{Binary, Ran, Running, ran};

/// A way on which commands go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    File,
    Socket,
    Url,
}

pub const WAYS: [Way; 3] = [Way::File, Way::Socket, Way::Url];

/// A ledger that commands reach on one way.
pub struct Reached<'a> {
    shop: &'a Shop,
    way: Way,
    /// The program that has the ledger open, but for the way through the file.
    server: Option<Running>,
    address: String,
    token: String,
}

impl<'a> Reached<'a> {
    pub fn on(shop: &'a Shop, way: Way) -> Self {
        let new = ["token", "new", "ops", "--scope", "admin"];
        let token = Binary::Credits.on(shop.ledger(), &new).done().trim().to_owned();
        if way == Way::File {
            return Self { shop, way, server: None, address: String::new(), token };
        }
        let server = serve(shop);
        let address = address(&server);
        Self { shop, way, server: Some(server), address, token }
    }

    pub fn run(&self, binary: Binary, arguments: &[&str]) -> Ran {
        if self.way != Way::Url {
            return binary.on(self.shop.ledger(), arguments);
        }
        let mut all = vec!["--url", &self.address];
        all.extend(arguments);
        ran(binary.command(&all).env("CREDITS_TOKEN", &self.token))
    }

    /// The note on the way, which a command writes to standard error.
    pub fn note(&self) -> String {
        match self.way {
            Way::File => format!("in {}, which no other program has open\n", self.shop.ledger().display()),
            Way::Socket => {
                let pid = self.server.as_ref().map(Running::pid).unwrap_or_default();
                format!("through the running program, pid {pid}\n")
            }
            Way::Url => format!("through {}\n", self.address),
        }
    }

    /// The name that entries have as the author of a command.
    pub fn author(&self) -> String {
        if self.way == Way::Url { "token:ops".to_owned() } else { format!("cli:uid={}", user()) }
    }
}

/// The shop's server on a free port of this machine.
pub fn serve(shop: &Shop) -> Running {
    let ledger = shop.ledger().to_str().unwrap();
    let arguments = ["--ledger", ledger, "serve", "--bind", "127.0.0.1:0"];
    Running::until(&mut Binary::Shop.command(&arguments), "Ctrl-C")
}

/// The address of a server's API.
pub fn address(server: &Running) -> String {
    let line = server.lines.iter().find(|line| line.starts_with("API")).unwrap();
    line.split_whitespace().nth(1).unwrap().to_owned()
}

/// The user of this process, who owns the files that it makes.
fn user() -> u32 {
    use std::os::unix::fs::MetadataExt;
    tempfile::tempfile().unwrap().metadata().unwrap().uid()
}

/// The shop that keeps this ledger open.
pub fn open(shop: &Shop, customers: &str) -> Running {
    let ledger = shop.ledger().to_str().unwrap();
    Running::until(&mut Binary::Shop.command(&["--ledger", ledger, "run", customers]), "open")
}

const BALANCE: &str = "\
user:ada has 128 credits
25 set aside by holds

GRANT  FREE  HELD  GIVEN FOR     EXPIRES  ONLY FOR
2       128    25  Signup bonus  never

HOLD  AMOUNT  FOR          LAPSES
8         25  print_image  2100-01-10 14:00
";

#[test]
fn a_command_finds_its_way_before_while_and_after_the_program_runs() {
    let shop = Shop::new();
    let balance = ["balance", "user:ada"];
    for binary in [Binary::Credits, Binary::Shop] {
        let alone = binary.on(shop.ledger(), &balance);
        assert_eq!(alone.done(), BALANCE);
        assert_eq!(alone.err, format!("in {}, which no other program has open\n", shop.ledger().display()));

        let running = open(&shop, "0");
        let through = binary.on(shop.ledger(), &balance);
        assert_eq!(through.done(), alone.out);
        assert_eq!(through.err, format!("through the running program, pid {}\n", running.pid()));
        running.kill();

        let after = binary.on(shop.ledger(), &balance);
        assert_eq!((after.done(), &after.err), (BALANCE, &alone.err));
        open(&shop, "0").end();
        assert_eq!(binary.on(shop.ledger(), &balance), alone);
    }
}

#[test]
fn a_socket_is_found_beside_what_a_link_points_to() {
    let shop = Shop::new();
    let folder = tempfile::tempdir().unwrap();
    let link: PathBuf = folder.path().join("link.redb");
    std::os::unix::fs::symlink(shop.ledger(), &link).unwrap();
    let running = open(&shop, "0");
    let through = Binary::Credits.on(&link, &["balance", "user:ada"]);
    assert_eq!(through.done(), BALANCE);
    assert!(through.err.contains("through the running program"), "{}", through.err);
    running.end();
}

#[test]
fn reading_changes_no_file() {
    let shop = Shop::new();
    let read = || std::fs::read(shop.ledger()).unwrap();
    let before = read();
    for arguments in [
        &["balance", "user:ada"][..],
        &["verify"],
        &["export"],
        &["estimate", "user:ada", "print_image", "quality=hd"],
    ] {
        Binary::Shop.on(shop.ledger(), arguments).done();
        assert!(read() == before, "{arguments:?}");
    }
    assert!(!shop.beside("shop.redb.sock").exists());
}

#[test]
fn commands_that_run_at_one_time_wait_for_each_other() {
    let shop = Shop::new();
    std::thread::scope(|scope| {
        for command in 0..8 {
            let ledger = shop.ledger();
            scope.spawn(move || {
                let key = format!("at-once-{command}");
                let give = ["give", "user:ada", "1", "--reason", "at once", "--key", &key, "--yes"];
                Binary::Credits
                    .on(ledger, if command % 2 == 0 { &give } else { &["balance", "user:ada"] })
                    .done();
            });
        }
    });
    let balance = Binary::Credits.on(shop.ledger(), &["balance", "user:ada", "--json"]).json();
    assert_eq!(balance["credits"], 132);
}
